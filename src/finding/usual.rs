//! What is normal as numbers, and where this finding lies among them: what its small picture shows. The numbers are those that the rule
//! itself computed; rules that compare with nothing (a policy, a pattern in a log too short) have none.

use std::collections::BTreeSet;

use crate::phrase::{Phrase, alike, bytes, day, decimal, phrase};
use crate::sorting::LeanCollect as _;

/// What is normal, and where this lies.
#[derive(Debug, Clone, PartialEq)]
pub enum Usual {
    /// How the usual values are spread, and this one.
    Spread(Spread),
    /// Day by day: watched, seen, and the day that it is about.
    Days(Days),
    /// By the hour of the caller's day: when it is used, and when it was this time.
    Hours(Hours),
    /// The hours of use, day by day.
    Beats(Beats),
    /// One part of a whole: as it is elsewhere or was before, and here.
    Share(Share),
}

/// What the values of a spread are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Bytes.
    Bytes,
    /// Connections.
    Connections,
    /// Seconds.
    Seconds,
    /// Between -1 and 1, on an axis without a logarithm.
    Ratio,
}

/// Values sorted into bins of equal breadth, by their logarithm where it is no ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// What they are.
    pub measure: Measure,
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last one ends.
    pub high: f64,
    /// How many lie in each, this one included where it is one of them.
    pub counts: Vec<u32>,
    /// Their median.
    pub middle: f64,
    /// This one.
    pub this: f64,
}

/// What a day was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// No log covers it.
    NoLog,
    /// Nothing ran on it.
    Quiet,
    /// It was tried and refused.
    Refused,
    /// Something ran.
    Ran,
    /// The day that the finding is about.
    This,
}

/// Days in order, without a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// The first, from the epoch.
    pub first: i32,
    /// What each was.
    pub days: Vec<Day>,
}

/// The hours of a day by the caller's own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// How much of the use falls into each hour, in thousandths.
    pub usual: [u32; 24],
    /// The hours of this day's use: bit 0 is 00:00 to 00:59.
    pub this: u32,
    /// Some of them lie on a day of rest.
    pub rest: bool,
}

/// The hours in which a host pair connected, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beats {
    /// The first day, from the epoch.
    pub first: i32,
    /// For each day its hours of UTC: bit 0 is 00:00 to 00:59.
    pub hours: Vec<u32>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// As it is usual.
    pub usual: (u64, u64),
    /// As it is here.
    pub this: (u64, u64),
}

impl Measure {
    /// A value as it is written.
    pub fn told(self, value: f64) -> Phrase {
        match self {
            Measure::Bytes => bytes(value.max(0.0) as u64),
            Measure::Connections => decimal(value, 0),
            Measure::Seconds if value >= 5_400.0 => {
                phrase!("{hours} h", "{hours}時間", hours = decimal(value / 3_600.0, 1))
            }
            Measure::Seconds if value >= 90.0 => {
                phrase!("{minutes} min", "{minutes}分", minutes = decimal(value / 60.0, 0))
            }
            Measure::Seconds => phrase!("{seconds} s", "{seconds}秒", seconds = decimal(value, 0)),
            Measure::Ratio => alike(format!("{value:+.2}")),
        }
    }
}

impl Days {
    /// How many days at most a picture shows.
    pub const MOST: usize = 200;

    /// Of the days with logs, those on which it ran and those on which it was refused, and the one that it is about. Of a long time the
    /// end is shown, with that day in it.
    pub fn of(
        covered: &BTreeSet<i32>,
        ran: &BTreeSet<i32>,
        refused: &BTreeSet<i32>,
        this: impl IntoIterator<Item = i32>,
    ) -> Option<Days> {
        let this: BTreeSet<i32> = this.into_iter().lean_collect();
        let all = [covered, ran, refused, &this];
        let first = all.iter().filter_map(|days| days.first()).min().copied()?;
        let last = all.iter().filter_map(|days| days.last()).max().copied()?;
        // Most of what is shown lies before the day: that is where it was not.
        let about = this.first().copied().unwrap_or(last);
        let last =
            last.min(about.saturating_add(Days::MOST as i32 / 4).max(first.saturating_add(Days::MOST as i32 - 1)));
        let first = first.max(last.saturating_sub(Days::MOST as i32 - 1));
        let what = |day: i32| match () {
            () if this.contains(&day) => Day::This,
            () if ran.contains(&day) => Day::Ran,
            () if refused.contains(&day) => Day::Refused,
            () if covered.contains(&day) => Day::Quiet,
            () => Day::NoLog,
        };
        Some(Days { first, days: (first..=last).map(what).collect() })
    }

    fn count(&self, what: Day) -> usize {
        self.days.iter().filter(|day| **day == what).count()
    }
}

