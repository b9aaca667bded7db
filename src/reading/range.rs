//! A range of a plain file, read by itself: so that several readers share one file, and their parts join to what one
//! reader would have made of it.
//!
//! Which formats allow it, they say ([`Format::reads_ranges`](crate::formats::Format::reads_ranges)). A cut lies behind a
//! line end. What a parser must know from before the cut is taken from the file's beginning; at its end each part says
//! what a parser there would know, and a part that began with something else is not joined: the file is read from its
//! start to its end instead ([`Part::follows`]).

use serde::{Deserialize, Serialize};

use super::receipt::Receipt;
use super::tallies::Tallies;
use super::{Inner, Order, Progress, Stage, Visitor};
use crate::evidence::encoding::Text;
use crate::evidence::records::{Framing, Piece, Splitter};
use crate::evidence::unpack::{Unpacked, Unpacker};
use crate::formats::{self, Format, SAMPLE_BYTES, Sample};

/// How a file that may be read in ranges is read, told by its beginning.
pub struct Ranges {
    order: Order,
    /// The file's beginning.
    head: Vec<u8>,
    format: &'static dyn Format,
    framing: Framing,
    /// What a parser must have read to stand behind the file's beginning.
    known: Vec<u8>,
}

/// What a part was read by, and where it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its first byte in the file.
    pub start: u64,
    /// The receipt of its bytes alone, its lines counted from 1.
    pub receipt: Receipt,
    /// How many lines end in it.
    pub lines: u64,
    /// What its parser had read before.
    before: Vec<u8>,
    /// What a parser must have read to go on behind it; `None` where none can.
    after: Option<Vec<u8>>,
    /// The file's text has to be decoded, which only shows past what the ranges were settled by.
    decoded: bool,
}

impl Part {
    /// Whether its bytes are the file's text as it stands. Where they are not, one reader has to go through all of it.
    pub fn is_plain(&self) -> bool {
        !self.decoded
    }

    /// Whether its reading ended before its range did.
    pub fn is_abandoned(&self) -> bool {
        self.receipt.abandoned.is_some()
    }

    /// Whether it is what one reader would have gone on to after the other part.
    pub fn follows(&self, other: &Part) -> bool {
        let end = other.start + other.receipt.size;
        end == self.start && other.after.as_ref() == Some(&self.before) && self.after.is_some()
    }
}

impl Ranges {
    /// Whether the file that begins so may be read in ranges, and how. `head` is at least [`SAMPLE_BYTES`] of it.
    pub fn of(order: &Order, head: &[u8]) -> Option<Ranges> {
        let head = head.get(..SAMPLE_BYTES)?;
        if order.encoding.is_some() || !is_plain(head) {
            return None;
        }
        let sample = sample(head);
        let format = match &order.format {
            Some(name) => formats::by_name(name),
            None => formats::recognise(&sample),
        }?;
        let framing = format.framing(&sample);
        let cuts = match framing {
            Framing::Lines => true,
            // Objects that stand one a line can be told apart from any line end on, as the first of them shows.
            Framing::Json => sample.lines().next().is_some_and(|line| line.starts_with(b"{") && line.ends_with(b"}")),
            Framing::QuotedLines(_) | Framing::Events | Framing::Packets => false,
        };
        if !cuts || !format.reads_ranges() {
            return None;
        }
        // What stands in the beginning's records, read for what they leave behind alone.
        let mut parser = formats::open(format, &order.setting, &sample);
        Splitter::new(framing).feed(sample.bytes, &mut |piece| {
            if let Piece::Record(record) = piece {
                _ = parser.read(record, &mut |_, _| {});
            }
        });
        let known = parser.known()?;
        Some(Ranges { order: order.clone(), head: head.to_vec(), format, framing, known })
    }

