//! Messages of Cisco's ASA and of what writes like it: PIX, FWSM, and FTD with its `%FTD-` messages in the ASA's style. After
//! Cisco, "Cisco Secure Firewall ASA Series Syslog Messages" (by message number) and "Cisco Secure Firewall Threat Defense
//! Syslog Messages". FTD's own events (430001 to 430005), which the same device writes, are read too: see `cisco_ftd`.
//!
//! **Ends.** Those that the hosts use, not the translated ones in parentheses. `Built outbound` names the destination first
//! ("If outbound is specified, the original control connection was initiated from the inside"), so it is turned. A
//! teardown says no direction: it has that of its opening (same device, number and ends); without one, a port below 1024 or
//! below 32768 facing an ephemeral one is the responder's, and where ports do not tell, the order stands as written. ICMP's number
//! behind an address is an identifier, not a port; it stands on the side that asked.
//!
//! **Once.** Opening and teardown are one flow, at the teardown's place; an opening without an end goes out at the file's end.
//! What other messages tell of a connection (an access list's permit, an inspection, a filter, an offload, TLS to the device)
//! counts only where no record of the connection itself is near; its access list and account go to that record. Denials
//! count each. A login told by several messages counts once, and so does a VPN session, at `113019`, which has its numbers.
//! Two devices, cluster units too, are two sensors.
//!
//! **Bytes.** A teardown has one number for both ways together. That is neither of a flow's counts, so it is left out;
//! a VPN session's are by direction.
//!
//! **Time** is the message's, minus the duration where it is told at the end. The year and the zone may be missing.
//!
//! **Translations** (305009 to 305012) are listed as such and not drawn: both their ends are one host. **Not read:** what
//! names fewer than two ends; the device itself is one where the message is about a connection or login to it, and is
//! `unnamed ASA` where no header names it.

pub(super) mod ends;
mod shapes;
mod vpn;

use std::borrow::Cow;

use super::held::{self, Connections, Held, Logins, Mark, Pair, Sessions};
use ends::End;
use shapes::{Caught, What};

pub(super) use vpn::lasting;

use super::cisco_ftd;
use super::syntax::number;
use super::syntax::syslog::{self, Stamp};
use super::syntax::years::Years;
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Place, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Protocol, Text};
use crate::sorting::LeanSort as _;

/// The format.
pub struct CiscoAsa;

impl Format for CiscoAsa {
    fn name(&self) -> &'static str {
        "cisco_asa"
    }

    fn title(&self) -> &'static str {
        "Cisco ASA"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(200).any(|line| Message::of(line).is_some_and(|message| message.number > 0));
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Firewall::new(setting))
    }
}

/// A message of the firewall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'r> {
    /// Its number: `302013`.
    pub number: u32,
    /// What stands behind the number.
    pub text: &'r [u8],
    time: Option<Stamp>,
    host: Option<&'r [u8]>,
}

/// No header is longer.
const LONGEST_HEADER: usize = 320;

