//! What JSON has for the elements of tensors.

use alloc::format;
use alloc::string::{String, ToString as _};

use mlflow_schema::oip::Datatype;
use mlflow_schema::py::Py;

use mlflow_schema::fault::{Fault, Kind};

/// Checks one element.
pub(crate) fn check(datatype: Datatype, element: &Py<'_>) -> Result<(), Fault> {
    let fits = match datatype {
        Datatype::Bool => matches!(element, Py::Bool(_)),
        Datatype::Bytes => matches!(element, Py::Str(text) if text.as_str().is_some()),
        Datatype::Int(_) | Datatype::Uint(_) => {
            matches!(element, Py::Int(_) | Py::Uint(_) | Py::Big(_))
        }
        Datatype::Fp(_) | Datatype::Bf16 => {
            matches!(element, Py::Int(_) | Py::Uint(_) | Py::Big(_) | Py::Float(_))
        }
    };
    let name = datatype.name();
    if !fits {
        let message = format!("{name} wants {}, and this is {}", wants(datatype), kind(element));
        return Err(Fault::new(Kind::OipData, message).wanted(wants(datatype), element));
    }
    match range(datatype, element) {
        None => Ok(()),
        Some(range) => {
            let message = format!("the value is outside the range of {name}");
            Err(Fault::new(Kind::OipData, message).wanted(range, element))
        }
    }
}

fn wants(datatype: Datatype) -> &'static str {
    match datatype {
        Datatype::Bool => "true or false",
        Datatype::Bytes => "text",
        Datatype::Int(_) | Datatype::Uint(_) => "a whole number",
        Datatype::Fp(_) | Datatype::Bf16 => "a finite number",
    }
}

/// The range that an element leaves; none when it is inside.
fn range(datatype: Datatype, element: &Py<'_>) -> Option<String> {
    let (low, high) = match datatype {
        Datatype::Int(bits) => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        Datatype::Uint(bits) => (0, (1_i128 << bits) - 1),
        Datatype::Fp(_) | Datatype::Bf16 => return beyond(datatype, element),
        Datatype::Bool | Datatype::Bytes => return None,
    };
    let inside = match element {
        Py::Int(value) => (low..=high).contains(&i128::from(*value)),
        Py::Uint(value) => (low..=high).contains(&i128::from(*value)),
        _ => false,
    };
    (!inside).then(|| format!("{low} to {high}"))
}

fn beyond(datatype: Datatype, element: &Py<'_>) -> Option<String> {
    let value = match element {
        Py::Int(value) => *value as f64,
        Py::Uint(value) => *value as f64,
        Py::Big(digits) => digits.parse().unwrap_or(f64::INFINITY),
        Py::Float(value) => *value,
        _ => f64::NAN,
    };
    let most = match datatype {
        // The largest finite values of IEEE 754 binary16 and bfloat16.
        Datatype::Fp(16) => 65_504.0,
        Datatype::Bf16 => 3.389_531_389_251_535_5e38,
        Datatype::Fp(32) => f64::from(f32::MAX),
        _ => f64::MAX,
    };
    let inside = value.is_finite() && value.abs() <= most;
    (!inside).then(|| "a finite number in its range".to_string())
}

/// What a person calls an element; text with half a character is not text.
fn kind(element: &Py<'_>) -> &'static str {
    match element {
        Py::Str(text) if text.as_str().is_none() => "text with half a character",
        Py::Float(value) if !value.is_finite() => "not finite",
        other => other.kind(),
    }
}
