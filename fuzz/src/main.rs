//! One target for every format and container: `KYOTEN_FORMAT` names a format (`cargo xtask fuzz` does), and without it the
//! content tells.
//!
//! Whatever the bytes are: nothing panics, every byte of every layer and member is in exactly one account, and the same
//! bytes in other chunks give the same flows and the same receipts.

#![no_main]

use kyoten::evidence::{Place, Record};
use kyoten::flow::Flow;
use kyoten::formats::Disposition;
use kyoten::reading::{Fate, Order, Reading, Visitor, receipt::Receipt};
use libfuzzer_sys::fuzz_target;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

static FORMAT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KYOTEN_FORMAT").ok());

fuzz_target!(|input: &[u8]| {
    // The first byte says how the rest comes.
    let Some((first, bytes)) = input.split_first() else { return };
    let whole = read(bytes, bytes.len().max(1));
    let parts = read(bytes, 1 + usize::from(*first));
    assert_eq!(whole, parts, "chunks of {} bytes change the result", 1 + usize::from(*first));
});

/// The receipts of the file and of its members by name, each with what was found in it.
fn read(bytes: &[u8], chunk: usize) -> Vec<(Receipt, u64)> {
    let order = Order { format: FORMAT.clone(), ..Order::default() };
    let empty = || Digest(DefaultHasher::new());
    let open = Arc::new(move |_: &str| (Order::default(), empty()));
    let mut reading = Reading::opening("fuzz.log", order, empty(), open);
    let mut all = Vec::new();
    for part in bytes.chunks(chunk) {
        reading.feed(part);
        all.extend(reading.members());
    }
    all.extend(reading.finish_all());
    for (receipt, _) in &all {
        assert_eq!(receipt.imbalance(), None, "{}", receipt.name);
    }
    let mut all: Vec<_> = all.into_iter().map(|(receipt, digest)| (receipt, digest.0.finish())).collect();
    all.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    all
}

/// All flows and dispositions, as one number.
struct Digest(DefaultHasher);

impl Visitor for Digest {
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        format!("{flow:?} {place:?}").hash(&mut self.0);
        Fate::Drawn
    }

    fn record(&mut self, record: Record<'_>, disposition: &Disposition) {
        (record.bytes, record.place).hash(&mut self.0);
        format!("{disposition:?}").hash(&mut self.0);
    }
}
