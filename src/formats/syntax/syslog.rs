//! The header that a syslog relay puts before a device's message, in all its dialects: RFC 5424, RFC 3164 and what is
//! sold as it, the octet counts of RFC 6587, and headers before headers where one relay sent to the next.
//!
//! [`strip`] takes off as many headers as there are. What stands in the innermost one counts, being nearest to the device;
//! the body is what the device wrote. A line without a header is all body.

use super::time::{self, Written};

/// What the headers say, and what follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Message<'r> {
    /// When the message was sent, as the innermost header with a time has it.
    pub time: Option<Stamp>,
    /// The device that it names, by name or by address.
    pub host: Option<&'r [u8]>,
    /// The program (`kernel`, `filterlog`, `RT_FLOW`), without its process id.
    pub program: Option<&'r [u8]>,
    /// The structured data of RFC 5424, brackets included.
    pub structured: Option<&'r [u8]>,
    /// What the device wrote.
    pub body: &'r [u8],
}

/// A time whose year may be missing, as it is in RFC 3164.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// With its year.
    Full(Written),
    /// `Oct 10 12:34:56`: month and day (from 1), and microseconds since midnight.
    Yearless {
        /// The month, from 1.
        month: u8,
        /// The day of the month, from 1.
        day: u8,
        /// Microseconds since midnight.
        micros: i64,
        /// Seconds east of UTC, where the text says it.
        offset: Option<i32>,
    },
}

/// Takes the headers off a line.
pub fn strip(line: &[u8]) -> Message<'_> {
    let mut message = Message { body: line, ..Message::default() };
    // Three relays are as many as anybody has seen in one line.
    for _ in 0..3 {
        if !message.peel() {
            break;
        }
    }
    message
}

impl<'r> Message<'r> {
    /// Takes one header off; whether there was one.
    fn peel(&mut self) -> bool {
        let (rest, priority) = after_priority(self.body.trim_ascii_start());
        if priority && let Some(rest) = rest.strip_prefix(b"1 ") {
            return self.peel_5424(rest);
        }
        // The ASA and its relays put a colon before a time (`<166>:Oct 10 12:34:56`, `fw1 : Oct 10 12:34:56`).
        let past_colon = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let Some((stamp, after)) = stamp(rest).or_else(|| past_colon.and_then(stamp)) else {
            if priority {
                self.body = rest;
                self.take_tag();
            }
            return priority;
        };
        self.time = Some(stamp);
        self.body = after.trim_ascii_start();
        self.take_host();
        self.take_tag();
        true
    }

    /// RFC 5424 §6: time, host, program, process, message id, structured data, each of them `-` where it is unknown.
    fn peel_5424(&mut self, rest: &'r [u8]) -> bool {
        let mut rest = rest;
        let mut word = || {
            let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            let word = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            (word != b"-" && !word.is_empty()).then_some(word)
        };
        let (stamp, host, program) = (word(), word(), word());
        let message = rest;
        let mut is_pair = false;
        for _ in 0..2 {
            let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            is_pair |= rest[..end].contains(&b'=');
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        // Some write a tag of RFC 3164 and their message behind the time and host of this one.
        if is_pair {
            rest = message;
        }
        if let Some(read) = stamp.and_then(time::read) {
            self.time = Some(Stamp::Full(read));
        }
        self.host = host.or(self.host);
        self.program = program.map(without_colon).or(self.program);
        let (structured, body) = structured_data(rest);
        self.structured = structured.or(self.structured);
        self.body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        true
    }

    /// The host of RFC 3164: one word with no `:` or `=` in it, unless it is an IPv6 address. Relays put blanks and a
    /// colon behind it (`10.1.1.1 : %ASA-`).
    fn take_host(&mut self) {
        let end = self.body.iter().position(|b| *b == b' ').unwrap_or(self.body.len());
        let (word, after) = self.body.split_at(end);
        let after = after.trim_ascii_start();
        let bare = word.strip_suffix(b":").unwrap_or(word);
        // `dev01: %FTD-` and `fw1 : %ASA-`: before a Cisco mnemonic, the word is the device and not a program.
        let mnemonic = after.strip_prefix(b":").unwrap_or(after).trim_ascii_start();
        if mnemonic.starts_with(b"%") && is_host(bare) {
            self.host = Some(bare);
            self.body = mnemonic;
            return;
        }
        let plain = !word.iter().any(|b| matches!(b, b':' | b'[' | b'=' | b',' | b'|' | b'"' | b'{' | b'<' | b'%'));
        if (plain && is_host(word) && !after.is_empty()) || super::address::address(word).is_some() {
            self.host = Some(word);
            self.body = after;
        }
    }

    /// The tag of RFC 3164: `program[123]: ` or `program: `.
    fn take_tag(&mut self) {
        let word_end = self.body.iter().position(|b| !is_tag_byte(*b)).unwrap_or(self.body.len());
        let (name, mut rest) = self.body.split_at(word_end);
        if name.is_empty() || name.len() > 48 {
            return;
        }
        if rest.first() == Some(&b'[')
            && let Some(close) = memchr::memchr(b']', &rest[..rest.len().min(40)])
        {
            rest = &rest[close + 1..];
        }
        let Some(after) = rest.strip_prefix(b":") else { return };
        if after.first().is_some_and(|b| *b == b' ') || rest.len() < self.body.len() - word_end {
            self.program = Some(name);
            self.body = after.trim_ascii_start();
        }
    }
}

/// Whether a word may be a host's name or address (RFC 952, with the underscores of Windows).
fn is_host(word: &[u8]) -> bool {
    !word.is_empty()
        && word.len() <= 255
        && (word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'@'))
            || super::address::address(word).is_some())
}

fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'(' | b')')
}

fn without_colon(word: &[u8]) -> &[u8] {
    word.strip_suffix(b":").unwrap_or(word)
}

/// What follows `<134>`, and whether it stood there. An octet count (RFC 6587 §3.4.1) may stand before it.
fn after_priority(line: &[u8]) -> (&[u8], bool) {
    let counted = line.iter().take(7).position(|b| !b.is_ascii_digit()).unwrap_or(0);
    let from =
        if counted > 0 && line[counted] == b' ' && line.get(counted + 1) == Some(&b'<') { counted + 1 } else { 0 };
    let Some(rest) = line[from..].strip_prefix(b"<") else { return (line, false) };
    match rest.iter().take(4).position(|b| *b == b'>') {
        Some(end @ 1..) if rest[..end].iter().all(u8::is_ascii_digit) => (rest[end + 1..].trim_ascii_start(), true),
        Some(_) | None => (line, false),
    }
}

/// The structured data of RFC 5424 §6.3 and the message behind it.
fn structured_data(rest: &[u8]) -> (Option<&[u8]>, &[u8]) {
    if let Some(body) = rest.strip_prefix(b"-") {
        return (None, body.strip_prefix(b" ").unwrap_or(body));
    }
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_u32);
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' if !quoted => depth += 1,
            b']' if !quoted && depth > 0 => depth -= 1,
            b' ' if depth == 0 => {
                return (
                    (at > 0 && rest[0] == b'[').then(|| &rest[..at]),
                    if at > 0 && rest[0] == b'[' { &rest[at + 1..] } else { rest },
                );
            }
            _ if depth == 0 && rest[0] != b'[' => return (None, rest),
            _ => {}
        }
    }
    if rest.first() == Some(&b'[') && depth == 0 && !quoted { (Some(rest), b"") } else { (None, rest) }
}

/// Reads a time at the beginning of a text, and gives what follows: `Oct 10 12:34:56`, `Oct 10 2018 12:34:56`,
/// `2018 Oct 10 12:34:56`, `Oct 10 12:34:56.123`, `Oct 10 12:34:56 2018`, each perhaps with a zone; or ISO 8601.
pub fn stamp(text: &[u8]) -> Option<(Stamp, &[u8])> {
    // IOS marks a clock that is not set with `*`, one that lost its source with `.`.
    let text = text.strip_prefix(b"*").or_else(|| text.strip_prefix(b".")).unwrap_or(text);
    if text.first()?.is_ascii_digit() {
        return iso(text).or_else(|| year_first(text));
    }
    let text = text.get(4..).filter(|_| weekday(text)).map_or(text, <[u8]>::trim_ascii_start);
    let (month, rest) = month(text)?;
    let (day, rest) = number(rest.trim_ascii_start(), 2)?;
    let rest = rest.strip_prefix(b",").unwrap_or(rest).strip_prefix(b" ")?.trim_ascii_start();
    let (year, rest) = match number(rest, 4) {
        Some((year @ 1970..=9999, after)) if after.first() == Some(&b' ') => (Some(year), after.trim_ascii_start()),
        Some(_) | None => (None, rest),
    };
    let (micros, rest) = time::time_of_day(rest)?;
    let (offset, rest) = zone(rest);
    let (year, rest) = match (year, number(rest.trim_ascii_start(), 4)) {
        // `date`'s own order: the year last.
        (None, Some((last @ 1970..=9999, after))) if matches!(after.first(), None | Some(b' ' | b':')) => {
            (Some(last), after)
        }
        (year, _) => (year, rest),
    };
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let stamp = match year {
        Some(year) => Stamp::Full(Written { local: time::moment_of(year, month.into(), day.into(), micros)?, offset }),
        None => {
            // A leap year's days are allowed; whether the chosen year has them shows later.
            time::moment_of(2000, month.into(), day.into(), micros)?;
            Stamp::Yearless { month, day, micros, offset }
        }
    };
    Some((stamp, rest))
}

