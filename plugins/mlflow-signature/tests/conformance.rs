//! The recorded answers of MLflow, against the plugin.

// What a test's helpers meet that they do not expect is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use mlflow_signature::MlflowSignature;
use mlflow_signature::columns::untagged;
use mlflow_signature::data::Data;
use mlflow_signature::json;
use mlflow_signature::py::{Array, Column, Dtype, Frame, Index, Py};
use support::{Agreement, Answer, Case};
use tollgate_sdk::signature::{Cells, Column as Cells_, Dictionary, Signature as _, TypedColumn};

const CASES: &str = include_str!("conformance/mlflow.jsonl");

fn plugin(case: &Case, mode: &str) -> Result<MlflowSignature, String> {
    let settings = serde_json::from_str(&case.settings(mode)).map_err(|error| error.to_string())?;
    MlflowSignature::configure(settings).map_err(|findings| findings[0].rule.clone())
}

fn answer(case: &Case, mode: &str) -> Answer {
    let plugin = match plugin(case, mode) {
        Ok(plugin) => plugin,
        Err(rule) => return Answer::Refused(rule),
    };
    if case.mode == "signature" {
        return Answer::Accepted(None);
    }
    if let Some(body) = case.body() {
        let checked = plugin.check(&body);
        let blocks = checked.iter().any(|finding| finding.outcome > tollgate_sdk::Outcome::Warn);
        return match plugin.normalize(&body) {
            Ok(coerced) => {
                assert!(!blocks, "{}: check and normalize disagree", case.id);
                Answer::Accepted(Some(String::from_utf8(coerced).unwrap()))
            }
            Err(findings) => {
                assert!(blocks, "{}: check and normalize disagree", case.id);
                Answer::Refused(findings[0].rule.clone())
            }
        };
    }
    let payload = json::parse(case.payload.get().as_bytes()).unwrap();
    if let Some(frame) = payload.get("frame") {
        // Verdict and kind through the contract, the coerced data natively.
        let (rows, columns) = typed_columns(frame);
        let findings = plugin.check_columns(rows, &columns);
        if let Some(finding) = findings.first() {
            return Answer::Refused(finding.rule.clone());
        }
    }
    match plugin.enforce(native(&payload)) {
        Ok(accepted) => Answer::Accepted(Some(MlflowSignature::document(&accepted))),
        Err(faults) => Answer::Refused(faults[0].kind.rule().to_string()),
    }
}

/// A payload that is no request body.
fn native<'a>(payload: &Py<'a>) -> Data<'a> {
    if let Some(value) = payload.get("value") {
        return Data::of(untagged(value.clone()).unwrap());
    }
    if let Some(tensor) = payload.get("tensor") {
        return Data::Array(array(tensor));
    }
    if let Some(Py::Dict(tensors)) = payload.get("tensors") {
        let arrays = tensors.iter().map(|(name, tensor)| (name.clone(), array(tensor).boxed()));
        return Data::Dict(arrays.collect());
    }
    let frame = payload.get("frame").unwrap();
    let (rows, columns) = typed_columns(frame);
    let columns: &'static [TypedColumn] = Box::leak(columns.into_boxed_slice());
    let mut built = mlflow_signature::columns::frame(rows, columns).unwrap();
    if let Some(Py::List(labels)) = frame.get("index") {
        built.index = Index::Labels(labels.clone());
    }
    Data::Frame(Frame {
        index: built.index,
        columns: built.columns.into_iter().map(|column| Column { ..column }).collect(),
    })
}

fn text<'p>(value: Option<&'p Py<'_>>) -> &'p str {
    match value {
        Some(Py::Str(text)) => text.as_str().unwrap(),
        other => panic!("no text: {other:?}"),
    }
}

fn list<'p, 'a>(value: Option<&'p Py<'a>>) -> &'p [Py<'a>] {
    match value {
        Some(Py::List(items)) => items,
        other => panic!("no list: {other:?}"),
    }
}

fn array<'a>(tensor: &Py<'a>) -> Array<'a> {
    let dtype = Dtype::named(text(tensor.get("dtype"))).unwrap();
    let shape = list(tensor.get("shape")).iter().map(|n| n.int().unwrap() as usize).collect();
    let cells = list(tensor.get("data"))
        .iter()
        .map(|cell| untagged(cell.clone()).unwrap())
        .map(|cell| match dtype {
            Dtype::Bool | Dtype::Object => cell,
            _ => mlflow_signature::py::cell_as(cell, dtype).unwrap(),
        })
        .collect();
    Array { dtype, shape, cells }
}

/// The columns of a frame, as the contract carries them.
fn typed_columns(frame: &Py<'_>) -> (usize, Vec<TypedColumn>) {
    let columns = list(frame.get("columns"));
    let rows = columns.first().map_or(0, |column| list(column.get("values")).len());
    let columns = columns.iter().map(typed_column).collect();
    (rows, columns)
}

