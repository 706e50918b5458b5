//! Tensors: shapes and types of arrays, and frames turned into them.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind, near};
use mlflow_schema::json::Text;
use mlflow_schema::notation::shown;
use mlflow_schema::py::{
    Array, Column, Dtype, Frame, Index, Py, Raised, array, cast_number, cell_as, str_of,
};
use mlflow_schema::schema::TensorSpec;

use crate::body::Origin;
use crate::data::Data;
use crate::words;

/// The tensors as the model gets them (MLflow's `_enforce_tensor_schema`).
///
/// # Errors
/// The first fault.
pub(crate) fn enforce<'a>(
    data: Data<'a>,
    named: bool,
    specs: &[TensorSpec],
    origin: Origin,
) -> Result<Data<'a>, Fault> {
    if named {
        return by_name(data, specs, origin);
    }
    let Some(spec) = specs.first() else {
        return Err(Fault::new(Kind::EnforceOther, "the signature has no tensor"));
    };
    match data {
        Data::Array(array) => match check(array, spec) {
            Ok(array) => Ok(Data::Array(array)),
            Err(fault) => Err(fault.at(origin.data())),
        },
        Data::Frame(frame) => of_frame(frame, spec, origin).map(Data::Array),
        _ => Err(Fault::new(
            Kind::TensorInputKind,
            "a signature of one tensor without a name takes an array",
        )
        .at(origin.data())),
    }
}

fn by_name<'a>(data: Data<'a>, specs: &[TensorSpec], origin: Origin) -> Result<Data<'a>, Fault> {
    let mut out: Vec<(Text<'a>, Py<'a>)> = Vec::with_capacity(specs.len());
    let data = match (data, specs) {
        // The only tensor there is.
        (Data::Array(array), [only]) => {
            Data::Dict(alloc::vec![(Text::owned(only.name.clone()), array.boxed())])
        }
        (data, _) => data,
    };
    let names: Vec<String> = match &data {
        Data::Dict(items) => items.iter().map(|(key, _)| key.lossy().into_owned()).collect(),
        Data::Frame(frame) => frame
            .columns
            .iter()
            .filter_map(|column| match &column.name {
                Py::Str(text) => Some(text.lossy().into_owned()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    if let Some(spec) = specs.iter().find(|spec| !names.contains(&spec.name)) {
        let unknown = names.iter().filter(|name| !specs.iter().any(|spec| spec.name == **name));
        let hint = near(&spec.name, unknown.map(String::as_str));
        let mut fault = Fault::new(
            words::missing(origin.part),
            format!("tensor `{}` is missing{hint}", spec.name),
        );
        fault.column.clone_from(&spec.name);
        fault.expected.clone_from(&spec.name);
        return Err(fault.at(origin.data()));
    }
    for spec in specs {
        let name = Py::Str(Text::owned(spec.name.clone()));
        let pointer = || origin.cell(&name, 0, None);
        let array = match &data {
            Data::Dict(items) => {
                let value =
                    items.iter().find_map(|(key, value)| key.is(&spec.name).then_some(value));
                match value {
                    Some(Py::Array(array)) => {
                        check((**array).clone(), spec).map_err(|fault| fault.at(pointer()))?
                    }
                    other => {
                        return Err(Fault::new(
                            Kind::TensorInputKind,
                            format!("tensor `{}` must be an array", spec.name),
                        )
                        .wanted("an array", other.unwrap_or(&Py::None))
                        .at(pointer()));
                    }
                }
            }
            Data::Frame(frame) => match frame.column(&name) {
                Some(column) => {
                    reshaped(column, frame, spec).map_err(|fault| fault.at(pointer()))?
                }
                None => continue,
            },
            _ => continue,
        };
        out.push((Text::owned(spec.name.clone()), array.boxed()));
    }
    Ok(Data::Dict(out))
}

/// An array against its specification.
fn check<'a>(array: Array<'a>, spec: &TensorSpec) -> Result<Array<'a>, Fault> {
    let any = spec.dtype == Dtype::Object && spec.shape.as_slice() == [-1];
    let inner = spec.shape.get(1..).unwrap_or_default();
    let ragged = inner.contains(&-1) && array.shape.len() == 1 && array.dtype == Dtype::Object;
    if any || ragged {
        return Ok(array);
    }
    let fits = spec.shape.len() == array.shape.len()
        && spec
            .shape
            .iter()
            .zip(&array.shape)
            .all(|(want, have)| *want == -1 || usize::try_from(*want) == Ok(*have));
    if !fits {
        let mut fault = Fault::new(Kind::ShapeMismatch, "the tensor has another shape");
        fault.column.clone_from(&spec.name);
        fault.expected = format!("{:?}", spec.shape);
        fault.actual = format!("{:?}", array.shape);
        return Err(fault);
    }
    if array.dtype != spec.dtype {
        let mut fault = Fault::new(Kind::DtypeMismatch, "the tensor's elements have another type");
        fault.column.clone_from(&spec.name);
        fault.expected = spec.dtype.name();
        fault.actual = array.dtype.name();
        return Err(fault);
    }
    Ok(array)
}

fn of_frame<'a>(frame: Frame<'a>, spec: &TensorSpec, origin: Origin) -> Result<Array<'a>, Fault> {
    let placed = |fault: Fault| fault.at(origin.data());
    let width = frame.columns.len();
    if frame.index.is_empty() || width == 0 {
        return Err(placed(Fault::new(Kind::EnforceOther, "there are no rows")));
    }
    if let [column] = frame.columns.as_slice() {
        return reshaped(column, &frame, spec).map_err(placed);
    }
    if !matches!(spec.shape.as_slice(), [-1, columns] if usize::try_from(*columns) == Ok(width)) {
        let mut fault = Fault::new(
            Kind::TensorInputKind,
            "the tensor's shape must be [-1, number of columns] for several columns",
        );
        fault.expected = format!("{:?}", spec.shape);
        fault.actual = format!("{width} columns");
        return Err(placed(fault));
    }
    let rows = frame.index.len();
    let mut dtype = frame.columns.first().map_or(Dtype::Object, |column| column.dtype);
    if matches!(dtype, Dtype::Text | Dtype::MaskedText)
        || frame.columns.iter().any(|column| column.dtype != dtype)
    {
        dtype = Dtype::Object;
    }
    let mut cells = Vec::with_capacity(rows * width);
    for row in 0..rows {
        for column in &frame.columns {
            cells.push(column.cells.get(row).cloned().unwrap_or(Py::None));
        }
    }
    check(Array { dtype, shape: alloc::vec![rows, width], cells }, spec).map_err(placed)
}

