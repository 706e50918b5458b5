//! An interval by drawing the rows again and again.

use alloc::vec::Vec;

use super::bins::quantile;
use crate::math::Random;

/// The interval of the difference of two means (current less reference) that
/// holds so much of what drawn samples come to: Efron's percentile interval
/// (1979). Draws are [`Random`]'s: for each resample the current rows first,
/// then the reference's.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a call holds fewer rows than 2^32")]
pub fn interval(
    current: &[f64],
    reference: &[f64],
    confidence: f64,
    resamples: u32,
    seed: u64,
) -> (f64, f64) {
    let mut random = Random::new(seed);
    let mut mean = |rows: &[f64]| {
        let mut total = 0.0;
        for _ in rows {
            total += rows.get(random.below(rows.len())).copied().unwrap_or(f64::NAN);
        }
        total / rows.len() as f64
    };
    let mut differences: Vec<f64> =
        (0..resamples).map(|_| mean(current) - mean(reference)).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    (quantile(&differences, tail), quantile(&differences, 1.0 - tail))
}
