//! The answer to one case, and its rendering as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use tollgate_engine::Plugin;
use tollgate_engine::types::{Decision, Declaration, Value};

use super::case::Case;
use super::identity::{self, DecisionId};
use super::{Decider, NoDecision};
use crate::document::PolicyDocument;
use crate::input::{Cell, Shadowed, cell};
use crate::report::BakedFrom;

/// The answer to one request or row: a decision, or why there is none and what
/// is done then.
pub struct Answer<'a> {
    pub(super) decider: &'a Decider,
    pub(super) case: Case<'a>,
    pub(super) decision: Result<Cow<'a, Decision>, Cow<'a, NoDecision>>,
    pub(super) shadowed: Cow<'a, Shadowed>,
    pub(super) row: Option<Place>,
}

/// Which row of a file an answer is to, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// By the line that it begins at.
    Line(u64),
    /// By its number, where a file has no lines.
    Row(u64),
}

impl Place {
    /// What is counted, `line` or `row`, and which it is.
    #[must_use]
    pub fn counted(self) -> (&'static str, u64) {
        match self {
            Self::Line(line) => ("line", line),
            Self::Row(row) => ("row", row),
        }
    }
}

impl Answer<'_> {
    /// What the policy decided, as indices into its surface; or why it did
    /// not.
    ///
    /// # Errors
    /// When there is no decision. [`Answer::action`] is the fallback's then.
    pub fn decision(&self) -> Result<&Decision, &NoDecision> {
        match &self.decision {
            Ok(decision) => Ok(decision),
            Err(problem) => Err(problem),
        }
    }

    /// The action to take: the one decided on, or the document's fallback
    /// where there is no decision. None: there is no fallback either, and
    /// whoever asked must not go on.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        match &self.decision {
            Ok(decision) => {
                let actions = &self.decider.policy().surface().actions;
                actions.get(decision.action as usize).map(String::as_str)
            }
            Err(_) => self.decider.document().fallback.as_deref(),
        }
    }

    /// Whether [`Answer::action`] is the fallback's.
    #[must_use]
    pub fn is_fallback(&self) -> bool {
        self.decision.is_err()
    }

    /// The reasons of the decision, in the order they applied.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        let reasons = &self.decider.policy().surface().reasons;
        let given = self.decision.as_ref().map_or(&[][..], |decision| &decision.reasons);
        given.iter().filter_map(|reason| reasons.get(*reason as usize)).map(String::as_str)
    }

    /// The model's score; none where the policy has no such input, or the case
    /// gives none.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let score = self.decider.policy().surface().score? as usize;
        let score = match &self.case {
            Case::Values(values) => match values.get(score)? {
                Value::Number(score) => *score,
                _ => return None,
            },
            Case::Row { columns, row } => match cell(columns.get(score)?, *row) {
                Cell::Number(score) => score,
                _ => return None,
            },
            Case::Unreadable(_) => return None,
        };
        score.is_finite().then_some(score)
    }

    /// The values that were decided on, in the order of the policy's inputs;
    /// none where the case gives none.
    #[must_use]
    pub fn values(&self) -> Option<Cow<'_, [Value]>> {
        match &self.case {
            Case::Values(values) => Some(Cow::Borrowed(values)),
            Case::Row { columns, row } => {
                Some(columns.iter().map(|column| cell(column, *row).value()).collect())
            }
            Case::Unreadable(_) => None,
        }
    }

    /// What the case gives and is not read, a sentence each.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.decider.extractor().warnings(&self.shadowed)
    }

    /// Which row it is about; none of a single request.
    #[must_use]
    pub fn row(&self) -> Option<Place> {
        self.row
    }

    /// The id of the decision: the same whenever the same plugin, settings and
    /// values meet.
    #[must_use]
    pub fn id(&self) -> DecisionId {
        identity::of(&self.decider.fixed.identity, &self.case)
    }

    /// The judge that answered.
    #[must_use]
    pub fn decider(&self) -> &Decider {
        self.decider
    }

    /// Appends the answer as one line of JSON, without an end of line. `time`
    /// is what it gives as its time, if any.
    pub fn write_json(&self, time: Option<&str>, json: &mut String) {
        let text = &self.decider.fixed.text;
        json.reserve(text.tail.len() + 256);
        match &self.decision {
            Ok(decision) => {
                json.push_str(part(&text.actions, decision.action));
                self.write_score(json);
                json.push_str(",\"reasons\":[");
                for (index, &reason) in decision.reasons.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    json.push_str(part(&text.reasons, reason));
                }
                json.push_str("],\"reason\":\"");
                for (index, &reason) in decision.reasons.iter().enumerate() {
                    if index > 0 {
                        json.push('+');
                    }
                    json.push_str(part(&text.joined, reason));
                }
                json.push('"');
            }
            Err(problem) => {
                json.push_str(&text.fallback);
                self.write_score(json);
                json.push_str(",\"error\":");
                json.push_str(&quoted(&problem.to_string()));
            }
        }
        let mut end = "";
        for (index, warning) in self.warnings().enumerate() {
            json.push_str(if index == 0 { ",\"warnings\":[" } else { "," });
            json.push_str(&quoted(warning));
            end = "]";
        }
        json.push_str(end);
        if let Some((what, number)) = self.row.map(Place::counted) {
            // Writing to a String cannot fail.
            let _ = write!(json, ",\"{what}\":{number}");
        }
        json.push_str(&text.tail);
        self.id().push_to(json);
        json.push('"');
        if let Some(time) = time {
            json.push_str(",\"time\":");
            json.push_str(&quoted(time));
        }
        json.push('}');
    }

    fn write_score(&self, json: &mut String) {
        if let Some(score) = self.score() {
            json.push_str(",\"score\":");
            json.push_str(zmij::Buffer::new().format_finite(score));
        }
    }
}

