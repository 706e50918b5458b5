//! Gates as cases in files of YAML: settings and facts in, findings out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value as Json;
use tollgate_sdk::gate::{Bound, Fact, FactValue, Gate, Label, Measure};
use tollgate_sdk::{Finding, Outcome};

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Settings of the cases that have none.
    #[serde(default)]
    settings: Option<Json>,
    /// A document of the folder of profiles instead.
    #[serde(default)]
    profile: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    settings: Option<Json>,
    #[serde(default)]
    facts: Vec<CaseFact>,
    /// The findings, in order.
    #[serde(default)]
    findings: Vec<Expected>,
    /// The findings of `configure` instead.
    #[serde(default)]
    refused: Vec<Expected>,
    /// What the plugin remarks on settings that it takes; nothing is judged.
    #[serde(default)]
    remarks: Option<Vec<Expected>>,
    /// The schema cannot see what `configure` refuses.
    #[serde(default)]
    beyond_schema: bool,
    /// The worst outcome of all findings, instead of the findings.
    #[serde(default)]
    verdict: Option<String>,
    /// With `verdict`: rules that are not `pass`, sorted.
    #[serde(default)]
    but: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFact {
    name: String,
    #[serde(default = "candidate")]
    subject: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    value: CaseValue,
    unit: Option<String>,
    samples: Option<u64>,
    observed_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CaseValue {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Numbers(Vec<f64>),
}

/// What is checked of a finding: all that the case states.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: Option<String>,
    outcome: Option<String>,
    message: Option<String>,
    pointer: Option<String>,
    expected: Option<String>,
    actual: Option<String>,
    facts: Option<Vec<u32>>,
    /// The number that was judged: `p99_ms 41.3 ms in [-inf, 45] beside champion
    /// 40`; `none` where it says none.
    measured: Option<String>,
}

fn candidate() -> String {
    "candidate".into()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A profile under `policies/gates/`: the plugin that it names, and its
/// settings.
fn profile(name: &str) -> (String, Json) {
    let path = root().join(format!("policies/gates/{name}.yaml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let document: Json = yaml_serde::from_str(&text).unwrap_or_else(|error| {
        panic!("{name}: {error}");
    });
    (document["plugin"].as_str().unwrap_or_default().to_owned(), document["settings"].clone())
}

impl From<CaseFact> for Fact {
    fn from(fact: CaseFact) -> Self {
        Self {
            name: fact.name,
            subject: fact.subject,
            labels: fact.labels.into_iter().map(|(key, value)| Label { key, value }).collect(),
            value: match fact.value {
                CaseValue::Boolean(value) => FactValue::Boolean(value),
                CaseValue::Integer(value) => FactValue::Integer(value),
                CaseValue::Number(value) => FactValue::Number(value),
                CaseValue::Text(value) => FactValue::Text(value),
                CaseValue::Numbers(value) => FactValue::Numbers(value),
            },
            unit: fact.unit,
            samples: fact.samples,
            observed_at: fact.observed_at,
            source: None,
        }
    }
}

fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Warn => "warn",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Fail => "fail",
    }
}

/// Round where an end is not in the range.
fn range(bound: Bound) -> String {
    let low = match bound.low {
        Some(edge) if edge.included => format!("[{}", edge.at),
        Some(edge) => format!("({}", edge.at),
        None => "[-inf".to_owned(),
    };
    let high = match bound.high {
        Some(edge) if edge.included => format!("{}]", edge.at),
        Some(edge) => format!("{})", edge.at),
        None => "inf]".to_owned(),
    };
    format!("{low}, {high}")
}

fn told(measure: Option<&Measure>) -> String {
    let Some(Measure { name, value, unit, bound, baseline }) = measure else {
        return "none".to_owned();
    };
    let unit = unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let bound = bound.map(|bound| format!(" in {}", range(bound))).unwrap_or_default();
    let baseline =
        baseline.as_ref().map(|it| format!(" beside {} {}", it.name, it.value)).unwrap_or_default();
    format!("{name} {value}{unit}{bound}{baseline}")
}

/// What is drawn must not say otherwise than what was found: a value that holds
/// lies in its range, and one that does not lies outside.
fn drawn_otherwise(finding: &Finding) -> Option<String> {
    let measure = finding.measured.as_ref()?;
    let Bound { low, high } = measure.bound?;
    let above =
        low.is_none_or(|edge| measure.value > edge.at || edge.included && measure.value == edge.at);
    let below = high
        .is_none_or(|edge| measure.value < edge.at || edge.included && measure.value == edge.at);
    let holds = finding.outcome == Outcome::Pass;
    (holds != (above && below))
        .then(|| format!("{} is drawn as {}", finding.message, told(Some(measure))))
}

fn differences(found: &[Finding], expected: &[Expected]) -> Vec<String> {
    let mut differences: Vec<String> = found.iter().filter_map(drawn_otherwise).collect();
    if found.len() != expected.len() {
        differences.push(format!("{} findings, not {}: {found:#?}", found.len(), expected.len()));
    }
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let texts = [
            ("rule", Some(&found.rule), &expected.rule),
            ("outcome", Some(&name_of(found.outcome).to_string()), &expected.outcome),
            ("message", Some(&found.message), &expected.message),
            ("pointer", found.pointer.as_ref(), &expected.pointer),
            ("expected", found.expected.as_ref(), &expected.expected),
            ("actual", found.actual.as_ref(), &expected.actual),
        ];
        for (what, found, expected) in texts {
            if expected.is_some() && found != expected.as_ref() {
                differences.push(format!(
                    "finding {index}: {what} is\n      {found:?}, not\n      {expected:?}"
                ));
            }
        }
        let measured = told(found.measured.as_ref());
        if let Some(expected) = &expected.measured
            && *expected != measured
        {
            differences.push(format!("finding {index}: measured is {measured}, not {expected}"));
        }
        if let Some(facts) = &expected.facts
            && *facts != found.facts
        {
            differences
                .push(format!("finding {index}: facts are {:?}, not {facts:?}", found.facts));
        }
    }
    differences
}

