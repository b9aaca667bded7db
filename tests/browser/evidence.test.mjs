// What a responder settles of a file on the page: its encoding, its columns, its clock; archives and their members; many files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileUrl, launch, root, visit } from "./harness.mjs";
import { drop, read, saved, tab } from "./screen.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const folder = mkdtempSync(join(tmpdir(), "kyoten-evidence-"));
function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** @param {(v: import("./harness.mjs").Visit) => Promise<void>} act */
async function on(act) {
  const page = await visit(browser, fileUrl);
  try {
    await act(page);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(page.requests, [fileUrl]);
  } finally {
    await page.close();
  }
}

const receipt = (frame, name) => frame.locator(".file", { hasText: name }).first();

/** A receipt is made once its element has told that it is open, which is a task later: so it is waited for. */
async function unfold(item) {
  if (!(await item.locator("details").first().evaluate((details) => details.open))) await item.locator("summary").first().click();
  await item.locator(".receipt > *").first().waitFor();
  return item;
}

const ZEEK = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n";
const zeek = (rows, ahead = 0, salt = 0) => ZEEK + Array.from({ length: rows }, (_, n) => `${(1_591_833_600 + 60 * n + ahead).toFixed(6)}\tC${salt}-${n}\t10.2.0.${(n % 200) + 1}\t50000\t10.1.0.9\t445\ttcp\t${n}\t7\tSF\n`).join("");

test("the browser’s tables of encodings are those of the command line", () => on(async ({ frame }) => {
  const noted = readFileSync(join(root, "tests/fixtures/encodings.tsv"), "utf8").trim().split("\n").map((line) => line.split("\t"));
  assert.ok(noted.length >= 12);
  const tables = await frame.evaluate((names) => names.map((name) => {
    const only = (line) => ([...line].length === 1 && line !== "\ufffd" ? line : "\0");
    const lines = (sequences) => new TextDecoder(name).decode(Uint8Array.from(sequences.flatMap((sequence) => [...sequence, 10]))).split("\n").slice(0, -1).map(only);
    const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
    const singles = lines(range(0x80, 0xff).map((byte) => [byte]));
    const pairs = name.startsWith("windows") ? [] : range(0x81, 0xfe).flatMap((lead) => lines(range(0x40, 0xfe).map((trail) => [lead, trail])));
    return [...singles, ...pairs].join("");
  }), noted.map(([name]) => name));
  tables.forEach((table, at) => assert.equal(createHash("sha256").update(table).digest("hex"), noted[at][1], noted[at][0]));
}));

test("text in Shift_JIS is read, what can’t be told is asked, and the case is the command line’s", () => on(async (page) => {
  const { frame } = page;
  const line = (name, n, site) => Buffer.concat([Buffer.from(`CEF:0|Example|Wall|1|100|x|3|rt=15918336${10 + n}000 src=10.2.${site}.${n} dst=10.1.0.9 dpt=445 proto=TCP act=accept suser=`), name, Buffer.from(" in=10 out=20\n")]);
  // ポート表示, whose second bytes are | and \; and กข, too short to be told.
  const japan = file("japan.log", Buffer.concat([1, 2, 3].map((n) => line(Buffer.from([0x83, 0x7c, 0x81, 0x5b, 0x83, 0x67, 0x95, 0x5c, 0x8e, 0xa6]), n, 0))));
  const thai = file("thai.log", line(Buffer.from([0xa1, 0xa2]), 1, 1));
  await drop(page, [japan, thai]);
  await tab(frame, "evidence");
  assert.match(await (await unfold(receipt(frame, "japan.log"))).innerText(), /taken for Shift_JIS/);
  const unclear = await unfold(receipt(frame, "thai.log"));
  assert.match(await unclear.innerText(), /can’t be told/);
  await unclear.getByLabel("Encoding of this file’s text").selectOption("windows-874");
  await unclear.getByRole("button", { name: "Read again in this encoding" }).click();
  await unclear.getByText("Read as Windows-874 (Thai), chosen by you.").waitFor();
  await read(frame);

  const bytes = await saved(page, () => frame.getByRole("button", { name: "Save case" }).click());
  const own = JSON.parse(bytes);
  assert.deepEqual(own.evidence.map((each) => each.encoding), [{ name: "shift_jis", known: "told" }, { name: "windows-874", known: "chosen" }]);
  const accounts = own.links.flatMap((link) => link.services.flatMap((service) => service.accounts));
  assert.deepEqual(accounts.sort(), ["กข", "ポート表示"].sort());
  const theirs = JSON.parse(execFileSync("cargo", ["run", "--quiet", "--bin", "kyoten", "--", "analyze", japan], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }));
  assert.deepEqual(own.evidence[0], theirs.evidence[0]);
}));

