//! What payloads are held against, and how much of that is told.

use tollgate_engine::Limits;

use super::opened::Opened;
use crate::model::SignatureText;
use crate::plugins::{MLFLOW_SIGNATURE, OIP_SIGNATURE};
use crate::source::Source;

/// What payloads are held against.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// The plugin that knows it.
    pub(super) fn plugin(self) -> &'static str {
        match self {
            Self::Mlflow => MLFLOW_SIGNATURE,
            Self::Oip => OIP_SIGNATURE,
        }
    }
}

/// How much a [`Checker`](super::Checker) tells, lets pass and may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckerOptions {
    /// At most so many findings of one payload. For a single payload a
    /// document's settings say that themselves.
    pub max_findings: u32,
    /// A payload without rows is as it should be. For a single payload a
    /// document's settings say that themselves.
    pub allow_empty: bool,
    /// Limits and a bulkhead for this checker alone; none for those of the
    /// engine, or of the opened document.
    pub limits: Option<Limits>,
}

impl Default for CheckerOptions {
    fn default() -> Self {
        Self { max_findings: 100, allow_empty: false, limits: None }
    }
}

/// More findings than one batch can have by different rules and columns.
const BATCH_FINDINGS: u32 = 10_000;

impl CheckerOptions {
    /// What a [`Checker`](super::Checker) of many rows is opened with: all that
    /// a batch can have is told, and
    /// [`check_rows`](super::Checker::check_rows) merges all batches before it
    /// leaves any of it out.
    #[must_use]
    pub fn of_batches(self) -> Self {
        Self { max_findings: BATCH_FINDINGS, ..self }
    }
}
