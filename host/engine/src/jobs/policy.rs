//! Deciding on scores.

use std::sync::Arc;

use super::DECIDER;
use super::configured::Configured;
use crate::answer;
use crate::call::{Call, CallOptions, CallStats};
use crate::error::{CallError, ConfigureError, EngineError, Fault};
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

/// A policy plugin with its settings. Cheap to clone.
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    configured: Configured,
    surface: Declaration,
    decide: Export<Decide>,
    decide_batch: Export<DecideBatch>,
}

impl Policy {
    pub(crate) fn new(plugin: &Plugin, settings: Option<&str>) -> Result<Self, ConfigureError> {
        let configured = Configured::new(plugin, World::Policy, settings)?;
        let once = Call::new(&CallOptions::fresh(), None);
        let export = configured.export::<Surface>()?;
        let surface = configured.call(&export, (), once, |(surface,)| {
            answer::check_surface(&surface)
                .map_err(|problem| configured.fault(Surface::NAME, problem))?;
            Ok(surface)
        })?;
        Ok(Self(Arc::new(Inner {
            surface,
            decide: configured.export()?,
            decide_batch: configured.export()?,
            configured,
        })))
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
        let Inner { configured, decide, .. } = &*self.0;
        let call = Call::new(options, stats);
        let decided = configured.call(decide, (values,), call, |(it,)| self.0.checked(it))?;
        decided.map_err(refused)
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
        let Inner { configured, decide_batch, .. } = &*self.0;
        let call = Call::new(options, stats);
        let check = |(batch,)| self.0.checked_batch(rows, batch);
        configured.call(decide_batch, (rows, columns), call, check)?.map_err(refused)
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
    fn checked(
        &self,
        decision: Result<Decision, String>,
    ) -> Result<Result<Decision, String>, Fault> {
        if let Ok(decision) = &decision {
            answer::check_decision(&self.surface, decision)
                .map_err(|problem| self.configured.fault(Decide::NAME, problem))?;
        }
        Ok(decision)
    }

    fn checked_batch(
        &self,
        rows: u32,
        mut batch: Result<Batch, String>,
    ) -> Result<Result<Batch, String>, Fault> {
        if let Ok(batch) = &mut batch {
            answer::check_batch(&self.surface, rows, batch)
                .map_err(|problem| self.configured.fault(DecideBatch::NAME, problem))?;
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
        let Inner { configured, decide, .. } = &*self.policy.0;
        let call = Call::new(options, stats);
        let check = |(decision,)| self.policy.0.checked(decision);
        configured.call_warm(&mut self.live, decide, (values,), call, check)?.map_err(refused)
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
        let Inner { configured, decide_batch, .. } = &*self.policy.0;
        let call = Call::new(options, stats);
        let check = |(batch,)| self.policy.0.checked_batch(rows, batch);
        let batch =
            configured.call_warm(&mut self.live, decide_batch, (rows, columns), call, check)?;
        batch.map_err(refused)
    }
}

impl Drop for WarmPolicy {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.policy.0.configured.keep_warm(live);
        }
    }
}
