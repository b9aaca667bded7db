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
mod parts;
pub mod questions;
pub mod reopened;
mod resuming;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use parts::PartPieces;

use crate::detectors::{self, Findings, Observed};
use crate::evidence::encoding::Known;
use crate::evidence::text::{elided, looks_like, visible};
use crate::flow::Moment;
use crate::formats::{MappingFile, Sample};
use crate::ledger::survey::Survey;
use crate::ledger::{Ledger, Sight};
use crate::phrase::{Phrase, Saying, alike, phrase};
use crate::policy::Policy;
use crate::reading::receipt::Receipt;
use crate::reading::rows::{Lookup, Wanted};
use crate::reading::{Order, Reading, count::Counting};
use crate::scoping::skew::{Skew, between};
use crate::sites::guess::guess;
use crate::sites::{Countries, Parties, Places, SharedCountries, SiteBook};
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

/// What a reader needs for a file, as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadingOrder {
    /// Format, clock, mapping.
    pub order: Order,
    /// The sites.
    pub book: SiteBook,
    /// Countries of what is outside.
    pub countries: Option<SharedCountries>,
    /// What was settled for members of the file, where it is an archive; the others are read by its own order.
    members: BTreeMap<String, Order>,
}

impl ReadingOrder {
    /// The order as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("an order holds nothing that postcard cannot write")
    }

    /// Reads what [`ReadingOrder::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<ReadingOrder, String> {
        postcard::from_bytes(bytes).map_err(|e| format!("not an order to read: {e}"))
    }

    /// The book as evidence of this name sees it.
    pub fn places(&self, name: &str) -> Places {
        let countries = self.countries.as_ref().map(|shared| shared.0.clone());
        self.book.for_evidence(name).with_countries(countries)
    }

    /// What a member of this name, or the file itself, is read with.
    pub fn order_of(&self, name: &str) -> &Order {
        self.members.get(name).unwrap_or(&self.order)
    }

    /// A pass that counts the file of this name, or the members of it where it is an archive.
    pub fn reading(&self, name: &str) -> Reading<Counting> {
        let whole = self.clone();
        let open = Arc::new(move |name: &str| (whole.order_of(name).clone(), whole.counting(name)));
        Reading::opening(name, self.order.clone(), self.counting(name), open)
    }

    /// A second pass over the file of this name for rows. `wanted` says what of each evidence: of the file, or of its members.
    pub fn looking(
        &self,
        name: &str,
        parties: &Parties,
        most: usize,
        wanted: impl Fn(&str) -> Wanted + Send + Sync + 'static,
    ) -> Reading<Lookup> {
        let (whole, parties) = (self.clone(), parties.clone());
        let lookup = move |name: &str| {
            let lookup = Lookup::new(wanted(name), whole.places(name), parties.clone(), most, 0);
            (whole.order_of(name).clone(), lookup)
        };
        let (itself, visitor) = lookup(name);
        Reading::opening(name, itself, visitor, Arc::new(lookup))
    }

    /// A ledger to be filled from a file of this name.
    pub fn counting(&self, name: &str) -> Counting {
        Counting::new(self.places(name), name)
    }

    fn stamp(&self, name: &str) -> u64 {
        stamp(self.order_of(name), &self.book, self.countries.as_ref())
    }

    /// The result of a reading by this order, of the file or of a member.
    pub fn result(&self, receipt: Receipt, counting: Counting) -> ReadingResult {
        let stamp = self.stamp(&receipt.name);
        ReadingResult { receipt, ledger: counting.into_ledger(), stamp }
    }
}

