//! D15 odd hosts: over a service that a link is known for, a host pair does what neither it nor any other pair there does.
//!
//! The statistic is a sum over a day of a host pair: of −ln of the chances that it carries so much out, so much back, so many
//! connections or one so long (the least likely of the four, by distance from the pair's own days, drawn to those of all pairs
//! of the service, in deviations of the median kind); that so many of its hours are out of hours at the caller's (beta-binomial
//! on the service's own share, ρ = .15), or one of them so rarely used there at all by others; and that the caller is new there (the share of such days among all). What such a sum
//! is worth is settled by comparison with the days of all pairs of the organisation (`conformal`), those to the Internet apart;
//! and the chance of a link's service is the Cauchy combination over all its pairs' days.
//!
//! Own: DETECTORS that look at sums of a link lose one host's night among a day's work. Gate: 8 days of pairs over the service, 60 in all. ATT&CK: T1021
//! Remote Services, T1078 Valid Accounts, T1048 Exfiltration. Innocent: a new colleague, a large file, work at night.

use std::collections::{BTreeMap, BTreeSet};

use super::conformal::{Scores, Tail, tempered};
use super::daily::{Daily, Pair, Unit};
use super::numeric::{acat, beta_binomial_tail, ln, middle_and_spread};
use super::{Detector, Findings, Observed, Refrain, accounts_of, counted, hosts_of, id_of, time};
use crate::calendar;
use crate::finding::{Finding, Gravity, Lane, Rows};
use crate::flow::Moment;
use crate::ledger::TrailDay;

/// The detector.
pub struct OddHosts;

const RULE: &str = "D15 odd-hosts v1";
const LEAST_PAIR_DAYS: usize = 8;
const LEAST_SCORES: usize = 60;
/// So many days of its own weigh as much as all others of the service together.
const OWN_WEIGHT: f64 = 4.0;
/// No spread of logarithms is taken for less: nothing real is as even.
const LEAST_SPREAD: f64 = 0.35;
/// A caller is new for so many days.
const YOUNG: i32 = 7;
/// How much the hours of a host's day go together.
const RHO: f64 = 0.15;
/// What is more likely than this is not told.
const TELLING: f64 = 0.1;
/// Whether there are precedents is asked of what is rarer than this.
const WORTH_ASKING: f64 = 0.02;

/// What a pair's day is measured by: logarithms of bytes out, bytes back, connections and seconds of the longest.
type Measures = [f64; 4];
const NAMES: [&str; 4] = ["bytes sent", "bytes fetched", "connections", "seconds of the longest"];

/// A day of a host pair.
struct PairDay<'s> {
    unit: usize,
    pair: Pair<'s>,
    day: i32,
    seen: &'s TrailDay,
    /// Distances in deviations, above what is usual.
    above: Measures,
    /// What is usual.
    usual: Measures,
    /// Hours that are out of hours, of how many, and the chance of it.
    off: (u32, u32, f64),
    /// The chance of an hour that is used as rarely as its rarest, the pair itself left out.
    rarest: f64,
    /// The chance that a day there is one of a new caller; 1 where it is none.
    newcomer: f64,
    score: f64,
}

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
        for external in [false, true] {
            let mut days: Vec<PairDay<'_>> = Vec::new();
            for (at, unit) in daily.units.iter().enumerate().filter(|(_, unit)| unit.is_external() == external) {
                let count: usize = unit.pairs.iter().map(|pair| pair.days.len()).sum();
                if count < LEAST_PAIR_DAYS {
                    few += 1;
                } else {
                    measure(daily, at, unit, &ordinary, &mut days);
                }
            }
            if days.len() < LEAST_SCORES {
                few += days.iter().map(|day| day.unit).collect::<BTreeSet<_>>().len() as u64;
                continue;
            }
            score(&mut days);
            judge(observed, daily, &days, &mut found);
        }
        if few > 0 {
            let services = counted(few, "service");
            let because = format!(
                "not enough evidence: {services} of links with fewer than {LEAST_PAIR_DAYS} days of host pairs"
            );
            found.refrains.push(Refrain { rule: RULE, link: None, service: None, because });
        }
        found
    }
}

