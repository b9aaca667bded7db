// The main job, end to end, as a responder does it: drop the logs of two offices, see the link that should not be, open
// its rows, take the figure.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileUrl, launch, serve, visit } from "./harness.mjs";
import { slow } from "./harming.mjs";
import { conn, file, folder, large, offices, policy, sites } from "./offices.mjs";
import { assertInert, drop, inWords, painted, read, saved, tab } from "./screen.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serve()]); });
after(async () => { server?.stop(); await browser?.close(); });

/** @param {(v: import("./harness.mjs").Visit) => Promise<void>} journey */
async function on(url, journey, options) {
  const page = await visit(browser, url, options);
  try {
    await journey(page);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(page.requests, [url]);
    await assertInert(page.frame);
  } finally {
    await page.close();
  }
}

for (const way of ["file", "server"]) {
  describe(`opened from ${way}`, () => {
    const url = () => (way === "file" ? fileUrl : server.url);

    test("two offices: sites, links, a finding's rows, the figure", () => on(url(), async (page) => {
      const { frame } = page;
      await drop(page, [...offices, sites, policy]);

      const words = await inWords(frame);
      for (const site of ["Scranton", "Nashua", "Headquarters"]) assert.ok(words.some((line) => line.startsWith(`Site ${site}:`)), words.join("\n"));
      assert.ok(words.some((line) => line.startsWith("Link Scranton to Nashua: violation")), words.join("\n"));
      assert.ok(words.some((line) => /^Link Nashua to (Unassigned|External)/.test(line)), "the links out of the sites");
      assert.ok(await painted(frame, ".picture-canvas") > 1000);
      assert.ok(await painted(frame, ".timeline-canvas") > 200);

      const finding = frame.locator("#panel-findings button.finding").first();
      assert.match(await finding.innerText(), /Scranton\s*→\s*Nashua/);
      assert.match(await finding.innerText(), /violation/);
      await finding.click();
      const detail = frame.locator("aside.detail");
      await detail.locator("[data-done]").waitFor();
      const row = detail.locator(".row").first();
      assert.match(await row.locator(".raw").innerText(), /10\.0\.1\.4.*10\.0\.1\.6/s);
      assert.match(await row.innerText(), /\.conn\.log/);
      assert.match(await row.innerText(), /line \d+\s+byte [\d,]+/);
      assert.ok(await row.locator("mark").count() > 0, "its hosts are marked");
      await page.picture(`journey-${way}-finding`);

      await row.getByRole("button", { name: "Show it in the file" }).click();
      await detail.locator("[data-done]").waitFor();
      assert.ok(await detail.locator(".row.around").count() > 0, "the lines around it");
      assert.equal(await detail.locator(".row:not(.around)").count(), 1);

      await frame.locator("#figure-open").click();
      await frame.locator("#figure-caption").evaluate((area) => new Promise((resolve) => { const look = () => (area.value ? resolve() : setTimeout(look, 30)); look(); }));
      await page.picture(`journey-${way}-figure`);
      const svg = String(await saved(page, () => frame.getByRole("button", { name: "Save SVG" }).click()));
      for (const text of ["<svg", "TLP:AMBER", "Scranton", "Nashua", "UTC"]) assert.ok(svg.includes(text), `the SVG says ${text}`);
      assert.doesNotMatch(svg, /<script|<foreignObject|href="http/);
      const png = await saved(page, () => frame.getByRole("button", { name: "Save PNG, 2×" }).click());
      assert.equal(png.subarray(1, 4).toString(), "PNG");
      const [, width] = /<svg[^>]*\swidth="(\d+)/.exec(svg) ?? [];
      assert.ok(png.readUInt32BE(16) >= 1500, `${png.readUInt32BE(16)} wide, the SVG ${width}`);
      const printed = await frame.evaluate(() => new Promise((resolve) => {
        // A browser without a screen prints nothing: what it would print is looked at where it is asked to.
        globalThis.print = () => {
          const sheet = document.querySelector(".print-sheet canvas");
          resolve({ size: sheet.parentElement.dataset.size, width: sheet.width, label: sheet.getAttribute("aria-label") });
          dispatchEvent(new Event("afterprint"));
        };
        [...document.querySelectorAll("dialog button")].find((each) => each.textContent === "Print, or PDF").click();
      }));
      assert.equal(printed.size, "a4-landscape");
      assert.ok(printed.width > 3000 && /Scranton → Nashua/.test(printed.label), JSON.stringify(printed));
      assert.equal(await frame.locator(".print-sheet").count(), 0, "the sheet goes when it is printed");
      const links = String(await saved(page, () => frame.getByRole("button", { name: "Save links.csv" }).click()));
      assert.match(links, /Scranton,Nashua/);
    }));
  });
}

test("a folder that the browser does not open is said, and the files beside it are read", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await page.dropFiles([folder, ...offices]);
  await frame.locator(".note.grave", { hasText: "Choose a folder" }).waitFor();
  await read(frame);
  assert.equal(await frame.locator(".file").count(), offices.length);
}));

