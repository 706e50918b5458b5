//! A JSON Schema and a file of rows: each row by itself is the instance, in
//! every format, and none passes that was not judged.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DurationSecondArray, Float64Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use common::{command, report, text, tollgate};
use parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tollgate_test_support::{Dice, seed};

/// The formats, and a request of its own for each row.
const FORMATS: [&str; 5] = ["jsonl", "csv", "parquet", "arrow", "arrows"];

fn check(schema: &Path, payload: &Path, more: &[&str]) -> Output {
    let (schema, payload) = (schema.to_str().unwrap(), payload.to_str().unwrap());
    tollgate(&[&["check", "--schema", schema, "--payload", payload], more].concat())
}

/// Everything that was said, on one line: the lines of the box that an error
/// is shown in may break anywhere.
fn said(output: &Output) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    said.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn schema(&self, schema: &Value) -> PathBuf {
        self.file("schema.json", schema.to_string())
    }

    /// The same rows in every format.
    fn rows(&self, columns: &[&str], rows: &[Vec<Value>]) -> Vec<PathBuf> {
        let lines: Vec<String> = rows.iter().map(|row| object(columns, row).to_string()).collect();
        let cells = |cells: Vec<String>| cells.join(",") + "\n";
        let header = cells(columns.iter().map(|name| (*name).to_owned()).collect());
        let body: String = rows.iter().map(|row| cells(row.iter().map(cell).collect())).collect();
        let batch = batch(columns, rows);
        let mut parquet = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        parquet.write(&batch).unwrap();
        vec![
            self.file("rows.jsonl", lines.join("\n")),
            self.file("rows.csv", header + &body),
            self.file("rows.parquet", parquet.into_inner().unwrap()),
            self.arrow("rows.arrow", &batch),
            self.stream("rows.arrows", &batch),
        ]
    }

    fn arrow(&self, name: &str, batch: &RecordBatch) -> PathBuf {
        let path = self.0.path().join(name);
        let file = File::create(&path).unwrap();
        let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
        path
    }

    fn stream(&self, name: &str, batch: &RecordBatch) -> PathBuf {
        let path = self.0.path().join(name);
        let file = File::create(&path).unwrap();
        let mut writer = arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
        path
    }
}

fn object(columns: &[&str], row: &[Value]) -> Value {
    let members = columns.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned());
    Value::Object(members.collect::<Map<_, _>>())
}

/// A value as a cell of CSV.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        Value::Array(_) => format!("\"{value}\""),
        other => other.to_string(),
    }
}

/// Columns as the first value that is not null is.
fn batch(columns: &[&str], rows: &[Vec<Value>]) -> RecordBatch {
    let column = |at: usize| -> ArrayRef {
        let values = || rows.iter().map(|row| &row[at]);
        match values().find(|value| !value.is_null()).unwrap_or(&Value::Null) {
            Value::Bool(_) => Arc::new(values().map(Value::as_bool).collect::<BooleanArray>()),
            Value::Number(_) if values().all(|value| value.is_i64() || value.is_null()) => {
                Arc::new(values().map(Value::as_i64).collect::<Int64Array>())
            }
            Value::Number(_) => Arc::new(values().map(Value::as_f64).collect::<Float64Array>()),
            Value::Array(_) => {
                let mut lists = ListBuilder::new(Int64Builder::new());
                for value in values() {
                    let items = value.as_array();
                    lists.append_option(
                        items.map(|items| items.iter().map(Value::as_i64).collect::<Vec<_>>()),
                    );
                }
                Arc::new(lists.finish())
            }
            _ => Arc::new(values().map(Value::as_str).collect::<StringArray>()),
        }
    };
    let arrays: Vec<ArrayRef> = (0..columns.len()).map(column).collect();
    typed(columns.iter().copied().zip(arrays).collect())
}

