//! Juniper SRX security logs: sessions (RT_FLOW, APPTRACK), and what was found in them (RT_IDP, RT_UTM, RT_AAMW, RT_SECINTEL,
//! RT_IDS), as structured syslog (`[junos@2636 source-address="…" …]`) or plain text; and the hits of stateless filters
//! (`FW: ge-0/0/0.0 D tcp …`), and the key exchanges of its tunnels (KMD_…, `IKE negotiation …`). After Juniper Networks, "System Log Explorer" (RT_FLOW_SESSION_CREATE, _CLOSE, _DENY …). Bytes are
//! counted on the IP layer, from the client and from the server.
//!
//! **Time** is the header's. A close is written at the session's end, so the session began `elapsed-time` seconds before it.
//!
//! **Ends.** As the client named them, before translation. A virus (AV_…) is reported from the server that sent it to the client:
//! where only the first port is a well-known one, the ends are turned. A tunnel runs from this device to its peer, unless its role says that
//! the peer called.
//!
//! **Counted once.** By `session-id-32`: RT_FLOW_SESSION_CLOSE is the last word; CREATE, APPTRACK and what was found stand back
//! behind it. In plain text, whose columns have grown with Junos, what stands before the session number is read by its place; the
//! names of translation rules decide nothing.

use std::borrow::Cow;

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::pairs::Between;
use super::syntax::syslog;
use super::syntax::years::Years;
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::{elided, readable, visible};
use crate::flow::{Flow, Kind, Outcome, Text};

/// The format.
pub struct JuniperSrx;

