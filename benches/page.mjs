// Measures the sealed page in a real Chromium: node benches/page.mjs SITES RUNS LOG… Prints one JSON object. The first log is a
// Zeek log as TSV; PapaParse and DuckDB are measured on that.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { duckdbWasm } from "./duckdb-wasm.mjs";
import { fileUrl, launch, out, root, visit } from "../tests/browser/harness.mjs";
import { xtask } from "../tests/browser/xtask.mjs";

const [sites, runs, ...logs] = process.argv.slice(2);
const megabytesOf = (log) => statSync(log).size / 1e6;
/** How often memory is looked at, in milliseconds. */
const PACE = 100;

/** How long one run may take, in milliseconds. */
const PATIENCE = 600_000;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/**
 * The peak of the tab, in MB: of the renderer that holds the application (by far the largest), and of all renderers of the
 * browser together, with the outer document, the blank page and the spare one. Bytes of their own, and all that is resident.
 */
function watchMemory(browser) {
  const peak = { tab: 0, own: 0, resident: 0 };
  let session;
  const look = async () => {
    session ??= await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const sum = { own: 0, resident: 0 };
    let largest = 0;
    for (const { id, type } of processInfo) {
      if (type !== "renderer") continue;
      const status = readFileSync(`/proc/${id}/status`, "utf8");
      const own = Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000;
      largest = Math.max(largest, own);
      sum.own += own;
      sum.resident += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000;
    }
    peak.tab = Math.max(peak.tab, largest);
    peak.own = Math.max(peak.own, sum.own);
    peak.resident = Math.max(peak.resident, sum.resident);
  };
  // A renderer may end between being named and being looked at.
  const timer = setInterval(() => void look().catch(() => {}), PACE);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** One log through the page. */
async function throughThePage(log) {
  const browser = await launch();
  const opened = await visit(browser, fileUrl);
  const { frame } = opened;
  await opened.chooseFiles("input[type=file]:not([webkitdirectory])", sites);
  await frame.locator("html[data-page=case]").waitFor();
  await frame.evaluate(() => {
    // How late a timer is says how long the thread was not free.
    const watch = { longest: 0, last: performance.now() };
    globalThis.kyotenWatch = watch;
    setInterval(() => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - watch.last - 10);
      watch.last = now;
    }, 10);
  });
  const stop = watchMemory(browser);
  const start = performance.now();
  await opened.chooseFiles("input[type=file]:not([webkitdirectory])", log);
  // A file's bar goes when all of it is counted in. (Playwright's own waiting needs eval, which the page's policy forbids.)
  const isDone = (name) => [...document.querySelectorAll("li.file")]
    .some((file) => file.querySelector(".file-name")?.textContent === name && file.querySelector("progress")?.hidden);
  const isRead = (name) => [...document.querySelectorAll("li.file")]
    .some((file) => file.querySelector(".file-name")?.textContent === name && file.querySelector("progress")?.value >= 100);
  let read;
  while (!(await frame.evaluate(isDone, basename(log)))) {
    if (read === undefined && await frame.evaluate(isRead, basename(log))) read = (performance.now() - start) / 1000;
    if (performance.now() - start > PATIENCE) throw new Error(`the page was not done with ${log} after ${PATIENCE / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - start) / 1000;
  // The case, its findings and the picture follow the receipt.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const longest = await frame.evaluate(() => globalThis.kyotenWatch.longest);
  const peak = stop();
  const complaints = opened.complaints;
  await opened.close();
  const version = browser.version();
  await browser.close();
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  return { seconds, read: read ?? seconds, longest, peak, version };
}

/** The same log merely read; a packed one also unpacked, by the browser's own decompressor. */
async function merelyRead(log) {
  const [command, ...first] = xtask();
  const script = execFileSync(command, [...first, "join", join(root, "benches/reading.js")], { encoding: "utf8", cwd: root });
  const page = join(out, "reading.html");
  const blob = `URL.createObjectURL(new Blob([${JSON.stringify(script).replaceAll("<", "\\u003c")}], { type: "text/javascript" }))`;
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><title>reading</title><input type="file"><script>
    const worker = new Worker(${blob});
    worker.onmessage = (event) => { globalThis.said = event.data; };
    document.querySelector("input").onchange = (event) => worker.postMessage(event.target.files[0]);
  </script>`);
  const browser = await launch();
  const tab = await browser.newPage();
  await tab.goto(pathToFileURL(page).href);
  await tab.setInputFiles("input", log);
  const said = await (await tab.waitForFunction(() => globalThis.said, undefined, { timeout: 600_000 })).jsonValue();
  await browser.close();
  return said.seconds;
}

