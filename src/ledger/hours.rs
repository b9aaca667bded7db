//! What a service of a link did, hour by hour: a sorted list, since logs come mostly in order of time and a list takes a
//! third of what a table does.

use serde::{Deserialize, Serialize};

use super::Totals;
use crate::flow::{Flow, Hour, Moment, Outcome};

/// Totals by hour, in order of time; [`Hour::UNDATED`] comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours(Vec<(Hour, Hourly)>);

/// How many hours stand together: one, until there are too many to keep ([`super::HOUR_CAP`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Grain(u8);

impl Grain {
    /// Hours of each grain: an hour, a part of a day, a day, a week, a year. They divide UTC from the epoch on.
    const HOURS: [(i32, &str); 5] = [(1, "one"), (4, "4"), (24, "24"), (168, "a week"), (8_760, "365 days")];

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

/// `4`, `a week`: so many are kept at a time.
impl std::fmt::Display for Grain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(Grain::HOURS[usize::from(self.0).min(Grain::HOURS.len() - 1)].1)
    }
}

/// The totals of one hour, small. Counts hold 4 billion flows in an hour of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Hourly {
    flows: u32,
    replies: u32,
    established: u32,
    denied: u32,
    failed: u32,
    bytes_out: u64,
    bytes_in: u64,
    /// Microseconds from the epoch; after `last` while no flow has a time.
    first: i64,
    last: i64,
}

impl Default for Hourly {
    fn default() -> Hourly {
        Hourly {
            flows: 0,
            replies: 0,
            established: 0,
            denied: 0,
            failed: 0,
            bytes_out: 0,
            bytes_in: 0,
            first: i64::MAX,
            last: i64::MIN,
        }
    }
}

impl Hours {
    /// Counts a flow; whether its hour is a new one.
    pub(super) fn count(&mut self, hour: Hour, flow: &Flow<'_>, reply: bool) -> bool {
        let (at, fresh) = self.place(hour);
        self.0[at].1.count(flow, reply);
        fresh
    }

    /// Adds totals to an hour.
    pub fn add(&mut self, hour: Hour, totals: &Totals) {
        let (at, _) = self.place(hour);
        self.0[at].1.absorb(&Hourly::of(totals));
    }

    /// Adds all hours of another list.
    pub fn absorb(&mut self, other: &Hours) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        for (hour, hourly) in &other.0 {
            let (at, _) = self.place(*hour);
            self.0[at].1.absorb(hourly);
        }
    }

    /// Gathers hours that stand together at this grain.
    pub(super) fn coarsen(&mut self, grain: Grain) {
        if self.0.iter().all(|(hour, _)| grain.floor(*hour) == *hour) {
            return;
        }
        let mut coarse: Vec<(Hour, Hourly)> = Vec::new();
        for (hour, hourly) in &self.0 {
            let hour = grain.floor(*hour);
            match coarse.last_mut() {
                Some((last, own)) if *last == hour => own.absorb(hourly),
                Some(_) | None => coarse.push((hour, *hourly)),
            }
        }
        coarse.shrink_to_fit();
        self.0 = coarse;
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

    fn place(&mut self, hour: Hour) -> (usize, bool) {
        match self.0.last() {
            Some((last, _)) if *last == hour => return (self.0.len() - 1, false),
            Some((last, _)) if *last < hour => {}
            None => {}
            Some(_) => match self.0.binary_search_by_key(&hour, |(own, _)| *own) {
                Ok(at) => return (at, false),
                Err(at) => {
                    self.0.insert(at, (hour, Hourly::default()));
                    return (at, true);
                }
            },
        }
        self.0.push((hour, Hourly::default()));
        (self.0.len() - 1, true)
    }
}

impl Hourly {
    fn of(totals: &Totals) -> Hourly {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Hourly {
            flows: small(totals.flows),
            replies: small(totals.replies),
            established: small(totals.established),
            denied: small(totals.denied),
            failed: small(totals.failed),
            first: totals.first.map_or(i64::MAX, |first| first.0),
            last: totals.last.map_or(i64::MIN, |last| last.0),
            bytes_out: totals.bytes_out,
            bytes_in: totals.bytes_in,
        }
    }

    fn count(&mut self, flow: &Flow<'_>, reply: bool) {
        let (out, back) = if reply { (flow.bytes_in, flow.bytes_out) } else { (flow.bytes_out, flow.bytes_in) };
        let counter = match (reply, flow.outcome) {
            (true, _) => None,
            (false, Outcome::Established) => Some(&mut self.established),
            (false, Outcome::Denied) => Some(&mut self.denied),
            (false, Outcome::Failed) => Some(&mut self.failed),
            (false, Outcome::Unknown) => None,
        };
        if let Some(counter) = counter {
            *counter = counter.saturating_add(1);
        }
        let halves = if reply { &mut self.replies } else { &mut self.flows };
        *halves = halves.saturating_add(1);
        self.bytes_out = self.bytes_out.saturating_add(out.unwrap_or(0));
        self.bytes_in = self.bytes_in.saturating_add(back.unwrap_or(0));
        if let Some(start) = flow.start {
            self.first = self.first.min(start.0);
            self.last = self.last.max(start.0);
        }
    }

    fn absorb(&mut self, other: &Hourly) {
        self.flows = self.flows.saturating_add(other.flows);
        self.replies = self.replies.saturating_add(other.replies);
        self.established = self.established.saturating_add(other.established);
        self.denied = self.denied.saturating_add(other.denied);
        self.failed = self.failed.saturating_add(other.failed);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
    }

    fn totals(&self) -> Totals {
        let dated = self.first <= self.last;
        Totals {
            flows: u64::from(self.flows),
            replies: u64::from(self.replies),
            established: u64::from(self.established),
            denied: u64::from(self.denied),
            failed: u64::from(self.failed),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            first: dated.then_some(Moment(self.first)),
            last: dated.then_some(Moment(self.last)),
        }
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
    fn coarser_hours_lose_no_flow() {
        let mut hours = Hours::default();
        (0..60).for_each(|hour| hours.add(Hour(hour), &one(i64::from(hour) * 3_600_000_000)));
        let mut grain = Grain::default();
        for expected in [15, 3, 1, 1] {
            grain = grain.coarser().unwrap();
            hours.coarsen(grain);
            assert_eq!((hours.len(), hours.iter().map(|(_, totals)| totals.flows).sum::<u64>()), (expected, 60));
        }
        assert_eq!(grain.coarser(), None);
        assert_eq!(hours.iter().next().unwrap().1.last, Some(Moment(59 * 3_600_000_000)));
    }
}
