//! Citrix ADC (once NetScaler) in its own syslog: `… 0-PPE-0 : default TCP CONN_DELINK 1234 0 : Source … - Destination …`.
//! After "NetScaler Syslog Message Reference", the messages of TCP, SSLVPN and AAA.
//!
//! **Ends.** `CONN_DELINK` and `OTHERCONN_DELINK` run from the client to the server behind the virtual server; `TCPCONNSTAT`,
//! `UDPFLOWSTAT` and the `ICA…` messages from whom they name as source. `CONN_TERMINATE` names the side first that closed the connection:
//! the lower port was called. `LOGIN` and `LOGOUT` are a VPN session from the client to the virtual server, and count once;
//! `LOGIN_FAILED` is a failed logon at the ADC.
//!
//! **Bytes** are those of the client, sent and received; what `ICAEND_CONNSTAT` counts is documented for neither side, and left out.
//! **Time.** `07/31/2024:19:16:12`, or day first if a number above 12 shows it; without `GMT` behind it in the ADC's own zone.

use super::firewall::{Reader, Telling, Told};
use super::syntax::syslog;
use super::syntax::when::{self, Order};
use super::syntax::years::Years;
use super::syntax::{address, number};
use super::{Fault, Format, Likeness, Parser, Sample, Setting, reasons};
use crate::evidence::Framing;
use crate::evidence::text::readable;
use crate::flow::{Endpoint, Flow, Kind, Outcome, Protocol};

/// The format.
pub struct CitrixAdc;

impl Format for CitrixAdc {
    fn name(&self) -> &'static str {
        "citrix_adc"
    }

    fn title(&self) -> &'static str {
        "Citrix ADC (NetScaler)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let known = sample.lines().take(200).filter_map(Line::of).any(|line| line.is_packet_engine);
        if known { Likeness::Certain } else { Likeness::None }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let dates = sample.lines().filter_map(Line::of).filter_map(|line| Some(dated(line.time?)));
        let dates: Vec<Vec<u8>> = dates.collect();
        let day_first = Order::of(dates.iter().map(Vec::as_slice)) == Some(Order::DayFirst);
        Box::new(Reader::new(setting, if day_first { day_first_read } else { month_first_read }))
    }
}

/// `07/31/2024:19:16:12` with a blank between date and time.
fn dated(time: &[u8]) -> Vec<u8> {
    let mut text = time.to_vec();
    if let Some(colon) = memchr::memchr(b':', &text) {
        text[colon] = b' ';
    }
    text
}

/// A message: `TIME [GMT] HOST 0-PPE-0 : default FEATURE EVENT NUMBER 0 : TEXT`.
struct Line<'r> {
    time: Option<&'r [u8]>,
    is_utc: bool,
    host: Option<&'r [u8]>,
    event: &'r [u8],
    text: &'r [u8],
    is_packet_engine: bool,
}

impl<'r> Line<'r> {
    fn of(line: &'r [u8]) -> Option<Line<'r>> {
        let at = memchr::memmem::find(&line[..line.len().min(400)], b" default ")?;
        let (head, rest) = (&line[..at], &line[at + 9..]);
        let is_packet_engine = memchr::memmem::find(head, b"-PPE-").is_some();
        let words = head.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
        let words: Vec<&[u8]> = words.collect();
        let is_time =
            |word: &&[u8]| word.len() >= 19 && word[word.len() - 19..].iter().filter(|b| **b == b'/').count() == 2;
        let engine = words.iter().position(|word| memchr::memmem::find(word, b"-PPE-").is_some());
        let time = words.iter().rposition(is_time);
        let is_utc = words.contains(&b"GMT".as_slice());
        let host = engine.and_then(|at| at.checked_sub(1)).filter(|at| Some(*at) != time).map(|at| words[at]);
        let mut parts = rest.splitn(2, |b| *b == b':');
        let names = parts.next()?.split(|b| *b == b' ').filter(|word| !word.is_empty());
        let event = names.take_while(|word| !word.iter().all(u8::is_ascii_digit)).last()?;
        Some(Line {
            time: time.map(|at| &words[at][words[at].len() - 19..]),
            is_utc,
            host: host.filter(|host| *host != b"GMT"),
            event,
            text: parts.next()?,
            is_packet_engine,
        })
    }

    /// What stands behind a name, up to the next ` - `.
    fn get(&self, name: &str) -> Option<&'r [u8]> {
        let at = memchr::memmem::find_iter(self.text, name.as_bytes()).find(|at| {
            let before = self.text[..*at].last();
            let behind = self.text.get(at + name.len());
            before.is_none_or(|b| *b == b' ') && behind == Some(&b' ')
        })?;
        let rest = &self.text[at + name.len() + 1..];
        let end = memchr::memmem::find(rest, b" - ").unwrap_or(rest.len());
        let value = rest[..end].trim_ascii();
        let value = value.strip_prefix(b"\\").unwrap_or(value);
        let value = value
            .strip_prefix(b"\"")
            .map_or(value, |inner| inner.split(|b| matches!(b, b'"' | b'\\')).next().unwrap_or(inner));
        Some(value.trim_ascii()).filter(|value| !value.is_empty() && *value != b"-" && !value.starts_with(b"- "))
    }
}

fn day_first_read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    read(line, years, Order::DayFirst)
}

fn month_first_read<'r>(line: &'r [u8], years: &mut Years) -> Result<Told<'r>, Fault> {
    read(line, years, Order::MonthFirst)
}

