//! Draws that everybody can repeat.

/// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators" (2014). Java's `SplittableRandom` is the same.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Begins at this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number under `end`, which is at most 2^32: of 32 bits the upper
    /// half of the product (Lemire, 2019). Without his rejection some numbers
    /// come more often by `end` in 2^32, which a million rows do not show.
    #[allow(clippy::cast_possible_truncation, reason = "it is under `end`")]
    pub fn below(&mut self, end: usize) -> usize {
        (((self.bits() >> 32) * end as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the published implementation (Vigna, `splitmix64.c`).
    #[test]
    fn draws_are_those_of_splitmix64() {
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, expected);
    }
}
