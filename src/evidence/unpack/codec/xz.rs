//! xz (The .xz File Format 1.2) by lzma-rust2, whose decoder checks CRC32, CRC64 and SHA-256 itself.

use lzma_rust2::{Action, Status, XzStream};

use super::{Codec, Fed, OUT_BYTES};

/// Memory for the dictionary, in KiB: `xz -9` asks for 64 MiB.
const MEMORY_KIB: u32 = 160 * 1024;

const DAMAGED: &str = "an xz stream is damaged, or asks for over 160 MiB of memory: what follows can't be unpacked";

pub(super) struct Xz {
    stream: XzStream,
    out: Vec<u8>,
}

impl Default for Xz {
    fn default() -> Xz {
        Xz { stream: XzStream::new_mem_limit(false, MEMORY_KIB), out: vec![0; OUT_BYTES] }
    }
}

impl Codec for Xz {
    fn feed(&mut self, input: &[u8], out: &mut dyn FnMut(&[u8])) -> Fed {
        let mut at = 0;
        loop {
            let Ok(result) = self.stream.process(&input[at..], &mut self.out, Action::Run) else {
                return Fed::Lost(DAMAGED);
            };
            at += result.bytes_consumed;
            if result.bytes_produced > 0 {
                out(&self.out[..result.bytes_produced]);
            }
            match result.status {
                Status::StreamEnd => return Fed::End(at, true),
                Status::Ok if result.bytes_consumed == 0 && result.bytes_produced == 0 => {
                    return if at == input.len() { Fed::More } else { Fed::Lost(DAMAGED) };
                }
                Status::Ok => {}
            }
        }
    }
}
