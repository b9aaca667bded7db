// The browser's own log of its network, which also knows of what no script and no test would see: look-ups of names, early
// connections, whatever a worker did.
import { readFileSync } from "node:fs";

/** The switches that make a browser write it. */
export const netLogTo = (path) => [`--log-net-log=${path}`, "--net-log-capture-mode=Everything"];

/** Where a Chromium calls home on its own account, whatever page is open and however quiet it was asked to be. */
const ITS_OWN = /^\S*?\b(google|googleapis|gvt1)\.com\b/;

/**
 * Every address that was requested and every name that was looked up, but for the browser's own. Read it after the browser was closed.
 * @param {string} path
 * @returns {string[]}
 */
export function reachedFor(path) {
  const log = JSON.parse(readFileSync(path, "utf8"));
  const names = Object.fromEntries(Object.entries(log.constants.logEventTypes).map(([name, number]) => [number, name]));
  const reached = new Set();
  for (const event of log.events) {
    const { url, host, hostname, group_id: group, peer_address: peer } = event.params ?? {};
    const kind = names[event.type];
    if (kind === "URL_REQUEST_START_JOB" && url) reached.add(url);
    if (/^(HOST_RESOLVER|HTTP_STREAM_JOB|SOCKET_POOL|TCP_CONNECT|UDP_CONNECT)/.test(kind)) {
      for (const each of [url, host, hostname, group, peer]) if (each) reached.add(String(each));
    }
  }
  return [...reached].filter((each) => !ITS_OWN.test(each)).sort();
}
