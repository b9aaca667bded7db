//! Suricata's eve.json, and AWS Network Firewall's logs, which are eve inside `event`. After the Suricata User Guide, "Eve JSON
//! Format" and "Eve JSON Output"; and the AWS Network Firewall Developer Guide, "Contents of a flow log". Bytes are counted on the
//! IP layer and above it, the link's header included where Suricata counts packets as captured.
//!
//! **Time.** `timestamp` says when a record was logged; of a flow record that is minutes after its end. The connection began at
//! `flow.start` (`netflow.start`); only records without it stand at their own time.
//!
//! **Counted once.** All records of one connection share `flow_id`. What an alert, DNS, HTTP, TLS or file record tells is held
//! until the connection's `flow` record, which has its final counters; the rest goes out at the file's end, with the counters of
//! the last alert, where no flow record has come (a log of alerts alone). What comes behind the flow record tells it again. A
//! `netflow` pair, one record a direction, is put together; a half alone stays one-way. Bounds: see `joined`.
//!
//! **Direction.** Flow records name the client first. Records of packets (alert, drop, anomaly, fileinfo, and DNS answers before
//! Suricata 5) name the packet's sender first: they are turned where `direction` says `to_client` or `flow.src_ip` names the
//! client; those of older versions say neither, and are marked one-way, so that an answer is known by its ports.
//!
//! **Not read.** `stats`, `engine` and other records without ends. The outer ends of a tunnel (`tunnel`): the connection is the
//! inner one. VLAN, and type and code of ICMP, which are no ports.

use super::joined::{Joined, Key};
use super::syntax::json::{self, Value};
use super::syntax::template::{Asked, Template};
use super::syntax::{address, number, syslog, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::records::shapes::Fitted;
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Place, Record};
use crate::flow::{Basis, Flow, Moment, Outcome, Protocol, Text};

/// The format.
pub struct SuricataEve;

impl Format for SuricataEve {
    fn name(&self) -> &'static str {
        "suricata_eve"
    }

    fn title(&self) -> &'static str {
        "Suricata eve.json"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        json::objects(sample.bytes).take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Eve { clock: setting.clock, joined: Joined::default(), template: Template::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let Ok(fields) = Fields::of(object, None, &mut Template::default()) else { return Likeness::None };
    let ends = fields.source.is_some() && fields.destination.is_some();
    let numbered = fields.flow_id.is_some() || fields.is_of_suricata;
    match (fields.event_type.is_some() && fields.timestamp.is_some(), ends, numbered) {
        (true, true, true) => Likeness::Certain,
        (true, false, true) | (true, true, false) => Likeness::Likely,
        (true, false, false) | (false, _, _) => Likeness::None,
    }
}

struct Eve {
    clock: Clock,
    joined: Joined,
    template: Template<Slot>,
}

/// What a record tells of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// All, at its end.
    Whole,
    /// One direction, at its end.
    Half,
    /// That it was there.
    Part,
}

