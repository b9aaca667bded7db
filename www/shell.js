// The frame around the panels: header, empty state, tabs, notes, footer.
import { build, version } from "./engine.js";
import { fill, h, swap } from "./dom.js";
import { icon } from "./icons.js";
import { whole } from "./numbers.js";
import { keycaps } from "./shortcuts.js";
import { incompleteness } from "./store.js";
import { languages, told, words } from "./words.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {{ choose: () => void, folder: () => void, sample: () => void }} Ways the ways by which files come in, besides a drop */

/**
 * The buttons by which files come in.
 * @param {Ways} ways
 * @param {boolean} first whether this is the empty page
 * @returns {HTMLElement}
 */
export function addButtons({ choose, folder, sample }, first) {
  /** @param {"files" | "folder" | "sample"} picture @param {string} label @param {() => void} act @param {string} [look] */
  const button = (picture, label, act, look = "") => h("button", { type: "button", class: look, on: { click: act } }, icon(picture), " ", label);
  return h("div", { class: "buttons" },
    button("files", first ? words.files.choose : words.files.add, choose, first ? "primary" : ""), button("folder", first ? words.files.folder : words.files.addFolder, folder),
    first && button("sample", words.files.sample, sample));
}

/**
 * What the page shows before anything was dropped: what to drop, the promise and its limits.
 * @param {Ways} ways
 * @param {Store} store
 * @returns {HTMLElement}
 */
export function createWelcome(ways, store) {
  const { empty } = words;
  const state = h("p", { class: "engine-state", role: "status" });
  store.watch((now) => [now.engine, now.fault], (engine, fault) => {
    state.textContent = engine === "starting" ? words.starting : engine === "failed" ? `${words.fault.engine}: ${fault ?? ""}` : "";
    state.classList.toggle("fault", engine === "failed");
  });
  return h("main", { class: "welcome", id: "welcome" },
    h("div", { class: "welcome-lead" }, h("h2", {}, words.question), h("p", {}, empty.lead)),
    h("div", { class: "drop-here" }, h("p", { class: "drop-title" }, empty.drop), addButtons(ways, true), state),
    h("div", { class: "welcome-columns" },
      h("section", {}, h("h3", {}, empty.formatsTitle), h("ul", { class: "formats" }, empty.formats.map(([name, what]) => h("li", {}, h("strong", {}, name), " ", h("span", {}, what))))),
      h("section", {}, h("h3", {}, empty.alongTitle), h("ul", { class: "formats" }, empty.along.map(([name, what]) => h("li", {}, h("code", {}, name), " ", h("span", {}, what))))),
      h("section", { class: "promise" }, h("h3", {}, icon("lock"), " ", empty.promiseTitle), h("p", {}, empty.promise), h("p", { class: "hint" }, empty.limits))));
}

/**
 * @param {Store} store
 * @param {{ figure: () => void, exports: () => void, saveCase: () => void, theme: () => void, palette: () => void, undo: () => void, redo: () => void,
 *   evidence: () => void, sites: () => void, links: () => void }} does
 * @returns {HTMLElement}
 */
