//! What holds of every log: cut anyhow, joined anyhow, in any order.

use super::making::{ZEEK, case_of, malformed, mixed, read, receipt, zeek, zeek_row};
use kyoten::case::document::case_json;

#[test]
fn good_and_bad_records_are_counted_as_the_manifest_says() {
    for (good, bad) in [(0, 5), (500, 0), (400, 100), (7, 90)] {
        let manifest = mixed(good, bad);
        let receipt = receipt(&manifest.bytes);
        let accounts = &receipt.accounts;
        assert_eq!((accounts.parsed.count, accounts.malformed.total().count), (manifest.good, manifest.bad));
        assert_eq!((accounts.flows, accounts.drawn), (manifest.good, manifest.good));
    }
}

#[test]
fn one_bad_line_more_is_one_malformed_more_and_nothing_else() {
    let log = zeek(200);
    let plain = read(&log, log.len());
    let lines: Vec<usize> = memchr_lines(&log);
    for at in lines.into_iter().skip(6).step_by(31) {
        let mut damaged = log[..at].to_vec();
        damaged.extend_from_slice(b"\"not a row, {at all}\n");
        damaged.extend_from_slice(&log[at..]);
        let (mut receipt, ledger) = read(&damaged, 4096);
        let found = malformed(&receipt);
        assert_eq!((found.len(), found[0].1, found[0].3), (1, 1, at as u64));
        assert_eq!(sums(&ledger), sums(&plain.1), "offsets move, nothing else");
        let accounts = &mut receipt.accounts;
        let bad = accounts.malformed.total().bytes;
        accounts.malformed = Default::default();
        accounts.separators.count -= 1;
        accounts.separators.bytes -= 1;
        accounts.length -= bad + 1;
        assert_eq!(*accounts, plain.0.accounts);
    }
}

/// All sums of a ledger, without the places of records.
fn sums(bytes: &[u8]) -> String {
    let ledger = kyoten::ledger::Ledger::from_bytes(bytes).unwrap();
    let services: Vec<_> = ledger.services().map(|(key, served)| (key, served.totals())).collect();
    let pairs: Vec<_> = ledger.pairs().map(|(key, pair)| (key, pair.totals())).collect();
    format!("{services:?} {pairs:?} {:?}", ledger.coverage())
}

fn memchr_lines(log: &[u8]) -> Vec<usize> {
    log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect()
}

#[test]
fn case_41_what_stands_before_a_cut_does_not_change() {
    let log = zeek(12);
    let rows: Vec<usize> = memchr_lines(&log).into_iter().skip(5).collect();
    for cut in ZEEK.len()..log.len() {
        let (receipt, _) = read(&log[..cut], cut);
        let whole = rows.iter().filter(|end| **end <= cut).count() as u64 - 1;
        let half = u64::from(!rows.contains(&cut));
        // A half row is malformed, or reads as a row where the cut took the end of its last word alone.
        assert_eq!(receipt.accounts.records(), whole + half, "cut at {cut}");
        assert!(receipt.accounts.parsed.count >= whole, "cut at {cut}");
    }
}

#[test]
fn case_36_the_half_row_of_a_cancelled_or_cut_file_is_no_row() {
    let log = format!("{ZEEK}{}", zeek_row(1));
    // Cut inside the last number but one: the row would read with another count of bytes if it were a row.
    let csv = format!("{}{}", super::making::CSV, "2020-06-11T01:00:00Z,10.2.0.1,10.1.0.1,445,tcp,100,allow,u,s\n");
    for text in [log.as_bytes(), csv.as_bytes()] {
        for cut in text.len() - 30..text.len() {
            let packed = super::containers::gzip(text);
            let mut reading = kyoten::reading::Reading::new(
                "x.log",
                kyoten::reading::Order::default(),
                kyoten::reading::count::Counting::new(Default::default(), "x.log"),
            );
            reading.feed(&text[..cut]);
            let (receipt, _) = reading.abandon("cancelled", text.len() as u64);
            assert_eq!((receipt.accounts.flows, receipt.imbalance()), (0, None), "cut at {cut}");
            assert!(receipt.accounts.unprocessed.0.contains_key("cancelled"));
            let (receipt, _) = read(&packed[..packed.len() - 9], 64);
            assert!(!receipt.is_complete());
            assert_eq!(receipt.accounts.flows, u64::from(receipt.accounts.length == text.len() as u64));
        }
    }
}

#[test]
fn a_then_b_is_a_and_b() {
    let (a, b) = (zeek(50), mixed(40, 10).bytes);
    let joined = [a.clone(), b.clone()].concat();
    let apart = case_of(&[("a.log", &a), ("b.log", &b)], 1000);
    let as_one = case_of(&[("a.log", &joined)], 1000);
    let [first, second] = [&apart.files()[0], &apart.files()[1]].map(|file| file.receipt.accounts.clone());
    let one = &as_one.files()[0].receipt.accounts;
    assert_eq!(one.parsed.count, first.parsed.count + second.parsed.count);
    assert_eq!(one.malformed.total().count, first.malformed.total().count + second.malformed.total().count);
    let totals = |case: &kyoten::case::Case| {
        let survey = case.analyse().survey;
        survey.links.iter().map(|(key, link)| (*key, link.totals.clone())).collect::<Vec<_>>()
    };
    assert_eq!(totals(&apart), totals(&as_one));
}

#[test]
fn case_84_the_order_of_files_changes_no_byte_of_the_document() {
    let (a, b, c) = (zeek(300), mixed(40, 10).bytes, super::clocks::fortigate(&["+0900", "-0330"]));
    let files: [(&str, &[u8]); 4] = [("a.log", &a), ("b.log", &b), ("c.log", &c), ("again.log", &a)];
    let document = |files: &[(&str, &[u8])]| {
        let case = case_of(files, 4096);
        case_json(&case, &case.analyse())
    };
    let first = document(&files);
    for turn in 1..files.len() {
        let mut turned = files;
        turned.rotate_left(turn);
        assert_eq!(document(&turned), first);
        turned.reverse();
        assert_eq!(document(&turned), first);
    }
}

#[test]
fn case_82_cancelled_anywhere_it_says_partial() {
    let log = zeek(1000);
    for share in [1, 50, 99] {
        let mut case = case_of(&[], 1);
        let order = case.reading_order("x.log");
        let mut reading = kyoten::reading::Reading::new("x.log", order.order.clone(), order.counting("x.log"));
        reading.feed(&log[..log.len() * share / 100]);
        let (receipt, counting) = reading.abandon("cancelled", log.len() as u64);
        assert_eq!(receipt.imbalance(), None, "at {share} %");
        assert!(receipt.accounts.unprocessed.total().bytes > 0);
        case.add(order.result(receipt, counting));
        let (analysis, document) = super::making::inert(&case);
        assert!(analysis.partial && document["partial"] == true);
        assert!(analysis.notices[0].english().contains("PARTIAL"), "{:?}", analysis.notices);
    }
}
