//! The graph of sites and links as GraphML (http://graphml.graphdrawing.org/specification.html), for yEd, Gephi, networkx.

use std::fmt::Write;

use super::links::{edges, nodes};
use super::{iso_or_nothing, labels};
use crate::case::document::Document;
use crate::paint::escaped;
use crate::scene::figure::Tlp;

const KEYS: [(&str, &str, &str); 15] = [
    ("graph", "label", "string"),
    ("node", "name", "string"),
    ("node", "country", "string"),
    ("node", "role", "string"),
    ("node", "lat", "double"),
    ("node", "lon", "double"),
    ("edge", "connections", "long"),
    ("edge", "established", "long"),
    ("edge", "denied", "long"),
    ("edge", "bytes", "long"),
    ("edge", "services", "string"),
    ("edge", "findings", "string"),
    ("edge", "first", "string"),
    ("edge", "last", "string"),
    ("edge", "weight", "double"),
];

/// The graph.
pub fn graphml(document: &Document, tlp: Tlp) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
            .to_owned();
    for (of, name, kind) in KEYS {
        _ = writeln!(out, "<key id=\"{of}-{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>");
    }
    out.push_str("<graph id=\"case\" edgedefault=\"directed\">\n");
    let data = |out: &mut String, key: &str, value: &str| {
        if !value.is_empty() {
            _ = write!(out, "<data key=\"{key}\">{}</data>", escaped(value));
        }
    };
    data(&mut out, "graph-label", &labels(document, tlp).join(" "));
    for (at, name) in nodes(document).into_iter().enumerate() {
        _ = write!(out, "\n<node id=\"n{at}\">");
        data(&mut out, "node-name", name);
        if let Some(site) = document.site(name) {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
            data(&mut out, "node-country", &text(&site.country));
            data(&mut out, "node-role", &text(&site.role));
            data(&mut out, "node-lat", &number(site.lat));
            data(&mut out, "node-lon", &number(site.lon));
        }
        out.push_str("</node>");
    }
    for (at, edge) in edges(document).iter().enumerate() {
        _ = write!(out, "\n<edge id=\"e{at}\" source=\"n{}\" target=\"n{}\">", edge.ends.0, edge.ends.1);
        data(&mut out, "edge-connections", &long(edge.flows));
        data(&mut out, "edge-established", &long(edge.established));
        data(&mut out, "edge-denied", &long(edge.denied));
        data(&mut out, "edge-bytes", &long(edge.bytes));
        data(&mut out, "edge-services", &edge.services.join(" "));
        data(&mut out, "edge-findings", &edge.findings.join(" "));
        data(&mut out, "edge-first", &iso_or_nothing(edge.span.0));
        data(&mut out, "edge-last", &iso_or_nothing(edge.span.1));
        data(&mut out, "edge-weight", &edge.flows.to_string());
        out.push_str("</edge>");
    }
    out.push_str("\n</graph>\n</graphml>\n");
    out
}

/// A long of GraphML has a sign.
fn long(count: u64) -> String {
    count.min(i64::MAX as u64).to_string()
}
