//! Palo Alto Networks PAN-OS logs as text: the comma-separated records of syslog (any version's number of columns, any syslog
//! header or none), the same from Prisma Access and Cortex Data Lake with ISO times, the CSV export of the web interface with
//! its header line, and Cortex Data Lake's JSON. After Palo Alto Networks, "PAN-OS Administrator's Guide", "Syslog Field
//! Descriptions" (Traffic, Threat, Tunnel Inspection, Decryption, SCTP, GTP, GlobalProtect, Authentication). Columns were only
//! ever added behind the old ones, so a record is read as far as it goes. Bytes are what the firewall counts on the IP layer;
//! `Bytes` is the total, beside `Bytes Sent` (from the client) and `Bytes Received`.
//!
//! **Time.** A TRAFFIC record is written after the session, and `Elapsed Time` leaves out the time that a closed connection
//! lingers, so that the log's time is not the end: the connection began at `Start Time`. A record without one (THREAT,
//! DECRYPTION) has the time at which it was generated. All are local times of the firewall. Their zone is said by the High
//! Resolution Timestamp (PAN-OS 10) or by a syslog header with a zone that shows the same time; else the file's clock settles it.
//!
//! **Ends.** Those before translation, as the initiator named them. A THREAT record names the sender of the threat first: with
//! `server-to-client` that is the server, so the ends are turned. Newer versions name the session's source first ("Original
//! session source IP address"); where the first port is the higher of the two, the first end is the client and stays.
//!
//! **Counted once.** All records of one session (serial number, session id, ends): `end`, `drop` and `deny` of TRAFFIC are
//! the last word; `start`, THREAT and DECRYPTION stand back behind it. GLOBALPROTECT records of one visit (user, outer address,
//! portal or gateway) make one VPN session; its responder is the gateway by its name in the configuration, since its address is not said.
//! What a client was refused stands for itself.
//!
//! **Not read.** SYSTEM, CONFIG, HIPMATCH, CORRELATION, IPTAG, AUDIT and USERID (who is at an address) name fewer than two ends.

use std::borrow::Cow;

use super::firewall::{self, Means, Report, Sessions, Telling};
use super::syntax::{cells, json, syslog, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Flow, Kind, Moment, Outcome};

/// The format.
pub struct Panos;

impl Format for Panos {
    fn name(&self) -> &'static str {
        "panos"
    }

    fn title(&self) -> &'static str {
        "Palo Alto PAN-OS log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let mut best = Likeness::None;
        for line in sample.lines().take(50) {
            let bytes = super::without_mark(line);
            let likeness = match row_of(bytes) {
                Some(_) => Likeness::Certain,
                None if Header::of(bytes).is_some() => Likeness::Certain,
                None => Likeness::None,
            };
            best = best.max(likeness);
        }
        if best == Likeness::None && is_json(sample) {
            best = json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None);
        }
        best
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        if is_json(sample) { Framing::Json } else { Framing::Lines }
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let header = sample.lines().take(50).find_map(|line| Header::of(super::without_mark(line)));
        Box::new(Firewall { clock: setting.clock, header, sessions: Sessions::default() })
    }
}

fn is_json(sample: &Sample<'_>) -> bool {
    super::without_mark(sample.bytes).trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['))
}

/// Whether an object is one of Cortex Data Lake: a log type of PAN-OS beside its names for a time.
fn likeness_of(object: &[u8]) -> Likeness {
    let (mut kind, mut timed) = (false, false);
    let read = json::fields(object, |key, value| match key.bytes {
        b"LogType" | b"log_type" => kind = value.scalar().is_some_and(|text| Log::of(text).is_some()),
        b"TimeReceived" | b"TimeGenerated" | b"LogTime" | b"log_time" | b"time_generated" => timed = true,
        _ => {}
    });
    if read.is_ok() && kind && timed { Likeness::Certain } else { Likeness::None }
}

/// The kinds of log whose columns are known here, and those that are known to be no connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    Traffic,
    Threat,
    Decryption,
    Sctp,
    Gtp,
    Tunnel,
    GlobalProtect,
    Authentication,
    Other,
}

