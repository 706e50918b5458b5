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
//! Every rule gives one finding, or one for each slice that it judges, in the
//! order of the document, slices sorted. What a rule comes to:
//!
//! | evidence | outcome |
//! | --- | --- |
//! | the rule holds | `pass` |
//! | the rule is broken | its `severity`: `fail` unless it says `inconclusive` or `warn` |
//! | a fact is missing, of the subject or of its baseline; no slice for `for_each`, or one that is expected | its `on_missing`, whatever the severity: `fail` unless it says `inconclusive`, or `skip`, which is reported as `warn` |
//! | NaN, infinite, of another kind, in a unit that does not convert, a value that cannot be (PSI below 0), on too few samples or an unknown number, older than `max_age`, undated or from the future | `inconclusive` |
//! | copies of a fact that differ in value (units converted) or samples, and none is newer | `inconclusive` |
//! | a relative change from a baseline of 0 or below | `inconclusive`; MLflow's own rule for `mlflow_thresholds` |
//! | a sum of more than 38 digits | `inconclusive` |
//! | no rules, or all of them skipped | `inconclusive`, as the rule `nothing-judged` |
//!
//! Numbers are compared as the decimals that people read, see [`decimal`];
//! names and units as [`builtin`] and the settings say.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod builtin;
pub mod catalog;
mod compare;
mod evidence;
mod facts;
mod judge;
mod lint;
mod place;
mod reader;
pub mod rule;
mod settings;
mod slice;
mod split;

use alloc::vec::Vec;

pub use gate_evidence::{decimal, instant, unit, window};

use serde_json::Value;
use tollgate_sdk::gate::{Fact, Gate};
use tollgate_sdk::{Finding, Outcome};

use crate::catalog::Catalog;
use crate::facts::Facts;
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

    fn remarks(&self) -> Vec<Finding> {
        lint::lint(&self.rules, &self.catalog)
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        let facts = Facts::new(facts, &self.catalog);
        let mut findings = Vec::new();
        let mut is_judged = false;
        for rule in &self.rules {
            for verdict in judge::judge(rule, &facts, &self.catalog) {
                is_judged |= verdict.counts(&rule.terms);
                let finding = verdict.into_finding(&rule.id, &rule.terms);
                findings.push(finding.at(rule.pointer.as_str()));
            }
        }
        if !is_judged {
            let message = if self.rules.is_empty() {
                "the profile has no rules, so nothing was judged: give it `rules`"
            } else {
                "every rule was skipped, so nothing was judged: give the evidence that is missing, \
                 or a rule without `on_missing: skip`"
            };
            findings.push(Finding::new("nothing-judged", Outcome::Inconclusive, message));
        }
        findings
    }
}

tollgate_sdk::export_gate!(MetricGate);
