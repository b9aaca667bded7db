// Whether there was any: a claim of absence with what was watched and what was not, first told, then kept in the case.
import { day, readMoment } from "../dates.js";
import { fill, h } from "../dom.js";
import { words } from "../words.js";
import { createSides } from "./sides.js";

/** @param {import("../acts.js").Acts} acts */
export function createNegatives(acts) {
  const sides = createSides("negative", true);
  const since = h("input", { id: "negative-since", type: "text", size: 17, autocomplete: "off", placeholder: "2020-08-03 00:00", required: true });
  const until = h("input", { id: "negative-until", type: "text", size: 17, autocomplete: "off", placeholder: words.response.untilHint });
  const told = h("div", { "aria-live": "polite" });
  const list = h("ol", { class: "negatives" });

  function question() {
    const [from, to] = [readMoment(since.value), until.value.trim() === "" ? undefined : readMoment(until.value)];
    if (from === undefined || (to === undefined && until.value.trim() !== "")) {
      fill(told, h("p", {}, words.timeline.unread));
      return undefined;
    }
    return { ...sides.values(), since_ms: from, until_ms: to };
  }

  async function answer() {
    const asked = question();
    if (!asked) return;
    try {
      const answered = await acts.negative(asked);
      fill(told, statement(answered), h("div", { class: "buttons" }, h("button", { type: "button", data: { key: "keep" }, on: { click: () => {
        fill(told);
        void acts.keepNegative(asked);
      } } }, words.response.keep)));
    } catch (error) {
      fill(told, h("p", {}, error instanceof Error ? error.message : String(error)));
    }
  }

  const form = h("form", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void answer();
  } } }, sides.element,
    h("div", { class: "field-row" },
      h("div", { class: "field" }, h("label", { for: since.id }, words.response.since), since),
      h("div", { class: "field" }, h("label", { for: until.id }, words.response.until), until)),
    h("div", { class: "buttons" }, h("button", { type: "submit" }, words.response.ask)));

  return {
    title: words.response.negatives,
    open: true,
    element: h("div", {}, h("p", { class: "hint" }, words.response.negativesWhy), form, told, list),
    /** @param {import("../response-types.js").ResponseView} answered @param {import("../types.js").CaseView} view */
    show(answered, view) {
      sides.show(view);
      if (since.value === "" && view.window) since.value = day(view.window[0]);
      fill(list, answered.negatives.map((own, place) => h("li", {}, statement(own),
        h("button", { type: "button", class: "inline", data: { key: `drop ${place}` }, on: { click: () => acts.dropNegative(place) } }, words.response.drop))));
    },
  };
}

/** @param {import("../response-types.js").Negative} own */
function statement(own) {
  return h("div", { class: "statement", data: { ran: String(own.ran) } }, h("p", { class: "claim" }, own.sentence),
    own.links.length > 0 && h("ul", { class: "plain" }, own.links.map((link) => h("li", {}, link))),
    own.gaps.length > 0 && h("details", {}, h("summary", {}, words.response.gaps(own.gaps.length)), h("ul", { class: "plain" }, own.gaps.map((gap) => h("li", {}, gap)))));
}
