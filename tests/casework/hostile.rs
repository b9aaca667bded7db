//! One hostile corpus through every sink: what stands in a case file acts nowhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kyoten::case::acts::{Action, ActionKind, Decision, Verdict};
use kyoten::case::document::Document;
use kyoten::case::document::read::read;
use kyoten::containment::{Scope, VENDORS, denials, preview};
use kyoten::evidence::table::Table;
use kyoten::evidence::text::visible;
use kyoten::report::html::{Language, Options, html};
use kyoten::report::{EXPORTS, export};
use kyoten::scene::figure::Tlp;

use crate::sampled::document;

/// What an intruder may write into a log, a name or a case file.
const CORPUS: [&str; 16] = [
    "=cmd|' /c calc'!A1",
    "+SUM(1)",
    "@import",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</style></title><svg onload=alert(1)>",
    "\u{202e}gnp.exe\u{2066}",
    "a\u{1b}[31mb\u{9b}c\u{0}d",
    "`](javascript:alert(1)) ![x](http://192.0.2.1/) @all #1 ``` |",
    "'; drop table x; -- reboot",
    "$(reboot) `reboot` %COMSPEC%",
    "x\"; reboot; drop comment \"y",
    "x\r\ny: z\n---\nreboot: true\nend\nreboot",
    "${jndi:ldap://192.0.2.1/x} {{7*7}} ]]>",
    "x\"; sid:1; content:\"reboot",
    "東京\u{200b}支社\u{fffe}",
];

fn hostile(base: &Document, text: &str) -> Document {
    let mut document = base.clone();
    let own = || text.to_owned();
    let named = |name: &mut String| {
        if name == "Bangkok Office" {
            *name = text.to_owned();
        }
    };
    document.case_id = own();
    document.tool = own();
    (document.notices, document.notices_in_japanese) = (vec![own()], vec![own()]);
    for refrain in &mut document.not_enough_evidence {
        (refrain.because, refrain.in_japanese) = (own(), Some(own()));
    }
    for site in document.sweeps.iter_mut().flat_map(|sweep| &mut sweep.sites) {
        site.marks_in_japanese.push(own());
        site.marks.push(own());
    }
    for site in &mut document.sites {
        named(&mut site.site);
        (site.country, site.role, site.contact) = (Some(own()), Some(own()), Some(own()));
        site.host_patterns.push(own());
        site.ranges.push(own());
    }
    for link in &mut document.links {
        named(&mut link.from);
        named(&mut link.to);
        for service in &mut link.services {
            service.accounts.push(own());
            let pair = (own(), own(), 1, 1, 0, 0, None, None);
            service.pairs.0.push(pair);
        }
        let mut more = link.services[0].clone();
        more.service = own();
        link.services.push(more);
    }
    for finding in &mut document.findings {
        named(&mut finding.from);
        named(&mut finding.to);
        for field in
            [&mut finding.because, &mut finding.gist, &mut finding.normal, &mut finding.rule, &mut finding.lane]
        {
            *field = own();
        }
        let japanese = finding.in_japanese.as_mut().expect("it is said in Japanese");
        for field in [&mut japanese.because, &mut japanese.gist, &mut japanese.normal] {
            *field = own();
        }
        japanese.innocent.push(own());
        finding.id.push_str(text);
        for list in [&mut finding.hosts, &mut finding.accounts, &mut finding.innocent, &mut finding.attack] {
            list.push(own());
        }
        finding.evidence[0].file = own();
    }
    for file in &mut document.evidence {
        (file.name, file.format, file.abandoned, file.advice) = (own(), Some(own()), Some(own()), Some(own()));
        file.accounts.malformed.insert(own(), 1);
        file.accounts.examples[0].found = own();
    }
    document.evidence[0].sha256 = Some(own());
    for rule in &mut document.policy {
        (rule.reason, rule.from, rule.approver) = (own(), own(), Some(own()));
    }
    document.coverage.iter_mut().for_each(|sensor| sensor.sensor = own());
    document.not_enough_evidence.iter_mut().for_each(|refrain| refrain.because = own());
    let finding = document.findings[1].id.clone();
    document.decisions.push(Decision { finding, verdict: Verdict::Confirmed, who: own(), at: 1e18, why: own() });
    let (from, to, service) = (own(), own(), own());
    document.actions.push(Action { kind: ActionKind::Cut, from, to, service, at: 1.6e9, who: own(), why: own() });
    // As it would come from a file.
    read(document.to_json().as_bytes()).expect("it is a case file all the same")
}

