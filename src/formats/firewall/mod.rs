//! What the firewalls of all makers write of a connection, whatever they call it: a record's fields by their meaning
//! ([`Report`]), and the flow that they make.
//!
//! A maker's format turns names or positions into meanings; whether the record was `key=value`, JSON or a row of a table is
//! then forgotten. Invariants: of a field that occurs twice the first counts; what a maker writes for "not known" (`-`, `N/A`,
//! nothing) is as if the field were absent; nothing here knows a maker.

mod reader;
mod sessions;

use std::net::IpAddr;

use super::syntax::address::{address, address_and_port};
use super::syntax::pairs::{Between, Pairs};
use super::syntax::syslog::Stamp;
use super::syntax::years::Years;
use super::syntax::{json, number, syslog, time};
use super::{Fault, reasons};
use crate::flow::{Endpoint, Flow, Moment, Outcome, Protocol, Text};

pub(super) use reader::{Reader, Told, take, told_once};
pub(super) use sessions::{Fate, Sessions, Telling};

/// What a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The kind of log, as its maker divides them: `TRAFFIC`, `traffic`, `VPN-1 & FireWall-1`.
    Kind,
    Subtype,
    /// The number or name of the message.
    Event,
    /// The device's serial number.
    Serial,
    /// The device's name.
    Sensor,
    SourceAddress,
    SourcePort,
    SourceName,
    SourceZone,
    DestinationAddress,
    DestinationPort,
    DestinationName,
    DestinationZone,
    Protocol,
    /// The application or service.
    Service,
    BytesOut,
    BytesIn,
    PacketsOut,
    PacketsIn,
    /// How long the connection lasted, in the unit of its format.
    Duration,
    /// When the connection began.
    Start,
    /// When the record was made.
    Time,
    Date,
    TimeOfDay,
    /// The zone of date and time.
    Offset,
    /// When the record was made, since the epoch.
    Epoch,
    Action,
    Status,
    Reason,
    Rule,
    User,
    /// The account at the destination.
    DestinationUser,
    /// The number of the session, by which its records are told to be of one connection.
    Session,
    /// Which way the threat went.
    Direction,
    Message,
    Url,
}

const FIELDS: usize = Means::Url as usize + 1;

/// The fields of one record by their meaning.
#[derive(Debug, Clone)]
pub(super) struct Report<'r> {
    fields: [Option<Text<'r>>; FIELDS],
}

