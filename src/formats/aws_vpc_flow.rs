//! Amazon VPC flow logs as text: a line a record, blanks between the fields, the default order or the one that a header
//! names (versions 2 to 10); with the time that CloudWatch exports put in front, and with records that a pipeline has turned into
//! JSON objects. After the Amazon VPC User Guide, "Flow log records" and "Flow log record examples". Bytes are counted on the IP
//! layer, and one record tells of one direction only.
//!
//! **Ends.** `srcaddr` and `dstaddr`, the addresses at the interface that logged the record, so that both halves of an exchange
//! and its rejections name the same pair. `pkt-srcaddr` and `pkt-dstaddr` (behind a NAT or transit gateway, the packet's own
//! ends) stand in only where the log has no other: the interface on the far side of the gateway logs that leg itself.
//!
//! **Transit gateways** log in an order of their own ("Transit Gateway Flow Log records", default format), told by its second field;
//! they decide nothing, so what became of the connection is not known.
//!
//! **Counted once.** Where both ends have interfaces (or attachments) that log, both tell of the same packets: the first counts, see
//! `reporters`. A REJECT is never taken for a repetition of an ACCEPT.

use super::joined::Key;
use super::reporters::Reporters;
use super::syntax::json::{self, Value};
use super::syntax::{address, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Flow, Host, Outcome, Protocol};

/// The format.
pub struct AwsVpcFlow;

impl Format for AwsVpcFlow {
    fn name(&self) -> &'static str {
        "aws_vpc_flow"
    }

    fn title(&self) -> &'static str {
        "AWS VPC flow log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        for line in sample.lines().take(50) {
            let line = without_stamp(line);
            if line.first() == Some(&b'{') {
                continue;
            }
            if Columns::of_header(line).is_some_and(|columns| columns.name_a_flow())
                || is_default_order(line)
                || is_transit_gateway(line)
            {
                return Likeness::Certain;
            }
        }
        Likeness::None
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(VpcFlow::default())
    }
}

/// What a column is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Other,
    Interface,
    Attachment,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    Packets,
    Bytes,
    Start,
    End,
    Action,
    Status,
    Flags,
    PacketSource,
    PacketDestination,
    /// The name of an Amazon service, which may hold blanks.
    ServiceName,
}

const SLOTS: usize = Slot::ServiceName as usize + 1;

impl Slot {
    /// Of a field's name, hyphens for underscores as in the log's own header.
    pub(super) fn of(name: &str) -> Option<Slot> {
        Some(match name {
            "interface-id" => Slot::Interface,
            "tgw-attachment-id" => Slot::Attachment,
            "srcaddr" => Slot::Source,
            "dstaddr" => Slot::Destination,
            "srcport" => Slot::SourcePort,
            "dstport" => Slot::DestinationPort,
            "protocol" => Slot::Protocol,
            "packets" => Slot::Packets,
            "bytes" => Slot::Bytes,
            "start" => Slot::Start,
            "end" => Slot::End,
            "action" => Slot::Action,
            "log-status" => Slot::Status,
            "tcp-flags" => Slot::Flags,
            "pkt-srcaddr" => Slot::PacketSource,
            "pkt-dstaddr" => Slot::PacketDestination,
            "pkt-src-aws-service" | "pkt-dst-aws-service" => Slot::ServiceName,
            _ => return None,
        })
    }
}

/// The fields of one record as they stand.
pub(super) type Cells<'r> = [Option<&'r [u8]>; SLOTS];

struct Columns(Vec<Slot>);

/// No version has 40 fields.
const MOST_FIELDS: usize = 128;

/// All fields of version 5 in the order in which the User Guide lists them; the first fourteen are the default format.
const DEFAULT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
    action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type \
    sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path";

/// All fields of a transit gateway's log in the order in which its guide lists them.
const TRANSIT: &str = "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id \
    tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni \
    tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
    log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired \
    tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service";

impl Columns {
    fn transit_gateway() -> Columns {
        Columns(TRANSIT.split(' ').map(|name| Slot::of(name).unwrap_or(Slot::Other)).collect())
    }

    fn default_order(count: usize) -> Columns {
        Columns(DEFAULT.split(' ').take(count).map(|name| Slot::of(name).unwrap_or(Slot::Other)).collect())
    }

