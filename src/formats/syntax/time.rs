//! Times as ISO 8601, RFC 3339 and their relatives write them (`2020-06-11 10:00:00.5 +09:00`), and epoch numbers.

use super::number::{Decimal, count, plain_micros};
use crate::calendar::checked_days;
use crate::evidence::Clock;
use crate::evidence::clock::read_offset;
use crate::flow::{Basis, Moment};

/// A time as it stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The clock's reading, as if it were UTC.
    pub local: Moment,
    /// Seconds east of UTC, where the text says it.
    pub offset: Option<i32>,
}

impl Written {
    /// As UTC: by its own offset, else by the file's clock.
    pub fn settle(self, clock: &Clock) -> (Moment, Basis) {
        match self.offset {
            Some(offset) => (Moment(self.local.0 - i64::from(offset) * 1_000_000), Basis::Explicit),
            None => clock.settle(self.local),
        }
    }
}

/// Reads `YYYY-MM-DD`, `T` or a blank, `HH:MM[:SS[.fraction]]` and an optional zone (`Z`, `+09:00`, `+0900`, ` UTC`).
/// Slashes may stand in the date's place of hyphens. A fraction finer than microseconds is cut off. A leap second (`:60`) is the
/// first second of the next minute, as POSIX counts it.
pub fn read(text: &[u8]) -> Option<Written> {
    let (days, rest) = date(text)?;
    let rest = match rest {
        [b'T' | b't' | b' ', rest @ ..] => rest,
        [..] => return None,
    };
    let (micros, zone) = time_of_day(rest)?;
    let offset = match zone {
        b"" => None,
        zone => Some(offset(zone)?),
    };
    Some(Written { local: Moment(days * DAY + micros), offset })
}

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// Reads `YYYY-MM-DD` or `YYYY/MM/DD`: days since the epoch, and what follows.
pub fn date(text: &[u8]) -> Option<(i64, &[u8])> {
    let [y0, y1, y2, y3, s0 @ (b'-' | b'/'), m0, m1, s1, d0, d1, rest @ ..] = text else {
        return None;
    };
    if s0 != s1 {
        return None;
    }
    let year = two(*y0, *y1)? * 100 + two(*y2, *y3)?;
    Some((days_of(year, two(*m0, *m1)?, two(*d0, *d1)?)?, rest))
}

/// Reads `HH:MM[:SS[.fraction]]` (an hour may be a single digit): microseconds since midnight, and what follows.
pub fn time_of_day(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = match text {
        [h0, h1, b':', rest @ ..] => (two(*h0, *h1)?, rest),
        [h, b':', rest @ ..] => (two(b'0', *h)?, rest),
        [..] => return None,
    };
    let [m0, m1, rest @ ..] = rest else { return None };
    let (minute, mut rest) = (two(*m0, *m1)?, rest);
    let (mut second, mut fraction) = (0, 0);
    if let [b':', s0, s1, after @ ..] = rest {
        (second, rest) = (two(*s0, *s1)?, after);
        if let [b'.' | b',', digits @ ..] = rest {
            let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            for place in 0..6 {
                fraction = fraction * 10 + digits[..length].get(place).map_or(0, |d| i64::from(d - b'0'));
            }
            rest = &digits[length..];
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, rest))
}

/// A date and the microseconds since its midnight, as if it were UTC; `None` where no such day exists.
pub fn moment_of(year: i64, month: i64, day: i64, micros: i64) -> Option<Moment> {
    Some(Moment(days_of(year, month, day)? * DAY + micros))
}

