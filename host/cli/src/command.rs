//! The commands, and what they share.

mod approve;
mod archive;
mod bake;
mod check;
mod compare;
mod compile;
mod decide;
mod facts;
mod gate;
mod history;
mod log;
mod mlflow;
mod pin;
mod pins;
mod plugin;
mod policy;
mod promote;
mod record;
mod registry;
mod reject;
mod rollback;
mod serve;
mod signature;
mod sources;
mod status;
mod verify;
mod watch;

use std::env;
use std::fmt::{Display, Write as _};
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};
use miette::{IntoDiagnostic as _, Result};
use tollgate::plugins::Plugins;
use tollgate_engine::{CacheDirectory, CompileCommand, Engine, EngineBuilder, EngineError, Limits};

use crate::arguments::Shared;
use crate::exit::Exit;
use crate::output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Judges payloads, model versions and scores with versioned WebAssembly
/// policies.
#[derive(Debug, Parser)]
#[command(
    name = "tollgate",
    version,
    styles = STYLES,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Exit codes: 0 passed, 1 failed, 2 the command, a file or a plugin is wrong,
3 cannot be judged or a person must look. Reports go to standard output,
everything else to standard error; what becomes of a report changes no exit
code."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check whether a payload honours a model's signature or a JSON Schema
    Check(check::Check),
    /// Judge whether a model version may move on
    Gate(gate::Gate),
    /// Move a model version to a stage, once its gates let it pass
    Promote(promote::Promote),
    /// Take a version in Staging out of use, because it is not good enough
    Reject(reject::Reject),
    /// Take a version that does not serve out of use
    Archive(archive::Archive),
    /// Let the version serve again that served before, of a model or a policy
    Rollback(rollback::Rollback),
    /// Let another version of a policy be live
    Pin(pin::Pin),
    /// Show which versions of policies were live, since when, by whom and why
    History(history::History),
    /// Judge a live model round by round, notify and roll back
    Watch(watch::Watch),
    /// Show what is in which stage, since when, by whom, and what is next
    Status(status::Status),
    /// Count scored rows into facts that gates judge
    Facts(facts::Facts),
    /// Judge every model of a registry, give a version its sunset, move a model
    /// to another name
    #[command(subcommand)]
    Registry(registry::Registry),
    /// Decide what to do with a score
    Decide(decide::Decide),
    /// Ask for approval of a model version, give it or refuse it
    #[command(subcommand)]
    Approve(approve::Approve),
    /// Infer, compare and convert signatures
    #[command(subcommand)]
    Signature(signature::Signature),
    /// Lint, format and explain what policies are written in
    #[command(subcommand)]
    Policy(policy::Policy),
    /// List and inspect plugins
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Put model versions side by side, and name the best
    Compare(compare::Compare),
    /// Verify, show, replay and attest what was recorded
    #[command(subcommand)]
    Log(log::Log),
    /// Verify an attestation, and that what it attests has passed
    Verify(verify::Verify),
    /// Serve checks, gates and decisions over HTTP
    Serve(serve::Serve),
    /// Freeze a policy document and its plugin into one component
    Bake(bake::Bake),
    /// Compile a component from standard input to standard output
    #[command(hide = true)]
    CompileComponent(compile::CompileComponent),
}

impl Command {
    pub(crate) fn run(&self) -> Exit {
        match self {
            Self::Check(check) => check::run(check),
            Self::Gate(gate) => gate::run(gate),
            Self::Promote(promote) => promote::run(promote),
            Self::Reject(reject) => reject::run(reject),
            Self::Archive(archive) => archive::run(archive),
            Self::Rollback(rollback) => rollback::run(rollback),
            Self::Pin(pin) => pin::run(pin),
            Self::History(history) => history::run(history),
            Self::Watch(watch) => watch::run(watch),
            Self::Status(status) => status::run(status),
            Self::Facts(facts) => facts::run(facts),
            Self::Registry(registry) => registry::run(registry),
            Self::Decide(decide) => decide::run(decide),
            Self::Approve(approve) => approve::run(approve),
            Self::Signature(signature) => signature::run(signature),
            Self::Plugin(plugin) => plugin::run(plugin),
            Self::Policy(policy) => policy::run(policy),
            Self::Compare(compare) => compare::run(compare),
            Self::Log(log) => log::run(log),
            Self::Verify(verify) => verify::run(verify),
            Self::Serve(serve) => serve::run(serve),
            Self::Bake(bake) => bake::run(bake),
            Self::CompileComponent(compile) => compile::run(compile),
        }
    }
}

/// A command judges one thing at a time.
const INSTANCES: u32 = 4;

/// The plugins that there are: the built-in ones, and those on the command
/// line.
fn plugins(shared: &Shared) -> Result<Plugins> {
    let limits = Limits { instances: INSTANCES, ..Limits::default() };
    plugins_in(shared, Engine::builder().limits(limits))
}

/// The same in an engine that is set up otherwise.
fn plugins_in(shared: &Shared, builder: EngineBuilder) -> Result<Plugins> {
    let mut plugins = Plugins::new(engine(shared, builder).into_diagnostic()?);
    for path in &shared.plugins {
        let plugin = plugins.open(path)?;
        plugins.add(plugin);
    }
    Ok(plugins)
}

/// An engine that compiles in a process of its own, and keeps what it compiled.
/// A command configures each instance, since freezing one would cost more than
/// it saves.
fn engine(shared: &Shared, mut builder: EngineBuilder) -> Result<Engine, EngineError> {
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
    let folders = (xdg_folder("XDG_CACHE_HOME", ".cache"), state_folder());
    let (Some(entries), Some(key)) = folders else {
        return Err("the home folder has no absolute path");
    };
    Ok(CacheDirectory {
        entries: entries.join("tollgate/compiled"),
        key: key.join("tollgate/cache.key"),
    })
}

/// Where is kept what must outlive a process.
fn state_folder() -> Option<PathBuf> {
    xdg_folder("XDG_STATE_HOME", ".local/state")
}

fn xdg_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let given = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| Some(env::home_dir()?.join(below_home))).filter(|path| path.is_absolute())
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
