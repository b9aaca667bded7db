//! Two hosts and what one asked of the other. There may be hundreds of thousands in a tab's memory, so they are packed.

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Ranked, mixed};
use super::index::{Index, spread};
use super::service::{link_class, service_bits};
use super::sight::{Loose, Packed, UNDATED};
use super::totals::{Counts, Seen};
use super::{ServiceKey, Sight, Totals};
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

/// Host pairs by the numbers of their ends and service: two cache lines each, and four bytes to find one.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    entries: Vec<Entry>,
    index: Index,
    cap: usize,
    /// Pairs at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

/// The numbers of initiator, responder and service.
pub(super) type PairNumbers = [u32; 3];

#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
pub(super) struct Entry {
    pub(super) numbers: PairNumbers,
    pub(super) totals: PairTotals,
}

fn hash([initiator, responder, service]: PairNumbers) -> u64 {
    spread(spread(u64::from(initiator) << 32 | u64::from(responder)) ^ u64::from(service))
}

impl Pairs {
    pub(super) fn new(cap: usize) -> Pairs {
        Pairs { entries: Vec::new(), index: Index::default(), cap, bar: None }
    }

    /// Where the entry of these numbers stands; made where it is missing.
    fn place(&mut self, numbers: PairNumbers) -> usize {
        let (entries, hash) = (&mut self.entries, hash(numbers));
        if let Some(at) = self.index.find(hash, |at| entries[at as usize].numbers == numbers) {
            return at as usize;
        }
        let at = entries.len();
        entries.push(Entry { numbers, totals: PairTotals::default() });
        self.index.insert(hash, at as u32);
        at
    }

    /// Fetches what [`Pairs::place`] and counting will look at, so that the waits of many pairs overlap.
    pub(super) fn fetch(&self, all: impl Iterator<Item = PairNumbers>) -> usize {
        let entry = |numbers| self.entries.get(self.index.likely(hash(numbers)) as usize);
        all.filter_map(entry)
            .filter(|entry| entry.numbers[0] == u32::MAX || entry.totals.last_established.is_none())
            .count()
    }

    pub(super) fn count(&mut self, numbers: PairNumbers, seen: &Seen, sight: Packed) {
        let at = self.place(numbers);
        self.entries[at].totals.count(seen, sight);
    }

    /// Counts flows of one outcome that a row of a rollup stands for, from this sight to that.
    pub(super) fn count_rolled(
        &mut self,
        numbers: PairNumbers,
        totals: &Totals,
        outcome: Outcome,
        sights: [Packed; 2],
    ) {
        let at = self.place(numbers);
        self.entries[at].totals.count_rolled(totals, outcome, sights[0], sights[1]);
    }

    pub(super) fn absorb(&mut self, numbers: PairNumbers, totals: &PairTotals) {
        let at = self.place(numbers);
        self.entries[at].totals.absorb(totals);
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
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
        self.entries.len() > self.cap + self.cap / 4 + 1024
    }

    /// Brings the table down to its cap and hands out what gives way. Whether anything did.
    pub(super) fn settle(&mut self, key: impl Fn(PairNumbers) -> PairKey, spill: impl FnMut(&PairTotals)) -> bool {
        if self.entries.len() <= self.cap {
            return false;
        }
        let mut ranks: Vec<(u8, u64)> = self.entries.iter().map(|entry| key(entry.numbers).rank()).collect();
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
        let before = self.entries.len();
        self.entries.retain(|entry| {
            let stays = key(entry.numbers).rank() < bar;
            if !stays {
                spill(&entry.totals);
            }
            stays
        });
        self.entries.len() < before
    }

    pub(super) fn move_down(&mut self, lines: u64) {
        for Entry { totals, .. } in &mut self.entries {
            for sight in [&mut totals.first, &mut totals.first_established, &mut totals.last_established] {
                sight.move_down(lines);
            }
        }
    }

    /// Gives hosts and services other numbers.
    pub(super) fn renumber(&mut self, hosts: &[u32], services: &[u32]) {
        for Entry { numbers: [initiator, responder, service], .. } in &mut self.entries {
            *initiator = hosts[*initiator as usize];
            *responder = hosts[*responder as usize];
            *service = services[*service as usize];
        }
        self.index.clear();
        for (at, entry) in (0..).zip(&self.entries) {
            self.index.insert(hash(entry.numbers), at);
        }
    }

    /// A table as it came from elsewhere, still empty.
    pub(super) fn of_bar(cap: usize, bar: Option<(u8, u64)>) -> Pairs {
        Pairs { bar, ..Pairs::new(cap) }
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
