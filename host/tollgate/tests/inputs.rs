//! What requests and rows give, as `cases/inputs.yaml` says.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::path::PathBuf;

use tollgate::document::PolicyDocument;
use tollgate::input::{Extractor, Outside, Rows};
use tollgate::rows::RowFormat::{Csv, Jsonl};
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};
use tollgate_engine::types::{Cells, Column, Declaration, Dictionary, Input, Kind, Value};

fn declaration(inputs: &[(&str, Kind, bool)]) -> Declaration {
    Declaration {
        inputs: inputs
            .iter()
            .map(|&(name, kind, required)| Input { name: name.to_owned(), kind, required })
            .collect(),
        score: Some(0),
        actions: vec!["allow".to_owned(), "block".to_owned()],
        reasons: Vec::new(),
    }
}

fn policy() -> Declaration {
    declaration(&[
        ("score", Kind::Number, true),
        ("amount", Kind::Number, true),
        ("count", Kind::Integer, false),
        ("country", Kind::Text, true),
        ("trusted", Kind::Boolean, false),
        ("channel", Kind::Text, false),
        ("blocks", Kind::Integer, false),
        ("second", Kind::Number, false),
    ])
}

fn document(inputs: &str) -> PolicyDocument {
    let text = format!("name: a\nversion: 1.0.0\nplugin: p@^1\nowner: t\n{inputs}\n");
    PolicyDocument::parse(Source::new("a.yaml", &text), PathBuf::new()).expect("a valid document")
}

const MAPPING: &str = "inputs:
  amount: { pointer: /transaction/amount, column: amount_eur }
  count: { default: 7 }
  country: { pointer: /transaction/a~1b~0c, column: country }
  channel: { header: X-Channel }
  blocks: { counter: blocks_today, default: 0 }
  second: { pointer: /list/1 }";

fn outside() -> Outside {
    let mut outside = Outside::default();
    outside.header("X-CHANNEL", "web");
    outside.counter("blocks_today", Value::Integer(2));
    outside
}

