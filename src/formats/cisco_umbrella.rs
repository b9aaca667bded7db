//! Cisco Umbrella's exported logs: proxy, IP, cloud firewall and intrusion records as CSV, without a header, told from each other by
//! what stands where. After Cisco, "Umbrella SIG User Guide", "Log Formats and Versioning". Times are UTC.
//!
//! Of columns that later versions append, only the cloud firewall's counts are read. Bytes are those of a proxied request and its
//! answer; of the cloud firewall those from the source and to it, in older versions the size of the one packet that a row tells of. The DNS log names
//! the client's inner and outer address and nobody else, so its rows tell of no second host; audit and DLP rows neither.
//!
//! **Ends.** The client by its inner address, or by its outer one where Umbrella does not see the inner; a proxied page by the
//! address that the proxy went to, with the port of its URL.

use super::syntax::{address, number, time};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol};

/// The format.
pub struct CiscoUmbrella;

impl Format for CiscoUmbrella {
    fn name(&self) -> &'static str {
        "cisco_umbrella"
    }

    fn title(&self) -> &'static str {
        "Cisco Umbrella"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let mut best = Likeness::None;
        for (at, line) in sample.lines().take(20).enumerate() {
            match Row::of(&cells(line)) {
                // Seven columns with two addresses may be anybody's.
                Some(Row::Ip) => best = best.max(Likeness::Likely),
                Some(Row::Proxy | Row::Dns | Row::Firewall | Row::Intrusion) => best = Likeness::Certain,
                None if at == 0 && is_header(line) => {}
                None => return if best == Likeness::Certain { best } else { Likeness::None },
            }
        }
        best
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Umbrella)
    }
}

/// A header, where whoever exported the log put one.
fn is_header(line: &[u8]) -> bool {
    let first = cells(line).first().copied().unwrap_or_default().to_ascii_lowercase();
    first == b"timestamp" || first == b"date"
}

/// Which log a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Time, identity, inner, outer, destination, content type, verdict, URL, referer, agent, status, request size, response size …
    Proxy,
    /// Time, identity, identities, inner, outer, action, query type, response code, domain …
    Dns,
    /// Time, identity, source, port, destination, port, categories.
    Ip,
    /// Time, [origin], identity, type, direction, protocol, size, source, port, destination, port, data centre, rule, verdict, names,
    /// lists, first packet, last packet, packets from and to the source, bytes from and to the source …
    Firewall,
    /// Time, identity, type, generator, signature, message, origin, severity, class, CVEs, protocol, session, source, port,
    /// destination, port, action …
    Intrusion,
}

impl Row {
    fn of(cells: &[&[u8]]) -> Option<Row> {
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        moment(cell(0))?;
        let address_or_empty = |at: usize| cell(at).is_empty() || address::address(cell(at)).is_some();
        let number_or_empty = |at: usize| cell(at).iter().all(u8::is_ascii_digit);
        let is_one = |at: usize, words: &[&[u8]]| words.iter().any(|word| cell(at).eq_ignore_ascii_case(word));
        let verdicts: [&[u8]; 5] = [b"ALLOWED", b"BLOCKED", b"WARNED", b"ISOLATED", b"ERROR"];
        if cells.len() >= 13
            && address_or_empty(2)
            && address_or_empty(3)
            && address_or_empty(4)
            && is_one(6, &verdicts)
        {
            return Some(Row::Proxy);
        }
        if cells.len() >= 9
            && is_one(5, &[b"Allowed", b"Blocked", b"Proxied"])
            && cell(6).ends_with(b")")
            && address_or_empty(3)
            && address_or_empty(4)
        {
            return Some(Row::Dns);
        }
        if cells.len() >= 14
            && is_one(4, &[b"OUTBOUND", b"INBOUND", b"CNHE", b"TO_INTERNET", b"TO_PRIVATE"])
            && address_or_empty(7)
            && address_or_empty(9)
        {
            return Some(Row::Firewall);
        }
        if cells.len() >= 17
            && address::address(cell(12)).is_some()
            && address::address(cell(14)).is_some()
            && number_or_empty(3)
            && number_or_empty(4)
        {
            return Some(Row::Intrusion);
        }
        let ends = address::address(cell(2)).is_some() && address::address(cell(4)).is_some();
        (ends && cells.len() >= 6 && number::port(cell(3)).is_some() && number::port(cell(5)).is_some())
            .then_some(Row::Ip)
    }
}

