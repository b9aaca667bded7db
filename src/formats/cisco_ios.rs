//! Cisco IOS, IOS XE, IOS XR and NX-OS: what routers and switches log of connections among everything else that they log. After
//! Cisco, "System Message Guide" (facilities SEC, IPV6, FMANFP, ACL, ACLLOG, FW, IPS, SEC_LOGIN, SSH, TCP, CRYPTO).
//!
//! Read: access lists (`IPACCESSLOGP` and its kin, NX-OS `ACLLOG`), where one record counts the packets of one direction in up to
//! five minutes; sessions of the zone-based and the classic firewall (`SESS_AUDIT_TRAIL`, bytes as payload of each side, start and
//! stop one flow) and what it drops; IPS signatures; logins to the device. Everything else is passed over by its mnemonic.
//!
//! **Time** is the device's own, which stands last before the mnemonic (`*` before a clock that is not set), else the relay's. An
//! audit trail's stop gives no duration: the flow begins at its start if that was logged, else at its stop.

use super::held::{Connections, Mark, Pair};
use super::syntax::syslog::{self, Stamp};
use super::syntax::years::Years;
use super::syntax::{address, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Outcome, Protocol, Text};
use crate::sorting::LeanSort as _;

/// The format.
pub struct CiscoIos;

impl Format for CiscoIos {
    fn name(&self) -> &'static str {
        "cisco_ios"
    }

    fn title(&self) -> &'static str {
        "Cisco IOS and NX-OS"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let likeness = |line| match Message::of(line) {
            Some(message) if message.tells_of_ends() => Likeness::Certain,
            Some(_) => Likeness::Likely,
            None => Likeness::None,
        };
        sample.lines().take(200).map(likeness).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Router { years: Years::new(setting.clock), sessions: Connections::default() })
    }
}

/// A message: `%FACILITY-6-MNEMONIC: text`.
struct Message<'r> {
    line: &'r [u8],
    header: &'r [u8],
    facility: &'r [u8],
    mnemonic: &'r [u8],
    text: &'r [u8],
}