    /// The columns that a header names (`srcaddr`, or `${srcaddr}` as in the format string; underscores as Athena writes them).
    /// No value equals one of the telling names, so one of them makes a header.
    fn of_header(line: &[u8]) -> Option<Columns> {
        // A header without either address names no flow; no value holds this word. Rows are thus told apart in one glance.
        memchr::memmem::find(line, b"addr").or_else(|| memchr::memmem::find(line, b"ADDR"))?;
        let line = std::str::from_utf8(line).ok()?;
        let names = line.split_ascii_whitespace().map(|name| {
            let bare = name.strip_prefix("${").and_then(|n| n.strip_suffix('}')).unwrap_or(name);
            bare.to_ascii_lowercase().replace('_', "-")
        });
        let mut telling = false;
        let slots = names
            .map(|name| {
                telling |= matches!(
                    name.as_str(),
                    "srcaddr"
                        | "dstaddr"
                        | "pkt-srcaddr"
                        | "pkt-dstaddr"
                        | "interface-id"
                        | "account-id"
                        | "log-status"
                );
                Slot::of(&name).unwrap_or(Slot::Other)
            })
            .collect();
        let slots: Vec<Slot> = slots;
        (telling && slots.len() <= MOST_FIELDS).then_some(Columns(slots))
    }

    fn name_a_flow(&self) -> bool {
        let has = |slot| self.0.contains(&slot);
        (has(Slot::Source) || has(Slot::PacketSource)) && (has(Slot::Destination) || has(Slot::PacketDestination))
    }

    /// The cells of a row. A service name with blanks makes a row longer than its header: then columns before the
    /// first such name are counted from the left, those behind the last from the right.
    fn cut<'r>(&self, line: &'r [u8]) -> Result<Cells<'r>, Fault> {
        let mut cells: Cells<'r> = [None; SLOTS];
        let mut words: [&[u8]; MOST_FIELDS] = [b""; MOST_FIELDS];
        let mut count = 0;
        for word in line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty()) {
            if let Some(place) = words.get_mut(count) {
                *place = word;
            }
            count += 1;
        }
        let first = self.0.iter().position(|slot| *slot == Slot::ServiceName);
        let (Some(extra), true) = (count.checked_sub(self.0.len()), count <= words.len()) else {
            return Err(self.wrong_count(count));
        };
        if extra > 0 && first.is_none() {
            return Err(self.wrong_count(count));
        }
        let last = self.0.iter().rposition(|slot| *slot == Slot::ServiceName);
        for (at, slot) in self.0.iter().enumerate() {
            let at = match (first, last) {
                (_, Some(last)) if at > last => at + extra,
                (Some(first), _) if at >= first && extra > 0 => continue,
                _ => at,
            };
            cells[*slot as usize] = Some(words[at]);
        }
        Ok(cells)
    }

    fn wrong_count(&self, count: usize) -> Fault {
        let found = format!("{count} fields where {} are expected", self.0.len());
        Fault::new("the record has another number of fields than its format", found)
    }
}

/// Reads lines of this log; also the objects of its JSON form.
#[derive(Default)]
pub(super) struct VpcFlow {
    /// What the last header said.
    columns: Option<Columns>,
    /// The default order, by number of fields, made when first needed.
    plain: Option<Columns>,
    /// The order of a transit gateway, likewise.
    transit: Option<Columns>,
    reporters: Reporters,
}

impl Parser for VpcFlow {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        if bytes.trim_ascii_start().first() == Some(&b'{') {
            return self.read_object(Record::new(bytes, record.place), flows);
        }
        self.read_line(bytes, record, flows)
    }
}

impl VpcFlow {
    fn read_line(&mut self, line: &[u8], record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = without_stamp(line);
        if let Some(columns) = Columns::of_header(line) {
            self.columns = Some(columns);
            return Disposition::Header;
        }
        let columns = match &self.columns {
            Some(columns) => columns,
            None if is_transit_gateway(line) => &*self.transit.get_or_insert_with(Columns::transit_gateway),
            None => {
                let count = line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty()).count();
                // An order of one's own may begin like the default one; without its header only the known lengths are sure.
                if count != 14 && count < 29 {
                    let found =
                        format!("{count} fields and no header before them: {}", readable(&line[..line.len().min(80)]));
                    return Disposition::Malformed(Fault::new(
                        "neither the default order nor a header says its fields",
                        found,
                    ));
                }
                let wanted = count.min(29);
                if self.plain.as_ref().is_none_or(|plain| plain.0.len() != wanted) {
                    self.plain = Some(Columns::default_order(wanted));
                }
                self.plain.as_ref().expect("it was made on the line above")
            }
        };
        match columns.cut(line) {
            Ok(cells) => finish(cells, &mut self.reporters, record, flows),
            Err(fault) => Disposition::Malformed(fault),
        }
    }

    fn read_object(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let mut cells: Cells<'_> = [None; SLOTS];
        let mut message = None;
        let walked = json::fields(record.bytes, |key, value| {
            let slot = match json_key(key.bytes) {
                Some(slot) => slot,
                None => {
                    if matches!(key.bytes, b"message" | b"@message") {
                        message = value.text();
                    }
                    return;
                }
            };
            cells[slot as usize] = match value {
                Value::Null => None,
                Value::String(raw) => Some(raw.bytes),
                Value::Number(bytes) | Value::Array(bytes) | Value::Object(bytes) => Some(bytes),
                Value::Bool(true) => Some(b"true"),
                Value::Bool(false) => Some(b"false"),
            };
        });
        if let Err(not_json) = walked {
            let shown = readable(&record.bytes[..record.bytes.len().min(80)]);
            return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
        }
        match message {
            // CloudWatch hands out each line inside an object of its own.
            Some(line) if cells.iter().all(Option::is_none) => self.read_line(line.as_bytes(), record, flows),
            Some(_) | None => finish(cells, &mut self.reporters, record, flows),
        }
    }
}

