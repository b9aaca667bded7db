//! All words and numbers of the pictures, in one place: English now, Japanese to come.

use super::figure::Step;
use super::network::{Card, Edge, Node, State};
use crate::calendar;
use crate::flow::{Hour, Moment};

/// The world outside the organisation.
pub const EXTERNAL: &str = "Internet";
/// Private addresses that no site has.
pub const UNASSIGNED: &str = "Unassigned";
/// The band of the map where sites without a position stand.
pub const TRAY: &str = "Not on the map (no position)";
/// The band of what is in no site, some of it outside.
pub const NO_SITE: &str = "In no site";
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

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A month's short name, 1 for January.
pub fn month(number: u8) -> &'static str {
    MONTHS[usize::from(number.clamp(1, 12) - 1)]
}

/// `2020-06-11 03:12` (UTC; the place where it stands says so).
pub fn minute(moment: Moment) -> String {
    calendar::minute(moment, 0).trim_end_matches(" UTC").to_owned()
}

/// `2020-06-11 03:12:09` (UTC; the place where it stands says so).
pub fn second(moment: Moment) -> String {
    calendar::second(moment, 0).trim_end_matches(" UTC").to_owned()
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
pub fn tick(hour: Hour, step: i32, year: &mut Option<i32>) -> String {
    let (now, number, day) = calendar::civil_from_days(i64::from(hour.day()));
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

/// Said on the figure of a made-up case, and in its caption.
pub const SYNTHETIC: &str = "SYNTHETIC SAMPLE";
/// In place of the steps.
pub const NO_STEPS: &str = "No finding on any link that is shown. That the logs show none is not that there was none.";
/// In place of the coverage.
pub const NO_COVERAGE: &str = "no log says when it was watching";
/// A finding about all services of a link.
pub const ALL_SERVICES: &str = "any service";
/// Head of the legend.
pub const LEGEND: &str = "Legend";
/// Head of what is to be known about the figure.
pub const READING: &str = "How to read this";
/// After the samples of the scale.
pub const SCALE: &str = "bytes both ways";
/// How things are known.
pub const BASES: &str = "“Observed” stands in the logs; “inferred” is a rule’s conclusion from them; “analyst’s word” is \
                         neither. Unusual is not malicious.";

/// `FIGURE 1`.
pub fn figure_number(number: u32) -> String {
    format!("Figure {number}")
}

/// Start and end with the offset.
pub fn window((first, last): (Moment, Moment)) -> String {
    format!("{} to {} UTC+00:00", minute(first), minute(last))
}

/// What the logs cover: how many hours all sensors watched, how many of them without a record, and the longest silence.
pub fn coverage(sensors: usize, watched: i64, silent: i64, longest: Option<(i32, &str, Hour)>) -> String {
    let sensors = many(sensors as u64, "sensor");
    let watched = count(watched.unsigned_abs());
    let Some((hours, sensor, from)) = longest else {
        return format!("{sensors}, a record in each of {watched} sensor hours");
    };
    let from = from.start().map(minute).unwrap_or_default();
    let silent = count(silent.unsigned_abs());
    format!("{sensors}, no record in {silent} of {watched} sensor hours; longest {sensor}, {hours} h from {from} UTC")
}

/// Service and time of a step.
pub fn step_when(step: &Step) -> String {
    let at = step.at.map_or_else(|| "time unknown".to_owned(), second_of);
    format!("{} · {at}", step.service)
}

/// To the whole second, with the zone.
fn second_of(moment: Moment) -> String {
    let text = second(moment);
    format!("{} UTC", text.split('.').next().unwrap_or(&text))
}

/// The accounts of a step.
fn accounts(step: &Step) -> String {
    let mut accounts: Vec<&str> = step.accounts.iter().take(2).map(String::as_str).collect();
    let more = format!("{} more", step.accounts.len().saturating_sub(2));
    if step.accounts.len() > 2 {
        accounts.push(&more);
    }
    if accounts.is_empty() { "no account logged".to_owned() } else { format!("account {}", accounts.join(", ")) }
}

/// What a step's link carried, each way.
pub fn step_volume(step: &Step) -> String {
    each_way(step.totals.bytes_out, step.totals.bytes_in)
}

/// How often, allowed or not, and between how many hosts.
pub fn step_sessions(step: &Step) -> String {
    let totals = &step.totals;
    let sessions = many(totals.connections(), "session");
    let (allowed, denied, failed) = (count(totals.established), count(totals.denied), count(totals.failed));
    let hosts = match step.hosts {
        (0, _) | (_, 0) => String::new(),
        (from, to) => format!("; {} → {}", count(from as u64), many(to as u64, "host")),
    };
    format!("{sessions}: {allowed} allowed, {denied} denied, {failed} failed{hosts}")
}

/// What a step carried and by which accounts.
pub fn step_carried(step: &Step) -> String {
    format!("{} · {}", step_volume(step), accounts(step))
}

/// What proves a step.
pub fn step_evidence(step: &Step) -> String {
    let more = if step.further_rows > 0 {
        format!(" and {} more", many(step.further_rows as u64, "row"))
    } else {
        String::new()
    };
    format!("{}: {}{more}", step.basis.word(), step.evidence)
}

/// What the steps leave out; empty where nothing.
pub fn left_out(steps: usize, findings: usize) -> String {
    let steps = (steps > 0).then(|| format!("{} without room here", many(steps as u64, "numbered link")));
    let findings = (findings > 0).then(|| format!("{} on links without a number", many(findings as u64, "finding")));
    let parts: Vec<String> = steps.into_iter().chain(findings).collect();
    if parts.is_empty() { String::new() } else { format!("Further: {}; see the case’s list.", parts.join(", ")) }
}

/// A state in the legend.
pub fn legend(state: State) -> &'static str {
    match state {
        State::Violation => "violation: the policy forbids it",
        State::Anomalous => "anomalous: unlikely by a rule’s own measure",
        State::Suspected => "suspected: worth a look",
        State::Expected => "no finding",
        State::NoLog => "no log covers it",
        State::Cut => "cut by decision",
    }
}

/// The rest of the legend.
pub fn arrow_and_nodes(external: bool, unassigned: bool, guessed: bool) -> String {
    let mut out = "Marked links are drawn bolder. Arrows run from the initiator. Hatched: no log. ● site".to_owned();
    for (is, word) in [(external, ", ■ outside"), (unassigned, ", dashed: in no site"), (guessed, ", hollow: a guess")]
    {
        if is {
            out.push_str(word);
        }
    }
    out + "."
}

/// Head of the files.
pub fn evidence_head(files: usize) -> String {
    format!("Evidence: {}, SHA-256 begins", many(files as u64, "file"))
}

/// Files without room.
pub fn more_files(files: usize) -> String {
    format!("and {}; full hashes in the case", many(files as u64, "more file"))
}

/// What made the figure.
pub fn made(tool: &str, case_id: &str) -> String {
    format!("{tool} · case {case_id}")
}

/// How many links are shown, and by which filters.
pub fn shown(shown: usize, of: usize, filters: &[String]) -> String {
    let links = format!("{} of {} shown", count(shown as u64), many(of as u64, "link"));
    if filters.is_empty() {
        format!("{links}; no filter.")
    } else {
        format!("{links}; filter: {}.", filters.join("; "))
    }
}

/// Sites without a name on the picture.
pub fn unnamed(sites: usize) -> String {
    format!("{} without room for a name.", many(sites as u64, "site"))
}

/// Something that is not known.
pub fn unknown(text: &str) -> String {
    format!("Not known: {}", text.trim_end_matches('.').to_owned() + ".")
}

/// Unknowns without room.
pub fn more_unknowns(number: usize) -> String {
    format!("{} in the case.", many(number as u64, "further unknown"))
}

/// The picture in a sentence.
pub fn overview(sites: usize, links: usize) -> String {
    format!("The picture shows {} and {}.", many(sites as u64, "place"), many(links as u64, "link"))
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
}
