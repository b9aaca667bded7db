//! What a reader is told of a file, and what it brings back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;
use crate::reading::receipt::Receipt;
use crate::reading::rows::{Lookup, Wanted};
use crate::reading::{Order, Reading, count::Counting};
use crate::sites::{Parties, Places, SharedCountries, SiteBook};

/// What a reader needs for a file, as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadingOrder {
    /// Format, clock, mapping.
    pub order: Order,
    /// The sites.
    pub book: SiteBook,
    /// Countries of what is outside.
    pub countries: Option<SharedCountries>,
    /// What was settled for members of the file, where it is an archive; the others are read by its own order.
    pub(super) members: BTreeMap<String, Order>,
}

impl ReadingOrder {
    /// The order as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("an order holds nothing that postcard cannot write")
    }

    /// Reads what [`ReadingOrder::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<ReadingOrder, String> {
        postcard::from_bytes(bytes).map_err(|e| format!("not an order to read: {e}"))
    }

    /// The book as evidence of this name sees it.
    pub fn places(&self, name: &str) -> Places {
        let countries = self.countries.as_ref().map(|shared| shared.0.clone());
        self.book.for_evidence(name).with_countries(countries)
    }

    /// What a member of this name, or the file itself, is read with.
    pub fn order_of(&self, name: &str) -> &Order {
        self.members.get(name).unwrap_or(&self.order)
    }

    /// A pass that counts the file of this name, or the members of it where it is an archive.
    pub fn reading(&self, name: &str) -> Reading<Counting> {
        let whole = self.clone();
        let open = Arc::new(move |name: &str| (whole.order_of(name).clone(), whole.counting(name)));
        Reading::opening(name, self.order.clone(), self.counting(name), open)
    }

    /// A second pass over the file of this name for rows. `wanted` says what of each evidence: of the file, or of its members.
    pub fn looking(
        &self,
        name: &str,
        parties: &Parties,
        most: usize,
        wanted: impl Fn(&str) -> Wanted + Send + Sync + 'static,
    ) -> Reading<Lookup> {
        let (whole, parties) = (self.clone(), parties.clone());
        let lookup = move |name: &str| {
            let lookup = Lookup::new(wanted(name), whole.places(name), parties.clone(), most, 0);
            (whole.order_of(name).clone(), lookup)
        };
        let (itself, visitor) = lookup(name);
        Reading::opening(name, itself, visitor, Arc::new(lookup))
    }

    /// A ledger to be filled from a file of this name.
    pub fn counting(&self, name: &str) -> Counting {
        Counting::new(self.places(name), name)
    }

    pub(super) fn stamp(&self, name: &str) -> u64 {
        stamp(self.order_of(name), &self.book, self.countries.as_ref())
    }

    /// The result of a reading by this order, of the file or of a member.
    pub fn result(&self, receipt: Receipt, counting: Counting) -> ReadingResult {
        let stamp = self.stamp(&receipt.name);
        ReadingResult { receipt, ledger: counting.into_ledger(), stamp }
    }
}

/// Tells what a file was read with: names and places of sites do not change what is counted; ranges, patterns and the
/// settings do.
pub(super) fn stamp(order: &Order, book: &SiteBook, countries: Option<&SharedCountries>) -> u64 {
    let counted: Vec<_> = book.sites.iter().map(|site| (&site.ranges, &site.host_patterns)).collect();
    // Mappings that might fit are no part of what was settled: another one would have every file read again.
    let order = Order { mappings: Vec::new(), ..order.clone() };
    let bytes = postcard::to_allocvec(&(order, counted, countries.map(|shared| shared.0.stamp())))
        .expect("an order holds nothing that postcard cannot write");
    bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// What came of reading a file, as it travels from reader to analyst.
pub struct ReadingResult {
    pub(super) receipt: Receipt,
    pub(super) ledger: Ledger,
    pub(super) stamp: u64,
}

impl ReadingResult {
    /// The result as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = postcard::to_allocvec(&(&self.receipt, self.stamp));
        self.ledger.write_behind(head.expect("a receipt holds nothing that postcard cannot write"))
    }

    /// Reads what [`ReadingResult::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<ReadingResult, String> {
        let ((receipt, stamp), ledger) =
            postcard::take_from_bytes(bytes).map_err(|e| format!("not the result of a reading: {e}"))?;
        Ok(ReadingResult { receipt, stamp, ledger: Ledger::from_bytes(ledger)? })
    }
}
