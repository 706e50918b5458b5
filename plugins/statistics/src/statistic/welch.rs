//! Welch's t test.

use super::rate::Alternative;
use crate::math::{float, student_above, student_beyond, sum};

/// What a mean is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The standard deviation of the sample (of `n - 1` degrees).
    pub deviation: f64,
    /// How many samples.
    pub samples: u64,
}

/// What the test comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The difference of the means in standard errors.
    pub t: f64,
    /// Degrees of freedom.
    pub degrees: f64,
    /// The p-value.
    pub p: f64,
}

impl Moments {
    /// The moments of rows, of which there are two at least.
    #[must_use]
    pub fn of_rows(rows: &[f64]) -> Self {
        let samples = rows.len() as u64;
        let mean = sum(rows.iter().copied()) / float(samples);
        let squares = sum(rows.iter().map(|row| (row - mean) * (row - mean)));
        Self { mean, deviation: libm::sqrt(squares / float(samples - 1)), samples }
    }
}

/// Whether two means differ, whose variances may (Welch, 1947; degrees of
/// freedom after Satterthwaite, 1946). `None` where neither varies, or numbers
/// are too large.
#[must_use]
pub fn welch(current: Moments, reference: Moments, alternative: Alternative) -> Option<Test> {
    let error = |of: Moments| of.deviation * of.deviation / float(of.samples);
    let (one, other) = (error(current), error(reference));
    let both = one + other;
    if both <= 0.0 || !both.is_finite() {
        return None;
    }
    let t = (current.mean - reference.mean) / libm::sqrt(both);
    // Shares of the whole error: their squares cannot overflow.
    let part = |share: f64, of: Moments| share * share / float(of.samples - 1);
    let degrees = 1.0 / (part(one / both, current) + part(other / both, reference));
    let p = match alternative {
        Alternative::TwoSided => student_beyond(t, degrees),
        Alternative::Greater => student_above(t, degrees),
        Alternative::Less => student_above(-t, degrees),
    }?;
    Some(Test { t, degrees, p })
}
