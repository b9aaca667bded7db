//! What was seen, as totals: by link, service and hour; by host pair; by sensor and hour. A flow is counted and forgotten.
//!
//! Ledgers of parts merge, in any order, to the same ledger. Invariants: memory grows with distinct keys up to stated
//! caps, past which totals stay exact ([`capped`]); the sum over the services is the number of flows drawn.

pub mod capped;
mod hours;
mod names;
mod pairs;
mod rolled;
mod service;
mod sight;
pub mod survey;
mod totals;
pub mod trails;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::Place;
use crate::flow::{Flow, Host, Hour, Moment, Outcome};
use crate::sites::Locus;
use capped::{Absorb, Capped};
pub use hours::{Grain, Hours};
use names::kept;
pub use pairs::{PairKey, PairTotals};
pub use service::{Earliest, Served, ServiceKey};
pub use sight::Sight;
pub use totals::Totals;
use trails::TrailKey;
pub use trails::{Trail, TrailDay};

/// How many services of links are kept apart. Past it, those of external links lose their port first, never their bytes.
pub const SERVICE_CAP: usize = 100_000;
/// How many hours of services are kept apart. Past it, hours are gathered into coarser ones ([`Grain`]).
pub const HOUR_CAP: usize = 500_000;
/// How many (host, host, service) entries are kept apart. Past it, external pairs give way first. With the slack of
/// [`Capped::is_overfull`] this is what a table of 2¹⁹ slots holds: one more, and it takes twice the memory.
pub const PAIR_CAP: usize = 366_000;

/// The totals of one file, of a part of it, or of a whole case.
#[derive(Debug, Clone)]
pub struct Ledger {
    services: Capped<ServiceKey, Served>,
    /// How many hours all services have together.
    hours: usize,
    /// How fine the hours are kept.
    grain: Grain,
    hours_cap: usize,
    /// Services that gave way, summed without their port. A table of its own, so that what is kept apart depends on the
    /// set of services alone.
    coarse: Capped<ServiceKey, Totals>,
    /// Sums of the services that gave way there too.
    pub spilled_services: Totals,
    pairs: Capped<PairKey, PairTotals>,
    /// Sums of the pairs that gave way at the cap.
    pub spilled_pairs: Totals,
    /// What host pairs and accounts did day by day.
    trails: Capped<TrailKey, TrailDay>,
    /// Names of hosts that are known by name only.
    pub names: BTreeMap<Host, String>,
    /// Flows by sensor and hour: what was being watched.
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    /// The sensor and hour of the last flows, with their number: most logs stay with one for long.
    watching: Option<(String, Hour, u64)>,
    /// Days (from the epoch) on which a place took part in some flow: what a claim of newness needs, whatever the grain of
    /// the hours. The outside takes part in everybody's traffic, and is left out.
    pub days: BTreeMap<Locus, BTreeSet<i32>>,
    /// Flows that began in a private prefix without a site, by the sensor that saw them: whose prefix it may be.
    pub witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::with_caps(SERVICE_CAP, HOUR_CAP, PAIR_CAP)
    }
}

impl Ledger {
    /// An empty ledger with other caps than the stated ones, for tests.
    pub fn with_caps(services: usize, hours: usize, pairs: usize) -> Ledger {
        Ledger {
            services: Capped::new(services),
            hours: 0,
            grain: Grain::default(),
            hours_cap: hours,
            coarse: Capped::new(services),
            spilled_services: Totals::default(),
            pairs: Capped::new(pairs),
            spilled_pairs: Totals::default(),
            trails: Capped::new(trails::CAP),
            names: BTreeMap::new(),
            coverage: BTreeMap::new(),
            watching: None,
            days: BTreeMap::new(),
            witnesses: BTreeMap::new(),
        }
    }

