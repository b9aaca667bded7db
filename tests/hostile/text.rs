//! Cases 22 to 39: tables, lines and JSON that are broken.

use super::making::{CSV, ZEEK, csv_row, malformed, receipt, zeek, zeek_row};

fn good(n: usize) -> String {
    csv_row(&format!("10.2.0.{n}"), "10.1.0.9", "u", "fw")
}

fn json(n: usize) -> String {
    format!(
        "{{\"_path\":\"conn\",\"ts\":159183360{n}.5,\"uid\":\"C{n:017}\",\"id.orig_h\":\"10.2.0.1\",\"id.orig_p\":5,\
         \"id.resp_h\":\"10.1.0.9\",\"id.resp_p\":445,\"proto\":\"tcp\",\"orig_bytes\":{n},\"conn_state\":\"SF\"}}"
    )
}

/// How many records were parsed, and how many malformed.
fn counts(text: &str) -> (u64, u64) {
    let receipt = receipt(text.as_bytes());
    (receipt.accounts.parsed.count, receipt.accounts.malformed.total().count)
}

#[test]
fn case_22_ragged_rows_cost_themselves() {
    let log = format!("{CSV}{}1,2\n{},,,,,\n{}x,y\n{}", good(1), good(2).trim_end(), good(3).trim_end(), good(4));
    let receipt = receipt(log.as_bytes());
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.malformed.total().count), (3, 2));
    assert_eq!(malformed(&receipt)[0].2, 3);
}

#[test]
fn case_23_an_unclosed_quote_costs_one_record() {
    let mut log = format!("{CSV}2020-06-11T01:00:00Z,\"10.2.0.1,10.1.0.9,445,tcp,100,allow,u,fw\n");
    (0..500).for_each(|n| log.push_str(&good(n % 250 + 1)));
    let receipt = receipt(log.as_bytes());
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.malformed.total().count), (500, 1));
    assert_eq!((malformed(&receipt)[0].2, malformed(&receipt)[0].3), (2, CSV.len() as u64));
    // A long line after it is looked through once, not once for each line that is held.
    let long = format!("{CSV}{}{}\n{}", "\"a\n".repeat(100), "b,\"".repeat(200_000), good(1));
    assert_eq!(super::making::read(long.as_bytes(), 65_536).0.accounts.parsed.count, 1);
}

#[test]
fn case_24_a_header_alone_is_a_header() {
    for header in [CSV, ZEEK] {
        let receipt = receipt(header.as_bytes());
        assert_eq!((receipt.accounts.records(), receipt.accounts.headers.count > 0), (0, true), "{header}");
        assert!(receipt.format.is_some());
    }
}

#[test]
fn case_25_columns_twice_missing_or_without_number() {
    let twice = "src_ip,dst_ip,dst_port,src_ip,bytes,bytes\n10.2.0.1,10.1.0.9,445,10.9.9.9,1,2\n";
    assert_eq!(counts(twice), (1, 0));
    let missing = receipt(b"time,colour,mood\n1,2,3\n2,3,4\n");
    assert_eq!((missing.format, missing.accounts.unprocessed.total().bytes), (None, 29));
    assert!(missing.advice.unwrap().contains("time, colour, mood"));
    for wide in [format!("src,dst{}\n1\n", ",a".repeat(30_000)), format!("src,dst{}\n1\n", ",".repeat(60_000))] {
        let (receipt, _) = super::making::read(wide.as_bytes(), 65_536);
        assert_eq!(receipt.accounts.parsed.count, 0);
    }
    let fields = format!("#separator \\x09\n#path\tconn\n#fields\tts\n1\n{ZEEK}{}", zeek_row(1));
    assert_eq!(counts(&fields), (1, 1));
}

#[test]
fn case_26_and_27_a_header_holds_until_the_next() {
    let other = "#separator \\x09\n#path\tconn\n#fields\tid.resp_h\tid.orig_h\tts\tproto\n10.1.0.9\t10.2.0.1\t1591833600\ttcp\n";
    assert_eq!(counts(&format!("{ZEEK}{}{other}{ZEEK}{}", zeek_row(1), zeek_row(2))), (3, 0));
    assert_eq!(
        counts(&format!(
            "{ZEEK}{}#fields\tts\tid.orig_h\tid.resp_h\n{}5\t10.2.0.1\t10.1.0.9\n",
            zeek_row(1),
            zeek_row(2)
        )),
        (2, 1)
    );
    let dns = "#separator \\x09\n#path\tdns\n#fields\tts\tquery\n1\texample.org\n";
    let receipt = receipt(format!("{ZEEK}{}{dns}", zeek_row(1)).as_bytes());
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.skipped.total().count), (1, 1));
    // A table repeated too: its header is no row.
    assert_eq!(counts(&format!("{CSV}{}{CSV}{}", good(1), good(2))), (2, 0));
}

