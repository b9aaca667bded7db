//! The figure of a case: what [`crate::scene`] composes from what the case says.

use crate::case::{Analysis, Case};
use crate::flow::Moment;
use crate::paint;
use crate::scene::graph::{Layout, View, graph};
use crate::scene::network::{Lens, cards, network};
use crate::scene::{Palette, Scene};

/// How the figure is wanted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub size: String,
    /// Sites on a ring even where a map could be drawn.
    pub ring: bool,
    /// The TLP 2.0 label: `CLEAR`, `GREEN`, `AMBER`, `AMBER+STRICT`, `RED`.
    pub tlp: String,
    /// The figure's number in the report.
    pub number: Option<String>,
    /// A title other than the finding's own.
    pub title: Option<String>,
    /// Only flows that begin in it.
    pub window: Option<(Moment, Moment)>,
}

/// The figure.
pub fn scene(_case: &Case, analysis: &Analysis, options: &Options) -> Scene {
    let lens = Lens { hours: options.window.map(|(from, to)| (from.hour(), to.hour())), focus: None };
    let network = network(&analysis.survey, &cards(&analysis.book), &analysis.findings.findings, lens);
    let layout = if options.ring || !network.is_mappable() { Layout::Ring(network.centre()) } else { Layout::Map };
    graph(&network, &View { width: 842.0, height: 595.0, layout, chosen: None, pointed: None }).scene
}

/// The figure as SVG.
pub fn svg(case: &Case, analysis: &Analysis, options: &Options) -> String {
    let scene = scene(case, analysis, options);
    paint::svg(&scene, Palette::Paper, "Links between sites", &alternative(case, analysis, options))
}

/// The caption under the figure.
pub fn caption(case: &Case, analysis: &Analysis, options: &Options) -> String {
    alternative(case, analysis, options)
}

/// The figure in words.
pub fn alternative(_case: &Case, analysis: &Analysis, _options: &Options) -> String {
    let links = analysis.survey.links.keys().filter(|key| key.from != key.to).count();
    format!("{} sites, {links} links, {} findings", analysis.book.sites.len(), analysis.findings.findings.len())
}
