//! Signatures: does this payload honour the model's contract?

use alloc::vec::Vec;

use crate::Finding;
pub use crate::bindings::exports::tollgate::plugin::checker::{
    Column, Manner, Records, TypedColumn,
};
pub use crate::bindings::exports::tollgate::plugin::types::{Cells, Dictionary, Texts};
pub use crate::gathered::Gathered;

/// A signature plugin.
pub trait Signature: Sized + 'static {
    /// What a document's `settings` hold, the signature among them.
    type Settings: serde::de::DeserializeOwned;

    /// A JSON Schema (draft 2020-12) of the settings. Hosts validate
    /// documents with it and show its descriptions to authors.
    const SETTINGS_SCHEMA: &'static str;

    /// Builds the checker.
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

    /// Judges one raw request body.
    fn check(&self, payload: &[u8]) -> Vec<Finding>;

    /// Gives what the model would receive, as JSON text.
    ///
    /// # Errors
    /// The findings of [`Signature::check`] that block.
    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>>;

    /// How rows are judged. The default: each by itself, as the JSON object
    /// that it is.
    fn rows(&self) -> Manner {
        Manner::Apart
    }

    /// Judges one batch of columns of a file or a data frame. Not called where
    /// rows are [not judged](Manner::None), which is inconclusive, as is the
    /// default.
    fn check_columns(&self, _rows: usize, _columns: &[TypedColumn]) -> Vec<Finding> {
        not_rows()
    }

    /// Judges one batch of rows that are JSON objects. Not called where rows
    /// are [not judged](Manner::None). The default judges each as a payload.
    fn check_records(&self, records: &Records) -> Vec<Finding> {
        let rows = records.iter().enumerate();
        let found = |(row, record)| {
            let found: Vec<Finding> = self.check(record);
            found.into_iter().map(move |finding| finding.in_record(row))
        };
        rows.flat_map(found).collect()
    }
}

/// What a plugin finds in rows; one that judges none has not passed them.
#[doc(hidden)]
pub fn of_rows<S: Signature>(plugin: &S, check: impl FnOnce() -> Vec<Finding>) -> Vec<Finding> {
    match plugin.rows() {
        Manner::Together | Manner::Apart => check(),
        Manner::None => not_rows(),
    }
}

fn not_rows() -> Vec<Finding> {
    let message = "rows are not judged by these settings";
    Vec::from([Finding::new("not-rows", crate::Outcome::Inconclusive, message)])
}

/// Exports a [`Signature`] as a plugin of the world `signature`.
#[macro_export]
macro_rules! export_signature {
    ($signature:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::tollgate::plugin as interfaces;
            use $crate::signature::Signature;
            $crate::__export_lifecycle!(SIGNATURE, Signature, $signature);

            impl interfaces::checker::Guest for __Plugin {
                fn rows() -> $crate::signature::Manner {
                    CONFIGURED.get().rows()
                }
                fn check(payload: $crate::__Vec<u8>) -> $crate::__Vec<$crate::Finding> {
                    CONFIGURED.get().check(&payload)
                }
                fn normalize(
                    payload: $crate::__Vec<u8>,
                ) -> Result<$crate::__Vec<u8>, $crate::__Vec<$crate::Finding>> {
                    CONFIGURED.get().normalize(&payload)
                }
                fn check_columns(
                    rows: u32,
                    columns: $crate::__Vec<$crate::signature::TypedColumn>,
                ) -> $crate::__Vec<$crate::Finding> {
                    let plugin = CONFIGURED.get();
                    $crate::signature::of_rows(plugin, || {
                        plugin.check_columns(rows as usize, &columns)
                    })
                }
                fn check_records(
                    records: $crate::signature::Records,
                ) -> $crate::__Vec<$crate::Finding> {
                    let plugin = CONFIGURED.get();
                    $crate::signature::of_rows(plugin, || plugin.check_records(&records))
                }
            }

            interfaces::checker::__export_tollgate_plugin_checker_1_2_0_cabi!(
                __Plugin with_types_in interfaces::checker
            );
        };
    };
}
