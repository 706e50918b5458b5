//! A registry: a line for each model, and a section for each profile that
//! something is wrong by.

use tollgate::report::{AuditReport, AuditedModel, AuditedVersion};
use tollgate_engine::types::Outcome;

use crate::case::{Cases, Mark};
use crate::told::{Row, Section, Told};
use crate::words::{audited, word};

/// The rule of what no plugin says.
const VERDICT: &str = "verdict";

pub(crate) fn told(report: &AuditReport) -> Told<'_> {
    let mut sections = Vec::new();
    for model in &report.models {
        of_model(model, &mut sections);
    }
    let verdict = report.verdict.map_or(Mark::Error, Mark::from);
    if sections.is_empty() {
        let message = "there are no models, so nothing was judged".to_owned();
        sections.push(alone("registry audit", &[], verdict, message));
    }
    Told {
        command: "registry audit",
        verdict,
        summary: format!("{}: {}", report.verdict.map_or("ERROR", word), audited(&report.counts)),
        title: "registry".to_owned(),
        about: vec![("as of", report.as_of.clone())],
        as_of: Some(&report.as_of),
        table: report.models.iter().map(row).collect(),
        sections,
        facts: &[],
    }
}

fn row(model: &AuditedModel) -> Row {
    let versions: Vec<String> = model.versions.iter().map(place).collect();
    let mut wrong: Vec<&str> = Vec::new();
    for profile in model.versions.iter().flat_map(|version| &version.profiles) {
        for finding in &profile.findings {
            if !wrong.contains(&&*finding.rule) {
                wrong.push(&finding.rule);
            }
        }
    }
    let problems = model.versions.iter().filter_map(|version| version.problem.as_deref());
    let problems: Vec<&str> = model.problem.as_deref().into_iter().chain(problems).collect();
    let short = if problems.is_empty() { wrong.join(", ") } else { problems.join("; ") };
    Row {
        name: model.name.clone(),
        versions: versions.join(", "),
        mark: model.verdict.map_or(Mark::Error, Mark::from),
        wrong: short,
    }
}

/// `v8 Production`
fn place(version: &AuditedVersion) -> String {
    format!("v{} {}", version.version, version.stage)
}

fn of_model<'a>(model: &'a AuditedModel, sections: &mut Vec<Section<'a>>) {
    if let Some(problem) = &model.problem {
        let mark = model.verdict.map_or(Mark::Error, Mark::from);
        sections.push(alone(&model.name, &[], mark, problem.clone()));
    }
    for version in &model.versions {
        of_version(model, version, sections);
    }
}

fn of_version<'a>(
    model: &'a AuditedModel,
    version: &'a AuditedVersion,
    sections: &mut Vec<Section<'a>>,
) {
    let title = format!("{} v{}", model.name, version.version);
    for profile in &version.profiles {
        let cases = Cases {
            of: vec!["registry audit", &model.name, &profile.name],
            facts: &[],
            file: Some(&*profile.document).filter(|file| !file.is_empty()),
        };
        let mut found = cases.all(&profile.findings);
        if found.iter().map(|case| case.mark).max() < Some(profile.verdict.into()) {
            let message = "what is wrong is not listed".to_owned();
            found.push(cases.untold(VERDICT, profile.verdict.into(), message));
        }
        // Several versions may break one rule.
        for case in &mut found {
            case.fingerprint = cases.fingerprint(&[&title, &case.fingerprint]);
        }
        sections.push(Section {
            of: Some(title.clone()),
            name: &profile.name,
            version: Some(&profile.version),
            document: cases.file,
            verdict: profile.verdict.into(),
            plugin: None,
            settings: None,
            cases: found,
        });
    }
    let of = [model.name.as_str()];
    match (&version.problem, version.verdict, &version.judged_for) {
        (Some(problem), verdict, _) => {
            let mark = verdict.map_or(Mark::Error, Mark::from);
            sections.push(alone(&title, &of, mark, problem.clone()));
        }
        (None, Some(Outcome::Pass), Some(stage)) => {
            let message = format!("all {} findings for {stage} pass", version.passed);
            sections.push(alone(&title, &of, Mark::Pass, message));
        }
        (None, Some(Outcome::Pass), None) => {
            let message = format!("it is in {}, and is not judged", version.stage);
            sections.push(alone(&title, &of, Mark::Pass, message));
        }
        _ => {}
    }
}

/// A section of one thing that no plugin says.
fn alone<'a>(title: &str, of: &[&'a str], mark: Mark, message: String) -> Section<'a> {
    let mut parts = vec!["registry audit"];
    parts.extend(of);
    let cases = Cases { of: parts, facts: &[], file: None };
    let mut case = cases.untold(VERDICT, mark, message);
    case.fingerprint = cases.fingerprint(&[title, VERDICT]);
    Section {
        of: Some(title.to_owned()),
        name: "",
        version: None,
        document: None,
        verdict: mark,
        plugin: None,
        settings: None,
        cases: vec![case],
    }
}
