//! A plugin and its settings, whatever its world.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::kept::AtRest;
use crate::answer;
use crate::budget::Turn;
use crate::call::{Call, CallOptions, InstanceUse};
use crate::error::{Cause, ConfigureError, EngineError, Fault};
use crate::instance::{Export, Function, Live};
use crate::limits::Limits;
use crate::plugin::{Configure, Loaded, Plugin, World};
use crate::prepare::Prepare;
use crate::types::Finding;

/// A plugin whose fresh instances come configured. Cheap to clone.
#[derive(Clone)]
pub(super) struct Configured(Arc<Inner>);

struct Inner {
    plugin: Plugin,
    /// None when the settings are in the component's memory.
    settings: Option<Box<str>>,
    at_rest: AtRest,
}

impl Configured {
    pub(super) fn new(
        plugin: &Plugin,
        wanted: World,
        settings: Option<&str>,
    ) -> Result<Self, ConfigureError> {
        let loaded = &plugin.loaded;
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
        let limits = &plugin.budget.limits;
        let mut live = loaded.instantiate(limits, limits.deadline)?;
        configure(&mut live, loaded, settings)?;
        let dear = loaded.shared.bake_above.is_some_and(|limit| live.fuel_used() > limit);
        drop(live);
        if dear {
            // A plugin that cannot be frozen, or is too large then, is only
            // slower.
            let frozen = plugin.bake(settings, "").ok();
            let frozen = frozen.and_then(|bytes| Plugin::load(&loaded.shared, &bytes, None).ok());
            if let Some(frozen) = frozen {
                return Ok(Self::of(frozen.sharing(plugin), None));
            }
        }
        Ok(Self::of(plugin.clone(), Some(settings.into())))
    }

    fn of(plugin: Plugin, settings: Option<Box<str>>) -> Self {
        let at_rest = AtRest::new(&plugin.loaded.shared.places);
        Self(Arc::new(Inner { plugin, settings, at_rest }))
    }

    pub(super) fn export<F: Function>(&self) -> Result<Export<F>, ConfigureError> {
        Ok(self.0.plugin.loaded.export()?)
    }

    /// Keeps so many instances ready.
    pub(super) fn prepare(&self, count: usize) -> Result<(), EngineError> {
        let inner: &Arc<Inner> = &self.0;
        inner.at_rest.want(count);
        // The first are made here, so that they are there when this returns.
        inner.prepare();
        let weak: Weak<Inner> = Arc::downgrade(inner);
        let preparer = &inner.plugin.loaded.shared.preparer;
        preparer.add(weak).map_err(|error| EngineError::Limits(error.to_string()))
    }

    /// How many instances are ready.
    pub(super) fn ready(&self) -> usize {
        self.0.at_rest.ready()
    }

    /// Calls a function in an instance of its own, or in a warm one where the
    /// options say so.
    pub(super) fn call<F: Function>(
        &self,
        export: &Export<F>,
        params: F::Params<'_>,
        mut call: Call<'_>,
    ) -> Result<F::Results, Fault> {
        if call.options.is_warm() {
            let mut live = self.0.at_rest.take_warm();
            let results = self.call_warm(&mut live, export, params, call);
            if let Some(live) = live {
                self.0.at_rest.keep_warm(live);
            }
            return results;
        }
        let turn = self.0.turn(F::NAME, &call.options)?;
        let mut live = self.fresh(&mut call, &turn)?;
        self.0.call(&mut live, export, params, &mut call)
    }

    /// Calls a function in `warm`, making a new instance when there is none.
    /// An instance that fails is dropped.
    pub(super) fn call_warm<F: Function>(
        &self,
        warm: &mut Option<Live>,
        export: &Export<F>,
        params: F::Params<'_>,
        mut call: Call<'_>,
    ) -> Result<F::Results, Fault> {
        let turn = self.0.turn(F::NAME, &call.options)?;
        let mut live = match warm.take() {
            Some(mut live) => {
                live.refill(&self.0.left(&call.options, turn.waited()));
                call.instance(InstanceUse::Warm);
                live
            }
            None => self.fresh(&mut call, &turn)?,
        };
        let results = self.0.call(&mut live, export, params, &mut call)?;
        *warm = Some(live);
        Ok(results)
    }

