//! Cisco Meraki (MX, MR, MS) syslog: `1647478988.289402144 MX84 flows allow src=… dst=…`. After Cisco Meraki Documentation, "Syslog
//! Event Types and Log Samples" and "Syslog Server Overview and Configuration". No record of a flow has bytes.
//!
//! **Verdict.** `allow` or `deny` behind the type or behind `pattern:`; of inbound rules "1=deny and 0=allow". **Time** is the epoch with
//! its fraction. **Ends** are those before translation. **Once.** `ip_flow_start` and `ip_flow_end` of the same ends are one flow, from
//! the one to the other; a rule's verdict, a URL or an alert counts where no such record of the same ends is near. An alert's
//! source is the packet's sender, so one on an answer is turned by its ports. A client's VPN session is one flow, by its end;
//! a tunnel between sites is one from the device to its peer.

use super::held::{Connections, Logins, Mark, Pair, Sessions, Step};
use super::syntax::{address, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Protocol};
use crate::sorting::LeanSort as _;

/// The format.
pub struct CiscoMeraki;

impl Format for CiscoMeraki {
    fn name(&self) -> &'static str {
        "cisco_meraki"
    }

    fn title(&self) -> &'static str {
        "Cisco Meraki"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(100).any(|line| Event::of(line).is_some());
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Meraki::default())
    }
}

/// `epoch device type text`.
struct Event<'r> {
    at: Moment,
    device: &'r [u8],
    kind: &'r [u8],
    text: &'r [u8],
}

impl<'r> Event<'r> {
    fn of(line: &'r [u8]) -> Option<Event<'r>> {
        let line = super::without_mark(line);
        if matches!(line.first(), Some(b'{' | b'"' | b'[')) {
            return None;
        }
        let mut rest = line;
        // A relay's header may stand before the epoch: a dozen words at most.
        for _ in 0..12 {
            let (word, after) = word(rest);
            if word.is_empty() {
                return None;
            }
            let epoch = word.rsplit(|b| *b == b'>').next().unwrap_or(word);
            if is_epoch(epoch) {
                let (device, after) = self::word(after);
                let (kind, text) = self::word(after);
                let known = matches!(
                    kind,
                    b"flows"
                        | b"urls"
                        | b"events"
                        | b"security_event"
                        | b"ids-alerts"
                        | b"ip_flow_start"
                        | b"ip_flow_end"
                        | b"airmarshal_events"
                        | b"firewall"
                        | b"l7_firewall"
                ) || kind.ends_with(b"_firewall");
                let at = number::micros(epoch).map(Moment)?;
                return known.then_some(Event { at, device, kind, text: text.trim_ascii() });
            }
            rest = after;
        }
        None
    }

    /// The value of a key: up to a blank, or in quotes.
    fn value(&self, key: &[u8]) -> Option<&'r [u8]> {
        let mut from = 0;
        loop {
            let at = from + memchr::memmem::find(&self.text[from..], key)?;
            from = at + key.len();
            let begins = at == 0 || self.text[at - 1] == b' ';
            if begins && self.text.get(from) == Some(&b'=') {
                let value = self.text[from + 1..].trim_ascii_start();
                return Some(match value.strip_prefix(b"'") {
                    Some(inner) => &inner[..memchr::memchr(b'\'', inner).unwrap_or(inner.len())],
                    None => &value[..memchr::memchr(b' ', value).unwrap_or(value.len())],
                });
            }
        }
    }

    fn flow(&self) -> Result<Flow<'r>, Fault> {
        let mut flow = Flow {
            start: Some(self.at),
            basis: Basis::Explicit,
            sensor: Some(readable(self.device)),
            ..Flow::default()
        };
        flow.initiator = self.end("src")?;
        flow.responder = self.end("dst")?;
        flow.protocol = self.value(b"protocol").and_then(protocol);
        if let Some(port) = self.value(b"sport") {
            flow.initiator.port =
                Some(number::port(port).ok_or_else(|| Fault::of_field(reasons::PORT, "sport", port))?);
        }
        if let Some(port) = self.value(b"dport") {
            flow.responder.port =
                Some(number::port(port).ok_or_else(|| Fault::of_field(reasons::PORT, "dport", port))?);
        }
        Ok(flow)
    }

    fn end(&self, key: &str) -> Result<Endpoint<'r>, Fault> {
        let Some(found) = self.value(key.as_bytes()).filter(|found| !found.is_empty()) else {
            return Err(Fault::new(reasons::NO_ADDRESS, format!("{key} is absent")));
        };
        let with_port = || {
            // An IPv6 address has no brackets before its port here.
            let at = memchr::memrchr(b':', found)?;
            Some((address::address(&found[..at])?, Some(number::port(&found[at + 1..])?)))
        };
        let read = if matches!(self.kind, b"urls" | b"security_event" | b"ids-alerts") {
            with_port().or_else(|| address::address_and_port(found))
        } else {
            address::address_and_port(found).or_else(with_port)
        };
        let (address, port) = read.ok_or_else(|| Fault::of_field(reasons::ADDRESS, key, found))?;
        Ok(Endpoint { address: Some(address), port, ..Endpoint::default() })
    }
}

