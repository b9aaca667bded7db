// Files on their way in: what is dropped gets a job, is told apart from site books and policies, waits, is read, hashed and counted in.
import { hashOf } from "./parts.js";
import { createReading } from "./reading.js";
import { words } from "./words.js";
import { zoneRules } from "./zones.js";

/** Files up to this size are first offered as a site book or a policy. */
const OFFERED = 8_000_000;
/** A table of countries may be of this size. */
const MOST_TABLE = 200_000_000;

/** @typedef {import("./types.js").Job} Job */

/**
 * @typedef {object} Around what the intake needs of the acts around it
 * @property {(call: string, ...given: unknown[]) => Promise<any>} ask
 * @property {(call: string, ...given: unknown[]) => Promise<any>} give as `ask`, with bytes that are given away
 * @property {(text: import("./words.js").Said, grave?: boolean) => void} note
 * @property {(error: unknown) => void} complain
 * @property {() => void} refresh the case changed
 * @property {() => Promise<void>} texts the site book or the policy changed
 * @property {() => Promise<void>} reopenFigure a figure may have been dropped
 * @property {ReturnType<typeof import("./history.js").createHistory>} history
 */

/**
 * @param {import("./engine.js").Engine} engine
 * @param {import("./store.js").Store} store
 * @param {Around} around
 */
export function createIntake(engine, store, { ask, give, note, complain, refresh, texts, reopenFigure, history }) {
  /** @type {Map<string, { name: string, file: File, job: number }>} */
  const files = new Map();
  let nextJob = 1;

  function changeJob(/** @type {number} */ id, /** @type {Partial<Job>} */ change) {
    store.set({ jobs: store.get().jobs.map((job) => (job.id === id ? { ...job, ...change } : job)) });
  }

  /** Whether a job is still in the list: a file may have been taken out while it was read. */
  const isWanted = (/** @type {number} */ id) => store.get().jobs.some((job) => job.id === id);

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
      if (!isWanted(id)) return;
      const added = Promise.all(members.map((member) => give("add", member)));
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
      if (!isWanted(id)) return;
      changeJob(id, { stage: "merging" });
      try {
        // An archive is read when its members are in; one that could not be added was complained of.
        await arriving.get(id)?.catch(() => {});
        arriving.delete(id);
        const index = await give("add", result);
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
        const index = await give("add_parts", parts, job.size);
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

  /**
   * Takes files in, at any time.
   * @param {import("./dropping.js").Dropped[]} dropped
   * @param {number} folders how many the browser would not open
   */
  async function take(dropped, folders = 0) {
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
        const kind = offered ? await give("take_text", job.name, new Uint8Array(await file.arrayBuffer())) : "other";
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
  }

  function cancel(/** @type {number} */ id) {
    const job = store.get().jobs.find((each) => each.id === id);
    if (!job) return;
    if (job.stage === "offered") changeJob(id, { stage: "cancelled" });
    else if (reading.cancel(id)) {
      // Nothing of it was read, and nothing of it is in the case.
      if (job.again) changeJob(id, { stage: "done" });
      else changeJob(id, { stage: "cancelled", bytes: 0 });
      refresh();
    }
  }

  function cancelAll() {
    for (const job of store.get().jobs) cancel(job.id);
  }

  async function remove(/** @type {Job} */ job) {
    files.delete(job.name);
    store.set({ jobs: store.get().jobs.filter((each) => each.id !== job.id) });
    reading.cancel(job.id);
    digests.get(job.id)?.stop();
    digests.delete(job.id);
    try {
      await ask("remove_dropped", job.name);
      store.set({ unsaved: true });
      refresh();
    } catch (error) {
      complain(error);
    }
  }

  /** Reads files again, since what they were read with changed. */
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

  /** Everything once more, for a fresh engine. */
  function readAll() {
    for (const job of store.get().jobs) {
      const known = files.get(job.name);
      if (!known || job.stage === "taken") continue;
      changeJob(job.id, { stage: "waiting", bytes: 0 });
      queue(job.id, known);
    }
  }

  /** The engine that counts broke: nothing is read until there is another. */
  function halt() {
    reading.stop();
    store.set({ jobs: store.get().jobs.map((job) => (["done", "taken", "cancelled", "failed"].includes(job.stage) ? job : { ...job, stage: "waiting" })) });
  }

  return {
    files,
    take,
    cancel,
    cancelAll,
    remove,
    readAgain,
    readAll,
    halt,
    /** Resolves when the hashes of all files are made; nothing where they are already. */
    hashing: () => (hashes.size > 0 ? Promise.all(hashes) : undefined),
  };
}
