// Opens the sealed page in a real browser, Chromium unless it is said otherwise, as a user would, and keeps a list of everything it should not do.
import { chromium, firefox } from "playwright-core";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { xtask } from "./xtask.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "..", "..");
export const dist = join(root, "dist", "kyoten.html");
/** Pictures and downloads that a run leaves behind. */
export const out = join(here, "out");
mkdirSync(out, { recursive: true });

/** The browser keeps quiet by itself, so that every request in the log is the page's. */
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** @returns {string} the browser that is here */
export function findChromium() {
  return process.env.KYOTEN_CHROMIUM ?? find(["chromium", "chromium-browser", "google-chrome"], "Chromium", "KYOTEN_CHROMIUM");
}

/** @returns {string} the Firefox that is here */
export function findFirefox() {
  return process.env.KYOTEN_FIREFOX ?? find(["firefox-esr", "firefox"], "Firefox", "KYOTEN_FIREFOX");
}

/** @param {string[]} names @param {string} browser @param {string} variable */
function find(names, browser, variable) {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        continue; // not in this folder
      }
    }
  }
  throw new Error(`No ${browser} is here: install it (Debian: apt-get install ${names[0]}), or name one in ${variable}.`);
}

/** @returns {Promise<import("playwright-core").Browser>} */
export function launch(extra = []) {
  return chromium.launch({ executablePath: findChromium(), args: [...QUIET, ...extra] });
}

/** Where Firefox saves: playwright hears of no download from within a frame there, so the files themselves are looked for. */
const downloads = join(out, "firefox");

/** Firefox as it is shipped, driven by WebDriver BiDi. @returns {Promise<import("playwright-core").Browser>} */
export function launchFirefox() {
  mkdirSync(downloads, { recursive: true });
  return firefox.launch({ channel: "moz-firefox", executablePath: findFirefox(), downloadsPath: downloads });
}

/**
 * Starts the real server on a free port.
 * @returns {Promise<{ url: string, stop(): void }>}
 */
export async function serve() {
  const [command, ...first] = xtask();
  const server = spawn(command, [...first, "serve", "--no-build", "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let said = "";
    server.stdout.on("data", (chunk) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
      if (found) resolve(found[0]);
    });
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  return { url, stop: () => void server.kill() };
}

export const fileUrl = pathToFileURL(dist).href;

/**
 * The sealed page with another script in the place of www/main.js, under the same policy but for that script's digest.
 * @param {string} script
 * @returns {string} its address
 */
export function resealed(script) {
  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const digest = (text) => createHash("sha256").update(text).digest("base64");
  const page = readFileSync(dist, "utf8");
  const end = page.lastIndexOf("</script>");
  const start = page.lastIndexOf("<script>", end) + "<script>".length;
  const main = page.slice(start, end).replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const path = join(out, "resealed.html");
  writeFileSync(path, (page.slice(0, start) + escaped(script) + page.slice(end)).replaceAll(digest(main), digest(script)));
  return pathToFileURL(path).href;
}

/**
 * One visit to the page. `frame` is the application inside the sandbox; `complaints` and `requests` fill while it lives.
 * @typedef {object} Visit
 * @property {import("playwright-core").Page} page
 * @property {import("playwright-core").Frame} frame
 * @property {string[]} complaints console errors and warnings, uncaught errors, crashes, policy violations
 * @property {string[]} requests every address that was asked for, the document's own included, blobs and data excluded
 * @property {(paths: string[], at?: { x: number, y: number }) => Promise<void>} dropFiles a trusted drop from the desktop; in Firefox one made by a script
 * @property {(selector: string, paths: string | string[]) => Promise<void>} chooseFiles through a file input
 * @property {(act: () => Promise<unknown>) => Promise<{ name: string, path: string }>} download what an act saves
 * @property {(name: string) => Promise<string>} picture a screenshot in out/
 * @property {() => Promise<number>} memory megabytes of their own that the pages' processes hold, workers included and shared libraries not (Linux only)
 * @property {() => Promise<void>} close
 */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions & { ready?: boolean, beside?: Visit }} [options] `ready: false` does not wait for the
 *   engine; `beside` opens another tab beside that one, of the same profile
 * @returns {Promise<Visit>}
 */
export async function visit(browser, url, { ready = true, beside, ...options } = {}) {
  if (!existsSync(dist)) throw new Error("dist/kyoten.html is not built: run cargo xtask dist");
  const context = beside?.page.context() ?? await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  // The browser's own network log, of workers too: what the page tries counts, whether or not it gets through.
  const note = (request) => {
    if (!/^(blob|data|about):/.test(request.url())) requests.push(request.url());
  };
  context.on("request", note);
  page.on("websocket", (socket) => requests.push(socket.url()));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("crash", () => complaints.push("the page crashed"));
  page.on("popup", (popup) => complaints.push(`a window opened: ${popup.url()}`));
  // What the policy stops in either of two tabs is a complaint of the first.
  if (!beside) await context.exposeFunction("kyotenViolation", (text) => void complaints.push(text));
  if (!beside) await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      globalThis.kyotenViolation?.(`policy: ${event.effectiveDirective} stopped ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  const frame = page.frames().find((each) => each.parentFrame() === page.mainFrame());
  if (!frame) throw new Error("the page has no frame with the application");
  if (ready) await frame.locator("html[data-engine]").waitFor({ timeout: 60_000 });

  const isChromium = browser.browserType().name() === "chromium";
  const debug = isChromium ? await context.newCDPSession(page) : undefined;
  return {
    page,
    frame,
    complaints,
    requests,
    async dropFiles(paths, at = { x: 300, y: 300 }) {
      if (!debug) {
        await dropByScript(frame, paths);
        return;
      }
      const data = { items: [], files: paths, dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"]) await debug.send("Input.dispatchDragEvent", { type, ...at, data });
    },
    async chooseFiles(selector, paths) {
      await frame.locator(selector).setInputFiles(paths);
    },
    async download(act) {
      if (!isChromium) return savedBy(act);
      const waiting = page.waitForEvent("download");
      await act();
      const download = await waiting;
      const name = download.suggestedFilename();
      const path = join(out, name);
      await download.saveAs(path);
      return { name, path };
    },
    async picture(name) {
      const path = join(out, `${name}.png`);
      await page.screenshot({ path });
      return path;
    },
    async memory() {
      const session = await browser.newBrowserCDPSession();
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      await session.detach();
      const held = (id) => Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
      return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { id }) => sum + held(id), 0) / 1000;
    },
    close: () => context.close(),
  };
}

/** A drop as far as a script can make one: the events and the files are the browser's own, only no hand let them go. */
async function dropByScript(frame, paths) {
  const files = paths.map((path) => ({ name: basename(path), bytes: readFileSync(path).toString("base64") }));
  await frame.evaluate((given) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes } of given) dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { lastModified: 1 }));
    for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }, files);
}

/** The file that an act saves, once it is whole. */
async function savedBy(act) {
  const before = new Set(readdirSync(downloads));
  await act();
  for (let tries = 0; tries < 300; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const name = readdirSync(downloads).find((each) => !before.has(each) && !each.endsWith(".part"));
    const path = name && join(downloads, name);
    // A name stands there empty while the file is written beside it.
    if (path && statSync(path).size > 0 && !existsSync(`${path}.part`)) return { name, path };
  }
  throw new Error("Firefox saved no file within 30 seconds");
}
