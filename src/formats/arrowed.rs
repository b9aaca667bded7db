//! Firewalls that write a connection as `A:1234 -> B:443` in a sentence of their own: VMware NSX (distributed and gateway firewall),
//! Yamaha RTX routers, Hillstone StoneOS, F5 BIG-IP APM (packets that its access lists judge), DrayTek Vigor. After VMware, "Firewall Packet Logs"; Yamaha, "SYSLOG Reference", INSPECT and
//! the filters; Hillstone, "StoneOS Log Messages", Traffic; DrayTek, "Syslog Explanation".
//!
//! **NSX** writes `match` when a connection begins and `TERM` when it ends, and both at either end's virtual port: it counts once, by
//! its end as the caller's port saw it, or where only the other port tells of it, by that one. Bytes are those of `TERM`, in and out as the virtual machine saw them. **Yamaha** writes
//! `[INSPECT]` when a connection is over, with its begin in brackets, and `Rejected at` for each packet refused. **Hillstone**
//! writes a session's start and its end, with bytes; the end counts. Addresses are those before translation. Times without a zone
//! are the device's; the file's clock settles them.

use std::borrow::Cow;

use super::firewall::{self, Reader, Telling, Told};
use super::syntax::syslog::{self, Stamp};
use super::syntax::years::Years;
use super::syntax::{address, number, time};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Endpoint, Flow, Moment, Outcome, Protocol};

/// The format.
pub struct Arrowed;

impl Format for Arrowed {
    fn name(&self) -> &'static str {
        "arrowed"
    }

    fn title(&self) -> &'static str {
        "Firewall lines with an arrow (NSX, Yamaha RTX, Hillstone, F5 APM, DrayTek)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(300).filter(|line| line.len() < 4_096).any(|line| {
            let product = Product::of(line);
            product.is_some_and(|product| {
                ends(line, product).is_some_and(|[_, from, to, _]| end(from).is_ok() && end(to).is_ok())
            })
        });
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Reader::new(setting, read))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Product {
    Nsx,
    YamahaInspected,
    YamahaFiltered,
    Hillstone,
    Draytek,
    F5Access,
}

impl Product {
    fn of(line: &[u8]) -> Option<Product> {
        let has = |mark: &str| memchr::memmem::find(line, mark.as_bytes()).is_some();
        if matches!(line.trim_ascii_start().first(), None | Some(b'{' | b'"')) {
            None
        } else if (has(" INET ") || has(" INET6 ")) && has("->") && (has("match ") || has("TERM ")) {
            Some(Product::Nsx)
        } else if has("[INSPECT] ") && has(" > ") {
            Some(Product::YamahaInspected)
        } else if has(" filter: ") && has(" > ") && (has(" Rejected at ") || has(" Passed at ")) {
            Some(Product::YamahaFiltered)
        } else if has("->") && has(", vr ") && (has("ession start") || has("ession end") || has("olicy deny")) {
            Some(Product::Hillstone)
        } else if has(" ACL: ") && has(" packet: ") && has(" -> ") {
            Some(Product::F5Access)
        } else if has("Local User (MAC=") && has(" -> ") {
            Some(Product::Draytek)
        } else {
            None
        }
    }
}

/// What stands before the ends, the words before and behind the arrow, and what follows.
fn ends(line: &[u8], product: Product) -> Option<[&[u8]; 4]> {
    let arrow: &[u8] = match product {
        Product::YamahaInspected | Product::YamahaFiltered => b" > ",
        Product::Nsx | Product::Hillstone => b"->",
        Product::Draytek | Product::F5Access => b" -> ",
    };
    let at = memchr::memmem::find(line, arrow)?;
    let begin = line[..at].iter().rposition(|b| *b == b' ').map_or(0, |blank| blank + 1);
    let behind = &line[at + arrow.len()..];
    let stop = behind.iter().position(|b| matches!(b, b' ' | b'(' | b',')).unwrap_or(behind.len());
    Some([&line[..begin], &line[begin..at], &behind[..stop], &behind[stop..]])
}

