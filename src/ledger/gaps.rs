//! When a sensor was not watching, told from its own arrivals: a silence is a gap where so long a one would hardly come by
//! chance at those hours, and no gap where the sensor is often silent anyway.
//!
//! For every hour of a silent stretch the sensor's lower quartile of like hours (same hour of the day, working days and
//! weekends apart, hours without a record counted as 0) is what was to be expected at least. If arrivals are Poisson, nothing
//! comes in a stretch with the chance e^(−sum). Below 1e-4 the stretch is a gap: a sum above 9.21.

use std::collections::BTreeMap;

use crate::calendar::weekday;
use crate::flow::Hour;

/// −ln 1e-4.
const UNLIKELY: f64 = 9.210_340_371_976_184;

/// A stretch of hours in which a sensor was not watching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The first silent hour.
    pub from: Hour,
    /// How many.
    pub hours: i32,
}

/// The gaps of a sensor, in order, from its records by hour.
pub fn gaps(hours: &BTreeMap<Hour, u64>) -> Vec<Gap> {
    let dated: Vec<(i32, u64)> =
        hours.iter().filter(|(hour, _)| **hour != Hour::UNDATED).map(|(hour, count)| (hour.0, *count)).collect();
    let (Some((first, _)), Some((last, _))) = (dated.first().copied(), dated.last().copied()) else {
        return Vec::new();
    };
    let silent: Vec<Gap> = dated
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 > 1)
        .map(|pair| Gap { from: Hour(pair[0].0 + 1), hours: pair[1].0 - pair[0].0 - 1 })
        .collect();
    if silent.is_empty() {
        return silent;
    }
    let expected = expected(&dated, first, last);
    let sum = |gap: &Gap| -> f64 {
        // No stretch needs more than two weeks of hours to be unlikely.
        let hours = gap.from.0..gap.from.0 + gap.hours.min(336);
        hours.map(|hour| expected[kind(hour)] as f64).sum()
    };
    silent.into_iter().filter(|gap| sum(gap) > UNLIKELY).collect()
}

/// The hour of the day, and 24 more at weekends.
fn kind(hour: i32) -> usize {
    let weekend = weekday(i64::from(hour.div_euclid(24))) >= 5;
    hour.rem_euclid(24) as usize + if weekend { 24 } else { 0 }
}

/// The lower quartile of each kind of hour. Hours in silences of a day and more are left out: a long outage must not excuse itself.
fn expected(dated: &[(i32, u64)], first: i32, last: i32) -> [u64; 48] {
    let mut counts: [Vec<u64>; 48] = std::array::from_fn(|_| Vec::new());
    let mut next = first;
    for (hour, count) in dated {
        if hour - next < 24 {
            (next..*hour).for_each(|silent| counts[kind(silent)].push(0));
        }
        counts[kind(*hour)].push(*count);
        next = hour + 1;
    }
    debug_assert_eq!(next, last + 1, "the hours are in order");
    std::array::from_fn(|kind| {
        let own = &mut counts[kind];
        own.sort_unstable();
        own.get(own.len() / 4).copied().unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Busy by day on working days, nearly silent by night and at weekends; without the hours for which `off` is true.
    fn watched(off: impl Fn(i32) -> bool) -> BTreeMap<Hour, u64> {
        let hours = 0..24 * 60;
        let count = |hour: i32| match kind(hour) {
            at @ 0..24 if (8..18).contains(&at) => 40 + (hour % 7) as u64,
            at if at % 24 == 3 => u64::from(hour % 5 == 0),
            _ => u64::from(hour % 3 == 0),
        };
        hours.filter(|hour| !off(*hour)).map(|hour| (Hour(hour), count(hour))).filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_silent_working_hour_is_a_gap_and_a_silent_night_is_none() {
        let ten = 24 * 14 + 10;
        assert_eq!(gaps(&watched(|hour| hour == ten)), [Gap { from: Hour(ten), hours: 1 }]);
        let night = 24 * 14 + 1;
        assert_eq!(gaps(&watched(|hour| (night..night + 4).contains(&hour))), []);
    }

    #[test]
    fn a_lost_day_does_not_excuse_itself() {
        let day = 24 * 20;
        let found = gaps(&watched(|hour| (day..day + 24).contains(&hour)));
        assert_eq!(found.len(), 1);
        assert!(found[0].from.0 <= day && found[0].hours >= 24, "{found:?}");
    }

    #[test]
    fn a_log_of_a_few_flows_proves_no_gap() {
        let sparse: BTreeMap<Hour, u64> = (0..40).map(|n| (Hour(n * 17), 1)).collect();
        assert_eq!(gaps(&sparse), []);
        assert_eq!(gaps(&BTreeMap::new()), []);
    }
}
