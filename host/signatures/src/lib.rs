//! Signatures of MLflow models as documents: inferred, compared, converted.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`convert`] | MLflow's JSON, JSON Schema, Open Inference Protocol |
//! | [`diff`] | what changed, and whom it breaks |
//! | [`schema`] | a signature, typed |
//! | [`infer`] | from data |
//! | [`mod@file`] | reads files, and says what is wrong where |
//! | [`mlflow`] | reads and writes MLflow's JSON |

pub mod convert;
pub mod diff;
pub mod file;
pub mod infer;
mod json;
mod json_schema;
mod loss;
pub mod mlflow;
mod oip;
pub mod schema;

pub use schema::Signature;
