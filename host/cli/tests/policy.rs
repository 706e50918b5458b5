//! `tollgate policy`, as the author of a policy meets it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{report, root, text, tollgate};
use serde_json::Value;

/// The name of a case's folder in what is told of it.
fn told(output: &std::process::Output) -> String {
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

fn code(output: &std::process::Output) -> i32 {
    output.status.code().unwrap()
}

/// Every document and plan that is here has nothing wrong with it, and the form
/// that is stated.
#[test]
fn what_is_under_policies_is_clean_and_formatted() {
    let lint = tollgate(&["policy", "lint", "policies", "--fail-on", "warn", "--format", "json"]);
    let lint = report(&lint);
    assert_eq!(lint["verdict"], "pass", "{lint:#}");
    let documents = lint["documents"].as_array().unwrap();
    assert!(documents.len() > 25, "{documents:#?}");
    for kind in ["promotion plan", "list of sources"] {
        assert!(documents.iter().any(|it| it["kind"] == kind), "no {kind}");
    }
    let skipped = lint["skipped"].as_array().unwrap();
    assert!(skipped.iter().all(|it| it.as_str().unwrap().ends_with(".schema.json")), "{skipped:?}");
    let fmt = tollgate(&["policy", "fmt", "--check", "policies"]);
    assert_eq!(code(&fmt), 0, "{}{}", text(&fmt.stdout), text(&fmt.stderr));
}

/// A folder of documents, each with what is found in it.
#[test]
fn documents_with_mistakes() {
    let mut told_of = Vec::new();
    let folder = root().join("host/cli/tests/policies");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.is_file()) {
        let name = format!("host/cli/tests/policies/{}", file.file_name().unwrap().display());
        let output = tollgate(&["policy", "lint", &name]);
        told_of.push(format!("exit code {}\n{}", code(&output), told(&output)));
    }
    insta::assert_snapshot!(told_of.join("\n"));
}