fn typed(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

#[test]
fn rows_that_break_the_schema_fail_in_every_format() {
    let folder = Folder::new();
    let schema = json!({
        "type": "object",
        "required": ["id", "amount"],
        "properties": {
            "id": {"type": "string", "pattern": "^tx-[0-9]+$"},
            "amount": {"type": "number", "minimum": 0},
            "count": {"type": ["integer", "null"]},
            "open": {"type": "boolean"},
            "tags": {"type": "array", "maxItems": 2},
        },
    });
    let schema = folder.schema(&schema);
    let columns = ["id", "amount", "count", "open", "tags"];
    let good = [
        vec![json!("tx-1"), json!(1.5), json!(3), json!(true), json!([1])],
        vec![json!("tx-2"), json!(0.0), Value::Null, json!(false), json!([])],
    ];
    for (file, format) in folder.rows(&columns, &good).iter().zip(FORMATS) {
        let output = check(&schema, file, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{format}: {}", said(&output));
        assert_eq!(report(&output)["rows"]["count"], 2);
    }
    for (at, bad, rule) in [
        (0, json!("tx-x"), "pattern"),
        (1, json!(-0.5), "minimum"),
        (1, Value::Null, "type"),
        (4, json!([1, 2, 3]), "max-items"),
    ] {
        let mut rows = good.to_vec();
        rows[1][at] = bad;
        for (file, format) in folder.rows(&columns, &rows).iter().zip(FORMATS) {
            let output = check(&schema, file, &["--format", "json"]);
            assert_eq!(output.status.code(), Some(1), "{format} {rule}: {}", said(&output));
            let finding = &report(&output)["findings"][0];
            assert_eq!(finding["rule"], rule, "{format}: {finding}");
            assert_eq!(finding["column"], columns[at], "{format}: {finding}");
            let line = match format {
                "jsonl" => json!(2),
                "csv" => json!(3),
                _ => Value::Null,
            };
            assert_eq!(finding["places"][0]["row"], 2, "{format}: {finding}");
            assert_eq!(finding["places"][0]["line"], line, "{format}: {finding}");
        }
    }
    // A column that is missing is missing in every row.
    for (file, format) in
        folder.rows(&["id"], &[vec![json!("tx-1")], vec![json!("tx-2")]]).iter().zip(FORMATS)
    {
        let output = check(&schema, file, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(1), "{format}: {}", said(&output));
        let finding = &report(&output)["findings"][0];
        assert_eq!((&finding["rule"], &finding["occurrences"]), (&json!("required"), &json!(2)));
    }
}

/// Draws schemas and rows.
struct Draw(Dice);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0.roll(limit)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        self.0.one(of).clone()
    }

    /// What a column of the kind may be told to hold. Texts are always
    /// declared: a cell of CSV does not say whether it is a text.
    fn property(&mut self, kind: &str) -> Value {
        let mut property = match kind {
            "text" => self.one(&[
                json!({"type": "string", "maxLength": 4}),
                json!({"type": "string", "pattern": "^\\S+$"}),
                json!({"type": "string", "enum": ["007", "NG", "true", "a,b"]}),
                json!({"type": "string", "minLength": 3}),
            ]),
            "integer" => self.one(&[
                json!({"type": "integer", "minimum": 2}),
                json!({"multipleOf": 2}),
                json!({"type": "number", "exclusiveMaximum": 40}),
                json!({"enum": [1, 2, 3, 40.0]}),
            ]),
            "number" => self.one(&[
                json!({"type": "number", "minimum": 0}),
                json!({"type": "integer"}),
                json!({"multipleOf": 0.5}),
            ]),
            "boolean" => self.one(&[json!({"type": "boolean"}), json!({"const": true})]),
            _ => self.one(&[
                json!({"type": "array", "maxItems": 2}),
                json!({"type": "array", "items": {"minimum": 0}, "uniqueItems": true}),
            ]),
        };
        if property.get("type").is_some() && self.below(2) == 0 {
            property["type"] = json!([property["type"], "null"]);
        }
        property
    }

    fn value(&mut self, kind: &str) -> Value {
        if self.below(6) == 0 {
            return Value::Null;
        }
        match kind {
            "text" => self.one(
                &[
                    "NG",
                    " NG",
                    "NG ",
                    "007",
                    "1.50",
                    "true",
                    "null",
                    "a,b",
                    "say \"so\"",
                    "é\u{2028}",
                    "-",
                ]
                .map(|text| json!(text)),
            ),
            "integer" => self.one(&[0, 1, 2, 40, -7, 9_007_199_254_740_993_i64]).into(),
            "number" => self.one(&[0.5, -0.25, 2.0, 1e300, 0.1, 123456.75]).into(),
            "boolean" => (self.below(2) == 0).into(),
            _ => self.one(&[json!([]), json!([1]), json!([1, 1]), json!([-1, 2, 3])]),
        }
    }
}

