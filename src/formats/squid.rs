//! Squid's access.log in its native format, and the common and combined formats as Squid and other proxies (McAfee Web Gateway
//! among them) write them. After the Squid wiki, "Squid Log Files, access.log", and the directive `logformat`. Bytes are those
//! delivered to the client, headers included; what it sent is not counted.
//!
//! **Ends.** From the client to the host that it asked for, by name. The peer behind `DIRECT/` or `HIER_DIRECT/` is that host's address
//! ("for requests sent to origin servers, this is the origin server's IP address"); a parent cache is not, and is left out.
//!
//! **Time.** A line is written when the request has ended: it began `elapsed` milliseconds before. The common format has no
//! elapsed time, and its time is local where it has no zone.
//!
//! **Not read.** Requests that name no host (errors before the headers, a web server's own paths) and queries between caches (ICP, HTCP).

use super::syntax::{address, number, syslog, time, when};
use super::web::{Target, target};
use super::{Disposition, Fault, Format, Likeness, Parser, Sample, Setting, Sink, reasons};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Framing, Record};
use crate::flow::{Basis, Endpoint, Flow, Outcome, Protocol};

/// The format.
pub struct Squid;

impl Format for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }

    fn title(&self) -> &'static str {
        "Squid and proxy access logs"
    }

    fn recognise(&self, sample: &Sample<'_>) -> Likeness {
        let mut best = Likeness::None;
        for line in sample.lines().take(50) {
            let words = Words::of(syslog::strip(line).body);
            if Native::of(&words).is_some() || Native::of(&Words::of(line)).is_some() {
                return Likeness::Certain;
            }
            if Common::of(&words).is_some_and(|common| {
                target(common.url).is_some() && time_of(common.time, when::Order::MonthFirst).is_some()
            }) {
                best = Likeness::Likely;
            }
        }
        best
    }

    fn framing(&self, _sample: &Sample<'_>) -> Framing {
        Framing::Lines
    }

    fn open(&self, setting: &Setting, sample: &Sample<'_>) -> Box<dyn Parser> {
        let stamps: Vec<&[u8]> =
            sample.lines().filter_map(|line| Some(Common::of(&Words::of(syslog::strip(line).body))?.time)).collect();
        let order = when::Order::of(stamps.into_iter()).unwrap_or(when::Order::MonthFirst);
        Box::new(Access { clock: setting.clock, order })
    }
}

/// More words than any line's beginning needs.
const MOST: usize = 24;

