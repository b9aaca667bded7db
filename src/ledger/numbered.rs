//! Things numbered in the order in which they came, so that tables hold four bytes in place of a host or a service.

use super::index::Index;

/// What can be numbered: a value that says how it is found in a table.
pub(super) trait Scattered: Copy + Eq {
    /// A fixed hash, spread over all bits.
    fn hash(&self) -> u64;
}

/// A table of values by number, and of numbers by value. Numbers are 0, 1, 2 …; there are fewer than 2³² values.
#[derive(Debug, Clone)]
pub(super) struct Numbered<T> {
    values: Vec<T>,
    numbers: Index,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { values: Vec::new(), numbers: Index::default() }
    }
}

impl<T: Scattered> Numbered<T> {
    /// The number of a value that has one.
    #[inline]
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.find(value.hash(), |number| self.values[number as usize] == *value)
    }

    /// The number of a value; a new one where it has none.
    pub(super) fn number(&mut self, value: T) -> u32 {
        let (values, hash) = (&mut self.values, value.hash());
        if let Some(number) = self.numbers.find(hash, |number| values[number as usize] == value) {
            return number;
        }
        let number = values.len() as u32;
        values.push(value);
        self.numbers.insert(hash, number);
        number
    }

    /// The value of a number.
    #[inline]
    pub(super) fn value(&self, number: u32) -> T {
        self.values[number as usize]
    }

    /// All values, by their numbers.
    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    /// Keeps the values that are wanted and numbers them anew; gives the new number of each old one (`u32::MAX`: none).
    pub(super) fn retain(&mut self, wanted: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut renamed = vec![u32::MAX; self.values.len()];
        let old = std::mem::take(self);
        for (at, value) in old.values.into_iter().enumerate().filter(|(at, _)| wanted(*at)) {
            renamed[at] = self.number(value);
        }
        renamed
    }
}

impl<T: Scattered + Ord> Numbered<T> {
    /// For each number, its place in the order of the values.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.values.len()];
        for (rank, number) in self.in_order().into_iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        ranks
    }

    /// The numbers, in the order of their values.
    pub(super) fn in_order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.values.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.values[*number as usize]);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::super::index::spread;
    use super::*;

    impl Scattered for u16 {
        fn hash(&self) -> u64 {
            spread(u64::from(*self))
        }
    }

    #[test]
    fn a_value_has_one_number_and_keeps_its_order() {
        let mut table = Numbered::default();
        let numbers: Vec<u32> = [30_u16, 10, 30, 20].into_iter().map(|value| table.number(value)).collect();
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!((table.ranks(), table.in_order()), (vec![2, 0, 1], vec![1, 2, 0]));
        assert_eq!(table.retain(|at| at != 1), [0, u32::MAX, 1]);
        assert_eq!((table.find(&10), table.find(&20), table.value(1)), (None, Some(1), 20));
    }
}
