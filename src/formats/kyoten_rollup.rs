//! `rollup.csv`: flows summed by link, service, hour and outcome, as `kyoten rollup` and the queries of
//! `docs/warehouse.md` write them. A row stands for many flows between two sites and names no host. Warehouses write such rows as
//! Parquet and as lines of JSON too: both come here as objects.
//!
//! Columns, in any order: `src_site`, `dst_site`, `proto`, `dst_port`, `hour`, `outcome`, `flows`, `bytes_out`, `bytes_in`,
//! `first_ms`, `last_ms`; `src_hosts` and `dst_hosts` may follow and are not read, since distinct hosts of several rows
//! can't be summed. Times are UTC. Bytes are whatever the source of the rollup counted.

use std::borrow::Cow;

use super::mapped_csv::cut_row;
use super::syntax::{json, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::table::unguarded;
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Protocol, Rolled};

/// The format.
pub struct KyotenRollup;

/// The columns that every rollup has, in the order in which they are written.
pub const COLUMNS: [&str; 11] = [
    "src_site",
    "dst_site",
    "proto",
    "dst_port",
    "hour",
    "outcome",
    "flows",
    "bytes_out",
    "bytes_in",
    "first_ms",
    "last_ms",
];

/// Columns without which a row says nothing.
const NEEDED: [usize; 5] = [SRC, DST, HOUR, OUTCOME, FLOWS];
const SRC: usize = 0;
const DST: usize = 1;
const PROTO: usize = 2;
const PORT: usize = 3;
const HOUR: usize = 4;
const OUTCOME: usize = 5;
const FLOWS: usize = 6;
const BYTES_OUT: usize = 7;
const BYTES_IN: usize = 8;
const FIRST: usize = 9;
const LAST: usize = 10;

impl Format for KyotenRollup {
    fn name(&self) -> &'static str {
        "kyoten_rollup"
    }

    fn title(&self) -> &'static str {
        "Kyoten rollup"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let has_header = sample.lines().next().and_then(Columns::of_header).is_some();
        let has_fields = || json::objects(sample.bytes).next().is_some_and(is_row);
        if has_header || has_fields() { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        match sample.bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => Framing::Json,
            Some(_) | None => Framing::QuotedLines(b','),
        }
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Rows { columns: None })
    }
}

/// The column of this name.
fn column_of(name: &[u8]) -> Option<usize> {
    COLUMNS.iter().position(|column| name.eq_ignore_ascii_case(column.as_bytes()))
}

/// Whether an object has the fields that a row needs.
fn is_row(object: &[u8]) -> bool {
    let mut there = [false; COLUMNS.len()];
    let walked = json::fields(object, |key, _| {
        if let Some(column) = column_of(key.bytes) {
            there[column] = true;
        }
    });
    walked.is_ok() && NEEDED.iter().all(|needed| there[*needed])
}

/// Where each column stands.
#[derive(Debug, Clone, Copy)]
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn of_header(line: &[u8]) -> Option<Columns> {
        let mut cells = Vec::new();
        cut_row(super::without_mark(line), b',', &mut cells).ok()?;
        let named = |name: &str| cells.iter().position(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
        let columns = COLUMNS.map(named);
        NEEDED.iter().all(|needed| columns[*needed].is_some()).then_some(Columns(columns))
    }
}

struct Rows {
    columns: Option<Columns>,
}

impl Parser for Rows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        if record.bytes.first() == Some(&b'{') {
            return object(record, flows);
        }
        // Rollups may be joined end to end, and each brings its header.
        if let Some(columns) = Columns::of_header(record.bytes) {
            self.columns = Some(columns);
            return Disposition::Header;
        }
        let Some(Columns(columns)) = self.columns else {
            return Disposition::Malformed(Fault::new("no header of a rollup before it", ""));
        };
        let mut cells = Vec::with_capacity(COLUMNS.len() + 2);
        if let Err(cell) = cut_row(record.bytes, b',', &mut cells) {
            return Disposition::Malformed(Fault::new("a quoted value is not closed", format!("cell {cell}")));
        }
        let cell = |column: usize| -> &[u8] {
            columns[column].and_then(|at| cells.get(at)).map_or(&b""[..], |cell| cell.trim_ascii())
        };
        hand_on(flow(cell), record, flows)
    }
}

