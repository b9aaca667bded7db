//! One pass over one file: its bytes in, chunk by chunk; its flows, its receipt and its account out.
//!
//! The file is hashed, unpacked, told by content, cut into records and parsed; a [`Visitor`] takes each flow and says
//! what became of it. Counting into the ledger ([`count`]), rolling up by hour ([`rollup`]) and looking rows up again
//! ([`rows`]) are such visitors.

pub mod count;
pub mod describe;
pub mod japanese;
pub mod members;
pub mod range;
pub mod receipt;
pub mod rollup;
pub mod rollups;
pub mod rows;
pub mod sought;
mod tallies;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::evidence::encoding::{Charset, Mark};
use crate::evidence::records::Splitter;
use crate::evidence::unpack::{MemberEnd, Unpacked, Unpacker};
use crate::evidence::{Place, Record};
use crate::flow::Flow;
use crate::formats::{self, Disposition, Format, MappingFile, Parser, SAMPLE_BYTES, Sample, Setting};
use members::{Members, Opening};
use receipt::Receipt;
use tallies::Tallies;

/// What was settled for a file before it is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The format's name, where the user chose it; `None` lets the content tell.
    pub format: Option<String>,
    /// The encoding of its text, where the user chose it.
    pub encoding: Option<Charset>,
    /// Clock and column mapping.
    pub setting: Setting,
    /// Mappings that were saved from other exports, for tables and objects that none was chosen for: the first that fits the header.
    pub mappings: Vec<MappingFile>,
}

