//! Means and deviations, row by row.

use crate::codes::NONE;

/// How many values there are, their mean, and the sum of squared distances from
/// it (Welford, 1962). Values count from the first one, so that a mean that is
/// far from 0 costs no digits; and one by one, so that the sums do not hang on
/// how a file is cut into batches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    /// How many.
    pub(crate) count: u64,
    first: f64,
    mean: f64,
    squares: f64,
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

impl Moments {
    /// The mean.
    pub(crate) fn mean(self) -> f64 {
        self.first + self.mean
    }

    /// The deviation of a sample, over n - 1; none of fewer than two values.
    pub(crate) fn deviation(self) -> Option<f64> {
        let degrees = self.count.checked_sub(1).filter(|degrees| *degrees > 0)?;
        Some((self.squares / float(degrees)).sqrt())
    }

    fn add(&mut self, value: f64) {
        if self.count == 0 {
            self.first = value;
        }
        self.count += 1;
        let value = value - self.first;
        let distance = value - self.mean;
        self.mean += distance / float(self.count);
        self.squares += distance * (value - self.mean);
    }
}

/// Those of some slices.
#[derive(Debug, Clone, Default)]
pub(crate) struct MomentsOf(Vec<Moments>);

impl MomentsOf {
    /// Those of a slice.
    pub(crate) fn of(&self, slot: usize) -> Moments {
        self.0.get(slot).copied().unwrap_or_default()
    }

    /// Adds the finite values of a batch.
    pub(crate) fn add(&mut self, slots: &[u32], slices: usize, values: &[f64]) {
        self.0.resize(slices, Moments::default());
        for (slot, value) in slots.iter().zip(values) {
            if *slot == NONE || !value.is_finite() {
                continue;
            }
            if let Some(moments) = self.0.get_mut(*slot as usize) {
                moments.add(*value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_far_from_0_costs_no_digits() {
        // 1e9 + 0, 1, 2: variance 2/3 of a population, 1 of a sample of three.
        let values: Vec<f64> = (0..30_000).map(|row| 1e9 + f64::from(row % 3)).collect();
        let mut moments = MomentsOf::default();
        for part in values.chunks(1_000) {
            moments.add(&vec![0; part.len()], 1, part);
        }
        let found = moments.of(0);
        let exact = (2.0 / 3.0 * 30_000.0 / 29_999.0_f64).sqrt();
        assert!((found.mean() - 1e9 - 1.0).abs() < 1e-6, "{found:?}");
        assert!((found.deviation().unwrap() / exact - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn one_value_does_not_vary() {
        let mut moments = MomentsOf::default();
        moments.add(&[0, 1, 0, NONE], 2, &[1.0, 5.0, f64::NAN, 9.0]);
        assert_eq!((moments.of(0).count, moments.of(0).deviation()), (1, None));
        assert_eq!((moments.of(1).mean(), moments.of(7).count), (5.0, 0));
    }
}
