// The response: where else, whether there was any, what names an indicator, what was done and what came of it, rules, and the log.
import { newest } from "../asking.js";
import { h } from "../dom.js";
import { isReading } from "../store.js";
import { words } from "../words.js";
import { createActions } from "./actions.js";
import { createHistory } from "./history.js";
import { createNegatives } from "./negatives.js";
import { createRules } from "./rules.js";
import { createSearch } from "./search.js";
import { createSweeps } from "./sweeps.js";

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createResponse(store, acts) {
  const parts = [createSweeps(acts), createNegatives(acts), createSearch(acts), createActions(acts), createRules(acts), createHistory()];
  const said = h("p", { class: "hint", role: "status" });
  const fold = (/** @type {{ element: HTMLElement, title: string, open?: boolean }} */ part) => h("details", { class: "response-part", open: part.open }, h("summary", {}, h("h3", {}, part.title)), part.element);
  const panel = h("div", { class: "panel response" }, said, parts.map(fold));

  const ask = newest(async (/** @type {import("../types.js").CaseView} */ view) => ({ view, answer: await acts.response() }), ({ view, answer }) => {
    said.textContent = "";
    for (const part of parts) part.show(answer, view);
  }, (error) => { said.textContent = error.message; });
  // The answers take a moment's reckoning, so they are asked for where they are looked at.
  store.watch((state) => [state.tab === "response", state.case, isReading(state)], (open, view, reading) => {
    if (!open) return;
    said.textContent = reading ? words.response.whileReading : view ? words.response.reckoning : words.response.none;
    if (view && !reading) ask(view);
  });
  return panel;
}
