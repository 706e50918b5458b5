//! What becomes of rows where another policy decides on them.

mod tally;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use tollgate_engine::types::{Outcome, Value};

pub use self::tally::{Brief, Tally};
use crate::canonical;
use crate::input::{Cases, Outside, Rows, RowsError, cell};
use crate::judge::{Decider, JudgeError};
use crate::rows::RowSource;
use crate::tree::non_finite_name;

/// What becomes of rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct DecisionDifferences {
    /// The file of the rows.
    pub input: String,
    /// How many there are.
    pub rows: u64,
    /// Rows with the same action and the same reasons.
    pub same: u64,
    /// Rows with another action, one without a decision included.
    pub changed: u64,
    /// Rows with the same action for other reasons.
    pub other_reasons: u64,
    /// Rows on which neither decides, so that nothing is compared.
    pub undecided: u64,
    /// Rows whose action gets stricter, and milder, in the order of the new
    /// policy's actions.
    pub stricter: u64,
    /// See `stricter`.
    pub milder: u64,
    /// Why no row was compared, where that hangs on the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The scores of rows that come out differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<ScoreRange>,
    /// From which action to which, most rows first.
    pub transitions: Vec<Transition>,
    /// Reasons that rows lose or get, by name.
    pub reasons: Vec<ReasonChange>,
}

impl DecisionDifferences {
    /// `pass` where all is the same, `warn` where something is not,
    /// `inconclusive` where nothing was compared, or not all and the rest is the
    /// same.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        match self {
            _ if self.changed + self.other_reasons > 0 => Outcome::Warn,
            _ if self.same == 0 || self.undecided > 0 => Outcome::Inconclusive,
            _ => Outcome::Pass,
        }
    }

    /// Rows that come out differently, whether by action or by reasons.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.changed + self.other_reasons
    }
}

/// What is done with a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Taken {
    /// The action; none where there is no decision and no fallback.
    pub action: Option<String>,
    /// Whether there is no decision, and the action is the fallback's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}

impl Taken {
    /// For a person: `block`, `no decision (manual_review)`.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.action, self.fallback) {
            (Some(action), false) => action.clone(),
            (Some(action), true) => format!("no decision ({action})"),
            (None, _) => "no decision".to_owned(),
        }
    }
}

/// Rows that come out differently in the same way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// What is done with them.
    pub from: Taken,
    /// What is to be done with them.
    pub to: Taken,
    /// Whether that is stricter; none where one of the actions is not among the
    /// new policy's, or there is no decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// How many.
    pub rows: u64,
    /// Their scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<ScoreRange>,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// Which way an action moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To a stricter one.
    Stricter,
    /// To a milder one.
    Milder,
}

/// From the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreRange {
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

/// One row that comes out differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// Its line, from 1, where the file has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its number, from 1, where the file has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// What the policies read of it.
    pub inputs: Map<String, Json>,
    /// Why, as it is; of no decision, what is wrong.
    pub because: String,
    /// Why, as it is to be.
    pub because_new: String,
}

impl Example {
    /// `line 15`, for a person.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.line, self.row) {
            (Some(line), _) => format!("line {line}"),
            (None, Some(row)) => format!("row {row}"),
            (None, None) => "a row".to_owned(),
        }
    }

    /// `amount 150.58, score 0.5`, for a person.
    #[must_use]
    pub fn inputs_shown(&self) -> String {
        let shown = |(name, value): (&String, &Json)| match value {
            Json::String(text) => format!("{name} {text}"),
            value => format!("{name} {}", canonical::to_text(value)),
        };
        self.inputs.iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}

/// A reason that some rows have by one policy only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonChange {
    /// The reason.
    pub reason: String,
    /// Rows that lose it.
    pub lost: u64,
    /// Rows that get it.
    pub gained: u64,
}

/// Decides on all rows by both policies, batch by batch, so that memory stays
/// the same however many there are. `input` is what the report calls them; each
/// transition keeps `examples` rows; `watch` is told how many were decided on.
///
/// # Errors
/// When the rows cannot be read to their end, or a plugin fails again and
/// again.
pub fn decisions(
    old: &Decider,
    new: &Decider,
    rows: &mut dyn RowSource,
    input: &str,
    examples: usize,
    watch: &mut dyn FnMut(u64),
) -> Result<DecisionDifferences, JudgeError> {
    let outside = Outside::default();
    let readers = Cases::of_batches(rows, old.extractor(), &outside)
        .and_then(|before| Ok((before, Cases::of_batches(rows, new.extractor(), &outside)?)));
    let (mut before, mut after) = match readers {
        Ok(readers) => readers,
        Err(error) => return Ok(incomparable(input, &error)),
    };
    let (mut by_old, mut by_new) = (old.warm(), new.warm());
    let mut tally = Tally::new(new, examples);
    let mut briefs: Vec<Brief> = Vec::new();
    while let Some(batch) = rows.next_batch()? {
        let (Some(rows), Some(new_rows)) = (before.rows_of(&batch)?, after.rows_of(&batch)?) else {
            continue;
        };
        briefs.clear();
        by_old.decide_rows(&rows, |answer| briefs.push(Brief::of(answer)))?;
        let mut rest = briefs.iter().enumerate();
        by_new.decide_rows(&new_rows, |answer| {
            // Both have as many rows as the batch.
            if let Some((row, brief)) = rest.next() {
                let inputs = || inputs([(old, &rows), (new, &new_rows)], row);
                tally.add(brief, answer, inputs);
            }
        })?;
        watch(tally.rows());
    }
    Ok(tally.finish(input))
}

/// A file without a column that a policy needs says nothing of it.
fn incomparable(input: &str, error: &RowsError) -> DecisionDifferences {
    DecisionDifferences {
        input: input.to_owned(),
        problem: Some(error.to_string()),
        ..DecisionDifferences::default()
    }
}

/// What the policies read of a row, by the names of their inputs.
fn inputs(sides: [(&Decider, &Rows); 2], row: usize) -> Map<String, Json> {
    let mut read = Map::new();
    for (decider, rows) in sides {
        let inputs = &decider.policy().surface().inputs;
        for (input, column) in inputs.iter().zip(&rows.columns) {
            let value = json(cell(column, row).value());
            if value != Json::Null {
                read.insert(input.name.clone(), value);
            }
        }
    }
    read
}

fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => value.into(),
        Value::Integer(value) => value.into(),
        Value::Number(value) if value.is_finite() => value.into(),
        Value::Number(value) => non_finite_name(value).into(),
        Value::Text(value) => value.into(),
    }
}
