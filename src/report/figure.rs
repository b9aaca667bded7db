//! The figure of a case: what the case says, gathered for [`crate::scene::figure`] to compose.

use crate::calendar;
use crate::case::document::{TOOL, case_id};
use crate::case::{Analysis, Case};
use crate::finding::Lane;
use crate::flow::Moment;
use crate::paint;
use crate::scene::figure::content::{coverage, steps};
use crate::scene::figure::{EvidenceFile, FigureContent, Pictured, Sheet, Tlp, beside, figure};
use crate::scene::graph::Layout;
use crate::scene::network::{Card, Lens, Network, cards, network};
use crate::scene::{Palette, Scene};

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

/// The figure.
pub fn scene(case: &Case, analysis: &Analysis, options: &Options) -> Scene {
    let Gathered { content, network, .. } = gather(case, analysis, options);
    let pictured = Pictured {
        network: &network,
        survey: &analysis.survey,
        findings: &analysis.findings.findings,
        layout: if options.map && network.is_mappable() { Layout::Map } else { Layout::Ring(network.centre()) },
        brush: lens(options).hours,
    };
    figure(&content, pictured, options.sheet)
}

/// The figure as SVG, with its title and its alternative text.
pub fn svg(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let Gathered { content, network, .. } = gather(case, analysis, options);
    let alternative = beside::alternative(&content, &network);
    paint::svg(&scene(case, analysis, options), Palette::Paper, &content.title, &alternative)
}

/// The caption under the figure.
pub fn caption(case: &Case, analysis: &Analysis, options: &Options) -> String {
    beside::caption(&gather(case, analysis, options).content)
}

/// The figure in words, for those who can't see it.
pub fn alternative(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let Gathered { content, network, .. } = gather(case, analysis, options);
    beside::alternative(&content, &network)
}

/// The links of the figure as CSV, safe to open in a spreadsheet.
pub fn links_csv(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let Gathered { network, cards, .. } = gather(case, analysis, options);
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

fn gather(case: &Case, analysis: &Analysis, options: &Options) -> Gathered {
    let cards = cards(&analysis.book);
    let findings = &analysis.findings.findings;
    let network = network(&analysis.survey, &cards, findings, lens(options));
    let row = |sight: crate::ledger::Sight| format!("{}:{}", case.file_of(sight).receipt.name, sight.place.line);
    let steps = steps(&network, &cards, findings, row);
    let numbered: usize = network.edges.iter().filter(|edge| edge.number.is_some()).map(|e| e.findings.len()).sum();
    let asked = options.title.as_ref().map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let window = |(from, to)| format!("only flows from {} to {}", calendar::minute(from, 0), calendar::minute(to, 0));
    let content = FigureContent {
        number: options.number.unwrap_or(1),
        title: asked.unwrap_or_else(|| title(analysis, &network)),
        tlp: options.tlp,
        synthetic: analysis.synthetic,
        window: analysis.survey.window,
        coverage: coverage(&analysis.survey),
        further_findings: findings.len().saturating_sub(numbered),
        steps,
        filters: options.window.map(window).into_iter().collect(),
        evidence: (case.files().iter())
            .map(|file| EvidenceFile {
                name: file.receipt.name.clone(),
                sha256: file.receipt.sha256.clone().unwrap_or_else(|| "not read to its end".to_owned()),
            })
            .collect(),
        tool: TOOL.to_owned(),
        case_id: case_id(case),
        unknowns: unknowns(case, analysis),
    };
    Gathered { content, network, cards }
}

/// The first finding as a title, and how many more links stand out.
fn title(analysis: &Analysis, network: &Network) -> String {
    let Some(first) = analysis.findings.findings.first() else {
        let links = network.edges.len();
        return format!("No finding on {links} link{} between sites", if links == 1 { "" } else { "s" });
    };
    let (from, to) = (analysis.book.name_of(first.link.from), analysis.book.name_of(first.link.to));
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
fn unknowns(case: &Case, analysis: &Analysis) -> Vec<String> {
    let mut unknowns = analysis.notices.clone();
    let malformed: u64 = case.files().iter().map(|file| file.receipt.accounts.malformed.total().count).sum();
    if malformed > 0 {
        let s = if malformed == 1 { "" } else { "s" };
        unknowns.push(format!("{malformed} record{s} could not be read; the receipts in the case file name them"));
    }
    if analysis.survey.coverage.len() > 1 {
        unknowns.push("a connection that two sensors logged counts at each of them".to_owned());
    }
    if analysis.guessed {
        unknowns.push("nobody named the sites: they are guessed from private address ranges".to_owned());
    }
    unknowns
}