impl<'r> Message<'r> {
    /// The last message of a line: IOS XE puts its firewall's inside a platform message.
    fn of(line: &'r [u8]) -> Option<Message<'r>> {
        let line = super::without_mark(line);
        let head = &line[..line.len().min(400)];
        let found = memchr::memchr_iter(b'%', head).filter_map(|at| Message::at(line, at)).next_back();
        let found = found.or_else(|| Message::of_web(line))?;
        // Inside JSON or another format's value it is somebody else's to unwrap.
        (!found.header.iter().any(|b| matches!(b, b'"' | b'{' | b'|'))).then_some(found)
    }

    fn at(line: &'r [u8], at: usize) -> Option<Message<'r>> {
        let rest = &line[at + 1..];
        let name = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        let end = rest.iter().position(|b| !name(b))?;
        let (word, text) = rest.split_at(end);
        let text = text.trim_ascii_start().strip_prefix(b":")?.trim_ascii();
        let dash = memchr::memrchr(b'-', word)?;
        let (before, mnemonic) = (&word[..dash], &word[dash + 1..]);
        let [facility @ .., b'-', b'0'..=b'7'] = before else { return None };
        // The ASA's own messages have numbers for mnemonics.
        let worded =
            mnemonic.len() > 1 && mnemonic.iter().any(u8::is_ascii_uppercase) && mnemonic[0].is_ascii_uppercase();
        let known = !facility.is_empty() && facility[0].is_ascii_uppercase() && facility.len() < 48;
        (worded && known).then_some(Message { line, header: &line[..at], facility, mnemonic, text })
    }

    /// What the device's web server says, which bears no mnemonic: `New https connection for user ann, source … destination … ACCEPTED`.
    fn of_web(line: &'r [u8]) -> Option<Message<'r>> {
        let head = &line[..line.len().min(400)];
        let at = memchr::memmem::find(head, b" connection for user ")
            .filter(|at| head[..*at].ends_with(b"http") || head[..*at].ends_with(b"https"))?;
        let from = memchr::memmem::find(head, b", source ").filter(|from| *from > at)?;
        memchr::memmem::find(&head[from..], b" destination ")?;
        // `New` stands before the protocol.
        let begin = memchr::memrchr(b' ', &head[..at])
            .map_or(0, |blank| head[..blank].iter().rposition(|b| *b == b' ').map_or(0, |word| word + 1));
        Some(Message {
            line,
            header: &line[..begin],
            facility: b"HTTP",
            mnemonic: b"WEB_CONNECTION",
            text: &line[begin..],
        })
    }

    fn tells_of_ends(&self) -> bool {
        let has = |word: &[u8]| memchr::memmem::find(self.mnemonic, word).is_some();
        has(b"ACCESSLOG")
            || has(b"ACLLOG")
            || has(b"SESS_AUDIT")
            || has(b"DROP_PKT")
            || has(b"LOGIN_")
            || has(b"WEB_CONNECTION")
    }

    /// The device's own time, and the device, from the header in all its forms.
    fn origin(&self) -> (Option<Stamp>, Option<&'r [u8]>) {
        let header = &self.header[self.header.len().saturating_sub(320)..];
        let stripped = syslog::strip(self.line);
        let (mut time, mut begin, mut at) = (stripped.time, header.len(), 0);
        while at < header.len() {
            let starts = at == 0 || matches!(header[at - 1], b' ' | b':' | b'>' | b'*' | b'.');
            let read = header[at..].first().filter(|b| starts && b.is_ascii_alphanumeric());
            match read.and_then(|_| syslog::stamp(&header[at..])) {
                // `2020 Jun 11 10:00:00` holds a time without its year too: go on behind it.
                Some((stamp, rest)) => {
                    (time, begin) = (Some(stamp), at);
                    at = header.len() - rest.len();
                }
                None => at += 1,
            }
        }
        let word = |word: &&[u8]| {
            word.len() > 1
                && word.iter().any(|b| b.is_ascii_alphabetic() || *b == b'.')
                && !word.ends_with(b"]")
                && (word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
                    || address::address(word).is_some())
        };
        let before = &header[..begin];
        let words = before.split(|b| matches!(b, b' ' | b'>' | b'*'));
        let fallback = words.map(|word| word.strip_suffix(b":").unwrap_or(word)).rfind(word);
        let host = stripped.host.filter(|host| host.iter().any(|b| !b.is_ascii_digit()));
        (time, fallback.filter(|word| !is_month(word)).or(host))
    }
}

fn is_month(word: &[u8]) -> bool {
    let months: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    months.contains(&word)
}

struct Router {
    years: Years,
    sessions: Connections,
}

/// What a message came to.
enum Said<'m> {
    Flow(Flow<'m>),
    Start(Flow<'m>),
    Stop(Flow<'m>),
    Nothing(&'static str),
}

impl Parser for Router {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let Some(message) = Message::of(record.bytes) else {
            return Disposition::Skipped(reasons::ELSEWHERE.into());
        };
        let said = match said(&message) {
            Ok(said) => said,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let (time, host) = message.origin();
        let written = time.and_then(|stamp| self.years.settle(stamp));
        let dress = |mut flow: Flow<'static>| {
            (flow.start, flow.basis) = written.map_or((None, Basis::Unknown), |(at, basis)| (Some(at), basis));
            flow.sensor = host.map(|host| Text::Owned(readable(host).into_owned()));
            if !flow.responder.is_known() {
                let name = flow.sensor.clone().unwrap_or(Text::Borrowed("unnamed router"));
                flow.responder.address = address::address(name.as_bytes());
                flow.responder.name = flow.responder.address.is_none().then_some(name);
            }
            flow
        };
        let device = self.sessions.device(host.unwrap_or_default());
        match said {
            Said::Flow(flow) => {
                flows(&dress(flow.into_owned()), record.place);
                Disposition::Parsed
            }
            Said::Start(flow) => {
                let flow = dress(flow.into_owned());
                let mark = Mark::Ends(Pair::of(&flow, None));
                let kept = self.sessions.begin(device, mark, (record.place, flow), flows);
                if kept {
                    Disposition::Skipped("start of a session, which counts once, by its stop".into())
                } else {
                    Disposition::Parsed
                }
            }
            Said::Stop(flow) => {
                let mut flow = dress(flow.into_owned());
                if let Some((_, begun)) = self.sessions.end(device, Mark::Ends(Pair::of(&flow, None)))
                    && let (Some(start), Some(stop)) = (begun.start, flow.start)
                    && let Ok(micros) = u64::try_from(stop.0.saturating_sub(start.0))
                {
                    (flow.start, flow.duration) = (Some(start), Some(micros));
                }
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Said::Nothing(reason) => Disposition::Skipped(reason.into()),
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.sessions.rest();
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

fn said<'m>(message: &Message<'m>) -> Result<Said<'m>, Fault> {
    let has = |word: &[u8]| memchr::memmem::find(message.mnemonic, word).is_some();
    let text = message.text;
    if has(b"ACCESSLOGRL") {
        return Ok(Said::Nothing("access list rate-limited: packets were not logged"));
    }
    if has(b"ACCESSLOG") {
        return access_list(text);
    }
    if has(b"ACLLOG_FLOW_INTERVAL") || has(b"ACLLOG_NEW_FLOW") {
        return nexus(text).map(Said::Flow);
    }
    match message.mnemonic {
        b"SESS_AUDIT_TRAIL_START" => audit(text).map(|flow| flow.map_or(UNREAD, Said::Start)),
        b"SESS_AUDIT_TRAIL" => audit(text).map(|flow| flow.map_or(UNREAD, Said::Stop)),
        b"DROP_PKT" | b"LOG_SUMMARY" => dropped(text),
        b"SIGNATURE" if message.facility == b"IPS" || message.facility == b"IDS" => signature(text),
        b"LOGIN_SUCCESS" | b"WEBLOGIN_SUCCESS" => login(text, Outcome::Established),
        b"LOGIN_FAILED" | b"WEBLOGIN_FAILED" => login(text, Outcome::Denied),
        b"SSH2_USERAUTH" => ssh(text),
        // The last ones of IOS XR's SSH server.
        b"LOGIN_PASSED" | b"AUTH_PASSED" | b"INFO_SUCCESS" => Ok(told_in_words(text, Outcome::Established)),
        b"AUTH_FAILED" | b"AUTHENTICATION_FAILED" | b"INFO_FAILURE" => Ok(told_in_words(text, Outcome::Denied)),
        b"WEB_CONNECTION" => Ok(web_connection(text)),
        b"BADAUTH" | b"BADAUTH_KEY" => bad_digest(text),
        b"RECVD_PKT_INV_SPI" | b"RECVD_PKT_NOT_IPSEC" => ipsec(text),
        _ => Ok(UNREAD),
    }
}

const UNREAD: Said<'static> = Said::Nothing("router message that names no two ends");

/// `list 150 denied tcp 10.0.0.1(1234) [interface] -> 10.0.0.2(80), 1 packet`.
fn access_list(text: &[u8]) -> Result<Said<'_>, Fault> {
    let broken = || Fault::new("an access list's message does not read as one", readable(&text[..text.len().min(480)]));
    let begin = memchr::memmem::find(text, b"list ").ok_or_else(broken)?;
    let (name, rest) = word(&text[begin + 5..]);
    let (verdict, rest) = word(rest);
    let outcome = match verdict {
        b"denied" | b"deny" => Outcome::Denied,
        b"permitted" | b"permit" => Outcome::Established,
        _ => return Err(broken()),
    };
    let Some(arrow) = memchr::memmem::find(rest, b"->") else {
        return Ok(Said::Nothing("standard access list: the message names the source only"));
    };
    let (protocol, from) = word(&rest[..arrow]);
    let to = &rest[arrow + 2..];
    let mut flow = Flow { outcome, one_way: true, rule: Some(readable(name)), ..Flow::default() };
    flow.protocol = std::str::from_utf8(protocol).ok().and_then(Protocol::read);
    flow.initiator = first_end(from).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "source", from))?;
    flow.responder = first_end(to).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "destination", to))?;
    if flow.protocol == Some(Protocol::ICMP) && flow.initiator.address.is_some_and(|a| a.is_ipv6()) {
        flow.protocol = Some(Protocol::ICMP6);
    }
    let count = memchr::memrchr(b',', to).map(|comma| word(&to[comma + 1..]).0);
    flow.packets_out = count.and_then(number::count);
    Ok(Said::Flow(flow))
}

/// The first word that is an address, with its port: hardware addresses and interfaces may stand around it.
fn first_end(text: &[u8]) -> Option<Endpoint<'_>> {
    text.split(|b| matches!(b, b' ' | b',')).find_map(end)
}

/// `10.0.0.1(80)`, `10.0.0.1:80`, `10.0.0.1`, `[2001:db8::1]:80`.
fn end(word: &[u8]) -> Option<Endpoint<'_>> {
    let (host, port) = match memchr::memchr(b'(', word) {
        Some(open) => (&word[..open], number::port(word[open + 1..].split(|b| *b == b')').next().unwrap_or_default())),
        None => (word, None),
    };
    let (address, behind) = address::address_and_port(host)?;
    Some(Endpoint { address: Some(address), port: port.or(behind), ..Endpoint::default() })
}

