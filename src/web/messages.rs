//! What crosses the boundary, as mirrors of the core's types, so that a wire format never dictates the core.
//! Times are epoch milliseconds with their fraction, parties are numbers, 64-bit counts become `bigint`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::document::basis;
use crate::case::{Analysis, Case, File};
use crate::detectors::Refrain;
use crate::evidence::text::visible;
use crate::evidence::zone::{Rules, Zone};
use crate::evidence::{Clock, Reasons};
use crate::finding::{Finding, Gravity};
use crate::flow::{Hour, Moment, Service};
use crate::formats::{self, Mapping, Sample, mapped_csv};
use crate::ledger::Totals;
use crate::ledger::survey::{Link, LinkKey, ServiceRecord};
use crate::policy::Rule;
use crate::reading::receipt::Receipt;
use crate::report::figure::Placement;
use crate::scene::network::numbered;
use crate::scene::timeline::Timeline;
use crate::scene::{Scene, Subject};
use crate::sites::{Country, Party, Site};

/// Below this, a number is that of a country outside.
const COUNTRIES: i32 = -1000;

/// A party as a number: a site's index, -1 outside, -2 unassigned, from -1000 down outside by country.
pub fn number_of(party: Party) -> i32 {
    match party {
        Party::Site(index) => index as i32,
        Party::External => -1,
        Party::Unassigned => -2,
        Party::Country(country) => COUNTRIES - i32::from(country.number()),
    }
}

/// The party of a number.
pub fn party_of(number: i32) -> Party {
    match number {
        -1 => Party::External,
        -2 => Party::Unassigned,
        number if number <= COUNTRIES => {
            Party::Country(Country::numbered(u16::try_from(COUNTRIES - number).unwrap_or_default()))
        }
        index => Party::Site(index.max(0) as u32),
    }
}

/// Epoch milliseconds.
pub fn millis(moment: Moment) -> f64 {
    moment.0 as f64 / 1e3
}

/// The moment of epoch milliseconds.
pub fn moment(millis: f64) -> Moment {
    Moment((millis * 1e3).round() as i64)
}

/// A window, where both of its ends are given.
pub fn window(from: Option<f64>, to: Option<f64>) -> Option<(Moment, Moment)> {
    from.zip(to).map(|(from, to)| (moment(from), moment(to)))
}

/// The hours that a window touches.
pub fn hours(from: Option<f64>, to: Option<f64>) -> Option<(Hour, Hour)> {
    window(from, to).map(|(from, to)| (from.hour(), to.hour()))
}

/// What can be pointed at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SubjectMessage {
    /// A site or another party.
    Site {
        /// Who.
        party: i32,
    },
    /// A link.
    Link {
        /// Whose calls.
        from: i32,
        /// To whom.
        to: i32,
    },
    /// A finding.
    Finding {
        /// Its id.
        id: String,
    },
    /// A moment of the timeline.
    Moment {
        /// When.
        ms: f64,
    },
}

impl SubjectMessage {
    /// The message of a subject; words that were elided are none.
    pub fn of(subject: &Subject) -> Option<SubjectMessage> {
        Some(match subject {
            Subject::Site(party) => SubjectMessage::Site { party: number_of(*party) },
            Subject::Link(key) => SubjectMessage::Link { from: number_of(key.from), to: number_of(key.to) },
            Subject::Finding(id) => SubjectMessage::Finding { id: id.clone() },
            Subject::Hours(first, _) => SubjectMessage::Moment { ms: first.start().map(millis)? },
            Subject::Words => return None,
        })
    }

    /// The subject of a message.
    pub fn subject(&self) -> Subject {
        match self {
            SubjectMessage::Site { party } => Subject::Site(party_of(*party)),
            SubjectMessage::Link { from, to } => Subject::Link(LinkKey { from: party_of(*from), to: party_of(*to) }),
            SubjectMessage::Finding { id } => Subject::Finding(id.clone()),
            SubjectMessage::Moment { ms } => {
                let hour = moment(*ms).hour();
                Subject::Hours(hour, hour)
            }
        }
    }
}

