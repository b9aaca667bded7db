//! Extended log files of web servers and proxies, whose `#Fields:` line names the columns: Blue Coat (ProxySG), IIS, Forefront TMG,
//! CloudFront. After W3C, "Extended Log File Format" (WD-logfile-960323), Microsoft's "W3C Extended Log File Format (IIS)" and
//! Symantec's "Edge SWG, access log formats". Bytes are those of requests (`cs-bytes`) and replies (`sc-bytes`).
//!
//! **Ends.** From the client (`c-ip`) to the host asked for: `cs-host` and its address `r-ip` of a proxy, the server itself (`s-ip`,
//! `s-port`) where no other host is named. A proxy's own address is no end.
//!
//! **Time.** In UTC, as the draft demands ("all times are in GMT"), when the transaction had ended: it began `time-taken` before,
//! in milliseconds; a fraction says seconds, as CloudFront writes them.

use super::syntax::{address, number, syslog, time};
use super::web::{host, target, usual_port};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Moment, Outcome, Protocol};

/// The format.
pub struct W3cElf;

impl Format for W3cElf {
    fn name(&self) -> &'static str {
        "w3c_elf"
    }

    fn title(&self) -> &'static str {
        "Web server and proxy logs (W3C ELF: Blue Coat, IIS)"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let fields = sample.lines().take(50).find_map(|line| {
            let at = memchr::memmem::find(&line[..line.len().min(200)], b"#Fields:")?;
            fields_of(&line[at..])
        });
        match fields {
            Some(fields) if fields.iter().any(|slot| matches!(slot, Some(Slot::Client))) => Likeness::Certain,
            Some(_) | None => Likeness::None,
        }
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, _setting: &Setting, _sample: &Sample<'_>) -> Box<dyn Parser> {
        Box::new(Elf::default())
    }
}

/// What a column is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Date,
    Time,
    Taken,
    Client,
    ClientPort,
    User,
    Host,
    Uri,
    UriPort,
    Scheme,
    Remote,
    RemotePort,
    Supplier,
    Server,
    ServerPort,
    ServerName,
    BytesIn,
    BytesOut,
    Status,
    Action,
    Filter,
}

const SLOTS: usize = Slot::Filter as usize + 1;

fn slot_of(name: &[u8]) -> Option<Slot> {
    Some(match name.to_ascii_lowercase().as_slice() {
        b"date" => Slot::Date,
        b"time" => Slot::Time,
        b"time-taken" => Slot::Taken,
        b"c-ip" => Slot::Client,
        b"c-port" => Slot::ClientPort,
        b"cs-username" | b"cs-userdn" => Slot::User,
        b"cs-host" | b"cs(host)" | b"r-host" | b"x-host-header" | b"r-dns" => Slot::Host,
        b"cs-uri" | b"c-uri" => Slot::Uri,
        b"cs-uri-port" => Slot::UriPort,
        b"cs-uri-scheme" | b"cs-protocol" => Slot::Scheme,
        b"r-ip" => Slot::Remote,
        b"r-port" => Slot::RemotePort,
        b"s-supplier-ip" | b"s-supplier-name" => Slot::Supplier,
        b"s-ip" => Slot::Server,
        b"s-port" => Slot::ServerPort,
        b"s-computername" => Slot::ServerName,
        b"sc-bytes" => Slot::BytesIn,
        b"cs-bytes" => Slot::BytesOut,
        b"sc-status" => Slot::Status,
        b"s-action" | b"action" | b"x-edge-result-type" => Slot::Action,
        b"sc-filter-result" => Slot::Filter,
        _ => return None,
    })
}

/// The columns that a `#Fields:` line names.
fn fields_of(line: &[u8]) -> Option<Vec<Option<Slot>>> {
    let names = line.strip_prefix(b"#Fields:")?;
    Some(names.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty()).map(slot_of).collect())
}

#[derive(Default)]
struct Elf {
    fields: Option<Vec<Option<Slot>>>,
    /// The day of `#Date:`, for files whose rows have the time alone.
    date: Option<Vec<u8>>,
}

