//! How far a distribution has moved from a reference, over bins.

use alloc::vec::Vec;

use crate::math::sum;

/// The share of each bin; of an empty bin `epsilon`, since a logarithm of 0 has
/// no value. The others keep theirs, so that the shares may add up to a little
/// more than 1: so do Evidently and the scripts that most teams have.
#[must_use]
pub fn shares(weights: &[f64], epsilon: f64) -> Vec<f64> {
    let total = sum(weights.iter().copied());
    weights.iter().map(|weight| if *weight > 0.0 { weight / total } else { epsilon }).collect()
}

/// The population stability index, `Σ (r - c) ln(r / c)`, of two lists of
/// [`shares`].
#[must_use]
pub fn psi(reference: &[f64], current: &[f64]) -> f64 {
    sum(reference.iter().zip(current).map(|(r, c)| (r - c) * libm::log(r / c)))
}

/// The divergence of Kullback and Leibler of the current distribution from the
/// reference, `Σ r ln(r / c)` in nats, of two lists of [`shares`], each divided
/// by its sum so that the divergence is never below 0.
#[must_use]
pub fn kl(reference: &[f64], current: &[f64]) -> f64 {
    let of_reference = sum(reference.iter().copied());
    let of_current = sum(current.iter().copied());
    let terms = reference.iter().zip(current).map(|(r, c)| {
        let (r, c) = (r / of_reference, c / of_current);
        r * libm::log(r / c)
    });
    // Rounding leaves a hair under 0 of equal distributions.
    sum(terms).max(0.0)
}