#[test]
fn requests_give_values_or_say_what_is_wrong() {
    let document = document(MAPPING);
    let extractor = Extractor::new(&policy(), Some(&document)).expect("a plan");
    let cases = Source::new("inputs.yaml", include_str!("cases/inputs.yaml"));
    let cases = Node::parse_yaml(&cases, NonFinite::Refused).expect("cases");
    let mut out = Vec::new();
    let items = cases.items().expect("a list");
    assert!(items.len() > 20);
    for case in items {
        let text = |key| case.get(key).and_then(Node::text);
        let request = text("request").expect("a request");
        let result = extractor.extract(request.as_bytes(), &outside(), &mut out);
        match (text("error"), text("values")) {
            (Some(expected), None) => {
                let error = result.expect_err(request);
                assert_eq!(error.to_string(), expected, "{request}");
                assert!(out.is_empty());
            }
            (None, Some(expected)) => {
                result.expect(request);
                assert_eq!(format!("{out:?}"), expected, "{request}");
            }
            _ => panic!("a case has either an error or values: {request}"),
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let extractor = Extractor::new(&policy(), None).expect("a plan");
    let error = extractor
        .extract(b"{\"score\": \"\xff\"}", &Outside::default(), &mut Vec::new())
        .expect_err("refused");
    assert_eq!(error.to_string(), "the request is not UTF-8: byte 11 begins no character");
}

/// Skipped parts may nest as they like: nothing recurses over them.
#[test]
fn nesting_does_not_reach_the_stack() {
    let extractor =
        Extractor::new(&declaration(&[("score", Kind::Number, true)]), None).expect("a plan");
    let deep =
        |inner: &str, depth| format!("{{{inner}{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let mut out = Vec::new();
    let skipped = deep("\"score\": 0.5, \"x\":", 1_000_000);
    extractor.extract(skipped.as_bytes(), &Outside::default(), &mut out).expect("skipped");
    assert_eq!(out, [Value::Number(0.5)]);
    let wanted = deep("\"score\":", 1_000_000);
    let error =
        extractor.extract(wanted.as_bytes(), &Outside::default(), &mut out).expect_err("refused");
    assert_eq!(error.to_string(), "input `score` at `/score` must be a number, found a list");
}

#[test]
fn documents_that_do_not_fit_the_policy_are_refused() {
    for (inputs, says) in [
        (
            "inputs: { amuont: { pointer: /a } }",
            "a.yaml:5:11: the policy reads no input `amuont`; did you mean `amount`?",
        ),
        (
            "inputs: { count: { default: 0.5 } }",
            "a.yaml:5:29: the default of `count` must be an integer, found a number",
        ),
        (
            "inputs: { amount: { pointer: /score/amount } }",
            "a.yaml:5:1: `/score` is read both as a value and as a map",
        ),
        (
            "fallback: bolck",
            "a.yaml:5:11: `bolck` is not an action of the policy; did you mean `block`?",
        ),
        (
            "fallback: allow",
            "a.yaml:5:11: `allow` is the policy's mildest action; a case that could not be decided takes a stricter one",
        ),
    ] {
        let mistakes = Extractor::new(&policy(), Some(&document(inputs))).expect_err(inputs);
        let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.line()).collect();
        assert_eq!(lines, [says]);
    }
}

fn rows_declaration() -> Declaration {
    declaration(&[
        ("score", Kind::Number, true),
        ("count", Kind::Integer, false),
        ("country", Kind::Text, true),
        ("trusted", Kind::Boolean, false),
    ])
}

fn expected_columns() -> Vec<Column> {
    vec![
        Column { cells: Cells::Numbers(vec![0.5, 1.0, 0.0, 0.25]), validity: Some(vec![0b1011]) },
        Column { cells: Cells::Integers(vec![3, 0, 0, -1]), validity: Some(vec![0b1001]) },
        Column {
            cells: Cells::Texts(Dictionary {
                entries: ["NG", "a,\"b"].into_iter().collect(),
                indices: vec![0, 1, 0, 0],
            }),
            validity: Some(vec![0b1011]),
        },
        Column { cells: Cells::Booleans(vec![1, 0, 0, 0]), validity: Some(vec![0b0011]) },
    ]
}

fn faults(rows: &Rows) -> Vec<(u32, String)> {
    rows.faults.iter().map(|fault| (fault.row, fault.error.to_string())).collect()
}

#[test]
fn json_lines_become_columns() {
    let text = "\u{feff}{\"score\":0.5,\"count\":3,\"country\":\"NG\",\"trusted\":true}\r\n\n\
                {\"trusted\":false,\"country\":\"a,\\\"b\",\"score\":1}\n\
                {\"score\":\"high\",\"country\":\"NG\"}\n\
                {\"score\":0.25,\"count\":-1,\"country\":\"NG\",\"trusted\":null}";
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let mut lines = common::rows(Jsonl, text, &extractor, &outside).expect("lines");
    let rows = lines.next_rows().expect("read").expect("rows");
    assert_eq!(rows.columns, expected_columns());
    assert_eq!(rows.lines, [1, 3, 4, 5]);
    assert_eq!(
        faults(&rows),
        [(2, "input `score` at `/score` must be a number, found text".to_owned())]
    );
    assert_eq!(lines.next_rows().expect("read"), None);
}

#[test]
fn csv_becomes_the_same_columns() {
    let text = "\u{feff}country,other,score,count,trusted\r\nNG,x,0.5,3,True\r\n\
                \"a,\"\"b\",x, 1 ,,false\r\nNG,x,high,,\r\nNG,x,0.25,-1,\r\n";
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let mut csv = common::rows(Csv, text, &extractor, &outside).expect("a header");
    let rows = csv.next_rows().expect("read").expect("rows");
    assert_eq!(rows.columns, expected_columns());
    assert_eq!(rows.lines, [2, 3, 4, 5]);
    let unix = text.replace('\r', "");
    let mut csv = common::rows(Csv, unix, &extractor, &outside).expect("a header");
    let same = csv.next_rows().expect("read").expect("rows");
    assert_eq!(rows, same);
    assert_eq!(
        faults(&rows),
        [(
            2,
            "input `score` at column `score` must be a number, found text that is none".to_owned()
        )]
    );
}

#[test]
fn csv_cells_and_rows_that_do_not_fit() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    for (row, says) in [
        ("0.5,NG", "the row has 2 cells, and the header names 3"),
        ("0.5,NG,1,2", "the row has 4 cells, and the header names 3"),
        (",NG,1", "required input `score` is missing: there is nothing at column `score`"),
        ("1e999,NG,1", "input `score` at column `score` must be a number, found text that is none"),
        ("0x1,NG,1", "input `score` at column `score` must be a number, found text that is none"),
        (
            "0.5,NG,1.5",
            "input `count` at column `count` must be an integer, found text that is none",
        ),
        (
            "0.5,NG,9223372036854775808",
            "input `count` at column `count` must be an integer, found text that is none",
        ),
    ] {
        let text = format!("score,country,count\n{row}\n");
        let mut csv = common::rows(Csv, text, &extractor, &outside).expect("a header");
        let rows = csv.next_rows().expect("read").expect("rows");
        assert_eq!(faults(&rows), [(0, says.to_owned())], "{row}");
    }
    for (header, says) in [
        ("", "the rows have no header that names the columns"),
        (", ,", "the rows have no header that names the columns"),
        (
            "scor,country",
            "there is no column `score` for the required input `score`, did you mean `scor`?",
        ),
        ("score,country,score", "column `score` is there twice"),
    ] {
        let error = common::rows(Csv, header, &extractor, &outside).expect_err(header);
        assert_eq!(error.to_string(), says);
    }
}

/// NaN that is written is passed on, for the policy to refuse.
#[test]
fn csv_passes_nan_on() {
    let extractor =
        Extractor::new(&declaration(&[("score", Kind::Number, true)]), None).expect("a plan");
    let outside = Outside::default();
    let mut csv = common::rows(Csv, "score\nnan\n-inf\n", &extractor, &outside).expect("a header");
    let rows = csv.next_rows().expect("read").expect("rows");
    let Some(Column { cells: Cells::Numbers(cells), validity: None }) = rows.columns.first() else {
        panic!("numbers");
    };
    assert!(cells[0].is_nan() && cells[1] == f64::NEG_INFINITY);
}

#[test]
fn a_row_without_end_is_bounded() {
    let extractor =
        Extractor::new(&declaration(&[("score", Kind::Number, true)]), None).expect("a plan");
    let outside = Outside::default();
    let endless = std::io::Read::chain("score\n\"".as_bytes(), std::io::repeat(b'x'));
    let mut csv = common::rows_of(Csv, endless, &extractor, &outside).expect("a header");
    let error = csv.next_rows().expect_err("refused");
    assert_eq!(
        error.to_string(),
        "`rows` cannot be read as CSV: the row that begins at line 2 has more than 16 MiB or \
         4000000 commas: a quote may never be closed"
    );

    let long =
        format!("{{\"score\": 0.5, \"x\": \"{}\"}}\n{{\"score\": 0.5}}\n", "x".repeat(17 << 20));
    let mut lines = common::rows(Jsonl, long, &extractor, &outside).expect("lines");
    let rows = lines.next_rows().expect("read").expect("rows");
    assert_eq!(faults(&rows), [(0, "the row is longer than 16 MiB".to_owned())]);
    // So long a line fills a batch, and the next one is read all the same.
    assert_eq!((rows.rows, rows.lines), (1, vec![1]));
    let rows = lines.next_rows().expect("read").expect("rows");
    assert_eq!((rows.rows, rows.lines, rows.faults), (1, vec![2], vec![]));
    assert!(lines.next_rows().expect("read").is_none());
}

/// As many inputs as a policy likes, with a document or without.
#[test]
fn many_inputs_are_told_apart() {
    let names: Vec<String> = (0..2_000).map(|number| format!("input_{number}")).collect();
    let inputs: Vec<_> = names.iter().map(|name| (name.as_str(), Kind::Integer, true)).collect();
    let members: Vec<_> =
        names.iter().enumerate().map(|(number, name)| format!("\"{name}\":{number}")).collect();
    let request = format!("{{{}}}", members.join(","));
    let document = document("inputs: { input_0: { pointer: /input_0 } }");
    for document in [None, Some(&document)] {
        let extractor = Extractor::new(&declaration(&inputs), document).expect("a plan");
        let mut out = Vec::new();
        extractor.extract(request.as_bytes(), &Outside::default(), &mut out).expect("values");
        let expected: Vec<_> = (0..2_000).map(Value::Integer).collect();
        assert_eq!(out, expected);
        // Each of them, and only what is there twice.
        for number in [0, 63, 127, 128, 255, 256, 257, 1_999] {
            let twice = request.replacen('{', &format!("{{\"input_{number}\":1,"), 1);
            let error = extractor
                .extract(twice.as_bytes(), &Outside::default(), &mut out)
                .expect_err("refused");
            assert_eq!(error.to_string(), format!("`/input_{number}` is given twice"));
        }
    }
}

/// Lists and names without measure cost what reading them costs.
#[test]
fn large_requests_take_linear_time() {
    let names: Vec<String> = (0..500).map(|number| format!("/list/{}", number * 7)).collect();
    let inputs: Vec<_> = names.iter().map(|name| (&name[1..], Kind::Integer, false)).collect();
    let mapping: Vec<_> =
        names.iter().map(|name| format!("  {:?}: {{ pointer: {name} }}", &name[1..])).collect();
    let document = document(&format!("inputs:\n{}", mapping.join("\n")));
    let extractor = Extractor::new(&declaration(&inputs), Some(&document)).expect("a plan");
    let items: Vec<String> = (0..2_000_000).map(|number| number.to_string()).collect();
    let request = format!("{{\"list\":[{}]}}", items.join(","));
    let mut out = Vec::new();
    extractor.extract(request.as_bytes(), &Outside::default(), &mut out).expect("values");
    assert_eq!(out[499], Value::Integer(499 * 7));

    let extractor = Extractor::new(&policy(), None).expect("a plan");
    let request = format!("{{{}\"score\":1}}", "\"other\":1,".repeat(200_000));
    let error = extractor
        .extract(request.as_bytes(), &Outside::default(), &mut out)
        .expect_err("the rest is missing");
    assert!(error.to_string().contains("`amount` is missing"), "{error}");
    let request = format!("{{{}\"score\":1}}", "\"score\":1,".repeat(200_000));
    let error =
        extractor.extract(request.as_bytes(), &Outside::default(), &mut out).expect_err("refused");
    assert_eq!(error.to_string(), "`/score` is given twice");
}

/// Places without measure would cost every row, and a stack.
#[test]
fn places_have_a_measure() {
    let deep = "/a".repeat(65);
    let long = "x".repeat(1_025);
    for (place, says) in [
        (
            format!("pointer: {deep}"),
            "a.yaml:5:11: the pointer leads 65 levels down, at most 64 are read",
        ),
        (
            format!("counter: {long}"),
            "a.yaml:5:11: the place of the input is 1025 bytes long, at most 1024 are read",
        ),
    ] {
        let document = document(&format!("inputs: {{ amount: {{ {place} }} }}"));
        let mistakes = Extractor::new(&policy(), Some(&document)).expect_err("refused");
        let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.line()).collect();
        assert_eq!(lines, [says]);
    }
    let fits = document(&format!("inputs: {{ amount: {{ pointer: {} }} }}", "/a".repeat(64)));
    Extractor::new(&policy(), Some(&fits)).expect("a plan");
}

