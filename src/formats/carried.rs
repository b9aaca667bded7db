//! Log lines carried inside another's field: the `message` or `event.original` of Beats, the `_raw` of Splunk, the `log` of Docker,
//! the `full_message` of Graylog, a column of a table. The inner text is told by its content, as a file would be, among all
//! formats but this one and the mapped ones, and read by its own parser at the outer record's place.
//!
//! One file carries one format, in one field: the first of [`PATHS`] (or column of [`COLUMNS`]) whose texts are surely told.
//! What does not fit the inner format is counted with the inner format's reasons. A document that is a format of its own is
//! read as that: this one never says more than "likely".

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::syntax::{cells, json, when};
use super::{ALL, Disposition, Fault, Format, Likeness, Parser, SAMPLE_BYTES, Sample, Setting, Sink, reasons};
use crate::evidence::records::{Piece, Splitter};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Place, Record};
use crate::flow::{Basis, Flow, Moment};

/// Its name.
pub(super) const NAME: &str = "carried";

/// Whether a sample, told as this format, is a table.
pub(super) fn is_table(sample: &Sample<'_>) -> bool {
    Carrier::of(sample).is_some_and(|carrier| matches!(carrier.place, Where::Column { .. }))
}

/// The format.
pub struct Carried;

impl Format for Carried {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Log lines carried in JSON or a table"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        if Carrier::of(sample).is_some() { Likeness::Likely } else { Likeness::None }
    }

    fn framing(&self, sample: &Sample<'_>) -> Framing {
        match Carrier::of(sample).map(|carrier| carrier.place) {
            Some(Where::Column { delimiter, .. }) => Framing::QuotedLines(delimiter),
            Some(Where::Path(_)) | None => Framing::Json,
        }
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let inner = Carrier::of(sample).map(|carrier| {
            let inner = Sample { bytes: &carrier.text, whole: sample.whole };
            let framing = carrier.format.framing(&inner);
            Inner { place: carrier.place, framing, parser: super::open(carrier.format, setting, &inner) }
        });
        Box::new(Carrying { inner, clock: setting.clock, held: BTreeMap::new() })
    }
}

/// Where the text stands in an object, by its keys; a key may be written with the dots in it.
const PATHS: [&[&str]; 37] = [
    &["event", "original"],
    &["message"],
    &["_raw"],
    &["result", "_raw"],
    &["raw"],
    &["@rawstring"],
    &["rawstring"],
    &["RawMessage"],
    &["rawMessage"],
    &["raw_message"],
    &["RawData"],
    &["rawLog"],
    &["raw_log"],
    &["full_message"],
    &["full_log"],
    &["_source", "full_log"],
    &["short_message"],
    &["log", "original"],
    &["log"],
    &["Message"],
    &["MESSAGE"],
    &["msg"],
    &["line"],
    &["text"],
    &["textPayload"],
    &["jsonPayload"],
    &["_source", "event", "original"],
    &["_source", "message"],
    &["_source"],
    &["result"],
    &["event"],
    &["data"],
    &["payload"],
    &["body"],
    &["record"],
    &["content"],
    &["SyslogMessage"],
];

/// The columns that carry text, in letters and digits.
const COLUMNS: [&str; 15] = [
    "raw",
    "rawdata",
    "rawmessage",
    "rawlog",
    "rawevent",
    "message",
    "eventoriginal",
    "fullmessage",
    "log",
    "syslogmessage",
    "rawstring",
    "payload",
    "fulllog",
    "sourcefulllog",
    "sourcemessage",
];

/// More than any parser keeps flows waiting.
const MOST_HELD: usize = 1 << 16;

/// Where the carrier says when it took the text, in lower case.
const TIMES: [&str; 8] =
    ["@timestamp", "timestamp", "_time", "time", "timegenerated", "eventtime", "ts", "__realtime_timestamp"];

/// The carrier's time, for a text that says none, if `name` is one of them.
fn time_of(name: &[u8], cell: &[u8], clock: &Clock) -> Option<(Moment, Basis)> {
    let name = readable(name).to_lowercase();
    let (bare, remark) = name.split_once(" [").unwrap_or((&name, ""));
    let written = TIMES.contains(&bare).then(|| when::read(cell, Some(when::Order::MonthFirst)).ok())??;
    // `TimeGenerated [UTC]`: the header says it for all rows.
    Some(if written.offset.is_none() && remark == "utc]" {
        (written.local, Basis::File)
    } else {
        written.settle(clock)
    })
}

