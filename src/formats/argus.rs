//! Argus flow records as `ra` prints them: tables (`-c ,` and the like: CTU's binetflow, UNSW-NB15, Bot-IoT), and the default
//! columns of text. After the manual pages ra(1), fields and "Dir", and ra.conf(5). Bytes count the whole frame, as Argus does.
//!
//! **Back.** Where the table has totals and the source's part (`TotBytes`, `SrcBytes`), what came back is the difference.
//!
//! **Direction.** `->` and `<->` name the initiator first; `<-` and `<?` name it second, so ends and counters are turned. `?` says that
//! Argus did not see the beginning.
//!
//! **Time.** `StartTime` in local time without a zone, or epoch seconds. The default text has no date: such flows are undated.
//!
//! **Ports.** Of ICMP and its like, type and code stand in their place in hexadecimal, and are none. A name (`http`) is the service.
//! An address that text output cut short (`fe80::300a:eaff:f*`) names none, and is kept as the end's name.
//!
//! **Not read.** Records of Argus itself (`man`), and ends that are hardware addresses.

use std::borrow::Cow;

use super::syntax::columns::Columns;
use super::syntax::{address, cells, number, time, when};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol};

/// The format.
pub struct Argus;

impl Format for Argus {
    fn name(&self) -> &'static str {
        "argus"
    }

    fn title(&self) -> &'static str {
        "Argus (ra, binetflow)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        for line in sample.lines().take(50) {
            if table_of(line).is_some() || is_text_header(line) {
                return Likeness::Certain;
            }
        }
        Likeness::None
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Ra { clock: setting.clock, layout: Layout::Unknown })
    }
}

/// What a column is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Start,
    Last,
    Duration,
    Protocol,
    Source,
    SourcePort,
    Direction,
    Destination,
    DestinationPort,
    State,
    Packets,
    PacketsOut,
    PacketsIn,
    Bytes,
    BytesOut,
    BytesIn,
    Service,
}

/// The titles that `ra` prints, its names of fields, and those of the data sets made with it.
fn slot_of(name: &str) -> Option<Slot> {
    Some(match name {
        "starttime" | "stime" => Slot::Start,
        "lasttime" | "ltime" => Slot::Last,
        "dur" => Slot::Duration,
        "proto" => Slot::Protocol,
        "srcaddr" | "saddr" | "srcip" => Slot::Source,
        "sport" => Slot::SourcePort,
        "dir" => Slot::Direction,
        "dstaddr" | "daddr" | "dstip" => Slot::Destination,
        "dport" | "dsport" => Slot::DestinationPort,
        "state" => Slot::State,
        "totpkts" | "pkts" => Slot::Packets,
        "srcpkts" | "spkts" => Slot::PacketsOut,
        "dstpkts" | "dpkts" => Slot::PacketsIn,
        "totbytes" | "bytes" => Slot::Bytes,
        "srcbytes" | "sbytes" => Slot::BytesOut,
        "dstbytes" | "dbytes" => Slot::BytesIn,
        "service" => Slot::Service,
        _ => return None,
    })
}

fn table_of(line: &[u8]) -> Option<Columns<Slot>> {
    let line = super::without_mark(line);
    // A glance, for every row passes here.
    if !line.windows(4).any(|four| four.eq_ignore_ascii_case(b"addr")) && memchr::memmem::find(line, b"srcip").is_none()
    {
        return None;
    }
    let delimiter = [b',', b'\t', b';', b'|'].into_iter().find(|d| memchr::memchr_iter(*d, line).count() >= 4)?;
    let columns = Columns::of_header(line, delimiter, slot_of)?;
    let marks =
        [Slot::Direction, Slot::State, Slot::Duration, Slot::BytesOut, Slot::PacketsOut, Slot::Bytes, Slot::Packets];
    let told = marks.iter().filter(|slot| columns.has(**slot)).count();
    (columns.has_all(&[Slot::Source, Slot::Destination, Slot::Protocol]) && told >= 3).then_some(columns)
}

