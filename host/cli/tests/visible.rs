//! Whatever strangers write, into files, names and arguments, is only read by
//! a terminal and by a CI runner. What plugins say is drawn beside each
//! command, in the binary's own tests.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Output;

use common::{command, text};
use serde_json::{Value, json};
use tollgate::text::is_hidden;

/// What a terminal or a CI runner acts on.
const HOSTILE: [&str; 9] = [
    "\u{1b}[31m\u{1b}]0;title\u{7}\u{9b}2J",
    "a\r\nPASSED\n::error::forged",
    "::error file=a.rs,line=1::forged",
    " ::stop-commands::x",
    "##[error]a ##vso[task.complete result=Succeeded]",
    "\u{2028}::error::x\u{2029}\u{85}::error::y\u{b}\u{c}",
    "\u{202e}dessap\u{2066}\u{200b}\u{200f}\u{feff}\u{ad}\u{8}\u{7f}",
    "\u{e0041}\u{3164}\u{34f}\u{a0}\u{e000}",
    ":",
];

/// A folder with hostile files, and the commands that meet them.
struct Scene {
    folder: tempfile::TempDir,
    name: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), name: name.to_owned() }
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn commands(&self) -> Vec<Vec<String>> {
        let name = self.name.as_str();
        let column = |kind: &str| json!([{ "name": name, "type": kind, "required": true }]);
        let signature = |kind: &str| json!({ "inputs": column(kind), "outputs": column(kind) });
        let old = self.write("old.json", signature("long").to_string());
        let new = self.write("new.json", signature("string").to_string());
        let bad = self.write("bad.json", signature(name).to_string());
        let other = self.write(
            "other.json",
            json!({ "inputs": [{ "name": "y", "type": "long" }] }).to_string(),
        );
        let row = json!({ name: name });
        let split = json!({ "columns": [name], "data": [[name]] });
        let payload = self.write("payload.json", json!({ "dataframe_split": split }).to_string());
        let lines = self.write("rows.jsonl", format!("{row}\n{row}\n"));
        let quoted = name.replace('"', "\"\"");
        let csv = self.write("rows.csv", format!("\"{quoted}\"\n\"{quoted}\"\n\"{quoted}\"\n"));
        let ragged = self.write("ragged.csv", format!("\"{quoted}\",b\n\"{quoted}\"\n"));
        let schema = self.write(
            "schema.json",
            json!({ "required": [name, "z"], "properties": { name: { "const": 1 } }, "additionalProperties": false })
                .to_string(),
        );
        // The document's own texts, right and wrong.
        let document = |settings: Value| {
            json!({ "name": "p", "version": "1.0.0", "plugin": "threshold-policy@^0.1", "owner": name,
                    "summary": name, "settings": settings })
        };
        let policy = self.write(
            "policy.json",
            document(
                json!({ "actions": ["allow", name], "thresholds": { "allow": 0, name: 0.5 } }),
            )
            .to_string(),
        );
        let mut wrong = document(json!({ name: name, "thresholds": { "allow": name } }));
        let wrong_settings = self.write("wrong-settings.json", wrong.to_string());
        for key in ["name", "version", "plugin", "fallback", "changelog"] {
            wrong[key] = json!(name);
        }
        let wrong = self.write("wrong.json", wrong.to_string());
        // Raw, as YAML would have it: no reader takes all of it, and each shows it.
        let raw = self.write("raw.yaml", format!("name: {name}\n{name}\nversion: [{name}\n"));
        let request = self.write("request.json", json!({ "score": 0.9, "x": name }).to_string());
        let wrong_request = self.write("wrong-request.json", json!({ "score": name }).to_string());
        let fact = json!({ "metric": name, "value": 0.5, "unit": name, "labels": { name: name } });
        let facts = self.write("facts.json", json!({ "facts": [fact, fact] }).to_string());
        let rule = json!({ "metric": name, "threshold": 0.5, "for_each": name, "unit": name });
        let mut profile =
            document(json!({ "rules": [rule, { "metric": "auc", "threshold": 0.9 }] }));
        profile["plugin"] = json!("metric-gate@^0.1");
        let profile = self.write("profile.json", profile.to_string());
        let tags = json!([{ "key": name, "value": name }]);
        let version = json!({ "model_version": { "name": name, "version": name, "tags": tags } });
        self.write("model/model_version.json", version.to_string());
        self.write(
            "model/run.json",
            json!({ "run": { "info": {}, "data": { "metrics": [{ "key": "auc", "value": 0.5 }] } } })
                .to_string(),
        );
        let model = self.folder.path().join("model").to_str().unwrap().to_owned();
        // File names hold what they can.
        let here = self.folder.path().join(name.replace('/', "")).to_str().unwrap().to_owned();
        fs::write(&here, row.to_string()).unwrap();
        let gone = format!("{here}-gone");

        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        [
            &["check", "--signature", &old, "--payload", &payload][..],
            &["check", "--signature", &old, "--payload", &payload, "--mode", "mlflow"],
            &["check", "--signature", &old, "--payload", &csv],
            &["check", "--signature", &old, "--payload", &lines],
            &["check", "--signature", &other, "--payload", &csv],
            &["check", "--signature", &other, "--payload", &payload],
            &["check", "--signature", &old, "--payload", &ragged],
            &["check", "--signature", &old, "--payload", &here],
            &["check", "--signature", &old, "--payload", &gone],
            &["check", "--signature", &bad],
            &["check", "--signature", &here],
            &["check", "--schema", &schema, "--payload", &lines],
            &["check", "--schema", &schema, "--payload", &payload],
            &["check", "--schema", &raw, "--payload", &payload],
            &["check", "--schema", &schema, "--resource", name],
            &["gate", "--candidate", &model, "--profile", &profile],
            &["gate", "--candidate", &model, "--champion", &model, "--profile", &profile],
            &["gate", "--candidate", &model, "--facts", &facts, "--profile", &profile],
            &["gate", "--candidate", &gone, "--profile", &profile],
            &["gate", "--candidate", &model, "--profile", &here],
            &["gate", "--candidate", &model, "--profile", &profile, "--fail-on", name],
            &["decide", "--policy", &policy, "--input", &request, "--no-time"],
            &["decide", "--policy", &policy, "--input", &wrong_request, "--no-time"],
            &["decide", "--policy", &policy, "--input", &csv],
            &["decide", "--policy", &wrong, "--input", &request],
            &["decide", "--policy", &wrong_settings, "--input", &request],
            &["decide", "--policy", &raw, "--input", &request],
            &["signature", "diff", &old, &new, "--for", "both"],
            &["signature", "diff", &old, &other],
            &["signature", "diff", &here, &gone],
            &["signature", "infer", &csv],
            &["signature", "infer", &lines, "--output-column", name],
            &["signature", "convert", "--to", "json-schema", &old],
            &["signature", "convert", "--to", "oip", &new, "--name", name],
            &["plugin", "inspect", &here],
            &["plugin", "inspect", name],
            &["bake", "--policy", &wrong, "-o", &here],
            &["bake", "--policy", "policies/fraud.yaml", "-o", &format!("{gone}/x")],
            &["bake", "--policy", "policies/fraud.yaml", "-o", &here],
            &["decide", "--policy", &here, "--input", &wrong_request],
            &[name],
            &["gate", name],
            &["decide", &format!("--{name}")],
            &["plugin", "list", "--format", name],
        ]
        .into_iter()
        .map(own)
        .collect()
    }
}

