//! `tollgate registry audit`

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use miette::{Result, miette};
use serde::Serialize;
use tollgate::facts::Instant;
use tollgate::report::{AuditCounts, AuditReport, AuditedModel, AuditedVersion};
use tollgate::text::safe_json;
use tollgate_engine::types::Outcome;
use tollgate_promotion::audit::{Auditor, Pattern};
use tollgate_reports::Report;

use crate::arguments::{Reports, Shared, Verdict};
use crate::command::mlflow::{Registry, Waiting};
use crate::exit::Exit;
use crate::output::{self, Answers, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate registry audit
  tollgate registry audit --name 'fraud_*' --format human --format html=registry.html
  tollgate registry audit --jsonl registry.jsonl --format junit=registry.xml

A version in a stage is judged by the profiles of that stage, as if it came to it
today; approvals are of their day and are not judged again. A model without such
a version has its newest judged for the first stage of the plan. What cannot be
read is told, the rest is judged, and the exit code is 2.")]
pub(crate) struct Audit {
    /// Only models whose names are like this: `*` stands for any letters, `?`
    /// for one
    #[arg(long, value_name = "PATTERN")]
    pub(crate) name: Option<Pattern>,
    /// Judge versions that are in no stage and have no alias, too
    #[arg(long)]
    pub(crate) all_versions: bool,
    /// How many models are asked for at once
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub(crate) parallel: u64,
    /// As of when it is judged, RFC 3339; now, when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<Instant>,
    /// Write a line of JSON for each model as soon as it is judged, and a last
    /// one with the verdict
    #[arg(long, value_name = "FILE")]
    pub(crate) jsonl: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) registry: Registry,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Audit) -> Exit {
    output::reported("registry audit", &arguments.reports, |reporter| {
        let plugins = crate::command::plugins(&arguments.shared)?;
        let plan = arguments.registry.plan()?;
        let mlflow = arguments.registry.connect(&plan)?;
        let as_of = arguments.as_of.unwrap_or_else(Instant::now);
        let auditor = Auditor::open(&mlflow, &plan, &plugins, as_of, arguments.all_versions)?;
        let waiting = Waiting::on(&mlflow);
        let names = auditor.names(arguments.name.as_ref())?;
        drop(waiting);
        let mut lines = arguments.jsonl.as_deref().map(Lines::create).transpose()?;
        let mut answers = reporter.streams().then(Answers::default);
        let mut report = AuditReport {
            verdict: None,
            as_of: as_of.to_string(),
            counts: AuditCounts::default(),
            models: Vec::new(),
        };
        let mut lost = None;
        let progress = progress(names.len());
        let parallel = usize::try_from(arguments.parallel).unwrap_or(1);
        auditor.each(&names, parallel, &|seen| progress.set_position(seen as u64), |model| {
            report.counts.add(&model);
            progress.suspend(|| {
                if let Some(answers) = &mut answers {
                    answers.lines(&text(|out| print(out, &model)));
                }
            });
            lost = lines.as_mut().and_then(|lines| lines.add(&model).err());
            if reporter.keeps() {
                report.models.push(model);
            }
            lost.is_none()
        });
        progress.finish_and_clear();
        report.verdict = report.counts.verdict();
        if let Some(lines) = &mut lines {
            lost = lost.or(lines.end(&report).err());
        }
        if let Some(answers) = &mut answers {
            answers.lines(&text(|out| conclude(out, &report)));
        }
        reporter.report_told(&Report::Audit(&report), |out| {
            report.models.iter().try_for_each(|model| print(out, model))?;
            conclude(out, &report)
        })?;
        let requests = mlflow.http().requests();
        output::note(|out| writeln!(out, "asked {} in {requests} requests", mlflow.http().base()));
        if let Some(error) = lost {
            return Err(error);
        }
        Ok(report.verdict.map_or(Exit::Error, |verdict| arguments.verdict.exit(verdict)))
    })
}

fn progress(models: usize) -> ProgressBar {
    let bar = ProgressBar::new(models as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos} of {len} models {wide_bar} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// A file of one line a model: what is written stays right, whatever comes
/// after.
struct Lines {
    file: File,
    name: String,
}

/// The last line, without which a file is not whole.
#[derive(Serialize)]
struct End<'a> {
    verdict: &'static str,
    as_of: &'a str,
    counts: AuditCounts,
}

