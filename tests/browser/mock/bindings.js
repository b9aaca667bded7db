// An invented engine with invented findings, in the shapes of the real one.
const pack = (value) => new TextEncoder().encode(JSON.stringify(value, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
const unpack = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const day = (text) => Date.parse(`${text}Z`);

class FileReading {
  constructor(name, size) { Object.assign(this, { name, size, bytes: 0, lines: 0, head: "" }); }
  feed(chunk) {
    if (this.name.includes("panic")) throw new WebAssembly.RuntimeError("unreachable");
    if (this.bytes === 0) this.head = new TextDecoder().decode(chunk.slice(0, 4000));
    const until = performance.now() + (this.name.includes("slow") ? 250 : 0);
    while (performance.now() < until);
    this.bytes += chunk.length;
    for (const byte of chunk) if (byte === 10) this.lines += 1;
  }
  progress() { return { bytes: this.bytes, records: BigInt(this.lines), flows: BigInt(this.lines), malformed: 0n, format: "zeek_conn" }; }
  finish() { return pack({ name: this.name, size: this.size, lines: this.lines, head: this.head, complete: true }); }
  abandon(reason) { return pack({ name: this.name, size: this.size, lines: this.lines, head: this.head, complete: false, reason }); }
}

class RowReading {
  constructor(name, order) { Object.assign(this, unpack(order), { name, text: "" }); }
  feed(chunk) { this.text += new TextDecoder().decode(chunk); return []; }
  done() { return this.text.length > 200_000; }
  finish() {
    const lines = this.text.split("\n");
    let offset = 0;
    const all = lines.map((text, place) => { const row = { file: this.file, line: place + 1, offset, at: day("2020-06-11T02:13:07") + place * 1250.5, text }; offset += text.length + 1; return row; });
    if ("offset" in this.query) {
      const place = Math.max(0, all.findIndex((row) => row.offset >= this.query.offset));
      return all.slice(Math.max(0, place - 2), place + 3).map((row) => ({ ...row, around: row !== all[place] }));
    }
    return all.filter((row) => row.text && !row.text.startsWith("#")).slice(0, 4).map((row) => ({ ...row, flow: "flow" }));
  }
}

const SITES = [["Bangkok", "TH", 13.75, 100.5, "office", "10.66.0.0/16"], ["Houston", "US", 29.76, -95.37, "office", "10.81.0.0/16"], ["Jakarta", "ID", -6.2, 106.8, "plant", "10.62.0.0/16"], ["Kobe", "JP", 34.69, 135.2, "plant", "10.11.0.0/16"], ["Manila", "PH", 14.6, 120.98, "office", "10.63.0.0/16"], ["Tokyo DC", "JP", 35.68, 139.69, "datacentre", "10.10.0.0/16"]];

class Analyst {
  evidence = []; sites = undefined; guessed = true; policy = "";
  take_text(name, bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text.startsWith("site,cidr")) { this.guessed = false; return "sites"; }
    if (text.startsWith("from,to,service")) { this.policy = text; return "policy"; }
    return "other";
  }
  sites_complaints() { return []; }
  policy_complaints() { return this.policy.includes("bad") ? [{ line: 2, sentence: "verdict “bad” is neither allow nor deny" }] : []; }
  reading_order(name) { return pack({ name }); }
  add(bytes) {
    const result = unpack(bytes);
    const at = this.evidence.findIndex((each) => each.name === result.name);
    if (at >= 0) { this.evidence[at] = result; return at; }
    return this.evidence.push(result) - 1;
  }
  remove(index) { this.evidence.splice(index, 1); }
  must_read_again() { return []; }
  set_clock() {} set_mapping() {} edit_site() {}
  rename_site(index, name) { this.book()[index].name = name; }
  set_sites_csv() {} set_policy_csv(text) { this.policy = text; }
  sites_csv() { return "site,cidr,country,timezone,lat,lon,role\n"; }
  policy_csv() { return this.policy; }
  book() {
    this.sites ??= SITES.map(([name, country, lat, lon, role, range], index) => ({ index, name, country, timezone: "Asia/Tokyo", lat, lon, role, ranges: [range], guessed: true, connections: BigInt(120000 / (index + 1) | 0), findings: index === 0 ? 2 : 0 }));
    return this.sites;
  }
  case_view() {
    const sites = this.book().map((site) => ({ ...site, guessed: this.guessed }));
    const name = (party) => (party < 0 ? "External" : sites[party].name);
    const known = this.evidence.filter((each) => !/unknown/.test(each.name));
    const link = (from, to, n, state) => ({ from, to, from_name: name(from), to_name: name(to), connections: BigInt(n), established: BigInt(n - 4), denied: 3n, failed: 1n, bytes_out: BigInt(n) * 41231n, bytes_in: BigInt(n) * 9123n, first: day("2020-06-01T00:00:03"), last: day("2020-07-08T20:00:00"), state,
      services: [["tcp/445 smb", n - 20], ["tcp/443 https", 15], ["udp/53 dns", 5]].map(([service, count]) => ({ service, connections: BigInt(count), established: BigInt(count), denied: 0n, failed: 0n, bytes_out: BigInt(count) * 4123n, bytes_in: BigInt(count) * 912n, hosts_from: 2, hosts_to: 1 })) });
    const links = known.length === 0 ? [] : [link(3, 5, 812345, "expected"), link(5, 3, 5123, "expected"), link(0, 5, 43, "violation"), link(2, 5, 31, "anomalous"), link(4, 5, 1200, "anomalous"), link(1, 5, 210, "suspected"), link(0, -1, 5100, "expected"), link(5, -1, 90100, "expected")];
    const finding = (rank, lane, gravity, from, to, service, because, more = {}) => ({ rank, id: `f${rank}`, lane, rule: `D${rank} ${lane} v1`, gravity, from, to, from_name: name(from), to_name: name(to), service, first: day("2020-06-11T02:13:07"), last: day("2020-06-11T05:40:00"), hosts: ["10.66.0.12", "10.10.0.5"], accounts: ["TH\\svc-backup"], because,
      normal: "Bangkok calls its own servers and the mail relay; it had never called the Tokyo data centre over SMB.", innocent: ["A project that nobody told the network team about", "Address translation in front of the site"], attack: ["T1021", "T1078"], rows: [{ file: 0, line: 9, offset: 900 }, { file: 0, line: 10, offset: 1020 }], ...more });
    const findings = links.length === 0 ? [] : [
      finding(1, "policy", "violation", 0, 5, "tcp/445 smb", "The policy (line 2) denies Thailand → Japan over any service; 43 connections were established from 2020-06-11 02:13:07 to 05:40:00 UTC."),
      finding(2, "novelty", "anomalous", 2, 5, "tcp/3389 rdp", "Jakarta never called Tokyo DC over tcp/3389 in 23 covered days before; 31 connections since 2020-06-24 01:02:11 UTC. p = 3.1e-6 by the rate of new links.", { p: 3.1e-6, q: 0.00012 }),
      finding(3, "novelty", "anomalous", 4, 5, "tcp/445 smb", "Manila → Tokyo DC is known, tcp/445 on it is not: never in 23 covered days before, 12 connections since.", { p: 0.0004, q: 0.0021 }),
      finding(4, "behaviour", "suspected", 1, 5, undefined, "10.81.4.20 tried 37 hosts in 2 sites within 4 minutes, 31 of them failed.", { p: 0.012, q: 0.043 }),
    ];
    return {
      tool: { version: "0.1.0" },
      evidence: this.evidence.map((each, index) => {
        const strange = /unknown/.test(each.name);
        const csv = each.name.endsWith(".csv");
        return { index, name: each.name, size: each.size, sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", format: strange ? undefined : "zeek_conn", title: strange ? undefined : csv ? "CSV with a header" : "Zeek conn.log (TSV)", complete: each.complete, layers: each.name.endsWith(".gz") ? ["gzip"] : [], records: BigInt(each.lines), parsed: BigInt(strange ? 0 : Math.max(0, each.lines - 3)),
          skipped: [{ reason: "comment of Zeek", count: 2n, bytes: 120n, line: 1, offset: 0, found: "#separator \\x09" }], malformed: each.lines > 3 ? [{ reason: "byte count is not a number", count: 1n, bytes: 80n, line: 4, offset: 240, found: "<img src=x onerror=alert(1)>" }] : [], unprocessed: each.complete ? [] : [{ reason: each.reason, count: 0n, bytes: BigInt(each.size - each.lines), offset: 12 }], flows: BigInt(each.lines), drawn: BigInt(Math.max(0, each.lines - 4)), filtered: [{ reason: "multicast address", count: 1n, bytes: 0n }], without_endpoint: [], header_lines: 8n,
          first: day("2020-06-01T00:00:03"), last: day("2020-07-08T20:00:00"), clock: { basis: csv ? "unknown" : "explicit" }, advice: strange ? "This looks like a Windows event log (EVTX). Kyoten does not read that yet: export the Security log's 4624 events as CSV, and drop that." : undefined,
          mapping: csv ? { fields: { time: "Time", src_ip: "Source", dst_ip: "Dest", dst_port: "Port", bytes_out: "", proto: "" }, header: ["Time", "Source", "Dest", "Port", "Note"], rows: [["2020-06-11 02:13", "10.66.0.12", "10.10.0.5", "445", "<img src=x>"]] } : undefined, duplicate_of: undefined, imbalance: undefined, synthetic: each.name.startsWith("sample") };
      }),
      sites: links.length === 0 ? [] : sites, sites_guessed: this.guessed, policy: this.policy.split("\n").slice(1).filter(Boolean).map((line, place) => { const [from, to, service, verdict, reason] = line.split(","); return { line: place + 2, from, to, service, verdict, reason }; }),
      findings, refrains: links.length === 0 ? [] : [{ rule: "D2 new-link v1", from_name: "Kobe", to_name: "Houston", because: "Only 4 covered days before it; the rule needs 14." }],
      links, window: [day("2020-06-01T00:00:03"), day("2020-07-08T20:00:00")], notices: [], partial: this.evidence.some((each) => !each.complete), synthetic: this.evidence.some((each) => each.name.startsWith("sample")),
    };
  }
  scene(view) { return pack({ ...view, sites: this.book(), links: this.case_view().links, kind: "picture" }); }
  timeline(view) { return pack({ ...view, kind: "timeline" }); }
  figure(options) { return pack({ ...options, width: options.size === "a4-portrait" ? 794 : 1123, height: options.size === "a4-portrait" ? 1123 : options.size === "16:9" ? 632 : 794, sites: this.book(), links: this.case_view().links, kind: "picture" }); }
  figure_svg() { return "<svg xmlns='http://www.w3.org/2000/svg'/>"; }
  figure_caption(options) { return `Figure ${options.number ?? 1}. Bangkok called Tokyo DC over SMB, which the policy denies (43 connections, 11 June 2020, UTC).`; }
  figure_alt() { return "A map with six sites. A bold line marked with a cross goes from Bangkok to Tokyo DC."; }
  links_csv() { return "from,to\n"; } case_json() { return "{}"; }
  rows_order(query, file) { return pack({ query, file }); }
  rows_files(query) { return [0]; }
  sample_names() { return ["sample-th.log", "sample-jp.log"]; }
  sample_file() { return new TextEncoder().encode("#separator \\x09\n" + Array.from({ length: 40 }, (_, i) => `1591841587.25\tC${i}\t10.66.0.12\t5${i}\t10.10.0.5\t445\ttcp\tsmb`).join("\n") + "\n"); }
}

class Stage {
  constructor(canvas) { this.canvas = canvas; this.scene = undefined; }
  show(bytes) { this.scene = unpack(bytes); }
  size() { return [this.scene.width, this.scene.height]; }
  at(party) {
    const { sites, width, height, layout } = this.scene;
    if (party < 0) return [width * .08, height * .9];
    const site = sites[party];
    if (layout === "map") return [width * (((site.lon + 330) % 360) / 360 * .9 + .02) % width, height * (.75 - site.lat / 90)];
    const angle = (party / sites.length) * Math.PI * 2;
    return [width / 2 + Math.cos(angle) * height * .35, height / 2 + Math.sin(angle) * height * .35];
  }
  paint(zoom, dx, dy, ratio, theme) {
    const { width, height, kind, links, sites, selected, hovered } = this.scene;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = theme === "dark" ? "#0d1014" : theme === "paper" ? "#fff" : "#f4f5f7";
    pen.fillRect(0, 0, width * ratio, height * ratio);
    pen.setTransform(zoom * ratio, 0, 0, zoom * ratio, dx * ratio, dy * ratio);
    const ink = theme === "dark" ? "#cfd6df" : "#222";
    if (kind === "timeline") {
      pen.fillStyle = theme === "dark" ? "#4a5563" : "#a7b2c0";
      for (let i = 0; i < 38; i += 1) { const n = 10 + ((i * 37) % 50); pen.fillRect(20 + (i * (width - 40)) / 38, height - 18 - n, (width - 40) / 38 - 2, n); }
      return;
    }
    for (const link of links) {
      const [a, b] = [this.at(link.from), this.at(link.to)];
      const colour = { violation: "#d55e00", anomalous: "#e69f00", suspected: "#cc79a7", expected: "#8793a1" }[link.state];
      pen.strokeStyle = colour; pen.lineWidth = link.state === "expected" ? 1.2 : 3.5; pen.setLineDash(link.state === "suspected" ? [7, 5] : []);
      if (hovered?.kind === "link" && hovered.from === link.from && hovered.to === link.to) pen.lineWidth += 3;
      pen.beginPath(); pen.moveTo(...a); pen.quadraticCurveTo((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 60, ...b); pen.stroke();
    }
    pen.setLineDash([]);
    for (const site of sites) { const [x, y] = this.at(site.index); pen.fillStyle = selected?.party === site.index ? "#0072b2" : ink; pen.beginPath(); pen.arc(x, y, 7, 0, 7); pen.fill(); pen.font = "13px sans-serif"; pen.fillText(site.name, x + 11, y + 4); }
  }
  hit(x, y) { const found = this.scene.sites?.find((site) => { const [a, b] = this.at(site.index); return Math.hypot(a - x, b - y) < 14; }); return found && { kind: "site", party: found.index }; }
  tooltip(subject) { return subject.kind === "site" ? [this.scene.sites[subject.party]?.name ?? "External", "120,000 connections"] : subject.kind === "link" ? [`${subject.from} → ${subject.to}`] : []; }
  moment_at(x) { const [a, b] = [day("2020-06-01T00:00:03"), day("2020-07-08T20:00:00")]; return a + Math.max(0, Math.min(1, (x - 20) / (this.scene.width - 40))) * (b - a); }
  subjects() { return [...this.scene.sites.map((site) => ({ kind: "site", party: site.index })), ...this.scene.links.map(({ from, to }) => ({ kind: "link", from, to }))]; }
}

export const bindings = { Analyst, FileReading, RowReading, Stage };
