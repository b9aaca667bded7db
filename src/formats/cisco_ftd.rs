//! Events of Cisco's Firepower Threat Defense as syslog: intrusion (430001), connection start and end (430002, 430003), file and
//! malware (430004, 430005), each a list of `Key: value, Key: value`. After Cisco, "Cisco Secure Firewall Threat Defense
//! Syslog Messages", chapter "Security Event Syslog Messages". Before version 6.3 the same lists came without a number.
//! Bytes and packets are the initiator's and the responder's; Cisco counts them on the layer that it inspects.
//!
//! **Ends.** `SrcIP` is the initiator; of an intrusion it is "the sending host", so an alert on an answer is turned by its
//! ports. **Time.** `FirstPacketSecond` where it stands; else the message's time, minus `ConnectionDuration` at an end.
//! **Once.** Start, end and alerts of one connection are one flow, at its end's place (same device, ends and ports). A start
//! has counters too, but of its first packets only: it counts where no end comes. An alert counts where neither comes.
//!
//! A value may hold commas and colons. A key begins with a capital behind a comma and a blank; of a key that comes twice the
//! first counts, since what visitors send (URL, referer, agent) stands behind what the device knows.

use super::cisco_asa::{Firewall, Message};
use super::syntax::syslog::{self, Stamp};
use super::syntax::{address, number, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Basis, Flow, Moment, Outcome, Protocol, Text};

/// The format.
pub struct CiscoFtd;

impl Format for CiscoFtd {
    fn name(&self) -> &'static str {
        "cisco_ftd"
    }

    fn title(&self) -> &'static str {
        "Cisco FTD events"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let likeness = |line| match Message::of(line) {
            Some(Message { number: 430_001..=430_005, .. }) => Likeness::Certain,
            Some(_) => Likeness::None,
            None if bare(line).is_some() => Likeness::Likely,
            None => Likeness::None,
        };
        sample.lines().take(200).map(likeness).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Firewall::new(setting))
    }
}

/// Which part of a connection an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// 430002.
    Start,
    /// 430003.
    End,
    /// An intrusion, a file, malware.
    Alert,
}

/// An event, read.
pub(super) struct Event<'m> {
    pub flow: Flow<'m>,
    pub part: Part,
}

type Bare<'l> = (&'l [u8], Option<Stamp>, Option<&'l [u8]>);

/// A line without a number, as versions before 6.3 wrote it: both ends must stand in it.
pub(super) fn bare(line: &[u8]) -> Option<Bare<'_>> {
    if line.first().is_some_and(|b| matches!(b, b'{' | b'[' | b'"')) {
        return None;
    }
    memchr::memmem::find(line, b"SrcIP: ")?;
    memchr::memmem::find(line, b"DstIP: ")?;
    let message = syslog::strip(line);
    // The program's tag may have swallowed nothing: a first key ends in a colon too, but then it stands in the line's list.
    let text = match message.program {
        Some(program) if !is_key(program) => message.body,
        Some(_) | None => line,
    };
    Some((text, message.time, message.host))
}

fn is_key(word: &[u8]) -> bool {
    matches!(word, b"SrcIP" | b"DstIP" | b"Protocol" | b"DeviceUUID" | b"EventPriority" | b"AccessControlRuleAction")
}

/// The fields that matter.
#[derive(Default)]
struct Fields<'m> {
    source: Option<&'m [u8]>,
    destination: Option<&'m [u8]>,
    source_port: Option<&'m [u8]>,
    destination_port: Option<&'m [u8]>,
    protocol: Option<&'m [u8]>,
    ingress_zone: Option<&'m [u8]>,
    egress_zone: Option<&'m [u8]>,
    ingress_interface: Option<&'m [u8]>,
    egress_interface: Option<&'m [u8]>,
    action: Option<&'m [u8]>,
    inline: Option<&'m [u8]>,
    file_action: Option<&'m [u8]>,
    rule: Option<&'m [u8]>,
    user: Option<&'m [u8]>,
    service: Option<&'m [u8]>,
    duration: Option<&'m [u8]>,
    first: Option<&'m [u8]>,
    packets_out: Option<&'m [u8]>,
    packets_in: Option<&'m [u8]>,
    bytes_out: Option<&'m [u8]>,
    bytes_in: Option<&'m [u8]>,
}

