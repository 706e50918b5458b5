//! The commands, and what they share.

pub(crate) mod bake;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod decide;
pub(crate) mod gate;
pub(crate) mod plugin;
pub(crate) mod signature;

use std::env;
use std::fmt::{Display, Write as _};
use std::path::PathBuf;

use miette::{IntoDiagnostic as _, Result};
use tollgate::plugins::Plugins;
use tollgate_engine::{CacheDirectory, CompileCommand, Engine, EngineError, Limits};

use crate::arguments::Shared;
use crate::output;

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
    let mut builder = Engine::builder().limits(limits);
    // Where this program has no file, what is in a component is all that
    // bounds the work of compiling it.
    if let Ok(program) = env::current_exe() {
        let arguments = vec!["compile-component".into()];
        builder = builder.compile_by(CompileCommand { program, arguments });
    }
    if shared.no_cache {
        return builder.build();
    }
    match cache() {
        Ok(cache) => builder.cache(cache).on_cache_problem(|problem| uncached(problem)).build(),
        Err(problem) => {
            uncached(&problem);
            builder.build()
        }
    }
}

/// Where compiled plugins are kept: the XDG folders, as absolute paths. One
/// that hangs on the present folder would let whoever made that choose the
/// code that runs here.
fn cache() -> Result<CacheDirectory, &'static str> {
    let folder = |variable: &str, below_home: &str| {
        let given = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        given.or_else(|| Some(env::home_dir()?.join(below_home))).filter(|path| path.is_absolute())
    };
    let folders = (folder("XDG_CACHE_HOME", ".cache"), folder("XDG_STATE_HOME", ".local/state"));
    let (Some(entries), Some(key)) = folders else {
        return Err("the home folder has no absolute path");
    };
    Ok(CacheDirectory {
        entries: entries.join("tollgate/compiled"),
        key: key.join("tollgate/cache.key"),
    })
}

/// One line for a person; the report stays as it is.
fn uncached(problem: &dyn Display) {
    output::note(|out| {
        writeln!(
            out,
            "warning: compiled plugins are not kept, which is slower: {}; mend that, set \
             `XDG_CACHE_HOME` and `XDG_STATE_HOME` to folders of your own, or give `--no-cache`",
            output::visible(&problem.to_string())
        )
    });
}
