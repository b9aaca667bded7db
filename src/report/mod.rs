//! What leaves Kyoten, one export a file. Each is a pure function of the case or of its file.

pub mod figure;
pub mod html;

mod csv;
mod gexf;
mod graphml;
mod identity;
mod links;
mod markdown;
pub mod recipe;
mod sigma;
mod stix;
mod suricata;
mod timesketch;
pub mod veil;

use crate::case::acts::{Verdict, standing};
use crate::case::document::{Document, Finding};
use crate::case::ends::Ends;
use crate::scene::figure::Tlp;

/// A form in which a case leaves.
pub struct Export {
    /// Its name on the command line.
    pub name: &'static str,
    /// The ending of its file.
    pub ending: &'static str,
    /// The export itself.
    pub write: fn(&Document, Tlp) -> String,
}

/// All of them.
pub const EXPORTS: [Export; 9] = [
    Export { name: "csv", ending: "csv", write: csv::csv },
    Export { name: "timesketch", ending: "csv", write: timesketch::csv },
    Export { name: "timesketch-jsonl", ending: "jsonl", write: timesketch::jsonl },
    Export { name: "stix", ending: "json", write: stix::bundle },
    Export { name: "graphml", ending: "graphml", write: graphml::graphml },
    Export { name: "gexf", ending: "gexf", write: gexf::gexf },
    Export { name: "markdown", ending: "md", write: markdown::markdown },
    Export { name: "sigma", ending: "yml", write: sigma::rules },
    Export { name: "suricata", ending: "rules", write: suricata::rules },
];

/// The export of this name.
pub fn export(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

/// What every export says of itself in a line: that it is synthetic, partial, and who may see it.
fn labels(document: &Document, tlp: Tlp) -> Vec<&'static str> {
    let synthetic = document.synthetic.then_some("SYNTHETIC");
    let partial = document.partial.then_some("PARTIAL");
    std::iter::once(tlp.label()).chain(synthetic).chain(partial).collect()
}

/// Why no rule watches for a finding's link, where none does.
fn unwatched(document: &Document, finding: &Finding, ends: &Ends) -> Option<&'static str> {
    let verdict = standing(&document.decisions, &finding.id).map(|decision| decision.verdict);
    if verdict == Some(Verdict::Benign) {
        Some("decided benign")
    } else if finding.is_weak(&document.decisions) {
        Some("weak, its q is above 0.10")
    } else {
        (!ends.are_known()).then_some("no addresses at one end")
    }
}

/// `2020-06-11T02:13:07.5Z`, as ISO 8601 and RFC 3339 write it.
fn iso(seconds: f64) -> String {
    let text = crate::calendar::second(crate::case::document::moment(seconds), 0);
    text.replacen(' ', "T", 1).replacen(" UTC", "Z", 1)
}

fn iso_or_nothing(seconds: Option<f64>) -> String {
    seconds.map(iso).unwrap_or_default()
}
