//! What the model gets, as JSON text.
//!
//! Plain JSON, but for what JSON cannot say (module `notation` of the crate
//! `mlflow-schema`).

use alloc::string::{String, ToString as _};

use mlflow_schema::notation::{array_fields, entries, list, write};
use mlflow_schema::param::Params;
use mlflow_schema::py::{Column, Dtype, Frame, Index, Py, write_iso};

use crate::data::Data;

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
