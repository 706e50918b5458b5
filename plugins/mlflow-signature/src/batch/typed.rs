//! Columns whose source declares a type.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use mlflow_schema::datatype::widens;
use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::py::{Dtype, Frame, Index, Py, Unit};
use mlflow_schema::schema::{DataType, Schema, Type};
use tollgate_sdk::signature::{Cells, Dictionary};

use super::cells::Batch;
use super::marks::Marks;
use super::{Missing, NOTHING, label, nested};
use crate::body::{Body, Field, Layout, Origin};
use crate::change::Reading;
use crate::data::Data;
use crate::enforce;
use crate::fast::written;
use crate::strict::Comparison;
use crate::typed::of_columns;
use crate::words;

/// Up to here every whole number is a double.
const EXACT: u64 = 1 << 53;

/// Finds what is wrong with a column, and counts what is missing.
pub(super) fn faults(batch: &Batch<'_>, strict: bool, faults: &mut Vec<Fault>) -> Missing {
    let Some(dtype) = Dtype::of_column(&batch.column.dtype) else {
        let message = format!("pandas knows no column type `{}`", batch.column.dtype);
        faults.push(label(Fault::new(Kind::FrameBuild, message), batch.name));
        return Missing::default();
    };
    let missing = missing(batch);
    match (&batch.spec.kind, &batch.column.column.cells) {
        (Type::Data(declared), _) => {
            let column = Typed { batch, declared: *declared, dtype, missing: &missing };
            column.faults(strict, faults);
        }
        // Objects may become something else than they were.
        (Type::Any, Cells::Texts(_)) if dtype == Dtype::Object => exact(batch, strict, faults),
        (Type::Any, _) => {}
        (_, Cells::Texts(texts)) if dtype == Dtype::Object => {
            return nested::faults(batch, texts, false, strict, faults);
        }
        _ => exact(batch, strict, faults),
    }
    missing
}

/// What pandas takes for missing: gaps, and NaN among floats.
fn missing(batch: &Batch<'_>) -> Missing {
    let nulls = batch.nulls();
    let Cells::Numbers(cells) = &batch.column.column.cells else {
        return nulls;
    };
    let nan = |row: usize| cells.get(row).is_some_and(|cell| cell.is_nan());
    if !cells.iter().take(batch.rows).any(|cell| cell.is_nan()) {
        return nulls;
    }
    let mut missing = Missing::default();
    for row in (0..batch.rows).filter(|row| nan(*row) || !batch.present(*row)) {
        missing.add(row);
    }
    missing
}

struct Typed<'b, 'c> {
    batch: &'b Batch<'c>,
    declared: DataType,
    dtype: Dtype,
    missing: &'b Missing,
}

impl Typed<'_, '_> {
    fn faults(&self, strict: bool, faults: &mut Vec<Fault>) {
        use DataType::{Binary, Boolean, Datetime, Double, String};
        if !self.holds_its_type() {
            return exact(self.batch, strict, faults);
        }
        let gaps = self.missing.count > 0;
        // Only floats, times and objects can have gaps in pandas.
        let dtype = match self.dtype {
            Dtype::Int(_) | Dtype::Uint(_) if gaps => Dtype::Float(64),
            Dtype::Bool if gaps => Dtype::Object,
            dtype => dtype,
        };
        match (self.declared, dtype) {
            // Text may have gaps, and what is true or false then is objects.
            (String | Binary, Dtype::Text) => {}
            (Boolean, Dtype::Object) if self.dtype == Dtype::Bool => {}
            (Datetime, Dtype::Datetime(unit)) => self.times(unit, strict, faults),
            (Double, Dtype::Float(64)) if strict => self.rounded(faults),
            (_, Dtype::Object) if self.plainly() => {}
            _ if dtype == self.declared.dtype() => {}
            (_, Dtype::Object | Dtype::Bytes | Dtype::Zoned(_) | Dtype::Text) => {
                exact(self.batch, strict, faults);
            }
            (_, Dtype::MaskedInt(..) | Dtype::MaskedFloat(_) | Dtype::MaskedBool) => {
                exact(self.batch, strict, faults);
            }
            _ if widens(dtype, self.declared.dtype()) => {}
            _ => self.incompatible(dtype, strict, faults),
        }
    }

