//! Sophos Firewall (XG, XGS, SFOS) logs, and those of Sophos UTM: `key=value` syslog. After Sophos, "Sophos Firewall Syslog
//! Guide" (device standard format: `device="SFW" date=… time=…`; central reporting format: `timestamp="…"`), and "Sophos UTM
//! Administration Guide", "Log files" (`id="2001" … sub="packetfilter"`). Bytes are what the device counts, sent from the
//! connection's source; Sophos UTM counts none but what its web proxy sent to the client (`size`).
//!
//! **Time.** A firewall record is written when the connection ends (`connevent="Stop"`) with its duration, so the
//! connection began that much earlier; or when it starts. The time has its offset (`timestamp`), or stands beside a zone's name: of these
//! only the unambiguous ones are taken for an offset (`IST` may be India, Ireland or Israel). Sophos UTM writes its time as the
//! header `2014:02:12-10:18:42`.
//!
//! **Ends.** As named before translation. An intrusion record whose target is the client (`target="Client"`) names the server
//! first where its port is the lower one, and is turned. **Counted once**: the records of one connection id.
//!
//! **Not read.** Events, system health and mail without both ends.

use super::firewall::{self, Means, Reader, Report, Telling, Told};
use super::syntax::pairs::Between;
use super::syntax::syslog::{self, Stamp};
use super::syntax::time::{self, Written};
use super::syntax::years::Years;
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::{elided, readable, visible};
use crate::flow::{Flow, Kind, Moment, Outcome};

/// The format.
pub struct SophosXg;

impl Format for SophosXg {
    fn name(&self) -> &'static str {
        "sophos_xg"
    }

    fn title(&self) -> &'static str {
        "Sophos Firewall log"
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
    let firewall = has("log_type=") && has("log_component=") && has("log_subtype=");
    if firewall && (has("device=\"SFW\"") || has("device_name=") || has("device_serial_id=")) {
        return Likeness::Certain;
    }
    let utm = (has(" sys=\"Secure") || has(" sys=\"System\"")) && has(" sub=\"") && has("id=\"");
    if utm || is_web_server(line) {
        return Likeness::Certain;
    }
    if firewall { Likeness::Likely } else { Likeness::None }
}

/// What Sophos UTM's web application firewall writes of a request: no kind, but client and own address.
fn is_web_server(line: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
    has("id=\"") && has(" srcip=\"") && has(" localip=\"") && has(" statuscode=\"")
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"log_type" | b"sys" => Means::Kind,
        b"log_subtype" => Means::Subtype,
        b"log_component" | b"sub" => Means::Event,
        b"device_id" | b"device_serial_id" => Means::Serial,
        b"timestamp" => Means::Epoch,
        b"date" => Means::Date,
        b"time" => Means::TimeOfDay,
        b"timezone" => Means::Offset,
        b"src_ip" | b"srcip" => Means::SourceAddress,
        b"dst_ip" | b"dstip" | b"localip" => Means::DestinationAddress,
        b"src_port" | b"srcport" => Means::SourcePort,
        b"dst_port" | b"dstport" | b"port" => Means::DestinationPort,
        b"server" => Means::DestinationName,
        b"srczone" | b"src_zone" | b"initf" => Means::SourceZone,
        b"dstzone" | b"dst_zone" | b"outitf" => Means::DestinationZone,
        b"protocol" | b"proto" => Means::Protocol,
        b"application" | b"app_name" => Means::Service,
        b"sent_bytes" | b"bytes_sent" => Means::BytesOut,
        b"recv_bytes" | b"bytes_received" => Means::BytesIn,
        b"sent_pkts" | b"packets_sent" => Means::PacketsOut,
        b"recv_pkts" | b"packets_received" => Means::PacketsIn,
        b"duration" => Means::Duration,
        b"status" => Means::Status,
        b"action" => Means::Action,
        b"user_name" | b"user" => Means::User,
        b"fw_rule_id" | b"fwrule" | b"rule_name" => Means::Rule,
        b"connid" | b"con_id" => Means::Session,
        b"connevent" | b"con_event" => Means::Reason,
        b"target" => Means::Direction,
        // What the web proxy of Sophos UTM sent to the client.
        b"size" => Means::Url,
        _ => return None,
    })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let (own_time, body) = match utm_time(line) {
        Some((stamp, rest)) => (Some(stamp), rest),
        None => (None, line),
    };
    let message = syslog::strip(body);
    let mut report = Report::new();
    let unclosed = report.put_pairs(message.body, Between::Blanks, means_of);
    if is_web_server(line) {
        report.put(Means::Kind, "WAF".into());
        report.put(Means::Protocol, "tcp".into());
        // The server that was asked for; `localip` is where the request was taken in its stead.
        if let Some(own) = report.text(Means::DestinationAddress).filter(|_| report.has(Means::DestinationName)) {
            report.forget(Means::DestinationAddress, &own);
        }
    }
    if !report.has(Means::Kind) {
        let shown = readable(&line[..line.len().min(480)]);
        return Err(Fault::new("not a Sophos record: it has no log type", shown));
    }
    let web_proxy = report.get(Means::Event).is_some_and(|sub| sub.eq_ignore_ascii_case("http"));
    if web_proxy && let Some(size) = report.text(Means::Url) {
        report.put(Means::BytesIn, size);
    }
    // Sophos UTM's own header is time, device and program.
    let own_host = own_time.and_then(|_| body.split(|b| *b == b' ').next()).filter(|word| !word.contains(&b'='));
    if let Some(host) = message.host.or(own_host) {
        report.put(Means::Sensor, readable(host));
    }
    let port = |means| report.get(means).and_then(|port| port.parse::<u16>().ok());
    let at_client = report.get(Means::Direction).is_some_and(|target| target.eq_ignore_ascii_case("client"));
    if at_client && port(Means::SourcePort) < port(Means::DestinationPort) {
        report.turn();
    }
    let utm_logon = report.get(Means::Event) == Some("auth") && report.has(Means::SourceAddress);
    let logon =
        (report.get(Means::Subtype) == Some("Authentication") || utm_logon) && !report.has(Means::DestinationAddress);
    if utm_logon {
        let denied = memchr::memmem::find(line, b"failed").is_some() || memchr::memmem::find(line, b"DENIED").is_some();
        report.put(Means::Status, if denied { "failed" } else { "successful" }.into());
    }
    if logon {
        for means in [Means::Sensor, Means::Serial] {
            if let Some(name) = report.text(means) {
                report.put(Means::DestinationName, name);
            }
        }
    }
    let Some(mut flow) = report.flow()? else {
        if let Some(key) = unclosed {
            return Err(Fault::new("a quoted value is not closed", readable(key)));
        }
        let [kind, component] = [Means::Kind, Means::Event].map(|means| report.get(means).unwrap_or_default());
        let name = format!("{kind}/{component}");
        return Ok(Told::Nothing(format!("Sophos {} record, no connection", elided(&visible(&name), 60)).into()));
    };
    if logon {
        flow.kind = Kind::Logon;
    }
    flow.duration = report.seconds(Means::Duration)?;
    let stamp = own_time.or(message.time);
    begin(&report, &mut flow, stamp, years)?;
    flow.outcome = outcome(&report, &flow);
    let session = report.text(Means::Session).filter(|id| &**id != "0").map(|id| {
        let last = !matches!(report.get(Means::Reason), Some("Start" | "Interim"));
        let firewall = report.get(Means::Kind) == Some("Firewall");
        (id, if last && firewall { Telling::Last } else { Telling::Before })
    });
    Ok(Told::Flow(flow, session))
}

