//! What was decided, and what an Envoy is told of it.

use hyper::StatusCode;
use serde_json::{Value, json};
use tollgate::judge::Answer;

use crate::problem::{INTERNAL, PROBLEM_JSON, Problem};

const ACTION: &str = "x-tollgate-action";
const REASON: &str = "x-tollgate-reason";
const DECISION_ID: &str = "x-tollgate-decision-id";
const POLICY: &str = "x-tollgate-policy";

/// The headers that are ours to say, whoever sends them.
pub const OURS: [&str; 4] = [ACTION, REASON, DECISION_ID, POLICY];

/// Where Envoy keeps what was decided: the namespace of the metadata.
pub const METADATA: &str = "tollgate";

/// A header, by its name.
pub type Header = (&'static str, String);

/// A value of metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
}

/// What was decided on a request or a row.
#[derive(Debug, Clone)]
pub struct Told {
    pub(super) action: String,
    pub(super) reason: String,
    pub(super) id: String,
    /// Name and version.
    pub(super) policy: String,
    /// How many rows were decided on, of which this is the strictest.
    pub(super) rows: usize,
}

impl Told {
    pub(super) fn of(answer: &Answer<'_>) -> Self {
        let document = answer.decider().document();
        let reason = if answer.is_fallback() {
            "no-decision".to_owned()
        } else {
            answer.reasons().collect::<Vec<_>>().join("+")
        };
        Self {
            action: answer.action().unwrap_or("none").to_owned(),
            reason: if reason.is_empty() { "none".to_owned() } else { reason },
            id: answer.id().to_string(),
            policy: format!("{}@{}", document.name, document.version),
            rows: 1,
        }
    }

    /// The headers that tell it.
    #[must_use]
    pub fn headers(&self) -> [Header; 4] {
        let Self { action, reason, id, policy, .. } = self;
        [(ACTION, action), (REASON, reason), (DECISION_ID, id), (POLICY, policy)]
            .map(|(name, value)| (name, fit(value)))
    }

    fn fields(&self) -> Vec<(&'static str, Field)> {
        let Self { action, reason, id, policy, rows } = self;
        let texts =
            [("action", action), ("reason", reason), ("decision_id", id), ("policy", policy)];
        let mut fields: Vec<_> =
            texts.map(|(name, text)| (name, Field::Text(text.clone()))).to_vec();
        // At most ten thousand: exact.
        #[allow(clippy::cast_precision_loss, reason = "there are few")]
        fields.push(("rows", Field::Number(*rows as f64)));
        fields
    }
}

/// What the value of a header can be: a plugin's words are any.
fn fit(text: &str) -> String {
    let is_fit = |letter: char| letter == ' ' || letter.is_ascii_graphic();
    text.chars().map(|it| if is_fit(it) { it } else { '?' }).collect()
}

/// The metadata of what goes on.
#[must_use]
pub fn passed(told: Option<&Told>) -> Vec<(&'static str, Field)> {
    let mut fields = vec![("verdict", Field::Text("allow".to_owned()))];
    fields.extend(told.map(Told::fields).unwrap_or_default());
    fields
}

/// Why a request or an answer is held back, and what its client gets instead.
#[derive(Debug)]
pub struct Denial {
    pub(super) status: StatusCode,
    /// In a word, for logs.
    pub(super) why: &'static str,
    pub(super) media: &'static str,
    /// The body of the answer.
    pub body: String,
    /// Whether to try again in a second.
    pub(super) again: bool,
    pub(super) told: Option<Box<Told>>,
}

impl Denial {
    /// There is no verdict.
    pub(super) fn of_problem(problem: &Problem, id: &str) -> Self {
        Self::with(problem, problem.to_json(known(id)))
    }

    /// It could not be judged, for no fault of the request's.
    #[must_use]
    pub fn broken() -> Self {
        Self::of_problem(&Problem::new(INTERNAL, "it could not be judged"), "")
    }

    /// The payload does not pass a check, of which this is the report.
    pub(super) fn of_report(problem: &Problem, id: &str, report: &str) -> Self {
        let mut json = problem.to_json(known(id));
        let mut report: Value = serde_json::from_str(report).unwrap_or_default();
        if let (Some(json), Some(report)) = (json.as_object_mut(), report.as_object_mut()) {
            for key in ["findings", "more_findings"] {
                if let Some(value) = report.remove(key) {
                    json.insert(key.to_owned(), value);
                }
            }
        }
        Self::with(problem, json)
    }

    fn with(problem: &Problem, json: Value) -> Self {
        let kind = problem.kind();
        Self {
            status: kind.status,
            why: kind.name,
            media: PROBLEM_JSON,
            body: format!("{json}\n"),
            again: kind.status == StatusCode::SERVICE_UNAVAILABLE,
            told: None,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> Vec<Header> {
        let mut all =
            vec![("content-type", self.media.to_owned()), ("cache-control", "no-store".to_owned())];
        if self.again {
            all.push(("retry-after", "1".to_owned()));
        }
        all.extend(self.told.iter().flat_map(|told| told.headers()));
        all
    }

    /// The metadata of what does not go on.
    #[must_use]
    pub fn metadata(&self) -> Vec<(&'static str, Field)> {
        let verdict = ("verdict", Field::Text("deny".to_owned()));
        let mut fields = vec![verdict, ("why", Field::Text(self.why.to_owned()))];
        fields.extend(self.told.iter().flat_map(|told| told.fields()));
        fields
    }

    /// Why, for Envoy's log: `tollgate_signature`.
    #[must_use]
    pub fn details(&self) -> String {
        format!("tollgate_{}", self.why.replace('-', "_"))
    }

    /// The action does not let it through.
    pub(super) fn of_decision(told: Told, answer: String) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            why: "decision",
            media: "application/json",
            body: answer,
            again: false,
            told: Some(Box::new(told)),
        }
    }
}

/// The id of a request, where Envoy gave it one.
fn known(id: &str) -> Option<&str> {
    (!id.is_empty()).then_some(id)
}

/// What a client gets in its answer, under `tollgate`.
pub(super) fn member(told: &Told, answers: &str) -> String {
    let Told { action, reason, id, .. } = told;
    let head = json!({ "action": action, "reason": reason, "decision_id": id }).to_string();
    let head = head.strip_suffix('}').unwrap_or_default();
    format!("{head},\"decisions\":[{answers}]}}")
}
