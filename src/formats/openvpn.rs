//! OpenVPN's server log and its status file. After the OpenVPN 2.6 manual, "Management interface" and option `--status`.
//!
//! One VPN session a client (its common name and outer socket): begun by `Peer Connection Initiated`, given its address by `MULTI: Learn`
//! or the pool, over when the instance exits or restarts; its length is the time between. Of the status file each client's
//! row is a session under way with its counts: received came from the client, so it is `bytes_out`. A refused password or a
//! failed handshake is a logon that was denied. The responder is the server, by its name in the header, else `OpenVPN server`.

use std::borrow::Cow;

use super::held::{Held, Sessions, Step};
use super::syntax::syslog;
use super::syntax::years::Years;
use super::syntax::{address, number, time};
use super::{Disposition, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Place, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Moment, Outcome, Text};
use crate::sorting::LeanSort as _;

/// The format.
pub struct Openvpn;

impl Format for Openvpn {
    fn name(&self) -> &'static str {
        "openvpn"
    }

    fn title(&self) -> &'static str {
        "OpenVPN server log and status"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let marks: [&[u8]; 4] =
            [b"Peer Connection Initiated with [AF_INET", b"CLIENT_LIST,", b"CLIENT_LIST\t", b"OpenVPN CLIENT LIST"];
        let has = |line: &[u8], mark: &[u8]| memchr::memmem::find(&line[..line.len().min(600)], mark).is_some();
        let plain = |line: &&[u8]| !matches!(line.first(), Some(b'{' | b'"'));
        let known = sample.lines().take(400).filter(plain).any(|line| {
            marks.iter().any(|mark| has(line, mark))
                || (has(line, b"MULTI: ") && has(line, b"openvpn"))
                || is_of_client(line)
        });
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Server {
            clock: setting.clock,
            years: Years::new(setting.clock),
            tunnels: Tunnels::default(),
            listing: false,
        })
    }
}

/// `client/192.0.2.7:40000 MULTI: …`, behind nothing but a time: a server's own file, or what a relay left of a line.
fn is_of_client(line: &[u8]) -> bool {
    const SAID: [&[u8]; 7] = [
        b"MULTI: ",
        b"Control Channel: TLS",
        b"peer info: ",
        b"PUSH: ",
        b"SENT CONTROL [",
        b"Data Channel: ",
        b"TLS: Initial packet from [AF_INET",
    ];
    let body = syslog::strip(line).body;
    [line, body].into_iter().any(|text| {
        // A name of up to four words before the slash, and at most date and time before it.
        let mut words = text.splitn(8, |b| *b == b' ');
        let mut behind = 0;
        let found = words.by_ref().take(6).any(|word| {
            behind += word.len() + 1;
            instance(word).is_some()
        });
        let rest = text.get(behind..).unwrap_or_default();
        found
            && SAID.iter().any(|said| {
                rest.starts_with(said) || rest.strip_prefix(b"Outgoing ").is_some_and(|rest| rest.starts_with(said))
            })
    })
}

struct Server {
    clock: Clock,
    years: Years,
    tunnels: Tunnels,
    /// Inside the client list of a status file of version 1.
    listing: bool,
}