/// However many lines are asked for, a plugin gets only so much text at once.
#[test]
fn a_batch_has_bounded_texts() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let rows: Vec<String> = (0..100).map(|row| format!("{row}{}", "x".repeat(100_000))).collect();
    let lines: Vec<String> =
        rows.iter().map(|text| format!("{{\"score\":1,\"country\":\"{text}\"}}")).collect();
    let lines = lines.join("\n");
    let cells = format!("country,score\n{}", rows.join(",1\n") + ",1");
    let mut lines = common::rows(Jsonl, lines, &extractor, &outside).expect("lines");
    let mut csv = common::rows(Csv, cells, &extractor, &outside).expect("a header");
    let mut count = 0;
    while let Some(rows) = lines.next_rows().expect("read") {
        let same = csv.next_rows().expect("read").expect("as many rows");
        assert_eq!(rows.columns, same.columns);
        assert!(rows.rows < 30, "{} rows of 100 kB", rows.rows);
        count += rows.rows;
    }
    assert_eq!(count, 100);
}

/// Lines without anything in them, without end.
struct Blanks;

impl std::io::Read for Blanks {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        into.fill(b' ');
        into.iter_mut().rev().take(1).for_each(|last| *last = b'\n');
        Ok(into.len())
    }
}

#[test]
fn lines_without_an_end_are_bounded() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let endless: [(Box<dyn std::io::Read + Send>, &str); 2] = [
        (Box::new(std::io::repeat(b'x')), "line 2 is longer than 256 MiB"),
        (Box::new(Blanks), "there are only empty lines for 256 MiB"),
    ];
    for (endless, says) in endless {
        let endless = std::io::Read::chain("{}\n".as_bytes(), endless);
        let mut lines = common::rows_of(Jsonl, endless, &extractor, &outside).expect("lines");
        let error = lines.next_rows().expect_err("refused").to_string();
        assert!(error.contains(says) && error.contains("as if it had no end"), "{error}");
    }
}

