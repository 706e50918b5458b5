//! What a payload is held against: a model's signature or a JSON Schema.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tollgate_engine::types::Finding;
use tollgate_engine::{ConfigureError, Plugin, Signature};

use super::JudgeError;
use crate::canonical;
use crate::mistake::{Mistake, Mistakes};
use crate::model;
use crate::plugins::{JSON_SCHEMA, MLFLOW_SIGNATURE, Plugins};
use crate::source::{self, Source};
use crate::tree::{Node, NonFinite};

/// A contract that payloads must honour.
#[derive(Debug, Clone, Copy)]
pub enum Contract<'a> {
    /// The signature of an MLflow model.
    Mlflow {
        /// An MLmodel file, a model's folder, or a JSON file.
        signature: &'a Path,
        /// Which part of the signature the payload must honour.
        part: Part,
        /// `strict` or `mlflow`.
        mode: &'static str,
        /// What the payload is written in.
        protocol: Protocol,
    },
    /// A JSON Schema.
    JsonSchema {
        /// The schema, as JSON or YAML.
        schema: &'a Path,
        /// The schemas that it refers to, by URI.
        resources: &'a [(String, PathBuf)],
        /// Whether `format` is a rule where the draft makes it a remark.
        formats: bool,
        /// Whether to refuse a schema with keywords that its draft does not
        /// know, or that nothing can break.
        strict: bool,
    },
}

/// A part of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the model takes: the payload is a request.
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

/// A contract that payloads can be held against.
pub(super) struct Opened {
    pub(super) plugin: Plugin,
    pub(super) checker: Signature,
    /// The file of the contract.
    pub(super) source: String,
}

impl Contract<'_> {
    /// Reads the contract and configures the plugin that knows its kind.
    pub(super) fn open(
        &self,
        plugins: &Plugins,
        max_findings: u32,
        allow_empty: bool,
    ) -> Result<Opened, JudgeError> {
        match *self {
            Self::Mlflow { signature, part, mode, protocol } => {
                let signature = model::read_signature(signature)?;
                let plugin = plugins.built_in(MLFLOW_SIGNATURE)?;
                let settings = canonical::to_text(&json!({
                    "signature": signature.value,
                    "mode": mode,
                    "part": part.name(),
                    "protocol": protocol.name(),
                    "max_findings": max_findings,
                    "allow_empty": allow_empty,
                }));
                let checker = plugin.signature(Some(&settings)).map_err(|error| match error {
                    ConfigureError::Refused { findings, .. } => {
                        unusable("signature", &signature.source, &findings)
                    }
                    error => error.into(),
                })?;
                Ok(Opened { plugin, checker, source: signature.source })
            }
            Self::JsonSchema { schema, resources, formats, strict } => {
                let source = Source::read(schema, source::Content::Model)?;
                let plugin = plugins.built_in(JSON_SCHEMA)?;
                let mut settings = Map::new();
                settings.insert("schema".to_owned(), schema_value(&source)?);
                settings.insert("max_findings".to_owned(), max_findings.into());
                if formats {
                    settings.insert("formats".to_owned(), true.into());
                }
                if strict {
                    settings.insert("strict_schema".to_owned(), true.into());
                }
                let mut others = Map::new();
                for (uri, path) in resources {
                    let source = Source::read(path, source::Content::Model)?;
                    others.insert(uri.clone(), schema_value(&source)?);
                }
                settings.insert("resources".to_owned(), others.into());
                let settings = canonical::to_text(&settings.into());
                let checker = plugin.signature(Some(&settings)).map_err(|error| match error {
                    ConfigureError::Refused { findings, .. } => located(&source, &findings),
                    error => error.into(),
                })?;
                Ok(Opened { plugin, checker, source: source.name().to_owned() })
            }
        }
    }
}

/// A schema for the plugin's settings: JSON as the text that it is, so that
/// numbers keep their digits.
fn schema_value(source: &Source) -> Result<Value, JudgeError> {
    if source.name().ends_with(".yaml") || source.name().ends_with(".yml") {
        let tree = Node::parse_yaml(source, NonFinite::Refused).map_err(Mistakes::from)?;
        return Ok(tree.to_json());
    }
    Ok(source.text().into())
}

/// What is wrong with a schema, at its lines where they can be found.
fn located(source: &Source, findings: &[Finding]) -> JudgeError {
    let tree = match Node::parse(source, NonFinite::Refused) {
        Ok(tree) => tree,
        // It is no JSON, and this says where.
        Err(mistake) => return Mistakes::from(mistake).into(),
    };
    let places: Option<Vec<&str>> = findings
        .iter()
        .map(|finding| finding.pointer.as_deref()?.strip_prefix("/schema"))
        .collect();
    if let Some(places) = places {
        let mistakes = findings.iter().zip(places).map(|(finding, place)| {
            Mistake::new(source, tree.nearest(place).span(), finding.message.clone()).maybe_suggest(
                finding.expected.as_ref().map(|expected| format!("expected {expected}")),
            )
        });
        if let Some(mistakes) = Mistakes::collect(mistakes.collect()) {
            return mistakes.into();
        }
    }
    unusable("schema", source.name(), findings)
}

fn unusable(what: &'static str, file: &str, findings: &[Finding]) -> JudgeError {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    JudgeError::Contract { what, file: file.to_owned(), message: messages.join("; ") }
}
