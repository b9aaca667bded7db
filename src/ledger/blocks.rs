//! A long list in blocks, so that growing copies nothing and holds no room for twice as many.

/// Things by their places: 0, 1, 2 …; there are fewer than 2³² of them.
#[derive(Debug, Clone)]
pub(super) struct Blocks<T> {
    /// All but the last are full.
    blocks: Vec<Vec<T>>,
    len: usize,
}

/// Things a block: of host pairs, a quarter of a megabyte.
const BLOCK: usize = 2048;

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Blocks { blocks: Vec::new(), len: 0 }
    }
}

impl<T: Copy> Blocks<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a thing behind the others and gives its place.
    pub(super) fn push(&mut self, thing: T) -> u32 {
        let place = self.len;
        if place.is_multiple_of(BLOCK) {
            // The first block grows as it is needed: most ledgers are small.
            self.blocks.push(Vec::with_capacity(if place == 0 { 4 } else { BLOCK }));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(thing);
        }
        self.len += 1;
        place as u32
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> &T {
        &self.blocks[place as usize / BLOCK][place as usize % BLOCK]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: u32) -> &mut T {
        &mut self.blocks[place as usize / BLOCK][place as usize % BLOCK]
    }

    /// The thing at a place that may be none.
    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&T> {
        self.blocks.get(place as usize / BLOCK)?.get(place as usize % BLOCK)
    }

    /// All, by their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> + '_ {
        self.blocks.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> + '_ {
        self.blocks.iter_mut().flatten()
    }

    /// Keeps what `stays`, in the order in which it stands. It is asked once for each, by place.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(&T) -> bool) {
        let mut staying = 0;
        for place in 0..self.len {
            let thing = self.blocks[place / BLOCK][place % BLOCK];
            if stays(&thing) {
                self.blocks[staying / BLOCK][staying % BLOCK] = thing;
                staying += 1;
            }
        }
        self.len = staying;
        self.blocks.truncate(staying.div_ceil(BLOCK));
        if let Some(last) = self.blocks.last_mut() {
            last.truncate(staying - (staying - 1) / BLOCK * BLOCK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_keeps_its_order_over_all_blocks() {
        let mut list = Blocks::default();
        let count = 2 * BLOCK as u32 + 7;
        (0..count).for_each(|n| assert_eq!(list.push(n), n));
        assert_eq!((list.len(), *list.at(count - 1), list.get(count)), (count as usize, count - 1, None));
        list.retain(|n| n.is_multiple_of(3));
        assert!(list.iter().copied().eq((0..count).step_by(3)));
        assert_eq!(list.push(9), count.div_ceil(3));
        list.retain(|_| false);
        assert_eq!((list.len(), list.iter().count(), list.push(1)), (0, 0, 0));
    }
}
