//! Check Point logs: syslog of the Log Exporter (`[action:"Accept"; src:"192.0.2.1"; …]`, and as RFC 5424 structured data
//! `[Fields@1.3.6.1.4.1.2620 src="…" …]`), its `key=value|…` ("generic", "Splunk"), its JSON, and the tables of `fwm logexport` and of
//! SmartConsole with their header, or of SmartView Tracker without (`"1" "20Dec2019" "12:04:05" …`). After Check Point, "Logging and
//! Monitoring Administration Guide", "Log Exporter", and sk144192 "Log Fields Description". Bytes are those that the client sent
//! (`client_inbound_bytes`, into the gateway) and received.
//!
//! **Time** is `start_time`, else `time`, in the epoch: a log is written when its connection is decided on, so it is the beginning.
//! Without either, the header's time; without that, the first part of `loguid`, which is the epoch in hexadecimal. The tables have
//! local times of the machine that wrote them.
//!
//! **Ends.** `src` and `dst`, before translation (`xlatesrc`, `xlatedst` are left out); `service` is the destination's port, `service_id`
//! the service. **Counted once**: records with the same `loguid` update one another, so the last one counts.
//!
//! Drops that the gateway reports in bulk (`packets:" <192.0.2.7,40000,198.51.100.1,445,6;eth0> <…>"`) are a flow each.
//!
//! **CEF** of the same exporter is read where it stands among lines of these spellings; a file of CEF alone is that format's.
//!
//! **Not read.** Audit and system records have one end or none, and so has `Log Update`, which repeats counts without ends. A login of an
//! administrator (`operation:"Log In"`) is a logon to the machine that `origin` names.

use std::borrow::Cow;

use super::firewall::{self, Means, Report, Sessions, Telling, Told, take};
use super::syntax::pairs::Between;
use super::syntax::syslog::{self, Stamp};
use super::syntax::time::{self, Written};
use super::syntax::years::Years;
use super::syntax::{cells, json};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Framing, Place, Record};
use crate::flow::{Flow, Kind, Moment, Outcome, Text};

/// The format.
pub struct Checkpoint;

impl Format for Checkpoint {
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn title(&self) -> &'static str {
        "Check Point log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if is_json(sample) {
            let ours = json::objects(sample.bytes).take(20).any(is_ours);
            return if ours { Likeness::Certain } else { Likeness::None };
        }
        sample.lines().take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let header = sample.lines().take(50).find_map(|line| Header::of(super::without_mark(line)));
        Box::new(Gateway { years: Years::new(setting.clock), header, sessions: Sessions::default() })
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    super::without_mark(sample.bytes).trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['))
}

fn is_ours(object: &[u8]) -> bool {
    let (mut id, mut mark) = (false, false);
    let read = json::fields(object, |key, _| match key.bytes {
        b"loguid" | b"UUid" => id = true,
        b"ifdir" | b"originsicname" | b"__policy_id_tag" | b"product" | b"ProductName" => mark = true,
        _ => {}
    });
    read.is_ok() && id && mark
}

fn likeness_of(line: &[u8]) -> Likeness {
    let line = super::without_mark(line);
    let has = |word: &str| memchr::memmem::find(line, word.as_bytes()).is_some();
    // CEF and LEEF of the Log Exporter carry the same names, and are told by their own marks.
    if has("CEF:") || has("LEEF:") || has("|Check Point|") {
        return Likeness::None;
    }
    let marked = has("loguid:\"") || has("[Fields@1.3.6.1.4.1.2620") || (has("loguid=") && has("|") && has("origin="));
    if marked {
        return Likeness::Certain;
    }
    if printed(line).is_some() {
        return Likeness::Certain;
    }
    if Header::of(line).is_some() || tracker_row(line).is_some() { Likeness::Likely } else { Likeness::None }
}

