//! `tollgate signature`, as its users call it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::process::Output;

use common::text;
use serde_json::Value;

/// Runs `tollgate` beside the test's files.
fn tollgate(arguments: &[&str]) -> Output {
    common::command(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signatures"))
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

/// What a person sees: standard output, standard error, the exit code.
fn seen(arguments: &[&str]) -> String {
    let output = tollgate(arguments);
    let mut seen = text(&output.stdout);
    if !output.stderr.is_empty() {
        seen = format!("{seen}--- standard error\n{}", text(&output.stderr));
    }
    format!("{seen}--- exit {}\n", output.status.code().unwrap())
}

/// The command's report for programs.
fn report(arguments: &[&str]) -> Value {
    common::report(&tollgate(&[arguments, &["--format", "json"]].concat()))
}

#[test]
fn a_diff_names_each_change_and_whom_it_breaks() {
    insta::assert_snapshot!("diff", seen(&["signature", "diff", "old.json", "new.json"]));
    insta::assert_snapshot!("diff-same", seen(&["signature", "diff", "old.json", "old.json"]));
    let tensors = ["signature", "diff", "tensors-old.json", "tensors-new.json", "--for", "model"];
    insta::assert_snapshot!("diff-tensors", seen(&tensors));
}

#[test]
fn a_diff_is_a_report_for_programs() {
    let found = report(&["signature", "diff", "old.json", "new.json"]);
    assert_eq!(found["callers"], "breaking");
    assert_eq!(found["raises"], "major");
    assert_eq!(found["changes"][0]["kind"], "retyped");
    let same = report(&["signature", "diff", "old.json", "old.json"]);
    assert_eq!((same["verdict"].as_str(), same["raises"].as_str()), (Some("pass"), Some("none")));
    let wrong = report(&["signature", "diff", "bad.json", "old.json"]);
    assert_eq!(
        (wrong["command"].as_str(), wrong["verdict"].as_str()),
        (Some("signature diff"), Some("error"))
    );
}

#[test]
fn the_exit_code_is_for_those_who_were_asked_about() {
    let exit = |arguments: &[&str]| tollgate(arguments).status.code();
    let diff = ["signature", "diff", "tensors-old.json", "tensors-new.json"];
    assert_eq!(exit(&diff), Some(0), "callers may go on");
    assert_eq!(exit(&[&diff[..], &["--for", "model"]].concat()), Some(1));
    assert_eq!(exit(&[&diff[..], &["--for", "both"]].concat()), Some(1));
    assert_eq!(exit(&[&diff[..], &["--for", "both", "--exit-zero"]].concat()), Some(0));
    assert_eq!(exit(&["signature", "diff", "none.json", "old.json", "--exit-zero"]), Some(2));
}

#[test]
fn a_signature_that_mlflow_refuses_is_shown_at_its_place() {
    insta::assert_snapshot!("bad-type", seen(&["signature", "diff", "bad.json", "old.json"]));
    insta::assert_snapshot!("bad-text", seen(&["signature", "diff", "old.json", "bad-text.json"]));
}

#[test]
fn a_conversion_prints_the_document_and_what_is_lost() {
    let convert = |to: &'static str, file: &'static str| ["signature", "convert", "--to", to, file];
    insta::assert_snapshot!("convert-json-schema", seen(&convert("json-schema", "old.json")));
    insta::assert_snapshot!("convert-oip", seen(&convert("oip", "old.json")));
    insta::assert_snapshot!("convert-oip-tensors", seen(&convert("oip", "tensors-old.json")));
    insta::assert_snapshot!("convert-mlmodel", seen(&convert("mlmodel", "row.schema.json")));
    let lossless = [&convert("mlflow", "row.schema.json")[..], &["--lossless"]].concat();
    insta::assert_snapshot!("convert-lossless", seen(&lossless));
}

#[test]
fn a_conversion_is_a_report_for_programs_and_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("schema.json").display().to_string();
    let there = report(&["signature", "convert", "--to", "json-schema", "old.json", "-o", &output]);
    assert_eq!(
        (there["from"].as_str(), there["to"].as_str()),
        (Some("mlflow"), Some("json-schema"))
    );
    let written: Value = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    assert_eq!(written, there["document"]);
    // And back again, without a loss.
    let back = report(&["signature", "convert", "--to", "mlflow", "--lossless", &output]);
    assert_eq!((back["verdict"].as_str(), &back["losses"]), (Some("pass"), &serde_json::json!([])));
    let refused = report(&["signature", "convert", "--to", "oip", "--lossless", "old.json"]);
    assert_eq!((refused["verdict"].as_str(), refused["document"].is_null()), (Some("fail"), true));
}

#[test]
fn a_signature_is_inferred_from_data() {
    let infer = ["signature", "infer", "churn.csv", "--output-column", "churned"];
    insta::assert_snapshot!("infer", seen(&infer));
    insta::assert_snapshot!(
        "infer-texts",
        seen(&["signature", "infer", "nested.jsonl", "--texts"])
    );
    insta::assert_snapshot!("infer-mixed", seen(&["signature", "infer", "mixed.jsonl"]));
    insta::assert_snapshot!(
        "infer-no-column",
        seen(&["signature", "infer", "churn.csv", "--output-column", "churn"])
    );
}

#[test]
fn what_is_inferred_is_a_signature_for_the_other_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (lists, texts) = (file("lists.json"), file("texts.json"));
    let inferred = report(&["signature", "infer", "churn.csv", "-o", &lists]);
    assert_eq!(inferred["rows"], 4);
    assert_eq!(inferred["hints"][0]["column"], "age");
    tollgate(&["signature", "infer", "churn.csv", "--texts", "-o", &texts]);
    let same = report(&["signature", "diff", &lists, &texts]);
    assert_eq!(same["raises"], "none");
}
