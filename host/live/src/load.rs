//! From a file to a judge that has proved itself.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::{DocumentError, PolicyDocument};
use tollgate::judge::{Checker, CheckerOptions, Decider, Gate, JudgeError, Opened, Subject};
use tollgate::model::{ModelError, SignatureText};
use tollgate::plugins::Plugins;
use tollgate::source::{self, Content, Source, SourceError};
use tollgate_engine::{Digest, EngineError, World};

use crate::serving::{Judge, Loaded};
use crate::settings::{Origin, Served};

/// Why a version does not go live.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The document, the signature, the schema or its plugin cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Judge(#[from] JudgeError),
    /// It is another kind of document.
    #[error("`{file}` is a document of world `{found}`, and `{wanted}` is served here")]
    World {
        /// The file.
        file: String,
        /// What it judges.
        found: World,
        /// What is served.
        wanted: World,
    },
    /// No instances can be made ahead.
    #[error(transparent)]
    Limits(#[from] EngineError),
}

impl From<DocumentError> for LoadError {
    fn from(error: DocumentError) -> Self {
        Self::Judge(error.into())
    }
}

impl From<ModelError> for LoadError {
    fn from(error: ModelError) -> Self {
        Self::Judge(error.into())
    }
}

/// A file as it was read, once: what is loaded is what was digested.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) file: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
}

impl Found {
    pub(crate) fn read(file: &Path, content: Content) -> Result<Self, SourceError> {
        let bytes = source::read_bytes(file, content)?;
        let digest = Digest::of(&bytes);
        Ok(Self { file: file.to_owned(), bytes, digest })
    }

    fn name(&self) -> String {
        self.file.display().to_string()
    }

    fn source(&self) -> Result<Source, SourceError> {
        let source = Source::from_bytes(&self.name(), self.bytes.clone())?;
        match source.text().trim().is_empty() {
            true => Err(SourceError::Empty(self.name())),
            false => Ok(source),
        }
    }

    fn opened(&self, plugins: &Plugins) -> Result<Opened, LoadError> {
        if is_component(&self.file) {
            return Ok(Opened::of_component(plugins, &self.name(), &self.bytes)?);
        }
        let folder = self.file.parent().unwrap_or(Path::new("")).to_owned();
        let document = PolicyDocument::parse(self.source()?, folder)?;
        Ok(Opened::of_document(plugins, document)?)
    }
}

/// Whether a file is a component rather than a document.
pub(crate) fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}

impl Origin {
    /// The file that decides on the version, as it is now.
    pub(crate) fn find(&self) -> Result<Found, SourceError> {
        match self {
            Self::Single(path) if is_component(path) => Found::read(path, Content::Plugin),
            Self::Single(path) => Found::read(path, Content::Document),
            Self::Schema { path, .. } => Found::read(path, Content::Model),
            Self::Model { path, .. } => Found::read(&signature_file(path)?, Content::Model),
        }
    }
}

/// The file in which a model's signature is.
pub(crate) fn signature_file(path: &Path) -> Result<PathBuf, SourceError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let found = source::in_folder(path, "MLmodel")?;
    found.ok_or_else(|| SourceError::Missing(path.join("MLmodel").display().to_string()))
}

/// Makes a judge of what was found.
///
/// # Errors
/// When it cannot be used, or is not what is served.
pub(crate) fn load(plugins: &Plugins, served: &Served, found: &Found) -> Result<Loaded, LoadError> {
    let loaded =
        |judge, version| Loaded { judge, version, file: found.file.clone(), digest: found.digest };
    let checker = |subject: &Subject, options: CheckerOptions| {
        let options = CheckerOptions { limits: served.limits, ..options };
        Checker::new(plugins, subject, options).map(Judge::Checker)
    };
    match &served.origin {
        Origin::Single(_) => {
            let mut opened = found.opened(plugins)?;
            let world = opened.plugin().world();
            if world != served.world {
                let (file, wanted) = (found.name(), served.world);
                return Err(LoadError::World { file, found: world, wanted });
            }
            if let Some(limits) = served.limits {
                opened = opened.with_limits(limits)?;
            }
            let version = Some(opened.document().version.clone());
            let judge = match world {
                World::Policy => Judge::Decider(Decider::new(opened)?),
                World::Gate => Judge::Gate(Gate::new(opened)?),
                World::Signature => {
                    checker(&Subject::Document(Box::new(opened)), CheckerOptions::default())?
                }
            };
            Ok(loaded(judge, version))
        }
        Origin::Model { part, mode, protocol, options, .. } => {
            let signature = SignatureText::parse(found.source()?)?;
            let (part, mode, protocol) = (*part, *mode, *protocol);
            let subject = Subject::Signature { signature, part, mode, protocol };
            Ok(loaded(checker(&subject, *options)?, None))
        }
        Origin::Schema { resources, formats, strict, options, .. } => {
            let mut others = Vec::new();
            for (uri, path) in resources {
                others.push((uri.clone(), Source::read(path, Content::Model)?));
            }
            let (formats, strict) = (*formats, *strict);
            let schema = found.source()?;
            let subject = Subject::Schema { schema, resources: others, formats, strict };
            Ok(loaded(checker(&subject, *options)?, None))
        }
    }
}
