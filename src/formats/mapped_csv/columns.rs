//! Which column of a table means what: a guess from the columns' names, checked against the values in the file's first rows.

use std::borrow::Cow;

use super::super::nfdump;
use super::super::syntax::{address, number};
use super::names::{FIELDS, plain};
use crate::formats::syntax::when;

/// The guess: for each field the index of its column. Each column serves one field, and only if at least half of its
/// values in the rows can be read as what the field needs (a table without rows is believed).
pub fn guess(header: &[String], rows: &[Vec<Cow<'_, [u8]>>]) -> Vec<(&'static str, usize)> {
    let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
    // `TimeGenerated [UTC]`, `Duration (ms)`: what stands in brackets may be part of the name or a remark.
    let bare: Vec<String> =
        header.iter().map(|name| plain(name.split(['[', '(']).next().unwrap_or_default())).collect();
    // `conn.src_ip`, `conn.src.ip`: the last key of a path in JSON, or the last two.
    let tail = |name: &String, keys: usize| {
        let parts: Vec<&str> = name.rsplit('.').take(keys).collect();
        if name.matches('.').count() < keys {
            String::new()
        } else {
            plain(&parts.into_iter().rev().collect::<String>())
        }
    };
    let mut leaves: [Vec<String>; 2] = [1, 2].map(|keys| header.iter().map(|name| tail(name, keys)).collect());
    // What `destination.bytes` counts is known by both its keys; the last one alone says less.
    for at in 0..header.len() {
        if [&names[at], &leaves[1][at]].iter().any(|name| is_known(name)) {
            leaves[0][at].clear();
        }
    }
    // Of columns with the same name the first is the one that is meant; the others were given a number.
    let doubled = |name: &String| name.rsplit_once(" (").is_some_and(|(base, _)| header.iter().any(|n| n == base));
    let mut taken: Vec<bool> = header.iter().map(doubled).collect();
    let mut found = Vec::new();
    for (field, synonyms) in FIELDS {
        let spellings = [&names, &bare, &leaves[1], &leaves[0]];
        let mut columns = synonyms.split(' ').flat_map(|synonym| {
            spellings.into_iter().flat_map(move |own| (0..own.len()).filter(move |at| own[*at] == synonym))
        });
        let Some(column) = columns.find(|at| !taken[*at] && fits(field, *at, rows)) else { continue };
        taken[column] = true;
        found.push((*field, column));
    }
    forget_collectors(header, &mut found);
    settle_times(&names, &mut found);
    settle_ways(&names, &mut found);
    found
}

/// Whether a whole name means a field.
fn is_known(name: &str) -> bool {
    FIELDS.iter().any(|(_, synonyms)| synonyms.split(' ').any(|synonym| synonym == name))
}

/// Beside an address in a column of its own, `source` is where a collector had the record from (Graylog, cloud events), not the
/// initiator's name; so with `server`, `target` and the like, unless there is such a word for each end.
fn forget_collectors(header: &[String], found: &mut Vec<(&'static str, usize)>) {
    let is_bare = |field: &str, ip: &str| {
        let column = |field: &str| found.iter().find(|(own, _)| *own == field).map(|(_, at)| *at);
        let last = |at: usize| plain(header[at].rsplit('.').next().unwrap_or_default());
        column(ip).is_some()
            && column(field)
                .is_some_and(|at| matches!(&*last(at), "source" | "client" | "from" | "server" | "target" | "to"))
    };
    let bare = [is_bare("src_host", "src_ip"), is_bare("dst_host", "dst_ip")];
    if bare != [true, true] {
        found.retain(|(field, _)| !(bare[0] && *field == "src_host" || bare[1] && *field == "dst_host"));
    }
    // A bastion names the machine that it leads to so.
    if found.iter().any(|(field, at)| *field == "dst_ip" && plain(&header[*at]) == "targetip") {
        found.retain(|(field, at)| *field != "sensor" || plain(&header[*at]) != "device");
    }
    // Arista's gateways call the client's own name so.
    if header.iter().any(|name| name.ends_with("CClientAddr")) {
        found.retain(|(field, at)| *field != "sensor" || !header[*at].ends_with("hostname"));
    }
}

/// NetFlow's own names count from the exporter's side: what came in of a flow is what its source sent.
fn settle_ways(names: &[String], found: &mut [(&'static str, usize)]) {
    if !names.iter().any(|name| name.ends_with("ipv4srcaddr") || name.ends_with("ipv6srcaddr")) {
        return;
    }
    for (out, back, what) in [("bytes_out", "bytes_in", "bytes"), ("packets_out", "packets_in", "pkts")] {
        let at = |field: &str, way: &str| {
            let at = found.iter().position(|(own, _)| *own == field)?;
            names[found[at].1].ends_with(&format!("{way}{what}")).then_some(at)
        };
        if let (Some(sent), Some(got)) = (at(out, "out"), at(back, "in")) {
            (found[sent].0, found[got].0) = (back, out);
        }
    }
}

/// FortiGate's and FortiAnalyzer's tables carry the time of the record, which is the session's end.
fn settle_times(names: &[String], found: &mut [(&'static str, usize)]) {
    let has = |name: &str| names.iter().any(|n| n == name);
    let is_fortinet = has("sentbyte") && (has("devid") || has("logid") || has("devname"));
    for (field, column) in found {
        if *field == "ts" && is_fortinet && matches!(names[*column].as_str(), "eventtime" | "itime" | "time") {
            *field = "end";
        }
    }
}

/// Whether a column's values can be what a field needs.
fn fits(field: &str, column: usize, rows: &[Vec<Cow<'_, [u8]>>]) -> bool {
    let (mut said, mut sound) = (0, 0);
    for cell in rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.trim_ascii()) {
        if is_unset(cell) {
            continue;
        }
        said += 1;
        let reads = match field {
            "src_ip" | "dst_ip" => address::address_and_port(cell).is_some(),
            // Where no name is known, an address stands in a host's column.
            "src_host" | "dst_host" => is_host_name(cell) || address::address_and_port(cell).is_some(),
            "src_port" | "dst_port" => port(cell).is_some(),
            "bytes_out" | "bytes_in" | "packets_out" | "packets_in" | "bytes_total" | "packets_total" => {
                number::whole(&ungrouped(cell)).or_else(|| nfdump::amount(cell)).is_some()
            }
            // A small number is a count of something; an epoch has nine digits or more.
            "ts" | "end" | "logged" if number::micros(cell).is_some() => cell.len() >= 9,
            "ts" | "end" | "logged" => {
                when::read(cell, Some(when::Order::DayFirst)).is_ok()
                    || when::read(cell, Some(when::Order::MonthFirst)).is_ok()
            }
            "date" => !cell.contains(&b':') && cell.iter().filter(|b| matches!(b, b'/' | b'-' | b'.')).count() == 2,
            "time" => cell.len() >= 4 && cell.len() <= 18 && cell[1..3].contains(&b':'),
            "duration" => duration(cell, Unit::Seconds).is_some(),
            "service" => address::address_and_port(cell).is_none(),
            "zone" => super::super::syntax::time::offset(cell).is_some(),
            _ => true,
        };
        sound += usize::from(reads);
    }
    said == 0 || sound * 2 >= said
}

/// Whether a cell says that there is no value. Only for numbers, times and addresses, which it cannot be otherwise; a user called
/// `NULL` stays one.
pub fn is_unset(cell: &[u8]) -> bool {
    matches!(
        cell,
        b"" | b"-"
            | b"--"
            | b"N/A"
            | b"n/a"
            | b"NULL"
            | b"null"
            | b"None"
            | b"none"
            | b"nil"
            | b"(empty)"
            | b"NaN"
            | b"nan"
    )
}

/// Whether text can be a host's name. What ends in a number is an attempt at IPv4 (`010.0.0.1`, `0x7f.1`), as the URL
/// standard has it ("ends in a number").
pub fn is_host_name(cell: &[u8]) -> bool {
    let sound = cell.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || *b >= 0x80);
    let last = cell.rsplit(|b| *b == b'.').find(|label| !label.is_empty()).unwrap_or_default();
    let numeric = last.iter().all(u8::is_ascii_digit) || last.starts_with(b"0x");
    sound && !numeric && cell.len() <= 255
}

/// Whether a host's name is an address misspelt: labels of digits, the last one a number (`010.0.0.1`, `0x7f.1`, `1.2.3.256`).
pub fn is_misspelt_address(cell: &[u8]) -> bool {
    let dotted = cell.contains(&b'.');
    let digits = cell.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b'x'));
    dotted && digits && !is_host_name(cell)
}

/// A number without the commas between its thousands, as Kibana and spreadsheets print it: `51,234`.
pub fn ungrouped(cell: &[u8]) -> Cow<'_, [u8]> {
    let mut groups = cell.split(|b| *b == b',');
    let digits = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && digits(first));
    if first && cell.contains(&b',') && groups.all(|group| group.len() == 3 && digits(group)) {
        return Cow::Owned(cell.iter().copied().filter(|b| *b != b',').collect());
    }
    Cow::Borrowed(cell)
}

/// A port, in hexadecimal too, as Argus writes it.
pub fn port(cell: &[u8]) -> Option<u16> {
    match cell.strip_prefix(b"0x") {
        Some(hex) => u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok(),
        None => number::whole(&ungrouped(cell)).and_then(|n| u16::try_from(n).ok()),
    }
}

/// What a duration without unit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Seconds.
    #[default]
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Unit {
    /// By the column's name.
    pub fn of(name: &str) -> Unit {
        let plain = plain(name);
        match plain.as_str() {
            // ECS counts `event.duration` in nanoseconds, CICFlowMeter its `Flow Duration` in microseconds.
            "eventduration" => Unit::Nanos,
            "flowduration" => Unit::Micros,
            // What proxies name so counts milliseconds.
            "durationms" | "elapsedms" | "timetaken" => Unit::Millis,
            "durationus" => Unit::Micros,
            "durationns" => Unit::Nanos,
            _ => Unit::of_word(name),
        }
    }

    /// By the last word of a column's name: `elapsed_time_ms`, `Duration (ms)`.
    fn of_word(name: &str) -> Unit {
        let last = name.split(|c: char| !c.is_alphanumeric()).rfind(|word| !word.is_empty()).unwrap_or_default();
        match last.to_lowercase().as_str() {
            "ms" | "msec" | "msecs" | "millis" | "milliseconds" => Unit::Millis,
            "us" | "µs" | "usec" | "usecs" | "micros" | "microseconds" => Unit::Micros,
            "ns" | "nsec" | "nanos" | "nanoseconds" => Unit::Nanos,
            _ => Unit::Seconds,
        }
    }
}

/// A duration in microseconds: a number of units, or `H:MM:SS`.
pub fn duration(cell: &[u8], unit: Unit) -> Option<u64> {
    if cell.contains(&b':') {
        let colons = cell.iter().filter(|b| **b == b':').count();
        let mut parts = cell.split(|b| *b == b':');
        let mut minutes = 0_u64;
        for _ in 0..colons {
            minutes = minutes.checked_mul(60)?.checked_add(number::count(parts.next()?)?)?;
        }
        let seconds = number::micros(parts.next()?).and_then(|micros| u64::try_from(micros).ok())?;
        return minutes.checked_mul(60_000_000)?.checked_add(seconds).filter(|_| colons <= 2);
    }
    let shift = match unit {
        Unit::Seconds => 6,
        Unit::Millis => 3,
        Unit::Micros => 0,
        Unit::Nanos => -3,
    };
    number::Decimal::read(cell)?.scaled(shift).and_then(|micros| u64::try_from(micros).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_ends_in_a_number_is_no_host() {
        for name in ["010.0.0.1", "0x7f.1", "1.2.3.4.5", "", "a b", "host/1"] {
            assert!(!is_host_name(name.as_bytes()), "{name}");
        }
        for name in ["srv01", "dc-1.example.com", "東京", "host1.example.com."] {
            assert!(is_host_name(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn durations_are_read_by_unit_and_by_clock() {
        assert_eq!(duration(b"1.5", Unit::Seconds), Some(1_500_000));
        assert_eq!(duration(b"1500", Unit::of("Duration (ms)")), Some(1_500_000));
        assert_eq!(duration(b"1.5", Unit::of("durations")), Some(1_500_000));
        assert_eq!(duration(b"1:02:03", Unit::Seconds), Some(3_723_000_000));
        assert_eq!(duration(b"00:00:01.5", Unit::Seconds), Some(1_500_000));
        for bad in ["x", "-1", "1:2:3:4", ":", "1:x"] {
            assert_eq!(duration(bad.as_bytes(), Unit::Seconds), None, "{bad}");
        }
    }

    #[test]
    fn no_column_serves_two_fields() {
        let header = ["source", "source port", "destination", "bytes"].map(str::to_owned);
        let guessed = guess(&header, &[]);
        assert_eq!(guessed, [("src_ip", 0), ("src_port", 1), ("dst_ip", 2), ("bytes_out", 3)]);
    }
}
