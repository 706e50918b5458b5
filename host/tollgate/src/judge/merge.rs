//! What all batches come to.

use std::collections::{BTreeMap, HashMap};

use tollgate_engine::types::{Finding, Outcome};

use crate::report::{FindingReport, PlaceReport};
use crate::rows::{RowFault, RowNumbers};

/// So many places of a fault are shown.
const PLACES: usize = 5;

/// So many different faults are kept apart; of further ones only the number.
const KINDS: usize = 10_000;

/// What a column of the file came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ColumnSummary {
    /// Cells with a fault.
    pub(super) failed: u64,
    /// Cells with a warning.
    pub(super) warned: u64,
}

/// Findings of batches, merged by rule, column and what they say.
#[derive(Debug, Default)]
pub(super) struct Merger {
    findings: Vec<FindingReport>,
    places: HashMap<Key, usize>,
    columns: BTreeMap<String, ColumnSummary>,
    /// Findings beyond those that are kept.
    rest: u64,
    worst: Option<Outcome>,
}

/// What a file comes to.
#[derive(Debug)]
pub(super) struct Merged {
    /// One a rule, column and message, in the order of their first rows.
    pub(super) findings: Vec<FindingReport>,
    /// How many more there were.
    pub(super) rest: u64,
    /// The worst outcome.
    pub(super) worst: Outcome,
    /// For each column with a finding how many cells it is about.
    pub(super) columns: BTreeMap<String, ColumnSummary>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    rule: String,
    message: String,
    outcome: Outcome,
    column: Option<String>,
}

impl Merger {
    /// Adds a finding of a batch: its row becomes that of the file.
    pub(super) fn add(&mut self, finding: Finding, rows: &RowNumbers) {
        let (row, column) = (finding.row, finding.column.clone());
        let mut report = FindingReport::from(finding);
        let Some(row) = row.and_then(|row| usize::try_from(row).ok()) else {
            return self.insert(report, None, None);
        };
        let number = rows.number(row);
        let mut pointer = format!("/{number}");
        if let Some(column) = &column {
            pointer.push('/');
            pointer.push_str(&column.replace('~', "~0").replace('/', "~1"));
        }
        pointer.push_str(report.pointer.as_deref().unwrap_or_default());
        report.pointer = Some(pointer);
        let place =
            PlaceReport { row: number + 1, line: rows.line(row), value: report.actual.clone() };
        self.insert(report, column, Some(place));
    }

    /// Adds a row that could not be read.
    pub(super) fn add_unread(&mut self, fault: RowFault) {
        let outcome = if fault.inconclusive { Outcome::Inconclusive } else { Outcome::Fail };
        let report = FindingReport {
            pointer: Some(format!("/{}", fault.row)),
            expected: fault.expected,
            actual: fault.actual.clone(),
            ..FindingReport::new(fault.rule, outcome, fault.message)
        };
        let place = PlaceReport { row: fault.row + 1, line: fault.line, value: fault.actual };
        self.insert(report, None, Some(place));
    }

    /// Adds what is true of the file as a whole.
    pub(super) fn add_report(&mut self, report: FindingReport) {
        self.insert(report, None, None);
    }

    fn insert(
        &mut self,
        mut report: FindingReport,
        column: Option<String>,
        place: Option<PlaceReport>,
    ) {
        self.worst = self.worst.max(Some(report.outcome));
        let count = u64::from(report.occurrences);
        if let Some(column) = &column {
            let summary = self.columns.entry(column.clone()).or_default();
            match report.outcome {
                Outcome::Pass => {}
                Outcome::Warn => summary.warned += count,
                Outcome::Inconclusive | Outcome::Fail => summary.failed += count,
            }
        }
        let key = Key {
            rule: report.rule.clone(),
            message: report.message.clone(),
            outcome: report.outcome,
            column: column.clone(),
        };
        if let Some(known) = self.places.get(&key).and_then(|at| self.findings.get_mut(*at)) {
            // Without a place it is about the file, and true only once.
            if let Some(place) = place {
                known.occurrences = known.occurrences.saturating_add(report.occurrences);
                if known.places.len() < PLACES {
                    known.places.push(place);
                }
            }
            return;
        }
        if self.findings.len() >= KINDS {
            self.rest += 1;
            return;
        }
        report.column = column;
        report.places.extend(place);
        self.places.insert(key, self.findings.len());
        self.findings.push(report);
    }

    /// Whether there is a finding of this rule.
    pub(super) fn has(&self, rule: &str) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }

    /// All of it, with at most so many findings.
    pub(super) fn finish(mut self, most: usize) -> Merged {
        // What is true of the whole file comes first.
        self.findings.sort_by_key(|finding| !finding.places.is_empty());
        let rest = self.findings.len().saturating_sub(most) as u64 + self.rest;
        self.findings.truncate(most);
        Merged {
            findings: self.findings,
            rest,
            worst: self.worst.unwrap_or(Outcome::Pass),
            columns: self.columns,
        }
    }
}