test("Parquet of a bucket and of a warehouse are read, and evidence and links are the command line’s", () => on(async (page) => {
  const files = ["aws_vpc_flow_json/parquet_of_a_bucket.log", "kyoten_rollup/parquet_of_a_warehouse.log"].map((name) => join(root, "tests/fixtures", name));
  await drop(page, files);
  const own = JSON.parse(await saved(page, () => page.frame.getByRole("button", { name: "Save case" }).click()));
  const theirs = JSON.parse(execFileSync("cargo", ["run", "--quiet", "--bin", "kyoten", "--", "analyze", ...files], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }));
  assert.deepEqual(own.evidence.map((each) => each.layers[0].name), ["parquet", "parquet"]);
  assert.deepEqual([own.evidence, own.links], [theirs.evidence, theirs.links]);
  assert.ok(own.links.length > 2, `${own.links.length} links`);
}));

test("a file of many slices has its hash in the case that is saved at once", () => on(async (page) => {
  const { frame } = page;
  const header = "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tconn_state\n";
  const row = (n) => `${1591833600 + n}.5\t10.1.0.${n % 200}\t50000\t10.2.0.${n % 7}\t445\ttcp\t${n}\tSF\n`;
  const text = header + Array.from({ length: 20_000 }, (_, n) => row(n)).join("").repeat(35);
  assert.ok(text.length > 32 * 1024 * 1024, `${text.length} bytes`);
  const long = file("long.log", text);
  await page.chooseFiles("input[type=file]:not([webkitdirectory])", long);
  await read(frame);
  const own = JSON.parse(await saved(page, () => frame.getByRole("button", { name: "Save case" }).click()));
  assert.equal(own.evidence[0].sha256, createHash("sha256").update(text).digest("hex"));
  assert.deepEqual([own.evidence[0].accounts.parsed, own.evidence[0].bytes], [700_000, text.length]);
}));

test("JSON of unknown names is mapped on the panel, saved, and the next export read by it", () => on(async (page) => {
  const { frame } = page;
  const rows = (month) => Array.from({ length: 9 }, (_, n) => JSON.stringify({ wann: `2020-${month}-1${n}T01:00:00Z`, a: { wer: `10.2.0.${n + 1}` }, wen: "10.1.0.9", tor: 445, viel: n })).join("\n");
  await page.dropFiles([file("june.ndjson", rows("06"))]);
  const item = receipt(frame, "june.ndjson");
  await item.locator(".mapping").waitFor();
  for (const [label, column] of [["time", "wann"], ["from: address", "a.wer"], ["to: address", "wen"], ["to: port", "tor"], ["bytes out", "viel"]]) await item.getByLabel(label, { exact: true }).selectOption(column);
  // Tried on the first rows before it is taken.
  await item.locator("table.sample td", { hasText: "2020-06-10 01:00:00 · 10.2.0.1 → 10.1.0.9:445" }).first().waitFor();
  await item.getByRole("button", { name: "Read again with these columns" }).click();
  await frame.locator("header .chip.fact").first().waitFor();
  await read(frame);
  await tab(frame, "evidence");
  await unfold(item);
  const form = item.locator(".mapping");
  if (!(await form.evaluate((details) => details.open))) await form.locator("> summary").click();
  const mapping = await saved(page, () => item.getByRole("button", { name: "Save for the next export" }).click());
  assert.equal(JSON.parse(mapping).columns.src_ip, "a.wer");

  const fresh = await visit(browser, fileUrl);
  await drop(fresh, [file("saved.kyoten-mapping.json", mapping), file("july.ndjson", rows("07"))]);
  await tab(fresh.frame, "evidence");
  assert.match(await (await unfold(receipt(fresh.frame, "july.ndjson"))).locator(".counts").innerText(), /parsed\s+9/);
  await fresh.close();
}));

