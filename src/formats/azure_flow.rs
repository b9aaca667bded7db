//! Azure's flow logs: of network security groups (NSG, versions 1 and 2) and of virtual networks (version 4): one JSON record a
//! minute and interface, with many flow tuples in it, and the same with its tuples flattened by a pipeline (`flow.0`). After
//! Microsoft, "Flow logging for network security groups, Log format" and "Virtual network flow logs, Log format". Bytes are counted
//! on the IP layer.
//!
//! **A tuple.** Time (seconds for NSG, milliseconds for VNet), source, destination, their ports, protocol (`T` and `U`, or a
//! number), direction, then for NSG decision (A, D) and state, for VNet state and encryption; packets and bytes from source to
//! destination, and back. The source is who opened the connection.
//!
//! **Counted once.** State B begins a flow, without counters; C goes on and E ends it, each with what was counted since the one
//! before. They are summed, and the flow goes out at its E, or at the file's end; it began at the time of its first tuple. Where
//! both ends are in Azure, both of their interfaces tell: the first counts, see `reporters`. Bounds: see `joined`.
//!
//! Version 1 has neither state nor counters: each of its tuples is a connection.

use super::joined::{Joined, Key};
use super::reporters::Reporters;
use super::syntax::json::{self, Value};
use super::syntax::{address, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Place, Record};
use crate::flow::{Basis, Endpoint, Flow, Host, Moment, Outcome, Protocol, Text};

/// The format.
pub struct AzureFlow;

impl Format for AzureFlow {
    fn name(&self) -> &'static str {
        "azure_flow"
    }

    fn title(&self) -> &'static str {
        "Azure NSG and VNet flow logs"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let whole = json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None);
        // One record may be longer than the sample.
        let begun = [&b"\"flowTuples\""[..], b"\"FlowLogFlowEvent\"", b"\"NetworkSecurityGroupFlowEvent\""];
        let marks = begun.iter().filter(|mark| memchr::memmem::find(sample.bytes, mark).is_some()).count();
        let begins = sample.bytes.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'[' | 0xef));
        match (whole, marks) {
            (Likeness::None, 2..) if begins && !sample.whole => Likeness::Certain,
            (whole, _) => whole,
        }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Json
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Flows { joined: Joined::default(), reporters: Reporters::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let mut tuples = 0;
    let walked = walk(object, &Context::default(), 0, &mut |tuple, _| tuples += u32::from(Tuple::of(tuple).is_ok()));
    let mut category = false;
    let _sound = json::fields(object, |key, value| {
        category |= matches!(key.bytes, b"category" | b"operationName")
            && value.scalar().is_some_and(|name| memchr::memmem::find(name, b"FlowEvent").is_some());
    });
    match (walked, tuples, category) {
        (Ok(_), 1.., _) => Likeness::Certain,
        (Ok(_), 0, true) => Likeness::Likely,
        (Ok(_), 0, false) | (Err(_), _, _) => Likeness::None,
    }
}

struct Flows {
    joined: Joined,
    reporters: Reporters,
}

/// What stands around a tuple.
#[derive(Debug, Clone, Default)]
struct Context<'r> {
    rule: Option<Text<'r>>,
    mac: Option<&'r [u8]>,
    resource: Option<Text<'r>>,
}

/// No log nests deeper.
const DEEPEST: u32 = 10;

/// Visits the tuples of an object with what stands around them.
fn walk<'r>(
    object: &'r [u8],
    around: &Context<'r>,
    depth: u32,
    visit: &mut dyn FnMut(Value<'r>, &Context<'r>),
) -> Result<(), json::NotJson> {
    let mut here = around.clone();
    json::fields(object, |key, value| match key.bytes {
        b"rule" => here.rule = value.text(),
        b"mac" | b"macAddress" => here.mac = value.scalar(),
        // The network security group; of a virtual network, what is logged.
        b"resourceId" | b"targetResourceID" => here.resource = value.text(),
        _ => {}
    })?;
    json::fields(object, |key, value| match value {
        Value::Array(items) if key.bytes == b"flowTuples" => {
            // Walked over above, so it is sound.
            let _sound = json::items(items, |tuple| visit(tuple, &here));
        }
        Value::Array(items) if depth < DEEPEST => {
            let _sound = json::items(items, |item| {
                if let Value::Object(inner) = item {
                    let _sound = walk(inner, &here, depth + 1, visit);
                }
            });
        }
        Value::Object(inner) if depth < DEEPEST => {
            let _sound = walk(inner, &here, depth + 1, visit);
        }
        Value::String(_) if key.bytes == b"flowTuples" || key.bytes == b"flowTuple" || is_flattened(key.bytes) => {
            visit(value, &here)
        }
        _ => {}
    })
}

/// `flow.0`, `flow_12`.
fn is_flattened(key: &[u8]) -> bool {
    key.strip_prefix(b"flow").is_some_and(|rest| {
        matches!(rest.first(), Some(b'.' | b'_')) && rest.len() > 1 && rest[1..].iter().all(u8::is_ascii_digit)
    })
}