impl<'r> Message<'r> {
    /// Finds `%ASA-6-302013: …` and its kin (`%ASA-session-6-302013`, `%FTD--6-852002`, `%PIX-`, `%FWSM-`, `%NGIPS-`) in a line.
    pub fn of(line: &'r [u8]) -> Option<Message<'r>> {
        let line = super::without_mark(line);
        let head = &line[..line.len().min(LONGEST_HEADER)];
        for at in memchr::memchr_iter(b'%', head) {
            let Some((number, text)) = mnemonic(&line[at + 1..]) else { continue };
            let header = line[..at].trim_ascii();
            // Inside JSON or another format's value it is quoted, and somebody else's to unwrap.
            if header.iter().any(|b| matches!(b, b'"' | b'{' | b'=' | b'|')) {
                return None;
            }
            let stripped = syslog::strip(line);
            let host = stripped.host.or_else(|| last_word(header).filter(|_| stripped.time.is_none()));
            return Some(Message { number, text: unrepeated(text), time: stripped.time, host });
        }
        None
    }
}

/// Number and text behind `ASA-6-302013: `.
fn mnemonic(text: &[u8]) -> Option<(u32, &[u8])> {
    const PRODUCTS: [&[u8]; 6] = [b"ASA", b"FTD", b"PIX", b"FWSM", b"NGIPS", b"FDT"];
    let product = PRODUCTS.iter().find(|product| text.starts_with(product))?;
    let rest = &text[product.len()..];
    // `-6-`, `-session-6-`, `--6-`, `<Up>-4-`.
    let window = &rest[..rest.len().min(40)];
    let at = window.windows(7).position(|w| w[0] == b'-' && w[1..].iter().all(u8::is_ascii_digit))?;
    if window[..at].iter().any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'<' | b'>' | b'_'))) {
        return None;
    }
    let (digits, text) = rest[at + 1..].split_at(6);
    if text.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let text = text.trim_ascii_start();
    let number = u32::try_from(number::count(digits)?).ok()?;
    Some((number, text.strip_prefix(b":").unwrap_or(text).trim_ascii()))
}

/// A relay's `message repeated 2 times: [ … ]`: the message, which counts once, since only its words are known.
fn unrepeated(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"message repeated ") else { return text };
    let Some(open) = memchr::memchr(b'[', &rest[..rest.len().min(30)]) else { return text };
    let inner = &rest[open + 1..];
    inner.strip_suffix(b"]").unwrap_or(inner).trim_ascii()
}

/// The device, where a header has another form: the last word before the message.
fn last_word(header: &[u8]) -> Option<&[u8]> {
    let header = header.strip_suffix(b":").unwrap_or(header).trim_ascii_end();
    let word = header.rsplit(|b| *b == b' ').next()?;
    let word = word.rsplit(|b| *b == b'>').next()?;
    let fits = word.len() > 1
        && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && word.iter().any(u8::is_ascii_alphabetic);
    // A header that is only a time has been read as such.
    (fits && syslog::stamp(header).is_none()).then_some(word)
}

/// Reads messages of a firewall, whichever of its two formats the file was told to be.
pub(super) struct Firewall {
    years: Years,
    connections: Connections,
    logins: Logins,
    sessions: Sessions,
}

/// What is the same for all flows of a message.
struct Setup<'r> {
    place: Place,
    device: u32,
    host: Option<Text<'r>>,
    written: Option<Moment>,
    basis: Basis,
}

const OPENING: &str = "opening of a connection, which counts once, by its last record";
const TOLD: &str = "told again by the connection's own record";
const HINT: &str = "word of a connection, which counts by its own record, or by this one if none comes";
const LOGIN: &str = "step of a login, which counts once";
const STEP: &str = "step of a VPN session, which counts once";

impl Parser for Firewall {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let Some(message) = Message::of(record.bytes) else {
            return match cisco_ftd::bare(record.bytes) {
                Some((text, time, host)) => {
                    let message = Message { number: 0, text, time, host };
                    self.read_message(message, record.place, flows).unwrap_or_else(Disposition::Malformed)
                }
                None => Disposition::Skipped(reasons::ELSEWHERE.into()),
            };
        };
        self.read_message(message, record.place, flows).unwrap_or_else(Disposition::Malformed)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.connections.rest();
        rest.extend(self.logins.rest());
        rest.extend(self.sessions.rest());
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

impl Firewall {
    pub(super) fn new(setting: &Setting) -> Firewall {
        Firewall {
            years: Years::new(setting.clock),
            connections: Connections::default(),
            logins: Logins::default(),
            sessions: Sessions::default(),
        }
    }

