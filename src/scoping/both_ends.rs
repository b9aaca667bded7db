//! Both ends: connections of one link that two logs tell of, matched by addresses and ports, with the difference of the two clocks;
//! and those that one of them tells alone.
//!
//! A connection that only one end tells of is a gap of the other's log, a refusal on the way, or translation: it is counted, not judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::skew::{Skew, skew};
use crate::flow::Moment;
use crate::sorting::LeanSort as _;

/// A connection as one log tells of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The number of the file.
    pub file: u32,
    /// When it began.
    pub at: Moment,
    /// Both ends with their ports, as text: the same connection has the same.
    pub ends: String,
}

/// What two logs have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The files.
    pub files: (u32, u32),
    /// How far the second clock runs ahead, where it can be told.
    pub skew: Option<Skew>,
    /// Connections that both tell of.
    pub both: usize,
    /// Of them, those that the two tell of within five seconds once the clocks are set alike.
    pub close: usize,
    /// Connections that the first tells of alone, while both were watching.
    pub first_only: usize,
    /// Those that the second tells of alone.
    pub second_only: usize,
}

/// Starts that lie so close after correction are of the same connection.
const CLOSE: i64 = 5_000_000;
/// Ports are used again; starts that lie further apart are of two connections.
const FAR: i64 = 15 * 60 * 1_000_000;

/// Compares every two files that tell of the link. The order of what was told does not matter.
pub fn compare(told: &[Told]) -> Vec<Compared> {
    let mut files: BTreeMap<u32, Vec<&Told>> = BTreeMap::new();
    for own in told {
        files.entry(own.file).or_default().push(own);
    }
    files.values_mut().for_each(|own| own.lean_sort_by_key(|told| (told.at, &told.ends)));
    let mut compared = Vec::new();
    for (number, first) in &files {
        for (other, second) in files.range(number + 1..) {
            compared.push(of(first, second, (*number, *other)));
        }
    }
    compared
}

fn of(first: &[&Told], second: &[&Told], files: (u32, u32)) -> Compared {
    // The time in which both tell of the link, with an hour to either side.
    let hour = 3_600 * 1_000_000;
    let span = |own: &[&Told]| own.first().map(|t| t.at.0).zip(own.last().map(|t| t.at.0));
    let (Some((a, b)), Some((c, d))) = (span(first), span(second)) else {
        return Compared { files, skew: None, both: 0, close: 0, first_only: 0, second_only: 0 };
    };
    let both_watch = a.max(c).saturating_sub(hour)..=b.min(d).saturating_add(hour);
    let mut by_ends: BTreeMap<&str, Vec<(usize, i64)>> = BTreeMap::new();
    for (place, told) in second.iter().enumerate() {
        by_ends.entry(&told.ends).or_default().push((place, told.at.0));
    }
    let mut used = BTreeSet::new();
    let mut pairs: Vec<(Moment, Moment)> = Vec::new();
    let mut first_only = 0;
    for told in first {
        let near = by_ends.get(told.ends.as_str()).into_iter().flatten().filter(|(place, _)| !used.contains(place));
        let nearest = near.min_by_key(|(_, at)| (at - told.at.0).abs()).filter(|(_, at)| (at - told.at.0).abs() <= FAR);
        match nearest {
            Some((place, at)) => {
                used.insert(*place);
                pairs.push((told.at, Moment(*at)));
            }
            None if both_watch.contains(&told.at.0) => first_only += 1,
            None => {}
        }
    }
    let second_only =
        second.iter().enumerate().filter(|(at, told)| !used.contains(at) && both_watch.contains(&told.at.0)).count();
    let starts: (Vec<Moment>, Vec<Moment>) = pairs.iter().copied().unzip();
    // Where translation changed the addresses, times alone may still tell the difference.
    let all = |own: &[&Told]| own.iter().map(|told| told.at).collect::<Vec<_>>();
    let skew = skew(&starts.0, &starts.1).or_else(|| skew(&all(first), &all(second)));
    let ahead = skew.map_or(0, |skew| skew.ahead);
    let close = pairs.iter().filter(|(a, b)| (b.0 - a.0 - ahead).abs() <= CLOSE).count();
    Compared { files, skew, both: pairs.len(), close, first_only, second_only }
}

impl Compared {
    /// In a sentence; `name` gives the name of a file.
    pub fn sentence(&self, name: impl Fn(u32) -> String) -> String {
        let (first, second) = (name(self.files.0), name(self.files.1));
        let clock = match self.skew {
            Some(Skew { ahead, matched, .. }) => {
                let (way, by) = if ahead < 0 { ("behind", -ahead) } else { ("ahead of", ahead) };
                let tenths = by / 100_000;
                format!(
                    "; the clock of {second} is {}.{} s {way} that of {first} (by {matched} starts)",
                    tenths / 10,
                    tenths % 10
                )
            }
            None => "; how far their clocks are apart can't be told".to_owned(),
        };
        format!(
            "{} connections stand in both {first} and {second}{clock}; {} stand in {first} alone, {} in {second} alone: \
             refused on the way, translated, or not logged there.",
            self.both, self.first_only, self.second_only
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: u32, second: i64, port: u16) -> Told {
        let at = Moment(second * 1_000_000);
        Told { file, at, ends: format!("10.66.8.41:{port} > 10.10.20.15:3389") }
    }

    #[test]
    fn one_connection_in_two_logs_is_known_by_its_ports_and_the_clocks_are_compared() {
        let office: Vec<Told> =
            (0..6).map(|n| told(0, 100 + i64::from(n) * 700, 50_000 + n)).chain([told(0, 4_000, 60_000)]).collect();
        let centre = (0..6).map(|n| told(1, 102 + i64::from(n) * 700, 50_000 + n));
        let all: Vec<Told> = centre.chain(office).collect();
        let [own] = compare(&all).try_into().unwrap();
        assert_eq!((own.both, own.close, own.first_only, own.second_only), (6, 6, 1, 0));
        assert_eq!(own.skew.map(|skew| (skew.ahead, skew.matched)), Some((2_000_000, 6)));
        let sentence = own.sentence(|file| ["office.log", "centre.log"][file as usize].to_owned());
        assert!(sentence.contains("centre.log is 2.0 s ahead of that of office.log"), "{sentence}");
    }

    #[test]
    fn a_port_that_is_used_again_is_another_connection() {
        let own = &compare(&[told(0, 0, 5), told(1, 7_200, 5), told(1, 0, 6), told(0, 7_200, 6)])[0];
        assert_eq!((own.both, own.first_only, own.second_only), (0, 2, 2));
        assert!(own.sentence(|file| file.to_string()).contains("can't be told"));
    }

    #[test]
    fn a_link_that_one_log_tells_of_is_compared_with_none() {
        assert_eq!(compare(&[told(0, 0, 5), told(0, 1, 6)]), []);
    }
}
