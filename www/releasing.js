// Memory of buffers that nobody needs any more.

/**
 * Gives memory back at once: it is sent to nobody. Chromium keeps the memory of what a file handed out until it next looks for what
 * no script holds, and a fast reader had half a gigabyte of it by then. (`transfer()` gives back nothing, and hides how much there is.)
 * @param {ArrayBufferLike} buffer
 */
export function release(buffer) {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(undefined, [/** @type {ArrayBuffer} */ (buffer)]);
  port1.close();
  port2.close();
}
