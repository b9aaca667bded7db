//! nfdump's text output: a header of words, rows aligned under it, `address:port -> address:port` in their middle.

use crate::evidence::Clock;
use crate::evidence::text::readable;
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol, Text};
use crate::formats::syntax::{address, number, time};
use crate::formats::{Fault, reasons};

/// Columns behind the second end that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Flags,
    Packets,
    Bytes,
    PacketsBack,
    BytesBack,
    Other,
}

/// What a header says of the columns behind the second end.
#[derive(Debug, Clone)]
pub(super) struct Header(Vec<Tail>);

impl Default for Header {
    fn default() -> Header {
        Header(vec![Tail::Packets, Tail::Bytes, Tail::Other])
    }
}

/// `Date first seen … Src IP Addr:Port … Dst IP Addr:Port` (`Date flow start` in old versions).
pub(super) fn is_header(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    // Parted by commas it is a table of somebody who put columns of his own behind it.
    line.starts_with(b"Date f") && memchr::memmem::find(line, b"Src IP Addr").is_some() && !line.contains(&b',')
}

/// Whether a line is a row: date, time, duration, protocol, and two ends with an arrow between them.
pub(super) fn is_row(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = words(line).take(9).collect();
    let arrow = words.iter().position(|word| is_arrow(word));
    let Some(arrow) = arrow.filter(|at| (5..=6).contains(at)) else { return false };
    time::date(words[0]).is_some_and(|(_, rest)| rest.is_empty())
        && words[1].len() >= 12
        && time::time_of_day(words[1]).is_some_and(|(_, rest)| rest.is_empty())
        && duration(words[2]).is_some()
        && end(words[arrow - 1], None).is_some()
        && words.get(arrow + 1).is_some_and(|word| end(word, None).is_some())
        && words.get(arrow + 2).is_some()
}

fn is_arrow(word: &[u8]) -> bool {
    matches!(word, b"->" | b"<->")
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

impl Header {
    pub(super) fn of(line: &[u8]) -> Header {
        let tail = match memchr::memmem::rfind(line, b"Addr:Port") {
            Some(at) => &line[at + 9..],
            None => b"",
        };
        let mut columns = Vec::new();
        let mut words = words(tail).peekable();
        while let Some(word) = words.next() {
            let second = match word {
                b"In" | b"Out" => words.next(),
                b"Src" | b"Dst" | b"Input" | b"Output" => {
                    words.next();
                    None
                }
                _ => None,
            };
            columns.push(match (word, second) {
                (b"Flags", None) => Tail::Flags,
                (b"Packets", None) | (b"In", Some(b"Pkt")) => Tail::Packets,
                (b"Bytes", None) | (b"In", Some(b"Byte")) => Tail::Bytes,
                (b"Out", Some(b"Pkt")) => Tail::PacketsBack,
                (b"Out", Some(b"Byte")) => Tail::BytesBack,
                (_, _) => Tail::Other,
            });
        }
        if columns.is_empty() { Header::default() } else { Header(columns) }
    }

    /// The flow of a row, and the event of NSEL, if it is one.
    pub(super) fn flow<'r>(&self, line: &'r [u8], clock: &Clock) -> Result<(Flow<'r>, Text<'r>), Fault> {
        let words: Vec<&[u8]> = words(line).take(64).collect();
        let arrow = words.iter().position(|word| is_arrow(word)).filter(|at| *at >= 4 && words.len() > at + 1);
        let Some(arrow) = arrow else {
            return Err(Fault::new(
                "no row of nfdump: two ends with an arrow between them are missing",
                readable(line),
            ));
        };
        let mut flow = Flow { protocol: protocol(words[arrow - 2]), ..Flow::default() };
        let find = |word| end(word, flow.protocol).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "end", word));
        let (initiator, responder) = (find(words[arrow - 1])?, find(words[arrow + 1])?);
        (flow.initiator, flow.responder) = (initiator, responder);

        let mut stamp = words[0].to_vec();
        stamp.push(b' ');
        stamp.extend_from_slice(words[1]);
        let at = moment(&stamp, clock).ok_or_else(|| Fault::of_field(reasons::TIME, "Date first seen", &stamp))?;
        (flow.start, flow.basis) = (Some(at.0), at.1);
        // Between time and protocol: the duration (`1d 00:00:02.500` where it is that long), or event and extended event.
        let between = &words[2..arrow - 2];
        let mut event = Text::Borrowed("");
        match between {
            [first, ..] if first.first().is_some_and(u8::is_ascii_digit) => {
                let read = between.iter().try_fold(0_u64, |sum, word| sum.checked_add(duration(word)?));
                flow.duration = Some(read.ok_or_else(|| Fault::of_field(reasons::DURATION, "Duration", first))?);
            }
            [first, ..] => event = readable(first),
            [] => {}
        }
        self.read_tail(&words[arrow + 2..], &mut flow)?;
        Ok((flow, event))
    }

    /// The columns behind the second end, aligned at the right: what NAT put between them does not matter then.
    fn read_tail(&self, words: &[&[u8]], flow: &mut Flow<'_>) -> Result<(), Fault> {
        let mut values: Vec<(&[u8], u64)> = Vec::with_capacity(words.len());
        for word in words {
            match (unit(word), values.last_mut()) {
                (Some(unit), Some((_, last))) => *last = unit,
                (_, _) => values.push((word, 1)),
            }
        }
        let mut flags: &[u8] = b"";
        let (mut packets_back, mut bytes_back) = (None, None);
        for (column, (word, unit)) in self.0.iter().rev().zip(values.iter().rev()) {
            let count = || scaled(word, *unit);
            match column {
                Tail::Other => {}
                Tail::Flags => flags = word,
                Tail::Packets => {
                    flow.packets_out = Some(count().ok_or_else(|| Fault::of_field(reasons::PACKETS, "Packets", word))?)
                }
                Tail::Bytes => {
                    flow.bytes_out = Some(count().ok_or_else(|| Fault::of_field(reasons::BYTES, "Bytes", word))?)
                }
                Tail::PacketsBack => packets_back = count(),
                Tail::BytesBack => bytes_back = count(),
            }
        }
        super::both_ways(flow, packets_back, bytes_back);
        flow.outcome = outcome(flow, flags, None);
        Ok(())
    }
}