    /// A warm instance that is at rest, if any.
    pub(super) fn take_warm(&self) -> Option<Live> {
        self.0.at_rest.take_warm()
    }

    /// Puts a warm instance to rest.
    pub(super) fn keep_warm(&self, live: Live) {
        self.0.at_rest.keep_warm(live);
    }

    /// An instance that is ready for its first call.
    fn fresh(&self, call: &mut Call<'_>, turn: &Turn) -> Result<Live, Fault> {
        let inner = &self.0;
        let limits = inner.left(&call.options, turn.waited());
        if let Some((mut live, few)) = inner.at_rest.take_ready() {
            if few {
                inner.plugin.loaded.shared.preparer.ask();
            }
            live.refill(&limits);
            call.instance(InstanceUse::Ready);
            return Ok(live);
        }
        let patience = call.options.patience(&limits);
        // What a call may use is for its answer, not for getting ready.
        let all = Limits { fuel: inner.plugin.budget.limits.fuel, ..limits };
        let mut live = inner.make(&all, patience)?;
        call.used(live.fuel_used(), live.memory());
        live.refuel(limits.fuel);
        Ok(live)
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
    /// A new instance with its settings.
    fn make(&self, limits: &Limits, patience: Duration) -> Result<Live, Fault> {
        let mut live = self.plugin.loaded.instantiate(limits, patience)?;
        if let Some(settings) = &self.settings {
            configure(&mut live, &self.plugin.loaded, settings).map_err(|error| match error {
                ConfigureError::Fault(fault) => fault,
                // They were accepted before, so the plugin is not pure.
                refused => self.fault("configure", Cause::Answer(refused.to_string())),
            })?;
        }
        Ok(live)
    }

    fn turn(&self, function: &'static str, options: &CallOptions) -> Result<Turn, Fault> {
        self.plugin.budget.turn(options).map_err(|cause| self.fault(function, cause))
    }

    /// What a call may use after a wait.
    fn left(&self, options: &CallOptions, waited: Duration) -> Limits {
        let limits = options.limited(&self.plugin.budget.limits);
        Limits { deadline: limits.deadline.saturating_sub(waited), ..limits }
    }

    fn call<F: Function>(
        &self,
        live: &mut Live,
        export: &Export<F>,
        params: F::Params<'_>,
        call: &mut Call<'_>,
    ) -> Result<F::Results, Fault> {
        let results = live.call(export, &self.plugin.loaded.name, params);
        if call.is_measured() {
            call.used(live.fuel_used(), live.memory());
        }
        results
    }

    fn fault(&self, function: &'static str, cause: Cause) -> Fault {
        let plugin = self.plugin.loaded.name.clone();
        Fault { plugin, function, cause, backtrace: Vec::new() }
    }
}

impl Prepare for Inner {
    fn prepare(&self) {
        // A fault is met by the call that finds nothing ready.
        self.at_rest.fill(|| self.make(&self.plugin.budget.limits, Duration::ZERO).ok());
    }
}

fn configure(live: &mut Live, loaded: &Loaded, settings: &str) -> Result<(), ConfigureError> {
    let (configured,) = live.call(&loaded.configure, &loaded.name, (settings,))?;
    configured.map_err(|findings| refusal(&loaded.name, findings))
}

/// What a plugin says against its settings, unless it says too much.
pub(crate) fn refusal(plugin: &str, findings: Vec<Finding>) -> ConfigureError {
    let plugin = plugin.to_owned();
    match answer::check_texts_of(&findings) {
        Ok(()) => ConfigureError::Refused { plugin, findings },
        Err(problem) => {
            let cause = Cause::Answer(problem);
            Fault { plugin, function: Configure::NAME, cause, backtrace: Vec::new() }.into()
        }
    }
}
