//! Columns of files and frames, as the contract carries them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind, Place};
use mlflow_schema::json::Text;
use mlflow_schema::py::{
    Column, Dtype, Frame, Index, Py, Unit, base64_decode, datetime64, infer, loads, to_f32,
};
use tollgate_sdk::signature::{Cells, TypedColumn};

/// A frame of typed columns. Each has `rows` cells; those of `object` columns
/// are JSON texts, where `{"$bytes": base64}`, `{"$datetime": iso}`,
/// `{"$date": iso}`, `{"$decimal": text}`, `{"$float": "NaN"}` and
/// `{"$ndarray": {dtype, shape, data}}` say what JSON cannot. Times are nanoseconds since 1970, or ISO 8601 texts.
///
/// # Errors
/// When a column is shorter than `rows`, has a type that pandas does not
/// know, or cells that its type cannot have.
pub fn frame<'a>(rows: usize, columns: &'a [TypedColumn]) -> Result<Frame<'a>, Fault> {
    let columns = columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            self::column(rows, place, column).map_err(|fault| {
                let name = column.name.clone().unwrap_or_else(|| place.to_string());
                fault.at(Place::Cell(0, name))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Frame { index: Index::Range(rows), columns })
}

pub(crate) fn column<'a>(
    rows: usize,
    place: usize,
    column: &'a TypedColumn,
) -> Result<Column<'a>, Fault> {
    let name = match &column.name {
        Some(name) => Py::Str(Text::new(name)),
        None => Py::Int(place as i64),
    };
    let Some(dtype) = Dtype::of_column(&column.dtype) else {
        return Err(Fault::new(Kind::FrameBuild, "pandas knows no such column type"));
    };
    let present = |row: usize| column.column.is_present(row);
    // Only floats, times and objects can have gaps in pandas.
    let dtype = match dtype {
        Dtype::Int(_) | Dtype::Uint(_) if !(0..rows).all(present) => Dtype::Float(64),
        Dtype::Bool if !(0..rows).all(present) => Dtype::Object,
        dtype => dtype,
    };
    let mut cells = Vec::with_capacity(rows);
    for row in 0..rows {
        let cell = if present(row) {
            let cell = raw(&column.column.cells, row).ok_or_else(|| {
                Fault::new(Kind::FrameBuild, format!("a column has no row {row} of {rows}"))
            })?;
            typed(cell, dtype)?
        } else {
            missing(dtype)
        };
        cells.push(cell);
    }
    let dtype = if column.dtype == "string" { dtype.nullable(&cells) } else { dtype };
    // `object` columns of numbers or text are what pandas would read.
    let column = Column { name, dtype, cells };
    Ok(match dtype {
        Dtype::MaskedInt(..) | Dtype::MaskedBool | Dtype::MaskedFloat(_) | Dtype::Object => column,
        Dtype::Unicode => infer(column.name, column.cells),
        _ => column,
    })
}

fn raw(cells: &Cells, row: usize) -> Option<Py<'_>> {
    Some(match cells {
        Cells::Booleans(cells) => Py::Bool(*cells.get(row)? != 0),
        Cells::Integers(cells) => Py::Int(*cells.get(row)?),
        // Python has one kind of whole numbers; ours has a word for those
        // above the signed ones only.
        Cells::Unsigned(cells) => {
            let number = *cells.get(row)?;
            i64::try_from(number).map_or(Py::Uint(number), Py::Int)
        }
        Cells::Numbers(cells) => Py::Float(*cells.get(row)?),
        Cells::Texts(texts) => Py::Str(Text::new(texts.get(row)?)),
    })
}

/// What a missing cell is.
fn missing<'a>(dtype: Dtype) -> Py<'a> {
    match dtype {
        Dtype::Float(_) | Dtype::Complex(_) => Py::Float(f64::NAN),
        Dtype::Datetime(_) | Dtype::Zoned(_) => Py::Time(None),
        _ => Py::None,
    }
}

/// A value, tags and all, as a cell of a column.
///
/// # Errors
/// When the column's type cannot have it.
pub(crate) fn of_value(mut value: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Fault> {
    crate::tags::untag(&mut value)?;
    let wrong = |value: &Py<'_>| {
        Fault::new(Kind::FrameBuild, format!("a `{}` column holds {}", dtype.name(), value.kind()))
    };
    Ok(match (dtype, value) {
        (Dtype::Object, value) => value,
        (_, Py::None) => missing(dtype),
        (Dtype::Bytes, bytes @ Py::Bytes(_)) => bytes,
        (Dtype::Datetime(_) | Dtype::Zoned(_), time @ Py::Time(_)) => time,
        (Dtype::Datetime(_) | Dtype::Zoned(_), Py::Datetime(nanos)) => {
            let out = || Fault::new(Kind::FrameBuild, "a time must be within 1677 and 2262");
            Py::Time(Some(i64::try_from(nanos).map_err(|_| out())?))
        }
        (Dtype::Uint(64) | Dtype::MaskedInt(false, 64), value @ Py::Uint(_)) => value,
        (Dtype::Uint(_) | Dtype::MaskedInt(false, _), value @ Py::Int(..0)) => {
            return Err(wrong(&value));
        }
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), value @ (Py::Uint(_) | Py::Big(_))) => {
            Py::Float(to_f32(value.float().map_err(|_| wrong(&value))?, bits))
        }
        (Dtype::Bytes, value) => return Err(wrong(&value)),
        (_, value) => typed(value, dtype)?,
    })
}

