//! What is measured together: rows that do the same work, and their results.

use anyhow::Result;

use crate::measure::{Effort, Subject, Times, in_turns};

/// Rows that take turns, and are compared with one of them.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    /// What one figure is the time of: `decision`, `row`.
    pub(crate) unit: &'static str,
    /// The id of the row that the others are compared with.
    pub(crate) reference: &'static str,
    /// Whether one repetition takes some hundred milliseconds.
    pub(crate) long: bool,
    pub(crate) rows: Vec<Row>,
}

/// One way to do the work.
pub(crate) struct Row {
    /// How `--only`, the targets and the JSON name it.
    pub(crate) id: &'static str,
    pub(crate) label: String,
    pub(crate) work: Work,
}

/// What a row does, or why it cannot.
pub(crate) enum Work {
    /// Repetitions, each of so many units.
    Measured(Box<dyn Subject>, f64),
    Skipped(String),
}

impl Row {
    pub(crate) fn new(id: &'static str, label: &str, subject: impl Subject + 'static) -> Self {
        Self::of_parts(id, label, subject, 1.0)
    }

    /// A row whose repetition is `parts` units of work.
    pub(crate) fn of_parts(
        id: &'static str,
        label: &str,
        subject: impl Subject + 'static,
        parts: f64,
    ) -> Self {
        Self { id, label: label.to_owned(), work: Work::Measured(Box::new(subject), parts) }
    }

    pub(crate) fn skipped(id: &'static str, label: &str, why: &str) -> Self {
        Self { id, label: label.to_owned(), work: Work::Skipped(why.to_owned()) }
    }
}

/// A measured group.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) reference: &'static str,
    /// How many samples each row's times are of.
    pub(crate) rounds: usize,
    pub(crate) rows: Vec<RowResult>,
}

/// A measured row.
#[derive(Debug)]
pub(crate) struct RowResult {
    pub(crate) id: &'static str,
    pub(crate) label: String,
    /// The times of one unit, or why there are none.
    pub(crate) times: Result<Times, String>,
}

impl Group {
    /// Leaves the rows whose id contains `only`, and the reference while any
    /// is left.
    pub(crate) fn keep(&mut self, only: &str) {
        if self.rows.iter().any(|row| row.id.contains(only)) {
            self.rows.retain(|row| row.id.contains(only) || row.id == self.reference);
        } else {
            self.rows.clear();
        }
    }

    pub(crate) fn measure(mut self, effort: Effort) -> Result<Results> {
        let mut subjects: Vec<&mut dyn Subject> = Vec::new();
        for row in &mut self.rows {
            if let Work::Measured(subject, _) = &mut row.work {
                subjects.push(&mut **subject);
            }
        }
        let effort = if self.long { effort.of_long_work() } else { effort };
        let mut times = in_turns(&mut subjects, effort)?.into_iter();
        let rows = self.rows.into_iter().map(|row| RowResult {
            id: row.id,
            label: row.label,
            times: match row.work {
                Work::Skipped(why) => Err(why),
                Work::Measured(_, parts) => times
                    .next()
                    .map(|times| times.per(parts))
                    .ok_or_else(|| "it gave no time".to_owned()),
            },
        });
        Ok(Results {
            title: self.title,
            unit: self.unit,
            reference: self.reference,
            rounds: effort.rounds,
            rows: rows.collect(),
        })
    }
}

impl Results {
    /// The median of a row, in nanoseconds.
    pub(crate) fn median(&self, id: &str) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.id == id)?;
        row.times.as_ref().ok().map(|times| times.median)
    }
}
