//! Alerts of Snort 2 and 3, and Suricata's fast.log: fast, full (a block of lines an alert), CSV in the default orders of both versions
//! and of pfSense, Snort 3's JSON, and syslog. After the Snort Users Manual, "Output Modules" (alert_fast, alert_full, csv, alert_syslog),
//! and the Snort 3 Reference Manual, "alert_csv" and "alert_json". They count no bytes of the connection, but Snort 3's
//! `client_bytes` and `server_bytes`, which are the flow's so far.
//!
//! **Direction.** An alert is of a packet, from its sender to its receiver. Snort 3 says which of them is the client (`dir`); without
//! that a record is marked one-way, so that an answer is known by its ports.
//!
//! **Counted once.** Alerts on the same ends and ports within ten minutes tell of one connection, and the first counts, see
//! `reporters`; a drop is never taken for a repetition. Without ports (ICMP) nothing says that it is the same, and all count.
//!
//! **Time.** Month and day without a year unless Snort ran with `-y`, in local time without a zone: the file's clock settles both.
//! Snort 3's `seconds` is since the epoch. A syslog header stands in for a time of the alert's own.

use std::borrow::Cow;

use super::joined::Key;
use super::reporters::Reporters;
use super::syntax::json::{self, Value};
use super::syntax::syslog::{self, Stamp};
use super::syntax::years::Years;
use super::syntax::{address, cells, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Place, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol, Text};

/// The format.
pub struct Snort;

impl Format for Snort {
    fn name(&self) -> &'static str {
        "snort"
    }

    fn title(&self) -> &'static str {
        "Snort alerts"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let (mut named, mut placed) = (false, false);
        for line in sample.lines().take(80) {
            let body = syslog::strip(line).body;
            if fast(body).is_some() || row(line).is_some() {
                return Likeness::Certain;
            }
            named |= rule_of(body).is_some() && body.starts_with(b"[**]");
            placed |= named && stamp(line).is_some_and(|(_, rest)| memchr::memmem::find(rest, b" -> ").is_some());
        }
        if named && placed {
            return Likeness::Certain;
        }
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        match sample.lines().find(|line| !line.trim_ascii().is_empty()).map(<[u8]>::trim_ascii_start) {
            Some([b'{', ..]) => Framing::Json,
            Some(_) | None => Framing::Lines,
        }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Alerts { years: Years::new(setting.clock), reporters: Reporters::default(), block: None })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let (mut ends, mut marks) = (0, 0);
    let walked = json::fields(object, |key, _| match key.bytes {
        b"src_addr" | b"dst_addr" | b"src_ap" | b"dst_ap" => ends += 1,
        b"pkt_gen" | b"pkt_num" | b"rule" | b"sid" | b"gid" | b"b64_data" | b"pkt_len" => marks += 1,
        _ => {}
    });
    if walked.is_ok() && ends >= 2 && marks >= 2 { Likeness::Certain } else { Likeness::None }
}

/// What an alert says.
#[derive(Debug, Default, Clone)]
struct Alert<'r> {
    at: Option<Stamp>,
    /// Where the record counts from the epoch.
    moment: Option<Moment>,
    message: Option<Text<'r>>,
    protocol: Option<Protocol>,
    source: Endpoint<'r>,
    destination: Endpoint<'r>,
    /// `Some(true)`: the packet went to the client.
    to_client: Option<bool>,
    denied: bool,
    sensor: Option<Text<'r>>,
    service: Option<Text<'r>>,
    /// To the server and to the client.
    bytes: [Option<u64>; 2],
    packets: [Option<u64>; 2],
}

/// An alert of several lines, as far as it was read.
struct Block {
    message: String,
    at: Option<Stamp>,
    ends: Option<(Endpoint<'static>, Endpoint<'static>)>,
    denied: bool,
    /// Its flow has gone out.
    told: bool,
    place: Place,
}

struct Alerts {
    years: Years,
    reporters: Reporters,
    block: Option<Block>,
}

impl Parser for Alerts {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if line.first() == Some(&b'{') {
            return match object(line) {
                Ok(alert) => self.give(alert, record.place, flows),
                Err(fault) => Disposition::Malformed(fault),
            };
        }
        if let Some(read) = row(line) {
            return match read {
                Ok(alert) => self.give(alert, record.place, flows),
                Err(fault) => Disposition::Malformed(fault),
            };
        }
        let message = syslog::strip(line);
        if let Some(read) = fast(message.body).or_else(|| fast(line)) {
            return match read {
                Ok(mut alert) => {
                    alert.at = alert.at.or(message.time);
                    alert.sensor = message.host.map(readable);
                    self.give(alert, record.place, flows)
                }
                Err(fault) => Disposition::Malformed(fault),
            };
        }
        self.read_block(line, record, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.end_block(None, flows);
    }
}

