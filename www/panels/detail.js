// The one detail panel: a finding, a link, a site, or a place in a file.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { endName, key } from "../subjects.js";
import { createUsual } from "../usual.js";
import { words } from "../words.js";
import { aboutFinding } from "./about-finding.js";
import { aboutLink } from "./about-link.js";
import { aboutPair } from "./about-pair.js";
import { aboutPlace } from "./about-place.js";
import { aboutSite } from "./about-site.js";

/**
 * @param {import("../engine.js").Bindings} bindings
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createDetail(bindings, store, acts) {
  const usual = createUsual(bindings, store, acts);
  const kind = h("p", { class: "detail-kind" });
  const title = h("h2", { id: "detail-title", tabindex: -1 });
  const body = h("div", { class: "detail-body" });
  const close = h("button", { type: "button", class: "icon-button", "aria-label": words.detail.close, title: words.detail.close, on: { click: () => acts.show(undefined) } }, icon("close"));
  const panel = h("aside", { class: "detail", "aria-labelledby": "detail-title", hidden: true }, h("div", { class: "detail-head" }, h("div", {}, kind, title), close), body);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") acts.show(undefined);
  });

  /** The element that opened the panel gets the focus back. @type {HTMLElement | undefined} */
  let opener;
  /** @type {string | undefined} */
  let open;
  /** What the open rows were found for; a new count of the same case does not look for them again. */
  let version = "";
  store.watch((state) => [state.shown, state.case], (shown, view) => {
    const wanted = shown && key(shown);
    if (wanted === undefined || !view || !shown || shown.kind === "moment") {
      if (open !== undefined) {
        acts.cancelRows();
        const inside = panel.contains(document.activeElement);
        panel.hidden = true;
        if (inside) opener?.focus();
      }
      open = undefined;
      delete document.documentElement.dataset.detail;
      return;
    }
    const fresh = wanted !== open;
    const about = describe(shown, view);
    // While files are read the case changes every moment; what has not changed for this subject is left alone.
    const now = JSON.stringify([wanted, about.stamp], (_, value) => (typeof value === "bigint" ? String(value) : value));
    if (!fresh && now === version) return;
    version = now;
    acts.cancelRows();
    if (fresh && !panel.contains(document.activeElement) && document.activeElement instanceof HTMLElement) opener = document.activeElement;
    open = wanted;
    kind.textContent = about.kind;
    fill(title, about.title);
    fill(body, about.make());
    if (fresh) body.scrollTop = 0;
    panel.hidden = false;
    document.documentElement.dataset.detail = "";
    // The keyboard follows, except from the picture and the list, where it goes on walking.
    if (fresh && document.activeElement === document.body) title.focus({ preventScroll: true });
  });

  /**
   * @param {Exclude<import("../types.js").Shown, { kind: "moment" }>} shown
   * @param {import("../types.js").CaseView} view
   * @returns {{ kind: string, title: import("../dom.js").Child, stamp: unknown, make: () => import("../dom.js").Child }}
   */
  function describe(shown, view) {
    const gone = (/** @type {string} */ what) => ({ kind: what, title: words.detail.gone, stamp: "gone", make: () => null });
    switch (shown.kind) {
      case "finding": {
        const finding = view.findings.find((each) => each.id === shown.id);
        if (!finding) return gone(words.detail.finding);
        return { kind: `${words.detail.finding} · ${words.lanes[finding.lane][0]}`, title: [endName(finding.from, finding.from_name), h("span", { class: "arrow" }, " → "), endName(finding.to, finding.to_name)], stamp: finding, make: () => aboutFinding(finding, view, acts, usual.of(finding)) };
      }
      case "link": {
        const link = view.links.find((each) => each.from === shown.from && each.to === shown.to);
        if (!link) return gone(words.detail.link);
        return { kind: words.detail.link, title: [endName(link.from, link.from_name), h("span", { class: "arrow" }, " → "), endName(link.to, link.to_name)], stamp: link, make: () => aboutLink(link, view, acts) };
      }
      case "site": {
        const site = aboutSite(shown.party, view, acts);
        return { kind: words.detail.site, title: site.title, stamp: site.stamp, make: site.make };
      }
      case "pair":
        return { kind: words.pair.title, title: [shown.initiator, h("span", { class: "arrow" }, " → "), shown.responder], stamp: view.evidence.map((each) => each.sha256), make: () => aboutPair(shown, view, acts) };
      case "place":
        return { kind: words.detail.place, title: view.evidence.find((each) => each.index === shown.file)?.name ?? words.detail.gone, stamp: "", make: () => aboutPlace(shown, acts) };
    }
  }

  return panel;
}
