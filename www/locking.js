// Case files under a passphrase, as age writes them: in a worker of its own, which is ended afterwards, since stretching a passphrase takes
// a second and much memory that a worker never gives back.

/**
 * @param {import("./engine.js").Engine} engine
 * @param {{ bytes: Uint8Array, passphrase: string, random?: Uint8Array }} asked
 * @returns {Promise<Uint8Array>}
 */
async function ask(engine, asked) {
  /** @type {(error: Error) => void} */
  let broke = () => {};
  const worker = await engine.spawn("reader", (error) => broke(error));
  try {
    return await new Promise((resolve, reject) => {
      broke = reject;
      worker.onmessage = ({ data }) => (data.locked ? resolve(data.locked) : reject(new Error(data.error)));
      worker.postMessage({ age: asked });
    });
  } finally {
    worker.terminate();
  }
}

/** @param {import("./engine.js").Engine} engine @param {string} plain @param {string} passphrase */
export const encrypted = (engine, plain, passphrase) => ask(engine, { bytes: new TextEncoder().encode(plain), passphrase, random: crypto.getRandomValues(new Uint8Array(48)) });

/** @param {import("./engine.js").Engine} engine @param {Uint8Array} bytes @param {string} passphrase */
export const decrypted = (engine, bytes, passphrase) => ask(engine, { bytes, passphrase });
