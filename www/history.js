// Undo and redo of what a user chose: names and places of sites, the policy, clocks and columns, decisions, actions. Before a
// change all choices are taken down as bytes by the engine, and given back to it when the change is undone. Evidence is no
// choice: a file that was taken out is dropped again.

import { told } from "./words.js";

/** How many steps are kept; a large site book is some hundred kilobytes. */
const MOST = 100;

/** @typedef {{ name: Said, before: Uint8Array }} Step */
/** @typedef {import("./words.js").Said} Said */
/** @typedef {ReturnType<typeof createHistory>} History */

/**
 * @param {(call: string, ...given: unknown[]) => Promise<any>} ask
 * @param {(undo: Said | undefined, redo: Said | undefined) => void} changed what would be undone and redone, by name
 */
export function createHistory(ask, changed) {
  /** @type {Step[]} */
  let past = [];
  /** @type {Step[]} */
  let future = [];
  const tell = () => changed(past.at(-1)?.name, future.at(-1)?.name);

  /** @param {Step[]} from @param {Step[]} to @param {"undo" | "redo"} how */
  async function go(from, to, how) {
    const step = from.at(-1);
    if (!step) return undefined;
    const now = await ask("choices");
    await ask("restore", step.before, Math.floor(Date.now() / 1000), how, told(step.name));
    from.pop();
    to.push({ name: step.name, before: now });
    tell();
    return step.name;
  }

  return {
    /**
     * Takes down how it stands; what it gives is called when the change was made.
     * @param {Said} name of the change
     */
    async before(name) {
      const bytes = /** @type {Uint8Array} */ (await ask("choices"));
      return (/** @type {Said | undefined} */ better = undefined) => {
        past = [...past, { name: better ?? name, before: bytes }].slice(-MOST);
        future = [];
        tell();
      };
    },
    /** @returns {Promise<Said | undefined>} what was undone */
    undo: () => go(past, future, "undo"),
    /** @returns {Promise<Said | undefined>} what was done again */
    redo: () => go(future, past, "redo"),
  };
}
