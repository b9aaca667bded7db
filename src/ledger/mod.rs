//! What was seen, as totals: by link, service and hour; by host pair; by sensor and hour. A flow is counted and forgotten.
//!
//! Ledgers of parts merge, in any order, to the same ledger. Invariants: memory grows with distinct keys up to stated
//! caps, past which totals stay exact ([`capped`]); the sum over the services is the number of flows drawn.

pub mod capped;
pub mod gaps;
mod hours;
mod index;
mod merging;
mod names;
mod numbered;
mod pairs;
mod rolled;
mod service;
mod services;
mod sight;
pub mod survey;
mod totals;
pub mod trails;
mod watch;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use crate::evidence::Place;
use crate::flow::{Endpoint, Flow, Host, Hour, Moment};
use crate::phrase::{self, Phrase, Saying, phrase};
use crate::sites::Locus;
use crate::sorting::LeanCollect as _;
use capped::{Absorb, Capped};
pub use hours::{Grain, Hours};
use index::spread;
use names::kept;
use numbered::{Numbered, Scattered};
pub use pairs::{PairKey, PairTotals};
use pairs::{PairNumbers, Pairs};
pub use service::{Earliest, Served, ServiceKey};
use services::Services;
use sight::Packed;
pub use sight::Sight;
use totals::Seen;
pub use totals::Totals;
use trails::TrailKey;
pub use trails::{Trail, TrailDay};
use watch::Watch;

/// How many services of links are kept apart. Past it, those of external links lose their port first, never their bytes.
pub const SERVICE_CAP: usize = 100_000;
/// How many hours of services are kept apart. Past it, hours are gathered into coarser ones ([`Grain`]).
pub const HOUR_CAP: usize = 500_000;
/// How many (host, host, service) entries are kept apart. Past it, external pairs give way first. With the slack of
/// [`Pairs::is_overfull`] this is what an index of 2¹⁹ slots holds: one more, and it takes twice the memory.
pub const PAIR_CAP: usize = 366_000;

/// How many flows are noted before they are counted together: so many that the waits for memory of one table overlap,
/// so few that they stay near the processor.
const BATCH: usize = 256;

/// The totals of one file, of a part of it, or of a whole case.
#[derive(Debug, Clone)]
pub struct Ledger {
    services: Services,
    /// Services that gave way, summed without their port. A table of its own, so that what is kept apart depends on the
    /// set of services alone.
    coarse: Capped<ServiceKey, Totals>,
    /// Sums of the services that gave way there too.
    pub spilled_services: Totals,
    /// The hosts of the pairs.
    hosts: Numbered<Host>,
    pairs: Pairs,
    /// Sums of the pairs that gave way at the cap.
    pub spilled_pairs: Totals,
    /// What host pairs and accounts did day by day.
    trails: Capped<TrailKey, TrailDay>,
    /// Names of hosts that are known by name only.
    pub names: BTreeMap<Host, String>,
    /// Flows by sensor and hour: what was being watched.
    coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    /// Days (from the epoch) on which a place took part in some flow: what a claim of newness needs, whatever the grain of
    /// the hours. The outside takes part in everybody's traffic, and is left out.
    pub days: BTreeMap<Locus, BTreeSet<i32>>,
    /// Flows that began in a private prefix without a site, by the sensor that saw them: whose prefix it may be.
    pub witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
    /// What goes into coverage and witnesses at the end of a stretch.
    watch: Watch,
    /// Flows that are noted and not yet counted.
    noted: Vec<Noted>,
    /// Their accounts, one behind the other.
    users: String,
}

/// A flow as it waits to be counted.
#[derive(Debug, Clone, Copy)]
struct Noted {
    key: ServiceKey,
    initiator: Host,
    responder: Host,
    hour: Hour,
    seen: Seen,
    place: Place,
    /// Where its account stands in [`Ledger::users`].
    user: Option<(u32, u32)>,
    /// Of the host pair.
    hash: u64,
}

impl Noted {
    fn pair(&self) -> PairKey {
        PairKey::of(self.key, self.initiator, self.responder)
    }
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::with_caps(SERVICE_CAP, HOUR_CAP, PAIR_CAP)
    }
}

impl Scattered for Host {
    fn hash(&self) -> u64 {
        spread(self.0 as u64 ^ spread((self.0 >> 64) as u64).rotate_left(32))
    }
}

impl Ledger {
    /// An empty ledger with other caps than the stated ones, for tests.
    pub fn with_caps(services: usize, hours: usize, pairs: usize) -> Ledger {
        Ledger {
            services: Services::new(services, hours),
            coarse: Capped::new(services),
            spilled_services: Totals::default(),
            hosts: Numbered::default(),
            pairs: Pairs::new(pairs),
            spilled_pairs: Totals::default(),
            trails: Capped::new(trails::CAP),
            names: BTreeMap::new(),
            coverage: BTreeMap::new(),
            days: BTreeMap::new(),
            witnesses: BTreeMap::new(),
            watch: Watch::default(),
            noted: Vec::new(),
            users: String::new(),
        }
    }

