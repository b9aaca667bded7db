//! Who is new, and who is alone: hosts that begin to call over a service, or from their site at all, and responders that few others call.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::daily::{Daily, Unit, once_each, with_how_many};
use super::novelty::DAYS_BEFORE;
use crate::flow::Host;
use crate::sites::Party;
use crate::sorting::LeanCollect as _;

/// Values by host, to be looked up: in what order they lie means nothing.
type ByHost<V> = HashMap<Host, V, foldhash::fast::FixedState>;

/// A caller is new for so many days.
const YOUNG: i32 = 7;

/// How often days are of callers that are new.
#[derive(Debug, Clone, Default)]
struct Young {
    since: ByHost<i32>,
    /// Before this day nobody can be told to be new.
    begin: i32,
    days: f64,
    /// Days of newcomers, by host.
    of_new: ByHost<f64>,
    all_new: f64,
}

impl Young {
    fn of(begin: i32, all: impl Iterator<Item = (Host, i32)> + Clone) -> Young {
        let mut young = Young { begin, ..Young::default() };
        for (host, day) in all.clone() {
            let first = young.since.entry(host).or_insert(day);
            *first = (*first).min(day);
        }
        for (host, day) in all.filter(|(_, day)| *day >= begin) {
            young.days += 1.0;
            if young.is_new(host, day) {
                *young.of_new.entry(host).or_insert(0.0) += 1.0;
                young.all_new += 1.0;
            }
        }
        young
    }

    fn is_new(&self, host: Host, day: i32) -> bool {
        self.since.get(&host).is_some_and(|first| *first >= self.begin && day < first + YOUNG)
    }

    fn chance(&self, host: Host, day: i32) -> f64 {
        if !self.is_new(host, day) {
            return 1.0;
        }
        // Without its own days, half a day more.
        let own = self.of_new.get(&host).copied().unwrap_or(0.0);
        (self.all_new - own + 0.5) / (self.days - own + 1.0)
    }
}

/// How often days at a service are of callers that are new there.
pub struct Newcomers(Young);

impl Newcomers {
    /// Of the days of a service's callers.
    pub fn of(unit: &Unit<'_>, all: impl Iterator<Item = (Host, i32)> + Clone) -> Newcomers {
        let begin = unit.days.keys().next().copied().unwrap_or(0) + DAYS_BEFORE as i32;
        Newcomers(Young::of(begin, all))
    }

    /// The chance that a day there is one of a new caller; 1 where this one's is none.
    pub fn chance(&self, host: Host, day: i32) -> f64 {
        self.0.chance(host, day)
    }
}

/// How often days of a site are of hosts that never called anybody elsewhere before.
pub struct Strangers(BTreeMap<Party, Young>);

impl Strangers {
    /// Of all days on which hosts of sites called. In a log of less than four weeks whoever comes in its second half is new.
    pub fn of(daily: &Daily<'_>) -> Strangers {
        let mut called: BTreeMap<Party, Vec<(i32, Host)>> = BTreeMap::new();
        for unit in daily.units.iter().filter(|unit| matches!(unit.link.from, Party::Site(_))) {
            let own = called.entry(unit.link.from).or_default();
            for pair in &unit.pairs {
                let ran = pair.days.iter().filter(|(_, seen)| seen.ran > 0);
                own.extend(ran.map(|(day, _)| (*day, pair.key.initiator)));
            }
        }
        let young = |mut days: Vec<(i32, Host)>| {
            once_each(&mut days);
            let on = |own: Option<&(i32, Host)>| own.map_or(0, |(day, _)| *day);
            let (first, last) = (on(days.first()), on(days.last()));
            let before = ((last - first + 1) / 2).clamp(2, DAYS_BEFORE as i32);
            Young::of(first + before, days.iter().map(|(day, host)| (*host, *day)))
        };
        Strangers(called.into_iter().map(|(site, days)| (site, young(days))).lean_collect())
    }

    /// The chance that a day of this site is one of a host that never called before; 1 where this one's is none.
    pub fn chance(&self, site: Party, host: Host, day: i32) -> f64 {
        self.0.get(&site).map_or(1.0, |young| young.chance(host, day))
    }
}

/// How many hosts call each responder, over whatever service.
pub type Callers = BTreeMap<Host, usize>;

/// Of all pairs between parties.
pub fn callers_of(daily: &Daily<'_>) -> Callers {
    let pairs = daily.units.iter().flat_map(|unit| &unit.pairs);
    with_how_many(pairs.map(|pair| (pair.key.responder, pair.key.initiator)).collect())
}

/// How many days are toward responders that so few hosts call.
pub struct Shared {
    /// By how many others share the responder: the days of all that share it with as few, and by responder those with just as many.
    up_to: BTreeMap<usize, (f64, ByHost<f64>)>,
    all: f64,
}

impl Shared {
    /// Of days, each with how many other hosts call its responder.
    pub fn of(days: impl Iterator<Item = (usize, Host)>) -> Shared {
        let mut up_to: BTreeMap<usize, (f64, ByHost<f64>)> = BTreeMap::new();
        for (shared, responder) in days {
            *up_to.entry(shared).or_default().1.entry(responder).or_default() += 1.0;
        }
        let mut all = 0.0;
        for (below, responders) in up_to.values_mut() {
            all += responders.values().sum::<f64>();
            *below = all;
        }
        Shared { up_to, all }
    }

    /// The chance of a day toward a responder that so few others call; its own days left out, half a day more.
    pub fn chance(&self, shared: usize, responder: Host) -> f64 {
        let Some((below, responders)) = self.up_to.get(&shared) else { return 1.0 };
        let own = responders.get(&responder).copied().unwrap_or(0.0);
        (below - own + 0.5) / (self.all - own + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_comes_late_is_new_for_a_week_and_others_are_never() {
        let [old, late] = [1, 2].map(Host);
        let days = (0..40).map(|day| (old, day)).chain((30..40).map(|day| (late, day)));
        let young = Young::of(14, days);
        // 26 days of the old host since day 14, and three of the late one that are not its first week.
        assert_eq!((young.chance(late, 30), young.chance(late, 36)), (0.5 / 30.0, 0.5 / 30.0));
        assert_eq!((young.chance(late, 37), young.chance(old, 30)), (1.0, 1.0));
    }

    #[test]
    fn a_responder_is_as_lone_as_the_days_toward_others_like_it_are_few() {
        let days = std::iter::repeat_n((9, Host(1)), 90).chain([(0, Host(2)), (0, Host(2)), (0, Host(3))]);
        let shared = Shared::of(days);
        assert_eq!(shared.chance(0, Host(2)), 1.5 / 92.0);
        assert_eq!(shared.chance(9, Host(1)), 3.5 / 4.0);
    }
}
