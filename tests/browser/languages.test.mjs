// The words of the screen: English and Japanese, by choice; dates and numbers by rule, whatever the browser's locale.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileUrl, launch, visit } from "./harness.mjs";
import { offices, policy, sites } from "./offices.mjs";
import { drop, painted, read, tab } from "./screen.mjs";

let browser;
/** By the browser's own setting: playwright's locale reaches a frame too late now and then. */
let japanese;
before(async () => {
  browser = await launch();
  japanese = await launch(["--accept-lang=ja-JP,ja"]);
});
after(() => Promise.all([browser?.close(), japanese?.close()]));

/** All that the screen says of a case, panel by panel. */
async function told(frame) {
  const texts = [];
  for (const name of ["findings", "evidence", "sites", "policy"]) {
    await tab(frame, name);
    // Twice: a receipt makes its own folds when it is opened.
    for (let time = 0; time < 2; time += 1) {
      await frame.locator(`#panel-${name}`).evaluate((panel) => new Promise((resolve) => {
        for (const fold of panel.querySelectorAll("details")) fold.open = true;
        setTimeout(resolve, 50);
      }));
    }
    texts.push(await frame.locator(`#panel-${name}`).innerText());
  }
  texts.push(await frame.locator("header").innerText(), await frame.locator(".timeline-head").innerText(), await frame.locator(".picture-list").textContent());
  texts.push(...await frame.locator(".moment-field").evaluateAll((fields) => fields.map((field) => field.value)));
  return texts.join("\n").replace(/ · [\d.]+ [kM]B\/s/g, "");
}

/** Kana and kanji anywhere on the page, shown or hidden, but for the language's own name. */
function japaneseLeft(frame) {
  return frame.evaluate(() => {
    const left = [];
    const look = (text) => { if (/[\u3040-\u30ff\u4e00-\u9fff]/.test(text.replaceAll("日本語", ""))) left.push(text); };
    for (const element of document.body.querySelectorAll("*")) {
      if (element.closest("script, noscript")) continue;
      for (const { value } of element.attributes) if (element.id !== "language") look(value);
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) look(node.textContent);
    }
    return left;
  });
}

test("the browser's locale changes no date and no number", async () => {
  const texts = [];
  // Buddhist years, Arabic digits, a dotless i: each would show.
  for (const locale of ["en-US", "tr-TR", "ar-EG", "th-TH"]) {
    const page = await visit(browser, fileUrl, { locale, timezoneId: "Asia/Kathmandu" });
    await drop(page, [...offices, sites, policy]);
    texts.push(await told(page.frame));
    assert.equal(await page.frame.locator("html").getAttribute("lang"), "en");
    await page.close();
  }
  for (const text of texts.slice(1)) assert.equal(text, texts[0]);
});

test("a Japanese browser begins in Japanese, and the switch keeps what is open", async () => {
  const page = await visit(japanese, fileUrl);
  const { frame } = page;
  assert.equal(await frame.locator("html").getAttribute("lang"), "ja");
  await frame.getByText("ここにログファイルをドロップ").waitFor();
  await drop(page, [...offices, sites, policy]);
  await tab(frame, "findings");
  await frame.locator("button.finding").first().click();
  await frame.locator("aside.detail [data-done]").waitFor();
  await page.picture("languages-ja");
  const numbers = (text) => text.match(/\d+/g).map(Number).sort((a, b) => a - b);
  const claim = await frame.locator("aside.detail .claim").innerText();
  assert.match(claim, /接続.*成立しました/s, "the rule's sentence is in Japanese");

  await frame.locator("#language").click();
  assert.equal(await frame.locator("html").getAttribute("lang"), "en");
  await frame.locator("aside.detail [data-done]").waitFor();
  const english = await frame.locator("aside.detail .claim").innerText();
  assert.match(english, /connections? ran/, "the switch turns the sentence, without reading again");
  assert.deepEqual(numbers(english), numbers(claim), "the finding that was open is open, with the same numbers");
  assert.match(await frame.locator("#tab-findings").innerText(), /Findings/);
  assert.deepEqual(await japaneseLeft(frame), [], "all that was told before is told in English now");
  assert.equal(await frame.evaluate(() => document.activeElement?.id), "language", "the keyboard stays where it was");

  // And back, with the label of a figure as it stands in every language.
  await frame.locator("#language").click();
  await frame.locator("#figure-open").click();
  assert.ok((await frame.locator("#figure-tlp option").allTextContents()).every((label) => label.startsWith("TLP:")));
  assert.deepEqual(page.complaints, []);
});

test("beside a finding stands what is normal, in words for who can't see it, in the language of the day", async () => {
  const page = await visit(browser, fileUrl);
  const { frame } = page;
  await frame.getByRole("button", { name: /sample case/ }).first().click();
  await frame.locator("html[data-page=case]").waitFor();
  await read(frame);
  await frame.evaluate(() => document.querySelectorAll("details.weak").forEach((fold) => { fold.open = true; }));
  await frame.locator("button.finding", { hasText: "D3 new-service" }).first().click();
  const picture = frame.locator("aside.detail canvas.usual");
  await frame.locator("aside.detail canvas.usual[data-drawn]").waitFor();
  assert.match(await picture.getAttribute("aria-label"), /^\d+ days from .* seen on \d+/);
  const pixels = await painted(frame, "canvas.usual");
  assert.ok(pixels > 1_000, "it is painted");
  await page.picture("usual-en");
  await frame.locator("#language").click();
  await frame.locator("aside.detail canvas.usual[data-drawn]").waitFor();
  assert.match(await picture.getAttribute("aria-label"), /日間。通信あり\d+日/);
  assert.deepEqual(page.complaints, []);
});
