//! What another policy would have decided on what is logged.
//!
//! The log says what was decided and on what; only the new policy decides, so
//! that what it is compared with is what really happened. Of a decision of which
//! the log does not hold all that the new policy reads, nothing is said.

mod plan;
mod report;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use miette::Diagnostic;
use serde_json::{Map, Value as Json};
use thiserror::Error;
use tollgate::difference::{Brief, Taken, Tally};
use tollgate::facts::Instant;
use tollgate::input::RowsBuilder;
use tollgate::judge::{Answer, Decider, WarmDecider};
use tollgate::rows::DECIDED_ROWS;
use tollgate::tree::non_finite_name;
use tollgate_engine::CallError;
use tollgate_engine::types::Value;
use tollgate_records::log::{self, Block, Blocks};

use self::plan::Plan;
pub use self::report::{LogDifference, NotJudged};
use crate::read::{Item, Policies, ReadError, Said};

/// Blocks that are read and verified ahead.
const AHEAD: usize = 2;

/// Why a log was not compared to its end.
#[derive(Debug, Error, Diagnostic)]
pub enum DiffError {
    /// The log cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] ReadError),
    /// The plugin fails again and again.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Which decisions are compared, and how much is told of them.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The name of the policy that made them; the new one's where none is given.
    pub name: Option<String>,
    /// Not before.
    pub since: Option<Instant>,
    /// Before.
    pub until: Option<Instant>,
    /// How many decisions are kept of each transition.
    pub examples: usize,
    /// Those of this one only.
    pub rows: Option<(Taken, Taken)>,
}

/// Decides by `new` on the decisions of a log, a file or a folder, batch by
/// batch, so that memory stays the same however many there are. `watch` is told
/// how many were read.
///
/// # Errors
/// When the log cannot be read to its end, or the plugin fails again and again.
pub fn diff(
    log: &Path,
    new: &Decider,
    asked: &Asked,
    watch: &mut dyn FnMut(u64),
) -> Result<LogDifference, DiffError> {
    let blocks = Blocks::open(log).map_err(ReadError::from)?;
    // Reading and hashing take as long as deciding does.
    thread::scope(|scope| {
        let (give, take) = sync_channel(AHEAD);
        scope.spawn(move || {
            for block in blocks {
                if give.send(block).is_err() {
                    break;
                }
            }
        });
        let mut comparing = Comparing::new(new, asked);
        comparing.all(take, watch)?;
        Ok(comparing.finish(&log.display().to_string()))
    })
}

struct Comparing<'a> {
    new: &'a Decider,
    asked: &'a Asked,
    name: &'a str,
    warm: WarmDecider,
    tally: Tally,
    report: LogDifference,
    policies: Policies,
    plans: BTreeMap<u64, Plan>,
    /// Why decisions are not judged, and how many.
    not_judged: HashMap<String, u64>,
    built: RowsBuilder,
    briefs: Vec<Brief>,
    values: Vec<Value>,
}

impl<'a> Comparing<'a> {
    fn new(new: &'a Decider, asked: &'a Asked) -> Self {
        let tally = Tally::new(new, asked.examples);
        Self {
            new,
            asked,
            name: asked.name.as_deref().unwrap_or(&new.document().name),
            warm: new.warm(),
            tally: match asked.rows.clone() {
                Some((from, to)) => tally.with_rows_of(from, to),
                None => tally,
            },
            report: LogDifference::default(),
            policies: Policies::default(),
            plans: BTreeMap::new(),
            not_judged: HashMap::new(),
            built: RowsBuilder::of(new.extractor()),
            briefs: Vec::new(),
            values: Vec::new(),
        }
    }

