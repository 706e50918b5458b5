//! A plugin and its settings, whatever its world.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::kept::AtRest;
use crate::answer;
use crate::bake;
use crate::budget::{Budget, Room};
use crate::call::{Call, CallOptions, InstanceUse};
use crate::error::{Cause, ConfigureError, EngineError, Fault};
use crate::instance::{Exports, Instance, Live};
use crate::limits::Limits;
use crate::loaded::{Limited, Loaded};
use crate::permits::Permit;
use crate::prepare::Prepare;
use crate::types::Finding;
use crate::world::World;

/// A plugin whose fresh instances come configured. Cheap to clone.
#[derive(Clone)]
pub(super) struct Configured(Arc<Inner>);

struct Inner {
    plugin: Limited,
    /// None when the settings are in the component's memory.
    settings: Option<Box<str>>,
    at_rest: AtRest,
    /// Whether the thread that makes instances ahead knows of this.
    prepared: AtomicBool,
}

impl Configured {
    pub(super) fn new(
        plugin: &Limited,
        wanted: World,
        settings: Option<&str>,
    ) -> Result<Self, ConfigureError> {
        let Limited { loaded, budget } = plugin;
        if loaded.world != wanted {
            return Err(ConfigureError::WrongWorld {
                plugin: loaded.name.clone(),
                found: loaded.world,
                wanted,
            });
        }
        let settings = match (settings, &loaded.baked) {
            (None, Some(_)) => return Ok(Self::of(plugin.clone(), None)),
            (Some(_), Some(_)) => {
                return Err(ConfigureError::AlreadyBaked { plugin: loaded.name.clone() });
            }
            (None, None) => {
                return Err(ConfigureError::NeedsSettings { plugin: loaded.name.clone() });
            }
            (Some(settings), None) => settings,
        };
        let room = Room::of_engine(&loaded.shared.permits, &budget.limits);
        let mut live = loaded.instantiate(&budget.limits, room)?;
        loaded.configure(&mut live, settings)?;
        let dear = loaded.shared.bake_above.is_some_and(|limit| live.fuel_used() > limit);
        drop(live);
        if dear {
            // A plugin that cannot be frozen, or is too large then, is only
            // slower.
            let frozen = bake::bake(loaded, settings, "").ok();
            let frozen = frozen.and_then(|bytes| Loaded::load(&loaded.shared, &bytes, None).ok());
            if let Some(frozen) = frozen {
                let plugin = Limited { loaded: Arc::new(frozen), budget: Arc::clone(budget) };
                return Ok(Self::of(plugin, None));
            }
        }
        Ok(Self::of(plugin.clone(), Some(settings.into())))
    }

    fn of(plugin: Limited, settings: Option<Box<str>>) -> Self {
        let at_rest = AtRest::new(&plugin.loaded.shared.places);
        let prepared = AtomicBool::new(false);
        Self(Arc::new(Inner { plugin, settings, at_rest, prepared }))
    }

