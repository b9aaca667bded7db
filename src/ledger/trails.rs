//! Trails: what a host pair, or an account on a link, did day by day. Enough for a first word on a rhythm, a silence, an
//! hour or an amount that is out of the ordinary, without a second pass.
//!
//! Past [`CAP`] whole trails give way, never single days of one: those within a site first, then those to the Internet. What gives
//! way here stays counted among the pairs and services.

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Ranked, mixed};
use super::index::{Index, spread};
use super::sight::Packed;
use super::totals::Seen;
use super::wire::{Flat, Laying, Lifting};
use super::{PairKey, ServiceKey, Sight};
use crate::flow::{Hour, Outcome};
use crate::sites::Locus;

/// How many days of trails are kept apart. With the slack of [`Followed::is_overfull`](super::followed::Followed) this is what an
/// index of 2¹⁹ slots holds.
pub const CAP: usize = 182_000;

/// What is followed: a host pair over a service, or an account on a link's service; 64 bits of a fixed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Trail(pub(super) u64);

impl Trail {
    /// Of a host pair.
    pub fn of_pair(key: &PairKey) -> Trail {
        let (_, hash) = key.rank();
        Trail(mixed(hash ^ of_service(key.from, key.to, key.service)))
    }

    /// Of an account on a link's service.
    pub fn of_account(key: &ServiceKey, account: &str) -> Trail {
        Trail(mixed(!crate::flow::Host::of_name(account).0 as u64 ^ of_service(key.from, key.to, key.service)))
    }
}

fn of_service(from: Locus, to: Locus, service: crate::flow::Service) -> u64 {
    let (_, hash) = ServiceKey { from, to, service }.rank();
    hash
}

/// A day (from the epoch) of a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct TrailKey {
    class: u8,
    pub(super) trail: Trail,
    pub(super) day: i32,
}

impl TrailKey {
    /// How many classes there are.
    pub(super) const CLASSES: usize = 3;

    /// A fixed hash for tables. The trail is spread over all bits already.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        self.trail.0.wrapping_add((self.day as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[inline]
    pub(super) fn of(trail: Trail, from: Locus, to: Locus, day: i32) -> TrailKey {
        let class = match (from, to) {
            (from, to) if from == to => 2,
            (from, to) if from.is_outside() || to.is_outside() => 1,
            (_, _) => 0,
        };
        TrailKey { class, trail, day }
    }
}

impl Ranked for TrailKey {
    /// Without the day: a trail stays or gives way as a whole.
    #[inline]
    fn rank(&self) -> (u8, u64) {
        (self.class, self.trail.0)
    }
}

/// What a trail did on one day of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailDay {
    /// Connections that ran, or of unknown outcome.
    pub ran: u32,
    /// Connections that were denied or failed.
    pub refused: u32,
    /// The hours of the day in which some connection began: bit 0 is 00:00 to 00:59 UTC.
    pub hours: u32,
    /// The longest connection, in seconds; 0 where the log tells none.
    pub longest: u32,
    /// Bytes from initiator to responder.
    pub bytes_out: u64,
    /// Bytes from responder to initiator.
    pub bytes_in: u64,
    first: Packed,
}

impl Default for TrailDay {
    fn default() -> TrailDay {
        TrailDay { ran: 0, refused: 0, hours: 0, longest: 0, bytes_out: 0, bytes_in: 0, first: Packed::NONE }
    }
}

impl TrailDay {
    #[inline]
    pub(super) fn count(&mut self, hour: Hour, seen: &Seen, sight: Packed) {
        self.bytes_out = self.bytes_out.saturating_add(seen.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(seen.bytes_in);
        self.longest = self.longest.max(seen.seconds);
        if seen.reply {
            return;
        }
        let ran = matches!(seen.outcome, Outcome::Established | Outcome::Unknown);
        self.take(ran, sight);
        let count = if ran { &mut self.ran } else { &mut self.refused };
        *count = count.saturating_add(1);
        self.hours |= 1 << hour.0.rem_euclid(24);
    }

    /// The earliest record that ran; where none did, the earliest.
    pub fn sight(&self) -> Option<Sight> {
        self.first.sight()
    }

    /// Connections in all.
    pub fn flows(&self) -> u64 {
        u64::from(self.ran) + u64::from(self.refused)
    }

    /// The file of its sight is called this from now on.
    pub(super) fn call(&mut self, file: u32) {
        self.first.call(file);
    }

    pub(super) fn move_down(&mut self, lines: u64) {
        self.first.move_down(lines);
    }

    #[inline]
    fn take(&mut self, ran: bool, sight: Packed) {
        match (self.ran > 0, ran) {
            (false, true) => self.first = sight,
            (true, false) => {}
            (true, true) | (false, false) => self.first.sooner(sight),
        }
    }
}

/// All trails with their days, to be looked up.
#[derive(Debug, Clone, Default)]
pub struct Trails {
    /// The days of each trail in order, one trail behind the other.
    days: Vec<(i32, TrailDay)>,
    /// Which of these are whose.
    spans: Vec<(Trail, u32, u32)>,
    index: Index,
}

impl Trails {
    /// Of days in order of trail and day.
    pub(super) fn of(sorted: Vec<(TrailKey, &TrailDay)>) -> Trails {
        let mut trails = Trails { days: Vec::with_capacity(sorted.len()), ..Trails::default() };
        for own in sorted.chunk_by(|a, b| a.0.trail == b.0.trail) {
            let from = trails.days.len() as u32;
            trails.days.extend(own.iter().map(|(key, day)| (key.day, **day)));
            trails.index.insert(spread(own[0].0.trail.0), trails.spans.len() as u32);
            trails.spans.push((own[0].0.trail, from, trails.days.len() as u32));
        }
        trails
    }

