//! Whether traffic was split as it was meant to be.

use crate::math::{chi_squared_above, float, sum};

/// Pearson's chi-squared of these counts against the weights that they should
/// have, and its p-value. `None` where it cannot be had.
#[must_use]
pub fn sample_ratio(counts: &[u64], weights: &[f64]) -> Option<(f64, f64)> {
    let total = float(counts.iter().sum());
    let whole = sum(weights.iter().copied());
    let terms = counts.iter().zip(weights).map(|(count, weight)| {
        let expected = total * weight / whole;
        let difference = float(*count) - expected;
        difference * difference / expected
    });
    let statistic = sum(terms);
    let degrees = float(counts.len().checked_sub(1)? as u64);
    Some((statistic, chi_squared_above(statistic, degrees)?))
}
