//! The engine: one clock, one pool, one cache.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::component::Linker;

use crate::ahead::BuiltIn;
use crate::cache::{Cache, CacheDirectory, CacheProblem, Wanted};
use crate::compile::CompileCommand;
use crate::config::config;
use crate::error::{EngineError, LoadError};
use crate::limits::Limits;
use crate::permits::Permits;
use crate::plugin::Plugin;
use crate::prepare::Preparer;
use crate::shared::{Places, Shared};

/// The step of the deadline's clock.
const TICK: Duration = Duration::from_millis(1);

/// Loads plugins and runs them. Cheap to clone; clones share the pool of
/// instances, the cache and the limits.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.shared.limits).finish_non_exhaustive()
    }
}

/// Chooses how an [`Engine`] runs.
#[derive(Debug, Clone, Default)]
pub struct EngineBuilder {
    limits: Limits,
    cache: Wanted,
    compile_by: Option<CompileCommand>,
    bake_above: Option<u64>,
}

impl EngineBuilder {
    /// What each call may use. The default is [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps compiled code on disk. The default is not to. Where the folders
    /// cannot be trusted or used there is no cache, and
    /// [`Engine::cache_problem`] says why.
    #[must_use]
    pub fn cache(mut self, directory: CacheDirectory) -> Self {
        self.cache.directory = Some(directory);
        self
    }

    /// Keeps at most so many bytes of compiled code, and takes away the least
    /// recently used. The default is [`CACHE_SIZE`](crate::CACHE_SIZE).
    #[must_use]
    pub fn cache_size(mut self, bytes: u64) -> Self {
        self.cache.size = bytes;
        self
    }

    /// Tells `watch` what is wrong with the cache as soon as it is met: when
    /// the engine is built, or when an entry cannot be written.
    #[must_use]
    pub fn on_cache_problem(mut self, watch: fn(&CacheProblem)) -> Self {
        self.cache.watch = Some(watch);
        self
    }

    /// Has components compiled by a process of its own, which ends when it
    /// takes too much time or memory: 4 s of processor time and 320 MiB, and
    /// 3 s and 64 MiB for each MiB of the component. The default is to compile
    /// in this process, where only the counts of what is in a component bound
    /// the work.
    #[must_use]
    pub fn compile_by(mut self, command: CompileCommand) -> Self {
        self.compile_by = Some(command);
        self
    }

    /// Freezes a plugin's memory after `configure` when that took more than
    /// this many operations, so that fresh instances start configured. It
    /// costs a compilation (cached), so it suits hosts that live long. The
    /// default is to configure each instance.
    #[must_use]
    pub fn bake_above(mut self, operations: u64) -> Self {
        self.bake_above = Some(operations);
        self
    }

    /// Makes the engine and starts its clock.
    ///
    /// # Errors
    /// When the limits do not fit this machine.
    pub fn build(self) -> Result<Engine, EngineError> {
        self.limits.check()?;
        let wasmtime = wasmtime::Engine::new(&config(&self.limits))
            .map_err(|error| EngineError::Limits(format!("{error:#}")))?;
        let cache = Cache::open(self.cache, wasmtime.precompile_compatibility_hash());
        start_clock(&wasmtime).map_err(|error| EngineError::Limits(error.to_string()))?;
        Ok(Engine {
            shared: Arc::new(Shared {
                linker: Linker::new(&wasmtime),
                wasmtime,
                permits: Permits::new(self.limits.instances),
                places: Places {
                    ready: Permits::new(self.limits.instances / 2),
                    warm: Permits::new(self.limits.instances / 4),
                },
                preparer: Preparer::default(),
                limits: self.limits,
                cache,
                compile_by: self.compile_by,
                bake_above: self.bake_above,
            }),
        })
    }
}

impl Engine {
    /// Starts choosing.
    #[must_use]
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Loads a component: reads what it is, compiles it or takes the compiled
    /// code from the cache, checks its types and asks it to describe itself.
    ///
    /// # Errors
    /// One for each way in which bytes can fail to be a plugin.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadError> {
        Plugin::load(&self.shared, bytes, None)
    }

    /// Loads a component that travels inside this program: as
    /// [`Engine::load`], but from the code that was compiled ahead of time,
    /// where that fits this engine and this processor.
    ///
    /// # Errors
    /// As for [`Engine::load`].
    pub fn load_built_in(&self, built_in: &BuiltIn) -> Result<Plugin, LoadError> {
        Plugin::load(&self.shared, &built_in.bytes()?, Some(built_in))
    }

    /// What is wrong with the cache that was asked for, as far as it has been
    /// met; none when there is nothing wrong.
    #[must_use]
    pub fn cache_problem(&self) -> Option<&CacheProblem> {
        self.shared.cache.problem()
    }

    /// The limits of every call, but of plugins that were given
    /// [their own](Plugin::with_limits).
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }
}

/// Advances the deadline's clock until the engine is gone.
fn start_clock(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("tollgate-clock".to_owned()).stack_size(64 << 10).spawn(
        move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        },
    )?;
    Ok(())
}
