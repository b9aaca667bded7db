//! What Zeek's logs share: the `#` lines of its text, what a connection's state means, and which logs are not conn.log.
//! After the Zeek manual, "Zeek Log Formats and Inspection", "conn.log" and the script reference of
//! `base/protocols/conn/main.zeek`.

use std::borrow::Cow;

use super::Disposition;
use crate::evidence::text::{elided, readable, visible};
use crate::flow::{Outcome, Text};

/// What the `#` lines said last.
pub struct Header {
    pub separator: u8,
    pub empty: Vec<u8>,
    pub unset: Vec<u8>,
    pub path: Option<String>,
}

/// What a `#` line does.
pub enum Line<'l> {
    /// A file begins here: what was said before no longer holds.
    Begins,
    /// It says something that matters for the rows: its name, and its cells.
    Says(&'l [u8], Box<dyn Iterator<Item = &'l [u8]> + 'l>),
    /// `#set_separator`, `#types`, `#open`, `#close`: nothing changes, for no set is read, and a time that is no number is
    /// tried as text whatever its type.
    Other,
}

impl Default for Header {
    fn default() -> Header {
        Header { separator: b'\t', empty: b"(empty)".to_vec(), unset: b"-".to_vec(), path: None }
    }
}

impl Header {
    /// Takes a `#` line.
    pub fn take<'l>(&mut self, line: &'l [u8]) -> Line<'l> {
        // Only this line parts its value with a blank.
        if let Some(separator) = line.strip_prefix(b"#separator ") {
            *self = Header::default();
            if let [byte] = unescape(separator.trim_ascii()).as_ref() {
                self.separator = *byte;
            }
            return Line::Begins;
        }
        let separator = self.separator;
        let mut cells = line.split(move |b| *b == separator);
        let (name, value) = (cells.next().unwrap_or_default(), cells.clone().next().unwrap_or_default());
        match name {
            b"#empty_field" => self.empty = value.to_vec(),
            b"#unset_field" => self.unset = value.to_vec(),
            b"#path" => self.path = Some(readable(value).into_owned()),
            b"#fields" => {}
            _ => return Line::Other,
        }
        Line::Says(name, Box::new(cells))
    }

    /// The text of a cell.
    pub fn text<'r>(&self, cell: &'r [u8]) -> Text<'r> {
        if cell == self.empty.as_slice() {
            return Cow::Borrowed("");
        }
        match unescape(cell) {
            Cow::Borrowed(bytes) => readable(bytes),
            Cow::Owned(bytes) => Cow::Owned(readable(&bytes).into_owned()),
        }
    }
}

/// Zeek writes the separator, control characters and bytes that are not UTF-8 as `\xNN`, and `\` as `\\`.
fn unescape(cell: &[u8]) -> Cow<'_, [u8]> {
    // A plain loop: a cell is a word or two, and a search by wide registers takes longer to begin.
    if cell.iter().all(|byte| *byte != b'\\') {
        return Cow::Borrowed(cell);
    }
    let mut out = Vec::with_capacity(cell.len());
    let mut rest = cell;
    while let Some((first, after)) = rest.split_first() {
        (rest, _) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (after, out.push(b'\\')),
            (b'\\', [b'x', high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
                (after, out.push(digit(*high) << 4 | digit(*low)))
            }
            (byte, after) => (after, out.push(*byte)),
        };
    }
    Cow::Owned(out)
}

/// The object of a record, behind a syslog header where a sensor sends it by syslog.
pub fn object_in(record: &[u8]) -> &[u8] {
    let begin = memchr::memchr(b'{', record).unwrap_or(0);
    &record[begin..]
}

/// What became of a connection, from `conn_state`; `both_spoke` says whether packets or bytes went both ways.
pub fn outcome(state: &[u8], both_spoke: bool) -> Outcome {
    match state {
        // Established, whatever its end looked like: S1 still open, SF closed, S2 and S3 half closed, RSTO and RSTR
        // reset after the handshake. For UDP, SF says that both ends spoke.
        b"S1" | b"SF" | b"S2" | b"S3" | b"RSTO" | b"RSTR" => Outcome::Established,
        // No reply, or a reset instead of one. For UDP, S0 says that the responder never spoke. SH and RSTOS0 are an
        // originator that gave up (FIN, RST) without having seen a SYN-ACK.
        b"S0" | b"REJ" | b"SH" | b"RSTOS0" => Outcome::Failed,
        // A SYN-ACK and then a reset: the responder took its answer back before anything was said.
        b"RSTRH" => Outcome::Failed,
        // A SYN-ACK and then a FIN (TCP), or only the responder heard (UDP): the sensor missed the asking half, but the
        // responder did answer.
        b"SHR" => Outcome::Established,
        // No SYN seen, traffic in the middle; also every ICMP exchange. Zeek does not say more, the packets may.
        b"OTH" if both_spoke => Outcome::Established,
        _ => Outcome::Unknown,
    }
}

/// Whether a stream of this name (`#path`, `_path`, `@stream`) holds connections. `conn_red` is what Corelight's data
/// reduction writes in place of conn.
pub fn is_conn(stream: &str) -> bool {
    matches!(stream, "conn" | "conn_red")
}

/// A record of another log.
pub fn other_log(stream: &str) -> Disposition {
    // The usual logs without an allocation a record.
    let known = match stream {
        "dns" => "Zeek dns log, not conn.log",
        "http" => "Zeek http log, not conn.log",
        "ssl" => "Zeek ssl log, not conn.log",
        "files" => "Zeek files log, not conn.log",
        _ => {
            let name = visible(stream);
            let name = elided(&name, 40);
            return Disposition::Skipped(Cow::Owned(format!("Zeek {name} log, not conn.log")));
        }
    };
    Disposition::Skipped(Cow::Borrowed(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_has_failed() {
        for state in ["S0", "REJ", "RSTOS0", "RSTRH", "SH"] {
            assert_eq!(outcome(state.as_bytes(), true), Outcome::Failed, "{state}");
        }
    }

    #[test]
    fn traffic_in_the_middle_is_established_when_both_spoke() {
        assert_eq!(outcome(b"OTH", true), Outcome::Established);
        assert_eq!(outcome(b"OTH", false), Outcome::Unknown);
        assert_eq!(outcome(b"-", true), Outcome::Unknown);
    }

    #[test]
    fn a_skipped_log_is_named() {
        assert_eq!(other_log("modbus_detailed"), Disposition::Skipped("Zeek modbus_detailed log, not conn.log".into()));
    }
}
