//! The days of trails in a table of a stated cap: as [`super::Capped`], past which whole trails give way by rank. Each day is in a list,
//! found through an [`Index`], so that growing moves no day, and many look-ups may wait for memory together.

use super::blocks::Blocks;
use super::capped::{Absorb as _, Ranked as _};
use super::index::Index;
use super::trails::{TrailDay, TrailKey};

#[derive(Debug, Clone)]
pub(super) struct Followed {
    /// Apart from what was done on them, so that few bytes are gone through at the cap.
    keys: Blocks<TrailKey>,
    /// By the places of their keys.
    days: Blocks<TrailDay>,
    index: Index,
    cap: usize,
    /// Trails at or above this rank are no longer kept.
    bar: Option<(u8, u64)>,
}

impl Followed {
    pub(super) fn new(cap: usize) -> Followed {
        Followed { keys: Blocks::default(), days: Blocks::default(), index: Index::default(), cap, bar: None }
    }

    /// How many days of trails are kept.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn bar(&self) -> Option<(u8, u64)> {
        self.bar
    }

    /// Whether a trail is past the bar: then all its days are, and from now on.
    #[inline]
    pub(super) fn refuses(&self, key: &TrailKey) -> bool {
        self.bar.is_some_and(|bar| key.rank() >= bar)
    }

    /// Fetches what counting will look at, so that the waits of many days overlap.
    pub(super) fn fetch(&self, keys: impl Iterator<Item = TrailKey>) -> usize {
        let likely = keys.map(|key| self.index.likely(key.hash()));
        let both = likely.filter_map(|place| self.keys.get(place).zip(self.days.get(place)));
        both.filter(|(key, day)| key.day == i32::MIN || day.flows() == 0).count()
    }

    /// The day to add to; `None` when its trail is past the bar.
    #[inline]
    pub(super) fn entry(&mut self, key: TrailKey) -> Option<&mut TrailDay> {
        if self.refuses(&key) {
            return None;
        }
        let hash = key.hash();
        let keys = &self.keys;
        let place = match self.index.find(hash, |place| *keys.at(place) == key) {
            Some(place) => place,
            None => {
                let place = self.keys.push(key);
                self.days.push(TrailDay::default());
                self.index.insert(hash, place);
                place
            }
        };
        Some(self.days.at_mut(place))
    }

    /// Adds what is known of a day elsewhere.
    pub(super) fn absorb(&mut self, key: TrailKey, day: &TrailDay) {
        if let Some(own) = self.entry(key) {
            own.absorb(day);
        }
        if self.is_overfull() {
            self.settle();
        }
    }

    /// Whether so many days have gathered that [`Followed::settle`] is due.
    #[inline]
    pub(super) fn is_overfull(&self) -> bool {
        self.len() > self.cap + self.cap / 2 + 1024
    }

    /// Brings the table down to its cap.
    pub(super) fn settle(&mut self) {
        if let Some(bar) = self.rank_at_cap() {
            self.lower_bar(Some(bar));
        }
    }

    /// Takes over another table's bar, so that trails which gave way there give way here.
    pub(super) fn lower_bar(&mut self, bar: Option<(u8, u64)>) {
        let Some(bar) = bar.filter(|bar| self.bar.is_none_or(|own| own > *bar)) else { return };
        self.bar = Some(bar);
        self.index.clear();
        let Followed { keys, days, index, .. } = self;
        let mut stays = Vec::with_capacity(keys.len());
        let mut place = 0;
        keys.retain(|key| {
            stays.push(key.rank() < bar);
            if key.rank() < bar {
                index.insert(key.hash(), place);
                place += 1;
            }
            key.rank() < bar
        });
        let mut stays = stays.into_iter();
        days.retain(|_| stays.next().unwrap_or_default());
    }

    /// The rank of the first day past the cap, if there is one. Only the class that it is in is looked through by hash.
    fn rank_at_cap(&self) -> Option<(u8, u64)> {
        let mut counts = [0; TrailKey::CLASSES];
        self.keys.iter().for_each(|key| counts[usize::from(key.rank().0)] += 1);
        let mut left = self.cap;
        for (class, count) in (0..).zip(counts) {
            if count > left {
                let mut hashes: Vec<u64> = Vec::with_capacity(count);
                hashes.extend(self.keys.iter().map(|key| key.rank()).filter(|rank| rank.0 == class).map(|rank| rank.1));
                let (_, hash, _) = hashes.select_nth_unstable(left);
                return Some((class, *hash));
            }
            left -= count;
        }
        None
    }

    /// The days, in order of trail and day.
    pub(super) fn sorted(&self) -> Vec<(TrailKey, &TrailDay)> {
        self.in_order().into_iter().map(|place| (*self.keys.at(place), self.days.at(place))).collect()
    }

    /// The places of the days, in order of trail and day.
    pub(super) fn in_order(&self) -> Vec<u32> {
        let mut order: Vec<(TrailKey, u32)> = self.keys.iter().copied().zip(0..).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, place)| place).collect()
    }

    /// The day at a place.
    pub(super) fn at(&self, place: u32) -> (&TrailKey, &TrailDay) {
        (self.keys.at(place), self.days.at(place))
    }

    /// The days, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TrailKey, &TrailDay)> {
        self.keys.iter().copied().zip(self.days.iter())
    }
}
