//! What the analyst settles before anything is found: sites, policy, clocks, encodings, columns, baseline; and taking that back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::Analyst;
use crate::case::choices::Choices;
use crate::evidence::encoding::Charset;
use crate::evidence::table::Complaint;
use crate::evidence::text::visible;
use crate::evidence::zone::{Rules, Zone};
use crate::formats::{Mapping, Sample, mapped_csv};
use crate::policy::csv::read_policy;
use crate::reading::rollup::SitesNamed;
use crate::reading::{Order, Reading};
use crate::scoping::skew::Skew;
use crate::sites::Site;
use crate::sites::import::read_sites;
use crate::sorting::LeanCollect as _;
use crate::web::messages::{self, ClockChoice, ComplaintMessage, window};
use crate::web::{out, refuse, take};

#[wasm_bindgen]
impl Analyst {
    /// Names of zones whose rules a case file that was taken needs.
    pub fn zones_wanted(&self) -> Vec<String> {
        self.zones_wanted.iter().map(|(_, zone)| zone.clone()).lean_collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Takes the rules of such a zone, for the files that it was chosen for.
    pub fn know_zone(&mut self, rules: JsValue) -> Result<(), JsError> {
        let rules: Rules = take(rules)?;
        let name = rules.name.clone();
        let zone = Zone::new(rules).ok_or_else(|| refuse("these are no rules of a time zone"))?;
        let wanted = std::mem::take(&mut self.zones_wanted);
        let (these, others) = wanted.into_iter().partition(|(_, wanted): &(String, String)| *wanted == name);
        self.zones_wanted = others;
        self.analysis = None;
        let these: Vec<(String, String)> = these;
        for (file, _) in these {
            let clock = &mut self.case.orders.entry(file).or_default().setting.clock;
            if clock.chosen_offset.is_none() && clock.chosen_zone.is_none() {
                clock.chosen_zone = Some(zone);
            }
        }
        Ok(())
    }

    /// What was left out of the site book.
    pub fn sites_complaints(&self) -> Result<JsValue, JsError> {
        out(&self.site_complaints.iter().map(ComplaintMessage::from).collect::<Vec<_>>())
    }

    /// What was left out of the policy, and its rows that can never speak.
    pub fn policy_complaints(&mut self) -> Result<JsValue, JsError> {
        let strangers = self.with(|case, analysis| case.policy.strangers(&analysis.book))?;
        out(&self.policy_complaints.iter().chain(&strangers).map(ComplaintMessage::from).collect::<Vec<_>>())
    }

    /// Settles zone and year of a file whose times do not say theirs; nothing unsettles them.
    pub fn set_clock(&mut self, index: u32, choice: JsValue) -> Result<(), JsError> {
        let name = self.name(index)?;
        let choice: ClockChoice = take(choice)?;
        let clock = choice.clock().ok_or_else(|| JsError::new("these are no rules of a time zone"))?;
        self.analysis = None;
        self.case.orders.entry(name).or_default().setting.clock = clock;
        Ok(())
    }

    /// How far the clock of a file seems to run ahead of those of the others, by the connections that both saw.
    pub fn skews(&self, index: u32) -> Result<JsValue, JsError> {
        let name = |at: usize| visible(&self.case.files()[at].receipt.name).into_owned();
        let told = |(beside, skew): (usize, Skew)| messages::SkewMessage {
            beside: name(beside),
            ahead: skew.ahead as f64 / 1e6,
            matched: skew.matched,
            of: skew.of,
        };
        out(&self.case.skews(index as usize).into_iter().map(told).collect::<Vec<_>>())
    }

    /// Settles the encoding of a file's text; nothing lets its bytes tell.
    pub fn set_encoding(&mut self, index: u32, encoding: Option<String>) -> Result<(), JsError> {
        let name = self.name(index)?;
        let unknown = |name: &str| refuse(format!("no encoding is called {name:?}"));
        let encoding = encoding.map(|name| Charset::of(&name).ok_or_else(|| unknown(&name))).transpose()?;
        self.analysis = None;
        self.case.orders.entry(name).or_default().encoding = encoding;
        Ok(())
    }

    /// The first rows of a table through a mapping that is not settled yet.
    pub fn preview_mapping(&self, index: u32, columns: JsValue) -> Result<JsValue, JsError> {
        let file = self.case.files().get(index as usize).ok_or_else(|| refuse("that file is no longer in the case"))?;
        out(&messages::mapping(&file.receipt, Some(&Mapping { columns: take(columns)? })))
    }

    /// The mapping that a file was read by, as a file for the next export.
    pub fn mapping_file(&self, index: u32) -> Result<String, JsError> {
        let saved = self.case.mapping_file(index as usize);
        saved.map(|saved| saved.to_json()).ok_or_else(|| refuse("that file is not read through a column mapping"))
    }

    /// Settles which column of a table means what.
    pub fn set_mapping(&mut self, index: u32, columns: JsValue) -> Result<(), JsError> {
        let name = self.name(index)?;
        let sample = self.case.files().get(index as usize).map(|file| file.receipt.sample.as_slice());
        let reader = mapped_csv::reader_of(&Sample { bytes: sample.unwrap_or_default(), whole: false });
        let order = self.case.orders.entry(name).or_default();
        order.setting.mapping = Some(Mapping { columns: take(columns)? });
        order.format = Some(reader.to_owned());
        self.analysis = None;
        Ok(())
    }

    /// Renames a site in place.
    pub fn rename_site(&mut self, index: u32, name: &str) -> Result<(), JsError> {
        self.analysis();
        let Some(analysis) = self.analysis.take() else { return Ok(()) };
        self.case.rename_site(&analysis, index, name.trim()).map_err(refuse)
    }

    /// Changes what is known of a site: those of country, timezone, lat, lon, role and contact that are given.
    pub fn edit_site(&mut self, index: u32, fields: JsValue) -> Result<(), JsError> {
        let edit: SiteEdit = take(fields)?;
        self.analysis();
        if let Some(analysis) = self.analysis.take() {
            self.case.edit_site(&analysis, index, |site| edit.apply(site));
        }
        Ok(())
    }

    /// Takes a whole site book.
    pub fn set_sites_csv(&mut self, text: &str) -> Result<(), JsError> {
        self.take_sites(text.as_bytes())
    }

    /// Takes a whole policy.
    pub fn set_policy_csv(&mut self, text: &str) {
        self.take_policy(text.as_bytes());
    }

    /// The site book, guessed or named, as sites.csv.
    pub fn sites_csv(&mut self) -> String {
        self.analysis().book.to_csv()
    }

    /// The policy as policy.csv.
    pub fn policy_csv(&self) -> String {
        self.case.policy.to_csv()
    }

    /// All that was chosen so far, and what was said about the books: what `restore` takes.
    pub fn choices(&self) -> Result<Vec<u8>, JsError> {
        let told = |complaints: &[Complaint]| complaints.iter().map(|c| (c.line, c.sentence.clone())).collect();
        let chosen = Chosen {
            choices: self.case.choices(),
            site_complaints: told(&self.site_complaints),
            policy_complaints: told(&self.policy_complaints),
        };
        postcard::to_allocvec(&chosen).map_err(|e| refuse(format!("the choices can't be written: {e}")))
    }

    /// Chooses all of it as it was; `how` is `undo` or `redo`, `at` the page's clock in epoch seconds.
    pub fn restore(&mut self, choices: &[u8], at: f64, how: &str, what: &str) -> Result<(), JsError> {
        let chosen: Chosen = postcard::from_bytes(choices).map_err(|e| refuse(format!("these are no choices: {e}")))?;
        let complaints =
            |told: Vec<(u64, String)>| told.into_iter().map(|(line, sentence)| Complaint { line, sentence }).collect();
        self.analysis = None;
        self.case.choose(chosen.choices, at, how, what);
        self.site_complaints = complaints(chosen.site_complaints);
        self.policy_complaints = complaints(chosen.policy_complaints);
        Ok(())
    }

    /// Declares a time as normal, or takes that back.
    pub fn set_baseline(&mut self, from_ms: Option<f64>, to_ms: Option<f64>) {
        self.analysis = None;
        self.case.baseline = window(from_ms, to_ms);
    }
}

impl Analyst {
    pub(super) fn take_sites(&mut self, bytes: &[u8]) -> Result<(), JsError> {
        let (book, complaints) = read_sites(bytes);
        if book.sites.is_empty() {
            let why = complaints.first().map_or("it has no rows", |complaint| complaint.sentence.as_str());
            return Err(refuse(format!("the site book names no site: {why}")));
        }
        self.analysis = None;
        self.case.book = book;
        self.site_complaints = complaints;
        Ok(())
    }