/** How much of the log PapaParse is given: all of it would take minutes, and its speed does not depend on it. */
const PAPA_BYTES = 100_000_000;

/** PapaParse in a worker of its own, over the log's beginning, with the plainest sums by host pair: MB/s. */
async function papaParse(log) {
  const library = readFileSync(join(root, "tests/browser/node_modules/papaparse/papaparse.min.js"), "utf8");
  const script = `${library}
    self.onmessage = (event) => {
      const start = performance.now();
      const sums = new Map();
      Papa.parse(event.data, { delimiter: "\\t", quoteChar: "\\0", comments: "#", chunkSize: 8 << 20,
        step: ({ data }) => {
          const key = data[2] + " " + data[4] + " " + data[5];
          const sum = sums.get(key);
          if (sum) { sum[0] += 1; sum[1] += Number(data[9]) || 0; sum[2] += Number(data[10]) || 0; }
          else sums.set(key, [1, Number(data[9]) || 0, Number(data[10]) || 0]);
        },
        complete: () => self.postMessage({ pairs: sums.size, seconds: (performance.now() - start) / 1000 }) });
    };`;
  const page = join(out, "papaparse.html");
  const blob = `URL.createObjectURL(new Blob([${JSON.stringify(script).replaceAll("<", "\\u003c")}], { type: "text/javascript" }))`;
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><title>papaparse</title><input type="file"><script>
    const worker = new Worker(${blob});
    worker.onmessage = (event) => { globalThis.said = event.data; };
    document.querySelector("input").onchange = (event) => worker.postMessage(event.target.files[0].slice(0, ${PAPA_BYTES}));
  </script>`);
  const browser = await launch();
  const tab = await browser.newPage();
  await tab.goto(pathToFileURL(page).href);
  await tab.setInputFiles("input", log);
  const said = await (await tab.waitForFunction(() => globalThis.said, undefined, { timeout: 600_000 })).jsonValue();
  await browser.close();
  return Math.min(PAPA_BYTES / 1e6, megabytesOf(log)) / said.seconds;
}

/** All runs of one log, and what it is measured beside. */
async function measure(log, { first }) {
  const megabytes = megabytesOf(log);
  const [pages, readings] = [[], []];
  const papa = first ? await papaParse(log) : undefined;
  const duckdb = first ? await duckdbWasm(log) : undefined;
  for (let run = 0; run < Number(runs); run += 1) {
    readings.push(await merelyRead(log));
    pages.push(await throughThePage(log));
    const page = pages.at(-1);
    console.error(`${basename(log)}, run ${run + 1}: read ${readings.at(-1).toFixed(2)} s, page ${page.read.toFixed(2)} s to its last byte, ${page.seconds.toFixed(2)} s to its receipt, ${page.peak.tab.toFixed(0)} MB, all renderers ${page.peak.own.toFixed(0)} MB`);
  }
  return {
    name: basename(log),
    version: pages[0].version,
    megabytes,
    // Until the last byte was read, before all of it was counted in.
    read_mb_per_s: megabytes / median(pages.map(({ read }) => read)),
    page_mb_per_s: megabytes / median(pages.map(({ seconds }) => seconds)),
    reading_mb_per_s: megabytes / median(readings),
    papaparse_mb_per_s: papa,
    duckdb_mb_per_s: duckdb?.seconds && megabytes / duckdb.seconds,
    duckdb_error: duckdb?.error,
    // The worst of all runs: a peak and a block are promises, not speeds.
    peak_mb: Math.max(...pages.map(({ peak }) => peak.tab)),
    peak_all_mb: Math.max(...pages.map(({ peak }) => peak.own)),
    peak_rss_mb: Math.max(...pages.map(({ peak }) => peak.resident)),
    longest_block_ms: Math.max(...pages.map(({ longest }) => longest)),
  };
}

const measured = [];
for (const log of logs) measured.push(await measure(log, { first: log === logs[0] }));
console.log(JSON.stringify({ browser: `Chromium ${measured[0].version}`, logs: measured }));
