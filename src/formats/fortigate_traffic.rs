//! FortiGate traffic logs: `key=value` syslog, and the same pairs parted by commas as FortiAnalyzer and `set format csv`
//! write them. After Fortinet, "FortiOS Log Message Reference" (Traffic: LOG_ID_TRAFFIC_*), and the FortiAnalyzer article "status to action"
//! for the words of `action`. Bytes are what the device counts on the IP layer; sent is from the session's originator.
//!
//! **Time.** A traffic record is written when the session ends (or while it lasts, with its duration so far), so the
//! connection began `duration` seconds before the record's time. The record's time is `date`, `time` and `tz`. `eventtime`
//! says the same in s, ms, µs or ns since the epoch: where both agree within a second, `eventtime` gives the fraction; where they
//! contradict each other, `date`, `time` and `tz` hold, being what the device's operator sees. Without `tz`, `eventtime` is the basis, if
//! `date` and `time` can be some zone's reading of it; else the zone is unknown and the file's clock settles it.
//!
//! **Sessions.** A device may also write a record when a session starts (`action=start`, message ids 4, 15 and 16) and others
//! while it lasts (id 20, statistics whose byte counts include what came before), and a UTM record (virus, web filter, IPS, DNS,
//! application control …) when something is found in it. All of them share device, `sessionid` and ends; the record that ends
//! the session counts alone, and where none comes the last of the others. What was found without a session stands for itself.
//!
//! **Events** (VPN, logins) that name two ends are read by their own rules; the rest is skipped by name. Addresses after
//! translation (`trandisp`, `transip`) are not read: the ends are those that the originator named.

use super::firewall::{self, Fate, Sessions, Telling};
use super::syntax::address::address;
use super::syntax::pairs::{Between, Value};
use super::syntax::shaped::Shape;
use super::syntax::{number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol, Text};

/// The format.
pub struct FortigateTraffic;

impl Format for FortigateTraffic {
    fn name(&self) -> &'static str {
        "fortigate_traffic"
    }

    fn title(&self) -> &'static str {
        "FortiGate traffic log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        sample.lines().take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Traffic { clock: setting.clock, sessions: Sessions::default(), joins: false, shape: Shape::default() })
    }
}

fn likeness_of(line: &[u8]) -> Likeness {
    // A line may be cut where the sample ends; what stands before the cut is enough.
    let fields = Fields::of(line, &mut Shape::default()).0;
    let known_type = fields.kind.is_some_and(|kind| {
        matches!(
            kind.bytes,
            b"traffic"
                | b"event"
                | b"utm"
                | b"anomaly"
                | b"voip"
                | b"dns"
                | b"webfilter"
                | b"virus"
                | b"ips"
                | b"attack"
                | b"app-ctrl"
                | b"emailfilter"
                | b"spam"
                | b"dlp"
                | b"waf"
                | b"ssl"
                | b"ssh"
                | b"cifs"
        )
    });
    // The device's id begins with its model: FGT60D, FG100E, FWF61E, FGVM, FW40.
    let named = fields.device_id.is_some_and(|id| id.bytes.starts_with(b"FG") || id.bytes.starts_with(b"FW"));
    match (
        known_type && fields.subtype.is_some(),
        fields.log_id.is_some(),
        named || fields.vd || fields.event_time.is_some(),
    ) {
        (true, true, true) => Likeness::Certain,
        (true, true, false) | (true, false, true) => Likeness::Likely,
        (true, false, false) | (false, _, _) => Likeness::None,
    }
}

struct Traffic {
    clock: Clock,
    sessions: Sessions,
    /// Records came that others of their session may follow.
    joins: bool,
    shape: Shape,
}