    /// Sites that a rollup names and the book lacks stand in it from now on, without ranges.
    pub(super) fn take_sites_of_rollup(&mut self, name: &str, bytes: &[u8]) {
        let mut reading = Reading::new(name, Order::default(), SitesNamed::default());
        for slice in bytes.chunks(1 << 17) {
            reading.feed(slice);
            if reading.progress().format.is_some_and(|format| format != "kyoten_rollup") {
                return;
            }
        }
        for name in reading.finish().1.0 {
            if self.case.book.sites.iter().all(|site| site.name != name) {
                self.analysis = None;
                self.case.book.sites.push(Site { name, ..Site::default() });
            }
        }
    }

    pub(super) fn take_policy(&mut self, bytes: &[u8]) {
        let (policy, complaints) = read_policy(bytes);
        self.analysis = None;
        self.case.policy = policy;
        self.policy_complaints = complaints;
    }
}

/// What was chosen, as it waits on the page to be undone.
#[derive(Serialize, Deserialize)]
struct Chosen {
    choices: Choices,
    site_complaints: Vec<(u64, String)>,
    policy_complaints: Vec<(u64, String)>,
}

/// What the page changed of a site.
#[derive(Deserialize)]
struct SiteEdit {
    country: Option<String>,
    timezone: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    role: Option<String>,
    contact: Option<String>,
}

impl SiteEdit {
    fn apply(self, site: &mut Site) {
        let text = |new: Option<String>, old: &mut Option<String>| {
            if let Some(new) = new {
                *old = Some(new.trim().to_owned()).filter(|text| !text.is_empty());
            }
        };
        text(self.country, &mut site.country);
        text(self.timezone, &mut site.timezone);
        text(self.role, &mut site.role);
        text(self.contact, &mut site.contact);
        if let Some(position) = self.lat.zip(self.lon) {
            site.position = Some(position);
        }
    }
}
