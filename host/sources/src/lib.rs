//! Facts from where they are.
//!
//! [`Sources`] is a document that names servers and files, and collects what
//! they say; [`Mlflow`] reads a registry as it is described in
//! [`tollgate::model::Description`], and writes what a promotion changes. A
//! source that is down makes its facts missing, never empty or zero.

mod asked;
mod document;
mod duration;
mod files;
pub mod http;
mod listed;
mod mistakes;
mod mlflow;
mod note;
mod prometheus;
mod reference;
mod said;
mod scored;

pub use self::asked::{Asked, Named};
pub use self::document::{Collected, SOURCES_SCHEMA, Sources};
pub use self::mlflow::{Earlier, Found, Mlflow, MlflowError, NewVersion, Registered, Version};
pub use self::note::{Gap, Note};
pub use self::reference::{ModelReference, Pick};
