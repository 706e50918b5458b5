//! A model version, by what MLflow gives: a folder of it, or a registry.
//!
//! | file | from | gives |
//! | --- | --- | --- |
//! | `MLmodel` | the artifact store | the signature |
//! | `run.json` | `GET runs/get` | metrics, parameters, tags |
//! | `model_version.json` | `GET model-versions/get` | name, version, stage, tags |
//! | `registered_model.json` | `GET registered-models/get` | aliases, tags |
//! | `requirements.txt` | the artifact store | whether dependencies are pinned |
//! | `facts.json` | anywhere | more facts: slices, sample counts |
//!
//! Each may be missing; a rule that needs it then says so.

mod description;
mod stated;

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;
use tollgate_engine::Digest;
use tollgate_engine::types::{Fact, FactValue};

pub use self::description::Description;
use crate::canonical;
use crate::facts::{Evidence, FactsError};
use crate::mistake::{Mistake, Mistakes};
use crate::source::{self, Source, SourceError};
use crate::tree::{Content, Node, NonFinite};

/// Why a model could not be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ModelError {
    /// A file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
    /// Its evidence is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// The folder has nothing of a model.
    #[error("`{0}` holds nothing of a model")]
    #[diagnostic(help(
        "a model's folder holds at least one of MLmodel, run.json, model_version.json, facts.json"
    ))]
    NotAModel(String),
    /// The model has no signature.
    #[error("`{0}` has no signature")]
    #[diagnostic(help(
        "log the model with `signature=` or `input_example=`; MLflow leaves it out silently \
         when it cannot be inferred"
    ))]
    NoSignature(String),
}

impl From<Mistake> for ModelError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

/// A signature as MLflow writes it, and where it stands.
#[derive(Debug, Clone)]
pub struct SignatureText {
    /// `{"inputs": ..., "outputs": ..., "params": ...}`.
    pub value: Value,
    /// The file.
    pub source: String,
}

/// Reads a signature from an MLmodel file, a model's folder or a JSON file
/// that holds `inputs`, `outputs` and `params`.
///
/// # Errors
/// When there is none, or the file is wrong.
pub fn read_signature(path: &Path) -> Result<SignatureText, ModelError> {
    signature_node(path).map(|(source, signature)| SignatureText::new(&source, &signature))
}

impl SignatureText {
    /// Takes a signature out of a text: that of an MLmodel file, or JSON that
    /// holds `inputs`, `outputs` and `params`.
    ///
    /// # Errors
    /// When there is none, or the text is wrong.
    pub fn parse(source: Source) -> Result<Self, ModelError> {
        let tree = Node::parse(&source, NonFinite::Kept)?;
        signature_part(source, tree).map(|(source, signature)| Self::new(&source, &signature))
    }

    fn new(source: &Source, signature: &Node) -> Self {
        let part = |key: &str| signature.get(key).map_or(Value::Null, Node::to_json);
        let value = json!({
            "inputs": part("inputs"), "outputs": part("outputs"), "params": part("params"),
        });
        Self { value, source: source.name().to_owned() }
    }
}

/// The map that has `inputs`, `outputs` and `params`, in its text, for those
/// who say what is wrong in it at its place.
///
/// # Errors
/// As [`read_signature`].
pub fn signature_node(path: &Path) -> Result<(Source, Node), ModelError> {
    let path = if path.is_dir() {
        source::in_folder(path, "MLmodel")?
            .ok_or_else(|| ModelError::NoSignature(path.display().to_string()))?
    } else {
        path.to_owned()
    };
    let source = Source::read(&path, source::Content::Model)?;
    let tree = Node::parse(&source, NonFinite::Kept)?;
    signature_part(source, tree)
}

/// The part of a text that is a signature: what stands under `signature`, or
/// the whole.
///
/// # Errors
/// When there is none, or it is no map.
pub fn signature_part(source: Source, tree: Node) -> Result<(Source, Node), ModelError> {
    let none = || ModelError::NoSignature(source.name().to_owned());
    let signature = match tree.get("signature") {
        Some(node) if node.content == Content::Null => return Err(none()),
        Some(node) => node.clone(),
        None if ["inputs", "outputs", "params"].iter().any(|key| tree.get(key).is_some()) => tree,
        None => return Err(none()),
    };
    if signature.entries().is_none() {
        let problem = format!("a signature is a map, found {}", signature.kind());
        return Err(Mistake::new(&source, signature.span, problem).into());
    }
    Ok((source, signature))
}

/// A model version.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What people call it: `fraud_detector v7`, or where it is.
    pub title: String,
    /// The registered name; none where nobody says it.
    pub name: Option<String>,
    /// The registered version; none where nobody says it.
    pub version: Option<String>,
    /// The run of MLflow that it came from; none where nobody says it.
    pub run_id: Option<String>,
    /// Where its files are, as the registry says.
    pub location: Option<String>,
    /// The stage that the registry says, of MLflow's four.
    pub stage: Option<String>,
    /// The aliases that name this version, sorted.
    pub aliases: Vec<String>,
    /// Tags of the version, then those of its run and of the registered model
    /// under other keys, each in its order.
    pub tags: Vec<(String, String)>,
    /// Its `MLmodel`; none where there is none.
    pub mlmodel: Option<Source>,
    /// The folder; none where it is of a registry.
    folder: Option<PathBuf>,
    /// Its digest, where no more than that was kept of it.
    pub(crate) kept_digest: Option<Digest>,
}

impl Model {
    /// Reads what a folder says of a model version, its evidence into
    /// `evidence` under the subject `role`.
    ///
    /// # Errors
    /// When there is nothing, or a file is wrong.
    pub fn read(folder: &Path, role: &str, evidence: &mut Evidence) -> Result<Self, ModelError> {
        let description = Description::of_folder(folder)?;
        let mut model = Self::described(description, role, evidence)?;
        model.folder = Some(folder.to_owned());
        Ok(model)
    }

    /// What a description says, its evidence into `evidence` under the subject
    /// `role`.
    ///
    /// # Errors
    /// When a part is wrong.
    pub fn described(
        description: Description,
        role: &str,
        evidence: &mut Evidence,
    ) -> Result<Self, ModelError> {
        for source in description.facts.iter().chain(&description.run) {
            evidence.parse(source, role)?;
        }
        let read = description.read()?;
        stated::observe(&read, role, evidence);
        Ok(read.model)
    }

    /// A version of which no more is known than what it is called.
    pub(crate) fn called(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// Whether both are one version of one model: the same folder, the same
    /// name and version, or the same run of MLflow.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let folder = |model: &Self| model.folder.as_deref().and_then(|it| it.canonicalize().ok());
        (same(&self.name, &other.name) && same(&self.version, &other.version))
            || same(&self.run_id, &other.run_id)
            || self.title == other.title
            || folder(self).is_some_and(|own| folder(other) == Some(own))
    }

    /// What an approval of this version is bound to: its name and version,
    /// where it came from, and its `MLmodel`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        if let Some(digest) = self.kept_digest {
            return digest;
        }
        let mlmodel = self.mlmodel.as_ref().map(Source::text);
        let identity = json!({
            "name": self.name, "version": self.version, "run_id": self.run_id,
            "location": self.location, "mlmodel": mlmodel,
        });
        Digest::of(canonical::to_text(&identity).as_bytes())
    }
}

/// A fact of the whole, with no more than its value.
#[must_use]
pub fn fact(name: &str, subject: &str, value: FactValue) -> Fact {
    Fact {
        name: name.to_owned(),
        subject: subject.to_owned(),
        labels: Vec::new(),
        value,
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}
