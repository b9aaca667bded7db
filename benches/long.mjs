// Long use, in one document of the sealed page that is never loaded anew: node benches/long.mjs MINUTES FILE… The files are a site book, a
// policy and logs with findings. A cycle is what an analyst does with a case: drop, brush, lay out, open, ask where else, search,
// decide and undo, take figure, report and case, and put all files away again; then the saved case is dropped with its logs. After
// each cycle, with nothing open and all garbage collected, memory is looked at. Prints one JSON object, with `grown` where
// what was found at the end is too much more than at the beginning.
import { basename } from "node:path";
import { fileUrl, launch, visit } from "../tests/browser/harness.mjs";
import { inWords, read, tab } from "../tests/browser/screen.mjs";

const [minutes, ...files] = process.argv.slice(2);
/** The sample is 60 MB of logs, and the machine may be busy. */
const PATIENCE = 300_000;
/** What the last third may have more than the first, in parts of it; what a step of the allocator is, is let pass. */
const MORE = 0.1;
const STEP = { megabytes: 16, heap: 2, nodes: 500, listeners: 200 };

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const browser = await launch(["--js-flags=--expose-gc", "--enable-precise-memory-info"]);
const opened = await visit(browser, fileUrl, { locale: "en-GB" });
const { frame, page } = opened;
// The frame may be a process of its own.
const debug = await page.context().newCDPSession(frame).catch(() => page.context().newCDPSession(page));
await debug.send("Performance.enable");
/** What a person did, a click, a drag or a line typed at a time. */
let acts = 0;
const act = async (does) => { acts += 1; return does; };
const press = (name, within = frame) => act(within.getByRole("button", { name }).first().click({ timeout: PATIENCE }));

/** One look at memory, when nothing is open. */
async function look() {
  for (let round = 0; round < 2; round += 1) {
    await frame.evaluate(() => globalThis.gc());
    for (const worker of page.workers()) await worker.evaluate(() => globalThis.gc()).catch(() => {});
    await debug.send("HeapProfiler.collectGarbage");
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  // The case's log is kept on purpose: what is done with the case goes on record, and its newest hundred entries are listed.
  const [heap, logged] = await frame.evaluate(() => {
    const count = (node) => 1 + [...node.childNodes].reduce((sum, child) => sum + count(child), 0);
    return [performance.memory.usedJSHeapSize / 1e6, [...document.querySelectorAll("ol.log")].reduce((sum, list) => sum + count(list), 0)];
  });
  const { metrics } = await debug.send("Performance.getMetrics");
  const metric = (name) => metrics.find((each) => each.name === name)?.value ?? 0;
  // Nodes that are in no document, but that something still holds, are counted too.
  return { megabytes: await opened.memory(), heap, nodes: metric("Nodes") - logged, listeners: metric("JSEventListeners"), workers: page.workers().length };
}

async function take(paths) {
  await act(opened.dropFiles(paths));
  await frame.locator("html[data-page=case]").waitFor({ timeout: PATIENCE });
  await frame.locator(".file").nth(paths.length - 1).waitFor({ state: "attached", timeout: PATIENCE });
  await read(frame, PATIENCE);
}

/** Everything out of the case again. */
async function putAway() {
  await act(tab(frame, "evidence"));
  for (let left = await frame.locator("#panel-evidence .file").count(); left > 0; left -= 1) {
    const file = frame.locator("#panel-evidence .file").first();
    if (!(await file.locator("details").first().evaluate((fold) => fold.open))) await act(file.locator("summary").first().click());
    await press("Remove", file);
    await frame.locator("#panel-evidence .file").nth(left - 1).waitFor({ state: "detached" });
  }
  await frame.locator("html[data-page=empty]").waitFor();
}

/** @returns {Promise<string>} where the case was saved */
async function work() {
  const detail = frame.locator("aside.detail");
  if ((await inWords(frame)).length === 0) throw new Error("there is no picture");
  const box = await frame.locator(".timeline-box").boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 20, { steps: 4 });
  await act(page.mouse.up());
  await press("All time");
  for (const layout of ["Matrix", "Map", "Ring"]) await press(layout);
  await act(tab(frame, "findings"));
  await act(frame.locator("#panel-findings button.finding").first().click());
  await detail.locator("[data-done]").waitFor({ timeout: PATIENCE });
  await act(detail.locator("#decision-verdict").selectOption("confirmed"));
  await act(detail.locator("#decision-who").fill("m.sato"));
  await act(detail.locator("#decision-why").fill("the office confirmed it"));
  await act(detail.locator(".decision button[type=submit]").click());
  await detail.locator(".decided").first().waitFor({ timeout: PATIENCE });
  await act(frame.locator("#undo").click());
  await detail.locator(".decided").first().waitFor({ state: "detached", timeout: PATIENCE });
  await press("Who else?", detail);
  await frame.locator("#panel-response .sweep [data-outcome]").first().waitFor({ timeout: PATIENCE });
  const search = frame.locator("#panel-response details", { has: frame.locator("#search-text") });
  if (!(await search.evaluate((fold) => fold.open))) await act(search.locator("summary").first().click());
  await act(frame.locator("#search-text").fill("203.0.113[.]250\n10.66.8.41"));
  await press("Search all evidence");
  await frame.locator("#panel-response .row-met").first().waitFor({ timeout: PATIENCE });
  await press("Stop", search);
  await act(frame.locator(".chip.fact", { hasText: "connections" }).click());
  await act(frame.locator("#tables .row-open").first().click());
  await act(frame.locator("#centre-picture").click());
  await act(frame.locator("#figure-open").click());
  await frame.locator("#figure-caption").evaluate((area) => new Promise((resolve) => { const again = () => (area.value ? resolve() : setTimeout(again, 50)); again(); }));
  await opened.download(() => press("Save SVG"));
  await act(frame.locator("dialog.figure .dialog-head button").click());
  await act(frame.locator("#exports-open").click());
  await opened.download(() => press("Report in English"));
  await act(frame.locator("dialog.exports .dialog-head button").click());
  return (await opened.download(() => press("Save case"))).path;
}

const looks = [];
/** The case that the cycle before saved, where it is this one's to open. @type {string | undefined} */
let saved;
const start = performance.now();
const logs = files.filter((file) => !/(sites|policy)\.csv$/.test(basename(file)));
try {
  while (performance.now() - start < Number(minutes) * 60_000 || looks.length < 6) {
    await take(saved ? [saved, ...logs] : files);
    const kept = await work();
    saved = saved ? undefined : kept;
    await putAway();
    looks.push({ cycle: looks.length + 1, acts, seconds: Math.round((performance.now() - start) / 1000), ...await look() });
    console.error(JSON.stringify(looks.at(-1)));
    if (opened.complaints.length > 0) throw new Error(opened.complaints.join("\n"));
  }
} catch (error) {
  await opened.picture("long");
  throw error;
}
const third = Math.max(1, Math.floor(looks.length / 3));
const thirds = Object.fromEntries(Object.keys(STEP).map((name) => [name, [0, third, looks.length - third].map((from) => median(looks.slice(from, from + third).map((each) => each[name])))]));
const grown = Object.entries(thirds).filter(([name, [first, , last]]) => last - first > Math.max(STEP[name], first * MORE)).map(([name]) => name);
console.log(JSON.stringify({ browser: `Chromium ${browser.version()}`, minutes: (performance.now() - start) / 60_000, cycles: looks.length, acts, thirds, grown }));
await browser.close();
