//! D4 reversal: of two parties of which one has always called the other, the called one begins to call.
//!
//! Of the connections between two parties on the days before, the share that the called side began is at most .02, of at least 50.
//! On a day and the six after it the called side begins k of n: p is the beta-binomial tail (ρ = .15, that share with half a
//! connection more; Skellam 1948) times the number of days that were looked at. A handshake proves who began: only answered
//! connections count as the called side's.
//!
//! Gate: 14 covered days and 50 connections before, 3 proven after. ATT&CK: T1090.001 Internal Proxy, T1219 Remote Access Software.
//! Innocent: a sensor that joins the halves of a flow the wrong way round, a new direction of replication.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::{Pair, Unit};
use super::numeric::beta_binomial_tail;
use super::{Detector, Findings, Observed, accounts_of, hosts_of, id_of, novelty};
use crate::finding::usual::{Share, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Service};
use crate::ledger::survey::LinkKey;
use crate::phrase::{Saying, Thing, alike, count, listed, phrase, time};
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct Reversal;

const RULE: &str = "D4 reversal v1";
const RHO: f64 = 0.15;
const LEAST_BEFORE: u64 = 50;
const MOST_SHARE: f64 = 0.02;
const LEAST_PROVEN: u64 = 3;
const WINDOW: i32 = 7;
const TELLING: f64 = 0.05;

/// How many connections of a day the calling side began, and how many the called side did and were answered.
type Begun = BTreeMap<i32, (u64, u64)>;

/// The oddest week.
struct Turn {
    p: f64,
    day: i32,
    before: (u64, u64),
    after: (u64, u64),
}

impl Detector for Reversal {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let mut links: BTreeMap<LinkKey, Vec<&Unit<'_>>> = BTreeMap::new();
        observed.daily().units.iter().for_each(|unit| links.entry(unit.link).or_default().push(unit));
        let coverage = observed.coverage();
        let mut few = 0_u64;
        for (back, called) in &links {
            let Some(calling) = links.get(&LinkKey { from: back.to, to: back.from }) else { continue };
            let days = begun(calling, called);
            match turn(&days, &coverage.days(*back)) {
                None => few += 1,
                Some(turn) => {
                    found.tested += 1;
                    if turn.p <= TELLING {
                        found.findings.extend(claim(observed, *back, (calling, called), &turn));
                    }
                }
            }
        }
        if few > 0 {
            let because = phrase!(
                "not enough evidence: {few} with fewer than {least} connections, or with more than 2 % of them the other way, \
                 before {proven} answered ones that went back",
                "証拠不足：{few}では、応答のあった逆方向の接続が{proven}件に達する前の接続が{least}件に満たないか、その2 %超が逆方向です。",
                few = count(few, Thing::LINK),
                least = LEAST_BEFORE,
                proven = LEAST_PROVEN
            );
            found.refrain(RULE, because);
        }
        found
    }
}

fn begun(calling: &[&Unit<'_>], called: &[&Unit<'_>]) -> Begun {
    let mut days = Begun::new();
    for (day, totals) in calling.iter().flat_map(|unit| &unit.days) {
        days.entry(*day).or_default().0 += super::ran(totals);
    }
    for (day, totals) in called.iter().flat_map(|unit| &unit.days) {
        days.entry(*day).or_default().1 += totals.established;
    }
    days
}

/// The week in which the called side's share is least likely; none where no week passes the gate.
fn turn(days: &Begun, covered: &BTreeSet<i32>) -> Option<Turn> {
    let sum = |range: std::ops::Range<i32>| days.range(range).fold((0, 0), |(a, b), (_, own)| (a + own.0, b + own.1));
    let (mut least, mut looked): (Option<Turn>, u32) = (None, 0);
    for (day, own) in days {
        let before = sum(i32::MIN..*day);
        let all = before.0 + before.1;
        let one_way = before.1 as f64 <= MOST_SHARE * all as f64;
        if covered.range(..*day).count() < novelty::DAYS_BEFORE || all < LEAST_BEFORE || !one_way {
            continue;
        }
        looked += 1;
        let after = sum(*day..day + WINDOW);
        if own.1 == 0 || after.1 < LEAST_PROVEN {
            continue;
        }
        let share = (before.1 as f64 + 0.5) / (all as f64 + 1.0);
        let p = beta_binomial_tail(after.1, after.0 + after.1, share, RHO);
        if least.as_ref().is_none_or(|turn| p < turn.p) {
            least = Some(Turn { p, day: *day, before, after });
        }
    }
    least.map(|turn| Turn { p: (turn.p * f64::from(looked)).min(1.0), ..turn })
}

