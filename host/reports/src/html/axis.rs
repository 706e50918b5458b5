//! From numbers to places on a line.

use std::fmt::{self, Write};

/// A line that holds all of some numbers, with a margin on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    least: f64,
    most: f64,
}

/// Of the numbers' range, on each side.
const MARGIN: f64 = 0.12;

impl Axis {
    /// From 0 to 1.
    pub(super) const UNIT: Self = Self { least: 0.0, most: 1.0 };

    /// None for no numbers.
    pub(super) fn of(numbers: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let least = numbers.clone().reduce(f64::min)?;
        let most = numbers.reduce(f64::max)?;
        // Of equal numbers, one hundredth or something at all. Halves, since
        // the whole range may be beyond a number's.
        let half = (most / 2.0 - least / 2.0).max(most.abs() / 200.0).max(f64::MIN_POSITIVE);
        let margin = 2.0 * MARGIN * half;
        // Shares end at 1, and what is counted or measured at 0: an axis that
        // goes on would show what cannot be.
        let (floor, ceiling) = match (least >= 0.0, most <= 1.0) {
            (true, true) => (0.0, 1.0),
            (true, false) => (0.0, f64::INFINITY),
            (false, _) => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let (least, most) = ((least - margin).max(floor), (most + margin).min(ceiling));
        (least.is_finite() && most.is_finite() && most > least).then_some(Self { least, most })
    }

    /// Where a number is, in percent of the line.
    pub(super) fn percent(self, number: f64) -> f64 {
        let share = (number / 2.0 - self.least / 2.0) / (self.most / 2.0 - self.least / 2.0);
        (share * 100.0).clamp(0.0, 100.0)
    }

    /// Its ends, below what lies on it.
    pub(super) fn draw(self, out: &mut String) -> fmt::Result {
        let (least, most) = (short(self.least), short(self.most));
        writeln!(
            out,
            "<div class=\"scale\"><span>{least}</span><span>scale</span><span>{most}</span></div>"
        )
    }
}

/// A number with the digits that a picture can show.
pub(super) fn short(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        return format!("{number:.3e}");
    }
    let digits = if size >= 1000.0 { 1 } else { 4 };
    let text = format!("{number:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_on_the_line_in_their_order() {
        for numbers in [
            &[0.5, 0.9][..],
            &[1.0, 1.0],
            &[0.0],
            &[-1e300, 1e300],
            &[1e-320, 2e-320],
            &[f64::MIN / 4.0, f64::MAX / 4.0],
            &[12.0, 40.0, 50.0],
            &[0.0, 1.0],
            &[1.0],
        ] {
            let axis = Axis::of(numbers.iter().copied()).unwrap();
            let places: Vec<f64> = numbers.iter().map(|number| axis.percent(*number)).collect();
            assert!(places.iter().all(|place| (0.0..=100.0).contains(place)), "{places:?}");
            assert!(places.is_sorted(), "{places:?}");
        }
        let ends = |numbers: [f64; 2]| Axis::of(numbers.into_iter()).unwrap();
        assert_eq!(ends([0.01, 0.99]), Axis::UNIT);
        assert_eq!(ends([0.0, 100.0]).least, 0.0);
        assert_eq!(Axis::of(std::iter::empty()), None);
        assert_eq!(Axis::of([f64::MIN, f64::MAX].into_iter()), None, "beyond what can be drawn");
    }

    #[test]
    fn numbers_are_short() {
        let short: Vec<String> =
            [0.887_719_298, 50.0, 0.0, -0.25, 1234.56, 1e-9, 1e20].map(short).to_vec();
        assert_eq!(short, ["0.8877", "50", "0", "-0.25", "1234.6", "1.000e-9", "1.000e20"]);
    }
}
