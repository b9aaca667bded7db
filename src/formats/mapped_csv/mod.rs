//! Any table with a header (RFC 4180; commas, semicolons, tabs or `|`), read through a mapping of columns to fields that is
//! guessed from names and values and that the user may correct. Bytes are what the source counts.
//!
//! The fields: `ts`, `end`, `logged`, `date` with `time`, `zone`, `duration`, `src_ip`, `src_host`, `src_port`, `dst_ip`, `dst_host`,
//! `dst_port`, `proto`, `service`, `bytes_out`, `bytes_in`, `bytes_total`, `packets_out`, `packets_in`, `packets_total`, `outcome`, `user`,
//! `sensor`, `rule`. One more entry of a mapping is no column: `day_month`, `day first` or `month first`, for dates such as `03/04/2025`;
//! where neither it nor the file's beginning settles their order, the row is malformed and says so.

mod columns;
mod names;
mod objects;
mod pairs;
mod preview;
mod row;

use std::borrow::Cow;

pub(super) use cells::cut as cut_row;
pub(super) use objects::Objects;
pub(super) use pairs::Lines as PairLines;
pub use preview::{Preview, Reading, header_of, preview, unmapped_header};
pub(super) use row::outcome_word;

use super::syntax::time::Written;
use super::syntax::{address, cells, when};
use super::{Disposition, Fault, Format, Likeness, Mapping, Parser, Sample, Setting, Sink};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Place, Record};
use row::Plan;

/// The format.
pub struct MappedCsv;

impl Format for MappedCsv {
    fn name(&self) -> &'static str {
        "mapped_csv"
    }

    fn title(&self) -> &'static str {
        "CSV with mapped columns"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if Table::mapped(sample).is_some() { Likeness::Possible } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        Framing::QuotedLines(Table::of(sample).map_or(b',', |table| table.delimiter))
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let clock = setting.clock;
        Box::new(match Table::of(sample) {
            Some(table) => {
                let mapping = setting.mapping.clone().unwrap_or_else(|| table.mapping());
                let plan = Plan::new(&table.header, &mapping);
                let head = table.head.iter().map(|line| line.to_vec()).collect();
                Rows { delimiter: table.delimiter, clock, head, plan }
            }
            None => Rows { delimiter: b',', clock, head: Vec::new(), plan: Plan::default() },
        })
    }
}

struct Rows {
    delimiter: u8,
    clock: Clock,
    /// The header line and what stands before it, as they stand; wherever they come again, they are no rows.
    head: Vec<Vec<u8>>,
    plan: Plan,
}

impl Parser for Rows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if self.head.iter().any(|head| head == line) {
            return Disposition::Header;
        }
        let mut row = Vec::with_capacity(self.plan.width);
        if let Err(cell) = cells::cut(line, self.delimiter, &mut row) {
            let shown = readable(&line[..line.len().min(480)]);
            return Disposition::Malformed(Fault::new(
                "a quoted value is not closed",
                format!("cell {cell} of: {shown}"),
            ));
        }
        read_row(&self.plan, &row, &self.clock, record.place, flows)
    }

    fn mapping(&self) -> Option<Mapping> {
        Some(self.plan.mapping.clone())
    }
}