impl Parser for Elf {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        let (relay, body) = self.behind_header(line);
        if let Some(fields) = fields_of(body) {
            self.fields = Some(fields);
            return Disposition::Header;
        }
        if body.first() == Some(&b'#') {
            if let Some(date) = body.strip_prefix(b"#Date:") {
                self.date = date.trim_ascii().get(..10).map(<[u8]>::to_vec);
            }
            return Disposition::Header;
        }
        let Some(fields) = &self.fields else {
            return Disposition::Malformed(Fault::new("no #Fields line before it says its columns", readable(line)));
        };
        let mut cells: [Option<&[u8]>; SLOTS] = [None; SLOTS];
        let mut count = 0;
        for (cell, slot) in Cells(body, memchr::memchr(b'\t', body).is_some()).zip(fields) {
            count += 1;
            if let Some(slot) = slot.filter(|slot| cells[*slot as usize].is_none() && !matches!(cell, b"-" | b"")) {
                cells[slot as usize] = Some(cell);
            }
        }
        if count < fields.len().min(4) {
            return Disposition::Malformed(Fault::new("the row has fewer cells than its #Fields line", readable(line)));
        }
        match flow_of(&cells, self.date.as_deref()) {
            Ok(Some(mut flow)) => {
                if flow.sensor.is_none() {
                    flow.sensor = host_of(relay).map(Into::into);
                }
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Ok(None) => Disposition::Skipped("the request names no other host".into()),
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

impl Elf {
    /// What a relay put before a row or comment, and the row. The row's own date looks like a header's time, so the row is
    /// taken to begin there.
    fn behind_header<'r>(&self, line: &'r [u8]) -> (&'r [u8], &'r [u8]) {
        let relayed = line.first().is_some_and(|b| *b == b'<' || b.is_ascii_alphabetic());
        if !relayed {
            return (b"", line);
        }
        let begins = |at: &usize| {
            let rest = &line[*at..];
            rest.starts_with(b"#")
                || time::date(rest).is_some_and(|(_, after)| matches!(after.first(), Some(b' ' | b'\t')))
        };
        let dated = self.fields.as_ref().is_some_and(|fields| fields.first() == Some(&Some(Slot::Date)));
        let at = memchr::memchr_iter(b' ', line).take(16).map(|blank| blank + 1).find(begins);
        match at.filter(|at| dated || line[*at..].starts_with(b"#")) {
            Some(at) => line.split_at(at),
            None => (b"", syslog::strip(line).body),
        }
    }
}

/// The device that a relay's header names.
fn host_of(header: &[u8]) -> Option<String> {
    let mut line = header.to_vec();
    line.push(b'-');
    syslog::strip(&line).host.map(|host| readable(host).into_owned())
}

/// The cells of a row, parted by tabs (the flag), or by blanks and in quotes where they hold some.
struct Cells<'r>(&'r [u8], bool);

impl<'r> Iterator for Cells<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        if self.1 {
            let (cell, after) = match memchr::memchr(b'\t', self.0) {
                Some(at) => (&self.0[..at], &self.0[at + 1..]),
                None if self.0.is_empty() => return None,
                None => (self.0, &b""[..]),
            };
            self.0 = after;
            return Some(cell.trim_ascii());
        }
        let rest = self.0.trim_ascii_start();
        let quoted = rest.strip_prefix(b"\"").and_then(|inner| Some((inner, memchr::memchr(b'"', inner)?)));
        let (cell, after) = match quoted {
            Some((inner, end)) => (&inner[..end], &inner[end + 1..]),
            None if rest.is_empty() => return None,
            None => rest.split_at(rest.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(rest.len())),
        };
        self.0 = after;
        Some(cell)
    }
}

