//! `tollgate check`

use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tollgate::judge::{self, Contract, Part, Protocol, Seen};
use tollgate::report::{CheckReport, Exit, FindingReport, PlaceReport, RowsReport};

use crate::arguments::{self, Check, Format};
use crate::output;

pub(crate) fn run(arguments: &Check) -> Exit {
    output::shown("check", arguments.shared.format, || {
        let plugins = super::plugins(&arguments.shared)?;
        let mut progress = Progress::default();
        let report = judge::check_watched(
            &plugins,
            &judge::Check {
                contract: contract(arguments)?,
                payload: arguments.payload.as_deref(),
                payload_format: arguments.payload_format.asked(),
                max_findings: arguments.max_findings,
                hide_values: arguments.hide_values,
            },
            &mut |seen| progress.show(seen),
        )?;
        progress.end();
        match arguments.shared.format {
            Format::Json => output::written(output::json(&report))?,
            Format::Human => output::written(print(&report))?,
        }
        Ok(arguments.verdict.exit(report.verdict))
    })
}

/// What the arguments hold payloads against; clap asks for one of the two.
fn contract(arguments: &Check) -> miette::Result<Contract<'_>> {
    match (&arguments.signature, &arguments.schema) {
        (Some(signature), None) => Ok(Contract::Mlflow {
            signature,
            part: if arguments.outputs { Part::Outputs } else { Part::Inputs },
            mode: arguments.mode.name(),
            protocol: match arguments.protocol {
                arguments::Protocol::Mlflow => Protocol::Mlflow,
                arguments::Protocol::Oip => Protocol::Oip,
            },
        }),
        (None, Some(schema)) => Ok(Contract::JsonSchema {
            schema,
            resources: &arguments.resource,
            formats: arguments.formats,
        }),
        _ => Err(miette::miette!("expected either `--signature` or `--schema`")),
    }
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

fn print(report: &CheckReport) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    let plugin = &report.plugin;
    match report.payload.as_deref() {
        Some(payload) => {
            let payload = if payload == "-" { "<stdin>" } else { payload };
            let part = if report.part == Some("outputs") { "the outputs of " } else { "" };
            let mode = report.mode.map(|mode| format!(" ({mode} mode)")).unwrap_or_default();
            write!(out, "{payload} against {part}{}{mode}", report.signature)?;
            if let Some(rows) = &report.rows {
                write!(out, ": {}", counted(rows.count, "row"))?;
                if rows.unread > 0 {
                    write!(out, ", {} of them unreadable", HumanCount(rows.unread))?;
                }
            }
            writeln!(out)?;
        }
        None => {
            let kind = if report.mode.is_some() { "signature" } else { "schema" };
            writeln!(out, "{}: the {kind} can be used", report.signature)?;
        }
    }
    for finding in &report.findings {
        match &report.rows {
            Some(rows) => print_of_rows(&mut out, finding, rows)?,
            None => {
                output::finding(&mut out, finding)?;
                output::comparison(&mut out, finding)?;
            }
        }
    }
    if report.more_findings > 0 {
        let more = counted(report.more_findings, "finding");
        writeln!(out, "  and {more} more: see them with `--max-findings`")?;
    }
    output::verdict(&mut out, report.verdict, report.findings.iter())?;
    if !report.findings.is_empty() {
        writeln!(out, "judged by {} {}", plugin.name, plugin.version)?;
    }
    Ok(())
}

/// A finding about rows: how many, and the first of them.
fn print_of_rows(
    out: &mut impl Write,
    finding: &FindingReport,
    rows: &RowsReport,
) -> std::io::Result<()> {
    let style = output::style(finding.outcome);
    let judged = rows.count - rows.unread;
    let everywhere = judged > 1 && u64::from(finding.occurrences) == judged;
    write!(out, "  {style}{:<12}{style:#} {}", finding.outcome.name(), finding.rule)?;
    match finding.places.as_slice() {
        [] => writeln!(out)?,
        _ if everywhere => writeln!(out, "  in every row")?,
        _ => writeln!(out, "  in {}", counted(finding.occurrences.into(), "row"))?,
    }
    writeln!(out, "               {}", finding.message)?;
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
        Some(expected) => writeln!(out, "               expected {expected}"),
        None => Ok(()),
    }
}

fn place(place: &PlaceReport) -> String {
    let line = place.line.map(|line| format!(" (line {})", HumanCount(line))).unwrap_or_default();
    let value = place.value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
    format!("row {}{line}{value}", HumanCount(place.row))
}

fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}