fn read<'r>(bytes: &'r [u8], years: &mut Years, order: Order) -> Result<Told<'r>, Fault> {
    let Some(line) = Line::of(bytes) else {
        return Ok(Told::Nothing(reasons::ELSEWHERE.into()));
    };
    let user =
        line.get("User").or_else(|| line.get("username:domainname").and_then(|name| name.split(|b| *b == b':').next()));
    let mut flow = Flow {
        user: user.map(readable),
        sensor: line.host.map(readable),
        outcome: Outcome::Established,
        ..Flow::default()
    };
    let name = std::str::from_utf8(line.event).unwrap_or_default();
    let mut told = None;
    let from_to = match name {
        "CONN_DELINK" | "OTHERCONN_DELINK" | "CONN_TERMINATE" | "TCPCONNSTAT" | "UDPFLOWSTAT" => {
            Some(("Source", "Destination"))
        }
        "ICASTART" | "ICAEND_CONNSTAT" => {
            let number = line.get("connectionId").unwrap_or_default();
            told = Some((readable(number), if name == "ICASTART" { Telling::Before } else { Telling::Last }));
            flow.service = Some("ica".into());
            Some(("Source", "Destination"))
        }
        "LOGIN" | "LOGOUT" if line.get("Vserver").is_some_and(|at| !at.starts_with(b"0.0.0.0")) => {
            flow.kind = Kind::Session;
            let number = line.get("SessionId").or(user).unwrap_or_default();
            told = Some((readable(number), if name == "LOGIN" { Telling::Before } else { Telling::Last }));
            Some(("Client_ip", "Vserver"))
        }
        "LOGIN_FAILED" => {
            (flow.kind, flow.outcome) = (Kind::Logon, Outcome::Failed);
            Some(("Client_ip", ""))
        }
        _ => None,
    };
    let Some((from, to)) = from_to else {
        let name = crate::evidence::text::visible(name);
        return Ok(Told::Nothing(
            format!("Citrix ADC {} message, no connection", crate::evidence::text::elided(&name, 40)).into(),
        ));
    };
    let peer = match line.get(from) {
        Some(peer) => Some(peer),
        // `Context ito@192.0.2.7`, where the client's address is left out.
        None if from == "Client_ip" => line.get("Context").and_then(|context| context.rsplit(|b| *b == b'@').next()),
        None => None,
    };
    let called = if to.is_empty() { line.host } else { line.get(to) };
    let (Some(peer), Some(called)) = (peer, called) else {
        return Ok(Told::Nothing("the record names only one end".into()));
    };
    (flow.initiator, flow.responder) = (end(peer)?, end(called)?);
    flow.protocol = match name {
        "UDPFLOWSTAT" => Some(Protocol::UDP),
        "LOGIN_FAILED" => None,
        _ => Some(Protocol::TCP),
    };
    if flow.kind == Kind::Connection && !name.starts_with("ICA") {
        flow.bytes_out = count(&line, "Total_bytes_send")?;
        flow.bytes_in = count(&line, "Total_bytes_recv")?;
    }
    if line.get("Access") == Some(b"Denied") {
        flow.outcome = Outcome::Denied;
    }
    if name == "CONN_TERMINATE" && flow.initiator.port < flow.responder.port {
        std::mem::swap(&mut flow.initiator, &mut flow.responder);
        std::mem::swap(&mut flow.bytes_out, &mut flow.bytes_in);
    }
    let start = line.get("Start Time").or_else(|| line.get("Start_time")).or_else(|| line.get("startTime"));
    let ended = line.get("End Time").or_else(|| line.get("End_time")).or_else(|| line.get("endTime")).or(line.time);
    let start = start.map(|text| time(text, line.is_utc, order)).transpose()?;
    let ended = ended.map(|text| time(text, line.is_utc, order)).transpose()?;
    let settled = |stamp: Option<syslog::Stamp>, years: &mut Years| stamp.and_then(|stamp| years.settle(stamp));
    let (start, ended) = (settled(start, years), settled(ended, years));
    if let (Some((start, _)), Some((ended, _))) = (start, ended) {
        flow.duration = ended.0.checked_sub(start.0).and_then(|micros| u64::try_from(micros).ok());
    }
    if let Some((at, basis)) = start.or(ended) {
        (flow.start, flow.basis) = (Some(at), basis);
    }
    Ok(Told::Flow(flow, told))
}

fn time(text: &[u8], is_utc: bool, order: Order) -> Result<syslog::Stamp, Fault> {
    let fault = || Fault::of_field(reasons::TIME, "time", text);
    let (text, zone) = (text.get(..19).ok_or_else(fault)?, memchr::memmem::find(text, b"GMT").is_some() || is_utc);
    let mut written = when::read(&dated(text), Some(order)).map_err(|_unread| fault())?;
    written.offset = zone.then_some(0);
    Ok(syslog::Stamp::Full(written))
}

fn count(line: &Line<'_>, name: &str) -> Result<Option<u64>, Fault> {
    let Some(text) = line.get(name) else { return Ok(None) };
    number::whole(text).map(Some).ok_or_else(|| Fault::of_field(reasons::BYTES, "bytes", text))
}

fn end(text: &[u8]) -> Result<Endpoint<'_>, Fault> {
    match address::address_and_port(text) {
        Some((found, port)) => Ok(Endpoint { address: Some(found), port, ..Endpoint::default() }),
        None if super::firewall::may_be_host(&readable(text)) => {
            Ok(Endpoint { name: Some(readable(text)), ..Endpoint::default() })
        }
        None => Err(Fault::of_field(reasons::ADDRESS, "an end", text)),
    }
}
