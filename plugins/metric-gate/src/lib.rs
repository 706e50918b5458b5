//! The gate `metric-gate`: judges a model version by its metrics.
//!
//! ```yaml
//! rules:
//!   - { metric: auc, baseline: champion, max_regression: 0.01 }
//!   - { metric: "auc{group=female}", comparison: ">=", threshold: 0.8, min_samples: 500 }
//!   - { metric: p99_ms, comparison: "<=", threshold: 50, unit: ms }
//!   - { metric: owner_signed_off, threshold: true }
//! ```
//!
//! Every rule gives one finding for each slice that it judges, in the order of
//! the document, slices sorted. What a rule comes to:
//!
//! | evidence | outcome |
//! | --- | --- |
//! | the rule holds | `pass` |
//! | the rule is broken | its `severity`: `fail` unless it says `inconclusive` or `warn` |
//! | a fact is missing, of the subject or of its baseline; no slice for `for_each` | its `on_missing`, whatever the severity: `fail` unless it says `inconclusive`, or `skip`, which is reported as `warn` |
//! | NaN, infinite, of another kind, in a unit that does not convert, outside the metric's range, on too few samples or an unknown number, given twice with different values | `inconclusive` |
//! | a relative change from a baseline of 0 or below | `inconclusive`; MLflow's own rule for `mlflow_thresholds` |
//! | a sum of more than 38 digits | `inconclusive` |
//!
//! Numbers are compared as the decimals that people read, see [`decimal`];
//! names and units as [`builtin`] and the settings say.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod builtin;
pub mod catalog;
pub mod decimal;
mod evidence;
mod judge;
mod reader;
pub mod rule;
mod settings;
mod slice;
mod spelling;
pub mod unit;
pub mod window;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;
use tollgate_sdk::gate::{Fact, Gate};

use crate::catalog::Catalog;
use crate::evidence::Facts;
use crate::rule::Rule;

/// The configured gate.
#[derive(Debug)]
pub struct MetricGate {
    catalog: Catalog,
    rules: Vec<Rule>,
}

impl Gate for MetricGate {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        let (catalog, rules) = settings::read(&settings)?;
        Ok(Self { catalog, rules })
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        let facts = Facts::new(facts, &self.catalog);
        self.rules.iter().flat_map(|rule| judge::judge(rule, &facts, &self.catalog)).collect()
    }
}

tollgate_sdk::export_gate!(MetricGate);
