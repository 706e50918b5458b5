//! What tests that cross crates have in common: recorded cases, and the
//! component that is asked about them.

// One reader and one comparison, for the plugin's native tests and for these.
#[path = "../../plugins/mlflow-signature/tests/support/mod.rs"]
pub mod cases;
pub mod component;
pub mod report;
