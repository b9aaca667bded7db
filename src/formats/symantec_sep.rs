//! Symantec Endpoint Protection Manager's external logging: lines of comma-parted cells, most of them `Label: value`, in syslog or as text
//! dumps. After Broadcom, "External Logging settings and log event severity levels for Endpoint Protection Manager".
//!
//! Traffic, packet and security (intrusion) records name a local and a remote host, and which way it went: an inbound
//! one was begun by the remote host. Risk records that name the computer a risk came from are read as well. System, policy,
//! scan, behaviour and administrative records name no second host.
//!
//! `Begin` is when the traffic began, in the manager's time, which has no zone. `Occurrences` counts packets or tries that one
//! record stands for; it stays one flow.

use std::borrow::Cow;

use super::named::{Named, Slot};
use super::syntax::years::Years;
use super::syntax::{cells, syslog};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::Kind;

/// The format.
pub struct SymantecSep;

impl Format for SymantecSep {
    fn name(&self) -> &'static str {
        "symantec_sep"
    }

    fn title(&self) -> &'static str {
        "Symantec Endpoint Protection"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        sample.lines().take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Lines { years: Years::new(setting.clock) })
    }
}

/// Labels that no other product writes so, as cells.
const LABELS: [&[u8]; 24] = [
    b",Local Host IP: ",
    b",Local Host: ",
    b",Remote Host IP: ",
    b",Remote Host Name: ",
    b",Remote Host MAC: ",
    b",Local Port: ",
    b",Remote Port: ",
    b",Occurrences: ",
    b",End Time: ",
    b",CIDS Signature ID: ",
    b",Actual action: ",
    b",Requested action: ",
    b",Risk name: ",
    b",File size (bytes): ",
    b",Device ID: ",
    b",Action Type: ",
    b",Begin: ",
    b",Rule: ",
    b",Domain Name: ",
    b",User Name: ",
    b",Server Name: ",
    b",Scan ID: ",
    b",Last update time: ",
    b",Threats: ",
];

fn likeness_of(line: &[u8]) -> Likeness {
    if line.starts_with(b"{") {
        return Likeness::None;
    }
    let known = LABELS.iter().filter(|label| memchr::memmem::find(line, label).is_some()).count();
    let named = memchr::memmem::find(line, b"SymantecServer").is_some();
    match (named, known) {
        (true, _) | (false, 4..) => Likeness::Certain,
        (false, 3) => Likeness::Likely,
        (false, _) => Likeness::None,
    }
}

struct Lines {
    years: Years,
}

impl Parser for Lines {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let body = body_of(line);
        let mut row = Vec::new();
        if let Err(cell) = cells::cut(body, b',', &mut row) {
            let shown = readable(&line[..line.len().min(480)]);
            return Disposition::Malformed(Fault::new(
                "a quoted value is not closed",
                format!("cell {cell} of: {shown}"),
            ));
        }
        let named = match fields(&row) {
            Ok(named) => named,
            Err(_) if likeness_of(line) == Likeness::None => return Disposition::Skipped(reasons::ELSEWHERE.into()),
            Err(reason) => return Disposition::Skipped(reason.into()),
        };
        match named.flow(Kind::Connection, &mut self.years) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }
}

/// A line without syslog's header and the manager's name; a text dump puts its own time and severity in two cells first.
fn body_of(line: &[u8]) -> &[u8] {
    let digits = line.first().is_some_and(u8::is_ascii_digit);
    let body = if digits { line } else { syslog::strip(line).body };
    match memchr::memmem::find(body, b"SymantecServer") {
        Some(at) => {
            let rest = &body[at + 14..];
            rest.strip_prefix(b":").unwrap_or(rest).trim_ascii_start()
        }
        None => body,
    }
}

/// The fields of a record, or what kind of record it is.
fn fields<'r>(row: &'r [Cow<'r, [u8]>]) -> Result<Named<'r>, &'static str> {
    let mut named = Named::default();
    let mut inbound = None;
    let mut description = None;
    for (at, cell) in row.iter().enumerate() {
        let text = readable(cell.trim_ascii());
        let Some((label, value)) = split(&text) else {
            match text.as_ref() {
                "Inbound" => inbound = Some(true),
                "Outbound" => inbound = Some(false),
                "TCP" | "UDP" | "ICMP" => named.put(Slot::Protocol, text),
                // The first cell is the client's name.
                _ if at == 0 => named.put(Slot::Sensor, text),
                _ => {}
            }
            continue;
        };
        let slot = match label.as_str() {
            "Local Host IP" | "Local Host" | "Local" => Slot::Source,
            // 0 is what stands there for protocols without ports.
            "Local Port" | "Remote Port" if value == "0" => continue,
            "Local Port" => Slot::SourcePort,
            "Remote Host IP" => Slot::Destination,
            "Remote Host Name" => Slot::DestinationName,
            "Remote Port" => Slot::DestinationPort,
            "Begin" | "Begin Time" => Slot::Start,
            "End Time" | "End" => Slot::End,
            "Event time" | "Event Time" => Slot::Logged,
            "Application" => Slot::Service,
            "Rule" | "CIDS Signature string" => Slot::Rule,
            "User Name" | "User" => Slot::User,
            "Action" | "Actual action" => Slot::Action,
            "Event Description" => {
                description = Some(value);
                continue;
            }
            // A risk names the computer that it was found on, and the one that it came from.
            "IP Address" => Slot::Destination,
            "Computer name" | "Computer" => {
                named.put_first(Slot::Sensor, Cow::Owned(value.clone()));
                named.put(Slot::DestinationName, Cow::Owned(value));
                continue;
            }
            "Source IP" => Slot::Source,
            "Source computer" | "Source Computer" => Slot::SourceName,
            _ => continue,
        };
        let value = if matches!(slot, Slot::Source | Slot::Destination) {
            value.trim_end_matches('.').to_owned()
        } else {
            value
        };
        named.put(slot, Cow::Owned(value));
    }
    if let Some(program) =
        named.get(Slot::Service).map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned())
    {
        named.put_first(Slot::Service, Cow::Owned(program));
    }
    // What an intrusion record says of itself: `attack blocked`, `detected but not blocked`.
    if let Some(description) = description {
        let description = description.to_lowercase();
        let word = if description.contains("not blocked") {
            "allowed"
        } else if description.contains("blocked") || description.contains("will block") {
            "blocked"
        } else {
            ""
        };
        named.put(Slot::Action, Cow::Borrowed(word));
    }
    if !named.has_both_ends() {
        return Err("Symantec record that names no second host (system, policy, scan, behaviour, risk)");
    }
    if inbound == Some(true) {
        named.turn();
    }
    Ok(named)
}

/// `Label: value`; the value of a time has colons too.
fn split(text: &str) -> Option<(String, String)> {
    let (label, value) = text.split_once(':')?;
    let wordy =
        label.len() <= 40 && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'(' | b')'));
    (wordy && !label.is_empty()).then(|| (label.trim().to_owned(), value.trim().to_owned()))
}
