//! pf's filter log as pfSense and OPNsense write it (`filterlog`), with or without a syslog header: a CSV whose columns depend on IP
//! version and protocol. After Netgate Docs, "Raw Filter Log Format". Other programs of the same firewall that name two ends
//! (OpenVPN, Snort, Squid, HAProxy, strongSwan, logins to its own pages) are read from the same file; the rest is passed over.
//!
//! A row is one packet, so flows are one-way; a rule that keeps state logs the first only. Bytes are the packet's on the IP layer.
//! The rule is its tracking number, which survives a reload, else its number. Before the ends stand fifteen columns or more: they
//! are found by the two addresses side by side, since some exports add columns of their own.

use super::held::{Connections, Pair};
use super::openvpn;
use super::syntax::syslog;
use super::syntax::years::Years;
use super::syntax::{address, number};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Kind, Outcome, Protocol, Text};
use crate::sorting::LeanSort as _;

/// The format.
pub struct PfsenseFilterlog;

impl Format for PfsenseFilterlog {
    fn name(&self) -> &'static str {
        "pfsense_filterlog"
    }

    fn title(&self) -> &'static str {
        "pfSense and OPNsense filter log"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let likeness = |line| {
            let message = syslog::strip(line);
            if Row::of(message.body).is_some() {
                return Likeness::Certain;
            }
            match message.program {
                Some(b"filterlog") => Likeness::Certain,
                // A firewall's file that holds none of its packets.
                Some(program) if program.starts_with(b"(squid") && squid(message.body).is_some() => Likeness::Likely,
                Some(b"haproxy") if proxied(message.body).is_some() => Likeness::Likely,
                Some(b"charon") if tunnel(message.body).is_some() => Likeness::Likely,
                Some(b"php-fpm") if logon(message.body).is_some() => Likeness::Likely,
                Some(_) | None => Likeness::None,
            }
        };
        sample.lines().take(200).map(likeness).max().unwrap_or(Likeness::None)
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Firewall {
            years: Years::new(setting.clock),
            connections: Connections::default(),
            tunnels: openvpn::Tunnels::default(),
        })
    }
}

/// A packet's row.
struct Row<'r> {
    cells: [&'r [u8]; 32],
    /// Where the source stands; the destination is next.
    source: usize,
}

impl<'r> Row<'r> {
    fn of(body: &'r [u8]) -> Option<Row<'r>> {
        let mut cells: [&[u8]; 32] = [b""; 32];
        let mut count = 0;
        for cell in body.split(|b| *b == b',').take(32) {
            cells[count] = cell.trim_ascii();
            count += 1;
        }
        let action =
            matches!(cells[6], b"pass" | b"block" | b"reject" | b"rdr" | b"nat" | b"binat" | b"scrub" | b"match");
        let way = matches!(cells[7], b"in" | b"out" | b"in/out");
        if !(action && way && matches!(cells[8], b"4" | b"6")) {
            return None;
        }
        let usual = if cells[8] == b"4" { 18 } else { 15 };
        let ends = |at: usize| at + 1 < count && is_host(cells[at]) && is_host(cells[at + 1]);
        let source = if ends(usual) { Some(usual) } else { (12..count.saturating_sub(1)).find(|at| ends(*at)) }?;
        Some(Row { cells, source })
    }

    fn flow(&self) -> Result<Flow<'r>, Fault> {
        let cells = &self.cells;
        let mut flow = Flow { one_way: true, packets_out: Some(1), ..Flow::default() };
        flow.initiator.address = address::address(cells[self.source]);
        flow.responder.address = address::address(cells[self.source + 1]);
        let interface = Some(cells[4]).filter(|name| !name.is_empty()).map(readable);
        if cells[7] == b"out" {
            flow.responder.zone = interface;
        } else {
            flow.initiator.zone = interface;
        }
        flow.outcome = match cells[6] {
            b"pass" => Outcome::Established,
            b"block" | b"reject" => Outcome::Denied,
            _ => Outcome::Unknown,
        };
        let tracker = Some(cells[3]).filter(|tracker| !tracker.is_empty() && *tracker != b"0");
        flow.rule = tracker.or(Some(cells[0]).filter(|number| !number.is_empty())).map(readable);
        // Number and name of the protocol stand before the length, in either order.
        let said = [cells[self.source - 2], cells[self.source - 3]];
        let named = said.iter().filter(|cell| !cell.iter().all(u8::is_ascii_digit)).find_map(|name| protocol(name));
        flow.protocol = named.or_else(|| said.iter().find_map(|number| protocol(number)));
        let length = cells[self.source - 1];
        flow.bytes_out = match length {
            b"" => None,
            text => Some(number::count(text).ok_or_else(|| Fault::of_field(reasons::BYTES, "length", text))?),
        };
        if flow.protocol.is_some_and(Protocol::has_ports) {
            let port = |at: usize, field: &str| match cells.get(at).copied().unwrap_or_default() {
                b"" => Ok(None),
                text => number::port(text).map(Some).ok_or_else(|| Fault::of_field(reasons::PORT, field, text)),
            };
            flow.initiator.port = port(self.source + 2, "source port")?;
            flow.responder.port = port(self.source + 3, "destination port")?;
        }
        Ok(flow)
    }
}

