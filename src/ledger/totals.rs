//! Sums of flows: as people ask for them, and packed for where there are very many.

use serde::{Deserialize, Serialize};

use super::capped::Absorb;
use super::sight::{Loose, UNDATED};
use super::wire::{Flat, Laying, Lifting};
use crate::flow::{Flow, Moment, Outcome};

/// Totals of flows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Flows from initiator's side; for one-way sources, records in that direction.
    pub flows: u64,
    /// Records of the answering half, from one-way sources. They add bytes to the same connection.
    pub replies: u64,
    /// Flows that were answered or admitted.
    pub established: u64,
    /// Flows that were refused.
    pub denied: u64,
    /// Flows without an answer.
    pub failed: u64,
    /// Bytes from initiator to responder, where counted.
    pub bytes_out: u64,
    /// Bytes from responder to initiator, where counted.
    pub bytes_in: u64,
    /// The earliest start.
    pub first: Option<Moment>,
    /// The latest start.
    pub last: Option<Moment>,
}

impl Totals {
    /// Connections: each once, even where a one-way source wrote both halves.
    pub fn connections(&self) -> u64 {
        self.flows.max(self.replies)
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_out.saturating_add(self.bytes_in)
    }

    /// Counts a flow.
    pub(super) fn count(&mut self, seen: &Seen) {
        let mut one = Counts::default();
        one.count(seen);
        let at = (seen.at != UNDATED).then_some(Moment(seen.at));
        self.absorb(&one.totals(at, at));
    }
}

/// What a flow adds to sums, once it is known which half of a connection it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Microseconds from the epoch; [`UNDATED`] without a time.
    pub(super) at: i64,
    /// The answering half, from a one-way source.
    pub(super) reply: bool,
    pub(super) outcome: Outcome,
    /// From the connection's initiator, whichever half this is.
    pub(super) bytes_out: u64,
    pub(super) bytes_in: u64,
    /// How long it lasted, in seconds; 0 where the log does not tell.
    pub(super) seconds: u32,
}

impl Seen {
    #[inline]
    pub(super) fn of(flow: &Flow<'_>, reply: bool) -> Seen {
        let (out, back) = if reply { (flow.bytes_in, flow.bytes_out) } else { (flow.bytes_out, flow.bytes_in) };
        Seen {
            at: flow.start.map_or(UNDATED, |start| start.0),
            reply,
            outcome: flow.outcome,
            bytes_out: out.unwrap_or(0),
            bytes_in: back.unwrap_or(0),
            seconds: flow.duration.map_or(0, |micros| u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX)),
        }
    }
}

impl Absorb for Totals {
    fn absorb(&mut self, other: &Totals) {
        self.flows += other.flows;
        self.replies += other.replies;
        self.established += other.established;
        self.denied += other.denied;
        self.failed += other.failed;
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.first = earliest(self.first, other.first);
        self.last = self.last.max(other.last);
    }
}

fn earliest(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Flat<36> for Counts {
    fn to_flat(&self) -> [u8; 36] {
        let mut laying = Laying::new();
        for count in [self.flows, self.replies, self.established, self.denied, self.failed] {
            laying.put(count.to_le_bytes());
        }
        laying.put(self.bytes_out.get().to_le_bytes()).put(self.bytes_in.get().to_le_bytes()).done()
    }

    fn of_flat(bytes: &[u8; 36]) -> Counts {
        let mut lifting = Lifting(bytes);
        Counts {
            flows: lifting.u32(),
            replies: lifting.u32(),
            established: lifting.u32(),
            denied: lifting.u32(),
            failed: lifting.u32(),
            bytes_out: lifting.u64().into(),
            bytes_in: lifting.u64().into(),
        }
    }
}

/// The counts of a flow table's entry, small. They hold 4 billion flows of an hour of a service, or of a host pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    flows: u32,
    replies: u32,
    established: u32,
    denied: u32,
    failed: u32,
    bytes_out: Loose,
    bytes_in: Loose,
}

impl Counts {
    #[inline]
    pub(super) fn count(&mut self, seen: &Seen) {
        let one = |yes: bool| u32::from(yes);
        self.replies = self.replies.saturating_add(one(seen.reply));
        let asked = !seen.reply;
        self.flows = self.flows.saturating_add(one(asked));
        self.established = self.established.saturating_add(one(asked && seen.outcome == Outcome::Established));
        self.denied = self.denied.saturating_add(one(asked && seen.outcome == Outcome::Denied));
        self.failed = self.failed.saturating_add(one(asked && seen.outcome == Outcome::Failed));
        self.bytes_out = self.bytes_out.get().saturating_add(seen.bytes_out).into();
        self.bytes_in = self.bytes_in.get().saturating_add(seen.bytes_in).into();
    }

    pub(super) fn absorb(&mut self, other: &Counts) {
        self.flows = self.flows.saturating_add(other.flows);
        self.replies = self.replies.saturating_add(other.replies);
        self.established = self.established.saturating_add(other.established);
        self.denied = self.denied.saturating_add(other.denied);
        self.failed = self.failed.saturating_add(other.failed);
        self.bytes_out = self.bytes_out.get().saturating_add(other.bytes_out.get()).into();
        self.bytes_in = self.bytes_in.get().saturating_add(other.bytes_in.get()).into();
    }

    /// The counts of these totals; what does not fit stays at the most.
    pub(super) fn of(totals: &Totals) -> Counts {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Counts {
            flows: small(totals.flows),
            replies: small(totals.replies),
            established: small(totals.established),
            denied: small(totals.denied),
            failed: small(totals.failed),
            bytes_out: totals.bytes_out.into(),
            bytes_in: totals.bytes_in.into(),
        }
    }

    /// As totals, between these starts.
    pub(super) fn totals(&self, first: Option<Moment>, last: Option<Moment>) -> Totals {
        Totals {
            flows: u64::from(self.flows),
            replies: u64::from(self.replies),
            established: u64::from(self.established),
            denied: u64::from(self.denied),
            failed: u64::from(self.failed),
            bytes_out: self.bytes_out.get(),
            bytes_in: self.bytes_in.get(),
            first,
            last,
        }
    }
}
