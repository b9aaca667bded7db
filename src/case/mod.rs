//! The case: evidence, sites, policy and what follows from them. The page and the command line hold the same one, so the
//! same inputs give the same document, byte for byte.
//!
//! Invariant: what follows ([`Analysis`]) depends on the set of files, the books and the choices alone, not on the order
//! in which they came.

pub mod acts;
pub mod aftermath;
pub mod age;
pub mod changes;
pub mod choices;
pub mod depiction;
pub mod document;
pub mod ends;
pub mod log;
pub mod merging;
mod notices;
mod parts;
pub mod questions;
mod readings;
pub mod reopened;
mod resuming;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use parts::PartPieces;
use readings::stamp;
pub use readings::{ReadingOrder, ReadingResult};

use crate::detectors::{self, Findings, Observed};
use crate::flow::Moment;
use crate::formats::{MappingFile, Sample};
use crate::ledger::survey::Survey;
use crate::ledger::{Ledger, Sight};
use crate::phrase::Phrase;
use crate::policy::Policy;
use crate::reading::Order;
use crate::reading::receipt::Receipt;
use crate::scoping::skew::{Skew, between};
use crate::sites::guess::guess;
use crate::sites::{Countries, SharedCountries, SiteBook};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// All that an analyst gathered.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// The files, by name and hash.
    files: Vec<File>,
    /// The sites that somebody named; empty while Kyoten guesses.
    pub book: SiteBook,
    /// Names and places that the analyst gave to guessed sites.
    guesses: SiteBook,
    /// The table of countries that somebody brought for what is outside.
    pub countries: Option<CountryTable>,
    /// The policy.
    pub policy: Policy,
    /// The time declared as normal.
    pub baseline: Option<(Moment, Moment)>,
    /// What was settled for files, by name.
    pub orders: BTreeMap<String, Order>,
    /// Column mappings that were saved from other exports, the newest first.
    pub mappings: Vec<MappingFile>,
    /// What the analysts decided on findings, in order.
    pub decisions: Vec<acts::Decision>,
    /// What was done about links.
    pub actions: Vec<acts::Action>,
    /// What the analyst chose for the picture.
    pub depiction: depiction::Depiction,
    /// What the analysts asked.
    pub questions: questions::Questions,
    /// What the analysts did.
    pub log: Vec<log::Entry>,
    /// The files that a resumed case file was made of.
    expected: Vec<resuming::Expected>,
    /// The case file that was taken up first, as far as others are joined to it.
    opened: Option<document::Document>,
    /// What analysts decided differently in case files that were joined.
    conflicts: Vec<Phrase>,
    /// The table of countries that it was made with: name and SHA-256.
    expected_countries: Option<(String, String)>,
}

/// A table of countries, and the file that it came from.
#[derive(Debug, Clone)]
pub struct CountryTable {
    /// The file's name.
    pub name: String,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// What it says.
    pub table: SharedCountries,
}

impl CountryTable {
    /// Reads a MaxMind DB; a sentence when it is none, or none of countries.
    pub fn read(name: &str, bytes: &[u8]) -> Result<CountryTable, String> {
        let table = SharedCountries(Arc::new(Countries::read(bytes)?));
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(CountryTable { name: name.to_owned(), sha256, table })
    }
}

/// A file of evidence in the case.
#[derive(Debug, Clone)]
pub struct File {
    /// Its receipt.
    pub receipt: Receipt,
    ledger: Ledger,
    /// What it was read with.
    stamp: u64,
}

/// What follows from a case.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The sites: those named, else those guessed.
    pub book: SiteBook,
    /// Whether they were guessed.
    pub guessed: bool,
    /// All flows, by link.
    pub survey: Survey,
    /// The findings, ranked, and what could not be judged.
    pub findings: Findings,
    /// For each file, the one that it repeats under another name, or that tells of the same connections and more (Zeek's
    /// conn.log), and that it was left out of the sums for.
    pub repeats: Vec<Option<usize>>,
    /// What the reader of any export must know: caps reached, sums that are off, clocks unknown.
    pub notices: Vec<Phrase>,
    /// Whether some file was not read to its end. Records that could not be understood are another matter: each is counted.
    pub partial: bool,
    /// Whether some file says of itself that it was made up.
    pub synthetic: bool,
}

