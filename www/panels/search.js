// The search for indicators over all evidence: the files are gone through again, and rows shown as they are found.
import { fill, h } from "../dom.js";
import { words } from "../words.js";
import { rowsList } from "./rows-list.js";

/** Rows of one file at most. */
const MOST = 1000;

/** @param {import("../acts.js").Acts} acts */
export function createSearch(acts) {
  const text = h("textarea", { id: "search-text", rows: 4, spellcheck: "false", required: true });
  const read = h("p", { class: "hint", role: "status" });
  const found = h("div", {});
  /** @type {import("../types.js").CaseView | undefined} */
  let known;

  async function search() {
    try {
      const indicators = await acts.indicators(text.value);
      read.textContent = [words.response.reads(indicators.read.length), indicators.unused.length > 0 && words.response.unused(indicators.unused.slice(0, 10).join(", "))].filter(Boolean).join(" ");
      if (indicators.read.length === 0) {
        fill(found);
        return;
      }
      void acts.noteAct("search", `${indicators.read.length} indicators`, indicators.read.slice(0, 50).join(" "));
      fill(found, rowsList({ search: text.value, most: MOST }, { view: known, acts, files: undefined, marks: indicators.read }));
    } catch (error) {
      read.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  const form = h("form", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void search();
  } } },
    h("div", { class: "field" }, h("label", { for: text.id }, words.response.searchFor), text),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, words.response.search), h("button", { type: "button", class: "quiet", on: { click: () => { acts.cancelRows(); fill(found); read.textContent = ""; } } }, words.response.stop)));

  return {
    title: words.response.searchTitle,
    open: false,
    element: h("div", {}, h("p", { class: "hint" }, words.response.searchWhy), form, read, found),
    /** @param {import("../response-types.js").ResponseView} _ @param {import("../types.js").CaseView} view */
    show(_, view) {
      known = view;
    },
  };
}
