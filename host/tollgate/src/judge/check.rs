//! Does this payload honour the model's signature?

use std::path::Path;

use serde_json::json;
use tollgate_engine::ConfigureError;
use tollgate_engine::types::Outcome;

use super::JudgeError;
use crate::canonical;
use crate::model;
use crate::plugins::{MLFLOW_SIGNATURE, Plugins};
use crate::report::{CheckReport, FindingReport, PluginReport, worst};
use crate::source::{self, Content, SourceError};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// An MLmodel file, a model's folder, or a JSON file.
    pub signature: &'a Path,
    /// The body of a request, or of the answer to one; none to look at the
    /// signature alone.
    pub payload: Option<&'a Path>,
    /// Which part of the signature the payload must honour.
    pub part: Part,
    /// `strict` or `mlflow`.
    pub mode: &'static str,
    /// At most so many findings.
    pub max_findings: u32,
    /// Leave the payload's values out of the report.
    pub hide_values: bool,
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

/// Checks a payload.
///
/// # Errors
/// When a file cannot be read, the signature cannot be used, or the plugin
/// fails. A bad payload is findings, not an error.
pub fn check(plugins: &Plugins, what: &Check<'_>) -> Result<CheckReport, JudgeError> {
    let signature = model::read_signature(what.signature)?;
    let plugin = plugins.built_in(MLFLOW_SIGNATURE)?;
    let settings = canonical::to_text(&json!({
        "signature": signature.value,
        "mode": what.mode,
        "part": what.part.name(),
        "max_findings": what.max_findings,
    }));
    let checker = plugin.signature(Some(&settings)).map_err(|error| match error {
        ConfigureError::Refused { findings, .. } => JudgeError::Signature {
            file: signature.source.clone(),
            message: findings
                .iter()
                .map(|finding| finding.message.as_str())
                .collect::<Vec<_>>()
                .join("; "),
        },
        error => error.into(),
    })?;
    let findings = match what.payload {
        Some(payload) => checker.check(&read_payload(payload)?)?,
        None => Vec::new(),
    };
    let findings: Vec<FindingReport> = findings
        .into_iter()
        .map(|finding| {
            let mut finding = FindingReport::from(finding);
            if what.hide_values {
                finding.actual = None;
            }
            finding
        })
        .collect();
    Ok(CheckReport {
        command: "check",
        verdict: worst(&findings).max(Outcome::Pass),
        signature: signature.source,
        payload: what.payload.map(|path| path.display().to_string()),
        part: what.part.name(),
        mode: what.mode,
        findings,
        plugin: PluginReport::from(&plugin),
    })
}

/// An empty body is a payload, and a bad one: the plugin says so.
fn read_payload(path: &Path) -> Result<Vec<u8>, SourceError> {
    match source::read_bytes(path, Content::Payload) {
        Err(SourceError::Empty(_)) => Ok(Vec::new()),
        read => read,
    }
}