impl Parser for Flows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let object = super::without_mark(record.bytes);
        let mut fate = Fate::default();
        let walked = walk(object, &Context::default(), 0, &mut |tuple, around| match Tuple::of(tuple) {
            Ok(tuple) => self.take(tuple, around, record.place, flows, &mut fate),
            Err(fault) => fate.fault = Some(fault),
        });
        if let Err(not_json) = walked {
            let shown = readable(&object[..object.len().min(80)]);
            return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
        }
        match fate {
            Fate { fault: Some(fault), .. } => Disposition::Malformed(fault),
            Fate { out: true, .. } => Disposition::Parsed,
            Fate { held: true, .. } => Disposition::Skipped("parts of flows that count once, at their end".into()),
            Fate { again: true, .. } => Disposition::Skipped("told already by the other end's interface".into()),
            Fate { .. } => Disposition::Skipped("Azure record without flows".into()),
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.joined.rest().iter().for_each(|held| flows(&held.flow, held.place));
    }
}

/// What became of a record's tuples.
#[derive(Default)]
struct Fate {
    out: bool,
    held: bool,
    again: bool,
    fault: Option<Fault>,
}

impl Flows {
    fn take(&mut self, tuple: Tuple, around: &Context<'_>, place: Place, flows: &mut Sink<'_>, fate: &mut Fate) {
        let mut flow = tuple.flow(around);
        let key = Key::of(tuple.protocol.map_or(256, |protocol| u64::from(protocol.0)), &flow);
        let interface =
            around.mac.map_or(0, |mac| Host::of_name(&readable(mac)).0 as u64) << 1 | u64::from(tuple.outbound);
        let at = flow.start;
        if self.reporters.repeats(key, interface, at) {
            fate.again = true;
            return;
        }
        match tuple.state {
            State::Alone | State::Denied => {
                fate.out = true;
                flows(&flow, place);
            }
            State::Begins | State::GoesOn => {
                fate.held = true;
                if tuple.state == State::GoesOn
                    && let Some(held) = self.joined.waiting(&key)
                {
                    sum(&mut held.flow, &flow, at);
                    return;
                }
                // A second beginning of the same ends: the end of the first is not in this file.
                if let Some(before) = self.joined.take(&key) {
                    flows(&before.flow, before.place);
                    fate.out = true;
                }
                if let Some(oldest) = self.joined.hold(key, place, flow.into_owned()) {
                    flows(&oldest.flow, oldest.place);
                    fate.out = true;
                }
            }
            State::Ends => {
                if let Some(held) = self.joined.take(&key) {
                    let part = flow;
                    flow = held.flow;
                    sum(&mut flow, &part, at);
                }
                fate.out = true;
                flows(&flow, place);
            }
        }
    }
}

/// Adds what was counted since.
fn sum(flow: &mut Flow<'_>, part: &Flow<'_>, at: Option<Moment>) {
    for (all, more) in [
        (&mut flow.bytes_out, part.bytes_out),
        (&mut flow.bytes_in, part.bytes_in),
        (&mut flow.packets_out, part.packets_out),
        (&mut flow.packets_in, part.packets_in),
    ] {
        *all = match (*all, more) {
            (Some(all), Some(more)) => Some(all.saturating_add(more)),
            (all, more) => all.or(more),
        };
    }
    let lasted = at.zip(flow.start).and_then(|(at, start)| at.0.checked_sub(start.0));
    flow.duration = lasted.and_then(|micros| u64::try_from(micros).ok()).max(flow.duration);
    flow.outcome = outcome(flow);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Version 1, which has none.
    Alone,
    Begins,
    GoesOn,
    Ends,
    Denied,
}

#[derive(Debug, Clone, Copy)]
struct Tuple {
    at: Moment,
    ends: [(std::net::IpAddr, Option<u16>); 2],
    protocol: Option<Protocol>,
    outbound: bool,
    state: State,
    /// Packets and bytes to the destination, and back.
    counts: [Option<u64>; 4],
}