fn is_host(cell: &[u8]) -> bool {
    cell.len() > 1 && cell.iter().any(|b| matches!(b, b'.' | b':')) && address::address(cell).is_some()
}

/// pf's names beside the usual ones.
fn protocol(text: &[u8]) -> Option<Protocol> {
    match text {
        b"carp" | b"vrrp" | b"CARP" | b"VRRP" => Some(Protocol(112)),
        b"pfsync" => Some(Protocol(240)),
        b"Options" | b"hopopt" => Some(Protocol(0)),
        b"" => None,
        _ => std::str::from_utf8(text).ok().and_then(Protocol::read),
    }
}

struct Firewall {
    years: Years,
    connections: Connections,
    tunnels: openvpn::Tunnels,
}

impl Parser for Firewall {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let message = syslog::strip(super::without_mark(record.bytes));
        let written = message.time.and_then(|stamp| self.years.settle(stamp));
        let (start, basis) = written.map_or((None, Basis::Unknown), |(at, basis)| (Some(at), basis));
        let sensor = message.host.map(readable);
        if let Some(row) = Row::of(message.body) {
            let flow = match row.flow() {
                Ok(flow) => flow,
                Err(fault) => return Disposition::Malformed(fault),
            };
            flows(&Flow { start, basis, sensor, ..flow }, record.place);
            return Disposition::Parsed;
        }
        let program = message.program.unwrap_or_default();
        let found = match program {
            b"filterlog" => {
                let shown = &message.body[..message.body.len().min(480)];
                return Disposition::Malformed(Fault::new("not a row of the filter log", readable(shown)));
            }
            b"openvpn" => {
                let device = sensor.map(Text::into_owned);
                return self.tunnels.read(message.body, start, basis, device, record.place, flows);
            }
            b"snort" | b"suricata" => alert(message.body),
            b"haproxy" => proxied(message.body),
            b"charon" => tunnel(message.body),
            b"php-fpm" => logon(message.body),
            _ if program.starts_with(b"(squid") || program == b"squid" => squid(message.body),
            _ => None,
        };
        match found {
            Some(flow) if program == b"charon" => {
                // One line a packet of the exchange.
                let pair = Pair::of(&flow, None);
                if self.connections.is_told(pair) {
                    return Disposition::Skipped("packet of a key exchange that is told already".into());
                }
                let flow = Flow { start, basis, sensor, ..flow };
                self.connections.hint(pair, (record.place, flow.into_owned()), flows);
                Disposition::Skipped("packet of a key exchange, which counts once".into())
            }
            Some(mut flow) => {
                if !flow.responder.is_known() {
                    flow.responder.name = Some(sensor.clone().unwrap_or(Text::Borrowed("pfSense")));
                }
                flows(&Flow { start, basis, sensor, ..flow }, record.place);
                Disposition::Parsed
            }
            None => Disposition::Skipped(reasons::ELSEWHERE.into()),
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        let mut rest = self.connections.rest();
        rest.extend(self.tunnels.rest());
        rest.lean_sort_by_key(|(place, _)| *place);
        rest.iter().for_each(|(place, flow)| flows(flow, *place));
    }
}

