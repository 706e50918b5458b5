//! `tollgate decide --log` and what `tollgate log` does with it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use common::{command, report, root, text, tollgate};
use serde_json::{Value, json};
use tempfile::TempDir;

const POLICY: &str = "policies/fraud.yaml";
const ROWS: &str = "tests/fixtures/mlflow/fraud/transactions.jsonl";
const DAMAGED: &str = "tests/fixtures/mlflow/fraud/damaged.jsonl";

/// A folder with a log of these rows.
fn logged(rows: &str, more: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("decisions").display().to_string();
    let decided = decide(&log, rows, more);
    assert!(text(&decided.stderr).contains("logged up to record "), "{}", text(&decided.stderr));
    (folder, log)
}

fn decide(log: &str, rows: &str, more: &[&str]) -> Output {
    let arguments = ["decide", "--policy", POLICY, "--input", rows, "--log", log];
    command(&[&arguments[..], more].concat()).env("TOLLGATE_LOG_KEY", KEY).output().unwrap()
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn log(words: &[&str]) -> (i32, String) {
    let output = tollgate(&[&["log"][..], words].concat());
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn log_json(words: &[&str]) -> (i32, Value) {
    let output = tollgate(&[&["log"][..], words, &["--format", "json"]].concat());
    (output.status.code().unwrap(), report(&output))
}

fn changed(folder: &TempDir, words: &[(&str, &str)]) -> String {
    let policy = fs::read_to_string(root().join(POLICY)).unwrap();
    let policy = words.iter().fold(policy, |text, (from, to)| text.replace(from, to));
    let path = folder.path().join("new.yaml");
    fs::write(&path, policy).unwrap();
    path.display().to_string()
}

/// The one file of the log.
fn file(log: &str) -> String {
    Path::new(log).join("decisions-000000000001.jsonl").display().to_string()
}

#[test]
fn a_day_is_logged_verified_replayed_and_compared() {
    let (folder, log_folder) = logged(ROWS, &[]);
    let (code, verified) = log_json(&["verify", &log_folder]);
    // The policy has a record of its own.
    assert_eq!((code, &verified["records"]), (0, &json!(286)));
    let (code, replayed) = log_json(&["replay", &log_folder]);
    assert_eq!((code, &replayed["same"], &replayed["decisions"]), (0, &json!(285), &json!(285)));
    let (code, same) = log_json(&["diff", &log_folder, "--policy", POLICY]);
    assert_eq!(
        (code, &same["verdict"], &same["decisions"]["same"]),
        (0, &json!("pass"), &json!(285))
    );

    let words = [("block: 0.7", "block: 0.5"), ("version: 2.1.0", "version: 2.2.0")];
    let new = changed(&folder, &words);
    let (code, diff) = log_json(&["diff", &log_folder, "--policy", &new]);
    assert_eq!((code, &diff["verdict"]), (0, &json!("warn")));
    // What `policy diff` finds on the same rows.
    let other =
        tollgate(&["policy", "diff", POLICY, &new, "--decisions", ROWS, "--format", "json"]);
    let other = report(&other);
    for key in ["rows", "same", "changed", "other_reasons", "stricter", "milder", "reasons"] {
        assert_eq!(diff["decisions"][key], other["decisions"][key], "{key}");
    }
    let counts = |report: &Value| -> Vec<(Value, Value, Value)> {
        let all = report["decisions"]["transitions"].as_array().unwrap();
        all.iter().map(|it| (it["from"].clone(), it["to"].clone(), it["rows"].clone())).collect()
    };
    assert_eq!(counts(&diff), counts(&other));
    let (code, page) = log(&["diff", &log_folder, "--policy", &new, "--examples", "1"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("log_diff", shown(&page, &folder));

    // The rows behind one transition.
    let words = ["diff", &log_folder, "--policy", &new, "--examples", "100", "--rows"];
    let (_, rows) = log_json(&[&words[..], &["manual_review:block"]].concat());
    let behind = &rows["decisions"]["transitions"][0];
    assert_eq!(
        behind["examples"].as_array().unwrap().len() as u64,
        behind["rows"].as_u64().unwrap()
    );
    let (_, none) = log_json(&[&words[..], &["allow:block"]].concat());
    assert_eq!(none["decisions"]["transitions"][0]["examples"], json!([]));
    let (code, told) = log(&[&words[..], &["manual_review:blok"]].concat());
    assert!(code == 2 && told.contains("`blok` is no action of the new policy"), "{told}");
}

fn shown(page: &str, folder: &TempDir) -> String {
    page.replace(&folder.path().display().to_string(), "<folder>")
}

#[test]
fn decisions_are_found_by_what_they_say() {
    let (_folder, log_folder) = logged(ROWS, &[]);
    let find = |words: &[&str]| {
        let output =
            tollgate(&[&["log", "query", &log_folder, "--format", "json"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let lines = text(&output.stdout);
        let found: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // Each line is a report.
        if let Some(line) = lines.lines().next() {
            report(&Output { stdout: line.as_bytes().to_vec(), ..output.clone() });
        }
        found
    };
    assert_eq!(find(&[]).len(), 285);
    assert_eq!(find(&["--action", "block"]).len(), 89);
    let nigerian = find(&["--where", "country=NG"]);
    assert!(!nigerian.is_empty() && nigerian.iter().all(|it| it["inputs"]["country"] == "NG"));
    let large =
        find(&["--where", "amount>=1000", "--where", "country!=NG", "--reason", "new_merchant"]);
    assert!(large.iter().all(|it| it["inputs"]["amount"].as_f64().unwrap() >= 1000.0));
    let id = nigerian[0]["decision_id"].as_str().unwrap();
    assert!(find(&["--decision", id]).iter().all(|it| it["decision_id"] == id));
    assert_eq!(find(&["--limit", "7"]).len(), 7);
    assert_eq!(find(&["--until", "2020-01-01T00:00:00Z"]).len(), 0);
    assert_eq!(find(&["--since", "2020-01-01T00:00:00Z", "--policy", "fraud_detector"]).len(), 285);
    assert_eq!(find(&["--policy", "fraud"]).len(), 0);

    let (code, csv) = log(&["query", &log_folder, "--format", "csv", "--limit", "2"]);
    assert_eq!((code, csv.lines().count()), (0, 3), "{csv}");
    assert!(csv.starts_with("seq,time,policy,version,action,"), "{csv}");
    let (code, page) = log(&["query", &log_folder, "--action", "block", "--limit", "2"]);
    assert!(code == 0 && page.contains("fraud_detector 2.1.0  block"), "{page}");
    assert!(page.contains("the first 2; there may be more"), "{page}");
    for (wrong, told) in [
        (["--where", "country"], "`country` is no condition"),
        (["--since", "yesterday"], "`yesterday` is no time with a zone"),
        (["--decision", "x"], "16 hex digits"),
        (["--where", "amount=much"], "`much` is no value of input `amount`, which is a number"),
    ] {
        let (code, page) = log(&[&["query", &log_folder][..], &wrong].concat());
        assert!(code == 2 && page.contains(told), "{page}");
    }
}

#[test]
fn rows_without_a_decision_are_logged_with_why() {
    let (_folder, log_folder) = logged(DAMAGED, &[]);
    let (code, page) = log(&["query", &log_folder]);
    assert!(code == 0 && page.contains("no decision: "), "{page}");
    // There is nothing to decide on again.
    let (code, replayed) = log_json(&["replay", &log_folder]);
    assert_eq!((code, &replayed["verdict"]), (3, &json!("inconclusive")), "{replayed}");
    let (code, diff) = log_json(&["diff", &log_folder, "--policy", POLICY]);
    assert_eq!((code, &diff["verdict"]), (3, &json!("inconclusive")), "{diff}");
}

/// Each way to pass has its twin that does not.
#[test]
fn what_is_not_whole_does_not_pass() {
    let (folder, log_folder) = logged(ROWS, &[]);
    let path = file(&log_folder);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let codes = || {
        let diff = log(&["diff", &log_folder, "--policy", POLICY]).0;
        let (verify, replay) = (log(&["verify", &log_folder]).0, log(&["replay", &log_folder]).0);
        (verify, replay, diff, log(&["query", &log_folder]).0)
    };
    assert_eq!(codes(), (0, 0, 0, 0));
    // A line is gone, twice, half, changed.
    for changed in [
        [&lines[..100], &lines[101..]].concat().concat(),
        [&lines[..100], &lines[99..]].concat().concat(),
        whole[..whole.len() - 10].to_owned(),
        whole.replacen("\"allow\",\"by\"", "\"block\",\"by\"", 1),
    ] {
        assert_ne!(changed, whole);
        fs::write(&path, changed).unwrap();
        assert_eq!(codes(), (1, 2, 2, 2));
    }
    // There is nothing in it.
    fs::write(&path, "").unwrap();
    assert_eq!(codes(), (3, 3, 3, 3));
    fs::remove_file(&path).unwrap();
    assert_eq!(codes(), (2, 2, 2, 2));
    // Its first file is gone, and is known to be elsewhere.
    let (first, rest) = lines.split_at(150);
    fs::write(folder.path().join("decisions/decisions-000000000151.jsonl"), rest.concat()).unwrap();
    let last: Value = serde_json::from_str(first.last().unwrap()).unwrap();
    assert_eq!(log(&["verify", &log_folder]).0, 1);
    let follows = ["verify", &log_folder, "--follows", last["hash"].as_str().unwrap()];
    assert_eq!(log(&follows).0, 0);
    fs::write(&path, first.concat()).unwrap();
    assert_eq!(log(&["verify", &log_folder]).0, 0);
    assert_eq!(log(&follows).0, 1);
}

#[test]
fn what_is_masked_is_found_with_the_key_alone() {
    let (_folder, log_folder) = logged(ROWS, &["--mask", "country"]);
    let written = fs::read_to_string(file(&log_folder)).unwrap();
    let (_, decisions) = written.split_once('\n').unwrap();
    assert!(!decisions.contains("\"NG\"") && decisions.contains(r#""country":{"masked":"#));
    let find = |key: Option<&str>| {
        let mut command = command(&["log", "query", &log_folder, "--where", "country=NG"]);
        key.map(|key| command.env("TOLLGATE_LOG_KEY", key));
        let output = command.output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout).lines().count())
    };
    let (code, found) = find(Some(KEY));
    assert!(code == 0 && found > 0);
    assert_eq!(find(None), (2, 0));
    assert_eq!(find(Some(&"x".repeat(32))), (2, 0));
    let (code, diff) = log_json(&["diff", &log_folder, "--policy", POLICY]);
    assert_eq!((code, &diff["not_judged"][0]["rows"]), (3, &json!(285)));
    assert_eq!(diff["not_judged"][0]["reason"], "input `country` is masked");
    let (code, replayed) = log_json(&["replay", &log_folder]);
    assert_eq!((code, &replayed["not_replayed"]["input `country` is masked"]), (3, &json!(285)));

    // A mask that hides nothing is a mistake, and a key is needed.
    let other = format!("{log_folder}-2");
    let wrong = decide(&other, ROWS, &["--mask", "contry"]);
    let told = text(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && told.contains("did you mean `country`?"), "{told}");
    let arguments = ["decide", "--policy", POLICY, "--input", ROWS, "--log", &other];
    let keyless = tollgate(&[&arguments[..], &["--mask", "country"]].concat());
    let told = text(&keyless.stderr);
    assert!(keyless.status.code() == Some(2) && told.contains("no key for it"), "{told}");
    assert!(!Path::new(&other).exists());
}

#[test]
fn a_share_is_compared_as_a_share() {
    let (_folder, log_folder) = logged(ROWS, &["--sample", "0.5"]);
    let (code, diff) = log_json(&["diff", &log_folder, "--policy", POLICY]);
    let (sampled, read) = (&diff["sampled_away"], &diff["decisions_read"]);
    assert_eq!(sampled.as_u64().unwrap() + read.as_u64().unwrap(), 285);
    assert_eq!((code, &diff["verdict"], &diff["rate"]), (3, &json!("inconclusive"), &json!(0.5)));
}

/// A log goes on, and whoever stops reading stops the query.
#[test]
fn a_log_goes_on_and_a_reader_may_go() {
    let (_folder, log_folder) = logged(ROWS, &[]);
    decide(&log_folder, ROWS, &[]);
    let (code, verified) = log_json(&["verify", &log_folder]);
    assert_eq!((code, &verified["records"]), (0, &json!(2 * 286)));
    assert_eq!(fs::read_dir(&log_folder).unwrap().count(), 4, "two files, plugins and a lock");
    let mut reading = command(&["log", "query", &log_folder, "--format", "json"]);
    let mut reading = reading.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(reading.stdout.take());
    let output = reading.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

/// What the table says is what the log says, and the policy decides the same on
/// its rows.
#[test]
fn a_table_says_what_the_log_says() {
    let (folder, log_folder) = logged(ROWS, &["--mask", "merchant_age_days"]);
    decide(&log_folder, DAMAGED, &["--mask", "merchant_age_days"]);
    let table = folder.path().join("decisions.parquet").display().to_string();
    assert_eq!(log(&["export", &log_folder, "-o", &table]).0, 0);
    let found = |of: &str, words: &[&str]| -> Vec<Value> {
        let output = tollgate(&[&["log", "query", of, "--format", "json"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    // And one whose mask was taken away in the midst.
    let (other, changed) = logged(ROWS, &["--mask", "merchant_age_days"]);
    decide(&changed, ROWS, &[]);
    let plain = other.path().join("decisions.parquet").display().to_string();
    assert_eq!(log(&["export", &changed, "-o", &plain]).0, 0);
    for (log_folder, table, words) in [
        (&log_folder, &table, &[][..]),
        (&log_folder, &table, &["--action", "block", "--limit", "20"]),
        (&log_folder, &table, &["--where", "country=NG"]),
        (&changed, &plain, &[]),
        (&changed, &plain, &["--where", "country=NG"]),
    ] {
        let (there, here) = (found(log_folder, words), found(table, words));
        assert!(!there.is_empty() && there.len() == here.len(), "{words:?}");
        for (there, here) in there.iter().zip(&here) {
            for key in ["seq", "time", "hash", "decision_id", "action", "fallback", "problem"] {
                assert_eq!(there[key], here[key], "{key} of {there}");
            }
            for key in ["reasons", "settings"] {
                assert_eq!(there[key], here[key], "{key} of {there}");
            }
            let given = |found: &Value| {
                let all = found["inputs"].as_object().cloned().unwrap_or_default();
                all.into_iter().filter(|(_, value)| !value.is_null()).collect::<Vec<_>>()
            };
            assert_eq!(given(there), given(here));
        }
    }

    let (folder, log_folder) = logged(ROWS, &[]);
    let table = folder.path().join("decisions.parquet").display().to_string();
    assert_eq!(log(&["export", &log_folder, "-o", &table]).0, 0);
    let actions = |rows: &str| -> Vec<Value> {
        let words = ["decide", "--policy", POLICY, "--input", rows, "--format", "json"];
        let output = tollgate(&words);
        let answer = |line: &str| serde_json::from_str::<Value>(line).unwrap()["action"].clone();
        text(&output.stdout).lines().map(answer).collect()
    };
    assert_eq!(actions(&table), actions(ROWS));

    // Where there is nothing, nothing is written over what was there.
    fs::write(file(&log_folder), "").unwrap();
    assert_eq!(log(&["verify", &log_folder]).0, 3);
    assert_eq!(log(&["replay", &log_folder]).0, 3);
    fs::write(&table, "before").unwrap();
    assert_eq!(log(&["export", &log_folder, "-o", &table]).0, 3);
    assert_eq!(fs::read_to_string(&table).unwrap(), "before");
    fs::remove_file(file(&log_folder)).unwrap();
    assert_eq!(log(&["export", &log_folder, "-o", &table]).0, 2);
    assert_eq!(fs::read_to_string(&table).unwrap(), "before");
}

#[test]
fn nothing_is_told_that_is_not_logged() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("file");
    fs::write(&taken, "").unwrap();
    for log in [taken.display().to_string(), format!("{}/none/decisions", folder.path().display())]
    {
        let refused = decide(&log, ROWS, &[]);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
        assert_eq!(text(&refused.stdout), "");
    }
}
