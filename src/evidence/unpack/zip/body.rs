//! A member's data, by its method of compression.

use deflate64::InflaterManaged;
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::super::budget::{BOMB, Budget};
use super::super::codec::{Codec, Fed as Decoded, Method, OUT_BYTES};
use super::header::{LONGEST_DESCRIPTOR, Local, long, word};

const DAMAGED: &str = "the member is damaged: what follows the damage can't be unpacked";
/// Decoders take at most so much at once, so that a bomb is noticed before it went off.
const BITE: usize = 8 * 1024;

/// What became of packed bytes.
pub(super) enum Fed {
    /// So many were taken. None while data came means that more is awaited.
    Taken(usize),
    /// The data ended after so many.
    End(usize),
    /// It can't be read on.
    Lost(&'static str),
}

pub(super) enum Body {
    Open(Box<Open>),
    /// The data is at its end, but the header said that there was more.
    Ended(Box<Body>),
    /// What comes is passed over, for this reason.
    Idle(&'static str),
}

pub(super) struct Open {
    decoder: Decoder,
    out: Vec<u8>,
    crc: Crc,
    given: u64,
    ended: bool,
}

enum Decoder {
    Stored,
    /// Stored without a size: the data ends where the sizes after it fit what was counted. Where nothing can be counted
    /// (encrypted data), the packed size alone has to fit.
    Scan {
        sees: bool,
        passed: u64,
    },
    Inflate(Decompress),
    Inflate64(Box<InflaterManaged>),
    Other(Box<dyn Codec>),
}

impl Body {
    /// How a member's data is read; or why it is not.
    pub(super) fn of(local: &Local) -> Result<Body, &'static str> {
        if local.encrypted {
            return Err("an encrypted member: Kyoten takes no passwords; unpack it and drop what comes out");
        }
        let decoder = match local.method {
            0 if local.packed.is_none() => Decoder::Scan { sees: true, passed: 0 },
            0 => Decoder::Stored,
            8 => Decoder::Inflate(Decompress::new(false)),
            9 => Decoder::Inflate64(Box::new(InflaterManaged::new())),
            12 => Decoder::Other(Method::Bzip2.open()),
            93 => Decoder::Other(Method::Zstd.open()),
            95 => Decoder::Other(Method::Xz.open()),
            _ => {
                return Err("a member packed by a method that Kyoten does not know; unpack it and drop what comes out");
            }
        };
        Ok(Body::open(decoder))
    }

    /// For data that is passed over and whose size is not known.
    pub(super) fn unseen() -> Body {
        Body::open(Decoder::Scan { sees: false, passed: 0 })
    }

    fn open(decoder: Decoder) -> Body {
        Body::Open(Box::new(Open { decoder, out: vec![0; OUT_BYTES], crc: Crc::new(), given: 0, ended: false }))
    }

    /// The checksum of what was given, where anything was.
    pub(super) fn crc(&self) -> Option<u32> {
        match self {
            Body::Open(open) => (!matches!(open.decoder, Decoder::Scan { sees: false, .. })).then(|| open.crc.sum()),
            Body::Ended(body) => body.crc(),
            Body::Idle(_) => None,
        }
    }

    /// How many bytes were given.
    pub(super) fn given(&self) -> u64 {
        match self {
            Body::Open(open) => open.given,
            Body::Ended(body) => body.given(),
            Body::Idle(_) => 0,
        }
    }

    /// How many bytes a decoder takes at once after so many; `None` where any number is as good.
    pub(super) fn bite(&self, taken: u64) -> Option<usize> {
        match self {
            Body::Open(open) if !matches!(open.decoder, Decoder::Stored | Decoder::Scan { .. }) => {
                Some(BITE - (taken % BITE as u64) as usize)
            }
            Body::Open(_) | Body::Ended(_) | Body::Idle(_) => None,
        }
    }

    /// Whether the data is not at an end by its own account.
    pub(super) fn wants_more(&self) -> bool {
        match self {
            Body::Open(open) => !open.ended && !matches!(open.decoder, Decoder::Stored | Decoder::Scan { .. }),
            Body::Ended(_) | Body::Idle(_) => false,
        }
    }

