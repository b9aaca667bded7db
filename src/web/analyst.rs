//! What runs in the analyst worker: the case, and every question about it.

mod listing;
mod picture;
mod rows;
mod settling;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::messages::case_view;
use super::{out, refuse};
use crate::case::acts::{Decision, Verdict};
use crate::case::changes;
use crate::case::document::read::{looks_like_case, read};
use crate::case::document::{self, Document, case_json};
use crate::case::{Analysis, Case, CountryTable, ReadingResult};
use crate::evidence::table::Complaint;
use crate::finding::Finding;
use crate::formats::MappingFile;
use crate::policy::csv::looks_like_policy;
use crate::report;
use crate::report::html::{self, Language};
use crate::report::recipe::Recipe;
use crate::sample;
use crate::scene::figure::Tlp;
use crate::scene::timeline::Sums;
use crate::sites::Countries;
use crate::sites::import::looks_like_sites;

/// The case, as the page's panels ask for it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Analyst {
    pub(super) case: Case,
    /// What follows from the case; `None` when something changed since.
    pub(super) analysis: Option<Analysis>,
    /// What the timeline needs of it, once asked for.
    sums: Option<Sums>,
    /// A figure that was dropped, until the page asks how it was made.
    recipe: Option<Recipe>,
    site_complaints: Vec<Complaint>,
    policy_complaints: Vec<Complaint>,
    /// Zones that a case file names for its files, and whose rules the page has to bring.
    zones_wanted: Vec<(String, String)>,
}

