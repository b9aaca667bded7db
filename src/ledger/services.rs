//! The services of links, and what each did hour by hour. A service counts into the hour that it counted into last; when another
//! comes, that one is put behind, and the hours are sorted and merged from time to time. Most logs come in order of time, so there
//! is mostly nothing to sort.

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
    /// Which are kept: apart, since each flow asks it, so that it stays near the processor.
    is_kept: Vec<bool>,
    slots: Vec<Slot>,
    /// How many services are kept.
    kept: usize,
    /// How many hours all of them hold, where one that came twice counts twice.
    hours: usize,
    grain: Grain,
    cap: usize,
    hours_cap: usize,
    /// Services at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

/// What each flow reads and writes stands first and is one cache line.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct Slot {
    /// The hour that is counted into; [`CLOSED`] for none.
    hour: Hour,
    open: Hourly,
    /// Records that began later than this are not among the earliest.
    bar: i64,
    /// The day of the last flow, so that a day is noted once and not with every flow.
    last_day: Option<i32>,
    /// Whether the other hours are in order, each once, before the open one.
    ordered: bool,
    /// The other hours.
    hours: Vec<(Hour, Hourly)>,
    earliest: Earliest,
    #[expect(clippy::box_collection, reason = "most services name no account: eight bytes rather than twenty-four")]
    accounts: Option<Box<BTreeMap<String, u64>>>,
}

/// No flow began then.
const CLOSED: Hour = Hour(i32::MAX);

impl Slot {
    fn new() -> Slot {
        Slot {
            hour: CLOSED,
            open: Hourly::default(),
            bar: i64::MAX,
            last_day: None,
            ordered: true,
            hours: Vec::new(),
            earliest: Earliest::default(),
            accounts: None,
        }
    }

    /// How many hours it holds, where one that came twice counts twice.
    fn len(&self) -> usize {
        self.hours.len() + usize::from(self.hour != CLOSED)
    }

    /// Puts the hour that is counted into behind the others.
    fn close(&mut self) {
        if self.hour == CLOSED {
            return;
        }
        let (hour, hourly) = (std::mem::replace(&mut self.hour, CLOSED), std::mem::take(&mut self.open));
        if self.hours.len() == self.hours.capacity() {
            // Less than twice as many: there may be a hundred thousand of these lists.
            self.hours.reserve_exact(self.hours.len() / 2 + 2);
        }
        self.ordered &= self.hours.last().is_none_or(|(last, _)| *last < hour);
        self.hours.push((hour, hourly));
    }

    /// Puts all hours in order, each once.
    fn order(&mut self) {
        self.close();
        if !self.ordered {
            // A stable sort, since it finds the stretches that are in order already.
            self.hours.sort_by_key(|(hour, _)| *hour);
            self.hours.dedup_by(absorb_same);
            self.ordered = true;
        }
    }
}

fn absorb_same(next: &mut (Hour, Hourly), kept: &mut (Hour, Hourly)) -> bool {
    let same = next.0 == kept.0;
    if same {
        kept.1.absorb(&next.1);
    }
    same
}

impl Services {
    pub(super) fn new(cap: usize, hours_cap: usize) -> Services {
        Services {
            keys: Numbered::default(),
            is_kept: Vec::new(),
            slots: Vec::new(),
            kept: 0,
            hours: 0,
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
        self.hours
    }

    /// The number under which a service is counted; `None` when it is past the bar and belongs to the spill.
    pub(super) fn counted(&mut self, key: ServiceKey) -> Option<u32> {
        if let Some(number) = self.keys.find(&key) {
            return self.kept(number);
        }
        if self.bar.is_some_and(|bar| key.rank() >= bar) {
            return None;
        }
        self.kept += 1;
        Some(self.make(key, true))
    }

    fn make(&mut self, key: ServiceKey, kept: bool) -> u32 {
        self.is_kept.push(kept);
        self.slots.push(Slot::new());
        self.keys.number(key)
    }

    /// The number, if what is counted under it is kept apart.
    #[inline]
    pub(super) fn kept(&self, number: u32) -> Option<u32> {
        self.is_kept[number as usize].then_some(number)
    }

    /// The number of a service for its host pairs, whether or not it is counted.
    pub(super) fn named(&mut self, key: ServiceKey) -> u32 {
        self.keys.find(&key).unwrap_or_else(|| self.make(key, false))
    }

    pub(super) fn keys(&self) -> &Numbered<ServiceKey> {
        &self.keys
    }

    /// The services that are kept apart, in no order.
    pub(super) fn kept_keys(&self) -> impl Iterator<Item = ServiceKey> + '_ {
        self.keys.values().iter().zip(&self.is_kept).filter(|(_, kept)| **kept).map(|(key, _)| *key)
    }

    /// The most accounts of a service.
    pub(super) fn most_accounts(&self) -> usize {
        self.slots.iter().filter_map(|slot| slot.accounts.as_ref()).map(|accounts| accounts.len()).max().unwrap_or(0)
    }

    /// Counts a flow of a service. Whether it is of another day than the one before.
    #[inline]
    pub(super) fn count(&mut self, number: u32, hour: Hour, seen: &Seen, sight: Packed) -> bool {
        let (slot, is_another) = self.open(number, hour);
        slot.open.count(seen);
        if !seen.reply
            && matches!(seen.outcome, Outcome::Established | Outcome::Unknown)
            && time_order(seen.at) <= slot.bar
        {
            slot.earliest.take(sight);
            slot.bar = slot.earliest.bar();
        }
        let day = (is_another && hour != Hour::UNDATED).then(|| hour.day());
        let is_fresh = day.is_some() && slot.last_day != day;
        if is_fresh {
            slot.last_day = day;
        }
        is_fresh
    }

