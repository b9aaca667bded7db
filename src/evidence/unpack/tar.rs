//! tar: headers of 512 bytes before each member (POSIX.1-2001 pax, ustar, GNU), read forward. Long names come as GNU `L`
//! members or pax records; sizes in octal or, above 8 GiB, in binary.

use super::{LayerAccount, MOST_MEMBERS, MemberEnd, Nest, Outlet, TOO_MANY, Unpacked};
use crate::evidence::accounts::{Example, Reasons, Tally};
use crate::evidence::records::Place;
use crate::evidence::text::{readable, visible};

const BLOCK: usize = 512;
/// Names and pax records are held whole; longer ones are hostile.
const LONGEST_RECORD: u64 = 1 << 20;

const STRAY: &str = "bytes of the archive that belong to no member";
const CUT_OFF: &str = "the tar archive is cut off";
const CUT_WITHIN: &str = "the archive is cut off within the member";
const SPARSE: &str = "a sparse member: its holes are not stored, so its text can't be read in order";

/// An archive under way.
#[derive(Default)]
pub(super) struct Tar {
    stage: Stage,
    held: Vec<u8>,
    offset: u64,
    /// What a member before this one said of it.
    name: Option<String>,
    size: Option<u64>,
    seen: u64,
    /// Whether two blocks of zeros, or the first of them, were met.
    ended: bool,
    cut: bool,
    members: Tally,
    headers: u64,
    padding: u64,
    unprocessed: Reasons,
}

#[derive(Default)]
enum Stage {
    #[default]
    Header,
    /// A member's data: bytes left, its packed size.
    Data { left: u64, size: u64 },
    /// Data that is passed over: bytes left, its size, its name, why.
    Passed { left: u64, size: u64, at: u64, name: String, why: &'static str },
    /// A record about the next member, of so many bytes.
    About { kind: u8, size: u64 },
    /// The rest of the last block of data.
    Fill(u64),
}

impl Tar {
    /// Whether these 512 bytes are a header: the checksum fits, and it is not all zeros.
    pub(super) fn recognise(head: &[u8]) -> bool {
        head.len() >= BLOCK && Header(&head[..BLOCK]).is_sound()
    }

    pub(super) fn feed(&mut self, chunk: &[u8], nest: &Nest, out: &mut Outlet<'_>) {
        let joined;
        let mut rest = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(chunk);
            joined = std::mem::take(&mut self.held);
            &joined
        };
        while !rest.is_empty() {
            let Some(taken) = self.step(rest, nest, out) else { break };
            self.offset += taken as u64;
            rest = &rest[taken..];
        }
        self.held = rest.to_vec();
    }

    pub(super) fn finish(&mut self, out: &mut Outlet<'_>) {
        let held = self.held.len() as u64;
        match std::mem::take(&mut self.stage) {
            Stage::Data { left, size } => {
                self.cut = true;
                self.close(size - left, Some(CUT_WITHIN), out);
            }
            Stage::Passed { left, size, at, name, why } => {
                self.cut = true;
                self.pass(why, size - left, at, name);
            }
            Stage::About { .. } => self.cut = true,
            Stage::Header if held > 0 => self.cut |= !self.ended,
            Stage::Header | Stage::Fill(_) => {}
        }
        if self.cut {
            self.unprocessed.add(CUT_OFF, held, || None);
        } else if held > 0 {
            self.unprocessed.extend(STRAY, held);
        }
    }

