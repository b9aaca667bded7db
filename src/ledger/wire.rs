//! The ledger as bytes, for the way from a reader to the analyst. The same ledger is always the same bytes.
//!
//! A ledger may be tens of megabytes, so it is never copied on the way: entries are written one behind the other as they
//! stand, in order, hosts and services of the pairs as numbers; and each that is read goes straight to its place, in an empty
//! ledger or in one that has counted others.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::hosts::Code;
use super::hours::Hourly;
use super::merging::Bars;
use super::pairs::PairKey;
use super::trails::TrailKey;
use super::{Hours, Ledger, PairTotals, Served, ServiceKey, Totals, TrailDay};
use crate::flow::{Host, Hour};
use crate::sites::Locus;

/// What stands before the entries.
#[derive(Serialize, Deserialize)]
struct Head {
    services_cap: usize,
    hours_cap: usize,
    pairs_cap: usize,
    bars: Bars,
    rest: Rest,
}

/// What is small.
#[derive(Serialize, Deserialize)]
pub(super) struct Rest {
    pub(super) spilled_services: Totals,
    pub(super) spilled_pairs: Totals,
    pub(super) names: BTreeMap<Host, String>,
    pub(super) coverage: BTreeMap<String, BTreeMap<Hour, u64>>,
    pub(super) days: BTreeMap<Locus, BTreeSet<i32>>,
    pub(super) witnesses: BTreeMap<Locus, BTreeMap<String, u64>>,
}

/// An entry of which there are very many, as so many bytes.
pub(super) trait Flat<const N: usize>: Sized {
    fn to_flat(&self) -> [u8; N];
    fn of_flat(bytes: &[u8; N]) -> Self;
}

/// Bytes being put together from parts.
pub(super) struct Laying<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Laying<N> {
    pub(super) fn new() -> Laying<N> {
        Laying { bytes: [0; N], at: 0 }
    }

    pub(super) fn put<const M: usize>(&mut self, part: [u8; M]) -> &mut Laying<N> {
        self.bytes[self.at..self.at + M].copy_from_slice(&part);
        self.at += M;
        self
    }

    pub(super) fn done(&self) -> [u8; N] {
        debug_assert_eq!(self.at, N);
        self.bytes
    }
}

/// Parts being taken from bytes.
pub(super) struct Lifting<'b>(pub(super) &'b [u8]);

impl Lifting<'_> {
    pub(super) fn take<const M: usize>(&mut self) -> [u8; M] {
        let (part, rest) = self.0.split_first_chunk::<M>().expect("an entry is as long as its parts");
        self.0 = rest;
        *part
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// Values one behind the other.
struct Writing(Vec<u8>);

impl Writing {
    fn put<T: Serialize>(&mut self, value: &T) {
        let bytes = std::mem::take(&mut self.0);
        self.0 = postcard::to_extend(value, bytes).expect("a ledger holds nothing that postcard cannot write");
    }

    /// How many there are, then each.
    fn all<T: Serialize>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.put(&values.len());
        values.for_each(|value| self.put(&value));
    }

    fn flat<const N: usize>(&mut self, value: &impl Flat<N>) {
        self.0.extend_from_slice(&value.to_flat());
    }
}

struct Reading<'b>(&'b [u8]);

impl<'b> Reading<'b> {
    fn take<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let (value, rest) = postcard::take_from_bytes(self.0).map_err(|e| format!("not a ledger: {e}"))?;
        self.0 = rest;
        Ok(value)
    }

    fn all<T: DeserializeOwned>(&mut self, mut each: impl FnMut(T)) -> Result<(), String> {
        for _ in 0..self.take::<usize>()? {
            each(self.take()?);
        }
        Ok(())
    }

    fn chunk<const N: usize>(&mut self) -> Result<&'b [u8; N], String> {
        let (chunk, rest) = self.0.split_first_chunk::<N>().ok_or("not a ledger: it is cut off")?;
        self.0 = rest;
        Ok(chunk)
    }

    fn flat<const N: usize, T: Flat<N>>(&mut self) -> Result<T, String> {
        Ok(T::of_flat(self.chunk()?))
    }
}