/// How the picture is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct View {
    /// `map` or `ring`.
    pub layout: LayoutMessage,
    /// In CSS pixels.
    pub width: f32,
    /// In CSS pixels.
    pub height: f32,
    /// The brush's beginning.
    pub from_ms: Option<f64>,
    /// The brush's end.
    pub to_ms: Option<f64>,
    /// What was chosen.
    pub selected: Option<SubjectMessage>,
    /// What lies under the pointer.
    pub hovered: Option<SubjectMessage>,
    /// How far a matrix is enlarged; 1 where absent.
    pub zoom: Option<f32>,
    /// How far it is moved, in CSS pixels.
    pub pan: Option<(f32, f32)>,
    /// Only what lies near this party.
    pub focus: Option<Focus>,
    /// The hosts of what is chosen, in place of the sites.
    pub hosts: Option<bool>,
    /// `en` or `ja`; English where absent.
    pub language: Option<String>,
}

/// A party and how many links off others may be.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Focus {
    /// Whom it is about.
    pub party: i32,
    /// How many links.
    pub hops: u32,
}

impl Focus {
    /// As a lens has it.
    pub fn of_lens(self) -> (Party, u32) {
        (party_of(self.party), self.hops.min(20))
    }
}

/// A scene on its way to a stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Shown {
    /// A picture.
    Picture(Scene),
    /// The timeline, which also knows its moments.
    Timeline(Timeline),
}

impl Shown {
    /// What is painted.
    pub fn scene(&self) -> &Scene {
        match self {
            Shown::Picture(scene) => scene,
            Shown::Timeline(timeline) => &timeline.scene,
        }
    }

    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a scene is plain data, and allocation is the only way to fail")
    }
}

/// How sites are placed.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LayoutMessage {
    /// On the map.
    Map,
    /// On a ring.
    Ring,
    /// Those that talk near each other.
    Force,
    /// Site by site.
    Matrix,
}

impl LayoutMessage {
    /// As the figure has it.
    pub fn placement(self) -> Placement {
        match self {
            LayoutMessage::Map => Placement::Map,
            LayoutMessage::Ring => Placement::Ring,
            LayoutMessage::Force => Placement::Force,
            LayoutMessage::Matrix => Placement::Matrix,
        }
    }
}

/// How the figure is wanted.
#[derive(Debug, Clone, Deserialize)]
pub struct FigureOptions {
    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub size: String,
    /// `map` or `ring`.
    pub layout: LayoutMessage,
    /// `CLEAR`, `GREEN`, `AMBER`, `AMBER+STRICT`, `RED`.
    pub tlp: String,
    /// The figure's number in the report.
    pub number: Option<String>,
    /// A title other than the finding's own.
    pub title: Option<String>,
    /// `en` or `ja`; English where absent.
    pub language: Option<String>,
    /// Names and addresses as pseudonyms.
    pub pseudonyms: Option<bool>,
    /// Without what lets it be opened again.
    pub bare: Option<bool>,
    /// Only what lies near this party.
    pub focus: Option<Focus>,
    /// The brush's beginning.
    pub from_ms: Option<f64>,
    /// The brush's end.
    pub to_ms: Option<f64>,
}

/// A numbered step, for the analyst to put elsewhere and to word.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepMessage {
    /// The initiators' site, by name.
    pub from: String,
    /// The responders' site, by name.
    pub to: String,
    /// The rule's words.
    #[serde(default)]
    pub rule: String,
    /// The analyst's words, where there are any.
    pub says: Option<String>,
}

/// A figure that was opened again: what it was made with, for the page to show it so.
#[derive(Debug, Serialize)]
pub struct RecipeMessage {
    /// `a4-landscape`, `a4-portrait`, `16:9`.
    pub size: String,
    /// `ring`, `map`, `force`, `matrix`.
    pub layout: String,
    /// The label.
    pub tlp: String,
    /// Its number.
    pub number: u32,
    /// Its title, where it was worded.
    pub title: Option<String>,
    /// `en` or `ja`.
    pub language: String,
    /// Whether names were pseudonyms.
    pub pseudonyms: bool,
    /// What was looked at.
    pub window: Option<(f64, f64)>,
    /// Near whom.
    pub focus: Option<(i32, u32)>,
    /// What of its evidence is not here, or otherwise; empty where all is here.
    pub lacking: Vec<String>,
    /// Whether it was made of this very case.
    pub same_case: bool,
}