fn iso(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let (days, rest) = time::date(text)?;
    let rest = match rest {
        [b'T' | b' ', rest @ ..] => rest,
        [..] => return None,
    };
    let (micros, rest) = time::time_of_day(rest)?;
    let (offset, rest) = zone(rest);
    let local = crate::flow::Moment(days * time::DAY + micros);
    matches!(rest.first(), None | Some(b' ' | b'\t' | b',' | b':' | b'|')).then_some(())?;
    Some((Stamp::Full(Written { local, offset }), rest.strip_prefix(b":").unwrap_or(rest)))
}

/// `2018 Oct 10 12:34:56`.
fn year_first(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let (year @ 1970..=9999, rest) = number(text, 4)? else { return None };
    let (month, rest) = month(rest.strip_prefix(b" ")?)?;
    let (day, rest) = number(rest.trim_ascii_start(), 2)?;
    let (micros, rest) = time::time_of_day(rest.strip_prefix(b" ")?)?;
    let (offset, rest) = zone(rest);
    Some((Stamp::Full(Written { local: time::moment_of(year, month, day, micros)?, offset }), rest))
}

/// A zone right behind a time (`Z`, `+09:00`), or one word further (` UTC`, ` +0900`).
fn zone(rest: &[u8]) -> (Option<i32>, &[u8]) {
    let word = rest.strip_prefix(b" ").unwrap_or(rest);
    let end = word.iter().position(|b| matches!(b, b' ' | b',' | b'|' | b'\t')).unwrap_or(word.len());
    let (bare, colon) = match word[..end].strip_suffix(b":") {
        Some(bare) => (bare, 1),
        None => (&word[..end], 0),
    };
    match time::offset(bare) {
        Some(offset) if !bare.is_empty() => (Some(offset), &word[end - colon..]),
        // A name of a zone ends in a colon where Cisco writes it; else it might be a host.
        Some(_) | None if colon > 0 && is_zone_name(bare) => (zone_named(bare), &word[end - colon..]),
        Some(_) | None => (None, rest),
    }
}

/// Names of zones that stand for one offset wherever they are used, in quarters of an hour east of UTC.
const ZONES: [(&[u8], i32); 27] = [
    (b"EDT", -16),
    (b"CDT", -20),
    (b"MDT", -24),
    (b"PDT", -28),
    (b"AKST", -36),
    (b"AKDT", -32),
    (b"HST", -40),
    (b"WET", 0),
    (b"WEST", 4),
    (b"CET", 4),
    (b"CEST", 8),
    (b"EET", 8),
    (b"EEST", 12),
    (b"MSK", 12),
    (b"PKT", 20),
    (b"ICT", 28),
    (b"WIB", 28),
    (b"HKT", 32),
    (b"SGT", 32),
    (b"AWST", 32),
    (b"JST", 36),
    (b"KST", 36),
    (b"ACST", 38),
    (b"AEST", 40),
    (b"AEDT", 44),
    (b"NZST", 48),
    (b"NZDT", 52),
];

/// Names that mean several zones (CST is also China's, PST the Philippines', IST India's, Israel's and Ireland's): the
/// file's clock settles such times.
const AMBIGUOUS: [&[u8]; 9] = [b"EST", b"CST", b"MST", b"PST", b"AST", b"BST", b"GST", b"IST", b"BRT"];

fn is_zone_name(word: &[u8]) -> bool {
    ZONES.iter().any(|(name, _)| *name == word) || AMBIGUOUS.contains(&word)
}

fn zone_named(word: &[u8]) -> Option<i32> {
    ZONES.iter().find(|(name, _)| *name == word).map(|(_, quarters)| quarters * 900)
}

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

fn weekday(text: &[u8]) -> bool {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    matches!(text.get(3), Some(b' ' | b',')) && DAYS.iter().any(|day| text.starts_with(*day))
}

/// A month's English name of three letters, as RFC 3164 §4.1.2 demands: its number from 1, and what follows.
fn month(text: &[u8]) -> Option<(i64, &[u8])> {
    let name = text.get(..3)?;
    let number = MONTHS.iter().zip(1..).find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, number)| number)?;
    Some((number, &text[3..]))
}

