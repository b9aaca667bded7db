//! Records whose expectation the vendor's documentation overrules: `exceptions.tsv` beside this file.

use anyhow::{Result, bail};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Columns: end of the log's path; record_no, a range `3-9` of them, or `*`; what is excepted (`ends`, `extra`, `direction`,
/// `bytes`, `time`); the vendor's sentence and where it stands.
const TABLE: &str = include_str!("exceptions.tsv");

/// The exceptions, and which of them were needed.
pub struct Exceptions {
    rows: Vec<Row>,
    used: RefCell<BTreeSet<usize>>,
}

struct Row {
    log: &'static str,
    records: std::ops::RangeInclusive<u64>,
    what: &'static str,
}

impl Exceptions {
    /// Reads the table.
    pub fn load() -> Result<Exceptions> {
        let mut rows = Vec::new();
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [log, records, what, why] = cells[..] else { bail!("exceptions.tsv: not four columns: {line}") };
            if !["ends", "extra", "direction", "bytes", "time"].contains(&what) || why.len() < 20 {
                bail!("exceptions.tsv: no such kind, or no vendor's sentence: {line}");
            }
            let records = match (records, records.split_once('-')) {
                ("*", _) => 0..=u64::MAX,
                (_, Some((first, last))) => first.parse()?..=last.parse()?,
                (one, None) => one.parse()?..=one.parse()?,
            };
            rows.push(Row { log, records, what });
        }
        Ok(Exceptions { rows, used: RefCell::default() })
    }

    /// Whether this record of this log is excepted from this measure.
    pub fn covers(&self, log: &str, record: u64, what: &str) -> bool {
        let found = self
            .rows
            .iter()
            .position(|row| row.what == what && log.ends_with(row.log) && row.records.contains(&record));
        found.is_some_and(|at| {
            self.used.borrow_mut().insert(at);
            true
        })
    }

    /// The rows that were asked for nothing, where their log was read.
    pub fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let logs: BTreeSet<&str> = used.iter().map(|at| self.rows[*at].log).collect();
        let idle = self.rows.iter().enumerate().filter(|(at, row)| logs.contains(row.log) && !used.contains(at));
        idle.map(|(_, row)| format!("{} {:?} {}", row.log, row.records, row.what)).collect()
    }
}
