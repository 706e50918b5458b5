//! `tollgate decide`, as its users call it: whatever comes in, and however
//! much, each case has its answer, and nothing is allowed by accident.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Output, Stdio};

use common::{command, root, text};
use serde_json::{Value, json};

const FRAUD: &str = "policies/fraud.yaml";

/// A transaction that is allowed.
const GOOD: &str =
    r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
const HEADER: &str = "score,amount,country,merchant_age_days,transactions_last_hour";
const ROW: &str = "0.1,1,US,400,1";

/// Runs a command whose standard input is fed while it runs.
fn fed(arguments: &[&str], feed: impl FnOnce(ChildStdin) + Send + 'static) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || feed(stdin));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Decides on what standard input gives.
fn decide_with(policy: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut all = vec!["decide", "--policy", policy, "--no-time"];
    all.extend(arguments);
    let input = input.as_ref().to_vec();
    fed(&all, move |mut stdin| {
        // One that has heard enough closes its end.
        let _ = stdin.write_all(&input);
    })
}

fn decide(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    decide_with(FRAUD, arguments, input)
}

/// The answers, each of which is one line of JSON that the schema knows.
fn answers(output: &Output) -> Vec<Value> {
    let schema = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines = text(&output.stdout);
    let answers = lines.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let errors: Vec<_> = schema.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {answer}");
        answer
    });
    answers.collect()
}

fn json_answers(arguments: &[&str], input: impl AsRef<[u8]>) -> (Option<i32>, Vec<Value>) {
    let output = decide(&[arguments, &["--format", "json"]].concat(), input);
    (output.status.code(), answers(&output))
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// The answer without its place.
fn without_line(mut answer: Value) -> Value {
    answer.as_object_mut().unwrap().remove("line");
    answer
}

#[test]
fn standard_input_says_itself_what_it_is() {
    let one = json_answers(&[], GOOD);
    assert_eq!(one.0, Some(0));
    assert_eq!(one.1[0]["action"], "allow");
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(GOOD).unwrap());
    assert_eq!(json_answers(&[], pretty.unwrap()), one);
    let csv = format!("{HEADER}\n{ROW}\n");
    let quoted = csv.replacen("score", "\"score\"", 1);
    let lines = format!("\n{GOOD}\n\n{GOOD}\n");
    let damaged = format!("{{\"score\": NaN}}\n{GOOD}\n{GOOD}\n");
    for (input, count) in [(&csv, 1), (&quoted, 1), (&lines, 2), (&damaged, 3)] {
        let (code, answers) = json_answers(&[], input);
        assert_eq!(answers.len(), count, "{input}");
        let errors = answers.iter().filter(|answer| !answer["error"].is_null()).count();
        assert_eq!(code, Some(if errors > 0 { 2 } else { 0 }), "{input}");
        assert_eq!(errors, usize::from(input == &damaged));
        assert_eq!(without_line(answers[count - 1].clone()), one.1[0], "{input}");
    }
    // A byte order mark says nothing, whatever comes behind it.
    for input in [GOOD, &csv, &lines] {
        let marked = format!("\u{feff}{input}");
        assert_eq!(json_answers(&[], &marked), json_answers(&[], input), "{input}");
    }
    for (format, input) in [("json", GOOD), ("jsonl", GOOD), ("csv", &csv)] {
        let marked = format!("\u{feff}{input}");
        let asked = ["--input-format", format];
        assert_eq!(json_answers(&asked, &marked), json_answers(&asked, input), "{format}");
        assert_eq!(json_answers(&asked, &marked).0, Some(0), "{format}");
    }
    // Two marks are none that a file begins with.
    assert_eq!(json_answers(&[], format!("\u{feff}\u{feff}{GOOD}")).0, Some(2));
}

#[test]
fn what_is_not_recognised_is_asked_for() {
    for input in ["Score;Amount\n0.1;1\n", "scores,amounts\n0.1,2\n", "hello", "\0\0\0", "NaN"] {
        let output = decide(&[], input);
        assert_eq!(output.status.code(), Some(2), "{input:?}");
        assert!(output.stdout.is_empty());
        insta::allow_duplicates! {
            insta::assert_snapshot!(text(&output.stderr), @"
              × `<stdin>` is neither a JSON object, nor JSON lines, nor CSV whose first line names an input of
              │ the policy
              help: say what it is with `--input-format json`, `jsonl`, `csv`, `parquet` or `arrow`
            ");
        }
    }
    // Asked for, it is told what is wrong with it as that.
    let output = decide(&["--input-format", "csv"], "scores,amount\n0.1,2\n");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("no column `score`") && said.contains("did you mean `scores`"), "{said}");
}

