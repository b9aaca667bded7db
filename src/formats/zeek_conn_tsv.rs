//! Zeek's conn.log as tab-separated text with its `#` header. After the Zeek manual, "Zeek Log Formats and Inspection"
//! (TSV) and "conn.log". Bytes are payload (`orig_bytes`, `resp_bytes`); ICMP's type and code stand where ports would.

use super::syntax::separated::Separated;
use super::syntax::{address, number, time};
use super::zeek::{self, Header, Line};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Flow, Moment, Protocol};

/// The format.
pub struct ZeekConnTsv;

impl Format for ZeekConnTsv {
    fn name(&self) -> &'static str {
        "zeek_conn_tsv"
    }

    fn title(&self) -> &'static str {
        "Zeek conn.log (TSV)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let mut likeness = Likeness::None;
        for line in sample.lines().take(50) {
            if line.starts_with(b"#separator ") || line.starts_with(b"#fields\tts\t") {
                return Likeness::Certain;
            }
            if line.starts_with(b"#fields\t") || is_bare_conn(line) {
                likeness = Likeness::Likely;
            }
        }
        likeness
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(ConnTsv {
            clock: setting.clock,
            header: Header::default(),
            columns: None,
            headless: false,
            said: Vec::new(),
            cells: Separated::default(),
        })
    }
}

/// What a column is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Other,
    Ts,
    OrigHost,
    OrigPort,
    RespHost,
    RespPort,
    Proto,
    Service,
    Duration,
    OrigBytes,
    RespBytes,
    State,
    OrigPackets,
    RespPackets,
    Sensor,
}

impl Slot {
    /// How many there are.
    const COUNT: usize = Slot::Sensor as usize + 1;

    fn of(field: &[u8]) -> Slot {
        match field {
            b"ts" => Slot::Ts,
            b"id.orig_h" => Slot::OrigHost,
            b"id.orig_p" => Slot::OrigPort,
            b"id.resp_h" => Slot::RespHost,
            b"id.resp_p" => Slot::RespPort,
            b"proto" => Slot::Proto,
            b"service" => Slot::Service,
            b"duration" => Slot::Duration,
            b"orig_bytes" => Slot::OrigBytes,
            b"resp_bytes" => Slot::RespBytes,
            b"conn_state" => Slot::State,
            b"orig_pkts" => Slot::OrigPackets,
            b"resp_pkts" => Slot::RespPackets,
            b"_system_name" | b"_node_name" | b"node" | b"peer" | b"sensor" => Slot::Sensor,
            _ => Slot::Other,
        }
    }
}

/// The fields of conn.log in Zeek's default order, for a piece of a file that has lost its header.
const DEFAULT: &[u8] = b"ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\t\
    resp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\t\
    resp_ip_bytes\ttunnel_parents";

struct ConnTsv {
    clock: Clock,
    header: Header,
    columns: Option<Columns>,
    /// Rows came before any `#fields`, and were read by Zeek's default columns.
    headless: bool,
    /// The header lines that hold now, as they stand.
    said: Vec<Vec<u8>>,
    cells: Separated,
}

/// What `#fields` names.
struct Columns {
    count: usize,
    /// The columns that are read, each by its number.
    read: Vec<(usize, Slot)>,
    /// The same by what they are, where each is there at most once; [`ABSENT`] where one is not.
    places: Option<[usize; Slot::COUNT]>,
}

/// No line has so many cells.
const ABSENT: usize = usize::MAX - 1;

impl Columns {
    fn of<'f>(fields: impl Iterator<Item = &'f [u8]>) -> Columns {
        let slots: Vec<Slot> = fields.map(Slot::of).collect();
        let read = slots.iter().copied().enumerate().filter(|(_, slot)| *slot != Slot::Other).collect();
        let mut places = [ABSENT; Slot::COUNT];
        let once = slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| **slot != Slot::Other)
            .all(|(number, slot)| std::mem::replace(&mut places[*slot as usize], number) == ABSENT);
        Columns { count: slots.len(), read, places: once.then_some(places) }
    }
}

