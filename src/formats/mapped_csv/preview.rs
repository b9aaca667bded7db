//! What the mapping panel shows: the columns, the first rows, the mapping, and how each field reads in them.

use std::collections::BTreeMap;

use super::super::{Mapping, Sample};
use super::Table;
use super::row::Plan;
use crate::evidence::Clock;
use crate::evidence::text::readable;
use crate::flow::Flow;

/// How many rows a preview shows.
const ROWS: usize = 5;

/// The beginning of a table under a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The byte between the cells.
    pub delimiter: u8,
    /// The columns' names, made distinct.
    pub header: Vec<String>,
    /// The first rows as they stand.
    pub rows: Vec<Vec<String>>,
    /// The mapping: the one that was given, else the guess.
    pub mapping: Mapping,
    /// How each of the rows reads.
    pub readings: Vec<Reading>,
}

/// How a row reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Field → what was understood.
    Flow(BTreeMap<&'static str, String>),
    /// Why it is no flow, and what was found.
    Malformed(String),
}

/// The beginning of a table under this mapping, or under the guess; `None` when the sample is no table with a header.
pub fn preview(sample: &Sample<'_>, mapping: Option<&Mapping>) -> Option<Preview> {
    let table = table_of(sample)?;
    let mapping = mapping.cloned().unwrap_or_else(|| table.mapping());
    let plan = Plan::new(&table.header, &mapping);
    let rows = &table.rows[..table.rows.len().min(ROWS)];
    let readings = rows.iter().map(|row| match plan.flow(row, &Clock::default()) {
        Ok(flow) => Reading::Flow(fields_of(&flow)),
        Err(fault) => Reading::Malformed(format!("{}: {}", fault.reason, fault.found)),
    });
    Some(Preview {
        delimiter: table.delimiter,
        readings: readings.collect(),
        rows: rows.iter().map(|row| row.iter().map(|cell| readable(cell).into_owned()).collect()).collect(),
        header: table.header,
        mapping,
    })
}

/// The column names of what looks like a table with a header but names no two ends, so that a receipt can ask which
/// columns they are; `None` for anything else.
pub fn unmapped_header(sample: &Sample<'_>) -> Option<Vec<String>> {
    let table = table_of(sample)?;
    (!table.has_both_ends()).then_some(table.header)
}

/// The column names of a table, or the paths of JSON objects; `None` for anything else.
pub fn header_of(sample: &Sample<'_>) -> Option<Vec<String>> {
    table_of(sample).map(|table| table.header)
}

fn table_of<'s>(sample: &Sample<'s>) -> Option<Table<'s>> {
    Table::of(sample).filter(|table| table.has_both_ends() || looks_like_a_table(table))
}

/// Several columns, no number among their names, and rows of as many cells.
fn looks_like_a_table(table: &Table<'_>) -> bool {
    let named = table.header.iter().all(|name| name.parse::<f64>().is_err() && name.len() < 80 && !name.contains('='));
    let even = table.rows.iter().filter(|row| row.len() == table.header.len()).count();
    table.header.len() >= 2 && named && !table.rows.is_empty() && even * 10 >= table.rows.len() * 9
}

fn fields_of(flow: &Flow<'_>) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::new();
    let mut put = |field, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(field, value);
        }
    };
    put("ts", flow.start.map(|start| start.to_string()));
    put("duration", flow.duration.map(|micros| crate::flow::Moment(micros.min(i64::MAX as u64) as i64).to_string()));
    put("src_ip", flow.initiator.address.map(|address| address.to_string()));
    put("src_host", flow.initiator.name.as_deref().map(str::to_owned));
    put("src_port", flow.initiator.port.map(|port| port.to_string()));
    put("dst_ip", flow.responder.address.map(|address| address.to_string()));
    put("dst_host", flow.responder.name.as_deref().map(str::to_owned));
    put("dst_port", flow.responder.port.map(|port| port.to_string()));
    put("proto", flow.protocol.map(|protocol| protocol.to_string()));
    put("service", flow.service.as_deref().map(str::to_owned));
    put("bytes_out", flow.bytes_out.map(|n| n.to_string()));
    put("bytes_in", flow.bytes_in.map(|n| n.to_string()));
    put("packets_out", flow.packets_out.map(|n| n.to_string()));
    put("packets_in", flow.packets_in.map(|n| n.to_string()));
    put("outcome", Some(flow.outcome.word().to_owned()));
    put("user", flow.user.as_deref().map(str::to_owned));
    put("sensor", flow.sensor.as_deref().map(str::to_owned));
    put("rule", flow.rule.as_deref().map(str::to_owned));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Sample<'_> {
        Sample { bytes: text.as_bytes(), whole: true }
    }

    #[test]
    fn a_preview_shows_the_guess_and_how_it_reads() {
        let shown =
            preview(&whole("src;dst;bytes\n192.0.2.1;198.51.100.1;5\n192.0.2.1;198.51.100.1;x\n"), None).unwrap();
        assert_eq!((shown.delimiter, shown.mapping.columns["bytes_out"].as_str()), (b';', "bytes"));
        let Reading::Flow(fields) = &shown.readings[0] else { panic!("{shown:?}") };
        assert_eq!(fields["bytes_out"], "5");
        assert_eq!(shown.readings[1], Reading::Malformed("byte count is not a number: bytes is \"x\"".to_owned()));
    }

    #[test]
    fn a_table_without_ends_says_its_columns() {
        assert_eq!(unmapped_header(&whole("name,age\na,1\n")).unwrap(), ["name", "age"]);
        assert_eq!(unmapped_header(&whole("just, some text\nand more\n")), None);
        assert_eq!(unmapped_header(&whole("src,dst\n192.0.2.1,192.0.2.2\n")), None);
    }
}
