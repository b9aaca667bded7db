//! Both ends: how far two sensors' clocks are apart, from the starts of connections that both saw.

use crate::flow::Moment;

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
    let enough = best.len() >= LEAST_MATCHED && best.len() * 2 >= first.len().min(second.len());
    enough.then(|| Skew { ahead: differences[best.start + best.len() / 2], matched: best.len(), of: first.len() })
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