impl Ledger {
    /// The ledger as bytes. It was settled before.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write_behind(Vec::new())
    }

    /// The ledger as bytes behind these.
    pub fn write_behind(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        // Roughly what its entries take, so that the bytes need not move to ever larger places.
        let hosts = self.hosts.others().values().len() * 16;
        let services = self.services.len() * 320 + self.services.hours() * 56;
        bytes.reserve_exact(services + hosts + self.pairs.len() * 128 + self.trails.len() * 69 + 4096);
        let mut writing = Writing(bytes);
        writing.put(&Head {
            services_cap: self.services.cap(),
            hours_cap: self.services.hours_cap(),
            pairs_cap: self.pairs.cap(),
            bars: self.bars(),
            rest: Rest {
                spilled_services: self.spilled_services.clone(),
                spilled_pairs: self.spilled_pairs.clone(),
                names: self.names.clone(),
                coverage: self.coverage.clone(),
                days: self.days.clone(),
                witnesses: self.witnesses.clone(),
            },
        });
        let services = self.services();
        writing.put(&services.len());
        for (key, served) in services {
            writing.put(&(key, &served.earliest, &served.accounts, served.hours.len()));
            for (hour, hourly) in served.hours.packed() {
                writing.0.extend_from_slice(&hour.0.to_le_bytes());
                writing.flat(hourly);
            }
        }
        writing.all(self.coarse().into_iter());
        self.write_pairs(&mut writing);
        let trails = self.trails.sorted();
        writing.put(&trails.len());
        for (key, day) in trails {
            writing.flat(&key);
            writing.flat(day);
        }
        writing.0
    }

    /// The pairs in order, behind their services and their hosts that have no IPv4 address, both in order: the numbers here are
    /// places in those lists.
    fn write_pairs(&self, writing: &mut Writing) {
        // What else the tables still name depends on the order in which things came.
        let (mut services, mut hosts) =
            (vec![0; self.services.keys().values().len()], vec![0; self.hosts.others().values().len()]);
        for entry in self.pairs.entries() {
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
        let keys = ranked(&mut services, self.services.keys().in_order());
        writing.all(keys.into_iter().map(|number| self.services.keys().value(number)));
        let keys = ranked(&mut hosts, self.hosts.others().in_order());
        writing.put(&keys.len());
        for number in keys {
            writing.0.extend_from_slice(&self.hosts.others().value(number).0.to_le_bytes());
        }
        writing.put(&self.pairs.len());
        for place in self.pair_order(&services) {
            let entry = self.pairs.entry(place);
            let numbers = entry.numbers();
            writing.0.extend_from_slice(&services[numbers.service as usize].to_le_bytes());
            for code in numbers.hosts {
                let word = match code {
                    Code::V4(address) => address,
                    Code::Other(number) => hosts[number as usize],
                };
                writing.0.push(code.is_other().into());
                writing.0.extend_from_slice(&word.to_le_bytes());
            }
            writing.flat(&entry.totals);
        }
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let mut reading = Reading(bytes);
        let head: Head = reading.take()?;
        let mut ledger = Ledger::with_caps(head.services_cap, head.hours_cap, head.pairs_cap);
        ledger.read(head, reading, None, 0)?;
        Ok(ledger)
    }

    /// Adds a ledger that came as bytes to this one. `file` is as for [`Ledger::merge`]; all its rows stand so many lines
    /// further down than was known when they were counted.
    pub fn merge_bytes(&mut self, bytes: &[u8], file: Option<u32>, lines: u64) -> Result<(), String> {
        let mut reading = Reading(bytes);
        let head: Head = reading.take()?;
        self.read(head, reading, file, lines)
    }

    fn read(&mut self, head: Head, mut reading: Reading<'_>, file: Option<u32>, lines: u64) -> Result<(), String> {
        self.take_bars(&head.bars);
        for _ in 0..reading.take::<usize>()? {
            let (key, mut earliest, accounts, count): (ServiceKey, super::Earliest, _, usize) = reading.take()?;
            let mut hours: Vec<(Hour, Hourly)> = Vec::with_capacity(count.min(reading.0.len() / 56));
            for _ in 0..count {
                hours.push((Hour(i32::from_le_bytes(*reading.chunk()?)), reading.flat()?));
            }
            earliest.move_down(lines);
            self.take_service(key, Served { hours: Hours::of_ordered(hours), earliest, accounts }, file);
        }
        reading.all(|(key, totals): (ServiceKey, Totals)| self.take_coarse(key, &totals))?;
        self.settle_services();

        let mut services: Vec<ServiceKey> = Vec::new();
        reading.all(|key| services.push(key))?;
        let mut hosts: Vec<Host> = Vec::new();
        for _ in 0..reading.take::<usize>()? {
            hosts.push(Host(u128::from_le_bytes(*reading.chunk()?)));
        }
        for _ in 0..reading.take::<usize>()? {
            let stranger = "not a ledger: a pair of hosts that it does not name";
            let service: [u8; 4] = *reading.chunk()?;
            let service = services.get(u32::from_le_bytes(service) as usize).ok_or(stranger)?;
            let mut host = || {
                let [kind] = *reading.chunk()?;
                let word = u32::from_le_bytes(*reading.chunk()?);
                match kind {
                    0 => Ok(Host::of_address(std::net::Ipv4Addr::from(word).into())),
                    _ => hosts.get(word as usize).copied().ok_or(stranger.to_owned()),
                }
            };
            let (initiator, responder) = (host()?, host()?);
            let mut pair: PairTotals = reading.flat()?;
            pair.move_down(lines);
            self.take_pair(PairKey::of(*service, initiator, responder), pair, file);
        }
        self.settle_pairs();
        for _ in 0..reading.take::<usize>()? {
            let (key, mut day): (TrailKey, TrailDay) = (reading.flat()?, reading.flat()?);
            day.move_down(lines);
            self.take_trail(key, day, file);
        }
        self.trails.settle();
        self.take_rest(&head.rest);
        Ok(())
    }
}
