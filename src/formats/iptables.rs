//! Packets that the Linux kernel logged for a rule: iptables and nftables `LOG`, UFW, Ubiquiti's EdgeOS and UniFi, and others that write
//! `IN=eth0 OUT= MAC=… SRC=… DST=… LEN=… PROTO=TCP SPT=… DPT=…`. After the kernel's `net/netfilter/nf_log_syslog.c` and the manual page
//! `iptables-extensions(8)`, LOG.
//!
//! A line is one packet, so flows are one-way, and an answer's packet may be one. Bytes are the packet's, on the IP layer.
//! **Verdict.** The kernel logs none; what the administrator put before `IN=` is the rule, and may say it (`DROP`, `[UFW BLOCK]`,
//! EdgeOS's `-D]`, `-A]`). **ICMP errors** repeat the packet that they are about in brackets, with SRC and DST of its own, which is
//! not read. Time is the relay's; a kernel's seconds since boot are no date.

use super::syntax::syslog;
use super::syntax::years::Years;
use super::syntax::{address, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Flow, Outcome, Protocol};

/// The format.
pub struct Iptables;

impl Format for Iptables {
    fn name(&self) -> &'static str {
        "iptables"
    }

    fn title(&self) -> &'static str {
        "Linux firewall (iptables, nftables, UFW)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(200).any(|line| {
            let line = &line[..line.len().min(2_000)];
            !matches!(line.first(), Some(b'{' | b'"'))
                && Packet::of(line).is_some_and(|packet| packet.source.is_some() && packet.destination.is_some())
        });
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Kernel { years: Years::new(setting.clock) })
    }
}

/// The fields of a line, the first of each name; what stands in brackets behind them is another packet.
#[derive(Default)]
struct Packet<'r> {
    /// What stands before the first field.
    before: &'r [u8],
    entered: Option<&'r [u8]>,
    left: Option<&'r [u8]>,
    source: Option<&'r [u8]>,
    destination: Option<&'r [u8]>,
    length: Option<&'r [u8]>,
    protocol: Option<&'r [u8]>,
    source_port: Option<&'r [u8]>,
    destination_port: Option<&'r [u8]>,
}

impl<'r> Packet<'r> {
    /// `None` where the line is none of the kernel's.
    fn of(line: &'r [u8]) -> Option<Packet<'r>> {
        let begin = match (find_key(line, b"IN="), find_key(line, b"OUT=")) {
            (Some(at), _) | (None, Some(at)) => at,
            // The head of the line was lost on its way.
            (None, None) => find_key(line, b"PROTO=").filter(|_| {
                find_key(line, b"TTL=").is_some()
                    || find_key(line, b"HOPLIMIT=").is_some()
                    || find_key(line, b"WINDOW=").is_some()
                    || find_key(line, b"SPT=").is_some()
            })?,
        };
        let fields = &line[begin..];
        let inner = memchr::memmem::find(fields, b"[SRC=").unwrap_or(fields.len());
        let mut packet = Packet { before: &line[..begin], ..Packet::default() };
        let mut seen = 0;
        for word in fields[..inner].split(|b| *b == b' ').filter(|word| !word.is_empty()) {
            let Some(equals) = memchr::memchr(b'=', word) else { continue };
            let value = &word[equals + 1..];
            let slot = match &word[..equals] {
                b"IN" => &mut packet.entered,
                b"OUT" => &mut packet.left,
                b"SRC" => &mut packet.source,
                b"DST" => &mut packet.destination,
                b"LEN" => &mut packet.length,
                b"PROTO" => &mut packet.protocol,
                b"SPT" => &mut packet.source_port,
                b"DPT" => &mut packet.destination_port,
                b"TTL" | b"HOPLIMIT" | b"TOS" | b"WINDOW" => {
                    seen += 1;
                    continue;
                }
                _ => continue,
            };
            if slot.is_none() {
                *slot = Some(value);
            }
        }
        (packet.protocol.is_some() || (seen > 0 && packet.source.is_some())).then_some(packet)
    }
}

/// Where a key begins a word; the prefix of a rule may touch the first one (`[lan-D]IN=`, `DROP:IN=`).
fn find_key(line: &[u8], key: &[u8]) -> Option<usize> {
    let found = memchr::memmem::find_iter(line, key);
    found.into_iter().find(|at| *at == 0 || !(line[at - 1].is_ascii_alphanumeric() || line[at - 1] == b'_'))
}

struct Kernel {
    years: Years,
}

impl Parser for Kernel {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let Some(packet) = Packet::of(line) else {
            return Disposition::Skipped(reasons::ELSEWHERE.into());
        };
        let message = syslog::strip(line);
        if packet.source.is_none() && packet.destination.is_none() {
            return Disposition::Malformed(Fault::new(
                reasons::NO_ADDRESS,
                format!("the line's head is lost: {}", readable(&line[..line.len().min(200)])),
            ));
        }
        let mut flow = match flow(&packet) {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        flow.sensor = message.host.map(readable);
        if let Some((at, basis)) = message.time.and_then(|stamp| self.years.settle(stamp)) {
            (flow.start, flow.basis) = (Some(at), basis);
        }
        // What stands between the header and the fields.
        let header = line.len() - message.body.len();
        let own = prefix(packet.before.get(header..).unwrap_or_default());
        // `DENY: IN=` has the shape of a program's name.
        let program = message.program.filter(|name| !matches!(*name, b"kernel" | b"ulogd" | b"systemd"));
        let prefix = if own.is_empty() { program.unwrap_or_default() } else { own };
        flow.outcome = verdict(prefix);
        flow.rule = (!prefix.is_empty()).then(|| readable(prefix));
        flows(&flow, record.place);
        Disposition::Parsed
    }
}

fn flow<'r>(packet: &Packet<'r>) -> Result<Flow<'r>, Fault> {
    let mut flow = Flow { one_way: true, packets_out: Some(1), ..Flow::default() };
    let host = |text: Option<&[u8]>, field: &str| match text {
        Some(text) => address::address(text).map(Some).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, text)),
        None => Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent"))),
    };
    flow.initiator.address = host(packet.source, "SRC")?;
    flow.responder.address = host(packet.destination, "DST")?;
    flow.initiator.zone = packet.entered.filter(|name| !name.is_empty()).map(readable);
    flow.responder.zone = packet.left.filter(|name| !name.is_empty()).map(readable);
    flow.protocol = packet.protocol.and_then(|name| std::str::from_utf8(name).ok()).and_then(Protocol::read);
    let port = |text: Option<&[u8]>, field: &str| {
        text.map(|text| number::port(text).ok_or_else(|| Fault::of_field(reasons::PORT, field, text))).transpose()
    };
    flow.initiator.port = port(packet.source_port, "SPT")?;
    flow.responder.port = port(packet.destination_port, "DPT")?;
    let length = packet.length.filter(|text| !text.is_empty());
    flow.bytes_out = length
        .map(|text| number::count(text).ok_or_else(|| Fault::of_field(reasons::BYTES, "LEN", text)))
        .transpose()?;
    Ok(flow)
}

