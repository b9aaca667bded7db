//! D8 beacon: a host pair that connects as if by a clock, day and night, as none of its kind did before.
//!
//! The ledger keeps the hours in which a pair began connections, and their number and bytes by day. From these: over the pair's
//! life the share of hours in use on its days, or, for rarer calls, RITA's form ½[(1 − |Bowley skewness|) + max(0, (median − MAD)/median)]
//! on the hours between (Active Countermeasures, RITA 4); the same on connections a day and on bytes a connection. The mean of
//! the three is at least .8, and the hours between rarer calls are alike by themselves (.85: people come every morning, too). Its chance is the share of host pairs of its kind (to the Internet, or inside) that are as regular,
//! as new and as little shared by other callers; itself left out, half a pair more.
//!
//! It is a first word: times to the second come from a second pass over the rows. Gate: 24 hours in use. ATT&CK: T1071 Application
//! Layer Protocol, T1029 Scheduled Transfer. Innocent: monitoring, time servers, updates.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::{Pair, Unit};
use super::numeric::median;
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::{Beats, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Moment};
use crate::phrase::{Phrase, Saying, Thing, alike, count, decimal, phrase, span, time};

/// The detector.
pub struct Beacon;

const RULE: &str = "D8 beacon v2";
const LEAST_HOURS: usize = 24;
const REGULAR: f64 = 0.8;
/// The least that the hours between rarer calls must be alike, whatever number and size are: half of them within a tenth.
const IN_TIME: f64 = 0.85;
/// Another pair counts as as regular down to so much less.
const AS_REGULAR: f64 = 0.02;
/// Days before which nothing can be called new.
const CENSORED: i32 = super::novelty::DAYS_BEFORE as i32;
/// Callers of the same responder; with more, it is a service.
const FEW: usize = 2;
const TELLING: f64 = 0.1;

/// A host pair that is regular.
struct Regular<'d, 's> {
    unit: &'d Unit<'s>,
    pair: Pair<'s>,
    score: f64,
    /// Hours from one to the next, as the median of them.
    every: f64,
    connections: u64,
    is_new: bool,
    is_rare: bool,
}

impl Detector for Beacon {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let (daily, coverage) = (observed.daily(), observed.coverage());
        let mut found = Findings::default();
        let begin = daily.units.iter().filter_map(|unit| unit.days.keys().next()).min().copied().unwrap_or(0);
        let mut callers: BTreeMap<Host, BTreeSet<Host>> = BTreeMap::new();
        for pair in daily.units.iter().flat_map(|unit| &unit.pairs) {
            callers.entry(pair.key.responder).or_default().insert(pair.key.initiator);
        }
        for external in [false, true] {
            let (mut all, mut few, mut regular) = (0_usize, 0_u64, Vec::new());
            for unit in daily.units.iter().filter(|unit| unit.is_external() == external) {
                for pair in &unit.pairs {
                    all += 1;
                    let Some((score, every)) = regularity(pair) else {
                        few += 1;
                        continue;
                    };
                    found.tested += 1;
                    if score >= REGULAR {
                        let since = pair.days.iter().find(|(_, seen)| seen.ran > 0).map_or(begin, |(day, _)| *day);
                        regular.push(Regular {
                            unit,
                            pair: *pair,
                            score,
                            every,
                            connections: pair.days.iter().map(|(_, seen)| u64::from(seen.ran)).sum(),
                            is_new: since >= begin + CENSORED
                                && coverage.days(unit.link).range(..since).count() >= super::novelty::DAYS_BEFORE,
                            is_rare: callers.get(&pair.key.responder).is_none_or(|callers| callers.len() <= FEW),
                        });
                    }
                }
            }
            if few > 0 {
                let because = phrase!(
                    "not enough evidence: {pairs} {place} with fewer than {least} hours in use",
                    "証拠不足：利用が{least}時間に満たないため、{place}の{pairs}を判定できません。",
                    pairs = count(few, Thing::HOST_PAIR),
                    place = if external {
                        Saying("to or from outside", "外部と")
                    } else {
                        Saying("inside", "組織内")
                    },
                    least = LEAST_HOURS
                );
                found.refrain(RULE, because);
            }
            for (at, own) in regular.iter().enumerate() {
                let like = |other: &Regular<'_, '_>| {
                    other.is_new >= own.is_new && other.is_rare >= own.is_rare && other.score >= own.score - AS_REGULAR
                };
                let others = regular.iter().enumerate().filter(|(other, beacon)| *other != at && like(beacon)).count();
                let p = (others as f64 + 0.5) / (all as f64 + 1.0);
                // Inside, what stood since the log began is how the organisation runs.
                if p <= TELLING && (own.is_new || external && own.is_rare) {
                    found.findings.extend(claim(observed, own, p, others, all));
                }
            }
        }
        found
    }
}