/// `Src IP: 10.0.0.1, Dst IP: 10.0.0.2, Src Port: 0, Dst Port: 0, Src Intf: Ethernet4/1, Protocol: "ICMP"(1), Hit-count = 2`.
fn nexus(text: &[u8]) -> Result<Flow<'_>, Fault> {
    let field = |name: &[u8]| {
        let at = memchr::memmem::find(text, name)? + name.len();
        Some(text[at..].split(|b| *b == b',').next().unwrap_or_default().trim_ascii())
    };
    let host = |name: &'static str| {
        let found = field(name.as_bytes()).unwrap_or_default();
        address::address(found).ok_or_else(|| Fault::of_field(reasons::ADDRESS, name, found))
    };
    let mut flow = Flow { one_way: true, ..Flow::default() };
    flow.initiator.address = Some(host("Src IP:")?);
    flow.responder.address = Some(host("Dst IP:")?);
    flow.initiator.zone = field(b"Src Intf:").map(readable);
    flow.rule = field(b"ACL Name:").map(readable);
    let protocol = field(b"Protocol:").unwrap_or_default();
    let digits = protocol.rsplit(|b| *b == b'(').next().unwrap_or_default();
    let digits = digits.strip_suffix(b")").unwrap_or(digits);
    flow.protocol = std::str::from_utf8(digits).ok().and_then(Protocol::read);
    if flow.protocol.is_some_and(Protocol::has_ports) {
        flow.initiator.port = field(b"Src Port:").and_then(number::port);
        flow.responder.port = field(b"Dst Port:").and_then(number::port);
    }
    flow.outcome = match field(b"ACL Action:") {
        Some(b"Permit") => Outcome::Established,
        Some(b"Deny") => Outcome::Denied,
        Some(_) | None => Outcome::Unknown,
    };
    flow.packets_out = field(b"Hit-count =").and_then(number::count);
    Ok(flow)
}

