// Deny rules for chosen findings: first what they would break, whose sites those are and whom to call; then the rules, with the way back.
import { fill, h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";

/** More findings than this are not offered one by one. */
const MOST = 60;

/** @param {import("../acts.js").Acts} acts */
export function createRules(acts) {
  const choices = h("ul", { class: "choices" });
  const scope = h("select", { id: "rules-scope" }, /** @type {const} */ (["service", "link", "hosts"]).map((each) => h("option", { value: each }, words.response.scopes[each])));
  const vendor = h("select", { id: "rules-vendor" });
  const told = h("div", { "aria-live": "polite" });
  let listed = "";
  void acts.vendors().then((names) => fill(vendor, names.map((name) => h("option", { value: name }, words.response.vendors[/** @type {keyof typeof words.response.vendors} */ (name)] ?? name)))).catch(() => fill(told, h("p", {}, words.response.whileReading)));

  const chosen = () => [...choices.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value);

  async function preview() {
    const findings = chosen();
    if (findings.length === 0) {
      fill(told, h("p", {}, words.response.chooseFindings));
      return;
    }
    const named = vendor.value;
    try {
      const answer = await acts.containment(findings, scope.value, named);
      const { rules } = answer;
      fill(told,
        h("p", { class: "claim" }, words.response.breaks(whole(answer.ran), whole(answer.others))),
        h("pre", { class: "preview", tabindex: 0 }, answer.preview),
        answer.refused.map((why) => h("p", { class: "notice" }, why)),
        rules ? [h("details", {}, h("summary", {}, words.response.showRules), h("pre", { class: "preview rules", tabindex: 0 }, rules)),
          h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", on: { click: () => acts.saveRules(named, rules, findings) } }, words.response.saveRules))]
          : h("p", {}, words.response.noRules));
    } catch (error) {
      fill(told, h("p", {}, error instanceof Error ? error.message : String(error)));
    }
  }

  const form = h("form", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void preview();
  }, change: () => fill(told) } },
    h("fieldset", {}, h("legend", {}, words.response.forFindings), choices),
    h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: scope.id }, words.response.scope), scope),
      h("div", { class: "field" }, h("label", { for: vendor.id }, words.response.vendor), vendor)),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, words.response.previewRules)));

  return {
    title: words.response.rules,
    open: false,
    element: h("div", {}, h("p", { class: "hint" }, words.response.rulesWhy), form, told),
    /** @param {import("../response-types.js").ResponseView} _ @param {import("../types.js").CaseView} view */
    show(_, view) {
      // Those confirmed are what is cut; else those against the policy are offered first.
      const confirmed = view.findings.filter((finding) => finding.decision?.verdict === "confirmed");
      const stamp = view.findings.map((finding) => `${finding.id} ${finding.decision?.verdict ?? ""}`).join();
      if (stamp === listed) return;
      listed = stamp;
      const before = new Set(chosen());
      fill(choices, [...confirmed, ...view.findings.filter((finding) => !confirmed.includes(finding))].slice(0, MOST).map((finding) => h("li", {}, h("label", {},
        h("input", { type: "checkbox", value: finding.id, checked: before.has(finding.id) || confirmed.includes(finding) }), " ",
        `${finding.from_name} → ${finding.to_name} ${finding.service ?? ""}`, " ", h("span", { class: "rule" }, finding.rule)))));
    },
  };
}
