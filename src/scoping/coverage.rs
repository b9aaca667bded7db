//! Who watched a site, when, and with what gaps: what every "none" has to carry along.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::{Hour, Moment};
use crate::ledger::gaps::{Gap, gaps};
use crate::ledger::survey::Survey;
use crate::sites::Party;

/// What was covered of a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Covered {
    /// Days of the window.
    pub days: usize,
    /// Of them, days on which the party took part in some flow that was logged.
    pub seen: usize,
    /// The first and the last of those days, from the epoch.
    pub span: Option<(i32, i32)>,
    /// Gaps of sensors within the window, by sensor.
    pub gaps: BTreeMap<String, Vec<Gap>>,
}

impl Covered {
    /// Hours of gaps of all sensors together.
    pub fn gap_hours(&self) -> i64 {
        self.gaps.values().flatten().map(|gap| i64::from(gap.hours)).sum()
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
        .collect();
    let within = |gap: &Gap| gap.from.0 <= to.0 && gap.from.0 + gap.hours > from.0;
    let cut = |gap: Gap| {
        let begin = gap.from.0.max(from.0);
        Gap { from: Hour(begin), hours: (gap.from.0 + gap.hours).min(to.0 + 1) - begin }
    };
    let of_sensor =
        |hours: &BTreeMap<Hour, u64>| -> Vec<Gap> { gaps(hours).into_iter().filter(within).map(cut).collect() };
    let gaps = survey.coverage.iter().map(|(sensor, hours)| (sensor.clone(), of_sensor(hours)));
    Covered {
        days: (to.day() - from.day() + 1).max(0) as usize,
        seen: days.len(),
        span: days.first().copied().zip(days.last().copied()),
        gaps: gaps.filter(|(_, gaps)| !gaps.is_empty()).collect(),
    }
}
