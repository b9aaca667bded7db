//! Lines as records, quoted line ends of CSV included.

use memchr::{memchr, memchr2};

use super::{Piece, Place, Record, Taker};

/// How far an open quote may reach before it is taken for a stray one: it then costs one line, not the file.
const QUOTE_REACH_LINES: usize = 100;
const QUOTE_REACH_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Lines {
    /// The delimiter, where quotes may hold line ends.
    quoted: Option<u8>,
    cap: usize,
    /// The line under way: no line end yet, except for a CR at its very end that an LF may follow.
    pending: Vec<u8>,
    /// Bytes of a line past the cap that were already let go; `None` for a line within it.
    overlong: Option<u64>,
    /// Where `pending` (or the overlong line) begins.
    place: Place,
    /// Physical lines of a record whose quote is open, with their ends.
    open: Vec<u8>,
    open_lines: usize,
    open_place: Place,
}

impl Lines {
    pub(super) fn new(quoted: Option<u8>, cap: usize) -> Lines {
        let start = Place { line: 1, offset: 0 };
        Lines {
            quoted,
            cap,
            pending: Vec::new(),
            overlong: None,
            place: start,
            open: Vec::new(),
            open_lines: 0,
            open_place: start,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], take: &mut Taker<'_>) {
        let mut rest = chunk;
        while !rest.is_empty() {
            // A CR at the end of the last chunk: now it shows whether an LF belongs to it.
            if self.pending.last() == Some(&b'\r') || self.overlong.is_some_and(|_| self.pending == b"\r") {
                let with_line_feed = rest[0] == b'\n';
                if with_line_feed {
                    self.pending.push(b'\n');
                    rest = &rest[1..];
                }
                self.end_pending(take);
                continue;
            }
            let Some(end) = line_end(rest) else {
                self.hold(rest);
                return;
            };
            if self.pending.is_empty() && self.overlong.is_none() {
                self.line(&rest[..end], take);
            } else {
                self.hold(&rest[..end]);
                self.end_pending(take);
            }
            rest = &rest[end..];
        }
    }

    pub(super) fn finish(&mut self, take: &mut Taker<'_>) {
        if !self.pending.is_empty() || self.overlong.is_some() {
            self.end_pending(take);
        }
        while self.open_lines > 0 {
            self.give_up_quote(take);
        }
    }

    pub(super) fn resume(&mut self, offset: u64) {
        self.place.offset = offset;
        self.open_place = self.place;
    }

    pub(super) fn line_under_way(&self) -> u64 {
        self.place.line
    }

    pub(super) fn held(&self) -> u64 {
        self.overlong.unwrap_or(0) + (self.pending.len() + self.open.len()) as u64
    }

    /// Keeps the bytes of a line that is not at its end, up to the cap.
    fn hold(&mut self, bytes: &[u8]) {
        let room = self.cap + 2;
        if self.overlong.is_none() && self.pending.len() + bytes.len() <= room {
            self.pending.extend_from_slice(bytes);
            return;
        }
        // Only the last bytes matter now: they may be the line's end.
        let held = bytes.len() - without_end(bytes).len();
        self.overlong = Some(self.overlong.unwrap_or(0) + (self.pending.len() + bytes.len() - held) as u64);
        self.pending.clear();
        self.pending.extend_from_slice(&bytes[bytes.len() - held..]);
    }

    fn end_pending(&mut self, take: &mut Taker<'_>) {
        let line = std::mem::take(&mut self.pending);
        match self.overlong.take() {
            Some(bytes) => self.too_long(bytes, line.len() as u64, take),
            None => self.line(&line, take),
        }
        self.pending = line;
        self.pending.clear();
    }

    fn too_long(&mut self, bytes: u64, end: u64, take: &mut Taker<'_>) {
        while self.open_lines > 0 {
            self.give_up_quote(take);
        }
        take(Piece::TooLong(self.place, bytes));
        separator(end, take);
        self.place = Place { line: self.place.line + 1, offset: self.place.offset + bytes + end };
    }

