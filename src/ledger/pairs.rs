//! Two hosts and what one asked of the other. There may be hundreds of thousands in a tab's memory, so they are packed.

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Ranked, mixed};
use super::index::{Index, spread};
use super::service::{link_class, service_bits};
use super::sight::{Loose, Packed, UNDATED};
use super::totals::{Counts, Seen};
use super::wire::{Flat, Laying, Lifting};
use super::{ServiceKey, Sight, Totals, Trail};
use crate::flow::{Host, Moment, Outcome, Service};
use crate::sites::Locus;

/// Two hosts and what one asked of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairKey {
    /// The initiator's side.
    pub from: Locus,
    /// The responder's side.
    pub to: Locus,
    /// What was asked for.
    pub service: Service,
    /// The initiator.
    pub initiator: Host,
    /// The responder.
    pub responder: Host,
}

impl PairKey {
    pub(super) fn of(key: ServiceKey, initiator: Host, responder: Host) -> PairKey {
        PairKey { from: key.from, to: key.to, service: key.service, initiator, responder }
    }

    pub(super) fn service(&self) -> ServiceKey {
        ServiceKey { from: self.from, to: self.to, service: self.service }
    }

    #[inline]
    fn hosts(&self) -> (u64, u64) {
        let fold = |host: Host| (host.0 as u64) ^ ((host.0 >> 64) as u64).rotate_left(29);
        (fold(self.initiator), fold(self.responder))
    }
}

impl Ranked for PairKey {
    fn rank(&self) -> (u8, u64) {
        let (initiator, responder) = self.hosts();
        (
            link_class(self.from, self.to),
            mixed(mixed(initiator) ^ mixed(!responder) ^ mixed(service_bits(self.service))),
        )
    }
}

/// What two hosts did over one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairTotals {
    counts: Counts,
    /// The latest start; [`UNDATED`] without one.
    last: Loose,
    first: Packed,
    first_established: Packed,
    last_established: Packed,
}

impl Default for PairTotals {
    fn default() -> PairTotals {
        PairTotals {
            counts: Counts::default(),
            last: (UNDATED as u64).into(),
            first: Packed::NONE,
            first_established: Packed::NONE,
            last_established: Packed::NONE,
        }
    }
}

impl PairTotals {
    /// The sums.
    pub fn totals(&self) -> Totals {
        let last = (self.last() != UNDATED).then_some(Moment(self.last()));
        self.counts.totals(self.first().and_then(|sight| sight.at), last)
    }

    /// The first record.
    pub fn first(&self) -> Option<Sight> {
        self.first.sight()
    }

    /// The first record that was answered or admitted.
    pub fn first_established(&self) -> Option<Sight> {
        self.first_established.sight()
    }

    /// The last record that was answered or admitted.
    pub fn last_established(&self) -> Option<Sight> {
        self.last_established.sight()
    }

    fn last(&self) -> i64 {
        self.last.get() as i64
    }

    /// Counts a flow.
    #[inline]
    pub(super) fn count(&mut self, seen: &Seen, sight: Packed) {
        self.counts.count(seen);
        self.last = (self.last().max(seen.at) as u64).into();
        self.first.sooner(sight);
        if seen.outcome == Outcome::Established {
            self.first_established.sooner(sight);
            self.last_established.later(sight);
        }
    }

    /// Counts flows of one outcome that a row of a rollup stands for, from this sight to that.
    fn count_rolled(&mut self, totals: &Totals, outcome: Outcome, first: Packed, last: Packed) {
        self.counts.absorb(&Counts::of(totals));
        self.last = (self.last().max(last.at()) as u64).into();
        self.first.sooner(first);
        if outcome == Outcome::Established {
            self.first_established.sooner(first);
            self.last_established.later(last);
        }
    }

    /// The file of its sights is called this from now on.
    pub(super) fn call(&mut self, file: u32) {
        for sight in [&mut self.first, &mut self.first_established, &mut self.last_established] {
            sight.call(file);
        }
    }

