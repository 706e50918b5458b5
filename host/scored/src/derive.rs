//! Metrics that follow from counts.

use crate::spec::Metric;

/// How rows were predicted and came out: true negatives, false negatives, false
/// positives, true positives.
pub(crate) type Confusion = [u64; 4];

/// A metric of a confusion matrix; none where it divides by nothing.
pub(crate) fn metric(metric: Metric, confusion: Confusion) -> Option<f64> {
    let [true_negatives, false_negatives, false_positives, true_positives] = confusion;
    let total = confusion.iter().sum();
    match metric {
        Metric::Accuracy => share(true_positives + true_negatives, total),
        Metric::Precision => share(true_positives, true_positives + false_positives),
        Metric::Recall => share(true_positives, true_positives + false_negatives),
        Metric::F1 => {
            share(2 * true_positives, 2 * true_positives + false_positives + false_negatives)
        }
        Metric::Auc => None,
    }
}

/// Why a metric has no value.
pub(crate) fn undefined(metric: Metric) -> &'static str {
    match metric {
        Metric::Accuracy => "there are no rows",
        Metric::Precision => "nothing was predicted positive",
        Metric::Recall => "nothing came out positive",
        Metric::F1 => "nothing was predicted positive and nothing came out so",
        Metric::Auc => "all rows came out alike",
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows stay far below 2^53")]
fn share(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_divides_by_nothing_has_no_value() {
        let of = |confusion| Metric::ALL.map(|name| metric(name, confusion));
        let (precision, recall, f1) = (Some(0.8), Some(2.0 / 3.0), Some(8.0 / 11.0));
        assert_eq!(of([3, 2, 1, 4]), [Some(0.7), precision, recall, f1, None]);
        assert_eq!(of([5, 0, 0, 0]), [Some(1.0), None, None, None, None]);
        assert_eq!(of([0, 0, 5, 0]), [Some(0.0), Some(0.0), None, Some(0.0), None]);
        assert_eq!(of([0; 4]), [None; 5]);
    }
}