    /// Whether the archive ended in the midst of something.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        LayerAccount {
            name: "tar".to_owned(),
            length,
            members: self.members,
            headers: self.headers,
            padding: self.padding,
            unprocessed: self.unprocessed.clone(),
        }
    }

    fn step(&mut self, rest: &[u8], nest: &Nest, out: &mut Outlet<'_>) -> Option<usize> {
        let part = |left: u64| rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match std::mem::take(&mut self.stage) {
            Stage::Header => {
                let block = rest.get(..BLOCK)?;
                self.header(&Header(block), nest, out);
                Some(BLOCK)
            }
            Stage::Data { left, size } => {
                let taken = part(left);
                out(Unpacked::Bytes(&rest[..taken]));
                if left > taken as u64 {
                    self.stage = Stage::Data { left: left - taken as u64, size };
                } else {
                    self.close(size, None, out);
                    self.fill(size);
                }
                Some(taken)
            }
            Stage::Passed { left, size, at, name, why } => {
                let taken = part(left);
                if left > taken as u64 {
                    self.stage = Stage::Passed { left: left - taken as u64, size, at, name, why };
                } else {
                    self.pass(why, size, at, name);
                    self.fill(size);
                }
                Some(taken)
            }
            Stage::About { kind, size } => {
                let Some(record) = rest.get(..size as usize) else {
                    self.stage = Stage::About { kind, size };
                    return None;
                };
                self.headers += size;
                self.about(kind, record);
                self.fill(size);
                Some(size as usize)
            }
            Stage::Fill(left) => {
                let taken = part(left);
                self.headers += taken as u64;
                if left > taken as u64 {
                    self.stage = Stage::Fill(left - taken as u64);
                }
                Some(taken)
            }
        }
    }

    fn fill(&mut self, size: u64) {
        let over = size % BLOCK as u64;
        if over > 0 {
            self.stage = Stage::Fill(BLOCK as u64 - over);
        }
    }

    fn header(&mut self, header: &Header<'_>, nest: &Nest, out: &mut Outlet<'_>) {
        if header.0.iter().all(|b| *b == 0) {
            self.ended = true;
            self.padding += BLOCK as u64;
            return;
        }
        let (true, Some(size)) = (header.is_sound(), self.size.or_else(|| header.size())) else {
            self.unprocessed.extend(STRAY, BLOCK as u64);
            return;
        };
        self.headers += BLOCK as u64;
        let kind = header.0[156];
        if matches!(kind, b'L' | b'K' | b'x' | b'g') {
            match header.size() {
                Some(size) if (1..=LONGEST_RECORD).contains(&size) => self.stage = Stage::About { kind, size },
                Some(0) => {}
                Some(_) | None => {
                    self.stage = Stage::Passed { left: size, size, at: self.offset, name: String::new(), why: STRAY }
                }
            }
            return;
        }
        let name = self.name.take().unwrap_or_else(|| header.name());
        self.size = None;
        let stored = matches!(kind, 0 | b'0' | b'7' | b'S') || !matches!(kind, b'1'..=b'6');
        if !stored || (size == 0 && name.ends_with('/')) {
            return;
        }
        self.seen += 1;
        let why = match kind {
            b'S' => Some(SPARSE),
            _ if self.seen > MOST_MEMBERS => Some(TOO_MANY),
            _ => None,
        };
        if let Some(why) = why {
            self.stage = Stage::Passed { left: size, size, at: self.offset, name, why };
            return;
        }
        out(Unpacked::Member { name: &name, inside: nest.inside() });
        if size == 0 {
            self.close(0, None, out);
        } else {
            self.stage = Stage::Data { left: size, size };
        }
    }

    /// A record about the member after it: its long name, or pax fields.
    fn about(&mut self, kind: u8, record: &[u8]) {
        match kind {
            b'L' => self.name = Some(shown(record)),
            b'x' => {
                for (key, value) in pax(record) {
                    match key {
                        b"path" => self.name = Some(shown(value)),
                        b"size" => self.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn pass(&mut self, why: &str, bytes: u64, at: u64, name: String) {
        let place = Place { line: 0, offset: at };
        self.unprocessed.add(why, bytes, || Some(Example { place, found: name }));
    }

    fn close(&mut self, bytes: u64, cut: Option<&'static str>, out: &mut Outlet<'_>) {
        self.members.count += 1;
        self.members.bytes += bytes;
        let mut unprocessed = Reasons::default();
        if let Some(reason) = cut {
            unprocessed.add(reason, 0, || None);
        }
        let members = Tally { count: 1, bytes };
        let layer =
            LayerAccount { name: "stored".to_owned(), length: bytes, members, unprocessed, ..LayerAccount::default() };
        out(Unpacked::End(MemberEnd { layer, cut }));
    }
}

struct Header<'h>(&'h [u8]);

impl Header<'_> {
    fn is_sound(&self) -> bool {
        let sum: u64 =
            self.0.iter().enumerate().map(|(at, b)| u64::from(if (148..156).contains(&at) { b' ' } else { *b })).sum();
        // Some old writers summed signed bytes; with names of ASCII both sums are the same.
        octal(&self.0[148..156]) == Some(sum) && self.0[0] != 0
    }

    fn size(&self) -> Option<u64> {
        let field = &self.0[124..136];
        if field[0] & 0x80 == 0 {
            return octal(field);
        }
        let wide = field[4..].iter().fold(0_u64, |sum, b| sum << 8 | u64::from(*b));
        (field[0] == 0x80 && field[1..4] == [0, 0, 0] && wide < 1 << 60).then_some(wide)
    }

    fn name(&self) -> String {
        let name = shown(&self.0[..100]);
        let ustar = &self.0[257..263] == b"ustar\0";
        match shown(&self.0[345..500]) {
            prefix if ustar && !prefix.is_empty() => format!("{prefix}/{name}"),
            _ => name,
        }
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_start().split(|b| matches!(b, 0 | b' ')).next().unwrap_or_default();
    digits.iter().try_fold(0_u64, |sum, b| matches!(b, b'0'..=b'7').then(|| sum << 3 | u64::from(b - b'0')))
}

/// The text of a field, up to its zero byte.
fn shown(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    visible(&readable(&field[..end])).into_owned()
}

/// The fields of a pax record: `30 path=a/long/name\n` (POSIX.1-2001, pax, Extended Header).
fn pax(record: &[u8]) -> Vec<(&[u8], &[u8])> {
    let (mut fields, mut rest) = (Vec::new(), record);
    while let Some(blank) = memchr::memchr(b' ', rest) {
        let length = std::str::from_utf8(&rest[..blank]).ok().and_then(|length| length.parse::<usize>().ok());
        let Some(field) = length.filter(|length| *length > blank + 1).and_then(|length| rest.get(blank + 1..length))
        else {
            break;
        };
        let field_end = blank + 1 + field.len();
        let field = field.strip_suffix(b"\n").unwrap_or(field);
        if let Some(equals) = memchr::memchr(b'=', field) {
            fields.push((&field[..equals], &field[equals + 1..]));
        }
        rest = &rest[field_end..];
    }
    fields
}
