//! Standard output and standard error.
//!
//! What becomes of a report changes nothing: the exit code is the verdict's,
//! whether someone reads it, the disk is full or the terminal is gone.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};

use serde::Serialize;
use tollgate::text::{safe_json, safe_lines, visible};

/// Shows a report to a person.
pub(crate) fn page(render: impl FnOnce(&mut String) -> fmt::Result) {
    let text = rendered(render);
    // Colours are taken out where standard output is no terminal.
    let mut out = anstream::stdout().lock();
    told(out.write_all(safe_lines(&text).as_bytes()).and_then(|()| out.flush()));
}

/// The report of a command, which it names first.
#[derive(Serialize)]
struct Report<'a, R> {
    command: &'a str,
    #[serde(flatten)]
    report: &'a R,
}

/// Prints a command's report for a program, as one value.
pub(crate) fn json(command: &str, report: &impl Serialize) {
    json_value(&Report { command, report });
}

/// Prints a report that is safe to print.
pub(super) fn report(text: &str) {
    told(bytes(text.as_bytes()));
}

/// Prints a value for a program.
pub(crate) fn json_value(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string_pretty(value) {
        told(raw(&(text + "\n")));
    }
}

/// As [`json`], on one line, for output that is one value a line.
pub(crate) fn json_line(command: &str, report: &impl Serialize) {
    line(&Report { command, report });
}

/// As [`json_value`], on one line.
pub(super) fn line(report: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(report) {
        told(raw(&(text + "\n")));
    }
}

/// Tells a person something beside the report, on standard error.
pub(crate) fn note(render: impl FnOnce(&mut String) -> fmt::Result) {
    let text = rendered(render);
    // Nobody can be told that nobody can be told.
    let _ = anstream::stderr().write_all(safe_lines(&text).as_bytes());
}

/// Writes JSON that is asked for itself, so that it must arrive. A reader that
/// closes the pipe has what it wants.
pub(crate) fn document(json: &str) -> io::Result<()> {
    match raw(json) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes bytes that are asked for themselves.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

fn raw(json: &str) -> io::Result<()> {
    bytes(safe_json(json).as_bytes())
}

/// A report for a person as a text without colours.
pub(super) fn plain(render: impl FnOnce(&mut String) -> fmt::Result) -> String {
    anstream::adapter::strip_str(&safe_lines(&rendered(render))).to_string()
}

fn rendered(render: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    // A text in memory takes all that is written to it.
    let _ = render(&mut text);
    text
}

/// A report that is lost is worth a word, unless its reader chose to go.
fn told(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        let error = error.to_string();
        note(|out| {
            use fmt::Write as _;
            writeln!(out, "the report is not written to standard output: {}", visible(&error))
        });
    }
}

/// A stream of answers, each of which is printed as soon as it is there.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    lost: bool,
}

impl Answers {
    /// Prints answers for a program, one a line.
    pub(crate) fn json_lines(&mut self, lines: &str) {
        if !self.lost {
            self.keep(raw(lines));
        }
    }

    /// Prints answers for a person.
    pub(crate) fn lines(&mut self, lines: &str) {
        if !self.lost {
            let mut out = anstream::stdout().lock();
            self.keep(out.write_all(safe_lines(lines).as_bytes()).and_then(|()| out.flush()));
        }
    }

    /// Whether nobody gets the answers any more.
    pub(crate) fn are_lost(&self) -> bool {
        self.lost
    }

    fn keep(&mut self, result: io::Result<()>) {
        self.lost = result.is_err();
        told(result);
    }
}
