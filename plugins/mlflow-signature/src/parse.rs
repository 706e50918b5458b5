//! From a body's data to what MLflow hands to enforcement: built and cast by
//! the form that it came in.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind, gather};
use mlflow_schema::json::Text;
use mlflow_schema::nested;
use mlflow_schema::py::{Array, Py, Taking, array, array_as, cell_as};
use mlflow_schema::schema::{ColSpec, DataType, Schema, Spec, Type};
use mlflow_schema::step::Step;

use crate::body::{Body, Field, Origin};
use crate::data::Data;
use crate::frames;

/// A request's data, cast. Whether the body keeps its values is up to
/// `taking`.
///
/// # Errors
/// The faults of this stage, MLflow's own first.
pub(crate) fn data<'a>(
    body: &mut Body<'a>,
    taking: Taking,
    schema: Option<&Schema>,
    origin: Origin,
    today: Option<i64>,
) -> Result<Data<'a>, Vec<Fault>> {
    let frame = match body.field {
        Field::Unified => return Ok(Data::of(taking.take(&mut body.data))),
        Field::Inputs => return cast_inputs(&mut body.data, taking, schema, origin),
        Field::Instances => return cast_instances(&mut body.data, taking, schema, origin),
        Field::Records | Field::Lines => frames::records(&mut body.data, taking, origin),
        Field::Split => frames::split(&mut body.data, taking),
        // None of a request.
        Field::Frame | Field::Tensor | Field::Tensors | Field::Value | Field::Predictions => {
            return Ok(Data::of(taking.take(&mut body.data)));
        }
    };
    let frame = frame.map_err(|fault| alloc::vec![fault])?;
    match schema {
        Some(schema) => crate::cast::frame(frame, schema, origin, today).map(Data::Frame),
        None => Ok(Data::Frame(frame)),
    }
}

/// Casts one value of `inputs` or `instances` (MLflow's `convert_data_type`).
fn convert<'a>(data: &mut Py<'a>, taking: Taking, spec: Option<Spec<'_>>) -> Result<Py<'a>, Fault> {
    let column = match spec {
        None => return array(data).map(Array::boxed).map_err(|_| ragged(data)),
        Some(Spec::Tensor(tensor)) => {
            return array_as(data, tensor.dtype)
                .map(Array::boxed)
                .map_err(|_| no_cast(data, &tensor.dtype.name()));
        }
        Some(Spec::Column(column)) => column,
    };
    match &column.kind {
        Type::Data(data_type) => {
            if matches!(data, Py::List(_)) {
                return match array_as(data, data_type.dtype()) {
                    Ok(array) => Ok(array.boxed()),
                    Err(_) => Err(locate(data, *data_type)),
                };
            }
            cell_as(data.clone(), data_type.dtype())
                .map(|cell| cell.sized(data_type.dtype()))
                .map_err(|_| no_cast(data, data_type.name()))
        }
        Type::Array(items) => {
            let list = nested::list(taking.take(data), items, column.required)?;
            array(&list).map(Array::boxed).map_err(|_| ragged(&list))
        }
        kind => Ok(nested::value(taking.take(data), kind, column.required)?),
    }
}

fn no_cast(data: &Py<'_>, wanted: &str) -> Fault {
    Fault::new(Kind::CastFailed, format!("{} cannot be cast to `{wanted}`", data.kind()))
        .wanted(wanted, data)
}

fn ragged(data: &Py<'_>) -> Fault {
    Fault::new(Kind::CastFailed, "lists of unequal length make no array")
        .wanted("lists of equal length", data)
}

/// The items of a list that cannot be cast.
fn locate(data: &Py<'_>, data_type: DataType) -> Fault {
    let Py::List(items) = data else {
        return no_cast(data, data_type.name());
    };
    let mut bad = items.iter().enumerate().filter(|(_, item)| {
        !matches!(item, Py::List(_)) && cell_as((*item).clone(), data_type.dtype()).is_err()
    });
    match bad.next() {
        Some((at, item)) => {
            let mut fault = no_cast(item, data_type.name()).inside(Step::Item(at));
            fault.occurrences += bad.count() as u32;
            fault
        }
        None => ragged(data),
    }
}

/// Errors of a conversion as MLflow reports them from here.
fn surfaced(fault: Fault) -> Fault {
    let kind = match fault.kind {
        Kind::Raw | Kind::ColumnConvert => Kind::CastFailed,
        other => other,
    };
    fault.as_kind(kind)
}

fn spec_of<'s>(schema: Option<&'s Schema>, key: &Text<'_>) -> Option<Spec<'s>> {
    schema?.spec(key.as_str()?)
}

type Items<'a> = Vec<(Text<'a>, Py<'a>)>;

/// Casts the values of an object by their keys.
fn convert_items<'a>(
    items: &mut [(Text<'a>, Py<'a>)],
    taking: Taking,
    schema: Option<&Schema>,
    origin: Origin,
    row: Option<usize>,
    faults: &mut Vec<Fault>,
) -> Items<'a> {
    let mut out = Vec::with_capacity(items.len());
    for (place, (key, data)) in items.iter_mut().enumerate() {
        match convert(data, taking, spec_of(schema, key)) {
            Ok(value) => out.push((key.clone(), value)),
            Err(fault) => {
                let mut fault = surfaced(fault);
                fault.column = key.lossy().into_owned();
                gather(faults, fault.at(origin.cell(&Py::Str(key.clone()), place, row)));
            }
        }
    }
    out
}

