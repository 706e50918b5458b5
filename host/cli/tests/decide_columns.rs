//! `tollgate decide` on Parquet and Arrow: the same rows have the same answers,
//! whatever file they come in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use common::{command, root, text};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tempfile::TempDir;

fn decide(file: &Path, more: &[&str]) -> Output {
    let file = file.display().to_string();
    let all = ["decide", "--policy", "policies/fraud.yaml", "--no-time", "--input", &file];
    command(&[&all[..], more].concat()).output().unwrap()
}

fn answers(output: &Output) -> Vec<Value> {
    let schema = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let parsed = text(&output.stdout);
    let parsed = parsed.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        assert!(schema.is_valid(&answer), "{answer}");
        answer
    });
    parsed.collect()
}

fn parquet(folder: &TempDir, batch: &RecordBatch) -> PathBuf {
    let path = folder.path().join("rows.parquet");
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    path
}

fn stream(folder: &TempDir, batch: &RecordBatch) -> PathBuf {
    let path = folder.path().join("rows.arrows");
    let file = File::create(&path).unwrap();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    path
}

fn column<'r>(rows: &'r [Value], name: &'r str) -> impl Iterator<Item = &'r Value> {
    rows.iter().map(move |row| &row[name])
}

/// The transactions as columns, with a null wherever a row has nothing.
fn batch(rows: &[Value]) -> RecordBatch {
    let numbers = |name| -> ArrayRef {
        Arc::new(column(rows, name).map(Value::as_f64).collect::<Float64Array>())
    };
    let integers = |name| -> ArrayRef {
        Arc::new(column(rows, name).map(Value::as_i64).collect::<Int64Array>())
    };
    let country: DictionaryArray<Int32Type> = column(rows, "country").map(Value::as_str).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("score", numbers("score"), true),
        ("amount", numbers("amount"), true),
        ("country", Arc::new(country) as ArrayRef, true),
        ("merchant_age_days", integers("merchant_age_days"), true),
        ("transactions_last_hour", integers("transactions_last_hour"), true),
    ])
    .unwrap()
}

#[test]
fn columns_are_decided_as_lines_are() {
    let text = fs::read_to_string(root().join("tests/fixtures/mlflow/fraud/transactions.jsonl"));
    let text = text.unwrap();
    let mut rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // What is missing is missing everywhere.
    for (row, name) in [(3, "score"), (5, "country"), (8, "transactions_last_hour")] {
        rows[row].as_object_mut().unwrap().remove(name);
    }
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("rows.jsonl");
    let text: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(&lines, text.join("\n")).unwrap();
    let of_lines = decide(&lines, &["--format", "json"]);
    assert_eq!(of_lines.status.code(), Some(2), "some rows have no decision");

    let batch = batch(&rows);
    let unnamed = folder.path().join("rows");
    fs::copy(parquet(&folder, &batch), &unnamed).unwrap();
    for file in [parquet(&folder, &batch), stream(&folder, &batch), unnamed] {
        let of_columns = decide(&file, &["--format", "json"]);
        assert_eq!(of_columns.status.code(), Some(2), "{}", common::text(&of_columns.stderr));
        let pairs = answers(&of_lines).into_iter().zip(answers(&of_columns));
        let mut count = 0;
        for (mut line, mut row) in pairs {
            count += 1;
            assert_eq!(line["line"], count);
            assert_eq!(row["row"], count);
            for (answer, key) in [(&mut line, "line"), (&mut row, "row")] {
                let answer = answer.as_object_mut().unwrap();
                answer.remove(key);
                // A row that gives no values is known by how it is written,
                // and called a row.
                if answer.contains_key("error") {
                    answer.remove("decision_id");
                    let error = answer["error"].as_str().unwrap();
                    let error = error.replace("column `", "`/").replace("``/", "`/");
                    answer.insert("error".to_owned(), error.into());
                }
            }
            assert_eq!(line, row);
        }
        assert_eq!(count, rows.len());
    }
}

/// The rows in every format.
fn in_every_format(folder: &TempDir, rows: &[Value]) -> [PathBuf; 4] {
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let names = ["score", "amount", "country", "merchant_age_days", "transactions_last_hour"];
    let cells = |row: &Value| {
        let cells = names.map(|name| match &row[name] {
            Value::Null => String::new(),
            Value::String(text) => format!("\"{text}\""),
            value => value.to_string(),
        });
        cells.join(",") + "\n"
    };
    let csv: String = rows.iter().map(cells).collect();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let batch = batch(rows);
    [
        write("rows.jsonl", lines),
        write("rows.csv", format!("{}\n{csv}", names.join(","))),
        parquet(folder, &batch),
        stream(folder, &batch),
    ]
}

/// The answers, without the places of the rows.
fn placeless(output: &Output) -> Vec<Value> {
    let mut answers = answers(output);
    for answer in &mut answers {
        let answer = answer.as_object_mut().unwrap();
        assert_ne!(answer.remove("line").is_some(), answer.remove("row").is_some());
    }
    answers
}

