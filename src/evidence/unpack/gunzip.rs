//! gzip, member by member (RFC 1952). Written over raw inflate, since what stands between and after members, and where
//! a damaged one ends, has to be accounted for.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::LayerAccount;
use super::budget::{BOMB, Budget};
use crate::evidence::accounts::{Reasons, Tally};

/// Output of one call of inflate.
const OUT_BYTES: usize = 128 * 1024;

pub(super) struct Gunzip {
    stage: Stage,
    /// The header or trailer under way.
    held: Vec<u8>,
    out: Vec<u8>,
    member: Member,
    members: Tally,
    padding: u64,
    unprocessed: Reasons,
}

struct Member {
    inflate: Decompress,
    crc: Crc,
    /// Its packed bytes so far.
    packed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Body,
    Trailer,
    /// Past the last member, or in a damaged one: the rest is counted under this reason.
    Lost(&'static str),
}

impl Default for Gunzip {
    fn default() -> Gunzip {
        Gunzip {
            stage: Stage::Header,
            held: Vec::new(),
            out: vec![0; OUT_BYTES],
            member: Member::new(),
            members: Tally::default(),
            padding: 0,
            unprocessed: Reasons::default(),
        }
    }
}

impl Member {
    fn new() -> Member {
        Member { inflate: Decompress::new(false), crc: Crc::new(), packed: 0 }
    }
}

impl Gunzip {
    pub(super) fn feed(&mut self, chunk: &[u8], budget: &Budget, out: &mut dyn FnMut(&[u8])) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.stage {
                Stage::Header => self.header(rest),
                Stage::Body => self.body(rest, budget, out),
                Stage::Trailer => self.trailer(rest),
                Stage::Lost(reason) => {
                    self.lose(rest.len() as u64, reason);
                    &[]
                }
            };
        }
    }

    pub(super) fn finish(&mut self) {
        let held = self.held.len() as u64;
        let started = self.member.packed + held;
        if started > 0 && !matches!(self.stage, Stage::Lost(_)) {
            let ours = self.stage != Stage::Header || self.held.starts_with(&[0x1f, 0x8b]);
            let reason = if ours { CUT_OFF } else { NO_MEMBER };
            self.lose(started, reason);
        }
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        LayerAccount {
            name: "gzip".to_owned(),
            length,
            members: self.members,
            padding: self.padding,
            unprocessed: self.unprocessed.clone(),
            ..LayerAccount::default()
        }
    }

    fn lose(&mut self, bytes: u64, reason: &'static str) {
        // Spans of one reason that follow each other are one span.
        match self.unprocessed.0.get_mut(reason) {
            Some((tally, _)) => tally.bytes += bytes,
            None => self.unprocessed.add(reason, bytes, || None),
        }
        self.stage = Stage::Lost(reason);
    }

    fn header<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        // Tapes and some rotators pad with zeros after the last member.
        if self.held.is_empty() && chunk[0] == 0 && self.members.count > 0 {
            let zeros = chunk.iter().take_while(|b| **b == 0).count();
            self.padding += zeros as u64;
            return &chunk[zeros..];
        }
        let before = self.held.len();
        let taken = chunk.len().min(LONGEST_HEADER - before);
        self.held.extend_from_slice(&chunk[..taken]);
        match header_state(&self.held) {
            HeaderState::Short if self.held.len() < LONGEST_HEADER => &[],
            HeaderState::Whole(length) => {
                self.member = Member { packed: length as u64, ..Member::new() };
                self.held.clear();
                self.stage = Stage::Body;
                &chunk[length - before..]
            }
            HeaderState::Short | HeaderState::Wrong => {
                let held = self.held.len() as u64;
                self.held.clear();
                self.lose(held, NO_MEMBER);
                &chunk[taken..]
            }
        }
    }

    /// Whether the stream ended in the midst of a member, so that what it gave last may be half of something.
    pub(super) fn is_cut(&self) -> bool {
        self.unprocessed.0.keys().any(|reason| [CUT_OFF, DAMAGED, BOMB].contains(&reason.as_str()))
    }

    fn body<'c>(&mut self, chunk: &'c [u8], budget: &Budget, out: &mut dyn FnMut(&[u8])) -> &'c [u8] {
        let mut rest = chunk;
        loop {
            let member = &mut self.member;
            let (taken, given) = (member.inflate.total_in(), member.inflate.total_out());
            let status = member.inflate.decompress(rest, &mut self.out, FlushDecompress::None);
            let taken = (member.inflate.total_in() - taken) as usize;
            let given = (member.inflate.total_out() - given) as usize;
            member.packed += taken as u64;
            rest = &rest[taken..];
            if given > 0 {
                member.crc.update(&self.out[..given]);
                budget.unpacked(given as u64);
                out(&self.out[..given]);
            }
            match status {
                Ok(Status::StreamEnd) => {
                    self.stage = Stage::Trailer;
                    return rest;
                }
                Ok(Status::Ok | Status::BufError) => {}
                Err(_damaged) => {
                    let bytes = self.member.packed + rest.len() as u64;
                    self.lose(bytes, DAMAGED);
                    return &[];
                }
            }
            if budget.is_spent() {
                let bytes = self.member.packed + rest.len() as u64;
                self.lose(bytes, BOMB);
                return &[];
            }
            if rest.is_empty() && given < self.out.len() {
                return rest;
            }
        }
    }

    fn trailer<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let take = chunk.len().min(8 - self.held.len());
        self.held.extend_from_slice(&chunk[..take]);
        if let Ok(trailer) = <[u8; 8]>::try_from(self.held.as_slice()) {
            let number =
                |at: usize| u32::from_le_bytes([trailer[at], trailer[at + 1], trailer[at + 2], trailer[at + 3]]);
            let right = number(0) == self.member.crc.sum() && number(4) == self.member.crc.amount();
            self.members.count += 1;
            self.members.bytes += self.member.packed;
            if right {
                self.members.bytes += 8;
            } else {
                self.unprocessed.add(BAD_CHECKSUM, 8, || None);
            }
            self.held.clear();
            self.member = Member::new();
            self.stage = Stage::Header;
        }
        &chunk[take..]
    }
}

const NO_MEMBER: &str = "no gzip data after the last member";
const BAD_CHECKSUM: &str = "the checksum of a gzip member is wrong: its content may be damaged";

const CUT_OFF: &str = "the gzip stream is cut off";
const DAMAGED: &str = "a gzip member is damaged: what follows the damage can't be unpacked";

/// A header's extra field has at most 64 KiB, and no writer gives a file a name longer than that. What is longer is no
/// header: without a bound, a name that never ends would be held whole.
const LONGEST_HEADER: usize = 256 * 1024;

enum HeaderState {
    Short,
    /// It is so many bytes long.
    Whole(usize),
    Wrong,
}

/// Looks at a header as far as it has come (RFC 1952 §2.3).
fn header_state(held: &[u8]) -> HeaderState {
    let fixed = [0x1f, 0x8b, 8];
    if !held.iter().zip(fixed).all(|(have, want)| *have == want) {
        return HeaderState::Wrong;
    }
    let Some(flags) = held.get(3).copied() else { return HeaderState::Short };
    if flags & 0xe0 != 0 {
        return HeaderState::Wrong;
    }
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(length) = held.get(at..at + 2) else { return HeaderState::Short };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let Some(rest) = held.get(at..) else { return HeaderState::Short };
            let Some(end) = memchr::memchr(0, rest) else { return HeaderState::Short };
            at += end + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    if held.len() >= at { HeaderState::Whole(at) } else { HeaderState::Short }
}