    /// Counts a flow between two places. `source` names the sensor of flows that do not.
    pub fn add(&mut self, flow: &Flow<'_>, place: Place, from: Locus, to: Locus, source: &str) {
        self.note(flow, place, from, to, source);
        self.count();
    }

    /// Notes a flow between two places: it is counted with others after it, with [`Ledger::settle`] at the latest. Until then
    /// the ledger may not be read.
    pub fn note(&mut self, flow: &Flow<'_>, place: Place, from: Locus, to: Locus, source: &str) {
        if let Some(rolled) = &flow.rolled {
            return self.add_rolled(flow, rolled, place, (from, to), source);
        }
        let reply = flow.is_reply();
        let (initiator, responder) = (self.host(&flow.initiator), self.host(&flow.responder));
        let hour = flow.start.map_or(Hour::UNDATED, Moment::hour);
        // A reply belongs to the connection that it answers, which ran the other way.
        let (from, to, initiator, responder, port) = if reply {
            (to, from, responder, initiator, flow.initiator.port)
        } else {
            (from, to, initiator, responder, flow.responder.port)
        };
        let private = Some(from).filter(|from| matches!(from, Locus::Private4(_) | Locus::Private6(_)));
        self.watch.note(&names::short(flow.sensor.as_deref().unwrap_or(source)), hour, private);
        let user = flow.user.as_deref().map(|user| {
            let start = self.users.len() as u32;
            self.users.push_str(&names::short(user));
            (start, self.users.len() as u32)
        });
        let key = ServiceKey { from, to, service: flow.service_at(port) };
        let hash = PairKey::of(key, initiator, responder).hash();
        self.noted.push(Noted { key, initiator, responder, hour, seen: Seen::of(flow, reply), place, user, hash });
        if self.noted.len() >= BATCH {
            self.count_noted();
        }
    }

    /// Counts all that is noted.
    fn count(&mut self) {
        self.count_noted();
        self.hand_on();
    }

    /// What was watched goes into coverage and witnesses.
    fn hand_on(&mut self) {
        let Ledger { watch, coverage, witnesses, .. } = self;
        watch.drain(
            |sensor, hour, count| add_hour(coverage, sensor, hour, count),
            |locus, sensor, count| {
                if let Some(sensors) = kept(witnesses, &locus) {
                    names::add(sensors, sensor, count);
                }
            },
        );
    }

    /// Each table by itself, for all flows together. A host pair that is known tells its service and its trail, so that one
    /// look-up does for all tables.
    fn count_noted(&mut self) {
        let noted = std::mem::take(&mut self.noted);
        let (mut services, mut pairs) = ([None; BATCH], [None; BATCH]);
        black_box(self.pairs.fetch(noted.iter().map(|noted| noted.hash)));
        for ((noted, service), pair) in noted.iter().zip(&mut services).zip(&mut pairs) {
            let key = noted.pair();
            *pair = self.find_pair(&key, noted.hash);
            *service = match *pair {
                Some(place) => self.services.kept(self.pairs.entry(place).numbers[2]),
                None => self.services.counted(noted.key),
            };
            if pair.is_none() {
                *pair = self.new_pair(&key, noted.hash, *service);
            }
        }
        black_box(self.services.fetch(services.iter().flatten().copied()));
        for (noted, service) in noted.iter().zip(services) {
            self.count_service(noted, service);
        }
        for (noted, pair) in noted.iter().zip(pairs) {
            match pair {
                Some(place) => self.pairs.count(place, &noted.seen, Packed::new(noted.seen.at, noted.place)),
                None => self.spilled_pairs.count(&noted.seen),
            }
        }
        for (noted, pair) in noted.iter().zip(pairs) {
            self.follow(noted, pair);
        }
        self.noted = noted;
        self.noted.clear();
        self.users.clear();
        self.settle_overfull();
        if self.watch.is_full() {
            self.hand_on();
        }
    }

