//! Stormshield Network Security logs: `key=value` lines with `logtype="connection"`, `"filter"`, `"alarm"`, `"web"`, `"plugin"`,
//! `"auth"`, `"vpn"` and others. After Stormshield, "Description of Audit logs". `sent` and `rcvd` are bytes as the connection's
//! source sent and received them.
//!
//! **Time.** `startime` is when the connection began, `time` when the record was written (at the connection's end), both in the
//! firewall's zone, which `tz` says.
//!
//! **Ends.** As named before translation (`modsrc`, `origdst` are left out). Each connection has one record of type
//! connection or plugin; the filter's record of it names the same ends and ports and counts with it. Records without both ends
//! (system, monitor, counters) are skipped by their type.

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::pairs::Between;
use super::syntax::syslog;
use super::syntax::years::Years;
use super::syntax::{syslog::Stamp, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::{elided, readable, visible};
use crate::flow::{Flow, Kind, Outcome};

/// The format.
pub struct Stormshield;

impl Format for Stormshield {
    fn name(&self) -> &'static str {
        "stormshield"
    }

    fn title(&self) -> &'static str {
        "Stormshield log"
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
    if has(" fw=\"") && has("time=\"") && (has(" startime=\"") || (has(" tz=") && has(" logtype=\""))) {
        return Likeness::Certain;
    }
    Likeness::None
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"logtype" => Means::Kind,
        b"fw" => Means::Sensor,
        b"time" => Means::Time,
        b"startime" => Means::Start,
        b"tz" => Means::Offset,
        b"src" => Means::SourceAddress,
        b"srcport" => Means::SourcePort,
        b"srcname" => Means::SourceName,
        b"srcifname" | b"srcif" => Means::SourceZone,
        b"dst" => Means::DestinationAddress,
        b"dstport" => Means::DestinationPort,
        b"dstname" => Means::DestinationName,
        b"dstifname" | b"dstif" => Means::DestinationZone,
        b"ipproto" => Means::Protocol,
        b"proto" => Means::Service,
        b"sent" => Means::BytesOut,
        b"rcvd" => Means::BytesIn,
        b"duration" => Means::Duration,
        b"action" => Means::Action,
        b"rulename" | b"ruleid" => Means::Rule,
        b"user" => Means::User,
        b"error" | b"result" => Means::Status,
        b"msg" => Means::Message,
        _ => return None,
    })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let message = syslog::strip(line);
    let mut report = Report::new();
    let unclosed = report.put_pairs(message.body, Between::Blanks, means_of);
    if !report.has(Means::Time) && !report.has(Means::Start) {
        let shown = readable(&line[..line.len().min(480)]);
        return Err(Fault::new("not a Stormshield record: it has no time", shown));
    }
    let kind = report.text(Means::Kind).unwrap_or_default();
    let login = matches!(&*kind, "auth" | "xvpn" | "vpn" | "server");
    if login
        && !report.has(Means::DestinationAddress)
        && report.has(Means::User)
        && let Some(name) = report.text(Means::Sensor)
    {
        report.put(Means::DestinationName, name);
    }
    let Some(mut flow) = report.flow()? else {
        if let Some(key) = unclosed {
            return Err(Fault::new("a quoted value is not closed", readable(key)));
        }
        if kind.is_empty() {
            return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
        }
        return Ok(Told::Nothing(format!("Stormshield {} record, no connection", elided(&visible(&kind), 40)).into()));
    };
    flow.kind = match &*kind {
        "auth" | "server" => Kind::Logon,
        "xvpn" => Kind::Session,
        _ => Kind::Connection,
    };
    flow.duration = report.seconds(Means::Duration)?;
    let (at, before) = match report.has(Means::Start) {
        true => (Means::Start, 0),
        false => (Means::Time, flow.duration.unwrap_or(0)),
    };
    let text = report.get(at).unwrap_or_default();
    let written = time::read(text.as_bytes()).ok_or_else(|| report.unreadable(at))?;
    let zone = report.get(Means::Offset).and_then(|zone| time::offset(zone.as_bytes()));
    let offset = written.offset.or(zone).or_else(|| firewall::offset_beside(message.time, written.local));
    if let Some((moment, basis)) = years.settle(Stamp::Full(time::Written { offset, ..written })) {
        (flow.start, flow.basis) = (moment.before(before), basis);
    }
    flow.outcome = outcome(&report, &flow);
    let telling = match &*kind {
        "connection" | "plugin" => Some(Telling::Last),
        "filter" | "alarm" => Some(Telling::Before),
        _ => None,
    };
    let telling = telling.filter(|_| flow.initiator.port.is_some() && flow.responder.port.is_some());
    Ok(Told::Flow(flow, telling.map(|telling| ("connection".into(), telling))))
}

fn outcome(report: &Report<'_>, flow: &Flow<'_>) -> Outcome {
    match report.get(Means::Action).and_then(firewall::verdict) {
        Some(Outcome::Established) | None if report.get(Means::Kind) == Some("connection") => {
            // The record of a connection says by its counts alone whether anybody answered.
            if flow.bytes_in == Some(0) && flow.bytes_out > Some(0) { Outcome::Failed } else { Outcome::Established }
        }
        Some(outcome) => outcome,
        None => match report.get(Means::Status) {
            Some("0" | "ok") => Outcome::Established,
            Some(_) => Outcome::Denied,
            None => Outcome::Unknown,
        },
    }
}