fn means_of(name: &[u8]) -> Option<Means> {
    Some(match name {
        b"product" | b"ProductName" | b"Product" | b"Blade" => Means::Kind,
        b"operation" => Means::Event,
        b"audit_status" | b"status" => Means::Status,
        b"origin" | b"orig" | b"Origin" | b"hostname" => Means::Sensor,
        b"src" | b"sip" | b"Source" => Means::SourceAddress,
        b"s_port" | b"sport" | b"sport_svc" | b"Source Port" => Means::SourcePort,
        b"src_machine_name" | b"machine" | b"Source Machine Name" => Means::SourceName,
        b"inzone" | b"Source Zone" => Means::SourceZone,
        b"dst" | b"dip" | b"Destination" => Means::DestinationAddress,
        b"service" | b"svc" | b"dport" | b"Service" | b"Destination Port" => Means::DestinationPort,
        b"dst_machine_name" | b"Destination Machine Name" => Means::DestinationName,
        b"outzone" | b"Destination Zone" => Means::DestinationZone,
        b"proto" | b"protnum" | b"Protocol" | b"IP Protocol" => Means::Protocol,
        b"service_id" | b"Service ID" => Means::Service,
        b"client_inbound_bytes" | b"sent_bytes" | b"bytesout" => Means::BytesOut,
        b"client_outbound_bytes" | b"received_bytes" | b"bytesin" => Means::BytesIn,
        b"client_inbound_packets" | b"packetsout" => Means::PacketsOut,
        b"client_outbound_packets" | b"packetsin" => Means::PacketsIn,
        b"elapsed" => Means::Duration,
        b"start_time" => Means::Start,
        b"time" | b"Time" => Means::Time,
        b"date" | b"Date" => Means::Date,
        b"action" | b"Action" => Means::Action,
        b"rule_name" | b"Rule Name" | b"Access Rule Name" => Means::Rule,
        b"rule" | b"Rule" | b"Access Rule Number" => Means::Reason,
        b"user" | b"src_user_name" | b"login" | b"administrator" | b"User" | b"Source User Name" => Means::User,
        b"loguid" | b"UUid" => Means::Session,
        b"client_ip" => Means::Url,
        _ => return None,
    })
}

/// The columns that a table's header names, and what parts them.
struct Header {
    delimiter: u8,
    columns: Vec<Option<Means>>,
}

impl Header {
    /// `num;date;time;orig;type;action;…` of `fwm logexport`, or a table of SmartConsole: origin, source, destination and action
    /// among its names.
    fn of(line: &[u8]) -> Option<Header> {
        if line.len() > 16 * 1024 || !line.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'"') {
            return None;
        }
        let quoted_blanks = line.starts_with(b"\"") && memchr::memmem::find(line, b"\" \"").is_some();
        let delimiter = if quoted_blanks {
            b' '
        } else {
            [b';', b'\t', b','].into_iter().max_by_key(|d| line.iter().filter(|b| *b == d).count())?
        };
        let mut names = Vec::new();
        cells::cut(line.trim_ascii(), delimiter, &mut names).ok()?;
        let columns: Vec<Option<Means>> = names.iter().map(|name| means_of(name)).collect();
        let has = |means| columns.contains(&Some(means));
        let ends =
            has(Means::SourceAddress) && has(Means::DestinationAddress) && has(Means::Action) && has(Means::Sensor);
        (ends && has(Means::Kind)).then_some(Header { delimiter, columns })
    }
}

/// The cells of a row of SmartView Tracker: `"22" "10Dec2019" "23:44:49" …`.
fn tracker_row(line: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    let body = syslog::strip(line).body;
    if !body.starts_with(b"\"") {
        return None;
    }
    let mut row = Vec::new();
    cells::cut(body.trim_ascii(), b' ', &mut row).ok()?;
    let when = [row.get(1)?, &b" "[..], row.get(2)?].concat();
    (row.len() >= 15 && !row[1].contains(&b' ') && firewall::stamp_of(&when).is_some()).then_some(row)
}

