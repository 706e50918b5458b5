//! A repository of somebody who keeps policies in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::common::text;
use super::runner::Runner;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_tollgate");
pub(crate) const MODELS: &str = "tests/fixtures/mlflow/tumor_screening-v";

pub(crate) fn sha256(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().unwrap();
    text(&output.stdout)[..64].to_owned()
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Dana", "-c", "user.email=dana@example.com"])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A repository with policies and evidence, and a branch on it.
pub(crate) fn repository() -> Runner {
    let runner = Runner::new();
    let folder = runner.workspace();
    fs::create_dir(folder.join("evidence")).unwrap();
    let rows = folder.join("tests/fixtures/mlflow/fraud/transactions.jsonl");
    fs::copy(rows, folder.join("evidence/yesterday.jsonl")).unwrap();
    let models = MODELS;
    for version in [2, 3] {
        let output = Command::new(BINARY)
            .args(["gate", "--candidate", &format!("{models}{version}")])
            .args(["--champion", &format!("{models}1"), "--no-cache"])
            .args(["--profile", "policies/gates/offline.yaml"])
            .args(["--record", "evidence/records.jsonl", "--as-of", "2026-11-30T12:00:00Z"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "--message", "policies"]);
    git(&folder, &["checkout", "--quiet", "-b", "change"]);
    runner
}

pub(crate) fn edit(runner: &Runner, file: &str, from: &str, to: &str) {
    let path = runner.workspace().join(file);
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.contains(from), "{from}");
    fs::write(path, before.replace(from, to)).unwrap();
}

pub(crate) fn commit(runner: &Runner) {
    git(&runner.workspace(), &["add", "--all"]);
    git(&runner.workspace(), &["commit", "--quiet", "--message", "change"]);
}
