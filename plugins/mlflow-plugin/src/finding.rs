//! Faults as findings.

use alloc::string::{String, ToString as _};

use mlflow_schema::fault::{Details, Fault, Severity};
use mlflow_schema::step::{Step, escaped};
use tollgate_sdk::{Finding, Outcome};

/// A fault as a finding.
#[must_use]
pub fn finding(fault: Fault) -> Finding {
    let Details {
        kind,
        message,
        cell,
        row,
        mut pointer,
        mut steps,
        expected,
        actual,
        occurrences,
        column: _,
    } = fault.into_details();
    while let Some(step) = steps.pop() {
        pointer.push('/');
        match step {
            Step::Key(key) => pointer.push_str(&escaped(&key)),
            Step::Item(at) => pointer.push_str(&at.to_string()),
        }
    }
    let outcome = match kind.severity() {
        Severity::Warns => Outcome::Warn,
        Severity::Unjudged => Outcome::Inconclusive,
        Severity::Breaks => Outcome::Fail,
    };
    let mut finding = Finding::new(kind.rule(), outcome, message);
    let below = |pointer: String| Some(pointer).filter(|pointer| !pointer.is_empty());
    finding = match (cell, row) {
        (Some((row, column)), _) => {
            finding.pointer = below(pointer);
            finding.in_row(row).in_column(column)
        }
        (None, Some(row)) => finding.at(pointer).in_record(row),
        (None, None) => finding.at(pointer),
    };
    finding.expected = below(expected);
    finding.actual = below(actual);
    finding.occurrences = occurrences;
    finding
}
