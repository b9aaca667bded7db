//! A case file opened again without its evidence, as far as pictures and reports need it: who called whom, hour by hour,
//! and what was found. Hosts are known by number only.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{self, Document, moment};
use crate::detectors;
use crate::finding::{Finding, Gravity, Lane, Rows};
use crate::flow::{Host, Hour, Service};
use crate::ledger::gaps::Gap;
use crate::ledger::survey::{Link, LinkKey, Survey};
use crate::ledger::{Hours, PairKey, PairTotals, Sight, Totals, capped::Absorb};
use crate::phrase::Phrase;
use crate::sites::import::read_net;
use crate::sites::{Locus, Party, Range, Site, SiteBook};
use crate::sorting::LeanCollect as _;

/// A case file opened again.
#[derive(Debug, Clone, Default)]
pub struct Reopened {
    /// The sites.
    pub book: SiteBook,
    /// All flows, by link.
    pub survey: Survey,
    /// The findings, ranked.
    pub findings: Vec<Finding>,
}

impl Reopened {
    /// Opens a document. What names no site of it is `unassigned`; a finding without rows is left out, since none can be made.
    pub fn of(document: &Document) -> Reopened {
        let book = SiteBook { sites: document.sites.iter().map(site).collect() };
        let parties: BTreeMap<&str, Party> =
            (document.sites.iter().zip(0_u32..)).map(|(site, at)| (site.site.as_str(), Party::Site(at))).lean_collect();
        let party = |name: &str| match parties.get(name) {
            Some(party) => *party,
            None => Party::outside_named(name).unwrap_or(Party::Unassigned),
        };
        let mut survey = Survey::default();
        for told in &document.links {
            let key = LinkKey { from: party(&told.from), to: party(&told.to) };
            let link = survey.links.entry(key).or_default();
            told.services.iter().for_each(|service| take(link, key, service));
        }
        for (key, link) in &survey.links {
            let days: BTreeSet<i32> = (link.services.values().flat_map(|record| record.hours.iter()))
                .filter(|(hour, _)| *hour != Hour::UNDATED)
                .map(|(hour, _)| hour.day())
                .lean_collect();
            for party in [key.from, key.to].into_iter().filter(|party| *party != Party::External) {
                survey.days.entry(party).or_default().extend(&days);
            }
        }
        for coverage in &document.coverage {
            survey.coverage.insert(coverage.sensor.clone(), hours_of(coverage));
            survey.known_gaps.insert(coverage.sensor.clone(), gaps_of(coverage));
        }
        survey.window = document.window.map(|(first, last)| (moment(first), moment(last)));
        let files: BTreeMap<&str, u32> =
            document.evidence.iter().map(|file| file.name.as_str()).zip(0..).lean_collect();
        let findings = document.findings.iter().filter_map(|told| finding(told, &party, &files)).collect();
        Reopened { book, survey, findings }
    }
}

fn site(told: &document::Site) -> Site {
    let range = |text: &String| {
        let (net, source) = text.split_once(" source=").map_or((text.as_str(), None), |(net, s)| (net, Some(s)));
        read_net(net).ok().map(|(net, _)| Range { net, source: source.map(str::to_owned) })
    };
    Site {
        name: told.site.clone(),
        country: told.country.clone(),
        timezone: told.timezone.clone(),
        position: told.lat.zip(told.lon),
        role: told.role.clone(),
        contact: told.contact.clone(),
        ranges: told.ranges.iter().filter_map(range).collect(),
        host_patterns: told.host_patterns.clone(),
        guessed: told.guessed,
    }
}

fn take(link: &mut Link, key: LinkKey, told: &document::Service) {
    // A service that is not read stands with those of which nothing is known, so that the link's sums hold.
    let service = Service::read(&told.service).unwrap_or(Service::new(None, None));
    let totals = Totals {
        flows: told.flows,
        replies: 0,
        established: told.established,
        denied: told.denied,
        failed: told.failed,
        bytes_out: told.bytes_out,
        bytes_in: told.bytes_in,
        first: told.first.map(moment),
        last: told.last.map(moment),
    };
    let mut hours = Hours::default();
    for (start, flows, established, denied, failed, bytes_out, bytes_in) in told.hours.iter() {
        let at = start.and_then(crate::flow::Moment::from_seconds);
        let totals = Totals {
            flows: *flows,
            established: *established,
            denied: *denied,
            failed: *failed,
            bytes_out: *bytes_out,
            bytes_in: *bytes_in,
            first: at,
            last: at,
            ..Totals::default()
        };
        hours.add(at.map_or(Hour::UNDATED, crate::flow::Moment::hour), &totals);
    }
    if hours.is_empty() {
        // Written before hours were kept: all stands in the first hour, as the ledger does past its cap.
        hours.add(totals.first.map_or(Hour::UNDATED, crate::flow::Moment::hour), &totals);
    }
    link.totals.absorb(&totals);
    let locus = |party| match party {
        Party::Site(at) => Locus::Site(at),
        Party::External => Locus::External,
        Party::Country(country) => Locus::Country(country),
        Party::Unassigned => Locus::Named,
    };
    // As many pairs as give these numbers of hosts. A file may claim any number; no picture needs more.
    let (from, to) = (told.hosts_from.min(10_000), told.hosts_to.min(10_000));
    let host = |end: &str, number: usize| Host::of_name(&format!("{end} {number}"));
    let pair = |number: usize| PairKey {
        from: locus(key.from),
        to: locus(key.to),
        service,
        initiator: host("initiator", number.min(from.saturating_sub(1))),
        responder: host("responder", number.min(to.saturating_sub(1))),
    };
    let record = link.services.entry(service).or_default();
    record.totals.absorb(&totals);
    record.hours.absorb(hours);
    record.pairs.extend((0..from.max(to)).map(|number| (pair(number), PairTotals::default())));
    for account in &told.accounts {
        *record.accounts.entry(account.clone()).or_default() += 1;
    }
}

