//! What a run may cost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

use serde_json::{Value, json};
use statistics::Statistics;
use tollgate_sdk::gate::{Fact, FactValue, Gate, Label};
use tollgate_sdk::{Finding, Outcome};

fn fact(name: &str, subject: &str, labels: &[(&str, &str)], value: FactValue) -> Fact {
    let label = |(key, value): &(&str, &str)| Label { key: (*key).into(), value: (*value).into() };
    Fact {
        name: name.into(),
        subject: subject.into(),
        labels: labels.iter().map(label).collect(),
        value,
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}

fn judged(rules: Value, facts: &[Fact]) -> Vec<Finding> {
    Statistics::configure(json!({ "rules": rules })).unwrap().evaluate(facts)
}

fn rows(count: u32, subject: &str) -> Fact {
    let rows = (0..count).map(|row| f64::from(row % 17)).collect();
    fact("values", subject, &[("window", "1d")], FactValue::Numbers(rows))
}

fn bootstrap(id: &str, resamples: u32) -> Value {
    json!({
        "id": id, "statistic": "bootstrap", "horizon": "1d", "seed": 1, "resamples": resamples,
        "comparison": "<=", "threshold": 0,
    })
}

/// 20,000,000 draws, of all rules together.
#[test]
fn draws_of_a_run_are_bounded() {
    let facts = [rows(1000, "candidate"), rows(1001, "reference")];
    let one = judged(json!([bootstrap("one", 10_000)]), &facts);
    let [one] = one.as_slice() else { panic!("{one:#?}") };
    assert_eq!(one.outcome, Outcome::Inconclusive);
    assert_eq!(
        one.message,
        "10000 resamples of 2001 rows are 20010000 draws, and 20000000 are left of those that one \
         run may take: ask for fewer `resamples`, or give fewer rows"
    );
    let rules: Vec<Value> = (0..12).map(|rule| bootstrap(&format!("r{rule}"), 900)).collect();
    let all = judged(rules.into(), &facts);
    let outcomes: Vec<bool> =
        all.iter().map(|finding| finding.outcome == Outcome::Inconclusive).collect();
    assert_eq!(outcomes, [vec![false; 11], vec![true]].concat(), "{all:#?}");
}

/// The same seed, the same interval.
#[test]
fn draws_can_be_repeated() {
    let facts = [rows(300, "candidate"), rows(200, "reference")];
    let one = judged(json!([bootstrap("one", 100)]), &facts);
    let again = judged(json!([bootstrap("one", 100)]), &facts);
    assert_eq!(one[0].message, again[0].message);
    let mut other = bootstrap("one", 100);
    other["seed"] = json!(2);
    assert_ne!(one[0].actual, judged(json!([other]), &facts)[0].actual);
}

#[test]
fn slices_of_a_rule_are_bounded() {
    let facts: Vec<Fact> = (0..5001)
        .flat_map(|slice| {
            let feature = format!("f{slice}");
            let rows = FactValue::Numbers(vec![0.0, 1.0]);
            ["candidate", "reference"]
                .map(|subject| fact("values", subject, &[("feature", &feature)], rows.clone()))
        })
        .collect();
    let rules = json!([{
        "statistic": "psi", "for_each": "feature", "bins": 2, "min_samples": 2,
        "comparison": "<=", "threshold": 0.1,
    }]);
    let all = judged(rules.clone(), &facts[2..]);
    assert_eq!(all.len(), 5000);
    assert!(all.iter().all(|finding| finding.outcome == Outcome::Pass), "{:#?}", all[0]);
    let over = judged(rules, &facts);
    let [over] = over.as_slice() else { panic!("{} findings", over.len()) };
    assert_eq!(over.outcome, Outcome::Inconclusive);
    assert_eq!(
        over.message,
        "there are 5001 slices of `psi` by `feature`, and one rule judges at most 5000"
    );
}
