//! Layers around the records: compressions (gzip, zstd, xz, bzip2, lz4), archives (zip, tar), EVTX, Parquet, UTF-16; nested to a stated
//! depth. Each layer keeps its own account, and what can't be unpacked is named and counted as unprocessed.

mod budget;
mod codec;
mod evtx;
mod gunzip;
mod parquet;
mod tar;
mod zip;

use serde::{Deserialize, Serialize};

use super::accounts::{Reasons, Tally};
use super::encoding::{Charset, Mark, Taken, Text, Utf16};
use budget::Budget;
use codec::{Method, Packed};
use evtx::Evtx;
use gunzip::Gunzip;
use parquet::Parquet;
use tar::Tar;
use zip::Zip;

/// How many layers are unpacked, archives and compressions counted together; what lies deeper is unprocessed and said.
pub const DEEPEST: usize = 6;
/// How many members are read of one archive.
pub const MOST_MEMBERS: u64 = 20_000;
const TOO_MANY: &str = "a member past the first 20,000 of an archive";
/// How many bytes are looked at before a layer is told.
const SNIFF_BYTES: usize = 512;

/// The account of one layer of packing: every byte of it is in a member, a header, padding, or unprocessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LayerAccount {
    /// `gzip`, `zip`, `utf-16le`.
    pub name: String,
    /// Its bytes as packed.
    pub length: u64,
    /// Members that were unpacked, with their packed bytes.
    pub members: Tally,
    /// Headers and directory of an archive, headers of an event log.
    #[serde(default)]
    pub headers: u64,
    /// Zero bytes after the last member, as tapes leave them; unused space in an event log.
    pub padding: u64,
    /// What was not unpacked, by reason.
    pub unprocessed: Reasons,
}

impl LayerAccount {
    /// What is off in the sums; `None` when all add up.
    pub fn imbalance(&self) -> Option<String> {
        let spans = self.members.bytes + self.headers + self.padding + self.unprocessed.total().bytes;
        let off = spans != self.length;
        off.then(|| format!("the {} layer accounts for {spans} of {} bytes", self.name, self.length))
    }
}

/// What unpacking gives.
pub enum Unpacked<'u> {
    /// Where in the file the text of the bytes that follow stands, where that is not the same place.
    Marks(&'u [Mark]),
    /// The next bytes of the records' layer; within an archive, of the member that began last.
    Bytes(&'u [u8]),
    /// A member of an archive begins.
    Member {
        /// Its path in the archive, made visible.
        name: &'u str,
        /// What unpacks it in turn, one layer deeper and from the same budget.
        inside: Unpacker,
    },
    /// The member is at its end.
    End(MemberEnd),
}

/// How a member of an archive ended.
pub struct MemberEnd {
    /// The account of its packing, by method.
    pub layer: LayerAccount,
    /// Why it ended in the midst of its data, if it did.
    pub cut: Option<&'static str>,
}

/// Takes what unpacking gives.
pub type Outlet<'o> = dyn FnMut(Unpacked<'_>) + 'o;

/// What the layers of one dropped file share.
#[derive(Debug, Clone, Default)]
struct Nest {
    depth: usize,
    budget: Budget,
    /// Whether members of archives are asked for.
    opens_archives: bool,
}

impl Nest {
    fn inside(&self) -> Unpacker {
        Unpacker::of(Nest { depth: self.depth + 1, ..self.clone() })
    }
}

/// Unpacks a stream, chunk by chunk, down to its records' layer, or to the members of an archive.
pub struct Unpacker {
    nest: Nest,
    sniffed: Vec<u8>,
    layer: Layer,
    /// Bytes that came in, for the account of this layer.
    taken: u64,
    /// The encoding that somebody chose for its text.
    chosen: Option<Charset>,
}

enum Layer {
    Unknown,
    /// What is in no packing: text in an encoding of one or two bytes, or no text.
    Text(Box<Text>),
    Plain,
    Gzip(Box<Gunzip>, Box<Unpacker>),
    Packed(Box<Packed>, Box<Unpacker>),
    Zip(Box<Zip>),
    Tar(Box<Tar>),
    Evtx(Box<Evtx>),
    Parquet(Box<Parquet>),
    Utf16(Utf16),
    /// A container that Kyoten does not open, or one packed too deep.
    Closed(&'static str),
}

impl Default for Unpacker {
    /// For a dropped file of which archives are named but not opened.
    fn default() -> Unpacker {
        Unpacker::of(Nest::default())
    }
}

impl Unpacker {
    /// For a dropped file of which archives are opened.
    pub fn opening_archives() -> Unpacker {
        Unpacker::of(Nest { opens_archives: true, ..Nest::default() })
    }

