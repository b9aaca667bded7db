//! D7 producer–consumer flip: a service that mostly fetches begins to send, or the other way round.
//!
//! Of a day's bytes out u and back w the producer–consumer ratio is (u − w)/(u + w) (Bullard and Gerth, "PCR: A New Flow Metric",
//! FloCon 2014). A day on which it has the other sign than the median of all days, and is at least .4 away from it; its
//! distance in deviations, max(1.4826 · MAD, .1), is compared with the days of all services (`conformal`).
//!
//! Gate: 5 days of 1 MB. ATT&CK: T1041 Exfiltration Over C2 Channel, T1048. Innocent: migrations, restores.

use super::conformal::{Precedents, Scores, Tail};
use super::daily::Unit;
use super::numeric::{acat, middle_and_spread};
use super::spread::spread;
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::Measure;
use crate::finding::{Finding, Lane, Rows};
use crate::ledger::TrailDay;
use crate::phrase::{Saying, Thing, alike, bytes, count, day as date, decimal, phrase};
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct Flip;

const RULE: &str = "D7 flip v1";
const LEAST_BYTES: u64 = 1_000_000;
const LEAST_DAYS: usize = 5;
const LEAST_CHANGE: f64 = 0.4;
const LEAST_SPREAD: f64 = 0.1;
const TELLING: f64 = 0.1;

struct Day {
    day: i32,
    ratio: f64,
    away: f64,
}

impl Detector for Flip {
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
        let mut found = Findings::default();
        let mut few = 0_u64;
        let mut judged: Vec<(&Unit<'_>, f64, Vec<Day>)> = Vec::new();
        for unit in &observed.daily().units {
            match days_of(unit) {
                Some((middle, days)) => judged.push((unit, middle, days)),
                None => few += 1,
            }
        }
        if few > 0 {
            let because = phrase!(
                "not enough evidence: {services} of links with fewer than {least} days of 1 MB",
                "証拠不足：1 MB以上の日が{least}日に満たないため、{services}を判定できません。",
                services = count(few, Thing::SERVICE),
                least = LEAST_DAYS
            );
            found.refrain(RULE, because);
        }
        let scores =
            Scores::of(judged.iter().flat_map(|(_, _, days)| days.iter().map(|day| day.away)).collect(), Tail::Power);
        for (unit, middle, days) in &judged {
            found.tested += 1;
            let precedents = Precedents::of(days.iter().map(|day| (day.day, day.away)));
            let chance = |day: &Day| {
                let flipped = day.ratio * middle < 0.0 && (day.ratio - middle).abs() >= LEAST_CHANGE;
                if flipped { precedents.temper(scores.chance(day.away), (day.day, day.away)) } else { 0.5 }
            };
            let p = acat(days.iter().map(chance), days.len());
            if p <= TELLING {
                let days = days.iter().map(|day| (chance(day), day)).collect();
                found.findings.extend(claim(observed, unit, p, *middle, days));
            }
        }
        found
    }
}

fn days_of(unit: &Unit<'_>) -> Option<(f64, Vec<Day>)> {
    let ratio = |out: u64, back: u64| (out as f64 - back as f64) / (out as f64 + back as f64);
    let large = unit.days.iter().filter(|(_, totals)| totals.bytes() >= LEAST_BYTES);
    let ratios: Vec<(i32, f64)> = large.map(|(day, totals)| (*day, ratio(totals.bytes_out, totals.bytes_in))).collect();
    if ratios.len() < LEAST_DAYS {
        return None;
    }
    let (middle, spread) = middle_and_spread(&ratios.iter().map(|(_, ratio)| *ratio).collect::<Vec<_>>())?;
    let away = |ratio: f64| (ratio - middle).abs() / spread.max(LEAST_SPREAD);
    Some((middle, ratios.into_iter().map(|(day, ratio)| Day { day, ratio, away: away(ratio) }).collect()))
}

fn claim(observed: &Observed<'_>, unit: &Unit<'_>, p: f64, middle: f64, mut days: Vec<(f64, &Day)>) -> Option<Finding> {
    days.lean_sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.day.cmp(&b.1.day)));
    let (_, flipped) = days.first()?;
    let odd = [flipped.day].into_iter().lean_collect();
    let sends = flipped.ratio > 0.0;
    let weight = |seen: &TrailDay| if sends { seen.bytes_out } else { seen.bytes_in };
    let rows = Rows::of(unit.rows(&odd, weight))?;
    let (hosts, _, _) = hosts_of(unit.hosts(&odd, weight).into_iter().take(Finding::MOST_HOSTS / 2));
    let totals = unit.days.get(&flipped.day)?;
    const SENT: Saying = Saying("sent", "送信");
    const FETCHED: Saying = Saying("fetched", "受信");
    let (was, is) = if sends { (FETCHED, SENT) } else { (SENT, FETCHED) };
    let ratio = |ratio: f64| alike(format!("{ratio:+.2}"));
    let because = phrase!(
        "{link} over {service} mostly {was} (producer–consumer ratio {middle} over {days}); on {day} it {is}: {out} out, {back} back \
         ({ratio}, {away} deviations away).",
        "{link}の{service}通信は主に{was}でしたが（{days}の送受信比{middle}）、{day}は{is}が上回りました（送信{out}、受信{back}、送受信比{ratio}、偏差の{away}倍）。",
        link = observed.link(unit.link),
        service = unit.service,
        was,
        middle = ratio(middle),
        days = count(days.len() as u64, Thing::DAY),
        day = date(flipped.day),
        is,
        out = bytes(totals.bytes_out),
        back = bytes(totals.bytes_in),
        ratio = ratio(flipped.ratio),
        away = decimal(flipped.away, 1)
    );
    Some(Finding {
        window: unit.window(&odd),
        hosts,
        p: Some(p),
        because,
        gist: phrase!("what {was} now {is}", "主に{was}だった通信が{is}に逆転", was, is),
        normal: phrase!(
            "On most days the ratio is about {middle}.",
            "ほとんどの日の送受信比は約{middle}です。",
            middle = ratio(middle)
        ),
        usual: spread(Measure::Ratio, days.iter().map(|(_, day)| day.ratio), flipped.ratio),
        innocent: &[Saying("a migration", "移行作業"), Saying("a restore from a backup", "バックアップからの復元")],
        attack: &["T1041", "T1048"],
        ..unit.finding(observed, RULE, None, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    fn reading(days: i64) -> Stream {
        let mut stream = Stream::new();
        for (day, plant) in (0..days).flat_map(|day| (0..4).map(move |plant| (day, plant))) {
            let sizes = (90_000 + 3_000 * (day % 5) as u64, 3_000_000 + 70_000 * ((day * 3 + plant) % 7) as u64);
            stream = stream.sized(day, 600, &format!("10.{plant}.0.9"), "10.4.0.1", "tcp/445", sizes);
        }
        stream
    }

    #[test]
    fn a_reader_that_becomes_a_writer_is_found() {
        let found = reading(30)
            .sized(22, 640, "10.1.0.9", "10.4.0.1", "tcp/445", (90_000_000, 100_000))
            .told_by(&super::Flip)
            .findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].because.contains("on 2020-05-23 it sent"), "{}", found[0].because);
    }

    #[test]
    fn a_reader_that_reads_is_not() {
        assert!(reading(30).told_by(&super::Flip).findings.is_empty());
    }
}
