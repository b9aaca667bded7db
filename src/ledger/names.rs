//! Tables by name, bounded: host names, accounts, sensors. What is kept depends on the set of names alone.

use std::collections::BTreeMap;

/// How many accounts are kept a service of a link, and how many host names, sensors and places altogether.
const CAP: usize = 10_000;

/// The entry of a key, made where it is missing. Past [`CAP`] the lowest keys are kept, so that what is kept, and
/// its counts, depend on the set of keys alone: a key that gave way once never comes back.
pub(super) fn kept<'m, K, Q, V>(map: &'m mut BTreeMap<K, V>, key: &Q) -> Option<&'m mut V>
where
    K: Ord + std::borrow::Borrow<Q>,
    Q: Ord + ToOwned<Owned = K> + ?Sized,
    V: Default,
{
    if !map.contains_key(key) {
        if map.len() >= CAP {
            if map.last_key_value().is_some_and(|(last, _)| last.borrow() < key) {
                return None;
            }
            map.pop_last();
        }
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key)
}

/// Adds to the count of a name.
pub(super) fn add(map: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    if let Some(own) = kept(map, name) {
        *own += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_are_kept_does_not_depend_on_the_order() {
        let count = |numbers: &mut dyn Iterator<Item = usize>| {
            let mut names = BTreeMap::new();
            numbers.for_each(|n| add(&mut names, &format!("user{n:05}"), 1));
            names
        };
        let most = CAP + 50;
        let up = count(&mut (0..most).chain(0..most));
        assert_eq!(up, count(&mut (0..most).rev().chain((0..most).rev())));
        assert_eq!((up.len(), up.values().sum::<u64>()), (CAP, 2 * CAP as u64));
    }
}
