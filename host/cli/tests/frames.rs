//! Files of rows: what a person reads of damaged ones, and files that are none.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]
#![allow(clippy::panic, reason = "as above")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Field, Schema};
use common::{report, root, text};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use tollgate_test_support::{Dice, seed};

const SIGNATURE: &str = "tests/fixtures/frames/signature.json";

/// A check against the files' signature.
fn command(arguments: &[&str]) -> Command {
    common::command(&[&["check", "--signature", SIGNATURE], arguments].concat())
}

fn check(payload: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["--payload", payload.to_str().unwrap()];
    arguments.extend(more);
    command(&arguments).output().unwrap()
}

/// Everything a person reads, without the folder's and the plugin's names.
fn read_by_a_person(payload: &Path) -> String {
    let output = check(payload, &[]);
    let shown =
        text(&output.stdout).replace(&format!("{}/", payload.parent().unwrap().display()), "");
    let shown: Vec<&str> = shown.lines().filter(|line| !line.starts_with("judged by")).collect();
    format!("{}\nexit {}", shown.join("\n"), output.status.code().unwrap())
}

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/frames").join(name)
}

/// Ten kinds of damage that a file with types can have.
fn damaged() -> RecordBatch {
    let rows = 40;
    let texts = |text: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        Arc::new((0..rows).map(text).collect::<StringArray>())
    };
    let mut tags = ListBuilder::new(StringBuilder::new());
    for row in 0..rows {
        tags.append_value([Some("new"), (row != 7).then_some("old")]);
    }
    let day = 86_400_000_000;
    let since = (0..rows as i64).map(|row| match row {
        12 => Some(253_402_300_799_000_000),
        13 => None,
        _ => Some(1_767_225_600_000_000 + row * day),
    });
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("customer", texts(&|row| (row != 3 && row != 9).then(|| format!("c{row:03}")))),
        ("ammount", Arc::new((0..rows).map(|row| Some(row as f64)).collect::<Float64Array>())),
        (
            "age",
            Arc::new(
                (0..rows)
                    .map(|row| Some(if row % 10 == 4 { f64::NAN } else { row as f64 }))
                    .collect::<Float64Array>(),
            ),
        ),
        ("visits", Arc::new((0..rows as i64).map(Some).collect::<Int64Array>())),
        ("member", texts(&|row| Some(if row % 2 == 0 { "yes" } else { "no" }.to_owned()))),
        ("since", Arc::new(since.collect::<TimestampMicrosecondArray>())),
        ("country", texts(&|row| Some(if row < 20 { "DE" } else { "FR" }.to_owned()))),
        ("country", texts(&|_| Some("DE".to_owned()))),
        ("tags", Arc::new(tags.finish())),
        ("notes", texts(&|_| None)),
    ];
    batch(columns)
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Rows without any damage.
fn good(rows: usize) -> RecordBatch {
    let texts = |text: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new((0..rows).map(|row| Some(text(row))).collect::<StringArray>())
    };
    let since = (0..rows as i64).map(|row| Some(1_767_225_600_000_000 + row));
    batch(vec![
        ("customer", texts(&|row| format!("c{row:09}"))),
        ("amount", Arc::new((0..rows).map(|row| Some(row as f64 / 7.0)).collect::<Float64Array>())),
        ("age", Arc::new((0..rows as i64).map(Some).collect::<Int64Array>())),
        ("visits", Arc::new((0..rows).map(|row| Some(row as i32)).collect::<Int32Array>())),
        ("member", Arc::new((0..rows).map(|row| Some(row % 2 == 0)).collect::<BooleanArray>())),
        ("since", Arc::new(since.collect::<TimestampMicrosecondArray>())),
        ("country", texts(&|row| ["DE", "FR", "NL"][row % 3].to_owned())),
    ])
}

