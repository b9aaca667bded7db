//! Mikrotik RouterOS's firewall log, a packet a line, and its logins. After the RouterOS documentation, "Log" and "Firewall, Filter,
//! logging" (`action=log`, `log-prefix`). Lengths are those of single packets, so no bytes are counted.
//!
//! **What came of it** stands only in the prefix that the operator chose (`DROP`, `accept-web`); without such a word it is not known.
//! **Ends** are those before translation: what stands behind `NAT (…)` is left out. A packet of an established or related connection may
//! go to the client, so such a line is marked one-way.
//!
//! **Counted once.** Packets between the same ends and ports with the same fate within ten minutes are one connection, see `reporters`.
//!
//! **Not read.** What other topics say (`dhcp,info`, `system,info`), but for logins: those are logons from the address to the router.

use super::joined::Key;
use super::reporters::Reporters;
use super::syntax::syslog::{self, Message};
use super::syntax::years::Years;
use super::syntax::{address, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Framing, Record};
use crate::flow::{Endpoint, Flow, Kind, Moment, Outcome, Protocol};

/// The format.
pub struct Mikrotik;

impl Format for Mikrotik {
    fn name(&self) -> &'static str {
        "mikrotik"
    }

    fn title(&self) -> &'static str {
        "Mikrotik RouterOS"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let mut best = Likeness::None;
        for line in sample.lines().take(80) {
            let likeness = if packet(line).is_some() { Likeness::Certain } else { Likeness::None };
            best = best.max(likeness);
        }
        best
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Router { years: Years::new(setting.clock), reporters: Reporters::default() })
    }
}

struct Router {
    years: Years,
    reporters: Reporters,
}

impl Parser for Router {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let message = syslog::strip(line);
        let read = match packet(line) {
            Some(packet) => packet.flow(),
            None => match login(line) {
                Some(flow) => Ok(flow),
                None => return other(&message),
            },
        };
        let mut flow = match read {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        // The router's own log has neither header nor host: `mar/05/2024 18:00:00 firewall,info …`.
        if let Some(stamp) = message.time
            && let Some((at, basis)) = self.years.settle(stamp)
        {
            (flow.start, flow.basis) = (Some(at), basis);
        }
        flow.sensor = message.host.map(readable);
        if flow.kind == Kind::Logon {
            let router = message.host.map(|host| Endpoint {
                address: address::address(host),
                name: address::address(host).is_none().then(|| readable(host)),
                ..Endpoint::default()
            });
            let Some(router) = router else {
                return Disposition::Skipped("a login to a router that the line does not name".into());
            };
            flow.responder = router;
        } else if flow.initiator.port.is_some() && flow.responder.port.is_some() {
            let fate = u64::from(flow.outcome == Outcome::Denied) << 8;
            let key = Key::of(fate | flow.protocol.map_or(0, |protocol| u64::from(protocol.0)), &flow);
            if self.reporters.is_known(key, message.time.and_then(nearly)) {
                return Disposition::Skipped("another packet of a connection that counts once".into());
            }
        }
        flows(&flow, record.place);
        Disposition::Parsed
    }
}

/// A time to compare lines of one file by: any year will do for those that have none.
fn nearly(stamp: syslog::Stamp) -> Option<Moment> {
    match stamp {
        syslog::Stamp::Full(written) => Some(written.local),
        syslog::Stamp::Yearless { month, day, micros, .. } => time::moment_of(2000, month.into(), day.into(), micros),
    }
}

fn other(message: &Message<'_>) -> Disposition {
    let words = message.body.split(|b| *b == b' ');
    // `dhcp,info`, `system,error,critical`: letters and commas.
    let is_topic = |word: &&[u8]| {
        memchr::memchr(b',', word).is_some() && word.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b',' | b'-'))
    };
    match words.take(3).find(is_topic) {
        Some(topic) if topic.starts_with(b"firewall,") => {
            Disposition::Malformed(Fault::new("a packet whose ends are not as expected", readable(message.body)))
        }
        Some(topic) => {
            let topic = readable(topic);
            let topic = visible(&topic);
            Disposition::Skipped(format!("RouterOS {} message, no connection", elided(&topic, 40)).into())
        }
        None => Disposition::Skipped(reasons::ELSEWHERE.into()),
    }
}

/// What a packet's line says.
struct Packet<'r> {
    prefix: &'r [u8],
    inward: Option<&'r [u8]>,
    outward: Option<&'r [u8]>,
    state: Option<&'r [u8]>,
    protocol: &'r [u8],
    flags: Option<&'r [u8]>,
    from: &'r [u8],
    to: &'r [u8],
}

