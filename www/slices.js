// A file in slices, some of them asked for ahead, so that reading and examining go on side by side and memory stays small.

import { pause } from "./pausing.js";
import { release } from "./releasing.js";

/** How much of a file is read at once. */
export const SLICE = 8 * 1024 * 1024;
/** How much of it an engine is given at once: so little that it is still near the processor when it is read. */
const PIECE = 256 * 1024;
/** How many slices are on their way while one is examined. */
const AHEAD = 2;

/**
 * @param {File} file
 * @param {number} [to] where to stop
 * @param {number} [from] where to begin
 * @returns {AsyncGenerator<Uint8Array, void, void>} its bytes, each piece of which is gone once the next is asked for; rejects with the browser's reason when the file cannot be read on
 */
export async function* slices(file, to = file.size, from = 0) {
  /** @type {Promise<{ bytes: Uint8Array } | { error: unknown }>[]} */
  const coming = [];
  let asked = from;
  const ask = () => {
    while (coming.length <= AHEAD && asked < to) {
      const end = Math.min(asked + SLICE, to);
      // A failure is kept until its turn comes, since nobody waits for it yet.
      coming.push(file.slice(asked, end).arrayBuffer().then((buffer) => ({ bytes: new Uint8Array(buffer) }), (error) => ({ error })));
      asked = end;
    }
  };
  ask();
  for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
    const slice = await next;
    if ("error" in slice) throw slice.error;
    ask();
    // Slices that lie ready would follow one another without a pause.
    await pause();
    for (let at = 0; at < slice.bytes.length; at += PIECE) yield slice.bytes.subarray(at, at + PIECE);
    release(slice.bytes.buffer);
  }
}
