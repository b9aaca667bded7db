// Runs the browser tests in a network of their own and keeps every packet that leaves them: `node captured.mjs FILE…`. Beyond
// what the browsers ask for on their own account there may be none, and no packet may hold a word of what was dropped.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apart, impossible } from "./apart.mjs";
import { VENDORS, questions } from "./capture.mjs";
import { out } from "./harness.mjs";
import { answering } from "./sink.mjs";

const inside = process.argv[2] === "--inside";
const files = process.argv.slice(inside ? 3 : 2);
// Most of them wait most of the time, so two at once are not slower than one.
const tests = ["--test", "--test-reporter=spec", "--test-concurrency=2", ...files];
const tcpdump = ["/usr/sbin/tcpdump", "/usr/bin/tcpdump"].find((path) => existsSync(path));
const lacking = impossible() || (tcpdump ? "" : "no tcpdump is here");

if (inside) {
  process.exit(await watched());
} else if (lacking) {
  console.log(`not captured: ${lacking}`);
  process.exit(spawnSync(process.execPath, tests, { stdio: "inherit" }).status ?? 1);
} else {
  const [command, ...words] = apart([process.execPath, fileURLToPath(import.meta.url), "--inside", ...files]);
  process.exit(spawnSync(command, words, { stdio: "inherit" }).status ?? 1);
}

async function watched() {
  await answering();
  const path = join(out, "capture.pcap");
  // What stays on the loopback is the tests' own: debuggers and the page's server.
  const watch = spawn(tcpdump ?? "", ["-i", "any", "-U", "-Z", "root", "-w", path, "not (src net 127 and dst net 127)"], { stdio: ["ignore", "ignore", "pipe"] });
  await once(watch.stderr, "data");
  const run = spawn(process.execPath, tests, { stdio: "inherit" });
  const [status] = await once(run, "close");
  watch.kill("SIGINT");
  await once(watch, "close");
  const packets = readFileSync(path);
  const asked = questions(packets);
  const foreign = asked.filter((each) => !VENDORS.test(each));
  // Names and words that the tests' logs are full of.
  const told = ["SYNTHETIC", "kyotencanary", "Scranton", "Nashua"].filter((word) => packets.toString("latin1").toLowerCase().includes(word.toLowerCase()));
  const well = foreign.length === 0 && told.length === 0;
  const sum = asked.length === 0 ? "none" : [...new Set(asked)].sort().join(", ");
  console.log(`${well ? "✔" : "✖"} no packet of the whole suite but the browsers' own look-ups (${asked.length}: ${sum})`);
  if (!well) console.log(`  foreign: ${foreign.join(", ")}; words of logs: ${told.join(", ")}`);
  console.log(`ℹ pass ${Number(well)}\nℹ fail ${Number(!well)}`);
  return well ? status : 1;
}