impl Tuple {
    fn of(value: Value<'_>) -> Result<Tuple, Fault> {
        let text = value.scalar().unwrap_or_default();
        let mut cells: [&[u8]; 13] = [b""; 13];
        for (place, cell) in cells.iter_mut().zip(text.split(|b| *b == b',')) {
            *place = cell.trim_ascii();
        }
        let [at, source, destination, source_port, destination_port, protocol, direction, ..] = cells;
        if !matches!(direction, b"I" | b"O") {
            let shown = value.shown();
            return Err(Fault::new("not a flow tuple: its seventh field is no direction", shown.into_owned()));
        }
        let end = |field, host, port: &[u8]| {
            let address = address::address(host).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, host))?;
            let read = if port.is_empty() { None } else { Some(number::port(port)) };
            match read {
                Some(None) => Err(Fault::of_field(reasons::PORT, field, port)),
                Some(Some(port)) => Ok((address, Some(port))),
                None => Ok((address, None)),
            }
        };
        let protocol = match protocol {
            b"T" => Some(Protocol::TCP),
            b"U" => Some(Protocol::UDP),
            other => {
                let number = number::count(other).and_then(|n| u8::try_from(n).ok()).map(Protocol);
                Some(number.ok_or_else(|| Fault::of_field(reasons::PROTOCOL, "protocol", other))?)
            }
        };
        // Decision and state of an NSG, state and encryption of a virtual network.
        let state = match (cells[7], cells[8]) {
            (b"A" | b"D", b"") | (b"A", b"-") => State::Alone,
            (b"D", _) => State::Denied,
            (b"A", b"B") | (b"B", _) => State::Begins,
            (b"A", b"C") | (b"C", _) => State::GoesOn,
            (b"A", b"E") | (b"E", _) => State::Ends,
            (other, _) => return Err(Fault::of_field("state of the flow is unknown", "flow state", other)),
        };
        let state = if cells[7] == b"D" { State::Denied } else { state };
        let mut counts = [None; 4];
        for ((place, cell), field) in
            counts.iter_mut().zip(&cells[9..]).zip(["packets", "bytes", "packets back", "bytes back"])
        {
            if !cell.is_empty() && *cell != b"-" {
                *place = Some(number::count(cell).ok_or_else(|| Fault::of_field(reasons::BYTES, field, cell))?);
            }
        }
        Ok(Tuple {
            at: time::epoch(at).ok_or_else(|| Fault::of_field(reasons::TIME, "time", at))?,
            ends: [end("source", source, source_port)?, end("destination", destination, destination_port)?],
            protocol,
            outbound: direction == b"O",
            state,
            counts,
        })
    }

    fn flow<'r>(&self, around: &Context<'r>) -> Flow<'r> {
        let ported = self.protocol.is_some_and(Protocol::has_ports);
        let [initiator, responder] = self.ends.map(|(address, port)| Endpoint {
            address: Some(address),
            port: port.filter(|_| ported),
            ..Endpoint::default()
        });
        // "Statistics aren't provided" at a beginning: zeros there do not mean that nothing was sent.
        let counted = self.state != State::Begins;
        let [packets_out, bytes_out, packets_in, bytes_in] = self.counts.map(|count| count.filter(|_| counted));
        let mut flow = Flow {
            start: Some(self.at),
            basis: Basis::Explicit,
            initiator,
            responder,
            protocol: self.protocol,
            packets_out,
            bytes_out,
            packets_in,
            bytes_in,
            rule: around.rule.clone(),
            sensor: around.resource.as_ref().map(last_of_path),
            ..Flow::default()
        };
        flow.outcome = if self.state == State::Denied { Outcome::Denied } else { outcome(&flow) };
        flow
    }
}

/// A resource's own name: the last part of its id.
fn last_of_path<'r>(id: &Text<'r>) -> Text<'r> {
    match id {
        Text::Borrowed(id) => Text::Borrowed(id.rsplit('/').next().unwrap_or(id)),
        Text::Owned(id) => Text::Owned(id.rsplit('/').next().unwrap_or(id).to_owned()),
    }
}

/// Admitted by the rules; an end that counts nothing back was not answered.
fn outcome(flow: &Flow<'_>) -> Outcome {
    match (flow.packets_out, flow.packets_in) {
        (Some(1..), Some(0)) => Outcome::Failed,
        (_, _) => Outcome::Established,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    fn record(mac: &str, tuples: &str) -> String {
        format!(
            r#"{{"time":"2024-03-05T09:01:00Z","macAddress":"{mac}","category":"FlowLogFlowEvent","flowRecords":{{"flows":[{{"aclID":"x","flowGroups":[{{"rule":"R","flowTuples":[{tuples}]}}]}}]}}}}"#
        )
    }

    #[test]
    fn deltas_are_summed_up_to_the_end() {
        let tuples = r#""1709629200000,10.0.0.4,10.1.0.4,50000,443,6,O,B,NX,0,0,0,0","1709629260000,10.0.0.4,10.1.0.4,50000,443,6,O,C,NX,5,500,4,4000","1709629290000,10.0.0.4,10.1.0.4,50000,443,6,O,E,NX,1,60,1,70""#;
        let reading = reading_of(&AzureFlow, &record("001122334455", tuples));
        let flow = &reading.flows[0];
        assert_eq!((reading.flows.len(), flow.bytes_out, flow.bytes_in), (1, Some(560), Some(4_070)));
        assert_eq!((flow.duration, flow.rule.as_deref()), (Some(90_000_000), Some("R")));
    }

    #[test]
    fn both_interfaces_count_once() {
        let there = record("001122334455", r#""1709629200000,10.0.0.4,10.1.0.4,50000,443,6,O,E,NX,5,500,4,4000""#);
        let here = record("00AABBCCDDEE", r#""1709629201000,10.0.0.4,10.1.0.4,50000,443,6,I,E,NX,5,500,4,4000""#);
        assert_eq!(reading_of(&AzureFlow, &format!("{there}\n{here}")).flows.len(), 1);
    }
}
