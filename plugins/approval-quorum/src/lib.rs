//! The gate `approval-quorum`: have enough people approved what is promoted?
//!
//! ```yaml
//! stages:
//!   Production: { quorum: 2, roles: [release_manager], expires_after: 7d }
//! default: { quorum: 1 }
//! ```
//!
//! | rule | judges |
//! | --- | --- |
//! | `approval-request` | somebody asked for the approval of this version for this stage |
//! | `approval-rejection` | nobody with a voice rejects it |
//! | `approval-quorum` | enough people with a voice approved it as it is now |
//! | `nothing-judged` | the settings say something of the target, and the rule was not skipped |
//!
//! A vote is bound to the digests of model, policy and report, and counts by
//! who cast it: once a person, the newest, never the requester's approval.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod ballot;
mod count;
mod request;
mod run;
mod settings;

use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;
use tollgate_sdk::gate::{Fact, Gate};

use crate::settings::Settings;

/// The configured gate.
#[derive(Debug)]
pub struct ApprovalQuorum(Settings);

impl Gate for ApprovalQuorum {
    type Settings = Value;
    const SETTINGS_SCHEMA: &'static str = settings::SCHEMA;

    fn configure(settings: Value) -> Result<Self, Vec<Finding>> {
        Ok(Self(Settings::read(&settings)?))
    }

    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding> {
        count::judge(facts, &self.0)
    }
}

tollgate_sdk::export_gate!(ApprovalQuorum);