/// The parts of an answer that never change, written once.
pub(super) struct Texts {
    /// `{"action":"block"` by action.
    actions: Vec<String>,
    /// `"high_fraud_probability"` by reason.
    reasons: Vec<String>,
    /// `high_fraud_probability` by reason, without quotes.
    joined: Vec<String>,
    /// From `"policy"` up to the decision's id.
    tail: String,
    /// `{"action":"manual_review","fallback":true`, or `{"action":null`.
    fallback: String,
}

impl Texts {
    pub(super) fn new(document: &PolicyDocument, plugin: &Plugin, surface: &Declaration) -> Self {
        let action = |action: &String| format!("{{\"action\":{}", quoted(action));
        let without_quotes = |reason: &String| {
            let quoted = quoted(reason);
            let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            inner.unwrap_or_default().to_owned()
        };
        let info = plugin.info();
        let baked_from = BakedFrom::claimed(plugin).map_or_else(String::new, |baked| {
            let BakedFrom { digest, verified } = baked;
            format!(",\"baked_from\":{{\"digest\":\"{digest}\",\"verified\":{verified}}}")
        });
        Self {
            actions: surface.actions.iter().map(action).collect(),
            reasons: surface.reasons.iter().map(|reason| quoted(reason)).collect(),
            joined: surface.reasons.iter().map(without_quotes).collect(),
            tail: format!(
                ",\"policy\":{{\"name\":{},\"version\":\"{}\"}},\"plugin\":{{\"name\":\"{}\",\
                 \"version\":\"{}\",\"digest\":\"{}\"{baked_from}}},\"settings\":\"{}\",\
                 \"decision_id\":\"",
                quoted(&document.name),
                document.version,
                info.name,
                info.version,
                plugin.digest(),
                document.settings_digest(),
            ),
            fallback: match &document.fallback {
                Some(action) => format!("{{\"action\":{},\"fallback\":true", quoted(action)),
                None => "{\"action\":null".to_owned(),
            },
        }
    }
}

/// The engine has checked every index of an answer.
fn part(texts: &[String], index: u32) -> &str {
    texts.get(index as usize).map_or("", String::as_str)
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
