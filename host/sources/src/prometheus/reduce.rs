//! What the values of all steps become.

/// What the values of all steps become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reduce {
    /// That of the last step.
    Last,
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The quantile, between two values in proportion, as PromQL's
    /// `quantile_over_time` has it.
    Quantile(f64),
}

impl Reduce {
    /// One value; NaN where one of those that it looks at is none, since
    /// whatever is left says nothing of the whole. None of nothing.
    pub(crate) fn of(self, values: &[f64]) -> Option<f64> {
        let last = values.last().copied()?;
        if self != Self::Last && values.iter().any(|value| value.is_nan()) {
            return Some(f64::NAN);
        }
        Some(match self {
            Self::Last => last,
            #[allow(clippy::cast_precision_loss, reason = "thousands of steps at most")]
            Self::Mean => values.iter().sum::<f64>() / values.len() as f64,
            Self::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Quantile(share) => quantile(values, share)?,
        })
    }
}

fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss, reason = "thousands of steps at most")]
    let rank = share * (sorted.len() - 1) as f64;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of at most 1 and a place in the list"
    )]
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    let (low, high) = (*sorted.get(below)?, *sorted.get(above)?);
    // Where both are one value nothing lies between them, not even NaN.
    Some(if below == above { low } else { low + (high - low) * (rank - rank.floor()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_looks_at_all_values() {
        let values = [3.0, 1.0, 2.0, 10.0];
        let of = |how: Reduce| how.of(&values);
        assert_eq!(of(Reduce::Last), Some(10.0));
        assert_eq!(of(Reduce::Mean), Some(4.0));
        assert_eq!(of(Reduce::Max), Some(10.0));
        assert_eq!(of(Reduce::Min), Some(1.0));
        assert_eq!(of(Reduce::Quantile(0.5)), Some(2.5));
        assert_eq!(of(Reduce::Quantile(1.0)), Some(10.0));
        assert_eq!(of(Reduce::Quantile(0.0)), Some(1.0));
        assert_eq!(Reduce::Max.of(&[]), None);
        let hole = [1.0, f64::NAN, 2.0];
        for how in [Reduce::Mean, Reduce::Max, Reduce::Min, Reduce::Quantile(0.0)] {
            assert!(how.of(&hole).is_some_and(f64::is_nan), "{how:?}");
        }
        assert_eq!(Reduce::Last.of(&hole), Some(2.0));
        assert_eq!(Reduce::Max.of(&[1.0, f64::INFINITY]), Some(f64::INFINITY));
    }
}
