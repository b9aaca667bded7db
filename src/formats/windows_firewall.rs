//! Windows Firewall's pfirewall.log. After Microsoft, "Interpret the Windows Firewall log": W3C extended, `#Fields:` names the columns
//! (a newer Windows adds `pid`); `#Time Format: Local` says that times are the machine's own, without a zone.
//!
//! A line is a packet that was dropped, or a connection that was allowed; `path` says which way it went, and `src-ip` is its
//! sender either way. `size` is that one packet's length, and 0 where the line tells of a connection. Windows XP wrote
//! `OPEN` (`OPEN-INBOUND`) and `CLOSE` of a connection: a `CLOSE` whose `OPEN` stands in the file is that connection told
//! again. `INFO-EVENTS-LOST` counts lines that were not written.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::syntax::address::address;
use super::syntax::{number, syslog, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol};

/// The format.
pub struct WindowsFirewall;

impl Format for WindowsFirewall {
    fn name(&self) -> &'static str {
        "windows_firewall"
    }

    fn title(&self) -> &'static str {
        "Windows Firewall log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        sample.lines().take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Firewall {
            clock: setting.clock,
            columns: DEFAULT.map(str::to_owned).into(),
            is_utc: false,
            open: BTreeSet::new(),
        })
    }
}

/// The columns as every Windows since XP has them.
const DEFAULT: [&str; 17] = [
    "date", "time", "action", "protocol", "src-ip", "dst-ip", "src-port", "dst-port", "size", "tcpflags", "tcpsyn",
    "tcpack", "tcpwin", "icmptype", "icmpcode", "info", "path",
];

fn likeness_of(line: &[u8]) -> Likeness {
    let line = body(line);
    if line.starts_with(b"#Software: Microsoft Windows Firewall") {
        return Likeness::Certain;
    }
    if let Some(fields) = line.strip_prefix(b"#Fields:") {
        let has = |name: &[u8]| fields.split(|b| *b == b' ').any(|field| field == name);
        let own = has(b"src-ip") && has(b"dst-ip") && has(b"action") && has(b"protocol");
        return if own { Likeness::Certain } else { Likeness::None };
    }
    let words: Vec<&[u8]> = words(line).take(20).collect();
    let [date, clock, action, _protocol, source, destination, ..] = words[..] else { return Likeness::None };
    let sound = time::date(date).is_some_and(|(_, rest)| rest.is_empty())
        && time::time_of_day(clock).is_some_and(|(_, rest)| rest.is_empty())
        && matches!(action, b"ALLOW" | b"DROP" | b"OPEN" | b"OPEN-INBOUND" | b"CLOSE")
        && address(source).is_some()
        && address(destination).is_some();
    if sound && words.len() >= 16 { Likeness::Certain } else { Likeness::None }
}

/// A line without a collector's header; the log's own date is none, and stands right before the action.
fn body(line: &[u8]) -> &[u8] {
    let line = super::without_mark(line);
    if line.first().is_some_and(|b| b.is_ascii_digit() || *b == b'#') {
        return line;
    }
    const ACTIONS: [&[u8]; 6] =
        [b" ALLOW ", b" DROP ", b" OPEN ", b" OPEN-INBOUND ", b" CLOSE ", b" INFO-EVENTS-LOST "];
    const STAMP: usize = "2020-06-11 10:00:00".len();
    let stamped = ACTIONS.iter().find_map(|action| {
        let at = memchr::memmem::find(line, action)?.checked_sub(STAMP)?;
        time::read(&line[at..at + STAMP]).map(|_| at)
    });
    stamped.map_or_else(|| syslog::strip(line).body, |at| &line[at..])
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// How many connections of Windows XP that have not closed are kept; past that, a `CLOSE` counts again.
const MOST_OPEN: usize = 32_768;

struct Firewall {
    clock: Clock,
    columns: Vec<String>,
    is_utc: bool,
    open: BTreeSet<Ends>,
}

type Ends = (Option<Protocol>, Option<IpAddr>, Option<u16>, Option<IpAddr>, Option<u16>);

impl Parser for Firewall {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = body(record.bytes);
        if let Some(comment) = line.strip_prefix(b"#") {
            self.header(comment);
            return Disposition::Header;
        }
        if line.trim_ascii().is_empty() {
            return Disposition::Header;
        }
        match self.flow(line) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }
}