/// What became of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stands in the ledger.
    Drawn,
    /// It is not between hosts of interest: why.
    Filtered(&'static str),
    /// One of its ends is not known: which.
    WithoutEndpoint(&'static str),
}

/// Takes what a pass over a file finds.
pub trait Visitor {
    /// Takes a flow and says what becomes of it.
    fn flow(&mut self, flow: &Flow<'_>, place: Place) -> Fate;

    /// Takes a record after its flows.
    fn record(&mut self, _record: Record<'_>, _disposition: &Disposition) {}
}

/// A pass over one file under way.
pub struct Reading<V> {
    name: String,
    hash: Sha256,
    size: u64,
    unpacker: Unpacker,
    inner: Inner<V>,
    /// Where it is an archive, if archives are opened.
    members: Option<Members<V>>,
}

/// All that works on unpacked bytes.
struct Inner<V> {
    order: Order,
    /// The file's beginning: until its format is told, and for the mapping panel where it is a table or unknown.
    sample: Vec<u8>,
    stage: Stage,
    tally: Tallies<V>,
}

enum Stage {
    /// Too little has come to tell the format.
    Telling,
    /// Records are being read.
    Parsing { format: &'static dyn Format, parser: Box<dyn Parser>, splitter: Splitter },
    /// No format knows it: every byte is unprocessed.
    Unknown { advice: String },
}

impl Stage {
    /// The names of the formats whose lines stood between those of the file's own.
    fn others(&self) -> Vec<String> {
        match self {
            Stage::Parsing { parser, .. } => parser.others().into_iter().map(str::to_owned).collect(),
            Stage::Telling | Stage::Unknown { .. } => Vec::new(),
        }
    }
}

/// So many bytes are hashed and then read while they are near the processor.
const PIECE: usize = 1 << 17;

/// How far a pass has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file so far.
    pub bytes: u64,
    /// Records so far.
    pub records: u64,
    /// Flows so far.
    pub flows: u64,
    /// Malformed records so far.
    pub malformed: u64,
    /// The format's name, once told.
    pub format: Option<&'static str>,
}

impl<V: Visitor> Reading<V> {
    /// Begins a pass in which the members of archives are read too: `open` says how, and who takes what is found.
    pub fn opening(name: &str, order: Order, visitor: V, open: Arc<Opening<V>>) -> Reading<V> {
        let members = Some(Members::new(name, name, open));
        let unpacker = Unpacker::opening_archives().in_encoding(order.encoding);
        Reading { unpacker, members, ..Reading::new(name, order, visitor) }
    }

    /// Begins a pass over one stream of records: an archive is named, but not opened.
    pub fn new(name: &str, order: Order, visitor: V) -> Reading<V> {
        let tally = Tallies::new(visitor, order.setting.clock);
        let inner = Inner { order, sample: Vec::new(), stage: Stage::Telling, tally };
        let unpacker = Unpacker::default().in_encoding(inner.order.encoding);
        Reading { name: name.to_owned(), hash: Sha256::new(), size: 0, unpacker, inner, members: None }
    }

    /// Takes the file's next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        for piece in chunk.chunks(PIECE) {
            self.hash.update(piece);
            self.size += piece.len() as u64;
            let (inner, members) = (&mut self.inner, &mut self.members);
            self.unpacker.feed(piece, &mut |unpacked| take(unpacked, inner, members));
        }
    }

    /// Takes what is known of places in the text that comes next.
    fn mark(&mut self, marks: &[Mark]) {
        self.inner.tally.offsets.extend(marks);
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let accounts = &self.inner.tally.accounts;
        let format = self.inner.format();
        let ([records, flows, malformed], member) = self.members.as_ref().map(Members::progress).unwrap_or_default();
        Progress {
            bytes: self.size,
            records: accounts.records() + records,
            flows: accounts.flows + flows,
            malformed: accounts.malformed.total().count + malformed,
            format: format.or(member),
        }
    }

    /// The members of an archive that are at their end, handed over once.
    pub fn members(&mut self) -> Vec<(Receipt, V)> {
        self.members.as_mut().map(Members::take).unwrap_or_default()
    }

    /// Lets each visitor act, those of members too.
    pub fn each_visitor(&mut self, act: &mut dyn FnMut(&mut V)) {
        act(&mut self.inner.tally.visitor);
        if let Some(members) = &mut self.members {
            members.each(act);
        }
    }

    /// The visitor, while the pass is under way.
    pub fn visitor(&mut self) -> &mut V {
        &mut self.inner.tally.visitor
    }

    /// The file is at its end.
    pub fn finish(self) -> (Receipt, V) {
        let mut all = self.finish_all();
        all.swap_remove(0)
    }

    /// The file is at its end: what came of it, and of the members that were not handed over yet.
    pub fn finish_all(mut self) -> Vec<(Receipt, V)> {
        self.end(None);
        let digest = self.digest();
        self.close_all(Some(digest))
    }

    /// The file can't be read on, or was cancelled: the rest of its `length` bytes is unprocessed, for this reason.
    pub fn abandon(self, reason: &str, length: u64) -> (Receipt, V) {
        let mut all = self.abandon_all(reason, length);
        all.swap_remove(0)
    }

    /// As [`Reading::abandon`], with the members that were not handed over yet.
    pub fn abandon_all(mut self, reason: &str, length: u64) -> Vec<(Receipt, V)> {
        self.end(Some(reason));
        let mut all = self.close_all(None);
        all[0].0.abandon(reason, length);
        all
    }

    /// A member is at its end, or its archive is.
    fn finish_member(mut self, end: MemberEnd) -> Vec<(Receipt, V)> {
        self.end(end.cut);
        // The hash of a part would be taken for that of the whole.
        let digest = end.cut.is_none().then(|| self.digest());
        let mut all = self.close_all(digest);
        let (receipt, _) = &mut all[0];
        // An archive may hold thousands of files that are no log: their beginnings are of use where they are tables only.
        let sample = Sample { bytes: &receipt.sample, whole: false };
        if formats::mapped_csv::preview(&sample, receipt.mapping.as_ref()).is_none() {
            receipt.sample = Vec::new();
        }
        if end.layer.name != "stored" || !end.layer.unprocessed.0.is_empty() {
            receipt.layers.insert(0, end.layer);
        }
        receipt.abandoned = end.cut.map(str::to_owned);
        all
    }

    /// Everything that was held back comes out. Where the stream ended too early, `why` says so.
    fn end(&mut self, why: Option<&str>) {
        let (inner, members) = (&mut self.inner, &mut self.members);
        self.unpacker.finish(&mut |unpacked| take(unpacked, inner, members));
        let cut = self.unpacker.is_cut().then_some("the last record is cut off with what it was packed in");
        self.inner.finish(why.or(cut));
    }

    fn digest(&self) -> String {
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }

    fn close_all(mut self, sha256: Option<String>) -> Vec<(Receipt, V)> {
        let members = self.members();
        [vec![self.close(sha256)], members].into_iter().flatten().collect()
    }

    fn close(self, sha256: Option<String>) -> (Receipt, V) {
        let Inner { stage, tally, sample, .. } = self.inner;
        let others = stage.others();
        let (format, mapping, advice) = match &stage {
            Stage::Parsing { format, parser, .. } => (Some(format.name()), parser.mapping(), None),
            Stage::Telling => (None, None, None),
            Stage::Unknown { advice } => {
                let closed = self.unpacker.closed().map(describe::closed);
                let advice = closed.unwrap_or_else(|| advice.clone());
                (None, None, (!self.unpacker.is_archive()).then_some(advice))
            }
        };
        tally.close(Receipt {
            name: self.name,
            size: self.size,
            sha256,
            layers: self.unpacker.accounts(),
            encoding: self.unpacker.encoding(),
            format: format.map(str::to_owned),
            others,
            mapping,
            advice,
            sample,
            ..Receipt::default()
        })
    }
}

/// Hands on what unpacking gives: to the member under way, or to the file's own records.
fn take<V: Visitor>(unpacked: Unpacked<'_>, inner: &mut Inner<V>, members: &mut Option<Members<V>>) {
    match (unpacked, members) {
        (Unpacked::Bytes(bytes), Some(members)) => match members.current() {
            Some(member) => member.feed(bytes),
            None => inner.feed(bytes),
        },
        (Unpacked::Bytes(bytes), None) => inner.feed(bytes),
        (Unpacked::Marks(marks), members) => match members.as_mut().and_then(Members::current) {
            Some(member) => member.mark(marks),
            None => inner.tally.offsets.extend(marks),
        },
        (Unpacked::Member { name, inside }, Some(members)) => members.begin(name, inside),
        (Unpacked::End(end), Some(members)) => members.end(end),
        // An unpacker that opens archives was made for a reading that takes their members.
        (Unpacked::Member { .. } | Unpacked::End(_), None) => {}
    }
}

impl<V> Inner<V> {
    /// The format's name, once told.
    fn format(&self) -> Option<&'static str> {
        match &self.stage {
            Stage::Parsing { format, .. } => Some(format.name()),
            Stage::Telling | Stage::Unknown { .. } => None,
        }
    }
}

