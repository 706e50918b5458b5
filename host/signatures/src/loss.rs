//! What does not survive from one way of writing a signature to another.

use serde::Serialize;
use tollgate::mistake::Mistake;
use tollgate::source::Source;
use tollgate::tree::Node;

use crate::schema::Signature;

/// Something that a form cannot say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    /// Where, as an RFC 6901 pointer into what was converted.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

impl Loss {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// A mistake when what was read is no signature that MLflow would load.
pub(crate) fn loadable(source: &Source, tree: &Node, signature: &Signature) -> Result<(), Mistake> {
    let lists = signature.lists().to_value().unwrap_or_default();
    crate::mlflow::from_value(&lists).map(|_| ()).map_err(|refused| {
        Mistake::new(source, tree.span, format!("MLflow would not load this: {}", refused.message))
    })
}
