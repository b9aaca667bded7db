//! Pulse Connect Secure and Ivanti Connect Secure: `2022-01-19 10:19:35 - node - [192.0.2.7] user(REALM)[ROLES] - text`, mostly behind a
//! syslog header. After Ivanti, "Connect Secure Administration Guide" (log format Standard).
//!
//! Read: what proves or refuses an account (a logon at the node), tunnels and sessions (one VPN session a user and address, by what
//! ends it), and requests through the web rewriter (the user's address to the page's host). The person's machine, where a session
//! names it, stands as the initiator's name, else the address that the session was given. Bytes read came from the person, so
//! they are `bytes_out`. What the system says of itself is passed over.
//!
//! **Time** is local without a zone; where the header has the same message's time with its zone, that one holds.

use super::held::{Connections, Logins, Sessions, Step};
use super::syntax::{address, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Flow, Kind, Moment, Outcome, Protocol};
use crate::sorting::LeanSort as _;

/// The format.
pub struct VpnPulse;

impl Format for VpnPulse {
    fn name(&self) -> &'static str {
        "vpn_pulse"
    }

    fn title(&self) -> &'static str {
        "Pulse and Ivanti Connect Secure"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(200).any(|line| Message::of(line).is_some());
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Pulse {
            clock: setting.clock,
            nodes: Connections::default(),
            logins: Logins::default(),
            sessions: Sessions::default(),
        })
    }
}

/// A message of the device.
struct Message<'r> {
    written: time::Written,
    node: &'r [u8],
    address: &'r [u8],
    user: &'r [u8],
    text: &'r [u8],
}

