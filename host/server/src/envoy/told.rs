//! What was decided, and what an Envoy is told of it.

use hyper::StatusCode;
use serde_json::{Value, json};
use tollgate::judge::Answer;

use crate::problem::{PROBLEM_JSON, Problem};

/// What was decided on a request or a row.
#[derive(Debug, Clone)]
pub(super) struct Told {
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
}

/// Why a request or an answer is held back, and what its client gets instead.
#[derive(Debug)]
pub(super) struct Denial {
    pub(super) status: StatusCode,
    /// In a word, for logs.
    pub(super) why: &'static str,
    pub(super) media: &'static str,
    pub(super) body: String,
    /// Whether to try again in a second.
    pub(super) again: bool,
    pub(super) told: Option<Box<Told>>,
}

impl Denial {
    /// There is no verdict.
    pub(super) fn of_problem(problem: &Problem, id: &str) -> Self {
        Self::with(problem, problem.to_json(known(id)))
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
