//! What libFuzzer begins with: the fixtures of a format, the files of fuzz/seeds, and what only the engine itself can write.

use super::Target;
use crate::workspace::{root, shown};
use anyhow::{Context, Result};
use kyoten::case::{Case, document::Document};
use std::path::Path;

/// Writes the seeds of a target into its corpus, each behind the two bytes that say how it is read (fuzz/src/main.rs).
pub fn sow(target: Target, corpus: &Path) -> Result<()> {
    for (choice, member) in target.family.members.iter().enumerate() {
        if target.only.is_some_and(|only| only != *member) {
            continue;
        }
        for (name, bytes) in of(member)? {
            let input = [&[6, choice as u8], bytes.as_slice()].concat();
            std::fs::write(corpus.join(format!("{member}.{name}")), input).context("cannot write the corpus")?;
        }
    }
    Ok(())
}

/// The seeds of a member, by name.
pub fn of(member: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all = made(member)?;
    for folder in [root().join("fuzz/seeds").join(member), root().join("tests/fixtures").join(member)] {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", shown(&folder)))? {
            let path = entry?.path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            all.push((name, std::fs::read(&path).with_context(|| format!("cannot read {}", shown(&path)))?));
        }
    }
    Ok(all)
}

/// What travels between workers changes with the engine, so it is made anew; a case file that is made so has all that is new in it.
fn made(member: &str) -> Result<Vec<(String, Vec<u8>)>> {
    if !["order", "result", "case"].contains(&member) {
        return Ok(Vec::new());
    }
    let log = root().join("tests/fixtures/fortigate_traffic/plain.log");
    let name = log.file_name().expect("it is a file").to_string_lossy().into_owned();
    let bytes = std::fs::read(&log).with_context(|| format!("cannot read {}", shown(&log)))?;
    let mut case = Case::default();
    let order = case.reading_order(&name);
    if member == "order" {
        return Ok(vec![("made".to_owned(), order.to_bytes())]);
    }
    let mut reading = order.reading(&name);
    reading.feed(&bytes);
    let (receipt, counting) = reading.finish_all().pop().context("a file has a receipt")?;
    let result = order.result(receipt, counting);
    if member == "result" {
        return Ok(vec![("made".to_owned(), result.to_bytes())]);
    }
    case.add(result);
    let analysis = case.analyse_at_last();
    Ok(vec![("made".to_owned(), Document::of(&case, &analysis).to_json().into_bytes())])
}
