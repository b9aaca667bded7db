//! What every service of every link did day by day and pair by pair, as the detectors of behaviour look at it; and when its
//! callers' people are at work.
//!
//! Days are days of UTC, as the ledger keeps them; whether an hour is out of hours is asked of the caller's own clock.

use std::collections::{BTreeMap, BTreeSet};

use super::{Observed, accounts_of, id_of, is_link, novelty, ran};
use crate::calendar::zones::LocalClock;
use crate::calendar::{self, DAY};
use crate::finding::{Finding, Lane, Rows};
use crate::flow::{Host, Hour, Moment, Service};
use crate::ledger::capped::Absorb as _;
use crate::ledger::survey::{LinkKey, ServiceRecord};
use crate::ledger::{PairKey, Sight, Totals, TrailDay};
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// Office hours, by the caller's own clock: from 07:00 up to 20:00.
const OFFICE: std::ops::Range<i32> = 7..20;
/// A day with less than this share of an ordinary day's callers is a holiday.
const HOLIDAY: f64 = 0.35;

/// A sweep, as a scanner's or an inventory's: so many sites on a day, and on average so many hosts at each.
const SWEPT_SITES: usize = 3;
const SWEPT_HOSTS: usize = 5;
/// Fewer bytes a connection, both ways together, of a host that sweeps are a greeting and no use.
const GREETING: u64 = 4_000;

/// All services of all links between two parties of which something ran.
#[derive(Debug, Clone, Default)]
pub struct Daily<'s> {
    /// In order of link and service.
    pub units: Vec<Unit<'s>>,
    clocks: BTreeMap<Party, LocalClock>,
    /// Local days on which nobody works, by party.
    rest: BTreeMap<Party, BTreeSet<i32>>,
    /// Hosts that swept the organisation, with the days on which they did.
    sweeps: BTreeMap<Host, BTreeSet<i32>>,
}

/// A service of a link, all dynamic ports being one.
#[derive(Debug, Clone)]
pub struct Unit<'s> {
    /// The link.
    pub link: LinkKey,
    /// The service; of several dynamic ports the first in time.
    pub service: Service,
    /// Its records.
    pub records: Vec<&'s ServiceRecord>,
    /// Its sums by day.
    pub days: BTreeMap<i32, Totals>,
    /// Its hours of use, host pair by host pair, by the caller's clock ([`Daily::local_hours`]).
    pub use_by_hour: [f64; 48],
    /// Its host pairs with their days; fewer where the ledger's caps were reached.
    pub pairs: Vec<Pair<'s>>,
}

/// A host pair with its days.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'s> {
    /// Who.
    pub key: &'s PairKey,
    /// Day by day, in order.
    pub days: &'s [(i32, TrailDay)],
}

