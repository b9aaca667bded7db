//! The year of times that leave it out, as RFC 3164 does: chosen for the file, and one more each time December turns
//! to January on the way down the file.

use super::syslog::Stamp;
use super::time::{self, Written};
use crate::evidence::Clock;
use crate::flow::{Basis, Moment};

/// The clock of one file whose records come in their order, or nearly so.
#[derive(Debug, Clone)]
pub struct Years {
    clock: Clock,
    /// How often December has turned to January so far.
    turns: i64,
    /// The month of the last time without a year; 0 before the first.
    month: u8,
}

impl Years {
    /// At the file's beginning, whose year is the one chosen.
    pub fn new(clock: Clock) -> Years {
        Years { clock, turns: 0, month: 0 }
    }

    /// A time made UTC. `None` where it has no year and none was chosen, or the year has no such day.
    pub fn settle(&mut self, stamp: Stamp) -> Option<(Moment, Basis)> {
        let (month, day, micros, offset) = match stamp {
            Stamp::Full(written) => return Some(written.settle(&self.clock)),
            Stamp::Yearless { month, day, micros, offset } => (month, day, micros, offset),
        };
        let chosen = i64::from(self.clock.chosen_year?);
        let before = std::mem::replace(&mut self.month, month);
        let mut turns = self.turns;
        if before >= month + 7 {
            self.turns += 1;
            turns = self.turns;
        } else if before > 0 && month >= before + 7 && self.turns > 0 {
            // A record of December that comes late: the year does not turn again after it.
            self.month = before;
            turns -= 1;
        }
        let local = time::moment_of(chosen + turns, month.into(), day.into(), micros)?;
        let (moment, basis) = Written { local, offset }.settle(&self.clock);
        // Its year was chosen, whatever its zone.
        Some((moment, if basis == Basis::Explicit { Basis::Chosen } else { basis }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar;
    use crate::formats::syntax::syslog;

    fn dates(chosen_year: Option<i32>, texts: &[&str]) -> Vec<String> {
        let mut years = Years::new(Clock { chosen_year, ..Clock::default() });
        let settled = texts.iter().map(|text| years.settle(syslog::stamp(text.as_bytes()).unwrap().0));
        settled.map(|at| at.map_or("-".to_owned(), |(at, _)| calendar::date(at))).collect()
    }

    #[test]
    fn the_year_turns_with_the_months() {
        let texts = ["Dec 30 10:00:00", "Jan  1 00:00:01", "Dec 31 23:59:59", "Jan 2 00:00:00", "Mar 1 00:00:00"];
        let expected = ["2019-12-30", "2020-01-01", "2019-12-31", "2020-01-02", "2020-03-01"];
        assert_eq!(dates(Some(2019), &texts), expected);
    }

    #[test]
    fn without_a_chosen_year_there_is_no_date() {
        assert_eq!(dates(None, &["Dec 30 10:00:00", "Dec 30 2019 10:00:00"]), ["-", "2019-12-30"]);
        assert_eq!(dates(Some(2019), &["Feb 29 10:00:00"]), ["-"]);
    }
}
