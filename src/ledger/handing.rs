//! The ledger in pieces, for the way from a reader to the analyst. The same ledger is always the same bytes.
//!
//! A ledger may be a hundred megabytes, so it never stands there a second time: it goes out a few megabytes at a time, entries one
//! behind the other in order, hosts and services of the pairs as numbers; and each that comes in goes straight to its place, in an
//! empty ledger or in one that has counted others.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::hosts::Code;
use super::hours::Hourly;
use super::merging::Bars;
use super::pairs::PairKey;
use super::trails::TrailKey;
use super::wire::{Reading, Writing};
use super::{Earliest, Hours, Ledger, PairTotals, Served, ServiceKey, Totals, TrailDay};
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// A piece is no longer than this by more than one entry.
const PIECE: usize = 4 << 20;

/// What is small, and what is needed to understand the rest.
#[derive(Serialize, Deserialize)]
struct Head {
    services_cap: usize,
    hours_cap: usize,
    pairs_cap: usize,
    bars: Bars,
    rest: Rest,
    coarse: Vec<(ServiceKey, Totals)>,
    /// What the pairs name by its place here.
    services: Vec<ServiceKey>,
    hosts: Vec<Host>,
}

/// What is small.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Rest {
    pub(super) spilled_services: Totals,
    pub(super) spilled_pairs: Totals,
    pub(super) names: BTreeMap<Host, String>,
    pub(super) coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    pub(super) days: BTreeMap<Locus, BTreeSet<i32>>,
    pub(super) witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
}

impl Rest {
    pub(super) fn of(ledger: &Ledger) -> Rest {
        Rest {
            spilled_services: ledger.spilled_services.clone(),
            spilled_pairs: ledger.spilled_pairs.clone(),
            names: ledger.names.clone(),
            coverage: ledger.coverage.clone(),
            days: ledger.days.clone(),
            witnesses: ledger.witnesses.clone(),
        }
    }
}

/// What a piece holds, in the order in which pieces go. Its number stands before it.
const HEAD: u8 = 0;
const SERVICES: u8 = 1;
const PAIRS: u8 = 2;
const TRAILS: u8 = 3;
const END: u8 = 4;

/// A ledger going out, piece by piece. It was settled before.
pub struct Outgoing<L> {
    ledger: L,
    /// What the next piece holds; past [`END`] there is none.
    kind: u8,
    /// How many of that are out.
    at: usize,
    /// The numbers of the services, and the places of pairs and trails' days, in their order.
    services: Vec<u32>,
    pairs: Vec<u32>,
    trails: Vec<u32>,
    /// For each number of a service and of a host the place in the head's lists.
    services_named: Vec<u32>,
    hosts_named: Vec<u32>,
}

impl<L: Borrow<Ledger>> Outgoing<L> {
    /// All of this ledger.
    pub fn of(ledger: L) -> Outgoing<L> {
        Outgoing {
            ledger,
            kind: HEAD,
            at: 0,
            services: Vec::new(),
            pairs: Vec::new(),
            trails: Vec::new(),
            services_named: Vec::new(),
            hosts_named: Vec::new(),
        }
    }

    /// The first piece. What the tables name beside what is named by pairs depends on the order in which things came, and stays.
    fn head(&mut self) -> Vec<u8> {
        let ledger = self.ledger.borrow();
        let mut services = vec![0; ledger.services.keys().values().len()];
        let mut hosts = vec![0; ledger.hosts.others().values().len()];
        for entry in ledger.pairs.entries() {
            let numbers = entry.numbers();
            services[numbers.service as usize] = 1;
            for code in numbers.hosts {
                if let Code::Other(number) = code {
                    hosts[number as usize] = 1;
                }
            }
        }
        let ranked = |used: &mut [u32], mut order: Vec<u32>| {
            order.retain(|number| used[*number as usize] > 0);
            (0..).zip(&order).for_each(|(rank, number)| used[*number as usize] = rank);
            order
        };
        let services_in_order = ranked(&mut services, ledger.services.keys().in_order());
        let hosts_in_order = ranked(&mut hosts, ledger.hosts.others().in_order());
        let head = Head {
            services_cap: ledger.services.cap(),
            hours_cap: ledger.services.hours_cap(),
            pairs_cap: ledger.pairs.cap(),
            bars: ledger.bars(),
            rest: Rest::of(ledger),
            coarse: ledger.coarse().into_iter().map(|(key, totals)| (key, totals.clone())).collect(),
            services: services_in_order.into_iter().map(|number| ledger.services.keys().value(number)).collect(),
            hosts: hosts_in_order.into_iter().map(|number| ledger.hosts.others().value(number)).collect(),
        };
        self.services = ledger.services.kept_in_order();
        self.pairs = ledger.pair_order(&services).collect();
        self.trails = ledger.trails.in_order();
        (self.services_named, self.hosts_named) = (services, hosts);
        let mut writing = Writing(vec![HEAD]);
        writing.put(&head);
        writing.0
    }

