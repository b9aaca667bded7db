//! The picture, the timeline and the figure, and how they are depicted.

use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use super::{Analyst, label};
use crate::case::depiction::{ChosenStep, Pin};
use crate::case::{Analysis, Case};
use crate::finding::Finding;
use crate::report;
use crate::report::html::Language;
use crate::report::recipe::Recipe;
use crate::scene::figure::Sheet;
use crate::scene::graph::{View as GraphView, graph};
use crate::scene::hosts::{Level, hosts as hosts_of};
use crate::scene::matrix::{Window, matrix};
use crate::scene::network::{Card, Lens, Material, abroad, cards, network};
use crate::scene::timeline::{self, Sums, timeline};
use crate::scene::usual::usual;
use crate::scene::words::Words;
use crate::scene::{Point, Subject};
use crate::sorting::LeanSort as _;
use crate::web::messages::{self, FigureOptions, RecipeMessage, Shown, StepMessage, View, hours, number_of, window};
use crate::web::{out, refuse, take};

#[wasm_bindgen]
impl Analyst {
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

    /// The small picture of a finding, for a stage; nothing where its rule compares with nothing.
    pub fn usual(&mut self, finding: &str, language: &str) -> Result<Option<Vec<u8>>, JsError> {
        let words = words_of(Some(language));
        let drawn = self.finding(finding)?.usual.as_ref().map(|own| usual(own, words));
        Ok(drawn.map(|scene| Shown::Picture(scene).to_bytes()))
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
}

impl Analyst {
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
    pub(super) fn take_recipe(&mut self, recipe: Recipe) {
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
