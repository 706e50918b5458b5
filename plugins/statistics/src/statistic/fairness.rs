//! How far groups lie apart.

use super::rate::Rate;

/// How rates are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The largest less the smallest.
    Difference,
    /// The smallest by the largest.
    Ratio,
}

/// Which of the groups has the largest rate and which the smallest, by their
/// place: of equal ones the first. `None` without groups.
#[must_use]
pub fn extremes(rates: &[Rate]) -> Option<(usize, usize)> {
    let mut places = (0, 0);
    let mut found = (*rates.first()?, *rates.first()?);
    for (place, rate) in rates.iter().enumerate() {
        if found.0.is_below(*rate) {
            (places.0, found.0) = (place, *rate);
        }
        if rate.is_below(found.1) {
            (places.1, found.1) = (place, *rate);
        }
    }
    Some(places)
}

/// How far the rates lie apart: demographic parity, where they are selection
/// rates. `None` where there are none, and for the ratio of rates that are all
/// 0.
#[must_use]
pub fn disparity(rates: &[Rate], form: Form) -> Option<f64> {
    let (most, least) = extremes(rates)?;
    let (most, least) = (*rates.get(most)?, *rates.get(least)?);
    match form {
        Form::Difference => Some(most.minus(least)),
        Form::Ratio => (most.count > 0).then(|| least.over(most)),
    }
}

/// The worse of two disparities: the larger difference, the smaller ratio.
/// Equalised odds, where they are of true and of false positive rates (Hardt,
/// Price and Srebro, 2016; the difference and ratio are Fairlearn's).
#[must_use]
pub fn worse(one: f64, other: f64, form: Form) -> f64 {
    match form {
        Form::Difference => one.max(other),
        Form::Ratio => one.min(other),
    }
}
