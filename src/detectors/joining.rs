//! What several rules say of the same service of a link is one finding: the least likely one speaks, the others stand beside it. So is
//! what the same hosts did over one link on one day by several services.
//!
//! Their chances share rows, so that they are joined by the Cauchy combination, which holds under any dependence; Fisher's would
//! count the same rows several times over.

use std::collections::BTreeMap;

use super::novelty;
use super::numeric::acat;
use crate::finding::{Finding, Rows};
use crate::flow::Service;
use crate::ledger::survey::LinkKey;
use crate::phrase::{alike, chance, phrase};
use crate::sorting::LeanSort as _;

/// Joins the findings of a lane about the same service of the same link. `rules` is how many rules look at such services.
pub fn join(findings: Vec<Finding>, rules: usize) -> Vec<Finding> {
    // What is about several links is no matter of one link's service.
    let (findings, several): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.also.is_empty());
    let mut joined = Vec::new();
    let mut by_service: BTreeMap<(LinkKey, Service), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        match (finding.service, finding.p) {
            (Some(service), Some(_)) => {
                by_service.entry((finding.link, novelty::kind(service))).or_default().push(finding)
            }
            (Some(_), _) | (None, _) => joined.push(finding),
        }
    }
    for (_, mut same) in by_service {
        let p = |finding: &Finding| finding.p.unwrap_or(1.0);
        same.lean_sort_by(|a, b| p(a).total_cmp(&p(b)).then_with(|| a.id.cmp(&b.id)));
        let joint = acat(same.iter().map(p), rules);
        let mut rest = same.into_iter();
        let Some(mut first) = rest.next() else { continue };
        first.p = Some(joint);
        for other in rest {
            let said = if other.gist.is_empty() { &other.because } else { &other.gist };
            let also = phrase!(
                "{rule} says as well: {said} (p = {p}).",
                "規則{rule}にも該当します：{said}（p = {p}）。",
                rule = alike(other.rule),
                said,
                p = chance(p(&other))
            );
            first.because = std::mem::take(&mut first.because).and(&also);
            absorb(&mut first, other);
        }
        joined.push(first);
    }
    let mut joined = of_one_day(joined);
    joined.extend(several);
    joined
}

/// Makes one finding of what the same hosts did over one link on one day by several services: the least likely one speaks for all, and
/// its chance is not lessened.
fn of_one_day(findings: Vec<Finding>) -> Vec<Finding> {
    let mut apart = Vec::new();
    let mut by_day: BTreeMap<(LinkKey, i32), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        match (finding.window, finding.service) {
            (Some((first, _)), Some(_)) => by_day.entry((finding.link, first.hour().day())).or_default().push(finding),
            (_, None) | (None, _) => apart.push(finding),
        }
    }
    for (_, mut day) in by_day {
        day.lean_sort_by(|a, b| chance_of(a).total_cmp(&chance_of(b)).then_with(|| a.id.cmp(&b.id)));
        let mut matters: Vec<Finding> = Vec::new();
        for finding in day {
            match matters.iter_mut().find(|own| share_hosts(own, &finding)) {
                Some(own) => {
                    let service = finding.service.map(|service| service.to_string()).unwrap_or_default();
                    let also = phrase!(
                        "On the same day over {service}: {said} (p = {p}).",
                        "同じ日に{service}でも：{said}（p = {p}）。",
                        service = alike(service),
                        said = finding.gist,
                        p = chance(chance_of(&finding))
                    );
                    own.because = std::mem::take(&mut own.because).and(&also);
                    own.service = None;
                    absorb(own, finding);
                }
                None => matters.push(finding),
            }
        }
        apart.extend(matters);
    }
    apart
}

fn chance_of(finding: &Finding) -> f64 {
    finding.p.unwrap_or(1.0)
}

/// Whether the first initiator of one has a part in the other.
fn share_hosts(one: &Finding, other: &Finding) -> bool {
    let has = |a: &Finding, b: &Finding| b.hosts.first().is_some_and(|host| a.hosts.contains(host));
    has(one, other) || has(other, one)
}

/// Takes over the links, hosts, accounts, rows and times of another finding about the same.
pub(super) fn absorb(first: &mut Finding, other: Finding) {
    let links = std::iter::once(other.link).chain(other.also);
    first.also.extend(links.filter(|link| *link != first.link));
    first.also.lean_sort();
    first.also.dedup();
    for host in other.hosts {
        if first.hosts.len() < Finding::MOST_HOSTS && !first.hosts.contains(&host) {
            first.hosts.push(host);
        }
    }
    for account in other.accounts {
        if first.accounts.len() < Finding::MOST_HOSTS && !first.accounts.contains(&account) {
            first.accounts.push(account);
        }
    }
    first.window = match (first.window, other.window) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (own, other) => own.or(other),
    };
    if let Some(rows) = Rows::of(first.rows.iter().chain(other.rows.iter())) {
        first.rows = rows;
    }
}
