// What a person sees and does on the page, in the page's own words, for the tests.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Waits until everything that was dropped is read. */
export async function read(frame, timeout = 60_000) {
  await frame.locator(".total").waitFor({ state: "hidden", timeout });
  await frame.locator("header .chip.fact").first().waitFor({ timeout });
  // Before the first file is begun there is no bar either; the snapshot's label stays until all is counted.
  await frame.locator("header .chip.lacking", { hasText: "SNAPSHOT" }).waitFor({ state: "hidden", timeout });
}

/** Drops files once the page is ready for them, and waits until they are read. */
export async function drop({ frame, dropFiles }, paths) {
  await dropFiles(paths);
  await frame.locator("html[data-page=case]").waitFor();
  await frame.locator(".file").nth(paths.length - 1).waitFor({ state: "attached" });
  await read(frame);
}

/** The sites and links of the picture, by its alternative in words. */
export async function inWords(frame) {
  return frame.locator(".picture-list li").allTextContents();
}

export const tab = (frame, name) => frame.locator(`#tab-${name}`).click();

/** The text of a saved file. */
export async function saved(visit, act) {
  const { path } = await visit.download(act);
  return readFileSync(path);
}

/** No text of a log became an element, and nothing on the page can lead away. */
export async function assertInert(frame) {
  const found = await frame.evaluate(() => [...document.body.querySelectorAll("img, iframe, object, embed, a[href], link, meta, form[action], [onclick], [onerror], [onload], svg foreignObject, svg use, body style")].map((element) => element.outerHTML.slice(0, 120)));
  assert.deepEqual(found, []);
}

/** How many pixels of a canvas differ from its first. */
export function painted(frame, selector) {
  return frame.locator(selector).evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let place = 4; place < data.length; place += 4) if (data[place] !== data[0] || data[place + 1] !== data[1] || data[place + 2] !== data[2]) count += 1;
    return count;
  });
}
