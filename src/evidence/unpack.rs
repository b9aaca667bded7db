//! Layers around the records: gzip (RFC 1952), several members, nested to a stated depth; UTF-16. Each layer keeps its
//! own account, and what can't be unpacked is named and counted as unprocessed.

mod gunzip;

use serde::{Deserialize, Serialize};

use super::accounts::{Reasons, Tally};
use super::encoding::Utf16;
use gunzip::Gunzip;

/// How many layers are unpacked; what lies deeper is unprocessed and said.
pub const DEEPEST: usize = 4;
/// How many bytes are looked at before a layer is told.
const SNIFF_BYTES: usize = 512;

/// The account of one layer of packing: every byte of it is in a member, padding, or unprocessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LayerAccount {
    /// `gzip`, `utf-16le`.
    pub name: String,
    /// Its bytes as packed.
    pub length: u64,
    /// Members that were unpacked, with their packed bytes.
    pub members: Tally,
    /// Zero bytes after the last member, as tapes leave them.
    pub padding: u64,
    /// What was not unpacked, by reason.
    pub unprocessed: Reasons,
}

impl LayerAccount {
    /// What is off in the sums; `None` when all add up.
    pub fn imbalance(&self) -> Option<String> {
        let spans = self.members.bytes + self.padding + self.unprocessed.total().bytes;
        let off = spans != self.length;
        off.then(|| format!("the {} layer accounts for {spans} of {} bytes", self.name, self.length))
    }
}

/// Unpacks a stream, chunk by chunk, down to its records' layer.
pub struct Unpacker {
    depth: usize,
    sniffed: Vec<u8>,
    layer: Layer,
    /// Bytes that came in, for the account of this layer.
    taken: u64,
}

enum Layer {
    Unknown,
    Plain,
    Gzip(Box<Gunzip>, Box<Unpacker>),
    Utf16(Utf16),
    /// A container that Kyoten does not open, or one packed too deep.
    Closed(&'static str),
}

impl Default for Unpacker {
    fn default() -> Unpacker {
        Unpacker::at_depth(0)
    }
}

impl Unpacker {
    fn at_depth(depth: usize) -> Unpacker {
        Unpacker { depth, sniffed: Vec::new(), layer: Layer::Unknown, taken: 0 }
    }

    /// Takes packed bytes and hands out unpacked ones.
    pub fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.taken += chunk.len() as u64;
        if !matches!(self.layer, Layer::Unknown) {
            return self.pass(chunk, out);
        }
        self.sniffed.extend_from_slice(chunk);
        if self.sniffed.len() >= SNIFF_BYTES {
            self.tell(out);
        }
    }

    /// The stream is at its end: what was held back goes out.
    pub fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        if matches!(self.layer, Layer::Unknown) {
            self.tell(out);
        }
        match &mut self.layer {
            Layer::Gzip(gunzip, inner) => {
                gunzip.finish();
                inner.finish(out);
            }
            Layer::Utf16(decoder) => decoder.finish(out),
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => {}
        }
    }

    /// Whether a layer ended in the midst of its data: the last record that it gave may be half a record.
    pub fn is_cut(&self) -> bool {
        match &self.layer {
            Layer::Gzip(gunzip, inner) => gunzip.is_cut() || inner.is_cut(),
            Layer::Unknown | Layer::Plain | Layer::Utf16(_) | Layer::Closed(_) => false,
        }
    }

    /// What the innermost container is when it can't be opened.
    pub fn closed(&self) -> Option<&'static str> {
        match &self.layer {
            Layer::Closed(what) => Some(what),
            Layer::Gzip(_, inner) => inner.closed(),
            Layer::Unknown | Layer::Plain | Layer::Utf16(_) => None,
        }
    }

    /// The account of every layer, outermost first. The records' own layer is not among them.
    pub fn accounts(&self) -> Vec<LayerAccount> {
        match &self.layer {
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => Vec::new(),
            Layer::Gzip(gunzip, inner) => {
                let mut accounts = vec![gunzip.account(self.taken)];
                accounts.extend(inner.accounts());
                accounts
            }
            Layer::Utf16(decoder) => vec![decoder.account(self.taken)],
        }
    }

    fn tell(&mut self, out: &mut dyn FnMut(&[u8])) {
        let head = std::mem::take(&mut self.sniffed);
        self.layer = if let Some(what) = closed_container(&head) {
            Layer::Closed(what)
        } else if head.starts_with(&[0x1f, 0x8b, 8]) && self.depth < DEEPEST {
            Layer::Gzip(Box::default(), Box::new(Unpacker::at_depth(self.depth + 1)))
        } else if head.starts_with(&[0x1f, 0x8b, 8]) {
            Layer::Closed("gzip nested deeper than four layers")
        } else if let Some(decoder) = Utf16::recognise(&head) {
            Layer::Utf16(decoder)
        } else {
            Layer::Plain
        };
        self.pass(&head, out);
    }

    fn pass(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        match &mut self.layer {
            Layer::Gzip(gunzip, inner) => gunzip.feed(bytes, &mut |unpacked| inner.feed(unpacked, out)),
            Layer::Utf16(decoder) => decoder.feed(bytes, out),
            // The bytes of a closed container are records' layer too: its reader counts them as unprocessed.
            Layer::Unknown | Layer::Plain | Layer::Closed(_) => out(bytes),
        }
    }
}

/// Names containers and binary files by their first bytes, so that the receipt can say what to do with them.
fn closed_container(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 17] = [
        (b"PK\x03\x04", "a zip archive (or an Office document)"),
        (b"PK\x05\x06", "an empty zip archive"),
        (b"\x28\xb5\x2f\xfd", "zstd compression"),
        (b"\xfd7zXZ\x00", "xz compression"),
        (b"BZh", "bzip2 compression"),
        (b"\x04\x22\x4d\x18", "lz4 compression"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"ElfFile\x00", "a Windows event log (EVTX)"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture (pcap)"),
        (b"\xa1\xb2\xc3\xd4", "a packet capture (pcap)"),
        (b"\x4d\x3c\xb2\xa1", "a packet capture (pcap, nanoseconds)"),
        (b"\xa1\xb2\x3c\x4d", "a packet capture (pcap, nanoseconds)"),
        (b"\x0a\x0d\x0d\x0a", "a packet capture (pcapng)"),
        (b"PAR1", "a Parquet file"),
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    ];
    let tar = head.get(257..262).is_some_and(|magic| magic == b"ustar").then_some("a tar archive");
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what).or(tar)
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

    fn unpack(packed: &[u8], chunk: usize) -> (Vec<u8>, Vec<LayerAccount>) {
        let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
        for part in packed.chunks(chunk) {
            unpacker.feed(part, &mut |bytes| out.extend_from_slice(bytes));
        }
        unpacker.finish(&mut |bytes| out.extend_from_slice(bytes));
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
        assert_eq!(unpacker.closed(), Some("gzip nested deeper than four layers"));
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
    fn an_odd_length_of_utf_16_is_said() {
        let (out, accounts) = unpack(b"\xff\xfea\x00b\x00c", 2);
        assert_eq!(out, b"ab");
        assert_eq!(reasons(&accounts[0]), ["half a UTF-16 unit at the end"]);
    }
}
