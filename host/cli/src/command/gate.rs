//! `tollgate gate`

use std::io::Write as _;

use tollgate::judge;
use tollgate::report::{Exit, GateReport};

use crate::arguments::{Format, Gate};
use crate::output;

pub(crate) fn run(arguments: &Gate) -> Exit {
    output::shown("gate", arguments.shared.format, || {
        let plugins = super::plugins(&arguments.shared)?;
        let report = judge::gate(
            &plugins,
            &arguments.candidate,
            arguments.champion.as_deref(),
            &arguments.facts,
            &arguments.profile,
        )?;
        match arguments.shared.format {
            Format::Json => output::written(output::json(&report))?,
            Format::Human => output::written(print(&report))?,
        }
        Ok(arguments.verdict.exit(report.verdict))
    })
}

fn print(report: &GateReport) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    write!(out, "{}", report.candidate)?;
    if let Some(champion) = &report.champion {
        write!(out, " against champion {champion}")?;
    }
    writeln!(out)?;
    for profile in &report.profiles {
        let plugin = &profile.plugin;
        writeln!(
            out,
            "\n{} {}, judged by {} {}",
            profile.name, profile.version, plugin.name, plugin.version
        )?;
        for finding in &profile.findings {
            output::finding(&mut out, finding)?;
        }
    }
    writeln!(out)?;
    let findings = report.profiles.iter().flat_map(|profile| &profile.findings);
    output::verdict(&mut out, report.verdict, findings)
}
