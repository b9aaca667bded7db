// The receipt of one file: what it is, what every record of it was counted as, and where the first example of each reason stands.
import { moment, offset } from "../dates.js";
import { h } from "../dom.js";
import { size, whole } from "../numbers.js";
import { words } from "../words.js";
import { clockChoice } from "./clock.js";
import { mappingForm } from "./mapping.js";

/** @typedef {import("../types.js").Evidence} Evidence */
/** @typedef {import("../types.js").Reason} Reason */

/**
 * @param {Evidence} evidence
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child[]}
 */
export function receipt(evidence, store, acts) {
  const twin = evidence.duplicate_of === undefined || evidence.duplicate_of === null ? undefined : store.get().case?.evidence.find((each) => each.index === evidence.duplicate_of);
  const sum = (/** @type {Reason[]} */ reasons) => reasons.reduce((total, reason) => total + reason.count, 0n);
  /** @param {string} label @param {import("../dom.js").Child} value @param {string} [look] */
  const count = (label, value, look) => h("div", { class: look }, h("dt", {}, label), h("dd", {}, value));
  return [
    evidence.synthetic && h("p", { class: "notice" }, words.evidence.synthetic),
    evidence.advice && h("div", { class: "advice" }, h("h3", {}, words.evidence.advice), h("p", { lang: "en" }, evidence.advice)),
    twin && h("p", { class: "notice grave" }, words.evidence.duplicate(twin.name)),
    evidence.imbalance && h("p", { class: "notice grave" }, words.evidence.imbalance(evidence.imbalance)),
    h("dl", { class: "counts", "aria-label": words.evidence.accounts },
      count(words.evidence.records, whole(evidence.records)),
      count(words.evidence.parsed, whole(evidence.parsed)),
      count(words.evidence.skipped, whole(sum(evidence.skipped))),
      count(words.evidence.malformed, whole(sum(evidence.malformed)), sum(evidence.malformed) > 0n ? "bad" : undefined),
      count(words.evidence.unprocessed, whole(sum(evidence.unprocessed)), evidence.unprocessed.length > 0 ? "bad" : undefined),
      count(words.evidence.drawn, whole(evidence.drawn))),
    reasons(evidence, acts),
    clockChoice(evidence, acts),
    evidence.mapping && mappingForm(evidence, evidence.mapping, acts),
    h("dl", { class: "facts" },
      fact(words.evidence.format, evidence.title ?? evidence.format ?? words.evidence.unknown),
      fact(words.evidence.size, `${size(evidence.size)} (${whole(evidence.size)} B)`),
      evidence.header_lines > 0n && fact(words.evidence.headerLines, whole(evidence.header_lines)),
      evidence.layers.length > 0 && fact(words.evidence.layers, evidence.layers.join(" → ")),
      evidence.first !== undefined && evidence.last !== undefined && fact(words.evidence.covers, [moment(evidence.first), h("br"), moment(evidence.last)]),
      fact(words.evidence.clock, clockWords(evidence)),
      evidence.sha256 && fact(words.evidence.hash, h("code", { class: "hash" }, evidence.sha256))),
  ];
}

/**
 * @param {string} label
 * @param {import("../dom.js").Child} value
 */
function fact(label, value) {
  return [h("dt", {}, label), h("dd", {}, value)];
}

/** @param {Evidence} evidence */
function clockWords({ clock }) {
  const zone = clock.zone ?? (clock.offset === undefined || clock.offset === null ? "" : offset(clock.offset));
  switch (clock.basis) {
    case "file": return words.clock.file(zone || "UTC");
    case "chosen": return words.clock.chosen(zone);
    default: return words.clock[clock.basis];
  }
}

/**
 * Every reason for which a record was not drawn, with its first example.
 * @param {Evidence} evidence
 * @param {import("../acts.js").Acts} acts
 */
function reasons(evidence, acts) {
  /** @type {[string, Reason[]][]} */
  const kinds = [
    [words.evidence.malformed, evidence.malformed], [words.evidence.unprocessed, evidence.unprocessed], [words.evidence.skipped, evidence.skipped],
    [words.evidence.filtered, evidence.filtered], [words.evidence.withoutEndpoint, evidence.without_endpoint],
  ];
  const lines = kinds.flatMap(([kind, list]) => list.map((reason) => line(kind, reason)));
  if (lines.length === 0) return undefined;
  return h("table", { class: "reasons" },
    h("caption", { class: "unseen" }, words.evidence.reasons),
    h("tbody", {}, lines));

  function line(/** @type {string} */ kind, /** @type {Reason} */ reason) {
    const { offset: at, line: number } = reason;
    const place = number ? words.evidence.at(whole(number)) : at !== undefined && at !== null ? words.evidence.offset(whole(at)) : undefined;
    return h("tr", {},
      h("td", { class: "number" }, reason.count > 0n ? whole(reason.count) : size(reason.bytes)),
      h("td", {}, h("span", { class: "reason-kind" }, kind), " ", h("span", { lang: "en" }, reason.reason),
        reason.found && h("code", { class: "found" }, reason.found),
        place && at !== undefined && at !== null
          ? [" ", h("button", {
            type: "button", class: "inline", title: words.evidence.see, data: { key: `${kind} ${reason.reason}` },
            on: { click: () => acts.show({ kind: "place", file: evidence.index, offset: at, line: number, why: `${kind}: ${reason.reason}` }) },
          }, `${words.evidence.firstOne}: ${place}`)]
          : place && ` (${place})`));
  }
}
