//! Two ledgers as one: whatever the order in which parts come, the same.

use serde::{Deserialize, Serialize};

use super::capped::Absorb;
use super::counting::add_hour;
use super::handing::Rest;
use super::names::{self, kept};
use super::pairs::PairKey;
use super::trails::TrailKey;
use super::{Grain, Ledger, PairTotals, Served, ServiceKey, Totals, TrailDay, key_of};

/// How far a ledger's tables were brought down to their caps. What gave way in one gives way in all that it is merged with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Bars {
    grain: Grain,
    services: Option<(u8, u64)>,
    coarse: Option<(u8, u64)>,
    pairs: Option<(u8, u64)>,
    trails: Option<(u8, u64)>,
}

impl Ledger {
    /// Adds another ledger to this one. `file` is what that ledger's single file is called here; `None` keeps its numbers.
    pub fn merge(&mut self, other: &Ledger, file: Option<u32>) {
        debug_assert!(self.noted.is_empty() && other.noted.is_empty(), "a ledger is settled before it is merged");
        self.take_bars(&other.bars());
        for (key, served) in other.services.in_order() {
            self.take_service(key, served, file);
        }
        for (key, totals) in other.coarse() {
            self.take_coarse(key, totals);
        }
        self.settle_services();
        for entry in other.pairs.entries() {
            self.take_pair(key_of(&other.services, &other.hosts, entry.numbers()), entry.totals, file);
        }
        self.settle_pairs();
        for (key, day) in other.trails.iter() {
            self.take_trail(key, *day, file);
        }
        self.trails.settle();
        self.take_rest(&Rest::of(other));
    }

    pub(super) fn bars(&self) -> Bars {
        Bars {
            grain: self.services.grain(),
            services: self.services.bar(),
            coarse: self.coarse.bar(),
            pairs: self.pairs.bar(),
            trails: self.trails.bar(),
        }
    }

    /// Before any entry: what gave way there gives way here.
    pub(super) fn take_bars(&mut self, bars: &Bars) {
        self.services.coarsen(bars.grain);
        if let Some(bar) = bars.services {
            let mut homeless = Vec::new();
            self.services.lower_bar(bar, |key, totals| homeless.push((key, totals.clone())));
            self.house(homeless);
        }
        let spilled = &mut self.spilled_services;
        self.coarse.lower_bar(bars.coarse, |_, totals| spilled.absorb(&totals));
        if let Some(bar) = bars.pairs {
            let Ledger { pairs, spilled_pairs, services, hosts, .. } = self;
            let key = |numbers| key_of(services, hosts, numbers);
            if pairs.lower_bar(bar, key, |pair| spilled_pairs.absorb(&pair.totals())) {
                self.forget();
            }
        }
        self.trails.lower_bar(bars.trails);
    }

    pub(super) fn take_service(&mut self, key: ServiceKey, mut served: Served, file: Option<u32>) {
        if let Some(file) = file {
            served.earliest.call(file);
        }
        match self.services.counted(key) {
            Some(number) => self.services.absorb(number, &served),
            None => self.take_coarse(key, &served.totals()),
        }
    }

    pub(super) fn take_coarse(&mut self, key: ServiceKey, totals: &Totals) {
        self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).absorb(totals);
    }

    pub(super) fn take_pair(&mut self, key: PairKey, mut pair: PairTotals, file: Option<u32>) {
        if let Some(file) = file {
            pair.call(file);
        }
        let Some(place) = self.pair_of(&key, None) else {
            self.spilled_pairs.absorb(&pair.totals());
            return self.forget_loose();
        };
        self.pairs.absorb(place, &pair);
        if self.pairs.is_overfull() {
            self.settle_pairs();
        }
    }

    pub(super) fn take_trail(&mut self, key: TrailKey, mut day: TrailDay, file: Option<u32>) {
        if let Some(file) = file {
            day.call(file);
        }
        self.trails.absorb(key, &day);
    }

    pub(super) fn take_rest(&mut self, rest: &Rest) {
        self.spilled_services.absorb(&rest.spilled_services);
        self.spilled_pairs.absorb(&rest.spilled_pairs);
        for (host, name) in &rest.names {
            if let Some(own) = kept(&mut self.names, host) {
                own.clone_from(name);
            }
        }
        for (locus, days) in &rest.days {
            if let Some(own) = kept(&mut self.days, locus) {
                own.extend(days);
            }
        }
        for (sensor, hours) in &rest.coverage {
            for (hour, count) in hours {
                add_hour(&mut self.coverage, sensor, *hour, *count);
            }
        }
        for (locus, sensors) in &rest.witnesses {
            let Some(own) = kept(&mut self.witnesses, locus) else { continue };
            for (sensor, count) in sensors {
                names::add(own, sensor, *count);
            }
        }
    }
}
