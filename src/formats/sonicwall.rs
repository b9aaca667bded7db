//! SonicWall firewall logs: `key=value` syslog whose ends are `src=address:port:interface:name`. After SonicWall, "SonicOS Log
//! Events Reference Guide", "Syslog Tags". `sent` and `rcvd` are bytes of the connection as its source sent and received them.
//!
//! **Time** is `time`, in the device's zone, which is not said unless ` UTC` stands behind it. A closed connection (m=537)
//! has its duration in `cdur`, in milliseconds, and began that much earlier.
//!
//! **Counted once.** A connection is told when it opens (m=98) and when it closes (m=537, with bytes); no number ties the two,
//! but both name the same two ends with their ports. A login to the device (m=29, 30 and their kin) is a logon.

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::address::address;
use super::syntax::pairs::Between;
use super::syntax::years::Years;
use super::syntax::{number, syslog, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::{elided, readable, visible};
use crate::flow::{Flow, Kind, Outcome, Text};

/// The format.
pub struct Sonicwall;

impl Format for Sonicwall {
    fn name(&self) -> &'static str {
        "sonicwall"
    }

    fn title(&self) -> &'static str {
        "SonicWall log"
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

fn likeness_of(line: &[u8]) -> Likeness {
    let has = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
    if has("id=") && has(" sn=") && has(" fw=") && has(" m=") && has(" time=\"") {
        return Likeness::Certain;
    }
    Likeness::None
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"id" => Means::Kind,
        b"m" => Means::Event,
        b"sn" => Means::Serial,
        b"time" => Means::Time,
        b"src" | b"srcV6" => Means::SourceAddress,
        b"dst" | b"dstV6" => Means::DestinationAddress,
        b"srcZone" => Means::SourceZone,
        b"dstZone" => Means::DestinationZone,
        b"dstname" => Means::DestinationName,
        b"proto" => Means::Protocol,
        b"appName" => Means::Service,
        b"sent" => Means::BytesOut,
        b"rcvd" => Means::BytesIn,
        b"spkt" => Means::PacketsOut,
        b"rpkt" => Means::PacketsIn,
        b"cdur" => Means::Duration,
        b"rule" => Means::Rule,
        b"usr" | b"user" => Means::User,
        b"fw_action" => Means::Action,
        b"msg" => Means::Message,
        b"fw" => Means::Sensor,
        _ => return None,
    })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let message = syslog::strip(line);
    let mut raw = Report::new();
    let unclosed = raw.put_pairs(message.body, Between::Blanks, means_of);
    if !raw.has(Means::Kind) || !raw.has(Means::Time) {
        let shown = readable(&line[..line.len().min(480)]);
        return Err(Fault::new("not a SonicWall record: it has no id and time", shown));
    }
    let mut report = Report::new();
    for (at, port, name, zone) in [
        (Means::SourceAddress, Means::SourcePort, Means::SourceName, Means::SourceZone),
        (Means::DestinationAddress, Means::DestinationPort, Means::DestinationName, Means::DestinationZone),
    ] {
        let parts = raw.text(at).map(parts_of).unwrap_or_default();
        for (means, text) in [at, port, zone, name].into_iter().zip(parts) {
            if means == zone
                && let Some(said) = raw.text(zone)
            {
                report.put(zone, said);
            }
            report.put(means, text);
        }
        if let Some(said) = raw.text(name) {
            report.put(name, said);
        }
    }
    if let Some(protocol) = raw.text(Means::Protocol) {
        // `tcp/https`, `udp/53`: the service is the port's name, or the port again.
        let (protocol, service) = halves(protocol);
        report.put(Means::Protocol, protocol);
        for service in [raw.text(Means::Service), service].into_iter().flatten() {
            if service.bytes().any(|b| !b.is_ascii_digit()) {
                report.put(Means::Service, service);
            } else {
                report.put(Means::DestinationPort, service);
            }
        }
    }
    for means in [
        Means::Serial,
        Means::Sensor,
        Means::BytesOut,
        Means::BytesIn,
        Means::PacketsOut,
        Means::PacketsIn,
        Means::Rule,
        Means::User,
    ] {
        if let Some(text) = raw.text(means) {
            report.put(means, text);
        }
    }
    let event = raw.get(Means::Event).unwrap_or_default();
    let words = raw.get(Means::Message).unwrap_or_default();
    let logon = words.contains("login") && report.has(Means::User);
    if logon && let Some(sensor) = raw.text(Means::Sensor) {
        report.put(Means::DestinationAddress, sensor);
    }
    let Some(mut flow) = report.flow()? else {
        if let Some(key) = unclosed {
            return Err(Fault::new("a quoted value is not closed", readable(key)));
        }
        let what = if words.is_empty() { format!("message {event}") } else { format!("“{words}”") };
        return Ok(Told::Nothing(format!("SonicWall {}, no connection", elided(&visible(&what), 60)).into()));
    };
    if logon {
        flow.kind = Kind::Logon;
    }
    if let Some(text) = raw.get(Means::Duration) {
        let millis = number::count(text.as_bytes()).and_then(|millis| millis.checked_mul(1000));
        flow.duration = Some(millis.ok_or_else(|| Fault::of_field(reasons::DURATION, "cdur", text.as_bytes()))?);
    }
    let text = raw.get(Means::Time).unwrap_or_default();
    let written = time::read(text.as_bytes()).ok_or_else(|| raw.unreadable(Means::Time))?;
    let offset = written.offset.or_else(|| firewall::offset_beside(message.time, written.local));
    let stamp = syslog::Stamp::Full(time::Written { offset, ..written });
    if let Some((moment, basis)) = years.settle(stamp) {
        (flow.start, flow.basis) = (moment.before(flow.duration.unwrap_or(0)), basis);
    }
    flow.outcome = outcome(raw.get(Means::Action), words, event, &flow);
    let session = match event {
        "98" => Some(("connection".into(), Telling::Before)),
        "537" => Some(("connection".into(), Telling::Last)),
        _ => None,
    };
    Ok(Told::Flow(flow, session))
}

