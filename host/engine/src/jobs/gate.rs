//! Judging model versions.

use std::sync::Arc;

use super::EVALUATOR;
use super::configured::Configured;
use crate::call::{Call, CallOptions, CallStats};
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

/// A gate plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    configured: Configured,
    evaluate: Export<Evaluate>,
}

impl Gate {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Gate, settings)?;
        Ok(Self(Arc::new(Inner { evaluate: configured.export()?, configured })))
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
        let Inner { configured, evaluate } = &*self.0;
        let call = Call::new(options, stats);
        configured.call(evaluate, (facts,), call, |(findings,)| {
            configured.check_findings(Evaluate::NAME, facts.len(), &findings)?;
            Ok(findings)
        })
    }
}
