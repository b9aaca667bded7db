//! D15 odd hosts: over a service that a link is known for, a host pair does what neither it nor any other pair there does.
//!
//! The statistic is a sum over a day of a host pair: of −ln of the chances that it carries so much out, so much back, so many
//! connections and one so long (by distance from the pair's own earlier days, drawn to those of all pairs of the service, in
//! deviations of the median kind, and no further than from what the caller did over the same service elsewhere on five earlier days and more,
//! for an administrator's habit is not one link's; the greatest of the four counts in full, the others half, since busy days have more of all four); that so many of its hours are out of hours at the caller's (beta-binomial
//! on the service's own share, ρ = .15), or one of them so rarely used there at all by others; that the caller is new there, or has never
//! called from its site at all (the shares of such days among all); and that so few other hosts ever call the responder. What such a sum
//! is worth is settled by comparison with the days of all pairs of the organisation (`conformal`), those to the Internet apart;
//! and the chance of a link's service is the Cauchy combination over all its pairs' days.
//!
//! Days without an answer, and greetings of a host that sweeps the organisation (less than 4 kB a connection), are no use and left out.
//! Own: DETECTORS that look at sums of a link lose one host's night among a day's work. Gate: 8 days of pairs over the service, 60 in all. ATT&CK: T1021
//! Remote Services, T1078 Valid Accounts, T1048 Exfiltration. Innocent: a new colleague, a large file, work at night.

use std::collections::{BTreeMap, BTreeSet};

use super::conformal::{Scores, Tail, tempered};
use super::d5_off_hours::hours_of;
use super::daily::{Daily, Pair, Unit, off_hours};
use super::newcomers::{Callers, Newcomers, Shared, Strangers, callers_of};
use super::novelty::kind;
use super::numeric::{acat, beta_binomial_tail, ln, middle_and_spread_of};
use super::spread::spread;
use super::{Detector, Findings, Observed, Refrain, accounts_of, hosts_of, id_of};
use crate::finding::usual::{Measure, Usual};
use crate::finding::{Finding, Gravity, Lane, Rows};
use crate::flow::{Host, Service};
use crate::ledger::TrailDay;
use crate::phrase::{Phrase, Saying, Thing, bytes, count, day as date, decimal, joined, phrase, power, time};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct OddHosts;

const RULE: &str = "D15 odd-hosts v5";
const LEAST_PAIR_DAYS: usize = 8;
const LEAST_SCORES: usize = 60;
/// So many days of its own weigh as much as all others of the service together.
const OWN_WEIGHT: f64 = 4.0;
/// No spread of logarithms is taken for less: nothing real is as even.
const LEAST_SPREAD: f64 = 0.35;
/// So many of a pair's earlier days are its habit.
const EARLIER: usize = 60;
/// On so many earlier days elsewhere a caller has a habit.
const HABIT: usize = 5;
/// Among so many times as many of its latest days it is looked for.
const LOOKED_THROUGH: usize = 10;
/// What the three lesser measures count beside the greatest: busy days have more of all four.
const BESIDE: f64 = 0.5;
/// How much the hours of a host's day go together.
const RHO: f64 = 0.15;
/// What is more likely than this is not told.
const TELLING: f64 = 0.1;
/// So many deviations above what is usual are told.
const TOLD_FROM: f64 = 2.5;
/// Whether there are precedents is asked of what is rarer than this.
const WORTH_ASKING: f64 = 0.02;

/// What a pair's day is measured by: logarithms of bytes out, bytes back, connections and seconds of the longest.
type Measures = [f64; 4];
const NAMES: [Saying; 4] = [
    Saying("sent", "送信"),
    Saying("fetched", "受信"),
    Saying("connections", "接続"),
    Saying("seconds of the longest", "最長の接続"),
];

/// A day of use: of whom, when, what was seen, and how many of its hours are out of hours, of how many.
type Use<'s> = (Host, i32, &'s TrailDay, (u32, u32));

