//! What earlier versions were measured at, of a real MLflow: in the facts, the
//! page and what was kept, and never in the verdict.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "registry/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{command, root, text};
use serde_json::{Value, json};

use server::{Cut, Mlflow, registry};

const PROFILE: &str = r#"
name: history
version: 1.0.0
plugin: metric-gate@^0.1
owner: tests
settings:
  rules:
    - { metric: auc, baseline: champion, max_regression: 0.01 }
    - { metric: accuracy, comparison: ">=", threshold: 0.8, for_each: group, at_least: 1 }
"#;

fn gate(address: &str, folder: &Path, arguments: &[&str]) -> Output {
    let profile = folder.join("history.yaml");
    fs::write(&profile, PROFILE).unwrap();
    let mut command = command(&["gate"]);
    command.args(arguments).args(["--format", "json", "--profile"]).arg(profile);
    command.env("MLFLOW_TRACKING_URI", address).current_dir(root());
    command.output().unwrap()
}

/// Subjects, names and values of facts about other versions.
fn others(report: &Value) -> Vec<(String, String, Value)> {
    let facts = report["facts"].as_array().unwrap().iter();
    let text = |fact: &Value, key: &str| fact[key].as_str().unwrap().to_owned();
    let facts = facts.filter(|fact| {
        !["candidate", "champion", "run"].contains(&fact["subject"].as_str().unwrap())
    });
    facts.map(|it| (text(it, "subject"), text(it, "name"), it["value"].clone())).collect()
}

fn model(mlflow: &Mlflow, name: &str) -> String {
    let version = |auc: Value, female: f64| json!({ "auc": auc, "accuracy/group:female": female, "loss": 0.3, "version": 7 });
    let model = mlflow.measured(
        name,
        &[
            version(json!(0.86), 0.82),
            version(json!(0.88), 0.83),
            version(json!("NaN"), 0.84),
            version(json!(0.91), 0.85),
            version(json!(0.905), 0.86),
        ],
    );
    mlflow.set_alias(&model, "champion", 4);
    model
}

#[test]
fn earlier_versions_are_told_and_decide_nothing() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let folder = tempfile::tempdir().unwrap();
    let model = format!("models:/{}/5", model(&mlflow, "history"));
    let kept = folder.path().join("seen.json");
    let page = folder.path().join("gate.html");
    let as_of = ["--as-of", "2026-11-30T12:00:00Z"];
    let without = gate(&address, folder.path(), &[&[&*model][..], &as_of].concat());
    let html = format!("html={}", page.display());
    let asked: Vec<&str> = [&model, "--history", "3", "--facts-out", kept.to_str().unwrap()]
        .into_iter()
        .chain(as_of)
        .chain(["--format", &html])
        .collect();
    let with = gate(&address, folder.path(), &asked);
    assert_eq!(with.status.code(), Some(0), "{}{}", text(&with.stdout), text(&with.stderr));
    assert_eq!(without.status.code(), Some(0), "{}", text(&without.stderr));
    let read = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let (plain, report) = (read(&without), read(&with));
    assert_eq!(plain["profiles"], report["profiles"]);
    assert_eq!(plain["digests"], report["digests"]);
    assert_eq!(others(&plain), []);
    // The newest three before it, of both experiments, but for the champion,
    // which speaks for itself; and no metric that no rule looks at.
    let fact =
        |subject: &str, name: &str, value: Value| (subject.to_owned(), name.to_owned(), value);
    let female = "accuracy{group=female}";
    assert_eq!(
        others(&report),
        [
            fact("v2", female, json!(0.83)),
            fact("v2", "auc", json!(0.88)),
            fact("v3", female, json!(0.84)),
            fact("v3", "auc", json!("NaN")),
        ]
    );
    let page = fs::read_to_string(&page).unwrap();
    for said in [
        "auc over versions: v2 0.88, v3 NaN, v4 0.91 (champion), v5 0.905 (candidate)",
        "at least 0.9",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // The plan can ask for it, and the flag overrides the plan.
    let plan = folder.path().join("plan.yaml");
    let target = json!({ "profiles": ["history.yaml"] });
    let text_of_plan = json!({ "aliases": { "champion": "Production" }, "history": 3,
        "targets": { "Staging": target } });
    fs::write(&plan, text_of_plan.to_string()).unwrap();
    let by_plan = ["--plan", plan.to_str().unwrap()];
    let planned = gate(&address, folder.path(), &[&[&*model][..], &as_of, &by_plan].concat());
    assert_eq!(others(&read(&planned)), others(&report), "{}", text(&planned.stderr));
    let none = ["--history", "0"];
    let none = gate(&address, folder.path(), &[&[&*model][..], &as_of, &by_plan, &none].concat());
    assert_eq!(others(&read(&none)), []);
    // Judged again without a registry, it is the same.
    let again = gate("http://127.0.0.1:9", folder.path(), &["--offline", kept.to_str().unwrap()]);
    assert!(again.stdout == with.stdout, "{}", text(&again.stdout));
}

/// A registry that does not answer for the history is told of, and the verdict
/// is the same; one that is not asked for it is not asked more.
#[test]
fn a_history_that_is_not_there_is_said_to_be_missing() {
    let Some(address) = registry() else { return };
    let cut = Cut::before(&address);
    let folder = tempfile::tempdir().unwrap();
    let model = format!("models:/{}/5", model(&Mlflow::at(&address), "lost"));
    let requests = |arguments: &[&str]| {
        let before = cut.requests();
        let output = gate(&cut.address, folder.path(), arguments);
        (output, cut.requests() - before)
    };
    let (_, plain) = requests(&[&model]);
    let (_, more) = requests(&[&model, "--history", "10"]);
    // One page of versions, one of runs, and the two of another experiment, of
    // which the candidate's is one.
    assert!((3..=4).contains(&(more - plain)), "{plain} requests, then {more}");
    for refused in ["runs/search", "model-versions/search"] {
        cut.refuse(refused);
        let (output, _) = requests(&[&model, "--history", "10"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let said = text(&output.stderr);
        assert!(said.contains("source `history` gives nothing"), "{said}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(others(&report), []);
    }
    // It is of versions of a registry.
    let folder = root().join("tests/fixtures/mlflow/tumor_screening-v1");
    let candidate = ["--candidate", folder.to_str().unwrap(), "--history", "3"];
    let output = gate(&address, tempfile::tempdir().unwrap().path(), &candidate);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
}
