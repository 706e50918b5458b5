//! Batches of columns: what each costs a person to understand, as cases in
//! `cases/columns.json`. A case's columns hold a dtype and its cells; `csv`
//! cells are texts, null is a missing one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mlflow_signature::MlflowSignature;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;
use tollgate_sdk::signature::{Cells, Column, Dictionary, Signature as _, TypedColumn};

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Box<RawValue>,
    columns: Vec<Given>,
    findings: Vec<Expected>,
}

#[derive(Deserialize)]
struct Given {
    name: Option<String>,
    dtype: String,
    cells: Vec<Value>,
}

#[derive(Deserialize, Debug)]
struct Expected {
    rule: String,
    #[serde(default)]
    pointer: Option<String>,
    #[serde(default)]
    says: String,
    #[serde(default)]
    actual: Option<String>,
    #[serde(default)]
    occurrences: Option<u32>,
}

fn carried(given: &Given) -> TypedColumn {
    let cells = &given.cells;
    let present = cells.iter().find(|cell| !cell.is_null());
    let number = |cell: &Value| match cell {
        Value::String(text) => text.parse().unwrap(),
        cell => cell.as_f64().unwrap_or_default(),
    };
    let float = given.dtype.starts_with("float");
    let carried = match present {
        _ if given.dtype == "uint64" => {
            Cells::Unsigned(cells.iter().map(|cell| cell.as_u64().unwrap_or(0)).collect())
        }
        _ if float => Cells::Numbers(cells.iter().map(number).collect()),
        Some(Value::Bool(_)) => {
            Cells::Booleans(cells.iter().map(|cell| u8::from(*cell == true)).collect())
        }
        Some(Value::Number(whole)) if whole.is_i64() && cells.iter().all(|c| !c.is_f64()) => {
            Cells::Integers(cells.iter().map(|cell| cell.as_i64().unwrap_or(0)).collect())
        }
        Some(Value::Number(_)) => Cells::Numbers(cells.iter().map(number).collect()),
        _ => Cells::Texts(Dictionary {
            entries: cells.iter().map(|cell| cell.as_str().unwrap_or("")).collect(),
            indices: (0..cells.len() as u32).collect(),
        }),
    };
    let mut bits = vec![0u8; cells.len().div_ceil(8)];
    for (row, cell) in cells.iter().enumerate() {
        bits[row / 8] |= u8::from(!cell.is_null()) << (row % 8);
    }
    let validity = cells.iter().any(Value::is_null).then_some(bits);
    let column = Column { cells: carried, validity };
    TypedColumn { name: given.name.clone(), dtype: given.dtype.clone(), column }
}

/// Row, column and what is beneath, as the cases write it.
fn place(finding: &Finding) -> String {
    let row = finding.row.map(|row| format!("/{row}")).unwrap_or_default();
    let column = finding.column.as_ref().map(|column| format!("/{column}")).unwrap_or_default();
    row + &column + finding.pointer.as_deref().unwrap_or_default()
}

#[test]
fn columns_are_judged_by_name_and_type() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("cases/columns.json")).unwrap();
    assert!(cases.len() > 25);
    for case in cases {
        let settings = serde_json::from_str(case.settings.get()).unwrap();
        let plugin = MlflowSignature::configure(settings).unwrap();
        let columns: Vec<TypedColumn> = case.columns.iter().map(carried).collect();
        let rows = case.columns.first().map_or(0, |column| column.cells.len());
        let findings = plugin.check_columns(rows, &columns);
        let context = format!("{}: {findings:#?}", case.name);
        assert_eq!(findings.len(), case.findings.len(), "{context}");
        for (finding, expected) in findings.iter().zip(&case.findings) {
            assert_eq!(finding.rule, expected.rule, "{context}");
            assert!(finding.message.contains(&expected.says), "{}: {context}", expected.says);
            if let Some(pointer) = &expected.pointer {
                assert_eq!(&place(finding), pointer, "{context}");
            }
            if expected.actual.is_some() {
                assert_eq!(finding.actual, expected.actual, "{context}");
            }
            assert_eq!(finding.occurrences, expected.occurrences.unwrap_or(1), "{context}");
            assert!(!finding.message.contains("s3cret"), "{context}");
        }
    }
}

/// What an embedder may get wrong is a finding, never a trap.
#[test]
fn columns_that_contradict_themselves_are_findings() {
    let settings =
        r#"{"signature":{"inputs":[{"type":"long","name":"a"},{"type":"string","name":"b"}]}}"#;
    let plugin = MlflowSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    let column = |name: &str, dtype: &str, cells: Cells, validity: Option<Vec<u8>>| TypedColumn {
        name: Some(name.to_owned()),
        dtype: dtype.to_owned(),
        column: Column { cells, validity },
    };
    let texts = |entries: &[&str], indices: &[u32]| {
        let entries = entries.iter().collect();
        Cells::Texts(Dictionary { entries, indices: indices.to_vec() })
    };
    let good = || column("b", "str", texts(&["x"], &[0, 0, 0]), None);
    for bad in [
        column("a", "int64", Cells::Integers(vec![1, 2]), None),
        column("a", "int64", Cells::Integers(vec![1, 2, 3]), Some(Vec::new())),
        column("a", "int64", texts(&["x"], &[0, 0, 0]), None),
        column("a", "int64", Cells::Numbers(vec![1.0; 3]), None),
        column("a", "csv", texts(&["1"], &[0, 0, 9]), None),
        column("a", "csv", Cells::Booleans(vec![1; 3]), None),
        column("a", "int65", Cells::Integers(vec![1, 2, 3]), None),
        column("a", "object", texts(&["{"], &[0, 0, 0]), None),
        column("a", "", Cells::Integers(Vec::new()), None),
    ] {
        let findings = plugin.check_columns(3, &[bad.clone(), good()]);
        assert!(!findings.is_empty(), "{bad:?}");
        assert!(findings.iter().all(|finding| finding.rule != "bad-json"), "{findings:?}");
    }
    // A missing row may name any text.
    let gap = column("b", "str", texts(&["x"], &[0, u32::MAX, 0]), Some(vec![0b101]));
    let whole = column("a", "int64", Cells::Integers(vec![1, 2, 3]), None);
    let findings = plugin.check_columns(3, &[whole, gap]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].rule, "missing-value");
}
