//! Judging model versions.

use std::sync::Arc;

use super::configured::Configured;
use crate::call::{Call, CallOptions, CallStats};
use crate::contract::Evaluator;
use crate::error::{ConfigureError, Fault};
use crate::loaded::Limited;
use crate::types::{Fact, Finding};
use crate::world::World;

/// A gate plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    configured: Configured,
    evaluator: Box<dyn Evaluator>,
}

impl Gate {
    pub(crate) fn new(plugin: &Limited, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Gate, settings)?;
        let evaluator = configured.loaded().contract.evaluator(&configured.exports())?;
        Ok(Self(Arc::new(Inner { evaluator, configured })))
    }

    /// What the plugin has to say of its settings, which can be used. Asks it
    /// in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn remarks(&self) -> Result<Vec<Finding>, Fault> {
        self.0.configured.remarks()
    }

    /// Judges all the evidence, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails. A rule that is broken is a finding, not an error.
    pub fn evaluate(&self, facts: &[Fact]) -> Result<Vec<Finding>, Fault> {
        self.evaluate_with(facts, &CallOptions::fresh(), None)
    }

    /// [`Gate::evaluate`], as the options say; what it took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn evaluate_with(
        &self,
        facts: &[Fact],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Vec<Finding>, Fault> {
        let Inner { configured, evaluator } = &*self.0;
        configured.call(Call::new(options, stats), |instance| {
            let findings = evaluator.evaluate(instance, facts)?;
            configured.check_findings("evaluate", facts.len(), &findings)?;
            Ok(findings)
        })
    }
}
