//! The gate `metric-gate`: judges a model version by its metrics.
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
