//! What is attested: an in-toto statement with a test result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;

use crate::gate::KIND;
use crate::record::Record;

/// The type of statements.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of what is stated.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The role of the model that was judged, among the subjects.
const CANDIDATE: &str = "candidate";

/// The role of a policy that it was judged by, among the subjects.
const POLICY: &str = "policy";

/// The role of the record, among what the result rests on.
const RECORD: &str = "record";

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatementError {
    /// The record is of something else.
    #[error("record {seq} is of a `{kind}`, and gate runs alone are attested")]
    NoGate {
        /// The record.
        seq: u64,
        /// What it is of.
        kind: String,
    },
    /// The record does not say what a gate run says.
    #[error("record {seq} is of a gate run and says nothing of {what} that can be read")]
    Body {
        /// The record.
        seq: u64,
        /// What is missing.
        what: &'static str,
    },
    /// What was signed is something else.
    #[error("what was signed is no statement of a test result: {0}")]
    Other(String),
}

/// A statement about a model and the policies that it was judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// The model and the policies.
    pub subject: Vec<Resource>,
    /// [`PREDICATE_TYPE`].
    pub predicate_type: String,
    /// How it came out.
    pub predicate: TestResult,
}

/// Something with a digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Its digests, by their algorithms.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
    /// What else is known: `role` says what it is here.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// How it came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// The whole.
    pub result: TestOutcome,
    /// What it rests on: the plugins, and the record.
    pub configuration: Vec<Resource>,
    /// Rules that hold, `profile/rule`.
    #[serde(default)]
    pub passed_tests: Vec<String>,
    /// Rules that warn.
    #[serde(default)]
    pub warned_tests: Vec<String>,
    /// Rules that are broken, and those that could not be judged.
    #[serde(default)]
    pub failed_tests: Vec<String>,
}

/// The three that there are. What is inconclusive has not passed, so that it
/// is `FAILED`; the record's `verdict` tells the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestOutcome {
    /// All rules hold.
    Passed,
    /// Some warn.
    Warned,
    /// Some are broken, or could not be judged.
    Failed,
}

impl Statement {
    /// What a record of a gate run says.
    pub(super) fn of(record: &Record) -> Result<Self, StatementError> {
        let seq = record.seq;
        if record.kind != KIND {
            return Err(StatementError::NoGate { seq, kind: record.kind.clone() });
        }
        let missing = |what| StatementError::Body { seq, what };
        let report = record.body.get("report").ok_or(missing("a report"))?;
        let verdict = outcome(report).ok_or(missing("a verdict"))?;
        let candidate = record.body.get("candidate").and_then(candidate);
        let profiles = record.body.get("profiles").and_then(Value::as_array);
        let profiles = profiles.filter(|all| !all.is_empty()).ok_or(missing("profiles"))?;
        let mut subject = vec![candidate.ok_or(missing("the candidate"))?];
        let mut configuration = Vec::new();
        for profile in profiles {
            subject.push(policy(profile).ok_or(missing("a profile"))?);
            configuration.push(plugin(profile).ok_or(missing("a plugin"))?);
        }
        configuration.push(Resource::new(
            &format!("record {seq}"),
            record.hash,
            json!({
                "role": RECORD, "seq": seq, "time": record.time.to_string(), "host": record.host,
                "verdict": verdict.name(), "as_of": report.get("as_of"),
                "champion": report.get("champion"),
            }),
        ));
        let tests = tests(report).ok_or(missing("findings"))?;
        let of = |outcomes: &[Outcome]| {
            let named = tests.iter().filter(|(_, outcome)| outcomes.contains(outcome));
            named.map(|(name, _)| name.clone()).collect()
        };
        Ok(Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: TestResult {
                result: match verdict {
                    Outcome::Pass => TestOutcome::Passed,
                    Outcome::Warn => TestOutcome::Warned,
                    Outcome::Inconclusive | Outcome::Fail => TestOutcome::Failed,
                },
                configuration,
                passed_tests: of(&[Outcome::Pass]),
                warned_tests: of(&[Outcome::Warn]),
                failed_tests: of(&[Outcome::Inconclusive, Outcome::Fail]),
            },
        })
    }

    /// Reads what was signed.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        let statement: Self = serde_json::from_slice(payload)
            .map_err(|error| StatementError::Other(error.to_string()))?;
        let kinds =
            [(STATEMENT_TYPE, &statement.kind), (PREDICATE_TYPE, &statement.predicate_type)];
        for (wanted, found) in kinds {
            if found != wanted {
                return Err(StatementError::Other(format!(
                    "it is of type `{found}`, expected `{wanted}`"
                )));
            }
        }
        Ok(statement)
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// How it came out, at its worst: a statement that contradicts itself, or
    /// names no rule that was judged, has not passed.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let TestResult { result, passed_tests, warned_tests, failed_tests, .. } = &self.predicate;
        match result {
            TestOutcome::Failed if self.verdict() == Some("inconclusive") => Outcome::Inconclusive,
            TestOutcome::Failed => Outcome::Fail,
            _ if !failed_tests.is_empty() => Outcome::Fail,
            _ if passed_tests.is_empty() && warned_tests.is_empty() => Outcome::Inconclusive,
            TestOutcome::Passed if warned_tests.is_empty() => Outcome::Pass,
            TestOutcome::Passed | TestOutcome::Warned => Outcome::Warn,
        }
    }

    fn verdict(&self) -> Option<&str> {
        self.record()?.annotations.get("verdict")?.as_str()
    }

    /// The record that it was made of; none where another program made it.
    #[must_use]
    pub fn record(&self) -> Option<&Resource> {
        self.predicate.configuration.iter().find(|it| it.has_role(RECORD))
    }

    /// Whether it is about the model with this digest.
    #[must_use]
    pub fn is_of_model(&self, digest: Digest) -> bool {
        self.subject.iter().any(|it| it.has_role(CANDIDATE) && it.is(digest))
    }

    /// Whether the model was judged by the policy with this digest.
    #[must_use]
    pub fn is_of_policy(&self, digest: Digest) -> bool {
        self.subject.iter().any(|it| it.has_role(POLICY) && it.is(digest))
    }
}

