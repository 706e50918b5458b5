//! `tollgate gate`

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Result, miette};
use tollgate::facts::{CANDIDATE, Evidence, FactsError, Instant};
use tollgate::judge::GateCase;
use tollgate::model::Model;
use tollgate::plugins::Plugins;
use tollgate::report::{FindingReport, GateReport};
use tollgate::source::{Content, Source};
use tollgate_engine::types::Outcome;
use tollgate_promotion::collect::{Question, collect};
use tollgate_promotion::gates::{Gates, target_of};
use tollgate_promotion::plan::{Plan, Target};
use tollgate_promotion::{Stage, history};
use tollgate_reports::Report;
use tollgate_sources::{Asked, ModelReference, Named};

use super::approve;
use super::mlflow::{self, Approvals, Registry, Waiting};
use super::record::{self, Recording};
use super::sources;
use crate::arguments::{Detail, Reports, Shared, Verdict};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate gate models:/churn/8 --to Staging
  tollgate gate models:/churn/8 --to Production --facts-out seen.json
  tollgate gate models:/churn/8 --to Production --history 10 --format html=gate.html
  tollgate gate --offline seen.json --to Production
  tollgate gate --candidate models/churn-v8 --champion models/churn-v7 \\
      --profile policies/gates/offline.yaml
  tollgate gate --candidate models/churn-v8 --facts load-test.json \\
      --profile policies/gates/staging.yaml --profile policies/gates/production.yaml
  tollgate gate --candidate models/churn-v8 --sources sources.yaml \\
      --profile policies/gates/canary-5.yaml
  tollgate bake --policy policies/gates/offline.yaml -o offline.wasm
  tollgate gate --candidate models/churn-v8 --profile offline.wasm

