//! The commands, and what they share.

pub(crate) mod bake;
pub(crate) mod check;
pub(crate) mod decide;
pub(crate) mod gate;
pub(crate) mod plugin;
pub(crate) mod signature;

use std::env;
use std::path::PathBuf;

use miette::{IntoDiagnostic as _, Result};
use tollgate::plugins::Plugins;
use tollgate_engine::{CacheDirectory, Engine, EngineError, Limits};

use crate::arguments::Shared;

/// A command judges one thing at a time.
const INSTANCES: u32 = 4;

/// The plugins that there are: the built-in ones, and those on the command
/// line.
fn plugins(shared: &Shared) -> Result<Plugins> {
    let mut plugins = Plugins::new(engine(shared).into_diagnostic()?);
    for path in &shared.plugins {
        let plugin = plugins.open(path)?;
        plugins.add(plugin);
    }
    Ok(plugins)
}

/// An engine for one command. It configures each instance, since freezing one
/// would cost more than it saves here.
fn engine(shared: &Shared) -> Result<Engine, EngineError> {
    let limits = Limits { instances: INSTANCES, ..Limits::default() };
    let builder = Engine::builder().limits(limits);
    match cache().filter(|_| !shared.no_cache) {
        // A cache that cannot be opened makes the command slower, not wrong.
        Some(cache) => builder.clone().cache(cache).build().or_else(|_| builder.build()),
        None => builder.build(),
    }
}

/// Where compiled plugins are kept: the XDG folders, or none without a home.
fn cache() -> Option<CacheDirectory> {
    let folder = |variable: &str, below_home: &str| {
        env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(env::home_dir()?.join(below_home)))
    };
    Some(CacheDirectory {
        entries: folder("XDG_CACHE_HOME", ".cache")?.join("tollgate/compiled"),
        key: folder("XDG_STATE_HOME", ".local/state")?.join("tollgate/cache.key"),
    })
}