impl Parser for Eve {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let (object, host) = match bytes.first() {
            Some(b'{') => (bytes, None),
            _ => behind_header(bytes),
        };
        let fields = match Fields::of(object, record.fitted, &mut self.template) {
            Ok(fields) => fields,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let Some(kind) = fields.event_type.and_then(|v| v.scalar()) else {
            let shown = readable(&object[..object.len().min(480)]);
            return Disposition::Malformed(Fault::new("not an eve record: it has no event_type", shown));
        };
        if fields.source.is_none() || fields.destination.is_none() {
            return no_ends(kind);
        }
        let mut flow = match fields.flow(kind, &self.clock) {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        if flow.sensor.is_none() {
            flow.sensor = host.map(readable);
        }
        let Some(number) = fields.flow_id.and_then(|v| v.scalar()).and_then(number::whole) else {
            flows(&flow, record.place);
            return Disposition::Parsed;
        };
        let key = Key::of(number, &flow);
        let tells = match kind {
            b"flow" => Tells::Whole,
            b"netflow" => Tells::Half,
            _ => Tells::Part,
        };
        self.join(key, tells, flow, record.place, flows)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.joined.rest().iter().for_each(|held| flows(&held.flow, held.place));
    }
}

const TOLD: &str = "told again by the record of the whole flow";

impl Eve {
    fn join(&mut self, key: Key, tells: Tells, mut flow: Flow<'_>, place: Place, flows: &mut Sink<'_>) -> Disposition {
        if self.joined.is_told(&key) {
            // A flow id stands for one flow; but a sensor that reads captures again and again gives the same.
            if tells == Tells::Whole {
                flows(&flow, place);
                return Disposition::Parsed;
            }
            return Disposition::Skipped(TOLD.into());
        }
        let whole = match (tells, self.joined.waiting(&key)) {
            (Tells::Whole, Some(held)) => {
                add(&mut flow, &held.flow);
                true
            }
            (Tells::Whole, None) => true,
            // The other half: what it sends is what the first one receives.
            (Tells::Half, Some(held)) if held.flow.one_way && is_back(&flow, &held.flow) => {
                let first = &held.flow;
                std::mem::swap(&mut flow.initiator, &mut flow.responder);
                (flow.bytes_in, flow.packets_in) = (flow.bytes_out, flow.packets_out);
                (flow.bytes_out, flow.packets_out) = (first.bytes_out, first.packets_out);
                flow.one_way = false;
                flow.outcome = Outcome::Established;
                add(&mut flow, first);
                true
            }
            (Tells::Half | Tells::Part, Some(held)) => {
                held.take_in(flow);
                return Disposition::Skipped("part of a connection that counts once".into());
            }
            (Tells::Half | Tells::Part, None) => {
                if let Some(oldest) = self.joined.hold(key, place, flow.into_owned()) {
                    flows(&oldest.flow, oldest.place);
                }
                return Disposition::Skipped("part of a connection that counts once".into());
            }
        };
        if whole {
            self.joined.take(&key);
            self.joined.tell(key);
        }
        flows(&flow, place);
        Disposition::Parsed
    }
}

impl super::joined::Held {
    /// What a further part says of the connection.
    fn take_in(&mut self, part: Flow<'_>) {
        let mut part = part.into_owned();
        // Of two parts, the one that knows the client is right about the direction, and the later counters are the fuller.
        let fuller = part.bytes_out.or(part.packets_out).is_some();
        let surer = self.flow.one_way && !part.one_way;
        if (fuller && (!part.one_way || self.flow.one_way)) || surer {
            std::mem::swap(&mut self.flow, &mut part);
        }
        add(&mut self.flow, &part);
    }
}

fn is_back(flow: &Flow<'_>, first: &Flow<'_>) -> bool {
    flow.initiator.address == first.responder.address && flow.initiator.port == first.responder.port
}

/// Adds what an earlier record of the same connection knew and this one does not.
fn add(flow: &mut Flow<'_>, earlier: &Flow<'static>) {
    for (own, known) in [
        (&mut flow.service, &earlier.service),
        (&mut flow.rule, &earlier.rule),
        (&mut flow.user, &earlier.user),
        (&mut flow.sensor, &earlier.sensor),
    ] {
        if own.is_none() {
            own.clone_from(known);
        }
    }
    if let Some(first) = earlier.start.filter(|first| flow.start.is_none_or(|own| *first < own)) {
        (flow.start, flow.basis) = (Some(first), earlier.basis);
    }
    let same_way = flow.initiator.address == earlier.initiator.address && flow.initiator.port == earlier.initiator.port;
    if same_way && flow.bytes_out.is_none() && flow.bytes_in.is_none() {
        (flow.bytes_out, flow.bytes_in) = (earlier.bytes_out, earlier.bytes_in);
        (flow.packets_out, flow.packets_in) = (earlier.packets_out, earlier.packets_in);
    }
    flow.outcome = match (flow.outcome, earlier.outcome) {
        (_, Outcome::Denied) | (Outcome::Denied, _) => Outcome::Denied,
        (Outcome::Unknown, earlier) => earlier,
        (own, _) => own,
    };
}

/// The object behind what a relay put before it, and the device that the relay names.
fn behind_header(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let message = syslog::strip(line);
    let at = memchr::memchr(b'{', message.body).unwrap_or(0);
    (&message.body[at..], message.host)
}

fn no_ends(kind: &[u8]) -> Disposition {
    match kind {
        b"stats" => Disposition::Skipped("Suricata stats record, no connection".into()),
        _ => {
            let name = readable(kind);
            let name = visible(&name);
            Disposition::Skipped(format!("Suricata {} record without both ends", elided(&name, 40)).into())
        }
    }
}

/// The fields that matter, as they stand.
#[derive(Default)]
struct Fields<'r> {
    event_type: Option<Value<'r>>,
    timestamp: Option<Value<'r>>,
    flow_id: Option<Value<'r>>,
    source: Option<Value<'r>>,
    source_port: Option<Value<'r>>,
    destination: Option<Value<'r>>,
    destination_port: Option<Value<'r>>,
    protocol: Option<Value<'r>>,
    app: Option<Value<'r>>,
    direction: Option<Value<'r>>,
    sensor: Option<Value<'r>>,
    flow: bool,
    netflow: bool,
    /// What `flow` and `netflow` tell, in order.
    counted: [Vec<(Counter, Value<'r>)>; 2],
    alert: Option<Value<'r>>,
    verdict: Option<&'r [u8]>,
    /// All that the server sent was a reset (RST, or RST and ACK), in hexadecimal.
    refused: bool,
    dns: Option<&'r [u8]>,
    smb: Option<&'r [u8]>,
    /// It has a field that only Suricata writes.
    is_of_suricata: bool,
}

/// What a field is to us.
#[derive(Debug, Clone, Copy)]
enum Slot {
    EventType,
    Timestamp,
    FlowId,
    Source,
    SourcePort,
    Destination,
    DestinationPort,
    Protocol,
    App,
    Direction,
    Sensor,
    Flow,
    Netflow,
    Alert,
    Verdict,
    Tcp,
    FlagsToClient,
    /// A field of `flow`, or of `netflow`.
    Count(bool, Counter),
    Dns,
    Smb,
    /// What only Suricata writes.
    OfSuricata,
    /// AWS's: the eve record.
    Event,
    /// AWS's: the sensor.
    Firewall,
}

impl Asked for Slot {
    fn of(key: &[u8]) -> Option<Slot> {
        Some(match key {
            b"event_type" => Slot::EventType,
            b"timestamp" => Slot::Timestamp,
            b"flow_id" => Slot::FlowId,
            b"src_ip" => Slot::Source,
            b"src_port" => Slot::SourcePort,
            b"dest_ip" => Slot::Destination,
            b"dest_port" => Slot::DestinationPort,
            b"proto" => Slot::Protocol,
            b"app_proto" => Slot::App,
            b"direction" => Slot::Direction,
            b"host" | b"sensor_name" => Slot::Sensor,
            b"flow" => Slot::Flow,
            b"netflow" => Slot::Netflow,
            b"alert" => Slot::Alert,
            b"verdict" => Slot::Verdict,
            b"tcp" => Slot::Tcp,
            b"dns" => Slot::Dns,
            b"smb" => Slot::Smb,
            b"stats" | b"in_iface" | b"pcap_cnt" | b"pkt_src" => Slot::OfSuricata,
            b"event" => Slot::Event,
            b"firewall_name" => Slot::Firewall,
            _ => return None,
        })
    }

    fn is_outer(self) -> bool {
        matches!(self, Slot::Flow | Slot::Netflow | Slot::Tcp)
    }

    fn within(self, key: &[u8]) -> Option<Slot> {
        match self {
            Slot::Flow | Slot::Netflow => Counter::of(key).map(|own| Slot::Count(matches!(self, Slot::Netflow), own)),
            Slot::Tcp => (key == b"tcp_flags_tc").then_some(Slot::FlagsToClient),
            _ => None,
        }
    }
}

impl<'r> Fields<'r> {
    fn of(object: &'r [u8], fitted: Option<Fitted<'r>>, template: &mut Template<Slot>) -> Result<Fields<'r>, Fault> {
        let mut found = Fields::default();
        let mut inner = None;
        let walked = template.fields(object, fitted, |slot, value| match slot {
            Slot::Event if matches!(value, Value::Object(_)) => inner = Some(value),
            Slot::Firewall => found.sensor = Some(value),
            _ => found.put(slot, value),
        });
        walked.map_err(|not_json| {
            let shown = readable(&object[..object.len().min(80)]);
            Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
        })?;
        if let (Some(Value::Object(event)), None) = (inner, found.event_type) {
            // Already walked over once, so it is sound.
            let _sound = Template::default().fields(event, None, |slot, value| found.put(slot, value));
            found.is_of_suricata = true;
        }
        Ok(found)
    }

    fn put(&mut self, slot: Slot, value: Value<'r>) {
        let object = |value| if let Value::Object(bytes) = value { Some(bytes) } else { None };
        if matches!(value, Value::Null) {
            return;
        }
        match slot {
            Slot::EventType => self.event_type = Some(value),
            Slot::Timestamp => self.timestamp = Some(value),
            Slot::FlowId => self.flow_id = Some(value),
            Slot::Source => self.source = Some(value),
            Slot::SourcePort => self.source_port = Some(value),
            Slot::Destination => self.destination = Some(value),
            Slot::DestinationPort => self.destination_port = Some(value),
            Slot::Protocol => self.protocol = Some(value),
            Slot::App => self.app = Some(value),
            Slot::Direction => self.direction = Some(value),
            Slot::Sensor if matches!(value, Value::String(_)) => self.sensor = Some(value),
            // What is told in it follows.
            Slot::Flow => (self.flow, self.counted[0]) = (object(value).is_some(), Vec::new()),
            Slot::Netflow => (self.netflow, self.counted[1]) = (object(value).is_some(), Vec::new()),
            Slot::Count(netflow, counter) => self.counted[usize::from(netflow)].push((counter, value)),
            Slot::Alert => self.alert = Some(value),
            Slot::Verdict => self.verdict = object(value),
            Slot::Tcp => self.refused = false,
            Slot::FlagsToClient => self.refused |= matches!(value.scalar(), Some(b"14" | b"04")),
            Slot::Dns => self.dns = object(value),
            Slot::Smb => self.smb = object(value),
            Slot::OfSuricata => self.is_of_suricata = true,
            Slot::Sensor | Slot::Event | Slot::Firewall => {}
        }
    }

    fn flow(&self, kind: &'r [u8], clock: &Clock) -> Result<Flow<'r>, Fault> {
        let mut flow = Flow::default();
        flow.initiator.address = end("src_ip", self.source)?;
        flow.responder.address = end("dest_ip", self.destination)?;
        flow.initiator.port = port("src_port", self.source_port)?;
        flow.responder.port = port("dest_port", self.destination_port)?;
        // `unknown`, and names that no table has: which protocol it was is not said.
        flow.protocol = self.protocol.and_then(|v| v.scalar()).and_then(protocol);
        flow.service = self.app.and_then(|v| v.text()).filter(|app| !matches!(&**app, "failed" | "unknown"));
        flow.sensor = self.sensor.and_then(|v| v.text()).filter(|sensor| !sensor.is_empty());
        if let Some(at) = moment("timestamp", self.timestamp, clock)? {
            (flow.start, flow.basis) = (Some(at.0), at.1);
        }
        let counters = self.counters(clock)?;
        if let Some((start, basis)) = counters.start {
            flow.duration = counters.end.and_then(|(end, _)| u64::try_from(end.0.checked_sub(start.0)?).ok());
            (flow.start, flow.basis) = (Some(start), basis);
        }
        flow.bytes_out = counters.bytes_out;
        flow.bytes_in = counters.bytes_in;
        flow.packets_out = counters.packets_out;
        flow.packets_in = counters.packets_in;
        match kind {
            b"flow" => {}
            b"netflow" => flow.one_way = true,
            _ => self.orient(kind, &counters, &mut flow),
        }
        self.say_what_came_of_it(kind, &counters, &mut flow);
        if flow.service.is_none() && is_application(kind) {
            flow.service = Some(readable(kind));
        }
        if let Some(smb) = self.smb {
            flow.user = smb_user(smb);
        }
        Ok(flow)
    }

    /// Turns a record of a packet that went to the client; marks it where nothing says who the client is.
    fn orient(&self, kind: &[u8], counters: &Counters<'r>, flow: &mut Flow<'r>) {
        let to_client = match (counters.client, self.direction.and_then(|v| v.scalar())) {
            (Some(client), _) if Some(client) == flow.responder.address => {
                // Both ends on one host: the port tells them apart.
                let other = counters.client_port.is_some() && counters.client_port != flow.responder.port;
                Some(!(flow.initiator.address == flow.responder.address && other))
            }
            (Some(_), _) => Some(false),
            (None, Some(b"to_client")) => Some(true),
            (None, Some(b"to_server")) => Some(false),
            (None, _) => None,
        };
        let by_packet = matches!(kind, b"alert" | b"drop" | b"anomaly" | b"fileinfo")
            || (kind == b"dns" && self.dns.is_some_and(is_dns_answer));
        match to_client {
            Some(true) => std::mem::swap(&mut flow.initiator, &mut flow.responder),
            Some(false) => {}
            None if !by_packet => {}
            None => {
                flow.one_way = true;
                // Its counters say which way the client is; ports have to say who that is.
                if flow.bytes_out.is_some() {
                    if flow.is_reply() {
                        std::mem::swap(&mut flow.initiator, &mut flow.responder);
                    }
                    flow.one_way = false;
                }
            }
        }
    }

    fn say_what_came_of_it(&self, kind: &[u8], counters: &Counters<'r>, flow: &mut Flow<'r>) {
        let mut denied = kind == b"drop" || counters.denied;
        match self.alert {
            Some(Value::Object(alert)) => {
                let _sound = json::fields(alert, |key, value| match key.bytes {
                    b"signature" => flow.rule = value.text().filter(|name| !name.is_empty()),
                    b"action" => denied |= value.scalar() == Some(b"blocked"),
                    _ => {}
                });
            }
            Some(value) => flow.rule = value.text(),
            None => {}
        }
        if let Some(verdict) = self.verdict {
            let _sound = json::fields(verdict, |key, value| {
                denied |= key.bytes == b"action" && matches!(value.scalar(), Some(b"drop" | b"reject"));
            });
        }
        flow.outcome = match (denied, flow.packets_in.or(flow.bytes_in), counters.state) {
            (true, _, _) => Outcome::Denied,
            _ if self.refused => Outcome::Failed,
            (false, _, Some(b"established" | b"closed")) => Outcome::Established,
            (false, Some(1..), _) => Outcome::Established,
            (false, Some(0), _) if kind == b"flow" => Outcome::Failed,
            // Both ends of an application's exchange were read.
            (false, _, _) if is_application(kind) && kind != b"dns" => Outcome::Established,
            (false, _, _) if kind == b"dns" && self.dns.is_some_and(is_dns_answer) => Outcome::Established,
            (false, _, _) => Outcome::Unknown,
        };
    }

    fn counters(&self, clock: &Clock) -> Result<Counters<'r>, Fault> {
        let mut found = Counters::default();
        let mut fault = None;
        let counted = match (self.flow, self.netflow) {
            (true, _) => &self.counted[0],
            (false, true) => &self.counted[1],
            (false, false) => return Ok(found),
        };
        for (counter, value) in counted.iter().copied() {
            if matches!(value, Value::Null) {
                continue;
            }
            let mut put = |place: &mut Option<u64>, reason, field| match value.scalar().and_then(number::whole) {
                Some(count) => *place = Some(count),
                None => fault = Some(Fault::of_field(reason, field, value.shown().as_bytes())),
            };
            match counter {
                Counter::BytesOut => put(&mut found.bytes_out, reasons::BYTES, "bytes_toserver"),
                Counter::BytesIn => put(&mut found.bytes_in, reasons::BYTES, "bytes_toclient"),
                Counter::PacketsOut => put(&mut found.packets_out, reasons::PACKETS, "pkts_toserver"),
                Counter::PacketsIn => put(&mut found.packets_in, reasons::PACKETS, "pkts_toclient"),
                Counter::State => found.state = value.scalar(),
                Counter::Action => found.denied = matches!(value.scalar(), Some(b"drop" | b"reject")),
                Counter::Client => found.client = value.scalar().and_then(address::address),
                Counter::ClientPort => found.client_port = value.scalar().and_then(number::port),
                Counter::Start | Counter::End => match (moment("flow.start", Some(value), clock), counter) {
                    (Ok(at), Counter::Start) => found.start = at,
                    (Ok(at), _) => found.end = at,
                    (Err(wrong), _) => fault = Some(wrong),
                },
            }
        }
        fault.map_or(Ok(found), Err)
    }
}

/// What a field of `flow` or `netflow` is to us.
#[derive(Debug, Clone, Copy)]
enum Counter {
    BytesOut,
    BytesIn,
    PacketsOut,
    PacketsIn,
    State,
    Action,
    Client,
    ClientPort,
    Start,
    End,
}

impl Counter {
    fn of(key: &[u8]) -> Option<Counter> {
        Some(match key {
            b"bytes_toserver" | b"bytes" => Counter::BytesOut,
            b"bytes_toclient" => Counter::BytesIn,
            b"pkts_toserver" | b"pkts" => Counter::PacketsOut,
            b"pkts_toclient" => Counter::PacketsIn,
            b"state" => Counter::State,
            b"action" => Counter::Action,
            b"src_ip" => Counter::Client,
            b"src_port" => Counter::ClientPort,
            b"start" => Counter::Start,
            b"end" => Counter::End,
            _ => return None,
        })
    }
}

/// What `flow` or `netflow` says.
#[derive(Default)]
struct Counters<'r> {
    start: Option<(Moment, Basis)>,
    end: Option<(Moment, Basis)>,
    bytes_out: Option<u64>,
    bytes_in: Option<u64>,
    packets_out: Option<u64>,
    packets_in: Option<u64>,
    state: Option<&'r [u8]>,
    denied: bool,
    /// The flow's own source, which is its client (since Suricata 7).
    client: Option<std::net::IpAddr>,
    client_port: Option<u16>,
}

