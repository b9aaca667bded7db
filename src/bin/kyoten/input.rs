//! Files from the disk, read by slices, never whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kyoten::case::age;
use kyoten::case::document::Document;
use kyoten::evidence::Clock;
use kyoten::evidence::clock::{read_ahead, read_offset};
use kyoten::evidence::encoding::{Charset, Known};
use kyoten::evidence::text::visible;
use kyoten::formats::{MappingFile, Setting};
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Order, Reading, Visitor};
use kyoten::scene::figure::Tlp;

use crate::End;

/// So much is read at a time: what stays near the processor until it is hashed and cut.
const SLICE: usize = 1 << 18;

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
    /// The encoding of every log's text, instead of what its bytes tell: utf-8, shift_jis, windows-874, latin-1 ...
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The clock of this log ran so many seconds ahead (negative: behind): fw-bkk.log=37.5. They are taken off its times.
    #[arg(long, value_name = "FILE=SECONDS", allow_hyphen_values = true)]
    pub skew: Vec<String>,
    /// A column mapping that was saved before, for tables and JSON of the same columns.
    #[arg(long, value_name = "FILE")]
    pub mapping: Vec<PathBuf>,
}

/// What each log is read with.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// What holds for all.
    pub all: Order,
    /// By how many microseconds the clock of a log ran ahead, by the log's name in the case.
    pub ahead: BTreeMap<String, i64>,
}

impl Orders {
    /// What the log of this name is read with.
    pub fn of(&self, name: &str) -> Order {
        let mut order = self.all.clone();
        order.setting.clock.chosen_ahead = self.ahead.get(name).copied();
        order
    }

    /// Says which logs a choice was made for that are not there.
    pub fn check<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Result<(), String> {
        for name in self.ahead.keys() {
            let within = |own: &str| name == own || name.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
            if !names.clone().any(within) {
                return Err(format!("--skew names {name:?}, and no log is called that"));
            }
        }
        Ok(())
    }
}

impl Choices {
    /// The orders to read logs with; a sentence when a choice can't be.
    pub fn orders(&self) -> Result<Orders, String> {
        let mut ahead = BTreeMap::new();
        for choice in &self.skew {
            let read = choice.rsplit_once('=').and_then(|(name, seconds)| Some((name, read_ahead(seconds)?)));
            let (name, micros) =
                read.ok_or_else(|| format!("{choice:?} is no skew; write FILE=SECONDS: fw-bkk.log=37.5"))?;
            ahead.insert(name.to_owned(), micros);
        }
        Ok(Orders { all: self.order()?, ahead })
    }

    fn order(&self) -> Result<Order, String> {
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
        let unknown = |name: &String| {
            let known: Vec<&str> = Charset::ALL.iter().map(|charset| charset.name()).collect();
            format!("no encoding is called {name:?}; there are {}", known.join(", "))
        };
        let named = |name: &String| Charset::of(name).ok_or_else(|| unknown(name));
        let encoding = self.encoding.as_ref().map(named).transpose()?;
        let mapping = |path: &PathBuf| {
            let shown = visible(&path.display().to_string()).into_owned();
            let bytes = std::fs::read(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
            MappingFile::read(&bytes).map_err(|sentence| format!("{shown}: {sentence}"))
        };
        let mappings = self.mapping.iter().map(mapping).collect::<Result<Vec<MappingFile>, String>>()?;
        Ok(Order { format: self.format.clone(), encoding, setting: Setting { clock, mapping: None }, mappings })
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
    let mut bytes = std::fs::read(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
    if age::looks_encrypted(&bytes) {
        bytes = age::decrypt(&bytes, &passphrase()?).map_err(|sentence| format!("{shown}: {sentence}"))?;
    }
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

/// The passphrase of encrypted case files: on no command line, where others of the machine could read it.
fn passphrase() -> Result<String, String> {
    std::env::var("KYOTEN_PASSPHRASE").map_err(|_error| {
        "the case file is encrypted: put its passphrase into the variable KYOTEN_PASSPHRASE".to_owned()
    })
}

/// Writes what was asked for, to a file (gzip, where its name ends in `.gz`; encrypted, where in `.age`) or to standard output.
pub fn write_out(path: Option<&Path>, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write;
    let Some(path) = path else {
        let mut out = std::io::stdout().lock();
        return out.write_all(bytes).map_err(|error| format!("standard output is closed: {error}"));
    };
    let failed = |error: std::io::Error| format!("{} can't be written: {error}", visible(&path.display().to_string()));
    let ends_in = |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    if ends_in("age") {
        let mut random = [0; 48];
        getrandom::fill(&mut random).map_err(|error| format!("no randomness to encrypt with: {error}"))?;
        let sealed = age::encrypt(bytes, &passphrase()?, age::Randomness::of(random))?;
        return std::fs::write(path, sealed).map_err(failed);
    }
    if ends_in("gz") {
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
    match receipt.encoding {
        Some(taken) if taken.known == Known::Told => {
            eprintln!(
                "{name}: its text was taken for {}, by its bytes; --encoding NAME chooses another",
                taken.charset.name()
            );
        }
        Some(taken) if taken.known == Known::Unclear => {
            eprintln!("{name}: its text is not UTF-8, and what else it is can't be told: say it by --encoding NAME");
        }
        Some(_) | None => {}
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