/// A file's name and its beginning are held against each other as `check` holds
/// them, unless somebody says what it is.
#[test]
fn a_file_that_contradicts_its_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let columns = write(folder.path(), "columns.csv", format!("PAR1,{HEADER}\nx,{ROW}\n"));
    let output = command(&["decide", "--policy", FRAUD, "--input", &columns]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("it begins as a Parquet file does"));
    let schema = write(folder.path(), "schema.json", r#"{"required":["score"]}"#);
    let checked = command(&["check", "--schema", &schema, "--payload", &columns]).output().unwrap();
    assert_eq!((checked.status.code(), checked.stderr), (Some(2), output.stderr));
    let vouched = ["decide", "--policy", FRAUD, "--input-format", "csv", "--input", &columns];
    assert_eq!(command(&vouched).output().unwrap().status.code(), Some(0));
}

#[test]
fn no_case_is_no_pass() {
    let header = format!("{HEADER}\n");
    let folder = tempfile::tempdir().unwrap();
    for (format, input) in [
        ("auto", ""),
        ("auto", "\n \r\n\t\n"),
        ("auto", "\u{feff}"),
        ("auto", header.as_str()),
        ("json", ""),
        ("json", " \n"),
        ("jsonl", ""),
        ("jsonl", "\n\n"),
        ("jsonl", "\u{feff}\n"),
        ("csv", ""),
        ("csv", "\n"),
        ("csv", header.as_str()),
        ("csv", header.trim_end()),
    ] {
        let asked = ["--input-format", format];
        let output = decide(&asked, input);
        assert_eq!(output.status.code(), Some(3), "{format}: {input:?}");
        assert!(output.stdout.is_empty());
        assert_eq!(
            text(&output.stderr),
            "there is no case in `<stdin>`, so nothing was decided; `--allow-empty` lets that pass\n"
        );
        let (code, answers) = json_answers(&asked, input);
        assert_eq!(code, Some(3), "{format}: {input:?}");
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0]["verdict"], "inconclusive");
        let output = decide(&["--input-format", format, "--allow-empty"], input);
        assert_eq!(output.status.code(), Some(0), "{format}: {input:?}");
        let name = format!("empty.{}", format.replace("auto", "txt"));
        let file = write(folder.path(), &name, input);
        let output = decide(&["--input", &file], "");
        assert_eq!(output.status.code(), Some(3), "{format}: {input:?}");
    }
    // What is wrong is wrong, with nothing behind it as well.
    let output = decide(&["--input-format", "csv", "--allow-empty"], "amount,country\n");
    assert_eq!(output.status.code(), Some(2));
    let output = decide(&["--allow-empty", "--input", "no/such/file"], "");
    assert_eq!(output.status.code(), Some(2));
}

/// More than a request may be, in a stream that is read row by row.
#[test]
fn a_stream_may_be_of_any_size() {
    let pad = "x".repeat(1 << 20);
    let line = GOOD.replace("{\"score\"", &format!("{{\"pad\":\"{pad}\",\"score\""));
    let lines = format!("{line}\n").repeat(66);
    let rows = format!("{HEADER},pad\n") + &format!("{ROW},{pad}\n").repeat(66);
    for (input, asked) in [(&lines, "auto"), (&lines, "jsonl"), (&rows, "auto"), (&rows, "csv")] {
        let (code, answers) = json_answers(&["--input-format", asked], input);
        assert_eq!((code, answers.len()), (Some(0), 66), "{asked}");
        assert!(answers.iter().all(|answer| answer["action"] == "allow"));
    }
    // One request of that size is none.
    let request = lines.replace('\n', " ");
    let output = decide(&[], &request);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("larger than 64 MiB, the limit for a payload"), "{said}");
}

