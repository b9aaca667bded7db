// What may happen while the page is in use: an engine that breaks, memory that is refused, a file that changes under us, a
// save that fails. The rest goes on, and what was lost is said. The numbers are those of the list of hostile input.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileUrl, launch, launchFirefox, visit } from "./harness.mjs";
import { harm, slow } from "./harming.mjs";
import { conn, file, large } from "./offices.mjs";
import { drop, painted, read, saved } from "./screen.mjs";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const small = file("small.log", Array.from({ length: 200 }, (_, i) => conn(i * 11, "10.0.1.6", "10.0.1.4", 3389)).join("\n"));

/** The case as it is saved, and the account of the harmed file. */
async function told(/** @type {import("./harness.mjs").Visit} */ page) {
  const document = JSON.parse(String(await saved(page, () => page.frame.getByRole("button", { name: "Save case" }).click())));
  const evidence = (/** @type {string} */ name) => document.evidence.find((/** @type {any} */ each) => each.name === name);
  return { document, harmed: evidence("harmed.log").accounts, hash: evidence("harmed.log").sha256, small: evidence("small.log").accounts };
}

const BREAKS = "this.__wbg_ptr = 0xfffffff0;";
// More than an address space of 32 bits lets one ask for.
const REFUSED = "slice = new Uint8Array(2 ** 31 + 65536);";

// A file of its reader's own, then one whose hash is made apart, then one that two readers share.
for (const [title, how, megabytes] of /** @type {[string, string, number][]} */ ([
  ["case 80: an engine that breaks in mid-file is replaced", BREAKS, 20],
  ["case 81: an engine whose memory is refused is replaced", REFUSED, 20],
  ["case 80: an engine that breaks in a range of a file is replaced", BREAKS, 40],
  ["case 80: engines that break in both ranges of a file are replaced", BREAKS, 410],
])) {
  test(`${title}; what it had not read is unprocessed, the other files go on, exports say PARTIAL`, async () => {
    const page = await visit(browser, fileUrl);
    await harm(page.frame, "=== 33", how);
    const path = large("harmed.log", megabytes);
    if (megabytes > 32) await page.dropFiles([path]);
    await drop(page, megabytes > 32 ? [small] : [path, small]);
    assert.match(await page.frame.locator("header .chip.lacking").innerText(), /PARTIAL/);
    const { document, harmed, hash, small: other } = await told(page);
    const reasons = Object.keys(harmed.unprocessed);
    assert.deepEqual(reasons, ["engine fault at offset 8388608"]);
    assert.ok(harmed.parsed > 1000, "what stood before the fault is read");
    assert.equal(other.parsed, 200);
    assert.equal(document.partial, true);
    assert.equal(hash, null, "what was not read to its end has no hash");
    await page.close();
  });
}

test("an engine that breaks as it hands over what it read of a range loses nothing: one reader reads the file instead", async () => {
  const page = await visit(browser, fileUrl);
  await page.frame.evaluate(() => {
    document.getElementById("kyoten-reader").firstChild.data += `;(() => {
      const hook = self.kyotenWorker;
      self.kyotenWorker = (bindings) => {
        bindings.Handing.prototype.piece = () => { throw new WebAssembly.RuntimeError("unreachable"); };
        hook(bindings);
      };
    })();`;
  });
  const path = large("harmed.log", 40);
  await drop(page, [path]);
  const document = JSON.parse(String(await saved(page, () => page.frame.getByRole("button", { name: "Save case" }).click())));
  const [{ accounts, sha256 }] = document.evidence;
  assert.equal(accounts.records, readFileSync(path, "latin1").split("\n").filter((line) => line !== "").length);
  assert.deepEqual([Object.keys(accounts.unprocessed), sha256.length], [[], 64]);
  await page.close();
});