/// Tells what a file was read with: names and places of sites do not change what is counted; ranges, patterns and the
/// settings do.
fn stamp(order: &Order, book: &SiteBook, countries: Option<&SharedCountries>) -> u64 {
    let counted: Vec<_> = book.sites.iter().map(|site| (&site.ranges, &site.host_patterns)).collect();
    // Mappings that might fit are no part of what was settled: another one would have every file read again.
    let order = Order { mappings: Vec::new(), ..order.clone() };
    let bytes = postcard::to_allocvec(&(order, counted, countries.map(|shared| shared.0.stamp())))
        .expect("an order holds nothing that postcard cannot write");
    bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// What came of reading a file, as it travels from reader to analyst.
pub struct ReadingResult {
    receipt: Receipt,
    ledger: Ledger,
    stamp: u64,
}

impl ReadingResult {
    /// The result as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = postcard::to_allocvec(&(&self.receipt, self.stamp));
        self.ledger.write_behind(head.expect("a receipt holds nothing that postcard cannot write"))
    }

    /// Reads what [`ReadingResult::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<ReadingResult, String> {
        let ((receipt, stamp), ledger) =
            postcard::take_from_bytes(bytes).map_err(|e| format!("not the result of a reading: {e}"))?;
        Ok(ReadingResult { receipt, stamp, ledger: Ledger::from_bytes(ledger)? })
    }
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

    fn notices(&self, ledger: &Ledger, survey: &Survey, repeats: &[Option<usize>]) -> Vec<Phrase> {
        let mut notices = Vec::new();
        let repeated = self.files.iter().zip(repeats).filter(|(_, repeat)| repeat.is_some());
        let repeated: BTreeSet<&str> = repeated.map(|(file, _)| file.receipt.name.as_str()).lean_collect();
        for (file, repeat) in self.files.iter().zip(repeats) {
            let name = alike(file.receipt.name.as_str());
            if let Some(off) = file.receipt.imbalance() {
                notices.push(phrase!(
                    "{name}: the account does not balance, a fault of Kyoten's: {off}",
                    "{name}：内訳の合計が合いません。Kyotenの不具合です：{off}",
                    name,
                    off = alike(off)
                ));
            }
            if let Some(reason) = &file.receipt.abandoned {
                notices.push(phrase!(
                    "{name}: PARTIAL, not read to its end: {reason}",
                    "{name}：PARTIAL。最後まで読み取られていません：{reason}",
                    name,
                    reason = alike(reason.as_str())
                ));
            }
            // A repeated archive is told of once, and of what is no log nobody counts anything.
            let told = file.receipt.within.as_ref().is_none_or(|within| !repeated.contains(within.as_str()));
            if let Some(earlier) = repeat.filter(|_| told && (file.receipt.format.is_some() || file.holds_members())) {
                let earlier = &self.files[earlier].receipt;
                let same = earlier.sha256.is_some() && earlier.sha256 == file.receipt.sha256;
                let earlier = alike(earlier.name.as_str());
                notices.push(match same {
                    true => phrase!(
                        "{name}: the same content as {earlier}; left out of the sums",
                        "{name}：{earlier}と同じ内容のため、合計に含めていません。",
                        name,
                        earlier
                    ),
                    false => phrase!(
                        "{name}: its connections stand, with their bytes, in {earlier}; left out of the sums",
                        "{name}：記録された接続はバイト数とともに{earlier}にもあるため、合計に含めていません。",
                        name,
                        earlier
                    ),
                });
            }
            if file.receipt.format.as_deref() == Some("kyoten_rollup") {
                notices.push(phrase!(
                    "{name}: a rollup; it names no hosts, accounts or sensors, so that hosts count as one a site, and what \
                     rests on hosts (fan-out, the first call of a host) or on minutes can't be told from it",
                    "{name}：集計ファイルです。ホスト・アカウント・センサーの名前がないため、ホストは拠点ごとに一つと数えます。ホストや分単位の時刻に基づく判定（探索、ホストの初回接続）はできません。",
                    name
                ));
            }
            if file.receipt.undated > 0 {
                let count = file.receipt.undated;
                notices.push(phrase!(
                    "{name}: {count} flows have no usable time; they are counted, but stand in no hour",
                    "{name}：使える時刻のない通信が{count}件あります。集計には含めますが、時間別の記録には現れません。",
                    name,
                    count
                ));
            }
            if file.receipt.encoding.is_some_and(|taken| taken.known == Known::Unclear) {
                notices.push(phrase!(
                    "{name}: its text is not UTF-8, and what else it is can't be told: names are shown by their bytes (\\xNN) until its encoding is chosen",
                    "{name}：UTF-8ではなく、文字コードを判断できません。選択されるまで、名前はバイト（\\xNN）で表示します。",
                    name
                ));
            }
            if file.receipt.bases.contains_key(&crate::flow::Basis::Unknown) {
                notices.push(phrase!(
                    "{name}: the zone of its times is not known; they are shown as if UTC",
                    "{name}：時刻の時間帯が不明なため、UTCとみなして表示しています。",
                    name
                ));
            }
        }
        notices.extend(self.strange());
        notices.extend(ledger.cap_reached());
        notices.extend(lookalikes(survey, &self.book));
        notices
    }

    /// The file and place of a sight.
    pub fn file_of(&self, sight: Sight) -> &File {
        &self.files[sight.file as usize]
    }
}

/// How many names that look like others are told one by one.
const MOST_LOOKALIKES: usize = 10;

/// Accounts, hosts, sensors and sites in letters of another script that look like Latin ones, or with characters that are
/// not seen. Each counts as its own; the notice is that nobody takes one for the other.
fn lookalikes(survey: &Survey, book: &SiteBook) -> Vec<Phrase> {
    let services = survey.links.values().flat_map(|link| link.services.values());
    let mut names: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    let mut note = |Saying(kind, japanese), name| {
        if looks_like(name).is_some() {
            names.insert((kind, name, japanese));
        }
    };
    services.flat_map(|record| record.accounts.keys()).for_each(|name| note(Saying("account", "アカウント"), name));
    survey.names.values().for_each(|name| note(Saying("host", "ホスト"), name));
    survey.coverage.keys().for_each(|name| note(Saying("sensor", "センサー"), name));
    book.sites.iter().for_each(|site| note(Saying("site", "拠点"), &site.name));
    let shown = names.iter().take(MOST_LOOKALIKES).filter_map(|(kind, name, japanese)| {
        let (plain, name) = (elided(&looks_like(name)?, 80).into_owned(), visible(name));
        Some(phrase!(
            "the {kind} \"{name}\" looks like \"{plain}\" but is spelt with other characters",
            "{kind}「{name}」は「{plain}」に見えますが、別の文字で書かれています。",
            kind = Phrase::told((*kind).to_owned(), (*japanese).to_owned()),
            name = alike(elided(&name, 80)),
            plain = alike(plain)
        ))
    });
    let mut notices: Vec<Phrase> = shown.collect();
    let more = names.len().saturating_sub(MOST_LOOKALIKES);
    if more > 0 {
        notices.push(phrase!(
            "{more} more names look like others but are spelt with other characters",
            "ほかにも、別の名前に見えながら別の文字で書かれた名前が{more}件あります。",
            more
        ));
    }
    notices
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
