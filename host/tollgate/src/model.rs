//! A model version, as a folder of what MLflow gives.
//!
//! | file | from | gives |
//! | --- | --- | --- |
//! | `MLmodel` | the artifact store | the signature |
//! | `run.json` | `GET runs/get` | metrics, as facts |
//! | `model_version.json` | `GET model-versions/get` | name, version, tags |
//! | `facts.json` | anywhere | more facts: slices, sample counts |
//!
//! Each may be missing; a rule that needs it then says so.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;
use tollgate_engine::types::{Fact, FactValue};

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
#[derive(Debug, Clone)]
pub struct Model {
    /// The folder.
    pub folder: PathBuf,
    /// The registered name; none without `model_version.json`.
    pub name: Option<String>,
    /// The registered version; none without `model_version.json`.
    pub version: Option<String>,
    /// The run of MLflow that it came from; none without `model_version.json`.
    pub run_id: Option<String>,
    /// Tags of the version, in the order of the file.
    pub tags: Vec<(String, String)>,
}

impl Model {
    /// Reads what a folder says of a model version, its evidence into
    /// `evidence` under the subject `role`.
    ///
    /// # Errors
    /// When there is nothing, or a file is wrong.
    pub fn read(folder: &Path, role: &str, evidence: &mut Evidence) -> Result<Self, ModelError> {
        let mut model = Self {
            folder: folder.to_owned(),
            name: None,
            version: None,
            run_id: None,
            tags: Vec::new(),
        };
        let mut found = source::in_folder(folder, "MLmodel")?.is_some();
        for file in ["facts.json", "run.json"] {
            if let Some(path) = source::in_folder(folder, file)? {
                evidence.read(&path, role)?;
                found = true;
            }
        }
        if let Some(path) = source::in_folder(folder, "model_version.json")? {
            model.read_version(&path)?;
            found = true;
        }
        if !found {
            return Err(ModelError::NotAModel(folder.display().to_string()));
        }
        model.observe_tags(role, evidence);
        Ok(model)
    }

    /// What people call it: `fraud_detector v7`, or its folder.
    #[must_use]
    pub fn title(&self) -> String {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name} v{version}"),
            _ => self.folder.display().to_string(),
        }
    }

    /// Whether both are one version of one model: the same folder, the same
    /// name and version, or the same run of MLflow.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let folder = |model: &Self| model.folder.canonicalize().ok();
        (same(&self.name, &other.name) && same(&self.version, &other.version))
            || same(&self.run_id, &other.run_id)
            || folder(self).is_some_and(|own| folder(other) == Some(own))
    }

    fn read_version(&mut self, path: &Path) -> Result<(), ModelError> {
        let source = Source::read(path, source::Content::Model)?;
        let tree = Node::parse_json(&source)?;
        let version = tree.get("model_version").unwrap_or(&tree);
        if version.entries().is_none() {
            let problem = format!("a model version is a map, found {}", version.kind());
            return Err(Mistake::new(&source, version.span, problem).into());
        }
        let text = |key: &str| {
            version.get(key).and_then(|node| match &node.content {
                Content::Text(text) => Some(text.clone()),
                Content::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        self.name = text("name");
        self.version = text("version");
        self.run_id = text("run_id").filter(|run| !run.is_empty());
        for tag in version.get("tags").and_then(Node::items).unwrap_or_default() {
            let part = |key: &str| tag.get(key).and_then(Node::text).map(str::to_owned);
            if let (Some(key), Some(value)) = (part("key"), part("value")) {
                self.tags.push((key, value));
            }
        }
        Ok(())
    }

    /// A tag is a fact, too: `load_test_done`, `owner`. One that a file of
    /// facts contradicts stays out.
    fn observe_tags(&self, role: &str, evidence: &mut Evidence) {
        for (key, value) in &self.tags {
            let value = match value.as_str() {
                "true" | "True" => FactValue::Boolean(true),
                "false" | "False" => FactValue::Boolean(false),
                text => FactValue::Text(text.to_owned()),
            };
            evidence.observe(Fact {
                name: key.clone(),
                subject: role.to_owned(),
                labels: Vec::new(),
                value,
                unit: None,
                samples: None,
                observed_at: None,
                source: Some(format!("tag of {}", self.title())),
            });
        }
    }
}