    #[inline]
    fn count_service(&mut self, noted: &Noted, number: Option<u32>) {
        let Noted { key, hour, seen, place, user, .. } = noted;
        let Some(number) = number else {
            return self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).count(seen);
        };
        if self.services.count(number, *hour, seen, Packed::new(seen.at, *place)) {
            for locus in [key.from, key.to].into_iter().filter(|locus| !locus.is_outside()) {
                if let Some(days) = kept(&mut self.days, &locus) {
                    days.insert(hour.day());
                }
            }
        }
        if let Some((start, end)) = user {
            self.services.count_account(number, &self.users[*start as usize..*end as usize], 1);
        }
    }

    /// Where a host pair stands, if it is known.
    #[inline]
    fn find_pair(&self, key: &PairKey, hash: u64) -> Option<u32> {
        let (hosts, services) = (&self.hosts, self.services.keys());
        self.pairs.find(hash, |[initiator, responder, service]| {
            hosts.value(initiator) == key.initiator
                && hosts.value(responder) == key.responder
                && services.value(service) == key.service()
        })
    }

    /// Room for a host pair that is not known yet; `None` when it is past the cap.
    fn new_pair(&mut self, key: &PairKey, hash: u64, service: Option<u32>) -> Option<u32> {
        if self.pairs.refuses(key) {
            return None;
        }
        let service = service.unwrap_or_else(|| self.services.named(key.service()));
        let numbers = [self.hosts.number(key.initiator), self.hosts.number(key.responder), service];
        Some(self.pairs.insert(hash, numbers, Trail::of_pair(key)))
    }

    /// Where a host pair stands; `None` when it is past the cap.
    fn pair_of(&mut self, key: &PairKey, service: Option<u32>) -> Option<u32> {
        let hash = key.hash();
        self.find_pair(key, hash).or_else(|| self.new_pair(key, hash, service))
    }

    /// Whatever became of service and pair at their caps: what is followed depends on the set of trails alone.
    #[inline]
    fn follow(&mut self, noted: &Noted, pair: Option<u32>) {
        let Noted { key, hour, seen, place, user, .. } = noted;
        let (ends, sight) = ((key.from, key.to), Packed::new(seen.at, *place));
        if let Some((start, end)) = user {
            let account = Trail::of_account(key, &self.users[*start as usize..*end as usize]);
            self.trails.follow(account, ends, *hour, seen, sight);
        }
        let trail = pair.map_or_else(|| Trail::of_pair(&noted.pair()), |place| self.pairs.trail(place));
        self.trails.follow(trail, ends, *hour, seen, sight);
    }

    fn settle_overfull(&mut self) {
        if self.services.is_overfull() {
            self.settle_services();
        }
        if self.pairs.is_overfull() {
            self.settle_pairs();
        }
    }

    /// The services of links, in order.
    pub fn services(&self) -> impl ExactSizeIterator<Item = (ServiceKey, Served)> + '_ {
        debug_assert!(self.noted.is_empty(), "a ledger is settled before it is read");
        self.services.in_order()
    }

    /// Sums of services that gave way at the cap, without their port, in order.
    pub fn coarse(&self) -> Vec<(ServiceKey, &Totals)> {
        self.coarse.sorted()
    }

    /// Whether no flow was counted.
    pub fn is_empty(&self) -> bool {
        self.services.len() == 0
    }

    /// Flows by sensor and hour: what was being watched.
    pub fn coverage(&self) -> &BTreeMap<String, BTreeMap<Hour, u64>> {
        &self.coverage
    }

    /// Every locus at an end of some flow.
    pub fn loci(&self) -> BTreeSet<Locus> {
        let keys = self.services.kept_keys().chain(self.coarse.keys().copied());
        keys.flat_map(|key| [key.from, key.to]).lean_collect()
    }

    /// The host pairs, in order.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (PairKey, &PairTotals)> + '_ {
        let order = self.pair_order(&self.services.keys().ranks(), &self.hosts.ranks());
        order.map(|place| {
            let entry = self.pairs.entry(place);
            (key_of(&self.services, &self.hosts, entry.numbers), &entry.totals)
        })
    }

    /// The places of the pairs in order of their keys, given the ranks of services and hosts.
    fn pair_order(&self, services: &[u32], hosts: &[u32]) -> impl ExactSizeIterator<Item = u32> + use<> {
        let mut order: Vec<u128> = Vec::with_capacity(self.pairs.len());
        order.extend(self.pairs.entries().zip(0_u128..).map(|(entry, at)| {
            let [initiator, responder, service] = entry.numbers.map(|number| number as usize);
            let [service, initiator, responder] =
                [services[service], hosts[initiator], hosts[responder]].map(u128::from);
            service << 96 | initiator << 64 | responder << 32 | at
        }));
        order.sort_unstable();
        order.into_iter().map(|rank| rank as u32)
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
    pub fn cap_reached(&self) -> Option<Phrase> {
        const FULL: [Saying; 6] = [
            Saying("host pairs", "ホスト対"),
            Saying("days of host pairs and accounts", "ホスト対・アカウントの日別記録"),
            Saying("services of links", "経路のサービス"),
            Saying("host names", "ホスト名"),
            Saying("sensors", "センサー"),
            Saying("accounts of a service", "一つのサービスのアカウント"),
        ];
        let named = |count: usize| (count, count >= names::CAP);
        let counts = [
            (self.pairs.len(), self.pairs.bar().is_some()),
            (self.trails.len(), self.trails.bar().is_some()),
            (self.services.len(), self.services.bar().is_some()),
            named(self.names.len()),
            named(self.coverage.len()),
            named(self.services.most_accounts()),
        ];
        let full = counts.into_iter().zip(FULL).filter(|((_, is_full), _)| *is_full);
        let parts: Vec<Phrase> =
            full.map(|((count, _), what)| phrase!("{count} {what}", "{what}{count}件", count, what)).collect();
        let mut told = Vec::new();
        if !parts.is_empty() {
            told.push(phrase!(
                "kept apart up to the cap: {parts}; totals are exact past it",
                "上限まで個別に保持（{parts}）。それを超えた分も合計は正確",
                parts = phrase::joined(&parts, ", ", "、")
            ));
        }
        if self.services.grain() != Grain::default() {
            told.push(phrase!(
                "hours of services are kept {grain} at a time, since there are very many; first and last times are exact",
                "サービスの時間別記録は非常に多いため、{grain}単位で保持。最初と最後の時刻は正確",
                grain = self.services.grain().told()
            ));
        }
        (!told.is_empty()).then(|| phrase::joined(&told, "; ", "。"))
    }

    /// Counts what is noted, and brings all tables down to their caps. To be called once after the last flow.
    pub fn settle(&mut self) {
        self.count();
        self.settle_services();
        self.settle_pairs();
        self.trails.settle(|_, _| ());
    }

    fn settle_services(&mut self) {
        let mut homeless = Vec::new();
        self.services.settle(|key, totals| homeless.push((key, totals.clone())));
        if !homeless.is_empty() {
            self.house(homeless);
            self.forget();
        }
        let spilled = &mut self.spilled_services;
        self.coarse.settle(|_, totals| spilled.absorb(&totals));
    }

    fn house(&mut self, homeless: Vec<(ServiceKey, Totals)>) {
        for (key, totals) in homeless {
            self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).absorb(&totals);
        }
    }

    fn settle_pairs(&mut self) {
        let Ledger { pairs, spilled_pairs, services, hosts, .. } = self;
        if pairs.settle(|numbers| key_of(services, hosts, numbers), |pair| spilled_pairs.absorb(&pair.totals())) {
            self.forget();
        }
    }

    /// Forgets hosts and services that nothing is kept of, so that memory stays within the caps.
    fn forget(&mut self) {
        let mut hosts = vec![false; self.hosts.values().len()];
        let mut services = vec![false; self.services.keys().values().len()];
        for entry in self.pairs.entries() {
            let [initiator, responder, service] = entry.numbers.map(|number| number as usize);
            (hosts[initiator], hosts[responder], services[service]) = (true, true, true);
        }
        let hosts = self.hosts.retain(|at| hosts[at]);
        let services = self.services.forget(&services);
        let Ledger { pairs, services: kept, hosts: named, .. } = self;
        pairs.renumber(&hosts, &services, |numbers| key_of(kept, named, numbers));
    }

    fn host(&mut self, end: &Endpoint<'_>) -> Host {
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
}

