//! Plugins for every released version of the contract, in one engine: what was
//! built for an older one answers as what is built today.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use tollgate_engine::types::{
    Cells, Column, Decision, Dictionary, Edge, Fact, FactValue, Finding, Manner, Outcome, Records,
    TypedColumn, Value,
};
use tollgate_engine::{CONTRACT_VERSIONS, Engine, Plugin};
use tollgate_test_support::{Dice, seed};
use tollgate_tests::cases::{self, Tier};
use tollgate_tests::component::Component;
use tollgate_tests::report::{Mode, Report};

/// The record, which a component that is never built again can be held to. What
/// drawn cases taught since is today's plugin's alone.
const CASES: &str = include_str!("../../plugins/mlflow-signature/tests/conformance/mlflow.jsonl");

fn load(engine: &Engine, path: &Path) -> Plugin {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    engine.load(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The plugin as it is built today.
fn built(engine: &Engine, name: &str) -> Plugin {
    let test = std::env::current_exe().unwrap();
    let built: PathBuf = test.ancestors().nth(3).unwrap().join("plugins");
    load(engine, &built.join(format!("{name}.wasm")))
}

/// The plugin as it was built for each version before the newest, and as it is
/// built today.
fn all(engine: &Engine, name: &str) -> [Plugin; 3] {
    let fixture = |version: &str| {
        let folder = format!("fixtures/contract-{version}/{name}.wasm");
        load(engine, &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
    };
    let all = [fixture("1.0.0"), fixture("1.1.0"), built(engine, name)];
    assert_eq!(all.each_ref().map(Plugin::contract), *CONTRACT_VERSIONS);
    all
}

/// The oldest and the newest.
fn both(engine: &Engine, name: &str) -> [Plugin; 2] {
    let [oldest, _, newest] = all(engine, name);
    [oldest, newest]
}

fn engine() -> Engine {
    Engine::builder().build().unwrap()
}

#[test]
fn signatures_of_older_versions_answer_as_mlflow_does() {
    let [oldest, older, _] = all(&engine(), "mlflow-signature").map(Component::of);
    let modes = [Mode::Mlflow, Mode::Strict];
    for (component, mode) in
        [&oldest, &older].into_iter().flat_map(|it| modes.map(|mode| (it, mode)))
    {
        let mut report = Report::new(mode);
        for case in cases::read(CASES).unwrap() {
            let answer = component.answer(&case, mode.name());
            report.add(case, answer);
        }
        let mut text = Vec::new();
        report.write(&mut text).unwrap();
        assert_eq!(report.failed, 0, "{}", String::from_utf8_lossy(&text));
    }
    let core = cases::read(CASES).unwrap().iter().filter(|case| case.tier == Tier::Core).count();
    assert!(core > 3_000);
}

const SIGNATURE: &str = r#"{"signature":{"inputs":[
    {"type":"long","name":"a","required":true},{"type":"string","name":"b","required":false}]}}"#;

/// What 1.0.0 says by a pointer is row and column, like what 1.1.0 says.
#[test]
fn places_in_columns_are_the_same() {
    let texts: [&str; 4] = ["x", "y", "z", "x"];
    let column = |name: &str, dtype: &str, cells: Cells| TypedColumn {
        name: Some(name.to_owned()),
        dtype: dtype.to_owned(),
        column: Column { cells, validity: Some(vec![0b1011]) },
    };
    let columns = [
        column("a", "uint64", Cells::Unsigned(vec![1, u64::MAX, 3, 4])),
        column(
            "b",
            "object",
            Cells::Texts(Dictionary {
                entries: ["1", "\"y\"", "{}"].into_iter().collect(),
                indices: vec![0, 1, 2, 0],
            }),
        ),
        column(
            "c/d",
            "str",
            Cells::Texts(Dictionary {
                entries: texts.into_iter().collect(),
                indices: vec![0, 1, 2, 3],
            }),
        ),
    ];
    let found = all(&engine(), "mlflow-signature").map(|plugin| {
        plugin.signature(Some(SIGNATURE)).unwrap().check_columns(4, &columns).unwrap()
    });
    assert!(found[2].iter().any(|finding| finding.column.is_some()), "{found:?}");
    assert_eq!(found[0], found[2]);
    assert_eq!(found[1], found[2]);
}

