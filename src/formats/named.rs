//! A record whose fields are known by name, whichever product named them: CEF and LEEF, Elastic's ECS, Microsoft's tables, OCSF.
//! Each of these formats says which of its names fills which [`Slot`]; what the values mean is told here, once for all.
//!
//! Of a slot that is filled twice the first counts, unless the second is surer ([`Named::put_first`]). A value that says
//! that there is none (`-`, `N/A`, `null`) fills nothing.

use std::borrow::Cow;

use super::mapped_csv;
use super::syntax::json::NotJson;
use super::syntax::syslog::{self, Stamp};
use super::syntax::time::{self, Written};
use super::syntax::years::Years;
use super::syntax::{address, number};
use super::{Disposition, Fault, Parser, Setting, Sink, reasons};
use crate::evidence::Record;
use crate::evidence::text::readable;
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Protocol, Text};

/// Reads JSON documents, each of which names its fields.
pub struct Documents {
    years: Years,
    named: for<'j> fn(&'j [u8]) -> Result<Named<'j>, NotJson>,
}

impl Documents {
    /// `named` says which of an object's names fills which slot.
    pub fn new(setting: &Setting, named: for<'j> fn(&'j [u8]) -> Result<Named<'j>, NotJson>) -> Documents {
        Documents { years: Years::new(setting.clock), named }
    }
}

impl Parser for Documents {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let bytes = super::without_mark(record.bytes);
        let named = match (self.named)(bytes) {
            Ok(named) => named,
            Err(not_json) => {
                let shown = readable(&bytes[..bytes.len().min(80)]);
                return Disposition::Malformed(Fault::new(reasons::NOT_JSON, format!("{not_json}: {shown}")));
            }
        };
        match named.flow(Kind::Connection, &mut self.years) {
            Ok(flow) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Err(disposition) => disposition,
        }
    }
}

/// What a field says of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The initiator's address, or its name in the address's place; a port may stand behind it.
    Source,
    /// The initiator's name.
    SourceName,
    /// The initiator's port.
    SourcePort,
    /// Its zone or interface.
    SourceZone,
    /// The responder's address.
    Destination,
    /// The responder's name.
    DestinationName,
    /// The responder's port.
    DestinationPort,
    /// Its zone or interface.
    DestinationZone,
    /// Transport protocol, by name or number; another word is taken for the application.
    Protocol,
    /// The application.
    Service,
    /// Bytes from the initiator.
    BytesOut,
    /// Bytes to the initiator.
    BytesIn,
    /// Packets from the initiator.
    PacketsOut,
    /// Packets to the initiator.
    PacketsIn,
    /// When it began.
    Start,
    /// When it ended.
    End,
    /// When the record was written, for records that say neither.
    Logged,
    /// Its zone, for times without one.
    Zone,
    /// How long it lasted, in seconds.
    Seconds,
    /// How long it lasted, in milliseconds.
    Millis,
    /// How long it lasted, in nanoseconds.
    Nanos,
    /// What the sensor did with it.
    Action,
    /// Whether it succeeded, where the action does not say.
    Outcome,
    /// The account.
    User,
    /// The device that saw it.
    Sensor,
    /// The rule.
    Rule,
}

const SLOTS: usize = Slot::Rule as usize + 1;

/// The fields of one record.
#[derive(Debug, Clone, Default)]
pub struct Named<'r> {
    values: [Option<Text<'r>>; SLOTS],
    /// When the record was sent, by the header around it: for records that have no time of their own.
    envelope: Option<Stamp>,
}

/// Whether a value says that there is none.
pub fn is_unset(value: &str) -> bool {
    matches!(
        value.trim(),
        "" | "-" | "--" | "N/A" | "n/a" | "NA" | "null" | "NULL" | "None" | "none" | "unknown" | "(null)"
    )
}

