// Files get into the sandboxed frame by every way, and out of it by saving.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileUrl, launch, out, serve, visit } from "./harness.mjs";

const folder = join(out, "handed");
const [first, second] = [join(folder, "first.bin"), join(folder, "deep", "second.bin")];

let browser, server;
before(async () => {
  mkdirSync(join(folder, "deep"), { recursive: true });
  writeFileSync(first, "hello");
  writeFileSync(second, "world!");
  [browser, server] = await Promise.all([launch(), serve()]);
});
after(async () => { server?.stop(); await browser?.close(); });

for (const way of ["file", "server"]) {
  describe(`from ${way}`, () => {
    const url = () => (way === "file" ? fileUrl : server.url);

    test("a drop reaches the application, and the page stays", async () => {
      const { page, frame, dropFiles, close } = await visit(browser, url());
      await frame.evaluate(() => {
        globalThis.dropped = new Promise((resolve) => {
          addEventListener("dragover", (event) => event.preventDefault());
          addEventListener("drop", async (event) => {
            event.preventDefault();
            const files = [...event.dataTransfer.files];
            resolve([event.isTrusted, ...(await Promise.all(files.map(async (file) => [file.name, await file.slice(1, 4).text()])))]);
          }, { capture: true });
        });
      });
      await dropFiles([first, second]);
      assert.deepEqual(await frame.evaluate(() => globalThis.dropped), [true, ["first.bin", "ell"], ["second.bin", "orl"]]);
      assert.equal(page.url(), url());
      await close();
    });

    test("files and folders can be chosen", async () => {
      const { frame, chooseFiles, close } = await visit(browser, url());
      await frame.evaluate(() => {
        for (const id of ["some-files", "a-folder"]) {
          const input = document.createElement("input");
          Object.assign(input, { type: "file", id, multiple: true, webkitdirectory: id === "a-folder" });
          document.body.append(input);
        }
      });
      await chooseFiles("#some-files", [first]);
      await chooseFiles("#a-folder", folder);
      const chosen = (id) => frame.evaluate((id) => [...document.getElementById(id).files].map((file) => file.webkitRelativePath || file.name), id);
      assert.deepEqual(await chosen("some-files"), ["first.bin"]);
      assert.deepEqual((await chosen("a-folder")).sort(), ["handed/deep/second.bin", "handed/first.bin"]);
      await close();
    });

    test("a blob is saved by a click", async () => {
      const { frame, download, close } = await visit(browser, url());
      const saved = await download(() => frame.evaluate(() => {
        const link = document.createElement("a");
        Object.assign(link, { href: URL.createObjectURL(new Blob(["saved"])), download: "saved.txt" });
        link.click();
      }));
      assert.equal(saved.name, "saved.txt");
      assert.equal(readFileSync(saved.path, "utf8"), "saved");
      await close();
    });
  });
}
