//! Rows on their way into a Parquet file, column by column.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use tollgate_engine::types::{Kind, Value};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Boolean,
    Integer,
    Number,
    Text,
    /// Milliseconds since 1970, in UTC.
    Time,
}

impl Shape {
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Boolean => Self::Boolean,
            Kind::Integer => Self::Integer,
            Kind::Number => Self::Number,
            Kind::Text => Self::Text,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
            Self::Time => "time",
        }
    }

    fn field(self, name: &str) -> Result<Type, ParquetError> {
        let (physical, logical) = match self {
            Self::Boolean => (Physical::BOOLEAN, None),
            Self::Integer => (Physical::INT64, None),
            Self::Number => (Physical::DOUBLE, None),
            Self::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Cell {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Integer(value) => Self::Integer(*value),
            Value::Number(value) => Self::Number(*value),
            Value::Text(value) => Self::Text(value.clone()),
        }
    }

    /// Whether a column of this shape holds it.
    fn fits(&self, shape: Shape) -> bool {
        matches!(
            (self, shape),
            (Self::Boolean(_), Shape::Boolean)
                | (Self::Integer(_), Shape::Integer | Shape::Time)
                | (Self::Number(_), Shape::Number)
                | (Self::Text(_), Shape::Text)
        )
    }
}

/// A file, and the rows that are not in it yet.
pub(super) struct Sheet {
    file: SerializedFileWriter<File>,
    columns: Vec<Column>,
    /// Where a column is. Only looked up, never walked.
    places: HashMap<String, usize>,
    rows: usize,
}

struct Column {
    shape: Shape,
    /// The values that are there.
    cells: Vec<Cell>,
    /// 1 for each row that has one, else 0.
    levels: Vec<i16>,
}

impl Sheet {
    pub(super) fn new(
        file: File,
        columns: impl Iterator<Item = (String, Shape)>,
    ) -> Result<Self, ParquetError> {
        let (mut fields, mut places, mut all) = (Vec::new(), HashMap::new(), Vec::new());
        for (name, shape) in columns {
            fields.push(Arc::new(shape.field(&name)?));
            places.insert(name, all.len());
            all.push(Column { shape, cells: Vec::new(), levels: Vec::new() });
        }
        let schema = Type::group_type_builder("decisions").with_fields(fields).build()?;
        let properties = Arc::new(WriterProperties::builder().build());
        let file = SerializedFileWriter::new(file, Arc::new(schema), properties)?;
        Ok(Self { file, columns: all, places, rows: 0 })
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Puts a value of the next row into a column.
    pub(super) fn put(&mut self, place: usize, cell: Cell) {
        if let Some(column) = self.columns.get_mut(place)
            && cell.fits(column.shape)
        {
            column.cells.push(cell);
            column.levels.push(1);
        }
    }

    /// The same into the column of this name, or of the kind that the value has
    /// where that is not the column's.
    pub(super) fn put_named(&mut self, name: &str, cell: Cell) {
        let fits =
            |place: &usize| self.columns.get(*place).is_some_and(|column| cell.fits(column.shape));
        let place = self.places.get(name).copied().filter(fits).or_else(|| {
            let kind = match cell {
                Cell::Null => return None,
                Cell::Boolean(_) => Shape::Boolean,
                Cell::Integer(_) => Shape::Integer,
                Cell::Number(_) => Shape::Number,
                Cell::Text(_) => Shape::Text,
            };
            self.places.get(&format!("{name}.{}", kind.name())).copied()
        });
        if let Some(place) = place {
            self.put(place, cell);
        }
    }

    /// Ends the row: what was not put into it is null.
    pub(super) fn end_row(&mut self) {
        self.rows += 1;
        for column in &mut self.columns {
            if column.levels.len() < self.rows {
                column.levels.push(0);
            }
        }
    }

    /// Writes the rows so far.
    pub(super) fn flush(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            let cells = std::mem::take(&mut column.cells).into_iter();
            let levels = Some(column.levels.as_slice());
            match column.shape {
                Shape::Boolean => {
                    let values: Vec<bool> = cells
                        .filter_map(|cell| match cell {
                            Cell::Boolean(value) => Some(value),
                            _ => None,
                        })
                        .collect();
                    writer.typed::<BoolType>().write_batch(&values, levels, None)?;
                }
                Shape::Integer | Shape::Time => {
                    let values: Vec<i64> = cells
                        .filter_map(|cell| match cell {
                            Cell::Integer(value) => Some(value),
                            _ => None,
                        })
                        .collect();
                    writer.typed::<Int64Type>().write_batch(&values, levels, None)?;
                }
                Shape::Number => {
                    let values: Vec<f64> = cells
                        .filter_map(|cell| match cell {
                            Cell::Number(value) => Some(value),
                            _ => None,
                        })
                        .collect();
                    writer.typed::<DoubleType>().write_batch(&values, levels, None)?;
                }
                Shape::Text => {
                    let values: Vec<ByteArray> = cells
                        .filter_map(|cell| match cell {
                            Cell::Text(value) => Some(ByteArray::from(value.into_bytes())),
                            _ => None,
                        })
                        .collect();
                    writer.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
                }
            }
            writer.close()?;
            column.levels.clear();
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Writes what is left, and what describes the file.
    pub(super) fn finish(mut self) -> Result<(), ParquetError> {
        self.flush()?;
        let file = self.file.into_inner()?;
        file.sync_all().map_err(|error| ParquetError::External(Box::new(error)))
    }
}
