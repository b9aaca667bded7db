//! D20 first calls: on one day a host calls hosts of several other sites, none of which it ever called before, as when a tool or software
//! is pushed out. Every one of the links and services may be known by others.
//!
//! Of a host's day the other sites are counted at which it called, over one service for administration, whom it had never called over it
//! before; a day on which it sweeps is D10's matter, and what is new D2's and D3's. Told is a day with 3 such sites and more, and with more of
//! them than the host called over the service on any day before: an administrator goes around as a habit. (Over any services, as was tried
//! first, a desk that gets a new address looks the same: it calls its servers at several sites.)
//! p = (k + ½)/(n + 1): n hosts that call other sites over such a service, each service by itself, k the others with such a day of as many sites.
//!
//! Gate: 14 days with logs before (half of a shorter log). ATT&CK: T1570 Lateral Tool Transfer, T1021 Remote Services, T1072 Software
//! Deployment Tools. Innocent: a new server for management or monitoring, software that is rolled out.

use std::collections::{BTreeMap, BTreeSet};

use super::d9_long_session::is_administrative;
use super::daily::{Pair, Unit};
use super::novelty::kind;
use super::{Detector, Findings, Observed, hosts_of, id_of};
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Service};
use crate::ledger::TrailDay;
use crate::ledger::survey::LinkKey;
use crate::phrase::{Saying, Thing, count, day as date, listed, phrase};
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct FirstCalls;

const RULE: &str = "D20 first-calls v1";
/// Fewer sites are somebody's errands.
const LEAST_SITES: usize = 3;
const TELLING: f64 = 0.1;

/// What a host did on a day: a host pair over a service of a link, and whether that is news, of which D2 or D3 tells.
type Call<'d> = (&'d Unit<'d>, Pair<'d>, &'d TrailDay, bool);

/// A day of a host on which it called more sites for the first time than it ever called on a day before.
struct First<'d> {
    host: Host,
    service: Service,
    day: i32,
    calls: Vec<Call<'d>>,
    sites: usize,
    /// Sites called on one earlier day, at most.
    before: usize,
    used: BTreeSet<i32>,
}

impl Detector for FirstCalls {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let (daily, gate) = (observed.daily(), observed.coverage().gate());
        let covered = observed.survey.covered_days().len();
        if covered <= gate {
            let because = phrase!(
                "not enough evidence: {covered} with logs, and a first call needs {gate} before it",
                "証拠不足：ログのあるのは{covered}で、初めての接続と判定するにはそれ以前に{gate}日分が必要です。",
                covered = count(covered as u64, Thing::DAY),
                gate
            );
            found.refrain(RULE, because);
        }
        let mut calls: BTreeMap<(Host, Service), BTreeMap<i32, Vec<Call<'_>>>> = BTreeMap::new();
        let administers = |unit: &&Unit<'_>| unit.link.is_between_sites() && is_administrative(unit.service);
        for unit in daily.units.iter().filter(administers) {
            let news = unit.is_news_until(observed);
            for pair in &unit.pairs {
                let ran = pair.days.iter().filter(|(day, seen)| seen.ran > 0 && !daily.swept(pair.key.initiator, *day));
                for (day, seen) in ran {
                    let own = calls.entry((pair.key.initiator, kind(unit.service))).or_default();
                    own.entry(*day).or_default().push((unit, *pair, seen, *day < news));
                }
            }
        }
        found.tested = calls.len();
        let firsts: Vec<First<'_>> =
            calls.into_iter().filter_map(|(who, days)| most_at_once(observed, who, days)).collect();
        for own in &firsts {
            let others = firsts.iter().filter(|other| other.sites >= own.sites).count() - 1;
            let p = (others as f64 + 0.5) / (found.tested as f64 + 1.0);
            if p <= TELLING {
                found.findings.extend(claim(observed, own, p, others, found.tested));
            }
        }
        found
    }
}

/// The day on which a host called most sites for the first time; of several the first.
fn most_at_once<'d>(
    observed: &Observed<'_>,
    (host, service): (Host, Service),
    days: BTreeMap<i32, Vec<Call<'d>>>,
) -> Option<First<'d>> {
    let coverage = observed.coverage();
    let used: BTreeSet<i32> = days.keys().copied().lean_collect();
    let (mut known, mut before): (BTreeSet<Host>, usize) = (BTreeSet::new(), 0);
    let mut most: Option<First<'d>> = None;
    for (day, calls) in days {
        let sites =
            |calls: &[Call<'_>]| calls.iter().map(|(unit, ..)| unit.link.to).lean_collect::<BTreeSet<_>>().len();
        let all = sites(&calls);
        let own: Vec<Call<'d>> = calls
            .iter()
            .filter(|(_, pair, _, is_news)| !is_news && !known.contains(&pair.key.responder))
            .copied()
            .collect();
        known.extend(calls.iter().map(|(_, pair, ..)| pair.key.responder));
        let count = sites(&own);
        let is_more = count >= LEAST_SITES && count > before && most.as_ref().is_none_or(|most| count > most.sites);
        if is_more && coverage.days(own[0].0.link).range(..day).count() >= coverage.gate() {
            most = Some(First { host, service, day, calls: own, sites: count, before, used: used.clone() });
        }
        before = before.max(all);
    }
    most
}

