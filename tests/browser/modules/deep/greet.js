import { hello, order } from "./words.js";
import * as sums from "../sums.js";

order.push("greet");
const order2 = order.length;
export function greet(name) {
  return `${hello}, ${name} ${sums.add(order2, 1)}`;
}
export async function later() {
  await null;
  return "later";
}
