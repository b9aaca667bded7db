//! Sigma rules to watch on (Sigma specification 2.0): for each finding, its link and service between the sites' ranges, on
//! the log source `firewall`. All strings are written as JSON strings, which YAML takes as they are.

use std::fmt::Write;

use ipnet::IpNet;

use super::identity::{kyoten, uuid};
use super::{labels, unwatched};
use crate::calendar;
use crate::case::document::{Document, moment};
use crate::case::ends;
use crate::evidence::text::{elided, inert_json, visible};
use crate::scene::figure::Tlp;

/// The rules, one document each. Findings that are weak or decided benign, and those without addresses at both ends, have none; a comment
/// says which.
pub fn rules(document: &Document, tlp: Tlp) -> String {
    let mut out = format!("# {} · case {}\n", labels(document, tlp).join(" · "), string(&document.case_id));
    out.push_str("# Which link to watch, not what is malicious: normal traffic over the same link matches too.\n");
    for finding in &document.findings {
        let ends = ends::sites(document, finding);
        if let Some(why) = unwatched(document, finding, &ends) {
            _ = writeln!(out, "# no rule for {}: {why}", string(&finding.id));
            continue;
        }
        let service = ends::service(finding);
        let title = format!("{} to {} {}", finding.from, finding.to, finding.service.as_deref().unwrap_or(""));
        _ = writeln!(out, "---\ntitle: {}", string(&elided(&format!("Kyoten: {title}"), 250)));
        _ = writeln!(out, "id: {}", uuid(kyoten(), &format!("{}/sigma/{}", document.case_id, finding.id)));
        _ = writeln!(out, "status: experimental\ndescription: {}", string(&finding.because));
        _ = writeln!(out, "author: {}", string(&document.tool));
        if let Some((_, last)) = document.window {
            _ = writeln!(out, "date: {}", calendar::date(moment(last)));
        }
        let tags: Vec<String> = finding
            .attack
            .iter()
            .filter(|id| is_technique(id))
            .map(|id| format!("attack.{}", id.to_lowercase()))
            .collect();
        if !tags.is_empty() {
            out.push_str("tags:\n");
            tags.iter().for_each(|tag| _ = writeln!(out, "  - {tag}"));
        }
        out.push_str("logsource:\n  category: firewall\ndetection:\n  selection:\n");
        list(&mut out, "src_ip|cidr", &ends.from);
        list(&mut out, "dst_ip|cidr", &ends.to);
        if let Some(port) = service.and_then(|service| service.port) {
            _ = writeln!(out, "    dst_port: {port}");
        }
        out.push_str("  condition: selection\nfalsepositives:\n");
        for cause in finding.innocent.iter().map(String::as_str).chain(std::iter::once("the link's ordinary traffic")) {
            _ = writeln!(out, "  - {}", string(cause));
        }
        _ = writeln!(out, "level: {}", if finding.lane == "policy" { "high" } else { "medium" });
    }
    out
}

fn is_technique(id: &str) -> bool {
    id.len() < 12 && id.starts_with('T') && id[1..].chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn list(out: &mut String, field: &str, nets: &[IpNet]) {
    _ = writeln!(out, "    {field}:");
    nets.iter().for_each(|net| _ = writeln!(out, "      - \"{net}\""));
}

fn string(text: &str) -> String {
    inert_json(serde_json::to_string(&visible(text)).expect("a text can be written"))
}