impl<'m> Fields<'m> {
    fn of(text: &'m [u8]) -> Fields<'m> {
        let mut fields = Fields::default();
        let mut rest = text;
        while let Some((key, after)) = key(rest) {
            let end = value_end(after);
            let value = after[..end].trim_ascii();
            if let Some(slot) = fields.slot(key)
                && slot.is_none()
                && !value.is_empty()
            {
                *slot = Some(value);
            }
            rest = after[end..].strip_prefix(b",").unwrap_or(&after[end..]).trim_ascii_start();
        }
        fields
    }

    fn slot(&mut self, key: &[u8]) -> Option<&mut Option<&'m [u8]>> {
        Some(match key {
            b"SrcIP" | b"InitiatorIP" => &mut self.source,
            b"DstIP" | b"ResponderIP" => &mut self.destination,
            b"SrcPort" | b"InitiatorPort" => &mut self.source_port,
            b"DstPort" | b"ResponderPort" => &mut self.destination_port,
            b"Protocol" => &mut self.protocol,
            b"IngressZone" => &mut self.ingress_zone,
            b"EgressZone" => &mut self.egress_zone,
            b"IngressInterface" => &mut self.ingress_interface,
            b"EgressInterface" => &mut self.egress_interface,
            b"AccessControlRuleAction" => &mut self.action,
            b"InlineResult" => &mut self.inline,
            b"FileAction" => &mut self.file_action,
            b"AccessControlRuleName" => &mut self.rule,
            b"User" => &mut self.user,
            b"ApplicationProtocol" => &mut self.service,
            b"ConnectionDuration" => &mut self.duration,
            b"FirstPacketSecond" => &mut self.first,
            b"InitiatorPackets" => &mut self.packets_out,
            b"ResponderPackets" => &mut self.packets_in,
            b"InitiatorBytes" => &mut self.bytes_out,
            b"ResponderBytes" => &mut self.bytes_in,
            _ => return None,
        })
    }
}

/// The key that the text begins with, and what stands behind its colon.
fn key(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // What stands before the first key (a header without a number) may hold a colon of its own.
    let mut text = text;
    for _ in 0..8 {
        let end = memchr::memchr(b':', &text[..text.len().min(200)])?;
        let key = &text[..end];
        let begin = key.iter().rposition(|b| matches!(b, b' ' | b']')).map_or(0, |at| at + 1);
        if key[begin..].first().is_some_and(u8::is_ascii_uppercase) {
            return Some((&key[begin..], &text[end + 1..]));
        }
        text = &text[end + 1..];
    }
    None
}

/// Where a value ends: at the comma behind which the next key stands.
fn value_end(text: &[u8]) -> usize {
    memchr::memchr_iter(b',', text).find(|at| is_before_key(&text[at + 1..])).unwrap_or(text.len())
}

/// A key is a capital, then letters, digits, underscores, a blank or two, and a colon.
fn is_before_key(text: &[u8]) -> bool {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let length = text
        .iter()
        .take(48)
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'-')))
        .unwrap_or(text.len().min(48));
    length > 1
        && text[0].is_ascii_uppercase()
        && text.get(length) == Some(&b':')
        && matches!(text.get(length + 1), None | Some(b' ' | b','))
}

