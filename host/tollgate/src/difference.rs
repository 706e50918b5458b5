//! A policy document or gate profile beside the one that it replaces: what is
//! written differently, and what comes out differently where both judge the
//! same rows or the same evidence.

mod changes;
mod decisions;
mod gates;

use serde::{Serialize, Serializer};
use tollgate_engine::types::Outcome;

pub use self::changes::{Change, changes};
pub use self::decisions::{
    DecisionDifferences, Direction, Example, ReasonChange, ScoreRange, Taken, Transition, decisions,
};
pub use self::gates::{
    Evidenced, GateChange, GateDifferences, Judged, RuleChange, Verdict, compare as gates,
};
use crate::judge::Opened;
use crate::report::PluginReport;

/// What a change of a document changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DifferenceReport {
    /// `pass`: nothing comes out differently. `warn`: something does, `fail`
    /// where that was not to be. `inconclusive`: nothing was compared, or not
    /// all and the rest is the same.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// The document as it is.
    pub old: Side,
    /// The document that is to replace it.
    pub new: Side,
    /// What is written differently, in the order of the new document.
    pub changes: Vec<Change>,
    /// What a reviewer should ask about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What becomes of rows that were decided on; of a policy, where it was
    /// asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<DecisionDifferences>,
    /// What becomes of versions that were judged; of a gate profile, where it
    /// was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<GateDifferences>,
}

/// One of the two documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The file.
    pub file: String,
    /// The document's name.
    pub name: String,
    /// The document's version.
    pub version: String,
    /// Who judges by it.
    pub plugin: PluginReport,
}

impl From<&Opened> for Side {
    fn from(opened: &Opened) -> Self {
        let document = opened.document();
        Self {
            file: opened.file().to_owned(),
            name: document.name.clone(),
            version: document.version.to_string(),
            plugin: PluginReport::from(opened.plugin()),
        }
    }
}

impl DifferenceReport {
    /// Two documents, as they are written.
    #[must_use]
    pub fn of(old: &Opened, new: &Opened) -> Self {
        let changes = changes(old.document(), new.document());
        let (old, new) = (Side::from(old), Side::from(new));
        let mut report = Self {
            verdict: Outcome::Pass,
            remarks: remarks(&old, &new, &changes),
            old,
            new,
            changes,
            decisions: None,
            gates: None,
        };
        report.verdict = report.of_documents();
        report
    }

    /// The same with what becomes of decisions.
    #[must_use]
    pub fn with_decisions(self, decisions: DecisionDifferences) -> Self {
        Self { verdict: decisions.verdict(), decisions: Some(decisions), ..self }
    }

    /// The same with what becomes of verdicts.
    #[must_use]
    pub fn with_gates(self, gates: GateDifferences) -> Self {
        Self { verdict: gates.verdict(), gates: Some(gates), ..self }
    }

    /// The same where nothing was to come out differently.
    #[must_use]
    pub fn where_no_change_passes(self) -> Self {
        let verdict = if self.verdict == Outcome::Warn { Outcome::Fail } else { self.verdict };
        Self { verdict, ..self }
    }

    /// Whether something was judged by both, and not the documents alone
    /// compared.
    #[must_use]
    pub fn has_judged(&self) -> bool {
        self.decisions.is_some() || self.gates.is_some()
    }

    /// The line of the new document that the first change is at, from 1: that
    /// of a setting, where one changes.
    #[must_use]
    pub fn first_line(&self) -> Option<u64> {
        let settings = self.changes.iter().filter(|change| change.setting().is_some());
        let first = settings.filter_map(|change| change.line).min();
        first.or_else(|| self.changes.iter().filter_map(|change| change.line).min())
    }

    /// Where nothing else is known: other words may be other answers.
    fn of_documents(&self) -> Outcome {
        let same_plugin = self.old.plugin.digest == self.new.plugin.digest;
        if self.changes.is_empty() && same_plugin { Outcome::Pass } else { Outcome::Warn }
    }
}

fn remarks(old: &Side, new: &Side, changes: &[Change]) -> Vec<String> {
    let mut remarks = Vec::new();
    if old.name != new.name {
        remarks.push(format!(
            "the document is called `{}` and was called `{}`: these may be two policies, and not \
             two versions of one",
            new.name, old.name
        ));
    }
    // Who wrote it and what it is about decides nothing.
    let words = ["/name", "/version", "/owner", "/summary"];
    let judges = |change: &&Change| !words.contains(&change.pointer.as_str());
    if old.version == new.version && changes.iter().any(|change| judges(&change)) {
        remarks.push(format!(
            "it judges by something else and is still version {}: whoever reads the version of a \
             decision cannot tell the two apart; raise it and add a line to `changelog`",
            new.version
        ));
    }
    if old.plugin.digest != new.plugin.digest {
        remarks.push(format!(
            "another plugin judges: {} {} instead of {} {}",
            new.plugin.name, new.plugin.version, old.plugin.name, old.plugin.version
        ));
    }
    remarks
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.name())
}
