//! A STIX 2.1 bundle (OASIS Standard, 10 June 2021): each finding as a note on observed traffic, all of them in a report.
//!
//! Nothing here claims malice: there are no indicators, threat actors or intrusion sets, only what was observed. Identifiers
//! and dates follow from the case, so that the same case gives the same bundle.

use serde_json::{Value, json};

use super::identity::{self, uuid};
use super::{iso, labels};
use crate::case::acts::standing;
use crate::case::document::{Document, Finding};
use crate::case::ends;
use crate::evidence::text::{inert_json, visible};
use crate::flow::Service;
use crate::scene::figure::Tlp;
use crate::sorting::LeanSort as _;

/// How many host pairs of a finding become traffic objects.
const MOST_PAIRS: usize = 100;

/// The bundle.
pub fn bundle(document: &Document, tlp: Tlp) -> String {
    let mut bundle = Bundle::new(document, tlp);
    let mut told: Vec<String> = Vec::new();
    // A platform that takes the bundle in would not know what is weak from what counts.
    for finding in document.findings.iter().filter(|finding| !finding.is_weak(&document.decisions)) {
        bundle.finding(finding, &mut told);
    }
    let report = bundle.id("report", "report");
    let name = format!("Connections between sites, case {}", document.case_id);
    let refs = if told.is_empty() { vec![bundle.author.clone()] } else { told };
    let object = json!({
        "type": "report", "spec_version": "2.1", "id": report, "created_by_ref": bundle.author,
        "created": bundle.made, "modified": bundle.made, "name": name, "published": bundle.made,
        "report_types": ["observed-data"], "labels": bundle.labels, "object_refs": refs,
        "object_marking_refs": [bundle.marking],
        "description": "What logs show and rules took note of. Unusual is not malicious.",
    });
    bundle.objects.push(object);
    bundle.finish()
}

struct Bundle<'d> {
    document: &'d Document,
    objects: Vec<Value>,
    author: String,
    marking: String,
    made: String,
    labels: Vec<String>,
}

