//! A row of a rollup into the ledger: many flows at once, between sites, without their hosts.

use super::capped::Absorb;
use super::counting::add_hour;
use super::names;
use super::sight::{Packed, UNDATED};
use super::{Ledger, PairKey, ServiceKey, Totals};
use crate::evidence::Place;
use crate::flow::{Flow, Hour, Moment, Outcome, Rolled};
use crate::sites::Locus;

impl Ledger {
    /// Counts the flows of a row. Its ends count as one host each, since a rollup names none.
    pub(super) fn add_rolled(
        &mut self,
        flow: &Flow<'_>,
        rolled: &Rolled<'_>,
        place: Place,
        (from, to): (Locus, Locus),
        source: &str,
    ) {
        self.count_noted();
        let totals = totals(flow, rolled);
        let (initiator, responder) = (self.host(&flow.initiator), self.host(&flow.responder));
        let hour = flow.start.map_or(Hour::UNDATED, Moment::hour);
        let sensor = names::short(flow.sensor.as_deref().unwrap_or(source));
        add_hour(&mut self.coverage, sensor.as_ref(), hour, rolled.flows);
        if hour != Hour::UNDATED {
            self.note_day([from, to], hour.day());
        }

        let key = ServiceKey { from, to, service: flow.service_key() };
        let first = Packed::new(flow.start.map_or(UNDATED, |at| at.0), place);
        let last = Packed::new(totals.last.map_or(UNDATED, |at| at.0), place);
        let service = self.services.counted(key);
        match service {
            Some(number) => self.services.count_rolled(number, hour, &totals, flow.outcome, first),
            None => self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).absorb(&totals),
        }
        match self.pair_of(&PairKey::of(key, initiator, responder), service) {
            Some(place) => self.pairs.count_rolled(place, &totals, flow.outcome, [first, last]),
            None => self.spilled_pairs.absorb(&totals),
        }
        self.settle_overfull();
    }
}

fn totals(flow: &Flow<'_>, rolled: &Rolled<'_>) -> Totals {
    let when = |outcome| if flow.outcome == outcome { rolled.flows } else { 0 };
    Totals {
        flows: rolled.flows,
        replies: 0,
        established: when(Outcome::Established),
        denied: when(Outcome::Denied),
        failed: when(Outcome::Failed),
        bytes_out: flow.bytes_out.unwrap_or(0),
        bytes_in: flow.bytes_in.unwrap_or(0),
        first: flow.start,
        last: rolled.last.max(flow.start),
    }
}
