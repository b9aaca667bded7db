// The sealed page opens by both ways, starts its engine and workers, and asks for nothing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileUrl, launch, serve, visit } from "./harness.mjs";

let browser, server;
before(async () => { [browser, server] = await Promise.all([launch(), serve()]); });
after(async () => { server?.stop(); await browser?.close(); });

for (const way of ["file", "server"]) {
  describe(`opened from ${way}`, () => {
    const url = () => (way === "file" ? fileUrl : server.url);

    test("the engine and both kinds of worker start, in silence", async () => {
      const { frame, complaints, requests, close } = await visit(browser, url());
      assert.equal(await frame.locator("html").getAttribute("data-engine"), "ready");
      assert.deepEqual(complaints, []);
      assert.deepEqual(requests, [url()]);
      await close();
    });
  });
}
