//! The tables of CICFlowMeter, in the header dialects of its versions 3 and 4, of the data sets CIC-IDS2017 and CIC-IDS2018, and of
//! its Python rewrite. After the project's ReadMe, "the features extracted by CICFlowMeter". Bytes are payload.
//!
//! **Direction.** Forward is the direction of the first packet that the meter saw.
//!
//! **Time.** `Timestamp` is the first packet's, in the local time of the machine that ran it, without a zone. The Java versions
//! write the day first. They write hours from 1 to 12, and some leave AM and PM out: such an afternoon reads as its morning,
//! and no record says which it was. `Flow Duration` is in microseconds; only the Python rewrite has seconds with a fraction.
//!
//! **Not read.** Labels: they are what somebody said of the flow, not what the meter saw. Rows whose addresses were taken out.

use std::borrow::Cow;

use super::syntax::columns::Columns;
use super::syntax::number::Decimal;
use super::syntax::{address, cells, number, when};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Endpoint, Flow, Outcome, Protocol};

/// The format.
pub struct Cicflowmeter;

impl Format for Cicflowmeter {
    fn name(&self) -> &'static str {
        "cicflowmeter"
    }

    fn title(&self) -> &'static str {
        "CICFlowMeter"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        match sample.lines().take(50).find_map(table_of) {
            Some(_) => Likeness::Certain,
            None => Likeness::None,
        }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Meter { clock: setting.clock, columns: None, order: order_of(sample) })
    }
}

/// What a column is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Source,
    SourcePort,
    Destination,
    DestinationPort,
    Protocol,
    Timestamp,
    Duration,
    PacketsOut,
    PacketsIn,
    BytesOut,
    BytesIn,
    Resets,
}

fn slot_of(name: &str) -> Option<Slot> {
    Some(match name {
        "source ip" | "src ip" | "src_ip" => Slot::Source,
        "source port" | "src port" | "src_port" => Slot::SourcePort,
        "destination ip" | "dst ip" | "dst_ip" => Slot::Destination,
        "destination port" | "dst port" | "dst_port" => Slot::DestinationPort,
        "protocol" => Slot::Protocol,
        "timestamp" => Slot::Timestamp,
        "flow duration" | "flow_duration" => Slot::Duration,
        "total fwd packets" | "total fwd packet" | "tot fwd pkts" | "tot_fwd_pkts" => Slot::PacketsOut,
        "total backward packets" | "total bwd packets" | "tot bwd pkts" | "tot_bwd_pkts" => Slot::PacketsIn,
        "total length of fwd packets" | "total length of fwd packet" | "totlen fwd pkts" | "totlen_fwd_pkts" => {
            Slot::BytesOut
        }
        "total length of bwd packets" | "total length of bwd packet" | "totlen bwd pkts" | "totlen_bwd_pkts" => {
            Slot::BytesIn
        }
        "rst flag count" | "rst flag cnt" | "rst_flag_cnt" => Slot::Resets,
        _ => return None,
    })
}

/// The columns of a header, which stands again in the middle of joined files.
fn table_of(line: &[u8]) -> Option<Columns<Slot>> {
    // A glance, for every row passes here.
    memchr::memmem::find(line, b"Flow Duration").or_else(|| memchr::memmem::find(line, b"flow_duration"))?;
    let delimiter = if memchr::memchr(b',', line).is_some() { b',' } else { b';' };
    let columns = Columns::of_header(line, delimiter, slot_of)?;
    columns.has_all(&[Slot::Source, Slot::Destination, Slot::Duration, Slot::PacketsOut]).then_some(columns)
}

/// Which number of `3/7/2017` is the day: the rows may say it; the meter itself writes the day first.
fn order_of(sample: &Sample<'_>) -> when::Order {
    let mut columns = None;
    let mut stamps: Vec<Vec<u8>> = Vec::new();
    for line in sample.lines() {
        if let Some(found) = table_of(line) {
            columns = Some(found);
            continue;
        }
        let Some(columns) = &columns else { continue };
        let mut row = Vec::with_capacity(columns.count);
        if cells::cut(line, columns.delimiter, &mut row).is_ok() {
            stamps.extend(columns.cell(&row, Slot::Timestamp).map(<[u8]>::to_vec));
        }
    }
    when::Order::of(stamps.iter().map(Vec::as_slice)).unwrap_or(when::Order::DayFirst)
}

struct Meter {
    clock: Clock,
    columns: Option<Columns<Slot>>,
    order: when::Order,
}