/// The record of an application's request or answer, named after the application.
fn is_application(kind: &[u8]) -> bool {
    !matches!(
        kind,
        b"flow"
            | b"netflow"
            | b"alert"
            | b"drop"
            | b"anomaly"
            | b"fileinfo"
            | b"packet"
            | b"metadata"
            | b"pkthdr"
            | b"frame"
    )
}

fn is_dns_answer(dns: &[u8]) -> bool {
    let mut answer = false;
    let _sound = json::fields(dns, |key, value| {
        answer |= key.bytes == b"type" && matches!(value.scalar(), Some(b"answer" | b"response"));
    });
    answer
}

fn smb_user(smb: &[u8]) -> Option<Text<'_>> {
    let mut user = None;
    let _sound = json::fields(smb, |key, value| {
        if let (b"ntlmssp", Value::Object(inner)) = (key.bytes, value) {
            let _sound = json::fields(inner, |key, value| {
                if key.bytes == b"user" {
                    user = value.text().filter(|user| !user.is_empty());
                }
            });
        }
    });
    user
}

fn protocol(name: &[u8]) -> Option<Protocol> {
    // `053` and the like: a number where the system's table has no name.
    std::str::from_utf8(name).ok().and_then(Protocol::read)
}

fn end(field: &'static str, value: Option<Value<'_>>) -> Result<Option<std::net::IpAddr>, Fault> {
    let Some(value) = value else { return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent"))) };
    let read = value.scalar().and_then(address::address);
    read.map(Some).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, value.shown().as_bytes()))
}

