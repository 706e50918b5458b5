//! A loaded plugin: a component that has been recognised and compiled.

use std::fmt;
use std::sync::Arc;

use crate::ahead::BuiltIn;
use crate::bake;
use crate::baked::Baked;
use crate::budget::Budget;
use crate::cache::CacheUse;
use crate::digest::Digest;
use crate::error::{ConfigureError, EngineError, LoadError};
use crate::jobs::{Gate, Policy, Signature};
use crate::limits::Limits;
use crate::loaded::{Limited, Loaded};
use crate::producers;
use crate::shared::Shared;
use crate::types::Info;
use crate::world::World;

/// A component that is known to be a plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin(Limited);

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("world", &self.world())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl Plugin {
    pub(crate) fn load(
        shared: &Arc<Shared>,
        bytes: &[u8],
        ahead: Option<&BuiltIn>,
    ) -> Result<Self, LoadError> {
        let loaded = Arc::new(Loaded::load(shared, bytes, ahead)?);
        Ok(Self(Limited { loaded, budget: Arc::new(Budget::of_engine(shared.limits)) }))
    }

    /// The same plugin with limits of its own, and a bulkhead: of whatever is
    /// made of it at most [`Limits::instances`] instances are alive at a time,
    /// together and those at rest included, so that one that hangs leaves the
    /// rest of the engine to others. A component's size is not judged again.
    ///
    /// # Errors
    /// When memory, tables or instances are beyond those of the engine.
    pub fn with_limits(&self, limits: Limits) -> Result<Self, EngineError> {
        let loaded = Arc::clone(&self.0.loaded);
        let budget = Arc::new(Budget::within(&loaded.shared.limits, limits)?);
        Ok(Self(Limited { loaded, budget }))
    }

    /// The limits of its calls.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.budget.limits
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.0.loaded.info
    }

    /// `name@version`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.loaded.name
    }

    /// What it judges.
    #[must_use]
    pub fn world(&self) -> World {
        self.0.loaded.world
    }

    /// The version of the contract that it was built for.
    #[must_use]
    pub fn contract(&self) -> &'static str {
        self.0.loaded.contract.version()
    }

    /// The digest of its bytes: of what runs.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.loaded.digest
    }

    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.loaded.bytes
    }

    /// The size of the component in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.loaded.bytes.len()
    }

    /// The compiler and the other tools that it was built with, as the file
    /// claims; none when it claims nothing.
    #[must_use]
    pub fn built_with(&self) -> Vec<String> {
        producers::tools(&self.0.loaded.bytes)
    }

    /// What the cache of compiled code did for it.
    #[must_use]
    pub fn cache_use(&self) -> CacheUse {
        self.0.loaded.cache_use
    }

    /// What it says was baked into it; none for a plugin that takes settings.
    /// Whoever writes a component can write this, too.
    #[must_use]
    pub fn baked(&self) -> Option<&Baked> {
        self.0.loaded.baked.as_ref()
    }

    /// A checker of payloads. `settings` is canonical JSON, or none for a
    /// plugin with baked settings.
    ///
    /// # Errors
    /// When the plugin is of another world, refuses the settings or fails.
    pub fn signature(&self, settings: Option<&str>) -> Result<Signature, ConfigureError> {
        Signature::new(&self.0, settings)
    }

    /// A judge of model versions; see [`Plugin::signature`].
    ///
    /// # Errors
    /// As for [`Plugin::signature`].
    pub fn gate(&self, settings: Option<&str>) -> Result<Gate, ConfigureError> {
        Gate::new(&self.0, settings)
    }

    /// A policy; see [`Plugin::signature`].
    ///
    /// # Errors
    /// As for [`Plugin::signature`].
    pub fn policy(&self, settings: Option<&str>) -> Result<Policy, ConfigureError> {
        Policy::new(&self.0, settings)
    }

    /// Freezes the plugin with its settings into one component that needs no
    /// others. `metadata` is text of the caller's that travels with it. The
    /// same plugin, settings and metadata give the same bytes.
    ///
    /// # Errors
    /// When the plugin refuses the settings, fails, or cannot be frozen.
    pub fn bake(&self, settings: &str, metadata: &str) -> Result<Vec<u8>, ConfigureError> {
        bake::bake(&self.0.loaded, settings, metadata)
    }
}
