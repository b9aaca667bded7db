// A network of its own for a program: one interface that leads nowhere, and our sink in the place of the world's name servers.
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SINK } from "./sink.mjs";

// Two ends of a wire in the same namespace: what is sent to anywhere but the sink comes out at the far end, where nobody is.
// IPv6 is off, or the kernel itself would greet the neighbours.
const SETTING_UP = `set -e
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add kyo0 type veth peer name kyo1
ip addr add ${SINK}/24 dev kyo0
ip link set kyo0 up
ip link set kyo1 up
ip route add default via 198.51.100.254 dev kyo0
ip neigh add 198.51.100.254 lladdr 02:00:00:00:00:01 dev kyo0
mount --bind "$KYOTEN_NAME_SERVERS" /etc/resolv.conf
exec "$@"`;

const root = process.getuid?.() === 0;
const cut = ["--net", "--mount", ...(root ? [] : ["--user", "--map-root-user"])];

/** The words that run a command there. */
export function apart(/** @type {string[]} */ command) {
  const servers = join(mkdtempSync(join(tmpdir(), "kyoten-apart-")), "resolv.conf");
  writeFileSync(servers, `nameserver ${SINK}\noptions timeout:1 attempts:1\n`);
  return ["env", `KYOTEN_NAME_SERVERS=${servers}`, "unshare", ...cut, "sh", "-c", SETTING_UP, "sh", ...command];
}

/** Why it can't be done here; nothing where it can. */
export function impossible() {
  if (process.platform !== "linux") return "networks of one's own are a thing of Linux";
  const [command, ...words] = apart(["true"]);
  const tried = spawnSync(command, words, { encoding: "utf8" });
  return tried.status === 0 ? "" : `a network of its own can't be made here: ${tried.stderr.trim().split("\n").pop()}`;
}