/// Reads a row that is an object.
fn object(record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
    let mut cells = [const { Cow::Borrowed("") }; COLUMNS.len()];
    let walked = json::fields(record.bytes, |key, value| {
        if let Some((column, text)) = column_of(key.bytes).zip(value.text()) {
            cells[column] = text;
        }
    });
    match walked {
        Ok(()) => hand_on(flow(|column| cells[column].as_bytes().trim_ascii()), record, flows),
        Err(error) => Disposition::Malformed(Fault::new(reasons::NOT_JSON, error.to_string())),
    }
}

fn hand_on(flow: Result<Flow<'_>, Fault>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
    match flow {
        Ok(flow) => {
            flows(&flow, record.place);
            Disposition::Parsed
        }
        Err(fault) => Disposition::Malformed(fault),
    }
}

fn flow<'c>(cell: impl Fn(usize) -> &'c [u8]) -> Result<Flow<'static>, Fault> {
    let site = |column: usize| {
        let name = readable(cell(column));
        let name = unguarded(&name);
        match name {
            "" => Err(Fault::new("a site is missing", format!("{} is empty", COLUMNS[column]))),
            name => Ok(name.to_owned()),
        }
    };
    let optional = |column: usize, reason: &'static str| match cell(column) {
        b"" => Ok(None),
        // Spark and BigQuery write sums as floats or with an exponent where they are large.
        bytes => number::whole(bytes).map(Some).ok_or_else(|| Fault::of_field(reason, COLUMNS[column], bytes)),
    };
    let moment = |column: usize| match cell(column) {
        b"" => Ok(None),
        bytes => match number::whole(bytes).and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000)) {
            Some(micros) => Ok(Some(Moment(micros))),
            None => Err(Fault::of_field(reasons::TIME, COLUMNS[column], bytes)),
        },
    };
    let (from, to) = (site(SRC)?, site(DST)?);
    let flows = optional(FLOWS, "flow count is not a number")?
        .filter(|flows| *flows > 0)
        .ok_or_else(|| Fault::of_field("flow count is not a number above 0", COLUMNS[FLOWS], cell(FLOWS)))?;
    let (kind, protocol) = match cell(PROTO) {
        b"" | b"?" => (Kind::Connection, None),
        b"logon" => (Kind::Logon, None),
        b"vpn" => (Kind::Session, None),
        bytes => match Protocol::read(&readable(bytes)) {
            Some(protocol) => (Kind::Connection, Some(protocol)),
            None => return Err(Fault::of_field(reasons::PROTOCOL, COLUMNS[PROTO], bytes)),
        },
    };
    let port = match cell(PORT) {
        b"" | b"?" => None,
        bytes => match number::whole(bytes).and_then(|port| u16::try_from(port).ok()) {
            Some(port) => Some(port),
            None => return Err(Fault::of_field(reasons::PORT, COLUMNS[PORT], bytes)),
        },
    };
    let outcome = match cell(OUTCOME).to_ascii_lowercase().as_slice() {
        b"established" => Outcome::Established,
        b"denied" => Outcome::Denied,
        b"failed" => Outcome::Failed,
        b"unknown" | b"" => Outcome::Unknown,
        other => return Err(Fault::of_field("outcome is unknown", COLUMNS[OUTCOME], other)),
    };
    let (first, last) = (moment(FIRST)?, moment(LAST)?);
    let hour = hour(cell(HOUR))?;
    let start = first.or(hour);
    let end = |port| move |site: &str| Endpoint { name: Some(stand_in(site)), port, ..Endpoint::default() };
    Ok(Flow {
        kind,
        start,
        basis: Basis::Explicit,
        initiator: end(None)(&from),
        responder: end(port)(&to),
        protocol,
        bytes_out: optional(BYTES_OUT, reasons::BYTES)?,
        bytes_in: optional(BYTES_IN, reasons::BYTES)?,
        outcome,
        rolled: Some(Rolled { from: Cow::Owned(from), to: Cow::Owned(to), flows, last: last.max(start) }),
        ..Flow::default()
    })
}

/// What stands in the place of the hosts of a site, which a rollup does not name.
pub fn stand_in(site: &str) -> Cow<'static, str> {
    Cow::Owned(format!("(hosts of {site})"))
}

