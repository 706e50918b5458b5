//! Values inside columns: arrays, objects, maps, and the scalars in them.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use crate::datatype;
use crate::fault::{Fault, Kind, near};
use crate::json::Text;
use crate::py::{Column, Dtype, Py, array, array_of, cell_as, infer};
use crate::schema::{DataType, Property, Type};
use crate::step::Step;

/// A value as its type wants it.
///
/// # Errors
/// When it has another type, or lacks what the type requires.
pub fn value<'a>(data: Py<'a>, kind: &Type, required: bool) -> Result<Py<'a>, Fault> {
    match kind {
        Type::Data(data_type) => scalar(data, *data_type, required),
        Type::Array(items) => list(data, items, required),
        Type::Object(properties) => object(data, properties, required),
        Type::Map(values) => map(data, values, required),
        Type::Any => Ok(data),
    }
}

fn scalar<'a>(data: Py<'a>, data_type: DataType, required: bool) -> Result<Py<'a>, Fault> {
    if !required && data.is_null() {
        return Ok(Py::None);
    }
    if !data.is_scalar() {
        return Err(Fault::new(
            Kind::ExpectedScalar,
            format!("a single value is needed, not {}", data.kind()),
        )
        .wanted(data_type.name(), &data));
    }
    if matches!(&data, Py::Str(text) if text.has_surrogate()) {
        return Err(unencoded(&data));
    }
    let shown = data.clone();
    let column = infer(Py::None, alloc::vec![data]);
    match datatype::enforce(column, data_type) {
        Ok(column) => {
            let cell = column.cells.into_iter().next().unwrap_or(Py::None);
            Ok(cell.sized(column.dtype))
        }
        Err(fault) if fault.kind == Kind::Raw => Err(fault.wanted(data_type.name(), &shown)),
        Err(_) => Err(Fault::new(
            Kind::EnforceScalar,
            format!("`{}` is needed, and {} is not widened to it", data_type.name(), shown.kind()),
        )
        .wanted(data_type.name(), &shown)),
    }
}

/// pandas keeps text as UTF-8.
fn unencoded(data: &Py<'_>) -> Fault {
    Fault::new(Kind::Raw, "text must not hold lone surrogates").wanted("text", data)
}

/// `len()` of an array without dimensions raises.
fn unsized_array(data: &Py<'_>) -> Option<Fault> {
    match data {
        Py::Array(array) if array.shape.is_empty() => Some(
            Fault::new(Kind::Raw, "MLflow cannot take a null or a single value for a list here")
                .wanted("a list", &array.to_list()),
        ),
        _ => None,
    }
}

/// A list, as its items want it.
///
/// # Errors
/// As [`value`].
pub fn list<'a>(data: Py<'a>, items: &Type, required: bool) -> Result<Py<'a>, Fault> {
    if !required || *items == Type::Any {
        let empty = match &data {
            Py::None => true,
            Py::List(list) => list.is_empty(),
            Py::Array(array) => {
                if let Some(fault) = unsized_array(&data) {
                    return Err(fault);
                }
                array.shape.first() == Some(&0)
            }
            _ => false,
        };
        if empty {
            return Ok(data);
        }
    }
    if !matches!(data, Py::List(_) | Py::Array(_)) {
        return Err(Fault::new(
            Kind::ExpectedList,
            format!("a list is needed, not {}", data.kind()),
        )
        .wanted("a list", &data));
    }
    if let Some(fault) = unsized_array(&data) {
        return Err(fault);
    }
    match (items, data) {
        (Type::Data(data_type), Py::List(list)) => {
            if list.is_empty() {
                return Ok(Py::List(list));
            }
            let column = infer(Py::None, list);
            let cells = primitives(column, *data_type)?;
            Ok(Py::List(cells.into_iter().map(listed).collect()))
        }
        (Type::Data(data_type), Py::Array(array)) => {
            if array.shape.len() != 1 {
                return Err(Fault::new(Kind::Raw, "a list without lists in it is needed")
                    .wanted("a list of single values", &array.to_list()));
            }
            if array.cells.is_empty() {
                return Ok(Py::Array(array));
            }
            let column = Column::of_array(Py::None, array.dtype, array.cells);
            let cells = primitives(column, *data_type)?;
            Ok(array_of(data_type.dtype(), cells).boxed())
        }
        (items, Py::List(list)) => each(list, items, required).map(Py::List),
        (items, Py::Array(boxed)) => {
            let parts = if boxed.shape.len() == 1 {
                boxed.cells
            } else {
                boxed.rows().into_iter().map(crate::py::Array::boxed).collect()
            };
            let parts = each(parts, items, required)?;
            match array(&Py::List(parts)) {
                Ok(array) => Ok(array.boxed()),
                Err(_) => Err(Fault::new(Kind::Raw, "lists of unequal length make no array")),
            }
        }
        (_, other) => Ok(other),
    }
}

/// A cell as `ndarray.tolist()` gives it: a time of nanoseconds is a number.
fn listed(cell: Py<'_>) -> Py<'_> {
    match cell {
        Py::Time(Some(nanos)) => Py::Int(nanos),
        Py::Time(None) => Py::None,
        other => other,
    }
}

fn each<'a>(parts: Vec<Py<'a>>, items: &Type, required: bool) -> Result<Vec<Py<'a>>, Fault> {
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| {
            value(part, items, required).map_err(|fault| fault.inside(Step::Item(at)))
        })
        .collect()
}

