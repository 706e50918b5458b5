//! A loaded plugin: a component that has been recognised and compiled.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Component, InstancePre};

use crate::ahead::BuiltIn;
use crate::answer;
use crate::bake::{self, Baked};
use crate::budget::{Budget, Room};
use crate::cache::{CacheUse, Found};
use crate::compile;
use crate::component;
use crate::digest::Digest;
use crate::engine::Shared;
use crate::error::{Cause, ConfigureError, EngineError, Fault, LoadError};
use crate::instance::{Export, Function, Live};
use crate::jobs::{self, Gate, Policy, Signature};
use crate::limits::{Accounts, Limits};
use crate::producers;
use crate::types::{Finding, Info};

/// The versions of the contract `tollgate:plugin` that this host runs.
pub const CONTRACT_VERSIONS: &[&str] = &["1.0.0"];

/// What a plugin judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// Payloads, against a model's signature.
    Signature,
    /// A model version, by evidence.
    Gate,
    /// A score and its context.
    Policy,
}

impl World {
    pub(crate) const ALL: [Self; 3] = [Self::Signature, Self::Gate, Self::Policy];

    /// The interface that only this world exports.
    pub(crate) fn interface(self) -> &'static str {
        match self {
            Self::Signature => jobs::CHECKER,
            Self::Gate => jobs::EVALUATOR,
            Self::Policy => jobs::DECIDER,
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Signature => "signature",
            Self::Gate => "gate",
            Self::Policy => "policy",
        })
    }
}

pub(crate) struct Describe;
impl Function for Describe {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "describe";
    type Params<'a> = ();
    type Results = (Info,);
}

pub(crate) struct Configure;
impl Function for Configure {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "configure";
    type Params<'a> = (&'a str,);
    type Results = (Result<(), Vec<Finding>>,);
}

/// A component that is known to be a plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) budget: Arc<Budget>,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.loaded.name)
            .field("world", &self.loaded.world)
            .field("digest", &self.loaded.digest)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<Accounts>,
    pub(crate) configure: Export<Configure>,
    /// `name@version`, for messages.
    pub(crate) name: String,
    pub(crate) world: World,
    pub(crate) contract: &'static str,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: Digest,
    pub(crate) info: Info,
    pub(crate) baked: Option<Baked>,
    cache_use: CacheUse,
}

impl Loaded {
    pub(crate) fn instantiate(
        &self,
        limits: &Limits,
        room: Result<Room, Cause>,
    ) -> Result<Live, Fault> {
        Live::new(&self.shared, &self.pre, &self.name, limits, room)
    }

    pub(crate) fn export<F: Function>(&self) -> Result<Export<F>, LoadError> {
        Export::find(self.pre.component(), &self.pre, self.contract)
    }
}

impl Plugin {
    pub(crate) fn load(
        shared: &Arc<Shared>,
        bytes: &[u8],
        ahead: Option<&BuiltIn>,
    ) -> Result<Self, LoadError> {
        let declared = component::read(bytes, shared.limits.component)?;
        let digest = Digest::of(bytes);
        let ahead = ahead.and_then(|built_in| built_in.compiled(&shared.wasmtime, &digest));
        let (component, cache_use) = match ahead {
            Some(component) => (component, CacheUse::Ahead),
            None => compiled(shared, bytes, &digest)?,
        };
        let pre = shared
            .linker
            .instantiate_pre(&component)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        let describe = Export::<Describe>::find(&component, &pre, declared.contract)?;
        let configure = Export::<Configure>::find(&component, &pre, declared.contract)?;
        jobs::check_exports(declared.world, &component, &pre, declared.contract)?;
        let unnamed = digest.to_string();
        let limits = &shared.limits;
        let room = Room::of_engine(&shared.permits, limits);
        let mut live = Live::new(shared, &pre, &unnamed, limits, room)?;
        let (info,) = live.call(&describe, &unnamed, ())?;
        answer::check_info(&info).map_err(|problem| Fault {
            plugin: unnamed,
            function: Describe::NAME,
            cause: Cause::Answer(problem),
            backtrace: Vec::new(),
        })?;
        let loaded = Loaded {
            shared: Arc::clone(shared),
            pre,
            configure,
            name: format!("{}@{}", info.name, info.version),
            world: declared.world,
            contract: declared.contract,
            bytes: bytes.into(),
            digest,
            info,
            baked: declared.baked.as_deref().map(Baked::read).transpose()?,
            cache_use,
        };
        let budget = Arc::new(Budget::of_engine(shared.limits));
        Ok(Self { loaded: Arc::new(loaded), budget })
    }

