//! Enforcement: the data against the signature's columns.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use mlflow_schema::datatype;
use mlflow_schema::fault::{Fault, Kind, near};
use mlflow_schema::nested;
use mlflow_schema::notation::shown;
use mlflow_schema::py::{Column, Dtype, Frame, Index, Py, Taking, Unframed, Unit, infer, str_of};
use mlflow_schema::schema::{ColSpec, DataType, Schema, Type};
use mlflow_schema::step::Step;

use crate::body::{Origin, one_row};
use crate::cast::{objects, row_of};
use crate::data::Data;
use crate::{tensor, words};

/// The data as the model gets it (MLflow's `_enforce_schema`).
///
/// # Errors
/// The faults of this stage, MLflow's own first.
pub(crate) fn data<'a>(
    data: Data<'a>,
    schema: &Schema,
    origin: Origin,
) -> Result<Data<'a>, Vec<Fault>> {
    let one = |fault: Fault| alloc::vec![surfaced(fault)];
    match schema {
        Schema::Tensors { named, tensors } => {
            tensor::enforce(data, *named, tensors, origin).map_err(one)
        }
        Schema::Columns { named, columns } => {
            let frame = framed(data, columns).map_err(|fault| one(fault.at(origin.data())))?;
            if *named {
                by_name(frame, columns, origin).map(Data::Frame)
            } else {
                by_place(frame, columns, origin).map(Data::Frame)
            }
        }
    }
}

fn surfaced(fault: Fault) -> Fault {
    let kind = if fault.kind == Kind::Raw { Kind::EnforceOther } else { fault.kind };
    fault.as_kind(kind)
}

/// Any data as a frame.
fn framed<'a>(data: Data<'a>, columns: &[ColSpec]) -> Result<Frame<'a>, Fault> {
    let other = |error: Unframed| Fault::new(Kind::EnforceOther, error.0);
    match data {
        Data::Frame(frame) => Ok(frame),
        Data::List(mut items) => Frame::from_list(&mut items, Taking::Moved).map_err(other),
        Data::Array(array) => Frame::from_array(array).map_err(other),
        Data::Scalar(value) if value.is_scalar() => {
            Frame::from_list(&mut [value], Taking::Moved).map_err(other)
        }
        Data::Scalar(value) => {
            Err(Fault::new(Kind::NotDataframe, "null is no data").wanted("rows", &value))
        }
        Data::Dict(items) => {
            if one_row(&items, columns) {
                return Frame::from_list(&mut [Py::Dict(items)], Taking::Moved).map_err(other);
            }
            let items = items
                .into_iter()
                .map(|(key, value)| match value {
                    Py::Array(array) if array.shape.len() > 1 => (key, array.to_list()),
                    other => (key, other),
                })
                .collect();
            Frame::from_dict(items, None).map_err(|error| Fault::new(Kind::FrameBuild, error.0))
        }
    }
}

fn by_name<'a>(
    frame: Frame<'a>,
    specs: &[ColSpec],
    origin: Origin,
) -> Result<Frame<'a>, Vec<Fault>> {
    let find = |name: &str| {
        frame
            .columns
            .iter()
            .position(|column| matches!(&column.name, Py::Str(text) if text.is(name)))
    };
    let missing: Vec<&str> = specs
        .iter()
        .filter(|spec| spec.required && find(&spec.name).is_none())
        .map(|spec| spec.name.as_str())
        .collect();
    if !missing.is_empty() {
        let extra = |column: &&Column<'_>| {
            !specs.iter().any(|spec| matches!(&column.name, Py::Str(text) if text.is(&spec.name)))
        };
        let extras: Vec<String> = frame
            .columns
            .iter()
            .filter(extra)
            .take(64)
            .map(|column| str_of(&column.name).lossy().into_owned())
            .collect();
        return Err(missing.into_iter().map(|name| missing_input(name, &extras, origin)).collect());
    }
    let twice = frame.twice();
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(specs.len());
    let mut done: Vec<usize> = Vec::new();
    for spec in specs {
        let Some(place) = find(&spec.name) else {
            if let Some(place) = frame.columns.iter().position(|column| levelled(column, spec)) {
                let fault = doubled(&spec.kind);
                faults.push(placed(fault, &spec.name, &frame, place, &spec.kind, origin));
            }
            continue;
        };
        if done.contains(&place) {
            continue;
        }
        done.push(place);
        let Some(column) = frame.columns.get(place).cloned() else {
            continue;
        };
        let enforced = if twice.contains(&column.name) {
            Err(doubled(&spec.kind))
        } else {
            enforce(column, &spec.kind, spec.required)
        };
        match enforced {
            Ok(column) => columns.push(column),
            Err(fault) => faults.push(placed(fault, &spec.name, &frame, place, &spec.kind, origin)),
        }
    }
    finish(frame.index, columns, faults)
}

