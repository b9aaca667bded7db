//! Flows into the tables of a ledger, many at a time: so the waits for memory of one table overlap, and what one table tells is at hand
//! for the next.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::IpAddr;

use super::hosts::Code;
use super::names::{self, kept};
use super::pairs::{PairKey, Sought};
use super::sight::Packed;
use super::totals::Seen;
use super::trails::{Trail, TrailKey};
use super::{Ledger, ServiceKey};
use crate::evidence::Place;
use crate::flow::{Endpoint, Flow, Host, Hour, Moment};
use crate::sites::Locus;

/// How many flows are noted before they are counted together: so many that the waits for memory of one table overlap,
/// so few that they stay near the processor.
const BATCH: usize = 256;

/// A flow as it waits to be counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    key: ServiceKey,
    pair: Sought,
    hour: Hour,
    seen: Seen,
    sight: Packed,
    /// Where its account stands in [`Ledger::users`].
    user: Option<(u32, u32)>,
}

impl Ledger {
    /// Counts a flow between two places. `source` names the sensor of flows that do not.
    pub fn add(&mut self, flow: &Flow<'_>, place: Place, from: Locus, to: Locus, source: &str) {
        self.note(flow, place, from, to, source);
        self.count();
    }

    /// Notes a flow between two places: it is counted with others after it, with [`Ledger::settle`] at the latest. Until then
    /// the ledger may not be read.
    #[inline]
    pub fn note(&mut self, flow: &Flow<'_>, place: Place, from: Locus, to: Locus, source: &str) {
        if let Some(rolled) = &flow.rolled {
            return self.add_rolled(flow, rolled, place, (from, to), source);
        }
        let reply = flow.is_reply();
        let hosts = [self.code(&flow.initiator), self.code(&flow.responder)];
        let hour = flow.start.map_or(Hour::UNDATED, Moment::hour);
        // A reply belongs to the connection that it answers, which ran the other way.
        let (from, to, hosts, port) = if reply {
            (to, from, [hosts[1], hosts[0]], flow.initiator.port)
        } else {
            (from, to, hosts, flow.responder.port)
        };
        let private = Some(from).filter(|from| matches!(from, Locus::Private4(_) | Locus::Private6(_)));
        self.watch.note(flow.sensor.as_deref().unwrap_or(source), hour, private);
        let user = flow.user.as_deref().map(|user| {
            let start = self.users.len() as u32;
            self.users.push_str(&names::short(user));
            (start, self.users.len() as u32)
        });
        let key = ServiceKey { from, to, service: flow.service_at(port) };
        let seen = Seen::of(flow, reply);
        let sight = Packed::new(seen.at, place);
        self.noted.push(Noted { key, pair: Sought::new(hosts, key.service), hour, seen, sight, user });
        if self.noted.len() >= BATCH {
            self.count_noted();
        }
    }

    /// Counts all that is noted.
    pub(super) fn count(&mut self) {
        self.count_noted();
        self.hand_on();
    }