    /// Whether the cells are of the kind that the type says; where not, the
    /// general way says what is wrong.
    fn holds_its_type(&self) -> bool {
        matches!(
            (&self.batch.column.column.cells, self.dtype),
            (Cells::Booleans(_), Dtype::Bool)
                | (Cells::Integers(_), Dtype::Int(_) | Dtype::Uint(_) | Dtype::Datetime(_))
                | (Cells::Unsigned(_), Dtype::Uint(64))
                | (Cells::Numbers(_), Dtype::Float(_))
                | (Cells::Texts(_), Dtype::Text | Dtype::Object)
        )
    }

    fn incompatible(&self, dtype: Dtype, strict: bool, faults: &mut Vec<Fault>) {
        let declared = self.declared.name();
        let whole = self.declared.dtype().kind() == 'i';
        match &self.batch.column.column.cells {
            // 64-bit integers that are all 0 or 1 may become floats.
            Cells::Integers(cells)
                if dtype == Dtype::Int(64)
                    && self.declared.dtype().kind() == 'f'
                    && cells.iter().all(|cell| matches!(cell, 0 | 1)) =>
            {
                return;
            }
            // MLflow trips over infinity among missing values.
            Cells::Numbers(cells)
                if whole && self.missing.count > 0 && cells.iter().any(|n| n.is_infinite()) =>
            {
                return exact(self.batch, strict, faults);
            }
            _ => {}
        }
        let gaps = whole && self.missing.count > 0 && self.others_are_whole();
        let (message, row, count) = if gaps {
            let message = format!(
                "missing values make its whole numbers floats, and MLflow takes no floats for \
                 `{declared}`: fill the gaps, or declare `double`"
            );
            (message, self.missing.rows.first().copied().unwrap_or(0), self.missing.count)
        } else {
            let message = format!(
                "the column is `{}`, which cannot be safely converted to `{declared}`",
                self.batch.column.dtype
            );
            (message, 0, self.batch.rows)
        };
        let mut fault = Fault::new(Kind::IncompatibleType, message);
        fault.expected = declared.into();
        fault.actual = if gaps { NOTHING.into() } else { self.batch.column.dtype.clone() };
        fault.occurrences = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        faults.push(label(super::at(fault, row, self.batch.name), self.batch.name));
    }

    fn others_are_whole(&self) -> bool {
        match &self.batch.column.column.cells {
            Cells::Numbers(cells) => cells.iter().all(|cell| cell.is_nan() || cell % 1.0 == 0.0),
            Cells::Integers(_) | Cells::Unsigned(_) => true,
            _ => false,
        }
    }

    /// Times in coarser units may lie beyond what nanoseconds can hold.
    fn times(&self, unit: Unit, strict: bool, faults: &mut Vec<Fault>) {
        let Cells::Integers(cells) = &self.batch.column.column.cells else {
            return;
        };
        let most = match unit {
            Unit::Nano => return,
            Unit::Micro => i64::MAX / 1_000,
            Unit::Milli => i64::MAX / 1_000_000,
            Unit::Second => i64::MAX / 1_000_000_000,
        };
        let beyond = |cell: &i64| cell.unsigned_abs() > most.unsigned_abs();
        if !cells.iter().any(beyond) {
            return;
        }
        let mut marks = Marks::new();
        for (row, cell) in cells.iter().take(self.batch.rows).enumerate() {
            if beyond(cell) && self.batch.present(row) {
                marks.add((), row);
            }
        }
        // pandas raises where it casts.
        let kind = if strict { Kind::LossyDatetime } else { Kind::EnforceOther };
        marks.into_faults(self.batch, faults, |(), row| {
            let message = "a time outside the years 1678 to 2261, which nanoseconds hold";
            let mut fault = Fault::new(kind, message);
            fault.expected = "datetime".into();
            fault.actual = format!("{} ({})", cells.get(row)?, self.batch.column.dtype);
            Some(fault)
        });
    }

