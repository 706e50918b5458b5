//! Rows that a program has in memory, checked and decided.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::collections::VecDeque;

use miette::Diagnostic;
use serde_json::json;
use thiserror::Error;
use tollgate::document::PolicyDocument;
use tollgate::facts::{Evidence, Instant};
use tollgate::input::{Cases, Outside, RowsError};
use tollgate::judge::{
    Checker, CheckerOptions, Decider, Gate, JudgeError, Mode, Opened, Part, Protocol, Subject,
};
use tollgate::model::SignatureText;
use tollgate::plugins::Plugins;
use tollgate::report::FindingReport;
use tollgate::rows::{
    Extent, Judged, RowBatch, RowContent, RowFault, RowFormat, RowNumbers, RowSource,
    RowSourceError, UntypedCells,
};
use tollgate::source::Source;
use tollgate_engine::types::{Cells, Column, Outcome, TypedColumn};
use tollgate_engine::{CallOptions, Engine, Limits};

/// Batches of columns.
struct Memory {
    format: RowFormat,
    columns: Vec<(String, String)>,
    batches: VecDeque<Result<RowBatch, Lost>>,
}

#[derive(Debug, Error, Diagnostic)]
#[error("the queue `scores` is gone")]
#[diagnostic(help("start it again"))]
struct Lost;

impl RowSource for Memory {
    fn format(&self) -> RowFormat {
        self.format
    }

    fn columns(&self) -> &[(String, String)] {
        &self.columns
    }

    fn extent(&self) -> Extent {
        Extent { rows: Some(6), bytes: None }
    }

    fn next_batch(&mut self) -> Result<Option<RowBatch>, RowSourceError> {
        self.batches.pop_front().transpose().map_err(RowSourceError::new)
    }
}

/// A batch of numbers, one column.
fn batch(first: u64, name: &str, cells: Vec<f64>) -> RowBatch {
    let rows = RowNumbers::from(first, cells.len());
    let column = Column { cells: Cells::Numbers(cells), validity: None };
    let column = TypedColumn { name: Some(name.to_owned()), dtype: "float64".to_owned(), column };
    RowBatch { rows, content: RowContent::Columns(vec![column]), faults: Vec::new() }
}

fn memory(name: &str, batches: impl IntoIterator<Item = Result<RowBatch, Lost>>) -> Memory {
    let columns = vec![(name.to_owned(), "float64".to_owned())];
    Memory { format: RowFormat::Arrow, columns, batches: batches.into_iter().collect() }
}

fn plugins() -> Plugins {
    Plugins::new(Engine::builder().build().expect("an engine"))
}

fn checker(kind: &str, part: Part, protocol: Protocol, reporting: CheckerOptions) -> Checker {
    let columns = json!([{ "type": kind, "name": "score" }]);
    let value = json!({ "inputs": columns, "outputs": columns });
    let signature = SignatureText { value, source: "signature.json".to_owned() };
    let subject = Subject::Signature { signature, part, mode: Mode::Strict, protocol };
    Checker::new(&plugins(), &subject, reporting.of_batches()).expect("a checker")
}

