//! CSV with a header: one row a record.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::plan::{Beside, Place};
use super::{
    Extractor, InputError, Outside, RECORD_LIMIT, Rows, RowsBuilder, RowsError, Shadowed, from_text,
};
use crate::document::suggestion::closest;
use crate::records::csv::{Records, Stopped};

/// Reads the inputs of a policy from CSV (RFC 4180), some rows at a time.
///
/// The first record names the columns. An empty cell is null. A row that
/// gives no values is a fault of its own, and the next row is read all the
/// same.
#[derive(Debug)]
pub struct Csv<'a, R> {
    records: Records<R>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    columns: Columns,
    values: Vec<Value>,
}

impl Extractor {
    /// Whether a line is the header of CSV, in that it names a column that is
    /// read.
    #[must_use]
    pub fn knows_header(&self, line: &[u8]) -> bool {
        let plan = self.plan();
        let wanted = plan.wanted.iter().filter_map(|wanted| match &wanted.place {
            Place::Body { column, .. } => Some(column),
            Place::Header(_) | Place::Counter(..) => None,
        });
        let names: HashSet<&str> = wanted.chain(&plan.key).map(String::as_str).collect();
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line);
        let mut header = ByteRecord::new();
        reader.read_byte_record(&mut header).is_ok_and(|read| read)
            && header
                .iter()
                .any(|name| std::str::from_utf8(name).is_ok_and(|name| names.contains(name.trim())))
    }
}

/// Where in a record everything is.
#[derive(Debug)]
struct Columns {
    /// For each input the index of its column.
    wanted: Vec<Option<usize>>,
    /// What counters are kept by.
    key: Option<usize>,
    /// Columns that are not read although they have an input's name.
    shadows: Vec<(usize, u32)>,
    /// How many columns there are.
    count: usize,
}

impl<'a, R: Read> Csv<'a, R> {
    /// Reads the header from `reader`. `outside` holds for every row.
    ///
    /// # Errors
    /// When there is no header, or it lacks a column that the policy needs.
    pub fn new(
        reader: R,
        extractor: &'a Extractor,
        outside: &'a Outside,
    ) -> Result<Self, RowsError> {
        let mut records = Records::new(reader, RECORD_LIMIT);
        let header = records.header().map_err(unreadable)?;
        let columns = Columns::new(header, extractor)?;
        Ok(Self { records, extractor, outside, columns, values: Vec::new() })
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or a row has no end.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(&self.extractor.plan().wanted);
        while !rows.is_full(most) {
            let Some(line) = self.records.advance().map_err(unreadable)? else {
                break;
            };
            match self.read() {
                Ok(shadowed) => rows.push(line, Ok((&mut self.values, shadowed))),
                Err(error) => {
                    rows.push(line, Err((error, raw_digest(self.records.record().iter()))))
                }
            }
        }
        Ok(rows.finish())
    }

    fn read(&mut self) -> Result<Shadowed, InputError> {
        self.values.clear();
        let record = self.records.record();
        if record.as_slice().len() > RECORD_LIMIT {
            return Err(InputError::TooLong);
        }
        if record.len() != self.columns.count {
            let (expected, found) = (self.columns.count, record.len());
            return Err(InputError::Ragged { expected, found });
        }
        let plan = self.extractor.plan();
        let key = match (&plan.key, self.columns.key) {
            (Some(column), place) => Some(key(column, place.and_then(|place| record.get(place)))?),
            (None, _) => None,
        };
        let counters = self.extractor.counters().of(key);
        let beside = Beside { outside: self.outside, counters };
        for (wanted, column) in plan.wanted.iter().zip(&self.columns.wanted) {
            let cell = column.and_then(|column| record.get(column));
            let value = match cell {
                Some(cell) => std::str::from_utf8(cell)
                    .ok()
                    .and_then(|text| from_text(text, wanted.kind))
                    .ok_or_else(|| {
                        let place = match &wanted.place {
                            Place::Body { column, .. } => format!("column `{column}`"),
                            Place::Header(name) | Place::Counter(name, _) => format!("`{name}`"),
                        };
                        wanted.wrong_kind(&place, "text that is none")
                    })?,
                None => Value::Null,
            };
            let value = wanted.complete(value, beside, true)?;
            self.values.push(value);
        }
        let mut shadowed = Shadowed::default();
        for (column, shadow) in &self.columns.shadows {
            if record.get(*column).is_some_and(|cell| !cell.is_empty()) {
                shadowed.push(*shadow);
            }
        }
        Ok(shadowed)
    }
}