/// Reads a row in which all is as nearly every row has it. Any other, of which `None` tells, is for [`read_row`], which also says what
/// is wrong with it. Each cell is asked for by what it is, so that no branch hangs on the order of the columns.
fn read_plainly<'r>(
    line: &'r [u8],
    (cells, count_of_cells): (&Separated, usize),
    header: &Header,
    columns: &Columns,
    flow: &mut Flow<'r>,
) -> Option<()> {
    let places = columns.places.as_ref().filter(|_| count_of_cells == columns.count)?;
    let [unset] = *header.unset else { return None };
    let row = Row { line, cells, places, unset };
    flow.start = Some(time::epoch(row.cell(Slot::Ts)?)?);
    flow.basis = Basis::Explicit;
    flow.initiator.address = Some(address::address(row.cell(Slot::OrigHost)?)?);
    flow.initiator.port = row.port(Slot::OrigPort)?;
    flow.responder.address = Some(address::address(row.cell(Slot::RespHost)?)?);
    flow.responder.port = row.port(Slot::RespPort)?;
    flow.protocol = match row.cell(Slot::Proto)? {
        b"tcp" => Some(Protocol::TCP),
        b"udp" => Some(Protocol::UDP),
        _ => return None,
    };
    flow.service = row.cell(Slot::Service).map(|cell| header.text(cell));
    flow.duration = match row.cell(Slot::Duration) {
        Some(cell) => Some(number::plain_micros(cell)?.cast_unsigned()),
        None => None,
    };
    flow.bytes_out = row.count(Slot::OrigBytes)?;
    flow.bytes_in = row.count(Slot::RespBytes)?;
    flow.packets_out = row.count(Slot::OrigPackets)?;
    flow.packets_in = row.count(Slot::RespPackets)?;
    flow.sensor = row.cell(Slot::Sensor).map(|cell| header.text(cell));
    finish(flow, row.cell(Slot::State).unwrap_or_default()).ok()
}

/// The cells of a row by what they are.
struct Row<'r, 'c> {
    line: &'r [u8],
    cells: &'c Separated,
    places: &'c [usize; Slot::COUNT],
    unset: u8,
}

impl<'r> Row<'r, '_> {
    /// A cell that is there and set.
    #[inline(always)]
    fn cell(&self, slot: Slot) -> Option<&'r [u8]> {
        self.cells.get(self.line, self.places[slot as usize]).filter(|cell| **cell != [self.unset])
    }

    /// A number that may be unset; `None` where it can't be read.
    #[inline(always)]
    fn count(&self, slot: Slot) -> Option<Option<u64>> {
        if self.cell(slot).is_none() {
            return Some(None);
        }
        let (start, end) = self.cells.span(self.places[slot as usize])?;
        number::count_in(self.line, start, end).map(Some)
    }

    #[inline(always)]
    fn port(&self, slot: Slot) -> Option<Option<u16>> {
        match self.count(slot)? {
            Some(port) => u16::try_from(port).ok().map(Some),
            None => Some(None),
        }
    }
}

