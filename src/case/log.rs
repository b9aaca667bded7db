//! The log of what the analysts did, each entry chained to the one before by SHA-256: an entry that was changed, taken out
//! or put in between breaks the chain from there on. It proves that a log is whole, not who wrote it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::Document;
use super::document::answers::Negative;
use crate::evidence::encoding::Known;

/// One act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in epoch seconds; absent for what follows from the inputs alone (which files were loaded).
    pub at: Option<f64>,
    /// Who.
    pub who: Option<String>,
    /// What: `load`, `zone`, `year`, `skew`, `encoding`, `sites`, `policy`, `baseline`, `sweep`, `negative`, `search`, `filter`,
    /// `decide`, `act`, `word`, `export`,
    /// `merge`, `undo`, `redo`.
    pub act: String,
    /// Of what: a file's name, a finding's id.
    pub of: String,
    /// With what: a hash, a verdict and its reason.
    pub with: String,
    /// SHA-256 over the entry before and this one.
    pub hash: String,
}

/// What stands before the first entry.
const GENESIS: &str = "kyoten-log/1";

/// Puts an act at the end of a log.
pub fn append(log: &mut Vec<Entry>, at: Option<f64>, who: Option<&str>, act: &str, of: &str, with: &str) {
    let mut entry = Entry {
        at,
        who: who.map(str::to_owned),
        act: act.to_owned(),
        of: of.to_owned(),
        with: with.to_owned(),
        hash: String::new(),
    };
    entry.hash = chained(log.last().map_or(GENESIS, |last| &last.hash), &entry);
    log.push(entry);
}

/// Adds what the case holds and the log does not say yet: files loaded, zones chosen, books, the baseline. In the order of
/// the document, so that a case without other acts has the same log wherever it was made.
pub fn catch_up(document: &mut Document) {
    let mut fresh: Vec<(&str, String, String)> = Vec::new();
    for file in &document.evidence {
        let sha256 = file.sha256.clone().unwrap_or_else(|| "not read to its end".to_owned());
        fresh.push(("load", file.name.clone(), format!("sha256 {sha256}, {} bytes", file.bytes)));
        if let Some(offset) = file.clock.assumed_offset_seconds {
            fresh.push(("zone", file.name.clone(), format!("{offset} seconds east of UTC")));
        }
        if let Some(zone) = &file.clock.assumed_zone {
            fresh.push(("zone", file.name.clone(), zone.clone()));
        }
        if let Some(year) = file.clock.assumed_year {
            fresh.push(("year", file.name.clone(), format!("{year}")));
        }
        if let Some(ahead) = file.clock.assumed_ahead_seconds {
            fresh.push(("skew", file.name.clone(), format!("its clock taken to run {ahead} seconds ahead")));
        }
        if let Some(encoding) = file.encoding.as_ref().filter(|encoding| encoding.known == Known::Chosen.word()) {
            fresh.push(("encoding", file.name.clone(), encoding.name.clone()));
        }
    }
    if !document.sites_guessed && !document.sites.is_empty() {
        fresh.push(("sites", String::new(), digest(&document.sites, document.sites.len())));
    }
    if !document.policy.is_empty() {
        fresh.push(("policy", String::new(), digest(&document.policy, document.policy.len())));
    }
    for own in document.sweeps.iter().filter(|own| own.asked) {
        let what = own.finding.clone().unwrap_or_else(|| own.service.clone().unwrap_or_else(|| "*".to_owned()));
        fresh.push(("sweep", format!("{} → {} {what}", own.from, own.to), String::new()));
    }
    for own in &document.negatives {
        fresh.push(("negative", negative_in_words(own), String::new()));
    }
    if let Some(table) = &document.country_table {
        fresh.push(("countries", table.name.clone(), format!("sha256 {}", table.sha256)));
    }
    if let Some((from, to)) = document.baseline {
        fresh.push(("baseline", String::new(), format!("{from} to {to}")));
    }
    for (act, of, with) in fresh {
        let last = document.log.iter().rev().find(|entry| entry.act == act && entry.of == of);
        if last.is_none_or(|entry| entry.with != with) {
            append(&mut document.log, None, None, act, &of, &with);
        }
    }
}

/// A negative as the log names it.
pub fn negative_in_words(own: &Negative) -> String {
    let until = own.until.map_or_else(|| "the end".to_owned(), |until| until.to_string());
    format!("{} → {} {} from {} to {until}", own.from, own.to, own.service, own.since)
}

/// The first entry whose hash is not what the chain says, from 0; `None` when the log is whole.
pub fn broken(log: &[Entry]) -> Option<usize> {
    let before = std::iter::once(GENESIS).chain(log.iter().map(|entry| entry.hash.as_str()));
    log.iter().zip(before).position(|(entry, before)| chained(before, entry) != entry.hash)
}

fn chained(before: &str, entry: &Entry) -> String {
    let Entry { at, who, act, of, with, hash: _ } = entry;
    let told = serde_json::to_string(&(before, at, who, act, of, with)).expect("texts and numbers can be written");
    hex(&Sha256::digest(told.as_bytes()))
}

fn digest<T: Serialize>(rows: &[T], count: usize) -> String {
    let text = serde_json::to_string(rows).expect("texts and numbers can be written");
    format!("{count} rows, sha256 {}", hex(&Sha256::digest(text.as_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Entry> {
        let mut log = Vec::new();
        append(&mut log, None, None, "load", "fw.log", "sha256 00");
        append(&mut log, Some(1.5), Some("m.sato"), "decide", "D1-0", "benign: a test");
        append(&mut log, Some(2.5), Some("m.sato"), "export", "report", "");
        log
    }

    #[test]
    fn a_log_is_whole_until_it_is_touched() {
        assert_eq!(broken(&log()), None);
        let mut changed = log();
        changed[1].with = "confirmed".into();
        assert_eq!(broken(&changed), Some(1));
        let mut shortened = log();
        shortened.remove(1);
        assert_eq!(broken(&shortened), Some(1));
        let mut swapped = log();
        swapped.swap(0, 1);
        assert_eq!(broken(&swapped), Some(0));
    }
}