    /// What was watched goes into coverage and witnesses.
    pub(super) fn hand_on(&mut self) {
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
    pub(super) fn count_noted(&mut self) {
        let noted = std::mem::take(&mut self.noted);
        let (mut services, mut pairs) = ([None; BATCH], [None; BATCH]);
        let mut likely = [u32::MAX; BATCH];
        for (noted, place) in noted.iter().zip(&mut likely) {
            *place = self.pairs.likely(noted.pair.hash);
        }
        black_box(self.pairs.fetch(&likely));
        black_box(self.services.fetch(self.pairs.services_at(&likely)));
        for ((noted, service), pair) in noted.iter().zip(&mut services).zip(&mut pairs) {
            *pair = self.find_pair(&noted.key, &noted.pair);
            *service = match *pair {
                Some(place) => self.services.kept(self.pairs.entry(place).service()),
                None => {
                    let service = self.services.counted(noted.key);
                    *pair = self.new_pair(noted.key, &noted.pair, service);
                    service
                }
            };
        }
        for (noted, service) in noted.iter().zip(services) {
            self.count_service(noted, service);
        }
        for (noted, pair) in noted.iter().zip(pairs) {
            match pair {
                Some(place) => self.pairs.count(place, &noted.seen, noted.sight),
                None => self.spilled_pairs.count(&noted.seen),
            }
        }
        self.follow(&noted, &pairs);
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
        let Noted { key, hour, seen, sight, user, .. } = noted;
        let Some(number) = number else {
            return self.coarse.entry(key.without_port()).unwrap_or(&mut self.spilled_services).count(seen);
        };
        if self.services.count(number, *hour, seen, *sight) {
            self.note_day([key.from, key.to], hour.day());
        }
        if let Some((start, end)) = user {
            self.services.count_account(number, &self.users[*start as usize..*end as usize], 1);
        }
    }

    /// These places took part in a flow on this day.
    pub(super) fn note_day(&mut self, places: [Locus; 2], day: i32) {
        for locus in places.into_iter().filter(|locus| !locus.is_outside()) {
            if let Some(days) = kept(&mut self.days, &locus) {
                days.insert(day);
            }
        }
    }

    /// Where a host pair stands, if it is known.
    #[inline]
    fn find_pair(&self, key: &ServiceKey, pair: &Sought) -> Option<u32> {
        let services = self.services.keys();
        self.pairs.find(pair, |number| services.value(number) == *key)
    }

    /// Room for a host pair that is not known yet; `None` when it is past the cap.
    fn new_pair(&mut self, service: ServiceKey, pair: &Sought, number: Option<u32>) -> Option<u32> {
        let key = self.pair_key(service, pair);
        if self.pairs.refuses(&key) {
            return None;
        }
        let number = number.unwrap_or_else(|| self.services.named(service));
        Some(self.pairs.insert(pair, number, Trail::of_pair(&key)))
    }

    fn pair_key(&self, service: ServiceKey, pair: &Sought) -> PairKey {
        let [initiator, responder] = pair.hosts().map(|code| self.hosts.host(code));
        PairKey::of(service, initiator, responder)
    }

    /// Where a host pair stands; `None` when it is past the cap.
    pub(super) fn pair_of(&mut self, key: &PairKey, number: Option<u32>) -> Option<u32> {
        let hosts = [self.hosts.code(key.initiator), self.hosts.code(key.responder)];
        let pair = Sought::new(hosts, key.service);
        self.find_pair(&key.service(), &pair).or_else(|| self.new_pair(key.service(), &pair, number))
    }

    /// Counts flows on their trails: those of accounts and of host pairs. What is followed depends on the set of trails alone,
    /// whatever became of service and pair at their caps. A flow without a time stands on no day.
    fn follow(&mut self, noted: &[Noted], pairs: &[Option<u32>]) {
        let mut followed = std::mem::take(&mut self.followed);
        for ((at, noted), pair) in (0..).zip(noted).zip(pairs) {
            let Noted { key, hour, .. } = noted;
            if *hour == Hour::UNDATED {
                continue;
            }
            let on = |trail| TrailKey::of(trail, key.from, key.to, hour.day());
            if let Some((start, end)) = noted.user {
                followed.push((on(Trail::of_account(key, &self.users[start as usize..end as usize])), at));
            }
            match *pair {
                Some(place) if self.pairs.entry(place).is_lost() => {}
                Some(place) => {
                    let day = on(self.pairs.trail(place));
                    if self.trails.refuses(&day) {
                        self.pairs.lose_trail(place);
                    } else {
                        followed.push((day, at));
                    }
                }
                None => followed.push((on(Trail::of_pair(&self.pair_key(*key, &noted.pair))), at)),
            }
        }
        black_box(self.trails.fetch(followed.iter().map(|(key, _)| *key)));
        for (key, at) in followed.drain(..) {
            let Noted { hour, seen, sight, .. } = &noted[at as usize];
            if let Some(day) = self.trails.entry(key) {
                day.count(*hour, seen, *sight);
            }
        }
        self.followed = followed;
    }

    /// How an end stands in an entry.
    #[inline]
    fn code(&mut self, end: &Endpoint<'_>) -> Code {
        if let Some(IpAddr::V4(address)) = end.address {
            return Code::V4(address.into());
        }
        let host = self.host(end);
        self.hosts.code(host)
    }

    #[inline]
    pub(super) fn host(&mut self, end: &Endpoint<'_>) -> Host {
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

pub(super) fn add_hour(coverage: &mut BTreeMap<String, BTreeMap<Hour, u64>>, sensor: &str, hour: Hour, count: u64) {
    if let Some(hours) = kept(coverage, sensor) {
        *hours.entry(hour).or_default() += count;
    }
}
