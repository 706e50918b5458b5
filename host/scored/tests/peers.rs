//! Facts of recorded rows, held to what pandas, NumPy and scikit-learn say of
//! them; `reference/record.py` records it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tollgate_engine::types::{Fact, FactValue};
use tollgate_scored::{Metric, Named, Spec, facts};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

/// What the recorded facts are asked by.
fn spec(file: &str) -> Spec {
    let named = |label: &str, column: &str| Named::new(label, column);
    Spec {
        score: Some("p_churn".to_owned()),
        outcome: Some("churned".to_owned()),
        threshold: Some(0.5),
        groups: vec![
            vec![named("group", "gender")],
            vec![named("gender", "gender"), named("age_band", "age_band")],
        ],
        metrics: Metric::ALL.to_vec(),
        features: vec![named("amount", "amount")],
        categories: vec![named("country", "country")],
        reference: Some("reference.csv".into()),
        means: vec![named("amount", "amount"), named("stamp", "stamp")],
        conversions: vec![named("signup", "signed_up")],
        ..Spec::of(vec![file.into()])
    }
}

type Key = (String, String, Vec<(String, String)>);

fn key(fact: &Fact) -> Key {
    let labels = fact.labels.iter().map(|label| (label.key.clone(), label.value.clone()));
    (fact.name.clone(), fact.subject.clone(), labels.collect())
}

/// What the peers say, by name, subject and labels.
fn truth(of: &str) -> BTreeMap<Key, Value> {
    let text = std::fs::read_to_string(folder().join("truth.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let key = |fact: &Value| {
        let text = |key: &str| fact.get(key).and_then(Value::as_str).unwrap().to_owned();
        let labels = fact.get("labels").and_then(Value::as_object).unwrap();
        let labels: BTreeMap<String, String> = labels
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        (text("name"), text("subject"), labels.into_iter().collect())
    };
    let facts = all.get(of).and_then(Value::as_array).unwrap();
    facts.iter().map(|fact| (key(fact), fact.clone())).collect()
}

fn numbers(value: &FactValue) -> Vec<f64> {
    match value {
        #[allow(clippy::cast_precision_loss, reason = "counts of some thousand rows")]
        FactValue::Integer(value) => vec![*value as f64],
        FactValue::Number(value) => vec![*value],
        FactValue::Numbers(values) => values.clone(),
        other => panic!("{other:?}"),
    }
}

/// Every fact that the peers have is there and says the same, and no others
/// are.
fn assert_agree(file: &str, of: &str, change: impl FnOnce(&mut Spec)) {
    let mut spec = spec(file);
    change(&mut spec);
    let counted = facts(&spec, &folder()).unwrap();
    assert_eq!(counted.missing, Vec::<String>::new(), "{file}");
    let mut truth = truth(of);
    for fact in counted.facts.iter().filter(|fact| fact.name != "unusable_rows") {
        let said =
            truth.remove(&key(fact)).unwrap_or_else(|| panic!("{file}: only here: {fact:?}"));
        let samples = said.get("samples").and_then(Value::as_u64);
        assert_eq!(fact.samples, samples, "{file}: {fact:?}");
        let said = said.get("value").unwrap();
        let said: Vec<f64> = match said.as_array() {
            Some(items) => items.iter().map(|item| item.as_f64().unwrap()).collect(),
            None => vec![said.as_f64().unwrap()],
        };
        let own = numbers(&fact.value);
        assert_eq!(own.len(), said.len(), "{file}: {fact:?}");
        for (own, said) in own.iter().zip(&said) {
            let size = said.abs().max(1.0);
            assert!((own - said).abs() <= 1e-9 * size, "{file}: {own} and {said}: {fact:?}");
        }
    }
    assert!(truth.is_empty(), "{file}: only there: {:?}", truth.keys().collect::<Vec<_>>());
}

#[test]
fn whole_rows_come_to_what_the_peers_say() {
    assert_agree("rows.csv", "rows", |_| {});
    assert_agree("rows.parquet", "rows", |_| {});
}

#[test]
fn rows_with_holes_come_to_what_the_peers_say_of_the_others() {
    for file in ["holes.csv", "holes.parquet"] {
        assert_agree(file, "holes", |spec| spec.max_left_out = 0.3);
        // And to nothing that rests on them where nobody allows for holes.
        let counted = facts(&spec(file), &folder()).unwrap();
        assert!(counted.missing.len() >= 5, "{:?}", counted.missing);
        let names: Vec<&str> = counted.facts.iter().map(|fact| fact.name.as_str()).collect();
        for gone in ["true_positives", "selected", "auc", "calibration_counts"] {
            assert!(!names.contains(&gone), "{gone}");
        }
        let of = |feature: &str| {
            let is = |fact: &&Fact| {
                fact.labels.iter().any(|label| label.value == feature && label.key != "column")
            };
            counted.facts.iter().filter(is).any(|fact| fact.subject == "candidate")
        };
        assert!(names.contains(&"conversions") && of("stamp") && !of("country"), "{names:?}");
    }
}

#[test]
fn the_same_rows_in_parts_come_to_the_same() {
    let text = std::fs::read_to_string(folder().join("rows.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (head, rows) = lines.split_first().unwrap();
    let parts = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (at, rows) in rows.chunks(700).enumerate() {
        let path = parts.path().join(format!("part-{at}.csv"));
        std::fs::write(&path, format!("{head}\n{}\n", rows.join("\n"))).unwrap();
        files.push(path);
    }
    assert_agree("rows.csv", "rows", |spec| spec.files = files);
}
