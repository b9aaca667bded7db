// What an analyst does after the first look: asks where else and whether there was any, puts actions on record, takes rules out. Each
// asks the engine; the state follows as after any other change.
import { author } from "./author.js";
import { save } from "./saving.js";
import { words } from "./words.js";

/** How long a filter has to stand before it is put on record, in milliseconds: a brush passes through many. */
const SETTLED = 1500;

/** @typedef {import("./response-types.js").ResponseView} ResponseView */
/** @typedef {import("./response-types.js").NegativeQuestion} NegativeQuestion */

/**
 * @param {object} does
 * @param {import("./store.js").Store} does.store
 * @param {(call: string, ...given: unknown[]) => Promise<any>} does.ask
 * @param {(call: string, ...given: unknown[]) => Promise<boolean>} does.change
 * @param {(error: unknown) => void} does.complain
 */
export function createResponding({ store, ask, change, complain }) {
  const now = () => Math.floor(Date.now() / 1000);

  /** An act that changes no answer. What can't be noted any more, because the engine broke, is told by its own banner. */
  function note(/** @type {string} */ act, /** @type {string} */ of, /** @type {string} */ text) {
    return ask("note_act", now(), author.name, act, of, text).catch(complain);
  }

  let settling = 0;
  let filtered = "";
  store.watch((state) => [state.brush], (brush) => {
    clearTimeout(settling);
    const asked = brush ? brush.map((ms) => new Date(ms).toISOString()).join(" to ") : "";
    if (asked === filtered) return;
    settling = setTimeout(() => {
      filtered = asked;
      void note("filter", "time", asked || "all time");
    }, SETTLED);
  });

  return {
    noteAct: note,

    response: () => /** @type {Promise<ResponseView>} */ (ask("response_view", words.code)),

    /** @param {{ finding: string } | { from: number, to: number, service?: string }} question */
    async sweep(question) {
      if (await change("ask_sweep", question)) store.set({ tab: "response" });
    },

    /** @param {NegativeQuestion} question */
    negative: (question) => /** @type {Promise<import("./response-types.js").Negative>} */ (ask("ask_negative", question, false, words.code)),
    /** @param {NegativeQuestion} question */
    keepNegative: (question) => change("ask_negative", question, true, words.code),
    dropNegative: (/** @type {number} */ place) => change("drop_negative", place),

    /** @param {{ kind: string, from: string, to: string, service: string, at_ms: number, who: string, why: string }} action */
    act: (action) => change("act", action),
    allow: (/** @type {string} */ finding, /** @type {string} */ until) => change("allow", finding, until || undefined),

    vendors: () => /** @type {Promise<string[]>} */ (ask("vendors")),
    /** @param {string[]} findings @param {string} scope @param {string} vendor */
    containment: (findings, scope, vendor) => /** @type {Promise<import("./response-types.js").Containment>} */ (ask("containment", findings, scope, vendor)),
    /** @param {string} vendor @param {string} rules @param {string[]} findings */
    async saveRules(vendor, rules, findings) {
      save(`kyoten-rules.${vendor}.txt`, rules, "text/plain");
      await note("export", `rules ${vendor}`, findings.join(" "));
    },

    indicators: (/** @type {string} */ text) => /** @type {Promise<{ read: string[], unused: string[] }>} */ (ask("indicators", text)),
    /** @param {import("./types.js").Row[]} rows */
    compare: (rows) => /** @type {Promise<string[]>} */ (ask("compare", rows.map(({ file, at, flow }) => ({ file, at, flow: flow?.en ?? "" })))),
  };
}
