//! One connection that several points of a cloud report of their own accord, and that is to count once: the first to tell of it
//! is the one that counts, and what another says of the same ends in the same minutes tells it again.
//!
//! Memory is bounded: [`PLACES`] connections are remembered, each until another falls on its place. One that is forgotten too
//! early counts twice; none is lost.

use super::joined::Key;
use crate::flow::Moment;

/// A power of two.
const PLACES: usize = 16_384;
/// Reports of one connection are no further apart than a cloud takes to write them, in microseconds.
const NEAR: u64 = 600_000_000;

/// Who told of which connection, and when last.
#[derive(Debug, Default)]
pub(super) struct Reporters {
    /// Made when first needed.
    places: Vec<Option<(Key, u64, Option<Moment>)>>,
    told: u64,
}

impl Reporters {
    /// Whether this report repeats what another reporter told.
    pub(super) fn repeats(&mut self, key: Key, reporter: u64, at: Option<Moment>) -> bool {
        if self.places.is_empty() {
            self.places.resize(PLACES, None);
        }
        let place = &mut self.places[key.place() & (PLACES - 1)];
        if let Some((known, first, last)) = place
            && *known == key
            && *first != reporter
            && last.zip(at).is_none_or(|(last, at)| last.0.abs_diff(at.0) <= NEAR)
        {
            return true;
        }
        *place = Some((key, reporter, at));
        false
    }

    /// Whether anybody told of it already; of use where reports do not say whose they are.
    pub(super) fn is_known(&mut self, key: Key, at: Option<Moment>) -> bool {
        self.told += 1;
        let told = self.told;
        self.repeats(key, told, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Flow;

    #[test]
    fn only_another_reporter_repeats_and_only_soon() {
        let mut reporters = Reporters::default();
        let key = Key::of(0, &Flow::default());
        let at = |seconds| Moment::from_seconds(seconds);
        assert!(!reporters.repeats(key, 1, at(0)));
        assert!(!reporters.repeats(key, 1, at(60)));
        assert!(reporters.repeats(key, 2, at(90)));
        assert!(!reporters.repeats(key, 2, at(4_000)));
    }
}