/// `StartTime Flgs Proto SrcAddr Sport Dir DstAddr Dport TotPkts TotBytes State`, the default of ra.
fn is_text_header(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.next() == Some(b"StartTime")
        && [&b"SrcAddr"[..], b"Dir", b"DstAddr"].iter().all(|name| words.any(|word| word == *name))
}

enum Layout {
    Unknown,
    Table(Columns<Slot>),
    /// The names of the columns behind the second end.
    Text(Vec<Option<Slot>>),
}

struct Ra {
    clock: Clock,
    layout: Layout,
}

impl Parser for Ra {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if let Some(columns) = table_of(line) {
            self.layout = Layout::Table(columns);
            return Disposition::Header;
        }
        if is_text_header(line) {
            let names = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let names = names.map(|name| slot_of(&readable(name).to_ascii_lowercase()));
            let behind = names.skip_while(|slot| *slot != Some(Slot::Destination));
            let behind = behind.filter(|slot| !matches!(slot, Some(Slot::Destination | Slot::DestinationPort)));
            self.layout = Layout::Text(behind.collect());
            return Disposition::Header;
        }
        match &self.layout {
            Layout::Unknown => {
                Disposition::Malformed(Fault::new("no header before it says its columns", readable(line)))
            }
            Layout::Table(columns) => {
                let mut row = Vec::with_capacity(columns.count);
                if cells::cut(line, columns.delimiter, &mut row).is_err() || row.len() < columns.count.min(4) {
                    return Disposition::Malformed(Fault::new("no row of the table", readable(line)));
                }
                give(Cells::of_row(columns, &row).flow(&self.clock), record, flows)
            }
            Layout::Text(behind) => match Cells::of_text(line, behind) {
                Some(cells) => give(cells.flow(&self.clock), record, flows),
                None => Disposition::Malformed(Fault::new(
                    "two ends with a direction between them are missing",
                    readable(line),
                )),
            },
        }
    }
}

fn give(read: Result<Flow<'_>, Unread>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
    match read {
        Ok(flow) => {
            flows(&flow, record.place);
            Disposition::Parsed
        }
        Err(Unread::NoConnection(why)) => Disposition::Skipped(why.into()),
        Err(Unread::Fault(fault)) => Disposition::Malformed(fault),
    }
}

enum Unread {
    NoConnection(&'static str),
    Fault(Fault),
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Unread {
        Unread::Fault(fault)
    }
}

const SLOTS: usize = Slot::Service as usize + 1;

/// The cells of a record as they stand.
struct Cells<'r>([Option<&'r [u8]>; SLOTS]);