test("a clock that ran ahead is estimated from the other file and set right", () => on(async (page) => {
  const { frame } = page;
  await drop(page, [file("right.log", zeek(60)), file("fast.log", zeek(60, 37.25))]);
  await tab(frame, "evidence");
  const fast = await unfold(receipt(frame, "fast.log"));
  await fast.locator(".clock-skew summary").click();
  await fast.getByRole("button", { name: "Compare with the other files" }).click();
  assert.match(await fast.locator(".estimates li").first().innerText(), /37\.25 s ahead of right\.log \(60 of 60/);
  await fast.getByRole("button", { name: "Take 37.25" }).click();
  assert.match(await fast.locator("table.times tbody tr").first().innerText(), /00:00:37\s+2020-06-11 00:00:00 UTC/);
  await fast.getByRole("button", { name: "Read again with this clock" }).click();
  await fast.getByText("set right by -37.25 s, chosen by you").waitFor();
  await read(frame);
}));

test("case 63: a thousand files at once, empty ones among them, are all read, each with its receipt, into one answer", () => on(async (page) => {
  const { frame } = page;
  const files = Array.from({ length: 1000 }, (_, n) => file(`many-${n}.log`, n % 10 === 0 ? "" : zeek(2, 0, n)));
  await page.dropFiles(files);
  await frame.locator("html[data-page=case]").waitFor({ timeout: 60_000 });
  await frame.locator(".file").nth(999).waitFor({ state: "attached", timeout: 60_000 });
  await read(frame, 600_000);
  assert.equal(await frame.locator(".file .file-state", { hasText: "Zeek conn.log" }).count(), 900);
  const facts = await frame.locator("header .chip.fact").allTextContents();
  assert.match(facts.join(" "), /1\D?000 files/);
  assert.match(facts.join(" "), /1\D?800 connections/);
}));

test("a word of the evidence is in no console line, no name of a saved file and no address; the capture of packets looks for it, too", () => on(async (page) => {
  const { frame } = page;
  const word = /kyotencanary/i;
  const said = [];
  page.page.on("console", (message) => said.push(message.text()));
  const row = (n, source) => `2020-06-11T00:0${n}:00Z,${source},10.1.0.9,445,kyotencanary-user,<img src=http://kyotencanary.example/x.png>`;
  const table = ["time,src_ip,dst_ip,dst_port,user,note", row(0, "10.2.0.5"), row(1, "kyotencanary.example"), row(2, "http://kyotencanary.example/"), "kyotencanary, no record"].join("\n");
  await drop(page, [file("kyotencanary-log.csv", table), file("kyotencanary-unknown.txt", "kyotencanary is nothing known\n"), file("kyotencanary.log", zeek(30))]);
  const names = [];
  names.push((await page.download(() => frame.getByRole("button", { name: "Save case" }).click())).name);
  await tab(frame, "evidence");
  await unfold(receipt(frame, "kyotencanary-log.csv"));
  await frame.locator("#figure-open").click();
  names.push((await page.download(() => frame.getByRole("button", { name: "Save SVG" }).click())).name);
  // It was read, or nothing would be shown by its absence.
  assert.match(await frame.locator("body").innerText(), word);
  assert.equal(names.length, 2);
  for (const text of [...said, ...names, ...page.complaints, ...page.requests]) assert.doesNotMatch(text, word);
}));
