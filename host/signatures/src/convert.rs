//! From one way of writing a signature to another, and what is lost.

use std::path::Path;

use serde::Serialize;
use tollgate::model::ModelError;
use tollgate::source::{Content, Source};
use tollgate::tree::Node;

use crate::json::Json;
pub use crate::loss::Loss;
use crate::schema::Signature;
use crate::{file, json_schema, oip};

/// A way of writing a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// MLflow's lists, as JSON.
    Mlflow,
    /// MLflow's texts, as in an MLmodel file and `ModelSignature.to_dict`.
    Mlmodel,
    /// A JSON Schema of the request body.
    JsonSchema,
    /// Model metadata of the Open Inference Protocol, version 2.
    Oip,
}

/// A signature that was read, and what could not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The signature.
    pub signature: Signature,
    /// How it was written.
    pub form: Form,
    /// The file.
    pub source: String,
    /// What a signature cannot say.
    pub losses: Vec<Loss>,
}

/// What `tollgate signature convert` prints for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConvertReport {
    /// `fail` when something is lost that must not be.
    pub verdict: &'static str,
    /// The file.
    pub source: String,
    /// How it was written.
    pub from: Form,
    /// How it is written now.
    pub to: Form,
    /// What is lost, in the order of the document.
    pub losses: Vec<Loss>,
    /// The result; none when the verdict is `fail`.
    pub document: Option<Document>,
}

/// A converted signature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Document(Json);

impl Document {
    /// The text of a file.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.pretty()
    }
}

/// Reads a signature in any form; `form` says which, when it is known.
///
/// # Errors
/// When the file is wrong, or holds no signature of that form.
pub fn read(path: &Path, form: Option<Form>) -> Result<Given, ModelError> {
    let mlflow = |path| {
        let file::SignatureFile { signature, source } = file::read(path)?;
        Ok(Given { signature, form: Form::Mlflow, source, losses: Vec::new() })
    };
    if path.is_dir() {
        return mlflow(path);
    }
    let source = Source::read(path, Content::Model)?;
    let tree = Node::parse(&source, tollgate::tree::NonFinite::Kept)?;
    let form = form.unwrap_or_else(|| guess(&tree));
    let (signature, losses) = match form {
        Form::Mlflow | Form::Mlmodel => {
            return file::from_tree(source, tree).map(|file| Given {
                signature: file.signature,
                form: Form::Mlflow,
                source: file.source,
                losses: Vec::new(),
            });
        }
        Form::JsonSchema => json_schema::read(&source, &tree)?,
        Form::Oip => oip::read(&source, &tree)?,
    };
    Ok(Given { signature, form, source: source.name().to_owned(), losses })
}

/// The form that a document has the marks of; MLflow's when it has none.
fn guess(tree: &Node) -> Form {
    let metadata = |key: &str| {
        let first = tree.get(key).and_then(Node::items).and_then(<[Node]>::first);
        first.is_some_and(|tensor| tensor.get("datatype").is_some())
    };
    if metadata("inputs") || metadata("outputs") {
        Form::Oip
    } else if ["$schema", "properties", "$ref", "$defs"].iter().any(|key| tree.get(key).is_some()) {
        Form::JsonSchema
    } else {
        Form::Mlflow
    }
}

/// Writes a signature in a form. `name` is what metadata calls the model.
#[must_use]
pub fn write(signature: &Signature, form: Form, name: &str) -> (Document, Vec<Loss>) {
    let (json, losses) = match form {
        Form::Mlflow => (signature.lists(), Vec::new()),
        Form::Mlmodel => (signature.texts(), Vec::new()),
        Form::JsonSchema => json_schema::write(signature),
        Form::Oip => oip::write(signature, name),
    };
    (Document(json), losses)
}