/// A record as `fw log` prints it, alone or behind a syslog header: `14Aug2020 16:38:54 … accept gateway >eth1 product: …; src: …; dst: …;`.
/// Gives when, the verdict, the gateway and the pairs.
fn printed(line: &[u8]) -> Option<([&[u8]; 3], &[u8])> {
    let has = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    if !has(b"; src: ") && !has(b" src: ") || !has(b"; dst: ") {
        return None;
    }
    let head = &line[..memchr::memmem::find(line, b": ").filter(|at| *at < 300)?];
    let mut words = head.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let is_date = |word: &[u8]| word.len() == 9 && firewall::stamp_of(&[word, b" 00:00:00"].concat()).is_some();
    let date = words.find(|word| is_date(word))?;
    let from = date.as_ptr() as usize - line.as_ptr() as usize;
    let when = line.get(from..from + 18)?;
    let verdict =
        words.find(|word| word.iter().all(u8::is_ascii_lowercase) && firewall::verdict(&readable(word)).is_some())?;
    let gateway = words.next()?;
    let key = head.rsplit(|b| *b == b' ').next()?;
    Some(([when, verdict, gateway], &line[head.len() - key.len()..]))
}

/// What the columns of such a row mean.
const TRACKER: [Option<Means>; 16] = [
    None,
    Some(Means::Date),
    Some(Means::Time),
    None,
    Some(Means::Sensor),
    None,
    Some(Means::Action),
    Some(Means::DestinationPort),
    Some(Means::SourcePort),
    Some(Means::SourceAddress),
    Some(Means::DestinationAddress),
    Some(Means::Protocol),
    Some(Means::Reason),
    Some(Means::Rule),
    None,
    Some(Means::User),
];

struct Gateway {
    years: Years,
    header: Option<Header>,
    sessions: Sessions,
}

impl Parser for Gateway {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes).trim_ascii();
        if let Some(packets) = packets_of(line) {
            return self.in_bulk(line, packets, record.place, flows).unwrap_or_else(Disposition::Malformed);
        }
        let told = self.told(line);
        take(told, &mut self.sessions, &record, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }
}

