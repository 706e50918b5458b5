//! The lossy cast of data-frame payloads: each column is brought to its type
//! before the signature is enforced.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::nested;
use mlflow_schema::py::{
    Column, Dtype, Frame, Py, base64_decode, infer, str_of, to_datetime, wrap_float,
};
use mlflow_schema::schema::{DataType, Schema, Type};
use mlflow_schema::step::Step;

use crate::body::Origin;

/// What a column is cast to.
enum Target<'s> {
    Kind(&'s Type, bool),
    Tensor(Dtype),
}

/// Casts the columns that the signature knows (MLflow's
/// `cast_df_types_according_to_schema`).
///
/// # Errors
/// One fault a column that cannot be cast.
pub(crate) fn frame<'a>(
    frame: Frame<'a>,
    schema: &Schema,
    origin: Origin,
    today: Option<i64>,
) -> Result<Frame<'a>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(frame.columns.len());
    let twice = frame.twice();
    for (place, column) in frame.columns.into_iter().enumerate() {
        let name = column.name.clone();
        let cast = match target(schema, &name, place) {
            None => Ok(column),
            // Of two columns of one name pandas gives a frame, which has no
            // type of its own and is no list of times.
            Some(Target::Kind(Type::Data(DataType::String | DataType::Datetime), _))
                if twice.contains(&name) =>
            {
                Err((Fault::new(Kind::ParseConvert, "there are two columns of this name"), 0))
            }
            Some(Target::Tensor(dtype)) => tensor(column, dtype, today),
            Some(Target::Kind(kind, required)) => cast(column, kind, required, today),
        };
        match cast {
            Ok(column) => columns.push(column),
            Err((mut fault, row)) => {
                fault.column = str_of(&name).lossy().into_owned();
                fault.message = format!("column `{}`: {}", fault.column, fault.message);
                faults.push(fault.as_kind(Kind::ParseConvert).at(origin.cell(
                    &name,
                    place,
                    Some(row),
                )));
            }
        }
    }
    // MLflow goes by the signature's order, and stops at the first.
    let order = schema.names();
    let rank = |fault: &Fault| order.iter().position(|name| *name == fault.column);
    faults.sort_by_key(|fault| rank(fault).unwrap_or(usize::MAX));
    if faults.is_empty() { Ok(Frame { index: frame.index, columns }) } else { Err(faults) }
}

fn target<'s>(schema: &'s Schema, name: &Py<'_>, place: usize) -> Option<Target<'s>> {
    let text = match name {
        Py::Str(text) => text.as_str(),
        _ => None,
    };
    match schema {
        Schema::Columns { named: true, columns } => {
            let column = columns.iter().rfind(|column| Some(column.name.as_str()) == text)?;
            Some(Target::Kind(&column.kind, column.required))
        }
        Schema::Columns { named: false, columns } => {
            let column = columns.get(place)?;
            // Unnamed columns are required under their number only.
            let numbered = matches!(name, Py::Int(number)
                if usize::try_from(*number).ok().and_then(|at| columns.get(at))
                    .is_some_and(|column| column.required));
            Some(Target::Kind(&column.kind, numbered))
        }
        Schema::Tensors { named: true, tensors } => tensors
            .iter()
            .rfind(|tensor| Some(tensor.name.as_str()) == text)
            .map(|tensor| Target::Tensor(tensor.dtype)),
        Schema::Tensors { named: false, tensors } => {
            tensors.first().map(|tensor| Target::Tensor(tensor.dtype))
        }
    }
}

type Cast<'a> = Result<Column<'a>, (Fault, usize)>;

fn cast<'a>(column: Column<'a>, kind: &Type, required: bool, today: Option<i64>) -> Cast<'a> {
    match kind {
        Type::Any => Ok(column),
        Type::Data(DataType::Binary) => binary(column),
        Type::Data(DataType::Datetime) => {
            let shown = column.clone();
            to_datetime(column, today, true)
                .map_err(|(_, row)| no_cast(&shown, row, DataType::Datetime.name()))
        }
        Type::Data(DataType::String) if column.dtype == Dtype::Text => Ok(column),
        Type::Data(data_type) => {
            let shown = column.clone();
            column
                .astype(data_type.column_dtype())
                .map_err(|(_, row)| no_cast(&shown, row, data_type.name()))
        }
        composite => {
            let name = column.name.clone();
            let mut cells = Vec::with_capacity(column.cells.len());
            for (row, cell) in objects(column).into_iter().enumerate() {
                let cell =
                    nested::value(cell, composite, required).map_err(|fault| (fault, row))?;
                cells.push(cell);
            }
            Ok(infer(name, cells))
        }
    }
}

