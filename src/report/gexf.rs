//! The graph of sites and links as GEXF 1.2 (https://gexf.net/), for Gephi.

use std::fmt::Write;

use super::labels;
use super::links::{edges, nodes};
use crate::case::document::Document;
use crate::paint::escaped;
use crate::scene::figure::Tlp;

const OF_EDGES: [(&str, &str); 5] =
    [("established", "long"), ("denied", "long"), ("bytes", "long"), ("services", "string"), ("findings", "string")];

/// The graph.
pub fn gexf(document: &Document, tlp: Tlp) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gexf xmlns=\"http://www.gexf.net/1.2draft\" version=\"1.2\">\n"
            .to_owned();
    let label = escaped(&labels(document, tlp).join(" "));
    _ = writeln!(out, "<meta><creator>{}</creator><description>{label}</description></meta>", escaped(&document.tool));
    out.push_str("<graph defaultedgetype=\"directed\" mode=\"static\">\n<attributes class=\"node\" mode=\"static\">");
    out.push_str("<attribute id=\"country\" title=\"country\" type=\"string\"/><attribute id=\"role\" title=\"role\" type=\"string\"/></attributes>\n");
    out.push_str("<attributes class=\"edge\" mode=\"static\">");
    for (name, kind) in OF_EDGES {
        _ = write!(out, "<attribute id=\"{name}\" title=\"{name}\" type=\"{kind}\"/>");
    }
    out.push_str("</attributes>\n<nodes>\n");
    for (at, name) in nodes(document).into_iter().enumerate() {
        let site = document.site(name);
        let country = site.and_then(|site| site.country.as_deref()).unwrap_or_default();
        let role = site.and_then(|site| site.role.as_deref()).unwrap_or_default();
        _ = write!(out, "<node id=\"{at}\" label=\"{}\"><attvalues>", escaped(name));
        _ = write!(out, "<attvalue for=\"country\" value=\"{}\"/>", escaped(country));
        _ = writeln!(out, "<attvalue for=\"role\" value=\"{}\"/></attvalues></node>", escaped(role));
    }
    out.push_str("</nodes>\n<edges>\n");
    for (at, edge) in edges(document).iter().enumerate() {
        let (from, to) = edge.ends;
        _ = write!(out, "<edge id=\"{at}\" source=\"{from}\" target=\"{to}\" weight=\"{}\"><attvalues>", edge.flows);
        let values = [
            edge.established.min(i64::MAX as u64).to_string(),
            edge.denied.min(i64::MAX as u64).to_string(),
            edge.bytes.min(i64::MAX as u64).to_string(),
            edge.services.join(" "),
            edge.findings.join(" "),
        ];
        for ((name, _), value) in OF_EDGES.iter().zip(values) {
            _ = write!(out, "<attvalue for=\"{name}\" value=\"{}\"/>", escaped(&value));
        }
        out.push_str("</attvalues></edge>\n");
    }
    out.push_str("</edges>\n</graph>\n</gexf>\n");
    out
}
