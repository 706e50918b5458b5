//! What is known of one side of a test: a mean, or a proportion.

use alloc::format;
use alloc::string::String;

use super::groups::{rate, rate_of};
use crate::slice::Labels;
use crate::source::{Rows, Source};
use crate::statistic::rate::Rate;
use crate::statistic::welch::Moments;
use crate::trouble::{Sound, Trouble, doubt};

/// How far stated moments may lie from those of the rows.
const ROUNDING: f64 = 1e-9;

/// A proportion, and what says so.
pub(crate) fn proportion(
    source: &mut Source<'_, '_>,
    labels: &Labels,
) -> Sound<(Rate, &'static str)> {
    let counted = source.count("conversions", labels)?;
    let title = source.title("conversions", labels);
    let counted = counted.map(rate).transpose()?;
    let rows = source.flags("values", labels)?;
    match (counted, rows) {
        (Some(counted), Some((other, flags))) if counted != rate_of(&flags) => {
            doubt(format!("{title} and {other} say different things"))
        }
        (Some(counted), _) => Ok((counted, "counts")),
        (None, Some((_, flags))) => Ok((rate_of(&flags), "rows")),
        (None, None) => source.missing("conversions", &["values"], labels),
    }
}

/// The moments of a mean, and what says so.
pub(crate) fn moments(
    source: &mut Source<'_, '_>,
    labels: &Labels,
) -> Sound<(Moments, &'static str)> {
    let stated = stated(source, labels)?;
    let rows = source.rows("values", labels)?;
    let moments = |Rows { title, rows }: &Rows<'_>| match rows.len() {
        0 | 1 => Err(Trouble::Thin(format!("{title} is one row, which does not vary"))),
        _ => Ok(Moments::of_rows(rows)),
    };
    match (stated, rows) {
        (None, None) => source.missing("mean", &["values"], labels),
        (None, Some(rows)) => Ok((moments(&rows)?, "rows")),
        (Some((stated, _)), None) => Ok((stated, "moments")),
        (Some((stated, title)), Some(rows)) => {
            let of_rows = moments(&rows)?;
            let size = libm::fabs(of_rows.mean) + of_rows.deviation;
            let close = |one: f64, other: f64| libm::fabs(one - other) <= ROUNDING * size;
            let alike = close(stated.mean, of_rows.mean)
                && close(stated.deviation, of_rows.deviation)
                && stated.samples == of_rows.samples;
            if alike {
                return Ok((stated, "moments"));
            }
            doubt(format!("{title} and {} say different things", rows.title))
        }
    }
}

fn stated(source: &mut Source<'_, '_>, labels: &Labels) -> Sound<Option<(Moments, String)>> {
    let mean = source.number("mean", labels)?;
    let deviation = source.number("standard_deviation", labels)?;
    let ((title, mean, samples), (other, deviation, others)) = match (mean, deviation) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return source.missing("mean", &[], labels),
        (Some(_), None) => return source.missing("standard_deviation", &[], labels),
        (Some(mean), Some(deviation)) => (mean, deviation),
    };
    if deviation < 0.0 {
        return doubt(format!("{other} is {deviation}, and a deviation is 0 or more"));
    }
    match (samples, others) {
        (Some(one), Some(another)) if one != another => {
            doubt(format!("{title} is of {one} samples and {other} of {another}"))
        }
        (None, None) => doubt(format!("{title} does not say of how many samples it is")),
        (Some(samples), _) | (None, Some(samples)) if samples < 2 => {
            Err(Trouble::Thin(format!("{title} is of {samples} samples, and two vary at least")))
        }
        (Some(samples), _) | (None, Some(samples)) => {
            Ok(Some((Moments { mean, deviation, samples }, title)))
        }
    }
}
