//! Top-level JSON objects as records: one a line, in an array, concatenated, or pretty-printed over many lines. Where the
//! object is an envelope (`{"records":[{…},{…}]}`), what it holds are the records, and the envelope itself parts them.

use memchr::{memchr, memchr2, memchr3};

use super::envelope::{Key, Opening};
use super::shapes::Shapes;
use super::{Piece, Place, Record, Taker};

pub(super) struct Objects {
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
    /// Whole objects stood alone on their lines so far, so a line end inside one means that it is broken.
    one_a_line: bool,
    broke_line: bool,
    /// No object has ended yet.
    first: bool,
    /// The envelope that the records stand in, as it was where its array began.
    envelope: Option<Inside>,
    /// What is under way is the rest of an envelope behind its array, and no record.
    tail: bool,
    /// What objects looked like that stood on one line.
    shapes: Shapes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between records.
    Between,
    /// In something at top level that is no object: a record up to the end of its line.
    Stray,
    /// In an object.
    Inside(Inside),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Inside {
    depth: u64,
    /// Bit n: whether the n-th innermost of the first 128 levels is an object.
    objects: u128,
    in_string: bool,
    escaped: bool,
    /// The last byte that was not white space.
    before: u8,
    /// The byte before this one was a line end.
    at_line_start: bool,
    /// A line end stood in it already: it is a pretty-printed one.
    spread: bool,
    /// The keys on the way to this place, and whether an array of records begins here.
    key: Key,
}

impl Objects {
    pub(super) fn new(cap: usize) -> Objects {
        let start = Place { line: 1, offset: 0 };
        Objects {
            cap,
            pending: Vec::new(),
            let_go: 0,
            state: State::Between,
            start,
            at: start,
            one_a_line: false,
            broke_line: false,
            first: true,
            envelope: None,
            tail: false,
            shapes: Shapes::default(),
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], take: &mut Taker<'_>) {
        // Where the record (or the run of separators) under way begins in this chunk.
        let mut from = 0;
        let mut i = 0;
        // Up to here there is neither an escape nor a line end.
        let mut plain = 0;
        while i < chunk.len() {
            match self.state {
                State::Between => {
                    let byte = chunk[i];
                    if is_separator(byte) {
                        i += 1;
                        self.step(byte);
                        if byte == b']'
                            && let Some(envelope) = self.envelope.take()
                        {
                            self.tail = true;
                            self.state = State::Inside(envelope.after_array());
                        }
                        continue;
                    }
                    separators(&chunk[from..i], take);
                    from = i;
                    self.start = self.at;
                    self.broke_line = false;
                    if byte == b'{' && plain <= i {
                        plain = i + memchr2(b'\\', b'\n', &chunk[i..]).unwrap_or(chunk.len() - i);
                    }
                    if byte == b'{'
                        && let Some(length) = self.shapes.fit(&chunk[i..plain])
                        && length <= self.cap
                    {
                        i += length;
                        self.at.offset += length as u64;
                        (self.one_a_line, self.first) = (true, false);
                        let object = &chunk[from..i];
                        let fitted = self.shapes.fitted(object);
                        take(Piece::Record(Record { bytes: object, place: self.start, fitted }));
                        from = i;
                        continue;
                    }
                    self.state = if byte == b'{' { State::Inside(Inside::new()) } else { State::Stray };
                    i += 1;
                    self.step(byte);
                }
                State::Stray => match memchr(b'\n', &chunk[i..]) {
                    None => {
                        self.at.offset += (chunk.len() - i) as u64;
                        i = chunk.len();
                    }
                    Some(length) => {
                        self.at.offset += length as u64;
                        i += length;
                        self.end(&chunk[from..i], take);
                        from = i;
                    }
                },
                State::Inside(mut inside) => {
                    if inside.in_string && !inside.escaped {
                        let skip = memchr3(b'"', b'\\', b'\n', &chunk[i..]).unwrap_or(chunk.len() - i);
                        inside.key.take(&chunk[i..i + skip]);
                        self.at.offset += skip as u64;
                        i += skip;
                        if i == chunk.len() {
                            self.state = State::Inside(inside);
                            break;
                        }
                    }
                    let byte = chunk[i];
                    match inside.next(byte, self.one_a_line) {
                        Next::Opens if self.is_envelope(&inside) => {
                            // What came so far is the envelope; the byte begins a record.
                            self.part(&chunk[from..i], take);
                            from = i;
                            self.envelope = Some(inside);
                            self.start = self.at;
                            self.broke_line = false;
                            self.state = State::Inside(Inside::new());
                            i += 1;
                            self.step(byte);
                        }
                        Next::Opens => {
                            inside.open(byte);
                            self.state = State::Inside(inside);
                            i += 1;
                            self.step(byte);
                        }
                        Next::Goes => {
                            self.state = State::Inside(inside);
                            self.broke_line |= byte == b'\n';
                            i += 1;
                            self.step(byte);
                        }
                        Next::Ends => {
                            i += 1;
                            self.step(byte);
                            self.one_a_line |= !self.broke_line && !self.tail;
                            self.first = false;
                            if self.pending.is_empty() && self.let_go == 0 && !self.broke_line && !self.tail {
                                self.shapes.learn(&chunk[from..i]);
                            }
                            self.end(&chunk[from..i], take);
                            from = i;
                        }
                        // This byte belongs to what comes after the broken record.
                        Next::Broken => {
                            self.end(&chunk[from..i], take);
                            from = i;
                        }
                    }
                }
            }
        }
        match self.state {
            State::Between => separators(&chunk[from..], take),
            State::Stray | State::Inside(_) => self.hold(&chunk[from..]),
        }
    }

