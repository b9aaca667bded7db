// What a user may do, one function an act: each asks the engine and lets the state follow. No panel talks to a worker itself.
import { Broken, newest, startAnalyst } from "./asking.js";
import { createHistory } from "./history.js";
import { hashOf } from "./parts.js";
import { decrypted, encrypted } from "./locking.js";
import { createReading } from "./reading.js";
import { createResponding } from "./responding.js";
import { filesOf, rolledUp } from "./rolling.js";
import { createRowSearch } from "./rows.js";
import { save } from "./saving.js";
import { isReading } from "./store.js";
import { told, words } from "./words.js";
import { zoneRules } from "./zones.js";

/** Files up to this size are first offered as a site book or a policy. */
const OFFERED = 8_000_000;
/** A table of countries may be of this size. */
const MOST_TABLE = 200_000_000;
/** While files are read, the case is looked at no sooner than so many milliseconds after the last time, and not before so many times
 * as long as looking took: what is shown on the way must not hold up what is read. */
const REST = 150;
const SHARE = 9;
/** How long a note stays that nobody has to answer, in milliseconds. */
const NOTE = 9000;

/** @typedef {ReturnType<typeof createActs>} Acts */
/** @typedef {import("./types.js").Job} Job */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {import("./store.js").Store} store
 */
