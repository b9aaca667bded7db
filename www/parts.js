// One file through readers that do not hash it: a large one in two ranges at once; and its hash, which needs all of it in order,
// in one more.

/**
 * From here on two readers share a file. Joining their parts costs about as much as reading 100 MB, and both hold nearly all that
 * the file tells. Measured there: at 200 MB half as much memory again for nothing, at 600 MB a third more for a seventh of the time.
 * (benches/RESULTS.md)
 */
export const LARGE = 400 * 1024 * 1024;
/** From here on a file's hash is made apart from its reading: at 200 MB the receipt is there a quarter sooner. (benches/RESULTS.md) */
export const APART = 32 * 1024 * 1024;
/** How many readers share it. Each holds nearly all that the file tells, so that more of them would take more memory than a tab has. */
export const MOST_PARTS = 2;
/** How much of a file its format is told by. */
const HEAD = 64 * 1024;
/** How far a line end is looked for; a file with longer records is not cut there. */
const LOOK = 1024 * 1024;

/** @typedef {{ cancel: () => void, drop: () => void }} Running what goes on: to be called off, keeping what it read, or to be dropped */
/** @typedef {{ parts: Uint8Array[][], stop?: import("./reading.js").Stop, cancelled: boolean }} Read all parts, each in its pieces, up to where a reading stopped, if it did */

/**
 * A range of a file.
 * @typedef {object} Range
 * @property {number} from
 * @property {number} to
 * @property {Worker} [worker]
 * @property {import("./types.js").Progress} [progress]
 * @property {import("./reading.js").Stop} [stop] where an engine broke on it before
 * @property {boolean} [ended] it is read as far as it will be
 * @property {boolean} [asked] and was asked for what came of it
 * @property {Uint8Array[]} [result] the pieces of that
 */

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
 * Reads a file in ranges. Where one stops early, so does the file: what lies behind has no line numbers, and is given up.
 * @param {import("./engine.js").Engine} engine
 * @param {{ id: number, name: string, file: File }} task
 * @param {Uint8Array} order
 * @param {number} count how many readers
 * @param {(progress: import("./types.js").Progress) => void} tell
 * @param {(running: Running) => void} running called when it has begun
 * @returns {Promise<Read | undefined>} nothing where the file has to be read by one reader after all, whatever the reason
 */
export async function readParts(engine, task, order, count, tell, running) {
  const cut = await edgesOf(engine, task.file, order, count).catch(() => undefined);
  if (!cut) return undefined;
  const { head, edges } = cut;
  /** @type {Range[]} */
  const ranges = edges.slice(0, -1).map((from, place) => ({ from, to: /** @type {number} */ (edges[place + 1]) }));
  let cancelled = false;
  /** Where the file is not read on, and why. @type {import("./reading.js").Stop | undefined} */
  let stopped;
  try {
    return await new Promise((resolve) => {
      const settle = () => {
        if (!ranges.every(({ result }) => result)) return;
        resolve({ parts: ranges.map(({ result }) => /** @type {Uint8Array[]} */ (result)), stop: stopped, cancelled });
      };
      /** What came of the ranges is asked for one by one: what is handed over stands in memory twice until its reader ends. */
      const collect = () => {
        if (ranges.some(({ asked, result }) => asked && !result)) return;
        const next = ranges.find(({ ended, asked }) => ended && !asked);
        if (!next) return;
        next.asked = true;
        next.worker?.postMessage({ hand: task.id });
      };
      /** No range behind this one counts any more. */
      const giveUpBehind = (/** @type {Range} */ last) => {
        for (const { worker } of ranges.splice(ranges.indexOf(last) + 1)) worker?.terminate();
      };
      /** An engine that broke is never used again. A fresh one reads up to where it broke. */
      const broke = (/** @type {Range} */ range, /** @type {number} */ at, /** @type {string} */ why) => {
        if (range.result || !ranges.includes(range)) return;
        range.worker?.terminate();
        giveUpBehind(range);
        // Where even the part before it breaks an engine, the one reader tries, and says what it can't.
        if (range.stop) {
          resolve(undefined);
          return;
        }
        range.ended = false;
        range.asked = false;
        range.stop = { offset: at, reason: `engine fault at offset ${at}` };
        console.warn(`Kyoten: ${range.stop.reason}: ${why}`);
        void begin(range);
      };
      const begin = async (/** @type {Range} */ range) => {
        const { from, to, stop } = range;
        try {
          const worker = await engine.spawn("reader", (error) => broke(range, from + (range.progress?.bytes ?? 0), error.message));
          range.worker = worker;
          if (!ranges.includes(range)) {
            worker.terminate();
            return;
          }
          worker.onmessage = ({ data }) => {
            if (data.progress) {
              range.progress = data.progress;
              tell(sum(ranges.map(({ progress }) => progress)));
            } else if (data.ended) {
              range.ended = true;
              if (data.why !== undefined) {
                stopped = { offset: data.at, reason: data.why };
                giveUpBehind(range);
              }
              collect();
            } else if (data.result) {
              range.result = data.result;
              worker.terminate();
              collect();
              settle();
            } else if (data.broken) broke(range, data.at, data.error);
            else resolve(undefined);
          };
          worker.postMessage({ part: { task: task.id, file: task.file, name: task.name, order, head, from, to, stop } });
          if (cancelled) worker.postMessage({ cancel: task.id });
        } catch {
          // Without its worker the file is read by the one that it has.
          resolve(undefined);
        }
      };
      running({
        cancel() {
          cancelled = true;
          for (const { worker } of ranges) worker?.postMessage({ cancel: task.id });
        },
        drop: () => resolve(undefined),
      });
      for (const range of ranges) void begin(range);
    });
  } finally {
    for (const { worker } of ranges) worker?.terminate();
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

/** @typedef {{ digest: Promise<string>, stop: () => void }} Hashing */

/**
 * SHA-256 of a file, in hex. One that is stopped never tells it.
 * @param {import("./engine.js").Engine} engine
 * @param {File} file
 * @returns {Hashing}
 */
export function hashOf(engine, file) {
  /** @type {Worker | undefined} */
  let worker;
  let stopped = false;
  const stop = () => {
    stopped = true;
    worker?.terminate();
  };
  const digest = new Promise((resolve, reject) => {
    engine.spawn("reader", reject).then((ready) => {
      worker = ready;
      if (stopped) {
        worker.terminate();
        return;
      }
      worker.onmessage = ({ data }) => {
        stop();
        if (data.digest) resolve(data.digest);
        else reject(new Error(data.error));
      };
      worker.postMessage({ hash: { task: 0, file } });
    }, reject);
  });
  return { digest, stop };
}
