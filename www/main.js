// Joins the page: starts the engine, makes the panels, and lets files in.
import { createActs } from "./acts.js";
import { h } from "./dom.js";
import { fileInput, listenForDrops } from "./dropping.js";
import { startEngine } from "./engine.js";
import { createExports } from "./exports.js";
import { createFigure } from "./figure.js";
import { createDetail } from "./panels/detail.js";
import { createEvidence } from "./panels/evidence.js";
import { createFindings } from "./panels/findings.js";
import { createPolicy } from "./panels/policy.js";
import { createSites } from "./panels/sites.js";
import { addButtons, createDropCover, createFooter, createHeader, createNotes, createTabs, createWelcome } from "./shell.js";
import { createStage } from "./stage.js";
import { createStore, isReading } from "./store.js";
import { followTheme } from "./theme.js";
import { createTimeline } from "./timeline.js";
import { words } from "./words.js";

const root = document.documentElement;
const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const store = createStore();
const theme = followTheme(store);
const started = start();

// What is dropped before the engine stands waits for it.
const take = (/** @type {import("./dropping.js").Dropped[]} */ files, /** @type {number} */ folders) => void started.then(({ acts }) => acts.take(files, folders)).catch(failed);
const files = fileInput(words.files.choose, false, take);
const folder = fileInput(words.files.folder, true, take);
const ways = { choose: () => files.click(), folder: () => folder.click(), sample: () => void started.then(({ acts }) => acts.openSample()).catch(failed) };
listenForDrops(take);

const notes = createNotes(store, { dismiss: (id) => void started.then(({ acts }) => acts.dismiss(id)), restart: () => void started.then(({ acts }) => acts.restart()) });
const header = createHeader(store, {
  figure: () => void started.then(({ figure }) => figure.open()),
  exports: () => void started.then(({ exports }) => exports.open()),
  saveCase: () => void started.then(({ acts }) => acts.saveCase()),
  theme: theme.switch,
});
const workspace = h("main", { class: "workspace", id: "workspace", hidden: true });
app.append(header, createWelcome(ways, store), workspace, createFooter(), notes, createDropCover(), files, folder);

store.watch((state) => [state.jobs.length > 0], (open) => {
  root.dataset.page = open ? "case" : "empty";
  workspace.hidden = !open;
  /** @type {HTMLElement} */ (document.getElementById("welcome")).hidden = open;
});

addEventListener("beforeunload", (event) => {
  const { unsaved, case: view } = store.get();
  if (unsaved && !view?.synthetic) event.preventDefault();
});

started.then(() => { root.dataset.engine = "ready"; }, failed);

async function start() {
  const engine = await startEngine();
  const acts = createActs(engine, store);
  await acts.start();
  const figure = createFigure(engine.bindings, store, acts);
  const exports = createExports(store, acts);
  // A tab that a person chose stays; until then the page shows what matters: progress, then findings.
  let chosen = false;
  const tabs = createTabs(store, {
    findings: createFindings(store, acts), evidence: createEvidence(store, acts, addButtons(ways, false)), sites: createSites(store, acts), policy: createPolicy(store, acts),
  }, (tab) => {
    chosen = true;
    store.set({ tab });
  });
  store.watch((state) => [isReading(state), state.case], (reading, view) => {
    if (chosen || !view) return;
    const lost = view.links.length === 0 || view.evidence.some((each) => each.advice);
    store.set({ tab: reading || lost ? "evidence" : "findings" });
  });
  let before = false;
  store.watch((state) => [isReading(state)], (reading) => {
    if (reading && !before && !chosen) store.set({ tab: "evidence" });
    before = reading;
  });
  // Said once when all is read, with the case that counts it all.
  let owed = false;
  store.watch((state) => [isReading(state), state.case], (reading, view) => {
    if (reading) owed = true;
    else if (owed && view && view.evidence.length > 0) {
      owed = false;
      acts.note(words.notes.allDone(view.evidence.length, view.findings.length));
    }
  });
  workspace.append(tabs, h("div", { class: "centre" }, createStage(engine.bindings, store, acts), createTimeline(engine.bindings, store, acts)), createDetail(store, acts));
  app.append(figure.element, exports.element);
  return { acts, figure, exports };
}

function failed(/** @type {unknown} */ error) {
  store.set({ engine: "failed", fault: error instanceof Error ? error.message : String(error) });
  root.dataset.engine = "failed";
}
