//! Sorting and gathering with little code. The standard library's sort is compiled anew for each type of element and each
//! order, some seven kilobytes a time, and so is the collecting of a tree, which sorts first; in the page's module that once was
//! a seventh of everything. Here one sort of places does for all types: the right choice wherever a list is not millions long.

use std::cmp::Ordering;

/// Slices that are put in order with little code. All of these are stable.
pub trait LeanSort<T> {
    /// By the elements' own order.
    fn lean_sort(&mut self)
    where
        T: Ord;

    /// By this order.
    fn lean_sort_by(&mut self, order: impl FnMut(&T, &T) -> Ordering);

    /// By this key of each.
    fn lean_sort_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> LeanSort<T> for [T] {
    fn lean_sort(&mut self)
    where
        T: Ord,
    {
        self.lean_sort_by(T::cmp);
    }

    fn lean_sort_by(&mut self, mut order: impl FnMut(&T, &T) -> Ordering) {
        let mut places = sorted(self.len(), &mut |a, b| order(&self[a], &self[b]));
        arrange(&mut places, &mut |a, b| self.swap(a, b));
    }

    fn lean_sort_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.lean_sort_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// The places of a list's elements in order.
fn sorted(length: usize, order: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|a, b| order(*a, *b));
    places
}

/// Brings the element at `places[n]` to place n, for each n, cycle by cycle.
fn arrange(places: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut places[at], at);
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

/// Iterators whose items are put into a map or set one by one.
pub trait LeanCollect: Iterator + Sized {
    /// What [`Iterator::collect`] gives. Of keys that come twice the last one's value stays, as there.
    fn lean_collect<C: Default + Extend<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> LeanCollect for I {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(list in prop::collection::vec((0_u8..9, any::<u16>()), 0..90)) {
            let (mut lean, mut plain) = (list.clone(), list.clone());
            lean.lean_sort_by_key(|(key, _)| *key);
            plain.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(&lean, &plain);
            lean.lean_sort();
            plain.sort();
            prop_assert_eq!(&lean, &plain);
            let (lean, plain): (BTreeMap<u8, u16>, BTreeMap<u8, u16>) =
                (list.iter().copied().lean_collect(), list.iter().copied().collect());
            prop_assert_eq!(lean, plain);
        }
    }
}
