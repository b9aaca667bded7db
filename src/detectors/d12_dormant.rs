//! D12 dormant: a host or an account that was silent for a month calls other sites again.
//!
//! Of all gaps between days on which a host calls over links, the share as long as this one: p = (1 + others as long)/(gaps + 1).
//! The same for accounts. And no less than the chance by its own habit: one who calls on k of n days is silent for g by (1 − k/n)^g, so
//! that who calls now and then, or an address that is leased now and then, comes back as it always did. Only gaps of 30 days and more are told, and only where the logs covered the time between.
//!
//! Not told where two others come back within a week of it. Gate: 5 earlier days. ATT&CK: T1078 Valid Accounts. Innocent: leave, a device that was repaired, work at the end of a quarter.

use std::collections::{BTreeMap, BTreeSet};

use super::daily::Unit;
use super::numeric::{exp, ln};
use super::{Detector, Findings, Observed};
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::Host;
use crate::ledger::Sight;
use crate::phrase::{Saying, Thing, alike, count, day as date, phrase};
use crate::sorting::LeanCollect as _;

/// The detector.
pub struct Dormant;

const RULE: &str = "D12 dormant v2";
const LEAST_GAP: i32 = 30;
const LEAST_DAYS: usize = 5;
const TELLING: f64 = 0.05;
/// With so many others who come back within a week, a return has a common cause.
const TOGETHER: usize = 2;

/// Who is silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Host(Host),
    Account(String),
}

/// The days on which somebody called, each with a row and the unit that it belongs to.
type Calls<'d, 's> = BTreeMap<i32, (Sight, &'d Unit<'s>, Option<Host>)>;

impl Detector for Dormant {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Behaviour
    }

    fn examine(&self, observed: &Observed<'_>) -> Findings {
        let mut found = Findings::default();
        let covered = observed.survey.covered_days();
        for (kind, calls) in [(Thing::HOST, of_hosts(observed)), (Thing::ACCOUNT, of_accounts(observed))] {
            let mut gaps: Vec<(i32, Who, i32, f64)> = Vec::new();
            let mut few = 0_u64;
            for (who, days) in &calls {
                let days: Vec<i32> = days.keys().copied().collect();
                few += u64::from(days.len() < LEAST_DAYS);
                for (at, pair) in days.windows(2).enumerate().filter(|(at, _)| at + 1 >= LEAST_DAYS) {
                    // Days without any log are no silence.
                    let silent = covered.range(pair[0] + 1..pair[1]).count();
                    let known = covered.range(days[0]..=pair[0]).count();
                    let habit = ((at + 1) as f64 / known.max(at + 1) as f64).min(0.99);
                    let by_habit = exp(silent as f64 * ln(1.0 - habit));
                    gaps.push((silent as i32, who.clone(), pair[1], by_habit));
                }
            }
            if few > 0 {
                let because = phrase!(
                    "not enough evidence: {few} with fewer than {least} days of calls to other sites",
                    "証拠不足：ほかの拠点に接続した日が{least}日に満たないため、{few}を判定できません。",
                    few = count(few, kind),
                    least = LEAST_DAYS
                );
                found.refrain(RULE, because);
            }
            found.tested += calls.len() - few as usize;
            for (gap, who, day, by_habit) in gaps.iter().filter(|(gap, ..)| *gap >= LEAST_GAP) {
                let day = *day;
                let as_long = gaps.iter().filter(|(other, ..)| other >= gap).count();
                let p = f64::max(as_long as f64 / (gaps.len() as f64 + 1.0), *by_habit);
                // Where several come back within days, it was a line, a holiday or a restriction that ended, and no one's own matter.
                let together = gaps
                    .iter()
                    .filter(|(other, own, back, _)| *other >= LEAST_GAP && own != who && (back - day).abs() <= 7);
                if p <= TELLING && together.count() < TOGETHER {
                    found.findings.extend(claim(observed, who, &calls[who], *gap, day, p));
                }
            }
        }
        found
    }
}

fn of_hosts<'d>(observed: &'d Observed<'_>) -> BTreeMap<Who, Calls<'d, 'd>> {
    let mut calls: BTreeMap<Who, Calls<'d, 'd>> = BTreeMap::new();
    for unit in observed.daily().units.iter().filter(|unit| !unit.is_external()) {
        for pair in &unit.pairs {
            for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.ran > 0) {
                let Some(sight) = seen.sight() else { continue };
                let own = calls.entry(Who::Host(pair.key.initiator)).or_default();
                own.entry(*day).or_insert((sight, unit, Some(pair.key.responder)));
            }
        }
    }
    calls
}

