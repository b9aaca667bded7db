// How long the picture takes to follow a brush: node benches/redraw.mjs RUNS SITES:LINKS… Prints one JSON object.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { launch, resealed, root, visit } from "../tests/browser/harness.mjs";
import { xtask } from "../tests/browser/xtask.mjs";

const [runs, ...cases] = process.argv.slice(2);
const [command, ...first] = xtask();
const url = resealed(execFileSync(command, [...first, "join", join(root, "benches/redraw-probe.js")], { encoding: "utf8", cwd: root }));
const quantile = (times, part) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];

const browser = await launch();
const measured = [];
for (const [sites, links] of cases.map((own) => own.split(":").map(Number))) {
  const { frame, close } = await visit(browser, url, { ready: false });
  for (const { layout, times } of await frame.evaluate(([sites, links, runs]) => globalThis.probe.measure(sites, links, runs), [sites, links, Number(runs)])) {
    const whole = times.map(([scene, paint]) => scene + paint);
    const figure = { sites, links, layout, scene_ms: quantile(times.map(([scene]) => scene), 0.5), paint_ms: quantile(times.map(([, paint]) => paint), 0.5), median_ms: quantile(whole, 0.5), slow_ms: quantile(whole, 0.95) };
    measured.push(figure);
    console.error(`${sites} sites, ${links} links, ${layout}: ${figure.scene_ms.toFixed(1)} + ${figure.paint_ms.toFixed(1)} ms, 95 % under ${figure.slow_ms.toFixed(1)}`);
  }
  await close();
}
console.log(JSON.stringify(measured));
await browser.close();