/// What the counters of a row are kept by.
fn key<'r>(column: &str, cell: Option<&'r [u8]>) -> Result<&'r str, InputError> {
    let place = || format!("column `{column}`");
    let text = std::str::from_utf8(cell.unwrap_or_default())
        .map_err(|_| InputError::KeyKind { place: place(), found: "bytes that are no text" })?;
    let text = text.trim();
    if text.is_empty() { Err(InputError::NoKey { place: place() }) } else { Ok(text) }
}

/// So many columns are looked at for one that was probably meant.
const NEAR: usize = 1000;

impl Columns {
    fn new(header: &ByteRecord, extractor: &Extractor) -> Result<Self, RowsError> {
        let plan = extractor.plan();
        // Where each name is that anybody asks for, and whether it is there
        // again.
        let mut places: HashMap<&str, (Option<usize>, bool)> = HashMap::new();
        for wanted in &plan.wanted {
            if let Place::Body { column, .. } = &wanted.place {
                places.insert(column, (None, false));
            }
        }
        places.extend(plan.key.iter().map(|key| (key.as_str(), (None, false))));
        places.extend(plan.shadows.iter().map(|shadow| (shadow.name.as_str(), (None, false))));
        let mut is_blank = true;
        for (index, name) in header.iter().enumerate() {
            let name = std::str::from_utf8(name).unwrap_or_default().trim();
            is_blank &= name.is_empty();
            match places.get_mut(name) {
                Some((place @ None, _)) => *place = Some(index),
                Some((Some(_), again)) => *again = true,
                None => {}
            }
        }
        if is_blank {
            return Err(RowsError::NoHeader);
        }
        let place = |name: &str| match places.get(name) {
            Some((_, true)) => Err(RowsError::DuplicateColumn(name.to_owned())),
            Some((place, false)) => Ok(*place),
            None => Ok(None),
        };
        let meant = |name: &str| {
            let names = header.iter().take(NEAR);
            let names = names.filter_map(|name| std::str::from_utf8(name).ok()).map(str::trim);
            closest(name, names).map(str::to_owned)
        };
        let mut wanted = Vec::with_capacity(plan.wanted.len());
        for input in &plan.wanted {
            let Place::Body { column, .. } = &input.place else {
                wanted.push(None);
                continue;
            };
            let index = place(column)?;
            if index.is_none() && input.required && input.default.is_none() {
                let (column, input) = (column.clone(), input.name.clone());
                return Err(RowsError::NoColumn { meant: meant(&column), column, input });
            }
            wanted.push(index);
        }
        let key = match &plan.key {
            None => None,
            Some(column) => Some(place(column)?.ok_or_else(|| RowsError::NoKeyColumn {
                column: column.clone(),
                meant: meant(column),
            })?),
        };
        let mut shadows = Vec::new();
        for (number, shadow) in (0_u32..).zip(&plan.shadows) {
            let found = places.get(shadow.name.as_str()).and_then(|(place, _)| *place);
            shadows.extend(found.map(|place| (place, number)));
        }
        Ok(Self { wanted, key, shadows, count: header.len() })
    }
}

fn unreadable(stopped: Stopped) -> RowsError {
    match stopped {
        Stopped::NoEnd { line } => RowsError::RowTooLong { line },
        Stopped::Unreadable(error) => RowsError::Unreadable(error),
    }
}
