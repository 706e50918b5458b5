//! The number that a rule judged, as data: in one unit with what it was held
//! against.

use alloc::string::String;

use tollgate_sdk::gate::{Bound, Edge, Measure};

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
/// unit (a third of a minute is no decimal), and where doubles would lie on
/// another side of the bound than the numbers that were compared.
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
        let number = unit.map_or(Some(base), |unit| unit.of_base(base))?;
        Some(number.to_f64())
    };
    let told_value = told(value)?;
    let edge = |edge: Option<(Decimal, bool)>| -> Option<Option<Edge>> {
        let Some((at, included)) = edge else { return Some(None) };
        let told_at = told(at)?;
        let is_same_side = told_value.partial_cmp(&told_at) == Some(value.cmp(&at));
        is_same_side.then_some(Some(Edge { at: told_at, included }))
    };
    let bound = Bound { low: edge(held.low)?, high: edge(held.high)? };
    let mut measure = Measure::new(name, told_value);
    if let Some((name, value)) = held.baseline {
        measure = measure.baseline(name, told(value)?);
    }
    if bound.low.is_some() || bound.high.is_some() {
        measure = measure.bound(bound);
    }
    measure.unit = unit.and_then(Unit::shown).map(String::from);
    Some(measure)
}