/// Address, port, interface, and name of `192.0.2.1:443:X1:host`, of which all but the first may lack; an IPv6 address may
/// stand in brackets, or alone.
fn parts_of(text: Text<'_>) -> Vec<Text<'_>> {
    if address(text.as_bytes()).is_some() {
        return vec![text];
    }
    if let Some(rest) = text.strip_prefix('[')
        && let Some((inner, behind)) = rest.split_once(']')
    {
        let behind = behind.strip_prefix(':').unwrap_or(behind).splitn(3, ':').map(|part| part.to_owned().into());
        return std::iter::once(inner.to_owned().into()).chain(behind).collect();
    }
    match text {
        Text::Borrowed(text) => text.splitn(4, ':').map(Text::Borrowed).collect(),
        Text::Owned(text) => text.splitn(4, ':').map(|part| part.to_owned().into()).collect(),
    }
}

fn halves(text: Text<'_>) -> (Text<'_>, Option<Text<'_>>) {
    match text {
        Text::Borrowed(text) => match text.split_once('/') {
            Some((protocol, service)) => (protocol.into(), Some(service.into())),
            None => (text.into(), None),
        },
        Text::Owned(text) => (text.into(), None),
    }
}

fn outcome(action: Option<&str>, words: &str, event: &str, flow: &Flow<'_>) -> Outcome {
    let words = words.to_ascii_lowercase();
    let says = |word: &str| words.contains(word);
    if matches!(action, Some("drop" | "deny" | "block"))
        || ["drop", "denied", "block", "reject", "disallow", "bad credential", "failed"].iter().any(|word| says(word))
    {
        return Outcome::Denied;
    }
    match event {
        "537" if flow.packets_in.or(flow.bytes_in) == Some(0) => Outcome::Failed,
        "98" | "537" | "97" => Outcome::Established,
        _ if action == Some("forward") || says("allowed") || says("opened") || says("closed") => Outcome::Established,
        _ => Outcome::Unknown,
    }
}
