//! QRadar's Log Event Extended Format 1.0 and 2.0, as lines in any syslog dress. After IBM, "LEEF event components" and "Predefined LEEF
//! event attributes": header `LEEF:2.0|vendor|product|version|event|delimiter|`, then `key=value` parted by the
//! delimiter: a tab in 1.0, in 2.0 any character, written as itself or in hexadecimal (`x09`, `0x5E`), a tab where it is left out.
//! Relays take `LEEF:` for a program's name and keep it to themselves, so a line may begin with `1.0|vendor|`.
//!
//! **Bytes.** `srcBytes` is "the byte count from the event source", so what the initiator sent; `dstBytes` what came back.
//!
//! **Time.** `devTime` is when the event was written, in the words of `devTimeFormat` or in milliseconds; without it the header's.

use std::borrow::Cow;

use super::named::{Named, Slot};
use super::syntax::years::Years;
use super::syntax::{address, syslog};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Kind, Text};

/// The format.
pub struct Leef;

impl Format for Leef {
    fn name(&self) -> &'static str {
        "leef"
    }

    fn title(&self) -> &'static str {
        "LEEF (QRadar)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let first = sample.bytes.trim_ascii_start().first();
        let line =
            |line: &[u8]| header_at(line).is_some_and(|at| !line[..at].ends_with(b"\"") && !line.starts_with(b"\""));
        let is_json = matches!(first, Some(b'{' | b'['));
        if !is_json && sample.lines().take(50).any(line) { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Events { years: Years::new(setting.clock) })
    }
}

fn header_at(line: &[u8]) -> Option<usize> {
    let named = memchr::memmem::find_iter(line, b"LEEF:").find(|at| {
        let rest = line[at + 5..].trim_ascii_start();
        let version = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        version > 0 && rest.get(version) == Some(&b'|')
    });
    named.or_else(|| {
        let body = syslog::strip(line).body;
        let (head, pairs) = body.split_at(memchr::memchr(b'=', body)?);
        let bars = memchr::memchr_iter(b'|', head).count();
        let shaped = matches!(head.get(..4), Some(b"1.0|" | b"2.0|")) && matches!(bars, 5 | 6);
        let parted = memchr::memchr(b'\t', pairs).is_some() || memchr::memmem::find(pairs, b"#011").is_some();
        (shaped && parted).then_some(line.len() - body.len())
    })
}

struct Events {
    years: Years,
}

impl Parser for Events {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        match event(line).and_then(|(named, kind)| named.flow(kind, &mut self.years)) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }
}

fn event(line: &[u8]) -> Result<(Named<'_>, Kind), Disposition> {
    let broken = |reason: &'static str| {
        let shown = readable(&line[..line.len().min(480)]);
        Disposition::Malformed(Fault::new(reason, shown))
    };
    let at = header_at(line).ok_or_else(|| broken("no LEEF header"))?;
    let envelope = syslog::strip(line);
    let mut rest = &line[at..];
    let mut parts: [&[u8]; 5] = [b""; 5];
    for part in &mut parts {
        let bar = memchr::memchr(b'|', rest).ok_or_else(|| broken("a LEEF header of fewer than five parts"))?;
        (*part, rest) = (&rest[..bar], &rest[bar + 1..]);
    }
    let mut delimiter = b'\t';
    if let Some(after) = rest.strip_prefix(b"||") {
        (delimiter, rest) = (b'|', after);
    } else if parts[0].ends_with(b"2.0")
        && let Some(bar) = memchr::memchr(b'|', &rest[..rest.len().min(7)])
        && memchr::memchr(b'=', &rest[..bar]).is_none()
    {
        delimiter = character(rest[..bar].trim_ascii()).unwrap_or(b'\t');
        rest = &rest[bar + 1..];
    }
    // Relays turn tabs to blanks, or write them out.
    let spoilt = delimiter == b'\t' && memchr::memchr(b'\t', rest).is_none();
    let written_out = spoilt && memchr::memmem::find(rest, b"#011").is_some();
    let mut named = Named::sent_at(envelope.time);
    let mut taken = Taken::default();
    if written_out {
        let text = readable(rest).replace("#011", "\t");
        for pair in text.split('\t') {
            if let Some((key, value)) = pair.split_once('=') {
                take(&mut named, &mut taken, key.trim(), Cow::Owned(value.trim().to_owned()));
            }
        }
    } else if spoilt {
        words(rest, |pair| take_pair(&mut named, &mut taken, pair));
    } else {
        rest.split(|b| *b == delimiter).for_each(|pair| take_pair(&mut named, &mut taken, pair));
    }
    if parts[1] == b"WatchGuard" && !named.has_both_ends() {
        if let Some(message) = &taken.message {
            of_message(&mut named, message);
        }
        if let Some(serial) =
            taken.serial.take().filter(|_| named.get(Slot::Sensor).is_none() && envelope.host.is_none())
        {
            named.put(Slot::Sensor, Cow::Owned(serial));
        }
        if named.get(Slot::Source).is_some() && named.get(Slot::User).is_some() {
            taken.category = Some("login".to_owned());
        }
    }
    named.put(Slot::Outcome, readable(parts[4]));
    named.put(Slot::Sensor, envelope.host.map(readable).unwrap_or_default());
    // A login that names no destination went to the device.
    let event = readable(parts[4]).to_lowercase();
    let about = taken.category.unwrap_or_default().to_lowercase() + &event;
    let is_login = ["login", "logon", "auth"].iter().any(|word| about.contains(word));
    if is_login && !named.has_both_ends() && named.get(Slot::Source).is_some() && named.get(Slot::Sensor).is_some() {
        let device = named.get(Slot::Sensor).unwrap_or_default().to_owned();
        named.put(Slot::DestinationName, Cow::Owned(device));
        return Ok((named, Kind::Logon));
    }
    Ok((named, Kind::Connection))
}

