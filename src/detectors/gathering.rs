//! Makes one finding of what has one cause and shows on several links: one host does the like at several sites on one day, as when
//! software is pushed out or a tool brought along; or several sites take up the same thing of one party on one day, as with a batch. In a log
//! of less than four days, where all lies on the same days, it is within one hour.
//!
//! The least likely one speaks, with its own chance: whether an administrator or an intruder did it, it is one thing to look at. The others'
//! links stand beside it, their rows and hosts are taken over.

use std::collections::{BTreeMap, BTreeSet};

use super::joining::absorb;
use super::{Observed, novelty};
use crate::calendar::DAY;
use crate::finding::{Finding, Lane};
use crate::flow::{Host, Service};
use crate::phrase::{Phrase, Saying, Thing, count, listed, phrase};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// On so many links and more it has one cause.
const SEVERAL: usize = 3;
/// In a shorter log all lies on the same days, and hours tell.
const LEAST_DAYS: usize = 4;

/// What findings of one cause share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The host that did it, from where.
    Host(Party, Host),
    /// Whom all called.
    Goal(Party),
}

/// Gathers the findings of a lane.
pub fn gather(findings: Vec<Finding>, observed: &Observed<'_>) -> Vec<Finding> {
    let by_host = |own: &Finding| own.hosts.first().map(|host| Cause::Host(own.link.from, *host));
    let by_goal = |own: &Finding| (own.lane == Lane::Novelty).then_some(Cause::Goal(own.link.to));
    gather_by(gather_by(findings, observed, by_host), observed, by_goal)
}

fn gather_by(
    findings: Vec<Finding>,
    observed: &Observed<'_>,
    cause: impl Fn(&Finding) -> Option<Cause>,
) -> Vec<Finding> {
    let mut apart = Vec::new();
    let is_short = observed.survey.covered_days().len() < LEAST_DAYS;
    let together = if is_short { DAY / 24 } else { DAY };
    let mut groups: BTreeMap<(Cause, Service, i64), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let when = finding.window.map(|(first, _)| first.0.div_euclid(together));
        match (cause(&finding).filter(|_| finding.p.is_some()), finding.service, when) {
            (Some(cause), Some(service), Some(when)) => {
                groups.entry((cause, novelty::kind(service), when)).or_default().push(finding);
            }
            _ => apart.push(finding),
        }
    }
    for mut same in groups.into_values() {
        let links: BTreeSet<_> =
            same.iter().flat_map(|own| std::iter::once(&own.link).chain(&own.also)).copied().lean_collect();
        if links.len() < SEVERAL || same.len() < 2 {
            apart.append(&mut same);
            continue;
        }
        let p = |finding: &Finding| finding.p.unwrap_or(1.0);
        same.lean_sort_by(|a, b| p(a).total_cmp(&p(b)).then_with(|| a.id.cmp(&b.id)));
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        for other in rest {
            absorb(&mut first, other);
        }
        let others: Vec<Phrase> = first.also.iter().map(|link| observed.link(*link)).collect();
        let when = if is_short {
            Saying("within the same hour", "同じ時間帯に")
        } else {
            Saying("on the same day", "同じ日に")
        };
        let told = phrase!(
            "The like came up on {links} more {when}, so that it has one cause: {others}.",
            "{when}ほかの{links}でも同様のことが現れており、原因は一つとみられます：{others}。",
            when,
            links = count(others.len() as u64, Thing::LINK),
            others = listed(others, 12)
        );
        first.because = std::mem::take(&mut first.because).and(&told);
        apart.push(first);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::super::stream::Stream;

    /// Three plants of which one host of Tokyo copies something to a host of each, at night.
    fn pushed(stream: Stream, day: i64) -> Stream {
        (0..4).fold(stream, |stream, plant| {
            let to = format!("10.{plant}.0.7");
            stream.sized(day, 1_200 + plant, "10.4.0.50", &to, "tcp/445", (90_000_000, 40_000))
        })
    }

    #[test]
    fn what_one_host_does_at_four_sites_on_one_day_is_one_finding_that_names_them() {
        let found = pushed(Stream::new().everyday(60), 41).findings().findings;
        let own: Vec<_> = found.iter().filter(|own| own.service.is_some_and(|own| own.port == Some(445))).collect();
        assert_eq!(own.len(), 1, "{own:#?}");
        assert_eq!(own[0].also.len(), 3);
        assert!(own[0].because.contains("The like came up on 3 links more on the same day"), "{}", own[0].because);
    }

    #[test]
    fn in_a_log_of_a_day_what_one_host_does_at_four_sites_within_an_hour_is_one_finding() {
        let desks = (0..4).flat_map(|plant| (0..60).map(move |n| (plant, n)));
        let busy = desks.fold(Stream::new().everyday(1), |stream, (plant, n)| {
            let from = format!("10.{plant}.0.{}", 20 + n % 9);
            stream.flows(1, 0, 480 + n, &from, "10.4.0.1", &format!("tcp/{}", 8_000 + n / 5))
        });
        let found = pushed(busy, 0).findings().findings;
        let own: Vec<_> = found.iter().filter(|own| own.service.is_some_and(|own| own.port == Some(445))).collect();
        assert_eq!(own.len(), 1, "{found:#?}");
        assert_eq!(own[0].also.len(), 3);
        assert!(own[0].because.contains("on 3 links more within the same hour"), "{}", own[0].because);
    }

    #[test]
    fn what_comes_about_on_different_days_stays_apart() {
        let stream = (0..4).fold(Stream::new().everyday(60), |stream, plant| {
            let to = format!("10.{plant}.0.7");
            stream.sized(40 + plant, 1_200, "10.4.0.50", &to, "tcp/445", (90_000_000, 40_000))
        });
        let found = stream.findings().findings;
        assert!(found.iter().filter(|own| own.service.is_some_and(|own| own.port == Some(445))).count() >= 3);
    }
}
