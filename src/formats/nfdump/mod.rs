//! What nfdump prints of NetFlow and IPFIX: CSV of 1.6 and 1.7, JSON, and text (line, long, extended, biline, event). After its
//! manual page nfdump(1), "Output formats", and the headers that these versions print. Bytes are what the exporter counted on
//! the IP layer.
//!
//! **Direction.** A record is one direction of an exchange, so it is marked one-way. Bidirectional records (`-b`, `-B`, NSEL) count
//! both: `ipkt` and `ibyt` (In Byte) from the first end to the second, `opkt` and `obyt` back.
//!
//! **Time.** Local time of the machine that printed it, without a zone, in CSV of whole seconds; the file's clock settles it.
//! The beginning is the first column or field (`ts`, `firstSeen`, `t_first`, `first`); the duration is as printed, or `te` − `ts`.
//!
//! **Rounded.** Without `-N`, text output writes `1.2 M`: the number is then as exact as that, in units of 1,000.
//! An IPv6 address that the text output shortened (`2001:db..9a:bc53`) names no address; it is kept as the end's name.
//!
//! **Counted once.** An NSEL event `CREATE` waits for the `DELETE` of the same ends; bounds: see `joined`.
//!
//! **Not read.** The summary at the end; statistics (`-s`), which have no ends; rows aggregated so that both ends are gone.

mod text;

pub(super) use text::amount;

use std::borrow::Cow;

use super::joined::{Joined, Key};
use super::syntax::columns::Columns;
use super::syntax::json::{self, Value};
use super::syntax::{cells, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Endpoint, Flow, Outcome, Protocol};

/// The format.
pub struct Nfdump;

impl Format for Nfdump {
    fn name(&self) -> &'static str {
        "nfdump"
    }

    fn title(&self) -> &'static str {
        "nfdump (NetFlow, IPFIX)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        for line in sample.lines().take(50) {
            if table_of(line).is_some() || text::is_header(line) {
                return Likeness::Certain;
            }
            if text::is_row(line) {
                return Likeness::Likely;
            }
        }
        json::objects(sample.bytes).take(20).map(likeness_of).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        let first =
            sample.lines().map(|line| super::without_mark(line).trim_ascii_start()).find(|line| !line.is_empty());
        match first.and_then(|line| line.first()) {
            Some(b'{' | b'[') => Framing::Json,
            Some(_) | None => Framing::Lines,
        }
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Dump { clock: setting.clock, layout: Layout::Unknown, joined: Joined::default() })
    }
}

fn likeness_of(object: &[u8]) -> Likeness {
    let (mut ends, mut marks) = (0, 0);
    let walked = json::fields(object, |key, value| {
        match slot_of_key(key.bytes) {
            Some(Slot::Source | Slot::Destination) => ends += 1,
            Some(Slot::First | Slot::Last | Slot::Bytes | Slot::Packets) => marks += 1,
            Some(_) | None => {}
        }
        if key.bytes == b"type" && matches!(value.scalar(), Some(b"FLOW" | b"EVENT")) {
            marks += 10;
        }
    });
    match (walked.is_ok() && ends >= 2, marks) {
        (true, 10..) => Likeness::Certain,
        (true, 3..) => Likeness::Likely,
        (_, _) => Likeness::None,
    }
}

/// What a column or key is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    First,
    Last,
    Duration,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    Flags,
    Forwarding,
    Packets,
    Bytes,
    PacketsBack,
    BytesBack,
    Event,
    Exporter,
}

const SLOTS: usize = Slot::Exporter as usize + 1;