#[test]
fn case_28_pairs_without_equals_and_with_quotes_inside() {
    let begin = "date=2020-06-11 time=10:00:00 devid=\"FGT60D1\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" tz=\"+0900\" \
                 srcip=10.2.0.1 dstip=10.1.0.9 dstport=445 proto=6 action=\"close\"";
    let log = format!(
        "{begin} word another msg=\"he said \"no\" twice\" user=\"m\"\n{begin} user=\"unclosed\n{begin} = == x= user==\n{begin}\n"
    );
    assert_eq!(counts(&log), (3, 1));
    // Quotes alone, by the hundred thousand: one look each.
    let commas = begin.replace(' ', ",");
    let log = format!("{commas}\n{commas},{}\n", "\"x\"y=,".repeat(100_000));
    assert_eq!(super::making::read(log.as_bytes(), 65_536).0.accounts.records(), 2);
}

#[test]
fn case_29_and_30_line_ends_and_marks_mixed() {
    let log = format!("\u{feff}{CSV}{}\r{}\r\n{}\u{feff}{}", good(1).trim_end(), good(2).trim_end(), good(3), good(4));
    assert_eq!(counts(&log), (4, 0));
    let log =
        format!("\u{feff}{ZEEK}{}\r\u{feff}{}\r\n{}", zeek_row(1).trim_end(), zeek_row(2).trim_end(), zeek_row(3));
    assert_eq!(counts(&log), (3, 0));
    let log = format!("\u{feff}{}\r\n\u{feff}{}\r{}", json(1), json(2), json(3));
    assert_eq!(counts(&log), (3, 0));
}

#[test]
fn case_31_utf_16_in_every_spelling() {
    let log = format!("{CSV}{}{}", good(1), csv_row("東京-fs01", "10.1.0.9", "田中", "fw"));
    for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
        let units = mark.then_some(0xfeff).into_iter().chain(log.encode_utf16());
        let mut bytes: Vec<u8> = units.flat_map(|u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
        assert_eq!(receipt(&bytes).accounts.parsed.count, 2, "mark {mark}, big {big}");
        bytes.push(b'x');
        let odd = receipt(&bytes);
        assert!(odd.layers[0].unprocessed.0.contains_key("half a UTF-16 unit at the end"));
        assert_eq!(odd.accounts.parsed.count, 2);
    }
}

#[test]
fn case_32_depth_is_bounded() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        json(1).replace("\"conn_state\"", &format!("\"x\":{open}{close},\"conn_state\""))
    };
    assert_eq!(counts(&format!("{}\n{}\n", nested(127), json(2))), (2, 0));
    assert_eq!(counts(&format!("{}\n{}\n{}\n", json(3), nested(130), json(2))), (2, 1));
    let million = format!("{}\n{}\n{}\n", json(3), nested(1_000_000), json(2));
    let (receipt, _) = super::making::read(million.as_bytes(), 65_536);
    assert_eq!((receipt.accounts.parsed.count, receipt.accounts.malformed.total().count), (2, 1));
    let open = format!("{}\n{}\n", json(3), "{\"a\":".repeat(100_000));
    assert_eq!(super::making::read(open.as_bytes(), 65_536).0.accounts.parsed.count, 1);
}

#[test]
fn case_33_of_keys_that_occur_twice_one_rule_holds() {
    let log = json(1).replace("\"orig_bytes\":1", "\"orig_bytes\":7,\"orig_bytes\":1,\"__proto__\":{\"orig_bytes\":9}");
    assert_eq!(counts(&log), (1, 0));
}

#[test]
fn case_34_numbers_are_exact_or_malformed() {
    for (number, fine) in [
        ("9007199254740993", true),
        ("18446744073709551615", true),
        ("18446744073709551616", false),
        ("1e400", false),
        ("1e3", true),
        ("-0", true),
        ("-1", false),
        ("1.5", false),
        (&"9".repeat(400), false),
        (&format!("1{}", "0".repeat(400)), false),
    ] {
        let log = json(1).replace("\"orig_bytes\":1", &format!("\"orig_bytes\":{number}"));
        let expected = if fine { (2, 0) } else { (1, 1) };
        assert_eq!(counts(&format!("{}\n{log}\n", json(2))), expected, "{number}");
    }
}

