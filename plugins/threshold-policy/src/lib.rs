//! The built-in policy plugin `threshold-policy`: turns a model's score into
//! an action by thresholds, business rules and guardrails.
//!
//! In the order in which they apply:
//!
//! 1. **Thresholds.** The action is the strictest one whose threshold the
//!    score reaches (`score >= bound`).
//! 2. **Rules**: a high amount, a new merchant, a strict country, high
//!    velocity, then the document's own, in its order. A rule *escalates*: it
//!    makes the action stricter, never milder, unless it says `effect: set`.
//!    Its reason is given whenever its condition holds, whether or not the
//!    action changed.
//! 3. **Guardrails**: a block stands for `auto_unblock_after_hours`; else a
//!    customer who has been blocked `max_daily_blocks_per_customer` times
//!    today gets the next milder action instead of a new block.
//!
//! Every input that an enabled rule reads is required. One that is missing, of
//! the wrong kind, NaN or out of range makes the decision an error, whatever
//! the other inputs say: an answer in doubt is no answer. A default is the
//! policy document's to give, in the open.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod actions;
mod batch;
pub mod cel;
mod configure;
pub mod inputs;
mod lint;
mod mistake;
mod policy;
pub mod settings;

use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::Finding;
use tollgate_sdk::policy::{Batch, Column, Decision, Declaration, Policy, Value};

pub use configure::{BUILT_IN_REASONS, DEFAULT_TRANSACTIONS_PER_HOUR, MAX_RULES, MAX_THRESHOLDS};
pub use policy::ThresholdPolicy;
pub use settings::{Json, Settings};

use lint::lint;

impl Policy for ThresholdPolicy {
    type Settings = Json;
    const SETTINGS_SCHEMA: &'static str =
        include_str!(concat!(env!("OUT_DIR"), "/settings.schema.json"));

    fn configure(settings: Json) -> Result<Self, Vec<Finding>> {
        configure::build(Settings::read(&settings)?)
    }

    fn remarks(&self) -> Vec<Finding> {
        lint(self)
    }

    fn surface(&self) -> Declaration {
        self.declaration()
    }

    fn decide(&self, values: &[Value]) -> Result<Decision, String> {
        self.decide_one(values)
    }

    fn decide_batch(&self, rows: usize, columns: &[Column]) -> Result<Batch, String> {
        self.decide_rows(rows, columns)
    }
}

tollgate_sdk::export_policy!(ThresholdPolicy);
