//! What a service of a link did, hour by hour: a sorted list, since logs come mostly in order of time and a list takes a
//! third of what a table does.

use serde::{Deserialize, Serialize};

use super::sight::{Loose, UNDATED};
use super::totals::{Counts, Seen, Totals};
use super::wire::{Flat, Laying, Lifting};
use crate::flow::{Hour, Moment};
use crate::phrase::Saying;

/// Totals by hour, in order of time; [`Hour::UNDATED`] comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours(Vec<(Hour, Hourly)>);

/// How many hours stand together: one, until there are too many to keep ([`super::HOUR_CAP`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Grain(u8);

impl Grain {
    /// Hours of each grain: an hour, a part of a day, a day, a week, a year. They divide UTC from the epoch on.
    const HOURS: [(i32, Saying); 5] = [
        (1, Saying("one", "一時間")),
        (4, Saying("4", "4時間")),
        (24, Saying("24", "24時間")),
        (168, Saying("a week", "一週間")),
        (8_760, Saying("365 days", "365日")),
    ];

    /// So many are kept at a time: `4`, `a week`.
    pub fn told(self) -> Saying {
        Grain::HOURS[usize::from(self.0).min(Grain::HOURS.len() - 1)].1
    }

    /// The next coarser one; none above the coarsest.
    pub fn coarser(self) -> Option<Grain> {
        (usize::from(self.0) + 1 < Grain::HOURS.len()).then_some(Grain(self.0 + 1))
    }

    /// The first of the hours that stand together with this one.
    pub fn floor(self, hour: Hour) -> Hour {
        let (hours, _) = Grain::HOURS[usize::from(self.0).min(Grain::HOURS.len() - 1)];
        if hours == 1 || hour == Hour::UNDATED { hour } else { Hour(hour.0.div_euclid(hours) * hours) }
    }
}

/// The totals of one hour, packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hourly {
    counts: Counts,
    /// Microseconds from the epoch; after `last` while no flow has a time.
    first: Loose,
    last: Loose,
}

impl Default for Hourly {
    fn default() -> Hourly {
        Hourly { counts: Counts::default(), first: (i64::MAX as u64).into(), last: (i64::MIN as u64).into() }
    }
}

impl Flat<52> for Hourly {
    fn to_flat(&self) -> [u8; 52] {
        let mut laying = Laying::new();
        laying.put::<36>(self.counts.to_flat());
        laying.put(self.first.get().to_le_bytes()).put(self.last.get().to_le_bytes()).done()
    }

    fn of_flat(bytes: &[u8; 52]) -> Hourly {
        let mut lifting = Lifting(bytes);
        let counts = Counts::of_flat(&lifting.take());
        Hourly { counts, first: lifting.u64().into(), last: lifting.u64().into() }
    }
}

impl Hours {
    /// Hours that are in order already.
    pub(super) fn of_ordered(hours: Vec<(Hour, Hourly)>) -> Hours {
        Hours(hours)
    }

    /// The hours, each with its packed totals.
    pub(super) fn packed(&self) -> &[(Hour, Hourly)] {
        &self.0
    }

    /// Adds totals to an hour.
    pub fn add(&mut self, hour: Hour, totals: &Totals) {
        let at = self.place(hour);
        self.0[at].1.absorb(&Hourly::of(totals));
    }

    /// Adds all hours of another list.
    pub fn absorb(&mut self, other: Hours) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        for (hour, hourly) in &other.0 {
            let at = self.place(*hour);
            self.0[at].1.absorb(hourly);
        }
    }

    /// The hours, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Hour, Totals)> + '_ {
        self.0.iter().map(|(hour, hourly)| (*hour, hourly.totals()))
    }

    /// The hours from the first to the last, both included, in order.
    pub fn range(&self, first: Hour, last: Hour) -> impl Iterator<Item = (Hour, Totals)> + '_ {
        let from = self.0.partition_point(|(hour, _)| *hour < first);
        self.0[from..].iter().take_while(move |(hour, _)| *hour <= last).map(|(hour, own)| (*hour, own.totals()))
    }

    /// The hours without their totals, in order.
    pub fn keys(&self) -> impl Iterator<Item = Hour> + Clone + '_ {
        self.0.iter().map(|(hour, _)| *hour)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&mut self, hour: Hour) -> usize {
        match self.0.binary_search_by_key(&hour, |(own, _)| *own) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (hour, Hourly::default()));
                at
            }
        }
    }
}

impl Hourly {
    fn new(counts: Counts, first: i64, last: i64) -> Hourly {
        Hourly { counts, first: (first as u64).into(), last: (last as u64).into() }
    }

    pub(super) fn of(totals: &Totals) -> Hourly {
        let (first, last) = (totals.first.map_or(i64::MAX, |at| at.0), totals.last.map_or(i64::MIN, |at| at.0));
        Hourly::new(Counts::of(totals), first, last)
    }

    fn first(&self) -> i64 {
        self.first.get() as i64
    }

    fn last(&self) -> i64 {
        self.last.get() as i64
    }

    #[inline]
    pub(super) fn count(&mut self, seen: &Seen) {
        self.counts.count(seen);
        if seen.at != UNDATED {
            self.first = (self.first().min(seen.at) as u64).into();
            self.last = (self.last().max(seen.at) as u64).into();
        }
    }

    pub(super) fn absorb(&mut self, other: &Hourly) {
        self.counts.absorb(&other.counts);
        self.first = (self.first().min(other.first()) as u64).into();
        self.last = (self.last().max(other.last()) as u64).into();
    }

    pub(super) fn totals(&self) -> Totals {
        let dated = |at: i64| (self.first() <= self.last()).then_some(Moment(at));
        self.counts.totals(dated(self.first()), dated(self.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(micros: i64) -> Totals {
        Totals { flows: 1, first: Some(Moment(micros)), last: Some(Moment(micros)), ..Totals::default() }
    }

    #[test]
    fn hours_stand_in_order_however_they_came() {
        let mut hours = Hours::default();
        for hour in [5, 2, 9, 2] {
            hours.add(Hour(hour), &one(i64::from(hour) * 3_600_000_000 + 7));
        }
        let seen: Vec<(i32, u64)> = hours.iter().map(|(hour, totals)| (hour.0, totals.flows)).collect();
        assert_eq!(seen, [(2, 2), (5, 1), (9, 1)]);
        assert_eq!(hours.range(Hour(3), Hour(9)).count(), 2);
        assert_eq!(hours.iter().next().unwrap().1.first, Some(Moment(2 * 3_600_000_000 + 7)));
    }

    #[test]
    fn an_undated_flow_has_no_time() {
        let mut hours = Hours::default();
        hours.add(Hour::UNDATED, &Totals { flows: 1, ..Totals::default() });
        assert_eq!(hours.iter().next().unwrap().1.first, None);
    }

    #[test]
    fn hours_stand_together_by_their_grain() {
        let mut hours = Hours::default();
        (0..60).for_each(|hour| hours.add(Hour(hour), &one(i64::from(hour) * 3_600_000_000)));
        let mut grain = Grain::default();
        for expected in [15, 3, 1, 1] {
            grain = grain.coarser().unwrap();
            let starts: std::collections::BTreeSet<Hour> = hours.keys().map(|hour| grain.floor(hour)).collect();
            assert_eq!(starts.len(), expected);
        }
        assert_eq!(grain.coarser(), None);
    }
}
