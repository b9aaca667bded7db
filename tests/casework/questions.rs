//! What is asked of the sample case: where else, what was sent on, and whether there was any since.

use kyoten::case::document::Document;
use kyoten::case::document::read::read;
use kyoten::case::questions::{Asked, Pinned, first_pinned, negative_of};
use kyoten::report::html::{Language, Options, html};
use kyoten::scene::figure::Tlp;

use crate::sampled::{case, document};

/// 2020-08-03 and 2020-10-31 00:00 UTC: up to the end of 30 October.
const SINCE: f64 = 1_596_412_800.0;
const UNTIL: f64 = 1_604_102_400.0;

fn asked(from: &str, to: &str, service: &str) -> Asked {
    let (from, to, service) = (from.to_owned(), to.to_owned(), service.to_owned());
    Asked { from, to, service, since: SINCE, until: Some(UNTIL) }
}

#[test]
fn unasked_the_first_finding_is_swept_and_the_case_file_says_where_else() {
    let document = document();
    let [sweep] = document.sweeps.as_slice() else { panic!("{:?}", document.sweeps) };
    assert_eq!(
        (sweep.from.as_str(), sweep.to.as_str(), sweep.sought.as_str(), sweep.asked),
        ("Bangkok Office", "Tokyo DC", "tcp/3389", false)
    );
    let outcome = |name: &str| sweep.sites.iter().find(|site| site.site == name).map(|site| site.outcome.as_str());
    for (name, traces) in [
        ("Jakarta Office", true),
        ("Manila Office", true),
        ("New York Office", true),
        ("Kobe Works", false),
        ("Rotterdam Office", false),
        ("Tokyo Cloud", false),
    ] {
        let found = outcome(name).unwrap();
        assert_eq!(matches!(found, "confirmed" | "suspected"), traces, "{name}: {found}");
        assert!(traces || found == "not seen", "{name}: {found}");
    }
    for site in sweep.sites.iter().filter(|site| site.outcome == "confirmed") {
        assert!(!site.evidence.is_empty() && site.evidence.iter().all(|row| row.file.starts_with("SYNTHETIC-")));
    }
}

#[test]
fn what_bangkok_took_from_the_file_server_it_sent_on() {
    let case = case();
    let analysis = case.analyse();
    let pinned = Pinned {
        finding: None,
        from: "Bangkok Office".to_owned(),
        to: "Tokyo DC".to_owned(),
        service: Some("tcp/445".to_owned()),
    };
    let mut asking = case.clone();
    asking.ask_sweep(pinned.clone());
    asking.ask_sweep(pinned);
    let document = Document::of(&asking, &analysis);
    assert_eq!(document.sweeps.len(), 2, "the first finding's, and the one that was asked for once");
    let relays = &document.sweeps[1].relays;
    assert!(relays.iter().all(|own| own.to == "external" && own.host == "10.66.8.41" && own.evidence.len() == 2));
    let days: Vec<&str> = relays.iter().map(|own| own.day.as_str()).collect();
    assert!(["2020-06-07", "2020-06-08", "2020-06-10"].iter().all(|day| days.contains(day)), "{relays:#?}");
    assert!(relays.iter().any(|own| (45..=105).contains(&own.percent)), "{relays:#?}");
}

#[test]
fn a_case_file_keeps_the_questions_and_answers_them_again() {
    let mut case = case();
    let analysis = case.analyse();
    case.ask_sweep(first_pinned(&analysis).unwrap());
    case.ask_negative(asked("Manila Office", "country:JP", "smb"));
    let document = Document::of(&case, &analysis);
    assert_eq!((document.sweeps.len(), document.negatives.len()), (1, 1), "asked for, it is not swept twice");
    let own = &document.negatives[0];
    assert_eq!((own.ran, own.links.len(), own.files, own.days), (0, 0, 6, 89), "{own:#?}");
    assert!(own.sentence.starts_with("No connection"), "{}", own.sentence);
    assert!(document.log.iter().any(|entry| entry.act == "negative"));
    let mut again = crate::sampled::case();
    again.resume(&read(document.to_json().as_bytes()).unwrap(), &|_| None);
    assert!(Document::of(&again, &again.analyse()).to_json() == document.to_json());
    // The case file alone gives the same answer as the evidence.
    assert_eq!(&negative_of(&document, &asked("Manila Office", "country:JP", "smb")).unwrap(), own);
    for language in [Language::English, Language::Japanese] {
        let report = html(&document, Options { language, tlp: Tlp::Amber });
        let words = language.words();
        for told in [words.sweeps, words.statements, (words.outcome)("not seen")] {
            assert!(report.contains(told), "{told}");
        }
    }
}

#[test]
fn a_gap_of_a_sensor_stands_in_the_negative_and_so_does_what_ran() {
    let document = document();
    let all = Asked { since: 1_590_969_600.0, until: Some(1_604_188_800.0), ..asked("Manila Office", "Tokyo DC", "*") };
    let own = negative_of(&document, &all).unwrap();
    assert!(own.ran > 0 && own.links[0].0 == "Manila Office", "{own:#?}");
    // Two hours of a night in which little comes: silent, and said, but by the sensor's own arrivals no gap.
    assert!(own.gaps.is_empty() && own.watched == own.hours, "{own:#?}");
    let [(sensor, hours)] = own.silent.as_slice() else { panic!("{own:#?}") };
    assert_eq!((sensor.as_str(), *hours), ("MNL-FW01", 2));
    assert!(own.sentence.contains("2 h more without any record of MNL-FW01"), "{}", own.sentence);
    // Where a sensor is busy, the same two hours are a gap; and so is what an older file tells without judging.
    let mut older = document.clone();
    older.coverage.iter_mut().for_each(|own| own.gaps = None);
    let own = negative_of(&older, &all).unwrap();
    assert!(own.gaps.len() == 1 && own.sentence.contains("gaps: 2 h in MNL-FW01"), "{own:#?}");
    assert!(negative_of(&document, &asked("Atlantis", "*", "*")).unwrap_err().contains("Atlantis"));
    assert!(negative_of(&document, &asked("*", "*", "nonsense")).is_err());
}
