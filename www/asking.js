// Asks the analyst worker, and brings its answers back as promises.

/** The engine of the analyst broke: it is never asked again. */
export class Broken extends Error {}

/** @typedef {Awaited<ReturnType<typeof startAnalyst>>} Analyst */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {(why: string) => void} died called once, when the analyst can't answer any more
 */
export async function startAnalyst(engine, died) {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let next = 1;
  /** @type {string | undefined} */
  let over;

  const end = (/** @type {string} */ why) => {
    if (over !== undefined) return;
    over = why;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new Broken(why));
    waiting.clear();
    died(why);
  };
  const worker = await engine.spawn("analyst", (error) => end(error.message));
  worker.onmessage = (event) => {
    const { id, value, error, broken } = event.data;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else if (!broken) asked?.reject(new Error(error));
    else {
      asked?.reject(new Broken(error));
      end(error);
    }
  };

  /** @returns {Promise<any>} */
  function post(/** @type {string} */ call, /** @type {unknown[]} */ given, /** @type {Transferable[]} */ moved) {
    if (over !== undefined) return Promise.reject(new Broken(over));
    const id = next;
    next += 1;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, call, given }, moved);
    });
  }

  return {
    /**
     * @param {string} call the name of a method of the engine's Analyst
     * @param {...unknown} given
     * @returns {Promise<any>} rejects with the engine's sentence, or with Broken
     */
    ask: (call, ...given) => post(call, given, []),

    /**
     * As `ask`, but bytes are given away: the page would stand still while tens of megabytes are copied.
     * @param {string} call
     * @param {...unknown} given
     * @returns {Promise<any>}
     */
    give: (call, ...given) => post(call, given, given.flat(2).filter((each) => each instanceof Uint8Array).map((each) => each.buffer)),

    /** Ends it in silence. */
    stop() {
      over = "stopped";
      worker.terminate();
    },
  };
}

/**
 * Asks only for the newest of many: while one question is out, the next waits, and a newer one takes its place.
 * @template Q, A
 * @param {(question: Q) => Promise<A>} ask
 * @param {(answer: A, question: Q) => void} answered
 * @param {(error: Error) => void} refused
 * @returns {(question: Q) => void}
 */
export function newest(ask, answered, refused) {
  let out = false;
  /** @type {{ question: Q } | undefined} */
  let waits;
  async function go(/** @type {Q} */ question) {
    out = true;
    try {
      answered(await ask(question), question);
    } catch (error) {
      refused(error instanceof Error ? error : new Error(String(error)));
    }
    out = false;
    if (waits) {
      const { question: later } = waits;
      waits = undefined;
      void go(later);
    }
  }
  return (question) => {
    if (out) waits = { question };
    else void go(question);
  };
}
