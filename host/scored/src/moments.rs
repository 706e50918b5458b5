//! Means and deviations, added up batch by batch.

use crate::codes::NONE;

/// How many values there are, their mean, and the sum of squared distances from
/// it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    /// How many.
    pub(crate) count: u64,
    /// Their mean.
    pub(crate) mean: f64,
    squares: f64,
}

/// Those of some slices.
#[derive(Debug, Clone, Default)]
pub(crate) struct MomentsOf {
    all: Vec<Moments>,
    batch: Vec<Batch>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Batch {
    count: u64,
    sum: f64,
    mean: f64,
    /// Distances from the mean: their sum, which is not quite 0, corrects it.
    distances: f64,
    squares: f64,
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

impl Moments {
    /// The deviation of a sample, over n - 1; none of fewer than two values.
    pub(crate) fn deviation(self) -> Option<f64> {
        let degrees = self.count.checked_sub(1).filter(|degrees| *degrees > 0)?;
        Some((self.squares / float(degrees)).sqrt())
    }

    /// Adds values of which the same is known (Chan, Golub and LeVeque, 1979).
    fn add(&mut self, other: Self) {
        let count = self.count + other.count;
        if count == 0 {
            return;
        }
        let apart = other.mean - self.mean;
        let share = float(other.count) / float(count);
        self.squares += other.squares + apart * apart * float(self.count) * share;
        self.mean += apart * share;
        self.count = count;
    }
}

impl MomentsOf {
    /// Those of a slice.
    pub(crate) fn of(&self, slot: usize) -> Moments {
        self.all.get(slot).copied().unwrap_or_default()
    }

    /// Adds the finite values of a batch: their mean first, then the distances
    /// from it, which loses no digits to a mean that is far from 0.
    pub(crate) fn add(&mut self, slots: &[u32], slices: usize, values: &[f64]) {
        self.all.resize(slices, Moments::default());
        self.batch.clear();
        self.batch.resize(slices, Batch::default());
        let rows = || slots.iter().zip(values).filter(|(slot, _)| **slot != NONE);
        for (slot, value) in rows() {
            if let Some(part) = self.batch.get_mut(*slot as usize)
                && value.is_finite()
            {
                part.count += 1;
                part.sum += value;
            }
        }
        for part in self.batch.iter_mut().filter(|part| part.count > 0) {
            part.mean = part.sum / float(part.count);
        }
        for (slot, value) in rows() {
            if let Some(part) = self.batch.get_mut(*slot as usize)
                && value.is_finite()
            {
                let distance = value - part.mean;
                part.distances += distance;
                part.squares += distance * distance;
            }
        }
        for (all, part) in self.all.iter_mut().zip(&self.batch) {
            if part.count > 0 {
                let off = part.distances / float(part.count);
                let squares = (part.squares - part.distances * off).max(0.0);
                all.add(Moments { count: part.count, mean: part.mean + off, squares });
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
        assert!((found.mean - 1e9 - 1.0).abs() < 1e-6, "{found:?}");
        assert!((found.deviation().unwrap() / exact - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn one_value_does_not_vary() {
        let mut moments = MomentsOf::default();
        moments.add(&[0, 1, 0, NONE], 2, &[1.0, 5.0, f64::NAN, 9.0]);
        assert_eq!((moments.of(0).count, moments.of(0).deviation()), (1, None));
        assert_eq!((moments.of(1).mean, moments.of(7).count), (5.0, 0));
    }
}