/// What is known beside the slots.
#[derive(Default)]
struct Taken {
    category: Option<String>,
    /// Of a WatchGuard, whose sessions are told in a sentence.
    message: Option<String>,
    serial: Option<String>,
}

/// `SSL VPN user jan@example from 192.0.2.7 logged in …`, `Authentication of Firewall user [jan@Firebox-DB] from 192.0.2.7 was rejected`.
fn of_message(named: &mut Named<'_>, message: &str) {
    let mut words = message.split([' ', ',']).skip_while(|word| *word != "user" && *word != "User").skip(1);
    let Some(user) = words.next() else { return };
    let Some(from) = words.skip_while(|word| *word != "from").nth(1) else { return };
    if address::address(from.as_bytes()).is_none() {
        return;
    }
    named.put(Slot::Source, Cow::Owned(from.to_owned()));
    named.put(Slot::User, Cow::Owned(user.trim_matches(['[', ']', '"', '\'']).to_owned()));
    for (word, outcome) in
        [("rejected", "denied"), ("failed", "denied"), ("logged", "established"), ("accepted", "established")]
    {
        if message.contains(word) {
            named.put(Slot::Action, Cow::Borrowed(outcome));
        }
    }
}

fn take_pair<'r>(named: &mut Named<'r>, taken: &mut Taken, pair: &'r [u8]) {
    if let Some(equals) = memchr::memchr(b'=', pair) {
        take(named, taken, &readable(pair[..equals].trim_ascii()), readable(pair[equals + 1..].trim_ascii()));
    }
}

fn take<'r>(named: &mut Named<'r>, taken: &mut Taken, key: &str, value: Text<'r>) {
    let slot = match key {
        "src" | "identSrc" | "srcIP" => Slot::Source,
        "identHostName" | "srcHostName" | "shost" => Slot::SourceName,
        "srcPort" | "spt" => Slot::SourcePort,
        "srcZone" | "SourceZone" | "sourceZone" | "srcIntf" | "IngressInterface" | "in_if" => Slot::SourceZone,
        "dst" | "dstIP" => Slot::Destination,
        "dstHostName" | "dhost" => Slot::DestinationName,
        "dstPort" | "dpt" => Slot::DestinationPort,
        "dstZone" | "DestinationZone" | "destinationZone" | "dstIntf" | "EgressInterface" | "out_if" => {
            Slot::DestinationZone
        }
        "proto" => Slot::Protocol,
        "app" | "application" | "Application" | "service" => Slot::Service,
        "srcBytes" | "bytesOut" | "sent_bytes" => Slot::BytesOut,
        "dstBytes" | "bytesIn" | "rcvd_bytes" => Slot::BytesIn,
        "srcPackets" | "sent_pkts" => Slot::PacketsOut,
        "dstPackets" | "rcvd_pkts" => Slot::PacketsIn,
        "devTime" => Slot::Logged,
        "startTime" | "StartTime" => Slot::Start,
        "endTime" => Slot::End,
        "devTimeZone" | "tz" => Slot::Zone,
        "ElapsedTime" | "duration" | "elapsed" => {
            // WatchGuard says the unit behind it: `42 seconds`.
            let bare = value.strip_suffix(" seconds").map(str::to_owned);
            named.put(Slot::Seconds, bare.map_or(value, Cow::Owned));
            return;
        }
        "action" | "act" | "disp" => Slot::Action,
        "usrName" | "accountName" | "src_user" => Slot::User,
        "policy" | "rule" | "RuleName" => Slot::Rule,
        "msg" => {
            taken.message = Some(value.into_owned());
            return;
        }
        "serial" => {
            taken.serial = Some(value.into_owned());
            return;
        }
        "devName" | "deviceName" | "DeviceName" | "identSensor" | "host_name" => {
            named.put_first(Slot::Sensor, value);
            return;
        }
        "cat" => {
            taken.category = Some(value.into_owned());
            return;
        }
        _ => return,
    };
    named.put(slot, value);
}

/// The pairs of a text whose tabs were turned to blanks: each goes up to the next word that holds a `=`.
fn words<'r>(text: &'r [u8], mut visit: impl FnMut(&'r [u8])) {
    let mut from = 0;
    for equals in memchr::memchr_iter(b'=', text) {
        let key_at = text[..equals].iter().rposition(|b| *b == b' ').map_or(0, |blank| blank + 1);
        let is_key = equals > key_at && text[key_at..equals].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if is_key && key_at > from {
            visit(&text[from..key_at]);
            from = key_at;
        }
    }
    visit(&text[from..]);
}

/// A delimiter as the header writes it: itself, or in hexadecimal.
fn character(text: &[u8]) -> Option<u8> {
    match text {
        [one] => Some(*one),
        [b'\\', b't'] => Some(b'\t'),
        [b'0', b'x' | b'X', hex @ ..] | [b'x' | b'X', hex @ ..] => {
            u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
        }
        [..] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_itself_or_hexadecimal() {
        for (text, expected) in [("^", b'^'), ("x09", b'\t'), ("0x5E", b'^'), ("\\t", b'\t')] {
            assert_eq!(character(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(character(b"zz"), None);
    }

    #[test]
    fn tabs_turned_to_blanks_are_told_by_the_keys() {
        let mut found = Vec::new();
        words(b"src=192.0.2.7 msg=two words dst=192.0.2.1", |pair| found.push(readable(pair).trim().to_owned()));
        assert_eq!(found, ["src=192.0.2.7", "msg=two words", "dst=192.0.2.1"]);
    }
}