impl Log {
    fn of(kind: &[u8]) -> Option<Log> {
        Some(match kind {
            b"TRAFFIC" => Log::Traffic,
            b"THREAT" | b"URL" | b"WILDFIRE" | b"FILE" | b"DATA" | b"VULNERABILITY" | b"DNS" => Log::Threat,
            b"DECRYPTION" => Log::Decryption,
            b"SCTP" => Log::Sctp,
            b"GTP" => Log::Gtp,
            b"START" | b"END" | b"TUNNEL" | b"TUNNEL_INSPECTION" => Log::Tunnel,
            b"GLOBALPROTECT" => Log::GlobalProtect,
            b"AUTHENTICATION" | b"AUTH" => Log::Authentication,
            b"SYSTEM" | b"CONFIG" | b"HIPMATCH" | b"HIP-MATCH" | b"USERID" | b"CORRELATION" | b"IPTAG" | b"AUDIT"
            | b"REPORT" | b"EXTPCAP" => Log::Other,
            _ => return None,
        })
    }

    /// What a column means.
    fn means(self, column: usize) -> Option<Means> {
        let of_session = |column| {
            Some(match column {
                7 => Means::SourceAddress,
                8 => Means::DestinationAddress,
                11 => Means::Rule,
                12 => Means::User,
                13 => Means::DestinationUser,
                14 => Means::Service,
                16 => Means::SourceZone,
                17 => Means::DestinationZone,
                22 => Means::Session,
                24 => Means::SourcePort,
                25 => Means::DestinationPort,
                29 => Means::Protocol,
                30 => Means::Action,
                _ => return None,
            })
        };
        match (self, column) {
            (_, 2) => Some(Means::Serial),
            (_, 3) => Some(Means::Kind),
            (_, 4) => Some(Means::Subtype),
            (_, 6) => Some(Means::Time),
            (Log::Traffic, 32) => Some(Means::BytesOut),
            (Log::Traffic, 33) => Some(Means::BytesIn),
            (Log::Traffic, 35) => Some(Means::Start),
            (Log::Traffic, 36) => Some(Means::Duration),
            (Log::Traffic, 44) => Some(Means::PacketsOut),
            (Log::Traffic, 45) => Some(Means::PacketsIn),
            (Log::Traffic, 46) => Some(Means::Reason),
            (Log::Traffic, 52) | (Log::Threat, 59) | (Log::Tunnel, 41) | (Log::Sctp, 36) => Some(Means::Sensor),
            (Log::Decryption, 96) | (Log::GlobalProtect, 47) | (Log::Authentication, 29) => Some(Means::Sensor),
            (Log::Threat, 35) => Some(Means::Direction),
            (Log::Tunnel, 48) => Some(Means::BytesOut),
            (Log::Tunnel, 49) => Some(Means::BytesIn),
            (Log::Tunnel, 51) => Some(Means::PacketsOut),
            (Log::Tunnel, 52) => Some(Means::PacketsIn),
            (Log::Tunnel, 61) => Some(Means::Start),
            (Log::Tunnel, 62) => Some(Means::Duration),
            (Log::GlobalProtect, column) => Some(match column {
                8 => Means::Event,
                12 => Means::User,
                14 => Means::SourceName,
                15 | 16 => Means::SourceAddress,
                28 => Means::Status,
                30 => Means::Duration,
                33 | 41 => Means::DestinationName,
                _ => return None,
            }),
            (Log::Authentication, column) => Some(match column {
                8 => Means::SourceAddress,
                9 | 10 => Means::User,
                12 => Means::Rule,
                18 => Means::Message,
                20 => Means::Event,
                _ => return None,
            }),
            (Log::Other, _) => None,
            (_, column) => of_session(column),
        }
    }
}

