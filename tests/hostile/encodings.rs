//! Cases 15 and 31 beyond UTF: text as Windows writes it in Japan, Thailand or Germany. Its bytes and their places stay those of
//! the file; its names are read.

use std::collections::BTreeSet;
use std::path::Path;

use super::archives::{member, zip};
use super::making::{SITES, add, inert, read_with, receipt};
use encoding_rs::{Encoding, SHIFT_JIS, WINDOWS_874};
use kyoten::case::Case;
use kyoten::case::document::Document;
use kyoten::evidence::encoding::{Charset, Known, Taken, fingerprint};
use kyoten::reading::rows::{Lookup, Row, Wanted};
use kyoten::reading::{Order, Reading};
use kyoten::sites::SiteBook;
use kyoten::sites::import::read_sites;

/// CEF, in whose header `|` parts the cells and `\` escapes. The second bytes of ポ, ソ, 表 and 能 are these very characters.
fn cef(names: &[&str]) -> String {
    let line = |(n, name): (usize, &&str)| {
        format!(
            "CEF:0|Example|Wall|1|100|{name}|3|rt=15918336{n:02}000 src=10.2.0.{n} dst=10.1.0.9 dpt=445 proto=TCP act=accept suser={name} in=10 out=20\n"
        )
    };
    names.iter().enumerate().map(line).collect()
}

const JAPANESE: [&str; 4] = ["ポート表示", "ソフトウェア機能", "東京本社の共有フォルダ", "plain"];

fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn taken(charset: Charset, known: Known) -> Option<Taken> {
    Some(Taken { charset, known })
}

fn rows_at(order: Order, bytes: &[u8], offsets: BTreeSet<u64>) -> Vec<Row> {
    let book = SiteBook::default();
    let lookup = Lookup::new(Wanted::At(offsets), book.for_evidence("x"), book.parties(), 10, 0);
    let mut reading = Reading::new("x", order, lookup);
    bytes.chunks(5).for_each(|chunk| reading.feed(chunk));
    reading.finish().1.take()
}

#[test]
fn case_15_bytes_that_are_also_delimiters_are_read_as_the_letters_that_they_are() {
    let log = encoded(SHIFT_JIS, &cef(&JAPANESE));
    assert!(
        log.contains(&b'|')
            && log.windows(2).any(|pair| pair == b"\x83|")
            && log.windows(2).any(|pair| pair == b"\x95\\")
    );
    let own = receipt(&log);
    assert_eq!(
        (own.format.as_deref(), own.accounts.parsed.count, own.encoding),
        (Some("cef"), 4, taken(Charset::ShiftJis, Known::Told))
    );
    assert_eq!((own.layers[0].name.as_str(), own.layers[0].length), ("shift_jis", log.len() as u64));
    // A place is that of the bytes in the file, and leads back to the row.
    let starts: BTreeSet<u64> =
        std::iter::once(0).chain(log.iter().zip(1..).filter(|(b, _)| **b == b'\n').map(|(_, next)| next)).collect();
    let rows = rows_at(Order::default(), &log, starts.clone());
    assert_eq!(
        rows.iter().map(|row| row.place.offset).collect::<Vec<_>>(),
        starts.into_iter().take(4).collect::<Vec<_>>()
    );
    assert!(
        rows[0].text.contains("suser=ポート表示") && rows[0].flow.english().ends_with("account ポート表示"),
        "{rows:?}"
    );
}

#[test]
fn case_15_what_can_not_be_told_is_kept_said_and_may_be_chosen() {
    let log = encoded(WINDOWS_874, &cef(&["กข"]));
    let own = receipt(&log);
    assert_eq!((own.accounts.parsed.count, own.encoding), (1, taken(Charset::Utf8, Known::Unclear)));
    assert!(rows_at(Order::default(), &log, [0].into())[0].text.contains("suser=\\xa1\\xa2"));
    let order = Order { encoding: Some(Charset::Windows874), ..Order::default() };
    assert_eq!(read_with(order.clone(), &log, 3).0.encoding, taken(Charset::Windows874, Known::Chosen));
    assert!(rows_at(order.clone(), &log, [0].into())[0].text.contains("suser=กข"));

    // Chosen in a case, it has the file read again, stands in the document and its log, and is taken up with the case file.
    let mut case = Case::default();
    case.book = read_sites(SITES).0;
    add(&mut case, "thai.log", log.chunks(9));
    assert!(case.analyse().notices.iter().any(|notice| notice.english().contains("not UTF-8")));
    case.orders.entry("thai.log".to_owned()).or_default().encoding = Some(Charset::Windows874);
    assert_eq!(case.must_read_again(), ["thai.log"]);
    add(&mut case, "thai.log", log.chunks(9));
    let (analysis, json) = inert(&case);
    assert_eq!(
        (&json["evidence"][0]["encoding"]["name"], &json["evidence"][0]["encoding"]["known"]),
        (&"windows-874".into(), &"chosen".into())
    );
    let document = Document::of(&case, &analysis);
    assert!(document.log.iter().any(|entry| entry.act == "encoding" && entry.with == "windows-874"));
    let mut again = Case::default();
    again.resume(&document, &|_| None);
    assert_eq!(again.orders["thai.log"].encoding, Some(Charset::Windows874));
}

#[test]
fn case_31_each_member_of_an_archive_has_an_encoding_of_its_own() {
    let japan = encoded(SHIFT_JIS, &cef(&JAPANESE));
    let thai = encoded(WINDOWS_874, &cef(&["สำนักงานกรุงเทพ", "ฝ่ายบัญชี"]));
    let archive =
        zip(&[member("japan.log", &japan), member("thai.log", &thai), member("plain.log", cef(&["東京"]).as_bytes())]);
    let order = Case::default().reading_order("logs.zip");
    let mut reading = order.reading("logs.zip");
    archive.chunks(11).for_each(|chunk| reading.feed(chunk));
    let found: Vec<_> = reading
        .finish_all()
        .into_iter()
        .skip(1)
        .map(|(receipt, _)| (receipt.accounts.parsed.count, receipt.encoding))
        .collect();
    assert_eq!(
        found,
        [(4, taken(Charset::ShiftJis, Known::Told)), (2, taken(Charset::Windows874, Known::Told)), (1, None)]
    );
}

#[test]
fn case_31_places_in_utf_16_are_those_of_the_file() {
    let text = cef(&["東京", "plain"]);
    let log: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let second = 2 + 2 * text.split_inclusive('\n').next().unwrap().encode_utf16().count() as u64;
    let rows = rows_at(Order::default(), &log, [2, second].into());
    assert_eq!(rows.iter().map(|row| row.place.offset).collect::<Vec<_>>(), [2, second]);
}

#[test]
fn a_site_book_saved_by_a_japanese_spreadsheet_is_read() {
    let (book, complaints) = read_sites(&encoded(SHIFT_JIS, "site,cidr\n東京本社,10.1.0.0/16\n"));
    assert_eq!((book.sites[0].name.as_str(), complaints.len()), ("東京本社", 0));
}

/// The browser's tests compare with the same file.
#[test]
fn tables_of_encodings_are_as_noted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encodings.tsv");
    let own: String = Charset::ALL
        .iter()
        .filter_map(|charset| Some(format!("{}\t{}\n", charset.name(), fingerprint(*charset)?)))
        .collect();
    if std::env::var_os("INSTA_UPDATE").is_some() {
        std::fs::write(&path, &own).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
}
