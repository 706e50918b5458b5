//! What a pull request shows of the policies that it changes: `policy changes`
//! of the CI kit, in real repositories.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "ci/repository.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod repository;
#[path = "ci/runner.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod runner;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use repository::{BINARY, commit, edit, git, repository};
use runner::{Ran, Runner, plain};

const EVIDENCE: [(&str, &str); 5] = [
    ("binary", BINARY),
    ("command", "policy changes"),
    ("base", "main"),
    ("decisions", "policies/fraud.yaml=evidence/yesterday.jsonl"),
    ("records", "evidence/records.jsonl"),
];

fn changes(runner: &mut Runner, more: &[(&str, &str)]) -> Ran {
    let mut inputs = EVIDENCE.to_vec();
    inputs.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    inputs.extend(more);
    runner.action(&inputs)
}

#[test]
fn a_pull_request_shows_what_its_policies_change() {
    let mut runner = repository();
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 0.5");
    edit(&runner, "policies/gates/offline.yaml", "threshold: 0.1", "threshold: 0.02");
    edit(&runner, "policies/promotion.yaml", "stages: true", "stages: false");
    fs::copy(
        runner.workspace().join("policies/gates/staging.yaml"),
        runner.workspace().join("policies/gates/new.yaml"),
    )
    .unwrap();
    fs::remove_file(runner.workspace().join("policies/gates/ramp.yaml")).unwrap();
    commit(&runner);
    let ran = changes(&mut runner, &[]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let markdown = fs::read_to_string(plain(&ran.outputs["markdown"])).unwrap();
    for says in [
        "settings.thresholds.block | 0.7 → 0.5",
        "| manual\\_review | block | 11 |",
        "| tumor\\_screening v2 | pass | fail |",
        "`policies/promotion.yaml` changed and is no policy document: not compared.",
        "`policies/gates/new.yaml` is new",
        "`policies/gates/ramp.yaml` is removed",
    ] {
        assert!(markdown.contains(says), "{says}: {markdown}");
        assert!(runner.summary().contains(says), "{says}: {}", runner.summary());
    }
    assert!(ran.log.contains("::warning file=policies/fraud.yaml,line=51,"), "{}", ran.log);
    // Each document has a report of its own.
    let reports = plain(&ran.outputs["reports"]);
    for number in 1..=4 {
        let is_there = Path::new(&reports).join(format!("diff-{number}.json")).is_file();
        assert_eq!(is_there, number == 1 || number == 3, "{number}: {}", ran.log);
    }
    assert_eq!(changes(&mut runner, &[("fail-on", "change")]).code, 1);
}

#[test]
fn a_pull_request_without_a_change_says_so() {
    let mut runner = repository();
    edit(&runner, "policies/fraud.yaml", "# From mild to strict.", "# Mildest first.");
    commit(&runner);
    for more in [&[][..], &[("fail-on", "change")]] {
        let ran = changes(&mut runner, more);
        assert_eq!(ran.code, 0, "{}", ran.log);
        assert!(ran.log.contains("SAME: 285 rows come out the same"), "{}", ran.log);
    }
    git(&runner.workspace(), &["reset", "--quiet", "--hard", "main"]);
    let ran = changes(&mut runner, &[("fail-on", "change")]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.log.contains("No policy document changed."), "{}", ran.log);
    // What the base changed meanwhile is not this change's.
    git(&runner.workspace(), &["checkout", "--quiet", "main"]);
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 0.5");
    commit(&runner);
    git(&runner.workspace(), &["checkout", "--quiet", "change"]);
    let ran = changes(&mut runner, &[("fail-on", "change")]);
    assert!(ran.code == 0 && ran.log.contains("No policy document changed."), "{}", ran.log);
}

/// Each way to find nothing that is none.
#[test]
fn what_was_not_compared_is_no_pass() {
    let mut runner = repository();
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 0.70");
    commit(&runner);
    let cases: [(&[(&str, &str)], i32); 17] = [
        (&[], 0),
        (&[("base", "")], 2),
        (&[("base", "nowhere")], 2),
        (&[("base", "--help")], 2),
        (&[("policies", "polices")], 2),
        (&[("fail-on", "anything")], 2),
        (&[("decisions", "nowhere.jsonl")], 2),
        // Evidence that says nothing of such a document.
        (&[("decisions", ""), ("records", "evidence/records.jsonl")], 2),
        (&[("decisions", ""), ("records", "")], 0),
        // A line that is for nothing, or for what another one is for.
        (&[("decisions", "policies/fruad.yaml=evidence/yesterday.jsonl")], 2),
        (&[("decisions", "./policies/fraud.yaml=evidence/yesterday.jsonl")], 2),
        (&[("decisions", "evidence/day=1/yesterday.jsonl")], 2),
        (&[("decisions", "policies/fraud.yaml=")], 2),
        (
            &[("decisions", "policies/fraud.yaml=evidence/yesterday.jsonl\npolicies/fraud.yaml=x")],
            2,
        ),
        (&[("decisions", "evidence/yesterday.jsonl\nevidence/other.jsonl")], 2),
        (&[("records", "policies/gates/none.yaml=evidence/records.jsonl")], 2),
        (&[("policies", "policies/gates\npolicies/nowhere.yaml")], 2),
    ];
    for (more, code) in cases {
        let ran = changes(&mut runner, more);
        assert_eq!(ran.code, code, "{more:?}: {}", ran.log);
    }
    // A document that cannot be used.
    edit(&runner, "policies/fraud.yaml", "block: 0.70", "block: 7");
    commit(&runner);
    assert_eq!(changes(&mut runner, &[]).code, 2);
    // A link instead of a document.
    let path = runner.workspace().join("policies/fraud.yaml");
    fs::remove_file(&path).unwrap();
    symlink("gates/offline.yaml", &path).unwrap();
    commit(&runner);
    assert_eq!(changes(&mut runner, &[]).code, 3);
    // No repository, and one without the commit that both go on from.
    fs::rename(runner.workspace().join(".git"), runner.file("git")).unwrap();
    assert_eq!(changes(&mut runner, &[]).code, 2);
    fs::rename(runner.file("git"), runner.workspace().join(".git")).unwrap();
    git(&runner.workspace(), &["checkout", "--quiet", "--orphan", "other"]);
    commit(&runner);
    let ran = changes(&mut runner, &[]);
    assert_eq!(ran.code, 2, "{}", ran.log);
    assert!(ran.log.contains("fetch-depth: 0"), "{}", ran.log);
}

#[test]
fn file_names_of_strangers_are_names() {
    let mut runner = repository();
    let names = [
        "$(touch pwned).yaml",
        "a\n::error::forged.yaml",
        "--format=json.yaml",
        "*.yaml",
        ":(exclude)x.yaml",
        "'; touch pwned; '.yml",
        "a=b.yaml",
    ];
    for name in names {
        let to = runner.workspace().join("policies").join(name);
        fs::copy(runner.workspace().join("policies/fraud.yaml"), to).unwrap();
    }
    commit(&runner);
    git(&runner.workspace(), &["branch", "--force", "main"]);
    for name in names {
        edit(&runner, &format!("policies/{name}"), "block: 0.7", "block: 0.5");
    }
    commit(&runner);
    let ran = changes(&mut runner, &[("decisions", "evidence/yesterday.jsonl")]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(
        ran.log.matches("tollgate policy diff: DIFFERENT: 11 of 285").count(),
        names.len(),
        "{}",
        ran.log
    );
    assert!(!runner.workspace().join("pwned").exists());
    assert!(!ran.log.lines().any(|line| line.starts_with("::error")), "{}", ran.log);
}
