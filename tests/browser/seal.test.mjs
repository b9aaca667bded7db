// Nothing gets out of the page, even by a script that somebody managed to run in it: every way out that we know of, tried in
// Chromium and in Firefox, from the disk and from the server, where a sink answers every name and hears every packet. Each
// was seen to arrive there without our defences, or it would prove nothing.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { apart, impossible } from "./apart.mjs";
import { CHANNELS, QUIET } from "./channels.mjs";
import { fileUrl, findFirefox, launch, root, visit } from "./harness.mjs";

/** What no page can close, and what it gives away (README names it): never a request, and the page stays. */
const GIVEN_AWAY = { chromium: ["look-up", "connection"], firefox: [] };

const cannot = impossible();
const browsers = /** @type {const} */ (["chromium", "firefox"]);
const lacking = { chromium: cannot, firefox: cannot || absent(findFirefox) };
/** @type {Record<string, any>} */
const told = {};

/** Why there is no such browser; nothing where there is. */
function absent(/** @type {() => string} */ find) {
  try {
    find();
    return "";
  } catch (error) {
    return String(error);
  }
}

before(async () => {
  await Promise.all(browsers.filter((browser) => !lacking[browser]).map(async (browser) => {
    const [command, ...words] = apart([process.execPath, "channels-visit.mjs", browser]);
    const child = spawn(command, words, { cwd: `${root}/tests/browser`, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => { said += chunk; });
    await once(child, "close");
    told[browser] = JSON.parse(said || "{}");
  }));
}, { timeout: 600_000 });

for (const browser of browsers) {
  describe(`in ${browser}`, { skip: lacking[browser] || false }, () => {
    test("without the defences at least forty ways out arrive, so that the test can fail", () => {
      const { control } = told[browser];
      const arrived = Object.keys(control).filter((name) => control[name].length > 0);
      assert.ok(arrived.length >= 40, `${arrived.length}`);
      console.log(`${told[browser].browser}: ${arrived.length} of ${CHANNELS.length} ways out arrive without the defences`);
      const document = readFileSync(`${root}/docs/security.md`, "utf8");
      assert.ok(document.includes(`by any of ${CHANNELS.length} ways`), "docs/security.md says how many were tried");
      const silent = CHANNELS.map(({ name }) => name).filter((name) => !arrived.includes(name));
      assert.deepEqual(silent.filter((name) => !QUIET[browser].includes(name)), [], "these arrived once, and should again");
    });

    for (const way of /** @type {const} */ (["file", "server"])) {
      for (const { name, open } of CHANNELS) {
        test(`${name}, from the ${way}: ${open ? "no request leaves, and the page stays" : "nothing arrives"}`, () => {
          const { heard, gone, left } = told[browser][way];
          const allowed = open ? GIVEN_AWAY[browser] : [];
          assert.deepEqual(heard[name].filter((/** @type {string} */ kind) => !allowed.includes(kind)), [], "somebody outside heard of it");
          assert.ok(!gone.includes(name) && !left.includes(name), "the page is no longer the page");
        });
      }
    }

    test("nothing else arrives than what the browser asks for on its own account", () => {
      const foreign = told[browser].others.filter((/** @type {string} */ each) => !/^look-up \S*\b(google|googleapis|gvt1|gstatic|mozilla|firefox|mozgcp)\.(com|net|org)$/.test(each));
      // Controls of WebRTC and WebTransport come by port, without a name; the page's own server is asked for by its address.
      assert.deepEqual(foreign.filter((/** @type {string} */ each) => !/^(packet|connection) (443|3478)$|^request (localhost|127\.0\.0\.1)$/.test(each)), []);
    });
  });
}

describe("the frame", () => {
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {import("./harness.mjs").Visit} */
  let shared;
  before(async () => { browser = await launch(); shared = await visit(browser, fileUrl); });
  after(() => browser?.close());

  test("WebRTC, its kin and window.open are gone, in the frame and in workers", async () => {
    const kin = ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "open"];
    const left = (/** @type {string[]} */ names) => names.filter((name) => globalThis[name] !== undefined);
    assert.deepEqual(await shared.frame.evaluate(left, kin), []);
    for (const worker of shared.page.workers()) assert.deepEqual(await worker.evaluate(left, kin), []);
  });

  test("it has no origin, so it keeps nothing and reads nothing of its neighbours", async () => {
    const { frame } = shared;
    assert.equal(await frame.evaluate(() => self.origin), "null");
    assert.match(await frame.evaluate(() => { try { return String(localStorage.length); } catch (error) { return error.name; } }), /SecurityError/);
    assert.match(await frame.evaluate(() => { try { return parent.document.title; } catch (error) { return error.name; } }), /SecurityError/);
  });

  test("it makes no markup from text, whether or not the browser has Trusted Types", async () => {
    const refused = await shared.frame.evaluate(() => {
      const box = document.createElement("div");
      const sinks = {
        innerHTML: () => { box.innerHTML = "<p>"; }, outerHTML: () => { document.body.outerHTML = "<p>"; },
        insertAdjacentHTML: () => box.insertAdjacentHTML("beforeend", "<p>"), write: () => document.write("<p>"), open: () => document.open(),
        fragment: () => document.createRange().createContextualFragment("<p>"), parser: () => new DOMParser().parseFromString("<p>", "text/html"),
      };
      return Object.entries(sinks).filter(([, sink]) => { try { sink(); return false; } catch (error) { return /no markup from text/.test(error.message); } }).map(([name]) => name);
    });
    assert.deepEqual(refused, ["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "open", "fragment", "parser"]);
  });
});