    fn of(nest: Nest) -> Unpacker {
        Unpacker { nest, sniffed: Vec::new(), layer: Layer::Unknown, taken: 0, chosen: None }
    }

    /// The same, with the encoding that somebody chose for its text.
    pub fn in_encoding(self, chosen: Option<Charset>) -> Unpacker {
        Unpacker { chosen, ..self }
    }

    /// Takes packed bytes and hands out unpacked ones.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Outlet<'_>) {
        self.taken += chunk.len() as u64;
        if self.nest.depth == 0 {
            self.nest.budget.dropped(chunk.len() as u64);
        }
        if !matches!(self.layer, Layer::Unknown) {
            return self.pass(chunk, out);
        }
        self.sniffed.extend_from_slice(chunk);
        if self.sniffed.len() >= SNIFF_BYTES {
            self.tell(out);
        }
    }

    /// The stream is at its end: what was held back goes out.
    pub fn finish(&mut self, out: &mut Outlet<'_>) {
        if matches!(self.layer, Layer::Unknown) {
            self.tell(out);
        }
        match &mut self.layer {
            Layer::Gzip(gunzip, inner) => {
                gunzip.finish();
                inner.finish(out);
            }
            Layer::Packed(packed, inner) => {
                packed.finish();
                inner.finish(out);
            }
            Layer::Zip(zip) => zip.finish(&self.nest, out),
            Layer::Tar(tar) => tar.finish(out),
            Layer::Evtx(log) => log.finish(&mut |bytes| out(Unpacked::Bytes(bytes))),
            Layer::Parquet(table) => table.finish(&self.nest.budget, &mut |bytes| out(Unpacked::Bytes(bytes))),
            Layer::Utf16(decoder) => decoder.finish(&mut |marks, bytes| marked(marks, bytes, out)),
            Layer::Text(text) => text.finish(&mut |marks, bytes| marked(marks, bytes, out)),
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => {}
        }
    }

    /// Whether a layer ended in the midst of its data: the last record that it gave may be half a record.
    pub fn is_cut(&self) -> bool {
        match &self.layer {
            Layer::Gzip(gunzip, inner) => gunzip.is_cut() || inner.is_cut(),
            Layer::Packed(packed, inner) => packed.is_cut() || inner.is_cut(),
            Layer::Zip(zip) => zip.is_cut(),
            Layer::Tar(tar) => tar.is_cut(),
            Layer::Parquet(table) => table.is_cut(),
            Layer::Unknown | Layer::Plain | Layer::Text(_) | Layer::Evtx(_) | Layer::Utf16(_) | Layer::Closed(_) => {
                false
            }
        }
    }

    /// Whether the stream is an archive, so that its records are its members'.
    pub fn is_archive(&self) -> bool {
        match &self.layer {
            Layer::Zip(_) | Layer::Tar(_) => true,
            Layer::Gzip(_, inner) | Layer::Packed(_, inner) => inner.is_archive(),
            Layer::Unknown
            | Layer::Plain
            | Layer::Text(_)
            | Layer::Evtx(_)
            | Layer::Parquet(_)
            | Layer::Utf16(_)
            | Layer::Closed(_) => false,
        }
    }

