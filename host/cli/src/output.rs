//! What goes to the terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use miette::{Diagnostic, GraphicalReportHandler, Report};
use serde::Serialize;
use tollgate::judge::JudgeError;
use tollgate::report::{Exit, FindingReport};
use tollgate_engine::types::Outcome;

use crate::arguments::Format;

/// Runs a command and shows its error, when it has one.
pub(crate) fn shown(
    command: &'static str,
    format: Format,
    run: impl FnOnce() -> miette::Result<Exit>,
) -> Exit {
    match run() {
        Ok(exit) => exit,
        Err(report) if is_broken_pipe(&report) => Exit::Passed,
        Err(report) => {
            error(command, format, &report);
            Exit::Error
        }
    }
}

/// Standard output takes no more.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the output cannot be written")]
struct Unwritten(#[source] io::Error);

/// What writing to standard output came to.
pub(crate) fn written<T>(result: io::Result<T>) -> miette::Result<T> {
    Ok(result.map_err(Unwritten)?)
}

/// Whoever read our output has had enough: `tollgate ... | head`.
fn is_broken_pipe(report: &Report) -> bool {
    report
        .downcast_ref::<Unwritten>()
        .is_some_and(|Unwritten(error)| error.kind() == io::ErrorKind::BrokenPipe)
}

#[derive(Serialize)]
struct ErrorReport {
    command: &'static str,
    verdict: &'static str,
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<String>,
}

/// For a person the lines around each mistake, on standard error; for a
/// program one JSON object on standard output, too.
fn error(command: &'static str, format: Format, report: &Report) {
    let mut text = String::new();
    let diagnostic: &dyn Diagnostic = report.as_ref();
    let handler =
        GraphicalReportHandler::new().with_theme(theme()).with_width(width()).with_links(false);
    if handler.render_report(&mut text, diagnostic).is_err() {
        text = format!("{report}\n");
    }
    let _ = write!(anstream::stderr(), "{text}");
    if format == Format::Json {
        let details = mistakes(report);
        let report = ErrorReport { command, verdict: "error", error: report.to_string(), details };
        let _ = json(&report);
    }
}

/// Each mistake at its place: `file:line:column: what`.
fn mistakes(report: &Report) -> Vec<String> {
    report
        .downcast_ref::<JudgeError>()
        .and_then(JudgeError::mistakes)
        .or_else(|| report.downcast_ref())
        .map(|mistakes| mistakes.iter().map(tollgate::mistake::Mistake::line).collect())
        .unwrap_or_default()
}

fn theme() -> miette::GraphicalTheme {
    if anstream::stderr().is_terminal() {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    }
}

/// The terminal's width, or a page's.
fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100)
}

/// Prints a report for a program.
pub(crate) fn json(report: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, report)?;
    writeln!(out)
}

/// Colours and signs of outcomes.
pub(crate) fn style(outcome: Outcome) -> Style {
    let color = match outcome {
        Outcome::Pass => AnsiColor::Green,
        Outcome::Warn => AnsiColor::Yellow,
        Outcome::Inconclusive => AnsiColor::Magenta,
        Outcome::Fail => AnsiColor::Red,
    };
    color.on_default().bold()
}

/// One finding in a line or a few.
pub(crate) fn finding(out: &mut impl Write, finding: &FindingReport) -> io::Result<()> {
    let style = style(finding.outcome);
    let sign = match finding.outcome {
        Outcome::Pass => "ok",
        outcome => outcome.name(),
    };
    write!(out, "  {style}{sign:<12}{style:#} {}", finding.rule)?;
    if let Some(pointer) = finding.pointer.as_deref().filter(|pointer| !pointer.is_empty()) {
        write!(out, "  at {pointer}")?;
    }
    if finding.occurrences > 1 {
        write!(out, " and {} more places", finding.occurrences - 1)?;
    }
    writeln!(out)?;
    writeln!(out, "               {}", finding.message)
}

/// Expected and actual, where the message does not hold them already.
pub(crate) fn comparison(out: &mut impl Write, finding: &FindingReport) -> io::Result<()> {
    let parts = [("expected", &finding.expected), ("actual", &finding.actual)];
    let shown: Vec<String> = parts
        .iter()
        .filter_map(|(name, part)| Some(format!("{name} {}", part.as_deref()?)))
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "               {}", shown.join(", "))
}

/// The last line: what it comes to.
pub(crate) fn verdict<'a>(
    out: &mut impl Write,
    verdict: Outcome,
    findings: impl Iterator<Item = &'a FindingReport>,
) -> io::Result<()> {
    let mut counts = [0_usize; 4];
    for finding in findings {
        if let Some(count) = counts.get_mut(finding.outcome as usize) {
            *count += 1;
        }
    }
    let word = match verdict {
        Outcome::Pass => "PASSED",
        Outcome::Warn => "PASSED with warnings",
        Outcome::Inconclusive => "INCONCLUSIVE",
        Outcome::Fail => "FAILED",
    };
    let style = style(verdict);
    let names = ["passed", "warned", "inconclusive", "failed"];
    let counted: Vec<String> = names
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    write!(out, "{style}{word}{style:#}")?;
    if !counted.is_empty() {
        write!(out, ": {}", counted.join(", "))?;
    }
    writeln!(out)
}