    /// Whole numbers with gaps become floats.
    fn rounded(&self, faults: &mut Vec<Fault>) {
        let kept = |number: i128| {
            number.unsigned_abs() <= u128::from(EXACT) || (number as f64) as i128 == number
        };
        match &self.batch.column.column.cells {
            Cells::Integers(cells) => self.not_kept(cells, |cell| kept(i128::from(cell)), faults),
            Cells::Unsigned(cells) => self.not_kept(cells, |cell| kept(i128::from(cell)), faults),
            _ => {}
        }
    }

    fn not_kept<T: Copy + ToString>(
        &self,
        cells: &[T],
        kept: impl Fn(T) -> bool,
        faults: &mut Vec<Fault>,
    ) {
        let mut marks = Marks::new();
        for (row, cell) in cells.iter().take(self.batch.rows).enumerate() {
            if !kept(*cell) && self.batch.present(row) {
                marks.add((), row);
            }
        }
        marks.into_faults(self.batch, faults, |(), row| {
            let what = "another number: missing values make the column's whole numbers floats";
            let mut fault = Fault::new(Kind::LossyFloat, words::becomes(self.batch.part, what));
            fault.expected = "double".into();
            fault.actual = cells.get(row)?.to_string();
            Some(fault)
        });
    }

    fn texts(&self) -> Option<&Dictionary> {
        match &self.batch.column.column.cells {
            Cells::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// Whether the objects are what is declared, as their texts show.
    fn plainly(&self) -> bool {
        let plain = |text: &str| match self.declared {
            DataType::String => text.starts_with('"'),
            DataType::Datetime => text
                .strip_prefix("{\"$date\":\"")
                .and_then(|text| text.strip_suffix("\"}"))
                .is_some_and(|day| written(day.as_bytes()) == Some(1)),
            _ => false,
        };
        self.texts().is_some_and(|texts| texts.entries.iter().all(plain))
    }
}

/// The general way, through Python's objects, for one column.
#[cold]
#[inline(never)]
fn exact(batch: &Batch<'_>, strict: bool, faults: &mut Vec<Fault>) {
    let column = match crate::columns::column(batch.rows, batch.place, batch.column) {
        Ok(column) => column,
        Err(fault) => return faults.push(label(fault, batch.name)),
    };
    let frame = Frame { index: Index::Range(batch.rows), columns: alloc::vec![column.clone()] };
    let part = batch.part;
    let origin = Origin { field: Field::Frame, layout: Layout::Frame, part };
    let kind = &batch.spec.kind;
    let column = match enforce::enforce(column, kind, batch.required) {
        Ok(column) => column,
        Err(fault) => {
            faults.push(enforce::placed(fault, &batch.spec.name, &frame, 0, kind, origin));
            return;
        }
    };
    // Only objects can become something else than they were.
    if !strict || frame.columns.iter().all(|column| column.dtype != Dtype::Object) {
        return;
    }
    let data = of_columns(&frame);
    let body =
        Body { field: Field::Frame, data, params: Py::None, ignored: Vec::new(), twice: None };
    let schema = Schema::Columns { named: false, columns: alloc::vec![batch.spec.clone()] };
    let comparison = Comparison {
        body: &body,
        rows: body.data_rows(),
        origin,
        schema: Some(&schema),
        params: &[],
        reading: Reading { today: None, part },
    };
    let frame = Frame { index: Index::Range(batch.rows), columns: alloc::vec![column] };
    faults.extend(comparison.faults(&Data::Frame(frame), &None));
}
