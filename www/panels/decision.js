// What a finding is, by an analyst's word: benign or confirmed, who says so and why.
import { author } from "../author.js";
import { moment } from "../dates.js";
import { h } from "../dom.js";
import { words } from "../words.js";

/**
 * @param {import("../types.js").Finding} finding
 * @param {import("../acts.js").Acts} acts
 * @returns {import("../dom.js").Child}
 */
export function decisionOn(finding, acts) {
  const { decision } = words;
  const verdict = h("select", { id: "decision-verdict" }, /** @type {const} */ (["confirmed", "benign", "open"]).map((each) => h("option", { value: each }, decision.verdicts[each])));
  verdict.value = finding.decision?.verdict ?? "confirmed";
  const who = h("input", { id: "decision-who", type: "text", autocomplete: "off", required: true, value: finding.decision?.who ?? author.name });
  const why = h("input", { id: "decision-why", type: "text", autocomplete: "off", required: true, value: "" });
  const form = h("form", { class: "decision", on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    author.name = who.value.trim();
    void acts.decide(finding.id, verdict.value, author.name, why.value.trim());
  } } },
    h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: "decision-verdict" }, decision.verdict), verdict),
      h("div", { class: "field" }, h("label", { for: "decision-who" }, decision.who), who)),
    h("div", { class: "field" }, h("label", { for: "decision-why" }, decision.why), why),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, decision.decide)));
  const stands = finding.decision;
  return h("section", {}, h("h3", {}, decision.title),
    stands && h("p", { class: "decided" }, h("strong", {}, decision.verdicts[stands.verdict]), ` · ${stands.who} · `, moment(stands.at), `: ${stands.why}`),
    form,
    stands?.verdict === "benign" && finding.lane === "policy" && expected(finding, acts));
}

/**
 * A benign decision can say so once and for all: a row of the policy, with its reason and the day on which it ends.
 * @param {import("../types.js").Finding} finding
 * @param {import("../acts.js").Acts} acts
 */
function expected(finding, acts) {
  const until = h("input", { id: "decision-until", type: "text", size: 11, placeholder: "2026-12-31", autocomplete: "off" });
  return h("form", { class: "decision", on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void acts.allow(finding.id, until.value.trim());
  } } },
    h("p", { class: "hint" }, words.decision.expectedWhy),
    h("div", { class: "field" }, h("label", { for: until.id }, words.decision.until), until),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, words.decision.expected)));
}
