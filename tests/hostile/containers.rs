//! Cases 42, 53, 54, 57 to 60: what a file is packed in, and what it is not.

use super::making::{ZEEK, case_of, inert, malformed, read, receipt, zeek, zeek_row};
use std::io::Write;

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn case_42_every_bit_of_a_small_gzip_flipped() {
    let log = zeek(4);
    let packed = gzip(&log);
    let whole = read(&log, log.len()).0.accounts.parsed.count;
    for bit in 0..packed.len() * 8 {
        // Each inflates anew; in its middle, every seventh bit shows as much.
        let middle = (20 * 8..(packed.len() - 10) * 8).contains(&bit);
        if middle && bit % 7 != 0 && !super::full() {
            continue;
        }
        let mut damaged = packed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (receipt, _) = read(&damaged, 100);
        // Either it is said, or nothing was lost (a bit of the header's time, name or flags).
        let said = !receipt.is_complete() || receipt.format.is_none();
        assert!(said || receipt.accounts.parsed.count == whole, "bit {bit}: {receipt:?}");
    }
}

#[test]
fn case_42_every_bit_of_a_small_log_flipped() {
    let log = zeek(2);
    for bit in 0..log.len() * 8 {
        let mut damaged = log.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        read(&damaged, damaged.len());
    }
}

#[test]
fn case_41_a_gzip_cut_at_every_byte_keeps_the_records_before_the_cut() {
    let log = zeek(40);
    let packed = gzip(&log);
    for cut in 1..packed.len() {
        let (receipt, _) = read(&packed[..cut], 64);
        assert_eq!(receipt.accounts.malformed.total().count, 0, "cut at {cut}: half a row is no malformed row");
        assert!(receipt.accounts.parsed.count <= 40 && !receipt.is_complete());
    }
}

#[test]
fn case_53_a_gzip_bomb_is_reported() {
    // 16 MB of the 4 GiB after which Kyoten looks at the ratio; the full run goes past it.
    let piece = gzip(&vec![0; 16 << 20]);
    let times = if super::full() { 270 } else { 1 };
    let book = kyoten::sites::SiteBook::default();
    let counting = kyoten::reading::count::Counting::new(book.for_evidence("x"), "x");
    let mut reading = kyoten::reading::Reading::new("x", Default::default(), counting);
    (0..times).for_each(|_| reading.feed(&piece));
    let (receipt, _) = reading.finish();
    assert_eq!(receipt.imbalance(), None);
    assert!(!receipt.is_complete());
    let bomb = receipt.layers[0].unprocessed.0.keys().any(|reason| reason.contains("bomb"));
    assert_eq!(bomb, super::full());
    assert_eq!(receipt.accounts.unprocessed.total().bytes, receipt.accounts.length, "no byte of it is a record");
}

#[test]
fn case_54_members_garbage_and_checksums() {
    let (a, b) = (zeek(3), zeek_row(9).into_bytes());
    let two = [gzip(&a), gzip(&b), vec![0; 512]].concat();
    assert_eq!(receipt(&two).accounts.parsed.count, 4);
    let garbage = receipt(&[gzip(&a), b"garbage".to_vec()].concat());
    assert_eq!((garbage.accounts.parsed.count, garbage.layers[0].unprocessed.total().bytes), (3, 7));
    let mut wrong = gzip(&a);
    let at = wrong.len() - 6;
    wrong[at] ^= 0xff;
    let wrong = receipt(&[wrong, gzip(&b)].concat());
    assert_eq!(wrong.accounts.parsed.count, 4);
    assert!(wrong.layers[0].unprocessed.0.keys().next().unwrap().contains("checksum"));
    // A header that never ends is not held.
    let mut endless = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
    endless.resize(1 << 20, b'n');
    assert_eq!(receipt(&endless).layers[0].unprocessed.total().bytes, 1 << 20);
}

#[test]
fn case_57_layers_nest_to_the_limit() {
    let mut packed = zeek(3);
    for depth in 1..=6 {
        packed = gzip(&packed);
        let receipt = receipt(&packed);
        assert_eq!((receipt.accounts.parsed.count, receipt.layers.len()), (3, depth));
    }
    let deep = receipt(&gzip(&packed));
    assert!(deep.format.is_none() && deep.advice.unwrap().contains("deeper than six layers"));
    assert!(deep.accounts.unprocessed.total().bytes > 0);
}

#[test]
fn case_58_a_name_says_nothing_of_the_content() {
    for (bytes, what) in [
        (&b"7z\xbc\xaf\x27\x1cand so on"[..], "7-Zip"),
        (b"Rar!\x1a\x07and so on", "RAR"),
        (b"PARE\x15\x04\x15\x10and so on", "an encrypted Parquet file"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml", "Office"),
    ] {
        let receipt = receipt(bytes);
        assert!(receipt.format.is_none() && receipt.advice.unwrap().contains(what));
    }
    let case = case_of(&[("not-a-log.evtx", &zeek(2))], 64);
    assert_eq!(case.files()[0].receipt.format.as_deref(), Some("zeek_conn_tsv"));
}

#[test]
fn case_59_two_formats_in_one_file() {
    let fortigate = "date=2020-06-11 time=10:00:00 devid=\"FGT60D1\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" \
                     tz=\"+0900\" srcip=10.2.0.1 dstip=10.1.0.9 dstport=445 proto=6 action=\"close\"\n";
    let log = format!("{ZEEK}{}{}", zeek_row(1), fortigate.repeat(3));
    let receipt = receipt(log.as_bytes());
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.malformed.total().count), (1, 3));
    assert_eq!(malformed(&receipt)[0].2, 8, "the first line of the other format is named");
}

#[test]
fn case_60_offsets_past_4_gib_are_exact() {
    // Half a gigabyte of blank lines in place of four, unless the full run is asked for.
    let bytes: u64 = if super::full() { (4 << 30) + 1 } else { 32 << 20 };
    let piece = vec![b'x'; 1 << 20];
    let book = kyoten::sites::SiteBook::default();
    let counting = kyoten::reading::count::Counting::new(book.for_evidence("x"), "x");
    let mut reading = kyoten::reading::Reading::new("x", Default::default(), counting);
    let begin = zeek(1);
    reading.feed(&begin);
    let mut left = bytes;
    while left > 0 {
        let length = left.min(1 << 20);
        reading.feed(&piece[..length as usize - 1]);
        reading.feed(b"\n");
        left -= length;
    }
    reading.feed(b"oops\n");
    let (receipt, _) = reading.finish();
    assert_eq!(receipt.imbalance(), None);
    assert_eq!(receipt.accounts.length, begin.len() as u64 + bytes + 5);
    assert_eq!(receipt.size, receipt.accounts.length);
}

#[test]
fn case_65_the_same_content_under_another_name_is_flagged() {
    let log = zeek(10);
    let case = case_of(&[("a.log", &log), ("b.log", &log)], 64);
    let (analysis, document) = inert(&case);
    assert_eq!(analysis.repeats, [None, Some(0)]);
    assert!(analysis.notices.iter().any(|notice| notice.english().contains("the same content as a.log")));
    assert_eq!(document["evidence"][1]["repeats"], "a.log");
    assert_eq!(document["links"][0]["services"][0]["flows"], 10);
}