/// `192.0.2.7:443`, `192.0.2.7/443`, `fe80::1/546`, with or without a port.
fn end(text: &[u8]) -> Result<Endpoint<'static>, Fault> {
    let (address, port) = match memchr::memchr(b'/', text) {
        Some(at) => (
            address::address(&text[..at]),
            Some(number::port(&text[at + 1..]).ok_or_else(|| Fault::of_field(reasons::PORT, "port", text))?),
        ),
        None => match address::address_and_port(text) {
            Some((address, port)) => (Some(address), port),
            None => (None, None),
        },
    };
    let address = address.ok_or_else(|| Fault::of_field(reasons::ADDRESS, "an end", text))?;
    Ok(Endpoint { address: Some(address), port, ..Endpoint::default() })
}

fn read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    let Some((product, [before, from, to, rest])) =
        Product::of(line).and_then(|product| Some((product, ends(line, product)?)))
    else {
        return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
    };
    let message = syslog::strip(line);
    let mut flow = Flow {
        initiator: end(from)?,
        responder: end(to)?,
        sensor: message.host.map(readable),
        outcome: Outcome::Unknown,
        ..Flow::default()
    };
    let sent = message.time.and_then(|stamp| years.settle(stamp));
    if let Some((at, basis)) = sent {
        (flow.start, flow.basis) = (Some(at), basis);
    }
    let mut telling = None;
    match product {
        Product::Nsx => telling = nsx(line, rest, &mut flow),
        Product::YamahaInspected => {
            flow.protocol = protocol_before(before);
            flow.outcome = Outcome::Established;
            let inner = rest.trim_ascii().strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
            if let Some(written) = inner.and_then(time::read) {
                began(&mut flow, Stamp::Full(written), years);
            }
        }
        Product::YamahaFiltered => {
            flow.protocol = protocol_before(before);
            flow.one_way = true;
            let refused = memchr::memmem::find(line, b" Rejected at ").is_some();
            flow.outcome = if refused { Outcome::Denied } else { Outcome::Established };
        }
        Product::F5Access => {
            flow.protocol = protocol_before(before);
            flow.one_way = true;
            if let Some(at) = memchr::memmem::find(before, b" ACL: ") {
                let verdict = before[..at].rsplit(|b| *b == b' ').next().unwrap_or_default();
                flow.outcome = super::named::outcome(&readable(verdict));
                flow.rule = before[at + 6..].split(|b| *b == b' ').next().map(readable);
            }
        }
        Product::Hillstone => telling = hillstone(rest, &mut flow, years)?,
        Product::Draytek => {
            let inner = rest.trim_ascii_start().strip_prefix(b"(").and_then(|rest| rest.split(|b| *b == b')').next());
            flow.protocol = inner.and_then(|name| Protocol::read(&readable(name)));
            flow.outcome = Outcome::Established;
        }
    }
    if flow.protocol.is_some_and(|protocol| !protocol.has_ports()) {
        (flow.initiator.port, flow.responder.port) = (None, None);
    }
    // The ends tell which records are of one connection, whichever host wrote them.
    Ok(Told::Flow(flow, telling.map(|telling| (Cow::Borrowed(""), telling))))
}

/// The protocol's name stands before the ends.
fn protocol_before(before: &[u8]) -> Option<Protocol> {
    let word = before.trim_ascii_end().rsplit(|b| *b == b' ').next()?;
    Protocol::read(&readable(word))
}

