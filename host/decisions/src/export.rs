//! A log as a table: one row a decision, in a Parquet file.
//!
//! What is decided on is in columns of the inputs' own names, so that the table
//! is also rows to decide on; what is known of the decision is in columns that
//! begin with `decision.`.

mod sheet;

use std::fs::File;
use std::io;
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::Value;
use tollgate_records::log::Blocks;

use self::sheet::{Cell, Shape, Sheet};
use crate::POLICY;
use crate::read::{Decision, Gap, Item, MASKED, PREFIX, Policies, ReadError, Recorded, each};

/// Decisions that are written at once: some tens of megabytes.
const ROWS: usize = 1 << 16;

/// Why a log was not written as a table.
#[derive(Debug, Error, Diagnostic)]
pub enum ExportError {
    /// The log cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error("the table cannot be written: {0}")]
    Write(String),
}

impl From<parquet::errors::ParquetError> for ExportError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Write(error.to_string())
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error.to_string())
    }
}

/// What is known of every decision: the name of its column behind `decision.`,
/// and what that holds.
const KNOWN: [(&str, Shape); 24] = [
    ("seq", Shape::Integer),
    ("hash", Shape::Text),
    ("time", Shape::Time),
    ("policy", Shape::Text),
    ("version", Shape::Text),
    ("plugin", Shape::Text),
    ("plugin_version", Shape::Text),
    ("plugin_digest", Shape::Text),
    ("settings", Shape::Text),
    ("id", Shape::Text),
    ("action", Shape::Text),
    ("fallback", Shape::Boolean),
    ("reasons", Shape::Text),
    ("problem", Shape::Text),
    ("rate", Shape::Number),
    ("model", Shape::Text),
    ("trace", Shape::Text),
    ("assignment", Shape::Text),
    ("arm", Shape::Text),
    ("shadow_policy", Shape::Text),
    ("shadow_version", Shape::Text),
    ("shadow_id", Shape::Text),
    ("shadow_action", Shape::Text),
    ("shadow_reasons", Shape::Text),
];

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many decisions.
    pub decisions: u64,
    /// How many are not in the log.
    pub gap: Gap,
}

/// Writes the decisions of a log, a file or a folder, as a Parquet file. `watch`
/// is told how many.
///
/// # Errors
/// When the log cannot be read to its end, or the file not be written; it may be
/// half a file then.
pub fn export(log: &Path, to: File, watch: &mut dyn FnMut(u64)) -> Result<Exported, ExportError> {
    let inputs = inputs(log)?;
    let known = KNOWN.iter().map(|(name, shape)| (format!("{PREFIX}{name}"), *shape));
    let mut sheet = Sheet::new(to, known.chain(inputs))?;
    let mut exported = Exported::default();
    each(log, |_, item| -> Result<bool, ExportError> {
        match item {
            Item::Decision(decision) => {
                add(&mut sheet, &decision)?;
                exported.decisions += 1;
                if sheet.rows() >= ROWS {
                    sheet.flush()?;
                    watch(exported.decisions);
                }
            }
            Item::Gap(gap) => exported.gap.add(gap),
            Item::Other => {}
        }
        Ok(true)
    })?;
    sheet.finish()?;
    Ok(exported)
}

/// The columns of all inputs, in the order in which policies declare them. A
/// name that is of several kinds has a column for each.
fn inputs(log: &Path) -> Result<Vec<(String, Shape)>, ExportError> {
    let mut columns: Vec<(String, Shape)> = Vec::new();
    let mut policies = Policies::default();
    for block in Blocks::open(log).map_err(ReadError::from)? {
        for raw in block.map_err(ReadError::from)?.iter().filter(|raw| raw.kind == POLICY) {
            policies.read(raw)?;
            let Some(policy) = policies.get(raw.head.seq) else { continue };
            for input in &policy.inputs {
                let shape = match input.masked {
                    Some(_) => Shape::Text,
                    None => Shape::of(input.kind),
                };
                let name = match input.masked {
                    Some(_) => format!("{}{MASKED}", input.name),
                    None => input.name.clone(),
                };
                let other = columns.iter().any(|(known, of)| *known == name && *of != shape);
                let name = if other { format!("{name}.{}", shape.name()) } else { name };
                if !columns.iter().any(|(known, _)| *known == name) {
                    columns.push((name, shape));
                }
            }
        }
    }
    Ok(columns)
}

fn add(sheet: &mut Sheet, decision: &Decision<'_>) -> Result<(), ExportError> {
    let said = &decision.said;
    let policy = &said.policy;
    let digest = policy.plugin.digest.to_string();
    let (hash, settings) = (decision.hash.to_string(), policy.settings.to_string());
    let time = decision.instant()?.as_milliseconds();
    let reasons = said.reasons.join("+");
    let shadow = said.shadow.as_deref();
    let shadow_reasons = shadow.map(|shadow| shadow.reasons.join("+"));
    let text = |text: &'_ str| Cell::Text(text.to_owned());
    let maybe =
        |given: Option<&str>| given.map_or(Cell::Null, |given| Cell::Text(given.to_owned()));
    let known = [
        Cell::Integer(i64::try_from(decision.seq).unwrap_or(i64::MAX)),
        text(&hash),
        Cell::Integer(time),
        text(&policy.name),
        text(&policy.version),
        text(&policy.plugin.name),
        text(&policy.plugin.version),
        text(&digest),
        text(&settings),
        text(&said.id),
        maybe(said.action.as_deref()),
        Cell::Boolean(said.fallback),
        text(&reasons),
        maybe(said.problem.as_deref()),
        said.rate.map_or(Cell::Null, Cell::Number),
        maybe(said.model.as_deref()),
        maybe(said.trace.as_deref()),
        maybe(said.assignment.as_ref().map(|assigned| &*assigned.name)),
        maybe(said.assignment.as_ref().map(|assigned| &*assigned.arm)),
        maybe(shadow.map(|shadow| shadow.policy.name.as_str())),
        maybe(shadow.map(|shadow| shadow.policy.version.as_str())),
        maybe(shadow.map(|shadow| &*shadow.id)),
        maybe(shadow.and_then(|shadow| shadow.action.as_deref())),
        maybe(shadow_reasons.as_deref()),
    ];
    for (place, cell) in known.into_iter().enumerate() {
        sheet.put(place, cell);
    }
    let recorded = said.inputs.as_deref().unwrap_or_default();
    for (input, recorded) in policy.inputs.iter().zip(recorded) {
        let (name, cell) = match recorded {
            None | Some(Recorded::Value(Value::Null)) => continue,
            Some(Recorded::Masked(masked)) => {
                (format!("{}{MASKED}", input.name), Cell::Text(masked.clone()))
            }
            Some(Recorded::Value(value)) => (input.name.clone(), Cell::of(value)),
        };
        sheet.put_named(&name, cell);
    }
    sheet.end_row();
    Ok(())
}