impl Parser for ConnTsv {
    fn known(&self) -> Option<Vec<u8>> {
        (!self.headless).then(|| self.said.iter().flat_map(|line| line.iter().chain(b"\n")).copied().collect())
    }

    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if line.first() == Some(&b'#') {
            self.read_header(line);
            return Disposition::Header;
        }
        if let Some(path) = self.header.path.as_deref().filter(|path| !zeek::is_conn(path)) {
            return zeek::other_log(path);
        }
        if self.columns.is_none() && is_bare_conn(line) {
            self.headless = true;
            self.columns = Some(Columns::of(DEFAULT.split(|b| *b == b'\t')));
        }
        let Some(columns) = &self.columns else {
            let shown = readable(&line[..line.len().min(480)]);
            return Disposition::Malformed(Fault::new("no #fields line before it says its columns", shown));
        };
        let cells = self.cells.cut(line, self.header.separator);
        let mut flow = Flow::default();
        if read_plainly(line, (&self.cells, cells), &self.header, columns, &mut flow).is_some() {
            flows(&flow, record.place);
            return Disposition::Parsed;
        }
        flow = Flow::default();
        match read_row(line, (&self.cells, cells), &self.header, columns, &self.clock, &mut flow) {
            Ok(()) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

impl ConnTsv {
    fn read_header(&mut self, line: &[u8]) {
        match self.header.take(line) {
            // It comes first and so begins a (joined) file of its own.
            Line::Begins => (self.columns, self.said) = (None, vec![line.to_vec()]),
            Line::Says(name, cells) => {
                let separator = self.header.separator;
                self.said.retain(|said| !(said.starts_with(name) && said.get(name.len()) == Some(&separator)));
                self.said.push(line.to_vec());
                if name == b"#fields" {
                    self.columns = Some(Columns::of(cells));
                }
            }
            Line::Other => {}
        }
    }
}

fn read_row<'r>(
    line: &'r [u8],
    (cells, count_of_cells): (&Separated, usize),
    header: &Header,
    columns: &Columns,
    clock: &Clock,
    flow: &mut Flow<'r>,
) -> Result<(), Fault> {
    let mut state: &[u8] = b"";
    for (number, slot) in &columns.read {
        // A row that is too short is told below, unless a cell of it is no good: then that is what is wrong with it.
        if *number >= count_of_cells {
            break;
        }
        let cell = cells.of(line, *number);
        if cell == header.unset.as_slice() {
            continue;
        }
        match slot {
            Slot::Other => {}
            Slot::Ts => {
                let (start, basis) = read_time(cell, clock)?;
                (flow.start, flow.basis) = (Some(start), basis);
            }
            Slot::OrigHost => flow.initiator.address = Some(end_address("id.orig_h", cell)?),
            Slot::OrigPort => flow.initiator.port = Some(port("id.orig_p", cell)?),
            Slot::RespHost => flow.responder.address = Some(end_address("id.resp_h", cell)?),
            Slot::RespPort => flow.responder.port = Some(port("id.resp_p", cell)?),
            Slot::Proto => flow.protocol = protocol(cell)?,
            Slot::Service => flow.service = Some(header.text(cell)),
            Slot::Duration => flow.duration = Some(duration("duration", cell)?),
            Slot::OrigBytes => flow.bytes_out = Some(count(reasons::BYTES, "orig_bytes", cell)?),
            Slot::RespBytes => flow.bytes_in = Some(count(reasons::BYTES, "resp_bytes", cell)?),
            Slot::State => state = cell,
            Slot::OrigPackets => flow.packets_out = Some(count(reasons::PACKETS, "orig_pkts", cell)?),
            Slot::RespPackets => flow.packets_in = Some(count(reasons::PACKETS, "resp_pkts", cell)?),
            Slot::Sensor => flow.sensor = Some(header.text(cell)),
        }
    }
    if count_of_cells != columns.count {
        let found = format!("{count_of_cells} columns where #fields names {}", columns.count);
        return Err(Fault::new("the row has another number of columns than its header", found));
    }
    finish(flow, state)
}

/// What can be said only once all fields are known. Both spellings end here.
pub(super) fn finish(flow: &mut Flow<'_>, state: &[u8]) -> Result<(), Fault> {
    for (name, end) in [("id.orig_h", &flow.initiator), ("id.resp_h", &flow.responder)] {
        if end.address.is_none() {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{name} is unset")));
        }
    }
    let spoke = |bytes: Option<u64>, packets: Option<u64>| bytes.unwrap_or(0) > 0 || packets.unwrap_or(0) > 0;
    let both_spoke = spoke(flow.bytes_out, flow.packets_out) && spoke(flow.bytes_in, flow.packets_in);
    flow.outcome = zeek::outcome(state, both_spoke);
    Ok(())
}

/// `ts` counts seconds; `LogAscii::json_timestamps` makes it milliseconds or ISO 8601.
pub(super) fn read_time(cell: &[u8], clock: &Clock) -> Result<(Moment, Basis), Fault> {
    if let Some(moment) = time::epoch(cell) {
        return Ok((moment, Basis::Explicit));
    }
    match time::read(cell) {
        Some(written) => Ok(written.settle(clock)),
        None => Err(Fault::of_field(reasons::TIME, "ts", cell)),
    }
}

pub(super) fn end_address(field: &str, cell: &[u8]) -> Result<std::net::IpAddr, Fault> {
    address::address(cell).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, cell))
}