impl<'r> Cells<'r> {
    fn of_row(columns: &Columns<Slot>, row: &'r [Cow<'_, [u8]>]) -> Cells<'r> {
        const ALL: [Slot; SLOTS] = [
            Slot::Start,
            Slot::Last,
            Slot::Duration,
            Slot::Protocol,
            Slot::Source,
            Slot::SourcePort,
            Slot::Direction,
            Slot::Destination,
            Slot::DestinationPort,
            Slot::State,
            Slot::Packets,
            Slot::PacketsOut,
            Slot::PacketsIn,
            Slot::Bytes,
            Slot::BytesOut,
            Slot::BytesIn,
            Slot::Service,
        ];
        Cells(ALL.map(|slot| columns.cell(row, slot)))
    }

    /// `04:37:27.662651 e s tcp 192.0.2.1.1460 -> 198.51.100.1.139 2 124 REQ`: flags may hold blanks, so the arrow is
    /// what all else is counted from.
    fn of_text(line: &'r [u8], behind: &[Option<Slot>]) -> Option<Cells<'r>> {
        let words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(64).collect();
        let arrow = words.iter().position(|word| is_direction(word)).filter(|at| *at >= 3)?;
        let mut found = Cells([None; SLOTS]);
        let mut put = |slot: Slot, value: Option<&'r [u8]>| found.0[slot as usize] = value;
        put(Slot::Start, Some(words[0]));
        put(Slot::Protocol, Some(words[arrow - 2]));
        put(Slot::Direction, Some(words[arrow]));
        let (source, source_port) = parted(words[arrow - 1]);
        let (destination, destination_port) = parted(words.get(arrow + 1)?);
        put(Slot::Source, Some(source));
        put(Slot::SourcePort, source_port);
        put(Slot::Destination, Some(destination));
        put(Slot::DestinationPort, destination_port);
        for (slot, word) in behind.iter().zip(&words[arrow + 2..]) {
            if let Some(slot) = slot {
                put(*slot, Some(word));
            }
        }
        Some(found)
    }

    fn get(&self, slot: Slot) -> Option<&'r [u8]> {
        self.0[slot as usize]
    }

    fn flow(&self, clock: &Clock) -> Result<Flow<'r>, Unread> {
        let protocol = self.get(Slot::Protocol).unwrap_or_default();
        if protocol == b"man" {
            return Err(Unread::NoConnection("Argus's own status, no connection"));
        }
        let mut flow = Flow { protocol: protocol_of(protocol), ..Flow::default() };
        flow.initiator = self.end(Slot::Source, "SrcAddr")?;
        flow.responder = self.end(Slot::Destination, "DstAddr")?;
        let ported = flow.protocol.is_some_and(Protocol::has_ports);
        let mut service = None;
        for (end, slot, field) in
            [(&mut flow.initiator, Slot::SourcePort, "Sport"), (&mut flow.responder, Slot::DestinationPort, "Dport")]
        {
            let Some(cell) = self.get(slot).filter(|cell| ported && *cell != b"-") else { continue };
            match port_of(cell) {
                Some(port) => end.port = Some(port),
                None if cell.first().is_some_and(u8::is_ascii_alphabetic) => service = Some(readable(cell)),
                None => return Err(Fault::of_field(reasons::PORT, field, cell).into()),
            }
        }
        flow.service = self.get(Slot::Service).filter(|cell| *cell != b"-").map(readable).or(service);
        if flow.protocol.is_none() && protocol == b"arp" {
            flow.service = Some(Cow::Borrowed("arp"));
        }
        self.count(&mut flow)?;
        self.place_in_time(&mut flow, clock)?;
        let turned = self.get(Slot::Direction).is_some_and(|dir| dir.contains(&b'<') && !dir.contains(&b'>'));
        if turned {
            std::mem::swap(&mut flow.initiator, &mut flow.responder);
            std::mem::swap(&mut flow.bytes_out, &mut flow.bytes_in);
            std::mem::swap(&mut flow.packets_out, &mut flow.packets_in);
        }
        flow.outcome = outcome(self.get(Slot::State).unwrap_or_default(), turned, &flow);
        Ok(flow)
    }

    fn end(&self, slot: Slot, field: &'static str) -> Result<Endpoint<'r>, Unread> {
        let Some(cell) = self.get(slot).filter(|cell| *cell != b"-") else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{field} is absent")).into());
        };
        if let Some(address) = address::address(cell) {
            return Ok(Endpoint { address: Some(address), ..Endpoint::default() });
        }
        if cell.len() >= 11
            && cell.split(|b| *b == b':').all(|part| part.len() <= 2)
            && memchr::memchr(b':', cell).is_some()
        {
            return Err(Unread::NoConnection("ends are hardware addresses, no connection of IP"));
        }
        if cell.ends_with(b"*") {
            return Ok(Endpoint { name: Some(readable(cell)), ..Endpoint::default() });
        }
        Err(Fault::of_field(reasons::ADDRESS, field, cell).into())
    }

    fn count(&self, flow: &mut Flow<'r>) -> Result<(), Fault> {
        let amount = |slot, reason, field| match self.get(slot).filter(|cell| *cell != b"-") {
            None => Ok(None),
            Some(cell) => number::whole(cell).map(Some).ok_or_else(|| Fault::of_field(reason, field, cell)),
        };
        let rest = |total: Option<u64>, part: Option<u64>, reason, field| match (total, part) {
            (Some(total), Some(part)) => match total.checked_sub(part) {
                Some(rest) => Ok(Some(rest)),
                None => Err(Fault::new(reason, format!("{field} are {total} in all, and {part} from the source"))),
            },
            (_, _) => Ok(None),
        };
        flow.bytes_out = amount(Slot::BytesOut, reasons::BYTES, "SrcBytes")?;
        flow.bytes_in = amount(Slot::BytesIn, reasons::BYTES, "DstBytes")?;
        flow.packets_out = amount(Slot::PacketsOut, reasons::PACKETS, "SrcPkts")?;
        flow.packets_in = amount(Slot::PacketsIn, reasons::PACKETS, "DstPkts")?;
        if flow.bytes_in.is_none() {
            let total = amount(Slot::Bytes, reasons::BYTES, "TotBytes")?;
            flow.bytes_in = rest(total, flow.bytes_out, "the source's bytes are more than all", "TotBytes")?;
        }
        if flow.packets_in.is_none() {
            let total = amount(Slot::Packets, reasons::PACKETS, "TotPkts")?;
            flow.packets_in = rest(total, flow.packets_out, "the source's packets are more than all", "TotPkts")?;
        }
        Ok(())
    }

    fn place_in_time(&self, flow: &mut Flow<'r>, clock: &Clock) -> Result<(), Fault> {
        let read = |slot, field| match self.get(slot) {
            None => Ok(None),
            Some(cell) => moment(cell, clock).ok_or_else(|| Fault::of_field(reasons::TIME, field, cell)),
        };
        if let Some((start, basis)) = read(Slot::Start, "StartTime")? {
            (flow.start, flow.basis) = (Some(start), basis);
            let last = read(Slot::Last, "LastTime")?;
            flow.duration = last.and_then(|(last, _)| u64::try_from(last.0.checked_sub(start.0)?).ok());
        }
        if let Some(cell) = self.get(Slot::Duration) {
            let micros = number::micros(cell).and_then(|micros| u64::try_from(micros).ok());
            flow.duration = Some(micros.ok_or_else(|| Fault::of_field(reasons::DURATION, "Dur", cell))?);
        }
        Ok(())
    }
}

