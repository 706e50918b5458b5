//! How the values of a column are distributed.

use crate::codes::NONE;

/// So many values are kept, of all columns together, of which quantiles are
/// made: 256 MB.
pub(crate) const MOST_KEPT: usize = 32 << 20;

/// A column of numbers, in bins.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// The edges; none while values are kept to make some.
    edges: Option<Vec<f64>>,
    values: Vec<f64>,
    /// By subject and bin.
    counts: Vec<Vec<u64>>,
}

impl Histogram {
    /// With these edges, or with quantiles of its own values.
    pub(crate) fn new(edges: Option<Vec<f64>>, subjects: usize) -> Self {
        let bins = edges.as_ref().map_or(0, |edges| edges.len().saturating_sub(1));
        Self { edges, values: Vec::new(), counts: vec![vec![0; bins]; subjects] }
    }

    /// How many values are kept.
    pub(crate) fn kept(&self) -> usize {
        self.values.len()
    }

    /// The edges; none where the values are all the same, or there are none.
    pub(crate) fn edges(&self) -> Option<&[f64]> {
        self.edges.as_deref().filter(|edges| edges.len() > 2)
    }

    /// The counts of a subject's bins.
    pub(crate) fn of(&self, subject: usize) -> &[u64] {
        self.counts.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Adds the finite values of a batch.
    pub(crate) fn add(&mut self, subjects: &[u32], values: &[f64]) {
        let Self { edges, counts, values: kept } = self;
        for (subject, value) in subjects.iter().zip(values) {
            if *subject == NONE || !value.is_finite() {
                continue;
            }
            match edges {
                None => kept.push(*value),
                Some(edges) => count(edges, counts, *subject, *value),
            }
        }
    }

    /// Makes edges of the values that were kept, so many bins or fewer where
    /// values repeat, and counts them.
    pub(crate) fn settle(&mut self, bins: u32) {
        if self.edges.is_some() {
            return;
        }
        self.values.sort_unstable_by(f64::total_cmp);
        let edges = quantile_edges(&self.values, bins);
        self.counts = vec![vec![0; edges.len().saturating_sub(1)]];
        for value in std::mem::take(&mut self.values) {
            count(&edges, &mut self.counts, 0, value);
        }
        self.edges = Some(edges);
    }
}

/// A bin holds its lower edge and not its upper one; the first and the last hold
/// whatever lies outside, so that no row of a distribution that has moved is
/// lost.
fn count(edges: &[f64], counts: &mut [Vec<u64>], subject: u32, value: f64) {
    let Some(counts) = counts.get_mut(subject as usize) else { return };
    let above = edges.partition_point(|edge| *edge <= value);
    let last = counts.len().saturating_sub(1);
    if let Some(count) = counts.get_mut(above.saturating_sub(1).min(last)) {
        *count += 1;
    }
}

/// Quantiles by linear interpolation (type 7 of Hyndman and Fan, 1996, NumPy's
/// default), each once.
fn quantile_edges(sorted: &[f64], bins: u32) -> Vec<f64> {
    let mut edges: Vec<f64> = Vec::new();
    if sorted.is_empty() {
        return edges;
    }
    for index in 0..=bins {
        let edge = quantile(sorted, f64::from(index) / f64::from(bins)) + 0.0;
        if edges.last().is_none_or(|last| *last < edge) {
            edges.push(edge);
        }
    }
    edges
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fewer values are kept than a double counts, and the place is among them"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let below = place.floor();
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or(f64::NAN);
    let (low, high) = (at(below as usize), at(below as usize + 1));
    let part = place - below;
    // From the nearer end, as NumPy does: each quantile lies between its rows.
    if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
}

/// A column of few values, counted.
#[derive(Debug)]
pub(crate) struct Categories {
    /// By subject and code.
    counts: Vec<Vec<u64>>,
}

impl Categories {
    pub(crate) fn new(subjects: usize) -> Self {
        Self { counts: vec![Vec::new(); subjects] }
    }

    /// The counts of a subject, by code.
    pub(crate) fn of(&self, subject: usize) -> &[u64] {
        self.counts.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Adds the codes of a batch, of which there are so many.
    pub(crate) fn add(&mut self, subjects: &[u32], codes: &[u32], known: usize) {
        self.counts.iter_mut().for_each(|counts| counts.resize(known, 0));
        for (subject, code) in subjects.iter().zip(codes) {
            let counts = self.counts.get_mut(*subject as usize);
            if let Some(count) = counts.and_then(|counts| counts.get_mut(*code as usize)) {
                *count += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_at_an_edge_are_in_the_bin_that_begins_there() {
        let mut histogram = Histogram::new(Some(vec![0.0, 1.0, 2.0]), 1);
        let values = [-5.0, 0.0, 0.5, 1.0, 2.0, 7.0, f64::NAN];
        histogram.add(&[0; 7], &values);
        assert_eq!(histogram.of(0), [3, 3]);
    }

    #[test]
    fn edges_are_quantiles_each_once() {
        let settled = |values: &[f64], bins| {
            let mut histogram = Histogram::new(None, 1);
            histogram.add(&vec![0; values.len()], values);
            histogram.settle(bins);
            (histogram.edges().map(<[f64]>::to_vec), histogram.of(0).to_vec())
        };
        let values = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(settled(&values, 4), (Some(vec![1.0, 2.0, 3.0, 4.0, 5.0]), vec![1, 1, 1, 2]));
        assert_eq!(
            settled(&[1.0, 1.0, 2.0, 3.0], 4),
            (Some(vec![1.0, 1.5, 2.25, 3.0]), vec![2, 1, 1])
        );
        assert_eq!(settled(&[3.0; 9], 4).0, None);
        assert_eq!(settled(&[], 4).0, None);
    }
}