export function createActs(engine, store) {
  /** @type {import("./asking.js").Analyst | undefined} */
  let analyst;
  /** @type {Map<string, { name: string, file: File, job: number }>} */
  const files = new Map();
  /** The site book and the policy as text, for a fresh engine. @type {{ sites?: string, policy?: string }} */
  const kept = {};
  let nextJob = 1;
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

  function changeJob(/** @type {number} */ id, /** @type {Partial<Job>} */ change) {
    store.set({ jobs: store.get().jobs.map((job) => (job.id === id ? { ...job, ...change } : job)) });
  }

  /** @returns {Promise<any>} */
  function ask(/** @type {string} */ call, /** @type {unknown[]} */ ...given) {
    if (!analyst) return Promise.reject(new Error(words.starting));
    return analyst.ask(call, ...given);
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
    readAgain(again);
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

  function readAgain(/** @type {string[]} */ names) {
    let count = 0;
    for (const name of names) {
      const known = files.get(name);
      const job = store.get().jobs.find((each) => each.id === known?.job);
      // One that is on its way will be asked about again when it is in; one that failed would only fail again.
      if (!known || !job || !["done", "cancelled"].includes(job.stage)) continue;
      changeJob(job.id, { stage: "waiting", bytes: 0, again: true });
      queue(job.id, known);
      count += 1;
    }
    if (count > 0) note(() => words.notes.reread(count));
  }

  function queue(/** @type {number} */ id, /** @type {{ name: string, file: File, whole?: boolean, stop?: import("./reading.js").Stop }} */ { name, file, whole, stop }) {
    reading.add({ id, name, file, whole, stop, order: () => ask("reading_order", name) });
  }

  /** The hashes that are still being made. Findings do not wait for them, exports do. @type {Set<Promise<void>>} */
  const hashes = new Set();
  /** Of files that are still being read, by job. @type {Map<number, import("./parts.js").Hashing>} */
  const digests = new Map();
  function hash(/** @type {string} */ name, /** @type {Promise<string>} */ digest) {
    const made = digest.then((made) => ask("set_hash", name, made)).then(refresh, complain);
    hashes.add(made);
    void made.finally(() => hashes.delete(made));
  }

  /** Members of an archive on their way into the case, by job. @type {Map<number, Promise<unknown>>} */
  const arriving = new Map();
  const reading = createReading(engine, {
    began: (id) => changeJob(id, { stage: "reading", bytes: 0 }),
    progress: (id, { bytes, records, format }, speed) => changeJob(id, { bytes, records, format, speed }),
    async members(id, members) {
      const added = Promise.all(members.map((member) => ask("add", member)));
      arriving.set(id, Promise.all([arriving.get(id), added]));
      try {
        await added;
        store.set({ unsaved: true, counting: true });
        refresh();
      } catch (error) {
        complain(error);
      }
    },
    async result(id, result, cancelled) {
      // A file that one reader read after all was hashed by it.
      digests.get(id)?.stop();
      digests.delete(id);
      changeJob(id, { stage: "merging" });
      try {
        // An archive is read when its members are in; one that could not be added was complained of.
        await arriving.get(id)?.catch(() => {});
        arriving.delete(id);
        const index = await ask("add", result);
        const job = store.get().jobs.find((each) => each.id === id);
        changeJob(id, { stage: cancelled ? "cancelled" : "done", evidence: index, bytes: cancelled ? job?.bytes ?? 0 : job?.size ?? 0 });
        store.set({ unsaved: true, counting: true });
      } catch (error) {
        changeJob(id, { stage: "failed", sentence: error instanceof Error ? error.message : String(error) });
        complain(error);
      }
      refresh();
    },
    apart(id) {
      const known = files.get(store.get().jobs.find((each) => each.id === id)?.name ?? "");
      if (!known) return;
      const hashing = hashOf(engine, known.file);
      // One that fails is complained of when its file is in the case.
      hashing.digest.catch(() => {});
      digests.set(id, hashing);
    },
    async parts(id, { parts, stop, cancelled }) {
      const hashing = digests.get(id);
      digests.delete(id);
      // The hash of a file that is not read to its end would be taken for that of what was read.
      if (stop) hashing?.stop();
      changeJob(id, { stage: "merging" });
      const job = store.get().jobs.find((each) => each.id === id);
      const known = job && files.get(job.name);
      if (!job || !known) return;
      try {
        const index = await ask("add_parts", parts, job.size);
        if (index === undefined) {
          // A header that changes in mid-file, or records that belong together: one reader reads it all, or up to where it stopped.
          hashing?.stop();
          queue(id, { ...known, whole: true, stop });
          return;
        }
        changeJob(id, { stage: cancelled && stop ? "cancelled" : "done", evidence: index, bytes: stop ? job.bytes : job.size });
        store.set({ unsaved: true, counting: true });
        if (!stop) hash(known.name, (hashing ?? hashOf(engine, known.file)).digest);
      } catch (error) {
        changeJob(id, { stage: "failed", sentence: error instanceof Error ? error.message : String(error) });
        complain(error);
      }
      refresh();
    },
    failed(id, why) {
      digests.get(id)?.stop();
      digests.delete(id);
      changeJob(id, { stage: "failed", sentence: why });
      refresh();
    },
  });

  const rows = createRowSearch(engine, () => analyst, (index) => {
    const evidence = store.get().case?.evidence.find((each) => each.index === index);
    return evidence && files.get(evidence.within ?? evidence.name);
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

  /** A name that no other file of the case has; nothing for a file that is here already. */
  function freshName(/** @type {string} */ name, /** @type {File} */ file) {
    for (let count = 1; ; count += 1) {
      const tried = count === 1 ? name : `${name} (${count})`;
      const known = files.get(tried)?.file;
      const stage = store.get().jobs.find((job) => job.id === files.get(tried)?.job)?.stage;
      // One that was not read to its end may be dropped again, and takes the place of the first try.
      if (!known || stage === "cancelled" || stage === "failed") return tried;
      if (known.size === file.size && known.lastModified === file.lastModified) return undefined;
    }
  }

  async function exported(/** @type {string} */ name, /** @type {string} */ type, /** @type {() => Promise<string | Uint8Array | Blob>} */ make) {
    if (isReading(store.get())) {
      note(() => words.exports.whileReading, true);
      return false;
    }
    try {
      if (hashes.size > 0) {
        note(() => words.exports.hashing);
        await Promise.all(hashes);
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
  const responding = createResponding({ store, ask, change, complain });

  const acts = {
    ...responding,
    note,
    dismiss,

    async start() {
      analyst = await startAnalyst(engine, (why) => {
        reading.stop();
        store.set({ fault: why, jobs: store.get().jobs.map((job) => (["done", "taken", "cancelled", "failed"].includes(job.stage) ? job : { ...job, stage: "waiting" })) });
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
        for (const job of store.get().jobs) {
          const known = files.get(job.name);
          if (!known || job.stage === "taken") continue;
          changeJob(job.id, { stage: "waiting", bytes: 0 });
          queue(job.id, known);
        }
        refresh();
      } catch (error) {
        complain(error);
      }
    },

    /**
     * Takes files in, at any time.
     * @param {import("./dropping.js").Dropped[]} dropped
     * @param {number} folders how many the browser would not open
     */
    async take(dropped, folders = 0) {
      if (folders > 0) note(() => words.files.folderRefused(folders), true);
      else if (dropped.length === 0) note(() => words.files.nothing);
      /** @type {{ job: Job, file: File }[]} */
      const fresh = [];
      for (const { name: given, file } of dropped) {
        const name = freshName(engine.bindings.file_name(given), file);
        if (name === undefined) {
          note(() => words.files.already(given));
          continue;
        }
        /** @type {Job} */
        const job = { id: nextJob, name, size: file.size, stage: "offered", bytes: 0, records: 0n, again: false };
        nextJob += 1;
        files.set(name, { name, file, job: job.id });
        fresh.push({ job, file });
      }
      if (fresh.length === 0) return;
      const names = new Set(fresh.map(({ job }) => job.name));
      store.set({ jobs: [...store.get().jobs.filter((job) => !names.has(job.name)), ...fresh.map(({ job }) => job)] });
      // The site book and the policy first, so that no log is read twice.
      const logs = [];
      let told = false;
      for (const { job, file } of fresh) {
        try {
          if (engine.bindings.looks_encrypted(new Uint8Array(await file.slice(0, 200).arrayBuffer()))) {
            // A passphrase is asked for on the page; what it opens comes in as if it had been dropped.
            files.delete(job.name);
            changeJob(job.id, { stage: "taken", bytes: job.size, sentence: () => words.locked.waits });
            store.set({ locked: [...store.get().locked, file] });
            continue;
          }
          // A table of countries is large, and named so everywhere.
          const offered = file.size <= OFFERED || (/\.mmdb$/i.test(file.name) && file.size <= MOST_TABLE);
          const keep = offered ? await history.before(() => words.history.change) : undefined;
          const kind = offered ? await ask("take_text", job.name, new Uint8Array(await file.arrayBuffer())) : "other";
          if (kind === "other") {
            logs.push(job);
            continue;
          }
          told = true;
          if (kind === "case") for (const zone of /** @type {string[]} */ (await ask("zones_wanted"))) await ask("know_zone", zoneRules(zone));
          // The table is no choice that is undone: with each, a megabyte of it would be kept.
          if (kind !== "countries") keep?.(() => words.history.acts[kind === "sites" ? "set_sites_csv" : kind === "policy" ? "set_policy_csv" : kind] ?? words.history.change);
          // A later site book of the same name is a new one, not one that is here already.
          files.delete(job.name);
          changeJob(job.id, { stage: "taken", bytes: job.size, sentence: () => words.evidence.taken[/** @type {"sites" | "policy" | "case" | "mapping" | "figure" | "countries"} */ (kind)] });
        } catch (error) {
          changeJob(job.id, { stage: "failed", sentence: error instanceof Error ? error.message : String(error) });
        }
      }
      if (told) {
        await texts().catch(complain);
        refresh();
        await reopenFigure().catch(complain);
      }
      for (const job of logs) {
        const known = files.get(job.name);
        // It may have been taken out or cancelled while the others were looked at.
        if (!known || store.get().jobs.find((each) => each.id === job.id)?.stage !== "offered") continue;
        changeJob(job.id, { stage: "waiting" });
        queue(job.id, known);
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

    cancel(/** @type {number} */ id) {
      const job = store.get().jobs.find((each) => each.id === id);
      if (!job) return;
      if (job.stage === "offered") changeJob(id, { stage: "cancelled" });
      else if (reading.cancel(id)) {
        // Nothing of it was read, and nothing of it is in the case.
        if (job.again) changeJob(id, { stage: "done" });
        else changeJob(id, { stage: "cancelled", bytes: 0 });
        refresh();
      }
    },

    cancelAll() {
      for (const job of store.get().jobs) acts.cancel(job.id);
    },

    async remove(/** @type {Job} */ job) {
      files.delete(job.name);
      store.set({ jobs: store.get().jobs.filter((each) => each.id !== job.id) });
      try {
        await ask("remove_dropped", job.name);
        store.set({ unsaved: true });
        refresh();
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
      const { csv, notices } = await rolledUp(engine, ask, filesOf(view, files), secret);
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
