//! What do we do with this score?

mod identity;
mod rows;

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tollgate_engine::types::{Decision, Value};
use tollgate_engine::{CallError, Plugin, Policy, WarmPolicy};

use super::{JudgeError, Opened, located};
use crate::document::PolicyDocument;
use crate::input::{Extractor, InputError, Outside, RawDigest, Shadowed, raw_digest, without_mark};
use crate::plugins::Plugins;
use crate::report::BakedFrom;
use crate::source::{Content, Source};

pub use self::rows::RowAnswer;

/// Why one case has no decision. It takes the fallback action, where the
/// document has one, and is never `allow` for that.
#[derive(Debug, Error)]
pub enum NoDecision {
    /// The request does not hold what the policy reads.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The policy cannot decide, or its plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A policy with its document: from JSON text to a decision, as JSON text.
///
/// ```no_run
/// # use tollgate::{judge::Decider, input::Outside, plugins::Plugins};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// let decider = Decider::open(&plugins, "policies/fraud.yaml".as_ref())?;
/// let mut decisions = decider.warm();
/// let mut answer = String::new();
/// decisions.decide(br#"{"score": 0.73}"#, &Outside::default(), None, &mut answer).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decider {
    document: PolicyDocument,
    plugin: Plugin,
    policy: Policy,
    extractor: Extractor,
    text: Texts,
    /// Has taken in plugin and settings; each decision's id goes on from here.
    identity: Sha256,
}

/// What an answer tells beside the decision.
#[derive(Clone, Copy)]
struct Told<'a> {
    time: Option<&'a str>,
    /// The line of the row.
    line: Option<u64>,
}