fn port(field: &'static str, value: Option<Value<'_>>) -> Result<Option<u16>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let read = value.scalar().and_then(number::whole).and_then(|port| u16::try_from(port).ok());
    read.map(Some).ok_or_else(|| Fault::of_field(reasons::PORT, field, value.shown().as_bytes()))
}

fn moment(field: &'static str, value: Option<Value<'_>>, clock: &Clock) -> Result<Option<(Moment, Basis)>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let text = value.scalar().unwrap_or_default();
    let read = match value {
        Value::Number(_) => time::epoch(text).map(|at| (at, Basis::Explicit)),
        _ => time::read(text).map(|written| written.settle(clock)),
    };
    read.map(Some).ok_or_else(|| Fault::of_field(reasons::TIME, field, value.shown().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    const ENDS: &str =
        r#""src_ip":"192.0.2.10","src_port":50000,"dest_ip":"198.51.100.5","dest_port":443,"proto":"TCP""#;

    #[test]
    fn an_alert_and_its_flow_count_once() {
        let text = format!(
            r#"{{"timestamp":"2024-03-01T10:00:02.000000+0000","flow_id":7,"event_type":"alert",{ENDS},"alert":{{"signature":"X"}},"flow":{{"bytes_toserver":5,"start":"2024-03-01T10:00:01.000000+0000"}}}}
{{"timestamp":"2024-03-01T10:05:00.000000+0000","flow_id":7,"event_type":"flow",{ENDS},"flow":{{"bytes_toserver":500,"bytes_toclient":900,"start":"2024-03-01T10:00:01.000000+0000","end":"2024-03-01T10:00:04.500000+0000"}}}}
{{"timestamp":"2024-03-01T10:05:00.000000+0000","flow_id":7,"event_type":"tls",{ENDS}}}"#
        );
        let reading = reading_of(&SuricataEve, &text);
        let flow = &reading.flows[0];
        assert_eq!(reading.flows.len(), 1);
        assert_eq!((flow.bytes_out, flow.duration, flow.rule.as_deref()), (Some(500), Some(3_500_000), Some("X")));
    }

    #[test]
    fn both_halves_of_a_netflow_pair_are_one_flow() {
        let half = |from: &str, to: &str, bytes: u64| {
            format!(
                r#"{{"timestamp":"2024-03-01T10:05:00.000000+0000","flow_id":8,"event_type":"netflow","src_ip":"{from}","dest_ip":"{to}","proto":"TCP","netflow":{{"bytes":{bytes},"pkts":1}}}}"#
            )
        };
        let text = [half("192.0.2.1", "198.51.100.1", 10), half("198.51.100.1", "192.0.2.1", 30)].join("\n");
        let flows = reading_of(&SuricataEve, &text).flows;
        assert_eq!(flows.len(), 1);
        assert_eq!((flows[0].bytes_out, flows[0].bytes_in, flows[0].one_way), (Some(10), Some(30), false));
        assert_eq!(flows[0].initiator.address, "192.0.2.1".parse().ok());
    }

    #[test]
    fn an_alert_on_the_answer_is_turned() {
        let line = r#"{"timestamp":"2024-03-01T10:00:02.000000+0000","flow_id":9,"event_type":"alert","src_ip":"198.51.100.5","src_port":80,"dest_ip":"192.0.2.10","dest_port":1040,"proto":"TCP","direction":"to_client","alert":{"signature":"X","action":"blocked"}}"#;
        let flow = reading_of(&SuricataEve, line).flows.remove(0);
        assert_eq!((flow.responder.port, flow.outcome), (Some(80), Outcome::Denied));
    }
}
