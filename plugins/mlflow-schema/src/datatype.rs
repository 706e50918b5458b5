//! A column against a primitive type: what MLflow calls safe conversions.

use alloc::format;

use crate::fault::{Fault, Kind};
use crate::py::{Column, Dtype, Py, Raised, infer_objects, to_numeric};
use crate::schema::DataType;
use crate::step::Step;

/// A column as its type wants it. Only widening is allowed: within the same
/// family, unsigned into a wider signed type, whole numbers of up to 32 bits
/// into `double`, and 0 and 1 into any float.
///
/// # Errors
/// When the column's type is another one.
pub fn enforce<'a>(mut column: Column<'a>, wanted: DataType) -> Result<Column<'a>, Fault> {
    use DataType::{Binary, Boolean, Datetime, Double, String};
    if column.dtype == Dtype::Object && !matches!(wanted, Binary | String) {
        column = infer_objects(column);
    }
    let have = column.dtype;
    let want = wanted.dtype();
    match (wanted, have) {
        (String | Binary, Dtype::Object | Dtype::Text)
        | (Binary, Dtype::Bytes)
        | (Boolean, Dtype::Object) => return Ok(column),
        _ if have == want => return Ok(column),
        (Datetime, Dtype::Datetime(_)) => {
            column.dtype = want;
            return Ok(column);
        }
        (Datetime, Dtype::Zoned(_)) => {
            return Err(Fault::new(
                Kind::Timezone,
                "times must not have a time zone: give them in UTC without one",
            ));
        }
        (Datetime, Dtype::Object) => return times(column),
        (Double, Dtype::Object) => return numbers(column),
        _ => {}
    }
    if widens(have, want) || binary_digits(&column, want) {
        return column.astype(want).map_err(|(raised, row)| missing(raised, row));
    }
    overflows(&column, want)?;
    Err(incompatible(&column, wanted))
}

/// Whether every value of one type of NumPy is one of the other, as MLflow
/// counts it.
#[must_use]
pub fn widens(have: Dtype, want: Dtype) -> bool {
    match (have.kind(), want.kind()) {
        (a, b) if a == b => have.bits() <= want.bits(),
        ('u', 'i') => have.bits() < want.bits(),
        ('i' | 'u', 'f') => want == Dtype::Float(64) && have.bits() <= 48,
        _ => false,
    }
}

/// 64-bit integers that are all 0 or 1 may become floats.
fn binary_digits(column: &Column<'_>, want: Dtype) -> bool {
    column.dtype == Dtype::Int(64)
        && want.kind() == 'f'
        && column.cells.iter().all(|cell| matches!(cell, Py::Int(0 | 1)))
}

/// To hint at missing values MLflow looks whether all others are whole, and
/// trips over infinity.
fn overflows(column: &Column<'_>, want: Dtype) -> Result<(), Fault> {
    let nan = |cell: &Py<'_>| matches!(cell, Py::Float(number) if number.is_nan());
    if column.dtype != Dtype::Float(64) || want.kind() != 'i' || !column.cells.iter().any(nan) {
        return Ok(());
    }
    for (row, cell) in column.cells.iter().enumerate() {
        match cell {
            Py::Float(number) if number.is_infinite() => {
                return Err(missing(Raised::Overflow, row));
            }
            Py::Float(number) if !number.is_nan() && *number % 1.0 != 0.0 => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

fn missing(raised: Raised, row: usize) -> Fault {
    let message = match raised {
        Raised::Overflow => "an infinite number is no whole number",
        _ => "a missing value cannot be converted",
    };
    Fault::new(Kind::Raw, message).inside(Step::Item(row))
}

fn incompatible(column: &Column<'_>, wanted: DataType) -> Fault {
    let have = column.dtype.name();
    let gaps = column.dtype == Dtype::Float(64)
        && wanted.dtype().kind() == 'i'
        && column.cells.iter().any(Py::is_null);
    let hint = if gaps {
        ": missing values turn whole numbers into floats; send none, or declare `double`"
    } else {
        ""
    };
    let mut fault = Fault::new(
        Kind::IncompatibleType,
        format!("`{have}` cannot be safely converted to `{}`{hint}", wanted.name()),
    );
    fault.expected = wanted.name().into();
    fault.actual = have;
    fault
}

/// Objects as times: Python's own, text as NumPy reads it, nulls.
fn times(column: Column<'_>) -> Result<Column<'_>, Fault> {
    let strings = column.cells.iter().any(|cell| matches!(cell, Py::Str(_)));
    match crate::py::to_datetime(column, None, false) {
        Ok(column) if matches!(column.dtype, Dtype::Zoned(_)) => {
            Err(Fault::new(Kind::ColumnConvert, "times must not have a time zone"))
        }
        Ok(column) => Ok(column),
        Err((raised, row)) => {
            let kind = match raised {
                Raised::Value => Kind::ColumnConvert,
                Raised::Type | Raised::Overflow => Kind::Raw,
            };
            let what = if strings { "not every value is a time" } else { "a value is no time" };
            Err(Fault::new(kind, what).inside(Step::Item(row)))
        }
    }
}

fn numbers(column: Column<'_>) -> Result<Column<'_>, Fault> {
    to_numeric(&column).map_err(|(raised, row)| {
        let kind = match raised {
            Raised::Value => Kind::ColumnConvert,
            Raised::Type | Raised::Overflow => Kind::Raw,
        };
        Fault::new(kind, "a value is no number").inside(Step::Item(row))
    })
}