impl Lines {
    fn create(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        match File::create(path) {
            Ok(file) => Ok(Self { file, name }),
            Err(error) => Err(miette!("`{name}` cannot be written: {error}")),
        }
    }

    fn add(&mut self, model: &AuditedModel) -> Result<()> {
        self.line(model)
    }

    fn end(&mut self, report: &AuditReport) -> Result<()> {
        let verdict = report.verdict.map_or("error", Outcome::name);
        self.line(&End { verdict, as_of: &report.as_of, counts: report.counts })
    }

    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        // What is a report is JSON.
        let json = serde_json::to_string(value).unwrap_or_default() + "\n";
        let written = self.file.write_all(safe_json(&json).as_bytes());
        written.map_err(|error| miette!("`{}` cannot be written: {error}", self.name))
    }
}

fn text(render: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    // A text in memory takes all that is written to it.
    let _ = render(&mut text);
    text
}

/// A line for a model, and what is wrong with it.
fn print(out: &mut String, model: &AuditedModel) -> fmt::Result {
    sign(out, model.verdict)?;
    writeln!(out, " {}", visible(&model.name))?;
    if let Some(problem) = &model.problem {
        writeln!(out, "               {}", visible(problem))?;
    }
    model.versions.iter().try_for_each(|it| version(out, it))
}

fn version(out: &mut String, version: &AuditedVersion) -> fmt::Result {
    write!(out, "             v{} {}", version.version, visible(&version.stage))?;
    for alias in &version.aliases {
        write!(out, " {}", visible(&format!("@{alias}")))?;
    }
    match &version.judged_for {
        Some(stage) => write!(out, ", judged for {}", visible(stage))?,
        None => write!(out, ", not judged")?,
    }
    if let Some(champion) = version.champion {
        write!(out, " against v{champion}")?;
    }
    writeln!(out, ": {} passed", version.passed)?;
    if let Some(problem) = &version.problem {
        writeln!(out, "               {}", visible(problem))?;
    }
    for note in &version.notes {
        writeln!(out, "               note: {}", visible(note))?;
    }
    for profile in &version.profiles {
        for finding in &profile.findings {
            write!(out, "    ")?;
            sign(out, Some(finding.outcome))?;
            let (profile, rule) = (visible(&profile.name), visible(&finding.rule));
            writeln!(out, " {profile}/{rule}: {}", visible(&finding.message))?;
        }
    }
    Ok(())
}

fn sign(out: &mut String, outcome: Option<Outcome>) -> fmt::Result {
    let style = output::style(outcome.unwrap_or(Outcome::Fail));
    let word = match outcome {
        Some(Outcome::Pass) => "ok",
        Some(outcome) => outcome.name(),
        None => "error",
    };
    write!(out, "{style}{word:<12}{style:#}")
}

fn conclude(out: &mut String, report: &AuditReport) -> fmt::Result {
    let style = output::style(report.verdict.unwrap_or(Outcome::Fail));
    let word = report.verdict.map_or("ERROR", tollgate_reports::word);
    let audited = tollgate_reports::audited(&report.counts);
    writeln!(out, "\n{style}{word}{style:#}: {audited}")
}

#[cfg(test)]
mod tests {
    use tollgate::report::{AuditedProfile, FindingReport};

    use super::*;
    use crate::output::hostile::assert_harmless;

    fn model(text: &str) -> AuditedModel {
        let text = || text.to_owned();
        AuditedModel {
            name: text(),
            verdict: None,
            problem: Some(text()),
            versions: vec![AuditedVersion {
                version: 1,
                stage: text(),
                aliases: vec![text()],
                judged_for: Some(text()),
                champion: Some(2),
                verdict: None,
                problem: Some(text()),
                notes: vec![text()],
                passed: 3,
                profiles: vec![AuditedProfile {
                    name: text(),
                    version: text(),
                    document: text(),
                    verdict: Outcome::Fail,
                    findings: vec![FindingReport::new(&text(), Outcome::Fail, text())],
                }],
            }],
        }
    }

    #[test]
    fn whatever_is_in_a_registry_is_only_read() {
        assert_harmless(|out, text| print(out, &model(text)));
    }
}
