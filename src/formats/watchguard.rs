//! WatchGuard Firebox traffic logs: positional text behind `msg_id="3000-0148"`, with `key="value"` pairs after the ends. After
//! WatchGuard, "Fireware Log Catalog", "Traffic log messages". Bytes are `sent_bytes` and `rcvd_bytes`, as the client sent and
//! received them.
//!
//! **Layout**: disposition, interface in, interface out, then either length, protocol, IP header length and TTL or the protocol alone,
//! then source and destination address, source and destination port (of ICMP, type and code or nothing), free words and pairs, and
//! the policy's name in brackets at the end. Interface names may hold blanks, so the two addresses are the anchor.
//!
//! **Time** is the one in brackets behind the serial number, which is UTC (`(2024-01-10T09:49:05)`), else the header's. A record with a
//! duration is written at the connection's end. No number ties the records of one connection: 3000-0148 (admitted) and
//! 3000-0151 (ended, with bytes) name the same ends with their ports, and count once with what proxies found in between.

use std::net::IpAddr;

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::address::address;
use super::syntax::pairs::Between;
use super::syntax::years::Years;
use super::syntax::{syslog, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Flow, Outcome};

/// The format.
pub struct Watchguard;

impl Format for Watchguard {
    fn name(&self) -> &'static str {
        "watchguard"
    }

    fn title(&self) -> &'static str {
        "WatchGuard Firebox log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        sample.lines().take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

/// `3000-0148`, `1AFF-002D`: what follows it, and the number.
fn message_of(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(line, b"msg_id=\"")?;
    let rest = &line[at + 8..];
    let number = rest.get(..9)?;
    let hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
    (hex(&number[..4]) && number[4] == b'-' && hex(&number[5..]) && rest.get(9) == Some(&b'"'))
        .then(|| (number, rest[10..].trim_ascii_start()))
}

fn likeness_of(line: &[u8]) -> Likeness {
    let Some((_, rest)) = message_of(line) else { return Likeness::None };
    if anchor(rest).is_some() { Likeness::Certain } else { Likeness::Likely }
}

/// Where the two addresses stand among the words.
#[expect(clippy::type_complexity, reason = "three things of one line, used once")]
fn anchor(rest: &[u8]) -> Option<(Vec<&[u8]>, usize, [IpAddr; 2])> {
    let words: Vec<&[u8]> = rest.split(|b| *b == b' ').filter(|word| !word.is_empty()).take(24).collect();
    let at = words.windows(2).position(|pair| address(pair[0]).is_some() && address(pair[1]).is_some())?;
    let ends = [address(words[at])?, address(words[at + 1])?];
    (at >= 2).then_some((words, at, ends))
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"app_name" => Means::Service,
        b"sent_bytes" => Means::BytesOut,
        b"rcvd_bytes" => Means::BytesIn,
        b"duration" => Means::Duration,
        b"src_user" => Means::User,
        b"dst_user" => Means::DestinationUser,
        b"dstname" => Means::DestinationName,
        b"msg" => Means::Message,
        b"policy" => Means::Rule,
        _ => return None,
    })
}

