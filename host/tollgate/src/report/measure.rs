//! The number that a gate judged, and what it was held against.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use tollgate_engine::types::{Bound, Edge, Measure};

/// The number that a gate judged, and what it was held against. As JSON
/// `{"name", "value", "unit", "bound", "baseline"}`, where the bound is
/// `at_least` or `above` and `at_most` or `below`.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureReport(pub Measure);

impl Serialize for MeasureReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Measure { name, value, unit, bound, baseline } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("value", &number(*value))?;
        if let Some(unit) = unit {
            map.serialize_entry("unit", unit)?;
        }
        if let Some(bound) = bound {
            map.serialize_entry("bound", &edges(bound))?;
        }
        if let Some(baseline) = baseline {
            let baseline =
                [("name", Value::from(baseline.name.as_str())), ("value", number(baseline.value))];
            let baseline: Map<String, Value> =
                baseline.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            map.serialize_entry("baseline", &baseline)?;
        }
        map.end()
    }
}

fn edges(bound: &Bound) -> Map<String, Value> {
    let named = |edge: Option<Edge>, [with, without]: [&str; 2]| {
        edge.map(|Edge { at, included }| {
            ((if included { with } else { without }).to_owned(), number(at))
        })
    };
    let low = named(bound.low, ["at_least", "above"]);
    let high = named(bound.high, ["at_most", "below"]);
    low.into_iter().chain(high).collect()
}

/// A number; NaN and the infinities are text, JSON has no numbers for them.
pub(super) fn number(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => number.into(),
        None => crate::tree::non_finite_name(value).into(),
    }
}