/// 1.0.0 has no word for rows of JSON: each is a payload of its own.
#[test]
fn records_of_1_0_are_payloads() {
    let [old, new] = both(&engine(), "mlflow-signature")
        .map(|plugin| plugin.signature(Some(SIGNATURE)).unwrap());
    assert_eq!([old.rows(), new.rows()], [Manner::Apart, Manner::Together]);
    let bodies: Records =
        [r#"{"dataframe_records":[{"a":1}]}"#, r#"{"dataframe_records":[{"a":"x"}]}"#, "{"]
            .into_iter()
            .collect();
    let found = old.check_records(&bodies).unwrap();
    let told: Vec<_> = found.iter().map(|it| (it.row, it.column.as_deref())).collect();
    assert_eq!(told, [(Some(1), Some("dataframe_records")), (Some(2), None)]);
    let rows: Records = [r#"{"a":1}"#, r#"{"a":"x"}"#, "{"].into_iter().collect();
    let mut found = new.check_records(&rows).unwrap();
    found.sort_by_key(|finding| finding.row);
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.row, it.column.as_deref(), it.rule.as_str(), it.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Some(1), Some("a"), "parse-convert", Outcome::Fail),
            (Some(2), None, "bad-json", Outcome::Fail),
        ]
    );
}

/// What judged nothing has not passed, whoever asks.
#[test]
fn no_records_and_no_rows_are_no_pass() {
    let [_, new] = both(&engine(), "mlflow-signature");
    let none = Records::default();
    let rows = new.signature(Some(SIGNATURE)).unwrap();
    let found = rows.check_records(&none).unwrap();
    assert_eq!(told(&found), [("no-rows", Outcome::Inconclusive)]);
    let bodies = built(&engine(), "oip-signature").signature(Some(SIGNATURE)).unwrap();
    assert_eq!(bodies.rows(), Manner::None);
    let record: Records = [r#"{"a":1}"#].into_iter().collect();
    for found in [bodies.check_records(&record), bodies.check_columns(1, &[])] {
        assert_eq!(told(&found.unwrap()), [("not-rows", Outcome::Inconclusive)]);
    }
}

fn told(findings: &[Finding]) -> Vec<(&str, Outcome)> {
    findings.iter().map(|finding| (finding.rule.as_str(), finding.outcome)).collect()
}

#[test]
fn policies_of_all_decide_alike() {
    let settings = r#"{"thresholds":{"allow":0,"block":0.7,"manual_review":0.4},
        "rules":{"high_value_threshold":10000,"high_value_action":"manual_review",
            "new_merchant_lookback_days":30,"new_merchant_action":"extra_verification"},
        "flags":{"enable_geo_blocking":true,"enable_velocity_checks":true,
            "strict_mode_countries":["NG","PK"]}}"#;
    let settings = serde_json::from_str::<serde_json::Value>(settings).unwrap().to_string();
    let [old, older, new] =
        all(&engine(), "threshold-policy").map(|plugin| plugin.policy(Some(&settings)).unwrap());
    assert_eq!(old.surface(), new.surface());
    assert_eq!(older.surface(), new.surface());
    let mut dice = Dice::new(seed());
    let countries = ["NG", "US", "pk", "", "Nigeria"];
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for _ in 0..2_000 {
        let value = |input: &tollgate_engine::types::Input, dice: &mut Dice| match (
            dice.roll(40),
            input.kind,
        ) {
            (0, _) => Value::Null,
            (1, _) => Value::Number(f64::NAN),
            (_, tollgate_engine::types::Kind::Text) => {
                Value::Text((*dice.one(&countries)).to_owned())
            }
            (_, tollgate_engine::types::Kind::Integer) => Value::Integer(dice.roll(100) as i64),
            (_, tollgate_engine::types::Kind::Boolean) => Value::Boolean(dice.roll(2) == 0),
            (_, _) if input.name == "score" => Value::Number(dice.roll(1_000) as f64 / 1_000.0),
            _ => Value::Number(dice.roll(20_000) as f64),
        };
        let row: Vec<Value> =
            old.surface().inputs.iter().map(|input| value(input, &mut dice)).collect();
        assert_eq!(old.decide(&row), new.decide(&row), "{row:?}");
        assert_eq!(older.decide(&row), new.decide(&row), "{row:?}");
        rows.push(row);
    }
    let columns: Vec<Column> = old
        .surface()
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| column(&rows, at, input.kind))
        .collect();
    let decided = [&old, &older, &new].map(|policy| {
        let batch = policy.decide_batch(rows.len() as u32, &columns).unwrap();
        let of = |row: &u32| batch.decisions[*row as usize].clone();
        batch.rows.iter().map(of).collect::<Vec<Result<Decision, String>>>()
    });
    assert_eq!(decided[0], decided[2]);
    assert_eq!(decided[1], decided[2]);
}