impl Parser for Traffic {
    fn known(&self) -> Option<Vec<u8>> {
        (!self.joins).then(Vec::new)
    }

    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let (fields, unclosed) = Fields::of(record.bytes, &mut self.shape);
        if let Some(key) = unclosed {
            return Disposition::Malformed(Fault::new("a quoted value is not closed", readable(key)));
        }
        let Some(kind) = fields.kind else {
            let shown = &record.bytes[..record.bytes.len().min(480)];
            return Disposition::Malformed(Fault::new("not a FortiGate record: it has no type", readable(shown)));
        };
        let telling = match kind.bytes {
            b"traffic" if fields.is_of_open_session() => Telling::Before,
            b"traffic" => Telling::Last,
            b"event" => return self.read_event(&fields, record, flows),
            _ if fields.name_two_ends() => Telling::Before,
            // `type=8` is of another device's ICMP.
            _ if !kind.bytes.iter().all(u8::is_ascii_alphabetic) => {
                return Disposition::Malformed(Fault::new("not a FortiGate record: its type is no word", kind.text()));
            }
            _ => return Disposition::Skipped(other_type(kind, fields.subtype).into()),
        };
        let mut flow = match fields.flow(&self.clock) {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        if kind.bytes != b"traffic" {
            flow.outcome = fields.action.map_or(Outcome::Unknown, |action| scanned(&action.text()));
        }
        let Some(number) = fields.session.filter(|number| number.bytes != b"0") else {
            flows(&flow, record.place);
            return Disposition::Parsed;
        };
        self.joins |= matches!(telling, Telling::Before);
        let device = fields.device();
        match self.sessions.tell([&device, &number.text()], telling, flow, &record, flows) {
            Fate::Held | Fate::Again if kind.bytes == b"traffic" => {
                Disposition::Skipped("start or statistics of a session, which counts once, by its last record".into())
            }
            fate => firewall::told_once(fate),
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }
}

impl Traffic {
    fn read_event(&mut self, fields: &Fields<'_>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = without_priority(super::without_mark(record.bytes));
        let read =
            fields.written(&self.clock).and_then(|written| super::fortigate_event::read(line, between(line), written));
        let event = match read {
            Ok(Some(event)) => event,
            Ok(None) => {
                return Disposition::Skipped(
                    fields.kind.map_or_else(String::new, |kind| other_type(kind, fields.subtype)).into(),
                );
            }
            Err(fault) => return Disposition::Malformed(fault),
        };
        let Some((number, telling)) = event.session else {
            flows(&event.flow, record.place);
            return Disposition::Parsed;
        };
        self.joins = true;
        firewall::told_once(self.sessions.tell([&fields.device(), &number], telling, event.flow, &record, flows))
    }
}

fn other_type(kind: Value<'_>, subtype: Option<Value<'_>>) -> String {
    let name = match subtype {
        Some(subtype) => format!("{}/{}", kind.text(), subtype.text()),
        None => kind.text().into_owned(),
    };
    let name = visible(&name);
    format!("FortiGate {} record, no connection", elided(&name, 40))
}

/// The fields that matter, as they stand. Of a key that occurs twice the first counts: the device writes its own fields
/// first, and what a visitor sent (host names, URLs) behind them.
#[derive(Default)]
struct Fields<'r> {
    kind: Option<Value<'r>>,
    subtype: Option<Value<'r>>,
    log_id: Option<Value<'r>>,
    device_id: Option<Value<'r>>,
    vd: bool,
    date: Option<Value<'r>>,
    time: Option<Value<'r>>,
    tz: Option<Value<'r>>,
    event_time: Option<Value<'r>>,
    duration: Option<Value<'r>>,
    source: End<'r>,
    destination: End<'r>,
    protocol: Option<Value<'r>>,
    service: Option<Value<'r>>,
    sent_bytes: Option<Value<'r>>,
    received_bytes: Option<Value<'r>>,
    sent_packets: Option<Value<'r>>,
    received_packets: Option<Value<'r>>,
    action: Option<Value<'r>>,
    status: Option<Value<'r>>,
    policy: Option<Value<'r>>,
    device: Option<Value<'r>>,
    user: Option<Value<'r>>,
    guessed_user: Option<Value<'r>>,
    session: Option<Value<'r>>,
}

#[derive(Default)]
struct End<'r> {
    address: Option<Value<'r>>,
    zone: Option<Value<'r>>,
    port: Option<Value<'r>>,
    name: Option<Value<'r>>,
}

impl<'r> Fields<'r> {
    /// The fields, and the key of a quoted value that has no end.
    fn of(line: &'r [u8], shape: &mut Shape) -> (Fields<'r>, Option<&'r [u8]>) {
        let line = without_priority(super::without_mark(line));
        let mut found = Fields::default();
        let whole = shape.each(line, between(line), |key, value| {
            if key == b"vd" {
                found.vd = true;
            }
            if let Some(place) = found.slot(key) {
                place.get_or_insert(value);
            }
        });
        (found, whole.err().map(|unclosed| unclosed.key))
    }

