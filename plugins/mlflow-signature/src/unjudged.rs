//! What judged nothing has not passed: payloads without rows, and signatures
//! without anything to judge by.

use alloc::format;
use alloc::string::ToString as _;

use mlflow_schema::py::{Array, Py};

use crate::body::{Body, Field, Origin};
use crate::data::Data;
use crate::fault::{Fault, Kind};

/// There is no row.
pub(crate) fn no_rows() -> Fault {
    empty("there are no rows, so nothing was judged", "at least one row")
}

/// There is no tensor, though each may be left out.
pub(crate) fn no_tensors() -> Fault {
    empty("there are no tensors, so nothing was judged", "at least one tensor")
}

/// A tensor has no element.
pub(crate) fn no_elements(name: &str, shape: &[impl core::fmt::Debug]) -> Fault {
    let message = match name {
        "" => "the tensor is empty, so nothing was judged".to_string(),
        name => format!("the tensor `{name}` is empty, so nothing of it was judged"),
    };
    let mut fault = empty(&message, "at least one element");
    fault.column = name.to_string();
    fault.actual = format!("the shape {shape:?}");
    fault
}

fn empty(message: &str, wanted: &str) -> Fault {
    let mut fault = Fault::new(Kind::NoRows, message);
    fault.expected = format!("{wanted}, or `allow_empty` where none is meant");
    fault
}

/// The signature declares neither inputs nor parameters.
pub(crate) fn no_inputs() -> Fault {
    let message = "the signature declares no inputs, so there is nothing to judge a payload by";
    let mut fault = Fault::new(Kind::NoInputs, message);
    fault.expected = "`inputs` in the signature".to_string();
    fault
}

/// Why nothing was judged of data that a signature's inputs accept.
pub(crate) fn of_data(data: &Data<'_>, sent: &Body<'_>, origin: Origin) -> Option<Fault> {
    let fault = match data {
        // Of a frame without columns pandas forgets the rows.
        Data::Frame(frame) if frame.columns.is_empty() && has_rows(sent) => return None,
        Data::Frame(frame) if frame.index.is_empty() => no_rows(),
        Data::Array(array) => of_array("", array)?,
        Data::Dict(items) => {
            return items.iter().find_map(|(name, value)| match value {
                Py::Array(array) => {
                    let at = origin.cell(&Py::Str(name.clone()), 0, None);
                    of_array(&name.lossy(), array).map(|fault| fault.at(at))
                }
                _ => None,
            });
        }
        Data::Frame(_) | Data::List(_) | Data::Scalar(_) => return None,
    };
    Some(fault.at(origin.data()))
}

/// Whether a row was sent, with or without values.
fn has_rows(sent: &Body<'_>) -> bool {
    let cells = |column: &Py<'_>| matches!(column, Py::List(cells) if !cells.is_empty());
    match sent.data_rows() {
        Py::None => false,
        Py::List(columns) if sent.field == Field::Frame => columns.iter().any(cells),
        Py::List(rows) => !rows.is_empty(),
        // Columns, or one row.
        Py::Dict(items) => items.iter().any(|(_, value)| match value {
            Py::List(cells) => !cells.is_empty(),
            _ => true,
        }),
        _ => true,
    }
}

fn of_array(name: &str, array: &Array<'_>) -> Option<Fault> {
    array.cells.is_empty().then(|| no_elements(name, &array.shape))
}
