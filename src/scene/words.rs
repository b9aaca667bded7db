//! All words and numbers of the pictures, in one place: English now, Japanese to come.

use super::network::{Card, Edge, Node, State};
use crate::flow::{Hour, Moment};

/// The world outside the organisation.
pub const EXTERNAL: &str = "Internet";
/// Private addresses that no site has.
pub const UNASSIGNED: &str = "Unassigned";
/// The band of the map where sites without a position stand.
pub const TRAY: &str = "Not on the map (no position)";
/// The band of what is outside.
pub const OUTSIDE: &str = "Outside";

/// What the axes of the timeline are.
pub const TIMELINE_AXIS: &str = "height: √flows · UTC";
/// Said in place of a timeline.
pub const NO_TIMES: &str = "No flow here has a time.";

/// A state's word.
pub fn state(state: State) -> &'static str {
    match state {
        State::Violation => "violation",
        State::Anomalous => "anomalous",
        State::Suspected => "suspected",
        State::Expected => "no finding",
        State::NoLog => "no log",
        State::Cut => "cut",
    }
}

/// Bytes with three figures, by powers of 1000: `1.21 GB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    // In whole numbers, so that the figures do not depend on a float's rounding.
    let (mut unit, mut divisor) = (1, 1000_u128);
    let count = u128::from(count);
    let milli = |divisor: u128| (count * 1000 + divisor / 2) / divisor;
    while milli(divisor) >= 999_500 && unit < UNITS.len() - 1 {
        divisor *= 1000;
        unit += 1;
    }
    let thousandths = milli(divisor);
    let text = match thousandths {
        0..9_995 => format!("{}.{:02}", (thousandths + 5) / 1000, (thousandths + 5) % 1000 / 10),
        9_995..99_950 => format!("{}.{}", (thousandths + 50) / 1000, (thousandths + 50) % 1000 / 100),
        _hundreds => format!("{}", (thousandths + 500) / 1000),
    };
    format!("{text} {}", UNITS[unit])
}

/// A count with its thousands parted: `12 345` with a thin space would not survive a copy, so `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 session`, `3 sessions`.
pub fn many(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Bytes each way apart: from the initiator, and back to it.
pub fn each_way(bytes_out: u64, bytes_in: u64) -> String {
    format!("{} out, {} back", bytes(bytes_out), bytes(bytes_in))
}

/// Year, month and day of a day counted from the epoch (Howard Hinnant's `civil_from_days`).
pub fn civil(day: i64) -> (i64, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, (of_year - (153 * shifted_month + 2) / 5 + 1) as u32)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A month's short name, 1 for January.
pub fn month(number: u32) -> &'static str {
    MONTHS[(number.clamp(1, 12) - 1) as usize]
}

/// `2020-06-11`.
pub fn date(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2020-06-11 03:12` (UTC; the place where it stands says so).
pub fn minute(moment: Moment) -> String {
    let seconds = moment.0.div_euclid(1_000_000);
    let of_day = seconds.rem_euclid(86_400);
    format!("{} {:02}:{:02}", date(seconds.div_euclid(86_400)), of_day / 3600, of_day % 3600 / 60)
}

/// `2020-06-11 03:12:09` (UTC; the place where it stands says so).
pub fn second(moment: Moment) -> String {
    format!("{}:{:02}", minute(moment), moment.0.div_euclid(1_000_000).rem_euclid(60))
}

/// A count in few characters: `940`, `12.4k`, `3.1M`.
pub fn short(number: u64) -> String {
    let tenths = |divisor: u64| format!("{}.{}", number / divisor, number % divisor * 10 / divisor);
    match number {
        0..10_000 => count(number),
        10_000..1_000_000 => tenths(1_000) + "k",
        1_000_000..1_000_000_000 => tenths(1_000_000) + "M",
        _more => tenths(1_000_000_000) + "G",
    }
}

/// What a bar of the timeline stands for: `a day`, `in 6 h`.
pub fn flows_a_bar(hours: i32) -> String {
    match hours {
        1 => "an hour".to_owned(),
        24 => "a day".to_owned(),
        hours if hours % 24 == 0 => format!("in {} d", hours / 24),
        hours => format!("in {hours} h"),
    }
}

/// A tick of the timeline: the time of day where ticks are hours apart, else the date; the year where it is new.
pub fn tick(hour: Hour, step: i32, year: &mut Option<i64>) -> String {
    let (now, number, day) = civil(i64::from(hour.day()));
    let of_day = hour.0.rem_euclid(24);
    if step < 24 && of_day != 0 {
        return format!("{of_day:02}:00");
    }
    if step >= 8760 {
        return now.to_string();
    }
    if *year == Some(now) {
        return format!("{day} {}", month(number));
    }
    *year = Some(now);
    format!("{day} {} {now}", month(number))
}

/// A party's name, with the mark of a guess.
pub fn name(card: &Card) -> String {
    if card.guessed { format!("{} (guessed)", card.name) } else { card.name.clone() }
}

/// A party in words, for its tooltip.
pub fn node(node: &Node) -> String {
    let mut parts = vec![name(&node.card)];
    parts.extend(node.card.role.clone());
    parts.extend(node.card.country.clone());
    let within = &node.within;
    if within.connections() > 0 {
        let bytes = each_way(within.bytes_out, within.bytes_in);
        parts.push(format!("within it: {}, {bytes}", many(within.connections(), "session")));
    }
    parts.join(" · ")
}

/// A link in words, for its tooltip and the screen reader.
pub fn edge(edge: &Edge, from: &str, to: &str) -> String {
    let totals = &edge.totals;
    let services: Vec<String> = edge.services.iter().take(3).map(|(service, _)| service.to_string()).collect();
    let more = edge.services.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "{from} → {to} · {} · {}{more} · {} ({} allowed, {} denied, {} failed) · {} · {} to {}",
        state(edge.state),
        services.join(", "),
        many(totals.connections(), "session"),
        count(totals.established),
        count(totals.denied),
        count(totals.failed),
        each_way(totals.bytes_out, totals.bytes_in),
        many(edge.hosts.0 as u64, "host"),
        many(edge.hosts.1 as u64, "host"),
    )
}

/// An hour or a day in words, for its tooltip.
pub fn bucket(first: Hour, hours: i64, flows: u64, watched: bool) -> String {
    let when = first.start().map_or_else(|| "undated".to_owned(), minute);
    let span = if hours == 1 { "1 h".to_owned() } else { format!("{hours} h") };
    let seen = if watched { many(flows, "flow") } else { "no log".to_owned() };
    format!("{when} UTC, {span}: {seen}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_figures() {
        let shown: Vec<String> =
            [999, 1000, 9_994, 12_345, 999_499, 999_600, 1_210_000_000, u64::MAX].map(bytes).to_vec();
        assert_eq!(shown, ["999 B", "1.00 kB", "9.99 kB", "12.3 kB", "999 kB", "1.00 MB", "1.21 GB", "18.4 EB"]);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(18_424), "2020-06-11");
        assert_eq!(date(18_321), "2020-02-29");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(second(Moment(1_591_845_129_000_000)), "2020-06-11 03:12:09");
    }
}
