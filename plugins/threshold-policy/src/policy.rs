//! The configured policy and its decision on one case.
//!
//! Every condition that holds leaves its mark in one number, the *key*: bit
//! `i` for rule `i`, one more for the daily limit, and above them the rung of
//! the ladder that the score reaches. The key alone decides, so that a batch
//! can compute keys column by column and look each up once.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, vec};

use tollgate_sdk::policy::{Decision, Declaration, Input, Value};

use crate::cel::{self, FaultKind};
use crate::inputs::{Problem, Reading, Values, cell};
use crate::settings::{Effect, Settings};

/// A policy that is ready to decide.
#[derive(Debug, Clone)]
pub struct ThresholdPolicy {
    /// What it was made of, for remarks on it.
    pub(crate) settings: Arc<Settings>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) actions: Vec<String>,
    pub(crate) reasons: Vec<String>,
    /// By rung, from the bottom: the action and the reason.
    pub(crate) rungs: Vec<(u32, u32)>,
    /// In the order in which they apply.
    pub(crate) rules: Vec<Consequence>,
    /// The conditions that are expressions: bit and program, by bit.
    pub(crate) expressions: Vec<(u32, cel::Program)>,
    pub(crate) limit: Option<Limit>,
    /// The key of a row for which no test passes.
    pub(crate) empty_key: u64,
}

/// What a rule does when its condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Consequence {
    pub(crate) action: u32,
    pub(crate) effect: Effect,
    pub(crate) reason: u32,
}

/// What becomes of a new block when the customer has had enough of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) reason: u32,
    /// The mark of a block in force, which is no new one; 0 where the policy
    /// knows of none.
    pub(crate) in_force: u64,
}

/// A decision in little room: equal outcomes are equal decisions, since every
/// rule has a reason of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    pub(crate) action: u32,
    /// The reason of the rung.
    pub(crate) reason: u32,
    /// The bits of the rules that held, and of the daily limit if it applied.
    pub(crate) marks: u64,
}

/// Why no decision can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The value of this input is not in order.
    Input(u32, Problem),
    /// The expression of this rule has no value.
    Rule(u32, cel::Fault),
}

impl ThresholdPolicy {
    pub(crate) fn declaration(&self) -> Declaration {
        let inputs = self.readings.iter().map(|reading| Input {
            name: reading.name.clone().into_owned(),
            kind: reading.kind,
            required: reading.required,
        });
        Declaration {
            inputs: inputs.collect(),
            score: Some(0),
            actions: self.actions.clone(),
            reasons: self.reasons.clone(),
        }
    }

    pub(crate) fn decide_one(&self, values: &[Value]) -> Result<Decision, String> {
        if values.len() != self.readings.len() {
            let (wanted, found) = (self.readings.len(), values.len());
            return Err(format!("the policy reads {wanted} inputs, not {found}"));
        }
        let row = Values { values, readings: &self.readings };
        match self.key(values.iter().map(cell), &row) {
            Ok(key) => Ok(self.decision(self.outcome(key))),
            Err(fault) => Err(self.explain(fault)),
        }
    }

    /// The key of one row, given as its cells in the order of the inputs, and
    /// again by index for the expressions.
    #[inline]
    pub(crate) fn key<'c, R: cel::Row>(
        &self,
        cells: impl Iterator<Item = cel::Cell<'c>>,
        row: &R,
    ) -> Result<u64, Fault> {
        let mut key = self.empty_key;
        for ((index, reading), cell) in (0_u32..).zip(&self.readings).zip(cells) {
            match reading.judge(cell) {
                Ok(weight) => key = key.wrapping_add(weight),
                Err(problem) => return Err(Fault::Input(index, problem)),
            }
        }
        for (bit, program) in &self.expressions {
            match program.holds(row) {
                Ok(holds) => key |= u64::from(holds) << bit,
                Err(fault) => return Err(Fault::Rule(*bit, fault)),
            }
        }
        Ok(key)
    }

    /// The bit of the daily limit, and the first bit of the rung above it.
    pub(crate) fn shifts(&self) -> (u32, u32) {
        let limit = self.rules.len() as u32;
        (limit, limit + u32::from(self.limit.is_some()))
    }

    /// What `key` means. Two keys may mean the same: a mark of the daily limit
    /// where nothing was blocked anew, two rungs with one reason.
    #[inline]
    pub(crate) fn outcome(&self, key: u64) -> Outcome {
        let (limit_bit, rung_bit) = self.shifts();
        let rung = self.rungs.get((key >> rung_bit) as usize);
        // No key lies above the ladder; the strictest rung if one ever did.
        let rung = rung.or(self.rungs.last()).copied();
        let (mut action, reason) = rung.unwrap_or_default();
        let mut marks = key & !(u64::MAX << limit_bit);
        let mut left = marks;
        while left != 0 {
            let rule = self.rules.get(left.trailing_zeros() as usize);
            left &= left - 1;
            action = match rule {
                Some(rule) if rule.effect == Effect::Set => rule.action,
                Some(rule) => action.max(rule.action),
                None => action,
            };
        }
        if let Some(limit) = &self.limit
            && key >> limit_bit & 1 == 1
            && marks & limit.in_force == 0
            && action == limit.from
        {
            action = limit.to;
            marks |= 1 << limit_bit;
        }
        Outcome { action, reason, marks }
    }

    /// The decision in the contract's form.
    #[inline]
    pub(crate) fn decision(&self, outcome: Outcome) -> Decision {
        let Outcome { action, reason, marks } = outcome;
        let mut reasons = Vec::with_capacity(marks.count_ones() as usize + 1);
        reasons.push(reason);
        let mut left = marks;
        while left != 0 {
            let rule = self.rules.get(left.trailing_zeros() as usize);
            left &= left - 1;
            // The mark behind those of the rules is the daily limit's.
            let limit = self.limit.as_ref().map(|limit| limit.reason);
            reasons.extend(rule.map(|rule| rule.reason).or(limit));
        }
        Decision { action, reasons }
    }

    #[cold]
    pub(crate) fn explain(&self, fault: Fault) -> String {
        let explained = match fault {
            Fault::Input(index, problem) => {
                (self.readings.get(index as usize)).map(|reading| reading.explain(problem))
            }
            Fault::Rule(index, fault) => {
                let rule = self.rules.get(index as usize);
                let reason = rule.and_then(|rule| self.reasons.get(rule.reason as usize));
                reason.map(|id| {
                    let (words, column) = (fault.kind.words(), fault.column);
                    format!("rule `{id}` has no answer: {words} (column {column})")
                })
            }
        };
        explained.unwrap_or_else(|| FaultKind::WrongType.words().into())
    }
}

/// Every decision that a policy can come to needs a place for its reasons, so
/// reasons are numbered once.
#[derive(Debug, Default)]
pub(crate) struct Reasons(pub(crate) Vec<String>);

impl Reasons {
    /// The index of `reason`, which is added when it is new.
    pub(crate) fn index(&mut self, reason: &str) -> u32 {
        let known = self.0.iter().position(|other| other == reason);
        known.unwrap_or_else(|| {
            self.0.extend(vec![String::from(reason)]);
            self.0.len() - 1
        }) as u32
    }
}