for (const megabytes of [20, 40, 410]) {
  test(`a file of ${megabytes} MB that is called off keeps what was read of it, and nothing of it goes on`, async () => {
    const page = await visit(browser, fileUrl);
    await slow(page.frame);
    await page.dropFiles([large("harmed.log", megabytes)]);
    await page.frame.locator("html[data-page=case]").waitFor();
    await page.frame.locator("#tab-evidence").click();
    await page.frame.locator(".file-state", { hasText: /^reading [1-9]/ }).waitFor();
    // Not by the pointer: the list moves while it fills, and on a slow machine the file would be read before the pointer has aimed.
    await page.frame.locator(".file").getByRole("button", { name: "Cancel" }).dispatchEvent("click");
    await drop(page, [small]);
    const { document, harmed, hash } = await told(page);
    assert.deepEqual(Object.keys(harmed.unprocessed), ["cancelled by the user"]);
    assert.ok(harmed.parsed > 1000 && harmed.unprocessed_bytes > 0, JSON.stringify(harmed));
    assert.deepEqual([document.partial, hash], [true, null]);
    assert.match(await page.frame.locator(".file").first().innerText(), /cancelled/i);
    // Its readers and the maker of its hash are gone.
    assert.ok(page.page.workers().filter((worker) => worker.url()).length <= 2, `${page.page.workers().length} workers`);
    await page.close();
  });
}

test("a file that is taken out while it is read does not come back", async () => {
  const page = await visit(browser, fileUrl);
  await slow(page.frame);
  await page.dropFiles([large("harmed.log", 40)]);
  await page.frame.locator("html[data-page=case]").waitFor();
  await page.frame.locator("#tab-evidence").click();
  await page.frame.locator(".file-state", { hasText: /^reading [1-9]/ }).waitFor();
  await page.frame.locator(".file summary").first().click();
  await page.frame.locator(".file").getByRole("button", { name: "Remove" }).dispatchEvent("click");
  await page.frame.locator(".file").waitFor({ state: "detached" });
  await drop(page, [small]);
  const document = JSON.parse(String(await saved(page, () => page.frame.getByRole("button", { name: "Save case" }).click())));
  assert.deepEqual(document.evidence.map((/** @type {any} */ each) => each.name), ["small.log"]);
  await page.close();
});

test("case 64: a file that changes while it is read is read up to there, and the receipt says so", async () => {
  const page = await visit(browser, fileUrl);
  await harm(page.frame, "=== 1", "const start = performance.now(); while (performance.now() - start < 3000) {}");
  const path = large("harmed.log", 60);
  const whole = readFileSync(path).length;
  await page.dropFiles([path]);
  await page.frame.locator("html[data-page=case]").waitFor();
  await page.page.waitForTimeout(800);
  appendFileSync(path, "another hand was here\n");
  await drop(page, [small]);
  const { document, harmed } = await told(page);
  const reasons = Object.entries(harmed.unprocessed);
  assert.ok(reasons.some(([reason]) => /^the browser could not read on: /.test(reason)), JSON.stringify(harmed));
  assert.ok(harmed.parsed > 1000 && harmed.parsed < whole / 100);
  assert.equal(document.partial, true);
  await page.close();
});

test("case 86: a save that fails is said, and the case still counts as unsaved", async () => {
  const page = await visit(browser, fileUrl);
  await drop(page, [small]);
  await page.frame.evaluate(() => { URL.createObjectURL = () => { throw new Error("there is no room"); }; });
  await page.frame.getByRole("button", { name: "Save case" }).click();
  await page.frame.getByText(/there is no room/).first().waitFor();
  const asks = await page.frame.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  assert.ok(asks, "leaving still asks");
  await page.close();
});

test("case 87: a picture that is too large for the browser is refused, and said", async () => {
  const page = await visit(browser, fileUrl);
  await drop(page, [small]);
  await page.frame.locator("#figure-open").click();
  // What a browser answers when it has no canvas of that size.
  await page.frame.evaluate(() => { HTMLCanvasElement.prototype.toBlob = (take) => take(null); });
  await page.frame.getByRole("button", { name: /PNG/ }).first().click();
  await page.frame.getByText(/so large/).first().waitFor();
  await page.close();
});

