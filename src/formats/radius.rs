//! Whom a RADIUS or TACACS+ server let in, by which device: accounting and authentication as FreeRADIUS writes them (`detail`),
//! Microsoft's NPS (its XML, and the two older lists, learn.microsoft.com "Interpret NPS database format log files" and "Interpret IAS
//! format log files"), and Cisco ISE over syslog ("Cisco ISE Syslogs", categories Accounting, Passed Authentications, Failed Attempts).
//!
//! The initiator is where the caller stands: the Calling-Station-Id where that is an address (a VPN), else the address that was
//! handed out; the address handed out is beside it as its name, so that what it did later is tied to the account. The responder is
//! the device (NAS). A station known by its MAC alone is skipped with that reason: no host is named. Start, updates and Stop of a session
//! count once, and so do a request and its answer, by their Class. Octets are as the device counted them, input from the caller
//! (RFC 2866 §5.3), with gigawords (RFC 2869 §5.1). Times of NPS and of a block's heading are the server's local ones; `Timestamp` is an epoch.

use std::borrow::Cow;

use super::firewall::{Means, Report, Sessions, Telling, Told, told_once};
use super::syntax::time::{self, Written};
use super::syntax::xml::{Part, parts};
use super::syntax::years::Years;
use super::syntax::{address, cells, syslog, when};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Place, Record};
use crate::flow::{Endpoint, Kind, Outcome, Text};

/// The format.
pub struct Radius;

impl Format for Radius {
    fn name(&self) -> &'static str {
        "radius"
    }

    fn title(&self) -> &'static str {
        "RADIUS and TACACS+ (FreeRADIUS, NPS, Cisco ISE)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let detail = |line: &[u8]| {
            attribute(line)
                .is_some_and(|(name, _)| matches!(name, b"Acct-Status-Type" | b"Acct-Session-Id" | b"Packet-Type"))
        };
        let known = sample.lines().take(60).any(|line| {
            is_xml(line) || ise(line).is_some() || listed(line).is_some() || (detail(line) && line.starts_with(b"\t"))
        });
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if sample.lines().take(60).any(is_xml) { Framing::Events } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Server { years: Years::new(setting.clock), sessions: Sessions::default(), block: None })
    }
}

/// What names an attribute of NPS as XML: each says what type its value has.
fn is_xml(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let has = |mark: &[u8]| memchr::memmem::find(&line[..line.len().min(4_096)], mark).is_some();
    line.starts_with(b"<") && (has(b"<Packet-Type data_type=\"") || has(b"<Event-Source data_type=\"1\">IAS<"))
}

/// The text behind the numbers of ISE's header, and what kind of log it is of.
fn ise(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(&line[..line.len().min(300)], b"CISE_")?;
    let (kind, text) = line[at + 5..].split_at_checked(line[at + 5..].iter().position(|b| *b == b' ')?)?;
    Some((kind, text))
}

/// `Name = value` or `Name = "value"`, set in by a tab.
fn attribute(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(line, b" = ")?;
    let value = line[at + 3..].trim_ascii();
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    Some((line[..at].trim_ascii_start(), value))
}

/// The cells of one of the two lists of NPS, and whether it is the older one, of which each attribute is said by number.
fn listed(line: &[u8]) -> Option<(Vec<Cow<'_, [u8]>>, bool)> {
    // Most lines are of something else, and have no such mark.
    memchr::memmem::find(&line[..line.len().min(200)], b"IAS")?;
    let mut row = Vec::new();
    cells::cut(line, b',', &mut row).ok()?;
    let is = |at: usize| row.get(at).is_some_and(|cell| &**cell == b"IAS") && row.len() > at + 6;
    let dated = |at: usize| row.get(at).is_some_and(|cell| cell.len() == 10 && cell[2] == b'/' && cell[5] == b'/');
    match (is(1) && dated(2), is(4) && dated(2)) {
        (true, _) => Some((row, false)),
        (false, true) => Some((row, true)),
        (false, false) => None,
    }
}

/// Columns of the database format, behind the name of the computer, the service, date and time.
const COLUMNS: [&str; 37] = [
    "Packet-Type",
    "User-Name",
    "",
    "",
    "Calling-Station-Id",
    "",
    "Framed-IP-Address",
    "NAS-Identifier",
    "NAS-IP-Address",
    "",
    "",
    "Client-IP-Address",
    "Client-Friendly-Name",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "NP-Policy-Name",
    "",
    "Class",
    "",
    "",
    "",
    "",
    "Acct-Status-Type",
    "",
    "Acct-Input-Octets",
    "Acct-Output-Octets",
    "Acct-Session-Id",
    "",
    "Acct-Session-Time",
    "Acct-Input-Packets",
    "Acct-Output-Packets",
    "",
];

