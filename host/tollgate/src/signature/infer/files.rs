//! Rows out of files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;

use super::Table;
use super::data::Data;
use crate::source::{self, Content, SourceError};

/// Why no signature can be inferred.
#[derive(Debug, Error, Diagnostic)]
pub enum InferError {
    /// A file cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file is not what its name says.
    #[error("`{file}` cannot be read as {form}: {problem}")]
    Broken {
        /// The file as the user named it.
        file: String,
        /// What it was read as.
        form: &'static str,
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

/// The longest line: a quote that is never closed must not fill the memory.
const LINE_BYTES: u64 = 16 << 20;

/// Adds the rows of a file.
pub(super) fn read(path: &Path, table: &mut Table) -> Result<(), InferError> {
    let name = if source::is_standard_input(path) {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    let mut reader: Box<dyn BufRead> = if source::is_standard_input(path) {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing(name.clone()),
            io::ErrorKind::IsADirectory => SourceError::Folder(name.clone()),
            _ => SourceError::Unreadable { name: name.clone(), error },
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(SourceError::Folder(name).into());
        }
        Box::new(BufReader::with_capacity(256 << 10, file))
    };
    let start = reader
        .fill_buf()
        .map_err(|error| SourceError::Unreadable { name: name.clone(), error })?
        .to_vec();
    if start.is_empty() {
        return Err(SourceError::Empty(name).into());
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => csv(reader, &name, table),
        Some("jsonl" | "ndjson") => lines(reader, &name, table),
        Some("json") => whole(reader, &name, table),
        // JSON on one line may be the first of many.
        _ if start.trim_ascii_start().starts_with(b"{") => lines(reader, &name, table),
        _ if start.trim_ascii_start().starts_with(b"[") => whole(reader, &name, table),
        _ => csv(reader, &name, table),
    }
}

fn broken(name: &str, form: &'static str, problem: impl Into<String>) -> InferError {
    InferError::Broken { file: name.to_owned(), form, problem: problem.into() }
}

fn lines(mut reader: Box<dyn BufRead>, name: &str, table: &mut Table) -> Result<(), InferError> {
    let mut text = Vec::new();
    for line in 1_u64.. {
        text.clear();
        let read = (&mut reader)
            .take(LINE_BYTES + 1)
            .read_until(b'\n', &mut text)
            .map_err(|error| SourceError::Unreadable { name: name.to_owned(), error })?;
        if read == 0 {
            break;
        }
        let wrong = |problem: String| broken(name, "JSON lines", format!("line {line} {problem}"));
        if read as u64 > LINE_BYTES {
            return Err(wrong(format!("is longer than {} MiB", LINE_BYTES >> 20)));
        }
        let record = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
        if record.is_empty() {
            continue;
        }
        match serde_json::from_slice(record) {
            Ok(Data::Map(record)) => row(&record, table),
            Ok(_) => return Err(wrong("is no JSON object".to_owned())),
            Err(error) => return Err(wrong(format!("is no JSON: {error}"))),
        }
    }
    Ok(())
}

/// A JSON file: a list of records, or a request body.
fn whole(reader: Box<dyn BufRead>, name: &str, table: &mut Table) -> Result<(), InferError> {
    let limit = Content::Payload.limit();
    let mut bytes = Vec::new();
    reader
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| SourceError::Unreadable { name: name.to_owned(), error })?;
    if bytes.len() as u64 > limit {
        let problem =
            format!("it is larger than {} MiB; JSON lines may be of any length", limit >> 20);
        return Err(broken(name, "JSON", problem));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value: Data =
        serde_json::from_slice(text).map_err(|error| broken(name, "JSON", error.to_string()))?;
    let frame = value.get("dataframe_split").unwrap_or(&value);
    if let (Some(Data::List(names)), Some(Data::List(rows))) =
        (frame.get("columns"), frame.get("data"))
    {
        return split(names, rows, name, table);
    }
    let records = match &value {
        Data::List(records) => records,
        body => match ["dataframe_records", "instances"].iter().find_map(|key| body.get(key)) {
            Some(Data::List(records)) => records,
            _ => {
                let problem = "expected a list of records, or a request body with \
                               `dataframe_records` or `dataframe_split`";
                return Err(broken(name, "JSON", problem));
            }
        },
    };
    for (at, record) in records.iter().enumerate() {
        match record {
            Data::Map(record) => row(record, table),
            _ => return Err(broken(name, "JSON", format!("item {at} is no object"))),
        }
    }
    Ok(())
}

fn split(names: &[Data], rows: &[Data], name: &str, table: &mut Table) -> Result<(), InferError> {
    for (at, cells) in rows.iter().enumerate() {
        let Data::List(cells) = cells else {
            return Err(broken(name, "JSON", format!("row {at} is no list")));
        };
        if cells.len() != names.len() {
            let problem = format!("row {at} has not as many values as there are columns");
            return Err(broken(name, "JSON", problem));
        };
        table.rows += 1;
        for (column, cell) in names.iter().zip(cells) {
            let Data::Text(column) = column else {
                return Err(broken(name, "JSON", "the names of columns must be text"));
            };
            if let Some(observed) = table.column(column) {
                observed.json(cell);
            }
        }
    }
    Ok(())
}

fn row(record: &[(String, Data)], table: &mut Table) {
    table.rows += 1;
    for (name, value) in record {
        if let Some(observed) = table.column(name) {
            observed.json(value);
        }
    }
}

/// A source that ends when one record takes too much: the CSV reader itself
/// would go on filling the memory.
struct Bounded<R> {
    inner: R,
    left: std::rc::Rc<std::cell::Cell<u64>>,
}

const NO_END: &str = "a row has no end: a quote may never be closed";

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(io::Error::other(NO_END));
        };
        let most = usize::try_from(left + 1).unwrap_or(usize::MAX).min(into.len());
        let read = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}

fn csv(reader: Box<dyn BufRead>, name: &str, table: &mut Table) -> Result<(), InferError> {
    let left = std::rc::Rc::new(std::cell::Cell::new(LINE_BYTES));
    let bounded = Bounded { inner: reader, left: left.clone() };
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(bounded);
    let wrong = |problem: String| broken(name, "CSV", problem);
    let header = reader.byte_headers().map_err(|error| wrong(error.to_string()))?.clone();
    let mut places = Vec::with_capacity(header.len());
    for column in &header {
        let column = std::str::from_utf8(column)
            .map_err(|_| wrong("the names in its first line are not UTF-8 text".to_owned()))?;
        let known = places.len();
        let place = table.place(column.strip_prefix('\u{feff}').unwrap_or(column));
        if places.contains(&place) {
            return Err(wrong(format!("column {known} has the name of one before: `{column}`")));
        }
        places.push(place);
    }
    let mut record = ::csv::ByteRecord::new();
    loop {
        left.set(LINE_BYTES);
        let line = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(wrong(format!("line {line}: {error}"))),
        }
        if record.len() != places.len() {
            return Err(wrong(format!(
                "line {line} has {} cells, the header {} names",
                record.len(),
                places.len()
            )));
        }
        table.rows += 1;
        for (cell, place) in record.iter().zip(&places) {
            let cell = std::str::from_utf8(cell).map_err(|_| {
                wrong(format!("line {line} is not UTF-8 text; it may be Latin-1 or Windows-1252"))
            })?;
            if let Some((_, observed)) = table.columns.get_mut(*place) {
                observed.cell(cell);
            }
        }
    }
    for place in places {
        if let Some((_, observed)) = table.columns.get_mut(place) {
            observed.settle();
        }
    }
    Ok(())
}