/// The rule's own words: without the kernel's seconds since boot, brackets, colons, and a description behind them.
fn prefix(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii();
    text = text.strip_prefix(b"kernel:").unwrap_or(text).trim_ascii_start();
    if let Some(inner) = text.strip_prefix(b"[")
        && let Some(close) = memchr::memchr(b']', inner)
        && !inner[..close].trim_ascii().is_empty()
        && inner[..close].iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '))
    {
        text = inner[close + 1..].trim_ascii_start();
    }
    // UniFi: `[WAN_IN-3001-A] DESCR="…" IN=`.
    if let Some(at) = memchr::memmem::find(text, b" DESCR=") {
        text = &text[..at];
    }
    let text = text.trim_ascii();
    let text = text.strip_suffix(b":").unwrap_or(text).trim_ascii_end();
    match text.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")) {
        Some(inner) if !inner.contains(&b'[') => inner,
        Some(_) | None => text,
    }
}

/// What the words say. EdgeOS ends its rules' names with the action's letter.
fn verdict(prefix: &[u8]) -> Outcome {
    match prefix {
        [.., b'-', b'D' | b'R'] => return Outcome::Denied,
        [.., b'-', b'A'] => return Outcome::Established,
        [..] => {}
    }
    let words = prefix.split(|b| !b.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut outcome = Outcome::Unknown;
    for word in words {
        let is = |known: &[&[u8]]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        if is(&[
            b"DROP",
            b"DROPPED",
            b"DROPPING",
            b"REJECT",
            b"REJECTED",
            b"DENY",
            b"DENIED",
            b"BLOCK",
            b"BLOCKED",
            b"BLACKLIST",
        ]) {
            return Outcome::Denied;
        }
        if is(&[b"ACCEPT", b"ACCEPTED", b"ALLOW", b"ALLOWED", b"PASS", b"PERMIT", b"PERMITTED"]) {
            outcome = Outcome::Established;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_the_rule() {
        for (text, rule, outcome) in [
            ("kernel: [16571.459614] ", "", Outcome::Unknown),
            ("[  307.757925] [UFW BLOCK] ", "UFW BLOCK", Outcome::Denied),
            ("[UFW ALLOW] ", "UFW ALLOW", Outcome::Established),
            ("[wan-lan-default-D]", "wan-lan-default-D", Outcome::Denied),
            ("iptables DROP_INPUT: ", "iptables DROP_INPUT", Outcome::Denied),
            ("DENY: ", "DENY", Outcome::Denied),
            ("[WAN_IN-3001-A] DESCR=\"allow established\" ", "WAN_IN-3001-A", Outcome::Established),
            ("Shorewall:net2fw:ACCEPT:", "Shorewall:net2fw:ACCEPT", Outcome::Established),
            ("allowlist miss drop ", "allowlist miss drop", Outcome::Denied),
        ] {
            let prefix = prefix(text.as_bytes());
            assert_eq!((String::from_utf8_lossy(prefix).as_ref(), verdict(prefix)), (rule, outcome), "{text}");
        }
    }

    #[test]
    fn the_packet_inside_an_icmp_error_is_not_read() {
        let line = b"IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 LEN=88 TTL=118 PROTO=ICMP TYPE=3 CODE=3 [SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=2 LEN=40 ]";
        let packet = Packet::of(line).unwrap();
        assert_eq!(
            (packet.source, packet.protocol, packet.source_port),
            (Some(&b"192.0.2.1"[..]), Some(&b"ICMP"[..]), None)
        );
    }
}
