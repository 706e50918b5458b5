//! Columns of a pandas frame: how their type is found, and changed.

use alloc::vec::Vec;

use super::{Dtype, Py, Raised, Unit, array_as, cell_as, to_f32, wrap_float, wrap_int};

/// A column, or a `pandas.Series`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column<'a> {
    /// Its name: text, or its number.
    pub name: Py<'a>,
    /// The type of its cells.
    pub dtype: Dtype,
    /// The cells. Missing text is [`Py::None`], a missing float is NaN.
    pub cells: Vec<Py<'a>>,
}

/// What the cells of a column of objects are, as far as inference asks.
#[derive(Default)]
struct Seen {
    none: bool,
    nan: bool,
    boolean: bool,
    whole: bool,
    unsigned: bool,
    negative: bool,
    float: bool,
    text: bool,
    time: bool,
    moment: bool,
    other: bool,
    not_int32: bool,
    not_float32: bool,
    conflict: bool,
}

impl Seen {
    fn all(cells: &[Py<'_>]) -> Self {
        let mut seen = Self::default();
        for cell in cells {
            seen.not_int32 |= !matches!(cell, Py::Int32(_));
            seen.not_float32 |= !matches!(cell, Py::Float32(_) | Py::Int32(_));
            match cell {
                Py::None => seen.none = true,
                Py::Float(number) | Py::Float32(number) if number.is_nan() => seen.nan = true,
                Py::Float(_) | Py::Float32(_) => seen.float = true,
                Py::Bool(_) => seen.boolean = true,
                Py::Int(number) => {
                    seen.whole = true;
                    seen.negative |= *number < 0;
                }
                Py::Int32(number) => {
                    seen.whole = true;
                    seen.negative |= *number < 0;
                }
                Py::Uint(_) => {
                    seen.whole = true;
                    seen.unsigned = true;
                }
                Py::Str(_) => seen.text = true,
                Py::Time(_) => seen.time = true,
                Py::Datetime(_) => seen.moment = true,
                _ => seen.other = true,
            }
            seen.conflict |= seen.unsigned && seen.negative;
        }
        seen
    }

    /// The type that pandas finds.
    fn dtype(&self) -> Dtype {
        let missing = self.none || self.nan;
        let number = self.whole || self.float;
        if self.other || self.conflict {
            return Dtype::Object;
        }
        match (self.text, self.time || self.moment, self.boolean) {
            (true, false, false) if !number => Dtype::Text,
            // Python's own times have microseconds.
            (false, true, false) if !number && !self.time => Dtype::Datetime(Unit::Micro),
            (false, true, false) if !number => Dtype::NANOSECONDS,
            (false, false, true) if !number && !missing => Dtype::Bool,
            (false, false, false) => {
                if !self.not_int32 && self.whole {
                    Dtype::Int(32)
                } else if !self.not_float32 && !self.none && (self.float || self.nan) {
                    Dtype::Float(32)
                } else if self.float || self.nan || (missing && self.whole) {
                    Dtype::Float(64)
                } else if self.unsigned {
                    Dtype::Uint(64)
                } else if self.whole {
                    Dtype::Int(64)
                } else {
                    Dtype::Object
                }
            }
            _ => Dtype::Object,
        }
    }
}

/// A column of Python objects with the type that pandas infers: as
/// `pandas.Series(list)` does.
#[must_use]
pub fn infer<'a>(name: Py<'a>, cells: Vec<Py<'a>>) -> Column<'a> {
    let dtype = Seen::all(&cells).dtype();
    let cells = match dtype {
        Dtype::Object | Dtype::Bool => cells,
        _ => cells.into_iter().map(|cell| settle(cell, dtype)).collect(),
    };
    Column { name, dtype, cells }
}

/// A cell of an inferred column; never fails, as the type was inferred.
fn settle(cell: Py<'_>, dtype: Dtype) -> Py<'_> {
    match dtype {
        Dtype::Text if cell.is_null() => Py::None,
        Dtype::Text => cell,
        Dtype::Datetime(_) if cell.is_null() => Py::Time(None),
        _ => cell_as(cell, dtype).unwrap_or(Py::None),
    }
}

/// `Series.infer_objects()` of an object column.
#[must_use]
pub fn infer_objects(column: Column<'_>) -> Column<'_> {
    infer(column.name, column.cells)
}

/// `pandas.to_numeric(column, errors="raise")` of an object column.
///
/// # Errors
/// `Raised::Value` for text that is no number, `Raised::Type` for anything
/// else, and the row.
pub fn to_numeric<'a>(column: &Column<'a>) -> Result<Column<'a>, (Raised, usize)> {
    let mut cells = Vec::with_capacity(column.cells.len());
    for (row, cell) in column.cells.iter().enumerate() {
        cells.push(match cell {
            Py::None => Py::Float(f64::NAN),
            Py::Bool(value) => Py::Int(i64::from(*value)),
            Py::List(items) if items.is_empty() => Py::Float(f64::NAN),
            Py::Dict(items) if items.is_empty() => Py::Float(f64::NAN),
            Py::Array(array) if array.shape.first() == Some(&0) => Py::Float(f64::NAN),
            // Raising what UTF-8 cannot carry raises another error.
            Py::Str(text) if text.has_surrogate() => return Err((Raised::Type, row)),
            Py::Str(text) => number_of(text.bytes()).ok_or((Raised::Value, row))?,
            Py::Bytes(bytes) => number_of(bytes).ok_or((Raised::Value, row))?,
            Py::Int(_) | Py::Uint(_) | Py::Float(_) | Py::Int32(_) | Py::Float32(_) => cell.clone(),
            Py::Big(_) => {
                cell.float().map_err(|raised| (raised, row))?;
                cell.clone()
            }
            Py::Decimal(_) => Py::Float(cell.float().map_err(|raised| (raised, row))?),
            _ => return Err((Raised::Type, row)),
        });
    }
    let seen = Seen::all(&cells);
    let whole = |cells| Column { name: column.name.clone(), dtype: Dtype::Object, cells };
    if seen.conflict || seen.unsigned && seen.nan {
        return Ok(whole(column.cells.clone()));
    }
    let dtype = match (seen.float || seen.nan, seen.other, seen.unsigned) {
        (true, ..) => Dtype::Float(64),
        // Beyond 64 bits they stay what they are, but for booleans, of which
        // pandas keeps nothing there.
        (false, true, _) => {
            let kept = column.cells.iter().zip(cells).map(|(given, cell)| match given {
                Py::Bool(_) => Py::None,
                _ => cell,
            });
            return Ok(whole(kept.collect()));
        }
        (false, false, true) => Dtype::Uint(64),
        (false, false, false) => Dtype::Int(64),
    };
    let cells = cells.into_iter().map(|cell| cell_as(cell, dtype).unwrap_or(Py::None)).collect();
    Ok(Column { name: column.name.clone(), dtype, cells })
}

/// A number as `to_numeric` reads text: ASCII only, nothing is NaN but the
/// empty text, and whole numbers of any size stay whole.
fn number_of<'a>(text: &[u8]) -> Option<Py<'a>> {
    if text.is_empty() {
        return Some(Py::Float(f64::NAN));
    }
    let space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !space(byte))?;
    let end = text.iter().rposition(|byte| !space(byte))? + 1;
    let clean = core::str::from_utf8(text.get(start..end)?).ok()?;
    let digits = clean.strip_prefix(['+', '-']).unwrap_or(clean);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return Some(match clean.parse::<i128>() {
            Ok(number) if i64::try_from(number).is_ok() || u64::try_from(number).is_ok() => {
                Py::from_i128(number)
            }
            _ => {
                let sign = if clean.starts_with('-') { "-" } else { "" };
                let digits = digits.trim_start_matches('0');
                Py::Big(alloc::borrow::Cow::Owned(alloc::format!("{sign}{digits}")))
            }
        });
    }
    clean.parse().ok().filter(|number: &f64| !number.is_nan()).map(Py::Float)
}

