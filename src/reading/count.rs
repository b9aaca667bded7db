//! Counts each flow into a ledger, by the sites of the book.

use super::{Fate, Visitor};
use crate::evidence::Place;
use crate::flow::{Flow, Kind};
use crate::ledger::Ledger;
use crate::sites::{Places, not_a_host};

/// A ledger being filled from one file.
pub struct Counting {
    ledger: Ledger,
    places: Places,
    source: String,
}

impl Counting {
    /// Counts flows of the file of this name.
    pub fn new(places: Places, source: &str) -> Counting {
        Counting { ledger: Ledger::default(), places, source: source.to_owned() }
    }

    /// The ledger, brought down to its caps.
    pub fn into_ledger(mut self) -> Ledger {
        self.ledger.settle();
        self.ledger
    }
}

/// Whether a flow joins two hosts; else what becomes of it instead.
pub fn joins_hosts(flow: &Flow<'_>) -> Result<(), Fate> {
    if flow.kind == Kind::Translation {
        return Err(Fate::Filtered("an address translation: one host under two addresses"));
    }
    match (flow.initiator.is_known(), flow.responder.is_known()) {
        (true, true) => {}
        (false, true) => return Err(Fate::WithoutEndpoint("no initiator in the record")),
        (true, false) => return Err(Fate::WithoutEndpoint("no responder in the record")),
        (false, false) => return Err(Fate::WithoutEndpoint("neither end in the record")),
    }
    let reason = |address: Option<std::net::IpAddr>| address.and_then(not_a_host);
    match reason(flow.responder.address).or_else(|| reason(flow.initiator.address)) {
        Some(reason) => Err(Fate::Filtered(reason)),
        None => Ok(()),
    }
}

impl Visitor for Counting {
    #[inline]
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate {
        if let Err(fate) = joins_hosts(flow) {
            return fate;
        }
        let (from, to) = self.places.ends(flow);
        self.ledger.note(flow, place, from, to, &self.source);
        Fate::Drawn
    }
}
