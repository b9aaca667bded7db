// What axe finds against WCAG 2.2 AA: nothing, on the empty page and on a case, in every state that a person can bring it to;
// light and in English, dark and in Japanese.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileUrl, launch, visit } from "./harness.mjs";
import { read, tab } from "./screen.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function assertAccessible(frame, where) {
  await frame.evaluate(axe);
  const violations = await frame.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"], elementRef: false }))
    .violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`));
  assert.deepEqual(violations, [], where);
}

for (const [colorScheme, language] of [["light", "en"], ["dark", "ja"]]) {
  test(`the page and a case, in ${colorScheme}, in ${language}`, async () => {
    const { frame, page, close } = await visit(browser, fileUrl, { colorScheme, reducedMotion: "reduce" });
    if (await frame.locator("html").getAttribute("lang") !== language) await frame.locator("#language").click();
    await assertAccessible(frame, "empty");
    await frame.locator(".drop-here button").nth(2).click();
    await read(frame);
    for (const name of ["findings", "evidence", "sites", "policy"]) {
      await tab(frame, name);
      // With every fold open: a receipt is made when it is opened.
      await frame.locator(`#panel-${name}`).evaluate((panel) => { for (const fold of panel.querySelectorAll("details")) fold.open = true; });
      // What has opened is laid out by the frame after the next.
      await frame.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await assertAccessible(frame, name);
    }
    await tab(frame, "findings");
    await frame.locator("button.finding").first().click();
    await frame.locator("aside.detail [data-done]").waitFor();
    await assertAccessible(frame, "detail");
    // Colours are the same in all of them, so in the dark two are enough.
    for (const name of colorScheme === "light" ? ["findings", "links", "services", "pairs", "accounts", "evidence"] : ["findings", "accounts"]) {
      await frame.locator(`#centre-${name}`).click();
      await frame.locator("#tables .row-open, #tables .table-none:not([hidden])").first().waitFor();
      await assertAccessible(frame, `table of ${name}`);
    }
    await frame.locator("#centre-links").click();
    await frame.locator("#tables .row-open").first().click();
    await frame.locator("aside.detail .services").waitFor();
    await assertAccessible(frame, "link");
    await frame.locator("#centre-picture").click();
    for (const [keys, dialog] of [["Control+k", "palette"], ["?", "keys"], ["e", "exports"], ["f", "figure"]]) {
      await frame.locator("body").press(keys);
      await frame.locator(`dialog.${dialog}:not(.unlock)`).waitFor();
      await assertAccessible(frame, dialog);
      await page.keyboard.press("Escape");
      await frame.locator(`dialog.${dialog}:not(.unlock)`).waitFor({ state: "hidden" });
    }
    await close();
  });
}

test("at 200 % everything can still be reached, without scrolling sideways", async () => {
  // A window of 1280 × 720 at twice the size shows 640 × 360.
  const { frame, picture, close } = await visit(browser, fileUrl, { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 });
  await frame.locator(".drop-here button").nth(2).click();
  await read(frame);
  await picture("accessible-200");
  const [needed, given] = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(needed <= given, `the page is ${needed} wide in a window of ${given}`);
  for (const selector of ["#palette-open", "#figure-open", "#exports-open", "#language", "#theme", "#tab-policy", "#centre-evidence"]) {
    await frame.locator(selector).scrollIntoViewIfNeeded();
    assert.ok(await frame.locator(selector).isVisible(), selector);
  }
  await frame.locator("#centre-links").click();
  await frame.locator("#tables .row-open").first().click();
  await frame.locator("aside.detail h2").waitFor();
  await close();
});
