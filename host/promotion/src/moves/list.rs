//! Single writes, as data: a dry run shows them, a run makes them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tollgate_sources::{Mlflow, MlflowError, NewVersion};

use crate::{PromotionError, Stage};

/// Work that is planned: its writes are shown, or made.
pub trait Planned: Serialize {
    /// What it comes to, in a line.
    fn title(&self, is_done: bool) -> String;

    /// The writes, a line each, in their order.
    fn lines(&self) -> Vec<String>;

    /// Makes the writes, and tells of each before it is made. `take_over`
    /// ignores the claims of others, which are dead then.
    ///
    /// # Errors
    /// When someone else is at work, or what was judged is no longer so:
    /// nothing is written then but a claim that is taken back. When a write
    /// fails on the way: the same command finishes what was begun.
    fn make(
        &self,
        mlflow: &Mlflow,
        take_over: bool,
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), PromotionError>;
}

/// One write to the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "write", rename_all = "kebab-case")]
pub enum Write {
    /// A tag of a version.
    VersionTag {
        /// The version.
        version: u64,
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// A tag of the model.
    ModelTag {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// An alias names a version.
    Alias {
        /// The alias.
        alias: String,
        /// The version.
        version: u64,
    },
    /// An alias names nothing any more.
    NoAlias {
        /// The alias.
        alias: String,
    },
    /// A stage of MLflow's own.
    Stage {
        /// The version.
        version: u64,
        /// The stage.
        stage: Stage,
    },
    /// What is said of a version.
    Description {
        /// The version; none for the model.
        version: Option<u64>,
        /// The text.
        text: String,
    },
    /// A new model.
    NewModel {
        /// What is said of it.
        description: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// A new version, of files that are there.
    NewVersion {
        /// The number that it is to get.
        version: u64,
        /// Where its files are.
        source: String,
        /// The run that it came from; empty where there is none.
        run_id: String,
        /// What is said of it.
        description: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
}

impl Write {
    pub(super) fn version_tag(version: u64, key: &str, value: impl Into<String>) -> Self {
        Self::VersionTag { version, key: key.to_owned(), value: value.into() }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it was not written, as far as one can know.
    pub fn make(&self, mlflow: &Mlflow, model: &str) -> Result<(), MlflowError> {
        match self {
            Self::VersionTag { version, key, value } => {
                mlflow.set_version_tag(model, *version, key, value)
            }
            Self::ModelTag { key, value } => mlflow.set_model_tag(model, key, value),
            Self::Alias { alias, version } => mlflow.set_alias(model, alias, *version),
            Self::NoAlias { alias } => mlflow.delete_alias(model, alias),
            Self::Stage { version, stage } => mlflow.set_stage(model, *version, stage.name()),
            Self::Description { version: Some(version), text } => {
                mlflow.describe_version(model, *version, text)
            }
            Self::Description { version: None, text } => mlflow.describe_model(model, text),
            Self::NewModel { description, tags } => mlflow.create_model(model, description, tags),
            Self::NewVersion { version, source, run_id, description, tags } => {
                let new = NewVersion { source, run_id, description, tags };
                let made = mlflow.create_version(model, &new)?.version;
                if made == *version {
                    return Ok(());
                }
                Err(MlflowError::OtherNumber { model: model.to_owned(), wanted: *version, made })
            }
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VersionTag { version, key, value } => {
                write!(f, "tag of version {version}: {key} = {value}")
            }
            Self::ModelTag { key, value } => write!(f, "tag of the model: {key} = {value}"),
            Self::Alias { alias, version } => write!(f, "alias {alias} -> version {version}"),
            Self::NoAlias { alias } => write!(f, "alias {alias} is taken away"),
            Self::Stage { version, stage } => write!(f, "stage of version {version}: {stage}"),
            Self::Description { version: Some(version), text } => {
                write!(f, "description of version {version}: {text}")
            }
            Self::Description { version: None, text } => {
                write!(f, "description of the model: {text}")
            }
            Self::NewModel { tags, .. } => write!(f, "a new model, with {} tags", tags.len()),
            Self::NewVersion { version, source, run_id, tags, .. } => {
                write!(f, "a new version {version} of {source}")?;
                if !run_id.is_empty() {
                    write!(f, ", run {run_id}")?;
                }
                write!(f, ", with {} tags", tags.len())
            }
        }
    }
}
