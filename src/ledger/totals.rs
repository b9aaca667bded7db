//! Sums of flows: as people ask for them, and packed for where there are very many.

use serde::{Deserialize, Serialize};

use super::capped::Absorb;
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

    pub(super) fn count(&mut self, flow: &Flow<'_>, reply: bool) {
        let (out, back) = if reply { (flow.bytes_in, flow.bytes_out) } else { (flow.bytes_out, flow.bytes_in) };
        if reply {
            self.replies += 1;
        } else {
            self.flows += 1;
            match flow.outcome {
                Outcome::Established => self.established += 1,
                Outcome::Denied => self.denied += 1,
                Outcome::Failed => self.failed += 1,
                Outcome::Unknown => {}
            }
        }
        self.bytes_out = self.bytes_out.saturating_add(out.unwrap_or(0));
        self.bytes_in = self.bytes_in.saturating_add(back.unwrap_or(0));
        self.first = earliest(self.first, flow.start);
        self.last = self.last.max(flow.start);
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

/// The counts of a flow table's entry, small. They hold 4 billion flows of an hour of a service, or of a host pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    flows: u32,
    replies: u32,
    established: u32,
    denied: u32,
    failed: u32,
    bytes_out: u64,
    bytes_in: u64,
}

impl Counts {
    pub(super) fn count(&mut self, flow: &Flow<'_>, reply: bool) {
        let (out, back) = if reply { (flow.bytes_in, flow.bytes_out) } else { (flow.bytes_out, flow.bytes_in) };
        let half = if reply { &mut self.replies } else { &mut self.flows };
        *half = half.saturating_add(1);
        let outcome = match flow.outcome {
            Outcome::Established => Some(&mut self.established),
            Outcome::Denied => Some(&mut self.denied),
            Outcome::Failed => Some(&mut self.failed),
            Outcome::Unknown => None,
        };
        if let Some(outcome) = outcome.filter(|_| !reply) {
            *outcome = outcome.saturating_add(1);
        }
        self.bytes_out = self.bytes_out.saturating_add(out.unwrap_or(0));
        self.bytes_in = self.bytes_in.saturating_add(back.unwrap_or(0));
    }

    pub(super) fn absorb(&mut self, other: &Counts) {
        self.flows = self.flows.saturating_add(other.flows);
        self.replies = self.replies.saturating_add(other.replies);
        self.established = self.established.saturating_add(other.established);
        self.denied = self.denied.saturating_add(other.denied);
        self.failed = self.failed.saturating_add(other.failed);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
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
            bytes_out: totals.bytes_out,
            bytes_in: totals.bytes_in,
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
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            first,
            last,
        }
    }
}
