//! Windows events as tables: Event Viewer's "Save as CSV", PowerShell's `Export-Csv` of `Get-WinEvent` and `Get-EventLog`,
//! EvtxECmd, Log Parser, and Sentinel's SecurityEvent. What events mean is told in [`super::windows`].
//!
//! Event Viewer names no column for the message and none for the computer, and writes the names of its columns in the
//! system's language (English, German, French and Japanese are known). The message is read in English alone. Times without
//! a zone are the exporting computer's; the file's clock settles them. EvtxECmd and Sentinel write UTC.

use super::syntax::cells;
use super::windows::Interpreter;
use super::windows::carrier::Fields;
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::Text;

/// The format.
pub struct WindowsEventCsv;

impl Format for WindowsEventCsv {
    fn name(&self) -> &'static str {
        "windows_event_csv"
    }

    fn title(&self) -> &'static str {
        "Windows events (CSV)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if Header::of(sample).is_some() { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        Framing::QuotedLines(Header::of(sample).map_or(b',', |header| header.delimiter))
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let header = Header::of(sample);
        Box::new(Rows { header, clock: setting.clock, interpreter: Interpreter::default() })
    }
}

#[derive(Debug)]
struct Header {
    delimiter: u8,
    /// The line, wherever it comes again.
    line: Vec<u8>,
    columns: Vec<String>,
    /// Event Viewer's, with a message behind the last column.
    is_viewers: bool,
    /// Its times are UTC though they do not say so.
    is_utc: bool,
}

/// Event Viewer's columns: level, time, source, number, category.
const VIEWERS: [[&str; 5]; 4] = [
    ["Level", "Date and Time", "Source", "Event ID", "Task Category"],
    ["Ebene", "Datum und Uhrzeit", "Quelle", "Ereignis-ID", "Aufgabenkategorie"],
    ["Niveau", "Date et heure", "Source", "ID de l’événement", "Catégorie de la tâche"],
    ["レベル", "日付と時刻", "ソース", "イベント ID", "タスクのカテゴリ"],
];

impl Header {
    fn of(sample: &Sample<'_>) -> Option<Header> {
        // `#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord` may stand before it.
        sample.lines().take(3).find_map(|line| [b',', b'\t', b';'].iter().find_map(|d| Header::read(line, *d)))
    }

    fn read(line: &[u8], delimiter: u8) -> Option<Header> {
        let mut names = Vec::new();
        cells::cut(line, delimiter, &mut names).ok()?;
        let names: Vec<String> = names.iter().map(|name| readable(name.trim_ascii()).into_owned()).collect();
        let header = |columns: Vec<String>, is_viewers, is_utc| {
            Some(Header { delimiter, line: line.to_vec(), columns, is_viewers, is_utc })
        };
        let french = |name: &String| name.replace(['\'', '\u{2019}'], "");
        if VIEWERS
            .iter()
            .any(|own| names.len() >= 5 && names.iter().zip(own).all(|(a, b)| french(a) == french(&(*b).to_owned())))
        {
            let mut columns: Vec<String> =
                ["Level", "TimeCreated", "ProviderName", "EventID", "Task"].map(str::to_owned).into();
            columns.extend(names.into_iter().skip(5));
            columns.push("Message".to_owned());
            return header(columns, true, false);
        }
        let has = |wanted: &str| {
            names.iter().any(|name| name.split(" [").next().is_some_and(|name| name.eq_ignore_ascii_case(wanted)))
        };
        let number = has("EventID") || has("Id") || has("EventCode") || has("Event ID");
        let evtxecmd = number && has("PayloadData1") && has("TimeCreated");
        let powershell = has("Id") && has("ProviderName") && has("MachineName");
        let event_log = has("EventID") && has("MachineName") && has("Source") && has("Message");
        let log_parser = has("EventID") && has("SourceName") && has("ComputerName") && has("Strings");
        let sentinel =
            has("EventID") && has("Computer") && (has("EventSourceName") || has("Channel")) && has("TimeGenerated");
        let flat = number
            && (has("Computer") || has("Hostname") || has("ComputerName"))
            && (has("Channel") || has("SourceName") || has("ProviderName") || has("Provider") || has("LogName"));
        let known = evtxecmd || powershell || event_log || log_parser || sentinel || flat;
        if known { header(names, false, evtxecmd || sentinel) } else { None }
    }
}

struct Rows {
    header: Option<Header>,
    clock: Clock,
    interpreter: Interpreter,
}

impl Parser for Rows {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let Some(header) = &self.header else {
            return Disposition::Malformed(Fault::new("no header of a table of Windows events", readable(line)));
        };
        if line == header.line || line.starts_with(b"#TYPE ") {
            return Disposition::Header;
        }
        let mut row = Vec::with_capacity(header.columns.len());
        if let Err(cell) = cells::cut(line, header.delimiter, &mut row) {
            let shown = readable(&line[..line.len().min(480)]);
            let fault = Fault::new("a quoted value is not closed", format!("cell {cell} of: {shown}"));
            return Disposition::Malformed(fault);
        }
        let missing = header.columns.len().saturating_sub(row.len());
        if missing > usize::from(header.is_viewers) {
            let found = format!("{} cells where the header has {}", row.len(), header.columns.len());
            return Disposition::Malformed(Fault::new("the row has another number of cells than the header", found));
        }
        let mut fields = Fields::default();
        for (name, cell) in header.columns.iter().zip(&row) {
            fields.column(name, text(cell));
        }
        let clock = if header.is_utc && self.clock.chosen_offset.is_none() {
            Clock { chosen_offset: Some(0), ..self.clock }
        } else {
            self.clock
        };
        match fields.event(&clock) {
            Ok(Some(mut event)) => {
                if header.is_utc && self.clock.chosen_offset.is_none() {
                    event.time = event.time.map(|(at, _)| (at, crate::flow::Basis::Explicit));
                }
                self.interpreter.tell(&event, record.place, flows)
            }
            Ok(None) => Disposition::Malformed(Fault::new("a Windows event has no number", readable(line))),
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

fn text(cell: &[u8]) -> Text<'_> {
    readable(cell.trim_ascii())
}
