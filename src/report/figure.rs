//! The figure of a case: what the case says, gathered for [`crate::scene::figure`] to compose.

use crate::calendar;
use crate::case::document::{Document, TOOL, case_id};
use crate::case::reopened::Reopened;
use crate::case::{Analysis, Case};
use crate::finding::{Finding, Lane};
use crate::flow::Moment;
use crate::ledger::survey::Survey;
use crate::paint;
use crate::scene::figure::content::{coverage, steps};
use crate::scene::figure::{EvidenceFile, FigureContent, Pictured, Sheet, Tlp, beside, figure};
use crate::scene::graph::Layout;
use crate::scene::network::{Card, Lens, Network, cards, network};
use crate::scene::{Palette, Scene};
use crate::sites::SiteBook;

/// How the figure is wanted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The sheet.
    pub sheet: Sheet,
    /// Sites on the map, where they have positions; else on a ring.
    pub map: bool,
    /// Who may see it.
    pub tlp: Tlp,
    /// The figure's number in the report; 1 when absent.
    pub number: Option<u32>,
    /// A title other than the one that the first finding gives.
    pub title: Option<String>,
    /// Only flows that begin in it.
    pub window: Option<(Moment, Moment)>,
}

/// What the figure is of: a case at work, or a case file opened again.
struct Subject<'s> {
    book: &'s SiteBook,
    survey: &'s Survey,
    findings: &'s [Finding],
    /// The files by name, with their hashes.
    evidence: Vec<EvidenceFile>,
    notices: &'s [String],
    malformed: u64,
    guessed: bool,
    synthetic: bool,
    case_id: String,
}

impl<'s> Subject<'s> {
    fn of(case: &'s Case, analysis: &'s Analysis) -> Subject<'s> {
        let hash = |sha256: &Option<String>| sha256.clone().unwrap_or_else(|| "not read to its end".to_owned());
        Subject {
            book: &analysis.book,
            survey: &analysis.survey,
            findings: &analysis.findings.findings,
            evidence: (case.files().iter())
                .map(|file| EvidenceFile { name: file.receipt.name.clone(), sha256: hash(&file.receipt.sha256) })
                .collect(),
            notices: &analysis.notices,
            malformed: case.files().iter().map(|file| file.receipt.accounts.malformed.total().count).sum(),
            guessed: analysis.guessed,
            synthetic: analysis.synthetic,
            case_id: case_id(case),
        }
    }

    fn of_document(document: &'s Document, reopened: &'s Reopened) -> Subject<'s> {
        let hash = |sha256: &Option<String>| sha256.clone().unwrap_or_else(|| "not read to its end".to_owned());
        Subject {
            book: &reopened.book,
            survey: &reopened.survey,
            findings: &reopened.findings,
            evidence: (document.evidence.iter())
                .map(|file| EvidenceFile { name: file.name.clone(), sha256: hash(&file.sha256) })
                .collect(),
            notices: &document.notices,
            malformed: document.evidence.iter().flat_map(|file| file.accounts.malformed.values()).sum(),
            guessed: document.sites_guessed,
            synthetic: document.synthetic,
            case_id: document.case_id.clone(),
        }
    }

    fn scene(&self, options: &Options) -> Scene {
        let Gathered { content, network, .. } = gather(self, options);
        let pictured = Pictured {
            network: &network,
            survey: self.survey,
            findings: self.findings,
            layout: if options.map && network.is_mappable() { Layout::Map } else { Layout::Ring(network.centre()) },
            brush: lens(options).hours,
        };
        figure(&content, pictured, options.sheet)
    }

    fn svg(&self, options: &Options) -> String {
        let Gathered { content, network, .. } = gather(self, options);
        let alternative = beside::alternative(&content, &network);
        paint::svg(&self.scene(options), Palette::Paper, &content.title, &alternative)
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
    beside::links_csv(&network, &cards)
}

struct Gathered {
    content: FigureContent,
    network: Network,
    cards: Vec<Card>,
}

fn lens(options: &Options) -> Lens {
    Lens { hours: options.window.map(|(from, to)| (from.hour(), to.hour())), focus: None }
}

fn gather(subject: &Subject<'_>, options: &Options) -> Gathered {
    let cards = cards(subject.book);
    let findings = subject.findings;
    let network = network(subject.survey, &cards, findings, lens(options));
    let row = |sight: crate::ledger::Sight| {
        let file = subject.evidence.get(sight.file as usize).map_or("?", |file| &file.name);
        format!("{file}:{}", sight.place.line)
    };
    let steps = steps(&network, &cards, findings, row);
    let numbered: usize = network.edges.iter().filter(|edge| edge.number.is_some()).map(|e| e.findings.len()).sum();
    let asked = options.title.as_ref().map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let window = |(from, to)| format!("only flows from {} to {}", calendar::minute(from, 0), calendar::minute(to, 0));
    let content = FigureContent {
        number: options.number.unwrap_or(1),
        title: asked.unwrap_or_else(|| title(subject, &network)),
        tlp: options.tlp,
        synthetic: subject.synthetic,
        window: subject.survey.window,
        coverage: coverage(subject.survey),
        further_findings: findings.len().saturating_sub(numbered),
        steps,
        filters: options.window.map(window).into_iter().collect(),
        evidence: subject.evidence.clone(),
        tool: TOOL.to_owned(),
        case_id: subject.case_id.clone(),
        unknowns: unknowns(subject),
    };
    Gathered { content, network, cards }
}

/// The first finding as a title, and how many more links stand out.
fn title(subject: &Subject<'_>, network: &Network) -> String {
    let Some(first) = subject.findings.first() else {
        let links = network.edges.len();
        return format!("No finding on {links} link{} between sites", if links == 1 { "" } else { "s" });
    };
    let (from, to) = (subject.book.name_of(first.link.from), subject.book.name_of(first.link.to));
    let service = first.service.map(|service| format!(" over {service}")).unwrap_or_default();
    let on = first.window.map(|(at, _)| format!(" on {}", calendar::date(at))).unwrap_or_default();
    let claim = match first.lane {
        Lane::Policy => format!("{from} reached {to}{service} against policy, first{on}"),
        Lane::Novelty => format!("{from} reached {to}{service} for the first time{on}"),
        Lane::Behaviour | Lane::Campaign => format!("{from} to {to}{service}: unusual, first{on}"),
    };
    let more = network.edges.iter().filter(|edge| edge.state.is_marked()).count().saturating_sub(1);
    match more {
        0 => claim,
        1 => format!("{claim}; one more link stands out"),
        more => format!("{claim}; {more} more links stand out"),
    }
}

/// What the reader of the figure must know that it can't show.
fn unknowns(subject: &Subject<'_>) -> Vec<String> {
    let mut unknowns = subject.notices.to_vec();
    let malformed = subject.malformed;
    if malformed > 0 {
        let s = if malformed == 1 { "" } else { "s" };
        unknowns.push(format!("{malformed} record{s} could not be read; the receipts in the case file name them"));
    }
    if subject.survey.coverage.len() > 1 {
        unknowns.push("a connection that two sensors logged counts at each of them".to_owned());
    }
    if subject.guessed {
        unknowns.push("nobody named the sites: they are guessed from private address ranges".to_owned());
    }
    unknowns
}