/// The numbers that the older list says for an attribute.
fn name_of(number: &[u8]) -> &'static str {
    match number {
        b"1" => "User-Name",
        b"4" => "NAS-IP-Address",
        b"8" => "Framed-IP-Address",
        b"25" => "Class",
        b"31" => "Calling-Station-Id",
        b"32" => "NAS-Identifier",
        b"40" => "Acct-Status-Type",
        b"42" => "Acct-Input-Octets",
        b"43" => "Acct-Output-Octets",
        b"44" => "Acct-Session-Id",
        b"46" => "Acct-Session-Time",
        b"47" => "Acct-Input-Packets",
        b"48" => "Acct-Output-Packets",
        b"52" => "Acct-Input-Gigawords",
        b"53" => "Acct-Output-Gigawords",
        b"66" => "Tunnel-Client-Endpoint",
        b"4108" => "Client-IP-Address",
        b"4128" => "Client-Friendly-Name",
        b"4129" => "SAM-Account-Name",
        b"4136" => "Packet-Type",
        b"4149" => "NP-Policy-Name",
        _ => "",
    }
}

/// What the attributes of one packet say.
struct Packet<'r> {
    report: Report<'r>,
    /// The address that was handed to the caller.
    framed: Option<Text<'r>>,
    /// The packet's answer and the request share it.
    class: Option<Text<'r>>,
    /// The high words of octets in and out.
    gigawords: [u64; 2],
}

impl<'r> Packet<'r> {
    fn new() -> Packet<'r> {
        Packet { report: Report::new(), framed: None, class: None, gigawords: [0; 2] }
    }

    fn put(&mut self, name: &[u8], value: Text<'r>) {
        // `(tag=0) 192.0.2.7`, or a port or MAC beside the address.
        let bare = || value.rsplit(' ').next().unwrap_or_default();
        let means = match name {
            b"User-Name" | b"UserName" | b"User" | b"SAM-Account-Name" => Means::User,
            b"Calling-Station-Id" | b"Calling-Station-ID" | b"Tunnel-Client-Endpoint" | b"Remote-Address" => {
                let Some(at) = address::address(bare().as_bytes()).filter(|at| !at.is_unspecified()) else { return };
                return self.report.put(Means::SourceAddress, at.to_string().into());
            }
            b"Framed-IP-Address" | b"Framed-IPv6-Address" => {
                if self.framed.is_none() && address::address(value.as_bytes()).is_some_and(|at| !at.is_unspecified()) {
                    self.framed = Some(value);
                }
                return;
            }
            b"Class" => {
                self.class.get_or_insert(value);
                return;
            }
            b"Acct-Input-Gigawords" | b"Acct-Output-Gigawords" => {
                self.gigawords[usize::from(name[5] == b'O')] = value.parse().unwrap_or(0);
                return;
            }
            b"NAS-IP-Address" | b"NAS-IPv6-Address" | b"Device IP Address" | b"Client-IP-Address" => {
                Means::DestinationAddress
            }
            b"NAS-Identifier" | b"NetworkDeviceName" | b"Client-Friendly-Name" => Means::Serial,
            b"Acct-Status-Type" | b"AcctRequest-Flags" => Means::Status,
            b"Packet-Type" => Means::Event,
            b"Acct-Session-Id" => Means::Session,
            b"Acct-Session-Time" => Means::Duration,
            b"Acct-Input-Octets" => Means::BytesOut,
            b"Acct-Output-Octets" => Means::BytesIn,
            b"Acct-Input-Packets" => Means::PacketsOut,
            b"Acct-Output-Packets" => Means::PacketsIn,
            b"NP-Policy-Name" | b"ISEPolicySetName" => Means::Rule,
            b"Computer-Name" => Means::Sensor,
            b"Timestamp" => Means::Time,
            _ => return,
        };
        self.report.put(means, value);
    }

    /// The flow, where caller and device are named. `at` is when the record was made.
    fn told(mut self, at: Option<Written>, years: &mut Years) -> Result<Told<'r>, Fault> {
        let report = &mut self.report;
        if !report.has(Means::DestinationAddress)
            && let Some(name) = report.text(Means::Serial)
        {
            report.put(Means::DestinationName, name);
        }
        let accounting = report.text(Means::Status);
        let answer = report.text(Means::Event).unwrap_or_default();
        if report.has(Means::SourceAddress) {
            report.put(Means::SourceName, self.framed.unwrap_or_default());
        } else if let Some(framed) = self.framed {
            report.put(Means::SourceAddress, framed);
        }
        // The answer repeats neither caller nor account: it closes what its request opened.
        let is_answer = accounting.is_none() && matches!(&*answer, "2" | "3" | "Access-Accept" | "Access-Reject");
        let is_bare = is_answer && !report.has(Means::SourceAddress) && self.class.is_some();
        if is_bare {
            report.put(Means::SourceName, "its request says it".into());
        }
        let Some(mut flow) = report.flow()? else {
            let why = match report.has(Means::DestinationAddress) {
                true => "RADIUS record of a station without an address",
                false => "RADIUS record that names no device",
            };
            return Ok(Told::Nothing(why.into()));
        };
        if is_bare {
            flow.initiator = Endpoint::default();
        }
        flow.duration = report.seconds(Means::Duration)?;
        for (count, high) in [&mut flow.bytes_out, &mut flow.bytes_in].into_iter().zip(self.gigawords) {
            *count = count.map(|low| low.saturating_add(high << 32));
        }
        if let Some(written) = at
            && let Some((moment, basis)) = years.settle(syslog::Stamp::Full(written))
        {
            (flow.start, flow.basis) = (moment.before(flow.duration.unwrap_or(0)), basis);
        }
        flow.kind = if accounting.is_some() { Kind::Session } else { Kind::Logon };
        flow.outcome = match &*answer {
            _ if accounting.is_some() => Outcome::Established,
            "2" | "Access-Accept" => Outcome::Established,
            "3" | "Access-Reject" => Outcome::Denied,
            _ => Outcome::Unknown,
        };
        // A device numbers its sessions by itself.
        let device = report.text(Means::DestinationAddress).or_else(|| report.text(Means::DestinationName));
        let number = report.text(Means::Session).map(|id| Cow::Owned(format!("{} {id}", device.unwrap_or_default())));
        let session = match accounting.as_deref() {
            Some("2" | "Stop") => number.map(|number| (number, Telling::Last)),
            Some(_) => number.map(|number| (number, Telling::Before)),
            None if is_answer => self.class.map(|class| (class, Telling::Last)),
            None => self.class.map(|class| (class, Telling::Before)),
        };
        Ok(Told::Flow(flow, session))
    }
}

