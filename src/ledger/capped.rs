//! A table with a stated cap whose totals stay exact: past the cap, the entries of highest rank are summed into a spill.
//!
//! The rank is a fixed function of the key (bottom-k sampling), so what is kept depends on the set of keys alone: not
//! on the order of arrival, nor on how the input was cut into parts that were merged.

use std::hash::Hash;

use hashbrown::HashMap;

/// A key that says in which order entries give way at the cap: the lowest stay.
pub trait Ranked: Copy + Eq + Ord {
    /// Class first (lower classes matter more), then a fixed hash.
    fn rank(&self) -> (u8, u64);
}

/// A value that can be summed.
pub trait Absorb {
    /// Adds the other to this; associative and commutative.
    fn absorb(&mut self, other: &Self);
}

/// Entries by key, hashed the same way everywhere.
pub(super) type Entries<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// The table.
#[derive(Debug, Clone)]
pub struct Capped<K, V> {
    entries: Entries<K, V>,
    cap: usize,
    /// Keys at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

impl<K: Ranked + Hash, V: Absorb + Default> Capped<K, V> {
    /// An empty table that keeps at most `cap` entries.
    pub fn new(cap: usize) -> Self {
        Capped { entries: HashMap::default(), cap, bar: None }
    }

    /// The entry to add to, or `None` when the key is past the cap and belongs to the spill.
    #[inline]
    pub fn entry(&mut self, key: K) -> Option<&mut V> {
        if self.bar.is_some_and(|bar| key.rank() >= bar) {
            return None;
        }
        Some(self.entries.entry(key).or_default())
    }

    /// Whether so many entries have gathered that [`Capped::settle`] is due.
    #[inline]
    pub fn is_overfull(&self) -> bool {
        self.entries.len() > self.cap + self.cap / 4 + 1024
    }

    /// Brings the table down to its cap and hands out what gives way.
    pub fn settle(&mut self, mut spill: impl FnMut(K, V)) {
        if self.entries.len() <= self.cap {
            return;
        }
        let mut ranks: Vec<(u8, u64)> = self.entries.keys().map(Ranked::rank).collect();
        let (_, bar, _) = ranks.select_nth_unstable(self.cap);
        let bar = *bar;
        self.bar = Some(bar);
        // In any order, since sums do not depend on it.
        self.entries.extract_if(|key, _| key.rank() >= bar).for_each(|(key, value)| spill(key, value));
    }

    /// The entries, in order of key.
    pub fn sorted(&self) -> Vec<(K, &V)> {
        let mut entries: Vec<(K, &V)> = self.entries.iter().map(|(key, value)| (*key, value)).collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries
    }

    /// The entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter()
    }

    /// The keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn bar(&self) -> Option<(u8, u64)> {
        self.bar
    }

    /// Takes over another table's bar, so that keys which gave way there give way here.
    pub(super) fn lower_bar(&mut self, other: Option<(u8, u64)>, mut spill: impl FnMut(K, V)) {
        let Some(other) = other else { return };
        if self.bar.is_some_and(|own| own <= other) {
            return;
        }
        self.bar = Some(other);
        self.entries.extract_if(|key, _| key.rank() >= other).for_each(|(key, value)| spill(key, value));
    }
}

/// Mixes the bits of a number (splitmix64's finaliser; Steele, Lea and Flood 2014): the fixed hash of ranks.
pub fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Ranked for u32 {
        fn rank(&self) -> (u8, u64) {
            (0, mixed(u64::from(*self)))
        }
    }

    impl Absorb for u64 {
        fn absorb(&mut self, other: &u64) {
            *self += other;
        }
    }

    fn run(keys: &[u32]) -> (Vec<(u32, u64)>, u64) {
        let mut table: Capped<u32, u64> = Capped::new(100);
        let mut spill = 0;
        for key in keys {
            match table.entry(*key) {
                Some(count) => *count += 1,
                None => spill += 1,
            }
            if table.is_overfull() {
                table.settle(|_, n| spill += n);
            }
        }
        table.settle(|_, n| spill += n);
        (table.sorted().into_iter().map(|(k, v)| (k, *v)).collect(), spill)
    }

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        let mut keys: Vec<u32> = (0..5000).chain(0..3000).collect();
        let (kept, spill) = run(&keys);
        keys.reverse();
        assert_eq!(run(&keys), (kept.clone(), spill));
        assert_eq!(kept.len(), 100);
        assert_eq!(kept.iter().map(|(_, n)| n).sum::<u64>() + spill, 8000);
    }

    #[test]
    fn an_entry_that_stays_is_exact() {
        let keys: Vec<u32> = (0..5000).chain(0..5000).collect();
        assert!(run(&keys).0.iter().all(|(_, n)| *n == 2));
    }
}
