//! JSON: the report as it is, under the command's name.

use serde::Serialize;
use tollgate::text::safe_json;

use crate::Report;

#[derive(Serialize)]
struct Named<'a, R> {
    command: &'a str,
    #[serde(flatten)]
    report: &'a R,
}

#[derive(Serialize)]
struct Error<'a> {
    command: &'a str,
    verdict: &'static str,
    error: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'a [String],
}

pub(crate) fn render(report: &Report<'_>) -> String {
    match *report {
        Report::Gate(report) => text(&Named { command: "gate", report }),
        Report::Check(report) => text(&Named { command: "check", report }),
        Report::Difference(report) => text(&Named { command: "policy diff", report }),
        Report::Lint(report) => text(&Named { command: "policy lint", report }),
        Report::Audit(report) => text(&Named { command: "registry audit", report }),
        Report::Error { command, error, details } => {
            text(&Error { command, verdict: "error", error, details })
        }
    }
}

fn text(value: &impl Serialize) -> String {
    // What is a report is JSON.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", safe_json(&json))
}
