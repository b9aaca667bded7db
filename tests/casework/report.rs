//! The report of the sample case: whole, sealed, and the same wherever it is made.

use kyoten::case::document::read::read;
use kyoten::evidence::table::Table;
use kyoten::report::export;
use kyoten::report::html::{Language, Options, html};
use kyoten::scene::figure::Tlp;
use sha2::{Digest, Sha256};

use crate::sampled::document;

#[test]
fn the_report_is_a_function_of_the_case_file() {
    let document = document();
    let again = read(document.to_json().as_bytes()).unwrap();
    for language in [Language::English, Language::Japanese] {
        let options = Options { language, tlp: Tlp::Amber };
        assert!(html(&document, options) == html(&again, options));
    }
}

#[test]
fn the_report_s_policy_allows_its_style_sheet_and_nothing_else() {
    let html = html(&document(), Options { language: Language::English, tlp: Tlp::AmberStrict });
    let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    let digest = kyoten::report::html::markup::base64(&Sha256::digest(style.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'");
    assert!(html.contains(&policy), "{}", &html[..600]);
    for outside in ["<script", "<link", "<a ", "href=", "src=\"http", "url(", "@import", " style="] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert_eq!(html.matches("TLP:AMBER+STRICT").count(), 5, "title, head, end, and both margins of every page");
}

#[test]
fn the_report_tells_all_that_the_case_holds() {
    let document = document();
    for (language, headings) in [
        (
            Language::English,
            [
                "Summary",
                "Chronology",
                "Figure",
                "Findings",
                "Coverage and gaps",
                "What could not be judged",
                "Evidence",
                "Clocks",
                "Method, and its known errors",
                "Appendix",
            ],
        ),
        (
            Language::Japanese,
            [
                "概要",
                "時系列",
                "図",
                "検知",
                "監視範囲と欠落",
                "判定できなかった項目",
                "証拠",
                "時計",
                "方法と、知られている誤り",
                "付録",
            ],
        ),
    ] {
        let html = html(&document, Options { language, tlp: Tlp::Amber });
        for heading in headings {
            assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading}");
        }
        for finding in &document.findings {
            assert!(html.contains(&finding.id) && html.contains(&finding.attack[0]), "{}", finding.id);
        }
        for file in &document.evidence {
            assert!(html.contains(&file.name) && html.contains(file.sha256.as_deref().unwrap()), "{}", file.name);
        }
        assert!(html.contains("SYNTHETIC") && html.contains("bkk-it@hoshizora.example"));
    }
}

#[test]
fn a_finding_about_several_links_names_them_in_report_and_table() {
    let mut document = document();
    let spread = document.findings.iter_mut().find(|finding| !finding.also.is_empty()).expect("the sample spreads");
    // What is weak is one line in the report.
    spread.q = Some(0.001);
    let spread = spread.clone();
    assert_eq!(spread.also.len(), 3, "{:?}", spread.also);
    let links: Vec<String> = spread.also.iter().map(|(from, to)| format!("{from} → {to}")).collect();
    let report = html(&document, Options { language: Language::English, tlp: Tlp::Amber });
    assert!(report.contains(&format!("<dt>Also on</dt><dd>{}</dd>", links.join(", "))), "{links:?}");
    let csv = (export("csv").unwrap().write)(&document, Tlp::Amber);
    let mut table = Table::read(csv.as_bytes());
    let (id, also) = (table.column("id"), table.column("also"));
    let rows: Vec<_> = table.by_ref().filter(|row| row.cell(id) == Some(&spread.id)).collect();
    assert_eq!(rows[0].cell(also), Some(links.join("; ").as_str()));
}