/// Casts `inputs`, whatever its layout.
///
/// # Errors
/// The faults of the values that cannot be cast.
pub(crate) fn cast_inputs<'a>(
    data: &mut Py<'a>,
    taking: Taking,
    schema: Option<&Schema>,
    origin: Origin,
) -> Result<Data<'a>, Vec<Fault>> {
    let one = |fault: Fault| Err(alloc::vec![fault.at(origin.data())]);
    if let Some(schema) = schema {
        let names = if schema.named() { schema.names() } else { Vec::new() };
        let flat = matches!(data, Py::List(items)
            if !items.iter().any(|item| matches!(item, Py::Dict(_))));
        if let ([only], true) = (names.as_slice(), flat) {
            // A bare list is the only column there is.
            let key = Text::owned((*only).to_string());
            return match convert(data, taking, schema.spec(only)) {
                Ok(value) => Ok(Data::Dict(alloc::vec![(key, value)])),
                Err(fault) => one(surfaced(fault)),
            };
        }
        if !schema.named() && !matches!(data, Py::List(_)) && !data.is_scalar() {
            return one(Fault::new(
                Kind::UnnamedBadInput,
                "a signature without names takes a list or a single value",
            )
            .wanted("a list or a single value", data));
        }
    }
    let mut faults = Vec::new();
    let first = schema.and_then(Schema::first);
    let cast = match data {
        Py::Dict(items) => {
            Py::Dict(convert_items(items, taking, schema, origin, None, &mut faults))
        }
        Py::List(rows) if rows.iter().all(|row| matches!(row, Py::Dict(_))) => Py::List(
            rows.iter_mut()
                .enumerate()
                .map(|(at, row)| match row {
                    Py::Dict(items) => {
                        let row = Some(at);
                        Py::Dict(convert_items(items, taking, schema, origin, row, &mut faults))
                    }
                    other => taking.take(other),
                })
                .collect(),
        ),
        list @ Py::List(_) => match convert(list, taking, first) {
            Ok(value) => value,
            Err(fault) => return one(surfaced(fault)),
        },
        scalar => match convert(scalar, taking, first) {
            Ok(value) => value,
            Err(fault) => return one(fault.as_kind(Kind::CastFailed)),
        },
    };
    if faults.is_empty() { Ok(Data::of(cast)) } else { Err(faults) }
}

fn cast_instances<'a>(
    data: &mut Py<'a>,
    taking: Taking,
    schema: Option<&Schema>,
    origin: Origin,
) -> Result<Data<'a>, Vec<Fault>> {
    let data = match data {
        Py::List(rows) if matches!(rows.first(), Some(Py::Dict(_))) => {
            Data::Dict(pivot(rows, taking, schema, origin)?)
        }
        other => cast_inputs(other, taking, schema, origin)?,
    };
    if let Data::Dict(items) = &data {
        equal_lengths(items, schema, origin).map_err(|fault| alloc::vec![fault])?;
    }
    Ok(data)
}

/// Rows of objects turned into columns.
fn pivot<'a>(
    rows: &mut [Py<'a>],
    taking: Taking,
    schema: Option<&Schema>,
    origin: Origin,
) -> Result<Items<'a>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut columns: Vec<(Text<'a>, Vec<Py<'a>>)> = Vec::new();
    let mut places: BTreeMap<Text<'a>, usize> = BTreeMap::new();
    for (at, row) in rows.iter_mut().enumerate() {
        let Py::Dict(items) = row else {
            let pointer = format!("{}/{at}", origin.data());
            faults.push(
                Fault::new(
                    Kind::CastFailed,
                    "every instance must be an object, as the first one is",
                )
                .wanted("an object", row)
                .at(pointer),
            );
            break;
        };
        for (key, value) in convert_items(items, taking, schema, origin, Some(at), &mut faults) {
            match places.get(&key).and_then(|at| columns.get_mut(*at)) {
                Some((_, cells)) => cells.push(value),
                None => {
                    places.insert(key.clone(), columns.len());
                    columns.push((key, alloc::vec![value]));
                }
            }
        }
    }
    let mut items = Vec::with_capacity(columns.len());
    for (place, (key, cells)) in columns.into_iter().enumerate() {
        match array(&Py::List(cells)) {
            Ok(array) => items.push((key, array.boxed())),
            Err(_) => {
                let mut fault = Fault::new(
                    Kind::CastFailed,
                    format!("the values of `{}` differ in shape", key.lossy()),
                );
                fault.column = key.lossy().into_owned();
                faults.push(fault.at(origin.cell(&Py::Str(key), place, Some(0))));
            }
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

/// Required columns (but arrays) must have the same number of rows.
fn equal_lengths(
    items: &[(Text<'_>, Py<'_>)],
    schema: Option<&Schema>,
    origin: Origin,
) -> Result<(), Fault> {
    let checked = |key: &Text<'_>| match schema {
        Some(schema) if schema.named() => match spec_of(Some(schema), key) {
            Some(Spec::Column(ColSpec { kind: Type::Array(_), .. })) | None => false,
            Some(Spec::Column(column)) => column.required,
            Some(Spec::Tensor(_)) => true,
        },
        _ => true,
    };
    let mut length = None;
    for (key, value) in items {
        if !checked(key) {
            continue;
        }
        let rows = match value {
            Py::List(list) => list.len(),
            Py::Array(array) => match array.shape.first() {
                Some(rows) => *rows,
                None => {
                    return Err(Fault::new(
                        Kind::CastFailed,
                        format!("`{}` must be a list in `instances`", key.lossy()),
                    )
                    .at(origin.cell(&Py::Str(key.clone()), 0, None)));
                }
            },
            _ => continue,
        };
        if *length.get_or_insert(rows) != rows {
            return Err(Fault::new(
                Kind::LengthMismatch,
                format!("`{}` has another number of rows than the columns before it", key.lossy()),
            )
            .at(origin.data()));
        }
    }
    Ok(())
}
