//! Counting what comes out differently, row by row.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{DecisionDifferences, Direction, Example, ReasonChange, ScoreRange, Taken, Transition};
use crate::judge::{Answer, Decider, Place};

/// What is kept of an answer until the other one is there.
#[derive(Debug, Clone, Default)]
pub struct Brief {
    /// What was done.
    pub taken: Taken,
    /// Why, in the order the reasons applied.
    pub reasons: Vec<String>,
    /// Why there is no decision.
    pub problem: Option<String>,
    /// The score.
    pub score: Option<f64>,
}

impl Brief {
    /// Of an answer.
    #[must_use]
    pub fn of(answer: &Answer<'_>) -> Self {
        Self {
            taken: Taken {
                action: answer.action().map(str::to_owned),
                fallback: answer.is_fallback(),
            },
            reasons: answer.reasons().map(str::to_owned).collect(),
            problem: answer.decision().err().map(ToString::to_string),
            score: answer.score(),
        }
    }

    /// Whether the answer is the same action for the same reasons.
    fn is_as(&self, answer: &Answer<'_>) -> bool {
        self.taken.fallback == answer.is_fallback()
            && self.taken.action.as_deref() == answer.action()
            && self.reasons.iter().map(String::as_str).eq(answer.reasons())
    }

    fn because(&self) -> String {
        self.problem.clone().unwrap_or_else(|| self.reasons.join("+"))
    }
}

/// Counts what comes out differently.
#[derive(Debug)]
pub struct Tally {
    found: DecisionDifferences,
    transitions: BTreeMap<(Taken, Taken), Transition>,
    /// Rows that lose and that get a reason.
    reasons: BTreeMap<String, (u64, u64)>,
    /// The new policy's actions, mildest first.
    actions: Vec<String>,
    examples: usize,
    only: Option<(Taken, Taken)>,
}

impl Tally {
    /// Nothing so far; `new` is who decides anew, and each transition keeps
    /// `examples` rows.
    #[must_use]
    pub fn new(new: &Decider, examples: usize) -> Self {
        Self {
            found: DecisionDifferences::default(),
            transitions: BTreeMap::new(),
            reasons: BTreeMap::new(),
            actions: new.policy().surface().actions.clone(),
            examples,
            only: None,
        }
    }

    /// The same, where no rows are kept but those of one transition.
    #[must_use]
    pub fn with_rows_of(self, from: Taken, to: Taken) -> Self {
        Self { only: Some((from, to)), ..self }
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.found.rows
    }

    /// Adds the answers to one row. `inputs` says what was read of it.
    pub fn add(
        &mut self,
        old: &Brief,
        answer: &Answer<'_>,
        inputs: impl FnOnce() -> Map<String, Json>,
    ) {
        self.found.rows += 1;
        if old.is_as(answer) {
            match old.taken.fallback {
                false => self.found.same += 1,
                true => self.found.undecided += 1,
            }
            return;
        }
        let new = Brief::of(answer);
        let score = new.score.or(old.score);
        widen(&mut self.found.scores, score);
        for reason in old.reasons.iter().filter(|reason| !new.reasons.contains(reason)) {
            self.reasons.entry(reason.clone()).or_default().0 += 1;
        }
        for reason in new.reasons.iter().filter(|reason| !old.reasons.contains(reason)) {
            self.reasons.entry(reason.clone()).or_default().1 += 1;
        }
        let direction = self.direction(&old.taken, &new.taken);
        match direction {
            Some(Direction::Stricter) => self.found.stricter += 1,
            Some(Direction::Milder) => self.found.milder += 1,
            None => {}
        }
        match old.taken == new.taken {
            true => self.found.other_reasons += 1,
            false => self.found.changed += 1,
        }
        let transition =
            self.transitions.entry((old.taken.clone(), new.taken.clone())).or_insert_with(|| {
                let (from, to) = (old.taken.clone(), new.taken.clone());
                Transition { from, to, direction, rows: 0, scores: None, examples: Vec::new() }
            });
        transition.rows += 1;
        widen(&mut transition.scores, score);
        let is_shown = |(from, to): &(Taken, Taken)| *from == old.taken && *to == new.taken;
        if transition.examples.len() < self.examples && self.only.as_ref().is_none_or(is_shown) {
            let (line, row) = match answer.row() {
                Some(Place::Line(line)) => (Some(line), None),
                Some(Place::Row(row)) => (None, Some(row)),
                None => (None, None),
            };
            let (because, because_new) = (old.because(), new.because());
            let inputs = inputs();
            transition.examples.push(Example { line, row, inputs, because, because_new });
        }
    }

    fn direction(&self, from: &Taken, to: &Taken) -> Option<Direction> {
        if from.fallback || to.fallback {
            return None;
        }
        let place = |taken: &Taken| {
            self.actions.iter().position(|action| Some(action) == taken.action.as_ref())
        };
        match place(from)?.cmp(&place(to)?) {
            std::cmp::Ordering::Less => Some(Direction::Stricter),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Direction::Milder),
        }
    }

    /// What was found; `input` is what the rows are called.
    #[must_use]
    pub fn finish(self, input: &str) -> DecisionDifferences {
        let mut transitions: Vec<Transition> = self.transitions.into_values().collect();
        // Equal ones stay in the order of their names.
        transitions.sort_by_key(|transition| std::cmp::Reverse(transition.rows));
        let reasons = self.reasons.into_iter();
        let reasons =
            reasons.map(|(reason, (lost, gained))| ReasonChange { reason, lost, gained }).collect();
        DecisionDifferences { input: input.to_owned(), transitions, reasons, ..self.found }
    }
}

fn widen(range: &mut Option<ScoreRange>, score: Option<f64>) {
    let Some(score) = score else { return };
    let range = range.get_or_insert(ScoreRange { lowest: score, highest: score });
    range.lowest = range.lowest.min(score);
    range.highest = range.highest.max(score);
}
