//! The types of 1.0.0 that are no longer the host's own.

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::types::{self as host, Outcome};

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Finding {
    rule: String,
    outcome: Outcome,
    message: String,
    pointer: Option<String>,
    expected: Option<String>,
    actual: Option<String>,
    facts: Vec<u32>,
    occurrences: u32,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Dictionary {
    entries: Vec<String>,
    indices: Vec<u32>,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
pub(super) enum Cells {
    #[component(name = "booleans")]
    Booleans(Vec<u8>),
    #[component(name = "integers")]
    Integers(Vec<i64>),
    #[component(name = "numbers")]
    Numbers(Vec<f64>),
    #[component(name = "texts")]
    Texts(Dictionary),
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Column {
    cells: Cells,
    validity: Option<Vec<u8>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct TypedColumn {
    name: Option<String>,
    dtype: String,
    column: Column,
}

/// Findings whose pointer leads into what was judged as a whole.
pub(super) fn findings(findings: Vec<Finding>) -> Vec<host::Finding> {
    findings.into_iter().map(host::Finding::from).collect()
}

impl From<Finding> for host::Finding {
    fn from(finding: Finding) -> Self {
        let Finding { rule, outcome, message, pointer, expected, actual, facts, occurrences } =
            finding;
        Self {
            rule,
            outcome,
            message,
            row: None,
            column: None,
            pointer,
            expected,
            actual,
            facts,
            occurrences,
            measured: None,
        }
    }
}

/// A finding of `check-columns`, whose pointer is `/<row>/<column>…`.
pub(super) fn of_rows(finding: Finding) -> host::Finding {
    let mut finding = host::Finding::from(finding);
    let pointer = finding.pointer.as_deref().and_then(|pointer| pointer.strip_prefix('/'));
    let (row, rest) = pointer.map_or((None, ""), |pointer| {
        let (row, rest) = pointer.split_at(pointer.find('/').unwrap_or(pointer.len()));
        (row.parse().ok(), rest)
    });
    let Some(row) = row else { return finding };
    let rest = rest.to_owned();
    below(&mut finding, row, &rest);
    finding
}

/// A finding about a record that was judged as a payload of its own.
pub(super) fn of_record(finding: Finding, row: u32) -> host::Finding {
    let mut finding = host::Finding::from(finding);
    let pointer = finding.pointer.take().unwrap_or_default();
    below(&mut finding, row, &pointer);
    finding
}

/// Splits a pointer that leads on from a row: its first step is the column.
fn below(finding: &mut host::Finding, row: u32, pointer: &str) {
    finding.row = Some(row);
    let steps = pointer.strip_prefix('/');
    let column = steps.map(|steps| steps.split_at(steps.find('/').unwrap_or(steps.len())));
    finding.column = column.map(|(name, _)| name.replace("~1", "/").replace("~0", "~"));
    finding.pointer = column.map(|(_, rest)| rest.to_owned()).filter(|pointer| !pointer.is_empty());
}

pub(super) fn typed(columns: &[host::TypedColumn]) -> Vec<TypedColumn> {
    let typed = |column: &host::TypedColumn| TypedColumn {
        name: column.name.clone(),
        dtype: column.dtype.clone(),
        column: Column::from(&column.column),
    };
    columns.iter().map(typed).collect()
}

pub(super) fn columns(columns: &[host::Column]) -> Vec<Column> {
    columns.iter().map(Column::from).collect()
}

impl From<&host::Column> for Column {
    fn from(column: &host::Column) -> Self {
        let cells = match &column.cells {
            host::Cells::Booleans(cells) => Cells::Booleans(cells.clone()),
            host::Cells::Integers(cells) => Cells::Integers(cells.clone()),
            // 1.0.0 has signed ones only: the upper half comes as negative
            // numbers.
            host::Cells::Unsigned(cells) => {
                Cells::Integers(cells.iter().map(|cell| cell.cast_signed()).collect())
            }
            host::Cells::Numbers(cells) => Cells::Numbers(cells.clone()),
            host::Cells::Texts(texts) => Cells::Texts(Dictionary {
                entries: texts.entries.iter().map(str::to_owned).collect(),
                indices: texts.indices.clone(),
            }),
        };
        Self { cells, validity: column.validity.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pointer: &str) -> Finding {
        Finding {
            rule: "rule".to_owned(),
            outcome: Outcome::Fail,
            message: String::new(),
            pointer: Some(pointer.to_owned()),
            expected: None,
            actual: None,
            facts: Vec::new(),
            occurrences: 1,
        }
    }

    fn place(finding: host::Finding) -> (Option<u32>, Option<String>, Option<String>) {
        (finding.row, finding.column, finding.pointer)
    }

    #[test]
    fn a_pointer_becomes_row_and_column() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(place(of_rows(found("/3/a~1b"))), (Some(3), text("a/b"), None));
        assert_eq!(place(of_rows(found("/3/a/0/x"))), (Some(3), text("a"), text("/0/x")));
        assert_eq!(place(of_rows(found("/3"))), (Some(3), None, None));
        assert_eq!(place(of_rows(found(""))), (None, None, text("")));
        assert_eq!(place(of_rows(found("/a/b"))), (None, None, text("/a/b")));
        assert_eq!(place(of_record(found("/a/b"), 7)), (Some(7), text("a"), text("/b")));
        assert_eq!(place(of_record(found(""), 7)), (Some(7), None, None));
    }
}