/// Which rows are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum RowQuery {
    /// Those of a finding.
    Finding {
        /// Its id.
        finding: String,
    },
    /// Those of a site that a sweep found traces at.
    Swept {
        /// The sweep's place among those of the case.
        sweep: u32,
        /// The site.
        site: i32,
    },
    /// Those that name an indicator.
    Search {
        /// The indicators as they were pasted.
        search: String,
        /// How many of a file at most.
        most: Option<u32>,
    },
    /// The record at a place, with what stands around it.
    Place {
        /// Bytes from the beginning of the records' layer.
        offset: f64,
    },
    /// Those of a link.
    Link {
        /// Whose calls.
        from: i32,
        /// To whom.
        to: i32,
        /// Over this only.
        service: Option<String>,
        /// From this host only.
        initiator: Option<String>,
        /// To this host only.
        responder: Option<String>,
        /// From then on only.
        from_ms: Option<f64>,
        /// Until then only.
        to_ms: Option<f64>,
        /// How many at most.
        most: Option<u32>,
    },
}

/// A raw row.
#[derive(Debug, Serialize)]
pub struct RowMessage {
    file: u32,
    line: f64,
    offset: f64,
    at: Option<f64>,
    text: String,
    flow: String,
    around: bool,
    /// What of it was sought.
    met: Option<String>,
}

impl RowMessage {
    /// The message of a row of this file.
    pub fn of(file: u32, row: crate::reading::rows::Row) -> RowMessage {
        let (line, offset) = (row.place.line as f64, row.place.offset as f64);
        let (at, met) = (row.at.map(millis), row.met.as_deref().map(|met| visible(met).into_owned()));
        RowMessage { file, line, offset, at, text: row.text, flow: row.flow, around: row.around, met }
    }
}

/// How far a reading is.
#[derive(Debug, Serialize)]
pub struct ProgressMessage {
    bytes: f64,
    records: u64,
    flows: u64,
    malformed: u64,
    format: Option<&'static str>,
}

impl From<crate::reading::Progress> for ProgressMessage {
    fn from(progress: crate::reading::Progress) -> ProgressMessage {
        ProgressMessage {
            bytes: progress.bytes as f64,
            records: progress.records,
            flows: progress.flows,
            malformed: progress.malformed,
            format: progress.format,
        }
    }
}

/// What was left out of a dropped sites.csv or policy.csv.
#[derive(Debug, Serialize)]
pub struct ComplaintMessage {
    line: f64,
    sentence: String,
}

impl From<&crate::evidence::table::Complaint> for ComplaintMessage {
    fn from(complaint: &crate::evidence::table::Complaint) -> ComplaintMessage {
        ComplaintMessage { line: complaint.line as f64, sentence: visible(&complaint.sentence).into_owned() }
    }
}

/// All that the panels show.
#[derive(Debug, Serialize)]
pub struct CaseView {
    tool: Tool,
    evidence: Vec<EvidenceMessage>,
    sites: Vec<SiteMessage>,
    sites_guessed: bool,
    policy: Vec<RuleMessage>,
    findings: Vec<FindingMessage>,
    refrains: Vec<RefrainMessage>,
    links: Vec<LinkMessage>,
    window: Option<(f64, f64)>,
    notices: Vec<String>,
    partial: bool,
    synthetic: bool,
}

