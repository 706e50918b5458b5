//! `tollgate check --outputs` on answers that a real scoring server gave, and
//! on what becomes of them.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{root, text, tollgate};
use serde_json::{Value, json};

const MODELS: &str = "tests/fixtures/mlflow";

/// The answers with status 200 of a model, by name.
fn answers(model: &str) -> Vec<(String, Value)> {
    let folder = root().join(MODELS).join(model).join("payloads");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let recorded = files.iter().filter_map(|file| {
        let name = file.file_name()?.to_str()?.strip_suffix(".response.json")?;
        let answer: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        (answer["status"] == 200).then(|| (name.to_owned(), answer["body"].clone()))
    });
    recorded.collect()
}

fn check(model: &str, answer: &Value, more: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("response.json");
    fs::write(&file, answer.to_string()).unwrap();
    let signature = format!("{MODELS}/{model}");
    let file = file.display().to_string();
    let mut arguments = vec!["check", "--signature", &signature, "--outputs", "--payload", &file];
    arguments.extend(more);
    let output = tollgate(&arguments);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn what_models_answer_honours_their_outputs() {
    let mut checked = 0;
    for model in [
        "diabetes_progression-v1",
        "diabetes_risk-v1",
        "digit_reading-v1",
        "tumor_screening-v1",
        "wine_cultivar-v1",
    ] {
        let mut seen: Vec<Value> = Vec::new();
        for (name, answer) in answers(model) {
            if seen.contains(&answer) {
                continue;
            }
            let (code, shown) = check(model, &answer, &[]);
            assert_eq!(code, Some(0), "{model} {name}: {shown}");
            seen.push(answer);
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked} answers");
}

#[test]
fn a_changed_answer_is_refused_where_it_changed() {
    let (_, answer) = answers("diabetes_risk-v1").into_iter().nth(2).unwrap();
    let (code, shown) = check("diabetes_risk-v1", &answer, &["--format", "json"]);
    assert_eq!(code, Some(0), "{shown}");
    for (pointer, value, rule) in [
        ("/predictions/1/high_risk", json!("no"), "lossy-boolean"),
        ("/predictions/1/high_risk", json!(null), "lossy-boolean"),
        ("/predictions/0/probability", json!("high"), "parse-convert"),
        ("/predictions/0/probability", json!(true), "lossy-float"),
    ] {
        let mut changed = answer.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let (code, shown) = check("diabetes_risk-v1", &changed, &["--format", "json"]);
        assert_eq!(code, Some(1), "{shown}");
        let report: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(report["part"], "outputs");
        assert_eq!(report["findings"][0]["pointer"], pointer, "{shown}");
        assert_eq!(report["findings"][0]["rule"], rule, "{shown}");
    }
    let mut renamed = answer.clone();
    for row in renamed["predictions"].as_array_mut().unwrap() {
        let value = row.as_object_mut().unwrap().remove("probability").unwrap();
        row["probabilty"] = value;
    }
    let (code, shown) = check("diabetes_risk-v1", &renamed, &[]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("against the outputs of"), "{shown}");
    assert!(shown.contains("did you mean `probabilty`?"), "{shown}");
}

/// What a scoring server answers when it refuses.
#[test]
fn an_error_is_no_prediction() {
    let file = root().join(MODELS).join("digit_reading-v1/payloads/not-json.response.json");
    let answer: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let (code, shown) = check("digit_reading-v1", &answer["body"], &[]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("an error of the scoring server"), "{shown}");
}

#[test]
fn a_signature_without_outputs_asks_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let signature = folder.path().join("signature.json");
    fs::write(&signature, r#"{"inputs": [{"type": "long", "name": "a"}]}"#).unwrap();
    let payload = folder.path().join("response.json");
    fs::write(&payload, r#"{"predictions": [1]}"#).unwrap();
    let (signature, payload) = (signature.display().to_string(), payload.display().to_string());
    let output =
        tollgate(&["check", "--signature", &signature, "--outputs", "--payload", &payload]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("declares no outputs"));
    let alone = tollgate(&["check", "--signature", &signature, "--outputs"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("--payload"));
}