#[test]
fn a_lint_reports_at_the_line_in_every_format() {
    let file = "host/cli/tests/policies/never-fails.yaml";
    let of = |format: &str| told(&tollgate(&["policy", "lint", file, "--format", format]));
    let github = of("github");
    assert!(github.starts_with(&format!("::warning file={file},line=")), "{github}");
    let sarif: Value = serde_json::from_str(&of("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "policy-lint/never-fails");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 10, "{sarif:#}");
    let gitlab: Value = serde_json::from_str(&of("gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["lines"]["begin"], 10);
    assert!(of("junit").contains("<testsuite"), "junit");
    assert!(of("tap").starts_with("TAP version 14"), "tap");
    for format in ["markdown", "html"] {
        assert!(of(format).contains("never\\-fails") || of(format).contains("never-fails"));
    }
}

/// For every way to pass its twin that does not.
#[test]
fn how_a_lint_ends() {
    let lint = |arguments: &[&str]| {
        let output = tollgate(&[&["policy", "lint"], arguments].concat());
        (code(&output), text(&output.stderr))
    };
    let warned = "host/cli/tests/policies/never-fails.yaml";
    let broken = "host/cli/tests/policies/settings.yaml";
    assert_eq!(lint(&["policies/fraud.yaml"]).0, 0);
    assert_eq!(lint(&[warned]).0, 0, "warnings pass");
    assert_eq!(lint(&[warned, "--fail-on", "warn"]).0, 1);
    assert_eq!(lint(&[broken]).0, 1);
    assert_eq!(lint(&["policies/fraud.yaml", broken]).0, 1, "the worst decides");
    assert_eq!(lint(&[broken, "--exit-zero"]).0, 0);
    assert_eq!(lint(&["policies/no.yaml"]).0, 2);
    assert_eq!(lint(&["policies/fraud.yaml", "policies/no.yaml"]).0, 2);
    assert_eq!(lint(&["policies/no.yaml", "--exit-zero"]).0, 2);
    assert_eq!(lint(&["policies/fraud.yaml", "--facts", "no.json"]).0, 2);
    // What looked at nothing has found nothing.
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(lint(&[empty.path().to_str().unwrap()]).0, 3);
    fs::write(empty.path().join("values.yaml"), "replicas: 3\n").unwrap();
    assert_eq!(lint(&[empty.path().to_str().unwrap()]).0, 3);
    // Named itself, it is meant to be one.
    let named = empty.path().join("values.yaml");
    assert_eq!(lint(&[named.to_str().unwrap()]).0, 1);
    // A document of a folder with a typo in `plugin` is one all the same.
    let document = fs::read_to_string(root().join("policies/fraud.yaml")).unwrap();
    fs::write(named, document.replace("plugin:", "plugn:")).unwrap();
    assert_eq!(lint(&[empty.path().to_str().unwrap()]).0, 1);
}

/// Nothing in a folder is passed over without a word, and a folder without
/// anything passes nothing, whatever else was given.
#[cfg(unix)]
#[test]
fn what_is_passed_over_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["documents", "elsewhere", "nothing"] {
        fs::create_dir(at(name)).unwrap();
    }
    let document = fs::read_to_string(root().join("policies/fraud.yaml")).unwrap();
    fs::write(at("documents/FRAUD.YAML"), &document).unwrap();
    fs::write(at("elsewhere/fraud.yml"), document.replace("block: 0.7", "block:   7")).unwrap();
    std::os::unix::fs::symlink(at("elsewhere"), at("documents/linked")).unwrap();
    fs::write(at("nothing/notes.txt"), "block: 7\n").unwrap();
    let run = |words: &[&str]| {
        let output = tollgate(&[&["policy"][..], words].concat());
        (code(&output), text(&output.stdout), text(&output.stderr))
    };
    for verb in [&["lint"][..], &["fmt", "--check"]] {
        let of = |folders: &[&str]| run(&[verb, folders].concat());
        let (code, told, noted) = of(&[&at("documents")]);
        assert_eq!(code, 0, "{told}{noted}");
        assert!(told.contains("1 document") || told.contains("1 file"), "{told}");
        assert!(noted.contains("documents/linked` is a link to a folder"), "{noted}");
        // Named itself, what it leads to is meant.
        let (code, told, noted) = of(&[&at("documents/linked")]);
        assert_eq!((code, noted.as_str()), (1, ""), "{told}");
        let (code, told, noted) = of(&[&at("documents"), &at("nothing")]);
        assert_eq!(code, if verb.len() == 1 { 3 } else { 2 }, "{told}{noted}");
        assert!((told + &noted).contains("nothing"));
    }
    let (_, told, _) = run(&["lint", &at("documents"), &at("nothing"), "--format", "json"]);
    assert!(told.contains(r#""empty": ["#), "{told}");
}

/// A rule is supplied when its plugin rests a finding on a fact.
#[test]
fn a_rule_without_evidence_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.yaml");
    let lint = |metrics: &str| {
        fs::write(&facts, metrics).unwrap();
        let facts = facts.to_str().unwrap();
        let profile = "policies/gates/offline-absolute.yaml";
        report(&tollgate(&["policy", "lint", profile, "--facts", facts, "--format", "json"]))
    };
    let lines = |report: &Value| -> Vec<String> {
        let findings = report["documents"][0]["findings"].as_array().unwrap().clone();
        let lines = findings.iter().map(|it| {
            assert_eq!((&it["rule"], &it["outcome"]), (&"no-evidence".into(), &"warn".into()));
            assert!(it["line"].is_u64(), "{it}");
            let message = it["message"].as_str().unwrap();
            message.split('`').nth(1).unwrap().to_owned()
        });
        lines.collect()
    };
    // An alias, a split as a prefix and slices are the plugin's to know.
    let all = "metrics: { test_accuracy: 0.9, test_auc: 0.9, p99_latency_ms: 80, \
               \"auc{group=a}\": 0.9, \"auc{group=b}\": 0.9 }\n";
    assert_eq!(lines(&lint(all)), Vec::<String>::new());
    let other = "metrics: { test_acuracy: 0.9, test_auc: 0.9 }\n";
    let left = lines(&lint(other));
    assert!(left.contains(&"test-accuracy-at-least".to_owned()), "{left:?}");
    assert!(left.contains(&"p99-ms-at-most".to_owned()), "{left:?}");
    assert!(!left.contains(&"test-auc-at-least".to_owned()), "{left:?}");
}

#[test]
fn formatting_writes_in_place_and_only_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let ugly = "# Why.\na:   1   # one\nb:\n    - {x: 1}\n";
    let pretty = "# Why.\na: 1 # one\nb:\n  - { x: 1 }\n";
    fs::write(path("a.yaml"), ugly).unwrap();
    fs::write(path("b.yaml"), pretty).unwrap();
    let at = folder.path().to_str().unwrap();
    let check = tollgate(&["policy", "fmt", "--check", at]);
    assert_eq!(code(&check), 1);
    let said = text(&check.stdout).replace(at, "FOLDER");
    insta::assert_snapshot!(said);
    assert_eq!(fs::read_to_string(path("a.yaml")).unwrap(), ugly, "nothing is written");
    assert_eq!(
        report(&tollgate(&["policy", "fmt", "--check", at, "--format", "json"]))["verdict"],
        "fail"
    );
    assert_eq!(code(&tollgate(&["policy", "fmt", at])), 0);
    assert_eq!(fs::read_to_string(path("a.yaml")).unwrap(), pretty);
    assert_eq!(code(&tollgate(&["policy", "fmt", "--check", at])), 0);
    // All or none.
    fs::write(path("a.yaml"), ugly).unwrap();
    fs::write(path("c.yaml"), "a: [1\n").unwrap();
    assert_eq!(code(&tollgate(&["policy", "fmt", at])), 2);
    assert_eq!(fs::read_to_string(path("a.yaml")).unwrap(), ugly);
    let empty = path("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(code(&tollgate(&["policy", "fmt", empty.to_str().unwrap()])), 2);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut command = common::command(&["policy", "fmt", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a:   [1,2]\r\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), told(&output).as_str()), (0, "a: [1, 2]\n"));
}

/// What a link names is formatted, and the link stays.
#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.yaml"), "a:   1\n").unwrap();
    std::os::unix::fs::symlink("a.yaml", path("link.yaml")).unwrap();
    assert_eq!(code(&tollgate(&["policy", "fmt", path("link.yaml").to_str().unwrap()])), 0);
    assert!(path("link.yaml").is_symlink());
    assert_eq!(fs::read_to_string(path("a.yaml")).unwrap(), "a: 1\n");
}

#[test]
fn a_policy_is_explained_by_what_it_decides() {
    let output = tollgate(&["policy", "explain", "policies/fraud.yaml"]);
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!(told(&output));
    let narrow = tollgate(&["policy", "explain", "policies/fraud.yaml", "--width", "60"]);
    let longest = told(&narrow).lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest <= 60, "{longest} characters: {}", told(&narrow));
    let explained =
        report(&tollgate(&["policy", "explain", "policies/fraud.yaml", "--format", "json"]));
    assert_eq!(explained["decisions"].get("notes"), None, "{explained:#}");
}

#[test]
fn a_gate_profile_is_explained_by_what_it_asks_for() {
    let output = tollgate(&["policy", "explain", "policies/gates/offline.yaml"]);
    insta::assert_snapshot!(told(&output));
}

/// A number that stands nowhere in the settings is found.
#[test]
fn a_condition_that_computes_is_in_the_table() {
    let file = "host/cli/tests/policies/computes.yaml";
    let explained = report(&tollgate(&["policy", "explain", file, "--format", "json"]));
    assert_eq!(explained["decisions"].get("notes"), None, "{explained:#}");
    let rows = explained["decisions"]["rows"].as_array().unwrap();
    for (n, amount, score, action) in [
        (4.5, 21.0, 0.1, "allow"),
        (4.500_000_1, 21.0, 0.1, "block"),
        (4.500_000_1, 20.0, 0.1, "allow"),
        (3.0, 21.0, 0.5, "manual_review"),
    ] {
        let case = [("n", n), ("amount", amount), ("score", score)];
        assert_eq!(actions(rows, &case, ""), [action], "{rows:#?}");
    }
}

/// The table says what the policy decides, in cases that nobody drew for it.
#[test]
fn the_table_is_true_of_any_case() {
    let explained =
        report(&tollgate(&["policy", "explain", "policies/fraud.yaml", "--format", "json"]));
    let rows = explained["decisions"]["rows"].as_array().unwrap();
    let mut lines = Vec::new();
    let mut expected = Vec::new();
    for score in &[0.0, 0.2, 0.39, 0.4, 0.55, 0.7, 0.93, 1.0] {
        for amount in [-5.0, 9_999.0, 10_000.0, 10_001.0] {
            for country in ["US", "ng", "PK"] {
                for (age, last, blocks, hours) in [
                    (3.0, 1, 0, 90_000.0),
                    (30.0, 11, 2, 23.9),
                    (400.0, 10, 3, 24.0),
                    (29.9, 50, 9, 0.0),
                ] {
                    let case = serde_json::json!({
                        "score": score, "amount": amount, "country": country,
                        "merchant_age_days": age, "transactions_last_hour": last,
                    });
                    let values = [
                        ("score", *score),
                        ("amount", amount),
                        ("merchant_age_days", age),
                        ("transactions_last_hour", f64::from(last)),
                        ("customer_blocks_today", f64::from(blocks)),
                        ("hours_since_block", hours),
                    ];
                    let customer = format!("c{blocks}");
                    let mut case = case;
                    case["customer"] = customer.into();
                    lines.push(case.to_string());
                    expected.push(actions(rows, &values, country));
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("cases.jsonl"), lines.join("\n")).unwrap();
    fs::write(
        path("counters.yaml"),
        "by: customer\ncounters:\n\
         \x20 c0: { customer_blocks_today: 0, hours_since_block: 90000.0 }\n\
         \x20 c2: { customer_blocks_today: 2, hours_since_block: 23.9 }\n\
         \x20 c3: { customer_blocks_today: 3, hours_since_block: 24.0 }\n\
         \x20 c9: { customer_blocks_today: 9, hours_since_block: 0.0 }\n",
    )
    .unwrap();
    let output = tollgate(&[
        "decide",
        "--policy",
        "policies/fraud.yaml",
        "--input",
        &path("cases.jsonl"),
        "--counters",
        &path("counters.yaml"),
        "--format",
        "json",
        "--no-time",
    ]);
    let decided = text(&output.stdout);
    assert_eq!(decided.lines().count(), expected.len());
    for ((line, case), told) in decided.lines().zip(&lines).zip(&expected) {
        let answer: Value = serde_json::from_str(line).unwrap();
        assert_eq!(told, &[answer["action"].as_str().unwrap()], "{case}");
    }
}

/// The actions of the rows that a case fits, each once.
fn actions<'r>(rows: &'r [Value], numbers: &[(&str, f64)], country: &str) -> Vec<&'r str> {
    let fits = |row: &&Value| {
        row["when"].as_array().unwrap().iter().all(|when| {
            let (input, is) = (when["input"].as_str().unwrap(), when["is"].as_str().unwrap());
            if input == "country" {
                let (negated, list) = match is.strip_prefix("not ") {
                    Some(list) => (true, list),
                    None => (false, is),
                };
                return list.split(", ").any(|it| it.eq_ignore_ascii_case(country)) != negated;
            }
            let value = numbers.iter().find(|(name, _)| *name == input).unwrap().1;
            is.split(", ").all(|end| {
                let (sign, number) = end.split_once(' ').unwrap();
                let number: f64 = number.parse().unwrap();
                match sign {
                    ">=" => value >= number,
                    ">" => value > number,
                    "<=" => value <= number,
                    "<" => value < number,
                    "=" => (value - number).abs() < f64::EPSILON,
                    _ => false,
                }
            })
        })
    };
    let mut actions: Vec<&str> =
        rows.iter().filter(fits).map(|row| row["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

#[test]
fn pages_for_others_hold_nothing_that_acts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.yaml");
    let document = "name: p\nversion: 1.0.0\nplugin: threshold-policy@^0.1\n\
                    owner: \"<script>alert(1)</script> \\e[31m @all\"\nsummary: \"a | b\"\n\
                    settings: { thresholds: { allow: 0, block: 0.5 } }\n";
    fs::write(&path, document).unwrap();
    let page = |format: &str| {
        told(&tollgate(&["policy", "explain", path.to_str().unwrap(), "--format", format]))
    };
    for format in ["human", "markdown", "html"] {
        let page = page(format);
        assert!(!page.contains('\u{1b}'), "{format}: {page}");
        assert!(format == "human" || !page.contains("<script"), "{format}: {page}");
    }
    assert!(page("markdown").contains("a \\| b"));
    assert!(page("html").starts_with("<!doctype html>"));
}
