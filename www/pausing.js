// Long work in parts: between two of them whatever else waits has its turn.

/** Lets what was posted meanwhile be heard first; a timer would wait four milliseconds each time. */
export function pause() {
  return /** @type {Promise<void>} */ (new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  }));
}
