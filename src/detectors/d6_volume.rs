//! D6 volume: on some day a link's service carries far more, one way or the other, than on its other days.
//!
//! For the sums of a day, and for its greatest host pair, each way: z = (ln(1 + x) − median of like days) / max(1.4826 · MAD, .25),
//! working days and days of rest apart where there are enough of each. What a z is worth is settled by comparison with the days of
//! all services of all links (`conformal`); the four are joined by the Cauchy combination, and so are the days. The greatest
//! pair is looked at by itself because one host's bytes drown in a busy link's sum. What a host that sweeps the organisation leaves in
//! greetings (less than 4 kB a connection) is left out: it is not what the service carries.
//!
//! Gate: 8 days, and 1 MB on the day. ATT&CK: T1048 Exfiltration Over Alternative Protocol, T1030 Data Transfer Size Limits.
//! Innocent: backups, migrations, the end of a quarter.

use std::collections::{BTreeMap, BTreeSet};

use super::conformal::{Precedents, Scores, Tail};
use super::daily::{Daily, Unit};
use super::numeric::{acat, exp, ln, middle_and_spread_of};
use super::spread::spread;
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::Measure;
use crate::finding::{Finding, Lane, Rows};
use crate::phrase::{Phrase, Saying, Thing, bytes, count, day as date, decimal, listed, phrase};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct Volume;

const RULE: &str = "D6 volume v2";
const LEAST_DAYS: usize = 8;
const LEAST_BYTES: u64 = 1_000_000;
const LEAST_SPREAD: f64 = 0.25;
/// What is more likely than this is not told.
const TELLING: f64 = 0.1;

/// Bytes of a day: sent, fetched, and of its greatest host pair.
const NAMES: [Saying; 4] = [
    Saying("sent", "送信"),
    Saying("fetched", "受信"),
    Saying("sent by one host pair", "一組のホスト間の送信"),
    Saying("fetched by one host pair", "一組のホスト間の受信"),
];

/// A day of a service, with its distances above the usual.
struct Judged {
    day: i32,
    bytes: [u64; 4],
    usual: [f64; 4],
    above: [f64; 4],
    rank: [usize; 4],
    of: usize,
}

impl Detector for Volume {
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
        let (mut judged, mut few): (Vec<(usize, Vec<Judged>)>, u64) = (Vec::new(), 0);
        for (at, unit) in daily.units.iter().enumerate() {
            match days_of(daily, unit) {
                Some(days) => judged.push((at, days)),
                None => few += 1,
            }
        }
        if few > 0 {
            let because = phrase!(
                "not enough evidence: {services} of links with fewer than {least} days of traffic",
                "証拠不足：通信のある日が{least}日に満たないため、{services}を判定できません。",
                services = count(few, Thing::SERVICE),
                least = LEAST_DAYS
            );
            found.refrain(RULE, because);
        }
        let all = || judged.iter().flat_map(|(_, days)| days);
        let scores: [Scores; 4] =
            std::array::from_fn(|m| Scores::of(all().map(|day| day.above[m]).collect(), Tail::Power));
        for (at, days) in &judged {
            found.tested += 1;
            let chance = |day: &Judged| {
                let enough = |m: &usize| day.bytes[*m] >= LEAST_BYTES;
                let told = |m: usize| {
                    let chance = scores[m].chance(day.above[m]);
                    if chance >= 0.5 {
                        return chance; // Precedents can only raise it, and no more than one half counts.
                    }
                    Precedents::of(days.iter().map(|own| (own.day, own.above[m])))
                        .temper(chance, (day.day, day.above[m]))
                };
                // Sum and greatest pair tell much the same: the better one of both, twice.
                let way = |way: usize| [way, way + 2].into_iter().filter(enough).map(told).fold(0.5, f64::min);
                acat([way(0), way(1)].map(|p| (p * 1.5).min(0.5)), 2)
            };
            let chances: Vec<(f64, &Judged)> = days.iter().map(|day| (chance(day), day)).collect();
            let p = acat(chances.iter().map(|(p, _)| *p), chances.len());
            if p <= TELLING {
                found.findings.extend(claim(observed, &daily.units[*at], p, chances));
            }
        }
        found
    }
}