/// Reads a zone behind a time, blanks before it allowed: seconds east of UTC.
pub fn offset(zone: &[u8]) -> Option<i32> {
    // As most logs write it.
    if let b"Z" | b"+0000" | b"+00:00" = zone {
        return Some(0);
    }
    read_offset(std::str::from_utf8(zone.trim_ascii()).ok()?)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar; `None` where no such day exists.
pub fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(0..=9999).contains(&year) {
        return None;
    }
    checked_days(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

const END_OF_9999: u64 = 253_402_300_800;

/// A number since the epoch, its unit told by its size: seconds to the end of the year 9999, milliseconds, microseconds
/// or nanoseconds above. (Milliseconds before 1978 are thus taken for seconds; no log is that old.)
pub fn epoch(bytes: &[u8]) -> Option<Moment> {
    if let Some(micros) = plain_micros(bytes)
        && micros < END_OF_9999 as i64 * 1_000_000
    {
        return Some(Moment(micros));
    }
    // Firewalls write nineteen digits, for which exact decimals would be the larger part of reading a record.
    if let Some(whole) = count(bytes).and_then(|whole| i64::try_from(whole).ok()) {
        return Some(Moment(match shift_of(whole.unsigned_abs()) {
            6 => whole * 1_000_000,
            3 => whole * 1000,
            0 => whole,
            _ => whole / 1000,
        }));
    }
    let decimal = Decimal::read(bytes)?;
    decimal.scaled(shift_of(decimal.scaled(0)?.unsigned_abs())).map(Moment)
}

/// How many decimal places there are from a number since the epoch to microseconds.
fn shift_of(whole: u64) -> i32 {
    match whole {
        0..END_OF_9999 => 6,
        END_OF_9999..253_402_300_800_000 => 3,
        253_402_300_800_000..253_402_300_800_000_000 => 0,
        253_402_300_800_000_000.. => -3,
    }
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_whole_number_since_the_epoch_is_read_as_its_decimal(text in "[0-9]{1,21}") {
            let decimal = Decimal::read(text.as_bytes()).unwrap();
            let exact = decimal.scaled(0).and_then(|whole| decimal.scaled(shift_of(whole.unsigned_abs())));
            prop_assert_eq!(epoch(text.as_bytes()), exact.map(Moment));
        }
    }

    fn utc(text: &str) -> Option<String> {
        read(text.as_bytes()).map(|w| w.settle(&Clock::default()).0.to_string())
    }

    #[test]
    fn zones_are_honoured_in_every_spelling() {
        for text in [
            "2020-06-11T01:00:00Z",
            "2020-06-11T10:00:00+09:00",
            "2020-06-11 10:00:00 +0900",
            "2020/06/11 06:30:00+05:30",
            "2020-06-11 06:45:00 +05:45",
            "2020-06-10T20:00:00-0500",
            "2020-06-11 01:00 UTC",
        ] {
            assert_eq!(utc(text).as_deref(), Some("1591837200"), "{text}");
        }
    }

    #[test]
    fn a_fraction_finer_than_microseconds_is_cut_off() {
        assert_eq!(utc("2020-06-11T01:00:00.1234569Z").as_deref(), Some("1591837200.123456"));
        assert_eq!(utc("2020-06-11T01:00:00,5Z").as_deref(), Some("1591837200.5"));
    }

    #[test]
    fn a_leap_second_is_the_next_minute() {
        assert_eq!(utc("2016-12-31T23:59:60Z"), utc("2017-01-01T00:00:00Z"));
    }

    #[test]
    fn early_and_late_years_are_read() {
        assert_eq!(utc("1601-01-01T00:00:00Z").as_deref(), Some("-11644473600"));
        assert_eq!(utc("9999-12-31T23:59:59Z").as_deref(), Some("253402300799"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2020-06-11",
            "2020-06-31T00:00:00Z",
            "2019-02-29T00:00:00Z",
            "2020-06-11T24:00:00Z",
            "2020-06-11T01:60:00Z",
            "2020-06-11T01:00:61Z",
            "2020-06-11T01:00:00.Z",
            "2020-06-11T01:00:00 JST",
            "2020-06/11T01:00:00Z",
            "２０20-06-11T01:00:00Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_zone_says_so() {
        assert_eq!(read(b"2020-06-11 10:00:00").unwrap().offset, None);
    }

    #[test]
    fn the_unit_of_an_epoch_is_told_by_its_size() {
        for text in ["1591837200", "1591837200000", "1591837200000000", "1591837200000000123", "1591837200.0"] {
            assert_eq!(epoch(text.as_bytes()).unwrap().to_string(), "1591837200", "{text}");
        }
        assert_eq!(epoch(b"1591837200.82437").unwrap().to_string(), "1591837200.82437");
        assert_eq!(epoch(b"-1").unwrap().to_string(), "-1");
        assert_eq!(epoch(b"9999999999999999999999"), None);
    }

    /// Days by counting, one by one: slow and plain.
    fn days_slowly(year: i64, month: i64, day: i64) -> i64 {
        let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let lengths = |y| [31, if leap(y) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let years: i64 = if year >= 1970 {
            (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum()
        } else {
            -(year..1970).map(|y| if leap(y) { 366 } else { 365 }).sum::<i64>()
        };
        years + lengths(year).iter().take(month as usize - 1).sum::<i64>() + day - 1
    }

    proptest! {
        #[test]
        fn days_agree_with_counting(year in 0_i64..=9999, month in 1_i64..=12, day in 1_i64..=28) {
            prop_assert_eq!(days_of(year, month, day), Some(days_slowly(year, month, day)));
        }

        #[test]
        fn a_written_moment_is_read_back(
            day in -100_000_i64..2_000_000, seconds in 0_i64..86_400, micros in 0_i64..1_000_000, minutes in -840_i32..=840,
        ) {
            // The date of a day number, by search with the slow count.
            let mut year = 1970 + day.div_euclid(366);
            while days_slowly(year + 1, 1, 1) <= day { year += 1; }
            while days_slowly(year, 1, 1) > day { year -= 1; }
            let month = (1..=12).rev().find(|m| days_slowly(year, *m, 1) <= day).unwrap();
            let date = day - days_slowly(year, month, 1) + 1;
            let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            let (sign, east) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
            let text = format!(
                "{year:04}-{month:02}-{date:02}T{h:02}:{m:02}:{s:02}.{micros:06}{sign}{:02}:{:02}", east / 60, east % 60,
            );
            let expected = (day * 86_400 + seconds - i64::from(minutes) * 60) * 1_000_000 + micros;
            let (moment, basis) = read(text.as_bytes()).unwrap().settle(&Clock::default());
            prop_assert_eq!((moment, basis), (Moment(expected), Basis::Explicit));
        }
    }
}
