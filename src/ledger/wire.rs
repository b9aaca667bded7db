//! The ledger as bytes, for the way from a reader to the analyst. The same ledger is always the same bytes.
//!
//! A ledger may be hundreds of megabytes, so it is never copied on the way: entries are written from where they stand, in
//! order, and each that is read goes straight to its place.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::capped::{Absorb, Capped, Entries, Ranked};
use super::trails::TrailKey;
use super::{Grain, Ledger, PairKey, PairTotals, Served, ServiceKey, Totals, TrailDay};
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// What is written: field for field what [`Arriving`] reads.
#[derive(Serialize)]
struct Leaving<'l> {
    services: Sorted<'l, ServiceKey, Served>,
    grain: Grain,
    hours_cap: usize,
    coarse: Sorted<'l, ServiceKey, Totals>,
    pairs: Sorted<'l, PairKey, PairTotals>,
    trails: Sorted<'l, TrailKey, TrailDay>,
    spilled_services: &'l Totals,
    spilled_pairs: &'l Totals,
    names: &'l BTreeMap<Host, String>,
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    days: &'l BTreeMap<Locus, BTreeSet<i32>>,
    witnesses: &'l BTreeMap<Locus, BTreeMap<String, u64>>,
}

/// What is read.
#[derive(Deserialize)]
struct Arriving {
    services: Gathered<ServiceKey, Served>,
    grain: Grain,
    hours_cap: usize,
    coarse: Gathered<ServiceKey, Totals>,
    pairs: Gathered<PairKey, PairTotals>,
    trails: Gathered<TrailKey, TrailDay>,
    spilled_services: Totals,
    spilled_pairs: Totals,
    names: BTreeMap<Host, String>,
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    days: BTreeMap<Locus, BTreeSet<i32>>,
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
            entries.reserve(sequence.size_hint().unwrap_or(0).min(super::PAIR_CAP));
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
            services: Sorted::of(&self.services),
            grain: self.grain,
            hours_cap: self.hours_cap,
            coarse: Sorted::of(&self.coarse),
            pairs: Sorted::of(&self.pairs),
            trails: Sorted::of(&self.trails),
            spilled_services: &self.spilled_services,
            spilled_pairs: &self.spilled_pairs,
            names: &self.names,
            coverage: self.coverage(),
            days: &self.days,
            witnesses: &self.witnesses,
        };
        // Roughly what its entries take, so that the bytes need not move to ever larger places.
        let room = self.services.len() * 400
            + self.hours * 32
            + self.coarse.len() * 48
            + self.pairs.len() * 110
            + self.trails.len() * 60
            + 4096;
        postcard::to_extend(&leaving, Vec::with_capacity(room))
            .expect("a ledger holds nothing that postcard cannot write")
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let arriving: Arriving = postcard::from_bytes(bytes).map_err(|e| format!("not a ledger: {e}"))?;
        let services = arriving.services.into_capped();
        Ok(Ledger {
            hours: services.values().map(|served: &Served| served.hours.len()).sum(),
            services,
            grain: arriving.grain,
            hours_cap: arriving.hours_cap,
            coarse: arriving.coarse.into_capped(),
            pairs: arriving.pairs.into_capped(),
            trails: arriving.trails.into_capped(),
            spilled_services: arriving.spilled_services,
            spilled_pairs: arriving.spilled_pairs,
            names: arriving.names,
            coverage: arriving.coverage,
            watching: None,
            days: arriving.days,
            witnesses: arriving.witnesses,
        })
    }
}
