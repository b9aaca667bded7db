//! Both ends: how far two sensors' clocks are apart, from the starts of connections that both saw.

use std::collections::BTreeMap;

use crate::flow::{Host, Moment, Service};
use crate::ledger::Ledger;
use crate::sorting::LeanCollect as _;

/// How far the second clock runs ahead of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// Microseconds by which the second is ahead.
    pub ahead: i64,
    /// How many starts of the first have one of the second within a second of that.
    pub matched: usize,
    /// How many starts the first had.
    pub of: usize,
}

/// A difference beyond this is another matter: a wrong zone, or other connections.
const MOST: i64 = 15 * 60 * 1_000_000;
/// Starts that lie so close after correction are of the same connection.
const CLOSE: i64 = 1_000_000;
const LEAST_MATCHED: usize = 3;

/// The difference that matches most starts of the same link's connections in two logs; none where fewer than three, or not
/// half of the shorter list, match.
pub fn skew(first: &[Moment], second: &[Moment]) -> Option<Skew> {
    let mut second: Vec<i64> = second.iter().map(|at| at.0).collect();
    second.sort_unstable();
    let mut differences: Vec<i64> = Vec::new();
    for at in first {
        let from = second.partition_point(|own| *own < at.0.saturating_sub(MOST));
        let near = second[from..].iter().take_while(|own| **own <= at.0.saturating_add(MOST));
        differences.extend(near.map(|own| own - at.0));
    }
    densest(differences, first.len(), first.len().min(second.len()))
}

/// How far the clock of the second file runs ahead of the first's, from when each host pair that both saw was first seen
/// over a service. Pairs whose firsts are more than a quarter of an hour apart were seen by one of the logs alone, at first.
pub fn between(first: &Ledger, second: &Ledger) -> Option<Skew> {
    let begins = |ledger: &Ledger| -> BTreeMap<(Host, Host, Service), i64> {
        let at = |pair: &crate::ledger::PairTotals| Some(pair.first()?.at?.0);
        let entries =
            ledger.pairs().filter_map(|(key, pair)| Some(((key.initiator, key.responder, key.service), at(pair)?)));
        entries.lean_collect()
    };
    let (first, second) = (begins(first), begins(second));
    let differences = first.iter().filter_map(|(pair, at)| Some(second.get(pair)? - at));
    let near: Vec<i64> = differences.filter(|difference| difference.abs() <= MOST).collect();
    let of = near.len();
    densest(near, of, of)
}

/// The second of differences in which most lie, where that is at least three and half of `least`.
fn densest(mut differences: Vec<i64>, of: usize, least: usize) -> Option<Skew> {
    differences.sort_unstable();
    // The densest second of differences; its middle is the skew.
    let (mut best, mut begin) = (0..0, 0);
    for end in 0..differences.len() {
        while differences[end] - differences[begin] > CLOSE {
            begin += 1;
        }
        if end + 1 - begin > best.len() {
            best = begin..end + 1;
        }
    }
    let enough = best.len() >= LEAST_MATCHED && best.len() * 2 >= least;
    enough.then(|| Skew { ahead: differences[best.start + best.len() / 2], matched: best.len(), of })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_ahead_is_told() {
        let starts: Vec<Moment> = [3, 500, 1_900, 4_000, 9_100].map(|s| Moment(s * 1_000_000)).into();
        let ahead: Vec<Moment> =
            starts.iter().enumerate().map(|(n, at)| Moment(at.0 + 1_700_000 + n as i64 * 10_000)).collect();
        let found = skew(&starts, &ahead).unwrap();
        assert_eq!((found.matched, found.of), (5, 5));
        assert!((found.ahead - 1_720_000).abs() < 30_000, "{found:?}");
    }

    #[test]
    fn strangers_have_no_skew() {
        let starts: Vec<Moment> = (0..9).map(|n| Moment(n * 3_600_000_000)).collect();
        let others: Vec<Moment> = (0..9).map(|n| Moment(n * n * 700_000_000 + 95_000_000)).collect();
        assert_eq!(skew(&starts, &others), None);
        assert_eq!(skew(&[], &[]), None);
    }
}
