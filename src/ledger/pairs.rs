//! Two hosts and what one asked of the other. There may be hundreds of thousands in a tab's memory, so they are packed.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use super::capped::{Absorb, Ranked, mixed};
use super::hosts::Code;
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
            mixed(mixed(initiator) ^ mixed(!responder) ^ mixed(service_bits(self.service).into())),
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

/// Host pairs: two cache lines each, found by one look-up whose words hold half of the hash.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    entries: Blocks<Entry>,
    /// What each pair is followed under, by its place.
    trails: Vec<Trail>,
    index: Index,
    cap: usize,
    /// Pairs at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

/// Who calls whom by which service's number.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairNumbers {
    pub(super) hosts: [Code; 2],
    pub(super) service: u32,
}

#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
pub(super) struct Entry {
    /// The words of the hosts' codes.
    words: [u32; 2],
    /// The service's number, and the flags below.
    service: u32,
    pub(super) totals: PairTotals,
}

/// The pair's trail is past the bar of trails, for good. It stands here, where counting looks in any case.
const LOST: u32 = 1 << 31;
/// Which of the hosts have numbers.
const OTHERS: [u32; 2] = [1 << 30, 1 << 29];

fn flags([initiator, responder]: [Code; 2]) -> u32 {
    let flag = |code: Code, flag: u32| if code.is_other() { flag } else { 0 };
    flag(initiator, OTHERS[0]) | flag(responder, OTHERS[1])
}

impl Entry {
    #[inline]
    pub(super) fn numbers(&self) -> PairNumbers {
        let code = |at: usize| {
            let word = self.words[at];
            if self.service & OTHERS[at] == 0 { Code::V4(word) } else { Code::Other(word) }
        };
        PairNumbers { hosts: [code(0), code(1)], service: self.service() }
    }

    #[inline]
    pub(super) fn service(&self) -> u32 {
        self.service & !(LOST | OTHERS[0] | OTHERS[1])
    }

    /// Whether the pair's trail gave way.
    #[inline]
    pub(super) fn is_lost(&self) -> bool {
        self.service & LOST != 0
    }
}

/// A pair as it is looked for: the words of its hosts' codes, and their flags with what is asked. Its hash leaves out where the
/// hosts are: between the same hosts that hardly ever differs, so it is left to the comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    words: [u32; 2],
    flags: u32,
    pub(super) hash: u64,
}

impl Sought {
    #[inline]
    pub(super) fn new(hosts: [Code; 2], service: Service) -> Sought {
        let (words, flags) = (hosts.map(Code::word), flags(hosts));
        let both = u64::from(words[0]) << 32 | u64::from(words[1]);
        let asked = u64::from(flags | service_bits(service));
        Sought { words, flags, hash: spread(both ^ asked.wrapping_mul(0xd6e8_feb8_6659_fd93)) }
    }

    pub(super) fn hosts(&self) -> [Code; 2] {
        let [from, to] = self.words;
        [
            if self.flags & OTHERS[0] == 0 { Code::V4(from) } else { Code::Other(from) },
            if self.flags & OTHERS[1] == 0 { Code::V4(to) } else { Code::Other(to) },
        ]
    }
}

impl Pairs {
    pub(super) fn new(cap: usize) -> Pairs {
        Pairs { entries: Blocks::default(), trails: Vec::new(), index: Index::default(), cap, bar: None }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All entries, by their places.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> + '_ {
        self.entries.iter()
    }

    #[inline]
    pub(super) fn entry(&self, place: u32) -> &Entry {
        self.entries.at(place)
    }

    /// What the pair at this place is followed under.
    #[inline]
    pub(super) fn trail(&self, place: u32) -> Trail {
        self.trails[place as usize]
    }

    /// The trail of the pair at this place gave way.
    pub(super) fn lose_trail(&mut self, place: u32) {
        self.entries.at_mut(place).service |= LOST;
    }

    /// The place of the pair between these hosts whose service `is_it`.
    #[inline]
    pub(super) fn find(&self, sought: &Sought, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.index.find(sought.hash, |place| {
            let entry = self.entries.at(place);
            entry.words == sought.words
                && (entry.service ^ sought.flags) & (OTHERS[0] | OTHERS[1]) == 0
                && is_it(entry.service())
        })
    }

    /// Makes room for a pair that is not here yet.
    pub(super) fn insert(&mut self, sought: &Sought, service: u32, trail: Trail) -> u32 {
        let Sought { words, flags, hash } = *sought;
        let place = self.entries.push(Entry { words, service: service | flags, totals: PairTotals::default() });
        self.trails.push(trail);
        self.index.insert(hash, place);
        place
    }

    /// Where the pair of this hash most likely stands, if anywhere.
    #[inline]
    pub(super) fn likely(&self, hash: u64) -> u32 {
        self.index.likely(hash)
    }

    /// Fetches what finding and counting will look at, so that the waits of many pairs overlap.
    pub(super) fn fetch(&self, places: &[u32]) -> usize {
        let entries = places.iter().filter_map(|place| self.entries.get(*place));
        entries.filter(|entry| entry.words == [u32::MAX; 2] || entry.totals.last_established.is_none()).count()
    }

    /// The services of the pairs at these places. What the pairs are followed under is fetched by the way.
    pub(super) fn services_at(&self, places: &[u32]) -> impl Iterator<Item = u32> {
        let known = places.iter().filter_map(|place| Some((*place, self.entries.get(*place)?)));
        known.map(|(place, entry)| {
            if !entry.is_lost() {
                black_box(self.trails[place as usize]);
            }
            entry.service()
        })
    }

    #[inline]
    pub(super) fn count(&mut self, place: u32, seen: &Seen, sight: Packed) {
        self.entries.at_mut(place).totals.count(seen, sight);
    }

    /// Counts flows of one outcome that a row of a rollup stands for, from this sight to that.
    pub(super) fn count_rolled(&mut self, place: u32, totals: &Totals, outcome: Outcome, sights: [Packed; 2]) {
        self.entries.at_mut(place).totals.count_rolled(totals, outcome, sights[0], sights[1]);
    }

    pub(super) fn absorb(&mut self, place: u32, totals: &PairTotals) {
        self.entries.at_mut(place).totals.absorb(totals);
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
        let mut ranks: Vec<(u8, u64)> = self.entries().map(|entry| key(entry.numbers()).rank()).collect();
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
        let (mut place, mut staying) = (0, 0);
        let Pairs { entries, trails, .. } = self;
        entries.retain(|entry| {
            let stays = key(entry.numbers()).rank() < bar;
            if stays {
                trails[staying] = trails[place];
                staying += 1;
            } else {
                spill(&entry.totals);
            }
            place += 1;
            stays
        });
        trails.truncate(staying);
        staying < before
    }

    /// Gives hosts and services other numbers, and finds the pairs by what is asked (`service`) anew.
    pub(super) fn renumber(&mut self, hosts: &[u32], services: &[u32], service: impl Fn(u32) -> Service) {
        self.index.clear();
        for (place, entry) in (0..).zip(self.entries.iter_mut()) {
            let numbers = entry.numbers();
            let codes = numbers.hosts.map(|code| match code {
                Code::V4(_) => code,
                Code::Other(number) => Code::Other(hosts[number as usize]),
            });
            let number = services[numbers.service as usize];
            let sought = Sought::new(codes, service(number));
            (entry.words, entry.service) = (sought.words, number | sought.flags | entry.service & LOST);
            self.index.insert(sought.hash, place);
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
