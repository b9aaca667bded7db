//! The sample case, or other logs with its books, as the command line reads them.

use std::sync::LazyLock;

use kyoten::case::Case;
use kyoten::case::document::Document;
use kyoten::policy::csv::read_policy;
use kyoten::reading::Reading;
use kyoten::reading::rollup::Rollup;
use kyoten::sample;
use kyoten::sites::SiteBook;
use kyoten::sites::import::read_sites;

/// All its files, made once.
static FILES: LazyLock<Vec<(&str, Vec<u8>)>> =
    LazyLock::new(|| sample::files().into_iter().map(|file| (file.name, file.bytes)).collect());

/// The bytes of one of its files.
pub fn bytes(name: &str) -> &'static [u8] {
    &FILES.iter().find(|(own, _)| *own == name).expect("a file of the sample").1
}

/// Its sites.
pub fn book() -> SiteBook {
    read_sites(bytes("SYNTHETIC-sites.csv")).0
}

/// Its logs by name.
pub fn logs() -> Vec<(&'static str, &'static [u8])> {
    sample::names().filter(|name| !name.contains("sites") && !name.contains("policy")).map(|n| (n, bytes(n))).collect()
}

/// A case of these logs, with the sample's books.
pub fn case_of<'l>(logs: impl IntoIterator<Item = (&'l str, &'l [u8])>) -> Case {
    let mut case = Case::default();
    case.book = book();
    case.policy = read_policy(bytes("SYNTHETIC-policy.csv")).0;
    for (name, bytes) in logs {
        let order = case.reading_order(name);
        let mut reading = Reading::new(name, order.order.clone(), order.counting(name));
        reading.feed(bytes);
        let (receipt, counting) = reading.finish();
        assert_eq!(receipt.imbalance(), None, "{name}");
        case.add(order.result(receipt, counting));
    }
    case
}

/// The rollup of these logs by the sample's sites.
pub fn rollup_of<'l>(logs: impl IntoIterator<Item = (&'l str, &'l [u8])>) -> String {
    let book = book();
    let mut whole = Rollup::new(&book, "");
    for (name, bytes) in logs {
        let mut reading = Reading::new(name, Default::default(), Rollup::new(&book, name));
        reading.feed(bytes);
        whole.absorb(reading.finish().1);
    }
    whole.to_csv(&book, str::to_owned)
}

/// The whole sample case.
pub fn case() -> Case {
    static CASE: LazyLock<Case> = LazyLock::new(|| case_of(logs()));
    CASE.clone()
}

/// Its case file.
pub fn document() -> Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
        let case = case();
        Document::of(&case, &case.analyse())
    });
    DOCUMENT.clone()
}
