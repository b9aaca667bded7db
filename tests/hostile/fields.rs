//! Cases 1 to 21: what stands in a field.

use super::making::{
    CSV, SITES, acts, case_of, csv_row, inert, inert_csv, inert_svg, malformed, quoted, read, receipt,
};
use kyoten::case::{Analysis, Case};
use kyoten::policy::csv::read_policy;
use kyoten::sites::import::read_sites;

/// A case in which this text is everything that a log, a sites file and a policy can name.
fn case_with(text: &str) -> Case {
    let cell = quoted(text);
    let mut sites = String::from_utf8(SITES.to_vec()).unwrap();
    sites.push_str(&format!("{cell},10.3.0.0/16,1.5,2.5\n"));
    let rows = [
        csv_row("10.2.0.5", "10.1.0.9", &cell, &cell),
        csv_row("10.3.0.5", "10.1.0.9", &cell, &cell),
        csv_row(&cell, "10.1.0.9", &cell, &cell),
        csv_row("10.2.0.5", &cell, &cell, &cell),
    ];
    let log = format!("{CSV}{}{}", csv_row("10.2.0.1", "10.1.0.9", "m.tanaka", "fw"), rows.concat());
    let mut case = Case::default();
    case.book = read_sites(sites.as_bytes()).0;
    let policy = format!("from,to,service,verdict,reason,approver\n*,Tokyo,tcp/445,deny,{cell},{cell}\n");
    case.policy = read_policy(policy.as_bytes()).0;
    super::making::add(&mut case, &format!("{text}.log"), log.as_bytes().chunks(64));
    case
}

fn inert_with(text: &str) -> (Case, Analysis) {
    let case = case_with(text);
    let receipt = &case.files()[0].receipt;
    assert_eq!(receipt.format.as_deref(), Some("mapped_csv"), "{text:?}");
    assert!(receipt.accounts.parsed.count >= 3, "{text:?}: the good records stay, {:?}", receipt.accounts.malformed);
    let (analysis, document) = inert(&case);
    assert!(!analysis.findings.findings.is_empty(), "{text:?}: the policy's finding is there");
    // The document is data: it holds the text as it is, whatever it is.
    assert_eq!(document["evidence"][0]["name"], format!("{text}.log"));
    (case, analysis)
}

#[test]
fn case_01_to_10_markup_is_text() {
    for text in [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "</style>]]>-->",
        "'-alert(1)-'",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "<meta http-equiv=refresh content=0>",
        "<link rel=preconnect href=//e.example>",
        "<foreignObject><body/></foreignObject>",
        "<use href=//e.example/x.svg>",
        "<animate onbegin=alert(1)>",
        "url(//e.example)",
        "&#x3c;script&#x3e;",
    ] {
        let (case, analysis) = inert_with(text);
        let svg = kyoten::report::figure::svg(&case, &analysis, &kyoten::report::figure::Options::default());
        assert!(svg.contains("Tokyo") && !svg.contains("<img") && !svg.contains("<script"));
        if text.starts_with("&#") {
            assert!(!svg.contains(text) && svg.contains("&amp;#x3c;"), "a reference is shown as it is written");
        }
    }
}

#[test]
fn case_11_and_14_what_acts_is_made_visible() {
    for text in
        ["a\u{202e}gpj.exe", "\u{2066}x\u{2069}y", "a\u{0}b", "\u{1b}[2Jx", "a\u{9b}31mb", "a\u{2028}b", "\u{7f}x"]
    {
        let (case, analysis) = inert_with(text);
        let caption = kyoten::report::figure::caption(&case, &analysis, &Default::default());
        assert!(!caption.chars().any(acts));
    }
}

#[test]
fn case_12_a_name_that_looks_like_another_is_its_own_and_flagged() {
    let names = ["admin", "\u{430}dmin", "ad\u{200b}min", "\u{ff41}dmin"];
    let log: String = CSV.to_owned() + &names.map(|name| csv_row("10.2.0.1", "10.1.0.9", name, "fw")).concat();
    let case = case_of(&[("a.csv", log.as_bytes())], 16);
    let (analysis, document) = inert(&case);
    let service = &analysis.survey.links.values().next().unwrap().services.values().next().unwrap();
    assert_eq!(service.accounts.len(), 4, "never merged: {:?}", service.accounts);
    let flagged: Vec<_> = analysis.notices.iter().filter(|notice| notice.english().contains("looks like")).collect();
    assert_eq!(flagged.len(), 3, "{:?}", analysis.notices);
    assert!(document["notices"].as_array().unwrap().len() >= 3);
}

#[test]
fn case_13_composed_and_decomposed_are_two_hosts() {
    let log =
        CSV.to_owned() + &csv_row("caf\u{e9}", "10.1.0.9", "u", "fw") + &csv_row("cafe\u{301}", "10.1.0.9", "u", "fw");
    let case = case_of(&[("a.csv", log.as_bytes())], 16);
    let (analysis, _) = inert(&case);
    assert_eq!(analysis.survey.names.len(), 2);
    assert_eq!(analysis.survey.links.values().next().unwrap().services.values().next().unwrap().hosts().0, 2);
}

