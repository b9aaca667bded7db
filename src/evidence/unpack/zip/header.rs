//! The headers of a zip archive, read from bytes that are here whole.

use crate::evidence::text::{readable, visible};

/// The longest form of the sizes after a member: mark, checksum, two sizes of eight bytes.
pub(super) const LONGEST_DESCRIPTOR: usize = 24;
/// The shortest one: checksum, two sizes of four bytes.
pub(super) const SHORTEST_DESCRIPTOR: usize = 12;
const UNKNOWN: u32 = u32::MAX;

pub(super) fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

/// How long the header is that begins here, as far as it has come; `None` when no header begins so.
pub(super) fn length(rest: &[u8]) -> Option<usize> {
    let fixed = match rest {
        [b'P', b'K', 3, 4, ..] => 30,
        [b'P', b'K', 1, 2, ..] => 46,
        [b'P', b'K', 5, 6, ..] => return Some(22),
        [b'P', b'K', 6, 6, ..] => return Some(12),
        [b'P', b'K', 6, 7, ..] => return Some(20),
        [b'P', b'K', 6, 8, ..] => return Some(8),
        [b'P', b'K', 5, 5, ..] => return Some(6),
        [b'P', b'K', 7, 8, ..] | [b'P', b'K', b'0', b'0', ..] => return Some(4),
        [] | [b'P'] | [b'P', b'K'] | [b'P', b'K', 1 | 3 | 5 | 6 | 7 | b'0'] => return Some(4),
        _ => return None,
    };
    if rest.len() < fixed {
        return Some(fixed);
    }
    let sum = |places: &[usize]| places.iter().map(|at| usize::from(short(rest, *at))).sum::<usize>();
    Some(fixed + if fixed == 30 { sum(&[26, 28]) } else { sum(&[28, 30, 32]) })
}

/// Where the next header may begin: the bytes before it belong to nothing.
pub(super) fn next(rest: &[u8], last: bool) -> usize {
    let marks: [&[u8]; 4] = [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"];
    for at in memchr::memchr_iter(b'P', rest) {
        let here = &rest[at..];
        let begins =
            |mark: &&[u8]| if here.len() < 4 { !last && mark.starts_with(here) } else { here.starts_with(mark) };
        if marks.iter().any(begins) {
            return at;
        }
    }
    rest.len()
}

/// A local header (§4.3.7).
pub(super) struct Local {
    pub(super) name: String,
    pub(super) encrypted: bool,
    /// Whether checksum and sizes follow the data.
    pub(super) descriptor: bool,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Its packed bytes, where the header knows them.
    pub(super) packed: Option<u64>,
    /// Its unpacked bytes, where the header knows them.
    pub(super) unpacked: Option<u64>,
}

impl Local {
    pub(super) fn read(header: &[u8]) -> Local {
        let flags = short(header, 6);
        let descriptor = flags & 8 != 0;
        let (packed, unpacked) = (word(header, 18), word(header, 22));
        let name = 30 + usize::from(short(header, 26));
        let wide = extra(&header[name..], 1);
        // Zip64 gives the sizes that are all ones, in this order (§4.5.3).
        let mut wide = wide.unwrap_or_default().chunks_exact(8).map(|bytes| long(bytes, 0));
        let mut size = |narrow: u32| if narrow == UNKNOWN { wide.next() } else { Some(u64::from(narrow)) };
        let (unpacked, packed) = (size(unpacked), size(packed));
        let later = |size: Option<u64>| size.filter(|size| !descriptor || *size > 0);
        Local {
            name: name_of(&header[30..name], &header[name..]),
            encrypted: flags & 1 != 0 || flags & 0x2000 != 0,
            descriptor,
            method: short(header, 8),
            crc: word(header, 14),
            packed: later(packed),
            unpacked: later(unpacked),
        }
    }

    pub(super) fn method_name(&self) -> String {
        match self.method {
            0 => "stored".to_owned(),
            8 => "deflate".to_owned(),
            9 => "deflate64".to_owned(),
            12 => "bzip2".to_owned(),
            93 => "zstd".to_owned(),
            95 => "xz".to_owned(),
            other => format!("method {other}"),
        }
    }
}

/// An entry of the directory (§4.3.12), as far as it is held against what was read.
pub(super) struct Entry {
    pub(super) name: String,
    /// Where its local header stands.
    pub(super) offset: u64,
}

impl Entry {
    pub(super) fn read(header: &[u8]) -> Entry {
        let name = 46 + usize::from(short(header, 28));
        let rest = &header[name..name + usize::from(short(header, 30))];
        let narrow = word(header, 42);
        let before = [word(header, 24), word(header, 20)].iter().filter(|size| **size == UNKNOWN).count();
        let wide = extra(rest, 1).and_then(|wide| wide.chunks_exact(8).nth(before)).map(|bytes| long(bytes, 0));
        let offset = if narrow == UNKNOWN { wide.unwrap_or(u64::from(narrow)) } else { u64::from(narrow) };
        Entry { name: name_of(&header[46..name], rest), offset }
    }
}

/// An extra field of this kind (§4.5.1).
fn extra(fields: &[u8], kind: u16) -> Option<&[u8]> {
    let mut rest = fields;
    while rest.len() >= 4 {
        let (found, length) = (short(rest, 0), usize::from(short(rest, 2)));
        let field = rest.get(4..4 + length)?;
        if found == kind {
            return Some(field);
        }
        rest = &rest[4 + length..];
    }
    None
}

/// A member's name: UTF-8 where it says so or is; from the Unicode field (§4.6.9) else; and bytes made visible at last,
/// since nothing says what code page a name was written in. A backslash of old Windows tools stays as it is.
fn name_of(name: &[u8], fields: &[u8]) -> String {
    let unicode = extra(fields, 0x7075).and_then(|field| std::str::from_utf8(field.get(5..)?).ok());
    let text = match (std::str::from_utf8(name), unicode) {
        (Ok(name), _) => name.into(),
        (Err(_), Some(unicode)) => unicode.into(),
        (Err(_), None) => readable(name),
    };
    visible(&text).into_owned()
}

/// How long the sizes after a member are, and whether they say what was counted. Their mark is optional, and nothing says
/// whether the sizes have four bytes or eight (§4.3.9), so the form is taken that fits, else the one that the next header
/// follows.
pub(super) fn descriptor(rest: &[u8], crc: Option<u32>, packed: u64, unpacked: u64) -> (usize, bool) {
    const FORMS: [(usize, bool); 4] = [(4, false), (4, true), (0, false), (0, true)];
    let marked = rest.starts_with(b"PK\x07\x08");
    let end = |mark: usize, wide: bool| mark + 4 + if wide { 16 } else { 8 };
    let forms = || FORMS.into_iter().filter(|(mark, wide)| (*mark == 0 || marked) && end(*mark, *wide) <= rest.len());
    for (mark, wide) in forms() {
        let at = mark + 4;
        let sizes = if wide {
            (long(rest, at), long(rest, at + 8))
        } else {
            (u64::from(word(rest, at)), u64::from(word(rest, at + 4)))
        };
        let right = crc.is_none_or(|crc| word(rest, mark) == crc && sizes.1 == unpacked);
        if right && sizes.0 == packed {
            return (end(mark, wide), true);
        }
    }
    let followed = |(mark, wide): &(usize, bool)| rest[end(*mark, *wide)..].starts_with(b"PK");
    let form = forms().find(followed).or_else(|| forms().next());
    (form.map_or(rest.len(), |(mark, wide)| end(mark, wide)), false)
}