/// Each answer has the time when it was given.
#[test]
fn an_endless_stream_has_more_than_one_time() {
    for (format, header, row) in [("jsonl", "", GOOD), ("csv", HEADER, ROW)] {
        let arguments = ["decide", "--policy", FRAUD, "--format", "json", "--input-format", format];
        let mut child =
            command(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut time = || {
            let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
            answer["time"].as_str().unwrap().to_owned()
        };
        let batch = format!("{header}\n{}", format!("{row}\n").repeat(8192));
        stdin.write_all(batch.as_bytes()).unwrap();
        let first = time();
        for _ in 1..8192 {
            assert_eq!(time(), first, "a batch is decided at once");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        stdin.write_all(row.as_bytes()).unwrap();
        drop(stdin);
        assert!(time() > first);
        assert!(child.wait().unwrap().success());
    }
}

/// Decides on `x` without an end.
fn decide_endless(format: &str) -> Output {
    let arguments = ["decide", "--policy", FRAUD, "--input-format", format];
    // This stops when `decide` does.
    fed(&arguments, |mut stdin| while stdin.write_all(&[b'x'; 1 << 16]).is_ok() {})
}

#[test]
fn a_record_without_an_end_is_bounded() {
    let zero = Path::new("/dev/zero");
    for (format, says) in [
        (
            "jsonl",
            "cannot be read as JSON lines: line 1 is longer than 256 MiB, as if it had no end",
        ),
        (
            "csv",
            "cannot be read as CSV: its names, which begin at line 1, take more than 1 MiB: a \
             quote may never be closed",
        ),
        ("json", "is larger than 64 MiB, the limit for a payload"),
        ("auto", "is neither a JSON object, nor JSON lines, nor CSV"),
    ] {
        let zeros = ["--input", "/dev/zero", "--input-format", format];
        let zeros = zero.exists().then(|| ("/dev/zero", decide(&zeros, "")));
        for (name, output) in zeros.into_iter().chain([("<stdin>", decide_endless(format))]) {
            assert_eq!(output.status.code(), Some(2), "{format}");
            let said = text(&output.stderr).replace("\n  │ ", " ");
            assert!(said.contains(&format!("`{name}` {says}")), "{format}: {said}");
        }
    }
    // A quote that is never closed, and one line that is too long.
    let (code, answers) = json_answers(
        &["--input-format", "csv"],
        format!("{HEADER}\n{ROW}\n\"{}", "x".repeat(17 << 20)),
    );
    assert_eq!((code, answers.len()), (Some(2), 1));
    let error = answers[0]["error"].as_str().unwrap();
    assert!(error.contains("the row that begins at line 3 has more than 16 MiB"), "{error}");
    let long = format!("{GOOD}\n{{\"pad\":\"{}\"}}\n{GOOD}\n", "x".repeat(17 << 20));
    let (code, answers) = json_answers(&["--input-format", "jsonl"], long);
    assert_eq!((code, answers.len()), (Some(2), 3));
    assert_eq!(answers[1]["error"], "the row is longer than 16 MiB");
    assert_eq!(answers[1]["action"], "manual_review");
    assert_eq!(answers[2]["action"], "allow");
    // Blanks are a part of a line, wherever it is cut.
    let blanks = format!("{GOOD}\n{GOOD}{}\n{GOOD}\n", " ".repeat(16 << 20));
    let (code, answers) = json_answers(&["--input-format", "jsonl"], blanks);
    assert_eq!((code, answers.len()), (Some(2), 3));
    assert_eq!(answers[1]["error"], "the row is longer than 16 MiB");
}

/// A policy that reads a text of its own.
fn with_note(folder: &Path) -> String {
    write(
        folder,
        "note.yaml",
        "name: notes\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: team\n\
         fallback: block\nsettings:\n  thresholds: { allow: 0, block: 0.9 }\n  inputs: { note: { kind: text } }\n\
         \x20 rules: [{ id: noted, when: \"note.size() > 20000\", action: block }]\n",
    )
}

#[test]
fn large_rows_harm_only_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let policy = with_note(folder.path());
    let mut lines = String::new();
    for row in 0..8192 {
        // Each text is another.
        let size = if row % 4096 == 4000 { 15 << 20 } else { 10 << 10 };
        let note = "y".repeat(size);
        writeln!(lines, "{{\"score\": 0.1, \"note\": \"{row}{note}\"}}").unwrap();
    }
    let output = decide_with(&policy, &["--format", "json"], &lines);
    let answers = answers(&output);
    assert_eq!(answers.len(), 8192, "{}", text(&output.stderr));
    for (row, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"], row + 1);
        let action = if row % 4096 == 4000 { "block" } else { "allow" };
        assert_eq!(answer["action"], action, "{answer}");
    }
}

#[test]
fn what_goes_wrong_behind_answers_is_a_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let rows = format!("{HEADER}\n{}\"", format!("{ROW}\n").repeat(9000)) + &"x".repeat(17 << 20);
    let output = decide(&["--format", "json", "--input", &write(folder.path(), "a.csv", rows)], "");
    assert_eq!(output.status.code(), Some(2));
    let answers = answers(&output);
    assert_eq!(answers.len(), 8193, "a whole batch, and the error");
    assert_eq!(answers[8192]["verdict"], "error");
    // A document that is wrong is one line, too.
    let wrong = fs::read_to_string(root().join(FRAUD)).unwrap().replace("block: 0.7", "block: 7");
    let wrong = write(folder.path(), "wrong.yaml", wrong);
    let output = decide_with(&wrong, &["--format", "json"], GOOD);
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn countries_in_cells_are_those_in_requests() {
    let strict = "low_fraud_probability+strict_mode_country";
    for (country, expected) in [
        ("NG", Some(strict)),
        (" NG", Some(strict)),
        ("ng ", Some(strict)),
        ("\u{a0}Pk\t", Some(strict)),
        ("US", Some("low_fraud_probability")),
        (" us", Some("low_fraud_probability")),
        ("NGA", None),
        ("Nigeria", None),
        ("N", None),
        (" ", None),
        ("", None),
        ("\u{feff}NG", None),
    ] {
        let request = GOOD.replace("US", country).replace('\t', "\\t");
        let single = json_answers(&[], &request);
        let line = json_answers(&["--input-format", "jsonl"], &request);
        let cell = format!("{HEADER}\n{}\n", ROW.replace("US", &format!("\"{country}\"")));
        let cell = json_answers(&[], cell);
        assert_eq!(single.0, Some(if expected.is_some() { 0 } else { 2 }), "{country:?}");
        for (code, answers) in [&single, &line, &cell] {
            assert_eq!((*code, answers.len()), (single.0, 1));
            let reason = answers[0]["reason"].as_str();
            assert_eq!(reason, expected, "{country:?}: {}", answers[0]);
            let action =
                if reason == Some("low_fraud_probability") { "allow" } else { "manual_review" };
            assert_eq!(answers[0]["action"], action, "{country:?}");
        }
    }
}

/// With a customer, and with the members that counters shadow.
fn of_customer(customer: &str, more: &str) -> String {
    GOOD.replace("{\"score\"", &format!("{{\"customer_id\":{customer}{more},\"score\""))
}

const COUNTERS: &str = "by: customer_id
counters:
  c-17: { customer_blocks_today: 4, hours_since_block: 2 }
  c-18: { hours_since_block: 30, customer_blocks_today: 3 }
  18: { hours_since_block: 0.5 }
";

#[test]
fn counters_are_given_by_customer_or_for_every_case() {
    let folder = tempfile::tempdir().unwrap();
    let by_customer = write(folder.path(), "by.yaml", COUNTERS);
    let flat = write(folder.path(), "flat.json", r#"{"hours_since_block": 2}"#);
    let in_force = "low_fraud_probability+block_in_force";
    for (customer, expected) in [
        ("\"c-17\"", Some(in_force)),
        ("\" c-17 \"", Some(in_force)),
        ("18", Some(in_force)),
        ("\"18\"", Some(in_force)),
        // The document says what holds for customers who have no counters.
        ("\"c-18\"", Some("low_fraud_probability")),
        ("\"nobody\"", Some("low_fraud_probability")),
        // Whose counters they are is not known.
        ("null", None),
        ("\"\"", None),
        ("[]", None),
        ("18.0", None),
        ("true", None),
        ("\"c-18\",\"customer_id\":\"nobody\"", None),
    ] {
        let request = of_customer(customer, "");
        let single = json_answers(&["--counters", &by_customer], &request);
        let lines = format!("{request}\n{request}");
        let lines = json_answers(&["--counters", &by_customer], lines);
        assert_eq!(single.0, Some(if expected.is_some() { 0 } else { 2 }), "{customer}");
        assert_eq!((lines.0, lines.1.len()), (single.0, 2));
        for answer in single.1.iter().chain(&lines.1) {
            assert_eq!(answer["reason"].as_str(), expected, "{customer}: {answer}");
            assert_eq!(
                answer["action"] == "allow",
                expected.is_some() && expected != Some(in_force)
            );
        }
        if customer.starts_with('"') && !customer.contains(',') {
            let cells = format!("customer_id,{HEADER}\n{customer},{ROW}\n");
            let (code, cells) = json_answers(&["--counters", &by_customer], cells);
            assert_eq!(code, single.0);
            assert_eq!(cells[0]["reason"].as_str(), expected, "{customer}: {}", cells[0]);
        }
    }
    // A new block beyond the daily limit is a review.
    let scored = of_customer("\"c-18\"", "").replace("0.1", "0.9");
    let (_, answers) = json_answers(&["--counters", &by_customer], scored);
    assert_eq!(answers[0]["reason"], "high_fraud_probability+daily_block_limit");
    assert_eq!(answers[0]["action"], "manual_review");
    // Nobody is asked who it is about where the counters are those of all.
    let (code, answers) = json_answers(&["--counters", &flat], format!("{GOOD}\n{GOOD}"));
    assert_eq!((code, answers.len()), (Some(0), 2));
    assert!(answers.iter().all(|answer| answer["action"] == "block"));
    // Rows that do not say it at all.
    let output = decide(&["--counters", &by_customer], format!("{HEADER},customer\n{ROW},c-17\n"));
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("there is no column `customer_id`, by which the counters are kept"),
        "{said}"
    );
}

#[test]
fn members_that_counters_shadow_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let by_customer = write(folder.path(), "by.yaml", COUNTERS);
    let told = json!([
        "the given `hours_since_block` is not read: input `hours_since_block` comes from counter \
         `hours_since_block`"
    ]);
    let request = of_customer("\"c-9\"", ",\"hours_since_block\":1");
    let cells = format!("customer_id,hours_since_block,{HEADER}\nc-9,1,{ROW}\nc-9,,{ROW}\n");
    for asked in [&["--counters", by_customer.as_str()][..], &[]] {
        let single = json_answers(asked, &request);
        let lines = json_answers(asked, format!("{request}\n{GOOD}"));
        let cells = json_answers(asked, &cells);
        assert_eq!(single.0, Some(0));
        for answer in [&single.1[0], &cells.1[0]] {
            assert_eq!(answer["action"], "allow");
            assert_eq!(answer["warnings"], told, "{answer}");
        }
        assert!(cells.1[1]["warnings"].is_null());
        if asked.is_empty() {
            assert_eq!(lines.1[0]["warnings"], told);
            assert!(lines.1[1]["warnings"].is_null());
        }
        let output = decide(asked, &request);
        assert_eq!(text(&output.stderr), format!("warning: {}\n", told[0].as_str().unwrap()));
    }
    let output = decide(&[], format!("{request}\n{request}\n{GOOD}"));
    assert_eq!(
        text(&output.stderr),
        format!("warning: in 2 rows {}\n3 allow\n", told[0].as_str().unwrap())
    );
    // Null and nothing are nothing that is not read.
    let nothing = of_customer("\"c-9\"", ",\"hours_since_block\":null");
    assert!(json_answers(&[], nothing).1[0]["warnings"].is_null());
}