    /// Where a range may end in these bytes, behind the first line end that parts two records. Not amid a header, of which a joined file
    /// has several: the part behind it would not know what the part before it ended with.
    pub fn cut(&self, bytes: &[u8]) -> Option<usize> {
        let mut ends = memchr::memchr_iter(b'\n', bytes).map(|end| end + 1);
        match self.framing {
            Framing::Lines => ends.find(|end| bytes.get(*end) != Some(&b'#')),
            Framing::Json => ends.find(|end| {
                let before = bytes[..end - 1].strip_suffix(b"\r").unwrap_or(&bytes[..end - 1]);
                before.ends_with(b"}") && bytes.get(*end) == Some(&b'{')
            }),
            Framing::QuotedLines(_) | Framing::Events | Framing::Packets => None,
        }
    }

    /// Begins the range that starts here.
    pub fn begin<V: Visitor>(&self, name: &str, start: u64, visitor: V) -> RangeReading<V> {
        let sample = sample(&self.head);
        let mut parser = formats::open(self.format, &self.order.setting, &sample);
        let before = if start == 0 { Vec::new() } else { self.known.clone() };
        Splitter::new(Framing::Lines).feed(&before, &mut |piece| {
            if let Piece::Record(record) = piece {
                _ = parser.read(record, &mut |_, _| {});
            }
        });
        let splitter = Splitter::resumed(self.framing, start);
        let stage = Stage::Parsing { format: self.format, parser, splitter };
        let inner = Inner {
            order: self.order.clone(),
            sample: Vec::new(),
            stage,
            tally: Tallies::new(visitor, self.order.setting.clock),
        };
        RangeReading { name: name.to_owned(), start, inner, before, text: Text::new(None) }
    }
}

/// A pass over a range under way.
pub struct RangeReading<V> {
    name: String,
    start: u64,
    inner: Inner<V>,
    before: Vec<u8>,
    /// Looks whether there is text that is to be decoded, past what the ranges were settled by.
    text: Text,
}

impl<V: Visitor> RangeReading<V> {
    /// Takes the range's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.text.feed(chunk, &mut |_, _| {});
        self.inner.feed(chunk);
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let accounts = &self.inner.tally.accounts;
        Progress {
            bytes: accounts.length,
            records: accounts.records(),
            flows: accounts.flows,
            malformed: accounts.malformed.total().count,
            format: self.inner.format(),
        }
    }

    /// The range is at its end.
    pub fn finish(self) -> (Part, V) {
        self.end(None)
    }

    /// The range can't be read on, or was cancelled. What was read of it is kept, with the reason.
    pub fn abandon(self, reason: &str) -> (Part, V) {
        self.end(Some(reason))
    }

    fn end(mut self, cut: Option<&str>) -> (Part, V) {
        self.inner.finish(cut);
        self.text.finish(&mut |_, _| {});
        let (lines, after) = match &self.inner.stage {
            Stage::Parsing { parser, splitter, .. } => (splitter.line() - 1, parser.known()),
            Stage::Telling | Stage::Unknown { .. } => (0, None),
        };
        // It saw its bytes as they are, and so did the parts beside it.
        let decoded = self.text.taken().is_some();
        let format = self.inner.format().map(str::to_owned);
        let others = self.inner.stage.others();
        let size = self.inner.tally.accounts.length;
        let abandoned = cut.map(str::to_owned);
        let (receipt, visitor) =
            self.inner.tally.close(Receipt { name: self.name, size, format, others, abandoned, ..Receipt::default() });
        (Part { start: self.start, receipt, lines, before: self.before, after, decoded }, visitor)
    }
}

fn sample(head: &[u8]) -> Sample<'_> {
    Sample { bytes: head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head), whole: false }
}

/// Whether a file that begins so is in no packing, so that its bytes are those of the records.
fn is_plain(head: &[u8]) -> bool {
    let mut unpacker = Unpacker::opening_archives();
    let mut same = 0;
    let mut plain = true;
    let mut take = |unpacked: Unpacked<'_>| match unpacked {
        Unpacked::Bytes(bytes) => {
            plain &= head.get(same..).is_some_and(|rest| rest.starts_with(bytes));
            same += bytes.len();
        }
        Unpacked::Marks(_) | Unpacked::Member { .. } | Unpacked::End(_) => plain = false,
    };
    unpacker.feed(head, &mut take);
    // What was held back to tell its encoding goes out.
    unpacker.finish(&mut take);
    plain && same == head.len() && unpacker.closed().is_none() && unpacker.accounts().is_empty()
}
