//! Facts from where they are.
//!
//! [`Mlflow`] reads a registry as it is described in
//! [`tollgate::model::Description`], and writes what a promotion changes. A
//! source that is down is an error, never an empty answer: whoever asks makes
//! its facts missing.

pub mod http;
mod mlflow;
mod reference;

pub use self::mlflow::{Found, Mlflow, MlflowError, NewVersion, Registered, Version};
pub use self::reference::{ModelReference, Pick};
