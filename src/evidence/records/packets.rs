//! Packet captures: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), cut into their headers, packets
//! and blocks. A `line` is a packet's number, as packet tools count them; what is no packet stands at the number of the
//! last one.

use super::{Piece, Place, Record, Taker};

const NO_BLOCK: &str = "a broken block: what follows it can't be told apart";
const CUT_OFF: &str = "the capture is cut off within a packet";
/// File header, and header of a packet, of pcap.
const FILE_HEADER: usize = 24;
const PACKET_HEADER: usize = 16;

/// Whether a capture begins so, and whether its numbers are big-endian; `None` when no capture does.
pub fn kind(head: &[u8]) -> Option<(Kind, bool)> {
    match head {
        [0xd4, 0xc3, 0xb2, 0xa1, ..] | [0x4d, 0x3c, 0xb2, 0xa1, ..] => Some((Kind::Pcap, false)),
        [0xa1, 0xb2, 0xc3, 0xd4, ..] | [0xa1, 0xb2, 0x3c, 0x4d, ..] => Some((Kind::Pcap, true)),
        [0x0a, 0x0d, 0x0d, 0x0a, _, _, _, _, order @ ..] => match order {
            [0x4d, 0x3c, 0x2b, 0x1a, ..] => Some((Kind::Pcapng, false)),
            [0x1a, 0x2b, 0x3c, 0x4d, ..] => Some((Kind::Pcapng, true)),
            _ => None,
        },
        _ => None,
    }
}

/// The layout of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file header, then packets.
    Pcap,
    /// Blocks, in sections that each have their own byte order.
    Pcapng,
}

/// Block types of pcapng that carry a packet: enhanced, simple, and the old one.
pub const PACKET_BLOCKS: [u32; 3] = [6, 3, 2];

/// Cuts a capture.
pub(in crate::evidence) struct Packets {
    cap: usize,
    kind: Option<(Kind, bool)>,
    held: Vec<u8>,
    place: Place,
    /// A packet that is too long: how many bytes of it are still to come, and how many came.
    long: Option<(u64, u64)>,
    lost: bool,
}

impl Packets {
    pub(super) fn new(cap: usize) -> Packets {
        Packets { cap, kind: None, held: Vec::new(), place: Place::default(), long: None, lost: false }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], take: &mut Taker<'_>) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = self.step(rest, take);
            rest = &rest[taken..];
        }
    }

    /// Takes some of what is here; how many bytes.
    fn step(&mut self, rest: &[u8], take: &mut Taker<'_>) -> usize {
        if let Some((left, came)) = self.long {
            let taken = left.min(rest.len() as u64);
            self.long = Some((left - taken, came + taken));
            if left == taken {
                self.pass_long(take);
            }
            return taken as usize;
        }
        if self.lost {
            take(Piece::Lost(self.place, rest.len() as u64, NO_BLOCK));
            self.place.offset += rest.len() as u64;
            return rest.len();
        }
        let whole = self.held.is_empty();
        let Some(need) = self.need(if whole { rest } else { &self.held }) else {
            self.lost = true;
            let held = std::mem::take(&mut self.held);
            take(Piece::Lost(self.place, held.len() as u64, NO_BLOCK));
            self.place.offset += held.len() as u64;
            return 0;
        };
        if need > self.cap as u64 {
            let held = std::mem::take(&mut self.held).len() as u64;
            self.place.line += 1;
            self.long = Some((need - held, held));
            return 0;
        }
        let need = need as usize;
        // What is here whole is read where it stands.
        if whole && rest.len() >= need {
            self.piece(&rest[..need], take);
            return need;
        }
        let taken = (need - self.held.len()).min(rest.len());
        self.held.extend_from_slice(&rest[..taken]);
        if self.need(&self.held) == Some(self.held.len() as u64) {
            let held = std::mem::take(&mut self.held);
            self.piece(&held, take);
            self.held = held;
            self.held.clear();
        }
        taken
    }

    fn pass_long(&mut self, take: &mut Taker<'_>) {
        if let Some((_, came)) = self.long.take() {
            take(Piece::TooLong(self.place, came));
            self.place.offset += came;
        }
    }

    pub(super) fn held(&self) -> u64 {
        self.held.len() as u64 + self.long.map_or(0, |(_, came)| came)
    }

    pub(super) fn finish(&mut self, take: &mut Taker<'_>) {
        self.pass_long(take);
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            take(Piece::Lost(self.place, held.len() as u64, CUT_OFF));
        }
    }

    /// How many bytes the piece has that begins here, as far as has come; `None` when it can't be told.
    fn need(&self, here: &[u8]) -> Option<u64> {
        let Some((kind, big)) = self.kind else {
            if here.len() < 12 {
                return Some(12);
            }
            return match self::kind(here)? {
                (Kind::Pcap, _) => Some(FILE_HEADER as u64),
                (Kind::Pcapng, big) => block_length(here, big),
            };
        };
        match kind {
            Kind::Pcap if here.len() < PACKET_HEADER => Some(PACKET_HEADER as u64),
            Kind::Pcap => Some(PACKET_HEADER as u64 + u64::from(word(here, 8, big))),
            Kind::Pcapng if here.len() < 12 => Some(12),
            // A section may begin, of its own byte order.
            Kind::Pcapng => block_length(here, self::kind(here).map_or(big, |(_, big)| big)),
        }
    }

    fn piece(&mut self, bytes: &[u8], take: &mut Taker<'_>) {
        let packet = match self.kind {
            Some((Kind::Pcap, _)) => true,
            Some((Kind::Pcapng, big)) => PACKET_BLOCKS.contains(&word(bytes, 0, big)),
            None => false,
        };
        if let Some((kind, big)) = self::kind(bytes).filter(|(kind, _)| self.kind.is_none() || *kind == Kind::Pcapng) {
            self.kind = Some((kind, big));
        }
        self.place.line += u64::from(packet);
        take(Piece::Record(Record::new(bytes, self.place)));
        self.place.offset += bytes.len() as u64;
    }
}

/// The length of a pcapng block, which stands at both its ends.
fn block_length(here: &[u8], big: bool) -> Option<u64> {
    let length = word(here, 4, big) as usize;
    if length < 12 || !length.is_multiple_of(4) {
        return None;
    }
    let end = here.get(length - 4..length).map(|end| word(end, 0, big) as usize);
    end.is_none_or(|end| end == length).then_some(length as u64)
}

/// A number of four bytes.
pub fn word(bytes: &[u8], at: usize, big: bool) -> u32 {
    let four = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
}