/// A line's words: bare, in quotes, or in brackets, these two without their marks.
struct Words<'r> {
    words: [(&'r [u8], Mark); MOST],
    count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Bare,
    Quoted,
    Bracketed,
}

impl<'r> Words<'r> {
    fn of(line: &'r [u8]) -> Words<'r> {
        let mut found = Words { words: [(b"", Mark::Bare); MOST], count: 0 };
        let mut rest = line.trim_ascii();
        while let (Some(first), true) = (rest.first(), found.count < MOST) {
            let (close, mark) = match first {
                b'"' => (memchr::memchr(b'"', &rest[1..]), Mark::Quoted),
                b'[' => (memchr::memchr(b']', &rest[1..]), Mark::Bracketed),
                _ => (None, Mark::Bare),
            };
            let (word, after, mark) = match close {
                Some(at) => (&rest[1..=at], &rest[at + 2..], mark),
                None => {
                    let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                    (&rest[..end], &rest[end..], Mark::Bare)
                }
            };
            found.words[found.count] = (word, mark);
            found.count += 1;
            rest = after.trim_ascii_start();
        }
        found
    }

    fn all(&self) -> &[(&'r [u8], Mark)] {
        &self.words[..self.count]
    }
}

/// `time elapsed client code/status bytes method URL user hierarchy/peer type`.
struct Native<'r> {
    time: &'r [u8],
    elapsed: &'r [u8],
    client: &'r [u8],
    port: Option<u16>,
    result: &'r [u8],
    status: &'r [u8],
    bytes: &'r [u8],
    sent: Option<&'r [u8]>,
    method: &'r [u8],
    url: &'r [u8],
    user: &'r [u8],
    hierarchy: &'r [u8],
}

impl<'r> Native<'r> {
    fn of(words: &Words<'r>) -> Option<Native<'r>> {
        let all = words.all();
        let [time, elapsed, client, fourth, fifth, ..] = all else { return None };
        // A format of one's own: with the client's port, more counts and the version, as Elastic asks for.
        let has_port = number::port(fourth.0).is_some() && memchr::memchr(b'/', fifth.0).is_some();
        let code = 3 + usize::from(has_port);
        let hierarchy = if has_port { (code + 4..all.len()).find(|at| is_hierarchy(all[*at].0))? } else { 8 };
        let url = hierarchy - 2 - usize::from(matches!(all.get(hierarchy - 2)?.0, [b'0'..=b'9', b'.', b'0'..=b'9']));
        let word = |at: usize| all.get(at).map(|(word, _)| *word);
        let (bytes, method, user) = (word(code + 1)?, word(url - 1)?, word(hierarchy - 1)?);
        let sent = if url > code + 3 { word(code + 2) } else { None };
        let (time, elapsed, url) = (time.0, elapsed.0, word(url)?);
        let (code, hierarchy) = (word(code)?, word(hierarchy)?);
        let slash = memchr::memchr(b'/', code)?;
        let (result, status) = (&code[..slash], &code[slash + 1..]);
        let telling = time.len() >= 9
            && memchr::memchr(b'.', time).is_some_and(|at| at >= 9)
            && number::micros(time).is_some()
            && number::Decimal::read(elapsed).is_some()
            && number::count(status).is_some()
            && result.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
            && memchr::memchr(b'/', hierarchy).is_some();
        telling.then_some(Native {
            time,
            elapsed,
            client: client.0,
            port: if has_port { number::port(fourth.0) } else { None },
            result,
            status,
            bytes,
            sent,
            method,
            url,
            user,
            hierarchy,
        })
    }
}

/// `client ident user [time] "METHOD URL HTTP/1.1" status bytes …`, and McAfee's `[time] "user" client status "METHOD URL …"`.
struct Common<'r> {
    time: &'r [u8],
    client: &'r [u8],
    user: &'r [u8],
    method: &'r [u8],
    url: &'r [u8],
    status: &'r [u8],
    bytes: Option<&'r [u8]>,
    /// `TCP_MISS:HIER_DIRECT` at the end of Squid's combined format.
    result: Option<&'r [u8]>,
}

impl<'r> Common<'r> {
    fn of(words: &Words<'r>) -> Option<Common<'r>> {
        let all = words.all();
        let stamp = all.iter().position(|(_, mark)| *mark == Mark::Bracketed)?;
        let time = all[stamp].0;
        let request = all.iter().position(|(word, mark)| *mark == Mark::Quoted && is_request(word))?;
        let mut parts = all[request].0.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
        let (method, url) = (parts.next()?, parts.next()?);
        let result = all[request..].iter().rev().map(|(word, _)| *word).find(|word| {
            word.starts_with(b"TCP_") && memchr::memchr(b':', word).is_some()
                || word.starts_with(b"NONE") && memchr::memchr(b':', word).is_some()
        });
        let bare = |at: usize| all.get(at).filter(|(_, mark)| *mark == Mark::Bare).map(|(word, _)| *word);
        match stamp {
            0 => {
                // The last field says why it was blocked; 0 is not at all.
                let blocked = all.last().is_some_and(|(word, mark)| {
                    *mark == Mark::Quoted && number::count(word).is_some_and(|why| why > 0)
                });
                let result = if blocked { Some(&b"DENIED"[..]) } else { None };
                // McAfee: the reply's bytes stand behind categories, reputation and media type.
                let bytes =
                    (request + 1..all.len()).find_map(|at| bare(at).filter(|word| number::count(word).is_some()));
                Some(Common {
                    time,
                    user: all.get(1)?.0,
                    client: bare(2)?,
                    status: bare(3)?,
                    method,
                    url,
                    bytes,
                    result,
                })
            }
            3.. if request == stamp + 1 => Some(Common {
                time,
                client: bare(stamp - 3)?,
                user: all[stamp - 1].0,
                method,
                url,
                status: bare(request + 1)?,
                bytes: bare(request + 2),
                result,
            }),
            _ => None,
        }
    }
}

/// `HIER_DIRECT/203.0.113.10`.
fn is_hierarchy(word: &[u8]) -> bool {
    let kind = word.split(|b| *b == b'/').next().unwrap_or_default();
    kind.len() > 3 && kind.len() < word.len() && kind.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
}

/// `GET http://… HTTP/1.1`.
fn is_request(word: &[u8]) -> bool {
    let end = memchr::memchr(b' ', word).unwrap_or(0);
    (3..=16).contains(&end) && word[..end].iter().all(|b| b.is_ascii_uppercase() || *b == b'_' || *b == b'-')
}

fn time_of(text: &[u8], order: when::Order) -> Option<time::Written> {
    when::read(text, Some(order)).ok()
}

struct Access {
    clock: Clock,
    order: when::Order,
}

impl Parser for Access {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let line = super::without_mark(record.bytes);
        if line.first() == Some(&b'#') {
            return Disposition::Header;
        }
        // An epoch is no header's time, but a relay may have put its own before it.
        let plain = Words::of(line);
        let message = syslog::strip(line);
        let read = match Native::of(&plain) {
            Some(native) => native.flow(),
            None => {
                let words = Words::of(message.body);
                match (Native::of(&words), Common::of(&words)) {
                    (Some(native), _) => native.flow(),
                    (None, Some(common)) => common.flow(&self.clock, self.order),
                    (None, None) => {
                        return Disposition::Malformed(Fault::new(
                            "neither Squid's own nor the common format",
                            readable(line),
                        ));
                    }
                }
            }
        };
        match read {
            Ok(Some(mut flow)) => {
                flow.sensor = message.host.map(readable);
                flows(&flow, record.place);
                Disposition::Parsed
            }
            Ok(None) => Disposition::Skipped("the request names no other host".into()),
            Err(fault) => Disposition::Malformed(fault),
        }
    }
}

impl<'r> Native<'r> {
    fn flow(&self) -> Result<Option<Flow<'r>>, Fault> {
        if self.result.starts_with(b"UDP_") || self.method.starts_with(b"ICP_") || self.method.starts_with(b"HTCP") {
            return Ok(None);
        }
        let Some(mut flow) = request(self.client, self.user, self.method, self.url)? else { return Ok(None) };
        let peer = memchr::memchr(b'/', self.hierarchy).map(|at| (&self.hierarchy[..at], &self.hierarchy[at + 1..]));
        if let Some((kind, peer)) = peer
            && (kind.ends_with(b"DIRECT") || kind.ends_with(b"PINNED"))
            && flow.responder.address.is_none()
        {
            flow.responder.address = address::address(peer);
        }
        let ended = time::epoch(self.time).ok_or_else(|| Fault::of_field(reasons::TIME, "time", self.time))?;
        // Squid has written negative ones when the clock was set back.
        let elapsed = number::Decimal::read(self.elapsed).and_then(|millis| millis.scaled(3));
        let elapsed = elapsed.ok_or_else(|| Fault::of_field(reasons::DURATION, "elapsed", self.elapsed))?;
        flow.duration = Some(u64::try_from(elapsed).unwrap_or(0));
        flow.start = ended.before(flow.duration.unwrap_or(0));
        flow.basis = Basis::Explicit;
        flow.bytes_in = bytes(self.bytes)?;
        flow.bytes_out = self.sent.map_or(Ok(None), bytes)?;
        flow.initiator.port = flow.initiator.port.or(self.port);
        flow.outcome = outcome(self.result, self.status);
        Ok(Some(flow))
    }
}

impl<'r> Common<'r> {
    fn flow(&self, clock: &Clock, order: when::Order) -> Result<Option<Flow<'r>>, Fault> {
        let Some(mut flow) = request(self.client, self.user, self.method, self.url)? else { return Ok(None) };
        let written = time_of(self.time, order).ok_or_else(|| Fault::of_field(reasons::TIME, "time", self.time))?;
        let (start, basis) = written.settle(clock);
        (flow.start, flow.basis) = (Some(start), basis);
        flow.bytes_in = self.bytes.map_or(Ok(None), bytes)?;
        flow.outcome = outcome(self.result.unwrap_or_default(), self.status);
        Ok(Some(flow))
    }
}