/// A day of a service.
struct Day {
    day: i32,
    /// Whether the callers rest on it.
    rests: bool,
    /// Sent and fetched in all, and by the pair that sent or fetched most.
    bytes: [u64; 4],
    /// The same as logarithms.
    logs: [f64; 4],
}

/// All days of a service, measured against their like; none below the gate.
fn days_of(daily: &Daily<'_>, unit: &Unit<'_>) -> Option<Vec<Judged>> {
    let ran: BTreeMap<i32, [u64; 4]> = unit
        .days
        .iter()
        .filter(|(_, totals)| super::ran(totals) > 0 || totals.replies > 0)
        .map(|(day, totals)| (*day, [totals.bytes_out, totals.bytes_in, 0, 0]))
        .lean_collect();
    let mut ran = ran;
    let mut greeted: BTreeSet<i32> = BTreeSet::new();
    for pair in &unit.pairs {
        for (day, seen) in pair.days {
            let Some(own) = ran.get_mut(day) else { continue };
            if daily.is_greeting(pair.key, *day, seen) {
                // What a scanner left is not what the service carries.
                own[0] = own[0].saturating_sub(seen.bytes_out);
                own[1] = own[1].saturating_sub(seen.bytes_in);
                greeted.insert(*day);
            }
            own[2] = own[2].max(seen.bytes_out);
            own[3] = own[3].max(seen.bytes_in);
        }
    }
    ran.retain(|day, bytes| !greeted.contains(day) || bytes[0] > 0 || bytes[1] > 0);
    if ran.len() < LEAST_DAYS {
        return None;
    }
    let like_days: Vec<Day> = ran
        .into_iter()
        .map(|(day, bytes)| Day {
            day,
            rests: daily.rests_on(unit.link, day),
            bytes,
            logs: bytes.map(|count| ln(1.0 + count as f64)),
        })
        .collect();
    let like = |rest: Option<bool>, m: usize| -> Vec<f64> {
        like_days.iter().filter(|own| rest.is_none_or(|rest| own.rests == rest)).map(|own| own.logs[m]).collect()
    };
    let standard = |rest: bool, m: usize| {
        let mut own = like(Some(rest), m);
        if own.len() < LEAST_DAYS {
            own = like(None, m);
        }
        middle_and_spread_of(&mut own).unwrap_or((0.0, 0.0))
    };
    let standards: [[(f64, f64); 4]; 2] = [false, true].map(|rest| std::array::from_fn(|m| standard(rest, m)));
    let judge = |own: &Day| {
        let Day { day, bytes, .. } = *own;
        let usual = standards[usize::from(own.rests)];
        let more = |m: usize| like_days.iter().filter(|other| other.bytes[m] > bytes[m]).count();
        Judged {
            day,
            bytes,
            usual: usual.map(|(middle, _)| middle),
            above: std::array::from_fn(|m| ((own.logs[m] - usual[m].0) / usual[m].1.max(LEAST_SPREAD)).max(0.0)),
            rank: std::array::from_fn(|m| 1 + more(m)),
            of: like_days.len(),
        }
    };
    Some(like_days.iter().map(judge).collect())
}