/// The columns of 1.6 (`ts,te,td,sa`) and of 1.7 (`firstSeen,duration,proto,srcAddr`).
fn slot_of_column(name: &str) -> Option<Slot> {
    Some(match name {
        "ts" | "firstseen" | "first" | "%ts" => Slot::First,
        "te" | "lastseen" | "last" | "%te" => Slot::Last,
        "td" | "duration" | "%td" => Slot::Duration,
        "sa" | "srcaddr" | "src4_addr" | "%sa" => Slot::Source,
        "da" | "dstaddr" | "dst4_addr" | "%da" => Slot::Destination,
        "sp" | "srcport" | "%sp" => Slot::SourcePort,
        "dp" | "dstport" | "%dp" => Slot::DestinationPort,
        "pr" | "proto" | "%pr" => Slot::Protocol,
        "flg" | "flags" | "tcpflags" | "%flg" => Slot::Flags,
        "fwd" | "%fwd" => Slot::Forwarding,
        "ipkt" | "packets" | "inpackets" | "in packets" | "%pkt" | "%ipkt" => Slot::Packets,
        "ibyt" | "bytes" | "inbytes" | "in bytes" | "%byt" | "%ibyt" => Slot::Bytes,
        "opkt" | "outpackets" | "out packets" | "%opkt" => Slot::PacketsBack,
        "obyt" | "outbytes" | "out bytes" | "%obyt" => Slot::BytesBack,
        "ra" => Slot::Exporter,
        _ => return None,
    })
}

fn slot_of_key(key: &[u8]) -> Option<Slot> {
    Some(match key {
        b"t_first" | b"first" => Slot::First,
        b"t_last" | b"last" => Slot::Last,
        b"src4_addr" | b"src6_addr" => Slot::Source,
        b"dst4_addr" | b"dst6_addr" => Slot::Destination,
        b"src_port" => Slot::SourcePort,
        b"dst_port" => Slot::DestinationPort,
        b"proto" => Slot::Protocol,
        b"tcp_flags" => Slot::Flags,
        b"fwd_status" => Slot::Forwarding,
        b"in_packets" => Slot::Packets,
        b"in_bytes" => Slot::Bytes,
        b"out_packets" => Slot::PacketsBack,
        b"out_bytes" => Slot::BytesBack,
        b"event" | b"nat_event" | b"connection_event" => Slot::Event,
        b"ip4_router" | b"ip6_router" => Slot::Exporter,
        _ => return None,
    })
}

/// The columns of a header; both ends and a beginning make one. Names of 1.7 are common words, so all of its first stand.
fn table_of(line: &[u8]) -> Option<Columns<Slot>> {
    let old = memchr::memmem::find(line, b"sa,da").is_some();
    let new = memchr::memmem::find(line, b"srcAddr,").is_some() && memchr::memmem::find(line, b"firstSeen").is_some();
    if !old && !new && memchr::memmem::find(line, b"%sa,").is_none() {
        return None;
    }
    let columns = Columns::of_header(line, b',', slot_of_column)?;
    columns.has_all(&[Slot::First, Slot::Source, Slot::Destination, Slot::Protocol]).then_some(columns)
}

/// The cells of a record as they stand.
type Cells<'r> = [Option<&'r [u8]>; SLOTS];

enum Layout {
    Unknown,
    Table(Columns<Slot>),
    Text(text::Header),
    /// Behind the summary.
    Summary,
}

struct Dump {
    clock: Clock,
    layout: Layout,
    joined: Joined,
}

const SUMMARY: &str = "nfdump's summary, no connection";

impl Parser for Dump {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if line.trim_ascii_start().first() == Some(&b'{') {
            return match object_cells(line) {
                Ok(cells) => self.finish_row(&cells, record, flows),
                Err(fault) => Disposition::Malformed(fault),
            };
        }
        if let Some(columns) = table_of(line) {
            self.layout = Layout::Table(columns);
            return Disposition::Header;
        }
        if text::is_header(line) {
            self.layout = Layout::Text(text::Header::of(line));
            return Disposition::Header;
        }
        if is_summary(line) {
            self.layout = Layout::Summary;
            return Disposition::Skipped(SUMMARY.into());
        }
        match &self.layout {
            Layout::Summary => Disposition::Skipped(SUMMARY.into()),
            Layout::Table(columns) => {
                let mut row = Vec::with_capacity(columns.count);
                if cells::cut(line, b',', &mut row).is_err() {
                    return Disposition::Malformed(Fault::new("a quoted cell is not closed", readable(line)));
                }
                if memchr::memchr(b',', line).is_none() && columns.count > 1 {
                    return Disposition::Malformed(Fault::new("no row of the table", readable(line)));
                }
                let cells = table_cells(columns, &row);
                self.finish_row(&cells, record, flows)
            }
            Layout::Text(_) | Layout::Unknown => {
                let header = match &self.layout {
                    Layout::Text(header) => header.clone(),
                    Layout::Unknown | Layout::Table(_) | Layout::Summary => text::Header::default(),
                };
                match header.flow(line, &self.clock) {
                    Ok((flow, event)) => self.give(flow, &event, record, flows),
                    Err(fault) => Disposition::Malformed(fault),
                }
            }
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.joined.rest().iter().for_each(|held| flows(&held.flow, held.place));
    }
}