    fn read_message(&mut self, message: Message<'_>, place: Place, flows: &mut Sink<'_>) -> Result<Disposition, Fault> {
        let written = message.time.and_then(|stamp| self.years.settle(stamp));
        let (written, basis) = written.map_or((None, Basis::Unknown), |(at, basis)| (Some(at), basis));
        let device = self.connections.device(message.host.unwrap_or_default());
        let setup = Setup { place, device, host: message.host.map(readable), written, basis };
        if message.number == 0 || matches!(message.number, 430_001..=430_005) {
            return self.event(message, &setup, flows);
        }
        let mut known = None;
        for shape in shapes::shapes_of(message.number) {
            if let Some(caught) = shape.catch(message.text) {
                return self.shaped(shape.what, &caught, message, &setup, flows);
            }
            known = Some(shape.what);
        }
        if let Some(told) = vpn::told(message.number, message.text)? {
            return Ok(self.session(told, &setup, flows));
        }
        Ok(match known {
            Some(What::LoggedOn(_) | What::NotLoggedOn(_)) => {
                Disposition::Skipped("login without the address that it came from".into())
            }
            Some(_) => {
                let shown = &message.text[..message.text.len().min(480)];
                return Err(Fault::new("a message does not read as its number says", readable(shown)));
            }
            None => Disposition::Skipped(unread(message.number).into()),
        })
    }

    /// FTD's own events.
    fn event(&mut self, message: Message<'_>, setup: &Setup<'_>, flows: &mut Sink<'_>) -> Result<Disposition, Fault> {
        let Some(event) = cisco_ftd::event(message.number, message.text, setup.written, setup.basis)? else {
            return Ok(Disposition::Skipped("FTD event without both ends of a connection".into()));
        };
        let mut flow = event.flow;
        flow.sensor = setup.host.clone();
        let pair = Pair::of(&flow, None);
        let mark = Mark::Ends(pair);
        match event.part {
            cisco_ftd::Part::Start => {
                let hint = self.connections.own(pair);
                let mut flow = flow.into_owned();
                hint.iter().for_each(|(_, hint)| held::fill(&mut flow, hint));
                let kept = self.connections.begin(setup.device, mark, (setup.place, flow), flows);
                Ok(if kept { Disposition::Skipped(OPENING.into()) } else { Disposition::Parsed })
            }
            cisco_ftd::Part::End => {
                self.connections.own(pair);
                self.connections.end(setup.device, mark);
                flows(&flow, setup.place);
                Ok(Disposition::Parsed)
            }
            cisco_ftd::Part::Alert => Ok(self.hint(pair, flow, setup, flows)),
        }
    }

    fn hint(&mut self, pair: Pair, flow: Flow<'_>, setup: &Setup<'_>, flows: &mut Sink<'_>) -> Disposition {
        if self.connections.is_told(pair) {
            return Disposition::Skipped(TOLD.into());
        }
        self.connections.hint(pair, (setup.place, flow.into_owned()), flows);
        Disposition::Skipped(HINT.into())
    }

    fn session(&mut self, told: vpn::Told<'_>, setup: &Setup<'_>, flows: &mut Sink<'_>) -> Disposition {
        let mut flow = told.flow;
        flow.start = setup.written.and_then(|at| at.before(flow.duration.unwrap_or(0)));
        flow.basis = setup.basis;
        flow.sensor = setup.host.clone();
        if !flow.responder.is_known() {
            flow.responder = setup.itself();
        }
        let held = (setup.place, flow.into_owned());
        match told.step {
            None if held.1.kind == Kind::Logon => {
                let admitted = held.1.outcome == Outcome::Established;
                self.logins.step(setup.device, admitted, 3, held, flows);
                Disposition::Skipped(LOGIN.into())
            }
            None => {
                flows(&held.1, held.0);
                Disposition::Parsed
            }
            Some(step) => {
                let out = self.sessions.step(setup.device, step, held, flows);
                if out { Disposition::Parsed } else { Disposition::Skipped(STEP.into()) }
            }
        }
    }