    /// What the innermost container is when it can't be opened.
    pub fn closed(&self) -> Option<&'static str> {
        match &self.layer {
            Layer::Closed(what) => Some(what),
            Layer::Gzip(_, inner) | Layer::Packed(_, inner) => inner.closed(),
            _ => None,
        }
    }

    /// What its text was taken for, where there is something to say.
    pub fn encoding(&self) -> Option<Taken> {
        match &self.layer {
            Layer::Text(text) => text.taken(),
            Layer::Gzip(_, inner) | Layer::Packed(_, inner) => inner.encoding(),
            _ => None,
        }
    }

    /// The account of every layer, outermost first. The records' own layer is not among them.
    pub fn accounts(&self) -> Vec<LayerAccount> {
        let (account, inner) = match &self.layer {
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => return Vec::new(),
            Layer::Gzip(gunzip, inner) => (gunzip.account(self.taken), inner.accounts()),
            Layer::Packed(packed, inner) => (packed.account(self.taken), inner.accounts()),
            Layer::Zip(zip) => (zip.account(self.taken), Vec::new()),
            Layer::Tar(tar) => (tar.account(self.taken), Vec::new()),
            Layer::Evtx(log) => (log.account(self.taken), Vec::new()),
            Layer::Parquet(table) => (table.account(self.taken), Vec::new()),
            Layer::Utf16(decoder) => (decoder.account(self.taken), Vec::new()),
            Layer::Text(text) => return text.account(self.taken).into_iter().collect(),
        };
        [vec![account], inner].concat()
    }

    fn tell(&mut self, out: &mut Outlet<'_>) {
        let sniffed = std::mem::take(&mut self.sniffed);
        // The first bytes only, so that the answer doesn't depend on how many came at once.
        let head = &sniffed[..sniffed.len().min(SNIFF_BYTES)];
        let inner = || Box::new(self.nest.inside().in_encoding(self.chosen));
        let gzip = head.starts_with(&[0x1f, 0x8b, 8]);
        let zip = head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06");
        let packed = Method::recognise(head);
        let archive = zip || Tar::recognise(head);
        self.layer = if let Some(what) = closed_container(head) {
            Layer::Closed(what)
        } else if (gzip || packed.is_some() || archive) && self.nest.depth >= DEEPEST {
            Layer::Closed("something packed deeper than six layers")
        } else if gzip {
            Layer::Gzip(Box::default(), inner())
        } else if let Some(method) = packed {
            Layer::Packed(Box::new(Packed::new(method)), inner())
        } else if archive && !self.nest.opens_archives {
            Layer::Closed(if zip { "a zip archive" } else { "a tar archive" })
        } else if zip {
            Layer::Zip(Box::default())
        } else if archive {
            Layer::Tar(Box::default())
        } else if Evtx::recognise(head) {
            Layer::Evtx(Box::default())
        } else if Parquet::recognise(head) {
            Layer::Parquet(Box::default())
        } else if let Some(decoder) = Utf16::recognise(head) {
            Layer::Utf16(decoder)
        } else if head.contains(&0) {
            Layer::Plain
        } else {
            Layer::Text(Box::new(Text::new(self.chosen)))
        };
        self.pass(&sniffed, out);
    }

    fn pass(&mut self, bytes: &[u8], out: &mut Outlet<'_>) {
        match &mut self.layer {
            Layer::Gzip(gunzip, inner) => {
                gunzip.feed(bytes, &self.nest.budget, &mut |unpacked| inner.feed(unpacked, out));
            }
            Layer::Packed(packed, inner) => {
                packed.feed(bytes, &self.nest.budget, &mut |unpacked| inner.feed(unpacked, out));
            }
            Layer::Zip(zip) => zip.feed(bytes, &self.nest, out),
            Layer::Tar(tar) => tar.feed(bytes, &self.nest, out),
            Layer::Evtx(log) => log.feed(bytes, &mut |text| out(Unpacked::Bytes(text))),
            Layer::Parquet(table) => table.feed(bytes),
            Layer::Utf16(decoder) => decoder.feed(bytes, &mut |marks, text| marked(marks, text, out)),
            Layer::Text(text) => text.feed(bytes, &mut |marks, text| marked(marks, text, out)),
            // The bytes of a closed container are records' layer too: its reader counts them as unprocessed.
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => out(Unpacked::Bytes(bytes)),
        }
    }
}

/// Hands on text, what is known of its places first.
fn marked(marks: &[Mark], text: &[u8], out: &mut Outlet<'_>) {
    if !marks.is_empty() {
        out(Unpacked::Marks(marks));
    }
    out(Unpacked::Bytes(text));
}