    /// Counts a flow between two places. `source` names the sensor of flows that do not.
    pub fn add(&mut self, flow: &Flow<'_>, place: Place, from: Locus, to: Locus, source: &str) {
        if let Some(rolled) = &flow.rolled {
            return self.add_rolled(flow, rolled, place, (from, to), source);
        }
        let reply = flow.is_reply();
        let (initiator, responder) = (self.host(&flow.initiator), self.host(&flow.responder));
        let hour = flow.start.map_or(Hour::UNDATED, Moment::hour);
        let sensor = names::short(flow.sensor.as_deref().unwrap_or(source));
        let sensor = sensor.as_ref();
        self.watch(sensor, hour);

        // A reply belongs to the connection that it answers, which ran the other way.
        let (from, to, initiator, responder, port) = if reply {
            (to, from, responder, initiator, flow.initiator.port)
        } else {
            (from, to, initiator, responder, flow.responder.port)
        };
        let service = flow.service_at(port);
        if matches!(from, Locus::Private4(_) | Locus::Private6(_))
            && let Some(count) = kept(&mut self.witnesses, &from).and_then(|sensors| kept(sensors, sensor))
        {
            *count += 1;
        }

        let sight = Sight { at: flow.start, file: 0, place };
        let key = ServiceKey { from, to, service };
        match self.services.entry(key) {
            Some(served) => {
                served.totals.count(flow, reply);
                if hour != Hour::UNDATED && served.last_day != Some(hour.day()) {
                    served.last_day = Some(hour.day());
                    for locus in [from, to].into_iter().filter(|locus| *locus != Locus::External) {
                        if let Some(days) = kept(&mut self.days, &locus) {
                            days.insert(hour.day());
                        }
                    }
                }
                self.hours += usize::from(served.hours.count(self.grain.floor(hour), flow, reply));
                if !reply && matches!(flow.outcome, Outcome::Established | Outcome::Unknown) {
                    served.earliest.take(sight);
                }
                if let Some(user) = flow.user.as_deref() {
                    names::add(&mut served.accounts, &names::short(user), 1);
                }
            }
            None => self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).count(flow, reply),
        }
        if self.services.is_overfull() || self.hours > self.hours_cap + self.hours_cap / 4 {
            self.settle_services();
        }

