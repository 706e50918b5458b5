//! The regularized incomplete beta function.

use super::gamma::nonzero;
use super::saddle::binomial;

/// Steps that are tried: the square root of the larger argument takes about as
/// many.
const STEPS: u32 = 200_000;

/// `I_x(a, b)` for `a` and `b` above 0 and `x` from 0 to 1, with `y = 1 - x` as
/// the caller has it, which knows its digits where `x` is all but 1. `None`
/// where it does not come to rest.
pub(super) fn regularized(a: f64, b: f64, x: f64, y: f64) -> Option<f64> {
    if x <= 0.0 {
        return Some(0.0);
    }
    if y <= 0.0 {
        return Some(1.0);
    }
    // The fraction comes to rest quickly on this side of the mean alone.
    if x < (a + 1.0) / (a + b + 2.0) {
        fraction(a, b, x, y)
    } else {
        fraction(b, a, y, x).map(|other| 1.0 - other)
    }
}

/// DiDonato and Morris, "Algorithm 708" (1992), equation 9, by Lentz's method as
/// Thompson and Barnett changed it (1986). Its terms hold no difference of large
/// numbers, which the fraction of DLMF 8.17.22 does at millions of degrees.
fn fraction(a: f64, b: f64, x: f64, y: f64) -> Option<f64> {
    let beyond = a * y - b * x + 1.0;
    let mut value = nonzero(a * beyond / (a + 1.0));
    let mut c = value;
    let mut d = 0.0;
    let mut m = 0.0;
    for _ in 0..STEPS {
        m += 1.0;
        let before = a + 2.0 * m - 1.0;
        let gap = m * (b - m) * x / before;
        let numerator = (a + m - 1.0) * (a + b + m - 1.0) / before * gap * x;
        let denominator = m + gap + (a + m) * (beyond + m * (2.0 - x)) / (before + 2.0);
        d = 1.0 / nonzero(denominator + numerator * d);
        c = nonzero(denominator + numerator / c);
        let factor = c * d;
        value *= factor;
        if libm::fabs(factor - 1.0) <= f64::EPSILON {
            return Some(binomial(a, b, x, y) * a * b / ((a + b) * value));
        }
    }
    None
}
