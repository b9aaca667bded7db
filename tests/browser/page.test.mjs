// The sealed page opens by both ways, starts its engine and workers, and asks for nothing.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { dist, fileUrl, launch, out, serve, visit } from "./harness.mjs";
import { netLogTo, reachedFor } from "./netlog.mjs";

let browser, server;
const log = join(out, "page-netlog.json");
before(async () => { [browser, server] = await Promise.all([launch(netLogTo(log)), serve()]); });
after(async () => { server?.stop(); await browser?.close(); });

for (const way of ["file", "server"]) {
  describe(`opened from ${way}`, () => {
    const url = () => (way === "file" ? fileUrl : server.url);

    test("the engine starts, in silence, and nothing but the page is asked for", async () => {
      const { page, frame, complaints, requests, close } = await visit(browser, url());
      assert.equal(await frame.locator("html").getAttribute("data-engine"), "ready", await frame.locator("body").innerText());
      assert.ok(page.workers().length >= 1, "workers run");
      assert.deepEqual(complaints, []);
      assert.deepEqual(requests, [url()]);
      await close();
    });

    test("the keyboard is in the application from the start", async () => {
      const { frame, close } = await visit(browser, url());
      assert.equal(await frame.evaluate(() => document.hasFocus()), true);
      await close();
    });
  });
}

for (const [name, options] of Object.entries({
  "wide-light": { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  "wide-dark": { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  "narrow-light": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "narrow-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
})) {
  test(`the page fits the window: ${name}`, async () => {
    const { frame, complaints, picture, close } = await visit(browser, fileUrl, options);
    assert.ok(statSync(await picture(`page-${name}`)).size > 0);
    const [needed, given] = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(needed <= given, `the page is ${needed} wide in a window of ${given}`);
    assert.deepEqual(complaints, []);
    await close();
  });
}

test("the empty page with its workers takes less than 250 MB", { skip: process.platform !== "linux" && "memory is read from /proc" }, async () => {
  const { memory, close } = await visit(browser, fileUrl);
  const held = await memory();
  assert.ok(held > 10 && held < 250, `${held} MB`);
  await close();
});

test("without scripts the page says what it needs", async () => {
  // The whole browser runs none: told to a page, it may come too late for the frame within.
  const without = await launch(["--blink-settings=scriptEnabled=false"]);
  const { frame } = await visit(without, fileUrl, { ready: false });
  await frame.getByText(/JavaScript/).first().waitFor();
  await without.close();
});

test("version and build are in the page, and its digest is beside it", async () => {
  const { frame, close } = await visit(browser, fileUrl);
  assert.match(await frame.locator('meta[name="kyoten-build"]').getAttribute("content"), /^[0-9a-f]{12}$/);
  assert.match(await frame.locator('meta[name="kyoten-version"]').getAttribute("content"), /^\d+\.\d+\.\d+/);
  const { createHash } = await import("node:crypto");
  const { readFileSync } = await import("node:fs");
  const digest = createHash("sha256").update(readFileSync(dist)).digest("hex");
  assert.equal(readFileSync(`${dist}.sha256`, "utf8"), `${digest}  kyoten.html\n`);
  await close();
});

test("the server answers with the page alone, under its policy, and to its own name only", async () => {
  const page = await fetch(server.url);
  assert.equal(page.status, 200);
  const policy = page.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'.*frame-ancestors 'none'$/);
  assert.ok((await page.text()).includes(policy.replace("; frame-ancestors 'none'", "")), "header and page say the same");
  assert.equal(page.headers.get("cache-control"), "no-store");
  assert.equal((await fetch(`${server.url}Cargo.toml`)).status, 404);
  const { request } = await import("node:http");
  const status = await new Promise((resolve) => request(server.url, { headers: { host: "elsewhere.example" } }, (answer) => resolve(answer.statusCode)).end());
  assert.equal(status, 421);
});

// The last test of this file, since the browser writes its log as it ends.
test("the browser's own network log knows of the served page alone", async () => {
  await browser.close();
  const { host } = new URL(server.url);
  const reached = reachedFor(log);
  assert.ok(reached.includes(server.url), `the log lists the served page: ${reached}`);
  assert.deepEqual(reached.filter((each) => !each.includes(host) && !/^(file|blob|data|about|chrome)/.test(each)), []);
});