/// What cases show of the rules of a profile.
#[derive(Default)]
struct Shown(BTreeMap<String, Shows>);

/// What cases show of a rule.
#[derive(Default)]
struct Shows {
    /// That it holds.
    holding: bool,
    /// That it does not, by evidence.
    broken: bool,
    /// That it does not, without.
    missing: bool,
    /// It judges a number, which may be on either side and may not be there.
    is_of_number: bool,
}

impl Shown {
    fn add(&mut self, findings: &[Finding]) {
        // Told only where there is nothing to judge: no profile has such rules.
        let is_rule = |it: &&Finding| !["nothing-judged", "name-given"].contains(&&*it.rule);
        for finding in findings.iter().filter(is_rule) {
            let shows = self.0.entry(finding.rule.clone()).or_default();
            let has_evidence = finding.actual.is_some() && !finding.facts.is_empty();
            match finding.outcome {
                Outcome::Pass => shows.holding = true,
                _ if has_evidence => shows.broken = true,
                _ => shows.missing = true,
            }
            shows.is_of_number |= finding.measured.is_some();
        }
    }

    /// Rules of which cases do not show all.
    fn lacking(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        for (rule, shows) in &self.0 {
            let Shows { holding, broken, missing, is_of_number } = *shows;
            let is_either = !is_of_number && (broken || missing);
            for (is_shown, what) in [
                (holding, "holds"),
                (broken || is_either, "is broken"),
                (missing || is_either, "lacks evidence"),
            ] {
                if !is_shown {
                    lacking.push(format!("in no case `{rule}` {what}"));
                }
            }
        }
        lacking
    }
}

/// Runs one case; says what differs.
fn run<G: Gate<Settings = Json>>(
    case: Case,
    shared: Option<&Json>,
    schema: &jsonschema::Validator,
    shown: &mut Shown,
) -> Vec<String> {
    let settings = case.settings.or_else(|| shared.cloned()).unwrap();
    let valid = schema.is_valid(&settings);
    let gate = match (G::configure(settings), case.refused.is_empty()) {
        (Ok(gate), true) => gate,
        (Ok(_), false) => return vec!["the settings are taken".into()],
        (Err(findings), _) => {
            let mut differences = differences(&findings, &case.refused);
            if valid != case.beyond_schema {
                differences.push(format!("the schema says valid: {valid}"));
            }
            return differences;
        }
    };
    if !valid {
        return vec!["`configure` takes what the schema refuses".into()];
    }
    if let Some(remarks) = &case.remarks {
        return differences(&gate.remarks(), remarks);
    }
    let facts: Vec<Fact> = case.facts.into_iter().map(Fact::from).collect();
    let findings = gate.evaluate(&facts);
    shown.add(&findings);
    let Some(verdict) = case.verdict else {
        return differences(&findings, &case.findings);
    };
    let drawn: Vec<String> = findings.iter().filter_map(drawn_otherwise).collect();
    if !drawn.is_empty() {
        return drawn;
    }
    let worst = findings
        .iter()
        .map(|finding| finding.outcome as u8)
        .zip(&findings)
        .max_by_key(|(severity, _)| *severity)
        .map(|(_, finding)| name_of(finding.outcome));
    let mut but: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Pass)
        .map(|finding| finding.rule.as_str())
        .collect();
    but.sort_unstable();
    if worst == Some(verdict.as_str()) && but == case.but {
        return Vec::new();
    }
    vec![format!(
        "verdict {worst:?} but for {but:?}, not {verdict} but for {:?}: {findings:#?}",
        case.but
    )]
}

/// Holds a gate against the cases of a folder; says how many there were.
///
/// # Panics
/// Where the gate finds something else, or where a file is none of cases.
pub fn hold<G: Gate<Settings = Json>>(folder: &Path) -> usize {
    let schema = schema::<G>();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut run_cases, mut wrong) = (0, Vec::new());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let file: File =
            yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let shared = file.settings.or_else(|| file.profile.as_deref().map(|name| profile(name).1));
        let mut shown = Shown::default();
        for case in file.cases {
            let name = format!("{}: {}", path.file_name().unwrap().display(), case.name);
            run_cases += 1;
            for difference in run::<G>(case, shared.as_ref(), &schema, &mut shown) {
                wrong.push(format!("{name}\n    {difference}"));
            }
        }
        if file.profile.is_some() {
            let lacking = shown.lacking().into_iter();
            wrong
                .extend(lacking.map(|it| format!("{}: {it}", path.file_name().unwrap().display())));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    run_cases
}

/// Holds that each profile under `policies/gates/` that names `plugin` is a
/// document that the gate takes without a remark; says how many there were.
///
/// # Panics
/// Where one is not.
pub fn profiles<G: Gate<Settings = Json>>(plugin: &str) -> usize {
    let schema = schema::<G>();
    let mut profiles = 0;
    for entry in fs::read_dir(root().join("policies/gates")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (of, settings) = profile(name);
        if of.split('@').next() != Some(plugin) {
            continue;
        }
        let errors: Vec<String> = schema
            .iter_errors(&settings)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let gate = G::configure(settings).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let remarks = gate.remarks();
        assert!(remarks.is_empty(), "{name}: {remarks:#?}");
        profiles += 1;
    }
    profiles
}

fn schema<G: Gate>() -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(G::SETTINGS_SCHEMA).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}