/// How a sample carries what.
struct Carrier {
    place: Where,
    format: &'static dyn Format,
    /// The carried texts of the sample, one below the other.
    text: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    Path(&'static [&'static str]),
    Column { delimiter: u8, at: usize, header: Vec<u8> },
}

impl Where {
    fn time(&self, bytes: &[u8], clock: &Clock) -> Option<(Moment, Basis)> {
        let mut found = None;
        match self {
            Where::Path(_) => {
                let object = memchr::memchr(b'{', bytes).map_or(bytes, |at| &bytes[at..]);
                let mut visit = |key: &[u8], value: json::Value<'_>| {
                    if let Some(text) = value.text().filter(|_| found.is_none()) {
                        found = time_of(key, text.as_bytes(), clock);
                    }
                };
                json::fields(object, |key, value| visit(key.bytes, value)).ok()?;
            }
            Where::Column { delimiter, header, .. } => {
                let (mut names, mut row) = (Vec::new(), Vec::new());
                cells::cut(header, *delimiter, &mut names).ok()?;
                cells::cut(bytes, *delimiter, &mut row).ok()?;
                found = names.iter().zip(&row).find_map(|(name, cell)| time_of(name, cell, clock));
            }
        }
        found
    }
}

impl Carrier {
    fn of(sample: &Sample<'_>) -> Option<Carrier> {
        let first = sample.bytes.trim_ascii_start().first()?;
        let found = if matches!(first, b'{' | b'[' | b'<') || memchr::memchr(b'{', sample.bytes).is_some() {
            Carrier::in_objects(sample)
        } else {
            None
        };
        found.or_else(|| Carrier::in_columns(sample))
    }

    fn in_objects(sample: &Sample<'_>) -> Option<Carrier> {
        let objects: Vec<&[u8]> = json::objects(sample.bytes).take(50).collect();
        let carriers = PATHS.iter().filter_map(|path| {
            let texts = objects.iter().filter_map(|object| line_at(object, path).ok().flatten());
            told(texts, false)
                .map(|(format, likeness, text)| (Carrier { place: Where::Path(path), format, text }, likeness))
        });
        surest(carriers)
    }

    fn in_columns(sample: &Sample<'_>) -> Option<Carrier> {
        let header = sample.lines().next()?;
        let plain = |cell: &[u8]| -> String {
            readable(cell).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        for delimiter in [b',', b'\t', b';'] {
            let mut names = Vec::new();
            if cells::cut(header, delimiter, &mut names).is_err() || names.len() < 2 {
                continue;
            }
            let columns = (0..names.len()).filter(|at| COLUMNS.contains(&plain(&names[*at]).as_str()));
            let columns: Vec<usize> = columns.take(4).collect();
            let rows = rows_of(sample, delimiter);
            let carriers = columns.into_iter().filter_map(|at| {
                let texts = rows.iter().skip(1).filter_map(|row| {
                    let mut cut = Vec::new();
                    cells::cut(row, delimiter, &mut cut).ok()?;
                    cut.into_iter().nth(at)
                });
                let place = Where::Column { delimiter, at, header: header.to_vec() };
                told(texts, true).map(|(format, likeness, text)| (Carrier { place, format, text }, likeness))
            });
            if let Some(carrier) = surest(carriers) {
                return Some(carrier);
            }
        }
        None
    }
}

/// The surest, the first of equals.
fn surest(carriers: impl Iterator<Item = (Carrier, Likeness)>) -> Option<Carrier> {
    let mut best: Option<(Carrier, Likeness)> = None;
    for (carrier, likeness) in carriers {
        if best.as_ref().is_none_or(|(_, kept)| likeness > *kept) {
            best = Some((carrier, likeness));
        }
    }
    best.map(|(carrier, _)| carrier)
}

/// The rows of a table's beginning, as they will be cut.
fn rows_of<'s>(sample: &Sample<'s>, delimiter: u8) -> Vec<&'s [u8]> {
    let mut rows = Vec::new();
    let mut splitter = Splitter::new(Framing::QuotedLines(delimiter));
    let mut take = |piece: Piece<'_>| {
        if let Piece::Record(record) = piece {
            let from = record.place.offset as usize;
            rows.push(&sample.bytes[from..from + record.bytes.len()]);
        }
    };
    splitter.feed(sample.bytes, &mut take);
    splitter.finish(&mut take);
    rows.truncate(51);
    rows
}

