// Somebody outside: answers every name with itself, listens on every way that a browser may come by, and notes who came.
import { createSocket } from "node:dgram";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp } from "node:net";

/** The address at which it sits; only in a network of its own (apart.mjs) is it anybody's. */
export const SINK = "198.51.100.1";
/** Every name below this one is its own. */
export const ZONE = "sink.example";

/**
 * What was heard. `name` is the host that was asked for, as far as that is told; a packet without one has its port.
 * @typedef {{ kind: "look-up" | "connection" | "request" | "packet", name: string, path?: string }} Heard
 */

/** Starts it. `heard` fills while it runs. */
export async function listen() {
  /** @type {Heard[]} */
  const heard = [];
  await answering((name) => heard.push({ kind: "look-up", name }));
  const web = createHttp((request, response) => {
    heard.push({ kind: "request", name: bare(request.headers.host), path: request.url ?? "" });
    response.writeHead(200, { "access-control-allow-origin": "*", "access-control-allow-private-network": "true", "content-type": type(request.url ?? "") });
    response.end(request.url?.startsWith("/control") ? CONTROL : "");
  });
  web.on("upgrade", (request, socket) => {
    heard.push({ kind: "request", name: bare(request.headers.host), path: request.url ?? "" });
    socket.destroy();
  });
  const locked = createTcp((socket) => {
    socket.once("data", (hello) => heard.push({ kind: "connection", name: serverName(hello) }));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(500, () => socket.destroy());
  });
  const stun = createSocket("udp4");
  stun.on("message", () => heard.push({ kind: "packet", name: "3478" }));
  const turn = createTcp((socket) => { heard.push({ kind: "connection", name: "3478" }); socket.destroy(); });
  const quic = createSocket("udp4");
  quic.on("message", () => heard.push({ kind: "packet", name: "443" }));
  const open = (/** @type {import("node:net").Server} */ server, /** @type {number} */ port, host = SINK) => new Promise((resolve) => server.listen(port, host, () => resolve(undefined)));
  await Promise.all([bind(stun, 3478), bind(quic, 443), open(web, 80, "0.0.0.0"), open(locked, 443), open(turn, 3478)]);
  return heard;
}

const bind = (/** @type {import("node:dgram").Socket} */ socket, /** @type {number} */ port) => new Promise((resolve) => socket.bind(port, SINK, () => resolve(undefined)));

/** Only the name server: it says of every name that is not its own that there is none. */
export async function answering(/** @type {(name: string) => void} */ note = () => {}) {
  const dns = createSocket("udp4");
  dns.on("message", (query, from) => {
    const { name, type, end } = question(query);
    note(name);
    dns.send(answer(query, end, type, name.endsWith(ZONE)), from.port, from.address);
  });
  await bind(dns, 53);
}

/** A page without any of our defences, in which a control tries what the attempts try. */
const CONTROL = "<!doctype html><meta charset=utf-8><title>control</title><body>control";

const bare = (/** @type {string | undefined} */ host) => (host ?? "").replace(/:\d+$/, "");

const type = (/** @type {string} */ path) => (path.startsWith("/control") ? "text/html" : path.includes("script") || path.includes("module") || path.includes("worker") ? "text/javascript" : path.includes("style") ? "text/css" : "text/plain");

/** The one question of a query. */
function question(/** @type {Buffer} */ query) {
  const labels = [];
  let at = 12;
  while (query[at]) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Its own address for a name of its own, nothing for another kind of record, "no such name" for other names. */
function answer(/** @type {Buffer} */ query, /** @type {number} */ end, /** @type {number} */ type, /** @type {boolean} */ own) {
  const told = own && type === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(own ? 0x8180 : 0x8183, 2);
  for (const [at, count] of [[4, 1], [6, told ? 1 : 0], [8, 0], [10, 0]]) head.writeUInt16BE(count, at);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...SINK.split(".").map(Number)]);
  return Buffer.concat([head, query.subarray(12, end), ...(told ? [record] : [])]);
}

/** The name for which a TLS connection is opened; it stands in the first message in the clear. */
function serverName(/** @type {Buffer} */ hello) {
  return /[a-z0-9-]+\.sink\.example/.exec(hello.toString("latin1"))?.[0] ?? "443";
}
