//! D14 relay: a host fetches from one place and, within the hours, sends as much to another.
//!
//! On a day of UTC, a host of a site that fetched X ≥ 1 MB over a link and sent Y over another, to another party than it
//! fetched from, in an hour no earlier than the fetching and at most two later, with Y between .78 and 1.28 of X (|ln Y/X| ≤ ¼).
//! p is the chance that some sending of that service matches so by itself: (k + ½)/(n + 1), k the other days of host pairs that
//! carried as much within the band, n all of them; or, where that is greater, the same of all days on which a host fetched 1 MB and
//! more, since many fetch a few megabytes and few some hundreds; times the number of fetchings that it could have matched, and of
//! sendings over the service that had any. Or, where several sendings match: the chance that so many of those do (beta-binomial, ρ = .15,
//! at the chance of the least telling of them), times how many matched, since any of these numbers could have been the one.
//! Where most of a service's rows have one in another file within a minute, each connection stands in two logs, and half of its bytes count.
//!
//! Gate: 60 days of host pairs over the service that sent. ATT&CK: T1090.001 Internal Proxy, T1048 Exfiltration Over Alternative Protocol.
//! Innocent: jump hosts, file gateways, mail.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use super::daily::{Pair, Unit};
use super::numeric::{ascending, beta_binomial_tail, ln};
use super::spread::spread;
use super::{Detector, Findings, Observed, id_of};
use crate::finding::usual::Measure;
use crate::finding::{Finding, Lane, Rows};
use crate::flow::Host;
use crate::ledger::{Sight, TrailDay};
use crate::phrase::{Saying, Thing, bytes, count, day as date, decimal, phrase, time};
use crate::sites::Party;
use crate::sorting::LeanSort as _;

/// The detector.
pub struct Relay;

const RULE: &str = "D14 relay v4";
const LEAST_BYTES: u64 = 1_000_000;
const BAND: f64 = 0.25;
const LEAST_DAYS: usize = 60;
/// So many of a service's earliest rows say whether they stand in two logs.
const ROWS_COMPARED: usize = 200;
/// Two sensors' clocks are no further apart.
const MINUTE: i64 = 60_000_000;
const TELLING: f64 = 0.05;
/// How much the matches of one service go together.
const RHO: f64 = 0.15;

/// A host pair's day.
struct Leg<'d, 's> {
    unit: &'d Unit<'s>,
    pair: &'d Pair<'s>,
    seen: &'s TrailDay,
    /// Bytes that were fetched, or sent; of a connection in two logs, once.
    bytes: u64,
}

impl Detector for Relay {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Campaign
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let units = &observed.daily().units;
        let mut fetched: BTreeMap<(Host, i32), Vec<Leg<'_, '_>>> = BTreeMap::new();
        for unit in units.iter().filter(|unit| matches!(unit.link.from, Party::Site(_))) {
            let logs = logs_of(unit);
            for pair in &unit.pairs {
                for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.bytes_in / logs >= LEAST_BYTES) {
                    let bytes = seen.bytes_in / logs;
                    fetched.entry((pair.key.initiator, *day)).or_default().push(Leg { unit, pair, seen, bytes });
                }
            }
        }
        let mut amounts: Vec<f64> = fetched.values().flatten().map(|leg| ln(1.0 + leg.bytes as f64)).collect();
        ascending(&mut amounts);
        let mut few = 0_u64;
        for unit in units.iter().filter(|unit| matches!(unit.link.from, Party::Site(_))) {
            let logs = logs_of(unit);
            if unit.pairs.iter().map(|pair| pair.days.len()).sum::<usize>() < LEAST_DAYS {
                few += 1;
                continue;
            }
            found.tested += 1;
            // Few services send on what was fetched at all.
            let sent = LazyCell::new(|| amounts_sent(unit, logs));
            // Every sending that something was fetched before is another chance to match.
            let mut sendings = 0_u32;
            let mut matches: Vec<Match<'_, '_, '_>> = Vec::new();
            for pair in &unit.pairs {
                for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.bytes_out / logs >= LEAST_BYTES) {
                    let bytes = seen.bytes_out / logs;
                    let Some(legs) = fetched.get(&(pair.key.initiator, *day)) else { continue };
                    let legs: Vec<&Leg<'_, '_>> =
                        legs.iter().filter(|leg| leg.unit.link.to != unit.link.to && follows(leg.seen, seen)).collect();
                    sendings += u32::from(!legs.is_empty());
                    let amount = ln(1.0 + bytes as f64);
                    let matching = legs.iter().find(|leg| (ln(1.0 + leg.bytes as f64) - amount).abs() <= BAND);
                    let Some(leg) = matching else { continue };
                    let (others, alike) = (like(&sent, amount), like(&amounts, amount));
                    let by_sending = (others as f64 + 0.5) / (sent.len() as f64 + 1.0);
                    let by_fetching = (alike as f64 + 0.5) / (amounts.len() as f64 + 1.0);
                    // A few fetchings can't tell what is a rare amount.
                    let by_fetching = if amounts.len() < LEAST_DAYS { 0.0 } else { by_fetching };
                    let p = by_sending.max(by_fetching) * legs.len() as f64;
                    matches.push((p, *day, leg, Leg { unit, pair, seen, bytes }));
                }
            }
            matches.lean_sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let alone = matches.first().map_or(1.0, |(p, ..)| p * f64::from(sendings));
            let several = matches.iter().zip(1..).skip(1).map(|((p, ..), matched)| {
                beta_binomial_tail(matched, u64::from(sendings), p.min(1.0), RHO) * matches.len() as f64
            });
            let p = several.fold(alone, f64::min);
            if p <= TELLING {
                found.findings.extend(claim(observed, p, &matches, sendings));
            }
        }
        if few > 0 {
            let because = phrase!(
                "not enough evidence: {services} of links with fewer than {least} days of host pairs",
                "証拠不足：ホスト対の記録が{least}日分に満たないため、{services}を判定できません。",
                services = count(few, Thing::SERVICE),
                least = LEAST_DAYS
            );
            found.refrain(RULE, because);
        }
        found
    }
}

