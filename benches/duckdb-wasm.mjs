// Measures DuckDB in the same browser: seconds for the nearest query over a Zeek log, or why there are none.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { buildSync } from "../tests/browser/node_modules/esbuild/lib/main.js";
import { launch, root } from "../tests/browser/harness.mjs";

/** How long it may take, in milliseconds. */
const PATIENCE = 600_000;

/**
 * @param {string} log a Zeek log as TSV
 * @returns {Promise<{ seconds?: number, error?: string }>}
 */
export async function duckdbWasm(log) {
  const packages = join(root, "benches/node_modules/@duckdb/duckdb-wasm/dist");
  if (!existsSync(packages)) {
    try {
      execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: join(root, "benches"), stdio: "ignore" });
    } catch {
      return { error: "it could not be installed" };
    }
  }
  const script = buildSync({ entryPoints: [join(root, "benches/duckdb-wasm.js")], bundle: true, write: false, format: "iife" });
  const parts = {
    "/": ["text/html", "<!doctype html><meta charset=utf-8><title>duckdb</title><input type=file><script src=/script.js></script>"],
    "/script.js": ["text/javascript", script.outputFiles[0].text],
    "/worker.js": ["text/javascript", readFileSync(join(packages, "duckdb-browser-eh.worker.js"))],
    "/duckdb.wasm": ["application/wasm", readFileSync(join(packages, "duckdb-eh.wasm"))],
  };
  const server = createServer((request, response) => {
    const [type, body] = parts[request.url] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const browser = await launch();
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    await tab.setInputFiles("input", log);
    return await (await tab.waitForFunction(() => globalThis.said, undefined, { timeout: PATIENCE })).jsonValue();
  } catch (error) {
    return { error: String(error?.message ?? error).split("\n")[0] };
  } finally {
    await browser.close();
    server.close();
  }
}