impl<'s> Daily<'s> {
    /// Of all that was seen.
    pub fn of(observed: &Observed<'s>) -> Daily<'s> {
        let mut daily = Daily::default();
        for (link, seen) in observed.survey.links.iter().filter(|(link, _)| is_link(**link)) {
            let mut kinds: BTreeMap<Service, Vec<(Service, &ServiceRecord)>> = BTreeMap::new();
            for (service, record) in seen.services.iter().filter(|(_, record)| ran(&record.totals) > 0) {
                kinds.entry(novelty::kind(*service)).or_default().push((*service, record));
            }
            for mut records in kinds.into_values() {
                records.lean_sort_by_key(|(service, record)| {
                    (record.totals.first.is_none(), record.totals.first, *service)
                });
                let service = records[0].0;
                let records: Vec<&ServiceRecord> = records.into_iter().map(|(_, record)| record).collect();
                daily.units.push(Unit::of(observed, *link, service, records));
            }
        }
        let parties: BTreeSet<Party> =
            daily.units.iter().flat_map(|unit| [unit.link.from, unit.link.to]).lean_collect();
        daily.clocks = parties.into_iter().filter_map(|party| Some((party, observed.clock(party)?))).lean_collect();
        daily.rest = daily.rest_days();
        daily.count_hours();
        daily.sweeps = daily.sweep_days();
        daily
    }

    /// Whether a host swept the organisation on a day: several hosts at each of several sites.
    pub fn swept(&self, host: Host, day: i32) -> bool {
        self.sweeps.get(&host).is_some_and(|days| days.contains(&day))
    }

    /// Whether a host sweeps as a habit: again after five days and more.
    pub fn sweeps_again(&self, host: Host) -> bool {
        let days = self.sweeps.get(&host);
        days.and_then(|days| days.first().zip(days.last())).is_some_and(|(first, last)| last - first >= 5)
    }

    /// Whether a pair's day is no more than a greeting of a host that swept on it, which tells nothing of how a service is used.
    pub fn is_greeting(&self, pair: &PairKey, day: i32, seen: &TrailDay) -> bool {
        let bytes = seen.bytes_out.saturating_add(seen.bytes_in);
        bytes < GREETING * u64::from(seen.ran.max(1)) && self.swept(pair.initiator, day)
    }

    fn sweep_days(&self) -> BTreeMap<Host, BTreeSet<i32>> {
        let mut called: BTreeMap<(Host, i32), BTreeSet<(Party, Host)>> = BTreeMap::new();
        // Few hosts call so many others at all, and only theirs are worth the memory.
        let inside = || self.units.iter().filter(|unit| unit.link.is_between_sites());
        let keys = inside().flat_map(|unit| &unit.pairs).map(|pair| (pair.key.initiator, pair.key.responder));
        let mut others = with_how_many(keys.collect());
        others.retain(|_, called| *called >= SWEPT_SITES * SWEPT_HOSTS);
        for unit in inside() {
            for pair in unit.pairs.iter().filter(|pair| others.contains_key(&pair.key.initiator)) {
                for (day, _) in pair.days {
                    called.entry((pair.key.initiator, *day)).or_default().insert((unit.link.to, pair.key.responder));
                }
            }
        }
        let mut sweeps: BTreeMap<Host, BTreeSet<i32>> = BTreeMap::new();
        for ((host, day), hosts) in called {
            let sites: BTreeSet<Party> = hosts.iter().map(|(site, _)| *site).lean_collect();
            if sites.len() >= SWEPT_SITES && hosts.len() >= SWEPT_HOSTS * sites.len() {
                sweeps.entry(host).or_default().insert(day);
            }
        }
        sweeps
    }

    fn count_hours(&mut self) {
        let mut units = std::mem::take(&mut self.units);
        for unit in &mut units {
            let mut local: BTreeMap<i32, [u8; 24]> = BTreeMap::new();
            for (day, seen) in unit.pairs.iter().flat_map(|pair| pair.days).filter(|(_, seen)| seen.ran > 0) {
                let hours = local.entry(*day).or_insert_with(|| self.local_hours(unit.link, *day));
                count_hours(&mut unit.use_by_hour, hours, seen);
            }
        }
        self.units = units;
    }

    /// Whose hours count for a link: the caller's, or the called one's where the caller is outside.
    pub fn whose(&self, link: LinkKey) -> Party {
        if matches!(link.from, Party::Site(_)) { link.from } else { link.to }
    }

    /// The clock that counts for a link.
    pub fn clock(&self, link: LinkKey) -> LocalClock {
        self.clocks.get(&self.whose(link)).copied().unwrap_or(LocalClock::UTC)
    }

    /// The hours of a day of UTC that are out of hours at the caller's: bit 0 is 00:00 to 00:59 UTC.
    pub fn off_hours(&self, link: LinkKey, day: i32) -> u32 {
        off_hours(&self.local_hours(link, day))
    }

    /// For each hour of a day of UTC, what hour it is by the caller's own clock: 0 to 23, and 24 more on a day of rest.
    pub fn local_hours(&self, link: LinkKey, day: i32) -> [u8; 24] {
        let rest = self.rest.get(&self.whose(link));
        let shift = self.clock(link).offset(Moment(i64::from(day) * DAY + DAY / 2));
        // No clock is a day and more from UTC, so that three local days are all that there can be.
        let rests = [-1, 0, 1].map(|by| rest.is_some_and(|days| days.contains(&(day + by))));
        std::array::from_fn(|hour| {
            let minutes = hour as i32 * 60 + 30 + shift;
            let by = minutes.div_euclid(1_440).clamp(-1, 1);
            (minutes.rem_euclid(1_440) / 60) as u8 + if rests[(by + 1) as usize] { 24 } else { 0 }
        })
    }

    /// Whether a day is one of rest at the caller's.
    pub fn rests_on(&self, link: LinkKey, day: i32) -> bool {
        self.rest.get(&self.whose(link)).is_some_and(|days| days.contains(&day))
    }

    /// Local days on which far fewer hosts of a party call than on most days: weekends and holidays, as the party keeps them. Where
    /// too few hosts call to tell, Saturdays and Sundays.
    fn rest_days(&self) -> BTreeMap<Party, BTreeSet<i32>> {
        let mut callers: BTreeMap<Party, Vec<(i32, Host)>> = BTreeMap::new();
        for unit in &self.units {
            let Party::Site(_) = unit.link.from else { continue };
            let shift = self.clock(unit.link).offset(Moment(0)).div_euclid(60);
            let own = callers.entry(unit.link.from).or_default();
            for pair in &unit.pairs {
                for (day, seen) in pair.days.iter().filter(|(_, seen)| seen.ran > 0) {
                    // Most of what people do lies around local noon.
                    let middle = (seen.hours.trailing_zeros() as i32 + 31 - seen.hours.leading_zeros() as i32) / 2;
                    let local = day + (middle + shift).div_euclid(24);
                    own.push((local, pair.key.initiator));
                }
            }
        }
        let rest = |mut callers: Vec<(i32, Host)>| {
            once_each(&mut callers);
            let mut days: BTreeMap<i32, usize> = BTreeMap::new();
            callers.into_iter().for_each(|(day, _)| *days.entry(day).or_default() += 1);
            let mut counts: Vec<usize> = days.values().copied().collect();
            counts.lean_sort();
            // The upper quartile is an ordinary working day, whatever the share of weekends.
            let ordinary = counts.get(counts.len() * 3 / 4).copied().unwrap_or(0);
            let (first, last) = (days.keys().next().copied(), days.keys().next_back().copied());
            let Some((first, last)) = first.zip(last) else { return BTreeSet::new() };
            let weekend = |day: i32| calendar::weekday(i64::from(day)) >= 5;
            let quiet = |day: i32| (days.get(&day).copied().unwrap_or(0) as f64) < HOLIDAY * ordinary as f64;
            (first..=last).filter(|day| if ordinary >= 5 { quiet(*day) } else { weekend(*day) }).lean_collect()
        };
        callers.into_iter().map(|(party, days)| (party, rest(days))).lean_collect()
    }
}

/// Which of a day's hours are out of hours, by what hours they are on the caller's clock ([`Daily::local_hours`]).
pub fn off_hours(local: &[u8; 24]) -> u32 {
    let is_off = |local: u8| local >= 24 || !OFFICE.contains(&i32::from(local));
    (0..24).fold(0, |mask, hour| mask | u32::from(is_off(local[hour])) << hour)
}

/// Adds a day's hours of use.
pub fn count_hours(to: &mut [f64; 48], local: &[u8; 24], seen: &TrailDay) {
    for (hour, local) in local.iter().enumerate().filter(|(hour, _)| seen.hours >> hour & 1 == 1) {
        _ = hour;
        to[usize::from(*local)] += 1.0;
    }
}

/// A site's days with hosts in order, each once: thousands of them are put into a list faster than into a tree.
pub fn once_each(days: &mut Vec<(i32, Host)>) {
    days.lean_sort();
    days.dedup();
}

/// Of each first host, with how many different second ones it stands.
pub fn with_how_many(mut pairs: Vec<(Host, Host)>) -> BTreeMap<Host, usize> {
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = BTreeMap::new();
    pairs.into_iter().for_each(|(first, _)| *counts.entry(first).or_default() += 1);
    counts
}

impl<'s> Unit<'s> {
    fn of(observed: &Observed<'s>, link: LinkKey, service: Service, records: Vec<&'s ServiceRecord>) -> Unit<'s> {
        let mut days: BTreeMap<i32, Totals> = BTreeMap::new();
        let hours = records.iter().flat_map(|record| record.hours.iter());
        for (hour, totals) in hours.filter(|(hour, _)| *hour != Hour::UNDATED) {
            days.entry(hour.day()).or_default().absorb(&totals);
        }
        let survey = observed.survey;
        let pairs = records.iter().flat_map(|record| &record.pairs);
        let pairs = pairs.map(|(key, _)| Pair { key, days: survey.days_of(key) });
        let mut unit = Unit { link, service, days, use_by_hour: [0.0; 48], pairs: pairs.collect(), records };
        unit.pairs.retain(|pair| !pair.days.is_empty());
        unit
    }

