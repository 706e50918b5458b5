//! The number that a rule judged, as data: in one unit with what it was held
//! against.

use alloc::string::String;

use tollgate_sdk::gate::{Bound, Measure};

use crate::decimal::Decimal;
use crate::unit::Unit;

/// What a value was held against, in the base of its unit's kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held<'a> {
    /// The least that it may be, and whether that is enough.
    pub low: Option<(Decimal, bool)>,
    /// The most that it may be, and whether that is not too much.
    pub high: Option<(Decimal, bool)>,
    /// What the bound was derived from, and its name.
    pub baseline: Option<(&'a str, Decimal)>,
}

/// A value in the base of its unit's kind and what it was held against, in the
/// first of `units` that says all of them exactly. None where there is no such
/// unit: a third of a minute is no decimal.
#[must_use]
pub fn measured(
    name: String,
    value: Decimal,
    held: Held<'_>,
    units: &[Option<&Unit>],
) -> Option<Measure> {
    units.iter().find_map(|unit| in_unit(&name, value, held, *unit))
}

fn in_unit(name: &str, value: Decimal, held: Held<'_>, unit: Option<&Unit>) -> Option<Measure> {
    let told = |base: Decimal| -> Option<f64> {
        let number = match unit {
            Some(unit) => unit.of_base(base)?,
            None => base,
        };
        Some(number.to_f64())
    };
    let edge = |edge: Option<(Decimal, bool)>| match edge {
        Some((at, included)) => told(at).map(|at| Some((at, included))),
        None => Some(None),
    };
    let (low, high) = (edge(held.low)?, edge(held.high)?);
    let mut measure = Measure::new(name, told(value)?);
    if let Some((name, value)) = held.baseline {
        measure = measure.baseline(name, told(value)?);
    }
    if low.is_some() || high.is_some() {
        let low =
            low.map(|(at, included)| if included { Bound::at_least(at) } else { Bound::above(at) });
        let high =
            high.map(|(at, included)| if included { Bound::at_most(at) } else { Bound::below(at) });
        measure = measure.bound(Bound {
            low: low.and_then(|bound| bound.low),
            high: high.and_then(|bound| bound.high),
        });
    }
    measure.unit = unit.and_then(Unit::shown).map(String::from);
    Some(measure)
}
