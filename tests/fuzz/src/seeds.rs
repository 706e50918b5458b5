//! Valid files to change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Int64Builder, ListBuilder, StringBuilder, StringDictionaryBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

/// The repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of these folders that end so; large ones are cut by nobody, and
/// left out.
#[must_use]
pub fn files(folders: &[&str], ends: &[&str]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in folders {
        let entries =
            fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let wanted = |path: &&PathBuf| {
            let name = path.to_string_lossy();
            ends.iter().any(|end| name.ends_with(end))
        };
        for path in paths.iter().filter(wanted) {
            let bytes = fs::read(path).unwrap();
            if bytes.len() < 64 << 10 {
                found.push(bytes);
            }
        }
    }
    assert!(!found.is_empty(), "no seeds in {folders:?}");
    found
}

/// Parts of a file, each some lines.
#[must_use]
pub fn lines(file: &str, each: usize, most: usize) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(each).take(most).map(|lines| lines.join("\n").into_bytes()).collect()
}

/// A component that a build has left beside this program's profile.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn component(folder: &str, name: &str) -> Vec<u8> {
    let program = std::env::current_exe().unwrap();
    let found = program.ancestors().map(|above| above.join(folder).join(name));
    let found = found.into_iter().find(|path| path.is_file());
    let path =
        found.unwrap_or_else(|| panic!("no {folder}/{name}: `cargo xtask plugins` builds it"));
    fs::read(path).unwrap()
}

/// Columns of many types, with and without gaps, nested ones among them.
fn batch(rows: usize, all: bool) -> RecordBatch {
    let gap = |row: usize| row % 7 == 3;
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut pairs = FixedSizeListBuilder::new(Int64Builder::new(), 2);
    let mut country = StringDictionaryBuilder::<Int32Type>::new();
    for row in 0..rows {
        tags.append_value([Some("new"), (row % 2 == 0).then_some("old")]);
        pairs.values().append_slice(&[row as i64, 7]);
        pairs.append(true);
        country.append_value(["DE", "FR", "NG"][row % 3]);
    }
    let text = |row: usize| (!gap(row)).then(|| format!("c{row:05}"));
    let inner: ArrayRef = Arc::new((0..rows).map(|row| Some(row as i32)).collect::<Int32Array>());
    let field = Arc::new(Field::new("k", DataType::Int32, true));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("customer", Arc::new((0..rows).map(text).collect::<StringArray>())),
        ("amount", Arc::new((0..rows).map(|row| Some(row as f64 / 7.0)).collect::<Float64Array>())),
        ("age", Arc::new((0..rows as i64).map(Some).collect::<Int64Array>())),
        ("visits", Arc::new((0..rows).map(|row| (!gap(row)).then_some(1)).collect::<Int32Array>())),
        ("member", Arc::new((0..rows).map(|row| Some(row % 2 == 0)).collect::<BooleanArray>())),
        (
            "since",
            Arc::new(
                (0..rows as i64)
                    .map(|row| Some(1_767_225_600_000_000 + row))
                    .collect::<TimestampMicrosecondArray>(),
            ),
        ),
    ];
    if all {
        let decimals = (0..rows).map(|row| Some(row as i128 * 100)).collect::<Decimal128Array>();
        columns.extend([
            ("tags", Arc::new(tags.finish()) as ArrayRef),
            ("pairs", Arc::new(pairs.finish())),
            ("country", Arc::new(country.finish())),
            ("raw", Arc::new((0..rows).map(|_| Some(b"\0\xff")).collect::<BinaryArray>())),
            ("day", Arc::new((0..rows as i32).map(Some).collect::<Date32Array>())),
            ("price", Arc::new(decimals.with_precision_and_scale(20, 2).unwrap())),
            ("record", Arc::new(StructArray::from(vec![(field, inner)]))),
        ]);
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Parquet files: compressions, versions of pages, with and without
/// dictionaries.
#[must_use]
pub fn parquet() -> Vec<Vec<u8>> {
    let mut found = files(&["host/signatures/tests/inference"], &[".parquet"]);
    for (compression, dictionary, version, rows, all) in [
        (Compression::UNCOMPRESSED, true, WriterVersion::PARQUET_1_0, 20, false),
        (Compression::UNCOMPRESSED, false, WriterVersion::PARQUET_2_0, 20, true),
        (Compression::SNAPPY, true, WriterVersion::PARQUET_1_0, 300, true),
        (Compression::ZSTD(ZstdLevel::default()), true, WriterVersion::PARQUET_2_0, 300, true),
    ] {
        let batch = batch(rows, all);
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_dictionary_enabled(dictionary)
            .set_writer_version(version)
            .build();
        let mut bytes = Vec::new();
        let mut writer =
            ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        found.push(bytes);
    }
    found
}

/// Arrow files and streams.
#[must_use]
pub fn arrow() -> Vec<Vec<u8>> {
    let mut found = files(&["host/signatures/tests/inference"], &[".arrow"]);
    for (rows, all) in [(20, false), (20, true), (300, true)] {
        let batch = batch(rows, all);
        let (mut file, mut stream) = (Vec::new(), Vec::new());
        let mut writer = FileWriter::try_new(&mut file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let mut writer = StreamWriter::try_new(&mut stream, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        found.extend([file, stream]);
    }
    found
}

/// Bodies of requests and answers, in every form.
#[must_use]
pub fn bodies() -> Vec<Vec<u8>> {
    let cases = root().join("plugins/mlflow-signature/tests/conformance/mlflow.jsonl");
    let mut found = Vec::new();
    for (at, line) in fs::read_to_string(cases).unwrap().lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        if at % 19 == 0 && case["mode"] != "signature" {
            let payload = &case["payload"];
            let text = payload["raw"].as_str().map_or_else(|| payload.to_string(), str::to_owned);
            found.push(text.into_bytes());
        }
    }
    for body in [
        r#"{"dataframe_split": {"columns": ["a", "x"], "data": [[1, 2.5], [3, 4.5]], "index": [0, 1]}}"#,
        r#"{"inputs": {"p": [[1, 2], [3, 4]]}}"#,
        r#"{"predictions": [{"a": 1, "x": 0.5}, {"a": 2, "x": 0.25}]}"#,
        r#"{"inputs": [{"name": "a", "datatype": "INT64", "shape": [2, 1], "data": [1, 2]}], "parameters": {"k": 1}}"#,
        r#"{"tensor": {"dtype": "float64", "shape": [2, 2], "data": [1, 2, 3, {"$float": "NaN"}]}}"#,
        r#"{"frame": {"columns": [{"name": "a", "dtype": "Int64", "values": [1, null]}], "index": [5, 1.0]}}"#,
        r#"{"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}"#,
    ] {
        found.push(body.as_bytes().to_vec());
    }
    found
}
