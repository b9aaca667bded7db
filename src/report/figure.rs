//! The figure of a case: what the case says, gathered for [`crate::scene::figure`] to compose.

use super::recipe::{Recipe, SCHEMA};
use super::veil::{Kind, Veil};
use crate::case::acts::Action;
use crate::case::depiction::{ChosenStep, Depiction, Pin, Pseudonym};
use crate::case::document::{Document, TOOL, case_id, seconds};
use crate::case::reopened::Reopened;
use crate::case::{Analysis, Case};
use crate::finding::Finding;
use crate::flow::Moment;
use crate::ledger::survey::{LinkKey, Survey};
use crate::paint;
use crate::phrase::{Phrase, alike};
use crate::scene::figure::content::{coverage, steps};
use crate::scene::figure::{EvidenceFile, FigureContent, Pictured, Sheet, Tlp, beside, figure};
use crate::scene::graph::Layout;
use crate::scene::network::{Card, Edge, Lens, Material, Network, abroad, cards, network};
use crate::scene::words::{Language, Words, minute};
use crate::scene::{Palette, Scene};
use crate::sites::{Party, SiteBook};

/// How the figure is wanted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The sheet.
    pub sheet: Sheet,
    /// How sites are placed.
    pub placement: Placement,
    /// Who may see it.
    pub tlp: Tlp,
    /// The figure's number in the report; 1 when absent.
    pub number: Option<u32>,
    /// A title other than the one that the first finding gives.
    pub title: Option<String>,
    /// Only flows that begin in it.
    pub window: Option<(Moment, Moment)>,
    /// Only this party and what lies within so many links of it.
    pub focus: Option<(Party, u32)>,
    /// Its language.
    pub language: Language,
    /// Names and addresses as pseudonyms.
    pub veiled: bool,
    /// Without what lets it be opened again.
    pub bare: bool,
}

/// How sites are placed on the figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// The site that most findings point at in the middle, the others around it.
    #[default]
    Ring,
    /// On the map, where they have positions; else on a ring.
    Map,
    /// Those that talk near each other.
    Force,
    /// Site by site.
    Matrix,
}

impl Placement {
    /// The word of a recipe and of the page.
    pub fn word(self) -> &'static str {
        match self {
            Placement::Ring => "ring",
            Placement::Map => "map",
            Placement::Force => "force",
            Placement::Matrix => "matrix",
        }
    }

    /// The layout of a network; `None` for the matrix.
    pub fn layout(self, network: &Network) -> Option<Layout> {
        match self {
            Placement::Map if network.is_mappable() => Some(Layout::Map),
            Placement::Ring | Placement::Map => Some(Layout::Ring(network.centre())),
            Placement::Force => Some(Layout::Force),
            Placement::Matrix => None,
        }
    }
}

/// What the figure is of: a case at work, or a case file opened again.
struct Subject<'s> {
    actions: &'s [Action],
    depiction: &'s Depiction,
    book: &'s SiteBook,
    survey: &'s Survey,
    findings: &'s [Finding],
    /// The files by name, with their hashes.
    evidence: Vec<EvidenceFile>,
    notices: Vec<Phrase>,
    malformed: u64,
    guessed: bool,
    synthetic: bool,
    case_id: String,
}