/// What was sent over a service, day by day and pair by pair: logarithms, in order.
fn amounts_sent(unit: &Unit<'_>, logs: u64) -> Vec<f64> {
    let days = unit.pairs.iter().flat_map(|pair| pair.days);
    let mut sent: Vec<f64> = days.map(|(_, seen)| ln(1.0 + (seen.bytes_out / logs) as f64)).collect();
    ascending(&mut sent);
    sent
}

/// Whether an hour of the sending lies in one of the fetching, or in one of the two after.
fn follows(fetching: &TrailDay, sending: &TrailDay) -> bool {
    let after = fetching.hours | fetching.hours << 1 | fetching.hours << 2;
    after & sending.hours != 0
}

/// How many other amounts lie within the band of this one; they are in order.
fn like(amounts: &[f64], amount: f64) -> usize {
    let from = amounts.partition_point(|own| *own - amount < -BAND);
    let to = amounts.partition_point(|own| *own - amount <= BAND);
    (to - from).saturating_sub(1)
}

/// In how many logs each of a service's connections stands: two, where both ends' sensors wrote it down.
fn logs_of(unit: &Unit<'_>) -> u64 {
    // Each is held against each, and a service of dynamic ports may have thousands.
    let rows = unit.records.iter().flat_map(|record| record.rows.iter().copied()).take(ROWS_COMPARED);
    let rows: Vec<Sight> = rows.collect();
    if rows.iter().all(|row| row.file == rows[0].file) {
        return 1;
    }
    let is_same =
        |a: &Sight, b: &Sight| a.file != b.file && a.at.zip(b.at).is_some_and(|(a, b)| (a.0 - b.0).abs() <= MINUTE);
    let twice = rows.iter().filter(|row| rows.iter().any(|other| is_same(row, other))).count();
    if 2 * twice > rows.len() { 2 } else { 1 }
}

/// A sending that matches a fetching: by what chance, on which day, the two.
type Match<'l, 'd, 's> = (f64, i32, &'l Leg<'d, 's>, Leg<'d, 's>);

