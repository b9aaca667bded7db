//! The cells of a line between separators, eight bytes at a time: most cells are so short that looking for the next
//! separator from each anew would cost more than the reading.

/// Where the cells of a line end. Made once for a file and filled anew with each line.
#[derive(Debug, Clone, Default)]
pub struct Separated {
    /// The place of each separator, and the line's length.
    ends: Vec<u32>,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

impl Separated {
    /// Finds the cells of a line (of less than 4 GB); how many there are, always one more than separators.
    pub fn cut(&mut self, line: &[u8], separator: u8) -> usize {
        let separators = ONES * u64::from(separator);
        self.ends.clear();
        let mut base = 0;
        let (eights, rest) = line.as_chunks::<8>();
        for eight in eights {
            let other = u64::from_le_bytes(*eight) ^ separators;
            // The highest bit of each byte that is zero, exactly: no carry runs from one byte into the next.
            let mut found = !(((other & LOW) + LOW) | other | LOW);
            while found != 0 {
                self.ends.push(base + found.trailing_zeros() / 8);
                found &= found - 1;
            }
            base += 8;
        }
        for (at, byte) in (base..).zip(rest) {
            if *byte == separator {
                self.ends.push(at);
            }
        }
        self.ends.push(line.len() as u32);
        self.ends.len()
    }

    /// The cell of this number in the line that was cut last; empty where there is none.
    #[inline]
    pub fn of<'r>(&self, line: &'r [u8], number: usize) -> &'r [u8] {
        let start = if number == 0 { Some(0) } else { self.ends.get(number - 1).map(|end| *end as usize + 1) };
        let ends = start.zip(self.ends.get(number).map(|end| *end as usize));
        ends.and_then(|(start, end)| line.get(start..end)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_are_what_splitting_gives(
            line in prop::collection::vec(prop::sample::select(b"\t\t\x08\x89ab\xff".to_vec()), 0..40),
        ) {
            let mut cells = Separated::default();
            for _ in 0..2 {
                let count = cells.cut(&line, b'\t');
                let ours: Vec<&[u8]> = (0..count).map(|number| cells.of(&line, number)).collect();
                let plain: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
                prop_assert_eq!(ours, plain);
            }
        }
    }
}
