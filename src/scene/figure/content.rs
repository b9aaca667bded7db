//! What the figure for the report says, as plain data, and how it is gathered from a survey and its findings.

use super::super::network::{Material, Network, State};
use super::super::words::{self, Language, Words};
use crate::case::acts::ActionKind;
use crate::flow::{Hour, Moment};
use crate::ledger::survey::{LinkKey, Survey};
use crate::ledger::{Sight, Totals};
use crate::sites::Party;
use crate::sorting::LeanSort as _;

/// All that stands on the figure beside the picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FigureContent {
    /// Its number in the report.
    pub number: u32,
    /// The finding, in one sentence.
    pub title: String,
    /// What belongs to it and is no part of the claim: since when, and what else stands out.
    pub subtitle: String,
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
    /// Names and addresses are pseudonyms, and files are not named.
    pub veiled: bool,
    /// Its language.
    pub language: Language,
}

impl FigureContent {
    /// Its words.
    pub fn words(&self) -> &'static Words {
        self.language.of_pictures()
    }
}

/// A numbered link: what happened, and what proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its number on the picture.
    pub number: usize,
    /// How it is drawn.
    pub state: State,
    /// The link.
    pub key: LinkKey,
    /// The first flow that it is about.
    pub at: Option<Moment>,
    /// The last one.
    pub until: Option<Moment>,
    /// The initiators' site.
    pub from: String,
    /// The responders' site.
    pub to: String,
    /// The service, `tcp/445`.
    pub service: String,
    /// The accounts in its rows.
    pub accounts: Vec<String>,
    /// What is wrong, in one sentence: the rule's, unless the analyst worded it.
    pub because: String,
    /// The analyst worded it.
    pub worded: bool,
    /// Other services of the link that findings are about, each with the word of its state.
    pub also: Vec<String>,
    /// What was done about it, when, and how many sessions ran in later hours.
    pub acted: Vec<(ActionKind, Moment, u64)>,
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
    /// Of so many checks, some look like this by chance: it is told, and not counted.
    pub weak: bool,
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

/// The numbered links of a network, with the first finding of each. `evidence` names the place of a row, `worded` is what
/// the analyst wrote of a link.
pub fn steps(
    network: &Network,
    material: &Material<'_>,
    words: &Words,
    evidence: impl Fn(Sight) -> String,
    worded: impl Fn(LinkKey) -> Option<String>,
) -> Vec<Step> {
    let Material { cards, findings, .. } = *material;
    let name = |party: Party| cards.iter().find(|c| c.party == party).map_or_else(String::new, |card| words.name(card));
    let mut out: Vec<Step> = Vec::new();
    for edge in &network.edges {
        let Some(number) = edge.number else { continue };
        let Some(finding) = edge.findings.first().and_then(|id| findings.iter().find(|f| f.id == *id)) else {
            continue;
        };
        let about = edge.services.iter().find(|(service, _)| Some(*service) == finding.service);
        let mut also: Vec<String> = Vec::new();
        for other in findings.iter().filter(|other| other.link == edge.key && other.service != finding.service) {
            let Some(service) = other.service else { continue };
            let text = format!("{service} ({})", (words.state)(State::from(other.gravity)));
            if !also.iter().any(|before| before.starts_with(&format!("{service} "))) {
                also.push(text);
            }
        }
        let acted = material.acted(edge.key, finding.service).into_iter().map(|action| {
            let ran = material.ran_after(edge.key, finding.service, action);
            (action.kind, Moment((action.at * 1e6) as i64), ran)
        });
        let own = worded(edge.key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let inferred = if finding.p.is_some() { Basis::Inferred } else { Basis::Observed };
        out.push(Step {
            number,
            key: edge.key,
            state: edge.state,
            at: finding.window.map(|(first, _)| first),
            until: finding.window.map(|(_, last)| last),
            from: name(edge.key.from),
            to: name(edge.key.to),
            service: finding.service.map_or_else(|| words.all_services.to_owned(), |service| service.to_string()),
            accounts: finding.accounts.clone(),
            worded: own.is_some(),
            because: own.unwrap_or_else(|| (words.gist)(finding)),
            also,
            acted: acted.collect(),
            evidence: evidence(finding.rows.first()),
            further_rows: finding.rows.iter().count() - 1,
            totals: about.map_or_else(|| edge.totals.clone(), |(_, totals)| totals.clone()),
            hosts: edge.hosts,
            basis: inferred,
            weak: finding.is_weak(),
        });
    }
    out.lean_sort_by_key(|step| step.number);
    out
}

/// What the logs cover, sensor by sensor: in how many of the hours between its first and its last record each was silent,
/// and the longest silence.
pub fn coverage(survey: &Survey, words: &Words) -> String {
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
        return words.no_coverage.to_owned();
    }
    let longest =
        longest.map(|(hours, sensor, from)| (hours, sensor, from.start().map(words::minute).unwrap_or_default()));
    (words.coverage)(survey.coverage.len(), watched, silent, longest)
}
