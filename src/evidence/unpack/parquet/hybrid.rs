//! The hybrid of runs and packed bits (Parquet, "Run Length Encoding / Bit-Packing Hybrid"), in which levels and places in a dictionary
//! are written. Read value by value, so that a run of millions takes no room.

use super::Fault;
use super::thrift::Reader;

const CUT: Fault = "levels or places in a dictionary end too early";

/// Values under way. The bytes are handed in with each call.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Hybrid {
    width: u32,
    /// Where the next run begins, and where the last ends.
    at: usize,
    end: usize,
    /// How many values are left of the run.
    left: u64,
    /// The value of a run of equals; else where the next bit of packed ones stands.
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Same(u32),
    Packed(u64),
}

impl Default for Run {
    fn default() -> Run {
        Run::Same(0)
    }
}

impl Hybrid {
    /// Values of so many bits in this stretch of the bytes.
    pub(super) fn new(width: u32, at: usize, end: usize) -> Result<Hybrid, Fault> {
        if width > 32 {
            return Err("levels or places in a dictionary have more than 32 bits");
        }
        Ok(Hybrid { width, at, end, ..Hybrid::default() })
    }

    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<u32, Fault> {
        while self.left == 0 {
            self.begin(bytes)?;
        }
        self.left -= 1;
        match &mut self.run {
            Run::Same(value) => Ok(*value),
            Run::Packed(bit) => {
                let value = packed(bytes.get(..self.end).ok_or(CUT)?, *bit, self.width).ok_or(CUT)?;
                *bit += u64::from(self.width);
                Ok(value as u32)
            }
        }
    }

    fn begin(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let own = bytes.get(self.at..self.end).ok_or(CUT)?;
        let mut reader = Reader { rest: own };
        let head = reader.varint().map_err(|_| CUT)?;
        self.at = self.end - reader.rest.len();
        if head & 1 == 0 {
            let width = self.width.div_ceil(8) as usize;
            let value = reader.rest.get(..width).ok_or(CUT)?;
            self.run = Run::Same(value.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)));
            self.left = head >> 1;
            self.at += width;
        } else {
            self.run = Run::Packed(self.at as u64 * 8);
            self.left = (head >> 1).saturating_mul(8);
            // The last of them may be cut short; its missing bits are never asked for.
            let length = (head >> 1).saturating_mul(u64::from(self.width));
            self.at = usize::try_from(length).map_or(self.end, |length| self.at.saturating_add(length).min(self.end));
        }
        Ok(())
    }
}

/// So many bits (at most 64) from this bit on, the lowest first; `None` past the end.
pub(super) fn packed(bytes: &[u8], bit: u64, width: u32) -> Option<u64> {
    let (from, shift) = (usize::try_from(bit / 8).ok()?, (bit % 8) as u32);
    let length = (shift + width).div_ceil(8) as usize;
    let own = bytes.get(from..from.checked_add(length)?)?;
    let value = own.iter().rev().fold(0_u128, |value, byte| value << 8 | u128::from(*byte)) >> shift;
    Some((value & ((1 << width) - 1)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_bits_follow_each_other() {
        // Three times 5; then 0 to 7, three bits each, as the specification's example packs them.
        let bytes = [6, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut hybrid = Hybrid::new(3, 0, bytes.len()).unwrap();
        let read: Vec<u32> = (0..11).map(|_| hybrid.next(&bytes).unwrap()).collect();
        assert_eq!(read, [5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(hybrid.next(&bytes), Err(CUT));
    }

    #[test]
    fn values_of_no_bits_are_zeros() {
        let mut hybrid = Hybrid::new(0, 0, 1).unwrap();
        assert_eq!(hybrid.next(&[200]), Err(CUT), "a number without end");
        let mut hybrid = Hybrid::new(0, 0, 1).unwrap();
        assert_eq!((hybrid.next(&[4]), hybrid.next(&[4]), hybrid.next(&[4])), (Ok(0), Ok(0), Err(CUT)));
    }
}
