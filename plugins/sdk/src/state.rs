//! The configured plugin, kept between calls.

use alloc::vec::Vec;
use core::cell::OnceCell;

use serde::de::DeserializeOwned;

/// Holds what `configure` built. One per exported plugin.
#[derive(Debug)]
pub struct Configured<T>(OnceCell<T>);

// SAFETY: a plugin is a component without threads; the static that holds this
// exists on `wasm32` only, where nothing can be concurrent.
#[allow(unsafe_code)]
unsafe impl<T> Sync for Configured<T> {}

impl<T> Configured<T> {
    /// Nothing configured yet.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(OnceCell::new())
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
        match self.0.get() {
            Some(configured) => configured,
            None => panic!("the plugin was called before `configure`"),
        }
    }
}