/// A column as a tensor: single values in one dimension, lists in more.
fn reshaped<'a>(
    column: &Column<'a>,
    frame: &Frame<'a>,
    spec: &TensorSpec,
) -> Result<Array<'a>, Fault> {
    let refuse = |message: &str| {
        let mut fault = Fault::new(Kind::TensorReshape, message);
        fault.column.clone_from(&spec.name);
        fault.expected = format!("{:?}", spec.shape);
        fault
    };
    let Some((first, inner)) = spec.shape.split_first() else {
        return Err(Fault::new(Kind::EnforceOther, "a tensor without dimensions takes no column"));
    };
    if *first != -1 || inner.contains(&-1) {
        return Err(refuse(
            "for columns the tensor's first dimension must be -1 and the others fixed",
        ));
    }
    // pandas looks for the row with the label 0.
    let start = match &frame.index {
        Index::Range(rows) => (*rows > 0).then_some(0),
        Index::Labels(labels) => {
            // To Python 0.0 is 0, and among other objects false is too.
            let objects = labels.iter().any(|label| !matches!(label, Py::Bool(_)));
            let zero = |label: &Py<'_>| match label {
                Py::Bool(label) => objects && !label,
                Py::Float(label) => *label == 0.0,
                label => *label == Py::Int(0),
            };
            let mut zeros = labels.iter().enumerate().filter(|(_, label)| zero(label));
            let first = zeros.next().map(|(row, _)| row);
            if zeros.next().is_some() {
                return Err(refuse("two rows have the label 0"));
            }
            first
        }
    };
    let Some(cell) = start.and_then(|row| column.cells.get(row)) else {
        return Err(Fault::new(Kind::EnforceOther, "there is no row with the label 0"));
    };
    let rows = column.cells.len();
    let null_text = column.dtype == Dtype::Text && *cell == Py::None;
    // `numpy.isscalar` knows nothing of pandas' own times.
    let time = matches!(column.dtype.kind(), 'M' | 'm');
    if cell.is_scalar() && !time || null_text {
        let shape = match inner {
            [] => alloc::vec![rows],
            [1] => alloc::vec![rows, 1],
            _ => {
                return Err(refuse(
                    "single values in a column need a tensor of shape [-1] or [-1, 1]",
                ));
            }
        };
        let cells = elements(column, spec.dtype)?;
        return check(Array { dtype: spec.dtype, shape, cells }, spec);
    }
    if let Py::Array(_) = cell {
        return stacked(column, spec)
            .ok_or_else(|| refuse("the arrays cannot be brought into the tensor's shape"));
    }
    let flat = match cell {
        Py::List(items) => match items.first() {
            None => return Err(Fault::new(Kind::EnforceOther, "a list is empty")),
            Some(item) => item.is_scalar(),
        },
        _ => false,
    };
    if !flat {
        return Err(refuse("a column of a tensor takes single values, or lists of them")
            .wanted("a single value or a flat list", cell));
    }
    let uneven = || refuse("the lists cannot be brought into the tensor's shape");
    // `numpy.vstack`: each row is an array by itself, of a type of its own, and
    // a list of lists is as many rows.
    let mut listed = Vec::with_capacity(rows);
    for cell in &column.cells {
        let row = match cell {
            Py::List(_) => array(cell),
            single => array(&Py::List(alloc::vec![single.clone()])),
        };
        let row = row.map_err(|_| uneven())?;
        match row.shape.len() {
            2 => listed.extend(row.rows().into_iter().map(Array::boxed)),
            _ => listed.push(row.boxed()),
        }
    }
    let stacked = array(&Py::List(listed)).map_err(|_| uneven())?;
    let size: usize = inner.iter().map(|length| usize::try_from(*length).unwrap_or(0)).product();
    let long = |length: usize| {
        let mut fault = uneven();
        fault.actual = shown(cell);
        if length == size * rows { Ok(()) } else { Err(fault) }
    };
    // NumPy reshapes, casts, and only then MLflow counts the rows.
    let length = stacked.cells.len();
    if size == 0 || !length.is_multiple_of(size) || stacked.shape.len() != 2 {
        long(usize::MAX)?;
    }
    let mut shape = alloc::vec![rows];
    shape.extend(inner.iter().map(|length| usize::try_from(*length).unwrap_or(0)));
    let numeric = matches!(stacked.dtype.kind(), 'b' | 'i' | 'u' | 'f');
    let unfit = || Fault::new(Kind::EnforceOther, "a value cannot be cast to the tensor's type");
    let cells = if numeric {
        // `astype`, which wraps and truncates.
        match spec.dtype {
            Dtype::Unicode | Dtype::Bytes | Dtype::Object => cast(&stacked.cells, spec.dtype)?,
            dtype => {
                let cells = stacked.cells.into_iter();
                cells.map(|cell| cast_number(cell, dtype)).collect()
            }
        }
    } else {
        stacked
            .cells
            .into_iter()
            .map(|cell| cell_as(cell, spec.dtype))
            .collect::<Result<_, _>>()
            .map_err(|raised| match raised {
                // What is no time is a `ValueError` to NumPy, whatever it is; a
                // whole number of more than 64 bits never gets as far.
                Raised::Overflow => unfit(),
                _ if matches!(spec.dtype, Dtype::Datetime(_)) => uneven(),
                Raised::Value => uneven(),
                _ => unfit(),
            })?
    };
    long(length)?;
    Ok(Array { dtype: spec.dtype, shape, cells })
}