impl Alerts {
    fn read_block(&mut self, line: &[u8], record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        if let Some((name, _)) = rule_of(line) {
            self.end_block(None, flows);
            let denied = memchr::memmem::find(line, b"Drop]").is_some();
            let message = readable(name).into_owned();
            self.block = Some(Block { message, at: None, ends: None, denied, told: false, place: record.place });
            return Disposition::Parsed;
        }
        let Some(block) = &mut self.block else {
            return Disposition::Malformed(Fault::new("no alert begins before this line", readable(line)));
        };
        if line.starts_with(b"[") || block.told {
            // Classification, priority, references; or what stands behind the ends.
            return Disposition::Parsed;
        }
        let (stamped, rest) = match stamp(line) {
            Some((at, rest)) => (Some(at), rest.trim_ascii_start()),
            None => (None, line),
        };
        block.at = block.at.or(stamped);
        if block.ends.is_none()
            && let Some((from, to)) = arrow(rest)
        {
            // With -e the hardware addresses come first, and the ends on the next line, with the protocol behind them.
            let Some((source, destination)) = end(from, true).zip(end(to, true)) else {
                return if stamped.is_some() {
                    Disposition::Parsed
                } else {
                    Disposition::Malformed(Fault::of_field(reasons::ADDRESS, "end", from))
                };
            };
            block.ends = Some((owned(source), owned(destination)));
            if let Some(protocol) = first_word_behind(rest, to).and_then(protocol) {
                self.end_block(Some(protocol), flows);
            }
            return Disposition::Parsed;
        }
        if let (Some(_), Some(protocol)) = (&block.ends, line.split(|b| *b == b' ').next().and_then(protocol))
            && memchr::memmem::find(line, b"TTL:").is_some()
        {
            self.end_block(Some(protocol), flows);
        }
        Disposition::Parsed
    }

    /// The block has all that it will have: its flow goes out, from the place where it began. The lines behind still belong
    /// to it, but say nothing of its ends.
    fn end_block(&mut self, protocol: Option<Protocol>, flows: &mut Sink<'_>) {
        let Some(block) = &mut self.block else { return };
        let Some((source, destination)) = block.ends.take() else { return };
        let (at, denied, place) = (block.at, block.denied, block.place);
        let message = Some(std::mem::take(&mut block.message).into());
        block.told = true;
        let alert = Alert { at, message, protocol, source, destination, denied, ..Alert::default() };
        let _told_by_the_block = self.give(alert, place, flows);
    }

    fn give(&mut self, alert: Alert<'_>, place: Place, flows: &mut Sink<'_>) -> Disposition {
        let near = alert.moment.or_else(|| alert.at.and_then(nearly));
        let mut flow = Flow {
            protocol: alert.protocol,
            initiator: alert.source,
            responder: alert.destination,
            rule: alert.message.filter(|message| !message.is_empty()),
            sensor: alert.sensor,
            service: alert.service,
            bytes_out: alert.bytes[0],
            bytes_in: alert.bytes[1],
            packets_out: alert.packets[0],
            packets_in: alert.packets[1],
            outcome: if alert.denied { Outcome::Denied } else { Outcome::Unknown },
            one_way: alert.to_client.is_none(),
            ..Flow::default()
        };
        if flow.protocol.is_some_and(|protocol| !protocol.has_ports()) {
            (flow.initiator.port, flow.responder.port) = (None, None);
        }
        if alert.to_client == Some(true) {
            std::mem::swap(&mut flow.initiator, &mut flow.responder);
        }
        match alert.moment {
            Some(at) => (flow.start, flow.basis) = (Some(at), Basis::Explicit),
            None => {
                if let Some((at, basis)) = alert.at.and_then(|stamp| self.years.settle(stamp)) {
                    (flow.start, flow.basis) = (Some(at), basis);
                }
            }
        }
        let ported = flow.initiator.port.is_some() && flow.responder.port.is_some();
        let number = flow.protocol.map_or(256, |protocol| u64::from(protocol.0));
        if ported && self.reporters.is_known(Key::of(number, &flow), near) && !alert.denied {
            return Disposition::Skipped("another alert on a connection that counts once".into());
        }
        flows(&flow, place);
        Disposition::Parsed
    }
}

/// A time to compare alerts of one file by: any year will do for those that have none.
fn nearly(stamp: Stamp) -> Option<Moment> {
    match stamp {
        Stamp::Full(written) => Some(written.local),
        Stamp::Yearless { month, day, micros, .. } => time::moment_of(2000, month.into(), day.into(), micros),
    }
}