struct Umbrella;

impl Parser for Umbrella {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let cells = cells(line);
        let Some(row) = Row::of(&cells) else {
            if is_header(line) {
                return Disposition::Header;
            }
            return match cells.first().and_then(|first| moment(first)) {
                Some(_) => Disposition::Skipped("Umbrella row of another log, no connection".into()),
                None => {
                    Disposition::Malformed(Fault::of_field(reasons::TIME, "Timestamp", cells.first().unwrap_or(&line)))
                }
            };
        };
        match flow(row, &cells) {
            Ok(Some(flow)) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Ok(None) if row == Row::Dns => {
                Disposition::Skipped("DNS query at Umbrella: the row names the client only".into())
            }
            Ok(None) => Disposition::Skipped("Umbrella row without both ends".into()),
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

fn flow<'r>(row: Row, cells: &[&'r [u8]]) -> Result<Option<Flow<'r>>, Fault> {
    let cell = |at: usize| cells.get(at).copied().filter(|cell| !cell.is_empty());
    let end = |host: usize, port: Option<usize>| -> Result<Option<Endpoint<'r>>, Fault> {
        let Some(address) = cell(host).and_then(address::address) else { return Ok(None) };
        let port = match port.and_then(cell) {
            Some(port) => Some(number::port(port).ok_or_else(|| Fault::of_field(reasons::PORT, "port", port))?),
            None => None,
        };
        // A packet without ports has 0 in their place.
        let port = port.filter(|port| *port != 0);
        Ok(Some(Endpoint { address: Some(address), port, ..Endpoint::default() }))
    };
    let count = |at: usize| match cell(at) {
        Some(text) => number::count(text).map(Some).ok_or_else(|| Fault::of_field(reasons::BYTES, "size", text)),
        None => Ok(None),
    };
    let mut flow = Flow { start: cell(0).and_then(moment), basis: Basis::File, ..Flow::default() };
    let ends = match row {
        Row::Dns => return Ok(None),
        Row::Proxy => {
            flow.protocol = Some(Protocol::TCP);
            flow.user = cell(1).map(readable);
            flow.bytes_out = count(11)?;
            flow.bytes_in = count(12)?;
            flow.outcome =
                if cells[6].eq_ignore_ascii_case(b"BLOCKED") { Outcome::Denied } else { Outcome::Established };
            let mut to = end(4, None)?;
            if let Some((scheme, port)) = cell(7).and_then(page) {
                flow.service = Some(readable(scheme));
                if let Some(to) = &mut to {
                    to.port = port;
                }
            }
            (end(2, None)?.map_or_else(|| end(3, None), |inner| Ok(Some(inner)))?, to)
        }
        Row::Ip => {
            flow.user = cell(1).map(readable);
            // The log holds what Umbrella stopped or would have stopped: which of them it does not say.
            (end(2, Some(3))?, end(4, Some(5))?)
        }
        Row::Firewall => {
            flow.user = cell(2).map(readable);
            flow.protocol = cell(5).and_then(protocol);
            flow.rule = cell(12).map(readable);
            flow.outcome = match cell(13) {
                Some(b"ALLOW" | b"ALLOWED") => Outcome::Established,
                Some(b"BLOCK" | b"BLOCKED" | b"DROP") => Outcome::Denied,
                Some(_) | None => Outcome::Unknown,
            };
            // Later versions count both ways, and say when the first and the last packet came; before, a row is a packet.
            if cells.len() >= 22 {
                (flow.packets_out, flow.packets_in) = (count(18)?, count(19)?);
                (flow.bytes_out, flow.bytes_in) = (count(20)?, count(21)?);
                let [first, last] = [16, 17].map(|at| cell(at).and_then(time::epoch));
                flow.start = first.or(flow.start);
                flow.duration =
                    first.zip(last).and_then(|(first, last)| u64::try_from(last.0.checked_sub(first.0)?).ok());
            } else {
                flow.bytes_out = count(6)?;
            }
            (end(7, Some(8))?, end(9, Some(10))?)
        }
        Row::Intrusion => {
            flow.user = cell(1).map(readable);
            flow.protocol = cell(10).and_then(protocol);
            flow.rule = cell(4).map(readable);
            flow.outcome = match cell(16) {
                Some(b"Blocked" | b"Block") => Outcome::Denied,
                Some(_) | None => Outcome::Unknown,
            };
            (end(12, Some(13))?, end(14, Some(15))?)
        }
    };
    let (Some(from), Some(to)) = ends else { return Ok(None) };
    (flow.initiator, flow.responder) = (from, to);
    if flow.protocol.is_some_and(|protocol| !protocol.has_ports()) {
        (flow.initiator.port, flow.responder.port) = (None, None);
    }
    Ok(Some(flow))
}

