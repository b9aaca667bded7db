//! Times as tables write them: epoch numbers, `20200611100000`, ISO 8601, month names, and `03/04/2025`, whose order of day and month the file must
//! settle.

use super::time::{self, Written};
use crate::flow::Moment;

/// Which of the two numbers of `03/04/2025` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The day: `31/12/2025`.
    DayFirst,
    /// The month: `12/31/2025`.
    MonthFirst,
}

impl Order {
    /// The word that stands for it in a mapping.
    pub fn word(self) -> &'static str {
        match self {
            Order::DayFirst => "day first",
            Order::MonthFirst => "month first",
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Order> {
        [Order::DayFirst, Order::MonthFirst].into_iter().find(|order| order.word() == word)
    }

    /// What these cells say: a number above 12 can only be a day. Where no number says it, `6/11/2020, 1:00:00 AM`, with the
    /// comma and the capitals, is how CLDR's en-US and the Azure portal's exports put the month first. `None` when they say
    /// nothing, or both.
    pub fn of<'c>(cells: impl Iterator<Item = &'c [u8]>) -> Option<Order> {
        let (mut day_first, mut month_first, mut american) = (false, false, false);
        for cell in cells {
            if let Some((a, b)) = std::str::from_utf8(cell).ok().and_then(two_numbers) {
                day_first |= a > 12 && b <= 12;
                month_first |= b > 12 && a <= 12;
                american |=
                    memchr::memmem::find(cell, b", ").is_some() && (cell.ends_with(b" AM") || cell.ends_with(b" PM"));
            }
        }
        match (day_first, month_first) {
            (true, false) => Some(Order::DayFirst),
            (false, true) => Some(Order::MonthFirst),
            (false, false) if american => Some(Order::MonthFirst),
            (true, true) | (false, false) => None,
        }
    }
}

/// Why a time could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is no time.
    NoTime,
    /// Nothing settles which number is the day.
    WhichIsTheDay,
}

/// Reads a time of a table.
pub fn read(cell: &[u8], order: Option<Order>) -> Result<Written, Unread> {
    let cell = cell.trim_ascii();
    // Go's own way of writing a time says its zone twice: `2021-02-10 11:33:24 +0000 UTC`.
    let has_offset = |before: &&[u8]| matches!(before, [.., b' ', b'+' | b'-', h, hh, m, mm] if [h, hh, m, mm].iter().all(|b| b.is_ascii_digit()));
    let cell = cell.strip_suffix(b" UTC").filter(has_offset).unwrap_or(cell);
    if cell.len() == 14 && cell.iter().all(u8::is_ascii_digit) && matches!(&cell[..2], b"19" | b"20") {
        let (date, clock) = cell.split_at(8);
        let [h, m, s] = [0, 2, 4].map(|at| &clock[at..at + 2]);
        let spelled = [&date[..4], b"-", &date[4..6], b"-", &date[6..], b" ", h, b":", m, b":", s].concat();
        return time::read(&spelled).ok_or(Unread::NoTime);
    }
    // Eight digits are a date (`20200611`), not seconds of the year 1970.
    if cell.len() != 8
        && let Some(moment) = time::epoch(cell)
    {
        return Ok(Written { local: moment, offset: Some(0) });
    }
    match time::read(cell) {
        Some(written) => Ok(written),
        None => worded(std::str::from_utf8(cell).map_err(|_not_utf8| Unread::NoTime)?, order),
    }
}