impl Case {
    /// The files, by name and hash.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What a reader needs for a dropped file of this name, now.
    pub fn reading_order(&self, name: &str) -> ReadingOrder {
        let known = |order: &Order| Order { mappings: self.mappings.clone(), ..order.clone() };
        let order = known(self.orders.get(name).unwrap_or(&Order::default()));
        let within = format!("{name}/");
        let members = self.orders.iter().filter(|(name, _)| name.starts_with(&within));
        let members = members.map(|(name, order)| (name.clone(), known(order))).lean_collect();
        let countries = self.countries.as_ref().map(|own| own.table.clone());
        ReadingOrder { order, book: self.book.clone(), countries, members }
    }

    /// What was settled for a file: for a member of an archive, what was settled for that, unless it has its own.
    pub fn order_of(&self, receipt: &Receipt) -> Option<&Order> {
        let archive = receipt.within.as_ref().and_then(|within| self.orders.get(within));
        self.orders.get(&receipt.name).or(archive)
    }

    /// Takes a column mapping: files that come later are read by it where it fits, and so are those here that none was
    /// chosen for; they are then to be read again.
    pub fn take_mapping(&mut self, saved: MappingFile) {
        for file in &self.files {
            let receipt = &file.receipt;
            let whole = receipt.accounts.length <= receipt.sample.len() as u64;
            let sample = Sample { bytes: &receipt.sample, whole };
            let chosen = self.orders.get(&receipt.name).is_some_and(|order| order.setting.mapping.is_some());
            if !chosen && receipt.mapping.as_ref() != Some(&saved.mapping()) && saved.fits(&sample) {
                let order = self.orders.entry(receipt.name.clone()).or_default();
                order.setting.mapping = Some(saved.mapping());
                order.format = Some(saved.format.clone());
            }
        }
        self.mappings.retain(|own| own.header != saved.header);
        self.mappings.insert(0, saved);
    }

    /// The mapping that a file was read by, to be used for the next export; `None` where it was read without.
    pub fn mapping_file(&self, at: usize) -> Option<MappingFile> {
        let receipt = &self.files.get(at)?.receipt;
        let whole = receipt.accounts.length <= receipt.sample.len() as u64;
        MappingFile::of(receipt.mapping.as_ref()?, &Sample { bytes: &receipt.sample, whole })
    }

    /// How far the clock of this file runs ahead of those of other files, by the connections that both saw; those first
    /// of which most were found. What was set right already is in it no more.
    pub fn skews(&self, at: usize) -> Vec<(usize, Skew)> {
        let Some(own) = self.files.get(at) else { return Vec::new() };
        let others = self.files.iter().enumerate().filter(|(other, _)| *other != at);
        let mut found: Vec<(usize, Skew)> =
            others.filter_map(|(other, file)| Some((other, between(&file.ledger, &own.ledger)?))).collect();
        found.lean_sort_by_key(|(other, skew)| (std::cmp::Reverse(skew.matched), *other));
        found
    }

    /// Takes the result of a reading. A file of the same name and content is replaced. Returns its place.
    pub fn add(&mut self, result: ReadingResult) -> usize {
        let file = File { receipt: result.receipt, ledger: result.ledger, stamp: result.stamp };
        let identity = file.identity();
        self.files.retain(|old| old.identity() != identity && !old.is_unread_form_of(&file));
        let at = self.files.partition_point(|old| old.identity() < identity);
        self.files.insert(at, file);
        at
    }

    /// Notes the hash of a file that was read before all of it was hashed.
    pub fn set_hash(&mut self, name: &str, sha256: &str) {
        if let Some(at) = self.files.iter().position(|file| file.receipt.name == name && file.receipt.sha256.is_none())
        {
            let mut file = self.files.remove(at);
            file.receipt.sha256 = Some(sha256.to_owned());
            let at = self.files.partition_point(|old| old.identity() < file.identity());
            self.files.insert(at, file);
        }
    }

    /// Takes a dropped file out of the case, with its members where it is an archive.
    pub fn remove(&mut self, name: &str) {
        let is_of = |receipt: &Receipt| receipt.within.as_deref().unwrap_or(&receipt.name) == name;
        self.files.retain(|file| !is_of(&file.receipt));
    }

