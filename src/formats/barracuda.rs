//! Barracuda CloudGen Firewall activity, web and threat logs: JSON (Firewall Insights), and the firewall's activity log as text,
//! pipe-positional or `key=value|…`. After Barracuda Campus, "How to Configure the Firewall Activity Log" and "How to Enable Firewall
//! Insights". Bytes are counted forward (from the source) and reverse.
//!
//! **Time.** The record's time is in the epoch (JSON, seconds or milliseconds) or in the header. A record that ends a session has its duration
//! in milliseconds; the session began that much earlier.
//!
//! **Layout of the text**, behind `Info box_Firewall_Activity: Allow: `: type, protocol, source interface, source address, source port,
//! source MAC, destination address, destination port, service, destination interface, rule, information, source and destination after
//! translation, duration, count, bytes received, bytes sent, packets received, packets sent, user, protocols, applications.
//!
//! **Counted once.** Allow and Remove (End) of a session name the same ends with their ports. What is blocked, dropped or failed
//! stands for itself.

use super::firewall::{Means, Reader, Report, Telling, Told};
use super::syntax::years::Years;
use super::syntax::{json, number, syslog};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Flow, Outcome};

/// The format.
pub struct Barracuda;

impl Format for Barracuda {
    fn name(&self) -> &'static str {
        "barracuda"
    }

    fn title(&self) -> &'static str {
        "Barracuda CloudGen Firewall log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let text = sample.lines().take(50).any(|line| activity_of(line).is_some());
        let object = is_json(sample) && json::objects(sample.bytes).take(20).any(is_ours);
        if text || object { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    super::without_mark(sample.bytes).trim_ascii_start().first() == Some(&b'{')
}

/// Whether an object has the names that only this firewall uses together.
fn is_ours(object: &[u8]) -> bool {
    let (mut rule, mut mark, mut time) = (false, false, false);
    let read = json::fields(object, |key, _| match key.bytes {
        b"fw_rule" | b"operation" => rule = true,
        b"app_rule" | b"fw_info" | b"traffic_type" | b"src_iface" | b"trans_proto" => mark = true,
        b"timestamp" => time = true,
        _ => {}
    });
    read.is_ok() && rule && mark && time
}

/// What stands behind `box_Firewall_Activity`, from the verdict on.
fn activity_of(line: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::rfind(line, b"Firewall_Activity")?;
    let rest = line[at + b"Firewall_Activity".len()..].trim_ascii_start();
    let rest = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii_start();
    memchr::memchr(b'|', rest).map(|_| rest)
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"timestamp" => Means::Epoch,
        // The threat log's `type` is the kind of threat; its `operation` stands before it.
        b"action" | b"operation" | b"type" => Means::Action,
        b"src_ip" | b"source_ip" | b"srcIP" => Means::SourceAddress,
        b"src_port" | b"source_port" | b"srcPort" => Means::SourcePort,
        b"src_iface" | b"srcIF" => Means::SourceZone,
        b"dst_ip" | b"destination_ip" | b"dstIP" => Means::DestinationAddress,
        b"dst_port" | b"destination_port" | b"dstPort" | b"port" => Means::DestinationPort,
        b"dst_iface" | b"dstIF" => Means::DestinationZone,
        b"domain" => Means::DestinationName,
        b"ip_proto" | b"proto" | b"trans_proto" => Means::Protocol,
        b"service" | b"dstService" | b"app" => Means::Service,
        b"fwd_bytes" | b"sentBytes" => Means::BytesOut,
        b"rev_bytes" | b"receivedBytes" => Means::BytesIn,
        b"fwd_packets" | b"sentPackets" => Means::PacketsOut,
        b"rev_packets" | b"receivedPackets" => Means::PacketsIn,
        b"duration" => Means::Duration,
        b"fw_rule" | b"rule" => Means::Rule,
        b"user" => Means::User,
        b"traffic_type" | b"fw_info" => Means::Kind,
        _ => return None,
    })
}