impl<'r> Named<'r> {
    /// A record sent at this time.
    pub fn sent_at(envelope: Option<Stamp>) -> Named<'r> {
        Named { envelope, ..Named::default() }
    }

    /// Fills a slot, if it is empty and the value says something.
    pub fn put(&mut self, slot: Slot, value: Text<'r>) {
        let own = &mut self.values[slot as usize];
        if own.is_none() && !is_unset(&value) {
            *own = Some(value);
        }
    }

    /// Fills a slot over what stands in it.
    pub fn put_first(&mut self, slot: Slot, value: Text<'r>) {
        if !is_unset(&value) {
            self.values[slot as usize] = Some(value);
        }
    }

    /// What a slot holds.
    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.values[slot as usize].as_deref().map(str::trim)
    }

    fn text(&self, slot: Slot) -> Option<Text<'r>> {
        let text = self.values[slot as usize].clone()?;
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    /// Whether it names both ends.
    pub fn has_both_ends(&self) -> bool {
        let has = |slots: [Slot; 2]| slots.iter().any(|slot| self.get(*slot).is_some());
        has([Slot::Source, Slot::SourceName]) && has([Slot::Destination, Slot::DestinationName])
    }

    /// Turns the record around: who is called its source was called.
    pub fn turn(&mut self) {
        for (a, b) in [
            (Slot::Source, Slot::Destination),
            (Slot::SourceName, Slot::DestinationName),
            (Slot::SourcePort, Slot::DestinationPort),
            (Slot::SourceZone, Slot::DestinationZone),
            (Slot::BytesOut, Slot::BytesIn),
            (Slot::PacketsOut, Slot::PacketsIn),
        ] {
            self.values.swap(a as usize, b as usize);
        }
    }

    /// The flow, if both ends are named.
    pub fn flow(&self, kind: Kind, years: &mut Years) -> Result<Flow<'r>, Disposition> {
        let skipped = |reason: &'static str| Err(Disposition::Skipped(reason.into()));
        let initiator = self.end(Slot::Source, Slot::SourceName, Slot::SourcePort, Slot::SourceZone)?;
        let responder =
            self.end(Slot::Destination, Slot::DestinationName, Slot::DestinationPort, Slot::DestinationZone)?;
        match (initiator.is_known(), responder.is_known()) {
            (true, true) => {}
            (true, false) => return skipped("the record names no destination"),
            (false, true) => return skipped("the record names no source"),
            (false, false) => return skipped("the record names neither source nor destination"),
        }
        let mut flow = Flow {
            kind,
            initiator,
            responder,
            service: self.text(Slot::Service),
            bytes_out: self.count(Slot::BytesOut, reasons::BYTES)?,
            bytes_in: self.count(Slot::BytesIn, reasons::BYTES)?,
            packets_out: self.count(Slot::PacketsOut, reasons::PACKETS)?,
            packets_in: self.count(Slot::PacketsIn, reasons::PACKETS)?,
            user: self.text(Slot::User),
            sensor: self.text(Slot::Sensor),
            rule: self.text(Slot::Rule),
            ..Flow::default()
        };
        if let Some(word) = self.get(Slot::Protocol) {
            let number = number::whole(word.as_bytes()).and_then(|n| u8::try_from(n).ok()).map(Protocol);
            flow.protocol = number.or_else(|| Protocol::read(word));
            // `tcp/https`
            if let (None, Some((transport, above))) = (flow.protocol, word.split_once('/')) {
                flow.protocol = Protocol::read(transport);
                let above = Some(above).filter(|_| flow.protocol.is_some());
                flow.service = flow.service.take().or(above.map(|name| Cow::Owned(name.to_owned())));
            }
            if flow.protocol.is_none() && flow.service.is_none() {
                flow.service = self.text(Slot::Protocol);
            }
        }
        if flow.protocol.is_some_and(|protocol| matches!(protocol.0, 1 | 58)) {
            (flow.initiator.port, flow.responder.port) = (None, None);
        }
        self.times(&mut flow, years)?;
        flow.outcome = match self.get(Slot::Action).map_or(Outcome::Unknown, outcome) {
            Outcome::Unknown => self.get(Slot::Outcome).map_or(Outcome::Unknown, outcome),
            known => known,
        };
        Ok(flow)
    }

    fn end(&self, address: Slot, name: Slot, port: Slot, zone: Slot) -> Result<Endpoint<'r>, Disposition> {
        let mut end = Endpoint { zone: self.text(zone), name: self.text(name), ..Endpoint::default() };
        if let Some(text) = self.get(address) {
            match address::address_and_port(text.as_bytes()) {
                Some((found, behind)) => (end.address, end.port) = (Some(found), behind),
                None if is_host_name(text) => end.name = end.name.or(self.text(address)),
                None => return Err(fault(reasons::ADDRESS, address, text)),
            }
        }
        // An address in the place of a name is one.
        if let Some(found) = end.name.as_deref().and_then(|name| address::address(name.as_bytes())) {
            end.name = None;
            end.address = end.address.or(Some(found));
        }
        if let Some(text) = self.get(port) {
            let read = number::whole(text.as_bytes()).and_then(|n| u16::try_from(n).ok());
            end.port = Some(read.ok_or_else(|| fault(reasons::PORT, port, text))?);
        }
        Ok(end)
    }

    fn count(&self, slot: Slot, reason: &'static str) -> Result<Option<u64>, Disposition> {
        match self.get(slot) {
            None => Ok(None),
            Some(text) => number::whole(text.as_bytes()).map(Some).ok_or_else(|| fault(reason, slot, text)),
        }
    }

    fn times(&self, flow: &mut Flow<'_>, years: &mut Years) -> Result<(), Disposition> {
        for (slot, shift) in [(Slot::Seconds, 6), (Slot::Millis, 3), (Slot::Nanos, -3)] {
            if let Some(text) = self.get(slot) {
                let decimal = number::Decimal::read(text.as_bytes()).and_then(|decimal| decimal.scaled(shift));
                let read = decimal.and_then(|micros| u64::try_from(micros).ok());
                flow.duration = Some(read.ok_or_else(|| fault(reasons::DURATION, slot, text))?);
            }
        }
        let start = self.time(Slot::Start, years)?;
        let end = self.time(Slot::End, years)?;
        let logged = match self.time(Slot::Logged, years)? {
            None if start.or(end).is_none() => self.envelope.and_then(|stamp| years.settle(stamp)),
            logged => logged,
        };
        let (at, basis) = match (start, end, flow.duration) {
            (Some((start, basis)), Some((end, _)), None) => {
                let lasted = end.0.checked_sub(start.0).and_then(|micros| u64::try_from(micros).ok());
                flow.duration = lasted.filter(|micros| *micros > 0);
                (Some(start), basis)
            }
            (Some((start, basis)), _, _) => (Some(start), basis),
            (None, Some((end, basis)), duration) => (end.before(duration.unwrap_or(0)), basis),
            // What lasted was written of when it was over.
            (None, None, duration) => match logged {
                Some((logged, basis)) => (logged.before(duration.unwrap_or(0)), basis),
                None => (None, Basis::Unknown),
            },
        };
        (flow.start, flow.basis) = (at, basis);
        Ok(())
    }

    fn time(&self, slot: Slot, years: &mut Years) -> Result<Option<(Moment, Basis)>, Disposition> {
        let Some(text) = self.get(slot) else { return Ok(None) };
        let zone = self.get(Slot::Zone).and_then(|zone| time::offset(zone.as_bytes()));
        let mut stamp = read_time(text).ok_or_else(|| fault(reasons::TIME, slot, text))?;
        match &mut stamp {
            Stamp::Full(Written { offset, .. }) | Stamp::Yearless { offset, .. } => *offset = offset.or(zone),
        }
        Ok(years.settle(stamp))
    }
}

