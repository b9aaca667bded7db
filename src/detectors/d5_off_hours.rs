//! D5 off-hours: a service that people use by day is used by night, or on days of rest, by the caller's own clock and habits.
//!
//! Of a day's N hours of use, counted host pair by host pair, O lie outside 07:00 to 20:00 or on a day on which the caller's
//! people rest (`daily` learns those from how few hosts call). The score is −ln of the beta-binomial tail of O of N (ρ = .15,
//! the share of the service's other days, drawn to that of all services of people); what it is worth is settled by comparison with all
//! days of all such services (`conformal`).
//!
//! Gate: a service with no more than a third of its use out of hours, 8 days, N ≥ 3 on the day, a clock known for the site. ATT&CK: T1078 Valid
//! Accounts. Innocent: shifts, travel, a deadline.

use std::collections::BTreeSet;

use super::conformal::{Precedents, Scores, Tail};
use super::daily::{Daily, Unit};
use super::numeric::{acat, beta_binomial_tail, ln};
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::{Hours, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::ledger::TrailDay;
use crate::phrase::{Phrase, Saying, Thing, count, day as date, decimal, phrase, power};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct OffHours;

const RULE: &str = "D5 off-hours v1";
const LEAST_DAYS: usize = 8;
const LEAST_USE: u64 = 3;
/// A service with more of its use out of hours is not one of people.
const OF_PEOPLE: f64 = 1.0 / 3.0;
const RHO: f64 = 0.15;
/// So many hours of all services' kind are added to a service's own.
const DRAWN: f64 = 10.0;
const TELLING: f64 = 0.1;

/// A day's use: hours out of hours, hours in all.
type Use = (u64, u64);

impl Detector for OffHours {
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
        let (mut few, mut clockless) = (0_u64, 0_u64);
        #[expect(clippy::type_complexity, reason = "three sums of one unit, used once")]
        let mut people: Vec<(&Unit<'_>, Vec<(i32, Use)>, Use)> = Vec::new();
        for unit in &daily.units {
            if observed.clock(daily.whose(unit.link)).is_none() {
                clockless += 1;
                continue;
            }
            let days = uses(daily, unit);
            let all = days.iter().fold((0, 0), |(off, all), (_, own)| (off + own.0, all + own.1));
            if days.len() < LEAST_DAYS {
                few += 1;
            } else if all.0 as f64 <= OF_PEOPLE * all.1 as f64 {
                people.push((unit, days, all));
            }
        }
        let lacks = [
            (few, phrase!("fewer than {least} days of use", "利用が{least}日に満たない", least = LEAST_DAYS)),
            (clockless, phrase!("a caller whose clock nobody told", "接続元の拠点の時間帯がわからない")),
        ];
        for (services, lack) in lacks.into_iter().filter(|(services, _)| *services > 0) {
            let services = count(services, Thing::SERVICE);
            let because = phrase!(
                "not enough evidence: {services} of links with {lack}",
                "証拠不足：{lack}ため、{services}を判定できません。",
                services,
                lack
            );
            found.refrain(RULE, because);
        }
        let every = people.iter().fold((0, 0), |(off, all), (_, _, own)| (off + own.0, all + own.1));
        let norm = (every.0 as f64 + 0.5) / (every.1 as f64 + 1.0);
        let score = |own: Use, all: Use| {
            let share = ((all.0 - own.0) as f64 + DRAWN * norm) / ((all.1 - own.1) as f64 + DRAWN);
            (share, beta_binomial_tail(own.0, own.1, share, RHO))
        };
        let scored = |days: &[(i32, Use)], all: Use| -> Vec<f64> {
            days.iter().filter(|(_, own)| own.1 >= LEAST_USE).map(|(_, own)| -ln(score(*own, all).1)).collect()
        };
        let scores =
            Scores::of(people.iter().flat_map(|(_, days, all)| scored(days, *all)).collect(), Tail::Exponential);
        for (unit, days, all) in &people {
            let mut chances: Vec<(f64, i32, Use)> = days
                .iter()
                .filter(|(_, own)| own.1 >= LEAST_USE)
                .map(|(day, own)| (scores.chance(-ln(score(*own, *all).1)), *day, *own))
                .collect();
            let precedents = Precedents::of(days.iter().map(|(day, own)| (*day, -ln(score(*own, *all).1))));
            for (p, day, own) in &mut chances {
                *p = precedents.temper(*p, (*day, -ln(score(*own, *all).1)));
            }
            if chances.is_empty() {
                continue;
            }
            found.tested += 1;
            let p = acat(chances.iter().map(|(p, ..)| *p), chances.len());
            if p <= TELLING {
                chances.lean_sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let (_, _, own) = chances[0];
                found.findings.extend(claim(observed, daily, unit, p, &chances, score(own, *all)));
            }
        }
        found
    }
}

fn uses(daily: &Daily<'_>, unit: &Unit<'_>) -> Vec<(i32, Use)> {
    let mut days: std::collections::BTreeMap<i32, Use> = std::collections::BTreeMap::new();
    let mut masks: std::collections::BTreeMap<i32, u32> = std::collections::BTreeMap::new();
    for (day, seen) in unit.pairs.iter().flat_map(|pair| pair.days).filter(|(_, seen)| seen.ran > 0) {
        let mask = *masks.entry(*day).or_insert_with(|| daily.off_hours(unit.link, *day));
        let own = days.entry(*day).or_default();
        own.0 += u64::from((seen.hours & mask).count_ones());
        own.1 += u64::from(seen.hours.count_ones());
    }
    days.into_iter().collect()
}

/// When the service is used, by the caller's own clock, and in which hours it was on this day.
pub(super) fn hours_of(daily: &Daily<'_>, unit: &Unit<'_>, day: i32) -> Option<Usual> {
    let all = unit.use_by_hour.iter().sum::<f64>();
    if all <= 0.0 {
        return None;
    }
    let part = |hour: usize| (1_000.0 * (unit.use_by_hour[hour] + unit.use_by_hour[hour + 24]) / all + 0.5) as u32;
    let local = daily.local_hours(unit.link, day);
    let seen = unit.pairs.iter().flat_map(|pair| pair.within(day, day)).filter(|(_, seen)| seen.ran > 0);
    let used = seen.fold(0_u32, |used, (_, seen)| used | seen.hours);
    let hours = || (0..24).filter(|hour| used >> hour & 1 == 1).map(|hour| local[hour]);
    let this = hours().fold(0, |this, hour| this | 1 << (hour % 24));
    Some(Usual::Hours(Hours { usual: std::array::from_fn(part), this, rest: hours().any(|hour| hour >= 24) }))
}

fn claim(
    observed: &Observed<'_>,
    daily: &Daily<'_>,
    unit: &Unit<'_>,
    p: f64,
    chances: &[(f64, i32, Use)],
    (share, tail): (f64, f64),
) -> Option<Finding> {
    let (least, day, (off, all)) = *chances.first()?;
    let odd: BTreeSet<i32> = chances
        .iter()
        .take_while(|(p, ..)| *p <= (least * 30.0).min(0.01).max(least))
        .map(|(_, day, _)| *day)
        .lean_collect();
    // Only what lies out of hours is evidence.
    let night = |seen: &TrailDay, day: i32| seen.hours & daily.off_hours(unit.link, day) != 0;
    let mut sights = Vec::new();
    let mut keys = Vec::new();
    for pair in &unit.pairs {
        for (day, seen) in pair.days.iter().filter(|(day, seen)| odd.contains(day) && seen.ran > 0 && night(seen, *day))
        {
            _ = day;
            sights.extend(seen.sight());
            keys.push(pair.key);
        }
    }
    let rows = Rows::of(sights)?;
    let (hosts, from, to) = hosts_of(keys.into_iter());
    let whose = daily.whose(unit.link);
    let because = phrase!(
        "{link} over {service} on {day}: {off} of {all} of use lay out of hours in {site} (before 07:00, after 20:00, or on a day \
         of rest there), by {from} to {to}; on its other days {share} % do (beta-binomial p = {tail}).",
        "{day}の{link}の{service}通信は、利用{all}のうち{off}時間が{site}の業務時間外（07:00より前、20:00以降、または休日）でした（接続元：{from}、接続先：{to}）。ほかの日の業務時間外の割合は{share} %です（ベータ二項分布のp = {tail}）。",
        link = observed.link(unit.link),
        service = unit.service,
        day = date(day),
        off,
        all = count(all, Thing::HOUR),
        site = observed.name(whose),
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST),
        share = decimal(share * 100.0, 1),
        tail = power(tail)
    );
    let further = match odd.len() {
        0 | 1 => Phrase::default(),
        2 => phrase!("So it was on 1 more day as well.", "ほかに1日、同様の日があります。"),
        days => {
            phrase!("So it was on {days} more days as well.", "ほかに{days}日、同様の日があります。", days = days - 1)
        }
    };
    let because = because.and(&further);
    Some(Finding {
        window: unit.window(&odd),
        hosts,
        p: Some(p),
        because,
        gist: phrase!("out of hours in {site}", "{site}の業務時間外の通信", site = observed.name(whose)),
        normal: phrase!(
            "On other days {share} % of its use is out of hours.",
            "ほかの日の業務時間外の割合は{share} %です。",
            share = decimal(share * 100.0, 1)
        ),
        usual: hours_of(daily, unit, day),
        innocent: &[
            Saying("shifts, or a deadline", "交替勤務、または締め切り前の作業"),
            Saying("somebody on a journey", "出張中の利用"),
        ],
        attack: &["T1078"],
        ..unit.finding(observed, RULE, None, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// By day in Bangkok (UTC+7): 09:00 to 14:00 there.
    fn by_day(days: i64) -> Stream {
        let mut stream = Stream::new();
        for (day, host, hour) in
            (0..days).flat_map(|day| (10..16).flat_map(move |host| (2..7).map(move |hour| (day, host, hour))))
        {
            if (day + host + hour) % 3 == 0 {
                for plant in 0..3 {
                    stream = stream.sized(
                        day,
                        hour * 60,
                        &format!("10.{plant}.0.{host}"),
                        "10.4.0.1",
                        "tcp/445",
                        (9_000, 90_000),
                    );
                }
            }
        }
        stream
    }

    #[test]
    fn a_night_s_work_is_found_by_the_caller_s_clock() {
        let mut stream = by_day(40);
        for (hour, host) in (14..24).flat_map(|hour| [10, 12].map(|host| (hour, host))) {
            let from = format!("10.0.0.{host}");
            stream = stream.sized(30, hour * 60 + 5, &from, "10.4.0.1", "tcp/445", (9_000, 90_000));
        }
        let found = stream.told_by(&super::OffHours);
        let off = found.findings.iter().find(|finding| finding.rule == super::RULE).expect("it is found");
        assert!(
            off.because.contains("on 2020-05-31: 20 of") && off.because.contains("out of hours in Bangkok"),
            "{}",
            off.because
        );
    }

    #[test]
    fn days_as_ever_are_nothing() {
        let found = by_day(40).told_by(&super::OffHours);
        assert!(!found.findings.iter().any(|finding| finding.rule == super::RULE), "{:#?}", found.findings);
    }
}