    pub(super) fn move_down(&mut self, lines: u64) {
        for sight in [&mut self.first, &mut self.first_established, &mut self.last_established] {
            sight.move_down(lines);
        }
    }
}

impl Flat<116> for PairTotals {
    fn to_flat(&self) -> [u8; 116] {
        let mut laying = Laying::new();
        laying.put::<36>(self.counts.to_flat()).put(u64::from(self.last).to_le_bytes());
        for sight in [self.first, self.first_established, self.last_established] {
            laying.put::<24>(sight.to_flat());
        }
        laying.done()
    }

    fn of_flat(bytes: &[u8; 116]) -> PairTotals {
        let mut lifting = Lifting(bytes);
        PairTotals {
            counts: Counts::of_flat(&lifting.take()),
            last: lifting.u64().into(),
            first: Packed::of_flat(&lifting.take()),
            first_established: Packed::of_flat(&lifting.take()),
            last_established: Packed::of_flat(&lifting.take()),
        }
    }
}

impl Absorb for PairTotals {
    fn absorb(&mut self, other: &PairTotals) {
        self.counts.absorb(&other.counts);
        self.last = (self.last().max(other.last()) as u64).into();
        self.first.sooner(other.first);
        self.first_established.sooner(other.first_established);
        if !other.last_established.is_none() {
            self.last_established.later(other.last_established);
        }
    }
}

/// Host pairs: two cache lines each, found by one look-up whose words hold half of the hash. They stand in blocks, so that
/// growing copies nothing and holds no room for twice as many.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    /// All but the last are full.
    blocks: Vec<Vec<Entry>>,
    /// What each pair is followed under, by its place.
    trails: Vec<Trail>,
    index: Index,
    cap: usize,
    /// Pairs at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

/// Entries a block: a quarter of a megabyte.
const BLOCK: usize = 2048;

/// The numbers of initiator, responder and service.
pub(super) type PairNumbers = [u32; 3];

#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
pub(super) struct Entry {
    pub(super) numbers: PairNumbers,
    pub(super) totals: PairTotals,
}

impl PairKey {
    /// A fixed hash over hosts and service. Between the same hosts the loci hardly ever differ, so they are left to the
    /// comparison.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        let (initiator, responder) = self.hosts();
        spread(spread(initiator) ^ spread(responder.rotate_left(32) ^ service_bits(self.service)).rotate_left(17))
    }
}

impl Pairs {
    pub(super) fn new(cap: usize) -> Pairs {
        Pairs { blocks: Vec::new(), trails: Vec::new(), index: Index::default(), cap, bar: None }
    }

    pub(super) fn len(&self) -> usize {
        self.trails.len()
    }