#[wasm_bindgen]
impl Analyst {
    /// An empty case.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Analyst {
        Analyst::default()
    }

    /// Takes a dropped file if it is a sites.csv (`sites`) or policy.csv (`policy`), column mapping (`mapping`), table of
    /// countries (`countries`), case file (`case`) or figure (`figure`); else it is `other`.
    pub fn take_text(&mut self, name: &str, bytes: &[u8]) -> Result<String, JsError> {
        let kind = if let Some(recipe) = Recipe::read(bytes).map_err(refuse)? {
            self.take_recipe(recipe);
            "figure"
        } else if looks_like_sites(bytes) {
            self.take_sites(bytes)?;
            "sites"
        } else if looks_like_policy(bytes) {
            self.take_policy(bytes);
            "policy"
        } else if Countries::looks_like(bytes) {
            let table = CountryTable::read(name, bytes).map_err(refuse)?;
            self.analysis = None;
            self.case.countries = Some(table);
            "countries"
        } else if MappingFile::looks_like(bytes) {
            let saved = MappingFile::read(bytes).map_err(refuse)?;
            self.analysis = None;
            self.case.take_mapping(saved);
            "mapping"
        } else if looks_like_case(bytes) {
            let document = read(bytes).map_err(refuse)?;
            self.analysis = None;
            self.case.take_up(&document, &|_| None).map_err(refuse)?;
            let zone = |file: &document::Evidence| Some((file.name.clone(), file.clock.assumed_zone.clone()?));
            self.zones_wanted = document.evidence.iter().filter_map(zone).collect();
            "case"
        } else {
            self.take_sites_of_rollup(name, bytes);
            "other"
        };
        Ok(kind.to_owned())
    }

    /// What a reader needs for a file of this name.
    pub fn reading_order(&self, name: &str) -> Vec<u8> {
        self.case.reading_order(name).to_bytes()
    }

    /// Takes the result of a reading; gives the file's index.
    pub fn add(&mut self, result: &[u8]) -> Result<u32, JsError> {
        let result = ReadingResult::from_bytes(result).map_err(refuse)?;
        self.analysis = None;
        Ok(self.case.add(result) as u32)
    }

    /// Takes all parts of a file of this size, each as its pieces; gives its index, or nothing where the parts do not join: then the file has to
    /// be read from its start to its end. Its hash comes later.
    pub fn add_parts(&mut self, parts: Vec<Array>, size: f64) -> Result<Option<u32>, JsError> {
        let piece = |part: usize, at: usize| {
            parts[part].get(at as u32).dyn_into::<Uint8Array>().ok().map(|piece| piece.to_vec())
        };
        let Some(result) = ReadingResult::join(parts.len(), piece, size as u64).map_err(refuse)? else {
            return Ok(None);
        };
        self.analysis = None;
        Ok(Some(self.case.add(result) as u32))
    }

    /// Notes the hash of a file that was taken in parts.
    pub fn set_hash(&mut self, name: &str, sha256: &str) {
        // A file that is alone neither repeats another nor changes its place by it.
        if self.case.files().len() > 1 {
            self.analysis = None;
        }
        self.case.set_hash(name, sha256);
    }

    /// Takes a dropped file out of the case, with its members where it is an archive.
    pub fn remove_dropped(&mut self, name: &str) {
        self.analysis = None;
        self.case.remove(name);
    }

    /// Names of files to be read again, since what they were read with changed.
    pub fn must_read_again(&self) -> Vec<String> {
        self.case.must_read_again()
    }

    /// All that the panels show.
    pub fn case_view(&mut self) -> Result<JsValue, JsError> {
        self.analysis();
        let Analyst { case, analysis: Some(analysis), .. } = self else { return Err(refuse("no analysis")) };
        out(&case_view(case, analysis))
    }

    /// The case as `case.json`: the same bytes as the command line's.
    pub fn case_json(&mut self) -> Result<String, JsError> {
        self.with(case_json)
    }

    /// The report in this language (`en`, `ja`), under this label: the same bytes as the command line's of the same case.
    pub fn report(&mut self, language: &str, tlp: &str) -> Result<String, JsError> {
        let language = Language::read(language).ok_or_else(|| refuse(format!("no report in {language:?}")))?;
        let tlp = label(tlp)?;
        self.with(|case, analysis| html::html(&Document::of(case, analysis), html::Options { language, tlp }))
    }

    /// The case in another form, under this label.
    pub fn export_as(&mut self, name: &str, tlp: &str) -> Result<String, JsError> {
        let export = report::export(name).ok_or_else(|| refuse(format!("a case is not exported as {name:?}")))?;
        let tlp = label(tlp)?;
        self.with(|case, analysis| (export.write)(&Document::of(case, analysis), tlp))
    }

    /// The ending of such a file.
    pub fn export_ending(&self, name: &str) -> Option<String> {
        report::export(name).map(|export| export.ending.to_owned())
    }

    /// Decides on a finding; `at` is the page's clock, in epoch seconds.
    pub fn decide(&mut self, finding: &str, verdict: &str, who: &str, why: &str, at: f64) -> Result<(), JsError> {
        let verdict = Verdict::read(verdict).ok_or_else(|| refuse("a finding is benign, confirmed or open"))?;
        let (finding, who, why) = (finding.to_owned(), who.to_owned(), why.to_owned());
        let mut document = self.with(Document::of)?;
        changes::decide(&mut document, Decision { finding, verdict, who, at, why }).map_err(refuse)?;
        (self.case.decisions, self.case.log) = (document.decisions, document.log);
        Ok(())
    }

    /// The files of the synthetic sample case.
    pub fn sample_names(&self) -> Vec<String> {
        sample::names().map(str::to_owned).collect()
    }

    /// One of them.
    pub fn sample_file(&self, name: &str) -> Result<Vec<u8>, JsError> {
        sample::file(name).map(|file| file.bytes).ok_or_else(|| refuse(format!("the sample has no file {name}")))
    }
}

impl Analyst {
    fn analysis(&mut self) -> &Analysis {
        if self.analysis.is_none() {
            self.sums = None;
        }
        self.analysis.get_or_insert_with(|| self.case.analyse())
    }

    pub(super) fn with<T>(&mut self, make: impl FnOnce(&Case, &Analysis) -> T) -> Result<T, JsError> {
        self.analysis();
        let Analyst { case, analysis: Some(analysis), .. } = self else { return Err(refuse("no analysis")) };
        Ok(make(case, analysis))
    }

    fn name(&self, index: u32) -> Result<String, JsError> {
        let file = self.case.files().get(index as usize);
        file.map(|file| file.receipt.name.clone()).ok_or_else(|| refuse("that file is no longer in the case"))
    }

    fn finding(&mut self, id: &str) -> Result<&Finding, JsError> {
        let finding = self.analysis().findings.findings.iter().find(|finding| finding.id == id);
        finding.ok_or_else(|| refuse("that finding no longer stands: the evidence or the policy changed"))
    }
}

fn label(tlp: &str) -> Result<Tlp, JsError> {
    Tlp::read(tlp).ok_or_else(|| refuse(format!("TLP 2.0 has no label {tlp:?}")))
}
