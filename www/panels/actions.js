// What was done about links (cut, restrict, restore), and what the evidence shows after each.
import { author } from "../author.js";
import { moment, readMoment } from "../dates.js";
import { fill, h } from "../dom.js";
import { words } from "../words.js";
import { createSides } from "./sides.js";

/** @param {import("../acts.js").Acts} acts */
export function createActions(acts) {
  const kinds = /** @type {const} */ (["cut", "restrict", "restore"]);
  const kind = h("select", { id: "action-kind" }, kinds.map((each) => h("option", { value: each }, words.response.kinds[each])));
  const sides = createSides("action", false);
  const at = h("input", { id: "action-at", type: "text", size: 17, autocomplete: "off", placeholder: "2020-06-11 06:00", required: true });
  const who = h("input", { id: "action-who", type: "text", autocomplete: "off", required: true });
  const why = h("input", { id: "action-why", type: "text", autocomplete: "off" });
  const said = h("p", { class: "hint", role: "status" });
  const list = h("ol", { class: "actions" });

  async function record() {
    const when = readMoment(at.value);
    if (when === undefined) {
      said.textContent = words.timeline.unread;
      return;
    }
    said.textContent = "";
    author.name = who.value.trim();
    if (await acts.act({ kind: kind.value, ...sides.values(), at_ms: when, who: author.name, why: why.value.trim() })) why.value = "";
  }

  const form = h("form", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void record();
  } } },
    h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: kind.id }, words.response.kind), kind),
      h("div", { class: "field" }, h("label", { for: at.id }, words.response.at), at)),
    sides.element,
    h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: who.id }, words.decision.who), who),
      h("div", { class: "field" }, h("label", { for: why.id }, words.decision.why), why)),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, words.decision.decide)), said);

  return {
    title: words.response.actions,
    open: false,
    element: h("div", {}, h("p", { class: "hint" }, words.response.actionsWhy), form, list),
    /** @param {import("../response-types.js").ResponseView} answer @param {import("../types.js").CaseView} view */
    show(answer, view) {
      sides.show(view);
      if (who.value === "") who.value = author.name;
      fill(list, answer.actions.map((own, place) => h("li", { class: `action ${own.kind}` },
        h("p", {}, h("strong", {}, words.response.done[own.kind]), ` · ${own.from} → ${own.to} ${own.service} · `, moment(own.at), ` · ${own.who}`, own.why && ` · ${own.why}`),
        h("p", { class: own.ran > 0n && own.kind !== "restore" ? "alive" : "" }, own.kind === "restore" ? words.response.returned : own.ran > 0n ? words.response.alive : words.response.none_alive),
        h("p", { class: "claim" }, own.statement),
        own.rows.length > 0 && h("details", { data: { key: `after ${place}` } }, h("summary", {}, words.response.after(own.rows.length)), h("ul", { class: "plain" }, own.rows.map((row) => h("li", {}, row)))))));
    },
  };
}
