//! Every fixture, read as the page and the command line read it, against what was reviewed: its records' fates and its flows.
//!
//! `INSTA_UPDATE=always` writes the snapshots anew; then each changed one is read by eye.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use kyoten::evidence::{Place, Record};
use kyoten::flow::{Endpoint, Flow, Kind};
use kyoten::formats::{self, Disposition};
use kyoten::reading::{Fate, Order, Reading, Visitor};

#[test]
fn fixtures_read_as_reviewed() {
    let root = root();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for format in formats::ALL {
        settings.set_snapshot_path(root.join("goldens").join(format.name()));
        for (name, bytes) in fixtures(&root.join(format.name())) {
            settings.bind(|| insta::assert_snapshot!(name.clone(), transcript(&name, &bytes, format.name())));
        }
    }
}

#[test]
fn every_text_format_has_a_dozen_fixtures() {
    let root = root();
    // The oddities of these are their text's, or fewer because their carrier is binary.
    let fewer: [(&str, usize); 0] = [];
    for format in formats::ALL {
        let wanted = fewer.iter().find(|(name, _)| *name == format.name()).map_or(12, |(_, wanted)| *wanted);
        let found = fixtures(&root.join(format.name())).len();
        assert!(found >= wanted, "{} has {found} fixtures of {wanted}", format.name());
    }
}

#[test]
fn what_tells_of_no_connection_is_declined() {
    let declined = fixtures(&root().join("declined"));
    assert!(declined.len() > 50, "{} fixtures are to be declined", declined.len());
    for (name, bytes) in declined {
        let mut reading = Reading::new(&name, Order::default(), Transcript::default());
        reading.feed(&bytes);
        let (receipt, transcript) = reading.finish();
        assert_eq!(receipt.format, None, "{name} is read: {}", transcript.0);
        assert!(receipt.advice.is_some(), "{name} is declined without a word");
    }
}