for (const [name, start] of /** @type {const} */ ([["Chromium", launch], ["Firefox", launchFirefox]])) {
  test(`two tabs at once in ${name} are two cases: both read, and neither leaves anything for the other`, async () => {
    const own = await start();
    const first = await visit(own, fileUrl, { locale: "en-US" });
    const second = await visit(own, fileUrl, { beside: first });
    const other = file("other-tab.log", Array.from({ length: 300 }, (_, i) => conn(i * 13, "10.0.1.4", "10.0.0.4", 445)).join("\n"));
    await first.dropFiles([small]);
    await second.dropFiles([other]);
    for (const [tab, path, flows] of /** @type {const} */ ([[second, "other-tab.log", 300], [first, "small.log", 200]])) {
      await tab.page.bringToFront();
      await tab.frame.locator("html[data-page=case]").waitFor();
      await read(tab.frame);
      const { evidence } = JSON.parse(String(await saved(tab, () => tab.frame.getByRole("button", { name: "Save case" }).click())));
      assert.deepEqual(evidence.map((/** @type {any} */ each) => [each.name, each.accounts.parsed]), [[path, flows]]);
    }
    await second.page.close();
    assert.equal(await first.frame.locator(".file").count(), 1, "the first goes on when the second is closed");
    const third = await visit(own, fileUrl, { beside: first });
    assert.equal(await third.frame.locator("html[data-page=empty]").count(), 1, "a new tab knows of no case");
    for (const tab of [first, second, third]) assert.deepEqual(tab.complaints, []);
    await own.close();
  });
}

test("a picture of thousands of links is painted in parts and shown whole; what moves it meanwhile is not lost", async () => {
  const count = 80;
  const net = (/** @type {number} */ site) => `10.9.${site}`;
  const many = file("many-sites.csv", ["site,cidr", ...Array.from({ length: count }, (_, site) => `Site ${site},${net(site)}.0/24`)].join("\n"));
  const pairs = Array.from({ length: count * count }, (_, n) => [Math.floor(n / count), n % count]).filter(([from, to]) => from !== to);
  const log = file("many.log", pairs.map(([from, to], n) => conn(n, `${net(from)}.5`, `${net(to)}.7`, 443)).join("\n"));
  const page = await visit(browser, fileUrl);
  // How many parts were painted, and what was shown after each.
  await page.frame.evaluate(() => {
    const watch = /** @type {any} */ (globalThis);
    watch.parts = 0;
    const draw = CanvasRenderingContext2D.prototype.getImageData;
    CanvasRenderingContext2D.prototype.getImageData = function (...where) {
      if (!this.canvas.isConnected) watch.parts += 1;
      return draw.apply(this, /** @type {any} */ (where));
    };
  });
  await drop(page, [many, log]);
  const parts = () => page.frame.evaluate(() => /** @type {any} */ (globalThis).parts);
  const until = async (/** @type {() => Promise<boolean>} */ met) => { while (!await met()) await new Promise((resolve) => setTimeout(resolve, 50)); };
  await until(async () => await painted(page.frame, ".picture-canvas") > 1000);
  const first = await parts();
  assert.ok(first >= 5, `${first} parts`);
  const shown = () => page.frame.locator(".picture-canvas").evaluate((/** @type {HTMLCanvasElement} */ canvas) => canvas.toDataURL());
  const before = await shown();
  const canvas = page.frame.locator(".picture-canvas");
  await canvas.focus();
  for (const key of ["+", "+", "+"]) await canvas.press(key);
  await until(async () => await shown() !== before);
  await canvas.press("0");
  await until(async () => await shown() === before);
  assert.deepEqual(page.complaints, []);
  await page.close();
});