/// `09/04-21:42:42.860730`, `09/03/21-12:37:16.428952`, `09/17/2026-14:22:05.1`: the time, and what follows.
fn stamp(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let [m0, m1, b'/', d0, d1, rest @ ..] = line else { return None };
    let two = |a: &u8, b: &u8| number::count(&[*a, *b]).and_then(|n| u8::try_from(n).ok());
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, rest) = match rest {
        [b'-', rest @ ..] => (None, rest),
        [b'/', a, b, b'-', rest @ ..] => (Some(2000 + i64::from(two(a, b)?)), rest),
        [b'/', a, b, c, d, b'-', rest @ ..] => (Some(i64::from(two(a, b)?) * 100 + i64::from(two(c, d)?)), rest),
        [..] => return None,
    };
    let (micros, rest) = time::time_of_day(rest)?;
    let stamp = match year {
        Some(year) => {
            Stamp::Full(time::Written { local: time::moment_of(year, month.into(), day.into(), micros)?, offset: None })
        }
        None => Stamp::Yearless { month, day, micros, offset: None },
    };
    Some((stamp, rest))
}

/// The message behind `[1:2010935:5]`, and what follows it.
fn rule_of(line: &[u8]) -> Option<(&[u8], &[u8])> {
    // What stands before it is a time and some marks.
    const FURTHEST: usize = 400;
    let mut from = 0;
    let behind = loop {
        let head = &line[from..line.len().min(FURTHEST)];
        let open = from + memchr::memchr(b'[', head)? + 1;
        let close = open + memchr::memchr(b']', &line[open..line.len().min(FURTHEST)])?;
        let inner = &line[open..close];
        let numbers = inner.split(|b| *b == b':').filter(|part| number::count(part).is_some()).count();
        if numbers == 3 && memchr::memchr_iter(b':', inner).count() == 2 {
            break line[close + 1..].trim_ascii_start();
        }
        from = close + 1;
    };
    let ends = [&b"[**]"[..], b"[Classification", b"[Priority"];
    let end = ends.iter().filter_map(|mark| memchr::memmem::find(behind, mark)).min();
    // A message may hold braces itself; those of the protocol come last.
    let end = end.or_else(|| memchr::memrchr(b'{', behind)).unwrap_or(behind.len());
    let name = behind[..end].trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
    Some((name, &behind[end..]))
}

/// `… [1:2:3] message … {TCP} 192.0.2.1:50000 -> 198.51.100.1:80`.
fn fast(line: &[u8]) -> Option<Result<Alert<'_>, Fault>> {
    let (name, behind) = rule_of(line)?;
    let open = memchr::memrchr(b'{', behind)?;
    let close = open + memchr::memchr(b'}', &behind[open..])?;
    let (from, to) = arrow(&behind[close + 1..])?;
    let named = &behind[open + 1..close];
    let protocol = protocol(named);
    let ported = protocol.is_none_or(Protocol::has_ports);
    let (Some(source), Some(destination)) = (end(from, ported), end(to, ported)) else {
        return Some(Err(Fault::of_field(
            reasons::ADDRESS,
            "end",
            if end(from, ported).is_none() { from } else { to },
        )));
    };
    let before = &line[..memchr::memmem::find(line, name).unwrap_or(0)];
    let denied = [&b"[Drop]"[..], b"[wDrop]", b"[Block]", b"[Reject]"]
        .iter()
        .any(|mark| memchr::memmem::find(before, mark).is_some());
    Some(Ok(Alert {
        at: of_management_center(line).or_else(|| stamp(line.trim_ascii_start()).map(|(at, _)| at)),
        message: Some(readable(&name[..memchr::memmem::find(name, b" [Impact:").unwrap_or(name.len())])),
        protocol,
        source,
        destination,
        denied,
        ..Alert::default()
    }))
}

/// Cisco's management centre says the whole time, with its year: `From sensor at Thu Mar  5 09:00:00 2020 UTC [Classification: …`.
fn of_management_center(text: &[u8]) -> Option<Stamp> {
    let from = memchr::memmem::find(text, b" From ")?;
    let at = from + memchr::memmem::find(&text[from..], b" at ")? + 4;
    let written = &text[at..];
    let written = written[..memchr::memchr(b'[', written)?].trim_ascii();
    let (mut stamp, zone) = syslog::stamp(written)?;
    if let (Stamp::Full(written), b"UTC") = (&mut stamp, zone.trim_ascii()) {
        written.offset = Some(0);
    }
    Some(stamp)
}