fn nsx<'r>(line: &'r [u8], rest: &'r [u8], flow: &mut Flow<'r>) -> Option<Telling> {
    let at = memchr::memmem::find(line, b" INET")?;
    // Without a host in front, the number of the port's filter stands in its place.
    if flow.sensor.as_deref().is_some_and(|name| name.len() == 8 && name.bytes().all(|b| b.is_ascii_hexdigit())) {
        flow.sensor = None;
    }
    let words: Vec<&[u8]> = line[at + 1..].split(|b| *b == b' ').filter(|word| !word.is_empty()).collect();
    let is_over = words.get(1).is_some_and(|word| word.ends_with(b"TERM"));
    let mut is_out = false;
    // What is said of the packet stands behind its family, before the ends.
    for (at, word) in words.iter().enumerate().take(9).skip(2) {
        match *word {
            b"PASS" | b"DROP" | b"REJECT" => {
                flow.outcome = if *word == b"PASS" { Outcome::Established } else { Outcome::Denied };
                flow.rule = words.get(at + 1).map(|rule| readable(rule));
            }
            b"OUT" => is_out = true,
            b"PROTO" => flow.protocol = words.get(at + 1).and_then(|number| Protocol::read(&readable(number))),
            name if flow.protocol.is_none() && !name.first().is_some_and(u8::is_ascii_digit) => {
                flow.protocol = Protocol::read(&readable(name));
            }
            _ => {}
        }
    }
    if flow.outcome == Outcome::Denied {
        return None;
    }
    if is_over {
        flow.outcome = Outcome::Established;
        let mut counts = rest.split(|b| *b == b' ').filter_map(|pair| {
            let at = memchr::memchr(b'/', pair)?;
            let (into, out) = (number::whole(&pair[..at])?, number::whole(&pair[at + 1..])?);
            Some(if is_out { (out, into) } else { (into, out) })
        });
        if let Some((out, back)) = counts.next() {
            (flow.packets_out, flow.packets_in) = (Some(out), Some(back));
        }
        if let Some((out, back)) = counts.next() {
            (flow.bytes_out, flow.bytes_in) = (Some(out), Some(back));
        }
    }
    Some(if is_over && is_out { Telling::Last } else { Telling::Before })
}

fn hillstone<'r>(rest: &'r [u8], flow: &mut Flow<'r>, years: &mut Years) -> Result<Option<Telling>, Fault> {
    let inner = rest.strip_prefix(b"(").and_then(|rest| rest.split(|b| *b == b')').next());
    flow.protocol = inner.and_then(|name| Protocol::read(&readable(name)));
    let get = |name: &str| {
        rest.split(|b| *b == b',')
            .find_map(|part| part.trim_ascii().strip_prefix(name.as_bytes()))
            .map(<[u8]>::trim_ascii)
    };
    let said = |text: Option<&'r [u8]>| text.filter(|text| !matches!(*text, b"" | b"-" | b"-@-")).map(readable);
    flow.service = said(get("application "));
    flow.rule = said(get("policy "));
    flow.user = said(get("user "));
    let count = |name: &str, reason| match get(name) {
        Some(text) => number::whole(text).map(Some).ok_or_else(|| Fault::of_field(reason, name, text)),
        None => Ok(None),
    };
    flow.bytes_out = count("send bytes ", reasons::BYTES)?;
    flow.bytes_in = count("receive bytes ", reasons::BYTES)?;
    flow.packets_out = count("send packets ", reasons::PACKETS)?;
    flow.packets_in = count("receive packets ", reasons::PACKETS)?;
    if memchr::memmem::find(rest, b"olicy deny").is_some() {
        flow.outcome = Outcome::Denied;
        return Ok(None);
    }
    flow.outcome = Outcome::Established;
    let stamp = |name: &str| get(name).and_then(firewall::stamp_of);
    let ended = stamp("close time ").and_then(|stamp| years.settle(stamp));
    if let Some((at, basis)) = ended {
        (flow.start, flow.basis) = (Some(at), basis);
    }
    if let Some(stamp) = stamp("start time ") {
        began(flow, stamp, years);
    }
    let is_over = memchr::memmem::find(rest, b"ession end").is_some();
    Ok(Some(if is_over { Telling::Last } else { Telling::Before }))
}

/// Gives a flow that was over at its time so far the time when it began.
fn began(flow: &mut Flow<'_>, stamp: Stamp, years: &mut Years) {
    let over = flow.start;
    if let Some((at, basis)) = years.settle(stamp) {
        let lasted = |over: Moment| over.0.checked_sub(at.0).and_then(|micros| u64::try_from(micros).ok());
        (flow.duration, flow.start, flow.basis) = (over.and_then(lasted), Some(at), basis);
    }
}
