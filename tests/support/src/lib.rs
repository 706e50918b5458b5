//! What the tests of several crates have in common: chance that differs from
//! run to run and can be had again, the time that work takes, and cases of what
//! a plugin finds.

pub mod findings;
#[cfg(feature = "gates")]
pub mod gates;

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The variable that says what is drawn.
pub const VARIABLE: &str = "TOLLGATE_SEED";

/// The seed of this test: a new one in each run, or the one that
/// `TOLLGATE_SEED` names. It is printed, which a test that fails shows.
#[must_use]
pub fn seed() -> u64 {
    let named = std::env::var(VARIABLE).ok().and_then(|text| text.trim().parse().ok());
    let seed = named.unwrap_or_else(fresh);
    println!("{VARIABLE}={seed} draws the same again");
    seed
}

/// A seed that nobody has seen.
#[must_use]
pub fn fresh() -> u64 {
    // Short enough to be typed.
    RandomState::new().hash_one(std::process::id()) >> 24
}

/// A source of chance (SplitMix64, Steele et al. 2014): one seed, one row of
/// numbers, on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The row of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `sides`; 0 where that is none.
    pub fn roll(&mut self, sides: usize) -> usize {
        let sides = sides.max(1) as u64;
        usize::try_from(self.number() % sides).unwrap_or_default()
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    #[allow(clippy::indexing_slicing, reason = "a test that draws from nothing is wrong")]
    pub fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.roll(of.len())]
    }
}

/// The processor's time that this thread has used: unlike the clock it does
/// not count what other programs do meanwhile. None where the system does not
/// say.
#[must_use]
pub fn worked() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Runs `work` on `size` and on four times as much, and gives how many times
/// as long the second takes: some 4 where work is in proportion, 16 where it
/// grows with the square. None where the system does not measure it.
pub fn growth(size: usize, work: impl Fn(usize)) -> Option<f64> {
    // The system counts in steps of some milliseconds.
    let once = |size: usize| {
        let mut calls = 1;
        loop {
            let start = worked()?;
            (0..calls).for_each(|_| work(size));
            let time = worked()?.saturating_sub(start).as_secs_f64();
            if time > 0.05 {
                return Some(time / f64::from(calls));
            }
            calls *= 4;
        }
    };
    // The quickest of some: what else the machine does only adds.
    let (mut small, mut large) = (once(size)?, once(4 * size)?);
    for _ in 0..5 {
        if large < 5.0 * small {
            break;
        }
        small = small.min(once(size)?);
        large = large.min(once(4 * size)?);
    }
    Some(large / small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_another_does_not() {
        let row = |seed| {
            let mut dice = Dice::new(seed);
            [(); 8].map(|()| dice.number())
        };
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
        assert_ne!(fresh(), fresh());
    }

    #[test]
    fn dice_reach_each_side() {
        let mut dice = Dice::new(seed());
        let mut seen = [false; 6];
        for _ in 0..1_000 {
            seen[dice.roll(6)] = true;
        }
        assert_eq!((seen, dice.roll(0)), ([true; 6], 0));
    }

    #[test]
    fn the_square_is_told_from_proportion() {
        let spin = |times: usize| {
            for turn in 0..times {
                std::hint::black_box(turn);
            }
        };
        let (Some(line), Some(square)) =
            (growth(100_000, spin), growth(1_000, |size| spin(size * size)))
        else {
            return;
        };
        assert!(line < 8.0 && square > 8.0, "{line} {square}");
    }
}
