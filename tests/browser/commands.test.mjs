// Palette, keys, undo and tables: what can be done from anywhere, and what is too long to be shown at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileUrl, launch, visit } from "./harness.mjs";
import { conn, file, offices, policy, sites } from "./offices.mjs";
import { drop, saved, tab } from "./screen.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** @param {(v: import("./harness.mjs").Visit) => Promise<void>} test */
async function on(files, test) {
  const page = await visit(browser, fileUrl);
  await drop(page, files);
  await test(page);
  assert.deepEqual(page.complaints, []);
  await page.close();
}

test("the palette finds sites, links, hosts and commands, and goes there", () => on([...offices, sites, policy], async ({ frame, page }) => {
  const input = frame.locator(".palette-input");
  await page.keyboard.press("Control+k");
  await input.fill("scran nash");
  await frame.locator(".palette-hit", { hasText: "Scranton → Nashua" }).first().waitFor();
  await page.keyboard.press("Enter");
  await frame.locator("aside.detail h2", { hasText: "Scranton → Nashua" }).waitFor();

  await page.keyboard.press("Control+k");
  await input.fill("10.0.1.6");
  await frame.locator(".palette-hit", { has: frame.getByText("10.0.1.6", { exact: true }) }).first().click();
  await frame.locator("#tables .row-open").first().waitFor();
  for (const cell of await frame.locator("#tables .table-body [role=row]").allInnerTexts()) assert.match(cell, /10\.0\.1\.6/);

  await page.keyboard.press("Control+k");
  await input.fill("no such thing anywhere");
  await frame.locator(".palette-none", { hasText: "Nothing" }).waitFor();
  await page.keyboard.press("Escape");
  await frame.locator("dialog.palette").waitFor({ state: "hidden" });
}));

test("keys act, are listed by ?, and none fires while somebody types or when they are switched off", () => on([...offices, sites, policy], async ({ frame, page }) => {
  await frame.locator("body").press("2");
  assert.equal(await frame.locator("#tab-evidence").getAttribute("aria-selected"), "true");
  await frame.locator("body").press("j");
  await frame.locator("aside.detail h2", { hasText: "→" }).waitFor();
  await page.keyboard.press("Escape");
  await frame.locator("aside.detail").waitFor({ state: "hidden" });

  await tab(frame, "sites");
  await frame.locator(".site-name").first().fill("");
  await frame.locator(".site-name").first().pressSequentially("1t?j");
  assert.equal(await frame.locator(".site-name").first().inputValue(), "1t?j", "what is typed is typed");
  assert.equal(await frame.locator("#tab-sites").getAttribute("aria-selected"), "true");
  assert.equal(await frame.locator("dialog[open]").count(), 0);
  await frame.locator(".site-name").first().press("Escape");

  await frame.locator("body").press("?");
  await frame.locator("dialog.keys dd", { hasText: "Next finding" }).waitFor();
  await frame.locator("#keys-single").uncheck();
  await page.keyboard.press("Escape");
  await frame.locator("body").press("1");
  assert.equal(await frame.locator("#tab-sites").getAttribute("aria-selected"), "true", "single keys are off");
  await page.keyboard.press("Control+k");
  await frame.locator("dialog.palette").waitFor();
}));

test("names, facts, policy and decisions are undone and redone, each by its name", () => on([...offices, sites, policy], async (visit) => {
  const { frame, page } = visit;
  await tab(frame, "sites");
  const name = frame.locator(".site-name").nth(0);
  const before = await name.inputValue();
  await name.fill("Renamed");
  await name.press("Enter");
  await frame.locator(".picture-list li", { hasText: "Site Renamed:" }).waitFor({ state: "attached" });
  await frame.locator("#undo[title*='name of a site']").waitFor();
  await frame.locator("body").press("Control+z");
  await frame.locator(".picture-list li", { hasText: `Site ${before}:` }).waitFor({ state: "attached" });
  await frame.locator("body").press("Control+Shift+z");
  await frame.locator(".picture-list li", { hasText: "Site Renamed:" }).waitFor({ state: "attached" });
  assert.ok(await frame.locator("#redo").isDisabled());

  await tab(frame, "policy");
  await frame.locator("#panel-policy summary").click();
  const area = frame.locator("#panel-policy textarea");
  await area.fill("from,to,service,verdict,reason\n*,*,tcp/1,deny,another\n*,*,tcp/2,deny,more\n");
  await frame.locator("#panel-policy .as-text button").click();
  await frame.locator(".rules li", { hasText: "another" }).waitFor();
  await frame.locator("#undo").click();
  await frame.locator(".rules li", { hasText: "Branch offices" }).waitFor();

  // In a field the key undoes the typing.
  await area.focus();
  await page.keyboard.press("Control+z");
  await frame.locator(".rules li", { hasText: "Branch offices" }).waitFor();
}));

