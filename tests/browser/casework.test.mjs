// The model case told whole on the page: first finding, where else, cut, restriction, statement, reconnection, rules, and the case file under a
// passphrase.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileUrl, launch, visit } from "./harness.mjs";
import { read, saved } from "./screen.mjs";

/** The sample is 60 MB of logs; a busy machine takes its time. */
const LONG = 240_000;

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

test("first finding, where else, cut, restriction, none since, reconnection, rules", async () => {
  const page = await visit(browser, fileUrl, { locale: "en-GB" });
  const { frame } = page;
  await frame.getByRole("button", { name: /sample case/ }).click();
  await frame.locator("html[data-page=case]").waitFor();
  await read(frame, LONG);

  // The audit's finding, and the question that follows.
  await frame.locator("#tab-findings").click();
  await frame.locator("#panel-findings button.finding").first().click();
  await frame.locator("aside.detail").getByRole("button", { name: "Who else?" }).click();
  const sweep = frame.locator("#panel-response .sweep").first();
  await sweep.locator("[data-outcome]").first().waitFor({ timeout: LONG });
  const told = await sweep.locator("[data-outcome]").evaluateAll((sites) => sites.map((site) => [site.querySelector("strong").textContent, site.dataset.outcome]));
  const traces = told.filter(([, outcome]) => ["confirmed", "suspected"].includes(outcome)).map(([name]) => name);
  assert.deepEqual(traces, ["Jakarta Office", "Manila Office", "New York Office"]);
  assert.deepEqual(told.filter(([, outcome]) => outcome === "no logs"), []);
  await sweep.locator("[data-outcome=confirmed]").first().getByRole("button").click();
  await sweep.locator("[data-done]").waitFor({ timeout: LONG });
  assert.ok(await sweep.locator(".row").count() > 0, "each site opens its rows");
  await sweep.getByRole("button", { name: /both ends/ }).click();
  await sweep.locator("[data-compared]").waitFor({ timeout: LONG });
  // The clock runs 1.7 s ahead, and a FortiGate's times are whole seconds, cut off.
  assert.match(await sweep.locator("[data-compared]").innerText(), /stand in both .* (1\.[7-9]|2\.[0-7]) s/s);

  // What was done, and what was alive after it.
  const panel = frame.locator("#panel-response");
  const open = (title) => panel.locator("summary", { hasText: title }).click();
  await open("Actions");
  const act = async (kind, from, at, why) => {
    const before = await panel.locator(".actions > li").count();
    await frame.locator("#action-kind").selectOption(kind);
    await frame.locator("#action-from").selectOption(from);
    await frame.locator("#action-to").selectOption("Tokyo DC");
    await frame.locator("#action-at").fill(at);
    await frame.locator("#action-who").fill("SYNTHETIC operator");
    await frame.locator("#action-why").fill(why);
    await panel.getByRole("button", { name: "Put on record" }).click();
    await panel.locator(".actions > li").nth(before).waitFor({ timeout: LONG });
  };
  await act("cut", "Bangkok Office", "2020-06-11 08:00", "the audit's finding");
  // As far as anybody has said, it is cut to this day: what ran since the reconnection is alive.
  assert.match(await panel.locator(".actions > li").first().innerText(), /Alive after it/);
  await act("restrict", "*", "2020-08-03", "all overseas traffic to Japan");
  await act("restore", "*", "2020-11-30", "reconnected");
  assert.match(await panel.locator(".actions > li").last().innerText(), /What returned/);
  assert.match(await panel.locator(".actions > li").first().innerText(), /Nothing ran after it/);

  // None since, in so many files, with the gap.
  await frame.locator("#negative-from").selectOption("country:PH");
  await frame.locator("#negative-to").selectOption("country:JP");
  await frame.locator("#negative-service").fill("smb");
  await frame.locator("#negative-since").fill("2020-08-03");
  await frame.locator("#negative-until").fill("2020-10-31");
  await panel.getByRole("button", { name: "Ask", exact: true }).click();
  await panel.getByRole("button", { name: /Keep it/ }).click();
  const statement = panel.locator(".negatives .statement");
  await statement.waitFor({ timeout: LONG });
  assert.match(await statement.innerText(), /No connection .*in 6 files, 89 of 89 days with logs.* 2 h /s);

  // An indicator, in rows.
  await open("Search");
  await frame.locator("#search-text").fill("203.0.113[.]250\n10.66.8.41\nnot/usable\n");
  await panel.getByRole("button", { name: "Search all evidence" }).click();
  await panel.locator(".row-met", { hasText: "10.66.8.41" }).first().waitFor({ timeout: LONG });

  // Rules, after what they would break.
  await open("Deny rules");
  await panel.locator(".choices input").first().check();
  await panel.getByRole("button", { name: "What would break?" }).click();
  assert.match(await panel.locator("pre.preview").first().innerText(), /call Bangkok Office: bkk-it@hoshizora\.example/);
  const rules = String(await saved(page, () => panel.getByRole("button", { name: /Save the rules/ }).click()));
  assert.match(rules, /kyoten-D1-/);

  const file = JSON.parse(String(await saved(page, () => frame.getByRole("button", { name: "Save case" }).click())));
  assert.deepEqual([file.sweeps.length, file.sweeps[0].asked, file.negatives.length, file.actions.length], [1, true, 1, 3]);
  for (const wanted of ["sweep", "negative", "search", "act", "export"]) assert.ok(file.log.some((entry) => entry.act === wanted), `the log tells of ${wanted}`);

  // Under a passphrase, out and in again.
  await frame.getByRole("button", { name: "Report and exports" }).click();
  await frame.locator("#exports-passphrase").fill("a passphrase");
  const locked = await page.download(() => frame.getByRole("button", { name: /\.age/ }).click());
  assert.equal(locked.name, "kyoten-case.json.age");
  assert.deepEqual(page.complaints, []);
  await page.close();

  const again = await visit(browser, fileUrl, { locale: "en-GB" });
  await again.dropFiles([locked.path]);
  await again.frame.locator("#unlock-passphrase").fill("another");
  await again.frame.getByRole("button", { name: "Open", exact: true }).click();
  await again.frame.getByText("the passphrase is wrong").waitFor({ timeout: LONG });
  await again.frame.locator("#unlock-passphrase").fill("a passphrase");
  await again.frame.getByRole("button", { name: "Open", exact: true }).click();
  await again.frame.getByText("taken as the case file").waitFor({ timeout: LONG });
  assert.deepEqual(again.complaints, []);
  await again.close();
});
