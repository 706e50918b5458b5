//! Signatures as documents: inferred, compared, converted.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`diff`] | what changed, and whom it breaks |
//! | [`schema`] | a signature, typed |
//! | [`file`] | reads files, and says what is wrong where |
//! | [`mlflow`] | reads and writes MLflow's JSON |

pub mod diff;
pub mod file;
pub(crate) mod json;
pub mod mlflow;
pub mod schema;

pub use schema::Signature;
