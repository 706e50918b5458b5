//! Python's objects as JSON text, in the notation of typed data.
//!
//! Plain JSON, but for what JSON cannot say: `{"$float": "NaN"}`,
//! `{"$bytes": base64}`, `{"$datetime": iso}`, `{"$date": iso}`,
//! `{"$decimal": text}`, `{"$ndarray": {dtype, shape, data}}`.

use alloc::string::{String, ToString as _};

use crate::json::{Text, write_f64, write_text};
use crate::py::{Array, Py, base64_encode, write_date, write_iso};

/// Writes the members of an array: dtype, shape and data.
pub fn array_fields(out: &mut String, array: &Array<'_>) {
    out.push_str("\"dtype\":\"");
    out.push_str(&array.dtype.name());
    out.push_str("\",\"shape\":[");
    for (at, length) in array.shape.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&length.to_string());
    }
    out.push_str("],\"data\":");
    list(out, &array.cells);
}

/// Writes a list.
pub fn list(out: &mut String, items: &[Py<'_>]) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// Writes an object of JSON.
pub fn entries(out: &mut String, items: &[(Text<'_>, Py<'_>)]) {
    out.push('{');
    for (at, (key, value)) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

/// Writes one object.
pub fn write(out: &mut String, value: &Py<'_>) {
    match value {
        Py::None | Py::Time(None) => out.push_str("null"),
        Py::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Py::Int(value) => out.push_str(&value.to_string()),
        Py::Int32(value) => out.push_str(&value.to_string()),
        Py::Uint(value) => out.push_str(&value.to_string()),
        Py::Big(raw) => out.push_str(raw),
        Py::Float(value) | Py::Float32(value) if value.is_nan() => {
            tagged(out, "$float", |out| out.push_str("NaN"));
        }
        Py::Float(value) | Py::Float32(value) if value.is_infinite() => {
            let word = if *value > 0.0 { "Infinity" } else { "-Infinity" };
            tagged(out, "$float", |out| out.push_str(word));
        }
        Py::Float(value) | Py::Float32(value) => write_f64(out, *value),
        Py::Str(text) => write_text(out, text),
        Py::List(items) => list(out, items),
        Py::Dict(items) => entries(out, items),
        Py::Bytes(bytes) => tagged(out, "$bytes", |out| out.push_str(&base64_encode(bytes))),
        Py::Time(Some(nanos)) => {
            tagged(out, "$datetime", |out| write_iso(out, (*nanos).into(), 'T', 9));
        }
        Py::Datetime(nanos) => tagged(out, "$datetime", |out| write_iso(out, *nanos, 'T', 0)),
        Py::Date(days) => tagged(out, "$date", |out| write_date(out, (*days).into())),
        Py::Decimal(raw) => tagged(out, "$decimal", |out| out.push_str(raw)),
        Py::Array(array) => {
            out.push_str("{\"$ndarray\":{");
            array_fields(out, array);
            out.push_str("}}");
        }
    }
}

fn tagged(out: &mut String, tag: &str, text: impl FnOnce(&mut String)) {
    out.push_str("{\"");
    out.push_str(tag);
    out.push_str("\":\"");
    text(out);
    out.push_str("\"}");
}

/// A value, in at most some 80 characters.
#[must_use]
pub fn shown(value: &Py<'_>) -> String {
    let mut out = String::new();
    write(&mut out, value);
    if out.chars().count() > 80 {
        out = out.chars().take(77).collect();
        out.push_str("...");
    }
    out
}
