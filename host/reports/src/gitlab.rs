//! Code Quality of GitLab:
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
//!
//! What passes is left out, since all that is in there is a fault.

use std::fmt;

use serde::Serialize;
use tollgate::text::{safe_json, visible};

use crate::case::Mark;
use crate::told::Told;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: String,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    let issues = told.cases().filter_map(|(section, case)| {
        let severity = match case.mark {
            Mark::Pass => return None,
            Mark::Warn => "minor",
            Mark::Inconclusive => "major",
            Mark::Fail => "critical",
            Mark::Error => "blocker",
        };
        Some(Issue {
            description: format!("{}: {}", visible(&section.label()), visible(&case.message)),
            check_name: visible(case.rule).to_string(),
            fingerprint: &case.fingerprint,
            severity,
            location: Location {
                // GitLab takes no issue without one.
                path: visible(case.file.unwrap_or(&section.label())).to_string(),
                lines: Lines { begin: case.line },
            },
        })
    });
    let issues: Vec<Issue<'_>> = issues.collect();
    let json = serde_json::to_string_pretty(&issues).unwrap_or_default();
    out.push_str(&safe_json(&json));
    out.push('\n');
    Ok(())
}