impl<'a> Column<'a> {
    /// A column of a NumPy array of one dimension, which keeps its type but
    /// for text.
    #[must_use]
    pub fn of_array(name: Py<'a>, dtype: Dtype, cells: Vec<Py<'a>>) -> Self {
        let dtype = match dtype {
            Dtype::Unicode => Dtype::Text,
            // Of objects pandas only recognises text.
            Dtype::Object => match Seen::all(&cells).dtype() {
                Dtype::Text => return infer(name, cells),
                Dtype::Datetime(_) => Dtype::NANOSECONDS,
                _ => Dtype::Object,
            },
            other => other,
        };
        Self { name, dtype, cells }
    }

    /// `Series.astype(dtype)`.
    ///
    /// # Errors
    /// What pandas raises, and the row.
    pub fn astype(self, dtype: Dtype) -> Result<Self, (Raised, usize)> {
        let numeric = matches!(self.dtype.kind(), 'b' | 'i' | 'u' | 'f');
        let mut cells = Vec::with_capacity(self.cells.len());
        for (row, cell) in self.cells.into_iter().enumerate() {
            let cast = if numeric {
                squeeze(cell, dtype)
            } else if self.dtype == Dtype::Text {
                from_text(cell, dtype)
            } else {
                from_object(cell, dtype)
            };
            cells.push(cast.map_err(|raised| (raised, row))?);
        }
        Ok(Self { name: self.name, dtype, cells })
    }
}