struct Server {
    years: Years,
    sessions: Sessions,
    /// A block of FreeRADIUS as far as it was read, heading and attributes, and where it begins.
    block: Option<(Vec<u8>, Place)>,
}

/// More than any packet's attributes.
const LONGEST_BLOCK: usize = 64 * 1024;

impl Parser for Server {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let is_tag = matches!(line.trim_ascii_start(), [b'<', next, ..] if !next.is_ascii_digit());
        let told = if is_tag {
            xml(line, &mut self.years)
        } else if let Some((kind, text)) = ise(line) {
            of_ise(line, kind, text, &mut self.years)
        } else if let Some((row, by_number)) = listed(line) {
            of_list(row, by_number, &mut self.years)
        } else {
            return self.read_block(line, record.place, flows);
        };
        self.take(told, &record, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.end_block(flows);
        self.sessions.finish(flows);
    }
}

impl Server {
    fn take(&mut self, told: Result<Told<'_>, Fault>, record: &Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        match told {
            Ok(Told::Flow(flow, Some((number, telling)))) => {
                told_once(self.sessions.tell_alone(&number, telling, flow, record, flows))
            }
            Ok(Told::Flow(flow, None)) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Ok(Told::Nothing(why)) => Disposition::Skipped(why),
            Ok(Told::Header) => Disposition::Header,
            Err(fault) => Disposition::Malformed(fault),
        }
    }

    fn read_block(&mut self, line: &[u8], place: Place, flows: &mut Sink<'_>) -> Disposition {
        if line.first().is_some_and(|b| matches!(b, b'\t' | b' ')) && attribute(line).is_some() {
            if let Some((block, _)) = self.block.as_mut().filter(|(block, _)| block.len() + line.len() < LONGEST_BLOCK)
            {
                block.extend_from_slice(line);
                block.push(b'\n');
                return Disposition::Parsed;
            }
            return Disposition::Malformed(Fault::new("no packet begins before this line", readable(line)));
        }
        self.end_block(flows);
        if syslog::stamp(line).is_none() {
            return Disposition::Skipped(reasons::ELSEWHERE.into());
        }
        self.block = Some(([line, b"\n"].concat(), place));
        Disposition::Header
    }

    fn end_block(&mut self, flows: &mut Sink<'_>) {
        let Some((block, place)) = self.block.take() else { return };
        let told = detail(&block, &mut self.years);
        // Its lines were counted already, each by itself.
        _ = self.take(told, &Record::new(&block, place), flows);
    }
}

