//! A request body: which form it has, and where its values stand.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind, Place};
use mlflow_schema::json::Text;
use mlflow_schema::py::{Dtype, Py, Twice, loads_noting, str_of};
use mlflow_schema::schema::{ColSpec, Schema, Signature, Type};
use mlflow_schema::step::escaped;

/// The fields that data comes in: those of MLflow's scoring protocol, and
/// those of the typed notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `dataframe_split`: column names and rows apart.
    Split,
    /// `dataframe_records`: rows as objects.
    Records,
    /// Records that stand alone, in no body.
    Lines,
    /// `instances`: rows, as TensorFlow Serving takes them.
    Instances,
    /// `inputs`: rows, columns, or one tensor.
    Inputs,
    /// The body itself, as LLM clients send it; no field at all.
    Unified,
    /// Typed: `frame`, or the columns that the contract carries.
    Frame,
    /// Typed: `tensor`.
    Tensor,
    /// Typed: `tensors`, by name.
    Tensors,
    /// Typed: `value`, a plain object.
    Value,
    /// What a scoring server answers.
    Predictions,
}

impl Field {
    /// The fields of the protocol that have a name.
    pub(crate) const NAMED: [Self; 4] = [Self::Split, Self::Records, Self::Instances, Self::Inputs];

    /// Its key.
    #[must_use]
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Split => "dataframe_split",
            Self::Records => "dataframe_records",
            Self::Instances => "instances",
            Self::Inputs => "inputs",
            Self::Unified | Self::Lines => "",
            Self::Frame => "frame",
            Self::Tensor => "tensor",
            Self::Tensors => "tensors",
            Self::Value => "value",
            Self::Predictions => "predictions",
        }
    }
}

/// A body, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body<'a> {
    /// Its form.
    pub(crate) field: Field,
    /// The value of that field; all but the parameters in the unified form.
    pub(crate) data: Py<'a>,
    /// The parameters, or `None`.
    pub(crate) params: Py<'a>,
    /// Other keys of the body, which MLflow ignores.
    pub(crate) ignored: Vec<Text<'a>>,
    /// Where an object had a key twice.
    pub(crate) twice: Option<Twice>,
}

impl<'a> Body<'a> {
    /// The rows or columns themselves, without names that come apart.
    pub(crate) fn data_rows(&self) -> &Py<'a> {
        match self.field {
            Field::Split | Field::Frame => self.data.get("data").unwrap_or(&Py::None),
            _ => &self.data,
        }
    }

    /// The names of a frame's columns that come apart from its rows.
    pub(crate) fn names(&self) -> Option<&[Py<'a>]> {
        match (self.field, self.data.get("columns")) {
            (Field::Split | Field::Frame, Some(Py::List(names))) => Some(names),
            _ => None,
        }
    }
}

/// The keys of the unified LLM form.
pub(crate) const UNIFIED: [&str; 3] = ["messages", "prompt", "input"];

/// Takes a body apart.
///
/// # Errors
/// When it is no JSON object, or has not exactly one input field.
pub(crate) fn read<'a>(payload: &'a [u8], signature: &Signature) -> Result<Body<'a>, Fault> {
    let (body, twice) = loads_noting(payload).map_err(|error| {
        Fault::new(
            Kind::BadJson,
            format!("the body is no JSON: expected {} at byte {}", error.what, error.at),
        )
    })?;
    let Py::Dict(items) = body else {
        return Err(keys("the body must be an object", body.kind()));
    };
    if items.iter().any(|(key, _)| UNIFIED.iter().any(|known| key.is(known))) {
        return Ok(Body { twice, ..unified(items, signature) });
    }
    let mut field = None;
    let mut data = Py::None;
    let mut params = Py::None;
    let mut found = 0;
    let mut ignored = Vec::new();
    for (key, value) in items {
        if let Some(known) = Field::NAMED.into_iter().find(|known| key.is(known.key())) {
            field = Some(known);
            data = value;
            found += 1;
        } else if key.is("params") {
            params = value;
        } else {
            ignored.push(key);
        }
    }
    match field {
        Some(field) if found == 1 => Ok(Body { field, data, params, ignored, twice }),
        Some(_) => Err(keys("the body has more than one input field", "several")),
        None => {
            let mut names = String::new();
            for key in ignored.iter().take(5) {
                let gap = if names.is_empty() { "`" } else { ", `" };
                names.push_str(gap);
                names.extend(key.lossy().chars().take(30));
                names.push('`');
            }
            Err(keys("the body has no input field", &names))
        }
    }
}

fn keys(message: &str, actual: &str) -> Fault {
    let mut fault = Fault::new(Kind::BadFormatKeys, message);
    fault.expected =
        "one of `dataframe_split`, `dataframe_records`, `instances`, `inputs`".to_string();
    fault.actual = actual.to_string();
    fault
}

/// Keys that the signature names as parameters are parameters.
fn unified<'a>(items: Vec<(Text<'a>, Py<'a>)>, signature: &Signature) -> Body<'a> {
    let specs = signature.params.as_deref().unwrap_or_default();
    let (params, data) =
        items.into_iter().partition(|(key, _)| specs.iter().any(|spec| key.is(&spec.name)));
    Body {
        field: Field::Unified,
        data: Py::Dict(data),
        params: Py::Dict(params),
        ignored: Vec::new(),
        twice: None,
    }
}

