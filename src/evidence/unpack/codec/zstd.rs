//! Zstandard frames (RFC 8878) by ruzstd, block by block, as its decoder wants a block whole. Skippable frames are passed
//! over.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Codec, Fed};

/// The largest window that is given: what `zstd --long` asks for. A header may ask for terabytes.
const LARGEST_WINDOW: u64 = 128 << 20;
/// The largest block (RFC 8878 §3.1.1.2.4).
const LARGEST_BLOCK: usize = 128 * 1024;

const DAMAGED: &str = "a zstd frame is damaged: what follows the damage can't be unpacked";
const WINDOW: &str =
    "a zstd frame asks for a window of over 128 MiB; unpack it with zstd -d --long=31 and drop what comes out";
const DICTIONARY: &str = "a zstd frame needs a dictionary; unpack it with zstd -d -D and drop what comes out";

#[derive(Default)]
pub(super) struct Zstd {
    decoder: Option<FrameDecoder>,
    checksum: bool,
    /// The header or block under way.
    held: Vec<u8>,
    /// What is still to be passed over of a skippable frame.
    skip: Option<u64>,
}

impl Codec for Zstd {
    fn feed(&mut self, input: &[u8], out: &mut dyn FnMut(&[u8])) -> Fed {
        let mut at = 0;
        loop {
            if let Some(left) = self.skip {
                let step = left.min((input.len() - at) as u64);
                at += step as usize;
                self.skip = Some(left - step);
                return if left == step { Fed::End(at, true) } else { Fed::More };
            }
            let need = match &self.decoder {
                None => header_length(&self.held),
                Some(_) => block_length(&self.held, self.checksum),
            };
            let Some(need) = need else { return Fed::Lost(DAMAGED) };
            let step = (need - self.held.len()).min(input.len() - at);
            self.held.extend_from_slice(&input[at..at + step]);
            at += step;
            if self.held.len() < need {
                return Fed::More;
            }
            let longer = match &self.decoder {
                None => header_length(&self.held),
                Some(_) => block_length(&self.held, self.checksum),
            };
            if longer.is_none_or(|longer| longer > need) {
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

impl Zstd {
    /// A header or a block is here whole.
    fn whole(&mut self, out: &mut dyn FnMut(&[u8])) -> Fed {
        let held = std::mem::take(&mut self.held);
        let Some(decoder) = &mut self.decoder else {
            if held[0] & 0xf0 == 0x50 {
                self.skip = Some(u64::from(u32::from_le_bytes([held[4], held[5], held[6], held[7]])));
                return Fed::More;
            }
            let descriptor = held[4];
            self.checksum = descriptor & 4 != 0;
            match window(&held) {
                Some(window) if window > LARGEST_WINDOW => return Fed::Lost(WINDOW),
                Some(_) | None => {}
            }
            let dictionary =
                &held[if descriptor & 0x20 == 0 { 6 } else { 5 }..][..DICTIONARY_BYTES[usize::from(descriptor & 3)]];
            if dictionary.iter().any(|b| *b != 0) {
                return Fed::Lost(DICTIONARY);
            }
            let mut decoder = FrameDecoder::new();
            decoder.set_max_window_size(LARGEST_WINDOW);
            if decoder.init(held.as_slice()).is_err() {
                return Fed::Lost(DAMAGED);
            }
            self.decoder = Some(decoder);
            return Fed::More;
        };
        let decoded = decoder.decode_blocks(held.as_slice(), BlockDecodingStrategy::UptoBlocks(1));
        let Ok(ended) = decoded else { return Fed::Lost(DAMAGED) };
        if let Some(bytes) = decoder.collect().filter(|bytes| !bytes.is_empty()) {
            out(&bytes);
        }
        if !ended {
            return Fed::More;
        }
        let sound = !self.checksum || decoder.get_checksum_from_data() == decoder.get_calculated_checksum();
        Fed::End(0, sound)
    }
}

const DICTIONARY_BYTES: [usize; 4] = [0, 1, 2, 4];

/// How long a frame's header is, as far as what came of it tells; `None` when it is none.
fn header_length(held: &[u8]) -> Option<usize> {
    match held {
        [first, 0x2a, 0x4d, 0x18, ..] if first & 0xf0 == 0x50 => Some(8),
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] => {
            let single = descriptor & 0x20 != 0;
            let content = match descriptor >> 6 {
                0 => usize::from(single),
                1 => 2,
                2 => 4,
                _ => 8,
            };
            Some(5 + usize::from(!single) + DICTIONARY_BYTES[usize::from(descriptor & 3)] + content)
        }
        _ if held.len() < 5 => Some(5),
        _ => None,
    }
}

/// How long a block is, with the frame's checksum after the last one.
fn block_length(held: &[u8], checksum: bool) -> Option<usize> {
    let [a, b, c, ..] = held else { return Some(3) };
    let header = u32::from_le_bytes([*a, *b, *c, 0]);
    let (last, kind, size) = (header & 1 != 0, (header >> 1) & 3, (header >> 3) as usize);
    if size > LARGEST_BLOCK || kind == 3 {
        return None;
    }
    let content = if kind == 1 { 1 } else { size };
    Some(3 + content + if last && checksum { 4 } else { 0 })
}

/// The window that a header asks for (RFC 8878 §3.1.1.1.2); the content's size where the frame is one segment.
fn window(header: &[u8]) -> Option<u64> {
    let descriptor = header[4];
    if descriptor & 0x20 == 0 {
        let (exponent, mantissa) = (header[5] >> 3, u64::from(header[5] & 7));
        let base = 1_u64 << (10 + exponent);
        return Some(base + base / 8 * mantissa);
    }
    let content = &header[5 + DICTIONARY_BYTES[usize::from(descriptor & 3)]..];
    let mut size = [0; 8];
    size.get_mut(..content.len())?.copy_from_slice(content);
    Some(u64::from_le_bytes(size))
}
