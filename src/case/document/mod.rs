//! `case.json`, schema `kyoten-case/1`: the case as a document for others, and for Kyoten to open again. Times are epoch
//! seconds with their fraction, sites stand by name, the order of every list is fixed.
//!
//! Invariant: what was written is read back to the same bytes; a document of an older version is brought up to this one
//! ([`read`]), and one of a newer version is refused.

pub mod answers;
mod compact;
mod making;
pub mod read;
pub mod usual;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::acts::{self, Action, Decision};
use super::depiction::Depiction;
use super::log::Entry;
use super::{Analysis, Case};
use crate::evidence::unpack::LayerAccount;
use crate::flow::{Basis, Moment};
use crate::phrase::{Language, Phrase};
use compact::{Hours, Pairs};

/// The schema that this version writes.
pub const SCHEMA: &str = "kyoten-case/1";
/// The version of Kyoten, as every export names it.
pub const TOOL: &str = concat!("kyoten ", env!("CARGO_PKG_VERSION"));

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub tool: String,
    /// Names the case by its evidence ([`case_id`]).
    pub case_id: String,
    /// Some file says of itself that it was made up.
    pub synthetic: bool,
    /// Some file was not read to its end.
    pub partial: bool,
    /// What the reader of any export must know.
    pub notices: Vec<String>,
    /// The same in Japanese, in the same order; absent in older files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices_in_japanese: Vec<String>,
    /// Start of the first and of the last flow.
    pub window: Option<(f64, f64)>,
    /// The time declared as normal.
    pub baseline: Option<(f64, f64)>,
    /// The files.
    pub evidence: Vec<Evidence>,
    /// The table of countries that was brought, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_table: Option<CountryTable>,
    /// Nobody named the sites.
    pub sites_guessed: bool,
    /// The sites.
    pub sites: Vec<Site>,
    /// The policy's rows.
    pub policy: Vec<Rule>,
    /// The links with their services, those within a site included.
    pub links: Vec<Link>,
    /// The findings in rank order.
    pub findings: Vec<Finding>,
    /// Where a rule had too little to judge by.
    pub not_enough_evidence: Vec<Refrain>,
    /// What was watched, by sensor.
    pub coverage: Vec<Coverage>,
    /// What the analysts decided, in the order in which they did.
    pub decisions: Vec<Decision>,
    /// What was done about links: cut, restricted, restored; in order of time.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What was chosen for the picture: steps, places, and the key to the pseudonyms.
    #[serde(default, skip_serializing_if = "Depiction::is_empty")]
    pub figure: Depiction,
    /// Where else did the like occur? Each question with its answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sweeps: Vec<answers::Sweep>,
    /// Was there any? Each question with its answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub negatives: Vec<answers::Negative>,
    /// What the analysts did, each entry chained to the one before.
    #[serde(default)]
    pub log: Vec<Entry>,
}

/// A file of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// The dropped archive that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// In hexadecimal; absent when it was not read to its end.
    pub sha256: Option<String>,
    /// Its length.
    pub bytes: u64,
    /// The format's short name.
    pub format: Option<String>,
    /// Layers of packing, outermost first.
    pub layers: Vec<LayerAccount>,
    /// The encoding of its text, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// How its times came to be UTC.
    pub clock: Clock,
    /// Flows without a usable time.
    pub flows_without_time: u64,
    /// Start of its first flow.
    pub first: Option<f64>,
    /// Start of its last flow.
    pub last: Option<f64>,
    /// The account of its bytes.
    pub accounts: Accounts,
    /// The column mapping, for a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<BTreeMap<String, String>>,
    /// The file of the same content that is counted in its stead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<String>,
    /// Why it was not read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<String>,
    /// What an unknown file looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A dropped archive, as its members name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Archive {
    /// Its name.
    pub name: String,
    /// Its SHA-256 in hexadecimal; absent when it was not read to its end.
    pub sha256: Option<String>,
}

/// How the times of a file came to be UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// One word ([`basis`]).
    pub basis: String,
    /// The zone that was chosen for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_offset_seconds: Option<i32>,
    /// As a name of the IANA database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_zone: Option<String>,
    /// The year that was chosen for its first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_year: Option<i32>,
    /// By how many seconds the clock was said to run ahead; they are taken off all times of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_ahead_seconds: Option<f64>,
}

/// The table by which what is outside was told apart by country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountryTable {
    /// The file's name.
    pub name: String,
    /// In hexadecimal.
    pub sha256: String,
}

/// The encoding of a file's text, where it is not UTF-8 or UTF-16.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// Its name in the WHATWG Encoding Standard: `shift_jis`.
    pub name: String,
    /// `told` by its bytes, `chosen` by a person, or `unclear`: then bytes that are not UTF-8 are shown as `\\xNN`.
    pub known: String,
}

