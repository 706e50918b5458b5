//! The Open Inference Protocol as a real MLServer speaks it, which served
//! MLflow models.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a record without the key is wrong")]

mod common;

use std::fs;
use std::path::Path;

use common::{report, root, text, tollgate};
use serde_json::Value;

/// Each model that was served, and a folder with its signature.
fn models() -> Vec<(Value, tempfile::TempDir)> {
    let record = fs::read(root().join("tests/fixtures/oip/mlserver.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    let models = record["models"].as_array().unwrap().iter().map(|model| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "signature.json", &model["signature"]);
        (model.clone(), folder)
    });
    models.collect()
}

fn write(folder: &Path, name: &str, value: &Value) -> String {
    let path = folder.join(name);
    fs::write(&path, value.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn signatures_become_the_metadata_that_mlserver_gives() {
    for (model, folder) in models() {
        let signature = folder.path().join("signature.json");
        let name = model["metadata"]["name"].as_str().unwrap();
        let arguments =
            ["signature", "convert", signature.to_str().unwrap(), "--to", "oip", "--name", name];
        let output = tollgate(&arguments);
        let ours: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(ours["name"], model["metadata"]["name"]);
        for side in ["inputs", "outputs"] {
            let (ours, theirs) = (&ours[side], &model["metadata"][side]);
            assert_eq!(ours.as_array().unwrap().len(), theirs.as_array().unwrap().len());
            for (our, their) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
                for key in ["name", "datatype", "shape"] {
                    assert_eq!(our[key], their[key], "{key} of {their} in {name}");
                }
                // What is not said is left to the server.
                let content = &our["parameters"]["content_type"];
                assert!(content.is_null() || *content == their["parameters"]["content_type"]);
            }
        }
    }
}

#[test]
fn metadata_becomes_signatures_that_say_the_same() {
    for (model, folder) in models() {
        let metadata = write(folder.path(), "metadata.json", &model["metadata"]);
        let output = tollgate(&["signature", "convert", &metadata, "--to", "mlflow"]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
        let back = folder.path().join("back.json");
        fs::write(&back, &output.stdout).unwrap();
        let signature = folder.path().join("signature.json");
        let (old, new) = (signature.to_str().unwrap(), back.to_str().unwrap());
        let diff = report(&tollgate(&["signature", "diff", old, new, "--format", "json"]));
        // A tensor without a name gets the one that MLServer makes up.
        let name = &model["metadata"]["name"];
        let raises = if name == "tensor" { "major" } else { "none" };
        assert_eq!(diff["raises"], raises, "{name}: {diff:#}");
    }
}

#[test]
fn requests_and_answers_are_judged_as_mlserver_judges_them() {
    let mut judged = (0, 0);
    for (model, folder) in models() {
        let signature = folder.path().join("signature.json");
        let check = |payload: &str, more: &[&str]| {
            let signature = signature.to_str().unwrap();
            let mut arguments = vec!["check", "--signature", signature, "--protocol", "oip"];
            arguments.extend(["--payload", payload, "--format", "json"]);
            arguments.extend(more);
            tollgate(&arguments)
        };
        for exchange in model["exchanges"].as_array().unwrap() {
            let request = write(folder.path(), "request.json", &exchange["request"]);
            let answer = write(folder.path(), "answer.json", &exchange["answer"]);
            let asked = report(&check(&request, &[]));
            let (what, name) = (&exchange["what"], &model["metadata"]["name"]);
            if exchange["status"] == 200 {
                assert_eq!(asked["verdict"], "pass", "{what} to {name}: {asked:#}");
                let answered = report(&check(&answer, &["--outputs"]));
                assert_eq!(answered["verdict"], "pass", "{what} from {name}: {answered:#}");
                judged.0 += 1;
            } else {
                assert_eq!(asked["verdict"], "fail", "{what} to {name}: {asked:#}");
                judged.1 += 1;
            }
        }
    }
    assert_eq!(judged, (3, 14));
}

#[test]
fn a_file_of_rows_is_no_body_of_the_protocol() {
    let rows =
        ["check", "--signature", "tests/fixtures/frames/signature.json", "--protocol", "oip"];
    let output =
        tollgate(&[&rows[..], &["--payload", "tests/fixtures/frames/damaged.csv"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a file of rows is no body"), "{output:?}");
}