/// `prefix forward: in:ether1 out:bridge, connection-state:new src-mac …, proto TCP (SYN), 192.0.2.1:5->198.51.100.1:6, len 60`.
fn packet(line: &[u8]) -> Option<Packet<'_>> {
    let proto = memchr::memmem::find(line, b"proto ")?;
    let inward_at = memchr::memmem::find(&line[..proto], b"in:")?;
    let outward_at = inward_at + memchr::memmem::find(&line[inward_at..proto], b" out:")?;
    let rest = &line[proto + 6..];
    let end = rest.iter().position(|b| matches!(b, b' ' | b','))?;
    let protocol = &rest[..end];
    let mut rest = rest[end..].trim_ascii_start();
    let mut flags = None;
    if let Some(inner) = rest.strip_prefix(b"(") {
        let close = memchr::memchr(b')', inner)?;
        flags = Some(&inner[..close]);
        rest = &inner[close + 1..];
    }
    let rest = rest.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    let cut = rest.iter().position(|b| matches!(b, b',' | b' ')).unwrap_or(rest.len());
    let arrow = memchr::memmem::find(&rest[..cut], b"->")?;
    let word = |bytes: &'_ [u8]| bytes.iter().position(|b| matches!(b, b' ' | b',')).unwrap_or(bytes.len());
    let inward = &line[inward_at + 3..outward_at];
    let outward = &line[outward_at + 5..proto];
    let state = memchr::memmem::find(&line[..proto], b"connection-state:").map(|at| {
        let state = &line[at + 17..proto];
        &state[..word(state)]
    });
    Some(Packet {
        prefix: &line[..inward_at],
        inward: interface(&inward[..word(inward)]),
        outward: interface(&outward[..word(outward)]),
        state,
        protocol,
        flags,
        from: &rest[..arrow],
        to: &rest[arrow + 2..cut],
    })
}

/// `(unknown 0)` stands for the router itself.
fn interface(name: &[u8]) -> Option<&[u8]> {
    (!name.is_empty() && !name.starts_with(b"(")).then_some(name)
}

impl<'r> Packet<'r> {
    fn flow(&self) -> Result<Flow<'r>, Fault> {
        let protocol = std::str::from_utf8(self.protocol).ok().and_then(Protocol::read);
        let protocol = protocol.or((self.protocol == b"ICMPv6").then_some(Protocol::ICMP6));
        let ported = protocol.is_none_or(Protocol::has_ports);
        let end = |text, zone: Option<&'r [u8]>| {
            let (address, port) =
                address::address_and_port(text).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "end", text))?;
            let port = port.filter(|_| ported);
            Ok(Endpoint { address: Some(address), port, zone: zone.map(readable), ..Endpoint::default() })
        };
        let mut flow = Flow {
            initiator: end(self.from, self.inward)?,
            responder: end(self.to, self.outward)?,
            protocol,
            outcome: verdict(self.prefix),
            ..Flow::default()
        };
        let opens = matches!(self.flags, Some(b"SYN")) || matches!(self.state, Some(b"new" | b"invalid"));
        flow.one_way = !opens;
        Ok(flow)
    }
}

/// The verdict by the words of the prefix.
fn verdict(prefix: &[u8]) -> Outcome {
    let lower = prefix.to_ascii_lowercase();
    let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&lower, word).is_some());
    if has(&[b"drop", b"deny", b"denied", b"reject", b"block"]) {
        Outcome::Denied
    } else if has(&[b"accept", b"allow", b"permit"]) {
        Outcome::Established
    } else {
        Outcome::Unknown
    }
}

/// `user admin logged in from 192.0.2.1 via ssh`, `login failure for user admin from 192.0.2.1 via winbox`.
fn login(line: &[u8]) -> Option<Flow<'_>> {
    let (user, rest, outcome) = match memchr::memmem::find(line, b"login failure for user ") {
        Some(at) => (&line[at + 23..], &line[at + 23..], Outcome::Failed),
        None => {
            let at = memchr::memmem::find(line, b" logged in from ")?;
            let user = memchr::memmem::rfind(&line[..at], b"user ")? + 5;
            (&line[user..at], &line[at..], Outcome::Established)
        }
    };
    let from = memchr::memmem::find(rest, b" from ")?;
    let user = if outcome == Outcome::Failed { &user[..from] } else { user };
    let behind = &rest[from + 6..];
    let end = behind.iter().position(u8::is_ascii_whitespace).unwrap_or(behind.len());
    let address = address::address(&behind[..end])?;
    let via = memchr::memmem::find(behind, b" via ").map(|at| behind[at + 5..].trim_ascii());
    Some(Flow {
        kind: Kind::Logon,
        initiator: Endpoint { address: Some(address), ..Endpoint::default() },
        user: Some(readable(user)).filter(|user| !user.is_empty()),
        service: via.map(readable),
        outcome,
        ..Flow::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn a_packet_names_ends_interfaces_and_fate() {
        let line = "Mar  5 18:00:00 gw firewall,info DROP input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:00:5e:00:53:01, proto TCP (SYN), 203.0.113.9:40000->192.0.2.1:22, len 60";
        let flow = reading_of(&Mikrotik, line).flows.remove(0);
        assert_eq!((flow.responder.port, flow.outcome, flow.one_way), (Some(22), Outcome::Denied, false));
        assert_eq!((flow.initiator.zone.as_deref(), flow.responder.zone.as_deref()), (Some("ether1"), None));
    }
}
