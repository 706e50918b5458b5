//! What a gate or a check came to, for people and for CI systems.
//!
//! The typed reports of [`tollgate::report`] are the source, and every format
//! is a rendering of them; findings are told in the words of the plugin that
//! found them. Whatever strangers wrote is only read: no rendering holds a
//! character that a terminal, a log, a page or a parser would act on.
//!
//! ```
//! # use tollgate_reports::{Format, Report};
//! let error = Report::Error { command: "gate", error: "`a.yaml` does not exist", details: &[] };
//! assert!(error.render(Format::Tap).starts_with("TAP version 14\n1..1\nnot ok 1 - "));
//! ```

mod audit;
mod case;
mod difference;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod markup;
mod sarif;
mod tap;
mod told;
mod words;

use tollgate::difference::DifferenceReport;
use tollgate::report::{AuditReport, CheckReport, GateReport, LintReport};

pub use crate::difference::{scores, share, summary as difference_summary};
pub use crate::words::{audited, counted, word};

/// What a command came to.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Report<'a> {
    /// Whether a model version may move on.
    Gate(&'a GateReport),
    /// Whether a payload honours a signature.
    Check(&'a CheckReport),
    /// What a change of a policy document or gate profile changes.
    Difference(&'a DifferenceReport),
    /// What is wrong in documents.
    Lint(&'a LintReport),
    /// What a whole registry comes to.
    Audit(&'a AuditReport),
    /// The command, a file or a plugin is wrong, and nothing was judged.
    Error {
        /// The command.
        command: &'a str,
        /// One sentence.
        error: &'a str,
        /// Each mistake at its place.
        details: &'a [String],
    },
}

/// What a report is rendered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `schemas/report.schema.json` of the crate `tollgate`.
    Json,
    /// GitHub-flavoured Markdown, for comments and job summaries.
    Markdown,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions, for standard output.
    Github,
    /// Code Quality of GitLab, which is Code Climate's JSON.
    Gitlab,
    /// Test Anything Protocol 14.
    Tap,
    /// One page that needs nothing else.
    Html,
}

impl Report<'_> {
    /// The report in this format, with a line break at its end.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        if format == Format::Json {
            return json::render(self);
        }
        let mut out = String::new();
        // A text in memory takes all that is written to it.
        if let (Self::Difference(report), Format::Markdown) = (self, format) {
            let _ = difference::markdown(&mut out, report);
            return out;
        }
        let told = match self {
            Self::Difference(report) => difference::told(report),
            Self::Gate(report) => told::of_gate(report),
            Self::Check(report) => told::of_check(report),
            Self::Lint(report) => told::of_lint(report),
            Self::Audit(report) => audit::told(report),
            Self::Error { command, error, details } => told::of_error(command, error, details),
        };
        let render = match format {
            Format::Markdown | Format::Json => markdown::render,
            Format::Junit => junit::render,
            Format::Sarif => sarif::render,
            Format::Github => github::render,
            Format::Gitlab => gitlab::render,
            Format::Tap => tap::render,
            Format::Html => html::render,
        };
        let _ = render(&mut out, &told);
        out
    }
}
