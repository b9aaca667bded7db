//! The words that libFuzzer puts into its inputs: those that the readers themselves look for, taken from their sources.

use super::Target;
use crate::workspace::{root, shown};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The longest word.
const LONGEST: usize = 40;

/// A dictionary as libFuzzer reads it: a word a line, in quotes.
pub fn of(target: Target) -> Result<String> {
    let mut words = BTreeSet::new();
    for member in target.family.members.iter().filter(|member| target.only.is_none_or(|only| only == **member)) {
        for source in sources(member)? {
            let text = std::fs::read_to_string(&source).with_context(|| format!("cannot read {}", shown(&source)))?;
            // What stands in the tests is in the seeds already.
            words.extend(literals(text.split("#[cfg(test)]").next().unwrap_or_default()));
        }
    }
    Ok(words.iter().map(|word| format!("\"{word}\"\n")).collect())
}

/// Where the reader of a member is written.
fn sources(member: &str) -> Result<Vec<PathBuf>> {
    let places = match member {
        "gzip" => vec!["src/evidence/unpack/gunzip.rs"],
        "zip" => vec!["src/evidence/unpack/zip.rs", "src/evidence/unpack/zip"],
        "tar" => vec!["src/evidence/unpack/tar.rs"],
        "zstd" | "xz" | "bzip2" | "lz4" => vec!["src/evidence/unpack/codec.rs", "src/evidence/unpack/codec"],
        "utf16" => vec!["src/evidence/encoding/utf16.rs"],
        "evtx" => vec!["src/evidence/unpack/evtx.rs", "src/evidence/unpack/evtx"],
        "parquet" => vec!["src/evidence/unpack/parquet.rs", "src/evidence/unpack/parquet"],
        "sites" => vec!["src/sites/import.rs", "src/sites/dialect.rs"],
        "policy" => vec!["src/policy/csv.rs"],
        "countries" => vec!["src/sites/mmdb.rs"],
        "case" => vec!["src/case/acts.rs", "src/case/document/usual.rs", "src/containment/mod.rs"],
        "locked" => vec!["src/case/age.rs"],
        "indicators" => vec!["src/scoping/indicators.rs"],
        "figure" => vec!["src/report/recipe.rs"],
        "mapping" => vec!["src/formats/mapping.rs"],
        "order" | "result" => vec![],
        format => {
            return files(&[root().join(format!("src/formats/{format}.rs")), root().join("src/formats").join(format)]);
        }
    };
    files(&places.iter().map(|place| root().join(place)).collect::<Vec<_>>())
}

/// The Rust files of these places that exist.
fn files(places: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for place in places {
        if place.is_file() {
            all.push(place.clone());
        } else if place.is_dir() {
            let inside = std::fs::read_dir(place).with_context(|| format!("cannot list {}", shown(place)))?;
            let inside = inside.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
            all.extend(files(&inside.into_iter().filter(|path| is_source(path)).collect::<Vec<_>>())?);
        }
    }
    Ok(all)
}

fn is_source(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|ending| ending == "rs")
}

/// The string literals of a Rust source that may be a word of a log, as libFuzzer spells them.
fn literals(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
        // Between the first and the second quote, the third and the fourth.
        for literal in line.split('"').skip(1).step_by(2) {
            all.extend(spelt(literal).filter(|word| !is_prose(word)));
        }
    }
    all
}

/// Sentences are what is said, not what is read.
fn is_prose(word: &str) -> bool {
    word.matches(' ').count() > 2 || word.contains('{')
}

fn spelt(literal: &str) -> Option<String> {
    let mut word = String::new();
    let mut length = 0;
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'x' => word.push_str(&format!("\\x{}{}", chars.next()?, chars.next()?)),
                '0' => word.push_str("\\x00"),
                'n' => word.push_str("\\x0a"),
                'r' => word.push_str("\\x0d"),
                't' => word.push_str("\\x09"),
                // A quote would have ended the literal above, and the rest is too rare to spell.
                _ => return None,
            },
            c if c.is_ascii_graphic() || c == ' ' => word.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| word.push_str(&format!("\\x{byte:02x}"))),
        }
        length += 1;
    }
    (1..=LONGEST).contains(&length).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelt_as_libfuzzer_reads_them() {
        let source = "// \"no\"\nlet a = b\"\\x1f\\x8b\"; let b = [\"src_ip\", \"\\0\\n\", \"拠点\", \"it is said that it is so\"];";
        assert_eq!(literals(source), ["\\x1f\\x8b", "src_ip", "\\x00\\x0a", "\\xe6\\x8b\\xa0\\xe7\\x82\\xb9"]);
    }

    #[test]
    fn every_family_of_words_has_words_of_its_own() {
        // Packets are numbers.
        for target in Target::all().into_iter().filter(|target| target.family.name != "packets") {
            assert!(of(target).unwrap().lines().count() > 3, "{}", target.name());
        }
    }
}