impl<V: Visitor> Inner<V> {
    fn feed(&mut self, bytes: &[u8]) {
        self.tally.accounts.length += bytes.len() as u64;
        match &mut self.stage {
            Stage::Telling => {
                self.sample.extend_from_slice(bytes);
                if self.sample.len() >= SAMPLE_BYTES {
                    self.tell(false);
                }
            }
            Stage::Parsing { parser, splitter, .. } => self.tally.split(splitter, parser.as_mut(), bytes),
            Stage::Unknown { .. } => self.tally.give_up(bytes.len() as u64),
        }
    }

    /// The end. Where it was cut off, what stands behind the last whole record is unprocessed for that reason: half of a
    /// record may read as a record with other numbers.
    fn finish(&mut self, cut: Option<&str>) {
        if matches!(self.stage, Stage::Telling) {
            self.tell(cut.is_none());
        }
        if let Stage::Parsing { parser, splitter, .. } = &mut self.stage {
            let tally = &mut self.tally;
            match cut {
                None => splitter.finish(&mut |piece| tally.piece(parser.as_mut(), piece)),
                Some(reason) if splitter.held() > 0 => {
                    tally.accounts.unprocessed.add(reason, splitter.held(), || None);
                }
                Some(_) => {}
            }
            parser.finish(&mut |flow, place| tally.flow(flow, place));
        }
    }