    fn shaped(
        &mut self,
        what: What,
        caught: &Caught<'_>,
        message: Message<'_>,
        setup: &Setup<'_>,
        flows: &mut Sink<'_>,
    ) -> Result<Disposition, Fault> {
        let number = message.number;
        if let What::LoggedOn(_) | What::NotLoggedOn(_) = what
            && caught.source.is_none_or(|(_, text)| matches!(text.trim_ascii(), b"None" | b"" | b"console"))
        {
            return Ok(Disposition::Skipped("login without the address that it came from".into()));
        }
        let mut talk = Talk::of(what, caught, setup)?;
        let flow = &mut talk.flow;
        match what {
            What::Denied => {
                flow.outcome = Outcome::Denied;
                // A packet without a connection may be the answer's.
                flow.one_way = number == 106_015;
            }
            What::Failed => flow.outcome = Outcome::Failed,
            _ => {}
        }
        match what {
            What::Built | What::IcmpBuilt | What::StubBuilt | What::Translated => {
                if is_outbound(caught) {
                    talk.turn();
                }
                Ok(self.begin(talk, setup, flows))
            }
            What::Teardown | What::StubTeardown | What::IcmpTeardown | What::Untranslated => {
                self.end(what, talk, caught, setup, flows);
                Ok(Disposition::Parsed)
            }
            What::Denied | What::Failed => {
                flows(&talk.flow, setup.place);
                Ok(Disposition::Parsed)
            }
            What::Listed => {
                let verdict = caught.verdict.unwrap_or_default();
                if verdict == b"denied" {
                    talk.flow.outcome = Outcome::Denied;
                    flows(&talk.flow, setup.place);
                    return Ok(Disposition::Parsed);
                }
                talk.flow.outcome = Outcome::Established;
                Ok(self.hint(talk.pair(), talk.flow, setup, flows))
            }
            What::Filtered => {
                let verdict = caught.verdict.unwrap_or_default();
                if memchr::memmem::find(verdict, b"dropped").is_some() {
                    talk.flow.outcome = Outcome::Denied;
                    flows(&talk.flow, setup.place);
                    return Ok(Disposition::Parsed);
                }
                Ok(self.hint(talk.pair(), talk.flow, setup, flows))
            }
            What::Answer => {
                talk.turn();
                Ok(self.hint(talk.pair(), talk.flow, setup, flows))
            }
            What::Told => {
                // An offload names its connection's number, by which a teardown finds it.
                if matches!(number, 805_001..=805_003) {
                    let mark = talk.mark;
                    if !self.connections.is_open(setup.device, mark) && !self.connections.is_told(talk.pair()) {
                        return Ok(self.begin(talk, setup, flows));
                    }
                    return Ok(Disposition::Skipped(TOLD.into()));
                }
                Ok(self.hint(talk.pair(), talk.flow, setup, flows))
            }
            What::Url => {
                flows(&talk.flow, setup.place);
                Ok(Disposition::Parsed)
            }
            What::Tunnel => {
                talk.flow.kind = Kind::Session;
                talk.flow.outcome = Outcome::Established;
                Ok(self.hint(talk.pair(), talk.flow, setup, flows))
            }
            What::LoggedOn(rank) | What::NotLoggedOn(rank) => {
                let admitted = matches!(what, What::LoggedOn(_));
                let mut flow = talk.flow;
                flow.kind = Kind::Logon;
                flow.outcome = if admitted { Outcome::Established } else { Outcome::Denied };
                if flow.responder.name.is_none() && setup.host.is_some() {
                    flow.responder.name = setup.host.clone();
                }
                let again = self.logins.step(setup.device, admitted, rank, (setup.place, flow.into_owned()), flows);
                let reason = if again { "told again by another message about the login" } else { LOGIN };
                Ok(Disposition::Skipped(reason.into()))
            }
        }
    }

    fn begin(&mut self, talk: Talk<'_>, setup: &Setup<'_>, flows: &mut Sink<'_>) -> Disposition {
        let pair = talk.pair();
        let mut flow = talk.flow.into_owned();
        if flow.kind == Kind::Connection {
            flow.outcome = Outcome::Established;
            if let Some((_, hint)) = self.connections.own(pair) {
                held::fill(&mut flow, &hint);
            }
        }
        let kept = self.connections.begin(setup.device, talk.mark, (setup.place, flow), flows);
        if kept { Disposition::Skipped(OPENING.into()) } else { Disposition::Parsed }
    }