impl<'s> Subject<'s> {
    fn of(case: &'s Case, analysis: &'s Analysis) -> Subject<'s> {
        let hash = |sha256: &Option<String>| sha256.clone().unwrap_or_else(|| "not read to its end".to_owned());
        Subject {
            actions: &case.actions,
            depiction: &case.depiction,
            book: &analysis.book,
            survey: &analysis.survey,
            findings: &analysis.findings.findings,
            evidence: (case.files().iter())
                .map(|file| EvidenceFile { name: file.receipt.name.clone(), sha256: hash(&file.receipt.sha256) })
                .collect(),
            notices: analysis.notices.clone(),
            malformed: case.files().iter().map(|file| file.receipt.accounts.malformed.total().count).sum(),
            guessed: analysis.guessed,
            synthetic: analysis.synthetic,
            case_id: case_id(case),
        }
    }

    fn of_document(document: &'s Document, reopened: &'s Reopened) -> Subject<'s> {
        let hash = |sha256: &Option<String>| sha256.clone().unwrap_or_else(|| "not read to its end".to_owned());
        Subject {
            actions: &document.actions,
            depiction: &document.figure,
            book: &reopened.book,
            survey: &reopened.survey,
            findings: &reopened.findings,
            evidence: (document.evidence.iter())
                .map(|file| EvidenceFile { name: file.name.clone(), sha256: hash(&file.sha256) })
                .collect(),
            notices: document.notices(),
            malformed: document.evidence.iter().flat_map(|file| file.accounts.malformed.values()).sum(),
            guessed: document.sites_guessed,
            synthetic: document.synthetic,
            case_id: document.case_id.clone(),
        }
    }

    fn scene(&self, options: &Options) -> Scene {
        let gathered = gather(self, options);
        let material = gathered.material(self);
        let pictured = Pictured {
            network: &gathered.network,
            material: &material,
            layout: options.placement.layout(&gathered.network),
            pins: &pins(&self.depiction.pins, self.book),
            brush: options.lens().hours,
        };
        figure(&gathered.content, pictured, options.sheet)
    }

    fn svg(&self, options: &Options) -> String {
        let Gathered { content, network, .. } = gather(self, options);
        let alternative = beside::alternative(&content, &network);
        let recipe = if options.bare { String::new() } else { self.recipe(options).to_svg() };
        paint::svg(&self.scene(options), Palette::Paper, &content.title, &alternative, &recipe)
    }

    fn recipe(&self, options: &Options) -> Recipe {
        let gathered = gather(self, options);
        let mut veil = Veil::new(&gathered.key);
        let mut name = |name: &str| if options.veiled { veil.text(name) } else { name.to_owned() };
        let step = |own: &ChosenStep, name: &mut dyn FnMut(&str) -> String| ChosenStep {
            from: name(&own.from),
            to: name(&own.to),
            says: own.says.as_deref().map(name),
        };
        Recipe {
            schema: SCHEMA.to_owned(),
            tool: TOOL.to_owned(),
            case_id: self.case_id.clone(),
            size: options.sheet.word().to_owned(),
            layout: options.placement.word().to_owned(),
            tlp: options.tlp.label().trim_start_matches("TLP:").to_owned(),
            number: options.number.unwrap_or(1),
            title: options.title.as_deref().map(&mut name),
            language: options.language.code().to_owned(),
            pseudonyms: options.veiled,
            window: options.window.map(|(from, to)| (seconds(from), seconds(to))),
            focus: options.focus.map(|(party, hops)| (name(self.book.name_of(party)), hops)),
            steps: self.depiction.steps.iter().map(|own| step(own, &mut name)).collect(),
            pins: self.depiction.pins.iter().map(|pin| Pin { site: name(&pin.site), ..pin.clone() }).collect(),
            evidence: match options.veiled {
                true => Vec::new(),
                false => self.evidence.iter().map(|file| (file.name.clone(), file.sha256.clone())).collect(),
            },
        }
    }
}

/// The figure.
pub fn scene(case: &Case, analysis: &Analysis, options: &Options) -> Scene {
    Subject::of(case, analysis).scene(options)
}

/// The figure as SVG, with its title and its alternative text.
pub fn svg(case: &Case, analysis: &Analysis, options: &Options) -> String {
    Subject::of(case, analysis).svg(options)
}

/// The figure of a case file as SVG.
pub fn svg_of_document(document: &Document, reopened: &Reopened, options: &Options) -> String {
    Subject::of_document(document, reopened).svg(options)
}

/// The figure of a case file in words.
pub fn alternative_of_document(document: &Document, reopened: &Reopened, options: &Options) -> String {
    let Gathered { content, network, .. } = gather(&Subject::of_document(document, reopened), options);
    beside::alternative(&content, &network)
}

/// The caption under the figure of a case file.
pub fn caption_of_document(document: &Document, reopened: &Reopened, options: &Options) -> String {
    beside::caption(&gather(&Subject::of_document(document, reopened), options).content)
}

/// The caption under the figure.
pub fn caption(case: &Case, analysis: &Analysis, options: &Options) -> String {
    beside::caption(&gather(&Subject::of(case, analysis), options).content)
}

/// The figure in words, for those who can't see it.
pub fn alternative(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let Gathered { content, network, .. } = gather(&Subject::of(case, analysis), options);
    beside::alternative(&content, &network)
}

/// The links of the figure as CSV, safe to open in a spreadsheet.
pub fn links_csv(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let Gathered { network, cards, .. } = gather(&Subject::of(case, analysis), options);
    beside::links_csv(&network, &cards, options.language.of_pictures())
}