/// `1647478988.289402144`.
fn is_epoch(word: &[u8]) -> bool {
    let point = memchr::memchr(b'.', word);
    point.is_some_and(|at| {
        (9..=10).contains(&at)
            && word.len() > at + 1
            && word.iter().enumerate().all(|(n, b)| n == at || b.is_ascii_digit())
    })
}

/// `tcp`, `tcp/ip`, `6`, `icmp6`.
fn protocol(text: &[u8]) -> Option<Protocol> {
    let bare = text.split(|b| *b == b'/').next().unwrap_or(text);
    std::str::from_utf8(bare).ok().and_then(Protocol::read)
}

#[derive(Default)]
struct Meraki {
    connections: Connections,
    sessions: Sessions,
    logins: Logins,
}

impl Parser for Meraki {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let Some(event) = Event::of(record.bytes) else {
            return Disposition::Skipped(reasons::ELSEWHERE.into());
        };
        self.read_event(&event, record, flows).unwrap_or_else(Disposition::Malformed)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.connections.rest();
        rest.extend(self.sessions.rest());
        rest.extend(self.logins.rest());
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

impl Meraki {
    fn read_event(
        &mut self,
        event: &Event<'_>,
        record: Record<'_>,
        flows: &mut Sink<'_>,
    ) -> Result<Disposition, Fault> {
        match event.kind {
            b"events" => Ok(self.device_event(event, record, flows)),
            b"airmarshal_events" => Ok(Disposition::Skipped("radio event, no connection".into())),
            b"ip_flow_start" => {
                let flow = Flow { outcome: Outcome::Established, ..event.flow()? };
                let device = self.connections.device(event.device);
                let mark = Mark::Ends(Pair::of(&flow, None));
                let mut flow = flow.into_owned();
                if let Some((_, hint)) = self.connections.own(Pair::of(&flow, None)) {
                    super::held::fill(&mut flow, &hint);
                }
                let kept = self.connections.begin(device, mark, (record.place, flow), flows);
                Ok(if kept {
                    Disposition::Skipped("start of a flow, which counts once, by its end".into())
                } else {
                    Disposition::Parsed
                })
            }
            b"ip_flow_end" => {
                let mut flow = Flow { outcome: Outcome::Established, ..event.flow()? };
                let pair = Pair::of(&flow, None);
                self.connections.own(pair);
                let device = self.connections.device(event.device);
                if let Some((_, begun)) = self.connections.end(device, Mark::Ends(pair))
                    && let Some(start) = begun.start
                    && let Ok(micros) = u64::try_from(event.at.0.saturating_sub(start.0))
                {
                    (flow.start, flow.duration, flow.rule) = (Some(start), Some(micros), begun.rule);
                }
                flows(&flow, record.place);
                Ok(Disposition::Parsed)
            }
            b"urls" => {
                let mut flow = Flow { outcome: Outcome::Established, protocol: Some(Protocol::TCP), ..event.flow()? };
                let scheme = memchr::memmem::find(event.text, b"://");
                flow.service = scheme.map(|at| {
                    let word = event.text[..at].rsplit(|b| *b == b' ').next().unwrap_or_default();
                    readable(word)
                });
                Ok(self.hint(flow, record, flows))
            }
            b"security_event" | b"ids-alerts" => {
                let mut flow = event.flow()?;
                let decision = event.value(b"decision").or_else(|| event.value(b"action")).unwrap_or_default();
                flow.outcome = match decision {
                    b"blocked" | b"block" => Outcome::Denied,
                    b"allowed" | b"allow" => Outcome::Established,
                    _ => Outcome::Unknown,
                };
                flow.rule = event.value(b"signature").map(readable);
                let turned = matches!((flow.initiator.port, flow.responder.port), (Some(from), Some(to)) if from < 1024 && to >= 1024);
                if turned {
                    std::mem::swap(&mut flow.initiator, &mut flow.responder);
                }
                if flow.outcome == Outcome::Denied {
                    flows(&flow, record.place);
                    return Ok(Disposition::Parsed);
                }
                Ok(self.hint(flow, record, flows))
            }
            _ => {
                let mut flow = event.flow()?;
                let pattern = memchr::memmem::find(event.text, b"pattern:").map(|at| event.text[at + 8..].trim_ascii());
                flow.outcome = match (word(event.text).0, pattern.map(|pattern| (word(pattern).0, pattern))) {
                    (b"allow", _) => Outcome::Established,
                    (b"deny", _) => Outcome::Denied,
                    (_, Some((b"allow" | b"0", _))) => Outcome::Established,
                    (_, Some((b"deny" | b"1", _))) => Outcome::Denied,
                    (_, Some((_, pattern))) if pattern.ends_with(b"Allow") => Outcome::Established,
                    (_, Some((_, pattern))) if pattern.ends_with(b"Deny") => Outcome::Denied,
                    (_, _) => Outcome::Unknown,
                };
                flow.rule = pattern.map(readable);
                if flow.outcome == Outcome::Denied {
                    flows(&flow, record.place);
                    return Ok(Disposition::Parsed);
                }
                Ok(self.hint(flow, record, flows))
            }
        }
    }