/// A row has one answer and one id, whatever file it comes in; another row has
/// another one.
#[test]
fn a_row_has_one_answer_in_every_format() {
    let text = fs::read_to_string(root().join("tests/fixtures/mlflow/fraud/transactions.jsonl"));
    let mut rows: Vec<Value> =
        text.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let decided = |rows: &[Value]| {
        in_every_format(&folder, rows).map(|file| {
            let output = decide(&file, &["--format", "json"]);
            assert_eq!(output.status.code(), Some(0), "{}", common::text(&output.stderr));
            // The same from a pipe that says itself what it is; Parquet is
            // read from its end.
            let arguments = ["decide", "--policy", "policies/fraud.yaml", "--no-time"];
            let piped = command(&[&arguments[..], &["--format", "json"]].concat())
                .stdin(File::open(&file).unwrap())
                .output()
                .unwrap();
            if file.extension().is_some_and(|extension| extension == "parquet") {
                assert_eq!(piped.status.code(), Some(2));
                let said = common::text(&piped.stdout);
                assert!(said.contains("give it as a file, not on standard input"), "{said}");
            } else {
                assert_eq!(piped.stdout, output.stdout, "{}", common::text(&piped.stderr));
            }
            placeless(&output)
        })
    };
    let [lines, others @ ..] = decided(&rows);
    assert_eq!(lines.len(), rows.len());
    others.iter().for_each(|other| assert_eq!(other, &lines));

    let changed = 77;
    rows[changed]["amount"] = (rows[changed]["amount"].as_f64().unwrap() + 0.5).into();
    let [again, others @ ..] = decided(&rows);
    others.iter().for_each(|other| assert_eq!(other, &again));
    let differ: Vec<usize> = (0..rows.len()).filter(|row| lines[*row] != again[*row]).collect();
    assert_eq!(differ, [changed]);
    assert_ne!(lines[changed]["decision_id"], again[changed]["decision_id"]);
}

/// What is wrong with a row is a fault of its own in every format, and the
/// others have their answers.
#[test]
fn a_row_without_a_value_harms_only_itself_in_every_format() {
    let good = r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let good: Value = serde_json::from_str(good).unwrap();
    let mut rows = vec![good; 5];
    rows[2].as_object_mut().unwrap().remove("amount");
    let folder = tempfile::tempdir().unwrap();
    for file in in_every_format(&folder, &rows) {
        let output = decide(&file, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(2));
        let answers = placeless(&output);
        let actions = answers.iter().map(|answer| answer["action"].as_str().unwrap());
        let actions: Vec<&str> = actions.collect();
        assert_eq!(actions, ["allow", "allow", "manual_review", "allow", "allow"]);
        let error = answers[2]["error"].as_str().unwrap();
        assert!(error.starts_with("required input `amount` is missing"), "{error}");
        assert_eq!(answers[1], answers[3]);
    }
}

/// A point in time is no number, however it is kept, and half of a number is
/// none either.
#[test]
fn what_a_column_is_counts() {
    let good = r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let good: Value = serde_json::from_str(good).unwrap();
    let rows = vec![good; 2];
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, array: ArrayRef| {
        let batch = batch(&rows);
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let column = if field.name() == name { &array } else { column };
            (field.name().clone(), Arc::clone(column), true)
        });
        let columns: Vec<_> = columns.collect();
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let output = decide(&parquet(&folder, &batch), &["--format", "json"]);
        let actions: Vec<String> = answers(&output)
            .iter()
            .map(|answer| {
                format!("{} {}", answer["action"], answer["error"].as_str().unwrap_or_default())
            })
            .collect();
        format!("{name}, exit {:?}: {}", output.status.code().unwrap(), actions.join("; "))
    };
    let told = [
        with("amount", Arc::new(TimestampMicrosecondArray::from(vec![1, 2]))),
        with("amount", Arc::new(StringArray::from(vec!["1", "2"]))),
        with("amount", Arc::new(Int64Array::from(vec![1, 2]))),
        with("amount", Arc::new(UInt64Array::from(vec![1, u64::MAX]))),
        with("amount", Arc::new(Float64Array::from(vec![1.0, f64::NAN]))),
        with("country", Arc::new(Int64Array::from(vec![1, 2]))),
        with("score", Arc::new(Float32Array::from(vec![0.7, 0.4]))),
        with("score", Arc::new(Float32Array::from(vec![0.69999, 0.39999]))),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_file_that_lacks_a_column_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let amounts: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let batch = RecordBatch::try_from_iter([("score", Arc::clone(&amounts)), ("amout", amounts)]);
    let file = parquet(&folder, &batch.unwrap());
    let output = decide(&file, &[]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn a_file_without_rows_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    for file in [parquet(&folder, &batch(&[])), stream(&folder, &batch(&[]))] {
        assert_eq!(decide(&file, &[]).status.code(), Some(3));
        assert_eq!(decide(&file, &["--allow-empty"]).status.code(), Some(0));
    }
}

/// A stream may come through a pipe, where someone says what it is.
#[test]
fn an_arrow_stream_may_be_on_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let batch = batch(&[serde_json::from_str(row).unwrap()]);
    let file = File::open(stream(&folder, &batch)).unwrap();
    let arguments = ["decide", "--policy", "policies/fraud.yaml", "--no-time", "--input", "-"];
    let output =
        command(&[&arguments[..], &["--input-format", "arrow", "--format", "json"]].concat())
            .stdin(Stdio::from(file))
            .output()
            .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(answers(&output)[0]["action"], "allow");
}
