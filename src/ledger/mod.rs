//! What was seen, as totals: by link, service and hour; by host pair; by sensor and hour. A flow is counted and forgotten.
//!
//! Ledgers of parts merge, in any order, to the same ledger. Invariants: memory grows with distinct keys up to stated
//! caps, past which totals stay exact ([`capped`]); the sum over the services is the number of flows drawn.

mod blocks;
pub mod capped;
mod counting;
mod followed;
pub mod gaps;
pub mod handing;
mod hosts;
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

use crate::flow::{Host, Hour};
use crate::phrase::{self, Phrase, Saying, phrase};
use crate::sites::Locus;
use crate::sorting::LeanCollect as _;
use capped::{Absorb, Capped};
use counting::Noted;
use followed::Followed;
use hosts::{Code, Hosts};
pub use hours::{Grain, Hours};
pub use pairs::{PairKey, PairTotals};
use pairs::{PairNumbers, Pairs};
pub use service::{Earliest, Served, ServiceKey};
use services::Services;
pub use sight::Sight;
pub use totals::Totals;
use trails::TrailKey;
pub use trails::{Trail, TrailDay, Trails};
use watch::Watch;

/// How many services of links are kept apart. Past it, those of external links lose their port first, never their bytes.
pub const SERVICE_CAP: usize = 100_000;
/// How many hours of services are kept apart. Past it, hours are gathered into coarser ones ([`Grain`]).
pub const HOUR_CAP: usize = 500_000;
/// How many (host, host, service) entries are kept apart. Past it, external pairs give way first. With the slack of
/// [`Pairs::is_overfull`] this is what an index of 2¹⁹ slots holds: one more, and it takes twice the memory.
pub const PAIR_CAP: usize = 366_000;

/// How many hosts without an IPv4 address may be numbered beyond those that host pairs can have.
const LOOSE_HOSTS: usize = 250_000;

/// The totals of one file, of a part of it, or of a whole case.
#[derive(Debug, Clone)]
pub struct Ledger {
    services: Services,
    /// Services that gave way, summed without their port. A table of its own, so that what is kept apart depends on the
    /// set of services alone.
    coarse: Capped<ServiceKey, Totals>,
    /// Sums of the services that gave way there too.
    pub spilled_services: Totals,
    /// The hosts of the pairs, and of flows noted lately.
    hosts: Hosts,
    pairs: Pairs,
    /// Sums of the pairs that gave way at the cap.
    pub spilled_pairs: Totals,
    /// What host pairs and accounts did day by day.
    trails: Followed,
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
    /// The days of trails that flows under way count on, with the place of the flow among those noted.
    followed: Vec<(TrailKey, u32)>,
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
            services: Services::new(services, hours),
            coarse: Capped::new(services),
            spilled_services: Totals::default(),
            hosts: Hosts::default(),
            pairs: Pairs::new(pairs),
            spilled_pairs: Totals::default(),
            trails: Followed::new(trails::CAP),
            names: BTreeMap::new(),
            coverage: BTreeMap::new(),
            days: BTreeMap::new(),
            witnesses: BTreeMap::new(),
            watch: Watch::default(),
            noted: Vec::new(),
            users: String::new(),
            followed: Vec::new(),
        }
    }

    fn settle_overfull(&mut self) {
        if self.services.is_overfull() {
            self.settle_services();
        }
        if self.pairs.is_overfull() {
            self.settle_pairs();
        }
        if self.trails.is_overfull() {
            self.trails.settle();
        }
        self.forget_loose();
    }

    /// Of the hosts that came, those of pairs past the cap are of no use any more.
    fn forget_loose(&mut self) {
        if self.hosts.others().values().len() > 2 * self.pairs.len() + LOOSE_HOSTS {
            self.forget();
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
        self.pair_order(&self.services.keys().ranks()).map(|place| {
            let entry = self.pairs.entry(place);
            (key_of(&self.services, &self.hosts, entry.numbers()), &entry.totals)
        })
    }

    /// The places of the pairs in order of their keys, given the ranks of services.
    fn pair_order(&self, services: &[u32]) -> impl ExactSizeIterator<Item = u32> + use<> {
        let rank = self.hosts.ranks();
        let mut order: Vec<u128> = Vec::with_capacity(self.pairs.len());
        order.extend(self.pairs.entries().zip(0_u128..).map(|(entry, at)| {
            let PairNumbers { hosts, service } = entry.numbers();
            let [initiator, responder] = hosts.map(|code| u128::from(rank(code)));
            // There are fewer than 2²⁸ services.
            u128::from(services[service as usize]) << 100 | initiator << 66 | responder << 32 | at
        }));
        order.sort_unstable();
        order.into_iter().map(|rank| rank as u32)
    }

    /// What host pairs and accounts did day by day.
    pub fn trails(&self) -> Trails {
        Trails::of(self.trails.sorted())
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
        if self.spilled_services.flows > 0 {
            told.push(phrase!(
                "{flows} connections of other links are counted in the whole and in no link",
                "ほかの経路の接続{flows}件は、全体にのみ数え、どの経路にも含まない",
                flows = self.spilled_services.flows
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
        self.trails.settle();
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
        let mut hosts = vec![false; self.hosts.others().values().len()];
        let mut services = vec![false; self.services.keys().values().len()];
        for entry in self.pairs.entries() {
            let numbers = entry.numbers();
            services[numbers.service as usize] = true;
            for code in numbers.hosts {
                if let Code::Other(number) = code {
                    hosts[number as usize] = true;
                }
            }
        }
        let hosts = self.hosts.retain(|at| hosts[at]);
        let numbers = self.services.forget(&services);
        let Ledger { pairs, services, .. } = self;
        pairs.renumber(&hosts, &numbers, |number| services.keys().value(number).service);
    }
}

fn key_of(services: &Services, hosts: &Hosts, numbers: PairNumbers) -> PairKey {
    let [initiator, responder] = numbers.hosts.map(|code| hosts.host(code));
    PairKey::of(services.keys().value(numbers.service), initiator, responder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Place;
    use crate::flow::{Endpoint, Flow, Moment, Outcome, Protocol};

    /// A made-up flow per number: few sites, some hosts, many ports.
    fn flow(n: u32) -> (Flow<'static>, Locus, Locus) {
        let end = |i: u32, port| {
            let v4 = std::net::IpAddr::from([10, (i % 3) as u8, 0, (i % 7) as u8]);
            let v6 = std::net::IpAddr::from([0xfd00, 0, 0, (i % 3) as u16, 0, 0, 0, (i % 7) as u16]);
            let (address, name) = match i % 11 {
                0 => (None, Some(format!("srv{}", i % 13).into())),
                1 | 2 => (Some(v6), None),
                _ => (Some(v4), None),
            };
            Endpoint { address, name, port: Some(port), ..Endpoint::default() }
        };
        let flow = Flow {
            start: Some(Moment(i64::from(n % 50) * 3_600_000_000)),
            initiator: end(n, 50_000),
            responder: end(n / 2 + 1, (n % 400) as u16),
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
    fn what_is_counted_in_no_link_is_said_with_its_number() {
        for (cap, falls_short) in [(3, true), (100_000, false)] {
            let whole = ledger(0..3000, cap);
            let told = whole.cap_reached().map(|told| told.english().to_owned()).unwrap_or_default();
            let spilled = whole.spilled_services.flows;
            assert_eq!((sum(&whole), spilled > 0), (3000, falls_short));
            assert_eq!(told.contains(&format!("{spilled} connections of other links")), falls_short, "{told}");
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
