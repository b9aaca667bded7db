// The second pass: goes through the files again for the raw rows behind a claim, in a reader of its own, one search at a time.

import { words } from "./words.js";

/**
 * @typedef {object} Search
 * @property {import("./types.js").RowQuery} query
 * @property {number[]} [files] where to look; the engine says, where this does not
 * @property {(rows: import("./types.js").Row[]) => void} found rows so far, called as they come
 * @property {(why?: string) => void} ended with a sentence when it did not come to its end
 */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {() => import("./asking.js").Analyst | undefined} analyst
 * @param {(index: number) => { name: string, file: File } | undefined} fileOf
 */
export function createRowSearch(engine, analyst, fileOf) {
  /** @type {Worker | undefined} */
  let worker;
  let task = 0;

  /**
   * @param {number} mine
   * @param {{ name: string, file: File }} source
   * @param {Uint8Array} order
   * @param {Search} search
   * @returns {Promise<void>}
   */
  async function through(mine, source, order, search) {
    /** @type {(error: Error) => void} */
    let broke = () => {};
    worker ??= await engine.spawn("reader", (error) => {
      worker = undefined;
      broke(error);
    });
    const reader = worker;
    await new Promise((resolve, reject) => {
      broke = reject;
      reader.onmessage = ({ data }) => {
        if (data.task !== mine) return;
        if (data.error !== undefined) {
          if (data.broken) {
            reader.terminate();
            worker = undefined;
          }
          reject(new Error(data.error));
          return;
        }
        if (data.found?.length > 0 && mine === task) search.found(data.found);
        if (data.end) resolve(undefined);
      };
      reader.postMessage({ rows: { task: mine, file: source.file, name: source.name, order } });
    });
  }

  /** @type {Promise<void>} */
  let before = Promise.resolve();

  return {
    /**
     * Begins a search; one that still runs is called off.
     * @param {Search} search
     */
    begin(search) {
      worker?.postMessage({ cancel: task });
      task += 1;
      let mine = task;
      before = before.then(async () => {
        if (mine !== task) return;
        try {
          const ask = analyst();
          if (!ask) throw new Error(words.fault.notReady);
          const files = search.files ?? /** @type {number[]} */ (await ask.ask("rows_files", search.query));
          for (const index of files) {
            if (mine !== task) return;
            const source = fileOf(index);
            if (!source) continue;
            const order = await ask.ask("rows_order", search.query, index);
            await through(mine, source, order, search);
          }
          if (mine === task) search.ended();
        } catch (error) {
          if (mine === task) search.ended(error instanceof Error ? error.message : String(error));
        }
      });
    },

    /** Calls off the search that runs. */
    cancel() {
      worker?.postMessage({ cancel: task });
      task += 1;
    },
  };
}
