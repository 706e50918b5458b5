//! Whether there was anything to judge in what a payload came to.

use mlflow_schema::fault::Fault;
use mlflow_schema::py::{Array, Py};
use mlflow_schema::unjudged::{no_elements, no_rows};

use crate::body::{Body, Field, Origin};
use crate::data::Data;

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
