//! The binary, as its users call it, on models that a real MLflow recorded.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{command, report, root, text, tollgate};
use serde_json::Value;

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const GOOD: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const BAD: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const OFFLINE: &str = "policies/gates/offline.yaml";
const FRAUD: &str = "policies/fraud.yaml";
const TRANSACTIONS: &str = "tests/fixtures/mlflow/fraud/transactions.jsonl";

fn gate(candidate: &str, more: &[&str]) -> Output {
    let mut arguments =
        vec!["gate", "--candidate", candidate, "--champion", CHAMPION, "--profile", OFFLINE];
    arguments.extend(more);
    tollgate(&arguments)
}

#[test]
fn a_good_model_passes_the_gate() {
    let output = gate(GOOD, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = report(&output);
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["candidate"], "tumor_screening v2");
    let findings = report["profiles"][0]["findings"].as_array().unwrap();
    assert!(findings.len() >= 6, "every rule is reported: {findings:?}");
}

#[test]
fn a_worse_model_fails_with_reasons() {
    let output = gate(BAD, &[]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    for reason in ["auc-max-regression", "accuracy-max-regression", "calibration", "FAILED"] {
        assert!(shown.contains(reason), "{reason} in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(gate(BAD, &["--exit-zero"]).status.code(), Some(0));
}

#[test]
fn without_a_champion_nothing_passes() {
    let output = tollgate(&["gate", "--candidate", GOOD, "--profile", OFFLINE]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
}

#[test]
fn a_flag_does_not_turn_an_error_into_a_pass() {
    let output = gate("no/such/folder", &["--exit-zero"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`no/such/folder` does not exist"));
}

#[test]
fn recorded_payloads_get_the_answer_that_mlflow_gave() {
    let mut checked = 0;
    for model in ["tumor_screening-v1", "diabetes_progression-v1", "digit_reading-v1"] {
        let folder = format!("tests/fixtures/mlflow/{model}");
        let table = fs::read(root().join(&folder).join("payloads.json")).unwrap();
        let table: Value = serde_json::from_slice(&table).unwrap();
        let rows = table.as_array().or_else(|| table["payloads"].as_array()).unwrap();
        for row in rows {
            let file = row["file"].as_str().or_else(|| row["payload"].as_str()).unwrap();
            if file.ends_with(".csv") {
                continue;
            }
            let payload = format!("{folder}/payloads/{file}");
            let output = tollgate(&[
                "check",
                "--signature",
                &folder,
                "--payload",
                &payload,
                "--mode",
                "mlflow",
            ]);
            // A model that broke on what its signature let through is no
            // matter of the signature.
            let refused = matches!(row["refused_by"].as_str(), Some("request" | "signature"));
            assert_eq!(
                output.status.code(),
                Some(i32::from(refused)),
                "{payload}: {}{}",
                text(&output.stdout),
                text(&output.stderr)
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} payloads");
}

#[test]
fn a_refused_payload_names_the_column() {
    let payload = format!("{CHAMPION}/payloads/missing-column.json");
    let check = ["check", "--signature", CHAMPION, "--payload", &payload, "--format", "json"];
    let output = tollgate(&check);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert!(report["findings"][0]["message"].as_str().unwrap().contains("`mean radius`"));
}

#[test]
fn values_can_be_left_out_of_a_report() {
    let payload = format!("{CHAMPION}/payloads/number-as-text.json");
    let check = ["check", "--signature", CHAMPION, "--payload", &payload, "--format", "json"];
    let with = text(&tollgate(&check).stdout);
    let without = text(&tollgate(&[&check[..], &["--hide-values"]].concat()).stdout);
    assert!(with.contains("0.1297"), "{with}");
    assert!(!without.contains("0.1297"), "{without}");
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

const RISKY: &str = r#"{"score": 0.91, "amount": 120, "country": "US",
    "merchant_age_days": 400, "transactions_last_hour": 1}"#;

#[test]
fn a_transaction_is_blocked_and_a_threshold_changes_that() {
    let folder = tempfile::tempdir().unwrap();
    let transaction = write(folder.path(), "transaction.json", RISKY);
    let decide = |policy: &str| {
        let output = tollgate(&[
            "decide",
            "--policy",
            policy,
            "--input",
            &transaction,
            "--format",
            "json",
            "--no-time",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        report(&output)
    };
    let answer = decide(FRAUD);
    assert_eq!(answer["action"], "block");
    assert_eq!(answer["reason"], "high_fraud_probability");
    assert_eq!(answer["score"], 0.91);
    assert_eq!(decide(FRAUD), answer, "the same input, the same answer");

    let document = fs::read_to_string(root().join(FRAUD)).unwrap();
    let changed = document.replace("block: 0.7", "block: 0.95");
    let changed = decide(&write(folder.path(), "changed.yaml", changed));
    assert_eq!(changed["action"], "manual_review");
    assert_ne!(changed["decision_id"], answer["decision_id"]);

    let baked = folder.path().join("fraud.wasm").display().to_string();
    let output = tollgate(&["bake", "--policy", FRAUD, "-o", &baked]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let baked = decide(&baked);
    for key in ["action", "reason", "reasons", "score", "policy", "settings"] {
        assert_eq!(baked[key], answer[key], "a baked policy answers alike: {key}");
    }
    assert_ne!(baked["plugin"]["digest"], answer["plugin"]["digest"], "another component ran");
}

#[test]
fn rows_are_decided_alike_in_every_format() {
    let decide = |input: &str| {
        let output = tollgate(&[
            "decide",
            "--policy",
            FRAUD,
            "--input",
            input,
            "--format",
            "json",
            "--no-time",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
            .lines()
            .map(|line| {
                let mut answer: Value = serde_json::from_str(line).unwrap();
                answer.as_object_mut().unwrap().remove("line").unwrap();
                answer
            })
            .collect::<Vec<_>>()
    };
    let lines = decide(TRANSACTIONS);
    let cells = decide("tests/fixtures/mlflow/fraud/transactions.csv");
    assert_eq!(lines.len(), 285);
    assert_eq!(lines, cells);
    // One by one, as batches.
    let folder = tempfile::tempdir().unwrap();
    let rows = fs::read_to_string(root().join(TRANSACTIONS)).unwrap();
    for (row, batch) in rows.lines().zip(&lines).step_by(29) {
        let output = tollgate(&[
            "decide",
            "--policy",
            FRAUD,
            "--input",
            &write(folder.path(), "row.json", row),
            "--format",
            "json",
            "--no-time",
        ]);
        assert_eq!(&report(&output), batch);
    }
}

#[test]
fn damaged_rows_have_no_decision() {
    let output = tollgate(&[
        "decide",
        "--policy",
        FRAUD,
        "--input",
        "tests/fixtures/mlflow/fraud/damaged.jsonl",
        "--format",
        "json",
        "--no-time",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let answers = text(&output.stdout);
    let damaged: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(damaged.len(), 10);
    for answer in damaged.iter().filter(|answer| !answer["error"].is_null()) {
        assert_eq!(answer["action"], "manual_review", "{answer}");
        assert_eq!(answer["fallback"], true, "{answer}");
    }
    assert!(damaged.iter().filter(|answer| !answer["error"].is_null()).count() >= 9);
}

#[test]
fn plugins_say_what_they_are() {
    let listed = text(&tollgate(&["plugin", "list"]).stdout);
    for name in [
        "approval-quorum",
        "json-schema",
        "metric-gate",
        "mlflow-signature",
        "model-metadata",
        "model-naming",
        "oip-signature",
        "stage-transition",
        "statistics",
        "threshold-policy",
    ] {
        assert!(listed.contains(name), "{listed}");
        let output = tollgate(&["plugin", "inspect", name, "--format", "json"]);
        let inspected: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(inspected["imports"], serde_json::json!([]));
        assert_eq!(inspected["contract"], "1.2.0");
        assert!(inspected["settings_schema"]["properties"].is_object());
        // Which one hangs on the machine; that it is named does not.
        let compiler = inspected["built_with"][0].as_str().unwrap();
        assert!(compiler.starts_with("rustc 1."), "{compiler}");
        let shown = text(&tollgate(&["plugin", "inspect", name]).stdout);
        assert!(shown.contains(compiler), "{shown}");
    }
}

#[test]
fn a_mistake_in_a_document_is_shown_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let document = fs::read_to_string(root().join(FRAUD)).unwrap();
    let wrong = document.replace("manual_review: 0.4", "manual_reveiw: 0.4");
    let policy = write(folder.path(), "fraud.yaml", wrong);
    let output = tollgate(&["decide", "--policy", &policy, "--input", TRANSACTIONS]);
    assert_eq!(output.status.code(), Some(2));
    let shown = text(&output.stderr);
    assert!(shown.contains("manual_reveiw") && shown.contains("fraud.yaml:"), "{shown}");
    assert!(output.stdout.is_empty());

    let json = ["decide", "--policy", &policy, "--input", TRANSACTIONS, "--format", "json"];
    let report: Value = serde_json::from_slice(&tollgate(&json).stdout).unwrap();
    let details = report["details"].as_array().unwrap();
    let says = |part: &str| details.iter().any(|line| line.as_str().unwrap().contains(part));
    assert!(says("fraud.yaml:") && says("manual_reveiw"), "{report}");
}

/// Files that no command can use, and what each is.
fn hostile(folder: &Path) -> Vec<(&'static str, String)> {
    let huge = folder.join("huge");
    fs::File::create(&huge).unwrap().set_len(1 << 30).unwrap();
    vec![
        ("missing", folder.join("missing").display().to_string()),
        ("a folder", folder.display().to_string()),
        ("empty", write(folder, "empty.json", "")),
        ("not UTF-8", write(folder, "latin1.json", b"{\"name\": \"caf\xe9\"}")),
        ("1 GiB", huge.display().to_string()),
        ("nested", write(folder, "nested.json", "[".repeat(100_000))),
        ("nested maps", write(folder, "maps.json", "{\"a\":".repeat(100_000))),
        ("duplicate keys", write(folder, "twice.json", r#"{"score": 0.1, "score": 0.9}"#)),
        ("NaN", write(folder, "nan.json", r#"{"score": NaN, "metrics": {"auc": NaN}}"#)),
        (
            "beyond 64 bits",
            write(folder, "big.json", format!("{{\"score\": 1{}}}", "0".repeat(400))),
        ),
        ("half a JSON", write(folder, "half.json", r#"{"score": 0."#)),
        ("a list", write(folder, "list.json", "[1, 2]")),
        ("a lone surrogate", write(folder, "surrogate.json", r#"{"score": "\ud800"}"#)),
        ("null", write(folder, "null.json", "null")),
    ]
}

#[test]
fn no_file_makes_a_command_pass_or_panic() {
    let folder = tempfile::tempdir().unwrap();
    let model = format!("{CHAMPION}/MLmodel");
    for (what, file) in hostile(folder.path()) {
        let file = file.as_str();
        let commands: &[&[&str]] = &[
            &["check", "--signature", file],
            &["check", "--signature", &model, "--payload", file],
            &["check", "--signature", &model, "--payload", file, "--mode", "mlflow"],
            &["check", "--signature", &model, "--payload", file, "--outputs"],
            &["gate", "--candidate", file, "--profile", OFFLINE],
            &["gate", "--candidate", GOOD, "--facts", file, "--profile", OFFLINE],
            &["gate", "--candidate", GOOD, "--profile", file],
            &["decide", "--policy", FRAUD, "--input", file],
            &["plugin", "inspect", file],
            &["signature", "diff", file, &model],
            &["signature", "diff", &model, file],
            &["signature", "infer", file],
            &["signature", "convert", "--to", "json-schema", file],
            &["signature", "convert", "--to", "mlflow", "--from", "json-schema", file],
            &["signature", "convert", "--to", "mlflow", "--from", "oip", file],
        ];
        for command in commands {
            let output = tollgate(command);
            let code = output.status.code();
            let shown = text(&output.stderr) + &text(&output.stdout);
            let blocks = match (what, command[0]) {
                // Nothing is wrong with it, and nothing was decided.
                ("empty", "decide") => code == Some(3),
                _ => matches!(code, Some(1 | 2)),
            };
            assert!(blocks, "{what}: {command:?} gave {code:?}: {shown}");
            assert!(!shown.contains("panicked"), "{what}: {command:?}: {shown}");
            assert!(!shown.trim().is_empty(), "{what}: {command:?} says nothing");
        }
        let output = tollgate(&["decide", "--policy", file, "--input", TRANSACTIONS]);
        assert_eq!(output.status.code(), Some(2), "{what} as a policy");
    }
}

/// Payloads of a right form that no model expects, and what the report says.
#[test]
fn monstrous_payloads_are_findings() {
    let folder = tempfile::tempdir().unwrap();
    let signature = write(
        folder.path(),
        "signature.json",
        r#"{"inputs": [{"type": "long", "name": "a"}, {"type": "any", "name": "b", "required": false}],
            "outputs": [{"type": "long", "name": "a"}]}"#,
    );
    let keys: Vec<String> = (0..1_000_000).map(|key| format!("\"k{key}\":1")).collect();
    let keys = keys.join(",");
    let digits = "7".repeat(10_000);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (what, value, says) in [
        ("a million keys", format!("[{{{keys}}}]"), "missing"),
        ("10,000 digits", format!("[{{\"a\": {digits}}}]"), "/0/a"),
        ("10,000 digits of a fraction", format!("[{{\"a\": 0.{digits}}}]"), "/0/a"),
        ("10,000 digits of an exponent", format!("[{{\"a\": 1e{digits}}}]"), "/0/a"),
        ("lone surrogates", r#"[{"a": 1, "b": "\ud800\udfff\udc00"}]"#.to_owned(), "surrogates"),
        ("lists in lists", format!("[{{\"a\": 1, \"b\": {deep}}}]"), "fewer levels of nesting"),
        ("half a JSON", r#"[{"a": 1"#.to_owned(), "expected"),
        ("a million rows", format!("[{{\"a\": \"x\"}}{}]", ",{\"a\":1}".repeat(1_000_000)), "/0/a"),
    ] {
        for (field, more) in [
            ("dataframe_records", &[][..]),
            ("inputs", &[]),
            ("instances", &[]),
            ("predictions", &["--outputs"]),
        ] {
            let body = write(folder.path(), "body.json", format!("{{\"{field}\": {value}}}"));
            let mut arguments = vec!["check", "--signature", &signature, "--payload", &body];
            arguments.extend(more);
            let output = tollgate(&arguments);
            let shown = text(&output.stdout) + &text(&output.stderr);
            let start: String = shown.chars().take(600).collect();
            // Beyond the plugin's limits the limit is named.
            let told = match output.status.code() {
                Some(1) => shown.contains(says),
                Some(2) => shown.contains("of memory") || shown.contains("operations"),
                _ => false,
            };
            assert!(told, "{what} in {field}: {:?}: {start}", output.status.code());
            assert!(shown.len() < 4_000, "{what} in {field}: {start}");
        }
    }
}

/// A name twice is what MLflow loads; a type that never ends it does not.
#[test]
fn strange_signatures_are_told_or_used() {
    let folder = tempfile::tempdir().unwrap();
    let payload = write(folder.path(), "body.json", r#"{"inputs": [{"a": "x"}]}"#);
    let check = |signature: &str| {
        let file = write(folder.path(), "signature.json", signature);
        let output = tollgate(&["check", "--signature", &file, "--payload", &payload]);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, shown) =
        check(r#"{"inputs": [{"type": "long", "name": "a"}, {"type": "long", "name": "a"}]}"#);
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("cannot be cast to `long`"), "{shown}");
    let levels = 40;
    let recursing = format!(
        r#"{{"inputs": [{}{{"type": "long"}}{}]}}"#,
        r#"{"name": "a", "type": "array", "items": "#.repeat(levels),
        "}".repeat(levels)
    );
    let (code, shown) = check(&recursing);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("types nest deeper than 16"), "{shown}");
}

const SCHEMA: [&str; 5] = [
    "check",
    "--schema",
    "tests/fixtures/json-schema/transaction.schema.json",
    "--resource",
    "https://tollgate.example/money.schema.json=tests/fixtures/json-schema/money.schema.json",
];

#[test]
fn a_payload_is_checked_against_a_json_schema() {
    let payload = |name: &str| format!("tests/fixtures/json-schema/{name}");
    let right = payload("right.json");
    let output = tollgate(&[&SCHEMA[..], &["--payload", &right, "--formats"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout) + &text(&output.stderr));

    let faults = payload("ten-faults.json");
    let check = [&SCHEMA[..], &["--payload", &faults, "--formats", "--format", "json"]].concat();
    let output = tollgate(&check);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report = report(&output);
    assert_eq!(report["plugin"]["name"], "json-schema");
    assert!(report.get("mode").is_none() && report.get("part").is_none());
    let findings = report["findings"].as_array().unwrap();
    let mut rules: Vec<&str> =
        findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    rules.sort_unstable();
    assert_eq!(
        rules,
        [
            "enum",
            "format",
            "max-length",
            "minimum",
            "multiple-of",
            "pattern",
            "required",
            "required",
            "type",
            "unique-items"
        ]
    );
    let shown = text(&output.stdout);
    assert!(shown.contains("`amount` is missing from the payload; is `ammount` meant to be it?"));
    assert!(shown.contains("Germany"));
    let hidden = text(&tollgate(&[&check[..], &["--hide-values"]].concat()).stdout);
    for value in ["Germany", "4711", "tv", "yesterday", "60.255"] {
        assert!(!hidden.contains(value), "{value} in {hidden}");
    }
}

#[test]
fn a_schema_alone_is_looked_at() {
    let output = tollgate(&SCHEMA);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("the schema can be used"));

    // Without what it refers to.
    let output = tollgate(&SCHEMA[..3]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("transaction.schema.json:9:25"));

    let folder = tempfile::tempdir().unwrap();
    let wrong = "type: object\nproperties:\n  amount:\n    type: nummber\n";
    for (name, schema, place) in [
        ("wrong.yaml", wrong, ":4:11"),
        ("wrong.json", "{\"properties\": {\n  \"amount\": {\"type\": \"nummber\"}}}", ":2:22"),
    ] {
        let file = write(folder.path(), name, schema);
        let output = tollgate(&["check", "--schema", &file]);
        assert_eq!(output.status.code(), Some(2));
        let shown = text(&output.stderr);
        assert!(shown.contains(&format!("{name}{place}")), "{shown}");
    }
    for (name, schema) in [
        ("half.json", "{\"type\": "),
        ("number.json", "7"),
        ("twice.json", "{\"type\": \"string\", \"type\": \"number\"}"),
        ("nowhere.json", "{\"$ref\": \"#/$defs/a\"}"),
    ] {
        let file = write(folder.path(), name, schema);
        let output = tollgate(&["check", "--schema", &file, "--payload", &file]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output.stdout));
        assert!(!text(&output.stderr).contains("panicked"));
    }
}

#[test]
fn a_signature_and_a_schema_exclude_each_other() {
    let both = ["check", "--signature", CHAMPION, "--schema", SCHEMA[2]];
    for arguments in [&both[..], &["check"], &["check", "--schema", SCHEMA[2], "--outputs"]] {
        assert_eq!(tollgate(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_request_of_the_open_inference_protocol_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let signature = write(
        folder.path(),
        "signature.json",
        r#"{"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]}"#,
    );
    let request = r#"{"inputs": [{"name": "input-0", "shape": [2, 4], "datatype": "FP32",
        "data": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}]}"#;
    let right = write(folder.path(), "right.json", request);
    let wrong = write(folder.path(), "wrong.json", request.replace("4.5", "\"4.5\""));
    let check = |payload: &str| {
        let protocol = ["--protocol", "oip", "--format", "json"];
        tollgate(
            &[&["check", "--signature", &signature, "--payload", payload][..], &protocol].concat(),
        )
    };
    assert_eq!(check(&right).status.code(), Some(0), "{}", text(&check(&right).stderr));
    let output = check(&wrong);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert_eq!(report["findings"][0]["rule"], "oip-data");
    assert_eq!(report["findings"][0]["pointer"], "/inputs/0/data/1/2");
}

/// `tollgate ... | head`: whoever had enough is told nothing more.
#[test]
fn a_reader_that_leaves_early_hears_nothing() {
    for arguments in [&["plugin", "inspect", "threshold-policy"][..], &["plugin", "list"]] {
        for format in ["human", "json"] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let output =
                command(arguments).args(["--format", format]).stdout(writer).output().unwrap();
            assert_eq!(text(&output.stderr), "", "{arguments:?}");
            assert_eq!(output.status.code(), Some(0));
        }
    }
}