fn protocol(text: &[u8]) -> Option<Protocol> {
    std::str::from_utf8(text).ok().and_then(Protocol::read)
}

/// Scheme and port of a URL.
fn page(url: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let at = memchr::memmem::find(url, b"://")?;
    let host = url[at + 3..].split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let written = memchr::memrchr(b':', host).and_then(|colon| number::port(&host[colon + 1..]));
    let usual = match &url[..at] {
        b"http" => Some(80),
        b"https" => Some(443),
        _ => None,
    };
    Some((&url[..at], written.or(usual)))
}

/// `2020-07-23 18:03:46`, UTC.
fn moment(text: &[u8]) -> Option<Moment> {
    if text.len() < 19 || text.get(10) != Some(&b' ') {
        return None;
    }
    time::read(text).filter(|written| written.offset.unwrap_or(0) == 0).map(|written| written.local)
}

/// The cells of a row. Some exports put a blank between a comma and the quote behind it.
fn cells(line: &[u8]) -> Vec<&[u8]> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let trimmed = rest.trim_ascii_start();
        let (cell, after) = match trimmed.strip_prefix(b"\"") {
            Some(inner) => {
                let end = closing(inner);
                (&inner[..end], inner.get(end + 1..).unwrap_or_default().trim_ascii_start())
            }
            None => {
                let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
                (rest[..end].trim_ascii(), &rest[end..])
            }
        };
        cells.push(cell);
        match after.strip_prefix(b",") {
            Some(after) if cells.len() < 128 => rest = after,
            Some(_) | None => return cells,
        }
    }
}

/// Where a quoted cell ends: at a quote that is not doubled, and behind which a comma or the row's end stands.
fn closing(inner: &[u8]) -> usize {
    let mut at = 0;
    for _ in 0..200 {
        let Some(quote) = memchr::memchr(b'"', &inner[at..]).map(|found| at + found) else { return inner.len() };
        if inner.get(quote + 1) == Some(&b'"') {
            at = quote + 2;
            continue;
        }
        let behind = inner[quote + 1..].trim_ascii_start();
        if behind.is_empty() || behind[0] == b',' {
            return quote;
        }
        at = quote + 1;
    }
    inner.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_with_blanks_and_commas() {
        assert_eq!(cells(b"\"a, b\", \"c\",d,\"\",e"), [&b"a, b"[..], b"c", b"d", b"", b"e"]);
        assert_eq!(cells(b"\"say \"x\" now\",2"), [&b"say \"x\" now"[..], b"2"]);
        assert_eq!(cells(b"\"say \"\"x\"\", now\",2"), [&b"say \"\"x\"\", now"[..], b"2"]);
        assert_eq!(cells(b"\"open,2"), [&b"open,2"[..]]);
    }

    #[test]
    fn a_url_says_its_port() {
        assert_eq!(page(b"https://a.example/x:9"), Some((&b"https"[..], Some(443))));
        assert_eq!(page(b"http://a.example:8080/x"), Some((&b"http"[..], Some(8080))));
        assert_eq!(page(b"a.example"), None);
    }
}
