//! The exit code is the verdict's, whatever becomes of what is printed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _, pipe};
use std::process::{Command, Output, Stdio};
use std::thread;

use common::{command, text, tollgate};

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const GOOD: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const BAD: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const OFFLINE: &str = "policies/gates/offline.yaml";
const FRAUD: &str = "policies/fraud.yaml";
const ROWS: &str = "tests/fixtures/mlflow/fraud/transactions.csv";
const LINES: &str = "tests/fixtures/mlflow/fraud/transactions.jsonl";
const REFUSED: &str = "tests/fixtures/mlflow/tumor_screening-v1/payloads/missing-column.json";
const CHURN: &str = "host/cli/tests/signatures/churn.csv";
const OLD: &str = "host/cli/tests/signatures/old.json";
const NEW: &str = "host/cli/tests/signatures/new.json";

/// Every command, and how it ends.
fn commands() -> Vec<(Vec<&'static str>, i32)> {
    let gate = |candidate| {
        vec!["gate", "--candidate", candidate, "--champion", CHAMPION, "--profile", OFFLINE]
    };
    vec![
        (gate(GOOD), 0),
        (gate(BAD), 1),
        (gate("no/such/folder"), 2),
        ([gate(BAD), vec!["--exit-zero"]].concat(), 0),
        (vec!["check", "--signature", CHAMPION], 0),
        (vec!["check", "--signature", CHAMPION, "--payload", REFUSED], 1),
        (vec!["check", "--signature", CHAMPION, "--payload", "no/such/file"], 2),
        (vec!["decide", "--policy", FRAUD, "--input", LINES], 0),
        (vec!["decide", "--policy", FRAUD, "--input", ROWS], 0),
        (vec!["decide", "--policy", FRAUD, "--input", CHURN], 2),
        (vec!["decide", "--policy", FRAUD, "--input", "no/such/file"], 2),
        (vec!["signature", "diff", OLD, OLD], 0),
        (vec!["signature", "diff", OLD, NEW], 1),
        (vec!["signature", "infer", CHURN], 0),
        (vec!["signature", "infer", "no/such/file"], 2),
        (vec!["signature", "convert", "--to", "json-schema", OLD], 0),
        (vec!["plugin", "list"], 0),
        (vec!["plugin", "inspect", "metric-gate"], 0),
        (vec!["plugin", "inspect", "no/such/file"], 2),
        (vec!["bake", "--policy", "no/such/file", "-o", "no/such/file"], 2),
        (vec!["gate", "--no-such-flag"], 2),
        (vec!["--help"], 0),
        (vec!["gate", "--help"], 0),
        (vec!["--version"], 0),
    ]
}

/// Each of them, in both formats where it has them.
fn each(mut assert: impl FnMut(&[&str], i32)) {
    for (arguments, code) in commands() {
        assert(&arguments, code);
        if arguments.len() > 1 && !arguments.contains(&"--help") {
            assert(&[&arguments[..], &["--format", "json"]].concat(), code);
        }
    }
}

fn code(command: &mut Command) -> Option<i32> {
    command.stdin(Stdio::null()).status().unwrap().code()
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
fn the_commands_end_as_they_are_said_to() {
    each(|arguments, expected| {
        let output = tollgate(arguments);
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {output:?}");
    });
}

#[test]
fn a_reader_that_is_gone_changes_no_exit_code() {
    each(|arguments, expected| {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let errors = writer.try_clone().unwrap();
        let status = code(command(arguments).stdout(writer).stderr(errors));
        assert_eq!(status, Some(expected), "{arguments:?}");
    });
}

/// `| head -1`: sometimes all is written before the reader goes.
#[test]
fn a_reader_that_has_enough_changes_no_exit_code() {
    for format in ["human", "json"] {
        for _ in 0..12 {
            let (mut reader, writer) = pipe().unwrap();
            let gone = thread::spawn(move || {
                let mut byte = [0];
                let _ = reader.read(&mut byte);
            });
            let gate = ["gate", "--candidate", BAD, "--champion", CHAMPION, "--profile", OFFLINE];
            let arguments = [&gate[..], &["--format", format]].concat();
            assert_eq!(code(command(&arguments).stdout(writer)), Some(1));
            gone.join().unwrap();
        }
    }
}

#[test]
fn a_full_disk_changes_no_verdict() {
    each(|arguments, expected| {
        let status = code(command(arguments).stdout(full()).stderr(full()));
        // What was asked for is the document itself, and it is not there.
        let document = matches!(arguments, ["signature", "infer" | "convert", ..])
            && !arguments.contains(&"json");
        let expected = if document { 2 } else { expected };
        assert_eq!(status, Some(expected), "{arguments:?}");
    });
    let gate = ["gate", "--candidate", GOOD, "--champion", CHAMPION, "--profile", OFFLINE];
    let output = command(&gate).stdout(full()).output().unwrap();
    let told = text(&output.stderr);
    assert!(told.starts_with("the report is not written to standard output: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn closed_streams_change_no_exit_code() {
    each(|arguments, expected| {
        let tollgate = command(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" >&- 2>&-"]).arg(tollgate.get_program());
        shell.args(tollgate.get_args()).current_dir(tollgate.get_current_dir().unwrap());
        for (name, value) in tollgate.get_envs() {
            shell.env(name, value.unwrap());
        }
        assert_eq!(code(&mut shell), Some(expected), "{arguments:?}");
    });
}

/// A policy's rows, and a reader of the answers that is not there.
fn decide_unread(input: impl Into<Stdio>, path: &str) -> Output {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let arguments = ["decide", "--policy", FRAUD, "--input", path, "--input-format", "jsonl"];
    command(&arguments).stdin(input).stdout(writer).output().unwrap()
}

#[test]
fn a_file_is_decided_to_its_end_though_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let good = std::fs::read_to_string(common::root().join(LINES)).unwrap();
    // More than one batch, and the only row without a score is the last.
    let rows = good.repeat(40);
    std::fs::write(&path, &rows).unwrap();
    let decided = decide_unread(Stdio::null(), &path.display().to_string());
    assert_eq!(decided.status.code(), Some(0), "{}", text(&decided.stderr));
    std::fs::write(&path, rows + "{\"amount\": 1}\n").unwrap();
    let decided = decide_unread(Stdio::null(), &path.display().to_string());
    assert_eq!(decided.status.code(), Some(2), "{}", text(&decided.stderr));
}

#[test]
fn a_stream_ends_when_nobody_reads() {
    let row = std::fs::read_to_string(common::root().join(LINES)).unwrap();
    let row = row.lines().next().unwrap().to_owned() + "\n";
    let (reader, mut writer) = pipe().unwrap();
    // Without an end: this stops when `decide` does.
    let endless = thread::spawn(move || {
        let rows = row.repeat(1000);
        while writer.write_all(rows.as_bytes()).is_ok() {}
    });
    let decided = decide_unread(reader, "-");
    endless.join().unwrap();
    let told = text(&decided.stderr);
    assert_eq!(decided.status.code(), Some(2), "{told}");
    assert!(told.replace("\n  │", "").contains("are not decided"), "{told}");
}
