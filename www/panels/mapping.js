// Which column of a CSV is what: guessed by the engine, corrected here.
import { h } from "../dom.js";
import { words } from "../words.js";

/** How many rows of the file are shown. */
const ROWS = 4;

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../types.js").Mapping} mapping
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function mappingForm(evidence, mapping, acts) {
  const selects = Object.entries(mapping.fields).map(([field, column]) => {
    const id = `mapping-${evidence.index}-${field}`;
    const select = h("select", { id, data: { key: id } },
      h("option", { value: "" }, words.mapping.none),
      mapping.header.map((name) => h("option", { value: name, selected: name === column }, name)));
    return { field, id, select };
  });
  const apply = () => {
    /** @type {Record<string, string>} */
    const columns = {};
    for (const { field, select } of selects) if (select.value !== "") columns[field] = select.value;
    void acts.setMapping(evidence.index, columns);
  };
  return h("details", { class: "mapping", data: { key: "mapping" }, open: Boolean(evidence.advice) || evidence.flows === 0n },
    h("summary", {}, words.mapping.title),
    h("p", { class: "hint" }, words.mapping.why),
    h("div", { class: "mapping-fields" }, selects.map(({ field, id, select }) => h("div", { class: "field" }, h("label", { for: id }, words.mapping.fields[field] ?? field), select))),
    h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", data: { key: "mapping-apply" }, on: { click: apply } }, words.mapping.apply)),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.mapping.sample },
      h("table", { class: "sample" },
        h("caption", {}, words.mapping.sample),
        h("thead", {}, h("tr", {}, mapping.header.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, mapping.rows.slice(0, ROWS).map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))))));
}
