//! What the figure for the report says, as plain data, and how it is gathered from a survey and its findings.

use super::super::network::{Card, Network, State};
use super::super::words;
use crate::finding::Finding;
use crate::flow::{Hour, Moment};
use crate::ledger::survey::Survey;
use crate::ledger::{Sight, Totals};
use crate::sites::Party;

/// All that stands on the figure beside the picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FigureContent {
    /// Its number in the report.
    pub number: u32,
    /// The finding, in one sentence.
    pub title: String,
    /// Who may see it.
    pub tlp: Tlp,
    /// The logs were made up; the figure says so.
    pub synthetic: bool,
    /// The earliest and the latest flow.
    pub window: Option<(Moment, Moment)>,
    /// What the logs cover and what not, in a sentence ([`coverage`]).
    pub coverage: String,
    /// The numbered links, in order ([`steps`]).
    pub steps: Vec<Step>,
    /// How many findings there are on links without a number.
    pub further_findings: usize,
    /// What is filtered, each in words; none where all is shown.
    pub filters: Vec<String>,
    /// The files, in the order of the case.
    pub evidence: Vec<EvidenceFile>,
    /// The tool and its version.
    pub tool: String,
    /// What the case is called.
    pub case_id: String,
    /// What is not known, each in a sentence: a clock's zone, rows that could not be read.
    pub unknowns: Vec<String>,
}

/// A numbered link: what happened, and what proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its number on the picture.
    pub number: usize,
    /// How it is drawn.
    pub state: State,
    /// The first flow that it is about.
    pub at: Option<Moment>,
    /// The initiators' site.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// The service, `tcp/445`.
    pub service: String,
    /// The accounts in its rows.
    pub accounts: Vec<String>,
    /// What is wrong, in one sentence.
    pub because: String,
    /// Where the first row stands: `fw.log:41207`.
    pub evidence: String,
    /// How many further rows the finding carries.
    pub further_rows: usize,
    /// The sums of that service of the link.
    pub totals: Totals,
    /// Distinct initiators and responders.
    pub hosts: (usize, usize),
    /// How it is known.
    pub basis: Basis,
}

/// How something is known; never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Basis {
    /// It stands in the logs.
    #[default]
    Observed,
    /// A rule concluded it from the logs.
    Inferred,
    /// The analyst said it.
    Asserted,
}

impl Basis {
    /// The word on the figure.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Observed => "observed",
            Basis::Inferred => "inferred",
            Basis::Asserted => "analyst's word",
        }
    }
}

/// A file that the figure rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its name.
    pub name: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A label of FIRST's Traffic Light Protocol 2.0. Never translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tlp {
    /// For the eyes and ears of individual recipients only.
    Red,
    /// Limited to the organisation.
    AmberStrict,
    /// Limited to the organisation and its clients.
    #[default]
    Amber,
    /// Limited to the community.
    Green,
    /// For everybody.
    Clear,
}

impl Tlp {
    /// Reads a label, with or without `TLP:`, in any case.
    pub fn read(label: &str) -> Option<Tlp> {
        let all = [Tlp::Red, Tlp::AmberStrict, Tlp::Amber, Tlp::Green, Tlp::Clear];
        let label = label.to_ascii_uppercase();
        let bare = label.strip_prefix("TLP:").unwrap_or(&label);
        all.into_iter().find(|tlp| tlp.label().strip_prefix("TLP:") == Some(bare))
    }

    /// The label, as FIRST writes it.
    pub fn label(self) -> &'static str {
        match self {
            Tlp::Red => "TLP:RED",
            Tlp::AmberStrict => "TLP:AMBER+STRICT",
            Tlp::Amber => "TLP:AMBER",
            Tlp::Green => "TLP:GREEN",
            Tlp::Clear => "TLP:CLEAR",
        }
    }
}

/// The numbered links of a network, with the first finding of each. `evidence` names the place of a row.
pub fn steps(network: &Network, cards: &[Card], findings: &[Finding], evidence: impl Fn(Sight) -> String) -> Vec<Step> {
    let name = |party: Party| cards.iter().find(|card| card.party == party).map_or_else(String::new, words::name);
    let mut out: Vec<Step> = Vec::new();
    for edge in &network.edges {
        let Some(number) = edge.number else { continue };
        let Some(finding) = edge.findings.first().and_then(|id| findings.iter().find(|f| f.id == *id)) else {
            continue;
        };
        let about = edge.services.iter().find(|(service, _)| Some(*service) == finding.service);
        out.push(Step {
            number,
            state: edge.state,
            at: finding.window.map(|(first, _)| first),
            from: name(edge.key.from),
            to: name(edge.key.to),
            service: finding.service.map_or_else(|| words::ALL_SERVICES.to_owned(), |service| service.to_string()),
            accounts: finding.accounts.clone(),
            because: finding.gist.clone(),
            evidence: evidence(finding.rows.first()),
            further_rows: finding.rows.iter().count() - 1,
            totals: about.map_or_else(|| edge.totals.clone(), |(_, totals)| totals.clone()),
            hosts: edge.hosts,
            basis: if finding.p.is_some() { Basis::Inferred } else { Basis::Observed },
        });
    }
    out.sort_by_key(|step| step.number);
    out
}

/// What the logs cover, sensor by sensor: in how many of the hours between its first and its last record each was silent,
/// and the longest silence.
pub fn coverage(survey: &Survey) -> String {
    let (mut watched, mut silent) = (0, 0);
    let mut longest: Option<(i32, &str, Hour)> = None;
    for (sensor, hours) in &survey.coverage {
        let seen: Vec<Hour> = hours.keys().copied().filter(|hour| *hour != Hour::UNDATED).collect();
        let Some((first, last)) = seen.first().zip(seen.last()) else { continue };
        let span = i64::from(last.0) - i64::from(first.0) + 1;
        watched += span;
        silent += span - seen.len() as i64;
        for pair in seen.windows(2) {
            let gap = pair[1].0 - pair[0].0 - 1;
            if gap > longest.map_or(0, |(most, ..)| most) {
                longest = Some((gap, sensor, Hour(pair[0].0 + 1)));
            }
        }
    }
    if watched == 0 {
        return words::NO_COVERAGE.to_owned();
    }
    words::coverage(survey.coverage.len(), watched, silent, longest)
}
