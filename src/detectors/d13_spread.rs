//! D13 spread: what is odd at one site comes about at another toward the same server side and service, and at a third.
//!
//! Of the findings of the other lanes with p ≤ .1, or against the policy, those from different sites to the same party over
//! the same service within 45 days, X of them. Were F such findings strewn over all N services of links, of which K share this goal,
//! F·K/N would meet there by chance: p is the Poisson tail of X − 1 more. So a server that everybody calls is no goal, and one that only
//! the odd ones call is.
//!
//! Gate: X ≥ 2. ATT&CK: T1021 Remote Services, T1570 Lateral Tool Transfer. Innocent: a roll-out (one that many hosts take up in
//! working hours is one finding already, and counts once).

use std::collections::{BTreeMap, BTreeSet};

use super::novelty;
use super::numeric::poisson_tail;
use super::{Detector, Findings, Observed, id_of};
use crate::calendar::DAY;
use crate::finding::usual::{Days, Usual};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Moment, Service};
use crate::phrase::{Phrase, Saying, Thing, alike, count, decimal, joined, phrase, time};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// The detector.
pub struct Spread;

const RULE: &str = "D13 spread v3";
const WITHIN: i64 = 45 * DAY;
const WORTH_COUNTING: f64 = 0.1;
const TELLING: f64 = 0.2;

impl Detector for Spread {
    fn rule(&self) -> &'static str {
        RULE
    }

    fn lane(&self) -> Lane {
        Lane::Campaign
    }

    fn examine(&self, _: &Observed<'_>) -> Findings {
        Findings::default()
    }

    fn follow_up(&self, observed: &Observed<'_>, earlier: &[Finding]) -> Findings {
        let mut found = Findings::default();
        #[expect(clippy::type_complexity, reason = "a table within a table, used once")]
        let mut by_goal: BTreeMap<(Party, Service), BTreeMap<Party, (Moment, Vec<&Finding>)>> = BTreeMap::new();
        let mut of_all: BTreeSet<(Party, Party, Service)> = BTreeSet::new();
        for finding in earlier.iter().filter(|finding| finding.p.is_none_or(|p| p <= WORTH_COUNTING)) {
            let (Some(service), Some((first, _)), Party::Site(_)) =
                (finding.service, finding.window, finding.link.from)
            else {
                continue;
            };
            if finding.link.from == finding.link.to {
                continue;
            }
            let kind = novelty::kind(service);
            of_all.insert((finding.link.from, finding.link.to, kind));
            let sites = by_goal.entry((finding.link.to, kind)).or_default();
            let own = sites.entry(finding.link.from).or_insert((first, Vec::new()));
            own.0 = own.0.min(first);
            own.1.push(finding);
        }
        let units = &observed.daily().units;
        let mut sharing: BTreeMap<(Party, Service), usize> = BTreeMap::new();
        units.iter().for_each(|unit| *sharing.entry((unit.link.to, novelty::kind(unit.service))).or_default() += 1);
        for (goal, sites) in by_goal {
            let share = sharing.get(&goal).copied().unwrap_or(1) as f64 / units.len().max(1) as f64;
            let mean = of_all.len() as f64 * share;
            let mut steps: Vec<(Moment, Party, Vec<&Finding>)> =
                sites.into_iter().map(|(site, (first, own))| (first, site, own)).collect();
            steps.lean_sort_by_key(|(first, site, _)| (*first, *site));
            // Each next step within the time of the one before.
            let mut run: Vec<(Moment, Party, Vec<&Finding>)> = Vec::new();
            for step in steps {
                if run.last().is_some_and(|(last, ..)| step.0.0 - last.0 > WITHIN) {
                    judge(observed, std::mem::take(&mut run), mean, &mut found);
                }
                run.push(step);
            }
            judge(observed, run, mean, &mut found);
        }
        if found.tested == 0 {
            let because = phrase!(
                "not enough evidence: of {odd} that are odd, no two sites share a goal",
                "証拠不足：異常な{odd}のうち、二つの拠点に共通する目標はありません。",
                odd = count(of_all.len() as u64, Thing::SERVICE)
            );
            found.refrain(RULE, because);
        }
        found
    }
}

