//! Google Cloud's VPC flow logs, firewall rules logging and Cloud NAT logs, as Cloud Logging exports them: entries with a
//! `jsonPayload`, that payload alone, or the tables of BigQuery and the Logs Explorer (columns named by their path). After Google
//! Cloud, "VPC Flow Logs records" and "Firewall Rules Logging, log format". Bytes are `bytes_sent`: what the source sent, as
//! sampled and scaled up, on the IP layer.
//!
//! **Time.** `start_time` is when the first packet of the interval was seen; `timestamp` says when the entry was logged, some
//! minutes later. A firewall entry has only the latter, which is within seconds of its connection.
//!
//! **Direction.** A flow record is one direction, and marked so. A firewall entry is of the packet that opened the connection, so
//! its source is the initiator.
//!
//! **Counted once.** Where both ends are virtual machines, both report (`reporter` SRC and DEST), and an egress and an ingress rule
//! may both log: the first counts, see `reporters`. A denial is never taken for a repetition of an admission.
//!
//! **Not read.** Other logs of the same sink, which have no `connection`. The pair behind the translation of Cloud NAT.

use std::borrow::Cow;

use super::joined::Key;
use super::reporters::Reporters;
use super::syntax::columns::Columns;
use super::syntax::json::{self, Value};
use super::syntax::leaves::leaves;
use super::syntax::{address, cells, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::{elided, readable, visible};
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Endpoint, Flow, Outcome, Protocol, Text};

/// The format.
pub struct GcpVpcFlow;

impl Format for GcpVpcFlow {
    fn name(&self) -> &'static str {
        "gcp_vpc_flow"
    }

    fn title(&self) -> &'static str {
        "Google Cloud VPC flow and firewall logs"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if sample.lines().take(5).any(|line| table_of(line).is_some()) {
            return Likeness::Certain;
        }
        json::objects(sample.bytes).take(50).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        let first = sample.lines().find(|line| !line.trim_ascii().is_empty());
        if first.is_some_and(|line| table_of(line).is_some()) { Framing::QuotedLines(b',') } else { Framing::Json }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Gcp { clock: setting.clock, columns: None, reporters: Reporters::default() })
    }
}

/// What a value is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Source,
    SourcePort,
    Destination,
    DestinationPort,
    Protocol,
    Start,
    End,
    Logged,
    Bytes,
    Packets,
    Reporter,
    RoundTrip,
    SourceName,
    DestinationName,
    Disposition,
    Allocation,
    Instance,
    Rule,
    Direction,
    LogName,
}

const SLOTS: usize = Slot::LogName as usize + 1;

fn slot_of(path: &[&[u8]]) -> Option<Slot> {
    Some(match path {
        [.., b"connection", b"src_ip"] => Slot::Source,
        [.., b"connection", b"src_port"] => Slot::SourcePort,
        [.., b"connection", b"dest_ip"] => Slot::Destination,
        [.., b"connection", b"dest_port"] => Slot::DestinationPort,
        [.., b"connection", b"protocol"] => Slot::Protocol,
        [.., b"src_instance", b"vm_name"] => Slot::SourceName,
        [.., b"dest_instance", b"vm_name"] => Slot::DestinationName,
        [.., b"instance" | b"endpoint", b"vm_name"] => Slot::Instance,
        [.., b"rule_details", b"reference"] => Slot::Rule,
        [.., b"rule_details", b"direction"] => Slot::Direction,
        [.., b"start_time"] => Slot::Start,
        [.., b"end_time"] => Slot::End,
        [.., b"bytes_sent"] => Slot::Bytes,
        [.., b"packets_sent"] => Slot::Packets,
        [.., b"reporter"] => Slot::Reporter,
        [.., b"rtt_msec"] => Slot::RoundTrip,
        [.., b"disposition"] => Slot::Disposition,
        [.., b"allocation_status"] => Slot::Allocation,
        [b"timestamp"] | [b"json", b"timestamp"] => Slot::Logged,
        [b"logName" | b"log_name" | b"logname"] | [b"json", b"logName"] => Slot::LogName,
        _ => return None,
    })
}

/// The columns of a table whose names are the paths of the values.
fn table_of(line: &[u8]) -> Option<Columns<Slot>> {
    memchr::memmem::find(line, b"connection.src_ip").or_else(|| memchr::memmem::find(line, b"connection_src_ip"))?;
    if line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let columns = Columns::of_header(line, b',', |name| {
        let name = name.replace("connection_", "connection.").replace("rule_details_", "rule_details.");
        let path: Vec<&[u8]> = name.split('.').map(str::as_bytes).collect();
        slot_of(&path)
    })?;
    columns.has_all(&[Slot::Source, Slot::Destination]).then_some(columns)
}

