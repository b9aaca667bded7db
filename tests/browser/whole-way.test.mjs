// The analyst's whole way, in Chromium and in Firefox: drop, look, brush, open, mark, word, export, undo, save, open again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileUrl, launch, launchFirefox, visit } from "./harness.mjs";
import { conn, file, policy, sites } from "./offices.mjs";
import { assertInert, drop, inWords, painted, saved, tab } from "./screen.mjs";

/** Invented, and small: this test runs twice. */
const logs = [
  file("whole-scranton.conn.log", Array.from({ length: 120 }, (_, i) => conn(i * 60, "10.0.1.4", i % 3 ? "10.0.0.4" : "10.0.1.6", i % 3 ? 88 : 445)).join("\n")),
  file("whole-nashua.conn.log", Array.from({ length: 80 }, (_, i) => conn(i * 90, "10.0.1.6", "10.0.0.4", 53)).join("\n")),
];

for (const [name, start] of [["Chromium", launch], ["Firefox", launchFirefox]]) {
  test(`the whole way in ${name}`, async () => {
    const browser = await start();
    try {
      const page = await visit(browser, fileUrl, { locale: "en-US" });
      const { frame } = page;
      const detail = frame.locator("aside.detail");

      // Drop and look.
      await drop(page, [...logs, sites, policy]);
      const words = await inWords(frame);
      assert.ok(words.some((line) => line.startsWith("Link Scranton to Nashua: violation")), words.join("\n"));
      assert.ok(await painted(frame, ".picture-canvas") > 1000, "the picture is painted");
      assert.ok(await painted(frame, ".timeline-canvas") > 200, "the timeline is painted");

      // Brush: by the pointer, and typed.
      const box = await frame.locator(".timeline-box").boundingBox();
      await page.page.mouse.move(box.x + box.width * 0.3, box.y + 40);
      await page.page.mouse.down();
      await page.page.mouse.move(box.x + box.width * 0.7, box.y + 40, { steps: 4 });
      await page.page.mouse.up();
      await frame.getByRole("button", { name: "All time" }).click();
      await frame.getByRole("button", { name: "All time" }).waitFor({ state: "hidden" });

      // Open: the finding, its rows, the row in its file.
      await tab(frame, "findings");
      await frame.locator("button.finding").first().click();
      await detail.locator("[data-done]").waitFor();
      assert.match(await detail.locator(".raw").first().innerText(), /10\.0\.1\.4.*10\.0\.1\.6/s);
      await detail.getByRole("button", { name: "Show it in the file" }).first().click();
      await detail.locator(".row.around").first().waitFor();

      // From a number to its rows: links, services, host pairs, rows.
      await frame.locator(".chip.fact", { hasText: "connections" }).click();
      await frame.locator("#tables .row-open").first().click();
      await detail.getByRole("button", { name: "1 → 1" }).first().click();
      await frame.locator("#tables .row-open").first().click();
      await detail.locator("[data-done]").waitFor();
      assert.match(await detail.locator(".raw").first().innerText(), /10\.0\.1\.4.*10\.0\.1\.6/s);
      await frame.locator("#centre-picture").click();

      // Mark, undo, and mark again.
      await frame.locator("button.finding").first().click();
      const decide = async (why) => {
        await detail.locator("#decision-verdict").selectOption("confirmed");
        await detail.locator("#decision-who").fill("m.sato");
        await detail.locator("#decision-why").fill(why);
        await detail.locator(".decision button[type=submit]").click();
        await detail.locator(".decided", { hasText: why }).waitFor();
      };
      await decide("seen by mistake");
      await frame.locator("#undo").click();
      await detail.locator(".decided").waitFor({ state: "detached" });
      await decide("the office confirmed it");

      // Word and export.
      await frame.locator("#figure-open").click();
      await frame.locator("#figure-title").fill("Scranton had no business in Nashua");
      await frame.locator("#figure-caption").evaluate((area) => new Promise((resolve) => { const look = () => (area.value ? resolve() : setTimeout(look, 30)); look(); }));
      const svg = String(await saved(page, () => frame.getByRole("button", { name: "Save SVG" }).click()));
      for (const text of ["<svg", "TLP:AMBER", "Scranton had no business in Nashua"]) assert.ok(svg.includes(text), `the SVG says ${text}`);
      await frame.locator("dialog.figure .dialog-head button").click();
      await frame.locator("#exports-open").click();
      const report = String(await saved(page, () => frame.getByRole("button", { name: "Report in English" }).click()));
      assert.ok(report.includes("the office confirmed it") && !report.includes("<script"), "the report tells the decision, without a script");
      await frame.locator("dialog.exports .dialog-head button").click();
      const saving = await page.download(() => frame.getByRole("button", { name: "Save case" }).click());

      // Keep, close, and open again.
      assert.deepEqual(page.complaints, []);
      await assertInert(frame);
      await page.close();
      const again = await visit(browser, fileUrl, { locale: "en-US" });
      await drop(again, [saving.path, ...logs]);
      await tab(again.frame, "findings");
      await again.frame.locator("button.finding").first().click();
      await again.frame.locator(".decided", { hasText: "the office confirmed it" }).waitFor();
      assert.deepEqual(again.complaints, []);
      await again.close();
    } finally {
      await browser.close();
    }
  });
}
