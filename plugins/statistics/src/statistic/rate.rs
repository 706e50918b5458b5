//! Rates, as the counts that they are of.

use crate::math::{float, normal_above};

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u64,
    /// Of how many; more than none.
    pub of: u64,
}

/// Which way a difference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Either.
    TwoSided,
    /// The current value is above the reference's.
    Greater,
    /// It is below.
    Less,
}

impl Alternative {
    /// All, as settings write them.
    pub const NAMES: [(&str, Self); 3] =
        [("two-sided", Self::TwoSided), ("greater", Self::Greater), ("less", Self::Less)];

    /// As settings write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoSided => "two-sided",
            Self::Greater => "greater",
            Self::Less => "less",
        }
    }
}

impl Rate {
    /// The rate.
    #[must_use]
    pub fn value(self) -> f64 {
        float(self.count) / float(self.of)
    }

    /// Whether this is the smaller rate, exactly.
    #[must_use]
    pub fn is_below(self, other: Self) -> bool {
        self.cross(other) < other.cross(self)
    }

    /// `self - other`. The counts are subtracted, not the rates: 0.3 less 0.2
    /// is 0.1 to the last digit then.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "one rounding each, at the end")]
    pub fn minus(self, other: Self) -> f64 {
        let (left, right) = (self.cross(other), other.cross(self));
        let difference = left.abs_diff(right) as f64;
        let size = u128::from(self.of) * u128::from(other.of);
        let difference = difference / size as f64;
        if left < right { -difference } else { difference }
    }

    /// `self / other`, of which `other` is not 0.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "one rounding each, at the end")]
    pub fn over(self, other: Self) -> f64 {
        self.cross(other) as f64 / other.cross(self) as f64
    }

    fn cross(self, other: Self) -> u128 {
        u128::from(self.count) * u128::from(other.of)
    }
}

/// The pooled z test of two proportions: `z` and its p-value. `None` where all
/// or none of both were counted, so that there is nothing to tell apart.
///
/// Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions",
/// without correction for continuity: its square is the chi-squared of the table.
#[must_use]
pub fn two_proportions(
    current: Rate,
    reference: Rate,
    alternative: Alternative,
) -> Option<(f64, f64)> {
    let count = current.count + reference.count;
    let of = current.of + reference.of;
    if count == 0 || count >= of {
        return None;
    }
    let pooled = float(count) / float(of);
    let rest = float(of - count) / float(of);
    let variance = pooled * rest * (1.0 / float(current.of) + 1.0 / float(reference.of));
    let z = current.minus(reference) / libm::sqrt(variance);
    let p = match alternative {
        Alternative::TwoSided => (2.0 * normal_above(libm::fabs(z))).min(1.0),
        Alternative::Greater => normal_above(z),
        Alternative::Less => normal_above(-z),
    };
    Some((z, p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_of_counts() {
        let (three, two) = (Rate { count: 30, of: 100 }, Rate { count: 40, of: 200 });
        assert_eq!(three.minus(two), 0.1);
        assert_eq!(two.minus(three), -0.1);
        assert_eq!(three.over(two), 1.5);
        assert!(two.is_below(three) && !three.is_below(three));
    }
}
