// The findings: four lanes, each ranked, and below them the checks that had too little evidence to say anything.
import { day, clock } from "../dates.js";
import { fill, h } from "../dom.js";
import { whole } from "../numbers.js";
import { isReading } from "../store.js";
import { endName, key, same } from "../subjects.js";
import { said, words } from "../words.js";

/** How many of a lane are listed here; the table has them all. */
const FIRST = 50;
/** @type {readonly import("../types.js").Lane[]} */
const LANES = ["policy", "novelty", "behaviour", "campaign"];

/** @typedef {import("../types.js").Finding} Finding */

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createFindings(store, acts) {
  const panel = h("div", { class: "panel findings" });

  function render() {
    const { case: view } = store.get();
    if (!view) {
      fill(panel);
      return;
    }
    const reading = isReading(store.get());
    // Where nothing was found, why not is what there is to read.
    const nothing = view.findings.length === 0 && !reading;
    fill(panel,
      view.notices.map((notice) => h("p", { class: "notice" }, said(notice))),
      view.sites_guessed && view.sites.length > 0 && h("p", { class: "notice" }, words.findings.guessed, " ",
        h("button", { type: "button", class: "inline", on: { click: () => store.set({ tab: "sites" }) } }, words.findings.guessedAct)),
      view.findings.length === 0 && h("div", { class: "nothing" }, h("h3", {}, reading ? words.findings.noneYet : words.findings.none), !reading && h("p", {}, words.findings.noneWhy),
        !reading && view.policy.length === 0 && h("p", {}, words.findings.declare, " ", h("button", { type: "button", class: "inline", on: { click: () => store.set({ tab: "policy" }) } }, words.findings.declareAct))),
      view.findings.length > 0 && LANES.map((lane) => laneOf(lane, view)),
      view.refrains.length > 0 && h("details", { class: "refrains", open: nothing, data: { key: nothing ? "refrains, and nothing else" : "refrains" } },
        h("summary", {}, words.findings.refrains(view.refrains.length)),
        h("p", { class: "hint" }, words.findings.refrainsWhy),
        h("ul", {}, view.refrains.slice(0, 200).map((refrain) => h("li", {},
          refrain.from_name && h("span", { class: "refrain-link" }, refrain.from_name, " → ", refrain.to_name, refrain.service ? ` ${refrain.service}` : ""), " ", h("span", { class: "rule" }, refrain.rule),
          h("span", { class: "because" }, said(refrain.because)))))),
      view.findings.length > 0 && h("p", { class: "hint" }, words.findings.unusual));
  }

  function laneOf(/** @type {import("../types.js").Lane} */ lane, /** @type {import("../types.js").CaseView} */ view) {
    const all = view.findings.filter((finding) => finding.lane === lane);
    const [counted, weak] = [all.filter((finding) => !finding.weak), all.filter((finding) => finding.weak)];
    const [name, what] = words.lanes[lane];
    const shown = counted.slice(0, FIRST);
    const none = lane === "policy" && view.policy.length === 0 ? words.findings.noPolicy : words.findings.laneNone;
    return h("section", { class: all.length > 0 ? "lane" : "lane vacant" },
      h("h3", {}, name, " ", h("span", { class: "lane-what" }, what), h("span", { class: "count" }, counted.length > 0 ? whole(counted.length) : none)),
      counted.length > 0 && h("ol", {}, shown.map(entry)),
      // Where nothing counts, what is weak is all that there is to read.
      weak.length > 0 && h("details", { class: "weak", open: counted.length === 0, data: { key: `weak ${lane}` } },
        h("summary", {}, words.findings.weak(whole(weak.length))),
        h("p", { class: "hint" }, words.findings.weakWhy),
        h("ol", {}, weak.map(entry))),
      shown.length < counted.length && h("button", { type: "button", class: "quiet", data: { key: `more ${lane}` }, on: { click: () => acts.table({ kind: "findings", lane }) } }, words.findings.more(whole(all.length))));
  }

  function entry(/** @type {Finding} */ finding) {
    /** @type {import("../types.js").Subject} */
    const subject = { kind: "finding", id: finding.id };
    const current = same(store.get().shown, subject);
    return h("li", {},
      h("button", {
        type: "button", class: `finding ${finding.gravity}`, data: { key: key(subject) }, "aria-current": current ? "true" : undefined,
        on: {
          click: () => acts.show(subject),
          pointerenter: () => store.set({ hovered: subject }), pointerleave: () => store.set({ hovered: undefined }),
        },
      },
        h("span", { class: "rank" }, finding.number ?? "·"),
        h("span", { class: "finding-head" },
          h("span", { class: "route" }, endName(finding.from, finding.from_name), h("span", { class: "arrow" }, " → "), endName(finding.to, finding.to_name)), " ",
          finding.service && h("span", { class: "service" }, finding.service)),
        h("span", { class: "finding-state" }, gravity(finding.gravity), finding.first !== undefined && h("span", { class: "when" }, `${day(finding.first)} ${clock(finding.first).slice(0, 5)} UTC`)),
        h("span", { class: "because" }, said(finding.because))));
  }

  store.watch((state) => [state.case, isReading(state)], render);
  // The mark of what is open moves without making the list anew.
  store.watch((state) => [state.shown], (shown) => {
    for (const each of panel.querySelectorAll("button.finding")) {
      const button = /** @type {HTMLElement} */ (each);
      if (shown && button.dataset.key === key(shown)) {
        button.setAttribute("aria-current", "true");
        button.scrollIntoView({ block: "nearest" });
      } else button.removeAttribute("aria-current");
    }
  });
  return panel;
}

/**
 * Symbol and word of a gravity, or of a link's state.
 * @param {keyof typeof words.gravity} state
 * @returns {HTMLElement}
 */
export function gravity(state) {
  const { symbol, word } = words.gravity[state];
  return h("span", { class: `gravity ${state}` }, h("span", { class: "symbol", "aria-hidden": "true" }, symbol), " ", word);
}
