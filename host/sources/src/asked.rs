//! For whom facts are collected.

use tollgate::facts::Instant;
use tollgate::model::Model;

use crate::mlflow::Mlflow;

/// A model and its version, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The model's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

impl Named {
    /// This version of this model.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self { name: Some(name.to_owned()), version: Some(version.to_owned()) }
    }
}

impl From<&Model> for Named {
    fn from(model: &Model) -> Self {
        Self { name: model.name.clone(), version: model.version.clone() }
    }
}

/// For whom facts are collected, and as of when.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The version that wants to move on.
    pub candidate: Named,
    /// The version that it is compared with.
    pub champion: Option<Named>,
    /// The registry that has these versions, for files of their runs; none where
    /// they are folders.
    pub registry: Option<Mlflow>,
    /// As of when: servers are asked for that moment, and for no later one.
    pub as_of: Instant,
}
