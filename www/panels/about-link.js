// A link in full: its services, the findings on it, and its rows when they are asked for.
import { moment } from "../dates.js";
import { fill, h } from "../dom.js";
import { size, whole } from "../numbers.js";
import { said, words } from "../words.js";
import { gravity } from "./findings.js";
import { rowsList } from "./rows-list.js";

/** More services than this are counted and not listed. */
const MOST = 200;

/**
 * @param {import("../types.js").Link} link
 * @param {import("../types.js").CaseView} view
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child}
 */
export function aboutLink(link, view, acts) {
  const findings = view.findings.filter((finding) => [finding, ...finding.also].some((own) => own.from === link.from && own.to === link.to));
  const rows = h("div", {});
  const showRows = (/** @type {string | undefined} */ service) => fill(rows, h("h3", {}, words.detail.rows, service && ` · ${service}`), rowsList({ from: link.from, to: link.to, service, most: 100 }, { view, acts, files: undefined, marks: [] }));
  return [
    h("p", { class: "state-line" }, gravity(link.state)),
    totals(link),
    h("section", {}, h("h3", {}, words.detail.findingsHere), findings.length === 0 ? h("p", { class: "hint" }, words.detail.noFindings) : findingsList(findings, acts)),
    h("section", {}, h("h3", {}, words.detail.services),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.detail.services },
        h("table", { class: "services" },
          h("thead", {}, h("tr", {}, [words.detail.service, words.detail.connections, words.detail.established, words.detail.denied, words.detail.failed, words.detail.bytesOut, words.detail.bytesIn, words.detail.hostPairs, ""]
            .map((label, place) => h(label === "" ? "td" : "th", { scope: label === "" ? undefined : "col", class: place > 0 ? "number" : "" }, label)))),
          h("tbody", {}, link.services.slice(0, MOST).map((service) => h("tr", {},
            h("th", { scope: "row" }, service.service),
            [whole(service.connections), whole(service.established), whole(service.denied), whole(service.failed), size(service.bytes_out), size(service.bytes_in)].map((cell) => h("td", { class: "number" }, cell)),
            h("td", { class: "number" }, h("button", { type: "button", class: "inline", on: { click: () => acts.table({ kind: "pairs", from: link.from, to: link.to, service: service.service }) } }, `${whole(service.hosts_from)} → ${whole(service.hosts_to)}`)),
            h("td", {}, h("button", { type: "button", class: "inline", data: { key: `rows ${service.service}` }, on: { click: () => showRows(service.service) } }, words.detail.rows))))))),
      link.services.length > MOST && h("p", { class: "hint" }, words.detail.scrollPast(whole(link.services.length - MOST)))),
    h("div", { class: "buttons" }, h("button", { type: "button", data: { key: "pairs" }, on: { click: () => acts.table({ kind: "pairs", from: link.from, to: link.to }) } }, words.tables.kinds.pairs), h("button", { type: "button", data: { key: "rows" }, on: { click: () => showRows(undefined) } }, words.detail.showRows),
      h("button", { type: "button", data: { key: "sweep" }, on: { click: () => acts.sweep({ from: link.from, to: link.to }) } }, words.response.whoElse)),
    rows,
  ];
}

/** @param {import("../types.js").Link} link */
function totals(link) {
  /** @param {string} label @param {string | undefined} value */
  const count = (label, value) => value !== undefined && h("div", {}, h("dt", {}, label), h("dd", {}, value));
  return [
    h("dl", { class: "counts" },
      count(words.detail.connections, whole(link.connections)), count(words.detail.established, whole(link.established)), count(words.detail.denied, whole(link.denied)),
      count(words.detail.failed, whole(link.failed)), count(words.detail.bytesOut, size(link.bytes_out)), count(words.detail.bytesIn, size(link.bytes_in))),
    link.first !== undefined && link.last !== undefined && h("dl", { class: "facts" }, h("dt", {}, words.detail.first), h("dd", {}, moment(link.first)), h("dt", {}, words.detail.last), h("dd", {}, moment(link.last))),
  ];
}

/**
 * @param {import("../types.js").Finding[]} findings
 * @param {import("../acts.js").Acts} acts
 */
export function findingsList(findings, acts) {
  return h("ol", { class: "short" }, findings.map((finding) => h("li", {}, h("button", { type: "button", class: "line", data: { key: `finding ${finding.id}` }, on: { click: () => acts.show({ kind: "finding", id: finding.id }) } },
    h("span", { class: "rank" }, finding.number ?? "·"), gravity(finding.gravity), " ", h("span", { class: "because" }, said(finding.because))))));
}