    fn all(
        &mut self,
        blocks: Receiver<Result<Block, log::ReadError>>,
        watch: &mut dyn FnMut(u64),
    ) -> Result<(), DiffError> {
        for block in blocks {
            for raw in block.map_err(ReadError::from)?.iter() {
                match self.policies.read(raw)? {
                    Item::Decision(mut decision) => {
                        if decision.is_within(self.asked.since, self.asked.until)? {
                            self.add(decision.seq, &mut decision.said);
                        }
                    }
                    Item::Gap(gap) => self.report.gap.add(gap),
                    Item::Other => {}
                }
                if self.built.count() as usize >= DECIDED_ROWS {
                    self.decide()?;
                }
            }
            watch(self.report.decisions_read);
        }
        Ok(self.decide()?)
    }

    /// Adds a decision to those that are decided next, where that can be.
    fn add(&mut self, seq: u64, said: &mut Said<'_>) {
        self.report.decisions_read += 1;
        if said.policy.name != self.name {
            match self.report.other_policies.get_mut(&said.policy.name) {
                Some(count) => *count += 1,
                None => {
                    self.report.other_policies.insert(said.policy.name.clone(), 1);
                }
            }
            return;
        }
        if let Some(rate) = said.rate {
            self.report.rate = Some(self.report.rate.map_or(rate, |other| other.min(rate)));
        }
        let new = self.new;
        let plan =
            self.plans.entry(said.policy.seq).or_insert_with(|| Plan::new(&said.policy, new));
        match plan.values(said, &mut self.values) {
            Ok(()) => {
                let place = self.built.count() as usize;
                self.built.push_values(&mut self.values, seq);
                match self.briefs.get_mut(place) {
                    Some(brief) => fill(brief, said),
                    None => {
                        let mut brief = Brief::default();
                        fill(&mut brief, said);
                        self.briefs.push(brief);
                    }
                }
            }
            Err(reason) => match self.not_judged.get_mut(&*reason) {
                Some(count) => *count += 1,
                None => {
                    self.not_judged.insert(reason.into_owned(), 1);
                }
            },
        }
    }

    fn decide(&mut self) -> Result<(), CallError> {
        if self.built.count() == 0 {
            return Ok(());
        }
        let next = RowsBuilder::of(self.new.extractor());
        let rows = std::mem::replace(&mut self.built, next).finish();
        let mut briefs = self.briefs.iter();
        let tally = &mut self.tally;
        self.warm.decide_rows(&rows, |answer| {
            // There are as many, or more from before.
            if let Some(brief) = briefs.next() {
                tally.add(brief, answer, || inputs(answer));
            }
        })
    }

    fn finish(self, log: &str) -> LogDifference {
        let decisions = self.tally.finish(log);
        self.report.finish(log, self.name, self.new, decisions, self.not_judged)
    }
}

/// Puts what was decided where something was before, whose memory is used
/// again.
fn fill(brief: &mut Brief, said: &Said<'_>) {
    let Brief { taken, reasons, problem, score } = brief;
    match (&mut taken.action, said.action.as_deref()) {
        (Some(there), Some(action)) => there.replace_range(.., action),
        (there, action) => *there = action.map(str::to_owned),
    }
    taken.fallback = said.fallback;
    reasons.truncate(said.reasons.len());
    for (place, reason) in said.reasons.iter().enumerate() {
        match reasons.get_mut(place) {
            Some(there) => there.replace_range(.., reason),
            None => reasons.push(reason.to_string()),
        }
    }
    *problem = said.problem.as_deref().map(str::to_owned);
    *score = said.score;
}

/// What the new policy read.
fn inputs(answer: &Answer<'_>) -> Map<String, Json> {
    let names = answer.decider().policy().surface().inputs.iter().map(|input| &input.name);
    let values = answer.values().unwrap_or_default();
    let read = names.zip(values.iter()).filter(|(_, value)| **value != Value::Null);
    read.map(|(name, value)| (name.clone(), json(value))).collect()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Number(value) if value.is_finite() => (*value).into(),
        Value::Number(value) => non_finite_name(*value).into(),
        Value::Text(value) => value.as_str().into(),
    }
}
