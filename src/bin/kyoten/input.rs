//! Files from the disk, read by slices, never whole.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kyoten::case::document::Document;
use kyoten::evidence::Clock;
use kyoten::evidence::clock::read_offset;
use kyoten::evidence::text::visible;
use kyoten::formats::Setting;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Order, Reading, Visitor};
use kyoten::scene::figure::Tlp;

use crate::End;

const SLICE: usize = 1 << 20;

/// What a log is read with, as far as the command line says it.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Choices {
    /// Read every log as this format instead of telling it by content.
    #[arg(long)]
    pub format: Option<String>,
    /// The zone of times that do not say theirs: Asia/Tokyo, UTC, +09:00, -0500.
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub assume_zone: Option<String>,
    /// The year of times that do not say theirs.
    #[arg(long)]
    pub year: Option<i32>,
}

impl Choices {
    /// The order to read a log with; a sentence when a choice can't be.
    pub fn order(&self) -> Result<Order, String> {
        if let Some(name) = &self.format
            && kyoten::formats::by_name(name).is_none()
        {
            let known: Vec<&str> = kyoten::formats::ALL.iter().map(|format| format.name()).collect();
            return Err(format!("no format is called {name:?}; there are {}", known.join(", ")));
        }
        let mut clock = Clock { chosen_year: self.year, ..Clock::default() };
        if let Some(zone) = &self.assume_zone {
            clock.chosen_offset = read_offset(zone);
            if clock.chosen_offset.is_none() {
                clock.chosen_zone = Some(crate::zones::named(zone)?);
            }
        }
        Ok(Order { format: self.format.clone(), setting: Setting { clock, mapping: None } })
    }
}

/// The name by which a file stands in the case: its last part, as a browser would tell it, with acting characters made
/// visible.
pub fn name_of(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    visible(&name).into_owned()
}

/// Reads a file to its end, or as far as it goes. `after` is called after each slice. The first of what came of it is the
/// file's own; the others are members that `after` did not take.
pub fn read<V: Visitor>(
    path: &Path,
    mut reading: Reading<V>,
    mut after: impl FnMut(&mut Reading<V>) -> Result<(), String>,
) -> Result<Vec<(Receipt, V)>, String> {
    let unreadable = |error: std::io::Error| format!("{} can't be read: {error}", path.display());
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut slice = vec![0; SLICE];
    loop {
        match file.read(&mut slice) {
            Ok(0) => break,
            Ok(count) => reading.feed(&slice[..count]),
            Err(error) => return Ok(reading.abandon_all(&format!("the file can't be read on: {error}"), length)),
        }
        after(&mut reading)?;
    }
    Ok(reading.finish_all())
}

/// Reads a label of TLP 2.0.
pub fn read_tlp(label: &str) -> Result<Tlp, String> {
    let none = || format!("TLP 2.0 has no label {label:?}; it has RED, AMBER+STRICT, AMBER, GREEN, CLEAR");
    Tlp::read(label).ok_or_else(none)
}

/// Reads a case file, and says what its reader must know.
pub fn read_case(path: &Path) -> Result<Document, String> {
    let shown = visible(&path.display().to_string()).into_owned();
    let bytes = std::fs::read(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
    let document = kyoten::case::document::read::read(&bytes).map_err(|sentence| format!("{shown}: {sentence}"))?;
    if let Some(entry) = kyoten::case::log::broken(&document.log) {
        eprintln!("kyoten: {shown}: the chain of the analysts' log is broken at entry {}", entry + 1);
    }
    Ok(document)
}

/// How a command ends that made something of a case file: partly, where its evidence was not wholly read.
pub fn wholeness(document: &Document) -> End {
    if document.partial {
        eprintln!("kyoten: PARTIAL: not all evidence of this case was read to its end");
    }
    if document.partial || kyoten::case::log::broken(&document.log).is_some() { End::Partly } else { End::Done }
}

/// Writes what was asked for, to a file (gzip, where its name ends in `.gz`) or to standard output.
pub fn write_out(path: Option<&Path>, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write;
    let Some(path) = path else {
        let mut out = std::io::stdout().lock();
        return out.write_all(bytes).map_err(|error| format!("standard output is closed: {error}"));
    };
    let failed = |error: std::io::Error| format!("{} can't be written: {error}", visible(&path.display().to_string()));
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes).map_err(failed)?;
        return std::fs::write(path, gzip.finish().map_err(failed)?).map_err(failed);
    }
    std::fs::write(path, bytes).map_err(failed)
}

/// Says on standard error what a receipt has to say; whether the file was fully read.
pub fn tell(receipt: &Receipt) -> bool {
    let name = visible(&receipt.name);
    if let Some(advice) = &receipt.advice {
        eprintln!("{name}: {advice}");
    }
    let accounts = &receipt.accounts;
    for (kind, reasons) in [("malformed", &accounts.malformed), ("unprocessed", &accounts.unprocessed)] {
        for (reason, (tally, example)) in &reasons.0 {
            let count =
                if kind == "malformed" { format!("{} records", tally.count) } else { format!("{} bytes", tally.bytes) };
            match example {
                Some(example) => eprintln!(
                    "{name} line {}: {}: {} ({kind}: {count} in all)",
                    example.place.line,
                    visible(reason),
                    visible(&example.found)
                ),
                None => eprintln!("{name}: {reason} ({kind}: {count})"),
            }
        }
    }
    for layer in &receipt.layers {
        for (reason, (tally, example)) in &layer.unprocessed.0 {
            let first = example.as_ref().map(|example| format!(", first {}", visible(&example.found)));
            eprintln!("{name}: {}: {reason} ({} bytes{})", layer.name, tally.bytes, first.unwrap_or_default());
        }
    }
    if let Some(off) = receipt.imbalance() {
        eprintln!("{name}: the account does not balance, a fault of Kyoten's: {off}");
        return false;
    }
    receipt.is_complete()
}
