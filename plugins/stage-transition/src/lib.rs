//! The gate `stage-transition`: may a version move from its stage to that one?
//!
//! ```yaml
//! transitions:
//!   - { from: Staging, to: Production, action: promote }
//!   - { from: Staging, to: Archived, action: reject, needs_reason: true }
//!   - { from: Archived, to: Deleted, action: delete, pinned: forbid }
//! aliases: { champion: Production }
//! ```
//!
//! | rule | judges |
//! | --- | --- |
//! | `stage-transition` | the move is legal, by this action |
//! | `transition-reason` | somebody says why, where the move needs a reason |
//! | `not-pinned` | nothing serves the version, where the move forbids it |
//! | `pinned-by-version` | a deployment names a version, not a stage, an alias or `latest` |
//! | `nothing-judged` | not every rule was skipped |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod deployment;
mod judge;
mod settings;
mod stage;
mod told;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;
use tollgate_sdk::gate::{Fact, Gate};

use crate::settings::Settings;

/// The configured gate.
#[derive(Debug)]
pub struct StageTransition(Settings);

impl Gate for StageTransition {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        Ok(Self(Settings::read(&settings)?))
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        judge::judge(facts, &self.0)
    }
}

tollgate_sdk::export_gate!(StageTransition);
