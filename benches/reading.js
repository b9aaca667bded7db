// A worker that merely reads a file, in the slices in which the page's readers take it: what the page's speed is measured against.
import { slices } from "../www/slices.js";

self.onmessage = async (event) => {
  const start = performance.now();
  let bytes = 0;
  let touched = 0;
  for await (const slice of slices(event.data)) {
    bytes += slice.length;
    // One byte a slice, so that nobody can leave the reading out.
    touched ^= slice[slice.length - 1] ?? 0;
  }
  self.postMessage({ bytes, touched, seconds: (performance.now() - start) / 1000 });
};
