export const hello = "hello";
export const order = ["words"];
export function* numbers(to) {
  for (let n = 0; n < to; n += 1) yield n;
}
report("words run", order.length);
