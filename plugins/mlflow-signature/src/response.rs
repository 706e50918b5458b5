//! What a scoring server answers, against the signature's outputs.
//!
//! MLflow never enforces outputs, so the rules are those of inputs turned
//! round: an answer is read as MLflow would read it if it were handed on to a
//! model whose inputs are these outputs. Tables (records, columns, rows) are
//! cast like `dataframe_records`, since that is how the server writes frames;
//! tensors like `inputs`. In mode `strict` nothing may change on the way.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind, near};
use mlflow_schema::json::Text;
use mlflow_schema::notation::shown;
use mlflow_schema::py::{
    Array, Frame, Index, Py, Taking, Unframed, base64_encode, infer, loads_noting,
};
use mlflow_schema::schema::{ColSpec, Schema, TensorSpec, Type};

use crate::body::{Body, Field, Layout, Origin};
use crate::cast;
use crate::data::Data;
use crate::parse;

/// Takes an answer apart.
///
/// # Errors
/// When it is no JSON object with `predictions`.
pub(crate) fn read(payload: &[u8]) -> Result<Body<'_>, Fault> {
    let (answer, twice) = loads_noting(payload).map_err(|error| {
        let message =
            format!("the answer is no JSON: expected {} at byte {}", error.what, error.at);
        Fault::new(Kind::BadJson, message)
    })?;
    let Py::Dict(items) = answer else {
        return Err(no_predictions("the answer must be an object", answer.kind().to_string()));
    };
    let mut data = None;
    let mut ignored = Vec::new();
    let mut code = None;
    for (key, value) in items {
        match key.bytes() {
            b"predictions" => data = Some(value),
            b"error_code" => code = Some(value),
            _ => ignored.push(key),
        }
    }
    match (data, code) {
        (Some(data), _) => {
            Ok(Body { field: Field::Predictions, data, params: Py::None, ignored, twice })
        }
        (None, Some(code)) => Err(no_predictions(
            "the answer is an error of the scoring server, not predictions",
            shown(&code),
        )),
        (None, None) => {
            let names: Vec<String> =
                ignored.iter().take(5).map(|key| key.lossy().chars().take(30).collect()).collect();
            let hint =
                names.iter().find(|name| !near(name, ["predictions"].into_iter()).is_empty());
            let actual = hint.or(names.first()).map(|name| format!("`{name}`"));
            Err(no_predictions(
                "the answer has no `predictions`",
                actual.unwrap_or_else(|| "no field".to_string()),
            ))
        }
    }
}

fn no_predictions(message: &str, actual: String) -> Fault {
    let mut fault = Fault::new(Kind::BadFormatKeys, message);
    fault.expected = "`{\"predictions\": ...}`".to_string();
    fault.actual = actual;
    fault
}

/// Where rows and columns stand in an answer.
pub(crate) fn origin(body: &Body<'_>, schema: &Schema) -> Origin {
    let layout = match (&body.data, schema) {
        (Py::List(items), _) => match items.first() {
            _ if whole_cells(items, schema) => Layout::Values,
            Some(Py::Dict(_)) => Layout::Records,
            Some(Py::List(_)) => Layout::Rows,
            _ => Layout::Values,
        },
        (Py::Dict(items), Schema::Columns { columns, .. }) => {
            if is_table(items, columns) {
                Layout::Columns
            } else {
                Layout::Record
            }
        }
        (Py::Dict(_), Schema::Tensors { .. }) => Layout::Columns,
        _ => Layout::Single,
    };
    Origin { field: Field::Predictions, layout, part: Part::Outputs }
}

