//! D15 odd hosts: over a service that a link is known for, a host pair does what neither it nor any other pair there does.
//!
//! The statistic is a sum over a day of a host pair: of −ln of the chances that it carries so much out, so much back, so many
//! connections and one so long (by distance from the pair's own earlier days, drawn to those of all pairs of the service, in
//! deviations of the median kind, and no further than from what the caller did over the same service elsewhere on five earlier days and more,
//! for an administrator's habit is not one link's; the greatest of the four counts in full, the others half, since busy days have more of all four); that so many of its hours are out of hours at the caller's (beta-binomial
//! on the service's own share, ρ = .15), or one of them so rarely used there at all by others; that the caller is new there, or has never
//! called from its site at all (the shares of such days among all); and that so few other hosts ever call the responder. What such a sum
//! is worth is settled by comparison with the days of all pairs of the organisation (`conformal`), those to the Internet apart;
//! what came about twice before there, or over the same service at other links where the link has fewer than 30 days of pairs, is no rarer than that; and the chance of a link's service
//! is the Cauchy combination over all its pairs' days.
//!
//! Days without an answer, and greetings of a host that sweeps the organisation (less than 4 kB a connection), are no use and left out.
//! Own: DETECTORS that look at sums of a link lose one host's night among a day's work. Gate: 8 days of pairs over the service, 60 in all. ATT&CK: T1021
//! Remote Services, T1078 Valid Accounts, T1048 Exfiltration. Innocent: a new colleague, a large file, work at night.

mod measured;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use super::conformal::{Precedents, Scores, Tail};
use super::daily::Daily;
use super::newcomers::{Shared, Strangers, callers_of};
use super::novelty::kind;
use super::numeric::{acat, ln};
use super::{Detector, Findings, Observed};
use crate::finding::Lane;
use crate::flow::Service;
use crate::phrase::{Thing, count, phrase};
use crate::sorting::{LeanCollect as _, LeanSort as _};
use measured::{PairDay, hold_by_habit, measure, ordinary_hours};

/// The detector.
pub struct OddHosts;

const RULE: &str = "D15 odd-hosts v6";
const LEAST_PAIR_DAYS: usize = 8;
const LEAST_SCORES: usize = 60;
/// What the three lesser measures count beside the greatest: busy days have more of all four.
const BESIDE: f64 = 0.5;
/// What is more likely than this is not told.
const TELLING: f64 = 0.1;
/// So many deviations above what is usual are told.
const TOLD_FROM: f64 = 2.5;
/// Whether there are precedents is asked of what is rarer than this.
const WORTH_ASKING: f64 = 0.02;
/// With so many days of host pairs of its own a link has precedents enough, and no other's count there.
const OWN_RECORD: usize = 30;

impl Detector for OddHosts {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn is_per_service(&self) -> bool {
        true
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let daily = observed.daily();
        let mut found = Findings::default();
        let mut few = 0_u64;
        let ordinary = ordinary_hours(daily);
        let callers = callers_of(daily);
        let strangers = Strangers::of(daily);
        for external in [false, true] {
            let mut days: Vec<PairDay<'_>> = Vec::new();
            for (at, unit) in daily.units.iter().enumerate().filter(|(_, unit)| unit.is_external() == external) {
                let count: usize = unit.pairs.iter().map(|pair| pair.days.len()).sum();
                if count < LEAST_PAIR_DAYS {
                    few += 1;
                } else {
                    measure(daily, at, unit, &ordinary, (&callers, &strangers), &mut days);
                }
            }
            if days.len() < LEAST_SCORES {
                few += days.iter().map(|day| day.unit).lean_collect::<BTreeSet<_>>().len() as u64;
                continue;
            }
            hold_by_habit(daily, &mut days);
            score(&mut days);
            judge(observed, daily, &days, &mut found);
        }
        if few > 0 {
            let because = phrase!(
                "not enough evidence: {services} of links with fewer than {least} days of host pairs",
                "証拠不足：ホスト対の記録が{least}日分に満たないため、{services}を判定できません。",
                services = count(few, Thing::SERVICE),
                least = LEAST_PAIR_DAYS
            );
            found.refrain(RULE, because);
        }
        found
    }
}

