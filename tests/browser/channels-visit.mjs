// Tries every way out, in a network of its own where the sink answers: first from a page without defences, then from the
// sealed page. Told as JSON: by channel, what was heard of it. `node channels-visit.mjs chromium|firefox`
import { chromium } from "playwright-core";
import { CHANNELS, QUIET } from "./channels.mjs";
import { fileUrl, findChromium, launchFirefox, serve, visit } from "./harness.mjs";
import { ZONE, listen } from "./sink.mjs";

const which = process.argv[2];
const heard = await listen();
// Not as quiet as the other tests ask it to be: without background networking Chromium follows no hint to look up or connect.
const eager = { ignoreDefaultArgs: ["--disable-background-networking"], args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] };
const browser = which === "firefox" ? await launchFirefox() : await chromium.launch({ ...eager, executablePath: findChromium() });
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Under which name it would be heard of in this round. */
const host = (/** @type {string} */ round, /** @type {string} */ id) => `${id}-${round}.${ZONE}`;

/** Runs an attempt and forgets how it fails: what counts is whether anybody heard of it. */
async function attempt(/** @type {import("playwright-core").Frame | import("playwright-core").Page} */ where, /** @type {import("./channels.mjs").Channel} */ { id, source }, /** @type {string} */ round) {
  const name = host(round, id);
  const text = `(() => { try { Promise.resolve((${source})("http://${name}/${round}/script-style-module-worker", "${name}", "/control-worker?${name}")).catch(() => {}); } catch (error) { return String(error); } })()`;
  // A document that is led away ends the evaluation, or, in Firefox, leaves it without an answer.
  return Promise.race([where.evaluate(text).catch((error) => String(error)), sleep(2000)]);
}

/** What was heard of each channel in this round. */
function of(/** @type {string} */ round) {
  const of = (/** @type {string} */ id) => [...new Set(heard.filter(({ name, path }) => name === host(round, id) || path?.endsWith(`?${host(round, id)}`)).map(({ kind }) => kind))];
  return Object.fromEntries(CHANNELS.map(({ name, id }) => [name, of(id)]));
}

/** How long was waited for what comes late: two seconds, and on a slow machine until all that arrives has arrived. */
let patience = 2000;
async function settle(/** @type {import("./channels.mjs").Channel[]} */ channels) {
  const start = performance.now();
  const quiet = /** @type {string[]} */ (QUIET[/** @type {keyof typeof QUIET} */ (which)]);
  const loud = channels.filter(({ name }) => !quiet.includes(name));
  await sleep(patience);
  const all = () => {
    const arrived = of("control");
    return loud.every(({ name }) => (arrived[name] ?? []).length > 0);
  };
  while (!all() && performance.now() - start < 20_000) await sleep(100);
  patience = performance.now() - start;
}

/** The same attempts where nothing stands in their way. A name for this machine makes it a page that browsers trust. */
async function control() {
  const context = await browser.newContext();
  let page = await context.newPage();
  await page.goto("http://localhost/control");
  const staying = CHANNELS.filter(({ leaves }) => !leaves);
  for (const channel of staying) await attempt(page.mainFrame(), channel, "control");
  await settle(staying);
  // By a name of its own now: Firefox asks before a page that it trusts sends a form in the clear.
  await page.goto(`http://open.${ZONE}/control`);
  for (const channel of CHANNELS.filter(({ leaves }) => leaves)) {
    await attempt(page.mainFrame(), channel, "control");
    const arrived = () => heard.some(({ kind, name }) => kind === "request" && name === host("control", channel.id));
    for (let waited = 0; waited < 3000 && !arrived(); waited += 50) await sleep(50);
    page = await context.newPage();
    await page.goto(`http://open.${ZONE}/control`);
    for (const other of context.pages()) if (other !== page) await Promise.race([other.close(), sleep(2000)]);
  }
  await context.close();
  return of("control");
}

async function sealed(/** @type {string} */ round, /** @type {string} */ url) {
  const ready = (/** @type {import("playwright-core").Frame} */ frame) => frame.evaluate("document.documentElement.dataset.engine").catch(() => "gone");
  const gone = [];
  let page = await visit(browser, url);
  for (const channel of CHANNELS.filter(({ open }) => !open)) {
    await attempt(page.frame, channel, round);
    // A page that was led away could try nothing more.
    if (channel.leaves) await sleep(50);
    if (page.page.url() !== url || (await ready(page.frame)) !== "ready" || page.page.context().pages().length > 1) {
      gone.push(channel.name);
      await page.close();
      page = await visit(browser, url);
    }
  }
  // As long as the control waited for what comes late.
  await sleep(patience);
  await page.close();
  const left = [];
  for (const channel of CHANNELS.filter(({ open }) => open)) {
    const page = await visit(browser, url);
    await attempt(page.frame, channel, round);
    await sleep(700);
    if (page.page.url() !== url) left.push(channel.name);
    await page.close();
  }
  return { heard: of(round), gone, left };
}

const server = await serve();
const result = { browser: `${which} ${browser.version()}`, control: await control(), file: await sealed("file", fileUrl), server: await sealed("server", server.url) };
server.stop();
await browser.close();
// Whatever came under no name of ours: by port, or asked for by the browser itself.
const others = [...new Set(heard.filter(({ name, path }) => !name.endsWith(ZONE) && !/control/.test(path ?? "")).map(({ kind, name }) => `${kind} ${name}`))];
console.log(JSON.stringify({ ...result, others }));
process.exit(0);
