// A site in full, or the world outside: its addresses, its links, the findings about it.
import { h } from "../dom.js";
import { size, whole } from "../numbers.js";
import { endName, partyName } from "../subjects.js";
import { words } from "../words.js";
import { findingsList } from "./about-link.js";
import { gravity } from "./findings.js";

/** More links than this are counted and not listed. */
const MOST = 100;

/**
 * @param {import("../types.js").Party} party
 * @param {import("../types.js").CaseView} view
 * @param {import("../acts.js").Acts} acts
 */
export function aboutSite(party, view, acts) {
  const site = view.sites.find((each) => each.index === party);
  const links = view.links.filter((link) => link.from === party || link.to === party);
  const findings = view.findings.filter((finding) => [finding, ...finding.also].some((own) => own.from === party || own.to === party));
  const make = () => [
    site ? h("p", { class: "hint" }, [site.role, site.country, site.timezone, site.contact].filter(Boolean).join(" · "), site.guessed && h("span", { class: "tag" }, words.sites.guessed))
      : h("p", {}, party === -1 || party <= -1000 ? words.detail.externalWhy : words.detail.unassignedWhy),
    h("section", {}, h("h3", {}, words.detail.findingsHere), findings.length === 0 ? h("p", { class: "hint" }, words.detail.noFindings) : findingsList(findings, acts)),
    h("section", {}, h("h3", {}, words.detail.links), h("ul", { class: "short" }, links.slice(0, MOST).map((link) => h("li", {}, h("button", { type: "button", class: "line", data: { key: `link ${link.from} ${link.to}` }, on: { click: () => acts.show({ kind: "link", from: link.from, to: link.to }) } },
      h("span", { class: "route" }, endName(link.from, link.from_name), h("span", { class: "arrow" }, " → "), endName(link.to, link.to_name)), gravity(link.state),
      h("span", { class: "numbers" }, `${whole(link.connections)} · ${size(link.bytes_out + link.bytes_in)}`))))),
      links.length > MOST && h("p", { class: "hint" }, words.detail.scrollPast(whole(links.length - MOST)))),
    site && site.ranges.length > 0 && h("section", {}, h("h3", {}, words.detail.ranges), h("ul", { class: "tokens" }, site.ranges.map((range) => h("li", {}, h("code", {}, range))))),
  ];
  return { title: partyName(view, party), stamp: [site, links.map((link) => [link.from, link.to, link.state, link.connections]), findings.map((finding) => finding.id)], make };
}
