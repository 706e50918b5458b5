//! The regularized incomplete gamma function.

use super::saddle::poisson;

/// Steps that are tried: the square root of the largest argument takes about as
/// many.
const STEPS: u32 = 200_000;

/// Where a denominator would be 0, as in Lentz's method.
const TINY: f64 = 1e-300;

/// `Q(a, x)`, the upper one, for `a` above 0 and `x` of 0 or more. `None` where
/// it does not come to rest.
pub(super) fn upper(a: f64, x: f64) -> Option<f64> {
    if x <= 0.0 {
        return Some(1.0);
    }
    if x == f64::INFINITY {
        return Some(0.0);
    }
    if x < a + 1.0 { series(a, x).map(|lower| 1.0 - lower) } else { fraction(a, x) }
}

/// `P(a, x)`: DLMF 8.11.4.
fn series(a: f64, x: f64) -> Option<f64> {
    let (mut total, mut term, mut count) = (1.0, 1.0, a);
    for _ in 0..STEPS {
        count += 1.0;
        term *= x / count;
        total += term;
        if term <= total * f64::EPSILON {
            return Some(total * poisson(a, x));
        }
    }
    None
}

/// `Q(a, x)`: DLMF 8.9.2, by Lentz's method as Thompson and Barnett changed it
/// (1986).
fn fraction(a: f64, x: f64) -> Option<f64> {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut value = d;
    let mut step = 0.0;
    for _ in 0..STEPS {
        step += 1.0;
        let numerator = step * (a - step);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let factor = d * c;
        value *= factor;
        if libm::fabs(factor - 1.0) <= f64::EPSILON {
            return Some(value * a * poisson(a, x));
        }
    }
    None
}

pub(super) fn nonzero(number: f64) -> f64 {
    if libm::fabs(number) < TINY { TINY } else { number }
}