fn write_parquet(path: &Path, batch: &RecordBatch, compression: Compression) {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn write_arrow(path: &Path, batch: &RecordBatch) {
    let file = File::create(path).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

fn write_stream(path: &Path, batch: &RecordBatch) {
    let file = File::create(path).unwrap();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

#[test]
fn damaged_csv_is_explained() {
    insta::assert_snapshot!(read_by_a_person(&fixture("damaged.csv")));
}

#[test]
fn damaged_json_lines_are_explained() {
    insta::assert_snapshot!(read_by_a_person(&fixture("damaged.jsonl")));
}

#[test]
fn damaged_parquet_and_arrow_are_explained_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_parquet(&path("damaged.parquet"), &damaged(), Compression::SNAPPY);
    let parquet = read_by_a_person(&path("damaged.parquet"));
    insta::assert_snapshot!(parquet);
    write_arrow(&path("damaged.arrow"), &damaged());
    write_stream(&path("damaged.arrows"), &damaged());
    for name in ["damaged.arrow", "damaged.arrows"] {
        assert_eq!(read_by_a_person(&path(name)).replace(name, "damaged.parquet"), parquet);
    }
}

#[test]
fn reports_hold_to_their_schema_and_hide_values() {
    for file in ["damaged.csv", "damaged.jsonl"] {
        let output = check(&fixture(file), &["--format", "json"]);
        assert_eq!(output.status.code(), Some(1));
        let shown = report(&output);
        assert_eq!(shown["verdict"], "fail");
        assert_eq!(shown["rows"]["format"], file.rsplit('.').next().unwrap());
        let age = |finding: &&Value| finding["column"] == "age";
        let findings = shown["findings"].as_array().unwrap();
        let first = &findings.iter().find(age).unwrap()["places"][0];
        assert_eq!((&first["row"], &first["value"]), (&4.into(), &"\"forty\"".into()));
        assert!(first["line"].is_u64());
        for more in [&["--hide-values"][..], &["--hide-values", "--format", "json"]] {
            let hidden = text(&check(&fixture(file), more).stdout);
            for value in ["forty", "3000000000", "2026-02-30"] {
                assert!(!hidden.contains(value), "{value} in {hidden}");
            }
        }
        let few = report(&check(&fixture(file), &["--format", "json", "--max-findings", "2"]));
        assert_eq!(few["findings"].as_array().unwrap().len(), 2);
        assert_eq!(few["more_findings"].as_u64().unwrap() as usize, findings.len() - 2);
        assert_eq!(few["verdict"], "fail", "what is left out still counts");
    }
}

#[test]
fn good_files_pass_in_every_format_and_compression() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let rows = 200_000;
    let good = good(rows);
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for (name, compression) in [
        ("none.parquet", Compression::UNCOMPRESSED),
        ("snappy.parquet", Compression::SNAPPY),
        ("zstd.parquet", zstd),
        ("gzip.parquet", Compression::GZIP(parquet::basic::GzipLevel::default())),
        ("lz4.parquet", Compression::LZ4_RAW),
        ("brotli.parquet", Compression::BROTLI(parquet::basic::BrotliLevel::default())),
    ] {
        write_parquet(&path(name), &good, compression);
    }
    write_arrow(&path("good.arrow"), &good);
    write_stream(&path("good.arrows"), &good);
    // By their first bytes.
    fs::copy(path("zstd.parquet"), path("no-extension")).unwrap();
    fs::copy(path("good.arrows"), path("no-extension-either")).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let output = check(&path, &["--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), text(&output.stdout));
        let report = report(&output);
        assert_eq!(report["rows"]["count"], rows, "{}", path.display());
        assert!(report["rows"]["batches"].as_u64().unwrap() > 3, "{}", report["rows"]);
    }
    let stream = File::open(path("good.arrows")).unwrap();
    let piped = command(&["--payload", "-"]).stdin(Stdio::from(stream)).output().unwrap();
    assert_eq!(piped.status.code(), Some(0), "{}", text(&piped.stderr));
}

/// Whatever a damaged file says, the answer is findings or an error that names
/// the file: never a panic, never a pass that was not earned.
#[test]
fn broken_files_are_errors_and_nothing_worse() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_parquet(&path("whole.parquet"), &good(3_000), Compression::SNAPPY);
    write_arrow(&path("whole.arrow"), &good(3_000));
    write_stream(&path("whole.arrows"), &good(3_000));
    let mut dice = Dice::new(seed());
    for (name, changes) in [("whole.parquet", 40), ("whole.arrow", 25), ("whole.arrows", 25)] {
        let whole = fs::read(path(name)).unwrap();
        let broken = path(&format!("broken.{}", name.rsplit('.').next().unwrap()));
        for end in [1, 5, 11, whole.len() / 2, whole.len() - 1] {
            fs::write(&broken, &whole[..end]).unwrap();
            let output = check(&broken, &[]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name} cut at {end}: {said}");
            assert!(said.contains("cannot be read"), "{name} cut at {end}: {said}");
            assert!(!said.contains("panicked"), "{name} cut at {end}: {said}");
        }
        for change in 0..changes {
            let mut bytes = whole.clone();
            // Half of the changes where the descriptions are.
            let near_the_end = change % 2 == 0 && name == "whole.parquet";
            let from = if near_the_end { bytes.len() - 2_000 } else { 0 };
            let length = if name == "whole.parquet" { bytes.len() } else { 2_000 };
            for _ in 0..3 {
                let at = from + dice.roll(length - from);
                bytes[at] = dice.roll(256) as u8;
            }
            fs::write(&broken, &bytes).unwrap();
            answered_as_earned(&broken, &format!("{name} {change}"));
        }
    }
}

/// The exit code is the verdict's, and each verdict has its reason: a finding,
/// an error, or rows that another reader reads too.
fn answered_as_earned(file: &Path, what: &str) {
    let output = check(file, &["--format", "json"]);
    let said = text(&output.stderr);
    assert!(!said.contains("panicked"), "{what}: {said}");
    let report = report(&output);
    let outcomes: Vec<&str> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| finding["outcome"].as_str().unwrap())
        .collect();
    let worst = |outcome| outcomes.contains(&outcome);
    match output.status.code() {
        Some(0) => {
            assert_eq!(report["verdict"], "pass", "{what}");
            assert!(!worst("fail") && !worst("inconclusive"), "{what}: {report:#}");
            assert_eq!(report["rows"]["count"].as_u64(), rows_by_arrow(file), "{what}: {report:#}");
        }
        Some(1) => assert!(report["verdict"] == "fail" && worst("fail"), "{what}: {report:#}"),
        Some(2) => {
            assert_eq!(report["verdict"], "error", "{what}: {report:#}");
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(report["error"].as_str().unwrap().contains(name), "{what}: {report:#}");
        }
        Some(3) => assert!(
            report["verdict"] == "inconclusive" && worst("inconclusive") && !worst("fail"),
            "{what}: {report:#}"
        ),
        code => panic!("{what} ends with {code:?}: {said}"),
    }
}

