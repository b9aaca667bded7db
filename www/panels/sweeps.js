// Where else: every other site looked through for the like of a finding, each with what was met, its coverage and its rows; what was
// sent on; and what both ends' logs say.
import { span } from "../dates.js";
import { fill, h } from "../dom.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";
import { rowsList } from "./rows-list.js";

/** So many connections of a link are compared between logs. */
const MOST_COMPARED = 5000;
/** @type {Record<import("../response-types.js").SweptSite["outcome"], string>} */
const SYMBOLS = { confirmed: "●", suspected: "?", "not seen": "–", "no logs": "▨" };

/** @param {import("../acts.js").Acts} acts */
export function createSweeps(acts) {
  const list = h("div", {});
  return {
    title: words.response.sweeps,
    open: true,
    element: h("div", {}, h("p", { class: "hint" }, words.response.sweepsWhy), list),
    /** @param {import("../response-types.js").ResponseView} answer @param {import("../types.js").CaseView} view */
    show(answer, view) {
      fill(list, answer.sweeps.length === 0 ? h("p", {}, words.response.sweepsNone) : answer.sweeps.map((sweep, place) => swept(sweep, place, view, acts)));
    },
  };
}

/**
 * @param {import("../response-types.js").Sweep} sweep
 * @param {number} place
 * @param {import("../types.js").CaseView} view
 * @param {import("../acts.js").Acts} acts
 */
function swept(sweep, place, view, acts) {
  const rows = h("div", {});
  const compared = h("div", {});
  const open = (/** @type {import("../response-types.js").SweptSite} */ site) => fill(rows, h("h4", {}, words.detail.rows, ` · ${site.name}`), rowsList({ sweep: place, site: site.site }, { view, acts, files: undefined, marks: site.hosts, expected: site.rows }));
  return h("section", { class: "sweep", data: { key: `sweep ${place}` } },
    h("h4", {}, sweep.from_name, h("span", { class: "arrow" }, " → "), sweep.to_name, " ", h("span", { class: "service" }, sweep.sought)),
    h("p", { class: "hint" }, sweep.told),
    h("ul", { class: "swept" }, sweep.sites.map((site) => h("li", { class: `outcome ${site.outcome.replace(" ", "-")}`, data: { outcome: site.outcome } },
      h("span", { class: "outcome-word" }, h("span", { class: "symbol", "aria-hidden": "true" }, SYMBOLS[site.outcome]), " ", words.response.outcomes[site.outcome]),
      h("div", {},
        h("strong", {}, site.name), " ",
        site.first !== undefined && site.last !== undefined && h("span", { class: "when" }, span(site.first, site.last)),
        site.marks.length > 0 && h("p", { class: "because" }, site.marks.join(words.response.between)),
        site.hosts.length > 0 && h("p", { class: "hint" }, `${words.detail.hosts}: ${site.hosts.join(", ")}`),
        h("p", { class: "hint" }, words.response.covered(whole(site.days_with_logs), whole(site.days), whole(site.gap_hours)))),
      site.rows > 0 && h("button", { type: "button", class: "inline", data: { key: `rows ${place} ${site.site}` }, on: { click: () => open(site) } }, words.detail.rows)))),
    sweep.relays.length > 0 && h("div", {}, h("h4", {}, words.response.relays), h("ul", { class: "plain" }, sweep.relays.map((told) => h("li", {}, told)))),
    h("div", { class: "buttons" }, h("button", { type: "button", data: { key: `ends ${place}` }, on: { click: () => bothEnds(sweep, compared, acts) } }, words.response.bothEnds)),
    compared, rows);
}

/**
 * Goes through all logs for the link's connections, and has the engine compare what they tell.
 * @param {import("../response-types.js").Sweep} sweep
 * @param {HTMLElement} told
 * @param {import("../acts.js").Acts} acts
 */
function bothEnds(sweep, told, acts) {
  /** @type {import("../types.js").Row[]} */
  const rows = [];
  fill(told, h("p", { class: "hint", role: "status" }, words.detail.looking));
  acts.searchRows({
    query: { from: sweep.from, to: sweep.to, service: sweep.sought, most: MOST_COMPARED },
    found: (fresh) => void rows.push(...fresh),
    async ended(why) {
      if (why !== undefined) {
        fill(told, h("p", {}, words.detail.notFound(why)));
        return;
      }
      try {
        const sentences = await acts.compare(rows);
        fill(told, h("ul", { class: "plain", data: { compared: "" } }, sentences.length === 0 ? h("li", {}, words.response.oneEnd) : sentences.map((sentence) => h("li", {}, sentence))));
      } catch (error) {
        fill(told, h("p", {}, words.detail.notFound(error instanceof Error ? error.message : String(error))));
      }
    },
  });
}