    /// FortiOS 4 wrote `src`, `src_port`, `sent`, `status` for what is `srcip`, `srcport`, `sentbyte`, `action` since.
    fn slot(&mut self, key: &[u8]) -> Option<&mut Option<Value<'r>>> {
        Some(match key {
            b"type" => &mut self.kind,
            b"subtype" => &mut self.subtype,
            b"logid" | b"log_id" => &mut self.log_id,
            b"devid" | b"device_id" => &mut self.device_id,
            b"date" => &mut self.date,
            b"time" => &mut self.time,
            b"tz" => &mut self.tz,
            b"eventtime" => &mut self.event_time,
            b"duration" => &mut self.duration,
            b"srcip" | b"src" => &mut self.source.address,
            b"srcport" | b"src_port" => &mut self.source.port,
            b"srcname" => &mut self.source.name,
            b"srcintf" | b"src_int" => &mut self.source.zone,
            b"dstintf" | b"dst_int" => &mut self.destination.zone,
            b"dstip" | b"dst" => &mut self.destination.address,
            b"dstport" | b"dst_port" => &mut self.destination.port,
            b"dstname" => &mut self.destination.name,
            b"proto" => &mut self.protocol,
            b"service" => &mut self.service,
            b"sentbyte" | b"sent" => &mut self.sent_bytes,
            b"rcvdbyte" | b"rcvd" => &mut self.received_bytes,
            b"sentpkt" | b"sent_pkt" => &mut self.sent_packets,
            b"rcvdpkt" | b"rcvd_pkt" => &mut self.received_packets,
            b"action" => &mut self.action,
            b"status" => &mut self.status,
            b"policyid" => &mut self.policy,
            b"devname" => &mut self.device,
            b"user" => &mut self.user,
            b"unauthuser" => &mut self.guessed_user,
            b"sessionid" | b"SN" => &mut self.session,
            _ => return None,
        })
    }

    /// Whether the session goes on after this record: message id 20, or a start.
    fn is_of_open_session(&self) -> bool {
        let number = self.log_id.and_then(|id| id.bytes.get(id.bytes.len().saturating_sub(6)..));
        number == Some(b"000020") || self.action.is_some_and(|action| action.bytes == b"start")
    }

    fn device(&self) -> Text<'r> {
        self.device_id.or(self.device).map(|device| device.text()).unwrap_or_default()
    }

    fn name_two_ends(&self) -> bool {
        [&self.source, &self.destination].iter().all(|end| end.address.is_some_and(|at| address(at.bytes).is_some()))
    }

    fn flow(&self, clock: &Clock) -> Result<Flow<'r>, Fault> {
        let duration = match self.duration {
            Some(value) => Some(seconds(value)?),
            None => None,
        };
        let mut flow = Flow {
            duration,
            initiator: self.source.endpoint("srcip", "srcport")?,
            responder: self.destination.endpoint("dstip", "dstport")?,
            bytes_out: count(reasons::BYTES, "sentbyte", self.sent_bytes)?,
            bytes_in: count(reasons::BYTES, "rcvdbyte", self.received_bytes)?,
            packets_out: count(reasons::PACKETS, "sentpkt", self.sent_packets)?,
            packets_in: count(reasons::PACKETS, "rcvdpkt", self.received_packets)?,
            service: said(self.service),
            user: said(self.user).or_else(|| said(self.guessed_user)),
            sensor: said(self.device).or_else(|| said(self.device_id)),
            rule: said(self.policy),
            ..Flow::default()
        };
        if let Some(value) = self.protocol {
            let read = Protocol::read(&value.text());
            flow.protocol = Some(read.ok_or_else(|| Fault::of_field(reasons::PROTOCOL, "proto", value.bytes))?);
        }
        if let Some((written, basis)) = self.written(clock)? {
            flow.start = written.before(duration.unwrap_or(0));
            flow.basis = basis;
        }
        flow.outcome = self.action.or(self.status).map_or(Outcome::Unknown, |action| outcome(action.bytes, &flow));
        Ok(flow)
    }

    /// When the record was written, by the rule at the head of this file.
    fn written(&self, clock: &Clock) -> Result<Option<(Moment, Basis)>, Fault> {
        let event = match self.event_time {
            Some(value) => {
                let read = time::epoch(value.bytes);
                Some(read.ok_or_else(|| Fault::of_field(reasons::TIME, "eventtime", value.bytes))?)
            }
            None => None,
        };
        let (Some(date), Some(clock_time)) = (self.date, self.time) else {
            return Ok(event.map(|event| (event, Basis::Explicit)));
        };
        let local = local_time(date.bytes, clock_time.bytes)?;
        match (self.tz, event) {
            (Some(tz), event) => {
                let offset = time::offset(tz.bytes).ok_or_else(|| Fault::of_field(reasons::TIME, "tz", tz.bytes))?;
                let (utc, basis) = time::Written { local, offset: Some(offset) }.settle(clock);
                let agreeing = event.filter(|event| event.0.abs_diff(utc.0) <= 1_000_000);
                Ok(Some((agreeing.unwrap_or(utc), basis)))
            }
            // No zone on earth is further than 14 hours from UTC; a device's clock and its log may be seconds apart.
            (None, Some(event)) if event.0.abs_diff(local.0) <= 14 * 3_600_000_000 + 5_000_000 => {
                Ok(Some((event, Basis::Explicit)))
            }
            (None, Some(_) | None) => Ok(Some(clock.settle(local))),
        }
    }
}