impl Parser for Server {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes).trim_ascii();
        if let Some(disposition) = self.status(line, record.place, flows) {
            return disposition;
        }
        let message = syslog::strip(line);
        let written = message.time.and_then(|stamp| self.years.settle(stamp));
        let (start, basis) = written.map_or((None, Basis::Unknown), |(at, basis)| (Some(at), basis));
        // Without syslog the line has a time and no host: what looks like one belongs to the message.
        let (body, host) = match message.program {
            Some(program) if memchr::memmem::find(program, b"vpn").is_some() => (message.body, message.host),
            Some(_) | None => (syslog::stamp(line).map_or(line, |(_, rest)| rest.trim_ascii_start()), None),
        };
        let is_elsewhere = host.is_none() && instance(body).is_none();
        let host = host.map(|host| readable(host).into_owned());
        match self.tunnels.read(body, start, basis, host, record.place, flows) {
            Disposition::Skipped(reason) if is_elsewhere && reason == OTHER => {
                Disposition::Skipped(reasons::ELSEWHERE.into())
            }
            disposition => disposition,
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.tunnels.rest();
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

impl Server {
    /// A line of a status file; `None` where it is none.
    fn status(&mut self, line: &[u8], place: Place, flows: &mut Sink<'_>) -> Option<Disposition> {
        let delimiter = if line.starts_with(b"CLIENT_LIST\t") { b'\t' } else { b',' };
        let cells: Vec<&[u8]> = line.split(|b| *b == delimiter).take(14).collect();
        let begin = match cells.first().copied()? {
            b"CLIENT_LIST" => 1,
            b"OpenVPN CLIENT LIST" | b"Common Name" => {
                self.listing = true;
                return Some(Disposition::Header);
            }
            b"TITLE"
            | b"TIME"
            | b"HEADER"
            | b"GLOBAL_STATS"
            | b"END"
            | b"Updated"
            | b"GLOBAL STATS"
            | b"ROUTING TABLE"
            | b"Virtual Address"
            | b"Max bcast/mcast queue length" => {
                self.listing = false;
                return Some(Disposition::Header);
            }
            b"ROUTING_TABLE" => return Some(Disposition::Skipped("route of a client that is listed".into())),
            _ if line.starts_with(b"HEADER\t") || line.starts_with(b"TITLE\t") || line.starts_with(b"TIME\t") => {
                return Some(Disposition::Header);
            }
            _ if line.starts_with(b"ROUTING_TABLE\t") => {
                return Some(Disposition::Skipped("route of a client that is listed".into()));
            }
            _ if self.listing => 0,
            _ => return None,
        };
        let cell = |at: usize| cells.get(begin + at).copied().unwrap_or_default();
        let Some(from) = peer(cell(1)) else {
            return self.listing.then(|| Disposition::Skipped("row without a client".into()));
        };
        let version_1 = begin == 0;
        let mut flow = session(from, cell(0));
        let base = if version_1 { 2 } else { 4 };
        if !version_1 && address::address(cell(2)).is_some() {
            flow.initiator.name = Some(readable(cell(2)));
        }
        flow.bytes_out = number::count(cell(base));
        flow.bytes_in = number::count(cell(base + 1));
        let since = cell(base + 3);
        if !version_1 && let Some(at) = time::epoch(since).filter(|at| at.0 > 0) {
            (flow.start, flow.basis) = (Some(at), Basis::Explicit);
        } else if let Some(written) = written(cell(base + 2)) {
            let (at, basis) = written.settle(&self.clock);
            (flow.start, flow.basis) = (Some(at), basis);
        }
        flow.responder.name = Some(Cow::Borrowed(SERVER));
        flows(&flow, place);
        Some(Disposition::Parsed)
    }
}

/// `Thu Jun 18 04:23:03 2015` or ISO.
fn written(text: &[u8]) -> Option<time::Written> {
    time::read(text).or_else(|| match syslog::stamp(text)?.0 {
        syslog::Stamp::Full(written) => Some(written),
        syslog::Stamp::Yearless { .. } => None,
    })
}

const OTHER: &str = "OpenVPN message that tells of no session";
const SERVER: &str = "OpenVPN server";

/// Clients' sessions, from the lines of a server's log.
#[derive(Default)]
pub(super) struct Tunnels {
    sessions: Sessions,
}

impl Tunnels {
    /// Reads one message, without its header.
    pub fn read(
        &mut self,
        body: &[u8],
        at: Option<Moment>,
        basis: Basis,
        host: Option<String>,
        place: Place,
        flows: &mut Sink<'_>,
    ) -> Disposition {
        let has = |words: &[u8]| memchr::memmem::find(body, words).is_some();
        let behind = |words: &[u8]| memchr::memmem::find(body, words).map(|found| &body[found + words.len()..]);
        let name = |flow: Flow<'_>| {
            let host = host.clone();
            let sensor = host.clone().map(Cow::Owned);
            let mut flow = Flow { start: at, basis, sensor, ..flow.into_owned() };
            flow.responder.name = Some(host.map_or(Cow::Borrowed(SERVER), Cow::Owned));
            flow
        };
        const STEP: &str = "step of a VPN session, which counts once";
        if let Some(rest) = behind(b"Peer Connection Initiated with ") {
            let client = memchr::memmem::find(body, b"] Peer Connection").and_then(|close| {
                let open = memchr::memrchr(b'[', &body[..close])?;
                Some(&body[open + 1..close])
            });
            let Some(from) = peer(word(rest)) else { return Disposition::Skipped(OTHER.into()) };
            let flow = name(session(from, client.unwrap_or_default()));
            let out = self.sessions.step(0, Step::Note, (place, flow), flows);
            return if out { Disposition::Parsed } else { Disposition::Skipped(STEP.into()) };
        }
        if has(b"AUTH_FAILED")
            || has(b"verification failed for")
            || has(b"TLS handshake failed")
            || has(b"cannot locate HMAC")
        {
            let source = behind(b"[AF_INET]").or_else(|| behind(b"[AF_INET6]")).map(word);
            let Some(from) = source.and_then(peer).or_else(|| instance(body).map(|(from, _)| from)) else {
                return Disposition::Skipped("refused login without the address that it came from".into());
            };
            let client = instance(body).map_or(&b""[..], |(_, client)| client);
            let flow = Flow { kind: Kind::Logon, outcome: Outcome::Denied, ..session(from, client) };
            flows(&name(flow), place);
            return Disposition::Parsed;
        }
        if has(b"Control Channel: TLS")
            && let Some((from, client)) = instance(body)
        {
            let flow = name(session(from, client));
            let out = self.sessions.step(0, Step::Note, (place, flow), flows);
            return if out { Disposition::Parsed } else { Disposition::Skipped(STEP.into()) };
        }
        let assigned = behind(b"pool returned IPv4=")
            .or_else(|| behind(b"ifconfig_pool_remote_ip="))
            .or_else(|| behind(b"MULTI: Learn: "))
            .or_else(|| behind(b"primary virtual IP for "));
        let learnt = has(b"MULTI: Learn: ") || has(b"primary virtual IP for ");
        let over = has(b"client-instance exiting")
            || has(b"client-instance restarting")
            || has(b"Connection reset, restarting");
        if assigned.is_none() && !over {
            return Disposition::Skipped(OTHER.into());
        }
        // `MULTI: Learn: 10.8.0.6 -> client/192.0.2.7:40000` names the client last; else it stands first.
        let from = if learnt { behind(b" -> ").or_else(|| behind(b": ")).and_then(instance) } else { instance(body) };
        let from = from.or_else(|| instance(body));
        let Some((from, client)) = from else { return Disposition::Skipped(OTHER.into()) };
        let mut flow = name(session(from, client));
        let given = assigned.map(|text| text.split(|b| matches!(b, b',' | b' ')).next().unwrap_or_default());
        flow.initiator.name =
            given.filter(|ip| address::address(ip).is_some()).map(|ip| Text::Owned(readable(ip).into_owned()));
        if over {
            self.sessions.lasted(0, &mut flow);
            flows(&flow, place);
            return Disposition::Parsed;
        }
        let out = self.sessions.step(0, Step::Note, (place, flow), flows);
        if out { Disposition::Parsed } else { Disposition::Skipped(STEP.into()) }
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> Vec<Held> {
        self.sessions.rest()
    }
}

fn session<'m>(from: Endpoint<'m>, client: &'m [u8]) -> Flow<'m> {
    let user = Some(client).filter(|client| !client.is_empty() && *client != b"UNDEF").map(readable);
    Flow { kind: Kind::Session, outcome: Outcome::Established, initiator: from, user, ..Flow::default() }
}

/// The client of a line: `client/192.0.2.7:40000 text`, `192.0.2.7:40000 text`.
fn instance(text: &[u8]) -> Option<(Endpoint<'_>, &[u8])> {
    let mut begin = 0;
    text.split(|b| *b == b' ').take(8).find_map(|word| {
        let at = begin;
        begin += word.len() + 1;
        let (client, socket) = match memchr::memrchr(b'/', word) {
            Some(slash) => (&word[..slash], &word[slash + 1..]),
            None => (&b""[..], word),
        };
        let from = peer(socket).filter(|from| from.port.is_some())?;
        // A common name may have blanks in it: `Ito Hiroshi/192.0.2.7:40000`.
        let named = text[..at + client.len()].trim_ascii_start();
        let named = match named.strip_prefix(b"us=") {
            Some(rest) => &rest[rest.iter().take_while(|b| b.is_ascii_digit() || **b == b' ').count()..],
            None => named,
        };
        let is_name = !client.is_empty() && !named.iter().any(|b| matches!(b, b':' | b'=' | b'[' | b'\'' | b'>'));
        Some((from, if is_name { named } else { client }))
    })
}

/// `[AF_INET]192.0.2.7:40000`, `192.0.2.7:40000`, `[AF_INET6]2001:db8::1:40000`.
fn peer(text: &[u8]) -> Option<Endpoint<'_>> {
    let text = text.strip_prefix(b"[AF_INET]").or_else(|| text.strip_prefix(b"[AF_INET6]")).unwrap_or(text);
    let text = text.strip_prefix(b"tcp4-server:").or_else(|| text.strip_prefix(b"udp4:")).unwrap_or(text);
    let text = text.split(|b| *b == b',').next().unwrap_or(text);
    let (address, port) = match address::address_and_port(text) {
        Some((address, None)) if address.is_ipv6() => {
            // Its port stands behind one more colon.
            let at = memchr::memrchr(b':', text)?;
            match (address::address(&text[..at]), number::port(&text[at + 1..])) {
                (Some(bare), Some(port)) => (bare, Some(port)),
                (_, _) => (address, None),
            }
        }
        Some(found) => found,
        None => {
            let at = memchr::memrchr(b':', text)?;
            (address::address(&text[..at])?, Some(number::port(&text[at + 1..])?))
        }
    };
    Some(Endpoint { address: Some(address), port, ..Endpoint::default() })
}

fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr2(b' ', b',', text).unwrap_or(text.len())]
}
