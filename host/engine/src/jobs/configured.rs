//! A plugin and its settings, whatever its world.

use std::sync::Arc;

use crate::answer;
use crate::error::{Cause, ConfigureError, Fault};
use crate::instance::{Export, Function, Live};
use crate::plugin::{Configure, Loaded, Plugin, World};
use crate::types::Finding;

/// A plugin whose fresh instances come configured.
pub(super) struct Configured {
    loaded: Arc<Loaded>,
    /// None when the settings are in the component's memory.
    settings: Option<Box<str>>,
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
            (None, Some(_)) => {
                return Ok(Self { loaded: Arc::clone(loaded), settings: None });
            }
            (Some(_), Some(_)) => {
                return Err(ConfigureError::AlreadyBaked { plugin: loaded.name.clone() });
            }
            (None, None) => {
                return Err(ConfigureError::NeedsSettings { plugin: loaded.name.clone() });
            }
            (Some(settings), None) => settings,
        };
        let mut live = loaded.instantiate()?;
        configure(&mut live, loaded, settings)?;
        let dear = loaded.shared.bake_above.is_some_and(|limit| live.fuel_used() > limit);
        drop(live);
        if dear {
            // A plugin that cannot be frozen, or is too large then, is only
            // slower.
            let frozen = plugin.bake(settings, "").ok();
            let frozen = frozen.and_then(|bytes| Plugin::load(&loaded.shared, &bytes, None).ok());
            if let Some(frozen) = frozen {
                return Ok(Self { loaded: frozen.loaded, settings: None });
            }
        }
        Ok(Self { loaded: Arc::clone(loaded), settings: Some(settings.into()) })
    }

    pub(super) fn export<F: Function>(&self) -> Result<Export<F>, ConfigureError> {
        Ok(self.loaded.export()?)
    }

    /// An instance that is ready for its first call.
    pub(super) fn fresh(&self) -> Result<Live, Fault> {
        let mut live = self.loaded.instantiate()?;
        if let Some(settings) = &self.settings {
            configure(&mut live, &self.loaded, settings).map_err(|error| match error {
                ConfigureError::Fault(fault) => fault,
                // They were accepted before, so the plugin is not pure.
                refused => self.fault("configure", refused.to_string()),
            })?;
        }
        Ok(live)
    }

    /// Calls a function in an instance of its own.
    pub(super) fn call<F: Function>(
        &self,
        export: &Export<F>,
        params: F::Params<'_>,
    ) -> Result<F::Results, Fault> {
        self.fresh()?.call(export, &self.loaded.name, params)
    }

    /// Calls a function in `warm`, making a new instance when there is none.
    /// An instance that fails is dropped.
    pub(super) fn call_warm<F: Function>(
        &self,
        warm: &mut Option<Live>,
        export: &Export<F>,
        params: F::Params<'_>,
    ) -> Result<F::Results, Fault> {
        let mut live = match warm.take() {
            Some(mut live) => {
                live.refill();
                live
            }
            None => self.fresh()?,
        };
        let results = live.call(export, &self.loaded.name, params)?;
        *warm = Some(live);
        Ok(results)
    }

    /// The fault of an answer that has the right type and makes no sense.
    pub(super) fn fault(&self, function: &'static str, problem: String) -> Fault {
        Fault {
            plugin: self.loaded.name.clone(),
            function,
            cause: Cause::Answer(problem),
            backtrace: Vec::new(),
        }
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
