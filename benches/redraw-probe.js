// Gives redraw.mjs a case of so many sites and links, and how long its pictures take in the sealed page: the engine's scene, and
// painting it. All on one thread, so that neither waits for the other. Sealed into a page by `xtask join`.
import { startEngine } from "../www/engine.js";

/** Thirty days of June 2020. */
const FIRST = Date.UTC(2020, 5, 1) / 1000;
const DAYS = 30;
/** How many connections a link has. */
const CONNECTIONS = 40;
const [WIDTH, HEIGHT] = [1200, 800];

globalThis.probe = { startEngine, measure };

/** The same numbers each time. */
function dice(seed) {
  return (sides) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % sides;
  };
}

const address = (site, host) => `10.${site >> 8}.${site & 255}.${host}`;

/** A book of sites, and a Zeek log of connections over so many links between them. */
function made(sites, links) {
  const roll = dice(7);
  const book = ["site,country,lat,lon,cidr"];
  for (let site = 0; site < sites; site += 1) book.push(`Site ${site},JP,${(site * 7) % 120 - 60},${(site * 13) % 340 - 170},${address(site, 0)}/24`);
  const chosen = new Set();
  while (chosen.size < links) {
    const [from, to] = [roll(sites), roll(sites)];
    if (from !== to) chosen.add(from * sites + to);
  }
  const fields = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state"];
  const log = ["#separator \\x09", "#unset_field\t-", "#path\tconn", ["#fields", ...fields].join("\t")];
  for (const link of chosen) {
    const [from, to] = [Math.floor(link / sites), link % sites];
    for (let n = 0; n < CONNECTIONS; n += 1) {
      const port = [443, 445, 22, 3389][roll(4)];
      log.push([FIRST + roll(DAYS * 86_400), `C${log.length}`, address(from, 1 + roll(200)), 40_000 + roll(9_999), address(to, 1 + roll(20)), port, "tcp", "-", "1.5", roll(9_000), roll(90_000), "SF"].join("\t"));
    }
  }
  const bytes = (lines) => new TextEncoder().encode(`${lines.join("\n")}\n`);
  return { book: bytes(book), log: bytes(log) };
}

/** Milliseconds of a scene and of painting it under a moving brush, in each layout. */
async function measure(sites, links, runs) {
  const { bindings } = await startEngine();
  const { book, log } = made(sites, links);
  const analyst = new bindings.Analyst();
  analyst.take_text("sites.csv", book);
  const reading = new bindings.FileReading("conn.log", log.length, analyst.reading_order("conn.log"));
  reading.feed(log);
  analyst.add(reading.finish()[0]);
  analyst.case_view();
  const canvas = document.body.appendChild(document.createElement("canvas"));
  const stage = new bindings.Stage(canvas);
  const context = canvas.getContext("2d");
  const measured = [];
  for (const layout of ["ring", "map", "matrix"]) {
    const times = [];
    for (let run = 0; run < runs; run += 1) {
      const from_ms = (FIRST + run * 3_600) * 1000;
      const start = performance.now();
      const scene = analyst.scene({ layout, width: WIDTH, height: HEIGHT, from_ms, to_ms: from_ms + 5 * 86_400_000 });
      const drawn = performance.now();
      stage.show(scene);
      stage.paint(1, 0, 0, 1, "light");
      // A canvas draws when it must: reading one dot back makes it.
      context.getImageData(0, 0, 1, 1);
      times.push([drawn - start, performance.now() - drawn]);
    }
    measured.push({ layout, times: times.slice(1) });
  }
  return measured;
}
