//! UTF-16 as Windows tools export it, made UTF-8 on the way in, without loss: a lone surrogate becomes `\ud800`.

use super::super::accounts::{Reasons, Tally};
use super::super::unpack::LayerAccount;
use super::Mark;

/// Decodes UTF-16, chunk by chunk.
pub struct Utf16 {
    big: bool,
    /// The byte of a unit whose other byte has not come yet.
    half: Option<u8>,
    /// A high surrogate whose low one has not come yet.
    high: Option<u16>,
    started: bool,
    leftover: bool,
    out: Vec<u8>,
    marks: Vec<Mark>,
    /// How much text went out before what is in `out`.
    before: u64,
    /// Bytes of whole units so far.
    taken: u64,
    /// Whether the text so far ends in ASCII, on which the last mark still holds.
    plain: bool,
}

/// Takes decoded text, with the marks in it.
pub type Outlet<'o> = dyn FnMut(&[Mark], &[u8]) + 'o;

impl Utf16 {
    /// Tells UTF-16 by its byte order mark, or by the zero bytes of Latin text.
    pub fn recognise(head: &[u8]) -> Option<Utf16> {
        let big = match head {
            [0xff, 0xfe, ..] => false,
            [0xfe, 0xff, ..] => true,
            _ => unmarked(head)?,
        };
        Some(Utf16 {
            big,
            half: None,
            high: None,
            started: false,
            leftover: false,
            out: Vec::new(),
            marks: Vec::new(),
            before: 0,
            taken: 0,
            plain: false,
        })
    }

    /// Takes encoded bytes and hands out UTF-8.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Outlet<'_>) {
        let mut decoded = std::mem::take(&mut self.out);
        decoded.clear();
        self.marks.clear();
        for byte in chunk {
            let Some(first) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let pair = [first, *byte];
            let unit = if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            let first_unit = !std::mem::replace(&mut self.started, true);
            if !(first_unit && unit == 0xfeff) {
                self.unit(unit, &mut decoded);
            }
            self.taken += 2;
        }
        out(&self.marks, &decoded);
        self.before += decoded.len() as u64;
        self.out = decoded;
    }

    /// The stream is at its end.
    pub fn finish(&mut self, out: &mut Outlet<'_>) {
        if let Some(high) = self.high.take() {
            out(&[], format!("\\u{high:04x}").as_bytes());
        }
        self.leftover = self.half.take().is_some();
    }

    /// The account of this layer, of so many bytes.
    pub fn account(&self, length: u64) -> LayerAccount {
        let mut unprocessed = Reasons::default();
        if self.leftover {
            unprocessed.add("half a UTF-16 unit at the end", 1, || None);
        }
        let bytes = length - u64::from(self.leftover);
        let name = if self.big { "utf-16be" } else { "utf-16le" };
        LayerAccount {
            name: name.to_owned(),
            length,
            members: Tally { count: 1, bytes },
            unprocessed,
            ..LayerAccount::default()
        }
    }

    fn unit(&mut self, unit: u16, decoded: &mut Vec<u8>) {
        // A lone surrogate before this unit comes out as text of another length.
        let plain = unit < 0x80 && self.high.is_none();
        if plain && !std::mem::replace(&mut self.plain, plain) {
            let text = self.before + decoded.len() as u64;
            self.marks.push(Mark { text, raw: self.taken, width: 2 });
        }
        self.plain = plain;
        if let Some(high) = self.high.take() {
            if let Some(Ok(c)) = char::decode_utf16([high, unit]).next() {
                decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
            decoded.extend_from_slice(format!("\\u{high:04x}").as_bytes());
        }
        match (unit, char::from_u32(u32::from(unit))) {
            (_, Some(c)) => decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            (0xd800..=0xdbff, None) => self.high = Some(unit),
            (_, None) => decoded.extend_from_slice(format!("\\u{unit:04x}").as_bytes()),
        }
    }
}

/// Whether bytes without a mark are UTF-16 of mostly Latin text, and if so whether big-endian: nearly every other byte
/// is zero.
fn unmarked(head: &[u8]) -> Option<bool> {
    if head.len() < 8 {
        return None;
    }
    let pairs = head.len() / 2;
    let zeros = |start: usize| head.iter().skip(start).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let mostly = |n: usize| n * 10 >= pairs * 7;
    let hardly = |n: usize| n * 20 <= pairs;
    match () {
        () if mostly(odd) && hardly(even) => Some(false),
        () if mostly(even) && hardly(odd) => Some(true),
        () => None,
    }
}
