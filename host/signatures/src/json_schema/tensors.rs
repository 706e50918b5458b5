//! Tensors as nested lists.

use super::kinds::{BEYOND_DOUBLE, FLOAT, Losses, TIME, range, typed};
use crate::json::Json;
use crate::schema::{Dtype, Tensor};

/// A tensor that callers send.
pub(super) fn sent(tensor: &Tensor, at: &str, losses: &mut Losses) -> Json {
    let at = format!("{at}/tensor-spec");
    if tensor.dtype == Dtype::Object && tensor.shape == [-1] {
        losses.add(&at, "MLflow takes anything for objects of one open dimension");
    }
    if tensor.shape.get(1..).unwrap_or_default().contains(&-1) {
        losses.add(
            &at,
            "lists must have equal lengths, which JSON Schema cannot say of an open dimension",
        );
    }
    if tensor.shape.contains(&0) {
        losses.add(&at, "MLflow makes no tensor of an empty list");
        return Json::map([("not", Json::Map(Vec::new()))]);
    }
    lists(&tensor.shape, element(tensor.dtype, &at, losses))
}

/// A tensor that readers get.
pub(super) fn given(tensor: &Tensor) -> Json {
    lists(&tensor.shape, element(tensor.dtype, "", &mut Losses::default()))
}

/// The shape, innermost first. No list may be empty: MLflow makes none of an
/// empty list that has the shape.
fn lists(shape: &[i64], element: Json) -> Json {
    shape.iter().rev().fold(element, |items, length| {
        let list = typed("array", false).with("items", items);
        if *length == -1 {
            list.with("minItems", 1_i64)
        } else {
            list.with("minItems", *length).with("maxItems", *length)
        }
    })
}

fn element(dtype: Dtype, at: &str, losses: &mut Losses) -> Json {
    let whole = |low: &str, high: &str| range(typed("integer", false), low, high);
    let none = || Json::map([("not", Json::Map(Vec::new()))]);
    match dtype {
        Dtype::Bool => typed("boolean", false),
        Dtype::Int(8) => whole("-128", "127"),
        Dtype::Int(16) => whole("-32768", "32767"),
        Dtype::Int(32) => whole("-2147483648", "2147483647"),
        Dtype::Uint(8) => whole("0", "255"),
        Dtype::Uint(16) => whole("0", "65535"),
        Dtype::Uint(32) => whole("0", "4294967295"),
        Dtype::Int(_) | Dtype::Uint(_) => {
            losses.add(at, "JSON Schema cannot tell 2 from 2.0, beside which large numbers change");
            if matches!(dtype, Dtype::Int(_)) {
                whole("-9223372036854775808", "9223372036854775807")
            } else {
                whole("0", "18446744073709551615")
            }
        }
        Dtype::Float(bits) => {
            losses.add(at, BEYOND_DOUBLE);
            match bits {
                16 => range(typed("number", false), "-65504", "65504"),
                32 => range(typed("number", false), &format!("-{FLOAT}"), FLOAT),
                _ => typed("number", false),
            }
        }
        Dtype::Unicode | Dtype::Text => typed("string", false),
        Dtype::Datetime(_) => typed("string", false).with("pattern", TIME),
        Dtype::Object => {
            losses.add(at, "elements may be anything");
            Json::Boolean(true)
        }
        _ => {
            losses.add(at, &format!("JSON has no `{}`", dtype.name()));
            none()
        }
    }
}
