//! LZ4 frames (LZ4 Frame Format 1.6) read here, their blocks by lz4_flex. Skippable frames are passed over.

use std::hash::Hasher;

use lz4_flex::block::decompress_into_with_dict;
use twox_hash::XxHash32;

use super::{Codec, Fed};

/// How far back a block may refer.
const WINDOW: usize = 64 * 1024;

const DAMAGED: &str = "an lz4 frame is damaged: what follows the damage can't be unpacked";
const DICTIONARY: &str = "an lz4 frame needs a dictionary; unpack it with lz4 -d -D and drop what comes out";

#[derive(Default)]
pub(super) struct Lz4 {
    frame: Option<Frame>,
    /// The header, block or checksum under way.
    held: Vec<u8>,
    /// What is still to be passed over of a skippable frame.
    skip: Option<u64>,
}

struct Frame {
    linked: bool,
    block_checksum: bool,
    content_checksum: bool,
    largest: usize,
    /// The last [`WINDOW`] bytes that were given, before the block under way.
    window: Vec<u8>,
    out: Vec<u8>,
    hash: XxHash32,
    sound: bool,
}

impl Codec for Lz4 {
    fn feed(&mut self, input: &[u8], out: &mut dyn FnMut(&[u8])) -> Fed {
        let mut at = 0;
        loop {
            if let Some(left) = self.skip {
                let step = left.min((input.len() - at) as u64);
                at += step as usize;
                self.skip = Some(left - step);
                return if left == step { Fed::End(at, true) } else { Fed::More };
            }
            let Some(need) = self.need() else { return Fed::Lost(DAMAGED) };
            let step = (need - self.held.len()).min(input.len() - at);
            self.held.extend_from_slice(&input[at..at + step]);
            at += step;
            if self.held.len() < need {
                return Fed::More;
            }
            if self.need() != Some(need) {
                continue;
            }
            match self.whole(out) {
                Fed::More => {}
                Fed::End(_, sound) => return Fed::End(at, sound),
                Fed::Lost(reason) => return Fed::Lost(reason),
            }
        }
    }
}

impl Lz4 {
    /// How many bytes the header or block under way has, as far as it tells.
    fn need(&self) -> Option<usize> {
        match (&self.frame, self.held.as_slice()) {
            (None, [first, 0x2a, 0x4d, 0x18, ..]) if first & 0xf0 == 0x50 => Some(8),
            (None, [_, _, _, _, flags, ..]) => {
                Some(7 + if flags & 8 != 0 { 8 } else { 0 } + if flags & 1 != 0 { 4 } else { 0 })
            }
            (None, _) => Some(5),
            (Some(frame), [a, b, c, d, ..]) => {
                let size = u32::from_le_bytes([*a, *b, *c, *d]);
                let bytes = (size & 0x7fff_ffff) as usize;
                if bytes > frame.largest {
                    return None;
                }
                let checksum = if size == 0 { frame.content_checksum } else { frame.block_checksum };
                Some(4 + bytes + if checksum { 4 } else { 0 })
            }
            (Some(_), _) => Some(4),
        }
    }

    fn whole(&mut self, out: &mut dyn FnMut(&[u8])) -> Fed {
        let held = std::mem::take(&mut self.held);
        let number = |at: usize| u32::from_le_bytes([held[at], held[at + 1], held[at + 2], held[at + 3]]);
        let Some(frame) = &mut self.frame else {
            if held[0] & 0xf0 == 0x50 && held[1] == 0x2a {
                self.skip = Some(u64::from(number(4)));
                return Fed::More;
            }
            return match frame_of(&held) {
                Ok(frame) => {
                    self.frame = Some(frame);
                    Fed::More
                }
                Err(reason) => Fed::Lost(reason),
            };
        };
        let size = number(0);
        if size == 0 {
            let right = !frame.content_checksum || u64::from(number(4)) == frame.hash.finish();
            return Fed::End(0, frame.sound && right);
        }
        let end = 4 + (size & 0x7fff_ffff) as usize;
        let block = &held[4..end];
        if frame.block_checksum {
            frame.sound &= number(end) == hash_of(block);
        }
        if size & 0x8000_0000 != 0 {
            frame.give(block, out);
            return Fed::More;
        }
        let mut unpacked = std::mem::take(&mut frame.out);
        unpacked.resize(frame.largest, 0);
        let dictionary: &[u8] = if frame.linked { &frame.window } else { &[] };
        let given = decompress_into_with_dict(block, &mut unpacked, dictionary);
        if let Ok(given) = given {
            frame.give(&unpacked[..given], out);
        }
        frame.out = unpacked;
        if given.is_ok() { Fed::More } else { Fed::Lost(DAMAGED) }
    }
}

impl Frame {
    fn give(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.content_checksum {
            self.hash.write(bytes);
        }
        if self.linked {
            let keep = WINDOW.saturating_sub(bytes.len()).min(self.window.len());
            self.window.drain(..self.window.len() - keep);
            self.window.extend_from_slice(&bytes[bytes.len().saturating_sub(WINDOW)..]);
        }
        out(bytes);
    }
}

fn frame_of(header: &[u8]) -> Result<Frame, &'static str> {
    let (flags, sizes) = (header[4], header[5]);
    let largest = match (sizes >> 4) & 7 {
        4 => 64 * 1024,
        5 => 256 * 1024,
        6 => 1 << 20,
        7 => 4 << 20,
        _ => return Err(DAMAGED),
    };
    let checksum = (hash_of(&header[4..header.len() - 1]) >> 8) as u8;
    if flags >> 6 != 1 || header.last() != Some(&checksum) {
        return Err(DAMAGED);
    }
    if flags & 1 != 0 {
        return Err(DICTIONARY);
    }
    Ok(Frame {
        linked: flags & 0x20 == 0,
        block_checksum: flags & 0x10 != 0,
        content_checksum: flags & 4 != 0,
        largest,
        window: Vec::new(),
        out: Vec::new(),
        hash: XxHash32::with_seed(0),
        sound: true,
    })
}

fn hash_of(bytes: &[u8]) -> u32 {
    let mut hash = XxHash32::with_seed(0);
    hash.write(bytes);
    hash.finish() as u32
}