/// Whether a column has the name on the first level of several: pandas gives a
/// frame for it.
fn levelled(column: &Column<'_>, spec: &ColSpec) -> bool {
    let Py::List(levels) = &column.name else {
        return false;
    };
    matches!(levels.first(), Some(Py::Str(text)) if text.is(&spec.name))
}

/// Two columns of one name: MLflow takes their names for their values.
pub(crate) fn doubled(kind: &Type) -> Fault {
    let kind = match kind {
        Type::Array(_) => Kind::ExpectedList,
        Type::Object(_) | Type::Map(_) => Kind::ExpectedDict,
        Type::Data(_) | Type::Any => Kind::EnforceOther,
    };
    Fault::new(kind, "there are two columns of this name")
}

fn missing_input(name: &str, extras: &[String], origin: Origin) -> Fault {
    let hint = near(name, extras.iter().map(String::as_str));
    let mut fault = Fault::new(
        words::missing(origin.part),
        format!("{} `{name}` is missing{hint}", words::one(origin.part)),
    );
    fault.column = name.to_string();
    fault.expected = name.to_string();
    fault.at(origin.data())
}

fn by_place<'a>(
    mut frame: Frame<'a>,
    specs: &[ColSpec],
    origin: Origin,
) -> Result<Frame<'a>, Vec<Fault>> {
    if frame.columns.len() < specs.len() {
        let mut fault =
            Fault::new(Kind::MissingUnnamed, "there are fewer columns than the signature declares");
        fault.expected = format!("{} columns", specs.len());
        fault.actual = format!("{} columns", frame.columns.len());
        return Err(alloc::vec![fault.at(origin.data())]);
    }
    frame.columns.truncate(specs.len());
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(specs.len());
    for (place, (spec, column)) in specs.iter().zip(&frame.columns).enumerate() {
        match enforce(column.clone(), &spec.kind, true) {
            Ok(column) => columns.push(column),
            Err(fault) => faults.push(placed(fault, &spec.name, &frame, place, &spec.kind, origin)),
        }
    }
    finish(frame.index, columns, faults)
}

fn finish<'a>(
    index: Index<'a>,
    columns: Vec<Column<'a>>,
    faults: Vec<Fault>,
) -> Result<Frame<'a>, Vec<Fault>> {
    if !faults.is_empty() {
        return Err(faults);
    }
    // Without columns pandas forgets the rows.
    let index = if columns.is_empty() { Index::Range(0) } else { index };
    Ok(Frame { index, columns })
}

pub(crate) fn enforce<'a>(
    mut column: Column<'a>,
    kind: &Type,
    required: bool,
) -> Result<Column<'a>, Fault> {
    match kind {
        Type::Data(data_type) => {
            if column.dtype == Dtype::MaskedText {
                column.dtype = Dtype::Text;
            }
            let mut column = datatype::enforce(column, *data_type)?;
            if column.dtype == Dtype::Bytes {
                // A frame holds bytes as objects.
                column.dtype = Dtype::Object;
            }
            Ok(column)
        }
        Type::Any => Ok(again(column)),
        composite => {
            let name = column.name.clone();
            absent(&column, composite)?;
            let mut cells = Vec::with_capacity(column.cells.len());
            for (row, cell) in objects(column).into_iter().enumerate() {
                let cell = nested::value(cell, composite, required)
                    .map_err(|fault| fault.inside(Step::Item(row)))?;
                cells.push(cell);
            }
            Ok(infer(name, cells))
        }
    }
}

