//! Gates: may this model version move on?

use alloc::vec::Vec;

use crate::Finding;
pub use crate::bindings::exports::tollgate::plugin::evaluator::{Fact, FactValue, Label};

/// A gate plugin.
pub trait Gate: Sized + 'static {
    /// What a gate profile's `settings` hold.
    type Settings: serde::de::DeserializeOwned;

    /// A JSON Schema (draft 2020-12) of the settings. Hosts validate
    /// documents with it and show its descriptions to authors.
    const SETTINGS_SCHEMA: &'static str;

    /// Builds the gate.
    ///
    /// # Errors
    /// Findings that point into the settings, for what a schema cannot say.
    fn configure(settings: Self::Settings) -> Result<Self, Vec<Finding>>;

    /// What is worth saying of settings that can be used: findings of outcome
    /// `pass` or `warn` that point into them, or `inconclusive` where nothing
    /// can be judged by them. A host asks once.
    fn remarks(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Judges all the evidence at once. Every rule gives at least one
    /// finding, those that hold included. A finding that points ([`Finding::at`])
    /// points to its rule in the settings, so that reports can name the line of
    /// the profile; without that the rule is looked for by an `id` in them.
    fn evaluate(&self, facts: &[Fact]) -> Vec<Finding>;
}

/// Exports a [`Gate`] as a plugin of the world `gate`.
#[macro_export]
macro_rules! export_gate {
    ($gate:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::tollgate::plugin as interfaces;
            use $crate::gate::Gate;
            $crate::__export_lifecycle!(GATE, Gate, $gate);

            impl interfaces::evaluator::Guest for __Plugin {
                fn evaluate(
                    facts: $crate::__Vec<$crate::gate::Fact>,
                ) -> $crate::__Vec<$crate::Finding> {
                    CONFIGURED.get().evaluate(&facts)
                }
            }

            interfaces::evaluator::__export_tollgate_plugin_evaluator_1_1_0_cabi!(
                __Plugin with_types_in interfaces::evaluator
            );
        };
    };
}