        // Whatever became of the service at its cap: what is followed depends on the set of trails alone.
        if let Some(user) = flow.user.as_deref() {
            self.trails.follow(Trail::of_account(&key, &names::short(user)), flow, (from, to), reply, sight);
        }
        let pair_key = PairKey { from, to, service, initiator, responder };
        self.trails.follow(Trail::of_pair(&pair_key), flow, (from, to), reply, sight);
        match self.pairs.entry(pair_key) {
            Some(pair) => pair.count(flow, reply, sight),
            None => self.spilled_pairs.count(flow, reply),
        }
        if self.pairs.is_overfull() {
            self.settle_pairs();
        }
    }

    /// Adds another ledger to this one. `file` is what that ledger's single file is called here; `None` keeps its numbers.
    pub fn merge(&mut self, other: &Ledger, file: Option<u32>) {
        let mut homeless = Vec::new();
        self.coarsen(self.grain.max(other.grain));
        self.services.lower_bar(other.services.bar(), |key, served| homeless.push((key, served.totals)));
        for (key, served) in other.services.sorted() {
            let mut served = served.clone();
            if let Some(file) = file {
                served.earliest.call(file);
            }
            served.hours.coarsen(self.grain);
            match self.services.entry(key) {
                Some(own) => own.absorb(&served),
                None => homeless.push((key, served.totals)),
            }
        }
        self.house(homeless);
        let spilled = &mut self.spilled_services;
        self.coarse.lower_bar(other.coarse.bar(), |_, totals| spilled.absorb(&totals));
        self.house(other.coarse.sorted().into_iter().map(|(key, totals)| (key, totals.clone())).collect());
        self.spilled_services.absorb(&other.spilled_services);
        self.settle_services();

        let spilled = &mut self.spilled_pairs;
        self.pairs.lower_bar(other.pairs.bar(), |_, pair| spilled.absorb(&pair.totals()));
        for (key, pair) in other.pairs.sorted() {
            let mut pair = pair.clone();
            if let Some(file) = file {
                pair.call(file);
            }
            match self.pairs.entry(key) {
                Some(own) => own.absorb(&pair),
                None => self.spilled_pairs.absorb(&pair.totals()),
            }
        }
        self.spilled_pairs.absorb(&other.spilled_pairs);
        self.settle_pairs();

        self.trails.lower_bar(other.trails.bar(), |_, _| ());
        for (key, day) in other.trails.sorted() {
            let mut day = *day;
            if let Some(file) = file {
                day.call(file);
            }
            if let Some(own) = self.trails.entry(key) {
                own.absorb(&day);
            }
        }
        self.trails.settle(|_, _| ());

        for (host, name) in &other.names {
            if let Some(own) = kept(&mut self.names, host) {
                own.clone_from(name);
            }
        }
        for (locus, days) in &other.days {
            if let Some(own) = kept(&mut self.days, locus) {
                own.extend(days);
            }
        }
        for (sensor, hours) in &other.coverage() {
            for (hour, count) in hours {
                add_hour(&mut self.coverage, sensor, *hour, *count);
            }
        }
        for (locus, sensors) in &other.witnesses {
            let Some(own) = kept(&mut self.witnesses, locus) else { continue };
            for (sensor, count) in sensors {
                names::add(own, sensor, *count);
            }
        }
    }

    /// The services of links, in order.
    pub fn services(&self) -> Vec<(ServiceKey, &Served)> {
        self.services.sorted()
    }

    /// Sums of services that gave way at the cap, without their port, in order.
    pub fn coarse(&self) -> Vec<(ServiceKey, &Totals)> {
        self.coarse.sorted()
    }

    /// Whether no flow was counted.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// Flows by sensor and hour: what was being watched.
    pub fn coverage(&self) -> BTreeMap<String, BTreeMap<Hour, u64>> {
        let mut coverage = self.coverage.clone();
        if let Some((sensor, hour, count)) = &self.watching {
            add_hour(&mut coverage, sensor, *hour, *count);
        }
        coverage
    }

    /// Every locus at an end of some flow.
    pub fn loci(&self) -> BTreeSet<Locus> {
        let keys = self.services.keys().chain(self.coarse.keys());
        keys.flat_map(|key| [key.from, key.to]).collect()
    }

    /// The host pairs, in order.
    pub fn pairs(&self) -> Vec<(PairKey, &PairTotals)> {
        self.pairs.sorted()
    }

    /// What host pairs and accounts did day by day, in order of trail and day.
    pub fn trails(&self) -> BTreeMap<Trail, Vec<(i32, TrailDay)>> {
        let mut trails: BTreeMap<Trail, Vec<(i32, TrailDay)>> = BTreeMap::new();
        for (key, day) in self.trails.sorted() {
            trails.entry(key.trail).or_default().push((key.day, *day));
        }
        trails
    }

    /// Whether a cap was reached, in words for the screen; `None` while all is kept apart.
    pub fn cap_reached(&self) -> Option<String> {
        let pairs = self.pairs.has_spilled().then(|| format!("{} host pairs", self.pairs.len()));
        let trails =
            self.trails.has_spilled().then(|| format!("{} days of host pairs and accounts", self.trails.len()));
        let services = self.services.has_spilled().then(|| format!("{} services of links", self.services.len()));
        let accounts = self.services.values().map(|served| served.accounts.len()).max().unwrap_or(0);
        let named =
            [(self.names.len(), "host names"), (self.coverage.len(), "sensors"), (accounts, "accounts of a service")];
        let named = named.into_iter().filter(|(count, _)| *count >= names::CAP);
        let named = named.map(|(count, what)| format!("{count} {what}"));
        let parts: Vec<String> = pairs.into_iter().chain(trails).chain(services).chain(named).collect();
        let caps = (!parts.is_empty())
            .then(|| format!("kept apart up to the cap: {}; totals are exact past it", parts.join(", ")));
        let grain = (self.grain != Grain::default()).then(|| {
            format!(
                "hours of services are kept {} at a time, since there are very many; first and last times are exact",
                self.grain
            )
        });
        let both: Vec<String> = caps.into_iter().chain(grain).collect();
        (!both.is_empty()).then(|| both.join("; "))
    }

    /// Brings all tables down to their caps. To be called once after the last flow.
    pub fn settle(&mut self) {
        self.settle_services();
        self.settle_pairs();
        self.trails.settle(|_, _| ());
    }

    fn settle_services(&mut self) {
        let mut homeless = Vec::new();
        self.services.settle(|key, served| homeless.push((key, served.totals)));
        self.house(homeless);
        let spilled = &mut self.spilled_services;
        self.coarse.settle(|_, totals| spilled.absorb(&totals));
        self.settle_hours();
    }

    /// Past the cap, hours are gathered into coarser ones until they fit. The same flows in any order end at the same grain:
    /// more of them never need a finer one.
    fn settle_hours(&mut self) {
        self.hours = self.services.values().map(|served| served.hours.len()).sum();
        while self.hours > self.hours_cap
            && let Some(grain) = self.grain.coarser()
        {
            self.coarsen(grain);
        }
    }

    fn coarsen(&mut self, grain: Grain) {
        if grain != self.grain {
            self.grain = grain;
            self.services.values_mut().for_each(|served| served.hours.coarsen(grain));
            self.hours = self.services.values().map(|served| served.hours.len()).sum();
        }
    }

    fn house(&mut self, homeless: Vec<(ServiceKey, Totals)>) {
        for (key, totals) in homeless {
            self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).absorb(&totals);
        }
    }

    fn settle_pairs(&mut self) {
        let spilled = &mut self.spilled_pairs;
        self.pairs.settle(|_, pair| spilled.absorb(&pair.totals()));
    }

    fn host(&mut self, end: &crate::flow::Endpoint<'_>) -> Host {
        match (end.address, end.name.as_deref()) {
            (Some(address), _) => Host::of_address(address),
            (None, Some(name)) => {
                let host = Host::of_name(name);
                if let Some(own) = kept(&mut self.names, &host)
                    && own.is_empty()
                {
                    *own = names::short(name).into_owned();
                }
                host
            }
            (None, None) => Host::of_name(""),
        }
    }

    fn watch(&mut self, sensor: &str, hour: Hour) {
        match &mut self.watching {
            Some((last, at, count)) if *at == hour && last == sensor => *count += 1,
            Some(_) | None => {
                if let Some((last, at, count)) = self.watching.replace((sensor.to_owned(), hour, 1)) {
                    add_hour(&mut self.coverage, &last, at, count);
                }
            }
        }
    }
}

