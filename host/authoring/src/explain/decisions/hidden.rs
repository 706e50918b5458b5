//! Numbers that a policy changes its mind at, and that its settings do not hold:
//! the 4.5 of `n * 2.0 > 9.0`.

use std::collections::BTreeSet;

use tollgate::judge::JudgeError;
use tollgate_engine::types::Value;

use super::ask::Asker;
use super::{Axis, with};

/// So often an interval of doubles can be halved until nothing is in between.
const HALVED: usize = 1100;

/// Where parts of inputs should be divided; one number a part at most.
pub(super) fn boundaries(
    asker: &mut Asker,
    axes: &[Axis],
    drawn: &[Vec<Value>],
    compared: &BTreeSet<String>,
) -> Result<Vec<f64>, JudgeError> {
    let mut found = Vec::new();
    // What is compared with another input changes at another number each time.
    let is_asked = |axis: &Axis| axis.is_ordered() && !compared.contains(&axis.name);
    for (at, axis) in axes.iter().enumerate().filter(|(_, axis)| is_asked(axis)) {
        for part in axis.valid.iter().filter_map(|part| axis.parts.get(*part)) {
            let Some((first, others)) = part.values.split_first() else { continue };
            'cases: for case in drawn {
                let middle = asker.ask(&with(case, at, first))?;
                for other in others {
                    if !asker.ask(&with(case, at, other))?.is_as(&middle) {
                        found.extend(between(asker, case, at, first, other)?);
                        break 'cases;
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The last number on the lower side of the place between two values where the
/// action changes, or the first on the upper one: whichever is shorter.
fn between(
    asker: &mut Asker,
    case: &[Value],
    at: usize,
    one: &Value,
    other: &Value,
) -> Result<Option<f64>, JudgeError> {
    let (Some(one), Some(other)) = (number(one), number(other)) else { return Ok(None) };
    let is_whole = matches!(case.get(at), Some(Value::Integer(_)));
    let value = |number: f64| if is_whole { whole(number) } else { Value::Number(number) };
    let (mut low, mut high) = (one.min(other), one.max(other));
    let below = asker.ask(&with(case, at, &value(low)))?;
    for _ in 0..HALVED {
        let middle = f64::midpoint(low, high);
        let middle = if is_whole { middle.floor() } else { middle };
        if middle <= low || middle >= high {
            break;
        }
        match asker.ask(&with(case, at, &value(middle)))?.is_as(&below) {
            true => low = middle,
            false => high = middle,
        }
    }
    let length = |number: f64| number.to_string().len();
    Ok(Some(if length(low) <= length(high) { low } else { high }))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        #[allow(clippy::cast_precision_loss, reason = "integers beyond are no boundaries")]
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a cast goes to the nearest end")]
fn whole(number: f64) -> Value {
    Value::Integer(number as i64)
}
