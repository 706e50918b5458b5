//! What all plugins of an engine have in common.

use std::sync::Arc;

use wasmtime::component::Linker;

use crate::cache::Cache;
use crate::compile::CompileCommand;
use crate::limits::{Accounts, Limits};
use crate::permits::Permits;
use crate::prepare::Preparer;

/// What all plugins of an engine have in common: one pool, one clock, one
/// cache.
pub(crate) struct Shared {
    pub(crate) wasmtime: wasmtime::Engine,
    /// Holds nothing: plugins import nothing.
    pub(crate) linker: Linker<Accounts>,
    pub(crate) limits: Limits,
    pub(crate) permits: Arc<Permits>,
    /// For instances at rest, which hold a permit as well: at most half of
    /// all may be ready and a quarter warm, so that neither is in the way of
    /// the other, or of calls.
    pub(crate) places: Places,
    pub(crate) preparer: Preparer,
    pub(crate) cache: Cache,
    pub(crate) compile_by: Option<CompileCommand>,
    pub(crate) bake_above: Option<u64>,
}

/// How many instances may be at rest.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) ready: Arc<Permits>,
    pub(crate) warm: Arc<Permits>,
}