/// What a caller did over a service: on which day, over which unit, how much.
type Done = (i32, usize, Measures);

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
    /// The chance that a day of the caller's site is one of a host that never called anybody before; 1 where it is none.
    stranger: f64,
    /// How many other hosts call the responder, over whatever service.
    shared: usize,
    /// The chance of a day toward a responder that so few others call.
    lone: f64,
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
fn measure<'s>(
    daily: &Daily<'_>,
    number: usize,
    unit: &Unit<'s>,
    ordinary: &[f64; 48],
    (callers, strangers): (&Callers, &Strangers),
    days: &mut Vec<PairDay<'s>>,
) {
    // Where the log tells what came back, a day on which nothing did is one of attempts, as of a scanner, and no use.
    let answers = unit.pairs.iter().flat_map(|pair| pair.days).any(|(_, seen)| seen.bytes_in > 0);
    let is_use = |pair: &Pair<'_>, day: i32, seen: &TrailDay| {
        seen.ran > 0 && (!answers || seen.bytes_in > 0) && !daily.is_greeting(pair.key, day, seen)
    };
    // Of each day on which anything ran, what hours it has.
    let mut clock: Vec<(i32, [u8; 24], u32)> = Vec::new();
    let ran_on = unit.pairs.iter().flat_map(|pair| pair.days).filter(|(_, seen)| seen.ran > 0);
    for day in ran_on.map(|(day, _)| *day).lean_collect::<BTreeSet<i32>>() {
        let local = daily.local_hours(unit.link, day);
        clock.push((day, local, off_hours(&local)));
    }
    let hours_on = |day: i32| &clock[clock.partition_point(|(own, ..)| *own < day)];
    let off_of = |(_, _, mask): &(i32, [u8; 24], u32), seen: &TrailDay| {
        ((seen.hours & mask).count_ones(), seen.hours.count_ones())
    };
    let sum = |(off, hours): (u32, u32), own: (u32, u32)| (off + own.0, hours + own.1);

    // All days of use, pair by pair; how many each pair has; and what each carried.
    let mut all: Vec<Use<'s>> = Vec::new();
    let mut counts: Vec<usize> = Vec::with_capacity(unit.pairs.len());
    for pair in &unit.pairs {
        let before = all.len();
        let own = pair.days.iter().filter(|(day, seen)| is_use(pair, *day, seen));
        all.extend(own.map(|(day, seen)| (pair.key.initiator, *day, seen, off_of(hours_on(*day), seen))));
        counts.push(all.len() - before);
    }
    let carried: Vec<Measures> = all.iter().map(|(_, _, seen, _)| measures(seen)).collect();
    let Some(first) = all.iter().map(|(_, day, ..)| *day).min() else { return };
    let begin = first + super::novelty::DAYS_BEFORE as i32;
    let of_service = usual(&carried);
    let (all_off, all_hours) = all.iter().map(|(.., off)| *off).fold((0, 0), sum);
    let newcomers = Newcomers::of(unit, all.iter().map(|(initiator, day, ..)| (*initiator, *day)));
    let mut at_pair = 0;
    for (pair, count) in unit.pairs.iter().zip(counts) {
        let ran = &all[at_pair..at_pair + count];
        let of_pair = &carried[at_pair..at_pair + count];
        at_pair += count;
        if ran.is_empty() {
            continue;
        }
        let shares = shares(unit, pair, hours_on, ordinary);
        let sum_of_shares = shares.iter().sum::<f64>();
        let (own_off, own_hours) = ran.iter().map(|(.., off)| *off).fold((0, 0), sum);
        let whole = usual(of_pair);
        let shared = callers.get(&pair.key.responder).map_or(0, |all| all.saturating_sub(1));
        for (at, (_, day, seen, (off, hours))) in ran.iter().enumerate() {
            // What an intruder makes of a pair must not become its habit: only what was before counts. The first weeks have
            // nothing before them.
            let (own, count) = if *day < begin {
                (whole, ran.len() - 1)
            } else {
                let earlier = &of_pair[at.saturating_sub(EARLIER)..at];
                (usual(earlier), earlier.len())
            };
            let weight = count as f64 / (count as f64 + OWN_WEIGHT);
            let (mut above, mut usual) = ([0.0; 4], [0.0; 4]);
            for m in 0..4 {
                usual[m] = own[m].0 * weight + of_service[m].0 * (1.0 - weight);
                let spread = (own[m].1 * weight + of_service[m].1 * (1.0 - weight)).max(LEAST_SPREAD);
                above[m] = ((of_pair[at][m] - usual[m]) / spread).max(0.0);
            }
            let share =
                |off: u32, hours: u32, drawn: f64, to: f64| (f64::from(off) + drawn * to) / (f64::from(hours) + drawn);
            let of_all = share(all_off - off, all_hours - hours, 10.0, 0.15);
            let of_own = share(own_off - off, own_hours - hours, 6.0, of_all);
            let chance = beta_binomial_tail(u64::from(*off), u64::from(*hours), of_own, RHO);
            let used = (0..24).filter(|hour| seen.hours >> hour & 1 == 1);
            let (_, local, _) = hours_on(*day);
            let least = used.map(|hour| shares[usize::from(local[hour])]).fold(f64::INFINITY, f64::min);
            let rarest = as_rare(&shares, least) / sum_of_shares;
            days.push(PairDay {
                unit: number,
                pair: *pair,
                day: *day,
                seen,
                above,
                usual,
                off: (*off, *hours, chance),
                rarest: (rarest * f64::from(*hours)).min(1.0),
                newcomer: newcomers.chance(pair.key.initiator, *day),
                shared,
                lone: 1.0,
                stranger: strangers.chance(unit.link.from, pair.key.initiator, *day),
                score: 0.0,
            });
        }
    }
}

