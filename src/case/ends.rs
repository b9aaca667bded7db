//! The addresses at the ends of a finding, as numbers: what rules and machine-readable exports are made of, never text of a
//! log.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::document::{Document, Finding};
use crate::flow::Service;
use crate::sites::import::read_net;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// Both ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ends {
    /// The initiators.
    pub from: Vec<IpNet>,
    /// The responders.
    pub to: Vec<IpNet>,
}

impl Ends {
    /// Whether both are known.
    pub fn are_known(&self) -> bool {
        !self.from.is_empty() && !self.to.is_empty()
    }
}

/// The hosts of a finding by address: of its host pairs, else of the addresses that it names, where its sites' ranges tell
/// which end is whose.
pub fn hosts(document: &Document, finding: &Finding) -> Ends {
    let pairs = pairs(document, finding);
    if !pairs.is_empty() {
        let one = |end: fn(&(IpAddr, IpAddr)) -> IpAddr| {
            pairs.iter().map(|pair| IpNet::from(end(pair))).lean_collect::<BTreeSet<_>>()
        };
        return Ends { from: aggregated(one(|pair| pair.0)), to: aggregated(one(|pair| pair.1)) };
    }
    let named = finding.hosts.iter().filter_map(|host| host.parse::<IpAddr>().ok());
    let (from, to) = (ranges(document, &finding.from), ranges(document, &finding.to));
    let mut ends = Ends::default();
    for host in named {
        if from.iter().any(|net| net.contains(&host)) {
            ends.from.push(IpNet::from(host));
        } else if to.iter().any(|net| net.contains(&host)) {
            ends.to.push(IpNet::from(host));
        }
    }
    ends
}

/// The host pairs of a finding whose hosts it names; all of its service's where it names none.
pub fn pairs(document: &Document, finding: &Finding) -> Vec<(IpAddr, IpAddr)> {
    let services = document.services(&finding.from, &finding.to);
    let own = services.filter(|service| finding.service.as_ref().is_none_or(|own| *own == service.service));
    let named: BTreeSet<&str> = finding.hosts.iter().map(String::as_str).lean_collect();
    let mut pairs: Vec<(IpAddr, IpAddr)> = own
        .flat_map(|service| service.pairs.iter())
        .filter(|(from, to, ..)| named.is_empty() || named.contains(from.as_str()) && named.contains(to.as_str()))
        .filter_map(|(from, to, ..)| Some((from.parse().ok()?, to.parse().ok()?)))
        .collect();
    pairs.lean_sort();
    pairs.dedup();
    pairs
}

/// The ranges of a site; none of what is no site. A range that holds in some evidence only is left out: elsewhere the same
/// addresses are another's.
pub fn ranges(document: &Document, site: &str) -> Vec<IpNet> {
    let ranges = document.site(site).into_iter().flat_map(|site| &site.ranges);
    aggregated(
        ranges
            .filter(|range| !range.contains("source="))
            .filter_map(|range| Some(read_net(range).ok()?.0))
            .lean_collect(),
    )
}

/// Both ends by their sites' ranges, and by the finding's hosts where there is no site.
pub fn sites(document: &Document, finding: &Finding) -> Ends {
    let hosts = hosts(document, finding);
    let or = |ranges: Vec<IpNet>, hosts: Vec<IpNet>| if ranges.is_empty() { hosts } else { ranges };
    Ends { from: or(ranges(document, &finding.from), hosts.from), to: or(ranges(document, &finding.to), hosts.to) }
}

/// The service of a finding; `None` where it is about several.
pub fn service(finding: &Finding) -> Option<Service> {
    finding.service.as_deref().and_then(Service::read)
}

/// The same addresses in as few ranges as can be, in order.
fn aggregated(nets: BTreeSet<IpNet>) -> Vec<IpNet> {
    let mut nets = IpNet::aggregate(&nets.into_iter().collect::<Vec<_>>());
    nets.lean_sort();
    nets
}
