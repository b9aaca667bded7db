//! The services of links, and what each did hour by hour. A service counts into the hour that is open; when another comes,
//! that one is sealed and put behind the others, and sealed hours are sorted and merged from time to time.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::capped::Ranked;
use super::hours::Hourly;
use super::numbered::Numbered;
use super::service::Earliest;
use super::sight::{Packed, time_order};
use super::totals::Seen;
use super::{Grain, Hours, Served, ServiceKey, Totals, names};
use crate::flow::{Hour, Outcome};

/// The services, each by its number. A number may stand for a service that is not kept apart here, but of which host pairs are.
#[derive(Debug, Clone)]
pub(super) struct Services {
    keys: Numbered<ServiceKey>,
    slots: Vec<Slot>,
    /// Sealed hours: the first of them in order, each once; the others as they came.
    sealed: Vec<Sealed>,
    ordered: usize,
    /// How many services are kept.
    kept: usize,
    grain: Grain,
    cap: usize,
    hours_cap: usize,
    /// Services at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

#[derive(Debug, Clone)]
struct Slot {
    kept: bool,
    /// The hour that is counted into, and what it has; `None` before the first flow.
    hour: Option<Hour>,
    open: Hourly,
    /// The day of the last flow, so that a day is noted once and not with every flow.
    last_day: Option<i32>,
    /// Records that began later than this are not among the earliest.
    bar: i64,
    earliest: Earliest,
    #[expect(clippy::box_collection, reason = "most services name no account: eight bytes rather than twenty-four")]
    accounts: Option<Box<BTreeMap<String, u64>>>,
}

impl Slot {
    fn new(kept: bool) -> Slot {
        Slot {
            kept,
            hour: None,
            open: Hourly::default(),
            last_day: None,
            bar: i64::MAX,
            earliest: Earliest::default(),
            accounts: None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sealed {
    service: u32,
    hour: Hour,
    hourly: Hourly,
}

impl Services {
    pub(super) fn new(cap: usize, hours_cap: usize) -> Services {
        Services {
            keys: Numbered::default(),
            slots: Vec::new(),
            sealed: Vec::new(),
            ordered: 0,
            kept: 0,
            grain: Grain::default(),
            cap,
            hours_cap,
            bar: None,
        }
    }

    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    pub(super) fn hours_cap(&self) -> usize {
        self.hours_cap
    }

    pub(super) fn bar(&self) -> Option<(u8, u64)> {
        self.bar
    }

    pub(super) fn grain(&self) -> Grain {
        self.grain
    }

    /// How many are kept apart.
    pub(super) fn len(&self) -> usize {
        self.kept
    }

    /// How many hours all of them have, at most.
    pub(super) fn hours(&self) -> usize {
        self.sealed.len() + self.kept
    }

    /// The number under which a service is counted; `None` when it is past the bar and belongs to the spill.
    pub(super) fn counted(&mut self, key: ServiceKey) -> Option<u32> {
        if let Some(number) = self.keys.find(&key) {
            return self.slots[number as usize].kept.then_some(number);
        }
        if self.bar.is_some_and(|bar| key.rank() >= bar) {
            return None;
        }
        self.kept += 1;
        self.slots.push(Slot::new(true));
        Some(self.keys.number(key))
    }

    /// The number, if what is counted under it is kept apart.
    #[inline]
    pub(super) fn kept(&self, number: u32) -> Option<u32> {
        self.slots[number as usize].kept.then_some(number)
    }

    /// The number of a service for its host pairs, whether or not it is counted.
    pub(super) fn named(&mut self, key: ServiceKey) -> u32 {
        let number = self.keys.number(key);
        if number as usize == self.slots.len() {
            self.slots.push(Slot::new(false));
        }
        number
    }

    pub(super) fn keys(&self) -> &Numbered<ServiceKey> {
        &self.keys
    }

    /// The services that are kept apart, in no order.
    pub(super) fn kept_keys(&self) -> impl Iterator<Item = ServiceKey> + '_ {
        self.keys.values().iter().zip(&self.slots).filter(|(_, slot)| slot.kept).map(|(key, _)| *key)
    }

    /// The most accounts of a service.
    pub(super) fn most_accounts(&self) -> usize {
        self.slots.iter().filter_map(|slot| slot.accounts.as_ref()).map(|accounts| accounts.len()).max().unwrap_or(0)
    }

    /// Counts a flow of a service. Whether it is the first of its day.
    #[inline]
    pub(super) fn count(&mut self, number: u32, hour: Hour, seen: &Seen, sight: Packed) -> bool {
        self.open(number, hour).count(seen);
        let slot = &mut self.slots[number as usize];
        if !seen.reply
            && matches!(seen.outcome, Outcome::Established | Outcome::Unknown)
            && time_order(seen.at) <= slot.bar
        {
            slot.earliest.take(sight);
            slot.bar = slot.earliest.bar();
        }
        let day = (hour != Hour::UNDATED).then(|| hour.day());
        let fresh = day.is_some() && slot.last_day != day;
        if fresh {
            slot.last_day = day;
        }
        fresh
    }

    /// Counts flows that a row of a rollup stands for.
    pub(super) fn count_rolled(&mut self, number: u32, hour: Hour, totals: &Totals, outcome: Outcome, sight: Packed) {
        self.open(number, hour).absorb(&Hourly::of(totals));
        if matches!(outcome, Outcome::Established | Outcome::Unknown) {
            let slot = &mut self.slots[number as usize];
            slot.earliest.take(sight);
            slot.bar = slot.earliest.bar();
        }
    }

    /// Counts flows of an account.
    pub(super) fn count_account(&mut self, number: u32, user: &str, flows: u64) {
        names::add(self.slots[number as usize].accounts.get_or_insert_default(), user, flows);
    }

    /// Adds what is known of a service elsewhere. Its hours may be finer than those here.
    pub(super) fn absorb(&mut self, number: u32, served: &Served) {
        for (hour, hourly) in served.hours.packed() {
            self.open(number, *hour).absorb(hourly);
        }
        for (user, flows) in &served.accounts {
            self.count_account(number, user, *flows);
        }
        let slot = &mut self.slots[number as usize];
        super::Absorb::absorb(&mut slot.earliest, &served.earliest);
        slot.bar = slot.earliest.bar();
    }

    /// The hour to count into.
    #[inline]
    fn open(&mut self, number: u32, hour: Hour) -> &mut Hourly {
        let hour = self.grain.floor(hour);
        let slot = &mut self.slots[number as usize];
        match slot.hour {
            Some(open) if open == hour => {}
            Some(open) => {
                let hourly = std::mem::take(&mut slot.open);
                self.sealed.push(Sealed { service: number, hour: open, hourly });
                slot.hour = Some(hour);
            }
            None => slot.hour = Some(hour),
        }
        &mut slot.open
    }

    /// Fetches what counting will look at, so that the waits of many services overlap.
    pub(super) fn fetch(&self, numbers: impl Iterator<Item = u32>) -> usize {
        let slot = |number: u32| self.slots.get(number as usize);
        numbers.filter_map(slot).filter(|slot| slot.last_day.is_none() || slot.open == Hourly::default()).count()
    }

    /// Whether so many services or hours have gathered that [`Services::settle`] is due.
    pub(super) fn is_overfull(&self) -> bool {
        self.kept > self.cap + self.cap / 4 + 1024 || self.sealed.len() > self.hours_cap + self.hours_cap / 4 + 1024
    }

    /// Brings services and hours down to their caps; hands out what gives way.
    pub(super) fn settle(&mut self, spill: impl FnMut(ServiceKey, &Totals)) {
        if self.kept > self.cap {
            let mut ranks: Vec<(u8, u64)> = self.kept_keys().map(|key| key.rank()).collect();
            let (_, bar, _) = ranks.select_nth_unstable(self.cap);
            let bar = *bar;
            self.lower_bar(bar, spill);
        }
        // Past the cap, hours are gathered into coarser ones until they fit. The same flows in any order end at the same
        // grain: more of them never need a finer one.
        self.seal();
        while self.sealed.len() > self.hours_cap
            && let Some(grain) = self.grain.coarser()
        {
            self.coarsen(grain);
        }
    }

    /// Takes over a bar, so that services which gave way elsewhere give way here.
    pub(super) fn lower_bar(&mut self, bar: (u8, u64), mut spill: impl FnMut(ServiceKey, &Totals)) {
        if self.bar.is_some_and(|own| own <= bar) {
            return;
        }
        self.bar = Some(bar);
        self.seal();
        let mut leaving: BTreeMap<u32, Totals> = BTreeMap::new();
        for (key, (number, slot)) in self.keys.values().iter().zip((0..).zip(&mut self.slots)) {
            if slot.kept && key.rank() >= bar {
                *slot = Slot::new(false);
                leaving.insert(number, Totals::default());
                self.kept -= 1;
            }
        }
        if leaving.is_empty() {
            return;
        }
        self.sealed.retain(|sealed| match leaving.get_mut(&sealed.service) {
            Some(totals) => {
                super::Absorb::absorb(totals, &sealed.hourly.totals());
                false
            }
            None => true,
        });
        self.ordered = self.sealed.len();
        leaving.iter().for_each(|(number, totals)| spill(self.keys.value(*number), totals));
    }

    /// Gathers hours that stand together at this grain.
    pub(super) fn coarsen(&mut self, grain: Grain) {
        if grain <= self.grain {
            return;
        }
        self.seal();
        self.grain = grain;
        self.sealed.iter_mut().for_each(|sealed| sealed.hour = grain.floor(sealed.hour));
        self.sealed.dedup_by(absorb_same);
        self.ordered = self.sealed.len();
    }

    /// Seals all open hours, and puts the sealed ones in order, each once.
    fn seal(&mut self) {
        for (number, slot) in (0..).zip(&mut self.slots) {
            if let Some(hour) = slot.hour.take() {
                self.sealed.push(Sealed { service: number, hour, hourly: std::mem::take(&mut slot.open) });
            }
        }
        if self.ordered < self.sealed.len() {
            // What is in order already is merged with the rest from behind, so that no second copy of it is made.
            let mut fresh = self.sealed.split_off(self.ordered);
            fresh.sort_unstable_by_key(Sealed::order);
            fresh.dedup_by(absorb_same);
            merge_behind(&mut self.sealed, &fresh);
            self.sealed.dedup_by(absorb_same);
            self.ordered = self.sealed.len();
        }
    }

    /// Forgets the keys that are neither kept nor `named`, and numbers the rest anew; gives the new number of each old one.
    pub(super) fn forget(&mut self, named: &[bool]) -> Vec<u32> {
        let slots = std::mem::take(&mut self.slots);
        let stays: Vec<bool> = slots.iter().enumerate().map(|(at, slot)| slot.kept || named[at]).collect();
        let renamed = self.keys.retain(|at| stays[at]);
        self.slots = slots.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(slot, _)| slot).collect();
        // The numbers that stay keep their order.
        self.sealed.iter_mut().for_each(|sealed| sealed.service = renamed[sealed.service as usize]);
        renamed
    }

    /// What is known of each service that is kept apart, in order of key.
    pub(super) fn in_order(&self) -> impl ExactSizeIterator<Item = (ServiceKey, Served)> + '_ {
        let services = if self.is_sealed() {
            Cow::Borrowed(self)
        } else {
            let mut sealed = self.clone();
            sealed.seal();
            Cow::Owned(sealed)
        };
        let mut order = self.keys.in_order();
        order.retain(|number| self.slots[*number as usize].kept);
        order.into_iter().map(move |number| {
            let own = &services.sealed[services.sealed.partition_point(|sealed| sealed.service < number)..];
            let own = &own[..own.partition_point(|sealed| sealed.service == number)];
            let hours: Vec<(Hour, Hourly)> = own.iter().map(|sealed| (sealed.hour, sealed.hourly)).collect();
            let slot = &services.slots[number as usize];
            let accounts = slot.accounts.as_deref().cloned().unwrap_or_default();
            let served = Served { hours: Hours::of_ordered(hours), earliest: slot.earliest.clone(), accounts };
            (services.keys.value(number), served)
        })
    }

    fn is_sealed(&self) -> bool {
        self.ordered == self.sealed.len() && self.slots.iter().all(|slot| slot.hour.is_none())
    }
}

impl Sealed {
    fn order(&self) -> (u32, Hour) {
        (self.service, self.hour)
    }
}

/// Merges two lists that are in order into the first.
fn merge_behind(all: &mut Vec<Sealed>, fresh: &[Sealed]) {
    let (mut old, mut new) = (all.len(), fresh.len());
    all.reserve_exact(new);
    all.extend_from_slice(fresh);
    while new > 0 {
        if old > 0 && all[old - 1].order() > fresh[new - 1].order() {
            all[old + new - 1] = all[old - 1];
            old -= 1;
        } else {
            all[old + new - 1] = fresh[new - 1];
            new -= 1;
        }
    }
}

fn absorb_same(next: &mut Sealed, kept: &mut Sealed) -> bool {
    let same = next.order() == kept.order();
    if same {
        kept.hourly.absorb(&next.hourly);
    }
    same
}
