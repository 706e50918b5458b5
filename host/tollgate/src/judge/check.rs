//! Does this payload honour its signature?

use std::path::Path;

use tollgate_engine::types::Outcome;

use super::JudgeError;
use super::checker::{Checker, Part, Protocol, Reporting, Subject};
use super::rows::{self, Seen};
use crate::frames::{self, Payload, PayloadFormat};
use crate::plugins::Plugins;
use crate::report::{CheckReport, FindingReport, PluginReport, worst};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// What the payload must honour.
    pub subject: &'a Subject,
    /// The body of a request, or of the answer to one, or a file of rows; none
    /// to look at the subject alone.
    pub payload: Option<&'a Path>,
    /// What the payload is.
    pub payload_format: PayloadFormat,
    /// How much is told, and what passes.
    pub reporting: Reporting,
    /// Leave the payload's values out of the report.
    pub hide_values: bool,
}

/// More findings than one batch can have by different rules and columns.
const BATCH_FINDINGS: u32 = 10_000;

/// Checks a payload, and tells `watch` how far it is while it judges a file of
/// rows.
///
/// # Errors
/// When a file cannot be read, the subject cannot be used, or the plugin
/// fails. A bad payload is findings, not an error.
pub fn check(
    plugins: &Plugins,
    what: &Check<'_>,
    watch: &mut dyn FnMut(Seen),
) -> Result<CheckReport, JudgeError> {
    let open = |path| frames::open(path, what.payload_format, what.subject.judged());
    let payload = what.payload.map(open).transpose()?;
    let Reporting { max_findings, allow_empty } = what.reporting;
    // Of a file's batches all are merged before any are left out.
    let of_plugin = match &payload {
        Some(Payload::Frames(_)) => Reporting { max_findings: BATCH_FINDINGS, allow_empty },
        _ => what.reporting,
    };
    let checker = Checker::new(plugins, what.subject, of_plugin)?;
    let (part, mode) = match what.subject {
        Subject::Signature { part, mode, .. } => (Some(*part), Some(mode.name())),
        Subject::Schema { .. } | Subject::Document(_) => (None, None),
    };
    let most = usize::try_from(max_findings).unwrap_or(usize::MAX);
    let mut rest = 0;
    let mut file = None;
    let mut verdict = Outcome::Pass;
    let mut findings: Vec<FindingReport> = match payload {
        Some(Payload::Frames(frames)) => {
            if part == Some(Part::Outputs) && frames.format == frames::Format::Jsonl {
                return Err(JudgeError::LinesOfOutputs);
            }
            if matches!(what.subject, Subject::Signature { protocol: Protocol::Oip, .. }) {
                return Err(JudgeError::RowsOfOip);
            }
            let (merged, report) =
                rows::rows(checker.signature(), frames, most, allow_empty, watch)?;
            (rest, file, verdict) = (merged.rest, Some(report), merged.worst);
            merged.findings
        }
        Some(Payload::Request(body)) => {
            checker.check(&body)?.findings.into_iter().map(FindingReport::from).collect()
        }
        // What is to be said of the schema itself comes with no rows, too.
        None if matches!(what.subject, Subject::Schema { .. }) => {
            let remarks = checker.signature().check_columns(0, &[])?;
            remarks.into_iter().map(FindingReport::from).collect()
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
        verdict: worst(&findings).max(verdict),
        signature: checker.source().to_owned(),
        payload: what.payload.map(|path| path.display().to_string()),
        part: part.map(Part::name),
        mode,
        findings,
        more_findings: rest,
        rows: file,
        plugin: PluginReport::from(checker.plugin()),
    })
}
