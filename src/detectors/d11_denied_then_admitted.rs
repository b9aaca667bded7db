//! D11 denied, then admitted: a host is refused again and again, and then let in.
//!
//! A host pair that was denied or failed at least 3 times on a day and ran within 7 days after. The score is the number of
//! refusals times the square of their share among all that either site's hosts met that day, because an outage refuses
//! everybody. p = (services of links with as high a score, less one half)/(1 + all of them). Below a score of 1 it is nobody's own. Over UDP silence
//! is no refusal.
//!
//! Gate: rows of both. ATT&CK: T1110 Brute Force, T1562.004 Disable or Modify System Firewall. Innocent: a change ticket, a
//! wrong password, a server that was restarted.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::{Pair, Unit};
use super::{Detector, Findings, Observed, hosts_of};
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::Protocol;
use crate::phrase::{Saying, Thing, count, day as date, phrase, time};
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct DeniedThenAdmitted;

const RULE: &str = "D11 denied-then-admitted v2";
const LEAST_REFUSALS: u32 = 3;
const WITHIN_DAYS: i32 = 7;
/// Less than one refusal that is its own.
const LEAST_SCORE: f64 = 1.0;
const TELLING: f64 = 0.1;

struct Candidate<'d, 's> {
    unit: &'d Unit<'s>,
    pair: &'d Pair<'s>,
    day: i32,
    refused: u32,
    /// The day on which it ran.
    admitted: i32,
    score: f64,
}

impl Detector for DeniedThenAdmitted {
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
        let units = || observed.daily().units.iter().filter(|unit| unit.service.protocol != Some(Protocol::UDP));
        let mut refused: BTreeMap<(Party, i32), u64> = BTreeMap::new();
        for unit in units() {
            for (day, seen) in unit.pairs.iter().flat_map(|pair| pair.days) {
                for party in [unit.link.from, unit.link.to].into_iter().filter(|party| matches!(party, Party::Site(_)))
                {
                    *refused.entry((party, *day)).or_default() += u64::from(seen.refused);
                }
            }
        }
        let mut candidates = Vec::new();
        for unit in units() {
            found.tested += 1;
            for pair in &unit.pairs {
                for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.refused >= LEAST_REFUSALS) {
                    let after = pair.within(*day, day + WITHIN_DAYS);
                    let Some((admitted, _)) = after.iter().find(|(_, seen)| seen.ran > 0) else { continue };
                    let of = |party: Party| refused.get(&(party, *day)).copied().unwrap_or(0);
                    let share = f64::from(seen.refused) / of(unit.link.from).max(of(unit.link.to)).max(1) as f64;
                    let score = f64::from(seen.refused) * share * share;
                    if score < LEAST_SCORE {
                        continue; // So many others were refused that day that it has a common cause.
                    }
                    candidates.push(Candidate {
                        unit,
                        pair,
                        day: *day,
                        refused: seen.refused,
                        admitted: *admitted,
                        score,
                    });
                }
            }
        }
        let mut best: BTreeMap<(crate::ledger::survey::LinkKey, crate::flow::Service), &Candidate<'_, '_>> =
            BTreeMap::new();
        for own in &candidates {
            let kept = best.entry((own.unit.link, own.unit.service)).or_insert(own);
            if own.score > kept.score {
                *kept = own;
            }
        }
        for own in best.values() {
            let as_high = best.values().filter(|other| other.score >= own.score).count();
            let p = (as_high as f64 - 0.5) / (found.tested as f64 + 1.0);
            if p <= TELLING {
                found.findings.extend(claim(observed, own, p, as_high, found.tested));
            }
        }
        found
    }
}

