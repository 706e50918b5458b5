//! Deciding on many rows in one call.

use tollgate_engine::types::{Batch, Cells, Column, Value};
use tollgate_engine::{CallError, Cause, Fault};

use super::{Case, Told, WarmDecider};
use crate::input::{Rows, Shadowed};

/// The answer to one row.
pub struct RowAnswer<'a> {
    /// JSON, and the end of its line.
    pub text: &'a str,
    /// The action, which is none where there is no decision.
    pub action: Option<u32>,
    /// What the row gives and is not read.
    pub shadowed: &'a Shadowed,
}

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

impl WarmDecider<'_> {
    /// Decides on rows, in one call where the plugin can take them at once,
    /// and gives each row's answer, in their order. A row on which the plugin
    /// fails has no decision, and leaves the others alone.
    ///
    /// # Errors
    /// When the plugin fails again and again: the rows from there on have no
    /// answer.
    pub fn decide_rows(
        &mut self,
        rows: &Rows,
        time: Option<&str>,
        mut each: impl FnMut(RowAnswer<'_>),
    ) -> Result<(), CallError> {
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
            match self.policy.decide_batch(asked.rows, &asked.columns) {
                Ok(batch) => self.answer(asked, &batch, time, &mut each),
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
                    let batch = Batch { decisions: vec![Err(error.to_string())], rows: vec![0] };
                    self.answer(asked, &batch, time, &mut each);
                }
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        rows: &Rows,
        batch: &Batch,
        time: Option<&str>,
        each: &mut impl FnMut(RowAnswer<'_>),
    ) {
        // Rows that gave no values: what the policy says of their nulls does
        // not count.
        let mut faults = rows.faults.iter().peekable();
        let mut shadowed = rows.shadowed.iter().peekable();
        let mut answer = String::new();
        for (row, &index) in (0_u32..).zip(&batch.rows) {
            let line = rows.lines.get(row as usize).copied();
            cells(&rows.columns, row as usize, &mut self.values);
            let refused;
            let (case, decision) = match faults.next_if(|fault| fault.row == row) {
                Some(fault) => {
                    refused = fault.error.to_string();
                    (Case::Unreadable(&fault.raw), Err(refused.as_str()))
                }
                None => {
                    let decision = match batch.decisions.get(index as usize) {
                        Some(Ok(decision)) => Ok(decision),
                        Some(Err(problem)) => Err(problem.as_str()),
                        None => Err("the row has no decision"),
                    };
                    (Case::Values(&self.values), decision)
                }
            };
            let nothing = Shadowed::default();
            let shadowed = shadowed.next_if(|(shadowed, _)| *shadowed == row);
            let shadowed = shadowed.map_or(&nothing, |(_, shadowed)| shadowed);
            answer.clear();
            self.decider.write(case, decision, shadowed, Told { time, line }, &mut answer);
            answer.push('\n');
            let action = decision.ok().map(|decision| decision.action);
            each(RowAnswer { text: &answer, action, shadowed });
        }
    }
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
