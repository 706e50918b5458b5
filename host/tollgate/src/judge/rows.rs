//! Judging many rows, batch by batch.

use std::sync::mpsc::sync_channel;
use std::thread;

use tollgate_engine::types::{Cells, Column, Dictionary, Finding, Outcome, TypedColumn};
use tollgate_engine::{Cause, Fault, Signature, WarmSignature};

use super::JudgeError;
use super::checked::CheckedRows;
use super::merge::{Merged, Merger};
use crate::report::{ColumnReport, FindingReport, RowsReport};
use crate::rows::{
    JsonValues, RowBatch, RowContent, RowFault, RowFormat, RowNumbers, RowSource, Spare,
};

/// Batches that are read ahead while one is judged.
const AHEAD: usize = 2;

/// Each finds one more damaged record; nobody reads of more than some.
const LOOKS: u32 = 2_000;

/// Where the rows stand in a request body of records.
const RECORDS: &str = "/dataframe_records";

/// The rule of the finding that there were no rows.
pub(super) const NO_ROWS: &str = "no-rows";

/// What is told of rows, and what passes.
#[derive(Debug)]
pub(super) struct Telling {
    /// At most so many findings.
    pub(super) most: usize,
    /// None may be as it should be.
    pub(super) allow_empty: bool,
    /// The plugin is asked about columns without rows, too.
    pub(super) ask_of_none: bool,
    /// What the plugin says of its settings with whatever it judges: it is told
    /// once.
    pub(super) remarks: Vec<Finding>,
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
    let extent = source.extent();
    let mut seen = Seen { of_rows: extent.rows, of_bytes: extent.bytes, ..Seen::default() };
    let mut judge = Judge {
        checker: checker.warm(),
        merger: Merger::default(),
        batches: 0,
        unread: 0,
        looks: LOOKS,
        remarks: telling.remarks.clone(),
        apart: false,
        spare: source.spare(),
    };
    thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        scope.spawn(move || {
            while let Some(batch) = source.next_batch().transpose() {
                let is_last = batch.is_err();
                if send.send((batch, source.bytes_read())).is_err() || is_last {
                    return;
                }
            }
        });
        for (batch, bytes) in receive {
            let mut batch = batch?;
            let faults = std::mem::take(&mut batch.faults);
            seen.rows += (batch.rows.count + faults.len()) as u64;
            for fault in faults {
                judge.unread(fault);
            }
            judge.batch(batch)?;
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
    for remark in telling.remarks.iter().filter(|_| judge.apart).cloned() {
        judge.merger.add(remark, &RowNumbers::default(), "");
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

struct Judge {
    checker: WarmSignature,
    merger: Merger,
    batches: u64,
    /// Rows that could not be read.
    unread: u64,
    /// How often records may still be looked at more closely.
    looks: u32,
    /// See [`Telling::remarks`].
    remarks: Vec<Finding>,
    /// Values were judged one by one, without their remarks.
    apart: bool,
    spare: Spare,
}

impl Judge {
    fn unread(&mut self, fault: RowFault) {
        self.unread += 1;
        self.merger.add_unread(fault);
    }

    fn batch(&mut self, batch: RowBatch) -> Result<(), JudgeError> {
        if batch.rows.count == 0 {
            return Ok(());
        }
        self.batches += 1;
        if let RowContent::Values(values) = &batch.content {
            return self.values(&batch.rows, values);
        }
        self.judged(&batch)?;
        if let RowContent::Columns { columns, .. } = batch.content {
            self.spare.keep(columns);
        }
        Ok(())
    }

    /// Judges a batch, or its halves where that tells more; says whether
    /// something in it blocks.
    fn judged(&mut self, batch: &RowBatch) -> Result<bool, JudgeError> {
        let mut answer = self.ask(batch);
        if is_out_of_memory(&answer) && batch.rows.count == 1 {
            answer = self.ask(batch);
        }
        let findings = match answer {
            Ok(findings) => findings,
            Err(fault) if is_too_much(&fault.cause) => {
                let Some(halves) = batch.halves() else {
                    self.too_much(&batch.rows, 0, &fault);
                    return Ok(true);
                };
                return self.halves(&halves);
            }
            Err(fault) => return Err(fault.into()),
        };
        let blocks = findings.iter().any(|finding| finding.outcome > Outcome::Warn);
        if blocks && let RowContent::Records(_) = batch.content {
            // Among several records the plugin cannot say which is no JSON,
            // and of several faults it tells the first that it meets.
            let no_json = is_no_json(&findings);
            match batch.halves() {
                None if no_json => {
                    self.no_json(&batch.rows, 0, &findings);
                    return Ok(true);
                }
                Some(halves) if no_json || self.looks > 0 => {
                    self.looks -= u32::from(!no_json);
                    if self.halves(&halves)? {
                        return Ok(true);
                    }
                }
                _ => {}
            }
        }
        let prefix = match &batch.content {
            RowContent::Columns { .. } | RowContent::Values(_) => "",
            RowContent::Records(_) => RECORDS,
        };
        for finding in findings {
            self.merger.add(finding, &batch.rows, prefix);
        }
        Ok(blocks)
    }

    /// Values that are judged one by one: each is a payload, and its findings
    /// are about its row.
    fn values(&mut self, rows: &RowNumbers, values: &JsonValues) -> Result<(), JudgeError> {
        self.apart = true;
        for (row, value) in values.iter().enumerate() {
            let mut answer = self.checker.check(value);
            if is_out_of_memory(&answer) {
                // What rows before it left behind is gone with the instance.
                answer = self.checker.check(value);
            }
            match answer {
                Ok(findings) => {
                    self.unread += u64::from(is_no_json(&findings));
                    for mut finding in findings {
                        if self.remarks.contains(&finding) {
                            continue;
                        }
                        finding.message = without_place(&finding.message).to_owned();
                        let within = finding.pointer.unwrap_or_default();
                        finding.pointer = Some(format!("/{row}{within}"));
                        self.merger.add(finding, rows, "");
                    }
                }
                Err(fault) if is_too_much(&fault.cause) => self.too_much(rows, row, &fault),
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    /// One row that is too much for the plugin.
    fn too_much(&mut self, rows: &RowNumbers, row: usize, fault: &Fault) {
        let message = format!("the row cannot be judged: {}", fault.cause);
        self.merger.add_unread(RowFault::too_large(rows.number(row), rows.line(row), message));
    }

    fn halves(&mut self, [first, second]: &[RowBatch; 2]) -> Result<bool, JudgeError> {
        let first = self.judged(first)?;
        Ok(self.judged(second)? || first)
    }

    fn ask(&mut self, batch: &RowBatch) -> Result<Vec<Finding>, Fault> {
        let rows = u32::try_from(batch.rows.count).unwrap_or(u32::MAX);
        match &batch.content {
            RowContent::Records(records) => self.checker.check(records.body()),
            RowContent::Values(_) => Ok(Vec::new()),
            RowContent::Columns { columns, written } => {
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
    fn no_json(&mut self, rows: &RowNumbers, row: usize, findings: &[Finding]) {
        let why = findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
        let why = why.split(" at byte ").next().unwrap_or_default();
        let message = why.replace("the body", "the line");
        self.unread(RowFault::new("bad-json", rows.number(row), rows.line(row), message));
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
            self.merger.add(finding, &RowNumbers::default(), "");
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

/// Whether what was judged is no JSON.
fn is_no_json(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.rule == "bad-json")
}

/// What is wrong with a line of its own, without the place in it: of many
/// lines each has another.
fn without_place(message: &str) -> &str {
    let Some((text, place)) = message.rsplit_once(" line 1") else { return message };
    if !place.is_empty() && !place.starts_with(", column ") {
        return message;
    }
    // `at`, `in` or `before` the place.
    text.rsplit_once(' ').map_or(message, |(text, _)| text.trim_end_matches(','))
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
