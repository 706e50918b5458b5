//! `tollgate policy lint`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::IntoDiagnostic as _;
use tollgate::report::{LintReport, LintedReport};
use tollgate_authoring::files::meant;
use tollgate_authoring::lint::{ENDINGS, lint};
use tollgate_reports::Report;

use crate::arguments::{Reports, Shared, Verdict};
use crate::exit::Exit;
use crate::output::{self, visible};

/// So many files that are nothing that is linted are named.
const NAMED: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate policy lint policies
  tollgate policy lint policies --fail-on warn --format github
  tollgate policy lint policies/gates/offline.yaml --facts models/churn-v8/run.json

Looks at policy documents, gate profiles and promotion plans, and at those below
folders. The plugin that a document names is asked about its settings: rules
that can never fail, that contradict or repeat each other, actions that nothing
takes. With --facts or --sources a rule is told for which nothing that they give
is evidence, by the account of its own plugin; no server is asked.

Exit codes: 0 nothing is wrong (warnings are shown), 1 a document cannot be
used, 2 a file cannot be read, 3 there was nothing to lint, in a folder as well, or
nothing can be judged by a document.")]
pub(crate) struct Lint {
    /// Documents, and folders of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Evidence as there will be, JSON or YAML, or MLflow's run.json; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    /// Where evidence will be, as for `tollgate gate --sources`; no server is
    /// asked, and files are read where they are. May be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) sources: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Lint) -> Exit {
    output::reported("policy lint", &arguments.reports, |reporter| {
        let plugins = crate::command::plugins(&arguments.shared)?;
        let all = meant(&arguments.files, &ENDINGS).into_diagnostic()?;
        super::tell_links(&all);
        let report = lint(&plugins, &all, &arguments.facts, &arguments.sources)?;
        reporter.report(&Report::Lint(&report), |out| print(out, &report))?;
        Ok(arguments.verdict.exit(report.verdict))
    })
}

fn print(out: &mut String, report: &LintReport) -> fmt::Result {
    for linted in report.documents.iter().filter(|linted| !linted.findings.is_empty()) {
        document(out, linted)?;
    }
    if !report.skipped.is_empty() {
        let named: Vec<String> =
            report.skipped.iter().take(NAMED).map(|file| visible(file).to_string()).collect();
        let more = match report.skipped.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(out, "not linted, since they are no documents: {}{more}", named.join(", "))?;
    }
    for folder in &report.empty {
        writeln!(out, "inconclusive: there was nothing to lint in {}", visible(folder))?;
    }
    let documents = match report.documents.len() {
        0 => "there was nothing to lint".to_owned(),
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    };
    writeln!(out, "{documents}")?;
    let findings = report.documents.iter().flat_map(|linted| &linted.findings);
    output::verdict(out, report.verdict, findings)
}

fn document(out: &mut String, linted: &LintedReport) -> fmt::Result {
    let LintedReport { document, kind, name, version, .. } = linted;
    let title: Vec<&str> = name.iter().chain(version).map(String::as_str).collect();
    let title = if title.is_empty() { String::new() } else { format!(" {}", title.join(" ")) };
    writeln!(out, "{}: {kind}{}", visible(document), visible(&title))?;
    for finding in &linted.findings {
        let style = output::style(finding.outcome);
        let place = match finding.line {
            Some(line) => format!("{document}:{line}"),
            None => document.clone(),
        };
        writeln!(
            out,
            "  {style}{:<12}{style:#} {}  at {}",
            finding.outcome.name(),
            visible(&finding.rule),
            visible(&place)
        )?;
        writeln!(out, "               {}", visible(&finding.message))?;
    }
    writeln!(out)
}