fn of_accounts<'d>(observed: &'d Observed<'_>) -> BTreeMap<Who, Calls<'d, 'd>> {
    let mut calls: BTreeMap<Who, Calls<'d, 'd>> = BTreeMap::new();
    for unit in &observed.daily().units {
        for record in &unit.records {
            for account in record.accounts.keys() {
                for (day, seen) in observed.survey.days_of_account(record, account) {
                    let Some(sight) = seen.sight().filter(|_| seen.ran > 0) else { continue };
                    calls.entry(Who::Account(account.clone())).or_default().entry(day).or_insert((sight, unit, None));
                }
            }
        }
    }
    calls
}

fn claim(observed: &Observed<'_>, who: &Who, calls: &Calls<'_, '_>, gap: i32, day: i32, p: f64) -> Option<Finding> {
    let after: Vec<_> = calls.range(day..day + 7).map(|(_, call)| call).collect();
    let (_, unit, responder) = after.first()?;
    let rows = Rows::of(after.iter().filter(|(_, other, _)| other.link == unit.link).map(|(sight, ..)| *sight))?;
    let (name, hosts, accounts, host) = match who {
        Who::Host(host) => {
            (observed.host(*host), std::iter::once(*host).chain(*responder).collect(), Vec::new(), Some(*host))
        }
        Who::Account(account) => {
            let name = phrase!("The account {account}", "アカウント{account}", account = alike(account.as_str()));
            (name, Vec::new(), vec![account.clone()], None)
        }
    };
    let before = calls.range(..day).count();
    let last = calls.range(..day).next_back().map(|(day, _)| *day)?;
    let times = || rows.iter().filter_map(|sight| sight.at);
    let because = phrase!(
        "{name} had called on {before} until {last}, was silent for {gap} with logs, and on {day} called {link} over {service}.",
        "{name}は{last}までに{before}接続していましたが、その後ログのある{gap}間は接続がなく、{day}に{link}の{service}接続を再開しました。",
        name,
        before = count(before as u64, Thing::DAY),
        last = date(last),
        gap = count(gap as u64, Thing::DAY),
        day = date(day),
        link = observed.link(unit.link),
        service = unit.service
    );
    Some(Finding {
        window: times().min().zip(times().max()),
        hosts,
        accounts,
        p: Some(p),
        because,
        gist: phrase!("silent for {gap}, then back", "{gap}間の沈黙の後に再開", gap = count(gap as u64, Thing::DAY)),
        normal: phrase!(
            "Whoever calls other sites does so again within days.",
            "ほかの拠点に接続するものは、通常、数日のうちに再び接続します。"
        ),
        usual: Days::of(
            &observed.survey.covered_days(),
            &calls.keys().copied().lean_collect(),
            &BTreeSet::new(),
            [day],
        )
        .map(Usual::Days),
        innocent: &[Saying("leave", "休暇や休職"), Saying("a device that was repaired", "修理から戻った端末")],
        attack: &["T1078"],
        ..unit.finding(observed, RULE, host, rows)
    })
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    #[test]
    fn a_host_that_comes_back_after_two_months_is_found() {
        let mut stream = Stream::new().everyday(90);
        for day in 0..8 {
            stream = stream.flows(1, day, 300, "10.0.0.50", "10.4.0.1", "tcp/443");
        }
        let found = stream.flows(1, 70, 300, "10.0.0.50", "10.4.0.1", "tcp/443").told_by(&super::Dormant).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].because.starts_with(
                "10.0.0.50 had called on 8 days until 2020-05-08, was silent for 62 days with logs, and on 2020-07-10"
            ),
            "{}",
            found[0].because
        );
    }

    #[test]
    fn who_was_hardly_ever_there_is_not_judged() {
        let stream = Stream::new().everyday(90).flows(1, 2, 0, "10.0.0.50", "10.4.0.1", "tcp/443").flows(
            1,
            70,
            0,
            "10.0.0.50",
            "10.4.0.1",
            "tcp/443",
        );
        let found = stream.told_by(&super::Dormant);
        assert!(
            found.findings.is_empty()
                && found.refrains.iter().any(|refrain| refrain.because.contains("1 host with fewer than 5 days"))
        );
    }
}