/// What lets the figure be opened again.
pub fn recipe(case: &Case, analysis: &Analysis, options: &Options) -> Recipe {
    Subject::of(case, analysis).recipe(options)
}

/// The key to the pseudonyms of a veiled figure, for the case to keep.
pub fn key(case: &Case, analysis: &Analysis, options: &Options) -> Vec<Pseudonym> {
    gather(&Subject::of(case, analysis), options).key
}

/// Where sites were put, by party.
pub fn pins(pins: &[Pin], book: &SiteBook) -> Vec<(Party, (f32, f32))> {
    let of =
        |pin: &Pin| book.sites.iter().zip(0_u32..).find(|(site, _)| site.name == pin.site).map(|(_, n)| Party::Site(n));
    let inside = |pin: &Pin| (pin.x.clamp(0.0, 1.0), pin.y.clamp(0.0, 1.0));
    pins.iter().filter_map(|pin| Some((of(pin)?, inside(pin)))).collect()
}

/// The links that the analyst put first.
pub fn order(depiction: &Depiction, book: &SiteBook) -> Vec<LinkKey> {
    depiction.steps.iter().filter_map(|step| link_of(step, book)).collect()
}

fn link_of(step: &ChosenStep, book: &SiteBook) -> Option<LinkKey> {
    let party = |name: &str| {
        let site = book.sites.iter().zip(0_u32..).find(|(site, _)| site.name == name).map(|(_, n)| Party::Site(n));
        site.or((name == crate::sites::UNASSIGNED).then_some(Party::Unassigned)).or(Party::outside_named(name))
    };
    Some(LinkKey { from: party(&step.from)?, to: party(&step.to)? })
}

impl Options {
    fn lens(&self) -> Lens {
        Lens { hours: self.window.map(|(from, to)| (from.hour(), to.hour())), focus: self.focus }
    }
}

struct Gathered {
    content: FigureContent,
    network: Network,
    cards: Vec<Card>,
    actions: Vec<Action>,
    order: Vec<LinkKey>,
    key: Vec<Pseudonym>,
    /// The findings, with no word in them that the figure must not say.
    findings: Vec<Finding>,
}

impl Gathered {
    fn material<'g>(&'g self, subject: &'g Subject<'_>) -> Material<'g> {
        Material {
            survey: subject.survey,
            cards: &self.cards,
            findings: &self.findings,
            actions: &self.actions,
            order: &self.order,
        }
    }
}

fn gather(subject: &Subject<'_>, options: &Options) -> Gathered {
    let words = options.language.of_pictures();
    let mut veil = Veil::new(&subject.depiction.pseudonyms);
    let mut cards = cards(subject.book, words);
    cards.extend(abroad(subject.survey, words));
    let mut findings = subject.findings.to_vec();
    let mut actions = subject.actions.to_vec();
    let mut evidence = subject.evidence.clone();
    if options.veiled {
        drop_names(subject, &mut veil);
        for card in cards.iter_mut().filter(|card| matches!(card.party, Party::Site(_))) {
            // A country or a place on the map would tell who it is.
            *card = Card {
                name: veil.name(Kind::Site, &card.name),
                country: None,
                role: None,
                position: None,
                ..card.clone()
            };
        }
        for finding in &mut findings {
            finding.accounts = finding.accounts.iter().map(|own| veil.name(Kind::Account, own)).collect();
            // What a rule says may quote the policy, and the policy anybody.
            finding.gist = alike((words.kind)(finding));
            finding.because = finding.gist.clone();
        }
        for action in &mut actions {
            (action.from, action.to) = (veil.text(&action.from), veil.text(&action.to));
            (action.who, action.why) = (String::new(), String::new());
        }
        for file in &mut evidence {
            file.name = veil.name(Kind::File, &file.name);
        }
    }
    let order = order(subject.depiction, subject.book);
    let material =
        Material { survey: subject.survey, cards: &cards, findings: &findings, actions: &actions, order: &order };
    let network = network(&material, options.lens());
    let row = |sight: crate::ledger::Sight| {
        let file = evidence.get(sight.file as usize).map_or("?", |file| &file.name);
        format!("{file}:{}", sight.place.line)
    };
    let worded = |key: LinkKey| {
        let own = subject.depiction.steps.iter().find(|step| link_of(step, subject.book) == Some(key));
        own.and_then(|step| step.says.clone())
    };
    let mut steps = steps(&network, &material, words, row, worded);
    let mut asked = options.title.as_ref().map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let mut covered = coverage(subject.survey, words);
    if options.veiled {
        steps.iter_mut().for_each(|step| step.because = veil.text(&step.because));
        asked = asked.map(|title| veil.text(&title));
        covered = veil.text(&covered);
    }
    let numbered: usize = network.edges.iter().filter(|edge| edge.number.is_some()).map(|e| e.findings.len()).sum();
    let (claim, subtitle) = title(&network, &cards, &findings, words);
    let name = |party: Party| cards.iter().find(|card| card.party == party).map_or("", |card| &card.name);
    let window = options.window.map(|(from, to)| (words.only_window)(&minute(from), &minute(to)));
    let near = options.focus.map(|(party, hops)| (words.only_near)(name(party), hops));
    let content = FigureContent {
        number: options.number.unwrap_or(1),
        subtitle: if asked.is_some() { String::new() } else { subtitle },
        title: asked.unwrap_or(claim),
        tlp: options.tlp,
        synthetic: subject.synthetic,
        window: subject.survey.window,
        coverage: covered,
        further_findings: findings.len().saturating_sub(numbered),
        steps,
        filters: window.into_iter().chain(near).collect(),
        evidence,
        tool: TOOL.to_owned(),
        case_id: subject.case_id.clone(),
        unknowns: unknowns(subject, options, words),
        veiled: options.veiled,
        language: options.language,
    };
    Gathered { content, network, cards, actions, order, key: veil.key(), findings }
}