/// Middle and spread of each measure.
fn usual(days: &[Measures]) -> [(f64, f64); 4] {
    // Most pairs have a day or two, and nothing before the first.
    match days {
        [] => return [(0.0, 0.0); 4],
        [day] => return day.map(|own| (own, 0.0)),
        _ => (),
    }
    let mut values = Vec::with_capacity(days.len());
    std::array::from_fn(|m| {
        values.clear();
        values.extend(days.iter().map(|day| day[m]));
        middle_and_spread_of(&mut values).unwrap_or((0.0, 0.0))
    })
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

/// For each local hour how much it is used: by the service without this pair, drawn to what is ordinary.
fn shares<'c>(
    unit: &Unit<'_>,
    pair: &Pair<'_>,
    hours_on: impl Fn(i32) -> &'c (i32, [u8; 24], u32),
    ordinary: &[f64; 48],
) -> [f64; 48] {
    let mut own = [0.0; 48];
    for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.ran > 0) {
        super::daily::count_hours(&mut own, &hours_on(*day).1, seen);
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
    std::array::from_fn(|hour| near(hour) + drawn * ordinary[hour])
}

/// The use of the hours that are used as rarely as this or more so. Of several hours the least used one has the least, so that
/// it alone needs to be asked for.
fn as_rare(shares: &[f64; 48], least: f64) -> f64 {
    // No branch that is taken or not as it happens.
    shares.iter().map(|share| if *share <= least { *share } else { 0.0 }).sum()
}