    /// What its component exports.
    pub(super) fn exports(&self) -> Exports<'_> {
        self.0.plugin.loaded.exports()
    }

    /// The plugin, without its settings.
    pub(super) fn loaded(&self) -> &Loaded {
        &self.0.plugin.loaded
    }

    /// What the plugin says of its settings.
    pub(super) fn remarks(&self) -> Result<Vec<Finding>, Fault> {
        let once = Call::new(&CallOptions::fresh(), None);
        self.call(once, |instance| {
            let remarks = self.loaded().lifecycle.remarks(instance)?;
            answer::check_remarks(&remarks).map_err(|problem| self.fault("remarks", problem))?;
            Ok(remarks)
        })
    }

    /// Keeps so many instances ready; says how many are.
    pub(super) fn prepare(&self, count: usize) -> Result<usize, EngineError> {
        let inner: &Arc<Inner> = &self.0;
        inner.at_rest.want(count);
        // The first are made here, so that they are there when this returns.
        inner.prepare();
        let preparer = &inner.plugin.loaded.shared.preparer;
        if count > 0 && !inner.prepared.swap(true, Ordering::Relaxed) {
            let weak: Weak<Inner> = Arc::downgrade(inner);
            preparer.add(weak).map_err(|error| EngineError::Limits(error.to_string()))?;
        } else {
            preparer.ask();
        }
        Ok(inner.at_rest.ready())
    }

    /// How many instances are ready.
    pub(super) fn ready(&self) -> usize {
        self.0.at_rest.ready()
    }

    /// Asks an instance of its own, or a warm one where the options say so.
    pub(super) fn call<T>(
        &self,
        mut call: Call<'_>,
        ask: impl FnOnce(&mut Instance<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if call.options.is_warm() {
            let mut live = self.0.at_rest.take_warm();
            let answer = self.call_warm(&mut live, call, ask);
            if let Some(live) = live {
                self.0.at_rest.keep_warm(live);
            }
            return answer;
        }
        let (mut live, place) = self.fresh(&mut call)?;
        let answer = self.0.ask(&mut live, &mut call, ask);
        if let Some(place) = place {
            self.0.at_rest.put_by(live, place);
        }
        answer
    }

    /// Asks `warm`, making a new instance when there is none. An instance that
    /// fails, or whose answer makes no sense, is dropped.
    pub(super) fn call_warm<T>(
        &self,
        warm: &mut Option<Live>,
        mut call: Call<'_>,
        ask: impl FnOnce(&mut Instance<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut live = match warm.take() {
            Some(mut live) => {
                live.refill(&call.options.limited(&self.0.plugin.budget.limits));
                call.instance(InstanceUse::Warm);
                live
            }
            None => self.fresh(&mut call)?.0,
        };
        let answer = self.0.ask(&mut live, &mut call, ask);
        if answer.is_ok() {
            *warm = Some(live);
        }
        answer
    }

    /// A warm instance that is at rest, if any.
    pub(super) fn take_warm(&self) -> Option<Live> {
        self.0.at_rest.take_warm()
    }

    /// Puts a warm instance to rest.
    pub(super) fn keep_warm(&self, live: Live) {
        self.0.at_rest.keep_warm(live);
    }

    /// An instance that is ready for its first call, and its place among those
    /// made ahead where it was one.
    fn fresh(&self, call: &mut Call<'_>) -> Result<(Live, Option<Permit>), Fault> {
        let inner = &self.0;
        let limits = call.options.limited(&inner.plugin.budget.limits);
        let (ready, few) = inner.at_rest.take_ready();
        if few {
            inner.plugin.loaded.shared.preparer.ask();
        }
        if let Some((mut live, place)) = ready {
            live.refill(&limits);
            call.instance(InstanceUse::Ready);
            return Ok((live, Some(place)));
        }
        // What a call may use is for its answer, not for getting ready.
        let all = Limits { fuel: inner.plugin.budget.limits.fuel, ..limits };
        let room = inner.room(call.options.patience(&limits));
        let mut live = inner.make(&all, room, |live| call.used(live.fuel_used(), live.memory()))?;
        live.refuel(limits.fuel);
        Ok((live, None))
    }

    /// The fault of an answer that has the right type and makes no sense.
    pub(super) fn fault(&self, function: &'static str, problem: String) -> Fault {
        self.0.fault(function, Cause::Answer(problem))
    }

    /// Checks what the type cannot say of findings.
    pub(super) fn check_findings(
        &self,
        function: &'static str,
        facts: usize,
        findings: &[Finding],
    ) -> Result<(), Fault> {
        answer::check_findings(facts, findings).map_err(|problem| self.fault(function, problem))
    }
}

impl Inner {
    /// Waits for room for one more instance.
    fn room(&self, patience: Duration) -> Result<Room, Cause> {
        let shared = &self.plugin.loaded.shared;
        let all = shared.limits.instances;
        let budget = &self.plugin.budget;
        budget.room(&shared.permits, all, patience, || self.at_rest.give_way())
    }

    /// A new instance with its settings; `made` is told of it whether it takes
    /// them or fails.
    fn make(
        &self,
        limits: &Limits,
        room: Result<Room, Cause>,
        made: impl FnOnce(&Live),
    ) -> Result<Live, Fault> {
        let mut live = self.plugin.loaded.instantiate(limits, room)?;
        let configured = match &self.settings {
            Some(settings) => self.plugin.loaded.configure(&mut live, settings),
            None => Ok(()),
        };
        made(&live);
        match configured {
            Ok(()) => Ok(live),
            Err(ConfigureError::Fault(fault)) => Err(fault),
            // They were accepted before, so the plugin is not pure.
            Err(refused) => Err(self.fault("configure", Cause::Answer(refused.to_string()))),
        }
    }

    fn ask<T>(
        &self,
        live: &mut Live,
        call: &mut Call<'_>,
        ask: impl FnOnce(&mut Instance<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let answer = ask(&mut Instance { live, plugin: &self.plugin.loaded.name });
        if call.is_measured() {
            call.used(live.fuel_used(), live.memory());
        }
        answer
    }

    fn fault(&self, function: &'static str, cause: Cause) -> Fault {
        let plugin = self.plugin.loaded.name.clone();
        Fault { plugin, function, cause, backtrace: Vec::new() }
    }
}

impl Prepare for Inner {
    fn prepare(&self) -> bool {
        let shared = &self.plugin.loaded.shared;
        let Budget { limits, .. } = &*self.plugin.budget;
        self.at_rest.fill(|| {
            // Nothing gives way to what nobody asked for yet.
            let room = self.plugin.budget.room(&shared.permits, 0, Duration::ZERO, || {}).ok()?;
            // A fault is met by the call that finds nothing ready.
            self.make(limits, Ok(room), |_| {}).ok()
        })
    }
}