impl<'r> End<'r> {
    fn endpoint(&self, address_field: &str, port_field: &str) -> Result<Endpoint<'r>, Fault> {
        let Some(value) = self.address else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{address_field} is absent")));
        };
        let found = address(value.bytes);
        let port = match self.port {
            Some(port) => {
                let read = number::port(port.bytes);
                Some(read.ok_or_else(|| Fault::of_field(reasons::PORT, port_field, port.bytes))?)
            }
            None => None,
        };
        Ok(Endpoint {
            address: Some(found.ok_or_else(|| Fault::of_field(reasons::ADDRESS, address_field, value.bytes))?),
            name: said(self.name),
            zone: said(self.zone),
            port,
        })
    }
}

/// What became of a session, from the word of `action` (of `status` before FortiOS 5.2).
fn outcome(action: &[u8], flow: &Flow<'_>) -> Outcome {
    let unanswered = flow.packets_in.or(flow.bytes_in) == Some(0);
    match action {
        b"deny" | b"block" | b"blocked" | b"drop" | b"dropped" => Outcome::Denied,
        // `ip-conn`: the host was not reachable. `dns`: the name was not resolved.
        b"ip-conn" | b"dns" => Outcome::Failed,
        // The policy admitted it, but nothing ever came back.
        b"timeout" | b"client-rst" if unanswered => Outcome::Failed,
        // A reset as the only packet of the answer refuses the connection.
        b"server-rst" if flow.packets_in.is_some_and(|n| n <= 1) => Outcome::Failed,
        b"accept" | b"close" | b"start" | b"timeout" | b"client-rst" | b"server-rst" | b"reset" | b"pass" => {
            Outcome::Established
        }
        _ => Outcome::Unknown,
    }
}

/// What became of a session in which something was found, from the word of `action`.
fn scanned(action: &str) -> Outcome {
    match action {
        "clear_session" | "drop_session" | "reset_client" | "reset_server" | "quarantine-ip" => Outcome::Denied,
        "exempt" | "filtered" | "log-only" | "logged" => Outcome::Established,
        _ => firewall::verdict(action).unwrap_or(Outcome::Unknown),
    }
}

/// `N/A` is what FortiOS writes for what it does not know.
fn said<'r>(value: Option<Value<'r>>) -> Option<Text<'r>> {
    value.filter(|v| v.bytes != b"N/A").map(|v| v.text())
}

fn count(reason: &'static str, field: &str, value: Option<Value<'_>>) -> Result<Option<u64>, Fault> {
    match value {
        None => Ok(None),
        Some(v) if v.bytes == b"N/A" => Ok(None),
        Some(v) => number::count(v.bytes).map(Some).ok_or_else(|| Fault::of_field(reason, field, v.bytes)),
    }
}

fn seconds(value: Value<'_>) -> Result<u64, Fault> {
    let micros = number::micros(value.bytes).and_then(|micros| u64::try_from(micros).ok());
    micros.ok_or_else(|| Fault::of_field(reasons::DURATION, "duration", value.bytes))
}

fn local_time(date: &[u8], clock_time: &[u8]) -> Result<Moment, Fault> {
    let days = time::date(date).filter(|(_, rest)| rest.is_empty()).map(|(days, _)| days);
    let days = days.ok_or_else(|| Fault::of_field(reasons::TIME, "date", date))?;
    let micros = time::time_of_day(clock_time).filter(|(_, rest)| rest.is_empty()).map(|(micros, _)| micros);
    let micros = micros.ok_or_else(|| Fault::of_field(reasons::TIME, "time", clock_time))?;
    Ok(Moment(days * time::DAY + micros))
}

/// The line without the `<189>` of syslog, which would cling to the first key.
fn without_priority(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b"<") else { return line };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    match &rest[digits..] {
        [b'>', rest @ ..] if (1..=3).contains(&digits) => rest,
        [..] => line,
    }
}