/// Names containers and binary files by their first bytes, so that the receipt can say what to do with them.
fn closed_container(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 13] = [
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"MSCF\0\0\0\0", "a Windows cabinet"),
        (b"!<arch>\n", "an ar archive"),
        (b"070701", "a cpio archive"),
        (b"PK\x07\x08PK", "a part of a zip archive that spans several files"),
        (b"\x02\x21\x4c\x18", "lz4 compression of the old kind"),
        (b"\x1f\x9d", "compression of the old kind (.Z)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document or message of the old kind"),
        (b"PARE", "an encrypted Parquet file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    ];
    // Office documents are zip archives, but what is in them is no log: their first member says what they are.
    let first = head.get(30..).filter(|_| head.starts_with(b"PK\x03\x04")).unwrap_or_default();
    let office = [&b"[Content_Types].xml"[..], b"_rels/.rels", b"mimetypeapplication/"];
    let office = office.iter().any(|name| first.starts_with(name)).then_some("an Office document");
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what).or(office)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn take(unpacked: Unpacked<'_>, out: &mut Vec<u8>) {
        match unpacked {
            Unpacked::Bytes(bytes) => out.extend_from_slice(bytes),
            Unpacked::Marks(_) => {}
            Unpacked::Member { .. } | Unpacked::End(_) => panic!("no archive was to be opened"),
        }
    }

    fn unpack(packed: &[u8], chunk: usize) -> (Vec<u8>, Vec<LayerAccount>) {
        let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
        for part in packed.chunks(chunk) {
            unpacker.feed(part, &mut |unpacked| take(unpacked, &mut out));
        }
        unpacker.finish(&mut |unpacked| take(unpacked, &mut out));
        for account in unpacker.accounts() {
            assert_eq!(account.imbalance(), None);
        }
        (out, unpacker.accounts())
    }

    fn reasons(account: &LayerAccount) -> Vec<&str> {
        account.unprocessed.0.keys().map(String::as_str).collect()
    }

    #[test]
    fn several_members_are_one_stream() {
        let packed = [gzip(b"a\n"), gzip(b""), gzip(b"b\n"), vec![0; 9]].concat();
        for chunk in [1, 7, packed.len()] {
            let (out, accounts) = unpack(&packed, chunk);
            assert_eq!(out, b"a\nb\n");
            assert_eq!((accounts[0].members.count, accounts[0].padding), (3, 9), "chunks of {chunk}");
        }
    }

    #[test]
    fn garbage_after_the_last_member_is_counted() {
        let packed = [gzip(b"a\n"), b"garbage".to_vec()].concat();
        for chunk in [1, 7, packed.len()] {
            let (out, accounts) = unpack(&packed, chunk);
            assert_eq!(out, b"a\n");
            assert_eq!(reasons(&accounts[0]), ["no gzip data after the last member"]);
            assert_eq!(accounts[0].unprocessed.total().bytes, 7);
        }
    }

    #[test]
    fn a_header_without_end_is_given_up() {
        let mut packed = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
        packed.resize(400_000, b'n');
        for chunk in [4096, packed.len()] {
            let (out, accounts) = unpack(&packed, chunk);
            assert_eq!((out.len(), accounts[0].unprocessed.total().bytes), (0, 400_000));
        }
    }

    #[test]
    fn a_cut_stream_gives_what_stands_before_the_cut() {
        let text: Vec<u8> = (0..2000).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        let packed = gzip(&text);
        for cut in (3..packed.len()).step_by(61) {
            let (out, accounts) = unpack(&packed[..cut], 64);
            assert!(text.starts_with(&out));
            assert_eq!(reasons(&accounts[0]), ["the gzip stream is cut off"], "cut at {cut}");
        }
    }

    #[test]
    fn a_wrong_checksum_is_said_and_the_next_member_read() {
        let mut first = gzip(b"a\n");
        let at = first.len() - 6;
        first[at] ^= 1;
        let (out, accounts) = unpack(&[first, gzip(b"b\n")].concat(), 5);
        assert_eq!(out, b"a\nb\n");
        assert_eq!(reasons(&accounts[0]), ["the checksum of a gzip member is wrong: its content may be damaged"]);
    }

    #[test]
    fn layers_nest_to_the_stated_depth() {
        let mut packed = b"x\n".to_vec();
        for _ in 0..DEEPEST {
            packed = gzip(&packed);
        }
        assert_eq!(unpack(&packed, 3).0, b"x\n");
        let too_deep = gzip(&packed);
        let mut unpacker = Unpacker::default();
        unpacker.feed(&too_deep, &mut |_| {});
        unpacker.finish(&mut |_| {});
        assert_eq!(unpacker.closed(), Some("something packed deeper than six layers"));
    }

    #[test]
    fn utf_16_becomes_utf_8() {
        let text = "time,source,site\r\n1,192.0.2.1,東京 𠮷\r\n";
        for (mark, big) in [(true, true), (true, false), (false, false), (false, true)] {
            let mut bytes: Vec<u8> = Vec::new();
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            units.for_each(|u: u16| bytes.extend(if big { u.to_be_bytes() } else { u.to_le_bytes() }));
            for chunk in [1, 3, 1000] {
                assert_eq!(String::from_utf8(unpack(&bytes, chunk).0).unwrap(), text, "mark {mark}, big {big}");
            }
        }
    }

    #[test]
    fn a_late_zero_byte_says_the_same_whatever_comes_at_once() {
        let text = [&[b'a'; SNIFF_BYTES][..], b"\xff \0"].concat();
        let taken = [1, 7, SNIFF_BYTES, text.len()].map(|chunk| {
            let mut unpacker = Unpacker::default();
            text.chunks(chunk).for_each(|part| unpacker.feed(part, &mut |_| {}));
            unpacker.finish(&mut |_| {});
            matches!(unpacker.layer, Layer::Text(_))
        });
        assert_eq!(taken, [true; 4]);
    }

    #[test]
    fn an_odd_length_of_utf_16_is_said() {
        let (out, accounts) = unpack(b"\xff\xfea\x00b\x00c", 2);
        assert_eq!(out, b"ab");
        assert_eq!(reasons(&accounts[0]), ["half a UTF-16 unit at the end"]);
    }
}
