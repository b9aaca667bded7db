// Reads a packet capture: what each packet was for.

/**
 * Where browsers call home on their own account, whatever page is open and however quiet they were asked to be; the last name is how Firefox
 * finds out about translated networks (RFC 7050). */
export const VENDORS = /^look-up (\S+\.)?(google|googleapis|gvt1|gstatic|googleusercontent|mozilla|firefox|mozgcp|cloudflare-dns)\.(com|net|org)$|^look-up ipv4only\.arpa$/;

/**
 * A line for each packet that asks for something: `look-up NAME`, or protocol and end of what is no look-up. Answers of our
 * own name server count for nothing.
 * @param {Buffer} pcap written by tcpdump on the interface "any"
 */
export function questions(pcap) {
  const asked = [];
  const link = pcap.readUInt32LE(20);
  // Linux cooked captures, of both versions: the length of their header, and where it names the protocol.
  const [head, protocol] = link === 276 ? [20, 0] : [16, 14];
  for (let at = 24; at + 16 <= pcap.length; at += 16 + pcap.readUInt32LE(at + 8)) {
    const packet = pcap.subarray(at + 16, at + 16 + pcap.readUInt32LE(at + 8));
    if (packet.readUInt16BE(protocol) !== 0x0800) {
      asked.push(`protocol ${packet.readUInt16BE(protocol).toString(16)}`);
      continue;
    }
    const ip = packet.subarray(head);
    const body = ip.subarray((ip[0] & 15) * 4);
    const [from, to] = [ip.subarray(12, 16).join("."), ip.subarray(16, 20).join(".")];
    const kind = { 1: "icmp", 6: "tcp", 17: "udp" }[ip[9]] ?? `protocol ${ip[9]}`;
    if (kind === "udp" && body.readUInt16BE(0) === 53 && from === to) continue;
    // The interface "any" sees what goes out and what comes in, and between the sink and itself these are one.
    asked.push(kind === "udp" && body.readUInt16BE(2) === 53 ? `look-up ${name(body.subarray(8))}` : `${kind} to ${to}${kind === "icmp" ? "" : `:${body.readUInt16BE(2)}`}`);
  }
  return asked;
}

/** The name that a query asks for. */
function name(/** @type {Buffer} */ query) {
  const labels = [];
  for (let at = 12; query[at]; at += 1 + query[at]) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
  return labels.join(".").toLowerCase();
}