fn flow_of<'r>(cells: &[Option<&'r [u8]>; SLOTS], day: Option<&[u8]>) -> Result<Option<Flow<'r>>, Fault> {
    let cell = |slot: Slot| cells[slot as usize];
    let Some(client) = cell(Slot::Client) else { return Ok(None) };
    let port = |slot, field| match cell(slot) {
        None => Ok(None),
        Some(found) => number::port(found).map(Some).ok_or_else(|| Fault::of_field(reasons::PORT, field, found)),
    };
    let initiator = address::address(client).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "c-ip", client))?;
    let mut flow = Flow { protocol: Some(Protocol::TCP), ..Flow::default() };
    flow.initiator =
        Endpoint { address: Some(initiator), port: port(Slot::ClientPort, "c-port")?, ..Endpoint::default() };
    let named = cell(Slot::Host).and_then(host);
    let asked = cell(Slot::Uri).and_then(target);
    let scheme = cell(Slot::Scheme);
    flow.responder = match (named, asked) {
        // IIS names the host that it was asked for, and is that host.
        (Some(named), _) if cell(Slot::ServerPort).is_some() && cell(Slot::Action).is_none() && scheme.is_none() => {
            let server = cell(Slot::Server).and_then(address::address);
            Endpoint { address: server.or(named.address), port: port(Slot::ServerPort, "s-port")?, ..named }
        }
        (Some(mut named), asked) => {
            let asked = asked.and_then(|asked| asked.end.port);
            named.port =
                port(Slot::UriPort, "cs-uri-port")?.or(port(Slot::RemotePort, "r-port")?).or(named.port).or(asked);
            named.port = named.port.or_else(|| scheme.and_then(usual_port));
            let remote = cell(Slot::Remote).or(cell(Slot::Supplier)).and_then(address::address);
            named.address = named.address.or(remote);
            named
        }
        (None, Some(asked)) => asked.end,
        (None, None) => {
            let remote = cell(Slot::Remote).or(if scheme.is_none() { cell(Slot::Server) } else { None });
            let Some(found) = remote else { return Ok(None) };
            let address = address::address(found).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "s-ip", found))?;
            let port = port(Slot::RemotePort, "r-port")?.or(port(Slot::ServerPort, "s-port")?);
            Endpoint { address: Some(address), port, ..Endpoint::default() }
        }
    };
    let count = |slot, field| match cell(slot) {
        None => Ok(None),
        Some(found) => number::count(found).map(Some).ok_or_else(|| Fault::of_field(reasons::BYTES, field, found)),
    };
    flow.bytes_in = count(Slot::BytesIn, "sc-bytes")?;
    flow.bytes_out = count(Slot::BytesOut, "cs-bytes")?;
    if let Some(found) = cell(Slot::Taken) {
        flow.duration = Some(taken(found).ok_or_else(|| Fault::of_field(reasons::DURATION, "time-taken", found))?);
    }
    if let Some(clock_time) = cell(Slot::Time)
        && let Some(date) = cell(Slot::Date).or(day)
    {
        let ended = moment(date, clock_time).ok_or_else(|| Fault::of_field(reasons::TIME, "time", clock_time))?;
        flow.start = ended.before(flow.duration.unwrap_or(0));
        flow.basis = Basis::Explicit;
    }
    flow.user = cell(Slot::User).filter(|user| *user != b"anonymous").map(readable);
    // `tcp` is what a tunnel is called, and no application.
    flow.service = scheme.filter(|scheme| *scheme != b"tcp").map(readable);
    flow.sensor = cell(Slot::ServerName).map(readable);
    flow.outcome = outcome(cell(Slot::Filter), cell(Slot::Action), cell(Slot::Status));
    Ok(Some(flow))
}

fn moment(date: &[u8], clock_time: &[u8]) -> Option<Moment> {
    let (days, _) = time::date(date.trim_ascii())?;
    let (micros, _) = time::time_of_day(clock_time)?;
    Some(Moment(days.checked_mul(time::DAY)?.checked_add(micros)?))
}

/// Milliseconds, or seconds with a fraction.
fn taken(cell: &[u8]) -> Option<u64> {
    let micros = if memchr::memchr(b'.', cell).is_some() {
        number::micros(cell)?
    } else {
        i64::try_from(number::count(cell)?.checked_mul(1_000)?).ok()?
    };
    u64::try_from(micros).ok()
}

fn outcome(filter: Option<&[u8]>, action: Option<&[u8]>, status: Option<&[u8]>) -> Outcome {
    let has = |text: Option<&[u8]>, word: &[u8]| text.is_some_and(|text| memchr::memmem::find(text, word).is_some());
    if has(filter, b"DENIED") || has(action, b"DENIED") || has(action, b"Denied") {
        return Outcome::Denied;
    }
    match status.and_then(number::count) {
        Some(407) => Outcome::Denied,
        Some(0) if !has(action, b"TUNNEL") => Outcome::Failed,
        Some(502..=504) if has(action, b"ERR") => Outcome::Failed,
        Some(_) => Outcome::Established,
        None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn a_server_is_the_responder_of_its_own_log() {
        let text = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken\n\
            2024-03-05 09:00:04 10.1.0.5 GET /a - 443 EX\\keiko 192.0.2.10 Mozilla/5.0 200 4000";
        let flow = reading_of(&W3cElf, text).flows.remove(0);
        assert_eq!((flow.responder.address, flow.responder.port), ("10.1.0.5".parse().ok(), Some(443)));
        assert_eq!(flow.start.map(|start| start.to_string()).as_deref(), Some("1709629200"));
    }
}
