//! The relay: what the initiators of a link fetched over it, and within the hours sent on to somebody else, with how much of it
//! the two have in common.
//!
//! Told from what host pairs did day by day: the sending begins in an hour of the fetching, or in one of the two after it. How
//! unlikely such a match is by chance is D14's question; here it is asked of one link, and every match is told.

use std::collections::BTreeMap;

use super::sweep::Pin;
use crate::flow::{Host, Service};
use crate::ledger::survey::Survey;
use crate::ledger::{Sight, TrailDay};
use crate::sites::Party;
use crate::sorting::LeanSort as _;

/// A day on which a host fetched over the pinned link and sent to somebody else.
#[derive(Debug, Clone, PartialEq)]
pub struct Relayed {
    /// The day, from the epoch.
    pub day: i32,
    /// The host.
    pub host: Host,
    /// Bytes that it fetched over the pinned link.
    pub fetched: u64,
    /// Whom it sent to: the party, the host, and over what.
    pub to: (Party, Host, Service),
    /// Bytes that it sent there.
    pub sent: u64,
    /// A row of the fetching, and one of the sending.
    pub rows: Vec<Sight>,
}

impl Relayed {
    /// What was sent, in percent of what was fetched, rounded.
    pub fn percent(&self) -> u64 {
        (u128::from(self.sent) * 100 / u128::from(self.fetched.max(1))) as u64
    }
}

/// Less than this is no volume.
const LEAST_BYTES: u64 = 100_000;
/// The sending is a quarter of the fetching at least: two logs may have counted the fetching twice, and it may go to several places.
const LEAST_SHARE: u64 = 4;
/// And at most twice as much.
const MOST_TIMES: u64 = 2;
/// How many are told.
const MOST: usize = 50;

/// The days on which hosts of the pin sent on about as much as they had fetched, in order of day and host.
pub fn relayed(pin: &Pin, survey: &Survey) -> Vec<Relayed> {
    let days = pin.window.0.hour().day()..=pin.window.1.hour().day();
    let mut fetched: BTreeMap<(Host, i32), TrailDay> = BTreeMap::new();
    let services = || survey.links.get(&pin.link).into_iter().flat_map(|link| &link.services);
    for (key, _) in services().flat_map(|(_, record)| &record.pairs) {
        if !pin.servers.contains(&key.responder) || !pin.initiators.contains(&key.initiator) {
            continue;
        }
        for (day, seen) in survey.days_of(key).iter().filter(|(day, _)| days.contains(day)) {
            use crate::ledger::capped::Absorb as _;
            fetched.entry((key.initiator, *day)).or_default().absorb(seen);
        }
    }
    fetched.retain(|_, seen| seen.bytes_in >= LEAST_BYTES);
    // Where an amount went to one host over one service; several places a day are several entries.
    let mut found: Vec<Relayed> = Vec::new();
    for (link, seen) in survey.links.iter().filter(|(link, _)| link.from == pin.link.from && link.to != pin.link.to) {
        for (service, record) in &seen.services {
            for (key, _) in record.pairs.iter().filter(|(key, _)| pin.initiators.contains(&key.initiator)) {
                for (day, sent) in survey.days_of(key).iter().filter(|(_, sent)| sent.bytes_out >= LEAST_BYTES) {
                    let Some(own) = fetched.get(&(key.initiator, *day)) else { continue };
                    let after = own.hours | own.hours << 1 | own.hours << 2;
                    if after & sent.hours == 0 || !is_like(own.bytes_in, sent.bytes_out) {
                        continue;
                    }
                    found.push(Relayed {
                        day: *day,
                        host: key.initiator,
                        fetched: own.bytes_in,
                        to: (link.to, key.responder, *service),
                        sent: sent.bytes_out,
                        rows: own.sight().into_iter().chain(sent.sight()).collect(),
                    });
                }
            }
        }
    }
    found.lean_sort_by_key(|own| (own.day, own.host, own.to));
    found.truncate(MOST);
    found
}

fn is_like(fetched: u64, sent: u64) -> bool {
    sent >= fetched / LEAST_SHARE && sent <= fetched.saturating_mul(MOST_TIMES)
}
