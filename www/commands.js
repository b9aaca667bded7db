// Everything that can be done from anywhere, by name and by keys: what the palette offers and `?` lists.
import { isReading } from "./store.js";
import { languages, told, words } from "./words.js";

/**
 * @typedef {object} Command
 * @property {string} id
 * @property {keyof typeof words.commands.groups} group
 * @property {string} label
 * @property {string} [keys] `mod+k`, `mod+shift+z`, `?`, `1`: see www/shortcuts.js
 * @property {() => boolean} [when] whether it makes sense now; without it, always
 * @property {() => void} run
 */

/** The tables of the centre, in the order of their tabs. */
export const TABLES = /** @type {const} */ (["findings", "links", "services", "pairs", "accounts", "evidence"]);

/**
 * @param {import("./store.js").Store} store
 * @param {import("./acts.js").Acts} acts
 * @param {import("./shell.js").Ways} ways
 * @param {{ figure: () => void, exports: () => void, palette: () => void, keys: () => void, theme: () => void, tab: (tab: import("./store.js").State["tab"]) => void }} does
 * @returns {Command[]}
 */
export function createCommands(store, acts, ways, does) {
  const { commands: { names }, tabs, tables } = words;
  const open = () => (store.get().case?.evidence.length ?? 0) > 0;
  const dropped = () => store.get().jobs.length > 0;
  const other = store.get().language === "ja" ? "en" : "ja";

  /** The finding after or before the one that is open, in the order of their list. */
  function step(/** @type {number} */ by) {
    const { case: view, shown } = store.get();
    const findings = view?.findings ?? [];
    const at = shown?.kind === "finding" ? findings.findIndex((each) => each.id === shown.id) : by > 0 ? -1 : findings.length;
    const next = findings[Math.max(0, Math.min(findings.length - 1, at + by))];
    if (next) acts.show({ kind: "finding", id: next.id });
  }

  /** @type {Command[]} */
  const all = [
    { id: "palette", group: "go", label: names.palette, keys: "mod+k", run: does.palette },
    { id: "findings", group: "go", label: tabs.findings, keys: "1", when: dropped, run: () => does.tab("findings") },
    { id: "evidence", group: "go", label: tabs.evidence, keys: "2", when: dropped, run: () => does.tab("evidence") },
    { id: "sites", group: "go", label: tabs.sites, keys: "3", when: dropped, run: () => does.tab("sites") },
    { id: "policy", group: "go", label: tabs.policy, keys: "4", when: dropped, run: () => does.tab("policy") },
    { id: "next", group: "go", label: names.next, keys: "j", when: open, run: () => step(1) },
    { id: "previous", group: "go", label: names.previous, keys: "k", when: open, run: () => step(-1) },
    { id: "picture", group: "go", label: names.picture, keys: "p", when: open, run: () => acts.table(undefined) },
    ...TABLES.map((kind) => /** @type {Command} */ ({ id: `table-${kind}`, group: "go", label: names.table(tables.kinds[kind]), keys: kind === "links" ? "t" : undefined, when: open, run: () => acts.table({ kind }) })),
    { id: "all-time", group: "go", label: names.allTime, when: () => store.get().brush !== undefined, run: () => acts.brush(undefined) },
    { id: "close", group: "go", label: words.detail.close, keys: "escape", when: () => store.get().shown !== undefined, run: () => acts.show(undefined) },

    { id: "undo", group: "change", label: store.get().undo === undefined ? words.history.undo : words.history.undoOf(told(store.get().undo ?? "")), keys: "mod+z", when: () => store.get().undo !== undefined, run: () => void acts.undo() },
    { id: "redo", group: "change", label: words.history.redo, keys: "mod+shift+z", when: () => store.get().redo !== undefined, run: () => void acts.redo() },

    { id: "choose", group: "file", label: words.files.choose, keys: "o", run: ways.choose },
    { id: "folder", group: "file", label: words.files.folder, run: ways.folder },
    { id: "sample", group: "file", label: words.files.sample, when: () => !dropped(), run: ways.sample },
    { id: "figure", group: "file", label: words.header.figureTitle, keys: "f", when: open, run: does.figure },
    { id: "exports", group: "file", label: words.exports.open, keys: "e", when: open, run: does.exports },
    { id: "save", group: "file", label: words.header.saveCase, keys: "mod+s", when: open, run: () => void acts.saveCase() },
    { id: "save-sites", group: "file", label: words.sites.save, when: open, run: () => void acts.saveSites() },
    { id: "save-policy", group: "file", label: words.policy.save, when: () => (store.get().case?.policy.length ?? 0) > 0, run: () => void acts.savePolicy() },
    { id: "cancel", group: "file", label: words.evidence.cancelAll, when: () => isReading(store.get()), run: acts.cancelAll },

    { id: "theme", group: "look", label: store.get().theme === "dark" ? words.header.toLight : words.header.toDark, run: does.theme },
    { id: "language", group: "look", label: languages[other].header.toOther(languages[other].language), run: () => store.set({ language: other }) },
    { id: "print", group: "look", label: names.print, when: open, run: () => print() },
    { id: "keys", group: "look", label: names.keys, keys: "?", run: does.keys },
  ];
  return all;
}