/// nfdump's units are powers of 1,000.
fn unit(word: &[u8]) -> Option<u64> {
    match word {
        b"K" | b"k" => Some(1_000),
        b"M" => Some(1_000_000),
        b"G" => Some(1_000_000_000),
        b"T" => Some(1_000_000_000_000),
        _ => None,
    }
}

fn scaled(word: &[u8], unit: u64) -> Option<u64> {
    match unit {
        1 => number::whole(word),
        _ => {
            let thousandths = u64::try_from(number::Decimal::read(word)?.scaled(3)?).ok()?;
            thousandths.checked_mul(unit / 1_000)
        }
    }
}

/// A count that may carry its unit: `12`, `1.2 M`.
pub(in crate::formats) fn amount(cell: &[u8]) -> Option<u64> {
    match cell.split_last() {
        Some((last, rest)) if unit(&[*last]).is_some() => scaled(rest.trim_ascii_end(), unit(&[*last])?),
        Some(_) | None => number::whole(cell),
    }
}

/// `1.500`, `00:00:01.500`, `3d 00:00:01.500`: microseconds.
pub(super) fn duration(cell: &[u8]) -> Option<u64> {
    if let Some(blank) = memchr::memchr(b' ', cell) {
        return duration(&cell[..blank])?.checked_add(duration(cell[blank..].trim_ascii_start())?);
    }
    if let Some(days) = cell.strip_suffix(b"d") {
        return number::count(days)?.checked_mul(86_400_000_000);
    }
    let Some(first) = memchr::memchr(b':', cell) else {
        return number::micros(cell).and_then(|micros| u64::try_from(micros).ok());
    };
    let (hours, rest) = (number::count(&cell[..first])?, &cell[first + 1..]);
    let second = memchr::memchr(b':', rest)?;
    let minutes = number::count(&rest[..second])?;
    let seconds = u64::try_from(number::micros(&rest[second + 1..])?).ok()?;
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000_000)?.checked_add(seconds)
}