/// The words on both sides of the first arrow; behind each the management centre puts a country in brackets.
fn arrow(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(text, b" -> ")?;
    let from = text[..at].trim_ascii();
    let from = if from.ends_with(b")") { from[..memchr::memrchr(b'(', from)?].trim_ascii_end() } else { from };
    let from = from.rsplit(u8::is_ascii_whitespace).next()?;
    let to = text[at + 4..].trim_ascii_start();
    let to = to.split(|b| b.is_ascii_whitespace() || *b == b',').next()?;
    Some((from, to))
}

fn first_word_behind<'l>(line: &'l [u8], word: &[u8]) -> Option<&'l [u8]> {
    let at = memchr::memmem::rfind(line, word)? + word.len();
    line[at..].trim_ascii_start().split(|b| *b == b' ').next()
}

/// `192.0.2.1:443`, `2001:db8::1:443` (Snort writes no brackets), or without port.
fn end(text: &[u8], ported: bool) -> Option<Endpoint<'_>> {
    let colons = memchr::memchr_iter(b':', text).count();
    if colons > 1
        && ported
        && !text.starts_with(b"[")
        && let Some(at) = memchr::memrchr(b':', text)
        && let (Some(address), Some(port)) = (address::address(&text[..at]), number::port(&text[at + 1..]))
    {
        return Some(Endpoint { address: Some(address), port: Some(port), ..Endpoint::default() });
    }
    let (address, port) = address::address_and_port(text)?;
    Some(Endpoint { address: Some(address), port: port.filter(|_| ported), ..Endpoint::default() })
}

fn owned(end: Endpoint<'_>) -> Endpoint<'static> {
    Endpoint { address: end.address, port: end.port, ..Endpoint::default() }
}

fn protocol(name: &[u8]) -> Option<Protocol> {
    std::str::from_utf8(name).ok().and_then(Protocol::read)
}

/// A row of CSV: `time,gid,sid,rev,msg,proto,src,srcport,dst,dstport,…` of Snort 2, or Snort 3's `time, number, proto, generator,
/// length, dir, src_ap, dst_ap, rule, action`. `None` where it is neither.
fn row(line: &[u8]) -> Option<Result<Alert<'_>, Fault>> {
    let (at, rest) = stamp(line.trim_ascii_start())?;
    if !matches!(rest.trim_ascii_start().first(), Some(b',')) {
        return None;
    }
    let mut found: Vec<Cow<'_, [u8]>> = Vec::with_capacity(32);
    cells::cut(line, b',', &mut found).ok()?;
    // All cells of interest stand in the line as they are.
    let cell = |index: usize| match found.get(index)? {
        Cow::Borrowed(cell) => Some(cell.trim_ascii()),
        Cow::Owned(_) => None,
    };
    let alert = Alert { at: Some(at), ..Alert::default() };
    if found.len() >= 10 && cell(1).and_then(number::count).is_some() && cell(2).and_then(number::count).is_some() {
        let message: Text<'_> = match &found[4] {
            Cow::Borrowed(cell) => readable(cell.trim_ascii()),
            Cow::Owned(cell) => Cow::Owned(readable(cell).into_owned()),
        };
        let protocol = protocol(cell(5)?);
        let end = |host, port: usize| {
            let text = cell(host).unwrap_or_default();
            let address = address::address(text).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "end", text))?;
            let port = cell(port).filter(|port| !port.is_empty());
            let read = port.map(|port| number::port(port).ok_or_else(|| Fault::of_field(reasons::PORT, "port", port)));
            Ok(Endpoint { address: Some(address), port: read.transpose()?, ..Endpoint::default() })
        };
        let denied =
            found[10..].iter().any(|cell| matches!(cell.trim_ascii(), b"Drop" | b"drop" | b"Block" | b"Reject"));
        return Some(end(6, 7).and_then(|source| {
            Ok(Alert { message: Some(message), protocol, source, destination: end(8, 9)?, denied, ..alert })
        }));
    }
    let (direction, source, destination) = (cell(5)?, cell(6)?, cell(7)?);
    if !matches!(direction, b"C2S" | b"S2C" | b"UNK") {
        return None;
    }
    let protocol = protocol(cell(2)?);
    let (Some(source), Some(destination)) = (end(source, true), end(destination, true)) else {
        return Some(Err(Fault::of_field(reasons::ADDRESS, "end", source)));
    };
    Some(Ok(Alert {
        protocol,
        source,
        destination,
        to_client: to_client(direction),
        message: cell(8).map(readable),
        denied: cell(9).is_some_and(is_denial),
        ..alert
    }))
}

