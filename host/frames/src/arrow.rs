//! Arrow's arrays as the contract's columns.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch, UInt64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Schema, TimeUnit};
use arrow_select::take::take;
use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, DictionaryBuilder, Judged, RowBatch, RowContent, RowFault, RowNumbers,
    validity_bits,
};
use tollgate_engine::types::{Cells, Column, Dictionary, Texts, TypedColumn};

use crate::limits::ROW_BYTES;
use crate::nested::{Unwritten, Written};

/// The dtype of a type, in NumPy's and pandas' words, as `pandas` reads it
/// from a file. Arrow's own name where pandas has none: no signature wants it.
pub(crate) fn dtype(data_type: &DataType) -> String {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    match data_type {
        DataType::Boolean => "bool".to_owned(),
        DataType::Int8 => "int8".to_owned(),
        DataType::Int16 => "int16".to_owned(),
        DataType::Int32 => "int32".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::UInt8 => "uint8".to_owned(),
        DataType::UInt16 => "uint16".to_owned(),
        DataType::UInt32 => "uint32".to_owned(),
        DataType::UInt64 => "uint64".to_owned(),
        DataType::Float16 => "float16".to_owned(),
        DataType::Float32 => "float32".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "str".to_owned(),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "bytes".to_owned(),
        DataType::Timestamp(of, None) => format!("datetime64[{}]", unit(of)),
        DataType::Timestamp(of, Some(_)) => format!("datetime64[{}, UTC]", unit(of)),
        DataType::Duration(of) => format!("timedelta64[{}]", unit(of)),
        DataType::Date32
        | DataType::Date64
        | DataType::Null
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Struct(_)
        | DataType::Map(..) => "object".to_owned(),
        // An encoding, not a type of its own.
        DataType::Dictionary(_, values) => dtype(values),
        DataType::Time32(of) => format!("time32[{}]", unit(of)),
        DataType::Time64(of) => format!("time64[{}]", unit(of)),
        DataType::Interval(_) => "interval".to_owned(),
        DataType::Union(..) => "union".to_owned(),
        DataType::RunEndEncoded(..) => "run_end_encoded".to_owned(),
    }
}

/// The columns that are data: pandas keeps a frame's index in columns of its
/// own, and takes it out again when it reads the file. Of these, `only` those
/// with certain names, where not all are asked for.
pub(crate) fn data_columns(schema: &Schema, only: Option<&[String]>) -> Vec<usize> {
    let index = |name: &str| name.starts_with("__index_level_") && name.ends_with("__");
    let wanted = |name: &String| match only {
        None => !index(name),
        Some(only) => only.contains(name),
    };
    let fields = schema.fields().iter().enumerate();
    fields.filter(|(_, field)| wanted(field.name())).map(|(place, _)| place).collect()
}

/// Record batches cut into batches that fit a plugin.
pub(crate) struct Cutter {
    batch: RecordBatch,
    at: usize,
    /// The row of the file that the record batch begins at.
    first: u64,
    /// So many rows came near the limit last time.
    step: usize,
    judged: Judged,
    /// What rows took that are batches of their own.
    alone: u64,
    /// How long the file is, as far as it was read.
    length: u64,
}

/// What rows may take that are batches of their own, and as much more for each
/// byte of the file: a dictionary of one long text can give it to billions of
/// rows.
const ALONE: u64 = 512 << 20;
const ALONE_A_BYTE: u64 = 64;

impl Cutter {
    pub(crate) fn new(judged: Judged) -> Self {
        let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
        Self { batch, at: 0, first: 0, step: 8 << 10, judged, alone: 0, length: 0 }
    }

    /// Whether all rows were given.
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.batch.num_rows()
    }

    /// The next record batch; the one before must be done. `length` is how long
    /// the file is, as far as it was read.
    pub(crate) fn refill(&mut self, batch: RecordBatch, length: u64) {
        self.length = length;
        self.first += self.batch.num_rows() as u64;
        self.batch = batch;
        self.at = 0;
    }

    /// The next rows. Errors say what is wrong with the file.
    pub(crate) fn next(&mut self) -> Result<RowBatch, String> {
        let left = self.batch.num_rows() - self.at;
        let first = self.first + self.at as u64;
        loop {
            // A batch begins at a byte of the marks of missing rows.
            let count = self.step.min(left).max(1);
            let mut bytes = 0usize;
            let mut columns = Vec::with_capacity(self.batch.num_columns());
            for (field, array) in self.batch.schema_ref().fields().iter().zip(self.batch.columns())
            {
                let part = array.slice(self.at, count);
                let limit = if count == 1 { ROW_BYTES } else { BATCH_BYTES };
                let (column, used) = self.column(field.name(), part.as_ref(), limit)?;
                bytes = bytes.saturating_add(used);
                columns.push(column);
                if bytes > limit {
                    break;
                }
            }
            if bytes > BATCH_BYTES && count > 1 {
                // Unfinished columns are not judged.
                self.step = count / 2;
                continue;
            }
            self.at += count;
            if count == 1 {
                self.alone = self.alone.saturating_add(bytes.min(ROW_BYTES) as u64);
                if self.alone > self.length.saturating_mul(ALONE_A_BYTE).saturating_add(ALONE) {
                    return Err(format!(
                        "its rows unfold to more than {} MiB, from {} bytes",
                        self.alone >> 20,
                        self.length
                    ));
                }
            }
            if bytes > ROW_BYTES {
                return Ok(too_large(first));
            }
            if bytes < BATCH_BYTES / 3 {
                self.step = (self.step * 2).min(BATCH_ROWS);
            }
            let rows = RowNumbers::from(first, count);
            return Ok(RowBatch {
                rows,
                content: RowContent::Columns(columns),
                faults: Vec::new(),
            });
        }
    }
}

