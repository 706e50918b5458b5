//! Bins of rows.

use alloc::vec;
use alloc::vec::Vec;

/// Counts rows by bins of these edges, one more than bins. A bin holds its lower
/// edge and not its upper one; the first and the last hold whatever lies
/// outside, so that no row of a distribution that has moved is lost.
#[must_use]
pub fn count(rows: &[f64], edges: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    let last = counts.len().saturating_sub(1);
    for row in rows {
        let above = edges.partition_point(|edge| edge <= row);
        if let Some(count) = counts.get_mut(above.saturating_sub(1).min(last)) {
            *count += 1;
        }
    }
    counts
}

/// Edges of so many bins that hold as many of these rows each, where the rows
/// allow: quantiles, by linear interpolation (Hyndman and Fan's type 7, NumPy's
/// default), each once.
#[must_use]
pub fn quantile_edges(rows: &[f64], bins: u32) -> Vec<f64> {
    let mut sorted = rows.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut edges: Vec<f64> = Vec::new();
    for index in 0..=bins {
        let edge = quantile(&sorted, f64::from(index) / f64::from(bins));
        if edges.last().is_none_or(|last| *last < edge) {
            edges.push(edge);
        }
    }
    edges
}

/// The quantile of sorted rows, by linear interpolation (type 7).
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a call holds fewer rows than 2^32, and the place is among them"
)]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let below = libm::floor(place);
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or(f64::NAN);
    let (low, high) = (at(below as usize), at(below as usize + 1));
    let part = place - below;
    // From the nearer end, as NumPy does: each quantile lies between its rows.
    if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_at_an_edge_are_in_the_bin_that_begins_there() {
        let edges = [0.0, 1.0, 2.0];
        assert_eq!(count(&[-5.0, 0.0, 0.5, 1.0, 2.0, 7.0], &edges), [3, 3]);
        assert_eq!(count(&[1.0], &[f64::NEG_INFINITY, 1.0, f64::INFINITY]), [0, 1]);
    }

    #[test]
    fn equal_rows_make_one_edge() {
        assert_eq!(quantile_edges(&[1.0, 1.0, 1.0, 2.0], 2), [1.0, 2.0]);
        assert_eq!(quantile_edges(&[3.0; 9], 4), [3.0]);
        assert_eq!(quantile_edges(&[4.0, 1.0, 3.0, 2.0, 5.0], 4), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
