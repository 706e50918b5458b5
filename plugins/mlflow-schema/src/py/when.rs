//! `pandas.to_datetime(column)`.

use alloc::vec::Vec;

use super::written::{Format, read};
use super::{Column, Dtype, Py, Raised, Unit, wrap_float};

/// Text, numbers (nanoseconds since 1970) and nulls as `datetime64[ns]`, or as
/// [`Dtype::Zoned`] where the texts have a zone. With `uniform` all texts must
/// be written like the first: `to_datetime` guesses its format, and asks it of
/// the others; `astype` reads each on its own.
///
/// `today` is the day (since 1970) that a time without a date is taken for.
///
/// # Errors
/// What pandas raises, and the row.
pub fn to_datetime<'a>(
    column: Column<'a>,
    today: Option<i64>,
    uniform: bool,
) -> Result<Column<'a>, (Raised, usize)> {
    if column.dtype == Dtype::Bool {
        return Err((Raised::Type, 0));
    }
    let floats = column.dtype == Dtype::Float(64);
    let whole = |cell: &Py<'_>| matches!(cell, Py::Int(_) | Py::Uint(_) | Py::Big(_));
    let beyond = if column.cells.iter().all(whole) { Raised::Overflow } else { Raised::Value };
    let mut format: Option<Format> = None;
    let mut zone = None;
    let mut texts = 0;
    let mut others = 0;
    let mut cells = Vec::with_capacity(column.cells.len());
    for (row, cell) in column.cells.into_iter().enumerate() {
        let nanos = match cell {
            // The smallest number is NaT.
            Py::None | Py::Time(None) | Py::Int(i64::MIN) => None,
            Py::Big(_) => return Err((beyond, row)),
            Py::Float(number) if number.is_nan() => None,
            Py::Str(text) => match read(&text, today).ok_or((Raised::Value, row))? {
                None => None,
                Some((nanos, this, minutes)) => {
                    if texts == 0 && others == 0 && uniform {
                        format = Some(this);
                    }
                    if texts == 0 {
                        zone = minutes;
                    }
                    texts += 1;
                    if format.is_some_and(|format| format != this) || zone != minutes {
                        return Err((Raised::Value, row));
                    }
                    Some(nanos)
                }
            },
            // Anything else is read by the texts' format, and has another.
            _ if format.is_some() => return Err((Raised::Value, row)),
            other => {
                others += 1;
                number(other, floats).map_err(|raised| (raised, row))?
            }
        };
        let nanos = match nanos.map(i64::try_from) {
            None => None,
            Some(Ok(nanos)) if nanos != i64::MIN => Some(nanos),
            Some(_) => return Err((Raised::Value, row)),
        };
        cells.push(Py::Time(nanos));
    }
    if zone.is_some() && others > 0 {
        return Err((Raised::Value, 0));
    }
    let dtype = if zone.is_some() { Dtype::Zoned(Unit::Nano) } else { Dtype::NANOSECONDS };
    Ok(Column { name: column.name, dtype, cells })
}

/// What is no text, as nanoseconds. A column of floats is cast, and what does
/// not fit is NaT.
fn number(cell: Py<'_>, floats: bool) -> Result<Option<i128>, Raised> {
    Ok(match cell {
        Py::Time(nanos) => nanos.map(i128::from),
        Py::Datetime(nanos) => Some(nanos),
        Py::Date(days) => Some(i128::from(days) * 86_400_000_000_000),
        Py::Int(number) => Some(i128::from(number)),
        Py::Float(number) if floats || number.abs() < 9.2e18 => {
            Some(wrap_float(number, true, 64)).filter(|nanos| *nanos != i128::from(i64::MIN))
        }
        Py::Float(_) | Py::Uint(_) => return Err(Raised::Value),
        _ => return Err(Raised::Type),
    })
}