impl Usual {
    /// What the picture shows, in words: its text alternative.
    pub fn says(&self) -> Phrase {
        match self {
            Usual::Spread(own) => phrase!(
                "Spread of the usual values on a scale from {low} to {high}: half lie below {middle}; here: {this}.",
                "通常の値の分布（{low}～{high}）。中央値は{middle}、今回は{this}。",
                low = own.measure.told(own.low),
                high = own.measure.told(own.high),
                middle = own.measure.told(own.middle),
                this = own.measure.told(own.this)
            ),
            Usual::Days(own) => {
                let this = own.days.iter().position(|day| *day == Day::This).unwrap_or_default();
                phrase!(
                    "{days} days from {first} on: seen on {ran}, refused on {refused}, nothing on {quiet} with logs, no log on {dark}; \
                     marked: {this}.",
                    "{first}からの{days}日間。通信あり{ran}日、拒否{refused}日、ログはあるが通信なし{quiet}日、ログなし{dark}日。印は{this}。",
                    days = own.days.len(),
                    first = day(own.first),
                    ran = own.count(Day::Ran) + own.count(Day::This),
                    refused = own.count(Day::Refused),
                    quiet = own.count(Day::Quiet),
                    dark = own.count(Day::NoLog),
                    this = day(own.first + this as i32)
                )
            }
            Usual::Hours(own) => {
                let hours = (0..24).filter(|hour| own.this >> hour & 1 == 1);
                let this: Vec<String> = hours.map(|hour| format!("{hour:02}")).collect();
                let outside: u32 = (0..24).filter(|hour| !(7..20).contains(hour)).map(|hour| own.usual[hour]).sum();
                let rest = match own.rest {
                    true => phrase!(", on a day of rest", "（休日）"),
                    false => Phrase::default(),
                };
                phrase!(
                    "Use by the hour of the local day: usually {outside} % of it before 07:00 or after 20:00; here in the hours {this}{rest}.",
                    "現地時刻の時間帯別の利用。通常、07:00より前と20:00以降の割合は{outside} %。今回の利用は{this}時台{rest}。",
                    outside = decimal(f64::from(outside) / 10.0, 1),
                    this = alike(this.join(", ")),
                    rest
                )
            }
            Usual::Beats(own) => phrase!(
                "Hours of use on {days} days from {first} on: {hours} in all.",
                "{first}からの{days}日間の、時間ごとの接続の有無。接続のあった時間は計{hours}時間。",
                days = own.hours.len(),
                first = day(own.first),
                hours = own.hours.iter().map(|mask| u64::from((mask & 0xff_ffff).count_ones())).sum::<u64>()
            ),
            Usual::Share(Share { usual, this }) => phrase!(
                "Usually {usual} of {of_usual}; here {this} of {of_this}.",
                "通常は{of_usual}件中{usual}件、今回は{of_this}件中{this}件。",
                usual = usual.0,
                of_usual = usual.1,
                this = this.0,
                of_this = this.1
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_shown_with_the_day_in_it_and_what_was_before() {
        let covered: BTreeSet<i32> = (0..1_000).collect();
        for this in [0, 3, 500, 999] {
            let days = Days::of(&covered, &BTreeSet::from([this]), &BTreeSet::new(), [this]).unwrap();
            assert_eq!(days.days.len(), Days::MOST);
            assert_eq!(days.days[(this - days.first) as usize], Day::This, "{this}");
        }
        let short = Days::of(&(3..9).collect(), &BTreeSet::new(), &BTreeSet::new(), [12]).unwrap();
        assert_eq!((short.first, short.days.len()), (3, 10));
        assert_eq!(&short.days[6..], [Day::NoLog, Day::NoLog, Day::NoLog, Day::This]);
        assert_eq!(Days::of(&BTreeSet::new(), &BTreeSet::new(), &BTreeSet::new(), []), None);
    }

    #[test]
    fn every_picture_is_told_in_both_languages_with_the_same_numbers() {
        let spread = |measure, this| {
            Usual::Spread(Spread { measure, low: 0.0, high: this, counts: vec![3, 1], middle: 12.0, this })
        };
        let covered: BTreeSet<i32> = (18_000..18_020).collect();
        for usual in [
            spread(Measure::Bytes, 7e9),
            spread(Measure::Seconds, 9_000.0),
            spread(Measure::Ratio, -0.5),
            Usual::Days(Days::of(&covered, &BTreeSet::new(), &BTreeSet::new(), [18_010]).unwrap()),
            Usual::Hours(Hours { usual: [41; 24], this: 0b101, rest: true }),
            Usual::Beats(Beats { first: 18_000, hours: vec![0xff_ffff, 1] }),
            Usual::Share(Share { usual: (0, 120), this: (12, 40) }),
        ] {
            usual.says().assert_in_both();
        }
    }
}
