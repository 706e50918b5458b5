//! Deciding on scores.

use std::sync::Arc;

use super::configured::Configured;
use crate::answer;
use crate::call::{Call, CallOptions, CallStats};
use crate::contract::Decider;
use crate::error::{CallError, ConfigureError, EngineError, Fault};
use crate::instance::{Instance, Live};
use crate::loaded::Limited;
use crate::types::{Batch, Column, Decision, Declaration, Finding, Value};
use crate::world::World;

/// A policy plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    configured: Configured,
    surface: Declaration,
    decider: Box<dyn Decider>,
}

impl Policy {
    pub(crate) fn new(plugin: &Limited, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Policy, settings)?;
        let decider = configured.loaded().contract.decider(&configured.exports())?;
        let once = Call::new(&CallOptions::fresh(), None);
        let surface = configured.call(once, |instance| {
            let surface = decider.surface(instance)?;
            answer::check_surface(&surface)
                .map_err(|problem| configured.fault("surface", problem))?;
            Ok(surface)
        })?;
        Ok(Self(Arc::new(Inner { surface, decider, configured })))
    }

    /// What the plugin has to say of its settings, which can be used. Asks it
    /// in a fresh instance.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn remarks(&self) -> Result<Vec<Finding>, Fault> {
        self.0.configured.remarks()
    }

    /// What the policy reads and says.
    #[must_use]
    pub fn surface(&self) -> &Declaration {
        &self.0.surface
    }

    /// Keeps so many configured instances ready, made by a thread in the
    /// background, so that a fresh call need not wait for one to be made; says
    /// how many there are at once. Of an engine's
    /// [`Limits::instances`](crate::Limits::instances) at most half are ready
    /// and a quarter warm and at rest, so that calls have the others. Where
    /// there is no room none is made; it is tried again from time to time.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        self.0.configured.prepare(count)
    }

    /// How many instances are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.0.configured.ready()
    }

    /// Decides on one case, in a fresh instance. `values` are in the order of
    /// [`Declaration::inputs`].
    ///
    /// # Errors
    /// When no decision can be made, or the plugin fails. Neither means allow.
    pub fn decide(&self, values: &[Value]) -> Result<Decision, CallError> {
        self.decide_with(values, &CallOptions::fresh(), None)
    }

    /// [`Policy::decide`], as the options say; what it took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn decide_with(
        &self,
        values: &[Value],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Decision, CallError> {
        let call = Call::new(options, stats);
        let ask = |instance: &mut Instance<'_>| self.0.decide(instance, values);
        self.0.configured.call(call, ask)?.map_err(refused)
    }

    /// Decides on many cases at once, in a fresh instance. `columns` are in
    /// the order of [`Declaration::inputs`]; rows that have no decision are
    /// errors of their own in the batch.
    ///
    /// # Errors
    /// When the columns do not fit, or the plugin fails.
    pub fn decide_batch(&self, rows: u32, columns: &[Column]) -> Result<Batch, CallError> {
        self.decide_batch_with(rows, columns, &CallOptions::fresh(), None)
    }

    /// [`Policy::decide_batch`], as the options say; what it took goes to
    /// `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn decide_batch_with(
        &self,
        rows: u32,
        columns: &[Column],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Batch, CallError> {
        let call = Call::new(options, stats);
        let ask = |instance: &mut Instance<'_>| self.0.decide_batch(instance, rows, columns);
        self.0.configured.call(call, ask)?.map_err(refused)
    }

    /// One instance for many calls, for one thread: taken from those at rest,
    /// and put back when this is dropped. Faster, and nothing but the plugin's
    /// own good conduct keeps one call from seeing another's data.
    #[must_use]
    pub fn warm(&self) -> WarmPolicy {
        WarmPolicy { policy: self.clone(), live: self.0.configured.take_warm() }
    }
}

impl Inner {
    fn decide(
        &self,
        instance: &mut Instance<'_>,
        values: &[Value],
    ) -> Result<Result<Decision, String>, Fault> {
        let decision = self.decider.decide(instance, values)?;
        if let Ok(decision) = &decision {
            answer::check_decision(&self.surface, decision)
                .map_err(|problem| self.configured.fault("decide", problem))?;
        }
        Ok(decision)
    }

    fn decide_batch(
        &self,
        instance: &mut Instance<'_>,
        rows: u32,
        columns: &[Column],
    ) -> Result<Result<Batch, String>, Fault> {
        let mut batch = self.decider.decide_batch(instance, rows, columns)?;
        if let Ok(batch) = &mut batch {
            answer::check_batch(&self.surface, rows, batch)
                .map_err(|problem| self.configured.fault("decide-batch", problem))?;
            for decision in &mut batch.decisions {
                if let Err(refusal) = decision {
                    *refusal = answer::cut(std::mem::take(refusal));
                }
            }
        }
        Ok(batch)
    }
}

fn refused(refusal: String) -> CallError {
    CallError::Refused(answer::cut(refusal))
}

/// A [`Policy`] that reuses one instance.
pub struct WarmPolicy {
    policy: Policy,
    live: Option<Live>,
}

impl WarmPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// See [`Policy::decide`].
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide(&mut self, values: &[Value]) -> Result<Decision, CallError> {
        self.decide_with(values, &CallOptions::warm(), None)
    }

    /// See [`Policy::decide_with`]; the instance is this one's, whatever the
    /// options say.
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide_with(
        &mut self,
        values: &[Value],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Decision, CallError> {
        let call = Call::new(options, stats);
        let ask = |instance: &mut Instance<'_>| self.policy.0.decide(instance, values);
        self.policy.0.configured.call_warm(&mut self.live, call, ask)?.map_err(refused)
    }

    /// See [`Policy::decide_batch`].
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide_batch(&mut self, rows: u32, columns: &[Column]) -> Result<Batch, CallError> {
        self.decide_batch_with(rows, columns, &CallOptions::warm(), None)
    }

    /// See [`Policy::decide_batch_with`]; the instance is this one's, whatever
    /// the options say.
    ///
    /// # Errors
    /// As there; after a failure the next call has a new instance.
    pub fn decide_batch_with(
        &mut self,
        rows: u32,
        columns: &[Column],
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<Batch, CallError> {
        let call = Call::new(options, stats);
        let ask = |instance: &mut Instance<'_>| self.policy.0.decide_batch(instance, rows, columns);
        self.policy.0.configured.call_warm(&mut self.live, call, ask)?.map_err(refused)
    }
}

impl Drop for WarmPolicy {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.policy.0.configured.keep_warm(live);
        }
    }
}