/// `numpy.array(series, dtype)`: numbers are cast as C does.
fn elements<'a>(column: &Column<'a>, dtype: Dtype) -> Result<Vec<Py<'a>>, Fault> {
    let gaps = column.cells.contains(&Py::None);
    let numbers = !gaps && matches!(column.dtype.kind(), 'b' | 'i' | 'u' | 'f');
    match dtype {
        Dtype::Unicode | Dtype::Bytes if gaps => {
            let cells: Vec<_> =
                column.cells.iter().map(|cell| gapped(cell, column.dtype)).collect();
            cast(&cells, dtype)
        }
        Dtype::Bool if gaps && is_masked(column.dtype) => {
            let message = "a missing value is neither true nor false";
            Err(Fault::new(Kind::EnforceOther, message))
        }
        Dtype::Unicode | Dtype::Bytes if matches!(column.dtype, Dtype::Complex(_)) => {
            let written = column.cells.iter().map(complex).collect::<Vec<_>>();
            cast(&written, dtype)
        }
        // What is missing is no time.
        Dtype::Datetime(_) if column.dtype == Dtype::Text => cast(&column.cells, dtype),
        Dtype::Datetime(_) if numbers || matches!(column.dtype, Dtype::MaskedFloat(_)) => {
            Ok(crate::cast::instants(column.cells.clone()))
        }
        Dtype::Bool | Dtype::Int(_) | Dtype::Uint(_) | Dtype::Float(_) if numbers => {
            Ok(column.cells.iter().map(|cell| cast_number(cell.clone(), dtype)).collect())
        }
        // A tensor has missing text as NaN.
        _ => cast(&crate::cast::objects(column.clone()), dtype),
    }
}

