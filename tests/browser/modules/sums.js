import { order } from "./deep/words.js";

order.push("sums");
export const LIMIT = [10, 20].reduce((sum, each) => sum + each, 0);
export function add(a, b) {
  return a + b;
}
function doubled(value) {
  return add(value, value);
}
export class Counter {
  count = 0;
  up() {
    this.count += 1;
    return this;
  }
}
export { doubled as twice };
