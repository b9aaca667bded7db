//! What a file's clock means: the zone and the year that its records leave out.

use serde::{Deserialize, Serialize};

use super::zone::Zone;
use crate::flow::{Basis, Moment};

/// The zone and year chosen for one file. Times that say their own zone are not touched by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clock {
    /// Seconds east of UTC, where the user chose an offset. It goes before a zone.
    pub chosen_offset: Option<i32>,
    /// The zone, where the user chose one by name.
    pub chosen_zone: Option<Zone>,
    /// The year of records that have none, where the user chose it.
    pub chosen_year: Option<i32>,
    /// Microseconds by which the clock ran ahead, where the user said so. They are taken off every time of the file, those
    /// that say their zone too; what is written in the file stays as it is.
    pub chosen_ahead: Option<i64>,
}

impl Clock {
    /// The moment that the clock meant when it showed this one.
    pub fn set_right(&self, at: Moment) -> Moment {
        Moment(at.0.saturating_sub(self.chosen_ahead.unwrap_or_default()))
    }

    /// A local time (as if it were UTC) made UTC: by the zone that the user chose, else as it stands and marked unknown.
    pub fn settle(&self, local: Moment) -> (Moment, Basis) {
        match (self.chosen_offset, self.chosen_zone) {
            (Some(offset), _) => (Moment(local.0.saturating_sub(i64::from(offset) * 1_000_000)), Basis::Chosen),
            (None, Some(zone)) => (zone.utc_of(local), Basis::Chosen),
            (None, None) => (local, Basis::Unknown),
        }
    }
}

/// Reads by how many seconds a clock ran ahead, fractions kept, in microseconds: `37`, `-2.5`.
pub fn read_ahead(text: &str) -> Option<i64> {
    let (sign, digits) = match text.trim().strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim().trim_start_matches('+')),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    let seconds: i64 = whole.parse().ok().filter(|seconds| *seconds <= MOST_AHEAD)?;
    Some(sign * (seconds * 1_000_000 + micros))
}

/// No clock is further off than this and still a clock: two hundred years.
const MOST_AHEAD: i64 = 200 * 366 * 86_400;

/// Reads a fixed offset: `UTC`, `Z`, `+09:00`, `-0500`, `+0530`, `+9`. In seconds east of UTC.
pub fn read_offset(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("gmt") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) if m.len() == 2 => (h, m),
        Some(_) => return None,
        None if digits.len() > 2 && digits.is_ascii() => digits.split_at(digits.len() - 2),
        None => (digits, "0"),
    };
    if hours.is_empty() || hours.len() > 2 || !hours.bytes().chain(minutes.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_every_spelling() {
        for (text, seconds) in
            [("UTC", 0), ("+09:00", 32_400), ("-0500", -18_000), ("+0530", 19_800), ("+9", 32_400), ("+05:45", 20_700)]
        {
            assert_eq!(read_offset(text), Some(seconds), "{text}");
        }
        for text in ["", "09:00", "+", "+25:00", "+09:0", "Asia/Tokyo", "+０９:00"] {
            assert_eq!(read_offset(text), None, "{text}");
        }
    }

    #[test]
    fn a_skew_is_read_to_the_microsecond() {
        for (text, micros) in [("37", 37_000_000), ("-2.5", -2_500_000), ("+0.000001", 1), ("-0.25", -250_000)] {
            assert_eq!(read_ahead(text), Some(micros), "{text}");
        }
        for text in ["", "-", "1e3", "1.", "0.0000001", "ten", "99999999999"] {
            assert_eq!(read_ahead(text), None, "{text}");
        }
        let ahead = Clock { chosen_ahead: Some(37_000_000), ..Clock::default() };
        assert_eq!(ahead.set_right(Moment(40_000_000)), Moment(3_000_000));
    }

    #[test]
    fn a_zone_nobody_named_is_unknown() {
        let noon = Moment(43_200_000_000);
        assert_eq!(Clock::default().settle(noon), (noon, Basis::Unknown));
        let tokyo = Clock { chosen_offset: Some(32_400), ..Clock::default() };
        assert_eq!(tokyo.settle(noon), (Moment(10_800_000_000), Basis::Chosen));
    }
}