    pub(super) fn feed(&mut self, part: &[u8], last: bool, budget: &Budget, out: &mut dyn FnMut(&[u8])) -> Fed {
        let open = match self {
            Body::Ended(_) | Body::Idle(_) => return Fed::Taken(part.len()),
            Body::Open(open) => open,
        };
        if budget.is_spent() {
            return Fed::Lost(BOMB);
        }
        let sum = open.crc.sum();
        let Open { decoder, out: buffer, crc, given, ended } = open.as_mut();
        let mut give = |bytes: &[u8]| {
            crc.update(bytes);
            *given += bytes.len() as u64;
            budget.unpacked(bytes.len() as u64);
            out(bytes);
        };
        let fed = match decoder {
            Decoder::Stored => {
                give(part);
                Fed::Taken(part.len())
            }
            Decoder::Scan { sees, passed } => {
                let counted = (sees.then(|| sum), *passed);
                let fed = scanned(part, last, counted);
                if let Fed::Taken(taken) = fed {
                    give(&part[..taken]);
                    *passed += taken as u64;
                }
                fed
            }
            Decoder::Inflate(inflate) => inflated(inflate, part, buffer, &mut give),
            Decoder::Inflate64(inflate) => inflated64(inflate, part, buffer, &mut give),
            Decoder::Other(codec) => match codec.feed(part, &mut give) {
                Decoded::More => Fed::Taken(part.len()),
                Decoded::End(taken, true) => Fed::End(taken),
                Decoded::End(_, false) => Fed::Lost("the checksum of the member is wrong: its content may be damaged"),
                Decoded::Lost(reason) => Fed::Lost(reason),
            },
        };
        *ended |= matches!(fed, Fed::End(_));
        fed
    }
}

/// How many bytes are data up to where sizes may stand that fit what was counted: checksum, where there is one, and
/// packed size.
fn scanned(part: &[u8], last: bool, (crc, passed): (Option<u32>, u64)) -> Fed {
    const MARK: &[u8] = b"PK\x07\x08";
    let begins = |here: &[u8]| if here.len() < 4 { !last && MARK.starts_with(here) } else { here.starts_with(MARK) };
    let at = memchr::memchr_iter(b'P', part).find(|at| begins(&part[*at..])).unwrap_or(part.len());
    if at > 0 || part.is_empty() {
        return Fed::Taken(at);
    }
    if part.len() < LONGEST_DESCRIPTOR && !last {
        return Fed::Taken(0);
    }
    let right = part.len() >= 16 && crc.is_none_or(|crc| word(part, 4) == crc);
    let narrow = right && u64::from(word(part, 8)) == passed;
    let wide = right && part.len() >= LONGEST_DESCRIPTOR && long(part, 8) == passed;
    if narrow || wide { Fed::End(0) } else { Fed::Taken(1) }
}

fn inflated(inflate: &mut Decompress, bite: &[u8], buffer: &mut [u8], give: &mut dyn FnMut(&[u8])) -> Fed {
    let mut at = 0;
    loop {
        let (taken, given) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(&bite[at..], buffer, FlushDecompress::None);
        at += (inflate.total_in() - taken) as usize;
        let given = (inflate.total_out() - given) as usize;
        if given > 0 {
            give(&buffer[..given]);
        }
        match status {
            Ok(Status::StreamEnd) => return Fed::End(at),
            Ok(Status::Ok | Status::BufError) if at == bite.len() && given < buffer.len() => return Fed::Taken(at),
            Ok(Status::Ok | Status::BufError) => {}
            Err(_damaged) => return Fed::Lost(DAMAGED),
        }
    }
}

fn inflated64(inflate: &mut InflaterManaged, bite: &[u8], buffer: &mut [u8], give: &mut dyn FnMut(&[u8])) -> Fed {
    let mut at = 0;
    loop {
        let result = inflate.inflate(&bite[at..], buffer);
        at += result.bytes_consumed;
        if result.bytes_written > 0 {
            give(&buffer[..result.bytes_written]);
        }
        if result.data_error || inflate.errored() {
            return Fed::Lost(DAMAGED);
        }
        if inflate.finished() {
            return Fed::End(at);
        }
        if at == bite.len() && result.bytes_written < buffer.len() {
            return Fed::Taken(at);
        }
    }
}
