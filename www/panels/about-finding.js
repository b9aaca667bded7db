// A finding in full: its sentence, what is normal, what could explain it, and the rows that prove it.
import { moment } from "../dates.js";
import { h } from "../dom.js";
import { chance } from "../numbers.js";
import { said, words } from "../words.js";
import { decisionOn } from "./decision.js";
import { gravity } from "./findings.js";
import { rowsList } from "./rows-list.js";

/**
 * @param {import("../types.js").Finding} finding
 * @param {import("../types.js").CaseView} view
 * @param {import("../acts.js").Acts} acts
 * @param {import("../dom.js").Child} picture of what is normal, where there is one
 * @returns {import("../dom.js").Child}
 */
export function aboutFinding(finding, view, acts, picture) {
  /** @param {string} label @param {import("../dom.js").Child} value */
  const fact = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
  const known = (/** @type {number | undefined | null} */ value) => value !== undefined && value !== null;
  return [
    h("p", { class: "state-line" }, gravity(finding.gravity), finding.service && h("span", { class: "service" }, finding.service),
      known(finding.p) && h("span", { class: "odds", title: words.detail.pTitle }, `${words.detail.p} ${chance(/** @type {number} */ (finding.p))}`),
      known(finding.q) && h("span", { class: "odds", title: words.detail.qTitle }, `${words.detail.q} ${chance(/** @type {number} */ (finding.q))}`)),
    h("p", { class: "claim" }, said(finding.because)),
    h("section", {}, h("h3", {}, words.detail.normal), picture, h("p", {}, said(finding.normal))),
    h("section", {}, h("h3", {}, words.detail.rows), rowsList({ finding: finding.id }, { view, acts, files: undefined, marks: [...finding.hosts, ...finding.accounts], expected: finding.rows.length })),
    finding.innocent.length > 0 && h("section", {}, h("h3", {}, words.detail.innocent), h("ul", { class: "plain" }, finding.innocent.map((cause) => h("li", {}, said(cause))))),
    decisionOn(finding, acts),
    h("dl", { class: "facts" },
      fact(words.detail.also, finding.also.length > 0 && h("ul", { class: "tokens" }, finding.also.map((link) => h("li", {}, h("button", { type: "button", class: "inline", on: { click: () => acts.show({ kind: "link", from: link.from, to: link.to }) } }, `${link.from_name} → ${link.to_name}`))))),
      fact(words.detail.when, known(finding.first) && [moment(/** @type {number} */ (finding.first)), known(finding.last) && finding.last !== finding.first && [h("br"), moment(/** @type {number} */ (finding.last))]]),
      fact(words.detail.hosts, finding.hosts.length > 0 && h("ul", { class: "tokens" }, finding.hosts.map((host) => h("li", {}, h("code", {}, host))))),
      fact(words.detail.accounts, finding.accounts.length > 0 && h("ul", { class: "tokens" }, finding.accounts.map((account) => h("li", {}, h("code", {}, account))))),
      fact(words.detail.attack, finding.attack.length > 0 && h("ul", { class: "tokens" }, finding.attack.map((id) => h("li", {}, h("code", {}, id))))),
      fact(words.detail.rule, finding.rule)),
    h("div", { class: "buttons" },
      h("button", { type: "button", data: { key: "sweep" }, on: { click: () => acts.sweep({ finding: finding.id }) } }, words.response.whoElse),
      h("button", { type: "button", on: { click: () => acts.show({ kind: "link", from: finding.from, to: finding.to }) } }, `${words.detail.link}: ${finding.from_name} → ${finding.to_name}`)),
  ];
}
