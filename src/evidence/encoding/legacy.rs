//! Decodes an encoding of one or two bytes a character, chunk by chunk. What has no character comes out as `\xNN`.

use super::table::Table;
use super::{Charset, Mark};

/// A decoder under way.
pub struct Decoder {
    /// Which encoding it is.
    pub charset: Charset,
    table: &'static Table,
    /// The first byte of a pair whose second has not come yet.
    lead: Option<u8>,
    out: Vec<u8>,
    marks: Vec<Mark>,
    /// How much text went out, and how many bytes came in.
    text: u64,
    raw: u64,
    /// Whether the text so far ends in ASCII, on which the last mark still holds.
    plain: bool,
}

impl Decoder {
    /// A decoder from this byte of the file on; `None` where there is no table of the encoding.
    pub fn new(charset: Charset, at: u64) -> Option<Decoder> {
        let table = Table::of(charset)?;
        Some(Decoder { charset, table, lead: None, out: Vec::new(), marks: Vec::new(), text: at, raw: at, plain: true })
    }

    /// Takes encoded bytes and hands out UTF-8.
    pub fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(&[Mark], &[u8])) {
        self.out.clear();
        self.marks.clear();
        let begin = self.text;
        for byte in chunk {
            self.byte(*byte);
            self.raw += 1;
        }
        self.text = begin + self.out.len() as u64;
        out(&self.marks, &self.out);
    }

    /// The stream is at its end.
    pub fn finish(&mut self, out: &mut dyn FnMut(&[Mark], &[u8])) {
        if let Some(lead) = self.lead.take() {
            out(&[], escaped(lead).as_bytes());
        }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(lead) = self.lead.take() {
            if let Some(c) = self.table.double(lead, byte) {
                self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
            // The second byte is no part of it, and may be the delimiter of a cell.
            self.out.extend_from_slice(escaped(lead).as_bytes());
        }
        if byte.is_ascii() {
            if !std::mem::replace(&mut self.plain, true) {
                self.marks.push(Mark { text: self.text + self.out.len() as u64, raw: self.raw, width: 1 });
            }
            self.out.push(byte);
            return;
        }
        self.plain = false;
        if let Some(c) = self.table.single(byte) {
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else if self.table.is_lead(byte) {
            self.lead = Some(byte);
        } else {
            self.out.extend_from_slice(escaped(byte).as_bytes());
        }
    }
}

fn escaped(byte: u8) -> String {
    format!("\\x{byte:02x}")
}
