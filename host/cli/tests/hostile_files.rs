//! Files that claim more than they hold, records without an end, and honest
//! files that are large: each ends by itself, in the same memory, and none
//! passes that should not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

#[path = "hostile/child.rs"]
mod child;
mod common;
#[path = "hostile/arrow.rs"]
mod ipc;
#[path = "hostile/parquet.rs"]
mod parquet_file;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array as _, ArrayRef, FixedSizeListArray, Float64Array, Int32Array, Int64Array, ListArray,
    NullArray, RecordBatch, RunArray, StringArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{DataType, Field, Schema};
use child::check;
use common::{report, root, text};
use ipc::Said;
use parquet_file::{
    BYTES, Column, FIXED, GZIP, INT32, INT64, OPTIONAL, PLAIN, REPEATED, REQUIRED, Thrift, ZSTD,
    dictionary_page, file, flat, footer, group, leaf, levels, page, row_group, varint, zstd_zeros,
};

const SIGNATURE: &[&str] = &["--signature", "tests/fixtures/frames/signature.json"];

/// Words of the crates that read the formats, and of Rust.
const FOREIGN: &[&str] = &[
    "hrift",
    "latbuffer",
    "parse past",
    "overflow",
    "root as",
    "Invalid argument",
    "EOF",
    "Struct",
    "External",
    "Arrow: ",
    "panic",
    "unwrap",
    "Utf8",
    "general error",
];

/// Everything that was said, on one line.
fn said(output: &Output) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    said.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks a file against a signature and against a schema that refuses
/// nothing: it must not pass, and say why in our own words.
fn refused(name: &str, extension: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, "{\"type\": \"object\"}").unwrap();
    let path = folder.path().join(format!("{name}.{extension}"));
    fs::write(&path, bytes).unwrap();
    println!("{name}, {} bytes", bytes.len());
    let against_schema = ["--schema", schema.to_str().unwrap()];
    let mut all = String::new();
    for arguments in [SIGNATURE, &against_schema] {
        let output = check(&path, arguments);
        let said = said(&output);
        assert_ne!(output.status.code(), Some(0), "{name} passes: {said}");
        for word in FOREIGN {
            assert!(!said.contains(word), "{name} says `{word}`: {said}");
        }
        all.push_str(&said.replace(path.to_str().unwrap(), name));
        all.push('\n');
    }
    println!("{all}");
    all
}

fn root_of(children: i64) -> Thrift {
    group("schema", REQUIRED, children)
}

const TERA: i64 = 1_000_000_000_000;
const MOST: i64 = i32::MAX as i64;