impl Resource {
    fn new(name: &str, digest: Digest, annotations: Value) -> Self {
        let annotations = match annotations {
            Value::Object(annotations) => annotations,
            _ => Map::new(),
        };
        let digest = BTreeMap::from([("sha256".to_owned(), digest.hex())]);
        Self { name: name.to_owned(), digest, annotations }
    }

    /// What it is here: `candidate`, `policy`, `plugin`, `record`.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.annotations.get("role").and_then(Value::as_str)
    }

    fn has_role(&self, role: &str) -> bool {
        self.role() == Some(role)
    }

    fn is(&self, digest: Digest) -> bool {
        self.digest.get("sha256").is_some_and(|hex| *hex == digest.hex())
    }
}

fn said<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn digest(value: &Value) -> Option<Digest> {
    Digest::parse(said(value, "digest")?)
}

fn outcome(value: &Value) -> Option<Outcome> {
    let name = said(value, "verdict").or_else(|| said(value, "outcome"))?;
    let all = [Outcome::Pass, Outcome::Warn, Outcome::Inconclusive, Outcome::Fail];
    all.into_iter().find(|outcome| outcome.name() == name)
}

/// By MLflow's name of a version, where it has one.
fn candidate(candidate: &Value) -> Option<Resource> {
    let title = said(candidate, "title")?;
    let name = match (said(candidate, "name"), said(candidate, "version")) {
        (Some(name), Some(version)) => format!("models:/{name}/{version}"),
        _ => title.to_owned(),
    };
    let annotations = json!({ "role": CANDIDATE, "title": title });
    Some(Resource::new(&name, digest(candidate)?, annotations))
}

fn policy(profile: &Value) -> Option<Resource> {
    let name = format!("{}@{}", said(profile, "name")?, said(profile, "version")?);
    Some(Resource::new(&name, digest(profile)?, json!({ "role": POLICY })))
}

fn plugin(profile: &Value) -> Option<Resource> {
    let plugin = profile.get("plugin")?;
    let name = format!("{}@{}", said(plugin, "name")?, said(plugin, "version")?);
    let annotations = json!({ "role": "plugin", "contract": plugin.get("contract") });
    Some(Resource::new(&name, digest(plugin)?, annotations))
}

/// Each rule of each profile, and its worst finding.
fn tests(report: &Value) -> Option<BTreeMap<String, Outcome>> {
    let mut tests = BTreeMap::new();
    for profile in report.get("profiles")?.as_array()? {
        for finding in profile.get("findings")?.as_array()? {
            let name = format!("{}/{}", said(profile, "name")?, said(finding, "rule")?);
            let outcome = outcome(finding)?;
            let worst = tests.entry(name).or_insert(outcome);
            *worst = outcome.max(*worst);
        }
    }
    Some(tests)
}
