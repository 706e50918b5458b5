//! The area under the ROC curve, which needs every score at hand.

use crate::cells::{SET, UNSET};
use crate::codes::NONE;

/// So many scores are kept, of all slices together: 256 MB.
const MOST_KEPT: usize = 32 << 20;

/// The scores of some slices.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    slices: Vec<[Vec<f64>; 2]>,
    kept: usize,
}

impl Ranks {
    /// Adds the scores that are numbers, of rows with an outcome.
    pub(crate) fn add(&mut self, slots: &[u32], slices: usize, scores: &[f64], outcomes: &[u8]) {
        self.slices.resize_with(slices, Default::default);
        if self.is_over() {
            return;
        }
        for ((slot, score), outcome) in slots.iter().zip(scores).zip(outcomes) {
            if *slot == NONE || !score.is_finite() {
                continue;
            }
            let Some([negatives, positives]) = self.slices.get_mut(*slot as usize) else {
                continue;
            };
            match *outcome {
                UNSET => negatives.push(*score),
                SET => positives.push(*score),
                _ => continue,
            }
            self.kept += 1;
        }
        if self.is_over() {
            self.slices.iter_mut().for_each(|slice| *slice = Default::default());
        }
    }

    /// Whether there are more than can be kept.
    pub(crate) fn is_over(&self) -> bool {
        self.kept > MOST_KEPT
    }

    /// The area of each slice, the chance that a positive has a higher score
    /// than a negative, ties counted half (Hanley and McNeil, 1982); none
    /// without both.
    pub(crate) fn areas(self) -> Vec<Area> {
        let area_of = |[negatives, positives]: [Vec<f64>; 2]| {
            let rows = (negatives.len() + positives.len()) as u64;
            Area { rows, area: area(negatives, positives) }
        };
        self.slices.into_iter().map(area_of).collect()
    }
}

/// The area of a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    /// How many rows have a score and an outcome.
    pub(crate) rows: u64,
    /// None where all came out alike.
    pub(crate) area: Option<f64>,
}

#[allow(clippy::cast_precision_loss, reason = "the quotient has a double's digits, no more")]
fn area(negatives: Vec<f64>, positives: Vec<f64>) -> Option<f64> {
    let sorted = |mut scores: Vec<f64>| {
        // A zero is a zero, whatever its sign.
        scores.iter_mut().for_each(|score| *score += 0.0);
        scores.sort_unstable_by(f64::total_cmp);
        scores
    };
    let (negatives, positives) = (sorted(negatives), sorted(positives));
    // Twice the pairs that are won, so that half of one is whole.
    let mut wins = 0_u128;
    let mut below = negatives.iter().peekable();
    let mut equal = negatives.iter().peekable();
    let (mut less, mut at_most) = (0_u128, 0_u128);
    for score in &positives {
        while below.next_if(|negative| *negative < score).is_some() {
            less += 1;
        }
        while equal.next_if(|negative| *negative <= score).is_some() {
            at_most += 1;
        }
        wins += less + at_most;
    }
    let pairs = 2 * negatives.len() as u128 * positives.len() as u128;
    (pairs > 0).then(|| wins as f64 / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half() {
        assert_eq!(area(vec![0.1, 0.2], vec![0.3, 0.4]), Some(1.0));
        assert_eq!(area(vec![0.5, 0.5], vec![0.5]), Some(0.5));
        assert_eq!(area(vec![-0.0], vec![0.0]), Some(0.5));
        assert_eq!(area(vec![0.1, 0.4, 0.35], vec![0.8, 0.35]), Some(4.5 / 6.0));
        assert_eq!(area(vec![], vec![0.5]), None);
    }
}