    fn hint(&mut self, flow: Flow<'_>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let pair = Pair::of(&flow, None);
        // Without ports, two exchanges of the same hosts can't be told apart, and each counts.
        let told = flow.initiator.port.is_some() && self.connections.is_told(pair);
        if told {
            return Disposition::Skipped("told again by another record of the connection".into());
        }
        if flow.initiator.port.is_none() {
            flows(&flow, record.place);
            return Disposition::Parsed;
        }
        self.connections.hint(pair, (record.place, flow.into_owned()), flows);
        Disposition::Skipped("word of a connection, which counts by its flow, or by this record if none comes".into())
    }

    /// A tunnel to another site: `IKE_SA … established between LOCAL[…]...REMOTE[…]`, whose child associations are part of it; or a peer
    /// of Auto VPN, to which the way is open or lost. Neither says who called, so the device itself stands first.
    fn between_sites<'r>(&self, event: &Event<'r>, flow: &Flow<'r>) -> Option<Flow<'r>> {
        let behind = |words: &[u8]| memchr::memmem::find(event.text, words).map(|at| &event.text[at + words.len()..]);
        let mut flow = Flow { initiator: Endpoint::default(), responder: Endpoint::default(), ..flow.clone() };
        let host = |text: &'r [u8]| {
            let address = address::address(text.split(|b| *b == b'[').next()?)?;
            Some(Endpoint { address: Some(address), ..Endpoint::default() })
        };
        if let Some(ends) = behind(b"IKE_SA ").and_then(|_| behind(b" established between ")) {
            let dots = memchr::memmem::find(ends, b"...")?;
            (flow.initiator, flow.responder) = (host(&ends[..dots])?, host(&ends[dots + 3..])?);
            return Some(flow);
        }
        if event.value(b"type") != Some(b"vpn_connectivity_change") {
            return None;
        }
        let (address, port) = address::address_and_port(event.value(b"peer_contact")?)?;
        flow.initiator.name = flow.sensor.clone();
        flow.responder = Endpoint { address: Some(address), port, ..Endpoint::default() };
        flow.protocol = Some(Protocol::UDP);
        if event.value(b"connectivity") == Some(b"false") {
            flow.outcome = Outcome::Failed;
        }
        Some(flow)
    }

