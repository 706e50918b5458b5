//! What a document says that cases come to, and whether they do.

use tollgate_engine::types::Value;
use tollgate_engine::{CallError, CallOptions};

use super::{Checked, Checker, Decider, NoDecision};
use crate::document::{PolicyDocument, scalar};
use crate::input::Outside;
use crate::mistake::{Gathered, Mistake, Mistakes, Span};
use crate::tree::{Entry, Node};

/// The member of a document that holds them.
const EXAMPLES: &str = "examples";

impl Decider {
    /// Decides on each of the document's own examples in a fresh instance, and
    /// gives how many there are.
    ///
    /// # Errors
    /// Those that come to something else, each at its place. A plugin that
    /// fails is none that an example can expect.
    pub fn prove(&self) -> Result<usize, Mistakes> {
        each(self.document(), |example, request| {
            let outside = outside(example);
            let answer = self.decide_with(request, &outside, &CallOptions::fresh(), None);
            if let Err(NoDecision::Call(CallError::Fault(fault))) = answer.decision() {
                return Err(("request", fault.to_string()));
            }
            let Some(wanted) = example.get("action").and_then(Node::text) else {
                return Err(("", "it names no `action` to come to".to_owned()));
            };
            let is_fallback = example.get("fallback").is_some_and(Node::is_true);
            if let Err(problem) = answer.decision()
                && !is_fallback
            {
                return Err(("request", format!("there is no decision: {problem}")));
            }
            let reasons: Vec<&str> = answer.reasons().collect();
            if is_fallback && !answer.is_fallback() {
                let action = answer.action().unwrap_or_default();
                return Err(("fallback", format!("it is decided on, as `{action}`")));
            }
            let action = answer.action().unwrap_or("nothing, as there is no fallback");
            if wanted != action {
                let because = match reasons.is_empty() {
                    true => String::new(),
                    false => format!(" ({})", reasons.join("+")),
                };
                return Err(("action", format!("it comes to `{action}`{because}")));
            }
            match example.get("reasons").and_then(Node::items) {
                Some(wanted)
                    if !wanted.iter().filter_map(Node::text).eq(reasons.iter().copied()) =>
                {
                    let reasons = match reasons.is_empty() {
                        true => "none".to_owned(),
                        false => format!("`{}`", reasons.join("+")),
                    };
                    Err(("reasons", format!("its reasons are {reasons}")))
                }
                _ => Ok(()),
            }
        })
    }
}

impl Checker {
    /// Judges each of the examples of the document that it was opened from in
    /// a fresh instance, and gives how many there are.
    ///
    /// # Errors
    /// Those that come to something else, each at its place.
    pub fn prove(&self, document: &PolicyDocument) -> Result<usize, Mistakes> {
        each(document, |example, request| {
            let checked = self.check(request).map_err(|fault| ("request", fault.to_string()))?;
            let verdict = checked.verdict().name();
            match example.get("verdict").and_then(Node::text) {
                None => Err(("", "it names no `verdict` to come to".to_owned())),
                Some(wanted) if wanted != verdict => {
                    Err(("verdict", format!("it comes to `{verdict}`{}", worst(&checked))))
                }
                Some(_) => Ok(()),
            }
        })
    }
}

/// Asks `judged` of each example; what it says is wrong has a key of the
/// example for a place.
fn each(
    document: &PolicyDocument,
    judged: impl Fn(&Node, &[u8]) -> Result<(), (&'static str, String)>,
) -> Result<usize, Mistakes> {
    let examples = document.tree().get(EXAMPLES).and_then(Node::items).unwrap_or_default();
    let mut mistakes = Gathered::default();
    for (example, number) in examples.iter().zip(1..) {
        let Some(request) = example.get("request") else { continue };
        let text = request.to_json().to_string();
        if let Err((key, problem)) = judged(example, text.as_bytes()) {
            let span = place(example, key);
            mistakes.push_at(span.start, || {
                let message = format!("example {number} is not so: {problem}");
                Mistake::new(document.source(), span, message)
            });
        }
    }
    mistakes.finish().map_or(Ok(examples.len()), Err)
}

/// The value of a key where it has one, else the example.
fn place(example: &Node, key: &str) -> Span {
    let first = || example.entries().and_then(<[_]>::first).map(|entry| entry.key_span);
    match example.entry(key) {
        Some(entry) if entry.value.entries().is_none() => entry.value.span,
        Some(entry) => entry.key_span,
        None => first().unwrap_or(example.span),
    }
}

/// What the example gives beside the request.
fn outside(example: &Node) -> Outside {
    let mut outside = Outside::default();
    let entries = |key: &str| example.get(key).and_then(Node::entries).unwrap_or_default();
    for Entry { key, value, .. } in entries("headers") {
        outside.header(key, value.text().unwrap_or_default());
    }
    for Entry { key, value, .. } in entries("counters") {
        outside.counter(key, scalar(value).unwrap_or(Value::Null));
    }
    outside
}

fn worst(checked: &Checked) -> String {
    let verdict = checked.verdict();
    let finding = checked.findings.iter().find(|finding| finding.outcome == verdict);
    finding.map_or_else(String::new, |finding| format!(" ({}: {})", finding.rule, finding.message))
}
