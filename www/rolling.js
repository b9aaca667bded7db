// Rolls up: a reader goes through all files of the case once more, one after the other, and gives one rollup.csv.

import { words } from "./words.js";

/**
 * @param {import("./engine.js").Engine} engine
 * @param {(call: string, ...given: unknown[]) => Promise<any>} ask
 * @param {readonly { name: string, file: File }[]} files
 * @param {string} secret makes pseudonyms of the sites' names; empty for the names themselves
 * @returns {Promise<{ csv: string, notices: string[] }>}
 */
export async function rolledUp(engine, ask, files, secret) {
  /** @type {(error: Error) => void} */
  let broke = () => {};
  const worker = await engine.spawn("reader", (error) => broke(error));
  try {
    const orders = await Promise.all(files.map(({ name }) => ask("reading_order", name)));
    return await new Promise((resolve, reject) => {
      broke = reject;
      worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data.rolled) : reject(new Error(data.error)));
      worker.postMessage({ rollup: { files: files.map(({ name, file }, at) => ({ name, file, order: orders[at] })), secret } });
    });
  } finally {
    worker.terminate();
  }
}

/**
 * The files of a case as they were dropped, archives whole. Throws a sentence where one is not here: a case that was opened
 * again names evidence that it does not hold.
 * @param {import("./types.js").CaseView} view
 * @param {ReadonlyMap<string, { name: string, file: File }>} files
 */
export function filesOf(view, files) {
  const names = [...new Set(view.evidence.map((evidence) => evidence.within ?? evidence.name))];
  return names.map((name) => {
    const known = files.get(name);
    if (!known) throw new Error(words.rollup.lacking(name));
    return known;
  });
}