/// Rules and columns that a row breaks.
type Broken = BTreeSet<(String, String)>;

fn broken_by_row(report: &Value, rows: usize) -> Vec<Broken> {
    let mut broken = vec![Broken::new(); rows];
    for finding in report["findings"].as_array().unwrap() {
        let key = (
            finding["rule"].as_str().unwrap().to_owned(),
            finding["column"].as_str().unwrap_or_default().to_owned(),
        );
        for place in finding["places"].as_array().unwrap() {
            broken[place["row"].as_u64().unwrap() as usize - 1].insert(key.clone());
        }
    }
    broken
}

fn broken_of_request(report: &Value) -> Broken {
    let finding = |finding: &Value| {
        let pointer = finding["pointer"].as_str().unwrap_or_default();
        let column = pointer.split('/').nth(1).unwrap_or_default().replace("~1", "/");
        (finding["rule"].as_str().unwrap().to_owned(), column)
    };
    report["findings"].as_array().unwrap().iter().map(finding).collect()
}

#[test]
fn a_row_gets_the_same_answer_in_every_format_and_as_a_request() {
    let mut draw = Draw(Dice::new(seed()));
    let (mut passed, mut failed) = (0, 0);
    for _ in 0..8 {
        let folder = Folder::new();
        let kinds: Vec<&str> =
            (0..4).map(|_| draw.one(&["text", "integer", "number", "boolean", "list"])).collect();
        let names = ["a", "b b", "c/d", "é"];
        let properties: Map<String, Value> = names
            .iter()
            .zip(&kinds)
            .map(|(name, kind)| ((*name).into(), draw.property(kind)))
            .collect();
        let schema = folder.schema(&json!({"properties": properties, "required": names}));
        // As many as a finding has places.
        let rows: Vec<Vec<Value>> =
            (0..5).map(|_| kinds.iter().map(|kind| draw.value(kind)).collect()).collect();
        let wanted: Vec<Broken> = rows
            .iter()
            .map(|row| {
                let request = folder.file("request.json", object(&names, row).to_string());
                broken_of_request(&report(&check(&schema, &request, &["--format", "json"])))
            })
            .collect();
        for (file, format) in folder.rows(&names, &rows).iter().zip(FORMATS) {
            let output = check(&schema, file, &["--format", "json"]);
            let broken = broken_by_row(&report(&output), rows.len());
            let context = format!("{format}, {schema}: {rows:?}", schema = json!(properties));
            assert_eq!(broken, wanted, "{context}");
            let code = i32::from(wanted.iter().any(|broken| !broken.is_empty()));
            assert_eq!(output.status.code(), Some(code), "{context}");
        }
        for broken in wanted {
            if broken.is_empty() { passed += 1 } else { failed += 1 }
        }
    }
    assert!(passed > 0 && failed > 0, "{passed} rows passed and {failed} failed");
}

