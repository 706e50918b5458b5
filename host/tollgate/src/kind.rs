//! Kinds of values that policies read.

use tollgate_engine::types::{Kind, Value};

/// A value as the kind that an input wants: an integer is also a number.
/// None when it is of another kind. Null fits every kind.
#[must_use]
pub fn of_kind(value: Value, kind: Kind) -> Option<Value> {
    match (value, kind) {
        // Beyond 2^53 the nearest double, as every reader of JSON has it.
        (Value::Integer(value), Kind::Number) => Some(Value::Number(value as f64)),
        (value @ Value::Null, _)
        | (value @ Value::Boolean(_), Kind::Boolean)
        | (value @ Value::Integer(_), Kind::Integer)
        | (value @ Value::Number(_), Kind::Number)
        | (value @ Value::Text(_), Kind::Text) => Some(value),
        _ => None,
    }
}

/// The kind in a sentence.
#[must_use]
pub fn kind_phrase(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "a boolean",
        Kind::Integer => "an integer",
        Kind::Number => "a number",
        Kind::Text => "text",
    }
}
