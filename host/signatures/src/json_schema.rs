//! Signatures as JSON Schemas of what callers send (draft 2020-12).
//!
//! | inputs | the request body that is described |
//! | --- | --- |
//! | named columns | `{"dataframe_records": [{...}, ...]}` |
//! | unnamed columns | `{"dataframe_split": {"data": [[...], ...]}}` |
//! | named tensors | `{"inputs": {"name": [[...], ...], ...}}` |
//! | an unnamed tensor | `{"inputs": [[...], ...]}` |
//!
//! each with `params`, and the response under `$defs/response`. What the
//! schema accepts, mode `strict` accepts, but for what is said to be lost. The
//! keyword `x-mlflow-signature` holds the signature itself, and counts when a
//! schema is read back as long as the rest of it is as it was written.

mod kinds;
mod read;
mod tensors;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// Where the signature itself is kept.
const SIGNATURE: &str = "x-mlflow-signature";
