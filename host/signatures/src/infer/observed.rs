//! What was seen of a value that comes many times.

use std::collections::BTreeMap;

use tollgate_engine::types::{Cells, TypedColumn};

use super::data::Data;
use crate::schema::{DataType, Kind, Property};

/// What was seen of a column, a list's items or a property.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// How often there was a value, null included.
    count: u64,
    /// Whether some were null or NaN.
    null: bool,
    /// Whether some were an empty list or object, which say nothing.
    empty: bool,
    /// Whether a column of CSV had nothing else than missing values.
    blank: bool,
    boolean: bool,
    whole: bool,
    float: bool,
    /// Whole numbers beyond 64 bits with a sign.
    beyond: bool,
    text: bool,
    /// Times and bytes inside values of typed files.
    time: bool,
    bytes: bool,
    /// The type that a typed file declares.
    typed: Option<DataType>,
    mixed: bool,
    items: Option<Box<Observed>>,
    objects: u64,
    properties: BTreeMap<String, Observed>,
}

/// So many different keys are objects; more are data in the place of names.
const PROPERTIES: usize = 10_000;

impl Observed {
    /// A value of JSON. Recursion is bounded by the reader's depth.
    pub(super) fn json(&mut self, value: &Data) {
        self.count += 1;
        match value {
            Data::Null => self.null = true,
            Data::Boolean => self.boolean = true,
            Data::Whole => self.whole = true,
            Data::Beyond => self.beyond = true,
            Data::Float => self.float = true,
            Data::Text(_) => self.text = true,
            Data::Time => self.time = true,
            Data::Bytes => self.bytes = true,
            Data::List(items) if items.is_empty() => self.empty = true,
            Data::List(items) => {
                let seen = self.items.get_or_insert_default();
                items.iter().for_each(|item| seen.json(item));
            }
            Data::Map(entries) if entries.is_empty() => self.empty = true,
            Data::Map(entries) => {
                self.objects += 1;
                for (key, value) in entries {
                    if let Some(known) = self.properties.get_mut(key) {
                        known.json(value);
                    } else if self.properties.len() < PROPERTIES {
                        self.properties.entry(key.clone()).or_default().json(value);
                    } else {
                        self.mixed = true;
                    }
                }
            }
        }
    }

    /// A cell of CSV, as `pandas.read_csv` understands it.
    pub(super) fn cell(&mut self, cell: &str) {
        self.count += 1;
        let trimmed = cell.trim_matches(' ');
        if is_missing(cell) {
            self.null = true;
        } else if is_whole(trimmed) {
            if trimmed.parse::<i64>().is_ok() { self.whole = true } else { self.beyond = true }
        } else if is_float(trimmed) {
            self.float = true;
        } else if matches!(cell, "True" | "False" | "TRUE" | "FALSE" | "true" | "false") {
            self.boolean = true;
        } else {
            self.text = true;
        }
    }

