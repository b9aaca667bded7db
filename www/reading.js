// The queue of files: a reader worker a core, each taking the next file that waits; a large file that is alone has all of
// them. The order of the results does not matter.

import { APART, LARGE, MOST_PARTS, readParts } from "./parts.js";

/** More readers than this gain nothing: the disk is the limit, and each holds an engine. */
const MOST_READERS = 4;
/** Over how long the speed is measured, in milliseconds. */
const MEMORY = 3000;

/** @typedef {{ offset: number, reason: string }} Stop */
/** @typedef {{ id: number, name: string, file: File, order: () => Promise<Uint8Array>, stop?: Stop, whole?: boolean }} Task */

/**
 * @typedef {object} Heard what the queue tells of a task
 * @property {(id: number) => void} began
 * @property {(id: number, progress: import("./types.js").Progress, speed: number | undefined) => void} progress
 * @property {(id: number, members: Uint8Array[]) => void} members results of an archive's members, before its own
 * @property {(id: number, result: Uint8Array, cancelled: boolean) => void} result
 * @property {(id: number) => void} apart a task is read without hashing it, and there is a core to do that beside
 * @property {(id: number, read: import("./parts.js").Read) => void} parts results of all parts of a file, not hashed yet
 * @property {(id: number, why: string) => void} failed there is no result at all
 */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {Heard} heard
 */
export function createReading(engine, heard) {
  const most = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_READERS));
  /** @type {Task[]} */
  const waiting = [];
  /** @typedef {{ worker: Worker | undefined, task: Task | undefined, samples: [number, number][], cancel: boolean, parts: import("./parts.js").Running | undefined }} Seat */
  /** @type {Set<Seat>} */
  const seats = new Set();

  function advance() {
    while (waiting.length > 0) {
      let seat = [...seats].find((each) => each.task === undefined);
      if (!seat) {
        if (seats.size >= most) return;
        seat = { worker: undefined, task: undefined, samples: [], cancel: false, parts: undefined };
        seats.add(seat);
      }
      seat.task = waiting.shift();
      void begin(seat);
    }
  }

  async function begin(/** @type {Seat} */ seat) {
    const task = /** @type {Task} */ (seat.task);
    seat.cancel = false;
    seat.samples = [];
    heard.began(task.id);
    try {
      const order = await task.order();
      // Where there are other files, each reader has one of its own.
      const alone = seats.size === 1 && waiting.length === 0;
      if (alone && most > 1 && !task.whole && !task.stop && task.file.size >= APART) {
        const count = task.file.size >= LARGE ? Math.min(most, MOST_PARTS) : 1;
        const tell = (/** @type {import("./types.js").Progress} */ progress) => heard.progress(task.id, progress, speed(seat, progress.bytes));
        const read = await readParts(engine, task, order, count, tell, (running) => {
          seat.parts = running;
          if (seat.cancel) running.cancel();
          // A core that is left makes the hash meanwhile; else it comes after.
          if (count < most) heard.apart(task.id);
        });
        seat.parts = undefined;
        if (!seats.has(seat)) return;
        if (read) {
          seat.task = undefined;
          seat.worker?.terminate();
          seats.delete(seat);
          heard.parts(task.id, read);
          advance();
          return;
        }
      }
      seat.worker ??= await spawn(seat);
      seat.worker.postMessage({ read: { task: task.id, file: task.file, name: task.name, order, stop: task.stop } });
      if (seat.cancel) seat.worker.postMessage({ cancel: task.id });
    } catch (error) {
      seat.task = undefined;
      seats.delete(seat);
      seat.worker?.terminate();
      heard.failed(task.id, error instanceof Error ? error.message : String(error));
      advance();
    }
  }

  /** @returns {Promise<Worker>} */
  async function spawn(/** @type {Seat} */ seat) {
    const worker = await engine.spawn("reader", (error) => broke(seat, seat.samples.at(-1)?.[1] ?? 0, error.message));
    worker.onmessage = (event) => hear(seat, event.data);
    return worker;
  }

  function hear(/** @type {Seat} */ seat, /** @type {any} */ said) {
    const { task } = seat;
    if (!task || said.task !== task.id) return;
    if (said.progress) {
      heard.progress(task.id, said.progress, speed(seat, said.progress.bytes));
      return;
    }
    if (said.members) {
      heard.members(task.id, said.members);
      return;
    }
    if (said.broken) {
      broke(seat, said.at, said.error);
      return;
    }
    seat.task = undefined;
    // An engine's memory never shrinks again by itself. When nothing waits, what the reading took is given back before its
    // result is counted in.
    if (waiting.length === 0) {
      seat.worker?.terminate();
      seats.delete(seat);
    }
    if (said.result) heard.result(task.id, said.result, said.cancelled);
    else heard.failed(task.id, said.error);
    advance();
  }

  /** An engine that broke is never used again. A fresh one reads up to where it broke, and gives up the rest by name. */
  function broke(/** @type {Seat} */ seat, /** @type {number} */ at, /** @type {string} */ why) {
    const { task } = seat;
    seat.worker?.terminate();
    seats.delete(seat);
    if (task) {
      if (task.stop?.offset === 0) heard.failed(task.id, `engine fault at offset ${at}: ${why}`);
      // Where even the part before it breaks an engine, all of the file is given up.
      else waiting.unshift({ ...task, stop: { offset: task.stop ? 0 : at, reason: task.stop?.reason ?? `engine fault at offset ${at}` } });
    }
    advance();
  }

  function speed(/** @type {Seat} */ seat, /** @type {number} */ bytes) {
    const now = performance.now();
    seat.samples.push([now, bytes]);
    while (seat.samples.length > 2 && now - (seat.samples[0]?.[0] ?? now) > MEMORY) seat.samples.shift();
    const [start, before] = seat.samples[0] ?? [now, bytes];
    return now - start > 300 ? ((bytes - before) * 1000) / (now - start) : undefined;
  }

  return {
    /** @param {Task} task */
    add(task) {
      waiting.push(task);
      advance();
    },

    /**
     * @param {number} id
     * @returns {boolean} whether it was still waiting, so that nothing of it was read
     */
    cancel(id) {
      const place = waiting.findIndex((task) => task.id === id);
      if (place >= 0) {
        waiting.splice(place, 1);
        return true;
      }
      for (const seat of seats) {
        if (seat.task?.id !== id) continue;
        seat.cancel = true;
        seat.parts?.cancel();
        seat.worker?.postMessage({ cancel: id });
      }
      return false;
    },

    /** Ends all readers in silence: for when the case itself is gone. */
    stop() {
      waiting.length = 0;
      const all = [...seats];
      seats.clear();
      for (const seat of all) {
        seat.parts?.drop();
        seat.worker?.terminate();
      }
    },
  };
}
