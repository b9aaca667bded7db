//! A named time zone as the instants at which its clocks change. Which instants these are, the shell knows (the browser's
//! `Intl`, the tz database of a crate on the command line); the core only follows them, so that both come to the same UTC.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::flow::Moment;

/// A time zone by name. It is small and copied freely: zones of equal rules share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(&'static Rules);

/// A zone's rules.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Its name in the IANA database: `Asia/Tokyo`.
    pub name: String,
    /// Seconds east of UTC before the first change.
    pub first: i32,
    /// Epoch seconds, ascending, and the seconds east of UTC that hold from there.
    pub changes: Vec<(i64, i32)>,
}

/// The first and the last year whose changes a shell looks up; a log from outside them is read by the nearest rule.
pub const YEARS: std::ops::RangeInclusive<i32> = 1990..=2050;

/// All zones ever named, each kept once. There are some six hundred in the database; nothing else can fill it, since a zone
/// comes from a shell's own table and never from a log.
static KNOWN: Mutex<Vec<&'static Rules>> = Mutex::new(Vec::new());

impl Zone {
    /// The zone with these rules. `None` where the changes are out of order or an offset is beyond a day.
    pub fn new(rules: Rules) -> Option<Zone> {
        let sound = |offset: i32| offset.unsigned_abs() < 86_400;
        let ordered = rules.changes.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ordered || !sound(rules.first) || !rules.changes.iter().all(|(_, offset)| sound(*offset)) {
            return None;
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = known.iter().find(|own| ***own == rules) {
            return Some(Zone(own));
        }
        let kept: &'static Rules = Box::leak(Box::new(rules));
        known.push(kept);
        Some(Zone(kept))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Seconds east of UTC at this moment.
    pub fn offset_at(self, at: Moment) -> i32 {
        let seconds = at.0.div_euclid(1_000_000);
        let passed = self.0.changes.partition_point(|(from, _)| *from <= seconds);
        passed.checked_sub(1).map_or(self.0.first, |last| self.0.changes[last].1)
    }

    /// The UTC of a clock's reading (as if it were UTC). Of the two that an hour repeated in autumn has, the earlier; an hour
    /// that spring leaves out is read as if the clocks had not changed yet.
    pub fn utc_of(self, local: Moment) -> Moment {
        const DAY: i64 = 86_400_000_000;
        let shifted = |offset: i32| Moment(local.0.saturating_sub(i64::from(offset) * 1_000_000));
        let before = self.offset_at(Moment(local.0.saturating_sub(DAY)));
        let after = self.offset_at(Moment(local.0.saturating_add(DAY)));
        let fits = |offset: &i32| self.offset_at(shifted(*offset)) == *offset;
        let found = [before, after].into_iter().filter(fits).map(shifted).min();
        found.unwrap_or_else(|| shifted(before))
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zone, D::Error> {
        Zone::new(Rules::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no rules of a time zone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{self, Civil};

    /// New York in 2024: EST, EDT from 10 March 07:00 UTC, EST again from 3 November 06:00 UTC.
    fn new_york() -> Zone {
        let changes = vec![(1_710_054_000, -14_400), (1_730_613_600, -18_000)];
        Zone::new(Rules { name: "America/New_York".to_owned(), first: -18_000, changes }).unwrap()
    }

    fn utc(month: u8, day: u8, hour: u8, minute: u8) -> String {
        let civil = Civil { year: 2024, month, day, hour, minute, second: 0, micro: 0 };
        calendar::minute(new_york().utc_of(civil.moment(0).unwrap()), 0).replace(" UTC", "")
    }

    #[test]
    fn summer_and_winter_have_their_own_offsets() {
        assert_eq!(utc(1, 15, 12, 0), "2024-01-15 17:00");
        assert_eq!(utc(7, 15, 12, 0), "2024-07-15 16:00");
        assert_eq!(utc(3, 10, 1, 59), "2024-03-10 06:59");
        assert_eq!(utc(3, 10, 3, 0), "2024-03-10 07:00");
        assert_eq!(utc(11, 3, 0, 59), "2024-11-03 04:59");
        assert_eq!(utc(11, 3, 2, 0), "2024-11-03 07:00");
    }

    #[test]
    fn an_hour_told_twice_is_the_first_and_an_hour_left_out_goes_on() {
        assert_eq!(utc(11, 3, 1, 30), "2024-11-03 05:30");
        assert_eq!(utc(3, 10, 2, 30), "2024-03-10 07:30");
    }

    #[test]
    fn equal_rules_are_one_zone() {
        assert!(std::ptr::eq(new_york().0, new_york().0));
        let read: Zone = serde_json::from_str(&serde_json::to_string(&new_york()).unwrap()).unwrap();
        assert_eq!(read, new_york());
    }

    #[test]
    fn what_are_no_rules_is_refused() {
        let rules = |first, changes| Zone::new(Rules { name: "X".to_owned(), first, changes });
        assert_eq!(rules(90_000, vec![]), None);
        assert_eq!(rules(0, vec![(5, 0), (5, 3600)]), None);
        assert_eq!(rules(0, vec![(5, 100_000)]), None);
    }
}
