// The palette: one field that finds commands, sites, links, findings, accounts and hosts, and goes there.
import { newest } from "./asking.js";
import { fill, h } from "./dom.js";
import { keycaps } from "./shortcuts.js";
import { said, words } from "./words.js";

/** @typedef {{ label: import("./dom.js").Child, hint?: import("./dom.js").Child, run: () => void }} Hit */
/** @typedef {{ title: string, hits: Hit[] }} Section */

/** How many of each kind are offered; the tables have them all. */
const MOST = 7;

/**
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @param {() => import("./commands.js").Command[]} commands
 */
export function createPalette(store, acts, commands) {
  const input = h("input", {
    type: "text", class: "palette-input", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
    "aria-label": words.palette.label, placeholder: words.palette.placeholder, autocomplete: "off", spellcheck: "false",
  });
  const list = h("div", { role: "listbox", id: "palette-list", class: "palette-list", "aria-label": words.palette.results });
  const none = h("p", { class: "hint palette-none", role: "status" });
  const dialog = h("dialog", { class: "palette", "aria-label": words.palette.title }, input, list, none);
  /** @type {Hit[]} */
  let hits = [];
  let at = 0;

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  input.addEventListener("input", () => look(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && hits.length > 0) {
      event.preventDefault();
      go((at + step + hits.length) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(at);
    }
  });

  function take(/** @type {number} */ place) {
    const hit = hits[place];
    if (!hit) return;
    dialog.close();
    hit.run();
  }

  function go(/** @type {number} */ place) {
    at = place;
    for (const option of list.querySelectorAll("[role=option]")) {
      const chosen = option.id === `palette-${at}`;
      option.setAttribute("aria-selected", String(chosen));
      if (chosen) option.scrollIntoView({ block: "nearest" });
    }
    if (hits.length > 0) input.setAttribute("aria-activedescendant", `palette-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  const look = newest(sections, (found, asked) => {
    if (asked === input.value) show(found);
  }, (error) => acts.note(error.message, true));

  function show(/** @type {Section[]} */ found) {
    const full = found.filter((section) => section.hits.length > 0);
    hits = full.flatMap((section) => section.hits);
    let place = 0;
    fill(list, full.map((section, nth) => h("div", { role: "group", "aria-labelledby": `palette-group-${nth}` },
      h("div", { class: "palette-group", id: `palette-group-${nth}`, role: "presentation" }, section.title),
      section.hits.map((hit) => {
        const mine = place;
        place += 1;
        return h("div", { role: "option", id: `palette-${mine}`, class: "palette-hit", on: { click: () => take(mine), pointermove: () => at !== mine && go(mine) } },
          h("span", { class: "palette-label" }, hit.label), hit.hint !== undefined && h("span", { class: "palette-hint" }, hit.hint));
      }))));
    list.hidden = hits.length === 0;
    none.textContent = hits.length === 0 ? words.palette.none : "";
    go(0);
  }

  /** @param {string} asked @returns {Promise<Section[]>} */
  async function sections(asked) {
    const parts = asked.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const has = (/** @type {string} */ text) => {
      const lower = text.toLowerCase();
      return parts.every((part) => lower.includes(part));
    };
    const known = commands().filter((command) => command.id !== "palette" && (command.when?.() ?? true) && has(command.label));
    const doing = { title: words.palette.commands, hits: known.slice(0, parts.length === 0 ? 40 : MOST).map((command) => ({ label: command.label, hint: command.keys && keycaps(command.keys), run: command.run })) };
    const { case: view } = store.get();
    if (parts.length === 0 || !view) return [doing];

    const sites = view.sites.filter((site) => has([site.name, site.country, ...countryNames(site.country), site.role, ...site.ranges].join(" ")));
    const links = view.links.filter((link) => has(`${link.from_name} → ${link.to_name}`) || has(`${link.to_name} ← ${link.from_name}`));
    const findings = view.findings.filter((finding) => has([finding.id, finding.rule, finding.from_name, finding.to_name, finding.service, said(finding.because), ...finding.attack, ...finding.accounts, ...finding.hosts].join(" ")));
    const [accounts, hosts] = await Promise.all([acts.accounts(asked.trim(), MOST), acts.hostsLike(asked.trim(), MOST)]);
    return [
      { title: words.tabs.findings, hits: findings.slice(0, MOST).map((finding) => ({ label: [`${finding.from_name} → ${finding.to_name}`, finding.service && ` ${finding.service}`], hint: words.gravity[finding.gravity].word, run: () => acts.show({ kind: "finding", id: finding.id }) })) },
      { title: words.tabs.sites, hits: sites.slice(0, MOST).map((site) => ({ label: site.name, hint: site.ranges[0], run: () => acts.show({ kind: "site", party: site.index }) })) },
      { title: words.detail.links, hits: links.slice(0, MOST).map((link) => ({ label: `${link.from_name} → ${link.to_name}`, hint: words.gravity[link.state].word, run: () => acts.show({ kind: "link", from: link.from, to: link.to }) })) },
      { title: words.detail.hosts, hits: hosts.map((host) => ({ label: host, hint: words.tables.kinds.pairs, run: () => acts.table({ kind: "pairs", part: host }) })) },
      { title: words.detail.accounts, hits: accounts.map((account) => ({ label: account.name, hint: `${account.from_name} → ${account.to_name}`, run: () => acts.table({ kind: "accounts", part: account.name }) })) },
      doing,
    ];
  }

  /** A country is looked for by its name too, which the browser knows; it is not shown. */
  function countryNames(/** @type {string | undefined | null} */ code) {
    if (!code || !/^[A-Za-z]{2}$/.test(code)) return [];
    return ["en", "ja"].map((language) => new Intl.DisplayNames([language], { type: "region" }).of(code.toUpperCase()) ?? "");
  }

  return {
    element: dialog,
    open() {
      if (dialog.open) {
        dialog.close();
        return;
      }
      input.value = "";
      dialog.showModal();
      look("");
    },
  };
}