/// `06/11/2020, 10:00:00.250 AM`, `11.06.2020 10:00`, `11/Jun/2020:10:00:00 +0900`, `Jun 11, 2020 @ 10:00:00`,
/// `Thu Jun 11 10:00:00 2020`.
fn worded(text: &str, order: Option<Order>) -> Result<Written, Unread> {
    let colon = text.find(':').ok_or(Unread::NoTime)?;
    let before = &text[..colon];
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    // Apache parts date and time with a colon too; there the year's four digits stand before the first one.
    let (date, clock) = match digits {
        4 => (before, &text[colon + 1..]),
        1 | 2 => (&text[..colon - digits], &text[colon - digits..]),
        _ => return Err(Unread::NoTime),
    };
    let (mut micros, zone) = time::time_of_day(clock.as_bytes()).ok_or(Unread::NoTime)?;
    let mut zone = std::str::from_utf8(zone).map_err(|_not_utf8| Unread::NoTime)?.trim();
    if let Some(half) = zone.get(..2).map(str::to_ascii_lowercase).filter(|half| half == "am" || half == "pm") {
        let hour = micros / HOUR;
        if !(1..=12).contains(&hour) {
            return Err(Unread::NoTime);
        }
        micros = micros % HOUR + (hour % 12 + if half == "pm" { 12 } else { 0 }) * HOUR;
        zone = zone[2..].trim();
    }
    let mut date = date.to_owned();
    // ctime puts the year behind the time.
    let year = zone.rsplit(' ').next().unwrap_or_default();
    if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) {
        date = format!("{date} {year}");
        zone = zone[..zone.len() - 4].trim();
    }
    let offset = match zone {
        "" => None,
        zone => Some(offset(zone).ok_or(Unread::NoTime)?),
    };
    let days = day_of(&date, order)?;
    Ok(Written { local: Moment(days * time::DAY + micros), offset })
}

const HOUR: i64 = 3_600_000_000;

/// A date of three parts, in days since the epoch.
fn day_of(date: &str, order: Option<Order>) -> Result<i64, Unread> {
    // The T of ISO 8601 parts such a date from its time.
    let date = date.strip_suffix('T').unwrap_or(date);
    let mut parts: Vec<&str> = date.split([' ', '/', '-', '.', ',', '@']).filter(|part| !part.is_empty()).collect();
    if parts.len() == 4 && parts[0].len() >= 3 && parts[0].bytes().all(|b| b.is_ascii_alphabetic()) {
        // The day of the week.
        parts.remove(0);
    }
    let [a, b, c] = parts[..] else { return Err(Unread::NoTime) };
    let number = |part: &str| {
        let sound = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if sound { part.parse::<i64>().map_err(|_not_a_number| Unread::NoTime) } else { Err(Unread::NoTime) }
    };
    let year = |part: &str| Ok(if part.len() == 2 { 2000 + number(part)? } else { number(part)? });
    let (y, m, d) = if let Some(month) = month_named(a) {
        (year(c)?, month, number(b)?)
    } else if let Some(month) = month_named(b) {
        if a.len() == 4 { (number(a)?, month, number(c)?) } else { (year(c)?, month, number(a)?) }
    } else if a.len() == 4 {
        (number(a)?, number(b)?, number(c)?)
    } else {
        let (first, second) = (number(a)?, number(b)?);
        // Full stops part the day from the month wherever they are in use (DIN 5008 and its neighbours).
        let order = if date.contains('.') { Some(Order::DayFirst) } else { order };
        let order = match (first > 12, second > 12) {
            (true, _) => Order::DayFirst,
            (false, true) => Order::MonthFirst,
            (false, false) if first == second => Order::DayFirst,
            (false, false) => order.ok_or(Unread::WhichIsTheDay)?,
        };
        match order {
            Order::DayFirst => (year(c)?, second, first),
            Order::MonthFirst => (year(c)?, first, second),
        }
    };
    time::days_of(y, m, d).ok_or(Unread::NoTime)
}