/// Whether a whole number is one of a column's type.
fn in_range(number: i64, dtype: Dtype) -> bool {
    match dtype {
        Dtype::Int(bits) | Dtype::MaskedInt(true, bits) => {
            bits >= 64 || (-(1i64 << (bits - 1))..1i64 << (bits - 1)).contains(&number)
        }
        Dtype::Uint(bits) | Dtype::MaskedInt(false, bits) => {
            bits >= 64 || (0..1i64 << bits).contains(&number)
        }
        _ => false,
    }
}

fn typed(cell: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Fault> {
    let wrong = |cell: &Py<'_>| {
        Fault::new(Kind::FrameBuild, format!("a `{}` column holds {}", dtype.name(), cell.kind()))
    };
    Ok(match (dtype, cell) {
        (Dtype::Object, Py::Str(text)) => object(text)?,
        (Dtype::Bytes, Py::Str(text)) => match base64_decode(text.bytes()) {
            Some(bytes) => Py::Bytes(bytes),
            None => return Err(Fault::new(Kind::FrameBuild, "bytes must be base64")),
        },
        (Dtype::Datetime(_) | Dtype::Zoned(_), Py::Str(text)) => {
            let time = datetime64(&text);
            Py::Time(time.ok_or_else(|| Fault::new(Kind::FrameBuild, "a time must be ISO 8601"))?)
        }
        (Dtype::Datetime(unit) | Dtype::Zoned(unit), Py::Int(count)) => {
            let scale = match unit {
                Unit::Second => 1_000_000_000,
                Unit::Milli => 1_000_000,
                Unit::Micro => 1_000,
                Unit::Nano => 1,
            };
            Py::Time(Some(count.saturating_mul(scale)))
        }
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), Py::Float(number)) => {
            Py::Float(to_f32(number, bits))
        }
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), Py::Int(number)) => {
            Py::Float(to_f32(number as f64, bits))
        }
        (Dtype::Bool | Dtype::MaskedBool, Py::Int(number @ (0 | 1))) => Py::Bool(number == 1),
        (Dtype::Uint(64) | Dtype::MaskedInt(false, 64), cell @ Py::Uint(_)) => cell,
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), Py::Uint(number)) => {
            Py::Float(to_f32(number as f64, bits))
        }
        (_, cell @ (Py::Str(_) | Py::Bool(_) | Py::Int(_) | Py::Float(_))) => {
            let fits = match dtype {
                Dtype::Int(_) | Dtype::Uint(_) | Dtype::MaskedInt(..) => {
                    matches!(cell, Py::Int(number) if in_range(number, dtype))
                }
                Dtype::Bool | Dtype::MaskedBool => matches!(cell, Py::Bool(_)),
                Dtype::Text | Dtype::Unicode => matches!(cell, Py::Str(_)),
                Dtype::Float(_) | Dtype::MaskedFloat(_) => false,
                Dtype::Datetime(_) | Dtype::Zoned(_) | Dtype::Bytes => false,
                _ => true,
            };
            if !fits {
                return Err(wrong(&cell));
            }
            cell
        }
        (_, cell) => return Err(wrong(&cell)),
    })
}

/// A cell of an object column, from its JSON text.
pub(crate) fn object(text: Text<'_>) -> Result<Py<'_>, Fault> {
    let refused = |what: &str| Fault::new(Kind::FrameBuild, what);
    let Text(Cow::Borrowed(bytes)) = text else {
        return Err(refused("an object's cell must be borrowed"));
    };
    match loads(bytes) {
        Ok(value) => crate::tags::untagged(value),
        Err(_) => Err(refused("each cell of an object column must be a JSON text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_a_zone_keeps_its_unit() {
        let half_past = 1_769_860_800_500_000_000;
        for (name, count) in [
            ("datetime64[ms, UTC]", 1_769_860_800_500),
            ("datetime64[us, UTC]", 1_769_860_800_500_000),
            ("datetime64[ns, UTC]", half_past),
        ] {
            let read = |dtype: Dtype| {
                let time = typed(Py::Int(count), dtype);
                dtype.name() == name && matches!(time, Ok(Py::Time(Some(at))) if at == half_past)
            };
            assert!(Dtype::of_column(name).is_some_and(read), "{name}");
        }
        assert!(Dtype::of_column("datetime64[weeks, UTC]").is_none());
    }
}