    fn end(&mut self, what: What, mut talk: Talk<'_>, caught: &Caught<'_>, setup: &Setup<'_>, flows: &mut Sink<'_>) {
        let begun = self.connections.end(setup.device, talk.mark);
        let begun = match begun {
            Some(held) if talk.is_of(&held.1) => Some(held),
            Some(other) => {
                self.connections.keep(setup.device, talk.mark, other);
                None
            }
            None => None,
        };
        if talk.flow.kind == Kind::Connection {
            talk.flow.outcome = ending(caught, &talk.flow);
        }
        match begun {
            Some((_, begun)) => {
                talk.turn_as(&begun);
                let (duration, outcome, user) = (talk.flow.duration, talk.flow.outcome, talk.flow.user.take());
                let (written, basis) = (talk.flow.start, talk.flow.basis);
                let mut flow = Flow { duration, outcome, ..begun };
                // The opening may name a host by the name that it later logs by its address.
                flow.initiator.address = flow.initiator.address.or(talk.flow.initiator.address);
                flow.responder.address = flow.responder.address.or(talk.flow.responder.address);
                flow.user = flow.user.or_else(|| user.map(|user| Cow::Owned(user.into_owned())));
                // The device's own measure of its length, so that begin and length add up to the end.
                if written.is_some() {
                    (flow.start, flow.basis) = (written, basis);
                }
                self.connections.own(Pair::of(&flow, talk.identifiers));
                flows(&flow, setup.place);
            }
            None => {
                let hint: Option<Held> = self.connections.own(talk.pair());
                if !matches!(what, What::Untranslated) {
                    talk.turn_by_ports(what);
                }
                match hint {
                    Some((_, hint)) => {
                        talk.turn_as(&hint);
                        let mut flow = talk.flow.into_owned();
                        held::fill(&mut flow, &hint);
                        flows(&flow, setup.place);
                    }
                    None => flows(&talk.flow, setup.place),
                }
            }
        }
    }
}

impl<'r> Setup<'r> {
    /// The device as an end.
    fn itself(&self) -> Endpoint<'r> {
        let name = self.host.clone().unwrap_or(Cow::Borrowed("unnamed ASA"));
        let address = super::syntax::address::address(name.as_bytes());
        Endpoint { address, name: address.is_none().then_some(name), ..Endpoint::default() }
    }
}

/// A message about two ends, read.
struct Talk<'m> {
    flow: Flow<'m>,
    /// ICMP's identifiers, of the first end and of the second.
    identifiers: Option<(u16, u16)>,
    mark: Mark,
}