fn likeness_of(object: &[u8]) -> Likeness {
    let (mut ends, mut marks, mut google) = (0, 0, false);
    let walked = leaves(object, &mut |path, value| match slot_of(path) {
        Some(Slot::Source | Slot::Destination) => ends += 1,
        Some(Slot::Bytes | Slot::Reporter | Slot::Disposition | Slot::Start | Slot::Allocation) => marks += 1,
        Some(Slot::LogName) => {
            google = value.scalar().is_some_and(|name| memchr::memmem::find(name, b"googleapis.com").is_some());
        }
        Some(_) | None => {}
    });
    match (walked.is_ok() && ends >= 2, marks >= 1 || google) {
        (true, true) => Likeness::Certain,
        (true, false) => Likeness::Likely,
        // Another log of the same sink: read, so that the receipt can name it.
        (false, _) if google => Likeness::Likely,
        (false, _) => Likeness::None,
    }
}

struct Gcp {
    clock: Clock,
    columns: Option<Columns<Slot>>,
    reporters: Reporters,
}

impl Parser for Gcp {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        if let Some(columns) = table_of(bytes) {
            self.columns = Some(columns);
            return Disposition::Header;
        }
        let mut row = Vec::new();
        let values = match &self.columns {
            Some(columns) => match cells::cut(bytes, b',', &mut row) {
                Ok(()) => Values::of_row(columns, &row),
                Err(_unclosed) => {
                    return Disposition::Malformed(Fault::new("a quoted cell is not closed", readable(bytes)));
                }
            },
            None => match Values::of_object(bytes) {
                Ok(values) => values,
                Err(fault) => return Disposition::Malformed(fault),
            },
        };
        if values.get(Slot::Source).is_none() && values.get(Slot::Destination).is_none() {
            return no_connection(values.get(Slot::LogName));
        }
        match values.flow(&self.clock) {
            Ok(flow) => {
                let reporter = values.reporter();
                let direction = u64::from(flow.initiator.address <= flow.responder.address);
                let denied = u64::from(flow.outcome == Outcome::Denied);
                let key = Key::of(direction | denied << 1 | u64::from(flow.one_way) << 8, &flow);
                if reporter > 0 && self.reporters.repeats(key, reporter, flow.start) {
                    return Disposition::Skipped("told already by the other end's reporter".into());
                }
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

fn no_connection(log: Option<&Text<'_>>) -> Disposition {
    match log {
        Some(name) => {
            let name = name.rsplit("%2F").next().unwrap_or(name);
            Disposition::Skipped(format!("Google Cloud log {}, no connection", elided(&visible(name), 60)).into())
        }
        None => Disposition::Skipped("Google Cloud entry without a connection".into()),
    }
}

/// The values of a record as they stand.
struct Values<'r>([Option<Text<'r>>; SLOTS]);

impl<'r> Values<'r> {
    fn of_object(object: &'r [u8]) -> Result<Values<'r>, Fault> {
        let mut found = Values([const { None }; SLOTS]);
        leaves(object, &mut |path, value| {
            if let (Some(slot), false) = (slot_of(path), value == Value::Null) {
                found.0[slot as usize] = value.text().filter(|text| !text.is_empty());
            }
        })
        .map_err(|not_json| {
            let shown = readable(&object[..object.len().min(80)]);
            Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
        })?;
        Ok(found)
    }

    fn of_row(columns: &Columns<Slot>, row: &'r [Cow<'_, [u8]>]) -> Values<'r> {
        let mut found = Values([const { None }; SLOTS]);
        for (slot, cell) in columns.row(row) {
            found.0[slot as usize] = Some(readable(cell));
        }
        found
    }