A version of the registry is compared with the one that serves. A model's folder
holds what MLflow gives: MLmodel, run.json (GET runs/get), model_version.json,
and facts.json with evidence from elsewhere. Facts may say when they were
`observed_at`: the newest counts, and a rule with `max_age` takes none that is
older, counted from --as-of.")]
pub(crate) struct Gate {
    /// The version of a registry that wants to move on: models:/NAME/VERSION or
    /// models:/NAME@ALIAS
    #[arg(value_name = "MODEL", conflicts_with_all = ["candidate", "champion", "offline"])]
    pub(crate) model: Option<ModelReference>,
    /// The folder of the model version that wants to move on
    #[arg(
        long,
        value_name = "FOLDER",
        required_unless_present_any = ["model", "offline"],
        conflicts_with_all = ["offline", "registry", "timeout"]
    )]
    pub(crate) candidate: Option<PathBuf>,
    /// The folder of the version to compare with
    #[arg(long, value_name = "FOLDER", conflicts_with = "offline")]
    pub(crate) champion: Option<PathBuf>,
    /// The alias of the version to compare with, instead of the plan's
    // Where a folder is given clap forgets what an option requires.
    #[arg(long, value_name = "ALIAS", requires = "model", conflicts_with_all = ["candidate", "offline"])]
    pub(crate) alias: Option<String>,
    /// The stage that it is to have; its profiles stand in the plan, where no
    /// --profile is given
    #[arg(long, value_name = "STAGE")]
    pub(crate) to: Option<Stage>,
    /// More evidence, JSON or YAML; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub(crate) facts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) listed: sources::Listed,
    /// Write all that was seen, to be judged again with --offline
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub(crate) facts_out: Option<PathBuf>,
    /// Ask for what so many versions before it were measured at, too: the page
    /// draws it; the plan's `history` without it, and 0 asks for none
    #[arg(long, value_name = "COUNT", requires = "model", conflicts_with_all = ["candidate", "offline"], value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) history: Option<u32>,
    /// Judge what --facts-out wrote, as of then; nothing is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sources", "registry", "approvals", "timeout"])]
    pub(crate) offline: Option<PathBuf>,
    /// What rules with `max_age` count from, RFC 3339; now, when it is not given
    #[arg(long, value_name = "TIME", conflicts_with = "offline")]
    pub(crate) as_of: Option<tollgate::facts::Instant>,
    /// A gate profile, or one made by `tollgate bake`; all that are given must pass
    // That approvals are asked for stands in a plan, beside its profiles.
    #[arg(long, value_name = "FILE", required_unless_present = "to", conflicts_with = "approvals")]
    pub(crate) profile: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) registry: Registry,
    #[command(flatten)]
    pub(crate) approvals: Approvals,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) verdict: Verdict,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) detail: Detail,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Gate) -> Exit {
    output::reported("gate", &arguments.reports, |reporter| {
        let recorder = arguments.recording.recorder()?;
        let plugins = super::plugins(&arguments.shared)?;
        // Where folders are judged by profiles there is no plan to read.
        let needs_plan = arguments.model.is_some() || arguments.profile.is_empty();
        if !needs_plan && arguments.registry.plan.is_some() {
            return Err(miette!(
                help = "leave out `--plan`, or `--profile` so that the plan says which",
                "no plan is read where something else than a version of a registry is judged by \
                 `--profile`"
            ));
        }
        let plan = if needs_plan { Some(arguments.registry.plan()?) } else { None };
        let target = match (&plan, arguments.to) {
            (Some(plan), Some(to)) if arguments.profile.is_empty() => plan.target(to)?.clone(),
            _ => Target { profiles: arguments.profile.clone(), ..Target::default() },
        };
        let gates = Gates::open(&plugins, &target)?;
        let mut case = case(arguments, plan.as_ref(), &target, &gates, &plugins)?;
        sources::tell(&case);
        let approvals = arguments.approvals.approvals.as_deref();
        // What was kept has its approvals in it.
        let asks = arguments.offline.is_none();
        if asks {
            approve::state(&gates, &mut case, approvals)?;
        }
        let report = gates.judge(&plugins, &mut case, |id| match asks {
            true => approve::facts(approvals, id),
            false => Ok(Vec::new()),
        });
        if let Some(path) = &arguments.facts_out {
            mlflow::kept(path, &case.to_json())?;
        }
        let report = record::gate(recorder.as_ref(), &case, gates.all(), report)?;
        reporter.report(&Report::Gate(&report), |out| {
            print(out, &report, arguments.as_of, arguments.detail.verbose)
        })?;
        Ok(arguments.verdict.exit(report.verdict))
    })
}

/// What is judged, from wherever it is.
fn case(
    arguments: &Gate,
    plan: Option<&Plan>,
    target: &Target,
    gates: &Gates,
    plugins: &Plugins,
) -> Result<GateCase> {
    if let Some(path) = &arguments.offline {
        let source = Source::read(path, Content::Kept).map_err(FactsError::from)?;
        let case = GateCase::parse(&source)?;
        let kept = target_of(&case);
        if let Some(to) = arguments.to
            && kept.as_deref() != Some(to.name())
        {
            let kept =
                kept.map_or_else(|| "no stage".to_owned(), |kept| visible(&kept).to_string());
            return Err(miette!(
                help = "what is asked of another stage is another question: collect it anew",
                "what was kept was collected for {kept}, and not for {to}"
            ));
        }
        return Ok(case);
    }
    let as_of = arguments.as_of.unwrap_or_else(Instant::now);
    if let (Some(model), Some(plan)) = (&arguments.model, plan) {
        let mlflow = arguments.registry.connect(plan)?;
        // Profiles that the plan names are the plan's word.
        let of_plan = arguments.profile.is_empty();
        let sources = target.sources.as_ref();
        let sources = arguments.listed.read_beside_registry(sources, gates.all(), of_plan)?;
        let _waiting = Waiting::on(&mlflow).also_on(&sources::names(&sources));
        let question = Question {
            candidate: model,
            target: arguments.to,
            action: "promote",
            actor: None,
            reason: None,
            champion: arguments.alias.as_deref(),
            facts: &arguments.facts,
            sources: &sources,
            as_of,
        };
        let mut collected = collect(&mlflow, plan, plugins, &question)?;
        let count = arguments.history.or(plan.history).unwrap_or_default();
        if count > 0 {
            history::add(&mlflow, &mut collected, gates.all(), count as usize)?;
        }
        return Ok(collected.case);
    }
    let candidate = arguments.candidate.as_deref().unwrap_or(Path::new(""));
    let champion = arguments.champion.as_deref();
    let mut case = of_folders(arguments, candidate, champion, target, gates, as_of)?;
    if let Some(to) = arguments.to {
        case.state_of_run("action", "promote");
        case.state_of_run("target", to.name());
    }
    Ok(case)
}

