//! What the analysis says is said in both languages, with the same numbers, wherever it is shown; an older case file, which has
//! English alone, is told as far as it goes.

use kyoten::case::document::read::read;
use kyoten::case::document::{Document, Finding};
use kyoten::paint::svg::escaped;
use kyoten::report::html::{Language, Options, html};
use kyoten::scene::figure::Tlp;

use crate::sampled::document;

/// All numbers of a text, leading zeros apart, in order.
fn numbers(text: &str) -> Vec<&str> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let mut all: Vec<&str> = digits.map(|digits| digits.trim_start_matches('0')).collect();
    all.sort_unstable();
    all
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c) || ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn assert_same(english: &str, japanese: &str) {
    assert!(!is_japanese(english) && is_japanese(japanese), "{english} | {japanese}");
    assert_eq!(numbers(english), numbers(japanese), "{english} | {japanese}");
}

fn report(document: &Document, language: Language) -> String {
    html(document, Options { language, tlp: Tlp::Amber })
}

#[test]
fn every_sentence_of_the_sample_stands_in_both_languages_with_the_same_numbers() {
    let document = document();
    for finding in &document.findings {
        let own = finding.in_japanese.as_ref().expect("it is said in Japanese");
        assert_same(&finding.because, &own.because);
        assert_same(&finding.gist, &own.gist);
        assert_same(&finding.normal, &own.normal);
        assert_eq!(finding.innocent.len(), own.innocent.len());
        finding.innocent.iter().zip(&own.innocent).for_each(|(english, japanese)| assert_same(english, japanese));
    }
    for refrain in &document.not_enough_evidence {
        assert_same(&refrain.because, refrain.because(Language::Japanese));
    }
    assert_eq!(document.notices.len(), document.notices_in_japanese.len());
    let swept: Vec<_> = document.sweeps.iter().flat_map(|sweep| &sweep.sites).collect();
    assert!(swept.iter().any(|site| !site.marks.is_empty()));
    for site in swept {
        let pairs = site.marks.iter().zip(site.marks(Language::Japanese));
        pairs.for_each(|(english, japanese)| assert_same(english, japanese));
    }
}

#[test]
fn a_report_says_what_the_rules_say_in_its_own_language_and_no_other() {
    let document = document();
    let (english, japanese) = (report(&document, Language::English), report(&document, Language::Japanese));
    for finding in &document.findings {
        let own = finding.in_japanese.as_ref().unwrap();
        let has = |html: &str, sentence: &str| html.contains(&escaped(sentence));
        assert!(has(&english, &finding.because) && !has(&english, &own.because), "{}", finding.because);
        assert!(has(&japanese, &own.because) && !has(&japanese, &finding.because), "{}", own.because);
    }
    assert!(japanese.contains("TLP:AMBER") && !japanese.contains("原文）</dt>"));
}

#[test]
fn beside_a_finding_stands_what_is_normal_as_the_page_draws_it() {
    let document = document();
    let compares = |finding: &&Finding| !["D1 ", "D16", "D17"].contains(&&finding.rule[..3]);
    let comparing = document.findings.iter().filter(compares);
    let pictured: Vec<_> = comparing.map(|finding| finding.usual.as_ref().unwrap().read().unwrap()).collect();
    assert!(pictured.len() > 5);
    for language in [Language::English, Language::Japanese] {
        let html = report(&document, language);
        assert_eq!(html.matches("<img class=\"usual\"").count(), pictured.len());
        for usual in &pictured {
            let says = usual.says();
            assert!(html.contains(&format!("alt=\"{}\"", escaped(says.of(language)))), "{}", says.of(language));
            let scene = kyoten::scene::usual::usual(usual, language.of_pictures());
            assert!(scene.text_boxes().len() >= 2, "it has its words");
        }
    }
}

#[test]
fn an_older_case_file_is_told_in_japanese_with_its_english_sentence_beside() {
    let bytes = include_bytes!("../fixtures/cases/kyoten-case-1-of-kyoten-0.1.0.json");
    let document = read(bytes).unwrap();
    assert!(document.findings.iter().all(|finding| finding.in_japanese.is_none()));
    let html = report(&document, Language::Japanese);
    assert!(html.contains("<blockquote lang=\"en\">") && html.contains("ポリシーで禁じられた接続がありました"));
}