/// `Mon Jun  8 10:00:00 2020`, and the attributes below it.
fn detail<'r>(block: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let mut lines = block.split(|b| *b == b'\n');
    let heading = lines.next().unwrap_or_default();
    let mut packet = Packet::new();
    let mut at = syslog::stamp(heading).and_then(|(stamp, _)| match stamp {
        syslog::Stamp::Full(written) => Some(written),
        syslog::Stamp::Yearless { .. } => None,
    });
    for (name, value) in lines.filter_map(attribute) {
        if name == b"Timestamp" {
            at = time::epoch(value).map(|local| Written { local, offset: Some(0) }).or(at);
        } else {
            packet.put(name, readable(value));
        }
    }
    packet.told(at, years)
}

fn xml<'r>(event: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let (mut packet, mut open) = (Packet::new(), None);
    for part in parts(event) {
        match part {
            Part::Open { name, empty: false, .. } => open = Some(name),
            Part::Text(text) => open.into_iter().for_each(|name| packet.put(name, text.clone())),
            Part::Close(_) | Part::Open { .. } => open = None,
        }
    }
    let at = packet.report.text(Means::Time);
    let at = at.and_then(|text| when::read(text.trim().as_bytes(), Some(when::Order::MonthFirst)).ok());
    if !packet.report.has(Means::Event) && !packet.report.has(Means::Status) {
        return Ok(Told::Header);
    }
    packet.told(at, years)
}

fn of_list<'r>(row: Vec<Cow<'r, [u8]>>, by_number: bool, years: &mut Years) -> Result<Told<'r>, Fault> {
    let text = |cell: &Cow<'r, [u8]>| match cell {
        Cow::Borrowed(bytes) => readable(bytes),
        Cow::Owned(bytes) => Cow::Owned(readable(bytes).into_owned()),
    };
    let at = [&row[2], &b" "[..].into(), &row[3]].map(|part| &**part).concat();
    let at = when::read(&at, Some(when::Order::MonthFirst)).ok();
    let mut packet = Packet::new();
    if by_number {
        for pair in row[6..].chunks_exact(2) {
            packet.put(name_of(pair[0].trim_ascii()).as_bytes(), text(&pair[1]));
        }
        packet.put(b"NAS-IP-Address", text(&row[0]));
        packet.put(b"User-Name", text(&row[1]));
        packet.put(b"Computer-Name", text(&row[5]));
    } else {
        COLUMNS.iter().zip(&row[4..]).for_each(|(name, cell)| packet.put(name.as_bytes(), text(cell)));
        packet.put(b"Computer-Name", text(&row[0]));
    }
    packet.told(at, years)
}

/// `CISE_RADIUS_Accounting 0000070618 1 0 2020-04-27 11:11:47.028 -08:00 0091827141 3000 NOTICE Radius-Accounting: …, Name=value, …`;
/// a long message goes on in further lines (`0000070618 2 1 Name=value, …`), which say too little by themselves.
fn of_ise<'r>(line: &'r [u8], kind: &'r [u8], text: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let mut words = text.trim_ascii_start().splitn(8, |b| *b == b' ');
    let (segment, date) = (words.nth(2).unwrap_or_default(), words.next().unwrap_or_default());
    let at: Vec<&[u8]> = [Some(date), words.next(), words.next()].into_iter().flatten().collect();
    let at = when::read(&at.join(&b' '), None).ok();
    let has = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    let outcome = match kind {
        b"RADIUS_Accounting" | b"RADIUS_Accounting_Watchdog" => None,
        b"TACACS_Accounting" if has(b"AcctRequest-Flags=") && !has(b" with Command") => None,
        b"Passed_Authentications" => Some("Access-Accept"),
        b"Failed_Attempts" => Some("Access-Reject"),
        _ => return Ok(Told::Nothing(format!("ISE {} message, no logon", readable(kind)).into())),
    };
    if segment != b"0" {
        return Ok(Told::Nothing("the rest of a message of ISE, told by its beginning".into()));
    }
    let mut packet = Packet::new();
    let (mut task, mut port) = (None, None);
    for part in text.split(|b| *b == b',').map(<[u8]>::trim_ascii) {
        let Some(equals) = memchr::memchr(b'=', part) else { continue };
        let (name, value) = (&part[..equals], &part[equals + 1..]);
        match name {
            b"AVPair" => task = task.or_else(|| value.strip_prefix(b"task_id=")),
            b"Port" => port = Some(value),
            _ => packet.put(name, readable(value)),
        }
    }
    if let Some(task) = task {
        let session = [port.unwrap_or_default(), task].join(&b' ');
        packet.report.put(Means::Session, Cow::Owned(readable(&session).into_owned()));
    }
    if let Some(answer) = outcome {
        packet.report.put(Means::Event, answer.into());
    }
    packet.class = None;
    let sensor = syslog::strip(line).host.map(readable).unwrap_or_default();
    packet.report.put(Means::Sensor, sensor);
    packet.told(at, years)
}
