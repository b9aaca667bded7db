// One file through readers that do not hash it: a large one in two ranges at once; and its hash, which needs all of it in order,
// in one more.

/**
 * From here on two readers share a file. Joining their parts costs about as much as reading 100 MB, and both hold nearly all that
 * the file tells. Measured there: at 200 MB half as much memory again for nothing, at 600 MB a third more for a seventh of the time.
 * (benches/RESULTS.md)
 */
export const LARGE = 400 * 1024 * 1024;
/**
 * From here on a file's hash is made apart from its reading. At 200 MB the receipt would be there a quarter sooner, but a range
 * that is cancelled, or whose engine breaks, gives up what it read, while one reader keeps it: so smaller files are not read so.
 */
export const APART = LARGE;
/** How many readers share it. Each holds nearly all that the file tells, so that more of them would take more memory than a tab has. */
export const MOST_PARTS = 2;
/** How much of a file its format is told by. */
const HEAD = 64 * 1024;
/** How far a line end is looked for; a file with longer records is not cut there. */
const LOOK = 1024 * 1024;

/** @typedef {{ stop: () => void }} Stoppable */

/**
 * Where the ranges of a file begin, and its length at the end; nothing where one reader has to go through all of it and hash it.
 * @param {import("./engine.js").Engine} engine
 * @param {File} file
 * @param {Uint8Array} order
 * @param {number} count
 */
async function edgesOf(engine, file, order, count) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const ranges = engine.bindings.FileRanges.of(order, head);
  if (!ranges) return undefined;
  const edges = [0];
  for (let part = 1; part < count; part += 1) {
    const near = Math.floor((file.size * part) / count);
    const cut = ranges.cut(new Uint8Array(await file.slice(near, near + LOOK).arrayBuffer()));
    if (cut !== undefined && near + cut < file.size) edges.push(near + cut);
  }
  ranges.free();
  edges.push(file.size);
  return { head, edges };
}

/**
 * The results of all parts; nothing where the file has to be read by one reader after all, whatever the reason.
 * @param {import("./engine.js").Engine} engine
 * @param {{ id: number, name: string, file: File }} task
 * @param {Uint8Array} order
 * @param {number} count how many readers
 * @param {(progress: import("./types.js").Progress) => void} tell
 * @param {(running: Stoppable) => void} running called with what stops it
 * @returns {Promise<Uint8Array[] | undefined>}
 */
export async function readParts(engine, task, order, count, tell, running) {
  const cut = await edgesOf(engine, task.file, order, count).catch(() => undefined);
  if (!cut) return undefined;
  const { head, edges } = cut;
  /** @type {Worker[]} */
  const workers = [];
  /** @type {(import("./types.js").Progress | undefined)[]} */
  const progress = edges.map(() => undefined);
  try {
    return await new Promise((resolve) => {
      running({ stop: () => resolve(undefined) });
      /** @type {Uint8Array[]} */
      const results = [];
      edges.slice(0, -1).forEach(async (from, place) => {
        try {
          const worker = await engine.spawn("reader", () => resolve(undefined));
          workers.push(worker);
          worker.onmessage = ({ data }) => {
            if (data.progress) {
              progress[place] = data.progress;
              tell(sum(progress));
            } else if (data.result) {
              results.push(data.result);
              worker.terminate();
              if (results.length === edges.length - 1) resolve(results);
            } else resolve(undefined);
          };
          worker.postMessage({ part: { task: task.id, file: task.file, name: task.name, order, head, from, to: edges[place + 1] } });
        } catch {
          // Without its worker the file is read by the one that it has.
          resolve(undefined);
        }
      });
    });
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/**
 * @param {(import("./types.js").Progress | undefined)[]} parts
 * @returns {import("./types.js").Progress}
 */
function sum(parts) {
  const whole = { bytes: 0, records: 0n, flows: 0n, malformed: 0n, format: /** @type {string | undefined} */ (undefined) };
  for (const part of parts) {
    if (!part) continue;
    whole.bytes += part.bytes;
    whole.records += part.records;
    whole.flows += part.flows;
    whole.malformed += part.malformed;
    whole.format ??= part.format;
  }
  return whole;
}

/**
 * SHA-256 of a file, in hex.
 * @param {import("./engine.js").Engine} engine
 * @param {File} file
 * @returns {Promise<string>}
 */
export async function hashOf(engine, file) {
  /** @type {(error: Error) => void} */
  let broke = () => {};
  const worker = await engine.spawn("reader", (error) => broke(error));
  try {
    return await new Promise((resolve, reject) => {
      broke = reject;
      worker.onmessage = ({ data }) => (data.digest ? resolve(data.digest) : reject(new Error(data.error)));
      worker.postMessage({ hash: { task: 0, file } });
    });
  } finally {
    worker.terminate();
  }
}