fn column(rows: &[Vec<Value>], at: usize, kind: tollgate_engine::types::Kind) -> Column {
    use tollgate_engine::types::Kind;
    let cells = rows.iter().map(|row| &row[at]);
    let number = |value: &Value| if let Value::Number(it) = value { *it } else { f64::NAN };
    let mut bits = vec![0_u8; rows.len().div_ceil(8)];
    for (row, value) in cells.clone().enumerate() {
        bits[row / 8] |= u8::from(*value != Value::Null) << (row % 8);
    }
    let cells = match kind {
        Kind::Boolean => {
            Cells::Booleans(cells.map(|it| u8::from(*it == Value::Boolean(true))).collect())
        }
        Kind::Integer => Cells::Integers(
            cells.map(|it| if let Value::Integer(it) = it { *it } else { 0 }).collect(),
        ),
        Kind::Number => Cells::Numbers(cells.map(number).collect()),
        Kind::Text => Cells::Texts(Dictionary {
            entries: cells
                .map(|it| if let Value::Text(it) = it { it.as_str() } else { "" })
                .collect(),
            indices: (0..rows.len() as u32).collect(),
        }),
    };
    Column { cells, validity: Some(bits) }
}

#[test]
fn gates_of_all_judge_alike() {
    let settings = r#"{"rules":[
        {"id":"auc","metric":"auc","baseline":"champion","max_regression":0.01},
        {"id":"groups","metric":"accuracy","comparison":">=","threshold":0.8,"for_each":"group","at_least":2}]}"#;
    let settings = serde_json::from_str::<serde_json::Value>(settings).unwrap().to_string();
    let [old, older, new] =
        all(&engine(), "metric-gate").map(|plugin| plugin.gate(Some(&settings)).unwrap());
    let mut dice = Dice::new(seed());
    let mut outcomes = [0_usize; 4];
    let mut measured = 0;
    for _ in 0..500 {
        let mut facts = Vec::new();
        for _ in 0..dice.roll(8) {
            let labels = match dice.roll(3) {
                0 => Vec::new(),
                group => vec![tollgate_engine::types::Label {
                    key: "group".to_owned(),
                    value: ["female", "male"][group - 1].to_owned(),
                }],
            };
            facts.push(Fact {
                name: (*dice.one(&["auc", "accuracy", "roc_auc", "latency"])).to_owned(),
                subject: (*dice.one(&["candidate", "candidate", "champion"])).to_owned(),
                labels,
                value: match dice.roll(9) {
                    0 => FactValue::Number(f64::NAN),
                    1 => FactValue::Text("high".to_owned()),
                    _ => FactValue::Number(0.7 + dice.roll(300) as f64 / 1_000.0),
                },
                unit: None,
                samples: Some(dice.roll(1_000) as u64),
                observed_at: None,
                source: None,
            });
        }
        let [old, older, mut new] = [&old, &older, &new].map(|gate| gate.evaluate(&facts).unwrap());
        // Which number was judged, older ones did not say yet.
        for finding in &mut new {
            measured += usize::from(finding.measured.take().is_some());
        }
        assert_eq!(older, new, "{facts:?}");
        // The oldest did not say which rule it is.
        for finding in &mut new {
            assert!(finding.pointer.take().is_some_and(|it| it.starts_with("/rules/")));
        }
        assert_eq!(old, new, "{facts:?}");
        for finding in new {
            outcomes[finding.outcome as usize] += 1;
        }
    }
    assert!(outcomes[Outcome::Pass as usize] > 0 && outcomes[Outcome::Fail as usize] > 0);
    assert!(measured > 0);
}

/// What was judged is told as data, in one unit, and as it was compared.
#[test]
fn a_gate_of_today_says_which_number_it_judged() {
    let settings = r#"{"rules":[{"id":"p99","metric":"p99_ms","baseline":"champion",
        "max_regression":5}]}"#;
    let gate = built(&engine(), "metric-gate");
    let settings = serde_json::from_str::<serde_json::Value>(settings).unwrap().to_string();
    let Ok(gate) = gate.gate(Some(&settings)) else { panic!("the settings are taken") };
    let fact = |subject: &str, value, unit: &str| Fact {
        name: "p99_ms".to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value: FactValue::Number(value),
        unit: Some(unit.to_owned()),
        samples: None,
        observed_at: None,
        source: None,
    };
    let found = gate.evaluate(&[fact("candidate", 41.3, "ms"), fact("champion", 0.04, "s")]);
    let found = found.unwrap();
    let measure = found[0].measured.as_ref().unwrap();
    assert_eq!((measure.name.as_str(), measure.value), ("p99_ms", 41.3));
    assert_eq!(measure.unit.as_deref(), Some("ms"));
    let bound = measure.bound.unwrap();
    assert_eq!((bound.low, bound.high), (None, Some(Edge { at: 45.0, included: true })));
    let baseline = measure.baseline.as_ref().unwrap();
    assert_eq!((baseline.name.as_str(), baseline.value), ("champion", 40.0));
    // What cannot be judged has no number that was.
    let found = gate.evaluate(&[fact("candidate", f64::NAN, "ms"), fact("champion", 0.04, "s")]);
    let found = found.unwrap();
    assert_eq!((found[0].outcome, &found[0].measured), (Outcome::Inconclusive, &None));
}