    /// The days of a trail, in order; none where it was not kept.
    pub fn days(&self, trail: Trail) -> &[(i32, TrailDay)] {
        // Past the cap the lowest numbers stay, which by themselves would all stand at the index's beginning.
        match self.index.find(spread(trail.0), |place| self.spans[place as usize].0 == trail) {
            Some(place) => {
                let (_, from, to) = self.spans[place as usize];
                &self.days[from as usize..to as usize]
            }
            None => &[],
        }
    }
}

impl Flat<13> for TrailKey {
    fn to_flat(&self) -> [u8; 13] {
        Laying::new().put([self.class]).put(self.trail.0.to_le_bytes()).put(self.day.to_le_bytes()).done()
    }

    fn of_flat(bytes: &[u8; 13]) -> TrailKey {
        let mut lifting = Lifting(bytes);
        let [class] = lifting.take();
        TrailKey { class, trail: Trail(lifting.u64()), day: i32::from_le_bytes(lifting.take()) }
    }
}

impl Flat<56> for TrailDay {
    fn to_flat(&self) -> [u8; 56] {
        let mut laying = Laying::new();
        for count in [self.ran, self.refused, self.hours, self.longest] {
            laying.put(count.to_le_bytes());
        }
        laying.put(self.bytes_out.to_le_bytes()).put(self.bytes_in.to_le_bytes());
        laying.put::<24>(self.first.to_flat()).done()
    }

    fn of_flat(bytes: &[u8; 56]) -> TrailDay {
        let mut lifting = Lifting(bytes);
        TrailDay {
            ran: lifting.u32(),
            refused: lifting.u32(),
            hours: lifting.u32(),
            longest: lifting.u32(),
            bytes_out: lifting.u64(),
            bytes_in: lifting.u64(),
            first: Packed::of_flat(&lifting.take()),
        }
    }
}

impl Absorb for TrailDay {
    fn absorb(&mut self, other: &TrailDay) {
        self.take(other.ran > 0, other.first);
        self.ran = self.ran.saturating_add(other.ran);
        self.refused = self.refused.saturating_add(other.refused);
        self.hours |= other.hours;
        self.longest = self.longest.max(other.longest);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Place;
    use crate::flow::{Flow, Moment};

    fn count(day: &mut TrailDay, hour: i64, outcome: Outcome, line: u64) {
        let at = Moment(hour * 3_600_000_000);
        let flow = Flow { start: Some(at), outcome, bytes_out: Some(5), ..Flow::default() };
        day.count(at.hour(), &Seen::of(&flow, false), Packed::new(at.0, Place { line, offset: line }));
    }

    fn counted(starts: &[(i64, Outcome)]) -> TrailDay {
        let mut day = TrailDay::default();
        for (line, (hour, outcome)) in (1..).zip(starts) {
            count(&mut day, *hour, *outcome, line);
        }
        day
    }

    #[test]
    fn a_day_shows_its_earliest_record_that_ran() {
        let day = counted(&[(1, Outcome::Denied), (9, Outcome::Established), (3, Outcome::Established)]);
        assert_eq!((day.ran, day.refused, day.hours, day.bytes_out), (2, 1, 0b10_0000_1010, 15));
        assert_eq!(day.sight().map(|sight| sight.place.line), Some(3));
    }

    #[test]
    fn days_merge_in_any_order() {
        let parts = [(1, Outcome::Denied), (9, Outcome::Established), (3, Outcome::Established), (2, Outcome::Failed)];
        let whole = |order: &[usize]| {
            let mut day = TrailDay::default();
            order.iter().for_each(|at| {
                let mut part = TrailDay::default();
                let (hour, outcome) = parts[*at];
                count(&mut part, hour, outcome, *at as u64 + 1);
                day.absorb(&part);
            });
            day
        };
        assert_eq!(whole(&[0, 1, 2, 3]), whole(&[3, 2, 1, 0]));
        assert_eq!(whole(&[2, 0, 3, 1]).sight().map(|sight| sight.place.line), Some(3));
    }
}
