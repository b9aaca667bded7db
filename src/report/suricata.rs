//! Suricata rules to watch on (Suricata User Guide, "Rules Format"): for each finding, its link and service between the
//! sites' ranges. They alert on the first packet of a connection and stop nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use ipnet::IpNet;

use super::{labels, unwatched};
use crate::case::document::Document;
use crate::case::ends;
use crate::flow::Protocol;
use crate::scene::figure::Tlp;

/// The first number of the range that is left to local use, far from where people begin to count.
const FIRST_SID: u32 = 9_100_000;
const SIDS: u32 = 800_000;

/// The rules. Findings that are weak or decided benign, and those without addresses at both ends, have none; a comment says which.
pub fn rules(document: &Document, tlp: Tlp) -> String {
    let mut out = format!("# {} · case {}\n", labels(document, tlp).join(" · "), plain(&document.case_id));
    out.push_str("# Which link to watch, not what is malicious: normal traffic over the same link alerts too.\n");
    let mut taken = BTreeSet::new();
    for finding in &document.findings {
        let ends = ends::sites(document, finding);
        if let Some(why) = unwatched(document, finding, &ends) {
            _ = writeln!(out, "# no rule for {}: {why}", plain(&finding.id));
            continue;
        }
        let service = ends::service(finding);
        let protocol = match service.and_then(|service| service.protocol) {
            Some(Protocol::TCP) => "tcp",
            Some(Protocol::UDP) => "udp",
            Some(Protocol::ICMP | Protocol::ICMP6) => "icmp",
            Some(_) | None => "ip",
        };
        let port = service.and_then(|service| service.port).filter(|_| matches!(protocol, "tcp" | "udp"));
        let port = port.map_or("any".to_owned(), |port| port.to_string());
        let once = if protocol == "tcp" { " flags:S,12;" } else { "" };
        let msg = format!(
            "Kyoten {} {} to {} {}",
            finding.id,
            finding.from,
            finding.to,
            finding.service.as_deref().unwrap_or("")
        );
        let sid = sid(&finding.id, &mut taken);
        _ = writeln!(
            out,
            "alert {protocol} {} any -> {} {port} (msg:\"{}\";{once} threshold:type limit, track by_src, count 1, seconds 3600; classtype:policy-violation; sid:{sid}; rev:1;)",
            list(&ends.from),
            list(&ends.to),
            plain(&msg),
        );
    }
    out
}

/// The same number for the same finding, unless two share it.
fn sid(id: &str, taken: &mut BTreeSet<u32>) -> u32 {
    let hash = crate::flow::Host::of_name(id).0 as u32 % SIDS;
    let sid = (0..SIDS).map(|n| FIRST_SID + (hash + n) % SIDS).find(|sid| !taken.contains(sid)).unwrap_or(FIRST_SID);
    taken.insert(sid);
    sid
}

fn list(nets: &[IpNet]) -> String {
    let nets: Vec<String> = nets.iter().map(IpNet::to_string).collect();
    format!("[{}]", nets.join(","))
}

/// Letters, digits and a few marks: in a rule, all else may act.
fn plain(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_alphanumeric() || " .-_/".contains(c) { c } else { '_' });
    kept.take(200).collect()
}