fn key_of(services: &Services, hosts: &Numbered<Host>, [initiator, responder, service]: PairNumbers) -> PairKey {
    PairKey::of(services.keys().value(service), hosts.value(initiator), hosts.value(responder))
}

fn add_hour(coverage: &mut BTreeMap<String, BTreeMap<Hour, u64>>, sensor: &str, hour: Hour, count: u64) {
    if let Some(hours) = kept(coverage, sensor) {
        *hours.entry(hour).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Endpoint, Outcome, Protocol};

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
        let services: u64 = ledger.services().map(|(_, served)| served.totals().flows).sum();
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
                let mut merged = Ledger::with_caps(cap, 3 * cap, cap);
                order.iter().for_each(|i| merged.merge_bytes(&parts[*i].to_bytes(), None, 0).unwrap());
                assert!(merged.to_bytes() == whole.to_bytes(), "as bytes, cap {cap}, order {order:?}");
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
        let bytes = ledger.to_bytes();
        let again = Ledger::from_bytes(&bytes).unwrap();
        assert!(again.to_bytes() == bytes);
        for cut in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
            assert!(Ledger::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
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
        let services: Vec<(ServiceKey, Served)> = ledger.services().collect();
        let [(key, served)] = services.as_slice() else { panic!("one connection is one service: {services:?}") };
        assert_eq!((key.from, key.to, key.service.to_string().as_str()), (Locus::Site(0), Locus::Site(1), "tcp/443"));
        let totals = served.totals();
        assert_eq!((totals.connections(), totals.bytes_out, totals.bytes_in), (1, 10, 99));
    }
}
