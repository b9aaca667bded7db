//! The sample case as a user meets it: each file is read, its warts are said, and the story is in it.

use std::collections::BTreeMap;

use kyoten::calendar;
use kyoten::detectors::{Observed, examine_all};
use kyoten::evidence::Place;
use kyoten::finding::Finding;
use kyoten::flow::{Flow, Moment, Outcome, Service};
use kyoten::ledger::Ledger;
use kyoten::ledger::survey::Survey;
use kyoten::policy::csv::read_policy;
use kyoten::policy::{Policy, Scope, ServiceScope};
use kyoten::reading::count::Counting;
use kyoten::reading::receipt::Receipt;
use kyoten::reading::{Fate, Order, Reading, Visitor};
use kyoten::sample;
use kyoten::scoping::negative::{Question, answer};
use kyoten::scoping::sweep::{Outcome as Trace, Pin, sweep};
use kyoten::sites::SiteBook;
use kyoten::sites::import::read_sites;

/// Keeps what the tests ask about.
#[derive(Default)]
struct Watching {
    server_calls: Vec<(String, String, Outcome)>,
    hours: BTreeMap<i32, u64>,
}

impl Visitor for Watching {
    fn flow(&mut self, flow: &Flow<'_>, _place: Place) -> Fate {
        let address = |end: &kyoten::flow::Endpoint<'_>| end.address.expect("every flow has both ends").to_string();
        let start = flow.start.expect("every flow has its time");
        *self.hours.entry(start.hour().0).or_default() += 1;
        if address(&flow.responder) == "10.10.20.15" && !address(&flow.initiator).starts_with("10.20.") {
            let service = flow.service_key().to_string();
            self.server_calls.push((address(&flow.initiator), service, flow.outcome));
        }
        Fate::Drawn
    }
}

fn read(name: &str) -> (Receipt, Watching) {
    let file = sample::file(name).expect("a file of the sample");
    let mut reading = Reading::new(name, Order::default(), Watching::default());
    reading.feed(&file.bytes);
    let (receipt, watching) = reading.finish();
    assert_eq!(receipt.imbalance(), None, "{name}");
    (receipt, watching)
}

/// Names and formats of the logs.
const LOGS: [(&str, &str); 6] = [
    ("SYNTHETIC-bangkok-fortigate.log", "fortigate_traffic"),
    ("SYNTHETIC-jakarta-zeek.json", "zeek_conn_json"),
    ("SYNTHETIC-manila-fortigate.log", "fortigate_traffic"),
    ("SYNTHETIC-newyork-firewall.csv", "mapped_csv"),
    ("SYNTHETIC-tokyo-zeek.log", "zeek_conn_tsv"),
    ("SYNTHETIC-erp-vpcflow.log", "aws_vpc_flow"),
];

#[test]
fn every_log_is_told_by_its_content_and_nearly_all_of_it_is_read() {
    for (name, format) in LOGS {
        let (receipt, _) = read(name);
        let accounts = &receipt.accounts;
        assert_eq!(receipt.format.as_deref(), Some(format), "{name}");
        let malformed = accounts.malformed.total().count;
        assert!(accounts.flows > 5_000 && malformed < 10, "{name}: {accounts:?}");
    }
}

#[test]
fn receipts_of_the_sample_have_something_to_show() {
    for (name, some_malformed, least_skipped) in [
        ("SYNTHETIC-bangkok-fortigate.log", true, 20),
        ("SYNTHETIC-jakarta-zeek.json", true, 1),
        ("SYNTHETIC-newyork-firewall.csv", true, 0),
        ("SYNTHETIC-tokyo-zeek.log", true, 0),
        ("SYNTHETIC-erp-vpcflow.log", false, 20),
    ] {
        let accounts = read(name).0.accounts;
        let (malformed, skipped) = (accounts.malformed.total().count, accounts.skipped.total().count);
        assert!((malformed > 0) == some_malformed && skipped >= least_skipped, "{name}: {malformed}, {skipped}");
    }
}

#[test]
fn only_one_log_has_a_gap_and_it_is_two_hours_long() {
    for (name, _) in LOGS {
        let (_, watching) = read(name);
        let (first, last) = (watching.hours.keys().min().unwrap(), watching.hours.keys().max().unwrap());
        let empty = (*first..=*last).filter(|hour| !watching.hours.contains_key(hour)).count();
        assert_eq!(empty, if name.contains("manila") { 2 } else { 0 }, "{name}");
    }
}

#[test]
fn the_intruder_s_sessions_stand_in_the_office_s_log_and_in_the_data_centre_s() {
    let (_, tokyo) = read("SYNTHETIC-tokyo-zeek.log");
    for (name, host, sessions) in [
        ("SYNTHETIC-bangkok-fortigate.log", "10.66.8.41", 9),
        ("SYNTHETIC-jakarta-zeek.json", "10.62.4.17", 6),
        ("SYNTHETIC-manila-fortigate.log", "10.63.9.23", 4),
    ] {
        let answered = |calls: &[(String, String, Outcome)]| {
            calls.iter().filter(|(from, _, outcome)| from == host && *outcome == Outcome::Established).count()
        };
        let (_, office) = read(name);
        assert_eq!((answered(&office.server_calls), answered(&tokyo.server_calls)), (sessions, sessions), "{name}");
        assert!(office.server_calls.len() > sessions, "{name}: it is tried again after the cut");
        assert!(office.server_calls.iter().all(|(from, ..)| from == host), "{name}: nobody else goes there");
    }
}

