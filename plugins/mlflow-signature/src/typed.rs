//! What a program hands to `predict` itself, written down: typed columns,
//! typed arrays, or a plain object.
//!
//! A JSON object with exactly one of `frame`, `tensor`, `tensors` and `value`,
//! and maybe `params`. Values that JSON cannot say are tagged, as they are in
//! what the plugin answers (module `normal`).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::json::Text;
use mlflow_schema::py::{
    Array, Column, Dtype, Frame, Index, Instant, Py, base64_decode, cell_as, infer, instant, loads,
};
use mlflow_schema::step::escaped;

use crate::body::{Body, Field};
use crate::columns;
use crate::data::Data;
use crate::fault::{Fault, Kind};

/// An empty array may still have lengths; nobody's are longer, and each would
/// be walked.
const LONGEST_EMPTY: usize = 1 << 20;

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

fn malformed(message: impl Into<alloc::string::String>) -> Fault {
    Fault::new(Kind::BadData, message)
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

/// The entries of an object that has these keys and no others.
fn entries<'a, const N: usize>(
    object: Py<'a>,
    keys: [&str; N],
    what: &str,
) -> Result<[Option<Py<'a>>; N], Fault> {
    let Py::Dict(items) = object else {
        return Err(malformed(format!("{what} must be an object")).wanted("an object", &object));
    };
    let mut found = [const { None }; N];
    for (key, value) in items {
        let slot = keys.iter().position(|known| key.is(known)).and_then(|at| found.get_mut(at));
        match slot {
            Some(slot) => *slot = Some(value),
            None => return Err(malformed(format!("{what} has no `{}`", key.lossy()))),
        }
    }
    Ok(found)
}

fn list<'a>(value: Option<Py<'a>>, name: &str) -> Result<Vec<Py<'a>>, Fault> {
    match value {
        Some(Py::List(items)) => Ok(items),
        None => Err(malformed(format!("`{name}` is missing"))),
        Some(other) => Err(malformed(format!("`{name}` must be a list")).wanted("a list", &other)),
    }
}

fn dtype(value: Option<Py<'_>>, known: impl Fn(&str) -> Option<Dtype>) -> Result<Dtype, Fault> {
    match value {
        Some(Py::Str(text)) => text.as_str().and_then(known).ok_or_else(|| {
            malformed("`dtype` is no type that NumPy or pandas knows")
                .wanted("a type such as `int64`", &Py::Str(text))
        }),
        Some(other) => Err(malformed("`dtype` must be text").wanted("text", &other)),
        None => Err(malformed("`dtype` is missing")),
    }
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

fn array(value: Py<'_>) -> Result<Array<'_>, Fault> {
    let [kind, shape, data] = entries(value, ["dtype", "shape", "data"], "an array")?;
    let dtype = dtype(kind, Dtype::named)?;
    let shape = list(shape, "shape")?
        .into_iter()
        .map(|length| match length {
            Py::Int(length) => usize::try_from(length).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| malformed("`shape` must be a list of lengths"))?;
    let mut cells = list(data, "data")?;
    let size = shape.iter().try_fold(1usize, |size, length| size.checked_mul(*length));
    // The lengths beside a 0 are those of nothing, yet each is walked.
    let walked = shape
        .iter()
        .filter(|length| **length > 0)
        .try_fold(1usize, |size, length| size.checked_mul(*length));
    if size != Some(cells.len()) {
        let mut fault = malformed("`data` must hold as many values as `shape` says, in one list");
        fault.actual = format!("{} values", cells.len());
        return Err(fault);
    }
    if cells.is_empty() && walked.is_none_or(|walked| walked > LONGEST_EMPTY) {
        return Err(malformed("an empty array's `shape` is too long"));
    }
    for (at, cell) in cells.iter_mut().enumerate() {
        let sent = core::mem::replace(cell, Py::None);
        *cell = element(sent, dtype).map_err(|fault| fault.at(format!("/data/{at}")))?;
    }
    Ok(Array { dtype, shape, cells })
}

/// A value as an array's element.
fn element(mut value: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Fault> {
    untag(&mut value)?;
    let fits = match dtype {
        Dtype::Object => return Ok(value),
        Dtype::Bool => matches!(value, Py::Bool(_)),
        Dtype::Int(_) | Dtype::Uint(_) | Dtype::Timedelta => {
            matches!(value, Py::Int(_) | Py::Uint(_))
        }
        Dtype::Float(_) | Dtype::Complex(_) => {
            matches!(value, Py::Float(_) | Py::Int(_) | Py::Uint(_) | Py::None)
        }
        Dtype::Unicode => matches!(value, Py::Str(_)),
        Dtype::Bytes => matches!(value, Py::Bytes(_)),
        Dtype::Datetime(_) => {
            matches!(value, Py::Str(_) | Py::None | Py::Time(_) | Py::Datetime(_) | Py::Date(_))
        }
        _ => false,
    };
    let kind = value.kind();
    match cell_as(value, dtype) {
        Ok(cell) if fits => Ok(cell),
        _ => Err(malformed(format!("an array of `{}` cannot hold {kind}", dtype.name()))),
    }
}

/// Values that JSON cannot say, from their tags.
///
/// # Errors
/// When a tag's value is not what the tag says.
pub(crate) fn untagged(mut value: Py<'_>) -> Result<Py<'_>, Fault> {
    untag(&mut value)?;
    Ok(value)
}

/// In place, as values nest as deep as JSON may.
pub(crate) fn untag(value: &mut Py<'_>) -> Result<(), Fault> {
    match value {
        Py::List(items) => {
            for item in items {
                untag(item)?;
            }
        }
        Py::Dict(items) => {
            if items.len() == 1
                && let Some((key, inner)) = items.first_mut()
                && let Some(meant) = tag(key, inner)?
            {
                *value = meant;
                return Ok(());
            }
            for (_, inner) in items {
                untag(inner)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What a tag means; none for a key that is no tag.
#[inline(never)]
fn tag<'a>(key: &Text<'a>, value: &mut Py<'a>) -> Result<Option<Py<'a>>, Fault> {
    let text = match (key.bytes(), value) {
        (b"$ndarray", value @ Py::Dict(_)) => {
            return array(core::mem::replace(value, Py::None)).map(|array| Some(array.boxed()));
        }
        (_, Py::Str(text)) => &*text,
        _ => return Ok(None),
    };
    let time = || instant(text).ok_or_else(|| malformed("a time must be ISO 8601"));
    Ok(Some(match key.bytes() {
        b"$float" => match text.bytes() {
            b"NaN" => Py::Float(f64::NAN),
            b"Infinity" => Py::Float(f64::INFINITY),
            b"-Infinity" => Py::Float(f64::NEG_INFINITY),
            _ => return Err(malformed("`$float` must be NaN, Infinity or -Infinity")),
        },
        b"$bytes" => match base64_decode(text.bytes()) {
            Some(bytes) => Py::Bytes(bytes),
            None => return Err(malformed("`$bytes` must be base64")),
        },
        b"$decimal" => Py::Decimal(Cow::Owned(text.lossy().into_owned())),
        b"$date" => match time()? {
            Instant::Day(days) => Py::Date(days as i64),
            _ => return Err(malformed("`$date` must be a day")),
        },
        b"$datetime" => match time()? {
            Instant::Nat => Py::Time(None),
            Instant::Day(days) => Py::Datetime(days * 86_400_000_000_000),
            Instant::Time(nanos) | Instant::Fine(nanos) => Py::Datetime(nanos),
        },
        _ => return Ok(None),
    }))
}
