//! Every file under `cases/facts`, and the recorded models, as evidence.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::path::{Path, PathBuf};

use tollgate::facts::{Evidence, title};
use tollgate::model::{Model, read_signature};
use tollgate::source::Source;

fn listed(evidence: &Evidence) -> String {
    evidence
        .facts()
        .iter()
        .map(|fact| {
            format!(
                "{} {} = {:?} unit {:?} samples {:?} at {:?} from {:?}\n",
                fact.subject,
                title(fact),
                fact.value,
                fact.unit,
                fact.samples,
                fact.observed_at,
                fact.source
            )
        })
        .collect()
}

#[test]
fn facts_are_read_or_every_mistake_is_told() {
    for (name, text) in common::cases("facts") {
        let mut evidence = Evidence::new();
        let shown = match evidence.parse(&Source::new(&name, &text), "candidate") {
            Ok(()) => listed(&evidence),
            Err(error) => common::shown(&error),
        };
        common::assert_shown("facts", &name, &shown);
    }
}

/// Which of two statements counts is a gate's to say, not a reader's.
#[test]
fn two_files_that_disagree_are_both_heard() {
    let mut evidence = Evidence::new();
    let first = Source::new("offline.yaml", "metrics:\n  auc: 0.9\n");
    let second = Source::new("run.yaml", "metrics: { auc: 0.8 }\n");
    evidence.parse(&first, "candidate").expect("facts");
    evidence.parse(&second, "candidate").expect("facts");
    assert_eq!(evidence.facts().len(), 2);
}

/// Nothing here may grow with the square of what a file holds.
#[test]
fn a_name_given_200_000_times_and_100_000_mistakes_are_read_in_no_time() {
    let start = std::time::Instant::now();
    let again = r#"{"name":"auc","value":0.9},"#.repeat(200_000);
    let text = format!(r#"{{"facts":[{}]}}"#, again.trim_end_matches(','));
    let mut evidence = Evidence::new();
    evidence.parse(&Source::new("facts.json", &text), "candidate").expect("facts");
    assert_eq!(evidence.facts().len(), 200_000);

    let wrong = r#"{"nmae":1,"value":{}},"#.repeat(100_000);
    let text = format!(r#"{{"facts":[{}]}}"#, wrong.trim_end_matches(','));
    let source = Source::new("facts.json", &text);
    evidence.parse(&source, "candidate").expect_err("mistakes");
    // Quadratic work would take minutes on any machine.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/mlflow")
}

#[test]
fn every_recorded_model_is_read() {
    let mut models = 0;
    for entry in std::fs::read_dir(recorded()).expect("the fixtures") {
        let folder = entry.expect("an entry").path();
        if !folder.join("MLmodel").exists() {
            continue;
        }
        let mut evidence = Evidence::new();
        let model = Model::read(&folder, "candidate", &mut evidence).expect("a model");
        let version = folder.file_name().expect("a name").to_string_lossy().replace("-v", " v");
        assert_eq!(model.title, version);
        assert!(evidence.facts().iter().all(|fact| fact.subject == "candidate"));
        assert!(evidence.facts().iter().any(|fact| fact.samples.is_some()));
        let signature = read_signature(&folder).expect("a signature");
        assert!(signature.value["inputs"].is_string(), "{}", signature.source);
        models += 1;
    }
    assert!(models >= 8, "{models}");
}

/// What is wrong with a folder, by the files in it.
#[test]
fn folders_that_are_no_model_say_why() {
    /// The files of a folder: name and text.
    type Files = &'static [(&'static str, &'static str)];
    let cases: [(Files, &str, &str); 7] = [
        (&[], "`M` holds nothing of a model", "`M` has no signature"),
        (&[("run.json", "")], "`M/run.json` is empty", "`M` has no signature"),
        (&[("MLmodel", "flavors: {}\n")], "", "`M/MLmodel` has no signature"),
        (&[("MLmodel", "signature:\n")], "", "`M/MLmodel` has no signature"),
        (&[("MLmodel", "signature: [a]\n")], "", "a signature is a map, found a list"),
        (&[("MLmodel", "signature: { inputs: '[]'\n")], "", "not valid YAML"),
        (
            &[("model_version.json", "[]")],
            "a model version is a map, found a list",
            "`M` has no signature",
        ),
    ];
    for (files, model_says, signature_says) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let name = folder.path().display().to_string();
        let model = Model::read(folder.path(), "candidate", &mut Evidence::new());
        match model {
            Ok(_) => assert_eq!(model_says, "", "{files:?}"),
            Err(error) => {
                assert_eq!(error.to_string().replace(&name, "M"), model_says, "{files:?}")
            }
        }
        let error = read_signature(folder.path()).expect_err("refused").to_string();
        assert!(error.replace(&name, "M").starts_with(signature_says), "{error}");
    }
    let missing = Model::read(Path::new("none"), "candidate", &mut Evidence::new());
    assert_eq!(missing.expect_err("refused").to_string(), "`none` does not exist");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let error = Model::read(&file, "candidate", &mut Evidence::new()).expect_err("refused");
    assert!(error.to_string().ends_with("is not a folder"));
}

/// What the host finds out itself, no tag says.
#[test]
fn tags_do_not_speak_for_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let tags: Vec<String> = ["schema_valid", "stage", "pinned", "owner", "signature_present"]
        .iter()
        .map(|key| format!(r#"{{"key":"{key}","value":"true"}}"#))
        .collect();
    let version = format!(
        r#"{{"name":"churn","version":"8","current_stage":"Staging","tags":[{}]}}"#,
        tags.join(",")
    );
    std::fs::write(folder.path().join("model_version.json"), version).expect("written");
    let mut evidence = Evidence::new();
    Model::read(folder.path(), "candidate", &mut evidence).expect("a model");
    let of = |name: &str| -> Vec<String> {
        let facts = evidence.facts().iter().filter(|fact| fact.name == name);
        facts.map(|fact| format!("{:?}", fact.value)).collect()
    };
    assert_eq!(of("owner"), ["Boolean(true)"]);
    assert_eq!(of("stage"), [r#"Text("Staging")"#]);
    assert_eq!(of("pinned"), ["Boolean(false)"]);
    assert_eq!((of("schema_valid"), of("signature_present")), (vec![], vec![]));
}
