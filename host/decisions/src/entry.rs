//! A decision on its way into the log: no more of it than must be copied.

use std::mem::size_of;
use std::sync::Arc;

use serde::Serialize;
use tollgate::facts::Instant;
use tollgate::judge::{Answer, Decider};
use tollgate_engine::types::Value;

/// The longest words on why there is no decision, in bytes: a plugin's own may
/// be as long as it likes.
const LONGEST_PROBLEM: usize = 4096;

/// What is known of a decision beside its answer.
#[derive(Default, Clone, Copy)]
pub struct Context<'a> {
    /// When it was made; now, where that is not said.
    pub time: Option<Instant>,
    /// The model whose score it reads: `models:/fraud/3`.
    pub model: Option<&'a Arc<str>>,
    /// What tells the request from others in traces.
    pub trace: Option<&'a str>,
    /// What another policy would have decided, which nobody was told.
    pub shadow: Option<&'a Answer<'a>>,
    /// Which of several policies the case was given to.
    pub assignment: Option<&'a Assignment>,
}

/// Which of several policies a case was given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The ramp or the test: `fraud-2.2-ramp`.
    pub name: Arc<str>,
    /// The arm: `champion`, `challenger`.
    pub arm: Arc<str>,
    /// Whether nobody was assigned yet: the champion answers all, and the other
    /// one sees the case in the shadow.
    pub shadow: bool,
}

/// That a rollout began, went on, was held up or went back.
#[derive(Debug, Clone, Serialize)]
pub struct RolloutChange<'a> {
    /// The rollout.
    pub name: &'a str,
    /// What the policy is asked by.
    pub policy: &'a str,
    /// Name and version of what answered before: `fraud_detector@2.1.0`.
    pub champion: &'a str,
    /// Name and version of what may come to answer.
    pub candidate: &'a str,
    /// `began`, `next`, `held`, `done`, `returned`.
    pub change: &'a str,
    /// `shadow`, `step`, `split`: what it is in from here on.
    pub stage: &'a str,
    /// The number of that stage, from 1.
    pub number: usize,
    /// How many stages there are.
    pub of: usize,
    /// How many percent the candidate answers from here on.
    pub percent: f64,
    /// Why, where it is held up or went back.
    pub because: &'a [String],
}

/// What waits to be written.
#[allow(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub(crate) enum Waiting {
    Decision(Entry),
    /// A change of a rollout: its time, and the body of its record.
    Rollout(i64, String),
}

impl Waiting {
    /// About how much memory it takes.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Decision(entry) => entry.weight(),
            Self::Rollout(_, body) => size_of::<Self>() + body.len(),
        }
    }
}

/// A decision that waits to be written.
pub(crate) struct Entry {
    /// In milliseconds since 1970.
    pub(crate) time: i64,
    pub(crate) said: Said,
    pub(crate) model: Option<Arc<str>>,
    pub(crate) trace: Option<Box<str>>,
    pub(crate) shadow: Option<Box<Said>>,
    pub(crate) assignment: Option<Assignment>,
}

/// What a policy said of a case.
pub(crate) struct Said {
    pub(crate) decider: Decider,
    pub(crate) id: u64,
    /// None where the case gives none.
    pub(crate) values: Option<Vec<Value>>,
    pub(crate) outcome: Outcome,
}

/// A decision, as indices into what the policy declares, or why there is none.
pub(crate) enum Outcome {
    Decided { action: u32, reasons: Vec<u32> },
    Undecided(String),
}

impl Entry {
    pub(crate) fn of(answer: &Answer<'_>, id: u64, context: &Context<'_>) -> Self {
        Self {
            time: context.time.unwrap_or_else(Instant::now).as_milliseconds(),
            said: Said::of(answer, id),
            model: context.model.cloned(),
            trace: context.trace.map(Box::from),
            shadow: context.shadow.map(|shadow| Box::new(Said::of(shadow, shadow.id().as_u64()))),
            assignment: context.assignment.cloned(),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn weight(&self) -> usize {
        let shadow = self.shadow.as_ref().map_or(0, |shadow| size_of::<Said>() + shadow.weight());
        let trace = self.trace.as_ref().map_or(0, |trace| trace.len());
        size_of::<Self>() + self.said.weight() + shadow + trace
    }
}

impl Said {
    pub(crate) fn of(answer: &Answer<'_>, id: u64) -> Self {
        Self {
            decider: answer.decider().clone(),
            id,
            values: answer.values().map(std::borrow::Cow::into_owned),
            outcome: match answer.decision() {
                Ok(decision) => {
                    Outcome::Decided { action: decision.action, reasons: decision.reasons.clone() }
                }
                Err(problem) => Outcome::Undecided(shortened(problem.to_string())),
            },
        }
    }

    fn weight(&self) -> usize {
        let text = |value: &Value| match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let values = self.values.as_deref().unwrap_or_default();
        let values = size_of_val(values) + values.iter().map(text).sum::<usize>();
        values
            + match &self.outcome {
                Outcome::Decided { reasons, .. } => size_of_val(reasons.as_slice()),
                Outcome::Undecided(problem) => problem.len(),
            }
    }
}

fn shortened(mut problem: String) -> String {
    if problem.len() > LONGEST_PROBLEM {
        problem.truncate(problem.floor_char_boundary(LONGEST_PROBLEM));
        problem.push('…');
    }
    problem
}
