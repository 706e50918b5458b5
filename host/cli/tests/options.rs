//! An option that would do nothing is refused: whoever gives it expects
//! something of it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use common::{command, root, text};

/// Whatever else is wrong with these is seen later: the option comes first.
const IDLE: [&str; 32] = [
    // A folder and what was kept are compared with no alias, and have no history.
    "gate --candidate models/a --profile p.yaml --alias champion",
    "gate --candidate models/a --profile p.yaml --history 3",
    "gate --offline seen.json --profile p.yaml --alias champion",
    "gate --offline seen.json --profile p.yaml --history 3",
    // Nor is a registry asked about them.
    "gate --candidate models/a --profile p.yaml --registry http://127.0.0.1:9",
    "gate --candidate models/a --profile p.yaml --timeout 3",
    "gate --offline seen.json --profile p.yaml --registry http://127.0.0.1:9",
    "gate --offline seen.json --profile p.yaml --timeout 3",
    "gate --offline seen.json --profile p.yaml --sources s.yaml",
    "gate --offline seen.json --profile p.yaml --facts f.json",
    "gate --offline seen.json --profile p.yaml --as-of 2026-11-30T12:00:00Z",
    "gate --offline seen.json --profile p.yaml --facts-out again.json",
    "gate --offline seen.json --profile p.yaml --champion models/b",
    "gate models:/a/1 --profile p.yaml --champion models/b",
    // What the plan says is not read, or is not what is judged.
    "gate --candidate models/a --profile p.yaml --plan plan.yaml",
    "gate --offline seen.json --profile p.yaml --plan plan.yaml",
    "gate --offline seen.json --to Staging --approvals approvals.yaml",
    "gate models:/a/1 --profile p.yaml --approvals approvals.yaml",
    // Nothing is recorded.
    "gate --candidate models/a --profile p.yaml --no-keep-plugins",
    "promote models:/a/1 --to Staging --no-keep-plugins",
    "watch --once --profile p.yaml --facts f.json --no-keep-plugins",
    // Nothing is moved by approvals but by a promotion.
    "reject models:/a/1 --reason r --approvals approvals.yaml",
    "watch models:/a@champion --once --profile p.yaml --facts f.json --approvals approvals.yaml",
    // No model of a registry is watched, and nobody gets mail.
    "watch --once --profile p.yaml --facts f.json --registry http://127.0.0.1:9",
    "watch --once --profile p.yaml --facts f.json --plan plan.yaml",
    "watch --once --profile p.yaml --facts f.json --by dana",
    "watch --once --profile p.yaml --facts f.json --email-to a@example.org",
    "watch --once --profile p.yaml --facts f.json --email-from a@example.org",
    // There is no payload to read or to hide.
    "check --signature MLmodel --payload-format csv",
    "check --signature MLmodel --hide-values",
    "check --signature MLmodel --allow-empty",
    "check --signature MLmodel --payload r.json --resource https://example.org/a=a.json",
];

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let mut page = String::new();
    for line in IDLE {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = command(&arguments).current_dir(root()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {}", text(&output.stdout));
        let error = text(&output.stderr);
        let said = error.split("\n\nUsage:").next().unwrap().trim();
        page += &format!("$ tollgate {line}\n{said}\n\n");
    }
    insta::assert_snapshot!(page);
}

/// The same options where they do something: what is refused then is that the
/// files are not there.
#[test]
fn the_same_options_do_something_elsewhere() {
    for line in [
        "gate models:/a/1 --profile p.yaml --alias champion --history 3 --plan p.yaml --timeout 3",
        "gate --candidate models/a --to Staging --plan plan.yaml --approvals approvals.yaml",
        "gate --offline seen.json --to Staging --plan plan.yaml",
        "gate --candidate models/a --profile p.yaml --record r.jsonl --no-keep-plugins",
        "watch models:/a@b --once --profile p.yaml --facts f.json --plan p.yaml --by dana",
        "watch --once --profile p.yaml --facts f.json --email-out . --email-to a@example.org",
        "check --signature no/MLmodel --payload r.csv --payload-format csv --allow-empty",
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = command(&arguments).current_dir(root()).output().unwrap();
        let error = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(error.contains("does not exist"), "{line}: {error}");
    }
}
