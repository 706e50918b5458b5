//! The recorded answers of MLflow, against the plugin compiled natively.
//! `cargo xtask conformance` asks the component the same.

// What a test's helpers meet that they do not expect is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, unreachable_pub, reason = "the component's runner uses all of it")]
mod support;

use mlflow_signature::MlflowSignature;
use support::{Agreement, Answer, Case, CaseMode, Cells, Refusal, Tier};
use tollgate_sdk::signature::{Cells as SdkCells, Column, Dictionary, Signature as _, TypedColumn};
use tollgate_sdk::{Finding, Outcome};

const CASES: &str =
    concat!(include_str!("conformance/mlflow.jsonl"), include_str!("conformance/crosscheck.jsonl"));

fn refused(findings: &[Finding]) -> Answer {
    let blocking = findings.iter().filter(|finding| finding.outcome > Outcome::Warn);
    Answer::Refused(
        blocking
            .map(|finding| Refusal {
                rule: finding.rule.clone(),
                pointer: finding.pointer.clone().unwrap_or_default(),
            })
            .collect(),
    )
}

fn answer(case: &Case, mode: &str) -> Answer {
    let settings = serde_json::from_str(&case.settings(mode)).unwrap();
    let plugin = match MlflowSignature::configure(settings) {
        Ok(plugin) => plugin,
        Err(findings) => return refused(&findings),
    };
    if case.mode == CaseMode::Signature {
        return Answer::Accepted(None);
    }
    let payload = case.handed();
    let checked = refused(&plugin.check(&payload));
    let answer = match plugin.normalize(&payload) {
        Ok(coerced) => Answer::Accepted(Some(String::from_utf8(coerced).unwrap())),
        Err(findings) => refused(&findings),
    };
    let same = |other: &Answer| match &answer {
        Answer::Accepted(_) => *other == Answer::Refused(Vec::new()),
        answer => other == answer,
    };
    assert!(same(&checked), "{}: check gives {checked:?}, normalize {answer:?}", case.id);
    if let (CaseMode::Frame, Some((rows, columns))) = (case.mode, case.columns()) {
        let columns: Vec<_> = columns.into_iter().map(carried).collect();
        let judged = refused(&plugin.check_columns(rows, &columns));
        // Of a batch each column is judged, whatever is wrong with another.
        let rules = |answer: &Answer| -> Vec<String> {
            match answer {
                Answer::Refused(all) => all.iter().map(|one| one.rule.clone()).collect(),
                _ => Vec::new(),
            }
        };
        let (judged, wanted) = (rules(&judged), rules(&answer));
        let context = format!("{}: check-columns gives {judged:?}, not {wanted:?}", case.id);
        assert_eq!(judged.is_empty(), wanted.is_empty(), "{context}");
        assert!(wanted.iter().all(|rule| judged.contains(rule)), "{context}");
        if mode == "mlflow" {
            assert_eq!(judged.first(), wanted.first(), "{context}");
        }
    }
    answer
}

fn carried(column: support::Column) -> TypedColumn {
    let cells = match column.cells {
        Cells::Booleans(cells) => SdkCells::Booleans(cells),
        Cells::Integers(cells) if column.dtype == "uint64" => {
            SdkCells::Unsigned(cells.into_iter().map(i64::cast_unsigned).collect())
        }
        Cells::Integers(cells) => SdkCells::Integers(cells),
        Cells::Numbers(cells) => SdkCells::Numbers(cells),
        Cells::Texts(entries) => SdkCells::Texts(Dictionary {
            indices: (0..entries.len() as u32).collect(),
            entries: entries.iter().collect(),
        }),
    };
    let column_ = Column { cells, validity: column.validity };
    TypedColumn { name: column.name, dtype: column.dtype, column: column_ }
}

fn differing(mode: &str, compare: impl Fn(&Case, &Answer) -> Agreement) -> Vec<String> {
    let mut missed = Vec::new();
    for case in support::read(CASES).unwrap() {
        let given = answer(&case, mode);
        if case.tier != Tier::Unstable && !compare(&case, &given).full() {
            missed.push(format!("{} {} {given:?}", case.id, case.payload));
        }
    }
    missed
}

/// In mode `mlflow` the answers are MLflow's.
#[test]
fn agrees_with_mlflow() {
    let missed = differing("mlflow", Case::compare);
    assert!(missed.is_empty(), "{} differ from MLflow: {missed:#?}", missed.len());
}

/// In mode `strict` nothing passes that MLflow would change, and all that it
/// leaves alone.
#[test]
fn strict_refuses_what_changes() {
    let missed = differing("strict", Case::compare_strict);
    assert!(missed.is_empty(), "{} differ: {missed:#?}", missed.len());
}

/// A case that is none is told by its line.
#[test]
fn what_is_no_case_is_told_by_its_line() {
    let whole = CASES.lines().next().unwrap();
    let refused = |text: &str| support::read(text).unwrap_err();
    assert_eq!(refused(&format!("{whole}\n\n{{\n")).0, 3);
    let renamed = whole.replacen("\"tier\"", "\"rank\"", 1);
    assert!(refused(&renamed).1.contains("missing field `tier`"));
    let unsure = whole.replacen("\"tier\": \"", "\"tier\": \"un", 1);
    assert!(refused(&unsure).1.contains("unknown variant"), "{:?}", refused(&unsure));
}

#[test]
fn lone_surrogates_compare() {
    let value = |text: &str| support::value(text).unwrap();
    assert_eq!(value(r#""\ud83d\ude00""#), value("\"\u{1f600}\""));
    assert_eq!(value(r#""\\ud800""#), value(r#""\u005cud800""#));
    assert_ne!(value(r#""\ud800""#), value(r#""\udc00""#));
    assert_eq!(value(r#"["\udc00\ud800"]"#), value(r#"[ "\uDC00\uD800"]"#));
    assert_eq!(support::value(r#""\u00e"#), None);
}
