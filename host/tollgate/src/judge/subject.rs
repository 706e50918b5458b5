//! What payloads are held against, and how much of that is told.

use super::opened::Opened;
use crate::model::SignatureText;
use crate::plugins::MLFLOW_SIGNATURE;
use crate::rows::Judged;
use crate::source::Source;

/// What payloads are held against.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The signature of an MLflow model.
    Signature {
        /// The signature.
        signature: SignatureText,
        /// Which part of it the payload must honour.
        part: Part,
        /// Whether what MLflow changes without a word is refused.
        mode: Mode,
        /// What the payload is written in.
        protocol: Protocol,
    },
    /// A JSON Schema.
    Schema {
        /// The schema, as JSON or YAML.
        schema: Source,
        /// The schemas that it refers to, by URI.
        resources: Vec<(String, Source)>,
        /// Whether `format` is a rule where the draft makes it a remark.
        formats: bool,
        /// Whether to refuse a schema with keywords that its draft does not
        /// know, or that nothing can break.
        strict: bool,
    },
    /// A policy document of a signature plugin, whoever wrote it: its settings
    /// say the rest.
    Document(Box<Opened>),
}

impl Subject {
    /// How rows of files are judged: the records of a frame together, the
    /// instances of a schema and the payloads of other plugins each by itself.
    #[must_use]
    pub fn judged(&self) -> Judged {
        match self {
            Self::Signature { .. } => Judged::Together,
            Self::Schema { .. } => Judged::Apart,
            // Contract 1.0.0 has no word for it, and one plugin knows frames.
            Self::Document(opened) if opened.plugin().info().name == MLFLOW_SIGNATURE => {
                Judged::Together
            }
            Self::Document(_) => Judged::Apart,
        }
    }
}

/// A part of a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// What the model takes: the payload is a request.
    #[default]
    Inputs,
    /// What it gives: the payload is the answer of its scoring server.
    Outputs,
}

impl Part {
    /// Its name in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
        }
    }
}

/// What a signature's plugin refuses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Also what MLflow would change silently.
    #[default]
    Strict,
    /// What MLflow refuses.
    Mlflow,
}

impl Mode {
    /// Its name in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Mlflow => "mlflow",
        }
    }
}

/// What requests and answers are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// That of MLflow's own scoring server.
    #[default]
    Mlflow,
    /// The Open Inference Protocol v2.
    Oip,
}

impl Protocol {
    /// Its name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlflow => "mlflow",
            Self::Oip => "oip",
        }
    }
}

/// How much a [`Checker`](super::Checker) of a signature or schema tells, and
/// lets pass. A document's settings say that themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reporting {
    /// At most so many findings of one payload.
    pub max_findings: u32,
    /// A payload without rows is as it should be.
    pub allow_empty: bool,
}

impl Default for Reporting {
    fn default() -> Self {
        Self { max_findings: 100, allow_empty: false }
    }
}

/// More findings than one batch can have by different rules and columns.
const BATCH_FINDINGS: u32 = 10_000;

impl Reporting {
    /// What a [`Checker`](super::Checker) of many rows is opened with: all that
    /// a batch can have is told, and
    /// [`check_rows`](super::Checker::check_rows) merges all batches before it
    /// leaves any of it out.
    #[must_use]
    pub fn of_batches(self) -> Self {
        Self { max_findings: BATCH_FINDINGS, ..self }
    }
}