fn typed_column(column: &Py<'_>) -> TypedColumn {
    let dtype = text(column.get("dtype")).to_string();
    let values = list(column.get("values"));
    let null = |value: &Py<'_>| matches!(value, Py::None);
    let mut bits = vec![0u8; values.len().div_ceil(8)];
    for (row, value) in values.iter().enumerate() {
        bits[row / 8] |= u8::from(!null(value)) << (row % 8);
    }
    let texts = |of: &dyn Fn(&Py<'_>) -> String| {
        Cells::Texts(Dictionary {
            entries: values.iter().map(of).collect(),
            indices: (0..values.len() as u32).collect(),
        })
    };
    let cells = if dtype.starts_with("object") {
        texts(&|value| written(value))
    } else {
        match values.iter().find(|value| !null(value)) {
            Some(Py::Bool(_)) => {
                Cells::Booleans(values.iter().map(|v| u8::from(v.truth() == Some(true))).collect())
            }
            Some(Py::Str(_)) => texts(&|value| match value {
                Py::Str(text) => text.as_str().unwrap().to_string(),
                _ => String::new(),
            }),
            Some(Py::Float(_)) => {
                Cells::Numbers(values.iter().map(|v| v.float().unwrap_or(0.0)).collect())
            }
            Some(Py::Dict(_)) => texts(&|value| text(value.get("$bytes")).to_string()),
            _ => Cells::Integers(values.iter().map(|v| v.int().unwrap_or(0) as i64).collect()),
        }
    };
    TypedColumn {
        name: match column.get("name") {
            Some(Py::Str(name)) => Some(name.as_str().unwrap().to_string()),
            _ => None,
        },
        dtype,
        column: Cells_ { cells, validity: values.iter().any(null).then_some(bits) },
    }
}

/// The JSON text of a value of the corpus.
fn written(value: &Py<'_>) -> String {
    let data = Data::Scalar(value.clone());
    let document = MlflowSignature::document(&(data, None));
    let value: serde_json::Value = serde_json::from_str(&document).unwrap();
    value["data"]["value"].to_string()
}

#[derive(Default)]
struct Row {
    cases: usize,
    verdict: usize,
    kind: usize,
    coerced: usize,
}

impl Row {
    fn add(&mut self, agreement: Agreement) {
        self.cases += 1;
        self.verdict += usize::from(agreement.verdict);
        self.kind += usize::from(agreement.kind);
        self.coerced += usize::from(agreement.full());
    }
}

/// In mode `mlflow` the answers are MLflow's: all of tier `core`.
#[test]
fn agrees_with_mlflow() {
    let path = std::env::var("MLFLOW_CASES").ok();
    let own = path.map(|path| std::fs::read_to_string(path).unwrap());
    let mut table: BTreeMap<(String, String, String), Row> = BTreeMap::new();
    let mut missed = Vec::new();
    for case in support::read(own.as_deref().unwrap_or(CASES)) {
        let given = answer(&case, "mlflow");
        let agreement = case.compare(&given);
        let key = (case.tier.clone(), case.mode.clone(), case.category.clone());
        table.entry(key).or_default().add(agreement);
        if !agreement.full() && case.tier != "unstable" {
            missed.push((case, given));
        }
    }
    println!(
        "{:<9}{:<10}{:<22}{:>6}{:>9}{:>7}{:>9}",
        "tier", "mode", "category", "cases", "verdict", "kind", "coerced"
    );
    for ((tier, mode, category), row) in &table {
        println!(
            "{tier:<9}{mode:<10}{category:<22}{:>6}{:>9}{:>7}{:>9}",
            row.cases, row.verdict, row.kind, row.coerced
        );
    }
    for (case, given) in missed.iter().take(60) {
        println!("\n{} {} {}", case.id, case.tier, case.mode);
        println!("  signature {}", case.signature);
        println!("  payload   {}", case.payload);
        let coerced = case.coerced.as_ref().map(ToString::to_string);
        println!("  expected  {:?} {}", case.error_kind, coerced.unwrap_or_default());
        println!("  given     {given:?}");
    }
    assert!(missed.is_empty(), "{} cases differ from MLflow", missed.len());
}

/// In mode `strict` nothing passes that MLflow would change.
#[test]
fn strict_refuses_what_changes() {
    let mut passed = Vec::new();
    let mut refused = Vec::new();
    for case in support::read(CASES) {
        if case.expect != "accept" || case.body().is_none() || case.tier == "unstable" {
            continue;
        }
        let given = answer(&case, "strict");
        match (case.lossy, given) {
            (Some(true), Answer::Accepted(_)) => passed.push(case.id),
            // The record does not compare parameters: an empty text that
            // becomes no time is a loss all the same.
            (Some(false), Answer::Refused(rule)) if !case.category.contains("params") => {
                refused.push((case.id, rule));
            }
            _ => {}
        }
    }
    assert!(passed.is_empty(), "changed and passed: {passed:?}");
    assert!(refused.is_empty(), "unchanged and refused: {refused:?}");
}