fn no_cast(column: &Column<'_>, row: usize, wanted: &str) -> (Fault, usize) {
    let cell = column.cells.get(row).unwrap_or(&Py::None);
    let fault =
        Fault::new(Kind::ParseConvert, format!("{} cannot be cast to `{wanted}`", cell.kind()))
            .wanted(wanted.to_string(), cell);
    (fault, row)
}

/// The cells as Python sees them: missing text is NaN.
pub(crate) fn objects(column: Column<'_>) -> Vec<Py<'_>> {
    let text = column.dtype == Dtype::Text;
    let mut cells = column.cells;
    if text {
        for cell in &mut cells {
            if *cell == Py::None {
                *cell = Py::Float(f64::NAN);
            }
        }
    }
    cells
}

fn binary(column: Column<'_>) -> Cast<'_> {
    // `Series.map` over nothing leaves the type.
    if column.cells.is_empty() {
        return Ok(column);
    }
    let mut cells = Vec::with_capacity(column.cells.len());
    for (row, cell) in column.cells.iter().enumerate() {
        let bytes = match cell {
            Py::Str(text) => text.as_str().and_then(|text| base64_decode(text.as_bytes())),
            _ => None,
        };
        let Some(bytes) = bytes else {
            let (mut fault, row) = no_cast(&column, row, "binary");
            fault.expected = "base64".to_string();
            return Err((fault, row));
        };
        cells.push(Py::Bytes(bytes));
    }
    Ok(Column { name: column.name, dtype: Dtype::Object, cells })
}

fn tensor(column: Column<'_>, dtype: Dtype, today: Option<i64>) -> Cast<'_> {
    let shown = column.clone();
    if dtype == Dtype::Bytes {
        let mut cells = Vec::with_capacity(column.cells.len());
        for (row, cell) in column.cells.into_iter().enumerate() {
            match cell {
                Py::Str(text) if text.as_str().is_some() => {
                    cells.push(Py::Bytes(text.bytes().to_vec()));
                }
                _ => return Err(no_cast(&shown, row, "bytes")),
            }
        }
        return Ok(Column { name: column.name, dtype: Dtype::Object, cells });
    }
    match (column.cells.first(), dtype) {
        (None, _) => Err((Fault::new(Kind::ParseConvert, "there are no rows"), 0)),
        // A list has its own shape: it is cast when the tensor is built.
        (Some(Py::List(_)), _) => Ok(column),
        (_, Dtype::Datetime(_)) => {
            times(column, today).map_err(|row| no_cast(&shown, row, &dtype.name()))
        }
        (_, Dtype::Unicode | Dtype::Object) if column.dtype == Dtype::Text => Ok(column),
        (_, dtype) => {
            let wanted = if dtype == Dtype::Unicode { Dtype::Text } else { dtype };
            column.astype(wanted).map_err(|(_, row)| no_cast(&shown, row, &dtype.name()))
        }
    }
}

/// `astype("datetime64[ns]")`: numbers are cast as C does, text is read.
///
/// # Errors
/// The row that is no time.
fn times(column: Column<'_>, today: Option<i64>) -> Result<Column<'_>, usize> {
    if !matches!(column.dtype.kind(), 'b' | 'i' | 'u' | 'f') {
        return match to_datetime(column, today, false) {
            Ok(column) if matches!(column.dtype, Dtype::Zoned(_)) => Err(0),
            Ok(column) => Ok(column),
            Err((_, row)) => Err(row),
        };
    }
    let cells = instants(column.cells);
    Ok(Column { name: column.name, dtype: Dtype::NANOSECONDS, cells })
}

/// Numbers as nanoseconds since 1970, cast as C does.
pub(crate) fn instants(cells: Vec<Py<'_>>) -> Vec<Py<'_>> {
    let time = |cell: Py<'_>| {
        let nanos = match cell {
            Py::Bool(value) => i64::from(value),
            Py::Int(number) => number,
            Py::Uint(number) => number as i64,
            Py::Float(number) if number.is_finite() => wrap_float(number, true, 64) as i64,
            _ => i64::MIN,
        };
        Py::Time((nanos != i64::MIN).then_some(nanos))
    };
    cells.into_iter().map(time).collect()
}

/// Where a fault inside a column happened, when its way into the value starts
/// with a row.
pub(crate) fn row_of(fault: &mut Fault) -> Option<usize> {
    match fault.steps.last() {
        Some(Step::Item(row)) => {
            let row = *row;
            fault.steps.pop();
            Some(row)
        }
        _ => None,
    }
}