impl<'m> Talk<'m> {
    fn of(what: What, caught: &Caught<'m>, setup: &Setup<'m>) -> Result<Talk<'m>, Fault> {
        let mut flow = Flow { sensor: setup.host.clone(), basis: setup.basis, ..Flow::default() };
        let source = caught.source.map(|(style, text)| (style, ends::visitor(text)));
        let mut from = match source {
            Some((style, (user, text))) => {
                let end = ends::end(style, text)?;
                End { user: user.or(end.user), ..end }
            }
            None => End { endpoint: setup.itself(), ..End::default() },
        };
        let mut to = match (what, caught.destination, caught.url) {
            (What::Url, _, Some(url)) => {
                let (endpoint, service) = ends::page(url)?;
                End { endpoint, service, ..End::default() }
            }
            (_, Some((style, text)), _) => ends::end(style, text)?,
            (_, None, _) => End { endpoint: setup.itself(), ..End::default() },
        };
        if let Some(zone) = caught.zone {
            let zone = zone.trim_ascii();
            let zone = &zone[..memchr::memchr(b' ', zone).unwrap_or(zone.len())];
            from.endpoint.zone = from.endpoint.zone.or(Some(readable(zone.strip_suffix(b".").unwrap_or(zone))));
        }
        let named = caught.user.and_then(|user| ends::account(&user[..user_end(user)]));
        // The account of the end that calls; what the message ends with is the account of the whole.
        let own = if is_outbound(caught) { to.user.take() } else { from.user.take() };
        flow.user = named.or(own).or(to.closing.take()).or(from.closing);
        flow.service = to.service.or(from.service);
        flow.rule = caught.rule.map(rule);
        flow.protocol = protocol(what, caught, &from.endpoint);
        let mut identifiers = None;
        if !flow.protocol.is_some_and(Protocol::has_ports) && flow.protocol.is_some() {
            let number = |end: &Endpoint<'_>| end.port.unwrap_or(0);
            identifiers = Some((number(&from.endpoint), number(&to.endpoint)));
            (from.endpoint.port, to.endpoint.port) = (None, None);
        }
        (flow.initiator, flow.responder) = (from.endpoint, to.endpoint);
        if matches!(what, What::Translated | What::Untranslated) {
            flow.kind = Kind::Translation;
            flow.outcome = Outcome::Established;
        }
        flow.duration = match caught.duration {
            Some(text) => Some(vpn::lasting(text.split(|b| *b == b' ' || *b == b',').next().unwrap_or_default())?),
            None => None,
        };
        flow.start = setup.written.and_then(|at| at.before(flow.duration.unwrap_or(0)));
        if flow.user.is_none() {
            flow.user = caught.bytes.and_then(ends::closing_account);
        }
        let pair = Pair::of(&flow, identifiers);
        let mark = match (what, caught.id.and_then(|id| number::count(id.trim_ascii()))) {
            (What::StubBuilt | What::StubTeardown, _) => Mark::Stub(pair),
            (What::Translated | What::Untranslated, _) => Mark::Translation(pair),
            (_, Some(id)) => Mark::Number(id, flow.protocol.map_or(0, |protocol| protocol.0)),
            (_, None) => Mark::Ends(pair),
        };
        Ok(Talk { flow, identifiers, mark })
    }

    fn pair(&self) -> Pair {
        Pair::of(&self.flow, self.identifiers)
    }

    fn turn(&mut self) {
        std::mem::swap(&mut self.flow.initiator, &mut self.flow.responder);
        self.identifiers = self.identifiers.map(|(from, to)| (to, from));
    }

    /// Whether the opening is of this connection: the same ends, or a name where the other has an address.
    fn is_of(&self, begun: &Flow<'_>) -> bool {
        self.is_along(begun) || {
            let fits = |a: &Endpoint<'_>, b: &Endpoint<'_>| is_alike(a, b);
            fits(&self.flow.initiator, &begun.responder) && fits(&self.flow.responder, &begun.initiator)
        }
    }

    fn is_along(&self, begun: &Flow<'_>) -> bool {
        is_alike(&self.flow.initiator, &begun.initiator) && is_alike(&self.flow.responder, &begun.responder)
    }

    /// Takes the direction of another record of the connection.
    fn turn_as(&mut self, begun: &Flow<'_>) {
        if !self.is_along(begun) {
            self.turn();
        }
    }

    /// Without an opening, the ends themselves may say who called.
    fn turn_by_ports(&mut self, what: What) {
        let turned = match (what, self.identifiers) {
            // The foreign end stands first; unless the identifier is its own, the local one asked.
            (What::IcmpTeardown, Some((foreign, local))) => foreign == 0 || local != 0,
            (_, _) => match (self.flow.initiator.port, self.flow.responder.port) {
                (Some(from), Some(to)) => (from < 1024 && to >= 1024) || (from < 32_768 && to >= 32_768),
                (_, _) => false,
            },
        };
        if turned {
            self.turn();
        }
    }
}

/// Whether two ends may be one: the same port, and the same host as far as both say it.
fn is_alike(one: &Endpoint<'_>, other: &Endpoint<'_>) -> bool {
    one.port == other.port
        && match (one.address, other.address) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.name == other.name,
            (Some(_), None) | (None, Some(_)) => true,
        }
}