/// What identifies a row: its fields as they were written, each after its
/// length.
fn raw(fields: &[&[u8]]) -> tollgate::input::RawDigest {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    hasher.finalize().into()
}

/// A row that gives no values is known by all that was written, of whatever
/// kind the file is.
#[test]
fn rows_without_values_are_known_by_how_they_were_written() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let long = "x".repeat(17 << 20);
    let cut = &long.as_bytes()[..=16 << 20];
    let csv: Vec<(String, Vec<&[u8]>)> = vec![
        ("high,NG,x".to_owned(), vec![b"high", b"NG", b"x"]),
        ("high,NG, x".to_owned(), vec![b"high", b"NG", b" x"]),
        ("\"high\",\"N\"\"G\",x".to_owned(), vec![b"high", b"N\"G", b"x"]),
        ("0.5,NG".to_owned(), vec![b"0.5", b"NG"]),
        ("0.5,NG,x,".to_owned(), vec![b"0.5", b"NG", b"x", b""]),
        ("0.5".to_owned(), vec![b"0.5"]),
    ];
    let text: Vec<&str> = csv.iter().map(|(row, _)| &**row).collect();
    let text = format!("score,country,other\r\n{}\r\n", text.join("\r\n"));
    let mut rows = common::rows(Csv, text, &extractor, &outside).expect("a header");
    let rows = rows.next_rows().expect("read").expect("rows");
    let raws: Vec<_> = rows.faults.iter().map(|fault| fault.raw).collect();
    assert_eq!(raws, csv.iter().map(|(_, fields)| raw(fields)).collect::<Vec<_>>());

    let jsonl: Vec<(&str, &[u8])> = vec![
        ("{}", b"{}"),
        (" {} ", b" {} "),
        ("{}\r", b"{}\r"),
        ("not json\t", b"not json\t"),
        (&long, cut),
    ];
    let text: Vec<&str> = jsonl.iter().map(|(line, _)| *line).collect();
    let mut rows = common::rows(Jsonl, text.join("\n\n"), &extractor, &outside).expect("lines");
    let mut raws = Vec::new();
    while let Some(rows) = rows.next_rows().expect("read") {
        raws.extend(rows.faults.iter().map(|fault| fault.raw));
    }
    assert_eq!(raws, jsonl.iter().map(|(_, line)| raw(&[line])).collect::<Vec<_>>());
}

