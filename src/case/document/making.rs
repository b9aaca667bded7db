//! The document of a case and of what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use super::compact::Lines;
use super::*;
use crate::case::File;
use crate::case::log;
use crate::case::questions;
use crate::evidence::Reasons;
use crate::finding::Gravity;
use crate::flow;
use crate::ledger::gaps::gaps;
use crate::ledger::survey::{self, LinkKey, ServiceRecord};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;
use crate::{finding, policy, sites};

pub fn document(case: &Case, analysis: &Analysis) -> Document {
    let name = |party: Party| analysis.book.name_of(party).to_owned();
    let span = |window: Option<(Moment, Moment)>| window.map(|(first, last)| (seconds(first), seconds(last)));
    let findings = &analysis.findings.findings;
    let told: BTreeSet<(LinkKey, Option<flow::Service>)> = findings.iter().map(|f| (f.link, f.service)).lean_collect();
    let (sweeps, negatives) = questions::answers(case, analysis);
    let mut document = Document {
        schema: SCHEMA.to_owned(),
        tool: TOOL.to_owned(),
        case_id: case_id(case),
        synthetic: analysis.synthetic,
        partial: analysis.partial,
        notices: analysis.notices.iter().map(|own| own.english().to_owned()).collect(),
        notices_in_japanese: analysis.notices.iter().map(japanese).collect(),
        window: span(analysis.survey.window),
        baseline: span(case.baseline),
        evidence: case.files().iter().zip(&analysis.repeats).map(|(file, r)| evidence(case, file, *r)).collect(),
        country_table: case
            .countries
            .as_ref()
            .map(|own| CountryTable { name: own.name.clone(), sha256: own.sha256.clone() }),
        sites_guessed: analysis.guessed,
        sites: analysis.book.sites.iter().map(site).collect(),
        policy: case.policy.rules.iter().map(rule).collect(),
        links: (analysis.survey.links.iter())
            .map(|(key, link)| Link {
                from: name(key.from),
                to: name(key.to),
                services: (link.services.iter())
                    .map(|(own, record)| {
                        let told = told.contains(&(*key, Some(*own))) || told.contains(&(*key, None));
                        service(analysis, *own, record, told)
                    })
                    .collect(),
            })
            .collect(),
        findings: findings.iter().zip(1..).map(|(own, rank)| finding_entry(case, analysis, own, rank)).collect(),
        not_enough_evidence: (analysis.findings.refrains.iter())
            .map(|refrain| Refrain {
                rule: refrain.rule.to_owned(),
                from: refrain.link.map(|link| name(link.from)),
                to: refrain.link.map(|link| name(link.to)),
                service: refrain.service.map(|s| s.to_string()),
                because: refrain.because.english().to_owned(),
                in_japanese: Some(japanese(&refrain.because)),
            })
            .collect(),
        coverage: analysis.survey.coverage.iter().map(|(sensor, hours)| coverage(sensor, hours)).collect(),
        decisions: case.decisions.clone(),
        actions: case.actions.clone(),
        figure: case.depiction.clone(),
        sweeps,
        negatives,
        log: case.log.clone(),
    };
    log::catch_up(&mut document);
    document
}

