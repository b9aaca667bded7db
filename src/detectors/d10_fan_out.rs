//! D10 fan-out: one host tries others, and too many of its first contacts fail.
//!
//! The sequential hypothesis test of Jung, Paxson, Berger and Balakrishnan, "Fast Portscan Detection Using Sequential
//! Hypothesis Testing" (IEEE Symposium on Security and Privacy, 2004), with their θ0 = .8 (a first contact of an ordinary
//! host succeeds), θ1 = .2, α = .01, β = .99: each failure multiplies the likelihood ratio by 4, each success divides it;
//! above 99 (4 net failures) the host scans, below 1/99 the walk begins anew. First contacts are with distinct responders,
//! in order of time, within the organisation, over TCP or ICMP: an unanswered UDP datagram is no failure, and addresses
//! of the Internet fail every day. A log that tells bytes but no outcome (NetFlow) tells a failure by nothing having come back.
//!
//! p = (walks) / (highest ratio): by Ville's inequality the chance that an ordinary host's ratio ever gets so high.
//! Where more than two hosts fail as much, no less is said than their share of all that call: it is how the organisation runs; and all of
//! which no less can be said are one finding, the least likely of them, that names the others.
//! No less than .01 is said of who scans in the first two weeks of a long log, or sweeps the organisation (5 hosts at each of 3 sites and more
//! on one day) again five days later and more: that is how a scanner works.
//! Gate: at least 4 failures. ATT&CK: T1046 Network Service Discovery, T1018 Remote System Discovery. Innocent: scanners,
//! monitoring, a server that moved.

use std::collections::{BTreeMap, BTreeSet};

use super::{Detector, Findings, Observed, id_of, novelty, untold};
use crate::calendar;
use crate::finding::usual::{Share, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Protocol, Service};
use crate::ledger::survey::LinkKey;
use crate::ledger::{PairTotals, Sight};
use crate::phrase::{Saying, Thing, alike, count, listed, phrase, power, span, time};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct FanOut;

const RULE: &str = "D10 fan-out v6";
/// (1 − θ1) / (1 − θ0): what a failure multiplies the ratio by, and a success divides it by.
const STEP: f64 = 4.0;
/// β / α.
const UPPER: f64 = 99.0;
const LEAST_FAILURES: usize = 4;
/// No less likely than this is a scan that the log begins with: a scanner's habit can be older than the log.
const OF_HABIT: f64 = 0.01;
/// With more hosts that fail as much, each of them is one of many.
const COMMON: usize = 2;

/// The first contact of a host with another.
#[derive(Clone, Copy)]
struct Contact {
    sight: Sight,
    responder: Host,
    to: Party,
    service: Service,
    failed: bool,
}

impl Detector for FanOut {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let mut below_gate = 0_u64;
        let mut claims: Vec<(Finding, f64)> = Vec::new();
        let begin = observed.survey.window.map(|(first, _)| first);
        // Every host that calls is tested, since every one could have failed.
        found.tested = contacts(observed).map(|(from, host, _)| (from, host)).lean_collect::<BTreeSet<_>>().len();
        for ((from, initiator), contacts) in first_contacts(observed) {
            let failed = contacts.iter().filter(|contact| contact.failed).count();
            if failed == 0 {
                continue;
            }
            if failed < LEAST_FAILURES {
                below_gate += 1;
                continue;
            }
            if let Some(mut walk) = walk(&contacts) {
                walk.is_habit = begin
                    .zip(walk.contacts.first().and_then(|contact| contact.sight.at))
                    .is_some_and(|(begin, at)| at.0 - begin.0 < novelty::DAYS_BEFORE as i64 * calendar::DAY)
                    && observed.survey.covered_days().len() > 2 * novelty::DAYS_BEFORE
                    || observed.daily().sweeps_again(initiator);
                claims.extend(claim(observed, from, initiator, &walk).map(|own| (own, walk.ratio)));
            }
        }
        // Where others fail as much, it is how the organisation runs: no less likely than their share of all hosts.
        let mut ratios: Vec<f64> = claims.iter().map(|(_, ratio)| *ratio).collect();
        super::numeric::ascending(&mut ratios);
        let mut common = Vec::new();
        for (finding, ratio) in claims {
            let as_much = ratios.len() - ratios.partition_point(|other| *other < ratio);
            let share = as_much as f64 / found.tested.max(1) as f64;
            match finding.p {
                Some(p) if as_much > COMMON && share >= p => common.push(Finding { p: Some(share), ..finding }),
                Some(_) | None => found.findings.push(finding),
            }
        }
        found.findings.extend(as_one(common));
        if below_gate > 0 {
            let because = phrase!(
                "not enough evidence: {hosts} with fewer than {least} failed first contacts",
                "証拠不足：失敗した最初の接触が{least}件に満たないため、{hosts}を判定できません。",
                hosts = count(below_gate, Thing::HOST),
                least = LEAST_FAILURES
            );
            found.refrain(RULE, because);
        }
        found
    }
}

