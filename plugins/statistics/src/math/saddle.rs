//! Terms of the Poisson and the binomial distribution, of any real count:
//! Catherine Loader, "Fast and Accurate Computation of Binomial Probabilities"
//! (2000). A difference of logarithms of gamma functions would lose as many
//! digits as the counts have.

use core::f64::consts::PI;

/// Half the logarithm of 2π.
const HALF_LN_2PI: f64 = 0.918_938_533_204_672_8;

/// `x^a e^-x / Γ(a + 1)`, for `a` and `x` above 0.
pub(super) fn poisson(a: f64, x: f64) -> f64 {
    libm::exp(-stirling_error(a) - deviance(a, x, a - x)) / libm::sqrt(2.0 * PI * a)
}

/// `Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1)) x^a y^b` with `y = 1 - x`, for all above
/// 0.
pub(super) fn binomial(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    // `a - nx`, of which both numbers may be large.
    let difference = a * y - b * x;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x, difference)
        - deviance(b, n * y, -difference);
    libm::exp(exponent) * libm::sqrt(n / (2.0 * PI * a * b))
}

/// What Stirling's formula lacks: `ln Γ(n + 1) - (n + 1/2) ln n + n - ln(2π) / 2`.
fn stirling_error(n: f64) -> f64 {
    // Under 15 the five terms (DLMF 5.11.1) leave more than a rounding.
    if n <= 15.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * libm::log(n) + n - HALF_LN_2PI;
    }
    let square = n * n;
    let terms = [1.0 / 1188.0, 1.0 / 1680.0, 1.0 / 1260.0, 1.0 / 360.0, 1.0 / 12.0];
    terms.iter().fold(0.0, |inner, term| term - inner / square) / n
}

/// `x ln(x / mean) + mean - x`, with `difference = x - mean`.
fn deviance(x: f64, mean: f64, difference: f64) -> f64 {
    if libm::fabs(difference) >= 0.1 * (x + mean) {
        return x * libm::log(x / mean) - difference;
    }
    let ratio = difference / (x + mean);
    let mut total = difference * ratio;
    let mut term = 2.0 * x * ratio;
    let mut odd = 1.0;
    // The ratio is under 0.1: each step adds two digits.
    for _ in 0..1000 {
        term *= ratio * ratio;
        odd += 2.0;
        let next = total + term / odd;
        if next == total {
            break;
        }
        total = next;
    }
    total
}