    /// A piece of what there is next, if there is any left.
    fn entries(&mut self) -> Option<Vec<u8>> {
        let all = match self.kind {
            SERVICES => &self.services,
            PAIRS => &self.pairs,
            _ => &self.trails,
        };
        let left = all.get(self.at..).filter(|left| !left.is_empty())?;
        let mut bytes = Vec::with_capacity(PIECE + 4096);
        bytes.push(self.kind);
        let mut writing = Writing(bytes);
        let mut written = 0;
        for number in left {
            if writing.0.len() >= PIECE {
                break;
            }
            match self.kind {
                SERVICES => self.service(*number, &mut writing),
                PAIRS => self.pair(*number, &mut writing),
                _ => self.day(*number, &mut writing),
            }
            written += 1;
        }
        self.at += written;
        Some(writing.0)
    }

    fn service(&self, number: u32, writing: &mut Writing) {
        let (key, served) = self.ledger.borrow().services.served(number);
        writing.put(&(key, &served.earliest, &served.accounts, served.hours.len()));
        for (hour, hourly) in served.hours.packed() {
            writing.0.extend_from_slice(&hour.0.to_le_bytes());
            writing.flat(hourly);
        }
    }

    fn pair(&self, place: u32, writing: &mut Writing) {
        let entry = self.ledger.borrow().pairs.entry(place);
        let numbers = entry.numbers();
        writing.0.extend_from_slice(&self.services_named[numbers.service as usize].to_le_bytes());
        for code in numbers.hosts {
            let word = match code {
                Code::V4(address) => address,
                Code::Other(number) => self.hosts_named[number as usize],
            };
            writing.0.push(code.is_other().into());
            writing.0.extend_from_slice(&word.to_le_bytes());
        }
        writing.flat(&entry.totals);
    }

    fn day(&self, place: u32, writing: &mut Writing) {
        let (key, day) = self.ledger.borrow().trails.at(place);
        writing.flat(key);
        writing.flat(day);
    }
}

impl<L: Borrow<Ledger>> Iterator for Outgoing<L> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let piece = match self.kind {
                HEAD => Some(self.head()),
                SERVICES | PAIRS | TRAILS => self.entries(),
                END => Some(vec![END]),
                _ => return None,
            };
            if piece.is_none() || matches!(self.kind, HEAD | END) {
                (self.kind, self.at) = (self.kind + 1, 0);
            }
            if piece.is_some() {
                return piece;
            }
        }
    }
}

/// A ledger coming in, into one that may have counted others.
pub struct Incoming {
    /// What the file is called here; `None` keeps its numbers.
    file: Option<u32>,
    /// So many lines further down its rows stand than was known when they were counted.
    lines: u64,
    /// What the last piece held; `None` before the first.
    kind: Option<u8>,
    rest: Rest,
    services: Vec<ServiceKey>,
    hosts: Vec<Host>,
}

impl Incoming {
    /// What is to come from a ledger's [`Outgoing`] in this same version of Kyoten.
    pub fn new(file: Option<u32>, lines: u64) -> Incoming {
        let (services, hosts) = (Vec::new(), Vec::new());
        Incoming { file, lines, kind: None, rest: Rest::default(), services, hosts }
    }

    /// Takes the next piece into `ledger`, an empty one if there is none yet; an error where it is none, or not the next.
    pub fn take(&mut self, ledger: &mut Option<Ledger>, piece: &[u8]) -> Result<(), String> {
        let (kind, rest) = piece.split_first().ok_or("not a ledger: an empty piece")?;
        let mut reading = Reading(rest);
        let follows = match self.kind {
            None => *kind == HEAD,
            Some(last) => *kind > last || *kind == last && (SERVICES..=TRAILS).contains(kind),
        };
        if !follows || *kind > END {
            return Err("not a ledger: a piece of it is missing".to_owned());
        }
        if *kind == HEAD {
            self.take_head(ledger, reading.take()?);
        }
        let own = ledger.as_mut().ok_or("not a ledger: its beginning is missing")?;
        for over in self.kind.unwrap_or(HEAD)..*kind {
            match over {
                SERVICES => own.settle_services(),
                PAIRS => own.settle_pairs(),
                TRAILS => own.trails.settle(),
                _ => {}
            }
        }
        self.kind = Some(*kind);
        while !reading.0.is_empty() {
            match *kind {
                SERVICES => self.take_service(own, &mut reading)?,
                PAIRS => self.take_pair(own, &mut reading)?,
                TRAILS => self.take_day(own, &mut reading)?,
                _ => return Err("not a ledger: more than there can be".to_owned()),
            }
        }
        if *kind == END {
            own.take_rest(&self.rest);
        }
        Ok(())
    }

