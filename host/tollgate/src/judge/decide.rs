//! What do we do with this score?

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tollgate_engine::types::{Batch, Cells, Column, Decision, Value};
use tollgate_engine::{CallError, Plugin, Policy, WarmPolicy};

use super::{JudgeError, Opened, located};
use crate::document::PolicyDocument;
use crate::input::{Extractor, InputError, Outside, RawDigest, Rows, raw_digest};
use crate::plugins::Plugins;
use crate::report::BakedFrom;

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
        let quote = |text: &str| serde_json::Value::from(text).to_string();
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
    /// to `answer`. `time` goes into the answer as it is.
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
        let decision = self
            .extractor
            .extract(request, outside, &mut values)
            .map_err(NoDecision::from)
            .and_then(|()| Ok(self.policy.decide(&values)?));
        self.answer(request, &values, &decision, time, answer);
        decision
    }

    /// Decides with one warm instance, for one thread.
    #[must_use]
    pub fn warm(&self) -> WarmDecider<'_> {
        WarmDecider { decider: self, policy: self.policy.warm(), values: Vec::new() }
    }

    /// Decides on rows in one call, and appends one answer a row, each a line.
    /// Gives each row's action, or why it has none.
    ///
    /// # Errors
    /// When the plugin fails; no row has a decision then.
    pub fn decide_rows(
        &self,
        policy: &mut WarmPolicy<'_>,
        rows: &Rows,
        time: Option<&str>,
        answers: &mut String,
    ) -> Result<Vec<Result<u32, String>>, CallError> {
        let Batch { mut decisions, rows: picked } =
            policy.decide_batch(rows.rows, &rows.columns)?;
        // Rows that gave no values: what the policy says of their nulls does
        // not count.
        let mut faults = rows.faults.iter().peekable();
        let mut actions = Vec::with_capacity(picked.len());
        let mut values = Vec::new();
        for (row, &index) in (0_u32..).zip(&picked) {
            let line = rows.lines.get(row as usize).copied().unwrap_or_default();
            let fault = faults.next_if(|fault| fault.row == row);
            cells(&rows.columns, row as usize, &mut values);
            let case = match fault {
                Some(fault) => Case::Unreadable(&fault.raw),
                None => Case::Values(&values),
            };
            let refused;
            let decision = match (fault, decisions.get_mut(index as usize)) {
                (Some(fault), _) => {
                    refused = Err(fault.error.to_string());
                    &refused
                }
                (None, Some(decision)) => decision,
                (None, None) => {
                    refused = Err("the row has no decision".to_owned());
                    &refused
                }
            };
            self.write(case, decision.as_ref(), time, Some(line), answers);
            answers.push('\n');
            actions.push(match decision {
                Ok(decision) => Ok(decision.action),
                Err(problem) => Err(problem.clone()),
            });
        }
        Ok(actions)
    }

    fn answer(
        &self,
        request: &[u8],
        values: &[Value],
        decision: &Result<Decision, NoDecision>,
        time: Option<&str>,
        answer: &mut String,
    ) {
        let raw;
        let case = match decision {
            Err(NoDecision::Input(_)) => {
                raw = raw_digest([request]);
                Case::Unreadable(&raw)
            }
            _ => Case::Values(values),
        };
        match decision {
            Ok(decision) => self.write(case, Ok(decision), time, None, answer),
            Err(problem) => self.write(case, Err(&problem.to_string()), time, None, answer),
        }
    }

    fn write(
        &self,
        case: Case<'_>,
        decision: Result<&Decision, &String>,
        time: Option<&str>,
        line: Option<u64>,
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
                answer.push_str(&serde_json::Value::from(problem.as_str()).to_string());
            }
        }
        if let Some(line) = line {
            // Writing to a String cannot fail.
            let _ = write!(answer, ",\"line\":{line}");
        }
        answer.push_str(&text.tail);
        self.write_id(case, answer);
        answer.push('"');
        if let Some(time) = time {
            let _ = write!(answer, ",\"time\":\"{time}\"");
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

    /// The id is the same whenever the same plugin, settings and values meet,
    /// or the same request that gives no values.
    fn write_id(&self, case: Case<'_>, answer: &mut String) {
        // One update: each costs as much as a few fields.
        let mut fields = [0; FIELDS];
        let mut hasher = Fields { hasher: self.identity.clone(), fields: &mut fields, length: 0 };
        match case {
            Case::Values(values) => values.iter().for_each(|value| hasher.value(value)),
            Case::Unreadable(raw) => {
                hasher.push(&[5]);
                hasher.push(raw);
            }
        }
        let digest = hasher.finish();
        let id = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        push_hex(id, answer);
    }
}

