//! What a change of a policy changes: decisions, verdicts, and what is never
//! told as no difference.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{command, report, root, text, tollgate};
use serde_json::Value;

const POLICY: &str = "policies/fraud.yaml";
const PROFILE: &str = "policies/gates/offline.yaml";
const ROWS: &str = "tests/fixtures/mlflow/fraud/transactions.csv";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    /// A document of the repository with words replaced, each of which is there.
    fn edited(&self, name: &str, of: &str, edits: &[(&str, &str)]) -> String {
        let mut text = fs::read_to_string(root().join(of)).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        self.write(name, &text)
    }

    /// The fraud policy with a lower bound for `block`.
    fn stricter(&self) -> String {
        self.edited("new.yaml", POLICY, &[("block: 0.7", "block: 0.5"), ("2.1.0", "2.2.0")])
    }

    /// Records of gate runs of three versions.
    fn records(&self) -> String {
        let log = self.path("records.jsonl");
        for version in [2, 3, 4] {
            self.gate(version, PROFILE, &["--record", &log]);
        }
        log
    }

    fn gate(&self, version: u32, profile: &str, more: &[&str]) {
        let models = "tests/fixtures/mlflow/tumor_screening-v";
        let (candidate, champion) = (format!("{models}{version}"), format!("{models}1"));
        let mut arguments = vec!["gate", "--candidate", &candidate, "--champion", &champion];
        arguments.extend(["--profile", profile, "--as-of", "2026-11-30T12:00:00Z"]);
        arguments.extend(more);
        let output = tollgate(&arguments);
        assert_ne!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
}

fn diff(arguments: &[&str]) -> Output {
    tollgate(&[&["policy", "diff"], arguments].concat())
}

fn exit(arguments: &[&str]) -> i32 {
    diff(arguments).status.code().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    report(&diff(&[arguments, &["--format", "json"]].concat()))
}

fn shown(output: &Output, desk: &Desk) -> String {
    let folder = desk.0.path().display().to_string();
    text(&output.stdout).replace(&format!("{folder}/"), "")
}

#[test]
fn a_reviewer_sees_what_becomes_of_yesterday() {
    let desk = Desk::new();
    let new = desk.stricter();
    let human = diff(&[POLICY, &new, "--decisions", ROWS, "--examples", "1"]);
    assert_eq!(human.status.code(), Some(0));
    insta::assert_snapshot!("decisions", shown(&human, &desk));
    let markdown =
        diff(&[POLICY, &new, "--decisions", ROWS, "--examples", "1", "--format", "markdown"]);
    insta::assert_snapshot!("decisions-markdown", shown(&markdown, &desk));

    let records = desk.records();
    let new = desk.edited(
        "offline.yaml",
        PROFILE,
        &[("max_regression: 0.02", "max_regression: 0.2"), ("threshold: 0.1", "threshold: 0.02")],
    );
    let human = diff(&[PROFILE, &new, "--records", &records]);
    assert_eq!(human.status.code(), Some(0));
    insta::assert_snapshot!("gates", shown(&human, &desk));
    let github = diff(&[PROFILE, &new, "--records", &records, "--format", "github"]);
    insta::assert_snapshot!("gates-github", shown(&github, &desk));
}

/// Whatever the rows are written in, the counts are those of `decide` by each
/// policy alone.
#[test]
fn counts_are_those_of_both_policies_alone() {
    let desk = Desk::new();
    let new = desk.stricter();
    let actions = |policy: &str, rows: &str| -> Vec<(String, String)> {
        let output = tollgate(&[
            "decide",
            "--policy",
            policy,
            "--input",
            rows,
            "--format",
            "json",
            "--no-time",
        ]);
        let lines = text(&output.stdout);
        let answers = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let both = |answer: Value| {
            (answer["action"].to_string(), format!("{}{}", answer["reason"], answer["error"]))
        };
        answers.map(both).collect()
    };
    for rows in [ROWS, "tests/fixtures/mlflow/fraud/transactions.jsonl"] {
        let pairs: Vec<_> = actions(POLICY, rows).into_iter().zip(actions(&new, rows)).collect();
        let changed = pairs.iter().filter(|(old, new)| old.0 != new.0).count();
        let same = pairs.iter().filter(|(old, new)| old == new).count();
        let found = json(&[POLICY, &new, "--decisions", rows]);
        let found = &found["decisions"];
        assert_eq!(found["rows"], pairs.len());
        assert_eq!(found["changed"], changed);
        assert_eq!(found["same"], same);
        assert_eq!(found["undecided"], 0);
        let transitions = found["transitions"].as_array().unwrap();
        let rows = transitions.iter().map(|it| it["rows"].as_u64().unwrap()).sum::<u64>();
        assert_eq!(rows as usize, pairs.len() - same);
        assert!(changed > 0);
    }
}