    /// All entries, by their places.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> + '_ {
        self.blocks.iter().flatten()
    }

    #[inline]
    pub(super) fn entry(&self, place: u32) -> &Entry {
        &self.blocks[place as usize / BLOCK][place as usize % BLOCK]
    }

    #[inline]
    fn totals_mut(&mut self, place: u32) -> &mut PairTotals {
        &mut self.blocks[place as usize / BLOCK][place as usize % BLOCK].totals
    }

    /// What the pair at this place is followed under.
    #[inline]
    pub(super) fn trail(&self, place: u32) -> Trail {
        self.trails[place as usize]
    }

    /// The place of the pair of this hash that `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(PairNumbers) -> bool) -> Option<u32> {
        self.index.find(hash, |place| is_it(self.entry(place).numbers))
    }

    /// Makes room for a pair that is not here yet.
    pub(super) fn insert(&mut self, hash: u64, numbers: PairNumbers, trail: Trail) -> u32 {
        let place = self.trails.len() as u32;
        if (place as usize).is_multiple_of(BLOCK) {
            // The first block grows as it is needed: most ledgers are small.
            self.blocks.push(Vec::with_capacity(if place == 0 { 4 } else { BLOCK }));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(Entry { numbers, totals: PairTotals::default() });
        }
        self.trails.push(trail);
        self.index.insert(hash, place);
        place
    }

    /// Fetches what finding and counting will look at, so that the waits of many pairs overlap.
    pub(super) fn fetch(&self, hashes: impl Iterator<Item = u64>) -> usize {
        let entry = |hash| {
            let place = self.index.likely(hash) as usize;
            self.blocks.get(place / BLOCK)?.get(place % BLOCK)
        };
        hashes
            .filter_map(entry)
            .filter(|entry| entry.numbers[0] == u32::MAX || entry.totals.last_established.is_none())
            .count()
    }

    pub(super) fn count(&mut self, place: u32, seen: &Seen, sight: Packed) {
        self.totals_mut(place).count(seen, sight);
    }

    /// Counts flows of one outcome that a row of a rollup stands for, from this sight to that.
    pub(super) fn count_rolled(&mut self, place: u32, totals: &Totals, outcome: Outcome, sights: [Packed; 2]) {
        self.totals_mut(place).count_rolled(totals, outcome, sights[0], sights[1]);
    }

    pub(super) fn absorb(&mut self, place: u32, totals: &PairTotals) {
        self.totals_mut(place).absorb(totals);
    }

    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    pub(super) fn bar(&self) -> Option<(u8, u64)> {
        self.bar
    }

    /// Whether a key is past the bar, so that it belongs to the spill.
    pub(super) fn refuses(&self, key: &PairKey) -> bool {
        self.bar.is_some_and(|bar| key.rank() >= bar)
    }

    /// Whether so many entries have gathered that [`Pairs::settle`] is due.
    pub(super) fn is_overfull(&self) -> bool {
        self.len() > self.cap + self.cap / 4 + 1024
    }

    /// Brings the table down to its cap and hands out what gives way. Whether anything did.
    pub(super) fn settle(&mut self, key: impl Fn(PairNumbers) -> PairKey, spill: impl FnMut(&PairTotals)) -> bool {
        if self.len() <= self.cap {
            return false;
        }
        let mut ranks: Vec<(u8, u64)> = self.entries().map(|entry| key(entry.numbers).rank()).collect();
        let (_, bar, _) = ranks.select_nth_unstable(self.cap);
        let bar = *bar;
        self.lower_bar(bar, key, spill)
    }

    /// Takes over a bar, so that keys which gave way elsewhere give way here. Whether anything did.
    pub(super) fn lower_bar(
        &mut self,
        bar: (u8, u64),
        key: impl Fn(PairNumbers) -> PairKey,
        mut spill: impl FnMut(&PairTotals),
    ) -> bool {
        if self.bar.is_some_and(|own| own <= bar) {
            return false;
        }
        self.bar = Some(bar);
        let before = self.len();
        let mut staying = 0;
        for place in 0..before {
            let entry = self.blocks[place / BLOCK][place % BLOCK];
            if key(entry.numbers).rank() < bar {
                self.blocks[staying / BLOCK][staying % BLOCK] = entry;
                self.trails[staying] = self.trails[place];
                staying += 1;
            } else {
                spill(&entry.totals);
            }
        }
        self.trails.truncate(staying);
        self.blocks.truncate(staying.div_ceil(BLOCK));
        if let Some(last) = self.blocks.last_mut() {
            last.truncate(staying - (staying - 1) / BLOCK * BLOCK);
        }
        staying < before
    }

    /// Gives hosts and services other numbers, and finds the pairs by their `key` anew.
    pub(super) fn renumber(&mut self, hosts: &[u32], services: &[u32], key: impl Fn(PairNumbers) -> PairKey) {
        self.index.clear();
        for (place, entry) in (0..).zip(self.blocks.iter_mut().flatten()) {
            let [initiator, responder, service] = entry.numbers.map(|number| number as usize);
            entry.numbers = [hosts[initiator], hosts[responder], services[service]];
            self.index.insert(key(entry.numbers).hash(), place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_two_cache_lines() {
        assert_eq!(size_of::<Entry>(), 128);
    }
}
