//! A column of a group of rows, read value by value with its two levels; one page is unpacked at a time.

use std::cell::Cell;

use super::Fault;
use super::directory::Chunk;
use super::hybrid::Hybrid;
use super::page::{self, MOST_VALUES, PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY};
use super::schema::Leaf;
use super::thrift::{Reader, Struct};
use super::value::Texts;

/// How much the pages under way of all columns may take together.
const MOST_ROOM: usize = 512 << 20;

const CUT: Fault = "it has fewer values than rows";

pub(super) struct Column<'f> {
    leaf: &'f Leaf,
    pages: &'f [u8],
    codec: i64,
    /// How much of its pages was taken.
    at: usize,
    dictionary: Texts,
    page: Page,
    /// What the pages under way of all columns take.
    room: &'f Cell<usize>,
    /// The levels of the next value, once looked at.
    next: Option<Levels>,
}

/// A page under way.
#[derive(Default)]
struct Page {
    /// Unpacked.
    bytes: Vec<u8>,
    /// Values that are left of it, missing ones counted.
    left: u64,
    repeated: Hybrid,
    defined: Hybrid,
    values: Values,
}

enum Values {
    /// By their places in the dictionary.
    Listed(Hybrid),
    /// As they are, and which is next.
    Own(Texts, usize),
}

impl Default for Values {
    fn default() -> Values {
        Values::Own(Texts::default(), 0)
    }
}

/// How deep a value is there, and at which level it is repeated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub(super) repeated: u16,
    pub(super) defined: u16,
}

impl<'f> Column<'f> {
    pub(super) fn new(file: &'f [u8], chunk: &Chunk, leaf: &'f Leaf, room: &'f Cell<usize>) -> Column<'f> {
        // The directory has seen that they are within the file.
        let pages = file.get(chunk.pages.clone()).unwrap_or_default();
        let (dictionary, page) = (Texts::default(), Page::default());
        Column { leaf, pages, codec: chunk.codec, at: 0, dictionary, page, room, next: None }
    }

    /// How many of its bytes were taken.
    pub(super) fn taken(&self) -> u64 {
        self.at as u64
    }

    /// The levels of the next value; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<Levels>, Fault> {
        if self.next.is_none() {
            while self.page.left == 0 {
                if self.at >= self.pages.len() {
                    return Ok(None);
                }
                self.turn()?;
            }
            let Page { bytes, left, repeated, defined, .. } = &mut self.page;
            *left -= 1;
            let level = |of: &mut Hybrid, most: u16| match most {
                0 => Ok(0),
                _ => of.next(bytes).map(|level| level as u16).and_then(|level| {
                    if level > most { Err("a level is higher than the schema has") } else { Ok(level) }
                }),
            };
            let repeated = level(repeated, self.leaf.repeated)?;
            let defined = level(defined, self.leaf.defined)?;
            self.next = Some(Levels { repeated, defined });
        }
        Ok(self.next)
    }

    /// Takes the next value: written to `out`, `null` where it is missing.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let levels = self.peek()?.ok_or(CUT)?;
        self.next = None;
        if levels.defined < self.leaf.defined {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        let text = match &mut self.page.values {
            Values::Listed(places) => self.dictionary.get(places.next(&self.page.bytes)? as usize),
            Values::Own(texts, next) => {
                *next += 1;
                texts.get(*next - 1)
            }
        };
        out.extend_from_slice(text.ok_or("a value is missing from its page or its dictionary")?);
        Ok(())
    }

    /// Turns to the next page.
    fn turn(&mut self) -> Result<(), Fault> {
        let before = self.size();
        let mut reader = Reader { rest: &self.pages[self.at..] };
        let header = reader.read()?;
        let (unpacked, packed) = page::sizes(&header)?;
        let body = reader.rest.get(..packed).ok_or("a page is cut off")?;
        match (header.int(1), header.part(5), header.part(7), header.part(8)) {
            (Some(0), Some(data), ..) => self.first_kind(data, page::unpack(self.codec, body, unpacked)?)?,
            (Some(2), _, Some(dictionary), _) => {
                let bytes = page::unpack(self.codec, body, unpacked)?;
                let most = count(dictionary.count(1))?;
                self.dictionary = page::values(self.leaf.kind, PLAIN, &bytes, most as usize)?;
            }
            (Some(3), _, _, Some(data)) => self.second_kind(data, body, unpacked)?,
            // Pages of an index, and whatever comes to be, hold no values.
            (Some(1), ..) => {}
            _ => return Err("a page is of a kind that Kyoten does not know"),
        }
        self.at = self.pages.len() - reader.rest.len() + packed;
        let room = self.room.get() + self.size() - before;
        self.room.set(room);
        if room > MOST_ROOM { Err("its columns' pages are over 512 MB, unpacked") } else { Ok(()) }
    }

