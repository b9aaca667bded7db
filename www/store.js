// The state of the screen: one value, replaced and never changed, and those who watch parts of it.

/**
 * @typedef {object} State
 * @property {"starting" | "ready" | "failed"} engine
 * @property {string | undefined} fault why the engine, or the analyst, stopped
 * @property {import("./types.js").CaseView | undefined} case
 * @property {readonly import("./types.js").Job[]} jobs in the order in which they were dropped
 * @property {import("./types.js").Layout} layout
 * @property {import("./types.js").Focus | undefined} focus
 * @property {boolean} hosts whether the picture shows the hosts of what is shown, in place of the sites
 * @property {import("./types.js").Recipe | undefined} reopened the figure that was dropped last
 * @property {number} depicted counts what changed in the picture and not in the case's numbers
 * @property {readonly [number, number] | undefined} brush the window that the picture is about, in milliseconds
 * @property {import("./types.js").Shown | undefined} shown what the detail panel is about
 * @property {import("./types.js").Subject | undefined} hovered
 * @property {import("./types.js").TableView | undefined} table which table stands in the place of the picture, and what it is narrowed to
 * @property {Readonly<Record<string, { by: string, descending: boolean }>>} orders how each table was last ordered by a person
 * @property {{ name: string } | undefined} receipt the file whose receipt was asked for
 * @property {import("./words.js").Said | undefined} undo what would be undone, by name
 * @property {import("./words.js").Said | undefined} redo
 * @property {boolean} keys whether single keys act
 * @property {"findings" | "evidence" | "sites" | "policy" | "response"} tab
 * @property {"light" | "dark"} theme
 * @property {import("./words.js").Language} language
 * @property {readonly import("./types.js").Complaint[]} siteComplaints
 * @property {readonly import("./types.js").Complaint[]} policyComplaints
 * @property {readonly { id: number, text: import("./words.js").Said, grave: boolean }[]} notes what the page has to say just now
 * @property {boolean} counting whether the case that is shown is older than what was read
 * @property {readonly File[]} locked encrypted case files that wait for their passphrase
 * @property {boolean} unsaved whether leaving the page would lose work
 */

/** @type {State} */
const START = {
  engine: "starting", fault: undefined, case: undefined, jobs: [], layout: "ring", focus: undefined, hosts: false, reopened: undefined, depicted: 0, brush: undefined, shown: undefined, hovered: undefined,
  table: undefined, orders: {}, receipt: undefined, undo: undefined, redo: undefined, keys: true,
  tab: "findings", theme: "light", language: "en", siteComplaints: [], policyComplaints: [], notes: [], counting: false, unsaved: false, locked: [],
};

/** How long the screen may be busy with a change before it lets others act, in milliseconds. */
const BREATH = 12;

/** What panels are given: the store, or a scope of it. @typedef {Pick<ReturnType<typeof createStore>, "get" | "set" | "watch">} Store */

/** @returns a store: `get` the state, `set` some of it, `watch` parts of it; `scope` for watchers that end together */
export function createStore() {
  let state = START;
  let queued = false;
  /** @type {Set<() => void>} */
  const watchers = new Set();

  function tell() {
    queued = false;
    go([...watchers]);
  }

  /**
   * Lets watchers act; after a while the page is let breathe before the rest. Each looks at the state as it then is.
   * @param {(() => void)[]} due
   */
  function go(due) {
    const start = performance.now();
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      if (watchers.has(next)) next();
      if (due.length > 0 && performance.now() - start > BREATH) {
        setTimeout(() => go(due));
        return;
      }
    }
  }

  const store = {
    get: () => state,

    /** @param {Partial<State>} change */
    set(change) {
      state = { ...state, ...change };
      if (queued) return;
      queued = true;
      queueMicrotask(tell);
    },

    /**
     * Calls `act` now, and again whenever one of the picked values is another than before.
     * @template {readonly unknown[] | []} T
     * @param {(state: State) => T} pick
     * @param {(...picked: NoInfer<T>) => void} act
     * @returns {() => void} ends it
     */
    watch(pick, act) {
      let known = pick(state);
      const watcher = () => {
        const picked = pick(state);
        if (picked.every((value, place) => Object.is(value, known[place]))) return;
        known = picked;
        act(...picked);
      };
      watchers.add(watcher);
      act(...known);
      return () => void watchers.delete(watcher);
    },

    /** The same store for a screen that will be made anew: at its end all who watched through it are forgotten. */
    scope() {
      /** @type {(() => void)[]} */
      const ends = [];
      /** @type {typeof store.watch} */
      const watch = (pick, act) => {
        const end = store.watch(pick, act);
        ends.push(end);
        return end;
      };
      return { get: store.get, set: store.set, watch, end: () => ends.splice(0).forEach((end) => end()) };
    },
  };
  return store;
}

/**
 * Whether any file is still on its way, to the case or from the case to the screen.
 * @param {State} state
 * @returns {boolean}
 */
export function isReading(state) {
  return state.counting || state.jobs.some((job) => ["waiting", "offered", "reading", "merging"].includes(job.stage));
}

/**
 * Whether what is shown lacks something that was dropped: a reading under way, or one that did not come to its end.
 * @param {State} state
 * @returns {"reading" | "partial" | undefined}
 */
export function incompleteness(state) {
  if (isReading(state)) return "reading";
  return state.case?.partial ? "partial" : undefined;
}