#[test]
fn rows_of_any_source_are_checked() {
    let reporting =
        CheckerOptions { max_findings: 1, allow_empty: false, ..CheckerOptions::default() };
    let fine = checker("double", Part::Inputs, Protocol::Mlflow, reporting);
    let batches = || {
        let mut second = batch(4, "score", vec![0.5]);
        second.faults.push(RowFault::too_large(5, None, "the row is too large".to_owned()));
        [Ok(batch(0, "score", vec![0.1, 0.2, 0.3, 0.4])), Ok(second)]
    };
    let mut seen = Vec::new();
    let checked = fine
        .check_rows(&mut memory("score", batches()), reporting, &mut |so_far| seen.push(so_far))
        .expect("findings");
    assert_eq!(seen.iter().map(|seen| seen.rows).collect::<Vec<_>>(), [4, 6]);
    assert!(seen.iter().all(|seen| seen.of_rows == Some(6)));
    assert_eq!((checked.verdict, checked.passes()), (Outcome::Inconclusive, false));
    assert_eq!(checked.findings[0].places[0].row, 6);
    let rows = &checked.rows;
    assert_eq!((rows.format, rows.count, rows.unread, rows.batches), ("arrow", 6, 1, 2));
    assert_eq!((rows.columns.len(), &*rows.columns[0].name), (1, "score"));

    // Of several findings as many are told as were asked for.
    let whole = checker("boolean", Part::Inputs, Protocol::Mlflow, reporting);
    let checked = whole
        .check_rows(&mut memory("score", batches()), reporting, &mut |_| {})
        .expect("findings");
    assert_eq!((checked.findings.len(), checked.verdict), (1, Outcome::Fail));
    assert!(checked.more_findings > 0, "{checked:?}");
    let report = whole.report_rows(None, checked.clone());
    assert_eq!((report.verdict, report.findings), (checked.verdict, checked.findings));
    assert_eq!((report.part, report.mode), (Some("inputs"), Some("strict")));

    let none = fine.check_rows(&mut memory("score", []), reporting, &mut |_| {}).expect("findings");
    assert_eq!((&*none.findings[0].rule, none.verdict), ("no-rows", Outcome::Inconclusive));

    let oip = checker("double", Part::Inputs, Protocol::Oip, reporting);
    let refused = oip.check_rows(&mut memory("score", batches()), reporting, &mut |_| {});
    assert!(matches!(refused, Err(JudgeError::NotRows { .. })), "{refused:?}");
}

/// In its own words, with its own help.
#[test]
fn what_a_source_says_of_its_end_is_told() {
    let reporting = CheckerOptions::default();
    let checker = checker("double", Part::Inputs, Protocol::Mlflow, reporting);
    let batches = || [Ok(batch(0, "score", vec![0.1])), Err(Lost)];
    let told = "× the queue `scores` is gone\n  help: start it again";
    let error = checker
        .check_rows(&mut memory("score", batches()), reporting, &mut |_| {})
        .expect_err("not read to the end");
    assert_eq!(common::shown(&error).trim(), told);

    let decider = decider();
    let outside = Outside::default();
    let mut rows =
        Cases::new(memory("score", [Err(Lost)]), decider.extractor(), &outside).expect("a column");
    let error = JudgeError::from(rows.next_rows().expect_err("not read to the end"));
    assert_eq!(common::shown(&error).trim(), told);
}

/// A policy that reads the score alone.
fn decider() -> Decider {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.yaml");
    let text = "name: scores\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: team\n\
                settings: { thresholds: { approve: 0, decline: 0.5 } }\n";
    std::fs::write(&path, text).expect("written");
    Decider::open(&plugins(), &path).expect("a policy")
}

#[test]
fn rows_of_any_source_are_decided() {
    let decider = decider();
    let outside = Outside::default();
    let mut large = batch(2, "score", Vec::new());
    large.faults.push(RowFault::too_large(2, None, "the row is too large".to_owned()));
    let batches = [Ok(batch(0, "score", vec![0.9, 0.1])), Ok(large)];
    let mut rows =
        Cases::new(memory("score", batches), decider.extractor(), &outside).expect("a column");
    let mut decisions = decider.warm();
    let mut answers = Vec::new();
    while let Some(rows) = rows.next_rows().expect("rows") {
        decisions
            .decide_rows(&rows, |answer| {
                let row = answer.row().map(|place| place.counted().1);
                answers.push((row, answer.action().map(str::to_owned)));
            })
            .expect("answers");
    }
    let of_row = |row, action: Option<&str>| (Some(row), action.map(str::to_owned));
    let expected = [of_row(1, Some("decline")), of_row(2, Some("approve")), of_row(3, None)];
    assert_eq!(answers, expected, "a row that nobody read has no decision");
}