impl Format for JuniperSrx {
    fn name(&self) -> &'static str {
        "juniper_srx"
    }

    fn title(&self) -> &'static str {
        "Juniper SRX security log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let is_ours = |line: &[u8]| {
            event_of(line).is_some_and(|(event, _)| is_security(event))
                || filter_of(line).is_some()
                || exchange_of(line).is_some()
        };
        if sample.lines().take(50).any(is_ours) { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

/// The beginnings of the events that this device's security services write.
const SECURITY: [&str; 13] = [
    "RT_FLOW_SESSION_",
    "APPTRACK_SESSION_",
    "RT_SCREEN_",
    "IDP_",
    "WEBFILTER_",
    "AV_",
    "ANTISPAM_",
    "CONTENT_FILTERING_",
    "SECINTEL_",
    "AAMW_",
    "SRX_AAMW_",
    "RT_FLOW_",
    "KMD_",
];

fn is_security(event: &str) -> bool {
    SECURITY.iter().any(|begin| event.starts_with(begin))
}

/// The event's name and what follows it: before `[junos@…]`, or with a colon behind it.
fn event_of(line: &[u8]) -> Option<(&str, &[u8])> {
    if let Some(at) = memchr::memmem::find(line, b"[junos@") {
        let before = line[..at].trim_ascii_end();
        let begin = memchr::memrchr(b' ', before).map_or(0, |blank| blank + 1);
        return Some((std::str::from_utf8(&before[begin..]).ok()?, &line[at..]));
    }
    let body = syslog::strip(line).body;
    // Where a relay took the header off, the service's name is left before the event's: `RT_FLOW: RT_FLOW_SESSION_CLOSE: …`.
    let tag = memchr::memmem::find(&body[..body.len().min(16)], b": ").filter(|_| body.starts_with(b"RT_"));
    let body = tag.map(|at| &body[at + 2..]).filter(|rest| rest.contains(&b':')).unwrap_or(body);
    let end = memchr::memchr(b':', &body[..body.len().min(64)])?;
    let event = std::str::from_utf8(&body[..end]).ok()?;
    let shaped = event.len() > 4 && event.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    (shaped && event.contains('_')).then(|| (event, body[end + 1..].trim_ascii_start()))
}

/// What follows `FW: ` of a stateless filter's log: interface, action, protocol, ends and ports.
fn filter_of(line: &[u8]) -> Option<[&[u8]; 7]> {
    let at = memchr::memmem::find(line, b"FW: ")?;
    let mut words = line[at + 4..].split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut next = || words.next();
    let found = [next()?, next()?, next()?, next()?, next()?, next()?, next()?];
    let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    (matches!(found[1], b"A" | b"D" | b"R") && digits(found[5]) && digits(found[6])).then_some(found)
}

/// `IKE negotiation failed with error: Timed out. IKE Version: 1, … Local: 192.0.2.1/500, Remote: 198.51.100.1/500, … Role: Initiator`:
/// what became of it, the two ends, and whether the other one called.
fn exchange_of(line: &[u8]) -> Option<(bool, [&[u8]; 2], bool)> {
    let at = memchr::memmem::find(line, b" negotiation ")?;
    let (before, rest) = line.split_at(at);
    let rest = &rest[b" negotiation ".len()..];
    let succeeded = rest.starts_with(b"success");
    if !(before.ends_with(b"IKE") || before.ends_with(b"IPSec")) || !(succeeded || rest.starts_with(b"failed")) {
        return None;
    }
    let side = |name: &[u8]| {
        let at = memchr::memmem::find(rest, name)? + name.len();
        rest[at..].split(|b| *b == b',').next().map(<[u8]>::trim_ascii)
    };
    let answered = side(b"Role: ").is_some_and(|role| role.starts_with(b"Responder"));
    Some((succeeded, [side(b" Local: ")?, side(b" Remote: ")?], answered))
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"source-address" | b"local-address" => Means::SourceAddress,
        b"source-port" => Means::SourcePort,
        b"source-zone-name" | b"source-zone" => Means::SourceZone,
        b"destination-address" | b"remote-address" => Means::DestinationAddress,
        b"destination-port" => Means::DestinationPort,
        b"destination-zone-name" | b"destination-zone" => Means::DestinationZone,
        b"protocol-id" | b"protocol-name" => Means::Protocol,
        b"application" => Means::Service,
        b"service-name" | b"protocol" => Means::Kind,
        b"bytes-from-client" => Means::BytesOut,
        b"bytes-from-server" => Means::BytesIn,
        b"packets-from-client" => Means::PacketsOut,
        b"packets-from-server" => Means::PacketsIn,
        b"elapsed-time" => Means::Duration,
        b"policy-name" => Means::Rule,
        b"username" => Means::User,
        b"session-id-32" | b"session-id" => Means::Session,
        b"action" => Means::Action,
        b"reason" => Means::Reason,
        _ => return None,
    })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let message = syslog::strip(line);
    let mut report = Report::new();
    if let Some(host) = message.host {
        report.put(Means::Sensor, readable(host));
    }
    let event = match event_of(line) {
        Some((event, rest)) if is_security(event) => {
            if rest.starts_with(b"[junos@") {
                report.put_pairs(rest, Between::Blanks, means_of);
            } else if event.starts_with("RT_FLOW_SESSION") || event.starts_with("APPTRACK_SESSION") {
                plain(&mut report, event, rest);
            }
            event
        }
        // Whatever else names both ends, or who logged on.
        Some((event, rest)) if rest.starts_with(b"[junos@") => {
            report.put_pairs(rest, Between::Blanks, means_of);
            if event.contains("LOGIN") && report.has(Means::SourceAddress) && !report.has(Means::DestinationAddress) {
                return logon(report, event, &message, years);
            }
            event
        }
        Some((event, _)) => return Ok(no_connection(event)),
        None => match filter_of(line) {
            Some([interface, action, protocol, source, destination, source_port, destination_port]) => {
                for (means, word) in [
                    (Means::SourceZone, interface),
                    (Means::Protocol, protocol),
                    (Means::SourceAddress, source),
                    (Means::DestinationAddress, destination),
                    (Means::SourcePort, source_port),
                    (Means::DestinationPort, destination_port),
                ] {
                    report.put(means, readable(word));
                }
                report.put(Means::Action, if action == b"A" { "accept" } else { "discard" }.into());
                "FW"
            }
            None => {
                let Some((succeeded, ends, answered)) = exchange_of(line) else {
                    return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
                };
                put_ends(&mut report, ends.map(readable));
                report.put(Means::Protocol, "udp".into());
                if answered {
                    report.turn();
                }
                if succeeded { "IKE_ESTABLISHED" } else { "IKE_TIMEOUT" }
            }
        },
    };
    for unsaid in ["UNKNOWN", "unknown-user"] {
        report.forget(Means::Service, unsaid);
        report.forget(Means::User, unsaid);
    }
    if let Some(service) = report.text(Means::Kind) {
        report.put(Means::Service, service);
    }
    for (screen, protocol) in [("RT_SCREEN_TCP", "tcp"), ("RT_SCREEN_UDP", "udp"), ("RT_SCREEN_ICMP", "icmp")] {
        if event.starts_with(screen) {
            report.put(Means::Protocol, protocol.into());
        }
    }
    let port = |means| report.get(means).and_then(|port| port.parse::<u16>().ok());
    let (first, second) = (port(Means::SourcePort), port(Means::DestinationPort));
    if event.starts_with("AV_") && first.is_some_and(|port| port < 1024) && second.is_some_and(|port| port >= 1024) {
        report.turn();
    }
    let Some(mut flow) = report.flow()? else { return Ok(no_connection(event)) };
    flow.duration = report.seconds(Means::Duration)?;
    let is_end = event.contains("_CLOSE") || event.contains("_VOL_UPDATE");
    if !is_end {
        flow.duration = None;
    }
    if let Some((moment, basis)) = message.time.and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (moment.before(flow.duration.unwrap_or(0)), basis);
    }
    flow.outcome = outcome(event, &report, &flow);
    if event.starts_with("KMD_") || event.starts_with("IKE_") {
        // Each way of a tunnel, and each renewal of its keys, is said anew.
        flow.kind = Kind::Session;
        return Ok(Told::Flow(flow, Some(("tunnel".into(), Telling::Before))));
    }
    let session = report.text(Means::Session).filter(|id| &**id != "0").map(|id| {
        let last = event.starts_with("RT_FLOW_SESSION_CLOSE") || event.starts_with("RT_FLOW_SESSION_DENY");
        (id, if last { Telling::Last } else { Telling::Before })
    });
    Ok(Told::Flow(flow, session))
}

