//! Judging a file of rows, batch by batch.

use std::sync::mpsc::sync_channel;
use std::thread;

use tollgate_engine::types::{Cells, Column, Dictionary, Finding, Outcome, TypedColumn};
use tollgate_engine::{Cause, Fault, Signature, WarmSignature};

use super::JudgeError;
use crate::frames::{Batch, Content, Format, Frames, Merged, Merger, RowFault, Spare};
use crate::report::{ColumnReport, FindingReport, RowsReport};

/// Batches that are read ahead while one is judged.
const AHEAD: usize = 2;

/// Where the rows stand in a request body of records.
const RECORDS: &str = "/dataframe_records";

/// How far a file of rows is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Rows that were judged.
    pub rows: u64,
    /// All rows, where the file says how many there are.
    pub of_rows: Option<u64>,
    /// Bytes that were read.
    pub bytes: u64,
    /// All bytes, where that is known.
    pub of_bytes: Option<u64>,
}

/// Judges all rows; `watch` is told after each batch how far it is.
///
/// # Errors
/// When the file cannot be read to its end, or the plugin fails.
pub(super) fn rows(
    checker: &Signature,
    frames: Frames,
    most: usize,
    watch: &mut dyn FnMut(Seen),
) -> Result<(Merged, RowsReport), JudgeError> {
    let (format, columns) = (frames.format, frames.columns.clone());
    let mut seen = Seen { of_rows: frames.rows, of_bytes: frames.bytes, ..Seen::default() };
    let progress = frames.progress.clone();
    let spare = frames.spare.clone();
    let mut judge = Judge { checker: checker.warm(), merger: Merger::default(), batches: 0, spare };
    let mut unread = 0;
    thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        let batches = frames.into_batches();
        scope.spawn(move || {
            for batch in batches {
                if send.send(batch).is_err() {
                    return;
                }
            }
        });
        for batch in receive {
            let mut batch = batch?;
            let faults = std::mem::take(&mut batch.faults);
            seen.rows += (batch.rows.count + faults.len()) as u64;
            unread += faults.len() as u64;
            for fault in faults {
                judge.merger.add_unread(fault);
            }
            judge.batch(batch)?;
            seen.bytes = progress.bytes();
            watch(seen);
        }
        Ok::<_, JudgeError>(())
    })?;
    if seen.rows == 0 {
        judge.hollow(format, &columns)?;
    }
    if format == Format::Csv && judge.merger.has("missing-inputs") && is_data(&columns) {
        let message = "the first line looks like data, not like names: a CSV file needs a header";
        judge.merger.add_report(FindingReport::new("no-header", Outcome::Warn, message));
    }
    let batches = judge.batches;
    let merged = judge.merger.finish(most);
    let report = RowsReport {
        format: format.name(),
        count: seen.rows,
        unread,
        batches,
        columns: summaries(&columns, &merged),
    };
    Ok((merged, report))
}

struct Judge<'c> {
    checker: WarmSignature<'c>,
    merger: Merger,
    batches: u64,
    spare: Spare,
}

impl Judge<'_> {
    fn batch(&mut self, batch: Batch) -> Result<(), JudgeError> {
        if batch.rows.count == 0 {
            return Ok(());
        }
        self.batches += 1;
        let mut waiting = vec![batch];
        while let Some(batch) = waiting.pop() {
            match self.ask(&batch) {
                // Among several records the plugin cannot say which is none.
                Ok(findings) if is_no_json(&batch, &findings) => match batch.halves() {
                    Some([first, second]) => waiting.extend([second, first]),
                    None => self.no_json(&batch, &findings),
                },
                Ok(findings) => {
                    let prefix = match &batch.content {
                        Content::Columns { .. } => "",
                        Content::Records(_) => RECORDS,
                    };
                    for finding in findings {
                        self.merger.add(finding, &batch.rows, prefix);
                    }
                    if let Content::Columns { columns, .. } = batch.content {
                        self.spare.keep(columns);
                    }
                }
                Err(fault) if is_too_much(&fault.cause) => match batch.halves() {
                    Some([first, second]) => waiting.extend([second, first]),
                    None => {
                        let message = format!("the row cannot be judged: {}", fault.cause);
                        let (row, line) = (batch.rows.number(0), batch.rows.line(0));
                        self.merger.add_unread(RowFault::too_large(row, line, message));
                    }
                },
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    fn ask(&mut self, batch: &Batch) -> Result<Vec<Finding>, Fault> {
        let rows = u32::try_from(batch.rows.count).unwrap_or(u32::MAX);
        match &batch.content {
            Content::Records(body) => self.checker.check(body),
            Content::Columns { columns, written } => {
                let findings = self.checker.check_columns(rows, columns)?;
                let Some(written) = written else { return Ok(findings) };
                // What is wrong with numbers may be in how they were written.
                let mut again = columns.clone();
                let mut asked = false;
                for finding in &findings {
                    let pointer = finding.pointer.as_deref().unwrap_or_default();
                    let name = pointer.splitn(3, '/').nth(2).unwrap_or_default();
                    let name = name.replace("~1", "/").replace("~0", "~");
                    let place = written.place(&name);
                    let Some((place, column)) =
                        place.and_then(|place| Some((place, again.get_mut(place)?)))
                    else {
                        continue;
                    };
                    if matches!(column.column.cells, Cells::Numbers(_)) {
                        *column = written.written(place);
                        asked = true;
                    }
                }
                if asked { self.checker.check_columns(rows, &again) } else { Ok(findings) }
            }
        }
    }

    /// One record that is no JSON.
    fn no_json(&mut self, batch: &Batch, findings: &[Finding]) {
        let why = findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
        let why = why.split(" at byte ").next().unwrap_or_default();
        let message = why.replace("the body", "the line");
        let (row, line) = (batch.rows.number(0), batch.rows.line(0));
        self.merger.add_unread(RowFault::new("bad-json", row, line, message));
    }

    /// A file without rows still has columns.
    fn hollow(&mut self, format: Format, columns: &[(String, String)]) -> Result<(), JudgeError> {
        let message = "there are no rows, so nothing was judged but the columns";
        self.merger.add_report(FindingReport::new("no-rows", Outcome::Warn, message));
        if format == Format::Jsonl {
            return Ok(());
        }
        let columns: Vec<TypedColumn> =
            columns.iter().map(|(name, dtype)| empty(name, dtype)).collect();
        for finding in self.checker.check_columns(0, &columns)? {
            self.merger.add(finding, &crate::frames::Rows::default(), "");
        }
        Ok(())
    }
}

/// A column without cells.
fn empty(name: &str, dtype: &str) -> TypedColumn {
    let family = dtype.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let cells = match family {
        "bool" => Cells::Booleans(Vec::new()),
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

fn is_no_json(batch: &Batch, findings: &[Finding]) -> bool {
    let records = matches!(batch.content, Content::Records(_));
    records && findings.iter().any(|finding| finding.rule == "bad-json")
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