/// Whether the message says that the inside, which it names last, opened the connection.
fn is_outbound(caught: &Caught<'_>) -> bool {
    caught.way.is_some_and(|way| way.eq_ignore_ascii_case(b"outbound"))
}

/// A quoted account ends at its quote, others at a blank.
fn user_end(text: &[u8]) -> usize {
    match text.first() {
        Some(quote @ (b'"' | b'\'')) => memchr::memchr(*quote, &text[1..]).map_or(text.len(), |at| at + 2),
        Some(_) | None => text.len(),
    }
}

/// An access list's name: `"outside_in" [0x0, 0x0]`, `acl_in`.
fn rule(text: &[u8]) -> Text<'_> {
    match text.strip_prefix(b"\"") {
        Some(inner) => readable(&inner[..memchr::memchr(b'"', inner).unwrap_or(inner.len())]),
        None => readable(&text[..memchr::memchr2(b' ', b'[', text).unwrap_or(text.len())]),
    }
}

/// The protocol: `TCP`, `Probe TCP`, `protocol 47`, `blacklisted UDP`. Some messages say it without a word for it.
fn protocol(what: What, caught: &Caught<'_>, end: &Endpoint<'_>) -> Option<Protocol> {
    let text = caught.protocol.or(caught.verdict.filter(|_| what == What::Filtered));
    let Some(text) = text else {
        return matches!(what, What::Url).then_some(Protocol::TCP);
    };
    let text = text.trim_ascii();
    let word = &text[memchr::memrchr(b' ', text).map_or(0, |at| at + 1)..];
    let read = std::str::from_utf8(word).ok().and_then(Protocol::read);
    let read = match read {
        None if word.eq_ignore_ascii_case(b"IPv6-ICMP") => Some(Protocol::ICMP6),
        None if memchr::memmem::find(text, b"UDP").is_some() => Some(Protocol::UDP),
        None if memchr::memmem::find(text, b"TCP").is_some() => Some(Protocol::TCP),
        read => read,
    };
    match read {
        Some(Protocol::ICMP) if end.address.is_some_and(|address| address.is_ipv6()) => Some(Protocol::ICMP6),
        read => read,
    }
}

/// What became of a connection, by its size and the reason for which it was torn down.
fn ending(caught: &Caught<'_>, flow: &Flow<'_>) -> Outcome {
    let text = caught.bytes.unwrap_or_default();
    let (bytes, reason) = text.split_at(text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len()));
    let says = |word: &[u8]| memchr::memmem::find(reason, word).is_some();
    if says(b"Deny") || says(b"denied") || says(b"Denied") {
        Outcome::Denied
    } else if says(b"SYN Timeout") || says(b"Invalid SYN") || says(b"SYN Control") || says(b"No valid adjacency") {
        Outcome::Failed
    } else if bytes == b"0" && flow.protocol == Some(Protocol::TCP) && says(b"Reset") {
        // A reset before any data refuses the connection.
        Outcome::Failed
    } else {
        Outcome::Established
    }
}

/// Why a message is passed over. Cisco's classes of numbers are as its guides list them.
fn unread(number: u32) -> &'static str {
    match number / 1000 {
        101..=105 | 210 | 311 | 709 | 720..=721 => "failover message, no connection",
        109 | 113 => "AAA message without the address of whom it is about",
        111 | 112 | 208 | 308 | 502 => "configuration or command, no connection",
        302 | 609 => "count of connections or a host by itself, no connection",
        305 => "translation message without two ends",
        317..=318 | 336 | 409 | 503 | 612..=613 => "routing message, no connection",
        199 | 211..=216 | 315 | 321 | 414 | 711 | 741 => "system message, no connection",
        402 | 602 | 702 | 713..=715 | 737 | 750..=752 => "IPsec or address assignment message without two ends",
        716 | 722..=725 | 734 | 746..=747 => "VPN, SSL or identity message without two ends",
        717 => "certificate message, no connection",
        733 => "threat detection rate, no connection",
        _ => "message that names no two ends",
    }
}

#[cfg(test)]
mod tests;