impl Dump {
    fn finish_row(&mut self, cells: &Cells<'_>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        match flow_of(cells, &self.clock) {
            Ok(flow) => {
                let event = cells[Slot::Event as usize].map(readable).unwrap_or_default();
                self.give(flow, &event, record, flows)
            }
            Err(fault) => Disposition::Malformed(fault),
        }
    }

    fn give(&mut self, mut flow: Flow<'_>, event: &str, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let unspecified = |end: &Endpoint<'_>| end.address.is_some_and(|address| address.is_unspecified());
        if unspecified(&flow.initiator) && unspecified(&flow.responder) {
            return Disposition::Skipped("aggregated over its ends, so it joins nobody".into());
        }
        // Cisco, "Implementation Guide for NSEL": 1 created, 2 deleted, 3 denied, 5 updated.
        match event.to_ascii_uppercase().as_str() {
            "DENIED" | "DENY" | "3" => flow.outcome = Outcome::Denied,
            "CREATE" | "1" => {
                let key = Key::of(0, &flow);
                if let Some(oldest) = self.joined.hold(key, record.place, flow.into_owned()) {
                    flows(&oldest.flow, oldest.place);
                }
                return Disposition::Skipped("the beginning of a connection, which counts once, by its end".into());
            }
            "DELETE" | "2" | "UPDATE" | "5" => {
                if let Some(held) = self.joined.take(&Key::of(0, &flow)) {
                    let end = flow.start.map(|start| start.0.saturating_add_unsigned(flow.duration.unwrap_or(0)));
                    flow.start = held.flow.start.or(flow.start);
                    let lasted = end.zip(flow.start).and_then(|(end, start)| end.checked_sub(start.0));
                    flow.duration = lasted.and_then(|micros| u64::try_from(micros).ok());
                }
            }
            _ => {}
        }
        flows(&flow, record.place);
        Disposition::Parsed
    }
}

/// `Summary`, and what text output prints behind it.
fn is_summary(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 8] = [
        b"Summary",
        b"Time window:",
        b"Total flows processed:",
        b"Sys:",
        b"Aggregated flows",
        b"Top ",
        b"No matched flows",
        b"Byte limit:",
    ];
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

fn table_cells<'c>(columns: &Columns<Slot>, row: &'c [Cow<'_, [u8]>]) -> Cells<'c> {
    let mut found: Cells<'c> = [None; SLOTS];
    for slot in [
        Slot::First,
        Slot::Last,
        Slot::Duration,
        Slot::Source,
        Slot::Destination,
        Slot::SourcePort,
        Slot::DestinationPort,
        Slot::Protocol,
        Slot::Flags,
        Slot::Forwarding,
        Slot::Packets,
        Slot::Bytes,
        Slot::PacketsBack,
        Slot::BytesBack,
        Slot::Exporter,
    ] {
        found[slot as usize] = columns.cell(row, slot);
    }
    found
}

fn object_cells(object: &[u8]) -> Result<Cells<'_>, Fault> {
    let mut found: Cells<'_> = [None; SLOTS];
    json::fields(object, |key, value| {
        if let (Some(slot), false) = (slot_of_key(key.bytes), value == Value::Null) {
            found[slot as usize] = value.scalar();
        }
    })
    .map_err(|not_json| {
        let shown = readable(&object[..object.len().min(80)]);
        Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
    })?;
    Ok(found)
}

