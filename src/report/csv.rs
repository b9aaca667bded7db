//! Findings and services of links as one CSV: no spreadsheet takes a cell for a formula, and
//! [`crate::evidence::table::Table`] reads every cell back as it was.

use super::{iso, iso_or_nothing, labels};
use crate::case::acts::standing;
use crate::case::document::Document;
use crate::evidence::table::cell;
use crate::evidence::text::visible;
use crate::scene::figure::Tlp;

const COLUMNS: [&str; 29] = [
    "kind",
    "label",
    "rank",
    "id",
    "lane",
    "rule",
    "from",
    "to",
    "also",
    "service",
    "first",
    "last",
    "connections",
    "established",
    "denied",
    "failed",
    "bytes_out",
    "bytes_in",
    "hosts",
    "accounts",
    "p",
    "q",
    "decision",
    "decided_by",
    "decided_at",
    "why",
    "because",
    "attack",
    "rows",
];

/// The CSV: a row a finding in rank order, then a row a service of a link.
pub fn csv(document: &Document, tlp: Tlp) -> String {
    let label = labels(document, tlp).join(" ");
    let mut out = COLUMNS.join(",") + "\r\n";
    let mut put = |cells: [String; COLUMNS.len()]| {
        let cells: Vec<String> = cells.iter().map(|text| cell(&visible(text))).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    let none = String::new;
    let number = |p: Option<f64>| p.map(|p| p.to_string()).unwrap_or_default();
    for f in &document.findings {
        let decision = standing(&document.decisions, &f.id);
        let service = (document.services(&f.from, &f.to)).find(|own| Some(&own.service) == f.service.as_ref());
        let sum =
            |of: fn(&crate::case::document::Service) -> u64| service.map(|s| of(s).to_string()).unwrap_or_default();
        let rows: Vec<String> = f.evidence.iter().map(|row| format!("{}:{}", row.file, row.line)).collect();
        put([
            "finding".to_owned(),
            label.clone(),
            f.rank.to_string(),
            f.id.clone(),
            f.lane.clone(),
            f.rule.clone(),
            f.from.clone(),
            f.to.clone(),
            f.also.iter().map(|(from, to)| format!("{from} → {to}")).collect::<Vec<_>>().join("; "),
            f.service.clone().unwrap_or_default(),
            iso_or_nothing(f.first),
            iso_or_nothing(f.last),
            sum(|s| s.flows),
            sum(|s| s.established),
            sum(|s| s.denied),
            sum(|s| s.failed),
            sum(|s| s.bytes_out),
            sum(|s| s.bytes_in),
            f.hosts.join(" "),
            f.accounts.join(" "),
            number(f.p),
            number(f.q),
            decision.map_or("open", |d| d.verdict.word()).to_owned(),
            decision.map(|d| d.who.clone()).unwrap_or_default(),
            decision.map(|d| iso(d.at)).unwrap_or_default(),
            decision.map(|d| d.why.clone()).unwrap_or_default(),
            f.because.clone(),
            f.attack.join(" "),
            rows.join(" "),
        ]);
    }
    for link in &document.links {
        for s in &link.services {
            put([
                "link".to_owned(),
                label.clone(),
                none(),
                none(),
                none(),
                none(),
                link.from.clone(),
                link.to.clone(),
                none(),
                s.service.clone(),
                iso_or_nothing(s.first),
                iso_or_nothing(s.last),
                s.flows.to_string(),
                s.established.to_string(),
                s.denied.to_string(),
                s.failed.to_string(),
                s.bytes_out.to_string(),
                s.bytes_in.to_string(),
                format!("{} to {}", s.hosts_from, s.hosts_to),
                s.accounts.join(" "),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
            ]);
        }
    }
    out
}
