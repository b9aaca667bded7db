//! What the case file keeps of the analysts' questions: sweeps and negatives, each with its answer.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::phrase::Language;

/// Where else did the like of a finding, or of a link, occur?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The finding that it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// The initiators' site.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// The service that was asked for; of a link without one the busiest was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// An analyst asked; else Kyoten looked by itself, from the first finding.
    pub asked: bool,
    /// The service that was looked for.
    pub sought: String,
    /// The servers that were looked for.
    pub servers: Vec<String>,
    /// The accounts that were looked for.
    pub accounts: Vec<String>,
    /// Start of the first connection of what was found.
    pub first: f64,
    /// Start of the last.
    pub last: f64,
    /// Every other site, in the order of the book.
    pub sites: Vec<SweptSite>,
    /// What was fetched over the link and sent on within the hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<Relay>,
}

/// What the sweep found at a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweptSite {
    /// The site.
    pub site: String,
    /// `confirmed`, `suspected`, `not seen` or `no logs`.
    pub outcome: String,
    /// What was met, in words.
    pub marks: Vec<String>,
    /// The same in Japanese; absent in older files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks_in_japanese: Vec<String>,
    /// The first time.
    pub first: Option<f64>,
    /// The last time.
    pub last: Option<f64>,
    /// Hosts of the site.
    pub hosts: Vec<String>,
    /// Days from the finding's first to the end of the evidence.
    pub days: usize,
    /// Of them, days on which the site stands in some log.
    pub days_with_logs: usize,
    /// Hours of gaps of all sensors in that time.
    pub gap_hours: i64,
    /// The earliest rows.
    pub evidence: Vec<Row>,
}

impl SweptSite {
    /// What was met, in this language; in English, where the file has it in no other.
    pub fn marks(&self, language: Language) -> &[String] {
        if language == Language::Japanese && self.marks_in_japanese.len() == self.marks.len() {
            &self.marks_in_japanese
        } else {
            &self.marks
        }
    }
}

/// A day on which a host sent on about as much as it had fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in relay::Relayed")]
pub struct Relay {
    /// `2020-06-11`, in UTC.
    pub day: String,
    pub host: String,
    /// Bytes.
    pub fetched: u64,
    pub to: String,
    pub to_host: String,
    pub service: String,
    /// Bytes.
    pub sent: u64,
    /// What was sent, of what was fetched.
    pub percent: u64,
    pub evidence: Vec<Row>,
}

/// Was there any connection of this kind in this time?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Negative {
    /// As in policy.csv: a site, `role:plant`, `country:PH`, `*`.
    pub from: String,
    /// The same.
    pub to: String,
    /// As in policy.csv: `tcp/445`, `smb`, `*`.
    pub service: String,
    /// From when.
    pub since: f64,
    /// Up to when; to the end of the evidence, when absent.
    pub until: Option<f64>,
    /// The last moment that the answer is about.
    pub last: f64,
    /// Connections that ran, or of unknown outcome.
    pub ran: u64,
    /// Connections that were denied or failed.
    pub refused: u64,
    /// Links on which some ran: from, to, how many.
    pub links: Vec<(String, String, u64)>,
    /// Logs that it rests on.
    pub files: usize,
    /// Days of that time.
    pub days: usize,
    /// Of them, days on which one of these sites stands in some log.
    pub days_with_logs: usize,
    /// Hours of that time.
    pub hours: i64,
    /// Of them, hours in no gap of any sensor.
    pub watched: i64,
    /// Where a sensor was not watching: sensor, start, hours.
    pub gaps: Vec<(String, f64, i32)>,
    /// Hours without any record of a sensor that is often silent at those hours: sensor, hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<(String, i64)>,
    /// Hours are kept gathered, so that some of it may lie just outside that time.
    pub rough: bool,
    /// The answer in one sentence.
    pub sentence: String,
}

impl Negative {
    /// The share of hours in no gap of any sensor, in percent, rounded down to a tenth.
    pub fn percent(&self) -> f64 {
        if self.hours <= 0 { 0.0 } else { ((self.watched.clamp(0, self.hours) * 1_000) / self.hours) as f64 / 10.0 }
    }
}
