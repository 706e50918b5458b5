//! A component that has been recognised and compiled.

use std::sync::Arc;

use wasmtime::component::{Component, InstancePre};

use crate::ahead::BuiltIn;
use crate::answer;
use crate::baked::Baked;
use crate::budget::{Budget, Room};
use crate::cache::{CacheUse, Found};
use crate::compile;
use crate::component;
use crate::contract::{Contract, Lifecycle};
use crate::digest::Digest;
use crate::error::{Cause, ConfigureError, Fault, LoadError};
use crate::instance::{Exports, Instance, Live};
use crate::limits::{Accounts, Limits};
use crate::shared::Shared;
use crate::types::{Finding, Info};
use crate::world::World;

/// A component that has been recognised and compiled.
pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<Accounts>,
    pub(crate) lifecycle: Box<dyn Lifecycle>,
    /// `name@version`, for messages.
    pub(crate) name: String,
    pub(crate) world: World,
    pub(crate) contract: &'static dyn Contract,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: Digest,
    pub(crate) info: Info,
    pub(crate) baked: Option<Baked>,
    pub(crate) cache_use: CacheUse,
}

/// One that is called within limits of its own, behind a bulkhead of its own.
/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Limited {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) budget: Arc<Budget>,
}

impl Loaded {
    pub(crate) fn load(
        shared: &Arc<Shared>,
        bytes: &[u8],
        ahead: Option<&BuiltIn>,
    ) -> Result<Self, LoadError> {
        let declared = component::read(bytes, shared.limits.component)?;
        let (world, contract) = (declared.world, declared.contract);
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
        let exports = Exports::of(&pre, contract.version());
        let lifecycle = contract.lifecycle(&exports)?;
        // That it has the world's types is known before anything is asked.
        match world {
            World::Signature => drop(contract.checker(&exports)?),
            World::Gate => drop(contract.evaluator(&exports)?),
            World::Policy => drop(contract.decider(&exports)?),
        }
        let unnamed = digest.to_string();
        let limits = &shared.limits;
        let room = Room::of_engine(&shared.permits, limits);
        let mut live = Live::new(shared, &pre, &unnamed, limits, room)?;
        let info = lifecycle.describe(&mut Instance { live: &mut live, plugin: &unnamed })?;
        answer::check_info(&info).map_err(|problem| Fault {
            plugin: unnamed,
            function: "describe",
            cause: Cause::Answer(problem),
            backtrace: Vec::new(),
        })?;
        Ok(Self {
            shared: Arc::clone(shared),
            lifecycle,
            name: format!("{}@{}", info.name, info.version),
            world,
            contract,
            bytes: bytes.into(),
            digest,
            info,
            baked: declared.baked.as_deref().map(Baked::read).transpose()?,
            cache_use,
            pre,
        })
    }

    /// What it exports.
    pub(crate) fn exports(&self) -> Exports<'_> {
        Exports::of(&self.pre, self.contract.version())
    }

    pub(crate) fn instantiate(
        &self,
        limits: &Limits,
        room: Result<Room, Cause>,
    ) -> Result<Live, Fault> {
        Live::new(&self.shared, &self.pre, &self.name, limits, room)
    }

    /// Gives an instance its settings.
    pub(crate) fn configure(&self, live: &mut Live, settings: &str) -> Result<(), ConfigureError> {
        let mut instance = Instance { live, plugin: &self.name };
        accepted(&self.name, self.lifecycle.configure(&mut instance, settings)?)
    }
}

/// What a plugin says against settings, unless it says too much.
pub(crate) fn accepted(
    plugin: &str,
    configured: Result<(), Vec<Finding>>,
) -> Result<(), ConfigureError> {
    let Err(findings) = configured else { return Ok(()) };
    let plugin = plugin.to_owned();
    match answer::check_texts_of(&findings) {
        Ok(()) => Err(ConfigureError::Refused { plugin, findings }),
        Err(problem) => {
            let cause = Cause::Answer(problem);
            Err(Fault { plugin, function: "configure", cause, backtrace: Vec::new() }.into())
        }
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
    let mut compiled = compile::compile(&shared.wasmtime, shared.compile_by.as_ref(), bytes)?;
    if cache.is_on()
        && let Some(code) = compiled.code()
    {
        cache.put(&name, &code);
    }
    Ok((compiled.component, cache_use))
}