/// The first character of a text, or byte of bytes.
fn narrowed(cell: Py<'_>) -> Py<'_> {
    match cell {
        Py::Str(text) => {
            let mut first = Vec::new();
            if let Some(point) = text.code_points().next() {
                crate::json::push_code_point(&mut first, point);
            }
            Py::Str(Text(first.into()).without_trailing_nuls())
        }
        Py::Bytes(mut bytes) => {
            bytes.truncate(1);
            bytes.retain(|byte| *byte != 0);
            Py::Bytes(bytes)
        }
        other => other,
    }
}

/// A list of primitives is judged as a column, then cast to an array.
fn primitives<'a>(column: Column<'a>, data_type: DataType) -> Result<Vec<Py<'a>>, Fault> {
    let lone = |cell: &&Py<'_>| matches!(cell, Py::Str(text) if text.has_surrogate());
    if let (Dtype::Text, Some(cell)) = (column.dtype, column.cells.iter().find(lone)) {
        return Err(unencoded(cell));
    }
    let column = datatype::enforce(column, data_type)?;
    let text = column.dtype == Dtype::Text;
    let object = column.dtype == Dtype::Object;
    // `to_numpy` makes room for one character a text when some are missing.
    let narrow = text && column.cells.contains(&Py::None);
    column
        .cells
        .into_iter()
        .enumerate()
        .map(|(at, cell)| {
            let shown = cell.clone();
            let sequence = object
                && match &cell {
                    Py::List(_) => true,
                    // One without dimensions is its only value.
                    Py::Array(array) => !array.shape.is_empty(),
                    _ => false,
                };
            let cast = match (cell, data_type) {
                // Missing text is NaN, and its text is `nan`.
                (Py::None, DataType::String) if text => Ok(Py::Str(Text::new("n"))),
                (Py::None, DataType::Binary) if text => Ok(Py::Bytes(b"n".to_vec())),
                (cell, DataType::String | DataType::Binary) if narrow => {
                    cell_as(cell, data_type.dtype()).map(narrowed)
                }
                (_, DataType::String | DataType::Binary) if sequence => {
                    Err(crate::py::Raised::Value)
                }
                (cell, _) => cell_as(cell, data_type.dtype()),
            };
            cast.map_err(|_| {
                Fault::new(
                    Kind::Raw,
                    format!("{} cannot be cast to `{}`", shown.kind(), data_type.name()),
                )
                .wanted(data_type.name(), &shown)
                .inside(Step::Item(at))
            })
        })
        .collect()
}

/// An object, property by property.
///
/// # Errors
/// As [`value`], and when it has other properties.
pub fn object<'a>(data: Py<'a>, properties: &[Property], required: bool) -> Result<Py<'a>, Fault> {
    if !required && is_nothing(&data)? {
        return Ok(data);
    }
    let Py::Dict(mut items) = data else {
        return Err(no_object(&data));
    };
    let missing = |property: &&Property| {
        property.required && !items.iter().any(|(key, _)| key.is(&property.name))
    };
    if let Some(property) = properties.iter().find(missing) {
        let hint = near(&property.name, items.iter().filter_map(|(key, _)| key.as_str()));
        let mut fault = Fault::new(
            Kind::ObjectMissingProp,
            format!("property `{}` is missing{hint}", property.name),
        );
        fault.expected = property.name.clone();
        return Err(fault);
    }
    let find = |key: &Text<'_>| {
        let name = key.as_str()?;
        let at = properties.binary_search_by(|property| property.name.as_str().cmp(name));
        properties.get(at.ok()?)
    };
    if let Some((key, value)) = items.iter().find(|(key, _)| find(key).is_none()) {
        let hint = near(&key.lossy(), properties.iter().map(|property| property.name.as_str()));
        return Err(Fault::new(
            Kind::ObjectExtraProp,
            format!("property `{}` is not in the signature{hint}", key.lossy()),
        )
        .wanted("no such property", value)
        .inside(Step::Key(key.lossy().to_string())));
    }
    for (key, slot) in &mut items {
        let Some(property) = find(key) else { continue };
        let data = core::mem::replace(slot, Py::None);
        *slot = value(data, &property.kind, property.required).map_err(|fault| {
            let kind = if fault.kind == Kind::Raw { Kind::Raw } else { Kind::ObjectKey };
            fault.as_kind(kind).inside(Step::Key(property.name.clone()))
        })?;
    }
    Ok(Py::Dict(items))
}

/// `data is None or data == {}`. An array is compared cell by cell, and only
/// one cell makes a yes or no.
fn is_nothing(data: &Py<'_>) -> Result<bool, Fault> {
    Ok(match data {
        Py::None => true,
        Py::Dict(items) => items.is_empty(),
        Py::Array(array) => match array.cells.as_slice() {
            [only] => matches!(only, Py::Dict(items) if items.is_empty()),
            _ => {
                return Err(Fault::new(Kind::Raw, "an object is needed, not an array of them")
                    .wanted("an object", &array.to_list()));
            }
        },
        _ => false,
    })
}

fn no_object(data: &Py<'_>) -> Fault {
    Fault::new(Kind::ExpectedDict, format!("an object is needed, not {}", data.kind()))
        .wanted("an object", data)
}

fn map<'a>(data: Py<'a>, values: &Type, required: bool) -> Result<Py<'a>, Fault> {
    if (!required || *values == Type::Any) && is_nothing(&data)? {
        return Ok(data);
    }
    let Py::Dict(mut items) = data else {
        return Err(no_object(&data));
    };
    for (key, slot) in &mut items {
        let data = core::mem::replace(slot, Py::None);
        *slot = value(data, values, required)
            .map_err(|fault| fault.inside(Step::Key(key.lossy().to_string())))?;
    }
    Ok(Py::Dict(items))
}
