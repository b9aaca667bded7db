//! The cells of a line between separators, sixty-four bytes at a time: most cells are so short that looking for the next
//! separator from each anew would cost more than the reading.

use super::matching::places;

/// Where the cells of a line end. Made once for a file and filled anew with each line.
#[derive(Debug, Clone, Default)]
pub struct Separated {
    /// Before the first cell, and behind each; what stands behind `count` is of another line.
    bounds: Vec<u32>,
    /// How many cells there are.
    count: usize,
}

/// So many bytes are looked at together.
const CHUNK: usize = 64;

/// The bound before the first cell, whose next place is 0.
const BEFORE: u32 = u32::MAX;

impl Separated {
    /// Finds the cells of a line (of less than 4 GB); how many there are, always one more than separators.
    #[inline]
    pub fn cut(&mut self, line: &[u8], separator: u8) -> usize {
        self.count = 0;
        let (chunks, rest) = line.as_chunks::<CHUNK>();
        let mut base = 0;
        for chunk in chunks {
            self.take(base, places(chunk, separator));
            base += CHUNK as u32;
        }
        if !rest.is_empty() {
            let found = match line.last_chunk() {
                // Of these the first were looked at already.
                Some(last) => places(last, separator) >> (CHUNK - rest.len()),
                None => {
                    let mut padded = [!separator; CHUNK];
                    padded[..rest.len()].copy_from_slice(rest);
                    places(&padded, separator)
                }
            };
            self.take(base, found);
        }
        self.take(line.len() as u32, 1);
        self.count
    }

    /// Notes the ends of cells from this place on.
    #[inline]
    fn take(&mut self, base: u32, mut found: u64) {
        if self.bounds.len() < self.count + CHUNK + 2 {
            self.bounds.resize(self.count * 2 + 2 * CHUNK, BEFORE);
        }
        let room = &mut self.bounds[self.count + 1..];
        let mut taken = 0;
        for end in room {
            if found == 0 {
                break;
            }
            *end = base + found.trailing_zeros();
            found &= found - 1;
            taken += 1;
        }
        self.count += taken;
    }

    /// The cell of this number in the line that was cut last, of which it must have as many: what stands behind its last cell is of
    /// another line.
    #[inline(always)]
    pub fn get<'r>(&self, line: &'r [u8], number: usize) -> Option<&'r [u8]> {
        let (start, end) = self.span(number)?;
        line.get(start..end)
    }

    /// Where in its line this cell begins and ends; as for [`Separated::get`], there must be one.
    #[inline(always)]
    pub fn span(&self, number: usize) -> Option<(usize, usize)> {
        let (before, end) = (*self.bounds.get(number)?, *self.bounds.get(number + 1)?);
        Some((before.wrapping_add(1) as usize, end as usize))
    }

    /// The cell of this number in the line that was cut last; empty where there is none.
    #[inline]
    pub fn of<'r>(&self, line: &'r [u8], number: usize) -> &'r [u8] {
        if number < self.count { self.get(line, number).unwrap_or_default() } else { b"" }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_are_what_splitting_gives(
            line in prop::collection::vec(prop::sample::select(b"\t\t\x08\x89ab\xff".to_vec()), 0..200),
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