/// `ndarray.astype(dtype)` of a number: as C casts, NaN too.
#[must_use]
pub fn cast_number(cell: Py<'_>, dtype: Dtype) -> Py<'_> {
    match (&cell, dtype) {
        (Py::Float(number), Dtype::Int(bits)) => Py::from_i128(wrap_float(*number, true, bits)),
        (Py::Float(number), Dtype::Uint(bits)) => Py::from_i128(wrap_float(*number, false, bits)),
        // The smallest whole number is NaT, and what no whole number is becomes it.
        (Py::Float(number), Dtype::Datetime(_)) => {
            Py::Time(i64::try_from(wrap_float(*number, true, 64)).ok().filter(|it| *it != i64::MIN))
        }
        _ => squeeze(cell, dtype).unwrap_or(Py::None),
    }
}

/// A number cast as C does; NaN and infinity are no whole numbers.
fn squeeze(cell: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Raised> {
    if cell == Py::None {
        // A masked column may have gaps; only floats can keep them.
        return match dtype {
            Dtype::Float(_) => Ok(Py::Float(f64::NAN)),
            _ => Err(Raised::Value),
        };
    }
    let (signed, bits) = match dtype {
        Dtype::Int(bits) => (true, bits),
        Dtype::Uint(bits) => (false, bits),
        Dtype::Float(bits) => return Ok(Py::Float(to_f32(cell.float()?, bits))),
        _ => return cell_as(cell, dtype),
    };
    Ok(Py::from_i128(match cell {
        Py::Float(number) | Py::Float32(number)
            if !number.is_finite() || !signed && number < 0.0 =>
        {
            return Err(Raised::Value);
        }
        Py::Float(number) | Py::Float32(number) => wrap_float(number, signed, bits),
        _ => wrap_int(cell.int()?, signed, bits),
    }))
}

fn from_text(cell: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Raised> {
    match (&cell, dtype) {
        (Py::None, Dtype::Object) => Ok(Py::Float(f64::NAN)),
        (Py::None, _) => cell_as(Py::Float(f64::NAN), dtype),
        _ => cell_as(cell, dtype),
    }
}

fn from_object(cell: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Raised> {
    match (&cell, dtype) {
        // NumPy reads a list or an array inside an object array as a sequence.
        (Py::List(_) | Py::Array(_), Dtype::Float(_) | Dtype::Unicode | Dtype::Bytes) => {
            match array_as(&cell, dtype) {
                Ok(array) if array.shape.is_empty() => {
                    Ok(array.cells.into_iter().next().unwrap_or(Py::None))
                }
                _ => Err(Raised::Value),
            }
        }
        (Py::List(_) | Py::Array(_), Dtype::Text) => Ok(Py::Str(super::str_of(&cell))),
        _ => cell_as(cell, dtype),
    }
}
