//! Signatures as documents: read, written, compared, converted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]
#![allow(clippy::indexing_slicing, reason = "as above")]
#![allow(clippy::panic, reason = "as above")]

use serde_json::Value;
use tollgate_signatures::mlflow;

const WRITTEN: &str = include_str!("mlflow/written.jsonl");

fn lines(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// MLflow's JSON text as a value. Numbers that are not finite become texts,
/// and a `required` of null is false, as it is to MLflow.
fn part(text: &Value) -> Value {
    let Some(text) = text.as_str() else { return Value::Null };
    let mut text = text.to_owned();
    for word in ["NaN", "-Infinity", "Infinity"] {
        text = text.replace(&format!(": {word}"), &format!(": \"{word}\""));
    }
    let mut value = serde_json::from_str(&text).unwrap();
    plain(&mut value);
    value
}

fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::Null if key == "required" => *value = false.into(),
                    Value::String(_) if key == "required" => *value = true.into(),
                    _ => plain(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Each signature that MLflow loads is written as MLflow writes it, in both
/// forms, and reads back as itself; each that MLflow refuses is refused.
#[test]
fn signatures_are_read_and_written_as_mlflow_does() {
    let (mut loaded, mut refused) = (0, 0);
    for row in lines(WRITTEN) {
        let given = &row["signature"];
        let signature = mlflow::from_value(given);
        if row["written"].is_null() {
            let refusal = signature.expect_err(&given.to_string());
            assert!(!refusal.message.is_empty());
            refused += 1;
            continue;
        }
        let signature = signature.unwrap_or_else(|error| panic!("{given}: {error:?}"));
        let texts: Value = serde_json::from_str(&signature.to_texts()).unwrap();
        for key in ["inputs", "outputs", "params"] {
            assert_eq!(part(&texts[key]), part(&row["written"][key]), "{key} of {given}");
        }
        let lists: Value = serde_json::from_str(&signature.to_lists()).unwrap();
        assert_eq!(mlflow::from_value(&texts).unwrap(), signature, "{texts}");
        assert_eq!(mlflow::from_value(&lists).unwrap(), signature, "{lists}");
        loaded += 1;
    }
    assert!(loaded > 840 && refused > 30, "{loaded} loaded, {refused} refused");
}
