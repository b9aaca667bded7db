// The receipt of one file: what it is, what every record of it was counted as, and where the first example of each reason stands.
import { moment, offset } from "../dates.js";
import { h } from "../dom.js";
import { size, whole } from "../numbers.js";
import { said, words } from "../words.js";
import { clockChoice } from "./clock.js";
import { encodingChoice } from "./encoding.js";
import { mappingForm } from "./mapping.js";

/** @typedef {import("../types.js").Evidence} Evidence */
/** @typedef {import("../types.js").Reason} Reason */

/**
 * @param {Evidence} evidence
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @param {readonly Evidence[]} [members] what it holds, where it is an archive: its records are theirs
 * @returns {import("../dom.js").Child[]}
 */
export function receipt(evidence, store, acts, members = []) {
  const twin = evidence.duplicate_of === undefined || evidence.duplicate_of === null ? undefined : store.get().case?.evidence.find((each) => each.index === evidence.duplicate_of);
  const sum = (/** @type {Reason[]} */ reasons) => reasons.reduce((total, reason) => total + reason.count, 0n);
  /** @param {string} label @param {import("../dom.js").Child} value @param {string} [look] */
  const count = (label, value, look) => h("div", { class: look }, h("dt", {}, label), h("dd", {}, value));
  const isArchive = members.length > 0;
  const files = isArchive ? [evidence, ...members] : [evidence];
  const over = (/** @type {(file: Evidence) => bigint} */ of) => files.reduce((total, file) => total + of(file), 0n);
  const malformed = over((file) => sum(file.malformed));
  const unprocessed = over((file) => file.unprocessed.reduce((total, reason) => total + reason.bytes, 0n));
  const layers = evidence.layers.filter((layer) => layer !== evidence.encoding?.name);
  return [
    evidence.synthetic && h("p", { class: "notice" }, words.evidence.synthetic),
    evidence.advice && h("div", { class: "advice" }, h("h3", {}, words.evidence.advice), h("p", {}, said(evidence.advice))),
    twin && h("p", { class: "notice grave" }, evidence.format === "zeek_protocols" && twin.format !== evidence.format ? words.evidence.told(twin.name) : words.evidence.duplicate(twin.name)),
    evidence.imbalance && h("p", { class: "notice grave" }, words.evidence.imbalance(evidence.imbalance)),
    h("dl", { class: "counts", "aria-label": words.evidence.accounts },
      count(words.evidence.records, whole(over((file) => file.records))),
      count(words.evidence.parsed, whole(over((file) => file.parsed))),
      count(words.evidence.skipped, whole(over((file) => sum(file.skipped)))),
      count(words.evidence.malformed, whole(malformed), malformed > 0n ? "bad" : undefined),
      // What was not looked at was not told into records: its bytes say how much it is.
      count(words.evidence.unprocessed, unprocessed > 0n ? size(unprocessed) : "0", unprocessed > 0n ? "bad" : undefined),
      count(words.evidence.drawn, whole(over((file) => file.drawn)))),
    reasons(evidence, acts),
    encodingChoice(evidence, acts),
    clockChoice(evidence, acts),
    evidence.mapping && mappingForm(evidence, evidence.mapping, acts),
    h("dl", { class: "facts" },
      fact(words.evidence.format, isArchive ? words.evidence.archive : evidence.title ?? evidence.format ?? words.evidence.unknown),
      fact(words.evidence.size, `${size(evidence.size)} (${whole(evidence.size)} B)`),
      evidence.header_lines > 0n && fact(words.evidence.headerLines, whole(evidence.header_lines)),
      layers.length > 0 && fact(words.evidence.layers, layers.join(" → ")),
      evidence.first !== undefined && evidence.last !== undefined && fact(words.evidence.covers, [moment(evidence.first), h("br"), moment(evidence.last)]),
      evidence.encoding && fact(words.encoding.label, words.encoding.names[evidence.encoding.known === "unclear" ? "" : evidence.encoding.name] ?? words.encoding.unknown),
      !isArchive && fact(words.evidence.clock, clockWords(evidence)),
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
  const said = basisWords(clock);
  return clock.ahead === undefined || clock.ahead === null ? said : `${said}; ${words.clock.setRight(clock.ahead)}`;
}

/** @param {Evidence["clock"]} clock */
function basisWords(clock) {
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
      h("td", {}, h("span", { class: "reason-kind" }, kind), " ", h("span", {}, said(reason.reason)),
        reason.found && h("code", { class: "found" }, reason.found),
        place && at !== undefined && at !== null
          ? [" ", h("button", {
            type: "button", class: "inline", title: words.evidence.see, data: { key: `${kind} ${reason.reason.en}` },
            on: { click: () => acts.show({ kind: "place", file: evidence.index, offset: at, line: number, why: `${kind}: ${said(reason.reason)}` }) },
          }, `${words.evidence.firstOne}: ${place}`)]
          : place && ` (${place})`));
  }
}
