//! The ledger as bytes, for the way from a reader to the analyst. The same ledger is always the same bytes.
//!
//! A ledger may be hundreds of megabytes, so it is never copied on the way: entries are written from where they stand, in
//! order, and each that is read goes straight to its place.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::capped::{Absorb, Capped, Entries, Ranked};
use super::{CellKey, Earliest, Ledger, PairKey, PairTotals, ServiceKey, Totals};
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// What is written: field for field what [`Arriving`] reads.
#[derive(Serialize)]
struct Leaving<'l> {
    cells: Sorted<'l, CellKey, Totals>,
    coarse: Sorted<'l, CellKey, Totals>,
    pairs: Sorted<'l, PairKey, PairTotals>,
    rows: Sorted<'l, ServiceKey, Earliest>,
    spilled_cells: &'l Totals,
    spilled_pairs: &'l Totals,
    names: &'l BTreeMap<Host, String>,
    accounts: &'l BTreeMap<ServiceKey, BTreeMap<String, u64>>,
    coverage: &'l BTreeMap<String, BTreeMap<Hour, u64>>,
    witnesses: &'l BTreeMap<Locus, BTreeMap<String, u64>>,
}

/// What is read.
#[derive(Deserialize)]
struct Arriving {
    cells: Gathered<CellKey, Totals>,
    coarse: Gathered<CellKey, Totals>,
    pairs: Gathered<PairKey, PairTotals>,
    rows: Gathered<ServiceKey, Earliest>,
    spilled_cells: Totals,
    spilled_pairs: Totals,
    names: BTreeMap<Host, String>,
    accounts: BTreeMap<ServiceKey, BTreeMap<String, u64>>,
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
}

#[derive(Serialize)]
struct Sorted<'t, K, V> {
    entries: Vec<(K, &'t V)>,
    cap: usize,
    bar: Option<(u8, u64)>,
}

impl<'t, K: Ranked, V: Absorb + Default> Sorted<'t, K, V> {
    fn of(table: &'t Capped<K, V>) -> Self {
        Sorted { entries: table.sorted(), cap: table.cap(), bar: table.bar() }
    }
}

#[derive(Deserialize)]
#[serde(bound = "K: Ranked + Deserialize<'de>, V: Deserialize<'de>")]
struct Gathered<K, V> {
    #[serde(deserialize_with = "gather")]
    entries: Entries<K, V>,
    cap: usize,
    bar: Option<(u8, u64)>,
}

impl<K: Ranked, V: Absorb + Default> Gathered<K, V> {
    fn into_capped(self) -> Capped<K, V> {
        Capped::of_entries(self.entries, self.cap, self.bar)
    }
}

fn gather<'de, D, K, V>(from: D) -> Result<Entries<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Ranked + Deserialize<'de>,
    V: Deserialize<'de>,
{
    struct Gathering<K, V>(PhantomData<(K, V)>);
    impl<'de, K: Ranked + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Gathering<K, V> {
        type Value = Entries<K, V>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the entries of a table")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            // The length is what the bytes claim; damaged ones must not reserve more than a table may hold.
            let mut entries = Entries::default();
            entries.reserve(sequence.size_hint().unwrap_or(0).min(super::CELL_CAP));
            while let Some((key, value)) = sequence.next_element()? {
                entries.insert(key, value);
            }
            Ok(entries)
        }
    }
    from.deserialize_seq(Gathering(PhantomData))
}

impl Ledger {
    /// The ledger as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let leaving = Leaving {
            cells: Sorted::of(&self.cells),
            coarse: Sorted::of(&self.coarse),
            pairs: Sorted::of(&self.pairs),
            rows: Sorted::of(&self.rows),
            spilled_cells: &self.spilled_cells,
            spilled_pairs: &self.spilled_pairs,
            names: &self.names,
            accounts: &self.accounts,
            coverage: &self.coverage,
            witnesses: &self.witnesses,
        };
        // Roughly what its entries take, so that the bytes need not move to ever larger places.
        let room = (self.cells.len() + self.coarse.len()) * 48 + self.pairs.len() * 110 + 4096;
        postcard::to_extend(&leaving, Vec::with_capacity(room))
            .expect("a ledger holds nothing that postcard cannot write")
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let arriving: Arriving = postcard::from_bytes(bytes).map_err(|e| format!("not a ledger: {e}"))?;
        Ok(Ledger {
            cells: arriving.cells.into_capped(),
            coarse: arriving.coarse.into_capped(),
            pairs: arriving.pairs.into_capped(),
            rows: arriving.rows.into_capped(),
            spilled_cells: arriving.spilled_cells,
            spilled_pairs: arriving.spilled_pairs,
            names: arriving.names,
            accounts: arriving.accounts,
            coverage: arriving.coverage,
            witnesses: arriving.witnesses,
        })
    }
}
