//! A column mapping is kept, saved as a small file, and taken up by the next export of the same columns, whichever comes first.

use kyoten::case::Case;
use kyoten::case::document::Document;
use kyoten::formats::{Mapping, MappingFile, Sample};

const TABLE: &str = "wann,wer,wen,wieviel\n2020-06-11T01:00:00Z,192.0.2.1,198.51.100.1,5\n2020-06-11T02:00:00Z,192.0.2.2,198.51.100.1,7\n";
const OBJECTS: &str = "{\"wann\":\"2020-06-11T01:00:00Z\",\"a\":{\"wer\":\"192.0.2.1\"},\"wen\":\"198.51.100.1\"}\n{\"wann\":\"2020-06-11T02:00:00Z\",\"a\":{\"wer\":\"192.0.2.3\"},\"wen\":\"198.51.100.1\"}\n";

fn add(case: &mut Case, name: &str, text: &str) {
    let order = case.reading_order(name);
    let mut reading = order.reading(name);
    reading.feed(text.as_bytes());
    let (receipt, counting) = reading.finish();
    assert_eq!(receipt.imbalance(), None);
    case.add(order.result(receipt, counting));
}

fn saved(text: &str, columns: &[(&str, &str)]) -> MappingFile {
    let columns = columns.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect();
    let made = MappingFile::of(&Mapping { columns }, &Sample { bytes: text.as_bytes(), whole: true }).unwrap();
    MappingFile::read(made.to_json().as_bytes()).unwrap()
}

fn flows(case: &Case, name: &str) -> (Option<String>, u64) {
    let file = case.files().iter().find(|file| file.receipt.name == name).unwrap();
    (file.receipt.format.clone(), file.receipt.accounts.flows)
}

#[test]
fn a_saved_mapping_reads_the_next_export_before_and_after() {
    for (text, format, columns) in [
        (TABLE, "mapped_csv", &[("ts", "wann"), ("src_ip", "wer"), ("dst_ip", "wen"), ("bytes_out", "wieviel")][..]),
        (OBJECTS, "mapped_json", &[("ts", "wann"), ("src_ip", "a.wer"), ("dst_ip", "wen")]),
    ] {
        let mut case = Case::default();
        add(&mut case, "june.log", text);
        assert_eq!(flows(&case, "june.log"), (None, 0), "nobody can guess these names");
        case.take_mapping(saved(text, columns));
        // What is here already is to be read again, what comes later is read so at once.
        assert_eq!(case.must_read_again(), ["june.log"]);
        add(&mut case, "june.log", text);
        add(&mut case, "july.log", &text.replace("2020-06", "2020-07"));
        for name in ["june.log", "july.log"] {
            assert_eq!(flows(&case, name), (Some(format.to_owned()), 2), "{name}");
        }
        assert!(case.must_read_again().is_empty());
        // The case file keeps it, and so does the file that is made of it again.
        let document = Document::of(&case, &case.analyse());
        let mut again = Case::default();
        again.resume(&document, &|_| None);
        add(&mut again, "july.log", &text.replace("2020-06", "2020-07"));
        assert_eq!(flows(&again, "july.log"), (Some(format.to_owned()), 2));
        assert_eq!(again.mapping_file(0).map(|file| file.columns), Some(saved(text, columns).columns));
    }
}

#[test]
fn a_mapping_of_other_columns_changes_nothing() {
    let mut case = Case::default();
    case.take_mapping(saved(TABLE, &[("src_ip", "wer"), ("dst_ip", "wen")]));
    add(&mut case, "other.csv", "src,dst,bytes\n192.0.2.1,198.51.100.1,5\n");
    add(&mut case, "some.csv", "wann,wer,was\n1,2,3\n");
    assert_eq!(flows(&case, "other.csv"), (Some("mapped_csv".to_owned()), 1));
    assert_eq!(flows(&case, "some.csv"), (None, 0));
}