/// Each way to 0, and what it is not: nothing there, another file, half of it.
#[test]
fn no_difference_is_said_of_what_was_compared_alone() {
    let desk = Desk::new();
    // Other words, the same meaning.
    let same = desk.edited("same.yaml", POLICY, &[("block: 0.7", "block: 0.70 # a bound")]);
    assert_eq!(exit(&[POLICY, &same]), 0);
    assert_eq!(exit(&[POLICY, &same, "--fail-on", "change"]), 0);
    assert_eq!(exit(&[POLICY, &same, "--decisions", ROWS, "--fail-on", "change"]), 0);
    // A file with itself.
    assert_eq!(exit(&[POLICY, POLICY]), 2);
    assert_eq!(exit(&[POLICY, "./policies/../policies/fraud.yaml", "--decisions", ROWS]), 2);
    // No rows.
    let header = fs::read_to_string(root().join(ROWS)).unwrap();
    let header = header.lines().next().unwrap();
    for (name, rows) in [("a.csv", format!("{header}\n")), ("a.jsonl", "\n\n".to_owned())] {
        let rows = desk.write(name, &rows);
        assert_eq!(exit(&[POLICY, &same, "--decisions", &rows]), 3, "{name}");
    }
    // Rows without a column, and rows on which neither decides.
    let lacking = desk.write("lacking.csv", "amount,country\n1,US\n");
    let output = diff(&[POLICY, &same, "--decisions", &lacking, "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let problem = report(&output)["decisions"]["problem"].to_string();
    assert!(problem.contains("there is no column `score`"), "{problem}");
    let damaged = "tests/fixtures/mlflow/fraud/damaged.jsonl";
    let output = diff(&[POLICY, &same, "--decisions", damaged, "--format", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    assert!(report(&output)["decisions"]["undecided"].as_u64().unwrap() > 0);
    // Answers are no inputs.
    let answers =
        desk.write("answers.jsonl", r#"{"action":"allow","score":0.1,"decision_id":"x"}"#);
    assert_eq!(exit(&[POLICY, &same, "--decisions", &answers, "--input-format", "jsonl"]), 3);
    // One request is no rows, and what is missing or torn is an error.
    let one = desk.write("one.json", r#"{"score":0.1}"#);
    assert_eq!(exit(&[POLICY, &same, "--decisions", &one]), 2);
    assert_eq!(exit(&[POLICY, &same, "--decisions", "nowhere.csv"]), 2);
    let torn = desk.write("torn.parquet", "PAR1");
    assert_eq!(exit(&[POLICY, &same, "--decisions", &torn]), 2);
}

#[test]
fn changes_fail_where_that_is_asked_for() {
    let desk = Desk::new();
    let new = desk.stricter();
    assert_eq!(exit(&[POLICY, &new]), 0);
    assert_eq!(exit(&[POLICY, &new, "--fail-on", "change"]), 1);
    assert_eq!(exit(&[POLICY, &new, "--decisions", ROWS]), 0);
    assert_eq!(exit(&[POLICY, &new, "--decisions", ROWS, "--fail-on", "change"]), 1);
    // Other words that decide the same on these rows are no change of them.
    let quiet = desk.edited("quiet.yaml", POLICY, &[("block: 0.7", "block: 0.7000001")]);
    assert_eq!(exit(&[POLICY, &quiet, "--decisions", ROWS, "--fail-on", "change"]), 0);
    let report = json(&[POLICY, &quiet, "--decisions", ROWS]);
    assert!(report["remarks"][0].to_string().contains("still version 2.1.0"), "{report:#}");
    // The same action for other reasons is a change.
    let reasons =
        desk.edited("reasons.yaml", POLICY, &[("lookback_days: 30", "lookback_days: 60")]);
    let report = json(&[POLICY, &reasons, "--decisions", ROWS]);
    assert!(report["decisions"]["other_reasons"].as_u64().unwrap() > 0);
    assert_eq!(report["verdict"], "warn");
}

/// A row that only one of the two can decide on is a change, and told by why.
#[test]
fn a_row_that_one_cannot_decide_on_is_told() {
    let desk = Desk::new();
    let new = desk.edited(
        "new.yaml",
        POLICY,
        &[("amount: { pointer: /amount }", "amount: { pointer: /amount, default: 1 }")],
    );
    let row = r#"{"score":0.1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let rows = desk.write("rows.jsonl", &format!("{row}\n{row}\n"));
    let report = json(&[POLICY, &new, "--decisions", &rows]);
    let transition = &report["decisions"]["transitions"][0];
    assert_eq!(
        transition["from"],
        serde_json::json!({ "action": "manual_review", "fallback": true })
    );
    assert_eq!(transition["to"], serde_json::json!({ "action": "allow" }));
    assert_eq!(transition["rows"], 2);
    assert_eq!(transition["direction"], Value::Null);
    let example = &transition["examples"][0];
    assert!(example["because"].as_str().unwrap().contains("`amount`"), "{example:#}");
    assert_eq!(example["inputs"]["amount"], 1.0);
    // The other way round as well.
    let report = json(&[&new, POLICY, "--decisions", &rows]);
    assert_eq!(report["decisions"]["transitions"][0]["to"]["fallback"], true);
    assert_eq!(report["decisions"]["undecided"], 0);
}

#[test]
fn versions_are_judged_again() {
    let desk = Desk::new();
    let records = desk.records();
    let same = desk.edited("same.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.10")]);
    assert_eq!(exit(&[PROFILE, &same, "--records", &records, "--fail-on", "change"]), 0);
    let new = desk.edited("new.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.03")]);
    assert_eq!(exit(&[PROFILE, &new, "--records", &records]), 0);
    assert_eq!(exit(&[PROFILE, &new, "--records", &records, "--fail-on", "change"]), 1);
    let report = json(&[PROFILE, &new, "--records", &records]);
    let gates = &report["gates"];
    assert_eq!(gates["compared"], 3);
    // Only what other findings make of it: these failed before.
    let verdicts: Vec<_> = gates["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["from"].clone(), it["to"].clone()))
        .collect();
    assert!(!verdicts.is_empty() && gates["unjudged"] == 0, "{gates:#}");

    // Evidence that was kept by itself, in a folder with records.
    let folder = desk.0.path().join("kept");
    fs::create_dir(&folder).unwrap();
    let kept = folder.join("seen.json").display().to_string();
    desk.gate(2, PROFILE, &["--facts-out", &kept]);
    fs::copy(&records, folder.join("records.jsonl")).unwrap();
    fs::write(folder.join("notes.txt"), "no evidence").unwrap();
    let folder = folder.display().to_string();
    assert_eq!(json(&[PROFILE, &new, "--records", &folder])["gates"]["compared"], 4);
}

#[test]
fn what_was_not_judged_again_is_no_pass() {
    let desk = Desk::new();
    let same = desk.edited("same.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.10")]);
    let empty = desk.write("empty.jsonl", "");
    // An empty file of records, an empty folder, records of other profiles.
    assert_eq!(exit(&[PROFILE, &same, "--records", &empty]), 3);
    let folder = desk.path("folder");
    fs::create_dir(&folder).unwrap();
    assert_eq!(exit(&[PROFILE, &same, "--records", &folder]), 3);
    let others = desk.path("others.jsonl");
    desk.gate(2, "policies/gates/naming-snake.yaml", &["--record", &others]);
    let output = diff(&[PROFILE, &same, "--records", &others, "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(report(&output)["gates"]["other_profiles"], 1);
    // Torn, changed, missing.
    let records = desk.records();
    let whole = fs::read_to_string(&records).unwrap();
    let torn = desk.write("torn.jsonl", whole.trim_end());
    assert_eq!(exit(&[PROFILE, &same, "--records", &torn]), 2);
    let changed = desk.write("changed.jsonl", &whole.replacen("0.95", "0.96", 1));
    assert_eq!(exit(&[PROFILE, &same, "--records", &changed]), 2);
    assert_eq!(exit(&[PROFILE, &same, "--records", "nowhere"]), 2);
    let other = desk.write("other.json", "{}");
    assert_eq!(exit(&[PROFILE, &same, "--records", &other]), 2);
    // A record under another version of the profile is told of.
    let new = desk.edited("strict.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.0001")]);
    let newer = desk.edited("stricter.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.00001")]);
    let report = json(&[&new, &newer, "--records", &records]);
    assert!(report["gates"]["recorded_otherwise"].as_u64().unwrap() > 0, "{report:#}");
}