/// Commas part the pairs if one stands directly behind the date.
fn between(line: &[u8]) -> Between {
    // It mostly comes first, and getting ready to look for it takes longer than looking.
    let at = if line.starts_with(b"date=") { Some(0) } else { memchr::memmem::find(line, b"date=") };
    let Some(at) = at else { return Between::Blanks };
    let value = &line[at + 5..];
    let end = memchr::memchr3(b',', b' ', b'\t', value);
    if end.is_some_and(|end| value[end] == b',') { Between::Commas } else { Between::Blanks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    fn start(times: &str) -> (Option<String>, Basis) {
        let line = format!("type=\"traffic\" subtype=\"forward\" srcip=192.0.2.1 dstip=198.51.100.1 {times}");
        let flow = reading_of(&FortigateTraffic, &line).flows.remove(0);
        (flow.start.map(|start| start.to_string()), flow.basis)
    }

    fn session(action: &str, id: &str, sent: u32) -> String {
        format!(
            "date=2020-06-11 time=10:00:00 tz=\"+0900\" devid=\"FGT1\" logid=\"00000000{id}\" type=\"traffic\" subtype=\"forward\" \
             srcip=192.0.2.1 srcport=5 dstip=198.51.100.1 dstport=443 proto=6 sessionid=7 action=\"{action}\" sentbyte={sent}\n"
        )
    }

    fn sent(text: &str) -> Vec<Option<u64>> {
        reading_of(&FortigateTraffic, text).flows.iter().map(|flow| flow.bytes_out).collect()
    }

    #[test]
    fn a_session_counts_once_however_often_it_is_logged() {
        let (start, first, second, end) = (
            session("start", "15", 0),
            session("accept", "20", 100),
            session("accept", "20", 250),
            session("close", "13", 300),
        );
        assert_eq!(sent(&[&start[..], &first, &second, &end].concat()), [Some(300)]);
        // Without an end in the file, the last of its records counts.
        assert_eq!(sent(&[&start[..], &first, &second].concat()), [Some(250)]);
        // A session number may come again after its end.
        assert_eq!(sent(&[&end[..], &start, &end].concat()), [Some(300), Some(300)]);
        // Other ends: another session, whatever its number.
        let other = first.replace("198.51.100.1", "198.51.100.2");
        assert_eq!(sent(&[&other[..], &end].concat()), [Some(300), Some(100)]);
    }

    #[test]
    fn a_start_without_a_session_number_counts_where_it_stands() {
        assert_eq!(sent(&session("start", "15", 5).replace("sessionid=7", "")), [Some(5)]);
    }

    fn explicit(seconds: &str) -> (Option<String>, Basis) {
        (Some(seconds.to_owned()), Basis::Explicit)
    }

    #[test]
    fn the_connection_began_its_duration_before_the_record() {
        assert_eq!(start("date=2020-06-11 time=10:00:00 tz=\"+0900\" duration=60"), explicit("1591837140"));
    }

    #[test]
    fn eventtime_gives_the_fraction_where_it_agrees() {
        for event in ["1591837200250", "1591837200250000", "1591837200250000000"] {
            let times = format!("date=2020-06-11 time=10:00:00 tz=\"+0900\" eventtime={event}");
            assert_eq!(start(&times), explicit("1591837200.25"), "{event}");
        }
    }

    #[test]
    fn the_written_time_holds_against_a_contradicting_eventtime() {
        assert_eq!(start("date=2020-06-11 time=10:00:00 tz=\"+0900\" eventtime=1591000000"), explicit("1591837200"));
    }

    #[test]
    fn eventtime_is_the_basis_without_a_zone() {
        assert_eq!(start("date=2020-06-11 time=10:00:00 eventtime=1591837200"), explicit("1591837200"));
        let unknown = (Some("1591869600".to_owned()), Basis::Unknown);
        assert_eq!(start("date=2020-06-11 time=10:00:00"), unknown);
        assert_eq!(start("date=2020-06-11 time=10:00:00 eventtime=1500000000"), unknown);
    }

    #[test]
    fn a_reset_alone_is_no_answer() {
        let line = "type=traffic subtype=forward srcip=192.0.2.1 dstip=198.51.100.1 action=server-rst rcvdpkt=";
        assert_eq!(reading_of(&FortigateTraffic, &format!("{line}1")).flows[0].outcome, Outcome::Failed);
        assert_eq!(reading_of(&FortigateTraffic, &format!("{line}9")).flows[0].outcome, Outcome::Established);
    }

    #[test]
    fn an_event_is_skipped_by_name() {
        let reading = reading_of(&FortigateTraffic, "<189>date=2020-06-11 type=\"event\" subtype=\"vpn\" user=\"a\"");
        assert_eq!(reading.dispositions, [Disposition::Skipped("FortiGate event/vpn record, no connection".into())]);
    }
}
