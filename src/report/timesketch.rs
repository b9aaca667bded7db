//! A timeline for Timesketch (its documentation, "Create timeline from JSON/JSONL/CSV file"): `message`, `datetime`,
//! `timestamp_desc`, and columns of our own. Findings begin and end, host pairs of findings too; actions and decisions are
//! events as well.

use serde::Serialize;

use super::{iso, labels};
use crate::case::document::Document;
use crate::evidence::table::cell;
use crate::evidence::text::{inert_json, visible};
use crate::scene::figure::Tlp;
use crate::sorting::LeanSort as _;

#[derive(Serialize, Default)]
struct Event {
    message: String,
    datetime: String,
    timestamp_desc: String,
    /// Microseconds from the epoch.
    timestamp: i64,
    label: String,
    finding: String,
    rule: String,
    src_site: String,
    dst_site: String,
    service: String,
    src: String,
    dst: String,
    evidence: String,
}

impl Event {
    const COLUMNS: &str =
        "message,datetime,timestamp_desc,timestamp,label,finding,rule,src_site,dst_site,service,src,dst,evidence";

    fn cells(&self) -> [&str; 13] {
        // The number of microseconds goes in as it is written; see `csv`.
        [
            &self.message,
            &self.datetime,
            &self.timestamp_desc,
            "",
            &self.label,
            &self.finding,
            &self.rule,
            &self.src_site,
            &self.dst_site,
            &self.service,
            &self.src,
            &self.dst,
            &self.evidence,
        ]
    }
}

/// As CSV.
pub fn csv(document: &Document, tlp: Tlp) -> String {
    let mut out = Event::COLUMNS.to_owned() + "\n";
    for event in events(document, tlp) {
        let stamp = event.timestamp.to_string();
        let cells = event.cells().map(|text| cell(&visible(text)));
        let cells: Vec<&str> =
            cells.iter().enumerate().map(|(at, text)| if at == 3 { stamp.as_str() } else { text.as_str() }).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// As JSON lines.
pub fn jsonl(document: &Document, tlp: Tlp) -> String {
    let line = |event: &Event| {
        let json = serde_json::to_string(event).expect("texts and numbers can be written");
        inert_json(json) + "\n"
    };
    events(document, tlp).iter().map(line).collect()
}

fn events(document: &Document, tlp: Tlp) -> Vec<Event> {
    let label = labels(document, tlp).join(" ");
    let mut events: Vec<Event> = Vec::new();
    let mut put = |at: Option<f64>, desc: &str, event: Event| {
        let Some(at) = at else { return };
        events.push(Event {
            datetime: iso(at),
            timestamp: crate::case::document::moment(at).0,
            timestamp_desc: desc.to_owned(),
            label: label.clone(),
            ..event
        });
    };
    for f in &document.findings {
        let event = |message: String| Event {
            message,
            finding: f.id.clone(),
            rule: f.rule.clone(),
            src_site: f.from.clone(),
            dst_site: f.to.clone(),
            service: f.service.clone().unwrap_or_default(),
            evidence: f.evidence.first().map(|row| format!("{}:{}", row.file, row.line)).unwrap_or_default(),
            ..Event::default()
        };
        put(f.first, "First connection of a finding", event(f.because.clone()));
        put(f.last, "Last connection of a finding", event(format!("Last of finding {}: {}", f.rank, f.gist)));
        for service in document.services(&f.from, &f.to).filter(|own| Some(&own.service) == f.service.as_ref()) {
            for (from, to, flows, _, _, _, first, last) in service.pairs.iter() {
                let pair = |what: &str| Event {
                    src: from.clone(),
                    dst: to.clone(),
                    ..event(format!("{from} → {to} {}: {what} of {flows} connections", service.service))
                };
                put(*first, "First connection of a host pair", pair("first"));
                put(*last, "Last connection of a host pair", pair("last"));
            }
        }
    }
    for a in &document.actions {
        let message = format!("{}: {} → {} {}, by {}: {}", a.kind.word(), a.from, a.to, a.service, a.who, a.why);
        let event = Event {
            message,
            src_site: a.from.clone(),
            dst_site: a.to.clone(),
            service: a.service.clone(),
            ..Event::default()
        };
        put(Some(a.at), "Action", event);
    }
    for d in &document.decisions {
        let message = format!("{} is {}, by {}: {}", d.finding, d.verdict.word(), d.who, d.why);
        put(Some(d.at), "Decision", Event { message, finding: d.finding.clone(), ..Event::default() });
    }
    events.lean_sort_by(|a, b| (a.timestamp, &a.message).cmp(&(b.timestamp, &b.message)));
    events.dedup_by(|a, b| a.timestamp == b.timestamp && a.message == b.message && a.finding == b.finding);
    events
}