    /// Tells the format from what has come, and reads that.
    fn tell(&mut self, whole: bool) {
        let mut bytes = std::mem::take(&mut self.sample);
        // What is looked at never depends on how the bytes came: a longer first chunk is cut to the sample's size.
        let head = &bytes[..bytes.len().min(SAMPLE_BYTES)];
        let sample = Sample { bytes: head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head), whole };
        if self.order.format.is_none() && self.order.setting.mapping.is_none() {
            // A mapping was made for this header by somebody who had looked at it.
            if let Some(saved) = self.order.mappings.iter().find(|saved| saved.fits(&sample)) {
                self.order.format = Some(saved.format.clone());
                self.order.setting.mapping = Some(saved.mapping());
            }
        }
        let format = match &self.order.format {
            Some(name) => formats::by_name(name),
            None => formats::recognise(&sample),
        };
        let Some(format) = format else {
            self.stage = Stage::Unknown { advice: describe::unknown(&sample) };
            self.tally.give_up(bytes.len() as u64);
            bytes.truncate(SAMPLE_BYTES);
            self.sample = bytes;
            return;
        };
        let mut parser = formats::open(format, &self.order.setting, &sample);
        let mut splitter = Splitter::new(format.framing(&sample));
        self.tally.split(&mut splitter, parser.as_mut(), &bytes);
        if parser.mapping().is_some() {
            bytes.truncate(SAMPLE_BYTES);
            self.sample = bytes;
        }
        self.stage = Stage::Parsing { format, parser, splitter };
    }
}

#[cfg(test)]
mod tests {
    use super::count::Counting;
    use super::*;
    use crate::sites::SiteBook;

    fn read(bytes: &[u8], chunk: usize) -> (Receipt, Vec<u8>) {
        let mut reading =
            Reading::new("x.log", Order::default(), Counting::new(SiteBook::default().for_evidence("x.log"), "x.log"));
        bytes.chunks(chunk.max(1)).for_each(|part| reading.feed(part));
        let (receipt, counting) = reading.finish();
        assert_eq!(receipt.imbalance(), None);
        (receipt, counting.into_ledger().to_bytes())
    }

    fn zeek(rows: usize) -> Vec<u8> {
        let mut text = String::from(
            "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n",
        );
        for n in 0..rows {
            let bytes = if n % 97 == 0 { "many".to_owned() } else { n.to_string() };
            text.push_str(&format!(
                "{}.5\t10.1.0.{}\t50000\t10.2.0.1\t445\ttcp\t{bytes}\t-\tSF\n",
                1_591_833_600 + n,
                n % 200
            ));
        }
        text.into_bytes()
    }

    #[test]
    fn chunks_never_change_the_result() {
        let log = zeek(3000);
        let whole = read(&log, log.len());
        assert_eq!((whole.0.accounts.parsed.count, whole.0.accounts.malformed.total().count), (2969, 31));
        for chunk in [1, 7, 4096, 65_536] {
            assert!(read(&log, chunk) == whole, "chunks of {chunk}");
        }
    }

    #[test]
    fn an_unknown_file_gets_advice_and_an_account() {
        let (receipt, _) = read(b"Dear diary\nnothing happened\n", 5);
        assert_eq!((receipt.format, receipt.accounts.unprocessed.total().bytes), (None, 28));
        assert!(receipt.advice.unwrap().contains("Dear diary"));
        let (archive, _) = read(b"PK\x03\x04 and so on", 3);
        assert!(archive.advice.unwrap().contains("a zip archive"));
        let (empty, _) = read(b"", 1);
        assert_eq!((empty.accounts.records(), empty.advice.as_deref()), (0, Some("The file is empty.")));
    }

    #[test]
    fn an_abandoned_file_counts_its_rest_as_unprocessed() {
        let log = zeek(100);
        let mut reading =
            Reading::new("x.log", Order::default(), Counting::new(SiteBook::default().for_evidence("x"), "x"));
        reading.feed(&log[..log.len() / 2]);
        let (receipt, _) = reading.abandon("cancelled", log.len() as u64);
        assert_eq!(receipt.imbalance(), None);
        assert_eq!(receipt.accounts.length, log.len() as u64);
        assert_eq!((receipt.sha256, receipt.abandoned.as_deref()), (None, Some("cancelled")));
    }
}
