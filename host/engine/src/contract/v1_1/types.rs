//! The types of 1.1.0 that are no longer the host's own.

use wasmtime::component::{ComponentType, Lift};

use crate::types::{self as host, Outcome};

#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct Finding {
    rule: String,
    outcome: Outcome,
    message: String,
    row: Option<u32>,
    column: Option<String>,
    pointer: Option<String>,
    expected: Option<String>,
    actual: Option<String>,
    facts: Vec<u32>,
    occurrences: u32,
}

impl From<Finding> for host::Finding {
    fn from(finding: Finding) -> Self {
        let Finding {
            rule,
            outcome,
            message,
            row,
            column,
            pointer,
            expected,
            actual,
            facts,
            occurrences,
        } = finding;
        Self {
            rule,
            outcome,
            message,
            row,
            column,
            pointer,
            expected,
            actual,
            facts,
            occurrences,
            measured: None,
        }
    }
}
