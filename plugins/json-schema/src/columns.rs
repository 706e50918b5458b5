//! Columns of a file or a data frame, row by row.
//!
//! A row is an object of the columns' names and the row's cells: a null cell
//! is `null`, a time is text by RFC 3339 in UTC, a cell of a column of dtype
//! `object` is the JSON value that its text holds, and one of dtype `csv` is
//! read as what the schema declares it to be.

use std::borrow::Cow;

use tollgate_sdk::signature::{Cells, Gathered, TypedColumn};
use tollgate_sdk::{Finding, Outcome};

use crate::judge::judge;
use crate::kinds::Kinds;
use crate::payload::{self, Document, Members, Number, Tree};
use crate::report;
use crate::schema::Compiled;
use crate::time;

/// The dtype of columns of a file without types.
const CSV: &str = "csv";

/// Judges `rows` rows.
pub(crate) fn check(compiled: &Compiled, rows: usize, columns: &[TypedColumn]) -> Vec<Finding> {
    let entries =
        columns.iter().enumerate().map(|(at, column)| (name(at, column), Tree::Null)).collect();
    let (mut members, repeated) = Members::new(entries);
    if let Some(name) = repeated.first() {
        let message = format!("two columns are named `{name}`");
        let finding = Finding::new("duplicate-key", Outcome::Fail, message);
        return vec![finding.expected("each name once")];
    }
    let kinds = kinds(compiled, columns);
    let mut gathered = Gathered::default();
    for row in 0..rows {
        let mut readable = true;
        let cells = members.values_mut().zip(columns).zip(&kinds);
        for (at, ((value, column), kinds)) in cells.enumerate() {
            *value = cell(column, *kinds, row).unwrap_or_else(|finding| {
                gathered.add(finding.in_row(row).in_column(name(at, column)));
                readable = false;
                Tree::Null
            });
        }
        let document = Document { tree: Tree::Object(members), repeated: Vec::new() };
        if readable {
            for finding in judge(compiled, "the row", &document, usize::MAX) {
                gathered.add(finding.in_record(row));
            }
        }
        members = match document.tree {
            Tree::Object(members) => members,
            _ => Members::default(),
        };
    }
    gathered.finish(compiled.max_findings)
}

/// What the schema lets the cells of each column be.
fn kinds(compiled: &Compiled, columns: &[TypedColumn]) -> Vec<Kinds> {
    if columns.iter().all(|column| column.dtype != CSV) {
        return vec![Kinds::ALL; columns.len()];
    }
    let declared = compiled.declared();
    let columns = columns.iter().enumerate();
    columns.map(|(at, column)| declared.kinds(&name(at, column))).collect()
}

/// A column without a name goes by its number.
fn name(at: usize, column: &TypedColumn) -> Cow<'_, str> {
    match &column.name {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(at.to_string()),
    }
}

fn cell(column: &TypedColumn, kinds: Kinds, row: usize) -> Result<Tree<'_>, Box<Finding>> {
    if !column.column.is_present(row) {
        return Ok(Tree::Null);
    }
    let short = || bad("the column has fewer cells than there are rows".to_owned());
    match &column.column.cells {
        Cells::Booleans(cells) => Ok(Tree::Boolean(*cells.get(row).ok_or_else(short)? != 0)),
        Cells::Integers(cells) => {
            let value = *cells.get(row).ok_or_else(short)?;
            Ok(match column.dtype.as_str() {
                CSV if !kinds.has(Kinds::NUMBER) => Tree::Text(value.to_string().into()),
                "bool" | "boolean" => Tree::Boolean(value != 0),
                dtype => match time::unit(dtype) {
                    Some(unit) => Tree::Text(time::text(value, unit).into()),
                    None => Tree::Number(Number::Whole(value)),
                },
            })
        }
        Cells::Unsigned(cells) => {
            Ok(Tree::Number(Number::Unsigned(*cells.get(row).ok_or_else(short)?)))
        }
        Cells::Numbers(cells) => {
            let value = *cells.get(row).ok_or_else(short)?;
            if column.dtype == CSV && !kinds.has(Kinds::NUMBER) {
                Ok(Tree::Text(value.to_string().into()))
            } else if value.is_finite() {
                Ok(Tree::Number(Number::Double(value)))
            } else {
                let message = "JSON has no NaN and no infinity: a missing value is null".to_owned();
                let finding = Finding::new("bad-json", Outcome::Fail, message);
                Err(Box::new(finding.expected("a number or null").actual(value.to_string())))
            }
        }
        Cells::Texts(texts) => {
            let text = texts.get(row).ok_or_else(short)?;
            match column.dtype.as_str() {
                "object" => json(text),
                CSV => written(text, kinds),
                _ => Ok(Tree::Text(Cow::Borrowed(text))),
            }
        }
    }
}

/// The JSON value that a cell holds.
fn json(text: &str) -> Result<Tree<'_>, Box<Finding>> {
    let document = payload::read(text.as_bytes())
        .map_err(|malformed| Box::new(report::malformed(*malformed)))?;
    match document.repeated.into_iter().next() {
        Some(pointer) => Err(Box::new(report::repeated(pointer))),
        None => Ok(document.tree),
    }
}

/// A cell of a file without types: what of the declared types it can be, in
/// the order null, boolean, number, list or object, text. Only text keeps the
/// white space around it.
fn written(text: &str, kinds: Kinds) -> Result<Tree<'_>, Box<Finding>> {
    if text.is_empty() {
        return Ok(Tree::Null);
    }
    let value = text.trim();
    let is_text = kinds.has(Kinds::TEXT);
    match value.bytes().next() {
        Some(b't' | b'f' | b'T' | b'F') if kinds.has(Kinds::BOOLEAN) => {
            for (name, meant) in [("true", true), ("false", false)] {
                // Python and spreadsheets write it with capitals.
                if value == name || !is_text && value.eq_ignore_ascii_case(name) {
                    return Ok(Tree::Boolean(meant));
                }
            }
        }
        Some(b'-' | b'0'..=b'9') if kinds.has(Kinds::NUMBER) => {
            match payload::read(value.as_bytes()) {
                Ok(Document { tree: tree @ Tree::Number(_), .. }) => return Ok(tree),
                Err(malformed) if malformed.rule == "number-range" => {
                    return Err(Box::new(report::malformed(*malformed)));
                }
                _ => {}
            }
        }
        Some(b'[') if kinds.has(Kinds::LIST) && !is_text => return json(value),
        Some(b'{') if kinds.has(Kinds::OBJECT) && !is_text => return json(value),
        _ => {}
    }
    Ok(Tree::Text(Cow::Borrowed(text)))
}

fn bad(message: String) -> Box<Finding> {
    Box::new(Finding::new("bad-column", Outcome::Fail, message))
}