fn claim(
    observed: &Observed<'_>,
    back: LinkKey,
    (calling, called): (&[&Unit<'_>], &[&Unit<'_>]),
    turn: &Turn,
) -> Option<Finding> {
    let week = |pair: &&Pair<'_>| pair.within(turn.day, turn.day + WINDOW - 1).iter().any(|(_, seen)| seen.ran > 0);
    let units: Vec<&&Unit<'_>> = called.iter().filter(|unit| unit.pairs.iter().any(|pair| week(&pair))).collect();
    let pairs: Vec<&Pair<'_>> = units.iter().flat_map(|unit| unit.pairs.iter().filter(week)).collect();
    let sights = pairs.iter().flat_map(|pair| pair.within(turn.day, turn.day + WINDOW - 1));
    let rows = Rows::of(sights.filter(|(_, seen)| seen.ran > 0).filter_map(|(_, seen)| seen.sight()))?;
    let (hosts, from, to) = hosts_of(pairs.iter().map(|pair| pair.key));
    let answered: BTreeSet<Host> =
        calling.iter().flat_map(|unit| &unit.pairs).map(|pair| pair.key.responder).lean_collect();
    let turned: BTreeSet<Host> =
        pairs.iter().map(|pair| pair.key.initiator).filter(|host| answered.contains(host)).lean_collect();
    let services: BTreeSet<Service> = units.iter().map(|unit| unit.service).lean_collect();
    let last = units
        .iter()
        .flat_map(|unit| unit.days.range(turn.day..turn.day + WINDOW))
        .filter_map(|(_, totals)| totals.last)
        .max();
    let window = rows.first().at.map(|first| (first, last.unwrap_or(first).max(first)));
    let (caller, called_one) = (observed.name(back.to), observed.name(back.from));
    let because = phrase!(
        "Of {before} between {caller} and {called} before, {called} began {none}; in the week from {since} it began {began} of {all}, \
         each answered: {from} to {to} over {services}. {turned} of its hosts had been called before.",
        "以前の{caller}と{called}の間の{before}のうち、{called}側から始まったものは{none}件でした。{since}からの一週間では、{all}件中{began}件がその側から始まり、いずれも応答されています（接続元：{from}、接続先：{to}、{services}）。接続元のうち{turned}台は、以前は接続を受ける側でした。",
        before = count(turn.before.0 + turn.before.1, Thing::CONNECTION),
        caller,
        called = called_one,
        none = turn.before.1,
        since = window.map(|(first, _)| time(first)).unwrap_or_default(),
        began = turn.after.1,
        all = turn.after.0 + turn.after.1,
        from = count(from as u64, Thing::HOST),
        to = count(to as u64, Thing::HOST),
        services = listed(services.iter().map(|own| alike(own.to_string())), 5),
        turned = turned.len()
    );
    Some(Finding {
        service: services.iter().next().copied().filter(|_| services.len() == 1),
        window,
        hosts,
        accounts: accounts_of(units.iter().flat_map(|unit| unit.records.iter().copied())),
        p: Some(turn.p),
        because,
        gist: phrase!(
            "{called} used to be called, and calls",
            "接続を受ける側だった{called}が、接続を始めた",
            called = called_one
        ),
        normal: phrase!(
            "Before, {caller} called {called}, and not the other way.",
            "以前は{caller}から{called}への接続だけで、逆方向はありません。",
            caller,
            called = called_one
        ),
        usual: Some(Usual::Share(Share {
            usual: (turn.before.1, turn.before.0 + turn.before.1),
            this: (turn.after.1, turn.after.0 + turn.after.1),
        })),
        innocent: &[
            Saying(
                "a sensor that joined the halves of a flow the wrong way round",
                "センサーが通信の向きを逆に組み立てた",
            ),
            Saying("replication that was turned round", "複製（レプリケーション）の向きの変更"),
        ],
        attack: &["T1090.001", "T1219"],
        ..Finding::of(Lane::Behaviour, RULE, id_of(observed, RULE, back, None, None), back, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use crate::flow::Outcome;

    /// Two plants call Tokyo every day, and nobody calls them.
    fn one_way(days: i64) -> Stream {
        let mut stream = Stream::new();
        for day in 0..days {
            for plant in ["10.0.0.9", "10.1.0.9"] {
                stream = stream.flows(4, day, 9 * 60, plant, "10.4.0.1", "tcp/443");
            }
        }
        stream
    }

    #[test]
    fn a_server_that_begins_to_call_its_callers_is_told() {
        let stream = one_way(40).flows(12, 30, 600, "10.4.0.1", "10.0.0.9", "tcp/5985");
        let found = stream.told_by(&super::Reversal);
        assert_eq!(found.findings.len(), 1, "{:#?}", found.findings);
        let finding = &found.findings[0];
        assert!(
            finding.because.starts_with(
                "Of 120 connections between Bangkok and Tokyo DC before, Tokyo DC began 0; in the week from 2020-05-31 10:00 UTC it began \
                 12 of 40, each answered: 1 host to 1 host over tcp/5985. 1 of its hosts had been called before."
            ),
            "{}",
            finding.because
        );
        assert!(finding.p.is_some_and(|p| p < 0.05) && finding.rows.iter().count() == 1);
    }

    #[test]
    fn who_was_called_back_all_along_does_not_turn() {
        let mut stream = one_way(40);
        for day in 0..40 {
            stream = stream.flows(1, day, 700, "10.4.0.1", "10.0.0.9", "tcp/5985");
        }
        let found = stream.flows(12, 30, 600, "10.4.0.1", "10.0.0.9", "tcp/5985").told_by(&super::Reversal);
        assert_eq!(found.findings, []);
        assert!(found.refrains[0].because.contains("more than 2 % of them the other way"), "{:?}", found.refrains);
    }

    #[test]
    fn attempts_that_nobody_answered_prove_no_direction() {
        let mut stream = one_way(40);
        for minute in 0..12 {
            stream = stream.flow(30, minute, "10.4.0.1", "10.0.0.9", "tcp/5985", Outcome::Failed);
        }
        assert_eq!(stream.told_by(&super::Reversal).findings, []);
    }
}