#[derive(Debug, Serialize)]
struct Tool {
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct EvidenceMessage {
    index: u32,
    name: String,
    /// The dropped archive that holds it.
    within: Option<String>,
    size: f64,
    sha256: String,
    format: Option<String>,
    title: Option<&'static str>,
    complete: bool,
    layers: Vec<String>,
    encoding: Option<EncodingMessage>,
    records: u64,
    parsed: u64,
    skipped: Vec<ReasonMessage>,
    malformed: Vec<ReasonMessage>,
    unprocessed: Vec<ReasonMessage>,
    flows: u64,
    drawn: u64,
    filtered: Vec<ReasonMessage>,
    without_endpoint: Vec<ReasonMessage>,
    header_lines: u64,
    first: Option<f64>,
    last: Option<f64>,
    clock: ClockMessage,
    advice: Option<String>,
    mapping: Option<MappingMessage>,
    duplicate_of: Option<u32>,
    imbalance: Option<String>,
    synthetic: bool,
}

#[derive(Debug, Serialize)]
struct EncodingMessage {
    name: &'static str,
    known: &'static str,
}

#[derive(Debug, Serialize)]
struct ClockMessage {
    basis: &'static str,
    offset: Option<i32>,
    zone: Option<&'static str>,
    year: Option<i32>,
    /// Seconds by which it was said to run ahead.
    ahead: Option<f64>,
    /// Flows without a time.
    undated: u64,
    /// The first dated flows: line of the record, and when they began as far as the clock is settled.
    dated: Vec<(f64, f64)>,
}

/// What a person settled of a file's clock.
#[derive(Debug, Deserialize)]
pub struct ClockChoice {
    offset: Option<i32>,
    zone: Option<Rules>,
    year: Option<i32>,
    ahead: Option<f64>,
}

impl ClockChoice {
    /// As the engine has it; `None` where the zone's rules are none.
    pub fn clock(self) -> Option<Clock> {
        let chosen_zone = match self.zone {
            Some(rules) => Some(Zone::new(rules)?),
            None => None,
        };
        let chosen_ahead = self.ahead.map(|seconds| (seconds * 1e6).round() as i64).filter(|micros| *micros != 0);
        Some(Clock { chosen_offset: self.offset, chosen_zone, chosen_year: self.year, chosen_ahead })
    }
}

/// The first rows of a table, and what its columns are taken for.
#[derive(Debug, Serialize)]
pub struct MappingMessage {
    fields: BTreeMap<String, String>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How each row reads.
    readings: Vec<MappedRow>,
}

/// How a row reads through a mapping.
#[derive(Debug, Serialize)]
struct MappedRow {
    /// Field → what was understood.
    flow: Option<BTreeMap<&'static str, String>>,
    /// Why it is no flow.
    fault: Option<String>,
}

/// The first rows of a table under this mapping, or under the guess; `None` where it is none.
pub fn mapping(receipt: &Receipt, mapping: Option<&Mapping>) -> Option<MappingMessage> {
    let whole = receipt.accounts.length <= receipt.sample.len() as u64;
    let preview = mapped_csv::preview(&Sample { bytes: &receipt.sample, whole }, mapping)?;
    let inert = |cells: &[String]| cells.iter().map(|cell| visible(cell).into_owned()).collect::<Vec<_>>();
    let reading = |reading: mapped_csv::Reading| match reading {
        mapped_csv::Reading::Flow(fields) => {
            let fields = fields.into_iter().map(|(field, value)| (field, visible(&value).into_owned())).collect();
            MappedRow { flow: Some(fields), fault: None }
        }
        mapped_csv::Reading::Malformed(why) => MappedRow { flow: None, fault: Some(visible(&why).into_owned()) },
    };
    Some(MappingMessage {
        header: inert(&preview.header),
        rows: preview.rows.iter().map(|row| inert(row)).collect(),
        fields: preview.mapping.columns,
        readings: preview.readings.into_iter().map(reading).collect(),
    })
}

/// How far a file's clock runs ahead of another's.
#[derive(Debug, Serialize)]
pub struct SkewMessage {
    /// The other file.
    pub beside: String,
    /// Seconds.
    pub ahead: f64,
    /// Host pairs that say so.
    pub matched: usize,
    /// Of so many that both saw.
    pub of: usize,
}

#[derive(Debug, Serialize)]
struct ReasonMessage {
    reason: String,
    count: u64,
    bytes: u64,
    line: Option<f64>,
    offset: Option<f64>,
    found: Option<String>,
}

#[derive(Debug, Serialize)]
struct SiteMessage {
    index: u32,
    name: String,
    country: Option<String>,
    timezone: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    role: Option<String>,
    contact: Option<String>,
    ranges: Vec<String>,
    guessed: bool,
    connections: u64,
    findings: u32,
}

#[derive(Debug, Serialize)]
struct RuleMessage {
    line: f64,
    from: String,
    to: String,
    service: String,
    verdict: &'static str,
    reason: String,
    approver: Option<String>,
    until: Option<String>,
}

#[derive(Debug, Serialize)]
struct FindingMessage {
    rank: u32,
    /// The number of its link on the picture.
    number: Option<u32>,
    id: String,
    lane: &'static str,
    rule: &'static str,
    gravity: &'static str,
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    service: Option<String>,
    first: Option<f64>,
    last: Option<f64>,
    hosts: Vec<String>,
    accounts: Vec<String>,
    p: Option<f64>,
    q: Option<f64>,
    because: String,
    normal: String,
    innocent: &'static [&'static str],
    attack: &'static [&'static str],
    rows: Vec<RowPlace>,
    decision: Option<DecisionMessage>,
}