    /// Names of dropped files that were read with other sites or settings than now stand, or that hold such members: they
    /// are to be read again.
    pub fn must_read_again(&self) -> Vec<String> {
        let countries = self.countries.as_ref().map(|own| &own.table);
        let now = |file: &File| stamp(self.order_of(&file.receipt).unwrap_or(&Order::default()), &self.book, countries);
        let stale = self.files.iter().filter(|file| file.stamp != now(file));
        let dropped = stale.map(|file| file.receipt.within.as_ref().unwrap_or(&file.receipt.name));
        dropped.lean_collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Renames a site, whether named or guessed.
    pub fn rename_site(&mut self, analysis: &Analysis, site: u32, name: &str) -> Result<(), String> {
        let mut book = analysis.book.clone();
        book.rename(site, name)?;
        self.keep(analysis.guessed, book);
        Ok(())
    }

    /// Changes what is known of a site beside its name and ranges.
    pub fn edit_site(&mut self, analysis: &Analysis, site: u32, edit: impl FnOnce(&mut crate::sites::Site)) {
        let mut book = analysis.book.clone();
        if let Some(site) = book.sites.get_mut(site as usize) {
            edit(site);
            self.keep(analysis.guessed, book);
        }
    }

    fn keep(&mut self, guessed: bool, book: SiteBook) {
        if guessed {
            self.guesses = book;
        } else {
            self.book = book;
        }
    }

    /// Works out what follows from all that is here.
    pub fn analyse(&self) -> Analysis {
        let mut analysis = self.survey();
        self.judge(&mut analysis);
        analysis
    }

    /// As [`Case::analyse`], for the last time: what was counted is given up once it is summed, since ledgers may be most of the
    /// memory that is used. What came of it stays.
    pub fn analyse_at_last(&mut self) -> Analysis {
        let mut analysis = self.survey();
        self.files.iter_mut().for_each(|file| file.ledger = Ledger::default());
        self.judge(&mut analysis);
        analysis
    }

    /// All but the findings.
    fn survey(&self) -> Analysis {
        let repeats = self.repeats();
        let ledger = self.ledger(&repeats);
        let guessed = self.book.sites.is_empty();
        let book = if guessed { guess(ledger.loci(), &ledger.witnesses, &self.guesses) } else { self.book.clone() };
        let parties = book.parties();
        let survey = Survey::of(&ledger, |locus| parties.of(locus));
        Analysis {
            guessed,
            notices: self.notices(&ledger, &survey, &repeats),
            partial: self.files.iter().any(|file| file.receipt.is_partial()),
            synthetic: self.files.iter().any(|file| file.receipt.is_synthetic()),
            book,
            survey,
            findings: Findings::default(),
            repeats,
        }
    }

    fn judge(&self, analysis: &mut Analysis) {
        let observed = Observed::new(&analysis.survey, &analysis.book, &self.policy, self.baseline);
        analysis.findings = detectors::examine_all(&observed);
    }

    /// The sums over all files but repeats. A single file's are its own, in which it has the number 0 already: a ledger may be
    /// hundreds of megabytes.
    fn ledger(&self, repeats: &[Option<usize>]) -> Cow<'_, Ledger> {
        if let [only] = self.files.as_slice() {
            return Cow::Borrowed(&only.ledger);
        }
        let mut ledger = Ledger::default();
        for ((file, number), repeat) in self.files.iter().zip(0_u32..).zip(repeats) {
            if repeat.is_none() {
                ledger.merge(&file.ledger, Some(number));
            }
        }
        Cow::Owned(ledger)
    }

    /// For each file, an earlier one of the same content, or a conn.log that tells of the same connections.
    fn repeats(&self) -> Vec<Option<usize>> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut repeats = Vec::new();
        for (at, file) in self.files.iter().enumerate() {
            let content = file.receipt.sha256.as_deref().filter(|_| file.receipt.size > 0);
            let earlier = content.map(|sha| *seen.entry(sha).or_insert(at));
            repeats.push(earlier.filter(|earlier| *earlier != at));
        }
        for (at, conn) in told::told_by_conn_log(&self.files) {
            repeats[at] = repeats[at].or(Some(conn));
        }
        repeats
    }

    /// The file and place of a sight.
    pub fn file_of(&self, sight: Sight) -> &File {
        &self.files[sight.file as usize]
    }
}

impl File {
    /// Whether it is an archive, whose records are its members'.
    pub fn holds_members(&self) -> bool {
        self.receipt.is_archive()
    }

    fn identity(&self) -> (&str, &str, u64) {
        (&self.receipt.name, self.receipt.sha256.as_deref().unwrap_or(""), self.receipt.size)
    }

    /// Whether this one was not read to its end, and the other is the same file read on.
    fn is_unread_form_of(&self, other: &File) -> bool {
        self.receipt.sha256.is_none()
            && self.receipt.name == other.receipt.name
            && self.receipt.size == other.receipt.size
    }
}
