//! JSON objects as the rows of a table: each path of keys (`source.ip`) that the file's first objects have is a column. Arrays, and
//! paths more than four keys deep, are no columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::syntax::json::{self, NotJson, Value};
use super::super::syntax::syslog;
use super::super::{Disposition, Fault, Mapping, Parser, Sample, Setting, Sink, reasons};
use super::row::Plan;
use super::{GUESSED_ROWS, MOST_COLUMNS, Table, columns};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Record};
use crate::sorting::LeanCollect as _;

/// Whether a sample is JSON at all.
pub fn is_json(sample: &Sample<'_>) -> bool {
    match super::super::without_mark(sample.bytes).trim_ascii_start() {
        [b'{', ..] => true,
        // The kernel's own log, and conntrack's, begin their lines with a time in brackets.
        [b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'"' | b']')),
        // A relay's header may stand before each object.
        _ => sample.lines().next().is_some_and(|line| syslog::strip(line).body.starts_with(b"{\"")),
    }
}

/// The table that a sample's objects make; `None` for fewer than two columns.
pub fn table<'s>(sample: &Sample<'s>) -> Option<Table<'s>> {
    if !is_json(sample) {
        return None;
    }
    let mut header: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for object in json::objects(sample.bytes).take(GUESSED_ROWS) {
        let mut row: Vec<Cow<'s, [u8]>> = vec![Cow::Borrowed(b""); header.len()];
        let walked = each_path(object, "", 0, &mut |path, value| match header.iter().position(|own| *own == path) {
            Some(at) => row[at] = value,
            None if header.len() < MOST_COLUMNS => {
                header.push(path);
                row.push(value);
            }
            None => {}
        });
        // What is broken says nothing about the columns.
        if walked.is_ok() {
            rows.push(row);
        }
    }
    rows.iter_mut().for_each(|row| row.resize(header.len(), Cow::Borrowed(b"")));
    if header.len() < 2 {
        return None;
    }
    let guessed = columns::guess(&header, &rows);
    Some(Table { delimiter: b',', head: Vec::new(), header, rows, guessed })
}

/// Visits each value of an object with its path.
fn each_path<'j>(
    object: &'j [u8],
    path: &str,
    depth: u8,
    visit: &mut dyn FnMut(String, Cow<'j, [u8]>),
) -> Result<(), NotJson> {
    let mut fault = Ok(());
    json::fields(object, |key, value| {
        let key = key.text();
        let own = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) if depth < 3 && fault.is_ok() => fault = each_path(inner, &own, depth + 1, visit),
            Value::Number(bytes) => visit(own, Cow::Borrowed(bytes)),
            Value::Bool(said) => visit(own, Cow::Borrowed(if said { b"true" } else { b"false" })),
            Value::String(raw) => visit(
                own,
                match raw.text() {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                },
            ),
            Value::Null => visit(own, Cow::Borrowed(b"")),
            Value::Object(_) | Value::Array(_) => {}
        }
    })?;
    fault
}

/// Reads objects through a mapping of paths to fields.
pub struct Objects {
    clock: Clock,
    columns: BTreeMap<String, usize>,
    plan: Plan,
}

impl Objects {
    /// Begins a file.
    pub fn new(setting: &Setting, sample: &Sample<'_>) -> Objects {
        let (header, guess) = match table(sample) {
            Some(table) => (table.header.clone(), table.mapping()),
            None => (Vec::new(), Mapping::default()),
        };
        let mapping = setting.mapping.clone().unwrap_or(guess);
        let mut plan = Plan::new(&header, &mapping);
        plan.is_sparse = true;
        let columns = header.into_iter().enumerate().map(|(at, name)| (name, at)).lean_collect();
        Objects { clock: setting.clock, columns, plan }
    }
}

impl Parser for Objects {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::super::without_mark(record.bytes);
        let mut row: Vec<Cow<'_, [u8]>> = vec![Cow::Borrowed(b""); self.plan.width];
        let object = memchr::memchr(b'{', bytes).map_or(bytes, |at| &bytes[at..]);
        let walked = each_path(object, "", 0, &mut |path, value| {
            if let Some(at) = self.columns.get(&path) {
                row[*at] = value;
            }
        });
        if let Err(not_json) = walked {
            let shown = readable(&bytes[..bytes.len().min(80)]);
            return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
        }
        super::read_row(&self.plan, &row, &self.clock, record.place, flows)
    }

    fn mapping(&self) -> Option<Mapping> {
        Some(self.plan.mapping.clone())
    }
}
