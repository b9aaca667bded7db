// The mock of www/engine.js: the same face, an invented engine behind it.
import { bindings } from "/tests/browser/mock/bindings.js";
export const version = "0.1.0";
export const build = "0123456789ab";
export async function startEngine() {
  const spawn = (kind, died = () => {}) => new Promise((resolve) => {
    const worker = new Worker(`/tests/browser/mock/worker.js?${kind}`, { type: "module" });
    worker.addEventListener("error", (event) => died(new Error(event.message)));
    worker.addEventListener("message", () => resolve(worker), { once: true });
  });
  return { bindings, module: undefined, spawn };
}
