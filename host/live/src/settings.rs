//! What is to be served, and where it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tollgate::judge::{CheckerOptions, Mode, Part, Protocol};
use tollgate_engine::{Limits, World};

pub use crate::inputs::ScoredModel;

/// All that is served, by the names that callers use.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Each by its name.
    pub served: BTreeMap<String, Served>,
    /// So many instances are made ahead for each version that is live; see
    /// [`Decider::prepare`](tollgate::judge::Decider::prepare).
    pub ready: usize,
}

/// One judge that is served.
#[derive(Debug, Clone)]
pub struct Served {
    /// Where it is.
    pub origin: Origin,
    /// What it must judge; a file that turns into another kind is refused.
    pub world: World,
    /// Limits and a bulkhead of its own; those of the engine without them.
    pub limits: Option<Limits>,
    /// The model whose score a policy reads: a version that reads what neither
    /// this model's signature nor anything beside it supplies is refused.
    pub model: Option<ScoredModel>,
}

/// Where a judge comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Origin {
    /// A document, or a component that `tollgate bake` made.
    Single(PathBuf),
    /// The version of a document that pins name, among others.
    Pinned {
        /// A pin file, the manifest of a ConfigMap, or the folder of one that
        /// is mounted.
        pins: PathBuf,
        /// The name in there, which is that of the document; the name that it
        /// is served by, without it.
        name: Option<String>,
        /// The folder in which the documents are, or folders of documents.
        documents: PathBuf,
    },
    /// The signature of a model: its folder, its `MLmodel`, or JSON.
    Model {
        /// The folder or the file.
        path: PathBuf,
        /// Which part of it payloads must honour.
        part: Part,
        /// Whether what MLflow changes without a word is refused.
        mode: Mode,
        /// What payloads are written in.
        protocol: Protocol,
        /// How much is told.
        options: CheckerOptions,
    },
    /// A JSON Schema.
    Schema {
        /// The schema, JSON or YAML.
        path: PathBuf,
        /// The schemas that it refers to, by URI.
        resources: Vec<(String, PathBuf)>,
        /// Whether `format` is a rule where the draft makes it a remark.
        formats: bool,
        /// Whether a schema with keywords that its draft does not know is
        /// refused.
        strict: bool,
        /// How much is told.
        options: CheckerOptions,
    },
}

impl Served {
    /// What a document of this world judges, served from a file.
    #[must_use]
    pub fn single(world: World, path: impl Into<PathBuf>) -> Self {
        Self::from(world, Origin::Single(path.into()))
    }

    /// A policy document, whose decisions are served from a file.
    #[must_use]
    pub fn policy(path: impl Into<PathBuf>) -> Self {
        Self::single(World::Policy, path)
    }

    /// What the document of this world judges that is pinned.
    #[must_use]
    pub fn pinned(world: World, pins: impl Into<PathBuf>, documents: impl Into<PathBuf>) -> Self {
        let (pins, documents) = (pins.into(), documents.into());
        Self::from(world, Origin::Pinned { pins, name: None, documents })
    }

    /// What this origin gives, without limits of its own or a model.
    #[must_use]
    pub fn from(world: World, origin: Origin) -> Self {
        Self { origin, world, limits: None, model: None }
    }
}
