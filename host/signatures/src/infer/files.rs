//! Rows out of files.

use std::collections::HashSet;
use std::path::Path;

use miette::Diagnostic;
use serde_json::error::Category;
use thiserror::Error;
use tollgate::rows::{Judged, RowContent, RowFault, RowFormat, RowSource, RowSourceError};
use tollgate_frames::{FrameError, Payload, PayloadFormat};

use super::Table;
use super::data::Data;

/// Why no signature can be inferred.
#[derive(Debug, Error, Diagnostic)]
pub enum InferError {
    /// A file cannot be read as what it is.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Frame(#[from] FrameError),
    /// The rows of a file cannot be read to their end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(#[from] RowSourceError),
    /// A row of a file cannot be read.
    #[error("`{file}` {place}: {problem}")]
    Row {
        /// The file as the user named it.
        file: String,
        /// Its line or row.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// A file is no JSON, or other JSON than rows.
    #[error("`{file}` cannot be read as JSON: {problem}")]
    #[diagnostic(
        code(tollgate::format),
        help(
            "expected a list of records, or a request body with `dataframe_records` or \
             `dataframe_split`; for other files say what their format is"
        )
    )]
    Json {
        /// The file as the user named it.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// There is nothing to infer from.
    #[error("`{0}` holds no rows")]
    #[diagnostic(help("a signature is inferred from values: give some rows of real data"))]
    NoRows(String),
    /// A column that was asked for is not there.
    #[error("there is no column `{name}`")]
    NoColumn {
        /// The name.
        name: String,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
    /// A column has no type.
    #[error("column `{column}` holds {problem}")]
    #[diagnostic(help("bring the column to one type, or leave it out"))]
    Mixed {
        /// The column.
        column: String,
        /// What it holds.
        problem: String,
    },
}

/// Adds the rows of a file.
pub(super) fn read(path: &Path, asked: PayloadFormat, table: &mut Table) -> Result<(), InferError> {
    let name = if tollgate::source::is_standard_input(path) {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    match tollgate_frames::open(path, asked, Judged::Together)? {
        Payload::Frames(mut frames) => rows(&mut frames, &name, table),
        Payload::Request(body) => {
            let problem = |problem: String| InferError::Json { file: name.clone(), problem };
            json(&body, table).map_err(problem)
        }
    }
}

fn rows(source: &mut dyn RowSource, name: &str, table: &mut Table) -> Result<(), InferError> {
    let names: Vec<String> = source.columns().iter().map(|(column, _)| column.clone()).collect();
    let mut places = Vec::with_capacity(names.len());
    let mut seen = HashSet::new();
    for column in &names {
        let place = table.place(column);
        if !seen.insert(place) {
            return Err(InferError::Row {
                file: name.to_owned(),
                place: "header".to_owned(),
                problem: format!("two columns have the name `{column}`"),
            });
        }
        places.push(place);
    }
    let csv = source.format() == RowFormat::Csv;
    while let Some(batch) = source.next_batch()? {
        let batch = batch.readable();
        if let Some(fault) = batch.faults.first() {
            return Err(row(name, fault));
        }
        table.rows += batch.rows.count as u64;
        match batch.content {
            RowContent::Records(records) => {
                for (at, text) in records.iter().enumerate() {
                    let line = batch.rows.line(at).unwrap_or_default();
                    let problem = |problem: String| InferError::Row {
                        file: name.to_owned(),
                        place: format!("line {line}"),
                        problem,
                    };
                    let value: Data = serde_json::from_slice(text)
                        .map_err(|error| problem(no_json(&error, line)))?;
                    record(&value, table).map_err(|what| problem(format!("the line {what}")))?;
                }
            }
            RowContent::Untyped(cells) => {
                for (at, place) in places.iter().enumerate() {
                    let Some((_, observed)) = table.columns.get_mut(*place) else { continue };
                    (0..batch.rows.count).for_each(|row| observed.cell(cells.text(row, at)));
                }
            }
            RowContent::Columns(columns) => {
                for (at, (column, place)) in columns.iter().zip(&places).enumerate() {
                    let Some((_, observed)) = table.columns.get_mut(*place) else { continue };
                    observed.typed(column, batch.rows.count).map_err(|problem| {
                        let column = names.get(at).cloned().unwrap_or_default();
                        InferError::Mixed { column, problem }
                    })?;
                }
            }
        }
    }
    for place in places {
        if let (true, Some((_, observed))) = (csv, table.columns.get_mut(place)) {
            observed.settle();
        }
    }
    Ok(())
}

fn row(name: &str, fault: &RowFault) -> InferError {
    let place = match fault.line {
        Some(line) => format!("line {line}"),
        None => format!("row {}", fault.row),
    };
    InferError::Row { file: name.to_owned(), place, problem: fault.message.clone() }
}

/// A list of records, or a request body. Errors say what is wrong.
fn json(text: &[u8], table: &mut Table) -> Result<(), String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let value: Data = serde_json::from_slice(text).map_err(|error| no_json(&error, 1))?;
    let frame = value.get("dataframe_split").unwrap_or(&value);
    if let (Some(Data::List(names)), Some(Data::List(rows))) =
        (frame.get("columns"), frame.get("data"))
    {
        return split(names, rows, table);
    }
    let records = match &value {
        Data::List(records) => records,
        body => match ["dataframe_records", "instances"].iter().find_map(|key| body.get(key)) {
            Some(Data::List(records)) => records,
            _ => return Err("it holds no rows".to_owned()),
        },
    };
    for (at, item) in records.iter().enumerate() {
        table.rows += 1;
        record(item, table).map_err(|problem| format!("item {at} {problem}"))?;
    }
    Ok(())
}

/// Takes in a record. Errors say what it is not.
fn record(record: &Data, table: &mut Table) -> Result<(), &'static str> {
    let Data::Map(record) = record else { return Err("is no JSON object") };
    for (name, value) in record {
        if let Some(observed) = table.column(name) {
            observed.json(value);
        }
    }
    Ok(())
}

/// What is no JSON, and where; `line` is that of the text's own first.
fn no_json(error: &serde_json::Error, line: u64) -> String {
    let what = match error.classify() {
        Category::Eof => "the text ends too soon",
        _ => "the text is no JSON",
    };
    let line = line + error.line() as u64 - 1;
    format!("{what} at line {line}, column {}", error.column())
}

fn split(names: &[Data], rows: &[Data], table: &mut Table) -> Result<(), String> {
    for (at, cells) in rows.iter().enumerate() {
        let Data::List(cells) = cells else { return Err(format!("row {at} is no list")) };
        if cells.len() != names.len() {
            return Err(format!("row {at} has not as many values as there are columns"));
        }
        table.rows += 1;
        for (column, cell) in names.iter().zip(cells) {
            let Data::Text(column) = column else {
                return Err("the names of columns must be text".to_owned());
            };
            if let Some(observed) = table.column(column) {
                observed.json(cell);
            }
        }
    }
    Ok(())
}
