//! Two hosts and what one asked of the other. There may be hundreds of thousands in a tab's memory, so they are packed.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Ranked, mixed};
use super::service::{link_class, service_bits};
use super::totals::Counts;
use super::{Sight, Totals};
use crate::evidence::Place;
use crate::flow::{Flow, Host, Moment, Outcome, Service};
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

/// The ends' loci follow from the hosts but for ranges told apart by their source; they need not spread the hash.
impl Hash for PairKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (initiator, responder) = self.hosts();
        state.write_u64(initiator);
        state.write_u64(responder.rotate_left(32) ^ service_bits(self.service));
    }
}

/// What two hosts did over one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairTotals {
    counts: Counts,
    /// The latest start; [`UNDATED`] without one.
    last: i64,
    first: Packed,
    first_established: Packed,
    last_established: Packed,
}

/// Stands for no time; no log means this microsecond.
const UNDATED: i64 = i64::MIN;

/// A sight, or none, in three words: the line has 40 bits, the file 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed {
    at: i64,
    offset: u64,
    line_and_file: u64,
}

const FILE_BITS: u32 = 24;

impl Packed {
    pub(super) const NONE: Packed = Packed { at: UNDATED, offset: u64::MAX, line_and_file: 0 };

    pub(super) fn of(sight: Sight) -> Packed {
        let Sight { at, file, place: Place { line, offset } } = sight;
        let line_and_file =
            line.min((1 << (64 - FILE_BITS)) - 1) << FILE_BITS | u64::from(file) & ((1 << FILE_BITS) - 1);
        Packed { at: at.map_or(UNDATED, |at| at.0), offset, line_and_file }
    }

    pub(super) fn sight(self) -> Option<Sight> {
        let line = self.line_and_file >> FILE_BITS;
        let file = (self.line_and_file & ((1 << FILE_BITS) - 1)) as u32;
        let at = (self.at != UNDATED).then_some(Moment(self.at));
        (self.offset != u64::MAX).then_some(Sight { at, file, place: Place { line, offset: self.offset } })
    }

    pub(super) fn sooner(&mut self, sight: Sight) {
        if self.sight().is_none_or(|own| sight < own) {
            *self = Packed::of(sight);
        }
    }

    pub(super) fn later(&mut self, sight: Sight) {
        if self.sight().is_none_or(|own| sight > own) {
            *self = Packed::of(sight);
        }
    }

    pub(super) fn call(&mut self, file: u32) {
        *self = self.sight().map_or(Packed::NONE, |sight| Packed::of(Sight { file, ..sight }));
    }
}

impl Default for PairTotals {
    fn default() -> PairTotals {
        PairTotals {
            counts: Counts::default(),
            last: UNDATED,
            first: Packed::NONE,
            first_established: Packed::NONE,
            last_established: Packed::NONE,
        }
    }
}

impl PairTotals {
    /// The sums.
    pub fn totals(&self) -> Totals {
        let last = (self.last != UNDATED).then_some(Moment(self.last));
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

    /// Counts a flow.
    pub(super) fn count(&mut self, flow: &Flow<'_>, reply: bool, sight: Sight) {
        self.counts.count(flow, reply);
        self.last = self.last.max(flow.start.map_or(UNDATED, |start| start.0));
        self.first.sooner(sight);
        if flow.outcome == Outcome::Established {
            self.first_established.sooner(sight);
            self.last_established.later(sight);
        }
    }

    /// Counts flows of one outcome that a row of a rollup stands for, from this sight to that.
    pub(super) fn count_rolled(&mut self, totals: &Totals, outcome: Outcome, first: Sight, last: Sight) {
        self.counts.absorb(&Counts::of(totals));
        self.last = self.last.max(last.at.map_or(UNDATED, |at| at.0));
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
        self.last = self.last.max(other.last);
        other.first().into_iter().for_each(|sight| self.first.sooner(sight));
        other.first_established().into_iter().for_each(|sight| self.first_established.sooner(sight));
        other.last_established().into_iter().for_each(|sight| self.last_established.later(sight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_sight_is_the_sight() {
        for at in [None, Some(Moment(-1)), Some(Moment(1_591_833_600_000_000))] {
            let sight = Sight { at, file: 70_000, place: Place { line: 4_000_000_000, offset: 1 << 42 } };
            assert_eq!(Packed::of(sight).sight(), Some(sight));
        }
        assert_eq!(Packed::NONE.sight(), None);
    }

    #[test]
    fn a_pair_is_small() {
        assert!(size_of::<(PairKey, PairTotals)>() <= 192, "{}", size_of::<(PairKey, PairTotals)>());
    }
}
