//! The words of the report, one language a file. TLP labels, names and addresses are never translated.

mod en;
mod ja;

use super::Told;
use crate::case::acts::{ActionKind, Verdict};
use crate::case::document::Finding;

/// A language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Reads `en` or `ja`.
    pub fn read(code: &str) -> Option<Language> {
        match code {
            "en" => Some(Language::English),
            "ja" => Some(Language::Japanese),
            _ => None,
        }
    }

    /// Its words.
    pub fn words(self) -> &'static Words {
        match self {
            Language::English => &en::WORDS,
            Language::Japanese => &ja::WORDS,
        }
    }
}

/// All words of the report.
#[allow(missing_docs, reason = "a word is its own documentation")]
pub struct Words {
    pub code: &'static str,
    pub title: &'static str,
    pub question: &'static str,
    pub synthetic: &'static str,
    pub partial: &'static str,
    pub case: &'static str,
    pub tool: &'static str,
    pub window: &'static str,
    pub baseline: &'static str,
    pub none: &'static str,
    pub unknown: &'static str,
    /// `2020-06-11 02:13 UTC` or `2020年6月11日 02:13 UTC`, of the calendar's own spelling.
    pub time: fn(&str) -> String,
    pub summary: &'static str,
    pub found: fn(findings: usize, links: usize) -> String,
    pub nothing_found: &'static str,
    pub first_is: &'static str,
    pub decided: fn(confirmed: usize, benign: usize, open: usize) -> String,
    pub rests_on: fn(files: usize, records: &str, flows: &str, malformed: &str) -> String,
    pub unusual: &'static str,
    pub notices: &'static str,
    pub chronology: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub source: &'static str,
    pub begins: fn(&Finding) -> String,
    pub ends: fn(&Finding) -> String,
    pub decision: fn(Verdict) -> &'static str,
    pub action: fn(ActionKind) -> &'static str,
    pub more_events: fn(usize) -> String,
    pub figure: &'static str,
    pub findings: &'static str,
    pub lane: fn(&str) -> &'static str,
    pub claim: fn(&Finding) -> String,
    pub original: &'static str,
    pub finding_id: &'static str,
    pub rule: &'static str,
    pub service: &'static str,
    pub hosts: &'static str,
    pub accounts: &'static str,
    pub chance: &'static str,
    pub normal: &'static str,
    pub innocent: &'static str,
    pub attack: &'static str,
    pub decided_as: &'static str,
    pub rows: &'static str,
    pub file: &'static str,
    pub line: &'static str,
    pub offset: &'static str,
    pub links: &'static str,
    pub links_lead: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub flows: &'static str,
    pub established: &'static str,
    pub denied: &'static str,
    pub failed: &'static str,
    pub bytes_out: &'static str,
    pub bytes_in: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub more_links: fn(usize) -> String,
    pub actions: &'static str,
    pub actions_lead: &'static str,
    pub who: &'static str,
    pub why: &'static str,
    pub alive: &'static str,
    pub alive_none: &'static str,
    pub returned: &'static str,
    pub alive_row: fn(&str, u64, u64, u64) -> String,
    pub statement: fn(&Told) -> String,
    pub coverage: &'static str,
    pub coverage_lead: &'static str,
    pub sensor: &'static str,
    pub hours: &'static str,
    pub gaps: &'static str,
    pub gap: fn(&str, i64) -> String,
    pub more_gaps: fn(usize) -> String,
    pub no_gap: &'static str,
    pub negatives: &'static str,
    pub negatives_lead: &'static str,
    pub because: &'static str,
    pub link: &'static str,
    pub evidence: &'static str,
    pub evidence_lead: &'static str,
    pub size: &'static str,
    pub format: &'static str,
    pub sha256: &'static str,
    pub not_whole: &'static str,
    pub receipts: &'static str,
    pub receipts_lead: &'static str,
    pub records: &'static str,
    pub parsed: &'static str,
    pub skipped: &'static str,
    pub malformed: &'static str,
    pub unprocessed: &'static str,
    pub filtered: &'static str,
    pub without_endpoint: &'static str,
    pub reason: &'static str,
    pub count: &'static str,
    pub example: &'static str,
    pub clocks: &'static str,
    pub clocks_lead: &'static str,
    pub basis: fn(&str) -> &'static str,
    pub assumed: &'static str,
    pub undated: &'static str,
    pub method: &'static str,
    pub method_says: &'static [&'static str],
    pub rules_used: &'static str,
    pub appendix: &'static str,
    pub sites: &'static str,
    pub guessed: &'static str,
    pub site: &'static str,
    pub country: &'static str,
    pub role: &'static str,
    pub ranges: &'static str,
    pub contact: &'static str,
    pub policy: &'static str,
    pub verdict: &'static str,
    pub until: &'static str,
    pub approver: &'static str,
    pub log: &'static str,
    pub log_whole: &'static str,
    pub log_broken: &'static str,
    pub act: &'static str,
    pub of: &'static str,
    pub with: &'static str,
    pub hash: &'static str,
}
