//! `tollgate check`

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{ArgGroup, Args, ValueEnum};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use miette::Result;
use tollgate::judge::{
    Checker, CheckerOptions, JudgeError, Mode, Opened, Part, Protocol, Seen, Subject,
};
use tollgate::model;
use tollgate::plugins::Plugins;
use tollgate::report::{CheckReport, FindingReport, PlaceReport, RowsReport};
use tollgate::source::{Content, Source};
use tollgate_engine::types::Outcome;
use tollgate_frames::{Payload, PayloadFile};
use tollgate_reports::Report;

use crate::arguments::{Emptiness, PayloadFormat, Reports, Shared, Verdict};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate check --signature models/churn --payload request.json
  curl -s $URL/sample | tollgate check --signature MLmodel --payload -
  curl -s $URL/invocations -d @request.json -H 'Content-Type: application/json' \\
      | tollgate check --signature MLmodel --outputs --payload -
  tollgate check --signature models/churn --payload scoring-2026-10.parquet
  tollgate check --signature MLmodel            is the signature itself sound?
  tollgate check --signature MLmodel --protocol oip --payload infer.json
  tollgate check --schema request.schema.json --payload request.json
  tollgate check --policy checks/orders.yaml --payload order.json

In `strict` mode a payload that MLflow would change silently (2.5 to a long,
\"abc\" to true) is refused, and the finding says what the model would have got.")]
// Without a payload the subject itself is looked at, which has no rows.
#[command(mut_arg("allow_empty", |allow_empty| allow_empty.requires("payload")))]
#[command(group = ArgGroup::new("subject").args(["signature", "schema", "policy"]).required(true))]
pub(crate) struct Check {
    /// The signature: an MLmodel file, a model's folder, or a JSON file
    #[arg(long, value_name = "PATH")]
    pub(crate) signature: Option<PathBuf>,
    /// A JSON Schema instead of a signature: drafts 4 to 2020-12, JSON or YAML
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outputs", "mode", "protocol"])]
    pub(crate) schema: Option<PathBuf>,
    /// A policy document of any signature plugin, or a component that `tollgate
    /// bake` made of one; its settings say the rest, also how many findings a
    /// request may have and whether it may be empty
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outputs", "mode", "protocol"])]
    pub(crate) policy: Option<PathBuf>,
    /// A schema that the schema refers to; may be given several times
    // Without the conflicts clap forgets what it requires where another subject
    // is given, and the flag would do nothing.
    #[arg(long, value_name = "URI=FILE", value_parser = resource)]
    #[arg(requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) resource: Vec<(String, PathBuf)>,
    /// Make `format` a rule where the schema's draft makes it a remark
    #[arg(long, requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) formats: bool,
    /// Refuse a schema with keywords that its draft does not know, or that
    /// nothing can break; otherwise a warning tells of these
    #[arg(long, requires = "schema", conflicts_with_all = ["signature", "policy"])]
    pub(crate) strict_schema: bool,
    /// A request body, or a file of rows; `-` is standard input
    ///
    /// A file of rows is read in batches, whatever its size. CSV needs a
    /// header row; JSON lines have one record a line. One row may take 16 MiB.
    /// A byte order mark at the beginning is no part of any of them. In CSV
    /// white space around names, numbers and booleans does not count; around
    /// text it is a part of the text.
    ///
    /// With `--schema` each row by itself is the instance, in every format.
    /// With `--policy` the plugin says whether rows are judged together, as a
    /// data frame, or each by itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) payload: Option<PathBuf>,
    /// The payload is the answer to a request: judge it by the signature's outputs
    #[arg(long, requires = "payload")]
    pub(crate) outputs: bool,
    /// What the payload is
    #[arg(long, value_enum, default_value_t, requires = "payload")]
    pub(crate) payload_format: PayloadFormat,
    /// What the payload is written in
    #[arg(long, value_enum, default_value_t)]
    pub(crate) protocol: ProtocolFlag,
    /// Refuse what MLflow refuses, or also what it changes silently; of no
    /// matter to `--protocol oip`, whose types must be equal
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: ModeFlag,
    /// Show at most so many findings
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) max_findings: u32,
    /// Leave the payload's values out of the report
    #[arg(long, requires = "payload")]
    pub(crate) hide_values: bool,
    #[command(flatten)]
    pub(crate) emptiness: Emptiness,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolFlag {
    /// The bodies of MLflow's own scoring server
    #[default]
    Mlflow,
    /// The Open Inference Protocol v2: KServe, Triton, MLServer
    Oip,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum ModeFlag {
    /// Also refuse what MLflow would change silently
    #[default]
    Strict,
    /// Answer as MLflow does
    Mlflow,
}

/// `URI=FILE`. The last `=` parts them, since a URI may hold one.
fn resource(text: &str) -> Result<(String, PathBuf), String> {
    match text.rsplit_once('=') {
        Some((uri, file)) if !uri.is_empty() && !file.is_empty() => Ok((uri.into(), file.into())),
        _ => Err("expected a URI and a file, `https://example.com/money.json=money.json`".into()),
    }
}

pub(crate) fn run(arguments: &Check) -> Exit {
    output::reported("check", &arguments.reports, |reporter| {
        let plugins = super::plugins(&arguments.shared)?;
        let mut progress = Progress::default();
        let subject = subject(&plugins, arguments)?;
        let mut report = check(&plugins, &subject, arguments, &mut |seen| progress.show(seen))?;
        progress.end();
        if arguments.hide_values {
            report.hide_values();
        }
        reporter.report(&Report::Check(&report), |out| print(out, &report, &subject))?;
        Ok(arguments.verdict.exit(report.verdict))
    })
}

/// Checks the payload, and tells `watch` how far it is while it judges rows.
fn check(
    plugins: &Plugins,
    subject: &Subject,
    arguments: &Check,
    watch: &mut dyn FnMut(Seen),
) -> Result<CheckReport> {
    let format = arguments.payload_format.asked();
    let open = |path: &PathBuf| PayloadFile::open(path, format);
    let file = arguments.payload.as_ref().map(open).transpose()?;
    let name = arguments.payload.as_ref().map(|path| path.display().to_string());
    let reporting = CheckerOptions {
        max_findings: arguments.max_findings,
        allow_empty: arguments.emptiness.allow_empty,
        limits: None,
    };
    let has_rows = file.as_ref().is_some_and(PayloadFile::has_rows);
    let options = if has_rows { reporting.of_batches() } else { reporting };
    let checker = Checker::new(plugins, subject, options)?;
    let read = |file| tollgate_frames::read(file, checker.judged());
    Ok(match file.map(read).transpose()? {
        Some(Payload::Frames(mut rows)) => {
            checker.report_rows(name, checker.check_rows(&mut rows, reporting, watch)?)
        }
        Some(Payload::Request(body)) => {
            let checked = checker.check(&body).map_err(JudgeError::from)?;
            checker.report(name, checked)
        }
        None => checker.report(name, checker.look()),
    })
}

/// What the arguments hold payloads against; clap asks for one of the three.
fn subject(plugins: &Plugins, arguments: &Check) -> Result<Subject, JudgeError> {
    let read = |path: &Path| Source::read(path, Content::Model);
    if let Some(policy) = &arguments.policy {
        return Ok(Subject::Document(Box::new(Opened::open(plugins, policy)?)));
    }
    if let Some(schema) = &arguments.schema {
        let resource = |(uri, path): &(String, PathBuf)| Ok((uri.clone(), read(path)?));
        return Ok(Subject::Schema {
            schema: read(schema)?,
            resources: arguments
                .resource
                .iter()
                .map(resource)
                .collect::<Result<_, JudgeError>>()?,
            formats: arguments.formats,
            strict: arguments.strict_schema,
        });
    }
    Ok(Subject::Signature {
        signature: model::read_signature(arguments.signature.as_deref().unwrap_or(Path::new("")))?,
        part: if arguments.outputs { Part::Outputs } else { Part::Inputs },
        mode: match arguments.mode {
            ModeFlag::Strict => Mode::Strict,
            ModeFlag::Mlflow => Mode::Mlflow,
        },
        protocol: match arguments.protocol {
            ProtocolFlag::Mlflow => Protocol::Mlflow,
            ProtocolFlag::Oip => Protocol::Oip,
        },
    })
}

/// A bar on standard error, where that is a terminal and someone waits.
#[derive(Default)]
struct Progress {
    since: Option<Instant>,
    bar: Option<ProgressBar>,
}

/// Whoever waits less needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    fn show(&mut self, seen: Seen) {
        if self.since.get_or_insert_with(Instant::now).elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(seen));
        bar.set_position(if seen.of_rows.is_some() { seen.rows } else { seen.bytes });
        bar.set_message(HumanCount(seen.rows).to_string());
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(seen: Seen) -> ProgressBar {
    let (bar, template) = match (seen.of_rows, seen.of_bytes) {
        (Some(rows), _) => {
            (ProgressBar::new(rows), "{bar:30} {human_pos} of {human_len} rows, {eta} left")
        }
        (None, Some(bytes)) => (
            ProgressBar::new(bytes),
            "{bar:30} {msg} rows, {binary_bytes} of {binary_total_bytes}, {eta} left",
        ),
        (None, None) => (ProgressBar::new_spinner(), "{spinner} {msg} rows"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn print(out: &mut String, report: &CheckReport, subject: &Subject) -> fmt::Result {
    let plugin = &report.plugin;
    match report.payload.as_deref() {
        Some(payload) => {
            let payload = if payload == "-" { "<stdin>" } else { payload };
            let part = if report.part == Some("outputs") { "the outputs of " } else { "" };
            let mode = report.mode.map(|mode| format!(" ({mode} mode)")).unwrap_or_default();
            let (payload, signature) = (visible(payload), visible(&report.signature));
            write!(out, "{payload} against {part}{signature}{mode}")?;
            if let Some(rows) = &report.rows {
                write!(out, ": {}", counted(rows.count, "row"))?;
                if rows.unread > 0 {
                    write!(out, ", {} of them unreadable", HumanCount(rows.unread))?;
                }
            }
            writeln!(out)?;
        }
        None => {
            let kind = match subject {
                Subject::Signature { .. } => "signature",
                Subject::Schema { .. } => "schema",
                _ => "document",
            };
            writeln!(out, "{}: the {kind} can be used", visible(&report.signature))?;
        }
    }
    for finding in &report.findings {
        match &report.rows {
            Some(rows) => print_of_rows(out, finding, rows)?,
            None => {
                output::finding(out, finding, finding.pointer.as_deref())?;
                output::comparison(out, finding)?;
            }
        }
    }
    if report.verdict == Outcome::Inconclusive
        && report.rows.as_ref().is_some_and(|rows| rows.count == 0)
    {
        writeln!(out, "  none may be as it should be: say so with `--allow-empty`")?;
    }
    if report.more_findings > 0 {
        let more = counted(report.more_findings, "finding");
        writeln!(out, "  and {more} more: see them with `--max-findings`")?;
    }
    output::verdict(out, report.verdict, report.findings.iter())?;
    if !report.findings.is_empty() {
        writeln!(out, "judged by {} {}", visible(&plugin.name), visible(&plugin.version))?;
    }
    Ok(())
}

/// A finding about rows: how many, and the first of them.
fn print_of_rows(out: &mut impl Write, finding: &FindingReport, rows: &RowsReport) -> fmt::Result {
    let style = output::style(finding.outcome);
    let judged = rows.count - rows.unread;
    let everywhere = judged > 1 && u64::from(finding.occurrences) == judged;
    write!(out, "  {style}{:<12}{style:#} {}", finding.outcome.name(), visible(&finding.rule))?;
    match finding.places.as_slice() {
        [] => writeln!(out)?,
        _ if everywhere => writeln!(out, "  in every row")?,
        _ => writeln!(out, "  in {}", counted(finding.occurrences.into(), "row"))?,
    }
    writeln!(out, "               {}", visible(&finding.message))?;
    if !finding.places.is_empty() && !everywhere {
        let places: Vec<String> = finding.places.iter().map(place).collect();
        let more = u64::from(finding.occurrences).saturating_sub(finding.places.len() as u64);
        write!(out, "               {}", places.join("; "))?;
        if more > 0 {
            write!(out, "; and {} more", HumanCount(more))?;
        }
        writeln!(out)?;
    }
    if everywhere {
        return output::comparison(out, finding);
    }
    match finding.expected.as_deref().filter(|_| !finding.places.is_empty()) {
        Some(expected) => writeln!(out, "               expected {}", visible(expected)),
        None => Ok(()),
    }
}

fn place(place: &PlaceReport) -> String {
    let line = place.line.map(|line| format!(" (line {})", HumanCount(line))).unwrap_or_default();
    let value =
        place.value.as_ref().map(|value| format!(": {}", visible(value))).unwrap_or_default();
    format!("row {}{line}{value}", HumanCount(place.row))
}

fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use tollgate::report::{ColumnReport, PluginReport};
    use tollgate_engine::Digest;

    use super::*;
    use crate::output::hostile::assert_harmless;

    /// Every field that is a text, so that a new one is not forgotten here.
    fn report(text: &str, rows: bool, payload: bool, places: usize) -> CheckReport {
        let text = || text.to_owned();
        let finding = FindingReport {
            rule: text(),
            outcome: Outcome::Fail,
            message: text(),
            pointer: Some(text()),
            line: None,
            expected: Some(text()),
            actual: Some(text()),
            occurrences: 3,
            facts: vec![0],
            column: Some(text()),
            places: vec![PlaceReport { row: 1, line: Some(2), value: Some(text()) }; places],
            measured: None,
        };
        CheckReport {
            verdict: Outcome::Fail,
            signature: text(),
            payload: payload.then(text),
            part: Some("outputs"),
            mode: Some("strict"),
            findings: vec![finding],
            more_findings: 2,
            rows: rows.then(|| RowsReport {
                format: "csv",
                count: 9,
                unread: 1,
                batches: 1,
                columns: vec![ColumnReport {
                    name: text(),
                    dtype: Some(text()),
                    failed: 1,
                    warned: 1,
                }],
            }),
            plugin: PluginReport {
                name: text(),
                version: text(),
                contract: "1.2.0",
                digest: Digest::of(b""),
                baked_from: None,
            },
        }
    }

    #[test]
    fn whatever_is_in_a_report_is_only_read() {
        for (rows, payload, places) in
            [(false, false, 0), (false, true, 0), (true, true, 0), (true, true, 2), (true, true, 8)]
        {
            let subject = Subject::Schema {
                schema: Source::new("schema.json", "{}"),
                resources: Vec::new(),
                formats: false,
                strict: false,
            };
            assert_harmless(|out, text| print(out, &report(text, rows, payload, places), &subject));
        }
    }
}
