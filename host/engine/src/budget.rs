//! What the calls of one plugin may use, and how many there may be at a time.

use std::sync::Arc;
use std::time::Duration;

use crate::call::CallOptions;
use crate::error::{Cause, EngineError};
use crate::limits::Limits;
use crate::permits::{Permit, Permits};

/// Limits of a plugin, and its bulkhead.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    /// None where the engine's own bound is all there is.
    bulkhead: Option<Arc<Permits>>,
}

/// The right to make a call.
#[derive(Debug)]
pub(crate) struct Turn(Option<Permit>);

impl Turn {
    /// How long it was waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |permit| permit.waited)
    }
}

impl Budget {
    /// All that the engine has.
    pub(crate) fn of_engine(limits: Limits) -> Self {
        Self { limits, bulkhead: None }
    }

    /// A part of what the engine has, so that a plugin that hangs leaves the
    /// rest to others.
    pub(crate) fn within(engine: &Limits, limits: Limits) -> Result<Self, EngineError> {
        limits.check_within(engine)?;
        Ok(Self { limits, bulkhead: Some(Permits::new(limits.instances)) })
    }

    /// Waits for a turn.
    pub(crate) fn turn(&self, options: &CallOptions) -> Result<Turn, Cause> {
        let Some(bulkhead) = &self.bulkhead else { return Ok(Turn(None)) };
        match bulkhead.acquire(options.patience(&self.limits)) {
            Some(permit) => Ok(Turn(Some(permit))),
            None => Err(Cause::Busy(self.limits.instances)),
        }
    }
}
