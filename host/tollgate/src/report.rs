//! What a job comes to: reports for people and programs.
//!
//! `schemas/report.schema.json` describes them as JSON; keys keep their order.

mod audit;

use serde::{Serialize, Serializer};
use tollgate_engine::types::{Fact, FactValue, Finding, Outcome};
use tollgate_engine::{Digest, Plugin};

pub use self::audit::{AuditCounts, AuditReport, AuditedModel, AuditedProfile, AuditedVersion};

/// The JSON Schema of the reports.
pub const REPORT_SCHEMA: &str = include_str!("../schemas/report.schema.json");

/// The worst outcome; pass when there are no findings.
#[must_use]
pub fn worst<'a>(findings: impl IntoIterator<Item = &'a FindingReport>) -> Outcome {
    findings.into_iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingReport {
    /// The rule's id.
    pub rule: String,
    /// How it came out.
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
    /// One sentence.
    pub message: String,
    /// An RFC 6901 pointer into what was judged; of a gate's finding, into the
    /// settings of the profile, where the plugin says which rule it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Of a gate's finding, the line of the profile's document that the rule
    /// begins at, from 1, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// How many places share the fault, when more than one.
    #[serde(skip_serializing_if = "is_one")]
    pub occurrences: u32,
    /// The evidence, as indices into the report's `facts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<u32>,
    /// In a file of rows, the column that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// In a file of rows, the first places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceReport>,
}

impl FindingReport {
    /// A finding that has no place.
    #[must_use]
    pub fn new(rule: &str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            outcome,
            message: message.into(),
            pointer: None,
            line: None,
            expected: None,
            actual: None,
            occurrences: 1,
            facts: Vec::new(),
            column: None,
            places: Vec::new(),
        }
    }
}

/// Where in a file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceReport {
    /// The row, counted from 1 as people count; a header is no row.
    pub row: u64,
    /// The line that the row begins at, from 1, where the file has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl From<Finding> for FindingReport {
    fn from(finding: Finding) -> Self {
        let Finding {
            rule, outcome, message, pointer, expected, actual, facts, occurrences, ..
        } = finding;
        // An empty pointer says no more than none.
        let pointer = pointer.filter(|pointer| !pointer.is_empty());
        Self { pointer, expected, actual, occurrences, facts, ..Self::new(&rule, outcome, message) }
    }
}

/// Which plugin judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginReport {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the contract that it was built for.
    pub contract: &'static str,
    /// The digest of the bytes that ran.
    #[serde(serialize_with = "display")]
    pub digest: Digest,
    /// The plugin that a baked component says it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baked_from: Option<BakedFrom>,
}

/// The plugin that a baked component says it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BakedFrom {
    /// The digest of that plugin's bytes.
    #[serde(serialize_with = "display")]
    pub digest: Digest,
    /// Whether baking again gave the same bytes. Without that it is a claim
    /// that anyone can write into a component.
    pub verified: bool,
}

impl BakedFrom {
    /// What a component claims; none when it is not baked.
    #[must_use]
    pub fn claimed(plugin: &Plugin) -> Option<Self> {
        plugin.baked().map(|baked| Self { digest: baked.plugin, verified: false })
    }
}

impl From<&Plugin> for PluginReport {
    fn from(plugin: &Plugin) -> Self {
        Self {
            name: plugin.info().name.clone(),
            version: plugin.info().version.clone(),
            contract: plugin.contract(),
            digest: plugin.digest(),
            baked_from: BakedFrom::claimed(plugin),
        }
    }
}

/// Whether a payload honours a signature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckReport {
    /// The worst outcome.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// The file of the signature.
    pub signature: String,
    /// The file of the payload; none when only the signature was checked.
    pub payload: Option<String>,
    /// `inputs` or `outputs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// `strict` or `mlflow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// What was found, as the plugin orders it.
    pub findings: Vec<FindingReport>,
    /// How many findings more there were than were asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_findings: u64,
    /// The file of rows; none when the payload is a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsReport>,
    /// Who judged.
    pub plugin: PluginReport,
}

impl CheckReport {
    /// Leaves the payload's values out.
    pub fn hide_values(&mut self) {
        for finding in &mut self.findings {
            finding.actual = None;
            finding.places.iter_mut().for_each(|place| place.value = None);
        }
    }
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowsReport {
    /// `csv`, `jsonl`, `parquet` or `arrow`.
    pub format: &'static str,
    /// How many rows there are, those that could not be read included.
    pub count: u64,
    /// How many rows could not be read.
    pub unread: u64,
    /// In how many batches they were judged.
    pub batches: u64,
    /// Its columns, in order; of JSON lines those with findings.
    pub columns: Vec<ColumnReport>,
}

/// One column of a file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnReport {
    /// Its name.
    pub name: String,
    /// Its type, in NumPy's and pandas' words; `csv` where the file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
    /// How many of its cells failed.
    pub failed: u64,
    /// How many of its cells have a warning.
    pub warned: u64,
}

