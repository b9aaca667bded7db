//! `case.json`, schema `kyoten-case/1`: the case as a document for others. Times are epoch seconds with their fraction,
//! sites stand by name, the order of every list is fixed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Analysis, Case, File};
use crate::evidence::Reasons;
use crate::evidence::unpack::LayerAccount;
use crate::finding::Finding;
use crate::flow::{Basis, Hour, Moment};
use crate::ledger::Totals;
use crate::ledger::survey::{Link, LinkKey, ServiceRecord};
use crate::policy::Rule;
use crate::sites::{Party, Site};

/// The schema that this version writes.
pub const SCHEMA: &str = "kyoten-case/1";
/// The version of Kyoten, as every export names it.
pub const TOOL: &str = concat!("kyoten ", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
struct Document<'c> {
    schema: &'static str,
    tool: &'static str,
    case_id: String,
    synthetic: bool,
    partial: bool,
    notices: &'c [String],
    window: Option<(f64, f64)>,
    baseline: Option<(f64, f64)>,
    evidence: Vec<EvidenceEntry<'c>>,
    sites_guessed: bool,
    sites: Vec<SiteEntry<'c>>,
    policy: Vec<RuleEntry<'c>>,
    links: Vec<LinkEntry<'c>>,
    findings: Vec<FindingEntry<'c>>,
    not_enough_evidence: Vec<RefrainEntry<'c>>,
    coverage: Vec<CoverageEntry<'c>>,
    decisions: Vec<()>,
}

#[derive(Serialize)]
struct EvidenceEntry<'c> {
    name: &'c str,
    sha256: Option<&'c str>,
    bytes: u64,
    format: Option<&'c str>,
    layers: &'c [LayerAccount],
    clock: Clock,
    flows_without_time: u64,
    first: Option<f64>,
    last: Option<f64>,
    accounts: AccountsEntry<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<&'c BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abandoned: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'c str>,
}

#[derive(Serialize)]
struct Clock {
    basis: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_offset_seconds: Option<i32>,
}

#[derive(Serialize)]
struct AccountsEntry<'c> {
    length: u64,
    records: u64,
    parsed: u64,
    skipped: BTreeMap<&'c str, u64>,
    malformed: BTreeMap<&'c str, u64>,
    unprocessed: BTreeMap<&'c str, u64>,
    unprocessed_bytes: u64,
    headers: u64,
    separator_bytes: u64,
    flows: u64,
    drawn: u64,
    filtered: BTreeMap<&'c str, u64>,
    without_endpoint: BTreeMap<&'c str, u64>,
    examples: Vec<ExampleEntry<'c>>,
}

#[derive(Serialize)]
struct ExampleEntry<'c> {
    reason: &'c str,
    line: u64,
    offset: u64,
    found: &'c str,
}

#[derive(Serialize)]
struct SiteEntry<'c> {
    site: &'c str,
    country: &'c Option<String>,
    timezone: &'c Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    role: &'c Option<String>,
    contact: &'c Option<String>,
    ranges: Vec<String>,
    host_patterns: &'c [String],
    guessed: bool,
}

#[derive(Serialize)]
struct RuleEntry<'c> {
    from: String,
    to: String,
    service: String,
    verdict: &'static str,
    reason: &'c str,
    hours: &'c Option<String>,
    approver: &'c Option<String>,
    until: &'c Option<String>,
    line: u64,
}

#[derive(Serialize)]
struct LinkEntry<'c> {
    from: &'c str,
    to: &'c str,
    services: Vec<ServiceEntry>,
}

#[derive(Serialize)]
struct ServiceEntry {
    service: String,
    #[serde(flatten)]
    totals: TotalsEntry,
    hosts_from: usize,
    hosts_to: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<String>,
}

#[derive(Serialize)]
struct TotalsEntry {
    flows: u64,
    established: u64,
    denied: u64,
    failed: u64,
    bytes_out: u64,
    bytes_in: u64,
    first: Option<f64>,
    last: Option<f64>,
}

#[derive(Serialize)]
struct FindingEntry<'c> {
    rank: usize,
    id: &'c str,
    lane: &'static str,
    rule: &'static str,
    from: &'c str,
    to: &'c str,
    service: Option<String>,
    first: Option<f64>,
    last: Option<f64>,
    hosts: Vec<String>,
    accounts: &'c [String],
    p: Option<f64>,
    q: Option<f64>,
    because: &'c str,
    normal: &'c str,
    innocent: &'static [&'static str],
    attack: &'static [&'static str],
    evidence: Vec<RowEntry<'c>>,
}

#[derive(Serialize)]
struct RowEntry<'c> {
    file: &'c str,
    line: u64,
    offset: u64,
}