/// What a cell of CSV is depends on what the schema declares, and on nothing
/// else in the file.
#[test]
fn cells_of_csv_are_read_as_they_are_declared() {
    for (declared, cell, passes) in [
        (json!({"type": "number"}), " 12.5 ", true),
        (json!({"type": "number"}), "12,5", false),
        (json!({"type": "number"}), "NaN", false),
        (json!({"type": "number"}), "007", false),
        (json!({"type": "number"}), "+1", false),
        (json!({"type": "number"}), "", false),
        (json!({"type": ["number", "null"]}), "", true),
        (json!({"type": "integer"}), "12.0", true),
        (json!({"type": "integer"}), "12.5", false),
        (json!({"const": 0.1}), "0.10000000000000000000001", false),
        (json!({"type": "string", "const": "12"}), "12", true),
        (json!({"type": "string", "const": "1.50"}), "1.50", true),
        (json!({"type": "string", "const": "1.5"}), "1.50", false),
        (json!({"type": "string", "const": "NG"}), " NG", false),
        (json!({"type": "string", "const": " NG"}), " NG", true),
        (json!({"type": "string"}), "", false),
        (json!({"type": ["string", "integer"], "const": 7}), "7", true),
        (json!({"type": "boolean"}), "True", true),
        (json!({"type": "boolean"}), "yes", false),
        (json!({"type": "boolean"}), "1", false),
        (json!({"type": ["string", "boolean"], "const": "True"}), "True", true),
        (json!({"type": "array", "items": {"type": "integer"}}), "\"[1, 2]\"", true),
        (json!({"type": "array", "items": {"type": "integer"}}), "\"[1, true]\"", false),
        (json!({"type": "array"}), "[1", false),
        (json!({"type": "object", "required": ["a"]}), "\"{\"\"a\"\": 1}\"", true),
        (json!({"type": "object", "required": ["a"]}), "{}", false),
        (json!({"minimum": 3}), "12", true),
        (json!({"minimum": 3}), "2", false),
    ] {
        let folder = Folder::new();
        let schema = folder.schema(&json!({"properties": {"x": declared}}));
        // A text and a number elsewhere in the column change nothing.
        for neighbours in ["", "12,1\n", "12,1\nword,2\n"] {
            let rows = folder.file("rows.csv", format!(" x ,y\n{cell},0\n{neighbours}"));
            let report =
                report(&check(&schema, &rows, &["--format", "json", "--max-findings", "999"]));
            let first = &broken_by_row(&report, 3)[0];
            assert_eq!(first.is_empty(), passes, "{declared} {cell:?} {neighbours:?}: {report}");
        }
    }
}