/// Where the rows and columns of a payload stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The form.
    pub(crate) field: Field,
    /// How the data is laid out.
    pub(crate) layout: Layout,
    /// Which part of the signature is enforced.
    pub(crate) part: Part,
}

/// How data is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A list of objects.
    Records,
    /// A list of lists.
    Rows,
    /// A list of single values.
    Values,
    /// An object of lists.
    Columns,
    /// An object of single values.
    Record,
    /// One value.
    Single,
    /// No payload: row and column of a frame.
    Frame,
    /// Typed columns, one after the other.
    Typed,
}

impl Origin {
    /// The layout of a body's data, for columns of those types: an object may
    /// be one row, whatever lists it holds.
    #[must_use]
    pub(crate) fn of(body: &Body<'_>, schema: Option<&Schema>, part: Part) -> Self {
        let columns = schema.map(Schema::columns).unwrap_or_default();
        let one_row = |items: &[(Text<'_>, Py<'_>)]| match body.field {
            Field::Value => one_row(items, columns),
            Field::Inputs | Field::Instances => nested(columns),
            _ => false,
        };
        let rows = |data: &Py<'_>| match data {
            Py::List(rows) => match rows.first() {
                Some(Py::Dict(_)) => Layout::Records,
                Some(Py::List(_)) => Layout::Rows,
                _ => Layout::Values,
            },
            Py::Dict(items) => {
                let list = |(_, value): &(Text<'_>, Py<'_>)| matches!(value, Py::List(_));
                if items.iter().any(list) && !one_row(items) {
                    Layout::Columns
                } else {
                    Layout::Record
                }
            }
            _ => Layout::Single,
        };
        let layout = match body.field {
            Field::Split => body.data.get("data").map_or(Layout::Single, rows),
            Field::Unified => Layout::Record,
            Field::Frame => Layout::Typed,
            _ => rows(&body.data),
        };
        Self { field: body.field, layout, part }
    }

    /// Where the parameters stand.
    #[must_use]
    pub(crate) fn params(self) -> &'static str {
        if self.field == Field::Unified { "" } else { "/params" }
    }

    /// Where the data stands.
    #[must_use]
    pub(crate) fn data(self) -> String {
        match self.field {
            _ if self.layout == Layout::Frame => String::new(),
            Field::Split => "/dataframe_split/data".to_string(),
            Field::Unified | Field::Lines => String::new(),
            field => format!("/{}", field.key()),
        }
    }

    /// The place of a cell; without a row, of the column or else of the data.
    #[must_use]
    pub(crate) fn cell(self, name: &Py<'_>, place: usize, row: Option<usize>) -> Place {
        let name = str_of(name);
        let name = name.lossy();
        let in_rows = self.layout == Layout::Frame || self.field == Field::Lines;
        match row {
            Some(row) if in_rows => Place::Cell(row, name.into_owned()),
            None if in_rows => Place::Pointer(String::new()),
            row => Place::Pointer(self.pointer(&name, place, row)),
        }
    }

    fn pointer(self, name: &str, place: usize, row: Option<usize>) -> String {
        let mut pointer = self.data();
        let mut push = |token: &str| {
            pointer.push('/');
            pointer.push_str(&escaped(token));
        };
        let row = row.map(|row| row.to_string());
        match self.layout {
            Layout::Frame => {}
            Layout::Records => {
                if let Some(row) = row {
                    push(&row);
                    push(name);
                }
            }
            Layout::Rows => {
                if let Some(row) = row {
                    push(&row);
                    push(&place.to_string());
                }
            }
            Layout::Values => {
                if let Some(row) = row {
                    push(&row);
                }
            }
            Layout::Columns => {
                push(name);
                if let Some(row) = row {
                    push(&row);
                }
            }
            Layout::Typed => {
                push("columns");
                push(&place.to_string());
                if let Some(row) = row {
                    push("values");
                    push(&row);
                }
            }
            Layout::Record => push(name),
            Layout::Single => {}
        }
        pointer
    }
}

/// Whether some column takes lists or objects, so that an object is one row.
pub(crate) fn nested(columns: &[ColSpec]) -> bool {
    columns.iter().any(|column| matches!(column.kind, Type::Array(_) | Type::Object(_)))
}

/// Whether an object is one row, and not a table of columns.
pub(crate) fn one_row(items: &[(Text<'_>, Py<'_>)], columns: &[ColSpec]) -> bool {
    let text = |item: &Py<'_>| matches!(item, Py::Str(_));
    let single = |value: &Py<'_>| match value {
        Py::List(items) => items.iter().all(text),
        Py::None => true,
        other => other.is_scalar(),
    };
    let text_array = |value: &Py<'_>| {
        matches!(value, Py::Array(array)
            if array.shape.is_empty() && array.dtype == Dtype::Unicode)
    };
    nested(columns)
        || items.iter().all(|(_, value)| single(value))
        || items.iter().all(|(_, value)| text_array(value))
}