fn evidence(case: &Case, file: &File, repeat: Option<usize>) -> Evidence {
    let receipt = &file.receipt;
    let accounts = &receipt.accounts;
    let archive = receipt.within.as_ref().map(|within| Archive {
        name: within.clone(),
        sha256: (case.files().iter().find(|file| file.receipt.name == *within)).and_then(|f| f.receipt.sha256.clone()),
    });
    let chosen = case.order_of(receipt).map(|order| order.setting.clock).unwrap_or_default();
    Evidence {
        name: receipt.name.clone(),
        archive,
        sha256: receipt.sha256.clone(),
        bytes: receipt.size,
        format: receipt.format.clone(),
        layers: receipt.layers.clone(),
        encoding: receipt
            .encoding
            .map(|taken| Encoding { name: taken.charset.name().to_owned(), known: taken.known.word().to_owned() }),
        clock: Clock {
            basis: basis(&receipt.bases).to_owned(),
            assumed_offset_seconds: chosen.chosen_offset,
            assumed_zone: chosen.chosen_zone.map(|zone| zone.name().to_owned()),
            assumed_year: chosen.chosen_year,
            assumed_ahead_seconds: chosen.chosen_ahead.map(|ahead| seconds(Moment(ahead))),
        },
        flows_without_time: receipt.undated,
        first: receipt.first.map(seconds),
        last: receipt.last.map(seconds),
        accounts: Accounts {
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
        mapping: receipt.mapping.as_ref().map(|mapping| mapping.columns.clone()),
        repeats: repeat.map(|at| case.files()[at].receipt.name.clone()),
        abandoned: receipt.abandoned.clone(),
        advice: receipt.advice.clone(),
    }
}

fn counts(reasons: &Reasons) -> BTreeMap<String, u64> {
    reasons.0.iter().map(|(reason, (tally, _))| (reason.clone(), tally.count)).lean_collect()
}

fn examples(accounts: &crate::evidence::Accounts) -> Vec<Example> {
    let reasons = [&accounts.skipped, &accounts.malformed, &accounts.without_endpoint];
    let examples = reasons.into_iter().flat_map(|reasons| &reasons.0);
    examples
        .filter_map(|(reason, (_, example))| {
            let example = example.as_ref()?;
            let (line, offset) = (example.place.line, example.place.offset);
            Some(Example { reason: reason.clone(), line, offset, found: example.found.clone() })
        })
        .collect()
}

fn site(site: &sites::Site) -> Site {
    let range = |range: &sites::Range| match &range.source {
        None => range.net.to_string(),
        Some(source) => format!("{} source={source}", range.net),
    };
    Site {
        site: site.name.clone(),
        country: site.country.clone(),
        timezone: site.timezone.clone(),
        lat: site.position.map(|(lat, _)| lat),
        lon: site.position.map(|(_, lon)| lon),
        role: site.role.clone(),
        contact: site.contact.clone(),
        ranges: site.ranges.iter().map(range).collect(),
        host_patterns: site.host_patterns.clone(),
        guessed: site.guessed,
    }
}

fn rule(rule: &policy::Rule) -> Rule {
    Rule {
        from: rule.from.to_string(),
        to: rule.to.to_string(),
        service: rule.service.to_string(),
        verdict: rule.verdict.word().to_owned(),
        reason: rule.reason.clone(),
        hours: rule.hours.clone(),
        approver: rule.approver.clone(),
        until: rule.until.clone(),
        line: rule.line,
    }
}

fn service(analysis: &Analysis, service: flow::Service, record: &ServiceRecord, told: bool) -> Service {
    let (hosts_from, hosts_to) = record.hosts();
    let totals = &record.totals;
    let hour = |(hour, t): (flow::Hour, crate::ledger::Totals)| {
        let start = hour.start().map(|start| start.0 / 1_000_000);
        (start, t.connections(), t.established, t.denied, t.failed, t.bytes_out, t.bytes_in)
    };
    let pair = |(key, pair): &(crate::ledger::PairKey, crate::ledger::PairTotals)| {
        let (from, to, t) = (analysis.survey.host(key.initiator), analysis.survey.host(key.responder), pair.totals());
        (from, to, t.connections(), t.established, t.denied, t.failed, t.first.map(seconds), t.last.map(seconds))
    };
    let pairs = if told { record.pairs.as_slice() } else { &[] };
    Service {
        service: service.to_string(),
        flows: totals.connections(),
        established: totals.established,
        denied: totals.denied,
        failed: totals.failed,
        bytes_out: totals.bytes_out,
        bytes_in: totals.bytes_in,
        first: totals.first.map(seconds),
        last: totals.last.map(seconds),
        hosts_from,
        hosts_to,
        accounts: record.accounts.keys().cloned().collect(),
        hours: Lines(record.hours.iter().map(hour).collect()),
        pairs: Lines(pairs.iter().take(MOST_PAIRS).map(pair).collect()),
        pairs_left_out: pairs.len().saturating_sub(MOST_PAIRS),
    }
}

fn japanese(phrase: &Phrase) -> String {
    phrase.of(Language::Japanese).to_owned()
}

/// The word for how a finding marks its link.
pub fn gravity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Suspected => "suspected",
        Gravity::Anomalous => "anomalous",
        Gravity::Violation => "violation",
    }
}

fn finding_entry(case: &Case, analysis: &Analysis, finding: &finding::Finding, rank: usize) -> Finding {
    let survey::LinkKey { from, to } = finding.link;
    let row = |sight: crate::ledger::Sight| Row {
        file: case.file_of(sight).receipt.name.clone(),
        line: sight.place.line,
        offset: sight.place.offset,
    };
    let causes = |language| finding.innocent.iter().map(|cause| cause.of(language).to_owned()).collect();
    Finding {
        rank,
        id: finding.id.clone(),
        lane: finding.lane.word().to_owned(),
        rule: finding.rule.to_owned(),
        from: analysis.book.name_of(from).to_owned(),
        to: analysis.book.name_of(to).to_owned(),
        also: finding
            .also
            .iter()
            .map(|link| [link.from, link.to].map(|party| analysis.book.name_of(party).to_owned()).into())
            .collect(),
        service: finding.service.map(|s| s.to_string()),
        first: finding.window.map(|(first, _)| seconds(first)),
        last: finding.window.map(|(_, last)| seconds(last)),
        hosts: finding.hosts.iter().map(|host| analysis.survey.host(*host)).collect(),
        accounts: finding.accounts.clone(),
        p: finding.p.map(significant),
        q: finding.q.map(significant),
        because: finding.because.english().to_owned(),
        gist: finding.gist.english().to_owned(),
        gravity: gravity(finding.gravity).to_owned(),
        normal: finding.normal.english().to_owned(),
        usual: finding.usual.as_ref().map(usual::Usual::of),
        innocent: causes(Language::English),
        attack: finding.attack.iter().map(|id| (*id).to_owned()).collect(),
        in_japanese: Some(InJapanese {
            because: japanese(&finding.because),
            gist: japanese(&finding.gist),
            normal: japanese(&finding.normal),
            innocent: causes(Language::Japanese),
        }),
        evidence: finding.rows.iter().map(row).collect(),
    }
}

fn coverage(sensor: &str, hours: &BTreeMap<flow::Hour, u64>) -> Coverage {
    let dated: Vec<i64> = hours.keys().filter(|h| **h != flow::Hour::UNDATED).map(|h| i64::from(h.0)).collect();
    let silent = dated.windows(2).filter(|pair| pair[1] - pair[0] > 1);
    let start = |hour: i64| (hour * 3600) as f64;
    Coverage {
        sensor: sensor.to_owned(),
        first: dated.first().map(|h| start(*h)),
        last: dated.last().map(|h| start(h + 1)),
        hours: dated.len(),
        silent: silent.map(|pair| (start(pair[0] + 1), pair[1] - pair[0] - 1)).collect(),
        gaps: Some(gaps(hours).iter().map(|gap| (start(i64::from(gap.from.0)), i64::from(gap.hours))).collect()),
        flows: hours.values().sum(),
    }
}