/// A logon to the device that the header names.
fn logon<'r>(
    mut report: Report<'r>,
    event: &str,
    message: &syslog::Message<'r>,
    years: &mut Years,
) -> Result<Told<'r>, Fault> {
    report.put(Means::DestinationName, report.text(Means::Sensor).unwrap_or_default());
    let Some(mut flow) = report.flow()? else { return Ok(no_connection(event)) };
    flow.kind = Kind::Logon;
    flow.outcome = if event.contains("FAIL") { Outcome::Denied } else { Outcome::Established };
    if let Some((moment, basis)) = message.time.and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (Some(moment), basis);
    }
    Ok(Told::Flow(flow, None))
}

fn no_connection(event: &str) -> Told<'static> {
    Told::Nothing(format!("Junos {} record, no connection", elided(&visible(event), 40)).into())
}

/// A session in plain text: `session closed TCP FIN: 192.0.2.1/1025->198.51.100.1/80 0x0 junos-http …`.
fn plain<'r>(report: &mut Report<'r>, event: &str, rest: &'r [u8]) {
    let text = readable(rest);
    let Cow::Borrowed(text) = text else { return };
    // What stands before the ends may be a reason of several words, with a colon.
    let mut words = text.split(' ').filter(|word| !word.is_empty()).skip_while(|word| !word.contains("->"));
    let Some((source, destination)) = words.next().and_then(|ends| ends.split_once("->")) else { return };
    put_ends(report, [source, destination].map(Cow::Borrowed));
    let mut words = words.peekable();
    let tagged = words.next_if(|word| word.starts_with("0x")).is_some();
    report.put(Means::Kind, words.next().unwrap_or_default().into());
    if event.contains("_DENY") {
        // `17(0)`: protocol and the type of ICMP.
        let protocol = words.next().unwrap_or_default();
        report.put(Means::Protocol, protocol.split('(').next().unwrap_or_default().into());
        put_each(report, &mut words, &[Means::Rule, Means::SourceZone, Means::DestinationZone, Means::Service]);
    } else {
        if words.next_if(|word| word.contains("->")).is_some() {
            words.next_if(|word| word.starts_with("0x"));
            for _ in 0..2 {
                // Newer versions say the kind of rule first, in one word (`N/A`) or two (`source rule`).
                if tagged && words.next().is_some_and(|kind| kind != "N/A") {
                    words.next_if(|word| *word == "rule");
                }
                words.next();
            }
        }
        put_each(
            report,
            &mut words,
            &[Means::Protocol, Means::Rule, Means::SourceZone, Means::DestinationZone, Means::Session],
        );
        if event.contains("_CLOSE") || event.contains("_VOL_UPDATE") {
            for (packets, bytes) in [(Means::PacketsOut, Means::BytesOut), (Means::PacketsIn, Means::BytesIn)] {
                let counts = words.next_if(|word| word.ends_with(')')).and_then(|word| word.strip_suffix(')'));
                if let Some((of_packets, of_bytes)) = counts.and_then(|word| word.split_once('(')) {
                    report.put(packets, of_packets.into());
                    report.put(bytes, of_bytes.into());
                }
            }
            put_each(report, &mut words, &[Means::Duration, Means::Service]);
        }
    }
    // `alice(roles)`, wherever it stands.
    let account = words.find_map(|word| word.strip_suffix(')').and_then(|word| word.split_once('(')));
    if let Some((user, _roles)) = account {
        report.put(Means::User, user.into());
    }
}