/// A time in any of the usual spellings; the year may be missing.
pub fn read_time(text: &str) -> Option<Stamp> {
    if let Some(written) = mapped_csv::read_time(text.as_bytes()) {
        return Some(Stamp::Full(written));
    }
    syslog::stamp(text.as_bytes()).filter(|(_, rest)| rest.trim_ascii().is_empty()).map(|(stamp, _)| stamp)
}

fn fault(reason: &'static str, slot: Slot, text: &str) -> Disposition {
    let field = match slot {
        Slot::Source => "source",
        Slot::Destination => "destination",
        Slot::SourcePort => "source port",
        Slot::DestinationPort => "destination port",
        Slot::BytesOut => "bytes out",
        Slot::BytesIn => "bytes in",
        Slot::PacketsOut => "packets out",
        Slot::PacketsIn => "packets in",
        Slot::Seconds | Slot::Millis | Slot::Nanos => "duration",
        Slot::Start => "start",
        Slot::End => "end",
        _ => "time",
    };
    Disposition::Malformed(Fault::of_field(reason, field, text.as_bytes()))
}

fn is_host_name(text: &str) -> bool {
    let sound = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || b >= 0x80);
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    sound && !numeric && !text.is_empty() && text.len() <= 255
}

/// What a word for an action or an outcome means: by its first letters, since products vary its ending.
pub fn outcome(word: &str) -> Outcome {
    let word = word.trim().trim_start_matches('/').to_lowercase();
    let known = mapped_csv::outcome_word(word.as_bytes());
    if known != Outcome::Unknown {
        return known;
    }
    let has = |stems: &[&str]| stems.iter().any(|stem| word.contains(stem));
    // `not allowed`, `Blocked by policy`, `connection refused`, before the words that admit.
    if has(&[
        "den",
        "block",
        "drop",
        "reject",
        "refus",
        "discard",
        "prevent",
        "quarantin",
        "reset",
        "not allowed",
        "disallow",
    ]) {
        Outcome::Denied
    } else if has(&["fail", "timeout", "timed out", "unreach", "unsuccess"]) {
        Outcome::Failed
    } else if has(&[
        "allow",
        "accept",
        "permit",
        "pass",
        "success",
        "establish",
        "built",
        "teardown",
        "close",
        "bypass",
    ]) {
        Outcome::Established
    } else {
        Outcome::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Clock;

    fn flow(slots: &[(Slot, &'static str)]) -> Result<Flow<'static>, Disposition> {
        let mut named = Named::default();
        slots.iter().for_each(|(slot, value)| named.put(*slot, Cow::Borrowed(value)));
        named.flow(Kind::Connection, &mut Years::new(Clock::default()))
    }

    #[test]
    fn a_name_in_the_place_of_an_address_is_a_name() {
        let flow = flow(&[(Slot::Source, "pc7.example.com"), (Slot::DestinationName, "192.0.2.1")]).unwrap();
        assert_eq!(flow.initiator.name.as_deref(), Some("pc7.example.com"));
        assert_eq!((flow.responder.address, flow.responder.name), ("192.0.2.1".parse().ok(), None));
    }

    #[test]
    fn what_is_logged_at_its_end_began_earlier() {
        let ends = [(Slot::Source, "192.0.2.7"), (Slot::Destination, "192.0.2.1")];
        let at = |more: &[(Slot, &'static str)]| {
            let flow = flow(&[&ends[..], more].concat()).unwrap();
            (flow.start.map(|start| start.to_string()), flow.duration)
        };
        let began = Some("1591837200".to_owned());
        assert_eq!(at(&[(Slot::Logged, "1591837260000"), (Slot::Seconds, "60")]), (began.clone(), Some(60_000_000)));
        assert_eq!(
            at(&[(Slot::Start, "Jun 11 2020 01:00:00 UTC"), (Slot::End, "1591837260")]),
            (began, Some(60_000_000))
        );
        assert_eq!(at(&[(Slot::Logged, "Jun 11 01:00:00")]), (None, None));
    }

    #[test]
    fn words_mean_what_they_begin_with() {
        for (word, expected) in [
            ("Allow", Outcome::Established),
            ("IDS:Reset", Outcome::Denied),
            ("Blocked by policy", Outcome::Denied),
            ("not allowed", Outcome::Denied),
            ("/Failure", Outcome::Failed),
            ("Connection_Closed", Outcome::Established),
            ("detected", Outcome::Unknown),
        ] {
            assert_eq!(outcome(word), expected, "{word}");
        }
    }
}