/// The rows that the libraries read by themselves; none where they cannot read
/// the file to its end.
fn rows_by_arrow(file: &Path) -> Option<u64> {
    let count = |batches: &mut dyn Iterator<Item = Result<RecordBatch, ArrowError>>| {
        batches.map(|batch| batch.ok().map(|batch| batch.num_rows() as u64)).sum()
    };
    let open = || File::open(file).unwrap();
    // They are known to panic where ours must not.
    std::panic::catch_unwind(|| match file.extension()?.to_str()? {
        "parquet" => {
            count(&mut ParquetRecordBatchReaderBuilder::try_new(open()).ok()?.build().ok()?)
        }
        "arrow" => count(&mut FileReader::try_new(open(), None).ok()?),
        _ => count(&mut StreamReader::try_new(open(), None).ok()?),
    })
    .ok()?
}

/// What is cut off where a batch ends is no whole stream, and nor are two.
#[test]
fn a_stream_without_its_end_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut whole = arrow_ipc::writer::StreamWriter::try_new(
        File::create(path("whole.arrows")).unwrap(),
        &good(1).schema(),
    )
    .unwrap();
    let mut ends = Vec::new();
    for rows in [300, 200] {
        whole.write(&good(rows)).unwrap();
        whole.flush().unwrap();
        ends.push(fs::metadata(path("whole.arrows")).unwrap().len() as usize);
    }
    whole.finish().unwrap();
    let whole = fs::read(path("whole.arrows")).unwrap();
    assert_eq!(check(&path("whole.arrows"), &[]).status.code(), Some(0));
    let twice = whole.repeat(2);
    for (bytes, says) in [
        (&whole[..ends[0]], "cut off between two batches"),
        (&whole[..ends[1]], "cut off between two batches"),
        (&twice, "more follows behind"),
    ] {
        let cut = path("cut.arrows");
        fs::write(&cut, bytes).unwrap();
        let piped = File::open(&cut).unwrap();
        let piped = command(&["--payload", "-"]).stdin(Stdio::from(piped)).output().unwrap();
        for output in [check(&cut, &[]), piped] {
            let said = text(&output.stderr).replace("\n  │ ", " ");
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(says) && !said.contains("PASSED"), "{said}");
        }
    }
}

