// The figure as it leaves: its texts against real fonts, its SVG against its PNG and a second renderer, and back again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileUrl, launch, out, visit } from "./harness.mjs";
import { read, saved } from "./screen.mjs";

let browser;
let page;
/** @type {Buffer} */
let svg;
/** @type {Buffer} */
let png;
before(async () => {
  browser = await launch();
  page = await visit(browser, fileUrl);
  await page.frame.locator("#welcome button", { hasText: "sample" }).click();
  await page.frame.locator("html[data-page=case]").waitFor();
  await read(page.frame);
  await page.frame.locator("header button", { hasText: "Figure" }).click();
  const button = (name) => page.frame.getByRole("button", { name, exact: true });
  svg = await saved(page, () => button("Save SVG").click());
  png = await saved(page, () => button("Save PNG, 2×").click());
});
after(() => browser?.close());

/** A blank page that shows the SVG as it is. */
async function shown(source) {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, deviceScaleFactor: 2 });
  const blank = await context.newPage();
  await blank.setContent(`<style>body { margin: 0 }</style>${source}`);
  return blank;
}

test("no text is wider than the room that was left for it, in the fonts that are here, and none overlap", async () => {
  const blank = await shown(svg.toString());
  const boxes = await blank.evaluate(() => [...document.querySelectorAll("svg text")].map((text) => {
    const { x, y, width, height } = text.getBoundingClientRect();
    const size = Number(text.getAttribute("font-size")) / 16;
    // Ascent and descent of letters, not of the font's line.
    return { text: text.textContent.trim(), x, y: y + (height - size) / 2 + 0.1 * size, width, height: size * 0.8 };
  }));
  assert.ok(boxes.length > 100);
  const { width, height } = await blank.evaluate(() => document.querySelector("svg").getBoundingClientRect());
  for (const [place, a] of boxes.entries()) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height, `“${a.text}” is cropped`);
    for (const b of boxes.slice(place + 1)) {
      const apart = a.x + a.width <= b.x + 0.5 || b.x + b.width <= a.x + 0.5 || a.y + a.height <= b.y + 0.5 || b.y + b.height <= a.y + 0.5;
      assert.ok(apart, `“${a.text}” and “${b.text}” overlap`);
    }
  }
  await blank.context().close();
});

/** The mean difference of two pictures in parts of 255, and the share of pixels that differ by more than a quarter. */
async function difference(one, other) {
  const blank = await shown("");
  const found = await blank.evaluate(async (sources) => {
    const [a, b] = await Promise.all(sources.map(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = new OffscreenCanvas(1684, 1190);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0, 1684, 1190);
      return context.getImageData(0, 0, 1684, 1190).data;
    }));
    let sum = 0;
    let grave = 0;
    for (let n = 0; n < a.length; n += 4) {
      const apart = Math.max(Math.abs(a[n] - b[n]), Math.abs(a[n + 1] - b[n + 1]), Math.abs(a[n + 2] - b[n + 2]));
      sum += apart;
      if (apart > 64) grave += 1;
    }
    return { mean: sum / (a.length / 4) / 255, grave: grave / (a.length / 4) };
  }, [one, other].map(([bytes, type]) => `data:${type};base64,${bytes.toString("base64")}`));
  await blank.context().close();
  return found;
}

test("PNG and SVG of one figure are the same picture", async () => {
  // Edges of lines and letters are smoothed otherwise; areas, places and sizes are the same.
  const { mean, grave } = await difference([svg, "image/svg+xml"], [png, "image/png"]);
  assert.ok(mean < 0.01 && grave < 0.02, `mean ${mean}, grave ${grave}`);
});

test("a second renderer draws the same picture", (t) => {
  const path = join(out, "figure.svg");
  writeFileSync(path, svg);
  const made = spawnSync("rsvg-convert", ["-w", "1684", path], { maxBuffer: 64 << 20 });
  if (made.error) return t.skip("rsvg-convert is not here (Debian: librsvg2-bin)");
  assert.equal(made.status, 0, made.stderr.toString());
  return difference([svg, "image/svg+xml"], [made.stdout, "image/png"]).then(({ mean, grave }) => {
    // Its fonts may be others of the list, so that letters differ and nothing else.
    assert.ok(mean < 0.04 && grave < 0.07, `mean ${mean}, grave ${grave}`);
  });
});

test("a figure that is dropped back shows its view again, from SVG and from PNG", async () => {
  for (const [name, bytes] of [["figure.svg", svg], ["figure.png", png]]) {
    const path = join(out, name);
    writeFileSync(path, bytes);
    assert.ok(bytes.includes("kyoten-figure/1"), name);
    await page.frame.locator("dialog.figure .icon-button").click();
    await page.frame.locator("[data-layout=matrix]").click();
    await page.dropFiles([path]);
    await page.frame.locator("[data-layout=ring][aria-pressed=true]").waitFor();
    await page.frame.locator(".note", { hasText: "shown again" }).first().waitFor();
    await page.frame.locator("header button", { hasText: "Figure" }).click();
  }
});

test("under pseudonyms no name, no address and no hash of the case is in the file", async () => {
  await page.frame.locator("#figure-pseudonyms").check();
  const veiled = (await saved(page, () => page.frame.getByRole("button", { name: "Save SVG", exact: true }).click())).toString();
  for (const word of ["Bangkok", "Tokyo", "Jakarta", "Manila", "svc-deploy", "SYNTHETIC-bangkok", "ae67d05426a5", "10.10.20.15", "MNL-FW01", "Thailand"]) {
    assert.ok(!veiled.includes(word), word);
  }
  assert.match(veiled, /Site-[A-H]/);
  await page.frame.locator("#figure-bare").check();
  const bare = (await saved(page, () => page.frame.getByRole("button", { name: "Save SVG", exact: true }).click())).toString();
  assert.ok(!bare.includes("kyoten-figure"));
  assert.deepEqual(page.complaints, []);
});