impl Gateway {
    fn told<'r>(&mut self, line: &'r [u8]) -> Result<Told<'r>, Fault> {
        if let Some(header) = Header::of(line) {
            self.header = Some(header);
            return Ok(Told::Header);
        }
        let mut report = Report::new();
        let mut written = None;
        if line.first() == Some(&b'{') {
            report.put_object(line, means_of)?;
        } else if let Some(([when, verdict, gateway], pairs)) = printed(line) {
            for pair in pairs.split(|b| *b == b';').map(<[u8]>::trim_ascii) {
                let colon = memchr::memmem::find(pair, b": ").unwrap_or(pair.len());
                if let Some(means) = means_of(&pair[..colon]) {
                    report.put(means, readable(pair[colon..].strip_prefix(b": ").unwrap_or_default()));
                }
            }
            report.put(Means::Action, readable(verdict));
            report.put(Means::Sensor, readable(gateway));
            written = firewall::stamp_of(when);
        } else if !self.take_row(line, &mut report)? {
            let message = syslog::strip(line);
            written = message.time.or_else(|| west_of_utc(line));
            take_fields(&mut report, line, &message)?;
        }
        if report.get(Means::Event) == Some("Log In") {
            if let Some(client) = report.text(Means::Url).filter(|client| &**client != "127.0.0.1") {
                report.put(Means::SourceAddress, client);
            }
            if let Some(origin) = report.text(Means::Sensor) {
                report.put(Means::DestinationAddress, origin);
            }
        }
        if let Some(number) = report.text(Means::Reason) {
            report.put(Means::Rule, number);
        }
        name_the_port(&mut report);
        let Some(mut flow) = report.flow()? else {
            let kind = report.get(Means::Kind).unwrap_or("record");
            return Ok(Told::Nothing(format!("Check Point {}, no connection", elided(&visible(kind), 60)).into()));
        };
        if report.get(Means::Event) == Some("Log In") {
            flow.kind = Kind::Logon;
        }
        flow.duration = report.seconds(Means::Duration)?.filter(|micros| *micros > 0);
        self.begin(&report, &mut flow, written)?;
        flow.outcome = outcome(&report);
        let session =
            report.text(Means::Session).filter(|id| id.bytes().any(|b| matches!(b, b'1'..=b'9' | b'a'..=b'f')));
        let session = session.filter(|id| !id.trim_matches(['{', '}']).split(',').all(|part| part == "0x0"));
        Ok(Told::Flow(flow, session.map(|id| (id, Telling::Before))))
    }

    /// The packets of one record, each with its ends.
    fn in_bulk(
        &mut self,
        line: &[u8],
        packets: &[u8],
        place: Place,
        flows: &mut Sink<'_>,
    ) -> Result<Disposition, Fault> {
        let mut common = Report::new();
        if line.first() == Some(&b'{') {
            common.put_object(line, means_of)?;
        } else {
            take_fields(&mut common, line, &syslog::strip(line))?;
        }
        let (mut told, mut fault) = (false, None);
        for packet in packets.split(|b| *b == b'<').skip(1) {
            let packet = &packet[..memchr::memchr2(b';', b'>', packet).unwrap_or(packet.len())];
            let mut report = common.clone();
            let whole = [
                Means::SourceAddress,
                Means::SourcePort,
                Means::DestinationAddress,
                Means::DestinationPort,
                Means::Protocol,
            ];
            for (means, cell) in whole.into_iter().zip(packet.split(|b| *b == b',')) {
                report.put(means, readable(cell.trim_ascii()));
            }
            match report.flow() {
                Ok(Some(mut flow)) => {
                    self.begin(&report, &mut flow, None)?;
                    flow.outcome = outcome(&report);
                    flows(&flow, place);
                    told = true;
                }
                Ok(None) => {}
                Err(unread) => fault = fault.or(Some(unread)),
            }
        }
        match fault.filter(|_| !told) {
            Some(fault) => Err(fault),
            None if told => Ok(Disposition::Parsed),
            None => Ok(Disposition::Skipped("Check Point drops without ends, no connection".into())),
        }
    }

    /// Takes the cells of a table's row down; `false` when the line is none.
    fn take_row<'r>(&self, line: &'r [u8], report: &mut Report<'r>) -> Result<bool, Fault> {
        let own = |cell: Cow<'r, [u8]>| -> Text<'r> {
            match cell {
                Cow::Borrowed(bytes) => readable(bytes),
                Cow::Owned(bytes) => Cow::Owned(readable(&bytes).into_owned()),
            }
        };
        if let Some(header) = &self.header {
            let mut row = Vec::new();
            cells::cut(line, header.delimiter, &mut row)
                .map_err(|cell| Fault::new("a quoted value is not closed", format!("in column {cell}")))?;
            for (means, cell) in header.columns.iter().zip(row) {
                if let Some(means) = means {
                    report.put(*means, own(cell));
                }
            }
            return Ok(true);
        }
        let Some(row) = tracker_row(line) else { return Ok(false) };
        report.put(Means::Kind, "log".into());
        for (means, cell) in TRACKER.iter().zip(row) {
            if let Some(means) = means {
                report.put(*means, own(cell));
            }
        }
        Ok(true)
    }

    fn begin<'r>(&mut self, report: &Report<'r>, flow: &mut Flow<'r>, header: Option<Stamp>) -> Result<(), Fault> {
        if report.has(Means::Start) {
            return report.begin(flow, Means::Start, 0, &mut self.years);
        }
        if let (Some(date), Some(clock_time)) = (report.get(Means::Date), report.get(Means::Time)) {
            let text = format!("{date} {clock_time}");
            let stamp = firewall::stamp_of(text.as_bytes()).ok_or_else(|| report.unreadable(Means::Date))?;
            if let Some((moment, basis)) = self.years.settle(stamp) {
                (flow.start, flow.basis) = (Some(moment), basis);
            }
            return Ok(());
        }
        if report.has(Means::Time) {
            return report.begin(flow, Means::Time, 0, &mut self.years);
        }
        let stamp = header.or_else(|| report.get(Means::Session).and_then(time_of_id));
        if let Some((moment, basis)) = stamp.and_then(|stamp| self.years.settle(stamp)) {
            (flow.start, flow.basis) = (Some(moment), basis);
        }
        Ok(())
    }
}