/// A number of at most so many digits, and what follows.
fn number(text: &[u8], digits: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take(digits).take_while(|b| b.is_ascii_digit()).count();
    let value = text[..length].iter().fold(0, |acc, b| acc * 10 + i64::from(b - b'0'));
    (length > 0).then(|| (value, &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// time / host / program / body.
    fn told(line: &str) -> String {
        let message = strip(line.as_bytes());
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or(b"-")).into_owned();
        let time = match message.time {
            None => "-".to_owned(),
            Some(Stamp::Full(Written { local, offset })) => {
                format!("{local}{}", offset.map_or(String::new(), |offset| format!("{offset:+}")))
            }
            Some(Stamp::Yearless { month, day, micros, .. }) => format!("{month}-{day} {}", micros / 1_000_000),
        };
        format!("{time} / {} / {} / {}", text(message.host), text(message.program), text(Some(message.body)))
    }

    #[test]
    fn every_dialect_gives_the_device_and_its_words() {
        for (line, expected) in [
            ("plain words", "- / - / - / plain words"),
            ("type=traffic a=b: c", "- / - / - / type=traffic a=b: c"),
            ("<134>type=traffic", "- / - / - / type=traffic"),
            ("Oct 10 12:34:56 fw1 kernel: IN=eth0", "10-10 45296 / fw1 / kernel / IN=eth0"),
            ("<4>Oct  1 00:00:01 fw1 kernel: [12.5] IN=", "10-1 1 / fw1 / kernel / [12.5] IN="),
            ("Oct 10 2018 12:34:56 fw CiscoASA[999]: %ASA-6-1: x", "1539174896 / fw / CiscoASA / %ASA-6-1: x"),
            ("May  5 17:51:17 dev01: %FTD-6-302013: Built", "5-5 64277 / dev01 / - / %FTD-6-302013: Built"),
            ("Jul 15 13:38:14 192.0.2.1 : %ASA-6-1: x", "7-15 49094 / 192.0.2.1 / - / %ASA-6-1: x"),
            ("Jul 15 13:38:14: %ASA-6-1: x", "7-15 49094 / - / - / %ASA-6-1: x"),
            ("<166>2018-10-10T12:34:56Z fw : %ASA-6-1: x", "1539174896+0 / fw / - / %ASA-6-1: x"),
            (
                "<30>1 2022-01-19T10:19:35+01:00 192.0.2.9 Pulse: - - - hello",
                "1642587575+3600 / 192.0.2.9 / Pulse / hello",
            ),
            (
                "<14>1 2022-01-19T10:19:35.5Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636 a=\"b ]\\\" c\"] text",
                "1642587575.5+0 / srx / RT_FLOW / text",
            ),
            ("87 <134>1 2022-01-19T10:19:35Z h p - - - x", "1642587575+0 / h / p / x"),
            ("Oct 10 12:00:00 relay Oct 10 2018 12:34:56 fw1 kernel: IN=", "1539174896 / fw1 / kernel / IN="),
            ("Oct 10 12:00:00 relay <134>Oct 10 2018 12:34:56 fw1 kernel: IN=", "1539174896 / fw1 / kernel / IN="),
            ("<166>:Feb 26 11:26:52 UTC: %FTD-6-1: x", "2-26 41212 / - / - / %FTD-6-1: x"),
            ("Apr 15 2014 09:34:34 EDT: %ASA-5-1: x", "1397554474-14400 / - / - / %ASA-5-1: x"),
            ("Apr 15 2014 09:34:34 CST: %ASA-5-1: x", "1397554474 / - / - / %ASA-5-1: x"),
            ("Sep 25 15:47:07 h1 : Sep 25 16:47:07 JST: %ASA-5-1: x", "9-25 60427 / h1 / - / %ASA-5-1: x"),
            ("*Feb  8 04:00:48.259: %SEC-6-IPACCESSLOGP: list", "2-8 14448 / - / - / %SEC-6-IPACCESSLOGP: list"),
            ("2024-05-01 10:00:00 fw1 app: x", "1714557600 / fw1 / app / x"),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn structured_data_is_kept_whole() {
        let message =
            strip(b"<14>1 2022-01-19T10:19:35Z srx RT_FLOW - ID [junos@2636 a=\"b ]\\\" c\"][x y=\"1\"] text");
        assert_eq!(message.structured, Some(&b"[junos@2636 a=\"b ]\\\" c\"][x y=\"1\"]"[..]));
        assert_eq!(strip(b"<14>1 2022-01-19T10:19:35Z srx RT_FLOW - ID [a b=\"c\"]").body, b"");
    }

    proptest! {
        #[test]
        fn no_line_makes_it_fall_over(line in "[<>0-9A-Za-z:. \\[\\]\"=%-]{0,80}") {
            prop_assert!(strip(line.as_bytes()).body.len() <= line.len());
        }
    }
}