/// Whether the items are the cells of the only column, lists and objects as
/// they are: a column of lists is not rows, nor one of objects records.
fn whole_cells(items: &[Py<'_>], schema: &Schema) -> bool {
    let Schema::Columns { named, columns } = schema else {
        return false;
    };
    let [ColSpec { name, kind, .. }] = columns.as_slice() else {
        return false;
    };
    let record = matches!(items.first(), Some(Py::Dict(record))
        if *named && record.iter().any(|(key, _)| key.is(name)));
    !matches!(kind, Type::Data(_)) && !record
}

/// Whether an object is a table by its columns, and not one record.
fn is_table(items: &[(Text<'_>, Py<'_>)], columns: &[ColSpec]) -> bool {
    items.iter().all(|(key, value)| {
        let Py::List(cells) = value else {
            return false;
        };
        let lists = columns
            .iter()
            .any(|column| key.is(&column.name) && matches!(column.kind, Type::Array(_)));
        !lists || cells.iter().all(|cell| matches!(cell, Py::List(_) | Py::None))
    })
}

/// An answer's data, cast.
///
/// # Errors
/// The faults of this stage.
pub(crate) fn data<'a>(
    body: &mut Body<'a>,
    taking: Taking,
    schema: &Schema,
    origin: Origin,
    today: Option<i64>,
) -> Result<Data<'a>, Vec<Fault>> {
    let tensors = matches!(schema, Schema::Tensors { .. });
    if let (Schema::Tensors { tensors, .. }, Py::List(rows)) = (schema, &body.data)
        && let ([only], true) = (tensors.as_slice(), rows.is_empty())
    {
        return Ok(Data::Array(no_rows(only)));
    }
    if tensors && origin.layout != Layout::Records {
        return parse::cast_inputs(&mut body.data, taking, Some(schema), origin);
    }
    let frame = frame(&mut body.data, taking, schema, origin.layout)
        .map_err(|fault| alloc::vec![fault.at(origin.data())])?;
    cast::frame(frame, schema, origin, today).map(Data::Frame)
}

fn frame<'a>(
    data: &mut Py<'a>,
    taking: Taking,
    schema: &Schema,
    layout: Layout,
) -> Result<Frame<'a>, Fault> {
    let only = match schema {
        Schema::Columns { named: true, columns } => match columns.as_slice() {
            [only] => Some(Py::Str(Text::owned(only.name.clone()))),
            _ => None,
        },
        _ => None,
    };
    let framed = match data {
        Py::List(cells) if whole_cells(cells, schema) => Ok(Frame {
            index: Index::Range(cells.len()),
            columns: alloc::vec![infer(
                Py::Int(0),
                cells.iter_mut().map(|cell| taking.take(cell)).collect()
            )],
        }),
        // How the server writes a frame of no rows, whatever its columns are.
        Py::List(rows) if rows.is_empty() => Ok(hollow(schema)),
        Py::List(rows) => Frame::from_list(rows, taking),
        Py::Dict(items) if layout == Layout::Columns => {
            let items = items.iter_mut().map(|(key, value)| (key.clone(), taking.take(value)));
            Frame::from_dict(items.collect(), None)
        }
        Py::None => {
            let fault = Fault::new(Kind::NotDataframe, "null is no prediction");
            return Err(fault.wanted("rows", &Py::None));
        }
        single => Frame::from_list(core::slice::from_mut(single), taking),
    };
    let mut frame = framed.map_err(|Unframed(why)| Fault::new(Kind::FrameBuild, why))?;
    // The only column needs no name to be known.
    if let (Some(name), [column], false) =
        (only, frame.columns.as_mut_slice(), layout == Layout::Records)
        && matches!(column.name, Py::Int(_))
    {
        column.name = name;
    }
    Ok(frame)
}

/// The declared tensor without a row: of its other dimensions the server
/// writes nothing then.
fn no_rows<'a>(spec: &TensorSpec) -> Array<'a> {
    let inner = spec.shape.iter().skip(1).map(|length| usize::try_from(*length).unwrap_or(0));
    let shape = core::iter::once(0).chain(inner).collect();
    Array { dtype: spec.dtype, shape, cells: Vec::new() }
}

/// The declared columns without a row.
fn hollow<'a>(schema: &Schema) -> Frame<'a> {
    let column = |(place, spec): (usize, &ColSpec)| {
        let name = Py::Str(Text::owned(spec.name.clone()));
        infer(if schema.named() { name } else { Py::Int(place as i64) }, Vec::new())
    };
    Frame {
        index: Index::Range(0),
        columns: schema.columns().iter().enumerate().map(column).collect(),
    }
}

/// Whether the server wrote it so: a missing time as `NaT`, bytes in lines.
pub(crate) fn written_so(sent: &Py<'_>, got: &Py<'_>) -> bool {
    match (sent, got) {
        (Py::Str(text), Py::Time(None)) => text.is("NaT"),
        (Py::Str(text), Py::Bytes(bytes)) => {
            let lines = text.bytes().iter().filter(|byte| **byte != b'\n').copied();
            lines.eq(base64_encode(bytes).bytes())
        }
        _ => false,
    }
}