/// The list in `packets`, where a gateway reports drops in bulk; a number there is a count.
fn packets_of(line: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(line, b"packets")?;
    let value = line[at + 7..].trim_ascii_start();
    let value = value.strip_prefix(b"\"").unwrap_or(value).trim_ascii_start();
    let value = value.strip_prefix(b":").or_else(|| value.strip_prefix(b"="))?.trim_ascii_start();
    let list = value.strip_prefix(b"\"")?;
    let list = &list[..memchr::memchr(b'"', list)?];
    list.trim_ascii_start().starts_with(b"<").then_some(list)
}

/// The exporter writes `2023-01-13T10:10:16--5:00` where it means `-05:00`.
fn west_of_utc(line: &[u8]) -> Option<Stamp> {
    let signs = memchr::memmem::find(&line[..line.len().min(64)], b"--")?;
    let begin = memchr::memrchr(b' ', &line[..signs])? + 1;
    let zone = &line[signs + 2..];
    let zone = std::str::from_utf8(&zone[..memchr::memchr(b' ', zone)?]).ok()?;
    let (hours, minutes) = zone.split_once(':')?;
    let offset = -(hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60);
    let local = time::read(&line[begin..signs])?.local;
    (offset >= -14 * 3600).then_some(Stamp::Full(Written { local, offset: Some(offset) }))
}

/// `{0x5e80a0af,0x3,…}` begins with the time at which it was given.
fn time_of_id(id: &str) -> Option<Stamp> {
    let first = id.trim_matches(['{', '}']).split(',').next()?.strip_prefix("0x")?;
    let seconds = u32::from_str_radix(first, 16).ok().filter(|seconds| *seconds > 0)?;
    Some(Stamp::Full(Written { local: Moment(i64::from(seconds) * 1_000_000), offset: Some(0) }))
}

/// The services that Check Point defines beforehand under these names, and their ports.
const NAMED: [(&str, &str); 24] = [
    ("ftp", "21"),
    ("ssh", "22"),
    ("telnet", "23"),
    ("smtp", "25"),
    ("domain-tcp", "53"),
    ("domain-udp", "53"),
    ("bootp", "67"),
    ("http", "80"),
    ("kerberos_v5_tcp", "88"),
    ("kerberos_v5_udp", "88"),
    ("pop-3", "110"),
    ("ntp-udp", "123"),
    ("nbname", "137"),
    ("nbdatagram", "138"),
    ("nbsession", "139"),
    ("imap", "143"),
    ("snmp", "161"),
    ("snmp-trap", "162"),
    ("ldap", "389"),
    ("https", "443"),
    ("microsoft-ds", "445"),
    ("syslog", "514"),
    ("ldap-ssl", "636"),
    ("remote_desktop_protocol", "3389"),
];

/// `service` may be a name where the destination's port is not said by number (`https`, `TCP-8000`, `https (TCP/443)`).
fn name_the_port(report: &mut Report<'_>) {
    let Some(service) = report.text(Means::DestinationPort).filter(|port| port.bytes().any(|b| !b.is_ascii_digit()))
    else {
        return;
    };
    report.forget(Means::DestinationPort, &service);
    let number = service.rsplit(['/', '-', '_', '(']).next().map(|end| end.trim_end_matches(')'));
    if let Some(number) = number.filter(|number| number.parse::<u16>().is_ok()) {
        report.put(Means::DestinationPort, number.to_owned().into());
    }
    let lower = service.to_ascii_lowercase();
    if let Some((_, port)) = NAMED.iter().find(|(name, _)| *name == lower) {
        report.put(Means::DestinationPort, (*port).into());
    }
    for protocol in ["tcp", "udp"] {
        if lower.contains(protocol) {
            report.put(Means::Protocol, protocol.into());
        }
    }
    report.put(Means::Service, service);
}

