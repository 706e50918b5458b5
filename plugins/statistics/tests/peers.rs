//! Holds the plugin to what SciPy, Fairlearn, scikit-learn, statsmodels and
//! Evidently say of drawn data sets: `reference/record.py` writes them down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use statistics::Statistics;
use statistics::math::{chi_squared_above, normal_above, student_above};
use tollgate_sdk::Outcome;
use tollgate_sdk::gate::{Fact, FactValue, Gate, Label};

const TRUTH: &str = include_str!("reference/truth.jsonl");

/// How far an answer may lie from the peer's, as a share of it: both round on
/// every step, and the plugin tells twelve digits.
const WITHIN: f64 = 1e-9;

/// The same where values are differences that all but vanish.
const OR_WITHIN: f64 = 1e-14;

/// How far a tail may lie from SciPy's.
const TAILS_WITHIN: f64 = 1e-11;

/// Tails under this are rounded to fewer digits, by whoever computes them.
const LEAST: f64 = 1e-300;

fn lines() -> impl Iterator<Item = Value> {
    TRUTH.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn fact(of: &Value) -> Fact {
    let labels = of["labels"].as_object().unwrap();
    Fact {
        name: of["name"].as_str().unwrap().into(),
        subject: of["subject"].as_str().unwrap().into(),
        labels: labels
            .iter()
            .map(|(key, value)| Label { key: key.clone(), value: value.as_str().unwrap().into() })
            .collect(),
        value: match &of["value"] {
            Value::Array(numbers) => FactValue::Numbers(numbers.iter().map(number).collect()),
            one if one.is_i64() => FactValue::Integer(one.as_i64().unwrap()),
            one => FactValue::Number(number(one)),
        },
        unit: None,
        samples: of["samples"].as_u64(),
        observed_at: None,
        source: None,
    }
}

/// The value that the plugin finds.
fn found(rule: &Value, facts: &[Fact]) -> f64 {
    let mut rule = rule.clone();
    let settings = rule.as_object_mut().unwrap();
    settings.insert("min_samples".into(), json!(1));
    let is_free = rule["statistic"] == "bootstrap";
    rule["between"] = if is_free { json!([-1e9, 1e9]) } else { json!([0, 1]) };
    if ["psi", "kl", "calibration-psi"].iter().any(|name| rule["statistic"] == *name) {
        rule["between"] = json!([0, 1e9]);
    }
    let gate = Statistics::configure(json!({ "rules": [rule] })).unwrap();
    let findings = gate.evaluate(facts);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding.outcome, Outcome::Pass, "{finding:#?}");
    finding.actual.as_ref().unwrap().parse().unwrap()
}

#[test]
fn statistics_are_what_peers_say() {
    let (mut answers, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for line in lines().filter(|line| line["answers"].is_array()) {
        let mut facts: Vec<Fact> = line["facts"].as_array().unwrap().iter().map(fact).collect();
        facts.push(Fact {
            name: "horizon_reached".into(),
            value: FactValue::Boolean(true),
            labels: Vec::new(),
            samples: None,
            ..facts[0].clone()
        });
        facts.last_mut().unwrap().subject = "candidate".into();
        for answer in line["answers"].as_array().unwrap() {
            let found = found(&answer["rule"], &facts);
            let value = number(&answer["value"]);
            let within = answer["within"].as_f64().unwrap_or((value.abs() * WITHIN).max(OR_WITHIN));
            if (found - value).abs() > within {
                wrong.push(format!(
                    "{} says {value}, not {found}: {}",
                    answer["peer"], answer["rule"]
                ));
            }
            let of = format!("{} {}", answer["rule"]["statistic"], answer["peer"]);
            *answers.entry(of).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(answers.values().sum::<usize>() > 1000, "{answers:?}");
    assert!(answers.values().all(|count| *count >= 20), "{answers:?}");
}

#[test]
fn tails_are_what_scipy_says() {
    let (mut tails, mut wrong, mut worst) = (0, Vec::new(), 0.0_f64);
    for line in lines().filter(|line| line["tail"].is_string()) {
        let (at, degrees) = (number(&line["at"]), number(&line["degrees"]));
        let found = match line["tail"].as_str().unwrap() {
            "chi-squared" => chi_squared_above(at, degrees).unwrap(),
            "student" => student_above(at, degrees).unwrap(),
            _ => normal_above(at),
        };
        let value = number(&line["value"]);
        let error = if value < LEAST { found - value } else { (found - value) / value };
        worst = worst.max(error.abs());
        if error.abs() > TAILS_WITHIN {
            wrong.push(format!("{value:e}, not {found:e} ({error:e}): {line}"));
        }
        tails += 1;
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(tails > 500, "only {tails}");
    println!("worst: {worst:e}");
}