fn claim(observed: &Observed<'_>, own: &First<'_>, p: f64, others: usize, all: usize) -> Option<Finding> {
    let rows = Rows::of(own.calls.iter().filter_map(|(_, _, seen, _)| seen.sight()))?;
    let (unit, ..) = own.calls.iter().min_by_key(|(_, _, seen, _)| seen.sight())?;
    let link = unit.link;
    let links: BTreeSet<LinkKey> = own.calls.iter().map(|(unit, ..)| unit.link).lean_collect();
    let mut called: Vec<_> = own.calls.iter().map(|(_, pair, ..)| pair.key).collect();
    called.sort_unstable_by_key(|key| key.responder);
    called.dedup_by_key(|key| key.responder);
    let (hosts, _, to) = hosts_of(called.into_iter());
    let times = || rows.iter().filter_map(|sight| sight.at);
    let (sites, host) = (count(own.sites as u64, Thing::SITE), observed.host(own.host));
    let because = phrase!(
        "On {day} {host} of {site} called {hosts} at {sites} over {service} that it had never called so before: {named}. On no \
         day before did it call more than {before} other sites over it. Of {all} that call other sites so, {others} others have such a day.",
        "{day}に{site}の{host}が、それまで{service}で接続したことのない{sites}の{hosts}に接続しました：{named}。それ以前の一日に同サービスで接続した他拠点は最多で{before}か所です。同様のサービスで他拠点に接続する{all}のうち、このような日があるものはほかに{others}台です。",
        day = date(own.day),
        host,
        site = observed.name(link.from),
        hosts = count(to as u64, Thing::HOST),
        sites,
        service = own.service,
        named = listed(links.iter().map(|link| observed.name(link.to)), 12),
        before = own.before,
        all = count(all as u64, Thing::HOST),
        others
    );
    let covered = observed.coverage().days(link);
    Some(Finding {
        also: links.into_iter().filter(|other| *other != link).collect(),
        service: Some(own.service),
        window: times().min().zip(times().max()),
        hosts,
        p: Some(p),
        because,
        gist: phrase!("first calls to {sites} on one day", "一日で{sites}へ初めて接続", sites),
        normal: phrase!(
            "On a day it calls no more than {before} other sites.",
            "一日に接続する他拠点は{before}か所以内です。",
            before = own.before
        ),
        usual: Days::of(&covered, &own.used, &BTreeSet::new(), [own.day]).map(Usual::Days),
        innocent: &[
            Saying("a new server for management or monitoring", "新しい管理・監視サーバー"),
            Saying("software that is rolled out", "ソフトウェアの配布"),
        ],
        attack: &["T1570", "T1021", "T1072"],
        ..Finding::of(Lane::Behaviour, RULE, id_of(observed, RULE, link, Some(own.service), Some(own.host)), link, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// A host of Tokyo copies something to a host of each plant, over a service that another one runs there every week.
    fn pushed(day: i64, from: &str) -> Stream {
        let weekly = (0..8).flat_map(|week| (0..4).map(move |plant| (week, plant)));
        let stream = weekly.fold(Stream::new().everyday(60), |stream, (week, plant)| {
            stream.sized(
                week * 7,
                300 + plant,
                "10.4.0.30",
                &format!("10.{plant}.0.7"),
                "tcp/445",
                (90_000_000, 40_000),
            )
        });
        // Others administer from elsewhere, each two plants.
        let stream = (0..54).fold(stream, |stream, n| {
            let (from, to) = (format!("10.4.1.{}", n % 9), format!("10.{}.0.3", n / 9 % 2));
            stream.sized(n, 500, &from, &to, "tcp/3389", (900_000, 40_000))
        });
        (0..4).fold(stream, |stream, plant| {
            stream.sized(day, 400 + plant, from, &format!("10.{plant}.0.7"), "tcp/445", (90_000_000, 40_000))
        })
    }

    #[test]
    fn who_calls_four_sites_for_the_first_time_on_one_day_is_told_once_with_all_links() {
        let found = pushed(44, "10.4.0.50").told_by(&super::FirstCalls).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].also.len(), found[0].p), (3, Some(0.5 / 13.0)));
        let expected = "On 2020-06-14 10.4.0.50 of Tokyo DC called 4 hosts at 4 sites over tcp/445 that it had never called so before: \
             Bangkok, Cebu, Jakarta, Lincoln. On no day before did it call more than 0 other sites over it. Of 12 hosts that call other sites so, \
             0 others have such a day.";
        assert_eq!(found[0].because, expected);
    }

    #[test]
    fn what_begins_with_the_log_or_goes_around_every_week_is_nothing() {
        assert_eq!(pushed(5, "10.4.0.50").told_by(&super::FirstCalls).findings, []);
        assert_eq!(pushed(44, "10.4.0.30").told_by(&super::FirstCalls).findings, []);
    }

    #[test]
    fn in_a_log_of_two_days_nobody_calls_for_the_first_time() {
        let found = Stream::new().everyday(2).told_by(&super::FirstCalls);
        assert!(
            found.refrains[0].because.contains("2 days with logs, and a first call needs 2 before it"),
            "{found:?}"
        );
    }

    #[test]
    fn with_what_others_say_of_it_it_is_one_finding() {
        let found = pushed(44, "10.4.0.50").findings().findings;
        let own: Vec<_> = found.iter().filter(|own| own.hosts.first() == found[0].hosts.first()).collect();
        assert_eq!(own.len(), 1, "{own:#?}");
        assert_eq!(own[0].also.len(), 3);
    }
}
