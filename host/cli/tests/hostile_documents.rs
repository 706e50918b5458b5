//! Documents, schemas, signatures and folders that mean the host no good: each
//! command ends, with a short answer and the right exit code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use common::{report, text};
use serde_json::{Value, json};

/// Long enough for a slow machine that has much to do: what has no end is
/// killed then, and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `tollgate`, and kills it when it does not end.
fn tollgate(arguments: &[&str]) -> Output {
    let mut child = common::command(arguments)
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes).unwrap()
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes).unwrap()
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output { status, stdout: out.join().unwrap(), stderr: err.join().unwrap() }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    fs::write(folder.join(name), text).unwrap();
    path(folder, name)
}

fn lines(count: usize, mut line: impl FnMut(&mut String, usize)) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        line(&mut text, at);
        text.push('\n');
        text
    })
}

const HEAD: &str = "name: a\nversion: 1.0.0\nplugin: metric-gate@*\nowner: team\n";

const GATE: [&str; 4] =
    ["gate", "--candidate", "tests/fixtures/mlflow/tumor_screening-v3", "--profile"];

#[test]
fn hostile_documents_are_refused_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "{ metric: auc, threshold: 0.5 }";
    let anchors: String = (0..58).map(|at| format!("&a{at} [")).collect();
    for (name, text) in [
        (
            "anchors",
            format!(
                "{HEAD}settings: {{ x: {anchors}{}{} }}\n",
                "1,".repeat(400_000),
                "]".repeat(58)
            ),
        ),
        ("unknown", format!("{HEAD}{}", lines(80_000, |t, at| write!(t, "k{at}: 1").unwrap()))),
        (
            "settings",
            format!("{HEAD}settings:\n{}", lines(80_000, |t, at| write!(t, "  k{at}: 1").unwrap())),
        ),
        (
            "changes",
            format!(
                "{HEAD}changelog:\n{}",
                lines(18_000, |t, at| write!(t, "- {{ version: x{at} }}").unwrap())
            ),
        ),
        ("twice", format!("{HEAD}{}", "owner: team\n".repeat(80_000))),
        (
            "rules",
            format!(
                "{HEAD}settings:\n  rules:\n{}",
                lines(20_000, |t, _| t.push_str("  - { metric: 1 }"))
            ),
        ),
        ("same", format!("{HEAD}settings:\n  rules:\n{}", format!("  - {rule}\n").repeat(20_000))),
        ("deep", format!("{HEAD}settings: {}", "[".repeat(500_000))),
        ("name", format!("{HEAD}settings: {{ rules: [{{ metric: {} }}] }}\n", "x".repeat(900_000))),
    ] {
        let document = write(folder.path(), &format!("{name}.yaml"), &text);
        let output = tollgate(&[&GATE[..], &[&document]].concat());
        let shown = text_of(&output);
        let code = output.status.code();
        assert!(matches!(code, Some(1..=3)), "{name}: {code:?} {shown:.1000}");
        assert!(code != Some(2) || shown.len() < 300_000, "{name}: {} bytes", shown.len());
    }
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn of_many_mistakes_programs_are_told_the_first_and_how_many_more() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = lines(1_000, |text, at| write!(text, "k{at}: 1").unwrap());
    let document = write(folder.path(), "a.yaml", &format!("{HEAD}{unknown}"));
    let output = tollgate(&[&GATE[..], &[&document, "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(2));
    let report = report(&output);
    let details = report["details"].as_array().unwrap();
    assert_eq!(details.len(), 101);
    assert!(details[0].as_str().unwrap().contains("a.yaml:5:1: key `k0` is not known"));
    assert_eq!(details[100], "and 900 more mistakes");
}

/// What stands in the place of a file of a model's folder is that file, or
/// wrong: a gate never passes because it could not be read.
#[cfg(unix)]
#[test]
fn only_a_file_that_is_truly_absent_is_absent() {
    use std::os::unix::fs::symlink;
    let run = json!({"run": {"info": {}, "data": {"metrics": [{"key": "auc", "value": 0.9}]}}});
    for broken in ["MLmodel", "run.json", "facts.json", "model_version.json"] {
        for (kind, says) in [
            ("nowhere", "is a link to a file that does not exist, or to itself"),
            ("itself", "is a link to a file that does not exist, or to itself"),
            ("folder", "is a folder, expected a file"),
            ("pipe", "is a pipe or a socket, expected a file"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), "run.json", &run.to_string());
            let profile = format!(
                "{HEAD}settings: {{ rules: [{{ metric: auc, threshold: 0.5, comparison: '>=' }}] }}\n"
            );
            let profile = write(folder.path(), "profile.yaml", &profile);
            let candidate = folder.path().display().to_string();
            let gate = ["gate", "--candidate", &candidate, "--profile", &profile];
            let output = tollgate(&gate);
            assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));

            let file = folder.path().join(broken);
            let _ = fs::remove_file(&file);
            match kind {
                "nowhere" => symlink("none", &file).unwrap(),
                "itself" => symlink(broken, &file).unwrap(),
                "folder" => fs::create_dir(&file).unwrap(),
                _ => {
                    let made = std::process::Command::new("mkfifo").arg(&file).status();
                    if !made.is_ok_and(|status| status.success()) {
                        continue;
                    }
                }
            }
            let output = tollgate(&gate);
            let shown = text_of(&output).replace("\n  │ ", " ");
            assert_eq!(output.status.code(), Some(2), "{broken} {kind}: {shown}");
            let told = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(says), "{broken} {kind}: {shown}");
            // As a file of its own, too.
            if kind != "folder" || broken != "MLmodel" {
                let path = file.display().to_string();
                let output = tollgate(&[
                    "gate",
                    "--candidate",
                    "tests/fixtures/mlflow/tumor_screening-v3",
                    "--facts",
                    &path,
                    "--profile",
                    &profile,
                ]);
                assert_eq!(output.status.code(), Some(2), "{broken} {kind}: {}", text_of(&output));
            }
        }
    }
}