/// `(…):Stop tcp session: initiator (10.0.0.1:1027) sent 344 bytes -- responder (10.0.0.2:80) sent 3500 bytes, from …`.
fn audit(text: &[u8]) -> Result<Option<Flow<'_>>, Fault> {
    let (Some(session), Some(initiator), Some(responder)) = (
        memchr::memmem::find(text, b" session"),
        memchr::memmem::find(text, b"initiator ("),
        memchr::memmem::find(text, b"responder ("),
    ) else {
        return Ok(None);
    };
    let parse = |at: usize| {
        let inner = &text[at..];
        let (inside, behind) = inner.split_at(memchr::memchr(b')', inner).unwrap_or(inner.len()));
        let found = end(inside).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "an end", inside))?;
        let sent = behind.strip_prefix(b") sent ").map(|rest| word(rest).0);
        let bytes = match sent {
            Some(sent) => Some(number::count(sent).ok_or_else(|| Fault::of_field(reasons::BYTES, "sent", sent))?),
            None => None,
        };
        Ok((found, bytes))
    };
    let mut flow = Flow { outcome: Outcome::Established, ..Flow::default() };
    (flow.initiator, flow.bytes_out) = parse(initiator + "initiator (".len())?;
    (flow.responder, flow.bytes_in) = parse(responder + "responder (".len())?;
    let name = text[..session].rsplit(|b| matches!(b, b' ' | b':')).next().unwrap_or_default();
    match std::str::from_utf8(name).ok().and_then(Protocol::read) {
        Some(protocol) => flow.protocol = Some(protocol),
        None => flow.service = Some(readable(name)),
    }
    if flow.protocol.is_some_and(|protocol| !protocol.has_ports()) {
        (flow.initiator.port, flow.responder.port) = (None, None);
    }
    Ok(Some(flow))
}

/// `Dropping tcp pkt from Gi1 10.0.0.1:5 => 10.0.0.2:80(target:class)-(…)`, `Dropping tcp session 10.0.0.1:5 10.0.0.2:80 on …`,
/// `2 packets were dropped from 10.0.0.1:5 => 10.0.0.2:80 (…)`.
fn dropped(text: &[u8]) -> Result<Said<'_>, Fault> {
    let mut ends = text.split(|b| matches!(b, b' ' | b'(' | b')' | b',')).filter_map(end);
    let (Some(from), Some(to)) = (ends.next(), ends.next()) else { return Ok(UNREAD) };
    let mut flow = Flow { outcome: Outcome::Denied, initiator: from, responder: to, one_way: true, ..Flow::default() };
    let mut words = text.split(|b| *b == b' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if first == b"Dropping" {
        flow.protocol = std::str::from_utf8(second).ok().and_then(Protocol::read);
    } else {
        flow.packets_out = number::count(first);
    }
    Ok(Said::Flow(flow))
}