/// Whether what is missing is `pandas.NA`.
fn is_masked(dtype: Dtype) -> bool {
    use Dtype::{MaskedBool, MaskedFloat, MaskedInt, MaskedText};
    matches!(dtype, MaskedBool | MaskedFloat(_) | MaskedInt(..) | MaskedText)
}

/// A cell of a column with gaps, before it becomes text: numbers are floats
/// then, which have NaN.
fn gapped<'a>(cell: &Py<'a>, dtype: Dtype) -> Py<'a> {
    match (cell, dtype) {
        (Py::None, Dtype::MaskedText | Dtype::MaskedBool) => Py::Str(Text::new("<NA>")),
        (Py::None, Dtype::MaskedInt(..) | Dtype::MaskedFloat(_) | Dtype::Text) => {
            Py::Float(f64::NAN)
        }
        (Py::Int(_) | Py::Uint(_), Dtype::MaskedInt(..)) => {
            Py::Float(cell.float().unwrap_or(f64::NAN))
        }
        (cell, _) => cell.clone(),
    }
}

/// A complex number without an imaginary part, as Python writes it.
fn complex<'a>(cell: &Py<'_>) -> Py<'a> {
    let real = match cell {
        Py::Float(number) if number % 1.0 == 0.0 => format!("{number:.0}"),
        other => str_of(other).lossy().into_owned(),
    };
    Py::text(if real == "0" { "0j".to_string() } else { format!("({real}+0j)") })
}

/// A column of arrays, which keep their type, whatever the tensor's is.
fn stacked<'a>(column: &Column<'a>, spec: &TensorSpec) -> Option<Array<'a>> {
    let rows = column.cells.len();
    let stack = array(&Py::List(column.cells.clone())).ok()?;
    let inner = spec.shape.get(1..)?.iter().map(|length| usize::try_from(*length).ok());
    let inner = inner.collect::<Option<Vec<_>>>()?;
    let size = inner.iter().try_fold(rows, |size, length| size.checked_mul(*length))?;
    if stack.dtype == Dtype::Object || stack.cells.len() != size || size == 0 {
        return None;
    }
    let mut shape = alloc::vec![rows];
    shape.extend(inner);
    Some(Array { dtype: stack.dtype, shape, cells: stack.cells })
}

fn cast<'a>(cells: &[Py<'a>], dtype: Dtype) -> Result<Vec<Py<'a>>, Fault> {
    cells
        .iter()
        .map(|cell| {
            cell_as(cell.clone(), dtype).map_err(|_| {
                Fault::new(
                    Kind::EnforceOther,
                    format!("{} cannot be cast to `{}`", cell.kind(), dtype.name()),
                )
                .wanted(dtype.name().to_string(), cell)
            })
        })
        .collect()
}
