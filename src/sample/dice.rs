//! Numbers that look like chance and are the same on every machine: SplitMix64 (Steele, Lea and Flood, *Fast Splittable
//! Pseudorandom Number Generators*, 2014). Whole numbers only: floating-point libraries differ in their last digits.

/// A stream of numbers from a fixed seed.
pub struct Dice(u64);

impl Dice {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.roll() % (high - low + 1)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        self.roll() % 1000 < per_mille
    }

    /// A size: mostly near `low`, seldom near `high`, once in fifty ten times that.
    pub fn size(&mut self, low: u64, high: u64) -> u64 {
        let size = self.between(low, high).min(self.between(low, high));
        if self.happens(20) { size * 10 } else { size }
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.roll() % of.len() as u64) as usize]
    }
}
