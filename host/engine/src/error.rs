//! Everything that can go wrong, in words for the person who mends it.

use std::time::Duration;

use thiserror::Error;

use crate::text::{plain, quoted, size};
use crate::types::Finding;
use crate::world::World;

/// The engine could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The limits do not fit this machine, or each other.
    #[error("the engine cannot be set up with these limits: {0}")]
    Limits(String),
}

/// A file that was given as a plugin cannot be one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not WebAssembly at all.
    #[error("not a WebAssembly file: it does not begin with `\\0asm`")]
    NotWasm,
    /// A core module; a plugin is a component.
    #[error(
        "a core WebAssembly module, not a component; turn it into one with \
         `wasm-tools component new`, or build it with `cargo component`"
    )]
    CoreModule,
    /// Larger than the limit.
    #[error("the component is {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Truncated, corrupted, or using features that are off.
    #[error("not a valid component: {}", plain(.0))]
    Invalid(String),
    /// It could not even start within the host's limits.
    #[error("it does not fit this host's limits: {}", plain(.0))]
    Limits(String),
    /// It would take too much to compile it.
    #[error("it takes too much to compile: {}", plain(.0))]
    Costly(String),
    /// What compiles has failed.
    #[error("it cannot be compiled: {}", plain(.0))]
    Compiler(String),
    /// It wants something from the host; a plugin imports nothing.
    #[error(
        "it imports {}; a plugin imports nothing: time, randomness and files reach it as input",
        quoted(.0)
    )]
    Imports(Vec<String>),
    /// It exports none of the interfaces that make a plugin.
    #[error(
        "not a Tollgate plugin: it exports {}, and none of the worlds `signature`, `gate` \
         and `policy` of `tollgate:plugin`",
        if .0.is_empty() { "nothing".to_owned() } else { quoted(.0) }
    )]
    NotAPlugin(Vec<String>),
    /// It exports more than one world.
    #[error("it exports the worlds {}; a plugin has one", quoted(.0))]
    SeveralWorlds(Vec<String>),
    /// It was built for a contract that this host does not know.
    #[error(
        "built for contract `tollgate:plugin@{}`, and this host has {}; rebuild the \
         plugin with an SDK for one of these, or update the host",
        plain(.wanted), quoted(.known)
    )]
    UnknownContract {
        /// The version that it was built for.
        wanted: String,
        /// Those that this host has.
        known: &'static [&'static str],
    },
    /// It exports the right names with the wrong types.
    #[error("export `{export}` does not have the contract's type: {}", plain(.problem))]
    WrongType {
        /// The function or interface.
        export: String,
        /// What differs.
        problem: String,
    },
    /// It failed while saying what it is.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Settings could not be turned into something that judges.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// The plugin is of another world than was asked for.
    #[error("`{plugin}` is a {found} plugin, and a {wanted} plugin is needed")]
    WrongWorld {
        /// The plugin, `name@version`.
        plugin: String,
        /// Its world.
        found: World,
        /// The world that was asked for.
        wanted: World,
    },
    /// The plugin refuses the settings.
    #[error("`{plugin}` refuses the settings: {}", first_message(.findings))]
    Refused {
        /// The plugin, `name@version`.
        plugin: String,
        /// Why; pointers lead into the settings.
        findings: Vec<Finding>,
    },
    /// The component has its settings baked in and takes no others.
    #[error("`{plugin}` has its settings baked in and takes no others")]
    AlreadyBaked {
        /// The plugin, `name@version`.
        plugin: String,
    },
    /// The component takes settings and got none.
    #[error("`{plugin}` needs settings, and there are none")]
    NeedsSettings {
        /// The plugin, `name@version`.
        plugin: String,
    },
    /// The plugin's memory could not be frozen into a component.
    #[error("`{plugin}` cannot be baked: {}", plain(.problem))]
    Bake {
        /// The plugin, `name@version`.
        plugin: String,
        /// Why.
        problem: String,
    },
    /// The baked component does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The plugin failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The plugin says that it cannot answer, and why. The input is at fault.
    #[error("{}", plain(.0))]
    Refused(String),
    /// The plugin is at fault, or the limits are.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A plugin failed in a call. The instance is gone; the next call is as good
/// as any.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{plugin}` failed in `{function}`: {cause}")]
pub struct Fault {
    /// The plugin, `name@version`, or its digest before it has said its name.
    pub plugin: String,
    /// The function of the contract that was called.
    pub function: &'static str,
    /// What happened.
    pub cause: Cause,
    /// The plugin's functions that were active, innermost first, demangled.
    pub backtrace: Vec<String>,
}

/// What ended a call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// It panicked, with this message and place.
    #[error("{0}")]
    Panic(String),
    /// It trapped without a message.
    #[error("it trapped: {0}")]
    Trap(String),
    /// It used up its operations.
    #[error(
        "it ran out of operations: it may take {0} in one call; give it less at a time or simpler \
         rules, if it is not in an endless loop"
    )]
    Fuel(u64),
    /// It ran for too long.
    #[error("it ran past its deadline of {} ms", .0.as_millis())]
    Deadline(Duration),
    /// It wanted more memory than it may have.
    #[error("it wanted more than its {} of memory", size(*.0))]
    Memory(usize),
    /// It wanted larger tables than it may have.
    #[error("it wanted more than its {0} table elements")]
    Tables(usize),
    /// It recursed too deeply.
    #[error("its stack overflowed; it may recurse without end")]
    Stack,
    /// It gave more than a host takes.
    #[error("its answer is larger than the limit of {}", size(*.0))]
    Output(usize),
    /// Its answer breaks the contract.
    #[error("its answer breaks the contract: {}", plain(.0))]
    Answer(String),
    /// No instance came free in time. Not the plugin's fault.
    #[error("all {0} instances are busy, and none came free before the deadline")]
    Busy(u32),
}

fn first_message(findings: &[Finding]) -> String {
    match findings {
        [] => "it does not say why".to_owned(),
        [finding] => plain(&finding.message),
        [finding, rest @ ..] => format!("{}, and {} more", plain(&finding.message), rest.len()),
    }
}