#[test]
fn what_is_wrong_with_cells_is_explained() {
    let folder = Folder::new();
    let schema = folder.schema(&json!({
        "properties": {
            "amount": {"type": "number", "minimum": 0},
            "country": {"enum": ["DE", "NG"]},
            "note": {"type": ["string", "null"], "maxLength": 5},
        },
        "additionalProperties": false,
    }));
    let rows = "amount,country,note\n1,DE,\n-2,NG,short\n1e,DE,\n-3, NG,far too long\n,DE,ok\n";
    let rows = folder.file("rows.csv", rows);
    let output = check(&schema, &rows, &[]);
    let shown = text(&output.stdout).replace(&format!("{}/", folder.0.path().display()), "");
    let shown: Vec<&str> = shown.lines().filter(|line| !line.starts_with("judged by")).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// A line may be any JSON, as a request may; what is none is a fault of its
/// row, and the others are judged.
#[test]
fn each_line_is_an_instance() {
    let folder = Folder::new();
    let schema = folder.schema(&json!({"type": "array", "items": {"type": "integer"}}));
    let rows = folder.file("rows.jsonl", "[1, 2]\n\n[]\n");
    assert_eq!(check(&schema, &rows, &[]).status.code(), Some(0));
    let rows = folder.file("rows.jsonl", "[1, 2]\n{}\n[1\n[1]]\n[1],[2]\n[NaN]\n[\"a\"]\n");
    let output = check(&schema, &rows, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert_eq!((&report["rows"]["count"], &report["rows"]["unread"]), (&json!(7), &json!(0)));
    let rules: Vec<Vec<String>> = broken_by_row(&report, 7)
        .into_iter()
        .map(|broken| broken.into_iter().map(|(rule, _)| rule).collect())
        .collect();
    let bad = || vec!["bad-json".to_owned()];
    let of_type = || vec!["type".to_owned()];
    assert_eq!(rules, [vec![], of_type(), bad(), bad(), bad(), bad(), of_type()]);
    let wrapper = folder.schema(&json!({"required": ["dataframe_records"]}));
    let rows = folder.file("rows.jsonl", "{\"a\": 1}\n");
    assert_eq!(check(&wrapper, &rows, &[]).status.code(), Some(1), "nothing is wrapped");
}

/// Types that JSON has no values for are the texts and numbers that it has,
/// and what it has none for is not passed over.
#[test]
fn times_and_decimals_are_the_texts_and_numbers_that_json_has() {
    let folder = Folder::new();
    let noon = 1_769_860_800_500_000;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("day", Arc::new(Date32Array::from(vec![20_484]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![noon]).with_timezone("UTC"))),
        (
            "price",
            Arc::new(Decimal128Array::from(vec![1_250]).with_precision_and_scale(9, 2).unwrap()),
        ),
    ];
    let batch = typed(columns);
    let arrow = folder.arrow("rows.arrow", &batch);
    let properties = json!({
        "day": {"const": "2026-01-31"},
        "at": {"const": "2026-01-31T12:00:00.5Z"},
        "price": {"type": "number", "const": 12.5},
    });
    let schema = folder.schema(&json!({"properties": properties, "required": ["price"]}));
    let output = check(&schema, &arrow, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let schema = folder.schema(&json!({"properties": {"at": {"type": "integer"}}}));
    let finding = &report(&check(&schema, &arrow, &["--format", "json"]))["findings"][0];
    assert_eq!(finding["actual"], "\"2026-01-31T12:00:00.5Z\"");

    let durations: ArrayRef = Arc::new(DurationSecondArray::from(vec![1]));
    let arrow = folder.arrow("durations.arrow", &typed(vec![("for", durations)]));
    let schema = folder.schema(&json!({}));
    let output = check(&schema, &arrow, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("column `for`"), "{}", said(&output));
}

#[test]
fn nothing_judged_is_not_passed() {
    let folder = Folder::new();
    let schema = folder.schema(&json!({"type": "object"}));
    let none: [Vec<Value>; 0] = [];
    let mut files = folder.rows(&["a"], &none);
    files.push(folder.file("empty.jsonl", ""));
    files.push(folder.file("blank.jsonl", "\n\n  \n"));
    files.push(folder.file("mark.jsonl", "\u{feff}"));
    files.push(folder.file("empty.csv", ""));
    files.push(folder.file("blank.csv", "\n\n"));
    let batch = batch(&["a"], &none);
    let mut writer = Vec::new();
    arrow_ipc::writer::StreamWriter::try_new(&mut writer, &batch.schema())
        .unwrap()
        .finish()
        .unwrap();
    files.push(folder.file("no-batches.arrows", writer));
    for file in files {
        let output = check(&schema, &file, &[]);
        assert_eq!(output.status.code(), Some(3), "{}: {}", file.display(), said(&output));
        assert!(said(&output).contains("`--allow-empty`"), "{}", said(&output));
        let output = check(&schema, &file, &["--allow-empty"]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", file.display(), said(&output));
    }
    for format in ["csv", "jsonl"] {
        let output = command(&["check", "--payload", "-", "--payload-format", format])
            .args(["--schema", schema.to_str().unwrap()])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{format}: {}", said(&output));
    }
    // A column that the schema refuses is refused without rows, too.
    let twice = folder.file("twice.csv", "a,a\n");
    assert_eq!(check(&schema, &twice, &["--allow-empty"]).status.code(), Some(1));
}

#[test]
fn files_that_are_something_else_do_not_pass() {
    let folder = Folder::new();
    let schema = folder.schema(&json!({"properties": {"amount": {"type": "number"}}}));
    let utf16: Vec<u8> = "\u{feff}a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, says) in [
        ("rows.csv", b"PAR1 and garbage\n1\n2\n".to_vec(), "Parquet"),
        ("rows.csv", b"PAR1\x15\x04\x15\x10\n\x00,\n".to_vec(), "Parquet"),
        ("rows.csv", b"ARROW1\0\0\xff\xff\xff\xff\n".to_vec(), "Arrow"),
        ("rows.csv", b"\xff\xff\xff\xff\x10\0\0\0\n".to_vec(), "Arrow"),
        ("rows.csv", b"PK\x03\x04\xfe\xff\n".to_vec(), "unpack"),
        ("rows.csv", b"\x1f\x8b\x08\x00\n1\n".to_vec(), "gzip"),
        ("rows.csv", b"{\"amount\": \"x\"}\n{\"amount\": 1}\n".to_vec(), "JSON"),
        ("rows.csv", b"a\x01b\n1\n".to_vec(), "control characters"),
        ("rows.csv", b"ab\x00\n1\n".to_vec(), "no text"),
        ("rows.csv", utf16.clone(), "UTF-16"),
        ("rows.jsonl", utf16, "UTF-16"),
        ("rows.jsonl", b"PAR1\n".to_vec(), "Parquet"),
    ] {
        let output = check(&schema, &folder.file(name, &bytes), &[]);
        assert_eq!(output.status.code(), Some(2), "{bytes:?}: {}", said(&output));
        assert!(said(&output).contains(says), "{says}: {}", said(&output));
    }
}

fn piped(schema: &Path, bytes: &[u8]) -> Output {
    let mut child = command(&["check", "--payload", "-", "--schema", schema.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn standard_input_is_recognised_or_asked_about() {
    let folder = Folder::new();
    let schema = folder.schema(&json!({"properties": {"amount": {"maximum": 5}}}));
    let mark = "\u{feff}";
    for (bytes, code) in [
        ("amount,country\n5,DE\n".to_owned(), 0),
        ("amount,country\n6,DE\n".to_owned(), 1),
        (format!("{mark}amount,country\r\n6,DE\r\n"), 1),
        ("{\"amount\": 5}\n{\"amount\": 4}\n".to_owned(), 0),
        ("{\"amount\": 5}\n{\"amount\": 6}\n".to_owned(), 1),
        (format!("{mark}{{\"amount\": 5}}\n{{\"amount\": 6}}\n"), 1),
        ("{\"amount\": 5}".to_owned(), 0),
        (format!("{mark}{{\"amount\": 5}}"), 0),
        (format!("{mark}{{\"amount\": 6}}"), 1),
        ("amount\n5\n".to_owned(), 2),
        ("Bad Gateway\n".to_owned(), 2),
        ("<html><body>no, not today</body></html>\n".to_owned(), 2),
        (String::new(), 1),
    ] {
        let output = piped(&schema, bytes.as_bytes());
        assert_eq!(output.status.code(), Some(code), "{bytes:?}: {}", said(&output));
        if code == 2 {
            assert!(said(&output).contains("`--payload-format`"), "{}", said(&output));
        }
    }
    // The same in files.
    for (name, bytes) in [
        ("mark.json", format!("{mark}{{\"amount\": 5}}")),
        ("mark.jsonl", format!("{mark}{{\"amount\": 5}}\n")),
        ("mark.csv", format!("{mark}amount\n5\n")),
    ] {
        let output = check(&schema, &folder.file(name, &bytes), &[]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        let output = check(&schema, &folder.file(name, bytes.replace('5', "6")), &[]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
    }
}
