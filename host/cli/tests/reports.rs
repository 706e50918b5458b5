//! Reports of gates and checks in all formats, at once and into files.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs::{self, OpenOptions};
use std::io::pipe;
use std::path::Path;
use std::process::Output;

use common::{command, root, text, tollgate};
use serde_json::Value;

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const GOOD: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const BAD: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const OFFLINE: &str = "policies/gates/offline.yaml";
const REFUSED: &str = "tests/fixtures/mlflow/tumor_screening-v1/payloads/missing-column.json";
const AS_OF: &str = "2026-11-30T10:00:00Z";

const FORMATS: [&str; 9] =
    ["human", "json", "markdown", "junit", "sarif", "github", "gitlab", "tap", "html"];

fn gate<'a>(candidate: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let gate = ["gate", "--candidate", candidate, "--champion", CHAMPION, "--profile", OFFLINE];
    [&gate[..], &["--as-of", AS_OF], more].concat()
}

fn check<'a>(payload: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["check", "--signature", CHAMPION], payload, more].concat()
}

/// Commands, and how each ends.
fn commands() -> Vec<(Vec<&'static str>, i32)> {
    let empty = "host/cli/tests/reports/empty.yaml";
    vec![
        (gate(GOOD, &[]), 0),
        (gate(BAD, &[]), 1),
        (gate(BAD, &["--exit-zero"]), 0),
        (vec!["gate", "--candidate", GOOD, "--profile", empty], 3),
        (gate("no/such/folder", &[]), 2),
        (check(&[], &[]), 0),
        (check(&["--payload", REFUSED], &[]), 1),
        (check(&["--payload", "no/such/file"], &[]), 2),
    ]
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn no_format_changes_how_a_command_ends() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in commands() {
        for format in FORMATS {
            let file = path(&folder, format);
            let to_file = format!("{format}={file}");
            let output = tollgate(&[&arguments[..], &["--format", format]].concat());
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {format}: {output:?}");
            let written = tollgate(&[&arguments[..], &["--format", &to_file]].concat());
            assert_eq!(written.status.code(), Some(code), "{arguments:?} {format}: {written:?}");
            assert_eq!(text(&written.stdout), "", "only what is asked for");
            assert!(fs::metadata(&file).unwrap().len() > 0 || format == "human", "{format}");
            if arguments.contains(&AS_OF) && format != "human" {
                assert_eq!(fs::read(&file).unwrap(), output.stdout, "{format}");
            }
            let (reader, writer) = pipe().unwrap();
            drop(reader);
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            let arguments = [&arguments[..], &["--format", format]].concat();
            for lost in [std::process::Stdio::from(writer), full.into()] {
                let status = command(&arguments).stdout(lost).output().unwrap().status;
                assert_eq!(status.code(), Some(code), "{arguments:?}");
            }
        }
    }
}

#[test]
fn all_formats_at_once_are_those_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<String> =
        FORMATS.iter().map(|format| format!("{format}={}", path(&folder, format))).collect();
    let mut arguments = gate(BAD, &[]);
    for file in &files {
        arguments.extend(["--format", file]);
    }
    arguments.extend(["--format", "human"]);
    let output = tollgate(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    for format in FORMATS {
        let alone = tollgate(&gate(BAD, &["--format", format]));
        let written = fs::read_to_string(folder.path().join(format)).unwrap();
        assert_eq!(written, text(&alone.stdout), "{format}");
    }
    assert_eq!(text(&output.stdout), fs::read_to_string(folder.path().join("human")).unwrap());
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let none = path(&folder, "none/out.xml");
    let here = folder.path().display().to_string();
    for (file, why) in [
        (none.as_str(), "there is no folder"),
        (&here, "is a folder"),
        ("/dev/full", "cannot be written"),
    ] {
        for candidate in [GOOD, BAD] {
            let kept = path(&folder, "kept.json");
            let (junit, json) = (format!("junit={file}"), format!("json={kept}"));
            let formats = ["--format", &junit, "--format", &json, "--format", "human"];
            let output = tollgate(&gate(candidate, &formats));
            assert_eq!(output.status.code(), Some(2), "{file}: {output:?}");
            let told = text(&output.stderr).replace("\n  │ ", " ").replace('\n', "");
            assert!(told.contains(why), "{why} in {told}");
            let word = if candidate == GOOD { "PASSED" } else { "FAILED" };
            assert!(text(&output.stdout).contains(word), "a person sees the report");
            let kept: Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
            assert_ne!(kept["verdict"], "error", "the others are written all the same");
        }
        let junit = format!("junit={file}");
        let output = tollgate(&gate(GOOD, &["--format", "json", "--format", &junit]));
        assert_eq!(output.status.code(), Some(2));
        let report = common::report(&output);
        assert_eq!(report["verdict"], "error", "one value, and no pass: {report}");
    }
}

#[test]
fn contradictions_are_refused_before_anything_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "out");
    let (junit, tap) = (format!("junit={file}"), format!("tap={file}"));
    for (formats, why) in [
        (&["--format", "tap", "--format", "human"][..], "cannot both go to standard output"),
        (&["--format", "tap=-", "--format", "json=/dev/stdout"], "cannot both go to standard"),
        (&["--format", &junit, "--format", &tap], "two reports cannot both be"),
        (&["--format", "xml"], "`xml` is no format: expected one of `human`, `json`"),
        (&["--format", "junit="], "expected a file behind `junit=`"),
    ] {
        for arguments in [gate(GOOD, formats), check(&[], formats)] {
            let output = tollgate(&arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
            let told = text(&output.stderr).replace("\n  │ ", " ");
            assert!(told.contains(why), "{why} in {told}");
            assert!(!Path::new(&file).exists());
        }
    }
}

