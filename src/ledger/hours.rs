//! What a service of a link did, hour by hour: a sorted list, since logs come mostly in order of time and a list takes a
//! third of what a table does.

use serde::{Deserialize, Serialize};

use super::Totals;
use super::capped::Absorb;
use crate::flow::{Flow, Hour, Moment, Outcome};

/// Totals by hour, in order of time; [`Hour::UNDATED`] comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours(Vec<(Hour, Hourly)>);

/// The totals of one hour, small. Counts hold 4 billion flows in an hour of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Hourly {
    flows: u32,
    replies: u32,
    established: u32,
    denied: u32,
    failed: u32,
    /// Microseconds from the hour's beginning; above `last` while no flow has a time.
    first: u32,
    last: u32,
    bytes_out: u64,
    bytes_in: u64,
}

impl Default for Hourly {
    fn default() -> Hourly {
        Hourly {
            flows: 0,
            replies: 0,
            established: 0,
            denied: 0,
            failed: 0,
            first: u32::MAX,
            last: 0,
            bytes_out: 0,
            bytes_in: 0,
        }
    }
}

impl Hours {
    /// Counts a flow; whether its hour is a new one.
    pub(super) fn count(&mut self, hour: Hour, flow: &Flow<'_>, reply: bool) -> bool {
        let (at, fresh) = self.place(hour);
        self.0[at].1.count(hour, flow, reply);
        fresh
    }

    /// Adds totals to an hour.
    pub fn add(&mut self, hour: Hour, totals: &Totals) {
        let (at, _) = self.place(hour);
        self.0[at].1.absorb(&Hourly::of(hour, totals));
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

    /// The hours, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Hour, Totals)> + '_ {
        self.0.iter().map(|(hour, hourly)| (*hour, hourly.totals(*hour)))
    }

    /// The hours from the first to the last, both included, in order.
    pub fn range(&self, first: Hour, last: Hour) -> impl Iterator<Item = (Hour, Totals)> + '_ {
        let from = self.0.partition_point(|(hour, _)| *hour < first);
        self.0[from..].iter().take_while(move |(hour, _)| *hour <= last).map(|(hour, own)| (*hour, own.totals(*hour)))
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
    fn of(hour: Hour, totals: &Totals) -> Hourly {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let (first, last) = match (totals.first, totals.last) {
            (Some(first), Some(last)) => (within(hour, first), within(hour, last)),
            (_, None) | (None, _) => (u32::MAX, 0),
        };
        Hourly {
            flows: small(totals.flows),
            replies: small(totals.replies),
            established: small(totals.established),
            denied: small(totals.denied),
            failed: small(totals.failed),
            first,
            last,
            bytes_out: totals.bytes_out,
            bytes_in: totals.bytes_in,
        }
    }

    fn count(&mut self, hour: Hour, flow: &Flow<'_>, reply: bool) {
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
            let at = within(hour, start);
            self.first = self.first.min(at);
            self.last = self.last.max(at);
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

    fn totals(&self, hour: Hour) -> Totals {
        let moment = |micros: u32| hour.start().map(|start| Moment(start.0 + i64::from(micros)));
        let dated = self.first <= self.last;
        Totals {
            flows: u64::from(self.flows),
            replies: u64::from(self.replies),
            established: u64::from(self.established),
            denied: u64::from(self.denied),
            failed: u64::from(self.failed),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            first: if dated { moment(self.first) } else { None },
            last: if dated { moment(self.last) } else { None },
        }
    }
}

/// Microseconds from the hour's beginning, kept within the hour.
fn within(hour: Hour, moment: Moment) -> u32 {
    let start = hour.start().map_or(moment.0, |start| start.0);
    moment.0.saturating_sub(start).clamp(0, 3_599_999_999) as u32
}

/// So that a table of services can sum its entries.
impl Absorb for Hours {
    fn absorb(&mut self, other: &Hours) {
        Hours::absorb(self, other);
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
}