#[test]
fn evidence_that_does_not_fit_is_told() {
    let desk = Desk::new();
    let same = desk.edited("same.yaml", POLICY, &[("block: 0.7", "block: 0.70")]);
    let new = desk.stricter();
    let records = desk.records();
    // The words alone, which is another question, are no answer.
    for new in [&same, &new] {
        for more in [&[][..], &["--fail-on", "change"]] {
            let output = diff(&[&[POLICY, new, "--records", &records], more].concat());
            let told = text(&output.stderr).replace("\n  │ ", " ");
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains("judges scores, of which `--records` says nothing"), "{told}");
            assert!(told.contains("with `--decisions`") && output.stdout.is_empty(), "{told}");
        }
    }
    let report = json(&[POLICY, &new, "--records", &records, "--decisions", ROWS]);
    assert!(report["decisions"]["changed"].as_u64().unwrap() > 0);
    let gates = desk.edited("gates.yaml", PROFILE, &[("threshold: 0.1", "threshold: 0.10")]);
    let output = diff(&[PROFILE, &gates, "--decisions", ROWS]);
    let told = text(&output.stderr).replace("\n  │ ", " ");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("with `--records`"), "{told}");
    // Two kinds of documents, and a document that is wrong.
    assert_eq!(exit(&[POLICY, &gates]), 2);
    let wrong = desk.edited("wrong.yaml", POLICY, &[("block: 0.7", "block: 7")]);
    assert_eq!(exit(&[POLICY, &wrong, "--decisions", ROWS]), 2);
    assert_eq!(exit(&[&wrong, POLICY]), 2);
}

