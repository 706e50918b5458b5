//! The gate `model-metadata`: judges what a model version carries.
//!
//! ```yaml
//! aliases: { git_commit: [mlflow.source.git.commit] }
//! rules:
//!   - owner
//!   - { field: git_commit, format: commit }
//!   - { field: approval_status, equals: approved, targets: [Production] }
//!   - { artifact: "*confusion_matrix*" }
//!   - { deprecation: { warn_within: 30d } }
//! ```
//!
//! Every rule gives one finding, `deprecation` may give two, in the order of the
//! document. What a rule comes to:
//!
//! | evidence | outcome |
//! | --- | --- |
//! | the rule holds | `pass` |
//! | the rule is broken | its `severity`: `fail` unless it says `inconclusive` or `warn` |
//! | what it asks for is missing, or a text that says nothing: blank, `unknown`, `none`, `null`, `n/a` | its `on_missing`, whatever the severity: `fail` unless it says `inconclusive`, or `skip`, which is reported as `warn` |
//! | given twice and different, under one name or two; of another kind; NaN; a unit that does not convert | `inconclusive` |
//! | the rule is for other stages | `pass`, and says so |
//! | the rule is for some stages, and nobody says which the candidate is to have | `inconclusive` |
//! | no rules, or all of them skipped or for other stages | `inconclusive`, as the rule `nothing-judged` |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod facts;
mod find;
mod form;
mod glob;
mod judge;
mod moment;
mod name;
mod rule;
mod semantic;
mod settings;
mod sla;
mod value;
mod vocabulary;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::gate::{Fact, Gate};
use tollgate_sdk::{Finding, Outcome};

use crate::facts::Facts;
use crate::rule::Rule;
use crate::vocabulary::Vocabulary;

/// The configured gate.
#[derive(Debug)]
pub struct ModelMetadata {
    vocabulary: Vocabulary,
    rules: Vec<Rule>,
}

impl Gate for ModelMetadata {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        let (vocabulary, rules) = settings::read(&settings)?;
        Ok(Self { vocabulary, rules })
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        let facts = Facts::new(facts, &self.vocabulary);
        let mut findings = Vec::new();
        let mut is_judged = false;
        for rule in &self.rules {
            for verdict in judge::judge(rule, &facts) {
                is_judged |= verdict.counts(&rule.terms);
                findings.push(verdict.into_finding(&rule.id, &rule.terms));
            }
        }
        if !is_judged {
            let message = if self.rules.is_empty() {
                "the profile has no rules, so nothing was judged: give it `rules`"
            } else {
                "every rule was skipped or is for other stages, so nothing was judged: give the \
                 evidence that is missing, or a rule for this stage"
            };
            findings.push(Finding::new("nothing-judged", Outcome::Inconclusive, message));
        }
        findings
    }
}

tollgate_sdk::export_gate!(ModelMetadata);