#[test]
fn counters_that_nobody_reads_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = write(folder.path(), "own.yaml", "a: 1\n");
    let note = with_note(folder.path());
    let output = decide_with(&note, &["--counters", &own], "{\"score\": 0.1, \"note\": \"\"}");
    assert_eq!(output.status.code(), Some(2));
    let mut shown = text(&output.stderr);
    for (name, counters) in [
        ("name.yaml", "hours_since_blok: 2\n"),
        ("kind.yaml", "hours_since_block: '2'\ncustomer_blocks_today: null\n"),
        ("list.json", "[1]"),
        ("empty.yaml", "{}\n"),
        ("by.yaml", "by: customer_id\n"),
        ("no-by.yaml", "counters: { c-17: { hours_since_block: 2 } }\n"),
        ("more.yaml", "by: id\ncounters: { a: 3, ' b': { hours: 1 } }\nhours_since_block: 2\n"),
        ("twice.yaml", "hours_since_block: 2\nhours_since_block: 30\n"),
    ] {
        let file = write(folder.path(), name, counters);
        let output = decide(&["--counters", &file], GOOD);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        shown += &text(&output.stderr);
    }
    let shown = shown.replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!(shown);
    // Standard input is one thing only.
    let output = decide(&["--counters", "-"], "hours_since_block: 2\n");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("both the counters and what to decide on"), "{said}");
}