    /// Takes one whole physical line with its end.
    fn line(&mut self, line: &[u8], take: &mut Taker<'_>) {
        let body = without_end(line);
        if body.len() > self.cap {
            return self.too_long(body.len() as u64, (line.len() - body.len()) as u64, take);
        }
        let place = self.place;
        self.place = Place { line: place.line + 1, offset: place.offset + line.len() as u64 };
        match self.quoted {
            Some(delimiter) if self.open_lines > 0 || memchr(b'"', body).is_some() => {
                self.quoted_line(line, place, delimiter, take);
            }
            Some(_) | None => emit(line, place, take),
        }
    }

    fn quoted_line(&mut self, line: &[u8], place: Place, delimiter: u8, take: &mut Taker<'_>) {
        if self.open_lines == 0 {
            if !ends_inside_quotes(line, delimiter, false) {
                return emit(line, place, take);
            }
            self.open_place = place;
        } else if self.open.len() + line.len() > QUOTE_REACH_BYTES.min(self.cap) {
            // Given up before the line is looked through: it may be a long one, and each line held may open a quote.
            self.place = place;
            self.give_up_quote(take);
            return self.line(line, take);
        }
        self.open.extend_from_slice(line);
        self.open_lines += 1;
        if self.open_lines > 1 && !ends_inside_quotes(line, delimiter, true) {
            let record = std::mem::take(&mut self.open);
            self.open_lines = 0;
            emit(&record, self.open_place, take);
        } else if self.open_lines > QUOTE_REACH_LINES {
            self.give_up_quote(take);
        }
    }

    /// The open quote was a stray one: its first line is a record of its own, the others are looked at anew.
    fn give_up_quote(&mut self, take: &mut Taker<'_>) {
        let held = std::mem::take(&mut self.open);
        self.open_lines = 0;
        let after = self.place;
        let end = line_end(&held).unwrap_or(held.len());
        emit(&held[..end], self.open_place, take);
        self.place = Place { line: self.open_place.line + 1, offset: self.open_place.offset + end as u64 };
        let mut rest = &held[end..];
        while !rest.is_empty() {
            let end = line_end(rest).unwrap_or(rest.len());
            self.line(&rest[..end], take);
            rest = &rest[end..];
        }
        debug_assert_eq!(self.place.offset, after.offset);
    }
}

/// Where the first line of `bytes` ends, its LF, CRLF or CR included. A CR at the very end does not end it yet.
#[inline]
fn line_end(bytes: &[u8]) -> Option<usize> {
    let at = memchr2(b'\n', b'\r', bytes)?;
    if bytes[at] == b'\n' {
        return Some(at + 1);
    }
    match bytes.get(at + 1) {
        Some(b'\n') => Some(at + 2),
        Some(_) => Some(at + 1),
        None => None,
    }
}

#[inline]
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn separator(bytes: u64, take: &mut Taker<'_>) {
    if bytes > 0 {
        take(Piece::Separator(bytes));
    }
}

/// Hands out a record and its line end. Marks at its beginning (concatenated files) are separators.
fn emit(line: &[u8], place: Place, take: &mut Taker<'_>) {
    let body = without_end(line);
    let end = line.len() - body.len();
    let mut marks = 0;
    while body[marks..].starts_with(BYTE_ORDER_MARK) {
        marks += BYTE_ORDER_MARK.len();
    }
    let record = &body[marks..];
    separator(marks as u64, take);
    if !record.is_empty() {
        take(Piece::Record(Record::new(record, Place { offset: place.offset + marks as u64, ..place })));
    }
    separator(end as u64, take);
}

/// Whether a quote that opened at the beginning of a field (or, `inside`, on a line before) is still open at the end
/// (RFC 4180 §2.5–2.7).
fn ends_inside_quotes(bytes: &[u8], delimiter: u8, mut inside: bool) -> bool {
    let mut at = 0;
    while let Some(found) = memchr(b'"', &bytes[at..]) {
        let quote = at + found;
        at = quote + 1;
        if inside {
            if bytes.get(at) == Some(&b'"') {
                at += 1;
            } else {
                inside = false;
            }
        } else {
            let before = quote.checked_sub(1).map(|i| bytes[i]);
            inside = before.is_none_or(|b| b == delimiter || b == b'\n' || b == b'\r' || b == 0xbf);
        }
    }
    inside
}