/// A [`Decider`] that reuses one instance and its buffers.
pub struct WarmDecider<'a> {
    decider: &'a Decider,
    policy: WarmPolicy<'a>,
    values: Vec<Value>,
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
        let Self { decider, policy, values } = self;
        let decision = decider
            .extractor
            .extract(request, outside, values)
            .map_err(NoDecision::from)
            .and_then(|()| Ok(policy.decide(values)?));
        decider.answer(request, values, &decision, time, answer);
        decision
    }
}

/// Room for the fields of an ordinary case.
const FIELDS: usize = 256;

/// Gathers what goes into an id, and hashes it in one go where there is room.
struct Fields<'a> {
    hasher: Sha256,
    fields: &'a mut [u8; FIELDS],
    length: usize,
}

impl Fields<'_> {
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.fields.get_mut(self.length..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length = end;
            }
            None => {
                self.flush();
                self.hasher.update(bytes);
            }
        }
    }

    #[inline]
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.push(&[0]),
            Value::Boolean(value) => self.push(&[1, u8::from(*value)]),
            Value::Integer(value) => self.number(2, value.to_le_bytes()),
            Value::Number(value) => self.number(3, value.to_le_bytes()),
            Value::Text(value) => {
                self.number(4, (value.len() as u64).to_le_bytes());
                self.push(value.as_bytes());
            }
        }
    }

    #[inline]
    fn number(&mut self, tag: u8, bytes: [u8; 8]) {
        let mut field = [tag; 9];
        if let Some(number) = field.last_chunk_mut() {
            *number = bytes;
        }
        self.push(&field);
    }

    fn flush(&mut self) {
        self.hasher.update(self.fields.get(..self.length).unwrap_or_default());
        self.length = 0;
    }

    fn finish(mut self) -> [u8; 32] {
        self.flush();
        self.hasher.finalize().into()
    }
}

/// `,"baked_from":{...}` as in [`PluginReport`](crate::report::PluginReport).
fn baked_from(plugin: &Plugin) -> String {
    BakedFrom::claimed(plugin).map_or_else(String::new, |BakedFrom { digest, verified }| {
        format!(",\"baked_from\":{{\"digest\":\"{digest}\",\"verified\":{verified}}}")
    })
}

/// Sixteen hexadecimal digits.
fn push_hex(id: u64, out: &mut String) {
    let digits: [u8; 16] = std::array::from_fn(|place| {
        let digit = (id >> (60 - 4 * place)) as u8 & 15;
        digit + if digit < 10 { b'0' } else { b'a' - 10 }
    });
    out.push_str(str::from_utf8(&digits).unwrap_or_default());
}

/// The engine has checked every index of an answer.
fn part(texts: &[String], index: u32) -> &str {
    texts.get(index as usize).map_or("", String::as_str)
}

/// The values of one row, for its id.
fn cells(columns: &[Column], row: usize, values: &mut Vec<Value>) {
    values.clear();
    values.extend(columns.iter().map(|column| cell(column, row).unwrap_or(Value::Null)));
}

fn cell(column: &Column, row: usize) -> Option<Value> {
    if let Some(validity) = &column.validity
        && (validity.get(row / 8)? >> (row % 8)) & 1 == 0
    {
        return None;
    }
    Some(match &column.cells {
        Cells::Booleans(cells) => Value::Boolean(*cells.get(row)? != 0),
        Cells::Integers(cells) => Value::Integer(*cells.get(row)?),
        Cells::Numbers(cells) => Value::Number(*cells.get(row)?),
        Cells::Texts(texts) => {
            Value::Text(texts.entries.get(*texts.indices.get(row)? as usize)?.clone())
        }
    })
}
