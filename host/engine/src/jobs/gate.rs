//! Judging model versions.

use super::EVALUATOR;
use super::configured::Configured;
use crate::error::{ConfigureError, Fault};
use crate::instance::{Export, Function};
use crate::plugin::{Plugin, World};
use crate::types::{Fact, Finding};

pub(super) struct Evaluate;
impl Function for Evaluate {
    const INTERFACE: &'static str = EVALUATOR;
    const NAME: &'static str = "evaluate";
    type Params<'a> = (&'a [Fact],);
    type Results = (Vec<Finding>,);
}

/// A gate plugin with its settings.
pub struct Gate {
    configured: Configured,
    evaluate: Export<Evaluate>,
}

impl Gate {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Gate, settings)?;
        Ok(Self { evaluate: configured.export()?, configured })
    }

    /// Judges all the evidence, in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails. A rule that is broken is a finding, not an error.
    pub fn evaluate(&self, facts: &[Fact]) -> Result<Vec<Finding>, Fault> {
        let (findings,) = self.configured.call(&self.evaluate, (facts,))?;
        self.configured.check_findings(Evaluate::NAME, facts.len(), &findings)?;
        Ok(findings)
    }
}
