// The engine starts, and whatever fails in it is told in a sentence. The page's own copy is out of reach, so these
// tests seal a page that gives it out and does nothing else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, resealed, visit } from "./harness.mjs";
import { xtask } from "./xtask.mjs";

const here = dirname(fileURLToPath(import.meta.url));

let browser, url;
before(async () => {
  const [command, ...first] = xtask();
  url = resealed(execFileSync(command, [...first, "join", join(here, "modules", "engine-probe.js")], { encoding: "utf8" }));
  browser = await launch();
});
after(() => browser?.close());

const probed = () => visit(browser, url, { ready: false });

/** Puts another script in the place of the reader's. */
const replaceReader = (frame, text) => frame.evaluate((text) => { document.getElementById("kyoten-reader").firstChild.data = text; }, text);

test("the module that the page holds is the one that a worker gets", async () => {
  const { frame, close } = await probed();
  await replaceReader(frame, "self.kyotenWorker = (bindings) => { self.onmessage = ({ data }) => self.postMessage([data, Object.keys(bindings).length]); };");
  const [echo, inWorker, inPage, compiled] = await frame.evaluate(async () => {
    const engine = await globalThis.probe.startEngine();
    const worker = await engine.spawn("reader");
    const answer = new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); });
    worker.postMessage("hello");
    return [...(await answer), Object.keys(engine.bindings).length, engine.module instanceof WebAssembly.Module];
  });
  assert.equal(echo, "hello");
  assert.equal(inWorker, inPage);
  assert.ok(compiled);
  await close();
});

test("a file that was chosen is read in a worker by slices", async () => {
  const { frame, chooseFiles, close } = await probed();
  await replaceReader(frame, "self.kyotenWorker = () => { self.onmessage = async ({ data }) => self.postMessage(await data.slice(0, 24).text()); };");
  await frame.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "probe-file" })));
  await chooseFiles("#probe-file", join(here, "package.json"));
  const read = await frame.evaluate(async () => {
    const worker = await (await globalThis.probe.startEngine()).spawn("reader");
    const answer = new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); });
    worker.postMessage(document.getElementById("probe-file").files[0]);
    return answer;
  });
  assert.match(read, /^\{\n  "name": "kyoten-/);
  await close();
});

for (const [how, dying] of Object.entries({
  "throws": "throw new Error('a slip');",
  "leaves a promise rejected": "Promise.reject(new Error('a slip'));",
})) {
  test(`a worker that ${how} is told of once`, async () => {
    const { frame, close } = await probed();
    await replaceReader(frame, `self.kyotenWorker = () => { self.onmessage = () => { ${dying} }; };`);
    const told = await frame.evaluate(async () => {
      const told = [];
      const worker = await (await globalThis.probe.startEngine()).spawn("reader", (error) => told.push(error.message));
      worker.postMessage("die");
      worker.postMessage("die again");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return told;
    });
    assert.equal(told.length, 1);
    assert.match(told[0], /^The reader stopped: .*a slip\.$/);
    await close();
  });
}

test("a worker that its owner ends is not told of", async () => {
  const { frame, close } = await probed();
  await replaceReader(frame, "self.kyotenWorker = () => {};");
  const told = await frame.evaluate(async () => {
    const told = [];
    (await (await globalThis.probe.startEngine()).spawn("reader", (error) => told.push(error.message))).terminate();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return told;
  });
  assert.deepEqual(told, []);
  await close();
});

for (const [what, text, reason] of [
  ["sets no hook", "1;", /^The reader could not start: its script sets no kyotenWorker\.$/],
  ["throws in its hook", "self.kyotenWorker = () => { throw new Error('no luck'); };", /^The reader could not start: no luck\.$/],
  ["is no script", "(", /^The reader could not start: .*SyntaxError.*\.$/],
]) {
  test(`a worker that ${what} is refused with a sentence`, async () => {
    const { frame, close } = await probed();
    await replaceReader(frame, text);
    const told = await frame.evaluate(async () => (await globalThis.probe.startEngine()).spawn("reader").catch((error) => error.message));
    assert.match(told, reason);
    await close();
  });
}

test("an engine that cannot start says so", async () => {
  const { frame, close } = await probed();
  const told = await frame.evaluate(async () => {
    document.getElementById("kyoten-wasm").firstChild.data = btoa("not gzip");
    return globalThis.probe.startEngine().catch((error) => error.message);
  });
  assert.match(told, /^The engine could not start in this browser \(.+\): try a current/);
  await close();
});
