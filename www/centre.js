// The middle of the page: the picture with its timeline, or a table in the picture's place.
import { h } from "./dom.js";
import { whole } from "./numbers.js";
import { TABLES } from "./commands.js";
import { words } from "./words.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @param {{ picture: HTMLElement, timeline: HTMLElement, tables: HTMLElement }} parts
 * @returns {HTMLElement}
 */
export function createCentre(store, acts, { picture, timeline, tables }) {
  /** @type {("picture" | import("./types.js").TableKind)[]} */
  const kinds = ["picture", ...TABLES];
  const show = (/** @type {typeof kinds[number]} */ kind) => acts.table(kind === "picture" ? undefined : { kind });
  const tabs = kinds.map((kind) => h("button", {
    type: "button", role: "tab", id: `centre-${kind}`, "aria-controls": kind === "picture" ? "picture" : "tables", data: { kind },
    on: { click: () => show(kind), keydown: (/** @type {KeyboardEvent} */ event) => move(event, kind) },
  }, h("span", {}, kind === "picture" ? words.centre.picture : words.tables.kinds[kind]), h("span", { class: "tab-count" })));

  function move(/** @type {KeyboardEvent} */ event, /** @type {typeof kinds[number]} */ kind) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (kinds.indexOf(kind) + step + kinds.length) % kinds.length;
    const target = kinds[next];
    if (target) show(target);
    tabs[next]?.focus();
  }

  for (const part of [picture, tables]) part.setAttribute("role", "tabpanel");
  store.watch((state) => [state.table?.kind ?? "picture"], (now) => {
    for (const tab of tabs) {
      const current = tab.dataset.kind === now;
      tab.setAttribute("aria-selected", String(current));
      tab.tabIndex = current ? 0 : -1;
      if (current) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    picture.hidden = now !== "picture";
    picture.setAttribute("aria-labelledby", "centre-picture");
    tables.setAttribute("aria-labelledby", `centre-${now === "picture" ? "findings" : now}`);
  });
  store.watch((state) => [state.case], (view) => {
    const counts = /** @type {Record<string, number>} */ ({
      findings: view?.findings.filter((finding) => !finding.weak).length ?? 0, links: view?.links.length ?? 0, services: view?.links.reduce((sum, link) => sum + link.services.length, 0) ?? 0, evidence: view?.evidence.length ?? 0,
    });
    for (const tab of tabs) {
      const count = counts[tab.dataset.kind ?? ""];
      if (tab.lastElementChild) tab.lastElementChild.textContent = count ? whole(count) : "";
    }
  });
  return h("div", { class: "centre" }, h("div", { class: "centre-tabs", role: "tablist", "aria-label": words.centre.label }, tabs), picture, tables, timeline);
}
