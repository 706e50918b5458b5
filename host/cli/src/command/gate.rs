//! `tollgate gate`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use tollgate::facts::Instant;
use tollgate::judge::{self, GateCase};
use tollgate::report::GateReport;
use tollgate_reports::Report;

use crate::arguments::{Reports, Shared, Verdict};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate gate --candidate models/churn-v8 --champion models/churn-v7 \\
      --profile policies/gates/offline.yaml
  tollgate gate --candidate models/churn-v8 --facts load-test.json \\
      --profile policies/gates/staging.yaml --profile policies/gates/production.yaml
  tollgate bake --policy policies/gates/offline.yaml -o offline.wasm
  tollgate gate --candidate models/churn-v8 --profile offline.wasm

A model's folder holds what MLflow gives: MLmodel, run.json (GET runs/get),
model_version.json, and facts.json with evidence from elsewhere. Facts may say
when they were `observed_at`: the newest counts, and a rule with `max_age` takes
none that is older, counted from --as-of.")]
pub(crate) struct Gate {
    /// The folder of the model version that wants to move on
    #[arg(long, value_name = "FOLDER")]
    pub(crate) candidate: PathBuf,
    /// The folder of the version to compare with
    #[arg(long, value_name = "FOLDER")]
    pub(crate) champion: Option<PathBuf>,
    /// More evidence, JSON or YAML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    /// What rules with `max_age` count from, RFC 3339; now, when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<tollgate::facts::Instant>,
    /// A gate profile, or one made by `tollgate bake`; all that are given must pass
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) profile: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Gate) -> Exit {
    output::reported("gate", &arguments.reports, |reporter| {
        let plugins = super::plugins(&arguments.shared)?;
        let case = GateCase::of_folders(
            &arguments.candidate,
            arguments.champion.as_deref(),
            &arguments.facts,
            arguments.as_of.unwrap_or_else(Instant::now),
        )?;
        let report = judge::gate(&plugins, case, &arguments.profile)?;
        reporter.report(&Report::Gate(&report), |out| print(out, &report, arguments.as_of))?;
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
            output::finding(out, finding, None)?;
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
            line: Some(3),
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
                document: text(),
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