/// `->`, `<->`, `<-`, with `?` where Argus is not sure, `who` of ARP.
fn is_direction(word: &[u8]) -> bool {
    word == b"who"
        || (word.len() >= 2
            && word.len() <= 4
            && word.iter().all(|b| matches!(b, b'<' | b'-' | b'>' | b'?' | b'|' | b'o'))
            && word.iter().any(|b| matches!(b, b'<' | b'>')))
}

/// `192.0.2.1.1460` is an address and its port; `192.0.2.1` and `ff02::16` are addresses alone.
fn parted(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    if address::address(word).is_some() {
        return (word, None);
    }
    match memchr::memrchr(b'.', word) {
        Some(at) if address::address(&word[..at]).is_some() || word[..at].ends_with(b"*") => {
            (&word[..at], Some(&word[at + 1..]))
        }
        Some(_) | None => (word, None),
    }
}

fn protocol_of(name: &[u8]) -> Option<Protocol> {
    let name = std::str::from_utf8(name).ok()?;
    Protocol::read(name).or(match name {
        "ipv6-icmp" | "ipv6-*" | "ipv6-i*" => Some(Protocol::ICMP6),
        "rtp" | "rtcp" | "udt" => Some(Protocol::UDP),
        _ => None,
    })
}

/// `443`, `0x01bb`, `443.0` as pipelines write it, `https`.
fn port_of(cell: &[u8]) -> Option<u16> {
    if let Some(hex) = cell.strip_prefix(b"0x") {
        return u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok();
    }
    if let Some(port) = number::whole(cell) {
        return u16::try_from(port).ok();
    }
    Some(match cell {
        b"ftp" => 21,
        b"ssh" => 22,
        b"telnet" => 23,
        b"smtp" => 25,
        b"domain" => 53,
        b"bootps" => 67,
        b"bootpc" => 68,
        b"http" => 80,
        b"kerberos" => 88,
        b"pop3" => 110,
        b"ntp" => 123,
        b"netbios-ns" => 137,
        b"netbios-dgm" => 138,
        b"netbios-ssn" => 139,
        b"imap" => 143,
        b"snmp" => 161,
        b"ldap" => 389,
        b"https" => 443,
        b"microsoft-ds" => 445,
        b"syslog" => 514,
        b"imaps" => 993,
        b"mdns" => 5353,
        _ => return None,
    })
}