fn check(schema: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let arguments = [&["check", "--schema", schema], more].concat();
    let output = tollgate(&[&arguments[..], &["--format", "json"]].concat());
    (output.status.code(), report(&output), text_of(&output))
}

fn rules(report: &Value) -> Vec<(&str, u64)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let rule = |finding: &'_ Value| finding["occurrences"].as_u64().unwrap_or(1);
    findings.map(|finding| (finding["rule"].as_str().unwrap(), rule(finding))).collect()
}

#[test]
fn a_schema_that_says_nothing_is_told_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let payload = file("payload.json", r#"{"amount": "x"}"#);
    let csv = file("rows.csv", &format!("amount\n{}", "1\n".repeat(5_000)));
    let jsonl = file("rows.jsonl", &"{\"amount\": 1}\n".repeat(500));

    // Keywords that are none: with others that judge a warning, alone nothing.
    let slip = file("slip.json", r#"{"type": "object", "properties": {"amount": {"minimun": 0}}}"#);
    for file in [&payload, &csv, &jsonl] {
        let (code, report, shown) = check(&slip, &["--payload", file]);
        assert_eq!(code, Some(0), "{shown}");
        assert_eq!(rules(&report), [("unknown-keyword", 1)], "{shown}");
        assert!(shown.contains("did you mean `minimum`?"), "{shown}");
        let (code, ..) = check(&slip, &["--payload", file, "--fail-on", "warn"]);
        assert_eq!(code, Some(1));
    }
    let (code, report, shown) = check(&slip, &[]);
    assert_eq!((code, rules(&report)), (Some(0), vec![("unknown-keyword", 1)]), "{shown}");
    let (code, _, shown) = check(&slip, &["--payload", &payload, "--strict-schema"]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("slip.json:1:") && shown.contains("`minimun`"), "{shown}");

    for (name, schema) in [
        ("typ.json", r#"{"typ": "object", "propertes": {"amount": {"type": "number"}}}"#),
        ("empty.json", "{}"),
        ("true.json", "true"),
        ("title.yaml", "title: transactions\n"),
    ] {
        let schema = file(name, schema);
        for more in
            [&[][..], &["--payload", &payload], &["--payload", &csv], &["--payload", &jsonl]]
        {
            let (code, report, shown) = check(&schema, more);
            assert_eq!(code, Some(3), "{name} {more:?}: {shown}");
            assert!(rules(&report).contains(&("schema-judges-nothing", 1)), "{name}: {shown}");
        }
        let (code, ..) = check(&schema, &["--payload", &payload, "--strict-schema"]);
        assert_eq!(code, Some(2), "{name}");
    }
    // One that judges passes.
    let right = file("right.json", r#"{"required": ["amount"], "x-owner": "team"}"#);
    let (code, report, shown) = check(&right, &["--payload", &payload, "--strict-schema"]);
    assert_eq!((code, rules(&report)), (Some(0), Vec::new()), "{shown}");
}

#[test]
fn a_schema_that_is_not_given_is_named_and_how_to_give_it() {
    let folder = tempfile::tempdir().unwrap();
    let uri = "https://example.com/money.json";
    let schema = json!({"properties": {"amount": {"$ref": uri}}}).to_string();
    let schema = write(folder.path(), "schema.json", &schema);
    let (code, _, shown) = check(&schema, &[]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains(&format!("--resource {uri}=FILE")), "{shown}");
    assert!(!shown.contains("feature") && !shown.contains("retrieve"), "{shown}");
}

#[test]
fn signatures_of_very_many_columns_are_compared_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let columns = |name: &dyn Fn(usize) -> String| -> String {
        let columns: Vec<String> = (0..100_000)
            .map(|at| {
                format!("{{\"name\":\"{}\",\"type\":\"boolean\",\"required\":true}}", name(at))
            })
            .collect();
        format!("{{\"inputs\":[{}]}}", columns.join(","))
    };
    let old = write(folder.path(), "old.json", &columns(&|at| format!("c_{at}")));
    let renamed = write(folder.path(), "renamed.json", &columns(&|at| format!("C-{at}")));
    let other = write(folder.path(), "other.json", &columns(&|at| format!("{at}z")));
    for (new, kind, count) in
        [(&old, "", 0), (&renamed, "renamed", 100_000), (&other, "removed", 200_000)]
    {
        let output = tollgate(&["signature", "diff", &old, new, "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let changes = report["changes"].as_array().unwrap();
        assert_eq!(changes.len(), count);
        assert!(changes.last().is_none_or(|last| last["kind"] == kind));
    }
    let schema = path(folder.path(), "schema.json");
    for (from, to, file) in [
        ("mlflow", "json-schema", &old),
        ("json-schema", "mlflow", &schema),
        ("mlflow", "oip", &old),
    ] {
        let out =
            if to == "json-schema" { schema.clone() } else { path(folder.path(), "out.json") };
        let convert = [
            "signature",
            "convert",
            "--from",
            from,
            "--to",
            to,
            file,
            "-o",
            &out,
            "--format",
            "json",
        ];
        let output = tollgate(&convert);
        let shown = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{from} to {to}: {shown:.2000}");
    }
    let header: Vec<String> = (0..100_000).map(|at| format!("c{at}")).collect();
    let csv = format!("{}\n{}1\n", header.join(","), "1,".repeat(99_999));
    let csv = write(folder.path(), "wide.csv", &csv);
    let output = tollgate(&["signature", "infer", &csv]);
    assert_eq!(output.status.code(), Some(0), "{:.2000}", text(&output.stderr));
}

/// References to references, each of several properties.
#[test]
fn a_schema_that_unfolds_without_measure_is_no_signature() {
    let folder = tempfile::tempdir().unwrap();
    let mut defs = serde_json::Map::new();
    for at in 0..14 {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        let properties: serde_json::Map<String, Value> =
            (0..20).map(|name| (format!("p{name}"), next.clone())).collect();
        defs.insert(format!("d{at}"), json!({"type": "object", "properties": properties}));
    }
    defs.insert("d14".to_owned(), json!({"type": "string"}));
    let schema = json!({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs}).to_string();
    let schema = write(folder.path(), "schema.json", &schema);
    let output = tollgate(&["signature", "convert", "--to", "mlflow", &schema]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("unfold to more than 500000 types"));
}