test("a folder is chosen by the button", () => on(fileUrl, async (page) => {
  const { frame } = page;
  mkdirSync(join(folder, "some", "deeper"), { recursive: true });
  for (const path of ["one.log", "deeper/two.log"]) file(`some/${path}`, conn(1, "10.0.1.4", "10.0.1.6", 445) + "\n" + conn(2, "10.0.1.4", "10.0.1.6", 445));
  await page.chooseFiles("#folder-input", join(folder, "some"));
  await read(frame);
  assert.deepEqual((await frame.locator(".file-name").allTextContents()).sort(), ["some/deeper/two.log", "some/one.log"]);
}));

test("the sample case opens by one click, and says everywhere that it is synthetic", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await frame.getByRole("button", { name: /sample case/ }).click();
  await read(frame);
  await frame.locator(".chip.synthetic").waitFor();
  assert.ok(await frame.locator("button.finding").count() >= 1);
  await page.picture("journey-sample");
}));

test("a file of no known format gets a receipt with advice, and no empty picture", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await drop(page, [file("odd.bin", "\x7fELF".padEnd(4000, "\0\x01\x02"))]);
  assert.equal(await frame.locator("#tab-evidence").getAttribute("aria-selected"), "true", "the page shows the evidence by itself");
  assert.match(await frame.locator(".advice").innerText(), /\w+ \w+ \w+/);
  assert.match(await frame.locator(".picture-message").innerText(), /No connection/);
  await page.picture("journey-unknown");
}));

test("what stands in logs, file names and site names is inert on the screen", () => on(fileUrl, async (page) => {
  const { frame } = page;
  const evil = "<img src=x onerror=alert(1)>";
  const traffic = (n) => `date=2020-06-11 time=10:0${n % 10}:00 devname="${evil}" devid="FGT60D0000000001" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" eventtime=159183720${n % 10}250000000 tz="+0900" srcip=192.168.7.${n % 5 + 1} srcname="${evil}" srcport=49152 dstip=10.9.9.9 dstport=445 policyid=12 sessionid=${n} proto=6 action="close" service="SMB" user="${evil}" duration=60 sentbyte=1200 rcvdbyte=5400 sentpkt=12 rcvdpkt=10`;
  await drop(page, [
    file(`${evil}.log`.replaceAll("/", ""), Array.from({ length: 30 }, (_, n) => traffic(n)).join("\n") + "\ndate=2020-06-11 type=\"traffic\" <script>alert(2)</script>\n"),
    file("evil-sites.csv", `site,cidr,country,timezone,lat,lon,role\n${evil},192.168.7.0/24,JP,Asia/Tokyo,35,139,plant\n\u202Egnp.exe,10.9.0.0/16,JP,Asia/Tokyo,34,135,office\n`),
    file("evil-policy.csv", `from,to,service,verdict,reason\n*,*,tcp/445,deny,"${evil}"\n`),
  ]);
  assert.ok((await frame.locator("#panel-findings").innerText()).includes(evil), "it is shown as text");
  await frame.locator("button.finding").first().click();
  await frame.locator("aside.detail [data-done]").waitFor();
  assert.ok((await frame.locator("aside.detail .raw").first().innerText()).includes(evil));
  for (const name of ["evidence", "sites", "policy"]) {
    await tab(frame, name);
    for (const summary of await frame.locator(`#panel-${name} .file summary`).all()) await summary.click();
    await assertInert(frame);
  }
  await frame.locator("#figure-open").click();
  const svg = String(await saved(page, () => frame.getByRole("button", { name: "Save SVG" }).click()));
  assert.ok(!svg.includes("<img"), "the figure's names are text too");
  assert.ok(!svg.includes("\u202E"), "nothing in it changes the direction of writing");
  await page.picture("journey-hostile");
}));