/// Two folders, the files of facts, and what sources say of the versions whose
/// folders these are.
fn of_folders(
    arguments: &Gate,
    candidate: &Path,
    champion: Option<&Path>,
    target: &Target,
    gates: &Gates,
    as_of: Instant,
) -> Result<GateCase> {
    let all = arguments.listed.read(target.sources.as_ref(), gates.all())?;
    if all.is_empty() {
        return Ok(GateCase::of_folders(candidate, champion, &arguments.facts, as_of)?);
    }
    let mut evidence = Evidence::new();
    for path in &arguments.facts {
        evidence.read(path, CANDIDATE)?;
    }
    // Sources are asked by name and version, and speak before the folders do.
    let named = |folder: &Path| {
        Model::read(folder, CANDIDATE, &mut Evidence::new()).map(|model| Named::from(&model))
    };
    let asked = Asked {
        candidate: named(candidate)?,
        champion: champion.map(named).transpose()?,
        registry: None,
        as_of,
    };
    let notes = sources::collect(&all, &asked, &mut evidence)?;
    let mut case = GateCase::of_folders_with(candidate, champion, evidence, as_of)?;
    notes.iter().for_each(|note| case.state(note.to_fact()));
    all.iter().for_each(|sources| sources.state(&mut case));
    Ok(case)
}

/// What does not hold, and how much does; all of it where that is `detailed`.
pub(crate) fn print(
    out: &mut String,
    report: &GateReport,
    as_of: Option<Instant>,
    detailed: bool,
) -> fmt::Result {
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
        let is_counted = |it: &&FindingReport| it.outcome == Outcome::Pass && !detailed;
        let (counted, shown): (Vec<_>, Vec<_>) = profile.findings.iter().partition(is_counted);
        shown.into_iter().try_for_each(|finding| output::finding(out, finding, None))?;
        output::passed(out, &counted)?;
    }
    writeln!(out)?;
    let findings = report.profiles.iter().flat_map(|profile| &profile.findings);
    output::verdict(out, report.verdict, findings)
}

#[cfg(test)]
mod tests {
    use tollgate::report::{
        ConfigurationReport, GateDigests, MeasureReport, PlaceReport, PluginReport, ProfileReport,
    };
    use tollgate_engine::Digest;
    use tollgate_engine::types::{Baseline, Measure};

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
            measured: Some(MeasureReport(Measure {
                name: text(),
                value: 1.0,
                unit: Some(text()),
                bound: None,
                baseline: Some(Baseline { name: text(), value: 2.0 }),
            })),
        };
        let plugin = PluginReport {
            name: text(),
            version: text(),
            contract: "1.2.0",
            digest: Digest::of(b""),
            baked_from: None,
        };
        GateReport {
            verdict: Outcome::Fail,
            candidate: text(),
            champion: Some(text()),
            as_of: text(),
            digests: GateDigests {
                model: Digest::of(b""),
                policy: Digest::of(b""),
                report: Digest::of(b""),
            },
            configuration: vec![ConfigurationReport {
                kind: text(),
                document: text(),
                digest: text(),
            }],
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
        assert_harmless(|out, text| print(out, &report(text), None, false));
        assert_harmless(|out, text| print(out, &report(text), None, true));
    }
}
