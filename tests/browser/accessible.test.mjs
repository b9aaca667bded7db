// What axe finds against WCAG 2.2 AA: nothing, on the empty page and on a case, light and dark.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileUrl, launch, visit } from "./harness.mjs";
import { read, tab } from "./screen.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function assertAccessible(frame, where) {
  await frame.evaluate(axe);
  const violations = await frame.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], elementRef: false }))
    .violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`));
  assert.deepEqual(violations, [], where);
}

for (const colorScheme of ["light", "dark"]) {
  test(`the page and a case, in ${colorScheme}`, async () => {
    const { frame, close } = await visit(browser, fileUrl, { colorScheme });
    await assertAccessible(frame, "empty");
    await frame.getByRole("button", { name: /sample case/ }).click();
    await read(frame);
    for (const name of ["findings", "evidence", "sites", "policy"]) {
      await tab(frame, name);
      await assertAccessible(frame, name);
    }
    await tab(frame, "findings");
    await frame.locator("button.finding").first().click();
    await frame.locator("aside.detail [data-done]").waitFor();
    await assertAccessible(frame, "detail");
    await frame.locator("#figure-open").click();
    await assertAccessible(frame, "figure");
    await close();
  });
}