fn measures(seen: &TrailDay) -> Measures {
    let log = |count: u64| ln(1.0 + count as f64);
    [log(seen.bytes_out), log(seen.bytes_in), log(u64::from(seen.ran)), log(u64::from(seen.longest))]
}

/// All days of a service's pairs on which something ran.
fn measure<'s>(daily: &Daily<'_>, at: usize, unit: &Unit<'s>, ordinary: &[f64; 48], days: &mut Vec<PairDay<'s>>) {
    let all: Vec<(&Pair<'s>, i32, &'s TrailDay)> = unit
        .pairs
        .iter()
        .flat_map(|pair| pair.days.iter().map(move |(day, seen)| (pair, *day, seen)))
        .filter(|(_, _, seen)| seen.ran > 0)
        .collect();
    if all.is_empty() {
        return;
    }
    let over = |days: &[Measures]| -> [(f64, f64); 4] {
        std::array::from_fn(|m| {
            let values: Vec<f64> = days.iter().map(|day| day[m]).collect();
            middle_and_spread(&values).unwrap_or((0.0, 0.0))
        })
    };
    let of_service = over(&all.iter().map(|(_, _, seen)| measures(seen)).collect::<Vec<_>>());
    let off_of = |day: i32, seen: &TrailDay| {
        ((seen.hours & daily.off_hours(unit.link, day)).count_ones(), seen.hours.count_ones())
    };
    let mut masks: BTreeMap<i32, u32> = BTreeMap::new();
    for (_, day, _) in &all {
        masks.entry(*day).or_insert_with(|| daily.off_hours(unit.link, *day));
    }
    let sum = |of: &mut dyn Iterator<Item = (i32, &TrailDay)>| {
        of.fold((0, 0), |(off, hours), (day, seen)| {
            let mask = masks.get(&day).copied().unwrap_or_else(|| off_of(day, seen).0);
            (off + (seen.hours & mask).count_ones(), hours + seen.hours.count_ones())
        })
    };
    let (all_off, all_hours) = sum(&mut all.iter().map(|(_, day, seen)| (*day, *seen)));
    let newcomers = Newcomers::of(unit, &all);
    let mut own_of: BTreeMap<usize, ([(f64, f64); 4], f64, (u32, u32))> = BTreeMap::new();
    for (number, pair) in unit.pairs.iter().enumerate() {
        let own: Vec<Measures> =
            pair.days.iter().filter(|(_, seen)| seen.ran > 0).map(|(_, seen)| measures(seen)).collect();
        if own.len() > 1 {
            let hours = sum(&mut pair.days.iter().map(|(day, seen)| (*day, seen)));
            own_of.insert(number, (over(&own), own.len() as f64, hours));
        }
    }
    let local: BTreeMap<i32, [u8; 24]> = masks.keys().map(|day| (*day, daily.local_hours(unit.link, *day))).collect();
    for (number, pair) in unit.pairs.iter().enumerate() {
        let rarity = rarity(unit, pair, &local, ordinary);
        for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.ran > 0) {
            let measured = measures(seen);
            let own = own_of.get(&number);
            let (mut above, mut usual) = ([0.0; 4], [0.0; 4]);
            for m in 0..4 {
                let (middle, spread) = of_service[m];
                let (own_middle, own_spread, weight) = match own {
                    // One day less: this one is not to speak for itself.
                    Some((own, days, _)) => (own[m].0, own[m].1, (days - 1.0) / (days - 1.0 + OWN_WEIGHT)),
                    None => (0.0, 0.0, 0.0),
                };
                usual[m] = own_middle * weight + middle * (1.0 - weight);
                let spread = (own_spread * weight + spread * (1.0 - weight)).max(LEAST_SPREAD);
                above[m] = ((measured[m] - usual[m]) / spread).max(0.0);
            }
            let mask = masks[day];
            let (off, hours) = ((seen.hours & mask).count_ones(), seen.hours.count_ones());
            let (own_off, own_hours) = own.map_or((off, hours), |(_, _, hours)| *hours);
            let share_of =
                |off: u32, hours: u32, drawn: f64, to: f64| (f64::from(off) + drawn * to) / (f64::from(hours) + drawn);
            let of_all = share_of(all_off - off, all_hours - hours, 10.0, 0.15);
            let share = share_of(own_off - off, own_hours - hours, 6.0, of_all);
            let chance = beta_binomial_tail(u64::from(off), u64::from(hours), share, RHO);
            let newcomer = newcomers.chance(pair, *day);
            let hours_used =
                (0..24).filter(|hour| seen.hours >> hour & 1 == 1).map(|hour| rarity[usize::from(local[day][hour])]);
            let rarest = (hours_used.fold(1.0, f64::min) * f64::from(hours)).min(1.0);
            let off = (off, hours, chance);
            days.push(PairDay {
                unit: at,
                pair: *pair,
                day: *day,
                seen,
                above,
                usual,
                off,
                rarest,
                newcomer,
                score: 0.0,
            });
        }
    }
}

