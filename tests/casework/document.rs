//! The case file: written and read to the same bytes, readable in every version that was ever written, and enough to draw
//! the same figure.

use std::path::Path;

use kyoten::case::document::read::read;
use kyoten::case::document::{Document, SCHEMA};
use kyoten::case::log;
use kyoten::case::reopened::Reopened;
use kyoten::report::figure::{Options, svg, svg_of_document};

use crate::sampled::{case, document};

#[test]
fn a_case_file_is_read_back_to_the_same_bytes() {
    let written = document().to_json();
    let document = read(written.as_bytes()).unwrap();
    assert!(document.to_json() == written);
    assert!(document.log.len() >= 8 && log::broken(&document.log).is_none(), "{:?}", document.log);
}

/// Case files as they were once written, with how many pieces of evidence, sites, findings, decisions, actions and negatives
/// each holds. Of the told one only the first hours of each service were kept, for its size; of the one with Japanese sentences and small
/// pictures one link, and a finding of each rule.
const WRITTEN: [(&str, [usize; 6]); 3] = [
    ("kyoten-case-1-of-kyoten-0.1.0.json", [6, 8, 14, 0, 0, 0]),
    ("kyoten-case-1-told-of-kyoten-0.1.0.json", [6, 8, 33, 7, 6, 12]),
    ("kyoten-case-1-in-japanese-of-kyoten-0.1.0.json", [6, 8, 15, 7, 6, 12]),
];

#[test]
fn every_version_ever_written_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases");
    assert_eq!(std::fs::read_dir(&folder).expect("the folder is there").count(), WRITTEN.len());
    for (name, holds) in WRITTEN {
        let document = read(&std::fs::read(folder.join(name)).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(document.schema, SCHEMA);
        let Document { evidence, sites, findings, decisions, actions, negatives, .. } = &document;
        let held = [evidence.len(), sites.len(), findings.len(), decisions.len(), actions.len(), negatives.len()];
        assert_eq!(held, holds, "{name}");
        assert!(document.links.iter().any(|link| link.from == "Bangkok Office" && link.to == "Tokyo DC"));
        assert!(log::broken(&document.log).is_none(), "{name}: its log is whole");
        // And what is made of it today is read again.
        assert!(read(document.to_json().as_bytes()).unwrap() == document);
    }
}

#[test]
fn the_figure_of_a_case_file_is_that_of_its_case() {
    let case = case();
    let analysis = case.analyse();
    let options = Options::default();
    let document = read(Document::of(&case, &analysis).to_json().as_bytes()).unwrap();
    let again = svg_of_document(&document, &Reopened::of(&document), &options);
    assert!(again == svg(&case, &analysis, &options), "the figures differ");
}