impl Firewall {
    fn header(&mut self, comment: &[u8]) {
        let comment = readable(comment);
        match comment.split_once(':') {
            Some(("Fields", names)) => self.columns = names.split_whitespace().map(str::to_owned).collect(),
            Some(("Time Format", format)) => self.is_utc = !format.trim().eq_ignore_ascii_case("local"),
            Some(_) | None => {}
        }
    }

    fn flow<'r>(&mut self, line: &'r [u8]) -> Result<Flow<'r>, Disposition> {
        let words: Vec<&[u8]> = words(line).collect();
        let cell = |name: &str| {
            let at = self.columns.iter().position(|column| column == name)?;
            words.get(at).copied().filter(|word| *word != b"-")
        };
        let action = cell("action").unwrap_or_default();
        if action == b"INFO-EVENTS-LOST" {
            return Err(Disposition::Skipped("INFO-EVENTS-LOST: the firewall did not write some lines".into()));
        }
        if words.len() < 8 {
            let shown = readable(&line[..line.len().min(480)]);
            return Err(Disposition::Malformed(Fault::new("the line is cut off", shown)));
        }
        let fault = |reason, field: &str, value: &[u8]| Disposition::Malformed(Fault::of_field(reason, field, value));
        let end = |address_field: &str, port_field: &str| {
            let text = cell(address_field).ok_or_else(|| fault(reasons::NO_ADDRESS, address_field, b"-"))?;
            let found = address(text).ok_or_else(|| fault(reasons::ADDRESS, address_field, text))?;
            let port = match cell(port_field) {
                Some(text) => Some(number::port(text).ok_or_else(|| fault(reasons::PORT, port_field, text))?),
                None => None,
            };
            Ok(Endpoint { address: Some(found), port, ..Endpoint::default() })
        };
        let outcome = match action {
            b"ALLOW" | b"OPEN" | b"OPEN-INBOUND" | b"CLOSE" => Outcome::Established,
            b"DROP" => Outcome::Denied,
            other => {
                let shown = readable(other);
                let shown = visible(&shown);
                let reason = format!("Windows Firewall action {}, no connection", elided(&shown, 30));
                return Err(Disposition::Skipped(reason.into()));
            }
        };
        let protocol = match cell("protocol") {
            Some(word) => {
                let read = Protocol::read(&readable(word));
                Some(read.ok_or_else(|| fault(reasons::PROTOCOL, "protocol", word))?)
            }
            None => None,
        };
        let size = match cell("size") {
            Some(text) => Some(number::count(text).ok_or_else(|| fault(reasons::BYTES, "size", text))?),
            None => None,
        };
        let (start, basis) = self.time(cell("date"), cell("time"))?;
        let flow = Flow {
            start: Some(start),
            basis,
            initiator: end("src-ip", "src-port")?,
            responder: end("dst-ip", "dst-port")?,
            protocol,
            bytes_out: size.filter(|size| *size > 0),
            outcome,
            ..Flow::default()
        };
        let (from, to) = (&flow.initiator, &flow.responder);
        let ends = (protocol, from.address, from.port, to.address, to.port);
        match action {
            b"OPEN" | b"OPEN-INBOUND" if self.open.len() < MOST_OPEN => {
                self.open.insert(ends);
            }
            b"CLOSE" if self.open.remove(&ends) => {
                return Err(Disposition::Skipped("told again: the end of a connection whose OPEN stands here".into()));
            }
            _ => {}
        }
        Ok(flow)
    }

    fn time(&self, date: Option<&[u8]>, clock: Option<&[u8]>) -> Result<(Moment, Basis), Disposition> {
        let text = [date.unwrap_or_default(), b" ", clock.unwrap_or_default()].concat();
        let Some(written) = time::read(&text) else {
            return Err(Disposition::Malformed(Fault::of_field(reasons::TIME, "time", &text)));
        };
        if self.is_utc && self.clock.chosen_offset.is_none() {
            return Ok((written.local, Basis::File));
        }
        Ok(written.settle(&self.clock))
    }
}