fn score(days: &mut [PairDay<'_>]) {
    let measures: [Scores; 4] =
        std::array::from_fn(|m| Scores::of(days.iter().map(|day| day.above[m]).collect(), Tail::Power));
    let chance_term = |m: usize, above: f64| -ln(measures[m].chance(above));
    // Most days are not above what is usual, and looking each of them up was a tenth of all that is done after reading.
    let not_above: [f64; 4] = std::array::from_fn(|m| chance_term(m, 0.0));
    let company = Shared::of(days.iter().map(|day| (day.shared, day.pair.key.responder)));
    for day in days {
        let term = |m: usize| if day.above[m] == 0.0 { not_above[m] } else { chance_term(m, day.above[m]) };
        let terms: [f64; 4] = std::array::from_fn(term);
        let most = terms.into_iter().fold(0.0, f64::max);
        let amounts = most + BESIDE * (terms.iter().sum::<f64>() - most);
        let hours = (2.0 * day.off.2.max(1e-12).min(day.rarest)).min(1.0);
        day.lone = company.chance(day.shared, day.pair.key.responder);
        day.score = amounts - ln(hours) - ln(day.newcomer) - ln(day.lone) - ln(day.stranger);
    }
}

fn judge(observed: &Observed<'_>, daily: &Daily<'_>, days: &[PairDay<'_>], found: &mut Findings) {
    let scores = Scores::of(days.iter().map(|day| day.score).collect(), Tail::Exponential);
    let mut by_unit: BTreeMap<usize, Vec<(f64, &PairDay<'_>)>> = BTreeMap::new();
    // What is done over the same service at other links, an administrator's errands say, is a precedent as well.
    let mut by_service: BTreeMap<Service, Vec<(i32, f64)>> = BTreeMap::new();
    let service = |unit: usize| kind(daily.units[unit].service);
    days.iter().for_each(|day| by_service.entry(service(day.unit)).or_default().push((day.day, day.score)));
    let by_service: BTreeMap<Service, Precedents> =
        by_service.into_iter().map(|(service, all)| (service, Precedents::of(all))).lean_collect();
    let mut news: BTreeMap<usize, i32> = BTreeMap::new();
    for day in days {
        if day.day < *news.entry(day.unit).or_insert_with(|| daily.units[day.unit].is_news_until(observed)) {
            continue;
        }
        by_unit.entry(day.unit).or_default().push((scores.chance(day.score), day));
    }
    for (unit, mut own) in by_unit {
        found.tested += 1;
        let there = Precedents::of(own.iter().map(|(_, day)| (day.day, day.score)));
        let anywhere = by_service.get(&service(unit)).filter(|_| own.len() < OWN_RECORD);
        for (p, day) in own.iter_mut().filter(|(p, _)| *p < WORTH_ASKING) {
            let at = (day.day, day.score);
            *p = anywhere.map_or(0.0, |all| all.temper(*p, at)).max(there.temper(*p, at));
        }
        let p = acat(own.iter().map(|(p, _)| *p), own.len());
        if p > TELLING {
            continue;
        }
        own.lean_sort_by(|a, b| {
            a.0.total_cmp(&b.0).then_with(|| (a.1.day, a.1.pair.key).cmp(&(b.1.day, b.1.pair.key)))
        });
        found.findings.extend(told::claim(observed, daily, &daily.units[unit], p, &own));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// Ten hosts of Bangkok fetch files from Tokyo on working days.
    fn files(days: i64) -> Stream {
        let mut stream = Stream::new().everyday(days);
        for day in (0..days).filter(|day| !matches!(day % 7, 1 | 2)) {
            for host in 10..20 {
                let sizes = (
                    40_000 + 997 * ((day * 13 + host * 7) % 29) as u64,
                    300_000 + 9_973 * ((day * 7 + host * 3) % 31) as u64,
                );
                stream = stream.sized(day, 3 * 60 + host * 5, &format!("10.0.0.{host}"), "10.4.0.7", "tcp/445", sizes);
            }
        }
        stream
    }

    #[test]
    fn a_new_host_that_fetches_much_at_night_is_odd() {
        let stream = files(60).sized(41, 19 * 60 + 13, "10.0.0.77", "10.4.0.7", "tcp/445", (90_000, 800_000_000));
        let found = stream.told_by(&super::OddHosts);
        let odd = found.findings.iter().find(|finding| finding.rule == super::RULE).expect("it is found");
        assert!(odd.p.unwrap() < 1e-3, "{odd:?}");
        assert!(odd.because.contains("10.0.0.77 → 10.4.0.7 on 2020-06-11"), "{}", odd.because);
        assert!(
            odd.because.contains("never called anybody from Bangkok before")
                && odd.because.contains("out of hours in Bangkok"),
            "{}",
            odd.because
        );
        assert!(odd.because.contains("800 MB fetched, "), "{}", odd.because);
    }

    #[test]
    fn everyday_traffic_is_not_odd() {
        let found = files(60).told_by(&super::OddHosts);
        assert!(
            !found.findings.iter().any(|finding| finding.rule == super::RULE && finding.p.unwrap() < 1e-3),
            "{:#?}",
            found.findings
        );
    }

    #[test]
    fn a_session_is_not_odd_because_a_scanner_greets_the_same_service() {
        let mut stream = Stream::new().everyday(60);
        for (week, plant, host) in
            (0..8).flat_map(|week| (0..4).flat_map(move |plant| (1..12).map(move |host| (week, plant, host))))
        {
            let to = format!("10.{plant}.0.{host}");
            stream = stream.sized(week * 7 + 2, 200 + host, "10.4.0.60", &to, "tcp/3389", (900, 1_500));
        }
        for visit in 0..40 {
            let to = format!("10.{}.0.3", visit % 4);
            let sizes = (800_000 + 71_003 * (visit as u64 * 5 % 9), 6_000_000 + 700_001 * (visit as u64 * 3 % 7));
            stream = stream.sized(visit * 3 / 2, 60 + visit * 7 % 120, "10.4.0.12", &to, "tcp/3389", sizes);
        }
        let found = stream.told_by(&super::OddHosts).findings;
        assert!(
            !found
                .iter()
                .any(|own| own.service.is_some_and(|service| service.port == Some(3389)) && own.p.unwrap() < 0.02),
            "{found:#?}"
        );
    }

    /// What is told of Lincoln, where a host of Tokyo works once; 10.4.0.12 does as much at three plants week by week.
    fn told_of_lincoln(host: &str) -> String {
        let mut stream = files(60);
        for day in 0..40 {
            let to = format!("10.{}.0.3", day % 3);
            let sizes = (900_000 + 50_021 * (day as u64 * 5 % 9), 7_000_000 + 300_007 * (day as u64 * 3 % 7));
            stream = stream.sized(day, 60 + day * 7 % 120, "10.4.0.12", &to, "tcp/3389", sizes);
            stream = stream.sized(day, 90, "10.4.0.14", "10.3.0.3", "tcp/3389", (3_000, 9_000));
        }
        let stream = stream.sized(45, 100, host, "10.3.0.3", "tcp/3389", (1_000_000, 8_000_000));
        let found = stream.told_by(&super::OddHosts).findings;
        let of_lincoln = found.iter().filter(|own| own.link.to == crate::sites::Party::Site(3));
        of_lincoln.map(|own| own.because.to_string()).collect()
    }

    #[test]
    fn what_a_host_does_elsewhere_day_by_day_is_no_odder_at_another_site() {
        let (habit, none) = (told_of_lincoln("10.4.0.12"), told_of_lincoln("10.4.0.13"));
        assert!(none.contains("8.00 MB fetched"), "{none}");
        assert!(!habit.contains("MB fetched"), "{habit}");
    }

    #[test]
    fn a_few_days_are_not_enough() {
        let stream = Stream::new().flows(3, 1, 0, "10.0.0.9", "10.4.0.1", "tcp/445");
        assert!(
            stream
                .told_by(&super::OddHosts)
                .refrains
                .iter()
                .any(|refrain| refrain.rule == super::RULE && refrain.because.contains("not enough evidence"))
        );
    }
}
