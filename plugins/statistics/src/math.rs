//! The mathematics of the statistics: tails of distributions, and draws.
//!
//! Logarithms, exponentials and error functions are those of the crate `libm`,
//! so that a host's own C library changes no digit. Crates that hold the tails
//! were looked at: `statrs` calls what `num-traits` gives it, which is the
//! system's library as soon as any other crate asks that one for `std`;
//! `special` has the lower tail alone, and takes a normal distribution for it
//! above 1,000 degrees; `puruspe` needs `std`.

mod beta;
mod gamma;
mod random;
mod saddle;
mod tails;

pub use random::Random;
pub use tails::{chi_squared_above, normal_above, student_above, student_beyond};

/// A sum with what rounding loses carried along: Neumaier, "Rundungsfehleranalyse
/// einiger Verfahren zur Summation endlicher Summen" (1974).
#[must_use]
pub fn sum(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for number in numbers {
        let next = total + number;
        lost += if libm::fabs(total) >= libm::fabs(number) {
            (total - next) + number
        } else {
            (number - next) + total
        };
        total = next;
    }
    total + lost
}

/// A count as a number: exact up to 2^53, which is more than anybody counts.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts are bounded where they are read")]
pub fn float(count: u64) -> f64 {
    count as f64
}
