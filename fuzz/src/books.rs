//! What else takes bytes from anybody: books of sites and rules, country tables, case files, locked ones, lists of indicators, figures,
//! column mappings, and what travels between the workers.
//!
//! Whatever the bytes are: nothing panics, what can't be used is said in a sentence, with its line where there are lines, and what was
//! read is written so that it reads back the same. A case file goes through every export besides.

use kyoten::case::document::{Document, read};
use kyoten::case::{CountryTable, ReadingOrder, ReadingResult, age, log, merging, reopened::Reopened};
use kyoten::containment::{Scope, VENDORS, denials, preview};
use kyoten::evidence::table::Complaint;
use kyoten::formats::MappingFile;
use kyoten::policy::{Policy, csv::read_policy};
use kyoten::report::{EXPORTS, html, recipe::Recipe};
use kyoten::scene::figure::Tlp;
use kyoten::scoping::indicators;
use kyoten::sites::import::read_sites;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Reads the bytes as this book.
pub fn hold(book: &str, bytes: &[u8]) {
    match book {
        "sites" => sites(bytes),
        "policy" => policy(bytes),
        "countries" => countries(bytes),
        "case" => case(bytes),
        "locked" => locked(bytes),
        "indicators" => listed(bytes),
        "figure" => figure(bytes),
        "mapping" => mapping(bytes),
        "order" => travels(bytes, ReadingOrder::from_bytes, ReadingOrder::to_bytes),
        "result" => travels(bytes, ReadingResult::from_bytes, ReadingResult::to_bytes),
        other => panic!("{other} is no book"),
    }
}

fn said(sentence: &str) {
    assert!(!sentence.trim().is_empty(), "a refusal without a word");
}

fn placed(complaints: &[Complaint], bytes: &[u8]) {
    // A line ends in LF, CR or both.
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for complaint in complaints {
        said(&complaint.sentence);
        assert!(complaint.line <= lines, "line {} of {lines}: {}", complaint.line, complaint.sentence);
    }
}

fn sites(bytes: &[u8]) {
    let (book, complaints) = read_sites(bytes);
    placed(&complaints, bytes);
    let csv = book.to_csv();
    assert_eq!(read_sites(csv.as_bytes()).0, book, "{csv}");
}

fn policy(bytes: &[u8]) {
    let (policy, complaints) = read_policy(bytes);
    placed(&complaints, bytes);
    let csv = policy.to_csv();
    let without_lines = |mut policy: Policy| {
        policy.rules.iter_mut().for_each(|rule| rule.line = 0);
        policy
    };
    assert_eq!(without_lines(read_policy(csv.as_bytes()).0), without_lines(policy), "{csv}");
}

fn countries(bytes: &[u8]) {
    match CountryTable::read("fuzz.mmdb", bytes) {
        Err(sentence) => said(&sentence),
        Ok(CountryTable { table, .. }) => {
            for n in 0..=8_u32 {
                _ = table.0.of_address(Ipv4Addr::from(n << 29 | n).into());
                _ = table.0.of_address(Ipv6Addr::from(u128::from(n) << 125).into());
            }
        }
    }
}

fn case(bytes: &[u8]) {
    let document = match read::read(bytes) {
        Err(sentence) => return said(&sentence),
        Ok(document) => document,
    };
    let written = document.to_json();
    assert!(read::read(written.as_bytes()).as_ref() == Ok(&document), "it reads back otherwise: {written}");
    exported(&document);
    _ = log::broken(&document.log);
    if let Err(sentence) = merging::merge(&document, &document) {
        said(&sentence);
    }
    _ = Reopened::of(&document);
}

fn exported(document: &Document) {
    for export in &EXPORTS {
        _ = (export.write)(document, Tlp::Amber);
    }
    for language in [html::Language::English, html::Language::Japanese] {
        _ = html::html(document, html::Options { language, tlp: Tlp::Amber });
    }
    for finding in &document.findings {
        for scope in [Scope::Service, Scope::Link, Scope::Hosts] {
            let denials = denials(document, finding, scope);
            match &denials {
                Ok(denials) => VENDORS.iter().for_each(|vendor| _ = (vendor.write)(denials)),
                Err(sentence) => said(sentence),
            }
            said(&preview::told(document, finding, scope, &denials));
        }
    }
}

/// A file locked by a passphrase. How much work it asks for is left to its own test: here it would take all the time.
fn locked(bytes: &[u8]) {
    let work = bytes.split(|byte| *byte == b'\n').nth(1).and_then(|line| line.rsplit(|byte| *byte == b' ').next());
    let work = work.and_then(|work| std::str::from_utf8(work).ok()?.parse::<u8>().ok());
    if work.is_some_and(|work| (9..=20).contains(&work)) {
        return;
    }
    if let Err(sentence) = age::decrypt(bytes, "correct horse") {
        said(&sentence);
    }
}

fn listed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (found, unused) = indicators::read(&text);
    unused.iter().for_each(|word| assert!(text.contains('{') || text.contains(word.as_str()), "{word} was not there"));
    // A bundle may hold accounts with blanks, which a pasted list can't.
    if !text.trim_start().starts_with('{') {
        let again: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(indicators::read(&again.join("\n")), (found, Vec::new()));
    }
}

fn figure(bytes: &[u8]) {
    match Recipe::read(bytes) {
        Err(sentence) => said(&sentence),
        Ok(None) => {}
        Ok(Some(recipe)) => {
            let svg = format!("<svg>{}</svg>", recipe.to_svg());
            assert_eq!(Recipe::read(svg.as_bytes()), Ok(Some(recipe)));
        }
    }
}

fn mapping(bytes: &[u8]) {
    match MappingFile::read(bytes) {
        Err(sentence) => said(&sentence),
        Ok(mapping) => assert_eq!(MappingFile::read(mapping.to_json().as_bytes()), Ok(mapping)),
    }
}

/// What goes from worker to worker.
fn travels<T>(bytes: &[u8], read: fn(&[u8]) -> Result<T, String>, write: fn(&T) -> Vec<u8>) {
    match read(bytes) {
        Err(sentence) => said(&sentence),
        Ok(first) => {
            let written = write(&first);
            let again = read(&written).expect("what was written is read");
            assert!(write(&again) == written, "it reads back otherwise");
        }
    }
}