/// The shares of the hours of use over all services of people.
fn ordinary_hours(daily: &Daily<'_>) -> [f64; 48] {
    let night = |hours: &[f64; 48]| hours[..7].iter().chain(&hours[20..]).sum::<f64>();
    let mut all = [1.0; 48];
    for unit in &daily.units {
        let hours = unit.use_by_hour.iter().sum::<f64>();
        if night(&unit.use_by_hour) * 3.0 <= hours {
            // No service may speak for all others.
            let weight = 1.0 / (hours + 200.0);
            all.iter_mut().zip(unit.use_by_hour).for_each(|(own, hours)| *own += 100.0 * hours * weight);
        }
    }
    let sum = all.iter().sum::<f64>();
    all.map(|hours| hours / sum)
}

/// For each local hour the chance of an hour that is used as rarely or more so: by the service without this pair, drawn to
/// what is ordinary.
fn rarity(unit: &Unit<'_>, pair: &Pair<'_>, local: &BTreeMap<i32, [u8; 24]>, ordinary: &[f64; 48]) -> [f64; 48] {
    let mut own = [0.0; 48];
    for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.ran > 0) {
        super::daily::count_hours(&mut own, &local[day], seen);
    }
    let (all, own_all) = (unit.use_by_hour.iter().sum::<f64>(), own.iter().sum::<f64>());
    // Where the pair is most of the service, its own days are its habit.
    let without = if own_all * 2.0 > all { [0.0; 48] } else { own };
    let rest: [f64; 48] = std::array::from_fn(|hour| (unit.use_by_hour[hour] - without[hour]).max(0.0));
    let near = |hour: usize| {
        let (half, hour) = (hour / 24 * 24, hour % 24);
        (rest[half + (hour + 23) % 24] + 2.0 * rest[half + hour] + rest[half + (hour + 1) % 24]) / 4.0
    };
    let drawn = 30.0;
    let share: [f64; 48] = std::array::from_fn(|hour| near(hour) + drawn * ordinary[hour]);
    let sum = share.iter().sum::<f64>();
    std::array::from_fn(|hour| share.iter().filter(|other| **other <= share[hour]).sum::<f64>() / sum)
}

/// How often days at a service are of callers that are new there.
struct Newcomers<'s> {
    since: BTreeMap<crate::flow::Host, i32>,
    begin: i32,
    days: f64,
    of_new: f64,
    unit: std::marker::PhantomData<&'s ()>,
}