/// The account of a file, at the layer where its records stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::evidence::Accounts")]
pub struct Accounts {
    pub length: u64,
    pub records: u64,
    pub parsed: u64,
    pub skipped: BTreeMap<String, u64>,
    pub malformed: BTreeMap<String, u64>,
    pub unprocessed: BTreeMap<String, u64>,
    pub unprocessed_bytes: u64,
    pub headers: u64,
    pub separator_bytes: u64,
    pub flows: u64,
    pub drawn: u64,
    pub filtered: BTreeMap<String, u64>,
    pub without_endpoint: BTreeMap<String, u64>,
    pub examples: Vec<Example>,
}

/// The first record that met a reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::evidence::Example")]
pub struct Example {
    pub reason: String,
    pub line: u64,
    pub offset: u64,
    pub found: String,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::sites::Site")]
pub struct Site {
    pub site: String,
    pub country: Option<String>,
    pub timezone: Option<String>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub role: Option<String>,
    pub contact: Option<String>,
    /// Its ranges; one that is limited to some evidence is followed by ` source=NAME`.
    pub ranges: Vec<String>,
    pub host_patterns: Vec<String>,
    pub guessed: bool,
}

/// A row of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::policy::Rule")]
pub struct Rule {
    pub from: String,
    pub to: String,
    pub service: String,
    pub verdict: String,
    pub reason: String,
    pub hours: Option<String>,
    pub approver: Option<String>,
    pub until: Option<String>,
    pub line: u64,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The initiators' site, `external` or `unassigned`.
    pub from: String,
    /// The responders' site, `external` or `unassigned`.
    pub to: String,
    /// Its services.
    pub services: Vec<Service>,
}

/// A service of a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// `tcp/445`.
    pub service: String,
    /// Connections.
    pub flows: u64,
    /// Those answered or admitted.
    pub established: u64,
    /// Those refused.
    pub denied: u64,
    /// Those without an answer.
    pub failed: u64,
    /// Bytes from initiators to responders, where counted.
    pub bytes_out: u64,
    /// Bytes from responders to initiators, where counted.
    pub bytes_in: u64,
    /// Start of the first.
    pub first: Option<f64>,
    /// Start of the last.
    pub last: Option<f64>,
    /// Distinct initiators.
    pub hosts_from: usize,
    /// Distinct responders.
    pub hosts_to: usize,
    /// Accounts in its rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// What ran hour by hour, one line an hour.
    #[serde(default, skip_serializing_if = "Hours::is_empty")]
    pub hours: Hours,
    /// Host pairs, where a finding is about the service; at most [`MOST_PAIRS`].
    #[serde(default, skip_serializing_if = "Pairs::is_empty")]
    pub pairs: Pairs,
    /// How many more pairs there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pairs_left_out: usize,
}

/// How many host pairs a service names.
pub const MOST_PAIRS: usize = 200;

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::finding::Finding")]
pub struct Finding {
    pub rank: usize,
    pub id: String,
    pub lane: String,
    pub rule: String,
    pub from: String,
    pub to: String,
    /// Other links that it is about as well, from and to; absent where it is about one, and in older files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(String, String)>,
    pub service: Option<String>,
    pub first: Option<f64>,
    pub last: Option<f64>,
    pub hosts: Vec<String>,
    pub accounts: Vec<String>,
    pub p: Option<f64>,
    pub q: Option<f64>,
    pub because: String,
    #[serde(default)]
    pub gist: String,
    /// `violation`, `anomalous` or `suspected`.
    #[serde(default)]
    pub gravity: String,
    pub normal: String,
    /// The same as numbers, for the small picture; absent where a rule compares with nothing, and in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<usual::Usual>,
    pub innocent: Vec<String>,
    pub attack: Vec<String>,
    /// The same in Japanese; absent in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_japanese: Option<InJapanese>,
    /// Its rows.
    pub evidence: Vec<Row>,
}

/// What a finding says, in Japanese: each as the field of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in Finding")]
pub struct InJapanese {
    pub because: String,
    pub gist: String,
    pub normal: String,
    pub innocent: Vec<String>,
}

impl Finding {
    /// Its sentence in this language, if the file has it in it.
    pub fn because(&self, language: Language) -> Option<&str> {
        self.told(language, &self.because, |own| &own.because)
    }

    /// What is normal in this language; in English, where the file has it in no other.
    pub fn normal(&self, language: Language) -> &str {
        self.told(language, &self.normal, |own| &own.normal).unwrap_or(&self.normal)
    }

    /// The innocent causes in this language; in English, where the file has them in no other.
    pub fn innocent(&self, language: Language) -> &[String] {
        match (&self.in_japanese, language) {
            (Some(own), Language::Japanese) => &own.innocent,
            (Some(_) | None, _) => &self.innocent,
        }
    }

