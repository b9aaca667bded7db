//! The links of a case as edges, for formats of graphs.

use std::collections::BTreeMap;

use crate::case::document::Document;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// A link between two parties.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edge {
    /// Its ends, by their place in [`nodes`].
    pub ends: (usize, usize),
    /// Connections, those that ran, and those that did not.
    pub flows: u64,
    /// Those answered or admitted.
    pub established: u64,
    /// Those refused.
    pub denied: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Its services, most connections first.
    pub services: Vec<String>,
    /// The ids of its findings in rank order.
    pub findings: Vec<String>,
    /// The first and the last start.
    pub span: (Option<f64>, Option<f64>),
}

/// The parties at an end of some link, sites first and in the order of the document.
pub fn nodes(document: &Document) -> Vec<&str> {
    let mut names: Vec<&str> = document.sites.iter().map(|site| site.site.as_str()).collect();
    for name in document.links.iter().flat_map(|link| [link.from.as_str(), link.to.as_str()]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The links, those within a site included.
pub fn edges(document: &Document) -> Vec<Edge> {
    let places: BTreeMap<&str, usize> = nodes(document).into_iter().zip(0..).lean_collect();
    let edge = |link: &crate::case::document::Link| {
        let mut services: Vec<&crate::case::document::Service> = link.services.iter().collect();
        services.lean_sort_by_key(|service| std::cmp::Reverse(service.flows));
        let sum = |of: fn(&crate::case::document::Service) -> u64| {
            services.iter().map(|own| of(own)).fold(0, u64::saturating_add)
        };
        let findings = document.findings.iter().filter(|f| f.from == link.from && f.to == link.to);
        let place = |name: &str| places.get(name).copied().unwrap_or_default();
        Edge {
            ends: (place(&link.from), place(&link.to)),
            flows: sum(|own| own.flows),
            established: sum(|own| own.established),
            denied: sum(|own| own.denied),
            bytes: sum(|own| own.bytes_out.saturating_add(own.bytes_in)),
            services: services.iter().map(|own| own.service.clone()).collect(),
            findings: findings.map(|finding| finding.id.clone()).collect(),
            span: (
                services.iter().filter_map(|own| own.first).min_by(f64::total_cmp),
                services.iter().filter_map(|own| own.last).max_by(f64::total_cmp),
            ),
        }
    };
    document.links.iter().map(edge).collect()
}
