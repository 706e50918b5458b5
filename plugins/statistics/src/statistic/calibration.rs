//! Whether scores are the probabilities that they say.

use alloc::vec;
use alloc::vec::Vec;

use super::divergence::{psi, shares};
use crate::math::{float, sum};

/// What is known of the rows of each bin of the score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bins {
    /// How many there are.
    pub counts: Vec<u64>,
    /// How many of them came out positive.
    pub positives: Vec<u64>,
    /// The sum of their scores.
    pub score_sums: Vec<f64>,
}

impl Bins {
    /// Sorts rows into so many bins of equal width. A bin holds its upper edge
    /// and not its lower one, the first both (Guo, Pleiss, Sun and Weinberger,
    /// 2017, and scikit-learn's `calibration_curve`).
    #[must_use]
    pub fn of_rows(scores: &[f64], outcomes: &[bool], bins: u32) -> Self {
        let edges: Vec<f64> = (1..bins).map(|index| f64::from(index) / f64::from(bins)).collect();
        let size = edges.len() + 1;
        let mut all =
            Self { counts: vec![0; size], positives: vec![0; size], score_sums: Vec::new() };
        let mut sums: Vec<Vec<f64>> = vec![Vec::new(); size];
        for (score, outcome) in scores.iter().zip(outcomes) {
            let bin = edges.partition_point(|edge| edge < score);
            if let Some(count) = all.counts.get_mut(bin) {
                *count += 1;
            }
            if let Some(count) = all.positives.get_mut(bin) {
                *count += u64::from(*outcome);
            }
            if let Some(scores) = sums.get_mut(bin) {
                scores.push(*score);
            }
        }
        all.score_sums = sums.into_iter().map(sum).collect();
        all
    }

    /// How many rows there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// The expected calibration error: `Σ n / N |positives / n - scores / n|` over
/// the bins (Naeini, Cooper and Hauskrecht, 2015).
#[must_use]
pub fn expected_error(bins: &Bins) -> f64 {
    let gaps = bins.positives.iter().zip(&bins.score_sums);
    sum(gaps.map(|(positives, scores)| libm::fabs(float(*positives) - scores)))
        / float(bins.total())
}

/// The stability index between the positives that scores predict and those that
/// came, by bin. `None` where either has none.
#[must_use]
pub fn calibration_psi(bins: &Bins, epsilon: f64) -> Option<f64> {
    let observed: Vec<f64> = bins.positives.iter().copied().map(float).collect();
    let some = |weights: &[f64]| weights.iter().any(|weight| *weight > 0.0);
    if !some(&observed) || !some(&bins.score_sums) {
        return None;
    }
    Some(psi(&shares(&bins.score_sums, epsilon), &shares(&observed, epsilon)))
}
