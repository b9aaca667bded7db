//! D18 steady call: one host begins to call a place outside that nobody else calls, and goes on day after day.
//!
//! Of all host pairs to outside whose responder only one host ever calls, the share that began as late and was in use on as many
//! days; itself left out, half a pair more. It needs no clock: what calls home once a day, or with any jitter, still comes back.
//!
//! Gate: 14 days with coverage before the first call (in a shorter log half of its days), and 4 days in use of which there are at
//! least half of those since. ATT&CK: T1071 Application Layer Protocol, T1102 Web Service. Innocent: a service that one
//! person or one machine has taken up.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::{Pair, Unit};
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::Host;
use crate::phrase::{Saying, Thing, count, phrase, time};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct SteadyCall;

const RULE: &str = "D18 steady-call v1";
const LEAST_DAYS: usize = 4;
const TELLING: f64 = 0.1;

/// A pair whose responder nobody else calls.
struct Lone<'d, 's> {
    unit: &'d Unit<'s>,
    pair: Pair<'s>,
    /// Days in use, days with coverage before the first, and since.
    used: BTreeSet<i32>,
    before: usize,
    since: usize,
}

impl Lone<'_, '_> {
    fn is_steady(&self) -> bool {
        self.used.len() >= LEAST_DAYS && 2 * self.used.len() >= self.since
    }
}

impl Detector for SteadyCall {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let (daily, coverage) = (observed.daily(), observed.coverage());
        let outward =
            || daily.units.iter().filter(|unit| matches!(unit.link.from, Party::Site(_)) && unit.is_external());
        let mut callers: BTreeMap<Host, (Host, bool)> = BTreeMap::new();
        for pair in outward().flat_map(|unit| &unit.pairs) {
            let own = callers.entry(pair.key.responder).or_insert((pair.key.initiator, true));
            own.1 &= own.0 == pair.key.initiator;
        }
        let mut lone: Vec<Lone<'_, '_>> = Vec::new();
        for unit in outward() {
            let days = coverage.days(unit.link);
            for pair in unit.pairs.iter().filter(|pair| callers[&pair.key.responder].1) {
                let ran = pair.days.iter().filter(|(_, seen)| seen.ran > 0);
                let used: BTreeSet<i32> = ran.map(|(day, _)| *day).lean_collect();
                let Some(first) = used.first().copied() else { continue };
                let (before, since) = (days.range(..first).count(), days.range(first..).count());
                lone.push(Lone { unit, pair: *pair, used, before, since });
            }
        }
        found.tested = lone.len();
        let is_new = |own: &Lone<'_, '_>| own.before >= coverage.gate();
        for (at, own) in lone.iter().enumerate().filter(|(_, own)| is_new(own) && own.is_steady()) {
            let like = |other: &Lone<'_, '_>| is_new(other) && other.used.len() >= own.used.len();
            let others = lone.iter().enumerate().filter(|(other, lone)| *other != at && like(lone)).count();
            let p = (others as f64 + 0.5) / (lone.len() as f64 + 1.0);
            if p <= TELLING {
                found.findings.extend(claim(observed, own, p, others, lone.len()));
            }
        }
        found
    }
}

fn claim(observed: &Observed<'_>, own: &Lone<'_, '_>, p: f64, others: usize, all: usize) -> Option<Finding> {
    let Lone { unit, pair, used, before, since } = own;
    let rows = Rows::of(pair.days.iter().filter_map(|(_, seen)| seen.sight()))?;
    let (hosts, _, _) = hosts_of(std::iter::once(pair.key));
    let first = rows.first().at?;
    let last = rows.iter().filter_map(|sight| sight.at).max().unwrap_or(first);
    let (days, among) = (count(used.len() as u64, Thing::DAY), count(*since as u64, Thing::DAY));
    let because = phrase!(
        "{initiator} of {site} called {responder} over {service} on {days} of {among} with coverage since {first}, and never in the \
         {before} with coverage before; nobody else calls that host.",
        "{site}の{initiator}は、ログのある{before}には一度もなかった{responder}への{service}通信を、{first}以降、ログのある{among}のうち{days}に行っています。ほかにその接続先へ接続するものはありません。",
        initiator = observed.host(pair.key.initiator),
        site = observed.name(unit.link.from),
        responder = observed.host(pair.key.responder),
        service = unit.service,
        days,
        among,
        first = time(first),
        before = count(*before as u64, Thing::DAY)
    );
    let because = because.and(&phrase!(
        "Of {all} to outside that share their goal with nobody, {others} others are as new and as steady.",
        "ほかと接続先を共有しない外部への{all}のうち、同程度に新しく続いているものはほかに{others}組です。",
        all = count(all as u64, Thing::HOST_PAIR),
        others = others as u64
    ));
    let covered = observed.coverage().days(unit.link);
    Some(Finding {
        window: Some((first, last)),
        hosts,
        p: Some(p),
        because,
        gist: phrase!("day after day to a place that nobody else calls", "ほかに例のない接続先へ連日の通信"),
        normal: phrase!(
            "Most places outside that one host calls are called once or twice.",
            "一台だけが接続する外部の接続先は、通常、一、二度しか使われません。"
        ),
        usual: Days::of(&covered, used, &BTreeSet::new(), [first.hour().day()]).map(Usual::Days),
        innocent: &[
            Saying("a service that one person or one machine has taken up", "一人または一台だけが使い始めたサービス"),
            Saying("an agent that reports to its maker", "製造元に報告するエージェント"),
        ],
        attack: &["T1071", "T1102"],
        ..unit.finding(observed, RULE, Some(pair.key.initiator), rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// Forty hosts of Bangkok look at places outside, mostly once.
    fn browsing(days: i64) -> Stream {
        let mut stream = Stream::new().everyday(days);
        for visit in 0..days * 4 {
            let (from, to) = (format!("10.0.1.{}", visit % 40), format!("198.18.{}.{}", visit % 7, visit % 200));
            stream = stream.sized(visit / 4, 300 + visit % 4 * 60, &from, &to, "tcp/443", (4_000, 60_000));
        }
        stream
    }

    fn calling_home(days: std::ops::Range<i64>) -> Stream {
        days.fold(browsing(60), |stream, day| {
            stream.sized(day, (day * 611) % 1_440, "10.0.0.77", "198.51.100.9", "tcp/443", (900, 500))
        })
    }

    #[test]
    fn a_call_a_day_to_a_place_of_its_own_is_found_without_any_clock() {
        let found = calling_home(30..50).told_by(&super::SteadyCall).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.starts_with(
                "10.0.0.77 of Bangkok called 198.51.100.9 over tcp/443 on 20 days of 30 days with coverage since 2020-05-31"
            ),
            "{}",
            found[0].because
        );
        assert!(found[0].p.unwrap() < 0.02, "{:?}", found[0].p);
    }

    #[test]
    fn what_stands_since_the_log_began_or_came_back_thrice_only_is_not_told() {
        assert!(calling_home(5..50).told_by(&super::SteadyCall).findings.is_empty());
        assert!(calling_home(30..33).told_by(&super::SteadyCall).findings.is_empty());
    }

    #[test]
    fn a_place_that_others_call_as_well_is_not_told() {
        let stream = calling_home(30..50).sized(40, 0, "10.1.0.9", "198.51.100.9", "tcp/443", (900, 500));
        assert!(stream.told_by(&super::SteadyCall).findings.is_empty());
    }
}