    fn get(&self, slot: Slot) -> Option<&Text<'r>> {
        self.0[slot as usize].as_ref()
    }

    /// Which end reports: 1 the source, 2 the destination, 0 where it is not said.
    fn reporter(&self) -> u64 {
        match self.get(Slot::Reporter).or(self.get(Slot::Direction)).map(|text| &**text) {
            Some("SRC" | "SRC_GATEWAY" | "EGRESS") => 1,
            Some("DEST" | "DEST_GATEWAY" | "INGRESS") => 2,
            Some(_) | None => 0,
        }
    }

    fn flow(&self, clock: &Clock) -> Result<Flow<'r>, Fault> {
        let mut flow = Flow {
            initiator: self.end(Slot::Source, Slot::SourcePort, "src_ip", "src_port")?,
            responder: self.end(Slot::Destination, Slot::DestinationPort, "dest_ip", "dest_port")?,
            ..Flow::default()
        };
        flow.initiator.name = self.get(Slot::SourceName).cloned();
        flow.responder.name = self.get(Slot::DestinationName).cloned();
        if let Some(found) = self.get(Slot::Protocol) {
            let number = number::whole(found.as_bytes()).and_then(|n| u8::try_from(n).ok()).map(Protocol);
            let read = number.or_else(|| Protocol::read(found));
            flow.protocol = Some(read.ok_or_else(|| Fault::of_field(reasons::PROTOCOL, "protocol", found.as_bytes()))?);
        }
        if flow.protocol.is_some_and(|protocol| !protocol.has_ports()) {
            (flow.initiator.port, flow.responder.port) = (None, None);
        }
        let count = |slot, reason, field| match self.get(slot) {
            None => Ok(None),
            Some(found) => {
                let read = number::whole(found.as_bytes());
                read.map(Some).ok_or_else(|| Fault::of_field(reason, field, found.as_bytes()))
            }
        };
        flow.bytes_out = count(Slot::Bytes, reasons::BYTES, "bytes_sent")?;
        flow.packets_out = count(Slot::Packets, reasons::PACKETS, "packets_sent")?;
        let moment = |slot, field| match self.get(slot) {
            None => Ok(None),
            Some(found) => match time::read(found.as_bytes()) {
                Some(written) => Ok(Some(written.settle(clock))),
                None => Err(Fault::of_field(reasons::TIME, field, found.as_bytes())),
            },
        };
        let start = moment(Slot::Start, "start_time")?;
        if let Some((at, basis)) = start.or(moment(Slot::Logged, "timestamp")?) {
            (flow.start, flow.basis) = (Some(at), basis);
        }
        if let (Some((start, _)), Some((end, _))) = (start, moment(Slot::End, "end_time")?) {
            flow.duration = end.0.checked_sub(start.0).and_then(|micros| u64::try_from(micros).ok());
        }
        let verdict = self.get(Slot::Disposition).or(self.get(Slot::Allocation)).map(|text| &**text);
        // Firewall and NAT tell of connections, flow logs of one direction.
        flow.one_way = verdict.is_none();
        flow.outcome = match verdict {
            Some("DENIED" | "DROPPED") => Outcome::Denied,
            Some("ALLOWED" | "OK") => Outcome::Established,
            Some(_) => Outcome::Unknown,
            // A round trip was measured; or the packets came through the destination's firewall, which is before its reporter.
            None if self.get(Slot::RoundTrip).is_some() || self.reporter() == 2 => Outcome::Established,
            None => Outcome::Unknown,
        };
        flow.rule = self.get(Slot::Rule).cloned();
        flow.sensor = match self.reporter() {
            1 => self.get(Slot::SourceName).or(self.get(Slot::Instance)).cloned(),
            2 => self.get(Slot::DestinationName).or(self.get(Slot::Instance)).cloned(),
            _ => self.get(Slot::Instance).cloned(),
        };
        Ok(flow)
    }

    fn end(
        &self,
        slot: Slot,
        port: Slot,
        field: &'static str,
        port_field: &'static str,
    ) -> Result<Endpoint<'r>, Fault> {
        let Some(found) = self.get(slot) else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent")));
        };
        let address = address::address(found.as_bytes());
        let port = match self.get(port) {
            None => None,
            Some(found) => {
                let read = number::whole(found.as_bytes()).and_then(|port| u16::try_from(port).ok());
                Some(read.ok_or_else(|| Fault::of_field(reasons::PORT, port_field, found.as_bytes()))?)
            }
        };
        Ok(Endpoint {
            address: Some(address.ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, found.as_bytes()))?),
            port,
            ..Endpoint::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    fn entry(reporter: &str, bytes: &str) -> String {
        format!(
            r#"{{"jsonPayload":{{"connection":{{"src_ip":"10.0.0.1","src_port":50000,"dest_ip":"10.1.0.1","dest_port":443,"protocol":6}},"bytes_sent":"{bytes}","start_time":"2024-03-05T09:00:00.5Z","end_time":"2024-03-05T09:00:05Z","reporter":"{reporter}"}}}}"#
        )
    }

    #[test]
    fn both_reporters_count_once() {
        let text = [entry("SRC", "100"), entry("SRC", "200"), entry("DEST", "100")].join("\n");
        let flows = reading_of(&GcpVpcFlow, &text).flows;
        assert_eq!(flows.iter().map(|flow| flow.bytes_out).collect::<Vec<_>>(), [Some(100), Some(200)]);
        assert_eq!(flows[0].duration, Some(4_500_000));
    }
}
