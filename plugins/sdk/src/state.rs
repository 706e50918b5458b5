//! The configured plugin, kept between calls.

use alloc::vec::Vec;

use serde::de::DeserializeOwned;

// A component has no threads, and the cell that a thread would need costs it
// a word and code for waiting.
#[cfg(target_arch = "wasm32")]
use core::cell::OnceCell as Cell;
#[cfg(not(target_arch = "wasm32"))]
use std::sync::OnceLock as Cell;

/// Holds what `configure` built. One per exported plugin.
///
/// Where there are threads it may be shared between them if what it holds may:
///
/// ```compile_fail,E0277
/// use std::cell::Cell;
/// use tollgate_sdk::state::Configured;
///
/// static SHARED: Configured<Cell<u32>> = Configured::new();
/// ```
///
/// ```
/// use tollgate_sdk::state::Configured;
///
/// static SHARED: Configured<u32> = Configured::new();
/// ```
#[derive(Debug)]
pub struct Configured<T>(Cell<T>);

// SAFETY: without atomics WebAssembly has no threads, so that nothing is ever
// shared between two. A build that has them gets no such promise.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
#[allow(unsafe_code)]
unsafe impl<T> Sync for Configured<T> {}

impl<T> Configured<T> {
    /// Nothing configured yet.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(Cell::new())
    }

    /// Parses the settings, builds the plugin and keeps it.
    ///
    /// # Errors
    /// `invalid` makes the finding for settings that do not parse, from the
    /// message; findings of `build` are passed on.
    pub fn configure<S: DeserializeOwned, F>(
        &self,
        settings: &str,
        build: impl FnOnce(S) -> Result<T, Vec<F>>,
        invalid: impl Fn(alloc::string::String) -> F,
    ) -> Result<(), Vec<F>> {
        use alloc::string::ToString as _;
        let settings = serde_json::from_str(settings)
            .map_err(|error| alloc::vec![invalid(error.to_string())])?;
        let built = build(settings)?;
        self.0.set(built).map_err(|_| alloc::vec![invalid("configured twice".to_string())])
    }

    /// The configured plugin.
    ///
    /// # Panics
    /// When the host calls before `configure`, which the contract forbids.
    #[allow(clippy::panic)]
    pub fn get(&self) -> &T {
        crate::arena::called();
        match self.0.get() {
            Some(configured) => configured,
            None => panic!("the plugin was called before `configure`"),
        }
    }
}