impl Cutter {
    /// One column, and what it takes in a guest's memory. Texts end at
    /// `limit`.
    fn column(
        &self,
        name: &str,
        array: &dyn Array,
        limit: usize,
    ) -> Result<(TypedColumn, usize), String> {
        let ((cells, bytes), validity) = cells(array, limit, self.judged)
            .map_err(|problem| format!("column `{name}`: {problem}"))?;
        let bytes = match &cells {
            Cells::Booleans(cells) => cells.len(),
            Cells::Integers(_) | Cells::Unsigned(_) | Cells::Numbers(_) => array.len() * 8,
            Cells::Texts(_) => bytes,
        };
        let column = Column { cells, validity };
        let dtype = dtype(array.data_type());
        Ok((TypedColumn { name: Some(name.to_owned()), dtype, column }, bytes))
    }
}

/// A batch without rows: the only one cannot be judged.
fn too_large(row: u64) -> RowBatch {
    let message = format!("the row is larger than {} MiB and cannot be judged", ROW_BYTES >> 20);
    let fault = RowFault::too_large(row, None, message);
    RowBatch {
        rows: RowNumbers::from(row, 0),
        content: RowContent::Columns(Vec::new()),
        faults: vec![fault],
    }
}

type Sized = (Cells, usize);

fn cells(
    array: &dyn Array,
    limit: usize,
    judged: Judged,
) -> Result<(Sized, Option<Vec<u8>>), String> {
    let validity = validity(array);
    let rows = array.len();
    let plain = |cells: Cells| Ok(((cells, 0), validity.clone()));
    match array.data_type() {
        DataType::Boolean => {
            let cells = array.as_boolean().values().iter().map(u8::from).collect();
            plain(Cells::Booleans(cells))
        }
        DataType::Int8 => plain(integers::<Int8Type>(array)),
        DataType::Int16 => plain(integers::<Int16Type>(array)),
        DataType::Int32 => plain(integers::<Int32Type>(array)),
        DataType::Int64 => {
            plain(Cells::Integers(array.as_primitive::<Int64Type>().values().to_vec()))
        }
        DataType::UInt8 => plain(integers::<UInt8Type>(array)),
        DataType::UInt16 => plain(integers::<UInt16Type>(array)),
        DataType::UInt32 => plain(integers::<UInt32Type>(array)),
        DataType::UInt64 => {
            plain(Cells::Unsigned(array.as_primitive::<UInt64Type>().values().to_vec()))
        }
        DataType::Float16 => {
            let values = array.as_primitive::<Float16Type>().values();
            plain(Cells::Numbers(values.iter().map(|value| value.to_f64()).collect()))
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            plain(Cells::Numbers(values.iter().map(|value| f64::from(*value)).collect()))
        }
        DataType::Float64 => {
            plain(Cells::Numbers(array.as_primitive::<Float64Type>().values().to_vec()))
        }
        DataType::Timestamp(unit, _) => plain(Cells::Integers(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values().to_vec(),
            TimeUnit::Millisecond => {
                array.as_primitive::<TimestampMillisecondType>().values().to_vec()
            }
            TimeUnit::Microsecond => {
                array.as_primitive::<TimestampMicrosecondType>().values().to_vec()
            }
            TimeUnit::Nanosecond => {
                array.as_primitive::<TimestampNanosecondType>().values().to_vec()
            }
        })),
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Ok((texts(rows, limit, |row| array.is_valid(row).then(|| array.value(row))), validity))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Ok((texts(rows, limit, |row| array.is_valid(row).then(|| array.value(row))), validity))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Ok((texts(rows, limit, |row| array.is_valid(row).then(|| array.value(row))), validity))
        }
        DataType::Dictionary(_, _) => dictionary(array, limit, judged),
        of if Written::can(of, judged) => {
            let is_null = matches!(of, DataType::Null);
            let place = |row: usize| (array.is_valid(row) && !is_null).then_some((array, row));
            written(rows, limit, judged, validity, place)
        }
        // A type that no signature wants: what is in it does not matter.
        _ if judged != Judged::Apart => plain(Cells::Booleans(vec![0; rows])),
        of => Err(format!("JSON has no values of the type {}", dtype(of))),
    }
}