fn judge(observed: &Observed<'_>, steps: Vec<(Moment, Party, Vec<&Finding>)>, mean: f64, found: &mut Findings) {
    if steps.len() < 2 {
        return;
    }
    found.tested += 1;
    let p = poisson_tail(steps.len() as u64 - 1, mean);
    if p > TELLING {
        return;
    }
    let all = || steps.iter().flat_map(|(_, _, own)| own);
    let Some(rows) = Rows::of(all().flat_map(|finding| finding.rows.iter())) else { return };
    let first = steps[0].2[0];
    let day = |at: Moment| (at.0 - steps[0].0.0) / DAY + 1;
    let told: Vec<Phrase> = steps
        .iter()
        .map(|(at, site, _)| {
            let (site, day, at) = (observed.name(*site), day(*at), time(*at));
            phrase!("{site} on day {day} ({at})", "{day}日目に{site}（{at}）", site, day, at)
        })
        .collect();
    let mut hosts: Vec<crate::flow::Host> = all().flat_map(|finding| finding.hosts.iter().copied()).collect();
    hosts.dedup();
    let mut seen = BTreeSet::new();
    hosts.retain(|host| seen.insert(*host));
    hosts.truncate(Finding::MOST_HOSTS);
    let accounts: BTreeSet<String> = all().flat_map(|finding| finding.accounts.iter().cloned()).lean_collect();
    let last = all().filter_map(|finding| finding.window).map(|(_, last)| last).max();
    let service = alike(first.service.map(|service| service.to_string()).unwrap_or_default());
    let sites = count(steps.len() as u64, Thing::SITE);
    let links: BTreeSet<_> = all().map(|finding| finding.link).filter(|link| *link != first.link).lean_collect();
    found.findings.push(Finding {
        also: links.into_iter().collect(),
        service: first.service,
        window: last.map(|last| (steps[0].0, last)),
        hosts,
        accounts: accounts.into_iter().take(Finding::MOST_HOSTS).collect(),
        p: Some(p),
        because: phrase!(
            "{sites} one after the other became odd toward {goal} over {service}: {told}. By chance {mean} of the findings would share \
             such a goal.",
            "{goal}への{service}通信が、{sites}で順に異常となりました：{told}。偶然に目標を同じくする検知は{mean}件と見込まれます。",
            sites,
            goal = observed.name(first.link.to),
            service,
            told = joined(&told, ", ", "、"),
            mean = decimal(mean, 2)
        ),
        gist: phrase!("{sites} with the same goal", "{sites}が同じ目標へ順に異常", sites),
        normal: phrase!(
            "Sites become odd by themselves, each in its own way.",
            "拠点の異常は、通常、互いに無関係に起こります。"
        ),
        usual: Days::of(&observed.survey.covered_days(), &BTreeSet::new(), &BTreeSet::new(), steps.iter().map(|(at, ..)| at.hour().day())).map(Usual::Days),
        innocent: &[Saying("a roll-out", "展開作業"), Saying("a server that moved", "サーバーの移設")],
        attack: &["T1021", "T1570"],
        ..Finding::of(Lane::Campaign, RULE, id_of(observed, RULE, first.link, first.service, None), first.link, rows)
    });
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    #[test]
    fn three_sites_with_the_same_goal_are_one_campaign() {
        let mut stream = Stream::new().everyday(60);
        for (plant, day) in [(0, 30), (1, 33), (2, 40)] {
            stream = stream.flows(9, day, 1100, &format!("10.{plant}.0.77"), "10.4.0.5", "tcp/3389");
        }
        let found = stream.findings().findings;
        let spread = found.iter().find(|finding| finding.rule == super::RULE).expect("it is found");
        assert!(
            spread.because.starts_with("3 sites one after the other became odd toward Tokyo DC over tcp/3389: Bangkok on day 1 (2020-05-31 18:20 UTC), Cebu on day 4"),
            "{}",
            spread.because
        );
    }

    #[test]
    fn a_server_that_everybody_calls_is_no_goal() {
        let mut stream = Stream::new().everyday(60);
        for (plant, day) in [(0, 30), (1, 33)] {
            stream = stream.sized(day, 1100, &format!("10.{plant}.0.77"), "10.4.0.1", "tcp/443", (900_000_000, 4_000));
        }
        let found = stream.findings().findings;
        assert!(!found.iter().any(|own| own.rule == super::RULE && own.p.is_some_and(|p| p < 0.05)), "{found:#?}");
    }

    #[test]
    fn one_site_is_no_campaign() {
        let stream = Stream::new().everyday(60).flows(9, 30, 1100, "10.0.0.77", "10.4.0.5", "tcp/3389");
        assert!(!stream.found().iter().any(|found| found.starts_with("D13")));
    }
}
