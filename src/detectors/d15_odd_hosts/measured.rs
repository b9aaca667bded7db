//! What is measured of a host pair's day over a service that is known, and how far it lies above what is usual there.

use std::collections::{BTreeMap, BTreeSet};

use super::TOLD_FROM;
use crate::detectors::daily::{Daily, Pair, Unit, count_hours, off_hours};
use crate::detectors::newcomers::{Callers, Newcomers, Strangers};
use crate::detectors::novelty::{DAYS_BEFORE, kind};
use crate::detectors::numeric::{beta_binomial_tail, ln, middle_and_spread_of};
use crate::flow::{Host, Service};
use crate::ledger::TrailDay;
use crate::sorting::{LeanCollect as _, LeanSort as _};

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
/// How much the hours of a host's day go together.
const RHO: f64 = 0.15;

/// What a pair's day is measured by: logarithms of bytes out, bytes back, connections and seconds of the longest.
pub(super) type Measures = [f64; 4];

/// A day of use: of whom, when, what was seen, and how many of its hours are out of hours, of how many.
type Use<'s> = (Host, i32, &'s TrailDay, (u32, u32));

/// What a caller did over a service: on which day, over which unit, how much.
type Done = (i32, usize, Measures);

/// A day of a host pair.
pub(super) struct PairDay<'s> {
    pub(super) unit: usize,
    pub(super) pair: Pair<'s>,
    pub(super) day: i32,
    pub(super) seen: &'s TrailDay,
    /// Distances in deviations, above what is usual.
    pub(super) above: Measures,
    /// What is usual.
    pub(super) usual: Measures,
    /// Hours that are out of hours, of how many, and the chance of it.
    pub(super) off: (u32, u32, f64),
    /// The chance of an hour that is used as rarely as its rarest, the pair itself left out.
    pub(super) rarest: f64,
    /// The chance that a day there is one of a new caller; 1 where it is none.
    pub(super) newcomer: f64,
    /// The chance that a day of the caller's site is one of a host that never called anybody before; 1 where it is none.
    pub(super) stranger: f64,
    /// How many other hosts call the responder, over whatever service.
    pub(super) shared: usize,
    /// The chance of a day toward a responder that so few others call.
    pub(super) lone: f64,
    pub(super) score: f64,
}

pub(super) fn measures(seen: &TrailDay) -> Measures {
    let log = |count: u64| ln(1.0 + count as f64);
    [log(seen.bytes_out), log(seen.bytes_in), log(u64::from(seen.ran)), log(u64::from(seen.longest))]
}

/// All days of a service's pairs on which something ran.
pub(super) fn measure<'s>(
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
    let begin = first + DAYS_BEFORE as i32;
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
pub(super) fn ordinary_hours(daily: &Daily<'_>) -> [f64; 48] {
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
        count_hours(&mut own, &hours_on(*day).1, seen);
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
pub(super) fn hold_by_habit(daily: &Daily<'_>, days: &mut [PairDay<'_>]) {
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
