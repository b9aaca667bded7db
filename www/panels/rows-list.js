// The raw rows behind a claim, found by going through the files again: the line as it stands, its file, line and offset.
import { exact } from "../dates.js";
import { fill, h, marked } from "../dom.js";
import { whole } from "../numbers.js";
import { said, words } from "../words.js";

/** More rows than this are counted and not listed. */
const MOST = 100;

/**
 * @typedef {object} Around what the rows are shown with
 * @property {import("../types.js").CaseView | undefined} view
 * @property {import("../acts.js").Acts} acts
 * @property {number[] | undefined} files where to look, if it is known
 * @property {readonly string[]} marks what is highlighted in a row
 * @property {number} [expected]
 */

/**
 * @param {import("../types.js").RowQuery} query
 * @param {Around} around
 * @returns {HTMLElement}
 */
export function rowsList(query, { view, acts, files, marks, expected }) {
  const status = h("p", { class: "hint", role: "status" }, words.detail.looking);
  const list = h("ol", { class: "rows" });
  let wanted = 0;
  const nameOf = (/** @type {number} */ file) => view?.evidence.find((each) => each.index === file)?.name ?? `#${file}`;

  acts.searchRows({
    query, files,
    found(rows) {
      for (const row of rows) {
        if (!row.around) wanted += 1;
        if (wanted <= MOST) list.append(entry(row));
      }
      status.textContent = expected && expected > wanted ? `${words.detail.looking} ${words.detail.found(whole(wanted))}` : words.detail.found(whole(wanted));
    },
    ended(why) {
      if (why !== undefined) status.textContent = words.detail.notFound(why);
      else if (wanted === 0) status.textContent = words.detail.noRows;
      else status.textContent = wanted > MOST ? words.detail.rowsSome(whole(MOST), whole(wanted)) : words.detail.rowsOf(whole(wanted));
      status.dataset.done = "";
    },
  });

  function entry(/** @type {import("../types.js").Row} */ row) {
    const copy = h("button", { type: "button", class: "inline" }, words.detail.copyRow);
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(row.text);
        fill(copy, words.evidence.copied);
      } catch {
        getSelection()?.selectAllChildren(text);
      }
    });
    const text = h("code", { class: "raw" }, marked(row.text, marks));
    return h("li", { class: row.around ? "row around" : "row" },
      h("div", { class: "row-place" },
        row.met && h("strong", { class: "row-met" }, row.met), h("span", { class: "row-file" }, nameOf(row.file)), h("span", {}, words.detail.line(whole(row.line))), h("span", {}, words.detail.offset(whole(row.offset))),
        row.at !== undefined && row.at !== null && h("time", {}, exact(row.at)),
        !row.around && copy,
        !row.around && !("offset" in query) && h("button", {
          type: "button", class: "inline",
          on: { click: () => acts.show({ kind: "place", file: row.file, offset: row.offset, line: row.line, why: words.detail.line(whole(row.line)) }) },
        }, words.detail.context)),
      text,
      row.flow && !row.around && h("div", { class: "row-flow" }, said(row.flow)));
  }

  return h("div", {}, status, list);
}