#[test]
fn the_sample_s_sites_and_policy_are_read_without_complaint() {
    let bytes = |name| sample::file(name).expect("a file of the sample").bytes;
    let (book, complaints) = read_sites(&bytes("SYNTHETIC-sites.csv"));
    assert_eq!((book.sites.len(), complaints), (8, vec![]));
    let (policy, complaints) = read_policy(&bytes("SYNTHETIC-policy.csv"));
    assert_eq!((policy.rules.len(), complaints), (14, vec![]));
    assert_eq!(policy.strangers(&book), vec![]);
}

/// What all logs of the sample say together, with its sites.
fn survey() -> (Survey, SiteBook) {
    let bytes = |name| sample::file(name).expect("a file of the sample").bytes;
    let (book, _) = read_sites(&bytes("SYNTHETIC-sites.csv"));
    let mut ledger = Ledger::default();
    for (number, name) in (0..).zip(sample::names().skip(2)) {
        let mut reading = Reading::new(name, Order::default(), Counting::new(book.for_evidence(name), name));
        reading.feed(&bytes(name));
        ledger.merge(&reading.finish().1.into_ledger(), Some(number));
    }
    let parties = book.parties();
    (Survey::of(&ledger, |locus| parties.of(locus)), book)
}

#[test]
fn the_first_findings_are_the_story_in_its_order() {
    let (survey, book) = survey();
    let (declared, _) = read_policy(&sample::file("SYNTHETIC-policy.csv").expect("a file of the sample").bytes);
    let told = |policy: &Policy| -> Vec<String> {
        let found = examine_all(&Observed::new(&survey, &book, policy, None)).findings;
        let told = |finding: &Finding| {
            let service = finding.service.map(|service| service.to_string()).unwrap_or_default();
            format!("{} → {} {service}", book.name_of(finding.link.from), book.name_of(finding.link.to))
        };
        found.iter().map(told).collect()
    };
    let story = [
        "Bangkok Office → Tokyo DC tcp/3389",
        "Bangkok Office → Tokyo DC tcp/445",
        "Jakarta Office → Tokyo DC tcp/3389",
        "Jakarta Office → Tokyo DC tcp/445",
        "Manila Office → Tokyo DC tcp/3389",
        "Manila Office → Tokyo DC tcp/445",
        "New York Office → Tokyo DC tcp/3389",
    ];
    let findings = told(&declared);
    assert_eq!(findings[..story.len()], story);
    // The same again as novelties and oddities, the places where the data went, and few that are innocent.
    let sent = [
        "Bangkok Office → external tcp/443",
        "Bangkok Office → external tcp/8080",
        "Jakarta Office → external tcp/8080",
        "New York Office → external tcp/443",
    ];
    let innocent = |all: &[String]| {
        all.iter().take(20).filter(|own| !story.contains(&own.as_str()) && !sent.contains(&own.as_str())).count()
    };
    for place in &sent[..3] {
        assert!(findings.iter().any(|own| own == place), "{place}: {findings:#?}");
    }
    assert!(findings.len() <= 40 && innocent(&findings) <= 5, "{findings:#?}");
    // Without a policy the links in and out are still found, the one session from New York included.
    let findings = told(&Policy::default());
    let missing: Vec<_> = story.iter().filter(|own| !findings.iter().any(|found| found == *own)).collect();
    assert_eq!(missing, [] as [&&str; 0]);
    assert!(innocent(&findings) <= 10, "{findings:#?}");
}

#[test]
fn the_sweep_from_the_thai_link_names_indonesia_the_philippines_and_the_united_states_and_no_one_else() {
    let (survey, book) = survey();
    let (policy, _) = read_policy(&sample::file("SYNTHETIC-policy.csv").expect("a file of the sample").bytes);
    let found = examine_all(&Observed::new(&survey, &book, &policy, None)).findings;
    let pin = Pin::of(&found[0], &survey).expect("the first finding has hosts");
    let swept = sweep(&pin, &survey, &book, &policy);
    let named = |outcomes: &[Trace]| -> Vec<String> {
        let own = swept.iter().filter(|swept| outcomes.contains(&swept.outcome));
        own.map(|swept| book.name_of(swept.site).to_owned()).collect()
    };
    let traces = named(&[Trace::Confirmed, Trace::Suspected]);
    assert_eq!(traces, ["Jakarta Office", "Manila Office", "New York Office"], "{swept:#?}");
    assert_eq!(named(&[Trace::NotSeen]), ["Kobe Works", "Rotterdam Office", "Tokyo Cloud"], "{swept:#?}");
    for site in swept.iter().filter(|swept| swept.outcome == Trace::Confirmed) {
        assert!(!site.rows.is_empty() && !site.hosts.is_empty() && site.marks.len() >= 2, "{site:#?}");
    }
}

#[test]
fn none_from_manila_since_august_is_said_with_its_days_and_gaps() {
    let (survey, book) = survey();
    let moment = |text: &str| Moment(calendar::read_date(text).expect("a date") * calendar::DAY);
    let question = |from: &str, to: &str| Question {
        from: Scope::Site("Manila Office".to_owned()),
        to: Scope::Site("Tokyo DC".to_owned()),
        service: ServiceScope::One(Service::read("tcp/445").expect("a service")),
        window: (moment(from), moment(to)),
    };
    let since = answer(&question("2020-08-03", "2020-10-31"), &survey, &book, 6);
    assert_eq!((since.ran, since.covered.seen), (0, since.covered.days), "{since:#?}");
    assert!(
        since
            .sentence
            .contains("Manila Office → Tokyo DC over tcp/445 from 2020-08-03 00:00 UTC to 2020-10-31 00:00 UTC"),
        "{}",
        since.sentence
    );
    let before = answer(&question("2020-06-20", "2020-06-25"), &survey, &book, 6);
    assert!(before.ran > 0 && before.links.len() == 1, "{before:#?}");
}