/// A time with its date; `Some(None)` is a time of day alone, which has none.
fn moment(cell: &[u8], clock: &Clock) -> Option<Option<(Moment, Basis)>> {
    if let Some(written) = time::read(cell) {
        return Some(Some(written.settle(clock)));
    }
    if let Some(at) = time::epoch(cell) {
        return Some(Some((at, Basis::Explicit)));
    }
    if time::time_of_day(cell).is_some_and(|(_, rest)| rest.is_empty()) {
        return Some(None);
    }
    when::read(cell, None).ok().map(|written| Some(written.settle(clock)))
}

/// What became of it: by `State` (`CON`, or the flags of both ends as in `FSPA_FSPA`), and whether anything came back.
fn outcome(state: &[u8], turned: bool, flow: &Flow<'_>) -> Outcome {
    let answered = flow.packets_in.or(flow.bytes_in).map(|count| count > 0);
    if flow.protocol == Some(Protocol::TCP)
        && let Some(at) = memchr::memchr(b'_', state)
    {
        let (first, second) = (&state[..at], &state[at + 1..]);
        let (ours, theirs) = if turned { (second, first) } else { (first, second) };
        return match (ours.contains(&b'S'), theirs) {
            (_, b"") => Outcome::Failed,
            // A reset is all that came back.
            (true, b"R" | b"RA") => Outcome::Failed,
            (_, _) => Outcome::Established,
        };
    }
    match state {
        b"REQ" | b"INT" | b"URP" | b"URH" | b"URN" | b"URF" | b"URFIL" | b"S0" | b"REJ" if answered != Some(true) => {
            Outcome::Failed
        }
        b"CON" | b"FIN" | b"ACC" | b"CLO" | b"EST" if answered != Some(false) => Outcome::Established,
        _ => match answered {
            Some(true) => Outcome::Established,
            Some(false) => Outcome::Failed,
            None => Outcome::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    const HEADER: &str =
        "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label";

    #[test]
    fn what_came_back_is_the_total_without_the_source_s_part() {
        let row = "2024/03/05 09:00:00.5,1.5,tcp,192.0.2.1,0xc350,   ->,198.51.100.1,443,FSPA_FSPA,0,0,10,5000,1000,4,";
        let flow = reading_of(&Argus, &format!("{HEADER}\n{row}")).flows.remove(0);
        assert_eq!((flow.bytes_out, flow.bytes_in, flow.packets_in), (Some(1_000), Some(4_000), Some(6)));
        assert_eq!((flow.initiator.port, flow.outcome), (Some(50_000), Outcome::Established));
    }

    #[test]
    fn an_arrow_to_the_left_turns_ends_and_counters() {
        let row = "2024/03/05 09:00:00.5,1.5,tcp,192.0.2.1,443,   <-,198.51.100.1,50000,CON,0,0,10,5000,1000,4,";
        let flow = reading_of(&Argus, &format!("{HEADER}\n{row}")).flows.remove(0);
        assert_eq!((flow.responder.port, flow.bytes_out), (Some(443), Some(4_000)));
    }

    #[test]
    fn text_without_a_date_is_undated() {
        let text = "   StartTime      Flgs  Proto     SrcAddr  Sport   Dir   DstAddr  Dport  TotPkts   TotBytes State\n\
            06:51:43.714981  e s         tcp     192.0.2.1.1460      ->       198.51.100.1.139           2        124     REQ";
        let flow = reading_of(&Argus, text).flows.remove(0);
        assert_eq!((flow.start, flow.responder.port, flow.outcome), (None, Some(139), Outcome::Failed));
    }
}
