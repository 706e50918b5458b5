//! Does this payload honour its contract?

use std::path::Path;

use tollgate_engine::types::Outcome;

use super::JudgeError;
use super::contract::{Contract, Opened, Part, Protocol};
use super::rows::{self, Seen};
use crate::frames::{self, Judged, Payload, PayloadFormat};
use crate::plugins::Plugins;
use crate::report::{CheckReport, FindingReport, PluginReport, worst};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// What the payload must honour.
    pub contract: Contract<'a>,
    /// The body of a request, or of the answer to one, or a file of rows; none
    /// to look at the contract alone.
    pub payload: Option<&'a Path>,
    /// What the payload is.
    pub payload_format: PayloadFormat,
    /// At most so many findings.
    pub max_findings: u32,
    /// Leave the payload's values out of the report.
    pub hide_values: bool,
    /// A file or a request without rows is as it should be.
    pub allow_empty: bool,
}

/// More findings than one batch can have by different rules and columns.
const BATCH_FINDINGS: u32 = 10_000;

/// Checks a payload.
///
/// # Errors
/// When a file cannot be read, the contract cannot be used, or the plugin
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
    // A schema is about one instance: in a file of rows that is the row.
    let judged = match what.contract {
        Contract::Mlflow { .. } => Judged::Together,
        Contract::JsonSchema { .. } => Judged::Apart,
    };
    let open = |path| frames::open(path, what.payload_format, judged);
    let payload = what.payload.map(open).transpose()?;
    // Of a file's batches all are merged before any are left out.
    let max_findings = match &payload {
        Some(Payload::Frames(_)) => BATCH_FINDINGS,
        _ => what.max_findings,
    };
    let Opened { plugin, checker, source } =
        what.contract.open(plugins, max_findings, what.allow_empty)?;
    let (part, mode) = match what.contract {
        Contract::Mlflow { part, mode, .. } => (Some(part), Some(mode)),
        Contract::JsonSchema { .. } => (None, None),
    };
    let most = usize::try_from(what.max_findings).unwrap_or(usize::MAX);
    let mut rest = 0;
    let mut file = None;
    let mut verdict = Outcome::Pass;
    let mut findings: Vec<FindingReport> = match payload {
        Some(Payload::Frames(frames)) => {
            if part == Some(Part::Outputs) && frames.format == frames::Format::Jsonl {
                return Err(JudgeError::LinesOfOutputs);
            }
            if matches!(what.contract, Contract::Mlflow { protocol: Protocol::Oip, .. }) {
                return Err(JudgeError::RowsOfOip);
            }
            let (merged, report) = rows::rows(&checker, frames, most, what.allow_empty, watch)?;
            (rest, file, verdict) = (merged.rest, Some(report), merged.worst);
            merged.findings
        }
        Some(Payload::Request(body)) => {
            checker.check(&body)?.into_iter().map(FindingReport::from).collect()
        }
        // What is to be said of the schema itself comes with no rows, too.
        None if part.is_none() => {
            checker.check_columns(0, &[])?.into_iter().map(FindingReport::from).collect()
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
        signature: source,
        payload: what.payload.map(|path| path.display().to_string()),
        part: part.map(Part::name),
        mode,
        findings,
        more_findings: rest,
        rows: file,
        plugin: PluginReport::from(&plugin),
    })
}
