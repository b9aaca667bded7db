// The page and the command line are one engine: the same files give the same bytes, the case and the figure alike.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileUrl, launch, root, visit } from "./harness.mjs";
import { drop, saved } from "./screen.mjs";

let browser, folder, files;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kyoten-same-"));
  const sample = join(folder, "sample");
  kyoten("sample", "--out", sample);
  files = readdirSync(sample).map((name) => join(sample, name));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line; its exit status 1 says that the sample's spoilt records were said. */
function kyoten(...words) {
  try {
    execFileSync("cargo", ["run", "--quiet", "--bin", "kyoten", "--", ...words], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if (error.status !== 1) throw error;
  }
}

/** Where the machine's clock and language would show, did anything ask for them. */
const PLACES = [
  { timezoneId: "Asia/Tokyo", locale: "th-TH" }, { timezoneId: "America/St_Johns", locale: "en-US" },
  { timezoneId: "Asia/Kolkata", locale: "ar-EG" }, { timezoneId: "Pacific/Auckland", locale: "tr-TR" },
];

test("case 74: the sample's case and figure are the command line's, byte for byte, in four zones and locales, whatever the order of the files", async () => {
  const [document, picture] = [join(folder, "case.json"), join(folder, "figure.svg")];
  kyoten("analyze", ...files, "--out", document, "--figure", picture);

  for (const [at, place] of PLACES.entries()) {
    const order = at % 2 ? files.toReversed() : files;
    const page = await visit(browser, fileUrl, place);
    try {
      await drop(page, order);
      const { frame } = page;
      const ours = await saved(page, () => frame.getByRole("button", { name: "Save case" }).click());
      assert.ok(ours.equals(readFileSync(document)), "case.json");
      await frame.locator("#figure-open").click();
      const svg = await saved(page, () => frame.getByRole("button", { name: "Save SVG" }).click());
      assert.ok(svg.equals(readFileSync(picture)), "the figure");
    } finally {
      await page.close();
    }
  }
});

test("the rollup that the page saves is the command line's, byte for byte, with names and with pseudonyms", async () => {
  const page = await visit(browser, fileUrl);
  const { frame } = page;
  await drop(page, files);
  for (const secret of ["", "拠点の仮名"]) {
    const path = join(folder, "rollup.csv");
    kyoten("rollup", ...files, "--out", path, ...(secret ? ["--pseudonyms", secret] : []));
    await frame.getByRole("button", { name: "Report and exports" }).click();
    await frame.locator("#exports-secret").fill(secret);
    const ours = await saved(page, () => frame.getByRole("button", { name: "Save the rollup" }).click());
    await frame.locator("dialog.exports").getByRole("button", { name: "Close" }).click();
    assert.ok(ours.equals(readFileSync(path)), `with the secret “${secret}”`);
    assert.equal(ours.includes("Bangkok Office"), secret === "");
  }
  assert.deepEqual(page.complaints, []);
  await page.close();
});