fn run(arguments: &[String]) -> Output {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = command(&arguments).env("COLUMNS", "1000").output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 4), "{arguments:?}: {output:?}");
    output
}

fn assert_harmless(shown: &str, arguments: &[String]) {
    let hidden: Vec<char> = shown.chars().filter(|&c| is_hidden(c) && c != '\n').collect();
    assert!(hidden.is_empty(), "{hidden:?} of {arguments:?} in {shown}");
    for command in ["##[", "##vso["] {
        assert!(!shown.contains(command), "{arguments:?}: {shown}");
    }
    for line in shown.lines() {
        assert!(!line.trim_start().starts_with("::"), "{arguments:?}: {shown}");
    }
}

#[test]
fn whatever_is_written_is_only_read() {
    let plain = Scene::new("xyz");
    let lines = |output: &Output| {
        text(&output.stdout).lines().count() + text(&output.stderr).lines().count()
    };
    let expected: Vec<_> = plain.commands().iter().map(|words| lines(&run(words))).collect();
    for name in HOSTILE {
        let scene = Scene::new(name);
        for (words, expected) in scene.commands().iter().zip(&expected) {
            let output = run(words);
            let shown = text(&output.stdout) + &text(&output.stderr);
            assert_harmless(&shown, words);
            assert!(
                !shown.lines().any(|line| line.starts_with("PASSED") && line.len() == 6),
                "{shown}"
            );
            // Where a name is refused or trimmed there is more to say, and none of
            // it is the name's own lines. Reports are counted in the binary's tests.
            let more = lines(&output).saturating_sub(*expected);
            assert!(more < 30, "{more} lines more of {words:?}: {shown}");
        }
    }
}

#[test]
fn a_program_gets_one_value_and_the_very_texts() {
    for name in HOSTILE.into_iter().chain(["xyz"]) {
        let scene = Scene::new(name);
        for mut words in scene.commands() {
            words.extend(["--format".to_owned(), "json".to_owned()]);
            let output = run(&words);
            let shown = text(&output.stdout);
            assert_harmless(&shown, &words);
            // Rows have an answer a line.
            let values: Vec<Value> = serde_json::Deserializer::from_str(&shown)
                .into_iter()
                .collect::<Result<_, _>>()
                .unwrap_or_else(|error| panic!("{error} of {words:?}: {shown}"));
            assert!(values.len() == 1, "{} values of {words:?}: {shown}", values.len());
        }
    }
}

/// The place is right though the text before it is shown otherwise.
#[test]
fn a_document_is_shown_masked_at_the_right_place() {
    let scene = Scene::new("");
    let path = scene
        .write("p.yaml", "name: x\n# \u{202e}\u{1b}[2J\r\nversion: \"\u{200b}é\" \nplugin: 1\r\n");
    let output = run(&["decide", "--policy", &path, "--input", "-"].map(str::to_owned));
    let shown = text(&output.stderr).replace(scene.folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(shown);
}

#[test]
fn names_that_are_no_text_are_shown() {
    let path = Path::new(OsStr::from_bytes(b"\xff\x1b[31m"));
    let output = command(&["check", "--signature"]).arg(path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_harmless(&text(&output.stderr), &[]);
}

#[test]
fn letters_of_all_languages_stay() {
    let scene = Scene::new("größe_名前_शुल्क_مبلغ_סכום_e\u{301}_🙂\u{fe0f}");
    let words = &scene.commands()[27];
    assert_eq!(words[..2], ["signature", "diff"]);
    assert!(text(&run(words).stdout).contains(&format!("`{}`", scene.name)));
}
