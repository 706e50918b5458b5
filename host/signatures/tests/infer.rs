//! Signatures inferred from files, against those that MLflow infers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "as above")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_frames::PayloadFormat;
use tollgate_signatures::infer::{InferError, Inferred};

const CASES: &str = include_str!("inference/inferred.jsonl");

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    csv: Option<String>,
    file: Option<String>,
    records: Option<Vec<Box<RawValue>>>,
    inputs: Option<Value>,
}

fn infer(paths: &[&Path], outputs: &[String]) -> Result<Inferred, InferError> {
    tollgate_signatures::infer::infer(paths, PayloadFormat::Auto, outputs)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn inputs(inferred: &Inferred) -> Value {
    let lists: Value = serde_json::from_str(&inferred.signature.to_lists()).unwrap();
    lists["inputs"].clone()
}

#[test]
fn what_mlflow_infers_is_inferred() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let mut files = Vec::new();
        if let Some(text) = &case.csv {
            files.push(file(folder.path(), "data.csv", text));
        }
        if let Some(records) = &case.records {
            let lines: Vec<&str> = records.iter().map(|record| record.get()).collect();
            files.push(file(folder.path(), "data.jsonl", &lines.join("\n")));
            files.push(file(folder.path(), "data.json", &format!("[{}]", lines.join(","))));
        }
        if let Some(name) = &case.file {
            files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inference").join(name));
        }
        for path in files {
            let given = infer(&[&path], &[]);
            let shown = given.as_ref().map(inputs).map_err(ToString::to_string);
            if shown.as_ref().ok() != case.inputs.as_ref() {
                wrong.push(format!("{}: {shown:?} instead of {:?}", case.name, case.inputs));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn files_with_the_same_columns_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = file(folder.path(), "1.csv", "a,b\n1,x\n2,y\n");
    let second = file(folder.path(), "2.csv", "a,b\n,x\n");
    let third = file(folder.path(), "3.jsonl", "{\"a\": 3, \"b\": \"z\"}\n");
    let inferred = infer(&[&first, &second, &third], &["b".to_owned()]).unwrap();
    assert_eq!(inferred.rows, 4);
    let lists: Value = serde_json::from_str(&inferred.signature.to_lists()).unwrap();
    let column = |kind: &str, name: &str, required: bool| serde_json::json!([{ "type": kind, "name": name, "required": required }]);
    assert_eq!(lists["inputs"], column("double", "a", false));
    assert_eq!(lists["outputs"], column("string", "b", true));
    let again = infer(&[&first, &second, &third], &["b".to_owned()]).unwrap();
    assert_eq!(again, inferred);
}

#[test]
fn request_bodies_are_data_too() {
    let folder = tempfile::tempdir().unwrap();
    let records = r#"{"dataframe_records": [{"b": 1.5, "a": "x"}]}"#;
    let split = r#"{"dataframe_split": {"columns": ["b", "a"], "data": [[1.5, "x"]]}}"#;
    let [records, split] = [records, split]
        .map(|text| infer(&[&file(folder.path(), "body.json", text)], &[]).unwrap());
    assert_eq!(records, split);
}

#[test]
fn what_cannot_be_inferred_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let says = |name: &str, text: &str| {
        let path = file(folder.path(), name, text);
        let error: InferError = infer(&[&path], &["missing".to_owned()]).expect_err(text);
        error.to_string().replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(says("a.csv", "a,b\n"), "`a.csv` holds no rows");
    assert_eq!(
        says("a.csv", "a,b\n1\n"),
        "`a.csv` line 2: the row has fewer cells than the header has names: it may be cut off"
    );
    assert_eq!(says("a.csv", "a,a\n1,2\n"), "`a.csv` header: two columns have the name `a`");
    assert_eq!(says("a.csv", "a\n1\n"), "there is no column `missing`");
    assert_eq!(
        says("a.jsonl", "{\"missing\": 1}\n{\"missing\": \"x\"}\n"),
        "column `missing` holds whole numbers and text, of which MLflow makes no type"
    );
    assert_eq!(
        says("a.jsonl", "{\"missing\": 1}\n[2]\n"),
        "`a.jsonl` line 2: the line is no JSON object"
    );
    assert!(says("a.json", "{\"a\": 1}").contains("it holds no rows"));
    let open = format!("a\n\"{}", "x\n".repeat(9 << 20));
    assert!(says("a.csv", &open).contains("a quote may never be closed"));
}