/// What is not read may be anything: a name, a cell.
#[test]
fn bytes_that_are_no_text_matter_where_they_are_read() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let text =
        b"score,country,\xe4,\0\x01\n0.5,NG,\xff,\n0.5,\xff,x,\n\xff,NG,x,\n0.5,\xc3\xa4,\xa4,\n\
                 0.5,\xc3,\xa4,\n";
    let mut rows = common::rows(Csv, text, &extractor, &outside).expect("a header");
    let rows = rows.next_rows().expect("read").expect("rows");
    let says = |row, input, kind| {
        let says =
            format!("input `{input}` at column `{input}` must be {kind}, found text that is none");
        (row, says)
    };
    let expected =
        [says(1, "country", "text"), says(2, "score", "a number"), says(4, "country", "text")];
    assert_eq!(faults(&rows), expected);
    let raws: Vec<_> = rows.faults.iter().map(|fault| fault.raw).collect();
    let fields: [&[&[u8]]; 3] = [
        &[b"0.5", b"\xff", b"x", b""],
        &[b"\xff", b"NG", b"x", b""],
        &[b"0.5", b"\xc3", b"\xa4", b""],
    ];
    assert_eq!(raws, fields.map(raw));
    // As text they are what is read for all.
    let text = String::from_utf8_lossy(text).into_owned();
    let mut rows = common::rows(Csv, text, &extractor, &outside).expect("a header");
    let rows = rows.next_rows().expect("read").expect("rows");
    assert_eq!(faults(&rows), [says(2, "score", "a number")]);
}

/// Many rows are given in parts, the same in all formats, and none is lost
/// between two.
#[test]
fn a_batch_has_bounded_rows() {
    let extractor = Extractor::new(&rows_declaration(), None).expect("a plan");
    let outside = Outside::default();
    let count = 20_000;
    let lines = "{\"score\":1,\"country\":\"NG\"}\n".repeat(count);
    let cells = format!("country,score\n{}", "NG,1\n".repeat(count));
    for (format, text, first) in [(Jsonl, lines, 1), (Csv, cells, 2)] {
        let mut rows = common::rows(format, text, &extractor, &outside).expect("rows");
        let (mut counts, mut lines) = (Vec::new(), Vec::new());
        while let Some(rows) = rows.next_rows().expect("read") {
            counts.push(rows.rows);
            lines.extend(rows.lines);
        }
        assert_eq!(counts, [8192, 8192, 20_000 - 16_384]);
        assert!(lines.iter().copied().eq(first..first + count as u64));
    }
}
