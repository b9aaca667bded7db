// The page works on a machine without any network: the browser runs where there is none, not even a loopback.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const cut = process.getuid?.() === 0 ? ["--net"] : ["--net", "--user", "--map-root-user"];
const possible = spawnSync("unshare", [...cut, "true"]).status === 0;

test("with the network cut off the page opens and its engine starts", { skip: possible ? false : "unshare may not cut the network off here" }, () => {
  const run = spawnSync("unshare", [...cut, process.execPath, join(here, "offline-visit.mjs")], { encoding: "utf8", timeout: 120_000 });
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), { interfaces: [], engine: "ready", complaints: [], requests: 1 });
});
