// Joins the page: starts the engine, makes the screen, makes it anew in another language, and lets files in.
import { createActs } from "./acts.js";
import { h } from "./dom.js";
import { fileInput, listenForDrops } from "./dropping.js";
import { startEngine } from "./engine.js";
import { createExports } from "./exports.js";
import { createFigure } from "./figure.js";
import { followReading } from "./following.js";
import { createCentre } from "./centre.js";
import { createCommands } from "./commands.js";
import { createPalette } from "./palette.js";
import { createDetail } from "./panels/detail.js";
import { createEvidence } from "./panels/evidence.js";
import { createFindings } from "./panels/findings.js";
import { createPolicy } from "./panels/policy.js";
import { createResponse } from "./panels/response.js";
import { createSites } from "./panels/sites.js";
import { createTables } from "./panels/tables.js";
import { addButtons, createDropCover, createFooter, createHeader, createNotes, createTabs, createWelcome } from "./shell.js";
import { createKeysDialog, listenForKeys } from "./shortcuts.js";
import { createStage } from "./stage.js";
import { createStore } from "./store.js";
import { followTheme } from "./theme.js";
import { createTimeline } from "./timeline.js";
import { createUnlocking } from "./unlocking.js";
import { preferred, speak, words } from "./words.js";

const root = document.documentElement;
const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const store = createStore();
store.set({ language: preferred(navigator.languages) });
const theme = followTheme(store);
const started = start();

async function start() {
  const engine = await startEngine();
  const acts = createActs(engine, store);
  await acts.start();
  return { acts, bindings: engine.bindings, chose: followReading(store, acts) };
}

// What is dropped before the engine stands waits for it.
const take = (/** @type {import("./dropping.js").Dropped[]} */ files, /** @type {number} */ folders) => void started.then(({ acts }) => acts.take(files, folders)).catch(failed);
listenForDrops(take);

/** The screen as it stands. @type {{ end: () => void } | undefined} */
let screen;
store.watch((state) => [state.language], (language) => {
  const again = document.activeElement?.id;
  speak(language);
  root.lang = language;
  screen?.end();
  screen = compose();
  // The switch that was pressed is another element now.
  if (again) document.getElementById(again)?.focus();
});

/** Makes the whole screen in the words of the day. */
function compose() {
  const view = store.scope();
  const files = fileInput(words.files.choose, false, take);
  const folder = fileInput(words.files.folder, true, take);
  const ways = { choose: () => files.click(), folder: () => folder.click(), sample: () => void started.then(({ acts }) => acts.openSample()).catch(failed) };
  const furnished = started.then((engine) => furnish(engine));
  /** @type {() => void} */
  let deaf = () => {};
  const act = (/** @type {(engine: Awaited<typeof started>) => unknown} */ does) => () => void started.then(does);
  const notes = createNotes(view, { dismiss: (id) => void started.then(({ acts }) => acts.dismiss(id)), restart: () => void started.then(({ acts }) => acts.restart()) });
  const header = createHeader(view, {
    figure: () => void furnished.then(({ figure }) => figure.open()),
    exports: () => void furnished.then(({ exports }) => exports.open()),
    saveCase: act(({ acts }) => acts.saveCase()),
    theme: theme.switch,
    palette: () => void furnished.then(({ palette }) => palette.open()),
    undo: act(({ acts }) => acts.undo()),
    redo: act(({ acts }) => acts.redo()),
    evidence: act(({ chose }) => chose("evidence")),
    sites: act(({ chose }) => chose("sites")),
    links: act(({ acts }) => acts.table({ kind: "links" })),
  });
  const welcome = createWelcome(ways, view);
  const workspace = h("main", { class: "workspace", id: "workspace", hidden: true });
  app.replaceChildren(header, welcome, workspace, createFooter(), notes, createDropCover(), files, folder);
  view.watch((state) => [state.jobs.length > 0], (open) => {
    root.dataset.page = open ? "case" : "empty";
    workspace.hidden = !open;
    welcome.hidden = open;
  });
  furnished.then(() => { root.dataset.engine = "ready"; }, failed);

  /** @param {Awaited<typeof started>} engine */
  function furnish({ acts, bindings, chose }) {
    const figure = createFigure(bindings, view, acts);
    const exports = createExports(view, acts);
    const tabs = createTabs(view, {
      findings: createFindings(view, acts), evidence: createEvidence(view, acts, addButtons(ways, false)), sites: createSites(view, acts), policy: createPolicy(view, acts), response: createResponse(view, acts),
    }, chose);
    const commands = () => createCommands(view, acts, ways, { figure: figure.open, exports: exports.open, palette: () => palette.open(), keys: () => keys.open(), theme: theme.switch, tab: chose });
    const palette = createPalette(view, acts, commands);
    const keys = createKeysDialog(view, commands);
    const centre = createCentre(view, acts, { picture: createStage(bindings, view, acts), timeline: createTimeline(bindings, view, acts), tables: createTables(view, acts) });
    workspace.append(tabs, centre, createDetail(bindings, view, acts));
    app.append(figure.element, exports.element, palette.element, keys.element, createUnlocking(view, acts).element);
    deaf = listenForKeys(view, commands);
    return { figure, exports, palette };
  }

  return {
    end() {
      deaf();
      view.end();
    },
  };
}

addEventListener("beforeunload", (event) => {
  const { unsaved, case: view } = store.get();
  if (unsaved && !view?.synthetic) event.preventDefault();
});

function failed(/** @type {unknown} */ error) {
  store.set({ engine: "failed", fault: error instanceof Error ? error.message : String(error) });
  root.dataset.engine = "failed";
}