fn documents() -> &'static [(&'static str, Document)] {
    static ALL: LazyLock<Vec<(&str, Document)>> = LazyLock::new(|| {
        let mut base = document();
        // Thousands of hours say nothing more here.
        base.links.iter_mut().flat_map(|link| &mut link.services).for_each(|service| service.hours.0.truncate(2));
        CORPUS.iter().map(|text| (*text, hostile(&base, text))).collect()
    });
    &ALL
}

/// No character acts, whoever reads it: nothing but line ends is a control.
fn is_inert(text: &str) -> bool {
    text.lines().all(|line| visible(line.trim_end_matches('\r')) == line.trim_end_matches('\r'))
}

#[test]
fn no_sink_lets_a_character_act() {
    for (text, document) in documents() {
        for export in &EXPORTS {
            let written = (export.write)(document, Tlp::Amber);
            assert!(is_inert(&written.replace('\t', " ")), "{} of {text:?}", export.name);
        }
    }
}

#[test]
fn the_report_holds_no_markup_but_its_own() {
    const OWN: &str = "!DOCTYPE html head meta title style body p h1 h2 h3 h4 div dl dt dd table thead tbody tr th td ul li figure img figcaption section blockquote strong";
    let own: BTreeSet<&str> = OWN.split(' ').collect();
    for (text, document) in documents() {
        for language in [Language::English, Language::Japanese] {
            let html = html(document, Options { language, tlp: Tlp::Red });
            assert!(is_inert(&html), "{text:?}");
            for tag in html.split('<').skip(1) {
                let name: String =
                    tag.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric() || *c == '!').collect();
                assert!(own.contains(name.as_str()), "{text:?}: <{tag}");
                // What stands between quotes is a value; escaped, it has no quote of its own.
                let open: String = tag.split('>').next().unwrap_or_default().split('"').step_by(2).collect();
                assert!(!open.contains(" on") && !open.contains("href"), "{text:?}: <{open}");
            }
            let small = html.matches("<img class=\"usual\" ").count();
            assert_eq!(html.matches("<img ").count(), 1 + small, "{text:?}");
            assert_eq!(html.matches("<style>").count(), 1, "{text:?}");
        }
    }
}

#[test]
fn the_csv_has_no_formula_and_reads_back_as_it_was() {
    for (text, document) in documents() {
        for name in ["csv", "timesketch"] {
            let csv = (export(name).unwrap().write)(document, Tlp::Amber);
            let mut table = Table::read(csv.as_bytes());
            let rows: Vec<_> = table.by_ref().collect();
            assert!(rows.len() > 60 && table.complaints.is_empty(), "{name} of {text:?}: {:?}", table.complaints);
            for cell in csv.split([',', '\n']).map(|cell| cell.trim_start_matches('"')) {
                assert!(!cell.starts_with(['=', '+', '@', '-', '\t', '＝']), "{name} of {text:?}: {cell}");
            }
        }
        let csv = (export("csv").unwrap().write)(document, Tlp::Amber);
        let mut table = Table::read(csv.as_bytes());
        let because = table.column("because");
        assert_eq!(table.next().unwrap().cell(because), Some(visible(text).trim()), "{text:?}");
    }
}

#[test]
fn in_markdown_it_stands_in_code_alone() {
    for (text, document) in documents() {
        let markdown = (export("markdown").unwrap().write)(document, Tlp::Amber);
        for line in markdown.lines() {
            let outside = outside_code(line);
            let own = |c: char| c.is_alphanumeric() || " #*|:·.,->()→".contains(c);
            assert!(outside.chars().all(own), "{text:?}: {outside:?} of {line:?}");
            assert!(!outside.contains("reboot") && !outside.contains("alert"), "{text:?}: {outside}");
        }
    }
}

