// The files of the journeys: the two offices' real logs where they are to hand, else invented ones of the same shape; and
// small logs made for one purpose each.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { out, root } from "./harness.mjs";

export const folder = join(out, "journey");
mkdirSync(folder, { recursive: true });

/**
 * The same file is asked for by tests that run at once, and a browser reads no file on that was written anew meanwhile: so it is left
 * alone where it is as it should be.
 * @returns {string} the path of a file with this content
 */
export function file(name, content) {
  const path = join(folder, name);
  const bytes = Buffer.from(content);
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
  return path;
}

/** One record of Zeek's conn.log in JSON. */
export function conn(second, from, to, port, more = {}) {
  return JSON.stringify({ ts: 1588205198 + second, uid: `C${second}x${port}`, "id.orig_h": from, "id.orig_p": 40000 + (second % 20000), "id.resp_h": to, "id.resp_p": port, proto: "tcp", service: "smb", duration: 1.5, orig_bytes: 4060, resp_bytes: 900, conn_state: "SF", ...more });
}

/** Where the samples lie: beside the project, or where KYOTEN_SHARED says. */
const samples = [process.env.KYOTEN_SHARED, join(root, "..", "shared"), join(root, "..", "..", "shared")]
  .filter(Boolean).map((shared) => join(shared, "samples", "apt29_day1_offices")).find(existsSync);

/** The two offices' logs: of the public APT29 exercise, or invented. */
export const offices = samples
  ? readdirSync(samples).filter((name) => name.endsWith(".log")).map((name) => join(samples, name))
  : [
    file("scranton.conn.log", Array.from({ length: 120 }, (_, i) => conn(i * 9, "10.0.1.4", i % 3 ? "10.0.0.4" : "10.0.1.6", i % 3 ? 88 : 445)).join("\n")),
    file("nashua.conn.log", Array.from({ length: 300 }, (_, i) => conn(i * 5, "10.0.1.6", i % 4 ? "192.168.0.4" : "10.0.0.4", i % 4 ? 8443 : 53)).join("\n")),
  ];

export const sites = file("sites.csv", [
  "site,cidr,country,timezone,lat,lon,role",
  "Scranton,10.0.1.4/32,US,America/New_York,41.41,-75.66,office",
  "Nashua,10.0.1.6/32,US,America/New_York,42.77,-71.47,office",
  "Headquarters,10.0.0.4/32,US,America/New_York,40.71,-74.01,datacentre",
].join("\n"));

export const policy = file("policy.csv", [
  "from,to,service,verdict,reason",
  "Scranton,Nashua,tcp/445,deny,Branch offices do not share files with each other",
].join("\n"));

/** A log of about this many megabytes, always the same. */
export function large(name, megabytes) {
  const lines = Array.from({ length: 5000 }, (_, i) => conn(i * 7, `10.0.1.${4 + (i % 2) * 2}`, "10.0.0.4", i % 5 ? 445 : 88)).join("\n") + "\n";
  return file(name, lines.repeat(Math.ceil((megabytes * 1e6) / lines.length)));
}