/// Holds what is far above the pair's usual against what its caller did over the same service elsewhere: only what is odd by both is.
fn hold_by_habit(daily: &Daily<'_>, days: &mut [PairDay<'_>]) {
    let who = |day: &PairDay<'_>| (kind(daily.units[day.unit].service), day.pair.key.initiator);
    let is_far = |day: &PairDay<'_>| day.above.iter().any(|above| *above >= TOLD_FROM);
    let mut done: BTreeMap<(Service, Host), Vec<Done>> = BTreeMap::new();
    days.iter().filter(|day| is_far(day)).for_each(|day| _ = done.entry(who(day)).or_default());
    for day in days.iter() {
        if let Some(own) = done.get_mut(&who(day)) {
            own.push((day.day, day.unit, measures(day.seen)));
        }
    }
    done.values_mut().for_each(|own| own.lean_sort_by_key(|(day, unit, _)| (*day, *unit)));
    for day in days.iter_mut().filter(|day| is_far(day)) {
        let Some(all) = done.get(&who(day)) else { continue };
        let before = &all[..all.partition_point(|(on, ..)| *on < day.day)];
        // One host may call thousands, and each of them is held against no more than these.
        let latest = before.iter().rev().take(LOOKED_THROUGH * EARLIER).filter(|(_, unit, _)| *unit != day.unit);
        let elsewhere: Vec<Measures> = latest.take(EARLIER).map(|(.., own)| *own).collect();
        if elsewhere.len() < HABIT {
            continue;
        }
        let (habit, now) = (usual(&elsewhere), measures(day.seen));
        for m in 0..4 {
            let above = ((now[m] - habit[m].0) / habit[m].1.max(LEAST_SPREAD)).max(0.0);
            if above < day.above[m] {
                (day.above[m], day.usual[m]) = (above, habit[m].0);
            }
        }
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
    let mut news: BTreeMap<usize, i32> = BTreeMap::new();
    for day in days {
        if day.day < *news.entry(day.unit).or_insert_with(|| is_news_until(observed, &daily.units[day.unit])) {
            continue;
        }
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
        own.lean_sort_by(|a, b| {
            a.0.total_cmp(&b.0).then_with(|| (a.1.day, a.1.pair.key).cmp(&(b.1.day, b.1.pair.key)))
        });
        found.findings.extend(claim(observed, daily, &daily.units[unit], p, &own));
    }
}

/// Until when a service is news, of which D2 or D3 tells; the distant past where it is none.
fn is_news_until(observed: &Observed<'_>, unit: &Unit<'_>) -> i32 {
    let coverage = observed.coverage();
    let Some(first) = unit.days.keys().next() else { return i32::MIN };
    let is_new = coverage.days(unit.link).range(..first).count() >= coverage.gate();
    if is_new { first + super::novelty::DAYS_BEFORE as i32 } else { i32::MIN }
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
    let hosts_told = phrase!(
        "{from} to {to}",
        "接続元：{from}、接続先：{to}",
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST)
    );
    let others = match odd.len() {
        0 | 1 => Phrase::default(),
        2 => phrase!(
            "As odd were 1 more day of {hosts_told}.",
            "同程度に異常な日がほかに1日分あります（{hosts_told}）。",
            hosts_told
        ),
        days => phrase!(
            "As odd were {days} more days of {hosts_told}.",
            "同程度に異常な日がほかに{days}日分あります（{hosts_told}）。",
            days = days - 1,
            hosts_told
        ),
    };
    let because = phrase!(
        "{link} is known for {service}; of {days} of host pairs there, the oddest is {initiator} → {responder} on {day}: {said}.",
        "{link}の{service}通信は以前からありますが、ホスト対の延べ{days}分のうち、{day}の{initiator} → {responder}が最も異常です：{said}。",
        link = observed.link(unit.link),
        service = unit.service,
        days = count(own.len() as u64, Thing::DAY),
        initiator = observed.host(pair.initiator),
        responder = observed.host(pair.responder),
        day = date(oddest.day),
        said = joined(&said, "; ", "、")
    );
    let because = because.and(&others);
    let first = odd.iter().filter_map(|day| day.seen.sight()?.at).min();
    let last_day = odd.iter().map(|day| day.day).max().unwrap_or(oddest.day);
    let last = unit.days.get(&last_day).and_then(|totals| totals.last).into_iter();
    let last = last.chain(odd.iter().filter_map(|day| day.seen.sight()?.at)).max();
    let window = first.zip(last);
    let usual = |measure: usize| (super::numeric::exp(oddest.usual[measure]) - 1.0).max(0.0);
    let normal = phrase!(
        "A host pair's day there has about {out} out and {back} back, in {connections}.",
        "ここでのホスト対の一日は、およそ送信{out}、受信{back}、{connections}です。",
        out = bytes(usual(0) as u64),
        back = bytes(usual(1) as u64),
        connections = count(usual(2).max(1.0) as u64, Thing::CONNECTION)
    );
    Some(Finding {
        id: id_of(observed, RULE, unit.link, Some(unit.service), None),
        lane: Lane::Behaviour,
        rule: RULE,
        link: unit.link,
        also: Vec::new(),
        service: Some(unit.service),
        window,
        hosts,
        accounts: accounts_of(unit.records.iter().copied()),
        p: Some(p),
        q: None,
        because,
        gist: phrase!("known service, odd hosts: {said}", "既知のサービスで異例のホスト：{said}", said = said.first()?),
        normal,
        usual: picture(daily, unit, own, oddest),
        innocent: &[
            Saying("a new colleague or a new device", "新しい担当者や新しい端末"),
            Saying("a large file, sent or fetched once", "一度だけの大きなファイルの送受信"),
            Saying("work at night", "夜間作業"),
        ],
        attack: &["T1021", "T1078", "T1048"],
        gravity: Gravity::Suspected,
        rows,
    })
}