impl Parser for Meter {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if let Some(columns) = table_of(line) {
            self.columns = Some(columns);
            return Disposition::Header;
        }
        let Some(columns) = &self.columns else {
            return Disposition::Malformed(Fault::new("no header before it says its columns", readable(line)));
        };
        let mut row = Vec::with_capacity(columns.count);
        if cells::cut(line, columns.delimiter, &mut row).is_err() || row.len() < 4 {
            return Disposition::Malformed(Fault::new("no row of the table", readable(line)));
        }
        match self.flow(columns, &row) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

impl Meter {
    fn flow<'r>(&self, columns: &Columns<Slot>, row: &'r [Cow<'_, [u8]>]) -> Result<Flow<'r>, Fault> {
        let cell = |slot| columns.cell(row, slot);
        let end = |slot, port, field, port_field| {
            let Some(found) = cell(slot) else {
                return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent")));
            };
            let address = address::address(found).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, found))?;
            let port = match cell(port) {
                Some(found) => {
                    let read = number::whole(found).and_then(|port| u16::try_from(port).ok());
                    Some(read.ok_or_else(|| Fault::of_field(reasons::PORT, port_field, found))?)
                }
                None => None,
            };
            Ok(Endpoint { address: Some(address), port, ..Endpoint::default() })
        };
        let count = |slot, reason, field| match cell(slot) {
            None => Ok(None),
            Some(found) => number::whole(found).map(Some).ok_or_else(|| Fault::of_field(reason, field, found)),
        };
        let mut flow = Flow {
            initiator: end(Slot::Source, Slot::SourcePort, "Src IP", "Src Port")?,
            responder: end(Slot::Destination, Slot::DestinationPort, "Dst IP", "Dst Port")?,
            packets_out: count(Slot::PacketsOut, reasons::PACKETS, "Total Fwd Packets")?,
            packets_in: count(Slot::PacketsIn, reasons::PACKETS, "Total Bwd Packets")?,
            bytes_out: count(Slot::BytesOut, reasons::BYTES, "Total Length of Fwd Packets")?,
            bytes_in: count(Slot::BytesIn, reasons::BYTES, "Total Length of Bwd Packets")?,
            ..Flow::default()
        };
        if let Some(found) = cell(Slot::Protocol) {
            let named = std::str::from_utf8(found).ok().and_then(Protocol::read);
            let read = named.or_else(|| number::whole(found).and_then(|n| u8::try_from(n).ok()).map(Protocol));
            let read = read.ok_or_else(|| Fault::of_field(reasons::PROTOCOL, "Protocol", found))?;
            // The meter writes 0 for all that it does not know.
            flow.protocol = (read.0 != 0).then_some(read);
        }
        if flow.protocol.is_none_or(|protocol| !protocol.has_ports()) {
            (flow.initiator.port, flow.responder.port) = (None, None);
        }
        if let Some(found) = cell(Slot::Timestamp) {
            let read = when::read(found, Some(self.order));
            let written = read.map_err(|_no_time| Fault::of_field(reasons::TIME, "Timestamp", found))?;
            let (start, basis) = written.settle(&self.clock);
            (flow.start, flow.basis) = (Some(start), basis);
        }
        if let Some(found) = cell(Slot::Duration) {
            flow.duration =
                duration(found).ok_or_else(|| Fault::of_field(reasons::DURATION, "Flow Duration", found))?;
        }
        flow.outcome = outcome(&flow, cell(Slot::Resets).and_then(number::whole).unwrap_or(0));
        Ok(flow)
    }
}

/// Microseconds; of a broken clock (`-1`), none.
fn duration(cell: &[u8]) -> Option<Option<u64>> {
    let decimal = Decimal::read(cell)?;
    let micros = decimal.scaled(if decimal.is_whole() { 0 } else { 6 })?;
    Some(u64::try_from(micros).ok())
}

fn outcome(flow: &Flow<'_>, resets: u64) -> Outcome {
    match (flow.packets_in, flow.bytes_in) {
        (Some(0), _) => Outcome::Failed,
        // A reset is all that came back.
        (Some(1), Some(0)) if resets > 0 && flow.protocol == Some(Protocol::TCP) => Outcome::Failed,
        (Some(_), _) => Outcome::Established,
        (None, _) => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn every_dialect_gives_the_same_flow() {
        let texts = [
            "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets, Total Backward Packets,Total Length of Fwd Packets, Total Length of Bwd Packets\nx,192.0.2.1,50000,198.51.100.1,443,6,13/03/2024 09:00:00,1500000,3,2,30,20",
            "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts\nx,192.0.2.1,50000,198.51.100.1,443,6,13/03/2024 09:00:00 AM,1500000,3,2,30.0,20.0",
            "src_ip,dst_ip,src_port,dst_port,src_mac,dst_mac,protocol,timestamp,flow_duration,tot_fwd_pkts,tot_bwd_pkts,totlen_fwd_pkts,totlen_bwd_pkts\n192.0.2.1,198.51.100.1,50000,443,a,b,6,2024-03-13 09:00:00,1.5,3,2,30,20",
        ];
        let flows = texts.map(|text| reading_of(&Cicflowmeter, text).flows.remove(0));
        assert_eq!(flows[0].duration, Some(1_500_000));
        assert_eq!(flows[0], flows[1]);
        assert_eq!(flows[0], flows[2]);
    }
}