impl<'s> Newcomers<'s> {
    fn of(unit: &Unit<'s>, all: &[(&Pair<'s>, i32, &TrailDay)]) -> Newcomers<'s> {
        let mut since: BTreeMap<crate::flow::Host, i32> = BTreeMap::new();
        for (pair, day, _) in all {
            let first = since.entry(pair.key.initiator).or_insert(*day);
            *first = (*first).min(*day);
        }
        let begin = unit.days.keys().next().copied().unwrap_or(0) + super::novelty::DAYS_BEFORE as i32;
        let is_new = |pair: &Pair<'_>, day: i32| {
            let first = since[&pair.key.initiator];
            first >= begin && day < first + YOUNG
        };
        let later = all.iter().filter(|(_, day, _)| *day >= begin);
        let (mut days, mut of_new) = (0.0, 0.0);
        for (pair, day, _) in later {
            days += 1.0;
            of_new += f64::from(u8::from(is_new(pair, *day)));
        }
        Newcomers { since, begin, days, of_new, unit: std::marker::PhantomData }
    }

    fn chance(&self, pair: &Pair<'_>, day: i32) -> f64 {
        let Some(first) = self.since.get(&pair.key.initiator) else { return 1.0 };
        if *first < self.begin || day >= first + YOUNG {
            return 1.0;
        }
        // Without its own days, half a day more.
        ((self.of_new - 1.0).max(0.0) + 0.5) / (self.days + 1.0)
    }
}