/// How the measure is spread in which the day is oddest; where it is odd in none, its hours.
fn picture(daily: &Daily<'_>, unit: &Unit<'_>, own: &[(f64, &PairDay<'_>)], day: &PairDay<'_>) -> Option<Usual> {
    let measure = (0..4).max_by(|a, b| day.above[*a].total_cmp(&day.above[*b]).then(b.cmp(a)))?;
    if day.above[measure] < TOLD_FROM {
        return hours_of(daily, unit, day.day);
    }
    let value = |day: &PairDay<'_>| match measure {
        0 => day.seen.bytes_out as f64,
        1 => day.seen.bytes_in as f64,
        2 => f64::from(day.seen.ran),
        _ => f64::from(day.seen.longest),
    };
    let what = [Measure::Bytes, Measure::Bytes, Measure::Connections, Measure::Seconds][measure];
    spread(what, own.iter().map(|(_, day)| value(day)), value(day))
}

/// What makes a day odd, in words, the oddest first.
fn facts(observed: &Observed<'_>, daily: &Daily<'_>, unit: &Unit<'_>, day: &PairDay<'_>) -> Vec<Phrase> {
    let mut said: Vec<(f64, Phrase)> = Vec::new();
    for (m, own) in measures(day.seen).into_iter().enumerate() {
        let (now, usual) = (super::numeric::exp(own) - 1.0, (super::numeric::exp(day.usual[m]) - 1.0).max(1.0));
        if day.above[m] >= TOLD_FROM {
            let fact = phrase!(
                "{now} {what}, {times} times the usual {usual}",
                "{what}{now}（通常の{usual}の{times}倍）",
                now = amount(m, now),
                what = NAMES[m],
                times = decimal(now / usual, 1),
                usual = amount(m, usual)
            );
            said.push((day.above[m], fact));
        }
    }
    let (off, hours, chance) = day.off;
    let whose = daily.whose(unit.link);
    let at = day.seen.sight().and_then(|sight| sight.at);
    let local = at.map(|at| observed.local(whose, at));
    let site = observed.name(whose);
    if off > 0 && chance < 0.1 && chance <= day.rarest {
        let from = match &local {
            Some(from) => phrase!(", from {from}", "、{from}から", from),
            None => Phrase::default(),
        };
        let fact = phrase!(
            "{off} of its {hours} of use out of hours in {site}{from} (p = {p})",
            "利用{hours}のうち{off}時間が{site}の業務時間外{from}（p = {p}）",
            off,
            hours = count(u64::from(hours), Thing::HOUR),
            site,
            from,
            p = power(chance)
        );
        said.push((-ln(chance), fact));
    }
    if day.rarest < 0.05 && day.rarest < chance {
        let fact = phrase!(
            "an hour of {site} at which others hardly use it, from {at} (p = {p})",
            "{site}でほかのホストがほとんど使わない時間帯、{at}から（p = {p}）",
            site,
            at = local.unwrap_or_default(),
            p = power(day.rarest)
        );
        said.push((-ln(day.rarest), fact));
    }
    if day.newcomer < 0.2 && day.stranger >= 0.05 {
        let fact = phrase!(
            "{host} had never called there before (p = {p})",
            "{host}は以前ここへ接続したことがない（p = {p}）",
            host = observed.host(day.pair.key.initiator),
            p = power(day.newcomer)
        );
        said.push((-ln(day.newcomer), fact));
    }
    if day.stranger < 0.05 {
        let fact = phrase!(
            "{host} had never called anybody from {site} before (p = {p})",
            "{host}は{site}からどこにも接続したことがない（p = {p}）",
            host = observed.host(day.pair.key.initiator),
            site = observed.name(unit.link.from),
            p = power(day.stranger)
        );
        said.push((-ln(day.stranger), fact));
    }
    if day.shared == 0 && day.lone < 0.1 {
        let fact = phrase!(
            "nobody else calls {host} (p = {p})",
            "ほかに{host}へ接続するものはない（p = {p}）",
            host = observed.host(day.pair.key.responder),
            p = power(day.lone)
        );
        said.push((-ln(day.lone), fact));
    }
    if said.is_empty() {
        let at = at.map(time).unwrap_or_default();
        said.push((0.0, phrase!("many small oddities together, from {at}", "{at}以降、小さな異常が多数重なる", at)));
    }
    said.lean_sort_by(|a, b| b.0.total_cmp(&a.0));
    said.into_iter().map(|(_, fact)| fact).collect()
}

/// A value of one of the measures: of bytes with three figures, else a whole number.
fn amount(measure: usize, value: f64) -> Phrase {
    let number = || decimal(value, 0);
    match measure {
        0 | 1 => bytes(value as u64),
        2 => phrase!("{number}", "{number}件", number = number()),
        _ => phrase!("{number}", "{number}秒", number = number()),
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