/// The format that some texts surely are.
fn told<'t>(
    texts: impl Iterator<Item = Cow<'t, [u8]>>,
    in_column: bool,
) -> Option<(&'static dyn Format, Likeness, Vec<u8>)> {
    let mut joined = Vec::new();
    for text in texts {
        let text = text.trim_ascii_end();
        if !text.is_empty() && joined.len() + text.len() < SAMPLE_BYTES {
            joined.extend_from_slice(text);
            joined.push(b'\n');
        }
    }
    if joined.is_empty() {
        return None;
    }
    let sample = Sample { bytes: &joined, whole: true };
    let mut best: Option<(&'static dyn Format, Likeness)> = None;
    for format in
        ALL.iter().filter(|format| !matches!(format.name(), NAME | "mapped_csv" | "mapped_json" | "mapped_pairs"))
    {
        let likeness = format.recognise(&sample);
        if likeness >= Likeness::Likely && best.is_none_or(|(_, kept)| likeness > kept) {
            best = Some((*format, likeness));
        }
    }
    // Objects in a column that name two ends by names of their own are read through a guess, as they would be in a file.
    if best.is_none() && in_column && super::mapped_json::MappedJson.recognise(&sample) == Likeness::Possible {
        best = Some((&super::mapped_json::MappedJson, Likeness::Likely));
    }
    best.map(|(format, likeness)| (format, likeness, joined))
}

/// The line that a row of an exported search of Splunk carries.
pub(super) fn searched(object: &[u8]) -> Option<Cow<'_, [u8]>> {
    text_at(object, &["result", "_raw"]).ok().flatten()
}

/// The text at a path; what the journal of systemd carries apart from the message (host and program) stands before it, as in syslog.
fn line_at<'j>(object: &'j [u8], path: &[&str]) -> Result<Option<Cow<'j, [u8]>>, json::NotJson> {
    let text = text_at(object, path)?;
    if path != ["MESSAGE"] {
        return Ok(text);
    }
    let own = |key| text_at(object, &[key]).ok().flatten().filter(|text| !text.contains(&b' '));
    let (Some(text), Some(host), Some(program)) = (text, own("_HOSTNAME"), own("SYSLOG_IDENTIFIER")) else {
        return text_at(object, path);
    };
    Ok(Some(Cow::Owned([b"<14>1 - ", &*host, b" ", &program, b" - - - ", &text].concat())))
}

/// The text, or the object, at a path.
fn text_at<'j>(object: &'j [u8], path: &[&str]) -> Result<Option<Cow<'j, [u8]>>, json::NotJson> {
    let mut found = None;
    json::fields(object, |key, value| {
        let (text, object) = match value {
            json::Value::String(_) => (value.text(), None),
            json::Value::Object(inner) => (None, Some(inner)),
            _ => return,
        };
        let is_first = key.bytes == path[0].as_bytes();
        match (is_first, path.len(), object) {
            (true, 1, Some(object)) => found = Some(Cow::Borrowed(object)),
            (true, 1, None) => found = text.map(bytes),
            // Already walked over once, so it is sound.
            (true, _, Some(object)) => found = text_at(object, &path[1..]).ok().flatten().or(found.take()),
            _ if path.len() > 1 && is_joined(key.bytes, path) => found = text.map(bytes),
            _ => {}
        }
    })?;
    Ok(found)
}

