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

#[test]
fn every_version_ever_written_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases");
    let mut read_so_far = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let document = read(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(document.schema, SCHEMA);
        assert_eq!((document.evidence.len(), document.sites.len(), document.findings.len()), (6, 8, 14), "{path:?}");
        assert!(document.links.iter().any(|link| link.from == "Bangkok Office" && link.to == "Tokyo DC"));
        // And what is made of it today is read again.
        assert!(read(document.to_json().as_bytes()).unwrap() == document);
        read_so_far += 1;
    }
    assert!(read_so_far > 0);
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
