//! Reads recorded MLflow cases and compares answers with them. Knows nothing
//! of how an answer was made: natively, or through the component.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One recorded case.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) id: String,
    /// What it is about.
    pub(crate) category: String,
    /// How its payload is meant: `serving`, `raw`, `frame`, `tensor`,
    /// `native`, `signature`.
    pub(crate) mode: String,
    /// The signature, decoded.
    pub(crate) signature: Box<RawValue>,
    /// The payload, as it was written: a number keeps its digits.
    pub(crate) payload: Box<RawValue>,
    /// `accept` or `reject`.
    pub(crate) expect: String,
    /// The kind of error, where MLflow refuses.
    pub(crate) error_kind: Option<String>,
    /// What the model would have got, where MLflow accepts.
    pub(crate) coerced: Option<Value>,
    /// `core`, `quirk` or `unstable`.
    pub(crate) tier: String,
    /// Whether MLflow changed a value that it accepted.
    pub(crate) lossy: Option<bool>,
}

/// An answer to a case.
#[derive(Debug)]
pub(crate) enum Answer {
    /// What the model gets, as JSON text; none where that is not asked.
    Accepted(Option<String>),
    /// The rule of the first finding.
    Refused(String),
}

/// Where an answer agrees with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// On accept or reject.
    pub(crate) verdict: bool,
    /// On the kind of error.
    pub(crate) kind: bool,
    /// On what the model gets.
    pub(crate) coerced: bool,
}

impl Agreement {
    /// On everything.
    pub(crate) fn full(self) -> bool {
        self.verdict && self.kind && self.coerced
    }
}

/// Reads a file of cases, one JSON object a line.
pub(crate) fn read(text: &str) -> Vec<Case> {
    text.lines()
        .enumerate()
        .map(|(line, text)| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("line {}: {error}", line + 1))
        })
        .collect()
}

impl Case {
    /// The settings of a plugin that answers this case in a mode. MLflow took
    /// the day of the recording for times without a date.
    pub(crate) fn settings(&self, mode: &str) -> String {
        format!(r#"{{"mode":"{mode}","signature":{},"today":"2026-11-21"}}"#, self.signature.get())
    }

    /// The request body, in modes `serving` and `raw`.
    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        match self.mode.as_str() {
            "serving" => Some(self.payload.get().as_bytes().to_vec()),
            "raw" => {
                let payload: Value = serde_json::from_str(self.payload.get()).ok()?;
                Some(payload.get("raw")?.as_str()?.as_bytes().to_vec())
            }
            _ => None,
        }
    }

    /// Compares an answer with the record.
    pub(crate) fn compare(&self, answer: &Answer) -> Agreement {
        match answer {
            Answer::Accepted(coerced) => {
                let verdict = self.expect == "accept";
                Agreement {
                    verdict,
                    kind: verdict,
                    coerced: verdict && self.same(coerced.as_deref()),
                }
            }
            Answer::Refused(rule) => {
                let verdict = self.expect == "reject";
                let kind =
                    self.error_kind.as_ref().map(|kind| kind.to_lowercase().replace('_', "-"));
                let kind = verdict && kind.as_deref() == Some(rule);
                Agreement { verdict, kind, coerced: kind }
            }
        }
    }

    fn same(&self, coerced: Option<&str>) -> bool {
        let Some(coerced) = coerced else {
            return true;
        };
        let ours = serde_json::from_str::<Value>(coerced).ok();
        ours.is_some() && ours == self.coerced
    }
}