/// What a column of the web interface's export means, or a field of Cortex Data Lake's JSON: both without case, blanks and
/// underscores.
fn means_of_name(name: &[u8]) -> Option<Means> {
    let mut plain = [0_u8; 32];
    let mut length = 0;
    for byte in name.iter().filter(|b| b.is_ascii_alphanumeric() || **b == b'#') {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    Some(match &plain[..length] {
        b"type" | b"logtype" => Means::Kind,
        b"threatcontenttype" | b"subtype" | b"logsubtype" => Means::Subtype,
        b"serial#" | b"devicesn" | b"logsourceid" | b"serial" => Means::Serial,
        b"devicename" | b"logsourcename" => Means::Sensor,
        b"generatetime" | b"generatedtime" | b"timegenerated" | b"eventtime" => Means::Time,
        b"sourceaddress" | b"sourceip" | b"srcip" | b"publicip" | b"publicipv4" | b"publicipv6" => Means::SourceAddress,
        b"destinationaddress" | b"destinationip" | b"destip" | b"dstip" | b"dnsresolverip" => Means::DestinationAddress,
        b"sourceport" => Means::SourcePort,
        b"destinationport" | b"destport" => Means::DestinationPort,
        b"sourcezone" | b"fromzone" => Means::SourceZone,
        b"destinationzone" | b"tozone" => Means::DestinationZone,
        b"machinename" | b"endpointdevicename" => Means::SourceName,
        b"portal" | b"gateway" => Means::DestinationName,
        b"rule" | b"rulename" | b"rulematched" => Means::Rule,
        b"sourceuser" | b"sourceusername" | b"username" => Means::User,
        b"destinationuser" | b"destinationusername" => Means::DestinationUser,
        b"application" | b"app" => Means::Service,
        b"sessionid" => Means::Session,
        b"ipprotocol" | b"protocol" => Means::Protocol,
        b"action" => Means::Action,
        b"bytessent" => Means::BytesOut,
        b"bytesreceived" => Means::BytesIn,
        b"pktssent" | b"packetssent" => Means::PacketsOut,
        b"pktsreceived" | b"packetsreceived" => Means::PacketsIn,
        b"starttime" | b"sessionstarttime" => Means::Start,
        b"elapsedtimesec" | b"elapsedtime" | b"sessionduration" | b"totaltimeelapsed" | b"loginduration" => {
            Means::Duration
        }
        b"sessionendreason" => Means::Reason,
        b"direction" | b"directionofattack" => Means::Direction,
        b"eventid" | b"eventidvalue" | b"eventname" => Means::Event,
        b"status" | b"eventstatus" => Means::Status,
        b"description" | b"authenticationdescription" => Means::Message,
        _ => return None,
    })
}

/// The columns that the header of an export names.
struct Header(Vec<Option<Means>>);

impl Header {
    /// Reads a header: the web interface's own first columns, wherever they stand.
    fn of(line: &[u8]) -> Option<Header> {
        if line.len() > 8192 || memchr::memmem::find(line, b"Threat/Content Type").is_none() {
            return None;
        }
        let mut names = Vec::new();
        cells::cut(line.trim_ascii(), b',', &mut names).ok()?;
        Some(Header(names.iter().map(|name| means_of_name(name)).collect()))
    }
}

/// A record of syslog without its header: what the header said, and the columns from the first on. `None` when the columns are
/// none of PAN-OS.
fn row_of(line: &[u8]) -> Option<(Option<syslog::Stamp>, &[u8])> {
    let message = syslog::strip(line);
    let comma = memchr::memchr(b',', message.body)?;
    let begin = memchr::memrchr3(b' ', b'\t', b':', &message.body[..comma]).map_or(0, |blank| blank + 1);
    let row = &message.body[begin..];
    let mut columns = row.splitn(5, |b| *b == b',');
    let (_domain, received, _serial, kind) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let dated = received.is_empty() || moment(bare(received), &Clock::default()).is_some();
    (dated && Log::of(bare(kind)).is_some()).then_some((message.time, row))
}

fn bare(cell: &[u8]) -> &[u8] {
    cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell)
}

/// A time of PAN-OS: `2020/06/11 10:00:00`, ISO 8601, or `6/11/20 10:00` where a spreadsheet wrote it anew.
fn moment(text: &[u8], clock: &Clock) -> Option<(Moment, Basis)> {
    if let Some(written) = time::read(text) {
        return Some(written.settle(clock));
    }
    let text = std::str::from_utf8(text).ok()?;
    let (date, clock_time) = text.split_once(' ')?;
    let mut parts = date.split('/').map(|part| part.parse::<i64>().ok().filter(|_| part.len() <= 4));
    let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
    let (micros, rest) = time::time_of_day(clock_time.as_bytes())?;
    let year = if year < 100 { year + 2000 } else { year };
    let local = time::moment_of(year, month, day, micros)?;
    rest.is_empty().then(|| clock.settle(local))
}

struct Firewall {
    clock: Clock,
    /// The columns of an export.
    header: Option<Header>,
    sessions: Sessions,
}

