//! One target for every format: `KYOTEN_FORMAT` names it (`cargo xtask fuzz` does), and without it the content tells.
//!
//! Whatever the bytes are: nothing panics, every byte is in exactly one account, and the same bytes in other chunks give
//! the same flows and the same receipt.

#![no_main]

use kyoten::evidence::{Place, Record};
use kyoten::flow::Flow;
use kyoten::formats::Disposition;
use kyoten::reading::{Fate, Order, Reading, Visitor, receipt::Receipt};
use libfuzzer_sys::fuzz_target;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

static FORMAT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("KYOTEN_FORMAT").ok());

fuzz_target!(|input: &[u8]| {
    // The first byte says how the rest comes.
    let Some((first, bytes)) = input.split_first() else { return };
    let whole = read(bytes, bytes.len().max(1));
    let parts = read(bytes, 1 + usize::from(*first));
    assert!(whole == parts, "chunks of {} bytes change the result", 1 + usize::from(*first));
});

fn read(bytes: &[u8], chunk: usize) -> (Receipt, u64) {
    let order = Order { format: FORMAT.clone(), ..Order::default() };
    let mut reading = Reading::new("fuzz.log", order, Digest(DefaultHasher::new()));
    bytes.chunks(chunk).for_each(|part| reading.feed(part));
    let (receipt, digest) = reading.finish();
    assert_eq!(receipt.accounts.imbalance(), None);
    for layer in &receipt.layers {
        assert_eq!(layer.imbalance(), None);
    }
    (receipt, digest.0.finish())
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
