//! A batch decides on each row as a single decision does.

// A test stops at the first thing that is not as it should be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::config;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use threshold_policy::ThresholdPolicy;
use tollgate_sdk::policy::{Batch, Cells, Column, Dictionary, Kind, Policy, row_by_row};

fn policy(settings: &Json) -> ThresholdPolicy {
    ThresholdPolicy::configure(serde_json::from_value(settings.clone()).unwrap()).unwrap()
}

/// Policies of different shapes: the seed's, one with expressions and
/// optional inputs, one with more marks than a table takes, one with more
/// than 32 bits.
fn policies() -> Vec<ThresholdPolicy> {
    let many = |count: usize| {
        let rules = (0..count).map(|index| {
            let when = format!("hour == {index} || amount > {}.0", 100 * index);
            json!({ "id": format!("r{index}"), "when": when, "action": "block",
                "effect": if index % 2 == 0 { "set" } else { "escalate" } })
        });
        json!({
            "thresholds": { "allow": 0.0, "low": 0.1, "mid": 0.2, "high": 0.5, "block": 0.9 },
            "inputs": { "hour": { "kind": "integer" } },
            "rules": rules.collect::<Vec<_>>(),
            "guardrails": { "max_daily_blocks_per_customer": 1 },
        })
    };
    vec![
        policy(&json!({
            "thresholds": { "block": 0.7, "manual_review": 0.4, "allow": 0.0 },
            "rules": { "high_value_threshold": 10000, "high_value_action": "manual_review",
                "high_value_effect": "set",
                "new_merchant_lookback_days": 30, "new_merchant_action": "extra_verification" },
            "flags": { "enable_geo_blocking": true, "enable_velocity_checks": true,
                "strict_mode_countries": ["NG", "PK"] },
            "guardrails": { "max_daily_blocks_per_customer": 3, "auto_unblock_after_hours": 24 },
        })),
        policy(&json!({
            "thresholds": { "block": 0.7, "allow": 0.0 },
            "inputs": { "vip": { "kind": "boolean", "required": false },
                "limit": { "kind": "number", "required": false }, "hour": { "kind": "integer" } },
            "rules": [
                { "id": "ratio", "when": "100 / hour > 9", "action": "block" },
                { "id": "over", "when": "limit != null && amount > limit", "action": "block" },
                { "id": "vip", "when": "vip == true || country in ['US']", "action": "allow", "effect": "set" },
                { "id": "unsure", "when": "vip && limit > 3.0", "action": "block" },
            ],
        })),
        policy(&many(12)),
        policy(&many(40)),
    ]
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => 0.0..=1.0_f64,
        10 => 0.0..100.0_f64,
        5 => prop::sample::select(vec![0.0, -0.0, 0.4, 0.7, 24.0, 30.0, 3.0, 10.0, 10000.0, 10001.0, 20000.0]),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX]),
    ]
}

fn in_order(name: &str) -> BoxedStrategy<f64> {
    match name {
        "score" => prop_oneof![0.0..=1.0_f64, Just(0.4), Just(0.7)].boxed(),
        "amount" => prop_oneof![0.0..20000.0_f64, Just(10000.0)].boxed(),
        "customer_blocks_today" => (0..6_i32).prop_map(f64::from).boxed(),
        _ => (0.0..60.0_f64).boxed(),
    }
}

