//! What the instances of one plugin may use, and how many there may be.

use std::sync::Arc;
use std::time::Duration;

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

/// The right to one instance, of the plugin and of the engine.
#[derive(Debug)]
pub(crate) struct Room {
    own: Option<Permit>,
    of_engine: Permit,
}

impl Room {
    /// Any room that the engine has.
    pub(crate) fn of_engine(engine: &Arc<Permits>, limits: &Limits) -> Result<Self, Cause> {
        let of_engine = engine.acquire(limits.deadline).ok_or(Cause::Busy(limits.instances))?;
        Ok(Self { own: None, of_engine })
    }

    /// How long it was waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.own.as_ref().map_or(Duration::ZERO, |own| own.waited) + self.of_engine.waited
    }

    /// Whether somebody waits for it.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.own.as_ref().is_some_and(Permit::is_waited_for) || self.of_engine.is_waited_for()
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

    /// Waits for room for an instance; `give_way` makes some where there is
    /// none.
    pub(crate) fn room(
        &self,
        engine: &Arc<Permits>,
        all: u32,
        patience: Duration,
        give_way: impl Fn(),
    ) -> Result<Room, Cause> {
        let acquire = |permits: &Arc<Permits>, patience| permits.acquire_from(patience, &give_way);
        let own = match &self.bulkhead {
            Some(bulkhead) => {
                Some(acquire(bulkhead, patience).ok_or(Cause::Busy(self.limits.instances))?)
            }
            None => None,
        };
        let waited = own.as_ref().map_or(Duration::ZERO, |own| own.waited);
        let of_engine = acquire(engine, patience.saturating_sub(waited)).ok_or(Cause::Busy(all))?;
        Ok(Room { own, of_engine })
    }
}