    /// Whether all has come.
    pub fn is_whole(&self) -> bool {
        self.kind == Some(END)
    }

    fn take_head(&mut self, ledger: &mut Option<Ledger>, head: Head) {
        let Head { services_cap, hours_cap, pairs_cap, bars, rest, coarse, services, hosts } = head;
        let own = ledger.get_or_insert_with(|| Ledger::with_caps(services_cap, hours_cap, pairs_cap));
        own.take_bars(&bars);
        coarse.into_iter().for_each(|(key, totals)| own.take_coarse(key, &totals));
        (self.rest, self.services, self.hosts) = (rest, services, hosts);
    }

    fn take_service(&self, ledger: &mut Ledger, reading: &mut Reading<'_>) -> Result<(), String> {
        let (key, mut earliest, accounts, count): (ServiceKey, Earliest, _, usize) = reading.take()?;
        let mut hours: Vec<(Hour, Hourly)> = Vec::with_capacity(count.min(reading.0.len() / 56));
        for _ in 0..count {
            hours.push((Hour(i32::from_le_bytes(*reading.chunk()?)), reading.flat()?));
        }
        earliest.move_down(self.lines);
        ledger.take_service(key, Served { hours: Hours::of_ordered(hours), earliest, accounts }, self.file);
        Ok(())
    }

    fn take_pair(&self, ledger: &mut Ledger, reading: &mut Reading<'_>) -> Result<(), String> {
        let stranger = "not a ledger: a pair of hosts that it does not name";
        let service = self.services.get(u32::from_le_bytes(*reading.chunk()?) as usize).ok_or(stranger)?;
        let mut host = || {
            let [kind] = *reading.chunk()?;
            let word = u32::from_le_bytes(*reading.chunk()?);
            match kind {
                0 => Ok(Host::of_address(std::net::Ipv4Addr::from(word).into())),
                _ => self.hosts.get(word as usize).copied().ok_or(stranger.to_owned()),
            }
        };
        let (initiator, responder) = (host()?, host()?);
        let mut pair: PairTotals = reading.flat()?;
        pair.move_down(self.lines);
        ledger.take_pair(PairKey::of(*service, initiator, responder), pair, self.file);
        Ok(())
    }

    fn take_day(&self, ledger: &mut Ledger, reading: &mut Reading<'_>) -> Result<(), String> {
        let (key, mut day): (TrailKey, TrailDay) = (reading.flat()?, reading.flat()?);
        day.move_down(self.lines);
        ledger.take_trail(key, day, self.file);
        Ok(())
    }
}

impl Ledger {
    /// The ledger as bytes. It was settled before.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write_behind(Vec::new())
    }

    /// The ledger as bytes behind these: its pieces, each behind its length.
    pub fn write_behind(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        // Roughly what its entries take, so that the bytes need not move to ever larger places.
        let services = self.services.len() * 320 + self.services.hours() * 56;
        bytes.reserve_exact(services + self.pairs.len() * 129 + self.trails.len() * 69 + 4096);
        for piece in Outgoing::of(self) {
            bytes.extend_from_slice(&(piece.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let mut ledger = None;
        take_all(&mut ledger, bytes, Incoming::new(None, 0))?;
        ledger.ok_or("not a ledger: it is empty".to_owned())
    }

    /// Adds a ledger that came as bytes to this one. `file` is as for [`Ledger::merge`]; all its rows stand so many lines
    /// further down than was known when they were counted.
    #[cfg(test)]
    pub fn merge_bytes(&mut self, bytes: &[u8], file: Option<u32>, lines: u64) -> Result<(), String> {
        let mut ledger = Some(std::mem::take(self));
        let taken = take_all(&mut ledger, bytes, Incoming::new(file, lines));
        *self = ledger.unwrap_or_default();
        taken
    }
}

fn take_all(ledger: &mut Option<Ledger>, bytes: &[u8], mut incoming: Incoming) -> Result<(), String> {
    let mut reading = Reading(bytes);
    while !incoming.is_whole() {
        let length = u32::from_le_bytes(*reading.chunk()?) as usize;
        let (piece, rest) = reading.0.split_at_checked(length).ok_or("not a ledger: it is cut off")?;
        reading.0 = rest;
        incoming.take(ledger, piece)?;
    }
    Ok(())
}
