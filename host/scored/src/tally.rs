//! What is counted of each slice.

use crate::cells::{NO_FLAG, SET};
use crate::codes::NONE;
use crate::moments::MomentsOf;
use crate::ranks::Ranks;

/// A batch, as it is counted.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    /// What was predicted; nothing where nobody predicts.
    pub(crate) predictions: &'a [u8],
    /// What came out.
    pub(crate) outcomes: &'a [u8],
    /// The scores.
    pub(crate) scores: &'a [f64],
    /// Of each mean, the values.
    pub(crate) means: Vec<&'a [f64]>,
    /// Of each proportion, the flags.
    pub(crate) conversions: Vec<&'a [u8]>,
}

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// All rows.
    pub(crate) rows: Vec<u64>,
    /// Rows that are predicted negative and positive, where outcomes are not
    /// asked for.
    pub(crate) selected: Vec<[u64; 2]>,
    /// True negatives, false negatives, false positives, true positives.
    pub(crate) confusion: Vec<[u64; 4]>,
    /// By bin of the score.
    pub(crate) calibration: Option<Calibration>,
    /// For the area under the curve.
    pub(crate) ranks: Option<Ranks>,
    /// Of each mean.
    pub(crate) means: Vec<MomentsOf>,
    /// Of each proportion, rows that did not and that did convert.
    pub(crate) conversions: Vec<Vec<[u64; 2]>>,
}

impl Tally {
    /// Adds the rows of a batch, each to its slice.
    pub(crate) fn add(&mut self, slots: &[u32], slices: usize, batch: &Batch<'_>) {
        self.rows.resize(slices, 0);
        for slot in slots {
            if let Some(rows) = self.rows.get_mut(*slot as usize) {
                *rows += 1;
            }
        }
        if batch.outcomes.is_empty() {
            count(&mut self.selected, slots, slices, batch.predictions.iter().copied());
        } else {
            let pairs = batch.predictions.iter().zip(batch.outcomes);
            let cells = pairs.map(|(predicted, came)| match (*predicted, *came) {
                (predicted @ ..NO_FLAG, came @ ..NO_FLAG) => predicted * 2 + came,
                _ => u8::MAX,
            });
            count(&mut self.confusion, slots, slices, cells);
        }
        if let Some(calibration) = &mut self.calibration {
            calibration.add(slots, slices, batch.scores, batch.outcomes);
        }
        if let Some(ranks) = &mut self.ranks {
            ranks.add(slots, slices, batch.scores, batch.outcomes);
        }
        for (moments, values) in self.means.iter_mut().zip(&batch.means) {
            moments.add(slots, slices, values);
        }
        for (counts, flags) in self.conversions.iter_mut().zip(&batch.conversions) {
            count(counts, slots, slices, flags.iter().copied());
        }
    }
}

/// Counts each row in its cell; one beyond the cells is left out.
fn count<const N: usize>(
    counts: &mut Vec<[u64; N]>,
    slots: &[u32],
    slices: usize,
    cells: impl Iterator<Item = u8>,
) {
    counts.resize(slices, [0; N]);
    for (slot, cell) in slots.iter().zip(cells) {
        let place = counts.get_mut(*slot as usize).and_then(|of| of.get_mut(usize::from(cell)));
        if let Some(count) = place {
            *count += 1;
        }
    }
}

/// Bins of equal width from 0 to 1. A bin holds its upper edge and not its
/// lower one, the first both, as scikit-learn's `calibration_curve` has it.
#[derive(Debug)]
pub(crate) struct Calibration {
    edges: Vec<f64>,
    bins: Vec<Bin>,
}

/// The rows of a bin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bin {
    /// How many.
    pub(crate) count: u64,
    /// How many of them came out positive.
    pub(crate) positives: u64,
    sum: f64,
    /// What the sum lost to rounding (Neumaier, 1974).
    lost: f64,
}

impl Bin {
    /// The sum of their scores.
    pub(crate) fn score_sum(&self) -> f64 {
        self.sum + self.lost
    }

    fn add(&mut self, score: f64, positive: bool) {
        self.count += 1;
        self.positives += u64::from(positive);
        let sum = self.sum + score;
        self.lost +=
            if self.sum >= score { (self.sum - sum) + score } else { (score - sum) + self.sum };
        self.sum = sum;
    }
}

impl Calibration {
    /// So many bins.
    pub(crate) fn new(bins: u32) -> Self {
        let edges = (1..bins).map(|index| f64::from(index) / f64::from(bins)).collect();
        Self { edges, bins: Vec::new() }
    }

    /// The bins of a slice.
    pub(crate) fn of(&self, slot: usize) -> &[Bin] {
        let width = self.edges.len() + 1;
        self.bins.get(slot * width..(slot + 1) * width).unwrap_or_default()
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a guess, of a score from 0 to 1, that is put right"
    )]
    fn bin(&self, score: f64) -> usize {
        let mut bin = ((score * (self.edges.len() + 1) as f64) as usize).min(self.edges.len());
        while bin > 0 && self.edges.get(bin - 1).is_some_and(|edge| *edge >= score) {
            bin -= 1;
        }
        while self.edges.get(bin).is_some_and(|edge| *edge < score) {
            bin += 1;
        }
        bin
    }

    fn add(&mut self, slots: &[u32], slices: usize, scores: &[f64], outcomes: &[u8]) {
        let width = self.edges.len() + 1;
        self.bins.resize(slices * width, Bin::default());
        for ((slot, score), outcome) in slots.iter().zip(scores).zip(outcomes) {
            if *slot == NONE || *outcome >= NO_FLAG || !(0.0..=1.0).contains(score) {
                continue;
            }
            let place = *slot as usize * width + self.bin(*score);
            if let Some(bin) = self.bins.get_mut(place) {
                bin.add(*score, *outcome == SET);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_those_of_the_gate() {
        for bins in [2, 3, 10, 15, 49, 1000] {
            let calibration = Calibration::new(bins);
            let edges = calibration.edges.clone();
            let near = |edge: &f64| [edge.next_down(), *edge, edge.next_up()];
            let scores = edges.iter().flat_map(near).chain([0.0, 1.0, f64::MIN_POSITIVE]);
            for score in scores {
                let gate = edges.partition_point(|edge| *edge < score);
                assert_eq!(calibration.bin(score), gate, "{score} of {bins} bins");
            }
        }
    }

    #[test]
    fn rows_that_cannot_be_used_are_left_out_and_counted() {
        let mut tally = Tally { calibration: Some(Calibration::new(2)), ..Tally::default() };
        let batch = Batch {
            predictions: &[1, 1, 0, 0, 2, 1],
            outcomes: &[1, 0, 1, 0, 1, 3],
            scores: &[0.9, 0.6, 0.5, 1.5, f64::NAN, 0.7],
            ..Batch::default()
        };
        tally.add(&[0, 0, 0, 0, 0, 0], 1, &batch);
        assert_eq!((&tally.rows[..], &tally.confusion[..]), (&[6][..], &[[1, 1, 1, 1]][..]));
        let bins = tally.calibration.unwrap();
        let bins = bins.of(0).iter().map(|bin| (bin.count, bin.positives, bin.score_sum()));
        assert_eq!(bins.collect::<Vec<_>>(), [(1, 1, 0.5), (2, 1, 1.5)]);
    }
}
