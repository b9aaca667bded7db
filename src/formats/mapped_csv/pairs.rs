//! Lines of pairs (`SrcIP=10.0.0.5, DstIP=…`, `source_ip="…"`, `源IP:…`) as the rows of a table: each key that the file's first lines have
//! is a column. What a syslog header says (time and device) is used where no pair says it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::firewall::{Sessions, Telling, told_once};
use super::super::named;
use super::super::syntax::years::Years;
use super::super::syntax::{number, syslog};
use super::super::{Disposition, Mapping, Parser, Sample, Setting, Sink};
use super::row::Plan;
use super::{GUESSED_ROWS, MOST_COLUMNS, Table, columns};
use crate::evidence::text::readable;
use crate::evidence::{Clock, Record};
use crate::flow::{Flow, Outcome};
use crate::sorting::LeanCollect as _;

/// What stands between two pairs, and between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    between: u8,
    equals: u8,
}

const STYLES: [Style; 6] = [
    Style { between: b' ', equals: b'=' },
    Style { between: b',', equals: b'=' },
    Style { between: b';', equals: b'=' },
    Style { between: b'|', equals: b'=' },
    Style { between: b'\t', equals: b'=' },
    Style { between: b',', equals: b':' },
];

/// A longer line is no device's.
const LONGEST: usize = 8 * 1024;
/// A key is a few words.
const LONGEST_KEY: usize = 60;

/// The table that a sample's lines make, where it names both ends; of several ways to read them the one that says most.
pub fn table<'s>(sample: &Sample<'s>) -> Option<(Style, Table<'s>)> {
    let mut best: Option<(Style, Table<'s>)> = None;
    for style in STYLES {
        if let Some(table) = styled(sample, style).filter(|table| table.has_both_ends() && names_addresses(table))
            && best.as_ref().is_none_or(|(_, kept)| table.guessed.len() > kept.guessed.len())
        {
            best = Some((style, table));
        }
    }
    best
}

/// Whether both ends have columns of their own, under names that only connections have: `from` and `to` are a letter's, `client` and
/// `server` those of a web server's errors.
fn names_addresses(table: &Table<'_>) -> bool {
    ["src_ip", "dst_ip"].iter().all(|field| {
        let column = table.guessed.iter().find(|(own, _)| own == field).map(|(_, at)| table.header[*at].to_lowercase());
        column
            .is_some_and(|name| !matches!(&*name, "client" | "server" | "from" | "to" | "local" | "remote" | "target"))
    })
}

fn styled<'s>(sample: &Sample<'s>, style: Style) -> Option<Table<'s>> {
    let mut header: Vec<String> = Vec::new();
    let mut rows: Vec<Vec<Cow<'s, [u8]>>> = Vec::new();
    for line in sample.lines().take(GUESSED_ROWS).filter(|line| line.len() <= LONGEST) {
        // JSON and tables are read as what they are.
        if matches!(line.trim_ascii_start().first(), None | Some(b'{' | b'"')) {
            continue;
        }
        let mut row: Vec<Cow<'s, [u8]>> = vec![Cow::Borrowed(b""); header.len()];
        style.each(body(syslog::strip(line).body), &mut |key, value| match header.iter().position(|own| *own == key) {
            Some(at) if row[at].is_empty() => row[at] = Cow::Borrowed(value),
            None if header.len() < MOST_COLUMNS => {
                header.push(key);
                row.push(Cow::Borrowed(value));
            }
            Some(_) | None => {}
        });
        rows.push(row);
    }
    if header.len() < 3 {
        return None;
    }
    rows.iter_mut().for_each(|row| row.resize(header.len(), Cow::Borrowed(b"")));
    let guessed = columns::guess(&header, &rows);
    Some(Table { delimiter: b',', head: Vec::new(), header, rows, guessed })
}

/// A message without what ends it: Huawei's sentences have a full stop, and its lists a bracket.
fn body(message: &[u8]) -> &[u8] {
    match message.trim_ascii_end() {
        [inner @ .., b'.' | b')'] if memchr::memmem::find(message, b"%%").is_some() => inner,
        message => message,
    }
}