#[derive(Debug, Serialize)]
struct DecisionMessage {
    verdict: &'static str,
    who: String,
    at: f64,
    why: String,
}

fn decision(case: &Case, finding: &str) -> Option<DecisionMessage> {
    crate::case::acts::standing(&case.decisions, finding).map(|decision| DecisionMessage {
        verdict: decision.verdict.word(),
        who: visible(&decision.who).into_owned(),
        at: decision.at * 1_000.0,
        why: visible(&decision.why).into_owned(),
    })
}

#[derive(Debug, Serialize)]
struct RowPlace {
    file: u32,
    line: f64,
    offset: f64,
    at: Option<f64>,
}

#[derive(Debug, Serialize)]
struct RefrainMessage {
    rule: &'static str,
    from_name: Option<String>,
    to_name: Option<String>,
    service: Option<String>,
    because: String,
}

#[derive(Debug, Serialize)]
struct TotalsMessage {
    connections: u64,
    established: u64,
    denied: u64,
    failed: u64,
    bytes_out: u64,
    bytes_in: u64,
    first: Option<f64>,
    last: Option<f64>,
}

#[derive(Debug, Serialize)]
struct LinkMessage {
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    #[serde(flatten)]
    totals: TotalsMessage,
    state: &'static str,
    services: Vec<ServiceMessage>,
}

#[derive(Debug, Serialize)]
struct ServiceMessage {
    service: String,
    #[serde(flatten)]
    totals: TotalsMessage,
    hosts_from: u32,
    hosts_to: u32,
}

/// Mirrors a case for the panels.
pub fn case_view(case: &Case, analysis: &Analysis) -> CaseView {
    let name = |party: Party| visible(analysis.book.name_of(party)).into_owned();
    let order = crate::report::figure::order(&case.depiction, &analysis.book);
    let numbers: Vec<LinkKey> = numbered(&analysis.findings.findings, &order).iter().map(|first| first.link).collect();
    CaseView {
        tool: Tool { version: env!("CARGO_PKG_VERSION") },
        evidence: (case.files().iter().zip(&analysis.repeats).zip(0..))
            .map(|((file, repeat), index)| evidence(case, file, *repeat, index))
            .collect(),
        sites: analysis.book.sites.iter().zip(0..).map(|(site, index)| site_message(analysis, site, index)).collect(),
        sites_guessed: analysis.guessed,
        policy: case.policy.rules.iter().map(rule).collect(),
        findings: (analysis.findings.findings.iter().zip(1..))
            .map(|(finding, rank)| FindingMessage {
                decision: decision(case, &finding.id),
                ..finding_message(analysis, finding, rank, &numbers, &name)
            })
            .collect(),
        refrains: analysis.findings.refrains.iter().map(|refrain| refrain_message(refrain, &name)).collect(),
        links: (analysis.survey.links.iter()).map(|(key, link)| link_message(analysis, *key, link, &name)).collect(),
        window: analysis.survey.window.map(|(first, last)| (millis(first), millis(last))),
        notices: analysis.notices.iter().map(|notice| visible(notice).into_owned()).collect(),
        partial: analysis.partial,
        synthetic: analysis.synthetic,
    }
}