fn cells(name: &str, kind: Kind, rows: usize) -> BoxedStrategy<Cells> {
    let integers = prop::collection::vec(-2..40_i64, rows).prop_map(Cells::Integers);
    let wild = prop::collection::vec(numbers(), rows).prop_map(Cells::Numbers);
    let numbers = prop::collection::vec(in_order(name), rows).prop_map(Cells::Numbers);
    let booleans = prop::collection::vec(0..=1_u8, rows).prop_map(Cells::Booleans);
    let entries = [
        "US",
        "NG",
        "pk",
        " ng",
        "PK\t",
        "\u{a0}De",
        "",
        " ",
        "NGA",
        "Nigeria",
        "N G",
        "\u{200b}NG",
        "ÄÖ",
        "1G",
        "N",
    ]
    .map(String::from);
    let texts = prop::collection::vec(prop_oneof![19 => 0..6_u32, 1 => 6..15_u32], rows).prop_map(
        move |indices| Cells::Texts(Dictionary { entries: entries.iter().collect(), indices }),
    );
    // Mostly of the right kind, sometimes of any other.
    match kind {
        Kind::Number => prop_oneof![20 => numbers, 4 => wild, 4 => integers, 1 => booleans].boxed(),
        Kind::Integer => prop_oneof![1 => wild, 20 => integers, 1 => booleans, 1 => texts].boxed(),
        Kind::Boolean => prop_oneof![1 => wild, 1 => integers, 20 => booleans].boxed(),
        Kind::Text => prop_oneof![1 => wild, 1 => integers, 20 => texts].boxed(),
    }
}

fn column(name: &str, kind: Kind, rows: usize) -> BoxedStrategy<Column> {
    let bits = prop_oneof![3 => Just(u8::MAX), 1 => any::<u8>()];
    let validity = prop::collection::vec(bits, rows.div_ceil(8));
    let validity = prop_oneof![2 => Just(None), 1 => validity.prop_map(Some)];
    (cells(name, kind, rows), validity)
        .prop_map(|(cells, validity)| Column { cells, validity })
        .boxed()
}

fn batches() -> impl Strategy<Value = (usize, usize, Vec<Column>)> {
    let rows = prop_oneof![8 => 0..40_usize, 1 => 1000..2100_usize];
    (0..policies().len(), rows).prop_flat_map(|(which, rows)| {
        let inputs = policies()[which].surface().inputs;
        let columns: Vec<_> =
            inputs.iter().map(|input| column(&input.name, input.kind, rows)).collect();
        (Just(which), Just(rows), columns)
    })
}

type Words = (Vec<Result<(u32, Vec<u32>), String>>, Vec<u32>);

fn words(batch: Batch) -> Words {
    let decisions = batch.decisions.into_iter();
    let decisions = decisions.map(|one| one.map(|one| (one.action, one.reasons)));
    (decisions.collect(), batch.rows)
}

proptest! {
    #![proptest_config(config(400))]
    #[test]
    fn a_batch_is_its_rows((which, rows, columns) in batches()) {
        let policy = &policies()[which];
        let expected = row_by_row(rows, &columns, |values| policy.decide(values)).unwrap();
        let found = policy.decide_batch(rows, &columns).unwrap();
        prop_assert_eq!(words(found), words(expected));
    }
}

#[test]
fn columns_that_do_not_fit() {
    let policy = policy(&json!({
        "thresholds": { "allow": 0.0, "block": 0.5 },
        "rules": [{ "id": "a", "when": "country == 'US'", "action": "block" }],
    }));
    let scores = |count| Column { cells: Cells::Numbers(vec![0.1; count]), validity: None };
    let countries = |index, validity| Column {
        cells: Cells::Texts(Dictionary {
            entries: ["US"].into_iter().collect(),
            indices: vec![0, index],
        }),
        validity,
    };
    let error = |rows, columns: &[Column]| policy.decide_batch(rows, columns).unwrap_err();
    assert_eq!(error(2, &[scores(2)]), "the policy reads 2 columns, not 1");
    assert_eq!(
        error(2, &[scores(1), countries(0, None)]),
        "column 0 has no cell for each of 2 rows"
    );
    assert_eq!(
        error(2, &[scores(2), countries(1, None)]),
        "column 1 has no cell for each of 2 rows"
    );
    assert_eq!(
        error(9, &[scores(9), countries(0, Some(vec![255]))]),
        "column 1 has no cell for each of 9 rows"
    );
    // The index of a null row may be anything.
    let batch = policy.decide_batch(2, &[scores(2), countries(7, Some(vec![1]))]).unwrap();
    assert_eq!(batch.rows, [0, 1]);
    assert_eq!(batch.decisions[1].as_ref().unwrap_err(), "`country` is missing");
}
