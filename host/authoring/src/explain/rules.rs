//! What a gate asks for, in its plugin's words: what it finds when there is no
//! evidence at all says what each rule expects, and what missing evidence is.

use serde::Serialize;
use tollgate::judge::{JudgeError, Opened, RulePlaces};
use tollgate::report::FindingReport;
use tollgate::tree::{Content, Node};
use tollgate_engine::types::Outcome;

/// One rule.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// Its id.
    pub rule: String,
    /// The line of the document that it begins at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What it expects, by its plugin's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What the plugin says without evidence.
    pub without_evidence: String,
    /// What missing evidence is.
    pub on_missing: &'static str,
    /// What the document says of it, in its order: `metric auc, threshold 0.8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

/// The rules of a gate, in the order in which it judges them.
pub(super) fn asked(opened: &Opened) -> Result<Vec<Rule>, JudgeError> {
    let gate = opened.plugin().gate(opened.settings())?;
    let document = opened.document();
    let is_written = opened.plugin().baked().is_none();
    let places = is_written.then(|| RulePlaces::new(document));
    let rules = gate.evaluate(&[])?.into_iter().map(|finding| {
        let finding = FindingReport::from(finding);
        let pointer = finding.pointer.as_deref();
        let written = document.settings_tree().zip(pointer).and_then(|(settings, pointer)| {
            let found = settings.nearest(pointer);
            found.exact.then(|| written(found.node, true))
        });
        Rule {
            line: places.as_ref().and_then(|places| places.line(&finding)),
            on_missing: on_missing(finding.outcome),
            expected: finding.expected,
            without_evidence: finding.message,
            rule: finding.rule,
            written,
        }
    });
    Ok(rules.collect())
}

fn on_missing(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail => "fail",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Warn => "skipped",
        Outcome::Pass => "pass",
    }
}

/// A value on one line. The id of a rule stands beside it already.
fn written(node: &Node, is_rule: bool) -> String {
    match &node.content {
        Content::Text(text) => text.clone(),
        Content::List(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, false)).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Map(entries) => {
            let entries = entries.iter().filter(|entry| !is_rule || entry.key != "id");
            let members: Vec<String> = entries
                .map(|entry| format!("{} {}", entry.key, written(&entry.value, false)))
                .collect();
            let members = members.join(", ");
            if is_rule { members } else { format!("{{{members}}}") }
        }
        _ => node.to_json().to_string(),
    }
}
