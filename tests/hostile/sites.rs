//! Case 77: sites and policies that overlap, contradict themselves, or never end.

use super::making::{add, inert, zeek};
use kyoten::case::Case;
use kyoten::policy::csv::read_policy;
use kyoten::sites::import::read_sites;

#[test]
fn case_77_ranges_that_overlap_reverse_or_take_all() {
    let text = "site,cidr\nA,10.0.0.0/8\nB,10.1.0.0/16\nC,10.1.0.0/16\nD,0.0.0.0/0\nE,::/0\nF,10.9.9.9/16\nG,10.0.0.0/33\n\
                H,10.5.0.0-10.4.0.0\nI,16/10.0.0.0\nJ,::ffff:0:0/96\nK,\n";
    let (book, complaints) = read_sites(text.as_bytes());
    let lines: Vec<u64> = complaints.iter().map(|complaint| complaint.line).collect();
    assert_eq!(lines, [4, 4, 5, 6, 7, 8, 9, 10, 11, 12], "{complaints:#?}");
    let place = |address: &str| {
        let end = kyoten::flow::Endpoint { address: Some(address.parse().unwrap()), ..Default::default() };
        let party = book.party(book.for_evidence("x").locate(&end));
        book.name_of(party).to_owned()
    };
    assert_eq!(
        (place("10.1.2.3").as_str(), place("10.2.2.3").as_str(), place("192.0.2.1").as_str()),
        ("B", "A", "external")
    );
}

#[test]
fn case_77_a_million_sites_are_read() {
    let count = if super::full() { 1_000_000 } else { 20_000 };
    let mut text = String::from("site,cidr,country,timezone,lat,lon,role\n");
    for n in 0..count {
        let (b, c, d) = (n >> 16 & 255, n >> 8 & 255, n & 255);
        text.push_str(&format!("Site {n},10.{b}.{c}.{d}/32,JP,Asia/Tokyo,35.6,139.7,office\n"));
    }
    let (book, complaints) = read_sites(text.as_bytes());
    assert_eq!((book.sites.len(), complaints.len()), (count, 0));
    let places = book.for_evidence("x");
    let end = kyoten::flow::Endpoint { address: Some("10.0.1.2".parse().unwrap()), ..Default::default() };
    assert_eq!(book.name_of(book.party(places.locate(&end))), "Site 258");
}

#[test]
fn case_77_a_site_of_a_hundred_thousand_patterns_and_as_many_complaints() {
    let count = if super::full() { 1_000_000 } else { 20_000 };
    let patterns: String = (0..count).map(|n| format!("A,,host-{n}\n")).collect();
    let (book, complaints) = read_sites(format!("site,cidr,host_pattern\n{patterns}").as_bytes());
    assert_eq!((book.sites[0].host_patterns.len(), complaints.len()), (count, 0));
    let bad: String = (0..count).map(|n| format!("B,nowhere-{n},\n")).collect();
    let (book, complaints) = read_sites(format!("site,cidr,host_pattern\nA,10.0.0.0/8,\n{bad}").as_bytes());
    assert_eq!(book.sites.len(), 1);
    assert_eq!(complaints.len(), 1_001);
    assert!(complaints.last().unwrap().sentence.starts_with(&format!("{} more", count - 1_000)));
}

#[test]
fn case_77_a_figure_of_thousands_of_sites_ends() {
    let mut text = String::from("site,cidr,lat,lon\n");
    for n in 0..3_000 {
        text.push_str(&format!("Site {n},10.{}.{}.0/24,{},{}\n", n >> 8, n & 255, n % 90, n % 180));
    }
    let mut case = Case::default();
    case.book = read_sites(text.as_bytes()).0;
    add(&mut case, "a.log", zeek(100).chunks(1000));
    inert(&case);
}

#[test]
fn case_77_policies_of_any_text_are_read_or_refused_by_line() {
    let text = "from,to,service,verdict,reason,hours,approver,until\n\
        <img src=x>,</script>,tcp/445,deny,=cmd|x,,\u{202e}a,\n\
        A,B,tcp/0,allow,,25:00-26:00,,\nA,B,tcp/-1,deny,,,,\nA,B,*,perhaps,,,,\nA,B,*,deny,,,,9999-99-99\n\"unclosed,B,*,deny\n";
    let (policy, complaints) = read_policy(text.as_bytes());
    assert_eq!(policy.rules.len(), 1);
    assert!(complaints.iter().all(|complaint| complaint.line > 0) && complaints.len() >= 5, "{complaints:#?}");
    super::making::inert_csv(&policy.to_csv());
    assert_eq!(read_policy(policy.to_csv().as_bytes()).0, policy);
    let many: String = (0..20_000).map(|n| format!("Site {n},role:x{n},tcp/{n},deny,,,,\n")).collect();
    let (policy, _) = read_policy(format!("from,to,service,verdict,reason,hours,approver,until\n{many}").as_bytes());
    assert_eq!(policy.strangers(&Default::default()).len(), 40_000);
}
