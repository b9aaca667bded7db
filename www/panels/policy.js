// The policy: its rules and what is wrong with them; without one, how to write one.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { words } from "../words.js";
import { asText } from "./as-text.js";
import { complaintsList } from "./complaints.js";

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createPolicy(store, acts) {
  const panel = h("div", { class: "panel policy" });

  store.watch((state) => [state.case?.policy, state.policyComplaints], (policy, complaints) => {
    const rules = policy ?? [];
    fill(panel,
      complaintsList(words.policy.complaints, complaints),
      rules.length === 0 ? lesson() : [
        h("div", { class: "buttons" }, h("span", { class: "hint" }, words.policy.rules(rules.length)), h("button", { type: "button", data: { key: "save" }, on: { click: acts.savePolicy } }, icon("save"), " ", words.policy.save)),
        h("ol", { class: "rules" }, rules.map((rule) => h("li", { class: rule.verdict },
          h("span", { class: "rule-line" },
            h("span", { class: `verdict ${rule.verdict}` }, words.policy[rule.verdict]), " ",
            h("span", { class: "route" }, rule.from, h("span", { class: "arrow" }, " → "), rule.to), " ", h("span", { class: "service" }, rule.service)),
          h("span", { class: "because" }, rule.reason),
          (rule.approver || rule.until) && h("span", { class: "hint" }, [rule.approver && words.policy.approver(rule.approver), rule.until && words.policy.until(rule.until)].filter(Boolean).join(", "))))),
      ],
      asText(words.policy.asText, words.policy.asTextLabel, acts.policyText, acts.setPolicy));
  });

  function lesson() {
    return h("div", { class: "lesson" },
      h("h3", {}, words.policy.none),
      h("p", {}, words.policy.teach),
      h("dl", { class: "facts" }, words.policy.parts.map(([part, what]) => [h("dt", {}, h("code", {}, part)), h("dd", {}, what)])),
      h("h4", {}, words.policy.exampleLabel),
      h("pre", { class: "example", tabindex: 0 }, words.policy.example),
      h("div", { class: "buttons" },
        h("button", { type: "button", data: { key: "example" }, on: { click: acts.saveExample } }, icon("save"), " ", words.policy.download),
        h("button", { type: "button", data: { key: "try" }, on: { click: () => acts.setPolicy(words.policy.example) } }, words.policy.use)));
  }

  return panel;
}
