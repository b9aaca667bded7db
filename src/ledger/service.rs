//! A service of a link: who asked whom for what, and all that is known of it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Ranked, mixed};
use super::index::spread;
use super::numbered::Scattered;
use super::sight::Packed;
use super::{Hours, Sight, Totals};
use crate::flow::Service;
use crate::sites::Locus;

/// How many of its earliest rows a service keeps.
const EARLIEST: usize = 12;

/// A link's service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceKey {
    /// The initiator's side.
    pub from: Locus,
    /// The responder's side.
    pub to: Locus,
    /// What was asked for.
    pub service: Service,
}

impl ServiceKey {
    pub(super) fn without_port(self) -> ServiceKey {
        ServiceKey { service: Service { port: None, ..self.service }, ..self }
    }
}

impl Ranked for ServiceKey {
    fn rank(&self) -> (u8, u64) {
        let ends = mixed(locus_bits(self.from)).rotate_left(17) ^ mixed(!locus_bits(self.to));
        (link_class(self.from, self.to), mixed(ends ^ mixed(service_bits(self.service).into())))
    }
}

impl Hash for ServiceKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(locus_bits(self.from));
        state.write_u64(locus_bits(self.to).rotate_left(32) ^ u64::from(service_bits(self.service)));
    }
}

impl Scattered for ServiceKey {
    fn hash(&self) -> u64 {
        spread(
            locus_bits(self.from)
                ^ spread(locus_bits(self.to).rotate_left(32))
                ^ spread(!u64::from(service_bits(self.service))),
        )
    }
}

/// The earliest records of a link's service that ran: what a claim about it rests on, before a second pass finds all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Earliest(Vec<Packed>);

impl Earliest {
    pub(super) fn take(&mut self, sight: Packed) {
        let order = sight.order();
        if self.0.len() == EARLIEST && self.0.last().is_some_and(|last| last.order() <= order) {
            return;
        }
        let at = self.0.partition_point(|own| own.order() < order);
        if self.0.len() == EARLIEST {
            self.0.pop();
        } else if self.0.len() == self.0.capacity() {
            // Most services have many records or very few.
            self.0.reserve_exact(if self.0.len() < 4 { 4 } else { EARLIEST - self.0.len() });
        }
        self.0.insert(at, sight);
    }

    /// Records that began later than this need not be tried.
    pub(super) fn bar(&self) -> i64 {
        if self.0.len() < EARLIEST { i64::MAX } else { self.0.last().map_or(i64::MAX, |last| last.time_order()) }
    }

    /// The file of its records is called this from now on.
    pub(super) fn call(&mut self, file: u32) {
        self.0.iter_mut().for_each(|sight| sight.call(file));
    }

    pub(super) fn move_down(&mut self, lines: u64) {
        self.0.iter_mut().for_each(|sight| sight.move_down(lines));
    }

    /// The records, in order.
    pub fn sights(&self) -> impl Iterator<Item = Sight> + '_ {
        self.0.iter().filter_map(|packed| packed.sight())
    }
}

impl Absorb for Earliest {
    fn absorb(&mut self, other: &Earliest) {
        other.0.iter().for_each(|sight| self.take(*sight));
    }
}

/// All that is known of a link's service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Served {
    /// The sums by hour, or by more where the cap was reached.
    pub hours: Hours,
    /// The earliest records that ran.
    pub earliest: Earliest,
    /// Accounts with their flows.
    pub accounts: BTreeMap<String, u64>,
}

impl Served {
    /// The sums over all hours.
    pub fn totals(&self) -> Totals {
        let mut sum = Totals::default();
        self.hours.iter().for_each(|(_, totals)| sum.absorb(&totals));
        sum
    }
}

/// A service as a number of 28 bits, each its own.
#[inline]
pub(super) fn service_bits(service: Service) -> u32 {
    let port = service.port.map_or(0, |port| u32::from(port) + 1);
    let protocol = service.protocol.map_or(0, |protocol| u32::from(protocol.0) + 1);
    port | protocol << 17 | (service.kind as u32) << 26
}

/// 0 between two places of the organisation, 1 where one end is outside.
pub(super) fn link_class(from: Locus, to: Locus) -> u8 {
    u8::from(from.is_outside() || to.is_outside())
}

fn locus_bits(locus: Locus) -> u64 {
    let bytes = |prefix: &[u8]| prefix.iter().fold(0_u64, |acc, b| acc << 8 | u64::from(*b));
    match locus {
        Locus::Site(index) => 1 << 56 | u64::from(index),
        Locus::Private4(prefix) => 2 << 56 | bytes(&prefix),
        Locus::Private6(prefix) => 3 << 56 | bytes(&prefix),
        Locus::External => 4 << 56,
        Locus::Named => 5 << 56,
        Locus::Country(country) => 6 << 56 | u64::from(country.number()),
    }
}
