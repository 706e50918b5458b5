//! Signatures from files, with what is wrong shown at its place.

use std::path::Path;

use tollgate::document::suggestion::closest;
use tollgate::mistake::Mistake;
use tollgate::model::{ModelError, signature_node, signature_part};
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};

use crate::mlflow::{self, Refused};
use crate::schema::Signature;

/// A signature and the file it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureFile {
    /// The signature.
    pub signature: Signature,
    /// The file, as the user named it; the MLmodel of a folder.
    pub source: String,
}

/// Reads an MLmodel file, a model's folder, or a JSON file that holds
/// `inputs`, `outputs` and `params`.
///
/// # Errors
/// When there is no signature, the file is wrong, or MLflow would refuse to
/// load it.
pub fn read(path: &Path) -> Result<SignatureFile, ModelError> {
    let (source, node) = signature_node(path)?;
    let signature = from_node(&source, &node)?;
    Ok(SignatureFile { signature, source: source.name().to_owned() })
}

/// The same, of a text that is at hand.
///
/// # Errors
/// As [`read`].
pub fn from_text(source: Source) -> Result<SignatureFile, ModelError> {
    let tree = Node::parse(&source, NonFinite::Kept)?;
    from_tree(source, tree)
}

/// The same, of a text that was read already.
pub(crate) fn from_tree(source: Source, tree: Node) -> Result<SignatureFile, ModelError> {
    let (source, node) = signature_part(source, tree)?;
    let signature = from_node(&source, &node)?;
    Ok(SignatureFile { signature, source: source.name().to_owned() })
}

/// A signature from its part of a text.
fn from_node(source: &Source, node: &Node) -> Result<Signature, Mistake> {
    mlflow::from_value(&node.to_json()).map_err(|refused| mistake(source, node, &refused))
}

/// What MLflow refuses, at its place; where the place lies in a text of JSON,
/// as a pointer.
fn mistake(source: &Source, node: &Node, refused: &Refused) -> Mistake {
    let found = node.nearest(&refused.pointer);
    let problem = if found.exact || refused.pointer.is_empty() {
        refused.message.clone()
    } else {
        format!("{} (at {})", refused.message, refused.pointer)
    };
    Mistake::new(source, found.span(), problem).maybe_suggest(suggestion(&refused.message))
}

/// The type that was probably meant.
fn suggestion(message: &str) -> Option<String> {
    let wrong = message.strip_prefix('`')?.split('`').next()?;
    message.contains("is no type").then_some(())?;
    let known = [
        "boolean",
        "integer",
        "long",
        "float",
        "double",
        "string",
        "binary",
        "datetime",
        "array",
        "object",
        "map",
        "any",
        "sparkml_vector",
        "tensor",
    ];
    // What other systems call them.
    let meant = match wrong {
        "int" | "int32" => "integer",
        "int64" | "bigint" => "long",
        "float32" => "float",
        "float64" | "number" => "double",
        "str" | "text" => "string",
        "bool" => "boolean",
        "bytes" => "binary",
        "timestamp" | "date" => "datetime",
        "list" => "array",
        "dict" | "struct" => "object",
        other => closest(other, known)?,
    };
    Some(format!("did you mean `{meant}`?"))
}
