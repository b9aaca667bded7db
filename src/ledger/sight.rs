//! Where a flow's record stands, and when the flow began.

use serde::{Deserialize, Serialize};

use super::wire::{Flat, Laying, Lifting};
use crate::evidence::Place;
use crate::flow::Moment;

/// Where a flow's record stands, and when the flow began. Ordered by time (undated last), then file, then place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sight {
    /// When the flow began.
    pub at: Option<Moment>,
    /// The file, by its place in the case; 0 in the ledger of one file.
    pub file: u32,
    /// The record.
    pub place: Place,
}

impl Sight {
    fn order(&self) -> (bool, Option<Moment>, u32, Place) {
        (self.at.is_none(), self.at, self.file, self.place)
    }
}

impl PartialOrd for Sight {
    fn partial_cmp(&self, other: &Sight) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sight {
    fn cmp(&self, other: &Sight) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// Stands for no time; no log means this microsecond.
pub(super) const UNDATED: i64 = i64::MIN;

/// Eight bytes that need not stand at a multiple of eight, so that an entry of a table has no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub(super) struct Loose([u8; 8]);

impl Loose {
    #[inline]
    pub(super) fn get(self) -> u64 {
        u64::from_ne_bytes(self.0)
    }
}

impl From<u64> for Loose {
    #[inline]
    fn from(value: u64) -> Loose {
        Loose(value.to_ne_bytes())
    }
}

impl From<Loose> for u64 {
    fn from(loose: Loose) -> u64 {
        loose.get()
    }
}

/// A sight, or none, in 24 bytes: the line has 40 bits, the file 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed {
    at: Loose,
    offset: Loose,
    line_and_file: Loose,
}

const FILE_BITS: u32 = 24;

impl Packed {
    /// No sight: later than all others.
    pub(super) const NONE: Packed =
        Packed { at: Loose(UNDATED.to_ne_bytes()), offset: Loose([0xff; 8]), line_and_file: Loose([0xff; 8]) };

    #[inline]
    pub(super) fn new(at: i64, place: Place) -> Packed {
        Packed::of_file(at, place, 0)
    }

    #[inline]
    fn of_file(at: i64, place: Place, file: u32) -> Packed {
        let Place { line, offset } = place;
        let line = line.min((1 << (64 - FILE_BITS)) - 1);
        let line_and_file = line << FILE_BITS | u64::from(file) & ((1 << FILE_BITS) - 1);
        Packed { at: (at as u64).into(), offset: offset.into(), line_and_file: line_and_file.into() }
    }

    pub(super) fn sight(self) -> Option<Sight> {
        let line_and_file = self.line_and_file.get();
        let (line, file) = (line_and_file >> FILE_BITS, (line_and_file & ((1 << FILE_BITS) - 1)) as u32);
        let at = (self.at() != UNDATED).then(|| Moment(self.at()));
        let offset = self.offset.get();
        (offset != u64::MAX).then_some(Sight { at, file, place: Place { line, offset } })
    }

    #[inline]
    pub(super) fn at(self) -> i64 {
        self.at.get() as i64
    }

    /// When it was, with no time after all others.
    #[inline]
    pub(super) fn time_order(self) -> i64 {
        time_order(self.at())
    }

    /// The order of sights; none is the last.
    #[inline]
    pub(super) fn order(self) -> (i64, u64, u64, u64) {
        let line_and_file = self.line_and_file.get();
        (self.time_order(), line_and_file & ((1 << FILE_BITS) - 1), line_and_file >> FILE_BITS, self.offset.get())
    }

    #[inline]
    pub(super) fn sooner(&mut self, other: Packed) {
        if other.time_order() <= self.time_order() && other.order() < self.order() {
            *self = other;
        }
    }

    #[inline]
    pub(super) fn later(&mut self, other: Packed) {
        if self.is_none() || (other.time_order() >= self.time_order() && other.order() > self.order()) {
            *self = other;
        }
    }

    pub(super) fn is_none(self) -> bool {
        self.offset.get() == u64::MAX
    }

    /// The record stands that many lines further down.
    pub(super) fn move_down(&mut self, lines: u64) {
        if let Some(Sight { file, place, .. }) = self.sight() {
            *self = Packed::of_file(self.at(), Place { line: place.line + lines, ..place }, file);
        }
    }

    /// The file is called this from now on.
    pub(super) fn call(&mut self, file: u32) {
        if let Some(sight) = self.sight() {
            *self = Packed::of_file(self.at(), sight.place, file);
        }
    }
}

impl Flat<24> for Packed {
    fn to_flat(&self) -> [u8; 24] {
        let mut laying = Laying::new();
        for part in [self.at, self.offset, self.line_and_file] {
            laying.put(part.get().to_le_bytes());
        }
        laying.done()
    }

    fn of_flat(bytes: &[u8; 24]) -> Packed {
        let mut lifting = Lifting(bytes);
        Packed { at: lifting.u64().into(), offset: lifting.u64().into(), line_and_file: lifting.u64().into() }
    }
}

/// A time's place in the order of sights: no time comes last.
pub(super) fn time_order(at: i64) -> i64 {
    at.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_packed_sight_is_the_sight() {
        for at in [None, Some(Moment(-1)), Some(Moment(1_591_833_600_000_000))] {
            let sight = Sight { at, file: 70_000, place: Place { line: 4_000_000_000, offset: 1 << 42 } };
            let mut packed = Packed::new(at.map_or(UNDATED, |at| at.0), sight.place);
            packed.call(70_000);
            assert_eq!(packed.sight(), Some(sight));
        }
        assert_eq!(Packed::NONE.sight(), None);
    }

    proptest! {
        #[test]
        fn packed_sights_stand_in_the_order_of_sights(
            sights in prop::collection::vec((prop::option::of(-2_i64..3), 0_u32..3, 0_u64..3, 0_u64..3), 1..8),
        ) {
            let sights: Vec<Sight> = sights.into_iter().map(|(at, file, line, offset)| {
                Sight { at: at.map(Moment), file, place: Place { line, offset } }
            }).collect();
            let (mut first, mut last) = (Packed::NONE, Packed::NONE);
            for sight in &sights {
                let packed = Packed::of_file(sight.at.map_or(UNDATED, |at| at.0), sight.place, sight.file);
                first.sooner(packed);
                last.later(packed);
            }
            prop_assert_eq!((first.sight(), last.sight()), (sights.iter().min().copied(), sights.iter().max().copied()));
        }
    }
}
