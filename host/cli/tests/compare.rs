//! `tollgate compare`: versions side by side, and the best one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fs;

use common::{report, text, tollgate};
use serde_json::{Value, json};

/// Versions with these facts, compared: exit code and report.
fn compared(versions: &[&str], more: &[&str]) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["compare".to_owned()];
    for (at, facts) in versions.iter().enumerate() {
        let path = folder.path().join(format!("v{}", at + 1));
        fs::create_dir(&path).unwrap();
        fs::write(path.join("facts.json"), format!(r#"{{"facts": [{facts}]}}"#)).unwrap();
        let version = json!({ "name": "m", "version": (at + 1).to_string() });
        fs::write(path.join("model_version.json"), version.to_string()).unwrap();
        arguments.push(path.display().to_string());
    }
    arguments.extend(more.iter().map(|word| (*word).to_owned()));
    arguments.extend(["--format".to_owned(), "json".to_owned()]);
    let output = tollgate(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    (output.status.code().unwrap(), report(&output))
}

fn auc(value: &str) -> String {
    format!(r#"{{"name": "auc", "value": {value}}}"#)
}

/// The best by AUC, and how the command ends.
fn best(versions: &[&str]) -> (i32, Value) {
    let versions: Vec<String> = versions.iter().map(|value| auc(value)).collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let (code, report) = compared(&versions, &["--highest", "auc"]);
    (code, report["best"][0]["versions"].clone())
}

#[test]
fn recorded_versions_stand_side_by_side() {
    let models = "tests/fixtures/mlflow/tumor_screening";
    let folders: Vec<String> = (1..=3).map(|version| format!("{models}-v{version}")).collect();
    let [one, two, three] = folders.as_slice() else { unreachable!() };
    let words = ["compare", one, two, three, "--highest", "auc", "--lowest", "p95_ms"];
    let output = tollgate(&words);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let page = text(&output.stdout);
    for word in ["tumor_screening v1", "tumor_screening v3", "auc", "signature", "parameter "] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(page.contains("best tumor_screening v2"), "{page}");
    let output = tollgate(&[&words[..], &["--format", "json"]].concat());
    let report = report(&output);
    assert_eq!(report["versions"].as_array().unwrap().len(), 3);
    assert_eq!(report["best"][0]["versions"], json!(["tumor_screening v2"]));
    let version = &report["versions"][0];
    assert_eq!((&version["signature"], &version["metrics"].is_u64()), (&json!(true), &true));
}

#[test]
fn the_best_is_measured_and_one() {
    assert_eq!(best(&["0.9", "0.91"]), (0, json!(["m v2"])));
    assert_eq!(best(&["1", "0.91"]), (0, json!(["m v1"])));
    assert_eq!(best(&["0.9", "\"NaN\""]), (0, json!(["m v1"])), "NaN is never the best");
    assert_eq!(best(&["\"NaN\"", "0.1", "0.2"]), (0, json!(["m v3"])));
    assert_eq!(best(&["0.9", "\"high\""]), (0, json!(["m v1"])), "nor is a word");
    assert_eq!(best(&["0.9", "0.9"]), (3, json!(["m v1", "m v2"])), "equal");
    assert_eq!(best(&["\"NaN\"", "\"NaN\""]), (3, json!([])));
    let (code, report) = compared(&[&auc("1"), &auc("2")], &["--highest", "f1", "--lowest", "auc"]);
    assert_eq!(code, 3, "{report}");
    assert_eq!(report["best"][0]["reason"], "no version has `f1`");
    assert_eq!(report["best"][1]["versions"], json!(["m v1"]));
    let (code, report) =
        compared(&[&auc("0.9"), r#"{"name": "f1", "value": 1}"#], &["--highest", "auc"]);
    assert_eq!((code, &report["verdict"]), (0, &json!("warn")), "{report}");
    assert_eq!(report["best"][0]["reason"], "highest `auc`: 0.9; without a value to compare: m v2");
}

#[test]
fn the_newest_counts_and_copies_agree() {
    let at = |value: &str, day: &str| {
        format!(r#"{{"name": "auc", "value": {value}, "observed_at": "2026-11-{day}T00:00:00Z"}}"#)
    };
    let other = auc("0.5");
    let value = |facts: &[String]| {
        let (_, report) = compared(&[&facts.join(","), &other], &[]);
        report["metrics"][0]["values"][0].clone()
    };
    assert_eq!(value(&[at("0.9", "02"), at("0.8", "01")]), json!(0.9));
    assert_eq!(value(&[at("0.8", "01"), at("0.9", "02")]), json!(0.9));
    assert_eq!(value(&[auc("0.7"), at("0.9", "01")]), json!(0.9), "undated is older");
    assert_eq!(value(&[auc("0.7"), auc("0.7")]), json!(0.7));
    let disputed = [at("0.9", "02"), at("0.8", "02"), at("0.9", "02")];
    assert_eq!(value(&disputed), json!("disagreement"));
    let (code, report) = compared(&[&disputed.join(","), &other], &["--highest", "auc"]);
    assert_eq!((code, &report["best"][0]["versions"]), (0, &json!(["m v2"])));
    assert_eq!(value(&[at("0.9", "01"), at("0.8", "01"), at("0.7", "02")]), json!(0.7));
}

#[test]
fn units_are_not_compared_unseen() {
    let p99 = |value: &str, unit: &str| {
        format!(r#"{{"name": "p99_ms", "value": {value}, "unit": "{unit}"}}"#)
    };
    let (code, report) = compared(&[&p99("50", "ms"), &p99("0.04", "s")], &["--lowest", "p99_ms"]);
    assert_eq!(code, 3);
    assert_eq!(report["best"][0]["reason"], "`p99_ms` is given in different units");
    assert_eq!(report["metrics"].as_array().unwrap().len(), 2);
    // Who says none means the one that all others say.
    let bare = r#"{"name": "p99_ms", "value": 40}"#;
    let (code, report) = compared(&[&p99("50", "ms"), bare], &["--lowest", "p99_ms"]);
    assert_eq!((code, &report["best"][0]["versions"]), (0, &json!(["m v2"])));
    let three = [&p99("50", "ms"), bare, &p99("0.01", "s")];
    assert_eq!(compared(&three, &["--lowest", "p99_ms"]).0, 3);
}

#[test]
fn one_version_or_none_is_no_comparison() {
    assert_eq!(tollgate(&["compare", "x"]).status.code(), Some(2));
    assert_eq!(tollgate(&["compare", "x", "y"]).status.code(), Some(2));
}
