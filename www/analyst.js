// The analyst worker: owns the case, and answers one question at a time by the engine's method of that name.

import { release } from "./releasing.js";

/** @type {any} */ (self).kyotenWorker = (/** @type {any} */ bindings) => {
  const analyst = new bindings.Analyst();
  findFonts(bindings.fonts());
  self.onmessage = (event) => {
    const { id, call, given } = event.data;
    try {
      const value = analyst[call](...given);
      // What the engine hands out as bytes is a copy of its own, so it is moved, not copied again.
      const moved = value instanceof Uint8Array && value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
      self.postMessage({ id, value }, { transfer: moved });
      // Results of readings are tens of megabytes, and the analysis comes next.
      for (const each of given.flat(2)) if (each instanceof Uint8Array) release(each.buffer);
    } catch (error) {
      // An engine that broke is never asked again: the page ends this worker when it hears of it.
      const broken = error instanceof WebAssembly.RuntimeError;
      self.postMessage({ id, broken, error: error instanceof Error ? error.message : String(error) });
    }
  };
};

/**
 * Sets a few signs, so that the browser has found the pictures' fonts before the first picture is drawn: that takes it up to 60 ms, for
 * which the page would stand still. What one thread has found, the others need not look for.
 * @param {string} fonts
 */
function findFonts(fonts) {
  const context = typeof OffscreenCanvas === "function" && new OffscreenCanvas(1, 1).getContext("2d");
  if (!context) return;
  for (const weight of ["", "bold "]) {
    context.font = `${weight}12px ${fonts}`;
    context.fillText("A東①✕→", 0, 0);
  }
}