impl<'r> Report<'r> {
    pub(super) fn new() -> Report<'r> {
        Report { fields: [const { None }; FIELDS] }
    }

    /// Takes a field down, unless it was said before or says nothing.
    pub(super) fn put(&mut self, means: Means, text: Text<'r>) {
        let place = &mut self.fields[means as usize];
        if place.is_none() && is_said(&text) {
            *place = Some(text);
        }
    }

    /// Takes a field back that says this, which is what its maker writes for not known.
    pub(super) fn forget(&mut self, means: Means, unsaid: &str) {
        let place = &mut self.fields[means as usize];
        if place.as_deref() == Some(unsaid) {
            *place = None;
        }
    }

    /// Takes down the fields of a JSON object that the table of names knows.
    pub(super) fn put_object(&mut self, object: &'r [u8], means: impl Fn(&[u8]) -> Option<Means>) -> Result<(), Fault> {
        json::fields(object, |key, value| {
            if let Some(means) = means(key.bytes)
                && let Some(text) = value.text()
            {
                self.put(means, text);
            }
        })
        .map_err(|not_json| not_an_object(object, &not_json))
    }

    /// Takes down the `key=value` pairs that the table of names knows. A quote without an end hides what follows it; what
    /// stands before it is sound. Gives the key of such a quote.
    pub(super) fn put_pairs(
        &mut self,
        bytes: &'r [u8],
        between: Between,
        means: impl Fn(&[u8]) -> Option<Means>,
    ) -> Option<&'r [u8]> {
        for pair in Pairs::new(bytes, between) {
            match pair {
                Ok((key, value)) => {
                    if let Some(means) = means(key) {
                        self.put(means, value.text());
                    }
                }
                Err(unclosed) => return Some(unclosed.key),
            }
        }
        None
    }

    /// Gives the flow its start, from the time that this field says, so long before it.
    pub(super) fn begin(&self, flow: &mut Flow<'r>, means: Means, before: u64, years: &mut Years) -> Result<(), Fault> {
        let Some(text) = self.get(means) else { return Ok(()) };
        let stamp = stamp_of(text.trim().as_bytes()).ok_or_else(|| self.unreadable(means))?;
        if let Some((moment, basis)) = years.settle(stamp) {
            (flow.start, flow.basis) = (moment.before(before), basis);
        }
        Ok(())
    }

    pub(super) fn get(&self, means: Means) -> Option<&str> {
        self.fields[means as usize].as_deref()
    }

    pub(super) fn has(&self, means: Means) -> bool {
        self.fields[means as usize].is_some()
    }

    /// The text of a field, for the flow.
    pub(super) fn text(&self, means: Means) -> Option<Text<'r>> {
        self.fields[means as usize].clone()
    }

    /// Exchanges the two ends and what each sent.
    pub(super) fn turn(&mut self) {
        for (one, other) in [
            (Means::SourceAddress, Means::DestinationAddress),
            (Means::SourcePort, Means::DestinationPort),
            (Means::SourceName, Means::DestinationName),
            (Means::SourceZone, Means::DestinationZone),
            (Means::BytesOut, Means::BytesIn),
            (Means::PacketsOut, Means::PacketsIn),
            (Means::User, Means::DestinationUser),
        ] {
            self.fields.swap(one as usize, other as usize);
        }
    }

    /// The flow that the record tells of, without its time and outcome. `None` when it names fewer than two ends.
    pub(super) fn flow(&self) -> Result<Option<Flow<'r>>, Fault> {
        let protocol = self.protocol()?;
        let source = self.end(
            protocol,
            [Means::SourceAddress, Means::SourcePort, Means::SourceName, Means::SourceZone],
            ["source address", "source port"],
        )?;
        let destination = self.end(
            protocol,
            [Means::DestinationAddress, Means::DestinationPort, Means::DestinationName, Means::DestinationZone],
            ["destination address", "destination port"],
        )?;
        if !source.is_known() || !destination.is_known() {
            return Ok(None);
        }
        Ok(Some(Flow {
            initiator: source,
            responder: destination,
            protocol,
            service: self.text(Means::Service),
            bytes_out: self.count(Means::BytesOut, reasons::BYTES)?,
            bytes_in: self.count(Means::BytesIn, reasons::BYTES)?,
            packets_out: self.count(Means::PacketsOut, reasons::PACKETS)?,
            packets_in: self.count(Means::PacketsIn, reasons::PACKETS)?,
            user: self.text(Means::User).or_else(|| self.text(Means::DestinationUser)),
            sensor: self.text(Means::Sensor).or_else(|| self.text(Means::Serial)),
            rule: self.text(Means::Rule),
            ..Flow::default()
        }))
    }

    fn end(
        &self,
        protocol: Option<Protocol>,
        [at, port_at, name_at, zone_at]: [Means; 4],
        [field, port_field]: [&str; 2],
    ) -> Result<Endpoint<'r>, Fault> {
        let mut port = match self.get(port_at) {
            Some(text) => {
                Some(port_of(text).ok_or_else(|| Fault::of_field(reasons::PORT, port_field, text.as_bytes()))?)
            }
            None => None,
        };
        let mut name = self.text(name_at);
        let mut found = None;
        if let Some(text) = self.text(at) {
            match address_of(text.as_bytes()) {
                Some((address, beside)) => (found, port) = (Some(address), port.or(beside)),
                None if may_be_host(&text) => name = Some(text),
                None => return Err(Fault::of_field(reasons::ADDRESS, field, text.as_bytes())),
            }
        }
        // Where the protocol is not said, a port 0 is none.
        let without = protocol.map_or(port == Some(0), |protocol| !protocol.has_ports());
        if without {
            port = None;
        }
        Ok(Endpoint { address: found, name, zone: self.text(zone_at), port })
    }

    /// A number must be one of IP's; a name that is none of the common ones leaves the protocol open.
    fn protocol(&self) -> Result<Option<Protocol>, Fault> {
        let Some(text) = self.get(Means::Protocol) else { return Ok(None) };
        match Protocol::read(text) {
            Some(protocol) => Ok(Some(protocol)),
            None if text.bytes().all(|b| b.is_ascii_digit()) => {
                Err(Fault::of_field(reasons::PROTOCOL, "protocol", text.as_bytes()))
            }
            None => Ok(None),
        }
    }

    /// A number without sign. A device that says that it could not count says nothing of the connection's ends.
    pub(super) fn count(&self, means: Means, reason: &'static str) -> Result<Option<u64>, Fault> {
        let Some(text) = self.get(means) else { return Ok(None) };
        let text = text.trim();
        if UNCOUNTED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(None);
        }
        number::whole(text.as_bytes()).map(Some).ok_or_else(|| Fault::of_field(reason, "the count", text.as_bytes()))
    }

    /// A duration in seconds, as microseconds.
    pub(super) fn seconds(&self, means: Means) -> Result<Option<u64>, Fault> {
        let Some(text) = self.get(means) else { return Ok(None) };
        let read = number::micros(text.trim().as_bytes()).and_then(|micros| u64::try_from(micros).ok());
        read.map(Some).ok_or_else(|| Fault::of_field(reasons::DURATION, "duration", text.as_bytes()))
    }

    /// The fault of a time that can't be read.
    pub(super) fn unreadable(&self, means: Means) -> Fault {
        Fault::of_field(reasons::TIME, "time", self.get(means).unwrap_or_default().as_bytes())
    }
}

