//! Records of one file that tell of the same connection, and are to count once: what came is held until the fullest record
//! has come, and what was told already is known again.
//!
//! Memory is bounded: at most [`MOST_HELD`] connections wait. Past that the one that has waited longest goes out as far as
//! it is known, so that none is lost; should its fuller record come later still, the connection counts a second time. What was
//! told is remembered in [`MOST_TOLD`] places, each of which the next connection that falls on it takes over.

use std::collections::BTreeMap;

use crate::evidence::Place;
use crate::flow::{Endpoint, Flow, Host};
use crate::sorting::LeanSort as _;

/// How many connections wait for a fuller record.
pub(super) const MOST_HELD: usize = 32_768;
/// How many places there are for what was told, a power of two.
const MOST_TOLD: usize = 16_384;

/// What tells a connection from others of its file: the sensor's number for it, and its ends in either order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    number: u64,
    ends: [(u128, u32); 2],
}

impl Key {
    /// The key of a connection with this number.
    pub(super) fn of(number: u64, flow: &Flow<'_>) -> Key {
        let mut ends = [end(&flow.initiator), end(&flow.responder)];
        if ends[0] > ends[1] {
            ends.swap(0, 1);
        }
        Key { number, ends }
    }

    /// A number to place it by, spread evenly.
    pub(super) fn place(&self) -> usize {
        let mut mixed = self.number;
        for (host, port) in self.ends {
            mixed = (mixed ^ (host as u64) ^ (host >> 64) as u64 ^ u64::from(port)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^= mixed >> 29;
        }
        mixed as usize
    }
}

fn end(end: &Endpoint<'_>) -> (u128, u32) {
    let host = match (&end.address, &end.name) {
        (Some(address), _) => Host::of_address(*address).0,
        (None, Some(name)) => Host::of_name(name).0,
        (None, None) => 0,
    };
    (host, end.port.map_or(u32::MAX, u32::from))
}

/// What is known so far of a connection, and where the record stands that its rows are shown from.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) place: Place,
    pub(super) flow: Flow<'static>,
    turn: u64,
}

/// The connections that wait, and those that were told.
#[derive(Debug, Default)]
pub(super) struct Joined {
    held: BTreeMap<Key, Held>,
    /// The keys of what waits, in order of arrival.
    turns: BTreeMap<u64, Key>,
    next: u64,
    /// Made when first needed.
    told: Vec<Option<Key>>,
}

impl Joined {
    /// What waits under this key.
    pub(super) fn waiting(&mut self, key: &Key) -> Option<&mut Held> {
        self.held.get_mut(key)
    }

    /// Holds a connection, and hands out the one that has to go for it.
    pub(super) fn hold(&mut self, key: Key, place: Place, flow: Flow<'static>) -> Option<Held> {
        let turn = self.next;
        self.next += 1;
        let before = self.held.insert(key, Held { place, flow, turn });
        if let Some(before) = before {
            self.turns.remove(&before.turn);
        }
        self.turns.insert(turn, key);
        if self.held.len() <= MOST_HELD {
            return None;
        }
        let (_, oldest) = self.turns.pop_first()?;
        self.held.remove(&oldest)
    }

    /// Takes what waits under this key.
    pub(super) fn take(&mut self, key: &Key) -> Option<Held> {
        let held = self.held.remove(key)?;
        self.turns.remove(&held.turn);
        Some(held)
    }

    /// The connection has been told: what comes of it from here on tells it again.
    pub(super) fn tell(&mut self, key: Key) {
        if self.told.is_empty() {
            self.told.resize(MOST_TOLD, None);
        }
        self.told[key.place() & (MOST_TOLD - 1)] = Some(key);
    }

    /// Whether the connection has been told.
    pub(super) fn is_told(&self, key: &Key) -> bool {
        self.told.get(key.place() & (MOST_TOLD - 1)).is_some_and(|told| told.as_ref() == Some(key))
    }

    /// All that still waits, in the order of the file.
    pub(super) fn rest(&mut self) -> Vec<Held> {
        self.turns.clear();
        let mut rest: Vec<Held> = std::mem::take(&mut self.held).into_values().collect();
        rest.lean_sort_by_key(|held| (held.place, held.turn));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(port: u16) -> Flow<'static> {
        let end = |port| Endpoint { address: "192.0.2.1".parse().ok(), port: Some(port), ..Endpoint::default() };
        Flow { initiator: end(port), responder: end(443), ..Flow::default() }
    }

    #[test]
    fn either_direction_is_the_same_connection() {
        let there = flow(50_000);
        let back = Flow { initiator: there.responder.clone(), responder: there.initiator.clone(), ..Flow::default() };
        assert_eq!(Key::of(7, &there), Key::of(7, &back));
        assert_ne!(Key::of(7, &there), Key::of(8, &there));
    }

    #[test]
    fn past_the_bound_the_oldest_goes_out_and_none_is_lost() {
        let mut joined = Joined::default();
        let mut out = 0;
        for number in 0..MOST_HELD as u64 + 10 {
            let flow = flow(50_000);
            out += usize::from(joined.hold(Key::of(number, &flow), Place::default(), flow).is_some());
        }
        assert_eq!((out, joined.rest().len()), (10, MOST_HELD));
    }

    #[test]
    fn what_was_told_is_known_again() {
        let mut joined = Joined::default();
        let key = Key::of(1, &flow(1));
        assert!(!joined.is_told(&key));
        joined.tell(key);
        assert!(joined.is_told(&key) && !joined.is_told(&Key::of(2, &flow(1))));
    }
}