fn begin<'r>(report: &Report<'r>, flow: &mut Flow<'r>, header: Option<Stamp>, years: &mut Years) -> Result<(), Fault> {
    let before = flow.duration.unwrap_or(0);
    if report.has(Means::Epoch) {
        return report.begin(flow, Means::Epoch, before, years);
    }
    let stamp = match (report.get(Means::Date), report.get(Means::TimeOfDay)) {
        (Some(date), Some(clock_time)) => {
            let written = time::read(format!("{date} {clock_time}").as_bytes());
            let local = written.ok_or_else(|| Fault::of_field(reasons::TIME, "date", date.as_bytes()))?.local;
            let named = report.get(Means::Offset).and_then(offset_named);
            let offset = named.or_else(|| firewall::offset_beside(header, local));
            Some(Stamp::Full(Written { local, offset }))
        }
        (Some(_) | None, _) => header,
    };
    if let Some((moment, basis)) = stamp.and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (moment.before(before), basis);
    }
    Ok(())
}

/// Zones that mean one offset wherever they are named, and offsets as numbers.
fn offset_named(zone: &str) -> Option<i32> {
    let hours = match zone {
        "WET" => 0,
        "WEST" | "CET" => 1,
        "CEST" | "EET" => 2,
        "EEST" => 3,
        "JST" | "KST" => 9,
        _ => return time::offset(zone.as_bytes()),
    };
    Some(hours * 3600)
}

/// The time at the head of a line of Sophos UTM: `2014:02:12-10:18:42`.
fn utm_time(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let bare = line
        .strip_prefix(b"<")
        .and_then(|rest| rest.splitn(2, |b| *b == b'>').nth(1))
        .map_or(line, <[u8]>::trim_ascii_start);
    let [y0, y1, y2, y3, b':', m0, m1, b':', d0, d1, b'-', rest @ ..] = bare else { return None };
    let (days, _) =
        time::date(&[*y0, *y1, *y2, *y3, b'-', *m0, *m1, b'-', *d0, *d1]).map(|(days, rest)| (days, rest.len()))?;
    let (micros, rest) = time::time_of_day(rest)?;
    let local = Moment(days * time::DAY + micros);
    Some((Stamp::Full(Written { local, offset: None }), rest.trim_ascii_start()))
}

fn outcome(report: &Report<'_>, flow: &Flow<'_>) -> Outcome {
    let words = [Means::Status, Means::Action, Means::Subtype].map(|means| report.get(means).unwrap_or_default());
    for word in words {
        let says = |what: &str| word.to_ascii_lowercase().starts_with(what);
        if ["virus", "fail", "pua", "spam", "dlp"].iter().any(|what| says(what)) {
            return Outcome::Denied;
        }
        if ["success", "clean", "establish"].iter().any(|what| says(what)) {
            return Outcome::Established;
        }
        match firewall::verdict(word) {
            Some(Outcome::Established)
                if flow.duration.is_some() && flow.packets_in == Some(0) && flow.packets_out > Some(0) =>
            {
                return Outcome::Failed;
            }
            Some(outcome) => return outcome,
            None => {}
        }
    }
    Outcome::Unknown
}