    fn size(&self) -> usize {
        let own = match &self.page.values {
            Values::Listed(_) => 0,
            Values::Own(texts, _) => texts.size(),
        };
        self.page.bytes.len() + self.dictionary.size() + own
    }

    /// A data page of the first kind: levels and values are packed together.
    fn first_kind(&mut self, header: &Struct<'_>, bytes: Vec<u8>) -> Result<(), Fault> {
        let left = count(header.count(1))?;
        let mut at = 0;
        let mut levels = |most: u16, encoding: Option<i64>| -> Result<Hybrid, Fault> {
            if most == 0 {
                return Ok(Hybrid::default());
            }
            if encoding != Some(RLE) {
                return Err("levels are in the encoding that Parquet gave up in 2013");
            }
            let length = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(CUT)?;
            let start = at + 4;
            at = start.saturating_add(u32::from_le_bytes(*length) as usize);
            Hybrid::new(width(most), start, at)
        };
        let repeated = levels(self.leaf.repeated, header.int(4))?;
        let defined = levels(self.leaf.defined, header.int(3))?;
        let values = self.values(header.int(2), &bytes, at, left)?;
        self.page = Page { bytes, left, repeated, defined, values };
        Ok(())
    }

    /// A data page of the second kind: levels stand before the values and are not packed.
    fn second_kind(&mut self, header: &Struct<'_>, body: &[u8], unpacked: usize) -> Result<(), Fault> {
        let left = count(header.count(1))?;
        let length = |number| header.count(number).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let (repeated, defined) = (length(6), length(5));
        let levels = repeated.checked_add(defined).filter(|levels| *levels <= unpacked).ok_or(CUT)?;
        let (before, packed) = body.split_at_checked(levels).ok_or(CUT)?;
        // Packed unless it is said not to be.
        let codec = if header.int(7) == Some(0) { 0 } else { self.codec };
        let mut bytes = before.to_vec();
        // A page in which all is missing may have nothing to unpack.
        if unpacked > levels {
            bytes.extend(page::unpack(codec, packed, unpacked - levels)?);
        }
        let repeated_levels = Hybrid::new(width(self.leaf.repeated), 0, repeated)?;
        let defined = Hybrid::new(width(self.leaf.defined), repeated, levels)?;
        let values = self.values(header.int(4), &bytes, levels, left)?;
        self.page = Page { bytes, left, repeated: repeated_levels, defined, values };
        Ok(())
    }

    fn values(&self, encoding: Option<i64>, bytes: &[u8], at: usize, most: u64) -> Result<Values, Fault> {
        let encoding = encoding.ok_or("a page does not say how its values are encoded")?;
        let own = bytes.get(at..).ok_or(CUT)?;
        if encoding == PLAIN_DICTIONARY || encoding == RLE_DICTIONARY {
            // The width of the places stands before them; where all is missing, nothing does.
            let bits = own.first().copied().unwrap_or(0);
            return Ok(Values::Listed(Hybrid::new(u32::from(bits), (at + 1).min(bytes.len()), bytes.len())?));
        }
        Ok(Values::Own(page::values(self.leaf.kind, encoding, own, most as usize)?, 0))
    }
}

/// How many values a page or a dictionary is said to have.
fn count(said: Option<u64>) -> Result<u64, Fault> {
    match said {
        Some(count) if count <= MOST_VALUES => Ok(count),
        Some(_) => Err("a page has more than 16,777,216 values"),
        None => Err("a page does not say how many values it has"),
    }
}

/// The bits of a level.
fn width(most: u16) -> u32 {
    u16::BITS - most.leading_zeros()
}