/// How regular a pair is, and the hours between its hours of use; none below the gate.
fn regularity(pair: &Pair<'_>) -> Option<(f64, f64)> {
    let hours: Vec<i64> = pair
        .days
        .iter()
        .filter(|(_, seen)| seen.ran > 0)
        .flat_map(|(day, seen)| {
            (0..24_i64).filter(|hour| seen.hours >> hour & 1 == 1).map(|hour| i64::from(*day) * 24 + hour)
        })
        .collect();
    if hours.len() < LEAST_HOURS {
        return None;
    }
    let mut between: Vec<f64> = hours.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let span = (hours[hours.len() - 1] - hours[0] + 1) as f64;
    let every = median(&mut between).unwrap_or(1.0);
    // Days without any call are breaks, and no want of regularity.
    let span = span.min(24.0 * pair.days.iter().filter(|(_, seen)| seen.ran > 0).count() as f64);
    let in_time = if every < 1.5 { hours.len() as f64 / span } else { evenness(&mut between) };
    // The first and the last day are parts of days.
    let whole: Vec<&(i32, crate::ledger::TrailDay)> = if pair.days.len() > 3 {
        pair.days[1..pair.days.len() - 1].iter().collect()
    } else {
        pair.days.iter().collect()
    };
    let mut a_day: Vec<f64> = whole.iter().map(|(_, seen)| f64::from(seen.ran)).collect();
    let mut size: Vec<f64> = whole
        .iter()
        .filter(|(_, seen)| seen.ran > 0)
        .map(|(_, seen)| seen.bytes_out as f64 / f64::from(seen.ran) + 1.0)
        .collect();
    // One who comes every day or every morning is no clock: of rarer calls, the hours between must be alike by themselves.
    if every >= 1.5 && in_time < IN_TIME {
        return Some((0.0, every));
    }
    let in_number = if pair.days.len() > 3 { evenness(&mut a_day) } else { in_time };
    Some(((in_time + in_number + evenness(&mut size)) / 3.0, every))
}

/// RITA's form: 1 for numbers that are all the same, 0 for a wild lot.
fn evenness(numbers: &mut [f64]) -> f64 {
    let Some(middle) = median(numbers) else { return 0.0 };
    let at = |share: f64| numbers[((numbers.len() - 1) as f64 * share) as usize];
    let (low, high) = (at(0.25), at(0.75));
    let skewness = if high - low > 0.0 { ((low + high - 2.0 * middle) / (high - low)).abs() } else { 0.0 };
    let mut away: Vec<f64> = numbers.iter().map(|number| (number - middle).abs()).collect();
    let spread = median(&mut away).unwrap_or(0.0);
    let tightness = if middle > 0.0 { ((middle - spread) / middle).max(0.0) } else { 0.0 };
    // Skewness of a narrow spread says nothing.
    if spread <= 0.1 * middle { tightness } else { 0.5 * (1.0 - skewness) + 0.5 * tightness }
}

/// The hours of use, of the last days where there are many.
fn beats(pair: &Pair<'_>) -> Option<Usual> {
    /// How many days a picture shows.
    const MOST: i32 = 60;
    let (last, _) = pair.days.last()?;
    let first = pair.days.first()?.0.max(last - MOST + 1);
    let mut hours = vec![0; (last - first + 1) as usize];
    for (day, seen) in pair.within(first, *last).iter().filter(|(_, seen)| seen.ran > 0) {
        hours[(day - first) as usize] = seen.hours;
    }
    Some(Usual::Beats(Beats { first, hours }))
}