/// What the name of a message says that became of it, where no pair does: `%%01POLICY/6/POLICYDENY(l):`.
fn verdict(message: &[u8]) -> Outcome {
    let head = memchr::memchr(b'=', message).map_or(message, |at| &message[..at]);
    let name = head.split(|b| *b == b' ').find(|word| word.starts_with(b"%%")).unwrap_or_default();
    named::outcome(&readable(name))
}

impl Style {
    /// Visits each pair of a message. What is said a second time is said of the answer (conntrack), and has `reply` before its key.
    fn each<'l>(self, body: &'l [u8], visit: &mut dyn FnMut(String, &'l [u8])) {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut rest = body;
        let mut is_first = true;
        while let Some(equals) = memchr::memchr(self.equals, rest) {
            let (before, value) = (&rest[..equals], &rest[equals + 1..]);
            if is_first && self.between == b' ' {
                let epoch = before.strip_prefix(b"[").and_then(|rest| rest.split(|b| *b == b']').next());
                if let Some(epoch) = epoch.filter(|epoch| number::micros(epoch).is_some()) {
                    visit("timestamp".to_owned(), epoch);
                }
                let protocol =
                    before.split(|b| *b == b' ').find(|word| matches!(*word, b"tcp" | b"udp" | b"icmp" | b"sctp"));
                if let Some(protocol) = protocol {
                    visit("transport".to_owned(), protocol);
                }
            }
            is_first = false;
            let key = key_at_end(before, self.between);
            let value = if self.between == b' ' { value } else { value.trim_ascii_start() };
            let (value, after) = self.value(value);
            rest = after;
            if key.is_empty() || key.len() > LONGEST_KEY {
                continue;
            }
            let again = seen.contains(&key);
            if !again {
                seen.push(key);
            }
            let name = readable(key);
            visit(if again { format!("reply {name}") } else { name.into_owned() }, value);
        }
    }

    /// A value and what stands behind it.
    fn value(self, text: &[u8]) -> (&[u8], &[u8]) {
        if let Some(inner) = text.strip_prefix(b"\"") {
            let closes = |at: &usize| {
                inner.get(at + 1).is_none_or(|b| b.is_ascii_whitespace() || *b == self.between)
                    && (*at == 0 || inner[at - 1] != b'\\')
            };
            if let Some(end) = memchr::memchr_iter(b'"', inner).find(closes) {
                return (&inner[..end], &inner[end + 1..]);
            }
        }
        let end = memchr::memchr(self.between, text).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        (value.trim_ascii(), rest)
    }
}

/// The key that ends a text: behind the last pair, and behind what a message begins with (`%%01POLICY/6/PERMIT(l):vsys`).
fn key_at_end(text: &[u8], between: u8) -> &[u8] {
    let from = text.iter().rposition(|b| *b == between || matches!(*b, b']' | b':' | b'"')).map_or(0, |at| at + 1);
    text[from..].trim_ascii()
}

/// Reads lines through a mapping of keys to fields.
pub struct Lines {
    style: Option<Style>,
    columns: BTreeMap<String, usize>,
    plan: Plan,
    clock: Clock,
    years: Years,
    /// Devices that count bytes write of a session when it begins too.
    sessions: Sessions,
}

impl Lines {
    /// Begins a file.
    pub fn new(setting: &Setting, sample: &Sample<'_>) -> Lines {
        let (style, header, guess) = match table(sample) {
            Some((style, table)) => (Some(style), table.header.clone(), table.mapping()),
            None => (None, Vec::new(), Mapping::default()),
        };
        let mut plan = Plan::new(&header, setting.mapping.as_ref().unwrap_or(&guess));
        plan.is_sparse = true;
        let columns = header.into_iter().enumerate().map(|(at, name)| (name, at)).lean_collect();
        Lines {
            style,
            columns,
            plan,
            clock: setting.clock,
            years: Years::new(setting.clock),
            sessions: Sessions::default(),
        }
    }
}