#[test]
fn line_ends_and_marks_change_nothing() {
    for (format, name, bytes) in text_fixtures() {
        let plain = transcript(&name, &bytes, format);
        let marked = [b"\xef\xbb\xbf", &bytes[..]].concat();
        assert_eq!(transcript(&name, &marked, format), plain, "{format}/{name} with a byte order mark");
        let dos: Vec<u8> = bytes.split(|b| *b == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        assert_eq!(transcript(&name, &dos, format), plain, "{format}/{name} with CRLF");
    }
}

#[test]
fn chunks_change_nothing() {
    for format in formats::ALL {
        for (name, bytes) in fixtures(&root().join(format.name())) {
            let whole = transcript_of(&name, &bytes, format.name(), bytes.len());
            for chunk in [1, 7, 4096] {
                let parts = transcript_of(&name, &bytes, format.name(), chunk);
                assert_eq!(parts, whole, "{}/{name} in chunks of {chunk}", format.name());
            }
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_is_accounted_for() {
    for format in formats::ALL {
        for (name, bytes) in fixtures(&root().join(format.name())) {
            // Every byte of a short fixture, some hundred places of a long one.
            for at in (0..bytes.len()).step_by(bytes.len() / 120 + 1) {
                read_damaged(&name, &bytes[..at], format.name());
            }
        }
    }
}

#[test]
fn a_broken_byte_costs_no_byte_of_the_account() {
    for format in formats::ALL {
        for (name, bytes) in fixtures(&root().join(format.name())) {
            // At a dozen places of each fixture, one byte turned into what hurts most.
            for at in (0..bytes.len()).step_by(bytes.len() / 12 + 1) {
                for byte in [b'"', b'\\', b'\n', 0xff, bytes[at] ^ 1] {
                    let mut damaged = bytes.clone();
                    damaged[at] = byte;
                    read_damaged(&name, &damaged, format.name());
                }
            }
        }
    }
}

fn read_damaged(name: &str, bytes: &[u8], format: &str) {
    let order = Order { format: Some(format.to_owned()), ..Order::default() };
    let mut reading = Reading::new(name, order, Transcript::default());
    reading.feed(bytes);
    let (receipt, _) = reading.finish();
    assert_eq!(receipt.imbalance(), None, "{name}: {:?}", String::from_utf8_lossy(bytes));
}

/// The fixtures whose lines could as well end in CRLF: those that hold neither CR nor quoted line ends, nor bytes that are
/// no text. Format, name, bytes.
fn text_fixtures() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut found = Vec::new();
    for format in formats::ALL {
        for (name, bytes) in fixtures(&root().join(format.name())) {
            let plain = bytes.is_ascii() && !bytes.contains(&b'\r') && !bytes.contains(&0);
            if plain && !has_quoted_line_end(&bytes) {
                found.push((format.name(), name, bytes));
            }
        }
    }
    assert!(found.len() > 60, "{} fixtures are plain text", found.len());
    found
}

/// Whether a line end stands inside quotes, and is thus part of a value.
fn has_quoted_line_end(bytes: &[u8]) -> bool {
    bytes.split(|b| *b == b'\n').any(|line| line.iter().filter(|b| **b == b'"').count() % 2 == 1)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Name without extension, and bytes, in order of name.
fn fixtures(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .map(|path| {
            let name = path.file_stem().expect("it has an extension, so a stem").to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        })
        .collect();
    found.sort();
    found
}

fn transcript(name: &str, bytes: &[u8], expected: &str) -> String {
    transcript_of(name, bytes, expected, bytes.len())
}

fn transcript_of(name: &str, bytes: &[u8], expected: &str, chunk: usize) -> String {
    let mut reading = Reading::new(name, Order::default(), Transcript::default());
    bytes.chunks(chunk.max(1)).for_each(|part| reading.feed(part));
    let (receipt, transcript) = reading.finish();
    assert_eq!(receipt.format.as_deref(), Some(expected), "{name} is told by its content");
    assert_eq!(receipt.accounts.imbalance(), None, "{name}");
    let mut out = transcript.0;
    if let Some(mapping) = receipt.mapping {
        let pairs: Vec<String> = mapping.columns.iter().map(|(field, column)| format!("{field}={column}")).collect();
        writeln!(out, "mapping: {}", pairs.join(", ")).expect("a string takes all");
    }
    out
}

#[derive(Default)]
struct Transcript(String);

impl Visitor for Transcript {
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        writeln!(self.0, "{:>4}  {}", place.line, line_of(flow)).expect("a string takes all");
        Fate::Drawn
    }

    fn record(&mut self, record: Record<'_>, disposition: &Disposition) {
        let line = record.place.line;
        let said = match disposition {
            Disposition::Parsed => return,
            Disposition::Header => "header".to_owned(),
            Disposition::Skipped(reason) => format!("skipped: {reason}"),
            Disposition::Malformed(fault) => format!("malformed: {}: {:?}", fault.reason, fault.found),
        };
        writeln!(self.0, "{line:>4}  {said}").expect("a string takes all");
    }
}

fn line_of(flow: &Flow<'_>) -> String {
    let mut out = format!("{} > {} {}", end(&flow.initiator), end(&flow.responder), flow.service_key());
    let mut put = |field: &str, value: Option<String>| {
        if let Some(value) = value {
            write!(out, " {field}={value}").expect("a string takes all");
        }
    };
    put("kind", (flow.kind == Kind::Translation).then(|| "translation".to_owned()));
    put("start", flow.start.map(|start| format!("{start}/{:?}", flow.basis)));
    put("µs", flow.duration.map(|n| n.to_string()));
    put("out", flow.bytes_out.map(|n| n.to_string()));
    put("in", flow.bytes_in.map(|n| n.to_string()));
    put("pkts_out", flow.packets_out.map(|n| n.to_string()));
    put("pkts_in", flow.packets_in.map(|n| n.to_string()));
    put(
        "rolled",
        flow.rolled.as_ref().map(|r| format!("{:?} of {:?} to {:?} until {:?}", r.flows, r.from, r.to, r.last)),
    );
    put("outcome", Some(flow.outcome.word().to_owned()));
    put("one_way", flow.one_way.then(|| "true".to_owned()));
    for (field, text) in
        [("service", &flow.service), ("user", &flow.user), ("sensor", &flow.sensor), ("rule", &flow.rule)]
    {
        put(field, text.as_deref().map(|text| format!("{:?}", shortened(text))));
    }
    out
}

fn end(end: &Endpoint<'_>) -> String {
    let address = end.address.map(|address| address.to_string());
    let name = end.name.as_deref().map(|name| format!("{name:?}"));
    let host = [address, name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match end.port {
        Some(port) => format!("{host} port {port}"),
        None => host,
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 100 {
        return text.to_owned();
    }
    let head: String = text.chars().take(20).collect();
    format!("{head}… ({} characters)", text.chars().count())
}
