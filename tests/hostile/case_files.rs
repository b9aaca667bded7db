//! Case 78: case files that somebody else made.

use kyoten::case::document::read::read;
use kyoten::case::document::{Document, case_json};

use super::making::{case_of, zeek};

/// The document of a case of a few rows.
fn written() -> String {
    let log = zeek(20);
    let case = case_of(&[("a.log", &log)], 4096);
    case_json(&case, &case.analyse())
}

#[test]
fn case_78_a_case_file_of_another_kind_or_depth_is_refused_in_words() {
    let deep = format!("{{\"schema\":\"kyoten-case/1\",\"tool\":{}", "[".repeat(1_000_000));
    let half = written();
    let half = &half[..half.len() / 2];
    for (text, word) in [
        ("{\"schema\":\"kyoten-case/99\"}", "newer"),
        ("[]", ""),
        (deep.as_str(), "EOF"),
        (half, "EOF"),
        ("{\"schema\":\"kyoten-case/1\",\"evidence\":1e999}", ""),
    ] {
        let refusal = read(text.as_bytes()).expect_err("it is no case file of ours");
        assert!(!refusal.is_empty() && refusal.contains(word) && refusal.len() < 1000, "{refusal}");
    }
}

#[test]
fn case_78_markup_in_a_case_file_is_text_and_stays_what_it_was() {
    let markup = "<img src=x onerror=alert(1)>\u{202e}";
    let mut document: Document = read(written().as_bytes()).expect("our own case file is read");
    document.notices.push(markup.to_owned());
    let again = document.to_json();
    assert!(!again.contains('\u{202e}'), "what acts is written as an escape");
    assert_eq!(read(again.as_bytes()).expect("it is read again").notices.last().map(String::as_str), Some(markup));
}