export function createHeader(store, does) {
  const chips = h("p", { class: "chips", role: "group", "aria-label": words.header.label });
  const figure = h("button", { type: "button", class: "primary", id: "figure-open", title: words.header.figureTitle, on: { click: does.figure } }, icon("figure"), " ", words.header.figure);
  const exports = h("button", { type: "button", id: "exports-open", title: words.exports.openTitle, on: { click: does.exports } }, icon("save"), " ", words.exports.open);
  const keep = h("button", { type: "button", title: words.header.saveCaseTitle, on: { click: does.saveCase } }, icon("save"), " ", words.header.saveCase);
  const search = h("button", { type: "button", class: "search-open", id: "palette-open", on: { click: does.palette } }, icon("search"), " ", h("span", {}, words.palette.open), keycaps("mod+k"));
  const undo = h("button", { type: "button", class: "icon-button", id: "undo", on: { click: does.undo } }, icon("undo"));
  const redo = h("button", { type: "button", class: "icon-button", id: "redo", on: { click: does.redo } }, icon("redo"));
  store.watch((state) => [state.undo, state.redo, state.case], (back, forth, view) => {
    for (const [button, what, plain, named] of /** @type {const} */ ([[undo, back, words.history.undo, words.history.undoOf], [redo, forth, words.history.redo, words.history.redoOf]])) {
      button.hidden = !view;
      button.disabled = what === undefined;
      button.title = what === undefined ? plain : named(told(what));
      button.setAttribute("aria-label", button.title);
    }
    search.hidden = !view;
  });
  const theme = h("button", { type: "button", class: "icon-button", id: "theme", on: { click: does.theme } });
  store.watch((state) => [state.theme], (now) => {
    const label = now === "dark" ? words.header.toLight : words.header.toDark;
    fill(theme, icon(now === "dark" ? "light" : "dark"));
    theme.title = label;
    theme.setAttribute("aria-label", label);
  });
  const language = h("button", { type: "button", class: "quiet", id: "language" });
  store.watch((state) => [state.language], (now) => {
    const other = now === "ja" ? "en" : "ja";
    // In the other language's own name, for who can't read this one.
    language.textContent = languages[other].language;
    language.lang = other;
    language.title = languages[other].header.toOther(languages[other].language);
    language.onclick = () => store.set({ language: other });
  });
  const over = (/** @type {readonly import("./types.js").Job[]} */ jobs) => jobs.filter((job) => ["done", "taken", "cancelled", "failed"].includes(job.stage)).length;
  store.watch((state) => [state.case, over(state.jobs), state.jobs.length, incompleteness(state), state.unsaved], (view, done, all, lacking, unsaved) => {
    for (const button of [figure, exports, keep]) button.hidden = !view || view.evidence.length === 0;
    const connections = view?.links.reduce((sum, link) => sum + link.connections, 0n) ?? 0n;
    /** @param {string} text @param {string} what @param {() => void} act */
    const fact = (text, what, act) => h("button", { type: "button", class: "chip fact", title: words.header.see(what), data: { key: what }, on: { click: act } }, text);
    swap(chips,
      view?.synthetic && h("span", { class: "chip synthetic", title: words.header.syntheticTitle }, words.header.synthetic),
      lacking === "reading" && h("span", { class: "chip lacking" }, words.header.reading(done, all)),
      lacking === "partial" && h("span", { class: "chip lacking", title: words.header.partialTitle }, words.header.partial),
      view && view.evidence.length > 0 && [
        fact(words.header.files(view.evidence.length), words.tabs.evidence, does.evidence), fact(words.header.sites(view.sites.length), words.tabs.sites, does.sites),
        fact(words.header.connections(whole(connections)), words.detail.links, does.links),
      ],
      unsaved && lacking !== "reading" && view && view.evidence.length > 0 && h("span", { class: "chip unsaved", title: words.header.unsavedTitle }, words.header.unsaved));
  });
  return h("header", {}, h("h1", {}, mark(), words.name), chips, h("div", { class: "header-buttons" }, search, undo, redo, figure, exports, keep, language, theme));
}

/** Two places and the line between them. */
function mark() {
  const picture = icon("plus");
  picture.setAttribute("class", "mark");
  const [line] = picture.children;
  line?.setAttribute("d", "M4 11.5 12 4.5");
  for (const [x, y, name] of /** @type {const} */ ([["4", "11.5", "mark-from"], ["12", "4.5", "mark-to"]])) {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    circle.setAttribute("cx", x);
    circle.setAttribute("cy", y);
    circle.setAttribute("r", "3");
    circle.setAttribute("class", name);
    picture.append(circle);
  }
  return picture;
}

/** @returns {HTMLElement} */
export function createFooter() {
  return h("footer", {}, h("span", {}, icon("lock"), " ", words.empty.promiseTitle), h("span", { class: "version" }, words.version(version, build)));
}