fn integers<T: ArrowPrimitiveType>(array: &dyn Array) -> Cells
where
    T::Native: Into<i64>,
{
    let values = array.as_primitive::<T>().values();
    Cells::Integers(values.iter().map(|value| (*value).into()).collect())
}

fn validity(array: &dyn Array) -> Option<Vec<u8>> {
    bits(array.logical_nulls().as_ref()?)
}

/// None when no row is missing.
fn bits(nulls: &NullBuffer) -> Option<Vec<u8>> {
    (nulls.null_count() > 0).then(|| nulls.inner().sliced().as_slice().to_vec())
}

fn texts<'a>(rows: usize, limit: usize, text: impl Fn(usize) -> Option<&'a str>) -> Sized {
    let mut texts = DictionaryBuilder::new(rows);
    for row in 0..rows {
        match text(row) {
            Some(text) => texts.push(text),
            None => texts.push_missing(),
        }
        if texts.bytes() > limit {
            break;
        }
    }
    let bytes = texts.bytes();
    (Cells::Texts(texts.finish()), bytes)
}

/// A dictionary of texts stays one; any other is unfolded.
fn dictionary(
    array: &dyn Array,
    limit: usize,
    judged: Judged,
) -> Result<(Sized, Option<Vec<u8>>), String> {
    let dictionary = array.as_any_dictionary();
    if dictionary.values().is_empty() {
        let rows = array.len();
        let cells = match dtype(array.data_type()).as_str() {
            "str" | "bytes" | "object" => {
                Cells::Texts(Dictionary { indices: vec![0; rows], ..Dictionary::default() })
            }
            "bool" => Cells::Booleans(vec![0; rows]),
            "float16" | "float32" | "float64" => Cells::Numbers(vec![0.0; rows]),
            "uint64" => Cells::Unsigned(vec![0; rows]),
            _ => Cells::Integers(vec![0; rows]),
        };
        return Ok(((cells, rows * 8), Some(vec![0; rows.div_ceil(8)])));
    }
    let keys = dictionary.normalized_keys();
    let nulls = array.logical_nulls();
    let present = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let key = |row: usize| keys.get(row).copied().unwrap_or(usize::MAX);
    let rows = array.len();
    let missing = nulls.as_ref().filter(|nulls| nulls.null_count() > 0);
    let missing = missing.map(|nulls| validity_bits(rows, |row| nulls.is_valid(row)));
    // Of texts only those that are used: a dictionary may be much larger than
    // the batch.
    let values = dictionary.values();
    macro_rules! strings {
        ($values:expr) => {{
            let values = $values;
            let text = |row: usize| {
                let key = Some(key(row)).filter(|key| *key < values.len() && present(row))?;
                Some(values.value(key))
            };
            return Ok((texts(rows, limit, text), missing));
        }};
    }
    match values.data_type() {
        DataType::Utf8 => strings!(values.as_string::<i32>()),
        DataType::LargeUtf8 => strings!(values.as_string::<i64>()),
        DataType::Utf8View => strings!(values.as_string_view()),
        _ => {}
    }
    // Of others, too, only what the rows use.
    if matches!(dtype(values.data_type()).as_str(), "bytes" | "object") {
        let place = |row: usize| present(row).then(|| (values.as_ref(), key(row)));
        return written(rows, limit, judged, missing, place);
    }
    let picked: UInt64Array = (0..rows).map(|row| present(row).then(|| key(row) as u64)).collect();
    let picked = take(values.as_ref(), &picked, None)
        .map_err(|_| "its dictionary does not have what its rows name")?;
    cells(picked.as_ref(), limit, judged)
}

/// Cells as texts: JSON in `object` columns, base64 in `bytes` columns. `place`
/// says where the cell of a row is; none where it is missing.
fn written<'a>(
    rows: usize,
    limit: usize,
    judged: Judged,
    validity: Option<Vec<u8>>,
    place: impl Fn(usize) -> Option<(&'a dyn Array, usize)>,
) -> Result<(Sized, Option<Vec<u8>>), String> {
    let mut entries = Texts::default();
    let mut last = None;
    let mut indices = Vec::with_capacity(rows);
    let mut bytes = rows * 4;
    for row in 0..rows {
        let Some((array, at)) = place(row) else {
            indices.push(u32::MAX);
            continue;
        };
        let text = match Written::cell(array, at, judged, limit) {
            Ok(text) => text,
            Err(Unwritten::Wrong(problem)) => return Err(problem),
            Err(Unwritten::TooLong) => {
                bytes = usize::MAX;
                break;
            }
        };
        // Days and categories often repeat right away.
        if last.as_ref() != Some(&text) {
            bytes += text.len() + 4;
            entries.push(&text);
            last = Some(text);
        }
        indices.push(u32::try_from(entries.len() - 1).unwrap_or(u32::MAX));
        if bytes > limit {
            break;
        }
    }
    Ok(((Cells::Texts(Dictionary { entries, indices }), bytes), validity))
}