test("cases 82 and 85: a reading is cancelled: what was read stays, and the case says PARTIAL; until then nothing is exported", () => on(fileUrl, async (page) => {
  const { frame, dropFiles } = page;
  await slow(frame);
  await drop(page, offices);
  await dropFiles([large("harmed.log", 60)]);
  await frame.locator("header .chip.lacking", { hasText: "SNAPSHOT" }).waitFor();
  await frame.locator("#figure-open").click();
  await frame.locator(".note.grave", { hasText: "still being read" }).waitFor();
  await tab(frame, "evidence");
  await frame.locator(".file").last().getByRole("button", { name: "Cancel" }).click();
  await read(frame);
  assert.match(await frame.locator("header .chip.lacking").innerText(), /PARTIAL/);
  await frame.locator(".file").last().locator("summary").first().click();
  await frame.locator(".reasons").getByText(/cancelled/).first().waitFor();
  await page.picture("journey-cancelled");
  await frame.locator("#figure-open").click();
  assert.match(String(await saved(page, () => frame.getByRole("button", { name: "Save SVG" }).click())), /PARTIAL/);
}));

test("case 84: a second drop while reading is queued, and the order of drops changes nothing", async () => {
  const first = large("first.log", 24);
  const second = file("second.log", Array.from({ length: 400 }, (_, i) => conn(i * 11, "10.0.1.6", "10.0.1.4", 3389)).join("\n"));
  const cases = [];
  for (const [one, two] of [[first, second], [second, first]]) {
    await on(fileUrl, async (page) => {
      const { frame, dropFiles } = page;
      await dropFiles([sites]);
      await frame.locator(".file").first().waitFor();
      await dropFiles([one]);
      await dropFiles([two]);
      await frame.locator(".file").nth(2).waitFor();
      await read(frame);
      await frame.locator("header .chip.fact", { hasText: "2 files" }).waitFor();
      cases.push(String(await saved(page, () => frame.getByRole("button", { name: "Save case" }).click())));
    });
  }
  assert.equal(cases[0], cases[1]);
});

