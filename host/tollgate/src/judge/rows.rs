//! Judging many rows, batch by batch.

use std::sync::mpsc::sync_channel;
use std::thread;

use tollgate_engine::types::{Cells, Column, Dictionary, Finding, Outcome, TypedColumn};
use tollgate_engine::{Cause, Fault, Signature, WarmSignature};

use super::JudgeError;
use super::checked::CheckedRows;
use super::merge::{Merged, Merger};
use crate::report::{ColumnReport, FindingReport, RowsReport};
use crate::rows::{Judged, RowBatch, RowContent, RowFault, RowFormat, RowNumbers, RowSource};

/// Batches that are read ahead while one is judged.
const AHEAD: usize = 2;

/// The rule of the finding that there were no rows.
pub(super) const NO_ROWS: &str = "no-rows";

/// What is told of rows, and what passes.
#[derive(Debug)]
pub(super) struct Telling {
    /// What cells without types become.
    pub(super) how: Judged,
    /// At most so many findings.
    pub(super) most: usize,
    /// None may be as it should be.
    pub(super) allow_empty: bool,
    /// The plugin is asked about columns without rows, too.
    pub(super) ask_of_none: bool,
}

/// How far rows are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Rows that were judged.
    pub rows: u64,
    /// All rows, where their source says how many there are.
    pub of_rows: Option<u64>,
    /// Bytes that were read.
    pub bytes: u64,
    /// All bytes, where that is known.
    pub of_bytes: Option<u64>,
}

/// Judges all rows, tells at most so many findings, and tells `watch` after
/// each batch how far it is.
///
/// # Errors
/// When the rows cannot be read to their end, or the plugin fails.
pub(super) fn rows(
    checker: &Signature,
    source: &mut dyn RowSource,
    telling: Telling,
    watch: &mut dyn FnMut(Seen),
) -> Result<CheckedRows, JudgeError> {
    let (format, columns) = (source.format(), source.columns().to_vec());
    let how = telling.how;
    let extent = source.extent();
    let mut seen = Seen { of_rows: extent.rows, of_bytes: extent.bytes, ..Seen::default() };
    let mut judge =
        Judge { checker: checker.warm(), merger: Merger::default(), batches: 0, unread: 0 };
    thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        scope.spawn(move || {
            while let Some(batch) = source.next_batch().transpose() {
                let batch = batch.map(|batch| Ready::new(read_as(batch.readable(), how)));
                let is_last = batch.is_err();
                if send.send((batch, source.bytes_read())).is_err() || is_last {
                    return;
                }
            }
        });
        for (batch, bytes) in receive {
            let mut ready = batch?;
            let faults = std::mem::take(&mut ready.batch.faults);
            seen.rows += (ready.batch.rows.count + faults.len()) as u64;
            for fault in faults {
                judge.unread(fault);
            }
            judge.batch(&ready)?;
            seen.bytes = bytes;
            watch(seen);
        }
        Ok::<_, JudgeError>(())
    })?;
    if seen.rows == 0 {
        judge.hollow(format, &columns, &telling)?;
    }
    if format == RowFormat::Csv && judge.merger.has("missing-inputs") && is_data(&columns) {
        let message = "the first line looks like data, not like names: a CSV file needs a header";
        judge.merger.add_report(FindingReport::new("no-header", Outcome::Warn, message));
    }
    let (batches, unread) = (judge.batches, judge.unread);
    let merged = judge.merger.finish(telling.most);
    let rows = RowsReport {
        format: format.name(),
        count: seen.rows,
        unread,
        batches,
        columns: summaries(&columns, &merged),
    };
    let Merged { findings, rest, worst, .. } = merged;
    Ok(CheckedRows { findings, more_findings: rest, verdict: worst, rows })
}

/// A batch, and the columns that its cells without types are judged as.
struct Ready {
    batch: RowBatch,
    columns: Option<Vec<TypedColumn>>,
}

impl Ready {
    /// What is dear, so that it is done by whoever reads.
    fn new(batch: RowBatch) -> Self {
        let columns = match &batch.content {
            RowContent::Untyped(cells) => Some(cells.columns()),
            RowContent::Columns(_) | RowContent::Records(_) => None,
        };
        Self { batch, columns }
    }
}

/// Cells without types keep how they are written where each row is judged by
/// itself.
fn read_as(batch: RowBatch, how: Judged) -> RowBatch {
    match &batch.content {
        RowContent::Untyped(cells) if how == Judged::Apart => {
            RowBatch { content: RowContent::Columns(cells.exact()), ..batch }
        }
        _ => batch,
    }
}

struct Judge {
    checker: WarmSignature,
    merger: Merger,
    batches: u64,
    /// Rows that could not be read.
    unread: u64,
}

impl Judge {
    fn unread(&mut self, fault: RowFault) {
        self.unread += 1;
        self.merger.add_unread(fault);
    }

    fn batch(&mut self, ready: &Ready) -> Result<(), JudgeError> {
        if ready.batch.rows.count == 0 {
            return Ok(());
        }
        self.batches += 1;
        self.judged(ready)
    }

