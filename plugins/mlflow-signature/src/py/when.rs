//! `pandas.to_datetime(column)`.

use alloc::vec::Vec;

use super::written::{Format, read};
use super::{Column, Dtype, Py, Raised, wrap_float};

/// Text, numbers (nanoseconds since 1970) and nulls as `datetime64[ns]`, or as
/// [`Dtype::Zoned`] where the texts have a zone. All texts must be written
/// like the first: pandas guesses its format, and asks it of the others.
///
/// `today` is the day (since 1970) that a time without a date is taken for.
///
/// # Errors
/// What pandas raises, and the row.
pub fn to_datetime<'a>(
    column: Column<'a>,
    today: Option<i64>,
) -> Result<Column<'a>, (Raised, usize)> {
    if column.dtype == Dtype::Bool {
        return Err((Raised::Type, 0));
    }
    let floats = column.dtype == Dtype::Float(64);
    let mut format: Option<(Format, Option<i128>)> = None;
    let mut first = true;
    let mut cells = Vec::with_capacity(column.cells.len());
    for (row, cell) in column.cells.into_iter().enumerate() {
        let nanos = match cell {
            Py::None | Py::Time(None) => None,
            Py::Float(number) if number.is_nan() => None,
            Py::Str(text) => match read(&text, today).ok_or((Raised::Value, row))? {
                None => None,
                Some((nanos, this, zone)) => {
                    if first {
                        format = Some((this, zone));
                    }
                    if format.is_some_and(|format| format != (this, zone)) {
                        return Err((Raised::Value, row));
                    }
                    Some(nanos)
                }
            },
            // Anything else is read by the texts' format, and has another.
            _ if format.is_some() => return Err((Raised::Value, row)),
            Py::Time(Some(nanos)) => Some(i128::from(nanos)),
            Py::Datetime(nanos) => Some(nanos),
            Py::Date(days) => Some(i128::from(days) * 86_400_000_000_000),
            Py::Int(i64::MIN) => None,
            Py::Int(number) => Some(i128::from(number)),
            // A column of floats is cast, and what does not fit is NaT.
            Py::Float(number) if floats || number.abs() < 9.2e18 => {
                Some(wrap_float(number, true, 64)).filter(|nanos| *nanos != i128::from(i64::MIN))
            }
            Py::Float(_) | Py::Uint(_) | Py::Big(_) => return Err((Raised::Overflow, row)),
            _ => return Err((Raised::Type, row)),
        };
        first &= nanos.is_none();
        let nanos = match nanos {
            None => None,
            Some(nanos) => match i64::try_from(nanos) {
                Ok(nanos) if nanos != i64::MIN => Some(nanos),
                _ => return Err((Raised::Overflow, row)),
            },
        };
        cells.push(Py::Time(nanos));
    }
    let zoned = matches!(format, Some((_, Some(_))));
    let dtype = if zoned { Dtype::Zoned } else { Dtype::NANOSECONDS };
    Ok(Column { name: column.name, dtype, cells })
}