/// What stands in a count's place where a device could not count.
const UNCOUNTED: [&str; 5] = ["invalid", "unknown", "undefined", "nan", "error"];

/// What makers write where they know nothing.
pub(super) fn is_said(text: &str) -> bool {
    !matches!(text, "" | "-" | "--" | "N/A" | "n/a" | "NA" | "None" | "none" | "(null)" | "null" | "(empty)" | "NULL")
}

/// The fault of a record that should be a JSON object.
pub(super) fn not_an_object(object: &[u8], not_json: &json::NotJson) -> Fault {
    let shown = crate::evidence::text::readable(&object[..object.len().min(80)]);
    Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}"))
}

fn address_of(bytes: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    let bytes = bytes.trim_ascii();
    address(bytes).map(|found| (found, None)).or_else(|| address_and_port(bytes))
}

fn port_of(text: &str) -> Option<u16> {
    number::whole(text.trim().as_bytes()).and_then(|port| u16::try_from(port).ok())
}

/// Whether a text that is no address may be a host's name: letters, digits and what stands between them, one letter at least.
pub(super) fn may_be_host(text: &str) -> bool {
    text.len() <= 255
        && text.bytes().any(|b| b.is_ascii_alphabetic() || b >= 0x80)
        && !text
            .bytes()
            .any(|b| b.is_ascii_whitespace() || b.is_ascii_control() || matches!(b, b'/' | b':' | b',' | b'"'))
}

/// A time as any of these devices writes it: ISO 8601 and its relatives, with a month's name, or since the epoch.
pub(super) fn stamp_of(text: &[u8]) -> Option<Stamp> {
    if let Some(written) = time::read(text) {
        return Some(Stamp::Full(written));
    }
    if let Some((stamp, rest)) = syslog::stamp(text)
        && rest.trim_ascii().is_empty()
    {
        return Some(stamp);
    }
    if let Some(stamp) = day_first(text) {
        return Some(stamp);
    }
    time::epoch(text).map(|local| Stamp::Full(time::Written { local, offset: Some(0) }))
}

/// `20Dec2019 12:04:05`, `1 Nov 2021, 06:00:01`, `23-Jun-2022 16:24:59`.
fn day_first(text: &[u8]) -> Option<Stamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (day, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let rest = rest.trim_start_matches([' ', '-', '/']);
    let (month, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_alphabetic).count());
    let rest = rest.trim_start_matches([' ', '-', '/', ',']);
    let (year, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
    let clock_time = rest.trim_start_matches([' ', ',', 'T']);
    if day.is_empty() || day.len() > 2 || year.len() != 4 {
        return None;
    }
    let ordered = format!("{} {day} {year} {clock_time}", month.get(..3)?);
    syslog::stamp(ordered.as_bytes()).filter(|(_, rest)| rest.trim_ascii().is_empty()).map(|(stamp, _)| stamp)
}

/// The zone of a device's own time by what stands in the syslog header: where header and device read alike within five
/// minutes, the header's offset is the device's. Where they do not, the header is a relay's in another zone and says nothing.
pub(super) fn offset_beside(header: Option<Stamp>, local: Moment) -> Option<i32> {
    match header {
        Some(Stamp::Full(written)) if written.local.0.abs_diff(local.0) <= 300_000_000 => written.offset,
        Some(Stamp::Full(_) | Stamp::Yearless { .. }) | None => None,
    }
}