/// What is decided on.
#[derive(Clone, Copy)]
enum Case<'a> {
    /// The values of the policy's inputs.
    Values(&'a [Value]),
    /// A request or row that gives none.
    Unreadable(&'a RawDigest),
}

/// The parts of an answer that never change, written once.
struct Texts {
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

impl Decider {
    /// Opens a policy document, or a component that [`bake`](super::bake) made.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(plugins: &Plugins, path: &Path) -> Result<Self, JudgeError> {
        let opened = Opened::open(plugins, path)?;
        let policy = opened
            .plugin
            .policy(opened.settings())
            .map_err(|error| located(&opened.document, error))?;
        Self::new(opened.document, opened.plugin, policy)
    }

    fn new(document: PolicyDocument, plugin: Plugin, policy: Policy) -> Result<Self, JudgeError> {
        let surface = policy.surface();
        document.validate_against(surface)?;
        let extractor = Extractor::new(surface, Some(&document))?;
        let settings = document.settings_digest();
        let mut identity = Sha256::new();
        identity.update(plugin.digest().as_bytes());
        identity.update(settings.as_bytes());
        let quote = quoted;
        let text = Texts {
            actions: surface
                .actions
                .iter()
                .map(|action| format!("{{\"action\":{}", quote(action)))
                .collect(),
            reasons: surface.reasons.iter().map(|reason| quote(reason)).collect(),
            joined: surface
                .reasons
                .iter()
                .map(|reason| {
                    let quoted = quote(reason);
                    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                    inner.unwrap_or_default().to_owned()
                })
                .collect(),
            tail: format!(
                ",\"policy\":{{\"name\":{},\"version\":\"{}\"}},\"plugin\":{{\"name\":\"{}\",\
                 \"version\":\"{}\",\"digest\":\"{}\"{}}},\"settings\":\"{settings}\",\
                 \"decision_id\":\"",
                quote(&document.name),
                document.version,
                plugin.info().name,
                plugin.info().version,
                plugin.digest(),
                baked_from(&plugin),
            ),
            fallback: match &document.fallback {
                Some(action) => format!("{{\"action\":{},\"fallback\":true", quote(action)),
                None => "{\"action\":null".to_owned(),
            },
        };
        Ok(Self { document, plugin, policy, extractor, text, identity })
    }

    /// The same policy with counters from a file, for the inputs that its
    /// document takes from counters; see [`Counters`](crate::input::Counters).
    ///
    /// # Errors
    /// When the file cannot be read, is wrong, or holds a counter that the
    /// policy does not read.
    pub fn with_counters(mut self, path: &Path) -> Result<Self, JudgeError> {
        let source = Source::read(path, Content::Counters)?;
        self.extractor = self.extractor.with_counters(&source)?;
        Ok(self)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &PolicyDocument {
        &self.document
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The configured policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What takes the inputs out of requests.
    #[must_use]
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// Decides on one JSON request in a fresh instance, and appends the answer
    /// to `answer`. `time` is what the answer gives as its time, if any.
    ///
    /// # Errors
    /// Why there is no decision. The answer then says so, too.
    pub fn decide(
        &self,
        request: &[u8],
        outside: &Outside,
        time: Option<&str>,
        answer: &mut String,
    ) -> Result<Decision, NoDecision> {
        let mut values = Vec::new();
        let policy = |values: &[Value]| self.policy.decide(values);
        self.decide_by(policy, request, outside, time, (&mut values, answer))
    }

    fn decide_by(
        &self,
        policy: impl FnOnce(&[Value]) -> Result<Decision, CallError>,
        request: &[u8],
        outside: &Outside,
        time: Option<&str>,
        (values, answer): (&mut Vec<Value>, &mut String),
    ) -> Result<Decision, NoDecision> {
        let request = without_mark(request);
        let (decision, shadowed) = match self.extractor.extract_and_tell(request, outside, values) {
            Ok(shadowed) => (policy(values).map_err(NoDecision::from), shadowed),
            Err(error) => (Err(error.into()), Shadowed::default()),
        };
        let raw;
        let case = match &decision {
            Err(NoDecision::Input(_)) => {
                raw = raw_digest([request]);
                Case::Unreadable(&raw)
            }
            _ => Case::Values(values),
        };
        let problem;
        let words = match &decision {
            Ok(decision) => Ok(decision),
            Err(error) => {
                problem = error.to_string();
                Err(problem.as_str())
            }
        };
        self.write(case, words, &shadowed, Told { time, line: None }, answer);
        decision
    }

    /// Decides with one warm instance of this very policy, for one thread.
    #[must_use]
    pub fn warm(&self) -> WarmDecider<'_> {
        WarmDecider {
            decider: self,
            policy: self.policy.warm(),
            values: Vec::new(),
            pace: rows::Pace::default(),
        }
    }

    fn write(
        &self,
        case: Case<'_>,
        decision: Result<&Decision, &str>,
        shadowed: &Shadowed,
        Told { time, line }: Told<'_>,
        answer: &mut String,
    ) {
        let text = &self.text;
        answer.reserve(text.tail.len() + 256);
        match decision {
            Ok(decision) => {
                answer.push_str(part(&text.actions, decision.action));
                self.write_score(case, answer);
                answer.push_str(",\"reasons\":[");
                for (index, &reason) in decision.reasons.iter().enumerate() {
                    if index > 0 {
                        answer.push(',');
                    }
                    answer.push_str(part(&text.reasons, reason));
                }
                answer.push_str("],\"reason\":\"");
                for (index, &reason) in decision.reasons.iter().enumerate() {
                    if index > 0 {
                        answer.push('+');
                    }
                    answer.push_str(part(&text.joined, reason));
                }
                answer.push('"');
            }
            Err(problem) => {
                answer.push_str(&text.fallback);
                self.write_score(case, answer);
                answer.push_str(",\"error\":");
                answer.push_str(&quoted(problem));
            }
        }
        if !shadowed.is_empty() {
            for (index, warning) in self.extractor.warnings(shadowed).enumerate() {
                answer.push_str(if index == 0 { ",\"warnings\":[" } else { "," });
                answer.push_str(&quoted(warning));
            }
            answer.push(']');
        }
        if let Some(line) = line {
            // Writing to a String cannot fail.
            let _ = write!(answer, ",\"line\":{line}");
        }
        answer.push_str(&text.tail);
        identity::write(&self.identity, case, answer);
        answer.push('"');
        if let Some(time) = time {
            answer.push_str(",\"time\":");
            answer.push_str(&quoted(time));
        }
        answer.push('}');
    }

    fn write_score(&self, case: Case<'_>, answer: &mut String) {
        let Case::Values(values) = case else { return };
        let Some(score) = self.policy.surface().score else { return };
        let Some(Value::Number(score)) = values.get(score as usize) else { return };
        if score.is_finite() {
            answer.push_str(",\"score\":");
            answer.push_str(zmij::Buffer::new().format_finite(*score));
        }
    }
}

/// A [`Decider`] that reuses one instance and its buffers.
pub struct WarmDecider<'a> {
    decider: &'a Decider,
    policy: WarmPolicy<'a>,
    values: Vec<Value>,
    pace: rows::Pace,
}

impl WarmDecider<'_> {
    /// See [`Decider::decide`].
    ///
    /// # Errors
    /// As there.
    pub fn decide(
        &mut self,
        request: &[u8],
        outside: &Outside,
        time: Option<&str>,
        answer: &mut String,
    ) -> Result<Decision, NoDecision> {
        let Self { decider, policy, values, .. } = self;
        let policy = |values: &[Value]| policy.decide(values);
        decider.decide_by(policy, request, outside, time, (values, answer))
    }
}

/// `,"baked_from":{...}` as in [`PluginReport`](crate::report::PluginReport).
fn baked_from(plugin: &Plugin) -> String {
    BakedFrom::claimed(plugin).map_or_else(String::new, |BakedFrom { digest, verified }| {
        format!(",\"baked_from\":{{\"digest\":\"{digest}\",\"verified\":{verified}}}")
    })
}

/// The engine has checked every index of an answer.
fn part(texts: &[String], index: u32) -> &str {
    texts.get(index as usize).map_or("", String::as_str)
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
