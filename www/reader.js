// A reader worker: takes a file, or a range of one, through the engine slice by slice; or goes through it again, for its
// hash or for certain rows.

import { slices } from "./slices.js";

/** How often the page hears how far a file is, in milliseconds. */
const PACE = 250;
/** Why a file that is called off is not read on. */
const CANCELLED = "cancelled by the user";

/** @param {DOMException} error why the browser hands over no more of a file */
const unreadable = (error) => `the browser could not read on: ${error.message}`;

/** @type {any} */ (self).kyotenWorker = (/** @type {any} */ bindings) => {
  /** The task that was called off, if any; there is one at a time. */
  let cancelled = -1;
  /** What came of a range, until it is asked for, and where that ended. @type {{ pieces: { piece: () => Uint8Array | undefined }, at: number } | undefined} */
  let handing;

  self.onmessage = (event) => {
    const { cancel, read, part, hand, hash, rows, age, rollup } = event.data;
    if (cancel !== undefined) cancelled = cancel;
    else if (hand !== undefined) handOver(hand);
    else if (read) examine(read);
    else if (part) examinePart(part);
    else if (hash) digest(hash);
    else if (rows) look(rows);
    else if (age) lock(age);
    else if (rollup) roll(rollup);
  };

  /**
   * `stop` is where an engine broke on this file before: up to there the file is read, the rest is given up with the reason.
   * @param {{ task: number, file: File, name: string, order: Uint8Array, stop?: { offset: number, reason: string } }} asked
   */
  async function examine({ task, file, name, order, stop }) {
    let at = 0;
    let told = 0;
    try {
      const reading = new bindings.FileReading(name, file.size, order);
      /** The file's own result, then those of members of an archive that were not sent yet. @type {Uint8Array[]} */
      let results;
      try {
        for await (const slice of slices(file, stop?.offset)) {
          if (cancelled === task) break;
          reading.feed(slice);
          at += slice.length;
          send(task, reading.members());
          if (performance.now() - told > PACE) {
            told = performance.now();
            self.postMessage({ task, progress: reading.progress() });
          }
        }
        if (cancelled === task) results = reading.abandon(CANCELLED);
        else if (stop) results = reading.abandon(stop.reason);
        else results = reading.finish();
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        results = reading.abandon(unreadable(error));
      }
      const [result, ...members] = results;
      send(task, members);
      self.postMessage({ task, result, cancelled: cancelled === task }, { transfer: [result.buffer] });
    } catch (error) {
      failed(task, at, error);
    }
  }

  /**
   * A range of a file that other readers share. It is not hashed here: that needs all of the file, in order. `stop` is as above.
   * @param {{ task: number, file: File, name: string, order: Uint8Array, head: Uint8Array, from: number, to: number, stop?: { offset: number, reason: string } }} asked
   */
  async function examinePart({ task, file, name, order, head, from, to, stop }) {
    let at = from;
    let told = 0;
    try {
      const reading = new bindings.PartReading(name, order, head, from);
      /** Why it is not read to its end. @type {string | undefined} */
      let why = stop?.reason;
      try {
        for await (const slice of slices(file, stop?.offset ?? to, from)) {
          if (cancelled === task) break;
          reading.feed(slice);
          at += slice.length;
          if (performance.now() - told > PACE) {
            told = performance.now();
            self.postMessage({ task, progress: reading.progress() });
          }
        }
        if (cancelled === task) why = CANCELLED;
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        why = unreadable(error);
      }
      handing = { pieces: why === undefined ? reading.finish() : reading.abandon(why), at };
      self.postMessage({ task, ended: true, why, at });
    } catch (error) {
      failed(task, at, error);
    }
  }

  /** @param {number} task */
  function handOver(task) {
    if (!handing) return;
    const { pieces, at } = handing;
    try {
      /** @type {Uint8Array[]} */
      const result = [];
      for (let piece = pieces.piece(); piece; piece = pieces.piece()) result.push(piece);
      self.postMessage({ task, result }, { transfer: result.map((piece) => piece.buffer) });
    } catch (error) {
      failed(task, at, error);
    }
  }

  /** @param {{ task: number, file: File }} asked */
  async function digest({ task, file }) {
    try {
      const hashing = new bindings.Hashing();
      for await (const slice of slices(file)) hashing.feed(slice);
      self.postMessage({ task, digest: hashing.finish() });
    } catch (error) {
      failed(task, 0, error);
    }
  }

  /**
   * Results of an archive's members go out as soon as they are there, so that no reader holds them all.
   * @param {number} task
   * @param {Uint8Array[]} members
   */
  function send(task, members) {
    if (members.length > 0) self.postMessage({ task, members }, { transfer: members.map((member) => member.buffer) });
  }

  /**
   * Encrypts a case file (with the randomness that comes along) or decrypts one.
   * @param {{ bytes: Uint8Array, passphrase: string, random?: Uint8Array }} asked
   */
  function lock({ bytes, passphrase, random }) {
    try {
      const locked = random ? bindings.encrypt_case(bytes, passphrase, random) : bindings.decrypt_case(bytes, passphrase);
      self.postMessage({ locked });
    } catch (error) {
      failed(0, 0, error);
    }
  }

  /**
   * Sums all files of a case, one after the other.
   * @param {{ files: { name: string, file: File, order: Uint8Array }[], secret: string }} asked
   */
  async function roll({ files, secret }) {
    try {
      const reading = new bindings.RollupReading();
      for (const { name, file, order } of files) {
        reading.begin(name, order);
        for await (const slice of slices(file)) reading.feed(slice);
      }
      self.postMessage({ rolled: reading.finish(secret) });
    } catch (error) {
      failed(0, 0, error);
    }
  }

  /** @param {{ task: number, file: File, name: string, order: Uint8Array }} asked */
  async function look({ task, file, name, order }) {
    try {
      const reading = new bindings.RowReading(name, order);
      for await (const slice of slices(file)) {
        if (cancelled === task) break;
        const found = reading.feed(slice);
        if (found.length > 0) self.postMessage({ task, found });
        if (reading.done()) break;
      }
      self.postMessage({ task, found: reading.finish(), end: true });
      reading.free?.();
    } catch (error) {
      failed(task, 0, error);
    }
  }

  /**
   * @param {number} task
   * @param {number} at
   * @param {unknown} error
   */
  function failed(task, at, error) {
    const broken = error instanceof WebAssembly.RuntimeError;
    self.postMessage({ task, broken, at, error: error instanceof Error ? error.message : String(error) });
  }
};
