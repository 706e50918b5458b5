//! Runs every file of `tests/cases/`.
//!
//! A file is a list of settings with cases:
//! ```yaml
//! - about: what this group shows
//!   settings: {...}        # or `document: fraud.yaml`, a file of policies/
//!   inputs: [ "score: number" ]    # what the surface declares; optional
//!   actions: [ allow, block ]      # the same
//!   base: { amount: 120 }          # what each case's input adds to
//!   cases:
//!     - input: { score: 0.7, ... }   # by name; what is not there is null
//!       is: block high_fraud_probability+new_merchant
//!     - input: { amount: 1 }
//!       error: "`score` is missing"
//! - about: settings that are refused
//!   settings: {...}
//!   refused: [ "rule /pointer: message" ]
//!   lints: [ ... ]         # what is remarked on settings that are accepted
//! ```
//! An input of `.nan` or `.inf` is that number.

// A test stops at the first thing that is not as it should be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value as Json;
use threshold_policy::ThresholdPolicy;
use tollgate_sdk::Finding;
use tollgate_sdk::policy::{Kind, Policy, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    settings: Option<Json>,
    document: Option<String>,
    inputs: Option<Vec<String>>,
    actions: Option<Vec<String>>,
    #[serde(default)]
    base: BTreeMap<String, Cell>,
    #[serde(default)]
    cases: Vec<Case>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    lints: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    input: BTreeMap<String, Cell>,
    is: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Cell {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Null(()),
}

fn value(cell: Option<&Cell>) -> Value {
    match cell {
        None | Some(Cell::Null(())) => Value::Null,
        Some(Cell::Boolean(value)) => Value::Boolean(*value),
        Some(Cell::Integer(value)) => Value::Integer(*value),
        Some(Cell::Number(value)) => Value::Number(*value),
        Some(Cell::Text(text)) => Value::Text(text.clone()),
    }
}

fn words(findings: &[Finding]) -> Vec<String> {
    let words = findings.iter().map(|finding| {
        let pointer = finding.pointer.as_deref().unwrap_or("-");
        format!("{} {pointer}: {}", finding.rule, finding.message)
    });
    words.collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn settings(group: &Group) -> threshold_policy::Json {
    let settings = match (&group.settings, &group.document) {
        (Some(settings), None) => settings.clone(),
        (None, Some(document)) => {
            let text = fs::read_to_string(root().join("../../policies").join(document)).unwrap();
            let document: Json = serde_saphyr::from_str(&text).unwrap();
            document["settings"].clone()
        }
        _ => panic!("{}: either `settings` or `document`", group.about),
    };
    // As a host does: canonical JSON text.
    serde_json::from_str(&settings.to_string())
        .unwrap_or_else(|error| panic!("{}: {error}", group.about))
}

fn run(group: &Group) {
    let about = &group.about;
    let settings = settings(group);
    let policy = match ThresholdPolicy::configure(settings) {
        Ok(policy) => policy,
        Err(findings) => {
            assert_eq!(words(&findings), group.refused, "{about}: refused");
            return;
        }
    };
    assert!(group.refused.is_empty(), "{about}: the settings were accepted");
    assert_eq!(words(&policy.remarks()), group.lints, "{about}: lints");
    let surface = policy.surface();
    if let Some(actions) = &group.actions {
        assert_eq!(&surface.actions, actions, "{about}: actions");
    }
    if let Some(inputs) = &group.inputs {
        let declared = surface.inputs.iter().map(|input| {
            let optional = if input.required { "" } else { "?" };
            let kind = match input.kind {
                Kind::Boolean => "boolean",
                Kind::Integer => "integer",
                Kind::Number => "number",
                Kind::Text => "text",
            };
            format!("{}{optional}: {kind}", input.name)
        });
        assert_eq!(&declared.collect::<Vec<_>>(), inputs, "{about}: inputs");
    }
    for (index, case) in group.cases.iter().enumerate() {
        let about = format!("{about}, case {index}");
        let mut input = case.input.clone();
        for (name, cell) in &group.base {
            input.entry(name.clone()).or_insert_with(|| cell.clone());
        }
        for name in input.keys() {
            let known = surface.inputs.iter().any(|declared| declared.name == *name);
            assert!(known, "{about}: `{name}` is not declared");
        }
        let values = surface.inputs.iter().map(|declared| value(input.get(&declared.name)));
        let values: Vec<Value> = values.collect();
        let decided = policy.decide(&values).map(|decision| {
            let reasons = decision.reasons.iter();
            let reasons: Vec<&str> =
                reasons.map(|reason| surface.reasons[*reason as usize].as_str()).collect();
            format!("{} {}", surface.actions[decision.action as usize], reasons.join("+"))
        });
        let expected = match (&case.is, &case.error) {
            (Some(decision), None) => Ok(decision.clone()),
            (None, Some(error)) => Err(error.clone()),
            _ => panic!("{about}: either `is` or `error`"),
        };
        assert_eq!(decided, expected, "{about}");
    }
}

#[test]
fn every_case() {
    let mut files: Vec<_> = fs::read_dir(root().join("tests/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let options = serde_saphyr::options! {
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        };
        let groups: Vec<Group> = serde_saphyr::from_str_with_options(&text, options)
            .unwrap_or_else(|error| panic!("{file:?}: {error}"));
        for group in &groups {
            assert!(
                !group.cases.is_empty()
                    || !group.refused.is_empty()
                    || file.ends_with("remarks.yaml"),
                "{file:?}: `{}` shows nothing",
                group.about
            );
            run(group);
        }
    }
}
