//! `tollgate gate`

use std::fmt::{self, Write as _};

use tollgate::facts::Instant;
use tollgate::judge;
use tollgate::report::GateReport;

use crate::arguments::{Format, Gate};
use crate::exit::Exit;
use crate::output::{self, visible};

pub(crate) fn run(arguments: &Gate) -> Exit {
    output::shown("gate", arguments.shared.format, || {
        let plugins = super::plugins(&arguments.shared)?;
        let report = judge::gate_as_of(
            &plugins,
            &arguments.candidate,
            arguments.champion.as_deref(),
            &arguments.facts,
            &arguments.profile,
            arguments.as_of.unwrap_or_else(Instant::now),
        )?;
        match arguments.shared.format {
            Format::Json => output::json("gate", &report),
            Format::Human => output::page(|out| print(out, &report, arguments.as_of)),
        }
        Ok(arguments.verdict.exit(report.verdict))
    })
}

fn print(out: &mut String, report: &GateReport, as_of: Option<Instant>) -> fmt::Result {
    write!(out, "{}", visible(&report.candidate))?;
    if let Some(champion) = &report.champion {
        write!(out, " against champion {}", visible(champion))?;
    }
    if let Some(as_of) = as_of {
        write!(out, " as of {as_of}")?;
    }
    writeln!(out)?;
    for profile in &report.profiles {
        let plugin = &profile.plugin;
        writeln!(
            out,
            "\n{} {}, judged by {} {}",
            visible(&profile.name),
            visible(&profile.version),
            visible(&plugin.name),
            visible(&plugin.version)
        )?;
        for finding in &profile.findings {
            output::finding(out, finding)?;
        }
    }
    writeln!(out)?;
    let findings = report.profiles.iter().flat_map(|profile| &profile.findings);
    output::verdict(out, report.verdict, findings)
}

#[cfg(test)]
mod tests {
    use tollgate::report::{FindingReport, PlaceReport, PluginReport, ProfileReport};
    use tollgate_engine::Digest;
    use tollgate_engine::types::Outcome;

    use super::*;
    use crate::output::hostile::assert_harmless;

    /// Every field that is a text, so that a new one is not forgotten here.
    fn report(text: &str) -> GateReport {
        let text = || text.to_owned();
        let finding = FindingReport {
            rule: text(),
            outcome: Outcome::Fail,
            message: text(),
            pointer: Some(text()),
            expected: Some(text()),
            actual: Some(text()),
            occurrences: 3,
            facts: vec![0],
            column: Some(text()),
            places: vec![PlaceReport { row: 1, line: Some(2), value: Some(text()) }],
        };
        let plugin = PluginReport {
            name: text(),
            version: text(),
            contract: "1.1.0",
            digest: Digest::of(b""),
            baked_from: None,
        };
        GateReport {
            verdict: Outcome::Fail,
            candidate: text(),
            champion: Some(text()),
            as_of: text(),
            profiles: vec![ProfileReport {
                name: text(),
                version: text(),
                verdict: Outcome::Fail,
                findings: vec![finding],
                plugin,
                settings: Digest::of(b""),
            }],
            facts: Vec::new(),
        }
    }

    #[test]
    fn whatever_is_in_a_report_is_only_read() {
        assert_harmless(|out, text| print(out, &report(text), None));
    }
}
