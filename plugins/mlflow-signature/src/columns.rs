//! Columns of files and frames, as the contract carries them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use tollgate_sdk::signature::{Cells, TypedColumn};

use crate::fault::{Fault, Kind};
use crate::json::{self, Text};
use crate::py::{
    Column, Dtype, Frame, Index, Instant, Py, Unit, base64_decode, infer, instant, to_f32,
};

/// A frame of typed columns. Each has `rows` cells; those of `object` columns
/// are JSON texts, where `{"$bytes": base64}`, `{"$datetime": iso}`,
/// `{"$date": iso}`, `{"$decimal": text}` and `{"$float": "NaN"}` say what
/// JSON cannot. Times are nanoseconds since 1970, or ISO 8601 texts.
///
/// # Errors
/// When a column is shorter than `rows`, has a type that pandas does not
/// know, or cells that its type cannot have.
pub fn frame<'a>(rows: usize, columns: &'a [TypedColumn]) -> Result<Frame<'a>, Fault> {
    let columns = columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            self::column(rows, place, column).map_err(|fault| fault.at(format!("/0/{place}")))
        })
        .collect::<Result<_, _>>()?;
    Ok(Frame { index: Index::Range(rows), columns })
}

fn column<'a>(rows: usize, place: usize, column: &'a TypedColumn) -> Result<Column<'a>, Fault> {
    let name = match &column.name {
        Some(name) => Py::Str(Text::new(name)),
        None => Py::Int(place as i64),
    };
    let Some(dtype) = Dtype::of_column(&column.dtype) else {
        return Err(Fault::new(Kind::FrameBuild, "pandas knows no such column type"));
    };
    let mut cells = Vec::with_capacity(rows);
    for row in 0..rows {
        let present = match &column.column.validity {
            None => true,
            Some(bits) => bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1),
        };
        let cell = if present {
            let cell = raw(&column.column.cells, row).ok_or_else(|| {
                Fault::new(Kind::FrameBuild, format!("a column has no row {row} of {rows}"))
            })?;
            typed(cell, dtype)?
        } else {
            missing(dtype)
        };
        cells.push(cell);
    }
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
        Cells::Numbers(cells) => Py::Float(*cells.get(row)?),
        Cells::Texts(texts) => {
            let entry = usize::try_from(*texts.indices.get(row)?).ok()?;
            Py::Str(Text::new(texts.entries.get(entry)?))
        }
    })
}

/// What a missing cell is.
fn missing<'a>(dtype: Dtype) -> Py<'a> {
    match dtype {
        Dtype::Float(_) | Dtype::Complex(_) => Py::Float(f64::NAN),
        Dtype::Datetime(_) | Dtype::Zoned => Py::Time(None),
        _ => Py::None,
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
        (Dtype::Datetime(_) | Dtype::Zoned, Py::Str(text)) => {
            let time = crate::py::datetime64(&text);
            Py::Time(time.ok_or_else(|| Fault::new(Kind::FrameBuild, "a time must be ISO 8601"))?)
        }
        (Dtype::Datetime(unit), Py::Int(count)) => {
            let scale = match unit {
                Unit::Second => 1_000_000_000,
                Unit::Milli => 1_000_000,
                Unit::Micro => 1_000,
                Unit::Nano => 1,
            };
            Py::Time(Some(count.saturating_mul(scale)))
        }
        (Dtype::Zoned, Py::Int(count)) => Py::Time(Some(count)),
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), Py::Float(number)) => {
            Py::Float(to_f32(number, bits))
        }
        (Dtype::Float(bits) | Dtype::MaskedFloat(bits), Py::Int(number)) => {
            Py::Float(to_f32(number as f64, bits))
        }
        (Dtype::Bool | Dtype::MaskedBool, Py::Int(number @ (0 | 1))) => Py::Bool(number == 1),
        // The contract's integers are signed: the upper half of `uint64`
        // comes as negative numbers.
        (Dtype::Uint(64), Py::Int(number)) if number < 0 => Py::Uint(number as u64),
        (_, cell @ (Py::Str(_) | Py::Bool(_) | Py::Int(_) | Py::Float(_))) => {
            let fits = match dtype {
                Dtype::Int(_) | Dtype::Uint(_) | Dtype::MaskedInt(..) => matches!(cell, Py::Int(_)),
                Dtype::Bool | Dtype::MaskedBool => matches!(cell, Py::Bool(_)),
                Dtype::Text | Dtype::Unicode => matches!(cell, Py::Str(_)),
                Dtype::Float(_) | Dtype::MaskedFloat(_) => false,
                Dtype::Datetime(_) | Dtype::Zoned | Dtype::Bytes => false,
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
fn object(text: Text<'_>) -> Result<Py<'_>, Fault> {
    let refused = |what: &str| Fault::new(Kind::FrameBuild, what);
    let Text(Cow::Borrowed(bytes)) = text else {
        return Err(refused("an object's cell must be borrowed"));
    };
    match json::parse(bytes) {
        Ok(value) => untagged(value),
        Err(_) => Err(refused("each cell of an object column must be a JSON text")),
    }
}

/// Values that JSON cannot say, from their tags.
///
/// # Errors
/// When a tag's value is not what the tag says.
pub fn untagged(value: Py<'_>) -> Result<Py<'_>, Fault> {
    let refused = |what: &str| Fault::new(Kind::FrameBuild, what.to_string());
    match value {
        Py::List(items) => Ok(Py::List(items.into_iter().map(untagged).collect::<Result<_, _>>()?)),
        Py::Dict(items) => {
            if let [(key, Py::Str(text))] = items.as_slice() {
                let time = || instant(text).ok_or_else(|| refused("a time must be ISO 8601"));
                match key.bytes() {
                    b"$float" => {
                        return Py::Str(text.clone())
                            .float()
                            .map(Py::Float)
                            .map_err(|_| refused("`$float` must be NaN, Infinity or -Infinity"));
                    }
                    b"$bytes" => {
                        return base64_decode(text.bytes())
                            .map(Py::Bytes)
                            .ok_or_else(|| refused("`$bytes` must be base64"));
                    }
                    b"$decimal" => {
                        return Ok(Py::Decimal(Cow::Owned(text.lossy().into_owned())));
                    }
                    b"$date" => {
                        return match time()? {
                            Instant::Day(days) => Ok(Py::Date(days as i64)),
                            _ => Err(refused("`$date` must be a day")),
                        };
                    }
                    b"$datetime" => {
                        return Ok(match time()? {
                            Instant::Nat => Py::Time(None),
                            Instant::Day(days) => Py::Datetime(days * 86_400_000_000_000),
                            Instant::Time(nanos) | Instant::Fine(nanos) => Py::Datetime(nanos),
                        });
                    }
                    _ => {}
                }
            }
            Ok(Py::Dict(
                items
                    .into_iter()
                    .map(|(key, value)| Ok((key, untagged(value)?)))
                    .collect::<Result<_, Fault>>()?,
            ))
        }
        other => Ok(other),
    }
}