    /// Rows of a typed column.
    pub(super) fn typed(&mut self, column: &TypedColumn, rows: usize) -> Result<(), String> {
        let present = |row: usize| match &column.column.validity {
            None => true,
            Some(bits) => bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1),
        };
        if column.dtype == "object" {
            return self.objects(column, rows, present);
        }
        let data_type = data_type(&column.dtype)
            .ok_or_else(|| format!("`{}`, for which MLflow has no type", column.dtype))?;
        if *self.typed.get_or_insert(data_type) != data_type {
            return Err("another type in one file than in another".to_owned());
        }
        self.count += rows as u64;
        self.null |= !(0..rows).all(present);
        if let Cells::Numbers(numbers) = &column.column.cells {
            self.null |= numbers.iter().take(rows).any(|number| number.is_nan());
        }
        Ok(())
    }

    fn objects(
        &mut self,
        column: &TypedColumn,
        rows: usize,
        present: impl Fn(usize) -> bool,
    ) -> Result<(), String> {
        let none = || "values that cannot be read".to_owned();
        for row in 0..rows {
            if !present(row) {
                self.json(&Data::Null);
                continue;
            }
            let Cells::Texts(texts) = &column.column.cells else { return Err(none()) };
            let text = texts.indices.get(row).and_then(|at| texts.entries.get(*at as usize));
            let value: Data = serde_json::from_str(text.ok_or_else(none)?).map_err(|_| none())?;
            self.json(&value.untagged()?);
        }
        Ok(())
    }

    /// All of a CSV column is text as soon as some of it is.
    pub(super) fn settle(&mut self) {
        let number = self.whole || self.float || self.beyond;
        self.blank |= self.null && !number && !self.boolean && !self.text;
        if self.text || (self.boolean && number) {
            self.text = true;
            (self.boolean, self.whole, self.float, self.beyond) = (false, false, false, false);
        }
    }

    /// The type of a column of so many rows, and whether it is always there.
    pub(super) fn column(&self, rows: u64) -> Result<(Kind, bool), String> {
        let missing = self.null || self.count < rows;
        if let Some(data_type) = self.typed {
            if self.others_than_numbers() || self.whole || self.float || self.beyond {
                return Err("typed values in one file and others in another".to_owned());
            }
            let data_type = match data_type {
                // pandas has no whole numbers beside missing ones.
                DataType::Integer | DataType::Long if missing => DataType::Double,
                other => other,
            };
            return Ok((Kind::Data(data_type), !missing));
        }
        let number = self.whole || self.float || self.beyond;
        if number && !self.others_than_numbers() {
            if self.beyond && !self.float && !missing {
                return Err("whole numbers beyond 2^63, for which MLflow has no type".to_owned());
            }
            // pandas has no whole numbers beside missing ones.
            let whole = self.whole && !self.float && !missing;
            let data_type = if whole { DataType::Long } else { DataType::Double };
            return Ok((Kind::Data(data_type), !missing));
        }
        match self.kind(missing)? {
            // pandas makes floats of a column without values.
            Kind::Any if self.blank => Ok((Kind::Data(DataType::Double), false)),
            kind => Ok((kind, !missing)),
        }
    }

    fn others_than_numbers(&self) -> bool {
        self.boolean
            || self.text
            || self.time
            || self.bytes
            || self.items.is_some()
            || self.objects > 0
            || self.empty
    }

    /// The type of a value inside others, where numbers are what they are.
    fn kind(&self, missing: bool) -> Result<Kind, String> {
        if self.mixed {
            return Err(format!("objects with more than {PROPERTIES} different keys"));
        }
        let seen: Vec<&str> = [
            (self.boolean, "booleans"),
            (self.whole || self.beyond, "whole numbers"),
            (self.float, "numbers with a fraction"),
            (self.text, "text"),
            (self.time, "times"),
            (self.bytes, "bytes"),
            (self.items.is_some(), "lists"),
            (self.objects > 0, "objects"),
        ]
        .into_iter()
        .filter_map(|(seen, name)| seen.then_some(name))
        .collect();
        if seen.len() > 1 {
            return Err(format!("{}, of which MLflow makes no type", seen.join(" and ")));
        }
        Ok(if self.boolean {
            Kind::Data(DataType::Boolean)
        } else if self.whole || self.beyond {
            Kind::Data(DataType::Long)
        } else if self.float {
            Kind::Data(DataType::Double)
        } else if self.text {
            Kind::Data(DataType::String)
        } else if self.time {
            Kind::Data(DataType::Datetime)
        } else if self.bytes {
            Kind::Data(DataType::Binary)
        } else if let Some(items) = &self.items {
            Kind::Array(Box::new(items.kind(items.null)?))
        } else if self.objects > 0 {
            Kind::Object(self.object(missing)?)
        } else {
            Kind::Any
        })
    }

    fn object(&self, missing: bool) -> Result<Vec<Property>, String> {
        // One value that says nothing makes MLflow doubt every property.
        let doubt = missing || self.empty;
        self.properties
            .iter()
            .map(|(name, seen)| {
                let silent = seen.null || seen.empty || seen.count < self.objects;
                let kind = seen.kind(seen.null).map_err(|problem| {
                    if problem.starts_with("property") {
                        problem
                    } else {
                        format!("property `{name}` with {problem}")
                    }
                })?;
                let required = !doubt && !silent;
                Ok(Property { name: name.clone(), kind, required })
            })
            .collect()
    }
}

/// The type that MLflow gives a NumPy type.
fn data_type(dtype: &str) -> Option<DataType> {
    Some(match dtype {
        "bool" => DataType::Boolean,
        "int8" | "int16" | "int32" | "uint8" | "uint16" => DataType::Integer,
        "int64" | "uint32" => DataType::Long,
        "float16" | "float32" => DataType::Float,
        "float64" => DataType::Double,
        "str" => DataType::String,
        "bytes" => DataType::Binary,
        _ if dtype.starts_with("datetime64") => DataType::Datetime,
        _ => return None,
    })
}

/// What `pandas.read_csv` takes for a missing value.
fn is_missing(cell: &str) -> bool {
    matches!(
        cell,
        "" | "#N/A"
            | "#N/A N/A"
            | "#NA"
            | "-1.#IND"
            | "-1.#QNAN"
            | "-NaN"
            | "-nan"
            | "1.#IND"
            | "1.#QNAN"
            | "<NA>"
            | "N/A"
            | "NA"
            | "NULL"
            | "NaN"
            | "None"
            | "n/a"
            | "nan"
            | "null"
    )
}

fn is_whole(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Rust reads the floats that pandas reads, and the names of infinity.
fn is_float(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(|number| !number.is_nan())
}