#[test]
fn case_35_objects_in_every_layout() {
    let (a, b) = (json(1), json(2));
    let pretty = |object: &str| object.replace(',', ",\n  ").replace('{', "{\n  ").replace('}', "\n}");
    for log in [
        format!("[{a},{b}]"),
        format!("[\n{a},\n{b}\n]\n"),
        format!("{a}\n{b}\n"),
        format!("{a}{b}"),
        format!("{}\n{}\n", pretty(&a), pretty(&b)),
        format!("[{},{}]", pretty(&a), pretty(&b)),
    ] {
        assert_eq!(counts(&log), (2, 0), "{log}");
    }
}

#[test]
fn case_36_a_half_last_line_is_said() {
    let log = format!("{ZEEK}{}1591833600\tCx\t10.2.0.1\t5", zeek_row(1));
    assert_eq!(counts(&log), (1, 1));
    assert_eq!(counts(&format!("{}\n{}", json(1), &json(2)[..90])), (1, 1));
}

#[test]
fn case_37_files_of_nothing() {
    for bytes in [&b""[..], b"x", b"{", b"\"", b"#", b"\n", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b"] {
        let receipt = receipt(bytes);
        assert_eq!((receipt.accounts.flows, receipt.format.is_none()), (0, true), "{bytes:?}");
        assert!(receipt.advice.is_some(), "{bytes:?} gets a sentence");
    }
    for byte in [0, b'\n', b'\r', b' ', b',', b'[', 0xff] {
        let receipt = receipt(&vec![byte; 100_000]);
        assert_eq!(receipt.accounts.flows, 0);
        assert!(receipt.advice.is_some(), "a file of {byte:#x} gets a sentence");
    }
}

#[test]
fn case_38_one_endless_line_is_passed_over_at_bounded_memory() {
    // 80 MB are past the longest record that is read; 2 GB take the same way.
    let length: u64 = if super::full() { 2 << 30 } else { 80 << 20 };
    let piece = vec![b'x'; 1 << 20];
    for (begin, end) in [
        (zeek(2), format!("\n{}", zeek_row(9))),
        (format!("{}\n{{\"a\":\"", json(1)).into_bytes(), format!("\n{}", json(2))),
    ] {
        let book = kyoten::sites::SiteBook::default();
        let counting = kyoten::reading::count::Counting::new(book.for_evidence("x"), "x");
        let mut reading = kyoten::reading::Reading::new("x", Default::default(), counting);
        reading.feed(&begin);
        (0..length >> 20).for_each(|_| reading.feed(&piece));
        reading.feed(end.as_bytes());
        let (receipt, _) = reading.finish();
        assert_eq!(receipt.imbalance(), None);
        let found = malformed(&receipt);
        assert_eq!((found[0].0.as_str(), found[0].1), ("a record of more than 72 MiB", 1));
        assert!(found[0].4.ends_with("bytes") && found[0].2 > 1);
        assert!(receipt.accounts.parsed.count >= 2, "the records on either side stay");
    }
}

#[test]
fn case_39_a_forged_line_end_makes_a_record_whose_raw_line_is_shown() {
    use kyoten::reading::rows::{Lookup, Wanted};
    // Whoever named the account wrote a line end and a row of his own into the log.
    let forged = format!("{CSV}{}2020-06-11T01:00:00Z,10.2.0.66,10.1.0.9,445,tcp,1,allow,evil\u{1b}[2K\n", good(1));
    let offset = CSV.len() as u64 + good(1).len() as u64;
    let book = kyoten::sites::SiteBook::default();
    let lookup = Lookup::new(Wanted::At([offset].into()), book.for_evidence("x"), book.parties(), 10, 0);
    let mut reading = kyoten::reading::Reading::new("x", Default::default(), lookup);
    reading.feed(forged.as_bytes());
    let (receipt, mut lookup) = reading.finish();
    assert_eq!(receipt.imbalance(), None);
    let rows = lookup.take();
    assert!(rows[0].text.contains("10.2.0.66") && !rows[0].text.contains('\u{1b}'), "{rows:?}");
}