/// Gives all that the figure may name its pseudonym, in the order of the case.
fn drop_names(subject: &Subject<'_>, veil: &mut Veil) {
    for site in &subject.book.sites {
        veil.name(Kind::Site, &site.name);
    }
    for finding in subject.findings {
        for (n, host) in finding.hosts.iter().enumerate() {
            veil.name(if n == 0 { Kind::Client } else { Kind::Server }, &subject.survey.host(*host));
        }
        finding.accounts.iter().for_each(|account| _ = veil.name(Kind::Account, account));
    }
    for sensor in subject.survey.coverage.keys() {
        veil.name(Kind::Sensor, sensor);
    }
    for file in &subject.evidence {
        veil.name(Kind::File, &file.name);
    }
}

/// The first finding as a title; since when, and how many more links stand out.
fn title(network: &Network, cards: &[Card], findings: &[Finding], words: &Words) -> (String, String) {
    let of_first = network.edges.iter().find(|edge| edge.number == Some(1)).and_then(|edge| edge.findings.first());
    let first = of_first.and_then(|id| findings.iter().find(|finding| finding.id == *id)).or(findings.first());
    let Some(first) = first else { return ((words.no_finding)(network.edges.len()), String::new()) };
    let name = |party: Party| cards.iter().find(|card| card.party == party).map_or("", |card| &card.name);
    let service = first.service.map(|service| service.to_string()).unwrap_or_default();
    let claim = (words.claim)(first, name(first.link.from), name(first.link.to), &service);
    // What is weak does not count beside what does.
    let counts = |finding: &Finding| first.is_weak() || !finding.is_weak();
    let stands_out = |edge: &&Edge| {
        edge.state.is_marked()
            && edge.key != first.link
            && findings.iter().any(|finding| finding.link == edge.key && counts(finding))
    };
    let more = network.edges.iter().filter(stands_out).count();
    let on = first.window.map(|(at, _)| crate::calendar::date(at));
    (claim, (words.claim_when)(on.as_deref(), more))
}

/// What the reader of the figure must know that it can't show.
fn unknowns(subject: &Subject<'_>, options: &Options, words: &Words) -> Vec<String> {
    // Notices name files and hosts.
    let told = subject.notices.iter().filter(|_| !options.veiled);
    let mut unknowns: Vec<String> = told.map(|notice| notice.of(options.language).to_owned()).collect();
    if subject.malformed > 0 {
        unknowns.push((words.malformed)(subject.malformed));
    }
    if subject.survey.coverage.len() > 1 {
        unknowns.push(words.counted_twice.to_owned());
    }
    if subject.guessed {
        unknowns.push(words.sites_guessed.to_owned());
    }
    unknowns
}