test("a CSV's columns can be corrected, and a clock without a zone is asked for", () => on(fileUrl, async (page) => {
  const { frame } = page;
  const rows = Array.from({ length: 40 }, (_, i) => `2020-06-11 0${i % 10}:00:00,10.0.1.4,10.0.1.6,445,10.0.0.${i % 3 + 1}`);
  await drop(page, [file("export.csv", ["time,source,destination,port,real destination", ...rows].join("\n"))]);
  await tab(frame, "evidence");
  const receipt = frame.locator(".file").first();
  if (!(await receipt.locator("details").first().getAttribute("open") !== null)) await receipt.locator("summary").first().click();
  await receipt.locator(".ask").waitFor();
  await receipt.locator(".ask select").selectOption({ label: "UTC+09:00 Tokyo" });
  await receipt.locator(".ask button").first().click();
  await receipt.getByText("chosen by you").waitFor();
  assert.match(await receipt.innerText(), /2020-06-10 15:00:00 UTC/);
  // By name, and in June: summer time is the zone's own affair.
  await receipt.locator(".ask select").selectOption({ label: "America/New_York" });
  await receipt.locator(".ask button").first().click();
  await receipt.getByText("America/New_York, chosen by you").waitFor();
  await read(frame);
  assert.match(await receipt.innerText(), /2020-06-11 04:00:00 UTC/);
  await receipt.locator(".mapping > summary").click();
  await receipt.getByLabel("to: address").selectOption("real destination");
  await receipt.getByRole("button", { name: "Read again with these columns" }).click();
  await read(frame);
  await tab(frame, "sites");
  await page.picture("journey-columns");
  await frame.locator(".site-facts", { hasText: "10.0.0" }).first().waitFor();
}));

test("a guessed site is renamed in place and saved", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await drop(page, offices);
  await tab(frame, "sites");
  const name = frame.locator(".site-name").first();
  await name.fill("Scranton, PA");
  await name.press("Enter");
  await frame.locator(".picture-list li", { hasText: "Site Scranton, PA:" }).waitFor({ state: "attached" });
  const csv = String(await saved(page, () => frame.getByRole("button", { name: "Save sites.csv" }).click()));
  assert.match(csv, /"Scranton, PA"/);
}));

test("the timeline's brush narrows the picture, by pointer and by keys", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await drop(page, [...offices, sites]);
  const box = await frame.locator(".timeline-box").boundingBox();
  await page.page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.page.mouse.down();
  await page.page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 6 });
  await page.page.mouse.up();
  const start = frame.getByRole("slider", { name: "Start of the window" });
  const before = Number(await start.getAttribute("aria-valuenow"));
  await frame.getByRole("button", { name: "All time" }).waitFor();
  await start.focus();
  await start.press("ArrowRight");
  assert.ok(Number(await start.getAttribute("aria-valuenow")) > before);
  await page.picture("journey-brush");
  await start.press("Escape");
  await frame.getByRole("button", { name: "All time" }).waitFor({ state: "hidden" });
}));

test("the picture is walked through by keys", () => on(fileUrl, async (page) => {
  const { frame } = page;
  await drop(page, [...offices, sites]);
  const canvas = frame.locator(".picture-canvas");
  await canvas.focus();
  await canvas.press("ArrowRight");
  assert.notEqual(await frame.locator("#picture-spoken").textContent(), "");
  await canvas.press("Enter");
  await frame.locator("aside.detail").waitFor();
  await canvas.press("Escape");
  await frame.locator("aside.detail").waitFor({ state: "hidden" });
}));

test("case 83: leaving with unsaved work asks first", async () => {
  const page = await visit(browser, fileUrl);
  await drop(page, [...offices, sites]);
  await page.frame.locator("#tab-sites").click();
  const asked = new Promise((resolve) => page.page.on("dialog", (dialog) => { resolve(dialog.type()); void dialog.accept(); }));
  await page.page.close({ runBeforeUnload: true });
  assert.equal(await asked, "beforeunload");
  await page.close();
});

for (const [name, options] of Object.entries({
  "wide-light": { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  "wide-dark": { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  "narrow-light": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
  "narrow-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
})) {
  test(`a case fits the window: ${name}`, () => on(fileUrl, async (page) => {
    const { frame } = page;
    await frame.getByRole("button", { name: /sample case/ }).click();
    await read(frame);
    await page.picture(`case-${name}-findings`);
    await frame.locator("button.finding").first().click();
    await frame.locator("aside.detail [data-done]").waitFor();
    await page.picture(`case-${name}-finding`);
    const [needed, given] = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(needed <= given, `the page is ${needed} wide in a window of ${given}`);
  }, options));
}
