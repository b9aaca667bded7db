//! Who asked what of whom, as a list: host pairs and accounts, found by a part of a name, in any order, a page at a time.
//! There may be hundreds of thousands, so a list is cut where it is asked, and never handed out whole.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::flow::Host;
use crate::ledger::survey::{LinkKey, Survey};
use crate::ledger::{PairKey, PairTotals, Totals};
use crate::sorting::LeanSort as _;

/// By what a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By link, service and host, as the ledger keeps them.
    Place,
    /// By the initiator's address or name.
    Initiator,
    /// By the responder's address or name.
    Responder,
    /// By service.
    Service,
    /// By connections.
    Connections,
    /// By connections that were refused.
    Denied,
    /// By bytes from the initiator.
    BytesOut,
    /// By bytes to the initiator.
    BytesIn,
    /// By the first start.
    First,
    /// By the last start.
    Last,
}

/// What is asked of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Only this link.
    pub link: Option<LinkKey>,
    /// Only this service, as people write it.
    pub service: Option<&'a str>,
    /// Only what has this in a host, whatever the case of its letters; empty for all.
    pub part: &'a str,
    /// The order.
    pub by: By,
    /// The greatest first.
    pub descending: bool,
}

/// A host pair of a list.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Between which parties.
    pub link: LinkKey,
    /// Who asked what of whom.
    pub key: PairKey,
    /// How often, how much, when.
    pub totals: Totals,
}

/// The host pairs that are asked for, in order. Ties stand as the ledger has them, so that pages never overlap.
pub fn pairs(survey: &Survey, asked: &Asked) -> Vec<Pair> {
    let part = asked.part.to_lowercase();
    let has = |host: Host| part.is_empty() || survey.host(host).to_lowercase().contains(&part);
    let links = survey.links.iter().filter(|(link, _)| asked.link.is_none_or(|wanted| wanted == **link));
    let mut found: Vec<(LinkKey, &PairKey, &PairTotals)> = Vec::new();
    for (link, record) in links {
        for (service, record) in &record.services {
            if asked.service.is_some_and(|wanted| wanted != service.to_string()) {
                continue; // not asked for
            }
            let pairs = record.pairs.iter().filter(|(key, _)| has(key.initiator) || has(key.responder));
            found.extend(pairs.map(|(key, totals)| (*link, key, totals)));
        }
    }
    let mut found: Vec<Pair> =
        found.into_iter().map(|(link, key, totals)| Pair { link, key: *key, totals: totals.totals() }).collect();
    found.lean_sort_by(|a, b| {
        let order = order(survey, asked.by, a, b);
        if asked.descending { order.reverse() } else { order }
    });
    found
}

fn order(survey: &Survey, by: By, a: &Pair, b: &Pair) -> Ordering {
    match by {
        By::Place => Ordering::Equal,
        By::Initiator => hosts(survey, a.key.initiator, b.key.initiator),
        By::Responder => hosts(survey, a.key.responder, b.key.responder),
        By::Service => a.key.service.cmp(&b.key.service),
        By::Connections => a.totals.connections().cmp(&b.totals.connections()),
        By::Denied => a.totals.denied.cmp(&b.totals.denied),
        By::BytesOut => a.totals.bytes_out.cmp(&b.totals.bytes_out),
        By::BytesIn => a.totals.bytes_in.cmp(&b.totals.bytes_in),
        By::First => a.totals.first.cmp(&b.totals.first),
        By::Last => a.totals.last.cmp(&b.totals.last),
    }
}

/// Addresses as numbers, so that .9 stands before .10; names behind them, by letter.
fn hosts(survey: &Survey, a: Host, b: Host) -> Ordering {
    match (a.address(), b.address()) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => survey.names.get(&a).cmp(&survey.names.get(&b)),
    }
}

/// An account on a link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its name, as logged.
    pub name: String,
    /// On which link.
    pub link: LinkKey,
    /// Over what.
    pub service: String,
    /// How many flows name it.
    pub flows: u64,
}

/// The accounts whose name has this part, by name, link and service.
pub fn accounts(survey: &Survey, part: &str) -> Vec<Account> {
    let part = part.to_lowercase();
    let mut found = Vec::new();
    for (link, record) in &survey.links {
        for (service, record) in &record.services {
            let named = record.accounts.iter().filter(|(name, _)| name.to_lowercase().contains(&part));
            found.extend(named.map(|(name, flows)| Account {
                name: name.clone(),
                link: *link,
                service: service.to_string(),
                flows: *flows,
            }));
        }
    }
    found.lean_sort();
    found
}

/// The hosts that have this part in their address or name, each once, at most so many.
pub fn hosts_like(survey: &Survey, part: &str, most: usize) -> Vec<String> {
    let part = part.to_lowercase();
    let mut found = BTreeSet::new();
    let records = survey.links.values().flat_map(|link| link.services.values());
    for (key, _) in records.flat_map(|record| &record.pairs) {
        for host in [key.initiator, key.responder] {
            if !found.contains(&host) && survey.host(host).to_lowercase().contains(&part) {
                found.insert(host);
            }
        }
        if found.len() >= most {
            break;
        }
    }
    found.into_iter().take(most).map(|host| survey.host(host)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::stream::Stream;
    use crate::flow::Outcome::Established;

    fn survey() -> Survey {
        Stream::new()
            .flow(0, 0, "10.0.0.10", "10.4.0.1", "tcp/445", Established)
            .flows(3, 1, 0, "10.0.0.9", "10.4.0.1", "tcp/445")
            .flows(2, 2, 0, "10.1.0.9", "10.4.0.2", "tcp/443")
            .survey()
    }

    fn asked(by: By) -> Asked<'static> {
        Asked { link: None, service: None, part: "", by, descending: false }
    }

    fn initiators(survey: &Survey, asked: &Asked) -> Vec<String> {
        pairs(survey, asked).iter().map(|pair| survey.host(pair.key.initiator)).collect()
    }

    #[test]
    fn addresses_stand_in_the_order_of_their_numbers() {
        let survey = survey();
        assert_eq!(initiators(&survey, &asked(By::Initiator)), ["10.0.0.9", "10.0.0.10", "10.1.0.9"]);
        let most_first = Asked { descending: true, ..asked(By::Connections) };
        assert_eq!(initiators(&survey, &most_first), ["10.0.0.9", "10.1.0.9", "10.0.0.10"]);
    }

    #[test]
    fn a_list_is_narrowed_by_link_service_and_part_of_a_name() {
        let survey = survey();
        let of_service = Asked { service: Some("tcp/443"), ..asked(By::Place) };
        assert_eq!(initiators(&survey, &of_service), ["10.1.0.9"]);
        let of_server = Asked { part: "10.4.0.1", ..asked(By::Initiator) };
        assert_eq!(initiators(&survey, &of_server), ["10.0.0.9", "10.0.0.10"]);
        let link = pairs(&survey, &of_server).first().map(|pair| pair.link);
        assert_eq!(pairs(&survey, &Asked { link, ..asked(By::Place) }).len(), 2);
    }

    #[test]
    fn hosts_are_found_by_a_part_and_no_more_than_were_asked_for() {
        assert_eq!(hosts_like(&survey(), "10.4", 9), ["10.4.0.1", "10.4.0.2"]);
        assert_eq!(hosts_like(&survey(), "10.", 2).len(), 2);
        assert!(accounts(&survey(), "").is_empty());
    }
}
