//! The range that a value must keep to.

use std::fmt::{self, Display, Write};

use tollgate_engine::types::{Bound, Edge};

use super::axis::{Axis, short};

/// A range in words: `at least 0.9`, `from 1 to 2`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounded(pub(super) Bound);

impl Display for Bounded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bound { low, high } = self.0;
        let low_words = |edge: Edge| {
            format!("{} {}", if edge.included { "at least" } else { "above" }, short(edge.at))
        };
        let high_words = |edge: Edge| {
            format!("{} {}", if edge.included { "at most" } else { "below" }, short(edge.at))
        };
        match (low, high) {
            (Some(low), Some(high)) if low.at.total_cmp(&high.at).is_eq() => {
                write!(out, "exactly {}", short(low.at))
            }
            (Some(low), Some(high)) => write!(out, "{}, {}", low_words(low), high_words(high)),
            (Some(low), None) => out.write_str(&low_words(low)),
            (None, Some(high)) => out.write_str(&high_words(high)),
            (None, None) => out.write_str("anything"),
        }
    }
}

/// Where it ends.
pub(super) fn edges(bound: Bound) -> impl Iterator<Item = f64> + Clone {
    [bound.low, bound.high].into_iter().flatten().map(|edge| edge.at)
}

/// From where to where it lies on an axis, in percent.
fn span(bound: Bound, axis: Axis) -> (f64, f64) {
    let from = bound.low.map_or(0.0, |edge| axis.percent(edge.at));
    let to = bound.high.map_or(100.0, |edge| axis.percent(edge.at));
    (from, to)
}

/// Draws it on a line of 28 pixels: the side that holds tinted, and a bracket
/// at each end that opens to that side, dashed where the end does not hold.
pub(super) fn draw_across(out: &mut String, bound: Bound, axis: Axis) -> fmt::Result {
    let (from, to) = span(bound, axis);
    if to > from {
        writeln!(
            out,
            "<rect class=\"kept\" x=\"{from:.2}%\" y=\"9\" width=\"{:.2}%\" height=\"10\" rx=\"3\"/>",
            to - from
        )?;
    }
    for (edge, at, inwards) in [(bound.low, from, 6), (bound.high, to, -6)] {
        let Some(edge) = edge else { continue };
        let class = if edge.included { "edge" } else { "edge open" };
        writeln!(
            out,
            "<svg x=\"{at:.2}%\"><path class=\"{class}\" d=\"M{inwards} 3H0V25H{inwards}\"/></svg>"
        )?;
    }
    Ok(())
}

/// Draws it behind a curve, `top` to `bottom` in pixels: the side that holds
/// tinted, and a line at each end.
pub(super) fn draw_behind(
    out: &mut String,
    bound: Bound,
    height: impl Fn(f64) -> f64,
    [top, bottom]: [f64; 2],
) -> fmt::Result {
    let above = bound.high.map_or(top, |edge| height(edge.at));
    let below = bound.low.map_or(bottom, |edge| height(edge.at));
    if below > above {
        writeln!(
            out,
            "<rect class=\"kept\" y=\"{above:.1}\" width=\"100%\" height=\"{:.1}\"/>",
            below - above
        )?;
    }
    for edge in [bound.low, bound.high].into_iter().flatten() {
        let (class, at) = (if edge.included { "edge" } else { "edge open" }, height(edge.at));
        writeln!(
            out,
            "<line class=\"{class}\" x1=\"0\" y1=\"{at:.1}\" x2=\"100%\" y2=\"{at:.1}\"/>"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_in_words() {
        let edge = |at, included| Some(Edge { at, included });
        let told = [
            (edge(0.9, true), None),
            (edge(0.9, false), None),
            (None, edge(50.0, true)),
            (None, edge(50.0, false)),
            (edge(1.0, true), edge(2.0, false)),
            (edge(0.0, true), edge(0.0, true)),
            (None, None),
        ]
        .map(|(low, high)| Bounded(Bound { low, high }).to_string());
        assert_eq!(
            told,
            [
                "at least 0.9",
                "above 0.9",
                "at most 50",
                "below 50",
                "at least 1, below 2",
                "exactly 0",
                "anything",
            ]
        );
    }
}