fn evidence(case: &Case, file: &File, repeat: Option<usize>, index: u32) -> EvidenceMessage {
    let receipt = &file.receipt;
    let accounts = &receipt.accounts;
    let clock = case.order_of(receipt).map(|order| order.setting.clock).unwrap_or_default();
    EvidenceMessage {
        index,
        name: visible(&receipt.name).into_owned(),
        within: receipt.within.as_deref().map(|within| visible(within).into_owned()),
        size: receipt.size as f64,
        sha256: receipt.sha256.clone().unwrap_or_default(),
        format: receipt.format.clone(),
        title: receipt.format.as_deref().and_then(formats::by_name).map(|format| format.title()),
        complete: receipt.is_complete(),
        layers: receipt.layers.iter().map(|layer| layer.name.clone()).collect(),
        encoding: receipt
            .encoding
            .map(|taken| EncodingMessage { name: taken.charset.name(), known: taken.known.word() }),
        records: accounts.records(),
        parsed: accounts.parsed.count,
        skipped: reasons(&accounts.skipped),
        malformed: reasons(&accounts.malformed),
        unprocessed: receipt
            .layers
            .iter()
            .flat_map(|layer| reasons(&layer.unprocessed))
            .chain(reasons(&accounts.unprocessed))
            .collect(),
        flows: accounts.flows,
        drawn: accounts.drawn,
        filtered: reasons(&accounts.filtered),
        without_endpoint: reasons(&accounts.without_endpoint),
        header_lines: accounts.headers.count,
        first: receipt.first.map(millis),
        last: receipt.last.map(millis),
        clock: ClockMessage {
            basis: basis(&receipt.bases),
            offset: clock.chosen_offset,
            zone: clock.chosen_zone.map(Zone::name),
            year: clock.chosen_year,
            ahead: clock.chosen_ahead.map(|ahead| ahead as f64 / 1e6),
            undated: receipt.undated,
            dated: receipt.dated.iter().map(|(place, at)| (place.line as f64, millis(*at))).collect(),
        },
        advice: receipt.advice.clone(),
        mapping: mapping(receipt, receipt.mapping.as_ref()),
        duplicate_of: repeat.map(|at| at as u32),
        imbalance: receipt.imbalance(),
        synthetic: receipt.is_synthetic(),
    }
}

fn reasons(reasons: &Reasons) -> Vec<ReasonMessage> {
    let message =
        |(reason, (tally, example)): (&String, &(crate::evidence::Tally, Option<crate::evidence::Example>))| {
            ReasonMessage {
                reason: visible(reason).into_owned(),
                count: tally.count,
                bytes: tally.bytes,
                line: example.as_ref().map(|example| example.place.line as f64),
                offset: example.as_ref().map(|example| example.place.offset as f64),
                found: example.as_ref().map(|example| visible(&example.found).into_owned()),
            }
        };
    reasons.0.iter().map(message).collect()
}

fn site_message(analysis: &Analysis, site: &Site, index: u32) -> SiteMessage {
    let party = Party::Site(index);
    let touches = |key: &LinkKey| key.from == party || key.to == party;
    let links = analysis.survey.links.iter().filter(|(key, _)| touches(key));
    SiteMessage {
        index,
        name: visible(&site.name).into_owned(),
        country: site.country.clone(),
        timezone: site.timezone.clone(),
        lat: site.position.map(|(lat, _)| lat),
        lon: site.position.map(|(_, lon)| lon),
        role: site.role.clone(),
        contact: site.contact.clone(),
        ranges: site.ranges.iter().map(|range| range.net.to_string()).collect(),
        guessed: site.guessed,
        connections: links.map(|(_, link)| link.totals.connections()).sum(),
        findings: analysis.findings.findings.iter().filter(|finding| touches(&finding.link)).count() as u32,
    }
}

