//! Facts from files of scored rows, for gates that judge by statistics.
//!
//! A [`Spec`] names the columns: the score, the outcome, the groups, the
//! features. [`facts`] reads the files batch by batch and gives the counts and
//! sums of `policies/facts.md`, which the plugin `statistics` computes its
//! numbers from, and the metrics that follow from counts. Memory stays the same
//! however many rows there are, but where a quantile or an AUC needs every
//! value at hand, which is bounded.
//!
//! A cell that cannot be used makes the facts that rest on its column missing,
//! unless the spec says which share of rows may be left out: a model that
//! scores its worst rows as NaN must not pass by that.
//!
//! ```no_run
//! use tollgate_scored::{Named, Spec, facts};
//!
//! let mut spec = Spec::of(vec!["scored.parquet".into()]);
//! spec.score = Some("p_churn".to_owned());
//! spec.outcome = Some("churned".to_owned());
//! spec.threshold = Some(0.5);
//! spec.groups = vec![vec![Named::new("group", "gender")]];
//! let counted = facts(&spec, "evaluation".as_ref())?;
//! println!("{} facts of {} rows", counted.facts.len(), counted.rows);
//! # Ok::<(), tollgate_scored::ScoredError>(())
//! ```

mod cells;
mod codes;
mod columns;
mod count;
mod derive;
mod document;
mod edges;
mod error;
mod features;
mod groups;
mod json;
mod made;
mod moments;
mod ranks;
mod read;
mod rows;
mod slices;
mod spec;
mod tally;

use std::path::Path;

use tollgate_engine::types::Fact;

pub use self::document::document;
pub use self::error::ScoredError;
pub use self::spec::{Metric, Named, Spec, Variant};

/// What files of rows come to.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// How many rows there are, of the files and of the reference.
    pub rows: u64,
    /// The facts.
    pub facts: Vec<Fact>,
    /// What was asked for and is missing, and why: one sentence each.
    pub missing: Vec<String>,
    /// What else is worth a word: one sentence each.
    pub notes: Vec<String>,
}

/// Counts the rows of files; their paths start at `folder`.
///
/// # Errors
/// When the spec contradicts itself, a file or a row cannot be read, there are
/// no rows, or a column is not there, is there twice, or is not what it is
/// asked as.
pub fn facts(spec: &Spec, folder: &Path) -> Result<Counted, ScoredError> {
    if let Some((key, problem)) = spec.problems().into_iter().next() {
        return Err(ScoredError::Spec { key, problem });
    }
    let (edges, reference) = edges::of(spec, folder)?;
    let mut counted = made::made(spec, &count::count(spec, folder, &edges)?);
    if let Some(reference) = reference {
        counted.rows += reference.rows;
        counted.facts.extend(reference.facts);
        counted.missing.extend(reference.missing);
        counted.notes.extend(reference.notes);
    }
    Ok(counted)
}
