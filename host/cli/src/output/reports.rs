//! One report in several formats, to standard output and to files.

use std::cell::Cell;
use std::collections::HashSet;
use std::env;
use std::fmt;
use std::path::PathBuf;

use miette::{Result, bail, miette};
use tollgate_reports::{Format, Report};

use super::{errors, file, standard};
use crate::arguments::{Format as Simple, ReportFormat, ReportTo, Reports};
use crate::exit::Exit;

/// The file that GitHub Actions shows as a job's summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Runs a command that reports what it comes to, and shows its error, when it
/// has one. A report file tells of no earlier run: where nothing was judged it
/// tells of the error.
pub(crate) fn reported(
    command: &'static str,
    reports: &Reports,
    run: impl FnOnce(&Reporter) -> Result<Exit>,
) -> Exit {
    let reporter = Reporter { asked: reports.asked(), is_done: Cell::new(false) };
    let result = match reporter.check() {
        Ok(()) => run(&reporter),
        Err(error) => {
            // Arguments that contradict each other name no file to trust.
            reporter.is_done.set(true);
            Err(error)
        }
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            reporter.fail(command, &error);
            Exit::Error
        }
    }
}

/// Where the report of a command goes.
pub(crate) struct Reporter {
    asked: Vec<ReportTo>,
    /// Whether files tell of this run, as far as they can.
    is_done: Cell<bool>,
}

impl Reporter {
    /// Reports; `human` draws it for a person.
    ///
    /// # Errors
    /// When a file cannot be written. All others are, and standard output has
    /// its report, unless that is JSON: whoever reads it takes one value, which
    /// will be the error.
    pub(crate) fn report(
        &self,
        report: &Report<'_>,
        human: impl Fn(&mut String) -> fmt::Result,
    ) -> Result<()> {
        self.deliver(report, &human, self.streams())
    }

    /// As [`Reporter::report`], where a person has been told already on standard
    /// output.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn report_told(
        &self,
        report: &Report<'_>,
        human: impl Fn(&mut String) -> fmt::Result,
    ) -> Result<()> {
        self.deliver(report, &human, false)
    }

    /// Whether a person reads on standard output, who may be told as it goes.
    pub(crate) fn streams(&self) -> bool {
        self.on_output() == Some(ReportFormat::Human)
    }

    /// Whether anything but that is asked for, which takes the whole.
    pub(crate) fn keeps(&self) -> bool {
        self.asked.iter().any(|it| it.file.is_some() || it.format != ReportFormat::Human)
    }

    fn deliver(
        &self,
        report: &Report<'_>,
        human: &dyn Fn(&mut String) -> fmt::Result,
        tells: bool,
    ) -> Result<()> {
        self.is_done.set(true);
        let written = self.write(report, human);
        match self.on_output() {
            Some(ReportFormat::Human) if tells => standard::page(human),
            Some(ReportFormat::Rendered(format)) if written.is_ok() || format != Format::Json => {
                standard::report(&report.render(format));
            }
            _ => {}
        }
        written
    }

    /// Shows an error, to a person and to whoever else reads.
    fn fail(&self, command: &str, error: &miette::Report) {
        errors::error(command, Simple::Human, error.as_ref());
        let (sentence, details) = errors::of_program(error.as_ref());
        let report = Report::Error { command, error: &sentence, details: &details };
        let is_done = self.is_done.replace(true);
        match self.on_output() {
            Some(ReportFormat::Rendered(format)) if !is_done || format == Format::Json => {
                standard::report(&report.render(format));
            }
            _ => {}
        }
        let human = |out: &mut String| {
            use fmt::Write as _;
            writeln!(out, "{}", tollgate::text::visible(&sentence))
        };
        if !is_done && let Err(error) = self.write(&report, &human) {
            errors::error(command, Simple::Human, error.as_ref());
        }
    }

    /// Refuses what cannot be done.
    fn check(&self) -> Result<()> {
        let on_output = self.asked.iter().filter(|report| report.file.is_none());
        let names: Vec<&str> = on_output.map(|report| report.format.name()).collect();
        if let [first, second, ..] = names.as_slice() {
            bail!(
                "`{first}` and `{second}` cannot both go to standard output: give one a file, \
                 `--format {first}=FILE`"
            );
        }
        let mut files = HashSet::new();
        for file in self.asked.iter().filter_map(|report| report.file.as_ref()) {
            if !files.insert(file) {
                bail!("two reports cannot both be `{}`: give each a file", file.display());
            }
        }
        Ok(())
    }

    fn on_output(&self) -> Option<ReportFormat> {
        self.asked.iter().find(|report| report.file.is_none()).map(|report| report.format)
    }

    /// Writes all files, whatever becomes of one.
    fn write(&self, report: &Report<'_>, human: &dyn Fn(&mut String) -> fmt::Result) -> Result<()> {
        let mut errors = Vec::new();
        for ReportTo { format, file } in &self.asked {
            let Some(file) = file else { continue };
            let content = match format {
                ReportFormat::Human => standard::plain(human),
                ReportFormat::Rendered(format) => report.render(*format),
            };
            errors.extend(file::write(file, content.as_bytes()).err());
        }
        if let Some(file) = self.summary() {
            let content = format!("{}\n", report.render(Format::Markdown));
            errors.extend(file::append(&file, content.as_bytes()).err());
        }
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        if told.is_empty() { Ok(()) } else { Err(miette!("{}", told.join("; "))) }
    }

    /// The file of the job's summary, where there is a job that is told.
    fn summary(&self) -> Option<PathBuf> {
        let github = ReportFormat::Rendered(Format::Github);
        let is_asked = self.asked.iter().any(|report| report.format == github);
        let file = env::var_os(SUMMARY).filter(|_| is_asked)?;
        Some(PathBuf::from(file)).filter(|file| !file.as_os_str().is_empty())
    }
}
