//! Tables by name, bounded: host names, accounts, sensors. What is kept depends on the set of names alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::evidence::text::elided;
use crate::flow::Host;

/// How many accounts are kept a service of a link, and how many host names, sensors and places altogether.
pub(super) const CAP: usize = 10_000;

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

/// A longer name is kept by its beginning, its length and a hash, so that two of them stay two. The whole stands in the
/// evidence.
const LONGEST: usize = 1_000;

/// A name as it is kept.
pub(super) fn short(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST {
        return Cow::Borrowed(name);
    }
    let hash = Host::of_name(name).0 as u64;
    Cow::Owned(format!("{} ({} bytes, {hash:016x})", elided(name, 200), name.len()))
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
