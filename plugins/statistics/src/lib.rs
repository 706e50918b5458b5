//! The gate `statistics`: judges a model version by statistics of what it saw,
//! said and did.
//!
//! ```yaml
//! rules:
//!   - { statistic: psi, for_each: feature, comparison: "<=", threshold: 0.2 }
//!   - { statistic: demographic-parity, over: group, expect: [female, male], comparison: "<=", threshold: 0.1 }
//!   - { statistic: two-proportion, reference: champion, alternative: greater, horizon: 14d, comparison: "<=", threshold: 0.05 }
//! ```
//!
//! Every rule gives one finding, or one for each slice that it judges. What a
//! rule comes to:
//!
//! | evidence | outcome |
//! | --- | --- |
//! | the rule holds | `pass` |
//! | the rule is broken | its `severity`: `fail` unless it says `inconclusive` or `warn` |
//! | facts are missing; no slice, or one that is expected | its `on_missing`: `fail` unless it says `inconclusive`, or `skip`, which is reported as `warn` |
//! | too few samples | `inconclusive`; a slice may be left out, which is reported as `warn` |
//! | counts that cannot be, NaN, bins that differ, copies that differ, facts too old, of different times or units, a test before its horizon, one group alone | `inconclusive` |
//! | no rules, or all of them skipped | `inconclusive`, as the rule `nothing-judged` |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod decimals;
mod facts;
mod form;
mod judge;
pub mod limit;
pub mod math;
mod measure;
pub mod rule;
mod settings;
pub mod slice;
mod source;
pub mod statistic;
mod trouble;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::gate::{Fact, Gate};
use tollgate_sdk::{Finding, Outcome};

use crate::facts::Facts;
use crate::rule::Rule;

/// How many rows may be drawn in one run: at 51 operations each, half of what a
/// call may take.
const DRAWS: u64 = 20_000_000;

/// The configured gate.
#[derive(Debug)]
pub struct Statistics {
    rules: Vec<Rule>,
}

impl Gate for Statistics {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        Ok(Self { rules: settings::read(&settings)? })
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        let facts = Facts::new(facts);
        let mut findings = Vec::new();
        let mut is_judged = false;
        let mut draws = DRAWS;
        for rule in &self.rules {
            for verdict in judge::judge(rule, &facts, &mut draws) {
                is_judged |= verdict.counts(&rule.terms);
                let verdict = verdict.expecting(rule.limit.expected());
                findings.push(verdict.into_finding(&rule.id, &rule.terms));
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

tollgate_sdk::export_gate!(Statistics);