/// `[1:2:3] message [Classification: …] {TCP} 192.0.2.1:5 -> 192.0.2.2:80`.
fn alert(body: &[u8]) -> Option<Flow<'_>> {
    let brace = memchr::memrchr(b'{', body)?;
    let close = brace + memchr::memchr(b'}', &body[brace..])?;
    let ends = body[close + 1..].trim_ascii();
    let arrow = memchr::memmem::find(ends, b" -> ")?;
    let mut flow = Flow { initiator: end(&ends[..arrow])?, responder: end(&ends[arrow + 4..])?, ..Flow::default() };
    flow.protocol = protocol(&body[brace + 1..close]);
    flow.rule = body.strip_prefix(b"[").and_then(|rest| rest.split(|b| *b == b']').next()).map(readable);
    Some(flow)
}

/// `Connect from 192.0.2.1:5 to 192.0.2.2:80 (front/HTTP)`.
fn proxied(body: &[u8]) -> Option<Flow<'_>> {
    let rest = body.strip_prefix(b"Connect from ")?;
    let at = memchr::memmem::find(rest, b" to ")?;
    let to = rest[at + 4..].split(|b| *b == b' ').next()?;
    let protocol = Some(Protocol::TCP);
    Some(Flow {
        initiator: end(&rest[..at])?,
        responder: end(to)?,
        protocol,
        outcome: Outcome::Established,
        ..Flow::default()
    })
}

/// `/index.php: Successful login for user 'admin' from: 192.0.2.1 (Local Database)`: a login to the firewall itself.
fn logon(body: &[u8]) -> Option<Flow<'_>> {
    let behind = |words: &[u8]| memchr::memmem::find(body, words).map(|at| &body[at + words.len()..]);
    let outcome = match (behind(b"Successful login for user '"), behind(b"authentication error for user '")) {
        (Some(_), _) => Outcome::Established,
        (None, Some(_)) => Outcome::Denied,
        (None, None) => return None,
    };
    let user = behind(b"for user '")?.split(|b| *b == b'\'').next().map(readable);
    let from = end(behind(b"' from: ")?.split(|b| *b == b' ').next()?)?;
    Some(Flow { kind: Kind::Logon, outcome, initiator: from, user, ..Flow::default() })
}

/// `14[NET] <con1|11> sending packet: from 192.0.2.1[500] to 192.0.2.2[500] (464 bytes)`.
fn tunnel(body: &[u8]) -> Option<Flow<'_>> {
    let at =
        memchr::memmem::find(body, b"ing packet: from ").or_else(|| memchr::memmem::find(body, b"ed packet: from "))?;
    let rest = &body[at..];
    let rest = &rest[memchr::memmem::find(rest, b"from ")? + 5..];
    let middle = memchr::memmem::find(rest, b" to ")?;
    let host = |text: &[u8]| {
        let open = memchr::memchr(b'[', text)?;
        let port = text[open + 1..].split(|b| *b == b']').next().and_then(number::port);
        Some(Endpoint { address: Some(address::address(&text[..open])?), port, ..Endpoint::default() })
    };
    let to = rest[middle + 4..].split(|b| *b == b' ').next()?;
    Some(Flow {
        initiator: host(&rest[..middle])?,
        responder: host(to)?,
        protocol: Some(Protocol::UDP),
        ..Flow::default()
    })
}

