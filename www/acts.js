// What a user may do, one function an act: each asks the engine and lets the state follow. No panel talks to a worker itself.
import { Broken, newest, startAnalyst } from "./asking.js";
import { createHistory } from "./history.js";
import { createIntake } from "./intake.js";
import { decrypted, encrypted } from "./locking.js";
import { createResponding } from "./responding.js";
import { filesOf, rolledUp } from "./rolling.js";
import { createRowSearch } from "./rows.js";
import { save } from "./saving.js";
import { isReading } from "./store.js";
import { told, words } from "./words.js";

/** While files are read, the case is looked at no sooner than so many milliseconds after the last time, and not before so many times
 * as long as looking took: what is shown on the way must not hold up what is read. */
const REST = 150;
const SHARE = 9;
/** How long a note stays that nobody has to answer, in milliseconds. */
const NOTE = 9000;

/** @typedef {ReturnType<typeof createActs>} Acts */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {import("./store.js").Store} store
 */
export function createActs(engine, store) {
  /** @type {import("./asking.js").Analyst | undefined} */
  let analyst;
  /** The site book and the policy as text, for a fresh engine. @type {{ sites?: string, policy?: string }} */
  const kept = {};
  let nextNote = 1;

  function note(/** @type {import("./words.js").Said} */ text, grave = false) {
    const id = nextNote;
    nextNote += 1;
    // What has to be answered stays; of the rest the newest is enough.
    store.set({ notes: [...store.get().notes.filter((each) => each.grave).slice(-3), { id, text, grave }] });
    if (!grave) setTimeout(() => dismiss(id), NOTE);
  }

  function dismiss(/** @type {number} */ id) {
    store.set({ notes: store.get().notes.filter((each) => each.id !== id) });
  }

  function complain(/** @type {unknown} */ error) {
    // A broken analyst has its own banner.
    if (error instanceof Broken) return;
    note(error instanceof Error ? error.message : String(error), true);
  }

  /** @returns {Promise<any>} */
  function ask(/** @type {string} */ call, /** @type {unknown[]} */ ...given) {
    if (!analyst) return Promise.reject(new Error(words.starting));
    return analyst.ask(call, ...given);
  }

  /** As `ask`, with bytes that are not needed here any more. @returns {Promise<any>} */
  function give(/** @type {string} */ call, /** @type {unknown[]} */ ...given) {
    if (!analyst) return Promise.reject(new Error(words.starting));
    return analyst.give(call, ...given);
  }

  // The case, as often as it changed and not more: while a thousand files are read, now and then; when all are in, at once.
  let wanted = 0;
  /** When it may be looked at next. */
  let rested = 0;
  const look = newest(async () => {
    const [asked, began] = [wanted, performance.now()];
    const view = await ask("case_view");
    const again = /** @type {string[]} */ (await ask("must_read_again"));
    return { view, again, asked, began };
  }, ({ view, again, asked, began }) => {
    store.set({ case: view, counting: store.get().counting && asked < wanted });
    intake.readAgain(again);
    // What the screen does with it is part of what looking takes.
    setTimeout(() => { rested = performance.now() + Math.max(REST, SHARE * (performance.now() - began)); });
  }, (error) => {
    store.set({ counting: false });
    complain(error);
  });
  let lookSoon = 0;
  function refresh() {
    wanted += 1;
    const busy = store.get().jobs.some(({ stage }) => ["waiting", "offered", "reading", "merging"].includes(stage));
    if (busy && lookSoon !== 0) return;
    clearTimeout(lookSoon);
    lookSoon = setTimeout(() => {
      lookSoon = 0;
      look(undefined);
    }, busy ? Math.max(REST, rested - performance.now()) : 0);
  }

  const rows = createRowSearch(engine, () => analyst, (index) => {
    const evidence = store.get().case?.evidence.find((each) => each.index === index);
    return evidence && intake.files.get(evidence.within ?? evidence.name);
  });

  const history = createHistory(ask, (undo, redo) => store.set({ undo, redo }));

  /** Asks for a change that can be undone, and lets everything that hangs on it follow. */
  async function change(/** @type {string} */ call, /** @type {unknown[]} */ ...given) {
    try {
      const keep = await history.before(() => words.history.acts[call] ?? words.history.change);
      await ask(call, ...given);
      keep();
      await texts();
      store.set({ unsaved: true });
      refresh();
      return true;
    } catch (error) {
      complain(error);
      return false;
    }
  }

  /** @param {() => Promise<import("./words.js").Said | undefined>} go @param {(what: string) => string} sentence */
  async function backOrForth(go, sentence) {
    try {
      const what = await go();
      if (what === undefined) return;
      await texts();
      store.set({ unsaved: true });
      note(() => sentence(told(what)));
      refresh();
    } catch (error) {
      complain(error);
    }
  }

  async function texts() {
    const [siteComplaints, policyComplaints] = await Promise.all([ask("sites_complaints"), ask("policy_complaints")]);
    store.set({ siteComplaints, policyComplaints });
    kept.sites = await ask("sites_csv");
    kept.policy = await ask("policy_csv");
  }

  async function exported(/** @type {string} */ name, /** @type {string} */ type, /** @type {() => Promise<string | Uint8Array | Blob>} */ make) {
    if (isReading(store.get())) {
      note(() => words.exports.whileReading, true);
      return false;
    }
    try {
      const hashing = intake.hashing();
      if (hashing) {
        note(() => words.exports.hashing);
        await hashing;
      }
      save(name, await make(), type);
      note(() => words.exports.saved(name));
      // What was handed out goes on record with the next file, since it was made before it could be told of.
      void responding.noteAct("export", name, "");
      return true;
    } catch (error) {
      note(() => words.exports.failed(error instanceof Error ? error.message : String(error)), true);
      return false;
    }
  }

  /** A figure that was dropped: the view that it was made of is shown again. */
  async function reopenFigure() {
    const recipe = /** @type {import("./types.js").Recipe | undefined} */ (await ask("dropped_figure"));
    if (!recipe) return;
    store.set({
      layout: recipe.layout, brush: recipe.window, focus: recipe.focus && { party: recipe.focus[0], hops: recipe.focus[1] },
      reopened: recipe, depicted: store.get().depicted + 1,
    });
    if (recipe.lacking.length > 0) note(() => words.figure.lacking(recipe.lacking.join(", ")), true);
    else note(() => words.figure.reopened);
  }

  /** A change of the picture alone: nothing is counted again. */
  async function depict(/** @type {string} */ call, /** @type {unknown[]} */ ...given) {
    try {
      await ask(call, ...given);
      store.set({ unsaved: true, depicted: store.get().depicted + 1 });
    } catch (error) {
      complain(error);
    }
  }
  const intake = createIntake(engine, store, { ask, give, note, complain, refresh, texts, reopenFigure, history });
  const responding = createResponding({ store, ask, change, complain });

  const acts = {
    ...responding,
    note,
    dismiss,
    take: intake.take,
    cancel: intake.cancel,
    cancelAll: intake.cancelAll,
    remove: intake.remove,

    async start() {
      analyst = await startAnalyst(engine, (why) => {
        intake.halt();
        store.set({ fault: why });
      });
      store.set({ engine: "ready", fault: undefined });
    },

    /** After the analyst broke: a fresh one, and every file once more. */
    async restart() {
      try {
        analyst?.stop();
        await acts.start();
        store.set({ case: undefined, shown: undefined });
        if (kept.sites) await ask("set_sites_csv", kept.sites);
        if (kept.policy) await ask("set_policy_csv", kept.policy);
        intake.readAll();
        refresh();
      } catch (error) {
        complain(error);
      }
    },

    async openSample() {
      try {
        const names = /** @type {string[]} */ (await ask("sample_names"));
        const sample = [];
        for (const name of names) {
          const bytes = /** @type {Uint8Array} */ (await ask("sample_file", name));
          sample.push({ name, file: new File([/** @type {BlobPart} */ (bytes)], name, { lastModified: 0 }) });
        }
        await acts.take(sample);
      } catch (error) {
        complain(error);
      }
    },

    setClock: (/** @type {number} */ index, /** @type {import("./types.js").ClockChoice} */ clock) => change("set_clock", index, clock),
    /** The names of the encodings that a text can be in. */
    encodings: () => /** @type {string[]} */ (engine.bindings.encoding_names()),
    setEncoding: (/** @type {number} */ index, /** @type {string | undefined} */ name) => change("set_encoding", index, name),
    skews: (/** @type {number} */ index) => /** @type {Promise<import("./types.js").Skew[] | undefined>} */ (ask("skews", index).catch(complain)),
    previewMapping: (/** @type {number} */ index, /** @type {Record<string, string>} */ columns) => /** @type {Promise<import("./types.js").Mapping | undefined>} */ (ask("preview_mapping", index, columns).catch(complain)),
    saveMapping: async (/** @type {import("./types.js").Evidence} */ evidence) => {
      try {
        const base = (evidence.name.split("/").at(-1) ?? evidence.name).replace(/\.[^.]*$/, "");
        const name = `${base}.kyoten-mapping.json`;
        save(name, await ask("mapping_file", evidence.index), "application/json");
        note(() => words.exports.saved(name));
      } catch (error) {
        complain(error);
      }
    },
    setMapping: (/** @type {number} */ index, /** @type {Record<string, string>} */ columns) => change("set_mapping", index, columns),
    renameSite: (/** @type {number} */ index, /** @type {string} */ name) => change("rename_site", index, name),
    editSite: (/** @type {number} */ index, /** @type {object} */ fields) => change("edit_site", index, fields),
    setSites: (/** @type {string} */ text) => change("set_sites_csv", text),
    setPolicy: (/** @type {string} */ text) => change("set_policy_csv", text),
    sitesText: () => /** @type {Promise<string>} */ (ask("sites_csv")),
    policyText: () => /** @type {Promise<string>} */ (ask("policy_csv")),

    show(/** @type {import("./types.js").Shown | undefined} */ shown) {
      store.set({ shown });
    },
    focus(/** @type {import("./types.js").Focus | undefined} */ focus) {
      store.set({ focus });
    },
    pin: (/** @type {number} */ site, /** @type {number} */ x, /** @type {number} */ y) => depict("pin_site", site, x, y),
    unpin: () => depict("unpin_sites"),
    hasPins: () => /** @type {Promise<boolean>} */ (ask("has_pins")),
    figureSteps: () => /** @type {Promise<import("./types.js").Step[]>} */ (ask("figure_steps")),
    async setFigureSteps(/** @type {import("./types.js").Step[]} */ steps) {
      await depict("set_figure_steps", steps);
      refresh();
    },
    timelineHeight: (/** @type {number} */ bars) => /** @type {Promise<number>} */ (ask("timeline_height", bars)),
    brush(/** @type {readonly [number, number] | undefined} */ brush) {
      store.set({ brush });
    },

    undo: () => backOrForth(history.undo, (what) => words.history.undone(what)),
    redo: () => backOrForth(history.redo, (what) => words.history.redone(what)),

    /** Puts a table in the place of the picture; nothing brings the picture back. */
    table(/** @type {import("./types.js").TableView | undefined} */ table) {
      store.set({ table });
    },
    /** Shows the receipt of a file. */
    receipt(/** @type {import("./types.js").Evidence} */ { name, within }) {
      store.set({ tab: "evidence", receipt: { name: within ?? name } });
    },
    hostPairs: (/** @type {object} */ query) => /** @type {Promise<{ total: number, rows: import("./types.js").HostPair[] }>} */ (ask("host_pairs", query)),
    accounts: (/** @type {string} */ part, /** @type {number} */ most) => /** @type {Promise<import("./types.js").Account[]>} */ (ask("accounts", part, most)),
    hostsLike: (/** @type {string} */ part, /** @type {number} */ most) => /** @type {Promise<string[]>} */ (ask("hosts_like", part, most)),
    saveTable: (/** @type {string} */ name, /** @type {string[][]} */ cells) => exported(`kyoten-${name}.csv`, "text/csv", () => ask("csv", cells)),

    view: () => store.get().case,

    /** @param {import("./rows.js").Search} search */
    searchRows: (search) => rows.begin(search),
    cancelRows: () => rows.cancel(),

    scene: (/** @type {import("./types.js").View} */ view) => /** @type {Promise<Uint8Array>} */ (ask("scene", view)),
    timeline: (/** @type {import("./types.js").View} */ view) => /** @type {Promise<Uint8Array>} */ (ask("timeline", view)),
    usual: (/** @type {string} */ finding, /** @type {string} */ language) => /** @type {Promise<Uint8Array | undefined>} */ (ask("usual", finding, language)),
    figure: (/** @type {import("./types.js").FigureOptions} */ options) => /** @type {Promise<Uint8Array>} */ (ask("figure", options)),
    caption: (/** @type {import("./types.js").FigureOptions} */ options) => /** @type {Promise<string>} */ (ask("figure_caption", options)),
    alt: (/** @type {import("./types.js").FigureOptions} */ options) => /** @type {Promise<string>} */ (ask("figure_alt", options)),

    saveSites: () => exported("sites.csv", "text/csv", () => ask("sites_csv")),
    savePolicy: () => exported("policy.csv", "text/csv", () => ask("policy_csv")),
    saveExample: () => save("policy.csv", words.policy.example, "text/csv"),
    saveCase: async () => {
      if (await exported("kyoten-case.json", "application/json", () => ask("case_json"))) store.set({ unsaved: false });
    },
    saveCaseEncrypted: async (/** @type {string} */ passphrase) => {
      const saved = await exported("kyoten-case.json.age", "application/octet-stream", async () => new Blob([/** @type {BlobPart} */ (await encrypted(engine, await ask("case_json"), passphrase))]));
      if (saved) store.set({ unsaved: false });
    },
    /** Opens an encrypted case file that was dropped; rejects with a sentence where it does not open. */
    async unlock(/** @type {File} */ file, /** @type {string} */ passphrase) {
      const plain = await decrypted(engine, new Uint8Array(await file.arrayBuffer()), passphrase);
      acts.forgetLocked(file);
      await acts.take([{ name: file.name.replace(/\.age$/i, ""), file: new File([/** @type {BlobPart} */ (plain)], file.name, { lastModified: file.lastModified }) }]);
    },
    forgetLocked: (/** @type {File} */ file) => store.set({ locked: store.get().locked.filter((each) => each !== file) }),
    saveReport: (/** @type {string} */ language, /** @type {string} */ tlp) => exported(`kyoten-report.${language}.html`, "text/html", () => ask("report", language, tlp)),
    saveExport: async (/** @type {string} */ name, /** @type {string} */ tlp) => {
      const ending = /** @type {string} */ (await ask("export_ending", name).catch(() => "txt"));
      return exported(`kyoten-${name}.${ending}`, "text/plain", () => ask("export_as", name, tlp));
    },
    /** Saves the sums of all flows by link, service, hour and outcome. */
    saveRollup: (/** @type {string} */ secret) => exported("rollup.csv", "text/csv", async () => {
      const view = store.get().case;
      if (!view) throw new Error(words.starting);
      const { csv, notices } = await rolledUp(engine, ask, filesOf(view, intake.files), secret);
      for (const notice of notices) note(notice, true);
      return csv;
    }),
    decide: (/** @type {string} */ finding, /** @type {string} */ verdict, /** @type {string} */ who, /** @type {string} */ why) => change("decide", finding, verdict, who, why, Math.floor(Date.now() / 1000)),
    saveLinks: (/** @type {import("./types.js").FigureOptions} */ options) => exported("links.csv", "text/csv", () => ask("links_csv", options)),
    saveSvg: (/** @type {import("./types.js").FigureOptions} */ options) => exported("kyoten-figure.svg", "image/svg+xml", () => ask("figure_svg", options)),
    savePng: (/** @type {string} */ name, /** @type {import("./types.js").FigureOptions} */ options, /** @type {() => Promise<Blob>} */ make) => exported(name, "image/png", async () => ask("figure_png", new Uint8Array(await (await make()).arrayBuffer()), options)),
  };
  return acts;
}