/// Reads an event; `None` where it lacks an end.
pub(super) fn event(
    number: u32,
    text: &[u8],
    written: Option<Moment>,
    basis: Basis,
) -> Result<Option<Event<'_>>, Fault> {
    let fields = Fields::of(text);
    let (Some(source), Some(destination)) = (fields.source, fields.destination) else { return Ok(None) };
    let end =
        |host: &'_ [u8], field| address::address(host).ok_or_else(|| Fault::of_field(reasons::ADDRESS, field, host));
    let mut flow = Flow::default();
    flow.initiator.address = Some(end(source, "SrcIP")?);
    flow.responder.address = Some(end(destination, "DstIP")?);
    flow.initiator.zone = fields.ingress_zone.or(fields.ingress_interface).map(readable);
    flow.responder.zone = fields.egress_zone.or(fields.egress_interface).map(readable);
    if let Some(protocol) = fields.protocol {
        let read = std::str::from_utf8(protocol).ok().and_then(Protocol::read);
        flow.protocol = match read {
            Some(Protocol::ICMP) if flow.initiator.address.is_some_and(|address| address.is_ipv6()) => {
                Some(Protocol::ICMP6)
            }
            read => read,
        };
    }
    if flow.protocol.is_none_or(Protocol::has_ports) {
        flow.initiator.port = port(fields.source_port, "SrcPort")?;
        flow.responder.port = port(fields.destination_port, "DstPort")?;
    }
    flow.rule = fields.rule.map(readable);
    flow.service = fields.service.filter(|service| *service != b"Unknown").map(readable);
    flow.user = fields.user.and_then(account);
    flow.packets_out = count(reasons::PACKETS, fields.packets_out, "InitiatorPackets")?;
    flow.packets_in = count(reasons::PACKETS, fields.packets_in, "ResponderPackets")?;
    flow.bytes_out = count(reasons::BYTES, fields.bytes_out, "InitiatorBytes")?;
    flow.bytes_in = count(reasons::BYTES, fields.bytes_in, "ResponderBytes")?;
    let part = match (number, fields.duration, fields.bytes_out) {
        (430_002, _, _) => Part::Start,
        (430_003, _, _) | (0, Some(_), _) => Part::End,
        (0, None, Some(_)) => Part::Start,
        (_, _, _) => Part::Alert,
    };
    if part == Part::End {
        let seconds = fields.duration.map(|text| {
            let micros = number::micros(text).and_then(|micros| u64::try_from(micros).ok());
            micros.ok_or_else(|| Fault::of_field(reasons::DURATION, "ConnectionDuration", text))
        });
        flow.duration = seconds.transpose()?;
    }
    (flow.start, flow.basis) = match fields.first.and_then(first_packet) {
        Some(first) => (Some(first), Basis::Explicit),
        None => (written.and_then(|at| at.before(flow.duration.unwrap_or(0))), basis),
    };
    flow.outcome = outcome(&fields, part, &flow);
    let turned =
        matches!((flow.initiator.port, flow.responder.port), (Some(from), Some(to)) if from < 1024 && to >= 1024);
    if part == Part::Alert && number != 430_004 && number != 430_005 && turned {
        std::mem::swap(&mut flow.initiator, &mut flow.responder);
    }
    Ok(Some(Event { flow, part }))
}

/// `2019-08-14T14:54:24Z`, or seconds since the epoch.
fn first_packet(text: &[u8]) -> Option<Moment> {
    match time::read(text) {
        Some(time::Written { local, offset: Some(offset) }) => Some(Moment(local.0 - i64::from(offset) * 1_000_000)),
        Some(time::Written { local, offset: None }) => Some(local),
        None => time::epoch(text).filter(|at| at.0 > 0),
    }
}