fn rule(rule: &Rule) -> RuleMessage {
    RuleMessage {
        line: rule.line as f64,
        from: visible(&rule.from.to_string()).into_owned(),
        to: visible(&rule.to.to_string()).into_owned(),
        service: rule.service.to_string(),
        verdict: rule.verdict.word(),
        reason: visible(&rule.reason).into_owned(),
        approver: rule.approver.clone(),
        until: rule.until.clone(),
    }
}

fn gravity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Violation => "violation",
        Gravity::Anomalous => "anomalous",
        Gravity::Suspected => "suspected",
    }
}

fn finding_message(
    analysis: &Analysis,
    finding: &Finding,
    rank: u32,
    numbers: &[LinkKey],
    name: &dyn Fn(Party) -> String,
) -> FindingMessage {
    let row = |sight: crate::ledger::Sight| RowPlace {
        file: sight.file,
        line: sight.place.line as f64,
        offset: sight.place.offset as f64,
        at: sight.at.map(millis),
    };
    let number = numbers.iter().position(|link| *link == finding.link).map(|at| at as u32 + 1);
    FindingMessage {
        rank,
        number,
        id: finding.id.clone(),
        lane: finding.lane.word(),
        rule: finding.rule,
        gravity: gravity(finding.gravity),
        from: number_of(finding.link.from),
        to: number_of(finding.link.to),
        from_name: name(finding.link.from),
        to_name: name(finding.link.to),
        service: finding.service.map(|service| service.to_string()),
        first: finding.window.map(|(first, _)| millis(first)),
        last: finding.window.map(|(_, last)| millis(last)),
        hosts: finding.hosts.iter().map(|host| visible(&analysis.survey.host(*host)).into_owned()).collect(),
        accounts: finding.accounts.iter().map(|account| visible(account).into_owned()).collect(),
        p: finding.p,
        q: finding.q,
        because: visible(&finding.because).into_owned(),
        normal: visible(&finding.normal).into_owned(),
        innocent: finding.innocent,
        attack: finding.attack,
        rows: finding.rows.iter().map(row).collect(),
        decision: None,
    }
}

fn refrain_message(refrain: &Refrain, name: &dyn Fn(Party) -> String) -> RefrainMessage {
    RefrainMessage {
        rule: refrain.rule,
        from_name: refrain.link.map(|link| name(link.from)),
        to_name: refrain.link.map(|link| name(link.to)),
        service: refrain.service.map(|service| service.to_string()),
        because: visible(&refrain.because).into_owned(),
    }
}

fn link_message(analysis: &Analysis, key: LinkKey, link: &Link, name: &dyn Fn(Party) -> String) -> LinkMessage {
    let gravest = analysis.findings.findings.iter().filter(|finding| finding.link == key).map(|f| f.gravity).max();
    let service = |(service, record): (&Service, &ServiceRecord)| {
        let (hosts_from, hosts_to) = record.hosts();
        ServiceMessage {
            service: service.to_string(),
            totals: totals(&record.totals),
            hosts_from: hosts_from as u32,
            hosts_to: hosts_to as u32,
        }
    };
    LinkMessage {
        from: number_of(key.from),
        to: number_of(key.to),
        from_name: name(key.from),
        to_name: name(key.to),
        totals: totals(&link.totals),
        state: gravest.map_or("expected", gravity),
        services: link.services.iter().map(service).collect(),
    }
}

fn totals(totals: &Totals) -> TotalsMessage {
    TotalsMessage {
        connections: totals.connections(),
        established: totals.established,
        denied: totals.denied,
        failed: totals.failed,
        bytes_out: totals.bytes_out,
        bytes_in: totals.bytes_in,
        first: totals.first.map(millis),
        last: totals.last.map(millis),
    }
}
