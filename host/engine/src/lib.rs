//! The sandbox and the typed calls: everything Tollgate knows about
//! WebAssembly, and nothing about files of policies, JSON or the network.
//!
//! An [`Engine`] loads a component into a [`Plugin`], which says what it is.
//! Settings turn it into a [`Signature`], a [`Gate`] or a [`Policy`], whose
//! calls take and give the [`types`] of the contract:
//!
//! ```no_run
//! use tollgate_engine::{Engine, types::Value};
//!
//! let engine = Engine::builder().build()?;
//! let plugin = engine.load(&std::fs::read("threshold-policy.wasm")?)?;
//! let policy = plugin.policy(Some(r#"{"thresholds":{"allow":0.0,"block":0.7}}"#))?;
//! let decision = policy.decide(&[Value::Number(0.73)])?;
//! println!("{:?}", policy.surface().actions.get(decision.action as usize));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A call is made in a fresh instance, so that nothing leaks from one request
//! to the next, within [`Limits`] that are on by default. Whatever goes wrong
//! inside a plugin is a [`Fault`] that names the plugin, the function and the
//! limit or panic; the engine goes on.

pub mod ahead;
mod answer;
mod bake;
mod baked;
mod budget;
mod cache;
mod call;
mod compile;
mod component;
mod config;
mod contract;
mod digest;
mod engine;
mod error;
mod instance;
mod jobs;
mod limits;
mod loaded;
mod permits;
mod plugin;
mod prepare;
mod producers;
mod shared;
mod system;
mod text;
mod trap;
pub mod types;
mod world;

pub use baked::Baked;
pub use cache::{CACHE_SIZE, CacheDirectory, CacheProblem, CacheUse};
pub use call::{CallOptions, CallStats, InstanceUse};
pub use compile::{CompileCommand, serve as serve_compilation};
pub use contract::CONTRACT_VERSIONS;
pub use digest::Digest;
pub use engine::{Engine, EngineBuilder};
pub use error::{CallError, Cause, ConfigureError, EngineError, Fault, LoadError};
pub use jobs::{Gate, Policy, Signature, WarmPolicy, WarmSignature};
pub use limits::Limits;
pub use plugin::Plugin;
pub use text::is_hidden;
pub use world::World;