#[derive(Serialize)]
struct RefrainEntry<'c> {
    rule: &'static str,
    from: Option<&'c str>,
    to: Option<&'c str>,
    service: Option<String>,
    because: &'c str,
}

#[derive(Serialize)]
struct CoverageEntry<'c> {
    sensor: &'c str,
    first: Option<f64>,
    last: Option<f64>,
    hours: usize,
    /// Stretches of hours without a single record between the first and the last: start, and how many hours.
    silent: Vec<(f64, i64)>,
}

/// Writes the document.
pub fn case_json(case: &Case, analysis: &Analysis) -> String {
    let document = document(case, analysis);
    let mut text = serde_json::to_string_pretty(&document).expect("the document holds nothing that JSON cannot write");
    text.push('\n');
    crate::evidence::text::inert_json(text)
}

/// Twelve hex digits that name a case by its evidence: the same files give the same id.
pub fn case_id(case: &Case) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for file in case.files() {
        hash.update(file.receipt.sha256.as_deref().unwrap_or(&file.receipt.name));
        hash.update([0]);
    }
    hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// A probability to six significant digits: what lies beyond differs between machines' mathematics.
pub fn significant(p: f64) -> f64 {
    format!("{p:.5e}").parse().expect("a number in this notation is a number")
}

/// Epoch seconds with their fraction.
pub fn seconds(moment: Moment) -> f64 {
    moment.0 as f64 / 1e6
}

fn document<'c>(case: &'c Case, analysis: &'c Analysis) -> Document<'c> {
    let name = |party: Party| analysis.book.name_of(party);
    let span = |window: Option<(Moment, Moment)>| window.map(|(first, last)| (seconds(first), seconds(last)));
    Document {
        schema: SCHEMA,
        tool: TOOL,
        case_id: case_id(case),
        synthetic: analysis.synthetic,
        partial: analysis.partial,
        notices: &analysis.notices,
        window: span(analysis.survey.window),
        baseline: span(case.baseline),
        evidence: case.files().iter().zip(&analysis.repeats).map(|(file, r)| evidence(case, file, *r)).collect(),
        sites_guessed: analysis.guessed,
        sites: analysis.book.sites.iter().map(site).collect(),
        policy: case.policy.rules.iter().map(rule).collect(),
        links: analysis.survey.links.iter().map(|(key, l)| link(name(key.from), name(key.to), l)).collect(),
        findings: (analysis.findings.findings.iter().zip(1..))
            .map(|(finding, rank)| finding_entry(case, analysis, finding, rank))
            .collect(),
        not_enough_evidence: (analysis.findings.refrains.iter())
            .map(|refrain| RefrainEntry {
                rule: refrain.rule,
                from: refrain.link.map(|link| name(link.from)),
                to: refrain.link.map(|link| name(link.to)),
                service: refrain.service.map(|s| s.to_string()),
                because: &refrain.because,
            })
            .collect(),
        coverage: analysis.survey.coverage.iter().map(|(sensor, hours)| coverage(sensor, hours)).collect(),
        decisions: Vec::new(),
    }
}

fn evidence<'c>(case: &'c Case, file: &'c File, repeat: Option<usize>) -> EvidenceEntry<'c> {
    let receipt = &file.receipt;
    let accounts = &receipt.accounts;
    let basis = basis(&receipt.bases);
    let assumed = case.orders.get(&receipt.name).and_then(|order| order.setting.clock.chosen_offset);
    EvidenceEntry {
        name: &receipt.name,
        sha256: receipt.sha256.as_deref(),
        bytes: receipt.size,
        format: receipt.format.as_deref(),
        layers: &receipt.layers,
        clock: Clock { basis, assumed_offset_seconds: assumed },
        flows_without_time: receipt.undated,
        first: receipt.first.map(seconds),
        last: receipt.last.map(seconds),
        accounts: AccountsEntry {
            length: accounts.length,
            records: accounts.records(),
            parsed: accounts.parsed.count,
            skipped: counts(&accounts.skipped),
            malformed: counts(&accounts.malformed),
            unprocessed: counts(&accounts.unprocessed),
            unprocessed_bytes: accounts.unprocessed.total().bytes,
            headers: accounts.headers.count,
            separator_bytes: accounts.separators.bytes,
            flows: accounts.flows,
            drawn: accounts.drawn,
            filtered: counts(&accounts.filtered),
            without_endpoint: counts(&accounts.without_endpoint),
            examples: examples(accounts),
        },
        mapping: receipt.mapping.as_ref().map(|mapping| &mapping.columns),
        repeats: repeat.map(|at| case.files()[at].receipt.name.as_str()),
        abandoned: receipt.abandoned.as_deref(),
        advice: receipt.advice.as_deref(),
    }
}

fn counts(reasons: &Reasons) -> BTreeMap<&str, u64> {
    reasons.0.iter().map(|(reason, (tally, _))| (reason.as_str(), tally.count)).collect()
}

