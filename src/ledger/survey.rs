//! The ledger as people ask for it: links between parties, their services, hours and host pairs.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::capped::Absorb;
use super::gaps::Gap;
use super::{Hours, Ledger, PairKey, PairTotals, ServiceKey, Sight, Totals, Trail, TrailDay, Trails};
use crate::flow::{Host, Hour, Moment, Service};
use crate::sites::{Locus, Party};
use crate::sorting::LeanCollect as _;

/// A link: who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct LinkKey {
    /// The initiators' party.
    pub from: Party,
    /// The responders' party.
    pub to: Party,
}

impl LinkKey {
    /// Whether it joins two different sites.
    pub fn is_between_sites(&self) -> bool {
        self.from != self.to && matches!((self.from, self.to), (Party::Site(_), Party::Site(_)))
    }
}

/// All that a ledger says, by party.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The links, those within a party included.
    pub links: BTreeMap<LinkKey, Link>,
    /// Flows by sensor and hour.
    pub coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    /// The gaps of sensors, where they are known otherwise than by the arrivals in `coverage`: from a case file.
    pub known_gaps: BTreeMap<String, Vec<Gap>>,
    /// Days (from the epoch) on which a party took part in some flow; the outside is left out.
    pub days: BTreeMap<Party, BTreeSet<i32>>,
    /// What host pairs did day by day, and accounts on services of links.
    trails: Trails,
    /// Names of hosts that are known by name only.
    pub names: BTreeMap<Host, String>,
    /// Start of the first and of the last flow.
    pub window: Option<(Moment, Moment)>,
}

/// All flows from one party to another.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The sums over all services.
    pub totals: Totals,
    /// Each service by itself.
    pub services: BTreeMap<Service, ServiceRecord>,
    /// What [`Link::hosts`] counted.
    hosts: OnceCell<(usize, usize)>,
}

impl Link {
    /// How many distinct initiators and responders, over all services. Counted once: pictures ask at every movement.
    pub fn hosts(&self) -> (usize, usize) {
        *self.hosts.get_or_init(|| distinct(self.services.values().flat_map(|record| &record.pairs)))
    }
}

/// How many distinct initiators and responders host pairs have.
fn distinct<'p>(pairs: impl Iterator<Item = &'p (PairKey, PairTotals)>) -> (usize, usize) {
    let (initiators, responders): (Vec<Host>, Vec<Host>) = pairs.map(|(key, _)| (key.initiator, key.responder)).unzip();
    let count = |mut hosts: Vec<Host>| {
        // Thousands of them are put in order faster than into a tree.
        hosts.sort_unstable();
        hosts.dedup();
        hosts.len()
    };
    (count(initiators), count(responders))
}

/// What is known of one service of a link.
#[derive(Debug, Clone, Default)]
pub struct ServiceRecord {
    /// The sums over all hours.
    pub totals: Totals,
    /// The sums by hour.
    pub hours: Hours,
    /// The host pairs, in order; fewer than there were where the ledger's cap was reached.
    pub pairs: Vec<(PairKey, PairTotals)>,
    /// The earliest records that ran.
    pub rows: Vec<Sight>,
    /// Accounts with their flows.
    pub accounts: BTreeMap<String, u64>,
    /// The ledger's own services that are summed here: several where a party has several loci.
    keys: Vec<ServiceKey>,
}

impl ServiceRecord {
    /// How many distinct initiators and responders.
    pub fn hosts(&self) -> (usize, usize) {
        distinct(self.pairs.iter())
    }
}

impl Survey {
    /// Sums a ledger by party. `party` says who stands at a locus.
    pub fn of(ledger: &Ledger, party: impl Fn(Locus) -> Party) -> Survey {
        let mut survey = Survey {
            coverage: ledger.coverage().clone(),
            trails: ledger.trails(),
            names: ledger.names.clone(),
            ..Survey::default()
        };
        for (locus, days) in &ledger.days {
            survey.days.entry(party(*locus)).or_default().extend(days);
        }
        let link_of = |key: &ServiceKey| LinkKey { from: party(key.from), to: party(key.to) };
        for (key, served) in ledger.services() {
            let link = survey.links.entry(link_of(&key)).or_default();
            let totals = served.totals();
            link.totals.absorb(&totals);
            let record = link.services.entry(key.service).or_default();
            record.totals.absorb(&totals);
            record.hours.absorb(served.hours);
            record.rows.extend(served.earliest.sights());
            record.keys.push(key);
            for (user, flows) in served.accounts {
                *record.accounts.entry(user).or_default() += flows;
            }
        }
        for (key, totals) in ledger.coarse() {
            let link = survey.links.entry(link_of(&key)).or_default();
            link.totals.absorb(totals);
            let record = link.services.entry(key.service).or_default();
            record.totals.absorb(totals);
            record.hours.add(first_hour(totals), totals);
        }
        // The pairs of a service stand one behind the other.
        let mut pairs = ledger.pairs().peekable();
        let mut run: Vec<(PairKey, PairTotals)> = Vec::new();
        while let Some((key, pair)) = pairs.next() {
            run.push((key, *pair));
            let end = |next: &(PairKey, &PairTotals)| {
                (next.0.from, next.0.to, next.0.service) != (key.from, key.to, key.service)
            };
            if pairs.peek().is_none_or(end) {
                let link = survey.links.entry(LinkKey { from: party(key.from), to: party(key.to) }).or_default();
                let own = &mut link.services.entry(key.service).or_default().pairs;
                own.reserve_exact(run.len());
                own.append(&mut run);
            }
        }
        let first = survey.links.values().filter_map(|link| link.totals.first).min();
        let last = survey.links.values().filter_map(|link| link.totals.last).max();
        survey.window = first.zip(last);
        survey
    }

    /// What a host pair did, day by day in order; nothing where its trail gave way at the ledger's cap.
    pub fn days_of(&self, pair: &PairKey) -> &[(i32, TrailDay)] {
        self.trails.days(Trail::of_pair(pair))
    }

    /// What an account did on a service of a link, day by day in order.
    pub fn days_of_account(&self, record: &ServiceRecord, account: &str) -> Vec<(i32, TrailDay)> {
        let mut days: BTreeMap<i32, TrailDay> = BTreeMap::new();
        let trails = record.keys.iter().map(|key| self.trails.days(Trail::of_account(key, account)));
        for (day, seen) in trails.flatten() {
            days.entry(*day).or_default().absorb(seen);
        }
        days.into_iter().collect()
    }

    /// A host as people write it: its address, else its name.
    pub fn host(&self, host: Host) -> String {
        match host.address() {
            Some(address) => address.to_string(),
            None => self.names.get(&host).cloned().unwrap_or_else(|| "(unnamed)".to_owned()),
        }
    }

    /// Days (from the epoch) on which some sensor saw something.
    pub fn covered_days(&self) -> BTreeSet<i32> {
        let hours = self.coverage.values().flat_map(|hours| hours.keys());
        hours.filter(|hour| **hour != Hour::UNDATED).map(|hour| hour.day()).lean_collect()
    }
}

/// Where flows stand whose service was not kept apart: all in the first hour.
fn first_hour(totals: &Totals) -> Hour {
    totals.first.map_or(Hour::UNDATED, Moment::hour)
}
