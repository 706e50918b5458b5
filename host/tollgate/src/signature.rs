//! Signatures as documents: inferred, compared, converted.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`schema`] | a signature, typed |
//! | [`mlflow`] | reads and writes MLflow's JSON |

pub(crate) mod json;
pub mod mlflow;
pub mod schema;

pub use schema::Signature;