impl<'d> Bundle<'d> {
    fn new(document: &'d Document, tlp: Tlp) -> Bundle<'d> {
        // No clock here: the bundle is as old as the last flow of its evidence.
        let made = date(document.window.map_or(0.0, |(_, last)| last));
        let mut bundle = Bundle {
            document,
            objects: Vec::new(),
            author: format!("identity--{}", uuid(identity::kyoten(), "identity")),
            marking: format!("marking-definition--{}", uuid(identity::kyoten(), tlp.label())),
            made,
            labels: labels(document, tlp).iter().map(|label| label.to_ascii_lowercase()).collect(),
        };
        let author = json!({
            "type": "identity", "spec_version": "2.1", "id": bundle.author, "created": "2020-01-01T00:00:00.000Z",
            "modified": "2020-01-01T00:00:00.000Z", "name": document.tool, "identity_class": "system",
        });
        // TLP 2.0 has no marking of its own in STIX 2.1, whose built-in ones are TLP 1.
        let marking = json!({
            "type": "marking-definition", "spec_version": "2.1", "id": bundle.marking, "created": "2020-01-01T00:00:00.000Z",
            "definition_type": "statement", "definition": { "statement": tlp.label() },
        });
        bundle.objects.extend([author, marking]);
        bundle
    }

    fn id(&self, kind: &str, of: &str) -> String {
        format!("{kind}--{}", uuid(identity::kyoten(), &format!("{}/{kind}/{of}", self.document.case_id)))
    }

    fn add(&mut self, object: Value) -> String {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        if self.objects.iter().all(|own| own["id"] != object["id"]) {
            self.objects.push(object);
        }
        id
    }

    fn finding(&mut self, finding: &Finding, told: &mut Vec<String>) {
        let mut about: Vec<String> = Vec::new();
        let mut traffic: Vec<String> = Vec::new();
        for (from, to) in ends::pairs(self.document, finding).into_iter().take(MOST_PAIRS) {
            let (from, to) = (self.address(from), self.address(to));
            traffic.push(self.traffic(&from, &to, ends::service(finding)));
            traffic.extend([from, to]);
        }
        traffic.lean_sort();
        traffic.dedup();
        if let (false, Some((first, last))) = (traffic.is_empty(), finding.first.zip(finding.last)) {
            let observed = self.id("observed-data", &finding.id);
            let service = (self.document.services(&finding.from, &finding.to))
                .find(|own| Some(&own.service) == finding.service.as_ref());
            let count = service.map_or(1, |own| own.established).clamp(1, 999_999_999);
            let object = json!({
                "type": "observed-data", "spec_version": "2.1", "id": observed, "created_by_ref": self.author,
                "created": self.made, "modified": self.made, "first_observed": date(first), "last_observed": date(last.max(first)),
                "number_observed": count, "object_refs": traffic, "object_marking_refs": [self.marking],
            });
            about.push(self.add(object));
        }
        told.extend(about.iter().cloned());
        if about.is_empty() {
            about.push(self.author.clone());
        }
        let decision = standing(&self.document.decisions, &finding.id);
        let decided = decision.map_or(String::new(), |d| {
            format!("\nDecided {} by {} at {}: {}", d.verdict.word(), d.who, iso(d.at), d.why)
        });
        let external: Vec<Value> = (finding.attack.iter())
            .filter(|id| {
                id.len() < 12 && id.starts_with('T') && id[1..].chars().all(|c| c.is_ascii_digit() || c == '.')
            })
            .map(|id| json!({ "source_name": "mitre-attack", "external_id": id }))
            .collect();
        let mut object = json!({
            "type": "note", "spec_version": "2.1", "id": self.id("note", &finding.id), "created_by_ref": self.author,
            "created": self.made, "modified": self.made,
            "abstract": visible(&format!("{}: {} to {} {}", finding.id, finding.from, finding.to, finding.service.as_deref().unwrap_or(""))),
            "content": visible_lines(&format!("{}\nNormal here: {}\nInnocent causes: {}{decided}", finding.because, finding.normal, finding.innocent.join("; "))),
            "labels": self.labels, "object_refs": about, "object_marking_refs": [self.marking],
        });
        if !external.is_empty() {
            object["external_references"] = Value::Array(external);
        }
        told.push(self.add(object));
    }

    fn address(&mut self, address: std::net::IpAddr) -> String {
        let kind = if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
        let value = address.to_string();
        let id = format!("{kind}--{}", uuid(identity::STIX, &json!({ "value": value }).to_string()));
        self.add(json!({ "type": kind, "spec_version": "2.1", "id": id, "value": value }))
    }

    fn traffic(&mut self, from: &str, to: &str, service: Option<Service>) -> String {
        let protocol = service.and_then(|s| s.protocol).map_or("ip".to_owned(), |protocol| protocol.to_string());
        let mut named = json!({ "src_ref": from, "dst_ref": to, "protocols": [protocol] });
        if let Some(port) = service.and_then(|s| s.port) {
            named["dst_port"] = port.into();
        }
        // serde_json writes keys in order, as the canonical form of RFC 8785 does; these values need no other rule of it.
        let id = format!("network-traffic--{}", uuid(identity::STIX, &named.to_string()));
        named["type"] = "network-traffic".into();
        named["spec_version"] = "2.1".into();
        named["id"] = id.into();
        self.add(named)
    }

    fn finish(self) -> String {
        let id = self.id("bundle", "bundle");
        let bundle = json!({ "type": "bundle", "id": id, "objects": self.objects });
        let text = serde_json::to_string_pretty(&bundle).expect("a JSON value can be written");
        inert_json(text + "\n")
    }
}

/// To the millisecond, as STIX wants it at most in common use: `2020-06-11T02:13:07.500Z`.
fn date(seconds: f64) -> String {
    let c = crate::calendar::Civil::of(crate::case::document::moment(seconds), 0);
    let (year, milli) = (c.year.clamp(1, 9999), c.micro / 1_000);
    format!("{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{milli:03}Z", c.month, c.day, c.hour, c.minute, c.second)
}

fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(line).into_owned()).collect::<Vec<_>>().join("\n")
}
