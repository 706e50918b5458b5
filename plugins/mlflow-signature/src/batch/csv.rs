//! Cells of a file without types.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::notation::shown;
use mlflow_schema::py::Py;
use mlflow_schema::schema::{DataType, Type};
use tollgate_sdk::signature::{Cells, Dictionary};

use super::cells::Batch;
use super::marks::Marks;
use super::nested;
use super::text::{Found, read};
use super::{Missing, NOTHING};

/// Finds what is wrong with a column, and counts what is missing.
pub(super) fn faults(batch: &Batch<'_>, strict: bool, faults: &mut Vec<Fault>) -> Missing {
    match (&batch.spec.kind, &batch.column.column.cells) {
        (Type::Any, _) => Missing::default(),
        (Type::Data(declared), Cells::Texts(texts)) => {
            self::texts(batch, texts, *declared, strict, faults)
        }
        (Type::Data(declared), Cells::Integers(cells)) => {
            integers(batch, cells, *declared, strict, faults)
        }
        (Type::Data(declared), Cells::Numbers(cells)) => {
            numbers(batch, cells, *declared, faults);
            batch.nulls()
        }
        (_, Cells::Texts(texts)) => nested::faults(batch, texts, true, strict, faults),
        _ => {
            let message = "cells of a file without types are texts or plain numbers";
            faults.push(super::label(Fault::new(Kind::FrameBuild, message), batch.name));
            Missing::default()
        }
    }
}

fn texts(
    batch: &Batch<'_>,
    texts: &Dictionary,
    declared: DataType,
    strict: bool,
    faults: &mut Vec<Fault>,
) -> Missing {
    let nulls = batch.nulls();
    // Each distinct text is read once.
    let mut fine = nulls.count == 0;
    let mut found = Vec::with_capacity(texts.entries.len());
    for text in texts.entries.iter() {
        let this = read(text, declared);
        fine &= this == Found::Fine;
        found.push(this);
    }
    if fine {
        return nulls;
    }
    let mut missing = Missing::default();
    let mut marks = Marks::new();
    for row in 0..batch.rows {
        let index = texts.indices.get(row).filter(|_| batch.present(row));
        let this = index.map_or(Found::Missing, |index| {
            found.get(*index as usize).copied().unwrap_or(Found::Missing)
        });
        if this == Found::Fine {
            continue;
        }
        if this.fault(declared, strict).is_some() {
            marks.add(this, row);
        } else if matches!(this, Found::Missing | Found::MissingWord) {
            missing.add(row);
        }
    }
    marks.into_faults(batch, faults, |found, row| {
        let mut fault = found.fault(declared, strict)?;
        let index = texts.indices.get(row).filter(|_| batch.present(row));
        let text = index.and_then(|index| texts.entries.get(*index as usize));
        fault.actual = match text {
            Some(text) if !text.is_empty() => shown(&Py::Str(Text::new(text))),
            _ => NOTHING.into(),
        };
        Some(fault)
    });
    missing
}

/// Whole numbers that are written as plainly as can be: their digits are the
/// text of the cell.
fn integers(
    batch: &Batch<'_>,
    cells: &[i64],
    declared: DataType,
    strict: bool,
    faults: &mut Vec<Fault>,
) -> Missing {
    /// Up to here every whole number is a double.
    const EXACT: u64 = 1 << 53;
    let nulls = batch.nulls();
    let within = |most: u64| cells.iter().all(|cell| cell.unsigned_abs() <= most);
    let fine = match declared {
        DataType::Long | DataType::String | DataType::Float => true,
        DataType::Integer => cells.iter().all(|cell| i32::try_from(*cell).is_ok()),
        DataType::Double => within(EXACT),
        DataType::Boolean | DataType::Datetime | DataType::Binary => false,
    };
    let gaps = Found::Missing.fault(declared, strict).is_some() && nulls.count > 0;
    if fine && !gaps {
        return nulls;
    }
    let mut marks = Marks::new();
    for (row, cell) in cells.iter().take(batch.rows).enumerate() {
        let found = match (batch.present(row), fine) {
            (true, true) => continue,
            (true, false) => read(&cell.to_string(), declared),
            (false, _) => Found::Missing,
        };
        if found.fault(declared, strict).is_some() {
            marks.add(found, row);
        }
    }
    marks.into_faults(batch, faults, |found, row| {
        let mut fault = found.fault(declared, strict)?;
        fault.actual = match cells.get(row).filter(|_| batch.present(row)) {
            Some(cell) => cell.to_string(),
            None => NOTHING.into(),
        };
        Some(fault)
    });
    nulls
}

/// Numbers of which some have a point or an exponent. How they were written
/// is lost, so a type that asks gets the texts: the fault says so.
fn numbers(batch: &Batch<'_>, cells: &[f64], declared: DataType, faults: &mut Vec<Fault>) {
    let fine = match declared {
        DataType::Double | DataType::String => true,
        DataType::Float => cells.iter().all(|cell| {
            let narrow = *cell as f32;
            narrow.is_finite() && (narrow == 0.0) == (*cell == 0.0)
        }),
        _ => false,
    };
    if !fine {
        let mut fault = Fault::new(Kind::ParseConvert, "its cells are needed as texts");
        fault.expected = declared.name().into();
        faults.push(super::label(fault, batch.name));
    }
}