    /// Clients' VPN sessions and logins among the device's events.
    fn device_event(&mut self, event: &Event<'_>, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        const OTHER: &str = "device event, no connection";
        let text = event.text;
        let behind = |words: &[u8]| memchr::memmem::find(text, words).map(|at| &text[at + words.len()..]);
        let mut flow = Flow {
            kind: Kind::Session,
            start: Some(event.at),
            basis: Basis::Explicit,
            sensor: Some(readable(event.device)),
            outcome: Outcome::Established,
            ..Flow::default()
        };
        flow.responder.name = flow.sensor.clone();
        let ends =
            |stop: u8| move |text: &[u8]| text.iter().position(|b| *b == stop || *b == b' ').unwrap_or(text.len());
        if let Some(flow) = self.between_sites(event, &flow) {
            flows(&flow, record.place);
            return Disposition::Parsed;
        }
        let peer = behind(b"connected from ").or_else(|| behind(b"Peer IP="));
        let Some(peer) = peer.map(|peer| word(peer).0) else { return Disposition::Skipped(OTHER.into()) };
        let Some(address) = address::address(peer) else { return Disposition::Skipped(OTHER.into()) };
        flow.initiator.address = Some(address);
        let user = match (behind(b"user id '"), behind(b"User["), behind(b"User=")) {
            (Some(rest), _, _) => Some(&rest[..memchr::memchr(b'\'', rest).unwrap_or(rest.len())]),
            (None, Some(rest), _) => Some(&rest[..memchr::memchr(b']', rest).unwrap_or(rest.len())]),
            (None, None, Some(rest)) => Some(&rest[..ends(b':')(rest)]),
            (None, None, None) => None,
        };
        flow.user =
            user.map(|user| user.strip_suffix(b":").unwrap_or(user)).filter(|user| !user.is_empty()).map(readable);
        let assigned = behind(b"local ip ").or_else(|| behind(b"assigned IP ")).map(|rest| word(rest).0);
        flow.initiator.name = assigned.filter(|ip| address::address(ip).is_some()).map(readable);
        let device = self.connections.device(event.device);
        let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
        if has(b"_vpn_auth_success") || has(b"_vpn_auth_failure") {
            flow.kind = Kind::Logon;
            let admitted = has(b"_vpn_auth_success");
            flow.outcome = if admitted { Outcome::Established } else { Outcome::Denied };
            flow.initiator.name = None;
            self.logins.step(device, admitted, 1, (record.place, flow.into_owned()), flows);
            return Disposition::Skipped("step of a login, which counts once".into());
        }
        let step = if has(b"Session disconnected") {
            let field =
                |name: &[u8]| behind(name).map(|rest| &rest[..memchr::memchr(b',', rest).unwrap_or(rest.len())]);
            // What the device calls transmitted went to the person.
            flow.bytes_in = field(b"Bytes xmt: ").and_then(number::count);
            flow.bytes_out = field(b"Bytes rcv: ").and_then(number::count);
            flow.duration = field(b"Duration: ").and_then(|text| super::cisco_asa::lasting(text).ok());
            flow.start = event.at.before(flow.duration.unwrap_or(0));
            Step::Close
        } else if has(b"vpn_disconnect") {
            Step::Over
        } else {
            Step::Note
        };
        let out = self.sessions.step(device, step, (record.place, flow.into_owned()), flows);
        if out { Disposition::Parsed } else { Disposition::Skipped("step of a VPN session, which counts once".into()) }
    }
}

/// The first word, and what stands behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    text.split_at(memchr::memchr(b' ', text).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn inbound_patterns_are_numbers() {
        let outcome = |pattern: &str| {
            let line = format!(
                "1647478988.5 MX flows src=10.0.0.1 dst=10.0.0.2 protocol=udp sport=1 dport=2 pattern: {pattern}"
            );
            reading_of(&CiscoMeraki, &line).flows[0].outcome
        };
        assert_eq!(outcome("1 all"), Outcome::Denied);
        assert_eq!(outcome("0 all"), Outcome::Established);
        assert_eq!(outcome("Group Policy Allow"), Outcome::Established);
        assert_eq!(outcome("deny (src 10.0.0.0/8)"), Outcome::Denied);
    }

    #[test]
    fn start_and_end_are_one_flow() {
        let line = |at: &str, kind: &str| {
            format!("<134>1 {at} MX {kind} src=10.0.0.1 dst=192.0.2.1 protocol=tcp sport=5 dport=80\n")
        };
        let text = format!("{}{}", line("1647479278.25", "ip_flow_start"), line("1647479288.75", "ip_flow_end"));
        let flows = reading_of(&CiscoMeraki, &text).flows;
        assert_eq!(flows.len(), 1);
        assert_eq!((flows[0].start, flows[0].duration), (Some(Moment(1_647_479_278_250_000)), Some(10_500_000)));
    }
}
