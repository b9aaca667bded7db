//! Cases 61 to 65 and whatever grows: many hosts, links, files, reasons and names.

use super::making::{CSV, ZEEK, add, case_of, csv_row, inert, read, zeek};
use kyoten::case::Case;
use kyoten::evidence::accounts::{MOST_REASONS, OTHER_REASONS};
use kyoten::ledger::Ledger;

#[test]
fn case_61_past_the_cap_of_hosts_the_totals_stay_exact() {
    let rows = if super::full() { 10_000_000 } else { 40_000 };
    let (cells, pairs) = if super::full() { (1_000_000, 1_000_000) } else { (1_000, 1_000) };
    let fill = |order: &mut dyn Iterator<Item = u32>| {
        let mut ledger = Ledger::with_caps(cells, 3 * cells, pairs);
        for n in order {
            let end = |address: u32| kyoten::flow::Endpoint {
                address: Some(std::net::IpAddr::from(address.to_be_bytes())),
                port: Some((n % 5000) as u16),
                ..Default::default()
            };
            let flow = kyoten::flow::Flow {
                initiator: end(0x0a02_0000 + n),
                responder: end(0x0a01_0009),
                bytes_out: Some(1),
                ..Default::default()
            };
            let place = kyoten::evidence::Place { line: u64::from(n), offset: u64::from(n) };
            let (from, to) = (kyoten::sites::Locus::Site(1), kyoten::sites::Locus::Site(0));
            ledger.add(&flow, place, from, to, "fw");
        }
        ledger.settle();
        ledger
    };
    let ledger = fill(&mut (0..rows));
    assert!(ledger.pairs().len() <= pairs && ledger.services().len() <= cells);
    let apart: u64 = ledger.services().map(|(_, served)| served.totals().flows).sum();
    let coarse: u64 = ledger.coarse().iter().map(|(_, totals)| totals.flows).sum();
    assert_eq!(apart + coarse + ledger.spilled_services.flows, u64::from(rows));
    let in_pairs: u64 = ledger.pairs().map(|(_, pair)| pair.totals().flows).sum();
    assert_eq!(in_pairs + ledger.spilled_pairs.flows, u64::from(rows));
    assert!(ledger.cap_reached().unwrap().english().contains("host pairs"));
    // The order of the records changes nothing.
    assert!(fill(&mut (0..rows).rev()).to_bytes() == ledger.to_bytes());
}

#[test]
fn case_61_names_of_hosts_and_accounts_are_bounded() {
    let rows = if super::full() { 10_000_000 } else { 30_000 };
    let mut case = Case::default();
    let order = case.reading_order("a.csv");
    let mut reading = kyoten::reading::Reading::new("a.csv", order.order.clone(), order.counting("a.csv"));
    reading.feed(CSV.as_bytes());
    for n in 0..rows {
        reading
            .feed(csv_row(&format!("host-{n}"), "10.1.0.9", &format!("user-{n}"), &format!("sensor-{n}")).as_bytes());
    }
    let (receipt, counting) = reading.finish();
    assert_eq!((receipt.imbalance(), receipt.accounts.drawn), (None, rows));
    case.add(order.result(receipt, counting));
    let (analysis, _) = inert(&case);
    let service = analysis.survey.links.values().next().unwrap().services.values().next().unwrap();
    assert_eq!(service.totals.flows, rows);
    assert!(service.accounts.len() <= 10_000 && analysis.survey.coverage.len() <= 10_000);
    assert!(analysis.notices.iter().any(|notice| notice.english().contains("accounts")), "{:?}", analysis.notices);
}

#[test]
fn case_62_many_links_to_one_host_and_self_loops() {
    let mut log = ZEEK.to_owned();
    for n in 0..20_000_u32 {
        let [_, b, c, d] = n.to_be_bytes();
        log.push_str(&format!("1591833600\tCx\t10.{}.{c}.{d}\t1\t10.1.0.9\t445\ttcp\t-\t-\t1\t1\tSF\n", 2 + b));
        log.push_str(&format!("1591833600\tCx\t10.1.{c}.{d}\t1\t10.1.{c}.{d}\t445\ttcp\t-\t-\t1\t1\tSF\n"));
    }
    let case = case_of(&[("a.log", log.as_bytes())], 65_536);
    assert_eq!(case.files()[0].receipt.accounts.drawn, 40_000);
    let (analysis, document) = inert(&case);
    let flows: u64 = analysis.survey.links.values().map(|link| link.totals.flows).sum();
    assert_eq!(flows, 40_000, "the flows of all links add up to those drawn");
    assert_eq!(document["evidence"][0]["accounts"]["drawn"], 40_000);
}

#[test]
fn case_63_many_files_at_once_empty_ones_among_them() {
    let count = if super::full() { 1_000 } else { 120 };
    let logs: Vec<(String, Vec<u8>)> =
        (0..count).map(|n| (format!("{n:04}.log"), if n % 10 == 0 { Vec::new() } else { zeek(n) })).collect();
    let files: Vec<(&str, &[u8])> = logs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let case = case_of(&files, 65_536);
    assert_eq!(case.files().len(), count);
    let (analysis, document) = inert(&case);
    assert_eq!(document["evidence"].as_array().unwrap().len(), count);
    let flows: u64 = analysis.survey.links.values().map(|link| link.totals.flows).sum();
    assert_eq!(flows, (0..count as u64).filter(|n| n % 10 != 0).sum::<u64>());
}

#[test]
fn case_64_a_file_that_shrinks_while_it_is_read_is_said() {
    let log = zeek(10);
    let mut case = Case::default();
    let order = case.reading_order("a.log");
    let mut reading = kyoten::reading::Reading::new("a.log", order.order.clone(), order.counting("a.log"));
    reading.feed(&log);
    // It had more bytes when it was dropped than now, or fewer.
    for length in [log.len() as u64 + 100, log.len() as u64 - 100] {
        let mut other = kyoten::reading::Reading::new("a.log", order.order.clone(), order.counting("a.log"));
        other.feed(&log);
        let (receipt, _) = other.abandon("the file changed while it was read", length);
        assert_eq!(receipt.imbalance(), None);
        assert!(!receipt.is_complete() && receipt.sha256.is_none());
    }
    let (receipt, counting) = reading.abandon("the file changed while it was read", log.len() as u64);
    case.add(order.result(receipt, counting));
    assert!(inert(&case).0.partial);
}

#[test]
fn reasons_made_by_a_file_are_bounded() {
    let mut log = ZEEK.to_owned();
    for n in 0..1000 {
        log.push_str(&format!("#path\tmade\u{1b}{n}\n1\t2\n"));
    }
    let (whole, chunked) = (read(log.as_bytes(), log.len()), read(log.as_bytes(), 7));
    assert!(whole == chunked);
    let skipped = &whole.0.accounts.skipped;
    assert_eq!((skipped.0.len(), skipped.total().count), (MOST_REASONS + 1, 1000));
    assert_eq!(skipped.0[OTHER_REASONS].0.count, 800);
    assert!(skipped.0.keys().all(|reason| !reason.chars().any(char::is_control)));
    let mut case = Case::default();
    add(&mut case, "a.log", log.as_bytes().chunks(100));
    inert(&case);
}