fn add_hour(coverage: &mut BTreeMap<String, BTreeMap<Hour, u64>>, sensor: &str, hour: Hour, count: u64) {
    if let Some(hours) = kept(coverage, sensor) {
        *hours.entry(hour).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Endpoint, Protocol};

    /// A made-up flow per number: few sites, some hosts, many ports.
    fn flow(n: u32) -> (Flow<'static>, Locus, Locus) {
        let host = |i: u32| Some(std::net::IpAddr::from([10, (i % 3) as u8, 0, (i % 7) as u8]));
        let flow = Flow {
            start: Some(Moment(i64::from(n % 50) * 3_600_000_000)),
            initiator: Endpoint { address: host(n), port: Some(50_000), ..Endpoint::default() },
            responder: Endpoint { address: host(n / 2 + 1), port: Some((n % 400) as u16), ..Endpoint::default() },
            protocol: Some(Protocol::TCP),
            bytes_out: Some(u64::from(n)),
            outcome: if n.is_multiple_of(5) { Outcome::Denied } else { Outcome::Established },
            user: n.is_multiple_of(3).then(|| format!("user{}", n % 4).into()),
            ..Flow::default()
        };
        let party = |i: u32| if i % 4 == 3 { Locus::External } else { Locus::Site(i % 3) };
        (flow, party(n), party(n / 2 + 1))
    }

    fn ledger(numbers: impl Iterator<Item = u32>, cap: usize) -> Ledger {
        let mut ledger = Ledger::with_caps(cap, 3 * cap, cap);
        for n in numbers {
            let (flow, from, to) = flow(n);
            ledger.add(&flow, Place { line: u64::from(n), offset: 0 }, from, to, "fw");
        }
        ledger.settle();
        ledger
    }

    fn sum(ledger: &Ledger) -> u64 {
        let services: u64 = ledger.services().iter().map(|(_, served)| served.totals.flows).sum();
        let coarse: u64 = ledger.coarse().iter().map(|(_, totals)| totals.flows).sum();
        services + coarse + ledger.spilled_services.flows
    }

    #[test]
    fn parts_merge_in_any_order_to_the_same_bytes() {
        for cap in [40, 300, 100_000] {
            let parts = [ledger(0..900, cap), ledger(900..1000, cap), ledger(1000..3000, cap)];
            let whole = ledger(0..3000, cap);
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let mut merged = Ledger::with_caps(cap, 3 * cap, cap);
                order.iter().for_each(|i| merged.merge(&parts[*i], None));
                assert!(merged.to_bytes() == whole.to_bytes(), "cap {cap}, order {order:?}");
            }
            assert_eq!(sum(&whole), 3000);
        }
    }

    #[test]
    fn who_saw_a_private_prefix_begin_flows_is_kept() {
        let (mut flow, ..) = flow(1);
        let (ours, theirs) = (Locus::Private4([10, 1, 0]), Locus::Private4([10, 2, 0]));
        let mut ledger = Ledger::default();
        ledger.add(&flow, Place::default(), ours, theirs, "fw.log");
        flow.sensor = Some("BKK-FW01".into());
        ledger.add(&flow, Place::default(), ours, Locus::External, "fw.log");
        ledger.add(&flow, Place::default(), Locus::Site(0), theirs, "fw.log");
        let mut merged = Ledger::default();
        merged.merge(&ledger, Some(3));
        merged.merge(&ledger, Some(4));
        let seen = |sensor: &str| merged.witnesses[&ours][sensor];
        assert_eq!((merged.witnesses.len(), seen("BKK-FW01"), seen("fw.log")), (1, 2, 2));
    }

    #[test]
    fn a_ledger_survives_its_way_as_bytes() {
        let ledger = ledger(0..500, 50);
        let again = Ledger::from_bytes(&ledger.to_bytes()).unwrap();
        assert!(again.to_bytes() == ledger.to_bytes());
    }

    #[test]
    fn a_reply_adds_its_bytes_to_the_connection_that_it_answers() {
        let end =
            |last, port| Endpoint { address: Some([10, 0, 0, last].into()), port: Some(port), ..Endpoint::default() };
        let call = Flow {
            initiator: end(1, 50_000),
            responder: end(2, 443),
            protocol: Some(Protocol::TCP),
            bytes_out: Some(10),
            one_way: true,
            ..Flow::default()
        };
        let answer = Flow { initiator: end(2, 443), responder: end(1, 50_000), bytes_out: Some(99), ..call.clone() };
        let mut ledger = Ledger::default();
        ledger.add(&call, Place::default(), Locus::Site(0), Locus::Site(1), "vpc");
        ledger.add(&answer, Place::default(), Locus::Site(1), Locus::Site(0), "vpc");
        let services = ledger.services();
        let [(key, served)] = services.as_slice() else { panic!("one connection is one service: {services:?}") };
        assert_eq!((key.from, key.to, key.service.to_string().as_str()), (Locus::Site(0), Locus::Site(1), "tcp/443"));
        let totals = &served.totals;
        assert_eq!((totals.connections(), totals.bytes_out, totals.bytes_in), (1, 10, 99));
    }
}