    fn told<'f>(&'f self, language: Language, english: &'f str, japanese: fn(&InJapanese) -> &str) -> Option<&'f str> {
        match language {
            Language::English => Some(english),
            Language::Japanese => self.in_japanese.as_ref().map(japanese),
        }
    }

    /// Whether it is weak by its q ([`crate::finding::Finding::WEAK`]); one that an analyst confirmed counts all the same.
    pub fn is_weak(&self, decisions: &[Decision]) -> bool {
        let is_confirmed =
            || acts::standing(decisions, &self.id).is_some_and(|decision| decision.verdict == acts::Verdict::Confirmed);
        self.q.is_some_and(|q| q > crate::finding::Finding::WEAK) && !is_confirmed()
    }
}

/// The place of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "said by the names")]
pub struct Row {
    pub file: String,
    pub line: u64,
    pub offset: u64,
}

/// Where a rule had not enough evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in crate::detectors::Refrain")]
pub struct Refrain {
    pub rule: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub service: Option<String>,
    pub because: String,
    /// The same in Japanese; absent in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_japanese: Option<String>,
}

impl Refrain {
    /// What was lacking, in this language; in English, where the file has it in no other.
    pub fn because(&self, language: Language) -> &str {
        self.in_japanese.as_deref().filter(|_| language == Language::Japanese).unwrap_or(&self.because)
    }
}

/// What a sensor watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Its name.
    pub sensor: String,
    /// The start of its first hour with a record.
    pub first: Option<f64>,
    /// The end of its last.
    pub last: Option<f64>,
    /// In how many hours it recorded something.
    pub hours: usize,
    /// Stretches of hours without a single record between the first and the last: start, and how many hours.
    pub silent: Vec<(f64, i64)>,
    /// Of them, those that by the sensor's own arrivals are no chance: then it was not watching. Absent in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<(f64, i64)>>,
    /// How many flows it told of; 0 in older files.
    #[serde(default)]
    pub flows: u64,
}

impl Document {
    /// The document of a case.
    pub fn of(case: &Case, analysis: &Analysis) -> Document {
        making::document(case, analysis)
    }

    /// As it is written.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the document holds nothing that JSON cannot write");
        text.push('\n');
        crate::evidence::text::inert_json(text)
    }

    /// The notices as they can be told in every language; of an older file in English.
    pub fn notices(&self) -> Vec<Phrase> {
        let japanese = self.notices_in_japanese.iter().cloned().chain(std::iter::repeat(String::new()));
        self.notices.iter().cloned().zip(japanese).map(|(en, ja)| Phrase::told(en, ja)).collect()
    }

    /// Tells the reader of any export one thing more.
    pub fn notify(&mut self, notice: &Phrase) {
        // Where the file is older, what comes later must not slip to its place.
        self.notices_in_japanese.resize(self.notices.len(), String::new());
        self.notices.push(notice.english().to_owned());
        self.notices_in_japanese.push(notice.of(Language::Japanese).to_owned());
    }

    /// The site of this name.
    pub fn site(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.site == name)
    }

    /// The finding of this id.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id == id)
    }

    /// The services from one party to another.
    pub fn services<'d>(&'d self, from: &'d str, to: &'d str) -> impl Iterator<Item = &'d Service> + 'd {
        let links = self.links.iter().filter(move |link| link.from == from && link.to == to);
        links.flat_map(|link| &link.services)
    }
}

/// Writes the document.
pub fn case_json(case: &Case, analysis: &Analysis) -> String {
    Document::of(case, analysis).to_json()
}

/// Twelve hex digits that name a case by its evidence: the same files give the same id.
pub fn case_id(case: &Case) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for file in case.files() {
        hash.update(file.receipt.sha256.as_deref().unwrap_or(&file.receipt.name));
        hash.update([0]);
    }
    hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// A probability to six significant digits: what lies beyond differs between machines' mathematics.
pub fn significant(p: f64) -> f64 {
    format!("{p:.5e}").parse().expect("a number in this notation is a number")
}

/// Epoch seconds with their fraction.
pub fn seconds(moment: Moment) -> f64 {
    moment.0 as f64 / 1e6
}

/// How the times of a file came to be UTC, in one word.
pub fn basis(bases: &BTreeMap<Basis, u64>) -> &'static str {
    let mut kinds = bases.keys();
    match (kinds.next(), kinds.next()) {
        (None, _) => "none",
        (Some(_), Some(_)) => "mixed",
        (Some(Basis::Explicit), None) => "explicit",
        (Some(Basis::File), None) => "file",
        (Some(Basis::Chosen), None) => "chosen",
        (Some(Basis::Unknown), None) => "unknown",
    }
}

/// A moment of so many epoch seconds.
pub fn moment(seconds: f64) -> Moment {
    Moment((seconds * 1e6).round() as i64)
}
