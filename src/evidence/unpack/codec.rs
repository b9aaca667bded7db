//! One-stream compressions other than gzip: zstd, xz, bzip2, lz4. What they share is told once here: members that follow
//! each other, padding, damage, the account.

mod bzip2;
mod lz4;
mod xz;
mod zstd;

use super::LayerAccount;
use super::budget::{BOMB, Budget};
use crate::evidence::accounts::{Reasons, Tally};

/// Decoders take at most so much at once, so that a bomb is noticed before it went off.
const BITE: usize = 16 * 1024;
/// Output of one call of a decoder.
pub(super) const OUT_BYTES: usize = 64 * 1024;

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Zstd,
    Xz,
    Bzip2,
    Lz4,
}

/// Decodes one member, from its first byte on.
pub(super) trait Codec: Send {
    /// Takes packed bytes and hands out unpacked ones.
    fn feed(&mut self, input: &[u8], out: &mut dyn FnMut(&[u8])) -> Fed;
}

/// What came of feeding a codec.
pub(super) enum Fed {
    /// All was taken, and more is awaited.
    More,
    /// The member ended after so many bytes of the input; whether its checksum is right.
    End(usize, bool),
    /// It can't be read on: why.
    Lost(&'static str),
}

impl Method {
    /// Tells the compression by the first bytes, of which six are enough.
    pub(super) fn recognise(head: &[u8]) -> Option<Method> {
        [Method::Zstd, Method::Xz, Method::Bzip2, Method::Lz4]
            .into_iter()
            .find(|method| method.begins(head) == Some(true))
    }

    /// A decoder for one member.
    pub(super) fn open(self) -> Box<dyn Codec> {
        match self {
            Method::Zstd => Box::new(zstd::Zstd::default()),
            Method::Xz => Box::new(xz::Xz::default()),
            Method::Bzip2 => Box::new(bzip2::Bzip2::default()),
            Method::Lz4 => Box::new(lz4::Lz4::default()),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Zstd => "zstd",
            Method::Xz => "xz",
            Method::Bzip2 => "bzip2",
            Method::Lz4 => "lz4",
        }
    }

    /// Whether a member begins so; `None` while too little has come to say. Skippable frames (zstd, lz4) are no member
    /// that tells a file's compression, but may stand between members.
    fn begins(self, head: &[u8]) -> Option<bool> {
        let magic = |magic: &[u8]| {
            let same = head.iter().zip(magic).all(|(have, want)| have == want);
            if same && head.len() < magic.len() { None } else { Some(same) }
        };
        match self {
            Method::Zstd => magic(b"\x28\xb5\x2f\xfd"),
            Method::Xz => magic(b"\xfd7zXZ\x00"),
            // "BZh" alone may begin a text. The level follows, and the magic of a block or of the end.
            Method::Bzip2 => match magic(b"BZh") {
                Some(true) if head.len() >= 6 => {
                    Some(matches!(head[3..6], [b'1'..=b'9', 0x31, 0x41] | [b'1'..=b'9', 0x17, 0x72]))
                }
                Some(true) => None,
                other => other,
            },
            Method::Lz4 => magic(b"\x04\x22\x4d\x18"),
        }
    }

    /// As [`Method::begins`], for a member after the first.
    fn goes_on(self, head: &[u8]) -> Option<bool> {
        let skippable = match self {
            Method::Zstd | Method::Lz4 => match head {
                [first, ..] if first & 0xf0 != 0x50 => Some(false),
                [_, 0x2a, 0x4d, 0x18, ..] => Some(true),
                [_, rest @ ..] if rest.len() < 3 && [0x2a, 0x4d, 0x18].starts_with(rest) => None,
                [] => None,
                _ => Some(false),
            },
            Method::Xz | Method::Bzip2 => Some(false),
        };
        match (self.begins(head), skippable) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            (None, _) | (_, None) => None,
        }
    }
}

/// A layer of one compression: members one after the other.
pub(super) struct Packed {
    method: Method,
    stage: Stage,
    /// The beginning of the next member, until it is told.
    held: Vec<u8>,
    /// Packed bytes of the member under way.
    taken: u64,
    members: Tally,
    padding: u64,
    unprocessed: Reasons,
    cut: bool,
}

