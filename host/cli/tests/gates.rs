//! `tollgate gate`, as a release engineer meets it: time, slices, copies of
//! facts, and what judges nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod common;

use std::path::Path;

use common::{text, tollgate};
use serde_json::Value;

/// A profile with these rules, a model with these facts: exit code and report.
fn judged(rules: &str, facts: &str, more: &[&str]) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    write(
        "profile.yaml",
        &format!(
            "name: p\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings: {{ rules: {rules} }}\n"
        ),
    );
    write("facts.json", facts);
    let (candidate, profile) = (folder.path().display().to_string(), path("profile.yaml"));
    let mut arguments = vec!["gate", "--candidate", &candidate, "--profile", &profile];
    arguments.extend(["--format", "json"]);
    arguments.extend(more);
    let output = tollgate(&arguments);
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), report)
}

fn message(report: &Value) -> &str {
    report["profiles"][0]["findings"][0]["message"].as_str().unwrap()
}

#[test]
fn a_run_judges_as_of_a_time() {
    let rules = r#"[{ metric: auc, comparison: ">=", threshold: 0.8, max_age: 7d }]"#;
    let facts =
        r#"{"facts":[{"name":"auc","value":0.9,"observed_at":"2026-11-14T13:00:00+01:00"}]}"#;
    let as_of = |time| judged(rules, facts, &["--as-of", time]);
    let (code, report) = as_of("2026-11-21T12:00:00Z");
    assert_eq!((code, &report["as_of"]), (0, &Value::from("2026-11-21T12:00:00Z")), "{report}");
    let last = report["facts"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["name"], &last["value"]), (&"as_of".into(), &report["as_of"]));
    let (code, report) = as_of("2026-11-21T12:00:00.001Z");
    assert_eq!(code, 3, "{report}");
    assert!(message(&report).contains("more than 7d before 2026-11-21T12:00:00.001Z"), "{report}");
    assert_eq!(as_of("2026-11-14T11:59:59Z").0, 3, "from the future");
    // By the machine's clock it is long ago, or not yet.
    assert_eq!(judged(rules, &facts.replace("2026", "2006"), &[]).0, 3);
    assert_eq!(judged(rules, &facts.replace("2026", "9026"), &[]).0, 3);
    assert_eq!(judged(rules, r#"{"metrics":{"auc":0.9}}"#, &[]).0, 3, "undated");

    let wrong = tollgate(&["gate", "--candidate", "x", "--profile", "x", "--as-of", "2024-02-30"]);
    assert_eq!(wrong.status.code(), Some(2));
    let said = text(&wrong.stderr);
    assert!(said.contains("`2024-02-30` is no time with a zone"), "{said}");
}

#[test]
fn of_several_observations_the_newest_counts() {
    let rules = r#"[{ metric: auc, comparison: ">=", threshold: 0.8 }]"#;
    let facts = |one: &str, two: &str| {
        format!(
            r#"{{"facts":[{{"name":"auc","value":0.9,"observed_at":"{one}"}},{{"name":"auc","value":0.7,"observed_at":"{two}"}}]}}"#
        )
    };
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z");
    let (code, report) = judged(rules, &facts(late, early), &[]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(
        message(&report),
        "auc 0.9 is at least 0.8; the newest of 2 observations, of 2026-01-01T00:00:00.5Z"
    );
    assert_eq!(judged(rules, &facts(early, late), &[]).0, 1);
    assert_eq!(judged(rules, &facts(early, "2026-01-01T01:00:00+01:00"), &[]).0, 3);
}

#[test]
fn copies_of_a_fact_agree_or_are_inconclusive() {
    let rules = r#"[{ metric: p99_ms, comparison: "<=", threshold: 60, min_samples: 1000 }]"#;
    let copy = |value: &str, unit: &str, samples: u32| {
        format!(r#"{{"name":"p99_ms","value":{value},"unit":"{unit}","samples":{samples}}}"#)
    };
    let first = copy("50", "ms", 5000);
    for (second, code) in [
        (copy("0.05", "s", 5000), 0),
        (copy("50", "s", 5000), 3),
        (copy("50", "ms", 5), 3),
        (copy("50", "MB", 5000), 3),
    ] {
        for facts in [format!("{first},{second}"), format!("{second},{first}")] {
            let (got, report) = judged(rules, &format!(r#"{{"facts":[{facts}]}}"#), &[]);
            assert_eq!(got, code, "{report}");
        }
    }
}

#[test]
fn what_judged_nothing_has_not_passed() {
    let skip = r#"[{ metric: auc, comparison: ">=", threshold: 0.8, on_missing: skip }]"#;
    let facts = r#"{"metrics":{"f1":0.9}}"#;
    let (code, report) = judged(skip, facts, &[]);
    assert_eq!((code, &report["verdict"]), (3, &Value::from("inconclusive")), "{report}");
    assert_eq!(judged(skip, r#"{"metrics":{"auc":0.9}}"#, &[]).0, 0);
    let (code, report) = judged("[]", facts, &[]);
    assert_eq!(code, 3, "{report}");
    assert!(message(&report).contains("no rules"), "{report}");
}

/// Whoever reads the report as JSON gets each mistake with its place, from a
/// file given with `--facts` and from one in the model's folder.
#[test]
fn mistakes_in_facts_are_in_the_report_for_programs() {
    let rules = r#"[{ metric: auc, comparison: ">=", threshold: 0.8 }]"#;
    let wrong = "{\"facts\": [\n  {\"name\": null, \"value\": 1},\n  {\"name\": \"auc\", \"value\": 0.9, \"observed_at\": \"2024-02-30T00:00:00Z\"}\n]}";
    let (code, report) = judged(rules, wrong, &[]);
    assert_eq!(code, 2);
    let places = |report: &Value, file: &str| {
        let details = report["details"].as_array().unwrap();
        let details: Vec<&str> = details.iter().map(|line| line.as_str().unwrap()).collect();
        assert_eq!(details.len(), 2, "{details:?}");
        assert!(
            details[0].contains(&format!("{file}:2:12: `name` is text, found nothing")),
            "{details:?}"
        );
        assert!(
            details[1].contains(&format!("{file}:3:48: `2024-02-30T00:00:00Z` is no time")),
            "{details:?}"
        );
    };
    places(&report, "facts.json");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("more.json");
    std::fs::write(&path, wrong).unwrap();
    let more = Path::display(&path).to_string();
    let (code, report) = judged(rules, r#"{"metrics":{"auc":0.9}}"#, &["--facts", &more]);
    assert_eq!(code, 2);
    places(&report, "more.json");
}

/// Whoever makes the quorum smaller has changed the policy, and all that was
/// approved under it.
#[test]
fn the_policy_that_is_approved_takes_in_who_approves() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    write("facts.json", r#"{"facts":[{"name":"auc","value":0.9}]}"#);
    write(
        "profile.yaml",
        "name: p\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings:\n  rules:\n    \
         - { metric: auc, comparison: '>=', threshold: 0.8 }\n",
    );
    let digests = |approvals: Option<u8>| {
        let mut plan = "targets:\n  Staging:\n    profiles: [profile.yaml]\n".to_owned();
        if let Some(quorum) = approvals {
            plan += "    approvals: approvals.yaml\n";
            let profile = "name: a\nversion: 1.0.0\nplugin: approval-quorum@^0.1\nowner: o\n";
            let settings = format!("settings: {{ default: {{ quorum: {quorum} }} }}\n");
            write("approvals.yaml", &format!("{profile}{settings}"));
        }
        write("plan.yaml", &plan);
        let (candidate, plan) = (folder.path().display().to_string(), path("plan.yaml"));
        let arguments = ["gate", "--candidate", &candidate, "--plan", &plan, "--to", "Staging"];
        let output = tollgate(&[&arguments[..], &["--format", "json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        ["model", "report", "policy"].map(|of| report["digests"][of].clone())
    };
    let [none, one, two] = [None, Some(1), Some(2)].map(digests);
    assert_eq!(digests(Some(2)), two);
    // The same model, and the same findings.
    assert_eq!((&none[..2], &one[..2]), (&two[..2], &two[..2]));
    assert!(none[2] != one[2] && one[2] != two[2] && none[2] != two[2], "{none:?} {one:?} {two:?}");
}
