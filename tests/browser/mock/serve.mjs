// Serves the page as loose modules with the mock engine in the real one's place, to work on the screen without a build.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

export function serveMock(port = 0) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "index.html" : pathname === "/www/engine.js" ? "tests/browser/mock/engine.js" : pathname;
    try {
      const content = await readFile(join(root, path));
      response.writeHead(200, { "content-type": `${KINDS[extname(path)] ?? "text/plain"}; charset=utf-8`, "cache-control": "no-store" });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() })));
}
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await serveMock(Number(process.argv[2] ?? 4199))).url);