    /// The same plugin with limits of its own, and a bulkhead: of whatever is
    /// made of it at most [`Limits::instances`] instances are alive at a time,
    /// together and those at rest included, so that one that hangs leaves the
    /// rest of the engine to others. A component's size is not judged again.
    ///
    /// # Errors
    /// When memory, tables or instances are beyond those of the engine.
    pub fn with_limits(&self, limits: Limits) -> Result<Self, EngineError> {
        let budget = Budget::within(&self.loaded.shared.limits, limits)?;
        Ok(Self { loaded: Arc::clone(&self.loaded), budget: Arc::new(budget) })
    }

    /// This plugin within the limits of another, and behind its bulkhead.
    pub(crate) fn sharing(self, other: &Self) -> Self {
        Self { loaded: self.loaded, budget: Arc::clone(&other.budget) }
    }

    /// The limits of its calls.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.budget.limits
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.loaded.info
    }

    /// `name@version`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.loaded.name
    }

    /// What it judges.
    #[must_use]
    pub fn world(&self) -> World {
        self.loaded.world
    }

    /// The version of the contract that it was built for.
    #[must_use]
    pub fn contract(&self) -> &'static str {
        self.loaded.contract
    }

    /// The digest of its bytes: of what runs.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.loaded.digest
    }

    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.loaded.bytes
    }

    /// The size of the component in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.loaded.bytes.len()
    }

    /// The compiler and the other tools that it was built with, as the file
    /// claims; none when it claims nothing.
    #[must_use]
    pub fn built_with(&self) -> Vec<String> {
        producers::tools(&self.loaded.bytes)
    }

    /// What the cache of compiled code did for it.
    #[must_use]
    pub fn cache_use(&self) -> CacheUse {
        self.loaded.cache_use
    }

    /// What it says was baked into it; none for a plugin that takes settings.
    /// Whoever writes a component can write this, too.
    #[must_use]
    pub fn baked(&self) -> Option<&Baked> {
        self.loaded.baked.as_ref()
    }

    /// A checker of payloads. `settings` is canonical JSON, or none for a
    /// plugin with baked settings.
    ///
    /// # Errors
    /// When the plugin is of another world, refuses the settings or fails.
    pub fn signature(&self, settings: Option<&str>) -> Result<Signature, ConfigureError> {
        Signature::new(self, settings)
    }

    /// A judge of model versions; see [`Plugin::signature`].
    ///
    /// # Errors
    /// As for [`Plugin::signature`].
    pub fn gate(&self, settings: Option<&str>) -> Result<Gate, ConfigureError> {
        Gate::new(self, settings)
    }

    /// A policy; see [`Plugin::signature`].
    ///
    /// # Errors
    /// As for [`Plugin::signature`].
    pub fn policy(&self, settings: Option<&str>) -> Result<Policy, ConfigureError> {
        Policy::new(self, settings)
    }

    /// Freezes the plugin with its settings into one component that needs no
    /// others. `metadata` is text of the caller's that travels with it. The
    /// same plugin, settings and metadata give the same bytes.
    ///
    /// # Errors
    /// When the plugin refuses the settings, fails, or cannot be frozen.
    pub fn bake(&self, settings: &str, metadata: &str) -> Result<Vec<u8>, ConfigureError> {
        bake::bake(&self.loaded, settings, metadata)
    }
}

/// Compiles, or takes the compiled code from the cache.
fn compiled(
    shared: &Shared,
    bytes: &[u8],
    digest: &Digest,
) -> Result<(Component, CacheUse), LoadError> {
    let cache = &shared.cache;
    let name = digest.hex();
    let cache_use = match cache.get(&name) {
        _ if !cache.is_on() => CacheUse::Off,
        Found::Entry(compiled) => {
            // SAFETY: the entry carries our key's mark for this very name and
            // engine, so it is what `serialize` gave us.
            #[allow(unsafe_code)]
            let component = unsafe { Component::deserialize(&shared.wasmtime, &compiled) };
            match component {
                Ok(component) => return Ok((component, CacheUse::Hit)),
                Err(_) => CacheUse::Rejected,
            }
        }
        Found::Nothing => CacheUse::Miss,
        Found::Forged => CacheUse::Rejected,
    };
    let mut compiled = compile::compile(shared, bytes)?;
    if cache.is_on()
        && let Some(code) = compiled.code()
    {
        cache.put(&name, &code);
    }
    Ok((compiled.component, cache_use))
}
