// The sites: a list whose names are edited in place, and the rest of each site in a fold.
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { whole } from "../numbers.js";
import { words } from "../words.js";
import { asText } from "./as-text.js";
import { complaintsList } from "./complaints.js";

/** @typedef {import("../types.js").Site} Site */

/**
 * @param {import("../store.js").Store} store
 * @param {import("../acts.js").Acts} acts
 * @returns {HTMLElement}
 */
export function createSites(store, acts) {
  const panel = h("div", { class: "panel sites" });

  function render() {
    const { case: view, siteComplaints } = store.get();
    const sites = view?.sites ?? [];
    fill(panel,
      complaintsList(words.sites.complaints, siteComplaints),
      sites.length === 0 && h("p", { class: "hint" }, words.sites.none),
      view?.sites_guessed && sites.length > 0 && h("p", { class: "notice" }, words.sites.guessedAll),
      sites.length > 0 && h("div", { class: "buttons" }, h("button", { type: "button", data: { key: "save" }, on: { click: acts.saveSites } }, icon("save"), " ", words.sites.save)),
      sites.length > 0 && h("ul", { class: "site-list" }, sites.map(entry)),
      asText(words.sites.asText, words.sites.asTextLabel, acts.sitesText, acts.setSites));
  }

  function entry(/** @type {Site} */ site) {
    const input = h("input", {
      type: "text", class: "site-name", value: site.name, "aria-label": words.sites.nameOf(site.name), spellcheck: "false", autocomplete: "off", data: { key: `name ${site.index}` },
      on: {
        change: () => rename(),
        keydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === "Enter") input.blur();
          if (event.key === "Escape") {
            input.value = site.name;
            input.blur();
          }
        },
      },
    });
    async function rename() {
      const name = input.value.trim();
      if (name === "" || name === site.name || !(await acts.renameSite(site.index, name))) input.value = site.name;
    }
    return h("li", {},
      h("div", { class: "site-line" },
        input,
        site.guessed && h("span", { class: "tag" }, words.sites.guessed),
        h("button", { type: "button", class: "quiet", data: { key: `show ${site.index}` }, "aria-label": words.detail.openSite(site.name), on: { click: () => acts.show({ kind: "site", party: site.index }) } }, words.sites.show)),
      h("p", { class: "site-facts" },
        [site.role, site.country, site.timezone].filter(Boolean).join(" · "), " ",
        h("span", { class: "ranges" }, site.ranges.slice(0, 3).join(", "), site.ranges.length > 3 ? ` +${site.ranges.length - 3}` : "")),
      h("p", { class: "site-facts" }, 
        h("button", { type: "button", class: "inline", data: { key: `links ${site.index}` }, on: { click: () => acts.table({ kind: "links", part: site.name }) } }, words.header.connections(whole(site.connections))),
        site.findings > 0 && [" · ", h("button", { type: "button", class: "inline", data: { key: `findings ${site.index}` }, on: { click: () => acts.table({ kind: "findings", part: site.name }) } }, words.sites.findings(site.findings))]),
      editing(site));
  }

  /** The rest of a site. A form is made when it is opened: there may be hundreds of sites. */
  function editing(/** @type {Site} */ site) {
    const fold = h("details", { data: { key: `edit ${site.index}` } }, h("summary", { title: words.sites.editTitle(site.name) }, words.sites.edit));
    fold.addEventListener("toggle", () => {
      if (fold.open && !fold.querySelector("form")) fold.append(form(site));
    });
    return fold;
  }

  function form(/** @type {Site} */ site) {
    /** @param {keyof Site} name @param {string} label @param {string} hint */
    const field = (name, label, hint) => {
      const id = `site-${site.index}-${name}`;
      const input = h("input", { id, type: "text", value: String(site[name] ?? ""), placeholder: hint, autocomplete: "off", spellcheck: "false", data: { key: id } });
      return { name, input, element: h("div", { class: "field" }, h("label", { for: id }, label), input) };
    };
    const fields = [
      field("country", words.sites.country, "JP"), field("role", words.sites.role, "plant"), field("timezone", words.sites.timezone, "Asia/Tokyo"),
      field("lat", words.sites.lat, "35.68"), field("lon", words.sites.lon, "139.69"), field("contact", words.sites.contact, "+81 3 0000 0000"),
    ];
    const apply = () => {
      /** @type {Record<string, string | number | undefined>} */
      const edited = {};
      for (const { name, input } of fields) {
        const text = input.value.trim();
        if (name === "lat" || name === "lon") {
          const degrees = Number(text.replace("−", "-"));
          if (text !== "" && !(Math.abs(degrees) <= (name === "lat" ? 90 : 180))) {
            acts.note(() => words.sites.notNumber, true);
            input.focus();
            return;
          }
          edited[name] = text === "" ? undefined : degrees;
        } else edited[name] = text;
      }
      void acts.editSite(site.index, edited);
    };
    return h("form", { class: "site-form", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); apply(); } } },
      fields.map(({ element }) => element),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary", data: { key: `apply ${site.index}` } }, words.sites.apply)));
  }

  store.watch((state) => [state.case?.sites, state.case?.sites_guessed, state.siteComplaints], render);
  return panel;
}