/// The two numbers before the year of a date such as `03/04/2025`.
fn two_numbers(text: &str) -> Option<(u32, u32)> {
    let date = text.trim_start().split([' ', ',', 'T']).next()?;
    let mut parts = date.split(['/', '-']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if a.len() > 2 || b.len() > 2 || !matches!(c.len(), 2 | 4) {
        return None;
    }
    Some((a.parse().ok()?, b.parse().ok()?))
}

fn month_named(part: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let part = part.to_ascii_lowercase();
    let found = MONTHS
        .iter()
        .position(|month| part.len() >= 3 && (month.starts_with(&part) || part == "sept" && *month == "september"))?;
    Some(found as i64 + 1)
}

/// An offset, or one of the few zone names that mean one offset only: those of RFC 2822 §4.3, JST, CET and CEST.
fn offset(zone: &str) -> Option<i32> {
    let zone = zone.trim_start_matches('(').trim_end_matches(')');
    let hours = match zone {
        "EST" => -5,
        "EDT" => -4,
        "CST" => -6,
        "CDT" => -5,
        "MST" => -7,
        "MDT" => -6,
        "PST" => -8,
        "PDT" => -7,
        "JST" => 9,
        "CET" => 1,
        "CEST" => 2,
        _ => return time::offset(zone.as_bytes()),
    };
    Some(hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Clock;

    fn utc(text: &str, order: Option<Order>) -> Result<String, Unread> {
        read(text.as_bytes(), order).map(|written| written.settle(&Clock::default()).0.to_string())
    }

    #[test]
    fn a_zone_behind_a_full_minute_is_kept() {
        let tokyo = Clock { chosen_offset: Some(9 * 3600), ..Clock::default() };
        for text in ["2020-06-11 01:00:00 UTC", "2020-06-11 01:00 UTC", "Jun 11 2020 01:00:00 UTC"] {
            let told = read(text.as_bytes(), None).unwrap().settle(&tokyo).0;
            assert_eq!(told.to_string(), "1591837200", "{text}");
        }
    }

    #[test]
    fn many_spellings_are_one_moment() {
        for text in [
            "1591837200",
            "1591837200000",
            "20200611010000",
            "2020-06-11T01:00:00Z",
            "06/11/2020, 01:00:00.000 AM",
            "6/11/2020 1:00:00 AM",
            "11/Jun/2020:10:00:00 +0900",
            "Jun 11, 2020 @ 01:00:00.000",
            "Jun 11 2020 01:00:00",
            "11 June 2020 10:00:00 JST",
            "Thu Jun 11 01:00:00 2020",
            "11.06.2020 01:00",
            "2020-06-11 01:00:00 +0000 UTC",
            "2020-06-11 10:00:00 +0900 UTC",
            "2020/6/11 1:00:00",
        ] {
            assert_eq!(utc(text, Some(Order::MonthFirst)).as_deref(), Ok("1591837200"), "{text}");
        }
        assert_eq!(utc("6/11/2020 12:30:00 AM", Some(Order::MonthFirst)), utc("2020-06-11 00:30:00", None));
        assert_eq!(utc("6/11/2020 12:30:00 PM", Some(Order::MonthFirst)), utc("2020-06-11 12:30:00", None));
    }

    #[test]
    fn an_ambiguous_date_is_not_guessed() {
        assert_eq!(utc("03/04/2025 10:00:00", None), Err(Unread::WhichIsTheDay));
        assert_eq!(utc("03/04/2025 10:00:00", Some(Order::DayFirst)), utc("2025-04-03 10:00:00", None));
        assert_eq!(utc("13/04/2025 10:00:00", None), utc("2025-04-13 10:00:00", None));
        assert_eq!(utc("04/04/2025 10:00:00", None), utc("2025-04-04 10:00:00", None));
    }

    #[test]
    fn a_number_above_twelve_settles_the_order() {
        let of = |cells: [&'static str; 2]| Order::of(cells.iter().map(|c| c.as_bytes()));
        assert_eq!(of(["03/04/2025 10:00", "03/13/2025 10:00"]), Some(Order::MonthFirst));
        assert_eq!(of(["03/04/2025 10:00", "13/03/2025 10:00"]), Some(Order::DayFirst));
        assert_eq!(of(["13/04/2025 10:00", "03/13/2025 10:00"]), None);
        assert_eq!(of(["3/4/2025, 1:00:00.250 AM", ""]), Some(Order::MonthFirst));
        assert_eq!(of(["3/4/2025 1:00:00 AM", "3/4/2025, 1:00:00 am"]), None);
        assert_eq!(of(["03/04/2025 10:00", "2025-03-13 10:00"]), None);
    }

    #[test]
    fn what_is_no_time_is_said() {
        for text in ["", "20200611", "abc", "99/99/2025 10:00", "06/11/2020 13:00 PM", "Foo 11 2020 10:00:00", "é1:00"]
        {
            assert_eq!(utc(text, Some(Order::DayFirst)), Err(Unread::NoTime), "{text}");
        }
    }
}