/// The columns of the text; the verdict comes before them.
const COLUMNS: [Option<Means>; 23] = [
    Some(Means::Kind),
    Some(Means::Protocol),
    Some(Means::SourceZone),
    Some(Means::SourceAddress),
    Some(Means::SourcePort),
    None,
    Some(Means::DestinationAddress),
    Some(Means::DestinationPort),
    Some(Means::Service),
    Some(Means::DestinationZone),
    Some(Means::Rule),
    Some(Means::Reason),
    None,
    None,
    Some(Means::Duration),
    None,
    Some(Means::BytesIn),
    Some(Means::BytesOut),
    Some(Means::PacketsIn),
    Some(Means::PacketsOut),
    Some(Means::User),
    None,
    None,
];

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let mut report = Report::new();
    let mut header = None;
    if line.first() == Some(&b'{') {
        report.put_object(line, means_of)?;
    } else {
        let message = syslog::strip(line);
        header = message.time;
        if let Some(host) = message.host {
            report.put(Means::Sensor, readable(host));
        }
        let Some(activity) = activity_of(line) else {
            return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
        };
        take_activity(&mut report, activity);
    }
    let own = report.text(Means::User);
    // The web log repeats the source's address where it knows no account.
    if own.is_some() && own.as_deref() == report.get(Means::SourceAddress) {
        report.forget(Means::User, own.as_deref().unwrap_or_default());
    }
    let Some(mut flow) = report.flow()? else {
        return Ok(Told::Nothing("Barracuda record with fewer than two ends, no connection".into()));
    };
    if let Some(text) = report.get(Means::Duration) {
        let millis = number::count(text.as_bytes()).and_then(|millis| millis.checked_mul(1000));
        flow.duration = Some(millis.ok_or_else(|| Fault::of_field(reasons::DURATION, "duration", text.as_bytes()))?);
    }
    let before = flow.duration.unwrap_or(0);
    if report.has(Means::Epoch) {
        report.begin(&mut flow, Means::Epoch, before, years)?;
    } else if let Some((moment, basis)) = header.and_then(|stamp| years.settle(stamp)) {
        (flow.start, flow.basis) = (moment.before(before), basis);
    }
    let action = report.get(Means::Action).unwrap_or_default().to_ascii_lowercase();
    flow.outcome = outcome(&action, &flow);
    let telling = match action.as_str() {
        "end" | "remove" | "localremove" => Some(Telling::Last),
        "allow" | "begin" | "localallow" | "detect" => Some(Telling::Before),
        _ => None,
    };
    let telling = telling.filter(|_| flow.initiator.port.is_some());
    Ok(Told::Flow(flow, telling.map(|telling| ("session".into(), telling))))
}

fn take_activity<'r>(report: &mut Report<'r>, activity: &'r [u8]) {
    // `Info     cgf-01 Remove: FWD|…`: the verdict is the word before the colon.
    let first_cell = memchr::memchr(b'|', activity).unwrap_or(activity.len());
    let (before, rest) = match memchr::memchr(b':', &activity[..first_cell]) {
        Some(colon) => (activity[..colon].trim_ascii_end(), activity[colon + 1..].trim_ascii_start()),
        None => (&b""[..], activity),
    };
    let verdict = before.rsplit(|b| *b == b' ').next().unwrap_or_default();
    report.put(Means::Action, readable(verdict));
    for (place, cell) in rest.split(|b| *b == b'|').enumerate() {
        let cell = cell.trim_ascii();
        match memchr::memchr(b'=', cell) {
            Some(equals) if means_of(&cell[..equals]).is_some() => {
                if let Some(means) = means_of(&cell[..equals])
                    && means != Means::Action
                {
                    report.put(means, readable(&cell[equals + 1..]));
                }
            }
            Some(_) | None => {
                if let Some(means) = COLUMNS.get(place).copied().flatten() {
                    report.put(means, readable(cell));
                }
            }
        }
    }
}

fn outcome(action: &str, flow: &Flow<'_>) -> Outcome {
    match action {
        "allow" | "begin" | "localallow" | "detect" | "0" | "2" | "3" | "4" => Outcome::Established,
        "end" | "remove" | "localremove" => {
            let unanswered = flow.packets_in == Some(0) && flow.packets_out > Some(0);
            if unanswered { Outcome::Failed } else { Outcome::Established }
        }
        "fail" => Outcome::Failed,
        "block" | "localblock" | "drop" | "deny" | "1" => Outcome::Denied,
        _ => Outcome::Unknown,
    }
}