fn to_client(direction: &[u8]) -> Option<bool> {
    match direction {
        b"S2C" => Some(true),
        b"C2S" => Some(false),
        _ => None,
    }
}

/// The words of `action` that mean that the packet went no further.
fn is_denial(action: &[u8]) -> bool {
    matches!(action, b"drop" | b"block" | b"reject" | b"react" | b"would_drop")
}

/// Snort 3's alert_json.
fn object(bytes: &[u8]) -> Result<Alert<'_>, Fault> {
    let mut alert = Alert::default();
    let (mut source, mut destination) = ((None, None), (None, None));
    let (mut message, mut rule, mut stamped) = (None, None, None);
    json::fields(bytes, |key, value| {
        let count = || value.scalar().and_then(number::whole);
        match key.bytes {
            _ if value == Value::Null => {}
            b"seconds" => alert.moment = value.scalar().and_then(time::epoch),
            b"timestamp" => stamped = value.scalar(),
            b"src_addr" => source.0 = value.scalar(),
            b"src_port" => source.1 = Some(value),
            b"dst_addr" => destination.0 = value.scalar(),
            b"dst_port" => destination.1 = Some(value),
            b"src_ap" if source.0.is_none() => source.0 = value.scalar(),
            b"dst_ap" if destination.0.is_none() => destination.0 = value.scalar(),
            b"proto" => alert.protocol = value.scalar().and_then(protocol),
            b"dir" => alert.to_client = value.scalar().and_then(to_client),
            b"msg" => message = value.text(),
            b"rule" => rule = value.text(),
            b"action" => alert.denied = value.scalar().is_some_and(is_denial),
            b"service" => alert.service = value.text().filter(|service| service != "unknown"),
            b"client_bytes" => alert.bytes[0] = count(),
            b"server_bytes" => alert.bytes[1] = count(),
            b"client_pkts" => alert.packets[0] = count(),
            b"server_pkts" => alert.packets[1] = count(),
            _ => {}
        }
    })
    .map_err(|not_json| {
        let shown = readable(&bytes[..bytes.len().min(80)]);
        Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
    })?;
    alert.message = message.or(rule);
    alert.at = stamped.and_then(stamp).map(|(at, _)| at);
    let place = |(host, port): (Option<&'_ [u8]>, Option<Value<'_>>), field| {
        let Some(host) = host else { return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent"))) };
        let mut found = end(host, true).map(owned).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, host))?;
        if let Some(port) = port {
            let read = port.scalar().and_then(number::whole).and_then(|port| u16::try_from(port).ok());
            found.port = Some(read.ok_or_else(|| Fault::of_field(reasons::PORT, field, port.shown().as_bytes()))?);
        }
        Ok(found)
    };
    alert.source = place(source, "src_addr")?;
    alert.destination = place(destination, "dst_addr")?;
    Ok(alert)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn every_output_gives_the_same_flow() {
        let texts = [
            "03/05-09:00:00.250000  [**] [1:1000006:0] TCP connection [**] [Priority: 0] {TCP} 192.0.2.10:50000 -> 198.51.100.20:22",
            "[**] [1:1000006:0] TCP connection [**]\n[Priority: 0] \n03/05-09:00:00.250000 192.0.2.10:50000 -> 198.51.100.20:22\nTCP TTL:127 TOS:0x0 ID:53730 IpLen:20 DgmLen:108 DF",
            "03/05-09:00:00.250000 ,1,1000006,0,\"TCP connection\",TCP,192.0.2.10,50000,198.51.100.20,22,00:00:5e:00:53:01,00:00:5e:00:53:02,0x72",
            "Mar  5 09:00:00 snort: [1:1000006:0] TCP connection [Priority: 0] {TCP} 192.0.2.10:50000 -> 198.51.100.20:22",
        ];
        for text in texts {
            let flows = reading_of(&Snort, text).flows;
            assert_eq!(flows.len(), 1, "{text}");
            assert_eq!(
                (flows[0].rule.as_deref(), flows[0].responder.port),
                (Some("TCP connection"), Some(22)),
                "{text}"
            );
            assert_eq!(flows[0].protocol, Some(Protocol::TCP), "{text}");
        }
    }

    #[test]
    fn a_port_behind_a_bare_ipv6_address_is_its_last_group() {
        let found = end(b"2001:db8::1:443", true).unwrap();
        assert_eq!((found.address, found.port), ("2001:db8::1".parse().ok(), Some(443)));
        assert_eq!(end(b"2001:db8::1:443", false).unwrap().address, "2001:db8::1:443".parse().ok());
    }
}