/// The slot of an object's key: `srcaddr`, `pkt_srcaddr`, `log-status`.
pub(super) fn json_key(key: &[u8]) -> Option<Slot> {
    let mut name = [0_u8; 32];
    let name = name.get_mut(..key.len())?;
    for (to, from) in name.iter_mut().zip(key) {
        *to = if *from == b'_' { b'-' } else { from.to_ascii_lowercase() };
    }
    Slot::of(std::str::from_utf8(name).ok()?)
}

fn finish(cells: Cells<'_>, reporters: &mut Reporters, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
    // What names both ends is a connection, whatever it says of others.
    let is_end = |slot: Slot| cells[slot as usize].and_then(address::address).is_some();
    let both_ends = is_end(Slot::Source) && is_end(Slot::Destination);
    match cells[Slot::Status as usize].filter(|_| !both_ends) {
        Some(b"NODATA") => return Disposition::Skipped("no traffic at the interface in that time (NODATA)".into()),
        Some(b"SKIPDATA") => {
            return Disposition::Skipped("AWS left out records of that time (SKIPDATA): traffic may be missing".into());
        }
        Some(_) | None => {}
    }
    match flow_of(cells) {
        Ok(flow) => {
            let interface =
                cells[Slot::Interface as usize].or(cells[Slot::Attachment as usize]).filter(|id| *id != b"-");
            if let Some(interface) = interface {
                let direction = u64::from(flow.initiator.address <= flow.responder.address);
                let denied = u64::from(flow.outcome == Outcome::Denied);
                let protocol = flow.protocol.map_or(256, |protocol| u64::from(protocol.0));
                let key = Key::of(direction | denied << 1 | protocol << 2, &flow);
                if reporters.repeats(key, Host::of_name(&readable(interface)).0 as u64, flow.start) {
                    return Disposition::Skipped("told already by the other end's interface".into());
                }
            }
            flows(&flow, record.place);
            Disposition::Parsed
        }
        Err(fault) => Disposition::Malformed(fault),
    }
}

fn flow_of(cells: Cells<'_>) -> Result<Flow<'_>, Fault> {
    // `-` stands for what does not apply to a record.
    let cell = |slot: Slot| cells[slot as usize].filter(|cell| *cell != b"-");
    let end = |slot, stand_in, field| {
        let Some(found) = cell(slot).or_else(|| cell(stand_in)) else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent")));
        };
        address::address(found).map(Some).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, found))
    };
    // Pipelines that go through a float write `25238.0`.
    let whole = |slot, reason, field| match cell(slot) {
        None => Ok(None),
        Some(found) => number::whole(found).map(Some).ok_or_else(|| Fault::of_field(reason, field, found)),
    };
    let small = |slot, reason, field| match whole(slot, reason, field)?.map(u16::try_from) {
        Some(Err(_beyond)) => Err(Fault::of_field(reason, field, cell(slot).unwrap_or_default())),
        Some(Ok(found)) => Ok(Some(found)),
        None => Ok(None),
    };
    let mut flow = Flow {
        basis: Basis::Explicit,
        bytes_out: whole(Slot::Bytes, reasons::BYTES, "bytes")?,
        packets_out: whole(Slot::Packets, reasons::PACKETS, "packets")?,
        one_way: true,
        ..Flow::default()
    };
    flow.initiator.address = end(Slot::Source, Slot::PacketSource, "srcaddr")?;
    flow.responder.address = end(Slot::Destination, Slot::PacketDestination, "dstaddr")?;
    flow.initiator.port = small(Slot::SourcePort, reasons::PORT, "srcport")?;
    flow.responder.port = small(Slot::DestinationPort, reasons::PORT, "dstport")?;
    if let Some(protocol) = small(Slot::Protocol, reasons::PROTOCOL, "protocol")? {
        let protocol = u8::try_from(protocol)
            .map_err(|_beyond| Fault::of_field(reasons::PROTOCOL, "protocol", protocol.to_string().as_bytes()))?;
        flow.protocol = Some(Protocol(protocol));
    }
    let moment = |slot, field| match cell(slot) {
        None => Ok(None),
        Some(found) => {
            // Pipelines write milliseconds, or ISO 8601 with its zone.
            let zoned = || time::read(found).filter(|written| written.offset.is_some());
            let read = time::epoch(found).or_else(|| zoned().map(|written| written.settle(&Clock::default()).0));
            read.map(Some).ok_or_else(|| Fault::of_field(reasons::TIME, field, found))
        }
    };
    flow.start = moment(Slot::Start, "start")?;
    let end = moment(Slot::End, "end")?;
    flow.duration = match (flow.start, end) {
        (Some(start), Some(end)) => end.0.checked_sub(start.0).and_then(|micros| u64::try_from(micros).ok()),
        (_, _) => None,
    };
    flow.sensor = cell(Slot::Interface).or(cell(Slot::Attachment)).map(readable);
    flow.outcome = match cell(Slot::Action) {
        Some(b"REJECT") => Outcome::Denied,
        // Security groups and network ACLs admitted it. A reset as the whole of what one end sent (flags are or-ed over the
        // record's time; SYN is 2, RST is 4) is the refusal of a host behind them.
        Some(b"ACCEPT") if cell(Slot::Flags) == Some(b"4") && flow.packets_out == Some(1) => Outcome::Failed,
        Some(b"ACCEPT") => Outcome::Established,
        Some(_) | None => Outcome::Unknown,
    };
    Ok(flow)
}