fn flow_of<'r>(cells: &Cells<'r>, clock: &Clock) -> Result<Flow<'r>, Fault> {
    let cell = |slot: Slot| cells[slot as usize];
    let end = |slot, field| {
        let Some(found) = cell(slot) else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent")));
        };
        text::host(found).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, found))
    };
    let amount = |slot, reason, field| match cell(slot) {
        None => Ok(None),
        Some(found) => text::amount(found).map(Some).ok_or_else(|| Fault::of_field(reason, field, found)),
    };
    let mut flow = Flow {
        initiator: end(Slot::Source, "source")?,
        responder: end(Slot::Destination, "destination")?,
        ..Flow::default()
    };
    if let Some(found) = cell(Slot::Protocol) {
        flow.protocol = text::protocol(found);
    }
    flow.initiator.port = port(cell(Slot::SourcePort), flow.protocol)?;
    flow.responder.port = port(cell(Slot::DestinationPort), flow.protocol)?;
    flow.packets_out = amount(Slot::Packets, reasons::PACKETS, "packets")?;
    flow.bytes_out = amount(Slot::Bytes, reasons::BYTES, "bytes")?;
    let packets_back = amount(Slot::PacketsBack, reasons::PACKETS, "out packets")?;
    let bytes_back = amount(Slot::BytesBack, reasons::BYTES, "out bytes")?;
    both_ways(&mut flow, packets_back, bytes_back);
    let moment = |slot, field| match cell(slot) {
        None => Ok(None),
        Some(found) => text::moment(found, clock).map(Some).ok_or_else(|| Fault::of_field(reasons::TIME, field, found)),
    };
    let (first, last) = (moment(Slot::First, "first")?, moment(Slot::Last, "last")?);
    if let Some((start, basis)) = first {
        (flow.start, flow.basis) = (Some(start), basis);
        flow.duration = last.and_then(|(end, _)| u64::try_from(end.0.checked_sub(start.0)?).ok());
    }
    if let Some(found) = cell(Slot::Duration) {
        let read = text::duration(found).ok_or_else(|| Fault::of_field(reasons::DURATION, "duration", found))?;
        flow.duration = Some(read);
    }
    // Where the exporter is not known, 0.0.0.0 stands.
    flow.sensor = cell(Slot::Exporter).filter(|ra| !matches!(*ra, b"0.0.0.0" | b"::")).map(readable);
    let forwarding = cell(Slot::Forwarding).and_then(number::count);
    flow.outcome = text::outcome(&flow, cell(Slot::Flags).unwrap_or_default(), forwarding);
    Ok(flow)
}

/// Takes in what came back: nothing at all leaves the record one-way.
fn both_ways(flow: &mut Flow<'_>, packets_back: Option<u64>, bytes_back: Option<u64>) {
    flow.one_way = packets_back.unwrap_or(0) == 0 && bytes_back.unwrap_or(0) == 0;
    if !flow.one_way {
        (flow.packets_in, flow.bytes_in) = (packets_back, bytes_back);
    }
}

/// ICMP's type and code stand in the place of its port, as `8.0` or as one number.
fn port(cell: Option<&[u8]>, protocol: Option<Protocol>) -> Result<Option<u16>, Fault> {
    match cell {
        Some(found) if protocol.is_none_or(Protocol::has_ports) => {
            number::port(found).map(Some).ok_or_else(|| Fault::of_field(reasons::PORT, "port", found))
        }
        Some(_) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn a_row_of_each_version_gives_the_same_flow() {
        let old = "ts,te,td,sa,da,sp,dp,pr,ipkt,ibyt\n2024-03-05 09:00:00,2024-03-05 09:00:01,1.500,192.0.2.1,198.51.100.1,50000,443,TCP,3,180";
        let new = "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n2024-03-05 09:00:00.000,00:00:01.500,TCP,192.0.2.1,50000,198.51.100.1,443,3,180,1";
        let line = "2024-03-05 09:00:00.000     1.500 TCP   192.0.2.1:50000 ->   198.51.100.1:443    3   180  1";
        let flows = [old, new, line].map(|text| reading_of(&Nfdump, text).flows.remove(0));
        assert_eq!(flows[0], flows[1]);
        assert_eq!(flows[0], flows[2]);
        assert_eq!(flows[0].duration, Some(1_500_000));
    }

    #[test]
    fn what_comes_back_makes_it_two_way() {
        let text = "ts,te,td,sa,da,sp,dp,pr,ipkt,ibyt,opkt,obyt\n2024-03-05 09:00:00,2024-03-05 09:00:01,1.5,192.0.2.1,198.51.100.1,50000,443,TCP,3,180,2,999";
        let flow = reading_of(&Nfdump, text).flows.remove(0);
        assert_eq!((flow.bytes_out, flow.bytes_in, flow.one_way), (Some(180), Some(999), false));
    }
}
