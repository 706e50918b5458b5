//! What the model gets, as JSON text.
//!
//! Plain JSON, but for what JSON cannot say: `{"$float": "NaN"}`,
//! `{"$bytes": base64}`, `{"$datetime": iso}`, `{"$date": iso}`,
//! `{"$decimal": text}`, `{"$ndarray": {dtype, shape, data}}`.

use alloc::string::{String, ToString as _};

use crate::data::Data;
use crate::json::{Text, write_f64, write_text};
use crate::params::Params;
use crate::py::{Array, Column, Dtype, Frame, Index, Py, base64_encode, write_iso};

/// The whole, `{"data": ..., "params": ...}`.
#[must_use]
pub(crate) fn document(data: &Data<'_>, params: &Params<'_>) -> String {
    let mut out = String::from("{\"data\":");
    write_data(&mut out, data);
    out.push_str(",\"params\":");
    match params {
        None => out.push_str("null"),
        Some(params) => entries(&mut out, params),
    }
    out.push('}');
    out
}

fn write_data(out: &mut String, data: &Data<'_>) {
    match data {
        Data::Frame(frame) => write_frame(out, frame),
        Data::Array(array) => {
            out.push_str("{\"kind\":\"ndarray\",");
            array_fields(out, array);
            out.push('}');
        }
        Data::Dict(items) => {
            out.push_str("{\"kind\":\"dict\",\"items\":");
            entries(out, items);
            out.push('}');
        }
        Data::List(items) => {
            out.push_str("{\"kind\":\"list\",\"items\":");
            list(out, items);
            out.push('}');
        }
        Data::Scalar(value) => {
            out.push_str("{\"kind\":\"scalar\",\"value\":");
            write(out, value);
            out.push('}');
        }
    }
}

fn write_frame(out: &mut String, frame: &Frame<'_>) {
    out.push_str("{\"kind\":\"dataframe\",\"index\":");
    match &frame.index {
        Index::Labels(labels) => list(out, labels),
        Index::Range(rows) => {
            out.push('[');
            for row in 0..*rows {
                if row > 0 {
                    out.push(',');
                }
                out.push_str(&row.to_string());
            }
            out.push(']');
        }
    }
    out.push_str(",\"columns\":[");
    for (at, column) in frame.columns.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_column(out, column);
    }
    out.push_str("]}");
}

fn write_column(out: &mut String, column: &Column<'_>) {
    let text = |cell: &Py<'_>| matches!(cell, Py::Str(_));
    let null = |cell: &Py<'_>| matches!(cell, Py::None);
    // An object column that holds nothing but text is text.
    let all_text = column.dtype == Dtype::Object
        && column.cells.iter().any(text)
        && column.cells.iter().all(|cell| text(cell) || null(cell));
    out.push_str("{\"name\":");
    write(out, &column.name);
    out.push_str(",\"dtype\":\"");
    out.push_str(&if all_text { Dtype::Text } else { column.dtype }.name());
    out.push_str("\",\"values\":[");
    for (row, cell) in column.cells.iter().enumerate() {
        if row > 0 {
            out.push(',');
        }
        match (column.dtype, cell) {
            (Dtype::Datetime(_) | Dtype::Zoned(_), Py::Time(Some(nanos))) => {
                out.push('"');
                write_iso(out, (*nanos).into(), 'T', 9);
                out.push('"');
            }
            _ => write(out, cell),
        }
    }
    out.push_str("]}");
}

fn array_fields(out: &mut String, array: &Array<'_>) {
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

fn list(out: &mut String, items: &[Py<'_>]) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn entries(out: &mut String, items: &[(Text<'_>, Py<'_>)]) {
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
pub(crate) fn write(out: &mut String, value: &Py<'_>) {
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
        Py::Date(days) => tagged(out, "$date", |out| {
            let mut iso = String::new();
            write_iso(&mut iso, i128::from(*days) * 86_400_000_000_000, 'T', 0);
            out.push_str(iso.split('T').next().unwrap_or_default());
        }),
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