fn examples(accounts: &crate::evidence::Accounts) -> Vec<ExampleEntry<'_>> {
    let reasons = [&accounts.skipped, &accounts.malformed, &accounts.without_endpoint];
    let examples = reasons.into_iter().flat_map(|reasons| &reasons.0);
    examples
        .filter_map(|(reason, (_, example))| {
            let example = example.as_ref()?;
            let (line, offset) = (example.place.line, example.place.offset);
            Some(ExampleEntry { reason, line, offset, found: &example.found })
        })
        .collect()
}

/// How the times of a file came to be UTC, in one word.
pub fn basis(bases: &BTreeMap<Basis, u64>) -> &'static str {
    let mut kinds = bases.keys();
    match (kinds.next(), kinds.next()) {
        (None, _) => "none",
        (Some(_), Some(_)) => "mixed",
        (Some(Basis::Explicit), None) => "explicit",
        (Some(Basis::File), None) => "file",
        (Some(Basis::Chosen), None) => "chosen",
        (Some(Basis::Unknown), None) => "unknown",
    }
}

fn site(site: &Site) -> SiteEntry<'_> {
    SiteEntry {
        site: &site.name,
        country: &site.country,
        timezone: &site.timezone,
        lat: site.position.map(|(lat, _)| lat),
        lon: site.position.map(|(_, lon)| lon),
        role: &site.role,
        contact: &site.contact,
        ranges: site.ranges.iter().map(|range| range.net.to_string()).collect(),
        host_patterns: &site.host_patterns,
        guessed: site.guessed,
    }
}

fn rule(rule: &Rule) -> RuleEntry<'_> {
    RuleEntry {
        from: rule.from.to_string(),
        to: rule.to.to_string(),
        service: rule.service.to_string(),
        verdict: rule.verdict.word(),
        reason: &rule.reason,
        hours: &rule.hours,
        approver: &rule.approver,
        until: &rule.until,
        line: rule.line,
    }
}

fn link<'c>(from: &'c str, to: &'c str, link: &Link) -> LinkEntry<'c> {
    let service = |(service, record): (&crate::flow::Service, &ServiceRecord)| {
        let (hosts_from, hosts_to) = record.hosts();
        ServiceEntry {
            service: service.to_string(),
            totals: totals(&record.totals),
            hosts_from,
            hosts_to,
            accounts: record.accounts.keys().cloned().collect(),
        }
    };
    LinkEntry { from, to, services: link.services.iter().map(service).collect() }
}

fn totals(totals: &Totals) -> TotalsEntry {
    TotalsEntry {
        flows: totals.connections(),
        established: totals.established,
        denied: totals.denied,
        failed: totals.failed,
        bytes_out: totals.bytes_out,
        bytes_in: totals.bytes_in,
        first: totals.first.map(seconds),
        last: totals.last.map(seconds),
    }
}

fn finding_entry<'c>(case: &'c Case, analysis: &'c Analysis, finding: &'c Finding, rank: usize) -> FindingEntry<'c> {
    let LinkKey { from, to } = finding.link;
    let row = |sight| RowEntry {
        file: &case.file_of(sight).receipt.name,
        line: sight.place.line,
        offset: sight.place.offset,
    };
    FindingEntry {
        rank,
        id: &finding.id,
        lane: finding.lane.word(),
        rule: finding.rule,
        from: analysis.book.name_of(from),
        to: analysis.book.name_of(to),
        service: finding.service.map(|s| s.to_string()),
        first: finding.window.map(|(first, _)| seconds(first)),
        last: finding.window.map(|(_, last)| seconds(last)),
        hosts: finding.hosts.iter().map(|host| analysis.survey.host(*host)).collect(),
        accounts: &finding.accounts,
        p: finding.p.map(significant),
        q: finding.q.map(significant),
        because: &finding.because,
        normal: &finding.normal,
        innocent: finding.innocent,
        attack: finding.attack,
        evidence: finding.rows.iter().map(row).collect(),
    }
}

fn coverage<'c>(sensor: &'c str, hours: &BTreeMap<Hour, u64>) -> CoverageEntry<'c> {
    let dated: Vec<i64> = hours.keys().filter(|h| **h != Hour::UNDATED).map(|h| i64::from(h.0)).collect();
    let silent = dated.windows(2).filter(|pair| pair[1] - pair[0] > 1);
    let start = |hour: i64| (hour * 3600) as f64;
    CoverageEntry {
        sensor,
        first: dated.first().map(|h| start(*h)),
        last: dated.last().map(|h| start(h + 1)),
        hours: dated.len(),
        silent: silent.map(|pair| (start(pair[0] + 1), pair[1] - pair[0] - 1)).collect(),
    }
}