enum Stage {
    Between,
    Member(Box<dyn Codec>),
    /// The rest is counted under this reason.
    Lost(String),
}

impl Packed {
    pub(super) fn new(method: Method) -> Packed {
        let (members, unprocessed) = (Tally::default(), Reasons::default());
        Packed {
            method,
            stage: Stage::Between,
            held: Vec::new(),
            taken: 0,
            members,
            padding: 0,
            unprocessed,
            cut: false,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8], budget: &Budget, out: &mut dyn FnMut(&[u8])) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match &mut self.stage {
                Stage::Between => self.between(rest, budget, out),
                Stage::Member(_) => self.member(rest, budget, out),
                Stage::Lost(reason) => {
                    let reason = std::mem::take(reason);
                    self.lose(rest.len() as u64, reason);
                    &[]
                }
            };
        }
    }

    pub(super) fn finish(&mut self) {
        let name = self.method.name();
        let held = self.held.len() as u64;
        match self.stage {
            Stage::Member(_) => {
                self.cut = true;
                self.lose(self.taken, format!("the {name} stream is cut off"));
            }
            Stage::Between if held > 0 => self.lose(held, nothing_more(name)),
            Stage::Between | Stage::Lost(_) => {}
        }
    }

    /// Whether the stream ended in the midst of a member.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn account(&self, length: u64) -> LayerAccount {
        LayerAccount {
            name: self.method.name().to_owned(),
            length,
            members: self.members,
            padding: self.padding,
            unprocessed: self.unprocessed.clone(),
            ..LayerAccount::default()
        }
    }

    fn lose(&mut self, bytes: u64, reason: String) {
        self.unprocessed.extend(&reason, bytes);
        self.stage = Stage::Lost(reason);
    }

    fn between<'c>(&mut self, chunk: &'c [u8], budget: &Budget, out: &mut dyn FnMut(&[u8])) -> &'c [u8] {
        if self.held.is_empty() && self.members.count > 0 {
            let zeros = chunk.iter().take_while(|b| **b == 0).count();
            if zeros > 0 {
                self.padding += zeros as u64;
                return &chunk[zeros..];
            }
        }
        self.held.push(chunk[0]);
        match self.method.goes_on(&self.held) {
            None => {}
            Some(true) => {
                self.stage = Stage::Member(self.method.open());
                let held = std::mem::take(&mut self.held);
                let left = self.member(&held, budget, out).len();
                debug_assert_eq!(left, 0, "no member ends within its magic");
            }
            Some(false) => {
                let held = std::mem::take(&mut self.held);
                self.lose(held.len() as u64, nothing_more(self.method.name()));
            }
        }
        &chunk[1..]
    }

    fn member<'c>(&mut self, chunk: &'c [u8], budget: &Budget, out: &mut dyn FnMut(&[u8])) -> &'c [u8] {
        let mut rest = chunk;
        while let (Stage::Member(codec), false) = (&mut self.stage, rest.is_empty()) {
            let bite = &rest[..rest.len().min(BITE)];
            let fed = codec.feed(bite, &mut |bytes| {
                budget.unpacked(bytes.len() as u64);
                out(bytes);
            });
            match fed {
                Fed::More => {
                    self.taken += bite.len() as u64;
                    rest = &rest[bite.len()..];
                }
                Fed::End(taken, sound) => {
                    self.members.count += 1;
                    self.members.bytes += self.taken + taken as u64;
                    if !sound {
                        let name = self.method.name();
                        let reason = format!("the checksum of a {name} member is wrong: its content may be damaged");
                        self.unprocessed.add(&reason, 0, || None);
                    }
                    self.taken = 0;
                    self.stage = Stage::Between;
                    return &rest[taken..];
                }
                Fed::Lost(reason) => {
                    self.cut = true;
                    self.lose(self.taken + rest.len() as u64, reason.to_owned());
                    return &[];
                }
            }
            if budget.is_spent() {
                self.cut = true;
                self.lose(self.taken + rest.len() as u64, BOMB.to_owned());
                return &[];
            }
        }
        rest
    }
}

fn nothing_more(name: &str) -> String {
    format!("no {name} data after the last member")
}