    /// A finding that it behaves unlike itself, of one of its hosts or of none, with nothing said yet.
    pub fn finding(&self, observed: &Observed<'_>, rule: &'static str, host: Option<Host>, rows: Rows) -> Finding {
        Finding {
            service: Some(self.service),
            accounts: accounts_of(self.records.iter().copied()),
            ..Finding::of(
                Lane::Behaviour,
                rule,
                id_of(observed, rule, self.link, Some(self.service), host),
                self.link,
                rows,
            )
        }
    }

    /// Until when it is news, of which D2 or D3 tells; the distant past where it is none.
    pub fn is_news_until(&self, observed: &Observed<'_>) -> i32 {
        let coverage = observed.coverage();
        let Some(first) = self.days.keys().next() else { return i32::MIN };
        let is_new = coverage.days(self.link).range(..first).count() >= coverage.gate();
        if is_new { first + novelty::DAYS_BEFORE as i32 } else { i32::MIN }
    }

    /// Whether one of its ends is outside.
    pub fn is_external(&self) -> bool {
        self.link.from.is_outside() || self.link.to.is_outside()
    }

    /// The rows of some days, the pairs that carried most first.
    pub fn rows(&self, days: &BTreeSet<i32>, weight: impl Fn(&TrailDay) -> u64) -> Vec<Sight> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
        let mut rows: Vec<(u64, Sight)> = Vec::new();
        for pair in &self.pairs {
            for (day, seen) in pair.within(*first, *last) {
                if days.contains(day) && seen.ran > 0 {
                    rows.extend(seen.sight().map(|sight| (weight(seen), sight)));
                }
            }
        }
        rows.lean_sort_by_key(|(weight, sight)| (std::cmp::Reverse(*weight), *sight));
        rows.truncate(crate::finding::Rows::MOST);
        let mut rows: Vec<Sight> = rows.into_iter().map(|(_, sight)| sight).collect();
        if rows.is_empty() {
            // Past the trails' cap the service's own earliest rows may still lie on these days.
            let on_days = |sight: &&Sight| sight.at.is_some_and(|at| days.contains(&at.hour().day()));
            rows.extend(self.records.iter().flat_map(|record| record.rows.iter().filter(on_days)));
        }
        rows
    }

    /// The hosts of some days, those that carried most first.
    pub fn hosts(&self, days: &BTreeSet<i32>, weight: impl Fn(&TrailDay) -> u64) -> Vec<&'s PairKey> {
        let mut pairs: Vec<(u64, &PairKey)> = Vec::new();
        for pair in &self.pairs {
            let on_days = pair.days.iter().filter(|(day, seen)| days.contains(day) && seen.ran > 0);
            let weights: Vec<u64> = on_days.map(|(_, seen)| weight(seen)).collect();
            if !weights.is_empty() {
                pairs.push((weights.iter().fold(0, |sum: u64, own| sum.saturating_add(*own)), pair.key));
            }
        }
        pairs.lean_sort_by_key(|(weight, key)| (std::cmp::Reverse(*weight), *key));
        pairs.into_iter().map(|(_, key)| key).collect()
    }

    /// The first and the last start on some days.
    pub fn window(&self, days: &BTreeSet<i32>) -> Option<(Moment, Moment)> {
        let own = || days.iter().filter_map(|day| self.days.get(day));
        own().filter_map(|totals| totals.first).min().zip(own().filter_map(|totals| totals.last).max())
    }
}

impl<'s> Pair<'s> {
    /// Its days from the first to the last.
    pub fn within(&self, first: i32, last: i32) -> &'s [(i32, TrailDay)] {
        let from = self.days.partition_point(|(day, _)| *day < first);
        let to = self.days.partition_point(|(day, _)| *day <= last);
        &self.days[from..to]
    }
}