fn claim(observed: &Observed<'_>, p: f64, matches: &[Match<'_, '_, '_>], sendings: u32) -> Option<Finding> {
    let (_, day, from, to) = matches.first()?;
    let legs = matches.iter().flat_map(|(_, _, from, to)| [from.seen.sight(), to.seen.sight()]);
    let rows = Rows::of(legs.flatten())?;
    let times = || rows.iter().filter_map(|sight| sight.at);
    let amounts = to.unit.pairs.iter().flat_map(|pair| pair.days).map(|(_, seen)| seen.bytes_out as f64);
    let because = phrase!(
        "{host} of {site} fetched {fetched} from {source} ({inside}) over {service} on {day}, and within the hours sent {sent}, \
         {share} % of it, to {goal} ({outside}) over {onward}. Of its kind, {sendings} followed a fetching, and {matched} matched; first row at {first}.",
        "{site}の{host}が{day}に{inside}の{source}から{service}で{fetched}を取得し、その数時間内に、{share} %に当たる{sent}を{outside}の{goal}へ{onward}で送信しました。取得の後に続くこのサービスの{sendings}のうち、量が一致したのは{matched}件です。最初の該当行は{first}です。",
        host = observed.host(from.pair.key.initiator),
        site = observed.name(from.unit.link.from),
        fetched = bytes(from.bytes),
        source = observed.host(from.pair.key.responder),
        inside = observed.name(from.unit.link.to),
        service = from.unit.service,
        day = date(*day),
        sendings = count(u64::from(sendings), Thing::SENDING),
        matched = matches.len(),
        sent = bytes(to.bytes),
        share = decimal(100.0 * to.bytes as f64 / from.bytes.max(1) as f64, 0),
        goal = observed.host(to.pair.key.responder),
        outside = observed.name(to.unit.link.to),
        onward = to.unit.service,
        first = times().min().map(time).unwrap_or_default()
    );
    Some(Finding {
        service: Some(to.unit.service),
        window: times().min().zip(times().max()),
        hosts: vec![from.pair.key.initiator, from.pair.key.responder, to.pair.key.responder],
        p: Some(p.min(1.0)),
        because,
        gist: phrase!("what it fetched inside it sent on", "組織内で取得したものを、同じ量だけ送信（中継の疑い）"),
        normal: phrase!(
            "What a host fetches and what it sends have nothing to do with each other.",
            "ホストが取得する量と送信する量は、通常、互いに無関係です。"
        ),
        usual: spread(Measure::Bytes, amounts, to.bytes as f64),
        innocent: &[
            Saying("a jump host or a file gateway", "踏み台サーバーやファイル中継"),
            Saying("mail with what was fetched", "取得したものを添付したメール"),
        ],
        attack: &["T1090.001", "T1048"],
        ..Finding::of(
            Lane::Campaign,
            RULE,
            id_of(observed, RULE, to.unit.link, Some(to.unit.service), Some(to.pair.key.initiator)),
            to.unit.link,
            rows,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    fn browsing() -> Stream {
        let mut stream = Stream::new();
        for (day, host) in (0..40).flat_map(|day| (1..4).map(move |host| (day, host))) {
            let bytes = (5_000 + 100 * ((day + host) % 9) as u64, 90_000);
            stream = stream.sized(
                day,
                600,
                &format!("10.0.0.{host}"),
                &format!("198.18.0.{}", (day * 3 + host) % 40),
                "tcp/443",
                bytes,
            );
            stream = stream.sized(day, 620, &format!("10.0.0.{host}"), "10.4.0.1", "tcp/445", (50_000, 2_000_000));
        }
        stream
    }

    #[test]
    fn as_much_out_as_in_within_the_hours_is_a_relay() {
        let stream = browsing().sized(30, 1100, "10.0.0.2", "10.4.0.1", "tcp/445", (90_000, 420_000_000)).sized(
            30,
            1160,
            "10.0.0.2",
            "198.51.100.9",
            "tcp/443",
            (418_000_000, 900_000),
        );
        let found = stream.told_by(&super::Relay).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.contains("10.0.0.2 of Bangkok fetched 422 MB from 10.4.0.1 (Tokyo DC)"),
            "{}",
            found[0].because
        );
        assert!(
            found[0].because.contains("sent 418 MB, 99 % of it, to 198.51.100.9 (external)"),
            "{}",
            found[0].because
        );
    }

    #[test]
    fn what_was_sent_before_it_was_fetched_is_none() {
        let stream = browsing().sized(30, 60, "10.0.0.2", "198.51.100.9", "tcp/443", (418_000_000, 900_000)).sized(
            30,
            1100,
            "10.0.0.2",
            "10.4.0.1",
            "tcp/445",
            (90_000, 420_000_000),
        );
        // The day's fetching also has an hour of everyday use before; only a later sending would match it.
        assert!(stream.told_by(&super::Relay).findings.is_empty());
    }
}