pub(super) fn duration(field: &str, cell: &[u8]) -> Result<u64, Fault> {
    number::micros(cell)
        .and_then(|micros| u64::try_from(micros).ok())
        .ok_or_else(|| Fault::of_field(reasons::DURATION, field, cell))
}

/// Zeek's `unknown_transport` is an unset protocol in words.
pub(super) fn protocol(cell: &[u8]) -> Result<Option<Protocol>, Fault> {
    match cell {
        b"tcp" => return Ok(Some(Protocol::TCP)),
        b"udp" => return Ok(Some(Protocol::UDP)),
        b"unknown_transport" => return Ok(None),
        _ => {}
    }
    let read = std::str::from_utf8(cell).ok().and_then(Protocol::read);
    read.map(Some).ok_or_else(|| Fault::of_field(reasons::PROTOCOL, "proto", cell))
}

pub(super) fn port(field: &str, cell: &[u8]) -> Result<u16, Fault> {
    number::port(cell).ok_or_else(|| Fault::of_field(reasons::PORT, field, cell))
}

fn count(reason: &'static str, field: &str, cell: &[u8]) -> Result<u64, Fault> {
    number::count(cell).ok_or_else(|| Fault::of_field(reason, field, cell))
}

/// Whether a line without header is a row of conn.log in the default order: time, uid, two ends, a protocol.
fn is_bare_conn(line: &[u8]) -> bool {
    let mut cells = line.split(|b| *b == b'\t');
    let mut next = || cells.next().unwrap_or_default();
    let stamped = number::micros(next()).is_some_and(|micros| micros > 0);
    let uid = next();
    let uid = uid.len() >= 8 && uid[0] == b'C' && uid.iter().all(u8::is_ascii_alphanumeric);
    let ends = (0..2).all(|_| address::address(next()).is_some() && number::port(next()).is_some());
    let proto = matches!(next(), b"tcp" | b"udp" | b"icmp" | b"unknown_transport");
    stamped && uid && ends && proto && cells.count() >= 14
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Outcome;
    use crate::formats::reading_of;

    const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n";
    const FIELDS: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n";

    fn one(row: &str) -> Flow<'static> {
        let reading = reading_of(&ZeekConnTsv, &format!("{HEADER}{FIELDS}{row}\n"));
        reading.flows.into_iter().next().unwrap_or_else(|| panic!("{:?}", reading.dispositions))
    }

    #[test]
    fn a_missing_byte_count_is_not_zero() {
        let flow = one("1.5\tC1\t192.0.2.1\t1025\t198.51.100.1\t53\tudp\tdns\t-\t-\t0\tS0");
        assert_eq!((flow.bytes_out, flow.bytes_in, flow.duration), (None, Some(0), None));
        assert_eq!(flow.outcome, Outcome::Failed);
    }

    #[test]
    fn escapes_are_undone_without_loss() {
        let flow = one("1.5\tC1\t192.0.2.1\t1\t198.51.100.1\t2\ttcp\ta\\x09b\\\\x41\\xff\t-\t-\t-\tSF");
        assert_eq!(flow.service.as_deref(), Some("a\tb\\x41\\xff"));
    }

    #[test]
    fn icmp_keeps_type_and_code_but_no_service_port() {
        let flow = one("1.5\tC1\t192.0.2.1\t8\t198.51.100.1\t0\ticmp\t-\t-\t8\t8\tOTH");
        assert_eq!((flow.initiator.port, flow.service_key().to_string().as_str()), (Some(8), "icmp"));
        assert_eq!(flow.outcome, Outcome::Established);
    }

    #[test]
    fn another_log_is_skipped_by_name() {
        let reading = reading_of(&ZeekConnTsv, "#separator \\x09\n#path\tdns\n#fields\tts\tuid\n1.5\tC1\n");
        assert_eq!(reading.dispositions[3], zeek::other_log("dns"));
    }
}
