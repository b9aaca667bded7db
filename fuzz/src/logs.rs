//! What holds for every log, whatever its bytes are: nothing panics, every byte of every layer and member is in exactly one account,
//! and the same bytes in other chunks give the same flows and the same receipts.

use kyoten::evidence::{Place, Record};
use kyoten::flow::Flow;
use kyoten::formats::Disposition;
use kyoten::reading::{Fate, Order, Reading, Visitor, receipt::Receipt};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Reads the bytes by this format, or by what their content tells, whole and in chunks of this size.
pub fn hold(format: Option<&str>, chunk: usize, bytes: &[u8]) {
    let whole = read(format, bytes, bytes.len().max(1));
    let parts = read(format, bytes, chunk);
    assert_eq!(whole, parts, "chunks of {chunk} bytes change the result");
}

/// The receipts of the file and of its members by name, each with what was found in it.
fn read(format: Option<&str>, bytes: &[u8], chunk: usize) -> Vec<(Receipt, u64)> {
    let order = Order { format: format.map(str::to_owned), ..Order::default() };
    let empty = || Digest(DefaultHasher::new());
    let inner = order.clone();
    let open = Arc::new(move |_: &str| (inner.clone(), empty()));
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
