//! What runs in the analyst worker: the case, and every question about it.

mod listing;

use std::collections::{BTreeMap, BTreeSet};

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::messages::{
    self, ClockChoice, ComplaintMessage, FigureOptions, RecipeMessage, RowQuery, Shown, StepMessage, View, case_view,
    hours, number_of, party_of, window,
};
use super::reader::RowsOrder;
use super::{out, refuse, take};
use crate::case::acts::{Decision, Verdict};
use crate::case::changes;
use crate::case::choices::Choices;
use crate::case::depiction::{ChosenStep, Pin};
use crate::case::document::read::{looks_like_case, read};
use crate::case::document::{self, Document, case_json};
use crate::case::{Analysis, Case, CountryTable, ReadingResult};
use crate::evidence::encoding::Charset;
use crate::evidence::table::Complaint;
use crate::evidence::text::visible;
use crate::evidence::zone::{Rules, Zone};
use crate::finding::Finding;
use crate::flow::{Host, Service};
use crate::formats::{Mapping, MappingFile, Sample, mapped_csv};
use crate::ledger::survey::LinkKey;
use crate::policy::csv::{looks_like_policy, read_policy};
use crate::reading::rollup::SitesNamed;
use crate::reading::rows::Wanted;
use crate::reading::{Order, Reading};
use crate::report;
use crate::report::html::{self, Language};
use crate::report::recipe::Recipe;
use crate::sample;
use crate::scene::figure::{Sheet, Tlp};
use crate::scene::graph::{View as GraphView, graph};
use crate::scene::hosts::{Level, hosts as hosts_of};
use crate::scene::matrix::{Window, matrix};
use crate::scene::network::{Card, Lens, Material, abroad, cards, network};
use crate::scene::timeline::{self, Sums, timeline};
use crate::scene::words::Words;
use crate::scene::{Point, Subject};
use crate::scoping::indicators;
use crate::scoping::skew::Skew;
use crate::sites::import::{looks_like_sites, read_sites};
use crate::sites::{Countries, Site};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// How many rows of a link are shown unless more are asked for.
const MOST_ROWS: u32 = 200;
/// How many records are shown on either side of one that was looked up by its place.
const AROUND: u32 = 3;

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

    /// Takes all parts of a file of this size; gives its index, or nothing where the parts do not join: then the file has to
    /// be read from its start to its end. Its hash comes later.
    pub fn add_parts(&mut self, parts: Vec<Uint8Array>, size: f64) -> Result<Option<u32>, JsError> {
        let bytes = |number: usize| parts[number].to_vec();
        let Some(result) = ReadingResult::join(parts.len(), bytes, size as u64).map_err(refuse)? else {
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

    /// All that the panels show.
    pub fn case_view(&mut self) -> Result<JsValue, JsError> {
        self.analysis();
        let Analyst { case, analysis: Some(analysis), .. } = self else { return Err(refuse("no analysis")) };
        out(&case_view(case, analysis))
    }

    /// The picture, for a stage.
    pub fn scene(&mut self, view: JsValue) -> Result<Vec<u8>, JsError> {
        let view: View = take(view)?;
        let words = words_of(view.language.as_deref());
        let lens = Lens { hours: hours(view.from_ms, view.to_ms), focus: view.focus.map(|focus| focus.of_lens()) };
        let subject = |message: &Option<messages::SubjectMessage>| message.as_ref().map(|m| m.subject());
        let (chosen, pointed) = (subject(&view.selected), subject(&view.hovered));
        self.drawn(words, |case, analysis, material| {
            if let Some(level) = chosen.as_ref().filter(|_| view.hosts == Some(true)).and_then(|s| level(s, analysis)) {
                return Shown::Picture(hosts_of(material, level, view.width, view.height, words)).to_bytes();
            }
            let network = network(material, lens);
            let Some(layout) = view.layout.placement().layout(&network) else {
                let pan = view.pan.unwrap_or_default();
                let window = Window { zoom: view.zoom.unwrap_or(1.0), pan: Point::new(pan.0, pan.1) };
                let framed = (pointed.as_ref().or(chosen.as_ref()), Some(window));
                return Shown::Picture(matrix(&network, view.width, view.height, framed, words).scene).to_bytes();
            };
            let pins = report::figure::pins(&case.depiction.pins, &analysis.book);
            let view = GraphView { chosen, pointed, pins, ..GraphView::of(view.width, view.height, layout, words) };
            Shown::Picture(graph(&network, &view).scene).to_bytes()
        })
    }

    /// The timeline, for a stage.
    pub fn timeline(&mut self, view: JsValue) -> Result<Vec<u8>, JsError> {
        let view: View = take(view)?;
        let words = words_of(view.language.as_deref());
        self.analysis();
        if let (None, Some(analysis)) = (&self.sums, &self.analysis) {
            self.sums = Some(Sums::of(&analysis.survey));
        }
        let sums = self.sums.take().unwrap_or_default();
        let brush = hours(view.from_ms, view.to_ms);
        let drawn =
            self.drawn(words, |_, _, material| timeline(material, &sums, brush, view.width, view.height, words));
        self.sums = Some(sums);
        Ok(Shown::Timeline(drawn?).to_bytes())
    }

    /// How high the timeline is with all its lanes, in CSS pixels, where its bars are so high.
    pub fn timeline_height(&mut self, bars: f32) -> Result<f32, JsError> {
        self.drawn(words_of(None), |_, _, material| timeline::height(material, bars))
    }

    /// Puts a site somewhere, in parts of the picture's width and height; nowhere takes that back.
    pub fn pin_site(&mut self, site: u32, x: Option<f32>, y: Option<f32>) -> Result<(), JsError> {
        let name = self.analysis().book.sites.get(site as usize).map(|site| site.name.clone());
        let site = name.ok_or_else(|| refuse("there is no such site"))?;
        self.case.depiction.pins.retain(|pin| pin.site != site);
        if let Some((x, y)) = x.zip(y) {
            self.case.depiction.pins.push(Pin { site, x: x.clamp(0.0, 1.0), y: y.clamp(0.0, 1.0) });
        }
        self.case.depiction.pins.lean_sort_by(|a, b| a.site.cmp(&b.site));
        Ok(())
    }

    /// Takes all sites back to where the layout puts them.
    pub fn unpin_sites(&mut self) {
        self.case.depiction.pins.clear();
    }

    /// Whether any site was put somewhere.
    pub fn has_pins(&self) -> bool {
        !self.case.depiction.pins.is_empty()
    }

    /// The numbered steps, in order.
    pub fn figure_steps(&mut self) -> Result<JsValue, JsError> {
        let steps = self.with(|case, analysis| {
            let order = report::figure::order(&case.depiction, &analysis.book);
            let own = crate::scene::network::numbered(&analysis.findings.findings, &order);
            let words = words_of(None);
            let step = |finding: &&Finding| {
                let name = |party| analysis.book.name_of(party).to_owned();
                let (from, to) = (name(finding.link.from), name(finding.link.to));
                let chosen = case.depiction.steps.iter().find(|step| step.from == from && step.to == to);
                StepMessage { says: chosen.and_then(|step| step.says.clone()), from, to, rule: (words.gist)(finding) }
            };
            own.iter().map(step).collect::<Vec<_>>()
        })?;
        out(&steps)
    }

    /// Puts the steps in this order, with these words.
    pub fn set_figure_steps(&mut self, steps: JsValue) -> Result<(), JsError> {
        let steps: Vec<StepMessage> = take(steps)?;
        let step = |step: StepMessage| {
            let says = step.says.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            ChosenStep { from: step.from, to: step.to, says }
        };
        self.case.depiction.steps = steps.into_iter().map(step).collect();
        Ok(())
    }

    /// The figure that was dropped last: what it was made with. Told once.
    pub fn dropped_figure(&mut self) -> Result<JsValue, JsError> {
        let Some(recipe) = self.recipe.take() else { return Ok(JsValue::UNDEFINED) };
        let message = self.with(|case, analysis| {
            let here = |sha: &str| case.files().iter().any(|file| file.receipt.sha256.as_deref() == Some(sha));
            let lacking = recipe.evidence.iter().filter(|(_, sha)| !here(sha)).map(|(name, _)| name.clone());
            let of_name = |name: &str| {
                let sites = analysis.book.sites.iter().zip(0_u32..);
                sites.clone().find(|(site, _)| site.name == name).map(|(_, n)| number_of(crate::sites::Party::Site(n)))
            };
            RecipeMessage {
                lacking: lacking.collect(),
                same_case: recipe.case_id == crate::case::document::case_id(case),
                focus: recipe.focus.as_ref().and_then(|(name, hops)| Some((of_name(name)?, *hops))),
                window: recipe.window.map(|(from, to)| (from * 1e3, to * 1e3)),
                size: recipe.size,
                layout: recipe.layout,
                tlp: recipe.tlp,
                number: recipe.number,
                title: recipe.title,
                language: recipe.language,
                pseudonyms: recipe.pseudonyms,
            }
        })?;
        out(&message)
    }

    /// A PNG of the figure with what lets it be opened again.
    pub fn figure_png(&mut self, png: &[u8], options: JsValue) -> Result<Vec<u8>, JsError> {
        let options = self.figure_options(options)?;
        if options.bare {
            return Ok(png.to_vec());
        }
        let recipe = self.with(|case, analysis| report::figure::recipe(case, analysis, &options))?;
        recipe.into_png(png).ok_or_else(|| refuse("the browser's picture is no PNG"))
    }

    /// The figure's scene, for a stage of its own.
    pub fn figure(&mut self, options: JsValue) -> Result<Vec<u8>, JsError> {
        let options = self.figure_options(options)?;
        self.with(|case, analysis| Shown::Picture(report::figure::scene(case, analysis, &options)).to_bytes())
    }

    /// The figure as SVG.
    pub fn figure_svg(&mut self, options: JsValue) -> Result<String, JsError> {
        let options = self.figure_options(options)?;
        self.with(|case, analysis| report::figure::svg(case, analysis, &options))
    }

    /// The caption that belongs under the figure.
    pub fn figure_caption(&mut self, options: JsValue) -> Result<String, JsError> {
        let options = self.figure_options(options)?;
        self.with(|case, analysis| report::figure::caption(case, analysis, &options))
    }

    /// The figure in words, for those who can't see it.
    pub fn figure_alt(&mut self, options: JsValue) -> Result<String, JsError> {
        let options = self.figure_options(options)?;
        self.with(|case, analysis| report::figure::alternative(case, analysis, &options))
    }

    /// The links and services of the figure as CSV.
    pub fn links_csv(&mut self, options: JsValue) -> Result<String, JsError> {
        let options = self.figure_options(options)?;
        self.with(|case, analysis| report::figure::links_csv(case, analysis, &options))
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

    /// What a reader needs to look for rows in this file.
    pub fn rows_order(&mut self, query: JsValue, file: u32) -> Result<Vec<u8>, JsError> {
        let query: RowQuery = take(query)?;
        let name = self.name(file)?;
        let (most, around) = match &query {
            RowQuery::Place { .. } => (1, AROUND),
            RowQuery::Link { most, .. } => (most.unwrap_or(MOST_ROWS), 0),
            RowQuery::Finding { .. } | RowQuery::Swept { .. } => (MOST_ROWS, 0),
            RowQuery::Search { most, .. } => (most.unwrap_or(MOST_ROWS), 0),
        };
        let wanted = match query {
            RowQuery::Place { offset } => Wanted::At([offset as u64].into()),
            RowQuery::Finding { finding } => self.wanted_by(&finding, file)?,
            RowQuery::Swept { sweep, site } => {
                Wanted::At(self.swept_rows(sweep, site)?.remove(&file).unwrap_or_default())
            }
            RowQuery::Search { search, .. } => Wanted::Meeting(indicators::sought(&indicators::read(&search).0)),
            RowQuery::Link { from, to, service, from_ms, to_ms, initiator, responder, .. } => Wanted::Of {
                link: LinkKey { from: party_of(from), to: party_of(to) },
                service: service.as_deref().and_then(Service::read),
                window: window(from_ms, to_ms),
                initiators: initiator.iter().map(|host| host_of(host)).collect(),
                responders: responder.iter().map(|host| host_of(host)).collect(),
            },
        };
        let dropped = self.case.files().get(file as usize).and_then(|file| file.receipt.within.clone());
        let reading = self.case.reading_order(dropped.as_ref().unwrap_or(&name)).to_bytes();
        let order = RowsOrder { reading, name, shown: self.analysis().book.clone(), wanted, most, around, file };
        postcard::to_allocvec(&order).map_err(|e| refuse(format!("the order can't be written: {e}")))
    }

    /// Which files hold such rows.
    pub fn rows_files(&mut self, query: JsValue) -> Result<Vec<u32>, JsError> {
        let key = match take(query)? {
            RowQuery::Place { .. } => return Err(refuse("a place names its file itself")),
            RowQuery::Link { from, to, .. } => LinkKey { from: party_of(from), to: party_of(to) },
            RowQuery::Swept { sweep, site } => return Ok(self.swept_rows(sweep, site)?.into_keys().collect()),
            RowQuery::Search { .. } => {
                let files = self.case.files().iter().zip(0..).filter(|(file, _)| !file.holds_members());
                return Ok(files.map(|(_, at)| at).collect());
            }
            RowQuery::Finding { finding } => {
                let finding = self.finding(&finding)?;
                if finding.service.is_none() {
                    let files: BTreeSet<u32> = finding.rows.iter().map(|sight| sight.file).lean_collect();
                    return Ok(files.into_iter().collect());
                }
                finding.link
            }
        };
        let link = self.analysis().survey.links.get(&key);
        // Which files a link has rows in is known of its first rows only; the others are found by reading.
        let mut first: BTreeSet<u32> = BTreeSet::new();
        for record in link.into_iter().flat_map(|link| link.services.values()) {
            first.extend(record.rows.iter().map(|sight| sight.file));
        }
        let files = if link.is_some() { self.case.files().len() as u32 } else { 0 };
        let others = (0..files).filter(|file| !first.contains(file));
        Ok(first.iter().copied().chain(others.collect::<Vec<_>>()).collect())
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

    /// All rows of the service that a finding is about, in its time; where it is about several, those that it names.
    fn wanted_by(&mut self, id: &str, file: u32) -> Result<Wanted, JsError> {
        let finding = self.finding(id)?;
        Ok(match finding.service {
            Some(_) => Wanted::Of {
                link: finding.link,
                service: finding.service,
                window: finding.window,
                initiators: Default::default(),
                responders: Default::default(),
            },
            None => {
                let rows = finding.rows.iter().filter(|sight| sight.file == file);
                Wanted::At(rows.map(|sight| sight.place.offset).collect())
            }
        })
    }

    /// The places of the rows of a swept site, by file.
    fn swept_rows(&mut self, sweep: u32, site: i32) -> Result<BTreeMap<u32, BTreeSet<u64>>, JsError> {
        let mut rows: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
        let document = self.with(Document::of)?;
        let name = self.with(|_, analysis| analysis.book.name_of(party_of(site)).to_owned())?;
        let swept = document.sweeps.get(sweep as usize).ok_or_else(|| refuse("that sweep is no longer in the case"))?;
        for row in swept.sites.iter().filter(|own| own.site == name).flat_map(|own| &own.evidence) {
            let file = self.case.files().iter().position(|file| file.receipt.name == row.file);
            if let Some(file) = file.and_then(|at| u32::try_from(at).ok()) {
                rows.entry(file).or_default().insert(row.offset);
            }
        }
        Ok(rows)
    }

    /// What a picture needs, handed to who draws it.
    fn drawn<T>(
        &mut self,
        words: &'static Words,
        draw: impl FnOnce(&Case, &Analysis, &Material<'_>) -> T,
    ) -> Result<T, JsError> {
        self.with(|case, analysis| {
            let mut cards: Vec<Card> = cards(&analysis.book, words);
            cards.extend(abroad(&analysis.survey, words));
            let order = report::figure::order(&case.depiction, &analysis.book);
            let material = Material {
                survey: &analysis.survey,
                cards: &cards,
                findings: &analysis.findings.findings,
                actions: &case.actions,
                order: &order,
            };
            draw(case, analysis, &material)
        })
    }

    /// Takes what a dropped figure says of steps and places, unless the case has its own.
    fn take_recipe(&mut self, recipe: Recipe) {
        if !recipe.pseudonyms {
            if self.case.depiction.steps.is_empty() {
                self.case.depiction.steps = recipe.steps.clone();
            }
            if self.case.depiction.pins.is_empty() {
                self.case.depiction.pins = recipe.pins.clone();
            }
        }
        self.recipe = Some(recipe);
    }

    /// How the figure is wanted; the key to its pseudonyms is kept in the case.
    fn figure_options(&mut self, options: JsValue) -> Result<report::figure::Options, JsError> {
        let options = figure_options(options)?;
        if options.veiled {
            let key = self.with(|case, analysis| report::figure::key(case, analysis, &options))?;
            self.case.depiction.pseudonyms = key;
        }
        Ok(options)
    }

    fn take_sites(&mut self, bytes: &[u8]) -> Result<(), JsError> {
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
    fn take_sites_of_rollup(&mut self, name: &str, bytes: &[u8]) {
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

    fn take_policy(&mut self, bytes: &[u8]) {
        let (policy, complaints) = read_policy(bytes);
        self.analysis = None;
        self.case.policy = policy;
        self.policy_complaints = complaints;
    }
}

/// Whose hosts a subject stands for.
fn level(subject: &Subject, analysis: &Analysis) -> Option<Level> {
    match subject {
        Subject::Site(party) => Some(Level::Site(*party)),
        Subject::Link(key) => Some(Level::Link(*key)),
        Subject::Finding(id) => {
            let findings = &analysis.findings.findings;
            findings.iter().find(|finding| finding.id == *id).map(|finding| Level::Link(finding.link))
        }
        Subject::Hours(..) | Subject::Words => None,
    }
}

fn words_of(language: Option<&str>) -> &'static Words {
    language.and_then(Language::read).unwrap_or_default().of_pictures()
}

/// The host that people write so: an address, else a name.
fn host_of(text: &str) -> Host {
    text.parse().map_or_else(|_| Host::of_name(text), Host::of_address)
}

fn label(tlp: &str) -> Result<Tlp, JsError> {
    Tlp::read(tlp).ok_or_else(|| refuse(format!("TLP 2.0 has no label {tlp:?}")))
}

/// How the figure is wanted, as the page says it.
fn figure_options(value: JsValue) -> Result<report::figure::Options, JsError> {
    let options: FigureOptions = take(value)?;
    let number = options.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
    Ok(report::figure::Options {
        sheet: Sheet::read(&options.size).ok_or_else(|| refuse(format!("no sheet is called {:?}", options.size)))?,
        placement: options.layout.placement(),
        tlp: label(&options.tlp)?,
        number: match number.map(str::parse) {
            None => None,
            Some(Ok(number)) => Some(number),
            Some(Err(_)) => return Err(refuse("the figure's number is not a whole number")),
        },
        title: options.title,
        window: window(options.from_ms, options.to_ms),
        focus: options.focus.map(|focus| focus.of_lens()),
        language: options.language.as_deref().and_then(Language::read).unwrap_or_default(),
        veiled: options.pseudonyms == Some(true),
        bare: options.bare == Some(true),
    })
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