/// One finding of many hosts that fail as much as each other: the least likely speaks, and the others stand beside it.
fn as_one(mut common: Vec<Finding>) -> Option<Finding> {
    common.lean_sort_by(|a, b| {
        a.p.unwrap_or(1.0).total_cmp(&b.p.unwrap_or(1.0)).then_with(|| (a.window, &a.id).cmp(&(b.window, &b.id)))
    });
    let mut common = common.into_iter();
    let mut first = common.next()?;
    let others = common.len();
    if others == 0 {
        return Some(first);
    }
    for other in common {
        super::joining::absorb(&mut first, other);
    }
    first.service = None;
    let told = phrase!(
        "So it is with {others} more, as it is with firewalls that refuse something every day.",
        "ほかに{others}でも同様で、日々何かを拒否しているファイアウォールがある場合と同じ形です。",
        others = count(others as u64, Thing::HOST)
    );
    first.because = std::mem::take(&mut first.because).and(&told);
    Some(first)
}

/// The first contacts of each host of which some failed, within the organisation, in order of time. What has no known
/// outcome is none.
fn first_contacts(observed: &Observed<'_>) -> BTreeMap<(Party, Host), Vec<Contact>> {
    // Most hosts never fail, so that only the others' contacts are worth their memory.
    let failing: BTreeSet<(Party, Host)> =
        contacts(observed).filter(|(.., contact)| contact.failed).map(|(from, host, _)| (from, host)).lean_collect();
    let mut all: BTreeMap<(Party, Host), Vec<Contact>> = BTreeMap::new();
    for (from, initiator, contact) in contacts(observed) {
        if failing.contains(&(from, initiator)) {
            all.entry((from, initiator)).or_default().push(contact);
        }
    }
    for contacts in all.values_mut() {
        contacts.lean_sort_by_key(|contact| (contact.responder, contact.sight, contact.service));
        contacts.dedup_by_key(|contact| contact.responder);
        contacts.lean_sort_by_key(|contact| (contact.sight, contact.responder));
    }
    all
}

/// Every pair's first contact: the initiator's party, the initiator, the contact.
fn contacts<'a>(observed: &Observed<'a>) -> impl Iterator<Item = (Party, Host, Contact)> + use<'a> {
    // A flow log that does not tell outcomes, but does tell bytes, tells an answer by its bytes.
    let tells_answers = observed.survey.links.values().any(|seen| untold(&seen.totals) > 0 && seen.totals.bytes_in > 0);
    let within = |link: &LinkKey| !link.from.is_outside() && !link.to.is_outside();
    let links = observed.survey.links.iter().filter(move |(link, _)| within(link));
    let services =
        links.flat_map(|(link, seen)| seen.services.iter().map(move |(service, record)| (link, service, record)));
    services.filter(|(_, service, _)| may_fail(**service)).flat_map(move |(link, service, record)| {
        record.pairs.iter().filter_map(move |(key, pair)| {
            let (sight, failed) = contact_of(pair, tells_answers)?;
            let contact = Contact { sight, responder: key.responder, to: link.to, service: *service, failed };
            Some((link.from, key.initiator, contact))
        })
    })
}

/// Whether silence means failure for this protocol.
fn may_fail(service: Service) -> bool {
    matches!(service.protocol, None | Some(Protocol::TCP | Protocol::ICMP | Protocol::ICMP6))
}

/// The first contact of a pair and whether it failed, if the log tells.
fn contact_of(pair: &PairTotals, tells_answers: bool) -> Option<(Sight, bool)> {
    let first = pair.first()?;
    let totals = pair.totals();
    if tells_answers && totals.bytes() > 0 && untold(&totals) == totals.flows {
        return Some((first, totals.bytes_in == 0));
    }
    match pair.first_established() {
        Some(established) if established == first => Some((first, false)),
        Some(_) | None if untold(&pair.totals()) > 0 => None,
        Some(_) | None => (pair.totals().denied + pair.totals().failed > 0).then_some((first, true)),
    }
}

/// The part of a host's contacts in which the ratio got highest.
struct Walk<'c> {
    contacts: &'c [Contact],
    ratio: f64,
    walks: u32,
    /// It scanned in the first two weeks of a long log already, or sweeps again and again: that may be how the organisation runs.
    is_habit: bool,
}

