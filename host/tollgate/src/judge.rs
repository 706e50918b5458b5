//! The three jobs: the judges that embedders hold, and what they come to.

mod checked;
mod checker;
mod decide;
mod examples;
mod gate;
mod kept;
mod merge;
mod opened;
mod registry;
mod rows;
mod rule_places;
mod subject;

use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::Finding;
use tollgate_engine::{CallError, ConfigureError, EngineError, Fault};

pub use self::checked::{Checked, CheckedRows};
pub use self::checker::Checker;
pub use self::decide::{Answer, Decider, DecisionId, NoDecision, Place, WarmDecider};
pub use self::gate::{Gate, GateCase, gate, open_gates};
pub use self::opened::{Opened, Unverified, verify};
pub use self::registry::Registry;
pub use self::rows::Seen;
pub use self::rule_places::RulePlaces;
pub use self::subject::{CheckerOptions, Mode, Part, Protocol, Subject};

use crate::document::{DocumentError, PolicyDocument};
use crate::facts::FactsError;
use crate::input::RowsError;
use crate::mistake::Mistakes;
use crate::model::ModelError;
use crate::plugins::{PluginError, Plugins};
use crate::report::BakedFrom;
use crate::rows::RowSourceError;
use crate::source::SourceError;

/// Why a job came to nothing. Whatever was judged has not passed.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum JudgeError {
    /// A file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A document cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Document(#[from] DocumentError),
    /// A file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
    /// A model cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// Evidence cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// A plugin could not be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plugin(#[from] PluginError),
    /// A plugin does not take its settings.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    /// A signature or a schema cannot be used.
    #[error("the {what} in `{file}` cannot be used: {message}")]
    Subject {
        /// `signature` or `schema`.
        what: &'static str,
        /// The file.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// The limits that were asked for do not fit the engine.
    #[error(transparent)]
    Limits(#[from] EngineError),
    /// A plugin failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A source of rows cannot be read to its end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    RowSource(#[from] RowSourceError),
    /// What the plugin judges is no rows.
    #[error(
        "a file of rows is no body, and with these settings `{plugin}` judges bodies, as the Open \
         Inference Protocol has them: give a request or an answer as JSON, or take MLflow's protocol"
    )]
    NotRows {
        /// The plugin, `name@version`.
        plugin: String,
    },
    /// The inputs of a policy cannot be read from rows.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(#[from] RowsError),
    /// Rows got no decisions.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Write(std::io::Error),
    /// What was baked is not a document.
    #[error("`{0}` was not made by `tollgate bake`: it holds no document")]
    NoDocument(String),
    /// The document in a baked component is not the one whose settings it says
    /// it has.
    #[error(
        "`{0}` was not made by `tollgate bake`: the settings of its document are not those it \
         says it was baked with"
    )]
    OtherSettings(String),
    /// What a baked component says of itself is not so.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unverified(#[from] Unverified),
}

impl JudgeError {
    /// What is wrong in a file, each mistake at its place.
    #[must_use]
    pub fn mistakes(&self) -> Option<&Mistakes> {
        match self {
            Self::Mistakes(mistakes)
            | Self::Document(DocumentError::Mistakes(mistakes))
            | Self::Model(
                ModelError::Mistakes(mistakes) | ModelError::Facts(FactsError::Mistakes(mistakes)),
            )
            | Self::Facts(FactsError::Mistakes(mistakes)) => Some(mistakes),
            _ => None,
        }
    }
}

/// Gives what a plugin finds wrong in a document's settings its places.
pub(crate) fn located(document: &PolicyDocument, error: ConfigureError) -> JudgeError {
    if let ConfigureError::Refused { findings, .. } = &error
        && let Some(mistakes) = document.settings_mistakes(findings)
    {
        return mistakes.into();
    }
    error.into()
}

/// What [`bake`] made.
#[derive(Debug, Clone)]
pub struct BakedDocument {
    /// The component.
    pub component: Vec<u8>,
    /// The plugin that it was made from.
    pub from: BakedFrom,
    /// What the plugin has to say of the settings.
    pub remarks: Vec<Finding>,
}

/// Freezes a document and its plugin into one component.
///
/// # Errors
/// When the document or its plugin cannot be used, or the plugin not frozen.
pub fn bake(plugins: &Plugins, path: &Path) -> Result<BakedDocument, JudgeError> {
    let opened = Opened::of_document(plugins, PolicyDocument::read(path)?)?;
    let remarks = opened.remarks()?;
    let (document, plugin) = opened.into_parts();
    let component = plugin
        .bake(document.settings(), &document.to_canonical_json())
        .map_err(|error| located(&document, error))?;
    let from = BakedFrom { digest: plugin.digest(), verified: true };
    Ok(BakedDocument { component, from, remarks })
}