    pub(super) fn finish(&mut self, take: &mut Taker<'_>) {
        if self.state != State::Between {
            self.end(&[], take);
        }
    }

    /// Goes on behind an object that stood alone on its line.
    pub(super) fn resume(&mut self, offset: u64) {
        self.at.offset = offset;
        self.start = self.at;
        self.one_a_line = offset > 0;
    }

    pub(super) fn line_under_way(&self) -> u64 {
        self.at.line
    }

    pub(super) fn held(&self) -> u64 {
        self.let_go + self.pending.len() as u64
    }

    fn step(&mut self, byte: u8) {
        self.at.offset += 1;
        self.at.line += u64::from(byte == b'\n');
    }

    /// Whether the array that an object is about to begin in is an envelope's.
    fn is_envelope(&self, inside: &Inside) -> bool {
        match (&self.envelope, inside.key.opening(inside.depth - 1)) {
            (_, Opening::None) => false,
            (None, Opening::Usual) => true,
            // Words that a record may well use itself: only where the file begins so.
            (None, Opening::Ambiguous) => self.first,
            // The blob was cut off, and the next one follows.
            (Some(outer), Opening::Usual | Opening::Ambiguous) => outer.key == inside.key,
        }
    }

    /// What was taken for a record up to these bytes only parts records.
    fn part(&mut self, last: &[u8], take: &mut Taker<'_>) {
        let whole = self.let_go + (self.pending.len() + last.len()) as u64;
        self.let_go = 0;
        self.pending.clear();
        self.tail = false;
        take(Piece::Separator(whole));
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.let_go > 0 || self.pending.len() + bytes.len() > self.cap {
            self.let_go += (self.pending.len() + bytes.len()) as u64;
            self.pending.clear();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    /// The record under way ends with these bytes. White space at its end is no part of it.
    fn end(&mut self, last: &[u8], take: &mut Taker<'_>) {
        self.state = State::Between;
        if self.tail {
            return self.part(last, take);
        }
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

/// White space, the punctuation of an outer array, the record separator of RFC 7464, and byte order marks.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | 0x1e | 0xef | 0xbb | 0xbf)
}

fn separators(bytes: &[u8], take: &mut Taker<'_>) {
    if !bytes.is_empty() {
        take(Piece::Separator(bytes.len() as u64));
    }
}

enum Next {
    Goes,
    /// An object begins in an array that may be an envelope's; [`Inside::open`] goes on if it is not.
    Opens,
    Ends,
    Broken,
}

impl Inside {
    fn new() -> Inside {
        Inside {
            depth: 1,
            objects: 1,
            in_string: false,
            escaped: false,
            before: b'{',
            at_line_start: false,
            spread: false,
            key: Key::default(),
        }
    }

    /// An envelope whose array has ended.
    fn after_array(self) -> Inside {
        Inside { depth: self.depth - 1, objects: self.objects >> 1, before: b']', ..self }
    }

    fn open(&mut self, byte: u8) {
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(byte == b'{');
        self.before = byte;
    }

    fn next(&mut self, byte: u8, one_a_line: bool) -> Next {
        if self.in_string {
            match byte {
                // JSON has no raw line end inside a string (RFC 8259 §7): the record was cut off.
                b'\n' => return Next::Broken,
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.key.close();
                }
                _ => {}
            }
            self.key.take(&[byte]);
            return Next::Goes;
        }
        let at_line_start = std::mem::replace(&mut self.at_line_start, byte == b'\n');
        match byte {
            b'\n' if one_a_line && !self.spread && !(self.depth == 1 && self.before == b'{') => return Next::Broken,
            b'\n' => {
                self.spread = true;
                return Next::Goes;
            }
            b' ' | b'\t' | b'\r' => {
                self.at_line_start = false;
                return Next::Goes;
            }
            b'{' if at_line_start && !self.may_hold_an_object_here() => return Next::Broken,
            b'"' => {
                self.in_string = true;
                if self.objects & 1 == 1 && matches!(self.before, b'{' | b',') {
                    self.key.begin(self.depth);
                }
            }
            b'{' if self.before == b'[' && self.objects & 1 == 0 && self.depth <= 3 => return Next::Opens,
            b'{' | b'[' => {
                self.open(byte);
            }
            b'}' | b']' => {
                self.depth -= 1;
                self.objects >>= 1;
                if self.depth == 0 {
                    return Next::Ends;
                }
            }
            _ => {}
        }
        self.before = byte;
        Next::Goes
    }

    /// Whether the grammar allows an object after `before`: as a value, or as an element of an array.
    fn may_hold_an_object_here(&self) -> bool {
        let in_array = self.objects & 1 == 0;
        self.before == b':' || (in_array && matches!(self.before, b'[' | b','))
    }
}
