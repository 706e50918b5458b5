//! The gate `model-naming`: is this a name that a model can keep?
//!
//! ```yaml
//! style: snake
//! refuse:
//!   versions: true
//!   dates: true
//!   algorithms: [xgboost, lstm]
//!   generic: [model, classifier, production]
//!   people: [maria, john]
//! pattern: "{domain}_{task}"
//! words: { domain: [fraud, churn] }
//! ```
//!
//! | rule | judges |
//! | --- | --- |
//! | `name-given` | there is one name; only told where there is not |
//! | `name-letters` | ASCII letters, digits, `_`, `-` and `.`; otherwise no more is judged |
//! | `name-style` | snake, kebab or Pascal |
//! | `name-version`, `name-date`, `name-algorithm`, `name-person` | it says none |
//! | `name-generic` | it says something else than generic words |
//! | `name-pattern` | it is made of what the pattern says |
//! | `name-length` | it is not too long |
//! | `nothing-judged` | the name is not missing and skipped |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod date;
mod judge;
mod listed;
mod parts;
mod pattern;
mod piece;
mod refuse;
mod settings;
mod style;
mod version;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;
use tollgate_sdk::gate::{Fact, Gate};

use crate::settings::Settings;

/// The configured gate.
#[derive(Debug)]
pub struct ModelNaming(Settings);

impl Gate for ModelNaming {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        Ok(Self(Settings::read(&settings)?))
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        judge::judge(facts, &self.0)
    }
}

tollgate_sdk::export_gate!(ModelNaming);