/// Takes the fields of a syslog line down, in whichever of the exporter's spellings.
fn take_fields<'r>(report: &mut Report<'r>, line: &'r [u8], message: &syslog::Message<'r>) -> Result<(), Fault> {
    if memchr::memmem::find(line, b"|Check Point|").is_some() {
        // CEF among the exporter's own lines. An account is left out, since its blanks can't be told from those between pairs.
        report.put_pairs(line, Between::Blanks, |name| match name {
            b"act" => Some(Means::Action),
            b"rt" => Some(Means::Time),
            b"spt" => Some(Means::SourcePort),
            b"dpt" => Some(Means::DestinationPort),
            b"user" | b"status" | b"machine" => None,
            _ => means_of(name),
        });
        return Ok(());
    }
    if let Some(at) = memchr::memmem::find(line, b"[Fields@") {
        report.put_pairs(&line[at..], Between::Blanks, means_of);
        if let Some(host) = message.host {
            report.put(Means::Sensor, readable(host));
        }
        return Ok(());
    }
    if let Some(at) = memchr::memmem::find(line, b":\"")
        && let Some(begin) = memchr::memrchr(b'[', &line[..at])
    {
        return bracketed(report, &line[begin + 1..]);
    }
    if memchr::memchr(b'|', line).is_some() && memchr::memchr(b'=', message.body).is_some() {
        for pair in message.body.split(|b| *b == b'|') {
            if let Some(equals) = memchr::memchr(b'=', pair)
                && let Some(means) = means_of(pair[..equals].trim_ascii())
            {
                let value = pair[equals + 1..].trim_ascii();
                let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
                report.put(means, readable(bare));
            }
        }
        return Ok(());
    }
    let shown = readable(&line[..line.len().min(480)]);
    Err(Fault::new("not a Check Point record: it has no fields", shown))
}

/// `action:"Accept"; sys_message::"…"; …]`: a backslash escapes quote, bracket and itself.
fn bracketed<'r>(report: &mut Report<'r>, fields: &'r [u8]) -> Result<(), Fault> {
    let mut rest = fields;
    loop {
        rest = rest.trim_ascii_start();
        while let Some(after) = rest.strip_prefix(b";") {
            rest = after.trim_ascii_start();
        }
        if rest.is_empty() || rest[0] == b']' {
            return Ok(());
        }
        let Some(colon) = memchr::memchr(b':', rest) else { return Ok(()) };
        let key = rest[..colon].trim_ascii();
        let value = rest[colon + 1..].strip_prefix(b":").unwrap_or(&rest[colon + 1..]);
        let Some(inner) = value.strip_prefix(b"\"") else {
            // A value without quotes lasts to the semicolon.
            let end = memchr::memchr2(b';', b']', value).unwrap_or(value.len());
            put_field(report, key, readable(&value[..end]));
            rest = &value[end..];
            continue;
        };
        let mut end = None;
        let mut escaped = false;
        for (at, byte) in inner.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            let ends = report.has(Means::SourceAddress) && report.has(Means::DestinationAddress);
            return if ends { Ok(()) } else { Err(Fault::new("a quoted value is not closed", readable(key))) };
        };
        put_field(report, key, without_escapes(&inner[..end]));
        rest = &inner[end + 1..];
    }
}

fn put_field<'r>(report: &mut Report<'r>, key: &[u8], text: Text<'r>) {
    if let Some(means) = means_of(key) {
        report.put(means, text);
    }
}

fn without_escapes(bytes: &[u8]) -> Text<'_> {
    let text = readable(bytes);
    if !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn outcome(report: &Report<'_>) -> Outcome {
    if report.get(Means::Event) == Some("Log In") {
        let failed = report.get(Means::Status).is_some_and(|status| status.eq_ignore_ascii_case("failure"));
        return if failed { Outcome::Denied } else { Outcome::Established };
    }
    let action = report.get(Means::Action).unwrap_or_default();
    match action.to_ascii_lowercase().as_str() {
        "decrypt" | "redirect" | "https inspect" | "https bypass" | "inform user" | "vpn routing" | "inspect" => {
            Outcome::Established
        }
        "failed log in" => Outcome::Denied,
        other => firewall::verdict(other).unwrap_or(Outcome::Unknown),
    }
}