fn walk(contacts: &[Contact]) -> Option<Walk<'_>> {
    let (mut ratio, mut begin, mut walks) = (1.0_f64, 0, 1_u32);
    let (mut highest, mut part) = (0.0_f64, 0..0);
    for (at, contact) in contacts.iter().enumerate() {
        // Past 4^500 nothing more is to be said, and f64 would end.
        ratio = if contact.failed { (ratio * STEP).min(1e300) } else { ratio / STEP };
        if contact.failed && ratio >= highest {
            (highest, part) = (ratio, begin..at + 1);
        }
        if ratio <= 1.0 / UPPER {
            (ratio, begin, walks) = (1.0, at + 1, walks + 1);
        }
    }
    (highest >= UPPER).then(|| Walk { contacts: &contacts[part], ratio: highest, walks, is_habit: false })
}

fn claim(observed: &Observed<'_>, from: Party, initiator: Host, walk: &Walk<'_>) -> Option<Finding> {
    let failures: Vec<&Contact> = walk.contacts.iter().filter(|contact| contact.failed).collect();
    let mut by_party: BTreeMap<Party, usize> = BTreeMap::new();
    failures.iter().for_each(|contact| *by_party.entry(contact.to).or_default() += 1);
    // The link is the one on which most failed; of equals the first, and a link between two parties before one within.
    let (to, _) = by_party.iter().max_by_key(|(to, count)| (**count, **to != from, std::cmp::Reverse(**to)))?;
    let services: BTreeSet<Service> = walk.contacts.iter().map(|contact| contact.service).lean_collect();
    let parties: BTreeSet<Party> = walk.contacts.iter().map(|contact| contact.to).lean_collect();
    let rows = Rows::of(failures.iter().map(|contact| contact.sight))?;
    let link = LinkKey { from, to: *to };
    let at = || walk.contacts.iter().filter_map(|contact| contact.sight.at);
    let window = at().min().zip(at().max());
    let within = match window {
        Some((first, last)) => {
            let length = last.0.saturating_sub(first.0).unsigned_abs();
            phrase!(
                "within {length} ({first} to {last})",
                "{length}以内に（{first}～{last}）",
                length = span(length),
                first = time(first),
                last = time(last)
            )
        }
        None => phrase!("at times that the log does not tell", "（日時の記録なし）"),
    };
    let because = phrase!(
        "{host} of {site} made first contact with {hosts} in {parties} {within}, and {failed} failed or were denied; over {services}. \
         The likelihood ratio of a scan reached {ratio} (threshold {threshold}).",
        "{site}の{host}が{within}{parties}の{hosts}へ初めて接触し（{services}）、うち{failed}件が不成立または拒否でした。探索である尤度比は{ratio}に達しました（閾値{threshold}）。",
        host = observed.host(initiator),
        site = observed.name(from),
        hosts = count(walk.contacts.len() as u64, Thing::HOST),
        parties = listed(parties.iter().map(|party| observed.name(*party)), 5),
        within,
        failed = failures.len(),
        services = listed(services.iter().map(|own| alike(own.to_string())), 5),
        ratio = power(walk.ratio),
        threshold = alike(UPPER.to_string())
    );
    let responders = failures.iter().map(|contact| contact.responder);
    Some(Finding {
        also: by_party.keys().filter(|party| *party != to).map(|party| LinkKey { from, to: *party }).collect(),
        service: (services.len() == 1).then(|| services.first().copied()).flatten(),
        window,
        hosts: std::iter::once(initiator).chain(responders).take(Finding::MOST_HOSTS).collect(),
        p: Some((f64::from(walk.walks) / walk.ratio).min(1.0).max(if walk.is_habit { OF_HABIT } else { 0.0 })),
        because,
        gist: phrase!(
            "{failed} of {all} first contacts failed",
            "最初の接触{all}件中{failed}件が不成立（探索の疑い）",
            failed = failures.len(),
            all = walk.contacts.len()
        ),
        normal: phrase!(
            "Of an ordinary host's first contacts, 8 in 10 succeed (Jung and others, 2004).",
            "通常のホストでは、最初の接触の10件中8件が成立します（Jungほか、2004）。"
        ),
        usual: Some(Usual::Share(Share { usual: (2, 10), this: (failures.len() as u64, walk.contacts.len() as u64) })),
        innocent: &[
            Saying("a vulnerability scanner or an inventory", "脆弱性スキャナーや資産管理"),
            Saying("monitoring of hosts that are gone", "撤去されたホストの監視"),
            Saying("a server that moved", "サーバーの移設"),
        ],
        attack: &["T1046", "T1018"],
        ..Finding::of(Lane::Behaviour, RULE, id_of(observed, RULE, link, None, Some(initiator)), link, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use crate::flow::Outcome::{Denied, Established, Failed, Unknown};

    fn tried(stream: Stream, outcomes: &[crate::flow::Outcome]) -> Stream {
        outcomes.iter().zip(1..).fold(stream, |stream, (outcome, n)| {
            stream.flow(0, n, "10.0.0.66", &format!("10.{}.0.{n}", 1 + n % 3), "tcp/445", *outcome)
        })
    }

    #[test]
    fn a_scan_of_many_hosts_is_one_finding() {
        let stream = tried(Stream::new(), &[Failed; 200]);
        assert_eq!(stream.found().len(), 1);
        let finding = stream.findings().findings.remove(0);
        assert!(
            finding.because.starts_with(
                "10.0.0.66 of Bangkok made first contact with 200 hosts in Cebu, Jakarta, Lincoln within 3 hours \
                 (2020-05-01 00:01 UTC to 2020-05-01 03:20 UTC), and 200 failed or were denied; over tcp/445."
            ),
            "{}",
            finding.because
        );
        assert!(finding.p.unwrap() < 1e-100);
        assert_eq!((finding.hosts.len(), finding.rows.iter().count()), (20, 50));
    }

    #[test]
    fn hosts_that_fail_as_much_as_each_other_are_one_finding() {
        let stream =
            (0..4).flat_map(|plant| (1..6).map(move |n| (plant, n))).fold(Stream::new(), |stream, (plant, n)| {
                let from = format!("10.{plant}.0.66");
                stream.flow(n, n, &from, &format!("10.4.0.{n}"), "tcp/139", Failed)
            });
        let found = stream.findings().findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].also.len(), 3);
        assert!(found[0].because.contains("So it is with 3 hosts more"), "{}", found[0].because);
    }

    #[test]
    fn four_net_failures_are_a_scan_and_three_are_not() {
        assert_eq!(tried(Stream::new(), &[Failed; 4]).found().len(), 1);
        assert!(tried(Stream::new(), &[Failed; 3]).found().is_empty());
        assert!(tried(Stream::new(), &[Failed, Failed, Established, Denied, Failed]).found().is_empty());
        assert_eq!(tried(Stream::new(), &[Failed, Denied, Established, Denied, Failed, Failed]).found().len(), 1);
    }

    #[test]
    fn a_host_long_known_as_good_can_begin_to_scan() {
        let outcomes: Vec<_> = [Established; 60].into_iter().chain([Failed; 6]).collect();
        assert_eq!(tried(Stream::new(), &outcomes).found().len(), 1);
    }

    #[test]
    fn the_same_host_tried_often_is_one_contact() {
        let stream = (0..50).fold(Stream::new(), |s, n| s.flow(0, n, "10.0.0.66", "10.4.0.1", "tcp/445", Failed));
        assert!(stream.found().is_empty());
        assert!(stream.findings().refrains.iter().any(|r| r.because.contains("1 host with fewer than 4 failed")));
    }

    #[test]
    fn what_the_log_does_not_tell_is_no_failure() {
        assert!(tried(Stream::new(), &[Unknown; 50]).found().is_empty());
        let datagrams =
            (1..50).fold(Stream::new(), |s, n| s.flow(0, n, "10.0.0.6", &format!("10.4.0.{n}"), "udp/514", Failed));
        assert!(datagrams.found().is_empty());
        let outside =
            (1..50).fold(Stream::new(), |s, n| s.flow(0, n, "10.0.0.6", &format!("203.0.113.{n}"), "tcp/443", Failed));
        assert!(outside.found().is_empty());
    }

    #[test]
    fn in_a_log_without_outcomes_what_brought_nothing_back_failed() {
        let netflow = |answer| {
            (1..40).fold(Stream::new().untold(0, 0, "10.1.0.9", "10.4.0.1", "tcp/443", (900, 9_000)), |stream, n| {
                stream.untold(0, n, "10.0.0.66", &format!("10.4.0.{n}"), "tcp/445", (60, answer))
            })
        };
        assert!(netflow(0).found().iter().any(|found| found.starts_with("D10")));
        assert!(!netflow(90).found().iter().any(|found| found.starts_with("D10")));
    }

    /// A host of Tokyo tries ten hosts of each of three plants.
    fn sweep(stream: Stream, day: i64) -> Stream {
        (0..30).fold(stream, |stream, n| {
            stream.flow(day, 60 + n, "10.4.0.66", &format!("10.{}.0.{}", n % 3, 100 + n), "tcp/22", Failed)
        })
    }

    #[test]
    fn who_sweeps_the_organisation_again_a_week_later_does_so_as_a_habit() {
        let p = |stream: Stream| stream.told_by(&super::FanOut).findings[0].p.unwrap();
        let once = sweep(Stream::new().everyday(40), 20);
        assert!(p(once) < 1e-9);
        let again = sweep(sweep(Stream::new().everyday(40), 20), 27);
        assert_eq!(p(again), super::OF_HABIT);
    }
}