#[test]
fn parquet_that_claims_more_than_it_holds_is_refused() {
    let nulls: Vec<u8> = {
        let page = page(10, MOST, 0, &levels(MOST as u64, 0));
        std::iter::repeat_n(page, 470).flatten().collect()
    };
    let optional = || vec![root_of(1), leaf("x", INT32, 0, OPTIONAL)];
    let wide = |count: i64| {
        let leaves = (0..count).map(|at| leaf(&format!("c{at}"), INT64, 0, REQUIRED));
        std::iter::once(root_of(count)).chain(leaves).collect::<Vec<_>>()
    };
    let deep = |levels: usize, repetition| {
        let mut schema = vec![root_of(1)];
        schema.extend((0..levels).map(|_| group("g", repetition, 1)));
        schema.push(leaf("x", INT32, 0, OPTIONAL));
        schema
    };
    let big = 250 << 20;
    let big_page = page(big, (big / 8) as i64, 0, &zstd_zeros(big));
    let fixed = |width: i64| vec![root_of(1), leaf("x", FIXED, width, REQUIRED)];
    let list = || {
        vec![
            root_of(1),
            group("x", OPTIONAL, 1),
            group("list", REPEATED, 1),
            leaf("item", INT32, 0, OPTIONAL),
        ]
    };
    let one_row = {
        // One row begins, and then the row goes on for two billion values.
        let mut repetitions = varint(1 << 1);
        repetitions.push(0);
        repetitions.extend(varint((MOST as u64 - 1) << 1));
        repetitions.push(1);
        let repetitions = [(repetitions.len() as u32).to_le_bytes().to_vec(), repetitions].concat();
        [repetitions, levels(MOST as u64, 2)].concat()
    };
    let some_row = {
        let mut repetitions = varint(1 << 1);
        repetitions.push(0);
        repetitions.extend(varint(40_000_000 << 1));
        repetitions.push(1);
        let repetitions = [(repetitions.len() as u32).to_le_bytes().to_vec(), repetitions].concat();
        [repetitions, levels(40_000_001, 2)].concat()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::copy(&mut std::io::repeat(0).take(1 << 30), &mut gzip).unwrap();
    let gzip = gzip.finish().unwrap();
    let at = |at: i64, length: i64| Column {
        kind: INT64,
        codec: PLAIN,
        values: 1,
        at,
        length,
        dictionary: false,
    };
    let small = page(8, 1, 0, &[0; 8]);
    let of = |columns: &[Column], schema: Vec<Thrift>, rows: i64| {
        file(&small, &footer(schema, vec![row_group(columns, rows)], rows).done())
    };
    // Texts of 1 MB that share all but nothing with the one before.
    let shared_texts = {
        let long = 1i64 << 20;
        let blocks = |first: i64, mut steps: Vec<u8>, count: u64| {
            let mut bytes = [varint(128), varint(4), varint(count)].concat();
            bytes.extend(varint((first << 1) as u64));
            bytes.append(&mut steps);
            for _ in 0..count.div_ceil(128) {
                bytes.extend([0, 0, 0, 0, 0]);
            }
            bytes
        };
        let mut rise = vec![0, 32, 0, 0, 0];
        rise.extend((long as u32).to_le_bytes());
        rise.extend([0; 31 * 4]);
        let mut fall = vec![];
        fall.extend(varint((long * 2 - 1) as u64));
        fall.extend([32, 32, 32, 32]);
        fall.extend([0; 4]);
        fall.extend((0..127).flat_map(|_| (long as u32).to_le_bytes()));
        let count = 1_000_000;
        let mut bytes = blocks(0, rise, count);
        bytes.extend(blocks(long, fall, count));
        bytes.extend(vec![b'x'; long as usize]);
        page(bytes.len(), count as i64, 7, &bytes)
    };
    let metadata = |value: &[u8]| {
        let pair = Thrift::default().text(1, b"ARROW:schema").text(2, value);
        let column = at(4, small.len() as i64);
        let footer = footer(wide(1), vec![row_group(&[column], 1)], 1).list(5, vec![pair]);
        file(&small, &footer.done())
    };
    let names = {
        let mut schema = vec![root_of(1), group(&"n".repeat(1 << 20), OPTIONAL, 20_000)];
        schema.extend((0..20_000).map(|_| leaf("x", INT32, 0, OPTIONAL)));
        schema
    };
    let mut cases: Vec<(&str, Vec<u8>)> = vec![
        ("nulls", flat(optional(), INT32, PLAIN, std::slice::from_ref(&nulls), TERA, TERA)),
        (
            "nulls that nobody announced",
            flat(optional(), INT32, PLAIN, std::slice::from_ref(&nulls), 5, 5),
        ),
        (
            "rows without columns",
            file(&[], &footer(vec![root_of(0)], vec![row_group(&[], TERA)], TERA).done()),
        ),
        ("fewer rows than none", of(&[at(4, small.len() as i64)], wide(1), -1)),
        ("nested", file(&[], &footer(deep(5_000, OPTIONAL), vec![], 0).done())),
        ("nested lists", file(&[], &footer(deep(5_000, REPEATED), vec![], 0).done())),
        ("nested more", file(&[], &footer(deep(200_000, OPTIONAL), vec![], 0).done())),
        ("children", file(&[], &footer(vec![root_of(MOST)], vec![], 0).done())),
        (
            "fewer children than none",
            file(&[], &footer(vec![root_of(1), group("g", 1, -5)], vec![], 0).done()),
        ),
        ("names", file(&[], &footer(names, vec![], 0).done())),
        (
            "a large page",
            flat(
                wide(1),
                INT64,
                ZSTD,
                std::slice::from_ref(&big_page),
                (big / 8) as i64,
                (big / 8) as i64,
            ),
        ),
        (
            "a large page twelve times",
            flat(wide(12), INT64, ZSTD, &vec![big_page; 12], (big / 8) as i64, (big / 8) as i64),
        ),
        ("pages of a good size", {
            let part = 20 << 20;
            let page = page(part, (part / 8) as i64, 0, &zstd_zeros(part));
            flat(wide(12), INT64, ZSTD, &vec![page; 12], (part / 8) as i64, (part / 8) as i64)
        }),
        ("pages without an end", {
            let part = 80 << 20;
            let page = page(part, 1, 0, &zstd_zeros(part));
            flat(wide(1), INT64, ZSTD, &[page.repeat(500)], 500, 500)
        }),
        ("a page that unpacks to more", flat(wide(1), INT64, GZIP, &[page(8, 1, 0, &gzip)], 1, 1)),
        ("a page that says less than nothing", {
            let inner = Thrift::default().i32(1, 1).i32(2, 0).i32(3, 3).i32(4, 3);
            let page = Thrift::default().i32(1, 0).i32(2, -8).i32(3, -8).inner(5, inner).done();
            flat(wide(1), INT64, PLAIN, &[page], 1, 1)
        }),
        ("fixed values", flat(fixed(MOST), FIXED, PLAIN, std::slice::from_ref(&small), 1, 1)),
        (
            "fixed values of nothing",
            flat(fixed(0), FIXED, PLAIN, &[page(0, MOST, 0, &[])], 100, 100),
        ),
        ("fixed values of less", flat(fixed(-1), FIXED, PLAIN, std::slice::from_ref(&small), 1, 1)),
        ("large fixed values in a dictionary", {
            let width = 15 << 20;
            let dictionary = dictionary_page(width, 1, &zstd_zeros(width));
            let indices = [vec![1], varint(10_000_000 << 1), vec![0]].concat();
            let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, indices.len() as u8];
            frame.extend(&((indices.len() as u32) << 3 | 1).to_le_bytes()[..3]);
            frame.extend(&indices);
            let page = page(indices.len(), 10_000_000, 8, &frame);
            flat(
                fixed(width as i64),
                FIXED,
                ZSTD,
                &[[dictionary, page].concat()],
                10_000_000,
                10_000_000,
            )
        }),
        (
            "a dictionary",
            flat(
                wide(1),
                INT64,
                PLAIN,
                &[[dictionary_page(8, MOST, &[0; 8]), small.clone()].concat()],
                1,
                1,
            ),
        ),
        ("a row", flat(list(), INT32, PLAIN, &[page(one_row.len(), MOST, 0, &one_row)], 1, MOST)),
        (
            "a smaller row",
            flat(
                list(),
                INT32,
                PLAIN,
                &[page(some_row.len(), 40_000_001, 0, &some_row)],
                1,
                40_000_001,
            ),
        ),
        (
            "texts",
            flat(
                vec![root_of(1), leaf("x", BYTES, 0, REQUIRED)],
                BYTES,
                PLAIN,
                &[shared_texts],
                1_000_000,
                1_000_000,
            ),
        ),
        ("columns on each other", {
            let columns: Vec<Column> = (0..1_000).map(|_| at(4, small.len() as i64)).collect();
            of(&columns, wide(1_000), 1)
        }),
        ("columns outside", of(&[at(TERA, 100)], wide(1), 1)),
        ("columns before", of(&[at(-4, 100)], wide(1), 1)),
        ("columns of less", of(&[at(4, -100)], wide(1), 1)),
        ("row groups", {
            let groups = (0..200_000).map(|_| row_group(&[at(4, 0)], 0)).collect();
            file(&small, &footer(wide(1), groups, 0).done())
        }),
        ("row groups that are not there", {
            let footer =
                Thrift::default().i32(1, 1).list(2, wide(1)).i64(3, 1).list_of(4, 12, 1 << 40, &[]);
            file(&small, &footer.done())
        }),
        ("half a description", {
            let mut footer = footer(wide(3), vec![], 0).done();
            footer.truncate(footer.len() / 2);
            file(&[], &footer)
        }),
        (
            "a number without an end",
            file(&[], &[0x16, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ),
        ("noise", file(&[7; 1000], &[0xAB; 1000])),
        ("a schema that is none", metadata(b"bm90aGluZw==")),
        ("a schema that is no text", metadata(&[0xFF; 100])),
        ("a schema that is cut", metadata(b"/////3gAAAAQAAAAAAAK")),
    ];
    let mut longer = file(&[], &footer(wide(1), vec![], 0).done());
    let length = longer.len();
    longer[length - 8..length - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    cases.push(("a description longer than the file", longer));
    for (name, bytes) in cases {
        refused(name, "parquet", &bytes);
    }
}

fn stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn one(name: &str, array: ArrayRef) -> RecordBatch {
    let field = Field::new(name, array.data_type().clone(), true);
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap()
}

#[test]
fn arrow_that_claims_more_than_it_holds_is_refused() {
    let column = |of: DataType| ipc::schema(vec![Field::new("customer", of, true)]);
    let doubles = || column(DataType::Float64);
    let with =
        |schema: Vec<u8>, said: &Said, body: &[u8]| [schema, ipc::batch(said, body)].concat();
    let eight = |rows: i64| Said {
        rows,
        nodes: vec![(rows, 0)],
        buffers: vec![(0, 0), (0, 8)],
        ..Said::default()
    };
    let zeros = |said: i64, count: usize| ipc::packed(said, &zstd_zeros(count));
    let zipped = |rows: i64, body: &[u8]| Said {
        rows,
        nodes: vec![(rows, 0)],
        buffers: vec![(0, 0), (0, body.len() as i64)],
        zstd: true,
        ..Said::default()
    };
    let huge = zeros(1 << 40, 1 << 20);
    let more = zeros(800, 1 << 30);
    let fewer = zeros(1 << 30, 1 << 20);
    let less = zeros(-2, 8);
    let many = 8i64 << 20;
    let unpacked = zeros(many * 8, (many * 8) as usize);
    let runs: ArrayRef = {
        let ends = Int32Array::from(vec![i32::MAX]);
        Arc::new(RunArray::<Int32Type>::try_new(&ends, &StringArray::from(vec!["x"])).unwrap())
    };
    let nulls = || Arc::new(Field::new("item", DataType::Null, true));
    let fixed_list: ArrayRef = {
        let items = Arc::new(NullArray::new(i32::MAX as usize));
        Arc::new(FixedSizeListArray::try_new(nulls(), i32::MAX, items, None).unwrap())
    };
    let list: ArrayRef = {
        let offsets = arrow_buffer::OffsetBuffer::new(vec![0, i32::MAX].into());
        let items = Arc::new(NullArray::new(i32::MAX as usize));
        Arc::new(ListArray::try_new(nulls(), offsets, items, None).unwrap())
    };
    let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Int64));
    let coded_rows = |rows: i64| {
        let said = Said {
            rows,
            nodes: vec![(rows, 0)],
            buffers: vec![(0, 0), (0, rows * 4)],
            ..Said::default()
        };
        ipc::batch(&said, &vec![0; rows as usize * 4])
    };
    let dictionary = |longer| ipc::dictionary(&zipped(many, &unpacked), longer, &unpacked);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nested", ipc::deep_schema(5_000)),
        ("nested less", ipc::deep_schema(60)),
        (
            "nulls",
            with(
                column(DataType::Null),
                &Said { rows: TERA, nodes: vec![(TERA, TERA)], ..Said::default() },
                &[],
            ),
        ),
        (
            "rows without columns",
            with(ipc::schema(vec![]), &Said { rows: TERA, ..Said::default() }, &[]),
        ),
        ("rows in batches", {
            let said = Said {
                rows: 100_000_000,
                nodes: vec![(100_000_000, 100_000_000)],
                ..Said::default()
            };
            [column(DataType::Null), ipc::batch(&said, &[]).repeat(1_000)].concat()
        }),
        ("fewer rows than none", with(doubles(), &eight(-1), &[0; 8])),
        ("a longer column", with(doubles(), &Said { nodes: vec![(TERA, 0)], ..eight(1) }, &[0; 8])),
        ("a shorter column", with(doubles(), &Said { nodes: vec![(-1, 0)], ..eight(1) }, &[0; 8])),
        (
            "more nulls than rows",
            with(doubles(), &Said { nodes: vec![(1, TERA)], ..eight(1) }, &[0; 8]),
        ),
        (
            "a buffer outside",
            with(doubles(), &Said { buffers: vec![(0, 0), (TERA, 8)], ..eight(1) }, &[0; 8]),
        ),
        (
            "a buffer before",
            with(doubles(), &Said { buffers: vec![(0, 0), (-8, 8)], ..eight(1) }, &[0; 8]),
        ),
        (
            "a buffer of less",
            with(doubles(), &Said { buffers: vec![(0, 0), (0, -8)], ..eight(1) }, &[0; 8]),
        ),
        ("a buffer that is too short", with(doubles(), &eight(1_000_000), &[0; 8])),
        ("a body of less", with(doubles(), &Said { body: Some(-8), ..eight(1) }, &[0; 8])),
        (
            "a body without an end",
            with(doubles(), &Said { body: Some(i64::MAX), ..eight(1) }, &[0; 8]),
        ),
        (
            "a body of a gigabyte",
            with(doubles(), &Said { body: Some(1 << 30), ..eight(1) }, &[0; 8]),
        ),
        ("a message of less", [doubles(), vec![0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80]].concat()),
        (
            "a message without an end",
            [doubles(), vec![0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]].concat(),
        ),
        ("packed terabytes", with(doubles(), &zipped(100, &huge), &huge)),
        ("packed to more", with(doubles(), &zipped(100, &more), &more)),
        ("packed to fewer", with(doubles(), &zipped((1 << 30) / 8, &fewer), &fewer)),
        ("packed to less", with(doubles(), &zipped(1, &less), &less)),
        ("run ends", stream(&one("customer", runs))),
        ("fixed lists", stream(&one("customer", fixed_list))),
        ("lists", stream(&one("customer", list))),
        ("fixed values", with(column(DataType::FixedSizeBinary(i32::MAX)), &eight(1), &[0; 8])),
        ("one column many times", {
            let fields = (0..1_000).map(|at| Field::new(format!("c{at}"), DataType::Float64, true));
            let said = Said {
                rows: 1 << 20,
                nodes: vec![(1 << 20, 0); 1_000],
                buffers: [(0, 0), (0, 8 << 20)].repeat(1_000),
                ..Said::default()
            };
            with(ipc::schema(fields.collect()), &said, &vec![0; 8 << 20])
        }),
        (
            "a dictionary that grows",
            [column(coded.clone()), dictionary(true).repeat(500), coded_rows(10)].concat(),
        ),
        (
            "dictionaries one after the other",
            [column(coded.clone()), dictionary(false).repeat(20_000), coded_rows(10)].concat(),
        ),
        ("noise", [vec![0xFF, 0xFF, 0xFF, 0xFF, 100, 0, 0, 0], vec![0xAB; 1_000]].concat()),
        ("half a file", b"ARROW1\0\0half".to_vec()),
    ];
    for (name, bytes) in cases {
        refused(name, "arrow", &bytes);
    }
    // A small dictionary is not unfolded for each of many batches.
    let small = 4i64 << 20;
    let body = zeros(small * 8, (small * 8) as usize);
    let good = [
        column(coded),
        ipc::dictionary(&zipped(small, &body), false, &body),
        coded_rows(10).repeat(20_000),
        // The end of the stream.
        vec![0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("coded.arrow");
    fs::write(&path, good).unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, "{\"properties\": {\"customer\": {\"const\": 0}}}").unwrap();
    let output = check(&path, &["--schema", schema.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn what_is_wrong_with_such_files_is_explained() {
    let column = |of: DataType| ipc::schema(vec![Field::new("customer", of, true)]);
    let deep: Vec<Thrift> = {
        let groups = (0..5_000).map(|_| group("g", OPTIONAL, 1));
        std::iter::once(root_of(1)).chain(groups).chain([leaf("x", INT32, 0, OPTIONAL)]).collect()
    };
    let big = 250 << 20;
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("deep", "parquet", file(&[], &footer(deep, vec![], 0).done())),
        ("cut", "parquet", file(&[], &[0x15])),
        ("page", "parquet", {
            let page = page(big, (big / 8) as i64, 0, &zstd_zeros(big));
            let schema = vec![root_of(1), leaf("amount", INT64, 0, REQUIRED)];
            flat(schema, INT64, ZSTD, &[page], (big / 8) as i64, (big / 8) as i64)
        }),
        ("deep", "arrow", ipc::deep_schema(5_000)),
        ("nulls", "arrow", {
            let said = Said { rows: TERA, nodes: vec![(TERA, TERA)], ..Said::default() };
            [column(DataType::Null), ipc::batch(&said, &[])].concat()
        }),
        ("wide", "arrow", column(DataType::FixedSizeBinary(i32::MAX))),
    ];
    let shown: Vec<String> = cases
        .into_iter()
        .map(|(name, extension, bytes)| {
            let all = refused(name, extension, &bytes);
            all.lines().next().unwrap().to_owned()
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// Nothing ends by itself that has no end: the place is named.
#[test]
fn records_without_an_end_are_given_up() {
    if !Path::new("/dev/zero").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, r#"{"type": "object"}"#).unwrap();
    let against_schema = ["--schema", schema.to_str().unwrap()];
    for arguments in [SIGNATURE, &against_schema] {
        for format in ["csv", "jsonl", "parquet", "arrow"] {
            let arguments = [arguments, &["--payload-format", format]].concat();
            let output = check(Path::new("/dev/zero"), &arguments);
            assert_eq!(output.status.code(), Some(2), "{format}: {}", said(&output));
        }
    }
    // A line, a record, a cell and a header in files.
    let long = vec![b'x'; 40 << 20];
    let commas = vec![b','; 40 << 20];
    for (name, bytes, says) in [
        ("header.csv", [b"a,".as_slice(), &long].concat(), "line 1"),
        ("commas.csv", commas.clone(), "line 1"),
        ("cell.csv", [b"a,b\n1,\"".as_slice(), &long].concat(), "line 2"),
        ("cells.csv", [b"a,b\n1,2\n1".as_slice(), &commas].concat(), "line 3"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let output = check(&path, &against_schema);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", said(&output));
        assert!(said(&output).contains(says), "{name}: {}", said(&output));
    }
    // A line that ends after all is one bad row.
    let path = folder.path().join("long.jsonl");
    fs::write(&path, [b"{}\n\"".as_slice(), &long, b"\"\n{}\n"].concat()).unwrap();
    let arguments = [&against_schema[..], &["--format", "json"]].concat();
    let output = check(&path, &arguments);
    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["findings"][0]["rule"], "row-too-long");
    assert_eq!(report["findings"][0]["places"][0]["line"], 2);
    assert_eq!(report["rows"]["count"], 3);
    // As long as a row may be, it is judged or told to be too much.
    let path = folder.path().join("rows.jsonl");
    let mut file = File::create(&path).unwrap();
    for _ in 0..4 {
        writeln!(file, "{{\"a\": \"{}\"}}", "x".repeat(15 << 20)).unwrap();
    }
    let output = check(&path, &against_schema);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", said(&output));
}

fn write_packed(path: &Path, batch: &RecordBatch, codec: CompressionType) {
    let options = IpcWriteOptions::default().try_with_compression(Some(codec)).unwrap();
    let file = File::create(path).unwrap();
    let schema = batch.schema();
    let mut writer =
        arrow_ipc::writer::FileWriter::try_new_with_options(file, &schema, options).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

/// One record batch of more than half a gigabyte, and a text among its last
/// rows that the schema refuses.
#[test]
fn a_large_batch_is_judged_in_the_same_memory() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    let properties = r#"{"properties": {"text": {"maxLength": 11}, "amount": {"minimum": 0}}}"#;
    fs::write(&schema, properties).unwrap();
    let rows = 11_000_000;
    let amounts: ArrayRef = Arc::new(Float64Array::from_iter_values((0..rows).map(f64::from)));
    let ids: ArrayRef = Arc::new(
        (0..rows).map(|row| (row % 3 != 0).then_some(i64::from(row))).collect::<Int64Array>(),
    );
    let texts = |wrong: bool| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| {
            if wrong && row == rows - 2 { "far too long".to_owned() } else { format!("{row:011}") }
        })))
    };
    let fields = vec![
        Field::new("amount", DataType::Float64, false),
        Field::new("id", DataType::Int64, true),
        Field::new("text", DataType::Utf8, false),
        Field::new("again", DataType::Float64, false),
        Field::new("more", DataType::Float64, false),
        Field::new("and", DataType::Float64, false),
    ];
    let batch = |wrong| {
        let again = || Arc::clone(&amounts);
        let columns = vec![again(), Arc::clone(&ids), texts(wrong), again(), again(), again()];
        RecordBatch::try_new(Arc::new(Schema::new(fields.clone())), columns).unwrap()
    };
    let right = batch(false);
    assert!(right.get_array_memory_size() > 572 << 20);
    let arguments = ["--schema", schema.to_str().unwrap(), "--format", "json"];
    for codec in [CompressionType::ZSTD, CompressionType::LZ4_FRAME] {
        let path = folder.path().join("large.arrow");
        write_packed(&path, &right, codec);
        let output = check(&path, &arguments);
        assert_eq!(output.status.code(), Some(0), "{codec:?}: {}", said(&output));
        assert_eq!(report(&output)["rows"]["count"], rows);
    }
    drop(right);
    let path = folder.path().join("wrong.arrow");
    write_packed(&path, &batch(true), CompressionType::ZSTD);
    let output = check(&path, &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(report(&output)["findings"][0]["places"][0]["row"], rows - 1);
}

/// Texts of 10 KiB in 8,192 rows, in each format.
#[test]
fn long_texts_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, "{\"properties\": {\"text\": {\"type\": \"string\"}}}").unwrap();
    let texts: Vec<String> = (0..8_192).map(|row| format!("{row:010240}")).collect();
    let batch = one("text", Arc::new(StringArray::from(texts.clone())));
    let mut parquet =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    parquet.write(&batch).unwrap();
    let lines: String = texts.iter().map(|text| format!("{{\"text\": \"{text}\"}}\n")).collect();
    for (name, bytes) in [
        ("rows.parquet", parquet.into_inner().unwrap()),
        ("rows.arrow", stream(&batch)),
        ("rows.jsonl", lines.into_bytes()),
        ("rows.csv", format!("text\n{}\n", texts.join("\n")).into_bytes()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let output = check(&path, &["--schema", schema.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
    }
    assert!(root().exists());
}