/// `Sig:2004 Subsig:0 Sev:25 ICMP Echo Req [10.0.0.1:0 -> 10.0.0.2:0] VRF:NONE`.
fn signature(text: &[u8]) -> Result<Said<'_>, Fault> {
    let mut ends = text.split(|b| matches!(b, b' ' | b'[' | b']')).filter_map(end);
    let (Some(mut from), Some(mut to)) = (ends.next(), ends.next()) else { return Ok(UNREAD) };
    // What has no ports is written with 0.
    if (from.port, to.port) == (Some(0), Some(0)) {
        (from.port, to.port) = (None, None);
    }
    Ok(Said::Flow(Flow { initiator: from, responder: to, ..Flow::default() }))
}

/// `Login Success [user: ann] [Source: 10.0.0.1] [localport: 22] at …`.
fn login(text: &[u8], outcome: Outcome) -> Result<Said<'_>, Fault> {
    let field = |name: &[u8]| {
        let at = memchr::memmem::find(text, name)? + name.len();
        Some(text[at..].split(|b| *b == b']').next().unwrap_or_default().trim_ascii())
    };
    let source = field(b"[Source:").unwrap_or_default();
    let Some(from) = end(source).filter(|end| end.address.is_some_and(|address| !address.is_unspecified())) else {
        return Ok(Said::Nothing("login at the device itself"));
    };
    let mut flow = Flow { kind: Kind::Logon, outcome, initiator: from, ..Flow::default() };
    flow.user = field(b"[user:").filter(|user| !user.is_empty()).map(readable);
    flow.responder.port = field(b"[localport:").and_then(number::port);
    Ok(Said::Flow(flow))
}

/// `User 'ann' authentication for SSH2 Session from 10.0.0.1 (tty = 0) using crypto cipher '…', hmac '…' Succeeded`.
fn ssh(text: &[u8]) -> Result<Said<'_>, Fault> {
    let Some(at) = memchr::memmem::find(text, b" from ") else { return Ok(UNREAD) };
    let Some(from) = end(word(&text[at + 6..]).0) else { return Ok(UNREAD) };
    let outcome = if text.ends_with(b"Succeeded") { Outcome::Established } else { Outcome::Denied };
    let user = text.strip_prefix(b"User '").and_then(|rest| rest.split(|b| *b == b'\'').next());
    let service = Some(Text::Borrowed("ssh"));
    Ok(Said::Flow(Flow {
        kind: Kind::Logon,
        outcome,
        initiator: from,
        user: user.map(readable),
        service,
        ..Flow::default()
    }))
}

/// `Login Successful from host 10.0.0.1 by user 'ann' using …`, `User 'ann' authenticated successfully from 10.0.0.1:5 for netconf`.
fn told_in_words(text: &[u8], outcome: Outcome) -> Said<'_> {
    let behind = |words: &[u8]| memchr::memmem::find(text, words).map(|at| &text[at + words.len()..]);
    let source = behind(b" from host ").or_else(|| behind(b" from "));
    let source = source.map(|rest| {
        let mut word = word(rest).0;
        while let [b'\'', rest @ ..] | [rest @ .., b'\'' | b','] = word {
            word = rest;
        }
        word
    });
    let Some(from) = source.and_then(end) else { return UNREAD };
    let user = behind(b"ser '").and_then(|rest| rest.split(|b| *b == b'\'').next());
    Said::Flow(Flow { kind: Kind::Logon, outcome, initiator: from, user: user.map(readable), ..Flow::default() })
}

/// `New https connection for user ann, source 10.0.0.1 destination 10.0.0.2 ACCEPTED`.
fn web_connection(text: &[u8]) -> Said<'_> {
    let behind = |words: &[u8]| memchr::memmem::find(text, words).map(|at| &text[at + words.len()..]);
    let side = |words: &[u8]| behind(words).and_then(|rest| end(word(rest).0));
    let (Some(from), Some(to)) = (side(b", source "), side(b" destination ")) else { return UNREAD };
    let verdict = behind(b" destination ").map(|rest| word(word(rest).1).0);
    let outcome = match verdict {
        Some(b"ACCEPTED") => Outcome::Established,
        Some(b"REJECTED" | b"DENIED" | b"REFUSED") => Outcome::Denied,
        Some(b"TERMINATED" | b"CLOSED") => {
            return Said::Nothing("end of a connection to the web server, which counts by its start");
        }
        Some(_) | None => Outcome::Unknown,
    };
    let user = behind(b" for user ").and_then(|rest| rest.split(|b| *b == b',').next()).map(readable);
    let service = text.split(|b| *b == b' ').find(|word| word.starts_with(b"http")).map(readable);
    Said::Flow(Flow {
        kind: Kind::Logon,
        outcome,
        initiator: from,
        responder: to,
        user,
        service,
        protocol: Some(Protocol::TCP),
        ..Flow::default()
    })
}

