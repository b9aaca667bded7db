//! Binary XML of one record as text (MS-EVEN6 §2.2.12; libyal's description for what the files add: offsets into the
//! chunk, names and templates that stand where they were first used).
//!
//! Invariants: whatever the bytes are, it ends, gives at most [`MOST_TEXT`] and never panics.

use super::value::{self, Value, utf16};

/// The longest text of one record.
const MOST_TEXT: usize = 1 << 20;
/// How deep fragments, templates and elements may lie in each other.
const DEEPEST: usize = 24;
/// How many tokens one record may take, templates and fragments within fragments counted each time.
const MOST_TOKENS: usize = 100_000;
const LONGEST_NAME: usize = 255;

/// Why a record can't be read.
pub(super) type Fault = &'static str;

const CUT: Fault = "it ends too early";
const TOO_LARGE: Fault = "its text is longer than 1 MiB";

/// Writes the record whose binary XML stands at these offsets of its chunk.
pub(super) fn render(chunk: &[u8], from: usize, to: usize, out: &mut String) -> Result<(), Fault> {
    let mut writer = Writer { chunk, out, tokens: 0, depth: 0 };
    writer.fragment(from, to, None)?;
    if writer.out.is_empty() { Err("it is empty") } else { Ok(()) }
}

struct Writer<'c, 'o> {
    chunk: &'c [u8],
    out: &'o mut String,
    tokens: usize,
    depth: usize,
}

/// An element that is not closed yet.
struct Open {
    name: String,
    /// Where its attribute under way begins in the text.
    attribute: Option<usize>,
    /// Whether anything stood in that attribute but values that are not there.
    said: bool,
    in_tag: bool,
    plain: bool,
}

struct Cursor<'c> {
    bytes: &'c [u8],
    at: usize,
    end: usize,
}

impl<'c> Cursor<'c> {
    fn take(&mut self, count: usize) -> Result<&'c [u8], Fault> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end).ok_or(CUT)?;
        let taken = self.bytes.get(self.at..end).ok_or(CUT)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    fn short(&mut self) -> Result<u16, Fault> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn word(&mut self) -> Result<u32, Fault> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Text with its number of UTF-16 units before it.
    fn text(&mut self) -> Result<&'c [u8], Fault> {
        let units = usize::from(self.short()?);
        self.take(2 * units)
    }
}

