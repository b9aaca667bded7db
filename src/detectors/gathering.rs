//! Makes one finding of what has one cause and shows on several links: one host does the like at several sites on one day, as when
//! software is pushed out or a tool brought along; or several sites take up the same thing of one party on one day, as with a batch.
//!
//! The least likely one speaks, with its own chance: whether an administrator or an intruder did it, it is one thing to look at. The others'
//! links stand beside it, their rows and hosts are taken over.

use std::collections::{BTreeMap, BTreeSet};

use super::joining::absorb;
use super::{Observed, novelty};
use crate::finding::{Finding, Lane};
use crate::flow::{Host, Service};
use crate::phrase::{Phrase, Thing, count, listed, phrase};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// On so many links and more it has one cause.
const SEVERAL: usize = 3;
/// In a shorter log all lies on the same days.
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
    if observed.survey.covered_days().len() < LEAST_DAYS {
        return findings;
    }
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
    let mut groups: BTreeMap<(Cause, Service, i32), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let day = finding.window.map(|(first, _)| first.hour().day());
        match (cause(&finding).filter(|_| finding.p.is_some()), finding.service, day) {
            (Some(cause), Some(service), Some(day)) => {
                groups.entry((cause, novelty::kind(service), day)).or_default().push(finding);
            }
            _ => apart.push(finding),
        }
    }
    for mut same in groups.into_values() {
        let links: BTreeSet<_> = same.iter().map(|finding| finding.link).lean_collect();
        if links.len() < SEVERAL {
            apart.append(&mut same);
            continue;
        }
        let p = |finding: &Finding| finding.p.unwrap_or(1.0);
        same.lean_sort_by(|a, b| p(a).total_cmp(&p(b)).then_with(|| a.id.cmp(&b.id)));
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        for other in rest {
            let links = std::iter::once(other.link).chain(other.also.iter().copied());
            first.also.extend(links.filter(|link| *link != first.link));
            absorb(&mut first, other);
        }
        first.also.lean_sort();
        first.also.dedup();
        let others: Vec<Phrase> = first.also.iter().map(|link| observed.link(*link)).collect();
        let told = phrase!(
            "The like came up on {links} more on the same day, so that it has one cause: {others}.",
            "同じ日にほかの{links}でも同様のことが現れており、原因は一つとみられます：{others}。",
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
    fn what_comes_about_on_different_days_stays_apart() {
        let stream = (0..4).fold(Stream::new().everyday(60), |stream, plant| {
            let to = format!("10.{plant}.0.7");
            stream.sized(40 + plant, 1_200, "10.4.0.50", &to, "tcp/445", (90_000_000, 40_000))
        });
        let found = stream.findings().findings;
        assert!(found.iter().filter(|own| own.service.is_some_and(|own| own.port == Some(445))).count() >= 3);
    }
}
