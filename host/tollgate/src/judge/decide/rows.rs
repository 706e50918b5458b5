//! Deciding on many rows in one call.

use std::borrow::Cow;

use tollgate_engine::types::{Batch, Decision};
use tollgate_engine::{CallError, CallOptions, CallStats, Cause, Fault};

use super::answer::{Answer, Place};
use super::case::Case;
use super::{NoDecision, WarmDecider};
use crate::input::{Rows, Shadowed};

/// How many rows a plugin can take at a time, and how often it failed on one
/// alone.
#[derive(Debug)]
pub(super) struct Pace {
    most: u32,
    failed: u32,
}

/// What a call that fails is cut into.
const PARTS: u32 = 64;

/// A plugin that fails on so many rows by themselves is broken, and answers to
/// the others would only take time.
const MOST_FAILED: u32 = 1024;

/// What a row weighs that used up the fuel or the time of a whole call, some
/// seconds: two are enough.
const COSTLY: u32 = MOST_FAILED / 2;

impl Default for Pace {
    fn default() -> Self {
        Self { most: u32::MAX, failed: 0 }
    }
}

impl WarmDecider {
    /// Decides on rows, in one call where the plugin can take them at once,
    /// and gives each row's answer, in their order. A row on which the plugin
    /// fails has no decision, and leaves the others alone.
    ///
    /// # Errors
    /// When the plugin fails again and again: the rows from there on have no
    /// answer. When the rows were read for another policy.
    pub fn decide_rows(
        &mut self,
        rows: &Rows,
        each: impl FnMut(&Answer<'_>),
    ) -> Result<(), CallError> {
        self.decide_rows_with(rows, &CallOptions::warm(), None, each)
    }

    /// [`WarmDecider::decide_rows`], each call as the options say, in this one
    /// instance; what the last call took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn decide_rows_with(
        &mut self,
        rows: &Rows,
        options: &CallOptions,
        mut stats: Option<&mut CallStats>,
        mut each: impl FnMut(&Answer<'_>),
    ) -> Result<(), CallError> {
        let _span = self.decider.span();
        if !self.decider.extractor().has_read(rows) {
            let problem = "the rows were read for another policy, or other counters";
            return Err(CallError::Refused(problem.to_owned()));
        }
        // What is still to be decided, from the end.
        let mut open = vec![(0, rows.rows)];
        while let Some((start, end)) = open.pop() {
            let count = end - start;
            if count > self.pace.most {
                cut(start, end, self.pace.most, &mut open);
                continue;
            }
            let part;
            let asked = if count == rows.rows {
                rows
            } else {
                part = rows.part(start, end);
                &part
            };
            let stats = stats.as_deref_mut();
            match self.policy.decide_batch_with(asked.rows, &asked.columns, options, stats) {
                Ok(batch) => self.answer(asked, batch, &mut each),
                Err(error) if is_busy(&error) => return Err(error),
                Err(_) if count > 1 => {
                    let most = count.div_ceil(PARTS);
                    // Few enough for what is in the way; one bad row must not
                    // make all that follow slow.
                    self.pace.most = most.max(PARTS);
                    cut(start, end, most, &mut open);
                }
                Err(error) => {
                    self.pace.failed += weight(&error);
                    if self.pace.failed >= MOST_FAILED {
                        return Err(error);
                    }
                    self.answers(asked, &[Err(error.into())], &[0], &mut each);
                }
            }
        }
        Ok(())
    }

    fn answer(&mut self, rows: &Rows, batch: Batch, each: &mut impl FnMut(&Answer<'_>)) {
        let refused = |problem| NoDecision::Call(CallError::Refused(problem));
        let decisions: Vec<_> =
            batch.decisions.into_iter().map(|decision| decision.map_err(refused)).collect();
        self.answers(rows, &decisions, &batch.rows, each);
    }

    /// Gives the answer to each row, whose decision is at its index.
    fn answers(
        &mut self,
        rows: &Rows,
        decisions: &[Result<Decision, NoDecision>],
        indices: &[u32],
        each: &mut impl FnMut(&Answer<'_>),
    ) {
        // Rows that gave no values: what the policy says of their nulls does
        // not count.
        let mut faults = rows.faults.iter().peekable();
        let mut shadowed = rows.shadowed.iter().peekable();
        let (nothing, missing) = (Shadowed::default(), missing());
        let place = if rows.numbered { Place::Row } else { Place::Line };
        for (row, &index) in (0_u32..).zip(indices) {
            let (case, decision) = match faults.next_if(|fault| fault.row == row) {
                Some(fault) => {
                    let problem = NoDecision::Input(fault.error.clone());
                    (Case::Unreadable(fault.raw), Err(Cow::Owned(problem)))
                }
                None => {
                    let decision = match decisions.get(index as usize) {
                        Some(Ok(decision)) => Ok(Cow::Borrowed(decision)),
                        Some(Err(problem)) => Err(Cow::Borrowed(problem)),
                        None => Err(Cow::Borrowed(&missing)),
                    };
                    (Case::Row { columns: &rows.columns, row: row as usize }, decision)
                }
            };
            let shadowed = shadowed.next_if(|(shadowed, _)| *shadowed == row);
            each(&Answer {
                decider: &self.decider,
                case,
                decision,
                shadowed: Cow::Borrowed(shadowed.map_or(&nothing, |(_, shadowed)| shadowed)),
                row: rows.lines.get(row as usize).map(|number| place(*number)),
            });
        }
    }
}

/// The engine has checked that each row has a decision.
fn missing() -> NoDecision {
    NoDecision::Call(CallError::Refused("the row has no decision".to_owned()))
}

/// Cuts rows into parts of at most `most`, the first of which is next.
fn cut(start: u32, end: u32, most: u32, open: &mut Vec<(u32, u32)>) {
    let first = open.len();
    let mut start = start;
    while start < end {
        let next = start.saturating_add(most).min(end);
        open.push((start, next));
        start = next;
    }
    if let Some(parts) = open.get_mut(first..) {
        parts.reverse();
    }
}

/// Whether the fault is neither the plugin's nor the rows'.
fn is_busy(error: &CallError) -> bool {
    matches!(error, CallError::Fault(Fault { cause: Cause::Busy(_), .. }))
}

fn weight(error: &CallError) -> u32 {
    match error {
        CallError::Fault(Fault { cause: Cause::Fuel(_) | Cause::Deadline(_), .. }) => COSTLY,
        CallError::Fault(_) => 1,
        // It says why, and that is cheap.
        _ => 0,
    }
}