/// `No MD5 digest from 10.0.0.1(64999) to 10.0.0.2(179)`: a BGP peer whose packets do not bear the agreed key.
fn bad_digest(text: &[u8]) -> Result<Said<'_>, Fault> {
    let mut ends = text.split(|b| *b == b' ').filter_map(end);
    let (Some(from), Some(to)) = (ends.next(), ends.next()) else { return Ok(UNREAD) };
    let protocol = Some(Protocol::TCP);
    Ok(Said::Flow(Flow {
        outcome: Outcome::Failed,
        protocol,
        initiator: from,
        responder: to,
        one_way: true,
        ..Flow::default()
    }))
}

/// `… invalid spi for destaddr=10.0.0.2, prot=50, spi=0x1(1), srcaddr=10.0.0.1`.
fn ipsec(text: &[u8]) -> Result<Said<'_>, Fault> {
    let field = |names: [&[u8]; 2]| {
        let at = names.iter().find_map(|name| Some(memchr::memmem::find(text, name)? + name.len()))?;
        end(text[at..].split(|b| matches!(b, b',' | b' ')).next().unwrap_or_default())
    };
    let (Some(from), Some(to)) = (field([b"srcaddr=", b"src_addr= "]), field([b"destaddr=", b"dest_addr= "])) else {
        return Ok(UNREAD);
    };
    Ok(Said::Flow(Flow { outcome: Outcome::Denied, initiator: from, responder: to, one_way: true, ..Flow::default() }))
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
    fn the_device_is_found_in_every_header() {
        for (line, host) in [
            (
                "<190>3132517: Jul 13 08:23:43 192.168.100.2 sw01: 3132779: Jul 14 2023 08:23:43.398 UTC: %F-6-B: x",
                "sw01",
            ),
            ("<190>3132517: 192.168.100.2 3132513: Jul 14 2023 08:23:43.398 UTC: %F-6-BA: x", "192.168.100.2"),
            ("<190>: sw01: Jul 14 2023 08:23:43.398 UTC: %F-6-BA: x", "sw01"),
            ("Jul 11 09:34:00 my-router 1663312: Jul 11 09:34:00.020: %F-6-BA: x", "my-router"),
            ("<190>: Jul 14 2023 08:23:43.398 UTC: %F-6-BA: x", "-"),
            ("*Feb  8 04:00:48.259: %F-6-BA: x", "-"),
        ] {
            let message = Message::of(line.replace("%F-6-B:", "%F-6-BA:").as_bytes()).map(|m| {
                let (time, host) = m.origin();
                assert!(time.is_some(), "{line}");
                host.map_or("-".to_owned(), |host| String::from_utf8_lossy(host).into_owned())
            });
            assert_eq!(message.as_deref(), Some(host), "{line}");
        }
    }

    #[test]
    fn start_and_stop_are_one_session() {
        let start = "Jun 11 2020 10:00:00: %FW-6-SESS_AUDIT_TRAIL_START: Start tcp session: initiator (10.0.0.1:1027) -- responder (10.0.0.2:80)\n";
        let stop = "Jun 11 2020 10:00:30: %FW-6-SESS_AUDIT_TRAIL: Stop tcp session: initiator (10.0.0.1:1027) sent 344 bytes -- responder (10.0.0.2:80) sent 3500 bytes\n";
        let flows = reading_of(&CiscoIos, &format!("{start}{stop}")).flows;
        assert_eq!(flows.len(), 1);
        assert_eq!(
            (flows[0].duration, flows[0].bytes_out, flows[0].bytes_in),
            (Some(30_000_000), Some(344), Some(3500))
        );
        assert_eq!(reading_of(&CiscoIos, start).flows.len(), 1);
    }

    #[test]
    fn messages_of_the_asa_are_not_ours() {
        assert!(Message::of(b"%ASA-6-302013: Built x").is_none());
        assert!(Message::of(b"100%-6-X: y").is_none());
    }
}