/** Five thousand links: each of 72 sites calls each other. */
function manySites() {
  const all = Array.from({ length: 72 }, (_, n) => n);
  const name = (n) => `Site ${String(n).padStart(2, "0")}`;
  const calls = all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to]));
  return [
    file("many-sites.csv", ["site,cidr,country,timezone,lat,lon,role", ...all.map((n) => `${name(n)},10.${n}.0.0/16,JP,Asia/Tokyo,,,office`)].join("\n")),
    file("many.conn.log", calls.map(([from, to], n) => conn(n, `10.${from}.0.9`, `10.${to}.0.10`, 445, { orig_bytes: 1000 + n })).join("\n")),
  ];
}

test("a table of 5,000 links holds a few dozen rows, sorts, narrows, is walked through, and leaves as CSV", () => on(manySites(), async (visit) => {
  const { frame, page } = visit;
  await frame.locator("#centre-links").click();
  const rows = frame.locator("#tables .table-body [role=row]");
  await rows.first().waitFor();
  assert.equal(await frame.locator("#tables [role=table]").getAttribute("aria-rowcount"), "5113");
  assert.ok(await rows.count() < 120, `${await rows.count()} rows are elements`);

  await frame.locator("#tables .sort[data-by=bytes_out]").click();
  await rows.first().filter({ hasText: "Site 70" }).waitFor();
  assert.equal(await frame.locator("#tables [role=columnheader]", { has: frame.locator("[data-by=bytes_out]") }).getAttribute("aria-sort"), "descending");
  await frame.locator("#tables .row-open").first().focus();
  await page.keyboard.press("ArrowDown");
  await frame.locator("#tables .row-open:focus", { hasText: "Site 71" }).waitFor();
  await page.keyboard.press("End");
  await frame.locator("#tables .row-open:focus", { hasText: "Site 00" }).waitFor();
  await page.keyboard.press("Enter");
  await frame.locator("aside.detail h2", { hasText: "Site 00" }).waitFor();

  await frame.locator(".table-find").fill("site 42 → site 07");
  await frame.locator("#tables [role=table][aria-rowcount='2']").waitFor();
  const csv = String(await saved(visit, () => frame.locator("#tables").getByRole("button", { name: "Save CSV" }).click())).trim().split("\r\n");
  assert.equal(csv.length, 2, csv.join("\n"));
  assert.match(csv[0], /^From,To,State/);

  // While it scrolls, the page stays quick: no task of ours is long.
  await frame.locator(".table-find").fill("");
  await frame.locator("#tables [role=table][aria-rowcount='5113']").waitFor();
  await frame.locator("#tables .table-box").evaluate(async (box) => {
    for (let step = 1; step <= 20; step += 1) {
      box.scrollTop = (box.scrollHeight * step) / 20;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
  await rows.last().filter({ hasText: /Site \d\d/ }).waitFor();
}));

test("a copied table has no formula in it", () => on([file("formula.conn.log", conn(1, "10.0.1.4", "10.0.1.6", 445)), file("formula-sites.csv", "site,cidr,country,timezone,lat,lon,role\n=1+1,10.0.1.4/32,US,,,,\n@b,10.0.1.6/32,US,,,,\n")], async ({ frame }) => {
  await frame.evaluate(() => { navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }; });
  await frame.locator("#centre-links").click();
  await frame.locator("#tables").getByRole("button", { name: "Copy" }).click();
  await frame.locator(".note", { hasText: "copied" }).waitFor();
  const copied = await frame.evaluate(() => globalThis.copied);
  assert.match(copied, /'=1\+1\t'@b\t/);
}));
