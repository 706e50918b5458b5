//! Signatures from data, as `mlflow.models.infer_signature` infers them from
//! the data frame that pandas would read.
//!
//! | data | type |
//! | --- | --- |
//! | whole numbers | `long`; `double` where some are missing, as pandas makes floats of them |
//! | numbers | `double` |
//! | `true`, `false` | `boolean` |
//! | text | `string`, also when it looks like a time: pandas leaves it so |
//! | lists, objects | `array`, `object`; a property that is not always there is optional |
//! | nothing but missing values | `any` |
//! | typed columns (Parquet, Arrow) | the type that MLflow gives the NumPy type |
//!
//! A column with a missing value is optional. Memory does not grow with rows:
//! only what was seen of each column is kept.

mod data;
mod files;
mod observed;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;
use tollgate_frames::PayloadFormat;

use crate::convert::Document;
use crate::schema::{Column, Columns, DataType, Kind, Schema, Signature};
pub use files::InferError;
use observed::Observed;

/// What data says of a signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The signature.
    pub signature: Signature,
    /// How many rows it was inferred from.
    pub rows: u64,
    /// What the data cannot say.
    pub hints: Vec<Hint>,
}

/// Something that a person should know about a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// The column.
    pub column: String,
    /// One sentence.
    pub message: String,
}

/// What `tollgate signature infer` prints for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferReport {
    /// Always `pass`: data from which nothing can be inferred is an error.
    pub verdict: &'static str,
    /// The files, in order.
    pub sources: Vec<String>,
    /// How many rows there are in them.
    pub rows: u64,
    /// What the data cannot say.
    pub hints: Vec<Hint>,
    /// The signature.
    pub document: Document,
}

/// What was seen of all columns, in the order in which they first came.
#[derive(Debug, Default)]
struct Table {
    rows: u64,
    columns: Vec<(String, Observed)>,
    places: HashMap<String, usize>,
}

impl Table {
    /// The place of a column; a new one was missing in all rows before.
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.columns.len();
        self.places.insert(name.to_owned(), place);
        self.columns.push((name.to_owned(), Observed::default()));
        place
    }

    fn column(&mut self, name: &str) -> Option<&mut Observed> {
        let place = self.place(name);
        self.columns.get_mut(place).map(|(_, observed)| observed)
    }
}

/// Infers a signature from files of rows with the same columns: CSV, JSON
/// lines, Parquet, Arrow IPC, and JSON as a list of records or a request body.
/// The columns that `outputs` names are what the model gives.
///
/// # Errors
/// When a file cannot be read, has no rows, or a column mixes types of which
/// MLflow makes none.
pub fn infer(
    paths: &[&Path],
    asked: PayloadFormat,
    outputs: &[String],
) -> Result<Inferred, InferError> {
    let mut table = Table::default();
    for path in paths {
        files::read(path, asked, &mut table)?;
    }
    if table.rows == 0 || table.columns.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(InferError::NoRows(names.join("`, `")));
    }
    for name in outputs {
        if !table.places.contains_key(name) {
            let known = table.columns.iter().map(|(known, _)| known.as_str());
            let help = tollgate::document::suggestion::suggestion(name, known);
            return Err(InferError::NoColumn { name: name.clone(), help });
        }
    }
    let outputs: HashSet<&str> = outputs.iter().map(String::as_str).collect();
    let mut hints = Vec::new();
    let (mut given, mut taken) = (Vec::new(), Vec::new());
    for (name, observed) in table.columns {
        let (kind, required) = observed
            .column(table.rows)
            .map_err(|problem| InferError::Mixed { column: name.clone(), problem })?;
        let output = outputs.contains(name.as_str());
        if !output && let Some(message) = hint(&kind, required) {
            hints.push(Hint { column: name.clone(), message: message.to_owned() });
        }
        let column = Column { name, kind, required };
        if output { given.push(column) } else { taken.push(column) }
    }
    let schema = |columns: Vec<Column>| {
        (!columns.is_empty()).then_some(Schema::Columns(Columns { named: true, columns }))
    };
    let signature = Signature { inputs: schema(taken), outputs: schema(given), params: None };
    Ok(Inferred { signature, rows: table.rows, hints })
}

/// MLflow warns of whole numbers for the same reason.
fn hint(kind: &Kind, required: bool) -> Option<&'static str> {
    match kind {
        Kind::Data(DataType::Integer | DataType::Long) => Some(
            "whole numbers cannot be missing: a request without one would make the column floats \
             and be refused; declare `double` if they may be missing",
        ),
        Kind::Any if !required => {
            Some("all values are missing, so that anything is let through; declare its type")
        }
        _ => None,
    }
}

impl Inferred {
    /// The signature as MLflow's lists, or its texts.
    #[must_use]
    pub fn document(&self, form: crate::convert::Form) -> Document {
        crate::convert::write(&self.signature, form, "").0
    }
}