/// `… 192.0.2.1 TCP_MISS/200 2912 GET https://host/ user HIER_DIRECT/192.0.2.2 -`: what the proxy delivered to its client.
fn squid(body: &[u8]) -> Option<Flow<'_>> {
    let words: Vec<&[u8]> = body.split(|b| *b == b' ').filter(|word| !word.is_empty()).take(24).collect();
    let status = words.iter().position(|word| {
        let mut parts = word.split(|b| *b == b'/');
        let (result, code) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        result.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
            && result.len() > 3
            && code.len() == 3
            && code.iter().all(u8::is_ascii_digit)
    })?;
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let client = address::address(word(status.checked_sub(1)?))?;
    let peer = word(status + 5).split(|b| *b == b'/').nth(1)?;
    let url = word(status + 3);
    let (scheme, rest) = match memchr::memmem::find(url, b"://") {
        Some(at) => (Some(&url[..at]), &url[at + 3..]),
        None => (None, url),
    };
    let host = rest.split(|b| *b == b'/').next().unwrap_or_default();
    let written = memchr::memrchr(b':', host).and_then(|colon| number::port(&host[colon + 1..]));
    let usual = match scheme {
        Some(b"http") => Some(80),
        Some(b"https") => Some(443),
        Some(_) | None => None,
    };
    let mut flow = Flow { protocol: Some(Protocol::TCP), service: scheme.map(readable), ..Flow::default() };
    flow.initiator.address = Some(client);
    flow.responder = end(peer)?;
    flow.responder.port = written.or(usual);
    flow.bytes_in = number::count(word(status + 1));
    flow.user = Some(word(status + 4)).filter(|user| *user != b"-" && !user.is_empty()).map(readable);
    let denied = memchr::memmem::find(word(status), b"DENIED").is_some();
    flow.outcome = if denied { Outcome::Denied } else { Outcome::Established };
    Some(flow)
}

fn end(text: &[u8]) -> Option<Endpoint<'_>> {
    let (address, port) = address::address_and_port(text)?;
    Some(Endpoint { address: Some(address), port, ..Endpoint::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_found_in_every_layout() {
        for (row, expected) in [
            (
                "69,,,1000006765,vmx1,match,pass,out,4,0x0,,31,42511,0,none,1,icmp,60,192.0.2.1,192.0.2.2,request,1,100140",
                "icmp 60 -",
            ),
            (
                "146,,,1535,igb1,match,block,in,4,0x0,,63,1,0,DF,6,tcp,60,192.0.2.1,192.0.2.2,49724,853,0,S,1,,64240,,mss",
                "tcp 60 49724",
            ),
            ("6,,,100,igb1,match,block,in,6,0x00,0xf6279,1,UDP,17,32,fe80::1,ff02::1:2,546,547,32", "udp 32 546"),
            (
                "123,1,a,l,eth0,match,pass,in,6,,123,64,12345,0,DF,vrrp,6,80,2001:db8::1,2001:db8::2,3,64,1",
                "proto-112 80 -",
            ),
            (
                "183,,,41,vtnet,match,block,out,4,0x0,,63,1,0,DF,112,carp,72,192.0.2.1,192.0.2.2,advertise,255",
                "proto-112 72 -",
            ),
        ] {
            let flow = Row::of(row.as_bytes()).unwrap().flow().unwrap();
            let port = flow.initiator.port.map_or("-".to_owned(), |port| port.to_string());
            let told = format!("{} {} {port}", flow.protocol.unwrap(), flow.bytes_out.unwrap());
            assert_eq!(told, expected, "{row}");
        }
        assert!(Row::of(b"1,2,3,4,5,6,pass,in,4").is_none());
        assert!(Row::of(b"a,b,c,d,e,f,g,h,i,192.0.2.1,192.0.2.2").is_none());
    }
}