/// `192.0.2.1/1025`, twice.
fn put_ends<'r>(report: &mut Report<'r>, ends: [Text<'r>; 2]) {
    let places = [(Means::SourceAddress, Means::SourcePort), (Means::DestinationAddress, Means::DestinationPort)];
    for (end, (at, port)) in ends.into_iter().zip(places) {
        let (address, number) = match &end {
            Cow::Borrowed(text) => {
                let text: &'r str = text;
                text.rsplit_once('/').map(|(a, n)| (Cow::Borrowed(a), Cow::Borrowed(n)))
            }
            Cow::Owned(text) => {
                text.rsplit_once('/').map(|(a, n)| (Cow::Owned(a.to_owned()), Cow::Owned(n.to_owned())))
            }
        }
        .unwrap_or((end, Cow::Borrowed("")));
        report.put(at, address);
        report.put(port, number);
    }
}

fn put_each<'r>(report: &mut Report<'r>, words: &mut impl Iterator<Item = &'r str>, meanings: &[Means]) {
    for means in meanings {
        report.put(*means, words.next().unwrap_or_default().into());
    }
}

fn outcome(event: &str, report: &Report<'_>, flow: &Flow<'_>) -> Outcome {
    let action = report.get(Means::Action).unwrap_or_default();
    if event.contains("_DENY") || event.contains("_BLOCKED") || event.contains("_DROP") || event.contains("_FAIL") {
        return Outcome::Denied;
    }
    if event.contains("_TIMEOUT") {
        return Outcome::Failed;
    }
    if event.contains("_ESTABLISHED")
        || event.contains("_CREATE")
        || event.contains("_PERMITTED")
        || event.contains("_UPDATE")
    {
        return Outcome::Established;
    }
    if event.contains("_CLOSE") {
        let unanswered = flow.packets_in == Some(0) && flow.packets_out > Some(0);
        return if unanswered { Outcome::Failed } else { Outcome::Established };
    }
    match action.to_ascii_lowercase().as_str() {
        "close" | "close_client" | "close_server" | "discard" | "close redirect msg" => Outcome::Denied,
        "none" | "no_action" | "alarm-without-drop" => Outcome::Established,
        other => firewall::verdict(other).unwrap_or(Outcome::Unknown),
    }
}
