//! Which decisions are logged, where not all are.

use crate::error::SettingsError;

/// A share of all decisions, chosen by their ids: the same case by the same
/// policy is logged always or never, on every machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    rate: f64,
    below: Option<u64>,
}

impl Sample {
    /// All of them.
    pub const ALL: Self = Self { rate: 1.0, below: None };

    /// This share of them.
    ///
    /// # Errors
    /// When it is not above 0 and at most 1.
    pub fn of(rate: f64) -> Result<Self, SettingsError> {
        if rate == 1.0 {
            return Ok(Self::ALL);
        }
        if !(rate > 0.0 && rate < 1.0) {
            return Err(SettingsError::Sample(rate.to_string()));
        }
        // 2^64, which a double holds exactly; the product is below it.
        let below = (rate * 18_446_744_073_709_551_616.0) as u64;
        Ok(Self { rate, below: Some(below) })
    }

    /// The share.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.rate
    }

    /// Whether not all are logged.
    #[must_use]
    pub fn is_part(self) -> bool {
        self.below.is_some()
    }

    /// Whether the decision with this id is logged: whether the id, mixed by the
    /// last steps of SplitMix64 so that nothing else that goes by ids goes with
    /// it, is below the share of 2^64.
    #[must_use]
    pub fn takes(self, id: u64) -> bool {
        self.below.is_none_or(|below| mixed(id) < below)
    }
}

fn mixed(id: u64) -> u64 {
    let id = (id ^ (id >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let id = (id ^ (id >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    id ^ (id >> 31)
}

#[cfg(test)]
mod tests {
    use tollgate_test_support::{Dice, seed};

    use super::*;

    #[test]
    fn a_share_is_that_share_and_no_chance() {
        let mut dice = Dice::new(seed());
        for rate in [0.001, 0.1, 0.5, 0.999] {
            let sample = Sample::of(rate).unwrap();
            let ids: Vec<u64> = (0..200_000).map(|_| dice.number()).collect();
            let taken = ids.iter().filter(|id| sample.takes(**id)).count() as f64;
            let (mean, deviation) = (2e5 * rate, (2e5 * rate * (1.0 - rate)).sqrt());
            assert!((taken - mean).abs() < 6.0 * deviation, "{taken} of {rate}");
            assert!(ids.iter().all(|id| sample.takes(*id) == sample.takes(*id)));
        }
        // So that another program can do the same.
        let half = Sample::of(0.5).unwrap();
        let taken: Vec<bool> = (0..8).map(|id| half.takes(id)).collect();
        assert_eq!(mixed(1), 0x5692_161D_100B_05E5);
        assert_eq!(taken, [true, true, false, true, false, false, false, true]);
        assert!(Sample::ALL.takes(u64::MAX) && Sample::of(1.0).unwrap() == Sample::ALL);
        for wrong in [0.0, -0.5, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Sample::of(wrong).is_err(), "{wrong}");
        }
    }
}