impl Writer<'_, '_> {
    /// A stretch of tokens. In a template's definition `values` fills the gaps, and elements carry a number more.
    fn fragment(&mut self, from: usize, to: usize, values: Option<&[Value]>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deep");
        }
        let mut cursor = Cursor { bytes: self.chunk, at: from, end: to.min(self.chunk.len()) };
        let mut open: Vec<Open> = Vec::new();
        while cursor.at < cursor.end {
            self.tokens += 1;
            if self.tokens > MOST_TOKENS || self.out.len() > MOST_TEXT {
                return Err(TOO_LARGE);
            }
            let token = cursor.byte()?;
            match token {
                0x00 => break,
                0x01 | 0x41 => {
                    if values.is_some() {
                        cursor.short()?;
                    }
                    cursor.word()?;
                    let name = self.name(&mut cursor)?;
                    if token == 0x41 {
                        cursor.word()?;
                    }
                    self.end_tag(&mut open);
                    if open.len() > DEEPEST {
                        return Err("it is nested too deep");
                    }
                    self.out.push('<');
                    self.out.push_str(&name);
                    open.push(Open { name, attribute: None, said: false, in_tag: true, plain: true });
                }
                0x02 => self.end_tag(&mut open),
                0x03 => {
                    let mut element = open.pop().ok_or("an end without a beginning")?;
                    self.end_attribute(&mut element);
                    self.out.push_str("/>");
                }
                0x04 => {
                    self.end_tag(&mut open);
                    let element = open.pop().ok_or("an end without a beginning")?;
                    self.end_element(&element);
                }
                0x05 | 0x45 => {
                    let kind = cursor.byte()?;
                    if kind != 1 {
                        return Err("a text of an unknown kind");
                    }
                    let text = cursor.text()?;
                    self.said(&mut open);
                    utf16(text, self.out);
                }
                0x06 | 0x46 => {
                    let name = self.name(&mut cursor)?;
                    let element = open.last_mut().filter(|open| open.in_tag).ok_or("an attribute of no element")?;
                    self.end_attribute(element);
                    element.attribute = Some(self.out.len());
                    (element.said, element.plain) = (false, false);
                    self.out.push(' ');
                    self.out.push_str(&name);
                    self.out.push_str("=\"");
                }
                0x07 | 0x47 => {
                    let text = cursor.text()?;
                    self.said(&mut open);
                    utf16(text, self.out);
                }
                0x08 | 0x48 => {
                    let number = cursor.short()?;
                    self.said(&mut open);
                    self.out.push_str(&format!("&#{number};"));
                }
                0x09 | 0x49 => {
                    let name = self.name(&mut cursor)?;
                    self.said(&mut open);
                    self.out.push_str(&format!("&{name};"));
                }
                0x0a => {
                    self.name(&mut cursor)?;
                }
                0x0b => {
                    cursor.text()?;
                }
                0x0c => self.template(&mut cursor)?,
                0x0d | 0x0e => {
                    let number = usize::from(cursor.short()?);
                    cursor.byte()?;
                    let value = values.and_then(|values| values.get(number)).ok_or("a gap that nothing fills")?;
                    self.substitute(*value, token == 0x0e, &mut open)?;
                }
                0x0f => {
                    cursor.take(3)?;
                }
                _ => return Err("an unknown token"),
            }
        }
        self.depth -= 1;
        if open.is_empty() { Ok(()) } else { Err("an element that does not end") }
    }

    fn template(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.byte()?;
        cursor.word()?;
        let definition = cursor.word()? as usize;
        let mut header = Cursor { bytes: self.chunk, at: definition, end: self.chunk.len() };
        header.take(20)?;
        let size = header.word()? as usize;
        let from = header.at;
        let to = from.checked_add(size).filter(|to| *to <= self.chunk.len()).ok_or("a template that is not there")?;
        if definition == cursor.at {
            cursor.take(24 + size)?;
        }
        let count = cursor.word()? as usize;
        if count > 4096 {
            return Err("too many values");
        }
        let mut kinds = Vec::with_capacity(count);
        for _ in 0..count {
            let size = usize::from(cursor.short()?);
            kinds.push((size, cursor.byte()?));
            cursor.byte()?;
        }
        let mut values = Vec::with_capacity(count);
        for (size, kind) in kinds {
            values.push(Value { kind, from: cursor.at, to: cursor.at + size });
            cursor.take(size)?;
        }
        self.fragment(from, to, Some(&values))
    }

    fn substitute(&mut self, value: Value, optional: bool, open: &mut [Open]) -> Result<(), Fault> {
        let empty = value.kind == 0 || value.from == value.to;
        if empty && optional {
            return Ok(());
        }
        if value.kind == 0x21 {
            self.end_tag(open);
            return self.fragment(value.from, value.to, None);
        }
        self.said(open);
        let bytes = self.chunk.get(value.from..value.to).ok_or(CUT)?;
        // Windows repeats the element for each text of a list.
        let between = match open.last() {
            Some(element) if element.plain && !element.in_tag => format!("</{0}><{0}>", element.name),
            Some(_) | None => ", ".to_owned(),
        };
        value::write(value.kind, bytes, &between, self.out)
    }

    /// Something stands in the attribute under way.
    fn said(&mut self, open: &mut [Open]) {
        if let Some(element) = open.last_mut() {
            element.said = true;
        }
    }

    fn end_tag(&mut self, open: &mut [Open]) {
        if let Some(element) = open.last_mut().filter(|open| open.in_tag) {
            self.end_attribute(element);
            element.in_tag = false;
            self.out.push('>');
        }
    }

    /// An attribute whose value is not there is not there.
    fn end_attribute(&mut self, element: &mut Open) {
        match element.attribute.take() {
            Some(_) if element.said => self.out.push('"'),
            Some(begin) => self.out.truncate(begin),
            None => {}
        }
    }

    fn end_element(&mut self, element: &Open) {
        self.out.push_str("</");
        self.out.push_str(&element.name);
        self.out.push('>');
    }

    /// A name: its offset in the chunk, and, where that is right here, the name itself.
    fn name(&self, cursor: &mut Cursor<'_>) -> Result<String, Fault> {
        let offset = cursor.word()? as usize;
        let mut header = Cursor { bytes: self.chunk, at: offset, end: self.chunk.len() };
        header.take(6)?;
        let text = header.text()?;
        if offset == cursor.at {
            cursor.take(10 + text.len())?;
        }
        if text.is_empty() || text.len() > 2 * LONGEST_NAME {
            return Err("a name of no length");
        }
        let mut name = String::new();
        utf16(text, &mut name);
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        if name.chars().all(fits) { Ok(name) } else { Err("a name that is none") }
    }
}