/// Whatever else is given, an input that is not in order is never allowed.
#[test]
fn nothing_in_doubt_is_allowed() {
    let twins = [
        ("\"score\":0.1", "\"score\":NaN"),
        ("\"score\":0.1", "\"score\":null"),
        ("\"score\":0.1", "\"score\":\"0.1\""),
        ("\"score\":0.1", "\"score\":-0.1"),
        ("\"score\":0.1", "\"score\":10"),
        ("\"score\":0.1", "\"Score\":0.1"),
        ("\"score\":0.1", "\" score\":0.1"),
        ("\"score\":0.1", "\"score\":0.1,\"score\":0.1"),
        ("\"score\":0.1", "\"score\":0.1,\"\\u0073core\":0.1"),
        ("\"score\":0.1", "\"score\":[0.1]"),
        ("\"score\":0.1", "\"score\":{\"value\":0.1}"),
        ("\"score\":0.1", "\"score\":1e400"),
        ("\"amount\":1", "\"amount\":\"1\""),
        ("\"amount\":1", "\"amount\":\"1 EUR\""),
        ("\"amount\":1", "\"amount\":true"),
        ("\"amount\":1,", ""),
        ("\"country\":\"US\"", "\"country\":null"),
        ("\"country\":\"US\"", "\"country\":\"\""),
        ("\"country\":\"US\"", "\"COUNTRY\":\"US\""),
        ("\"country\":\"US\"", "\"country\":[\"US\"]"),
        ("\"merchant_age_days\":400", "\"merchant_age_days\":-1"),
        ("\"merchant_age_days\":400", "\"merchant_age_days\":\"400d\""),
        ("\"transactions_last_hour\":1", "\"transactions_last_hour\":-1"),
        ("\"transactions_last_hour\":1", "\"transactions_last_hour\":null"),
    ];
    let mut lines = String::new();
    for (from, to) in twins {
        let request = GOOD.replacen(from, to, 1);
        assert_ne!(request, GOOD, "{from}");
        let (code, answers) = json_answers(&[], &request);
        assert_eq!((code, answers.len()), (Some(2), 1), "{request}");
        assert_eq!(answers[0]["action"], "manual_review", "{request}");
        assert_eq!(answers[0]["fallback"], true, "{request}");
        lines += &request;
        lines.push('\n');
    }
    let (code, answers) = json_answers(&["--input-format", "jsonl"], &lines);
    assert_eq!((code, answers.len()), (Some(2), twins.len()));
    assert!(answers.iter().all(|answer| answer["action"] == "manual_review"));
    for (column, cell) in [
        (0, "NaN"),
        (0, ""),
        (0, "0,1"),
        (0, "\"0,1\""),
        (0, "1e400"),
        (0, "-0.1"),
        (0, "10%"),
        (0, "inf"),
        (1, "1 EUR"),
        (1, "nan"),
        (1, " "),
        (3, "400d"),
        (4, "-1"),
    ] {
        let mut cells: Vec<&str> = ROW.split(',').collect();
        cells[column] = cell;
        let (code, answers) = json_answers(&[], format!("{HEADER}\n{}\n", cells.join(",")));
        assert_eq!((code, answers.len()), (Some(2), 1), "{cell}");
        assert_eq!(answers[0]["action"], "manual_review", "{cell}");
    }
    // A negative zero is zero.
    let zero = GOOD.replace("0.1", "-0.0").replace("\"amount\":1", "\"amount\":-0");
    assert_eq!(json_answers(&[], zero).1[0]["action"], "allow");
}

/// What only the plugin finds wrong names each thing once.
#[test]
fn wrong_settings_are_told_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = String::new();
    for (from, to) in [
        ("high_value_action: manual_review", "high_value_action: manual_revew"),
        ("new_merchant_action: extra_verification", "new_merchant_action: extra_verificaton"),
        ("actions: [allow, extra_verification, manual_review, block]", "actions: [allow, block]"),
        ("owner: risk-platform", "owner: ''"),
    ] {
        let document = fs::read_to_string(root().join(FRAUD)).unwrap();
        assert!(document.contains(from));
        let document = write(folder.path(), "fraud.yaml", document.replace(from, to));
        let output = decide_with(&document, &[], GOOD);
        assert_eq!(output.status.code(), Some(2), "{to}");
        shown += &text(&output.stderr);
    }
    let shown = shown.replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!(shown);
}
