// The browser's time zones and those of the command line are the same: a clock read by either gives the same UTC.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { zoneNames, zoneRules } from "../../www/zones.js";
import { root } from "./harness.mjs";

const ZONES = ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "America/Sao_Paulo", "Asia/Jakarta", "Pacific/Auckland", "Africa/Cairo"];

/** Noon on every tenth day of some years in which rules changed, as a local clock shows it. */
function clocks() {
  const days = [];
  for (let at = Date.UTC(2005, 0, 1, 12); at < Date.UTC(2027, 0, 1); at += 10 * 86_400_000) days.push(at);
  return days;
}

function east({ first, changes }, ms) {
  const passed = changes.filter(([from, seconds]) => (from + seconds) * 1000 <= ms);
  return passed.at(-1)?.[1] ?? first;
}

for (const zone of ZONES) {
  test(`${zone} is the same in the browser and on the command line`, () => {
    assert.ok(zoneNames().length > 300);
    const rules = zoneRules(zone);
    const log = join(mkdtempSync(join(tmpdir(), "kyoten-zones-")), "noons.csv");
    const local = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
    writeFileSync(log, ["time,src_ip,dst_ip,dst_port", ...clocks().map((ms) => `${local(ms)},10.0.0.1,10.0.0.2,445`)].join("\n"));
    const out = execFileSync("cargo", ["run", "--quiet", "--bin", "kyoten", "--", "flows", log, "--assume-zone", zone], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
    const theirs = out.trim().split("\n").map((line) => JSON.parse(line).ts);
    assert.deepEqual(theirs, clocks().map((ms) => ms / 1000 - east(rules, ms)));
  });
}
