//! Elements of XML as records: `<Event …>…</Event>`, wherever they stand. What stands between them, the tags of an outer document
//! or stray text, is a record each too, so that no byte is passed over in silence.

use memchr::{memchr, memchr_iter, memchr2};

use super::{Piece, Place, Record, Taker};

/// The element that is a record.
const NAME: &[u8] = b"Event";
/// As it opens; known by heart, so that it need not be looked up where a chunk ended within it.
const OPENING: &[u8] = b"<Event";

pub(super) struct Elements {
    cap: usize,
    /// What came of the record under way in earlier chunks.
    pending: Vec<u8>,
    /// Bytes of it that were let go because it is past the cap.
    let_go: u64,
    state: State,
    /// Where the record under way begins.
    start: Place,
    /// Line and offset of the next byte.
    at: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between records.
    Between,
    /// In text outside all elements: a record up to the next tag or the end of its line.
    Stray,
    /// In the name of a tag between records.
    Opening(Name),
    /// In a tag that is no event's: a record up to its `>`.
    Markup,
    /// In an event's own start tag; whether its last byte was `/`.
    Start { slash: bool },
    /// In an event.
    Inside,
    /// In the name of a tag in an event, which began here.
    Tag { name: Name, closes: bool, began: Place },
    /// In an event's end tag, behind its name.
    End,
}

/// The beginning of a tag's name, as far as it matters: how many bytes agree with [`NAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// So many bytes of it came, and it may still be an event's.
    Like(usize),
    /// It is another element's.
    Other,
}

impl Name {
    fn next(self, byte: u8) -> Name {
        match self {
            Name::Like(length) if NAME.get(length) == Some(&byte) => Name::Like(length + 1),
            Name::Like(_) | Name::Other => Name::Other,
        }
    }

    fn is_event(self) -> bool {
        self == Name::Like(NAME.len())
    }
}

fn ends_name(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'>' | b'/')
}

impl Elements {
    pub(super) fn new(cap: usize) -> Elements {
        let start = Place { line: 1, offset: 0 };
        Elements { cap, pending: Vec::new(), let_go: 0, state: State::Between, start, at: start }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], take: &mut Taker<'_>) {
        // Where the record (or the run of separators) under way begins in this chunk.
        let mut from = 0;
        let mut i = 0;
        while i < chunk.len() {
            let byte = chunk[i];
            match self.state {
                State::Between if is_separator(byte) => {
                    i += 1;
                    self.step(byte);
                }
                State::Between => {
                    separators(&chunk[from..i], take);
                    from = i;
                    self.start = self.at;
                    if byte == b'<' {
                        self.state = State::Opening(Name::Like(0));
                        i += 1;
                        self.step(byte);
                    } else {
                        self.state = State::Stray;
                    }
                }
                State::Stray => {
                    i = self.skip_to(memchr2(b'<', b'\n', &chunk[i..]), chunk, i);
                    if i < chunk.len() {
                        self.end(&chunk[from..i], take);
                        from = i;
                    }
                }
                State::Opening(name) if ends_name(byte) => {
                    let event = name.is_event();
                    self.state = if event { State::Start { slash: false } } else { State::Markup };
                }
                State::Opening(name) => {
                    self.state = State::Opening(name.next(byte));
                    i += 1;
                    self.step(byte);
                }
                State::Markup | State::End => {
                    i = self.skip_to(memchr(b'>', &chunk[i..]), chunk, i);
                    if i < chunk.len() {
                        i += 1;
                        self.step(b'>');
                        self.end(&chunk[from..i], take);
                        from = i;
                    }
                }
                State::Start { slash } => {
                    i += 1;
                    self.step(byte);
                    self.state = if byte == b'>' { State::Inside } else { State::Start { slash: byte == b'/' } };
                    if byte == b'>' && slash {
                        self.end(&chunk[from..i], take);
                        from = i;
                    }
                }
                State::Inside => {
                    i = self.skip_to(memchr(b'<', &chunk[i..]), chunk, i);
                    if i < chunk.len() {
                        self.state = State::Tag { name: Name::Like(0), closes: false, began: self.at };
                        i += 1;
                        self.step(b'<');
                    }
                }
                State::Tag { name: Name::Like(0), closes: false, began } if byte == b'/' => {
                    self.state = State::Tag { name: Name::Like(0), closes: true, began };
                    i += 1;
                    self.step(byte);
                }
                State::Tag { name, closes, began } if ends_name(byte) => match (name.is_event(), closes) {
                    (false, _) => self.state = State::Inside,
                    (true, true) => self.state = State::End,
                    // Another event begins: this one was cut off.
                    (true, false) => {
                        let own = (i - from).min(OPENING.len());
                        if own == OPENING.len() {
                            self.end(&chunk[from..i - own], take);
                            from = i - own;
                        } else {
                            self.hold(&chunk[from..i]);
                            let kept = self.pending.len().saturating_sub(OPENING.len());
                            self.let_go =
                                self.let_go.saturating_sub((OPENING.len() - (self.pending.len() - kept)) as u64);
                            self.pending.truncate(kept);
                            self.end(&[], take);
                            self.pending.extend_from_slice(OPENING);
                            from = i;
                        }
                        self.start = began;
                        self.state = State::Start { slash: false };
                    }
                },
                State::Tag { name, closes, began } => {
                    self.state = State::Tag { name: name.next(byte), closes, began };
                    i += 1;
                    self.step(byte);
                }
            }
        }
        match self.state {
            State::Between => separators(&chunk[from..], take),
            _ => self.hold(&chunk[from..]),
        }
    }

    pub(super) fn finish(&mut self, take: &mut Taker<'_>) {
        if self.state != State::Between {
            self.end(&[], take);
        }
    }

    pub(super) fn held(&self) -> u64 {
        self.let_go + self.pending.len() as u64
    }

    /// Goes on to what was found so many bytes ahead, or to the chunk's end.
    fn skip_to(&mut self, found: Option<usize>, chunk: &[u8], i: usize) -> usize {
        let passed = &chunk[i..found.map_or(chunk.len(), |ahead| i + ahead)];
        self.at.offset += passed.len() as u64;
        self.at.line += memchr_iter(b'\n', passed).count() as u64;
        i + passed.len()
    }

    fn step(&mut self, byte: u8) {
        self.at.offset += 1;
        self.at.line += u64::from(byte == b'\n');
    }

    fn hold(&mut self, bytes: &[u8]) {
        // As long as an opening tag that may be handed back, so that what is let go is past the cap without it too.
        if self.let_go > 0 || self.pending.len() + bytes.len() > self.cap + OPENING.len() {
            self.let_go += (self.pending.len() + bytes.len()) as u64;
            self.pending.clear();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    /// The record under way ends with these bytes. White space at its end is no part of it.
    fn end(&mut self, last: &[u8], take: &mut Taker<'_>) {
        self.state = State::Between;
        let whole = self.let_go + (self.pending.len() + last.len()) as u64;
        if whole > self.cap as u64 {
            self.let_go = 0;
            self.pending.clear();
            return take(Piece::TooLong(self.start, whole));
        }
        let held;
        let bytes = if self.pending.is_empty() {
            last
        } else {
            self.pending.extend_from_slice(last);
            held = std::mem::take(&mut self.pending);
            &held
        };
        let record = bytes.trim_ascii_end();
        take(Piece::Record(Record::new(record, self.start)));
        separators(&bytes[record.len()..], take);
    }
}

/// White space, and byte order marks.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf)
}

fn separators(bytes: &[u8], take: &mut Taker<'_>) {
    if !bytes.is_empty() {
        take(Piece::Separator(bytes.len() as u64));
    }
}