impl Parser for Lines {
    fn read(&mut self, record: Record<'_>, flows: &mut Sink<'_>) -> Disposition {
        let message = syslog::strip(super::super::without_mark(record.bytes));
        let mut row: Vec<Cow<'_, [u8]>> = vec![Cow::Borrowed(b""); self.plan.width];
        let mut known = false;
        if let Some(style) = self.style {
            style.each(body(message.body), &mut |key, value| {
                if let Some(at) = self.columns.get(&key)
                    && row[*at].is_empty()
                {
                    row[*at] = Cow::Borrowed(value);
                    known = true;
                }
            });
        }
        if !known {
            return Disposition::Skipped("a line without any of the keys that the others have".into());
        }
        if let Some(reason) = self.plan.no_connection(&row) {
            return Disposition::Skipped(reason.replace("row", "line").into());
        }
        let mut flow = match self.plan.flow(&row, &self.clock) {
            Ok(flow) => flow,
            Err(fault) => return Disposition::Malformed(fault),
        };
        let sent = message.time.and_then(|stamp| self.years.settle(stamp));
        if let (None, Some((at, basis))) = (flow.start, sent) {
            (flow.start, flow.basis) = (at.before(flow.duration.unwrap_or(0)), basis);
        }
        flow.sensor = flow.sensor.or(message.host.map(readable));
        if flow.outcome == Outcome::Unknown {
            flow.outcome = verdict(message.body);
        }
        // What a session is said to do is still that session (Wallix's bastion writes each key stroke).
        let number = self.columns.get("session_id").and_then(|at| row.get(*at)).filter(|number| !number.is_empty());
        match (telling(&flow, &self.plan), number) {
            (Some(telling), _) => told_once(self.sessions.tell([""; 2], telling, flow, &record, flows)),
            (None, Some(number)) if !self.plan.counts() && flow.outcome == Outcome::Unknown => {
                told_once(self.sessions.tell(["", &readable(number)], Telling::Before, flow, &record, flows))
            }
            (None, _) => {
                flows(&flow, record.place);
                Disposition::Parsed
            }
        }
    }

    fn finish(&mut self, flows: &mut Sink<'_>) {
        self.sessions.finish(flows);
    }

    fn mapping(&self) -> Option<Mapping> {
        Some(self.plan.mapping.clone())
    }
}

/// What a record is to its session, where the device counts at the end of one: what has no count yet is its beginning.
fn telling(flow: &Flow<'_>, plan: &Plan) -> Option<Telling> {
    let counted =
        [flow.bytes_out, flow.bytes_in, flow.packets_out, flow.packets_in].into_iter().flatten().any(|n| n > 0);
    let of_session = plan.counts() && flow.initiator.port.is_some() && flow.outcome != Outcome::Denied;
    of_session.then_some(if counted { Telling::Last } else { Telling::Before })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(style: usize, body: &str) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        STYLES[style]
            .each(body.as_bytes(), &mut |key, value| seen.push((key, String::from_utf8_lossy(value).into_owned())));
        seen
    }

    #[test]
    fn keys_are_told_from_what_stands_before_them() {
        let own = |pairs: Vec<(String, String)>| {
            pairs.into_iter().map(|(k, v)| format!("{k}>{v}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            own(pairs(1, "%%01POLICY/6/PERMIT(l):vsys=public, source-ip=10.0.0.5")),
            "vsys>public source-ip>10.0.0.5"
        );
        assert_eq!(own(pairs(1, "action=\"a, b\",dest_ip=\"10.0.0.5\"")), "action>a, b dest_ip>10.0.0.5");
        assert_eq!(own(pairs(0, "system(traffic): src zone=Trust src=10.0.0.5")), "zone>Trust src>10.0.0.5");
        assert_eq!(own(pairs(5, "源IP:10.0.0.5, 时间:10:20:30")), "源IP>10.0.0.5 时间>10:20:30");
        assert_eq!(
            own(pairs(0, "tcp 6 src=10.0.0.5 bytes=7 src=10.1.0.2 bytes=9")),
            "transport>tcp src>10.0.0.5 bytes>7 reply src>10.1.0.2 reply bytes>9"
        );
    }

    #[test]
    fn errors_of_a_web_server_are_no_connections() {
        let line = "2020/06/11 01:00:00 [error] 1#1: *5 open() failed, client: 192.0.2.7, server: 192.0.2.1, request: \"GET / HTTP/1.1\"\n";
        assert!(table(&Sample { bytes: line.repeat(3).as_bytes(), whole: true }).is_none());
    }
}