impl<'r> Message<'r> {
    fn of(line: &'r [u8]) -> Option<Message<'r>> {
        let line = super::without_mark(line);
        if matches!(line.first(), Some(b'{' | b'"')) {
            return None;
        }
        // ` - node - [address] user(realm)[roles] - `
        let open = memchr::memmem::find_iter(&line[..line.len().min(1_000)], b" - [").find(|at| {
            let inner = &line[at + 4..];
            memchr::memchr(b']', inner).is_some_and(|close| address::address(&inner[..close]).is_some())
        })?;
        let before = &line[..open];
        let dash = memchr::memmem::rfind(before, b" - ")?;
        let node = &before[dash + 3..];
        let at = dash.checked_sub(19)?;
        let local = time::read(&before[at..dash])?;
        let inner = &line[open + 4..];
        let close = memchr::memchr(b']', inner)?;
        let rest = inner[close + 1..].trim_ascii_start();
        let (who, text) = match memchr::memmem::find(rest, b"] - ") {
            Some(at) => (&rest[..at], &rest[at + 4..]),
            None => return None,
        };
        let user = &who[..memchr::memchr(b'(', who)?];
        // The virtual system before the account: `Default Network::user`.
        let user = memchr::memmem::rfind(user, b"::").map_or(user, |at| &user[at + 2..]);
        // The header's time, if it has a zone and is the same reading of a clock.
        let mut header =
            line[..at].split(|b| *b == b' ').filter_map(|word| time::read(word.rsplit(|b| *b == b'>').next()?));
        let zoned = header.rfind(|written| written.offset.is_some());
        let written = zoned.filter(|zoned| zoned.local.0.abs_diff(local.local.0) <= 5_000_000).unwrap_or(local);
        Some(Message { written, node, address: &inner[..close], user, text: text.trim_ascii() })
    }
}

struct Pulse {
    clock: Clock,
    /// Only for its numbering of devices.
    nodes: Connections,
    logins: Logins,
    sessions: Sessions,
}

impl Parser for Pulse {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let Some(message) = Message::of(record.bytes) else {
            return Disposition::Skipped(reasons::ELSEWHERE.into());
        };
        self.read_message(&message, record, flows).unwrap_or_else(Disposition::Malformed)
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.logins.rest();
        rest.extend(self.sessions.rest());
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

impl Pulse {
    fn read_message(
        &mut self,
        message: &Message<'_>,
        record: Record<'_>,
        flows: &mut Sink<'_>,
    ) -> Result<Disposition, Fault> {
        let text = message.text;
        let begins = |words: &[u8]| text.starts_with(words);
        let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
        let (at, basis) = message.written.settle(&self.clock);
        let mut flow = self.flow(message, at, basis);
        if flow.initiator.address.is_none_or(|address| address.is_loopback()) {
            return Ok(Disposition::Skipped("the gateway's own message".into()));
        }
        let device = self.nodes.device(message.node);
        let admitted =
            has(b"authentication successful") || begins(b"Login succeeded") || begins(b"Agent login succeeded");
        let refused = has(b"authentication failed") || begins(b"Login failed") || has(b" denied access");
        if admitted || refused {
            flow.kind = Kind::Logon;
            flow.outcome = if admitted { Outcome::Established } else { Outcome::Denied };
            // The proof itself ranks before what follows from it.
            let rank = if has(b"authentication ") { 2 } else { 1 };
            self.logins.step(device, admitted, rank, (record.place, flow.into_owned()), flows);
            return Ok(Disposition::Skipped("step of a login, which counts once".into()));
        }
        if let Some(request) = text.strip_prefix(b"WebRequest ") {
            return Ok(match web(request) {
                Some((host, port)) => {
                    flow.kind = Kind::Connection;
                    flow.protocol = Some(Protocol::TCP);
                    flow.outcome = Outcome::Established;
                    flow.responder.name = Some(readable(host));
                    flow.responder.address = address::address(host);
                    flow.responder.port = port;
                    flows(&flow, record.place);
                    Disposition::Parsed
                }
                None => Disposition::Skipped("request without its page".into()),
            });
        }
        if begins(b"Closed connection to ") && has(b" seconds, with ") {
            let number = |words: &[u8]| {
                let at = memchr::memmem::find(text, words)?;
                text[..at].rsplit(|b| *b == b' ').next().and_then(number::count)
            };
            let seconds = number(b" seconds, with ").and_then(|seconds| seconds.checked_mul(1_000_000));
            flow.duration = Some(seconds.ok_or_else(|| Fault::of_field(reasons::DURATION, "seconds", text))?);
            flow.start = at.before(flow.duration.unwrap_or(0));
            flow.bytes_out = number(b" bytes read");
            flow.bytes_in = number(b" bytes written");
            self.sessions.step(device, Step::Close, (record.place, flow.into_owned()), flows);
            return Ok(Disposition::Parsed);
        }
        let step = if begins(b"VPN Tunneling: Session started")
            || begins(b"VPN Tunneling: User with IP")
            || begins(b"Session resumed")
            || begins(b"Session created")
        {
            Step::Note
        } else if begins(b"VPN Tunneling: Session ended")
            || begins(b"Logout from")
            || begins(b"Session timed out")
            || has(b"] deleted. Bandwidth")
        {
            Step::Over
        } else {
            return Ok(Disposition::Skipped("gateway message that tells of no session".into()));
        };
        let behind = |words: &[u8]| {
            let at = memchr::memmem::find(text, words)? + words.len();
            text[at..].split(|b| matches!(b, b' ' | b',')).next().filter(|word| !word.is_empty())
        };
        let assigned = behind(b"IPv4 address ").or_else(|| behind(b"User with IP "));
        flow.initiator.name = behind(b"hostname ").or(assigned).map(readable);
        let out = self.sessions.step(device, step, (record.place, flow.into_owned()), flows);
        Ok(if out {
            Disposition::Parsed
        } else {
            Disposition::Skipped("step of a VPN session, which counts once".into())
        })
    }

    fn flow<'r>(&self, message: &Message<'r>, at: Moment, basis: Basis) -> Flow<'r> {
        let mut flow =
            Flow { kind: Kind::Session, start: Some(at), basis, outcome: Outcome::Established, ..Flow::default() };
        flow.initiator.address = address::address(message.address);
        flow.responder.name = Some(readable(message.node));
        flow.sensor = flow.responder.name.clone();
        flow.user = Some(message.user).filter(|user| !user.is_empty() && *user != b"System").map(readable);
        flow
    }
}

/// The page's host and port: `completed, GET to https://host:443//path from …`.
fn web(request: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let at = memchr::memmem::find(request, b"://")?;
    let scheme = request[..at].rsplit(|b| *b == b' ').next()?;
    let host = request[at + 3..].split(|b| matches!(b, b'/' | b' ' | b'?')).next()?;
    let usual = match scheme {
        b"http" => Some(80),
        b"https" => Some(443),
        _ => None,
    };
    let (host, port) = match memchr::memrchr(b':', host) {
        Some(colon) => (&host[..colon], number::port(&host[colon + 1..])),
        None => (host, None),
    };
    (!host.is_empty()).then_some((host, port.or(usual)))
}
