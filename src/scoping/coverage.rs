//! Who watched a site, when, and with what gaps: what every "none" has to carry along.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::{Hour, Moment};
use crate::ledger::gaps::{Gap, gaps};
use crate::ledger::survey::Survey;
use crate::sites::Party;
use crate::sorting::{LeanCollect as _, LeanSort as _};

/// What was covered of a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Covered {
    /// Days of the window.
    pub days: usize,
    /// Of them, days on which the party took part in some flow that was logged.
    pub seen: usize,
    /// The first and the last of those days, from the epoch.
    pub span: Option<(i32, i32)>,
    /// Hours of the window.
    pub hours: i64,
    /// Of them, hours that lie in no gap of any sensor.
    pub watched: i64,
    /// Gaps of sensors within the window, by sensor: what lies before a sensor's first record and behind its last one included.
    pub gaps: BTreeMap<String, Vec<Gap>>,
    /// Hours without any record of a sensor that are no gap of it, since it is often silent at those hours; by sensor.
    pub silent: BTreeMap<String, i64>,
}

impl Covered {
    /// Hours of gaps of all sensors together.
    pub fn gap_hours(&self) -> i64 {
        self.gaps.values().flatten().map(|gap| i64::from(gap.hours)).sum()
    }

    /// The share of hours in no gap of any sensor, in percent, rounded down to a tenth.
    pub fn percent(&self) -> f64 {
        if self.hours == 0 { 0.0 } else { ((self.watched * 1_000) / self.hours) as f64 / 10.0 }
    }
}

/// What was covered of some parties between two moments: a day counts when any of them was seen on it.
pub fn covered(survey: &Survey, parties: &BTreeSet<Party>, (first, last): (Moment, Moment)) -> Covered {
    let (from, to) = (first.hour(), last.hour());
    let days: BTreeSet<i32> = parties
        .iter()
        .filter_map(|party| survey.days.get(party))
        .flatten()
        .copied()
        .filter(|day| (from.day()..=to.day()).contains(day))
        .lean_collect();
    let within = |gap: &Gap| gap.from.0 <= to.0 && gap.from.0 + gap.hours > from.0;
    let cut = |gap: Gap| {
        let begin = gap.from.0.max(from.0);
        Gap { from: Hour(begin), hours: (gap.from.0 + gap.hours).min(to.0 + 1) - begin }
    };
    let of_sensor = |(sensor, hours): (&String, &BTreeMap<Hour, u64>)| {
        let mut all = gaps(&reaching(hours, from, to));
        if let Some(known) = survey.known_gaps.get(sensor) {
            all.retain(|gap| ends(hours).is_some_and(|(first, last)| gap.from < first || gap.from > last));
            all.extend(known);
            all.lean_sort();
        }
        (sensor.clone(), all.into_iter().filter(within).map(cut).collect::<Vec<Gap>>())
    };
    let gaps = survey.coverage.iter().map(of_sensor);
    let gaps: BTreeMap<String, Vec<Gap>> = gaps.filter(|(_, gaps)| !gaps.is_empty()).lean_collect();
    // A century is a million hours; a file that claims more is cut there.
    let hours = i64::from(to.0).saturating_sub(i64::from(from.0)).saturating_add(1).clamp(0, 1_000_000);
    let unwatched: BTreeSet<i32> = gaps.values().flatten().flat_map(hours_of).lean_collect();
    let watched = if survey.coverage.is_empty() { 0 } else { hours - (unwatched.len() as i64).min(hours) };
    let silent = survey.coverage.iter().map(|(sensor, hours)| {
        let own: BTreeSet<i32> = gaps.get(sensor).into_iter().flatten().flat_map(hours_of).lean_collect();
        let watched = ends(hours).map_or(0..0, |(first, last)| first.0.max(from.0)..last.0.min(to.0).saturating_add(1));
        let silent = watched.take(1_000_000).filter(|hour| !hours.contains_key(&Hour(*hour)) && !own.contains(hour));
        (sensor.clone(), silent.count() as i64)
    });
    let silent = silent.filter(|(_, hours)| *hours > 0).lean_collect();
    Covered {
        silent,
        days: (to.day() - from.day() + 1).max(0) as usize,
        seen: days.len(),
        span: days.first().copied().zip(days.last().copied()),
        hours,
        watched,
        gaps,
    }
}

fn hours_of(gap: &Gap) -> std::ops::Range<i32> {
    gap.from.0..gap.from.0 + gap.hours.min(1_000_000)
}

/// A sensor's hours with a record just outside either end of the window, where it has none so far: a sensor that fell silent for good, or began
/// late, is judged by its own arrivals like any other silence.
fn reaching(hours: &BTreeMap<Hour, u64>, from: Hour, to: Hour) -> BTreeMap<Hour, u64> {
    let mut hours = hours.clone();
    if let Some((first, last)) = ends(&hours) {
        if first > from {
            hours.insert(Hour(from.0 - 1), 1);
        }
        if last < to {
            hours.insert(Hour(to.0.saturating_add(1)), 1);
        }
    }
    hours
}

/// The first and the last hour with a record.
fn ends(hours: &BTreeMap<Hour, u64>) -> Option<(Hour, Hour)> {
    let dated = |hour: &&Hour| **hour != Hour::UNDATED;
    hours.keys().find(dated).copied().zip(hours.keys().rev().find(dated).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched_by(sensor: &str, hours: BTreeMap<Hour, u64>) -> Survey {
        let mut survey = Survey::default();
        survey.coverage.insert(sensor.to_owned(), hours);
        survey
    }

    #[test]
    fn a_sensor_that_fell_silent_for_good_leaves_a_gap_to_the_end() {
        let hours = (0..240).map(|hour| (Hour(hour), 40)).collect();
        let survey = watched_by("fw", hours);
        let at = |hour: i64| Moment(hour * 3_600_000_000);
        let own = covered(&survey, &BTreeSet::new(), (at(48), at(299)));
        assert_eq!(own.gaps["fw"], [Gap { from: Hour(240), hours: 60 }]);
        assert_eq!((own.hours, own.watched, own.percent()), (252, 192, 76.1));
        let own = covered(&survey, &BTreeSet::new(), (at(-24), at(100)));
        assert_eq!(own.gaps["fw"], [Gap { from: Hour(-24), hours: 24 }]);
    }

    #[test]
    fn a_sensor_that_is_often_silent_has_no_gap_at_the_end() {
        let hours = (0..60).map(|n| (Hour(n * 5), 1)).collect();
        let survey = watched_by("vpn", hours);
        let own = covered(&survey, &BTreeSet::new(), (Moment(0), Moment(299 * 3_600_000_000)));
        assert!(own.gaps.is_empty(), "{own:?}");
    }
}
