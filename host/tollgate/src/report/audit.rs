//! What a whole registry comes to. It keeps what is wrong and counts what
//! passes, since there may be thousands of models.

use serde::{Serialize, Serializer};
use tollgate_engine::types::Outcome;

use super::{FindingReport, ProfileReport};

/// What a registry comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditReport {
    /// The worst outcome; none, `error` in JSON, where something could not be
    /// judged because something is wrong.
    #[serde(serialize_with = "verdict")]
    pub verdict: Option<Outcome>,
    /// As of when it was judged, RFC 3339.
    pub as_of: String,
    /// How many models came out how.
    pub counts: AuditCounts,
    /// The models, by name.
    pub models: Vec<AuditedModel>,
}

/// How many models came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AuditCounts {
    /// All of them.
    pub models: u64,
    /// The versions that were judged.
    pub versions: u64,
    /// Models of which each version passed.
    pub passed: u64,
    /// Models with warnings.
    pub warned: u64,
    /// Models that cannot be judged.
    pub inconclusive: u64,
    /// Models of which a version failed.
    pub failed: u64,
    /// Models that could not be read.
    pub errors: u64,
}

impl AuditCounts {
    /// Counts one more model.
    pub fn add(&mut self, model: &AuditedModel) {
        self.models += 1;
        self.versions += model.versions.iter().filter(|it| it.judged_for.is_some()).count() as u64;
        *match model.verdict {
            Some(Outcome::Pass) => &mut self.passed,
            Some(Outcome::Warn) => &mut self.warned,
            Some(Outcome::Inconclusive) => &mut self.inconclusive,
            Some(Outcome::Fail) => &mut self.failed,
            None => &mut self.errors,
        } += 1;
    }

    /// The worst outcome, none where a model could not be read. What judged
    /// nothing has not passed.
    #[must_use]
    pub fn verdict(&self) -> Option<Outcome> {
        match self {
            Self { errors: 1.., .. } => None,
            Self { failed: 1.., .. } => Some(Outcome::Fail),
            Self { inconclusive: 1.., .. } | Self { models: 0, .. } => Some(Outcome::Inconclusive),
            Self { warned: 1.., .. } => Some(Outcome::Warn),
            _ => Some(Outcome::Pass),
        }
    }
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedModel {
    /// Its name.
    pub name: String,
    /// The worst outcome of its versions; none, `error` in JSON, where it could
    /// not be read.
    #[serde(serialize_with = "verdict")]
    pub verdict: Option<Outcome>,
    /// Why it could not be read or judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The versions that were looked at, the newest first.
    pub versions: Vec<AuditedVersion>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedVersion {
    /// Its number.
    pub version: u64,
    /// Its stage, by its aliases or else the registry's own.
    pub stage: String,
    /// The aliases that name it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The stage whose gates judged it; none where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_for: Option<String>,
    /// The version that it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub champion: Option<u64>,
    /// The worst outcome; none, `error` in JSON, where it could not be judged.
    #[serde(serialize_with = "verdict")]
    pub verdict: Option<Outcome>,
    /// Why it could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What sources of evidence did not say, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How many findings passed.
    pub passed: u64,
    /// The profiles that found something wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<AuditedProfile>,
}

/// What a profile found wrong with a version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedProfile {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file.
    pub document: String,
    /// The worst outcome.
    #[serde(serialize_with = "super::outcome")]
    pub verdict: Outcome,
    /// What did not pass.
    pub findings: Vec<FindingReport>,
}

impl From<ProfileReport> for AuditedProfile {
    /// What passed is left out; the facts stay behind.
    fn from(report: ProfileReport) -> Self {
        let ProfileReport { name, version, document, verdict, findings, .. } = report;
        let wrong = findings.into_iter().filter(|finding| finding.outcome > Outcome::Pass);
        let findings = wrong.map(|finding| FindingReport { facts: Vec::new(), ..finding });
        Self { name, version, document, verdict, findings: findings.collect() }
    }
}

fn verdict<S: Serializer>(verdict: &Option<Outcome>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.map_or("error", Outcome::name))
}
