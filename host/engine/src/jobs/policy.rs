//! Deciding on scores.

use super::DECIDER;
use super::configured::Configured;
use crate::answer;
use crate::error::{CallError, ConfigureError};
use crate::instance::{Export, Function, Live};
use crate::plugin::{Plugin, World};
use crate::types::{Batch, Column, Decision, Declaration, Value};

pub(super) struct Surface;
impl Function for Surface {
    const INTERFACE: &'static str = DECIDER;
    const NAME: &'static str = "surface";
    type Params<'a> = ();
    type Results = (Declaration,);
}

pub(super) struct Decide;
impl Function for Decide {
    const INTERFACE: &'static str = DECIDER;
    const NAME: &'static str = "decide";
    type Params<'a> = (&'a [Value],);
    type Results = (Result<Decision, String>,);
}

pub(super) struct DecideBatch;
impl Function for DecideBatch {
    const INTERFACE: &'static str = DECIDER;
    const NAME: &'static str = "decide-batch";
    type Params<'a> = (u32, &'a [Column]);
    type Results = (Result<Batch, String>,);
}

/// A policy plugin with its settings.
pub struct Policy {
    configured: Configured,
    surface: Declaration,
    decide: Export<Decide>,
    decide_batch: Export<DecideBatch>,
}

impl Policy {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Policy, settings)?;
        let (surface,) = configured.call(&configured.export::<Surface>()?, ())?;
        answer::check_surface(&surface)
            .map_err(|problem| configured.fault(Surface::NAME, problem))?;
        Ok(Self {
            surface,
            decide: configured.export()?,
            decide_batch: configured.export()?,
            configured,
        })
    }

    /// What the policy reads and says.
    #[must_use]
    pub fn surface(&self) -> &Declaration {
        &self.surface
    }

    /// Decides on one case, in a fresh instance. `values` are in the order of
    /// [`Declaration::inputs`].
    ///
    /// # Errors
    /// When no decision can be made, or the plugin fails. Neither means allow.
    pub fn decide(&self, values: &[Value]) -> Result<Decision, CallError> {
        let (decision,) = self.configured.call(&self.decide, (values,))?;
        self.checked(decision)
    }

    /// Decides on many cases at once, in a fresh instance. `columns` are in
    /// the order of [`Declaration::inputs`]; rows that have no decision are
    /// errors of their own in the batch.
    ///
    /// # Errors
    /// When the columns do not fit, or the plugin fails.
    pub fn decide_batch(&self, rows: u32, columns: &[Column]) -> Result<Batch, CallError> {
        let (batch,) = self.configured.call(&self.decide_batch, (rows, columns))?;
        self.checked_batch(rows, batch)
    }

    /// One instance for many calls, for one thread. Faster, and nothing but
    /// the plugin's own good conduct keeps one call from seeing another's data.
    #[must_use]
    pub fn warm(&self) -> WarmPolicy<'_> {
        WarmPolicy { policy: self, live: None }
    }

    fn checked(&self, decision: Result<Decision, String>) -> Result<Decision, CallError> {
        let decision = decision.map_err(|refusal| CallError::Refused(answer::cut(refusal)))?;
        answer::check_decision(&self.surface, &decision)
            .map_err(|problem| self.configured.fault(Decide::NAME, problem))?;
        Ok(decision)
    }

    fn checked_batch(&self, rows: u32, batch: Result<Batch, String>) -> Result<Batch, CallError> {
        let mut batch = batch.map_err(|refusal| CallError::Refused(answer::cut(refusal)))?;
        answer::check_batch(&self.surface, rows, &batch)
            .map_err(|problem| self.configured.fault(DecideBatch::NAME, problem))?;
        for decision in &mut batch.decisions {
            if let Err(refusal) = decision {
                *refusal = answer::cut(std::mem::take(refusal));
            }
        }
        Ok(batch)
    }
}

/// A [`Policy`] that reuses one instance.
pub struct WarmPolicy<'a> {
    policy: &'a Policy,
    live: Option<Live>,
}

impl WarmPolicy<'_> {
    /// See [`Policy::decide`].
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide(&mut self, values: &[Value]) -> Result<Decision, CallError> {
        let Policy { configured, decide, .. } = self.policy;
        let (decision,) = configured.call_warm(&mut self.live, decide, (values,))?;
        self.policy.checked(decision)
    }

    /// See [`Policy::decide_batch`].
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide_batch(&mut self, rows: u32, columns: &[Column]) -> Result<Batch, CallError> {
        let Policy { configured, decide_batch, .. } = self.policy;
        let (batch,) = configured.call_warm(&mut self.live, decide_batch, (rows, columns))?;
        self.policy.checked_batch(rows, batch)
    }
}