/// Rows from a pipe, and a baked policy beside a document.
#[test]
fn rows_may_come_from_a_pipe_and_policies_be_baked() {
    let desk = Desk::new();
    let new = desk.stricter();
    let file = json(&[POLICY, &new, "--decisions", ROWS]);
    let mut piped =
        command(&["policy", "diff", POLICY, &new, "--decisions", "-", "--format", "json"]);
    piped.args(["--input-format", "csv"]);
    let rows = fs::File::open(root().join(ROWS)).unwrap();
    let output = piped.stdin(Stdio::from(rows)).output().unwrap();
    let mut piped = report(&output);
    piped["decisions"]["input"] = ROWS.into();
    assert_eq!(piped, file);
    let baked = desk.path("old.wasm");
    assert!(tollgate(&["bake", "--policy", POLICY, "-o", &baked]).status.success());
    let of_baked = json(&[&baked, &new, "--decisions", ROWS]);
    assert_eq!(of_baked["decisions"], file["decisions"]);
    assert_eq!(of_baked["changes"].as_array().map(Vec::len), Some(2));
}

/// The report in each format tells the same, and files are written.
#[test]
fn each_format_has_it() {
    let desk = Desk::new();
    let new = desk.stricter();
    for (format, says) in [
        ("junit", "manual_review → block"),
        ("sarif", "manual_review → block"),
        ("gitlab", "manual_review → block"),
        ("tap", "manual_review → block"),
        ("html", "manual_review → block"),
        ("github", "::warning file="),
        ("markdown", "| manual\\_review | block |"),
    ] {
        let output = diff(&[POLICY, &new, "--decisions", ROWS, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{format}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains(says), "{format}: {}", text(&output.stdout));
    }
    let file = desk.path("diff.md");
    let to = format!("markdown={file}");
    assert_eq!(exit(&[POLICY, &new, "--format", &to]), 0);
    assert!(Path::new(&file).is_file());
    assert_eq!(exit(&[POLICY, &new, "--format", "markdown=/nowhere/diff.md"]), 2);
    let _: PathBuf = file.into();
}

/// Names, reasons and values of strangers are text.
#[test]
fn strangers_are_only_read() {
    let desk = Desk::new();
    let new = desk.stricter();
    let row = |country: &str, score: f64| {
        serde_json::json!({ "score": score, "amount": 1, "country": country,
            "merchant_age_days": 400, "transactions_last_hour": 1 })
        .to_string()
    };
    let loose = [
        ("strict_mode_countries: [\"NG\", \"PK\"]", "strict_mode_countries: []"),
        ("enable_geo_blocking: true", "enable_geo_blocking: false"),
    ];
    let old = desk.edited("old.yaml", POLICY, &loose);
    let newer =
        desk.edited("newer.yaml", POLICY, &[loose[0], loose[1], ("block: 0.7", "block: 0.5")]);
    let rows =
        format!("{}\n{}\n", row("a\n::error::forged\u{1b}[31m", 0.6), row("| <b> `x` @me", 0.6));
    let rows = desk.write("rows.jsonl", &rows);
    for format in ["human", "markdown", "github"] {
        let output = diff(&[&old, &newer, "--decisions", &rows, "--format", format]);
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{told}{}", text(&output.stderr));
        assert!(!told.contains('\u{1b}'), "{format}: {told}");
        assert!(!told.lines().any(|line| line.starts_with("::error")), "{format}: {told}");
        if format == "markdown" {
            assert!(!told.contains("<b>") && !told.contains(" @me"), "{told}");
        }
    }
    drop(new);
}
