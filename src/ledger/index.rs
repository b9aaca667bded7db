//! Where things stand in a list, by their hash: one word a thing, which holds half of the hash beside the place, so that
//! a look-up goes to the thing itself once, and growing never does.

/// Places by hash. Linear probing; at most seven of eight slots are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// The upper half of the hash above the place; [`FREE`] where nothing stands. A power of two of them.
    slots: Vec<u64>,
    taken: usize,
}

/// No list is so long that its last place is this.
const FREE: u64 = u64::MAX;
const LEAST: usize = 64;

impl Index {
    /// The place of the thing of this hash that `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.first_slot(hash);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return None;
            }
            if slot >> 32 == hash >> 32 && is_it(slot as u32) {
                return Some(slot as u32);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Where the thing of this hash most likely stands, if anywhere: for fetching it ahead. Two things of which the upper halves of the
    /// hashes are the same are rare.
    #[inline]
    pub(super) fn likely(&self, hash: u64) -> u32 {
        self.find(hash, |_| true).unwrap_or(u32::MAX)
    }

    /// Notes where a thing stands that is not here yet.
    pub(super) fn insert(&mut self, hash: u64, place: u32) {
        if (self.taken + 1) * 8 > self.slots.len() * 7 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![FREE; (old.len() * 2).max(LEAST)];
            old.into_iter().filter(|slot| *slot != FREE).for_each(|slot| self.put(slot));
        }
        self.taken += 1;
        self.put(hash >> 32 << 32 | u64::from(place));
    }

    /// Forgets all places, but keeps the room.
    pub(super) fn clear(&mut self) {
        self.slots.fill(FREE);
        self.taken = 0;
    }

    fn put(&mut self, slot: u64) {
        let mut at = self.first_slot(slot);
        while self.slots[at] != FREE {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = slot;
    }

    /// By the upper half alone, so that a slot can be moved without its thing.
    #[inline]
    fn first_slot(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }
}

/// Spreads the bits of a number over all of them: one multiplication, for tables; ranks take [`super::capped::mixed`].
#[inline]
pub(super) fn spread(x: u64) -> u64 {
    let y = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    y ^ (y >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_put_in_is_found_and_nothing_else() {
        let mut index = Index::default();
        // Hashes of a few upper halves: things that look alike must still be told apart.
        let hash = |place: u32| u64::from(place % 37) << 40 | u64::from(place);
        assert_eq!(index.find(hash(3), |_| true), None);
        (0..2000).for_each(|place| index.insert(hash(place), place));
        for place in 0..2000 {
            assert_eq!(index.find(hash(place), |found| found == place), Some(place));
        }
        assert_eq!(index.find(hash(2001), |found| found == 2001), None);
        index.clear();
        assert_eq!(index.find(hash(3), |_| true), None);
    }
}