fn claim(observed: &Observed<'_>, own: &Candidate<'_, '_>, p: f64, as_high: usize, all: usize) -> Option<Finding> {
    let Candidate { unit, pair, day, refused, admitted, .. } = own;
    let days = pair.within(*day, *admitted);
    let totals = unit
        .records
        .iter()
        .flat_map(|record| &record.pairs)
        .find(|(key, _)| key == pair.key)
        .map(|(_, totals)| totals)?;
    let first = totals.first().filter(|sight| sight.at.is_some_and(|at| at.hour().day() == *day));
    let rows = Rows::of(days.iter().filter_map(|(_, seen)| seen.sight()).chain(first))?;
    let (hosts, _, _) = hosts_of(std::iter::once(pair.key));
    let when = match admitted == day {
        true => phrase!("the same day", "同じ日に"),
        false => phrase!("on {day}", "{day}に", day = date(*admitted)),
    };
    let times = || rows.iter().filter_map(|sight| sight.at);
    let window = times().min().zip(times().max());
    let like = match as_high {
        1 => phrase!("no other is like it", "ほかに同様のものはありません"),
        are => phrase!("{are} are like it", "同様のものは{are}件です", are),
    };
    let on = |is: fn(&crate::ledger::TrailDay) -> bool| {
        pair.days.iter().filter(move |(_, seen)| is(seen)).map(|(day, _)| *day)
    };
    let ran: BTreeSet<i32> = on(|seen| seen.ran > 0).lean_collect();
    let refused_on: BTreeSet<i32> = on(|seen| seen.refused > 0).lean_collect();
    let because = phrase!(
        "{initiator} asked {responder} for {service} and was refused {refused} on {day}; {when} it was let in (first row at {first}). \
         Of {all} of links, {like}.",
        "{initiator}から{responder}への{service}接続が{day}に{refused}拒否され、{when}許可されました（最初の該当行は{first}）。全経路の{all}のうち、{like}。",
        initiator = observed.host(pair.key.initiator),
        responder = observed.host(pair.key.responder),
        service = unit.service,
        refused = count(u64::from(*refused), Thing::TIME),
        day = date(*day),
        when,
        first = window.map(|(first, _)| time(first)).unwrap_or_default(),
        all = count(all as u64, Thing::SERVICE),
        like
    );
    Some(Finding {
        window,
        hosts,
        p: Some(p),
        because,
        gist: phrase!(
            "refused {refused}, then let in",
            "{refused}拒否された後に許可された接続",
            refused = count(u64::from(*refused), Thing::TIME)
        ),
        normal: phrase!(
            "What is refused there stays refused, or was never refused.",
            "ここで拒否される接続は拒否されたままであり、許可される接続は拒否されたことがありません。"
        ),
        usual: Days::of(&observed.survey.covered_days(), &ran, &refused_on, [*admitted]).map(Usual::Days),
        innocent: &[
            Saying("a change ticket", "変更申請による許可"),
            Saying("a wrong password, then the right one", "パスワードの誤りと、その後の正しい入力"),
        ],
        attack: &["T1110", "T1562.004"],
        ..unit.finding(observed, RULE, Some(pair.key.initiator), rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;
    use crate::flow::Outcome;

    #[test]
    fn a_host_that_tries_until_it_is_let_in_is_found() {
        let mut stream = Stream::new().everyday(40);
        for minute in 0..9 {
            stream = stream.flow(30, 100 + minute, "10.0.0.77", "10.4.0.1", "tcp/443", Outcome::Denied);
        }
        let stream = stream.flow(30, 130, "10.0.0.77", "10.4.0.1", "tcp/443", Outcome::Established);
        let found = stream.told_by(&super::DeniedThenAdmitted).findings;
        assert_eq!(found.len(), 1);
        assert!(
            found[0].because.starts_with(
                "10.0.0.77 asked 10.4.0.1 for tcp/443 and was refused 9 times on 2020-05-31; the same day it was let in"
            ),
            "{}",
            found[0].because
        );
        assert!(found[0].p.unwrap() < 0.06);
    }

    #[test]
    fn an_outage_refuses_everybody() {
        let mut stream = Stream::new().everyday(10);
        for (host, minute) in (1..60).flat_map(|host| (0..5).map(move |minute| (host, minute))) {
            let from = format!("10.0.0.{host}");
            stream = stream.flow(8, 600 + minute, &from, "10.4.0.1", "tcp/443", Outcome::Failed).flow(
                9,
                600,
                &from,
                "10.4.0.1",
                "tcp/443",
                Outcome::Established,
            );
        }
        assert!(stream.told_by(&super::DeniedThenAdmitted).findings.is_empty());
    }

    #[test]
    fn what_stays_refused_is_the_firewall_at_work() {
        let mut stream = Stream::new().everyday(40);
        for minute in 0..9 {
            stream = stream.flow(30, 100 + minute, "10.0.0.77", "10.4.0.1", "tcp/443", Outcome::Denied);
        }
        assert!(stream.told_by(&super::DeniedThenAdmitted).findings.is_empty());
    }
}
