// Which column of a table, or which path in JSON, is what: guessed by the engine, corrected here, tried on the first rows
// before it is taken, and saved for the next export of the same columns.
import { fill, h } from "../dom.js";
import { words } from "../words.js";

/** How many rows of the file are shown. */
const ROWS = 4;
/** What is asked first; the rest is under a fold. */
const MAIN = ["ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "bytes_out", "bytes_in", "outcome"];
const MORE = ["src_host", "dst_host", "date", "time", "zone", "end", "logged", "duration", "service", "bytes_total", "packets_out", "packets_in", "packets_total", "user", "sensor", "rule"];
/** Not a column, but how dates such as 03/04/2025 are meant. */
const DAY_MONTH = "day_month";

/**
 * @param {import("../types.js").Evidence} evidence
 * @param {import("../types.js").Mapping} mapping
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function mappingForm(evidence, mapping, acts) {
  const known = Object.keys(mapping.fields).filter((field) => ![...MAIN, ...MORE, DAY_MONTH].includes(field));
  /** @type {Map<string, HTMLSelectElement>} */
  const selects = new Map();
  const idOf = (/** @type {string} */ field) => `mapping-${evidence.index}-${field}`;
  function choose(/** @type {string} */ field) {
    const id = idOf(field);
    const current = mapping.fields[field] ?? "";
    const options = field === DAY_MONTH
      ? [["", words.mapping.dayMonthOpen], ["day first", words.mapping.dayFirst], ["month first", words.mapping.monthFirst]]
      : [["", words.mapping.none], ...mapping.header.map((name) => [name, name])];
    const select = /** @type {HTMLSelectElement} */ (h("select", { id, data: { key: id }, on: { change: tried } },
      options.map(([value, text]) => h("option", { value, selected: value === current }, text))));
    selects.set(field, select);
    return h("div", { class: "field" }, h("label", { for: id }, words.mapping.fields[field] ?? field), select);
  }
  function columns() {
    /** @type {Record<string, string>} */
    const chosen = {};
    for (const [field, select] of selects) if (select.value !== "") chosen[field] = select.value;
    return chosen;
  }
  const sample = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.mapping.sample }, sampleTable(mapping));
  let asked = 0;
  async function tried() {
    asked += 1;
    const own = asked;
    const seen = await acts.previewMapping(evidence.index, columns());
    if (seen && own === asked) fill(sample, sampleTable(seen));
  }
  const readThrough = ["mapped_csv", "mapped_json", "mapped_pairs"].includes(evidence.format ?? "");
  return h("details", { class: "mapping", data: { key: "mapping" }, open: Boolean(evidence.advice) || evidence.flows === 0n },
    h("summary", {}, words.mapping.title),
    h("p", { class: "hint" }, evidence.format ? words.mapping.why : words.mapping.whyUnknown),
    h("div", { class: "mapping-fields" }, [...MAIN, ...known].map(choose)),
    h("details", { data: { key: "mapping-more" }, open: MORE.some((field) => mapping.fields[field] !== undefined) },
      h("summary", {}, words.mapping.more),
      h("div", { class: "mapping-fields" }, [...MORE, DAY_MONTH].map(choose))),
    sample,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", data: { key: "mapping-apply" }, on: { click: () => void acts.setMapping(evidence.index, columns()) } }, words.mapping.apply),
      readThrough && h("button", { type: "button", title: words.mapping.saveTitle, data: { key: "mapping-save" }, on: { click: () => void acts.saveMapping(evidence) } }, words.mapping.save)));
}

/**
 * The first rows as they stand, and what each is read as.
 * @param {import("../types.js").Mapping} mapping
 */
function sampleTable(mapping) {
  return h("table", { class: "sample" },
    h("caption", {}, words.mapping.sample),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, words.mapping.readAs), mapping.header.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, mapping.rows.slice(0, ROWS).map((row, at) => h("tr", {}, readAs(mapping.readings[at]), row.map((cell) => h("td", {}, cell))))));
}

/** @param {import("../types.js").MappedRow | undefined} reading */
function readAs(reading) {
  if (!reading) return h("td", {});
  if (!reading.flow) return h("td", { class: "fault" }, reading.fault ?? "");
  const { flow } = reading;
  const end = (/** @type {string} */ side) => [flow[`${side}_ip`] ?? flow[`${side}_host`] ?? "?", flow[`${side}_port`]].filter(Boolean).join(":");
  const bytes = [flow.bytes_out && `${flow.bytes_out} ↑`, flow.bytes_in && `${flow.bytes_in} ↓`];
  const at = flow.ts === undefined ? words.mapping.noTime : new Date(Number(flow.ts) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return h("td", {}, [at, `${end("src")} → ${end("dst")}`, flow.proto, flow.outcome, ...bytes].filter(Boolean).join(" · "));
}
