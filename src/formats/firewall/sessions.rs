//! Connections that a device tells of more than once, counted once: a start and an end, an alert and its connection.
//!
//! The records of one session share a number. Its last word (the end, with the bytes) goes out at its own place; what came
//! before it is held back until then and dropped, and goes out at the file's end where no last word came. Exports that
//! begin with the newest record tell the end first: the last [`ENDED`] ends are remembered, and what they told again is dropped.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use crate::evidence::{Place, Record};
use crate::flow::{Basis, Flow, Moment, Outcome};
use crate::formats::Sink;
use crate::sorting::LeanSort as _;

/// How many sessions without a last word are held. Past that, the one that was opened first goes out, and counts again if its
/// end still comes.
const OPEN: usize = 32_768;

/// How many ends are remembered.
const ENDED: usize = 16_384;

/// A longer record is no device's own (they have some 1,500 bytes) and is not held.
const LONGEST_HELD: usize = 8 * 1024;

/// What a record is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Telling {
    /// Its last word.
    Last,
    /// A start, a count so far, an alert.
    Before,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Fate {
    /// Its flow went out.
    Out,
    /// Its flow is held back, as the first of its session.
    Held,
    /// Another record tells of its session.
    Again,
}

/// The sessions of one file.
#[derive(Default)]
pub(in crate::formats) struct Sessions {
    open: BTreeMap<u128, (Place, Flow<'static>)>,
    /// Their keys in the order in which they were opened, those of ended sessions among them until they are passed over.
    order: VecDeque<u128>,
    /// Until when the session at this place of the table lasted; made with the first end.
    ended: Vec<(u128, Moment)>,
}

impl Sessions {
    /// Takes a record of the session with this number on this device.
    pub(in crate::formats) fn tell(
        &mut self,
        [device, number]: [&str; 2],
        telling: Telling,
        flow: Flow<'_>,
        record: &Record<'_>,
        flows: &mut Sink<'_>,
    ) -> Fate {
        let key = key(device, number, &flow);
        self.tell_by(key, telling, flow, record, flows)
    }

    /// As [`Sessions::tell`], where the number is one session's whatever ends its records name.
    pub(in crate::formats) fn tell_alone(
        &mut self,
        number: &str,
        telling: Telling,
        flow: Flow<'_>,
        record: &Record<'_>,
        flows: &mut Sink<'_>,
    ) -> Fate {
        self.tell_by(key("", number, &Flow::default()), telling, flow, record, flows)
    }

    fn tell_by(
        &mut self,
        key: u128,
        telling: Telling,
        mut flow: Flow<'_>,
        record: &Record<'_>,
        flows: &mut Sink<'_>,
    ) -> Fate {
        let place = record.place;
        match telling {
            Telling::Last => {
                if let Some((_, held)) = self.open.remove(&key) {
                    let began = (held.start, held.basis);
                    flow = begun(complete(flow.into_owned(), held), began);
                }
                if self.order.len() > 4 * OPEN {
                    self.order.retain(|key| self.open.contains_key(key));
                }
                self.remember(key, &flow);
            }
            Telling::Before if self.has_ended(key, &flow) => return Fate::Again,
            Telling::Before => {
                if let Some((held_place, held)) = self.open.get_mut(&key) {
                    let start = held.start.into_iter().chain(flow.start).min();
                    *held_place = place;
                    *held = complete(flow.into_owned(), std::mem::take(held));
                    held.start = start;
                    return Fate::Again;
                }
                if record.bytes.len() <= LONGEST_HELD {
                    if self.open.len() >= OPEN {
                        self.let_out(flows);
                    }
                    self.open.insert(key, (place, flow.into_owned()));
                    self.order.push_back(key);
                    return Fate::Held;
                }
            }
        }
        flows(&flow, place);
        Fate::Out
    }

    /// The file is at its end: what had no last word goes out, in the file's order.
    pub(in crate::formats) fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut open: Vec<(Place, Flow<'static>)> = std::mem::take(&mut self.open).into_values().collect();
        open.lean_sort_by_key(|(place, _)| *place);
        open.iter().for_each(|(place, flow)| flows(flow, *place));
    }

    /// Lets the session out that was opened first.
    fn let_out(&mut self, flows: &mut Sink<'_>) {
        while let Some(key) = self.order.pop_front() {
            if let Some((place, flow)) = self.open.remove(&key) {
                self.remember(key, &flow);
                flows(&flow, place);
                return;
            }
        }
    }

    fn remember(&mut self, key: u128, flow: &Flow<'_>) {
        if self.ended.is_empty() {
            self.ended = vec![(0, Moment(0)); ENDED];
        }
        let lasted = i64::try_from(flow.duration.unwrap_or(0)).unwrap_or(i64::MAX);
        let until = flow.start.map_or(Moment(i64::MAX), |start| Moment(start.0.saturating_add(lasted)));
        self.ended[(key % ENDED as u128) as usize] = (key, until);
    }