fn claim(observed: &Observed<'_>, unit: &Unit<'_>, p: f64, mut days: Vec<(f64, &Judged)>) -> Option<Finding> {
    days.lean_sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.day.cmp(&b.1.day)));
    let (least, greatest) = *days.first()?;
    let odd: BTreeSet<i32> = days
        .iter()
        .take_while(|(p, _)| *p <= (least * 30.0).min(0.01).max(least))
        .map(|(_, day)| day.day)
        .lean_collect();
    let measure = (0..4).max_by(|a, b| greatest.above[*a].total_cmp(&greatest.above[*b]).then(b.cmp(a)))?;
    let fetched = measure % 2 == 1;
    let weight = |seen: &crate::ledger::TrailDay| if fetched { seen.bytes_in } else { seen.bytes_out };
    let rows = Rows::of(unit.rows(&odd, weight))?;
    let pairs = unit.hosts(&odd, weight);
    let (hosts, _, _) = hosts_of(pairs.iter().take(Finding::MOST_HOSTS / 2).copied());
    let usual = (exp(greatest.usual[measure]) - 1.0).max(1.0);
    let factor = greatest.bytes[measure] as f64 / usual;
    let others = odd.iter().filter(|day| **day != greatest.day).map(|day| date(*day));
    let further = match odd.len() {
        0 | 1 => Phrase::default(),
        _ => phrase!("Far above as well: {days}.", "ほかに大きく上回った日：{days}。", days = listed(others, 5)),
    };
    let because = phrase!(
        "{link} over {service} on {day}: {bytes} {what}, {factor} times the median of like days ({usual}), rank {rank} of {all} days.",
        "{day}の{link}の{service}通信は、{what}が{bytes}でした。同種の日の中央値（{usual}）の{factor}倍で、{all}日中{rank}位です。",
        link = observed.link(unit.link),
        service = unit.service,
        day = date(greatest.day),
        bytes = bytes(greatest.bytes[measure]),
        what = NAMES[measure],
        factor = decimal(factor, 1),
        usual = bytes(usual as u64),
        rank = greatest.rank[measure],
        all = greatest.of
    );
    let because = because.and(&further);
    Some(Finding {
        window: unit.window(&odd),
        hosts,
        p: Some(p),
        because,
        gist: phrase!(
            "{factor} times the usual amount {what}",
            "{what}が通常の{factor}倍",
            factor = decimal(factor, 0),
            what = NAMES[measure]
        ),
        normal: phrase!(
            "On like days about {usual} {what}.",
            "同種の日の{what}は約{usual}です。",
            usual = bytes(usual as u64),
            what = NAMES[measure]
        ),
        usual: spread(
            Measure::Bytes,
            days.iter().map(|(_, day)| day.bytes[measure] as f64),
            greatest.bytes[measure] as f64,
        ),
        innocent: &[
            Saying("a backup or a migration", "バックアップや移行作業"),
            Saying("the end of a month or of a quarter", "月末・四半期末の処理"),
        ],
        attack: if fetched { &["T1039", "T1030"] } else { &["T1048", "T1030"] },
        ..unit.finding(observed, RULE, None, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    fn files(days: i64) -> Stream {
        let mut stream = Stream::new();
        for (day, plant) in (0..days).flat_map(|day| (0..4).map(move |plant| (day, plant))) {
            let sizes = (50_000, 2_000_000 + 40_000 * ((day * 7 + plant * 3) % 11) as u64);
            stream = stream.sized(day, 9 * 60, &format!("10.{plant}.0.9"), "10.4.0.1", "tcp/443", sizes);
        }
        stream
    }

    #[test]
    fn a_day_that_fetches_a_hundred_times_the_usual_is_found() {
        let stream = files(40).sized(30, 9 * 60, "10.0.0.9", "10.4.0.1", "tcp/443", (60_000, 300_000_000));
        let found = stream.told_by(&super::Volume);
        let volume = found.findings.iter().find(|finding| finding.rule == super::RULE).expect("it is found");
        assert!(
            volume.because.contains("on 2020-05-31") && volume.because.contains("rank 1 of 40 days"),
            "{}",
            volume.because
        );
        assert!(volume.p.unwrap() < 0.01, "{volume:?}");
    }

    #[test]
    fn even_days_are_nothing() {
        assert!(
            !files(40)
                .told_by(&super::Volume)
                .findings
                .iter()
                .any(|finding| finding.rule == super::RULE && finding.p.unwrap() < 0.01)
        );
    }

    #[test]
    fn a_week_is_not_enough() {
        let found = files(7).told_by(&super::Volume);
        assert!(
            found
                .refrains
                .iter()
                .any(|refrain| refrain.rule == super::RULE && refrain.because.contains("fewer than 8 days"))
        );
    }
}
