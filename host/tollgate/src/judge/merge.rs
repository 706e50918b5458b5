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
    /// Adds a finding of a batch. Its pointer's row becomes that of the file;
    /// `prefix` stands before the row in it.
    ///
    /// A plugin that reads JSON tells of a warning once a request, however
    /// many records have it: such ones are not summed.
    pub(super) fn add(&mut self, finding: Finding, rows: &RowNumbers, prefix: &str) {
        let pointer = finding.pointer.clone();
        let spot = pointer.as_deref().and_then(|pointer| Spot::of(pointer, prefix));
        let mut report = FindingReport::from(finding);
        // An empty pointer says no more than none.
        report.pointer = report.pointer.filter(|pointer| !pointer.is_empty());
        let mut column = None;
        let mut place = None;
        if let Some(spot) = spot {
            let number = rows.number(spot.row);
            report.pointer = Some(format!("/{number}{}", spot.rest));
            column = spot.column;
            place = Some(PlaceReport {
                row: number + 1,
                line: rows.line(spot.row),
                value: report.actual.clone(),
            });
        }
        let counted = prefix.is_empty() || report.outcome != Outcome::Warn;
        self.insert(report, column, place, counted);
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
        self.insert(report, None, Some(place), true);
    }

    /// Adds what is true of the file as a whole.
    pub(super) fn add_report(&mut self, report: FindingReport) {
        self.insert(report, None, None, true);
    }

    fn insert(
        &mut self,
        mut report: FindingReport,
        column: Option<String>,
        place: Option<PlaceReport>,
        counted: bool,
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
            if let Some(place) = place.filter(|_| counted) {
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

/// `/<row>/<column>...`.
struct Spot<'p> {
    row: usize,
    column: Option<String>,
    /// What stands behind the row.
    rest: &'p str,
}

impl<'p> Spot<'p> {
    fn of(pointer: &'p str, prefix: &str) -> Option<Self> {
        let pointer = pointer.strip_prefix(prefix)?.strip_prefix('/')?;
        let (row, rest) = match pointer.find('/') {
            Some(slash) => pointer.split_at(slash),
            None => (pointer, ""),
        };
        let column = rest.strip_prefix('/').map(|rest| {
            let token = rest.split('/').next().unwrap_or_default();
            token.replace("~1", "/").replace("~0", "~")
        });
        Some(Self { row: row.parse().ok()?, column, rest })
    }
}
