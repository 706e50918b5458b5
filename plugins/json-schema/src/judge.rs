//! Applying a schema to a value.

use tollgate_sdk::{Finding, Outcome};

use crate::payload::Document;
use crate::report::{self, Report};
use crate::representation::{Place, Run};
use crate::schema::Compiled;

/// Judges a value that is called `name`, which repeats some names. Of more
/// than `most` faults the rest is counted.
pub(crate) fn judge(
    compiled: &Compiled,
    name: &str,
    document: &Document<'_>,
    most: usize,
) -> Vec<Finding> {
    let Compiled { validator, schema, .. } = compiled;
    let Document { tree, repeated } = document;
    // Most payloads are right, and to say so takes no list of faults.
    let is_valid = validator.is_valid(Place { tree, run: &Run::default() });
    if is_valid && repeated.is_empty() {
        return Vec::new();
    }
    let run = Run::default();
    let repeated = repeated.iter().cloned().map(report::repeated).collect();
    let errors = validator.iter_errors(Place { tree, run: &run });
    let report = Report { payload: tree, name, schema, most };
    let mut findings = report.findings(errors, repeated, || run.is_full());
    if findings.is_empty() {
        findings.push(undecided());
    }
    findings
}

/// The finding for a payload that the schema refuses without saying why. It
/// should not happen, and must not pass.
fn undecided() -> Finding {
    let message = "the schema does not hold, and no keyword says why";
    Finding::new("schema", Outcome::Inconclusive, message)
}
