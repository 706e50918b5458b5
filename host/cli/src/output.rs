//! What goes to the terminal, and into files.
//!
//! Whatever a stranger wrote goes through [`visible`] on its way to a person.

mod errors;
mod file;
#[cfg(test)]
pub(crate) mod hostile;
mod progress;
mod reports;
mod standard;
mod transitions;

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};
use tollgate::report::FindingReport;
pub(crate) use tollgate::text::visible;
use tollgate_engine::types::Outcome;

use crate::arguments::Format;
use crate::exit::Exit;

pub(crate) use self::errors::{error, program};
pub(crate) use self::file::{is_standard_output, write};
pub(crate) use self::progress::progress;
pub(crate) use self::reports::reported;
pub(crate) use self::standard::{Answers, document, json, json_line, json_value, note, page};
pub(crate) use self::transitions::transitions;

/// Runs a command and shows its error, when it has one.
pub(crate) fn shown(
    command: &'static str,
    format: Format,
    run: impl FnOnce() -> miette::Result<Exit>,
) -> Exit {
    match run() {
        Ok(exit) => exit,
        Err(report) => {
            error(command, format, report.as_ref());
            Exit::Error
        }
    }
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

/// One finding in a line or a few, and where in what was judged it is.
pub(crate) fn finding(
    out: &mut impl Write,
    finding: &FindingReport,
    pointer: Option<&str>,
) -> fmt::Result {
    let style = style(finding.outcome);
    let sign = match finding.outcome {
        Outcome::Pass => "ok",
        outcome => outcome.name(),
    };
    write!(out, "  {style}{sign:<12}{style:#} {}", visible(&finding.rule))?;
    if let Some(pointer) = pointer.filter(|pointer| !pointer.is_empty()) {
        write!(out, "  at {}", visible(pointer))?;
    }
    match finding.occurrences {
        0 | 1 => {}
        2 => write!(out, " and one more place")?,
        places => write!(out, " and {} more places", places - 1)?,
    }
    writeln!(out)?;
    writeln!(out, "               {}", visible(&finding.message))
}

/// How many hold, where they are not shown one by one.
pub(crate) fn passed(out: &mut impl Write, findings: &[&FindingReport]) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    let (style, counted) =
        (style(Outcome::Pass), tollgate_reports::counted(findings.iter().copied()));
    writeln!(out, "  {style}{:<12}{style:#} {counted}", "ok")
}

/// Expected and actual, where the message does not hold them already.
pub(crate) fn comparison(out: &mut impl Write, finding: &FindingReport) -> fmt::Result {
    let parts = [("expected", &finding.expected), ("actual", &finding.actual)];
    let shown: Vec<String> = parts
        .iter()
        .filter_map(|(name, part)| Some(format!("{name} {}", visible(part.as_deref()?))))
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
) -> fmt::Result {
    let (style, counted) = (style(verdict), tollgate_reports::counted(findings));
    write!(out, "{style}{}{style:#}", tollgate_reports::word(verdict))?;
    if !counted.is_empty() {
        write!(out, ": {counted}")?;
    }
    writeln!(out)
}