/// The outcome by a word of the verdict, as nearly all makers choose them; `None` for words that say neither.
pub(super) fn verdict(word: &str) -> Option<Outcome> {
    const DENIED: [&str; 14] = [
        "deny",
        "denied",
        "drop",
        "dropped",
        "block",
        "blocked",
        "reject",
        "rejected",
        "prevent",
        "prevented",
        "reset",
        "refused",
        "forbidden",
        "quarantine",
    ];
    const ADMITTED: [&str; 15] = [
        "allow",
        "allowed",
        "accept",
        "accepted",
        "permit",
        "permitted",
        "pass",
        "passed",
        "passthrough",
        "alert",
        "detect",
        "detected",
        "monitor",
        "bypass",
        "encrypt",
    ];
    // The word may have company: `drop-all-packets`, `Dropped by policy`, `reset-both`.
    let first = word.split(|c: char| !c.is_ascii_alphanumeric()).find(|part| !part.is_empty())?;
    if DENIED.iter().any(|denied| denied.eq_ignore_ascii_case(first)) {
        return Some(Outcome::Denied);
    }
    ADMITTED.iter().any(|admitted| admitted.eq_ignore_ascii_case(first)).then_some(Outcome::Established)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(Means, &'static str)]) -> Result<Option<Flow<'static>>, Fault> {
        let mut report = Report::new();
        fields.iter().for_each(|(means, text)| report.put(*means, (*text).into()));
        report.flow()
    }

    #[test]
    fn a_name_may_stand_in_the_place_of_an_address() {
        let flow = of(&[(Means::SourceAddress, "pc-01.example"), (Means::DestinationAddress, "[2001:db8::1]:443")]);
        let flow = flow.unwrap().unwrap();
        assert_eq!((flow.initiator.address, flow.initiator.name.as_deref()), (None, Some("pc-01.example")));
        assert_eq!(flow.responder.port, Some(443));
    }

    #[test]
    fn what_is_neither_name_nor_address_is_a_fault() {
        for bad in ["192.0.2.256", "10.0.0", "a b", "http://x"] {
            assert!(of(&[(Means::SourceAddress, bad), (Means::DestinationAddress, "192.0.2.1")]).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_end_makes_no_flow() {
        assert_eq!(of(&[(Means::SourceAddress, "192.0.2.1"), (Means::DestinationAddress, "N/A")]), Ok(None));
    }

    #[test]
    fn icmp_has_no_ports_and_an_unknown_name_no_protocol() {
        let ends = [(Means::SourceAddress, "192.0.2.1"), (Means::DestinationAddress, "192.0.2.2")];
        let flow = of(&[&ends[..], &[(Means::Protocol, "ICMP"), (Means::SourcePort, "8")]].concat()).unwrap().unwrap();
        assert_eq!((flow.protocol, flow.initiator.port), (Some(Protocol::ICMP), None));
        assert_eq!(of(&[&ends[..], &[(Means::Protocol, "chaos")]].concat()).unwrap().unwrap().protocol, None);
        assert!(of(&[&ends[..], &[(Means::Protocol, "999")]].concat()).is_err());
    }

    #[test]
    fn times_of_every_maker_are_read() {
        let read = |text: &str| match stamp_of(text.as_bytes()) {
            Some(Stamp::Full(written)) => Some(written.local),
            Some(Stamp::Yearless { .. }) | None => None,
        };
        let noon = Some(Moment(1_655_985_600_000_000));
        for text in [
            "2022-06-23 12:00:00",
            "Thu Jun 23 12:00:00 2022",
            "Jun 23 2022 12:00:00",
            "23Jun2022 12:00:00",
            "23 June 2022, 12:00:00",
            "23-Jun-2022 12:00:00",
            "1655985600",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        for text in ["", "23Jun22 12:00:00", "31Jun2022 12:00:00", "Jun", "23 2022 12:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_word_of_a_verdict_counts() {
        assert_eq!(verdict("drop-all-packets"), Some(Outcome::Denied));
        assert_eq!(verdict("Allowed by policy"), Some(Outcome::Established));
        assert_eq!(verdict("sinkhole"), None);
        assert_eq!(verdict(""), None);
    }
}