/// The start of an hour: ISO 8601 (UTC where no zone is said), or a number since the epoch.
fn hour(bytes: &[u8]) -> Result<Option<Moment>, Fault> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let written = time::read(bytes)
        .map(|written| Moment(written.local.0.saturating_sub(i64::from(written.offset.unwrap_or(0)) * 1_000_000)));
    let hour = written.or_else(|| time::epoch(bytes));
    hour.map(Some).ok_or_else(|| Fault::of_field(reasons::TIME, COLUMNS[HOUR], bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "src_site,dst_site,proto,dst_port,hour,outcome,flows,bytes_out,bytes_in,first_ms,last_ms,src_hosts,dst_hosts\n";

    fn read(rows: &str) -> super::super::Reading {
        super::super::reading_of(&KyotenRollup, &format!("{HEADER}{rows}"))
    }

    #[test]
    fn a_row_is_many_flows_between_sites() {
        let reading = read(
            "Bangkok,\"Tokyo, DC\",tcp,445,2020-06-11T02:00:00Z,established,7,10,20,1591840923456,1591841000000,2,1\n",
        );
        let [flow] = reading.flows.as_slice() else { panic!("one row is one flow: {:?}", reading.dispositions) };
        let rolled = flow.rolled.as_ref().unwrap();
        assert_eq!((rolled.from.as_ref(), rolled.to.as_ref(), rolled.flows), ("Bangkok", "Tokyo, DC", 7));
        assert_eq!(
            (flow.start, rolled.last),
            (Some(Moment(1_591_840_923_456_000)), Some(Moment(1_591_841_000_000_000)))
        );
        assert_eq!(flow.service_key().to_string(), "tcp/445");
    }

    #[test]
    fn hours_are_read_as_warehouses_write_them() {
        for hour in
            ["2020-06-11T02:00:00Z", "2020-06-11 02:00:00", "2020-06-11 02:00:00 UTC", "1591840800", "1591840800000"]
        {
            let reading = read(&format!("A,B,udp,53,{hour},unknown,1,,,,,,\n"));
            assert_eq!(reading.flows.first().and_then(|f| f.start), Some(Moment(1_591_840_800_000_000)), "{hour}");
        }
    }

    #[test]
    fn a_row_may_be_an_object() {
        let rows = r#"{"src_site":"A","dst_site":"B","proto":"tcp","dst_port":445,"hour":"2020-06-11T02:00:00Z",
            "outcome":"established","flows":7,"bytes_out":null,"first_ms":1591840923456.0,"more":[1]}"#;
        let reading = super::super::reading_of(&KyotenRollup, &rows.replace('\n', " "));
        let [flow] = reading.flows.as_slice() else { panic!("one object is one flow: {:?}", reading.dispositions) };
        assert_eq!((flow.start, flow.bytes_out), (Some(Moment(1_591_840_923_456_000)), None));
        assert_eq!((flow.service_key().to_string().as_str(), flow.rolled.as_ref().unwrap().flows), ("tcp/445", 7));
        let whole = Sample { bytes: rows.as_bytes(), whole: true };
        assert_eq!(KyotenRollup.recognise(&whole), Likeness::Certain);
        let other = Sample { bytes: br#"{"src_site":"A","dst_site":"B","flows":7}"#, whole: true };
        assert_eq!(KyotenRollup.recognise(&other), Likeness::None);
    }

    #[test]
    fn logons_and_what_has_no_port_are_read() {
        let reading = read("A,B,logon,,,established,1,,,,,,\nA,B,icmp,,,unknown,2,,,,,,\nA,B,,,,failed,3,,,,,,\n");
        let services: Vec<String> = reading.flows.iter().map(|flow| flow.service_key().to_string()).collect();
        assert_eq!(services, ["logon", "icmp", "?"]);
    }

    #[test]
    fn a_row_that_says_nothing_is_malformed() {
        for row in [
            "A,,tcp,1,,established,1,,,,",
            "A,B,tcp,1,,established,0,,,,",
            "A,B,tcp,1,,gone,1,,,,",
            "A,B,tcp,1,x,failed,1,,,,",
        ] {
            let reading = read(&format!("{row}\n"));
            assert!(matches!(reading.dispositions.last(), Some(Disposition::Malformed(_))), "{row}");
        }
    }
}
