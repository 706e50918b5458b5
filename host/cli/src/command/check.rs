//! `tollgate check`

use std::io::Write as _;

use miette::IntoDiagnostic as _;
use tollgate::judge::{self, Part};
use tollgate::report::{CheckReport, Exit};

use crate::arguments::{Check, Format};
use crate::output;

pub(crate) fn run(arguments: &Check) -> Exit {
    output::shown("check", arguments.shared.format, || {
        let plugins = super::plugins(&arguments.shared)?;
        let report = judge::check(
            &plugins,
            &judge::Check {
                signature: &arguments.signature,
                payload: arguments.payload.as_deref(),
                part: if arguments.outputs { Part::Outputs } else { Part::Inputs },
                mode: arguments.mode.name(),
                max_findings: arguments.max_findings,
                hide_values: arguments.hide_values,
            },
        )?;
        match arguments.shared.format {
            Format::Json => output::json(&report).into_diagnostic()?,
            Format::Human => print(&report).into_diagnostic()?,
        }
        Ok(arguments.verdict.exit(report.verdict))
    })
}

fn print(report: &CheckReport) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    let plugin = &report.plugin;
    match report.payload.as_deref() {
        Some(payload) => {
            let payload = if payload == "-" { "<stdin>" } else { payload };
            let part = if report.part == "outputs" { "the outputs of " } else { "" };
            let CheckReport { signature, mode, .. } = report;
            writeln!(out, "{payload} against {part}{signature} ({mode} mode)")?;
        }
        None => writeln!(out, "{}: the signature can be used", report.signature)?,
    }
    for finding in &report.findings {
        output::finding(&mut out, finding)?;
        output::comparison(&mut out, finding)?;
    }
    output::verdict(&mut out, report.verdict, report.findings.iter())?;
    if !report.findings.is_empty() {
        writeln!(out, "judged by {} {}", plugin.name, plugin.version)?;
    }
    Ok(())
}
