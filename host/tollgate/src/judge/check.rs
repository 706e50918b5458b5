//! Does this payload honour the model's signature?

use std::path::Path;

use serde_json::json;
use tollgate_engine::ConfigureError;
use tollgate_engine::types::Outcome;

use super::JudgeError;
use super::rows::{self, Seen};
use crate::canonical;
use crate::frames::{self, Payload, PayloadFormat};
use crate::model;
use crate::plugins::{MLFLOW_SIGNATURE, Plugins};
use crate::report::{CheckReport, FindingReport, PluginReport, worst};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// An MLmodel file, a model's folder, or a JSON file.
    pub signature: &'a Path,
    /// The body of a request, or of the answer to one, or a file of rows; none
    /// to look at the signature alone.
    pub payload: Option<&'a Path>,
    /// Which part of the signature the payload must honour.
    pub part: Part,
    /// What the payload is.
    pub payload_format: PayloadFormat,
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
/// More findings than one batch can have by different rules and columns.
const BATCH_FINDINGS: u32 = 10_000;

/// Checks a payload.
///
/// # Errors
/// When a file cannot be read, the signature cannot be used, or the plugin
/// fails. A bad payload is findings, not an error.
pub fn check(plugins: &Plugins, what: &Check<'_>) -> Result<CheckReport, JudgeError> {
    check_watched(plugins, what, &mut |_| {})
}

/// [`check`], and tells how far it is while it judges a file of rows.
///
/// # Errors
/// As [`check`].
pub fn check_watched(
    plugins: &Plugins,
    what: &Check<'_>,
    watch: &mut dyn FnMut(Seen),
) -> Result<CheckReport, JudgeError> {
    let signature = model::read_signature(what.signature)?;
    let payload = what.payload.map(|path| frames::open(path, what.payload_format)).transpose()?;
    // Of a file's batches all are merged before any are left out.
    let max_findings = match &payload {
        Some(Payload::Frames(_)) => BATCH_FINDINGS,
        _ => what.max_findings,
    };
    let plugin = plugins.built_in(MLFLOW_SIGNATURE)?;
    let settings = canonical::to_text(&json!({
        "signature": signature.value,
        "mode": what.mode,
        "part": what.part.name(),
        "max_findings": max_findings,
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
    let most = usize::try_from(what.max_findings).unwrap_or(usize::MAX);
    let mut rest = 0;
    let mut file = None;
    let mut verdict = Outcome::Pass;
    let mut findings: Vec<FindingReport> = match payload {
        Some(Payload::Frames(frames)) => {
            if what.part == Part::Outputs && frames.format == frames::Format::Jsonl {
                return Err(JudgeError::LinesOfOutputs);
            }
            let (merged, report) = rows::rows(&checker, frames, most, watch)?;
            (rest, file, verdict) = (merged.rest, Some(report), merged.worst);
            merged.findings
        }
        Some(Payload::Request(body)) => {
            checker.check(&body)?.into_iter().map(FindingReport::from).collect()
        }
        None => Vec::new(),
    };
    if what.hide_values {
        for finding in &mut findings {
            finding.actual = None;
            finding.places.iter_mut().for_each(|place| place.value = None);
        }
    }
    Ok(CheckReport {
        command: "check",
        verdict: worst(&findings).max(verdict),
        signature: signature.source,
        payload: what.payload.map(|path| path.display().to_string()),
        part: what.part.name(),
        mode: what.mode,
        findings,
        more_findings: rest,
        rows: file,
        plugin: PluginReport::from(&plugin),
    })
}