/// Reads a row by its plan.
fn read_row(plan: &Plan, row: &[Cow<'_, [u8]>], clock: &Clock, place: Place, flows: &mut Sink<'_>) -> Disposition {
    if let Some(reason) = plan.no_connection(row) {
        return Disposition::Skipped(reason.into());
    }
    match plan.flow(row, clock) {
        Ok(flow) => {
            flows(&flow, place);
            Disposition::Parsed
        }
        Err(fault) => Disposition::Malformed(fault),
    }
}

/// The name of the format that reads a sample through a mapping: this one, or that of JSON objects, or that of lines of pairs.
pub fn reader_of(sample: &Sample<'_>) -> &'static str {
    if objects::is_json(sample) {
        "mapped_json"
    } else if Table::mapped(sample).is_none() && pairs::table(sample).is_some() {
        "mapped_pairs"
    } else {
        "mapped_csv"
    }
}

/// Whether lines of pairs tell of connections, by their keys and values.
pub(super) fn pairs_tell_of_connections(sample: &Sample<'_>) -> bool {
    !objects::is_json(sample) && pairs::table(sample).is_some()
}

/// Whether JSON objects tell of connections, by the names and values of their fields.
pub(super) fn tells_of_connections(sample: &Sample<'_>) -> bool {
    objects::table(sample).is_some_and(|table| table.has_both_ends())
}

/// Reads a time in one of the many ways that people and products write it; a date whose day and month could be either is
/// month first, as products from the United States print it.
pub fn read_time(text: &[u8]) -> Option<Written> {
    when::read(text, Some(when::Order::MonthFirst)).ok()
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many rows a guess looks at.
const GUESSED_ROWS: usize = 50;
/// A table of more columns is none: no log of connections has a tenth of them, and each is compared with all names.
const MOST_COLUMNS: usize = 500;
/// Columns of people who ask for connections, or have allowed them.
const WHYS: [&str; 11] = [
    "description",
    "comment",
    "comments",
    "remarks",
    "justification",
    "purpose",
    "reason",
    "requestedby",
    "ticket",
    "備考",
    "用途",
];
/// How many lines of preamble may stand before the header.
const PREAMBLE: usize = 12;

/// A table's beginning.
struct Table<'s> {
    delimiter: u8,
    /// The lines up to the header, the header included.
    head: Vec<&'s [u8]>,
    /// The columns' names, made distinct: `bytes`, `bytes (2)`, `column 3`.
    header: Vec<String>,
    rows: Vec<Vec<Cow<'s, [u8]>>>,
    guessed: Vec<(&'static str, usize)>,
}

impl<'s> Table<'s> {
    /// The table that a sample is: the one whose header names both ends, else whatever looks most like one.
    fn of(sample: &Sample<'s>) -> Option<Table<'s>> {
        if objects::is_json(sample) {
            return objects::table(sample);
        }
        Table::mapped(sample).or_else(|| pairs::table(sample).map(|(_, table)| table)).or_else(|| {
            let tables = DELIMITERS.iter().filter_map(|delimiter| Table::at(sample, *delimiter, 0));
            tables.filter(|table| table.header.len() > 1).max_by_key(|table| table.header.len())
        })
    }

    /// The table whose header is the first line that names both ends, after a few lines of preamble at most.
    fn mapped(sample: &Sample<'s>) -> Option<Table<'s>> {
        if objects::is_json(sample) {
            return None;
        }
        let at = |delimiter: &u8| {
            (0..PREAMBLE).map_while(|before| Table::at(sample, *delimiter, before)).find(Table::has_both_ends)
        };
        DELIMITERS.iter().find_map(at)
    }

    fn at(sample: &Sample<'s>, delimiter: u8, before: usize) -> Option<Table<'s>> {
        let mut lines = sample.lines();
        let head: Vec<&[u8]> = lines.by_ref().take(before + 1).collect();
        let line = head.get(before)?;
        let mut names = Vec::new();
        // A line with an unclosed quote names no columns.
        let cut = cells::cut(line.strip_prefix(b"#").unwrap_or(line), delimiter, &mut names);
        // Nor does one of pairs, which is a record of some device's log.
        let pairs = names.iter().filter(|name| name.contains(&b'=')).count();
        if cut.is_err() || names.len() > MOST_COLUMNS || pairs * 3 > names.len() {
            names.clear();
        }
        let header = distinct(&names);
        let mut rows = Vec::new();
        for line in lines.take(if header.len() > 1 { GUESSED_ROWS } else { 0 }) {
            let mut row = Vec::new();
            // A row that cannot be cut says nothing about the columns; the parser will say what is wrong with it.
            if cells::cut(line, delimiter, &mut row).is_ok() {
                rows.push(row);
            }
        }
        let guessed = if header.len() > 1 { columns::guess(&header, &rows) } else { Vec::new() };
        Some(Table { delimiter, head, header, rows, guessed })
    }

    /// Whether it names two ends, and they are hosts: by an address, or by what only connections have. A table of letters
    /// (`from`, `to`) or of prices (`source`, `target`) has neither.
    fn has_both_ends(&self) -> bool {
        let column = |field: &str| self.guessed.iter().find(|(found, _)| *found == field).map(|(_, column)| *column);
        let has = |fields: &[&str]| fields.iter().any(|field| column(field).is_some());
        let is_address = |cell: &Cow<'_, [u8]>| address::address_and_port(cell.trim_ascii()).is_some();
        let addressed = ["src_ip", "dst_ip"]
            .iter()
            .filter_map(|field| column(field))
            .any(|column| self.rows.iter().filter_map(|row| row.get(column)).any(is_address));
        let connected = has(&["src_port", "dst_port", "proto", "bytes_out", "bytes_in", "packets_out", "packets_in"]);
        // What has a verdict and neither a time nor a count is the rules of a firewall, not what came of them.
        let happened = has(&["ts", "end", "logged", "date", "duration", "src_port", "bytes_total", "packets_total"])
            || has(&["bytes_out", "bytes_in", "packets_out", "packets_in"]);
        // Nor are they where somebody says why they are wanted, as in a request for them.
        let wanted = self.header.iter().any(|name| WHYS.contains(&names::plain(name).as_str()));
        !self.lists_packets()
            && has(&["src_ip", "src_host"])
            && has(&["dst_ip", "dst_host"])
            && (happened || !(wanted || has(&["outcome"])))
            && (addressed || connected || self.rows.is_empty())
    }

    /// Whether it is Wireshark's list of packets: of a packet nobody can tell who opened its connection.
    fn lists_packets(&self) -> bool {
        is_packet_list(&self.header)
    }

    fn mapping(&self) -> Mapping {
        let mut mapping = Mapping::default();
        for (field, column) in &self.guessed {
            mapping.columns.insert((*field).to_owned(), self.header[*column].clone());
        }
        let dated = self
            .guessed
            .iter()
            .filter(|(field, _)| matches!(*field, "ts" | "end" | "logged" | "date"))
            .map(|(_, column)| *column);
        let cells = dated.flat_map(|column| self.rows.iter().filter_map(move |row| row.get(column)));
        if let Some(order) = when::Order::of(cells.map(|cell| cell.as_ref())) {
            mapping.columns.insert("day_month".to_owned(), order.word().to_owned());
        }
        mapping
    }
}

/// Whether columns are those of a packet list as Wireshark and `tshark` export it.
pub fn is_packet_list<S: AsRef<str>>(header: &[S]) -> bool {
    let has = |name: &str| header.iter().any(|column| column.as_ref().trim().eq_ignore_ascii_case(name));
    ["no.", "time", "source", "destination", "protocol", "length", "info"].iter().all(|name| has(name))
        || has("ip.src") && (has("frame.len") || has("frame.number") || has("frame.time_epoch"))
}

fn distinct(names: &[Cow<'_, [u8]>]) -> Vec<String> {
    let mut header: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let name = readable(name.trim_ascii()).into_owned();
        let name = if name.is_empty() { format!("column {}", at + 1) } else { name };
        let mut unique = name.clone();
        let mut turn = 2;
        while header.contains(&unique) {
            unique = format!("{name} ({turn})");
            turn += 1;
        }
        header.push(unique);
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Reading as Made, reading_of, recognise};

    fn read(text: &str) -> Made {
        reading_of(&MappedCsv, text)
    }

    #[test]
    fn columns_of_any_name_and_order_are_mapped() {
        let flow = read(
            "Bytes Sent,Destination address,Source address,Start Time\n5,198.51.100.1,192.0.2.1,2020-06-11T01:00:00Z",
        )
        .flows
        .remove(0);
        assert_eq!(flow.initiator.address, "192.0.2.1".parse().ok());
        assert_eq!((flow.bytes_out, flow.start.unwrap().to_string().as_str()), (Some(5), "1591837200"));
    }

    #[test]
    fn the_rules_of_a_firewall_are_no_connections() {
        let told = |text: &str| recognise(&Sample { bytes: text.as_bytes(), whole: true }).map(|format| format.name());
        let row = "1,192.0.2.5,198.51.100.4,tcp/445,allow";
        assert_eq!(told(&format!("id,source,destination,service,action\n{row}\n")), None);
        let dated = format!("id,source,destination,service,action,time\n{row},2020-06-11T02:00:00Z\n");
        assert_eq!(told(&dated), Some("mapped_csv"));
    }

    #[test]
    fn a_line_of_pairs_is_no_header() {
        let line = "<190>Jun 11 2020 H3C %%10SESSION/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;SrcIPAddr(1003)=10.0.0.1;\
                    SrcPort(1004)=51234;DstIPAddr(1007)=10.1.0.2;DstPort(1008)=445;\n";
        let told = recognise(&Sample { bytes: line.repeat(2).as_bytes(), whole: true });
        assert_eq!(told.map(|format| format.name()), Some("mapped_pairs"));
    }

    #[test]
    fn a_list_of_packets_is_no_table_of_connections() {
        let list =
            "No.,Time,Source,Destination,Protocol,Length,Info\n1,0.0,10.0.0.1,10.1.0.2,TCP,66,51234 > 445 [SYN]\n";
        assert!(recognise(&Sample { bytes: list.as_bytes(), whole: true }).is_none());
    }

    #[test]
    fn flow_exports_tell_of_one_direction() {
        let rows = "10.0.0.1|10.1.0.2|51234|445|6|12|3400|2020/06/11T12:34:56.789|\n\
                    10.1.0.2|10.0.0.1|445|51234|6|10|99000|2020/06/11T12:34:56.790|\n";
        let made = read(&format!("sIP|dIP|sPort|dPort|pro|packets|bytes|sTime|\n{rows}"));
        let replies: Vec<bool> = made.flows.iter().map(|flow| flow.is_reply()).collect();
        assert_eq!(replies, [false, true]);
        let told =
            read(&format!("sIP|dIP|sPort|dPort|pro|packets|bytes|sTime|action\n{}", rows.replace("|\n", "|allow\n")));
        assert!(told.flows.iter().all(|flow| !flow.is_reply()), "a session's export says what became of it");
    }

    #[test]
    fn a_column_of_names_gives_hosts() {
        let flow = read("src,dst\nsrv01,dc-1.example.com").flows.remove(0);
        assert_eq!(flow.initiator.name.as_deref(), Some("srv01"));
        assert_eq!(flow.responder.address, None);
    }

    #[test]
    fn an_unclosed_quote_costs_one_row() {
        let made = read("src,dst\n\"192.0.2.1,198.51.100.1\n192.0.2.2,198.51.100.1");
        assert!(matches!(made.dispositions[1], Disposition::Malformed(_)));
        assert_eq!(made.flows.len(), 1);
    }

    #[test]
    fn a_confirmed_mapping_holds_against_the_guess() {
        let text = "a,b\n192.0.2.1,198.51.100.1";
        let columns = [("src_ip", "b"), ("dst_ip", "a")].map(|(f, c)| (f.to_owned(), c.to_owned()));
        let setting = Setting { mapping: Some(Mapping { columns: columns.into() }), ..Setting::default() };
        let mut parser = MappedCsv.open(&setting, &Sample { bytes: text.as_bytes(), whole: true });
        let mut seen = None;
        let record = Record::new(b"192.0.2.1,198.51.100.1", Default::default());
        parser.read(record, &mut |flow, _| seen = flow.initiator.address);
        assert_eq!(seen, "198.51.100.1".parse().ok());
    }

    #[test]
    fn a_table_without_both_ends_is_not_read() {
        let name = |text: &str| recognise(&Sample { bytes: text.as_bytes(), whole: true }).map(|format| format.name());
        assert_eq!(name("name,age\na,1"), None);
        assert_eq!(name("src,age\n192.0.2.1,1"), None);
        assert_eq!(name("from,to,sent\nAlice,Bob,yesterday"), None);
        assert_eq!(name("source,target,price\nOslo,Rome,5"), None);
        assert_eq!(name("source,target,port\noslo,rome,5"), Some("mapped_csv"));
        assert_eq!(name("src;dst\n192.0.2.1;192.0.2.2"), Some("mapped_csv"));
        assert_eq!(name("sIP|dIP|sPort|dPort\n192.0.2.1|192.0.2.2|1|2"), Some("mapped_csv"));
        assert_eq!(name("1,2020/06/11 10:00:00,0011,end,192.0.2.1,198.51.100.1"), None);
    }

    #[test]
    fn an_ambiguous_date_is_malformed_until_settled() {
        let made = read("time,src,dst\n03/04/2025 10:00:00,192.0.2.1,192.0.2.2");
        let Disposition::Malformed(fault) = &made.dispositions[1] else { panic!("{:?}", made.dispositions) };
        assert!(fault.reason.contains("day"), "{fault:?}");
        let made =
            read("time,src,dst\n03/04/2025 10:00:00,192.0.2.1,192.0.2.2\n13/04/2025 10:00:00,192.0.2.1,192.0.2.2");
        assert_eq!(made.flows.len(), 2);
    }

    #[test]
    fn words_for_nothing_stay_distinct_as_users() {
        let made = read("src,dst,user\n192.0.2.1,192.0.2.2,-\n192.0.2.1,192.0.2.2,NULL\n192.0.2.1,192.0.2.2,");
        let users: Vec<Option<&str>> = made.flows.iter().map(|flow| flow.user.as_deref()).collect();
        assert_eq!(users, [Some("-"), Some("NULL"), Some("")]);
    }
}