#[test]
fn after_an_error_no_file_tells_of_an_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let file = path(&folder, format);
        let to_file = format!("{format}={file}");
        let run = |candidate| tollgate(&gate(candidate, &["--format", &to_file]));
        assert_eq!(run(GOOD).status.code(), Some(0));
        let before = fs::read_to_string(&file).unwrap();
        let output = run("no/such/folder");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("no/such/folder"));
        let after = fs::read_to_string(&file).unwrap();
        assert_ne!(after, before, "{format}");
        assert!(after.contains("no/such/folder"), "{format}: {after}");
    }
    let output = tollgate(&gate("no/such/folder", &["--format", "github"]));
    let shown = text(&output.stdout);
    assert!(shown.starts_with("::error title=gate%3A error::`no/such/folder`"), "{shown}");
    let output = tollgate(&gate("no/such/folder", &["--format", "json"]));
    assert_eq!(common::report(&output)["verdict"], "error");
}

fn annotated(output: &Output) -> Vec<(String, usize, String)> {
    let shown = text(&output.stdout);
    let lines = shown.lines().filter_map(|line| line.strip_prefix("::error file="));
    lines
        .map(|line| {
            let (file, behind) = line.split_once(",line=").unwrap();
            let (line, behind) = behind.split_once(",title=").unwrap();
            let title = behind.split_once("::").unwrap().0;
            (file.to_owned(), line.parse().unwrap(), title.to_owned())
        })
        .collect()
}

#[test]
fn annotations_stand_at_the_rules_of_the_profile() {
    let output = tollgate(&gate(BAD, &["--format", "github"]));
    let document = fs::read_to_string(root().join(OFFLINE)).unwrap();
    let lines: Vec<&str> = document.lines().collect();
    let annotated = annotated(&output);
    assert_eq!(annotated.len(), 9);
    for (file, line, title) in annotated {
        assert_eq!(file, OFFLINE);
        let begins = match title.as_str() {
            "offline%3A accuracy-max-regression" => "    - metric: accuracy",
            "offline%3A auc-max-regression" => "    - metric: auc",
            "offline%3A calibration" => "    - id: calibration",
            "offline%3A feature-coverage" => "    - id: feature-coverage",
            slice => {
                assert!(slice.starts_with("offline%3A robustness accuracy{"), "{slice}");
                "    - id: robustness"
            }
        };
        assert_eq!(lines[line - 1], begins);
    }
}

#[test]
fn a_baked_profile_is_named_without_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let baked = path(&folder, "offline.wasm");
    assert_eq!(tollgate(&["bake", "--policy", OFFLINE, "-o", &baked]).status.code(), Some(0));
    let gate = ["gate", "--candidate", BAD, "--champion", CHAMPION, "--profile", &baked];
    let output = tollgate(&[&gate[..], &["--format", "github"]].concat());
    let annotated = annotated(&output);
    assert_eq!(annotated.len(), 9);
    assert!(annotated.iter().all(|(file, line, _)| *file == baked && *line == 1));
    let output = tollgate(&[&gate[..], &["--format", "json"]].concat());
    let report = common::report(&output);
    assert_eq!(report["profiles"][0]["document"], baked);
    assert_eq!(report["profiles"][0]["findings"][0]["line"], Value::Null);
}

#[test]
fn the_summary_of_a_job_is_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let run = |format: &str, summary: &Path| {
        command(&gate(BAD, &["--format", format]))
            .env("GITHUB_STEP_SUMMARY", summary)
            .output()
            .unwrap()
    };
    assert_eq!(run("tap", &summary).status.code(), Some(1));
    assert!(!summary.exists(), "who does not ask for GitHub writes none");
    fs::write(&summary, "# Before\n").unwrap();
    for _ in 0..2 {
        assert_eq!(run("github", &summary).status.code(), Some(1));
    }
    let markdown = text(&tollgate(&gate(BAD, &["--format", "markdown"])).stdout);
    let expected = format!("# Before\n{markdown}\n{markdown}\n");
    assert_eq!(fs::read_to_string(&summary).unwrap(), expected);
    fs::remove_file(&summary).unwrap();
    run("github", &summary);
    assert_eq!(fs::read_to_string(&summary).unwrap(), format!("{markdown}\n"));
    let output = run("github", &folder.path().join("none/summary.md"));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(run("github", Path::new("")).status.code(), Some(1), "as if it were not set");
}

#[test]
fn values_that_are_hidden_are_in_no_format() {
    let folder = tempfile::tempdir().unwrap();
    let payload = path(&folder, "request.json");
    let mut request: Value =
        serde_json::from_str(&fs::read_to_string(root().join(REFUSED)).unwrap()).unwrap();
    let record = request["dataframe_records"][0].as_object_mut().unwrap();
    let column = record.keys().next().unwrap().clone();
    record.insert(column, "sesame".into());
    fs::write(&payload, request.to_string()).unwrap();
    for format in FORMATS {
        let show = |more: &[&str]| {
            let output =
                tollgate(&[&check(&["--payload", &payload], &["--format", format]), more].concat());
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            text(&output.stdout)
        };
        assert!(!show(&["--hide-values"]).contains("sesame"), "{format}");
    }
    let json = tollgate(&check(&["--payload", &payload], &["--format", "json"]));
    assert!(text(&json.stdout).contains("sesame"), "without the flag it is there");
}
