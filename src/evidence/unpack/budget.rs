//! How much unpacking one dropped file may ask for, over all its layers and members: what stops a decompression bomb.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Past so many unpacked bytes, a file that still unpacks to more than [`RATIO`] times its size is taken for a bomb.
const BYTES: u64 = 4 << 30;
const RATIO: u64 = 500;

/// Why unpacking stopped.
pub const BOMB: &str = "stopped unpacking: 500 times its packed size and over 4 GiB, a decompression bomb";

/// The tally of one dropped file, shared by all its layers and members. A ratio by layer would multiply with each.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<(AtomicU64, AtomicU64)>);

impl Budget {
    /// More of the dropped file came.
    pub fn dropped(&self, bytes: u64) {
        self.0.0.fetch_add(bytes, Relaxed);
    }

    /// So many bytes were unpacked from it.
    pub fn unpacked(&self, bytes: u64) {
        self.0.1.fetch_add(bytes, Relaxed);
    }

    /// Whether no more may be unpacked.
    pub fn is_spent(&self) -> bool {
        let (dropped, unpacked) = (self.0.0.load(Relaxed), self.0.1.load(Relaxed));
        unpacked > BYTES && unpacked / RATIO > dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_no_bomb_and_neither_is_a_dense_small_one() {
        let budget = Budget::default();
        budget.dropped(1 << 20);
        budget.unpacked(BYTES);
        assert!(!budget.is_spent(), "up to 4 GiB any ratio goes: an export of zeros is one");
        budget.clone().unpacked(1);
        assert!(budget.is_spent(), "all that share it see it");
        budget.dropped(1 << 30);
        assert!(!budget.is_spent());
    }
}