/// The line without the time that CloudWatch's export to S3 puts before each: `2020-06-11T01:00:00.000Z 2 1234…`.
fn without_stamp(line: &[u8]) -> &[u8] {
    match line {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => {
            let end = memchr::memchr(b' ', line).unwrap_or(0);
            if line[..end].ends_with(b"Z") { line[end..].trim_ascii_start() } else { line }
        }
        [..] => line,
    }
}

/// `6 TransitGateway 123456789012 tgw-… tgw-attach-…`; the type of resource may be left out.
fn is_transit_gateway(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ');
    let version = words.next().is_some_and(|version| number::count(version).is_some());
    let (kind, gateway) = (words.next(), words.nth(1));
    version
        && (kind == Some(b"TransitGateway") || kind == Some(b"-") && gateway.is_some_and(|id| id.starts_with(b"tgw-")))
}

/// Whether a line without header is in the default order: a version, an interface, two ends, and a status in its place.
fn is_default_order(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').take(15).collect();
    let [version, _, interface, source, destination, .., status] = &words[..words.len().min(14)] else { return false };
    let end = |word: &[u8]| word == b"-" || address::address(word).is_some();
    words.len() >= 14
        && number::count(version).is_some_and(|version| (2..=20).contains(&version))
        && (interface.starts_with(b"eni-") || *interface == b"-")
        && end(source)
        && end(destination)
        && matches!(*status, b"OK" | b"NODATA" | b"SKIPDATA")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn one_direction_is_one_flow_with_bytes_out_only() {
        let line = "2 123456789012 eni-0a 192.0.2.1 198.51.100.1 49152 443 6 10 840 1591837200 1591837260 ACCEPT OK";
        let flow = reading_of(&AwsVpcFlow, line).flows.remove(0);
        assert_eq!((flow.bytes_out, flow.bytes_in, flow.one_way), (Some(840), None, true));
        assert_eq!((flow.duration, flow.outcome), (Some(60_000_000), Outcome::Established));
    }

    #[test]
    fn a_service_name_with_blanks_does_not_shift_what_stands_behind_it() {
        let log = "srcaddr dstaddr bytes pkt-src-aws-service pkt-dst-aws-service action log-status\n\
            192.0.2.1 198.51.100.1 5 AMAZON EC2 - REJECT OK";
        let flow = reading_of(&AwsVpcFlow, log).flows.remove(0);
        assert_eq!((flow.bytes_out, flow.outcome), (Some(5), Outcome::Denied));
    }

    #[test]
    fn a_line_inside_a_cloudwatch_object_is_read() {
        let line = r#"{"timestamp":1,"message":"2 1 eni-0a 192.0.2.1 198.51.100.1 1 2 6 1 40 1591837200 1591837200 REJECT OK"}"#;
        assert_eq!(reading_of(&AwsVpcFlow, line).flows[0].outcome, Outcome::Denied);
    }

    #[test]
    fn too_many_fields_are_said() {
        let log = "srcaddr dstaddr bytes\n192.0.2.1 198.51.100.1 5 6";
        assert!(matches!(reading_of(&AwsVpcFlow, log).dispositions[1], Disposition::Malformed(_)));
    }

    #[test]
    fn the_packet_s_own_ends_stand_in_where_there_are_no_others() {
        let log = "pkt-srcaddr pkt-dstaddr bytes\n192.0.2.1 198.51.100.1 5";
        assert_eq!(reading_of(&AwsVpcFlow, log).flows[0].initiator.address, "192.0.2.1".parse().ok());
    }
}