/// Whether a model version may move on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateReport {
    /// The worst outcome of all profiles.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// The version that wants to move on.
    pub candidate: String,
    /// The version it was compared with.
    pub champion: Option<String>,
    /// As of when it was judged, RFC 3339 in UTC.
    pub as_of: String,
    /// What an approval of this is bound to.
    pub digests: GateDigests,
    /// Which documents said where evidence is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<ConfigurationReport>,
    /// One a profile, in the order they were given.
    pub profiles: Vec<ProfileReport>,
    /// All the evidence.
    pub facts: Vec<FactReport>,
}

/// A document beside the profiles that says where evidence comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigurationReport {
    /// `sources` or `approvals`.
    pub kind: String,
    /// The file, as the user or a profile named it.
    pub document: String,
    /// Its digest, which anybody can take: `sha256sum sources.yaml`.
    pub digest: String,
}

/// What an approval of a gate's report is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateDigests {
    /// Of the candidate: its name, version, run, location and `MLmodel`.
    #[serde(serialize_with = "display")]
    pub model: Digest,
    /// Of the profiles and the plugins that judged.
    #[serde(serialize_with = "display")]
    pub policy: Digest,
    /// Of what they found: rules, outcomes, values expected and seen. The time
    /// and the words are no part of it.
    #[serde(serialize_with = "display")]
    pub report: Digest,
}

impl GateDigests {
    /// Of a version's digest, and what all profiles but that of approvals
    /// found.
    pub(crate) fn of(model: Digest, profiles: &[ProfileReport]) -> Self {
        let report: Vec<_> = profiles
            .iter()
            .map(|it| {
                let findings = it.findings.iter().map(|finding| {
                    serde_json::json!([
                        finding.rule,
                        finding.outcome.name(),
                        finding.expected,
                        finding.actual,
                    ])
                });
                serde_json::json!([it.name, findings.collect::<Vec<_>>()])
            })
            .collect();
        let report = Digest::of(crate::canonical::to_text(&report.into()).as_bytes());
        Self { model, policy: policy_digest(profiles.iter().map(ProfileReport::identity)), report }
    }
}

/// The digest of profiles and the plugins that judge by them.
pub(crate) fn policy_digest(profiles: impl Iterator<Item = [String; 4]>) -> Digest {
    let profiles: serde_json::Value = profiles.map(|it| serde_json::json!(it)).collect();
    Digest::of(crate::canonical::to_text(&profiles).as_bytes())
}

impl ProfileReport {
    /// What a policy digest takes in of it.
    pub(crate) fn identity(&self) -> [String; 4] {
        [
            self.name.clone(),
            self.version.clone(),
            self.settings.to_string(),
            self.plugin.digest.to_string(),
        ]
    }
}

/// What one profile comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileReport {
    /// The profile's name.
    pub name: String,
    /// The profile's version.
    pub version: String,
    /// The file that it was read from.
    pub document: String,
    /// The worst outcome.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// One or more a rule, those that hold included.
    pub findings: Vec<FindingReport>,
    /// Who judged.
    pub plugin: PluginReport,
    /// The digest of the profile's settings.
    #[serde(serialize_with = "display")]
    pub settings: Digest,
}

/// What is wrong, or worth a look, in what people write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintReport {
    /// The worst outcome; at least inconclusive where there was nothing to
    /// lint, or a folder holds nothing.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// One a file, in the order they were given.
    pub documents: Vec<LintedReport>,
    /// Files of folders that are nothing that is linted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// Folders that were given and hold nothing that is linted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
}

/// What one file comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintedReport {
    /// The file.
    pub document: String,
    /// `policy`, `gate profile`, `signature`, `promotion plan`; `document`
    /// where that cannot be said.
    pub kind: &'static str,
    /// Its name, where it has one that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The worst outcome.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// What was found, in the order of the lines.
    pub findings: Vec<FindingReport>,
    /// Who was asked about its settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginReport>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactReport {
    /// The name with its labels: `auc{group=female}`.
    pub name: String,
    /// Whose it is.
    pub subject: String,
    /// The value. NaN and the infinities are text, JSON has no numbers for
    /// them.
    pub value: serde_json::Value,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How many samples it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// When it was observed, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<String>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl From<&Fact> for FactReport {
    fn from(fact: &Fact) -> Self {
        let number = |value: f64| match serde_json::Number::from_f64(value) {
            Some(number) => number.into(),
            None => crate::tree::non_finite_name(value).into(),
        };
        Self {
            name: crate::facts::title(fact),
            subject: fact.subject.clone(),
            value: match &fact.value {
                FactValue::Boolean(value) => (*value).into(),
                FactValue::Integer(value) => (*value).into(),
                FactValue::Number(value) => number(*value),
                FactValue::Text(value) => value.as_str().into(),
                FactValue::Numbers(values) => values.iter().copied().map(number).collect(),
            },
            unit: fact.unit.clone(),
            samples: fact.samples,
            observed_at: fact.observed_at.clone(),
            source: fact.source.clone(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_one(count: &u32) -> bool {
    *count == 1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.name())
}

fn display<S: Serializer>(value: &impl std::fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}