/// What stands outside code spans, by CommonMark's rule: a run of backticks is closed by a run of the same length.
fn outside_code(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let run = rest.chars().take_while(|c| *c == '`').count();
        let mut after = &rest[run..];
        let mut closed = None;
        while let Some(next) = after.find('`') {
            let length = after[next..].chars().take_while(|c| *c == '`').count();
            after = &after[next + length..];
            if length == run {
                closed = Some(after);
                break;
            }
        }
        match closed {
            Some(after) => rest = after,
            None => {
                out.push_str(&rest[..run]);
                rest = &rest[run..];
            }
        }
    }
    out + rest
}

#[test]
fn rules_are_made_of_numbers_and_our_own_names() {
    for (text, document) in documents() {
        for scope in [Scope::Service, Scope::Link, Scope::Hosts] {
            let all: Vec<_> =
                document.findings.iter().filter_map(|f| denials(document, f, scope).ok()).flatten().collect();
            assert!(all.len() >= 7, "{text:?}");
            for vendor in &VENDORS {
                let rules = (vendor.write)(&all);
                assert!(rules.is_ascii(), "{} of {text:?}", vendor.name);
                let acts = ["script", "SUM", "calc", "jndi", "drop table", "sid:", "javascript", "COMSPEC", "$", "{{"];
                let acts = acts.iter().filter(|word| rules.contains(**word)).collect::<Vec<_>>();
                assert!(acts.is_empty(), "{} of {text:?}: {acts:?}", vendor.name);
                // The id's letters may come through, never as a word of their own.
                assert!(
                    rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').all(|word| word != "reboot"),
                    "{text:?}"
                );
            }
        }
        let finding = &document.findings[0];
        let told = preview::told(document, finding, Scope::Link, &denials(document, finding, Scope::Link));
        assert!(is_inert(&told), "{text:?}");
    }
}

#[test]
fn a_sensor_s_rule_is_one_line_with_one_number() {
    for (text, document) in documents() {
        let rules = (export("suricata").unwrap().write)(document, Tlp::Amber);
        let mut sids = BTreeSet::new();
        for line in rules.lines().filter(|line| !line.starts_with("# ")) {
            assert!(line.starts_with("alert ") && line.ends_with("; rev:1;)"), "{text:?}: {line}");
            assert_eq!((line.matches("sid:").count(), line.matches('"').count()), (1, 2), "{text:?}: {line}");
            assert!(sids.insert(line.split("sid:").nth(1).unwrap().split(';').next().unwrap().to_owned()), "{line}");
        }
        assert!(sids.len() >= 7, "{text:?}");
        let sigma = (export("sigma").unwrap().write)(document, Tlp::Amber);
        assert_eq!(sigma.matches("\n---\n").count(), sigma.matches("\nlogsource:\n").count(), "{text:?}");
        assert!(!sigma.contains("\nreboot"), "{text:?}");
        let stix = (export("stix").unwrap().write)(document, Tlp::Amber);
        let bundle: serde_json::Value = serde_json::from_str(&stix).expect("a bundle is JSON");
        assert!(bundle["objects"].as_array().unwrap().len() > 20, "{text:?}");
        let jsonl = (export("timesketch-jsonl").unwrap().write)(document, Tlp::Amber);
        assert!(jsonl.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{text:?}");
    }
}

#[test]
fn graphs_are_well_formed() {
    for (text, document) in documents() {
        for name in ["graphml", "gexf"] {
            let xml = (export(name).unwrap().write)(document, Tlp::Amber);
            let mut open: Vec<String> = Vec::new();
            for tag in xml.split('<').skip(1) {
                let (inside, after) = tag.split_once('>').expect("a tag ends");
                assert!(!after.contains('>') || after.contains("&gt;"), "{name} of {text:?}: {after}");
                let word: String =
                    inside.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric() || *c == '?').collect();
                match inside {
                    _ if inside.starts_with('?') || inside.ends_with('/') => {}
                    _ if inside.starts_with('/') => {
                        assert_eq!(open.pop().as_deref(), Some(word.as_str()), "{name} of {text:?}")
                    }
                    _ => open.push(word),
                }
            }
            assert!(open.is_empty(), "{name} of {text:?}: {open:?}");
        }
    }
}
