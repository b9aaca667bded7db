// Follows the reading: which panel the page shows by itself, and what it says when all is read.
import { isReading } from "./store.js";
import { words } from "./words.js";

/**
 * A tab that a person chose stays; until then the page shows what matters: progress, then findings.
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @returns {(tab: import("./store.js").State["tab"]) => void} called when a person chooses a tab
 */
export function followReading(store, acts) {
  let chosen = false;
  store.watch((state) => [isReading(state), state.case], (reading, view) => {
    if (chosen || !view) return;
    const lost = view.links.length === 0 || view.evidence.some((each) => each.advice);
    store.set({ tab: reading || lost ? "evidence" : "findings" });
  });
  let before = false;
  store.watch((state) => [isReading(state)], (reading) => {
    if (reading && !before && !chosen) store.set({ tab: "evidence" });
    before = reading;
  });
  // Said once when all is read, with the case that counts it all.
  let owed = false;
  store.watch((state) => [isReading(state), state.case], (reading, view) => {
    if (reading) owed = true;
    else if (owed && view && view.evidence.length > 0) {
      owed = false;
      acts.note(() => words.notes.allDone(view.evidence.length, view.findings.filter((finding) => !finding.weak).length));
    }
  });
  return (tab) => {
    chosen = true;
    store.set({ tab });
  };
}