/// A column made anew of its own cells: times stay times, masked numbers
/// become plain ones of their width, and with gaps objects.
fn again(mut column: Column<'_>) -> Column<'_> {
    let gaps = column.cells.contains(&Py::None);
    column.dtype = match column.dtype {
        Dtype::MaskedInt(..) | Dtype::MaskedFloat(_) | Dtype::MaskedBool if gaps => Dtype::Object,
        Dtype::MaskedInt(true, bits) => Dtype::Int(bits),
        Dtype::MaskedInt(false, bits) => Dtype::Uint(bits),
        Dtype::MaskedFloat(bits) => Dtype::Float(bits),
        Dtype::MaskedBool => Dtype::Bool,
        times if matches!(times.kind(), 'M' | 'm') => {
            if !column.cells.is_empty() && column.cells.iter().all(Py::is_null) {
                // Of nothing but NaT pandas takes the coarsest unit.
                Dtype::Datetime(Unit::Second)
            } else {
                times
            }
        }
        _ => return infer(column.name.clone(), objects(column)),
    };
    column
}

/// A gap in a masked column is `pandas.NA`, which MLflow does not take for
/// null.
fn absent(column: &Column<'_>, kind: &Type) -> Result<(), Fault> {
    let masked = matches!(
        column.dtype,
        Dtype::MaskedInt(..) | Dtype::MaskedFloat(_) | Dtype::MaskedBool | Dtype::MaskedText
    );
    let gap = column.cells.iter().position(|cell| *cell == Py::None);
    let (true, Some(row)) = (masked, gap) else {
        return Ok(());
    };
    let (rule, wanted) = match kind {
        Type::Array(_) => (Kind::ExpectedList, "a list"),
        _ => (Kind::ExpectedDict, "an object"),
    };
    let fault = Fault::new(rule, format!("{wanted} is needed, not a missing value"));
    Err(fault.wanted(wanted, &Py::None).inside(Step::Item(row)))
}

/// Names the column, and finds the first cell that is to blame.
pub(crate) fn placed(
    fault: Fault,
    name: &str,
    frame: &Frame<'_>,
    place: usize,
    kind: &Type,
    origin: Origin,
) -> Fault {
    let mut fault = surfaced(fault);
    fault.column = name.to_string();
    fault.message = format!("column `{name}`: {}", fault.message);
    let mut row = row_of(&mut fault);
    let column = frame.columns.get(place);
    if let (None, Type::Data(data_type), Some(column)) = (row, kind, column) {
        let mut bad = column.cells.iter().enumerate().filter(|(_, cell)| !suits(cell, *data_type));
        if let Some((first, cell)) = bad.next() {
            row = Some(first);
            fault.actual = shown(cell);
            fault.occurrences += bad.count() as u32;
        }
    }
    let column_name = column.map_or(&Py::None, |column| &column.name);
    fault.at(origin.cell(column_name, place, row.or(Some(0))))
}

/// Whether a cell by itself is of the type.
fn suits(cell: &Py<'_>, data_type: DataType) -> bool {
    match data_type {
        DataType::Boolean => matches!(cell, Py::Bool(_)),
        DataType::Integer | DataType::Long => {
            matches!(cell, Py::Int(_) | Py::Int32(_) | Py::Uint(_))
        }
        DataType::Float | DataType::Double => {
            matches!(cell, Py::Float(_) | Py::Float32(_) | Py::None)
        }
        DataType::String => matches!(cell, Py::Str(_) | Py::None),
        DataType::Binary => matches!(cell, Py::Bytes(_)),
        DataType::Datetime => {
            matches!(cell, Py::Time(_) | Py::Datetime(_) | Py::Date(_) | Py::None)
        }
    }
}
