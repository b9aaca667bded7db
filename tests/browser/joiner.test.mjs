// What xtask's joiner makes of a graph of modules behaves as what esbuild makes of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";
import { xtask } from "./xtask.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Runs a classic script and returns what it reported, in order. */
async function reports(script) {
  const said = [];
  vm.runInNewContext(script, { report: (...words) => said.push(words) });
  await new Promise((resolve) => setTimeout(resolve));
  return JSON.parse(JSON.stringify(said));
}

function joined(entry) {
  const [command, ...first] = xtask();
  return execFileSync(command, [...first, "join", entry], { encoding: "utf8", cwd: here });
}

function bundled(entry) {
  return buildSync({ entryPoints: [entry], bundle: true, write: false, format: "iife", logLevel: "error" }).outputFiles[0].text;
}

test("a graph with every known form reports the same", async () => {
  const entry = join(here, "modules", "main.js");
  const ours = await reports(joined(entry));
  assert.ok(ours.length > 10);
  assert.deepEqual(ours, await reports(bundled(entry)));
});

for (const name of ["main", "reader", "analyst"]) {
  test(`www/${name}.js is a script for both, with the same modules in it`, () => {
    const entry = join(here, "..", "..", "www", `${name}.js`);
    const script = joined(entry);
    new vm.Script(script, { filename: `${name}.js` });
    const { metafile } = buildSync({ entryPoints: [entry], bundle: true, write: false, metafile: true, logLevel: "error" });
    const theirs = Object.keys(metafile.inputs).map((path) => path.slice(path.indexOf("www/"))).sort();
    const ours = [...script.matchAll(/^\/\/ (www\/.*)$/gm)].map((match) => match[1]).sort();
    assert.deepEqual(ours, theirs);
  });
}
