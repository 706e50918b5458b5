//! How likely more extreme values are.

use core::f64::consts::FRAC_1_SQRT_2;

use super::{beta, gamma};

/// The probability that a standard normal variable is above `z`.
#[must_use]
pub fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z * FRAC_1_SQRT_2)
}

/// The probability that a chi-squared variable is above `x`: `Q(degrees / 2, x / 2)`.
/// `None` where it cannot be had.
#[must_use]
pub fn chi_squared_above(x: f64, degrees: f64) -> Option<f64> {
    probability(gamma::upper(degrees / 2.0, x / 2.0)?)
}

/// The probability that the magnitude of a variable of Student's distribution is
/// above that of `t`: `I_x(degrees / 2, 1 / 2)` with `x = degrees / (degrees + t²)`
/// (DLMF 8.17, Abramowitz and Stegun 26.7.1). `None` where it cannot be had.
#[must_use]
pub fn student_beyond(t: f64, degrees: f64) -> Option<f64> {
    let square = t * t;
    let whole = degrees + square;
    if square == f64::INFINITY {
        return Some(0.0);
    }
    probability(beta::regularized(degrees / 2.0, 0.5, degrees / whole, square / whole)?)
}

/// The probability that a variable of Student's distribution is above `t`.
/// `None` where it cannot be had.
#[must_use]
pub fn student_above(t: f64, degrees: f64) -> Option<f64> {
    let half = student_beyond(t, degrees)? / 2.0;
    Some(if t > 0.0 { half } else { 1.0 - half })
}

/// Rounding may lead a hair out of the range.
fn probability(number: f64) -> Option<f64> {
    (!number.is_nan()).then(|| number.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(found: Option<f64>, wanted: f64) {
        let found = found.unwrap();
        assert!(((found - wanted) / wanted).abs() < 1e-12, "{found:e}, not {wanted:e}");
    }

    /// Closed forms.
    #[test]
    fn tails_are_what_closed_forms_say() {
        for x in [0.1_f64, 1.0, 5.0, 40.0, 600.0] {
            is(chi_squared_above(x, 2.0), (-x / 2.0).exp());
            is(chi_squared_above(x, 4.0), (-x / 2.0).exp() * (1.0 + x / 2.0));
        }
        for t in [0.3_f64, 1.0, 12.0, 1e6] {
            is(student_beyond(t, 1.0), 2.0 / std::f64::consts::PI * t.recip().atan());
            is(student_above(-t, 2.0), 0.5 + t / (2.0 * (2.0 + t * t).sqrt()));
        }
        is(Some(normal_above(1.959_963_984_540_054)), 0.025);
    }

    #[test]
    fn edges_are_certain() {
        assert_eq!(chi_squared_above(0.0, 3.0), Some(1.0));
        assert_eq!(student_beyond(0.0, 3.0), Some(1.0));
        assert_eq!(student_above(0.0, 3.0), Some(0.5));
        assert_eq!(student_beyond(f64::INFINITY, 3.0), Some(0.0));
        assert_eq!(chi_squared_above(f64::INFINITY, 3.0), Some(0.0));
        assert_eq!(chi_squared_above(f64::NAN, 3.0), None);
        assert_eq!(student_beyond(f64::NAN, 3.0), None);
    }
}