#[test]
fn case_15_bytes_that_are_no_text_are_kept_without_loss() {
    // A lone surrogate, an overlong slash, 0xFF.
    for raw in [&b"a\xed\xa0\x80b"[..], b"a\xc0\xafb", b"a\xffb"] {
        let mut log = CSV.as_bytes().to_vec();
        log.extend_from_slice(b"2020-06-11T01:00:00Z,10.2.0.1,10.1.0.9,445,tcp,100,allow,");
        log.extend_from_slice(raw);
        log.extend_from_slice(b",fw\n");
        let case = case_of(&[("a.csv", &log)], 3);
        let (analysis, _) = inert(&case);
        let service = analysis.survey.links.values().next().unwrap().services.values().next().unwrap();
        let account = service.accounts.keys().next().unwrap();
        let back: Vec<u8> = unescaped(account);
        assert_eq!(back, raw, "{account}");
    }
}

/// Undoes `\xNN`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'\\' && after.first() == Some(&b'x') {
            out.push(u8::from_str_radix(std::str::from_utf8(&after[1..3]).unwrap(), 16).unwrap());
            rest = &after[3..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

#[test]
fn case_16_a_host_name_of_megabytes_is_elided() {
    let length = if super::full() { 64 << 20 } else { 1 << 20 };
    let name = "h".repeat(length);
    let log = CSV.to_owned() + &csv_row(&name, "10.1.0.9", &name, &name) + &csv_row("10.2.0.1", "10.1.0.9", "u", "fw");
    let case = case_of(&[("a.csv", log.as_bytes())], 65_536);
    let accounts = &case.files()[0].receipt.accounts;
    assert_eq!((accounts.parsed.count, accounts.drawn), (2, 2));
    let (analysis, document) = inert(&case);
    assert!(document.to_string().len() < 100_000, "the document does not grow with the name");
    assert!(analysis.survey.names.values().all(|name| name.len() < 2_000));
    // Names that differ only at their end are still two.
    let two =
        CSV.to_owned() + &csv_row(&name, "10.1.0.9", "u", "fw") + &csv_row(&format!("{name}2"), "10.1.0.9", "u", "fw");
    let case = case_of(&[("a.csv", two.as_bytes())], 65_536);
    assert_eq!(case.analyse().survey.names.len(), 2);
}

#[test]
fn case_17_a_tower_of_marks_is_cut_on_the_figure() {
    let text = format!("Z{}", "\u{301}".repeat(10_000));
    let (case, analysis) = inert_with(&text);
    let svg = kyoten::report::figure::svg(&case, &analysis, &Default::default());
    // How the figure was made is kept whole in its metadata, which nothing draws.
    let (before, after) = svg.split_once("<metadata").expect("a figure tells how it was made");
    let drawn = [before, after.split_once("</metadata>").expect("metadata ends").1].concat();
    assert!(!drawn.contains(&"\u{301}".repeat(10)), "a tower of marks stands on the figure");
}

#[test]
fn case_18_no_cell_is_a_formula() {
    for text in ["=cmd|'/c calc'!A1", "+1+1", "-1-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "'=1+1"] {
        let (case, analysis) = inert_with(text);
        inert_csv(&kyoten::report::figure::links_csv(&case, &analysis, &Default::default()));
        // What is exported comes back as it was.
        let book = read_sites(case.book.to_csv().as_bytes()).0;
        assert_eq!(book, case.book, "{text:?}");
    }
}

#[test]
fn case_19_names_of_javascript_are_names() {
    for text in ["__proto__", "constructor", "toString", "hasOwnProperty"] {
        let (case, analysis) = inert_with(text);
        assert!(case.book.sites.iter().any(|site| site.name == text));
        assert!(analysis.survey.names.values().any(|name| name == text));
    }
}

#[test]
fn case_20_absent_empty_and_null_stay_distinct() {
    let users = ["-", "(empty)", "NULL", ""];
    let log = CSV.to_owned() + &users.map(|user| csv_row("10.2.0.1", "10.1.0.9", user, "fw")).concat();
    let case = case_of(&[("a.csv", log.as_bytes())], 16);
    let (analysis, _) = inert(&case);
    let service = analysis.survey.links.values().next().unwrap().services.values().next().unwrap();
    let accounts: Vec<&str> = service.accounts.keys().map(String::as_str).collect();
    assert_eq!(accounts, ["", "(empty)", "-", "NULL"]);
}

#[test]
fn case_21_a_file_name_is_a_name() {
    let log = super::making::zeek(3);
    let case = case_of(&[("../../x<img src=x onerror=alert(1)>.log", &log)], 16);
    let (analysis, document) = inert(&case);
    assert_eq!(document["evidence"][0]["name"], "../../x<img src=x onerror=alert(1)>.log");
    inert_svg(&kyoten::report::figure::svg(&case, &analysis, &Default::default()));
}

#[test]
fn a_malformed_field_is_said_with_its_place_and_stays_inert() {
    let log = format!("{}1591833600\tCx\t<b>\u{202e}\t1\t10.1.0.9\t445\ttcp\t-\t-\t-\t-\tSF\n", super::making::ZEEK);
    let found = malformed(&receipt(log.as_bytes()));
    assert_eq!(found[0].0, "an end of the connection is not an address");
    assert_eq!((found[0].2, found[0].3), (7, super::making::ZEEK.len() as u64));
    assert!(found[0].4.contains("<b>"));
    let case = case_of(&[("x.log", log.as_bytes()), ("y.log", &super::making::zeek(2))], 64);
    inert(&case);
    assert_eq!(read(log.as_bytes(), 1).0.accounts.malformed.total().count, 1);
}