fn claim(observed: &Observed<'_>, own: &Regular<'_, '_>, p: f64, others: usize, all: usize) -> Option<Finding> {
    let Regular { unit, pair, score, every, connections, is_new, is_rare } = own;
    let rows = Rows::of(pair.days.iter().filter_map(|(_, seen)| seen.sight()))?;
    let (hosts, _, _) = hosts_of(std::iter::once(pair.key));
    let last = pair.days.iter().rev().find(|(_, seen)| seen.hours > 0).map(|(day, seen)| {
        let hour = i64::from(*day) * 24 + i64::from(31 - seen.hours.leading_zeros());
        Moment(hour * 3_600_000_000)
    });
    let window = rows.first().at.map(|first| (first, last.map_or(first, |last| last.max(first))));
    let hours: u32 = pair.days.iter().map(|(_, seen)| seen.hours.count_ones()).sum();
    let pace = if *every < 1.5 {
        let seconds = f64::from(hours) * 3600.0 / (*connections).max(1) as f64;
        phrase!("about every {time} in every hour", "毎時、約{time}ごと", time = span((seconds * 1e6) as u64))
    } else {
        phrase!("every {hours} hours", "{hours}時間ごと", hours = decimal(*every, 0))
    };
    let since = window.map(|(first, _)| time(first)).unwrap_or_default();
    let because = phrase!(
        "{initiator} → {responder} over {service}: {connections} {pace}, in {hours} of {days}, since {since} (regularity {score}, \
         threshold {threshold}).",
        "{initiator}から{responder}への{service}通信が{pace}に{connections}、{days}のうち{hours}にわたり続いています（{since}以降、規則性{score}、閾値{threshold}）。",
        initiator = observed.host(pair.key.initiator),
        responder = observed.host(pair.key.responder),
        service = unit.service,
        connections = count(*connections, Thing::CONNECTION),
        pace,
        hours = count(u64::from(hours), Thing::HOUR),
        days = count(pair.days.len() as u64, Thing::DAY),
        since,
        score = decimal(*score, 2),
        threshold = alike(REGULAR.to_string())
    );
    let news = match *is_new {
        true => phrase!("It began after two weeks of logs without it.", "これがない二週間のログの後に始まりました。"),
        false => Phrase::default(),
    };
    let rare = match *is_rare {
        true => phrase!("Hardly anybody else calls that host.", "ほかにその接続先へ接続するものはほとんどありません。"),
        false => Phrase::default(),
    };
    let as_well = match (*is_new, *is_rare) {
        (true, true) => Saying(", as new, as little shared", "新しく、共有が少なく、"),
        (true, false) => Saying(", as new", "新しく、"),
        (false, true) => Saying(", as little shared", "共有が少なく、"),
        (false, false) => Saying("", ""),
    };
    let (all, others) = (count(all as u64, Thing::HOST_PAIR), others as u64);
    let among = match others {
        1 => phrase!(
            "Of {all} of this kind, 1 other is as regular{as_well}.",
            "同種の{all}のうち、同程度に{as_well}規則的なものはほかに1組です。",
            all,
            as_well
        ),
        others => phrase!(
            "Of {all} of this kind, {others} others are as regular{as_well}.",
            "同種の{all}のうち、同程度に{as_well}規則的なものはほかに{others}組です。",
            all,
            others,
            as_well
        ),
    };
    let because = because.and(&news).and(&rare).and(&among);
    Some(Finding {
        window,
        hosts,
        p: Some(p),
        because,
        gist: phrase!("as if by a clock: {pace}", "時計のように規則的な通信：{pace}", pace),
        normal: phrase!(
            "People's connections follow their day; machines' stand since the log began.",
            "人の通信は一日の生活に沿い、機械の通信はログの初めから続いているものです。"
        ),
        usual: beats(pair),
        innocent: &[
            Saying("monitoring or an agent that was installed", "導入された監視やエージェント"),
            Saying("time servers, updates", "時刻同期や更新の確認"),
        ],
        attack: &["T1071", "T1029"],
        ..unit.finding(observed, RULE, Some(pair.key.initiator), rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    #[test]
    fn a_host_that_begins_to_call_by_the_clock_is_found() {
        let mut stream = Stream::new().everyday(40);
        for host in 0..40 {
            stream = stream.flows(3, host, 200, &format!("10.0.1.{host}"), &format!("198.18.0.{host}"), "tcp/443");
        }
        for slot in 0..(6 * 24 * 3) {
            stream = stream.sized(22 + slot / 72, slot % 72 * 20, "10.0.0.77", "198.51.100.9", "tcp/443", (900, 500));
        }
        let found = stream.told_by(&super::Beacon).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.contains("10.0.0.77 → 198.51.100.9 over tcp/443: 432 connections about every 20 minutes"),
            "{}",
            found[0].because
        );
        assert!(found[0].p.unwrap() < 0.02);
    }

    #[test]
    fn monitoring_that_was_always_there_is_none() {
        let mut stream = Stream::new().everyday(30);
        for (hour, plant) in (0..30 * 24).flat_map(|hour| (0..4).map(move |plant| (hour, plant))) {
            stream =
                stream.sized(hour / 24, hour % 24 * 60, "10.4.0.6", &format!("10.{plant}.0.1"), "udp/161", (400, 1800));
        }
        assert!(stream.told_by(&super::Beacon).findings.is_empty());
    }

    #[test]
    fn who_comes_every_morning_is_no_clock() {
        let mut stream = Stream::new().everyday(40);
        for (day, hour) in (20..40).flat_map(|day| [8, 9].map(|hour| (day, hour))) {
            stream = stream.sized(day, hour * 60 + 7, "10.0.0.77", "198.51.100.9", "tcp/443", (900, 500));
        }
        let found = stream.told_by(&super::Beacon).findings;
        assert!(found.is_empty(), "number and size are even, and only the hours between tell people: {found:#?}");
    }
}
