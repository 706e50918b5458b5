//! Columns of a file or a data frame, row by row.
//!
//! A row is an object of the columns' names and the row's cells: a null cell
//! is `null`, a time is text by RFC 3339 in UTC, a cell of a column of dtype
//! `object` is the JSON value that its text holds, and one of dtype `csv` is
//! read as what the schema declares it to be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tollgate_sdk::signature::{Cells, TypedColumn};
use tollgate_sdk::{Finding, Outcome};

use crate::judge;
use crate::kinds::Kinds;
use crate::payload::{self, Document, Members, Number, Tree, push_step};
use crate::report::{self, limited};
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
    let mut gathered = Gathered { findings: Vec::new(), known: BTreeMap::new() };
    for row in 0..rows {
        let mut readable = true;
        let cells = members.values_mut().zip(columns).zip(&kinds);
        for (at, ((value, column), kinds)) in cells.enumerate() {
            *value = cell(column, *kinds, row).unwrap_or_else(|finding| {
                let mut pointer = format!("/{row}");
                push_step(&mut pointer, &name(at, column));
                gathered.add(finding.at(pointer));
                readable = false;
                Tree::Null
            });
        }
        let document = Document { tree: Tree::Object(members), repeated: Vec::new() };
        if readable {
            for mut finding in judge(compiled, "the row", &document, usize::MAX) {
                let at = finding.pointer.take().unwrap_or_default();
                gathered.add(finding.at(format!("/{row}{at}")));
            }
        }
        members = match document.tree {
            Tree::Object(members) => members,
            _ => Members::default(),
        };
    }
    limited(gathered.findings, compiled.max_findings, 0, false)
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

/// The findings of all rows: those that say the same are one, with its first
/// places before it.
struct Gathered {
    findings: Vec<Finding>,
    /// Rule, message and column, and which findings those are.
    known: BTreeMap<(String, String, String), Vec<usize>>,
}

/// So many places of a fault are findings of their own; the last of them
/// counts the rest.
const PLACES: usize = 5;

/// More different findings than anyone reads, so that they take no memory.
const MANY: usize = 10_000;

impl Gathered {
    fn add(&mut self, finding: Finding) {
        let pointer = finding.pointer.as_deref().unwrap_or_default();
        let column = pointer.split('/').nth(2).unwrap_or_default().to_owned();
        let key = (finding.rule.clone(), finding.message.clone(), column);
        let room = self.findings.len() < MANY;
        let at = match self.known.get_mut(&key) {
            Some(places) if places.len() < PLACES && room => {
                places.push(self.findings.len());
                self.findings.push(finding);
                return;
            }
            Some(places) => places.last().copied(),
            None if room => {
                self.known.insert(key, vec![self.findings.len()]);
                self.findings.push(finding);
                return;
            }
            // The last one stands for all that there is no room for.
            None => Some(MANY - 1),
        };
        if let Some(known) = at.and_then(|at| self.findings.get_mut(at)) {
            known.occurrences = known.occurrences.saturating_add(finding.occurrences);
        }
    }
}

/// A column without a name goes by its number.
fn name(at: usize, column: &TypedColumn) -> Cow<'_, str> {
    match &column.name {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(at.to_string()),
    }
}

fn cell(column: &TypedColumn, kinds: Kinds, row: usize) -> Result<Tree<'_>, Box<Finding>> {
    let present = match &column.column.validity {
        None => true,
        Some(bits) => bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1),
    };
    if !present {
        return Ok(Tree::Null);
    }
    let short = || bad("the column has fewer cells than there are rows".to_owned());
    match &column.column.cells {
        Cells::Booleans(cells) => Ok(Tree::Boolean(*cells.get(row).ok_or_else(short)? != 0)),
        Cells::Integers(cells) => {
            let value = *cells.get(row).ok_or_else(short)?;
            Ok(match column.dtype.as_str() {
                CSV if !kinds.has(Kinds::NUMBER) => Tree::Text(value.to_string().into()),
                // The contract's integers are signed: the upper half of
                // `uint64` comes as negative numbers.
                "uint64" | "UInt64" => Tree::Number(Number::Unsigned(value as u64)),
                "bool" | "boolean" => Tree::Boolean(value != 0),
                dtype => match time::unit(dtype) {
                    Some(unit) => Tree::Text(time::text(value, unit).into()),
                    None => Tree::Number(Number::Whole(value)),
                },
            })
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
            let entry = texts.indices.get(row).and_then(|at| texts.entries.get(*at as usize));
            let text = entry.ok_or_else(short)?;
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