/// A quote that is never closed takes the rest of the file into one cell, and
/// says nothing of what was cut off.
#[test]
fn a_quote_that_is_never_closed_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let header = "customer,amount,age,visits,member,since,country\n";
    let row = "c1,2.5,30,1,true,2026-01-31,DE\n";
    let cut = format!("{header}{row}{row}c1,2.5,30,1,true,2026-01-31,\"D\n{row}");
    fs::write(path("cut.csv"), &cut).unwrap();
    fs::write(path("whole.csv"), cut.replace("\"D\n", "\"D\"\n")).unwrap();
    let columns = "score,amount,country,merchant_age_days,transactions_last_hour,outcome";
    let scores = format!("{columns}\n0.2,5,DE,400,1,0\n0.8,5,DE,400,1,\"1\n");
    fs::write(path("scores.csv"), scores).unwrap();
    assert_eq!(check(&path("whole.csv"), &[]).status.code(), Some(0));
    let file = |name: &str| path(name).display().to_string();
    let (cut, scores) = (file("cut.csv"), file("scores.csv"));
    let facts = file("facts.json");
    for (line, arguments) in [
        (4, vec!["check", "--signature", SIGNATURE, "--payload", &cut]),
        (4, vec!["signature", "infer", &cut]),
        (3, vec!["facts", &scores, "--score", "score", "--outcome", "outcome", "-o", &facts]),
        (3, vec!["decide", "--policy", "policies/fraud.yaml", "--input", &scores]),
    ] {
        let output = common::command(&arguments).output().unwrap();
        let said = text(&output.stderr).replace("\n  │ ", " ");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        let says = format!("the quote that opens at line {line} is never closed");
        assert!(said.contains(&says), "{arguments:?}: {said}");
    }
    assert!(!path("facts.json").exists());
}

#[test]
fn files_that_are_none_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, bytes: &[u8]| {
        fs::write(path(name), bytes).unwrap();
        path(name)
    };
    for (file, says) in [
        (write("empty.parquet", b""), "is empty"),
        (write("blank.csv", b",,\n"), "it has no header"),
        (write("csv.parquet", b"a,b\n1,2\n3,4\n"), "does not begin with `PAR1`"),
        (write("half.parquet", b"PAR1 and no more than that"), "not written to the end"),
        (write("half.arrow", b"ARROW1\0\0 and no more than that"), "not written to the end"),
        (write("latin1.csv", b"caf\xe9,b\n1,2\n"), "not UTF-8"),
        (path("none.csv"), "does not exist"),
        (write("quote.csv", &[b"a,b\n1,\"".as_slice(), &vec![b'x'; 20 << 20]].concat()), "quote"),
    ] {
        let output = check(&file, &[]);
        assert_eq!(output.status.code(), Some(2), "{}", file.display());
        // The lines of the box that an error is shown in may break anywhere.
        let said = text(&output.stderr)
            .replace("\n  │ ", " ")
            .replace(folder.path().to_str().unwrap(), "")
            .replace("`/", "`");
        assert!(said.contains(says), "{}: {said}", file.display());
    }
    let header = write("header.csv", b"customer,amount,age,visits,member,since\n");
    let output = check(&header, &["--format", "json"]);
    assert_eq!(report(&output)["findings"][0]["rule"], "no-rows");
    let header =
        write("no-header.csv", b"c1,2.5,30,1,true,2026-01-31\nc2,2.5,30,1,true,2026-01-31\n");
    let shown = text(&check(&header, &[]).stdout);
    assert!(shown.contains("a CSV file needs a header"), "{shown}");
}

/// Some kilobytes that unpack to half a gigabyte are an error before they do.
#[test]
fn a_page_that_unpacks_without_measure_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.parquet");
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(400 << 20)]));
    let batch = batch(vec![("customer", text)]);
    write_parquet(&path, &batch, Compression::ZSTD(ZstdLevel::default()));
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    let output = check(&path, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(2), "{}", text_of(&output));
    assert!(text_of(&output).contains("unpacks to"), "{}", text_of(&output));
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// A line of 100 MB is one bad row, and takes neither memory nor the rest of
/// the file with it.
#[test]
fn one_endless_line_is_one_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.jsonl");
    let good =
        r#"{"customer":"c","amount":1.5,"age":3,"visits":1,"member":true,"since":"2026-01-31"}"#;
    let long = format!("{{\"customer\":\"{}\"}}", "x".repeat(100 << 20));
    fs::write(&path, format!("{good}\n{long}\n{good}\n")).unwrap();
    let report = report(&check(&path, &["--format", "json"]));
    assert_eq!(report["rows"]["count"], 3);
    assert_eq!(report["rows"]["unread"], 1);
    assert_eq!(report["findings"][0]["rule"], "row-too-long");
    assert_eq!(report["findings"][0]["places"][0]["line"], 2);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}