impl Parser for Firewall {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes).trim_ascii();
        if let Some(header) = Header::of(bytes) {
            self.header = Some(header);
            return Disposition::Header;
        }
        let mut report = Report::new();
        let zone = match bytes.first() {
            Some(b'{') => report.put_object(bytes, means_of_name).map(|()| None),
            Some(_) | None => self.take_row(bytes, &mut report),
        };
        let zone = match zone {
            Ok(zone) => zone,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let log = match report.get(Means::Kind) {
            Some(kind) => Log::of(kind.as_bytes()).ok_or(kind),
            None => Err(""),
        };
        let log = match log {
            Ok(Log::Other) => return no_connection(&report),
            Ok(log) => log,
            Err(kind) => return Disposition::Malformed(Fault::new("its type is none of PAN-OS", kind)),
        };
        let clock = Clock { chosen_offset: zone.or(self.clock.chosen_offset), ..self.clock };
        let mut flow = match log.flow(&mut report, &clock) {
            Ok(Some(flow)) => flow,
            Ok(None) => return no_connection(&report),
            Err(fault) => return Disposition::Malformed(fault),
        };
        if zone.is_some() && flow.basis == Basis::Chosen {
            flow.basis = Basis::Explicit;
        }
        let number = log.session(&report, &flow);
        let Some(number) = number else {
            flows(&flow, record.place);
            return Disposition::Parsed;
        };
        let device = report.get(Means::Serial).unwrap_or_default();
        firewall::told_once(self.sessions.tell([device, &number], log.telling(&report), flow, &record, flows))
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }
}

impl Firewall {
    /// Takes a row's columns down. Gives the zone of its times, where it says it.
    fn take_row<'r>(&self, bytes: &'r [u8], report: &mut Report<'r>) -> Result<Option<i32>, Fault> {
        let found = row_of(bytes);
        let (stamp, row) = match (&self.header, found) {
            (_, Some((stamp, row))) => (stamp, row),
            (Some(_), None) => (None, bytes),
            (None, None) => {
                let shown = readable(&bytes[..bytes.len().min(480)]);
                return Err(Fault::new("not a PAN-OS record: no type stands in its fourth column", shown));
            }
        };
        let mut row_cells = Vec::new();
        // What stands before a quote without an end is sound; with the ends among it, that is enough.
        let unclosed = cells::cut(row, b',', &mut row_cells).err();
        let cell_text = |cell: Cow<'r, [u8]>| match cell {
            Cow::Borrowed(bytes) => readable(bytes.trim_ascii()),
            Cow::Owned(bytes) => Cow::Owned(readable(bytes.trim_ascii()).into_owned()),
        };
        if let Some(header) = &self.header {
            for (means, cell) in header.0.iter().zip(row_cells) {
                if let Some(means) = means {
                    report.put(*means, cell_text(cell));
                }
            }
            return Ok(None);
        }
        let log = row_cells.get(3).and_then(|kind| Log::of(kind)).unwrap_or(Log::Other);
        if row_cells.len() < log.fewest_columns() {
            let found = format!("{} columns, at least {} are expected", row_cells.len(), log.fewest_columns());
            let reason = if unclosed.is_some() { "a quoted value is not closed" } else { "the record is cut off" };
            return Err(Fault::new(reason, found));
        }
        let local = row_cells.get(6).and_then(|time| time::read(time)).map(|written| written.local);
        let zone = local.and_then(|local| {
            let exact = row_cells.iter().skip(36).find_map(|cell| zone_beside(cell, local));
            exact.or_else(|| firewall::offset_beside(stamp, local))
        });
        for (column, cell) in row_cells.into_iter().enumerate() {
            if let Some(means) = log.means(column) {
                report.put(means, cell_text(cell));
            }
        }
        Ok(zone)
    }
}

/// The zone of a High Resolution Timestamp (`2021-10-26T14:36:12.815-07:00`) that shows the same time as the record. Where
/// the firewall has none it writes the epoch.
fn zone_beside(cell: &[u8], local: Moment) -> Option<i32> {
    if cell.get(10) != Some(&b'T') {
        return None;
    }
    time::read(cell).filter(|written| written.local.0.abs_diff(local.0) <= 300_000_000)?.offset
}

impl Log {
    fn fewest_columns(self) -> usize {
        match self {
            Log::Traffic | Log::Threat | Log::Decryption | Log::Sctp | Log::Gtp | Log::Tunnel => 31,
            Log::GlobalProtect => 29,
            Log::Authentication => 21,
            Log::Other => 4,
        }
    }

