//! Single writes, as data: a dry run shows them, a run makes them.

use std::fmt;

use serde::Serialize;
use tollgate_sources::{Mlflow, MlflowError};

use crate::Stage;

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
        }
    }
}
