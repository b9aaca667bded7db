//! Blanks out what a script only says and does not do: comments, strings, templates and regular expressions.

use super::statements::Refusal;

/// The script with the inside of every comment and literal replaced by spaces, byte for byte as long as before and with
/// the same lines. What stands in a template's `${…}` is code, and stays.
pub fn mask(text: &str) -> Result<String, Refusal> {
    let mut masking = Masking { source: text.as_bytes(), masked: text.as_bytes().to_vec(), place: 0 };
    masking.code(false)?;
    Ok(String::from_utf8(masking.masked).expect("whole literals were blanked, so no character was cut"))
}

struct Masking<'a> {
    source: &'a [u8],
    masked: Vec<u8>,
    place: usize,
}

impl Masking<'_> {
    /// Passes over code, until the end or, inside a template, until the brace that closes its `${`.
    fn code(&mut self, in_template: bool) -> Result<(), Refusal> {
        let mut depth = 0usize;
        while let Some(&byte) = self.source.get(self.place) {
            let start = self.place;
            match (byte, self.source.get(start + 1)) {
                (b'/', Some(b'/')) => {
                    self.blank_to(start, find(self.source, start, b"\n").unwrap_or(self.source.len()))
                }
                (b'/', Some(b'*')) => {
                    let end = find(self.source, start + 2, b"*/").ok_or_else(|| self.unclosed(start, "comment"))?;
                    self.blank_to(start, end + 2);
                }
                (b'/', _) if self.operand_expected() => self.regular_expression()?,
                (b'"' | b'\'', _) => self.string(byte)?,
                (b'`', _) => self.template()?,
                (b'{', _) => (depth, self.place) = (depth + 1, start + 1),
                (b'}', _) if in_template && depth == 0 => return Ok(()),
                (b'}', _) => (depth, self.place) = (depth.saturating_sub(1), start + 1),
                _ => self.place += 1,
            }
        }
        Ok(())
    }

    /// Whether a value may begin here, so that a slash begins a regular expression and divides nothing.
    fn operand_expected(&self) -> bool {
        let before = self.masked[..self.place].trim_ascii_end();
        let word = before.iter().rev().take_while(|byte| is_word(**byte)).count();
        match &before[before.len() - word..] {
            [] => !matches!(before.last(), Some(b')' | b']' | b'}' | b'"' | b'\'' | b'`')),
            word => matches!(
                word,
                b"return"
                    | b"typeof"
                    | b"case"
                    | b"in"
                    | b"of"
                    | b"await"
                    | b"yield"
                    | b"void"
                    | b"delete"
                    | b"else"
                    | b"do"
            ),
        }
    }

    fn string(&mut self, quote: u8) -> Result<(), Refusal> {
        let start = self.place;
        let mut end = start + 1;
        while self.source.get(end) != Some(&quote) {
            match self.source.get(end) {
                None | Some(b'\n') => return Err(self.unclosed(start, "string")),
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.blank_to(start + 1, end);
        self.place = end + 1;
        Ok(())
    }

    fn regular_expression(&mut self) -> Result<(), Refusal> {
        let start = self.place;
        let (mut end, mut in_class) = (start + 1, false);
        while in_class || self.source.get(end) != Some(&b'/') {
            match self.source.get(end) {
                None | Some(b'\n') => return Err(self.unclosed(start, "regular expression")),
                Some(b'\\') => end += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(_) => {}
            }
            end += 1;
        }
        self.blank_to(start, end + 1);
        // A value stood here: what follows is an operator, and a slash would divide.
        self.masked[start] = b'0';
        Ok(())
    }

    fn template(&mut self) -> Result<(), Refusal> {
        let start = self.place;
        let mut from = start + 1;
        let mut end = from;
        loop {
            match (self.source.get(end), self.source.get(end + 1)) {
                (None, _) => return Err(self.unclosed(start, "template")),
                (Some(b'`'), _) => break,
                (Some(b'\\'), _) => end += 2,
                (Some(b'$'), Some(b'{')) => {
                    self.blank_to(from, end);
                    self.place = end + 2;
                    self.code(true)?;
                    if self.place >= self.source.len() {
                        return Err(self.unclosed(start, "template"));
                    }
                    from = self.place + 1;
                    end = from;
                }
                _ => end += 1,
            }
        }
        self.blank_to(from, end);
        self.place = end + 1;
        Ok(())
    }

    fn blank_to(&mut self, start: usize, end: usize) {
        let end = end.min(self.masked.len());
        for byte in &mut self.masked[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        self.place = end;
    }

    fn unclosed(&self, start: usize, what: &str) -> Refusal {
        Refusal {
            line: line_of(self.source, start),
            reason: format!("this {what} has no end that the joiner can find"),
        }
    }
}

/// The line, from 1, of a byte.
pub fn line_of(source: &[u8], place: usize) -> usize {
    1 + source[..place.min(source.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// Whether a byte may stand in a name. Every byte outside ASCII may.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn find(source: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    source[from..].windows(needle.len()).position(|window| window == needle).map(|place| from + place)
}