/**
 * The four panels of the side, one at a time.
 * @param {Store} store
 * @param {Record<import("./store.js").State["tab"], HTMLElement>} panels
 * @param {(tab: import("./store.js").State["tab"]) => void} chosen called when a person, not the page, changed it
 * @returns {HTMLElement}
 */
export function createTabs(store, panels, chosen) {
  const names = /** @type {import("./store.js").State["tab"][]} */ (Object.keys(panels));
  const tabs = names.map((name) => h("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, data: { tab: name },
    on: { click: () => chosen(name), keydown: (/** @type {KeyboardEvent} */ event) => move(event, name) },
  }, h("span", {}, words.tabs[name]), h("span", { class: "tab-count" })));

  function move(/** @type {KeyboardEvent} */ event, /** @type {import("./store.js").State["tab"]} */ name) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (names.indexOf(name) + step + names.length) % names.length;
    const target = names[next];
    if (target) chosen(target);
    tabs[next]?.focus();
  }

  for (const name of names) {
    const panel = panels[name];
    panel.id = `panel-${name}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    panel.tabIndex = -1;
  }
  store.watch((state) => [state.tab], (tab) => {
    for (const [place, name] of names.entries()) {
      const current = name === tab;
      tabs[place]?.setAttribute("aria-selected", String(current));
      if (tabs[place]) tabs[place].tabIndex = current ? 0 : -1;
      panels[name].hidden = !current;
    }
  });
  store.watch((state) => [state.case, state.jobs.filter((job) => job.stage !== "taken").length, state.siteComplaints, state.policyComplaints], (view, jobs, siteComplaints, policyComplaints) => {
    const counts = { findings: view?.findings.filter((finding) => !finding.weak).length ?? 0, evidence: jobs, sites: view?.sites.length ?? 0, policy: view?.policy.length ?? 0, response: 0 };
    const troubled = { findings: false, evidence: view?.evidence.some((each) => !each.complete || each.advice || each.imbalance) ?? false, sites: siteComplaints.length > 0, policy: policyComplaints.length > 0, response: false };
    for (const [place, name] of names.entries()) {
      const count = tabs[place]?.querySelector(".tab-count");
      if (!(count instanceof HTMLElement)) continue;
      fill(count, troubled[name] && icon("warn"), counts[name] > 0 ? whole(counts[name]) : "");
    }
  });
  return h("section", { class: "side" }, h("h2", { class: "unseen" }, words.tabs.label), h("div", { role: "tablist", "aria-label": words.tabs.label }, tabs), h("div", { class: "tab-panels" }, names.map((name) => panels[name])));
}

/**
 * What the page has to say just now, and the banner of an engine that broke.
 * @param {Store} store
 * @param {{ dismiss: (id: number) => void, restart: () => void }} does
 * @returns {HTMLElement}
 */
export function createNotes(store, does) {
  const list = h("div", { class: "notes", role: "status" });
  store.watch((state) => [state.notes, state.fault, state.engine], (notes, fault, engine) => {
    fill(list,
      fault !== undefined && engine === "ready" && h("div", { class: "note grave" },
        h("div", {}, h("strong", {}, words.fault.analyst), h("p", {}, words.fault.analystWhy(fault)), h("button", { type: "button", data: { key: "restart" }, on: { click: does.restart } }, words.fault.restart))),
      notes.map(({ id, text, grave }) => h("div", { class: grave ? "note grave" : "note" }, h("span", {}, told(text)),
        h("button", { type: "button", class: "icon-button", "aria-label": words.notes.dismiss, data: { key: `note ${id}` }, on: { click: () => does.dismiss(id) } }, icon("close")))));
  });
  return list;
}

/** What a drag over the page looks like. */
export function createDropCover() {
  return h("div", { class: "drop-cover", "aria-hidden": "true" }, h("p", {}, words.files.dropNow), h("p", {}, words.files.stays));
}