/// Whether a key is a path written with dots.
fn is_joined(key: &[u8], path: &[&str]) -> bool {
    key.split(|b| *b == b'.').eq(path.iter().map(|part| part.as_bytes()))
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

struct Carrying {
    inner: Option<Inner>,
    clock: Clock,
    /// The carrier's times of texts whose flows are yet to come.
    held: BTreeMap<Place, Time>,
}

struct Inner {
    place: Where,
    framing: Framing,
    parser: Box<dyn Parser>,
}

impl Parser for Carrying {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let Some(inner) = &mut self.inner else {
            return Disposition::Malformed(Fault::new(
                "no log line is carried here that Kyoten knows",
                readable(bytes),
            ));
        };
        let text = match &inner.place {
            Where::Path(path) => {
                let object = memchr::memchr(b'{', bytes).map_or(bytes, |at| &bytes[at..]);
                match line_at(object, path) {
                    Ok(text) => text,
                    Err(not_json) => {
                        let shown = readable(&bytes[..bytes.len().min(80)]);
                        return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
                    }
                }
            }
            Where::Column { header, .. } if bytes == header => return Disposition::Header,
            Where::Column { delimiter, at, .. } => {
                let mut row = Vec::new();
                if let Err(cell) = cells::cut(bytes, *delimiter, &mut row) {
                    let shown = readable(&bytes[..bytes.len().min(480)]);
                    let found = format!("cell {cell} of: {shown}");
                    return Disposition::Malformed(Fault::new("a quoted value is not closed", found));
                }
                row.into_iter().nth(*at)
            }
        };
        let Some(text) = text.filter(|text| !text.trim_ascii().is_empty()) else {
            return Disposition::Skipped("a record that carries no log line".into());
        };
        let (clock, carrier, held) = (&self.clock, &inner.place, &mut self.held);
        let mut told = false;
        let mut take = |flow: &Flow<'_>, place| {
            told |= place == record.place;
            let time = || match (place == record.place, flow.start) {
                (true, None) => carrier.time(bytes, clock),
                (true, Some(_)) => None,
                (false, _) => held.remove(&place),
            };
            timed(flow, place, time, flows);
        };
        let disposition = read(inner.framing, inner.parser.as_mut(), &text, record, &mut take);
        // The parser may keep it until it knows more, whatever it says of it now.
        let may_come = matches!(disposition, Disposition::Parsed | Disposition::Skipped(_));
        if may_come
            && !told
            && let Some(time) = carrier.time(bytes, clock)
        {
            held.insert(record.place, time);
            if held.len() > MOST_HELD {
                held.pop_first();
            }
        }
        disposition
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        if let Some(inner) = &mut self.inner {
            let held = &mut self.held;
            inner.parser.finish(&mut |flow, place| timed(flow, place, || held.remove(&place), flows));
        }
    }
}

type Time = (Moment, Basis);

/// A flow with its own time, or else with its carrier's.
fn timed(flow: &Flow<'_>, place: Place, time: impl FnOnce() -> Option<Time>, flows: &mut Sink<'_>) {
    match time().filter(|_| flow.start.is_none()) {
        Some((start, basis)) => flows(&Flow { start: Some(start), basis, ..flow.clone() }, place),
        None => flows(flow, place),
    }
}

/// Reads a carried text, which may be several records of its own. What is worst of them is said of the outer record.
fn read(
    framing: Framing,
    parser: &mut dyn Parser,
    text: &[u8],
    outer: Record<'_>,
    flows: &mut Sink<'_>,
) -> Disposition {
    let mut worst: Option<Disposition> = None;
    let mut splitter = Splitter::new(framing);
    let mut take = |piece: Piece<'_>| {
        let disposition = match piece {
            Piece::Record(record) => parser.read(Record::new(record.bytes, outer.place), flows),
            Piece::Separator(_) | Piece::TooLong(..) | Piece::Lost(..) => return,
        };
        if worst.as_ref().is_none_or(|kept| weight(&disposition) > weight(kept)) {
            worst = Some(disposition);
        }
    };
    splitter.feed(text, &mut take);
    splitter.finish(&mut take);
    worst.unwrap_or_else(|| Disposition::Skipped("a record that carries no log line".into()))
}

fn weight(disposition: &Disposition) -> u8 {
    match disposition {
        Disposition::Header => 0,
        Disposition::Skipped(_) => 1,
        Disposition::Parsed => 2,
        Disposition::Malformed(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recognise;

    #[test]
    fn a_text_is_found_by_its_path() {
        let at = |json: &str, path: &[&str]| {
            let found = text_at(json.as_bytes(), path).unwrap();
            found.map(|text| String::from_utf8_lossy(&text).into_owned())
        };
        for json in [r#"{"event":{"original":"a \"b\""}}"#, r#"{"event.original":"a \"b\""}"#] {
            assert_eq!(at(json, &["event", "original"]).as_deref(), Some("a \"b\""), "{json}");
        }
        assert_eq!(at(r#"{"message":{"a":1}}"#, &["message"]).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(at(r#"{"message":5}"#, &["message"]), None);
    }

    #[test]
    fn a_message_of_plain_words_carries_nothing() {
        for text in ["{\"message\":\"the service was started\"}", "id,message\n1,hello\n", "{\"message\":\"\"}"] {
            let told = recognise(&Sample { bytes: text.as_bytes(), whole: true });
            assert!(told.is_none(), "{text}");
        }
    }
}
