//! Facts as the file that `tollgate gate --facts` reads.

use serde_json::{Map, Value, json};
use tollgate_engine::types::{Fact, FactValue};

/// The largest double up to which all whole numbers are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The text of a file of facts, one a line.
#[must_use]
pub fn document(facts: &[Fact]) -> String {
    let lines: Vec<String> = facts.iter().map(|fact| format!("  {}", value(fact))).collect();
    format!("{{ \"facts\": [\n{}\n] }}\n", lines.join(",\n"))
}

/// One fact.
pub(crate) fn value(fact: &Fact) -> Value {
    let mut object = Map::new();
    let mut give = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let labels: Map<String, Value> =
        fact.labels.iter().map(|label| (label.key.clone(), label.value.clone().into())).collect();
    give("name", Some(fact.name.clone().into()));
    give("subject", Some(fact.subject.clone().into()));
    give("labels", (!labels.is_empty()).then_some(Value::Object(labels)));
    give(
        "value",
        Some(match &fact.value {
            FactValue::Boolean(value) => (*value).into(),
            FactValue::Integer(value) => (*value).into(),
            FactValue::Number(value) => json!(value),
            FactValue::Text(value) => value.clone().into(),
            FactValue::Numbers(values) => values.iter().copied().map(number).collect(),
        }),
    );
    give("unit", fact.unit.clone().map(Value::from));
    give("samples", fact.samples.map(Value::from));
    give("observed_at", fact.observed_at.clone().map(Value::from));
    give("source", fact.source.clone().map(Value::from));
    Value::Object(object)
}

/// Counts are whole, in lists as well.
#[allow(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < EXACT && !(value == 0.0 && value.is_sign_negative()) {
        json!(value as i64)
    } else {
        json!(value)
    }
}