    /// Judges a batch, or its halves where it is too much for the plugin.
    fn judged(&mut self, ready: &Ready) -> Result<(), JudgeError> {
        let batch = &ready.batch;
        let mut answer = self.ask(ready);
        if is_out_of_memory(&answer) && batch.rows.count == 1 {
            // What rows before it left behind is gone with the instance.
            answer = self.ask(ready);
        }
        match answer {
            Ok(findings) => {
                for finding in findings {
                    self.merger.add(finding, &batch.rows);
                }
                Ok(())
            }
            Err(fault) if is_too_much(&fault.cause) => match batch.halves() {
                Some(halves) => {
                    halves.into_iter().try_for_each(|half| self.judged(&Ready::new(half)))
                }
                None => {
                    self.too_much(&batch.rows, &fault);
                    Ok(())
                }
            },
            Err(fault) => Err(fault.into()),
        }
    }

    /// One row that is too much for the plugin.
    fn too_much(&mut self, rows: &RowNumbers, fault: &Fault) {
        let message = format!("the row cannot be judged: {}", fault.cause);
        self.merger.add_unread(RowFault::too_large(rows.number(0), rows.line(0), message));
    }

    fn ask(&mut self, ready: &Ready) -> Result<Vec<Finding>, Fault> {
        let rows = u32::try_from(ready.batch.rows.count).unwrap_or(u32::MAX);
        let cells = match &ready.batch.content {
            RowContent::Records(records) => return self.checker.check_records(records),
            RowContent::Columns(columns) => return self.checker.check_columns(rows, columns),
            RowContent::Untyped(cells) => cells,
        };
        let columns = ready.columns.as_deref().unwrap_or_default();
        let findings = self.checker.check_columns(rows, columns)?;
        // What is wrong with numbers may be in how they were written.
        let mut again = columns.to_vec();
        let mut asked = false;
        for name in findings.iter().filter_map(|finding| finding.column.as_deref()) {
            let place = cells.place(name);
            if let Some((place, column)) = place.and_then(|it| Some((it, again.get_mut(it)?)))
                && matches!(column.column.cells, Cells::Numbers(_))
            {
                *column = cells.written(place);
                asked = true;
            }
        }
        if asked { self.checker.check_columns(rows, &again) } else { Ok(findings) }
    }

    /// A file without rows still has columns.
    fn hollow(
        &mut self,
        format: RowFormat,
        columns: &[(String, String)],
        telling: &Telling,
    ) -> Result<(), JudgeError> {
        let (outcome, message) = if telling.allow_empty {
            (Outcome::Pass, "there are no rows, which is allowed here")
        } else {
            let message = "there are no rows, so nothing was judged: give a file that has some, or \
                           allow that there are none";
            (Outcome::Inconclusive, message)
        };
        self.merger.add_report(FindingReport::new(NO_ROWS, outcome, message));
        if format == RowFormat::Jsonl || columns.is_empty() || !telling.ask_of_none {
            return Ok(());
        }
        let columns: Vec<TypedColumn> =
            columns.iter().map(|(name, dtype)| empty(name, dtype)).collect();
        for finding in self.checker.check_columns(0, &columns)? {
            self.merger.add(finding, &RowNumbers::default());
        }
        Ok(())
    }
}

/// A column without cells.
fn empty(name: &str, dtype: &str) -> TypedColumn {
    let family = dtype.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let cells = match family {
        "bool" => Cells::Booleans(Vec::new()),
        "uint" if dtype == "uint64" => Cells::Unsigned(Vec::new()),
        "float" => Cells::Numbers(Vec::new()),
        "str" | "bytes" | "object" | "csv" => Cells::Texts(Dictionary::default()),
        _ => Cells::Integers(Vec::new()),
    };
    TypedColumn {
        name: Some(name.to_owned()),
        dtype: dtype.to_owned(),
        column: Column { cells, validity: None },
    }
}

/// Whether a new instance could do.
fn is_out_of_memory(answer: &Result<Vec<Finding>, Fault>) -> bool {
    matches!(answer, Err(Fault { cause: Cause::Memory(_), .. }))
}

/// Whether fewer rows at a time could do.
fn is_too_much(cause: &Cause) -> bool {
    matches!(cause, Cause::Memory(_) | Cause::Fuel(_) | Cause::Deadline(_) | Cause::Output(_))
}

/// Whether names look like values.
fn is_data(columns: &[(String, String)]) -> bool {
    columns.iter().any(|(name, _)| name.is_empty() || name.parse::<f64>().is_ok())
}

fn summaries(columns: &[(String, String)], merged: &Merged) -> Vec<ColumnReport> {
    let summary = |name: &str, dtype: Option<&str>| {
        let counts = merged.columns.get(name).cloned().unwrap_or_default();
        ColumnReport {
            name: name.to_owned(),
            dtype: dtype.map(str::to_owned),
            failed: counts.failed,
            warned: counts.warned,
        }
    };
    if columns.is_empty() {
        return merged.columns.keys().map(|name| summary(name, None)).collect();
    }
    columns.iter().map(|(name, dtype)| summary(name, Some(dtype))).collect()
}