/// Cells that are no row of texts are told of, whoever reads the file: as texts
/// they could pass.
#[test]
fn what_is_no_row_of_cells_is_no_pass() {
    let text = b"score,note\na,b\nc\nd,e,f\ng,\xff\n\xc3,\xa9\nh,i\n";
    let options = CheckerOptions::default();
    let columns =
        json!([{ "type": "string", "name": "score" }, { "type": "string", "name": "note" }]);
    let signature =
        SignatureText { value: json!({ "inputs": columns }), source: "signature.json".to_owned() };
    let (part, mode, protocol) = (Part::Inputs, Mode::Strict, Protocol::Mlflow);
    let subject = Subject::Signature { signature, part, mode, protocol };
    let schema = Source::new("schema.json", r#"{"properties": {"note": {"type": "string"}}}"#);
    let (resources, formats, strict) = (Vec::new(), false, false);
    let schema = Subject::Schema { schema, resources, formats, strict };
    for subject in [subject, schema] {
        let checker = Checker::new(&plugins(), &subject, options.of_batches()).expect("a checker");
        for judged in [Judged::Together, Judged::Apart, Judged::Decided] {
            let mut source =
                tollgate_frames::rows("rows", RowFormat::Csv, judged, &text[..]).expect("rows");
            let checked = checker.check_rows(&mut source, options, &mut |_| {}).expect("findings");
            let found = |finding: &FindingReport| {
                let rows: Vec<u64> = finding.places.iter().map(|place| place.row).collect();
                (finding.rule.to_string(), rows)
            };
            let mut found: Vec<_> = checked.findings.iter().map(found).collect();
            found.sort();
            let expected = [("not-utf8", 4), ("not-utf8", 5), ("ragged-row", 2), ("ragged-row", 3)];
            let expected = expected.map(|(rule, row)| (rule.to_owned(), vec![row]));
            assert_eq!(found, expected, "{judged:?}");
            assert_eq!((checked.verdict, checked.rows.unread), (Outcome::Fail, 4));
        }
    }
}

/// A program may have JSON, or cells as somebody wrote them, and rows that it
/// could not read itself.
#[test]
fn rows_without_types_are_decided() {
    let decider = decider();
    let outside = Outside::default();
    let record = |score: &str| format!("{{\"score\":{score}}}");
    let mut cells = UntypedCells::new(["score".to_owned()].into());
    for cell in ["0.9", "x", "0.1"] {
        cells.push(cell.as_bytes(), [cell.len()].into_iter());
    }
    let records = ["0.9", "\"x\"", "0.1"].map(record).iter().collect();
    for (format, content) in [
        (RowFormat::Csv, RowContent::Untyped(cells)),
        (RowFormat::Jsonl, RowContent::Records(records)),
    ] {
        let fault = RowFault::new("ragged-row", 9, None, "the row is ragged");
        let mut batch = RowBatch { rows: RowNumbers::from(6, 3), content, faults: vec![fault] };
        batch.faults.push(RowFault::too_large(10, None, "the row is too large".to_owned()));
        let source = Memory { format, ..memory("score", [Ok(batch)]) };
        let mut cases = Cases::new(source, decider.extractor(), &outside).expect("a column");
        let rows = cases.next_rows().expect("rows").expect("a row");
        let mut answers = Vec::new();
        let mut ids = Vec::new();
        decider
            .warm()
            .decide_rows(&rows, |answer| {
                let why = answer.decision().err().map(ToString::to_string).unwrap_or_default();
                let place = answer.row().expect("a place").counted();
                answers.push((place, answer.action().map(str::to_owned), why));
                ids.push(answer.id());
            })
            .expect("answers");
        let wrong = match format {
            RowFormat::Jsonl => "input `score` at `/score` must be a number, found text",
            _ => "input `score` at column `score` must be a number, found text that is none",
        };
        let row = |row, action: Option<&str>, why: &str| {
            (("row", row), action.map(str::to_owned), why.to_owned())
        };
        let expected = [
            row(7, Some("decline"), ""),
            row(8, None, wrong),
            row(9, Some("approve"), ""),
            row(10, None, "the row is ragged"),
            row(11, None, "the row is longer than 16 MiB"),
        ];
        assert_eq!(answers, expected);
        assert!((1..5).all(|row| !ids[..row].contains(&ids[row])), "{ids:?}");
        assert!(cases.next_rows().expect("rows").is_none());
    }
    // Columns without a header are nobody's.
    let source = memory("score", [Ok(batch(0, "score", vec![0.1]))]);
    let source = Memory { format: RowFormat::Jsonl, ..source };
    let mut cases = Cases::new(source, decider.extractor(), &outside).expect("JSON");
    assert!(matches!(cases.next_rows(), Err(RowsError::NoHeader)));
}

/// Columns of which there are no rows were not judged.
#[test]
fn no_rows_are_no_pass_of_columns() {
    let check = |allow_empty| {
        let options = CheckerOptions { allow_empty, ..CheckerOptions::default() };
        let schema = Source::new("schema.json", r#"{"required": ["score"]}"#);
        let subject =
            Subject::Schema { schema, resources: Vec::new(), formats: false, strict: false };
        let checker = Checker::new(&plugins(), &subject, options).expect("a checker");
        let column = batch(0, "score", Vec::new());
        let RowContent::Columns(columns) = column.content else { panic!("columns") };
        let fresh = CallOptions::fresh();
        checker.check_columns_with(0, &columns, &fresh, None).expect("findings").verdict()
    };
    assert_eq!(check(false), Outcome::Inconclusive);
    assert_eq!(check(true), Outcome::Pass);
}

/// A checker may have less than its engine, and leaves the rest to others.
#[test]
fn a_checker_may_have_limits_of_its_own() {
    let options = |limits| CheckerOptions { limits: Some(limits), ..CheckerOptions::default() };
    let schema = Source::new("schema.json", r#"{"required": ["score"]}"#);
    let subject = Subject::Schema { schema, resources: Vec::new(), formats: false, strict: false };
    let few = Limits { instances: 2, ..Limits::default() };
    let checker = Checker::new(&plugins(), &subject, options(few)).expect("a checker");
    assert_eq!(checker.plugin().limits().instances, 2);
    let many = Limits { instances: 10_000, ..Limits::default() };
    assert!(matches!(
        Checker::new(&plugins(), &subject, options(many)).err(),
        Some(JudgeError::Limits(_))
    ));
}

/// Rows that were read for one policy are not decided by another, whose inputs
/// may stand in another order.
#[test]
fn rows_belong_to_the_policy_they_were_read_for() {
    let (one, other) = (decider(), decider());
    let outside = Outside::default();
    let source = memory("score", [Ok(batch(0, "score", vec![0.1]))]);
    let mut rows = Cases::new(source, one.extractor(), &outside).expect("columns");
    let rows = rows.next_rows().expect("rows").expect("a row");
    let mut answers = 0;
    other.warm().decide_rows(&rows, |_| answers += 1).expect_err("refused");
    assert_eq!(answers, 0);
    one.warm().decide_rows(&rows, |_| answers += 1).expect("an answer");
    assert_eq!(answers, 1);
}

/// The same run of MLflow as candidate and as champion.
#[test]
fn a_gate_tells_that_the_champion_is_the_candidate() {
    let profile = "name: p\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings:\n  rules:\n\
                   \x20   - { id: r, metric: auc, baseline: champion, max_regression: 0.1 }\n";
    let document = PolicyDocument::parse(Source::new("p.yaml", profile), Default::default());
    let opened = Opened::of_document(&plugins(), document.expect("a profile")).expect("a plugin");
    let gate = Gate::new(opened).expect("a gate");
    let run = |id: &str| {
        let text = json!({ "run": { "info": { "run_id": id },
            "data": { "metrics": [{ "key": "auc", "value": 0.9, "timestamp": 1, "step": 0 }] } } });
        Source::new("run.json", &text.to_string())
    };
    let judged = |champion: &str| {
        let mut evidence = Evidence::new();
        evidence.parse(&run("a"), "candidate").expect("facts");
        evidence.parse(&run(champion), "champion").expect("facts");
        gate.evaluate(&evidence, Instant::now()).expect("a report")
    };
    assert_eq!(judged("b").verdict, Outcome::Pass);
    let itself = judged("a");
    assert_eq!(itself.verdict, Outcome::Inconclusive);
    assert_eq!(itself.findings[0].rule, "champion-is-candidate");
}