const PROTOCOLS: [&[u8]; 10] = [b"tcp", b"udp", b"icmp", b"icmpv6", b"igmp", b"esp", b"gre", b"ah", b"ospf", b"sctp"];

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let message = syslog::strip(line);
    let Some((number, rest)) = message_of(line) else {
        return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
    };
    if let Some(told) = threat(&message, rest, line, years)? {
        return Ok(told);
    }
    let Some((words, at, _)) = anchor(rest) else {
        return Ok(Told::Nothing(format!("WatchGuard message {}, no connection", readable(number)).into()));
    };
    let mut report = Report::new();
    if let Some(host) = message.host {
        report.put(Means::Sensor, readable(host));
    }
    report.put(Means::Action, readable(words[0]));
    let protocol = (1..at).rev().find(|i| PROTOCOLS.iter().any(|own| own.eq_ignore_ascii_case(words[*i])));
    let named = protocol.or_else(|| (1..at).rev().find(|i| words[*i].contains(&b'/')));
    if let Some(place) = named {
        // `dns/udp`, `https/tcp`: older versions name the service first.
        let word = readable(words[place]).into_owned();
        match word.split_once('/') {
            Some((service, protocol)) => {
                report.put(Means::Service, service.to_owned().into());
                report.put(Means::Protocol, protocol.to_owned().into());
            }
            None => report.put(Means::Protocol, word.into()),
        }
    }
    // Interfaces stand between the disposition and length or protocol; with blanks in their names nothing parts the two.
    let until = (1..at).find(|i| words[*i].iter().all(u8::is_ascii_digit)).or(named).unwrap_or(at);
    if until == 3 {
        report.put(Means::SourceZone, readable(words[1]));
        report.put(Means::DestinationZone, readable(words[2]));
    }
    report.put(Means::SourceAddress, readable(words[at]));
    report.put(Means::DestinationAddress, readable(words[at + 1]));
    let digits = |i: usize| words.get(i).filter(|word| word.iter().all(u8::is_ascii_digit));
    if let (Some(source), Some(destination)) = (digits(at + 2), digits(at + 3)) {
        report.put(Means::SourcePort, readable(source));
        report.put(Means::DestinationPort, readable(destination));
    }
    report.put_pairs(rest, Between::Blanks, means_of);
    if let Some(policy) = policy_of(rest) {
        report.put(Means::Rule, readable(policy));
    }
    let Some(mut flow) = report.flow()? else {
        return Ok(Told::Nothing("WatchGuard record with one end, no connection".into()));
    };
    flow.duration = report.seconds(Means::Duration)?;
    let own = bracketed_time(line).map(|written| syslog::Stamp::Full(time::Written { offset: Some(0), ..written }));
    if let Some((moment, basis)) = own.or(message.time).and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (moment.before(flow.duration.unwrap_or(0)), basis);
    }
    flow.outcome = outcome(&report, &flow);
    let is_end = number == b"3000-0151";
    let tied = flow.initiator.port.is_some() && flow.outcome != Outcome::Denied;
    let session = tied.then(|| ("connection".into(), if is_end { Telling::Last } else { Telling::Before }));
    Ok(Told::Flow(flow, session))
}

/// What the device's sandbox found: `APT threat notified. Details='… Source IP: 192.0.2.7 Source Port: 43130 Destination IP: …'`.
fn threat<'r>(
    message: &syslog::Message<'r>,
    rest: &'r [u8],
    line: &[u8],
    years: &mut Years,
) -> Result<Option<Told<'r>>, Fault> {
    let behind = |name: &[u8]| {
        let at = memchr::memmem::find(rest, name)? + name.len();
        let word = rest[at..].trim_ascii_start();
        Some(&word[..memchr::memchr2(b' ', b'\'', word).unwrap_or(word.len())])
    };
    let mut report = Report::new();
    for (means, name) in [
        (Means::SourceAddress, &b"Source IP:"[..]),
        (Means::SourcePort, b"Source Port:"),
        (Means::DestinationAddress, b"Destination IP:"),
        (Means::DestinationPort, b"Destination Port:"),
        (Means::Rule, b"Policy Name:"),
    ] {
        report.put(means, behind(name).map(readable).unwrap_or_default());
    }
    if let Some(host) = message.host {
        report.put(Means::Sensor, readable(host));
    }
    report.put(Means::Protocol, "tcp".into());
    let Some(mut flow) = report.flow()? else { return Ok(None) };
    let own = bracketed_time(line).map(|written| syslog::Stamp::Full(time::Written { offset: Some(0), ..written }));
    if let Some((moment, basis)) = own.or(message.time).and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (Some(moment), basis);
    }
    Ok(Some(Told::Flow(flow, Some(("connection".into(), Telling::Before)))))
}

/// `(HTTP-proxy-00)` at the line's end.
fn policy_of(rest: &[u8]) -> Option<&[u8]> {
    let inner = rest.trim_ascii_end().strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', inner)?;
    Some(&inner[open + 1..])
}

/// `(2024-01-10T09:49:05)`, before the message.
fn bracketed_time(line: &[u8]) -> Option<time::Written> {
    let head = &line[..memchr::memmem::find(line, b"msg_id=")?];
    let open = memchr::memrchr(b'(', head)?;
    let close = memchr::memchr(b')', &head[open..])?;
    time::read(&head[open + 1..open + close])
}

fn outcome(report: &Report<'_>, flow: &Flow<'_>) -> Outcome {
    let word = report.get(Means::Action).unwrap_or_default();
    match firewall::verdict(word) {
        Some(Outcome::Established) if flow.bytes_in == Some(0) && flow.bytes_out > Some(0) => Outcome::Failed,
        Some(outcome) => outcome,
        None => Outcome::Unknown,
    }
}
