//! The ledger as bytes, for the way from a reader to the analyst. The same ledger is always the same bytes.
//!
//! A ledger may be tens of megabytes, so it is never copied on the way: entries are written one behind the other as they
//! stand, in order, and each that is read goes straight to its place.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::capped::{Capped, Entries};
use super::trails::TrailKey;
use super::{Grain, Ledger, PairKey, PairTotals, Pairs, Served, ServiceKey, Services, Totals, TrailDay};
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// What stands before the entries.
#[derive(Serialize, Deserialize)]
struct Head {
    services_cap: usize,
    services_bar: Option<(u8, u64)>,
    hours_cap: usize,
    grain: Grain,
    coarse_cap: usize,
    coarse_bar: Option<(u8, u64)>,
    trails_cap: usize,
    trails_bar: Option<(u8, u64)>,
    pairs_cap: usize,
    pairs_bar: Option<(u8, u64)>,
    spilled_services: Totals,
    spilled_pairs: Totals,
    names: BTreeMap<Host, String>,
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    days: BTreeMap<Locus, BTreeSet<i32>>,
    witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
}

/// Values one behind the other.
struct Writing(Vec<u8>);

impl Writing {
    fn put<T: Serialize>(&mut self, value: &T) {
        let bytes = std::mem::take(&mut self.0);
        self.0 = postcard::to_extend(value, bytes).expect("a ledger holds nothing that postcard cannot write");
    }

    /// How many there are, then each.
    fn all<T: Serialize>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.put(&values.len());
        values.for_each(|value| self.put(&value));
    }
}

struct Reading<'b>(&'b [u8]);

impl Reading<'_> {
    fn take<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let (value, rest) = postcard::take_from_bytes(self.0).map_err(|e| format!("not a ledger: {e}"))?;
        self.0 = rest;
        Ok(value)
    }

    fn all<T: DeserializeOwned>(&mut self, mut each: impl FnMut(T)) -> Result<(), String> {
        for _ in 0..self.take::<usize>()? {
            each(self.take()?);
        }
        Ok(())
    }
}

impl Ledger {
    /// The ledger as bytes. It was settled before.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Roughly what its entries take, so that the bytes need not move to ever larger places.
        let room = self.services.len() * 200
            + self.services.hours() * 32
            + self.pairs.entries().len() * 110
            + self.trails.len() * 60
            + 4096;
        let mut writing = Writing(Vec::with_capacity(room));
        writing.put(&Head {
            services_cap: self.services.cap(),
            services_bar: self.services.bar(),
            hours_cap: self.services.hours_cap(),
            grain: self.services.grain(),
            coarse_cap: self.coarse.cap(),
            coarse_bar: self.coarse.bar(),
            trails_cap: self.trails.cap(),
            trails_bar: self.trails.bar(),
            pairs_cap: self.pairs.cap(),
            pairs_bar: self.pairs.bar(),
            spilled_services: self.spilled_services.clone(),
            spilled_pairs: self.spilled_pairs.clone(),
            names: self.names.clone(),
            coverage: self.coverage.clone(),
            days: self.days.clone(),
            witnesses: self.witnesses.clone(),
        });
        writing.all(self.services());
        writing.all(self.coarse().into_iter());
        writing.all(self.pairs());
        writing.all(self.trails.sorted().into_iter());
        writing.0
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let mut reading = Reading(bytes);
        let head: Head = reading.take()?;
        let mut services = Services::of_bar(head.services_cap, head.hours_cap, head.grain, head.services_bar);
        reading.all(|(key, served): (ServiceKey, Served)| {
            if let Some(number) = services.counted(key) {
                services.absorb(number, &served);
            }
        })?;
        services.settle(|_, _| {});
        let mut coarse: Entries<ServiceKey, Totals> = Entries::default();
        reading.all(|(key, totals): (ServiceKey, Totals)| _ = coarse.insert(key, totals))?;
        let mut ledger = Ledger {
            services,
            coarse: Capped::of_entries(coarse, head.coarse_cap, head.coarse_bar),
            pairs: Pairs::of_bar(head.pairs_cap, head.pairs_bar),
            spilled_services: head.spilled_services,
            spilled_pairs: head.spilled_pairs,
            names: head.names,
            coverage: head.coverage,
            days: head.days,
            witnesses: head.witnesses,
            ..Ledger::default()
        };
        reading.all(|(key, pair): (PairKey, PairTotals)| ledger.add_pair(key, &pair))?;
        let mut trails: Entries<TrailKey, TrailDay> = Entries::default();
        reading.all(|(key, day): (TrailKey, TrailDay)| _ = trails.insert(key, day))?;
        ledger.trails = Capped::of_entries(trails, head.trails_cap, head.trails_bar);
        Ok(ledger)
    }
}