/// The gaps that it tells; of a file that tells none, all silences.
fn gaps_of(told: &document::Coverage) -> Vec<Gap> {
    let gap = |(start, hours): &(f64, i64)| Gap {
        from: moment(*start).hour(),
        hours: i32::try_from(*hours).unwrap_or(i32::MAX).clamp(0, 1_000_000),
    };
    told.gaps.as_ref().unwrap_or(&told.silent).iter().map(gap).collect()
}

/// As many flows in each covered hour as there were on average: how many of each hour is not kept.
fn hours_of(told: &document::Coverage) -> BTreeMap<Hour, u64> {
    let hour = |seconds: f64| moment(seconds).hour().0;
    let (Some(first), Some(last)) = (told.first, told.last) else { return BTreeMap::new() };
    // A century of hours is a million; a file that claims more is not worth a tab's memory.
    let (first, last) = (hour(first), hour(last).min(hour(first).saturating_add(1_000_000)));
    let usual = (told.flows / (told.hours.max(1) as u64)).max(1);
    let mut hours: BTreeMap<Hour, u64> = (first..last).map(|hour| (Hour(hour), usual)).lean_collect();
    for (start, count) in &told.silent {
        let from = hour(*start);
        let until = from.saturating_add(i32::try_from(*count).unwrap_or(i32::MAX)).min(last);
        (from.max(first)..until).for_each(|silent| _ = hours.remove(&Hour(silent)));
    }
    hours
}

fn finding(told: &document::Finding, party: &impl Fn(&str) -> Party, files: &BTreeMap<&str, u32>) -> Option<Finding> {
    let known = |rule: &&&dyn detectors::Detector| rule.rule() == told.rule;
    let lane = [Lane::Policy, Lane::Novelty, Lane::Behaviour, Lane::Campaign];
    let rows = told.evidence.iter().map(|row| Sight {
        at: None,
        file: files.get(row.file.as_str()).copied().unwrap_or(u32::MAX),
        place: crate::evidence::Place { line: row.line, offset: row.offset },
    });
    // The first row keeps its time, so that it stays the first.
    let first = told.evidence.first().map(|row| Sight {
        at: told.first.map(moment),
        file: files.get(row.file.as_str()).copied().unwrap_or(u32::MAX),
        place: crate::evidence::Place { line: row.line, offset: row.offset },
    });
    let phrase = |english: &str, japanese: fn(&document::InJapanese) -> &String| {
        Phrase::told(english.to_owned(), told.in_japanese.as_ref().map(japanese).cloned().unwrap_or_default())
    };
    Some(Finding {
        id: told.id.clone(),
        lane: lane.into_iter().find(|lane| lane.word() == told.lane).unwrap_or(Lane::Behaviour),
        rule: detectors::ALL.iter().find(known).map_or("a rule of another version", |rule| rule.rule()),
        link: LinkKey { from: party(&told.from), to: party(&told.to) },
        also: told.also.iter().map(|(from, to)| LinkKey { from: party(from), to: party(to) }).collect(),
        service: told.service.as_deref().and_then(Service::read),
        window: told.first.zip(told.last).map(|(first, last)| (moment(first), moment(last))),
        hosts: Vec::new(),
        accounts: told.accounts.clone(),
        p: told.p,
        q: told.q,
        because: phrase(&told.because, |own| &own.because),
        gist: if told.gist.is_empty() {
            phrase(&told.because, |own| &own.because)
        } else {
            phrase(&told.gist, |own| &own.gist)
        },
        normal: phrase(&told.normal, |own| &own.normal),
        usual: told.usual.as_ref().and_then(document::usual::Usual::read),
        innocent: &[],
        attack: &[],
        gravity: gravity(told),
        rows: Rows::of(first.into_iter().chain(rows.skip(1)))?,
    })
}

fn gravity(told: &document::Finding) -> Gravity {
    match (told.gravity.as_str(), told.lane.as_str()) {
        ("violation", _) | ("", "policy") => Gravity::Violation,
        ("suspected", _) => Gravity::Suspected,
        _ => Gravity::Anomalous,
    }
}
