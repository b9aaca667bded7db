//! A rollup gives the same links and findings as the logs that it was made of, as far as it can say.

use std::collections::{BTreeMap, BTreeSet};

use kyoten::case::{Analysis, Case};
use kyoten::ledger::Totals;

use crate::sampled::{case, case_of, logs, rollup_of};

/// Sums by link and service, to the millisecond that a rollup keeps.
fn links(analysis: &Analysis) -> BTreeMap<String, Totals> {
    let mut links = BTreeMap::new();
    for (key, link) in &analysis.survey.links {
        for (service, record) in &link.services {
            let name = |party| analysis.book.name_of(party);
            let mut totals = record.totals.clone();
            (totals.flows, totals.replies) = (totals.connections(), 0);
            for moment in [&mut totals.first, &mut totals.last].into_iter().flatten() {
                moment.0 -= moment.0.rem_euclid(1_000);
            }
            links.insert(format!("{} → {} {service}", name(key.from), name(key.to)), totals);
        }
    }
    links
}

fn findings(analysis: &Analysis) -> Vec<String> {
    let told = |f: &kyoten::finding::Finding| {
        let name = |party| analysis.book.name_of(party);
        format!("{} {} → {} {:?}", f.rule, name(f.link.from), name(f.link.to), f.service)
    };
    analysis.findings.findings.iter().map(told).collect()
}

fn of_rollups(rollups: &[(&str, String)]) -> Case {
    case_of(rollups.iter().map(|(name, csv)| (*name, csv.as_bytes())))
}

#[test]
fn links_and_findings_of_a_rollup_are_those_of_its_logs() {
    let whole = rollup_of(logs());
    let (raw, rolled) = (case().analyse(), of_rollups(&[("rollup.csv", whole)]).analyse());
    assert_eq!(links(&raw), links(&rolled));
    assert!(links(&raw).len() > 50);
    // The other rules look at hosts, accounts or minutes, which a rollup does not have.
    let on_links = |analysis: &Analysis| -> BTreeSet<String> {
        let of_links = |told: &String| ["D1 ", "D2 ", "D3 "].iter().any(|rule| told.starts_with(rule));
        findings(analysis).into_iter().filter(of_links).collect()
    };
    assert_eq!(on_links(&rolled), on_links(&raw));
    assert!(on_links(&raw).len() > 10);
    let policy =
        |analysis: &Analysis| findings(analysis).into_iter().filter(|told| told.starts_with("D1 ")).collect::<Vec<_>>();
    assert_eq!(policy(&rolled), policy(&raw));
    let raw: BTreeSet<String> = findings(&raw).into_iter().collect();
    assert!(findings(&rolled).iter().all(|told| raw.contains(told)), "a rollup invents nothing");
    assert!(rolled.notices.iter().any(|notice| notice.english().contains("names no hosts")), "{:?}", rolled.notices);
}

#[test]
fn headquarters_lays_the_rollups_of_several_sites_together() {
    let parts: Vec<(String, String)> =
        logs().iter().map(|(name, bytes)| (format!("{name}.rollup.csv"), rollup_of([(*name, *bytes)]))).collect();
    let parts: Vec<(&str, String)> = parts.iter().map(|(name, csv)| (name.as_str(), csv.clone())).collect();
    assert_eq!(links(&of_rollups(&parts).analyse()), links(&case().analyse()));
}
