//! What crosses the boundary, as mirrors of the core's types, so that a wire format never dictates the core.
//! Times are epoch milliseconds with their fraction, parties are numbers, 64-bit counts become `bigint`.

mod evidence;
mod picture;
mod rows;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::{Analysis, Case};
use crate::detectors::Refrain;
use crate::evidence::text::visible;
use crate::finding::{Finding, Gravity};
use crate::flow::{Hour, Moment, Service};
use crate::ledger::Totals;
use crate::ledger::survey::{Link, LinkKey, ServiceRecord};
use crate::phrase::{Language, Phrase, Saying};
use crate::policy::Rule;
use crate::scene::network::numbered;
use crate::sites::{Country, Party, Site};
use evidence::{EvidenceMessage, evidence};

pub use evidence::{ClockChoice, MappingMessage, SkewMessage, mapping};
pub use picture::{FigureOptions, Focus, LayoutMessage, RecipeMessage, Shown, StepMessage, SubjectMessage, View};
pub use rows::{ProgressMessage, RowMessage, RowQuery};

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

/// What is said in every language: the page shows it in the one in use, and needs nothing anew to show it in another.
#[derive(Debug, Serialize)]
struct PhraseMessage {
    en: String,
    ja: String,
}

impl From<&Phrase> for PhraseMessage {
    fn from(phrase: &Phrase) -> PhraseMessage {
        let [en, ja] = [Language::English, Language::Japanese].map(|own| visible(phrase.of(own)).into_owned());
        PhraseMessage { en, ja }
    }
}

impl From<&Saying> for PhraseMessage {
    fn from(saying: &Saying) -> PhraseMessage {
        PhraseMessage { en: saying.0.to_owned(), ja: saying.1.to_owned() }
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
    notices: Vec<PhraseMessage>,
    partial: bool,
    synthetic: bool,
}

#[derive(Debug, Serialize)]
struct Tool {
    version: &'static str,
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
    /// Weak by its q and not confirmed: not counted as a finding.
    weak: bool,
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
    /// Other links that it is about as well.
    also: Vec<EndsMessage>,
    service: Option<String>,
    first: Option<f64>,
    last: Option<f64>,
    hosts: Vec<String>,
    accounts: Vec<String>,
    p: Option<f64>,
    q: Option<f64>,
    because: PhraseMessage,
    normal: PhraseMessage,
    /// What the small picture shows, in words, where there is one.
    pictured: Option<PhraseMessage>,
    innocent: Vec<PhraseMessage>,
    attack: &'static [&'static str],
    rows: Vec<RowPlace>,
    decision: Option<DecisionMessage>,
}

/// A link by its ends.
#[derive(Debug, Serialize)]
struct EndsMessage {
    from: i32,
    to: i32,
    from_name: String,
    to_name: String,
}

#[derive(Debug, Serialize)]
struct DecisionMessage {
    verdict: &'static str,
    who: String,
    at: f64,
    why: String,
}

fn is_confirmed(case: &Case, finding: &str) -> bool {
    let standing = crate::case::acts::standing(&case.decisions, finding);
    standing.is_some_and(|decision| decision.verdict == crate::case::acts::Verdict::Confirmed)
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
    because: PhraseMessage,
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
    let busy = busy(analysis);
    CaseView {
        tool: Tool { version: env!("CARGO_PKG_VERSION") },
        evidence: (case.files().iter().zip(&analysis.repeats).zip(0..))
            .map(|((file, repeat), index)| evidence(case, file, *repeat, index))
            .collect(),
        sites: analysis.book.sites.iter().zip(0..).map(|(site, index)| site_message(site, index, &busy)).collect(),
        sites_guessed: analysis.guessed,
        policy: case.policy.rules.iter().map(rule).collect(),
        findings: (analysis.findings.findings.iter().zip(1..))
            .map(|(finding, rank)| FindingMessage {
                decision: decision(case, &finding.id),
                weak: finding.is_weak() && !is_confirmed(case, &finding.id),
                ..finding_message(analysis, finding, rank, &numbers, &name)
            })
            .collect(),
        refrains: analysis.findings.refrains.iter().map(|refrain| refrain_message(refrain, &name)).collect(),
        links: (analysis.survey.links.iter()).map(|(key, link)| link_message(analysis, *key, link, &name)).collect(),
        window: analysis.survey.window.map(|(first, last)| (millis(first), millis(last))),
        notices: analysis.notices.iter().map(PhraseMessage::from).collect(),
        partial: analysis.partial,
        synthetic: analysis.synthetic,
    }
}

/// Connections and findings of each party, on links that it is an end of.
fn busy(analysis: &Analysis) -> BTreeMap<Party, (u64, u32)> {
    let mut busy: BTreeMap<Party, (u64, u32)> = BTreeMap::new();
    // A link within a site counts once.
    let ends = |key: &LinkKey| std::iter::once(key.from).chain((key.to != key.from).then_some(key.to));
    for (key, link) in &analysis.survey.links {
        ends(key).for_each(|party| busy.entry(party).or_default().0 += link.totals.connections());
    }
    for finding in &analysis.findings.findings {
        ends(&finding.link).for_each(|party| busy.entry(party).or_default().1 += 1);
    }
    busy
}

fn site_message(site: &Site, index: u32, busy: &BTreeMap<Party, (u64, u32)>) -> SiteMessage {
    let (connections, findings) = busy.get(&Party::Site(index)).copied().unwrap_or_default();
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
        connections,
        findings,
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
    let ends = |link: &LinkKey| EndsMessage {
        from: number_of(link.from),
        to: number_of(link.to),
        from_name: name(link.from),
        to_name: name(link.to),
    };
    let number = numbers.iter().position(|link| *link == finding.link).map(|at| at as u32 + 1);
    FindingMessage {
        rank,
        number,
        id: finding.id.clone(),
        lane: finding.lane.word(),
        rule: finding.rule,
        gravity: gravity(finding.gravity),
        weak: finding.is_weak(),
        from: number_of(finding.link.from),
        to: number_of(finding.link.to),
        from_name: name(finding.link.from),
        to_name: name(finding.link.to),
        also: finding.also.iter().map(ends).collect(),
        service: finding.service.map(|service| service.to_string()),
        first: finding.window.map(|(first, _)| millis(first)),
        last: finding.window.map(|(_, last)| millis(last)),
        hosts: finding.hosts.iter().map(|host| visible(&analysis.survey.host(*host)).into_owned()).collect(),
        accounts: finding.accounts.iter().map(|account| visible(account).into_owned()).collect(),
        p: finding.p,
        q: finding.q,
        because: (&finding.because).into(),
        normal: (&finding.normal).into(),
        pictured: finding.usual.as_ref().map(|own| (&own.says()).into()),
        innocent: finding.innocent.iter().map(PhraseMessage::from).collect(),
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
        because: (&refrain.because).into(),
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
