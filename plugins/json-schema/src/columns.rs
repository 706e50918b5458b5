//! Columns of a file or a data frame, row by row.
//!
//! A row is an object of the columns' names and the row's cells: a null cell
//! is `null`, a time is text by RFC 3339 in UTC, and a cell of a column of
//! dtype `object` is the JSON value that its text holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tollgate_sdk::signature::{Cells, TypedColumn};
use tollgate_sdk::{Finding, Outcome};

use crate::payload::{self, Members, Number, Tree, push_step};
use crate::report::{self, Report, limited};
use crate::representation::{Place, Run};
use crate::schema::Compiled;
use crate::time;

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
    let mut gathered = Gathered { findings: Vec::new(), known: BTreeMap::new() };
    for row in 0..rows {
        let mut readable = true;
        for (at, (value, column)) in members.values_mut().zip(columns).enumerate() {
            *value = cell(column, row).unwrap_or_else(|finding| {
                let mut pointer = format!("/{row}");
                push_step(&mut pointer, &name(at, column));
                gathered.add(finding.at(pointer));
                readable = false;
                Tree::Null
            });
        }
        let tree = Tree::Object(members);
        if readable {
            judge(compiled, row, &tree, &mut gathered);
        }
        members = match tree {
            Tree::Object(members) => members,
            _ => Members::default(),
        };
    }
    limited(gathered.findings, compiled.max_findings, 0, false)
}

fn judge(compiled: &Compiled, row: usize, tree: &Tree<'_>, gathered: &mut Gathered) {
    let run = Run::default();
    if compiled.validator.is_valid(Place { tree, run: &run }) {
        return;
    }
    let report =
        Report { payload: tree, name: "the row", schema: &compiled.schema, most: usize::MAX };
    let errors = compiled.validator.iter_errors(Place { tree, run: &run });
    for mut finding in report.findings(errors, Vec::new(), || false) {
        let at = finding.pointer.take().unwrap_or_default();
        gathered.add(finding.at(format!("/{row}{at}")));
    }
}

/// The findings of all rows: those that say the same are one.
struct Gathered {
    findings: Vec<Finding>,
    /// Rule and message, and where it stands in `findings`.
    known: BTreeMap<(String, String), usize>,
}

/// More different findings than anyone reads, so that they take no memory.
const MANY: usize = 10_000;

impl Gathered {
    fn add(&mut self, finding: Finding) {
        let key = (finding.rule.clone(), finding.message.clone());
        let at = match self.known.get(&key) {
            Some(at) => *at,
            // The last one stands for all that there is no room for.
            None if self.findings.len() >= MANY => MANY - 1,
            None => {
                self.known.insert(key, self.findings.len());
                self.findings.push(finding);
                return;
            }
        };
        if let Some(known) = self.findings.get_mut(at) {
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

fn cell(column: &TypedColumn, row: usize) -> Result<Tree<'_>, Box<Finding>> {
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
            if value.is_finite() {
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
            if column.dtype != "object" {
                return Ok(Tree::Text(Cow::Borrowed(text)));
            }
            let document = payload::read(text.as_bytes())
                .map_err(|malformed| Box::new(report::malformed(*malformed)))?;
            match document.repeated.into_iter().next() {
                Some(pointer) => Err(Box::new(report::repeated(pointer))),
                None => Ok(document.tree),
            }
        }
    }
}

fn bad(message: String) -> Box<Finding> {
    Box::new(Finding::new("bad-column", Outcome::Fail, message))
}