/// From the client to whom the URL names; `None` where it names none.
fn request<'r>(client: &'r [u8], user: &'r [u8], method: &[u8], url: &'r [u8]) -> Result<Option<Flow<'r>>, Fault> {
    let Some(Target { end, scheme }) = target(url) else { return Ok(None) };
    let initiator = match address::address(client) {
        Some(address) => Endpoint { address: Some(address), ..Endpoint::default() },
        None => super::web::host(client).ok_or_else(|| Fault::of_field(reasons::ADDRESS, "client", client))?,
    };
    let mut flow =
        Flow { initiator, responder: end, protocol: Some(Protocol::TCP), service: scheme, ..Flow::default() };
    if method == b"CONNECT" {
        flow.service = None;
    }
    flow.user = Some(user).filter(|user| !matches!(*user, b"-" | b"")).map(readable);
    Ok(Some(flow))
}

fn bytes(cell: &[u8]) -> Result<Option<u64>, Fault> {
    match cell {
        b"-" => Ok(None),
        _ => number::count(cell).map(Some).ok_or_else(|| Fault::of_field(reasons::BYTES, "bytes", cell)),
    }
}

/// What became of it. Squid's own 000 and 5xx without a peer say that nothing came back.
fn outcome(result: &[u8], status: &[u8]) -> Outcome {
    if memchr::memmem::find(result, b"DENIED").is_some() {
        return Outcome::Denied;
    }
    match number::count(status) {
        Some(407) => Outcome::Denied,
        Some(0) => Outcome::Failed,
        Some(502..=504) if result.is_empty() || result.starts_with(b"NONE") || result.ends_with(b"MISS") => {
            Outcome::Failed
        }
        Some(_) => Outcome::Established,
        None => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::reading_of;

    #[test]
    fn the_time_is_the_end() {
        let line = "1709629204.750   4500 192.0.2.10 TCP_TUNNEL/200 9000 CONNECT www.example.org:443 keiko HIER_DIRECT/198.51.100.20 -";
        let flow = reading_of(&Squid, line).flows.remove(0);
        assert_eq!(flow.start.map(|start| start.to_string()).as_deref(), Some("1709629200.25"));
        assert_eq!((flow.bytes_out, flow.bytes_in, flow.user.as_deref()), (None, Some(9_000), Some("keiko")));
        assert_eq!(flow.responder.address, "198.51.100.20".parse().ok());
    }
}