    /// Counts flows that a row of a rollup stands for.
    pub(super) fn count_rolled(&mut self, number: u32, hour: Hour, totals: &Totals, outcome: Outcome, sight: Packed) {
        let (slot, _) = self.open(number, hour);
        slot.open.absorb(&Hourly::of(totals));
        if matches!(outcome, Outcome::Established | Outcome::Unknown) {
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
            self.open(number, *hour).0.open.absorb(hourly);
        }
        for (user, flows) in &served.accounts {
            self.count_account(number, user, *flows);
        }
        let slot = &mut self.slots[number as usize];
        super::Absorb::absorb(&mut slot.earliest, &served.earliest);
        slot.bar = slot.earliest.bar();
    }

    /// A service with the hour to count into open. Whether that may be another hour than the one before.
    #[inline]
    fn open(&mut self, number: u32, hour: Hour) -> (&mut Slot, bool) {
        let coarse = self.grain.floor(hour);
        let slot = &mut self.slots[number as usize];
        let is_another = slot.hour != coarse;
        if is_another {
            slot.close();
            slot.hour = coarse;
            self.hours += 1;
        }
        (slot, is_another || self.grain != Grain::default())
    }

    /// Fetches what counting will look at, so that the waits of many services overlap.
    pub(super) fn fetch(&self, numbers: impl Iterator<Item = u32>) -> usize {
        let keys = self.keys.values();
        let both = numbers.filter_map(|number| self.slots.get(number as usize).zip(keys.get(number as usize)));
        // A pair is compared by the key.
        both.map(|(slot, key)| usize::from(slot.hour == CLOSED) + usize::from(key.service.port.is_none())).sum()
    }

    /// Whether so many services or hours have gathered that [`Services::settle`] is due.
    pub(super) fn is_overfull(&self) -> bool {
        self.kept > self.cap + self.cap / 4 + 1024 || self.hours > self.hours_cap + self.hours_cap / 4 + 1024
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
        self.order();
        while self.hours > self.hours_cap
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
        for ((key, slot), kept) in self.keys.values().iter().zip(&mut self.slots).zip(&mut self.is_kept) {
            if *kept && key.rank() >= bar {
                let mut leaving = std::mem::replace(slot, Slot::new());
                *kept = false;
                self.kept -= 1;
                self.hours -= leaving.len();
                leaving.close();
                let mut totals = Totals::default();
                leaving.hours.iter().for_each(|(_, own)| super::Absorb::absorb(&mut totals, &own.totals()));
                spill(*key, &totals);
            }
        }
    }

    /// Gathers hours that stand together at this grain.
    pub(super) fn coarsen(&mut self, grain: Grain) {
        if grain <= self.grain {
            return;
        }
        self.grain = grain;
        for slot in &mut self.slots {
            slot.close();
            slot.hours.iter_mut().for_each(|(hour, _)| *hour = grain.floor(*hour));
            slot.ordered = false;
        }
        self.order();
        self.slots.iter_mut().for_each(|slot| slot.hours.shrink_to_fit());
    }

    /// Puts the hours of all services in order, each once.
    fn order(&mut self) {
        self.slots.iter_mut().for_each(Slot::order);
        self.hours = self.slots.iter().map(|slot| slot.hours.len()).sum();
    }

    /// Forgets the keys that are neither kept nor `named`, and numbers the rest anew; gives the new number of each old one.
    pub(super) fn forget(&mut self, named: &[bool]) -> Vec<u32> {
        let stays: Vec<bool> = self.is_kept.iter().zip(named).map(|(kept, named)| *kept || *named).collect();
        let renamed = self.keys.retain(|at| stays[at]);
        let mut staying = stays.iter();
        self.slots.retain(|_| staying.next().is_some_and(|stays| *stays));
        let mut staying = stays.iter();
        self.is_kept.retain(|_| staying.next().is_some_and(|stays| *stays));
        // The numbers that stay keep their order.
        renamed
    }

    /// What is known of each service that is kept apart, in order of key.
    pub(super) fn in_order(&self) -> impl ExactSizeIterator<Item = (ServiceKey, Served)> + '_ {
        self.kept_in_order().into_iter().map(|number| self.served(number))
    }

    /// The numbers of the services that are kept apart, in order of key.
    pub(super) fn kept_in_order(&self) -> Vec<u32> {
        let mut order = self.keys.in_order();
        order.retain(|number| self.is_kept[*number as usize]);
        order
    }

    /// What is known of the service of this number.
    pub(super) fn served(&self, number: u32) -> (ServiceKey, Served) {
        let mut slot = Cow::Borrowed(&self.slots[number as usize]);
        if !slot.ordered || slot.hour != CLOSED {
            slot.to_mut().order();
        }
        let hours = Hours::of_ordered(slot.hours.clone());
        let accounts = slot.accounts.as_deref().cloned().unwrap_or_default();
        (self.keys.value(number), Served { hours, earliest: slot.earliest.clone(), accounts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_flow_touches_of_a_slot_is_one_cache_line() {
        assert_eq!((std::mem::offset_of!(Slot, bar) + size_of::<i64>(), align_of::<Slot>()), (64, 64));
    }
}
