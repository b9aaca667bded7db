//! bzip2 by libbz2-rs, a translation of libbzip2 into Rust; each block carries its checksum.

use bzip2::{Decompress, Status};

use super::{Codec, Fed, OUT_BYTES};

const DAMAGED: &str = "a bzip2 stream is damaged: what follows the damage can't be unpacked";

pub(super) struct Bzip2 {
    stream: Decompress,
    out: Vec<u8>,
}

impl Default for Bzip2 {
    fn default() -> Bzip2 {
        Bzip2 { stream: Decompress::new(false), out: vec![0; OUT_BYTES] }
    }
}

impl Codec for Bzip2 {
    fn feed(&mut self, input: &[u8], out: &mut dyn FnMut(&[u8])) -> Fed {
        let mut at = 0;
        loop {
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(&input[at..], &mut self.out);
            let taken = (self.stream.total_in() - taken) as usize;
            let given = (self.stream.total_out() - given) as usize;
            at += taken;
            if given > 0 {
                out(&self.out[..given]);
            }
            match status {
                Ok(Status::StreamEnd) => return Fed::End(at, true),
                Ok(Status::MemNeeded) | Err(_) => return Fed::Lost(DAMAGED),
                Ok(_) if at == input.len() && given < self.out.len() => return Fed::More,
                Ok(_) if taken == 0 && given == 0 => return Fed::Lost(DAMAGED),
                Ok(_) => {}
            }
        }
    }
}
