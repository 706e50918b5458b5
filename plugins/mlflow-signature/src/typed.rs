//! What a program hands to `predict` itself, written down: typed columns,
//! typed arrays, or a plain object.
//!
//! A JSON object with exactly one of `frame`, `tensor`, `tensors` and `value`,
//! and maybe `params`. Values that JSON cannot say are tagged, as they are in
//! what the plugin answers (module `normal`).

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::py::{Column, Dtype, Frame, Index, Py, infer, loads};
use mlflow_schema::step::escaped;

use crate::body::{Body, Field};
use crate::columns;
use crate::data::Data;
use crate::tags::{array, dtype, entries, list, malformed, untag, untagged};

/// Data, and the parameters beside it.
#[derive(Debug)]
pub(crate) struct Typed<'a> {
    pub(crate) field: Field,
    pub(crate) data: Data<'a>,
    pub(crate) params: Py<'a>,
}

impl<'a> Typed<'a> {
    /// The same as a body, to compare with what becomes of it. A frame is a
    /// list of columns, each a list of cells.
    pub(crate) fn body(&self) -> Body<'a> {
        let data = match &self.data {
            Data::Frame(frame) => of_columns(frame),
            Data::Array(array) => array.clone().boxed(),
            Data::Dict(items) => Py::Dict(items.clone()),
            Data::List(items) => Py::List(items.clone()),
            Data::Scalar(value) => value.clone(),
        };
        let params = self.params.clone();
        Body { field: self.field, data, params, ignored: Vec::new(), twice: None }
    }
}

/// A frame's columns, as [`Body`] holds them.
pub(crate) fn of_columns<'a>(frame: &Frame<'a>) -> Py<'a> {
    let names = frame.columns.iter().map(|column| column.name.clone()).collect();
    let cells = frame.columns.iter().map(|column| Py::List(column.cells.clone())).collect();
    Py::Dict(alloc::vec![
        (Text::new("columns"), Py::List(names)),
        (Text::new("data"), Py::List(cells)),
    ])
}

/// Reads data.
///
/// # Errors
/// Where the text is not in this notation.
pub(crate) fn read(payload: &[u8]) -> Result<Typed<'_>, Fault> {
    let whole = loads(payload).map_err(|error| {
        let message = format!("the data is no JSON: expected {} at byte {}", error.what, error.at);
        Fault::new(Kind::BadJson, message)
    })?;
    let Py::Dict(items) = whole else {
        return Err(unclear("the data must be an object", whole.kind()));
    };
    let mut params = Py::None;
    let mut found = None;
    for (key, mut value) in items {
        let field = match key.bytes() {
            b"frame" => Field::Frame,
            b"tensor" => Field::Tensor,
            b"tensors" => Field::Tensors,
            b"value" => Field::Value,
            b"params" => {
                untag(&mut value).map_err(|fault| fault.at("/params".to_string()))?;
                params = value;
                continue;
            }
            _ => {
                let key = key.lossy();
                let fault = unclear("the data has a field that is not known", &format!("`{key}`"));
                return Err(fault.at(format!("/{}", escaped(&key))));
            }
        };
        if found.replace((field, value)).is_some() {
            return Err(unclear("the data has more than one field", "several"));
        }
    }
    let Some((field, value)) = found else {
        return Err(unclear("the data has no field", "none"));
    };
    let data = match field {
        Field::Frame => frame(value).map(Data::Frame),
        Field::Tensor => array(value).map(Data::Array),
        Field::Tensors => arrays(value).map(Data::Dict),
        _ => untagged(value).map(Data::of),
    };
    let data = data.map_err(|mut fault| {
        fault.pointer.insert_str(0, field.key());
        fault.pointer.insert(0, '/');
        fault
    })?;
    Ok(Typed { field, data, params })
}

fn unclear(message: &str, actual: &str) -> Fault {
    let mut fault = malformed(message);
    fault.expected = "one of `frame`, `tensor`, `tensors`, `value`".to_string();
    fault.actual = actual.to_string();
    fault
}

fn frame(value: Py<'_>) -> Result<Frame<'_>, Fault> {
    let [columns, index] = entries(value, ["columns", "index"], "a frame")?;
    let mut rows = None;
    let mut built = Vec::new();
    for (place, value) in list(columns, "columns")?.into_iter().enumerate() {
        let at = |fault: Fault| {
            let inner = fault.pointer.clone();
            fault.at(format!("/columns/{place}{inner}"))
        };
        let column = column(value, place).map_err(at)?;
        if *rows.get_or_insert(column.cells.len()) != column.cells.len() {
            return Err(at(malformed("all columns of a frame must have the same number of rows")));
        }
        built.push(column);
    }
    let index = match index {
        None | Some(Py::None) => Index::Range(rows.unwrap_or(0)),
        labels => {
            let labels = list(labels, "index")?;
            let labels = labels.into_iter().map(untagged).collect::<Result<Vec<_>, _>>()?;
            if rows.is_some_and(|rows| rows != labels.len()) {
                return Err(malformed("`index` must have as many labels as there are rows"));
            }
            Index::of(labels)
        }
    };
    Ok(Frame { index, columns: built })
}

fn column(value: Py<'_>, place: usize) -> Result<Column<'_>, Fault> {
    let [name, kind, values] = entries(value, ["name", "dtype", "values"], "a column")?;
    let name = match name {
        None | Some(Py::None) => Py::Int(place as i64),
        Some(name @ (Py::Str(_) | Py::Int(_))) => name,
        Some(other) => {
            return Err(
                malformed("a column's name must be text or a number").wanted("text", &other)
            );
        }
    };
    let masked = matches!(&kind, Some(Py::Str(name)) if name.is("string"));
    let dtype = dtype(kind, Dtype::of_column)?;
    let mut cells = list(values, "values")?;
    for (row, cell) in cells.iter_mut().enumerate() {
        let sent = core::mem::replace(cell, Py::None);
        *cell = columns::of_value(sent, dtype)
            .map_err(|fault| fault.as_kind(Kind::BadData).at(format!("/values/{row}")))?;
    }
    let dtype = if masked { dtype.nullable(&cells) } else { dtype };
    Ok(match dtype {
        Dtype::Unicode => infer(name, cells),
        _ => Column { name, dtype, cells },
    })
}

fn arrays(value: Py<'_>) -> Result<Vec<(Text<'_>, Py<'_>)>, Fault> {
    let Py::Dict(items) = value else {
        return Err(malformed("`tensors` must be an object of arrays").wanted("an object", &value));
    };
    let mut out = Vec::with_capacity(items.len());
    for (name, value) in items {
        let (name, array) = match array(value) {
            Ok(array) => (name, array.boxed()),
            Err(fault) => {
                let pointer = format!("/{}{}", escaped(&name.lossy()), fault.pointer);
                return Err(fault.at(pointer));
            }
        };
        out.push((name, array));
    }
    Ok(out)
}
