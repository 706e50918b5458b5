//! Signatures, changed ones, and payloads for them: recorded and drawn.
#![allow(dead_code, unused_imports, reason = "each test uses a part")]
#![allow(clippy::panic, reason = "a failed expectation is a failed test")]

mod draw;
mod mutate;

use std::collections::BTreeMap;

use mlflow_signature::MlflowSignature;
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_sdk::signature::Signature as _;
use tollgate_signatures::Signature;
pub(crate) use tollgate_test_support::{Dice, seed};

pub(crate) use self::draw::{frames, payloads};
pub(crate) use self::mutate::mutants;

const CASES: &str =
    include_str!("../../../../plugins/mlflow-signature/tests/conformance/mlflow.jsonl");

/// The recorded request bodies by the signature they were recorded with.
pub(crate) fn corpus() -> Vec<(Value, Vec<String>)> {
    #[derive(serde::Deserialize)]
    struct Case {
        mode: String,
        signature: Value,
        payload: Box<RawValue>,
        error_kind: Option<String>,
    }
    let mut all: BTreeMap<String, (Value, Vec<String>)> = BTreeMap::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        if case.error_kind.as_deref() == Some("SIGNATURE_INVALID") {
            continue;
        }
        let entry = all
            .entry(case.signature.to_string())
            .or_insert_with(|| (case.signature.clone(), Vec::new()));
        match case.mode.as_str() {
            "serving" => entry.1.push(case.payload.get().to_owned()),
            "raw" => {
                let payload: Value = serde_json::from_str(case.payload.get()).unwrap();
                entry.1.extend(payload["raw"].as_str().map(str::to_owned));
            }
            _ => {}
        }
    }
    all.into_values().collect()
}

/// The plugin with a signature.
pub(crate) fn checker(signature: &Signature, mode: &str) -> MlflowSignature {
    let lists: Value = serde_json::from_str(&signature.to_texts()).unwrap();
    let settings = serde_json::json!({ "signature": lists, "mode": mode, "today": "2026-11-21" });
    let settings = serde_json::from_str(&settings.to_string()).unwrap();
    MlflowSignature::configure(settings).unwrap_or_else(|findings| panic!("{findings:?}"))
}