    /// The flow of a record; `None` when it names fewer than two ends.
    fn flow<'r>(self, report: &mut Report<'r>, clock: &Clock) -> Result<Option<Flow<'r>>, Fault> {
        match self {
            Log::GlobalProtect | Log::Authentication => {
                for means in [Means::Sensor, Means::Serial] {
                    if let Some(name) = report.text(means) {
                        report.put(Means::DestinationName, name);
                    }
                }
            }
            Log::Threat if is_to_client(report) => report.turn(),
            _ => {}
        }
        let Some(mut flow) = report.flow()? else { return Ok(None) };
        let at = if report.has(Means::Start) { Means::Start } else { Means::Time };
        if let Some(text) = report.get(at) {
            let (start, basis) = moment(text.as_bytes(), clock).ok_or_else(|| report.unreadable(at))?;
            (flow.start, flow.basis) = (Some(start), basis);
        }
        match self {
            Log::Traffic | Log::Tunnel => flow.duration = report.seconds(Means::Duration)?,
            Log::GlobalProtect => {
                flow.kind = Kind::Session;
                if is_logout(report) {
                    flow.duration = report.seconds(Means::Duration)?;
                    flow.start = flow.start.and_then(|end| end.before(flow.duration.unwrap_or(0)));
                }
            }
            Log::Authentication => flow.kind = Kind::Logon,
            Log::Threat | Log::Decryption | Log::Sctp | Log::Gtp | Log::Other => {}
        }
        flow.outcome = match self {
            Log::GlobalProtect | Log::Authentication => granted(report),
            _ => outcome(report, &flow),
        };
        Ok(Some(flow))
    }

    /// What the records of one session share; `None` for what stands for itself.
    fn session(self, report: &Report<'_>, flow: &Flow<'_>) -> Option<String> {
        match self {
            Log::GlobalProtect => {
                let user = flow.user.as_deref().unwrap_or_default();
                (flow.outcome != Outcome::Denied).then(|| format!("visit of {user}"))
            }
            Log::Authentication | Log::Other => None,
            // Floods and scans are no session.
            _ => report.get(Means::Session).filter(|number| *number != "0").map(str::to_owned),
        }
    }

    fn telling(self, report: &Report<'_>) -> Telling {
        match self {
            Log::Traffic | Log::Tunnel if report.get(Means::Subtype) != Some("start") => Telling::Last,
            Log::GlobalProtect if is_logout(report) => Telling::Last,
            _ => Telling::Before,
        }
    }
}

/// Whether a THREAT record names the server first.
fn is_to_client(report: &Report<'_>) -> bool {
    let to_client = matches!(report.get(Means::Direction), Some("server-to-client" | "server to client" | "1"));
    let port = |means| report.get(means).and_then(|port| port.parse::<u16>().ok());
    to_client && port(Means::SourcePort) <= port(Means::DestinationPort)
}

fn is_logout(report: &Report<'_>) -> bool {
    report.get(Means::Event).is_some_and(|event| event.contains("logout"))
}

/// Whether a visitor was let in.
fn granted(report: &Report<'_>) -> Outcome {
    let said = [Means::Status, Means::Event, Means::Message].map(|means| report.get(means).unwrap_or_default());
    let says = |word: &str| said.iter().any(|text| text.to_ascii_lowercase().contains(word));
    if ["fail", "denied", "timeout", "reject", "invalid", "lockout", "not authenticated"].iter().any(|word| says(word))
    {
        Outcome::Denied
    } else if says("succe") {
        Outcome::Established
    } else {
        Outcome::Unknown
    }
}

/// What became of a session, by action, the subtype of TRAFFIC, and why it ended.
fn outcome(report: &Report<'_>, flow: &Flow<'_>) -> Outcome {
    let action = report.get(Means::Action).unwrap_or_default();
    let refused = matches!(action, "sinkhole" | "random-drop" | "override-lockout")
        || matches!(report.get(Means::Subtype), Some("deny" | "drop"))
        || matches!(report.get(Means::Reason), Some("policy-deny"));
    if refused {
        return Outcome::Denied;
    }
    let unanswered = flow.packets_in.or(flow.bytes_in) == Some(0);
    match (firewall::verdict(action), report.get(Means::Reason)) {
        (Some(Outcome::Established), Some("aged-out" | "tcp-rst-from-client")) if unanswered => Outcome::Failed,
        // A reset as the only packet of the answer refuses the connection.
        (Some(Outcome::Established), Some("tcp-rst-from-server")) if flow.packets_in.is_some_and(|n| n <= 1) => {
            Outcome::Failed
        }
        (Some(outcome), _) => outcome,
        (None, _) if matches!(action, "continue" | "override" | "forward" | "wildfire-upload-success") => {
            Outcome::Established
        }
        (None, _) => Outcome::Unknown,
    }
}

fn no_connection(report: &Report<'_>) -> Disposition {
    let kind = report.get(Means::Kind).unwrap_or_default();
    Disposition::Skipped(format!("PAN-OS {} record, no connection", elided(&visible(kind), 40)).into())
}
