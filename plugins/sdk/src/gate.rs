//! Gates: may this model version move on?

use alloc::string::String;
use alloc::vec::Vec;

use crate::Finding;
pub use crate::bindings::exports::tollgate::plugin::evaluator::{Fact, FactValue, Label};
pub use crate::bindings::exports::tollgate::plugin::types::{Baseline, Bound, Edge, Measure};

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

impl Measure {
    /// A value that was judged, without a unit, a bound and a baseline.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value, unit: None, bound: None, baseline: None }
    }

    /// In this unit, as the bound and the baseline are.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// What the value must keep to.
    #[must_use]
    pub fn bound(mut self, bound: Bound) -> Self {
        self.bound = Some(bound);
        self
    }

    /// What the bound was derived from, or the value is compared with.
    #[must_use]
    pub fn baseline(mut self, name: impl Into<String>, value: f64) -> Self {
        self.baseline = Some(Baseline { name: name.into(), value });
        self
    }
}

impl Bound {
    /// `>=` this number.
    #[must_use]
    pub fn at_least(at: f64) -> Self {
        Self { low: Some(Edge { at, included: true }), high: None }
    }

    /// `>` this number.
    #[must_use]
    pub fn above(at: f64) -> Self {
        Self { low: Some(Edge { at, included: false }), high: None }
    }

    /// `<=` this number.
    #[must_use]
    pub fn at_most(at: f64) -> Self {
        Self { low: None, high: Some(Edge { at, included: true }) }
    }

    /// `<` this number.
    #[must_use]
    pub fn below(at: f64) -> Self {
        Self { low: None, high: Some(Edge { at, included: false }) }
    }

    /// From one number to another, both included; of one number twice, equal
    /// to it.
    #[must_use]
    pub fn between(least: f64, most: f64) -> Self {
        Self { low: Self::at_least(least).low, high: Self::at_most(most).high }
    }
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

            interfaces::evaluator::__export_tollgate_plugin_evaluator_1_2_0_cabi!(
                __Plugin with_types_in interfaces::evaluator
            );
        };
    };
}