fn outcome(fields: &Fields<'_>, part: Part, flow: &Flow<'_>) -> Outcome {
    let says = |field: Option<&[u8]>, word: &[u8]| field.is_some_and(|text| memchr::memmem::find(text, word).is_some());
    let would = says(fields.inline, b"ould");
    if says(fields.action, b"Block") || says(fields.file_action, b"Block") {
        return Outcome::Denied;
    }
    if !would && (says(fields.inline, b"Drop") || says(fields.inline, b"Block") || says(fields.inline, b"Reject")) {
        return Outcome::Denied;
    }
    match part {
        // Nothing came back in all the time that it lasted; over UDP that may be meant so.
        Part::End if flow.packets_in == Some(0) && flow.protocol == Some(Protocol::TCP) => Outcome::Failed,
        Part::Start | Part::End if fields.action.is_some() => Outcome::Established,
        Part::Start | Part::End | Part::Alert => Outcome::Unknown,
    }
}

/// An account; the device has words of its own for none.
fn account(text: &[u8]) -> Option<Text<'_>> {
    let none: [&[u8]; 7] = [
        b"No Authentication Required",
        b"Unknown",
        b"Not Found",
        b"No Authentication",
        b"Guest",
        b"Failed Authentication",
        b"Pending",
    ];
    (!none.contains(&text)).then(|| readable(text))
}

fn port(text: Option<&[u8]>, field: &str) -> Result<Option<u16>, Fault> {
    text.map(|text| number::port(text).ok_or_else(|| Fault::of_field(reasons::PORT, field, text))).transpose()
}

fn count(reason: &'static str, text: Option<&[u8]>, field: &str) -> Result<Option<u64>, Fault> {
    text.map(|text| number::count(text).ok_or_else(|| Fault::of_field(reason, field, text))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    fn values(text: &str) -> Vec<Option<String>> {
        let fields = Fields::of(text.as_bytes());
        let own = |value: Option<&[u8]>| value.map(|value| String::from_utf8_lossy(value).into_owned());
        vec![own(fields.source), own(fields.rule), own(fields.user), own(fields.bytes_in)]
    }

    fn some(texts: [&str; 4]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn values_may_hold_commas_and_colons() {
        assert_eq!(
            values("SrcIP: 10.0.0.1, AccessControlRuleName: web, mail: both, User: AD\\ann, ResponderBytes: 5"),
            some(["10.0.0.1", "web, mail: both", "AD\\ann", "5"])
        );
    }

    #[test]
    fn what_a_visitor_sends_does_not_overrule_the_device() {
        let text = "SrcIP: 10.0.0.1, AccessControlRuleName: a, User: b, ResponderBytes: 5, URL: http://x/, SrcIP: 10.9.9.9, User: c";
        assert_eq!(values(text), some(["10.0.0.1", "a", "b", "5"]));
    }

    #[test]
    fn start_end_and_alert_are_one_connection() {
        let ends = "SrcIP: 10.0.0.1, DstIP: 192.0.2.1, SrcPort: 50000, DstPort: 80, Protocol: tcp";
        let alert = format!("2020-06-11T10:00:01Z fw %FTD-1-430001: {ends}, Message: x\n");
        let start = format!("2020-06-11T10:00:00Z fw %FTD-6-430002: {ends}, InitiatorBytes: 5\n");
        let end = format!("2020-06-11T10:00:09Z fw %FTD-6-430003: {ends}, ConnectionDuration: 9, InitiatorBytes: 99\n");
        let sent = |text: &str| -> Vec<Option<u64>> {
            reading_of(&CiscoFtd, text).flows.iter().map(|flow| flow.bytes_out).collect()
        };
        assert_eq!(sent(&format!("{start}{alert}{end}")), [Some(99)]);
        assert_eq!(sent(&format!("{end}{alert}")), [Some(99)]);
        assert_eq!(sent(&format!("{alert}{start}")), [Some(5)]);
        assert_eq!(sent(&alert), [None]);
    }

    #[test]
    fn an_alert_on_an_answer_is_turned() {
        let text = "%FTD-1-430001: SrcIP: 192.0.2.1, DstIP: 10.0.0.1, SrcPort: 21, DstPort: 39114, Protocol: tcp";
        let flow = &reading_of(&CiscoFtd, text).flows[0];
        assert_eq!(flow.initiator.port, Some(39_114));
    }
}
