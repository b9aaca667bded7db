// A worker that merely reads a file, in the slices in which the page's readers take it: what the page's speed is measured against.
import { slices } from "../www/slices.js";

self.onmessage = async (event) => {
  const start = performance.now();
  let bytes = 0;
  let touched = 0;
  const packed = event.data.name.endsWith(".gz");
  for await (const slice of packed ? unpacked(event.data) : slices(event.data)) {
    bytes += slice.length;
    // One byte a slice, so that nobody can leave the reading out.
    touched ^= slice[slice.length - 1] ?? 0;
  }
  self.postMessage({ bytes, touched, seconds: (performance.now() - start) / 1000 });
};

/** What a gzip file holds, by the browser's decompressor. */
async function* unpacked(/** @type {File} */ file) {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
}