/// A time of the machine that printed it, or epoch seconds (`%tsr`).
pub(super) fn moment(cell: &[u8], clock: &Clock) -> Option<(Moment, Basis)> {
    match time::read(cell) {
        Some(written) => Some(written.settle(clock)),
        None => time::epoch(cell).map(|at| (at, Basis::Explicit)),
    }
}

/// `TCP`, `6`, `ICMP6`; `None` where no table names it.
pub(super) fn protocol(cell: &[u8]) -> Option<Protocol> {
    std::str::from_utf8(cell).ok().and_then(Protocol::read)
}

/// An address, or what is left of one that was shortened.
pub(super) fn host(cell: &[u8]) -> Option<Endpoint<'_>> {
    if let Some(address) = address::address(cell) {
        return Some(Endpoint { address: Some(address), ..Endpoint::default() });
    }
    let shortened = memchr::memmem::find(cell, b"..").is_some()
        && memchr::memchr(b':', cell).is_some()
        && cell.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    shortened.then(|| Endpoint { name: Some(readable(cell)), ..Endpoint::default() })
}

/// `192.0.2.1:443`, `2001:db8::1.443` (IPv6 parts its port by a point), `192.0.2.1:8.0` (ICMP's type and code), or without port.
fn end(word: &[u8], protocol: Option<Protocol>) -> Option<Endpoint<'_>> {
    if let Some(plain) = host(word).filter(|end| end.address.is_some()) {
        return Some(plain);
    }
    let colons = word.iter().filter(|b| **b == b':').count();
    let at = if colons > 1 { memchr::memrchr(b'.', word)? } else { memchr::memchr(b':', word)? };
    let mut found = host(&word[..at])?;
    if protocol.is_none_or(Protocol::has_ports) {
        found.port = number::port(&word[at + 1..]);
        // What is no port under a protocol that has them is no end.
        if protocol.is_some() && found.port.is_none() {
            return None;
        }
    }
    Some(found)
}

/// What became of it: by forwarding status (RFC 7270 §4.12: 128 to 191 is dropped), and for TCP by the flags that one end sent.
pub(super) fn outcome(flow: &Flow<'_>, flags: &[u8], forwarding: Option<u64>) -> Outcome {
    let has = |flag| flags.contains(&flag);
    match (forwarding, flow.protocol) {
        (Some(128..=191), _) => Outcome::Denied,
        // A reset as all that this end sent refuses; SYNs without an ACK were never answered.
        (_, Some(Protocol::TCP))
            if has(b'R') && !has(b'S') && !has(b'P') && !has(b'F') && flow.packets_out == Some(1) =>
        {
            Outcome::Failed
        }
        (_, Some(Protocol::TCP)) if has(b'S') && !has(b'A') && flow.one_way => Outcome::Failed,
        (_, Some(Protocol::TCP)) if has(b'A') && (has(b'S') || has(b'P') || has(b'F')) => Outcome::Established,
        (_, _) if !flow.one_way && flow.packets_in.or(flow.bytes_in).unwrap_or(0) > 0 => Outcome::Established,
        (_, _) => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_spelling() {
        assert_eq!(duration(b"0.010"), Some(10_000));
        assert_eq!(duration(b"01:00:00.238"), Some(3_600_238_000));
        assert_eq!(duration(b"2d"), Some(172_800_000_000));
        assert_eq!(duration(b"-1"), None);
    }

    #[test]
    fn units_are_powers_of_a_thousand() {
        assert_eq!(
            (amount(b"1.2 M"), amount(b"12"), amount(b"3.0 G")),
            (Some(1_200_000), Some(12), Some(3_000_000_000))
        );
    }

    #[test]
    fn a_port_behind_ipv6_follows_a_point() {
        let found = end(b"2001:db8::1.443", Some(Protocol::TCP)).unwrap();
        assert_eq!((found.address, found.port), ("2001:db8::1".parse().ok(), Some(443)));
        let short = end(b"2001:db..9a:bc53.5353", Some(Protocol::UDP)).unwrap();
        assert_eq!((short.name.as_deref(), short.port), (Some("2001:db..9a:bc53"), Some(5353)));
    }
}
