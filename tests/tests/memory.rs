//! A warm instance is asked again and again, for days: its memory stands
//! still, whatever a plugin makes for itself when it is first needed.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;

use tollgate_engine::types::{Fact, FactValue, Value};
use tollgate_engine::{CallOptions, CallStats, Engine, InstanceUse, Plugin};

/// Asked so often; whoever leaves a byte behind in each call has grown by a
/// dozen pages then.
const CALLS: usize = 1_000_000;

/// After so many calls everything has been made that is made once.
const SETTLED: usize = 10_000;

fn plugin(name: &str) -> Plugin {
    // `plugins/` beside the profile's folder that this test runs from.
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(3).unwrap().join("plugins").join(format!("{name}.wasm"));
    let bytes = fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask plugins` builds it", path.display())
    });
    Engine::builder().build().unwrap().load(&bytes).unwrap()
}

/// Makes calls in one warm instance, and compares its memory.
fn stands_still(mut call: impl FnMut(usize, &CallOptions, &mut CallStats)) {
    let mut settled = 0;
    for turn in 0..CALLS {
        let mut stats = CallStats::default();
        call(turn, &CallOptions::warm(), &mut stats);
        assert_eq!(stats.instance == InstanceUse::Warm, turn > 0, "one instance for all");
        if turn == SETTLED {
            settled = stats.memory;
        }
        assert!(turn < SETTLED || stats.memory == settled, "it grew by call {turn}");
    }
}

#[test]
fn a_policys() {
    let settings = r#"{"thresholds":{"allow":0,"review":0.4,"block":0.7},
        "inputs":{"note":{"kind":"text"}},
        "rules":[{"id":"noted","when":"note.size() > 3 && note.startsWith('ab')","action":"review"}]}"#;
    let policy = plugin("threshold-policy").policy(Some(settings)).unwrap();
    let note = policy.surface().inputs.iter().position(|input| input.name == "note").unwrap();
    stands_still(|turn, options, stats| {
        let mut values = vec![Value::Number((turn % 100) as f64 / 100.0), Value::Null];
        values[note] = Value::Text("ab".repeat(turn % 40));
        policy.decide_with(&values, options, Some(stats)).unwrap();
    });
}

#[test]
fn a_schemas() {
    let settings = r#"{"formats":true,"schema":{"type":"object","properties":{
        "id":{"type":"string","pattern":"^[a-z]+(-[0-9]{2,4})*$"},
        "mail":{"type":"string","format":"email"},
        "day":{"type":"string","format":"date"},
        "n":{"type":"number","multipleOf":0.25}}}}"#;
    let signature = plugin("json-schema").signature(Some(settings)).unwrap();
    let payloads: Vec<String> = (0..97)
        .map(|turn| {
            let tail = "-12".repeat(turn % 9);
            format!(
                r#"{{"id":"{}{tail}","mail":"a{turn}@example.org","day":"2026-0{}-11","n":{}}}"#,
                "abc".repeat(turn % 13),
                turn % 12,
                turn as f64 / 8.0
            )
        })
        .collect();
    stands_still(|turn, options, stats| {
        let payload = payloads[turn % payloads.len()].as_bytes();
        signature.check_with(payload, options, Some(stats)).unwrap();
    });
}

#[test]
fn a_signatures() {
    let settings = r#"{"signature":{"inputs":[{"type":"long","name":"a"},{"type":"string","name":"b"},
        {"type":"array","items":{"type":"double"},"name":"c","required":false},
        {"type":"datetime","name":"d","required":false}],"outputs":null,"params":null}}"#;
    let signature = plugin("mlflow-signature").signature(Some(settings)).unwrap();
    let payloads: Vec<String> = (0..89)
        .map(|turn| match turn % 5 {
            0 => r#"{"dataframe_records":[{"a":1.5,"b":"x"}]}"#.to_owned(),
            1 => format!(r#"{{"dataframe_split":{{"columns":["a","b"],"data":[[{turn},"x"]]}}}}"#),
            2 => "{".repeat(turn),
            3 => format!(r#"{{"dataframe_records":[{{"a":{turn},"b":"x","d":"2026-01-02"}}]}}"#),
            _ => r#"{"inputs":{"a":[1,2],"b":["x","y"],"c":[[1.0],[2.0,3.5]]}}"#.to_owned(),
        })
        .collect();
    stands_still(|turn, options, stats| {
        let payload = payloads[turn % payloads.len()].as_bytes();
        signature.check_with(payload, options, Some(stats)).unwrap();
    });
}

#[test]
fn a_protocols() {
    let settings =
        r#"{"signature":{"inputs":[{"type":"long","name":"a"},{"type":"double","name":"x"}]}}"#;
    let signature = plugin("oip-signature").signature(Some(settings)).unwrap();
    let payloads: Vec<String> = (0..89)
        .map(|turn| match turn % 3 {
            0 => "{".repeat(turn),
            1 => r#"{"inputs":[{"name":"a","shape":[1],"datatype":"INT64","data":[0.5]}]}"#.to_owned(),
            _ => format!(
                r#"{{"inputs":[{{"name":"a","shape":[1],"datatype":"INT64","data":[{turn}]}},{{"name":"x","shape":[1],"datatype":"FP64","data":[{turn}.5]}}]}}"#
            ),
        })
        .collect();
    stands_still(|turn, options, stats| {
        let payload = payloads[turn % payloads.len()].as_bytes();
        signature.check_with(payload, options, Some(stats)).unwrap();
    });
}

#[test]
fn a_metadatas() {
    let settings = r#"{"rules":["owner",{"field":"git_commit","format":"commit"},
        {"artifact":"*card*"},{"deprecation":{}},{"semantic_version":"semantic_version"}]}"#;
    let gate = plugin("model-metadata").gate(Some(settings)).unwrap();
    let fact = |name: &str, subject: &str, value: &str| Fact {
        name: name.to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value: FactValue::Text(value.to_owned()),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    };
    stands_still(|turn, options, stats| {
        let facts = [
            fact("owner", "candidate", &"o".repeat(turn % 89)),
            fact("git_commit", "candidate", ["ab12cd3", "main"][turn % 2]),
            fact("semantic_version", "candidate", &format!("1.{}.0", turn % 7)),
            fact("semantic_version", "champion", "1.3.0"),
            fact("signature_change", "candidate", "minor"),
        ];
        gate.evaluate_with(&facts, options, Some(stats)).unwrap();
    });
}

#[test]
fn a_gates() {
    let settings = r#"{"rules":[{"id":"accurate","metric":"accuracy","comparison":">=","threshold":0.9},
        {"id":"no-worse","metric":"auc","baseline":"champion","max_regression":0.01}]}"#;
    let gate = plugin("metric-gate").gate(Some(settings)).unwrap();
    let fact = |name: &str, subject: &str, value: f64| Fact {
        name: name.to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value: FactValue::Number(value),
        unit: None,
        samples: Some(1000),
        observed_at: None,
        source: None,
    };
    stands_still(|turn, options, stats| {
        let value = (turn % 100) as f64 / 100.0;
        let facts = [
            fact("accuracy", "candidate", value),
            fact("auc", "candidate", value),
            fact("auc", "champion", 0.5),
        ];
        gate.evaluate_with(&facts, options, Some(stats)).unwrap();
    });
}

#[test]
fn gates_of_texts() {
    let fact = |name: &str, subject: &str, value: String| Fact {
        name: name.to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value: FactValue::Text(value),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    };
    for (name, settings) in [
        (
            "model-naming",
            r#"{"style":"snake","refuse":{"versions":true,"dates":true,"algorithms":["xgboost"],"generic":["model"]}}"#,
        ),
        (
            "stage-transition",
            r#"{"transitions":[{"from":"Staging","to":"Production","needs_reason":true}],"pinned_by_version":true}"#,
        ),
        ("approval-quorum", r#"{"default":{"quorum":1}}"#),
    ] {
        let gate = plugin(name).gate(Some(settings)).unwrap();
        stands_still(|turn, options, stats| {
            let facts = [
                fact("name", "candidate", format!("fraud_v{}_xgboost_2024", turn % 1000)),
                fact("stage", "candidate", "Staging".to_owned()),
                fact("deployment_ref", "candidate", format!("models:/fraud/{}", turn % 1000)),
                fact("target", "run", "Production".to_owned()),
                fact("reason", "run", "r".repeat(turn % 40)),
                fact("as_of", "run", "2026-11-30T12:00:00Z".to_owned()),
            ];
            gate.evaluate_with(&facts, options, Some(stats)).unwrap();
        });
    }
}

#[test]
fn a_gate_of_statistics() {
    let settings = r#"{"rules":[{"bins":4,"comparison":"<=","id":"drift","min_samples":4,"statistic":"psi","threshold":0.2},
        {"comparison":">=","horizon":"1d","id":"means","min_samples":4,"statistic":"welch","threshold":0.05}]}"#;
    let gate = plugin("statistics").gate(Some(settings)).unwrap();
    let fact = |subject: &str, rows: Vec<f64>| Fact {
        name: "values".to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value: FactValue::Numbers(rows),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    };
    stands_still(|turn, options, stats| {
        let rows = |count: usize| (0..count).map(|row| (row * row % 17) as f64).collect();
        let facts = [fact("candidate", rows(3 + turn % 50)), fact("reference", rows(60))];
        gate.evaluate_with(&facts, options, Some(stats)).unwrap();
    });
}
