//! From a file to a judge that has proved itself.

use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::DocumentError;
use tollgate::judge::{Checker, CheckerOptions, Decider, Gate, JudgeError, Opened, Subject};
use tollgate::mistake::Mistakes;
use tollgate::model::{ModelError, SignatureText};
use tollgate::plugins::Plugins;
use tollgate::source::{Content, Source, SourceError};
use tollgate_engine::{EngineError, World};

use crate::documents::DocumentsError;
use crate::found::Found;
use crate::inputs::{self, InputsError};
use crate::pins::PinsError;
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
    /// Its own examples come to something else.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Examples(Mistakes),
    /// The signature of the model does not supply what it reads.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inputs(#[from] InputsError),
    /// No instances can be made ahead.
    #[error(transparent)]
    Limits(#[from] EngineError),
    /// The pins cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pins(Arc<PinsError>),
    /// The version that is pinned is not there, or not what was pinned.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Documents(Arc<DocumentsError>),
    /// Nothing is pinned under this name.
    #[error("`{pins}` pins nothing for `{name}`{help}")]
    Unpinned {
        /// The file of pins.
        pins: String,
        /// The name.
        name: String,
        /// `; did you mean …?`
        help: String,
    },
    /// The pins are older than what is live.
    #[error("`{pins}` has generation {found} of `{name}`, and generation {live} is live already")]
    Stale {
        /// The file of pins.
        pins: String,
        /// The name.
        name: String,
        /// The generation that was found.
        found: u64,
        /// The one that is live.
        live: u64,
    },
    /// The pins changed, and do not say so.
    #[error(
        "`{pins}` has another pin of `{name}` in the same generation, {generation}: two have \
         written it, or one who did not raise `generation`"
    )]
    SameGeneration {
        /// The file of pins.
        pins: String,
        /// The name.
        name: String,
        /// The generation.
        generation: u64,
    },
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

impl From<DocumentsError> for LoadError {
    fn from(error: DocumentsError) -> Self {
        Self::Documents(Arc::new(error))
    }
}

/// Makes a judge of what was found, and has it prove itself: by the examples of
/// its document, and by the signature of the model whose score it reads.
///
/// # Errors
/// When it cannot be used, or is not what is served.
pub(crate) fn load(plugins: &Plugins, served: &Served, found: &Found) -> Result<Loaded, LoadError> {
    let loaded =
        |judge, version| Loaded { judge, version, file: found.file.clone(), digest: found.digest };
    let checker = |subject: &Subject, options: CheckerOptions| {
        let options = CheckerOptions { limits: served.limits, ..options };
        Checker::new(plugins, subject, options)
    };
    match &served.origin {
        Origin::Single(_) | Origin::Pinned { .. } => {
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
                World::Policy => Judge::Decider(decider(opened, served)?),
                World::Gate => Judge::Gate(Gate::new(opened)?),
                World::Signature => {
                    let document = opened.document().clone();
                    let subject = Subject::Document(Box::new(opened));
                    let checker = checker(&subject, CheckerOptions::default())?;
                    checker.prove(&document).map_err(LoadError::Examples)?;
                    Judge::Checker(checker)
                }
            };
            Ok(loaded(judge, version))
        }
        Origin::Model { part, mode, protocol, options, .. } => {
            let signature = SignatureText::parse(found.source()?)?;
            let (part, mode, protocol) = (*part, *mode, *protocol);
            let subject = Subject::Signature { signature, part, mode, protocol };
            Ok(loaded(Judge::Checker(checker(&subject, *options)?), None))
        }
        Origin::Schema { resources, formats, strict, options, .. } => {
            let mut others = Vec::new();
            for (uri, path) in resources {
                others.push((uri.clone(), Source::read(path, Content::Model)?));
            }
            let (formats, strict) = (*formats, *strict);
            let schema = found.source()?;
            let subject = Subject::Schema { schema, resources: others, formats, strict };
            Ok(loaded(Judge::Checker(checker(&subject, *options)?), None))
        }
    }
}

fn decider(opened: Opened, served: &Served) -> Result<Decider, LoadError> {
    let decider = Decider::new(opened)?;
    if let Some(model) = &served.model {
        inputs::supplied(&decider, model)?;
    }
    decider.prove().map_err(LoadError::Examples)?;
    Ok(decider)
}