fn score(days: &mut [PairDay<'_>]) {
    let measures: [Scores; 4] =
        std::array::from_fn(|m| Scores::of(days.iter().map(|day| day.above[m]).collect(), Tail::Power));
    for day in days {
        let chances = (0..4).map(|m| measures[m].chance(day.above[m]));
        let least = chances.fold(1.0, f64::min);
        let hours = (2.0 * day.off.2.max(1e-12).min(day.rarest)).min(1.0);
        day.score = -ln(least) - ln(hours) - ln(day.newcomer);
    }
}

fn judge(observed: &Observed<'_>, daily: &Daily<'_>, days: &[PairDay<'_>], found: &mut Findings) {
    let scores = Scores::of(days.iter().map(|day| day.score).collect(), Tail::Exponential);
    let mut by_unit: BTreeMap<usize, Vec<(f64, &PairDay<'_>)>> = BTreeMap::new();
    for day in days {
        by_unit.entry(day.unit).or_default().push((scores.chance(day.score), day));
    }
    for (unit, mut own) in by_unit {
        found.tested += 1;
        let all: Vec<(i32, f64)> = own.iter().map(|(_, day)| (day.day, day.score)).collect();
        for (p, day) in own.iter_mut().filter(|(p, _)| *p < WORTH_ASKING) {
            *p = tempered(*p, (day.day, day.score), &all);
        }
        let p = acat(own.iter().map(|(p, _)| *p), own.len());
        if p > TELLING {
            continue;
        }
        own.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (a.1.day, a.1.pair.key).cmp(&(b.1.day, b.1.pair.key))));
        found.findings.extend(claim(observed, daily, &daily.units[unit], p, &own));
    }
}

fn claim(
    observed: &Observed<'_>,
    daily: &Daily<'_>,
    unit: &Unit<'_>,
    p: f64,
    own: &[(f64, &PairDay<'_>)],
) -> Option<Finding> {
    let (least, oddest) = own.first()?;
    // The oddest, and what is nearly as odd.
    let odd: Vec<&PairDay<'_>> = own
        .iter()
        .take_while(|(p, _)| *p <= (least * 30.0).min(0.002).max(*least))
        .map(|(_, day)| *day)
        .take(60)
        .collect();
    let rows = Rows::of(odd.iter().filter_map(|day| day.seen.sight()))?;
    let (hosts, from, to) = hosts_of(odd.iter().map(|day| day.pair.key));
    let pair = oddest.pair.key;
    let said = facts(observed, daily, unit, oddest);
    let others = if odd.len() > 1 {
        format!(
            " As odd were {} of {} to {}.",
            counted(odd.len() as u64 - 1, "more day"),
            counted(from as u64, "host"),
            counted(to as u64, "host")
        )
    } else {
        String::new()
    };
    let because = format!(
        "{} is known for {}; of {} of host pairs there, the oddest is {} → {} on {}: {}.{others}",
        observed.link(unit.link),
        unit.service,
        counted(own.len() as u64, "day"),
        observed.survey.host(pair.initiator),
        observed.survey.host(pair.responder),
        calendar::date(Moment(i64::from(oddest.day) * calendar::DAY)),
        said.join("; "),
    );
    let first = odd.iter().filter_map(|day| day.seen.sight()?.at).min();
    let last_day = odd.iter().map(|day| day.day).max().unwrap_or(oddest.day);
    let last = unit.days.get(&last_day).and_then(|totals| totals.last).into_iter();
    let last = last.chain(odd.iter().filter_map(|day| day.seen.sight()?.at)).max();
    let window = first.zip(last);
    let normal = format!(
        "A host pair's day there has about {} out and {} back, in {}.",
        bytes(oddest.usual[0]),
        bytes(oddest.usual[1]),
        counted((super::numeric::exp(oddest.usual[2]) - 1.0).max(1.0) as u64, "connection"),
    );
    Some(Finding {
        id: id_of(observed, RULE, unit.link, Some(unit.service), None),
        lane: Lane::Behaviour,
        rule: RULE,
        link: unit.link,
        service: Some(unit.service),
        window,
        hosts,
        accounts: accounts_of(unit.records.iter().copied()),
        p: Some(p),
        q: None,
        because,
        gist: format!("known service, odd hosts: {}", said.first()?),
        normal,
        innocent: &["a new colleague or a new device", "a large file, sent or fetched once", "work at night"],
        attack: &["T1021", "T1078", "T1048"],
        gravity: Gravity::Suspected,
        rows,
    })
}

/// What makes a day odd, in words, the oddest first.
fn facts(observed: &Observed<'_>, daily: &Daily<'_>, unit: &Unit<'_>, day: &PairDay<'_>) -> Vec<String> {
    let mut said: Vec<(f64, String)> = Vec::new();
    for (m, own) in measures(day.seen).into_iter().enumerate() {
        let (now, usual) = (super::numeric::exp(own) - 1.0, (super::numeric::exp(day.usual[m]) - 1.0).max(1.0));
        if day.above[m] >= 2.5 {
            said.push((
                day.above[m],
                format!("{} {}, {:.1} times the usual {:.0}", now as u64, NAMES[m], now / usual, usual),
            ));
        }
    }
    let (off, hours, chance) = day.off;
    if off > 0 && chance < 0.1 && chance <= day.rarest {
        let whose = observed.book.name_of(daily.whose(unit.link));
        let at = day
            .seen
            .sight()
            .and_then(|sight| sight.at)
            .map_or(String::new(), |at| format!(", from {}", observed.local(daily.whose(unit.link), at)));
        said.push((
            -ln(chance),
            format!(
                "{off} of its {} of use out of hours in {whose}{at} (p = {chance:.1e})",
                counted(u64::from(hours), "hour")
            ),
        ));
    }
    if day.rarest < 0.05 && day.rarest < chance {
        let whose = daily.whose(unit.link);
        let at = day.seen.sight().and_then(|sight| sight.at).map(|at| observed.local(whose, at)).unwrap_or_default();
        said.push((
            -ln(day.rarest),
            format!(
                "an hour of {} at which others hardly use it, from {at} (p = {:.1e})",
                observed.book.name_of(whose),
                day.rarest
            ),
        ));
    }
    if day.newcomer < 0.2 {
        let host = observed.survey.host(day.pair.key.initiator);
        let text = format!("{host} had never called there before (p = {:.1e})", day.newcomer);
        said.push((-ln(day.newcomer), text));
    }
    if said.is_empty() {
        let at = day.seen.sight().and_then(|sight| sight.at).map(time).unwrap_or_default();
        said.push((0.0, format!("many small oddities together, from {at}")));
    }
    said.sort_by(|a, b| b.0.total_cmp(&a.0));
    said.into_iter().map(|(_, text)| text).collect()
}

fn bytes(log: f64) -> String {
    counted((super::numeric::exp(log) - 1.0).max(0.0) as u64, "byte")
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
            odd.because.contains("never called there before") && odd.because.contains("out of hours in Bangkok"),
            "{}",
            odd.because
        );
        assert!(odd.because.contains("bytes fetched"), "{}", odd.because);
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
