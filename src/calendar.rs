//! Days, hours and minutes of the proleptic Gregorian calendar, both ways, without a clock or a locale.
//!
//! The day count is Howard Hinnant's (*chrono-Compatible Low-Level Date Algorithms*, `days_from_civil`, 2013).

pub mod zones;

use crate::flow::Moment;

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// A date and a time of day, as a wall clock shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub micro: u32,
}

impl Civil {
    /// What a clock so many minutes east of UTC shows at this moment.
    pub fn of(moment: Moment, offset_minutes: i32) -> Civil {
        let local = moment.0.saturating_add(i64::from(offset_minutes) * 60_000_000);
        let (days, micros) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let seconds = (micros / 1_000_000) as u32;
        Civil {
            year,
            month,
            day,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            micro: (micros % 1_000_000) as u32,
        }
    }

    /// The moment at which a clock so many minutes east of UTC shows this; `None` when no clock can.
    pub fn moment(self, offset_minutes: i32) -> Option<Moment> {
        if self.hour > 23 || self.minute > 59 || self.second > 59 || self.micro > 999_999 {
            return None;
        }
        let days = checked_days(self.year, self.month, self.day)?;
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute) - i64::from(offset_minutes);
        let seconds = days.checked_mul(86_400)?.checked_add(minutes * 60 + i64::from(self.second))?;
        seconds.checked_mul(1_000_000)?.checked_add(i64::from(self.micro)).map(Moment)
    }
}

/// Days from 1970-01-01 to this date, which must exist (else see [`checked_days`]).
pub fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// As [`days_from_civil`], or `None` for a date that the calendar does not have.
pub fn checked_days(year: i32, month: u8, day: u8) -> Option<i64> {
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then(|| days_from_civil(year, month, day))
}

/// Year, month and day of the day so many days after 1970-01-01.
pub fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32, month as u8, day as u8)
}

/// How many days a month has; 0 for a month that does not exist.
pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Whether the year has a 29 February.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The day of the week of a day counted from 1970-01-01: 0 is Monday.
pub fn weekday(days: i64) -> u8 {
    days.saturating_add(3).rem_euclid(7) as u8
}

/// Reads `2020-10-30` as days from 1970-01-01.
pub fn read_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() {
        return None;
    }
    checked_days(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// `2020-06-11`: the UTC date.
pub fn date(moment: Moment) -> String {
    let c = Civil::of(moment, 0);
    format!("{:04}-{:02}-{:02}", c.year, c.month, c.day)
}

/// `2020-06-11 02:13 UTC`, or `2020-06-11 11:13 UTC+09:00` for a clock east of it.
pub fn minute(moment: Moment, offset_minutes: i32) -> String {
    let c = Civil::of(moment, offset_minutes);
    let zone = zone(offset_minutes);
    format!("{:04}-{:02}-{:02} {:02}:{:02} {zone}", c.year, c.month, c.day, c.hour, c.minute)
}

/// `2020-06-11 02:13:07 UTC`, with the fraction where there is one.
pub fn second(moment: Moment, offset_minutes: i32) -> String {
    let c = Civil::of(moment, offset_minutes);
    let fraction = if c.micro == 0 { String::new() } else { format!(".{:06}", c.micro) };
    let (fraction, zone) = (fraction.trim_end_matches('0'), zone(offset_minutes));
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{fraction} {zone}", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

/// `UTC`, `UTC+09:00`, `UTC-03:30`.
pub fn zone(offset_minutes: i32) -> String {
    let (sign, minutes) = (if offset_minutes < 0 { '-' } else { '+' }, offset_minutes.unsigned_abs());
    if minutes == 0 { "UTC".to_owned() } else { format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60) }
}

/// A unit of lengths of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "said by the names")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

/// A length of time as people say it, cut to whole units: 40 minutes, 3 hours, 12 days.
pub fn span_in(micros: u64) -> (u64, Unit) {
    const SECOND: u64 = 1_000_000;
    match micros {
        m if m < 2 * 60 * SECOND => (m / SECOND, Unit::Second),
        m if m < 2 * 3_600 * SECOND => (m / (60 * SECOND), Unit::Minute),
        m if m < 2 * 86_400 * SECOND => (m / (3_600 * SECOND), Unit::Hour),
        m => (m / (86_400 * SECOND), Unit::Day),
    }
}

/// The same in English: `40 minutes`.
pub fn span(micros: u64) -> String {
    let (count, unit) = span_in(micros);
    let unit = match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        Unit::Hour => "hour",
        Unit::Day => "day",
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates_have_their_day() {
        for (date, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2020-06-11", 18_424), ("1969-12-31", -1)] {
            assert_eq!(read_date(date), Some(days), "{date}");
        }
        assert_eq!(days_from_civil(0, 3, 1), -719_468);
    }

    #[test]
    fn every_day_of_a_thousand_years_comes_back() {
        for days in -200_000..200_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(checked_days(year, month, day), Some(days));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in ["2021-02-29", "1900-02-29", "2020-13-01", "2020-00-10", "2020-6-11", "11.06.2020", "2020-06-11-1"]
        {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_reads_as_its_zone_shows_it() {
        let found = Moment(1_591_841_580_000_000);
        assert_eq!(minute(found, 0), "2020-06-11 02:13 UTC");
        assert_eq!(minute(found, 540), "2020-06-11 11:13 UTC+09:00");
        assert_eq!(minute(found, 345), "2020-06-11 07:58 UTC+05:45");
        assert_eq!(minute(found, -210), "2020-06-10 22:43 UTC-03:30");
        assert_eq!(second(Moment(-1_500_000), 0), "1969-12-31 23:59:58.5 UTC");
    }

    #[test]
    fn a_wall_clock_time_is_the_moment_that_shows_it() {
        for micros in [0, 1_591_841_580_123_456, -62_135_596_800_000_000] {
            for offset in [0, 540, 345, -720] {
                assert_eq!(Civil::of(Moment(micros), offset).moment(offset), Some(Moment(micros)));
            }
        }
        let leap_second = Civil { year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 60, micro: 0 };
        assert_eq!(leap_second.moment(0), None);
    }

    #[test]
    fn the_far_ends_of_time_do_not_overflow() {
        for moment in [Moment(i64::MIN), Moment(i64::MAX)] {
            assert!(!minute(moment, 840).is_empty());
        }
        let far = Civil { year: i32::MAX, month: 1, day: 1, hour: 0, minute: 0, second: 0, micro: 0 };
        assert_eq!(far.moment(0), None);
    }

    #[test]
    fn the_audit_found_it_on_a_thursday() {
        assert_eq!(weekday(18_424), 3);
        assert_eq!(weekday(-1), 2);
    }

    #[test]
    fn a_span_is_said_in_its_own_unit() {
        assert_eq!(span(40 * 60_000_000), "40 minutes");
        assert_eq!(span(86_400_000_000), "24 hours");
        assert_eq!(span(1_000_000), "1 second");
        assert_eq!(span(12 * 86_400_000_000), "12 days");
    }
}