    /// Whether the session ended above in the file, and not before this record was made (a number comes again in time).
    /// Devices write an end up to a minute or so after it.
    fn has_ended(&self, key: u128, flow: &Flow<'_>) -> bool {
        let Some((ended, until)) = self.ended.get((key % ENDED as u128) as usize) else { return false };
        *ended == key && flow.start.is_none_or(|start| start.0 <= until.0.saturating_add(120_000_000))
    }
}

/// What a record leaves out and one before it of the same session said: a change of route tells no bytes, an end no account.
fn complete(flow: Flow<'static>, before: Flow<'static>) -> Flow<'static> {
    Flow {
        // An answer may not repeat who asked.
        initiator: if flow.initiator.is_known() { flow.initiator } else { before.initiator },
        duration: flow.duration.or(before.duration),
        protocol: flow.protocol.or(before.protocol),
        service: flow.service.or(before.service),
        bytes_out: flow.bytes_out.or(before.bytes_out),
        bytes_in: flow.bytes_in.or(before.bytes_in),
        packets_out: flow.packets_out.or(before.packets_out),
        packets_in: flow.packets_in.or(before.packets_in),
        outcome: if flow.outcome == Outcome::Unknown { before.outcome } else { flow.outcome },
        user: flow.user.or(before.user),
        rule: flow.rule.or(before.rule),
        ..flow
    }
}

/// An end that says neither begin nor length: the connection began when the first record of it was made.
fn begun(mut flow: Flow<'static>, (began, basis): (Option<Moment>, Basis)) -> Flow<'static> {
    if let (None, Some(began), Some(ended)) = (flow.duration, began, flow.start)
        && began < ended
    {
        (flow.start, flow.basis) = (Some(began), basis);
        flow.duration = u64::try_from(ended.0.saturating_sub(began.0)).ok();
    }
    flow
}

/// Device, number and both ends (FNV-1a, two times 64 bits).
fn key(device: &str, number: &str, flow: &Flow<'_>) -> u128 {
    let mut hash = [0xcbf2_9ce4_8422_2325_u64, 0x9ae1_6a3b_2f90_404f];
    let mut take = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            for half in &mut hash {
                *half = (*half ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
            }
        }
    };
    take(device.as_bytes());
    take(number.as_bytes());
    for end in [&flow.initiator, &flow.responder] {
        match end.address {
            Some(IpAddr::V4(v4)) => take(&v4.octets()),
            Some(IpAddr::V6(v6)) => take(&v6.octets()),
            None => take(end.name.as_deref().unwrap_or_default().as_bytes()),
        }
        take(&end.port.unwrap_or(0).to_be_bytes());
    }
    (u128::from(hash[0]) << 64) | u128::from(hash[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts and lengths in seconds of what goes out, for records (number, telling, start, duration).
    fn told(records: &[(&str, Telling, i64, u64)]) -> Vec<(i64, u64)> {
        let mut sessions = Sessions::default();
        let mut out = Vec::new();
        let mut sink = |flow: &Flow<'_>, _: Place| {
            out.push((flow.start.unwrap().0 / 1_000_000, flow.duration.unwrap() / 1_000_000));
        };
        for (at, (number, telling, start, seconds)) in records.iter().enumerate() {
            let start = Moment::from_seconds(*start);
            let flow = Flow { start, duration: Some(seconds * 1_000_000), ..Flow::default() };
            let record = Record::new(b"", Place { line: at as u64, ..Place::default() });
            sessions.tell(["fw", number], *telling, flow, &record, &mut sink);
        }
        sessions.finish(&mut sink);
        out
    }

    #[test]
    fn the_last_word_counts_wherever_it_stands() {
        use Telling::{Before, Last};
        assert_eq!(told(&[("1", Before, 10, 0), ("1", Last, 10, 50)]), [(10, 50)]);
        assert_eq!(told(&[("1", Last, 10, 50), ("1", Before, 10, 0)]), [(10, 50)]);
        // Without a last word, the latest record, from the earliest start.
        assert_eq!(told(&[("1", Before, 10, 0), ("1", Before, 12, 7)]), [(10, 7)]);
        // Other sessions are other connections.
        assert_eq!(told(&[("1", Before, 10, 0), ("2", Last, 10, 50)]), [(10, 50), (10, 0)]);
    }

    #[test]
    fn what_a_later_record_leaves_out_an_earlier_one_said() {
        let mut sessions = Sessions::default();
        let mut out = Vec::new();
        let mut sink = |flow: &Flow<'_>, _: Place| out.push((flow.bytes_in, flow.user.clone().map(String::from)));
        let counted = Flow { bytes_in: Some(7), user: Some("ann".into()), ..Flow::default() };
        let record = Record::new(b"", Place::default());
        for (number, last) in [("1", Telling::Before), ("2", Telling::Last)] {
            sessions.tell(["fw", number], Telling::Before, counted.clone(), &record, &mut sink);
            sessions.tell(["fw", number], last, Flow::default(), &record, &mut sink);
        }
        sessions.finish(&mut sink);
        assert_eq!(out, vec![(Some(7), Some("ann".to_owned())); 2]);
    }

    #[test]
    fn a_number_that_comes_again_is_another_session() {
        use Telling::{Before, Last};
        assert_eq!(told(&[("1", Last, 10, 50), ("1", Before, 5000, 0)]), [(10, 50), (5000, 0)]);
    }
}
